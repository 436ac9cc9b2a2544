"""Word's documents: paragraphs with the numbers that Word counts, rows of tables, footnotes.

Word stores no number of a list: it counts them from the list's definition when it shows the document. Clauses are
cited by these numbers, so they are counted here in the same way. The parts of the file are read directly, and only
those that hold text: pictures are never inflated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from assistant.policy.clauses import is_bullet
from assistant.readers.blocks import MOST_SPAN, MOST_SPANNED_CHARS, Block, note_mark, one_line, raised, text_of
from assistant.readers.docx.archive import Parts, opened
from assistant.readers.docx.numbering import Numbering
from assistant.readers.docx.xml import OFF, child_of, children, getter, local, whole, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MOST_TITLE_CHARS = 80
_CELL_CHARS = 1_000
_MOST_LEVELS = 9
_UNSEEN_LOOKS = ("vanish", "strike", "dstrike")
_HEADING_STYLE = re.compile(r"heading ([1-9])")
# What a paragraph holds besides its text, or no longer holds.
_NO_TEXT = frozenset(
    ("pPr", "rPr", "sdtPr", "sdtEndPr", "del", "moveFrom", "instrText", "delText", "delInstrText", "Fallback", "rt")
)


def docx_text(data: bytes) -> tuple[str, str]:
    """Return the text of a Word document, and its title if a paragraph is styled as one.

    Args:
        data: The file.

    Raises:
        FileError: If it is no Word document, or one that was made to fill the memory.
    """
    with opened(data) as archive:
        parts = Parts(archive)
        document = _Document(parts)
    blocks = document.blocks()
    return text_of(blocks), document.title[:_MOST_TITLE_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """What a style says of its paragraphs, with what it takes over from the one it is based on."""

    name: str = ""
    list_id: str = ""
    depth: int | None = None
    list_style: str = ""
    """The style that named the list."""
    level: int = 0
    """Rank as a heading, from 1; 0 for none."""
    hidden: bool = False
    """Whether its words are not shown, or struck out."""
    raised: bool = False


class _Raised(str):
    """Words that stand raised."""

    __slots__ = ()


def _written(pieces: Iterable[str]) -> str:
    """Return the words of pieces one after the other, those that are raised together as a reader takes them."""
    words = ""
    for is_raised, group in groupby(pieces, lambda piece: isinstance(piece, _Raised)):
        more = "".join(group)
        words += raised(more, words) if is_raised else more
    return words


class _Document:
    """Takes the blocks from a document, once.

    Args:
        parts: The document's parts.
    """

    def __init__(self, parts: Parts) -> None:
        self._get = getter(parts.document)
        self._body = child_of(parts.document, "body")
        self._numbering = Numbering(parts.numbering)
        self._default = ""
        self._styles = self._read_styles(parts.styles)
        self._notes = {
            "footnoteReference": self._read_notes(parts.footnotes),
            "endnoteReference": self._read_notes(parts.endnotes),
        }
        self._noted = 0
        self._after_bullet = False
        self._run_on: list[Any] = []
        """Paragraphs whose end was deleted, so that they are one with the next."""
        self.title = ""

    def blocks(self) -> list[Block]:
        """Return the blocks of the document."""
        return list(self._blocks_of(self._body)) if self._body is not None else []

    def _read_styles(self, root: Any) -> dict[str, _Style]:
        if root is None:
            return {}
        elements = {self._get(style, "styleId"): style for style in children(root, "style")}
        for name, style in elements.items():
            if self._get(style, "type") == "paragraph" and self._get(style, "default") not in ("", *OFF):
                self._default = name
        styles: dict[str, _Style] = {}
        for styled in elements:
            # Each before those that are based on it; in a ring, none is based on the first.
            chain = [styled]
            while (based := child_of(elements[chain[-1]], "basedOn")) is not None:
                above = self._get(based, "val")
                if above in styles or above in chain or above not in elements:
                    break
                chain.append(above)
            for name in reversed(chain):
                styles.setdefault(name, self._style(name, elements[name], styles))
        return styles

    def _style(self, id: str, element: Any, styles: Mapping[str, _Style]) -> _Style:
        based, name = child_of(element, "basedOn"), child_of(element, "name")
        found = styles.get(self._get(based, "val"), _Style()) if based is not None else _Style()
        called = self._get(name, "val").lower() if name is not None else ""
        found = replace(found, name=called)
        if (heading := _HEADING_STYLE.fullmatch(called)) is not None:
            found = replace(found, level=min(int(heading[1]), 6))
        if (look := child_of(element, "pPr")) is not None:
            if (rank := child_of(look, "outlineLvl")) is not None:
                found = replace(found, level=self._rank(rank))
            if (numbered := child_of(look, "numPr")) is not None:
                list_id, depth = self._numbered(numbered)
                found = replace(found, list_id=list_id or found.list_id, depth=depth, list_style=id)
        if (look := child_of(element, "rPr")) is not None:
            found = replace(
                found, hidden=found.hidden or self._is_hidden(look), raised=found.raised or self._is_raised(look)
            )
        return found

    def _rank(self, element: Any) -> int:
        rank = whole(self._get(element, "val"))
        return min(rank + 1, 6) if rank < _MOST_LEVELS else 0

    def _numbered(self, element: Any) -> tuple[str, int | None]:
        list_id, depth = child_of(element, "numId"), child_of(element, "ilvl")
        found = self._get(list_id, "val") if list_id is not None else ""
        return found, whole(self._get(depth, "val")) if depth is not None else None

    def _is_hidden(self, look: Any) -> bool:
        return any(
            self._get(found, "val") not in OFF for name in _UNSEEN_LOOKS if (found := child_of(look, name)) is not None
        )

    def _is_raised(self, look: Any) -> bool:
        found = child_of(look, "vertAlign")
        return found is not None and self._get(found, "val") == "superscript"

    def _read_notes(self, root: Any) -> dict[str, str]:
        """Return the words of notes by id."""
        notes: dict[str, str] = {}
        for note in () if root is None else root:
            # What parts the notes from the text is a note, too, of a type of its own.
            if self._get(note, "type") in ("", "normal"):
                notes[self._get(note, "id")] = " ".join(
                    one_line(_written(piece for piece in self._pieces(part) if isinstance(piece, str)))
                    for part in children(note, "p")
                ).strip()
        return notes

    def _blocks_of(self, part: Any) -> Iterator[Block]:
        """Yield the blocks of a body, a cell or a text box."""
        outside, self._run_on = self._run_on, []
        yield from self._blocks_in(part)
        yield from self._last_run_on()
        self._run_on = outside

    def _blocks_in(self, part: Any) -> Iterator[Block]:
        for element in part:
            kind = local(element)
            if kind == "p":
                if self._is_end_deleted(element):
                    self._run_on.append(element)
                else:
                    yield from self._paragraph(element)
            elif kind == "tbl":
                yield from self._last_run_on()
                yield from self._table(element)
            elif kind not in _NO_TEXT and kind != "sectPr":
                yield from self._blocks_in(element)

    def _is_end_deleted(self, paragraph: Any) -> bool:
        """Say whether the end of a paragraph was deleted, or moved away, where changes are tracked."""
        look = child_of(paragraph, "pPr")
        end = child_of(look, "rPr") if look is not None else None
        return end is not None and any(child_of(end, name) is not None for name in ("del", "moveFrom"))

    def _last_run_on(self) -> Iterator[Block]:
        """Yield what is left of paragraphs that would be one with the next, where none follows."""
        elements, self._run_on = self._run_on, []
        # An item of which nothing is left is not counted.
        if any(not isinstance(piece, str) or piece.strip() for part in elements for piece in self._pieces(part)):
            self._run_on = elements[:-1]
            yield from self._paragraph(elements[-1])

    def _paragraph(self, element: Any) -> Iterator[Block]:
        elements, self._run_on = [*self._run_on, element], []
        style, list_id, depth, level = self._look(element)
        parts: list[str] = []
        boxes: list[Any] = []
        notes: list[str] = []
        for piece in () if style.hidden else chain.from_iterable(map(self._pieces, elements)):
            if isinstance(piece, str):
                parts.append(piece)
            elif local(piece) == "txbxContent":
                boxes.append(piece)
            else:
                notes.append(self._notes[local(piece)].get(self._get(piece, "id"), ""))
        words = _written(parts)
        number = self._numbering.next(list_id, depth) if list_id else ""
        if style.name == "title" and not self.title:
            self.title, level = one_line(words), 1
        elif level and self.title:
            # The title stands above the headings of the first rank.
            level = min(level + 1, 6)
        bullet = is_bullet(number.strip())
        indent = 2 * depth if bullet else 0
        apart, self._after_bullet = self._after_bullet and not number and not self._is_indented(element), bullet
        bold = self._is_bold(elements)
        # A line that was broken by hand is one of its own.
        for line in words.split("\n"):
            if text := one_line(line):
                yield Block(text=number + text, level=level, bold=bold, indent=indent, apart=apart)
                number, level, indent, apart = "", 0, 0, False
        for note in filter(None, notes):
            self._noted += 1
            yield Block(text=f"{note_mark(str(self._noted), note)} {note}")
        for box in boxes:
            yield from self._blocks_of(box)

    def _is_bold(self, elements: Sequence[Any]) -> bool:
        """Say whether all words of a paragraph, or of several in one, are bold by themselves."""
        found = chain.from_iterable(wrapped(element, "r") for element in elements)
        runs = [run for run in found if "".join(part.text or "" for part in children(run, "t")).strip()]
        looks = [child_of(look, "b") if (look := child_of(run, "rPr")) is not None else None for run in runs]
        return bool(runs) and all(bold is not None and self._get(bold, "val") not in OFF for bold in looks)

    def _is_indented(self, element: Any) -> bool:
        """Say whether a paragraph is set in from the left, as what goes on with an item is."""
        look = child_of(element, "pPr")
        found = child_of(look, "ind") if look is not None else None
        return found is not None and any(whole(self._get(found, side)) > 0 for side in ("left", "start"))

    def _look(self, element: Any) -> tuple[_Style, str, int, int]:
        """Return a paragraph's style, its list with the depth in it, and its rank as a heading."""
        look = child_of(element, "pPr")
        named = child_of(look, "pStyle") if look is not None else None
        style = self._styles.get(self._get(named, "val") if named is not None else self._default, _Style())
        list_id, depth, level = style.list_id, style.depth, style.level
        if list_id and depth is None:
            depth = self._numbering.depth_of(list_id, style.list_style)
        if look is not None:
            if (rank := child_of(look, "outlineLvl")) is not None:
                level = self._rank(rank)
            if (numbered := child_of(look, "numPr")) is not None:
                own, own_depth = self._numbered(numbered)
                # A list of its own, at the top unless it says otherwise; 0 takes the style's away.
                depth = own_depth if own_depth is not None else (0 if own else depth)
                list_id = own or list_id
        return style, "" if list_id == "0" else list_id, depth or 0, level

    def _pieces(self, element: Any) -> Iterator[Any]:
        """Yield the words of a paragraph, and the elements of its notes and text boxes."""
        for child in element:
            kind = local(child)
            hidden, is_raised = self._look_of_run(child) if kind == "r" else (False, False)
            if kind in _NO_TEXT or hidden:
                continue
            if is_raised:
                yield from (_Raised(piece) if isinstance(piece, str) else piece for piece in self._pieces(child))
            elif kind == "t":
                yield (child.text or "").replace("\n", " ")
            elif kind in ("tab", "ptab"):
                yield " "
            elif kind in ("br", "cr"):
                yield "\n" if self._get(child, "type") in ("", "textWrapping") else " "
            elif kind == "noBreakHyphen":
                yield "-"
            elif kind == "sym":
                yield "•"
            elif kind in ("txbxContent", "footnoteReference", "endnoteReference"):
                yield child
            else:
                yield from self._pieces(child)

    def _look_of_run(self, run: Any) -> tuple[bool, bool]:
        """Say whether the words of a run are hidden, and whether they are raised, by its own look or its style's."""
        look = child_of(run, "rPr")
        if look is None:
            return False, False
        named = child_of(look, "rStyle")
        style = self._styles.get(self._get(named, "val"), _Style()) if named is not None else _Style()
        said = child_of(look, "vertAlign") is not None
        return style.hidden or self._is_hidden(look), self._is_raised(look) if said else style.raised

    def _table(self, table: Any) -> Iterator[Block]:
        kept = [row for row in wrapped(table, "tr") if not self._is_deleted(row)]
        headings = [self._is_head(row) for row in kept]
        rows = [[list(self._blocks_of(cell)) for cell in wrapped(row, "tc")] for row in kept]
        nested = any(element is not table for element in table.iter(table.tag))
        headed = any(block.level for row in rows for cell in row for block in cell)
        long = any(sum(len(block.text) for block in cell) > _CELL_CHARS for row in rows for cell in row)
        if nested or headed or long or max(map(len, rows), default=0) < 2:
            # A table for the layout of a page.
            yield from (block for row in rows for cell in row for block in cell)
            return
        above: dict[int, str] = {}
        for number, row in enumerate(rows):
            words = [" ".join(block.text for block in cell) for cell in row]
            text, spanned = self._placed(kept[number], words, above)
            yield Block(text=text, head=headings[number] and len(row) > 1, spanned=spanned)

    def _placed(self, row: Any, words: Sequence[str], above: dict[int, str]) -> tuple[str, frozenset[int]]:
        """Return a row with its cells in their columns, and the columns over which a cell before them extends.

        Args:
            row: The row.
            words: Those of its cells.
            above: The words of cells that extend over rows, by column; those that begin here are added.
        """
        placed: list[str] = []
        spanned: set[int] = set()
        for cell, own in zip(wrapped(row, "tc"), words, strict=True):
            column, said = len(placed), own
            look = child_of(cell, "tcPr")
            merged, wide = (child_of(look, name) if look is not None else None for name in ("vMerge", "gridSpan"))
            if merged is None:
                above.pop(column, None)
            elif self._get(merged, "val") == "restart":
                above[column] = own if len(own) <= MOST_SPANNED_CHARS else ""
            else:
                said = own or above.get(column, "")
            width = min(max(whole(self._get(wide, "val")), 1), MOST_SPAN) if wide is not None else 1
            spanned.update(range(column + 1, column + width) if said else ())
            placed += [said, *[""] * (width - 1)]
        return "\t".join(placed), frozenset(spanned)

    def _is_head(self, row: Any) -> bool:
        """Say whether Word repeats a row at the top of each page, as the heads of columns."""
        look = child_of(row, "trPr")
        said = child_of(look, "tblHeader") if look is not None else None
        return said is not None and self._get(said, "val") not in OFF

    def _is_deleted(self, row: Any) -> bool:
        look = child_of(row, "trPr")
        return look is not None and child_of(look, "del") is not None
