"""A file that is to become a policy: read, and shown before it is stored."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from assistant.errors import AssistantError, FileError
from assistant.page.shared import hint, shown
from assistant.parsing import parse
from assistant.readers import Format, read_file
from assistant.text import shortened, visible
from assistant.text.quotes import lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.page.shared import Page
    from assistant.policy import Policy

_SHOWN_CLAUSES = 300
_SHOWN_LINES = 40
_LINE_CHARS = 160
_NAME_CHARS = 41


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was read, and is stored nowhere yet."""

    name: str
    """Name of the file."""
    format: Format
    """What it is."""
    title: str
    """Its title, as far as it has one."""
    policy: Policy
    """How it is divided."""


def taken_in(path: Path) -> Upload:
    """Read a file that was uploaded, and delete it.

    Raises:
        FileError: If it cannot be read.
        PolicyError: If it cannot be parsed.
    """
    try:
        read = read_file(path, visible(path.name))
    finally:
        # Gradio keeps what is uploaded, each in a folder of its own, until the server stops.
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()
    policy = parse(read.text, title=read.title)
    return Upload(name=visible(path.name), format=read.format, title=policy.title, policy=policy)


def explained(page: Page, error: AssistantError, name: str = "") -> str:
    """Return what went wrong in the page's language, as far as it has words for it."""
    if not isinstance(error, FileError):
        return str(error)
    said = page.say(f"policies.file_{error.reason}", **error.values)
    return f"{name}：{said}" if page.language == "zh" and name else f"{name}: {said}" if name else said


def preview(page: Page, upload: Upload) -> str:
    """Return a file that was read as HTML: how it is divided, and how it begins."""
    policy = upload.policy
    told = [
        page.say(
            "policies.read",
            name=upload.name,
            format=upload.format,
            clauses=f"{policy.size:,}",
            characters=f"{len(policy.text):,}",
        )
    ]
    if not any(clause.label or clause.kind == "heading" for clause in policy.walk()):
        told.append(page.say("policies.flat"))
    same = next((other for other in page.current().policies if other.sha256 == policy.sha256), None)
    if same:
        told.append(page.say("policies.same", title=same.title))
    lines = lines_of(policy.text)[:_SHOWN_LINES]
    beginning = "".join(f"<p>{shown(shortened(line, _LINE_CHARS))}</p>" for line in lines)
    return (
        f"{''.join(hint(words) for words in told)}"
        f'<div class="pa-policies-preview"><section tabindex="0" aria-label="{escape(page.say("policies.outline"))}">'
        f"<h3>{shown(page.say('policies.outline'))}</h3>{_outline(page, policy)}</section>"
        f'<section tabindex="0" aria-label="{escape(page.say("policies.beginning"))}">'
        f"<h3>{shown(page.say('policies.beginning'))}</h3>{beginning}</section></div>"
    )


def _outline(page: Page, policy: Policy) -> str:
    rows: list[str] = []
    clauses = [clause for clause in policy.walk() if clause is not policy.root]
    for clause in clauses[:_SHOWN_CLAUSES]:
        depth = min(len(policy.path(clause.id)) - 2, 6)
        heading = " pa-policies-heading" if clause.kind == "heading" else ""
        rows.append(
            f'<li class="pa-policies-in{depth}{heading}">{shown(shortened(policy.begins(clause), _NAME_CHARS))}</li>'
        )
    if len(clauses) > _SHOWN_CLAUSES:
        rows.append(f"<li>{shown(page.say('policies.more_clauses', count=f'{len(clauses) - _SHOWN_CLAUSES:,}'))}</li>")
    return f'<ul class="pa-policies-outline">{"".join(rows)}</ul>'
