// The entry: reads the script's tag, makes the widget, and gives the page its handle, `window.PolicyAssistant`.

import { pageLanguage, readSettings, warn } from "./settings";
import { type Events, FULL_SCREEN, type PublicAnswer, Widget } from "./widget";

type Listener<Name extends keyof Events> = (detail: Events[Name]) => unknown;

export interface PolicyAssistantHandle {
  readonly version: string;
  readonly isOpen: boolean;
  open(): void;
  close(): void;
  /** Asks a question as if the person had; resolves with the answer, or with undefined if there came none. */
  ask(question: string): Promise<PublicAnswer | undefined>;
  /** Begins a new conversation. */
  reset(): void;
  /** Calls `listener` whenever `name` happens; returns what ends that. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Name>): () => void;
  off<Name extends keyof Events>(name: Name, listener: Listener<Name>): void;
  /** Takes the widget off the page. */
  destroy(): void;
}

declare global {
  interface Window {
    PolicyAssistant?: PolicyAssistantHandle;
  }
}

declare const VERSION: string;

/** Makes the widget and its handle. */
function start(script: HTMLScriptElement | null): void {
  let settings = readSettings(script);
  const listeners = new Map<keyof Events, Set<Listener<never>>>();

  // False if a listener wants the widget not to go on.
  function tell<Name extends keyof Events>(name: Name, detail: Events[Name]): boolean {
    let goesOn = true;
    for (const listener of [...(listeners.get(name) ?? [])]) {
      try {
        if ((listener as Listener<Name>)(detail) === false) goesOn = false;
      } catch (error) {
        console.error(error);
      }
    }
    if (name === "answer") speak();
    return goesOn;
  }

  let widget = new Widget(settings, tell);

  // A page may change its language without being loaded anew; what is being answered is answered first.
  function speak(): void {
    const lang = settings.followsPage ? pageLanguage() : settings.lang;
    if (lang === settings.lang || widget.isAsking) return;
    settings = { ...settings, lang };
    widget = new Widget(settings, tell, widget);
  }
  const observer = new MutationObserver(() => {
    // A page that swaps its body does not run a script of its head again.
    if (script?.isConnected) widget.attach();
    speak();
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["lang"], childList: true });

  const handle: PolicyAssistantHandle = Object.freeze({
    version: VERSION,
    get isOpen() {
      return widget.isOpen;
    },
    open: () => widget.open(),
    close: () => widget.close(),
    ask: async (question) => {
      // What a page has from elsewhere may be anything, and "undefined" is no question.
      if (typeof question !== "string") throw new TypeError("PolicyAssistant.ask: give it a question, a text");
      return widget.ask(question);
    },
    reset: () => widget.reset(),
    on: (name, listener) => {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
      return () => handle.off(name, listener);
    },
    off: (name, listener) => {
      listeners.get(name)?.delete(listener);
    },
    destroy: () => {
      observer.disconnect();
      widget.destroy();
      listeners.clear();
      if (window.PolicyAssistant === handle) delete window.PolicyAssistant;
    },
  } satisfies PolicyAssistantHandle);
  window.PolicyAssistant = handle;
  if (settings.open && !matchMedia(FULL_SCREEN).matches) widget.open(false);
  document.dispatchEvent(new CustomEvent("policy-assistant:ready", { detail: handle }));
}

const script =
  document.currentScript instanceof HTMLScriptElement
    ? document.currentScript
    : // A module does not know its own tag; a version may stand behind its name.
      ([...document.scripts].find(({ src }) => /\/widget\.js([?#]|$)/.test(src)) ?? null);

function begin(): void {
  // A page that swaps its body runs the script again, and the widget of before has gone with the old body.
  if (typeof window.PolicyAssistant?.destroy === "function") {
    if (document.getElementById("policy-assistant")) {
      warn("the script is on the page twice");
      return;
    }
    window.PolicyAssistant.destroy();
  }
  start(script);
}

if (document.body) begin();
else document.addEventListener("DOMContentLoaded", begin, { once: true });
