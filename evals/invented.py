"""How questions to the policies that were invented for training are answered: `python -m evals.invented`.

Of the 21,000 questions is known which passages answer, and which seem to (`training.written`). They are ten times as
many as there are in the question sets, over 408 policies of all kinds, so that what a constant or a rule does to
questions at large shows here, where a few dozen questions of a set are noise. But the encoder has read eight in nine of
the policies: those kept out of its training are told apart, and only these tell how well others are answered.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from assistant import Assistant, Settings, backends
from assistant.index import Index
from assistant.index.shards import build_shard
from assistant.parsing import parse
from assistant.retrieval import Retriever
from assistant.text import has_han, language_of, overlap
from training.written import POLICIES, kept_in, read_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.policy import Policy
    from assistant.text import Language, Span
    from training.written import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a question."""

    kept_out: bool
    """Whether the encoder has not read the policy."""
    languages: tuple[Language, Language]
    """Of the question and the policy."""
    answerable: bool
    """Whether some passage answers it."""
    answered: bool
    """Whether it was not refused."""
    uncertain: bool
    """Whether the answer says that it may be beside the question."""
    found_first: bool
    """Whether the first clause found holds a passage that answers."""
    quoted: tuple[bool, ...]
    """By quote whether it is from a passage that answers."""


def policy_of(text: Written) -> tuple[Policy, tuple[Span, ...]]:
    """Return an invented policy as one would be printed, headings above its passages, and where each passage stands."""
    shown, heading = [], ""
    for passage in text.passages:
        if passage.headings[-1:] != (heading,):
            heading = passage.headings[-1] if passage.headings else ""
            shown.append(heading)
        shown.append(passage.zh)
    named: Language = "zh" if has_han(text.passages[0].zh) else "en"
    policy = parse("\n".join(shown), id=text.name, title=text.name, language=named)
    spans, end = [], 0
    for passage in text.passages:
        start = policy.text.index(passage.zh, end)
        end = start + len(passage.zh)
        spans.append((start, end))
    return policy, tuple(spans)


def over(policy: Policy, retriever: Retriever) -> Retriever:
    """Return what finds clauses of a policy alone, as `retriever` does those of its own."""
    shard = build_shard(policy, retriever.analyzer, retriever.embedders)
    return Retriever(Index("", [shard]), retriever.analyzer, retriever.embedders)


def results(assistant: Assistant, texts: Iterable[Written], *, kept_out: frozenset[int]) -> Iterator[Result]:
    """Yield what becomes of each question, asked of its policy alone.

    Args:
        assistant: Whose models and settings answer.
        texts: The policies with their questions.
        kept_out: Numbers of those that the encoder has not read.
    """
    for text in texts:
        policy, spans = policy_of(text)
        own = Assistant((policy,), over(policy, assistant.retriever), assistant.generator, assistant.settings)
        for question in text.questions:
            answer = own.ask(question.text)
            right = [spans[place] for place in question.answers]
            yield Result(
                kept_out=text.number in kept_out,
                languages=(language_of(question.text), policy.language),
                answerable=bool(right),
                answered=answer.abstained is None,
                uncertain=answer.uncertain,
                found_first=any(overlap((hit.start, hit.end), span) for hit in answer.hits[:1] for span in right),
                quoted=tuple(any(overlap((c.start, c.end), span) for span in right) for c in answer.citations),
            )


def figures(found: Sequence[Result]) -> dict[str, float | None]:
    """Return by name the figures of some questions; None if there are none that one is about."""
    answerable = [one for one in found if one.answerable]
    answered = [one for one in answerable if one.answered]
    open_ = [one for one in found if not one.answerable]
    return {
        "hit@1": _share(one.found_first for one in answerable),
        "first quote": _share(one.quoted[:1] == (True,) for one in answerable),
        "any quote": _share(any(one.quoted) for one in answerable),
        "precision": _share(right for one in answered for right in one.quoted),
        "false refusals": _share(not one.answered for one in answerable),
        "right refusals": _share(not one.answered for one in open_),
        "or in doubt": _share(not one.answered or one.uncertain for one in open_),
    }


def _share(found: Iterable[bool]) -> float | None:
    values = [float(one) for one in found]
    return fmean(values) if values else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m evals.invented", description="Ask the invented policies.")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="ask only every Nth policy that was read")
    parser.add_argument("--kept-out", action="store_true", help="ask only those that the encoder has not read")
    options = parser.parse_args(arguments)
    texts = read_written(POLICIES)
    unread = kept_in(texts, held_out=True)
    numbers = frozenset(text.number for text in unread)
    read = [] if options.kept_out else [text for text in texts if text.number not in numbers][:: options.every]
    settings = Settings()
    assistant = Assistant.open(settings=settings, **backends.parts(settings))
    found = list(results(assistant, [*unread, *read], kept_out=numbers))
    rows = {
        "kept out of training": [one for one in found if one.kept_out],
        "read in training": [one for one in found if not one.kept_out],
    }
    pairs = sorted({one.languages for one in found})
    rows |= {
        f"kept out, {asked} → {told}": [one for one in found if one.kept_out and one.languages == (asked, told)]
        for asked, told in pairs
    }
    names = list(figures(found))
    sys.stdout.write(f"| | questions | {' | '.join(names)} |\n|{'---|' * (len(names) + 2)}\n")
    for name, some in rows.items():
        if some:
            told = ["–" if value is None else f"{value:.3f}" for value in figures(some).values()]
            sys.stdout.write(f"| {name} | {len(some)} | {' | '.join(told)} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
