"""Runs as documents: all that is known of a run, as JSON that a report, a comparison and a gate are made of.

`evals/README.md` describes the document. Two runs of the same sets over the same policies with the same
version and settings give the same document but for `timing`.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import EvaluationError
from assistant.evaluation.measures import MEASURES, confusion, curve, figures, groups, latencies, values_of
from assistant.evaluation.running import ERROR_CLASSES, Outcome

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assistant.engine import Assistant
    from assistant.evaluation.gold import GoldFinder
    from assistant.evaluation.questions import QuestionSet
    from assistant.settings import Settings

SCHEMA = 1
"""Version of the document's shape."""
RUN_FILE = "run.json"
"""Name of the document in a report's folder."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRun:
    """A set that was run."""

    question_set: QuestionSet
    """The set."""
    assistant: Assistant
    """What was asked."""
    finder: GoldFinder
    """Of the assistant's policies."""
    outcomes: tuple[Outcome, ...]
    """What it made of each question."""


def document(runs: Sequence[SetRun], *, started: datetime.datetime) -> Document:
    """Return the document of a run of one or several sets.

    Args:
        runs: The sets, at least one.
        started: When the run began.
    """
    import assistant

    outcomes = [outcome for run in runs for outcome in run.outcomes]
    values = values_of(outcomes)
    first = runs[0].assistant
    found: Document = {
        "schema": SCHEMA,
        "versions": {
            "package": assistant.__version__,
            "embedders": [embedder.identity for embedder in first.retriever.embedders],
            "settings": _settings_json(first.settings),
        },
        "sets": [_set_json(run) for run in runs],
        "figures": {},
        "confusion": {},
        "errors": {},
        "risk_coverage": _curve_json(outcomes),
        "questions": [],
        "timing": {"started": started.isoformat(timespec="seconds"), "latency_ms": {}, "questions": []},
    }
    for what, name, places in groups(outcomes):
        members = [outcomes[place] for place in places]
        of_group = figures(members, [values[place] for place in places])
        errors = Counter(outcome.error for outcome in members)
        times = {key: figure.as_json() for key, figure in latencies(members).items()}
        for key, part in (
            ("figures", {measure: figure.as_json() for measure, figure in of_group.items()}),
            ("confusion", confusion(members)),
            ("errors", {error: errors[error] for error in ERROR_CLASSES}),
        ):
            found[key].setdefault(what, {})[name] = part
        found["timing"]["latency_ms"].setdefault(what, {})[name] = times
    place = 0
    for run in runs:
        for outcome in run.outcomes:
            found["questions"].append(_question_json(outcome, values[place], run.finder))
            found["timing"]["questions"].append(round(outcome.latency_ms, 3))
            place += 1
    return found


def _settings_json(settings: Settings) -> Document:
    """Return the settings that answers depend on: not folders, which are the machine's, and nothing of the server."""
    names = [name for name in type(settings).model_fields if not name.startswith("server_")]
    given = {name: getattr(settings, name) for name in names}
    return {name: value for name, value in given.items() if isinstance(value, str | int | float)}


def _set_json(run: SetRun) -> Document:
    return {
        "name": run.question_set.name,
        "sha256": run.question_set.sha256,
        "questions": len(run.question_set.questions),
        "policies": [
            {"id": policy.id, "title": policy.title, "version": policy.version, "sha256": policy.sha256}
            for policy in run.assistant.policies
        ],
        "hit_texts": _hit_texts(run.outcomes),
    }


def _hit_texts(outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """Return by policy and clause the text of every hit: the same clauses are found again and again."""
    found: dict[str, dict[str, str]] = {}
    for outcome in outcomes:
        for hit in outcome.answer.hits:
            found.setdefault(hit.policy.id, {})[hit.clause.id] = hit.policy.text[hit.start : hit.end]
    return found


def _curve_json(outcomes: Sequence[Outcome]) -> Document:
    coverages, risks = curve(outcomes)
    return {
        "answered": round(sum(outcome.answered for outcome in outcomes) / len(outcomes), 6),
        "points": [
            {"coverage": round(float(coverage), 6), "risk": round(float(risk), 6)}
            for coverage, risk in zip(coverages, risks, strict=True)
        ],
    }


def _question_json(outcome: Outcome, values: Mapping[str, float], finder: GoldFinder) -> Document:
    question, answer = outcome.question, outcome.answer
    found = answer.as_json(latency_ms=0.0)
    del found["latency_ms"]
    entry = {"set": outcome.set_name} | question.as_json()
    entry["gold"] = [
        {
            **written,
            "places": [
                {
                    "policy_id": place.policy_id,
                    "clause_id": finder.clause_id(place),
                    "reference": finder.reference(place),
                    "start": place.start,
                    "end": place.end,
                }
                for place in places
            ],
            "rank": next((rank for rank, held in enumerate(outcome.held, 1) if number in held), None),
            "cited": number in outcome.cited,
        }
        for number, (written, places) in enumerate(zip(entry["gold"], outcome.places, strict=True))
    ]
    for citation, touched in zip(_list(found["citations"]), outcome.touched, strict=True):
        citation["gold"] = [number + 1 for number in sorted(touched)]
    for written, hit, held in zip(_list(found["hits"]), answer.hits, outcome.held, strict=True):
        written["ranks"] = dict(hit.ranks)
        written["gold"] = [number + 1 for number in sorted(held)]
    return entry | {
        "answer": found,
        "missing": [list(question.must_say[number]) for number in outcome.missing],
        "confidence": round(outcome.confidence, 6) if math.isfinite(outcome.confidence) else None,
        "measures": {name: round(value, 6) for name, value in values.items()},
        "success": outcome.success,
        "error": outcome.error,
    }


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def as_bytes(found: Document) -> bytes:
    """Return the document as it is written: JSON in UTF-8."""
    return (json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def read_run(path: Path) -> Document:
    """Read the document of a run.

    Args:
        path: The file, or the folder of a report.

    Raises:
        EvaluationError: If it cannot be read, or is no such document.
    """
    if path.is_dir():
        path /= RUN_FILE
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise EvaluationError(
            f"run {str(path)!r} cannot be read ({error.strerror}): name a {RUN_FILE} or the folder of a report"
        ) from None
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"run {str(path)!r} is not JSON ({error}): make it again with --report") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise EvaluationError(f"run {str(path)!r} is not a run of this version: make it again with --report")
    try:
        for entry in found["questions"]:
            _check_entry(entry)
        if not all(isinstance(found[key], kind) for key, kind in (("versions", dict), ("sets", list))):
            raise TypeError("versions and sets")
    except (KeyError, TypeError, ValueError) as error:
        raise EvaluationError(f"run {str(path)!r} lacks what it should have ({error}): make it again") from None
    return found


def runs_in(folder: Path) -> tuple[Path, ...]:
    """Return the folders in `folder` that hold a run, the newest first; none if there is no such folder."""
    try:
        found = [(path.stat().st_mtime, path.parent) for path in folder.glob(f"*/{RUN_FILE}")]
    except OSError:
        return ()
    return tuple(path for _, path in sorted(found, key=lambda entry: (-entry[0], entry[1].name)))


def _check_entry(entry: Document) -> None:
    if not all(isinstance(entry[key], str) for key in ("id", "question")):
        raise TypeError("id and question")
    if not isinstance(entry["success"], bool) or not isinstance(entry["error"], str | None):
        raise TypeError("success and error")
    for name, value in entry["measures"].items():
        if name in MEASURES and not (isinstance(value, int | float) and 0 <= value <= 1):
            raise ValueError(f"{name} of question {entry['id']!r} is {value!r}")


def shortfalls(found: Document, least: Mapping[str, float], most: Mapping[str, float]) -> list[str]:
    """Return what of a run's figures over all questions lies below its least or above its most value.

    Args:
        found: The document.
        least: Least value by measure.
        most: Largest value by measure.

    Raises:
        EvaluationError: If there is no such measure, or no question that it applies to.
    """
    overall = found["figures"]["all"]["all"]
    said = []
    for bounds, word, sign in ((least, "below", 1), (most, "above", -1)):
        for name, bound in bounds.items():
            if name not in overall:
                raise EvaluationError(f"there is no measure {name!r}: there are {', '.join(overall)}")
            value = overall[name]["value"]
            if value is None:
                raise EvaluationError(f"measure {name!r} has no value: no question of the set is of its kind")
            if sign * value < sign * bound:
                said.append(f"{name} is {value:.3f}, {word} {bound:g}")
    return said
