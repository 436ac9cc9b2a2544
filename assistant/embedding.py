"""Embedding: texts become vectors whose cosine says how close they are in meaning.

`BundledEncoder` is the project's own model, made for policies in Chinese and English out of
multilingual-e5-small; `training/README.md` says how, and what it is worth. Its folder,
`assistant/data/encoder`, has the layout of sentence-transformers, but is run here by ONNX
Runtime alone, on every system that has a wheel of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from assistant.errors import ModelError
from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Role = Literal["query", "passage"]


class Embedder(Protocol):
    """What turns texts into vectors. Implementations may load their model at first use."""

    @property
    def name(self) -> str:
        """Name of the retrieval leg, such as `dense`."""

    @property
    def identity(self) -> str:
        """What the vectors depend on: model, version and post-processing."""

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the vectors of `texts`: float32, shape (len(texts), dim), rows of unit length.

        Args:
            texts: Texts of any length and language; too long ones may be cut.
            role: Whether these are questions or what is searched.
        """


@runtime_checkable
class ScopeJudge(Protocol):
    """An embedder that can tell by a question's vector whether it is a matter of policies at all."""

    def scope(self, vector: Vectors) -> float:
        """Return the odds, as a logarithm, that a question is a matter of policies.

        Args:
            vector: The question's, of unit length: float32, shape (dim,).
        """


_MODEL = "onnx/model.onnx"
_TOKENIZER = "tokenizer.json"
_PROMPTS = "config_sentence_transformers.json"
_SCOPE = "scope.json"
_SUMS = "SHA256SUMS"
_FILES = (_MODEL, _TOKENIZER, _PROMPTS)
"""What vectors depend on."""
_MAX_TOKENS = 256
_DIM = 384
_MOST_THREADS = 8


class BundledEncoder:
    """The project's own encoder, run by ONNX Runtime; 384 dimensions. Threads may share it.

    Args:
        folder: Folder in the layout of the bundled one, with the SHA-256 of its files; that one by default.
    """

    name = "dense"

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(str(resources.files("assistant").joinpath("data/encoder")))
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any, Mapping[str, str]] | None = None
        self._scope: tuple[list[float], float] | None = None

    @property
    def identity(self) -> str:
        """What the vectors depend on: the files' checksums and how much of a text is read.

        Raises:
            ModelError: If the checksums cannot be read.
        """
        sums = self._sums()
        return f"encoder {' '.join(sums.get(name, '?')[:16] for name in _FILES)}, {_MAX_TOKENS} tokens"

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """See `Embedder.embed`.

        Raises:
            ModelError: If a file of the model is missing or altered, or does not load.
        """
        import numpy as np

        session, tokenizer, prompts = self._load()

        def vector(text: str) -> Vectors:
            ids = np.array([tokenizer.encode(prompts[role] + cleaned(text)).ids], np.int64)
            states = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
            mean = states.mean(axis=0)
            unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
            return unit

        # Each text by itself: quantized products take their scale from all that is in a batch, and a text
        # is to have the same vector whatever is embedded with it. Texts, not products, are shared out.
        if len(texts) < 2:
            rows = [vector(text) for text in texts]
        else:
            with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
                rows = list(pool.map(vector, texts))
        return np.array(rows, np.float32).reshape(len(texts), _DIM)

    def scope(self, vector: Vectors) -> float:
        """See `ScopeJudge.scope`; by a logistic regression fitted by `python -m training scope`."""
        with self._lock:
            if self._scope is None:
                data = json.loads(self._checked(_SCOPE))
                self._scope = data["weights"], data["bias"]
        weights, bias = self._scope
        return float(vector @ weights) + bias

    def _load(self) -> tuple[Any, Any, Mapping[str, str]]:
        """Return the session, the tokenizer, and the prompt of each role."""
        with self._lock:
            if self._loaded is None:
                files = {name: self._checked(name) for name in _FILES}
                try:
                    import onnxruntime
                    from tokenizers import Tokenizer

                    options = onnxruntime.SessionOptions()
                    options.intra_op_num_threads = options.inter_op_num_threads = 1
                    session = onnxruntime.InferenceSession(files[_MODEL], options, providers=["CPUExecutionProvider"])
                    tokenizer = Tokenizer.from_str(files[_TOKENIZER].decode())
                # The library has no common base of its errors.
                except Exception as error:
                    raise ModelError(f"the encoder in {self._folder} does not load: {error}") from error
                tokenizer.enable_truncation(_MAX_TOKENS)
                self._loaded = session, tokenizer, json.loads(files[_PROMPTS])["prompts"]
            return self._loaded

    def _sums(self) -> dict[str, str]:
        """Return the SHA-256 of each file, as written beside them."""
        lines = self._read(_SUMS).decode("utf-8", "replace").splitlines()
        return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}

    def _checked(self, name: str) -> bytes:
        """Return the bytes of a file whose checksum is right."""
        data = self._read(name)
        if hashlib.sha256(data).hexdigest() != self._sums().get(name):
            raise ModelError(f"{self._folder / name}: is not the file that was shipped: install the package again")
        return data

    def _read(self, name: str) -> bytes:
        path = self._folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}): install the package again") from None


def bundled_embedders() -> tuple[Embedder, ...]:
    """Return the embedders that come with the package, unloaded."""
    return (BundledEncoder(),)


def cleaned(text: str) -> str:
    """Return `text` as a model is to read it: visible characters, on one line, never empty."""
    # Stray line breaks and spaces inside a sentence are the layout's, not the language's.
    return " ".join(visible(text).split()) or " "
