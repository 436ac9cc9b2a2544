"""Adapters between the core and other people's frameworks; heavy imports stand here alone.

- `assistant.backends.sentence_transformers`: any embedding model of sentence-transformers,
  by name or path (extra `models`);
- `assistant.backends.llama_index`: the assistant as a node parser, retriever, query engine
  and embedding of llama-index.

The core imports none of them: the entry points call `embedders` and pass on what it returns.
Importing this package imports no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.embedding import Embedder
    from assistant.settings import Settings


def embedders(settings: Settings) -> tuple[Embedder, ...]:
    """Return the embedding models that `settings.embedder` names, not loaded yet.

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
    from assistant.backends.sentence_transformers import SentenceTransformerEmbedder

    return (SentenceTransformerEmbedder(settings.embedder),)
