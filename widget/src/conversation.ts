// What was asked and answered, kept in the page's storage so that the next page goes on with it. In the storage that all
// tabs share, each takes over what the others have changed before it writes: what one has deleted stays deleted, and what
// one has asked stays asked.

import { list, number, record, text } from "./json";
import type { Citation, ClauseName } from "./service";
import type { Settings } from "./settings";
import { visible } from "./text";
import { type Language, languageOf, type Words } from "./words";

export interface Problem {
  readonly code: string;
  readonly retryAfterS: number;
  readonly requestId: string;
  /** The longest question, in characters; 0 if that is not what is wrong. */
  readonly mostChars: number;
}

export interface Turn {
  /** By it tabs tell turns apart. */
  readonly id: string;
  readonly question: string;
  state: (typeof STATES)[number];
  answerId: string;
  text: string;
  citations: readonly Citation[];
  language: Language;
  /** What was searched for, if that is not the question. */
  query: string;
  /** Kind of the reason for which there is no answer; empty if there is one. */
  abstained: string;
  /** Questions to ask instead. */
  suggestions: readonly string[];
  nearest: ClauseName | undefined;
  problem: Problem | undefined;
  useful: boolean | undefined;
}

const MOST_TURNS = 50;
const STATES = ["pending", "done", "stopped", "failed"] as const;

export class Conversation {
  sessionId = "";
  turns: Turn[] = [];
  /** Whether there is more than one policy to answer from, so that a place is told with its policy. */
  hasSeveral = false;
  /** Called when another tab's changes were taken over. */
  onChange = (): void => undefined;
  private readonly key: string;
  private readonly running = new Set<Turn>(); // asked here, and not over yet
  private readonly over = new WeakSet<Turn>(); // asked here, and over
  // What the storage held when it was read or written last: what is otherwise there by now, another tab has changed.
  private seenTurns = new Map<string, string>();
  private seenSession = "";

  constructor(private readonly settings: Settings) {
    this.key = `policy-assistant:${settings.server}:${settings.policies.join(",")}`;
    const { session, several, turns, seen } = this.read();
    // What was being asked here went with the page; what another tab is asking comes again once it is answered.
    for (const turn of turns) if (turn.state === "pending") turn.state = "stopped";
    this.turns = turns;
    this.sessionId = session;
    this.hasSeveral = several;
    this.seenTurns = seen;
    this.seenSession = session;
  }

  /** What there is to see: all but what another tab is still asking. */
  get shown(): Turn[] {
    return this.turns.filter((turn) => turn.state !== "pending" || this.running.has(turn));
  }

  begin(question: string, language: Language): Turn {
    this.sync();
    const turn: Turn = {
      id: `${Date.now()}-${Math.random()}`,
      question,
      state: "pending",
      answerId: "",
      text: "",
      citations: [],
      language,
      query: "",
      abstained: "",
      suggestions: [],
      nearest: undefined,
      problem: undefined,
      useful: undefined,
    };
    this.turns.push(turn);
    this.running.add(turn);
    this.write();
    return turn;
  }

  /** Keeps a turn that is over. */
  end(turn: Turn): void {
    this.save();
    this.running.delete(turn);
    this.over.add(turn);
  }

  drop(turn: Turn): void {
    this.turns = this.turns.filter((other) => other !== turn);
    this.save();
  }

  clear(): void {
    this.sessionId = "";
    this.turns = [];
    this.write();
  }

  save(): void {
    this.sync();
    this.write();
  }

  /** Whether an event is about this conversation. */
  concerns({ key }: StorageEvent): boolean {
    return key === null || key === this.key;
  }

  /** Takes over what other tabs have changed since. */
  sync(): void {
    if (this.settings.storage !== "local" || !this.store()) return;
    const { session, turns, seen } = this.read();
    const kept = new Map(turns.map((turn) => [turn.id, turn]));
    let isOverwritten = false;
    const mine = this.turns.flatMap((turn) => {
      const { id } = turn;
      const theirs = kept.get(id);
      if (this.running.has(turn) || seen.get(id) === this.seenTurns.get(id)) return turn;
      if (theirs?.state !== "pending" || !this.over.has(turn)) return theirs ?? [];
      // Another tab wrote at the same time, and did not know yet that this is over.
      isOverwritten = true;
      return turn;
    });
    const known = new Set(mine.map(({ id }) => id));
    // What is gone here, though it was there before, has been deleted here.
    const news = turns.filter(({ id }) => !known.has(id) && !this.seenTurns.has(id));
    const all = [...mine, ...news];
    const isOther = all.length !== this.turns.length || all.some((turn, place) => turn !== this.turns[place]);
    this.turns = all;
    if (session !== this.seenSession) this.sessionId = session;
    this.seenTurns = seen;
    this.seenSession = session;
    if (isOverwritten) this.write();
    if (isOther) this.onChange();
  }

  private write(): void {
    const store = this.store();
    if (!store) return;
    const { sessionId: session, hasSeveral: several } = this;
    const turns = this.turns.slice(-MOST_TURNS);
    try {
      if (!turns.length) store.removeItem(this.key);
      else store.setItem(this.key, JSON.stringify({ session, several, turns }));
      this.seenTurns = new Map(turns.map((turn) => [turn.id, JSON.stringify(turn)]));
      this.seenSession = turns.length ? session : "";
    } catch {
      // Full, or forbidden: the conversation lives on in this page.
    }
  }

  /** Where a clause stands, in words. */
  place(policyTitle: string, reference: string): string {
    return this.hasSeveral && policyTitle ? `${policyTitle} · ${reference}` : reference;
  }

  /** The places that a turn quotes, a line each. */
  sources(turn: Turn): string[] {
    return turn.citations.map(
      ({ marker, policyTitle, reference }) => `[${marker}] ${this.place(policyTitle, reference)}`,
    );
  }

  /** The conversation as a person would read it. */
  transcript(title: string, words: Words): string {
    const parts = [words.transcriptTitle(title, new Date().toLocaleString())];
    for (const turn of this.shown) {
      const said = [turn.text.trim(), ...this.sources(turn)].filter(Boolean).join("\n");
      parts.push(`${words.asked}${turn.question}\n${words.answered}${said || problemText(turn.problem, words)}`);
    }
    if (parts.length === 1) parts.push(words.nothingYet);
    return visible(parts.join("\n\n"));
  }

  private store(): Storage | undefined {
    try {
      if (this.settings.storage === "session") return sessionStorage;
      if (this.settings.storage === "local") return localStorage;
    } catch {
      // Pages may be without.
    }
    return undefined;
  }

  /** What the storage holds, and each turn as it is written there. */
  private read(): { session: string; several: boolean; turns: Turn[]; seen: Map<string, string> } {
    const turns: Turn[] = [];
    const seen = new Map<string, string>();
    let kept: Record<string, unknown> = {};
    try {
      kept = record(JSON.parse(this.store()?.getItem(this.key) ?? "null"));
    } catch {
      // Not ours, or forbidden: begin anew.
    }
    for (const [place, item] of list(kept.turns).entries()) {
      const given = text(record(item).id);
      const id = given && !seen.has(given) ? given : `#${place}`;
      const turn = turnOf(record(item), id);
      if (!turn || seen.has(id)) continue;
      turns.push(turn);
      seen.set(id, JSON.stringify(item));
    }
    return { session: turns.length ? text(kept.session) : "", several: kept.several === true, turns, seen };
  }
}

/** A turn that was kept, by whatever version or whomever; nothing if it has no question. */
function turnOf(turn: Record<string, unknown>, id: string): Turn | undefined {
  const question = text(turn.question);
  if (!question) return undefined;
  const state = STATES.find((known) => known === turn.state) ?? "stopped";
  const nearest = record(turn.nearest);
  return {
    id,
    question,
    state,
    answerId: text(turn.answerId),
    text: text(turn.text),
    citations: list(turn.citations).flatMap((citation) => citationOf(citation) ?? []),
    language: languageOf(text(turn.language)),
    query: text(turn.query),
    abstained: text(turn.abstained),
    suggestions: list(turn.suggestions).map(text).filter(Boolean),
    nearest: text(nearest.clauseId) ? clauseNameOf(nearest) : undefined,
    // What failed without a reason would be told to have been stopped.
    problem: state === "failed" ? problemOf(record(turn.problem)) : undefined,
    useful: typeof turn.useful === "boolean" ? turn.useful : undefined,
  };
}

function citationOf(kept: unknown): Citation | undefined {
  const citation = record(kept);
  const marker = number(citation.marker);
  const clauseId = text(citation.clauseId);
  if (marker < 1 || !clauseId) return undefined;
  return {
    marker,
    policyId: text(citation.policyId),
    policyTitle: text(citation.policyTitle),
    clauseId,
    reference: text(citation.reference),
    quote: text(citation.quote),
    start: number(citation.start),
    end: number(citation.end),
    translation: text(citation.translation),
  };
}

function clauseNameOf(kept: Record<string, unknown>): ClauseName {
  return {
    policyId: text(kept.policyId),
    policyTitle: text(kept.policyTitle),
    clauseId: text(kept.clauseId),
    name: text(kept.name),
    text: text(kept.text),
  };
}

function problemOf(kept: Record<string, unknown>): Problem {
  return {
    code: text(kept.code) || "internal",
    retryAfterS: number(kept.retryAfterS),
    requestId: text(kept.requestId),
    mostChars: number(kept.mostChars),
  };
}

/** What to tell a person about a problem. */
export function problemText(problem: Problem | undefined, words: Words): string {
  const { errors } = words;
  switch (problem?.code) {
    case undefined:
      return words.stopped;
    case "rate_limited":
    case "overloaded":
    case "not_ready":
    case "shutting_down":
      return errors.busy(problem.retryAfterS);
    case "unauthorized":
    case "token_expired":
    case "forbidden":
    case "origin_not_allowed":
      return errors.access;
    case "invalid_question":
      return errors.invalid_question(problem.mostChars);
    case "unreachable":
    case "timeout":
    case "cut_off":
    case "policy_not_found":
      return errors[problem.code];
    default:
      return errors.internal;
  }
}
