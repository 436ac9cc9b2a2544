"""Embedding: texts become vectors whose cosine says how close they are in meaning.

`BundledEncoder` is the project's own model, made for policies in Chinese and English out of
multilingual-e5-small; `training/README.md` says how, and what it is worth. Its folder,
`assistant/data/encoder`, has the layout of sentence-transformers, but is run here by ONNX
Runtime alone, on every system that has a wheel of it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from assistant.errors import ModelError
from assistant.text import visible_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from assistant.text import Language

    Vectors = NDArray[np.float32]

Role = Literal["query", "passage"]
_T = TypeVar("_T")
_R = TypeVar("_R")


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


@runtime_checkable
class AnswerGuesser(Protocol):
    """An embedder that can tell by a question's vector what answers to such questions are like in policies."""

    def guess(self, vector: Vectors, language: Language) -> tuple[Vectors, float]:
        """Return the vector that answers to such a question are near, and how near the question is to known ones.

        Args:
            vector: The question's, of unit length: float32, shape (dim,).
            language: Of the policy.

        Returns:
            float32, shape (dim,), of unit length, all zeros if nothing is known of answers; and a cosine, then 0.
        """


MODEL_FILE = "onnx/model.onnx"
TOKENIZER_FILE = "tokenizer.json"
_PROMPTS = "config_sentence_transformers.json"
_SCOPE = "scope.json"
TOPICS_FILE = "topics.npy"
"""Mean vectors of each topic's questions, and of its answers in Chinese and in English: int8, (3, n_topics, dim)."""
_TOPIC_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_NEAREST_TOPICS = 5
_TOPIC_SHARPNESS = 20.0
_SUMS = "SHA256SUMS"
MAX_TOKENS = 512
"""What an encoder of the bundled one's kind has positions for; longer texts are cut."""
_DIM = 384
_MOST_THREADS = 8
_REMEDY = "install the package again, or copy the folder again if it is one of yours"


class OnnxModel:
    """A model run by ONNX Runtime from a folder whose files are checked as they are read. Threads may share it.

    Args:
        folder: Holds `onnx/model.onnx`, `tokenizer.json` and further files, with their SHA-256 in `SHA256SUMS`.
        max_tokens: What a text is cut to.
    """

    def __init__(self, folder: Path, *, max_tokens: int) -> None:
        self.folder = folder
        self._max_tokens = max_tokens
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    def identity(self, names: Sequence[str]) -> str:
        """Return what the model's results depend on: the first digits of the files' checksums.

        Raises:
            ModelError: If the checksums cannot be read.
        """
        sums = self._sums()
        return f"{' '.join(sums.get(name, '?')[:16] for name in names)}, {self._max_tokens} tokens"

    def json(self, name: str) -> Any:
        """Return what a JSON file of the folder holds.

        Raises:
            ModelError: If it is missing or altered.
        """
        return json.loads(self._checked(name))

    def array(self, name: str) -> NDArray[Any]:
        """Return the array that a file of the folder holds; an empty one if the folder came without it.

        Raises:
            ModelError: If it is missing or altered.
        """
        import numpy as np

        if name not in self._sums():
            return np.zeros(0)
        return np.asarray(np.load(io.BytesIO(self._checked(name)), allow_pickle=False))

    def mean_state(self, text: str, second: str | None = None) -> Vectors:
        """Return the mean of the model's last states over the tokens of a text, or of two that are read together.

        Args:
            text: The text.
            second: The other text, which is the one cut if both are too long.

        Returns:
            float32, shape (dim,), not normalized.

        Raises:
            ModelError: If a file of the model is missing or altered, or does not load.
        """
        import numpy as np

        session, tokenizer = self._load()
        ids = np.array([tokenizer.encode(text, second).ids], np.int64)
        states = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        mean: Vectors = states.mean(axis=0)
        return mean

    def _load(self) -> tuple[Any, Any]:
        """Return the session and the tokenizer."""
        with self._lock:
            if self._loaded is None:
                files = {name: self._checked(name) for name in (MODEL_FILE, TOKENIZER_FILE)}
                try:
                    from tokenizers import Tokenizer

                    onnxruntime = onnx_runtime()
                    options = onnxruntime.SessionOptions()
                    options.intra_op_num_threads = options.inter_op_num_threads = 1
                    session = onnxruntime.InferenceSession(
                        files[MODEL_FILE], options, providers=["CPUExecutionProvider"]
                    )
                    tokenizer = Tokenizer.from_str(files[TOKENIZER_FILE].decode())
                # The library has no common base of its errors.
                except Exception as error:
                    raise ModelError(f"the model in {self.folder} does not load: {error}") from error
                tokenizer.enable_truncation(self._max_tokens)
                self._loaded = session, tokenizer
            return self._loaded

    def _sums(self) -> dict[str, str]:
        """Return the SHA-256 of each file, as written beside them."""
        lines = self._read(_SUMS).decode("utf-8", "replace").splitlines()
        return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}

    def _checked(self, name: str) -> bytes:
        """Return the bytes of a file whose checksum is right."""
        data = self._read(name)
        if hashlib.sha256(data).hexdigest() != self._sums().get(name):
            raise ModelError(f"{self.folder / name}: is not the file that was shipped: {_REMEDY}")
        return data

    def _read(self, name: str) -> bytes:
        path = self.folder / name
        try:
            return path.read_bytes()
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror}): {_REMEDY}") from None


def onnx_runtime() -> ModuleType:
    """Import ONNX Runtime, which is told first not to report to its maker.

    Since 1.32 it does on some systems, and keeps an id for that in the home folder.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    module: ModuleType = onnxruntime
    return module


class BundledEncoder:
    """The project's own encoder, run by ONNX Runtime; 384 dimensions. Threads may share it.

    Args:
        folder: Folder in the layout of the bundled one, with the SHA-256 of its files; that one by default.
    """

    name = "dense"

    def __init__(self, folder: Path | None = None) -> None:
        self._model = OnnxModel(folder or bundled("encoder"), max_tokens=MAX_TOKENS)
        self._prompts: Mapping[str, str] | None = None
        self._scope: tuple[NDArray[np.float64], float] | None = None
        self._topics: Vectors | None = None

    @property
    def identity(self) -> str:
        """What the vectors depend on: the files' checksums and how much of a text is read.

        Raises:
            ModelError: If the checksums cannot be read.
        """
        return f"encoder {self._model.identity((MODEL_FILE, TOKENIZER_FILE, _PROMPTS))}"

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """See `Embedder.embed`.

        Raises:
            ModelError: If a file of the model is missing or altered, or does not load.
        """
        import numpy as np

        if self._prompts is None:
            self._prompts = self._model.json(_PROMPTS)["prompts"]
        prompt = self._prompts[role]

        def vector(text: str) -> Vectors:
            mean = self._model.mean_state(prompt + cleaned(text))
            unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
            return unit

        return np.array(shared_out(vector, texts), np.float32).reshape(len(texts), _DIM)

    def scope(self, vector: Vectors) -> float:
        """See `ScopeJudge.scope`; by a logistic regression fitted by `python -m training scope`."""
        import numpy as np

        if self._scope is None:
            data = self._model.json(_SCOPE)
            self._scope = np.array(data["weights"], np.float64), data["bias"]
        weights, bias = self._scope
        return float(vector @ weights) + bias

    def guess(self, vector: Vectors, language: Language) -> tuple[Vectors, float]:
        """See `AnswerGuesser.guess`; by the closest topics, which `python -m training topics` writes.

        Raises:
            ModelError: If the topics are missing though listed, altered, or of another version.
        """
        import numpy as np

        if self._topics is None:
            rows = self._model.array(TOPICS_FILE).astype(np.float32)
            if rows.size and rows.shape[0] != 1 + len(_TOPIC_LANGUAGES):
                raise ModelError(
                    f"{self._model.folder / TOPICS_FILE}: its shape is {rows.shape}, of another version of this "
                    "package: train the encoder again, or write its topics again"
                )
            rows = rows.reshape(1 + len(_TOPIC_LANGUAGES), -1, _DIM)
            self._topics = rows / np.maximum(np.linalg.norm(rows, axis=2, keepdims=True), 1e-9)
        questions, *answers = self._topics
        if not len(questions):
            return np.zeros(_DIM, np.float32), 0.0
        close = questions @ vector
        nearest = (-close).argsort(kind="stable")[:_NEAREST_TOPICS]
        weights = np.exp(_TOPIC_SHARPNESS * (close[nearest] - close[nearest[0]]))
        mean = weights @ answers[_TOPIC_LANGUAGES.index(language)][nearest]
        unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
        return unit, float(close[nearest[0]])


def bundled(name: str) -> Path:
    """Return the folder of a model that comes with the program."""
    return Path(str(resources.files("assistant").joinpath("data", name)))


def shared_out(function: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    """Return what `function` makes of each item, the items shared out among threads.

    Each text is run by itself: quantized products take their scale from all that is in a batch, and a
    text is to have the same result whatever it comes with. Texts, not products, are shared out.
    """
    if len(items) < 2:
        return [function(item) for item in items]
    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
        return list(pool.map(function, items))


def bundled_embedders() -> tuple[Embedder, ...]:
    """Return the embedders that come with the program, unloaded."""
    return (BundledEncoder(),)


def cleaned(text: str) -> str:
    """Return `text` as a model is to read it: visible characters, on one line, never empty."""
    # Stray line breaks and spaces inside a sentence are the layout's, not the language's.
    return visible_line(text) or " "
