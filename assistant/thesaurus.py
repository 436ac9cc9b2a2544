"""The concepts of policies, with the names they go by in Chinese and English.

A concept, such as the closing of an account, is named in one way by policies (注销账户), in
others by people (销号, delete my account). Counting concepts beside words is what lets a
question meet a clause that shares no word with it, in either language.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from assistant.text import fold, normalized, simplified, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_WORD = 40
_LATIN = re.compile(r"[a-z0-9]")
_LATIN_WORD = re.compile(r"[a-z0-9]+")
# A place where a name may begin: the start of a Latin word, or any other character, such as a Chinese one.
_START = re.compile(r"(?<![a-z0-9])[a-z0-9]+|[^a-z0-9\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """Something that policies speak of."""

    id: str
    """Name in the thesaurus, such as `account_deletion`."""
    kind: str
    """What it is: `data_item`, `identifier`, `permission`, `right`, `actor`, `vendor` …"""
    zh: tuple[str, ...]
    """Chinese names as policies print them, the usual one first."""
    zh_colloquial: tuple[str, ...] = ()
    """Chinese names as people say them."""
    en: tuple[str, ...] = ()
    """English names, in all the forms that are to be recognised."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in both languages."""
        return self.zh + self.zh_colloquial + self.en


class Thesaurus:
    """Concepts by their names.

    Args:
        concepts: The concepts; two may share a name.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts = tuple(concepts)
        self._by_head: dict[str, list[tuple[str, str]]] = defaultdict(list)
        names = [(name, concept.id) for concept in self.concepts for name in concept.names]
        # Folded in one go: one name at a time takes ten times as long.
        folded = fold(simplified(visible("\n".join(" ".join(name.split()) for name, _ in names))))
        for name, (_, concept_id) in zip(folded.split("\n"), names, strict=True):
            self._by_head[_head(name)].append((name, concept_id))
        for names in self._by_head.values():
            # The longest name first: "payment account" before "payment".
            names.sort(key=lambda entry: (-len(entry[0]), entry))

    @property
    def identity(self) -> str:
        """SHA-256 of the names, hexadecimal: the same for thesauri that work the same."""
        lines = (f"{c.id}\t{'|'.join(c.names)}" for c in sorted(self.concepts, key=lambda c: c.id))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def words(self) -> Iterator[str]:
        """Yield the Chinese names, for the dictionary that Chinese text is divided with."""
        return (name for concept in self.concepts for name in concept.zh + concept.zh_colloquial)

    def named_in(self, text: str) -> tuple[str, ...]:
        """Return the ids of the concepts that `text` names, in the order of their places.

        At each place the longest name counts; a name inside a longer one does not.

        >>> thesaurus = Thesaurus([Concept(id="getui", kind="vendor", zh=("个推",), en=("Getui",))])
        >>> thesaurus.named_in("个推"), thesaurus.named_in("does GETUI track me")
        (('getui',), ('getui',))
        """
        return tuple(dict.fromkeys(concept for _, _, concepts in self.find(normalized(text)) for concept in concepts))

    def find(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Yield the start and end of each name in a normalized text, with the ids of its concepts.

        Args:
            text: What `assistant.text.normalized` returns.
        """
        place = 0
        while match := _START.search(text, place):
            place = match.start()
            end, concepts = self._longest_at(text, place)
            if concepts:
                yield place, end, tuple(concepts)
            # Past the name; else one whole Latin word or one other character further.
            place = end or match.end()

    def _longest_at(self, folded: str, place: int) -> tuple[int, list[str]]:
        """Return the end and the concepts of the longest name at `place`; 0 and none without one."""
        end, found = 0, []
        # A name of one character is its own head; it counts where no longer one does.
        for head in (_head(folded[place : place + _LONGEST_WORD]), folded[place]):
            for name, concept in self._by_head.get(head, ()):
                stop = place + len(name)
                if stop < end:
                    break
                if folded.startswith(name, place) and not (_LATIN.match(name[-1]) and _LATIN.match(folded, stop)):
                    end = stop
                    found.append(concept)
            if found:
                break
        return end, found


def _head(name: str) -> str:
    """Return what names are looked up by: two Chinese characters, or one Latin word."""
    match = _LATIN_WORD.match(name)
    return match[0] if match else name[:2]


@cache
def default_thesaurus() -> Thesaurus:
    """Return the thesaurus that comes with the package."""
    data = tomllib.loads(resources.files("assistant").joinpath("data/thesaurus.toml").read_text("utf-8"))
    return Thesaurus(
        Concept(
            id=entry["id"],
            kind=entry["kind"],
            zh=tuple(entry["zh"]),
            zh_colloquial=tuple(entry.get("zh_colloquial", ())),
            en=tuple(entry.get("en", ())),
        )
        for entry in data["concept"]
    )
