"""Question sets: read from JSON Lines or CSV, checked against the policies, written again.

`evals/README.md` describes the fields. A set is checked in two steps, and all of its faults are told
at once: what a line must look like, and what it says of the policies, whose words gold must be.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from assistant.errors import EvaluationError
from assistant.evaluation.faults import Fault, Line, faults_of, question_of
from assistant.evaluation.questions import Question, QuestionSet
from assistant.evaluation.tables import table_entries, table_text
from assistant.evaluation.writing import write_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from assistant.evaluation.gold import GoldFinder
    from assistant.settings import Settings


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
            f"question set {str(path)!r} is not UTF-8 (byte {error.start}): save it as UTF-8 (in Excel: CSV UTF-8)"
        ) from None
    faults: list[Fault] = []
    questions: list[Question] = []
    lines: dict[object, int] = {}
    for number, entry in table_entries(text) if kind == ".csv" else _json_entries(text):
        if isinstance(entry, Fault):
            faults.append(entry)
            continue
        name = entry.get("id") if isinstance(entry, dict) and isinstance(entry.get("id"), str) else ""
        found = [
            Fault(line=number, id=str(name), kind=kind, values=values)
            for kind, values in faults_of(entry, lines, number, finder)
        ]
        if not found:
            question = question_of(Line.model_validate(entry))
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
        write_file(path, table_text(found).encode("utf-8-sig"))
        return
    lines = (json.dumps(question.as_json(), ensure_ascii=False) for question in found)
    write_file(path, "".join(f"{line}\n" for line in lines).encode())


_KINDS = (".jsonl", ".csv")


def _kind(path: Path) -> str:
    kind = path.suffix.lower()
    if kind not in _KINDS:
        raise EvaluationError(f"question set {str(path)!r} must end in .jsonl or .csv: name the file accordingly")
    return kind


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
