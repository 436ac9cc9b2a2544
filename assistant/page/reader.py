"""The policy reader: a policy as HTML, each line with its place in the text, so that what is cited can be marked."""

from __future__ import annotations

import asyncio
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from assistant.page.shared import Page, all_words, place_link, said, shown
from assistant.server.access import Caller
from assistant.server.app import PolicyPath  # noqa: TC001 - the framework reads the types
from assistant.server.asking import parts_of, policy_seen
from assistant.server.wire import Json
from assistant.text import Language, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause

EVERYTHING = Caller(owner="page", scope=None, key=None)
"""Who asks from the page: whoever was let in sees every policy."""

_HEADING_CHARS = 80
_NAME_CHARS = 60
_DEEPEST_OUTLINE = 5
_DEEPEST_INDENT = 4
_MOST_OPEN = 60
"""Longest outline whose first branches are open at first."""

router = APIRouter(prefix="/page", include_in_schema=False)


@router.get("/policies")
def policies(request: Request) -> Response:
    """List the policies there are to read."""
    known = parts_of(request).service.snapshot.assistant.policies
    return Json({"policies": [{"id": policy.id, "title": visible(policy.title)} for policy in known]})


@router.get("/policies/{policy_id}")
async def policy(request: Request, policy_id: PolicyPath, language: Language = "zh") -> Response:
    """Return what the reader shows of a policy."""
    found = policy_seen(parts_of(request).service.snapshot, EVERYTHING, policy_id)
    tag = f'"{_version(found, language)}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    # Some hundred milliseconds for a very long one: others are answered meanwhile.
    return Json(await asyncio.to_thread(read, found, language), headers=headers)


def head_html(page: Page, *, signed_in: bool) -> str:
    """Return the page's head: its name and what leads elsewhere.

    Args:
        page: The page.
        signed_in: Whether there is a session that can be ended.
    """

    def say(key: str) -> str:
        return shown(page.say(key))

    other = "en" if page.language == "zh" else "zh"
    logout = f'<a class="pa-quiet" href="../logout">{say("shell.logout")}</a>' if signed_in else ""
    return (
        f'<div id="pa-page" data-language="{page.language}"><a class="pa-skip" href="#pa-tabs">{say("shell.skip")}</a>'
        f'<header class="pa-bar"><h1>{say("shell.title")}</h1><div class="pa-tools">'
        f'<button type="button" class="pa-quiet" id="pa-show-reader" aria-controls="pa-reader" aria-expanded="false">'
        f"{say('reader.open')}</button>"
        f'<a class="pa-quiet" id="pa-other" href="../{other}/" hreflang="{other}" lang="{other}">'
        f"{say('shell.other_language')}</a>"
        f'<button type="button" class="pa-quiet pa-icon" id="pa-theme" aria-label="{say("shell.theme")}" '
        f'title="{say("shell.theme")}"><svg viewBox="0 0 20 20" aria-hidden="true">'
        '<circle cx="10" cy="10" r="7"/><path class="pa-half" d="M10 3a7 7 0 0 1 0 14z"/></svg></button>'
        f"{logout}</div></header></div>"
    )


def reader_html(page: Page) -> str:
    """Return the reader without a policy, which the page's script puts in."""

    def say(key: str) -> str:
        return shown(page.say(f"reader.{key}"))

    words = shown(json.dumps(all_words("reader", page.language), ensure_ascii=False))
    return (
        f'<section id="pa-reader" role="region" aria-label="{say("label")}" tabindex="-1" data-words="{words}">'
        '<div class="pa-reader-head"><div class="pa-reader-top">'
        f'<button type="button" class="pa-quiet pa-back">{say("back")}</button>'
        f'<select class="pa-choose" aria-label="{say("choose")}" hidden></select><h2 class="pa-reader-title"></h2>'
        f'<button type="button" class="pa-quiet pa-icon pa-close" aria-label="{say("close")}" title="{say("close")}">'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg></button></div>'
        '<div class="pa-reader-tools">'
        f'<input type="search" class="pa-find" aria-label="{say("search")}" placeholder="{say("search")}">'
        '<span class="pa-count" role="status"></span>'
        f'<button type="button" class="pa-quiet pa-icon pa-find-previous" aria-label="{say("previous")}" disabled>'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 12l5-5 5 5"/></svg></button>'
        f'<button type="button" class="pa-quiet pa-icon pa-find-next" aria-label="{say("next")}" disabled>'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 8l5 5 5-5"/></svg></button>'
        f'<label class="pa-english-switch" hidden><input type="checkbox"> {say("translation")}</label></div></div>'
        f'<div class="pa-reader-body"><details class="pa-outline"><summary>{say("outline")}</summary>'
        f'<nav aria-label="{say("outline")}"></nav></details>'
        f'<div class="pa-pages" tabindex="0" role="group" aria-label="{say("label")}"><p class="pa-facts"></p>'
        '<article class="pa-text"></article></div></div>'
        '<p class="pa-notice" role="status"></p></section>'
    )


def read(policy: Policy, language: Language) -> dict[str, Any]:
    """Return what the reader shows of a policy: made once for each text, title and translation.

    Args:
        policy: The policy.
        language: Language of the page's own words.

    Returns:
        `id`, `title`, `facts` and `language` as text; `outline` and `text` as HTML in which the policy's own text is
        escaped; `translated`, whether it has English to show.
    """
    return _read(_Keyed(policy, _version(policy, language)), language)


class _Keyed:
    """A policy that is told from others by what is shown of it."""

    def __init__(self, policy: Policy, version: str) -> None:
        self.policy = policy
        self._version = version

    def __hash__(self) -> int:
        return hash(self._version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and self._version == other._version


@lru_cache(maxsize=32)
def _read(keyed: _Keyed, language: Language) -> dict[str, Any]:
    policy = keyed.policy
    facts = []
    if policy.given_version:
        facts.append(said("reader.version", language, version=policy.given_version))
    if policy.effective_date:
        facts.append(said("reader.effective", language, date=policy.effective_date))
    translated = bool(policy.translations)
    if translated:
        facts.append(said("reader.courtesy", language))
    return {
        "id": policy.id,
        "title": visible(policy.title),
        "company": visible(policy.company),
        "facts": [visible(fact) for fact in facts],
        "language": policy.language,
        "translated": translated,
        "outline": outline(policy, language),
        "text": "".join(_sections(policy, language)),
    }


def _version(policy: Policy, language: Language) -> str:
    facts = (policy.id, policy.sha256, policy.title, policy.company, policy.version, policy.effective_date)
    english = sorted(policy.translations.items())
    return hashlib.sha256(repr((facts, english, language)).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def outline(policy: Policy, language: Language) -> str:
    """Return the tree of a policy's headings as HTML; of all its top clauses if it has no headings."""
    shown_ones = {
        clause.id for clause in policy.walk() if clause.kind != "contents" and (clause.title or _leads(clause))
    }
    if not shown_ones - {policy.root.id}:
        shown_ones = {clause.id for clause in policy.root.children}
    return _branch(policy, policy.root, shown_ones, language, 0)


def _leads(clause: Clause) -> bool:
    return bool(clause.label and clause.children)


def _branch(policy: Policy, clause: Clause, wanted: set[str], language: Language, depth: int) -> str:
    """Return the list of what is to be shown below a clause; what is not shown itself stands aside for its children."""
    items = []
    waiting = list(reversed(clause.children))
    while waiting:
        child = waiting.pop()
        if child.id not in wanted:
            if depth < _DEEPEST_OUTLINE:
                waiting.extend(reversed([below for below in child.children if below.id in wanted]))
            continue
        below = _branch(policy, child, wanted, language, depth + 1) if depth + 1 < _DEEPEST_OUTLINE else ""
        link = place_link(policy.id, child.id, policy.brief_name(child, _NAME_CHARS))
        if not below:
            items.append(f"<li>{link}</li>")
            continue
        is_open = depth == 0 and len(wanted) < _MOST_OPEN
        label = shown(said("reader.fold", language, name=policy.brief_name(child, _NAME_CHARS)))
        items.append(
            f'<li><button type="button" class="pa-fold" aria-expanded="{str(is_open).lower()}" aria-label="{label}">'
            f"</button>{link}{below if is_open else below.replace('<ul>', '<ul hidden>', 1)}</li>"
        )
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _sections(policy: Policy, language: Language) -> Iterator[str]:
    for clause in policy.walk():
        depth = len(policy.path(clause.id)) - 1
        lines = tuple(_lines(policy.text, clause.start, clause.body_end))
        if not lines and clause is not policy.root:
            continue
        reference = policy.reference(clause.id)
        label = said("reader.link", language, reference=reference)
        link = place_link(policy.id, clause.id, "#", classes="pa-anchor", label=label)
        parts = []
        for number, (start, text) in enumerate(lines):
            heading = number == 0 and clause.kind == "heading" and len(text) <= _HEADING_CHARS
            tag = f"h{min(depth + 2, 6)}" if heading and depth else "p"
            # A title that is printed twice is seen once.
            again = clause is policy.root and text in [other for _, other in lines[:number]]
            parts.append(_line(tag, start, text, link if number == 0 else "", is_again=again))
        english = policy.translation(clause.start, clause.body_end)
        if english and clause is policy.root:
            english = " ".join(dict.fromkeys(said for _, said in policy.renderings(clause) if said))
        if english:
            parts.append(f'<p class="pa-english" lang="en">{shown(english)}</p>')
        yield (
            f'<section class="pa-part pa-in{min(depth, _DEEPEST_INDENT)} pa-{clause.kind}" tabindex="-1" '
            f'data-clause="{shown(clause.id)}" data-reference="{shown(reference)}">{"".join(parts)}</section>'
        )


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a stretch of text that are not blank, stripped, each with the place where it begins."""
    place = start
    for line in text[start:end].splitlines(keepends=True):
        own = line.strip()
        if own:
            yield place + line.index(own), own
        place += len(line)


def _line(tag: str, start: int, text: str, link: str, *, is_again: bool = False) -> str:
    """Return a line as HTML that tells where it begins, and which characters are left out because nobody sees them."""
    seen = visible(text)
    gone = f' data-gone="{" ".join(map(str, _gone(text, seen)))}"' if seen != text else ""
    name = "pa-line pa-again" if is_again else "pa-line"
    return f'<{tag} class="{name}" data-start="{start}"{gone}><span>{shown(text)}</span>{link}</{tag}>'


def _gone(text: str, seen: str) -> Iterator[int]:
    """Yield the places in `text` that are not in `seen`, of which `seen` is what is left."""
    rest = iter(seen)
    wanted = next(rest, None)
    for place, char in enumerate(text):
        if char == wanted:
            wanted = next(rest, None)
        else:
            yield place
