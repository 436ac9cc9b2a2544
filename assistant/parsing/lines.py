"""Lines: those of a text that are not blank, with the markers in them, and a table's row as one line.

Nothing here knows of clauses. Positions are offsets into the folded text, which has the same length as the text itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.parsing.headings import COLON, HEADING_CHARS, LEADS_IN, run_in
from assistant.parsing.markers import PARTS, QUESTION, Marker, markers_at, numbers_at, stands_alone, value_of
from assistant.text import stripped
from assistant.text.numerals import HAN_NUMERAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.text import Span

# Where a clause may begin inside a line: after a sentence, a colon or a semicolon, and in
# "三、共享 1. 原则 …" or "第一章 总则 第一条 …" after the blank behind a heading.
_INSIDE = re.compile(
    r"(?P<end>[。;:!?])\s*[\"')]?\s*(?:(?:以及|及|和|and|or)\s*)?|(?<=[a-z)\"'])(?P<stop>\.)\s+"
    rf"|(?<=[一-鿿])\s+(?=\(?(?:\d{{1,2}}|[{HAN_NUMERAL}]{{1,2}})\s?[、.)]|第)"
)
# A line from its first visible character on: byte order marks and zero-width spaces hide numbers.
_VISIBLE_LINE = re.compile(r"[^\s\u200b-\u200f\u2060\ufeff][^\n\r\x0b\x0c\u2028\u2029]*")
_CAPITAL = re.compile(r"[ \t]{1,9}[\"“(]?[A-Z]")
_MAX_ROW_LINES = 30
_MAX_CELL_LINES = 8


@dataclass(frozen=True, slots=True)
class _Inside:
    """A place inside a line where a clause may begin."""

    after: str
    """The mark before it: `:` introduces a list, `.` ends an English sentence, and nothing stands for a blank."""
    start: int
    """Where the mark before it starts."""
    markers: tuple[Marker, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the white space around it, or a row of a table."""

    start: int
    end: int
    markers: tuple[Marker, ...] = ()
    inside: tuple[_Inside, ...] = ()
    in_table: bool = False

    @property
    def body(self) -> int:
        """Where the line's words start, after its number."""
        return self.markers[0].end if self.markers else self.start


def read_lines(text: str, folded: str) -> list[Line]:
    """Return the lines of a text that are not blank, a table row being one line."""
    spans = [span for match in _VISIBLE_LINE.finditer(folded) if (span := stripped(folded, *match.span()))]
    borders = [_borders(folded, *span) for span in spans]
    lines: list[Line] = []
    number = 0
    while number < len(spans):
        if rows := _table_at(folded, spans, borders, number):
            lines.extend(Line(spans[first][0], spans[last][1], in_table=True) for first, last in rows)
            number = rows[-1][1] + 1
        elif is_told_row(folded, *spans[number]):
            lines.append(Line(*spans[number], in_table=True))
            number += 1
        else:
            start, end = spans[number]
            lines.append(Line(start, end, markers_at(folded, start, end), tuple(_inside(folded, start, end))))
            number += 1
    return _with_glued(folded, _without_strays(text, folded, lines))


def _without_strays(text: str, folded: str, lines: Sequence[Line]) -> list[Line]:
    """Return the lines without what only looks like a number: "A2 Hosting is …", "Annex I of the Regulation …"."""
    markers = [marker for line in lines for marker in line.markers]
    codes = {marker.path for marker in markers if marker.family == "a1"}
    parts = {marker.path for marker in markers if marker.family in PARTS}
    # "Q1" and "A1" are a question and its answer.
    never = {value_of("q", "a1"), *(value_of("a", "a1") for marker in markers if marker.family == QUESTION)}
    section: tuple[int, ...] = ()
    found: list[Line] = []
    for line in lines:
        kept: list[Marker] = []
        for marker in line.markers:
            path = marker.path
            if marker.family == "a1":
                beside = any((*path[:-1], path[-1] + step) in codes for step in (-1, 1))
                if path[0] in never or not (beside or path[:1] in parts):
                    continue
            elif marker.family == "section":
                if not _begins_section(text, folded, marker, line.end, section):
                    continue
                section = path
            elif marker.family == "appendix" and _is_mentioned(text, marker, line.end):
                continue
            kept.append(marker)
        found.append(line if len(kept) == len(line.markers) else replace(line, markers=tuple(kept)))
    return found


def _is_mentioned(text: str, marker: Marker, line_end: int) -> bool:
    """Say whether an appendix is only spoken of, and none begins: "Annex I of the Regulation", "Schedule a call"."""
    words = stripped(text, marker.end, line_end)
    if words is None or text[marker.end - 1] in ".:：、":
        return False
    return text[words[0]].islower() or text.endswith(" a", marker.label, marker.end)


# "1.7天卡9.9元": the first item, about seven days, as "2.骑行卡不可转赠" below it tells.
_GLUED = re.compile(
    r"(\d{1,2})\.(?=(\d{1,4})(?:个?[天日周月年]|个?小时|分钟|[元块折次人岁倍名张件台楼层级]|公里|公斤|万元|平方米|个工作日))"
)


def _with_glued(folded: str, lines: Sequence[Line]) -> list[Line]:
    """Return the lines with the numbers of items that run into an amount, where items beside them tell."""
    dotted = {marker.path for line in lines for marker in line.markers if marker.family == "1.1"}
    glued: dict[int, tuple[str, int]] = {}
    for i, line in enumerate(lines):
        match = None if line.in_table else _GLUED.match(folded, line.start, line.end)
        # Beside "1.6" it is "1.7".
        if match and not any((int(match[1]), int(match[2]) + step) in dotted for step in (-1, 1)):
            glued[i] = match[1], int(match[1])
    if not glued:
        return list(lines)
    plain = [next((m.number for m in line.markers if m.family == "1."), 0) for line in lines]
    # From the end, what comes next; then from the start, what came before.
    following, nexts = 0, dict.fromkeys(glued, 0)
    for i in range(len(lines) - 1, -1, -1):
        if i in glued:
            nexts[i] = following
            following = glued[i][1] if following == glued[i][1] + 1 else following
        elif lines[i].markers:
            following = plain[i]
    before, at = 0, -1
    found = list(lines)
    for i, line in enumerate(lines):
        if i not in glued:
            before, at = (plain[i], i) if line.markers else (before, at)
            continue
        label, number = glued[i]
        last = number > 1 and at == i - 1 and nexts[i] != number and folded[lines[at].end - 1] in ";。"
        if number == before + 1 and (nexts[i] == number + 1 or last):
            end = line.start + len(label) + 1
            found[i] = replace(line, markers=(Marker("1.", (number,), line.start, line.start, end),))
            before, at = number, i
    return found


def _begins_section(text: str, folded: str, marker: Marker, line_end: int, before: tuple[int, ...]) -> bool:
    """Say whether "Section 4.2" begins that section: a heading follows, or it comes next after the section before.

    Args:
        text: The policy.
        folded: The folded text.
        marker: Its marker.
        line_end: Where its line ends.
        before: Number of the section before, empty if there is none.
    """
    if stands_alone(folded, marker.end, line_end):
        return True
    path, depth = marker.path, len(marker.path)
    due = path == (*before, 1) or path == (*before[: depth - 1], *(part + 1 for part in before[depth - 1 : depth]))
    words = stripped(text, marker.end, line_end)
    heading = run_in(text, *words) if words else None
    headed = heading is not None and heading[1] + 1 < line_end
    # Of one number only, "Article 6 GDPR. This …" may be a law's.
    return (due or headed if depth > 1 else due and headed) and _CAPITAL.match(text, marker.end, line_end) is not None


def _inside(folded: str, start: int, end: int) -> Iterator[_Inside]:
    for match in _INSIDE.finditer(folded, start, end):
        if match.end() < end and (markers := numbers_at(folded, match.end(), end, match.end())):
            yield _Inside(match["end"] or match["stop"] or "", match.start(), markers)


def _borders(folded: str, start: int, end: int) -> int:
    """Return how many borders of cells a line has: tabs behind its number, or Markdown's bars."""
    if folded[start] == "|" == folded[end - 1]:
        return folded.count("|", start, end)
    if "\t" not in folded[start:end]:
        return 0
    markers = markers_at(folded, start, end)
    body = stripped(folded, markers[0].end if markers else start, end)
    return folded.count("\t", *body) if body else 0


def _table_at(folded: str, spans: Sequence[Span], borders: Sequence[int], first: int) -> list[tuple[int, int]]:
    """Return the first and last line of each row of the table that starts at a line, if one does."""
    rows: list[tuple[int, int]] = []
    number = first
    while number < len(spans) and borders[number]:
        last = _row_end(folded, spans, borders, number, borders[first])
        rows.append((number, last))
        number = last + 1
    return rows if len(rows) > 1 else []


def _row_end(folded: str, spans: Sequence[Span], borders: Sequence[int], first: int, width: int) -> int:
    """Return the last line of a row.

    The cells of a row may have lines, and numbers, of their own: a row lasts until it has
    as many borders as the table's first one.
    """
    found, last = 0, first
    for number in range(first, min(first + _MAX_ROW_LINES, len(spans))):
        start, end = spans[number]
        if found >= width or (not borders[number] and end - start > 2 * HEADING_CHARS):
            break
        found += borders[number]
        last = number if borders[number] else last
    # What is between two rows goes on the last cell of the first.
    for number in range(last + 1, min(last + 1 + _MAX_CELL_LINES, len(spans))):
        start, end = spans[number]
        if borders[number]:
            return number - 1
        if end - start > HEADING_CHARS or markers_at(folded, start, end):
            break
    return last


# What parts a row of a list that is printed without marks: "Logs – 30 days", `日志：六个月`.
_ROW = re.compile(
    r"[^。;:!?\n]{1,60}?[^\s。;:!?](?: [–—-]{1,2} |——)\s*\S|([^。;:,!?\n]{1,40})" + COLON.pattern + r"\s*[^\s/]"
)


CELL_BREAK = " | "
"""What stands between the cells of a row that is told with the heads of its columns: `Data: phone | Purpose: login`."""


def is_told_row(folded: str, start: int, end: int) -> bool:
    """Say whether a line is a row of a table whose cells are told with the heads of their columns."""
    at = folded.find(CELL_BREAK, start, end)
    if at < 0 or folded[start] == "|":
        return False
    return all(":" in cell[:-1] for cell in folded[at + len(CELL_BREAK) : end].split(CELL_BREAK))


def row_mark(folded: str, start: int, end: int) -> str:
    """Return the mark that parts a name from what is said of it, if a line may be a row of a list without marks."""
    row = _ROW.match(folded, start, end)
    if row is None:
        return ""
    name = row[1]
    if name is None:
        return "–"
    return "" if LEADS_IN.search(name.rstrip()) or name.count("(") != name.count(")") else ":"
