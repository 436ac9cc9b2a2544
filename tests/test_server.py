"""The routes of the service: what they answer, that errors have one shape, and that text stays text."""

from __future__ import annotations

import json
import logging
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from assistant import Assistant, Turn, parse
from assistant.server import completions, wire
from assistant.server.observing import configure_logging
from tests.serving import ENGLISH, QUESTION, UNCLEAR, client, events, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("server"))


@pytest.fixture
def http(assistant: Assistant, tmp_path: Path) -> Iterator[TestClient]:
    with client(assistant, tmp_path) as opened:
        yield opened


def exactly(model: type[Any], said: dict[str, Any]) -> None:
    """Hold a response against its model: every field that must be there is, and none that it does not know."""
    assert model.model_validate(said).model_dump(mode="json", exclude_unset=True) == said


def error(response: Any) -> str:
    """Return the code of an error, which has the one shape."""
    assert response.headers["content-type"] == "application/json"
    said = response.json()
    exactly(wire.Error, said)
    assert said["error"]["request_id"] == response.headers["x-request-id"]
    return str(said["error"]["code"])


# --- Asking ------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [QUESTION, ENGLISH, UNCLEAR])
def test_an_answer_is_the_assistants_with_what_a_client_needs_besides(
    http: TestClient, assistant: Assistant, question: str
) -> None:
    response = http.post("/v1/ask", json={"question": question})
    assert response.status_code == 200
    said = response.json()
    exactly(wire.AnswerOut, said)
    expected = assistant.ask(question)
    assert said["text"] == expected.text
    assert said["index_version"] == response.headers["x-index-version"] == assistant.retriever.index.version
    assert (said["abstained"] is None) == (expected.abstained is None) == bool(said["citations"])
    for citation in said["citations"]:
        policy = assistant.policy(citation["policy_id"])
        assert policy.text[citation["start"] : citation["end"]] == citation["quote"]
    for place in (*said["citations"], *said["hits"]):
        assert place["policy_title"] == assistant.policy(place["policy_id"]).title


@pytest.mark.parametrize("question", [UNCLEAR, "IMEI", "x", "123"])
def test_a_question_in_no_language_is_answered_in_that_of_the_page(http: TestClient, question: str) -> None:
    def ask(path: str = "/v1/ask", **asked: Any) -> dict[str, Any]:
        response = http.post(path, json={"question": question, **asked}, headers={"Accept": "application/json"})
        said: dict[str, Any] = response.json()
        return said

    for path in ("/v1/ask", "/v1/chat"):
        said = ask(path, language="zh")
        assert (said["language"], said["question"]) == ("zh", question)
        assert "The " not in said["text"]
        assert "（请" not in str(said)
        assert ask(path)["language"] == ask(path, language="en")["language"] == "en"
    assert ask(language="en", history=[{"question": "怎么注销账号？"}])["language"] == "zh"
    assert ask(language="zh", history=[{"question": "how do I delete my account?"}])["language"] == "en"


def test_what_a_question_is_written_in_comes_before_the_page_s_language(http: TestClient) -> None:
    for question, language in ((QUESTION, "zh"), (ENGLISH, "en")):
        for wanted in ("zh", "en"):
            assert http.post("/v1/ask", json={"question": question, "language": wanted}).json()["language"] == language


def test_the_longest_question_is_told_before_and_when_it_is_exceeded(assistant: Assistant, tmp_path: Path) -> None:
    with client(assistant, tmp_path) as http:
        most = http.get("/v1/policies").json()["max_question_chars"]
        assert most == assistant.settings.max_question_chars
        for path in ("/v1/ask", "/v1/chat", "/v1/search", "/v1/chat/completions"):
            asked = {"messages": [{"role": "user", "content": "长" * (most + 1)}]}
            body = asked if path.endswith("completions") else {"question": "长" * (most + 1)}
            response = http.post(path, json=body)
            assert error(response) == "invalid_question"
            assert response.json()["error"]["max_question_chars"] == most


def test_history_and_policies_are_taken_into_account(http: TestClient, assistant: Assistant) -> None:
    history = [{"question": "云巢读书的墨图统计收集什么？"}, {"question": "好的", "answer": "…"}]
    said = http.post("/v1/ask", json={"question": "那它为什么收集", "history": history[:1]}).json()
    assert said["query"] != said["question"]
    one = http.post("/v1/ask", json={"question": QUESTION, "policies": ["lantern"]}).json()
    assert {hit["policy_id"] for hit in one["hits"]} == {"lantern"}
    assert http.post("/v1/ask", json={"question": "注销", "history": history}).status_code == 200


@pytest.mark.parametrize("question", [QUESTION, ENGLISH, UNCLEAR])
def test_a_stream_says_what_the_answer_says(http: TestClient, assistant: Assistant, question: str) -> None:
    response = http.post("/v1/chat", json={"question": question})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    found = events(response.text)
    names = [name for name, _ in found]
    assert names == ["meta", *["sentence"] * (len(names) - 3), "citations", "done"]
    data = dict(found)
    whole = http.post("/v1/ask", json={"question": question}).json()
    assert "".join(said["text"] for name, said in found if name == "sentence") == whole["text"]
    assert data["citations"]["citations"] == whole["citations"]
    assert data["meta"]["request_id"] == response.headers["x-request-id"]
    for name in ("answer_id", "session_id", "index_version"):
        assert data["meta"][name] == data["done"][name]
    for name in ("question", "query", "language", "abstained", "hits"):
        assert data["done"][name] == whole[name]


@pytest.mark.parametrize("line_break", ["\x85", "\u2028", "\u2029"])
def test_a_stream_breaks_at_no_line_that_only_some_clients_see(
    corpus: Path, index_dir: Path, tmp_path: Path, line_break: str
) -> None:
    path = corpus / "yunchao" / "policy.txt"
    path.write_text(path.read_text("utf-8").replace("设备标识符", f"设备{line_break}标识符"), "utf-8")
    with client(opened(index_dir, corpus), tmp_path) as http:
        whole = http.post("/v1/ask", json={"question": QUESTION}).json()
        assert line_break in "".join(citation["quote"] for citation in whole["citations"])
        for route, asked in (
            ("/v1/chat", {"question": QUESTION}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}], "stream": True}),
        ):
            with http.stream("POST", route, json=asked) as response:
                lines = [line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: ")]
            said = [json.loads(line) for line in lines if line != "[DONE]"]
            assert [data["citations"] for data in said if "citations" in data] == [whole["citations"]]


def test_a_chat_is_one_object_if_accept_says_so(http: TestClient) -> None:
    asked = {"question": QUESTION}
    one = http.post("/v1/chat", json=asked, headers={"Accept": "application/json"})
    exactly(wire.ChatAnswerOut, one.json())
    for accept in ("text/event-stream", "application/json, text/event-stream", "*/*"):
        streamed = http.post("/v1/chat", json=asked, headers={"Accept": accept})
        assert streamed.headers["content-type"].startswith("text/event-stream"), accept


def test_a_conversation_goes_on_until_it_is_forgotten(http: TestClient) -> None:
    def ask(question: str, session: str | None) -> dict[str, Any]:
        asked = {"question": question, "session_id": session}
        said: dict[str, Any] = http.post("/v1/chat", json=asked, headers={"Accept": "application/json"}).json()
        return said

    first = ask("云巢读书的墨图统计收集什么？", None)
    session = first["session_id"]
    second = ask("那它为什么收集", session)
    assert second["session_id"] == session
    assert "墨图" in second["query"]
    done = dict(events(http.post("/v1/chat", json={"question": "那它为什么收集", "session_id": session}).text))["done"]
    assert done["session_id"] == session
    assert http.delete(f"/v1/sessions/{session}").status_code == 204
    assert http.delete(f"/v1/sessions/{session}").status_code == 204
    anew = ask("那它为什么收集", session)
    assert anew["session_id"] != session
    assert "墨图" not in anew["query"]
    assert (
        error(http.post("/v1/feedback", json={"answer_id": first["answer_id"], "useful": True})) == "answer_not_found"
    )


def test_a_conversation_that_is_forgotten_is_in_no_file(http: TestClient, tmp_path: Path) -> None:
    asked = {"question": "云巢读书的墨图统计收集什么？"}
    said = http.post("/v1/chat", json=asked, headers={"Accept": "application/json"}).json()
    http.post("/v1/feedback", json={"answer_id": said["answer_id"], "useful": False, "why": "墨图 again"})

    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.rglob("*.sqlite3*"))

    words = ("墨图".encode(), json.dumps("墨图").strip('"').encode())
    assert any(word in kept() for word in words)
    http.delete(f"/v1/sessions/{said['session_id']}")
    assert not any(word in kept() for word in words)


def test_it_answers_although_conversations_cannot_be_kept(
    assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "sessions.sqlite3").write_bytes(b"no database" * 100)
    with client(assistant, tmp_path) as http:
        for session in (None, "ses_" + "a" * 32):
            found = events(http.post("/v1/chat", json={"question": QUESTION, "session_id": session}).text)
            assert found[-1][0] == "done"
    assert "sessions.sqlite3" in str([vars(record).get("problem") for record in caplog.records])


def test_nobody_chooses_the_id_of_a_conversation(http: TestClient) -> None:
    said = http.post(
        "/v1/chat", json={"question": QUESTION, "session_id": "mine"}, headers={"Accept": "application/json"}
    ).json()
    assert said["session_id"] != "mine"
    assert len(said["session_id"]) > 30


def test_searching_lists_clauses_with_their_text_and_no_scores(http: TestClient, assistant: Assistant) -> None:
    response = http.post("/v1/search", json={"question": "注销账号", "k": 3, "policies": ["yunchao"]})
    said = response.json()
    exactly(wire.FoundOut, said)
    assert len(said["hits"]) == 3
    policy = assistant.policy("yunchao")
    for hit in said["hits"]:
        assert hit["text"] == policy.text[hit["start"] : hit["end"]]
        assert hit["policy_title"] == policy.title
        assert not any("score" in name for name in hit)


# --- Policies ----------------------------------------------------------------------------


def test_policies_are_listed_with_what_is_known_of_them(http: TestClient) -> None:
    said = http.get("/v1/policies").json()
    exactly(wire.PoliciesOut, said)
    assert [policy["policy_id"] for policy in said["policies"]] == ["lantern", "yunchao"]
    assert said["policies"][1]["contact"] == "400-000-1234"


def test_an_outline_has_every_clause_once(http: TestClient, assistant: Assistant) -> None:
    said = http.get("/v1/policies/yunchao").json()
    exactly(wire.PolicyOutlineOut, said)

    def ids(clause: dict[str, Any]) -> Iterator[str]:
        yield clause["clause_id"]
        for child in clause["children"]:
            yield from ids(child)

    assert list(ids(said["outline"])) == [clause.id for clause in assistant.policy("yunchao").walk()]


def test_every_clause_can_be_read_with_its_place_and_neighbours(http: TestClient, assistant: Assistant) -> None:
    policy = assistant.policy("yunchao")
    order = list(policy.walk())
    text = ""
    for place, clause in enumerate(order):
        said = http.get(f"/v1/policies/yunchao/clauses/{clause.id}").json()
        exactly(wire.ClauseOut, said)
        text += said["text"]
        neighbours = (said["previous"] or {}).get("clause_id"), (said["next"] or {}).get("clause_id")
        assert neighbours == (
            order[place - 1].id if place else None,
            order[place + 1].id if place + 1 < len(order) else None,
        )
        assert [step["clause_id"] for step in said["path"]] == [step.id for step in policy.path(clause.id)[1:-1]]
        assert [child["clause_id"] for child in said["children"]] == [child.id for child in clause.children]
    assert text == policy.text


def test_a_permalink_leads_to_the_clause_on_a_page(http: TestClient, assistant: Assistant) -> None:
    citation = http.post("/v1/ask", json={"question": QUESTION}).json()["citations"][0]
    page = http.get(f"/{citation['permalink']}")
    anchor = citation["permalink"].split("#")[1]
    assert f'id="{anchor}"' in page.text
    assert 'role="note"' not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "script" not in page.text
    assert http.get("/static/page.css").headers["content-type"].startswith("text/css")
    assert 'role="note"' in http.get("/policies/yunchao?version=1999-01-01").text


def test_a_heading_of_a_page_is_a_heading_and_its_text_is_none(assistant: Assistant, tmp_path: Path) -> None:
    long = "您可以在设置中注销账号，注销后我们会删除您的个人信息，法律另有规定的除外。" * 4
    text = f"某店隐私政策\n一、联系我们\n如有问题，请拨打 400-000-0000。\n二、注销\n{long}\n（一）期限：\n三十日。\n"
    policy = parse(text, id="shop", title="某店隐私政策")
    one = Assistant((policy,), assistant.retriever, assistant.generator, assistant.settings)
    one.search = lambda *_, **__: ()  # type: ignore[method-assign]
    with client(one, tmp_path) as http:
        page = http.get("/policies/shop").text
    headings = re.findall(r"<(h[2-6])>([^<]+)<", page)
    assert headings == [("h2", "一、联系我们"), ("h2", "二、注销"), ("h3", "（一）期限：")]
    for words in ("如有问题，请拨打 400-000-0000。", long, "三十日。"):
        assert f"<p>{words}</p>" in page


def test_an_english_reader_of_a_page_sees_the_courtesy_translation(tmp_path: Path) -> None:
    with client(Assistant.open(), tmp_path) as http:
        plain = http.get("/policies/baiju", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
        english = http.get("/policies/baiju", headers={"Accept-Language": "en-GB,en;q=0.9"})
        assert http.get("/policies/baiju?lang=en").text == english.text
    assert 'lang="en"' not in plain.text
    assert "the Chinese text prevails" in english.text
    assert '<p class="courtesy" lang="en">' in english.text
    assert "Version: " in english.text
    assert "Accept-Language" in english.headers["vary"]


def test_a_person_s_link_that_leads_nowhere_is_told_on_a_page(http: TestClient) -> None:
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for language, told in (("zh-CN", "没有这份政策，或者链接不完整"), ("en", "There is no such policy")):
        response = http.get("/policies/none", headers=accept | {"Accept-Language": language})
        assert response.status_code == 404
        assert response.headers["content-type"].startswith("text/html")
        assert f"<h1>{told}" in response.text
        assert "default-src 'none'" in response.headers["content-security-policy"]
    assert http.get(f"/policies/{'x' * 65}", headers=accept).text.startswith("<!doctype html>")
    # What is read by a program stays JSON.
    assert error(http.get("/v1/policies/none", headers=accept)) == "policy_not_found"


def test_the_service_s_address_leads_to_something_to_see(http: TestClient) -> None:
    first = http.get("/", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (307, "demo")
    assert http.get("/").headers["content-type"].startswith("text/html")
    assert http.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["/", "/demo", "/widget.js", "/widget.css", "/favicon.ico", "/policies/yunchao", "/static/page.css"]
)
def test_pages_can_be_looked_at_without_their_bodies(http: TestClient, path: str) -> None:
    response = http.head(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == http.get(path).headers["content-type"]


def test_a_page_shows_markup_as_text(assistant: Assistant, tmp_path: Path) -> None:
    payload = '<img src=x onerror=alert(1)>" onload="alert(1)'
    policy = parse(f"一、{payload}\n我们收集{payload}。\n（一）{payload}", id="evil", title=payload, version=payload)
    hostile = Assistant((policy,), assistant.retriever, assistant.generator, assistant.settings)
    hostile.search = lambda *_, **__: ()  # type: ignore[method-assign]

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: set[str] = set()
            self.attributes: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)
            self.attributes |= {name for name, _ in attrs}

    with client(hostile, tmp_path) as http:
        reader = Reader()
        reader.feed(http.get("/policies/evil", params={"version": payload}).text)
    assert reader.tags <= {
        "html",
        "head",
        "div",
        "meta",
        "title",
        "link",
        "body",
        "header",
        "h1",
        "h2",
        "h3",
        "p",
        "main",
        "a",
    }
    assert reader.attributes <= {
        "lang",
        "charset",
        "name",
        "content",
        "rel",
        "href",
        "class",
        "role",
        "id",
        "aria-label",
    }


# --- Errors ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/ask", {"question": " \u200b"}, 422, "invalid_question"),
        ("POST", "/v1/ask", {"question": "长" * 2_001}, 422, "invalid_question"),
        ("POST", "/v1/chat", {"question": ""}, 422, "invalid_question"),
        ("POST", "/v1/search", {"question": ""}, 422, "invalid_question"),
        ("POST", "/v1/ask", {"questoin": "x"}, 422, "invalid_request"),
        ("POST", "/v1/ask", {"question": "x", "k": 1}, 422, "invalid_request"),
        ("POST", "/v1/ask", ["x"], 422, "invalid_request"),
        ("POST", "/v1/search", {"question": "x", "k": 0}, 422, "invalid_request"),
        ("POST", "/v1/ask", {"question": "x", "policies": []}, 422, "invalid_request"),
        ("POST", "/v1/ask", {"question": "x", "policies": ["none"]}, 404, "policy_not_found"),
        ("POST", "/v1/chat", {"question": "x", "policies": ["none"]}, 404, "policy_not_found"),
        ("POST", "/v1/search", {"question": "x", "policies": ["none"]}, 404, "policy_not_found"),
        ("POST", "/v1/feedback", {"answer_id": "ans_none", "useful": True}, 404, "answer_not_found"),
        ("POST", "/v1/tokens", {"origin": "https://app.example"}, 404, "no_keys"),
        ("GET", "/v1/policies/none", None, 404, "policy_not_found"),
        ("GET", "/policies/none", None, 404, "policy_not_found"),
        ("GET", "/v1/policies/yunchao/clauses/none", None, 404, "clause_not_found"),
        ("GET", "/v1/nothing", None, 404, "not_found"),
        ("GET", "/v1/ask", None, 405, "method_not_allowed"),
        ("PATCH", "/v1/sessions/x", None, 405, "method_not_allowed"),
    ],
)
def test_every_error_has_its_status_its_code_and_one_shape(
    http: TestClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    response = http.request(method, path, json=body)
    assert response.status_code == status
    assert error(response) == code


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b'{"question": NaN}', b'{"question": 1e999}'])
def test_what_is_no_json_is_an_error_like_others(http: TestClient, body: bytes) -> None:
    response = http.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert error(response) == "invalid_request"
    plain = http.post("/v1/ask", content=b'{"question": "x"}', headers={"Content-Type": "text/plain"})
    assert error(plain) == "invalid_request"


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat", "/v1/chat/completions"])
@pytest.mark.parametrize("body", [b"{", b"\xff", '{"question": "怎么注销账号？"}'.encode("gbk"), b"[" * 100_000])
def test_that_a_body_is_no_json_in_utf_8_is_told(http: TestClient, path: str, body: bytes) -> None:
    response = http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["error"]["message"] == "the body is not JSON in UTF-8"


@pytest.mark.parametrize(
    "question", ["\x00", "a\ud800b", "😀" * 500, "\x1b[31m红", "<script>", "a\r\n\r\nevent: done\ndata: {}"]
)
def test_odd_questions_are_answered_and_break_no_stream(http: TestClient, question: str) -> None:
    body = json.dumps({"question": f"{question} 注销"})
    response = http.post("/v1/chat", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 200
    names = [name for name, _ in events(response.text)]
    assert names[0] == "meta"
    assert names[-1] == "done"
    assert names.count("done") == 1


def test_a_body_may_not_be_larger_than_the_setting_says(assistant: Assistant, tmp_path: Path) -> None:
    with client(assistant, tmp_path, server_body_bytes=2_000) as http:
        assert http.post("/v1/ask", json={"question": "x" * 1_500}).status_code == 200
        declared = http.post("/v1/ask", json={"question": "x" * 2_000})
        assert declared.status_code == 413
        assert error(declared) == "body_too_large"

        def parts() -> Iterator[bytes]:
            for _ in range(5):
                yield b" " * 1_000

        undeclared = http.post("/v1/ask", content=parts(), headers={"Content-Type": "application/json"})
        assert undeclared.status_code == 413
        assert error(undeclared) == "body_too_large"


def test_a_fault_is_told_without_its_text_and_logged_without_the_question(
    assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Assistant(assistant.policies, assistant.retriever, assistant.generator, assistant.settings)

    def stream(question: str, **_: Any) -> Iterator[str]:
        yield "half of it\n"
        raise ZeroDivisionError(f"secret about {question}")

    broken.stream = stream  # type: ignore[method-assign]
    with client(broken, tmp_path) as http, caplog.at_level(logging.INFO):
        plain = http.post("/v1/ask", json={"question": "我的手机13812345678"})
        assert plain.status_code == 500
        assert error(plain) == "internal"
        streamed = events(http.post("/v1/chat", json={"question": "我的手机13812345678"}).text)
    assert [name for name, _ in streamed] == ["meta", "sentence", "error"]
    assert streamed[-1][1]["error"]["code"] == "internal"
    assert "secret" not in plain.text + str(streamed)
    faults = [record for record in caplog.records if getattr(record, "error", "") == "ZeroDivisionError"]
    assert len(faults) == 2
    assert any("test_server.py" in frame for frame in vars(faults[0])["frames"])
    assert "13812345678" not in str([vars(record) for record in caplog.records if record.name.startswith("assistant")])


# --- Headers, logs, metrics --------------------------------------------------------------


@pytest.mark.parametrize("path", ["/healthz", "/v1/policies", "/v1/nothing", "/policies/yunchao", "/metrics"])
def test_every_response_has_an_id_and_the_headers_that_protect(http: TestClient, path: str) -> None:
    response = http.get(path, headers={"X-Request-ID": "mine-1"})
    assert response.headers["x-request-id"] == "mine-1"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "server" not in response.headers
    odd = http.get(path, headers={"X-Request-ID": "a b\tc" * 20})
    assert len(odd.headers["x-request-id"]) == 32


def test_it_is_alive_and_ready(http: TestClient, assistant: Assistant) -> None:
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").json() == {"status": "ready", "index_version": assistant.retriever.index.version}
    # As some monitors ask.
    for path in ("/healthz", "/readyz"):
        asked = http.head(path)
        assert (asked.status_code, asked.content) == (200, b"")


def test_the_log_has_ids_and_times_and_no_word_of_the_question(
    assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def lines(**options: Any) -> list[dict[str, Any]]:
        caplog.clear()
        with client(assistant, tmp_path, **options) as http, caplog.at_level(logging.DEBUG, logger="assistant"):
            http.post("/v1/ask", json={"question": "星信推送知道我的手机13812345678吗"})
            http.delete("/v1/sessions/ses_secret")
        return [vars(record) for record in caplog.records if record.name.startswith("assistant")]

    silent = [line for line in lines() if line["msg"] == "request"]
    assert [line["route"] for line in silent] == ["/v1/ask", "/v1/sessions/{session_id}"]
    assert silent[0]["status"] == 200
    assert silent[0]["ms"] > 0
    assert silent[0]["outcome"] == "answered"
    assert len(silent[0]["request_id"]) == 32
    assert "星信" not in str(silent)
    assert "ses_secret" not in str(silent)
    (told,) = [line["question"] for line in lines(server_log_questions=True) if "question" in line]
    assert told == "星信推送知道我的手机[phone]吗"


def test_a_trace_has_the_route_and_no_text(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("assistant.server.observing._tracer", lambda: provider.get_tracer("test"))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with client(assistant, tmp_path) as http:
        response = http.post("/v1/ask", json={"question": QUESTION}, headers={"traceparent": parent})
    (span,) = exporter.get_finished_spans()
    assert span.attributes
    assert span.attributes["http.route"] == "/v1/ask"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["request_id"] == response.headers["x-request-id"]
    assert format(span.context.trace_id, "032x") == parent.split("-")[1]
    assert "星信" not in str(dict(span.attributes)) + span.name


def test_metrics_count_by_route_and_have_no_text(http: TestClient) -> None:
    http.post("/v1/ask", json={"question": QUESTION})
    http.post("/v1/ask", json={"question": QUESTION})
    http.post("/v1/ask", json={"question": UNCLEAR})
    http.get("/v1/policies/yunchao/clauses/1")
    http.request("INVENTED", "/v1/ask")
    http.get("/nowhere/个推")
    text = http.get("/metrics").text
    assert 'policy_assistant_requests_total{method="POST",route="/v1/ask",status="200"} 3.0' in text
    assert 'route="/v1/policies/{policy_id}/clauses/{clause_id}"' in text
    assert 'policy_assistant_answers_total{language="zh",outcome="answered"} 2.0' in text
    assert 'outcome="unclear"' in text
    assert "policy_assistant_answers_from_cache_total 1.0" in text
    for word in ("INVENTED", "nowhere", "个推", "星信"):
        assert word not in text


def test_the_policys_own_telephone_number_is_answered(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.answering.answerability", lambda *_: -1.0)
    said = http.post("/v1/ask", json={"question": "云巢读书的客服电话是多少？"}).json()
    assert said["abstained"]
    assert "400-000-1234" in said["text"]


# --- OpenAI's routes ---------------------------------------------------------------------


def complete(http: TestClient, content: Any = QUESTION, **more: Any) -> Any:
    return http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": content}], **more})


def test_a_completion_is_the_answer_with_its_references(http: TestClient, assistant: Assistant) -> None:
    said = complete(http).json()
    exactly(completions.CompletionOut, said)
    expected = assistant.ask(QUESTION)
    text = said["choices"][0]["message"]["content"]
    assert text.startswith(expected.text)
    for marker, citation in enumerate(expected.citations, 1):
        assert f"[{marker}] 《云巢读书隐私政策》{citation.reference}" in text.removeprefix(expected.text)
    assert [citation["quote"] for citation in said["citations"]] == [citation.quote for citation in expected.citations]
    assert complete(http, [{"type": "text", "text": QUESTION}]).json()["choices"] == said["choices"]


def test_earlier_messages_are_the_history_and_the_model_the_policies(http: TestClient, assistant: Assistant) -> None:
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "云巢读书的墨图统计收集什么？"},
        {"role": "assistant", "content": "…"},
        {"role": "user", "content": "那它为什么收集"},
    ]
    said = http.post("/v1/chat/completions", json={"messages": messages, "temperature": 0.3, "user": "u1"}).json()
    history = [Turn(question="云巢读书的墨图统计收集什么？", answer="…")]
    expected = assistant.ask("那它为什么收集", history=history)
    assert expected.query != "那它为什么收集"
    assert said["choices"][0]["message"]["content"].startswith(expected.text)
    names = [model["id"] for model in http.get("/v1/models").json()["data"]]
    assert names == ["policy-assistant", "policy-assistant/lantern", "policy-assistant/yunchao"]
    one = complete(http, QUESTION, model="policy-assistant/lantern").json()
    assert {citation["policy_id"] for citation in one["citations"]} <= {"lantern"}


def test_a_conversation_may_be_as_long_as_a_body(http: TestClient) -> None:
    before = [{"role": "user", "content": "云巢读书的墨图统计收集什么？"}, {"role": "assistant", "content": "…"}]
    asked = {"role": "user", "content": "那它为什么收集"}
    short, long = (
        http.post("/v1/chat/completions", json={"messages": [*before * times, asked]}) for times in (20, 1_000)
    )
    assert short.status_code == long.status_code == 200
    assert long.json()["choices"] == short.json()["choices"]


def test_a_stream_of_chunks_is_the_completion(http: TestClient) -> None:
    whole = complete(http).json()
    response = complete(http, stream=True, stream_options={"include_usage": True})
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    said = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks[:-1])
    assert said == whole["choices"][0]["message"]["content"]
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-2]["citations"] == whole["citations"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 0


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"model": "gpt-9"}, 404, "model_not_found"),
        ({"model": "policy-assistant/none"}, 404, "model_not_found"),
        ({"n": 2}, 422, "invalid_request"),
        ({"response_format": {"type": "json_object"}}, 422, "invalid_request"),
        ({"tool_choice": "required"}, 422, "invalid_request"),
        ({"messages": []}, 422, "invalid_request"),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
            422,
            "invalid_request",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 422, "invalid_request"),
        ({"messages": [{"role": "user", "content": ""}]}, 422, "invalid_question"),
        ({"messages": [{"role": "user"}]}, 422, "invalid_question"),
    ],
)
def test_what_a_completion_cannot_do_is_an_error(
    http: TestClient, more: dict[str, Any], status: int, code: str
) -> None:
    response = complete(http, **more)
    assert response.status_code == status
    assert error(response) == code


def test_a_traceback_in_the_log_has_neither_words_nor_variables(capsys: pytest.CaptureFixture[str]) -> None:
    loggers = [logging.getLogger(name) for name in ("", "uvicorn", "uvicorn.error", "uvicorn.access")]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    try:
        configure_logging()
        key = "pak_hunter2"
        try:
            raise ValueError(f"no such key: {key}")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    finally:
        for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)
    told = capsys.readouterr().err
    assert json.loads(told)["exception"]["error"] == "ValueError"
    assert "test_server.py" in told
    assert "hunter2" not in told
