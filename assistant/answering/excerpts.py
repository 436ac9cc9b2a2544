"""Excerpts: what of a clause an answer quotes, so that it answers and can be read by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.answering.recipients import telling_sentences
from assistant.answering.selection import is_headed
from assistant.parsing.lines import CELL_BREAK
from assistant.questions.answer_types import holds, wanted
from assistant.questions.forms import wants_all
from assistant.text import Span, normalized, sentences, stems_in, stripped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.retrieval.hits import Hit

# In the units of scores. Chosen on the dev questions.
_SENTENCE_MARGIN = 2.0
_PARAGRAPH_MARGIN = 1.2
_ROW_MARGIN = 1.0
_SHORT_CHARS = 250
_WHOLE_LIST_CHARS = 600
_WHOLE_ITEMS_CHARS = 1_200
_OPENING_CHARS = 60
_ENDS = "。！？!?.；;…”’\"'）)"
# Nothing that could be the first line of a sentence.
_ENTRY = re.compile(r"[^\n:：，,]{2,14}[:：][^\n。！？!?，,；;]{1,60}$")


def excerpts_of(query: str, hit: Hit) -> tuple[list[tuple[Clause, Span]], list[tuple[Clause, Span]]]:
    """Return what a hit says in answer: clauses with spans of their text, and the items of a list that these lead into.

    That is a short list whole, and the paragraphs of a short clause that answer; of a long clause the best sentence
    with those that come close, and the best that holds a value of the kind wanted, neighbours joined; and if that is
    what leads into a long list, each item, of long ones the first words. What a clause says before the words that
    lead into its list is quoted without the list, if nothing of that answers.
    """
    if hit.passage.heads:
        return [], _told(hit.policy, hit.clause.children)
    text, said, kept = hit.policy.text, hit.passage.sentences, _kept(query, hit)
    # Of a table the rows that are named, of others the whole.
    named = _rows_named(query, hit, kept)
    is_list = hit.is_list and not named
    if is_list and not wants_all(query) and (before := _before_list(hit)) > max(kept):
        said, is_list = said[:before], False
    whole = (said[0][0], said[-1][1])
    if is_list:
        # Items may mean the opposite without the heading that leads to them; the last may be too short for a sentence.
        start = text.index(hit.clause.title, hit.clause.start) if is_headed(hit) else whole[0]
        whole = stripped(text, start, hit.end) or whole
    chars, many = whole[1] - whole[0], wants_all(query)
    is_table = many and not named and CELL_BREAK in text[slice(*said[0])]
    if chars <= hit.policy.chars(_WHOLE_LIST_CHARS) and (is_list or is_table):
        parts = [said]
    elif chars <= hit.policy.chars(_SHORT_CHARS):
        parts = [said] if many and not named else _paragraphs(text, said, by_entry=bool(wanted(query)))
    else:
        parts = [(span,) for span in said]
    answering = {hit.passage.sentences[number] for number in kept}
    spans: list[Span] = [whole] if len(parts) == 1 else []
    for part in parts[len(spans) :]:
        start, end = part[0][0], part[-1][1]
        if answering.isdisjoint(part):
            continue
        if spans and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    quoted = [(hit.clause, span) for span in spans]
    leads_in = spans[-1][1] == whole[1] and hit.end == hit.clause.body_end and hit.policy.leads_in(hit.clause)
    items = _told(hit.policy, hit.policy.items(hit.clause)) if leads_in else []
    return quoted, _of_those_asked_about(query, hit, items)


def _before_list(hit: Hit) -> int:
    """Return how many sentences of a clause with its list stand before the words that lead into that."""
    return sum(end <= hit.clause.body_end for _, end in hit.passage.sentences) - 1


def without_lead_in(hit: Hit, quoted: Sequence[tuple[Clause, Span]]) -> list[tuple[Clause, Span]]:
    """Return what is quoted of a clause without its last sentence, which leads into a list."""
    last = hit.passage.sentences[-1][0]
    cut = [(clause, stripped(hit.policy.text, start, min(end, last))) for clause, (start, end) in quoted]
    return [(clause, span) for clause, span in cut if span]


def _paragraphs(text: str, spans: Sequence[Span], *, by_entry: bool) -> list[tuple[Span, ...]]:
    """Return sentences by paragraph or row of a table; a line that has no end goes on in the next.

    Args:
        text: The text.
        spans: The sentences.
        by_entry: Whether a short line with its name, `生效日期：2024年3月1日`, ends there too. Who wants a value needs
            no other; of what is said of a thing in several, one alone does not say of what.
    """
    paragraphs: list[tuple[Span, ...]] = []
    for span in spans:
        before = paragraphs[-1][-1] if paragraphs else (span[0], span[0])
        said = text[slice(*before)]
        ended = text[before[1] - 1] in _ENDS or CELL_BREAK in said or (by_entry and _ENTRY.match(said))
        if paragraphs and not (ended and "\n" in text[before[1] : span[0]]):
            paragraphs[-1] += (span,)
        else:
            paragraphs.append((span,))
    return paragraphs


def _kept(query: str, hit: Hit) -> set[int]:
    """Return the places of the sentences of a clause that answer; of rows, which are much alike, only the best."""
    scores = hit.sentence_scores
    if telling := telling_sentences(query, hit):
        return _with_what_they_lean_on(telling, max(telling, key=lambda number: scores[number]), hit)
    best = max(range(len(scores)), key=lambda number: scores[number])
    margins = (_ROW_MARGIN, _ROW_MARGIN) if _is_row(hit, best) else (_SENTENCE_MARGIN, _PARAGRAPH_MARGIN)
    # What stands in another paragraph does not go on about the same.
    behind = [margins[not _in_one_paragraph(hit, best, number)] for number in range(len(scores))]
    kept = {number for number, score in enumerate(scores) if score >= scores[best] - behind[number]}
    if named := _rows_named(query, hit, kept):
        best = max(named, key=lambda number: scores[number])
        kept = named.union(number for number in kept if not _is_row(hit, number))
    else:
        kept = kept.union(*(_rows_with(hit, number) for number in kept))
    for kind in wanted(query):
        holding = [number for number, said in enumerate(hit.said) if holds(said, kind)]
        if holding and kept.isdisjoint(holding):
            kept.add(max(holding, key=lambda number: scores[number]))
    return _with_what_they_lean_on(kept, best, hit)


def _in_one_paragraph(hit: Hit, one: int, other: int) -> bool:
    """Say whether two sentences of a hit stand in one paragraph of the text."""
    (_, end), (start, _) = (hit.passage.sentences[number] for number in sorted((one, other)))
    return "\n" not in hit.policy.text[end:start]


def _is_row(hit: Hit, number: int) -> bool:
    """Say whether a sentence of a hit is a row of a table."""
    return CELL_BREAK in hit.policy.text[slice(*hit.passage.sentences[number])]


def _rows_named(query: str, hit: Hit, kept: set[int]) -> set[int]:
    """Return the places of the rows of a table that a question names by a word of the first cell that no other row has.

    Of 北京住宿标准 the row with 北京 tells, however close another is, and of what is compared several. None is
    returned if no row is among the sentences that answer, or if numbers tell the rows apart.
    """
    text, spans = hit.policy.text, hit.passage.sentences
    rows = {number: text[slice(*span)] for number, span in enumerate(spans) if _is_row(hit, number)}
    if kept.isdisjoint(rows) or any(map(_NUMBERED_ROW.match, rows.values())):
        return set()
    cells = {number: _words(row.strip("| ").partition(CELL_BREAK)[0]) for number, row in rows.items()}
    asked = _words(query)
    holding = ([number for number, words in cells.items() if word in words] for word in asked)
    if named := {numbers[0] for numbers in holding if len(numbers) == 1}:
        return named
    # Or by words of other cells, in English: "letters to the islands", "which rooms have a bath".
    counts = {number: len(asked & stems_in(normalized(_HEAD.sub(" ", row)))) for number, row in rows.items()}
    most = max(counts.values(), default=0)
    best = {number for number, count in counts.items() if count == most}
    is_named = (most > 1 and len(best) == 1) or (most > 0 and len(best) < len(rows) and wants_all(query))
    return best if is_named else set()


def _words(text: str) -> frozenset[str]:
    """Return the stems of the English words of a text, and each two Chinese characters that may be a word."""
    folded = normalized(text)
    runs = _HAN.findall(folded)
    return stems_in(folded).union(run[at : at + 2] for run in runs for at in range(len(run) - 1))


# The heads of columns, which each row has.
_HEAD = re.compile(r"(?:^|(?<=\|))[^|:：]{1,80}[:：]")
_HAN = re.compile(r"[\u3400-\u9fff]{2,}")


def _rows_with(hit: Hit, number: int) -> set[int]:
    """Return the places of the rows of a table that one sentence of a hit, a row or what leads to them, is told with.

    Which of the rows that numbers tell apart (`1天以内`, `3天以上`) is meant cannot be told by their words: one alone
    may be the wrong one. So may the first of those that a sentence leads to.
    """
    text, spans = hit.policy.text, hit.passage.sentences
    is_row = [_is_row(hit, place) for place in range(len(spans))]
    leads = not is_row[number] and text[spans[number][1] - 1] in _COLONS
    first = last = number + leads
    if last >= len(spans) or not is_row[first]:
        return set()
    while first and is_row[first - 1]:
        first -= 1
    while last + 1 < len(spans) and is_row[last + 1]:
        last += 1
    rows = range(first, last + 1)
    numbered = sum(_NUMBERED_ROW.match(text, *spans[row]) is not None for row in rows)
    short = spans[last][1] - spans[first][0] <= hit.policy.chars(_WHOLE_LIST_CHARS)
    return set(rows) if short and len(rows) > 1 and (leads or 2 * numbered > len(rows)) else set()


# "请假天数：1至3天 | …", "| 1至3天 | …": limits in the first cell. "Plan: Model 3 | …" is a name.
_NUMBERED_ROW = re.compile(
    r"(?:\|\s{0,3})?[^|\n]{0,60}?(?:\d[^|\n]{0,6}?(?:以[上下内外]|起|[至到~～–—-]\s?\d)|"
    r"\d(?:\+|(?: [a-z]{1,8})? (?:to|and|or) (?:\d|(?:more|less|fewer|over|under)\b))|"
    r"(?:[不超满][足过]?|[大小高低多少]于|[<>＜＞≤≥]|\b(?:up to|over|under|(?:more|less) than|at least))\s?\d)",
    re.IGNORECASE,
)
_SEMICOLONS = ";；"
_COLONS = ":："
_LEANT_ON_CHARS = 250
# 但您可能因此无法使用, "However, we keep it": with what reserve, or of what, the sentence before says.
_LEANING = re.compile(
    r"[\s(（]{0,3}(?:但|不过|然而|否则|该等|此等|(?:but|however|otherwise|in (?:this|that|such) case)\b)",
    re.IGNORECASE,
)


def _with_what_they_lean_on(kept: set[int], best: int, hit: Hit) -> set[int]:
    """Return the places of sentences that can be read by themselves.

    The best brings what it leans on, unless that is long; another that leans on what is not kept is left out.
    """
    spans = hit.passage.sentences
    first = best
    while _leans(hit, first) and spans[best][1] - spans[first - 1][0] <= hit.policy.chars(_LEANT_ON_CHARS):
        first -= 1
    found = {*range(first, best + 1)} if not _leans(hit, first) else {best}
    # What is said with a reserve that follows on it is not said without.
    last = best
    while last + 1 < len(spans) and _reserves(hit, last + 1):
        last += 1
    if spans[last][1] - spans[best][0] <= hit.policy.chars(_LEANT_ON_CHARS):
        found |= {*range(best, last + 1)}
    for number in sorted(kept):
        if number not in found and not (_leans(hit, number) and number - 1 not in found):
            found.add(number)
    # 您可通过以下方式取消：, without the way, tells none.
    return found.union(number + 1 for number in found if _leads_on(hit, number))


def _leads_on(hit: Hit, number: int) -> bool:
    """Say whether a sentence of a hit ends with a colon and says nothing without the next one, which is no row."""
    text, spans = hit.policy.text, hit.passage.sentences
    leads = text[spans[number][1] - 1] in _COLONS and number + 1 < len(spans)
    return leads and not _is_row(hit, number + 1) and not hit.is_list


def _reserves(hit: Hit, number: int) -> bool:
    """Say whether a sentence of a hit goes on about the one before it: 但…除外, 该等信息一经删除，不可恢复."""
    is_leaning = _LEANING.match(hit.policy.text, *hit.passage.sentences[number]) is not None
    return is_leaning and _is_on_one_line(hit, number)


def _is_on_one_line(hit: Hit, number: int) -> bool:
    """Say whether a sentence of a hit stands on one line with the one before it."""
    (_, end), (start, _) = hit.passage.sentences[number - 1 : number + 1]
    return "\n" not in hit.policy.text[end:start]


def _leans(hit: Hit, number: int) -> bool:
    """Say whether a sentence of a hit says little without the one before it: 但…, or a part of 标准包括：…；…；…."""
    if not number or not _is_on_one_line(hit, number):
        return False
    ended = hit.policy.text[hit.passage.sentences[number - 1][1] - 1]
    return _reserves(hit, number) or (ended in _SEMICOLONS and _is_listing(hit, number - 1))


def _is_listing(hit: Hit, number: int) -> bool:
    """Say whether a part of a sentence that is divided at semicolons begins a list in it, or is of one."""
    text, spans = hit.policy.text, hit.passage.sentences
    if any(mark in text[slice(*spans[number])] for mark in _COLONS):
        return True
    before = text[spans[number - 1][1] - 1] if number else ""
    return before != "" and before in _SEMICOLONS and _is_listing(hit, number - 1)


def _told(policy: Policy, items: Sequence[Clause]) -> list[tuple[Clause, Span]]:
    """Return what is said of a list's items: all of a short one, unless they come to too much; else its opening."""
    whole = {item.id: span for item in items if (span := _said(policy, item))}
    short = {name for name, (start, end) in whole.items() if end - start <= policy.chars(_SHORT_CHARS)}
    if sum(whole[name][1] - whole[name][0] for name in short) > policy.chars(_WHOLE_ITEMS_CHARS):
        short.clear()
    spans = ((item, whole[item.id] if item.id in short else _opening(policy, item)) for item in items)
    return [(item, span) for item, span in spans if span]


def are_told_whole(policy: Policy, items: Sequence[Clause]) -> bool:
    """Say whether an answer tells the whole of each of some items, which have none of their own."""
    told = _told(policy, items)
    return len(told) == len(items) and all(span == _said(policy, item) and not item.children for item, span in told)


def _of_those_asked_about(query: str, hit: Hit, items: list[tuple[Clause, Span]]) -> list[tuple[Clause, Span]]:
    """Return the items of a list about a company that is asked about, without those that name only another.

    Where numbering is broken, what is said of one company may stand among the items of another's list.
    """
    thesaurus = hit.policy.thesaurus

    def vendors(text: str) -> set[str]:
        return {concept for concept in thesaurus.named_in(text) if thesaurus[concept].kind == "vendor"}

    asked = vendors(query)
    if not items or not asked or not asked <= vendors(hit.policy.own_text(hit.clause)):
        return items
    named = [(item, vendors(hit.policy.text[slice(*item[1])])) for item in items]
    return [item for item, of in named if not of or of & asked]


def _said(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of a clause's own sentences, from its label to the last that says something."""
    spans = [
        span
        for span in sentences(policy.text, clause.start, clause.body_end)
        if any(map(str.isalnum, policy.text[slice(*span)]))
    ]
    return (clause.start, spans[-1][1]) if spans else None


def _opening(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of a clause's first sentence with its label; of the label with the title if that is too long."""
    first = next(sentences(policy.text, clause.start, clause.body_end), None)
    if first and clause.title and first[1] - clause.start > policy.chars(_OPENING_CHARS):
        return clause.start, policy.text.index(clause.title, clause.start) + len(clause.title)
    return (clause.start, first[1]) if first else None
