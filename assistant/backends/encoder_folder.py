"""The bundled encoder's folder: written out of torch weights, and turned back into them.

The graph gives the hidden state of each token; the mean over tokens and the unit length are the modules after it.

Needs the extra `train` (`pip install '.[train]'` in the clone).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.backends.encoder_graph import Weights, model_of, reach_of, state_of
from assistant.backends.sentence_transformers import no_progress_bars
from assistant.embedding import MAX_TOKENS, MODEL_FILE, BundledEncoder
from assistant.errors import ModelError, needs_extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
PROMPTS = {"query": "query: ", "passage": "passage: "}
CHECKSUMS = "SHA256SUMS"
SCOPE_FILE = "scope.json"


def is_encoder(folder: Path) -> bool:
    """Say whether `folder` has the layout of the bundled encoder, which needs no torch."""
    try:
        return f"  {MODEL_FILE}\n" in (folder / CHECKSUMS).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False


@contextmanager
def torch_needed() -> Iterator[None]:
    """Explain that the packages are missing which the imports inside need.

    Raises:
        ModelError: If one is.
    """
    try:
        yield
    except ImportError as error:
        raise ModelError(needs_extra(f"a model of torch, for {error.name},", "train")) from None


def export(source: Path, out: Path, *, weights: Weights = "int8", card: str = "", texts: Sequence[str] = ()) -> Path:
    """Write the shipped folder of the model at `source`.

    Args:
        source: A sentence-transformers folder with torch weights.
        out: Folder to write; an encoder that is there serves until the new one is whole, and is replaced.
        weights: How matrices are stored.
        card: Text of the model card.
        texts: Some texts with their prompts, to see how far channels reach (`int8` only).

    Returns:
        `out`.

    Raises:
        ModelError: If something else is at `out`.
    """
    if out.exists() and not is_encoder(out) and not (out.is_dir() and not any(out.iterdir())):
        raise ModelError(f"{out}: is there, and is no encoder: move it away, or name another folder")
    import onnx
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    state = {name.removeprefix("bert."): values for name, values in load_file(source / "model.safetensors").items()}
    config = json.loads((source / "config.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    # The trainer leaves its own cutting and padding in the file.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    heads = config["num_attention_heads"]
    reach = reach_of(state, tokenizer, texts, heads=heads) if texts and weights == "int8" else None
    model = model_of(state, heads=heads, weights=weights, reach=reach)
    aside = out.with_name(f"{out.name}.partial")
    # A killed export may have left it.
    shutil.rmtree(aside, ignore_errors=True)
    (aside / "onnx").mkdir(parents=True)
    onnx.save(model, aside / "onnx" / "model.onnx")
    kept = (
        "architectures",
        "hidden_act",
        "hidden_size",
        "intermediate_size",
        "layer_norm_eps",
        "max_position_embeddings",
        "model_type",
        "num_attention_heads",
        "num_hidden_layers",
        "pad_token_id",
        "type_vocab_size",
        "vocab_size",
    )
    (aside / "config.json").write_text(
        json.dumps({name: config[name] for name in kept}, indent=2) + "\n", encoding="utf-8"
    )
    save_layout(aside, tokenizer)
    if card:
        (aside / "README.md").write_text(card, encoding="utf-8")
    write_checksums(aside)
    if out.exists():
        shutil.rmtree(out)
    aside.rename(out)
    return out


def write_checksums(folder: Path) -> None:
    """Write the SHA-256 of each file of the folder, in the form that `sha256sum --check` reads."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def to_torch(folder: Path, out: Path) -> Path:
    """Write the shipped folder with torch weights, unpacked, so that training can go on from it.

    Args:
        folder: A folder that `export` wrote.
        out: The sentence-transformers folder to write.

    Raises:
        ModelError: If a file of the folder is missing or altered, it holds another kind of model, or torch is not
            installed.
    """
    import numpy as np
    from tokenizers import Tokenizer

    with torch_needed():
        import onnx
        import torch
        from transformers import BertConfig, BertModel

    # It reads and checks every file that matters.
    BundledEncoder(folder).embed([" "], "query")
    state = state_of(onnx.load(folder / MODEL_FILE))
    given = json.loads((folder / "config.json").read_text("utf-8"))
    config = BertConfig(**given | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    hidden = config.hidden_size
    # It has no pooler, which is not used; zeros save those who load it a warning.
    state |= {"pooler.dense.weight": np.zeros((hidden, hidden)), "pooler.dense.bias": np.zeros(hidden)}
    model = BertModel(config)
    missing, unexpected = model.load_state_dict(
        {name: torch.from_numpy(np.array(value, np.float32)) for name, value in state.items()}, strict=False
    )
    if unexpected or missing:
        raise ModelError(f"{folder}: its weights are not those of a BERT: {missing} {unexpected}")
    out.mkdir(parents=True, exist_ok=True)
    with no_progress_bars():
        model.save_pretrained(out)
    save_layout(out, Tokenizer.from_file(str(folder / "tokenizer.json")))
    return out


def save_layout(out: Path, tokenizer: Tokenizer) -> None:
    """Write the files that make `out` a sentence-transformers folder: tokenizer, modules, pooling, prompts."""
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIALS, strict=True))
    names |= {"cls_token": "<s>", "sep_token": "</s>"}
    files: dict[str, Any] = {
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            **names,
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "special_tokens_map.json": names,
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": 384,
            "pooling_mode_mean_tokens": True,
            "include_prompt": True,
        },
        "2_Normalize/config.json": {},
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
    for name, value in files.items():
        path = out / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
