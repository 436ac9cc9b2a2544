"""Memory: what the turns of a conversation leave for the next question to lean on.

The last question as it stands by itself, those before it, what was cited, what was asked back; and, where a follow-up
had that question asked under other circumstances, the question without them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assistant.questions.rephrasing.former import quoted_in
from assistant.questions.topics import Topic, topics_of
from assistant.questions.utterances import Utterance, Vocabulary, default_vocabulary
from assistant.text import visible

if TYPE_CHECKING:
    from assistant.conversation.turns import CitedClause, Condensed, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the turns so far leave to lean on."""

    names: tuple[str, ...] = ()
    """Names of the policies."""
    short_names: tuple[str, ...] = ()
    """What else people call them."""
    vocabulary: Vocabulary = field(default_factory=default_vocabulary)
    """What questions are read with."""
    query: Utterance | None = None
    """The last question, as it stands by itself."""
    unsupposed: Utterance | None = None
    """That question without the circumstances that a follow-up had it asked under, if one had."""
    earlier: tuple[Utterance, ...] = ()
    """The questions before it, the latest first."""
    after: tuple[str, ...] = ()
    """What that question may lean on: `Condensed.after`."""
    cited: tuple[CitedClause, ...] = ()
    """What was cited in answer to it."""
    told: str = ""
    """The answers to it."""
    rounds: int = 0
    """How often it was answered."""
    pending: str = ""
    """A question asked since then that lacks what it is about."""
    candidates: tuple[Topic, ...] = ()
    """What that may be."""

    def read(self, question: str) -> Utterance:
        """Take a question apart."""
        return self.vocabulary.read(question, names=self.names, short_names=self.short_names)

    def emptied(self) -> Memory:
        """Return what is left once the topic has changed."""
        return Memory(names=self.names, short_names=self.short_names, vocabulary=self.vocabulary)

    def remembering(self, turn: Turn, found: Condensed) -> Memory:
        """Return what is remembered once a turn is over, whose question was found to ask this."""
        asked_us = self.read(turn.question)
        if found.kind == "human" and any(word.asks or word.has("what") for word in asked_us.told):
            # 几点到几点 after 客服电话多少, unlike after 转人工.
            found = replace(found, query=asked_us.text, kind="question")
            turn = replace(turn, query="")
        if found.kind in ("smalltalk", "show", "human"):
            return self
        if found.kind == "more":
            return replace(
                self,
                cited=(*self.cited, *turn.citations),
                told=f"{self.told}\n{turn.answer}",
                rounds=self.rounds + 1,
            )
        if found.kind == "unclear":
            return replace(self, pending=turn.question, candidates=self.referents())
        query = self.read(visible(turn.query).strip() or found.query)
        return replace(
            self.emptied(),
            query=query,
            unsupposed=self._unsupposed(query) if found.kind == "follow_up" else None,
            earlier=(self.query, *self.earlier)[:_MOST_EARLIER] if self.query else (),
            after=found.after,
            cited=turn.citations,
            told=turn.answer,
            rounds=1,
        )

    def referents(self) -> tuple[Topic, ...]:
        """Return what a word such as 它 may stand for."""
        topics = [topic for topic in topics_of(self.query) if topic.group != "policy"]
        companies = [topic for topic in topics if topic.group in ("who", "")]
        return tuple(companies if len(companies) > 1 else topics)

    @property
    def circumstances(self) -> int:
        """Where the last question begins after the circumstances that a follow-up had it asked under; 0 without any."""
        return len(self.query.text) - len(self.unsupposed.text) if self.query and self.unsupposed else 0

    def _unsupposed(self, query: Utterance) -> Utterance | None:
        """Return a question without the circumstances that it is asked under; None if it is the last one under none."""
        former = self.query
        if former is None:
            return None
        if former_start := self.circumstances:
            if query.text[:former_start] == former.text[:former_start]:
                return self.read(query.text[former_start:])
            former = self.unsupposed or former
        asked = quoted_in(former) or former.text
        start = len(query.text) - len(asked)
        under = query.text[: max(start, 0)].endswith(("，", ", ")) and query.text[start:].lower() == asked.lower()
        return self.read(asked) if under else None


_MOST_EARLIER = 3
