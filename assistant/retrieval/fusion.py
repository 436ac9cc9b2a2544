"""Fusion: the scores of texts in each leg become one score of each passage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Vectors

    Scores = NDArray[np.float64]

ANSWERS = "answers"
"""The leg that knows what answers to such questions are like in other policies."""


def closest(texts: Vectors, readings: Vectors) -> Scores:
    """Return the cosine of each text and the closest of some readings, at least one: float64, shape (n_texts,)."""
    import numpy as np

    cosines = texts @ readings.T
    # Of most questions there is but one reading, and to look for the largest of one takes as long as the product.
    return (cosines[:, 0] if len(readings) == 1 else cosines.max(axis=1)).astype(np.float64)


def similarities(scores: Mapping[str, Scores], firsts: NDArray[np.int64]) -> Scores:
    """Return the largest mean of the models' cosines among the texts of each passage: float64, shape (n_passages,)."""
    import numpy as np

    dense = [of_texts for leg, of_texts in scores.items() if leg not in ("bm25", ANSWERS)]
    return np.maximum.reduceat(sum(dense) / len(dense), firsts) if dense else np.zeros(len(firsts))


def likenesses(scores: Mapping[str, Scores], firsts: NDArray[np.int64]) -> Scores:
    """Return how close the closest text of each passage is to known answers: float64, shape (n_passages,), or NaN."""
    import numpy as np

    known = scores.get(ANSWERS)
    return np.full(len(firsts), np.nan) if known is None else np.maximum.reduceat(known, firsts)


def share_held(held: NDArray[np.bool_], frequencies: Sequence[int], among: int) -> Scores:
    """Return the share of some tokens that each passage holds, weighted by BM25's idf: 0 to 1.

    Args:
        held: Which passage holds which token: shape (n_tokens, n_passages).
        frequencies: How many hold each token of those among which it is rare: passages or texts.
        among: How many these are.
    """
    import numpy as np

    share, total = np.zeros(held.shape[1]), 0.0
    for holds, frequency in zip(held, frequencies, strict=True):
        weight = math.log(1 + (among - frequency + 0.5) / (frequency + 0.5))
        share += weight * holds
        total += weight
    return share / total if total else share


def of_legs(scores: Mapping[str, Scores], firsts: NDArray[np.int64]) -> dict[str, Scores]:
    """Return by leg the score of every passage: see `of_passages`."""
    return {leg: of_passages(of_texts, firsts) for leg, of_texts in scores.items()}


def ranks_of(legs: Mapping[str, Scores], best: NDArray[np.int64]) -> list[dict[str, int]]:
    """Return the rank of each of the best passages in each leg that found it, from 1."""
    import numpy as np

    scores = np.array(list(legs.values()))
    ranks = np.where(scores > 0, (-scores).argsort(kind="stable").argsort() + 1, 0)
    return [{leg: rank for leg, rank in zip(legs, own, strict=True) if rank} for own in ranks[:, best].T.tolist()]


def leaning(scores: Mapping[str, Scores], before: Mapping[str, Scores]) -> dict[str, Scores]:
    """Return scores of a question that leans on another: on the way to that one's, where these are higher.

    However little it says itself, its answer is likely where that one's is.
    """
    import numpy as np

    return {leg: own + _LEANING * np.maximum(before[leg] - own, 0) for leg, own in scores.items()}


def of_passages(scores: Scores, firsts: NDArray[np.int64]) -> Scores:
    """Return the score of every passage, from that of it as a whole and of its best sentence.

    Args:
        scores: Of every text in one leg: shape (n_texts,).
        firsts: Place of each passage's first text, which is the passage as a whole; its
            sentences follow: shape (n_passages,).

    Returns:
        float64, shape (n_passages,).
    """
    import numpy as np

    whole = scores[firsts]
    sentences = scores.copy()
    sentences[firsts] = -np.inf
    return _WHOLE_WEIGHT * whole + (1 - _WHOLE_WEIGHT) * np.maximum.reduceat(sentences, firsts)


def fuse(legs: Mapping[str, Scores]) -> Scores:
    """Return the weighted sum of the legs' standard scores (mean 0, deviation 1).

    A leg that tells nothing apart, such as `bm25` for a question that shares no word with
    the policy, adds nothing; where a score is not a number, the leg has no say.

    >>> import numpy as np
    >>> fuse({"bm25": np.zeros(3), "dense": np.array([0.0, 1.0, 2.0])}).argmax()
    np.int64(2)
    """
    import numpy as np

    scores = np.array(list(legs.values()))
    said = ~np.isnan(scores)
    count = np.maximum(said.sum(axis=1, keepdims=True), 1)
    centred = np.where(said, scores - np.where(said, scores, 0).sum(axis=1, keepdims=True) / count, 0)
    deviation = np.sqrt((centred * centred).sum(axis=1, keepdims=True) / count)
    weights = np.array([[_LEG_WEIGHTS.get(name, 1.0)] for name in legs])
    fused: Scores = (weights * centred / np.where(deviation, deviation, 1)).sum(axis=0)
    return fused


# Chosen on the dev questions; the figures around each are nearly as good.
_WHOLE_WEIGHT = 0.4
_LEG_WEIGHTS = {"bm25": 0.15, ANSWERS: 0.15}
# Chosen on the dev conversations.
_LEANING = 0.5
