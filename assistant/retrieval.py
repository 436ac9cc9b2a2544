"""Retrieval: a query becomes the clauses that may answer it, best first.

Legs rank the passages each in its own way: `bm25` by words and concepts, and one leg for
each embedding model by meaning. Their scores are brought to one scale and added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.embedding import Embedder
from assistant.index import Analyzer, Index, Passage, Shard
from assistant.policy import Clause, Policy
from assistant.text import has_han, language_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A clause that may answer a query."""

    policy: Policy
    """The policy."""
    clause: Clause
    """The clause."""
    passage: Passage
    """What was searched: the clause's own text, or the whole of a short list."""
    score: float
    """Weighted sum of the legs' standard scores, unitless; comparable within one query only."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Rank in each leg that found it, from 1: `{"bm25": 1, "e5": 4}`."""

    @property
    def start(self) -> int:
        """First code point of what was searched."""
        return self.passage.start

    @property
    def end(self) -> int:
        """End of what was searched."""
        return self.passage.end

    @property
    def reference(self) -> str:
        """The words a person can find the clause by."""
        return self.policy.reference(self.clause.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as retrieval sees it."""

    text: str
    """The question."""
    tokens: tuple[str, ...]
    """Its words and concepts, each once."""
    vectors: Mapping[str, Vectors]
    """Its vector by embedder: float32, shape (dim,), of unit length."""


class Retriever:
    """Finds the clauses of an index that may answer a question.

    Args:
        index: What is searched.
        analyzer: Turns text into tokens, as it did when the index was built.
        embedders: The models that the index was built with.
    """

    def __init__(self, index: Index, analyzer: Analyzer, embedders: Sequence[Embedder]) -> None:
        self.index = index
        self.analyzer = analyzer
        self.embedders = tuple(embedders)

    def retrieve(self, question: str, *, k: int, policies: Sequence[str] | None = None) -> tuple[Hit, ...]:
        """Return the clauses that may answer `question`, best first.

        Args:
            question: A question that stands by itself.
            k: Largest number of hits, at least 1.
            policies: Ids of the policies to search; all by default.

        Returns:
            At most `k` hits. Ties keep the order of the text.

        Raises:
            ValueError: If `k` < 1.
            KeyError: If there is no such policy.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        query = self.query(question)
        hits: list[Hit] = []
        for policy_id in self.index.shards if policies is None else policies:
            hits.extend(self._search(self.index.shards[policy_id], query, k))
        return tuple(sorted(hits, key=lambda hit: -hit.score)[:k])

    def query(self, question: str) -> Query:
        """Analyse and embed a question."""
        return Query(
            text=question,
            tokens=tuple(dict.fromkeys(self.analyzer.tokens(question))),
            vectors={embedder.name: embedder.embed([question], "query")[0] for embedder in self.embedders},
        )

    def _search(self, shard: Shard, query: Query, k: int) -> list[Hit]:
        legs = self.legs(shard, query)
        fused = fuse(legs)
        best = (-fused).argsort(kind="stable")[:k]
        ranks = {name: (-scores).argsort(kind="stable").argsort() + 1 for name, scores in legs.items()}
        return [
            Hit(
                policy=shard.policy,
                clause=shard.policy[shard.passages[i].clause_id],
                passage=shard.passages[i],
                score=float(fused[i]),
                ranks={name: int(rank[i]) for name, rank in ranks.items() if legs[name][i] > 0},
            )
            for i in best
        ]

    def legs(self, shard: Shard, query: Query) -> dict[str, Scores]:
        """Return the score of every passage in each leg: float64, shape (n_passages,)."""
        import numpy as np

        legs: dict[str, Scores] = {"bm25": np.zeros(len(shard.passages))}
        if query.tokens:
            legs["bm25"] = shard.bm25.get_scores(list(query.tokens)).astype(np.float64)
        firsts = np.searchsorted(shard.owners, np.arange(len(shard.passages)))
        for embedder in self.embedders:
            similar = np.asarray(shard.vectors[embedder.name] @ query.vectors[embedder.name], np.float64)
            whole = similar[firsts]
            similar[firsts] = -1.0
            legs[embedder.name] = _WHOLE_WEIGHT * whole + (1 - _WHOLE_WEIGHT) * np.maximum.reduceat(similar, firsts)
        return legs
