"""Legs, fusion and hits, as arithmetic, and the retriever over the invented corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant.index import Index, build_shard
from assistant.retrieval import Retriever, fuse, of_passages
from tests.conftest import FakeEmbedder

if TYPE_CHECKING:
    from assistant import Policy
    from assistant.index import Analyzer


@pytest.fixture(scope="module")
def retriever(policies: tuple[Policy, ...], analyzer: Analyzer) -> Retriever:
    embedder = FakeEmbedder()
    return Retriever(Index("v", [build_shard(p, analyzer, [embedder]) for p in policies]), analyzer, [embedder])


def test_a_passage_has_its_own_score_and_that_of_its_best_sentence() -> None:
    # Two passages: one of two sentences, one of one.
    scores = np.array([0.2, 0.4, 0.8, 0.6, 0.1])
    first, second = of_passages(scores, np.array([0, 3])).tolist()
    assert 0.2 < first < 0.8
    assert 0.1 < second < 0.6
    assert of_passages(scores[[0, 2, 1, 3, 4]], np.array([0, 3])).tolist() == [first, second]


def test_legs_are_brought_to_one_scale() -> None:
    tenfold = fuse({"fake": np.array([1.0, 2.0, 6.0])}) - fuse({"fake": np.array([10.0, 20.0, 60.0])})
    assert np.abs(tenfold).max() < 1e-9


def test_a_leg_that_tells_nothing_apart_has_no_say() -> None:
    dense = np.array([0.1, 0.5, 0.3])
    assert (fuse({"bm25": np.zeros(3), "fake": dense}) == fuse({"fake": dense})).all()


def test_words_find_their_clause(retriever: Retriever) -> None:
    best = retriever.retrieve("听书功能会用麦克风吗", k=3)[0]
    assert "麦克风权限" in best.policy.text[best.start : best.end]
    assert best.ranks["bm25"] == 1
    assert set(best.ranks) <= {"bm25", "fake"}


def test_an_english_question_meets_a_chinese_clause_through_its_concepts(retriever: Retriever) -> None:
    best = retriever.retrieve("do you need access to my microphone?", k=1, policies=["yunchao"])[0]
    assert "麦克风" in best.policy.text[best.start : best.end]


def test_an_english_policy_is_found_in(retriever: Retriever) -> None:
    best = retriever.retrieve("how long do you keep the record of a delivery", k=1, policies=["lantern"])[0]
    assert "two years" in best.policy.text[best.start : best.end]


def test_hits_are_in_order_and_within_scope(retriever: Retriever) -> None:
    hits = retriever.retrieve("手机号码", k=5, policies=["yunchao"])
    assert len(hits) == 5
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {hit.policy.id for hit in hits} == {"yunchao"}
    assert all(0 <= hit.evidence.coverage <= 1 and -1 <= hit.evidence.similarity <= 1.0001 for hit in hits)
    assert all(hit.evidence.scope is None for hit in hits)
    assert all(len(hit.sentence_scores) == len(hit.passage.sentences) for hit in hits)


def test_all_policies_are_searched_by_default(retriever: Retriever) -> None:
    assert {hit.policy.id for hit in retriever.retrieve("address 地址 手机号", k=40)} == {"yunchao", "lantern"}


def test_k_is_bounded(retriever: Retriever) -> None:
    assert len(retriever.retrieve("手机号码", k=10_000)) < 100
    with pytest.raises(ValueError, match="k must be at least 1, not 0"):
        retriever.retrieve("手机号码", k=0)


def test_an_unknown_policy_is_an_error(retriever: Retriever) -> None:
    with pytest.raises(KeyError):
        retriever.retrieve("手机号码", k=1, policies=["nowhere"])


@pytest.mark.parametrize("question", ["……", "the of and", "🙂", "的了吗"])
def test_a_question_without_words_still_has_hits_by_meaning(retriever: Retriever, question: str) -> None:
    hits = retriever.retrieve(question, k=3)
    assert len(hits) == 3
    assert all(hit.evidence.coverage == 0 for hit in hits)


def test_contents_are_never_found(retriever: Retriever, policies: tuple[Policy, ...]) -> None:
    hits = retriever.retrieve("目录 contents", k=1000)
    assert all(hit.clause.kind != "contents" for hit in hits)


@pytest.mark.parametrize(
    "question", ["云巢读书会不会用麦克风", "雲巢讀書會不會用麥克風", "Does Yunchao need the microphone?"]
)
def test_a_policys_own_name_tells_no_clause_from_another(retriever: Retriever, question: str) -> None:
    best = retriever.retrieve(question, k=1, policies=["yunchao"])[0]
    assert "麦克风" in best.policy.text[best.start : best.end]


def test_a_question_of_nothing_but_a_name_is_asked_as_it_is(retriever: Retriever) -> None:
    assert "云巢读书" in (hit := retriever.retrieve("云巢读书", k=1)[0]).policy.text[hit.start : hit.end]
