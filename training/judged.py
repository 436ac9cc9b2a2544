"""Judged questions: each with sentences that a search brings up for it, and whether they answer it.

Written and judged by hand over training policies (`judged.tsv`). Most of the lines are questions of `asked.tsv`, asked
of other policies, with two sentences that an earlier encoder found closest, or an earlier assistant first; `en` marks a
sentence that was found in English. The others were written for a sentence: one that it answers, and three that it does
not though they share its words, near misses as customers make them. `judged_dev.tsv` is the same over policies that are
kept out of training, and only measures; so is `judged_odds.tsv`, whose sentences are what the assistant would quote:
when to refuse is fitted on it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.text import has_han
from training.data import passage_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from training.data import Sentence

JUDGED_DEV = Path(__file__).parent / "judged_dev.tsv"
JUDGED = Path(__file__).parent / "judged.tsv"
JUDGED_ODDS = Path(__file__).parent / "judged_odds.tsv"
_ANSWERS = {"y": 1.0, "?": 0.5, "n": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPair:
    """A question, a passage, and whether this answers that."""

    query: str
    passage: str
    answers: float
    """1, 0, or 0.5 where people would not agree."""
    policy: int
    """Number of the passage's policy."""
    number: int
    """Place of its sentence there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a sentence answers a question."""

    policy: int
    """Number of its policy."""
    number: int
    """Place of the sentence there."""
    answers: float
    """1, 0, or 0.5 where people would not agree."""
    in_english: bool
    """Whether it was found in English."""


def read_judged(path: Path) -> Iterator[tuple[str, list[Judgement]]]:
    """Yield the questions of a file with what was judged of sentences.

    Args:
        path: A question a line, and after tabs its sentences, as `24:140 n en`: policy and number; `y`, `n` or `?`.
    """
    for line in path.read_text("utf-8").splitlines():
        query, *places = line.split("\t")
        found = []
        for place in places:
            where, judgement, *shown = place.split(" ")
            policy, number = map(int, where.split(":"))
            answers = _ANSWERS[judgement]
            found.append(Judgement(policy=policy, number=number, answers=answers, in_english=bool(shown)))
        yield query, found


def judged_pairs(
    policies: dict[int, list[Sentence]], *, path: Path | None = None, seed: int = 7
) -> list[list[JudgedPair]]:
    """Return the pairs of each line of a file: a question with its passages, in the shapes of an index.

    Lines that follow one another may be about one sentence, which then has the same shape for all of them.

    Args:
        policies: Sentences by policy.
        path: `judged.tsv` by default.
        seed: Of the draws of shapes.
    """
    found = []
    for query, judgements in read_judged(path or JUDGED):
        pairs = []
        for judged in judgements:
            # One draw for a sentence and a language: a passage of several questions is embedded once.
            rng = random.Random(f"{seed} {judged.policy}:{judged.number} {has_han(query)}")
            sentence = policies[judged.policy][judged.number]
            passage = sentence.en if judged.in_english else passage_for(sentence, rng, english=not has_han(query))
            pairs.append(
                JudgedPair(
                    query=query, passage=passage, answers=judged.answers, policy=judged.policy, number=judged.number
                )
            )
        found.append(pairs)
    return found


def in_batches(lines: Sequence[Sequence[JudgedPair]], *, batch: int, seed: int) -> list[list[JudgedPair]]:
    """Return the pairs in batches of `batch`, what stands together kept together; what fills no batch is left out.

    Args:
        lines: See `judged_pairs`.
        batch: Pairs in a batch.
        seed: Of the order.
    """
    groups: list[list[JudgedPair]] = []
    for pairs in lines:
        if groups and groups[-1][-1].passage == pairs[0].passage:
            groups[-1] += pairs
        else:
            groups.append(list(pairs))
    random.Random(seed).shuffle(groups)
    row = [pair for group in groups for pair in group]
    return [row[start : start + batch] for start in range(0, len(row) - batch + 1, batch)]
