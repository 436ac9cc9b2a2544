"""Questions with what was judged of them: the file that is kept, and the batches that are made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.models import data_folder
from training.data import DEV_POLICIES, TRAIN_POLICIES, Sentence, read_policies
from training.evaluate import areas
from training.judged import JUDGED, JUDGED_DEV, JUDGED_ODDS, JudgedPair, in_batches, judged_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "allowed"), [(JUDGED, TRAIN_POLICIES), (JUDGED_DEV, DEV_POLICIES), (JUDGED_ODDS, DEV_POLICIES)]
)
def test_what_is_kept_is_well_formed_and_about_policies_of_its_own(path: Path, allowed: range) -> None:
    lines = path.read_text("utf-8").splitlines()
    judgements = []
    for line in lines:
        question, *places = line.split("\t")
        assert question == " ".join(question.split())
        assert question
        assert 1 <= len(places) <= (3 if path == JUDGED_ODDS else 2)
        for place in places:
            where, judgement, *shown = place.split(" ")
            policy, number = map(int, where.split(":"))
            assert shown in ([], ["en"])
            assert policy in allowed
            assert number >= 0
            judgements.append(judgement)
    assert set(judgements) == {"y", "?", "n"}
    # Near misses are what it is for, but not all.
    assert 0.15 < judgements.count("y") / len(judgements) < 0.5


@pytest.fixture
def lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[JudgedPair]]:
    kept = tmp_path / "judged.tsv"
    kept.write_text(
        "你们收集什么\t1:1 y\t1:2 n\nwho gets it\t1:3 ?\nhow long is it kept\t1:3 n\nwho else gets it\t1:3 y\n", "utf-8"
    )
    monkeypatch.setattr("training.judged.JUDGED", kept)
    return judged_pairs(read_policies(data_folder(tmp_path / "data")))


def test_a_question_has_its_passages_and_what_was_judged(lines: list[list[JudgedPair]]) -> None:
    assert [[pair.answers for pair in line] for line in lines] == [[1.0, 0.0], [0.5], [0.0], [1.0]]
    assert {pair.query for pair in lines[0]} == {"你们收集什么"}
    assert all(pair.passage for line in lines for pair in line)
    # Asked in one language, a sentence has one shape, so that it is embedded once.
    assert len({line[0].passage for line in lines[1:]}) == 1


def test_a_sentence_that_was_found_in_english_is_learned_in_english(tmp_path: Path) -> None:
    kept = tmp_path / "judged.tsv"
    kept.write_text("".join(f"你们收集什么\t1:{number} n en\n" for number in range(1, 4)), "utf-8")
    policies = read_policies(data_folder(tmp_path / "data"))
    passages = [line[0].passage for line in judged_pairs(policies, path=kept)]
    assert passages == [policies[1][number].en for number in range(1, 4)]


def test_what_stands_together_comes_in_one_batch(lines: list[list[JudgedPair]]) -> None:
    for seed in range(8):
        (batch,) = in_batches(lines, batch=5, seed=seed)
        queries = [pair.query for pair in batch]
        assert abs(queries.index("who gets it") - queries.index("who else gets it")) == 2
    assert in_batches(lines, batch=6, seed=0) == []
    assert len(in_batches(lines, batch=2, seed=0)) == 2


def test_the_area_is_the_share_of_answers_that_come_before_what_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "judged_dev.tsv"
    kept.write_text("甲\t101:0 y\t101:1 n\n乙\t101:2 ?\t101:1 n\n甲乙\t101:0 y\n丙\t101:0 n\n甲\t101:2 n\n", "utf-8")
    monkeypatch.setattr("training.evaluate.JUDGED_DEV", kept)
    policy = [
        Sentence(policy=101, zh=zh, en="", plain="", labels=frozenset(), headings=(), clause=zh, heading=False)
        for zh in ("甲", "乙", "甲丙")
    ]

    def encode(texts: Sequence[str], role: str) -> np.ndarray:
        rows = np.array([[float(char in text) for char in "甲乙丙"] for text in texts], np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    told = areas({101: policy}, encode)
    # 甲 for 甲 before 乙 for 甲, and not before 乙 for 乙, which is as close.
    assert told["found"] == 0.5
    # 甲 for 甲乙 is as close as 甲丙 for 甲, and closer than 甲 for 丙.
    assert told["written"] == 0.5
