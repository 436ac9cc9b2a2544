"""The question sets are sound, and the measuring counts as it says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant import AssistantError, open_corpus
from evals.fit_refusals import fit
from evals.measure import SETS, Item, Outcome, read_set, report

if TYPE_CHECKING:
    from assistant.policy import Policy

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return open_corpus(ROOT / "corpus" / "baiju")[0]


@pytest.mark.parametrize("path", sorted(SETS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_gold_quote_stands_in_the_policy(path: Path, policy: Policy) -> None:
    items = read_set(path, policy)
    assert len(items) >= 150
    assert len({item.id for item in items}) == len(items)
    assert len({item.question for item in items}) == len(items)
    languages = Counter(item.language for item in items)
    assert languages["zh"] >= 60
    assert languages["en"] >= 60
    assert sum(not item.gold for item in items) >= len(items) // 5


def test_the_splits_share_no_question() -> None:
    splits = [
        {json.loads(line)["question"] for line in path.read_text("utf-8").splitlines()} for path in SETS.glob("*.jsonl")
    ]
    assert len(splits) == 2
    assert not splits[0] & splits[1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1"),
        ('{"id": "x"}', "'gold'"),
        (
            '{"id": "", "language": "", "style": "", "question": "", "answerable": true, "gold": [{"quote": "wū"}]}',
            "does not hold 'wū'",
        ),
        (
            '{"id": "x", "language": "zh", "style": "plain", "question": "?", "answerable": true, "gold": []}',
            "answerable is True with 0 quotes",
        ),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, policy: Policy, line: str, said: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line, "utf-8")
    with pytest.raises(AssistantError, match=said) as caught:
        read_set(path, policy)
    assert str(path) in str(caught.value)


def outcome(
    rank: int | None, *, gold: bool = True, answered: bool = True, cited: int = 0, citations: int = 0
) -> Outcome:
    item = Item(id="x", language="zh", style="plain", question="?", gold=((0, 4),) if gold else ())
    return Outcome(item=item, rank=rank, answered=answered, cited=cited, citations=citations, latency_ms=2.0)


def test_the_table_is_arithmetic() -> None:
    outcomes = [
        outcome(1, cited=1, citations=2),
        outcome(4, cited=1, citations=1),
        outcome(None, answered=False),
        outcome(None, gold=False, answered=False),
        outcome(None, gold=False, citations=1),
    ]
    row = report(outcomes).splitlines()[-1].split()
    assert row == ["all", "3", "2", "0.333", "0.667", "0.417", "0.667", "0.667", "0.333", "0.500", "2.0"]


def test_the_regression_tells_two_classes_apart() -> None:
    x = np.array([[0.1, 5.0], [0.2, 5.1], [0.8, 5.2], [0.9, 4.9]])
    weights = fit(x, np.array([0.0, 0.0, 1.0, 1.0]))
    odds = x @ weights[:-1] + weights[-1]
    assert (odds[:2] < 0).all()
    assert (odds[2:] > 0).all()
