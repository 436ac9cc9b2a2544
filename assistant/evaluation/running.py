"""Running a question set: every question is asked, and its answer judged against gold."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from assistant.answering.answerability import answerability
from assistant.conversation import Turn
from assistant.errors import AssistantError, EvaluationError
from assistant.evaluation.gold import GoldFinder, Place, holds, says

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from assistant.answering import Answer
    from assistant.engine import Assistant
    from assistant.evaluation.questions import Question, QuestionSet

ErrorClass = Literal["parse", "retrieval", "selection", "refusal", "wording"]
"""Where an answer went wrong; `ERROR_CLASSES` says what each means."""

ERROR_CLASSES: dict[ErrorClass, str] = {
    "parse": "a gold quote lies in no clause that can be searched",
    "refusal": "refused though the policy answers, or answered though it does not",
    "retrieval": "gold is not among the hits",
    "selection": "gold is among the hits but is not cited",
    "wording": "all gold is cited, but what must be said is not",
}
"""The classes in the order in which they are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the assistant made of a question. Gold entries go by their number, from 0."""

    set_name: str
    """The question's set."""
    question: Question
    """The question."""
    answer: Answer
    """The answer, or why there is none."""
    places: tuple[tuple[Place, ...], ...]
    """By gold entry: where its quote and alternatives stand."""
    searchable: frozenset[int]
    """Gold entries that retrieval could find at all."""
    held: tuple[frozenset[int], ...]
    """By hit: the gold entries of which it holds at least half a quote."""
    touched: tuple[frozenset[int], ...]
    """By citation: the gold entries that it shares a sentence with."""
    missing: tuple[int, ...]
    """Entries of `must_say` that the answer neither says nor quotes."""
    confidence: float
    """Odds, as a logarithm, that the best hit answers: infinite if the model cannot tell, and where there is no hit."""
    latency_ms: float
    """Time that answering took, in milliseconds."""

    @property
    def answered(self) -> bool:
        """Whether there is an answer."""
        return self.answer.abstained is None

    @property
    def cited(self) -> frozenset[int]:
        """Gold entries that a citation touches."""
        return frozenset().union(*self.touched)

    @property
    def success(self) -> bool:
        """Whether it answered with all of gold and what must be said, or abstained where there is no answer."""
        if not self.question.answerable:
            return not self.answered
        return self.answered and len(self.cited) == len(self.places) and not self.missing

    @property
    def error(self) -> ErrorClass | None:
        """Where it went wrong, if it did."""
        if self.success:
            return None
        lacking = frozenset(range(len(self.places))) - self.cited
        if lacking - self.searchable:
            return "parse"
        if self.answered != self.question.answerable:
            return "refusal"
        if lacking - frozenset().union(*self.held):
            return "retrieval"
        return "selection" if lacking else "wording"


def run_set(
    assistant: Assistant,
    question_set: QuestionSet,
    *,
    finder: GoldFinder | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Outcome, ...]:
    """Ask every question of a set, in its order, one at a time.

    The questions of its history are asked before it, as in a chat: what the assistant cites there is known when it
    comes to the question. An answer that the set tells takes the place of the assistant's words.

    Args:
        assistant: The assistant; the set is about its policies.
        question_set: The set.
        finder: Of the assistant's policies, if there is one already.
        progress: Told how many questions are done, and of how many.

    Raises:
        EvaluationError: If a question cannot be asked; the message names it.
    """
    outcomes = []
    for outcome in ask_each(assistant, question_set, finder=finder):
        outcomes.append(outcome)
        if progress:
            progress(len(outcomes), len(question_set.questions))
    return tuple(outcomes)


def ask_each(assistant: Assistant, question_set: QuestionSet, *, finder: GoldFinder | None = None) -> Iterator[Outcome]:
    """Ask the questions of a set one after another; whoever stops taking outcomes ends the run.

    Args:
        assistant: As in `run_set`.
        question_set: The set.
        finder: As in `run_set`.

    Yields:
        The outcome of each question, in the set's order.

    Raises:
        EvaluationError: As `run_set`.
    """
    finder = finder or GoldFinder(assistant.policies)
    questions = question_set.questions
    if questions:
        # Models and dictionaries are read at the first question: that is no part of its latency.
        _asked(assistant, question_set.name, questions[0], questions[0].text, ())
    for question in questions:
        turns: list[Turn] = []
        for turn in question.history:
            said = Turn.of(_asked(assistant, question_set.name, question, turn.question, turns))
            turns.append(replace(said, answer=turn.answer or said.answer))
        started = time.perf_counter()
        answer = _asked(assistant, question_set.name, question, question.text, turns)
        latency_ms = 1000 * (time.perf_counter() - started)
        yield judge(question_set.name, question, answer, finder, latency_ms=latency_ms)


def _asked(assistant: Assistant, set_name: str, question: Question, text: str, history: Sequence[Turn]) -> Answer:
    """Ask `question`, or a question of its history, whose words are `text`."""
    try:
        return assistant.ask(text, history=history, policies=question.policies or None)
    except AssistantError as error:
        raise EvaluationError(f"{set_name}: question {question.id!r} cannot be asked: {error}") from error


def judge(set_name: str, question: Question, answer: Answer, finder: GoldFinder, *, latency_ms: float) -> Outcome:
    """Hold an answer against the gold of its question.

    Args:
        set_name: Name of the question's set.
        question: The question.
        answer: What the assistant said.
        finder: Of the assistant's policies.
        latency_ms: Time that answering took, in milliseconds.
    """
    scope = question.policies or None
    places = tuple(
        tuple(place for quote in gold.quotes for place in finder.find(quote, scope)) for gold in question.gold
    )
    hits = [Place(policy_id=hit.policy.id, start=hit.start, end=hit.end) for hit in answer.hits]
    cited = [Place(policy_id=c.policy_id, start=c.start, end=c.end) for c in answer.citations]
    # A refusal names the nearest clause: that is not an answer which says something.
    said = [answer.text, *(c.quote for c in answer.citations)] if answer.abstained is None else []
    return Outcome(
        set_name=set_name,
        question=question,
        answer=answer,
        places=places,
        searchable=_entries(places, finder.is_searchable),
        held=tuple(_entries(places, partial(holds, hit)) for hit in hits),
        touched=tuple(_entries(places, partial(finder.touches, span)) for span in cited),
        missing=tuple(n for n, alternatives in enumerate(question.must_say) if not says(said, alternatives)),
        confidence=answerability(answer.query, answer.hits),
        latency_ms=latency_ms,
    )


def _entries(places: Iterable[Iterable[Place]], fits: Callable[[Place], bool]) -> frozenset[int]:
    return frozenset(number for number, of_entry in enumerate(places) if any(map(fits, of_entry)))
