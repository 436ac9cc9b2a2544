"""Senses: what turns what a part of a sentence says: a negation, a `may` or a `must`, a condition."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.text import normalized

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NEGATIVE = frozenset({"neg", "prohibited", "unable", "exempt"})
"""Readings that deny."""
PLAIN = frozenset({"plain"})
"""The sense of a segment that nothing turns."""
TWICE = "twice"
"""A sense that is turned more than once, which is not read."""
WHEN = frozenset({"if", "after", "before"})
"""Conditions told by many words in both languages, which do not pair off: one of them answers for another."""
_MOST_MARKERS = 6
_CONDITIONS = frozenset({"unless", "only", "if", "after", "before", "else", "all"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Words that turn the sense of a segment, or that make a condition."""

    start: int
    """First character."""
    end: int
    """End."""
    readings: tuple[str, ...]
    """How they turn it: `neg`, `possible`, `neg+permitted` …; several if they may mean either."""
    conditions: tuple[str, ...]
    """What condition they make: `if`, `unless` …"""


@cache
def _entries() -> list[dict[str, Any]]:
    """Return the markers of `data/senses.toml`, which says what stands in it."""
    table = resources.files("assistant").joinpath("data/senses.toml").read_text("utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(table)["marker"]
    return entries


@cache
def _marker() -> re.Pattern[str]:
    """Return the pattern of any marker; the group that matched, `m3`, is its number among them."""
    parts = []
    for number, entry in enumerate(_entries()):
        zh, en = entry.get("zh", []), entry.get("en", [])
        words = [*zh, f"(?<![a-z0-9])(?:{'|'.join(en)})(?![a-z0-9])"] if en else zh
        parts.append(f"(?P<m{number}>{'|'.join(words)})")
    return re.compile("|".join(parts))


# The sentences of a policy are read for one question after another.
@lru_cache(maxsize=8_000)
def markers(text: str) -> tuple[Marker, ...]:
    """Return the words of a normalized text that turn its sense, in order."""
    return tuple(map(_read_marker, _marker().finditer(text)))


def _read_marker(match: re.Match[str]) -> Marker:
    labels = _entries()[int((match.lastgroup or "m0")[1:])]["labels"].split()
    return Marker(
        start=match.start(),
        end=match.end(),
        readings=tuple(label for label in labels if label not in _CONDITIONS),
        conditions=tuple(label for label in labels if label in _CONDITIONS),
    )


def sense_of(marks: Sequence[Marker], weak: Collection[str]) -> frozenset[str]:
    """Return the readings of a segment with these markers: empty without any, `neg+possible` for 可能不.

    Args:
        marks: The markers.
        weak: Readings that turn nothing here.
    """
    turning = [mark.readings for mark in marks if mark.readings]
    negations = sum(not NEGATIVE.isdisjoint(readings[0].split("+")) for readings in turning)
    if negations > 1 or len(turning) > _MOST_MARKERS:
        return frozenset({TWICE})
    readings: set[tuple[str, ...]] = {()}
    for alternatives in turning:
        readings = {(*former, *reading.split("+")) for former in readings for reading in alternatives}
    turned = {tuple(sorted(word for word in reading if word != "plain" and word not in weak)) for reading in readings}
    return frozenset("+".join(reading) or "plain" for reading in turned) if readings != {()} else frozenset()


def denies(sense: frozenset[str]) -> bool:
    """Say whether a sense denies something, in any of its readings."""
    return any(part in NEGATIVE for reading in sense for part in reading.split("+"))


def turns(text: str) -> bool:
    """Say whether anything in a text turns the sense of what stands beside it: a negation, a `may`, a condition.

    >>> turns("我们不会收集以下信息："), turns("我们会收集以下信息：")
    (True, False)
    """
    return any(marker.conditions or set(marker.readings) - PLAIN for marker in markers(normalized(text)))


def denials(text: str) -> int:
    """Return how many words of a normalized text deny something.

    >>> denials("我们不会向任何人出售"), denials("we may share it")
    (1, 0)
    """
    readings = (reading for marker in markers(text) for reading in marker.readings[:1])
    return sum(not NEGATIVE.isdisjoint(reading.split("+")) for reading in readings)


def conditions_in(text: str) -> frozenset[str]:
    """Return the conditions that the words of a normalized text make, such as `if` or `unless`."""
    return frozenset(label for marker in markers(text) for label in marker.conditions)


def says_perhaps(text: str) -> bool:
    """Say whether a normalized text says that something may be so, or that it may be done: 可能, `may`."""
    return any("possible" in reading.split("+") for marker in markers(text) for reading in marker.readings)


def takes_back(sentence: str) -> bool:
    """Say whether a sentence takes back what was said before it, in part.

    >>> takes_back("但法律法规另有规定的除外。"), takes_back("我们会答复。")
    (True, False)
    """
    return _TAKES_BACK.match(normalized(sentence)) is not None


# 但 and the like at its start: what was said before holds with a reserve.
_TAKES_BACK = re.compile(
    r"(?:但|不过|然而|除|法律法规另有|另有|上述.{0,20}(?:除外|不适用))|"
    r"(?:but|however|except|unless|this does not apply|the above does not)\b"
)
