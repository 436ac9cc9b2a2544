"""The base weights: the cut of their vocabulary, on a file made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from assistant.backends.e5_small import read_packed
from tests.packed import PIECES, write_packed
from training import base as base_module
from training.base import needed_ids

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "model.bin"
    write_packed(path)
    return path


def test_the_cut_vocabulary_holds_what_chinese_and_english_need(file: Path) -> None:
    packed = read_packed(file)
    asked: list[str] = []

    def tokenize(text: str) -> list[int]:
        asked.append(text)
        return [PIECES.index("▁we"), PIECES.index("ing"), PIECES.index("café")]

    ids = needed_ids(packed, tokenize, ["We are collecting"])
    kept = {PIECES[number] for number in ids}
    assert ids == sorted(ids)
    assert ids[:4] == [0, 1, 2, 3]
    assert asked == ["We are collecting"]
    assert {"隐私", "政策", "▁隐私政策", "，", "。", "①", "▁we", "ing", "abc", "123456", "é", "π"} <= kept
    assert not {"▁Datenschutz", "привет", "п", "café", "abcd", "<mask>"} & kept


@pytest.mark.model
def test_the_base_is_a_folder_of_sentence_transformers(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer

    monkeypatch.setattr(base_module, "packed_path", lambda: file)
    monkeypatch.setattr(base_module, "english_words", lambda _: ["privacy"])
    size = base_module.build(tmp_path / "cut", texts=["we"])
    whole = base_module.build(tmp_path / "whole", texts=[], full=True)
    assert size < whole == len(PIECES)
    cut, full = (SentenceTransformer(str(tmp_path / name), device="cpu") for name in ("cut", "whole"))
    texts: Any = ["隐私政策", "privacy 隐私，政策。", "we"]
    rows, wanted = cut.encode(texts), full.encode(texts)
    np.testing.assert_allclose(rows, wanted, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    assert not np.allclose(cut.encode(texts, prompt_name="query"), rows, atol=1e-3)
