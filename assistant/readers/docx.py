"""Word's documents: paragraphs with the numbers that Word counts, rows of tables, footnotes.

Word stores no number of a list: it counts them from the list's definition when it shows the document. Clauses are
cited by these numbers, so they are counted here in the same way. The parts of the file are read directly, and only
those that hold text: pictures are never inflated.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from assistant.errors import FileError
from assistant.numerals import chinese, chinese_digits, chinese_legal, decimal, letters, one_of, roman, run_of
from assistant.policy import is_bullet
from assistant.readers.blocks import Block, one_line, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST_ENTRIES = 2_000
_MOST_PART_BYTES = 25_000_000
_MOST_INFLATED_BYTES = 250_000_000
_MOST_INFLATION = 200
"""Bytes out of one of the file's; Word's own XML has 10 to 50, and no deflated text more than 1,032."""
_SMALL_BYTES = 1_000_000
_MOST_TITLE_CHARS = 80
_CELL_CHARS = 1_000
_MOST_LEVELS = 9
_MOST_NUMBER = 1_000_000

_NUMERALS: Mapping[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02}",
    "upperRoman": lambda number: roman(number).upper(),
    "lowerRoman": roman,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerLetter": letters,
    **dict.fromkeys(
        (
            "chineseCounting",
            "chineseCountingThousand",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
            "japaneseCounting",
            "koreanCounting",
        ),
        chinese,
    ),
    **dict.fromkeys(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"), chinese_digits),
    **dict.fromkeys(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"), chinese_legal),
    "ideographTraditional": one_of("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": one_of("子丑寅卯辰巳午未申酉戌亥"),
    "decimalEnclosedCircle": run_of("①", 20),
    "decimalEnclosedCircleChinese": run_of("①", 20),
    "decimalEnclosedParen": run_of("⑴", 20),
    "decimalEnclosedFullstop": run_of("⒈", 20),
    "ideographEnclosedCircle": run_of("㊀", 10),
    "decimalFullWidth": lambda number: str(number).translate({0x30 + digit: 0xFF10 + digit for digit in range(10)}),
    "none": lambda _: "",
}
_PLACEHOLDER = re.compile(r"%([1-9])")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_HEADING_STYLE = re.compile(r"heading ([1-9])")
# What a paragraph holds besides its text, or no longer holds.
_NO_TEXT = frozenset(
    ("pPr", "rPr", "sdtPr", "sdtEndPr", "del", "moveFrom", "instrText", "delText", "delInstrText", "Fallback", "rt")
)
_OFF = frozenset(("0", "false", "off", "none"))
_OTHERS = {
    "opendocument.text": "an OpenDocument text",
    "opendocument": "an OpenDocument file",
    "epub": "an e-book",
    "spreadsheetml": "an Excel workbook",
    "presentationml": "a PowerPoint presentation",
}


def docx_text(data: bytes) -> tuple[str, str]:
    """Return the text of a Word document, and its title if a paragraph is styled as one.

    Args:
        data: The file.

    Raises:
        FileError: If it is no Word document, or one that was made to fill the memory.
    """
    with _opened(data) as archive:
        parts = _Parts(archive)
        document = _Document(parts)
    blocks = document.blocks()
    return text_of(blocks), document.title[:_MOST_TITLE_CHARS]


# --- The file --------------------------------------------------------------------------


def _damaged() -> FileError:
    return FileError(
        "is no docx file as others are, or damaged: save it anew, or give it as text", reason="damaged", format="docx"
    )


def _bomb() -> FileError:
    return FileError(
        "would unpack to far more than a document holds: save it anew, or give it as text", reason="inflates"
    )


def _opened(data: bytes) -> zipfile.ZipFile:
    """Open the file as the archive it is, with everything in it of a size that a document has."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError):
        raise _damaged() from None
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_INFLATED_BYTES:
        raise _bomb()
    for entry in entries:
        if entry.file_size > max(_SMALL_BYTES, _MOST_INFLATION * entry.compress_size):
            raise _bomb()
        if entry.flag_bits & 1:
            raise FileError("is encrypted: save a copy without a password", reason="encrypted")
    return archive


class _Parts:
    """The XML parts of a document.

    Raises:
        FileError: If there is no document among them.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.lower(): name for name in archive.namelist()}
        main = self._related("", "officeDocument")
        if not main or "wordprocessingml" not in self._type_of(main):
            raise self._other(main)
        document = self._root(main)
        if document is None:
            raise _damaged()
        self.document = document
        self.numbering = self._root(self._related(main, "numbering"))
        self.styles = self._root(self._related(main, "styles"))
        self.footnotes = self._root(self._related(main, "footnotes"))
        self.endnotes = self._root(self._related(main, "endnotes"))

    def _root(self, name: str) -> Any:
        """Return the root of a part; None if there is no such one."""
        from lxml import etree

        entry = self._names.get(name.lower())
        if not entry:
            return None
        if self._archive.getinfo(entry).file_size > _MOST_PART_BYTES:
            raise _bomb()
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            # No more is unpacked than the size that was checked.
            root = etree.fromstring(self._archive.read(entry), parser)
        except (etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError):
            raise _damaged() from None
        if root.getroottree().docinfo.doctype:
            # No document of Word's has one; those that do define entities that grow.
            raise _damaged()
        return root

    def _related(self, part: str, kind: str) -> str:
        """Return the name of the part that another one, or the file itself, names as of a kind; empty if none."""
        folder, name = posixpath.split(part)
        relations = self._root(posixpath.join(folder, "_rels", f"{name}.rels"))
        for relation in () if relations is None else relations:
            if relation.get("Type", "").endswith(f"/{kind}") and relation.get("TargetMode") != "External":
                target = relation.get("Target", "")
                return posixpath.normpath(posixpath.join("/" if target.startswith("/") else folder, target)).lstrip("/")
        return ""

    def _type_of(self, part: str) -> str:
        types = self._root("[Content_Types].xml")
        for override in () if types is None else types:
            if override.get("PartName", "").lstrip("/").lower() == part.lower():
                return str(override.get("ContentType", ""))
        return ""

    def _other(self, main: str) -> FileError:
        """Return what is wrong with an archive that is no Word document."""
        kind = self._type_of(main) if main else ""
        if not kind and "mimetype" in self._names and self._archive.getinfo(self._names["mimetype"]).file_size < 1_000:
            kind = self._archive.read(self._names["mimetype"]).decode("ascii", "replace")
        what = next((said for word, said in _OTHERS.items() if word in kind), "an archive")
        return FileError(f"is {what}, no Word document: save its text as .docx, .pdf or .txt", reason="no_word")


# --- Numbers -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How the items of a list are numbered at one depth."""

    numerals: str = "decimal"
    pattern: str = ""
    """What is printed, with `%1` for the number of the first depth, and so on."""
    start: int = 1
    restart: int | None = None
    """Depth, from 1, whose items let it begin again; None for any above it, 0 for none."""
    legal: bool = False
    """Whether all its numbers are in digits."""
    after: str = " "
    style: str = ""
    """The style whose paragraphs are its items."""


@dataclass(slots=True)
class _ListOf:
    """A list of paragraphs: how it is numbered, and where it begins anew."""

    definition: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)


class _Numbering:
    """Counts the items of lists, as Word does.

    Args:
        root: The part that defines the lists.
    """

    def __init__(self, root: Any) -> None:
        self._lists: dict[str, _ListOf] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, int]] = set()
        if root is not None:
            self._read(root)

    def _read(self, root: Any) -> None:
        get = _getter(root)
        levels: dict[str, dict[int, _Level]] = {}
        by_style: dict[str, str] = {}
        links: dict[str, str] = {}
        for definition in _children(root, "abstractNum"):
            named = get(definition, "abstractNumId")
            levels[named] = {_whole(get(level, "ilvl")): _level(level, get) for level in _children(definition, "lvl")}
            if (style := _child(definition, "styleLink")) is not None:
                by_style[get(style, "val")] = named
            if (style := _child(definition, "numStyleLink")) is not None:
                links[named] = get(style, "val")
        for found in _children(root, "num"):
            chosen = _child(found, "abstractNumId")
            definition = get(chosen, "val") if chosen is not None else ""
            definition = by_style.get(links.get(definition, ""), definition)
            made = _ListOf(definition, dict(levels.get(definition, {})))
            for override in _children(found, "lvlOverride"):
                depth = _whole(get(override, "ilvl"))
                if (start := _child(override, "startOverride")) is not None:
                    made.starts[depth] = _whole(get(start, "val"))
                if (level := _child(override, "lvl")) is not None:
                    made.levels[depth] = _level(level, get)
            self._lists[get(found, "numId")] = made

    def depth_of(self, list_id: str, style: str) -> int:
        """Return the depth of a list at which the paragraphs of a style stand."""
        found = self._lists.get(list_id)
        return next((depth for depth, level in found.levels.items() if level.style == style), 0) if found else 0

    def next(self, list_id: str, depth: int) -> str:
        """Return what is printed before the next item of a list, and count it."""
        found = self._lists.get(list_id)
        if found is None or depth not in found.levels:
            return ""
        level, counts = found.levels[depth], self._counts[found.definition]
        if depth in found.starts and (list_id, depth) not in self._begun:
            counts[depth] = found.starts[depth]
        else:
            counts[depth] = min(counts.get(depth, level.start - 1) + 1, _MOST_NUMBER)
        self._begun.add((list_id, depth))
        for deeper, other in found.levels.items():
            if deeper > depth and (other.restart is None or depth < other.restart):
                counts.pop(deeper, None)
        printed = _printed(found, level, counts)
        return printed + level.after if printed.strip() else ""


def _printed(found: _ListOf, level: _Level, counts: dict[int, int]) -> str:
    if level.numerals == "bullet":
        return _bullet(level.pattern)

    def number(place: re.Match[str]) -> str:
        depth = int(place[1]) - 1
        other = found.levels.get(depth, _Level())
        # A depth that had no item counts as begun.
        value = counts.setdefault(depth, other.start)
        return (decimal if level.legal else _NUMERALS.get(other.numerals, decimal))(value)

    return _PLACEHOLDER.sub(number, level.pattern)


def _bullet(sign: str) -> str:
    # Symbol fonts have their own characters, in the private range; Courier's "o" is a circle.
    return "○" if sign == "o" else _PRIVATE.sub("•", sign)[:2]


def _level(level: Any, get: Callable[[Any, str], str]) -> _Level:
    said = {
        child: get(found, "val")
        for child in ("numFmt", "lvlText", "suff", "pStyle")
        if (found := _child(level, child)) is not None
    }
    start, restart, legal = (_child(level, name) for name in ("start", "lvlRestart", "isLgl"))
    return _Level(
        numerals=said.get("numFmt", "decimal"),
        pattern=said.get("lvlText", "")[:50],
        start=_whole(get(start, "val")) if start is not None else 0,
        restart=_whole(get(restart, "val")) if restart is not None else None,
        legal=legal is not None and get(legal, "val") not in _OFF,
        after="" if said.get("suff") == "nothing" else " ",
        style=said.get("pStyle", ""),
    )


# --- Paragraphs --------------------------------------------------------------------------


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


class _Document:
    """Takes the blocks from a document, once.

    Args:
        parts: The document's parts.
    """

    def __init__(self, parts: _Parts) -> None:
        self._get = _getter(parts.document)
        self._body = _child(parts.document, "body")
        self._numbering = _Numbering(parts.numbering)
        self._default = ""
        self._styles = self._read_styles(parts.styles)
        self._notes = {
            "footnoteReference": self._read_notes(parts.footnotes),
            "endnoteReference": self._read_notes(parts.endnotes),
        }
        self._noted = 0
        self._after_bullet = False
        self.title = ""

    def blocks(self) -> list[Block]:
        """Return the blocks of the document."""
        return list(self._blocks_in(self._body)) if self._body is not None else []

    def _read_styles(self, root: Any) -> dict[str, _Style]:
        if root is None:
            return {}
        elements = {self._get(style, "styleId"): style for style in _children(root, "style")}
        for name, style in elements.items():
            if self._get(style, "type") == "paragraph" and self._get(style, "default") not in ("", *_OFF):
                self._default = name
        styles: dict[str, _Style] = {}
        for styled in elements:
            # Each before those that are based on it; in a ring, none is based on the first.
            chain = [styled]
            while (based := _child(elements[chain[-1]], "basedOn")) is not None:
                above = self._get(based, "val")
                if above in styles or above in chain or above not in elements:
                    break
                chain.append(above)
            for name in reversed(chain):
                styles.setdefault(name, self._style(name, elements[name], styles))
        return styles

    def _style(self, id: str, element: Any, styles: Mapping[str, _Style]) -> _Style:
        based, name = _child(element, "basedOn"), _child(element, "name")
        found = styles.get(self._get(based, "val"), _Style()) if based is not None else _Style()
        called = self._get(name, "val").lower() if name is not None else ""
        found = replace(found, name=called)
        if (heading := _HEADING_STYLE.fullmatch(called)) is not None:
            found = replace(found, level=min(int(heading[1]), 6))
        if (look := _child(element, "pPr")) is not None:
            if (rank := _child(look, "outlineLvl")) is not None:
                found = replace(found, level=self._rank(rank))
            if (numbered := _child(look, "numPr")) is not None:
                list_id, depth = self._numbered(numbered)
                found = replace(found, list_id=list_id or found.list_id, depth=depth, list_style=id)
        if (look := _child(element, "rPr")) is not None:
            found = replace(found, hidden=found.hidden or self._is_hidden(look))
        return found

    def _rank(self, element: Any) -> int:
        rank = _whole(self._get(element, "val"))
        return min(rank + 1, 6) if rank < _MOST_LEVELS else 0

    def _numbered(self, element: Any) -> tuple[str, int | None]:
        list_id, depth = _child(element, "numId"), _child(element, "ilvl")
        found = self._get(list_id, "val") if list_id is not None else ""
        return found, _whole(self._get(depth, "val")) if depth is not None else None

    def _is_hidden(self, look: Any) -> bool:
        found = _child(look, "vanish")
        return found is not None and self._get(found, "val") not in _OFF

    def _read_notes(self, root: Any) -> dict[str, str]:
        """Return the words of notes by id."""
        notes: dict[str, str] = {}
        for note in () if root is None else root:
            # What parts the notes from the text is a note, too, of a type of its own.
            if self._get(note, "type") in ("", "normal"):
                notes[self._get(note, "id")] = " ".join(
                    one_line("".join(piece for piece in self._pieces(part) if isinstance(piece, str)))
                    for part in _children(note, "p")
                ).strip()
        return notes

    def _blocks_in(self, part: Any) -> Iterator[Block]:
        """Yield the blocks of a body, a cell, or what else holds paragraphs."""
        for element in part:
            kind = _local(element)
            if kind == "p":
                yield from self._paragraph(element)
            elif kind == "tbl":
                yield from self._table(element)
            elif kind not in _NO_TEXT and kind != "sectPr":
                yield from self._blocks_in(element)

    def _paragraph(self, element: Any) -> Iterator[Block]:
        style, list_id, depth, level = self._look(element)
        parts: list[str] = []
        boxes: list[Any] = []
        notes: list[str] = []
        for piece in () if style.hidden else self._pieces(element):
            if isinstance(piece, str):
                parts.append(piece)
            elif _local(piece) == "txbxContent":
                boxes.append(piece)
            else:
                notes.append(self._notes[_local(piece)].get(self._get(piece, "id"), ""))
        number = self._numbering.next(list_id, depth) if list_id else ""
        if style.name == "title" and not self.title:
            self.title, level = one_line("".join(parts)), 1
        elif level and self.title:
            # The title stands above the headings of the first rank.
            level = min(level + 1, 6)
        bullet = is_bullet(number.strip())
        indent = 2 * depth if bullet else 0
        apart, self._after_bullet = self._after_bullet and not number and not self._is_indented(element), bullet
        bold = self._is_bold(element)
        # A line that was broken by hand is one of its own.
        for line in "".join(parts).split("\n"):
            if text := one_line(line):
                yield Block(text=number + text, level=level, bold=bold, indent=indent, apart=apart)
                number, level, indent, apart = "", 0, 0, False
        for note in filter(None, notes):
            self._noted += 1
            yield Block(text=f"[{self._noted}] {note}")
        for box in boxes:
            yield from self._blocks_in(box)

    def _is_bold(self, element: Any) -> bool:
        """Say whether all words of a paragraph are bold by themselves."""
        runs = [
            run for run in _wrapped(element, "r") if "".join(part.text or "" for part in _children(run, "t")).strip()
        ]
        looks = [_child(look, "b") if (look := _child(run, "rPr")) is not None else None for run in runs]
        return bool(runs) and all(bold is not None and self._get(bold, "val") not in _OFF for bold in looks)

    def _is_indented(self, element: Any) -> bool:
        """Say whether a paragraph is set in from the left, as what goes on with an item is."""
        look = _child(element, "pPr")
        found = _child(look, "ind") if look is not None else None
        return found is not None and any(_whole(self._get(found, side)) > 0 for side in ("left", "start"))

    def _look(self, element: Any) -> tuple[_Style, str, int, int]:
        """Return a paragraph's style, its list with the depth in it, and its rank as a heading."""
        look = _child(element, "pPr")
        named = _child(look, "pStyle") if look is not None else None
        style = self._styles.get(self._get(named, "val") if named is not None else self._default, _Style())
        list_id, depth, level = style.list_id, style.depth, style.level
        if list_id and depth is None:
            depth = self._numbering.depth_of(list_id, style.list_style)
        if look is not None:
            if (rank := _child(look, "outlineLvl")) is not None:
                level = self._rank(rank)
            if (numbered := _child(look, "numPr")) is not None:
                own, own_depth = self._numbered(numbered)
                # A list of its own, at the top unless it says otherwise; 0 takes the style's away.
                depth = own_depth if own_depth is not None else (0 if own else depth)
                list_id = own or list_id
        return style, "" if list_id == "0" else list_id, depth or 0, level

    def _pieces(self, element: Any) -> Iterator[Any]:
        """Yield the words of a paragraph, and the elements of its notes and text boxes."""
        for child in element:
            kind = _local(child)
            if kind in _NO_TEXT or (kind == "r" and self._is_hidden_run(child)):
                continue
            if kind == "t":
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

    def _is_hidden_run(self, run: Any) -> bool:
        look = _child(run, "rPr")
        if look is None:
            return False
        named = _child(look, "rStyle")
        return self._is_hidden(look) or (
            named is not None and self._styles.get(self._get(named, "val"), _Style()).hidden
        )

    def _table(self, table: Any) -> Iterator[Block]:
        kept = [row for row in _wrapped(table, "tr") if not self._is_deleted(row)]
        headings = [self._is_head(row) for row in kept]
        rows = [[list(self._blocks_in(cell)) for cell in _wrapped(row, "tc")] for row in kept]
        nested = any(element is not table for element in table.iter(table.tag))
        headed = any(block.level for row in rows for cell in row for block in cell)
        long = any(sum(len(block.text) for block in cell) > _CELL_CHARS for row in rows for cell in row)
        if nested or headed or long or max(map(len, rows), default=0) < 2:
            # A table for the layout of a page.
            yield from (block for row in rows for cell in row for block in cell)
            return
        for number, row in enumerate(rows):
            text = "\t".join(" ".join(block.text for block in cell) for cell in row).rstrip("\t")
            yield Block(text=text, head=headings[number] and len(row) > 1)

    def _is_head(self, row: Any) -> bool:
        """Say whether Word repeats a row at the top of each page, as the heads of columns."""
        look = _child(row, "trPr")
        said = _child(look, "tblHeader") if look is not None else None
        return said is not None and self._get(said, "val") not in _OFF

    def _is_deleted(self, row: Any) -> bool:
        look = _child(row, "trPr")
        return look is not None and _child(look, "del") is not None


# --- XML ---------------------------------------------------------------------------------


def _local(element: Any) -> str:
    """Return an element's name without its namespace, of which there are two for the same."""
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _local(child) == name)


def _child(element: Any, name: str) -> Any:
    return next(_children(element, name), None)


def _wrapped(element: Any, name: str) -> Iterator[Any]:
    """Yield the children of a name, also those in a content control or an insertion."""
    for child in element:
        if _local(child) == name:
            yield child
        elif _local(child) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from _wrapped(child, name)


def _getter(root: Any) -> Callable[[Any, str], str]:
    """Return what gets an attribute of the root's namespace; empty if there is none."""
    space = str(root.tag).rpartition("}")[0]

    def get(element: Any, name: str) -> str:
        return str(element.get(f"{space}}}{name}" if space else name, ""))

    return get


def _whole(value: str) -> int:
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else 0
