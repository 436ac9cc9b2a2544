// Where a person can be reached, and what to send them.

import { copy, h, textButton } from "./dom";
import type { Policy } from "./service";
import type { Words } from "./words";

export interface Contact {
  readonly name: string;
  readonly contact: string;
}

/** Whom the policies name: those that the conversation was about first, each contact once. */
export function contactsOf(policies: readonly Policy[], about: readonly string[], fallback: string): Contact[] {
  const order = [...policies].sort((a, b) => place(about, a.policyId) - place(about, b.policyId));
  const found = new Map<string, Contact>();
  for (const { contact, company, title } of order) {
    if (contact && !found.has(contact)) found.set(contact, { contact, name: company || title });
  }
  const known = [...found.values()];
  if (!known.length && fallback) known.push({ name: "", contact: fallback });
  return known;
}

export function personView(
  contacts: readonly Contact[],
  transcript: string,
  say: Words,
  announce: (text: string) => void,
): HTMLElement[] {
  const area = h("textarea", { class: "transcript", readonly: true, rows: "8", "aria-label": say.transcript });
  area.value = transcript;
  const row = h("div", { class: "row" });
  const copyIt = async () => {
    const done = await copy(transcript, row);
    if (!done) area.select();
    const note = done ? say.copied : say.copyFailed;
    announce(note);
    row.querySelector(".note")?.remove();
    row.append(h("span", { class: "note" }, note));
  };
  row.append(textButton(say.copyTranscript, () => void copyIt(), "primary", "copy"));
  return [
    h("p", {}, contacts.length ? say.personIntro : say.noContact),
    h(
      "ul",
      { class: "contacts", hidden: !contacts.length },
      ...contacts.map(({ name, contact }) => h("li", {}, name && h("span", { class: "note" }, name), reach(contact))),
    ),
    h("h3", {}, say.transcript),
    area,
    row,
  ];
}

/** A contact as a link, if it is an address, a number or a page; else as text. */
function reach(contact: string): HTMLElement {
  if (/^\+?[\d][\d\s()-]{4,20}$/.test(contact))
    return h("a", { href: `tel:${contact.replace(/[^\d+]/g, "")}` }, contact);
  if (/^[^\s@<>"'?&]+@[^\s@<>"'?&]+\.[a-z]{2,}$/i.test(contact)) return h("a", { href: `mailto:${contact}` }, contact);
  if (/^https?:\/\/[^\s<>"']+$/i.test(contact)) {
    return h("a", { href: contact, target: "_blank", rel: "noopener noreferrer" }, contact);
  }
  return h("strong", {}, contact);
}

function place(about: readonly string[], policyId: string): number {
  const found = about.indexOf(policyId);
  return found < 0 ? about.length : found;
}
