"""Leaning: a question beside the one before it, and how what it asks is said by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.conversation.turns import Condensed
from assistant.questions.rephrasing import keeps_denials
from assistant.questions.rephrasing.former import asked_after, is_quoting, quoted_in, quoting
from assistant.questions.topics import prefix_of
from assistant.questions.utterances import OWNED, Parts, Utterance
from assistant.text import has_han
from assistant.text.english import DOERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.conversation.memory import Memory


def rewritten(query: str) -> Condensed | None:
    """Return a follow-up that was made to stand by itself; None for no words."""
    return Condensed(query=query, kind="follow_up") if query else None


def without_lead(asked: Utterance) -> tuple[Utterance, bool]:
    """Return a question without 那, "and" and such before it, and whether there were any."""
    leads, start = False, 0
    for word in asked.words:
        if word.has("lead", "what_about"):
            leads, start = True, word.end
        elif not word.has("mark", "filler"):
            start = word.start
            break
    return asked.since(start if leads else 0), leads


@dataclass(frozen=True, kw_only=True)
class Leaning:
    """A question that may lean on the one before it."""

    asked: Utterance
    """The question."""
    rest: Utterance
    """The question without 那, "and" and such before it."""
    leads: bool
    """Whether there was such a word."""
    corrects: bool
    """Whether it says that the last question was not meant."""
    query: Utterance
    """The question before it."""
    memory: Memory
    """Whatever else is remembered."""

    @cached_property
    def parts(self) -> Parts:
        """What `rest` is made of."""
        return Parts(self.rest)

    @property
    def preposition(self) -> str:
        """The preposition at the end of what leads to the rest: "with" of "and with"."""
        last = self.asked.text[: -len(self.rest.text) or None].lower().split()[-1:]
        return last[0] if self.leads and last in (["with"], ["for"]) else ""

    @property
    def is_marked(self) -> bool:
        """Whether a word says that it leans on another: 那, 呢, "and"; not so in a correction."""
        return self.leads or self.parts.particle

    @property
    def names_nothing(self) -> bool:
        """Whether no word of it is the name of a thing, so far as can be told."""
        before = ""
        for word in self.parts.told:
            if word.has("self", "others") or (word.has("topic") and before not in DOERS):
                return False
            if word.has("unknown") and not has_han(word.text) and before not in _BEFORE_OTHERS:
                return False
            before = word.text
        return not any(OWNED.search(word.text) for word in self.parts.told)

    @property
    def unsupposed(self) -> Utterance:
        """The former question without the circumstances it was asked under: others take their place."""
        query = self.memory.unsupposed or self.query
        return self.memory.read(quoted_in(query)) if is_quoting(query) else query

    def quoted(self, text: str = "") -> Condensed:
        """Return a question after the former one, quoted; for itself it is asked too, lest the former drown it.

        Args:
            text: The question; `rest` by default.
        """
        text = text or self.rest.text
        return Condensed(query=quoting(self.query, text), kind="follow_up", after=(text,))

    def put_anew(self, put: Callable[[Utterance], str]) -> str:
        """Return the former question with something else in its words, which leave its circumstances as they are.

        What would change these, or be added to them, is asked without them: 老人呢 after 14岁以上，家长可以查看吗.
        So is what only a name was added to: 兔子呢 after 关于“能带猫吗”：狗呢.
        """
        own = Parts(self.memory.read(asked_after(self.query)))
        if own.told and not own.asks:
            return put(self.memory.read(quoted_in(self.query)))
        said, start = put(self.query), self.memory.circumstances
        former = self.query.text
        if said and not prefix_of(former) and said[:start] != former[:start]:
            return put(self.unsupposed) or said
        return said

    def made_of_both(self, said: str) -> Condensed | None:
        """Return a question made of this and the former one; both, quoted, if it does not keep what they deny."""
        return self.quoted() if said and not keeps_denials(self.query, self.rest, said) else rewritten(said)


_BEFORE_OTHERS = (*DOERS, "be", "been", "to", "it", "how", "who")
"""Words after which one that is not known is a verb or an adverb."""
