// What the page wants, from the `data-*` attributes of the script's tag. A value that does not suit is told on the
// console and left at its default: a help chat must not fail for a misspelt colour.

import { type Language, languageOf } from "./words";

export interface Settings {
  /** Address of the service, with a slash at its end. */
  readonly server: string;
  /** Policies to answer from; none for all that the key sees. */
  readonly policies: readonly string[];
  readonly lang: Language;
  /** Whether that is the page's own, and changes with it. */
  readonly followsPage: boolean;
  readonly position: "left" | "right";
  readonly theme: "auto" | "light" | "dark";
  /** Colour of the launcher and of what the person said, `#rrggbb`; empty for the default. */
  readonly colour: string;
  /** Name of the chat; empty for the default of the language. */
  readonly title: string;
  /** First words of the assistant; empty for the default of the language. */
  readonly greeting: string;
  /** Whom to turn to if no policy names anybody. */
  readonly contact: string;
  readonly token: string;
  /** Address on the page's own server that makes tokens. */
  readonly tokenEndpoint: string;
  /** Browser key, with which the widget makes tokens itself. */
  readonly key: string;
  readonly storage: "session" | "local" | "none";
  /** Questions to begin with; the default of the language if there are none. */
  readonly suggestions: readonly string[] | undefined;
  /** Whether there is a button that opens the chat. */
  readonly launcher: boolean;
  readonly open: boolean;
  /** Longest silence of the service, in milliseconds. */
  readonly timeoutMs: number;
}

const NAMES = [
  "server",
  "policies",
  "lang",
  "position",
  "theme",
  "colour",
  "color",
  "title",
  "greeting",
  "contact",
  "token",
  "tokenEndpoint",
  "key",
  "storage",
  "suggestions",
  "launcher",
  "open",
  "timeout",
];

export function readSettings(script: HTMLScriptElement | null): Settings {
  const data = script?.dataset ?? {};
  for (const name of Object.keys(data)) {
    if (!NAMES.includes(name)) warn(`there is no setting ${attribute(name)}`);
  }
  const given = (name: string): string => (data[name] ?? "").trim();

  function oneOf<T extends string>(name: string, values: readonly T[], otherwise: T): T {
    const value = given(name);
    const known = values.find((candidate) => candidate === value);
    if (value && !known) warn(`${attribute(name)} cannot be "${value}": ${values.join(", ")}`);
    return known ?? otherwise;
  }
  const listed = (name: string, separator: string): string[] =>
    given(name)
      .split(separator)
      .map((part) => part.trim())
      .filter(Boolean);

  const lang = oneOf("lang", ["auto", "zh", "en"], "auto");
  return {
    server: address(given("server"), script),
    policies: listed("policies", ","),
    lang: lang === "auto" ? pageLanguage() : lang,
    followsPage: lang === "auto",
    position: oneOf("position", ["right", "left"], "right"),
    theme: oneOf("theme", ["auto", "light", "dark"], "auto"),
    colour: colour(given("colour") || given("color")),
    title: given("title"),
    greeting: given("greeting"),
    contact: given("contact"),
    token: given("token"),
    tokenEndpoint: given("tokenEndpoint"),
    key: given("key"),
    storage: oneOf("storage", ["session", "local", "none"], "session"),
    suggestions: data.suggestions === undefined ? undefined : listed("suggestions", "|"),
    launcher: oneOf("launcher", ["true", "false"], "true") === "true",
    // An attribute without a value is meant as yes.
    open: data.open !== undefined && data.open !== "false",
    timeoutMs: seconds(given("timeout")) * 1000,
  };
}

/** The page's language, else the browser's. */
export function pageLanguage(): Language {
  return languageOf(document.documentElement.lang || navigator.language);
}

export function warn(message: string): void {
  console.warn(`policy-assistant: ${message}`);
}

function attribute(name: string): string {
  return `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Where the service is: by default the folder that the script came from. */
function address(given: string, script: HTMLScriptElement | null): string {
  const fallback = new URL(".", script?.src || location.href).href;
  if (!given) return fallback;
  try {
    const url = new URL(given.endsWith("/") ? given : `${given}/`, location.href);
    if (url.protocol === "https:" || url.protocol === "http:") return url.href;
  } catch {
    // Told below.
  }
  warn(`data-server cannot be "${given}": the address of the service, such as https://help.example/`);
  return fallback;
}

function colour(given: string): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(given);
  if (short) return `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}`.toLowerCase();
  if (given && !/^#[0-9a-f]{6}$/i.test(given)) {
    warn(`data-colour cannot be "${given}": write #rrggbb`);
    return "";
  }
  return given.toLowerCase();
}

function seconds(given: string): number {
  const value = Number(given || 45);
  if (value > 0 && value <= 600) return value;
  warn(`data-timeout cannot be "${given}": seconds, up to 600`);
  return 45;
}
