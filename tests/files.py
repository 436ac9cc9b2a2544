"""Files made for the tests of readers: documents of Word, and PDFs, with what a test wants in them."""

from __future__ import annotations

import io
import zipfile
import zlib
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def archive(parts: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in parts.items():
            out.writestr(name, data)
    return file.getvalue()


def docx(
    body: str, *, numbering: str = "", styles: str = "", footnotes: str = "", kind: str = MAIN_TYPE, head: str = ""
) -> bytes:
    """Return a Word document.

    Args:
        body: XML of the body.
        numbering: XML of the definitions of lists.
        styles: XML of the styles.
        footnotes: XML of the footnotes.
        kind: Media type of its main part.
        head: What stands before the main part's root.
    """
    extra = {"numbering": numbering, "styles": styles, "footnotes": footnotes}
    named = {name: inner for name, inner in extra.items() if inner}
    relations = "".join(f'<Relationship Id="r{name}" Type="{RELATION}/{name}" Target="{name}.xml"/>' for name in named)
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{space}"><Relationship Id="r" Type="{RELATION}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{space}">{relations}</Relationships>',
            "word/document.xml": f'{head}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            **{f"word/{name}.xml": f'<w:{name} xmlns:w="{WORD}">{inner}</w:{name}>' for name, inner in named.items()},
        }
    )


def paragraph(text: str, *, style: str = "", number: tuple[int, int] | None = None, look: str = "") -> str:
    """Return the XML of a paragraph; `number` is its list and its depth in it."""
    inner = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number:
        inner += f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
    return f"<w:p><w:pPr>{inner}{look}</w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def level(depth: int, numerals: str, pattern: str, more: str = "", start: int = 1) -> str:
    """Return the XML of a depth of a list."""
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{numerals}"/>{more}'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


def lists(levels: Sequence[str], nums: Iterable[tuple[int, str]] = ((1, ""),)) -> str:
    """Return the XML of one definition of lists, and of the lists that it defines, each with what it changes."""
    made = "".join(f'<w:num w:numId="{number}"><w:abstractNumId w:val="0"/>{inner}</w:num>' for number, inner in nums)
    return f'<w:abstractNum w:abstractNumId="0">{"".join(levels)}</w:abstractNum>{made}'


Piece = tuple[float, float, float, str]
"""Text on a page: x, y, size in points, words."""


def pdf(pages: Sequence[Sequence[Piece]], *, more: str = "", tounicode: bool = True) -> bytes:
    """Return a PDF with a text at each place.

    Args:
        pages: What is on each page.
        more: Operators at the end of each page.
        tounicode: Whether the font says which characters its glyphs are.
    """
    streams = [_content(page, more) for page in pages]
    first = 6
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects: dict[int, bytes | str] = {
        1: "<< /Type /Catalog /Pages 2 0 R >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} /MediaBox [0 0 595 842] >>",
        3: "<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H /DescendantFonts [4 0 R]"
        + (" /ToUnicode 5 0 R >>" if tounicode else " >>"),
        4: "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Song /DW 1000 /W [32 [300] 33 126 500] "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        5: _stream(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange "
            b"<0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
        ),
    }
    for number, stream in enumerate(streams):
        at = first + 2 * number
        objects[at] = f"<< /Type /Page /Parent 2 0 R /Contents {at + 1} 0 R /Resources << /Font << /F 3 0 R >> >> >>"
        objects[at + 1] = _stream(stream)
    return raw_pdf(objects)


def _content(page: Sequence[Piece], more: str) -> bytes:
    shown = "".join(
        f"BT /F {size} Tf 1 0 0 1 {x} {y} Tm <{text.encode('utf-16-be').hex()}> Tj ET\n" for x, y, size, text in page
    )
    return (shown + more).encode()


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)


def raw_pdf(objects: Mapping[int, bytes | str], trailer: str = "") -> bytes:
    """Return a PDF of objects, of which 1 is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, data in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, data.encode() if isinstance(data, str) else data)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    out += f"trailer << /Root 1 0 R /Size {max(objects) + 1} {trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def set_lines(
    lines: Sequence[str], *, size: float = 10, left: float = 60, top: float = 780, leading: float = 16
) -> list[Piece]:
    """Return lines below each other, as pieces of a page."""
    return [(left, top - leading * number, size, line) for number, line in enumerate(lines)]
