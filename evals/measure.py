"""Measure the assistant on question sets: `python -m evals.measure [SET.jsonl …]`.

A set has one question a line::

    {"id": "d001", "language": "zh", "style": "colloquial", "question": "…", "answerable": true,
     "gold": [{"quote": "verbatim words of the policy", "alternatives": ["other words that answer as well"]}]}

Gold is a quote, not a clause, so that a set survives another parsing of its policy.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import Answer, Assistant, AssistantError, Policy, Settings
from assistant.backends import embedders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.text import Span

SETS = Path(__file__).parent / "questions"
"""Folder of the question sets that come with the project."""
_K = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question with the places of the policy that answer it."""

    id: str
    language: str
    style: str
    question: str
    gold: tuple[Span, ...]
    """Spans of every quote and alternative; none if the policy does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the assistant made of a question."""

    item: Item
    rank: int | None
    """Rank of the first hit that holds gold, from 1."""
    answered: bool
    cited: int
    """Citations that touch gold."""
    citations: int
    latency_ms: float


def read_set(path: Path, policy: Policy) -> list[Item]:
    """Read a question set about `policy`.

    Raises:
        AssistantError: If a line is not as it should be; the message names the line.
    """
    items = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            quotes = [q for gold in entry["gold"] for q in (gold["quote"], *gold.get("alternatives", ()))]
            item = Item(
                id=entry["id"],
                language=entry["language"],
                style=entry["style"],
                question=entry["question"],
                gold=tuple(span for quote in quotes for span in _places(quote, policy.text)),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise AssistantError(f"{path}: line {number}: {error}") from None
        if entry["answerable"] != bool(entry["gold"]):
            raise AssistantError(
                f"{path}: line {number}: answerable is {entry['answerable']} with {len(quotes)} quotes"
            )
        items.append(item)
    return items


def _places(quote: str, text: str) -> list[Span]:
    places = []
    start = text.find(quote)
    while start >= 0:
        places.append((start, start + len(quote)))
        start = text.find(quote, start + 1)
    if not places:
        raise ValueError(f"the policy does not hold {quote!r}")
    return places


def measure(assistant: Assistant, items: Iterable[Item]) -> list[Outcome]:
    """Ask every question."""
    outcomes = []
    for item in items:
        started = time.perf_counter()
        answer = assistant.ask(item.question)
        latency_ms = 1000 * (time.perf_counter() - started)
        outcomes.append(_judged(item, answer, latency_ms))
    return outcomes


def _judged(item: Item, answer: Answer, latency_ms: float) -> Outcome:
    return Outcome(
        item=item,
        rank=next((rank for rank, hit in enumerate(answer.hits, 1) if _holds((hit.start, hit.end), item.gold)), None),
        answered=answer.abstained is None,
        cited=sum(any(c.start < end and start < c.end for start, end in item.gold) for c in answer.citations),
        citations=len(answer.citations),
        latency_ms=latency_ms,
    )


def _holds(span: Span, gold: Sequence[Span]) -> bool:
    """Say whether a span holds at least half of one of the gold quotes."""
    return any(2 * (min(span[1], end) - max(span[0], start)) >= end - start for start, end in gold)


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    asked = [o for o in outcomes if o.item.gold]
    empty = [o for o in outcomes if not o.item.gold]
    answered = [o for o in asked if o.answered]

    def share(found: Iterable[bool], of: Sequence[Outcome]) -> str:
        return f"{sum(found) / len(of):6.3f}" if of else "     –"

    cells = (
        share((o.rank == 1 for o in asked), asked),
        share((o.rank is not None and o.rank <= _K for o in asked), asked),
        f"{statistics.fmean(1 / o.rank if o.rank else 0.0 for o in asked):6.3f}" if asked else "     –",
        share((o.cited > 0 for o in asked), asked),
        f"{sum(o.cited for o in answered) / max(1, sum(o.citations for o in answered)):6.3f}",
        share((not o.answered for o in asked), asked),
        share((not o.answered for o in empty), empty),
        f"{statistics.median(o.latency_ms for o in outcomes):6.1f}",
    )
    return f"{name:<14}{len(asked):5}{len(empty):5} " + " ".join(cells)


_HEAD = f"{'':<14}{'asked':>5}{'none':>5}  hit@1  hit@{_K}    mrr  cited precis falseref refuse     ms"


def report(outcomes: Sequence[Outcome]) -> str:
    """Return a table of the outcomes by language.

    Its columns: questions with and without an answer in the policy; gold in the first hit, in
    the first five, mean reciprocal rank; answers that cite gold; citations that touch gold;
    refusals of questions that have an answer, and of those that have none; median latency.
    """
    languages = sorted({o.item.language for o in outcomes})
    rows = [_row(name, [o for o in outcomes if o.item.language == name]) for name in languages]
    return "\n".join([_HEAD, *rows, _row("all", outcomes)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.measure", description="Measure the assistant on question sets."
    )
    parser.add_argument("sets", nargs="*", type=Path, help="question sets; by default those of evals/questions")
    parser.add_argument("--corpus", type=Path, help="folder of one policy")
    parser.add_argument("--failures", action="store_true", help="list the questions whose gold is not in the first hit")
    options = parser.parse_args(arguments)
    settings = Settings()
    assistant = Assistant.open(options.corpus, settings=settings, embedders=embedders(settings))
    for path in options.sets or sorted(SETS.glob("*.jsonl")):
        outcomes = measure(assistant, read_set(path, assistant.policies[0]))
        sys.stdout.write(f"{path.stem}\n{report(outcomes)}\n")
        for o in outcomes if options.failures else ():
            if (o.rank != 1 or not o.cited) if o.item.gold else o.answered:
                sys.stdout.write(f"  {o.item.id} rank {o.rank} cited {o.cited}/{o.citations}: {o.item.question}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
