"""Passages: what of a policy is searched, each clause's own words, and short lists together with what leads to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from assistant.parsing.lines import is_told_row
from assistant.policy.clauses import YES_OR_NO
from assistant.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.text import Span

_LONGEST_LIST = 600
_LEAD_IN_CHARS = 80
_SHORT_ITEM = 60
_CHAPTER_DEPTH = 2
"""Clauses on the path to a chapter, the root included."""
_LEAST_SENTENCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is searched: a clause's own text, or a list with the words that lead into it."""

    clause_id: str
    """The clause."""
    start: int
    """First code point."""
    end: int
    """End: of the clause's own text, or of the whole list."""
    context: str
    """Headings above, and the words that lead into the list that the clause is an item of."""
    sentences: tuple[Span, ...]
    """Spans of the sentences, without labels and bare headings; at least one."""
    names_only: bool = False
    """Whether it only lists names, such as those of packages, and says nothing about them."""
    defines: str = ""
    """The word that it begins by saying the meaning of: `个人信息` of `个人信息是指…`; empty if it does not."""
    heads: bool = False
    """Whether it is but the heading of a section that is asked about, which its items tell."""
    announces: bool = False
    """Whether it tells what a new version of the policy has changed: `我们对隐私政策进行了更新。本次更新主要…`."""
    frames: bool = False
    """Whether it tells only what the policy is made for or who explains it: `为规范…，制定本办法。`."""


def passages(policy: Policy) -> tuple[Passage, ...]:
    """Return what can be found in a policy, in the order of the text.

    Tables of contents and headings that say nothing by themselves are left out.
    """
    found = []
    for clause in policy.walk():
        if clause.kind == "contents":
            continue
        spans = tuple(_statements(policy, clause))
        end = clause.body_end
        items = policy.items(clause) or _headed(policy, clause)
        if items and items[-1].end - clause.start <= policy.chars(_LONGEST_LIST):
            # The clause and the items below it are read as one: `…以下情形：1、… 2、…`.
            below = [clause for item in items for clause in item.walk()]
            spans += tuple(span for clause in below for span in _statements(policy, clause))
            last = policy.leads_on(items[-1])
            end = last[0] if last else items[-1].end
        if spans and (clause.kind != "root" or any(char.isdigit() for char in policy.own_text(clause))):
            found.append(
                Passage(
                    clause_id=clause.id,
                    start=clause.start,
                    end=end,
                    context=_context(policy, clause),
                    sentences=spans,
                    names_only=all(_is_names(policy.text[left:right]) for left, right in spans),
                    defines=_defined(policy.text, spans[0]),
                    announces=any(_ANNOUNCES.search(policy.text, *span) for span in spans[:_OPENING_SENTENCES]),
                    frames=all(_FRAMES.search(policy.text, *span) for span in spans),
                )
            )
    return tuple(found)


def _statements(policy: Policy, clause: Clause) -> Iterator[Span]:
    """Yield the spans of what a clause itself says: its sentences less its label and bare heading.

    Short lines that follow one another without punctuation, such as a list of names or the lines of an
    address, are one statement: each by itself says little, but would be close to every question with its word.
    So are a heading that runs into its text (`2.1.3 Payment. Cards are …`) and the first sentence after it.
    """
    pending: Span | None = None
    opening = _run_in(policy, clause)
    others = policy.leads_on(clause)
    for begin, right in policy.sentences(clause):
        if others and begin >= others[0]:
            # It is about the items after this one.
            break
        if opening and begin == opening[0]:
            continue
        left, opening = (opening[0], None) if opening else (begin, None)
        said = policy.text[left:right]
        # Markdown's marks are no words of a heading.
        if said.strip("#*_：: ") == clause.title.strip("#*_：: ") and clause.kind == "heading" and not others:
            continue
        if sum(char.isalnum() for char in said) < _LEAST_SENTENCE:
            # `No. We keep it to ourselves.`: the word decides, and is told with what follows.
            opening = (left, right) if YES_OR_NO.fullmatch(said.strip()) else None
            continue
        fragment = _is_fragment(said)
        if pending and fragment and right - pending[0] <= _MOST_FRAGMENTS:
            pending = (pending[0], right)
            continue
        if pending:
            yield pending
        pending = (left, right) if fragment else None
        if not fragment:
            yield left, right
    if pending:
        yield pending


def _run_in(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of the heading that a clause begins with, if it ends like a sentence: `Payment.`, `宠物。`."""
    first = next(policy.sentences(clause), None) if clause.title else None
    if first is None or policy.text[slice(*first)] not in (f"{clause.title}.", f"{clause.title}。"):
        return None
    alone = not policy.text[first[1] : clause.body_end].strip()
    return None if alone and not clause.children else first


def _is_fragment(line: str) -> bool:
    """Say whether a line says little by itself: a short one that neither ends nor gives the value of something."""
    return len(line) < SHORT_SENTENCE and line[-1] not in _ENDS and not _GIVES_VALUE.search(line)


# `客服通话录音：十二个月`, `Corbel Ltd – card payments – United Kingdom`: a row of a table, complete in itself.
_GIVES_VALUE = re.compile(r"\w[^\w：:=–—]{0,3}(?:[：:=]|–|—|――| - )[^\w：:=–—]{0,3}\w")


def _is_names(statement: str) -> bool:
    """Say whether a statement is lines of names: none is a sentence, none gives the value of something."""
    lines = [line for line in statement.splitlines() if line.strip()]
    return all(_is_fragment(line.strip()) and not _VALUE.search(line) for line in lines)


def _defined(text: str, span: Span) -> str:
    """Return the word whose meaning a statement says; empty if it says none."""
    match = _DEFINES.match(text, *span)
    return str(match[match.lastindex or 0]) if match else ""


_VALUE = re.compile(r"[：:=]")
_DEFINES = re.compile(
    r"([^。；\n]{1,48}?)(?:是指|系指|指的是|[，：:”」』]\s?(?:特|均|仅)?指(?![引南定示纹导令标向出派]))|"
    r"\W{0,3}(?:[Tt]he term )?[\"“']([^\"”'\n]{1,60})[\"”'],? (?:means?|refers? to|is defined)\b|"
    r"([A-Z][\w ]{1,40}) (?:means|refers to) (?:any|an?|the|what|every|each|all|information|data|those|that)\b"
)
# Not 我们会对本政策进行更新 and 如更新了本政策, which may happen.
_ANNOUNCES = re.compile(
    r"对[^。，；\n]{0,24}(?:政策|协议|条款|声明|指引)[》”]?(?:进行|[做作])了[^。，；\n]{0,6}(?:更新|修订|修改|调整)|"
    r"(?<![会能将可如若])(?:更新|修订|修改)了[^。，；\n]{0,24}(?:政策|协议|条款|声明|指引)|"
    r"(?:本次|此次|此版本)[^。，；\n]{0,16}(?:更新|修订|变化)[^。；\n]{0,10}(?:主要|内容|集中|包括)"
)
_OPENING_SENTENCES = 2
_ITSELF = "(?:本|此)(?:办法|规定|规则|规范|制度|细则|条例|章程|须知|守则|公约|准则)"
_FRAMES = re.compile(rf"制[定订]{_ITSELF}[。;；]?$|{_ITSELF}由[^，。；]{{2,40}}解释")
_ENDS = "。！？!?…；;：:，,."
SHORT_SENTENCE = 40
"""Characters: a shorter sentence says little by itself."""
_MOST_FRAGMENTS = 300


def _headed(policy: Policy, clause: Clause) -> tuple[Clause, ...]:
    """Return the short items that mean little without the heading that a clause is: `不得托运的物品 • … • …`; if any.

    The heading of a chapter is too wide for that, and what says who does what means enough. A heading that asks, or
    says how to do something, is answered by its items together, such as the steps of a return.
    """
    own = policy.text[clause.label_end : clause.body_end]
    bare = bool(clause.title) and own.strip("#*_ \n") == clause.title.strip("#*_ ")
    # What has a title of its own, or is long, is a clause and no step.
    most = policy.chars(_LONGEST_STEP)
    steps = tuple(takewhile(lambda item: _is_plain(policy, item) and item.end - item.start <= most, clause.children))
    if bare and len(steps) >= _LEAST_ITEMS and _ASKS.search(clause.title):
        return steps
    # A table is read as a whole, too: who asks what delivery costs need not name a row.
    rows = tuple(takewhile(lambda item: _is_row(policy, item), clause.children))
    if bare and len(rows) >= _LEAST_ITEMS:
        return rows
    inner = len(policy.path(clause.id)) > _CHAPTER_DEPTH and not any(child.children for child in clause.children)
    items = [policy.own_text(item) for item in clause.children if item.label]
    short = all(len(item) <= policy.chars(_SHORT_ITEM) and not _SAYS_WHO.search(item) for item in items)
    return clause.children if bare and inner and len(items) >= _LEAST_ITEMS and short else ()


def _is_row(policy: Policy, item: Clause) -> bool:
    """Say whether a clause is rows of a table that are told with the heads of their columns, and nothing else."""
    lines = (fold(line) for line in policy.own_text(item).strip().splitlines())
    return not item.label and not item.children and all(is_told_row(line, 0, len(line)) for line in lines)


def _is_plain(policy: Policy, item: Clause) -> bool:
    """Say whether an item is a sentence: `Open the app: your orders are shown`, not `Time limits. Claims must …`."""
    if not item.label or item.children:
        return False
    title_end = policy.text.find(item.title, item.label_end) + len(item.title)
    return not item.title or policy.text[title_end : title_end + 1] in _COLONS


_LEAST_ITEMS = 2
_COLONS = (":", "：")
_LONGEST_STEP = 80
"""Characters."""
_ASKS = re.compile(
    r"[?？]\W{0,3}$|^\W{0,3}(?:如何|怎么|怎样)|^\W{0,3}how (?:to|you|do|does|can|we)\b|步骤|流程|\bsteps\b",
    re.IGNORECASE,
)
_SAYS_WHO = re.compile(r"我们|我司|本公司|[您你]|\b(?:we|you)\b", re.IGNORECASE)


def _context(policy: Policy, clause: Clause) -> str:
    parts = []
    path = policy.path(clause.id)[1:]
    for above, below in pairwise(path):
        lead = policy.lead_in(below.id)
        if above.title:
            parts.append(above.title.strip("：: "))
        elif lead and lead[0] < above.body_end:
            parts.append(" ".join(policy.own_text(above).split())[-policy.chars(_LEAD_IN_CHARS) :])
        if lead and lead[0] >= above.body_end:
            parts.append(policy.text[slice(*lead)].strip("：: "))
    # A heading that runs into its text is read with it.
    if clause.title and not _run_in(policy, clause):
        parts.append(clause.title.strip("：: "))
    return STEP.join(parts)


STEP = " › "
"""Between the parts of a context."""
