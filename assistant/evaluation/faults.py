"""What is wrong with the lines of a question set: with what they look like, and with what they say of the policies."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from assistant.conversation import Turn
from assistant.evaluation.gold import GoldFinder, Place, says
from assistant.evaluation.questions import Gold, Language, Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a line of a set."""

    line: int
    """Line of the file, from 1."""
    id: str
    """Id of the question, empty if it has none."""
    kind: str
    """Names what is wrong, such as `missing`."""
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What is told of this line, by name."""

    @property
    def problem(self) -> str:
        """What is wrong, with which value."""
        return self.told("en")[0]

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.told("en")[1]

    def told(self, language: Literal["zh", "en"]) -> tuple[str, str]:
        """Return in a language what is wrong, with which value, and what to do."""
        problem, remedy = (
            (phrase if language == "en" else _chinese()[phrase]).format_map(self.values)
            for phrase in _FAULTS[self.kind]
        )
        return problem, remedy

    def __str__(self) -> str:
        """Return the fault as it is printed."""
        return f"line {self.line}{f', {self.id}' if self.id else ''}: {self.problem}: {self.remedy}"


# What is wrong, and what to do, by kind; the first kinds are pydantic's. `faults.zh.toml` has it in Chinese.
_FAULTS = {
    "missing": ("{where} is missing", "add it"),
    "extra_forbidden": ("there is no key {name}", "known are {known}"),
    "model_type": ("{where} is {value}", "write an object in braces"),
    "string_type": ("{where} is {value}", "write it as a text in quotes"),
    "bool_type": ("{where} is {value}", "write true or false"),
    "list_type": ("{where} is {value}", "write it as a list in brackets"),
    "literal_error": ("{where} is {value}", "write zh, en or mixed"),
    "too_short": ("{where} is {value}", "write something into it, or leave it out"),
    "string_too_long": ("{where} is {value}", "write at most 100 characters"),
    "surrogate": ("{where} holds half of a surrogate pair", "mend it, or leave it out"),
    "empty": ("{where} is empty", "mend it, or leave it out"),
    "blank": ("{where} {text} holds a blank", "mend it, or leave it out"),
    "other": ("{where} is {value}", "mend it: {message}"),
    "no_object": ("the line is {value}", "write an object in braces"),
    "no_json": ("is not JSON ({problem})", "write one object a line"),
    "no_csv": ("is not CSV ({problem})", "save the table as CSV again"),
    "no_column": ("there is no column {column}", "columns are {known}"),
    "column_twice": ("the column {column} stands twice", "leave one out"),
    "no_question": ("there is no question", "write one, in a line of its own"),
    "asked_elsewhere": ("is asked in set {set} too", "leave it out of one of the two"),
    "id_twice": ("has the id of line {line}", "change the id, or leave one of the two out"),
    "question_twice": ("has the question of line {line}", "change the question, or leave one of the two out"),
    "no_gold": ("answerable is true but gold is empty", "give the policy's words that answer, or write false"),
    "gold_given": ("answerable is false but gold is given", "write true, or empty gold"),
    "must_say_given": ("must_say stands with a question that has no answer", "leave it out"),
    "no_policy": ("there is no policy {policy}", "the corpus has {known}"),
    "too_short_quote": ("{where} {quote} is too short to name a place", "quote more of its sentence"),
    "many_places": ("{where} {quote} stands at {count} places", "quote more of its sentence"),
    "not_in_policy": ("{where} is not in the policy: “{quote}”", "copy the words from the policy's text"),
    "near_in_policy": (
        "{where} is not in the policy: “{quote}”",
        "copy it from the policy's text, or mend the gold; the nearest passage, in {reference}, is “{passage}”",
    ),
    "not_in_gold": (
        "{where} {said} is not in the gold clause ({references})",
        "take words of that clause, add them as an alternative, or mend the gold",
    ),
}


@cache
def _chinese() -> dict[str, str]:
    return tomllib.loads(resources.files(__package__).joinpath("faults.zh.toml").read_text("utf-8"))


# --- What a line looks like ----------------------------------------------------------------


def _whole(text: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise PydanticCustomError("surrogate", "holds half of a surrogate pair")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("empty", "is empty")
    return text


def _unbroken(text: str) -> str:
    if any(char.isspace() for char in text):
        raise PydanticCustomError("blank", "holds a blank")
    return text


_Any = Annotated[str, AfterValidator(_whole)]
_Text = Annotated[_Any, AfterValidator(_filled)]
_LabelText = Annotated[_Text, Field(max_length=100)]
_Alternatives = Annotated[
    list[_Text], BeforeValidator(lambda said: [said] if isinstance(said, str) else said), Field(min_length=1)
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Turn(_Strict):
    question: _Text
    answer: _Any = ""


class _Gold(_Strict):
    quote: _Text
    alternatives: list[_Text] = []


class Line(_Strict):
    """A line of a set, as JSON gives it."""

    id: _LabelText
    language: Language
    style: _LabelText
    question: _Text
    answerable: bool
    gold: list[_Gold]
    history: list[_Turn] = []
    must_say: list[_Alternatives] = []
    policies: Annotated[list[Annotated[_Text, AfterValidator(_unbroken)]], Field(min_length=1)] | None = None


_KEYS = ", ".join(Line.model_fields)
_Fault = tuple[str, dict[str, str]]
"""Kind and values of a fault."""
_LEAST_QUOTE_CHARS = 4
_MOST_PLACES = 8


def question_of(line: Line) -> Question:
    """Return the question that a sound line stands for."""
    return Question(
        id=line.id,
        language=line.language,
        style=line.style,
        text=line.question,
        gold=tuple(Gold(quote=gold.quote, alternatives=tuple(gold.alternatives)) for gold in line.gold),
        must_say=tuple(tuple(said) for said in line.must_say),
        history=tuple(Turn(question=turn.question, answer=turn.answer) for turn in line.history),
        policies=tuple(line.policies or ()),
    )


def faults_of(entry: object, lines: dict[object, int], number: int, finder: GoldFinder | None) -> Iterator[_Fault]:
    """Yield what is wrong with an entry and what to do.

    Args:
        entry: The entry.
        lines: Line of each id, and of what each question asks; those of this one are added.
        number: Line of this one.
        finder: Of the policies, if they are known.
    """
    try:
        line = Line.model_validate(entry)
    except ValidationError as error:
        yield from map(_explained, error.errors())
        rest = _without(entry, {first[0] for first in (fault["loc"] for fault in error.errors()) if first})
        if rest is None:
            return
        line = rest
    question = question_of(line)
    for what, key in (("id", ("id", question.id)), ("question", ("asked", question.asked))):
        if question.id == _UNKNOWN and what == "id":
            continue
        if (former := lines.setdefault(key, number)) != number:
            yield f"{what}_twice", {"line": str(former)}
    if line.answerable != question.answerable:
        yield "no_gold" if line.answerable else "gold_given", {}
    elif question.must_say and not question.answerable:
        yield "must_say_given", {}
    if finder:
        yield from _policy_faults(question, finder)


_UNKNOWN = "?"


def _without(entry: object, faulty: set[int | str]) -> Line | None:
    """Return what a faulty entry says in its other keys, so that these are checked too; None if that is too little."""
    if not isinstance(entry, dict):
        return None
    known = {name: value for name, value in entry.items() if name in Line.model_fields and name not in faulty}
    try:
        return Line.model_validate({"id": _UNKNOWN, "language": "zh", "style": _UNKNOWN} | known)
    except ValidationError:
        return None


def _explained(error: Mapping[str, Any]) -> _Fault:
    where = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    values = {
        "where": where,
        "name": repr(where),
        "known": _KEYS,
        "value": _json(error["input"]),
        "text": repr(error["input"]),
        "message": error["msg"].lower(),
    }
    kind = error["type"] if error["type"] in _FAULTS else "other"
    return kind if where else "no_object", values


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _policy_faults(question: Question, finder: GoldFinder) -> Iterator[_Fault]:
    known = [policy.id for policy in finder.policies]
    for policy_id in question.policies:
        if policy_id not in known:
            yield "no_policy", {"policy": repr(policy_id), "known": ", ".join(known)}
    scope = [policy_id for policy_id in question.policies if policy_id in known] or known
    places: list[Place] = []
    for number, gold in enumerate(question.gold, 1):
        for which, quote in enumerate(gold.quotes):
            where = f"gold[{number}].{f'alternatives[{which}]' if which else 'quote'}"
            found = finder.find(quote, scope)
            places += found
            values = {"where": where, "quote": repr(quote)}
            if sum(char.isalnum() for char in quote) < _LEAST_QUOTE_CHARS:
                yield "too_short_quote", values
            elif len(found) > _MOST_PLACES:
                yield "many_places", values | {"count": str(len(found))}
            elif not found:
                nearest = _nearest(quote, finder, scope)
                yield "near_in_policy" if nearest else "not_in_policy", {"where": where, "quote": quote} | nearest
    if places:
        yield from _must_say_faults(question, places, finder)


def _must_say_faults(question: Question, places: Sequence[Place], finder: GoldFinder) -> Iterator[_Fault]:
    clauses = [finder.clause_text(place) for place in places]
    for number, said in enumerate(question.must_say, 1):
        if not says(clauses, said):
            names = ", ".join(dict.fromkeys(finder.reference(place) for place in places))
            told = " / ".join(map(repr, said))
            yield "not_in_gold", {"where": f"must_say[{number}]", "said": told, "references": names}


def _nearest(quote: str, finder: GoldFinder, scope: Sequence[str]) -> dict[str, str]:
    """Return the passage that is nearest to a quote that stands nowhere, with its place; empty if there is none."""
    place = finder.nearest(quote, scope)
    if place is None:
        return {}
    passage = " ".join(finder.text(place).split())
    return {"reference": finder.reference(place), "passage": passage}
