"""Comparing two runs over the questions that they share, pair by pair.

The interval of a difference is a paired bootstrap's. Its p-value is that of the paired randomization test
(Smucker, Allan and Carterette, 2007): how often a difference as large comes about if each question's two values
are swapped at random. It stays honest where there are few questions or few changes; the bootstrap alone does not.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from assistant.errors import EvaluationError
from assistant.evaluation.measures import MEASURES, SEED, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.evaluation.runs import Document

    Floats = NDArray[np.float64]

SIGNIFICANT_P = 0.05
"""Largest p-value that is called significant."""

_SWAPS = 9_999


def compare(former: Document, latter: Document) -> Document:
    """Return what has changed from one run to another, by measure and by question.

    Questions are the same if their id, their words and their history are.

    Args:
        former: Document of the run before, as `assistant.evaluation.runs.read_run` returns it.
        latter: Document of the run after.

    Returns:
        `shared`, the number of questions; `only_former` and `only_latter`, ids of the others; `other_gold`,
        ids of those whose gold or `must_say` changed; `versions`, what else changed; `measures`, by name the two means,
        the difference with its interval and p, and `drop`, whether it is a significant one for the worse; `worse` and
        `better`, the questions that succeeded before and do not now, and the other way round; `drops`, the
        headline measures with a significant drop.

    Raises:
        EvaluationError: If the runs share no question, or one of them holds a question twice.
    """
    before, after = _by_key(former), _by_key(latter)
    shared = [key for key in before if key in after]
    if not shared:
        raise EvaluationError("the two runs share no question: compare runs of the same set")
    measures = {}
    for name, measure in MEASURES.items():
        pairs = [(before[key]["measures"].get(name), after[key]["measures"].get(name)) for key in shared]
        if both := [(a, b) for a, b in pairs if a is not None and b is not None]:
            measures[name] = _difference(both, rising=measure.rising)
    changed = {
        word: [
            _changed(before[key], after[key])
            for key in shared
            if before[key]["success"] == succeeded and after[key]["success"] != succeeded
        ]
        for word, succeeded in (("worse", True), ("better", False))
    }
    return {
        "shared": len(shared),
        "only_former": [entry["id"] for key, entry in before.items() if key not in after],
        "only_latter": [entry["id"] for key, entry in after.items() if key not in before],
        "other_gold": [key[0] for key in shared if _needed(before[key]) != _needed(after[key])],
        "versions": _versions(former, latter),
        "measures": measures,
        **changed,
        "drops": [name for name, found in measures.items() if found["drop"] and MEASURES[name].headline],
    }


def _by_key(run: Document) -> dict[tuple[str, ...], Document]:
    keys = [
        (entry["id"], entry["question"], *(turn["question"] for turn in entry.get("history", ())))
        for entry in run["questions"]
    ]
    if twice := [key for key, count in Counter(keys).items() if count > 1]:
        raise EvaluationError(f"question {twice[0][0]!r} stands twice in a run: its sets must not share questions")
    return dict(zip(keys, run["questions"], strict=True))


def _difference(pairs: Sequence[tuple[float, float]], *, rising: bool) -> Document:
    import numpy as np
    from scipy.stats import permutation_test

    data = np.array(pairs, np.float64)
    differences: Floats = data[:, 1] - data[:, 0]
    value = float(differences.mean())
    if np.ptp(differences) == 0:
        low, high = value, value
    else:
        ends = interval((differences,), np.mean, vectorized=True)
        low, high = (value if end is None else end for end in ends)
    p = 1.0
    if differences.any():
        p = float(
            permutation_test(
                (differences,),
                np.mean,
                vectorized=True,
                permutation_type="samples",
                n_resamples=_SWAPS,
                rng=np.random.default_rng(SEED),
            ).pvalue
        )
    is_worse = high < 0 if rising else low > 0
    return {
        "former": round(float(data[:, 0].mean()), 6),
        "latter": round(float(data[:, 1].mean()), 6),
        "difference": round(value, 6),
        "low": round(low, 6),
        "high": round(high, 6),
        "p": round(p, 6),
        "n": len(pairs),
        "drop": is_worse and p < SIGNIFICANT_P,
    }


def _changed(before: Document, after: Document) -> Document:
    entry = after if after["error"] else before
    return {"id": entry["id"], "question": entry["question"], "error": entry["error"]}


def _needed(entry: Document) -> Any:
    gold = [(gold["quote"], gold.get("alternatives")) for gold in entry.get("gold", ())]
    return gold, entry.get("must_say")


def _versions(former: Document, latter: Document) -> list[Document]:
    before, after = _named_versions(former), _named_versions(latter)
    return [
        {"what": name, "former": before.get(name), "latter": after.get(name)}
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _named_versions(run: Document) -> dict[str, str]:
    versions = run["versions"]
    found = {"package": str(versions.get("package")), "embedders": ", ".join(map(str, versions.get("embedders", ())))}
    found |= {f"setting {name}": str(value) for name, value in dict(versions.get("settings", {})).items()}
    for run_set in run["sets"]:
        found[f"set {run_set['name']}"] = f"sha256 {run_set['sha256'][:12]}"
        for policy in run_set.get("policies", ()):
            found[f"policy {policy['id']}"] = f"{policy['version'] or 'no version'}, sha256 {policy['sha256'][:12]}"
    return found
