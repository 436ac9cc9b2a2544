r"""The assistant inside llama-index: a node parser, a retriever, a query engine, a chat engine and an embedding.

>>> from llama_index.core import Document
>>> text = "一、收集\n我们收集您的手机号。\n二、联系\n请拨打12345。"
>>> document = Document(text=text, metadata={"policy_id": "shop"})
>>> nodes = PolicyNodeParser().get_nodes_from_documents([document])
>>> [(node.metadata["reference"], node.get_content().split()[-1]) for node in nodes]
[('一', '我们收集您的手机号。'), ('二', '请拨打12345。')]

`PolicyQueryEngine` and `PolicyChatEngine` give the assistant's own verified answers. `PolicyRetriever` gives its
clauses to whatever comes after, such as `RetrieverQueryEngine` with a language model, which checks no
quote. Nothing here reads or changes llama-index's global `Settings`. `docs/llama-index.md` has worked examples.

Every node has flat metadata, as vector stores demand:

- `policy_id`, `version`, `title`, `language`: of the policy;
- `clause_id`, `reference`: of the clause, and the words a person can find it by;
- `labels`: the numbers from the top down as printed, such as `一、 › （二） › 4、`;
- `context`: the headings above, and the words that lead into the list that the clause is an
  item of. It is embedded with the text, as the assistant's own models do;
- `start`, `end`: half-open range of code points in the policy's text, also the node's
  `start_char_idx` and `end_char_idx`. The node's text is exactly that range.

Needs no extra: `llama-index-core` comes with the package.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload
from llama_index.core.chat_engine.types import AgentChatResponse, BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.node_parser import NodeParser
from llama_index.core.node_parser.node_utils import default_id_func
from llama_index.core.query_engine import BaseQueryEngine
from llama_index.core.response import Response
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    Document,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    ObjectType,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from assistant.conversation import Turn
from assistant.index.passages import Passage, passages
from assistant.parsing import parse
from assistant.policy import HASH_CHARS
from assistant.text import Language

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator, Sequence

    from llama_index.core.prompts.mixin import PromptMixinType
    from llama_index.core.schema import BaseNode

    from assistant.answering import Answer
    from assistant.answering.citing import Citation
    from assistant.embedding import Embedder, Role
    from assistant.engine import Assistant
    from assistant.policy import Policy


def as_document(policy: Policy) -> Document:
    """Return a policy of a corpus as a document, whose nodes are those that `PolicyRetriever` returns."""
    return Document(
        id_=policy.id,
        text=policy.text,
        metadata=_policy_metadata(policy),
        excluded_embed_metadata_keys=list(_NOT_EMBEDDED),
        excluded_llm_metadata_keys=list(_NOT_TOLD),
    )


class PolicyNodeParser(NodeParser):
    """Divides a document whose text is a policy into its clauses, one node for each that says something.

    A list is also one node together with the words that lead into it, so that nodes may overlap;
    tables of contents and bare headings are none. See the module for the metadata of a node.

    The document's own metadata may say `policy_id`, `title`, `language` (`"zh"` or `"en"`) and
    `version`; without a `policy_id` the policy goes by the start of the SHA-256 of its text. A node's id
    depends on the policy's id, its version and the clause alone, so that the same policy read again
    gives the same nodes; an `id_func` of one's own is used instead.

    Raises:
        PolicyError: When nodes are made, if a text is too long or holds what no text does. A
            blank document has no nodes.
    """

    @classmethod
    def class_name(cls) -> str:
        """Name by which llama-index stores this parser."""
        return "PolicyNodeParser"

    def _parse_nodes(
        self,
        nodes: Sequence[BaseNode],
        show_progress: bool = False,  # noqa: ARG002 - parsing takes milliseconds
        **kwargs: Any,  # noqa: ARG002 - the interface's
    ) -> list[BaseNode]:
        found: list[BaseNode] = []
        for document in nodes:
            text = document.get_content(metadata_mode=MetadataMode.NONE)
            if not text.strip():
                continue
            source = document.as_related_node_info()
            policy = _policy_of(document, text)
            for number, passage in enumerate(passages(policy)):
                node = _passage_node(policy, passage, source)
                if self.id_func is not default_id_func:
                    node.id_ = self.id_func(number, document)
                node.excluded_embed_metadata_keys = _joined(_NOT_EMBEDDED, document.excluded_embed_metadata_keys)
                node.excluded_llm_metadata_keys = _joined(_NOT_TOLD, document.excluded_llm_metadata_keys)
                found.append(node)
        return found

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: dict[str, Document]) -> list[BaseNode]:
        # It looks for each text from the last one on, and finds the same words in a place that
        # is no clause of its own.
        spans = [(node.metadata["start"], node.metadata["end"]) for node in nodes]
        done = super()._postprocess_parsed_nodes(nodes, parent_doc_map)
        for node, span in zip(done, spans, strict=True):
            if isinstance(node, TextNode):
                node.start_char_idx, node.end_char_idx = span
        return done


class PolicyRetriever(BaseRetriever):
    """Retrieves the clauses that may answer a question, by the assistant's own search.

    A score is comparable within one query only, and may be negative: a cutoff such as that of
    `SimilarityPostprocessor` says nothing.

    Args:
        assistant: Searches.
        k: Largest number of nodes; that of the assistant's settings by default.
        policies: Ids of the policies to search; those that the question names by default, else all.
        callback_manager: Told of each retrieval.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        k: int | None = None,
        policies: Sequence[str] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._assistant = assistant
        self._k = k
        self._policies = policies

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return at most `k` nodes, best first.

        Raises:
            QuestionError: If the question is empty or too long, or there is no such policy.
        """
        hits = self._assistant.search(query_bundle.query_str, k=self._k, policies=self._policies)
        return [NodeWithScore(node=_passage_node(hit.policy, hit.passage), score=hit.score) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class PolicyQueryEngine(BaseQueryEngine):
    """Answers questions with the assistant's verified answers; needs no language model.

    The response's text is the answer, its `[1]` standing for the first of the source nodes. These are
    the citations: their text is the quote, verbatim, their metadata `policy_id`, `version`,
    `clause_id`, `reference`, `start`, `end`, `marker`, and `translation` where the policy has one.

    The response's metadata are `abstained`, which is None or a dictionary with `kind` and `message`,
    `query` and `language`. An answer that abstains has no source nodes.

    Args:
        assistant: Answers.
        policies: Ids of the policies to answer from; those that the question names by default, else all.
        callback_manager: Told of each query.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        policies: Sequence[str] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._assistant = assistant
        self._policies = policies

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        """Answer a question.

        Raises:
            QuestionError: If the question is empty or too long, or there is no such policy.
        """
        asked = {EventPayload.QUERY_STR.value: query_bundle.query_str}
        with self.callback_manager.event(CBEventType.QUERY, payload=asked) as event:
            response = _response(self._assistant.ask(query_bundle.query_str, policies=self._policies))
            event.on_end(payload={EventPayload.RESPONSE.value: response})
        return response

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)


class PolicyChatEngine(BaseChatEngine):
    """A conversation with the assistant: follow-ups are understood, and answers are verified; needs no language model.

    A response's text and source nodes are those of `PolicyQueryEngine`, and so are the metadata of one that is not
    streamed. A streamed one says each sentence once it has been verified, and has its source nodes at the end; what
    was not read to its end is not leant on later.

    Args:
        assistant: Answers.
        policies: Ids of the policies to answer from; those that the question names by default, else all.
        chat_history: What was said before.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        policies: Sequence[str] | None = None,
        chat_history: Sequence[ChatMessage] = (),
    ) -> None:
        self._assistant = assistant
        self._policies = policies
        self._turns = _turns_of(chat_history)

    @property
    def chat_history(self) -> list[ChatMessage]:
        """What was said so far."""
        return [
            ChatMessage(role=role, content=text)
            for turn in self._turns
            for role, text in ((MessageRole.USER, turn.question), (MessageRole.ASSISTANT, turn.answer))
            if text
        ]

    def reset(self) -> None:
        """Forget what was said."""
        self._turns = []

    def chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """Answer a message.

        Args:
            message: The question, or what else people say in a conversation.
            chat_history: What was said before, in place of what this engine remembers.

        Raises:
            QuestionError: If the message is empty or too long, or there is no such policy.
        """
        self._take_up(chat_history)
        answer = self._assistant.ask(message, history=self._turns, policies=self._policies)
        self._turns.append(Turn.of(answer))
        told = _response(answer)
        return AgentChatResponse(response=answer.text, source_nodes=told.source_nodes, metadata=told.metadata)

    async def achat(self, message: str, chat_history: list[ChatMessage] | None = None) -> AgentChatResponse:
        """As `chat`, without blocking the event loop."""
        return await asyncio.to_thread(self.chat, message, chat_history)

    def stream_chat(self, message: str, chat_history: list[ChatMessage] | None = None) -> StreamingAgentChatResponse:
        """As `chat`, by verified sentence: read `response_gen` of the response."""
        response = StreamingAgentChatResponse(is_writing_to_memory=False)
        response.chat_stream = self._streamed(self._begun(message, chat_history), response)
        return response

    async def astream_chat(
        self, message: str, chat_history: list[ChatMessage] | None = None
    ) -> StreamingAgentChatResponse:
        """As `stream_chat`, without blocking the event loop: read `async_response_gen()` of the response."""
        response = StreamingAgentChatResponse(is_writing_to_memory=False)
        begun = await asyncio.to_thread(self._begun, message, chat_history)
        response.achat_stream = self._astreamed(begun, response)
        return response

    def _begun(self, message: str, chat_history: list[ChatMessage] | None) -> Iterator[str | Answer]:
        """Return the pieces of an answer, the first of them made already, so that errors come at once."""
        self._take_up(chat_history)
        pieces = self._assistant.stream(message, history=tuple(self._turns), policies=self._policies)
        return _with_first(next(pieces), pieces)

    def _streamed(
        self, pieces: Iterator[str | Answer], response: StreamingAgentChatResponse
    ) -> Generator[ChatResponse, None, None]:
        said = ""
        for piece in pieces:
            said += self._told(piece, response)
            if piece and isinstance(piece, str):
                yield _chat_response(piece, said)

    async def _astreamed(
        self, pieces: Iterator[str | Answer], response: StreamingAgentChatResponse
    ) -> AsyncGenerator[ChatResponse, None]:
        said = ""
        coming: asyncio.Task[str | Answer | None] | None = None
        try:
            while True:
                coming = asyncio.create_task(asyncio.to_thread(next, pieces, None))
                # Whoever leaves while it waits does not leave a thread in the middle of its work.
                piece = await asyncio.shield(coming)
                if piece is None:
                    return
                said += self._told(piece, response)
                if piece and isinstance(piece, str):
                    yield _chat_response(piece, said)
        finally:
            if coming and not coming.done():
                await asyncio.wait({coming})
            getattr(pieces, "close", _nothing)()

    def _told(self, piece: str | Answer, response: StreamingAgentChatResponse) -> str:
        """Return what a piece adds to the text; the answer, which comes last, completes the response."""
        if isinstance(piece, str):
            return piece
        response.source_nodes = _response(piece).source_nodes
        self._turns.append(Turn.of(piece))
        return ""

    def _take_up(self, chat_history: list[ChatMessage] | None) -> None:
        if chat_history is not None:
            self._turns = _turns_of(chat_history)


class PolicyEmbedding(BaseEmbedding):
    """Embeds by one of the assistant's embedding models, such as the bundled ones, offline.

    Args:
        embedder: The model; its identity is the `model_name`.
        options: The other fields of `BaseEmbedding`.
    """

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **options: Any) -> None:
        super().__init__(**({"model_name": embedder.identity} | options))
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        """Name by which llama-index stores this embedding."""
        return "PolicyEmbedding"

    def _embed(self, texts: list[str], role: Role) -> list[list[float]]:
        rows: list[list[float]] = np.asarray(self._embedder.embed(texts, role)).tolist()
        return rows

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embed([query], "query")[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embed([text], "passage")[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embed(texts, "passage")

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


# --- Policies ----------------------------------------------------------------------------


def _policy_of(document: BaseNode, text: str) -> Policy:
    known = document.metadata
    policy = parse(
        text,
        id=str(known.get("policy_id") or document.node_id),
        title=str(known.get("title") or ""),
        language=known.get("language") if known.get("language") in get_args(Language) else None,
        version=str(known.get("version") or ""),
    )
    if known.get("policy_id"):
        return policy
    # llama-index gives a document without an id another one each time, by which a text without a title would go.
    name = policy.sha256[:HASH_CHARS]
    return replace(policy, id=name, title=name if policy.title == policy.id else policy.title)


def _policy_metadata(policy: Policy) -> dict[str, str]:
    return {"policy_id": policy.id, "version": policy.version, "title": policy.title, "language": policy.language}


def _passage_node(policy: Policy, passage: Passage, source: RelatedNodeInfo | None = None) -> TextNode:
    """Return the node of a passage, of the document `source`, by default that of `as_document`."""
    labels = [clause.label.strip() for clause in policy.path(passage.clause_id) if clause.label.strip()]
    metadata = {
        **_policy_metadata(policy),
        "clause_id": passage.clause_id,
        "reference": policy.reference(passage.clause_id),
        "labels": " › ".join(labels),
        "context": passage.context,
        "start": passage.start,
        "end": passage.end,
    }
    return TextNode(
        id_=_stable_id(policy.id, policy.version, passage.clause_id),
        text=policy.text[passage.start : passage.end],
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata,
        excluded_embed_metadata_keys=list(_NOT_EMBEDDED),
        excluded_llm_metadata_keys=list(_NOT_TOLD),
        relationships={NodeRelationship.SOURCE: source or _source(policy.id)},
    )


def _source(policy_id: str) -> RelatedNodeInfo:
    return RelatedNodeInfo(node_id=policy_id, node_type=ObjectType.DOCUMENT)


def _stable_id(*parts: str | int) -> str:
    # Some vector stores take UUIDs only.
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "policy-assistant:" + json.dumps(parts)))


def _joined(ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    return list(dict.fromkeys((*ours, *theirs)))


# What is left says what a text is about: to a model that embeds, and to one that writes.
_NOT_EMBEDDED = ("policy_id", "version", "title", "language", "clause_id", "reference", "labels", "start", "end")
_NOT_TOLD = ("policy_id", "version", "language", "clause_id", "labels", "start", "end")


# --- Answers -----------------------------------------------------------------------------


def _response(answer: Answer) -> Response:
    reason = answer.abstained
    return Response(
        response=answer.text,
        source_nodes=[_citation_node(answer, citation, marker) for marker, citation in enumerate(answer.citations, 1)],
        metadata={
            "abstained": reason.as_json() if reason else None,
            "query": answer.query,
            "language": answer.language,
        },
    )


def _citation_node(answer: Answer, citation: Citation, marker: int) -> NodeWithScore:
    """Return the node of a citation, with the score of the hit that it was found in."""
    metadata: dict[str, str | int] = {
        "policy_id": citation.policy_id,
        "version": citation.version,
        "clause_id": citation.clause_id,
        "reference": citation.reference,
        "start": citation.start,
        "end": citation.end,
        "marker": marker,
    }
    if citation.translation is not None:
        metadata["translation"] = citation.translation
    node = TextNode(
        id_=_stable_id(citation.policy_id, citation.version, citation.clause_id, citation.start, citation.end),
        text=citation.quote,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=[key for key in metadata if key not in ("reference", "translation")],
        relationships={NodeRelationship.SOURCE: _source(citation.policy_id)},
    )
    holds = (
        hit.score
        for hit in answer.hits
        if hit.policy.id == citation.policy_id and hit.start <= citation.start and citation.end <= hit.end
    )
    return NodeWithScore(node=node, score=next(holds, None))


# --- Conversations -----------------------------------------------------------------------


def _turns_of(messages: Sequence[ChatMessage]) -> list[Turn]:
    """Return the turns that messages of people and assistants make; what the system or tools say is none."""
    turns: list[Turn] = []
    for message in messages:
        text = message.content or ""
        if message.role == MessageRole.USER:
            turns.append(Turn(question=text))
        elif message.role == MessageRole.ASSISTANT and turns:
            turns[-1] = replace(turns[-1], answer=text)
    return turns


def _with_first(first: str | Answer, rest: Iterator[str | Answer]) -> Generator[str | Answer, None, None]:
    try:
        yield first
        yield from rest
    finally:
        getattr(rest, "close", _nothing)()


def _chat_response(piece: str, said: str) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=said), delta=piece)


def _nothing() -> None:
    """Do nothing."""
