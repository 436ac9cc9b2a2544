"""Question sets: read from JSON Lines or CSV, checked against the policies, written again.

`evals/README.md` describes the fields. A set is checked in two steps, and all of its faults are told
at once: what a line must look like, and what it says of the policies, whose words gold must be.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from assistant.conversation import Turn
from assistant.errors import EvaluationError
from assistant.evaluation.gold import GoldFinder, Place, says
from assistant.evaluation.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from assistant.settings import Settings

Language = Literal["zh", "en", "mixed"]
"""Language of a question; `mixed` for one that needs both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A statement that the answer needs."""

    quote: str
    """Words of the policy that make it, verbatim."""
    alternatives: tuple[str, ...] = ()
    """Words of other places that make it as well."""

    @property
    def quotes(self) -> tuple[str, ...]:
        """The quote and its alternatives."""
        return (self.quote, *self.alternatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of a set, with what a right answer is."""

    id: str
    """Name, unique in its set."""
    language: Language
    """Language that it is asked in."""
    style: str
    """Kind of question, such as `colloquial` or `near_miss`; figures are given for each."""
    text: str
    """The question."""
    gold: tuple[Gold, ...] = ()
    """The statements that a right answer cites; none if the policy does not answer."""
    must_say: tuple[tuple[str, ...], ...] = ()
    """What a right answer says or quotes: of each, one of the alternatives."""
    history: tuple[Turn, ...] = ()
    """What was said before."""
    policies: tuple[str, ...] = ()
    """Ids of the policies to answer from; none for those that the question names, else all."""

    @property
    def answerable(self) -> bool:
        """Whether the policy answers it."""
        return bool(self.gold)

    @property
    def asked(self) -> tuple[object, ...]:
        """What is asked: two questions that agree in this are the same."""
        return (self.text, tuple(turn.question for turn in self.history), self.policies)

    def as_json(self) -> dict[str, Any]:
        """Return the line that stands for the question; what is empty is left out."""
        line: dict[str, Any] = {
            "id": self.id,
            "language": self.language,
            "style": self.style,
            "question": self.text,
        }
        if self.history:
            line["history"] = [
                {"question": turn.question} | ({"answer": turn.answer} if turn.answer else {}) for turn in self.history
            ]
        line["answerable"] = self.answerable
        line["gold"] = [{"quote": gold.quote, "alternatives": list(gold.alternatives)} for gold in self.gold]
        if self.must_say:
            line["must_say"] = [list(said) if len(said) > 1 else said[0] for said in self.must_say]
        if self.policies:
            line["policies"] = list(self.policies)
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Questions that are asked together."""

    name: str
    """The file's name without its ending."""
    sha256: str
    """SHA-256 of the file, hexadecimal."""
    questions: tuple[Question, ...]
    """The questions, in the file's order."""


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


def read_set(path: Path, finder: GoldFinder | None = None) -> QuestionSet:
    """Read a question set, `*.jsonl` or `*.csv`.

    Args:
        path: The file.
        finder: Of the policies that the set is about; without one, gold is not looked for.

    Raises:
        EvaluationError: If the file cannot be read or has faults; the message names the first ones.
    """
    found, faults = check_set(path, finder)
    if faults:
        told = "; ".join(str(fault) for fault in faults[:_MOST_TOLD])
        more = f"; and {len(faults) - _MOST_TOLD} more" if len(faults) > _MOST_TOLD else ""
        raise EvaluationError(f"{path}: {told}{more} (`policy-assistant eval validate` lists all faults)")
    return found


_MOST_TOLD = 3


def check_set(
    path: Path, finder: GoldFinder | None = None, *, asked: dict[object, str] | None = None
) -> tuple[QuestionSet, tuple[Fault, ...]]:
    """Read a question set as far as it is sound, and return it with all of its faults, in their order.

    Args:
        path: The file, `*.jsonl` or `*.csv`.
        finder: Of the policies that the set is about; without one, gold is not looked for.
        asked: What other sets ask, with their names, which this one must not ask again; its own is added.

    Raises:
        EvaluationError: If the file cannot be read, is not UTF-8, or is neither of the two kinds.
    """
    kind = _kind(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EvaluationError(
            f"question set {str(path)!r} cannot be read ({error.strerror}): check that it exists"
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvaluationError(
            f"question set {str(path)!r} is not UTF-8 (byte {error.start}): save it as UTF-8"
        ) from None
    faults: list[Fault] = []
    questions: list[Question] = []
    lines: dict[object, int] = {}
    for number, entry in _csv_entries(text) if kind == ".csv" else _json_entries(text):
        if isinstance(entry, Fault):
            faults.append(entry)
            continue
        name = entry.get("id") if isinstance(entry, dict) and isinstance(entry.get("id"), str) else ""
        found = [
            Fault(line=number, id=str(name), kind=kind, values=values)
            for kind, values in _faults_of(entry, lines, number, finder)
        ]
        if not found:
            question = _question(_Line.model_validate(entry))
            questions.append(question)
            other = path.stem if asked is None else asked.setdefault(question.asked, path.stem)
            if other != path.stem:
                found.append(Fault(line=number, id=question.id, kind="asked_elsewhere", values={"set": other}))
        faults += found
    if not questions and not faults:
        faults.append(Fault(line=1, id="", kind="no_question"))
    digest = hashlib.sha256(data).hexdigest()
    return QuestionSet(name=path.stem, sha256=digest, questions=tuple(questions)), tuple(faults)


def corpus_of(path: Path, settings: Settings) -> Path:
    """Return the folder of the policies that a set is about.

    Of a set `x-….jsonl` that is the folder `../policies/x` beside the set's own, if there is one; else the
    corpus of the settings.

    Raises:
        CorpusError: If there is neither.
    """
    beside = path.resolve().parent.parent / "policies" / subject_of(path)
    return beside if beside.is_dir() else settings.corpus_dir()


def subject_of(path: Path) -> str:
    """Return what a set is about by its name: `x` of `x-….jsonl`."""
    return path.stem.split("-")[0]


def sets_in(folder: Path) -> tuple[Path, ...]:
    """Return the question sets in a folder, by name; none if there is no such folder."""
    return tuple(sorted(path for path in folder.glob("*.*") if path.suffix.lower() in _KINDS and path.is_file()))


def write_set(path: Path, questions: Iterable[Question]) -> None:
    """Write a question set, `*.jsonl` or `*.csv`; reading it again gives the same questions.

    Raises:
        EvaluationError: If it is neither of the two kinds, or cannot be written.
    """
    found = list(questions)
    if _kind(path) == ".csv":
        # Spreadsheet programs take a file without the mark for one in the machine's own encoding.
        write_file(path, _csv_text(found).encode("utf-8-sig"))
        return
    lines = (json.dumps(question.as_json(), ensure_ascii=False) for question in found)
    write_file(path, "".join(f"{line}\n" for line in lines).encode())


_KINDS = (".jsonl", ".csv")


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind not in _KINDS:
        raise EvaluationError(f"question set {str(path)!r} must end in .jsonl or .csv: name the file accordingly")
    return kind


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


class _Line(_Strict):
    id: _LabelText
    language: Language
    style: _LabelText
    question: _Text
    answerable: bool
    gold: list[_Gold]
    history: list[_Turn] = []
    must_say: list[_Alternatives] = []
    policies: Annotated[list[Annotated[_Text, AfterValidator(_unbroken)]], Field(min_length=1)] | None = None


_KEYS = ", ".join(_Line.model_fields)
_Fault = tuple[str, dict[str, str]]
"""Kind and values of a fault."""
_LEAST_QUOTE_CHARS = 4
_MOST_PLACES = 8


def _question(line: _Line) -> Question:
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


def _faults_of(entry: object, lines: dict[object, int], number: int, finder: GoldFinder | None) -> Iterator[_Fault]:
    """Yield what is wrong with an entry and what to do.

    Args:
        entry: The entry.
        lines: Line of each id, and of what each question asks; those of this one are added.
        number: Line of this one.
        finder: Of the policies, if they are known.
    """
    try:
        line = _Line.model_validate(entry)
    except ValidationError as error:
        yield from map(_explained, error.errors())
        rest = _without(entry, {first[0] for first in (fault["loc"] for fault in error.errors()) if first})
        if rest is None:
            return
        line = rest
    question = _question(line)
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


def _without(entry: object, faulty: set[int | str]) -> _Line | None:
    """Return what a faulty entry says in its other keys, so that these are checked too; None if that is too little."""
    if not isinstance(entry, dict):
        return None
    known = {name: value for name, value in entry.items() if name in _Line.model_fields and name not in faulty}
    try:
        return _Line.model_validate({"id": _UNKNOWN, "language": "zh", "style": _UNKNOWN} | known)
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


# --- JSON Lines ------------------------------------------------------------------------------


def _json_entries(text: str) -> Iterator[tuple[int, object]]:
    # Not by `splitlines`: a text in JSON may hold other line ends as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            told = f"{error.msg}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
            yield number, Fault(line=number, id="", kind="no_json", values={"problem": told})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise ValueError(f"the key {twice!r} stands twice in an object")
    return found


# --- CSV: a cell a text, numbered columns for lists -------------------------------------------

_PLAIN = ("id", "language", "style", "question", "answerable", "policies")
_COLUMN = re.compile(r"(gold|must_say)_([1-9]\d{0,2})(?:_or_([1-9]\d{0,2}))?|history_([1-9]\d{0,2})_(question|answer)")
# What a spreadsheet program takes for a formula, or skips before one.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def _csv_text(questions: Sequence[Question]) -> str:
    rows = [dict(_cells(question)) for question in questions]
    columns = [*_PLAIN, *sorted({name for row in rows for name in row} - set(_PLAIN), key=_column_order)]
    written = io.StringIO(newline="")
    # Only rows end in CR LF: line ends inside a cell stay as they are.
    table = csv.writer(written)
    table.writerow(columns)
    table.writerows([_neutral(row.get(name, "")) for name in columns] for row in rows)
    return written.getvalue()


def _cells(question: Question) -> Iterator[tuple[str, str]]:
    yield from (("id", question.id), ("language", question.language), ("style", question.style))
    yield from (("question", question.text), ("answerable", str(question.answerable).lower()))
    # An id holds no blank.
    yield "policies", " ".join(question.policies)
    lists = [("gold", gold.quotes) for gold in question.gold], [("must_say", said) for said in question.must_say]
    for entries in lists:
        for number, (name, texts) in enumerate(entries, 1):
            for which, text in enumerate(texts):
                yield f"{name}_{number}{f'_or_{which}' if which else ''}", text
    for number, turn in enumerate(question.history, 1):
        yield f"history_{number}_question", turn.question
        yield f"history_{number}_answer", turn.answer


def _column_order(name: str) -> tuple[object, ...]:
    match = _COLUMN.fullmatch(name)
    if match is None:
        raise ValueError(f"no column is called {name!r}")
    if match[1]:
        return (("gold", "must_say").index(match[1]), int(match[2]), int(match[3] or 0))
    return (2, int(match[4]), ("question", "answer").index(match[5]))


def _neutral(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; `_original` undoes it.

    >>> [_neutral(cell) for cell in ("=1+1", "'=1+1", "'tis", "plain")]
    ["'=1+1", "''=1+1", "'tis", 'plain']
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _original(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _csv_entries(text: str) -> Iterator[tuple[int, object]]:
    head = text.partition("\n")[0]
    # Where a comma is the decimal point, spreadsheet programs write semicolons.
    delimiter = max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    line = 1
    try:
        for row in table:
            if not columns:
                columns = [name.strip() for name in row]
                if faults := list(_column_faults(columns)):
                    yield from ((1, fault) for fault in faults)
                    return
            elif any(cell.strip() for cell in row):
                yield line, _entry(dict(zip(columns, map(_original, row), strict=False)))
            line = table.line_num + 1
    except csv.Error as error:
        yield line, Fault(line=line, id="", kind="no_csv", values={"problem": str(error)})


def _column_faults(columns: Sequence[str]) -> Iterator[Fault]:
    known = f"{', '.join(_PLAIN)}, gold_1, gold_1_or_1, must_say_1, must_say_1_or_1, history_1_question …"
    for name in dict.fromkeys(columns):
        if name not in _PLAIN and not _COLUMN.fullmatch(name):
            yield Fault(line=1, id="", kind="no_column", values={"column": repr(name), "known": known})
        elif columns.count(name) > 1:
            yield Fault(line=1, id="", kind="column_twice", values={"column": repr(name)})


_BOOLEANS = {"true": True, "false": False}


def _entry(cells: dict[str, str]) -> dict[str, Any]:
    """Return the entry that a row stands for, as JSON would give it; an empty cell is none."""
    filled = {name: cell for name, cell in cells.items() if cell}
    entry: dict[str, Any] = {name: filled[name] for name in _PLAIN[:4] if name in filled}
    if "answerable" in filled:
        entry["answerable"] = _BOOLEANS.get(filled["answerable"].strip().lower(), filled["answerable"])
    lists: dict[str, dict[int, list[str]]] = {"gold": {}, "must_say": {}}
    history: dict[int, dict[str, str]] = {}
    for name in sorted(filled.keys() - set(_PLAIN), key=_column_order):
        match = _COLUMN.fullmatch(name)
        if match and match[1]:
            lists[match[1]].setdefault(int(match[2]), []).append(filled[name])
        elif match:
            history.setdefault(int(match[4]), {})[match[5]] = filled[name]
    entry["gold"] = [{"quote": first, "alternatives": rest} for first, *rest in lists["gold"].values()]
    entry |= {"must_say": list(lists["must_say"].values())} if lists["must_say"] else {}
    entry |= {"history": list(history.values())} if history else {}
    entry |= {"policies": filled["policies"].split()} if filled.get("policies", "").strip() else {}
    return entry
