"""The policies in use as HTML."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from assistant.corpus import read_translation
from assistant.corpus.keeping import folders_of, left_out, may_change
from assistant.errors import AssistantError
from assistant.page.shared import hint, place_link, shown
from assistant.policy.translations import gaps

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.page.shared import Page
    from assistant.policy import Policy


def listing(page: Page) -> str:
    """Return the policies in use as HTML: each with its size, its dates and where it came from."""
    folders = folders_in_use(page)
    items = [_item(page, policy, folders.get(policy.id)) for policy in page.current().policies]
    for policy_id in unused(page):
        badge = f' <span class="pa-policies-badge">{shown(page.say("policies.unused"))}</span>'
        items.append(f'<li class="pa-policies-unused"><b>{shown(policy_id)}</b>{badge}</li>')
    kept = hint(page.say("policies.kept_in", folder=page.settings.writable_dir()))
    return f'<ul class="pa-policies-list">{"".join(items)}</ul>{kept}'


def unused(page: Page) -> dict[str, Path]:
    """Return the folders of the policies by id that came with the program and are not used."""
    with suppress(AssistantError):
        return left_out(page.settings)
    return {}


def folders_in_use(page: Page) -> dict[str, Path]:
    """Return the folders of the policies by id; none while somebody's change of one is not finished."""
    with suppress(AssistantError):
        return folders_of(page.settings)
    return {}


def _item(page: Page, policy: Policy, folder: Path | None) -> str:
    facts = [_size(page, policy)]
    if policy.effective_date:
        facts.append(page.say("policies.effective", date=policy.effective_date))
    else:
        facts.append(page.say("policies.undated"))
    if policy.given_version:
        facts.append(page.say("policies.version", version=policy.given_version))
    facts += [policy.company, _translated(page, policy, folder)]
    badge = told = ""
    if folder is not None and not may_change(page.settings, folder):
        badge = f' <span class="pa-policies-badge">{shown(page.say("policies.shipped"))}</span>'
        if len(page.current().policies) > 1:
            told = f"<p>{shown(page.say('policies.beside'))}</p>"
    link = place_link(policy.id, policy.root.id, policy.title)
    said = " · ".join(shown(fact) for fact in facts if fact)
    return f"<li><b>{link}</b>{badge}<p>{said}</p>{told}</li>"


def _size(page: Page, policy: Policy) -> str:
    return page.say("policies.facts", clauses=f"{policy.size:,}", characters=f"{len(policy.text):,}")


def _translated(page: Page, policy: Policy, folder: Path | None) -> str:
    if policy.language != "zh" or folder is None:
        return ""
    if not policy.translations:
        return page.say("policies.untranslated")
    with suppress(AssistantError):
        missing = len({gap.clause_id for gap in gaps(policy, read_translation(folder)) if gap.kind != "orphaned"})
        return page.say("policies.partly", missing=missing) if missing else page.say("policies.translated")
    return ""
