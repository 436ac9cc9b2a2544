"""The bundled encoder's folder: written out of torch weights, and turned back into them.

Word embeddings keep the 4-bit blocks that they came in (they are not trained), so that nothing
is lost and the file is small; the other matrices become 8-bit. The graph is written node by node
with ONNX Runtime's own operators for attention, layer normalization and quantized products, and
gives the hidden state of each token; the mean over tokens and the unit length are the modules
after it.

Needs the extra `train` (`pip install 'policy-assistant[train]'`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from assistant.backends.sentence_transformers import no_progress_bars
from assistant.embedding import MODEL_FILE, BundledEncoder, onnx_runtime
from assistant.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    Floats = NDArray[np.float32]

BLOCK = 32
"""Word embeddings in a block of 4-bit weights with one scale."""
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
PROMPTS = {"query": "query: ", "passage": "passage: "}
MAX_TOKENS = 512

Weights = Literal["float", "int8", "blocks8", "blocks4"]
"""How matrices are stored: `int8` one scale a column, `blocksN` N bits with a scale each `WEIGHT_BLOCK` weights."""

WEIGHT_BLOCK = 64
SMOOTHING = 0.7
"""How much of the channels' reach goes over to the matrix (SmoothQuant, arXiv 2211.10438)."""
DOMAIN = "com.microsoft"
CHECKSUMS = "SHA256SUMS"
SCOPE_FILE = "scope.json"
_EPSILON = 1e-12
"""Of layer normalization."""


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
        raise ModelError(
            f"weights of torch need the package {error.name}: install it with `pip install 'policy-assistant[train]'`"
        ) from None


class _Graph:
    """A graph that is being written: its nodes and constants."""

    def __init__(self, weights: Weights, reach: Mapping[str, Floats]) -> None:
        self.weights = weights
        self.reach = reach
        self.inputs: dict[str, str] = {}
        """What each product multiplies, by its name."""
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], out: str, *, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [out], name=out, domain=domain, **attributes))
        return out

    def product(self, name: str, left: str, matrix: Floats) -> str:
        """Add `left @ matrix.T`; `matrix` has shape (outputs, inputs)."""
        import numpy as np

        self.inputs[name] = left
        if self.weights == "float":
            return self.node("MatMul", [left, self.constant(f"{name}.w", np.ascontiguousarray(matrix.T))], name)
        if self.weights == "int8":
            if name in self.reach:
                # Few channels reach far, and one scale serves all: a part of it goes over to the matrix.
                share = (np.maximum(self.reach[name], 1e-3) ** SMOOTHING) / np.maximum(
                    np.abs(matrix).max(axis=0), 1e-3
                ) ** (1 - SMOOTHING)
                share = (share / np.exp(np.log(share).mean())).astype(np.float32)
                left = self.node("Mul", [left, self.constant(f"{name}.share", 1 / share)], f"{name}.smooth")
                matrix = matrix * share
            # Seven bits: the sum of two products of 8 bits overflows 16 bits on processors without VNNI.
            scales = (np.abs(matrix).max(axis=1) / 63).astype(np.float32)
            codes = np.rint(matrix / scales[:, None]).clip(-64, 63).astype(np.int8)
            inputs = [
                left,
                self.constant(f"{name}.w", np.ascontiguousarray(codes.T)),
                self.constant(f"{name}.s", scales),
            ]
            return self.node("DynamicQuantizeMatMul", inputs, name, domain=DOMAIN)
        bits = 8 if self.weights == "blocks8" else 4
        codes, scales = blocks_of(matrix, bits=bits)
        outputs, width = matrix.shape
        packed = codes if bits == 8 else codes[..., 0::2] | codes[..., 1::2] << 4
        inputs = [left, self.constant(f"{name}.w", packed), self.constant(f"{name}.s", scales.reshape(outputs, -1))]
        return self.node(
            "MatMulNBits",
            inputs,
            name,
            domain=DOMAIN,
            K=width,
            N=outputs,
            bits=bits,
            block_size=WEIGHT_BLOCK,
            accuracy_level=4,
        )


def blocks_of(matrix: Floats, *, bits: int) -> tuple[NDArray[np.uint8], Floats]:
    """Return codes, uint8 (rows, blocks, `WEIGHT_BLOCK`), and scales, float32 (rows, blocks).

    A weight is (code - 2^(bits - 1)) times its scale.
    """
    import numpy as np

    middle = 2 ** (bits - 1)
    parts = matrix.reshape(len(matrix), -1, WEIGHT_BLOCK)
    scales = (np.abs(parts).max(axis=2) / (middle - 1)).astype(np.float32)
    codes = np.rint(parts / np.maximum(scales, 1e-12)[..., None]).clip(-middle, middle - 1) + middle
    return codes.astype(np.uint8), scales


def embedding_blocks(rows: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return the 4-bit codes, int8 (rows, hidden), and scales, float32 (rows, blocks), of word embeddings.

    Rows that were unpacked from 4-bit blocks come back as they were: within a block all are
    whole multiples, from -8 to 7, of one scale.
    """
    import numpy as np

    parts = rows.reshape(len(rows), -1, BLOCK)
    place = np.abs(parts).argmax(axis=2)[..., None]
    extreme = np.take_along_axis(parts, place, axis=2)[..., 0]
    best_codes = np.zeros(parts.shape, np.int8)
    best_scales = np.zeros(extreme.shape, np.float32)
    best_error = np.full(extreme.shape, np.inf, np.float32)
    # The extreme weight is most often -8 steps from zero; blocks cut by rounding have fewer.
    for steps in (-8, -7, 7, -6, 6, -5, 5, -4, 4, -3, 3):
        scales = (extreme / steps).astype(np.float16).astype(np.float32)
        codes = np.rint(parts / np.where(scales == 0, 1, scales)[..., None]).clip(-8, 7)
        error = np.abs(codes * scales[..., None] - parts).max(axis=2)
        better = error < best_error
        best_codes[better], best_scales[better], best_error[better] = codes[better], scales[better], error[better]
    return best_codes.reshape(rows.shape), best_scales


def model_of(
    state: Mapping[str, Floats],
    *,
    heads: int,
    weights: Weights,
    reach: Mapping[str, Floats] | None = None,
    inner: bool = False,
) -> Any:
    """Return the ONNX model of a BERT's weights.

    Args:
        state: Weights by their names in `transformers.BertModel`.
        heads: Number of attention heads.
        weights: How matrices are stored.
        reach: How far each channel of what a product multiplies reaches, as `reach_of` gives it.
        inner: Whether to give what each product multiplies too, under the name of the product.
    """
    import ml_dtypes
    import numpy as np
    from onnx import TensorProto, helper

    graph = _Graph(weights, reach or {})
    hidden = state["embeddings.word_embeddings.weight"].shape[1]
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layer."))

    codes, scales = embedding_blocks(state["embeddings.word_embeddings.weight"])
    word = graph.node(
        "GatherBlockQuantized",
        [
            graph.constant("word", codes.astype(ml_dtypes.int4)),
            "input_ids",
            graph.constant("word.scales", scales.astype(np.float16)),
        ],
        "word.rows",
        domain=DOMAIN,
        gather_axis=0,
        quantize_axis=1,
        block_size=BLOCK,
    )
    word = graph.node("Cast", [word], "word.float", to=TensorProto.FLOAT)
    places = state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0]
    graph.constant("zero", np.asarray([0], np.int64))
    graph.constant("one", np.asarray([1], np.int64))
    graph.constant("two", np.asarray([2], np.int64))
    graph.node("Shape", ["input_ids"], "shape")
    graph.node("Slice", ["shape", "one", "two"], "length")
    place = graph.node("Slice", [graph.constant("places", places), "zero", "length", "zero"], "place")
    state_name = graph.node("Add", [word, place], "embedded")
    state_name = graph.node(
        "LayerNormalization",
        [
            state_name,
            graph.constant("norm.w", state["embeddings.LayerNorm.weight"]),
            graph.constant("norm.b", state["embeddings.LayerNorm.bias"]),
        ],
        "normed",
        epsilon=_EPSILON,
    )
    mask = graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)

    for layer in range(layers):

        def weight(name: str, layer: int = layer) -> Floats:
            return np.ascontiguousarray(state[f"encoder.layer.{layer}.{name}"], np.float32)

        at = f"layer{layer}"
        three = np.concatenate([weight(f"attention.self.{name}.weight") for name in ("query", "key", "value")])
        bias = graph.constant(
            f"{at}.qkv.b", np.concatenate([weight(f"attention.self.{name}.bias") for name in ("query", "key", "value")])
        )
        packed = graph.product(f"{at}.qkv", state_name, three)
        parts = [f"{at}.{name}" for name in "qkv"]
        sizes = graph.constant(f"{at}.sizes", np.asarray([hidden] * 3, np.int64))
        graph.nodes.append(helper.make_node("Split", [packed, sizes], parts, name=f"{at}.split", axis=-1))
        context = graph.node(
            "MultiHeadAttention", [*parts, bias, mask], f"{at}.context", domain=DOMAIN, num_heads=heads
        )
        context = graph.product(f"{at}.attended", context, weight("attention.output.dense.weight"))
        for step, (source, name, out) in enumerate(
            ((context, "attention.output", f"{at}.middle"), ("", "output", f"{at}.out"))
        ):
            value = source
            if step == 1:
                value = graph.product(f"{at}.wide", state_name, weight("intermediate.dense.weight"))
                value = graph.node(
                    "BiasGelu",
                    [value, graph.constant(f"{at}.wide.b", weight("intermediate.dense.bias"))],
                    f"{at}.gelu",
                    domain=DOMAIN,
                )
                value = graph.product(f"{at}.narrow", value, weight("output.dense.weight"))
            inputs = [value, state_name] + [
                graph.constant(f"{out}.{part}", weight(f"{name}.{part}"))
                for part in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")
            ]
            state_name = graph.node(
                "SkipLayerNormalization",
                inputs,
                "last_hidden_state" if step == 1 and layer == layers - 1 else out,
                domain=DOMAIN,
                epsilon=_EPSILON,
            )

    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    out_info = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", hidden])
    outs = [out_info]
    if inner:
        for name, source in graph.inputs.items():
            graph.node("Identity", [source], f"{name}.input")
            outs.append(helper.make_tensor_value_info(f"{name}.input", TensorProto.FLOAT, None))
    body = helper.make_graph(graph.nodes, "encoder", ids, outs, graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(body, opset_imports=opsets, producer_name="policy-assistant", ir_version=10)


def reach_of(
    state: Mapping[str, Floats], tokenizer: Tokenizer, texts: Sequence[str], *, heads: int
) -> dict[str, Floats]:
    """Return the greatest magnitude of each channel of what each product multiplies, over `texts`.

    Args:
        state: See `model_of`.
        tokenizer: The model's tokenizer.
        texts: Some texts, with their prompts.
        heads: Number of attention heads.
    """
    import numpy as np

    model = model_of(state, heads=heads, weights="float", inner=True)
    session = onnx_runtime().InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [out.name for out in session.get_outputs() if out.name.endswith(".input")]
    found: dict[str, Floats] = {}
    for text in texts:
        ids = np.asarray([tokenizer.encode(text).ids[:MAX_TOKENS]])
        for name, values in zip(
            names, session.run(names, {"input_ids": ids, "attention_mask": np.ones_like(ids)}), strict=True
        ):
            most = np.abs(values).max(axis=(0, 1))
            key = name.removesuffix(".input")
            found[key] = np.maximum(found.get(key, most), most)
    return found


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
        from onnx import numpy_helper
        from transformers import BertConfig, BertModel

    # It reads and checks every file that matters.
    BundledEncoder(folder).embed([" "], "query")
    graph = onnx.load(folder / MODEL_FILE).graph
    values = {constant.name: numpy_helper.to_array(constant) for constant in graph.initializer}
    given = json.loads((folder / "config.json").read_text("utf-8"))
    config = BertConfig(**given | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    hidden = config.hidden_size

    def matrix(name: str) -> Floats:
        codes = values[f"{name}.w"]
        if f"{name}.s" not in values:
            return np.asarray(codes.T, np.float32)
        scales = values[f"{name}.s"]
        if codes.ndim == 2:
            share = values.get(f"{name}.share", np.float32(1))
            return np.asarray(codes.T.astype(np.float32) * scales[:, None] * share, np.float32)
        if codes.shape[2] < WEIGHT_BLOCK:
            codes = np.stack([codes & 15, codes >> 4], axis=-1).reshape(*codes.shape[:2], -1)
            codes = codes.astype(np.float32) - 8
        else:
            codes = codes.astype(np.float32) - 128
        unpacked: Floats = (codes * scales[..., None]).reshape(len(codes), -1)
        return unpacked

    word = (
        values["word"].astype(np.float32).reshape(-1, hidden // BLOCK, BLOCK)
        * values["word.scales"].astype(np.float32)[..., None]
    )
    state: dict[str, Any] = {
        "embeddings.word_embeddings.weight": word.reshape(-1, hidden),
        "embeddings.position_embeddings.weight": values["places"],
        "embeddings.token_type_embeddings.weight": np.zeros((1, hidden), np.float32),
        "embeddings.LayerNorm.weight": values["norm.w"],
        "embeddings.LayerNorm.bias": values["norm.b"],
    }
    for layer in range(config.num_hidden_layers):
        at, to = f"layer{layer}", f"encoder.layer.{layer}"
        for name, weight, bias in zip(
            ("query", "key", "value"), np.split(matrix(f"{at}.qkv"), 3), np.split(values[f"{at}.qkv.b"], 3), strict=True
        ):
            state[f"{to}.attention.self.{name}.weight"], state[f"{to}.attention.self.{name}.bias"] = weight, bias
        for name, source, norms in (("attention.output", "attended", "middle"), ("output", "narrow", "out")):
            state[f"{to}.{name}.dense.weight"] = matrix(f"{at}.{source}")
            for part in ("dense.bias", "LayerNorm.weight", "LayerNorm.bias"):
                state[f"{to}.{name}.{part}"] = values[f"{at}.{norms}.{part}"]
        state[f"{to}.intermediate.dense.weight"] = matrix(f"{at}.wide")
        state[f"{to}.intermediate.dense.bias"] = values[f"{at}.wide.b"]
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
