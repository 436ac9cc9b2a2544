"""Wrapping: which lines go on in the next one, where an editor wrapped the text or a page ended."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from assistant.parsing.headings import HAN, HEADING_CHARS, UNFINISHED, is_heading_text
from assistant.parsing.markers import QUESTION, is_measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.parsing.lines import Line
    from assistant.parsing.markers import Marker

WRAPPED = (50, 130)
"""Columns of the lines that an editor wrapped, a Chinese character having two; others were meant as lines."""
_WRAP_SLACK = 4
"""Columns that a line may lack, as punctuation begins none and hyphens end some."""
_MOST_INDENT = 40
_LEAST_WRAPPED = 2
_LEAST_WRAPPED_HAN = 3
_SHARE_WRAPPED = 0.8
_NEAR_LINES = 12
"""Lines, at most, between two items of a list that wrapped lines are told from."""
_STOPS = frozenset(".!?:;。…")
# A word, or a Chinese character with what must not be divided from it.
_FIRST_WORD = re.compile(r"[㐀-鿿][^\w\s]{0,2}|[^\s㐀-鿿]{1,60}")
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uff60]")
_COLUMNS = re.compile(r"\t|\S {3}")
# What headings, tables, quotes, markup and programs begin with.
_OTHER_LINE = re.compile(r"#{1,6}\s|[|>]|<[a-z/!?]|```|~~~")
_RULED = re.compile(r"[\W_]{3,}")
_NEVER_FIRST = frozenset("，。、；：！？）》」』”")
_OPENING, _CLOSING = "(《「", ")》」"
_BRACKET = re.compile(f"[{_OPENING}{_CLOSING}]")
_MOST_OPEN = 80
"""Characters from a bracket to the end of the line that it is open at."""
# Words that a line was cut behind, whatever the next one begins with; a heading may end with some of them.
_CUT = re.compile(
    r"\b(?:of|the|an?|our|your|their|its|than|within|least|most|every|per|another|sections?|clauses?|articles?|paragraphs?"
    r"|chapters?|see|about|at|between|from|by|is|are|be|was|were|over|under|after|before|until|to|for|in|on|with|which|that)$"
)


def is_unfinished(folded: str, line: Line) -> bool:
    """Say whether a line ends with a word that no heading and no sentence ends with."""
    return UNFINISHED.search(folded, max(line.start, line.end - HEADING_CHARS), line.end) is not None


def is_cut(folded: str, line: Line) -> bool:
    """Say whether an English line ends with a word that wants another after it."""
    return _CUT.search(folded, max(line.start, line.end - HEADING_CHARS), line.end) is not None


def is_open_in_chinese(folded: str, before: Line, after: Line) -> bool:
    """Say whether a Chinese line ends behind `、`, or in a bracket that the next closes: `（友盟` above `极光）`."""
    if not HAN.search(folded, before.start, before.end):
        return False
    if folded[before.end - 1] == "、":
        return True
    opening = max(folded.rfind(mark, before.start, before.end) for mark in _OPENING)
    closed = max(folded.rfind(mark, before.start, before.end) for mark in _CLOSING)
    if opening <= closed or before.end - opening > _MOST_OPEN or folded[before.end - 1] in _STOPS:
        return False
    depths = accumulate(1 if mark[0] in _OPENING else -1 for mark in _BRACKET.finditer(folded, after.start, after.end))
    return any(depth < 0 for depth in depths)


def may_go_on(text: str, folded: str, lines: Sequence[Line], number: int) -> bool:
    """Say whether a line may go on in the next one: that is right below, and begins nothing of its own."""
    before, after = lines[number : number + 2]
    if before.in_table or after.in_table or text.count("\n", before.end, after.start) != 1:
        return False
    for line in (before, after):
        if (
            _OTHER_LINE.match(folded, line.start, line.end)
            or _COLUMNS.search(text, line.start, line.end)
            or _RULED.fullmatch(text, line.start, line.end)
        ):
            return False
    if not after.markers:
        return True
    marker = after.markers[0]
    if marker.family == "1 " or is_measure(text, marker):
        return True
    # "What we use it for", and below it "1.1 Accounts": a heading may end so, too.
    heads = text[marker.end : marker.end + 2].lstrip()[:1].isupper()
    cut = is_cut(folded, before) and not heads
    return cut and (bool(marker.path) or marker.family == QUESTION) and not _begins_item(lines, number + 1)


def _begins_item(lines: Sequence[Line], number: int) -> bool:
    """Say whether a line is an item by what stands near it: "(a)" with a "(b)" below it, "(b)" with an "(a)" above it.

    One of several parts is more often spoken of: "as in section", and below it "4.2".
    """
    above = lines[max(number - _NEAR_LINES, 0) : number]
    below = lines[number + 1 : number + 1 + _NEAR_LINES]
    for marker in lines[number].markers:
        before, after = _next_number(reversed(above), marker), _next_number(below, marker)
        if len(marker.path) == 1 and (
            before != 1 and after == 2 if marker.number == 1 else before == marker.number - 1 and after != marker.number
        ):
            return True
    return False


def _next_number(lines: Iterable[Line], marker: Marker) -> int | None:
    """Return the number of the first line that has one of the same list; None if none has."""
    return next((other.number for line in lines for other in line.markers if other.series == marker.series), None)


def wrapped_lines(text: str, folded: str, lines: Sequence[Line]) -> set[int]:
    """Return the numbers of the lines that go on in the next one, if an editor wrapped the text at a width.

    Such a text has lines that end in the middle of a sentence where the next word had no room, all at one width.
    """
    near = {
        number: _columns(text, line)
        for number, line in enumerate(lines[:-1])
        if line.end - line.start <= WRAPPED[1] and may_go_on(text, folded, lines, number)
    }
    open_lines = [
        (columns, _room(text, lines[number + 1]))
        for number, columns in near.items()
        if WRAPPED[0] <= columns <= WRAPPED[1] and is_open(text, folded, lines[number], lines[number + 1])
    ]
    width, explained = _best_width(open_lines)
    least = _LEAST_WRAPPED_HAN if HAN.search(text) else _LEAST_WRAPPED
    wider = sum(_columns(text, line) > width + _WRAP_SLACK for line in lines)
    if explained < max(least, wider, _SHARE_WRAPPED * len(open_lines)):
        return set()
    found: set[int] = set()
    # From below, as what goes on itself is no heading.
    for number in sorted(near, reverse=True):
        before, after = lines[number], lines[number + 1]
        full = near[number] <= width + _WRAP_SLACK and width <= near[number] + _room(text, after)
        if is_open(text, folded, before, after):
            # A long Chinese heading looks like a line that somebody changed after it was wrapped.
            goes_on = full or (near[number] > width // 2 and not HAN.match(text, after.start))
        else:
            heads = number + 1 not in found and is_heading_text(folded, after.start, after.end)
            goes_on = full and not heads and _may_end_inside(text, folded, before, after)
        if goes_on:
            found.add(number)
    return found


def is_open(text: str, folded: str, before: Line, after: Line) -> bool:
    """Say whether a line ends, and the next one begins, in the middle of a sentence."""
    if text[after.start] in _NEVER_FIRST:
        return True
    if folded[before.end - 1] in _STOPS:
        return False
    first = text[after.start : after.start + 3].lstrip("(\"'“‘")[:1]
    return first.islower() or HAN.match(first) is not None or is_unfinished(folded, before)


def _may_end_inside(text: str, folded: str, before: Line, after: Line) -> bool:
    """Say whether a full line may end inside a paragraph: after a sentence, or before a capital or a number."""
    last = folded[before.end - 1]
    if text[before.start : before.end].isupper() and not text[after.start : after.end].isupper():
        return False
    return last not in ":;" and not (last in _STOPS and HAN.search(text, before.start, before.end))


def _columns(text: str, line: Line) -> int:
    """Return how many columns a line is wide, with its indent."""
    head = text[max(line.start - _MOST_INDENT, 0) : line.start]
    indent = len(head) - len(head.rstrip(" \t"))
    return indent + line.end - line.start + len(_WIDE.findall(text, line.start, line.end))


def _room(text: str, line: Line) -> int:
    """Return how many columns the first word of a line wants behind another."""
    word = _FIRST_WORD.match(text, line.start, line.end)
    return _WRAP_SLACK + (len(word[0]) + len(_WIDE.findall(word[0])) if word else 1)


def _best_width(lines: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the width at which most lines may have been wrapped, and how many these are."""
    changes = [0] * (3 * WRAPPED[1])
    for columns, room in lines:
        changes[columns] += 1
        changes[min(columns + room, len(changes) - 1)] -= 1
    counts = list(accumulate(changes))
    explained = max(counts)
    return counts.index(explained), explained
