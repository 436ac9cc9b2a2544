"""Measures: what each question's answer is worth, and means over questions with their intervals.

Rankings are measured by ir-measures. Its documents are clauses, while gold is statements of which one clause
may hold several and several may hold one; `_ranking` and `_found` say how the one becomes the other.
"""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import EvaluationError, needs_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.evaluation.running import Outcome

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure that every question has a value of, from 0 to 1, if it applies to the question."""

    title: str
    """What people call it."""
    meaning: str
    """What it counts, of which questions."""
    headline: bool = False
    """Whether a significant drop of it fails a comparison."""
    rising: bool = True
    """Whether more is better."""


MEASURES: dict[str, Measure] = {
    "success": Measure(
        title="Success",
        meaning="all questions: answered, citing all gold and saying what must be said; "
        "or abstained where the policy has no answer",
        headline=True,
    ),
    "hit@1": Measure(title="Hit@1", meaning="answerable: the first hit holds gold", headline=True),
    "recall@5": Measure(
        title="Recall@5", meaning="answerable: share of gold entries that the first five hits hold", headline=True
    ),
    "mrr@10": Measure(title="MRR@10", meaning="answerable: one over the rank of the first hit that holds gold"),
    "ndcg@10": Measure(
        title="nDCG@10", meaning="answerable: discounted gain of the hits, each gold entry counted where it comes first"
    ),
    "cites_gold": Measure(title="Cites gold", meaning="answerable: some citation shares a sentence with gold"),
    "citation_precision": Measure(
        title="Citation precision",
        meaning="answerable and answered: share of citations that share a sentence with gold",
        headline=True,
    ),
    "citation_recall": Measure(
        title="Citation recall", meaning="answerable: share of gold entries that a citation shares a sentence with"
    ),
    "must_say": Measure(title="Must say", meaning="answerable with must_say: share of its entries that are said"),
    "right_refusals": Measure(title="Right refusals", meaning="unanswerable: refused"),
    "false_refusals": Measure(title="False refusals", meaning="answerable: refused", rising=False),
}
"""By name, in the order in which they are shown."""

AREA = "risk_coverage_area"
"""Name of the area under the risk-coverage curve, which is a figure of many questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number over questions, with its 95 % interval."""

    value: float | None
    """The number; None if there is no question that it applies to."""
    low: float | None
    """Lower end of the interval; None where too little is known for one."""
    high: float | None
    """Upper end of the interval."""
    n: int
    """Number of questions that it applies to."""

    def as_json(self) -> dict[str, float | int | None]:
        """Return the figure as it is written, rounded to six digits."""
        return {
            "value": _rounded(self.value),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "n": self.n,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def require_packages() -> None:
    """Check that the packages are there which figures are made with.

    Raises:
        EvaluationError: If one is missing.
    """
    for name, package in (("ir_measures", "ir-measures"), ("scipy", "scipy"), ("jinja2", "jinja2")):
        if importlib.util.find_spec(name) is None:
            raise EvaluationError(needs_extra(f"evaluation, for {package},", "evals"))


# --- By question ---------------------------------------------------------------------------


def values_of(outcomes: Sequence[Outcome]) -> list[dict[str, float]]:
    """Return for each outcome its value of every measure that applies to the question, by name."""
    rankings = _ranking_values(outcomes)
    return [_values(outcome, rankings[number]) for number, outcome in enumerate(outcomes)]


def _values(outcome: Outcome, ranking: Mapping[str, float]) -> dict[str, float]:
    values = {"success": float(outcome.success)}
    if not outcome.question.answerable:
        return values | {"right_refusals": float(not outcome.answered)}
    entries, touched = len(outcome.places), outcome.touched
    values |= ranking
    values["cites_gold"] = float(bool(outcome.cited))
    if outcome.answered:
        values["citation_precision"] = sum(map(bool, touched)) / len(touched)
    values["citation_recall"] = len(outcome.cited) / entries
    if said := len(outcome.question.must_say):
        values["must_say"] = (said - len(outcome.missing)) / said
    values["false_refusals"] = float(not outcome.answered)
    return {name: values[name] for name in MEASURES if name in values}


def _ranking_values(outcomes: Sequence[Outcome]) -> list[dict[str, float]]:
    import ir_measures
    from ir_measures import RR, SetR, Success, nDCG

    values: list[dict[str, float]] = [{} for _ in outcomes]
    for convert, measures in (
        (_ranking, {Success @ 1: "hit@1", RR @ 10: "mrr@10", nDCG @ 10: "ndcg@10"}),
        (_found, {SetR: "recall@5"}),
    ):
        qrels: dict[str, dict[str, int]] = {}
        run: dict[str, dict[str, float]] = {}
        for number, outcome in enumerate(outcomes):
            if outcome.question.answerable:
                values[number] |= dict.fromkeys(measures.values(), 0.0)
                qrels[str(number)], run[str(number)] = convert(outcome)
        # Its name for a query's value is `Metric`.
        for metric in ir_measures.iter_calc(list(measures), qrels, run) if qrels else ():
            values[int(metric.query_id)][measures[metric.measure]] = float(metric.value)
    return values


def _ranking(outcome: Outcome) -> tuple[dict[str, int], dict[str, float]]:
    """Return the qrels and the run of a question: a hit's relevance is the number of entries not held before it.

    So a clause that holds two statements is worth two, and one that repeats a statement nothing: the ideal is
    every statement found once, as early as can be.
    """
    qrels: dict[str, int] = {}
    run: dict[str, float] = {}
    found: frozenset[int] = frozenset()
    for rank, held in enumerate(outcome.held, 1):
        qrels[f"hit {rank}"] = len(held - found)
        run[f"hit {rank}"] = -float(rank)
        found |= held
    return qrels | {f"gold {n}": 1 for n in range(len(outcome.places)) if n not in found}, run


def _found(outcome: Outcome) -> tuple[dict[str, int], dict[str, float]]:
    """Return the qrels and the run of a question whose documents are gold entries: those among the first five hits."""
    found = sorted(frozenset().union(*outcome.held[:5]))
    # A run without a document is no run to the library.
    return {f"gold {n}": 1 for n in range(len(outcome.places))}, {f"gold {n}": 1.0 for n in found} or {"none": 1.0}


# --- Over questions --------------------------------------------------------------------------

SEED = 20_220_220
"""Of every drawing by chance, so that the same run gives the same figures."""
_RESAMPLES = 2_000
_CURVE_RESAMPLES = 500
_MOST_RESAMPLED = 4_000_000
"""Observations of resamples that are in memory at once."""


def figures(outcomes: Sequence[Outcome], values: Sequence[Mapping[str, float]]) -> dict[str, Figure]:
    """Return by name the mean of each measure, and the area under the risk-coverage curve.

    Args:
        outcomes: The outcomes.
        values: What `values_of` returns for them.
    """
    found = {name: mean([value[name] for value in values if name in value]) for name in MEASURES}
    return found | {AREA: _area(outcomes)}


def groups(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str, list[int]]]:
    """Yield the groups that figures are given for: what they share, its name, and the places of their outcomes.

    That is all of them, named `all`; then by set, if there are several, by language, and by style.
    """
    yield "all", "all", list(range(len(outcomes)))
    for what, name_of in _GROUPS.items():
        places: dict[str, list[int]] = defaultdict(list)
        for place, outcome in enumerate(outcomes):
            places[name_of(outcome)].append(place)
        if what != "set" or len(places) > 1:
            yield from ((what, name, places[name]) for name in sorted(places))


_GROUPS: dict[str, Callable[[Outcome], str]] = {
    "set": lambda outcome: outcome.set_name,
    "language": lambda outcome: outcome.question.language,
    "style": lambda outcome: outcome.question.style,
}


def confusion(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many questions of each kind were answered and refused."""
    counts = dict.fromkeys(
        ("answerable_answered", "answerable_refused", "unanswerable_answered", "unanswerable_refused"), 0
    )
    for outcome in outcomes:
        kind = "answerable" if outcome.question.answerable else "unanswerable"
        counts[f"{kind}_{'answered' if outcome.answered else 'refused'}"] += 1
    return counts


def mean(values: Sequence[float]) -> Figure:
    """Return the mean of the values with its bootstrap interval, by the same resamples every time.

    Where all are 0, or all are 1, there is nothing to resample: the interval is Wilson's. There is none for
    other values that are all the same.
    """
    import numpy as np

    data = np.asarray(values, np.float64)
    if not len(data):
        return Figure(value=None, low=None, high=None, n=0)
    value = float(data.mean())
    low, high = _wilson(value, len(data)) if np.ptp(data) == 0 else interval((data,), np.mean, vectorized=True)
    return Figure(value=value, low=low, high=high, n=len(data))


def _wilson(value: float, n: int) -> tuple[float | None, float | None]:
    from scipy.stats import binomtest

    if value not in (0.0, 1.0):
        return None, None
    found = binomtest(round(value * n), n).proportion_ci(0.95, method="wilson")
    # Of 0 and 1 the formula is exact, its arithmetic is not.
    return (0.0, float(found.high)) if value == 0.0 else (float(found.low), 1.0)


def interval(
    data: Sequence[Floats], statistic: Callable[..., Any], *, vectorized: bool = False, resamples: int = _RESAMPLES
) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval of a statistic: BCa where it is defined, else of percentiles.

    Args:
        data: Samples that belong together, each of shape (n,).
        statistic: Function of the samples.
        vectorized: Whether it takes an axis.
        resamples: How many resamples.

    Returns:
        Its ends; None if there are fewer than two observations.
    """
    import numpy as np
    from scipy.stats import bootstrap

    if len(data[0]) < 2:
        return None, None
    for method in ("BCa", "percentile"):
        # BCa is not a number where leaving an observation out never matters, of which the library warns.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = bootstrap(
                data,
                statistic,
                paired=True,
                vectorized=vectorized,
                n_resamples=resamples,
                # Which it would hold all at once.
                batch=max(1, _MOST_RESAMPLED // len(data[0])),
                method=method,
                rng=np.random.default_rng(SEED),
            ).confidence_interval
        if math.isfinite(found.low) and math.isfinite(found.high):
            return float(found.low), float(found.high)
    return None, None


# --- Risk and coverage -----------------------------------------------------------------------


def _area(outcomes: Sequence[Outcome]) -> Figure:
    if not outcomes:
        return Figure(value=None, low=None, high=None, n=0)
    confidences, wrong = _confidences(outcomes)
    value = area(confidences, wrong)
    low, high = interval((confidences, wrong), area, resamples=_CURVE_RESAMPLES)
    return Figure(value=value, low=low, high=high, n=len(outcomes))


def _confidences(outcomes: Sequence[Outcome]) -> tuple[Floats, Floats]:
    """Return each outcome's confidence, and whether an answer to it is wrong: shape (n,), 0 or 1.

    What was refused has no answer that could be right, so that it counts as wrong if it were answered.
    """
    import numpy as np

    confidences = np.array([outcome.confidence for outcome in outcomes], np.float64)
    wrong = [not (outcome.answered and outcome.success) for outcome in outcomes]
    return confidences, np.array(wrong, np.float64)


def curve(outcomes: Sequence[Outcome]) -> tuple[Floats, Floats]:
    """Return the risk-coverage curve: coverages, and the risk at each.

    If the questions were answered in the order of their confidence, the surest first, then the coverage is the
    share that is answered so far, and the risk the share of wrong answers among these.
    """
    return _curve(*_confidences(outcomes))


def _curve(confidences: Floats, wrong: Floats) -> tuple[Floats, Floats]:
    import numpy as np

    # Where several are equally sure, any order is as good: each counts as their mean.
    _, group, sizes = np.unique(-confidences, return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=wrong) / sizes
    done = np.arange(1, len(wrong) + 1)
    return done / len(wrong), np.cumsum(np.repeat(means, sizes)) / done


def area(confidences: Floats, wrong: Floats) -> float:
    """Return the area under the risk-coverage curve (Geifman and El-Yaniv, 2017): 0 to 1, less is better.

    >>> import numpy as np
    >>> area(np.array([3.0, 2.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]))
    0.0625
    """
    return float(_curve(confidences, wrong)[1].mean())


# --- Time ------------------------------------------------------------------------------------


def latencies(outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """Return the median and the 95th percentile of the latencies, in milliseconds."""
    import numpy as np

    data = np.array([outcome.latency_ms for outcome in outcomes], np.float64)
    found = {}
    for name, share in (("p50", 50), ("p95", 95)):

        def statistic(sample: Floats, axis: int = -1, share: int = share) -> Floats:
            values: Floats = np.percentile(sample, share, axis=axis)
            return values

        low, high = interval((data,), statistic, vectorized=True) if len(data) else (None, None)
        value = float(statistic(data)) if len(data) else None
        found[name] = Figure(value=value, low=low, high=high, n=len(data))
    return found
