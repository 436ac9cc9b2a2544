// The chat itself: the button that opens it, the window, the log, the question, and the pages behind it.

import { type AnswerActions, AnswerView } from "./answer";
import { clauseView, fetchClauses } from "./clause";
import { brandColours } from "./colours";
import { Conversation, type Turn } from "./conversation";
import { add, h, icon, iconButton, textButton } from "./dom";
import { contactsOf, personView } from "./person";
import { type Citation, type Known, Service, ServiceError } from "./service";
import type { Settings } from "./settings";
import css from "./style.css";
import { lastOf, spokenLanguage } from "./text";
import { WORDS, type Words } from "./words";

/** What a page is told, by name. */
export interface Events {
  open: undefined;
  close: undefined;
  reset: undefined;
  question: { question: string };
  answer: PublicAnswer;
  error: { question: string; code: string; message: string };
  citation: { policyId: string; clauseId: string; quote: string };
  feedback: { answerId: string; useful: boolean; why: string };
  person: { transcript: string };
}

export interface PublicAnswer {
  question: string;
  answerId: string;
  text: string;
  language: string;
  abstained: string;
  citations: Citation[];
}

type Tell = <Name extends keyof Events>(name: Name, detail: Events[Name]) => boolean;

/** Windows that the chat takes all of. */
export const FULL_SCREEN = "(max-width: 640px), (max-height: 480px)";
const SHOW_MS = 80;
const FOCUSABLE = "a[href], button, input, textarea, summary, [tabindex='0']";

export class Widget {
  readonly host = h("div", { id: "policy-assistant" });
  private readonly say: Words;
  private readonly title: string;
  private readonly service: Service;
  private readonly conversation: Conversation;
  private readonly ended = new AbortController();
  private readonly isPhone = matchMedia(FULL_SCREEN);
  private readonly isDark = matchMedia("(prefers-color-scheme: dark)");

  private readonly root: ShadowRoot;
  private readonly frame = h("div", { class: "frame" });
  private readonly launcher: HTMLButtonElement;
  private readonly panel: HTMLDialogElement;
  private readonly heading = h("h2", { tabindex: "-1" });
  private readonly purpose: HTMLElement;
  private readonly back: HTMLButtonElement;
  private readonly tools: HTMLElement;
  private readonly chat: HTMLElement;
  private readonly log: HTMLElement;
  private readonly detail: HTMLElement;
  private readonly input: HTMLTextAreaElement;
  private readonly send: HTMLButtonElement;
  private readonly stopper: HTMLButtonElement;
  private readonly status = h("div", { class: "unseen", role: "status", "aria-live": "polite" });

  private readonly tooLong = h("p", { class: "note problem", id: "too-long", hidden: true });

  private known: Promise<Known> | undefined;
  private mostChars = 0;
  private views: AnswerView[] = [];
  private asking: AbortController | undefined;
  private loading: AbortController | undefined;
  private readonly behind: (() => void)[] = []; // the pages behind the one that is shown, the conversation left out
  private page: (() => void) | undefined;
  private opener: Element | null = null; // of the window
  private pageOpener: Element | null = null; // of the page, in the conversation
  private scrolledTo = 0;
  private isFollowing = true;

  constructor(
    private readonly settings: Settings,
    private readonly tell: Tell,
    /** The widget that it takes the place of, in another language. */
    former?: Widget,
  ) {
    this.say = WORDS[settings.lang];
    this.title = settings.title || this.say.title;
    this.service = new Service(settings);
    this.conversation = former?.conversation ?? new Conversation(settings);
    const { say } = this;

    this.launcher = h(
      "button",
      {
        type: "button",
        class: "launcher",
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        hidden: !settings.launcher,
      },
      icon("chat"),
      h("span", {}, this.title),
    );
    this.purpose = h("p", { class: "note" }, say.purpose);
    this.back = iconButton("back", say.back, () => this.goBack());
    this.tools = h(
      "div",
      { class: "tools" },
      iconButton("person", say.person, () => this.openPerson()),
      iconButton("anew", say.anew, () => this.reset()),
    );
    this.log = h("div", {
      class: "log",
      role: "log",
      "aria-live": "off",
      "aria-label": say.conversation,
      tabindex: "0",
    });
    this.input = h("textarea", {
      rows: "1",
      "aria-label": say.question,
      placeholder: say.placeholder,
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-describedby": this.tooLong.id,
    });
    this.send = h("button", { type: "submit", class: "send", "aria-label": say.send, title: say.send }, icon("send"));
    this.stopper = iconButton("stop", say.stop, () => this.stop(), "send");
    const form = h(
      "form",
      { class: "ask" },
      this.tooLong,
      h("div", { class: "box" }, this.input, this.send, this.stopper),
    );
    this.chat = h("div", { class: "page" }, this.log, form);
    this.detail = h("div", { class: "page detail", role: "region", "aria-label": say.clause, tabindex: "0" });
    this.panel = h(
      "dialog",
      { class: "panel", "aria-label": this.title },
      h(
        // Not a header: in a dialog that would be a second banner of the page.
        "div",
        { class: "bar" },
        this.back,
        h("div", { class: "name" }, this.heading, this.purpose),
        this.tools,
        iconButton("close", say.close, () => this.close()),
      ),
      this.chat,
      this.detail,
      this.status,
    );
    add(this.frame, this.launcher, this.panel);
    this.frame.lang = settings.lang;
    this.frame.dataset.position = settings.position;

    this.root = this.host.attachShadow({ mode: "open" });
    this.style();
    this.root.append(this.frame);
    this.dress();
    this.log.append(this.welcome());
    this.conversation.onChange = () => this.fill();
    try {
      this.fill();
    } catch (error) {
      // Whatever is wrong with what was kept: without the chat a person could not even begin a new conversation.
      console.error(error);
      this.conversation.clear();
      this.fill();
    }
    this.showPage();
    this.setBusy(false);
    this.listen(form);
    if (former) this.replace(former);
    else document.body.append(this.host);
  }

  get isOpen(): boolean {
    return this.panel.open;
  }

  get isAsking(): boolean {
    return this.asking !== undefined;
  }

  open(focus = true): void {
    if (!this.panel.open) {
      const focused = document.activeElement;
      this.opener = focused && focused !== document.body && focused !== this.host ? focused : null;
      this.show();
      this.tell("open", undefined);
    }
    if (focus) this.focusStart();
  }

  close(): void {
    if (!this.panel.open) return;
    this.panel.close();
    this.closed();
  }

  /** Asks in the person's stead; resolves with the answer, or with nothing if there came none. */
  async ask(question: string): Promise<PublicAnswer | undefined> {
    const wanted = question.trim();
    if (!wanted) return undefined;
    this.stop();
    this.goHome();
    this.open(false);
    const turn = this.conversation.begin(wanted, spokenLanguage(wanted));
    const view = this.view(turn);
    this.views.push(view);
    this.fill();
    const asking = new AbortController();
    this.asking = asking;
    this.isFollowing = true;
    this.setBusy(true);
    this.follow(view.element, true);
    this.tell("question", { question: wanted });
    let timer = 0;
    const show = () => {
      timer = 0;
      view.update();
      this.follow(view.element);
    };
    try {
      for await (const event of this.service.chat(wanted, this.conversation.sessionId, asking.signal)) {
        if (event.kind === "meta") {
          turn.answerId = event.answerId;
          if (this.conversation.turns.includes(turn)) this.conversation.sessionId = event.sessionId;
        } else if (event.kind === "sentence") {
          turn.text += event.text;
        } else if (event.kind === "citations") {
          turn.citations = event.citations;
        } else {
          turn.language = event.language;
          turn.query = squeezed(event.query) === squeezed(event.question) ? "" : event.query;
          turn.abstained = event.abstained;
          turn.suggestions = event.suggestions;
          turn.nearest = event.nearest;
          turn.state = "done";
        }
        // All of the answer is shown anew each time: with each sentence of a long one that would take ever longer.
        timer ||= window.setTimeout(show, SHOW_MS);
      }
    } catch (error) {
      turn.state = asking.signal.aborted ? "stopped" : "failed";
      if (turn.state === "failed") {
        const known = error instanceof ServiceError ? error : new ServiceError("internal", String(error));
        const { code, retryAfterS, requestId, mostChars } = known;
        turn.problem = { code, retryAfterS, requestId, mostChars };
        if (code === "invalid_question") this.giveBack(wanted, mostChars);
        this.tell("error", { question: wanted, code: known.code, message: known.message });
      }
    } finally {
      if (this.asking === asking) {
        this.asking = undefined;
        this.setBusy(false);
      }
      this.conversation.end(turn);
      clearTimeout(timer);
      show();
      if (view.element.isConnected) this.announce(view.spoken);
    }
    if (turn.state !== "done") return undefined;
    // It may not have been known when the window was opened, without a network.
    this.learn().catch(() => undefined);
    const answer = publicAnswer(turn);
    this.tell("answer", answer);
    return answer;
  }

  stop(): void {
    this.asking?.abort();
  }

  reset(): void {
    this.stop();
    const { sessionId } = this.conversation;
    // That it could not be told only means that the service forgets by itself, later.
    if (sessionId) this.service.forget(sessionId).catch(() => undefined);
    this.conversation.clear();
    this.goHome();
    this.fill();
    this.announce(this.say.begun);
    if (this.isOpen) this.focusStart();
    this.tell("reset", undefined);
  }

  /** Puts it on the page again, if it has gone with the page's former body. */
  attach(): void {
    if (this.host.isConnected || !document.body) return;
    document.body.append(this.host);
    this.appearAnew();
  }

  destroy(): void {
    this.stop();
    this.loading?.abort();
    this.ended.abort();
    this.host.remove();
  }

  /** Finds out, once, what can be asked. */
  private learn(): Promise<Known> {
    this.known ??= this.service.known(this.ended.signal).then(
      (known) => {
        const { policies } = this.settings;
        this.mostChars = known.mostChars;
        const asked = known.policies.filter(({ policyId }) => !policies.length || policies.includes(policyId));
        if (asked.length > 1 !== this.conversation.hasSeveral) {
          this.conversation.hasSeveral = asked.length > 1;
          for (const view of this.views) view.update();
        }
        this.grow();
        return known;
      },
      (error: unknown) => {
        this.known = undefined;
        throw error;
      },
    );
    return this.known;
  }

  // --- The window ------------------------------------------------------------------------

  private listen(form: HTMLFormElement): void {
    const { signal } = this.ended;
    const on = (target: EventTarget, name: string, act: (event: Event) => void) =>
      target.addEventListener(name, act, { signal });
    on(this.launcher, "click", () => (this.isOpen ? this.close() : this.open()));
    on(form, "submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    on(this.input, "keydown", (event) => {
      const { key, shiftKey, isComposing, keyCode } = event as KeyboardEvent;
      // An input method's own Enter picks a word; Safari tells of it by the code alone.
      if (key !== "Enter" || shiftKey || isComposing || keyCode === 229) return;
      event.preventDefault();
      this.submit();
    });
    on(this.input, "input", () => this.grow());
    on(this.log, "scroll", () => {
      if (Math.abs(this.log.scrollTop - this.scrolledTo) > 2) this.isFollowing = false;
    });
    on(this.panel, "keydown", (event) => this.key(event as KeyboardEvent));
    on(this.panel, "cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    on(this.panel, "close", () => {
      if (!this.panel.open && this.frame.classList.contains("open")) this.closed();
    });
    // Keys that are typed here are no shortcuts of the page, which sees only that they come from some element.
    for (const name of ["keydown", "keyup", "keypress"]) on(this.root, name, (event) => event.stopPropagation());
    on(this.isPhone, "change", () => this.appearAnew());
    on(this.isDark, "change", () => this.dress());
    on(window, "storage", (event) => {
      if (this.conversation.concerns(event as StorageEvent)) this.conversation.sync();
    });
    // A page that comes back out of the browser's memory was told of nothing meanwhile.
    on(window, "pageshow", () => this.conversation.sync());
    if (window.visualViewport) {
      on(window.visualViewport, "resize", () => this.fit());
      on(window.visualViewport, "scroll", () => this.fit());
    }
  }

  private replace(former: Widget): void {
    const focused = former.root.activeElement;
    this.opener = former.opener;
    this.input.value = former.input.value;
    former.host.replaceWith(this.host);
    this.attach();
    if (former.isOpen) this.show();
    former.destroy();
    if (focused === former.launcher) this.launcher.focus();
    else if (focused) this.focusStart();
  }

  private show(): void {
    this.appear();
    this.fit();
    this.grow();
    this.launcher.setAttribute("aria-expanded", "true");
    this.frame.classList.add("open");
    this.follow(this.log.lastElementChild, true);
    // Whatever goes wrong, the next question will tell.
    this.learn().catch(() => undefined);
  }

  private appearAnew(): void {
    if (!this.isOpen) return;
    const { activeElement } = this.root;
    this.panel.close();
    this.appear();
    this.fit();
    this.grow();
    if (activeElement instanceof HTMLElement) activeElement.focus();
  }

  private appear(): void {
    // Opened so, it takes no focus by itself.
    if (this.isPhone.matches) this.panel.showModal();
    else this.panel.open = true;
  }

  private closed(): void {
    this.launcher.setAttribute("aria-expanded", "false");
    this.frame.classList.remove("open");
    const back = this.opener?.isConnected && this.opener !== this.launcher ? this.opener : this.launcher;
    if (back instanceof HTMLElement) back.focus();
    this.tell("close", undefined);
  }

  /** Leaves room for the keyboard of a phone, which covers the window but does not shrink it. */
  private fit(): void {
    const view = window.visualViewport;
    if (!view || !this.isOpen || !this.isPhone.matches) return;
    // Who zooms in with two fingers wants the window larger, and moves about in it.
    const isZoomed = view.scale > 1.01;
    this.frame.style.setProperty("--height", `${view.height * view.scale}px`);
    this.frame.style.setProperty("--top", `${isZoomed ? 0 : view.offsetTop}px`);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault();
      this.leave();
    } else if (event.key === "Tab" && this.isPhone.matches) {
      const stops = [...this.panel.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
        (element) => element.tabIndex >= 0 && element.checkVisibility?.() !== false,
      );
      const [from, to] = event.shiftKey ? [stops[0], lastOf(stops)] : [lastOf(stops), stops[0]];
      if (this.root.activeElement !== from) return;
      event.preventDefault();
      to?.focus();
    }
  }

  private leave(): void {
    if (this.page) this.goBack();
    else this.close();
  }

  private focusStart(): void {
    // Where a finger types, the keyboard would cover what there is to read.
    if (this.isPhone.matches || this.page) this.heading.focus();
    else this.input.focus();
  }

  private style(): void {
    if ("adoptedStyleSheets" in this.root && "replaceSync" in CSSStyleSheet.prototype) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.root.adoptedStyleSheets = [sheet];
    } else {
      // Browsers of before 2023; the page's policy must then let style sheets of the service in.
      const href = new URL("widget.css", this.settings.server).href;
      (this.root as ShadowRoot).append(h("link", { rel: "stylesheet", href }));
    }
  }

  private dress(): void {
    const { theme, colour } = this.settings;
    const worn = theme === "auto" ? (this.isDark.matches ? "dark" : "light") : theme;
    const { brand, onBrand, accent } = brandColours(colour, worn);
    this.frame.dataset.theme = worn;
    this.frame.style.setProperty("--brand", brand);
    this.frame.style.setProperty("--on-brand", onBrand);
    this.frame.style.setProperty("--accent", accent);
  }

  // --- The conversation ------------------------------------------------------------------

  private welcome(): HTMLElement {
    const { say, settings } = this;
    const questions = settings.suggestions ?? say.suggestions;
    const welcome = h("div", { class: "welcome" }, h("p", { class: "words" }, settings.greeting || say.greeting));
    if (questions.length) {
      const buttons = questions.map((question) =>
        h(
          "li",
          {},
          textButton(question, () => this.suggest(question), "suggestion"),
        ),
      );
      welcome.append(h("h3", {}, say.suggested), h("ul", {}, ...buttons));
    }
    return welcome;
  }

  /** Shows the conversation as it is now. What is there already stays, with what is being read and typed in it. */
  private fill(): void {
    const { activeElement } = this.root;
    const there = new Map(this.views.map((view) => [view.turn, view]));
    this.views = this.conversation.shown.map((turn) => there.get(turn) ?? this.view(turn));
    const wanted = this.views.map(({ element }) => element);
    for (const { element } of there.values()) if (!wanted.includes(element)) element.remove();
    wanted.forEach((element, place) => {
      const before = this.log.children[place + 1]; // behind the welcome
      if (before !== element) this.log.insertBefore(element, before ?? null);
    });
    this.log.classList.toggle("begun", wanted.length > 0);
    if (activeElement?.isConnected === false) this.focusQuestion();
  }

  private view(turn: Turn): AnswerView {
    const actions: AnswerActions = {
      openCitation: (citation) => this.openClause(citation.policyId, citation.clauseId, citation),
      openNearest: ({ nearest }) => nearest && this.openClause(nearest.policyId, nearest.clauseId),
      openPerson: () => this.openPerson(),
      ask: (question) => this.suggest(question),
      retry: (failed) => {
        this.conversation.drop(failed);
        this.fill();
        this.focusQuestion();
        void this.ask(failed.question);
      },
      feedback: (about, useful, why) => this.feedback(about, useful, why),
      announce: (text) => this.announce(text),
      reveal: (element) => {
        const beyond = element.getBoundingClientRect().bottom - this.log.getBoundingClientRect().bottom;
        if (beyond > -12) this.log.scrollTop += beyond + 12;
      },
    };
    return new AnswerView(turn, this.conversation, this.say, actions);
  }

  private submit(): void {
    const question = this.input.value;
    if (this.asking || !question.trim()) return;
    if (!this.tooLong.hidden) {
      this.announce(this.tooLong.textContent ?? "");
      return;
    }
    this.input.value = "";
    this.grow();
    void this.ask(question);
  }

  /** Puts a question that was not taken back where it can be changed. */
  private giveBack(question: string, mostChars: number): void {
    this.mostChars = mostChars || this.mostChars;
    if (!this.input.value) this.input.value = question;
    this.grow();
  }

  private suggest(question: string): void {
    this.focusQuestion();
    void this.ask(question);
  }

  private focusQuestion(): void {
    if (this.isPhone.matches) this.log.focus();
    else this.input.focus();
  }

  private setBusy(isBusy: boolean): void {
    const { activeElement } = this.root;
    this.send.hidden = isBusy;
    this.stopper.hidden = !isBusy;
    this.log.setAttribute("aria-busy", String(isBusy));
    // The button that had the focus has gone.
    if (activeElement === this.send || activeElement === this.stopper) this.focusQuestion();
  }

  private async feedback(turn: Turn, useful: boolean, why: string): Promise<boolean> {
    try {
      await this.service.feedback(turn.answerId, useful, why);
    } catch {
      return false;
    }
    this.conversation.save();
    this.tell("feedback", { answerId: turn.answerId, useful, why });
    return true;
  }

  private grow(): void {
    this.input.style.setProperty("height", "auto");
    const { scrollHeight } = this.input;
    // It has none while nobody sees it.
    if (scrollHeight) this.input.style.setProperty("height", `${scrollHeight}px`);
    const count = Array.from(this.input.value.trim()).length;
    this.tooLong.hidden = !this.mostChars || count <= this.mostChars;
    this.tooLong.textContent = this.tooLong.hidden ? "" : this.say.tooLong(count, this.mostChars);
  }

  /** Scrolls to the end, but never so far that the beginning of this turn is gone; leaves alone who scrolled away. */
  private follow(turn: Element | null, always = false): void {
    if (!(turn instanceof HTMLElement) || (!always && !this.isFollowing)) return;
    const end = this.log.scrollHeight - this.log.clientHeight;
    this.log.scrollTop = Math.max(0, Math.min(end, turn.offsetTop - 12));
    this.scrolledTo = this.log.scrollTop;
  }

  private announce(text: string): void {
    this.status.textContent = "";
    // A change is read out; the same text once more would be none.
    setTimeout(() => {
      this.status.textContent = text;
    }, 100);
  }

  // --- Pages behind the conversation -----------------------------------------------------

  private openClause(policyId: string, clauseId: string, citation?: Citation): void {
    this.tell("citation", { policyId, clauseId, quote: citation?.quote ?? "" });
    this.turnTo(() => void this.loadClause(policyId, clauseId, citation));
  }

  private async loadClause(policyId: string, clauseId: string, citation?: Citation): Promise<void> {
    const { say } = this;
    await this.load(say.clause, async (signal) => {
      try {
        const clauses = await fetchClauses(this.service, policyId, clauseId, citation?.end ?? 0, signal);
        return clauseView(clauses, citation, say, {
          openClause: (policy, clause) => this.openClause(policy, clause),
          announce: (text) => this.announce(text),
          opensTranslations: this.settings.lang === "en",
        });
      } catch (error) {
        if (signal.aborted) throw error;
        this.announce(say.clauseFailed);
        const again = textButton(say.retry, () => this.page?.(), "ghost small");
        return [h("p", { class: "note problem" }, say.clauseFailed), h("div", { class: "row" }, again)];
      }
    });
    const mark = this.detail.querySelector("mark");
    if (!mark) return;
    const place = mark.getBoundingClientRect().top - this.detail.getBoundingClientRect().top;
    this.detail.scrollTop = Math.max(0, place - this.detail.clientHeight / 3);
  }

  private openPerson(): void {
    const transcript = this.conversation.transcript(this.title, this.say);
    // The page may have a way of its own.
    if (!this.tell("person", { transcript })) return;
    this.turnTo(() => void this.loadPerson(transcript));
  }

  private async loadPerson(transcript: string): Promise<void> {
    const { say, settings, conversation } = this;
    await this.load(say.personTitle, async (signal) => {
      // Asked anew: it may have changed since the window was opened.
      const { policies } = await this.service.known(signal).catch(() => ({ policies: [] }));
      const cited = conversation.turns.flatMap((turn) => [
        ...turn.citations.map((citation) => citation.policyId),
        ...(turn.nearest ? [turn.nearest.policyId] : []),
      ]);
      const about = settings.policies.length ? settings.policies : [...new Set(cited.reverse())];
      const wanted = about.length ? policies.filter((policy) => about.includes(policy.policyId)) : policies;
      const contacts = contactsOf(wanted, about, settings.contact);
      return personView(contacts, transcript, say, (text) => this.announce(text));
    });
  }

  private turnTo(page: () => void): void {
    if (this.page) this.behind.push(this.page);
    else this.pageOpener = this.root.activeElement;
    this.page = page;
    this.showPage();
  }

  private goBack(): void {
    this.page = this.behind.pop();
    this.showPage();
    if (this.page) return;
    this.loading?.abort();
    if (this.pageOpener instanceof HTMLElement && this.pageOpener.isConnected) this.pageOpener.focus();
    else this.focusStart();
  }

  private goHome(): void {
    this.behind.length = 0;
    if (this.page) this.goBack();
  }

  private showPage(): void {
    const isChat = !this.page;
    this.chat.hidden = !isChat;
    this.detail.hidden = isChat;
    this.back.hidden = isChat;
    this.tools.hidden = !isChat;
    this.purpose.hidden = !isChat;
    if (isChat) {
      this.heading.textContent = this.title;
      this.grow();
    } else this.page?.();
  }

  /** Shows a page that is not there at once. */
  private async load(title: string, make: (signal: AbortSignal) => Promise<HTMLElement[]>): Promise<void> {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    this.heading.textContent = title;
    this.detail.setAttribute("aria-label", title);
    this.detail.replaceChildren(h("p", { class: "note" }, this.say.loading));
    this.heading.focus();
    try {
      const parts = await make(loading.signal);
      if (loading.signal.aborted) return;
      this.detail.replaceChildren(...parts);
      this.detail.scrollTop = 0;
    } catch (error) {
      if (!loading.signal.aborted) throw error;
    }
  }
}

function publicAnswer(turn: Turn): PublicAnswer {
  const { question, answerId, text, language, abstained } = turn;
  return {
    question,
    answerId,
    text,
    language,
    abstained,
    citations: turn.citations.map((citation) => ({ ...citation })),
  };
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
