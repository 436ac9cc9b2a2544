// A clause as the policy has it: its place, its words with the quote marked, what stands before and after.

import { add, copy, h, icon, textButton } from "./dom";
import type { Citation, Clause, ClauseName, Service } from "./service";
import { lastOf, slice, spokenLanguage } from "./text";
import type { Words } from "./words";

export interface ClauseActions {
  openClause(policyId: string, clauseId: string): void;
  announce(text: string): void;
  /** Whether translations are open from the beginning. */
  opensTranslations: boolean;
}

// Clauses that a quote may go on in; a list has its items in as many.
const MOST_CLAUSES = 40;
const PREVIEW_CHARS = 60;

/** Fetches a clause, with those after it that the citation's quote goes on in. */
export async function fetchClauses(
  service: Service,
  policyId: string,
  clauseId: string,
  quoteEnd: number,
  signal: AbortSignal,
): Promise<Clause[]> {
  const found = [await service.clause(policyId, clauseId, signal)];
  for (let last = lastOf(found); last?.next && last.bodyEnd < quoteEnd; last = lastOf(found)) {
    if (found.length === MOST_CLAUSES) break;
    const more = await service.clause(policyId, last.next.clauseId, signal).catch(() => undefined);
    // Without the rest the quote is not found, which is told; its beginning is better than nothing.
    if (!more) break;
    found.push(more);
  }
  return found;
}

/** The clauses as elements, the first `mark` being where the quote begins. */
export function clauseView(
  clauses: readonly Clause[],
  citation: Citation | undefined,
  say: Words,
  actions: ClauseActions,
): HTMLElement[] {
  const [first] = clauses;
  const last = lastOf(clauses);
  if (!first || !last) return [];
  const quote = citation?.quote ?? "";
  const range = citation ? ([citation.start, citation.end] as const) : ([0, 0] as const);
  const isThere = clauses.map((clause) => cut(clause, ...range)[1]).join("") === quote;
  const whole = clauses.map(({ text }) => text).join("");
  const version = first.version && say.version(first.version);
  const language = spokenLanguage(first.policyTitle);
  const parts: HTMLElement[] = [
    h(
      "p",
      { class: "note", lang: language },
      language === "zh" ? `《${first.policyTitle}》` : first.policyTitle,
      version && ` · ${version}`,
    ),
    path(first, say, actions),
    h("h3", { lang: spokenLanguage(first.reference) }, first.reference),
  ];
  if (citation && !isThere) {
    parts.push(h("p", { class: "note problem" }, say.changed), h("blockquote", { lang: spokenLanguage(quote) }, quote));
  }
  const body = h("div", { class: "clause-text", lang: spokenLanguage(whole) });
  if (citation && isThere) {
    const cuts = clauses.map((clause) => cut(clause, ...range));
    const [before, marked, after] = [0, 1, 2].map((part) => cuts.map((pieces) => pieces[part]).join(""));
    const mark = h("mark", {}, ...flowing(marked ?? ""));
    add(body, ...flowing(before?.trimStart() ?? ""), mark, ...flowing(after?.trimEnd() ?? ""));
  } else {
    add(body, ...flowing(whole.trim()));
  }
  parts.push(body);

  const translation = (clauses.length === 1 && first.translation) || citation?.translation;
  if (translation) {
    const heading = h("summary", {}, say.translation);
    parts.push(h("details", { open: actions.opensTranslations }, heading, h("p", { lang: "en" }, translation)));
  }
  if (first.permalink) parts.push(links(first.permalink, say, actions));
  const neighbours = [[say.previous, first.previous] as const, [say.next, last.next] as const].flatMap(
    ([label, there]) => (there ? [neighbour(label, there, actions)] : []),
  );
  if (neighbours.length) parts.push(h("section", { class: "neighbours" }, h("h4", {}, say.neighbours), ...neighbours));
  return parts;
}

/** A text whose empty lines do not show; they stay in it, so that it is still the policy's, character by character. */
function flowing(text: string): (string | HTMLElement)[] {
  return text.split(/(\n\s*\n\s*)/).flatMap((part, place) => {
    return place % 2 ? ["\n", h("span", { class: "blank" }, part.slice(1))] : [part];
  });
}

/** A clause's own words before, in and after a range of its policy; all are offsets in code points. */
function cut(clause: Clause, start: number, end: number): [string, string, string] {
  const from = Math.max(start - clause.start, 0);
  const to = Math.max(end - clause.start, from);
  return [slice(clause.text, 0, from), slice(clause.text, from, to), slice(clause.text, to, Number.POSITIVE_INFINITY)];
}

function path(clause: Clause, say: Words, actions: ClauseActions): HTMLElement {
  const steps = clause.path.map((step) => {
    const open = () => actions.openClause(step.policyId, step.clauseId);
    return h("li", {}, textButton(step.name, open, "step"));
  });
  return h("nav", { "aria-label": say.place, hidden: !steps.length }, h("ol", { class: "path" }, ...steps));
}

function neighbour(label: string, there: ClauseName, actions: ClauseActions): HTMLElement {
  const words = there.text.replace(/\s+/g, " ").trim();
  const preview = Array.from(words).length > PREVIEW_CHARS ? `${slice(words, 0, PREVIEW_CHARS)}…` : words;
  const button = h(
    "button",
    { type: "button", class: "neighbour" },
    h("span", { class: "note" }, `${label} · `, h("span", { lang: spokenLanguage(there.name) }, there.name)),
    h("span", { class: "preview", lang: spokenLanguage(preview) }, preview),
  );
  button.addEventListener("click", () => actions.openClause(there.policyId, there.clauseId));
  return button;
}

function links(permalink: string, say: Words, actions: ClauseActions): HTMLElement {
  const link = h(
    "a",
    { class: "ghost small", href: permalink, target: "_blank", rel: "noopener noreferrer" },
    icon("open"),
    say.wholePolicy,
    h("span", { class: "unseen" }, say.newTab),
  );
  const row = h("div", { class: "row" }, link);
  const copyLink = async () => {
    const note = (await copy(permalink, row)) ? say.copied : say.copyFailed;
    actions.announce(note);
    row.querySelector(".note")?.remove();
    row.append(h("span", { class: "note" }, note));
  };
  row.append(textButton(say.copyLink, () => void copyLink(), "ghost small", "link"));
  return row;
}
