"""Scope: whether a question is a matter of policies at all, by its vector.

A logistic regression over the shipped encoder's vectors of questions: those made for training
against questions about paragraphs of an encyclopedia (XQuAD, CMRC, `articles/`) and about everyday things,
other people's work and the assistant itself (`off_topic.txt`).
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.backends.encoder_folder import write_checksums
from assistant.embedding import BundledEncoder
from training.regression import fit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from training.data import Pair

OFF_TOPIC = Path(__file__).parent / "off_topic.txt"
IN_SCOPE = {"turned": 800, "facet": 800, "asked": 3_000, "written": 2_500}
"""Most questions of each kind that stand for policies."""

_GENERAL_WEIGHT, _OFF_TOPIC_WEIGHT = 0.1, 0.4
_PENALTY = 4e-3


def write_scope(folder: Path, pairs: Mapping[str, Mapping[int, list[Pair]]], *, seed: int = 0) -> float:
    """Fit the scope of the encoder in `folder`, write `scope.json` beside it, and renew the checksums.

    Args:
        folder: What `assistant.backends.encoder_folder.export` wrote.
        pairs: What `training.mix.pairs_by_kind` returns.
        seed: Of the draw of questions.

    Returns:
        Share of the questions that are told right: 0 to 1.
    """
    rng = random.Random(seed)
    inside: list[str] = []
    for kind, most in IN_SCOPE.items():
        questions = sorted({pair.query for group in pairs[kind].values() for pair in group})
        inside += rng.sample(questions, min(most, len(questions)))
    general = sorted(
        {pair.query for kind in ("general", "article") for group in pairs[kind].values() for pair in group}
    )
    off_topic = [line for line in OFF_TOPIC.read_text("utf-8").splitlines() if line]
    texts = inside + general + off_topic
    x = BundledEncoder(folder).embed(texts, "query").astype(np.float64)
    y = np.zeros(len(texts))
    y[: len(inside)] = 1
    weights = np.repeat(
        [0.5 / len(inside), _GENERAL_WEIGHT / len(general), _OFF_TOPIC_WEIGHT / len(off_topic)],
        [len(inside), len(general), len(off_topic)],
    )
    slopes, intercept = fit(x, y, weights, penalty=_PENALTY)
    text = json.dumps({"weights": slopes.round(4).tolist(), "bias": round(intercept, 4)})
    (folder / "scope.json").write_text(text + "\n", encoding="utf-8")
    write_checksums(folder)
    return float((((x @ slopes + intercept) > 0) == (y == 1)).mean())
