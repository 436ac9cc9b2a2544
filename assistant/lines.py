"""What the lines of a policy look like: markers in them, headings, table rows, tables of contents.

Nothing here knows of clauses. Positions are offsets into the folded text, which has the same
length as the text itself; `assistant.parsing` makes the tree of what is found here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from assistant.numerals import HAN_NUMERAL, han_number, roman_number
from assistant.policy import BULLETS
from assistant.text import stripped
from assistant.units import CURRENCIES_EN, CURRENCIES_ZH, PERIODS_EN, PERIODS_ZH, any_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.text import Span

# --- Markers ---------------------------------------------------------------------------

# 一千二百六十 is the longest that lists get to.
_HAN_NUMERAL = rf"[{HAN_NUMERAL}]{{1,7}}"
_CIRCLED = ((0x2460, 0x2473), (0x2474, 0x2487), (0x2488, 0x249B), (0x2776, 0x277F), (0x3220, 0x3229))
RANKS = {"编": 0, "部分": 0, "章": 1, "节": 2, "条": 3, "款": 4, "项": 5}
_SIMPLIFIED = {"編": "编", "節": "节", "條": "条", "項": "项"}


@dataclass(frozen=True, slots=True)
class Marker:
    """A number, letter, bullet or Markdown mark at the start of a block."""

    family: str
    """Kind of number with its punctuation; blocks of one list share it."""
    path: tuple[int, ...]
    """The number; several for `2.1`, none for a bullet or a heading without one."""
    start: int
    label: int
    """Where the number starts, after `**` or `##`."""
    end: int
    """Where the number ends."""
    rank: int | None = None
    """Depth that the family fixes by itself: Markdown's `##`, or 章 above 条."""

    @property
    def number(self) -> int:
        """Last part of the number; 0 without one."""
        return self.path[-1] if self.path else 0

    @property
    def series(self) -> tuple[str, tuple[int, ...]]:
        """What the items of one list have in common."""
        return self.family, self.path[:-1]


_WORDED = r"(?:section|article|chapter|clause|part)"
# Tried in order on folded text, at the start of a line or of a sentence.
_NUMBER_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # "第二条的规定" and "第一条第二款" are references to a clause, not its start.
    (
        "第",
        re.compile(
            rf"第\s*({_HAN_NUMERAL}|\d{{1,3}})\s*(部分|[编編章节節条條款项項])"
            r"(?=$|[\s、:.【《]|(?![的规規所中之款项項第和及至或与與以])[一-鿿])"
        ),
    ),
    # "Section 3 applies" is a reference: without punctuation after it, the line must be a heading.
    (
        "section",
        re.compile(rf"{_WORDED}\s+(\d{{1,3}}(?:\.\d{{1,2}}){{0,3}}|[ivx]{{1,6}})(?=$|[\s.:)–—-])[.:)]?"),
    ),
    # A letter needs a mark after it: "part a of the form" is none.
    ("section a", re.compile(rf"{_WORDED}\s+([a-z])(?:[.:)]|(?=$|\s{{0,3}}[–—-]\s))")),
    (
        "appendix",
        re.compile(
            rf"(?:附\s*件|附\s*[录錄]|附表)\s*([{HAN_NUMERAL}]{{1,3}}|\d{{1,2}})?(?=$|[\s、:.《])[、:.]?|附:"
            r"|(?:appendix|annex|schedule)(?:\s+(\d{1,2}|[a-h])(?=$|[\s:.–—-])|(?=$|:))[:.]?"
        ),
    ),
    ("一、", re.compile(rf"({_HAN_NUMERAL})\s*[、.]")),
    ("(一)", re.compile(rf"\(\s*({_HAN_NUMERAL})\s*\)[、.]?")),
    ("一)", re.compile(rf"({_HAN_NUMERAL})\s*\)")),
    # Not "1.5倍", "2.1%" and "10.5mb"; but "1.3App permissions" is one.
    ("1.1", re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,4})(?!\d|%|\.\d)[.、]?(?=$|\s|[a-z]{3}|[^\d\s.%a-z+\-/倍万亿元])")),
    # "A1.", "B2", "C.3": the letter of a part, and a number in it.
    ("a1", re.compile(r"([a-z]\.?\d{1,2}(?:\.\d{1,2}){0,3})(?:、|[.:)](?=\s|[一-鿿])|(?=\s))")),
    ("1、", re.compile(r"(\d{1,3})\s*、")),
    ("1.", re.compile(r"(\d{1,3})\s*\.(?![\d.])")),
    ("1)", re.compile(r"(\d{1,3})\s*\)")),
    ("1 ", re.compile(r"(\d{1,2})[ \t]+(?=[一-鿿a-z][^。,;:!\n]{1,40}$)")),
    ("(1)", re.compile(r"\(\s*(\d{1,3})\s*\)[、.]?")),
    ("①", re.compile(r"([①-⒛❶-❿㈠-㈩])[、.]?")),
    ("i.", re.compile(r"([ivx]{1,5})[.)、](?=\s|[一-鿿])")),
    ("(i)", re.compile(r"\(([ivx]{1,5})\)")),
    ("a.", re.compile(r"([a-z])(?:、|[.)](?=\s|[一-鿿]))")),
    ("(a)", re.compile(r"\(([a-z])\)")),
)
_CODE_PARTS = re.compile(r"[a-z]|\d{1,2}")
_CAPITAL = re.compile(r"[ \t]{1,9}[\"“(]?[A-Z]")
_MARKDOWN = re.compile(r"(#{1,6})[ \t]+")
QUESTION = "q"
"""Family of the marks of questions, such as `Q1:` and `问：`, in a list of questions and answers."""
_QUESTION_MARK = re.compile(
    rf"(?:q(?:uestion)?|[问問][题題]?)\s{{0,3}}(?:({_HAN_NUMERAL}|\d{{1,3}})(?:\s{{0,3}}[:.、]|(?<=\d)(?=\s))|:|(?<=q)\.)"
    r"[ \t]{0,9}(?=\S)"
)
_QUESTION_RANK = 6
_ANSWER_MARK = re.compile(rf"(?:a(?:nswer)?|答[案复覆]?)\s{{0,3}}(?:{_HAN_NUMERAL}|\d{{1,3}})?\s{{0,3}}([:.、])")
# "Ø" is how a bullet of a symbol font comes out of a word processor.
_BULLET = re.compile(rf"([{BULLETS}])[ \t]*(?=\S)|(ø)[ \t]*(?=[一-鿿])|([-*–—])[ \t]+(?=\S)")
BOLD = re.compile(r"(?:\*\*|__)(?=\S)")
# Most lines and sentences begin with nothing of the table's: a cheap look spares them its patterns.
_MAY_BE_NUMBER = re.compile(
    rf"[\d(①-⒛❶-❿㈠-㈩第附问問{HAN_NUMERAL}]|[a-z](?:[.)、]|\d|[ivx]{{1,4}}[.)、])|[saciep][a-z]{{3,}}|q"
)
# A list may go on in another's punctuation: "1、", "2.", "3)".
STYLES = {
    family: families[0]
    for families in (("1、", "1.", "1)", "1 "), ("一、", "一)"), ("a.", "(a)"), ("i.", "(i)"))
    for family in families
}
_ROMAN_FAMILIES = frozenset({"i.", "(i)", "section"})
_LETTER_FAMILIES = frozenset({"a.", "(a)", "section a"})
# What the first part of "4.1" may be printed as above it; never the "(4)" of a list.
DOTTED_PARENTS = frozenset({"一、", "1、", "1.", "1)", "1 ", "1.1", "#", "section", *RANKS})
PARTS = frozenset({"section a", "appendix", "a."})
"""What the letter of "A1." may be printed as above it."""
_NEEDS_HEADING = frozenset({"section", "section a", "appendix"})
# Inside a line these are versions, initials and references far more often than numbers of clauses.
NEVER_INSIDE = frozenset({"1.1", "a1", "i.", "a.", "1 ", *_NEEDS_HEADING})


def _markers_at(folded: str, position: int, end: int) -> tuple[Marker, ...]:
    """Return the readings of the marker at `position`: none, one, or two for `(i)`.

    "Section 4.2" and "A2" may turn out to be none.
    """
    start = position
    if bold := BOLD.match(folded, position, end):
        position = bold.end()
    if hashes := _MARKDOWN.match(folded, position, end):
        number = next(iter(_numbers_at(folded, hashes.end(), end, start)), None)
        # "A2 Hosting" is a name.
        number = None if number and number.family == "a1" and folded[number.end - 1].isdecimal() else number
        rank = len(hashes[1])
        if number:
            return (Marker("#", number.path, start, number.label, number.end, rank),)
        return (Marker("#", (), start, hashes.end(), hashes.end(), rank),)
    if not bold and (bullet := _BULLET.match(folded, position, end)):
        index = bullet.lastindex or 0
        return (Marker(bullet[index], (), start, start, bullet.end(index)),)
    return _numbers_at(folded, position, end, start, loose=True)


def _numbers_at(folded: str, position: int, end: int, start: int, *, loose: bool = False) -> tuple[Marker, ...]:
    if not _MAY_BE_NUMBER.match(folded, position, end):
        return ()
    if question := _QUESTION_MARK.match(folded, position, end):
        path = (_value(question[1], QUESTION),) if question[1] else ()
        # The mark alone says nothing that a person could find the question by.
        label = position if path else question.end()
        return (Marker(QUESTION, path, start, label, question.end(), _QUESTION_RANK),) if all(path) else ()
    found: list[Marker] = []
    for family, pattern in _NUMBER_MARKS:
        # Only a Roman number has a second reading, as a letter.
        if (found and family not in _LETTER_FAMILIES) or not (match := pattern.match(folded, position, end)):
            continue
        checked_later = loose and family == "section"
        if family in _NEEDS_HEADING and not checked_later and not _stands_alone(folded, match.end(), end):
            continue
        if marker := _read_number(family, match, start):
            found.append(marker)
            if family not in _ROMAN_FAMILIES:
                break
    return tuple(found)


def _stands_alone(folded: str, marker_end: int, end: int) -> bool:
    """Say whether a marker is followed by punctuation or a heading, not by the rest of a sentence."""
    rest = stripped(folded, marker_end, end)
    return folded[marker_end - 1] in ".:)" or rest is None or is_heading_text(folded, *rest)


def _read_number(family: str, match: re.Match[str], start: int) -> Marker | None:
    numeral = next(filter(None, match.groups()), "")
    if family == "第":
        family = _SIMPLIFIED.get(match[2], match[2])
    parts = _CODE_PARTS.findall(numeral) if family == "a1" else numeral.split(".")
    path = tuple(_value(part, family) for part in parts)
    return Marker(family, path, start, match.start(), match.end(), RANKS.get(family)) if all(path) else None


def _value(numeral: str, family: str) -> int:
    if not numeral:
        # The only appendix has no number.
        return 1
    if numeral.isdecimal():
        return int(numeral)
    if family == "①":
        return 1 + next(ord(numeral) - low for low, high in _CIRCLED if low <= ord(numeral) <= high)
    if numeral[0] in HAN_NUMERAL:
        return han_number(numeral)
    if family in _ROMAN_FAMILIES:
        return roman_number(numeral)
    return ord(numeral) - ord("a") + 1


# What is counted or measured: "1.5 days", "2 years", "3.5天以内", "9.50 EUR". A heading has a capital: "1.1 Hours".
_UNIT_ZH = (
    rf"(?:{any_unit(PERIODS_ZH, CURRENCIES_ZH)}|[月周倍元万萬亿億块角折米克吨升]|个?百分点"
    r"|厘米|毫米|公里|千米|公斤|千克|毫升|平方米|立方米)"
    r"(?=$|[\s,，。;；:：、()（）/]|以|之|内|內|后|後|前|的|至|到|或|及|起|左右|每|为|不|者)"
)
_UNIT_EN = (
    rf"(?:{any_unit(PERIODS_EN, CURRENCIES_EN)}|nights?"
    r"|times|percent(?:age)?|per ?cent|points?|pence|cents?|thousand|million|billion"
    r"|kilomet(?:er|re)s?|met(?:er|re)s?|miles?|inch(?:es)?|feet|lit(?:er|re)s?|gallons?|kilograms?|kilos?|grams?|tonn?es?"
    r"|ounces?|lbs?|oz|km|cm|mm|kg|mg|ml)\b"
)
_UNIT_SIGN = r"(?:EUR|USD|GBP|CNY|RMB|HKD|TWD|JPY|CHF|AUD|CAD|SGD|[KMGT]i?B|[kmgt]b|GHz|MHz|kWh?)\b|[%％‰€$£¥￥°℃]"
_MEASURE = re.compile(rf"[ \t\u3000-]{{0,2}}(?:{_UNIT_ZH}|{_UNIT_EN}|{_UNIT_SIGN})")


def is_measure(text: str, marker: Marker) -> bool:
    """Say whether a number says how much there is of something, and not which clause begins; `text` is as written."""
    return marker.family in ("1.1", "1 ") and _MEASURE.match(text, marker.end) is not None


# --- What lines look like ----------------------------------------------------------------

HEADING_CHARS = 40
MARKED_CHARS = 160
"""Longest line that Markdown's marks make a heading."""
_HEADING_WORDS = 12
_QUESTION_WORDS = 20
HAN = re.compile(r"[一-鿿]")
_LETTER = re.compile(r"[^\W\d_]")
_NOISE = re.compile(r"[\W_]+")
_TERMINAL = "。;!,…、"
# A phrase that announces what follows it and names nothing.
LEADS_IN = re.compile(
    r"以下|如下|下列|下述|下文|包括|限[于於]|例如|比如|(?:理解|注意|知悉|认可|同意|建议|承诺|提示|保证|中|[时時]|即|是|有|[为為])$"
    r"|following|below|includ|such as|\bnote$"
)
# What a heading without a number does not say: it names, it does not tell.
TELLS = re.compile(r"以下|如下|下列|下述|[您你](?:可以|可|需|应)|提供了|^[请請]")
_TALKS = re.compile(
    r"您|你|我[们們]|^[在如若当當对對根按其除]|\b(?:we|us|our|you|your)\b|^(?:in|if|when|where|under)\s"
)
# Words that want another after them: a line that ends with one was cut, or is an item of a list.
UNFINISHED = re.compile(
    r"(?:(?<!目)的|(?<![参參])[与與]|[于於了和或及以把将將]"
    r"|\b(?:and|or|of|the|an?|our|your|only|if|that|may|must|can|will|(?:when|if|where|that) (?:you|we|they)))$"
)


def is_heading_text(folded: str, start: int, end: int) -> bool:
    """Say whether `folded[start:end]` reads like a heading: short, whole, and not a sentence."""
    if not 0 < end - start <= 2 * HEADING_CHARS:
        return False
    heading = folded[start:end].rstrip("*_# ")
    stem = heading.rstrip(": ")
    if not _LETTER.search(stem) or heading[-1] in _TERMINAL or UNFINISHED.search(stem):
        return False
    if "。" in heading or "\t" in heading or "://" in heading or heading.count("(") != heading.count(")"):
        return False
    if heading[-1] == ":" and (LEADS_IN.search(stem) or _TALKS.search(stem)):
        return False
    if HAN.search(heading):
        return len(heading) <= HEADING_CHARS and not re.search(r"[:;,?](?!$)", heading)
    # "Do you use cookies?" is a heading of questions and answers.
    words = _QUESTION_WORDS if heading[-1] == "?" else _HEADING_WORDS
    return len(heading.split()) <= words and not re.search(r"[:;](?!$)|[.!](?:\s|$)|\?\s", heading)


def is_bold_question(folded: str, start: int, end: int) -> bool:
    """Say whether a line is a question in bold, and nothing else; it may be longer than other headings."""
    if end - start > MARKED_CHARS or not BOLD.match(folded, start, end) or folded[end - 2 : end] not in ("**", "__"):
        return False
    question = folded[start:end].strip("*_ ")
    return question.endswith("?") and "**" not in question and not re.search(r"[。;]|[.?!]\s", question)


# "4.2 New Sub-processors. We shall …"
_RUN_IN = re.compile(r"[A-Z][^\s.:;,?!]{0,40}(?:[ \t]{1,3}[^\s.:;,?!]{1,40}){0,5}(?=\.(?:\s{1,9}[\"“(A-Z\d]|\s{0,9}$))")
# "No. We never do." answers, and an abbreviation ends nothing.
_ENDS_NOTHING = frozenset(
    ("Yes", "No", "Nos", "Art", "Sec", "Inc", "Ltd", "Co", "Corp", "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "vs", "etc")
)


def run_in(text: str, start: int, end: int) -> Span | None:
    """Return the span of the English heading that `text[start:end]` begins with, which ends like a sentence: `Payment`.

    Up to six words are one.
    """
    heading = _RUN_IN.match(text, start, end)
    return None if heading is None or heading[0].split()[-1] in _ENDS_NOTHING else heading.span()


def answer_mark(folded: str, start: int, end: int) -> str:
    """Return the punctuation of the mark of an answer that a line begins with, as in `A:` and `答：`, if it does."""
    bold = BOLD.match(folded, start, end)
    answer = _ANSWER_MARK.match(folded, bold.end() if bold else start, end)
    return answer[1] if answer else ""


# What parts a row of a list that is printed without marks: "Logs – 30 days", `日志：六个月`.
_ROW = re.compile(r"[^。;:!?\n]{1,60}?[^\s。;:!?](?: [–—-]{1,2} |——)\s*\S|([^。;:,!?\n]{1,40}):\s*[^\s/]")


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


def squeeze(folded: str) -> str:
    """Return the letters of a heading, without spaces and punctuation."""
    return _NOISE.sub("", folded)


# --- Lines -----------------------------------------------------------------------------

# Where a clause may begin inside a line: after a sentence, a colon or a semicolon, and in
# "三、共享 1. 原则 …" or "第一章 总则 第一条 …" after the blank behind a heading.
_INSIDE = re.compile(
    r"(?P<end>[。;:!?])\s*[\"')]?\s*(?:(?:以及|及|和|and|or)\s*)?|(?<=[a-z)\"'])(?P<stop>\.)\s+"
    rf"|(?<=[一-鿿])\s+(?=\(?(?:\d{{1,2}}|[{HAN_NUMERAL}]{{1,2}})\s?[、.)]|第)"
)
# A line from its first visible character on: byte order marks and zero-width spaces hide numbers.
_VISIBLE_LINE = re.compile(r"[^\s\u200b-\u200f\u2060\ufeff][^\n\r\x0b\x0c\u2028\u2029]*")
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
            lines.append(Line(start, end, _markers_at(folded, start, end), tuple(_inside(folded, start, end))))
            number += 1
    return _without_strays(text, folded, lines)


def _without_strays(text: str, folded: str, lines: Sequence[Line]) -> list[Line]:
    """Return the lines without what only looks like a number: "A2 Hosting is …", "Section 4.2 applies to …"."""
    markers = [marker for line in lines for marker in line.markers]
    codes = {marker.path for marker in markers if marker.family == "a1"}
    parts = {marker.path for marker in markers if marker.family in PARTS}
    # "Q1" and "A1" are a question and its answer.
    never = {_value("q", "a1"), *(_value("a", "a1") for marker in markers if marker.family == QUESTION)}
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
            kept.append(marker)
        found.append(line if len(kept) == len(line.markers) else replace(line, markers=tuple(kept)))
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
    if _stands_alone(folded, marker.end, line_end):
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
        if match.end() < end and (markers := _numbers_at(folded, match.end(), end, match.end())):
            yield _Inside(match["end"] or match["stop"] or "", match.start(), markers)


def _borders(folded: str, start: int, end: int) -> int:
    """Return how many borders of cells a line has: tabs behind its number, or Markdown's bars."""
    if folded[start] == "|" == folded[end - 1]:
        return folded.count("|", start, end)
    if "\t" not in folded[start:end]:
        return 0
    markers = _markers_at(folded, start, end)
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
        if end - start > HEADING_CHARS or _markers_at(folded, start, end):
            break
    return last


# --- Lines that an editor wrapped -----------------------------------------------------------

WRAPPED = (50, 130)
"""Columns of the lines that an editor wrapped, a Chinese character having two; others were meant as lines."""
_WRAP_SLACK = 4
"""Columns that a line may lack, as punctuation begins none and hyphens end some."""
_MOST_INDENT = 40
_LEAST_WRAPPED = 2
_LEAST_WRAPPED_HAN = 3
_SHARE_WRAPPED = 0.8
_STOPS = frozenset(".!?:;。…")
# A word, or a Chinese character with what must not be divided from it.
_FIRST_WORD = re.compile(r"[㐀-鿿][^\w\s]{0,2}|[^\s㐀-鿿]{1,60}")
_WIDE = re.compile(r"[\u2e80-\u9fff\uff00-\uff60]")
_COLUMNS = re.compile(r"\t|\S {3}")
# What headings, tables, quotes, markup and programs begin with.
_OTHER_LINE = re.compile(r"#{1,6}\s|[|>]|<[a-z/!?]|```|~~~")
_RULED = re.compile(r"[\W_]{3,}")
_NEVER_FIRST = frozenset("，。、；：！？）》」』”")
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


def may_go_on(text: str, folded: str, before: Line, after: Line) -> bool:
    """Say whether a line may be the rest of the one before it: it is right below, and begins nothing of its own."""
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
    return (bool(marker.path) or marker.family == QUESTION) and is_cut(folded, before) and not heads


def wrapped_lines(text: str, folded: str, lines: Sequence[Line]) -> set[int]:
    """Return the numbers of the lines that go on in the next one, if an editor wrapped the text at a width.

    Such a text has lines that end in the middle of a sentence where the next word had no room, all at one width.
    """
    near = {
        number: _columns(text, before)
        for number, (before, after) in enumerate(pairwise(lines))
        if before.end - before.start <= WRAPPED[1] and may_go_on(text, folded, before, after)
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


# --- Tables of contents ------------------------------------------------------------------

_CONTENTS_TITLE = re.compile(r".{0,30}(?:目\s*[录錄]|目\s*次)\s*:?|(?:table of )?contents\s*:?|index")
_CONTENTS_ANNOUNCED = re.compile(r"目录|内容(?:如下)?:$|(?:部分|章节)(?:组成)?:$")
_PAGE_NUMBER = re.compile(r"[.…·\s]*\d{1,3}\s*$")
_LEAST_ENTRIES = 3
_LEAST_UNTITLED = 5
_MOST_RETURNS = 4


def find_contents(folded: str, lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Return the first and last line of each table of contents.

    It is a run of short lines that come back, in part, as the headings of later lines.
    """
    runs: list[list[int]] = []
    number = 0
    while number < len(lines):
        run = _short_run(folded, lines, number)
        if len(run) >= _LEAST_ENTRIES:
            runs.append(run)
        number += max(len(run), 1)
    keys = {number: _entry(folded, lines[number]) for run in runs for number in run}
    returns = _headings_with(folded, lines, {key for key in keys.values() if len(key) > 1})
    return [found for run in runs if (found := _contents_in(folded, lines, run, keys, returns))]


def _short_run(folded: str, lines: Sequence[Line], first: int) -> list[int]:
    """Return the numbers of the short lines from `first` on, up to one that repeats another."""
    seen: set[str] = set()
    run: list[int] = []
    announced = first > 0 and _announces_contents(folded, lines[first - 1])
    for number in range(first, len(lines)):
        line = lines[number]
        ended = folded[line.end - 1]
        # Of an entry only the number may be left.
        sentence = ended in _TERMINAL and line.body < line.end and not (announced and line.markers and ended == "。")
        if line.end - line.start > HEADING_CHARS or sentence or line.in_table:
            break
        key = squeeze(folded[line.body : line.end])
        if key in seen:
            break
        seen |= {key, _entry(folded, line)}
        run.append(number)
    return run


def _announces_contents(folded: str, line: Line) -> bool:
    return _CONTENTS_ANNOUNCED.search(folded, max(line.start, line.end - 2 * HEADING_CHARS), line.end) is not None


def _entry(folded: str, line: Line) -> str:
    """Return the letters of a line as an entry of contents; none for what is no title, such as `电话：12345`."""
    words = folded[line.body : line.end].rstrip("。: ")
    return "" if ":" in words else squeeze(_PAGE_NUMBER.sub("", words))


def contents_title(folded: str, line: Line) -> str:
    """Return the title in an entry of contents, without its number and page."""
    return _PAGE_NUMBER.sub("", folded[line.body : line.end]).strip()


def _headings_with(folded: str, lines: Sequence[Line], keys: set[str]) -> dict[str, list[int]]:
    """Return the lines in which each key begins the line or the text after a marker."""
    lengths = sorted({len(key) for key in keys})
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        for start in (line.body, *(place.markers[0].end for place in line.inside)):
            head = squeeze(folded[start : min(line.end, start + 2 * HEADING_CHARS)])
            for length in lengths:
                if length <= len(head) and head[:length] in keys:
                    found[head[:length]].append(number)
    return found


def _contents_in(
    folded: str, lines: Sequence[Line], run: list[int], keys: Mapping[int, str], returns: Mapping[str, list[int]]
) -> tuple[int, int] | None:
    later = {number: len(at) - bisect_right(at, run[-1]) for number in run if (at := returns.get(keys[number]))}
    # What comes back again and again is a step or a cell, not a heading.
    matched = [number for number, times in later.items() if 0 < times <= _MOST_RETURNS]
    titled = next((n for n in run if _CONTENTS_TITLE.fullmatch(folded, lines[n].start, lines[n].end)), None)
    if len(matched) < _LEAST_ENTRIES:
        return None
    if titled is None:
        # Most lines must be entries and have a number: cells of tables and steps of lists come back, too.
        announced = matched[0] > 0 and _announces_contents(folded, lines[matched[0] - 1])
        least = _LEAST_ENTRIES if announced else _LEAST_UNTITLED
        numbers = [marker for number in matched for marker in lines[number].markers[:1]]
        different = len({(m.series, m.number) for m in numbers if m.path}) + sum(not m.path for m in numbers)
        if different < max(least, (matched[-1] - matched[0] + 2) // 2):
            return None
    first, last = matched[0], matched[-1]
    # An entry whose title the text words differently still goes on the numbers of the others.
    while first > run[0] and _follows(lines[first - 1], lines[first]):
        first -= 1
    while last < run[-1] and _follows(lines[last], lines[last + 1]):
        last += 1
    if titled is not None and titled < first:
        first = titled
    elif first and folded[lines[first - 1].end - 1] == ":":
        first -= 1
    return first, last


def _follows(line: Line, after: Line) -> bool:
    return any(
        a.path and a.series == b.series and b.number == a.number + 1 for a in line.markers for b in after.markers
    )
