"""Outline: reads a text line by line, and tells which lines begin a clause, which are headings, and which go on.

What the lines look like is known from their `Layout`, what they become a part of to the `OpenClauses`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.parsing.dividing import divide
from assistant.parsing.headings import (
    BOLD,
    BRACKETED,
    COLON,
    HAN,
    HEADING_CHARS,
    MARKED_CHARS,
    TELLS,
    TITLE_CHARS,
    is_bold_question,
    is_heading_text,
    is_title,
    run_in,
)
from assistant.parsing.layout import Layout
from assistant.parsing.markers import DASH, NEVER_INSIDE, QUESTION, Marker, answer_mark, is_measure
from assistant.parsing.nodes import Node, clause_of, verbatim
from assistant.parsing.placing import OpenClauses
from assistant.text import stripped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy.clauses import Clause, Kind
    from assistant.text import Span

_MOST_TITLE_CHARS = 100
"""Longest title of a policy that is taken from its title lines."""
_HAN_GAP = re.compile(r"(?<=[一-鿿])\s+(?=[一-鿿])")
_PUNCTUATED = re.compile(r"[。,:!?！？]|\.(?:\s|$)")
# What stands before a blank and a number in "参见 三、共享": a reference, not the heading itself.
_REFERRING = frozenset("见阅照据按依在和与及至或")
_SENTENCE_ENDS = frozenset("。!?.")


class Outline:
    """Builds the clause tree of one text, line by line."""

    def __init__(self, text: str) -> None:
        self._layout = Layout(text)
        self._text, self._folded, self._lines = text, self._layout.folded, self._layout.lines
        self._open = OpenClauses(self._layout)
        self.title = ""
        """What the title lines say, dates aside; empty before `build`, and without such lines."""
        self.first_line = self._first_line()
        """The first line, dates aside, where it may stand for the title; empty if it is a clause's or of contents."""
        self._last_line_is_cell = False

    def build(self) -> Clause:
        """Return the root of the tree."""
        number = self._front_matter()
        while number < len(self._lines):
            if number in self._layout.contents:
                self._open.add_contents(number)
                number = self._layout.contents[number]
            else:
                self._add_line(number)
            number += 1
        divide(self._open.root, self._layout)
        return clause_of(self._open.root, self._text)

    def _first_line(self) -> str:
        number = next((n for n, line in enumerate(self._lines) if not self._layout.is_dated(line)), None)
        if number is None or number in self._layout.contents:
            return ""
        line = self._lines[number]
        if any(marker.path or marker.family != "#" for marker in line.markers):
            return ""
        return self._text[line.start : line.end].splitlines()[0]

    def _front_matter(self) -> int:
        """Take the title lines into the root's own text; return the number of the next line."""
        layout = self._layout
        titles: list[int] = []
        for number, line in enumerate(self._lines):
            marked = bool(line.markers) and (line.markers[0].family, line.markers[0].rank) == ("#", 1)
            if number in layout.contents or (line.markers and not marked) or line.in_table or layout.is_bracketed(line):
                break
            if number in layout.wrapped:
                break
            if not layout.is_dated(line) and not (titles and layout.is_issuer(line)):
                named = (
                    layout.heads(line.markers[0], line.end, number)
                    if marked
                    else layout.reads_like_heading(line.start, line.end)
                )
                again = bool(titles) and layout.heading_key(line) == layout.heading_key(self._lines[titles[0]])
                if not named or (titles and not again and not layout.is_second_title(number, titles)):
                    break
                if not again:
                    titles.append(number)
            self._open.root.paragraphs.append(line.start)
        else:
            # A text of title lines alone has no title.
            self._open.root.paragraphs.clear()
            return 0
        spans = [(self._lines[title].body, self._lines[title].end) for title in titles]
        self.title = _joined([verbatim(self._text, span).strip("#*_ ") for span in spans])
        return number

    def _add_line(self, number: int) -> None:
        """Add a line, divided where further clauses begin in its middle."""
        line = self._lines[number]
        if marker := self._choose(line.markers, number):
            self._last_line_is_cell = False
            self._add_marked(marker, line.end, number)
        else:
            self._add_unmarked(number)
        for index, place in enumerate(line.inside):
            marker = next((m for m in place.markers if self._begins_inside(m, index, number)), None)
            if not marker:
                continue
            above = self._open.innermost
            if above.start >= line.start:
                above.bare = not place.after
            if above.marker and not place.after and self._layout.reads_like_heading(above.marker.end, place.start):
                above.kind, above.title = "heading", stripped(self._text, above.marker.end, place.start)
            self._add_marked(marker, line.end, number)

    def _choose(self, markers: tuple[Marker, ...], number: int) -> Marker | None:
        """Pick the reading that continues an open list: `(i)` after `(h)` is a letter."""
        if number - 1 in self._layout.wrapped or self._answers(number):
            return None
        cut = self._open.breaks_above(number)
        markers = tuple(marker for marker in markers if self._may_number(marker, number, cut=cut))
        for marker in markers:
            if self._open.continues(marker):
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
            asked = "?" in self._folded[line.start : line.end] or number in self._layout.wrapped
            return asked or self._layout.is_answered(number)
        if marker.family not in ("1 ", "1.1"):
            return True
        if is_measure(self._text, marker):
            return False
        if marker.family == "1 ":
            return not cut or (marker.series, marker.number + 1) in self._layout.list_lines
        if marker.number > 1:
            # Some may have been left out, and an extract has only one.
            line = self._lines[number]
            heads = self._text[marker.end : marker.end + 2].lstrip().isupper() or (
                HAN.match(self._text, marker.end) is not None and is_heading_text(self._folded, marker.end, line.end)
            )
            return heads or any(
                (marker.series, marker.number + step) in self._layout.lines_with for step in (-1, 1, -2, -3)
            )
        return not cut or any(other.path == marker.path[:-1] for _, other in self._open.labelled())

    def _answers(self, number: int) -> bool:
        """Say whether a line is marked as the answer to the question right above it."""
        line, above = self._lines[number], self._open.innermost
        asked = above.family == QUESTION and len(above.paragraphs) == 1 and not above.children
        return asked and answer_mark(self._folded, line.start, line.end) != ""

    def _begins_inside(self, marker: Marker, index: int, number: int) -> bool:
        """Say whether a number inside a line starts a clause: it goes on an open list, or begins one."""
        line = self._lines[number]
        place, above = line.inside[index], self._open.innermost
        if marker.start <= above.start:
            return False
        if not self._text[marker.end : min(line.end, marker.end + 9)].strip(" 。;；，,"):
            return False
        if is_measure(self._text, marker):
            return False
        due, after_sentence = self._open.is_due(marker), place.after in _SENTENCE_ENDS
        set_off = not place.after and self._folded[place.start - 1] not in _REFERRING
        if (after_sentence or (due and set_off)) and self._layout.is_listed(marker, line.end):
            return True
        under_heading = (
            not place.after and above.marker and self._layout.reads_like_heading(above.marker.end, place.start)
        )
        if place.after == "." or marker.rank is not None or marker.family in NEVER_INSIDE:
            # These are references, versions and initials far more often than clauses.
            if under_heading and above.marker and marker.rank is not None:
                return due and (above.marker.rank or 0) < marker.rank
            return due and after_sentence and self._heads_line(marker, line.end)
        if marker.number != 1:
            return bool(place.after) and due
        return (place.after == ":" or bool(under_heading)) and self._layout.has_second(marker, index, number)

    def _heads_line(self, marker: Marker, line_end: int) -> bool:
        """Say whether the rest of a line is the heading, or set off from the number of an article."""
        article = marker.family == "条" and self._folded[marker.end] in " \t\u3000、:【"
        return article or self._layout.reads_like_heading(marker.end, line_end)

    def _add_marked(self, marker: Marker, line_end: int, number: int) -> None:
        """Add the clause that begins with a marker at or in a line."""
        bare = short = number not in self._layout.wrapped and self._layout.heads(marker, line_end, number)
        # One that the next of its list follows at once is an item, however short.
        if bare and marker.rank is None and number + 1 < len(self._lines):
            after = self._lines[number + 1].markers
            bare = not any(m.series == marker.series and m.number == marker.number + bool(marker.path) for m in after)
        kind: Kind = "heading" if bare else "item"
        node = Node(marker.start, kind, marker, paragraphs=[marker.start], bare=bare, short=short)
        parent = self._open.add_marked(node, marker)
        node.title = self._layout.asked(marker, line_end, number) or self._title(marker, line_end, parent, bare=bare)
        if node.title is None and marker.path:
            node.title = self._run_in(marker, line_end, number)

    def _add_unmarked(self, number: int) -> None:
        """Add a line that begins with no marker of a clause: as a heading, or to the text above."""
        if number - 1 in self._layout.wrapped and self._open.innermost is not self._open.root:
            # The rest of the paragraph above.
            self._last_line_is_cell = False
            return
        heading = self._acts_as_heading(number)
        self._last_line_is_cell = not heading and self._is_cell(number)
        if heading:
            self._open.add_heading(number)
            return
        self._open.add_text(number)

    def _is_cell(self, number: int) -> bool:
        """Say whether a line that is no heading reads like a cell, or like an item of a list without marks."""
        line = self._lines[number]
        if line.in_table:
            return False
        if self._layout.reads_like_heading(line.start, line.end):
            return not TELLS.search(self._folded, line.start, line.end)
        in_list = self._last_line_is_cell or (number and self._folded[self._lines[number - 1].end - 1] == ":")
        short = line.end - line.start <= 2 * HEADING_CHARS
        return bool(in_list) and short and re.search(r"[:。!?]|\.$", self._folded[line.start : line.end]) is None

    def _acts_as_heading(self, number: int) -> bool:
        """Say whether an unmarked line acts as a heading: short, and followed by text or a list."""
        line = self._lines[number]
        if line.in_table or number + 1 == len(self._lines):
            return False
        if is_bold_question(self._folded, line.start, line.end):
            return True
        if (
            self._folded[line.end - 1] == "?"
            and line.end - line.start <= MARKED_CHARS
            and self._layout.is_answered(number)
        ):
            return True
        if number in self._layout.wrapped or not self._layout.reads_like_heading(line.start, line.end):
            return False
        if BOLD.match(self._folded, line.start) or self._layout.is_bracketed(line):
            return True
        return number not in self._layout.rows and self._stands_above(number)

    def _stands_above(self, number: int) -> bool:
        """Say whether a line that reads like a heading is one, by what it says and what stands around it."""
        line = self._lines[number]
        if self._layout.begins_document(number):
            return True
        heading = self._folded[line.start : line.end]
        if heading[0] in "\"'《(" or TELLS.search(heading):
            return False
        if not self._layout.comes_back(line) and self._is_item(number):
            return False
        after = self._lines[number + 1]
        following = self._folded[after.start : min(after.end, after.start + 2 * HEADING_CHARS)]
        if marker := self._layout.first_number(number + 1):
            # Of an article that is not finished it may be the rest.
            above = self._open.is_due_article(marker) and self._ends_sentence(number - 1)
            return marker.number <= 1 or marker.family == QUESTION or above
        if heading[-1] == ":":
            return len(heading) <= HEADING_CHARS // 2 and not following.startswith("http")
        if len(following) > HEADING_CHARS or _PUNCTUATED.search(following) is not None:
            return True
        # One above another: "Information we collect", "Information you give us".
        return (
            self._layout.stands_alone(number)
            and self._layout.stands_alone(number + 1)
            and self._layout.heads_text(number + 1)
        )

    def _ends_sentence(self, number: int) -> bool:
        return number >= 0 and self._folded[self._lines[number].end - 1] in _SENTENCE_ENDS

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
        return self._last_line_is_cell or self._folded[before.end - 1] == ":" or self._open.breaks_above(number)

    def _title(self, marker: Marker, line_end: int, parent: Node, *, bare: bool) -> Span | None:
        """Return the span of a marked clause's title, if it has one."""
        dash = DASH.match(self._text, marker.end, line_end)
        span = stripped(self._text, dash.end() if dash else marker.end, line_end)
        if span is None:
            return None
        start, end = span
        if named := self._layout.named_in_contents(start, end):
            return named
        if bare:
            return span
        if bracketed := BRACKETED.match(self._text, start, end):
            return bracketed.span()
        head = self._folded[start : min(end, start + TITLE_CHARS)]
        cuts = [match.start() for match in (COLON.search(head), _HAN_GAP.search(head)) if match]
        if cuts and is_title(head, min(cuts)):
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


def _joined(titles: Sequence[str]) -> str:
    """Return the lines of a title as one, of whole words where it is too long."""
    title = " ".join(filter(None, titles))
    if len(title) <= _MOST_TITLE_CHARS:
        return title
    blank = title.rfind(" ", TITLE_CHARS, _MOST_TITLE_CHARS)
    return title[: blank if blank > 0 else _MOST_TITLE_CHARS]
