"""A policy as a page to read, without scripts: where permalinks lead."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.policy import Clause, Policy

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "private, max-age=300",
}

_DEEPEST_INDENT = 4
_HEADING_CHARS = 80
_WORDS = {
    "zh": {
        "version": "版本：{version}",
        "effective": "生效日期：{date}",
        "changed": "链接指向的是版本 {asked}，现行版本是 {version}：内容可能已有变化。",
        "link": "本条的链接",
    },
    "en": {
        "version": "Version: {version}",
        "effective": "In force since: {date}",
        "changed": "The link is to version {asked}; this is version {version}, which may say something else.",
        "link": "Link to this clause",
    },
}


def permalink(policy: Policy, clause_id: str = "", *, signature: str = "") -> str:
    """Return where a policy, or a clause of it, can be read: relative to the address of the service."""
    return _permalink(policy.id, policy.version, clause_id, signature)


@lru_cache(maxsize=10_000)
def _permalink(policy_id: str, version: str, clause_id: str, signature: str) -> str:
    query = {name: value for name, value in (("version", version), ("sig", signature)) if value}
    page = f"policies/{quote(policy_id, safe='')}" + (f"?{urlencode(query)}" if query else "")
    return f"{page}#{anchor(clause_id)}" if clause_id else page


def anchor(clause_id: str) -> str:
    """Return the name of a clause's place in the page."""
    return f"c-{quote(clause_id, safe='')}"


def policy_page(policy: Policy, *, asked: str = "") -> str:
    """Return a policy as HTML: every clause with its anchor.

    Args:
        policy: The policy.
        asked: The version that the link was made for; a hint is given if it is not this one.
    """
    words = _WORDS[policy.language]
    facts = []
    if policy.version:
        facts.append(words["version"].format(version=_shown(policy.version)))
    if policy.effective_date and policy.effective_date != policy.version:
        facts.append(words["effective"].format(date=_shown(policy.effective_date)))
    changed = ""
    if asked and asked != policy.version:
        told = words["changed"].format(asked=_shown(asked[:64]), version=_shown(policy.version))
        changed = f'<p class="changed" role="note">{told}</p>'
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="{policy.language}">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex">',
            f"<title>{_shown(policy.title)}</title>",
            '<link rel="stylesheet" href="../static/page.css">\n</head>\n<body>',
            f"<header><h1>{_shown(policy.title)}</h1><p>{' · '.join(facts)}</p>{changed}</header>\n<main>",
            *_clauses(policy, words["link"]),
            "</main>\n</body>\n</html>\n",
        ]
    )


def stylesheet() -> bytes:
    """Return the style sheet of the page."""
    return resources.files("assistant.server").joinpath("static/page.css").read_bytes()


def _clauses(policy: Policy, link: str) -> Iterator[str]:
    for clause, depth in _walk(policy.root):
        own = "\n".join(line.strip() for line in policy.own_text(clause).splitlines() if line.strip())
        if not own:
            continue
        heading = clause.kind == "heading" and len(own) <= _HEADING_CHARS
        tag = f"h{min(depth + 1, 6)}" if heading and depth else "p" if "\n" not in own else "div"
        name = escape(anchor(clause.id))
        label = escape(f"{link}: {visible(policy.reference(clause.id))}")
        yield (
            f'<{tag} class="clause in{min(depth, _DEEPEST_INDENT)}" id="{name}">{_shown(own)}'
            f'<a class="link" href="#{name}" aria-label="{label}">#</a></{tag}>'
        )


def _walk(root: Clause) -> Iterator[tuple[Clause, int]]:
    stack = [(root, 0)]
    while stack:
        clause, depth = stack.pop()
        yield clause, depth
        stack.extend((child, depth + 1) for child in reversed(clause.children))


def _shown(text: str) -> str:
    return escape(visible(text))
