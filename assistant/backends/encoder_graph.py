"""The bundled encoder's graph: a BERT's weights as an ONNX model.

Word embeddings keep the 4-bit blocks that they came in (they are not trained), so that nothing is lost and the file is
small; the other matrices become 8-bit. The graph is written node by node with ONNX Runtime's own operators for
attention, layer normalization and quantized products, and gives the hidden state of each token.

Needs the extra `train` (`pip install '.[train]'` in the clone).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from assistant.embedding import MAX_TOKENS, onnx_runtime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    Floats = NDArray[np.float32]

BLOCK = 32
"""Word embeddings in a block of 4-bit weights with one scale."""

Weights = Literal["float", "int8", "blocks8", "blocks4"]
"""How matrices are stored: `int8` one scale a column, `blocksN` N bits with a scale each `WEIGHT_BLOCK` weights."""

WEIGHT_BLOCK = 64
SMOOTHING = 0.7
"""How much of the channels' reach goes over to the matrix (SmoothQuant, arXiv 2211.10438)."""
DOMAIN = "com.microsoft"
_EPSILON = 1e-12
"""Of layer normalization."""


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
    from onnx import TensorProto, helper

    graph = _Graph(weights, reach or {})
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.layer."))
    hidden = _embedded(graph, state)
    mask = graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    for number in range(layers):
        layer = _Layer(graph, state, number)
        hidden = layer.attended(hidden, mask, heads=heads)
        hidden = layer.fed_forward(hidden, out="last_hidden_state" if number == layers - 1 else "")

    ids = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask")
    ]
    width = state["embeddings.word_embeddings.weight"].shape[1]
    outs = [helper.make_tensor_value_info(hidden, TensorProto.FLOAT, ["batch", "length", width])]
    if inner:
        for name, source in graph.inputs.items():
            graph.node("Identity", [source], f"{name}.input")
            outs.append(helper.make_tensor_value_info(f"{name}.input", TensorProto.FLOAT, None))
    body = helper.make_graph(graph.nodes, "encoder", ids, outs, graph.constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(DOMAIN, 1)]
    return helper.make_model(body, opset_imports=opsets, producer_name="policy-assistant", ir_version=10)


def _embedded(graph: _Graph, state: Mapping[str, Floats]) -> str:
    """Add what the first layer gets: each token's word and its place, normalized."""
    import ml_dtypes
    import numpy as np
    from onnx import TensorProto

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
    embedded = graph.node("Add", [word, place], "embedded")
    norm = [graph.constant(f"norm.{one}", state[f"embeddings.LayerNorm.{part}"]) for one, part in _NORM_PARTS]
    return graph.node("LayerNormalization", [embedded, *norm], "normed", epsilon=_EPSILON)


_NORM_PARTS = (("w", "weight"), ("b", "bias"))


class _Layer:
    """One layer of a BERT, to be added to a graph."""

    def __init__(self, graph: _Graph, state: Mapping[str, Floats], number: int) -> None:
        self._graph = graph
        self._state = state
        self._number = number
        self._at = f"layer{number}"

    def attended(self, hidden: str, mask: str, *, heads: int) -> str:
        """Add the attention of each token to the others."""
        import numpy as np
        from onnx import helper

        graph, at = self._graph, self._at
        weight, bias = (
            np.concatenate([self._weight(f"attention.self.{name}.{kind}") for name in ("query", "key", "value")])
            for kind in ("weight", "bias")
        )
        bias_name = graph.constant(f"{at}.qkv.b", bias)
        packed = graph.product(f"{at}.qkv", hidden, weight)
        parts = [f"{at}.{name}" for name in "qkv"]
        sizes = graph.constant(f"{at}.sizes", np.asarray([len(weight) // 3] * 3, np.int64))
        graph.nodes.append(helper.make_node("Split", [packed, sizes], parts, name=f"{at}.split", axis=-1))
        context = graph.node(
            "MultiHeadAttention", [*parts, bias_name, mask], f"{at}.context", domain=DOMAIN, num_heads=heads
        )
        context = graph.product(f"{at}.attended", context, self._weight("attention.output.dense.weight"))
        return self._added(context, hidden, "attention.output", f"{at}.middle")

    def fed_forward(self, hidden: str, *, out: str = "") -> str:
        """Add the two products of each token by itself; `out` is the name of what comes out, if it is not the usual."""
        graph, at = self._graph, self._at
        wide = graph.product(f"{at}.wide", hidden, self._weight("intermediate.dense.weight"))
        bias = graph.constant(f"{at}.wide.b", self._weight("intermediate.dense.bias"))
        wide = graph.node("BiasGelu", [wide, bias], f"{at}.gelu", domain=DOMAIN)
        narrow = graph.product(f"{at}.narrow", wide, self._weight("output.dense.weight"))
        return self._added(narrow, hidden, "output", f"{at}.out", out=out)

    def _added(self, value: str, hidden: str, part: str, name: str, *, out: str = "") -> str:
        """Add a part's bias and what went into it to what came out of it, normalized."""
        inputs = [
            self._graph.constant(f"{name}.{one}", self._weight(f"{part}.{one}"))
            for one in ("LayerNorm.weight", "LayerNorm.bias", "dense.bias")
        ]
        return self._graph.node(
            "SkipLayerNormalization", [value, hidden, *inputs], out or name, domain=DOMAIN, epsilon=_EPSILON
        )

    def _weight(self, name: str) -> Floats:
        import numpy as np

        return np.ascontiguousarray(self._state[f"encoder.layer.{self._number}.{name}"], np.float32)


def state_of(model: Any) -> dict[str, NDArray[Any]]:
    """Return the weights that `model_of` was given, as near as the model has kept them."""
    import numpy as np
    from onnx import numpy_helper

    values = {constant.name: numpy_helper.to_array(constant) for constant in model.graph.initializer}
    hidden = values["places"].shape[1]
    codes, scales = (values[name].astype(np.float32) for name in ("word", "word.scales"))
    state = {
        "embeddings.word_embeddings.weight": (codes.reshape(-1, hidden // BLOCK, BLOCK) * scales[..., None]).reshape(
            -1, hidden
        ),
        "embeddings.position_embeddings.weight": values["places"],
        "embeddings.token_type_embeddings.weight": np.zeros((1, hidden), np.float32),
        "embeddings.LayerNorm.weight": values["norm.w"],
        "embeddings.LayerNorm.bias": values["norm.b"],
    }
    for layer in range(sum(name.endswith(".qkv.w") for name in values)):
        at, to = f"layer{layer}", f"encoder.layer.{layer}"
        weights, biases = np.split(_unpacked(values, f"{at}.qkv"), 3), np.split(values[f"{at}.qkv.b"], 3)
        for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
            state[f"{to}.attention.self.{name}.weight"], state[f"{to}.attention.self.{name}.bias"] = weight, bias
        for name, source, norms in (("attention.output", "attended", "middle"), ("output", "narrow", "out")):
            state[f"{to}.{name}.dense.weight"] = _unpacked(values, f"{at}.{source}")
            for part in ("dense.bias", "LayerNorm.weight", "LayerNorm.bias"):
                state[f"{to}.{name}.{part}"] = values[f"{at}.{norms}.{part}"]
        state[f"{to}.intermediate.dense.weight"] = _unpacked(values, f"{at}.wide")
        state[f"{to}.intermediate.dense.bias"] = values[f"{at}.wide.b"]
    return state


def _unpacked(values: Mapping[str, NDArray[Any]], name: str) -> Floats:
    """Return the matrix of a product."""
    import numpy as np

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
