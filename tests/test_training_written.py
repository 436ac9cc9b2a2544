"""Texts that were invented for training: how they are read, and what pairs are made of them."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant.text import has_han
from tests.conftest import FakeEmbedder
from training.data import batches
from training.evaluate import left_open
from training.written import (
    ARTICLES,
    POLICIES,
    Written,
    kept_in,
    read_written,
    written_judgements,
    written_pairs,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assistant.embedding import Role, Vectors

POOL = """Lido rules
## Tickets
1\tA day ticket costs £4.
2\tSeason tickets cost £90 and are not refunded.
## Water
3\tThe deep end is for swimmers only.
---
how much to get in for a day\t1\t2
can my gran who can't swim go in the deep bit\t3\t1
票丢了怎么办\t-\t1,2
what do tickets cost\t1,2\t3
"""
SHOP = "小店规则\n1\t七天内可以退货。\n---\n几天能退\t1\t-\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two files, of which one holds two texts."""
    (tmp_path / "pool.txt").write_text(POOL, encoding="utf-8")
    (tmp_path / "shops.txt").write_text(f"{SHOP}===\n{SHOP.replace('七', '十')}", encoding="utf-8")
    return tmp_path


def test_passages_have_their_heading_and_questions_their_passages(folder: Path) -> None:
    pool, *shops = read_written(folder)
    assert [passage.headings for passage in pool.passages] == [("Tickets",), ("Tickets",), ("Water",)]
    assert pool.passages[2].zh == "The deep end is for swimmers only."
    assert [(question.answers, question.near) for question in pool.questions] == [
        ((0,), (1,)),
        ((2,), (0,)),
        ((), (0, 1)),
        ((0, 1), (2,)),
    ]
    assert [shop.passages[0].zh[:1] for shop in shops] == ["七", "十"]
    assert len({text.number for text in (pool, *shops)}) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (POOL.replace("\n2\t", "\n4\t"), "expected the number 2"),
        (POOL.replace("\t3\t1\n", "\t3\n"), "three columns, but this has 2"),
        (POOL.replace("\t3\t1\n", "\t9\t1\n"), "no such passage"),
        (POOL.replace("\t3\t1\n", "\t3\t3\n"), "in both columns"),
        (POOL.split("---", maxsplit=1)[0], "questions"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, wrong: str, said: str) -> None:
    (tmp_path / "pool.txt").write_text(wrong, encoding="utf-8")
    with pytest.raises(ValueError, match=f"^pool: .*{said}"):
        read_written(tmp_path)


def test_a_passage_that_answers_two_questions_is_a_negative_of_neither(folder: Path) -> None:
    pool = read_written(folder)[0]
    pairs = written_pairs(pool, random.Random(1), kind="written")
    assert [(pair.query, pair.guide) for pair in pairs] == [
        ("how much to get in for a day", pool.passages[0].zh),
        ("can my gran who can't swim go in the deep bit", pool.passages[2].zh),
        ("what do tickets cost", pool.passages[0].zh),
        ("what do tickets cost", pool.passages[1].zh),
    ]
    answers = {(a.query, b.guide) for a in pairs for b in pairs if a.need <= b.has}
    assert answers == {(pair.query, pair.guide) for pair in pairs}
    assert all(pair.negative in ("Tickets", "Water") for pair in pairs)


def test_what_is_closest_to_a_question_without_an_answer_does_not_answer_it(folder: Path) -> None:
    pool = read_written(folder)[0]
    judged = {pairs[0].query: pairs for pairs in written_judgements([pool], FakeEmbedder())}
    assert {pair.number for pair in judged["票丢了怎么办"]} == {0, 1, 2}
    assert not any(pair.answers for pair in judged["票丢了怎么办"])
    assert [(pair.number, pair.answers) for pair in judged["how much to get in for a day"]] == [(0, 1.0), (1, 0.0)]


def test_a_batch_has_all_passages_of_a_text_before_those_of_the_next(folder: Path) -> None:
    texts = read_written(folder)
    by = {text.number: written_pairs(text, random.Random(1), kind="written") for text in texts}
    for batch in batches({"written": by}, {"written": 1.0}, sizes=[4] * 30, seed=1):
        numbers = [next(iter(pair.need)).split(":")[0] for pair in batch]
        assert len({pair.guide for pair in batch}) == 4
        # A text that was begun is gone through as far as the batch goes: it does not come back.
        assert len(Counter(numbers)) == len([1 for a, b in zip([None, *numbers], numbers, strict=False) if a != b])
    with pytest.raises(ValueError, match="needs 9 passages, but there are 5"):
        list(batches({"written": by}, {"written": 1.0}, sizes=[9], seed=1))


def test_an_encoder_that_knows_what_is_left_open_tells_all_questions_right(folder: Path) -> None:
    class Knowing(FakeEmbedder):
        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            open_ones = [role == "query" and text == "票丢了怎么办" for text in texts]
            return np.array([[0.0, 1.0] if one else [1.0, 0.0] for one in open_ones], dtype=np.float32)

    assert left_open(read_written(folder), Knowing().embed) == 1.0


@pytest.mark.parametrize("shipped", [POLICIES, ARTICLES], ids=["policies", "articles"])
def test_what_was_written_is_as_described(shipped: Path) -> None:
    texts = read_written(shipped)
    train, kept = (kept_in(texts, held_out=held_out) for held_out in (False, True))
    assert len(train) + len(kept) == len(texts)
    assert len({text.passages[0].zh for text in texts}) == len(texts)
    for text in texts:
        assert len({question.text for question in text.questions}) == len(text.questions), text.name
        assert all(question.answers or question.near for question in text.questions), text.name
        asked_in = Counter(has_han(question.text) for question in text.questions)
        assert min(asked_in[True], asked_in[False]) >= len(text.questions) / 8, text.name


def test_a_text_that_was_written_says_what_its_passages_answer(folder: Path) -> None:
    pool: Written = read_written(folder)[0]
    assert pool.answering == [
        frozenset({f"{pool.number}:0", f"{pool.number}:3"}),
        frozenset({f"{pool.number}:3"}),
        frozenset({f"{pool.number}:1"}),
    ]
