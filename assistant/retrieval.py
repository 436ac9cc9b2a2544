"""Retrieval: a query becomes the clauses that may answer it, best first.

Legs rank the passages each in its own way: `bm25` by words and concepts, and one leg for
each embedding model by meaning. Their scores are brought to one scale and added up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.embedding import ScopeJudge
from assistant.text import any_of, has_han, simplified

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Embedder, Vectors
    from assistant.index import Analyzer, Index, Passage, Shard
    from assistant.policy import Clause, Policy

    Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a query having its answer in a passage."""

    similarity: float = 0.0
    """Cosine of the query and the passage's closest text, the mean of the models: -1 to 1."""
    coverage: float = 0.0
    """Share of the query's words and concepts that the passage holds, weighted by rarity: 0 to 1."""
    scope: float | None = None
    """Odds, as a logarithm, that the query is a matter of policies at all; None if no model can tell."""
    concepts: float | None = None
    """Share of the concepts that the query names which the passage names too: 0 to 1; None if it names none."""
    unmentioned: tuple[str, ...] = ()
    """What the query names, in its words, of data, permissions, rights and companies, and no policy searched does."""
    frequency: float = 0.0
    """Share of the passages that hold the rarest of the query's words and concepts: 0 to 1; 1 if it has none."""


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
    """Rank in each leg that found it, from 1: `{"bm25": 1, "dense": 4}`."""
    sentence_scores: tuple[float, ...] = ()
    """Score of each of the passage's sentences, on the same terms as `score`."""
    evidence: Evidence = field(default_factory=Evidence)
    """What speaks for the query having its answer here."""

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

    def as_json(self, rank: int) -> dict[str, object]:
        """Return the hit as it is printed, with its place among the hits, from 1."""
        return {
            "policy_id": self.policy.id,
            "clause_id": self.clause.id,
            "reference": self.reference,
            "start": self.start,
            "end": self.end,
            "rank": rank,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as retrieval sees it."""

    text: str
    """The question."""
    tokens: tuple[str, ...]
    """Its words and concepts, each once."""
    vectors: Mapping[str, Vectors]
    """Its vector by embedder: float32, shape (dim,), of unit length."""
    scope: float | None = None
    """Odds, as a logarithm, that it is a matter of policies at all; None if no model can tell."""
    named: Mapping[str, str] = field(default_factory=dict)
    """The tokens of the concepts that it names, with its words for them."""


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
        shards = [self.index.shards[policy_id] for policy_id in (self.index.shards if policies is None else policies)]
        # Within its own policy a name tells no clause from another, but for the few that introduce it.
        own = any_of(name for shard in shards for name in shard.policy.names)
        return self._search(shards, self.query(_addressed(question, own)), k)

    def query(self, question: str) -> Query:
        """Analyse and embed a question."""
        vectors = {embedder.name: embedder.embed([question], "query")[0] for embedder in self.embedders}
        odds = [judge.scope(vectors[judge.name]) for judge in self.embedders if isinstance(judge, ScopeJudge)]
        return Query(
            text=question,
            tokens=tuple(dict.fromkeys(self.analyzer.tokens(question))),
            vectors=vectors,
            scope=sum(odds) / len(odds) if odds else None,
            named=self.analyzer.named(question),
        )

    def _search(self, shards: Sequence[Shard], query: Query, k: int) -> tuple[Hit, ...]:
        import numpy as np

        if not shards:
            return ()
        of_shards = [self.scores(shard, query) for shard in shards]
        # All policies in scope are scored as one, so that what is common in all of them is common.
        texts = fuse({leg: np.concatenate([scores[leg] for scores in of_shards]) for leg in of_shards[0]})
        pairs = list(zip(shards, of_shards, strict=True))
        legs = {
            leg: np.concatenate([of_passages(scores[leg], shard.firsts) for shard, scores in pairs])
            for leg in of_shards[0]
        }
        names_only = np.array([passage.names_only for shard in shards for passage in shard.passages])
        fused = fuse(legs) - _NAMES_ONLY_PENALTY * names_only
        ranks = {leg: (-scores).argsort(kind="stable").argsort() + 1 for leg, scores in legs.items()}
        coverages = [_coverage(shard, query) for shard in shards]
        frequency = _frequency(shards, query)
        naming = [{token: shard.bm25.get_scores([token]) > 0 for token in query.named} for shard in shards]
        unmentioned = tuple(
            words
            for token, words in query.named.items()
            if self.analyzer.is_thing(token) and not any(holds[token].any() for holds in naming)
        )
        ends = np.cumsum([len(shard.passages) for shard in shards])
        text_starts = np.cumsum([0, *(shard.n_texts for shard in shards)])
        hits = []
        for place in (-fused).argsort(kind="stable")[:k]:
            number = int(np.searchsorted(ends, place, side="right"))
            shard = shards[number]
            i = place - (ends[number] - len(shard.passages))
            passage, first = shard.passages[i], int(shard.firsts[i])
            own = slice(first, first + 1 + len(passage.sentences))
            dense = [scores[own] for leg, scores in of_shards[number].items() if leg != "bm25"]
            hits.append(
                Hit(
                    policy=shard.policy,
                    clause=shard.policy[passage.clause_id],
                    passage=passage,
                    score=float(fused[place]),
                    ranks={leg: int(rank[place]) for leg, rank in ranks.items() if legs[leg][place] > 0},
                    sentence_scores=tuple(texts[text_starts[number] :][own][1:].tolist()),
                    evidence=Evidence(
                        similarity=float(np.mean(dense, axis=0).max()) if dense else 0.0,
                        coverage=float(coverages[number][i]),
                        scope=query.scope,
                        concepts=float(np.mean([n[first] for n in naming[number].values()])) if query.named else None,
                        unmentioned=unmentioned,
                        frequency=frequency,
                    ),
                )
            )
        return tuple(hits)

    def scores(self, shard: Shard, query: Query) -> dict[str, Scores]:
        """Return the score of every text in each leg: float64, shape (n_texts,)."""
        import numpy as np

        scores: dict[str, Scores] = {"bm25": np.zeros(shard.n_texts)}
        if query.tokens:
            scores["bm25"] = shard.bm25.get_scores(list(query.tokens)).astype(np.float64)
        for embedder in self.embedders:
            close = np.asarray(shard.vectors[embedder.name] @ query.vectors[embedder.name], np.float64)
            scores[embedder.name] = close[: shard.n_texts]
            # A text is as close as it or its English is.
            np.maximum.at(scores[embedder.name], shard.rendered, close[shard.n_texts :])
        return scores


def _addressed(question: str, names: re.Pattern[str]) -> str:
    """Return `question` as put to the company itself: 你们 or you in place of its names.

    >>> _addressed("Does Baiju share my address?", any_of(["Baiju"]))
    'Does you share my address?'
    """
    asked = simplified(question)
    rest = names.sub(" ", asked)
    if rest == asked or not any(char.isalnum() for char in rest):
        return question
    return names.sub("你们" if has_han(rest) else "you", asked)


def _coverage(shard: Shard, query: Query) -> Scores:
    """Return the share of the query's tokens that each passage holds, weighted by BM25's idf: 0 to 1."""
    import numpy as np

    held, total = np.zeros(len(shard.passages)), 0.0
    for token in query.tokens:
        holds = shard.bm25.get_scores([token]) > 0
        frequency = int(holds.sum())
        idf = math.log(1 + (len(holds) - frequency + 0.5) / (frequency + 0.5))
        held += idf * holds[shard.firsts]
        total += idf
    return held / total if total else held


def _frequency(shards: Sequence[Shard], query: Query) -> float:
    """Return the share of the passages that hold the rarest of the query's tokens; 1 if it has none."""
    import numpy as np

    held = [
        np.concatenate([shard.bm25.get_scores([token])[shard.firsts] > 0 for shard in shards]) for token in query.tokens
    ]
    return min((float(one.mean()) for one in held), default=1.0)


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
    the policy, adds nothing.

    >>> import numpy as np
    >>> fuse({"bm25": np.zeros(3), "dense": np.array([0.0, 1.0, 2.0])}).argmax()
    np.int64(2)
    """
    import numpy as np

    total = np.zeros(len(next(iter(legs.values()))))
    for name, scores in legs.items():
        if deviation := scores.std():
            total += _LEG_WEIGHTS.get(name, 1.0) * (scores - scores.mean()) / deviation
    return total


# Chosen on the dev questions; the figures around each are nearly as good.
_WHOLE_WEIGHT = 0.4
_LEG_WEIGHTS = {"bm25": 0.2}
# A list of names is close to every question with one of them, though it answers few: who asks for the name
# itself finds it all the same, by a far higher score.
_NAMES_ONLY_PENALTY = 2.0
