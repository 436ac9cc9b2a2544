"""Text that is about no policy: help, handbooks and messages of free software, in Chinese and English.

`gather` makes `general.jsonl` of unpacked Debian packages, which are named in `training/README.md`; nothing of it is
kept in the project. Each line is a passage, `{"source": …, "zh": …}` or `{"source": …, "en": …}`, or both, where one
is the translation of the other.
"""

from __future__ import annotations

import gettext
import json
import random
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from assistant.text import has_han

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE = "general.jsonl"
DESCRIPTIONS = "Translation-zh_CN"
"""Debian's descriptions of its packages, in Chinese, if that file lies beside the packages."""
_LENGTHS = (60, 150, 250, 350)
"""Of passages, in Chinese characters: short and long ones are wanted."""
_CHARS = {"zh": 1, "en": 4}
"""English ones for a Chinese one, of a text of the same length."""
_LEAST, _MOST = 12, 700
_LEAST_ENGLISH = 40
_CHINESE_PAGE = re.compile(r"zh[_-](?:cn|hans)", re.IGNORECASE)
_ENGLISH_PAGE = re.compile(r"/(?:en|en[-_]us|C)/|\.en\.html$", re.IGNORECASE)
_PAGE = (".html", ".page")
_BLOCKS = frozenset(
    ("p", "li", "td", "th", "h1", "h2", "h3", "h4", "dt", "dd", "div", "title", "table", "tr", "br", "entry", "para")
)
_LEFT_OUT = frozenset(("script", "style", "pre", "nav", "programlisting", "screen", "code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class General:
    """A passage that is about no policy."""

    source: str
    """The package that it comes from."""
    zh: str = ""
    """In Chinese, or empty."""
    en: str = ""
    """In English, or empty."""


def read_general(folder: Path) -> list[General]:
    """Return what `general.jsonl` of a folder holds."""
    return [General(**json.loads(line)) for line in (folder / FILE).read_text("utf-8").splitlines()]


def gather(packages: Path, out: Path, *, seed: int = 1) -> int:
    """Write the passages of unpacked packages, and return how many there are.

    Args:
        packages: A folder with a folder for each package, as `dpkg-deb -x` unpacks it.
        out: The file to write.
        seed: Of the lengths of passages.
    """
    rng = random.Random(seed)
    found: dict[General, None] = {}
    for package in sorted(path for path in packages.iterdir() if path.is_dir()):
        for path in sorted(path for path in package.rglob("*") if path.is_file() and not path.is_symlink()):
            inside = f"/{path.relative_to(package)}"
            if path.suffix == ".mo" and _CHINESE_PAGE.search(inside):
                found |= dict.fromkeys(_messages(path, package.name))
            elif path.suffix in _PAGE and (_CHINESE_PAGE.search(inside) or _ENGLISH_PAGE.search(inside)):
                found |= dict.fromkeys(_passages(_paragraphs(path), package.name, rng))
    if (packages / DESCRIPTIONS).is_file():
        blocks = (packages / DESCRIPTIONS).read_text("utf-8").split("\n\n")
        described = [block.partition("Description-zh_CN: ")[2].replace("\n .\n", "\n") for block in blocks]
        for text in described:
            found |= dict.fromkeys(_passages([text], "descriptions", rng))
    lines = ({name: value for name, value in asdict(one).items() if value} for one in found)
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return len(found)


def _language(text: str) -> str:
    """Return the language of a paragraph; empty for what is neither, such as a line of a program."""
    chinese = sum(map(has_han, text))
    if chinese >= 0.3 * len(text):
        return "zh" if text else ""
    return "en" if not chinese and len(re.findall(r"[A-Za-z]{3,}", text)) > 2 else ""


def _on_one_line(text: str) -> str:
    """Return a text on one line, without the blanks between Chinese characters that lines were broken at."""
    return re.sub(r"(?<=[\u4e00-\u9fff，。、；：]) (?=[\u4e00-\u9fff])", "", " ".join(text.split()))


def _paragraphs(path: Path) -> Iterator[str]:
    """Yield the paragraphs of a page of HTML or XML."""
    from lxml import etree, html

    try:
        root = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8"))
    except etree.LxmlError:
        return
    text = "".join(_words(root))
    yield from filter(None, map(_on_one_line, text.split("\0")))


def _words(element: Any) -> Iterator[str]:
    """Yield the words of an element, and a zero byte at each end of what is a block."""
    if not isinstance(element.tag, str) or element.tag in _LEFT_OUT:
        yield element.tail or ""
        return
    edge = "\0" if element.tag in _BLOCKS else ""
    yield f"{edge}{element.text or ''}"
    for child in element:
        yield from _words(child)
    yield f"{edge}{element.tail or ''}"


def _passages(paragraphs: Iterable[str], source: str, rng: random.Random) -> Iterator[General]:
    """Yield passages of paragraphs that follow one another in one language, of various lengths."""
    run, language, most = "", "", 0
    for paragraph in (*paragraphs, ""):
        own = _language(paragraph)
        if own and len(paragraph) < _LEAST * _CHARS[own]:
            own = ""
        if run and own == language and len(run) + len(paragraph) < most * _CHARS[own]:
            run += paragraph if own == "zh" else f" {paragraph}"
            continue
        if run:
            yield General(source=source, **{language: run})
        run, language, most = (paragraph if own else ""), own, rng.choice(_LENGTHS)


def _messages(path: Path, source: str) -> Iterator[General]:
    """Yield what a catalogue of translations has of whole sentences, in both languages."""
    with path.open("rb") as file:
        catalogue: dict[Any, str] = vars(gettext.GNUTranslations(file))["_catalog"]
    for message, translated in catalogue.items():
        if isinstance(message, str) and translated:
            en, zh = (_on_one_line(re.sub("<[^<>]*>", "", text)) for text in (message.rpartition("\4")[2], translated))
            if len(en) >= _LEAST_ENGLISH and _language(zh) == "zh":
                yield General(source=source, zh=zh[:_MOST], en=en[: _MOST * 2])
