"""Phrases of English questions: nouns with what qualifies them, such as "gold members" or "late check-out"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.text.english import (
    ARTICLES,
    AUXILIARIES,
    BEING,
    DOERS,
    DOING,
    INDEFINITE,
    LINKING,
    PREPOSITIONS,
    is_plural,
    one_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.questions.utterances import Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A noun of an English question with the words before it that qualify it: "gold members", "late check-out"."""

    text: str
    """The phrase, as typed."""
    start: int
    """First character in the question, the article left out."""
    end: int
    """End in the question."""
    starts: tuple[int, ...]
    """First character of each of its words."""
    article: str
    """The article or possessive before it, if there is one."""
    preposition: str
    """The preposition before it, if there is one."""
    is_subject: bool
    """Whether something is said of it, or it does something: "how much is parking?", "do dogs need a lead?"."""
    is_complement: bool
    """Whether something is said of it, with "is" or "are"."""
    is_asked_for: bool
    """Whether it is what is asked for: "which deposit"."""
    is_time: bool
    """Whether it is no thing but a time or a measure: "sundays", "per day"."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its words, in lower case."""
        return tuple(self.text.lower().split(" "))

    @property
    def is_one(self) -> bool:
        """Whether it is one of its sort, that may be spoken of with "the" afterwards."""
        return self.article in INDEFINITE or (self.is_asked_for and not is_plural(self.text))

    @property
    def form(self) -> str:
        """What kind of noun it is, as its article and number show; phrases alike in this may stand in one place."""
        if self.article and self.article not in INDEFINITE:
            return "definite"
        return "counted" if self.article or is_plural(self.text) else "mass"


@dataclass(frozen=True, slots=True)
class Unit:
    """A word of an English question, with what is joined to it: check-in, doctor's."""

    start: int
    end: int
    text: str
    role: Literal["noun", "quality", "aspect", "article", "mark", ""]
    group: str = ""
    """Sort of what it names, if that is known: `Word.group`, or `time`."""


def phrases_of(question: Utterance) -> tuple[Phrase, ...]:
    """Return the phrases of an English question, in order. Without a grammar, the words around a noun tell its end."""
    units = units_of(question)
    found: list[Phrase] = []
    place = 0
    while place < len(units):
        end = place
        while end < len(units) and units[end].role in ("noun", "quality") and (end == place or _follows(units, end)):
            end += 1
        while end > place and units[end - 1].role == "quality":
            end -= 1
        if place < end < len(units) and units[end].role == "aspect" and _NOUN.fullmatch(units[end].text):
            end += 1
        if end == place:
            place += 1
            continue
        article = units[place - 1].text if place and units[place - 1].role == "article" else ""
        if place and (owner := _OWNER.search(units[place - 1].text)):
            article = owner[1]
        before = _before(units, place, article)
        if before in DOING:
            end = _end_of_subject(units, place, end)
        first, last = _bounds(units, place, end, before, article)
        if first < last:
            found.append(_phrase(question, units[first:last], before, article if first == place else ""))
        place = end
    return tuple(found)


def _before(units: Sequence[Unit], place: int, article: str) -> str:
    """Return the word before a phrase and its article; nothing if it begins the question."""
    if place <= bool(article):
        return ""
    # Where an article is part of another word, as in "what is my", that word is before it.
    at = place - 2 if units[place - 1].text == article else place - 1
    if units[at].text in _DOING_SOMETHING and at and units[at - 1].text in DOERS:
        # Discounts are what "you do" in "do you do discounts?".
        return ""
    # Whoever can is who does it: "who can | borrow laptops".
    return "who" if at and units[at].text in DOING and units[at - 1].text == "who" else units[at].text


def _follows(units: Sequence[Unit], place: int) -> bool:
    """Say whether a word goes on with a phrase: no mark is before it, and it is no phrase by itself: "what I say"."""
    unit = units[place]
    if unit.group == "who" and units[place - 1].text in _HELD:
        # "The data Amap gets": the company does something.
        return False
    # Nor does "per day" of "is the late fee per day?".
    begins = unit.text == "per" or _OPENING.match(unit.text) is not None
    return unit.start == units[place - 1].end + 1 and not begins


_SUBJECT_VERB_OBJECT = 3
_DOING_SOMETHING = ("do", "did")
_HELD = ("data", "information", "info", "details")
_OPENING = re.compile(rf"(?:an?|the|my|your|our|i|what|who|where|when|how|{one_of(LINKING)}) ")


def _end_of_subject(units: Sequence[Unit], place: int, end: int) -> int:
    """Return where the verb after a subject ends, if what it is done to follows: "gold members bring | guests".

    Whoever is as old as said has no other name: "my 10 year old | fly".
    """
    for at in range(place, end - 2):
        aged = units[at].text in _AGES and units[at + 1].text == "old" and units[at + 2].group == ""
        if aged and not (end < len(units) and units[end].text in _AFTER_SUBJECTS):
            return at + 2
        several = is_plural(units[at].text) or units[at].group in ("person", "who")
        if several and not is_plural(units[at + 1].text):
            return at + 2
    # Of "can faculty borrow books?" only the word between can be the verb.
    closed = end == len(units) or units[end].role == "mark"
    return place + 2 if closed and end - place == _SUBJECT_VERB_OBJECT and is_plural(units[end - 1].text) else end


def _bounds(units: Sequence[Unit], place: int, end: int, before: str, article: str) -> tuple[int, int]:
    """Return what is left of a row of words without the verb at either end of it: "can I | carry", "do dogs | bark"."""
    if before in _BEFORE_A_VERB and not article:
        return place + 1, end
    after = units[end] if end < len(units) else None
    if end - place > 1 and before in BEING and _JUDGED.fullmatch(units[end - 1].text):
        # "Are our files hosted | abroad?"
        return place, end - 1
    closed = after is None or not (after.role == "aspect" or after.text in _AFTER_SUBJECTS)
    object_follows = after is not None and after.role == "noun"
    last = units[end - 1]
    if end - place < 2 or not closed or last.text == "old" or (is_plural(last.text) and not object_follows):
        return place, end
    judged = before in BEING and place == (2 if article else 1)
    if last.group in ("thing", "person", "who") and not (judged and PARTICIPLE.fullmatch(last.text)):
        return place, end
    return place, end - 1 if judged or before in DOING else end


def _phrase(question: Utterance, units: Sequence[Unit], before: str, article: str) -> Phrase:
    start, end = units[0].start, units[-1].end
    return Phrase(
        text=question.text[start:end],
        start=start,
        end=end,
        starts=tuple(unit.start for unit in units),
        article=article,
        preposition=before if before in PREPOSITIONS else "",
        is_subject=before in DOING or before in BEING or before in ("which", "how many", "how much"),
        is_complement=before in BEING,
        is_asked_for=before in ("which", "what", "how many", "how much"),
        is_time=units[-1].group == "time" or units[0].text in LINKING,
    )


def units_of(question: Utterance) -> list[Unit]:
    """Return the words of an English question."""
    units: list[Unit] = []
    for word in question.words:
        last = units[-1] if units else None
        if last and last.end == word.start and (word.text in _JOINING or last.text.endswith(_JOINING)):
            joined = f"{last.text}{word.text}"
            # The fee of "what's the fee" is what is named, not "what's".
            units[-1] = Unit(last.start, word.end, joined, "noun" if last.role or "-" in joined else "")
            continue
        role: Literal["noun", "quality", "aspect", "article", "mark", ""] = ""
        if word.text in ARTICLES or word.text in _ENTIRE:
            role = "article"
        elif word.has("mark"):
            role = "mark"
        elif word.has("unknown") or (word.has("topic") and not _POSSESSIVE.search(word.text)):
            role = "noun"
        elif word.has("quality"):
            role = "quality"
        elif word.is_aspect:
            role = "aspect"
        units.append(Unit(word.start, word.end, word.text, role, "time" if word.has("time") else word.group))
    return units


_AGES = ("year", "month", "week")
PARTICIPLE = re.compile("[a-z]{2,20}ed")
_JUDGED = re.compile(rf"{PARTICIPLE.pattern}|due|open")
_JOINING = ("-", "'", "’")
_ENTIRE = ("whole", "entire")
_NOUN = re.compile(r"(?:fee|(?:sur)?charge|cost|price|period|setting|measure)s?|\w{2,20}(?:tion|ment|ance|sion)s?")
_OWNER = re.compile(r"^[a-z].{0,40} (my|your|our|the)$")
_POSSESSIVE = re.compile(r"\b(?:my|your)\b")
_BEFORE_A_VERB = frozenset({*DOERS, "he", "she", "it", "to", "have to", "who", "which company"})
_AFTER_SUBJECTS = AUXILIARIES | {"do", "be", "been", "get", "gets", "need", "needs", "take", "takes", "make", "give"}
_AFTER_SUBJECTS |= {"go", "know", "see", "say", "want", "still", "also", "already", "not"}
