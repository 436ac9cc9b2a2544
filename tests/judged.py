"""Outcomes made by hand: an answer of one's own, judged against the gold of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.answering import Answer
from assistant.answering.citing import cite
from assistant.answering.refusing import Reason
from assistant.evaluation.gold import GoldFinder
from assistant.evaluation.questions import Gold, Question
from assistant.evaluation.running import Outcome, judge
from assistant.index.passages import passages
from assistant.retrieval.hits import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant import Policy
    from assistant.evaluation.questions import Language


def question(
    *gold: str | Sequence[str], id: str = "q", must_say: Sequence[Sequence[str]] = (), language: Language = "en"
) -> Question:
    """A question whose gold entries are each a quote, or a quote with its alternatives."""
    entries = [(entry,) if isinstance(entry, str) else entry for entry in gold]
    return Question(
        id=id,
        language=language,
        style="plain",
        text=f"what about {id}?",
        gold=tuple(Gold(quote=entry[0], alternatives=tuple(entry[1:])) for entry in entries),
        must_say=tuple(map(tuple, must_say)),
    )


def outcome(
    policy: Policy,
    asked: Question,
    *,
    hits: Sequence[str] = (),
    cites: Sequence[str] | None = None,
    text: str = "so it is",
    latency_ms: float = 2.0,
) -> Outcome:
    """An answer to `asked`: words that each hit holds, words that each citation quotes; None to abstain."""
    found = {passage.clause_id: passage for passage in passages(policy)}
    ids = [policy.at(policy.text.index(words)).id for words in hits]
    answer = Answer(
        question=asked.text,
        query=asked.text,
        language="en",
        text=text,
        citations=tuple(
            cite(policy, (policy.text.index(words), policy.text.index(words) + len(words))) for words in cites or ()
        ),
        hits=tuple(
            Hit(policy=policy, clause=policy[clause_id], passage=found[clause_id], score=1.0) for clause_id in ids
        ),
        abstained=Reason(kind="not_stated", message="no") if cites is None else None,
    )
    return judge("set", asked, answer, GoldFinder([policy]), latency_ms=latency_ms)
