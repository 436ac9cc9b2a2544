"""Readers: files of people become text that the parser understands.

Text files, Markdown, web pages, Word's `.docx` and PDF. What is in a file decides what it is, not its name. Everything
but plain text is read by a process of its own, with limits on its time and memory: libraries that read such formats
have been made to run for hours by a file of a few kilobytes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from assistant.errors import FileError
from assistant.parsing import MAX_POLICY_CHARS, title_of

Format = Literal["txt", "md", "html", "docx", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""Formats that are read; their names are the endings of files, too."""

MAX_FILE_BYTES = 20_000_000
"""Largest file that is read."""

CPU_SECONDS: dict[str, int] = {"pdf": 60, "docx": 20, "html": 20, "md": 20}
"""Time that a process may compute for a file of a format; a PDF of 300 pages takes a minute."""
_WALL = 2
"""How much longer it may take on a machine that does other things, too."""
MAX_MEMORY_BYTES = 1_500_000_000
"""Memory that a process may use for a file."""
_OUT_OF_TIME = int(getattr(signal, "SIGXCPU", 0)) or -1
"""The signal that ends a process which has computed for too long; systems without it return none."""
_MARKDOWN_NAMES = (".md", ".markdown", ".mdown", ".mkd")
_HTML_NAMES = (".html", ".htm", ".xhtml", ".shtml")
"""What names of files that are read end in."""
_LOOK_BYTES = 4_096
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TAG = re.compile(r"<(?:p|div|br|h[1-6]|ul|ol|table|span|body|html)\b[^<>]{0,500}>", re.IGNORECASE)
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A file that was read."""

    text: str
    """Its text, with headings, items and rows on lines of their own."""
    title: str
    """Its title, as the format or the first lines of the text say; else empty."""
    format: Format
    """What it is."""


def read_file(source: Path | str | bytes, name: str = "") -> Read:
    """Read a file as a policy.

    Args:
        source: The file, or what is in it.
        name: Name of the file, for messages and where its content does not tell what it is; that of `source` by
            default.

    Returns:
        The text without anything that no reader sees, in time and memory that are bounded.

    Raises:
        FileError: If it cannot be read; the message says which file, why, and what to do.
    """
    name = name or ("the file" if isinstance(source, bytes) else str(source))
    try:
        data = source if isinstance(source, bytes) else _bytes_of(Path(source))
        read = _read(data, name.lower())
    except FileError as error:
        raise FileError(f"{name}: {error}", reason=error.reason, **error.values) from None
    return read


def _bytes_of(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise FileError("is not a file: name one", reason="no_file")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FileError(
            f"cannot be read ({error.strerror}): check that it exists and that you may read it",
            reason="unreadable",
            problem=str(error.strerror),
        ) from None


def _read(data: bytes, name: str) -> Read:
    from assistant.readers.plain import plain_text

    if len(data) > MAX_FILE_BYTES:
        raise FileError(
            f"has more than {MAX_FILE_BYTES:,} bytes: leave out pictures, or divide it",
            reason="large",
            limit=f"{MAX_FILE_BYTES:,}",
        )
    kind, text = _recognised(data, name)
    if kind == "txt":
        text, title = plain_text(text)
    else:
        text, title = _apart(kind, data if kind in ("docx", "pdf") else text.encode())
    if not text.strip():
        raise FileError("holds no text: give it the text of the policy", reason="empty")
    if len(text) > MAX_POLICY_CHARS:
        raise FileError(
            f"has more than {MAX_POLICY_CHARS:,} characters of text: divide it",
            reason="long",
            limit=f"{MAX_POLICY_CHARS:,}",
        )
    return Read(text=text.strip("\n") + "\n", title=title or title_of(text), format=kind)


def _recognised(data: bytes, name: str) -> tuple[Format, str]:
    """Return what a file is, and its text if it is one."""
    from assistant.readers.plain import decoded

    if not data.strip(b"\0 \t\r\n"):
        raise FileError("is empty: give it the text of the policy", reason="empty")
    if b"%PDF-" in data[:1_024]:
        return "pdf", ""
    if data.startswith(b"PK\x03\x04"):
        return "docx", ""
    _refuse_others(data)
    head = data[:_LOOK_BYTES]
    is_page = _HTML.match(head.removeprefix(b"\xef\xbb\xbf")) is not None or name.endswith(_HTML_NAMES)
    charset = _CHARSET.search(head) if is_page else None
    text = decoded(data, charset[1].decode("ascii") if charset else "")
    if is_page or (not name.endswith(_MARKDOWN_NAMES) and _is_markup(text)):
        return "html", text
    return ("md" if name.endswith(_MARKDOWN_NAMES) else "txt"), text


def _is_markup(text: str) -> bool:
    """Say whether a text is a web page without its head: it begins with a tag, and has more."""
    head = text[:_LOOK_BYTES].lstrip("\ufeff \t\r\n")
    return head.startswith("<") and len(_TAG.findall(head)) > 2


def _refuse_others(data: bytes) -> None:
    """Raise FileError for what is no text, but known."""
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileError("is encrypted: open it in Word and save a copy without a password", reason="encrypted")
        raise FileError(
            "is an old Word (.doc) or another Office document: save it as .docx, or as text", reason="old_word"
        )
    if data.startswith(b"{\\rtf"):
        raise FileError("is RTF: save it as .docx, or as text", reason="rtf")
    if data.startswith(_PICTURES) and b"\0" in data[:_LOOK_BYTES]:
        raise FileError(
            "is a picture: give it as text, for instance from a program that recognises it", reason="picture"
        )
    if b"multipart/related" in data[:_LOOK_BYTES] and b"MIME-Version" in data[:_LOOK_BYTES]:
        raise FileError("is a web archive (.mht): save the page as HTML", reason="archive")


def _apart(format: Format, data: bytes) -> tuple[str, str]:
    """Return the text and the title of a file, read by a process of its own."""
    command = [sys.executable, "-P", "-m", "assistant.readers", format]
    # What this process imports, that one must, wherever it was installed.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    limit = CPU_SECONDS[format]
    slow = FileError(
        f"was not read in {limit} seconds: save or print it again, or give it as text", reason="slow", limit=str(limit)
    )
    try:
        done = subprocess.run(  # noqa: S603 - our own module, with the interpreter that runs this one
            command, input=data, env=environment, capture_output=True, timeout=_WALL * limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise slow from None
    except OSError as error:
        raise FileError(f"cannot be read: no process could be started ({error.strerror})", reason="unread") from None
    if done.returncode == -_OUT_OF_TIME:
        raise slow
    if done.returncode:
        # It ran out of memory, or a library came upon what it did not expect.
        raise FileError(
            f"is not a usual {format} file, or is damaged: save or print it again, or give it as text",
            reason="damaged",
            format=format,
        )
    found = json.loads(done.stdout)
    if "reason" in found:
        raise FileError(found["message"], reason=found["reason"], **found["values"])
    return found["text"], found["title"]


def answer_of(format: str, data: bytes) -> bytes:
    """Return what the process that reads a file says of it, as JSON."""
    from assistant.readers.docx import docx_text
    from assistant.readers.html import html_text
    from assistant.readers.pdf import pdf_text
    from assistant.readers.plain import markdown_text

    try:
        if format == "pdf":
            text, title = pdf_text(data)
        elif format == "docx":
            text, title = docx_text(data)
        else:
            text, title = (markdown_text if format == "md" else html_text)(data.decode())
    except FileError as error:
        found = {"reason": error.reason, "message": str(error), "values": error.values}
    else:
        found = {"text": text[: MAX_POLICY_CHARS + 1], "title": title}
    return json.dumps(found).encode()
