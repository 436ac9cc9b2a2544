"""The concepts of policies, with the names they go by in Chinese and English.

A concept, such as the closing of an account, is named in one way by policies (注销账户), in
others by people (销号, delete my account). Counting concepts beside words is what lets a
question meet a clause that shares no word with it, in either language.

Those of the domain come with the program. A policy may bring its own in a file beside its text, in the same form::

    [[concept]]
    id = "mozhou"
    kind = "vendor"
    zh = ["墨舟SDK", "墨舟"]
    en = ["Mozhou"]

    [[concept]]
    id = "account_deletion"       # one that comes with the program: further names of it
    zh_colloquial = ["关店"]
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.errors import PolicyError
from assistant.text import (
    LATIN_WORD,
    STOPWORDS,
    fold,
    has_han,
    normalized,
    sha256_of,
    simplified,
    visible,
    visible_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

THESAURUS_FILE = "thesaurus.toml"
"""Where in a policy's folder its own names are."""

MAX_THESAURUS_BYTES = 500_000
"""Largest file that is read; the one that comes with the program has 420 kB."""

KINDS = (
    "action",
    "actor",
    "data_item",
    "document",
    "identifier",
    "permission",
    "purpose",
    "right",
    "term",
    "vendor",
)
"""What concepts are."""

DATA_KINDS = frozenset({"data_item", "identifier"})
"""Kinds of concepts that are data about somebody."""

THING_KINDS = DATA_KINDS | {"permission"}
"""Kinds of concepts that a company may get of somebody."""

PARTY_KINDS = frozenset({"vendor", "actor"})
"""Kinds of concepts that somebody is who may get it."""

_SHORTEST_NAME, _LONGEST_NAME = 2, 80
_NAME_KEYS = ("zh", "zh_colloquial", "en")
_KEYS = ("id", "kind", *_NAME_KEYS)
_ID = re.compile(r"[a-z0-9_]{1,64}")
_LATIN = re.compile(r"[a-z0-9]")
# A place where a name may begin: the start of a Latin word, or any other character, such as a Chinese one.
_START = re.compile(r"(?<![a-z0-9])([a-z0-9]+)|[^a-z0-9\s]")


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

    def with_names_of(self, other: Concept) -> Concept:
        """Return this concept with the names of another besides, which come after its own."""
        return replace(
            self,
            zh=tuple(dict.fromkeys(self.zh + other.zh)),
            zh_colloquial=tuple(dict.fromkeys(self.zh_colloquial + other.zh_colloquial)),
            en=tuple(dict.fromkeys(self.en + other.en)),
        )


class Thesaurus:
    """Concepts by their names.

    Args:
        concepts: The concepts; two may share a name.
        added: Those of them, or parts of those, that no model was trained on: see `readings`.
    """

    def __init__(self, concepts: Iterable[Concept], *, added: Iterable[Concept] = ()) -> None:
        self.concepts = tuple(concepts)
        self._by_id = {concept.id: concept for concept in self.concepts}
        by_name: dict[str, set[str]] = defaultdict(set)
        lengths: dict[str, set[int]] = defaultdict(set)
        names = [(name, concept.id) for concept in self.concepts for name in concept.names]
        # Folded in one go: one name at a time takes ten times as long.
        folded = fold(simplified(visible("\n".join(" ".join(name.split()) for name, _ in names))))
        for name, (_, concept_id) in zip(folded.split("\n"), names, strict=True):
            by_name[name].add(concept_id)
            lengths[_head(name, 0)].add(len(name))
        self._by_name = {name: tuple(sorted(ids)) for name, ids in by_name.items()}
        # The longest name first: "payment account" before "payment".
        self._lengths = {head: sorted(several, reverse=True) for head, several in lengths.items()}
        self._added = {normalized(name): concept.id for concept in added for name in concept.names}

    @property
    def identity(self) -> str:
        """SHA-256 of the names, hexadecimal: the same for thesauri that work the same."""
        lines = (f"{c.id}\t{'|'.join(c.names)}" for c in sorted(self.concepts, key=lambda c: c.id))
        return sha256_of("\n".join(lines))

    def __getitem__(self, concept_id: str) -> Concept:
        """Return the concept with this id.

        Raises:
            KeyError: If there is none.
        """
        return self._by_id[concept_id]

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
        return iter(_found(self, text))

    def _find(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        past = 0
        for match in _START.finditer(text):
            place = match.start()
            head = match[1] or text[place : place + 2]
            if place < past or not (head in self._lengths or text[place] in self._lengths):
                # At most places no name begins, which is sooner seen so.
                continue
            past, concepts = self._longest_at(text, place, head)
            if self._added and (added := self._added_inside(text, place, past)):
                past = added
            elif concepts:
                yield place, past, concepts

    def readings(self, text: str) -> tuple[str, ...]:
        """Return `text`, then what it is with usual names in place of those that were added: Chinese, and English.

        A model that was not trained on `Inkboat` may do with 墨舟推送, or with the name that the policy prints.
        """
        folded = normalized(text) if self._added else ""
        spans = [(start, end) for start, end, _ in self.find(folded) if folded[start:end] in self._added]
        if not spans:
            return (text,)
        readings = [text]
        for key in ("zh", "en"):
            said = text if len(text) == len(folded) else folded
            for start, end in reversed(spans):
                usual = getattr(self[self._added[folded[start:end]]], key)
                said = f"{said[:start]}{usual[0]}{said[end:]}" if usual else said
            readings.append(said)
        return tuple(dict.fromkeys(readings))

    def _added_inside(self, text: str, start: int, end: int) -> int:
        """Return where an added name begins that a name from `start` to `end` would cut off, 0 for none.

        关小窝 of 怎么关小窝, where 怎么关 is a name too: who added the name meant it.
        """
        for place in range(start + 1, end):
            stop, _ = self._longest_at(text, place, _head(text, place))
            if (
                stop > end
                and text[place:stop] in self._added
                and not (_LATIN.match(text, place - 1) and _LATIN.match(text, place))
            ):
                return place
        return 0

    def _longest_at(self, folded: str, place: int, head: str) -> tuple[int, tuple[str, ...]]:
        """Return the end and the concepts of the longest name at `place`, by its head; 0 and none without one."""
        # A name of one character is its own head; it counts where no longer one does.
        for beginning in (head, folded[place]):
            for length in self._lengths.get(beginning, ()):
                name = folded[place : place + length]
                end = place + len(name)
                found = self._by_name.get(name)
                if found and not (_LATIN.match(folded, end - 1) and _LATIN.match(folded, end)):
                    return end, found
        return 0, ()


# Several look for the concepts of a question, one after the other.
@lru_cache(maxsize=256)
def _found(thesaurus: Thesaurus, text: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    return tuple(thesaurus._find(text))


def _head(text: str, place: int) -> str:
    """Return what names that begin at a place are looked up by: two Chinese characters, or one Latin word."""
    match = LATIN_WORD.match(text, place)
    return match[0] if match else text[place : place + 2]


@cache
def default_thesaurus() -> Thesaurus:
    """Return the thesaurus that comes with the program."""
    data = tomllib.loads(resources.files("assistant").joinpath("data/thesaurus.toml").read_text("utf-8"))
    return Thesaurus(
        Concept(id=entry["id"], kind=entry["kind"], **{key: tuple(entry.get(key, ())) for key in _NAME_KEYS})
        for entry in data["concept"]
    )


CORPORA = 64
"""Number of corpora, and parts of them that only some may see, whose names are kept ready.

Each takes 5 MB and a third of a second: a service that keeps dozens of policies apart is not to make one a question.
"""


@lru_cache(maxsize=CORPORA)
def extended(own: tuple[Concept, ...]) -> Thesaurus:
    """Return the thesaurus that comes with the program, with further concepts and further names of known ones.

    Args:
        own: What is added. Concepts of one id are one concept, with the names of all.
    """
    if not own:
        return default_thesaurus()
    merged = {concept.id: concept for concept in default_thesaurus().concepts}
    for concept in own:
        known = merged.get(concept.id)
        merged[concept.id] = known.with_names_of(concept) if known else concept
    return Thesaurus(merged.values(), added=own)


# --- The file of a policy --------------------------------------------------------------


def read_concepts(table: dict[str, Any], path: Path) -> tuple[Concept, ...]:
    """Return what a policy's file adds, checked: concepts of its own, and further names of known ones.

    Args:
        table: What the file holds.
        path: The file, for messages.

    Raises:
        PolicyError: If something is not as it should be; the message names the place, the value and the remedy.
    """
    if unknown := sorted(set(table) - {"concept"}):
        raise PolicyError(f"{path}: unknown key {unknown[0]!r}: begin each concept with a line [[concept]]")
    entries = table.get("concept", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PolicyError(f"{path}: concept must be a list of tables: begin each with a line [[concept]]")
    found: dict[str, Concept] = {}
    for number, entry in enumerate(entries, 1):
        concept = _concept(entry, f"{path}: concept {number}")
        if concept.id in found:
            raise PolicyError(f"{path}: concept {number} has the id {concept.id!r} of one before: make one of the two")
        found[concept.id] = concept
    return tuple(found.values())


def _concept(entry: dict[str, Any], where: str) -> Concept:
    concept_id = entry.get("id")
    if not isinstance(concept_id, str) or not _ID.fullmatch(concept_id):
        raise PolicyError(
            f"{where}: id must be 1 to 64 lower-case letters, digits or '_', not {concept_id!r}: "
            'write a line such as id = "mozhou"'
        )
    where = f"{where} ({concept_id})"
    if unknown := sorted(set(entry) - set(_KEYS)):
        raise PolicyError(f"{where}: unknown key {unknown[0]!r}: known are {', '.join(_KEYS)}")
    kind = _checked_kind(concept_id, entry.get("kind"), where)
    names = {key: _checked_names(entry.get(key, []), f"{where}: {key}") for key in _NAME_KEYS}
    if not any(names.values()):
        raise PolicyError(f'{where}: has no name: write a line such as zh = ["墨舟SDK"] or en = ["Mozhou"]')
    if chinese := next((name for name in names["en"] if has_han(name)), ""):
        raise PolicyError(f"{where}: en: {chinese!r} is Chinese: move it to zh or zh_colloquial")
    return Concept(id=concept_id, kind=kind, **names)


def _checked_kind(concept_id: str, kind: object, where: str) -> str:
    known = _default_kinds().get(concept_id)
    if known is not None and kind not in (None, known):
        raise PolicyError(
            f"{where}: a concept of this id comes with the program, and its kind is {known!r}, not {kind!r}: "
            "leave kind out to add names to it, or choose another id"
        )
    if known is None and kind is None:
        raise PolicyError(
            f"{where}: no concept of this id comes with the program: correct the id to add names to one; "
            f'for one of your own write a line such as kind = "vendor", one of {", ".join(KINDS)}'
        )
    if known is None and kind not in KINDS:
        raise PolicyError(f"{where}: kind must be one of {', '.join(KINDS)}, not {kind!r}")
    return known or str(kind)


def _checked_names(names: object, where: str) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PolicyError(f"{where} must be a list of names in quotes, not {names!r}")
    for name in names:
        if visible_line(name) != name:
            raise PolicyError(f"{where}: {name!r} has characters that cannot be seen, or blanks too many: type it anew")
        if len(name) > _LONGEST_NAME:
            raise PolicyError(f"{where}: {name!r} has more than {_LONGEST_NAME} characters: shorten it")
        if sum(map(str.isalnum, name)) < _SHORTEST_NAME:
            raise PolicyError(f"{where}: {name!r} is so short that it is found in other words: write it in full")
        if normalized(name) in STOPWORDS:
            raise PolicyError(f"{where}: {name!r} stands in most sentences: choose a name that tells them apart")
    return tuple(dict.fromkeys(names))


@cache
def _default_kinds() -> dict[str, str]:
    return {concept.id: concept.kind for concept in default_thesaurus().concepts}
