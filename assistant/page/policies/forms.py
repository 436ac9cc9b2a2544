"""What is known of a policy, as the forms have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assistant.answering.imprint import date_in, said_of_itself
from assistant.corpus import is_date

if TYPE_CHECKING:
    from assistant.page.policies.uploads import Upload
    from assistant.page.shared import Page
    from assistant.policy import Policy

FIELDS = ("title", "company", "effective_date", "aliases", "contact")


def known_from(title: str, company: str, date: str, aliases: str, contact: str) -> dict[str, Any]:
    """Return what was typed into the form as the metadata of a policy."""
    return {
        "title": title.strip(),
        "company": company.strip(),
        "effective_date": date.strip(),
        "aliases": tuple(name.strip() for name in re.split(r"[,，、;；\n]", aliases) if name.strip()),
        "contact": contact.strip(),
    }


def wrong(page: Page, known: dict[str, Any]) -> str:
    """Return what is wrong with what was typed into the form, and the remedy; empty if nothing is."""
    if not known["title"]:
        return page.say("policies.untitled")
    date = known["effective_date"]
    return "" if is_date(date) else page.say("policies.wrong_date", date=date[:40])


def filled(page: Page, policy: Policy) -> list[str]:
    """Return what is known about a policy as the form has it."""
    aliases = ("，" if page.language == "zh" else ", ").join(policy.aliases)
    return [policy.title, policy.company, policy.effective_date, aliases, policy.contact]


def renewed(page: Page, former: Policy, upload: Upload) -> list[str]:
    """Return what is known about a policy as the form has it once a file is its new version, whose date is its own."""
    known = dict(zip(FIELDS, filled(page, former), strict=True))
    known["effective_date"] = date_in(upload.policy.text) or former.effective_date
    return [known[name] for name in FIELDS]


def prefilled(upload: Upload) -> list[str]:
    """Return what a file says of itself as the form has it."""
    known = {"title": upload.title} | said_of_itself(upload.policy)
    return [known.get(name, "") for name in FIELDS]
