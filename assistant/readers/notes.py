"""Footnotes of web pages and of Markdown, which are told where their marks stand.

At the foot of the page a note is far from the sentence that it limits, and would be read as the end of the last clause.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.readers.blocks import is_note_mark, note_mark, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NOTE_CHARS = 600
"""Longest note that is told within a sentence; a longer one stays where it is."""
_NOTE_BLOCKS = ("p", "li", "dd", "div", "aside", "td")
_NO_NOTE = ("h1", "h2", "h3", "h4", "h5", "h6", "table", "section", "article", "main")
# What leads back from a note to its mark.
_BACK = re.compile(r"[\W_]{0,3}(?:back|返回)?[\W_]{0,3}", re.IGNORECASE)
_DEFINED = re.compile(r"^\[\^([^\]\s]{1,20})\]:[ \t]*+(\S[^\n]*+(?:\n[ \t]++\S[^\n]*+)*+)\n?", re.MULTILINE)
_REFERRED = re.compile(r"\[\^([^\]\s]{1,20})\](?!:)")


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote of a page."""

    element: Any
    """The element that holds it."""
    mark: str
    """What it is marked with, such as `1`."""
    words: str
    """What it says."""


def told_note(mark: str, words: str, before: str = "") -> str:
    """Return a note as it is told behind the words that it belongs to.

    >>> told_note("1", "Unless it is free.", "a fee of €50"), told_note("1", "家具除外", "三十天内")
    ('[note 1: Unless it is free.]', '（注1：家具除外）')
    """
    named = note_mark(mark, before + words)[1:-1]
    # Behind such a bracket a Chinese sentence ends with its note.
    return f"（{named}：{words}）" if named[0] in "注註" else f"[{named}: {words}]"


def notes_of(root: Any) -> dict[Any, Note]:
    """Return the notes of a page by the links to them, which are marks of notes and stand before them."""
    links = [link for link in root.iter("a") if link.get("href", "").startswith("#") and is_note_mark(_words(link))]
    if not links:
        return {}
    places = {element: number for number, element in enumerate(root.iter())}
    by_id = {element.get("id"): element for element in places if element.get("id")}
    known: dict[Any, tuple[str, str]] = {}
    found: dict[Any, Note] = {}
    for link in links:
        target = by_id.get(link.get("href")[1:])
        element = next((part for part in _around(target) if part.tag in _NOTE_BLOCKS), None)
        if element is None or places[element] < places[link]:
            continue
        if element not in known:
            known[element] = _said_in(element)
        whole, said = known[element]
        mark = _words(link).strip("[]［］ ")
        words = _without_mark(said, mark)
        raised = any(near.tag == "sup" for near in (*link.iterancestors(), *link.iterdescendants()))
        # "See item 4" is a link to an item of the text.
        if (raised or words != whole) and 0 < len(words) <= MOST_NOTE_CHARS:
            found[link] = Note(element, mark, words)
    return found


def _said_in(element: Any) -> tuple[str, str]:
    """Return the words of what may be a note, all and without its links back; none of a part of the text."""
    if next(element.iter(*_NO_NOTE), None) is not None:
        return "", ""
    return _words(element), _words(element, without_back=True)


def _around(element: Any) -> Iterator[Any]:
    if element is not None:
        yield element
        yield from element.iterancestors()


def _words(element: Any, *, without_back: bool = False) -> str:
    """Return the words in an element, on one line, be it without those of links that lead back."""
    back = [link for link in element.iter("a") if without_back and link.get("href", "").startswith("#")]
    left_out = {link for link in back if _BACK.fullmatch(_words(link)) or is_note_mark(_words(link))}
    parts = [element.text or ""]
    for part in element.iterdescendants():
        inside = any(above in left_out for above in (part, *part.iterancestors()))
        parts += ["" if inside else part.text or "", part.tail or ""]
    return one_line("".join(parts))


def _without_mark(words: str, mark: str) -> str:
    marked = re.match(rf"[\[［(（]?{re.escape(mark)}[\]］)）.:：]?\s*", words, re.IGNORECASE)
    bare = words[marked.end() :] if marked else words
    return bare.removeprefix("[]").strip()


def with_notes(source: str) -> str:
    r"""Return Markdown with its notes told at their marks.

    >>> with_notes("Fees are due.[^1]\n\n[^1]: Unless waived.\n")
    'Fees are due.[note 1: Unless waived.]\n\n'
    """
    notes = {match[1]: one_line(match[2]) for match in _DEFINED.finditer(source)}
    told = {name for name in _REFERRED.findall(source) if len(notes.get(name, "")) in range(1, MOST_NOTE_CHARS + 1)}
    kept = _DEFINED.sub(lambda match: "" if match[1] in told else match[0], source)
    return _REFERRED.sub(
        lambda mark: told_note(mark[1], notes[mark[1]]) if mark[1] in told else note_mark(mark[1], ""), kept
    )
