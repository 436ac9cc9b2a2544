"""Any model of sentence-transformers, by name or path: embedding models as a leg of retrieval, cross-encoders after it.

Needs the extra `models` (`pip install '.[models]'` in the clone), which brings torch. Nothing
is downloaded unless it is asked for; a model is loaded at its first use.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import threading
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assistant.embedding import cleaned
from assistant.errors import ModelError, needs_extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike

    from assistant.embedding import Role, Vectors
    from assistant.retrieval import Scores


Backend = Literal["torch", "onnx", "openvino"]
"""What runs a model."""


class _Model(Protocol):
    """What is used of `sentence_transformers.SentenceTransformer`, which has no types without torch."""

    prompts: Mapping[str, str]

    def encode_query(self, inputs: list[str], *, prompt: str, batch_size: int, show_progress_bar: bool) -> ArrayLike:
        """Return a row for each question, led by `prompt`."""

    def encode_document(self, inputs: list[str], *, prompt: str, batch_size: int, show_progress_bar: bool) -> ArrayLike:
        """Return a row for each passage, led by `prompt`."""


class _Pairs(Protocol):
    """What is used of `sentence_transformers.CrossEncoder`."""

    def predict(
        self, inputs: list[tuple[str, str]], *, batch_size: int, show_progress_bar: bool, activation_fn: Any
    ) -> ArrayLike:
        """Return a score for each pair."""


class _Source:
    """Where a model is: in a folder, or under a name of the Hugging Face hub.

    Args:
        name_or_path: Folder of a model, or its name.
        kind: What it is, in words, for errors.
        download: Whether to fetch it from the hub, or a newer state of it.
        backend: What runs it.
    """

    def __init__(self, name_or_path: str | Path, *, kind: str, download: bool, backend: Backend) -> None:
        self.given = str(name_or_path)
        self.backend = backend
        self.path = _expanded(self.given)
        self.kind = kind
        self.fetches = download and not self.path.is_dir()

    def leg(self, otherwise: str) -> str:
        """Return the name of what it does for a hit: the last part of its own, such as `bge-m3`."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.path.name.lower()).strip("-")
        # The lexical leg's name is taken.
        return slug[:64] if slug not in ("", "bm25") else otherwise

    def folder(self) -> Path:
        """Return the folder of the model's files: the one given, or the hub's snapshot in the cache.

        Raises:
            ModelError: If there is none.
        """
        if self.path.is_dir():
            return self.path
        from huggingface_hub import try_to_load_from_cache

        # The library looks up a bare name below its makers' own.
        names = [self.given] if "/" in self.given else [f"sentence-transformers/{self.given}", self.given]
        for name in names:
            for file in ("modules.json", "config.json"):
                # A path is no name.
                with suppress(ValueError):
                    found = try_to_load_from_cache(name, file, cache_dir=_cache_folder())
                    if isinstance(found, str):
                        return Path(found).parent
        raise ModelError(
            f"{self.kind} {self.given!r} is neither a folder nor among the models downloaded before: "
            f"check the path, or fetch it with `hf download {self.given}`"
        )

    def load(self, what: str, **options: Any) -> Any:
        """Return the class `what` of sentence-transformers, made of the model.

        Raises:
            ModelError: If the package or the model is missing, or the model does not load.
        """
        self.require_package()
        source = self.given if self.fetches else str(self.folder())
        if self.backend != "torch":
            options["backend"] = self.backend
        try:
            with nullcontext() if self.fetches else no_progress_bars():
                return getattr(importlib.import_module("sentence_transformers"), what)(
                    source, cache_folder=_cache_folder(), local_files_only=not self.fetches, **options
                )
        # torch, transformers, safetensors and the hub's client each have errors of their own.
        except Exception as error:
            reason = " ".join(str(error).split())[:_REASON_CHARS]
            remedy = "check the files in its folder" if Path(source).is_dir() else "check its name and the network"
            raise ModelError(
                f"{self.kind} {self.given!r} does not load ({type(error).__name__}: {reason}): {remedy}"
            ) from error

    def require_package(self) -> None:
        """Check that sentence-transformers is installed.

        Raises:
            ModelError: If it is not.
        """
        if importlib.util.find_spec("sentence_transformers") is None:
            raise ModelError(needs_extra(f"every {self.kind} by name or path", "models"))


class SentenceTransformerEmbedder:
    """An embedding model of sentence-transformers.

    Queries and passages get the prompts that the model was saved with, if any. Its vectors are
    used as they are: unlike those of the bundled models, no mean of a language is subtracted.

    Threads may share an instance.

    Args:
        name_or_path: Folder of a model, or its name on the Hugging Face hub, such as
            `"BAAI/bge-m3"`.
        device: Where it runs, such as `"cpu"` or `"cuda:0"`; the fastest there is by default.
        batch_size: Number of texts that are embedded at once.
        prompts: What is put before a text, by `"query"` and `"document"`, for a model that was
            saved without its prompts, such as the E5 family's: `{"query": "query: ",
            "document": "passage: "}`. Those that the model was saved with by default.
        download: Whether to fetch the model from the hub, or a newer state of it. Otherwise a
            name stands for what was downloaded before, and the network is not used.
        backend: What runs it; other ones than torch need `sentence-transformers[onnx]` or `[openvino]`.
        progress: Whether a bar on standard error shows how far the embedding of many texts is.
    """

    def __init__(
        self,
        name_or_path: str | Path,
        *,
        device: str | None = None,
        batch_size: int = 32,
        prompts: Mapping[str, str] | None = None,
        download: bool = False,
        backend: Backend = "torch",
        progress: bool = False,
    ) -> None:
        self._source = _Source(name_or_path, kind="embedding model", download=download, backend=backend)
        self._device = device
        self._batch_size = batch_size
        self._progress = progress
        self._prompts = dict(prompts or {})
        self._loaded: _Model | None = None
        # A tokenizer that two threads use at once raises "Already borrowed".
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """Name of the retrieval leg: the last part of the model's name, such as `bge-m3`."""
        return self._source.leg("dense")

    @cached_property
    def identity(self) -> str:
        """What the vectors depend on: name, files, prompts, and version of sentence-transformers.

        The files are named by one SHA-256 over the path and content of each, weights included,
        but for hidden ones, `*.md`, and the weights of other engines than its backend. A folder goes by its own
        name, so that a model that was moved, or copied to another machine, is the same model.

        Raises:
            ModelError: If the package or the model is missing; with `download`, if the model
                does not load.
        """
        source = self._source
        source.require_package()
        if source.fetches:
            # What the hub has now is known only once it is here.
            self._model()
        parts = [
            source.path.name if source.path.is_dir() else source.given,
            f"sha256:{_sha256_of_files(source.folder(), source.backend)}",
            f"sentence-transformers {metadata.version('sentence-transformers')}",
        ]
        if source.backend != "torch":
            parts.append(source.backend)
        if self._prompts:
            parts.append(json.dumps(self._prompts, ensure_ascii=False, sort_keys=True))
        return " ".join(parts)

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the vectors of `texts`.

        Args:
            texts: Texts of any length and language; the model cuts those that are too long for it.
            role: Whether these are questions or what is searched.

        Returns:
            float32, shape (len(texts), dim), rows of unit length; a row is zero if the model
            knows nothing of its text.

        Raises:
            ModelError: If the package or the model is missing, or the model does not load or work.
        """
        import numpy as np

        read = [cleaned(text) for text in texts]
        with self._lock:
            model = self._model()
            encode = model.encode_query if role == "query" else model.encode_document
            prompt = prompt_of(model.prompts, role)
            # Of no text at all it does not say the dimension.
            shown = self._progress and len(read) > self._batch_size
            raw = encode(read or [" "], prompt=prompt, batch_size=self._batch_size, show_progress_bar=shown)
        rows = np.array(raw, np.float32)[: len(texts)]
        if not np.isfinite(rows).all():
            raise ModelError(
                f"embedding model {self._source.given!r} gives vectors that are not numbers: use another one"
            )
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return rows

    def _model(self) -> _Model:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._source.load(
                    "SentenceTransformer", device=self._device, prompts=self._prompts or None
                )
            return self._loaded


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers: reads a question together with each clause.

    Threads may share an instance.

    Args:
        name_or_path: Folder of a model, or its name on the Hugging Face hub, such as `"BAAI/bge-reranker-v2-m3"`.
        device: Where it runs, such as `"cpu"` or `"cuda:0"`; the fastest there is by default.
        batch_size: Number of pairs that are read at once.
        download: Whether to fetch the model from the hub, or a newer state of it. Otherwise a
            name stands for what was downloaded before, and the network is not used.
        backend: What runs it; other ones than torch need `sentence-transformers[onnx]` or `[openvino]`.
    """

    def __init__(
        self,
        name_or_path: str | Path,
        *,
        device: str | None = None,
        batch_size: int = 32,
        download: bool = False,
        backend: Backend = "torch",
    ) -> None:
        self._source = _Source(name_or_path, kind="reranking model", download=download, backend=backend)
        self._device = device
        self._batch_size = batch_size
        self._loaded: _Pairs | None = None
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """Name under which its ranks are told: the last part of the model's name, such as `bge-reranker-v2-m3`."""
        return self._source.leg("reranker")

    def scores(self, query: str, texts: Sequence[str]) -> Scores:
        """Return how well each text answers a query, as the model's logits.

        Args:
            query: A question that stands by itself.
            texts: Texts of any length; the model cuts those that are too long for it.

        Returns:
            float64, shape (len(texts),), the larger the better.

        Raises:
            ModelError: If the package or the model is missing, or the model does not load, or has other results than
                one number for each pair.
        """
        import numpy as np

        if not texts:
            return np.zeros(0)
        asked = cleaned(query)
        with self._lock:
            if self._loaded is None:
                self._loaded = self._source.load("CrossEncoder", device=self._device)
            raw = self._loaded.predict(
                [(asked, cleaned(text)) for text in texts],
                batch_size=self._batch_size,
                show_progress_bar=False,
                # Not squeezed into 0 to 1, where the best ones are all alike.
                activation_fn=importlib.import_module("torch").nn.Identity(),
            )
        found = np.asarray(raw, np.float64)
        if found.shape != (len(texts),) or not np.isfinite(found).all():
            raise ModelError(
                f"reranking model {self._source.given!r} does not give one number for each pair: use another one"
            )
        return found


def prompt_of(prompts: Mapping[str, str], role: Role) -> str:
    """Return what a model puts before a text, by the prompts that it was saved with; empty if it has none for it."""
    # The library's own choice stops at `document`, which it adds itself, empty, to a model that calls its `passage`.
    return next((prompts[key] for key in _PROMPT_KEYS[role] if prompts.get(key)), "")


_PROMPT_KEYS: Mapping[Role, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
_REASON_CHARS = 300
# Read by people, or by other engines than the one that is asked for.
_NOT_LOADED: Mapping[Backend, re.Pattern[str]] = {
    "torch": re.compile(r"(?:^|/)\.|\.(?:md|h5|msgpack|ot|onnx)$|^(?:onnx|openvino)/"),
    "onnx": re.compile(r"(?:^|/)\.|\.(?:md|h5|msgpack|ot)$|^openvino/"),
    "openvino": re.compile(r"(?:^|/)\.|\.(?:md|h5|msgpack|ot|onnx)$|^onnx/"),
}


def _expanded(source: str) -> Path:
    # A shell expands `~`, but not in the variables of a service or a container.
    try:
        return Path(source).expanduser().resolve()
    except RuntimeError:
        return Path(source).resolve()


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing on standard error how far the reading or writing of each file is."""
    # By its name: type checkers run without torch.
    bars = importlib.import_module("transformers.utils.logging")
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def _cache_folder() -> str | None:
    """Return where sentence-transformers was told to keep models; None for the hub's own cache."""
    return os.environ.get("SENTENCE_TRANSFORMERS_HOME") or None


def _sha256_of_files(folder: Path, backend: Backend) -> str:
    """Return one SHA-256 over the path and content of what is loaded from `folder`, hexadecimal."""
    whole = hashlib.sha256()
    try:
        for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*")):
            if path.is_file() and not _NOT_LOADED[backend].search(name):
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                whole.update(f"{name}\0{digest}\n".encode())
    except OSError as error:
        raise ModelError(
            f"{error.filename or folder}: cannot be read ({error.strerror}): check that you may read it"
        ) from None
    return whole.hexdigest()
