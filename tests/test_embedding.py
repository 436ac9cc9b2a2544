"""The bundled models: shapes, unit rows, determinism, and English beside Chinese."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.embedding import Embedder, bundled_embedders

TEXTS = ["我们会收集您的手机号码。", "We collect your phone number.", "", "🙂", "x" * 5000, "\ud800"]


@pytest.fixture(scope="module", params=[embedder.name for embedder in bundled_embedders()])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return next(embedder for embedder in bundled_embedders() if embedder.name == request.param)


def test_rows_are_of_unit_length(embedder: Embedder) -> None:
    rows = embedder.embed(TEXTS, "passage")
    assert rows.dtype == np.float32
    assert rows.shape[0] == len(TEXTS)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_are_no_rows(embedder: Embedder) -> None:
    dim = embedder.embed(["a"], "query").shape[1]
    assert embedder.embed([], "query").shape == (0, dim)


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    alone = embedder.embed([TEXTS[0]], "passage")[0]
    assert embedder.embed(TEXTS, "passage")[0] == pytest.approx(alone, abs=1e-4)
    assert embedder.embed([TEXTS[0]], "passage")[0] == pytest.approx(alone, abs=0)


def test_an_english_question_is_closest_to_the_clause_that_answers_it(embedder: Embedder) -> None:
    clauses = [
        "我们将在中华人民共和国境内存储您的个人信息。",
        "您可以拒绝开启摄像头权限。",
        "未成年人应在监护人同意后使用我们的服务。",
    ]
    questions = [
        "Where is my personal information stored?",
        "Can I refuse the camera permission?",
        "May children use it?",
    ]
    similar = embedder.embed(questions, "query") @ embedder.embed(clauses, "passage").T
    assert similar.argmax(axis=1).tolist() == [0, 1, 2]


def test_identity_names_the_version(embedder: Embedder) -> None:
    assert any(char.isdigit() for char in embedder.identity)
