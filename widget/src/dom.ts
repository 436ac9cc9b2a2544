// Elements without markup: text goes in as text, icons as shapes.

import { visible } from "./text";

type Child = Node | string | false | undefined;
type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** An element. Strings among the children are text, cleaned of what nobody sees; attributes are never handlers. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : visible(value));
  }
  add(element, ...children);
  return element;
}

export function add(element: Element, ...children: Child[]): void {
  for (const child of children) {
    if (child) element.append(typeof child === "string" ? document.createTextNode(visible(child)) : child);
  }
}

const ICONS = {
  chat: "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.7 8.7 0 0 1-3.7-.8L3 21l1.9-5.5a8 8 0 0 1-.9-4A8.4 8.4 0 0 1 12.5 3 8.4 8.4 0 0 1 21 11.5z M8.5 10.5h7 M8.5 13.5h4",
  close: "M6 6l12 12 M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  anew: "M12 20h9 M16.5 3.5a2.1 2.1 0 0 1 3 3L7 19l-4 1 1-4z",
  person: "M4 15v-3a8 8 0 0 1 16 0v3 M4 14h3v5H5a1 1 0 0 1-1-1z M20 14h-3v5h2a1 1 0 0 0 1-1z M19 19c0 1.5-2 2.5-5 2.5",
  send: "M12 19V5 M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  up: "M7 11v10 M3 11h4l5-8a2.5 2.5 0 0 1 2.4 3L13.6 9h5.3a2 2 0 0 1 2 2.4l-1.6 8A2 2 0 0 1 17.3 21H3z",
  copy: "M9 9h11v11H9z M5 15H4V4h11v1",
  link: "M10 14a4.5 4.5 0 0 0 6.5.3l3-3a4.5 4.5 0 0 0-6.400-6.400l-1.5 1.5 M14 10a4.5 4.5 0 0 0-6.5-.3l-3 3a4.5 4.5 0 0 0 6.400 6.400l1.5-1.5",
  open: "M14 4h6v6 M20 4l-9 9 M18 14v6H4V6h6",
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button of an icon, with its name for those who do not see it and as a hint for those who do. */
export function iconButton(name: IconName, label: string, onClick: () => void, kind = "icon"): HTMLButtonElement {
  const button = h("button", { type: "button", class: kind, "aria-label": label, title: label }, icon(name));
  button.addEventListener("click", onClick);
  return button;
}

export function textButton(label: string, onClick: () => void, kind: string, name?: IconName): HTMLButtonElement {
  const button = h("button", { type: "button", class: kind }, name && icon(name), label);
  button.addEventListener("click", onClick);
  return button;
}

/** Puts text on the clipboard; false if the browser does not let us. `near` is where focus may go for a moment. */
export async function copy(text: string, near: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without TLS have no clipboard, but most browsers still know the old way.
    const focused = (near.getRootNode() as ShadowRoot).activeElement;
    const area = h("textarea", { class: "unseen", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    near.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}
