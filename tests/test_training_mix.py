"""The training data and its mix: what is read of a folder, and the batches that are made of it."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.conftest import FakeEmbedder
from tests.models import data_folder
from training.__main__ import main
from training.data import (
    DEV_POLICIES,
    TRAIN_POLICIES,
    Pair,
    batches,
    heading_level,
    paragraph_pairs,
    read_paragraphs,
    read_policies,
    sentence_pairs,
    some_texts,
    split,
)
from training.mix import WEIGHTS, laid_out, pairs_by_kind, remembering
from training.written import ARTICLES, POLICIES, read_written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assistant.embedding import Role, Vectors
    from training.data import Sentence


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of invented data, which the questions written by hand are not about."""
    monkeypatch.setattr("training.mix.asked_pairs", lambda policies, *_: asked(policies))
    return data_folder(tmp_path / "data")


def asked(policies: dict[int, list[Sentence]]) -> dict[int, list[Pair]]:
    return {
        number: [
            Pair(query=f"{number} 号第 {place} 句？", passage=s.zh, negative="", kind="asked", guide=s.zh)
            for place, s in enumerate(policy[:20])
        ]
        for number, policy in policies.items()
    }


# --- Reading -----------------------------------------------------------------------------


def test_sentences_know_their_headings_and_their_clause(data: Path) -> None:
    policies = read_policies(data)
    assert set(policies) == {1, 2, 3, 101}
    first = policies[1]
    headings = [sentence.zh for sentence in first if sentence.heading]
    assert headings[:2] == ["一、收集的信息", "（一）注册"]
    below = next(s for s in first if not s.heading and len(s.headings) == 2)
    assert below.headings == ("一、收集的信息", "（一）注册")
    assert below.zh in below.clause
    assert not any(heading in below.clause for heading in headings)
    # White space of the translation is the layout's; a sentence without Chinese is none.
    assert not any("  " in s.en or not s.zh for s in first)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("一、总则", 0),
        ("（二）注册", 1),
        ("3. 使用", 2),
        ("1.2 注册", 3),
        ("（1）手机号", 3),
        ("我们会收集您的手机号。", None),
    ],
)
def test_headings_have_their_depth(text: str, level: int | None) -> None:
    assert heading_level(text) == level


def test_every_fourth_paragraph_is_kept_for_evaluation(data: Path) -> None:
    paragraphs = read_paragraphs(data, "xquad")
    kept, others = split(paragraphs, held_out=True), split(paragraphs, held_out=False)
    assert [paragraphs.index(one) for one in kept] == [3, 7]
    assert len(kept) + len(others) == len(paragraphs) == 8
    assert all(en for paragraph in paragraphs for _, en in paragraph.questions)
    assert not any(en for paragraph in read_paragraphs(data, "cmrc") for _, en in paragraph.questions)


def test_a_heading_is_a_negative_and_never_answers(data: Path) -> None:
    policy = read_policies(data)[1]
    for kind in ("en", "plain"):
        pairs = sentence_pairs(policy, random.Random(0), kind=kind)
        assert pairs
        headings = {s.zh for s in policy if s.heading}
        for pair in pairs:
            assert pair.guide not in headings
            assert pair.guide in pair.passage or pair.passage in pair.guide
            assert pair.negative != pair.guide


def test_texts_that_show_how_far_channels_reach_have_their_prompts(data: Path) -> None:
    texts = some_texts(data, count=5)
    assert {text.split(": ")[0] for text in texts} == {"query", "passage"}
    dev = {s.zh for number in DEV_POLICIES for s in read_policies(data).get(number, ())}
    assert not any(text.split(": ", 1)[1] in dev for text in texts)


@pytest.mark.parametrize("missing", ["capp130_zh_en.jsonl", "xquad_zh_en_dev.jsonl", "cmrc2018_trial.jsonl"])
def test_a_file_that_is_missing_is_named(data: Path, capsys: pytest.CaptureFixture[str], missing: str) -> None:
    (data / missing).unlink()
    assert main(["show", "--data", str(data)]) == 1
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize("line", ["{", '{"policy": 1, "zh": "只有中文"}', "[]"])
def test_a_line_that_is_not_as_it_should_be_is_not_passed_over(data: Path, line: str) -> None:
    with (data / "capp130_zh_en.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_policies(data)


# --- The mix -----------------------------------------------------------------------------


def test_pairs_are_of_training_policies_and_of_every_kind(data: Path) -> None:
    found = pairs_by_kind(data)
    assert set(found) == set(WEIGHTS)
    for kind, by in found.items():
        written = {text.number for folder in (POLICIES, ARTICLES) for text in read_written(folder)}
        known = {"general": {0}, "written": written, "article": written}
        assert set(by) <= known.get(kind, set(TRAIN_POLICIES)), kind
        assert sum(map(len, by.values())), kind
    held_out = {paragraph.text for paragraph in split(read_paragraphs(data, "xquad"), held_out=True)}
    assert not any(pair.passage in text for pair in found["general"][0] for text in held_out)


def test_questions_are_about_what_their_sentence_says(data: Path) -> None:
    found = pairs_by_kind(data)
    policies = read_policies(data)
    for kind in ("turned", "facet"):
        for number, pairs in found[kind].items():
            sentences = {sentence.zh for sentence in policies[number]}
            assert all(pair.guide in sentences and pair.query and pair.kind == kind for pair in pairs)
    asked_for = [pair for pair in found["facet"][1] if any(name in pair.query for name in ("电话", "手机号"))]
    assert asked_for
    assert all("手机号码" in pair.guide for pair in asked_for if "型号" not in pair.query)


def batch_pairs(policy: int, kind: str, count: int) -> list[Pair]:
    return [
        Pair(query=f"{kind} {policy} {n}?", passage=f"p {policy} {n}", negative="", kind=kind, guide=f"{policy} {n}")
        for n in range(count)
    ]


GROUPS = {
    "en": {1: batch_pairs(1, "en", 60), 2: batch_pairs(2, "en", 60)},
    "asked": {1: batch_pairs(1, "asked", 30), 2: batch_pairs(2, "asked", 30), 3: batch_pairs(3, "asked", 5)},
    "general": {0: batch_pairs(0, "general", 80)},
}
MIX = {"en": 0.25, "asked": 0.75, "general": 0.2}


def test_a_batch_is_of_one_policy_and_has_no_passage_twice() -> None:
    laid = list(batches(GROUPS, MIX, sizes=[16] * 200, seed=1))
    for batch in laid:
        assert len(batch) == 16
        guides = [pair.guide for pair in batch]
        assert len(set(guides)) == len(guides)
        of = Counter(guide.split()[0] for guide in guides)
        # The third policy is too short for a batch, and others follow.
        assert len(of) == 1 or of["3"] == 5
        assert "0" not in of or of == {"0": 16}
    assert {batch[0].guide.split()[0] for batch in laid} == {"0", "1", "2", "3"}


def test_kinds_have_their_share() -> None:
    laid = list(batches(GROUPS, MIX, sizes=[12] * 600, seed=2))
    general = [batch for batch in laid if batch[0].kind == "general"]
    assert len(general) / len(laid) == pytest.approx(0.2, abs=0.05)
    kinds = Counter(pair.kind for batch in laid for pair in batch if pair.kind != "general")
    assert kinds["asked"] / kinds.total() == pytest.approx(0.75, abs=0.08)


def test_every_pair_is_drawn_before_one_is_drawn_again() -> None:
    drawn = Counter(pair.query for batch in batches(GROUPS, {"en": 1.0}, sizes=[10] * 30, seed=3) for pair in batch)
    assert max(drawn.values()) - min(drawn[f"en {p} {n}?"] for p in (1, 2) for n in range(60)) <= 3


def test_batches_are_those_of_their_seed(data: Path) -> None:
    def laid(seed: int) -> list[list[Pair]]:
        return laid_out(data, steps=6, batch=8, seed=seed)

    assert laid(1) == laid(1)
    assert laid(1) != laid(2)
    assert [len(batch) for batch in laid(1)] == [8] * 6


class CountingEmbedder(FakeEmbedder):
    """Counts what it is given."""

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        counted.update(texts)
        return super().embed(texts, role)


counted: Counter[str] = Counter()


def test_a_guide_makes_half_of_the_batches_of_passages_that_are_close(data: Path) -> None:
    counted.clear()
    guide = remembering(CountingEmbedder())
    plain = laid_out(data, steps=30, batch=6, seed=1)
    guided = laid_out(data, steps=30, batch=6, seed=1, guide=guide)
    assert [len(batch) for batch in guided] == [6] * 30

    def closeness(laid: list[list[Pair]]) -> float:
        means = []
        for batch in laid:
            vectors = guide.embed([pair.passage for pair in batch], "passage")
            means.append((vectors @ vectors.T).mean())
        return float(np.mean(means))

    assert closeness(guided) > closeness(plain) + 0.01
    assert set(counted.values()) == {1}


def test_general_questions_stand_for_their_paragraph(data: Path) -> None:
    pairs = paragraph_pairs(read_paragraphs(data, "xquad"), random.Random(0))
    assert {pair.kind for pair in pairs} == {"general"}
    numbers = [
        json.loads(line)["context_zh"] for line in (data / "xquad_zh_en_dev.jsonl").read_text("utf-8").splitlines()
    ]
    assert {pair.passage for pair in pairs} == set(numbers)
    assert any(pair.query.isascii() for pair in pairs)
    assert any(not pair.query.isascii() for pair in pairs)
