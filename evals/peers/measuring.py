"""Measuring a peer: its index over a policy is asked every question, and the spans it returns are held against gold.

A peer's span counts by the same rule as a hit of the assistant: it must hold at least half of a gold quote. Since a
long span holds much, what has to be read is counted besides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, product
from typing import TYPE_CHECKING, Protocol

from assistant.corpus import open_corpus
from assistant.errors import EvaluationError
from assistant.evaluation.gold import GoldFinder, Place, holds
from assistant.evaluation.sets import corpus_of, read_set
from assistant.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from assistant import Policy
    from assistant.evaluation.questions import Question
    from assistant.settings import Settings
    from evals.peers.models import Model, Words

K = 10
"""Number of spans that a peer returns."""
BUDGETS = (250, 500, 1000)
"""Numbers of characters after which reading stops."""
SHARES = ("hit@1", "recall@5", "mrr@10", *(f"within@{budget}" for budget in BUDGETS))
"""Measures from 0 to 1, more is better."""
READ = "read"
"""Name of the measure of the characters that have to be read; less is better."""

SEPARATORS = ("\n\n", "\n", "。", "！", "？", "；", ". ", "! ", "? ", "; ", "，", "、", ", ", " ")
"""Where splitters that take a list may divide a text, Chinese or English, the best places first."""

PLAIN = "without the policy's English"
"""What the assistant is called if it is not given a policy's translation, which peers have not either."""

Search = Callable[[str], Sequence[Span]]
"""Returns the spans of a policy's text that may answer a question, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is tried of a framework: how the text is divided, and what ranks the pieces."""

    size: int
    """Largest size of a piece, in the framework's unit."""
    overlap: int = 0
    """How much of a piece the next one may repeat, in the same unit."""
    words: str = ""
    """How words are found for BM25; empty for no BM25."""
    model: str = ""
    """Name of the embedding model; empty for none."""

    def division(self, splitter: str, unit: str) -> str:
        """Return how a text is divided, as it is told."""
        return f"{splitter}, {self.size} {unit}{', overlapping' if self.overlap else ''}"

    @property
    def retrieval(self) -> str:
        """What ranks, as it is told."""
        return " + ".join(filter(None, (self.words, self.model)))


def choices(sizes: Sequence[int], words: Sequence[str], models: Sequence[str]) -> Iterator[Choice]:
    """Yield every choice: each model, each way to find words, and each pair of these, fused, over every division.

    Pieces of each size are tried without an overlap and with one of a fifth.
    """
    for size, overlap, model, way in product(sizes, (0, 1), ("", *models), ("", *words)):
        if model or way:
            yield Choice(size=size, overlap=overlap * size // 5, words=way, model=model)


class Peer(Protocol):
    """A framework with one choice of settings."""

    @property
    def division(self) -> str:
        """How it divides a text, as it is told."""

    @property
    def retrieval(self) -> str:
        """What ranks the pieces, as it is told."""

    def index(self, policy: Policy, *, k: int) -> Search:
        """Return a search over a policy's text.

        Args:
            policy: The policy.
            k: Largest number of spans that the search returns.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What peers are made of."""

    models: dict[str, Model]
    """Embedding models by name."""
    words: Words
    """Divides a text into words."""
    corpora: dict[str, Path]
    """Folder of each policy's corpus, by the policy's id."""
    folder: Path
    """Folder for what can be built again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The questions of a set that have an answer and no history, and the policy that they are about."""

    name: str
    """Name of the set."""
    sha256: str
    """SHA-256 of the set's file, hexadecimal."""
    policy: Policy
    """The policy."""
    corpus: Path
    """Folder of the policy."""
    questions: tuple[Question, ...]
    """The questions."""
    places: tuple[tuple[tuple[Place, ...], ...], ...]
    """By question and gold entry: where its quote and alternatives stand."""

    @property
    def split(self) -> str:
        """`dev` or `test`."""
        return self.name.rpartition("-")[2]


def read_tasks(paths: Iterable[Path], settings: Settings) -> Iterator[Task]:
    """Yield what of each question set peers can be asked; sets that have nothing of the kind are left out.

    So are sets about several policies: peers are measured on one at a time.

    Raises:
        AssistantError: If a set is faulty or its corpus does not open.
    """
    for path in paths:
        corpus = corpus_of(path, settings)
        policies = open_corpus(corpus)
        if len(policies) != 1:
            continue
        finder = GoldFinder(policies)
        found = read_set(path, finder)
        questions = tuple(question for question in found.questions if question.answerable and not question.history)
        places = tuple(
            tuple(tuple(place for quote in gold.quotes for place in finder.find(quote)) for gold in question.gold)
            for question in questions
        )
        if questions:
            yield Task(
                name=found.name,
                sha256=found.sha256,
                policy=policies[0],
                corpus=corpus,
                questions=questions,
                places=places,
            )


def checked_span(text: str, start: int | None, piece: str, peer: str) -> Span:
    """Return the span of a piece that a framework says begins at `start`.

    Raises:
        EvaluationError: If `text` does not have it there.
    """
    if start is None or text[start : start + len(piece)] != piece:
        raise EvaluationError(f"{peer} returned a piece that is not at {start} of the text: {piece[:40]!r}")
    return start, start + len(piece)


class Reading:
    """How much of a text there is to read: its characters that are no white space.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._read = [0, *accumulate(not char.isspace() for char in text)]

    def length(self, span: Span) -> int:
        """Return the number of characters of a span.

        >>> Reading("a b  c").length((0, 5))
        2
        """
        return self._read[span[1]] - self._read[span[0]]

    @property
    def all(self) -> int:
        """The number of characters of the whole text."""
        return self._read[-1]

    def cut(self, spans: Iterable[Span], budget: int) -> Iterator[Span]:
        """Yield the spans in their order, until `budget` characters are read; the last one is cut there.

        >>> list(Reading("ab cd ef").cut([(3, 8), (0, 2)], 5))
        [(3, 8), (0, 1)]
        """
        for start, end in spans:
            if budget <= 0:
                return
            yield start, min(end, bisect_right(self._read, self._read[start] + budget) - 1)
            budget -= self.length((start, end))


def values_of(
    spans: Sequence[Span], gold: Sequence[Sequence[Place]], policy_id: str, reading: Reading
) -> dict[str, float]:
    """Return what a ranking is worth for a question, by measure.

    `hit@1`, `recall@5` and `mrr@10` are those of `assistant.evaluation.measures`. `within@N` is 1 if a gold entry is
    held by the first N characters that are returned. `read` is the number of characters of all spans up to the
    first that holds gold; if none does, of the whole policy, which then has to be read.

    Args:
        spans: What was found, best first.
        gold: By gold entry, the places that hold it.
        policy_id: The policy of the spans.
        reading: Counts the characters of its text.
    """

    def held(found: Iterable[Span]) -> list[frozenset[int]]:
        return [
            frozenset(
                number
                for number, places in enumerate(gold)
                if any(holds(Place(policy_id=policy_id, start=start, end=end), place) for place in places)
            )
            for start, end in found
        ]

    found = held(spans)
    rank = next((rank for rank, entries in enumerate(found, 1) if entries), None)
    values = {
        "hit@1": float(rank == 1),
        "recall@5": len(frozenset().union(*found[:5])) / len(gold),
        "mrr@10": 1 / rank if rank and rank <= 10 else 0.0,
    }
    for budget in BUDGETS:
        values[f"within@{budget}"] = float(any(held(reading.cut(spans, budget))))
    values[READ] = float(sum(map(reading.length, spans[:rank])) if rank else reading.all)
    return values


def measure(peer: Peer, tasks: Sequence[Task]) -> list[dict[str, float]]:
    """Return what a peer is worth for each question of the tasks, in their order."""
    values = []
    searches: dict[str, Search] = {}
    for task in tasks:
        search = searches.get(task.policy.id) or peer.index(task.policy, k=K)
        searches[task.policy.id] = search
        reading = Reading(task.policy.text)
        for question, gold in zip(task.questions, task.places, strict=True):
            values.append(values_of(search(question.text)[:K], gold, task.policy.id, reading))
    return values
