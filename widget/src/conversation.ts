// What was asked and answered, kept in the page's storage so that the next page goes on with it.

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
  readonly question: string;
  state: "pending" | "done" | "stopped" | "failed";
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

export class Conversation {
  sessionId = "";
  turns: Turn[] = [];
  /** Whether there is more than one policy to answer from, so that a place is told with its policy. */
  hasSeveral = false;
  private readonly key: string;

  constructor(private readonly settings: Settings) {
    this.key = `policy-assistant:${settings.server}:${settings.policies.join(",")}`;
    this.restore();
  }

  begin(question: string, language: Language): Turn {
    const turn: Turn = {
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
    this.save();
    return turn;
  }

  drop(turn: Turn): void {
    this.turns = this.turns.filter((other) => other !== turn);
    this.save();
  }

  clear(): void {
    this.sessionId = "";
    this.turns = [];
    this.save();
  }

  save(): void {
    const store = this.store();
    if (!store) return;
    try {
      if (!this.turns.length) store.removeItem(this.key);
      else store.setItem(this.key, this.packed());
    } catch {
      // Full, or forbidden: the conversation lives on in this page.
    }
  }

  private packed(): string {
    const { sessionId: session, hasSeveral: several, turns } = this;
    return JSON.stringify({ session, several, turns: turns.slice(-MOST_TURNS) });
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
    for (const turn of this.turns) {
      const said = [turn.text.trim(), ...this.sources(turn)].filter(Boolean).join("\n");
      parts.push(`${words.asked}${turn.question}\n${words.answered}${said || problemText(turn.problem, words)}`);
    }
    if (!this.turns.length) parts.push(words.nothingYet);
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

  private restore(): void {
    try {
      const kept = record(JSON.parse(this.store()?.getItem(this.key) ?? "null"));
      this.turns = list(kept.turns).flatMap((turn) => turnOf(turn) ?? []);
      if (!this.turns.length) return;
      this.sessionId = text(kept.session);
      this.hasSeveral = kept.several === true;
    } catch {
      // Not ours: begin anew.
    }
  }
}

/** A turn that was kept, by whatever version or whomever; nothing if it has no question. */
function turnOf(kept: unknown): Turn | undefined {
  const turn = record(kept);
  const question = text(turn.question);
  if (!question) return undefined;
  const state = turn.state === "done" || turn.state === "failed" ? turn.state : "stopped";
  const nearest = record(turn.nearest);
  return {
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
