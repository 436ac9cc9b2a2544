"""PDF: its lines are put together again as paragraphs, without what is printed on every page.

A PDF says where characters stand on a page, not what they are part of. A paragraph ends where a line ends early,
where the next one is indented, or stands further down, or begins with a number.
"""

from __future__ import annotations

import logging
import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain, groupby, pairwise
from typing import TYPE_CHECKING, Any

from assistant.errors import FileError
from assistant.readers.blocks import Block, begins_item, is_cjk, number_of, one_line, raised, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MOST_PAGES = 500
_LEAST_CHARS = 20
"""Characters a page, on average, of a PDF that is more than pictures."""
_MOST_UNMAPPED = 0.1
_MOST_TITLE_CHARS = 80
_EDGE_LINES = 3
"""Lines at the top and the bottom of a page among which its header and its footer are looked for."""
_HEADING = 1.15
"""Size of a heading in those of the text."""
_GAP = 1.35
"""Distance of lines in the usual one from which on a paragraph begins."""
_ROOM = 0.25
"""Share of the width of the text that a line leaves free at most whose sentence goes on; words may be long."""
_LEAST_COLUMN = 5
"""Lines of a column, at least."""
_COLUMN_SHARE = 0.2
"""Share of the lines of a page that each of its columns has, at least."""
_ACROSS = 0.2
"""Share of the lines of a page that stand across its columns, at most."""
_CELL_EM = 2.0
"""Distance between the cells of a row, at least, in heights of a character."""
_UNSURE = 0.1
"""Share of a line's width that it may be wider than it is taken for."""
_RAISED_SIZE = 0.85
"""Size, in those of the line, below which what stands higher is raised."""
_LEAST_RISE = 0.1
"""How much higher than the line that is, at least, in its size."""
_RAISED_EM = 1.0
"""How far from the words before it that stands, at most, in the line's size."""
_EVEN = re.compile(r"mono|courier|consol|menlo|typewriter|cmtt", re.IGNORECASE)
_MOST_CELL_LINES = 12
"""Lines of a cell, at most, beside which the next one is looked for."""
_PAGE_NUMBER = re.compile(
    r"[ivxl]{1,6}|\W*(?:第|page|p\.)?\s*[0-9]{1,4}\s*页?(?:\s*(?:[/／,，]|of|共)\s*共?\s*[0-9]{1,4}\s*页?)?\W*",
    re.IGNORECASE,
)
_MOST_PAGE_NUMBER_CHARS = 40
_DIGITS = re.compile(r"[0-9]+")
_ENDS = tuple("。；;：:！!？?.")
_HYPHENATED = re.compile(r"\b[A-Za-z]{1,30}-$")
_DIVIDES = 0.02


def pdf_text(data: bytes) -> tuple[str, str]:
    """Return the text of a PDF, and its title: none, for what they say it is is that of another file as a rule.

    Args:
        data: The file.

    Raises:
        FileError: If it is encrypted, too long, or has no text, as a scan.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    # It tells of every irregularity of a file.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        # Many are encrypted only so that they are not changed, and open without a password.
        if reader.is_encrypted and not reader.decrypt(""):
            raise _encrypted()
        count = len(reader.pages)
    except DependencyError:
        raise _encrypted() from None
    except (PyPdfError, RecursionError):
        raise FileError(
            "is not a usual pdf file, or is damaged: save or print it again, or give it as text",
            reason="damaged",
            format="pdf",
        ) from None
    if count > _MOST_PAGES:
        raise FileError(
            f"has {count:,} pages; at most {_MOST_PAGES} are read: divide it",
            reason="pages",
            found=f"{count:,}",
            limit=str(_MOST_PAGES),
        )
    pages = [_lines_of(page, number) for number, page in enumerate(reader.pages)]
    _check_text("".join(line.text for lines in pages for line in lines), count)
    lines = [line for page in _without_edges(pages) for line in page]
    return text_of(_blocks(lines)), ""


def _encrypted() -> FileError:
    return FileError("is encrypted: save or print a copy without a password", reason="encrypted")


def _check_text(text: str, pages: int) -> None:
    """Raise FileError if what was found is no text that people can read."""
    letters = [char for char in text if not char.isspace()]
    if len(letters) < _LEAST_CHARS * pages:
        raise FileError(
            "holds pictures of its pages, or little text: recognise its text first (OCR), or give it as text",
            reason="scanned",
        )
    unmapped = sum(char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn", "Cc") for char in letters)
    if unmapped > _MOST_UNMAPPED * len(letters):
        raise FileError(
            "does not say which characters its fonts show: print it again from its source, or give it as text",
            reason="unmapped",
        )


# --- Lines -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """Words that stand beside each other, or a row of cells. Positions are in points, from the page's lower left."""

    text: str
    """The words; of a row those of its last cell."""
    left: float
    right: float
    top: float
    """Where its first line stands."""
    y: float
    """Where its last line stands."""
    size: float
    """Height of its characters."""
    page: int
    cells: list[str] = field(default_factory=list)
    """The cells before the last one, of a row."""
    cell_left: float = 0.0
    """Where the last cell begins."""

    @property
    def row(self) -> str:
        """Its words, with a tab between cells."""
        return "\t".join(one_line(cell) for cell in (*self.cells, self.text)).strip()


def _lines_of(page: Any, number: int) -> list[_Line]:
    """Return the lines of a page, in the order in which they were written."""
    lines: list[_Line] = []

    def take(text: str, around: Sequence[float], inner: Sequence[float], font: Any, size: float) -> None:
        words = text.replace("\n", " ").replace("\t", " ")
        if words.strip():
            even = _EVEN.search(str(font.get("/BaseFont", ""))) is not None if font else False
            _add(lines, words, _Place.of(around, inner, size, even=even), number)
        elif words and lines and text.strip("\n"):
            lines[-1].text += " "

    if page.rotation % 360:
        page.transfer_rotation_to_content()
    page.extract_text(visitor_text=take)
    return [line for line in lines if line.row]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a piece of text begins."""

    x: float
    y: float
    size: float
    tilted: bool
    even: bool
    """Whether all letters of its font are of the same width."""

    @classmethod
    def of(cls, around: Sequence[float], inner: Sequence[float], size: float, *, even: bool) -> _Place:
        """Return the place that the matrices of the page and of its text give."""
        a, b, c, d, e, f = around
        x, y = inner[4] * a + inner[5] * c + e, inner[4] * b + inner[5] * d + f
        right, up = inner[0] * a + inner[1] * c, inner[0] * b + inner[1] * d
        height = abs(size) * math.hypot(inner[2] * a + inner[3] * c, inner[2] * b + inner[3] * d)
        return cls(x, y, height or 1.0, abs(up) > abs(right) / 5, even)


def _add(lines: list[_Line], words: str, at: _Place, page: int) -> None:
    """Add a piece of text to the line that it goes on, or as a new one."""
    if at.tilted:  # a watermark
        return
    last = lines[-1] if lines else None
    if last is not None and _add_raised(last, words, at):
        return
    half = at.size / 2
    width = _width(words.rstrip(), even=at.even) * at.size
    right = at.x + width
    if last is None:
        pass
    elif abs(at.y - last.y) < half and at.x > last.cell_left - half:
        # A number is set off from what it numbers.
        unsure = _UNSURE * (last.right - last.cell_left)
        if at.x - last.right > _CELL_EM * at.size + unsure and not _is_number(last.text):
            _begin_cell(last, words, at)
        else:
            if len(words) > len(last.text):  # not of its number or its bullet
                last.size = at.size
            last.text += words
        last.right = max(last.right, right)
        return
    elif last.cells and 0 < last.y - at.y < 2.5 * at.size and abs(at.x - last.cell_left) < _CELL_EM * at.size:
        last.text, last.y = f"{last.text}\n{words}", at.y
        return
    elif at.y > last.y + half and at.x > last.cell_left + half and (row := _row_beside(lines, at)):
        _begin_cell(row, words, at)
        row.right = max(row.right, right)
        return
    lines.append(_Line(words, at.x, right, at.y, at.y, at.size, page, cell_left=at.x))


def _add_raised(line: _Line, words: str, at: _Place) -> bool:
    """Add a piece of text to a line where either is small and stands raised beside the other; say whether."""
    small, large = sorted((line.size, at.size))
    rise = at.y - line.y if at.size < line.size else line.y - at.y
    unsure = _UNSURE * (line.right - line.cell_left) + _RAISED_EM * large
    beside = at.x > line.cell_left and abs(at.x - line.right) < unsure
    if not (small < _RAISED_SIZE * large and _LEAST_RISE * large < rise < large / 2 and beside):
        return False
    if at.size < line.size:
        blank = " " * words.endswith(" ")
        line.text = line.text.rstrip() + raised(words.strip(), line.text.rstrip()) + blank
    else:
        # The line began with the mark of a note.
        line.text = raised(line.text.strip(), "", words) + words
        line.top, line.y, line.size = line.top - rise * (line.top == line.y), at.y, at.size
    line.right = max(line.right, at.x + _width(words.rstrip(), even=at.even) * at.size)
    return True


def _begin_cell(row: _Line, words: str, at: _Place) -> None:
    row.cells.append(row.text)
    row.text, row.cell_left, row.y = words, at.x, at.y


def _row_beside(lines: list[_Line], at: _Place) -> _Line | None:
    """Return the row that goes on at a place higher up: its lines before that place are made one cell."""
    last = lines[-1]
    if last.cells:
        return last if at.y < last.top + at.size else None
    first = len(lines)
    while first and lines[first - 1].top < at.y + at.size / 2 and lines[first - 1].left < at.x:
        first -= 1
        if len(lines) - first > _MOST_CELL_LINES or lines[first].cells:
            return None
    if first in (0, len(lines)):
        # Not beside a cell: at the head of the page, which was written last.
        return None
    row = lines[first]
    row.text = "\n".join(line.text for line in lines[first:])
    row.top = max(row.top, at.y)
    del lines[first + 1 :]
    return row


def _is_number(text: str) -> bool:
    """Say whether a piece of text is only the number of what follows, or its bullet."""
    return len(text.strip()) <= 8 and begins_item(f"{text.strip()} 项")


def _width(text: str, *, even: bool = False) -> float:
    """Return about how wide a text is, in heights of its characters."""
    return sum((1.0 if is_cjk(char) else 0.6) if even else _char_width(char) for char in text)


def _char_width(char: str) -> float:
    if is_cjk(char):
        return 1.0
    if char in "iljtfrI.,;:'|!()[]- ":
        return 0.3
    return 0.7 if char.isupper() or char in "mw@%—" else 0.53


def _without_edges(pages: Sequence[list[_Line]]) -> list[list[_Line]]:
    """Return the pages without headers, footers and page numbers."""
    edges = [_edges(page) for page in pages]
    seen = Counter(key for lines in edges for key in {_edge_key(line) for line in lines})
    often = max(2, len(pages) / 2)
    repeated = {key for key, times in seen.items() if times >= often}
    kept: list[list[_Line]] = []
    for page, lines in zip(pages, edges, strict=True):
        out = {id(line) for line in lines if _edge_key(line) in repeated}
        for line in (max(page, key=_top, default=None), min(page, key=_top, default=None)):
            if line is not None and len(page) > 1 and _is_page_number(line.row):
                out.add(id(line))
        kept.append([line for line in page if id(line) not in out])
    return kept


def _is_page_number(row: str) -> bool:
    return len(row) <= _MOST_PAGE_NUMBER_CHARS and _PAGE_NUMBER.fullmatch(row) is not None


def _top(line: _Line) -> float:
    return line.top


def _edges(page: Iterable[_Line]) -> list[_Line]:
    """Return the lines at the top and the bottom of a page."""
    ordered = sorted(page, key=_top)
    return [*ordered[:_EDGE_LINES], *ordered[_EDGE_LINES:][-_EDGE_LINES:]]


def _edge_key(line: _Line) -> tuple[str, int]:
    """Return what a header or a footer has in common on all pages: its words without numbers, and its height."""
    return _DIGITS.sub("#", "".join(line.row.split())), round(line.top / 4)


# --- Paragraphs ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measures:
    """How the text of the file is set, in points."""

    size: float
    left: float
    right: float
    leading: float
    """Distance of the lines of a paragraph."""

    @classmethod
    def of(cls, lines: Sequence[_Line]) -> _Measures:
        """Return the measures that most of the text has."""
        sizes = Counter[float]()
        lefts = Counter[int]()
        for line in lines:
            sizes[_rounded(line.size)] += len(line.text)
            lefts[round(line.left)] += 1
        size = sizes.most_common(1)[0][0]
        rights = sorted(line.right for line in lines if not line.cells) or [0.0]
        gaps = Counter(
            _rounded(a.y - b.top)
            for a, b in pairwise(lines)
            if a.page == b.page and 0.8 * size < a.y - b.top < 3 * size
        )
        usual = [gap for gap, times in gaps.items() if times >= 0.1 * gaps.total()]
        return cls(
            size=size,
            left=lefts.most_common(1)[0][0],
            right=rights[min(math.ceil(0.97 * len(rights)), len(rights) - 1)],
            leading=min(usual, default=1.5 * size),
        )

    def holds(self, line: _Line) -> bool:
        """Say whether a line stands between the edges of the text."""
        return self.left - self.size < line.left and line.right < self.right + self.size


def _measures_of_columns(lines: Sequence[_Line], measures: _Measures) -> dict[int, _Measures]:
    """Return the measures of each line that stands in one of several columns, by its id."""
    alike: dict[tuple[int, int], list[_Line]] = defaultdict(list)
    alone: list[list[_Line]] = []
    for _, page in groupby(lines, key=lambda line: line.page):
        columns = _columns(list(page))
        for number, column in enumerate(columns):
            if len(columns) > 1:
                alike[len(columns), number] += column
            else:
                alone.append(column)
    found: dict[int, _Measures] = {}
    for column in alike.values():
        own = _Measures.of(column)
        within = replace(measures, left=own.left, right=own.right)
        # The last page may have only a first column.
        beside = (page for page in alone if all(within.holds(line) for line in page))
        for line in chain(column, *beside):
            found.setdefault(id(line), within)
    return found


def _columns(page: Sequence[_Line]) -> list[list[_Line]]:
    """Return the lines of each column of a page, without those that stand across several."""
    lefts, rights = sorted(line.left for line in page), sorted(line.right for line in page)
    least = max(_LEAST_COLUMN, _COLUMN_SHARE * len(page))
    for at in sorted({round(left) - 1 for left in lefts}):
        before, behind = bisect_left(rights, at), len(page) - bisect_left(lefts, at)
        if min(before, behind) >= least and before + behind >= (1 - _ACROSS) * len(page):
            parts = [line for line in page if line.right < at], [line for line in page if line.left >= at]
            return [column for part in parts for column in _columns(part)]
    return [list(page)]


def _rounded(points: float) -> float:
    return round(points * 2) / 2


def _blocks(lines: Sequence[_Line]) -> Iterator[Block]:
    """Yield the paragraphs that lines are of."""
    if not lines:
        return
    measures = _Measures.of(lines)
    levels = _levels(lines, measures)
    columns = _measures_of_columns(lines, measures)
    words = _Words.of(lines)
    text, former = "", None
    for line in lines:
        if former is not None and _goes_on(former, line, columns.get(id(former), measures)):
            text = _joined(text, line.row, words)
        else:
            if former is not None:
                yield Block(text=text, level=levels.get(_rounded(former.size), 0) * (len(text) <= _MOST_TITLE_CHARS))
            text = line.row
        former = line
    if former is not None:
        yield Block(text=text, level=levels.get(_rounded(former.size), 0) * (len(text) <= _MOST_TITLE_CHARS))


def _levels(lines: Sequence[_Line], measures: _Measures) -> dict[float, int]:
    """Return the rank of headings by their size: the larger, the higher."""
    sizes = {_rounded(line.size) for line in lines if line.size > _HEADING * measures.size and not line.cells}
    return {size: min(rank, 6) for rank, size in enumerate(sorted(sizes, reverse=True), 1)}


def _goes_on(line: _Line, after: _Line, measures: _Measures) -> bool:
    """Say whether a line is of the same paragraph as the one before it."""
    em = measures.size
    if line.cells or after.cells or abs(line.size - after.size) > 0.1 * em:
        return False
    if line.page == after.page and not 0 < line.y - after.top < _GAP * measures.leading * max(line.size / em, 1):
        return False
    indented = after.left - line.left > em and after.left - measures.left > em and after.page == line.page
    centred = line.size > _HEADING * em and abs(line.left + line.right - after.left - after.right) < 2 * line.size
    if indented and not centred and not begins_item(line.row):
        return False
    ended = line.text.rstrip().endswith(_ENDS)
    room = measures.right - line.right
    if begins_item(after.row):
        return not ended and room < em and not _may_follow(line.row, after.row)
    if not ended:
        return room < _ROOM * (measures.right - measures.left)
    # Where a sentence ends, a paragraph may: unless the next word would not have had room.
    word = 1.0 if is_cjk(after.row[0]) else _width(after.row.split(" ", 1)[0])
    return room < (max(word, 1.0) + 0.5) * em


def _may_follow(row: str, after: str) -> bool:
    """Say whether an item may begin right below a line that begins one: not with the 60 of "costs EUR" above "60."."""
    above, number = number_of(row), number_of(after)
    if above is None or _is_number(after):
        return False
    return number is None or number.number <= max(above.path) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The Latin words of the file, which tell what a hyphen at the end of a line is."""

    whole: frozenset[str]
    hyphenated: frozenset[str]
    divides: bool
    """Whether the program that set the text divided words: then lines end with a hyphen now and then."""

    @classmethod
    def of(cls, lines: Sequence[_Line]) -> _Words:
        """Return the words of lines."""
        text = "\n".join(line.text for line in lines)
        ends = sum(_HYPHENATED.search(line.text.rstrip()) is not None for line in lines)
        return cls(
            whole=frozenset(re.findall(r"(?<!-)\b[a-z]{2,}\b(?!-)", text.lower())),
            hyphenated=frozenset(re.findall(r"\b[a-z]{1,30}-[a-z]{1,30}\b", text.lower())),
            divides=ends > _DIVIDES * len(lines),
        )


def _joined(text: str, line: str, words: _Words) -> str:
    """Return a paragraph with its next line."""
    if is_cjk(text[-1]) and is_cjk(line[0]):
        return text + line
    if (left := _HYPHENATED.search(text)) and (right := re.match(r"[a-z]+", line)):
        first = left[0][:-1].lower()
        if f"{first}-{right[0]}" in words.hyphenated or not (words.divides or first + right[0] in words.whole):
            return text + line
        return text[:-1] + line
    return f"{text} {line}"
