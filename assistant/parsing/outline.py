"""Outline: the tree of clauses, read out of the lines of a text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from assistant.parsing.contents import contents_title, find_contents
from assistant.parsing.headings import (
    BOLD,
    HAN,
    HEADING_CHARS,
    LEADS_IN,
    MARKED_CHARS,
    TELLS,
    UNFINISHED,
    is_bold_question,
    is_heading_text,
    run_in,
    squeeze,
)
from assistant.parsing.lines import CELL_BREAK, Line, is_told_row, read_lines, row_mark
from assistant.parsing.markers import (
    DOTTED_PARENTS,
    NEVER_INSIDE,
    PARTS,
    QUESTION,
    RANKS,
    STYLES,
    Marker,
    answer_mark,
    is_measure,
)
from assistant.parsing.wrapping import WRAPPED, is_cut, is_open, is_unfinished, may_go_on, wrapped_lines
from assistant.policy import Clause
from assistant.text import fold, sentences, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.policy import Kind
    from assistant.text import Span

_MAX_DEPTH = 16
"""Deepest clause; no policy that people read comes near, and ids grow with the depth."""
_SHORT_CHARS = 50
"""A paragraph shorter than this is no clause by itself when another follows it."""
_READABLE_CHARS = 600
"""Own text longer than this is divided by paragraphs."""
_MAX_CHARS = 2_000
"""Own text longer than this is divided by sentences."""
_TITLE_CHARS = 40
_MOST_TITLE_CHARS = 100
"""Longest title of a policy that is taken from its title lines."""


_DATE = re.compile(r"\d{4}\s*[年./-]|日期|版本|更新|生效|effective|updated|version")
_DOCUMENT = re.compile(
    r"(?:政策|[协協][议議]|[规規][则則]|[声聲]明|指引|[须須]知|[条條]款|policy|agreement|rules|statement|notice|terms)$"
)
_DASH = re.compile(r"[ \t]{0,9}[–—-][ \t]")
_BRACKETED = re.compile(r"【[^】\n]{1,30}】")
_HAN_GAP = re.compile(r"(?<=[一-鿿])\s+(?=[一-鿿])")
_PUNCTUATED = re.compile(r"[。,:!?！？]|\.(?:\s|$)")
_MAX_INSIDE = 50
# What stands before a blank and a number in "参见 三、共享": a reference, not the heading itself.
_REFERRING = frozenset("见阅照据按依在和与及至或")
_SENTENCE_ENDS = frozenset("。!?.")
_CELL_BORDERS = re.compile(r"[|\s:-]+")
_NEAR_LINES = 30
_RUN_IN_CHARS = 10, 30
_LEAST_RUN_IN = 30
_BROKEN_CHARS = 30
_MAX_INDENT = 100


@dataclass(slots=True)
class _Node:
    """A clause under construction; its end is known when the next one starts."""

    start: int
    kind: Kind
    marker: Marker | None = None
    title: Span | None = None
    children: list[_Node] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    """Starts of the paragraphs of its own text, the first line's included."""
    repeated: bool = False
    """A heading whose words come back, such as 使用目的: a field of those that do not."""
    bare: bool = False
    """Its first line is only a heading, so what follows is its text."""
    short: bool = False
    """Its first line reads like a heading, though it may be a short item of a list."""

    @property
    def family(self) -> str:
        return self.marker.family if self.marker else self.kind

    @property
    def is_plain_heading(self) -> bool:
        return self.kind == "heading" and self.marker is None


class Outline:
    """Builds the clause tree of one text, line by line, with a stack of open clauses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded = fold(text)
        self._lines = read_lines(text, self._folded)
        # Lines that go on in the next one.
        self._wrapped = wrapped_lines(text, self._folded, self._lines) | self._find_open()
        self._contents = dict(find_contents(self._folded, self._lines))
        self._entries = self._contents_entries()
        self._entry_lengths = sorted({len(title) for title in self._entries if len(title) > 3}, reverse=True)
        self._headings = Counter(self._heading_key(line) for line in self._lines if not line.markers)
        self._root = _Node(0, "root")
        self._stack = [self._root]
        self.title = ""
        """What the title lines say, dates aside; empty before `build`, and without such lines."""
        self._last_line_is_cell = False
        # The number of the last chapter, article and so on.
        self._last_numbers: dict[str, int] = {}
        # For each line inside which clauses begin, where the last of them does.
        self._glued: dict[int, int] = {}
        # The first and last line of its list for each row of a list without marks.
        self._rows = self._find_rows()
        # What the paragraphs of a run begin with, each with a word of its own, such as `宠物：…` above `轮椅：…`.
        self._run_ins = self._find_run_ins()
        # Families of clauses under which a family's lists have begun before.
        self._parents: dict[tuple[str, bool], set[str]] = defaultdict(set)
        # Lines at which the items of a list stand, all of them and by number; and lines in which they do.
        self._list_lines = _list_lines(line.markers for line in self._lines)
        self._lines_with = _list_lines(
            (*line.markers, *(marker for place in line.inside if place.after for marker in place.markers))
            for line in self._lines
        )

    def build(self) -> Clause:
        """Return the root of the tree."""
        number = self._front_matter()
        while number < len(self._lines):
            if number in self._contents:
                self._add_contents(number)
                number = self._contents[number]
            else:
                self._add_line(number)
            number += 1
        self._divide()
        return self._clause(self._root, "root", "", len(self._text))

    def _find_open(self) -> set[int]:
        """Return the English lines that go on in the next one, as is seen without a width at which they were wrapped.

        They are long, or end with a word that wants another, or stand below such a line.
        """
        found: set[int] = set()
        for number, (before, after) in enumerate(pairwise(self._lines)):
            if before.end - before.start > WRAPPED[1] or HAN.search(self._folded, before.start, before.end):
                continue
            long = before.end - before.start >= WRAPPED[0] or number - 1 in found
            cut = is_open(self._text, self._folded, before, after) if long else is_unfinished(self._folded, before)
            if cut and may_go_on(self._text, self._folded, before, after):
                found.add(number)
        return found

    def _contents_entries(self) -> dict[str, set[int]]:
        """Return the titles that the contents list, each with its numbers."""
        entries: dict[str, set[int]] = defaultdict(set)
        for first, last in self._contents.items():
            for line in self._lines[first : last + 1]:
                entries[contents_title(self._folded, line)].update(marker.number for marker in line.markers[:1])
        return dict(entries)

    def _find_rows(self) -> dict[int, tuple[int, int]]:
        """Return the first and last line of its list for each line that is a row of a list without marks.

        Rows are lines next to each other with the same mark, or one line that a colon leads into.
        """
        marks = [self._row_mark(line) for line in self._lines]
        rows: dict[int, tuple[int, int]] = {}
        number = 0
        for mark, run in groupby(marks):
            first, number = number, number + len(list(run))
            led_in = first > 0 and self._folded[self._lines[first - 1].end - 1] == ":"
            if mark and (number - first > 1 or led_in or mark == CELL_BREAK):
                rows.update(dict.fromkeys(range(first, number), (first, number - 1)))
        return rows

    def _find_run_ins(self) -> dict[int, Span]:
        """Return by line what a paragraph is about, where it begins with that and one beside it does, too.

        What comes back in the text is a field of several things, such as the purpose of each of several SDKs.
        """
        found: dict[int, Span] = {}
        for number in self._rows:
            line = self._lines[number]
            colon = self._folded.find(":", line.start, line.end)
            head = self._folded[line.start : line.start + _TITLE_CHARS]
            longest = _RUN_IN_CHARS[0 if HAN.search(head) else 1]
            whole = line.end - line.start >= _LEAST_RUN_IN and self._folded[line.end - 1] in "。."
            named = 0 < colon - line.start <= longest and self._is_title(head, colon - line.start)
            if whole and named and '"' not in head[: colon - line.start]:
                found[number] = line.start, colon
        names = Counter(self._folded[slice(*span)] for span in found.values())
        alone = {number for number, span in found.items() if names[self._folded[slice(*span)]] == 1}
        return {number: found[number] for number in alone if number - 1 in alone or number + 1 in alone}

    def _row_mark(self, line: Line) -> str:
        if line.markers or line.in_table:
            return CELL_BREAK if line.in_table and is_told_row(self._folded, line.start, line.end) else ""
        return row_mark(self._folded, line.start, line.end)

    def _front_matter(self) -> int:
        """Take the title lines into the root's own text; return the number of the next line."""
        titles: list[int] = []
        for number, line in enumerate(self._lines):
            marked = bool(line.markers) and (line.markers[0].family, line.markers[0].rank) == ("#", 1)
            if number in self._contents or (line.markers and not marked) or line.in_table or self._is_bracketed(line):
                break
            if number in self._wrapped:
                break
            short = line.end - line.start <= HEADING_CHARS
            dated = short and not line.markers and _DATE.search(self._folded, line.start, line.end)
            if not dated:
                named = (
                    self._heads(line.markers[0], line.end, number)
                    if marked
                    else self._is_heading_text(line.start, line.end)
                )
                again = bool(titles) and self._heading_key(line) == self._heading_key(self._lines[titles[0]])
                if not named or (titles and not again and not self._is_second_title(number, titles)):
                    break
                if not again:
                    titles.append(number)
            self._root.paragraphs.append(line.start)
        else:
            # A text of title lines alone has no title.
            self._root.paragraphs.clear()
            return 0
        spans = [(self._lines[title].body, self._lines[title].end) for title in titles]
        self.title = _joined([self._verbatim(span).strip("#*_ ") for span in spans])
        return number

    def _is_second_title(self, number: int, titles: list[int]) -> bool:
        """Say whether a line goes on with the title right above it: PRIVACY NOTICE below a company's name."""
        line, above = self._lines[number], self._lines[number - 1]
        if titles != [number - 1] or line.markers or self._text.count("\n", above.end, line.start) > 1:
            return False
        first, second = (self._folded[at.start : at.end].rstrip("》*_ ") for at in (above, line))
        return _DOCUMENT.search(second) is not None and _DOCUMENT.search(first) is None

    def _add_contents(self, number: int) -> None:
        if part := self._open_plain_heading():
            self._lift(part)
        self._open(_Node(self._lines[number].start, "contents"), 0)
        self._stack = [self._root]

    # Lines -------------------------------------------------------------------------------

    def _add_line(self, number: int) -> None:
        """Add a line, divided where further clauses begin in its middle."""
        line = self._lines[number]
        if marker := self._choose(line.markers, number):
            self._add_marked(marker, line.end, number)
        else:
            self._add_unmarked(number)
        for index, place in enumerate(line.inside):
            marker = next((m for m in place.markers if self._begins_inside(m, index, number)), None)
            if not marker:
                continue
            above = self._stack[-1]
            if above.start >= line.start:
                above.bare = not place.after
            if above.marker and not place.after and self._is_heading_text(above.marker.end, place.start):
                above.kind, above.title = "heading", stripped(self._text, above.marker.end, place.start)
            self._glued[number] = marker.start
            self._add_marked(marker, line.end, number)

    def _choose(self, markers: tuple[Marker, ...], number: int) -> Marker | None:
        """Pick the reading that continues an open list: `(i)` after `(h)` is a letter."""
        if number - 1 in self._wrapped or self._answers(number):
            return None
        cut = number > 0 and self._is_broken(number - 1)
        markers = tuple(marker for marker in markers if self._may_number(marker, number, cut=cut))
        for marker in markers:
            if self._open_list(marker, exact=True) is not None:
                return marker
        chosen = next((marker for marker in markers if marker.number <= 1), markers[0] if markers else None)
        if chosen is None or chosen.number <= 1:
            return chosen
        # "30 days", and the rest of a broken line such as "(二)款的规定", start no list.
        return None if (cut and chosen.family != "#") or chosen.family == "1 " else chosen

    def _may_number(self, marker: Marker, number: int, *, cut: bool) -> bool:
        """Say whether a number may be that of a clause, by what it stands beside.

        A number without a mark of its own may as well be part of a sentence: it counts something, or stands where a
        line was cut, or, of several parts, has none near it in the text and heads nothing.
        """
        if marker.family == QUESTION:
            line = self._lines[number]
            asked = "?" in self._folded[line.start : line.end] or number in self._wrapped
            return asked or self._is_answered(number)
        if marker.family not in ("1 ", "1.1"):
            return True
        if is_measure(self._text, marker):
            return False
        if marker.family == "1 ":
            return not cut or (marker.series, marker.number + 1) in self._list_lines
        if marker.number > 1:
            # Some may have been left out, and an extract has only one.
            line = self._lines[number]
            heads = self._text[marker.end : marker.end + 2].lstrip().isupper() or (
                HAN.match(self._text, marker.end) is not None and is_heading_text(self._folded, marker.end, line.end)
            )
            return heads or any((marker.series, marker.number + step) in self._lines_with for step in (-1, 1, -2, -3))
        return not cut or any(other.path == marker.path[:-1] for _, other in self._labelled())

    def _answers(self, number: int) -> bool:
        """Say whether a line is marked as the answer to the question right above it."""
        line, above = self._lines[number], self._stack[-1]
        asked = above.family == QUESTION and len(above.paragraphs) == 1 and not above.children
        return asked and answer_mark(self._folded, line.start, line.end) != ""

    def _is_answered(self, number: int) -> bool:
        """Say whether the line after a line is marked as an answer."""
        after = self._lines[number + 1] if number + 1 < len(self._lines) else None
        return after is not None and answer_mark(self._folded, after.start, after.end) == ":"

    def _begins_inside(self, marker: Marker, index: int, number: int) -> bool:
        """Say whether a number inside a line starts a clause: it goes on an open list, or begins one."""
        line = self._lines[number]
        place, above = line.inside[index], self._stack[-1]
        if marker.start <= above.start:
            return False
        if not self._text[marker.end : min(line.end, marker.end + 9)].strip(" 。;；，,"):
            return False
        if is_measure(self._text, marker):
            return False
        due, after_sentence = self._is_due(marker), place.after in _SENTENCE_ENDS
        set_off = not place.after and self._folded[place.start - 1] not in _REFERRING
        if (after_sentence or (due and set_off)) and self._is_listed(marker, line.end):
            return True
        under_heading = not place.after and above.marker and self._is_heading_text(above.marker.end, place.start)
        if place.after == "." or marker.rank is not None or marker.family in NEVER_INSIDE:
            # These are references, versions and initials far more often than clauses.
            if under_heading and above.marker and marker.rank is not None:
                return due and (above.marker.rank or 0) < marker.rank
            return due and after_sentence and self._heads_line(marker, line.end)
        if marker.number != 1:
            return bool(place.after) and due
        return (place.after == ":" or bool(under_heading)) and self._has_second(marker, index, number)

    def _is_due(self, marker: Marker) -> bool:
        """Say whether a number is one more than that before it in an open list, or among its chapters or articles."""
        if marker.rank is None:
            return self._open_list(marker, exact=True) is not None
        return marker.family != "#" and marker.number == self._last_numbers.get(marker.family, 0) + 1

    def _is_listed(self, marker: Marker, line_end: int) -> bool:
        """Say whether the contents list the heading that follows a number, under that number if it has one there."""
        span = stripped(self._folded, marker.end, line_end) if self._entries else None
        named = self._named_in_contents(*span) if span else None
        numbers = self._entries[self._folded[slice(*named)]] if named else None
        return numbers is not None and (not numbers or marker.number in numbers)

    def _heads_line(self, marker: Marker, line_end: int) -> bool:
        """Say whether the rest of a line is the heading, or set off from the number of an article."""
        article = marker.family == "条" and self._folded[marker.end] in " \t\u3000、:【"
        return article or self._is_heading_text(marker.end, line_end)

    def _has_second(self, marker: Marker, index: int, number: int) -> bool:
        """Say whether the second item of a list that begins inside a line follows."""
        line = self._lines[number]
        for place in line.inside[index + 1 : index + 1 + _MAX_INSIDE]:
            if same := [other.number for other in place.markers if other.series == marker.series]:
                return same[0] == 2
        following = _after(self._lines_with.get(marker.series, ()), number)
        return following is not None and following == _after(self._lines_with.get((marker.series, 2), ()), number)

    def _next_line(self, key: object, number: int) -> int | None:
        """Return the next line after `number` that an item of a list begins."""
        return _after(self._list_lines.get(key, ()), number)

    def _is_heading_text(self, start: int, end: int) -> bool:
        span = stripped(self._folded, start, end) if end - start < 4 * HEADING_CHARS else None
        return span is not None and is_heading_text(self._folded, *span)

    def _is_broken(self, number: int) -> bool:
        """Say whether a line ends in the middle of a sentence, as at the end of a printed page."""
        line = self._lines[number]
        start = self._glued.get(number, line.start)
        long = line.end - start > _BROKEN_CHARS and not line.in_table
        if number in self._wrapped or self._is_cut(number):
            return True
        tail = self._folded[max(start, line.end - 2 * HEADING_CHARS) : line.end]
        return long and HAN.match(tail[-1]) is not None and re.search(r"[,。]", tail) is not None

    def _is_cut(self, number: int) -> bool:
        """Say whether a line ends with a word that wants another, and one follows right below it."""
        if number + 1 == len(self._lines) or not is_cut(self._folded, self._lines[number]):
            return False
        return may_go_on(self._text, self._folded, *self._lines[number : number + 2])

    # Marked lines ------------------------------------------------------------------------

    def _heads(self, marker: Marker, line_end: int, number: int) -> bool:
        """Say whether a marked line is the mark and a heading, or the mark alone."""
        if asked := self._asked(marker, line_end, number):
            return asked[1] == line_end
        if marker.family == "#":
            # Whatever its words, its writer made it one.
            return line_end - marker.end <= MARKED_CHARS
        return self._is_heading_text(marker.end, line_end) or not stripped(self._text, marker.end, line_end)

    def _asked(self, marker: Marker, line_end: int, number: int) -> Span | None:
        """Return the question that a line is or begins with, if it is marked as one or the next line as its answer."""
        answered = self._is_answered(number)
        if marker.family != QUESTION and not answered:
            return None
        end = self._folded.find("?", marker.end, min(line_end, marker.end + MARKED_CHARS)) + 1
        while 0 < end < line_end and self._folded[end] in "*_\"')":
            end += 1
        if not end and answered and marker.family == QUESTION and line_end - marker.end <= MARKED_CHARS:
            end = line_end
        return stripped(self._text, marker.end, end) if end else None

    def _add_marked(self, marker: Marker, line_end: int, number: int) -> None:
        bare = short = number not in self._wrapped and self._heads(marker, line_end, number)
        # One that the next of its list follows at once is an item, however short.
        if bare and marker.rank is None and number + 1 < len(self._lines):
            after = self._lines[number + 1].markers
            bare = not any(m.series == marker.series and m.number == marker.number + bool(marker.path) for m in after)
        depth = self._parent_depth(marker, bare)
        parent = self._stack[depth]
        node = _Node(marker.start, "heading" if bare else "item", marker, paragraphs=[marker.start])
        node.bare, node.short = bare, short
        node.title = self._asked(marker, line_end, number) or self._title(marker, line_end, parent, bare=bare)
        if node.title is None and marker.path:
            node.title = self._run_in(marker, line_end, number)
        self._parents[marker.family, bare].add(parent.family)
        if marker.rank is not None:
            self._last_numbers[marker.family] = marker.number
            if marker.family == "章":
                # Articles count on through the chapters, sections do not.
                self._last_numbers.pop("节", None)
        self._open(node, depth)

    def _open(self, node: _Node, depth: int) -> None:
        """Make a clause the last child of the one at `depth`, and the innermost open one."""
        depth = min(depth, _MAX_DEPTH - 1)
        del self._stack[depth + 1 :]
        self._stack[-1].children.append(node)
        self._stack.append(node)

    def _labelled(self) -> Iterator[tuple[int, Marker]]:
        """Yield depth and marker of the open clauses that have one, the innermost first."""
        for depth in range(len(self._stack) - 1, 0, -1):
            if marker := self._stack[depth].marker:
                yield depth, marker

    def _labelled_depth(self, below: int = _MAX_DEPTH + 1) -> int:
        """Return the depth of the innermost clause with a marker, or of the root."""
        return next((depth for depth, _ in self._labelled() if depth < below), 0)

    def _parent_depth(self, marker: Marker, bare: bool) -> int:
        """Return the depth of the open clause that becomes the parent of `marker`'s."""
        if marker.family == "#":
            ranks = ((d, m.rank or 0) for d, m in self._labelled() if m.family == "#")
            return next((d for d, rank in ranks if rank < (marker.rank or 0)), 0)
        if marker.family == "appendix":
            return 0
        if marker.family == QUESTION:
            opened = next((depth for depth, other in self._labelled() if other.family == QUESTION), 0)
            return opened - 1 if opened else self._new_list_parent(marker, bare=True)
        if marker.rank is not None:
            return self._ranked_parent(marker.rank)
        if len(marker.path) > 1:
            return self._coded_parent(marker, bare) if marker.family == "a1" else self._dotted_parent(marker, bare)
        if not marker.path:
            return self._bullet_parent(marker, bare)
        if (depth := self._open_list(marker, exact=True)) is not None:
            return depth - 1
        if marker.number == 1:
            return self._new_list_parent(marker, bare)
        if (depth := self._open_list(marker, exact=False)) is not None:
            return depth - 1
        usual = self._usual_parent(marker, bare)
        return self._labelled_depth() if usual is None else usual

    def _open_list(self, marker: Marker, *, exact: bool) -> int | None:
        """Return the depth of the open clause that `marker` comes next to.

        Args:
            marker: The marker to be placed.
            exact: Only a clause whose number is one less; else any that is not higher, as numbers
                are left out and printed twice.
        """
        if not marker.path:
            return None
        alike: int | None = None
        for depth, other in self._labelled():
            if not other.path or other.path[:-1] != marker.path[:-1]:
                continue
            follows = other.number + 1 == marker.number
            if other.family == marker.family:
                if follows or (not exact and 1 < marker.number >= other.number):
                    return depth
            elif follows and alike is None and STYLES.get(other.family) == STYLES.get(marker.family, ""):
                alike = depth
        return alike

    def _ranked_parent(self, rank: int) -> int:
        ranked = [(depth, other.rank or 0) for depth, other in self._labelled() if other.family in RANKS]
        if not ranked:
            # Chapters stand above any other number, articles may stand under one.
            return self._labelled_depth() if rank >= RANKS["条"] else 0
        return next((depth for depth, above in ranked if above < rank), ranked[-1][0] - 1)

    def _dotted_parent(self, marker: Marker, bare: bool) -> int:
        parent: int | None = None
        for depth, other in self._labelled():
            if other.family not in DOTTED_PARENTS:
                continue
            if other.path == marker.path[:-1]:
                parent = depth
                break
            if len(other.path) == len(marker.path):
                return depth - 1
        if parent is None or self._stack[-1].is_plain_heading:
            # "2.1" without a "2" above it, or under a heading without a number, begins a list.
            inner = self._new_list_parent(marker, bare)
            return inner if parent is None else max(parent, inner)
        return parent

    def _coded_parent(self, marker: Marker, bare: bool) -> int:
        """Return the depth of the parent of "B2": "Part B", the parent of "B1", or of "A3" if no part is printed."""
        for depth, other in self._labelled():
            if other.path == marker.path[:-1] and other.family in ("a1", *PARTS):
                return depth
            if other.family == "a1" and len(other.path) == len(marker.path):
                return depth - 1
        return self._new_list_parent(marker, bare)

    def _bullet_parent(self, marker: Marker, bare: bool) -> int:
        indent = self._indent(marker.start)
        same = [depth for depth, other in self._labelled() if other.family == marker.family]
        if not same:
            return self._new_list_parent(marker, bare)
        # Markdown's lists stand in each other by their indent.
        opened = next((depth for depth in same if self._indent(self._stack[depth].start) <= indent), same[-1])
        beside = self._labelled_depth() == opened
        if beside and indent > self._indent(self._stack[opened].start) + 1 and not self._has_indent(opened, indent):
            return opened
        # Headings with a bullet go on over whatever is between; items only side by side, or over
        # the end of a list inside them.
        innermost = self._stack[-1]
        begins = self._introduces(innermost, marker.start) or innermost.bare
        if not beside and begins and not (bare and self._stack[opened].bare):
            return self._new_list_parent(marker, bare)
        return opened - 1

    def _has_indent(self, depth: int, indent: int) -> bool:
        """Say whether an item right before the open one at `depth` is indented as much, in an unevenly printed list."""
        own = self._stack[depth]
        before = self._stack[depth - 1].children[-4:-1]
        return any(node.family == own.family and abs(self._indent(node.start) - indent) <= 1 for node in before)

    def _new_list_parent(self, marker: Marker, bare: bool) -> int:
        inner = len(self._stack) - 1
        if self._stack[inner].kind == "paragraph" and not self._introduces(self._stack[inner], marker.start):
            inner -= 1
        node = self._stack[inner]
        introduced = self._introduces(node, marker.start)
        usual = self._usual_parent(marker, bare)
        if not introduced and self._begins_part(marker):
            return self._lift(self._open_plain_heading() or 0)
        if bare and self._is_introduction(node) and (marker.family == "一、" or not introduced):
            return self._labelled_depth()
        if introduced:
            # A numbered heading stands above the bullets before it, even where these end with a colon.
            over_bullet = bare and marker.path and node.marker and not node.marker.path and not node.bare
            return usual if over_bullet and usual is not None else inner
        if node.marker is None:
            return inner
        if node.family == marker.family and marker.path:
            # The same numbers again: another list beside the first.
            return self._unless_paragraph(inner - 1)
        if node.bare:
            return inner
        if usual is not None:
            return usual
        ended = self._last_char(node, marker.start) in "。;!"
        if not bare or (node.marker.path and (not ended or self._goes_on(node.marker, self._line_at(marker.start)))):
            return inner
        # A heading is no part of a bullet, nor of the sentence that ends the list before it.
        above = next((d for d in range(inner, 0, -1) if self._stack[d].bare), 0)
        return self._labelled_depth(above) if self._is_introduction(self._stack[above]) else above

    @staticmethod
    def _is_introduction(node: _Node) -> bool:
        """Say whether a clause is an unnumbered heading with text, such as 引言: numbered ones are its equals."""
        return node.is_plain_heading and len(node.paragraphs) > 1

    def _unless_paragraph(self, depth: int) -> int:
        while self._stack[depth].kind == "paragraph":
            depth -= 1
        return depth

    def _usual_parent(self, marker: Marker, bare: bool) -> int | None:
        """Return the depth of an open clause of a family under which such lists began before."""
        seen = self._parents.get((marker.family, bare), set()) - {"heading", "paragraph"}
        depth = next((d for d in range(len(self._stack) - 1, -1, -1) if self._stack[d].family in seen), None)
        # An appendix is open to the end of the text, or to the next one.
        return depth if depth is None else max(depth, self._appendix_depth())

    def _appendix_depth(self) -> int:
        return next((depth for depth, marker in self._labelled() if marker.family == "appendix"), 0)

    def _introduces(self, node: _Node, end: int) -> bool:
        """Say whether the text of a clause up to `end` ends with a colon."""
        return not node.children and self._last_char(node, end) == ":"

    def _last_char(self, node: _Node, end: int) -> str:
        """Return the last character of a clause's text up to `end` that is not white space."""
        while end > node.start and self._folded[end - 1].isspace():
            end -= 1
        return self._folded[end - 1 : end]

    def _open_plain_heading(self) -> int | None:
        """Return the depth of the outermost open heading without a number inside a numbered clause."""
        outer = next((d for d, node in enumerate(self._stack) if node.marker), len(self._stack))
        return next((d for d in range(outer, len(self._stack)) if self._stack[d].is_plain_heading), None)

    def _begins_part(self, marker: Marker) -> bool:
        """Say whether the text's outermost list begins again, under a title of its own.

        So do the children's rules that many policies append: the title stood where the last
        clause of the policy was still open.
        """
        outer = next((node.marker for node in self._stack if node.marker), None)
        if self._open_plain_heading() is None or outer is None or marker.series != outer.series or outer.number < 2:
            return False
        return self._next_line((outer.series, outer.number + 1), self._line_at(marker.start)) is None

    def _line_at(self, offset: int) -> int:
        return bisect_right(self._lines, offset, key=lambda line: line.start) - 1

    def _lift(self, depth: int) -> int:
        """Make the open heading at `depth` a child of the root; return its depth there."""
        heading = self._stack[depth]
        self._stack[depth - 1].children.pop()
        del self._stack[1:]
        self._open(heading, 0)
        return 1

    # Unmarked lines ----------------------------------------------------------------------

    def _add_unmarked(self, number: int) -> None:
        line = self._lines[number]
        if number - 1 in self._wrapped and self._stack[-1] is not self._root:
            # The rest of the paragraph above.
            self._last_line_is_cell = False
            return
        heading = self._acts_as_heading(number)
        self._last_line_is_cell = not heading and self._is_cell(number)
        if heading:
            self._add_heading(number)
            return
        node = self._stack[-1]
        if self._closes_list(node, number):
            # The paragraph that introduced the list closes with it, a heading does not.
            set_off = self._is_set_off(node, number)
            self._stack.pop()
            while self._stack[-1].kind == "paragraph" or (set_off and self._is_outer_bullet(number)):
                self._stack.pop()
            node = self._stack[-1]
        if node.children or node is self._root:
            self._add_paragraph(node, line)
        else:
            node.paragraphs.append(line.start)

    def _is_cell(self, number: int) -> bool:
        """Say whether a line that is no heading reads like a cell, or like an item of a list without marks."""
        line = self._lines[number]
        if line.in_table:
            return False
        if self._is_heading_text(line.start, line.end):
            return not TELLS.search(self._folded, line.start, line.end)
        in_list = self._last_line_is_cell or (number and self._folded[self._lines[number - 1].end - 1] == ":")
        short = line.end - line.start <= 2 * HEADING_CHARS
        return bool(in_list) and short and re.search(r"[:。!?]|\.$", self._folded[line.start : line.end]) is None

    def _add_paragraph(self, parent: _Node, line: Line) -> None:
        before = parent.children[-1] if parent.children else None
        if before and self._is_too_short(before, line.start):
            before.paragraphs.append(line.start)
            self._stack.append(before)
            return
        title = _BRACKETED.match(self._text, line.start, line.end)
        node = _Node(line.start, "paragraph", title=title.span() if title else None, paragraphs=[line.start])
        self._open(node, len(self._stack) - 1)

    def _is_too_short(self, node: _Node, end: int) -> bool:
        """Say whether a paragraph is too short to be a clause without the next one."""
        short = node.kind == "paragraph" and not node.children and end - node.start < _SHORT_CHARS
        return short and not node.title and not self._introduces(node, end)

    def _closes_list(self, node: _Node, number: int) -> bool:
        """Say whether the unmarked line closes the list that `node` is the last item of."""
        if self._holds_list(node, number):
            return False
        if node.kind == "paragraph":
            return True
        if node.marker is None or node.marker.rank is not None or self._is_broken(number - 1):
            # Whatever follows an article or a Markdown heading is its text.
            return False
        if self._is_indented(number, node.start):
            return False
        if len(node.paragraphs) == 1 and self._introduces(node, self._lines[number].start):
            return False
        if self._is_set_off(node, number):
            return True
        before = self._items_before(node.marker)
        if not before or any(len(child.paragraphs) > 1 for child in before[-2:]):
            return False
        if node.bare and not _is_short_item(before[-1]):
            return False
        # Bullets do not say which comes next; where three had one paragraph each, so has the fourth.
        return (not node.marker.path and len(before) > 2) or not self._goes_on(node.marker, number)

    def _is_outer_bullet(self, number: int) -> bool:
        """Say whether the innermost clause is a bullet that ends with the list inside it, before this line."""
        node = self._stack[-1]
        indent = self._indent(self._lines[number].start)
        return self._is_bullet(node) and indent <= self._indent(node.start) + 1

    def _is_bullet(self, node: _Node) -> bool:
        """Say whether a clause is an item of a list of bullets, not a heading with one."""
        if node.marker is None or node.marker.path or node.family == "#":
            return False
        parent = next(above for above in self._stack if above.children and above.children[-1] is node)
        before = [child for child in parent.children[-2:-1] if child.family == node.family]
        return not node.bare or any(len(child.paragraphs) < 2 and not child.children for child in before)

    def _is_set_off(self, node: _Node, number: int) -> bool:
        """Say whether a line stands further from the bullet above it than the bullets from each other."""
        line, first = self._lines[number], self._line_at(node.start)
        blank = self._text.count("\n", self._lines[number - 1].end, line.start) > 1
        if not blank or not self._is_bullet(node) or self._indent(line.start) > self._indent(node.start) + 1:
            return False
        if first and self._text.count("\n", self._lines[first - 1].end, node.start) == 1:
            return True
        # A list of one: what has a mark next is of another kind.
        near = (marker.family for other in self._lines[number : number + _NEAR_LINES] for marker in other.markers[:1])
        alone = node.marker is not None and not self._items_before(node.marker)
        return alone and not node.bare and next(near, "") != node.family

    def _holds_list(self, node: _Node, number: int) -> bool:
        """Say whether the unmarked line is a row that goes on or begins a list in `node`, or follows such a list."""
        if node.kind == "paragraph":
            # It ends with its list; the text of a numbered clause may go on behind it.
            first = self._rows.get(number, (number, number))[0]
            return first < number or (number in self._rows and self._leads_in(first, node))
        lists = [self._rows[near] for near in (number, number - 1) if near in self._rows]
        return any(self._leads_in(first, node) for first, _ in lists)

    def _leads_in(self, first: int, node: _Node) -> bool:
        """Say whether the words of a clause right before a line end with a colon."""
        before = self._lines[first - 1] if first else None
        return before is not None and node.start < before.end and self._folded[before.end - 1] == ":"

    def _items_before(self, own: Marker) -> list[_Node]:
        """Return up to three items of a list that stand before its last one, which is the innermost open clause."""
        siblings = ((child, child.marker) for child in self._stack[-2].children[-4:-1])
        return [
            child
            for child, marker in siblings
            if marker and marker.series == own.series and (not own.path or marker.number < own.number)
        ]

    def _is_indented(self, number: int, start: int) -> bool:
        """Say whether a line directly follows another and is indented under the item at `start`."""
        line, before = self._lines[number], self._lines[number - 1]
        direct = self._text.count("\n", before.end, line.start) == 1
        return direct and self._indent(line.start) > self._indent(start) + 1

    def _indent(self, start: int) -> int:
        """Return how much white space stands before the first word of a line."""
        indent = 0
        while indent < min(start, _MAX_INDENT) and self._text[start - indent - 1] in " \t\u3000":
            indent += 1
        return indent

    def _goes_on(self, own: Marker, number: int) -> bool:
        """Say whether the next item of a list comes before the next items of those around it."""
        following = self._next_line(own.series, number)
        if following is None:
            return False
        if own.path:
            nexts = (self._next_line((own.series, own.number + step), number) for step in (1, 2))
            if following not in nexts:
                return False
        around = (m for _, m in self._labelled() if m is not own and m.path)
        ends = (self._next_line((m.series, m.number + 1), number) for m in around)
        return all(end is None or following <= end for end in ends)

    def _acts_as_heading(self, number: int) -> bool:
        """Say whether an unmarked line acts as a heading: short, and followed by text or a list."""
        line = self._lines[number]
        if line.in_table or number + 1 == len(self._lines):
            return False
        if is_bold_question(self._folded, line.start, line.end):
            return True
        if self._folded[line.end - 1] == "?" and line.end - line.start <= MARKED_CHARS and self._is_answered(number):
            return True
        if number in self._wrapped or not self._is_heading_text(line.start, line.end):
            return False
        if BOLD.match(self._folded, line.start) or self._is_bracketed(line):
            return True
        return number not in self._rows and self._stands_above(number)

    def _stands_above(self, number: int) -> bool:
        """Say whether a line that reads like a heading is one, by what it says and what stands around it."""
        line = self._lines[number]
        heading = self._folded[line.start : line.end]
        if heading[0] in "\"'《(" or TELLS.search(heading):
            return False
        if self._headings[self._heading_key(line)] < 2 and self._is_item(number):
            return False
        after = self._lines[number + 1]
        following = self._folded[after.start : min(after.end, after.start + 2 * HEADING_CHARS)]
        if after.markers:
            return after.markers[0].number <= 1 or after.markers[0].family == QUESTION
        if heading[-1] == ":":
            return len(heading) <= HEADING_CHARS // 2 and not following.startswith("http")
        if len(following) > HEADING_CHARS or _PUNCTUATED.search(following) is not None:
            return True
        # One above another: "Information we collect", "Information you give us".
        return self._stands_alone(number) and self._stands_alone(number + 1) and self._heads_text(number + 1)

    def _stands_alone(self, number: int) -> bool:
        """Say whether blank lines stand before and after an English line that has no mark; Chinese cells do, too."""
        line = self._lines[number]
        ends = [*self._lines[number - 1 : number], line, *self._lines[number + 1 : number + 2]]
        blank = all(self._text.count("\n", one.end, other.start) > 1 for one, other in pairwise(ends))
        return blank and not line.markers and not line.in_table and not HAN.search(self._folded, line.start, line.end)

    def _heads_text(self, number: int) -> bool:
        """Say whether a line reads like a heading of the text or the list right after it."""
        line = self._lines[number]
        if number + 1 == len(self._lines) or not self._is_heading_text(line.start, line.end):
            return False
        after = self._lines[number + 1]
        if after.markers:
            return after.markers[0].number <= 1
        return after.end - after.start > HEADING_CHARS

    def _is_bracketed(self, line: Line) -> bool:
        return _BRACKETED.fullmatch(self._text, line.start, line.end) is not None

    def _is_item(self, number: int) -> bool:
        """Say whether a short line is an item without a mark, a cell, or the rest of a broken line."""
        if not number:
            return False
        line, before, after = self._lines[number], self._lines[number - 1], self._lines[number + 1]
        if self._text.count("\n", before.end, line.start) > 1 == self._text.count("\n", line.end, after.start):
            # Set off from what is before it, and not from what is after it.
            return False
        if self._folded[before.end - 1] == ";" and not before.markers:
            # Of a list without marks.
            return True
        return self._last_line_is_cell or self._folded[before.end - 1] == ":" or self._is_broken(number - 1)

    def _heading_key(self, line: Line) -> str:
        """Return the letters of a line that may be a heading; none for a longer one."""
        short = line.end - line.start <= 2 * HEADING_CHARS
        return squeeze(self._folded[line.start : line.end]) if short else ""

    def _add_heading(self, number: int) -> None:
        line = self._lines[number]
        node = self._stack[-1]
        if node.title and not node.children and self._heading_key(line) == squeeze(self._folded[slice(*node.title)]):
            # The title printed twice.
            return
        while node.kind == "paragraph" or (node.marker and self._ends_before_heading(node, node.marker, number)):
            self._stack.pop()
            node = self._stack[-1]
        if self._begins_document(number):
            del self._stack[1:]
        # Headings that come back, such as 使用目的, are fields of the ones that do not.
        key = self._heading_key(line)
        repeated = key != "" and self._headings[key] > 1
        while self._stack[-1].is_plain_heading and (self._stack[-1].repeated or not repeated):
            self._stack.pop()
        heading = _Node(line.start, "heading", title=(line.start, line.end), repeated=repeated, bare=True)
        heading.paragraphs.append(line.start)
        self._open(heading, len(self._stack) - 1)

    def _begins_document(self, number: int) -> bool:
        """Say whether a heading is the title of another document, such as a policy for children: its dates follow."""
        line, after = self._lines[number], self._lines[number + 1]
        short = after.end - after.start <= HEADING_CHARS and not after.markers
        if not short or not _DATE.search(self._folded, after.start, after.end):
            return False
        return _DOCUMENT.search(self._folded[line.start : line.end].rstrip("》*_ ")) is not None

    def _ends_before_heading(self, node: _Node, marker: Marker, number: int) -> bool:
        """Say whether a numbered clause ends where a heading without a number follows."""
        if marker.family == "#":
            return False
        if marker.family == QUESTION:
            # It is within an answer if more questions follow its text, and above them if they follow it at once.
            after = self._lines[number + 1].markers
            return any(other.family == QUESTION for other in after) or not self._goes_on(marker, number)
        if self._is_bullet(node) and self._indent(self._lines[number].start) <= self._indent(node.start) + 1:
            return True
        # A heading with a number holds plain ones, unless it stands under a plain one itself, or ends a list of
        # short items.
        holds = node.bare and bool(marker.path) and not any(other.is_plain_heading for other in self._stack)
        items = [*self._items_before(marker)[-1:], node]
        if holds and not (len(items) > 1 and all(map(_is_short_item, items))):
            return False
        return not self._goes_on(marker, number)

    # Titles ------------------------------------------------------------------------------

    def _title(self, marker: Marker, line_end: int, parent: _Node, *, bare: bool) -> Span | None:
        """Return the span of a marked clause's title, if it has one."""
        dash = _DASH.match(self._text, marker.end, line_end)
        span = stripped(self._text, dash.end() if dash else marker.end, line_end)
        if span is None:
            return None
        start, end = span
        if named := self._named_in_contents(start, end):
            return named
        if bare:
            return span
        if bracketed := _BRACKETED.match(self._text, start, end):
            return bracketed.span()
        head = self._folded[start : min(end, start + _TITLE_CHARS)]
        cuts = [match.start() for match in (re.search(":", head), _HAN_GAP.search(head)) if match]
        if cuts and self._is_title(head, min(cuts)):
            return start, start + min(cuts)
        # A heading glued to its text, as in 共享我们不会, when the clause above names it.
        glued = head.find("我们")
        if glued > 1 and parent.title and marker.path and head[:glued] in self._folded[slice(*parent.title)]:
            return start, start + glued
        return None

    def _run_in(self, marker: Marker, line_end: int, number: int) -> Span | None:
        """Return the span of the heading that a marked line begins with, before its text: `B1. Size. A parcel …`."""
        words = stripped(self._text, marker.end, line_end)
        heading = run_in(self._text, *words) if words else None
        if heading is None or heading[1] + 1 < line_end:
            return heading
        after = self._lines[number + 1 : number + 2]
        # "1. Write to us." is a step, and "1.1 We keep it." before "1.2" or "2" says all that the clause does.
        # "(i)" may be the first of a list, or the ninth.
        begins = min((other.number for other in after[0].markers), default=0) <= 1 if after else False
        listed = not begins or any(other.series == marker.series for other in after[0].markers)
        return heading if len(marker.path) > 1 and not listed else None

    @staticmethod
    def _is_title(head: str, length: int) -> bool:
        title = head[:length]
        if not 0 < length <= 24 or re.search(r"[。;,!?]", title) or title.count("(") != title.count(")"):
            return False
        return not UNFINISHED.search(title) and not LEADS_IN.search(title) and head[length : length + 3] != "://"

    def _named_in_contents(self, start: int, end: int) -> Span | None:
        lengths = (length for length in self._entry_lengths if length <= end - start)
        named = next((n for n in lengths if self._folded[start : start + n] in self._entries), 0)
        after = self._folded[start + named : start + named + 1]
        return (start, start + named) if named and (not after.strip() or after in "您你我本:") else None

    # Finishing ---------------------------------------------------------------------------

    def _divide(self) -> None:
        """Divide own texts that are too long to be read or quoted as one clause."""
        stack = [(self._root, len(self._text))]
        while stack:
            node, end = stack.pop()
            stack.extend(_with_ends(node.children, end))
            body_end = node.children[0].start if node.children else end
            if node.kind != "contents":
                pieces = [
                    _Node(start, "paragraph", title=self._run_ins.get(self._line_at(start)))
                    for start in self._pieces(node, body_end)
                ]
                node.children = [*pieces, *node.children]

    def _pieces(self, node: _Node, body_end: int) -> Iterator[int]:
        """Yield where the own text of a clause is to be divided."""
        if body_end - node.start <= _READABLE_CHARS:
            yield from self._parts(node, body_end)
            return
        starts: list[int] = []
        for start in node.paragraphs[1:]:
            if start >= body_end:
                break
            number = self._line_at(start)
            rows = self._rows.get(number)
            short = rows is not None and self._is_short_list(*rows)
            # Short rows stay together, with the words that lead into them; of longer ones each stands by itself.
            led = rows and short and (number > rows[0] or self._leads_in(number, node))
            if led or self._goes_on_head(number):
                continue
            if (rows and not short) or not starts or start - starts[-1] >= _SHORT_CHARS:
                starts.append(start)
        if len(starts) < 2 and body_end - node.start <= _MAX_CHARS:
            return
        for start, end in zip((node.start, *starts), (*starts, body_end), strict=True):
            if start != node.start:
                yield start
            if end - start > _MAX_CHARS:
                yield from self._sentence_pieces(start, end)

    def _parts(self, node: _Node, body_end: int) -> Iterator[int]:
        """Yield where the paragraphs below a heading begin that say what they are about, and those right after them."""
        for before, start in pairwise(node.paragraphs if node.kind == "heading" else ()):
            if start < body_end and not self._run_ins.keys().isdisjoint(map(self._line_at, (before, start))):
                yield start

    def _goes_on_head(self, number: int) -> bool:
        """Say whether a row of a table is the line below its head, as in `|---|---|`, or the first row after it."""
        near = self._lines[max(number - 1, 0) : number + 1]
        return self._lines[number].in_table and any(
            _CELL_BORDERS.fullmatch(self._folded, line.start, line.end) for line in near
        )

    def _is_short_list(self, first: int, last: int) -> bool:
        chars = self._lines[last].end - self._lines[first].start
        return chars <= min(_READABLE_CHARS // 2, _SHORT_CHARS * (last - first + 1))

    def _sentence_pieces(self, start: int, end: int) -> Iterator[int]:
        """Yield the starts of further pieces of a text, of whole sentences where these are not too long."""
        for left, right in sentences(self._text, start, end):
            if right - start > _READABLE_CHARS and left > start:
                start = left
                yield start
            while right - start > _MAX_CHARS:
                blank = self._text.rfind(" ", start + 1, start + _READABLE_CHARS)
                start = blank + 1 if blank > 0 else start + _READABLE_CHARS
                yield start

    def _clause(self, node: _Node, id: str, prefix: str, end: int) -> Clause:
        children = []
        taken: Counter[str] = Counter()
        unnumbered = 0
        for child, child_end in _with_ends(node.children, end):
            if child.kind == "contents":
                name = "toc"
            elif child.marker and child.marker.path:
                name = f"{'a' if child.marker.family == 'appendix' else ''}{child.marker.number}"
            else:
                unnumbered += 1
                name = f"p{unnumbered}"
            taken[name] += 1
            name += "" if taken[name] == 1 else f"~{taken[name]}"
            children.append(self._clause(child, prefix + name, f"{prefix}{name}.", child_end))
        kind, title = node.kind, self._verbatim(node.title)
        if kind == "heading" and node.marker and node.marker.rank is None and not children and len(node.paragraphs) < 2:
            # A heading with nothing under it is a short item.
            kind, title = "item", ""
        return Clause(
            id=id,
            label=self._text[node.marker.label : node.marker.end].strip() if node.marker else "",
            title=title,
            kind=kind,
            start=node.start,
            label_end=self._label_end(node),
            body_end=children[0].start if children else end,
            end=end,
            children=tuple(children),
        )

    def _label_end(self, node: _Node) -> int:
        """Return where the words of a clause begin: behind its marker, the end of its bold, and a dash: `PART A – `."""
        if not node.marker:
            return node.start
        end = node.marker.end
        bold = BOLD.match(self._text, node.marker.start)
        end += len(bold[0]) if bold and self._text.startswith(bold[0], end) else 0
        dash = _DASH.match(self._text, end) if node.marker.path else None
        return dash.end() if dash else end

    def _verbatim(self, title: Span | None) -> str:
        return self._text[slice(*title)].strip("*_ \t") if title else ""


def _joined(titles: Sequence[str]) -> str:
    """Return the lines of a title as one, of whole words where it is too long."""
    title = " ".join(filter(None, titles))
    if len(title) <= _MOST_TITLE_CHARS:
        return title
    blank = title.rfind(" ", _TITLE_CHARS, _MOST_TITLE_CHARS)
    return title[: blank if blank > 0 else _MOST_TITLE_CHARS]


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


def _is_short_item(node: _Node) -> bool:
    return node.short and not node.children and len(node.paragraphs) < 2


def _with_ends(nodes: Sequence[_Node], end: int) -> Iterator[tuple[_Node, int]]:
    """Yield clauses, each with its end: the start of the next one."""
    yield from zip(nodes, (*(node.start for node in nodes[1:]), end)[: len(nodes)], strict=True)
