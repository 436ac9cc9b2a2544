"""The Model Context Protocol: the SDK's own client asks our server, by pipes and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import jsonschema
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ResourceTemplateReference, TextContent, TextResourceContents

import assistant.cli
from assistant import Assistant, Settings
from assistant.errors import ModelError
from assistant.server.database import service_database
from assistant.server.keys import KeyStore
from assistant.server.mcp import mcp_server
from assistant.server.mcp.resources import uri_of
from assistant.server.observing import Metrics
from assistant.server.service import Service
from tests.conftest import FIXTURES
from tests.serving import ENGLISH, QUESTION, ROOT, Running, bearer, opened, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

TOOLS = ["ask_policy", "search_clauses", "get_clause", "list_policies"]


@pytest.fixture(scope="module")
def assistant_(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("mcp"))


@asynccontextmanager
async def beside(found: Assistant, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a server in this process."""
    settings = Settings(server_reload_s=0, index_dir=found.settings.index_dir)
    service = Service(lambda _: found, settings, Metrics())
    await service.start()
    try:
        async with Client(mcp_server(service), mode=mode) as client:
            yield client
    finally:
        await service.close()


def talk(found: Assistant, say: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    async def scene() -> Any:
        async with beside(found, mode) as client:
            return await say(client)

    return asyncio.run(scene())


def refused(found: Assistant, say: Callable[[Client], Awaitable[Any]]) -> MCPError:
    """Return the error that a client gets."""

    async def told(client: Client) -> MCPError:
        with pytest.raises(MCPError) as error:
            await say(client)
        return error.value

    error: MCPError = talk(found, told)
    return error


def words(result: CallToolResult) -> str:
    """Return what a tool says."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def contents(client: Client, uri: str) -> str:
    """Return the text of a resource."""
    (read,) = (await client.read_resource(uri)).contents
    assert isinstance(read, TextResourceContents)
    return read.text


def call(found: Assistant, tool: str, **arguments: Any) -> tuple[str, Any]:
    """Return what a tool says and gives."""
    result = talk(found, lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content
    return words(result), result.structured_content


# --- Tools -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_tools_tell_what_they_take_and_give(assistant_: Assistant, mode: str) -> None:
    found = talk(assistant_, lambda client: client.list_tools(), mode).tools
    assert [tool.name for tool in found] == TOOLS
    for tool in found:
        assert tool.title
        assert tool.description
        assert tool.annotations.read_only_hint
        for schema in (tool.input_schema, tool.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert all(known.get("description") for known in tool.input_schema["properties"].values()), tool.name


@pytest.mark.parametrize("question", [QUESTION, ENGLISH])
def test_an_answer_is_the_assistants_with_its_references(assistant_: Assistant, question: str) -> None:
    expected = assistant_.ask(question)
    text, data = call(assistant_, "ask_policy", question=question)
    assert text.startswith(expected.text)
    assert data["text"] == expected.text
    assert data["abstained"] is None
    for cited, citation in zip(data["citations"], expected.citations, strict=True):
        policy = assistant_.policy(cited["policy_id"])
        assert policy.text[cited["start"] : cited["end"]] == cited["quote"] == citation.quote
        # There are several policies: a place is told with its own.
        assert cited["policy_title"] == assistant_.policy(citation.policy_id).title
        assert f"[{cited['marker']}] {policy.place(citation.reference)} ({cited['uri']})" in text


def test_history_and_policies_are_taken_into_account(assistant_: Assistant) -> None:
    _, data = call(assistant_, "ask_policy", question="那地址呢？", history=[{"question": "你们会收集我的手机号吗？"}])
    assert data["query"] != data["question"]
    _, data = call(assistant_, "ask_policy", question=ENGLISH, policies=["yunchao"])
    assert {cited["policy_id"] for cited in data["citations"]} <= {"yunchao"}


def test_a_question_in_no_language_is_answered_in_the_one_that_is_asked_for(assistant_: Assistant) -> None:
    for language in ("zh", "en"):
        _, data = call(assistant_, "ask_policy", question="IMEI?", language=language)
        assert data["language"] == language
        assert data["text"] == assistant_.ask("IMEI?", language=language).text
    _, data = call(assistant_, "ask_policy", question=QUESTION, language="en")
    assert data["language"] == "zh"


def test_no_answer_is_an_answer_and_not_an_error(assistant_: Assistant) -> None:
    text, data = call(assistant_, "ask_policy", question="？？？")
    assert data["abstained"]["kind"] == "unclear"
    assert data["citations"] == []
    assert text == data["text"].strip()


def test_searching_lists_clauses_with_their_text(assistant_: Assistant) -> None:
    text, data = call(assistant_, "search_clauses", question="星信推送", k=3)
    expected = assistant_.search("星信推送", k=3)
    assert [hit["clause_id"] for hit in data["hits"]] == [hit.clause.id for hit in expected]
    for hit in data["hits"]:
        policy = assistant_.policy(hit["policy_id"])
        assert hit["text"] == policy.text[hit["start"] : hit["end"]]
        assert f"{hit['rank']}. {policy.place(hit['reference'])} ({hit['uri']})" in text


def test_policies_are_listed(assistant_: Assistant) -> None:
    text, data = call(assistant_, "list_policies")
    assert [known["policy_id"] for known in data["policies"]] == ["lantern", "yunchao"]
    assert [line.split(":")[0] for line in text.splitlines()] == ["lantern", "yunchao"]


def test_every_clause_can_be_read_with_its_place_and_as_a_resource(assistant_: Assistant) -> None:
    async def say(client: Client) -> None:
        for policy in assistant_.policies:
            for clause in policy.walk():
                result = await client.call_tool("get_clause", {"policy_id": policy.id, "clause_id": clause.id})
                assert not result.is_error
                said = result.structured_content
                assert said["text"] == policy.own_text(clause)
                assert said["reference"] == policy.reference(clause.id)
                assert said["reference"] in words(result)
                read = await contents(client, said["uri"])
                whole = "".join(policy.text[clause.start : clause.end].split())
                assert "".join(read.split()).endswith(whole)

    talk(assistant_, say)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("ask_policy", {}, "question: Field required; ask_policy takes question, history, policies, language"),
    ("ask_policy", {"question": " "}, "the question is empty: type what you want to know"),
    ("ask_policy", {"question": "问" * 9_999}, "characters: ask in at most"),
    ("ask_policy", {"question": "?", "polices": ["lantern"]}, "polices: Extra inputs are not permitted"),
    ("ask_policy", {"question": "?", "policies": ["baiju"]}, "there is no policy 'baiju': list_policies has"),
    ("ask_policy", {"question": "?", "policies": []}, "policies: it has 0 of them: send 1 or more"),
    ("ask_policy", {"question": "?", "history": [{}]}, "history.0.question: Field required"),
    ("search_clauses", {"question": "?", "k": 0}, "k: it is 0: send 1 or more"),
    ("get_clause", {"policy_id": "nobody", "clause_id": "1"}, "list_policies has those there are"),
    ("get_clause", {"policy_id": "lantern", "clause_id": "99"}, "read the resource policy://lantern for those"),
    ("list_policies", {"policy": 1}, "list_policies takes no arguments"),
    ("delete_policy", {}, "there is no tool 'delete_policy': call one of ask_policy, search_clauses"),
]


@pytest.mark.parametrize(("tool", "arguments", "message"), WRONG)
def test_what_goes_wrong_is_told_with_what_to_do(
    assistant_: Assistant, tool: str, arguments: dict[str, Any], message: str
) -> None:
    result = talk(assistant_, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert message in result.content[0].text


@pytest.mark.parametrize(
    ("error", "message"),
    [(ModelError("the model is missing"), "the model is missing"), (ValueError("secret"), "its log has more")],
)
def test_a_fault_is_told_without_its_text(
    assistant_: Assistant, error: Exception, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Assistant):
        def ask(self, *_: Any, **__: Any) -> Any:
            raise error

    broken = Broken(assistant_.policies, assistant_.retriever, assistant_.generator, assistant_.settings)
    result = talk(broken, lambda client: client.call_tool("ask_policy", {"question": QUESTION}))
    assert result.is_error
    assert message in result.content[0].text
    assert "secret" not in result.content[0].text + caplog.text


def test_text_carries_no_terminal_commands(assistant_: Assistant) -> None:
    text, data = call(assistant_, "ask_policy", question="\x1b[31m星信推送\x1b[0m会收集什么？\u200b")
    assert "\x1b" not in text
    assert data["question"] == QUESTION
    result = talk(assistant_, lambda client: client.call_tool("\x1b[31mx", {}))
    assert "\x1b" not in result.content[0].text


# --- Resources ---------------------------------------------------------------------------


def test_the_resources_are_the_policies_and_all_their_clauses(assistant_: Assistant) -> None:
    async def say(client: Client) -> list[Any]:
        found, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            assert len(page.resources) <= 100
            found += page.resources
            cursor = page.next_cursor
            if cursor is None:
                return found

    found = talk(assistant_, say)
    expected = [
        uri_of(policy.id, clause.id if clause is not policy.root else "")
        for policy in assistant_.policies
        for clause in policy.walk()
    ]
    assert [resource.uri for resource in found] == expected
    assert all(resource.title and resource.mime_type == "text/plain" for resource in found)


def test_an_outline_has_every_clause(assistant_: Assistant) -> None:
    (read,) = talk(assistant_, lambda client: client.read_resource("policy://lantern")).contents
    ids = [line.rsplit("[", 1)[1].rstrip("]") for line in read.text.splitlines()]
    assert ids == [clause.id for clause in assistant_.policy("lantern").walk()]


def test_the_templates_are_those_of_the_addresses_and_are_completed(assistant_: Assistant) -> None:
    async def say(client: Client) -> tuple[list[str], list[str], list[str]]:
        templates = [each.uri_template for each in (await client.list_resource_templates()).resource_templates]
        ref = ResourceTemplateReference(uri=templates[1])
        policies = await client.complete(ref, {"name": "policy", "value": "lan"})
        clauses = await client.complete(ref, {"name": "clause", "value": "1."}, context_arguments={"policy": "lantern"})
        return templates, policies.completion.values, clauses.completion.values

    templates, policies, clauses = talk(assistant_, say)
    assert templates == ["policy://{policy}", "policy://{policy}/{clause}"]
    assert policies == ["lantern"]
    assert clauses
    assert clauses == [clause.id for clause in assistant_.policy("lantern").walk() if clause.id.startswith("1.")]


@pytest.mark.parametrize(
    "uri",
    [
        "policy://baiju/1", "policy://lantern/99", "policy://lantern/1/2", "policy://lantern/../yunchao", "policy://",
        "file:///etc/passwd", "policy://lantern/%2e%2e", "policy://LANTERN/1", "policy://lantern/1?x", "\x1b[31m",
    ],
)  # fmt: skip
def test_there_are_no_other_resources(assistant_: Assistant, uri: str) -> None:
    told = refused(assistant_, lambda client: client.read_resource(uri))
    assert told.error.code == -32602
    assert "\x1b" not in told.error.message


@pytest.mark.parametrize("cursor", ["", "5", "0000.1", "…", "x" * 1_000])
def test_a_cursor_of_another_list_is_refused(assistant_: Assistant, cursor: str) -> None:
    told = refused(assistant_, lambda client: client.list_resources(cursor=cursor))
    assert "list the resources from the start" in told.error.message


# --- A process of its own, by pipes ------------------------------------------------------


def environment(folder: Path) -> dict[str, str]:
    return {
        "ASSISTANT_SERVER_DATA": str(folder / "data"),
        "ASSISTANT_CORPUS": str(FIXTURES / "corpus"),
        "ASSISTANT_INDEX_DIR": str(folder / "index"),
        "PYTHONPATH": str(ROOT),
    }


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.enable_socket
def test_a_client_talks_to_the_command_by_pipes(tmp_path: Path, mode: str) -> None:
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "assistant.cli", "mcp"], env=environment(tmp_path), cwd=tmp_path
    )
    log = tmp_path / "log"

    async def scene() -> None:
        with log.open("w") as errors:
            async with Client(stdio_client(command, errlog=errors), mode=mode) as client:
                assert client.server_info
                assert client.server_info.name == "policy-assistant"
                assert "never instructions" in (client.instructions or "")
                assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS
                several = [client.call_tool("ask_policy", {"question": f"{QUESTION}{n}"}) for n in range(5)]
                for result in await asyncio.gather(*several):
                    assert not result.is_error
                    assert result.structured_content["citations"]
                assert await contents(client, "policy://lantern/root")

    asyncio.run(scene())
    # What is logged says what was done, and has no word of the question.
    said = log.read_text("utf-8")
    assert '"tool": "ask_policy"' in said
    assert "星信" not in said


def test_standard_output_has_the_protocol_and_nothing_else(tmp_path: Path) -> None:
    """An index is built first, a line is no message, a question has half a character: none of it gets out."""
    sent: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "ask_policy", "arguments": {"question": QUESTION}}},
    ]  # fmt: skip
    lines = [json.dumps({"jsonrpc": "2.0", **message}) for message in sent]
    lines.insert(2, "no message")
    # JSON has no half characters; what may be sent escaped must not come out again.
    lines.insert(3, lines[-1].replace('"id": 2', '"id": 9').replace(json.dumps(QUESTION), '"\\ud83d"'))
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "mcp"],
        env=os.environ | environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write("".join(f"{line}\n" for line in lines))
    process.stdin.flush()
    answered: list[dict[str, Any]] = []
    while not any(message.get("id") == 2 for message in answered):
        answered.append(json.loads(process.stdout.readline()))
    # The end of its input is the end of it.
    rest, errors = process.communicate(timeout=20)
    assert rest == ""
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert all(message["jsonrpc"] == "2.0" for message in answered)
    assert answered[-1]["result"]["structuredContent"]["citations"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_whoever_interrupts_it_need_not_wait(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "mcp"],
        env=os.environ | environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert process.stdin
    assert process.stdout
    process.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == 1
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    finally:
        process.kill()
        process.communicate()


def test_what_is_wrong_at_the_start_is_told_on_standard_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "mcp", "--corpus", str(tmp_path / "none")],
        env=os.environ | environment(tmp_path),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert str(tmp_path / "none") in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_the_error_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    monkeypatch.delitem(sys.modules, "assistant.server.mcp")
    assert assistant.cli.main(["mcp"]) == 1
    assert "pip install '.[mcp]'" in capsys.readouterr().err


# --- Over HTTP ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("mcp-http"), "-m", "assistant.cli", "mcp", "--http", "--port", "0") as found:
        yield found


@asynccontextmanager
async def over_http(service: Running, key: str = "", mode: str = "auto") -> AsyncIterator[Client]:
    url = f"http://127.0.0.1:{service.port}/mcp"
    async with (
        httpx2.AsyncClient(headers=bearer(key) if key else {}, trust_env=False, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client


@pytest.mark.enable_socket
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_client_talks_to_it_over_http(served: Running, mode: str) -> None:
    async def scene() -> None:
        async with over_http(served, mode=mode) as client, over_http(served, mode=mode) as another:
            assert [tool.name for tool in (await another.list_tools()).tools] == TOOLS
            for result in await asyncio.gather(
                *(each.call_tool("ask_policy", {"question": QUESTION}) for each in (client, another, client))
            ):
                assert result.structured_content["citations"]
            assert (await client.call_tool("get_clause", {"policy_id": "x", "clause_id": "1"})).is_error
            assert (await client.read_resource("policy://lantern")).contents

    asyncio.run(scene())
    assert "星信" not in json.dumps(served.lines, ensure_ascii=False)


ASK = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:3000", "Origin": "http://[::1]:3000"}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_only_requests_for_this_machine_are_answered(served: Running, headers: dict[str, str], status: int) -> None:
    assert served.http.post("/mcp", json=ASK, headers=ACCEPT | headers).status_code == status


@pytest.mark.enable_socket
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_nothing_is_said_unasked(served: Running, method: str) -> None:
    response = served.http.request(method, "/mcp", headers={"Accept": "text/event-stream"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.enable_socket
def test_bodies_have_a_limit(served: Running) -> None:
    response = served.http.post("/mcp", json=ASK | {"params": {"_meta": {"x": "x" * 300_000}}}, headers=ACCEPT)
    assert response.status_code == 413


@pytest.mark.enable_socket
def test_a_key_sees_its_policies_and_no_others(tmp_path: Path) -> None:
    keys = KeyStore(service_database(tmp_path / "data"), Settings(server_data=tmp_path / "data"))
    with running(tmp_path, "-m", "assistant.cli", "mcp", "--http", "--port", "0") as service:
        assert service.http.post("/mcp", json=ASK, headers=ACCEPT | {"Host": "help.example"}).status_code == 421
        # With the first key it is another matter, at once.
        _, whole = keys.create(name="all")
        time.sleep(1.1)
        sent = ACCEPT | bearer(whole) | {"Host": "help.example"}
        assert service.http.post("/mcp", json=ASK, headers=sent).status_code == 200
    _, narrow = keys.create(name="some", policies=["lantern"])
    _, browser = keys.create(name="pages", origins=["https://app.example"])
    _, old = keys.create(name="old", policies=["gone"])
    command = ("-m", "assistant.cli", "mcp", "--http", "--port", "0")
    with running(tmp_path, *command, ASSISTANT_SERVER_HOSTS="help.example") as service:

        def status(key: str, **headers: str) -> int:
            sent = ACCEPT | (bearer(key) if key else {}) | headers
            return service.http.post("/mcp", json=ASK, headers=sent).status_code

        assert status("") == status("pak_nobody") == 401
        assert status(browser) == 403
        assert status(whole) == 200
        # Proxies have names of their own; pages have to be on the list, and names, too, if there is one.
        assert status(whole, Host="help.example") == 200
        assert status(whole, Host="evil.example") == 421
        assert status(whole, Origin="https://evil.example") == 403

        async def scene() -> None:
            async with over_http(service, whole) as client:
                listed = (await client.call_tool("list_policies", {})).structured_content["policies"]
                assert [policy["policy_id"] for policy in listed] == ["lantern", "yunchao"]
            async with over_http(service, narrow) as client:
                said = [
                    await client.call_tool("list_policies", {}),
                    await client.call_tool("ask_policy", {"question": QUESTION}),
                    await client.call_tool("search_clauses", {"question": QUESTION, "k": 50}),
                    await client.call_tool("get_clause", {"policy_id": "yunchao", "clause_id": "1"}),
                    await client.call_tool("get_clause", {"policy_id": "nobody", "clause_id": "1"}),
                    await client.call_tool("ask_policy", {"question": QUESTION, "policies": ["yunchao"]}),
                ]
                resources = await client.list_resources()
                completed = await client.complete(
                    ResourceTemplateReference(uri="policy://{policy}/{clause}"),
                    {"name": "clause", "value": ""},
                    context_arguments={"policy": "yunchao"},
                )
                assert [result.is_error for result in said[3:]] == [True] * 3
                anothers, nobodys = map(words, said[3:5])
                assert anothers.replace("yunchao", "nobody") == nobodys
                shown = "".join(result.model_dump_json() for result in (*said[:3], resources, completed))
                assert "yunchao" not in shown
                assert "云巢" not in shown
                with pytest.raises(MCPError, match="no policy"):
                    await client.read_resource("policy://yunchao/1")
            async with over_http(service, old) as client:
                for tool in ("ask_policy", "search_clauses"):
                    refused = await client.call_tool(tool, {"question": QUESTION})
                    assert refused.is_error
                    assert words(refused) == "this key sees no policy that is in use"

        asyncio.run(scene())
        assert service.stop() < 10


def test_beyond_this_machine_it_wants_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SERVER_DATA", str(tmp_path))
    assert assistant.cli.main(["mcp", "--http", "--host", "0.0.0.0", "--port", "0"]) == 1
