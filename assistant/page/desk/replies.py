"""An answer as a reply that is ready to be sent, as text or as Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from assistant.answering.imprint import contact_of
from assistant.answering.wording import marked_quote
from assistant.page.shared import said
from assistant.text import listed, visible, visible_line
from assistant.text.naming import in_title_marks
from assistant.text.quotes import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.answering import Answer
    from assistant.answering.citing import Citation
    from assistant.answering.refusing import Reason
    from assistant.policy import Policy
    from assistant.text import Language

Tone = Literal["plain", "friendly", "formal"]
"""How a reply greets and closes."""
Format = Literal["text", "markdown"]
"""How a reply is written."""

TONES: tuple[Tone, ...] = get_args(Tone)
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A verified statement of a reply."""

    text: str
    """The statement in an answer's own words; empty if the quote speaks for itself."""
    quote: str
    """The policy's words, line by line."""
    translation: str
    """English of exactly the quote; empty where there is none or none is wanted."""
    source: str
    """Policy and clause."""
    heading: str = ""
    """Names the question of a message of several whose answer begins here; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply to be sent, in its parts. Its paragraphs may be several lines."""

    opening: tuple[str, ...]
    """What comes before the statements."""
    statements: tuple[Statement, ...]
    """What the policy says; none for an answer that abstains."""
    closing: tuple[str, ...]
    """What comes after them."""


def reply(answer: Answer, policies: Sequence[Policy], language: Language, tone: Tone) -> Reply:
    """Return an answer as a reply, which states nothing that the answer does not.

    Args:
        answer: The answer.
        policies: The policies that it may be from.
        language: Language of the reply.
        tone: How it greets and closes.
    """

    def say(key: str, **values: object) -> tuple[str, ...]:
        words = said(f"desk.reply_{key}", language, **values)
        return (words,) if words else ()

    by_id = {policy.id: policy for policy in policies}
    quoted = [by_id[citation.policy_id] for citation in answer.citations if citation.policy_id in by_id]
    if answer.abstained or not quoted:
        body = _declined(answer, policies, language)
        return Reply(opening=say(f"greeting_{tone}"), statements=(), closing=(*body, *say(f"regards_{tone}")))
    titles = list(dict.fromkeys(_titled(policy, language) for policy in quoted))
    lead = say("lead_in_doubt" if answer.uncertain else "lead", titles=listed(titles, language))
    headings, others = _by_question(answer, quoted[0], language)
    statements = tuple(
        replace(_statement(answer, number, citation, by_id[citation.policy_id], language), heading=headings[number])
        for number, citation in enumerate(answer.citations, 1)
        if citation.policy_id in by_id
    )
    courtesy = say("courtesy") if any(statement.translation for statement in statements) else ()
    closing = (*courtesy, *others, *say(f"closing_{tone}"), *say(f"regards_{tone}"))
    return Reply(opening=(*say(f"greeting_{tone}"), *lead), statements=statements, closing=closing)


def _by_question(answer: Answer, nearest: Policy, language: Language) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return what tells the questions of a message apart.

    Returns:
        The heading of each citation by its number, empty but where the answer to a question begins, and what is said of
        the questions that have no quote of their own.
    """
    headings = dict.fromkeys(range(1, len(answer.citations) + 1), "")
    others: list[str] = []
    told = 0
    for part in answer.parts:
        question = visible_line(part.question)
        if part.abstained:
            reason = _why(part.abstained, nearest, language)
        elif own := [marker for marker in part.markers if marker > told]:
            headings[own[0]] = said("desk.reply_asked", language, question=question)
            told = own[-1]
            continue
        else:
            reason = said("desk.reply_above", language)
        others.append(said("desk.reply_part", language, question=question, reason=reason))
    return headings, tuple(others)


def _statement(answer: Answer, number: int, citation: Citation, policy: Policy, language: Language) -> Statement:
    return Statement(
        # In another language than the reply's it would be no help to whom it is sent.
        text=_own_words(answer, number, citation) if answer.language == language else "",
        quote="\n".join(lines_of(visible(citation.quote))),
        translation=visible(citation.translation or "").strip() if language == "en" else "",
        source=visible_line(policy.place(citation.reference)),
    )


def _own_words(answer: Answer, number: int, citation: Citation) -> str:
    """Return the statement that an answer makes before a quote, empty if it makes none."""
    place = answer.text.find(marked_quote(citation.quote, number))
    before = answer.text[: max(place, 0)].rpartition("\n")[2]
    return visible_line(before.removeprefix("•")) if before.startswith("•") else ""


def _why(reason: Reason | None, nearest: Policy | None, language: Language) -> str:
    """Return the words for why something is not answered."""
    title = _name(nearest.title, language) if nearest else said("desk.reply_the_policies", language)
    return said(f"desk.reply_{reason.kind if reason else 'unclear'}", language, title=title)


def _declined(answer: Answer, policies: Sequence[Policy], language: Language) -> tuple[str, ...]:
    """Return the paragraphs that say why there is no answer, and whom to ask."""
    nearest = next((hit.policy for hit in answer.hits), policies[0] if len(policies) == 1 else None)
    paragraphs = [_why(answer.abstained, nearest, language)]
    if nearest and (contact := contact_of(nearest)):
        told = "desk.reply_contact" if nearest.company else "desk.reply_contact_alone"
        company = visible_line(nearest.company)
        paragraphs.append(said(told, language, company=company, contact=visible_line(contact)))
    return tuple(paragraphs)


def _titled(policy: Policy, language: Language) -> str:
    name = _name(policy.title, language)
    # One that is made of the text tells nobody anything.
    version = policy.given_version or policy.effective_date
    return said("desk.reply_version", language, title=name, version=visible_line(version)) if version else name


def _name(title: str, language: Language) -> str:
    return in_title_marks(visible_line(title)) if language == "zh" else visible_line(title)


def reply_card(answer: Answer, policies: Sequence[Policy], language: Language, tone: Tone, format: Format) -> str:
    """Return an answer as a reply that is ready to be sent.

    Args:
        answer: The answer.
        policies: The policies that it may be from.
        language: Language of the reply; quotes stay in their policy's, with the English rendering where there is one.
        tone: How it greets and closes.
        format: `"text"` has no markup; in `"markdown"` whatever is not the reply's own words is escaped.
    """
    written = reply(answer, policies, language, tone)
    parts = _markdown(written, language) if format == "markdown" else _text(written, language)
    return "\n\n".join(parts)


def _text(written: Reply, language: Language) -> Iterator[str]:
    yield from written.opening
    for number, statement in enumerate(written.statements, 1):
        if statement.heading:
            yield statement.heading
        mark = f"{number}. " if len(written.statements) > 1 else ""
        lines = [f"{mark}{statement.text}"] if statement.text else []
        lines.append(f"“{statement.quote}”" if lines else f"{mark}“{statement.quote}”")
        if statement.translation:
            lines.append(said("desk.reply_translation", language, text=statement.translation))
        lines.append(f"—— {statement.source}" if language == "zh" else f"— {statement.source}")
        yield "\n".join(lines)
    yield from written.closing


def _markdown(written: Reply, language: Language) -> Iterator[str]:
    yield from map(escaped, written.opening)
    for statement in written.statements:
        if statement.heading:
            yield f"**{escaped(statement.heading)}**"
        if statement.text:
            yield escaped(statement.text)
        # Two blanks at the end of a line are a line break.
        lines = [*statement.quote.splitlines(), f"— {statement.source}"]
        if statement.translation:
            lines.insert(-1, said("desk.reply_translation", language, text=statement.translation))
        yield "  \n".join(f"> {escaped(line)}" for line in lines)
    yield from map(escaped, written.closing)


def escaped(text: str) -> str:
    r"""Return text as Markdown that shows it as it is: no markup, no HTML, no address that becomes a link.

    >>> escaped("[1] <b>*x*</b>, see https://example.com")
    '\\[1\\] &lt;b&gt;\\*x\\*&lt;/b&gt;, see https:\\/\\/example\\.com'
    """
    lines = (" ".join(line.split()) for line in visible(text).splitlines())
    return "  \n".join(_START.sub(r"\1\\\2", _marked_up(line)) for line in lines)


def _marked_up(line: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        line = line.replace(char, entity)
    line = _SPECIAL.sub(r"\\\g<0>", line)
    return _ADDRESS.sub(lambda match: match[0].replace("/", "\\/").replace(".", "\\."), line)


_SPECIAL = re.compile(r"[\\`*_\[\]|~$@]")
# What some renderers make links of by themselves.
_ADDRESS = re.compile(r":/+|(?<=[a-z])\.(?=[a-z])", re.IGNORECASE)
# What begins a list, a heading, a rule or an underline.
_START = re.compile(r"^(\s*\d*)([.)+\-#=:])")
