"""Clauses that were looked up, and a reply, as HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from assistant.page.desk.replies import FORMATS, reply, reply_card
from assistant.page.shared import marked, place_link, said, shown
from assistant.text import sentences, visible, visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.answering import Answer
    from assistant.page.desk.finding import Found
    from assistant.page.desk.replies import Tone
    from assistant.page.shared import Page
    from assistant.policy import Policy
    from assistant.text import Language, Span

_BLANK_LINES, _LINE = re.compile(r"(?<![ \t])[ \t]*\n\s*"), "\n"
_EXCERPT_CHARS = 140
_LONG_CHARS = 220


def copy_button(page: Page, text: str, words: str, *, name: str = "") -> str:
    """Return a button that copies a text, as HTML.

    Args:
        page: The page.
        text: What is copied.
        words: What the button says.
        name: What it is called for those who do not see it; `words` by default.
    """
    return (
        f'<button type="button" class="pa-copy" data-copy="{escape(visible(text))}" '
        f'data-copied="{escape(page.say("desk.copied"))}" aria-label="{shown(name or words)}">{shown(words)}</button>'
    )


def rows(page: Page, found: Sequence[Found], *, ranks: bool, several: bool) -> str:
    """Return clauses that were looked up, as HTML.

    Args:
        page: The page.
        found: The clauses.
        ranks: Whether each says where the legs of the search place it.
        several: Whether there are several policies, so that each clause says whose it is.
    """
    return f'<ol class="pa-desk-found">{"".join(_row(page, part, ranks, several) for part in found)}</ol>'


def _row(page: Page, found: Found, ranks: bool, several: bool) -> str:
    policy, reference = found.policy, found.reference
    link = place_link(policy.id, found.clause.id, reference, (found.start, found.end))
    above = [clause.title for clause in policy.path(found.clause.id)[1:-1] if clause.title]
    trail = " › ".join([policy.title] * several + [visible_line(title) for title in above])
    copied = f"{_BLANK_LINES.sub(_LINE, found.text.strip())}\n—— {visible_line(policy.place(reference))}"
    button = copy_button(page, copied, page.say("desk.copy"), name=page.say("desk.copy_clause", reference=reference))
    english = policy.translation(found.start, found.end) if page.language == "en" else None
    return (
        f'<li class="pa-desk-clause"><div class="pa-desk-clause-head">{link}{button}</div>'
        + (f'<div class="pa-desk-trail">{shown(trail)}</div>' if trail else "")
        + _body(page, found)
        + (f'<p class="pa-desk-courtesy">{shown(page.say("desk.courtesy"))} {shown(english)}</p>' if english else "")
        + (_ranks(page, found) if ranks and found.ranks else "")
        + "</li>"
    )


def _body(page: Page, found: Found) -> str:
    """Return a clause's text with its marks; of a long one what is closest to the query, with the whole to unfold."""
    text, language = found.policy.text, found.policy.language
    whole = _BLANK_LINES.sub(_LINE, marked(text, found.start, found.end, found.marks))
    if found.end - found.start <= found.policy.chars(_LONG_CHARS):
        return f'<p class="pa-desk-clause-text" lang="{language}">{whole}</p>'
    left, right = _excerpt(found)
    excerpt = (
        ("… " if left > found.start else "")
        + marked(text, left, right, found.marks)
        + (" …" if right < found.end else "")
    )
    count = page.say("desk.whole", count=len("".join(found.text.split())))
    return (
        f'<details class="pa-desk-unfold"><summary><span class="pa-desk-clause-text" lang="{language}">{excerpt}</span>'
        f'<span class="pa-desk-more">{shown(count)}</span></summary>'
        f'<p class="pa-desk-clause-text" lang="{language}">{whole}</p></details>'
    )


def _excerpt(found: Found) -> Span:
    """Return the best sentence with as much around it as an excerpt has room for."""
    most = found.policy.chars(_EXCERPT_CHARS)
    left, right = found.best
    if right - left > most:
        # Where the first of its marks is to be seen.
        first = next((start for start, _ in found.marks if left <= start < right), left)
        left = max(left, min(first - most // 4, right - most))
        return left, min(right, left + most)
    for start, end in sentences(found.policy.text, found.start, found.end):
        if start >= right and end - left <= most:
            right = end
    return left, right


def _ranks(page: Page, found: Found) -> str:
    names = {"bm25": page.say("desk.rank_words")}
    legs = [(names.get(leg, page.say("desk.rank_meaning", leg=leg)), rank) for leg, rank in found.ranks.items()]
    told = "".join(f"<span>{shown(name)} <b>{rank}</b></span>" for name, rank in legs)
    score = f"<span>{shown(page.say('desk.score'))} <b>{found.score:.2f}</b></span>" if found.score is not None else ""
    return f'<div class="pa-desk-ranks">{told}{score}</div>'


def card(page: Page, answer: Answer, policies: Sequence[Policy], language: Language, tone: Tone) -> str:
    """Return the reply card as HTML: the reply as it will read, and what copies it."""
    written = reply(answer, policies, language, tone)
    by_id = {policy.id: policy for policy in policies}
    parts = [f"<p>{shown(paragraph)}</p>" for paragraph in written.opening]
    for citation, statement in zip(
        (citation for citation in answer.citations if citation.policy_id in by_id), written.statements, strict=False
    ):
        policy = by_id[citation.policy_id]
        span = (citation.start, citation.end)
        source = place_link(policy.id, citation.clause_id, statement.source, span)
        english = said("desk.reply_translation", language, text=statement.translation) if statement.translation else ""
        parts.append(
            (f'<p class="pa-desk-one-of-several">{shown(statement.heading)}</p>' if statement.heading else "")
            + (f"<p>{shown(statement.text)}</p>" if statement.text else "")
            + f'<blockquote><div lang="{policy.language}">{shown(statement.quote)}</div>'
            + (f'<div class="pa-desk-courtesy">{shown(english)}</div>' if english else "")
            + f"<footer>{source}</footer></blockquote>"
        )
    parts += [f"<p>{shown(paragraph)}</p>" for paragraph in written.closing]
    buttons = "".join(
        copy_button(page, reply_card(answer, policies, language, tone, kind), page.say(f"desk.copy_{kind}"))
        for kind in FORMATS
    )
    state = "pa-desk-reply pa-desk-reply-declined" if not written.statements else "pa-desk-reply"
    return (
        f'<article class="{state}" aria-label="{escape(page.say("desk.reply"))}">'
        f'<div class="pa-desk-reply-copy">{buttons}</div>'
        f'<div class="pa-desk-reply-body" lang="{language}">{"".join(parts)}</div></article>'
    )
