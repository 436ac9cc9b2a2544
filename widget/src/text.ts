// Text that comes from outside: made fit to be shown, and cut at code points.

import type { Language } from "./words";

const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
// Zero-width and bidirectional controls, fillers, variation selectors and tags: they hide text or turn it around.
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]|\p{Cs}/gu;
const LINE_END = /\r\n|[\r\u000b\u000c\u0085\u2028\u2029]/g;

/** `text` without escape sequences, control and invisible characters; every line ends in a newline. */
export function visible(text: string): string {
  return text.replace(LINE_END, "\n").replace(ESCAPES, "").replace(INVISIBLE, "").replace(CONTROL, "");
}

/** `text[start:end]` in code points. */
export function slice(text: string, start: number, end: number): string {
  return Array.from(text).slice(Math.max(0, start), Math.max(0, end)).join("");
}

/** The last of some; browsers of before 2022 do not know `at`. */
export function lastOf<Item>(items: readonly Item[]): Item | undefined {
  return items[items.length - 1];
}

/** The language of a text, for who reads it aloud. */
export function spokenLanguage(text: string): Language {
  return /\p{Script=Han}/u.test(text) ? "zh" : "en";
}

/** A line of an answer: its words and the markers among them, then those at its end. */
export interface Line {
  /** `item` begins with a bullet, `more` goes on under one. */
  readonly kind: "plain" | "item" | "more";
  readonly pieces: readonly (string | number)[];
  readonly sources: readonly number[];
}

/** The lines of an answer's text; `[1]` is a marker if it is one of `markers`. */
export function lines(text: string, markers: ReadonlySet<number>): Line[] {
  return text.split("\n").flatMap((raw) => {
    if (!raw.trim()) return [];
    const kind = raw.startsWith("• ") ? "item" : raw.startsWith("  ") ? "more" : "plain";
    const pieces: (string | number)[] = [];
    for (const part of raw
      .trimEnd()
      .replace(/^(• |\s+)/, "")
      .split(/(\[\d{1,3}\])/)) {
      const marker = /^\[\d+\]$/.test(part) ? Number(part.slice(1, -1)) : undefined;
      if (marker !== undefined && markers.has(marker)) pieces.push(marker);
      else if (part) pieces.push(part);
    }
    const sources: number[] = [];
    for (let last = lastOf(pieces); last !== undefined; last = lastOf(pieces)) {
      if (typeof last === "number") sources.unshift(last);
      else if (last.trim() || !sources.length) break;
      pieces.pop();
    }
    const end = lastOf(pieces);
    if (typeof end === "string") pieces[pieces.length - 1] = end.trimEnd();
    return [{ kind, pieces, sources } as const];
  });
}

/** `text` without the questions that it ends with, where these are offered as buttons below it. */
export function withoutOffers(text: string, offers: readonly string[]): string {
  const at = offers[0] ? text.indexOf(offers[0]) : -1;
  if (at < 0) return text;
  const rest = offers.reduce((left, offer) => left.replace(offer, ""), text.slice(at));
  return rest.trim() ? text : text.slice(0, at).trimEnd();
}

/** A reference cut in its middle: where two differ is mostly their end. `most` is in widths of a Latin letter. */
export function shortened(reference: string, most: number): string {
  const steps = reference.split(" › ");
  const joined = (last: number) => [steps[0], "…", ...steps.slice(-last)].join(" › ");
  if (width(reference) <= most || steps.length < 3) return reference;
  let last = 1;
  while (last < steps.length - 2 && width(joined(last + 1)) <= most) last++;
  return joined(last);
}

/** A text cut at its end. `most` is in widths of a Latin letter. */
export function cutTo(text: string, most: number): string {
  if (width(text) <= most) return text;
  let left = most - 1;
  const kept = Array.from(text).filter((character) => {
    left -= width(character);
    return left >= 0;
  });
  return `${kept.join("").trimEnd()}…`;
}

/** How wide a text is, in widths of a Latin letter. */
export function width(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (character > "\u2e80" ? 2 : 1), 0);
}
