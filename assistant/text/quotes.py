"""Quotes: where words stand in a text, whatever their case and width and the white space between them; their lines."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.text import Span

_PRINTED = re.compile(r"\S+")


def squeezed(text: str) -> str:
    """Return `text` as quotes are compared: folded, without white space.

    >>> squeezed("保留 ３０ 天 内")
    '保留30天内'
    """
    return fold("".join(text.split()))


def lines_of(text: str) -> list[str]:
    r"""Return the lines of a text that hold anything, without the blanks around them.

    >>> lines_of("一、收集\n\n  我们收集手机号。 \n")
    ['一、收集', '我们收集手机号。']
    """
    return [line.strip() for line in text.splitlines() if line.strip()]


class Squeezed:
    """A text, or a part of it, as quotes are looked for in it.

    Args:
        text: The text.
        start: Where the part starts.
        end: Where it ends; at the end of the text by default.

    >>> text = "我们深 知个人信息对您的重要性"
    >>> [text[slice(*span)] for span in Squeezed(text).find(squeezed("深知个人信息"))]
    ['深 知个人信息']
    """

    def __init__(self, text: str, start: int = 0, end: int | None = None) -> None:
        self._text = text
        self._start, self._end = start, len(text) if end is None else end

    @cached_property
    def chars(self) -> str:
        """Its characters, squeezed."""
        return squeezed(self._text[self._start : self._end])

    @cached_property
    def places(self) -> list[int]:
        """Where each of these stands in the text."""
        printed = _PRINTED.finditer(self._text, self._start, self._end)
        return [place for run in printed for place in range(*run.span())]

    def find(self, wanted: str) -> Iterator[Span]:
        """Yield every span of the text whose characters, squeezed, are `wanted`; none if that is empty."""
        at = self.chars.find(wanted) if wanted else -1
        while at >= 0:
            yield self.places[at], self.places[at + len(wanted) - 1] + 1
            at = self.chars.find(wanted, at + 1)
