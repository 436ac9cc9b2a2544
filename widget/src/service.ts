// The HTTP service, as docs/http.md of the repository has it. What it sends is taken for what it should be only
// where it is: a field that is missing or of another type becomes empty.

import { list, number, record, text } from "./json";
import { type Settings, warn } from "./settings";
import { events } from "./sse";
import { type Language, languageOf } from "./words";

export interface Citation {
  readonly marker: number;
  readonly policyId: string;
  readonly policyTitle: string;
  readonly clauseId: string;
  readonly reference: string;
  readonly quote: string;
  readonly start: number;
  readonly end: number;
  readonly translation: string;
}

export interface ClauseName {
  readonly policyId: string;
  /** Empty where the policy is known anyway. */
  readonly policyTitle: string;
  readonly clauseId: string;
  readonly name: string;
  readonly text: string;
}

export interface Clause {
  readonly policyId: string;
  readonly policyTitle: string;
  readonly version: string;
  readonly clauseId: string;
  readonly reference: string;
  readonly start: number;
  readonly bodyEnd: number;
  readonly text: string;
  readonly translation: string;
  readonly path: readonly ClauseName[];
  readonly previous: ClauseName | undefined;
  readonly next: ClauseName | undefined;
  /** Address of the page that has it; empty if it is none of the service's. */
  readonly permalink: string;
}

export interface Policy {
  readonly policyId: string;
  readonly title: string;
  readonly company: string;
  readonly contact: string;
}

/** What can be asked. */
export interface Known {
  readonly policies: readonly Policy[];
  /** The longest question, in characters; 0 if that is not known. */
  readonly mostChars: number;
}

export type ChatEvent =
  | { readonly kind: "meta"; readonly answerId: string; readonly sessionId: string }
  | { readonly kind: "sentence"; readonly text: string }
  | { readonly kind: "citations"; readonly citations: readonly Citation[] }
  | {
      readonly kind: "done";
      readonly question: string;
      readonly query: string;
      readonly language: Language;
      readonly abstained: string;
      readonly suggestions: readonly string[];
      readonly nearest: ClauseName | undefined;
    };

/** What went wrong; `code` is the service's, or `unreachable`, `timeout`, `cut_off`. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterS = 0,
    readonly requestId = "",
    /** The longest question, in characters; 0 if that is not what is wrong. */
    readonly mostChars = 0,
  ) {
    super(message);
  }
}

const RENEW_MS = 30_000;
// What a proxy or the page's own server means, which may send no code of the service's.
const CODES: Readonly<Record<number, string>> = { 401: "unauthorized", 403: "forbidden", 429: "rate_limited" };
const TOKEN_CODES = ["token_expired", "unauthorized"];

export class Service {
  private token = "";
  private tokenUntil = 0;
  private isOpen = false; // the service wants no keys
  private making: Promise<string> | undefined; // of a token
  private isReached: boolean | undefined; // not known before the first response or failure

  constructor(private readonly settings: Settings) {
    this.token = settings.token;
    this.tokenUntil = settings.token ? Number.POSITIVE_INFINITY : 0;
  }

  /** Yields the events of an answer up to `done`; what else happens is a ServiceError, or the signal's own abort. */
  async *chat(question: string, sessionId: string, signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const { policies, lang } = this.settings;
    const body = { question, session_id: sessionId || null, language: lang, ...(policies.length ? { policies } : {}) };
    const watch = new Watch(signal, this.settings.timeoutMs);
    try {
      const response = await this.send("v1/chat", { body, accept: "text/event-stream" }, watch);
      if (!response.body) throw new ServiceError("cut_off", "the response has no body");
      for await (const event of events(watch.read(response.body))) {
        const data = parsed(event.data);
        if (event.name === "error") throw errorOf(data);
        const known = chatEvent(event.name, data);
        if (known) yield known;
        if (known?.kind === "done") return;
      }
      throw new ServiceError("cut_off", "the stream ended without its end");
    } catch (error) {
      this.note(error);
      throw watch.explained(error);
    } finally {
      watch.stop();
    }
  }

  async clause(policyId: string, clauseId: string, signal: AbortSignal): Promise<Clause> {
    const path = `v1/policies/${encodeURIComponent(policyId)}/clauses/${encodeURIComponent(clauseId)}`;
    return this.clauseOf(await this.json(path, {}, signal));
  }

  async known(signal: AbortSignal): Promise<Known> {
    const { policies, max_question_chars } = record(await this.json("v1/policies", {}, signal));
    const found = list(policies).map((item) => {
      const { policy_id, title, company, contact } = record(item);
      return { policyId: text(policy_id), title: text(title), company: text(company), contact: text(contact) };
    });
    return { policies: found, mostChars: number(max_question_chars) };
  }

  async feedback(answerId: string, useful: boolean, why: string): Promise<void> {
    await this.json("v1/feedback", { body: { answer_id: answerId, useful, why } });
  }

  async forget(sessionId: string): Promise<void> {
    await this.json(`v1/sessions/${encodeURIComponent(sessionId)}`, { method: "DELETE" });
  }

  private async json(path: string, request: Wanted, signal?: AbortSignal): Promise<unknown> {
    const watch = new Watch(signal, this.settings.timeoutMs);
    try {
      const response = await this.send(path, request, watch);
      return response.status === 204 ? {} : await response.json();
    } catch (error) {
      this.note(error);
      throw watch.explained(error);
    } finally {
      watch.stop();
    }
  }

  /** Tells the page's owner what a reader cannot mend: a page of another origin, from which nothing ever came back. */
  private note(error: unknown): void {
    if (this.isReached !== undefined || !(error instanceof TypeError)) return;
    this.isReached = false;
    if (new URL(this.settings.server).origin === location.origin) return;
    warn(
      `nothing came back from ${this.settings.server}: if it runs, let this page in there ` +
        `(ASSISTANT_SERVER_ORIGINS=${location.origin}), and let connect-src of the page's policy name it`,
    );
  }

  private async send(path: string, request: Wanted, watch: Watch): Promise<Response> {
    const used = await this.bearer(watch);
    const response = await this.fetch(path, request, used, watch);
    this.isReached = true;
    if (response.ok) return response;
    const error = errorOf(await body(response), response);
    if (!(TOKEN_CODES.includes(error.code) && used && this.canRenew)) throw error;
    // Unless another request has had it renewed meanwhile.
    if (this.token === used) this.tokenUntil = 0;
    const again = await this.fetch(path, request, await this.bearer(watch), watch);
    if (again.ok) return again;
    throw errorOf(await body(again), again);
  }

  private fetch(path: string, request: Wanted, bearer: string, watch: Watch): Promise<Response> {
    const headers: Record<string, string> = { Accept: request.accept ?? "application/json" };
    if (request.body) headers["Content-Type"] = "application/json";
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    return fetch(new URL(path, this.settings.server), {
      method: request.method ?? (request.body ? "POST" : "GET"),
      headers,
      body: request.body ? JSON.stringify(request.body) : null,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "strict-origin-when-cross-origin",
      signal: watch.signal,
    });
  }

  private get canRenew(): boolean {
    return Boolean(this.settings.tokenEndpoint || this.settings.key);
  }

  /** A token that is good for a while; empty where none is wanted. */
  private async bearer(watch: Watch): Promise<string> {
    if (!this.canRenew || this.isOpen || Date.now() < this.tokenUntil - RENEW_MS) return this.token;
    // Two requests at once share one.
    this.making ??= this.renewed().finally(() => {
      this.making = undefined;
    });
    return watch.before(this.making);
  }

  /** A new token, under a watch of its own: a request that is stopped must not end it for those that share it. */
  private async renewed(): Promise<string> {
    const watch = new Watch(undefined, this.settings.timeoutMs);
    try {
      return await this.made(watch);
    } catch (error) {
      // What the page's own server does says nothing about the service.
      if (!this.settings.tokenEndpoint) this.note(error);
      throw watch.explained(error);
    } finally {
      watch.stop();
    }
  }

  private async made(watch: Watch): Promise<string> {
    const { tokenEndpoint, key, server } = this.settings;
    const response = tokenEndpoint
      ? await fetch(new URL(tokenEndpoint, location.href), {
          method: "POST",
          headers: { Accept: "application/json" },
          credentials: "same-origin",
          signal: watch.signal,
        })
      : await fetch(new URL("v1/tokens", server), {
          method: "POST",
          headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
          credentials: "omit",
          body: "{}",
          signal: watch.signal,
        });
    const made = await body(response);
    if (!response.ok) {
      const error = errorOf(made, response);
      if (error.code !== "no_keys") throw error;
      this.isOpen = true;
      this.token = "";
      return "";
    }
    const { token, expires_in_s: lasts } = record(made);
    this.token = text(token);
    this.tokenUntil = Date.now() + (number(lasts) || 60) * 1000;
    if (!this.token) throw new ServiceError("unauthorized", "the token endpoint sent no token");
    return this.token;
  }

  private clauseOf(sent: unknown): Clause {
    const clause = record(sent);
    const policyId = text(clause.policy_id);
    const neighbour = (item: unknown): ClauseName | undefined => {
      const { clause_id, reference, name, text: words } = record(item);
      if (!text(clause_id)) return undefined;
      return {
        policyId,
        policyTitle: "",
        clauseId: text(clause_id),
        name: text(reference) || text(name),
        text: text(words),
      };
    };
    return {
      policyId,
      policyTitle: text(clause.policy_title),
      version: text(clause.version),
      clauseId: text(clause.clause_id),
      reference: text(clause.reference),
      start: number(clause.start),
      bodyEnd: number(clause.body_end),
      text: text(clause.text),
      translation: text(clause.translation),
      path: list(clause.path).flatMap((step) => neighbour(step) ?? []),
      previous: neighbour(clause.previous),
      next: neighbour(clause.next),
      permalink: this.address(text(clause.permalink)),
    };
  }

  /** A link of the service's; empty if it leads elsewhere. */
  private address(permalink: string): string {
    try {
      const url = new URL(permalink, this.settings.server);
      return permalink && url.href.startsWith(this.settings.server) ? url.href : "";
    } catch {
      return "";
    }
  }
}

interface Wanted {
  readonly method?: string;
  readonly body?: object;
  readonly accept?: string;
}

/** Ends a request when its signal says so, or when nothing has come for too long. */
class Watch {
  private readonly controller = new AbortController();
  private isLate = false;
  private timer = 0;
  private readonly abort = () => this.controller.abort();

  constructor(
    private readonly outer: AbortSignal | undefined,
    private readonly limitMs: number,
  ) {
    if (outer?.aborted) this.abort();
    outer?.addEventListener("abort", this.abort);
    this.restart();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What `promise` comes to, unless this ends first. */
  async before<T>(promise: Promise<T>): Promise<T> {
    const ended = new Promise<never>((_, reject) => {
      const end = () => reject(new DOMException("ended", "AbortError"));
      if (this.signal.aborted) end();
      else this.signal.addEventListener("abort", end);
    });
    const result = await Promise.race([promise, ended]);
    // What comes next has its whole time again.
    this.restart();
    return result;
  }

  async *read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    const reader = stream.getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        this.restart();
        yield part.value;
      }
    } finally {
      // Whoever stops reading wants the rest no more; what that says of a broken stream is known already.
      reader.cancel().catch(() => undefined);
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener("abort", this.abort);
  }

  explained(error: unknown): unknown {
    if (error instanceof ServiceError || this.outer?.aborted) return error;
    if (this.isLate) return new ServiceError("timeout", "nothing came for too long");
    return new ServiceError("unreachable", String(error));
  }

  private restart(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.isLate = true;
      this.abort();
    }, this.limitMs);
  }
}

function chatEvent(name: string, data: unknown): ChatEvent | undefined {
  const sent = record(data);
  if (name === "meta") return { kind: "meta", answerId: text(sent.answer_id), sessionId: text(sent.session_id) };
  if (name === "sentence") return { kind: "sentence", text: text(sent.text) };
  if (name === "citations") {
    const known = list(sent.citations).map(citationOf);
    return { kind: "citations", citations: known.filter(({ marker, clauseId }) => marker >= 1 && clauseId) };
  }
  if (name !== "done") return undefined; // one of a later version
  const reason = record(sent.abstained);
  const first = record(list(sent.hits)[0]);
  const nearest = text(first.clause_id) && {
    policyId: text(first.policy_id),
    policyTitle: text(first.policy_title),
    clauseId: text(first.clause_id),
    name: text(first.reference),
    text: "",
  };
  return {
    kind: "done",
    question: text(sent.question),
    query: text(sent.query),
    language: languageOf(text(sent.language)),
    abstained: text(reason.kind),
    suggestions: list(reason.suggestions).map(text).filter(Boolean),
    nearest: nearest || undefined,
  };
}

function citationOf(sent: unknown): Citation {
  const citation = record(sent);
  return {
    marker: number(citation.marker),
    policyId: text(citation.policy_id),
    policyTitle: text(citation.policy_title),
    clauseId: text(citation.clause_id),
    reference: text(citation.reference),
    quote: text(citation.quote),
    start: number(citation.start),
    end: number(citation.end),
    translation: text(citation.translation),
  };
}

function errorOf(sent: unknown, response?: Response): ServiceError {
  const error = record(record(sent).error);
  const retryAfterS = Number(response?.headers.get("Retry-After"));
  const wait = Number.isFinite(retryAfterS) ? retryAfterS : 0;
  const otherwise = CODES[response?.status ?? 0] ?? "internal";
  const { code, message, request_id, max_question_chars } = error;
  return new ServiceError(text(code) || otherwise, text(message), wait, text(request_id), number(max_question_chars));
}

async function body(response: Response): Promise<unknown> {
  return parsed(await response.text());
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}
