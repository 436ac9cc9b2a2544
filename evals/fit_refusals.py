"""Fit when to refuse: `python -m evals.fit_refusals [SET.jsonl …]`.

A logistic regression says by the best hits of a question whether its policy answers it. It learns from the questions
of the dev sets, and from the questions that have an answer once more, asked of a policy from which the sentences
that answer were taken out: a near miss as policies make them, without a label; from everyday questions
(`training/off_topic.txt`); from questions to invented policies that the encoder never saw (one in nine of
`training/policies`); and, where the folder of training data is given (`--data`), from questions to real ones, of which
people judged whether what would be quoted answers them (`training/judged_odds.tsv`). The threshold is set so that few
questions that have an answer are refused. What is printed of it is cross-validated by question; the constants go into
`assistant/answering/answerability.py`.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from assistant.answering.answerability import features, is_unclear
from assistant.evaluation.running import run_set
from assistant.index import Index
from assistant.index.shards import build_shard
from assistant.parsing import parse
from assistant.questions.forms import gives_orders
from assistant.retrieval import Retriever
from assistant.text import sentences
from evals import MORE, SETS, opened
from evals.invented import over, policy_of
from training import regression
from training.data import read_policies
from training.judged import JUDGED_ODDS, read_judged
from training.scope import OFF_TOPIC
from training.written import POLICIES, kept_in, read_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from assistant import Assistant
    from assistant.evaluation.gold import GoldFinder, Place
    from assistant.evaluation.questions import Question
    from assistant.policy import Policy
    from assistant.text import Language
    from training.judged import Judgement
    from training.written import Written

    Floats = NDArray[np.float64]

_FALSE_REFUSALS = 0.06
"""Share of the questions with an answer, the judged ones among them, that may be refused."""
_OFF_TOPIC = ("off_topic", "injection")
_TAKEN_OUT = "gold taken out"
_TAKEN_OUT_WEIGHT = 0.5
"""What such a question counts, beside one that a person wrote: sometimes what is left answers all the same."""
_EVERYDAY = "everyday"
_EVERYDAY_WEIGHT = 200.0
"""What all everyday questions count together; the scope of the encoder knows them, and would be trusted too much."""
_JUDGED = "judged"
_JUDGED_WEIGHT = 0.25
"""What one of these counts, beside one of a dev set: there are four times as many."""
_IN_DOUBT = 0.5
_WRITTEN = "written"
_WRITTEN_WEIGHT = 0.5
"""What one of these counts, beside one of a dev set."""
_EVERY = 4
"""Of so many everyday questions one is asked."""
_PENALTY = 0.02
_FOLDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question with what the regression reads of it."""

    question_id: str
    """Set and id of the question, the same with its gold and without."""
    style: str
    """Style of the question; `_TAKEN_OUT` without its gold; `_EVERYDAY`."""
    answerable: bool
    """Whether the policy answers it."""
    features: dict[str, float]
    """By name."""


def fit(x: Floats, y: Floats, counts: Floats | None = None) -> Floats:
    """Return the weights of the regression, the intercept last.

    Args:
        x: Features, shape (n, n_features).
        y: 1 for questions with an answer, 0 for others: shape (n,). Both classes weigh the same.
        counts: What each question counts within its class: shape (n,); all the same by default.
    """
    counts = np.ones(len(y)) if counts is None else counts
    balance = counts * np.where(y == 1, 0.5 / (counts @ y), 0.5 / (counts @ (1 - y)))
    return np.append(*regression.fit(x, y, balance, penalty=_PENALTY))


def without(policy: Policy, places: Iterable[Place]) -> Policy:
    """Return a policy less the sentences that have a character in common with `places`."""
    gone = [(place.start, place.end) for place in places if place.policy_id == policy.id]
    rest, end = [], 0
    for left, right in sentences(policy.text):
        if any(left < b and a < right for a, b in gone):
            rest.append(policy.text[end:left])
            end = right
    named = {name: getattr(policy, name) for name in ("id", "title", "language", "company", "aliases", "contact")}
    found = parse("".join([*rest, policy.text[end:]]), **named)
    english = {
        "".join(policy.text[slice(*span)].split()): rendering
        for clause in policy.walk()
        for span, rendering in policy.renderings(clause)
    }
    translations = {
        clause.id: tuple(
            english.get("".join(found.text[slice(*span)].split()), "") for span, _ in found.renderings(clause)
        )
        for clause in (found.walk() if policy.translations else ())
    }
    return replace(found, translations=MappingProxyType(translations))


def _with_gold_taken_out(assistant: Assistant, finder: GoldFinder, question: Question) -> dict[str, float] | None:
    """Return the features of a question, asked of its policies without what answers it; None if nothing is found."""
    retriever = assistant.retriever
    places = [place for gold in question.gold for quote in gold.quotes for place in finder.find(quote)]
    shards = []
    for policy_id, shard in retriever.index.shards.items():
        if all(place.policy_id != policy_id for place in places):
            shards.append(shard)
            continue
        known = {
            (embedder.identity, key): row
            for embedder in retriever.embedders
            for key, row in zip(shard.keys, shard.vectors[embedder.name], strict=True)
        }
        rest = without(shard.policy, places)
        shards.append(build_shard(rest, retriever.analyzer, retriever.embedders, known=known))
    asked = Retriever(Index("", shards), retriever.analyzer, retriever.embedders)
    hits = asked.retrieve(question.text, k=assistant.settings.k, policies=question.policies or None)
    return features(question.text, hits) if hits else None


def examples(paths: Iterable[Path]) -> Iterator[Example]:
    """Yield what there is to learn from sets of questions."""
    for question_set, assistant, finder in opened(paths):
        # Most of a policy stays as it is, and would be taken apart again for every question.
        analyzer = assistant.retriever.analyzer
        analyzer.tokens = lru_cache(maxsize=None)(analyzer.tokens)  # type: ignore[method-assign]
        for question in OFF_TOPIC.read_text("utf-8").splitlines()[::_EVERY]:
            if not gives_orders(question) and (hits := assistant.search(question)):
                found = features(question, hits)
                yield Example(question_id=question, style=_EVERYDAY, answerable=False, features=found)
        for outcome in run_set(assistant, question_set, finder=finder):
            asked, hits = outcome.question, outcome.answer.hits
            # Without a word to search for there is no hit, and no odds decide; nor do they where nothing is asked.
            query = outcome.answer.query
            if not hits or outcome.answer.parts or is_unclear(query, hits) or gives_orders(query):
                continue
            question_id = f"{question_set.name} {asked.id}"
            found = features(query, hits)
            yield Example(question_id=question_id, style=asked.style, answerable=asked.answerable, features=found)
            # What corrects a false premise is one of several places, most often.
            if asked.answerable and not asked.history and asked.style != "false_premise":
                taken = _with_gold_taken_out(assistant, finder, asked)
                if taken:
                    yield Example(question_id=question_id, style=_TAKEN_OUT, answerable=False, features=taken)


def judged_examples(data: Path, assistant: Assistant, path: Path = JUDGED_ODDS) -> Iterator[Example]:
    """Yield what there is to learn from questions to other policies, of which the best hit was judged.

    Where another clause comes first by now than was judged, nothing is known, and nothing is yielded.

    Args:
        data: The folder of training data.
        assistant: Whose retrieval is asked.
        path: The questions.
    """
    policies = read_policies(data)
    retriever, k = assistant.retriever, assistant.settings.k
    asked: dict[tuple[int, bool], list[tuple[str, list[Judgement]]]] = defaultdict(list)
    for query, judgements in read_judged(path):
        asked[judgements[0].policy, judgements[0].in_english].append((query, judgements))
    for (number, in_english), questions in asked.items():
        texts = [sentence.en if in_english and sentence.en else sentence.zh for sentence in policies[number]]
        starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
        named: tuple[str, Language] = ("Privacy policy", "en") if in_english else ("隐私政策", "zh")
        policy = parse("\n".join(texts), id=f"policy-{number}", title=named[0], language=named[1])
        own = over(policy, retriever)
        for query, judgements in questions:
            hits = own.retrieve(query, k=k)
            first = [
                judged.answers
                for judged in judgements
                if hits and hits[0].start < starts[judged.number + 1] and starts[judged.number] < hits[0].end
            ]
            if first and max(first) != _IN_DOUBT and not is_unclear(query, hits) and not gives_orders(query):
                found = features(query, hits)
                yield Example(
                    question_id=f"{number} {query}", style=_JUDGED, answerable=max(first) == 1, features=found
                )


def written_examples(assistant: Assistant, texts: Iterable[Written]) -> Iterator[Example]:
    """Yield what there is to learn from questions to invented policies.

    Args:
        assistant: Whose retrieval is asked.
        texts: Policies that the encoder was not trained on.
    """
    retriever, k = assistant.retriever, assistant.settings.k
    for text in texts:
        policy, _ = policy_of(text)
        own = over(policy, retriever)
        for question in text.questions:
            hits = own.retrieve(question.text, k=k)
            if hits and not is_unclear(question.text, hits) and not gives_orders(question.text):
                yield Example(
                    question_id=f"{text.name} {question.text}",
                    style=_WRITTEN,
                    answerable=bool(question.answers),
                    features=features(question.text, hits),
                )


def held_out(x: Floats, y: Floats, counts: Floats, question_ids: Sequence[str]) -> Floats:
    """Return the odds of each question by a regression that knows neither it nor it without its gold.

    Args:
        x: Features, shape (n, n_features).
        y: 1 for questions with an answer, 0 for others: shape (n,).
        counts: What each question counts: shape (n,).
        question_ids: Of each row; the rows of one question are kept together.
    """
    numbers = {question_id: number for number, question_id in enumerate(dict.fromkeys(question_ids))}
    fold = np.array([numbers[question_id] % _FOLDS for question_id in question_ids])
    odds = np.zeros(len(y))
    for number in range(_FOLDS):
        out = fold == number
        if out.any() and y[~out].any() and not y[~out].all():
            weights = fit(x[~out], y[~out], counts[~out])
            odds[out] = x[out] @ weights[:-1] + weights[-1]
    return odds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_refusals", description="Fit when to refuse.")
    parser.add_argument(
        "sets",
        nargs="*",
        type=Path,
        # Follow-ups would be fitted together with how well they are understood.
        default=[p for p in sorted(SETS.glob("*-dev.jsonl")) if "turns" not in p.stem and p.stem not in MORE],
        help="dev question sets",
    )
    parser.add_argument("--data", type=Path, help="folder of training data, to learn from judged questions, too")
    options = parser.parse_args(arguments)
    rows = list(examples(options.sets))
    _, assistant, _ = next(opened(options.sets[:1]))
    rows += written_examples(assistant, kept_in(read_written(POLICIES), held_out=True))
    if options.data:
        rows += judged_examples(options.data, assistant)
    x = np.array([list(row.features.values()) for row in rows])
    y = np.array([float(row.answerable) for row in rows])
    styles = np.array([row.style for row in rows])
    counts = np.where(styles == _TAKEN_OUT, _TAKEN_OUT_WEIGHT, 1.0)
    counts[styles == _JUDGED] = _JUDGED_WEIGHT
    counts[styles == _WRITTEN] = _WRITTEN_WEIGHT
    counts[styles == _EVERYDAY] = _EVERYDAY_WEIGHT / max(1, (styles == _EVERYDAY).sum())
    weights = fit(x, y, counts)
    odds = x @ weights[:-1] + weights[-1]
    threshold = np.quantile(odds[y == 1], _FALSE_REFUSALS)
    fitted = dict(zip(rows[0].features, weights[:-1].round(2).tolist(), strict=True))
    sys.stdout.write(f"_ODDS = {fitted | {'base': round(float(weights[-1] - threshold), 2)}}\n")
    odds = held_out(x, y, counts, [row.question_id for row in rows])
    others = (y == 0) & ~np.isin(styles, (*_OFF_TOPIC, _TAKEN_OUT, _EVERYDAY, _JUDGED, _WRITTEN))
    groups = {
        "answerable": (y == 1) & ~np.isin(styles, (_JUDGED, _WRITTEN)),
        "judged to be answered": (y == 1) & (styles == _JUDGED),
        "judged not to be": (y == 0) & (styles == _JUDGED),
        "written and answered": (y == 1) & (styles == _WRITTEN),
        "written and left open": (y == 0) & (styles == _WRITTEN),
        "off topic": (y == 0) & np.isin(styles, _OFF_TOPIC),
        _EVERYDAY: styles == _EVERYDAY,
        _TAKEN_OUT: styles == _TAKEN_OUT,
        "near misses and others": others,
    }
    groups = {name: group for name, group in groups.items() if group.any()}
    for share in (_FALSE_REFUSALS, *_OTHER_SHARES):
        threshold = np.quantile(odds[y == 1], share)
        refused = ", ".join(f"{name} {(odds[group] < threshold).mean():.3f}" for name, group in groups.items())
        sys.stdout.write(f"refused where {share:.1%} of those with an answer are: {refused}\n")
    for name, group in groups.items():
        sys.stdout.write(f"{name}: {group.sum()} questions\n")
    return 0


_OTHER_SHARES = (0.0, 0.02, 0.03, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2)


if __name__ == "__main__":
    sys.exit(main())
