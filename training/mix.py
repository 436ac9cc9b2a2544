"""The mix of a run: pairs of every kind, laid out in batches."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from training.data import (
    TRAIN_POLICIES,
    Pair,
    batches,
    paragraph_pairs,
    read_paragraphs,
    read_policies,
    sentence_pairs,
    split,
)
from training.questions import asked_pairs, question_pairs, read_lexicon, without_common

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WEIGHTS: Mapping[str, float] = {"en": 0.28, "plain": 0.12, "turned": 0.30, "facet": 0.26, "asked": 0.10, "general": 0.1}
"""Share of each kind in a batch of a policy; `general` is the share of batches that hold nothing else."""


def pairs_by_kind(data: Path, *, thesaurus: Path | None = None, seed: int = 7) -> dict[str, dict[int, list[Pair]]]:
    """Return the pairs of training policies by kind and policy.

    Args:
        data: The folder of data.
        thesaurus: The thesaurus of the domain, for more terms; left out if it is not there.
        seed: Of the draws.
    """
    rng = random.Random(seed)
    policies = {number: policy for number, policy in read_policies(data).items() if number in TRAIN_POLICIES}
    some = [sentence for policy in policies.values() for sentence in policy[::10]]
    lexicon = without_common(read_lexicon(thesaurus), some)
    found: dict[str, dict[int, list[Pair]]] = {
        kind: {number: sentence_pairs(policy, rng, kind=kind) for number, policy in policies.items()}
        for kind in ("en", "plain")
    }
    found |= {"turned": {}, "facet": {}}
    for number, policy in policies.items():
        for kind, pairs in question_pairs(policy, lexicon, rng).items():
            found[kind][number] = pairs
    found["asked"] = asked_pairs(policies, lexicon, rng)
    general = [
        paragraph for name in ("xquad", "cmrc") for paragraph in split(read_paragraphs(data, name), held_out=False)
    ]
    found["general"] = {0: paragraph_pairs(general, rng)}
    return found


def laid_out(
    data: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    thesaurus: Path | None = None,
    weights: Mapping[str, float] = WEIGHTS,
) -> list[list[Pair]]:
    """Return the batches of a run in their order.

    Args:
        data: The folder of data.
        steps: Number of batches.
        batch: Pairs in a batch.
        seed: Of the order.
        thesaurus: See `pairs_by_kind`.
        weights: Share of each kind.
    """
    return list(batches(pairs_by_kind(data, thesaurus=thesaurus), dict(weights), size=batch, steps=steps, seed=seed))
