// One turn in the log: the question, then the answer as it grows, its sources, and what the person thinks of it.

import { type Conversation, problemText, type Turn } from "./conversation";
import { add, copy, h, icon, iconButton, textButton } from "./dom";
import type { Citation } from "./service";
import { cutTo, lines, shortened, spokenLanguage, width, withoutOffers } from "./text";
import type { Words } from "./words";

/** What an answer can ask of the widget around it. */
export interface AnswerActions {
  openCitation(citation: Citation): void;
  openNearest(turn: Turn): void;
  openPerson(): void;
  ask(question: string): void;
  retry(turn: Turn): void;
  feedback(turn: Turn, useful: boolean, why: string): Promise<boolean>;
  announce(text: string): void;
  /** Scrolls until all of an element can be seen. */
  reveal(element: HTMLElement): void;
}

const MOST_WIDE = 44; // of a reference in its chip, in Latin letters; narrower screens cut its end
const LEAST_TITLE = 22; // that its policy's title before it may have, however long the reference
// A longer question is shown by its first lines.
const MOST_ASKED = 240;
const MOST_LINES = 5;
// Whoever asks for a person is shown the way to one, whatever the answer.
const PERSON = /人工|真人|\b(person|human|agent|representative)\b/i;

export class AnswerView {
  readonly element: HTMLElement;
  private readonly understood = h("p", { class: "understood", hidden: true });
  private readonly words: HTMLElement;
  private readonly tail = h("div", { class: "tail" });

  constructor(
    readonly turn: Turn,
    private readonly conversation: Conversation,
    private readonly say: Words,
    private readonly actions: AnswerActions,
  ) {
    this.words = h("div", { class: "words" });
    this.element = h(
      "div",
      { class: "turn" },
      h(
        "div",
        { class: "question", lang: spokenLanguage(turn.question) },
        h("span", { class: "unseen" }, `${say.you}: `),
        ...this.asked(),
      ),
      h(
        "div",
        { class: "answer" },
        h("span", { class: "unseen" }, `${say.assistant}: `),
        this.understood,
        this.words,
        this.tail,
      ),
    );
    this.update();
  }

  private asked(): (HTMLElement | string)[] {
    const { turn, say } = this;
    const isLong = Array.from(turn.question).length > MOST_ASKED || turn.question.split("\n").length > MOST_LINES;
    if (!isLong) return [turn.question];
    const words = h("div", { class: "cut" }, turn.question);
    const more = textButton(say.more, () => show(!words.classList.contains("cut")), "unfold");
    const show = (isCut: boolean) => {
      words.classList.toggle("cut", isCut);
      more.textContent = isCut ? say.more : say.less;
      more.setAttribute("aria-expanded", String(!isCut));
    };
    show(true);
    return [words, more];
  }

  /** Shows the turn as it is now. */
  update(): void {
    const { turn, say } = this;
    this.understood.hidden = !turn.query;
    this.understood.replaceChildren(say.understood, h("q", { lang: spokenLanguage(turn.query) }, turn.query));
    this.words.lang = turn.language;
    this.words.replaceChildren(...this.paragraphs());
    this.tail.replaceChildren();
    if (turn.state === "pending") {
      if (!turn.text) {
        const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
        this.tail.append(h("p", { class: "note" }, dots, say.thinking));
      }
    } else if (turn.state === "done") {
      this.finish();
    } else {
      this.fail();
    }
  }

  /** What is read out once the answer is whole. */
  get spoken(): string {
    const { turn, say } = this;
    const text = turn.text.replace(/^(• |\s+)/gm, "").replace(/\s*\[\d+\]$/gm, "");
    return turn.state === "done" ? `${say.assistant}: ${text}` : `${text} ${problemText(turn.problem, say)}`.trim();
  }

  private paragraphs(): HTMLElement[] {
    const { citations, state, suggestions } = this.turn;
    const text = withoutOffers(this.turn.text, suggestions);
    const known = new Map(citations.map((citation) => [citation.marker, citation]));
    // Before the citations have come, a number in brackets can only be a marker to be.
    const markers = state === "pending" && !known.size ? new Set(Array.from({ length: 99 }, (_, i) => i + 1)) : known;
    const shown = new Set<number>();
    const chip = (marker: number, isFull: boolean): HTMLElement => {
      shown.add(marker);
      const citation = known.get(marker);
      return citation ? this.chip(citation, isFull) : h("span", { class: "number" }, String(marker));
    };
    const found = lines(text, new Set(markers.keys())).map((line) => {
      const isTranslation = line.kind === "more" && String(line.pieces[0]).startsWith("Translation:");
      // A quote is in the policy's language, which need not be the answer's.
      const spoken = line.kind !== "plain" && !isTranslation && spokenLanguage(line.pieces.join(""));
      const isAsked = line.kind === "plain" && /^(问：|Question: )/.test(String(line.pieces[0]));
      const isNote = line.kind === "plain" && /^Translations are a courtesy/.test(String(line.pieces[0]));
      const name = isTranslation ? "translated" : isAsked ? "asked" : isNote ? "note" : line.kind;
      const paragraph = h("p", { class: name, lang: spoken });
      for (const piece of line.pieces) add(paragraph, typeof piece === "string" ? piece : chip(piece, false));
      if (line.sources.length) {
        paragraph.append(h("span", { class: "sources" }, ...line.sources.map((marker) => chip(marker, true))));
      }
      return paragraph;
    });
    const rest = citations.filter((citation) => !shown.has(citation.marker));
    if (rest.length) found.push(h("p", { class: "sources" }, ...rest.map((citation) => this.chip(citation, true))));
    return found;
  }

  private chip(citation: Citation, isFull: boolean): HTMLButtonElement {
    const { policyTitle, reference, marker } = citation;
    const place = this.conversation.place(policyTitle, reference);
    const isTold = this.conversation.hasSeveral && policyTitle !== "";
    const where = shortened(reference, isTold ? MOST_WIDE - Math.min(width(policyTitle), LEAST_TITLE) : MOST_WIDE);
    const title = isTold ? cutTo(policyTitle, Math.max(LEAST_TITLE, MOST_WIDE - width(where))) : "";
    const chip = h(
      "button",
      {
        type: "button",
        class: isFull ? "chip" : "chip short",
        "aria-label": this.say.source(marker, place),
        title: place,
      },
      h("span", { class: "number" }, String(marker)),
      isFull && title && h("span", { class: "whose", lang: spokenLanguage(title) }, title),
      isFull && h("span", { class: "where", lang: spokenLanguage(reference) }, where),
    );
    chip.addEventListener("click", () => this.actions.openCitation(citation));
    return chip;
  }

  private finish(): void {
    const { turn, say, actions } = this;
    const { nearest } = turn;
    const offers = h("div", { class: "offers" });
    for (const question of turn.suggestions) {
      offers.append(textButton(question, () => actions.ask(question), "suggestion"));
    }
    if (turn.abstained === "not_stated" && nearest) {
      const label = `${say.nearest}: ${this.conversation.place(nearest.policyTitle, nearest.name)}`;
      const chip = h(
        "button",
        { type: "button", class: "chip", "aria-label": label, title: label },
        h("span", { class: "number" }, icon("open")),
        h("span", { class: "where" }, label),
      );
      chip.addEventListener("click", () => actions.openNearest(turn));
      offers.append(chip);
    }
    if (turn.abstained || PERSON.test(turn.question)) {
      offers.append(textButton(say.person, actions.openPerson, "ghost small", "person"));
    }
    if (offers.childElementCount) this.tail.append(offers);
    this.tail.append(this.opinions());
  }

  private fail(): void {
    const { turn, say, actions } = this;
    const told = problemText(turn.problem, say);
    // By it the log has more of a fault; of anything else it tells a person nothing.
    const code = told === say.errors.internal && turn.problem?.requestId ? ` (${turn.problem.requestId})` : "";
    const note = h("p", { class: turn.problem ? "note problem" : "note" }, told, code);
    const offers = h(
      "div",
      { class: "offers" },
      // Asked once more as it is, it would fail once more.
      turn.problem?.code !== "invalid_question" && textButton(say.retry, () => actions.retry(turn), "ghost small"),
      turn.problem && textButton(say.person, actions.openPerson, "ghost small", "person"),
    );
    this.tail.append(note, offers);
  }

  private opinions(): HTMLElement {
    const { turn, say, actions } = this;
    const bar = h("div", { class: "opinions" });
    const place = h("div");
    const show = () => {
      for (const [button, useful] of [[up, true] as const, [down, false] as const]) {
        button.setAttribute("aria-pressed", String(turn.useful === useful));
      }
    };
    const open = () => {
      const form = this.reasons(place, down);
      place.append(form);
      actions.reveal(form);
    };
    const give = async (useful: boolean) => {
      place.replaceChildren();
      if (turn.useful === useful) {
        if (!useful) open();
        return;
      }
      const before = turn.useful;
      turn.useful = useful;
      show();
      if (!(await actions.feedback(turn, useful, ""))) {
        turn.useful = before;
        show();
        place.append(h("p", { class: "note problem" }, say.feedbackFailed));
        actions.announce(say.feedbackFailed);
      } else if (useful) {
        place.append(h("p", { class: "note" }, say.thanks));
        actions.announce(say.thanks);
      } else if (turn.useful === false) {
        open();
      }
    };
    const up = iconButton("up", say.useful, () => void give(true), "icon small");
    const down = iconButton("up", say.notUseful, () => void give(false), "icon small upside-down");
    const copyIt = iconButton("copy", say.copyAnswer, () => void this.copyAnswer(), "icon small");
    show();
    if (turn.answerId) bar.append(up, down);
    bar.append(copyIt);
    return h("div", {}, bar, place);
  }

  private reasons(place: HTMLElement, back: HTMLElement): HTMLElement {
    const { turn, say, actions } = this;
    const group = `why-${turn.answerId}`;
    const details = h("textarea", { rows: "2", maxlength: "800", "aria-label": say.details, placeholder: say.details });
    const form = h(
      "form",
      { class: "reasons" },
      h(
        "fieldset",
        {},
        h("legend", {}, say.whyNot),
        ...say.reasons.map((reason) =>
          h("label", {}, h("input", { type: "radio", name: group, value: reason }), h("span", {}, reason)),
        ),
      ),
      details,
      h(
        "div",
        { class: "row" },
        h("button", { type: "submit", class: "primary small" }, say.sendFeedback),
        textButton(say.skip, () => leave(), "ghost small"),
      ),
    );
    const leave = (note = "") => {
      place.replaceChildren(...(note ? [h("p", { class: "note" }, note)] : []));
      if (note) actions.announce(note);
      back.focus();
    };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const reason = String(new FormData(form).get(group) ?? "");
      const why = [reason, details.value.trim()].filter(Boolean).join(": ");
      if (!why || (await actions.feedback(turn, false, why))) {
        leave(say.thanks);
      } else {
        form.querySelector(".note")?.remove();
        form.append(h("p", { class: "note problem" }, say.feedbackFailed));
        actions.announce(say.feedbackFailed);
      }
    });
    return form;
  }

  private async copyAnswer(): Promise<void> {
    const { turn, say, actions } = this;
    const sources = this.conversation.sources(turn).join("\n");
    const done = await copy([turn.text.trim(), sources].filter(Boolean).join("\n\n"), this.element);
    const note = done ? say.copied : say.copyFailed;
    actions.announce(note);
    const shown = h("span", { class: "note" }, note);
    this.tail.querySelector(".opinions .note")?.remove();
    this.tail.querySelector(".opinions")?.append(shown);
    setTimeout(() => shown.remove(), 4000);
  }
}
