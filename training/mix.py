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
from training.written import FOLDERS, kept_in, read_written, written_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from assistant.embedding import Embedder, Role, Vectors

WEIGHTS: Mapping[str, float] = {
    "en": 0.16,
    "plain": 0.10,
    "turned": 0.16,
    "facet": 0.18,
    "asked": 0.40,
    "general": 0.12,
    "written": 0.0,
    "article": 0.0,
}
"""Share of each kind in a batch of a policy; of those of `APART` it is the share of batches that hold nothing else."""


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
    for kind, folder in FOLDERS.items():
        texts = kept_in(read_written(folder), held_out=False)
        found[kind] = {text.number: written_pairs(text, rng, kind=kind) for text in texts}
    return found


def laid_out(
    data: Path,
    *,
    steps: int,
    batch: int,
    seed: int,
    thesaurus: Path | None = None,
    weights: Mapping[str, float] = WEIGHTS,
    guide: Embedder | None = None,
) -> list[list[Pair]]:
    """Return the batches of a run in their order.

    Args:
        data: The folder of data.
        steps: Number of batches.
        batch: Pairs in a batch.
        seed: Of the order.
        thesaurus: See `pairs_by_kind`.
        weights: Share of each kind.
        guide: An earlier model: half of the batches are then drawn twice as large, and what is closest
            to one of their passages is kept, so that the others are hard to tell from what answers.
    """
    found = pairs_by_kind(data, thesaurus=thesaurus)
    rng = random.Random(seed)
    hard = [guide is not None and rng.random() < _HARD_SHARE for _ in range(steps)]
    sizes = [2 * batch if is_hard else batch for is_hard in hard]
    laid = list(batches(found, dict(weights), sizes=sizes, seed=seed))
    if guide is not None:
        laid = [
            _closest(pairs, batch, guide, rng) if is_hard else pairs for pairs, is_hard in zip(laid, hard, strict=True)
        ]
    return laid


_HARD_SHARE = 0.5


def _closest(pairs: Sequence[Pair], count: int, guide: Embedder, rng: random.Random) -> list[Pair]:
    """Return the pairs whose passages are closest to that of one of them, which is drawn."""
    vectors = guide.embed([pair.passage for pair in pairs], "passage")
    close = vectors @ vectors[rng.randrange(len(pairs))]
    return [pairs[number] for number in sorted((-close).argsort(kind="stable")[:count].tolist())]


class _Remembering:
    """An embedder that embeds each text once."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.identity = embedder.name, embedder.identity
        self._embedder = embedder
        self._known: dict[tuple[str, Role], Vectors] = {}

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """See `Embedder.embed`."""
        import numpy as np

        if new := [text for text in dict.fromkeys(texts) if (text, role) not in self._known]:
            rows = self._embedder.embed(new, role)
            self._known |= {(text, role): row for text, row in zip(new, rows, strict=True)}
        return np.stack([self._known[text, role] for text in texts])


def remembering(embedder: Embedder) -> Embedder:
    """Return an embedder with the vectors of `embedder` that embeds each text once."""
    return _Remembering(embedder)
