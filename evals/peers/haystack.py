"""Haystack: `RecursiveDocumentSplitter`, `InMemoryDocumentStore` with its two retrievers, both by `DocumentJoiner`.

BM25 is tried as it comes, which takes each Chinese character for a word, and with words by jieba.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evals.peers.measuring import SEPARATORS, checked_span, choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant import Policy
    from assistant.text import Span
    from evals.peers.measuring import Choice, Parts, Search
    from evals.peers.models import Model, Words

PACKAGES = ("haystack-ai",)
"""What its figures depend on."""
MODELS = ("e5", "USE")
"""Embedding models that it needs."""
SIZES = (100, 200, 300, 500, 800)
"""Largest sizes of a piece, in characters."""
OWN_WORDS, JIEBA_WORDS = "BM25 (characters)", "BM25 (jieba)"
"""Ways to find words."""


def peers(parts: Parts) -> Iterator[Haystack]:
    """Yield Haystack with each choice of settings."""
    for choice in choices(SIZES, (OWN_WORDS, JIEBA_WORDS), MODELS):
        yield Haystack(choice=choice, models=parts.models, words=parts.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Haystack:
    """Haystack with one choice of settings."""

    choice: Choice
    """The choice."""
    models: dict[str, Model]
    """Embedding models by name."""
    words: Words
    """Divides a text into words."""

    @property
    def division(self) -> str:
        """How a text is divided."""
        return self.choice.division("RecursiveDocumentSplitter", "characters")

    @property
    def retrieval(self) -> str:
        """What ranks."""
        return self.choice.retrieval

    def index(self, policy: Policy, *, k: int) -> Search:
        """Return a search over the pieces of a policy."""
        # Read when the framework is imported: it is not to tell its makers that it is used.
        os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
        # It warns of every piece that is no longer than the overlap.
        logging.getLogger("haystack").setLevel(logging.ERROR)
        from haystack import Document
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.preprocessors import RecursiveDocumentSplitter
        from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        splitter = RecursiveDocumentSplitter(
            separators=list(SEPARATORS),
            split_unit="char",
            split_length=self.choice.size,
            split_overlap=self.choice.overlap,
        )
        store = InMemoryDocumentStore(embedding_similarity_function="cosine", shared=False)
        if self.choice.words == JIEBA_WORDS:
            store.tokenizer = self.words
        model = self.models.get(self.choice.model)
        documents = splitter.run([Document(content=policy.text)])["documents"]
        if model:
            vectors = model.embed([document.content for document in documents], "passage").tolist()
            for document, vector in zip(documents, vectors, strict=True):
                document.embedding = vector
        store.write_documents(documents)
        by_words = InMemoryBM25Retriever(store, top_k=k)
        by_meaning = InMemoryEmbeddingRetriever(store, top_k=k)
        joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=k)

        def search(question: str) -> Sequence[Span]:
            # Where two legs disagree on the best, the first one's stands first when they are fused.
            legs = []
            if model:
                legs.append(by_meaning.run(query_embedding=model.embed([question], "query")[0].tolist())["documents"])
            if self.choice.words:
                legs.append(by_words.run(query=question)["documents"])
            found = legs[0] if len(legs) == 1 else joiner.run(documents=legs)["documents"]
            return [_span(policy.text, document) for document in found]

        return search


def _span(text: str, document: Any) -> Span:
    return checked_span(text, document.meta["split_idx_start"], document.content, "Haystack")
