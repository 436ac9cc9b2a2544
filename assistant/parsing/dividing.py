"""Dividing: own texts of clauses that are too long to be read or quoted as one, by paragraphs and by sentences."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.parsing.nodes import SHORT_CHARS, Node, with_ends
from assistant.text import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.parsing.layout import Layout

_READABLE_CHARS = 600
"""Own text longer than this is divided by paragraphs."""
_MAX_CHARS = 2_000
"""Own text longer than this is divided by sentences."""
_CELL_BORDERS = re.compile(r"[|\s:-]+")


def divide(root: Node, layout: Layout) -> None:
    """Divide the own texts in a tree that are too long to be read or quoted as one clause."""
    _Divider(layout).divide(root)


class _Divider:
    """Finds where the own texts of one policy are to be divided."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._text, self._folded, self._lines = layout.text, layout.folded, layout.lines

    def divide(self, root: Node) -> None:
        """Divide the own texts in a tree."""
        stack = [(root, len(self._text))]
        while stack:
            node, end = stack.pop()
            stack.extend(with_ends(node.children, end))
            body_end = node.children[0].start if node.children else end
            if node.kind != "contents":
                pieces = [
                    Node(start, "paragraph", title=self._layout.run_ins.get(self._layout.line_at(start)))
                    for start in self._pieces(node, body_end)
                ]
                node.children = [*pieces, *node.children]

    def _pieces(self, node: Node, body_end: int) -> Iterator[int]:
        """Yield where the own text of a clause is to be divided."""
        if body_end - node.start <= _READABLE_CHARS:
            yield from self._parts(node, body_end)
            return
        starts: list[int] = []
        for start in node.paragraphs[1:]:
            if start >= body_end:
                break
            number = self._layout.line_at(start)
            rows = self._layout.rows.get(number)
            short = rows is not None and self._is_short_list(*rows)
            named = number in self._layout.run_ins
            # Short rows stay together, with the words that lead into them; of longer ones each stands by itself.
            led = rows and short and (number > rows[0] or self._layout.leads_in(number, node.start))
            if led or self._goes_on_head(number):
                continue
            if (rows and not short) or named or not starts or start - starts[-1] >= SHORT_CHARS:
                starts.append(start)
        if len(starts) < 2 and body_end - node.start <= _MAX_CHARS:
            return
        for start, end in zip((node.start, *starts), (*starts, body_end), strict=True):
            if start != node.start:
                yield start
            if end - start > _MAX_CHARS:
                yield from self._sentence_pieces(start, end)

    def _parts(self, node: Node, body_end: int) -> Iterator[int]:
        """Yield where the paragraphs below a heading begin that say what they are about, and those right after them."""
        for before, start in pairwise(node.paragraphs if node.kind == "heading" else ()):
            if start < body_end and not self._layout.run_ins.keys().isdisjoint(
                map(self._layout.line_at, (before, start))
            ):
                yield start

    def _goes_on_head(self, number: int) -> bool:
        """Say whether a row of a table is the line below its head, as in `|---|---|`, or the first row after it."""
        near = self._lines[max(number - 1, 0) : number + 1]
        return self._lines[number].in_table and any(
            _CELL_BORDERS.fullmatch(self._folded, line.start, line.end) for line in near
        )

    def _is_short_list(self, first: int, last: int) -> bool:
        chars = self._lines[last].end - self._lines[first].start
        return chars <= min(_READABLE_CHARS // 2, SHORT_CHARS * (last - first + 1))

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
