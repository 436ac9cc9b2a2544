"""Turns: what is said in a conversation, and what a question of it is found to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from assistant.answering import Answer

Kind = Literal["question", "follow_up", "more", "show", "human", "smalltalk", "unclear"]
"""What is asked: see `Condensed.kind`."""

CitedClause = tuple[str, str]
"""Id of a policy, and of a clause in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange of a conversation. Only the question is needed."""

    question: str
    """What the person asked."""
    answer: str = ""
    """What the assistant said."""
    query: str = ""
    """What the question was understood as, if that is known: `Answer.query`."""
    citations: tuple[CitedClause, ...] = ()
    """The clauses that the answer cited, in the order of its markers, if they are known."""

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """Return the turn that an answer ends."""
        cited = tuple((citation.policy_id, citation.clause_id) for citation in answer.citations)
        return cls(question=answer.question, answer=answer.text, query=answer.query, citations=cited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """What a question of a conversation asks."""

    query: str
    """The question made to stand by itself, fit to be shown; the question as typed if it already does."""
    kind: Kind
    """`question`: it stands by itself. `follow_up`: it was made to. `more`: what else there is to `query`. `show`: the
    clauses whole that answer `query`. `human`: whom to turn to. `smalltalk`: nothing to be looked for. `unclear`: it
    cannot be told what is meant."""
    reply: str = ""
    """What to say without looking for anything, for `smalltalk` and `unclear`; for `more`, once nothing is left."""
    cited: tuple[CitedClause, ...] = ()
    """For `more` and `show`: the clauses that answers to `query` cited so far. For what leans on the question before:
    those that its answer cited, near which its own answer may be. Empty if that is not known."""
    told: str = ""
    """For `more`: the answers to `query` so far, if they are known."""
    rounds: int = 0
    """For `more`: how often `query` was answered so far, for when `cited` is not known."""
    place: int = 0
    """For `show`: which of the clauses cited, 1 being the first and -1 the last; 0 for all."""
    is_polite: bool = False
    """Whether nothing is asked at all: a greeting, thanks."""
    after: tuple[str, ...] = ()
    """Questions to be searched for besides: those before it that `query` may lean on in ways that no words show, the
    latest first, as a short one may; of a `query` that quotes the one before it, what it asks itself."""
