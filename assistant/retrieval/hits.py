"""What retrieval is asked and what it returns: a query, hits, and what speaks for the answer being in one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.embedding import Vectors
    from assistant.index.passages import Passage
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.text import Language


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
    """Share of the concepts that the query names which the passage names too, weighted by rarity: 0 to 1; or None."""
    unmentioned: tuple[str, ...] = ()
    """What the query names, in its words, of data, permissions, rights and companies, and no policy searched does;
    those found not even within another name."""
    stranger: bool = False
    """Whether a company is among these."""
    company: bool = False
    """Whether the passage names a company that the query asks about."""
    other: bool = False
    """Whether the passage names permissions of a device, such as for the camera, but not the one asked about."""
    likeness: float | None = None
    """Cosine of what answers to such questions are like and the passage's closest text; None if no model knows."""
    familiarity: float | None = None
    """Cosine of the query and the closest questions whose answers a model knows; None if it knows none."""
    unseen: float = 0.0
    """Share of the query's words that stand in no text searched, of those that could: 0 to 1; 0 if none could."""
    frequency: float = 0.0
    """Share of the passages that hold the rarest of the query's words and concepts: 0 to 1; 1 if it has none."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A clause that may answer a query."""

    policy: Policy
    """The policy."""
    clause: Clause
    """The clause."""
    passage: Passage
    """What was searched: the clause's own text, or the whole of a short list."""
    score: float
    """Weighted sum of the legs' standard scores, or a reranker's on that scale; comparable within one query only."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Rank in each leg that found it, from 1: `{"bm25": 1, "dense": 4}`; a reranker's under its name."""
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
    def is_list(self) -> bool:
        """Whether what was searched is a short list, with what leads into it."""
        return self.end > self.clause.body_end

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The passage's sentences."""
        return tuple(self.policy.text[start:end] for start, end in self.passage.sentences)

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


def certain(policy: Policy, passage: Passage) -> Hit:
    """Return a passage of one sentence as a hit that comes before all that is found by words or vectors."""
    clause = policy[passage.clause_id]
    return Hit(policy=policy, clause=clause, passage=passage, score=_CERTAIN, sentence_scores=(_CERTAIN,))


_CERTAIN = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as retrieval sees it."""

    text: str
    """The question."""
    tokens: tuple[str, ...]
    """Its words and concepts, each once."""
    vectors: Mapping[str, Vectors]
    """Its vectors by embedder, one a reading of it: float32, shape (n_readings, dim), rows of unit length."""
    scope: float | None = None
    """Odds, as a logarithm, that it is a matter of policies at all; None if no model can tell."""
    named: Mapping[str, str] = field(default_factory=dict)
    """The tokens of the concepts that it names, with its words for them."""
    guesses: Mapping[tuple[str, Language], Vectors] = field(default_factory=dict)
    """What its answer is like in policies of each language, by embedder: float32, shape (n_known_readings, dim)."""
    familiarity: float | None = None
    """Cosine of it and the closest questions whose answers a model knows; None if it knows none."""
