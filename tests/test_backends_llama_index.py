"""The llama-index adapter, against the interfaces of the installed llama-index-core; no model, no network."""

from __future__ import annotations

import ast
import asyncio
import gc
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import MockLLM
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, NodeRelationship, QueryBundle, TextNode

import assistant
from assistant import Answer, Assistant, PolicyError, QuestionError, Reason, Turn, open_corpus
from assistant.answering import ExtractiveGenerator
from assistant.backends.llama_index import (
    PolicyChatEngine,
    PolicyEmbedding,
    PolicyNodeParser,
    PolicyQueryEngine,
    PolicyRetriever,
    as_document,
)
from assistant.index import Index
from assistant.index.passages import passages
from assistant.index.shards import build_shard
from assistant.retrieval import Retriever

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llama_index.core.instrumentation.events import BaseEvent

    from assistant import Policy
    from assistant.embedding import Embedder, Role, Vectors
    from assistant.index.shards import Analyzer

QUESTION = "星信推送收集什么信息？"
POLICY = "一、收集\n我们收集您的手机号。\n二、联系\n请拨打12345。"


@pytest.fixture
def answering(policies: tuple[Policy, ...], analyzer: Analyzer, embedder: Embedder) -> Assistant:
    """An assistant over the invented corpus, with its index in memory."""
    index = Index("1", [build_shard(policy, analyzer, [embedder]) for policy in policies])
    return Assistant(policies, Retriever(index, analyzer, [embedder]), ExtractiveGenerator(), assistant.Settings())


@pytest.fixture(autouse=True)
def _global_settings_are_left_alone() -> Iterator[None]:
    yield
    # Its callback manager is made by llama-index's own engines.
    assert (Settings._llm, Settings._embed_model, Settings._node_parser, Settings._transformations) == (None,) * 4


# --- Node parser -----------------------------------------------------------------------


@pytest.mark.parametrize("policy_id", ["yunchao", "lantern", "baiju"])
def test_nodes_are_the_passages(policies: tuple[Policy, ...], policy_id: str) -> None:
    shipped = open_corpus(Path(assistant.__file__).parent.parent / "corpus")
    policy = next(policy for policy in (*policies, *shipped) if policy.id == policy_id)
    nodes = PolicyNodeParser().get_nodes_from_documents([as_document(policy)])
    assert [(node.metadata["clause_id"], node.metadata["start"], node.metadata["end"]) for node in nodes] == [
        (passage.clause_id, passage.start, passage.end) for passage in passages(policy)
    ]
    for node in nodes:
        assert isinstance(node, TextNode)
        # Even where the same words stand in another place before.
        assert (node.start_char_idx, node.end_char_idx) == (node.metadata["start"], node.metadata["end"])
        assert policy.text[node.start_char_idx : node.end_char_idx] == node.get_content()
        assert node.metadata["reference"] == policy.reference(node.metadata["clause_id"])
        assert node.metadata["policy_id"] == policy.id
        assert node.metadata["version"] == policy.version
        assert node.ref_doc_id == policy.id


def test_a_text_printed_twice_keeps_its_own_places() -> None:
    # The last line is also the end of the first, where llama-index would place it.
    text = "甲方说我们收集您的手机号。\n一、收集\n二、其他\n我们收集您的手机号。\n"
    nodes = PolicyNodeParser().get_nodes_from_documents([Document(text=text)])
    for node in nodes:
        assert isinstance(node, TextNode)
        assert (node.start_char_idx, node.end_char_idx) == (node.metadata["start"], node.metadata["end"])
        assert text[node.metadata["start"] : node.metadata["end"]] == node.get_content()
    assert nodes[-1].metadata["start"] > text.index("二、其他")


def test_metadata_say_where_a_clause_stands(policies: tuple[Policy, ...]) -> None:
    nodes = PolicyNodeParser().get_nodes_from_documents([as_document(policies[1])])
    node = next(node for node in nodes if node.get_content().startswith("1、星信推送"))
    assert node.metadata["labels"] == "一、 › （三） › 1、"
    assert node.metadata["reference"].startswith("一（三）1")
    assert "第三方插件" in node.metadata["context"]
    assert all(isinstance(value, str | int) for value in node.metadata.values())


def test_models_read_what_the_text_is_about_and_no_offsets(policies: tuple[Policy, ...]) -> None:
    document = as_document(policies[1])
    node = PolicyNodeParser().get_nodes_from_documents([document])[-1]
    embedded, told = node.get_content(MetadataMode.EMBED), node.get_content(MetadataMode.LLM)
    assert embedded == f"context: {node.metadata['context']}\n\n{node.get_content().strip()}"
    assert f"reference: {node.metadata['reference']}" in told
    assert f"title: {policies[1].title}" in told
    assert not any(f"{key}: " in told for key in ("start", "clause_id", "version"))


def test_the_same_text_gives_the_same_nodes_whatever_the_document_is_called() -> None:
    first, again = (PolicyNodeParser().get_nodes_from_documents([Document(text=POLICY)]) for _ in range(2))
    assert [node.node_id for node in first] == [node.node_id for node in again]
    assert [node.metadata for node in first] == [node.metadata for node in again]
    changed = PolicyNodeParser().get_nodes_from_documents([Document(text=POLICY + "我们会答复。")])
    assert not {node.node_id for node in first} & {node.node_id for node in changed}


def test_ids_name_the_clause_of_a_version() -> None:
    def ids(**metadata: str) -> list[str]:
        return [node.node_id for node in PolicyNodeParser()([Document(text=POLICY, metadata=metadata)])]

    assert len(set(ids(policy_id="a", version="1"))) == 2
    assert ids(policy_id="a", version="1") == ids(policy_id="a", version="1", title="Other")
    assert not set(ids(policy_id="a", version="1")) & set(
        ids(policy_id="b", version="1") + ids(policy_id="a", version="2")
    )


def test_the_documents_own_metadata_are_kept_and_hidden_as_it_says() -> None:
    document = Document(
        text=POLICY, metadata={"policy_id": "shop", "file": "a.txt"}, excluded_embed_metadata_keys=["file"]
    )
    node = PolicyNodeParser()([document])[0]
    assert (node.metadata["policy_id"], node.metadata["file"]) == ("shop", "a.txt")
    assert "a.txt" not in node.get_content(MetadataMode.EMBED)
    assert "a.txt" in node.get_content(MetadataMode.LLM)
    assert "file" not in PolicyNodeParser(include_metadata=False)([document])[0].metadata


def test_the_interfaces_options_are_kept() -> None:
    documents = [Document(text=POLICY, id_="a"), Document(text=POLICY, id_="b")]
    nodes = PolicyNodeParser(id_func=lambda number, document: f"{document.node_id}-{number}")(documents)
    assert [node.node_id for node in nodes] == ["a-0", "a-1", "b-0", "b-1"]
    assert nodes[0].next_node is not None
    assert nodes[0].next_node.node_id == "a-1"
    assert NodeRelationship.NEXT not in nodes[1].relationships
    assert NodeRelationship.NEXT not in PolicyNodeParser(include_prev_next_rel=False)(documents)[0].relationships
    assert asyncio.run(PolicyNodeParser().acall(documents))[0].get_content() == nodes[0].get_content()
    assert PolicyNodeParser().to_dict()["class_name"] == "PolicyNodeParser"


def test_unusable_texts() -> None:
    assert PolicyNodeParser()([Document(text=" \n")]) == []
    with pytest.raises(PolicyError, match="'doc-7'"):
        PolicyNodeParser()([Document(text="一、\0", id_="doc-7")])


def test_runs_in_a_pipeline_with_an_embedding(embedder: Embedder) -> None:
    pipeline = IngestionPipeline(transformations=[PolicyNodeParser(), PolicyEmbedding(embedder)], disable_cache=True)
    nodes = pipeline.run(documents=[Document(text=POLICY)])
    assert [len(node.embedding or ()) for node in nodes] == [64, 64]


# --- Retriever -------------------------------------------------------------------------


def test_retrieves_what_the_assistant_finds(answering: Assistant) -> None:
    found = PolicyRetriever(answering, k=4).retrieve(QUESTION)
    hits = answering.search(QUESTION, k=4)
    assert [(node.metadata["policy_id"], node.metadata["clause_id"], node.score) for node in found] == [
        (hit.policy.id, hit.clause.id, hit.score) for hit in hits
    ]
    assert any("星信推送" in node.get_content() for node in found)
    assert asyncio.run(PolicyRetriever(answering, k=4).aretrieve(QueryBundle(QUESTION))) == found


def test_retrieved_nodes_are_those_of_the_parser(answering: Assistant) -> None:
    parsed = PolicyNodeParser(include_prev_next_rel=False)([as_document(policy) for policy in answering.policies])
    by_id = {node.node_id: node for node in parsed}
    for found in PolicyRetriever(answering).retrieve(QUESTION):
        node = by_id[found.node.node_id]
        assert found.node.hash == node.hash
        assert found.node.metadata == node.metadata
        assert found.node.ref_doc_id == node.ref_doc_id
        assert found.node.get_content(MetadataMode.LLM) == node.get_content(MetadataMode.LLM)


def test_keeps_to_the_policies_and_number_it_is_given(answering: Assistant) -> None:
    found = PolicyRetriever(answering, k=2, policies=["lantern"]).retrieve("How long is a delivery kept?")
    assert [node.metadata["policy_id"] for node in found] == ["lantern"] * 2
    assert len(PolicyRetriever(answering).retrieve("How long is a delivery kept?")) == answering.settings.k


@pytest.mark.parametrize("question", ["", " \u200b", "问" * 3000])
def test_a_question_that_cannot_be_asked(answering: Assistant, question: str) -> None:
    with pytest.raises(QuestionError):
        PolicyRetriever(answering).retrieve(question)
    with pytest.raises(QuestionError):
        asyncio.run(PolicyQueryEngine(answering).aquery(question))


def test_a_policy_that_is_not_there(answering: Assistant) -> None:
    with pytest.raises(QuestionError, match="nosuch"):
        PolicyRetriever(answering, policies=["nosuch"]).retrieve(QUESTION)


def test_feeds_llama_indexs_own_query_engine(answering: Assistant) -> None:
    engine = RetrieverQueryEngine.from_args(
        PolicyRetriever(answering, k=4), llm=MockLLM(), callback_manager=CallbackManager()
    )
    response = engine.query(QUESTION)
    # The mock repeats its prompt, which holds what was retrieved.
    assert "reference: 一（三）1" in str(response)
    assert "收集设备标识符（IMEI）" in str(response)
    assert QUESTION in str(response)
    assert [node.metadata["start"] for node in response.source_nodes] == [
        hit.start for hit in answering.search(QUESTION, k=4)
    ]
    assert str(asyncio.run(engine.aquery(QUESTION))) == str(response)


def test_feeds_llama_indexs_own_chat_engine(answering: Assistant) -> None:
    # Its usual memory leaves a database open.
    memory = ChatMemoryBuffer.from_defaults(llm=MockLLM())
    chat = CondensePlusContextChatEngine.from_defaults(PolicyRetriever(answering, k=2), llm=MockLLM(), memory=memory)
    assert "IMEI" in str(chat.chat(QUESTION).source_nodes)


# --- Query engine ----------------------------------------------------------------------


def test_answers_with_verified_quotes(answering: Assistant) -> None:
    answer = answering.ask(QUESTION)
    response = PolicyQueryEngine(answering).query(QUESTION)
    assert str(response) == answer.text
    assert response.metadata == {"abstained": None, "query": QUESTION, "language": "zh"}
    assert len(response.source_nodes) == len(answer.citations) > 0
    for marker, (node, citation) in enumerate(zip(response.source_nodes, answer.citations, strict=True), 1):
        assert node.get_content() == citation.quote
        assert node.metadata == {
            "policy_id": citation.policy_id,
            "version": citation.version,
            "clause_id": citation.clause_id,
            "reference": citation.reference,
            "start": citation.start,
            "end": citation.end,
            "marker": marker,
        }
        assert (
            answering.policy(citation.policy_id).text[node.metadata["start"] : node.metadata["end"]] == citation.quote
        )
        assert node.score in [hit.score for hit in answer.hits]
        assert node.node.ref_doc_id == citation.policy_id
        assert f"[{marker}]" in str(response)
    assert asyncio.run(PolicyQueryEngine(answering).aquery(QueryBundle(QUESTION))) == response


def test_keeps_to_the_policies_it_is_given(answering: Assistant) -> None:
    response = PolicyQueryEngine(answering, policies=["lantern"]).query("How long do you keep a delivery?")
    assert {node.metadata["policy_id"] for node in response.source_nodes} == {"lantern"}
    assert response.metadata is not None
    assert response.metadata["language"] == "en"


class Scripted(Assistant):
    """An assistant that gives one answer to everything."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def ask(self, question: str, **_: object) -> Answer:
        return self.answer


def test_abstains_with_a_reason(answering: Assistant) -> None:
    reason = Reason(kind="not_stated", message="《云巢读书隐私政策》没有说明这一点。")
    answer = Answer(question="q", query="q", language="zh", text=reason.message, abstained=reason)
    response = PolicyQueryEngine(Scripted(answer)).query("q")
    assert str(response) == reason.message
    assert response.source_nodes == []
    assert response.metadata == {
        "abstained": {"kind": "not_stated", "message": reason.message},
        "query": "q",
        "language": "zh",
    }


def test_a_citation_brings_its_translation(answering: Assistant) -> None:
    answer = answering.ask(QUESTION)
    translated = replace(answer.citations[0], translation="Star Push collects the IMEI.")
    (node,) = PolicyQueryEngine(Scripted(replace(answer, citations=(translated,), hits=()))).query("q").source_nodes
    assert node.metadata["translation"] == "Star Push collects the IMEI."
    assert node.score is None
    assert "translation: Star Push" in node.node.get_content(MetadataMode.LLM)


def test_tells_llama_indexs_listeners(answering: Assistant) -> None:
    seen: list[str] = []

    class Listener(BaseEventHandler):
        def handle(self, event: BaseEvent, **_: object) -> None:
            seen.append(type(event).__name__)

    listener, dispatcher = Listener(), get_dispatcher()
    debug = LlamaDebugHandler(print_trace_on_end=False)
    dispatcher.add_event_handler(listener)
    try:
        PolicyQueryEngine(answering, callback_manager=CallbackManager([debug])).query(QUESTION)
        PolicyRetriever(answering, callback_manager=CallbackManager([debug])).retrieve(QUESTION)
    finally:
        dispatcher.event_handlers.remove(listener)
    assert seen == ["QueryStartEvent", "QueryEndEvent", "RetrievalStartEvent", "RetrievalEndEvent"]
    assert len(debug.get_event_pairs(CBEventType.QUERY)) == 1
    assert len(debug.get_event_pairs(CBEventType.RETRIEVE)) == 1


# --- Chat engine -----------------------------------------------------------------------


FOLLOW_UP = "那墨图统计呢？"


def test_a_conversation_is_understood_and_its_answers_are_verified(answering: Assistant) -> None:
    chat = PolicyChatEngine(answering)
    first, second = chat.chat(QUESTION), chat.chat(FOLLOW_UP)
    wanted = answering.ask(FOLLOW_UP, history=[Turn.of(answering.ask(QUESTION))])
    assert str(second) == wanted.text
    assert [node.get_content() for node in second.source_nodes] == [citation.quote for citation in wanted.citations]
    assert second.metadata is not None
    assert second.metadata["query"] == wanted.query != FOLLOW_UP
    assert [(message.role.value, message.content) for message in chat.chat_history] == [
        ("user", QUESTION), ("assistant", str(first)), ("user", FOLLOW_UP), ("assistant", str(second)),
    ]  # fmt: skip
    # What was cited is known: the clause whole.
    assert "墨图统计" in str(chat.chat("原文在哪"))
    chat.reset()
    assert chat.chat_history == []
    assert chat.chat(FOLLOW_UP).source_nodes != second.source_nodes


def test_a_history_that_is_given_takes_the_place_of_the_engines(answering: Assistant) -> None:
    history = [
        ChatMessage(role="system", content="be kind"),
        ChatMessage(role="user", content=QUESTION),
        ChatMessage(role="assistant", content="IMEI"),
    ]
    wanted = answering.ask(FOLLOW_UP, history=[Turn(question=QUESTION, answer="IMEI")]).text
    chat = PolicyChatEngine(answering)
    chat.chat("如何注销账号")
    assert str(chat.chat(FOLLOW_UP, history)) == wanted
    assert str(PolicyChatEngine(answering, chat_history=history).chat(FOLLOW_UP)) == wanted
    assert [message.content for message in chat.chat_history][:2] == [QUESTION, "IMEI"]
    assert chat.chat("q", []).metadata is not None


def test_a_conversation_keeps_to_the_policies_it_is_given(answering: Assistant) -> None:
    told = PolicyChatEngine(answering, policies=["lantern"]).chat("How long do you keep a delivery?")
    assert {node.metadata["policy_id"] for node in told.source_nodes} == {"lantern"}


def test_a_streamed_answer_is_the_same_piece_by_piece(answering: Assistant) -> None:
    chat, whole = PolicyChatEngine(answering), answering.ask(QUESTION)
    streamed = chat.stream_chat(QUESTION)
    pieces = list(streamed.response_gen)
    assert len(pieces) > 1
    assert "".join(pieces) == str(streamed) == whole.text
    assert [node.get_content() for node in streamed.source_nodes] == [citation.quote for citation in whole.citations]

    async def later() -> tuple[str, str]:
        told = await chat.achat(FOLLOW_UP)
        chat.reset()
        begun = await chat.astream_chat(QUESTION)
        text = "".join([piece async for piece in begun.async_response_gen()])
        assert len(begun.source_nodes) == len(whole.citations)
        return str(told), text

    told, text = asyncio.run(later())
    assert told == answering.ask(FOLLOW_UP, history=[Turn.of(whole)]).text
    assert text == whole.text
    assert [message.content for message in chat.chat_history] == [QUESTION, whole.text]


def test_an_answer_that_abstains_is_streamed_too(answering: Assistant) -> None:
    streamed = PolicyChatEngine(answering).stream_chat("？？")
    assert "".join(streamed.response_gen) == answering.ask("？？").text
    assert streamed.source_nodes == []


def test_whoever_stops_reading_a_stream_ends_it_and_it_is_not_leant_on(answering: Assistant) -> None:
    class Endless(Assistant):
        closed = 0

        def stream(self, question: str, **_: object) -> Iterator[str | Answer]:
            try:
                yield "我们"
                while True:
                    yield ""
            finally:
                Endless.closed += 1

    chat = PolicyChatEngine(Endless(answering.policies, answering.retriever, answering.generator, answering.settings))

    async def leave() -> None:
        begun = await chat.astream_chat(QUESTION)
        pieces = begun.async_response_gen()
        assert await anext(pieces) == "我们"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(pieces), 0.2)
        await pieces.aclose()
        assert begun.achat_stream is not None
        await begun.achat_stream.aclose()

    asyncio.run(leave())
    assert Endless.closed == 1
    streamed = chat.stream_chat(QUESTION)
    assert next(streamed.response_gen) == "我们"
    del streamed
    gc.collect()
    assert Endless.closed == 2
    assert chat.chat_history == []


@pytest.mark.parametrize("question", ["", " \u200b", "问" * 3000])
def test_a_message_that_cannot_be_asked_is_refused_at_once(answering: Assistant, question: str) -> None:
    chat = PolicyChatEngine(answering)
    for ask in (chat.chat, chat.stream_chat):
        with pytest.raises(QuestionError):
            ask(question)
    for later in (chat.achat, chat.astream_chat):
        with pytest.raises(QuestionError):
            asyncio.run(later(question))
    assert chat.chat_history == []


# --- The examples of the documentation -------------------------------------------------


# The agents of llama-index use what pydantic is about to drop.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_example_of_the_documentation_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[1] / "docs" / "llama-index.md").read_text("utf-8")
    examples = re.findall(r"^```py\n(.+?)^```", page, re.S | re.M)
    assert len(examples) == page.count("```") // 2 == 5
    call = ToolCallBlock(tool_name="policy", tool_kwargs={"input": "个推会收集哪些信息？"}, tool_call_id="1")
    scripted = MockFunctionCallingLLM(
        response_generator=lambda messages, **_: ChatMessage(role="assistant", blocks=[call]), is_chat_model=True
    )
    names: dict[str, Any] = {}
    printed = []
    for example in examples:
        # The retriever's model repeats its prompt.
        names["llm"] = scripted if "FunctionAgent" in example else MockLLM()
        code = compile(example, "llama-index.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        awaited = eval(code, names)
        if awaited is not None:
            asyncio.run(awaited)
        printed.append(capsys.readouterr().out)
    _, agent, retriever, own, conversation = printed
    assert agent.startswith("《白驹跑腿隐私协议》的相关原文：\n")
    assert "个推消息推送SDK" in agent
    assert len(retriever.splitlines()) == 5
    assert "个推" in own
    assert "高德" in conversation
    assert conversation.count("《白驹跑腿隐私协议》") == 3


# --- Embedding -------------------------------------------------------------------------


def test_embeds_as_the_embedder_does(embedder: Embedder) -> None:
    model = PolicyEmbedding(embedder, embed_batch_size=2)
    texts = ["手机号", "订单号", "phone number"]
    rows = embedder.embed(texts, "passage")
    np.testing.assert_array_equal(np.array(model.get_text_embedding_batch(texts), np.float32), rows)
    np.testing.assert_array_equal(np.array(model.get_text_embedding(texts[0]), np.float32), rows[0])
    np.testing.assert_array_equal(np.array(model.get_query_embedding(texts[1]), np.float32), rows[1])
    assert model.model_name == embedder.identity
    assert model.to_payload()["class_name"] == "PolicyEmbedding"
    assert all(isinstance(number, float) for number in model.get_text_embedding(texts[0]))


def test_embeds_without_blocking_the_event_loop(embedder: Embedder) -> None:
    model = PolicyEmbedding(embedder)

    async def embed() -> tuple[list[list[float]], list[float], list[float]]:
        return (
            await model.aget_text_embedding_batch(["手机号", "订单号"]),
            await model.aget_text_embedding("手机号"),
            await model.aget_query_embedding("手机号"),
        )

    batch, text, query = asyncio.run(embed())
    assert batch[0] == text == query == model.get_text_embedding("手机号")


def test_questions_and_passages_are_told_apart() -> None:
    class Roles:
        name = "roles"
        identity = "roles 1"

        def embed(self, texts: Sequence[str], role: Role) -> Vectors:
            return np.full((len(texts), 2), float(role == "query"), np.float32)

    model = PolicyEmbedding(Roles())
    assert model.get_query_embedding("a") == [1.0, 1.0]
    assert model.get_text_embedding("a") == [0.0, 0.0]


def test_serves_llama_indexs_own_index(policies: tuple[Policy, ...], embedder: Embedder) -> None:
    index = VectorStoreIndex.from_documents(
        [as_document(policy) for policy in policies],
        transformations=[PolicyNodeParser()],
        embed_model=PolicyEmbedding(embedder),
        callback_manager=CallbackManager(),
    )
    found = index.as_retriever(similarity_top_k=3).retrieve("星信推送收集设备标识符")
    assert any("星信推送" in node.get_content() for node in found)
    assert found[0].metadata["policy_id"] == "yunchao"
    assert policies[1].text[found[0].metadata["start"] : found[0].metadata["end"]] == found[0].get_content()
