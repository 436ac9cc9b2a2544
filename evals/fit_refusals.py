"""Fit when to refuse: `python -m evals.fit_refusals [SET.jsonl …]`.

A logistic regression says by the best hit of a question whether its policy answers it. Its
threshold is set so that few questions that have an answer are refused; what it catches of the
others is printed. The constants go into `assistant/answering.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.answering import features
from assistant.evaluation.running import run_set
from evals import SETS, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_FALSE_REFUSALS = 0.04
_OFF_TOPIC = ("off_topic", "injection")
_STEPS = 5_000
_RATE = 0.5
_L2 = 0.01


def fit(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of a logistic regression, the intercept last.

    Args:
        x: Features, shape (n, n_features).
        y: 1 for questions with an answer, 0 for others: shape (n,). Both classes weigh the same.
    """
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    # What is the same for every question tells nothing, and gets no weight.
    deviation[deviation == 0] = 1
    z = np.column_stack([(x - mean) / deviation, np.ones(len(x))])
    balance = np.where(y == 1, 0.5 / y.sum(), 0.5 / (len(y) - y.sum()))
    weights = np.zeros(z.shape[1])
    for _ in range(_STEPS):
        error = (1 / (1 + np.exp(-z @ weights)) - y) * balance
        weights -= _RATE * (z.T @ error + _L2 * np.append(weights[:-1], 0))
    slopes = weights[:-1] / deviation
    return np.append(slopes, weights[-1] - slopes @ mean)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_refusals", description="Fit when to refuse.")
    parser.add_argument(
        "sets",
        nargs="*",
        type=Path,
        # Follow-ups would be fitted together with how well they are understood.
        default=[path for path in sorted(SETS.glob("*-dev.jsonl")) if "turns" not in path.stem],
        help="dev question sets",
    )
    options = parser.parse_args(arguments)
    outcomes = [
        outcome
        for question_set, assistant, finder in opened(options.sets)
        for outcome in run_set(assistant, question_set, finder=finder)
        # Without a word to search for there is no hit, and no odds decide.
        if outcome.answer.hits
    ]
    rows = [features(outcome.answer.query, outcome.answer.hits) for outcome in outcomes]
    x = np.array([list(row.values()) for row in rows])
    answerable = np.array([outcome.question.answerable for outcome in outcomes])
    off_topic = np.array([outcome.question.style in _OFF_TOPIC for outcome in outcomes])
    weights = fit(x, answerable.astype(float))
    odds = x @ weights[:-1] + weights[-1]
    threshold = np.quantile(odds[answerable], _FALSE_REFUSALS)
    fitted = dict(zip(rows[0], weights[:-1].round(2).tolist(), strict=True))
    sys.stdout.write(f"_ODDS = {fitted | {'base': round(float(weights[-1] - threshold), 2)}}\n")
    others = ~answerable & ~off_topic
    for name, group in (("answerable", answerable), ("off topic", off_topic), ("near misses and others", others)):
        sys.stdout.write(f"{name}: {group.sum()} questions, refused {(odds[group] < threshold).mean():.3f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
