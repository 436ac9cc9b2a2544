"""Plain words: Chinese and English ones that mean the same, by a table, so that sentences of both can be compared."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.text import has_han, stem
from assistant.thesaurus import Concept, Thesaurus

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a plain word is compared by."""

    lines: frozenset[str]
    """Lines of the table of words."""
    forms: frozenset[str] = frozenset()
    """Stems, of a Latin word."""


ENGLISH_WORD = re.compile(r"[a-z0-9][a-z0-9'’-]*")


@cache
def _table() -> dict[str, Any]:
    """Return `data/plain_words.toml`, which says what each part of it is."""
    return tomllib.loads(resources.files("assistant").joinpath("data/plain_words.toml").read_text("utf-8"))


@cache
def function_words() -> frozenset[str]:
    """Return the English words that say nothing by themselves."""
    return frozenset(_table()["function"]["en"].split())


@cache
def function_words_zh() -> re.Pattern[str]:
    """Return the pattern of the Chinese words that say nothing by themselves."""
    words = sorted(_table()["function"]["zh"].split(), key=lambda word: (-len(word), word))
    return re.compile("|".join(words))


@cache
def plain_words() -> Thesaurus:
    """Return the Chinese words and the English phrases of the table; the concepts are their lines."""
    return Thesaurus(
        Concept(
            id=name,
            kind="word",
            zh=tuple(zh.split()),
            en=tuple(word.replace("_", " ") for word in en.split() if "_" in word),
        )
        for name, (zh, en) in _word_lines().items()
    )


@cache
def _english_words() -> dict[str, frozenset[str]]:
    """Return the ids of the lines of the table by the stem of each English word."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, (_, en) in _word_lines().items():
        for word in en.split():
            for form in forms_of(word) if "_" not in word else ():
                found[form].add(name)
    return {form: frozenset(names) for form, names in found.items()}


@cache
def deeds() -> frozenset[str]:
    """Return the lines that say what is done with a thing, such as to collect or to share."""
    return frozenset(_table()["deeds"]["lines"].split())


def _word_lines() -> dict[str, tuple[str, str]]:
    return {name: (zh, en) for name, (zh, en) in _table()["words"].items()}


def words_of(text: str) -> tuple[Word, ...]:
    """Return what a name is compared by, word by word; a Chinese name only if it is one plain word as a whole."""
    if not has_han(text):
        forms = [forms_of(match[0]) for match in ENGLISH_WORD.finditer(text) if match[0] not in function_words()]
        return tuple(Word(lines=_lines_of(own), forms=own) for own in forms)
    first = next(plain_words().find(text), None)
    return (Word(lines=frozenset(first[2])),) if first and first[1] - first[0] == len(text) else ()


def lines_in(text: str) -> frozenset[str]:
    """Return the lines of the table of words that a text speaks of, in either language."""
    lines = {line for _, _, found in plain_words().find(text) for line in found}
    return frozenset(lines.union(*(_lines_of(forms_of(match[0])) for match in ENGLISH_WORD.finditer(text))))


def _lines_of(forms: Iterable[str]) -> frozenset[str]:
    return frozenset(line for form in forms for line in _english_words().get(form, ()))


def forms_of(word: str) -> frozenset[str]:
    """Return what an English word is compared by: its stem, with and without hyphens."""
    bare = word.removesuffix("'s").strip("'-")
    return frozenset({stem(bare), stem(bare.replace("-", ""))})
