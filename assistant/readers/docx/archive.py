"""The archive that a Word document is, and its parts: only those are read that hold text."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from io import BytesIO
from typing import Any

from assistant.errors import FileError

_MOST_ENTRIES = 2_000
_MOST_PART_BYTES = 25_000_000
_MOST_INFLATED_BYTES = 250_000_000
_MOST_INFLATION = 200
"""Bytes out of one of the file's; Word's own XML has 10 to 50, and no deflated text more than 1,032."""
_SMALL_BYTES = 1_000_000
_OTHERS = {
    "opendocument.text": "an OpenDocument text",
    "opendocument": "an OpenDocument file",
    "epub": "an e-book",
    "spreadsheetml": "an Excel workbook",
    "presentationml": "a PowerPoint presentation",
}


def _damaged() -> FileError:
    return FileError(
        "is not a usual docx file, or is damaged: save it again, or give it as text", reason="damaged", format="docx"
    )


def _bomb() -> FileError:
    return FileError(
        "would unpack to far more than a document holds: save it again, or give it as text", reason="inflates"
    )


def opened(data: bytes) -> zipfile.ZipFile:
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


class Parts:
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
        return FileError(f"is {what}, not a Word document: save its text as .docx, .pdf or .txt", reason="no_word")
