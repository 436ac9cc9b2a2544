"""Held: where the tokens of a query stand in what is searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.retrieval.fusion import share_held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.index.shards import Shard
    from assistant.retrieval.hits import Query

    Scores = NDArray[np.float64]
    Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Where the tokens of a query, and of what it names, stand in shards."""

    query: Query
    """The query."""
    places: Mapping[str, int]
    """Row of each token."""
    n_texts: Sequence[int]
    """How many texts each shard has."""
    passages: Sequence[Marks]
    """Which passages of each shard hold which token: shape (n_tokens, n_passages)."""
    in_texts: Sequence[Sequence[int]]
    """How many texts of each shard hold each token."""
    in_passages: Sequence[Sequence[int]]
    """How many passages do."""

    @classmethod
    def of(cls, shards: Sequence[Shard], query: Query) -> Held:
        """Look for the tokens of a query in shards."""
        tokens = tuple(dict.fromkeys((*query.tokens, *query.named)))
        texts = [shard.holding(tokens) for shard in shards]
        passages = [holds[:, shard.firsts] for holds, shard in zip(texts, shards, strict=True)]
        in_texts, in_passages = ([holds.sum(axis=1).tolist() for holds in of] for of in (texts, passages))
        return cls(
            query=query,
            places={token: place for place, token in enumerate(tokens)},
            n_texts=[shard.n_texts for shard in shards],
            passages=passages,
            in_texts=in_texts,
            in_passages=in_passages,
        )

    def texts_with(self, token: str) -> int:
        """Return how many texts hold a token."""
        return sum(counts[self.places[token]] for counts in self.in_texts)

    def passages_with(self, token: str) -> int:
        """Return how many passages hold a token."""
        return sum(counts[self.places[token]] for counts in self.in_passages)

    def passages_with_any(self, tokens: Iterable[str]) -> list[Marks]:
        """Return which passages of each shard hold any of some tokens of the query: arrays of shape (n_passages,)."""
        import numpy as np

        rows = [self.places[token] for token in tokens]
        return [np.any(holds[rows], axis=0) for holds in self.passages]

    def coverages(self) -> Scores:
        """Return `Evidence.coverage` of every passage: a token is as rare as it is among the texts of its shard."""
        rows = [self.places[token] for token in self.query.tokens]
        return _shares_held(rows, self.passages, self.in_texts, self.n_texts)

    def shares_named(self) -> Scores:
        """Return `Evidence.concepts` of every passage: a token is as rare as it is among the passages of its shard."""
        rows = [self.places[token] for token in self.query.named]
        return _shares_held(rows, self.passages, self.in_passages, [holds.shape[1] for holds in self.passages])


def _shares_held(
    rows: Sequence[int], passages: Sequence[Marks], counts: Sequence[Sequence[int]], among: Sequence[int]
) -> Scores:
    """Return the share of the tokens in some rows that each passage holds, of one shard after another."""
    import numpy as np

    of_shards = (
        share_held(holds[rows], [own[row] for row in rows], total)
        for holds, own, total in zip(passages, counts, among, strict=True)
    )
    return np.concatenate(list(of_shards))
