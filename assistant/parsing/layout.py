"""Layout: what the lines of one text are and how they stand to each other, before any clause is made of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from assistant.parsing.contents import contents_entry, find_contents
from assistant.parsing.headings import (
    BRACKETED,
    COLON,
    HAN,
    HEADING_CHARS,
    MARKED_CHARS,
    TITLE_CHARS,
    is_heading_text,
    is_title,
    run_in,
    run_in_zh,
    squeeze,
)
from assistant.parsing.lines import CELL_BREAK, Line, is_told_row, read_lines, row_mark
from assistant.parsing.markers import QUESTION, Marker, answer_mark, is_measure
from assistant.parsing.wrapping import (
    WRAPPED,
    is_cut,
    is_open,
    is_open_in_chinese,
    is_unfinished,
    may_go_on,
    wrapped_lines,
)
from assistant.text import fold, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.text import Span

_DATE = re.compile(r"\d{4}\s*[年./-]|[〇零一二三四五六七八九○]{4}年|日期|版本|更新|生效|effective|updated|version")
# Alone on its line: "规则(2025版)" is a title.
_EDITION = re.compile(r"\W{0,2}\d{4}\s?年?版\W{0,2}")
_DOCUMENT_ZH = "政策|[协協][议議]|[规規][则則]|[声聲]明|指引|[须須]知|[条條]款"
# 校园一卡通管理办法（2024年修订）.
_TITLE_OF_EDITION = re.compile(
    rf"[^。,:;()]{{2,36}}(?:{_DOCUMENT_ZH}|[规規][定程约約范範]|[办辦]法|制度|[细細守準准][则則]|手[册冊]|章程|合同|公[约約]|[条條]例)"
    r"\((?:19|20)\d\d年?[^()]{0,6}(?:版|修[订訂正]|[试試]行)[^()]{0,2}\)"
)
_DOCUMENT = re.compile(
    rf"(?:{_DOCUMENT_ZH}|policy|agreement|rules|statement|notice|terms)"
    # Where a short edition stands above the whole one.
    r"(?:完整版|[简簡精][要明]?版|[全正]文)?$"
)
_ISSUER = re.compile(
    r"\W{0,3}[一-鿿A-Za-z0-9()·]{2,36}(?:有限(?:责任)?公司|集团公司|大学|学院|医院|协会|委员会|管理处|事务所)\W{0,3}"
)
_LIKE_CHAPTERS = frozenset(("总则", "總則", "附则", "附則"))
_MAX_INSIDE = 50
_RUN_IN_CHARS = 10, 30
_LEAST_RUN_IN = 30
_SENTENCE_ENDS = "。!?."
_BROKEN_CHARS = 30
_MAX_INDENT = 100


class Layout:
    """The lines of one text: what each looks like, and what stands around it. Lines go by their numbers."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        """The text, folded, of the same length."""
        self.lines = read_lines(text, self.folded)
        """Its lines that are not blank, a row of a table being one."""
        self.wrapped = wrapped_lines(text, self.folded, self.lines) | self._find_open()
        """Lines that go on in the next one."""
        self.contents = dict(find_contents(self.folded, self.lines))
        """The last line of each table of contents, by the first."""
        self._entries = self._contents_entries()
        self._last_entries = self._entries_behind()
        self._entry_lengths = sorted({len(title) for title in self._entries if len(title) > 3}, reverse=True)
        self._headings = Counter(self.heading_key(line) for line in self.lines if not line.markers)
        self.rows = self._find_rows()
        """The first and last line of its list for each row of a list without marks."""
        self.run_ins = self._find_run_ins()
        """What the paragraphs of a run begin with, each with a word of its own, such as `宠物：…` above `轮椅：…`."""
        self.list_lines = _list_lines(line.markers for line in self.lines)
        """Lines at which the items of a list stand, all of them by its series, and by series and number."""
        self.lines_with = _list_lines(
            (*line.markers, *(marker for place in line.inside if place.after for marker in place.markers))
            for line in self.lines
        )
        """Lines at which or in which they do, by the same."""

    def _find_open(self) -> set[int]:
        """Return the lines that go on in the next one, as is seen without a width at which they were wrapped.

        English ones are long, or end with a word that wants another, or stand below such a line; Chinese ones end
        inside a bracket or a row of words.
        """
        found: set[int] = set()
        for number, (before, after) in enumerate(pairwise(self.lines)):
            open_in_chinese = is_open_in_chinese(self.folded, before, after)
            if open_in_chinese and not after.markers and may_go_on(self.text, self.folded, self.lines, number):
                found.add(number)
            if before.end - before.start > WRAPPED[1] or HAN.search(self.folded, before.start, before.end):
                continue
            long = before.end - before.start >= WRAPPED[0] or number - 1 in found
            cut = is_open(self.text, self.folded, before, after) if long else is_unfinished(self.folded, before)
            if cut and may_go_on(self.text, self.folded, self.lines, number):
                found.add(number)
        return found

    def _contents_entries(self) -> dict[str, set[int]]:
        """Return the titles that the contents list, each with its numbers."""
        entries: dict[str, set[int]] = defaultdict(set)
        for first, last in self.contents.items():
            for line in self.lines[first : last + 1]:
                number, title = contents_entry(self.folded, line)
                entries[title].update([number.number] if number else [])
        return dict(entries)

    def _entries_behind(self) -> set[str]:
        """Return the letters of the titles without a number that contents list behind all that have one."""
        found: set[str] = set()
        for first, last in self.contents.items():
            entries = [(line, *contents_entry(self.folded, line)) for line in self.lines[first + 1 : last + 1]]
            numbered = [place for place, (_, number, _) in enumerate(entries) if number]
            # Where some stand between the numbers they are parts of a chapter.
            if not numbered or numbered[-1] - numbered[0] >= len(numbered):
                continue
            indent = self.indent(entries[numbered[-1]][0].start)
            behind = entries[numbered[-1] + 1 :]
            found |= {squeeze(title) for line, _, title in behind if self.indent(line.start) <= indent}
        return found

    def _find_rows(self) -> dict[int, tuple[int, int]]:
        """Return the first and last line of its list for each line that is a row of a list without marks.

        Rows are lines next to each other with the same mark, or one line that a colon leads into.
        """
        marks = [self._row_mark(line) for line in self.lines]
        rows: dict[int, tuple[int, int]] = {}
        number = 0
        for mark, run in groupby(marks):
            first, number = number, number + len(list(run))
            led_in = first > 0 and self.folded[self.lines[first - 1].end - 1] == ":"
            if mark and (number - first > 1 or led_in or mark == CELL_BREAK):
                rows.update(dict.fromkeys(range(first, number), (first, number - 1)))
        return rows

    def _find_run_ins(self) -> dict[int, Span]:
        """Return by line what a paragraph is about, where it begins with that and one beside it does, too.

        What comes back in the text is a field of several things, such as the purpose of each of several SDKs.
        """
        found: dict[int, Span] = {}
        for number in self.rows:
            line = self.lines[number]
            found_colon = COLON.search(self.folded, line.start, line.end)
            colon = found_colon.start() if found_colon else -1
            head = self.folded[line.start : line.start + TITLE_CHARS]
            longest = _RUN_IN_CHARS[0 if HAN.search(head) else 1]
            whole = line.end - line.start >= _LEAST_RUN_IN and self.folded[line.end - 1] in "。."
            named = 0 < colon - line.start <= longest and is_title(head, colon - line.start)
            if whole and named and '"' not in head[: colon - line.start]:
                found[number] = line.start, colon
        # "Parking. Staff may …": one alone is a short sentence; several one after the other are named so.
        for number, line in enumerate(self.lines):
            if not line.markers and not line.in_table and line.end - line.start >= _LEAST_RUN_IN // 2:
                zh = run_in_zh(self.text, line.start, line.end)
                span = zh or run_in(self.text, line.start, line.end)
                # What the paragraph says may lead into a list.
                ends = _SENTENCE_ENDS + (":" if zh else "")
                long = zh is not None or line.end - line.start >= _LEAST_RUN_IN
                if span and long and span[1] + 1 < line.end and self.folded[line.end - 1] in ends:
                    found.setdefault(number, span)
        names = Counter(self.folded[slice(*span)] for span in found.values())
        alone = {number for number, span in found.items() if names[self.folded[slice(*span)]] == 1}
        return {number: found[number] for number in alone if number - 1 in alone or number + 1 in alone}

    def _row_mark(self, line: Line) -> str:
        if line.markers or line.in_table:
            return CELL_BREAK if line.in_table and is_told_row(self.folded, line.start, line.end) else ""
        return row_mark(self.folded, line.start, line.end)

    def reads_like_heading(self, start: int, end: int) -> bool:
        """Say whether what stands in a range reads like a heading, white space around it aside."""
        span = stripped(self.folded, start, end) if end - start < 4 * HEADING_CHARS else None
        return span is not None and is_heading_text(self.folded, *span)

    def heading_key(self, line: Line) -> str:
        """Return the letters of a line that may be a heading; none for a longer one."""
        short = line.end - line.start <= 2 * HEADING_CHARS
        return squeeze(self.folded[line.start : line.end]) if short else ""

    def comes_back(self, line: Line) -> bool:
        """Say whether what may be a heading is in the text more than once."""
        key = self.heading_key(line)
        return key != "" and self._headings[key] > 1

    def is_bracketed(self, line: Line) -> bool:
        """Say whether a line is 【a heading in such brackets】, and nothing else."""
        return BRACKETED.fullmatch(self.text, line.start, line.end) is not None

    def is_answered(self, number: int) -> bool:
        """Say whether the line after a line is marked as an answer."""
        after = self.lines[number + 1] if number + 1 < len(self.lines) else None
        return after is not None and answer_mark(self.folded, after.start, after.end) == ":"

    def asked(self, marker: Marker, line_end: int, number: int) -> Span | None:
        """Return the question that a line is or begins with, if it is marked as one or the next line as its answer."""
        answered = self.is_answered(number)
        if marker.family != QUESTION and not answered:
            return None
        end = self.folded.find("?", marker.end, min(line_end, marker.end + MARKED_CHARS)) + 1
        while 0 < end < line_end and self.folded[end] in "*_\"')":
            end += 1
        if not end and answered and marker.family == QUESTION and line_end - marker.end <= MARKED_CHARS:
            end = line_end
        return stripped(self.text, marker.end, end) if end else None

    def heads(self, marker: Marker, line_end: int, number: int) -> bool:
        """Say whether a marked line is the mark and a heading, or the mark alone."""
        if asked := self.asked(marker, line_end, number):
            return asked[1] == line_end
        if marker.family == "#":
            # Whatever its words, its writer made it one.
            return line_end - marker.end <= MARKED_CHARS
        return self.reads_like_heading(marker.end, line_end) or not stripped(self.text, marker.end, line_end)

    def heads_text(self, number: int) -> bool:
        """Say whether a line reads like a heading of the text or the list right after it."""
        line = self.lines[number]
        if number + 1 == len(self.lines) or not self.reads_like_heading(line.start, line.end):
            return False
        after = self.lines[number + 1]
        if marker := self.first_number(number + 1):
            return marker.number <= 1
        return after.end - after.start > HEADING_CHARS

    def first_number(self, number: int) -> Marker | None:
        """Return the first reading of what a line begins with as a marker; none where it counts something.

        So does a number without a mark of its own that no line has the one before of: "5 boxes an order".
        """
        return next((marker for marker in self.lines[number].markers if not self._counts(marker)), None)

    def _counts(self, marker: Marker) -> bool:
        alone = marker.number > 1 and (marker.series, marker.number - 1) not in self.list_lines
        return is_measure(self.text, marker) or (marker.family == "1 " and alone)

    def named_in_contents(self, start: int, end: int) -> Span | None:
        """Return the span of the title that a range begins with, if the contents list it."""
        lengths = (length for length in self._entry_lengths if length <= end - start)
        named = next((n for n in lengths if self.folded[start : start + n] in self._entries), 0)
        after = self.folded[start + named : start + named + 1]
        return (start, start + named) if named and (not after.strip() or after in "您你我本:") else None

    def is_listed(self, marker: Marker, line_end: int) -> bool:
        """Say whether the contents list the heading that follows a number, under that number if it has one there."""
        span = stripped(self.folded, marker.end, line_end) if self._entries else None
        named = self.named_in_contents(*span) if span else None
        numbers = self._entries[self.folded[slice(*named)]] if named else None
        return numbers is not None and (not numbers or marker.number in numbers)

    def is_like_chapter(self, number: int) -> bool:
        """Say whether a heading without a number stands beside the chapters, by its name or by the contents."""
        key = self.heading_key(self.lines[number])
        return key in _LIKE_CHAPTERS or key in self._last_entries

    def has_second(self, marker: Marker, index: int, number: int) -> bool:
        """Say whether the second item of a list that begins inside a line follows."""
        line = self.lines[number]
        for place in line.inside[index + 1 : index + 1 + _MAX_INSIDE]:
            if same := [other.number for other in place.markers if other.series == marker.series]:
                return same[0] == 2
        following = _after(self.lines_with.get(marker.series, ()), number)
        return following is not None and following == _after(self.lines_with.get((marker.series, 2), ()), number)

    def next_line(self, key: object, number: int) -> int | None:
        """Return the next line after `number` that an item of a list begins."""
        return _after(self.list_lines.get(key, ()), number)

    def is_broken(self, number: int, since: int) -> bool:
        """Say whether a line ends in the middle of a sentence, as at the end of a printed page.

        Args:
            number: The line.
            since: Where the last clause begins, which may be inside the line.
        """
        line = self.lines[number]
        start = max(line.start, since)
        long = line.end - start > _BROKEN_CHARS and not line.in_table
        if number in self.wrapped or self._is_cut(number):
            return True
        tail = self.folded[max(start, line.end - 2 * HEADING_CHARS) : line.end]
        return long and HAN.match(tail[-1]) is not None and re.search(r"[,。]", tail) is not None

    def _is_cut(self, number: int) -> bool:
        """Say whether a line ends with a word that wants another, and one follows right below it."""
        if number + 1 == len(self.lines) or not is_cut(self.folded, self.lines[number]):
            return False
        return may_go_on(self.text, self.folded, self.lines, number)

    def stands_alone(self, number: int) -> bool:
        """Say whether blank lines stand before and after an English line that has no mark; Chinese cells do, too."""
        line = self.lines[number]
        ends = [*self.lines[number - 1 : number], line, *self.lines[number + 1 : number + 2]]
        blank = all(self.text.count("\n", one.end, other.start) > 1 for one, other in pairwise(ends))
        # "30 days to change your mind" counts, and is no item of a list.
        plain = self.first_number(number) is None and not line.in_table
        return blank and plain and not HAN.search(self.folded, line.start, line.end)

    def is_dated(self, line: Line) -> bool:
        """Say whether a line is short and tells a date or a version, as lines below a title do."""
        short = line.end - line.start <= HEADING_CHARS and not line.markers
        span = line.start, line.end
        dated = _DATE.search(self.folded, *span) or _EDITION.fullmatch(self.folded, *span)
        return short and dated is not None and not _TITLE_OF_EDITION.fullmatch(self.folded, *span)

    def is_issuer(self, line: Line) -> bool:
        """Say whether a line is the name of a Chinese company or institution, as below a title, and nothing else."""
        return _ISSUER.fullmatch(self.folded, line.start, line.end) is not None

    def names_document(self, number: int) -> bool:
        """Say whether a heading may be the title of a document, by its last word."""
        line = self.lines[number]
        return _DOCUMENT.search(self.folded[line.start : line.end].rstrip("》*_ ")) is not None

    def begins_document(self, number: int) -> bool:
        """Say whether a heading is the title of a document: its dates follow, or its contents."""
        dated = number + 1 < len(self.lines) and self.is_dated(self.lines[number + 1])
        return (dated or number + 1 in self.contents) and self.names_document(number)

    def is_second_title(self, number: int, titles: list[int]) -> bool:
        """Say whether a line goes on with the title right above it: PRIVACY NOTICE below a company's name."""
        line, above = self.lines[number], self.lines[number - 1]
        if titles != [number - 1] or line.markers or self.text.count("\n", above.end, line.start) > 1:
            return False
        return self.names_document(number) and not self.names_document(number - 1)

    def line_at(self, offset: int) -> int:
        """Return the number of the line that an offset is in, or of the last one before it."""
        return bisect_right(self.lines, offset, key=lambda line: line.start) - 1

    def indent(self, start: int) -> int:
        """Return how much white space stands before the first word of a line."""
        indent = 0
        while indent < min(start, _MAX_INDENT) and self.text[start - indent - 1] in " \t\u3000":
            indent += 1
        return indent

    def is_indented(self, number: int, start: int) -> bool:
        """Say whether a line directly follows another and is indented under the item at `start`."""
        line, before = self.lines[number], self.lines[number - 1]
        direct = self.text.count("\n", before.end, line.start) == 1
        return direct and self.is_under(line.start, start)

    def is_under(self, start: int, above: int) -> bool:
        """Say whether what begins a line at `start` is indented under what begins one at `above`."""
        return self.indent(start) > self.indent(above) + 1

    def leads_in(self, first: int, start: int) -> bool:
        """Say whether the words right before a line, of the clause that begins at `start`, end with a colon."""
        before = self.lines[first - 1] if first else None
        return before is not None and start < before.end and self.folded[before.end - 1] == ":"


def _list_lines(markers: Iterable[Iterable[Marker]]) -> dict[object, list[int]]:
    """Return the numbers of the lines that have a marker of each list, and of each number in it."""
    lines: dict[object, list[int]] = defaultdict(list)
    for number, found in enumerate(markers):
        for marker in found:
            for key in (marker.series, (marker.series, marker.number)):
                if not lines[key] or lines[key][-1] != number:
                    lines[key].append(number)
    return lines


def _after(numbers: Sequence[int], number: int) -> int | None:
    """Return the first of ascending `numbers` that is greater than `number`."""
    at = bisect_right(numbers, number)
    return numbers[at] if at < len(numbers) else None
