"""The questions of a set, each with what a right answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from assistant.conversation import Turn

Language = Literal["zh", "en", "mixed"]
"""Language of a question; `mixed` for one that needs both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A statement that the answer needs."""

    quote: str
    """Words of the policy that make it, verbatim."""
    alternatives: tuple[str, ...] = ()
    """Words of other places that make it as well."""

    @property
    def quotes(self) -> tuple[str, ...]:
        """The quote and its alternatives."""
        return (self.quote, *self.alternatives)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of a set, with what a right answer is."""

    id: str
    """Name, unique in its set."""
    language: Language
    """Language that it is asked in."""
    style: str
    """Kind of question, such as `colloquial` or `near_miss`; figures are given for each."""
    text: str
    """The question."""
    gold: tuple[Gold, ...] = ()
    """The statements that a right answer cites; none if the policy does not answer."""
    must_say: tuple[tuple[str, ...], ...] = ()
    """What a right answer says or quotes: of each, one of the alternatives."""
    history: tuple[Turn, ...] = ()
    """What was said before."""
    policies: tuple[str, ...] = ()
    """Ids of the policies to answer from; none for those that the question names, else all."""

    @property
    def answerable(self) -> bool:
        """Whether the policy answers it."""
        return bool(self.gold)

    @property
    def asked(self) -> tuple[object, ...]:
        """What is asked: two questions that agree in this are the same."""
        return (self.text, tuple(turn.question for turn in self.history), self.policies)

    def as_json(self) -> dict[str, Any]:
        """Return the line that stands for the question; what is empty is left out."""
        line: dict[str, Any] = {
            "id": self.id,
            "language": self.language,
            "style": self.style,
            "question": self.text,
        }
        if self.history:
            line["history"] = [
                {"question": turn.question} | ({"answer": turn.answer} if turn.answer else {}) for turn in self.history
            ]
        line["answerable"] = self.answerable
        line["gold"] = [{"quote": gold.quote, "alternatives": list(gold.alternatives)} for gold in self.gold]
        if self.must_say:
            line["must_say"] = [list(said) if len(said) > 1 else said[0] for said in self.must_say]
        if self.policies:
            line["policies"] = list(self.policies)
        return line


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Questions that are asked together."""

    name: str
    """The file's name without its ending."""
    sha256: str
    """SHA-256 of the file, hexadecimal."""
    questions: tuple[Question, ...]
    """The questions, in the file's order."""
