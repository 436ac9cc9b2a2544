"""Any embedding model of sentence-transformers, by name or path: a leg of retrieval.

Needs the extra `models` (`pip install 'policy-assistant[models]'`), which brings torch. Nothing
is downloaded unless it is asked for; the model is loaded at its first use.
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
from typing import TYPE_CHECKING, Protocol

from assistant.embedding import cleaned
from assistant.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike

    from assistant.embedding import Role, Vectors


class _Model(Protocol):
    """What is used of `sentence_transformers.SentenceTransformer`, which has no types without torch."""

    prompts: Mapping[str, str]

    def encode_query(self, inputs: list[str], *, prompt: str, batch_size: int, show_progress_bar: bool) -> ArrayLike:
        """Return a row for each question, led by `prompt`."""

    def encode_document(self, inputs: list[str], *, prompt: str, batch_size: int, show_progress_bar: bool) -> ArrayLike:
        """Return a row for each passage, led by `prompt`."""


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
    """

    def __init__(
        self,
        name_or_path: str | Path,
        *,
        device: str | None = None,
        batch_size: int = 32,
        prompts: Mapping[str, str] | None = None,
        download: bool = False,
    ) -> None:
        self._source = str(name_or_path)
        self._path = _expanded(self._source)
        self._device = device
        self._batch_size = batch_size
        self._prompts = dict(prompts or {})
        self._download = download
        self._loaded: _Model | None = None
        # A tokenizer that two threads use at once raises "Already borrowed".
        self._lock = threading.RLock()

    @property
    def name(self) -> str:
        """Name of the retrieval leg: the last part of the model's name, such as `bge-m3`."""
        slug = re.sub(r"[^a-z0-9]+", "-", self._path.name.lower()).strip("-")
        # The lexical leg's name is taken.
        return slug[:64] if slug not in ("", "bm25") else "dense"

    @cached_property
    def identity(self) -> str:
        """What the vectors depend on: name, files, prompts, and version of sentence-transformers.

        The files are named by one SHA-256 over the path and content of each, weights included,
        but for hidden ones, `*.md`, and the weights of other engines. A folder goes by its own
        name, so that a model that was moved, or copied to another machine, is the same model.

        Raises:
            ModelError: If the package or the model is missing; with `download`, if the model
                does not load.
        """
        _require_package()
        if self._fetches:
            # What the hub has now is known only once it is here.
            self._model()
        folder = self._folder()
        parts = [
            self._path.name if self._path.is_dir() else self._source,
            f"sha256:{_sha256_of_files(folder)}",
            f"sentence-transformers {metadata.version('sentence-transformers')}",
        ]
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
            # The library's own choice stops at `document`, which it adds itself, empty, to a model
            # that calls its prompt `passage`.
            prompt = next((model.prompts[key] for key in _PROMPT_KEYS[role] if model.prompts.get(key)), "")
            # Of no text at all it does not say the dimension.
            raw = encode(read or [" "], prompt=prompt, batch_size=self._batch_size, show_progress_bar=False)
        rows = np.array(raw, np.float32)[: len(texts)]
        if not np.isfinite(rows).all():
            raise ModelError(f"embedding model {self._source!r} gives vectors that are not numbers: use another one")
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return rows

    @property
    def _fetches(self) -> bool:
        return self._download and not self._path.is_dir()

    def _model(self) -> _Model:
        with self._lock:
            if self._loaded is None:
                _require_package()
                source = self._source if self._fetches else str(self._folder())
                self._loaded = self._load(source)
            return self._loaded

    def _load(self, source: str) -> _Model:
        try:
            from sentence_transformers import SentenceTransformer

            with nullcontext() if self._fetches else _no_progress_bars():
                model: _Model = SentenceTransformer(
                    source,
                    device=self._device,
                    prompts=self._prompts or None,
                    cache_folder=_cache_folder(),
                    local_files_only=not self._fetches,
                )
        # torch, transformers, safetensors and the hub's client each have errors of their own.
        except Exception as error:
            reason = " ".join(str(error).split())[:_REASON_CHARS]
            remedy = "check the files in its folder" if Path(source).is_dir() else "check its name and the network"
            raise ModelError(
                f"embedding model {self._source!r} does not load ({type(error).__name__}: {reason}): {remedy}"
            ) from error
        return model

    def _folder(self) -> Path:
        """Return the folder of the model's files: the one given, or the hub's snapshot in the cache."""
        if self._path.is_dir():
            return self._path
        from huggingface_hub import try_to_load_from_cache

        # The library looks up a bare name below its makers' own.
        names = [self._source] if "/" in self._source else [f"sentence-transformers/{self._source}", self._source]
        for name in names:
            for file in ("modules.json", "config.json"):
                # A path is no name.
                with suppress(ValueError):
                    found = try_to_load_from_cache(name, file, cache_dir=_cache_folder())
                    if isinstance(found, str):
                        return Path(found).parent
        raise ModelError(
            f"embedding model {self._source!r} is neither a folder nor among the models downloaded before: "
            f"check the path, or fetch it with `hf download {self._source}`"
        )


_PROMPT_KEYS: Mapping[Role, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
_REASON_CHARS = 300
# Read by other engines than torch, or by people.
_NOT_LOADED = re.compile(r"(?:^|/)\.|\.(?:md|h5|msgpack|ot|onnx)$|^(?:onnx|openvino)/")


def _expanded(source: str) -> Path:
    # A shell expands `~`, but not in the variables of a service or a container.
    try:
        return Path(source).expanduser().resolve()
    except RuntimeError:
        return Path(source).resolve()


def _require_package() -> None:
    if importlib.util.find_spec("sentence_transformers") is None:
        raise ModelError(
            "embedding models by name or path need the package sentence-transformers: "
            "install it with `pip install 'policy-assistant[models]'`"
        )


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keep transformers from drawing on standard error how far the reading of each file is."""
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


def _sha256_of_files(folder: Path) -> str:
    """Return one SHA-256 over the path and content of what is loaded from `folder`, hexadecimal."""
    whole = hashlib.sha256()
    try:
        for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*")):
            if path.is_file() and not _NOT_LOADED.search(name):
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                whole.update(f"{name}\0{digest}\n".encode())
    except OSError as error:
        raise ModelError(
            f"{error.filename or folder}: cannot be read ({error.strerror}): check that you may read it"
        ) from None
    return whole.hexdigest()
