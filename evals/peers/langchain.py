"""LangChain: `RecursiveCharacterTextSplitter`, `InMemoryVectorStore`, `BM25Retriever`, both by `EnsembleRetriever`.

`BM25Retriever` is given words by jieba: as it comes, it divides at white space.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

from evals.peers.measuring import SEPARATORS, checked_span, choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant import Policy
    from assistant.text import Span
    from evals.peers.measuring import Choice, Parts, Search
    from evals.peers.models import Model, Words

PACKAGES = ("langchain-classic", "langchain-community", "langchain-core", "langchain-text-splitters", "rank-bm25")
"""What its figures depend on."""
MODELS = ("e5", "USE")
"""Embedding models that it needs."""
SIZES = (100, 200, 300, 500, 800)
"""Largest sizes of a piece, in characters."""


def peers(parts: Parts) -> Iterator[LangChain]:
    """Yield LangChain with each choice of settings."""
    for choice in choices(SIZES, ("BM25 (jieba)",), MODELS):
        yield LangChain(choice=choice, models=parts.models, words=parts.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class LangChain:
    """LangChain with one choice of settings."""

    choice: Choice
    """The choice."""
    models: dict[str, Model]
    """Embedding models by name."""
    words: Words
    """Divides a text into words."""

    @property
    def division(self) -> str:
        """How a text is divided."""
        return self.choice.division("RecursiveCharacterTextSplitter", "characters")

    @property
    def retrieval(self) -> str:
        """What ranks."""
        return self.choice.retrieval

    def index(self, policy: Policy, *, k: int) -> Search:
        """Return a search over the pieces of a policy."""
        splitter = RecursiveCharacterTextSplitter(
            separators=[*SEPARATORS, ""],
            keep_separator="end",
            chunk_size=self.choice.size,
            chunk_overlap=self.choice.overlap,
            add_start_index=True,
        )
        retriever = self._retriever(splitter.create_documents([policy.text]), k)

        def search(question: str) -> Sequence[Span]:
            return [_span(policy.text, found) for found in retriever.invoke(question)[:k]]

        return search

    def _retriever(self, documents: Sequence[Any], k: int) -> Any:
        # Where two legs disagree on the best, the first one's stands first when they are fused.
        legs: list[Any] = []
        if self.choice.model:
            store = InMemoryVectorStore.from_documents(documents, _Embeddings(self.models[self.choice.model]))
            legs.append(store.as_retriever(search_kwargs={"k": k}))
        if self.choice.words:
            legs.append(BM25Retriever.from_documents(documents, preprocess_func=self.words, k=k))
        if len(legs) == 1:
            return legs[0]
        # By default it takes pieces of the same words for one.
        return EnsembleRetriever(retrievers=legs, weights=[0.5, 0.5], id_key="start_index")


def _span(text: str, document: Any) -> Span:
    return checked_span(text, document.metadata["start_index"], document.page_content, "LangChain")


class _Embeddings:
    """A model as LangChain calls one."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._model.embed(texts, "passage").tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        row: list[float] = self._model.embed([text], "query")[0].tolist()
        return row
