"""A policy as a page to read, without scripts: where permalinks lead."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from assistant.text import visible
from assistant.text.quotes import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.text import Language

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "private, max-age=300",
    "Vary": "Accept-Language",
}

_DEEPEST_INDENT = 4
_HEADING_CHARS = 80
_HEADING_ENDS = '：:。.．！!？?；;*#_ 】」』》”"'
_WORDS = {
    "zh": {
        "version": "版本：{version}",
        "effective": "生效日期：{date}",
        "changed": "链接指向的是版本 {asked}，现行版本是 {version}：内容可能已有变化。",
        "link": "本条的链接",
        "courtesy": "英文参考译文，以中文原文为准。",
        "policy_not_found": "没有这份政策，或者链接不完整",
        "rate_limited": "打开得太频繁了，请稍后再试",
        "failed": "这个页面现在打不开",
        "remedy": "请核对链接是否复制完整，或向给您链接的人再要一次。",
    },
    "en": {
        "version": "Version: {version}",
        "effective": "In effect from: {date}",
        "changed": "The link is to version {asked}; this is version {version}, which may say something else.",
        "link": "Link to this clause",
        "courtesy": "The English is a courtesy: the Chinese text prevails.",
        "policy_not_found": "There is no such policy, or the link is not whole",
        "rate_limited": "Too many pages at once: please try again later",
        "failed": "This page cannot be opened at the moment",
        "remedy": "Check that the link was copied whole, or ask for it again where you got it.",
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


def reader_language(accepted: str, otherwise: Language) -> Language:
    """Return the language of a reader: of the two, which a header `Accept-Language` likes best.

    >>> reader_language("fr, en;q=0.3, zh-CN;q=0.9", "en"), reader_language("zh;q=0", "en")
    ('zh', 'en')
    """
    best, liked = otherwise, 0.0
    for part in accepted[:200].lower().split(","):
        name, _, weight = part.partition(";")
        found = _WEIGHT.fullmatch(weight.strip())
        by = float(found[1]) if found else 1.0
        if name.strip().startswith(("zh", "en")) and by > liked:
            best, liked = ("en" if name.strip().startswith("en") else "zh"), by
    return best


_WEIGHT = re.compile(r"q ?= ?([01](?:\.\d{0,3})?)")


def policy_page(policy: Policy, *, asked: str = "", reader: Language | None = None) -> str:
    """Return a policy as HTML: every clause with its anchor.

    Args:
        policy: The policy.
        asked: The version that the link was made for; a hint is given if it is not this one.
        reader: Language of the reader, who is shown the courtesy translation where there is one; the policy's by
            default.
    """
    reader = reader or policy.language
    words = _WORDS[reader]
    facts = []
    if policy.version:
        facts.append(words["version"].format(version=_shown(policy.version)))
    if policy.effective_date and policy.effective_date != policy.version:
        facts.append(words["effective"].format(date=_shown(policy.effective_date)))
    changed = ""
    if asked and asked != policy.version:
        told = words["changed"].format(asked=_shown(asked[:64]), version=_shown(policy.version))
        changed = f'<p class="changed" role="note">{told}</p>'
    in_english = reader == "en" != policy.language and bool(policy.translations)
    if in_english:
        facts.append(words["courtesy"])
    head = f'<header><h1>{_shown(policy.title)}</h1><div lang="{reader}"><p>{" · ".join(facts)}</p>{changed}</div>'
    clauses = _clauses(policy, words["link"], in_english=in_english)
    return _page(policy.language, policy.title, [f"{head}</header>\n<main>", *clauses, "</main>"])


def error_page(code: str, reader: Language) -> str:
    """Return what is wrong with a link, as HTML, for the person who followed it.

    Args:
        code: The error's.
        reader: Language of the reader.
    """
    words = _WORDS[reader]
    problem = words.get(code if code in ("policy_not_found", "rate_limited") else "failed", "")
    remedy = words["remedy"] if code == "policy_not_found" else ""
    return _page(reader, problem, [f"<main><h1>{problem}</h1>", f"<p>{remedy}</p></main>"])


def _page(language: Language, title: str, body: Iterable[str]) -> str:
    return "\n".join(
        [
            f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="robots" content="noindex">',
            f"<title>{_shown(title)}</title>",
            '<link rel="stylesheet" href="../static/page.css">\n</head>\n<body>',
            *body,
            "</body>\n</html>\n",
        ]
    )


def stylesheet() -> bytes:
    """Return the style sheet of the page."""
    return resources.files("assistant.server").joinpath("static/page.css").read_bytes()


def _clauses(policy: Policy, link: str, *, in_english: bool) -> Iterator[str]:
    for clause in policy.walk():
        depth = len(policy.path(clause.id)) - 1
        heading, text = map(_tidy, _parted(policy, clause))
        if not heading and not text:
            continue
        name = escape(anchor(clause.id))
        label = escape(f"{link}: {visible(policy.reference(clause.id))}")
        mark = f'<a class="link" href="#{name}" aria-label="{label}">#</a>'
        shown = [(f"h{min(depth + 1, 6)}", heading), ("p", text)] if depth else [("p", f"{heading}\n{text}".strip())]
        parts = [f"<{tag}>{_shown(words)}" for tag, words in shown if words]
        ends = [f"</{tag}>" for tag, words in shown if words]
        parts[0] += mark
        english = policy.translation(clause.start, clause.body_end) if in_english else None
        told = f'<p class="courtesy" lang="en">{_shown(_tidy(english))}</p>' if english else ""
        body = "".join(part + end for part, end in zip(parts, ends, strict=True))
        yield f'<div class="clause in{min(depth, _DEEPEST_INDENT)}" id="{name}">{body}{told}</div>'


def _parted(policy: Policy, clause: Clause) -> tuple[str, str]:
    """Return a clause's own text as its heading, which may be empty, and what follows it."""
    own = policy.own_text(clause)
    if clause.kind != "heading":
        return "", own
    end = own.find(clause.title) + len(clause.title) if clause.title in own else 0
    # What ends it in its line, such as a colon, is part of it.
    while end and end < len(own) and own[end] in _HEADING_ENDS:
        end += 1
    if end and clause.title:
        return own[:end], own[end:]
    return (own, "") if len(own.strip()) <= _HEADING_CHARS else ("", own)


def _tidy(text: str) -> str:
    return "\n".join(lines_of(text))


def _shown(text: str) -> str:
    return escape(visible(text))
