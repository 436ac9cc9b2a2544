"""llama-index: `SentenceSplitter`, a vector index, `BM25Retriever`, and both by `QueryFusionRetriever`.

`BM25Retriever` is tried as it comes, which takes an unbroken run of Chinese for one word, and with a pattern that takes
each Chinese character for one. Words by jieba cannot be had: its `tokenizer` is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever

from evals.peers.measuring import checked_span, choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import BaseNode

    from assistant import Policy
    from assistant.embedding import Role
    from assistant.text import Span
    from evals.peers.measuring import Choice, Parts, Search
    from evals.peers.models import Model

PACKAGES = ("llama-index-core", "llama-index-retrievers-bm25")
"""What its figures depend on."""
MODELS = ("e5", "USE")
"""Embedding models that it needs."""
SIZES = (128, 256, 512, 1024)
"""Largest sizes of a piece, in tokens; by default the last one, overlapping."""
WORDS = {"BM25": r"(?u)\b\w\w+\b", "BM25 (characters)": r"(?u)[㐀-鿿]|[^\W㐀-鿿]{2,}"}
"""Its own pattern of a word, and one for Chinese."""


def peers(parts: Parts) -> Iterator[LlamaIndex]:
    """Yield llama-index with each choice of settings."""
    for choice in choices(SIZES, tuple(WORDS), MODELS):
        yield LlamaIndex(choice=choice, models=parts.models)


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaIndex:
    """llama-index with one choice of settings."""

    choice: Choice
    """The choice."""
    models: dict[str, Model]
    """Embedding models by name."""

    @property
    def division(self) -> str:
        """How a text is divided."""
        return self.choice.division("SentenceSplitter", "tokens")

    @property
    def retrieval(self) -> str:
        """What ranks."""
        return self.choice.retrieval

    def index(self, policy: Policy, *, k: int) -> Search:
        """Return a search over the pieces of a policy."""
        splitter = SentenceSplitter(chunk_size=self.choice.size, chunk_overlap=self.choice.overlap)
        retriever = self._retriever(splitter.get_nodes_from_documents([Document(text=policy.text)]), k)

        def search(question: str) -> Sequence[Span]:
            return [_span(policy.text, found.node) for found in retriever.retrieve(question)]

        return search

    def _retriever(self, nodes: Sequence[BaseNode], k: int) -> BaseRetriever:
        # Where two legs disagree on the best, the first one's stands first when they are fused.
        legs: list[BaseRetriever] = []
        most = min(k, len(nodes))
        if self.choice.model:
            embedding = _Embedding(self.models[self.choice.model])
            index = VectorStoreIndex(nodes=nodes, embed_model=embedding)
            legs.append(index.as_retriever(similarity_top_k=most))
        if self.choice.words:
            pattern = WORDS[self.choice.words]
            legs.append(BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=most, token_pattern=pattern))
        if len(legs) == 1:
            return legs[0]
        # One query asks no language model, but it wants to have one.
        return QueryFusionRetriever(
            legs,
            llm=MockLLM(),
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=most,
            num_queries=1,
            use_async=False,
        )


def _span(text: str, node: BaseNode) -> Span:
    if not isinstance(node, TextNode):
        raise TypeError(f"a piece of a text was expected, not {type(node).__name__}")
    return checked_span(text, node.start_char_idx, node.text, "llama-index")


class _Embedding(BaseEmbedding):
    """A model as llama-index calls one."""

    _model: Model = PrivateAttr()

    def __init__(self, model: Model) -> None:
        super().__init__(model_name=model.name, embed_batch_size=64)
        self._model = model

    def _embedded(self, texts: Sequence[str], role: Role) -> list[list[float]]:
        rows: list[list[float]] = self._model.embed(texts, role).tolist()
        return rows

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedded([query], "query")[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embedded([text], "passage")[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embedded(texts, "passage")
