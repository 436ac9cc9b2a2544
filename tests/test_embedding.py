"""The bundled models: shapes, unit rows, determinism, and English beside Chinese."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import assistant.embedding
from assistant import ModelError
from assistant.backends.encoder_folder import write_checksums
from assistant.embedding import TOPICS_FILE, BundledEncoder, Embedder, bundled_embedders

if TYPE_CHECKING:
    from assistant.text import Language

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
    assert (embedder.embed(TEXTS, "passage")[0] == alone).all()


def test_a_paragraph_is_read_to_its_end(embedder: Embedder) -> None:
    # Some 330 pieces: as long as the longest clauses are that are not lists.
    start = "我们会收集您的订单信息，用于为您提供配送服务。" * 30
    rows = embedder.embed([f"{start}您可以随时注销账号。", f"{start}我们使用加密技术。", "怎么注销账号"], "passage")
    assert rows[0] @ rows[2] > rows[1] @ rows[2] + 0.01


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


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the bundled encoder's folder, to be damaged."""
    folder = Path(assistant.embedding.__file__).parent / "data" / "encoder"
    return Path(shutil.copytree(folder, tmp_path / "encoder"))


@pytest.mark.parametrize(
    "name", ["onnx/model.onnx", "tokenizer.json", "config_sentence_transformers.json", "scope.json", "SHA256SUMS"]
)
@pytest.mark.parametrize("missing", [True, False], ids=["missing", "altered"])
def test_a_file_that_is_not_as_shipped_is_named(copied: Path, name: str, missing: bool) -> None:
    if missing:
        (copied / name).unlink()
    else:
        (copied / name).write_bytes((copied / name).read_bytes().replace(b"a", b"b"))
    encoder = BundledEncoder(copied)
    with pytest.raises(ModelError, match="install the package again") as caught:
        encoder.scope(encoder.embed(["个推收集什么"], "query")[0])
    assert str(copied) in str(caught.value)


def test_scope_tells_policies_from_the_rest() -> None:
    encoder = BundledEncoder()
    inside = encoder.embed(["你们会收集我的位置吗", "how do I delete my account", "cookie 怎么关"], "query")
    outside = encoder.embed(["北京明天多少度", "write a haiku about the sea", "怎么炒鸡蛋"], "query")
    assert min(map(encoder.scope, inside)) > 0.5 + max(map(encoder.scope, outside))
    assert encoder.scope(inside[0]) > 0 > encoder.scope(outside[0])


def test_threads_may_share_an_encoder() -> None:
    encoder = BundledEncoder()
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda _: encoder.embed(TEXTS[:2], "query"), range(8)))
    assert all((row == rows[0]).all() for row in rows)


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("zh", ["我们将在中华人民共和国境内存储您的个人信息。", "您可以拒绝开启摄像头权限。"]),
        ("en", ["We store your personal information within China.", "You may refuse the camera permission."]),
    ],
)
def test_the_guess_at_an_answer_is_close_to_the_clause_that_answers(language: Language, texts: list[str]) -> None:
    encoder = BundledEncoder()
    clauses = encoder.embed(texts, "passage")
    vector = encoder.embed(["Is my data kept in China?"], "query")[0]
    guess, closeness = encoder.guess(vector, language)
    assert np.linalg.norm(guess) == pytest.approx(1, abs=1e-5)
    assert (clauses @ guess).argmax() == 0
    assert 0.5 < closeness <= 1
    assert closeness > encoder.guess(encoder.embed(["how tall is Mount Everest"], "query")[0], language)[1]


def test_topics_of_another_version_are_told_of(copied: Path) -> None:
    np.save(copied / TOPICS_FILE, np.zeros((2, 3, 384), np.int8))
    write_checksums(copied)
    with pytest.raises(ModelError, match=r"topics\.npy: its shape is \(2, 3, 384\)"):
        BundledEncoder(copied).guess(np.zeros(384, np.float32), "zh")


def test_an_encoder_without_topics_guesses_nothing(copied: Path) -> None:
    (copied / TOPICS_FILE).unlink()
    sums = (copied / "SHA256SUMS").read_text("utf-8").splitlines(keepends=True)
    (copied / "SHA256SUMS").write_text("".join(line for line in sums if TOPICS_FILE not in line), "utf-8")
    encoder = BundledEncoder(copied)
    guess, closeness = encoder.guess(encoder.embed(["a"], "query")[0], "zh")
    assert not guess.any()
    assert closeness == 0


def test_nothing_is_written_into_the_home_folder_by_the_runtime(tmp_path: Path) -> None:
    # In a process of its own: the runtime reads whether it may report when it is imported.
    code = "from assistant.embedding import BundledEncoder; BundledEncoder().embed(['收集位置信息'], 'passage')"
    left_out = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    subprocess.run([sys.executable, "-c", code], env=environment | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []
