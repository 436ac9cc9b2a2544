"""The web page without a browser: what it is made of, what it says, who is let in, and that text stays text."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from assistant import Answer, Assistant, Settings, Turn
from assistant.answering.imprint import contact_of
from assistant.answering.refusing import Reason
from assistant.errors import ServiceError, SettingsError
from assistant.page import chat, door, reader
from assistant.page.shared import Page, all_words, said, shown
from assistant.parsing import parse
from assistant.server.access import Access
from assistant.server.database import service_database
from assistant.server.keys import KeyStore
from assistant.text import Language, visible
from tests.conftest import FIXTURES, FakeEmbedder
from tests.serving import QUESTION, UNCLEAR, bearer, events
from tests.ui_module import ui

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "assistant/page"
PASSWORD = "correct horse battery"
PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=https://evil.example/i.png onerror=window.hit=1>",
    "<svg/onload=window.hit=1>",
    "<iframe src=https://evil.example/></iframe>",
    "<a href='javascript:window.hit=1'>here</a>",
    "<style>*{display:none}</style>",
    "</span></div><form action=https://evil.example/><input name=q>",
    "<!--><img src=x onerror=window.hit=1>-->",
    "<<img src=x onerror=window.hit=1>",
    "<math><mtext><img src=x onerror=window.hit=1></mtext></math>",
    "&lt;img src=x onerror=window.hit=1&gt;",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "![image](https://evil.example/i.png) [link](javascript:window.hit=1) **bold** `code`",
    "$$\\href{javascript:window.hit=1}{x}$$ ${window.hit=1} {{window.hit=1}}",
    "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07 \u202ereversed \u200bhidden\U000e0041",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    options = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.mktemp("ui"))
    return Assistant.open(settings=options, embedders=(FakeEmbedder(),))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant over a policy that is full of markup, in its text, headings and metadata."""
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile(folder / "corpus")
    options = Settings(corpus=folder / "corpus", index_dir=folder / "index")
    return Assistant.open(settings=options, embedders=(FakeEmbedder(),))


def write_hostile(corpus: Path) -> None:
    policy = corpus / "evil"
    policy.mkdir(parents=True)
    clauses = [
        f"{number}、收集{payload}\n我们收集您的手机号码{payload}，用于创建账号。"
        for number, payload in zip("一二三四五六七八九", PAYLOADS, strict=False)
    ]
    (policy / "policy.txt").write_bytes("\n\n".join([f"邪恶政策{PAYLOADS[1]}", *clauses]).encode())
    known = {"title": PAYLOADS[0] + PAYLOADS[1], "company": PAYLOADS[2], "contact": PAYLOADS[4]}
    (policy / "policy.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in known.items()))


def inside_a_loop(makes: Callable[[], Any]) -> Any:
    """Return what `makes` makes in a running event loop: outside of one, Gradio opens some that it never closes."""

    async def make() -> Any:
        return makes()

    return asyncio.run(make())


def site(assistant: Assistant, folder: Path, **options: Any) -> Any:
    named = {name: options.pop(name) for name in ("use_keys", "own_names_only") if name in options}
    settings = Settings(
        server_data=folder,
        corpus=assistant.settings.corpus,
        index_dir=assistant.settings.index_dir,
        server_reload_s=0,
        **({"server_rate": "none"} | options),
    )
    return inside_a_loop(lambda: ui.create(settings, open_assistant=lambda _: assistant, **named))


@pytest.fixture(scope="module")
def client(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser on this machine, without a password."""
    with TestClient(site(assistant, tmp_path_factory.mktemp("data")), base_url="http://127.0.0.1:7860") as opened:
        yield opened


@pytest.fixture(scope="module")
def blocks(hostile: Assistant) -> Any:
    """Gradio's part of the page, in Chinese, over the hostile policy."""
    page = Page(language="zh", settings=hostile.settings, current=lambda: hostile, reload=lambda: None)
    return inside_a_loop(lambda: ui.build(page))


class Html(HTMLParser):
    """Reads HTML as a browser does: what is an element, and what is text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        self.elements.append(("comment", {}))

    def handle_decl(self, decl: str) -> None:
        self.elements.append(("declaration", {}))

    def handle_pi(self, data: str) -> None:
        self.elements.append(("instruction", {}))

    def handle_data(self, data: str) -> None:
        self.text += data


class Lines(HTMLParser):
    """Reads the lines of the reader: where each begins, what is left out of it, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[int, tuple[int, ...], str]] = []
        self._line: tuple[int, tuple[int, ...]] | None = None
        self._text: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if "pa-line" in (known.get("class") or ""):
            self._line = int(known["data-start"] or 0), tuple(map(int, (known.get("data-gone") or "").split()))
        elif tag == "span" and self._line:
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "span" and self._text is not None and self._line:
            self.lines.append((*self._line, "".join(self._text)))
            self._line = self._text = None

    def marked(self, start: int, end: int) -> str:
        """Return the text that the page's script marks for a place."""
        parts = []
        for begins, gone, text in self.lines:
            first, last = (
                offset - sum(each < offset for each in gone)
                for offset in (max(start - begins, 0), max(end - begins, 0))
            )
            parts.append(text[first:last])
        return "".join(parts)


def squeezed(text: str) -> str:
    return "".join(visible(text).split())


# --- The reader ------------------------------------------------------------------------


def test_the_reader_shows_every_line_of_a_policy_where_it_stands(assistant: Assistant) -> None:
    for policy in assistant.policies:
        lines = Lines(reader.read(policy, "zh")["text"]).lines
        assert squeezed("".join(text for _, _, text in lines)) == squeezed(policy.text)
        for start, gone, text in lines:
            assert gone == ()
            assert policy.text[start : start + len(text)] == text


def test_what_an_answer_cites_is_marked_exactly(assistant: Assistant) -> None:
    asked = (QUESTION, "怎么注销账号？", "How long does Lantern Post keep the record of a delivery?", "会收集哪些信息")
    citations = [citation for question in asked for citation in assistant.ask(question).citations]
    assert len(citations) > 3
    for citation in citations:
        html = reader.read(assistant.policy(citation.policy_id), "zh")["text"]
        assert squeezed(Lines(html).marked(citation.start, citation.end)) == squeezed(citation.quote)


@given(st.text(st.sampled_from("一、（二）收集a😀 \n\u200b\x1b[31m<&\u2028"), min_size=1), st.data())
def test_any_place_of_any_text_is_marked_exactly(text: str, data: st.DataObject) -> None:
    policy = parse(f"政策\n{text}", id="p")
    lines = Lines(reader.read(policy, "en")["text"])
    start = data.draw(st.integers(0, len(policy.text)))
    end = data.draw(st.integers(start, len(policy.text)))
    whole = squeezed(policy.text)
    assert squeezed(lines.marked(0, len(policy.text))) == whole
    # An escape sequence that is cut in two shows what it hid; whole lines are what a citation marks.
    assert len(squeezed(lines.marked(0, start)) + squeezed(lines.marked(start, end))) <= len(whole)


def test_the_outline_leads_to_clauses_that_there_are(assistant: Assistant) -> None:
    for policy in assistant.policies:
        links = [known for tag, known in Html(reader.outline(policy, "zh")).elements if tag == "a"]
        assert len(links) > 3
        for link in links:
            assert policy.path(link["data-clause"] or "")
            assert link["data-policy"] == policy.id
            assert link["href"] == f"?policy={policy.id}&clause={link['data-clause']}"
        titled = {clause.id for clause in policy.walk() if clause.title and clause.kind == "heading"}
        assert titled & {link["data-clause"] for link in links}


def test_a_text_without_headings_has_an_outline_of_its_parts() -> None:
    policy = parse("我们收集手机号。\n\n我们保存三年。\n", id="plain")
    assert Html(reader.outline(policy, "zh")).text


def test_markup_in_a_policy_is_text_in_the_reader(hostile: Assistant) -> None:
    policy = hostile.policies[0]
    said = reader.read(policy, "zh")
    for part, allowed in (
        ("text", {"section", "h3", "h4", "p", "span", "a"}),
        ("outline", {"ul", "li", "a", "button"}),
    ):
        html = Html(said[part])
        assert {tag for tag, _ in html.elements} <= allowed
        for tag, known in html.elements:
            assert not [name for name in known if name.startswith("on") or name in ("src", "style", "action")]
            if tag == "a":
                assert (known["href"] or "").startswith("?policy=evil&clause=")
    assert "<script>" not in said["text"]
    assert said["title"] == visible(policy.title)


def test_a_policy_is_rendered_once_for_each_text_and_language(assistant: Assistant) -> None:
    policy = assistant.policies[0]
    assert reader.read(policy, "zh") is reader.read(policy, "zh")
    assert reader.read(policy, "zh") is not reader.read(policy, "en")


def test_the_reader_of_a_very_long_policy_is_linear() -> None:
    text = "隐私政策\n" + "".join(
        f"{number}、收集\n我们收集您的手机号码，用于创建账号。\n" for number in range(1, 8_001)
    )
    policy = parse(text, id="long")
    assert len(policy.text) > 150_000
    assert len(Lines(reader.read(policy, "zh")["text"]).lines) == 16_001


def test_the_reader_is_served_and_need_not_be_sent_again(client: TestClient, assistant: Assistant) -> None:
    listed = client.get("/page/policies").json()["policies"]
    assert [policy["id"] for policy in listed] == [policy.id for policy in assistant.policies]
    response = client.get("/page/policies/yunchao", params={"language": "en"})
    assert response.json()["title"] == "云巢读书隐私政策"
    assert any("In effect from" in fact for fact in response.json()["facts"])
    again = client.get(
        "/page/policies/yunchao", params={"language": "en"}, headers={"If-None-Match": response.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/page/policies/none").json()["error"]["code"] == "policy_not_found"


# --- The chat --------------------------------------------------------------------------


def asked(client: TestClient, question: str, **body: Any) -> tuple[str, dict[str, Any]]:
    """Ask; return the pieces that came, joined, and the answer."""
    response = client.post("/page/ask", json={"question": question, "language": "zh"} | body)
    assert response.status_code == 200, response.text
    *pieces, (last, answer) = events(response.text)
    assert last == "answer"
    return "".join(data["text"] for _, data in pieces), answer


def as_kept(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer as the page's script sends it along with the next question."""
    cited = [[citation["policy"], citation["clause"]] for citation in answer["citations"]]
    return {"question": answer["question"], "answer": answer["text"], "query": answer["query"], "citations": cited}


def test_an_answer_comes_in_pieces_and_then_whole(client: TestClient, assistant: Assistant) -> None:
    pieces, answer = asked(client, QUESTION)
    expected = assistant.ask(QUESTION)
    assert pieces == answer["text"] == expected.text
    assert answer["id"].startswith("ans_")
    assert answer["understood"] == ""
    for citation, known in zip(expected.citations, answer["citations"], strict=True):
        place = (known["policy"], known["clause"], known["start"], known["end"], known["quote"])
        assert place == (citation.policy_id, citation.clause_id, citation.start, citation.end, citation.quote)
        # There are two policies: which one it is has to be said.
        assert known["title"] == assistant.policy(citation.policy_id).title


def test_a_follow_up_tells_how_it_was_understood(client: TestClient, assistant: Assistant) -> None:
    _, first = asked(client, "云巢读书的墨图统计收集什么？")
    _, second = asked(client, "那它为什么收集", history=[as_kept(first)])
    history = [Turn.of(assistant.ask("云巢读书的墨图统计收集什么？"))]
    expected = assistant.ask("那它为什么收集", history=history)
    assert second["text"] == expected.text
    assert second["understood"] == expected.query != "那它为什么收集"


def test_what_else_there_is_leaves_out_what_was_cited(client: TestClient) -> None:
    _, first = asked(client, "会收集哪些信息")
    _, more = asked(client, "还有吗？", history=[as_kept(first)])
    cited = {(citation["policy"], citation["clause"]) for citation in first["citations"]}
    assert cited
    assert not cited & {(citation["policy"], citation["clause"]) for citation in more["citations"]}


def test_a_history_that_names_what_there_is_not_does_no_harm(client: TestClient) -> None:
    _, alone = asked(client, QUESTION)
    invented = {"question": "?", "citations": [["none", "1"], ["yunchao", "99.99"], ["yunchao", ""]]}
    _, after = asked(client, QUESTION, history=[invented, {"question": " \u200b "}])
    assert after["text"] == alone["text"]


@pytest.mark.parametrize(
    "history",
    [
        "text",
        [{"question": 1}],
        [{}],
        [{"question": "x", "citations": [["a"]]}],
        [{"question": "x", "citations": [["a", "b"]] * 101}],
        [{"question": "x", "extra": 1}],
        [{"question": "x" * 20_001}],
        [{"question": "x"}] * 21,
    ],
)
def test_a_history_that_is_none_is_refused(client: TestClient, history: Any) -> None:
    response = client.post("/page/ask", json={"question": QUESTION, "history": history})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("question", ["", " ", "长" * 2_001])
def test_a_question_that_cannot_be_asked_is_an_error_with_its_reason(client: TestClient, question: str) -> None:
    response = client.post("/page/ask", json={"question": question})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_question"


def test_where_there_is_no_answer_the_nearest_clauses_and_the_contact_are_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.answering.answerability", lambda *_: -1.0)
    _, answer = asked(client, "星信推送收集什么个人信息？")
    assert answer["abstained"]
    assert answer["citations"] == answer["follow_ups"] == []
    assert 1 <= len(answer["nearest"]) <= 3
    assert all(near["reference"] and near["excerpt"] for near in answer["nearest"])
    assert "400-000-1234" in answer["text"] + answer["contact"]


def test_a_refusal_names_one_contact_and_not_that_of_another_policy_beside_it(assistant: Assistant) -> None:
    nearest, other = assistant.policies
    nearest = replace(nearest, contact="")
    hits = assistant.search("record of a delivery", k=2, policies=[nearest.id])
    hits = tuple(replace(hit, policy=nearest) for hit in hits) + assistant.search("保存多久", k=1, policies=[other.id])
    refused = Reason(kind="not_stated", message="…")
    answer = replace(assistant.ask(QUESTION), citations=(), hits=hits, text="…", abstained=refused)
    told = chat.described(answer, assistant, "en")["contact"]
    assert other.contact not in told
    assert contact_of(nearest) in told


def test_what_is_not_clear_is_asked_back_with_readings_to_choose_from(client: TestClient) -> None:
    _, answer = asked(client, "信息")
    if answer["readings"]:
        assert not any(reading in answer["text"] for reading in answer["readings"])
        assert answer["text"].endswith(("。", "."))
    _, unclear = asked(client, UNCLEAR)
    assert unclear["abstained"] == "unclear"
    assert unclear["contact"] == ""


def test_what_may_be_asked_next_is_answered_with_the_clause_that_it_names(assistant: Assistant) -> None:
    for question in (QUESTION, "云巢读书会保存多久？", "我怎么注销账号"):
        first = assistant.ask(question)
        *about, more = chat.follow_ups(first, assistant, "zh")
        assert more == "还有吗？"
        assert len(about) <= 2
        for asked in about:
            title = asked.split("“")[1].split("”")[0]
            answer = assistant.ask(asked, history=[Turn.of(first)])
            # Of a policy that was cited, and there but once.
            of = {citation.policy_id for citation in first.citations}
            (policy, clause) = next(
                (policy, clause)
                for policy in assistant.policies
                if policy.id in of
                for clause in policy.walk()
                if policy.title_in(clause, "zh") == title
            )
            assert sum(policy.title_in(other, "zh") == title for other in policy.walk()) == 1
            # In a section that was cited, or beside one.
            sections = {policy.path(citation.clause_id)[1] for citation in first.citations}
            assert policy.path(clause.id)[1] in sections or clause in policy.root.children
            cited = [citation.clause_id for citation in answer.citations if citation.policy_id == policy.id]
            assert any(clause in policy.path(clause_id) for clause_id in cited)


def test_for_another_matter_no_clauses_are_shown(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.answering.answerability", lambda *_: -1.0)
    for kind, count in (("out_of_scope", 0), ("not_stated", 3)):
        reason = Reason(kind=kind, message="x")  # type: ignore[arg-type]
        monkeypatch.setattr("assistant.answering.wording.refusal", lambda *_, reason=reason: reason)
        answer = assistant.ask(QUESTION)
        assert len(chat.described(answer, assistant, "zh")["nearest"]) == count


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant as it comes, with its policy and its models."""
    return Assistant.open(settings=Settings(policies_dir=tmp_path_factory.mktemp("added")))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_example_is_answered_over_the_policy_that_comes_with_it(bundled: Assistant, language: Language) -> None:
    offered = said("chat.examples", language).split("|")
    assert [text for text in offered if bundled.ask(text).abstained] == []
    examples = chat.Examples()
    examples.take(bundled)
    assert examples.of(language) == offered


def test_only_examples_are_offered_that_are_answered(client: TestClient, assistant: Assistant) -> None:
    offered = client.get("/page/examples", params={"language": "zh"}).json()["examples"]
    assert offered == [text for text in said("chat.examples", "zh").split("|") if assistant.cited(text)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_an_answer_is_more_than_text(hostile: Assistant, payload: str) -> None:
    answer = hostile.ask(f"收集手机号码吗{payload}")
    said = chat.described(answer, hostile, "zh")
    assert said["question"] == visible(answer.question)

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                yield from texts(part)

    # The page's script makes text nodes of them; here nothing that nobody sees is left.
    assert all(text == visible(text) for text in texts(said) if text != answer.query)


def test_feedback_is_kept_with_its_reason(client: TestClient) -> None:
    _, answer = asked(client, QUESTION)
    assert (
        client.post(
            "/page/feedback", json={"answer_id": answer["id"], "useful": False, "why": "问的是别的"}
        ).status_code
        == 204
    )
    complaint = client.app.state.parts.feedback.complaints()[0]  # type: ignore[attr-defined]
    assert (complaint.fault, complaint.question, complaint.why) == ("not_useful", QUESTION, "问的是别的")
    assert client.post("/page/feedback", json={"answer_id": "ans_none", "useful": True}).status_code == 404
    assert (
        client.post("/page/feedback", json={"answer_id": answer["id"], "useful": True, "why": "x" * 1_001}).status_code
        == 422
    )


def test_an_address_asks_no_more_than_its_rate(assistant: Assistant, tmp_path: Path) -> None:
    app = site(assistant, tmp_path, server_rate="2/minute")
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        codes = [client.post("/page/ask", json={"question": QUESTION}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


# --- The page --------------------------------------------------------------------------


def test_the_page_is_there_in_both_languages_and_leads_to_the_one_that_is_wanted(client: TestClient) -> None:
    for language, title in (("zh", "政策问答助手"), ("en", "Policy assistant")):
        page = client.get(f"/{language}/")
        assert page.status_code == 200
        assert title in page.text or json.dumps(title)[1:-1] in page.text
    led = client.get("/?policy=yunchao&clause=1", follow_redirects=False, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert (led.status_code, led.headers["location"]) == (307, "en/?policy=yunchao&clause=1")
    assert client.get("/", follow_redirects=False).headers["location"] == "zh/"
    cookie = {"Cookie": f"{door.LANGUAGE_COOKIE}=en"}
    assert client.get("/", follow_redirects=False, headers=cookie).headers["location"] == "en/"


def test_the_page_and_the_service_share_one_process(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.post("/v1/ask", json={"question": QUESTION}).json()["citations"]
    assert client.get("/page/style.css").headers["content-type"].startswith("text/css")
    assert client.get("/page/page.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/page/other.js").status_code == 404


def test_the_browser_is_told_to_keep_out_what_is_not_the_pages(client: TestClient) -> None:
    for path in ("/zh/", "/page/page.js", "/page/policies"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    rules = client.get("/zh/").headers["content-security-policy"]
    assert "default-src 'self'" in rules
    assert not re.search(r"https?:|\*", rules)
    for name in ("style.css", "page.js"):
        addresses = set(re.findall(r"https?://[^\s\"')]+", (PAGE / name).read_text("utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}


def test_what_the_page_will_need_is_asked_for_early_and_by_its_content(client: TestClient) -> None:
    addresses = re.findall(r"<\.\.(/page/[^>]+)>; rel=preload", client.get("/en/").headers["link"])
    assert len(addresses) == 2
    assert all(client.get(address).status_code == 200 for address in addresses)
    assert all(f"..{address}" in ui.served_options()["head"] for address in addresses)


@pytest.mark.parametrize(("path", "locale"), [("/zh/", "zh-CN"), ("/en/", "en")])
def test_gradios_own_words_are_in_the_pages_language(client: TestClient, path: str, locale: str) -> None:
    response = client.get(path, headers={"Accept-Language": "fr"})
    assert int(response.headers["content-length"]) == len(response.content)
    # Before any other script runs.
    first, _, _ = response.text.partition("</script>")
    assert first.endswith(f'<script>Object.defineProperty(navigator, "language", {{ value: "{locale}" }});')
    assert response.text.count("Object.defineProperty(navigator") == 1
    assert client.head(path).status_code == 200


def test_the_page_has_no_api_and_reports_to_nobody(blocks: Any) -> None:
    assert blocks.analytics_enabled is False
    assert blocks.api_open is False
    assert blocks._queue.max_size
    assert {event["api_visibility"] for event in blocks.config["dependencies"]} <= {"private"}
    assert blocks.get_api_info()["named_endpoints"] == {}
    options = ui.served_options()
    assert options["ssr_mode"] is options["show_error"] is options["run_history"] is options["mcp_server"] is False
    assert options["allowed_paths"] == options["footer_links"] == []
    assert not re.search(r"https?:", options["head"])


def test_the_frame_of_the_page_holds_nothing_of_a_policy(blocks: Any) -> None:
    frames = [
        part["props"] for part in blocks.config["components"] if (part["props"].get("elem_id") or "").startswith("pa-")
    ]
    frames = [props for props in frames if props["elem_id"] in ("pa-head", "pa-chat", "pa-side")]
    assert len(frames) == 3
    assert all("evil.example" not in json.dumps(props, default=str) for props in frames)


def test_every_word_is_there_in_both_languages() -> None:
    for path in sorted((ROOT / "assistant/data/page").glob("*.toml")):
        for name, texts in tomllib.loads(path.read_text("utf-8")).items():
            assert set(texts) == {"zh", "en"}, f"{path.name}: {name}"
            places = [set(re.findall(r"\{(\w*)\}", text)) for text in texts.values()]
            assert places[0] == places[1], f"{path.name}: {name}"
            assert bool(texts["zh"]) == bool(texts["en"]), f"{path.name}: {name}"


def test_the_script_has_the_words_that_it_uses() -> None:
    script = (PAGE / "page.js").read_text("utf-8")
    chat_part, rest = script.split("// --- Reader ---", 1)
    reader_part = rest.split("// --- The frame ---", 1)[0]
    for part, name in ((chat_part, "chat"), (reader_part, "reader")):
        assert set(re.findall(r"\bwords\.(\w+)", part)) <= set(all_words(name, "zh"))


def test_the_script_makes_no_html_of_text() -> None:
    script = (PAGE / "page.js").read_text("utf-8")
    assert set(re.findall(r"(\w+)\.innerHTML = (\S+);", script)) == {
        ("nav", "policy.outline"),
        ("article", "policy.text"),
    }
    assert not re.search(r"insertAdjacentHTML|outerHTML|document\.write|\beval\(|new Function", script)


@given(st.text(st.sampled_from("<>&;/!?-='\"#ax0 \u200b\x1blgt")) | st.text())
def test_whatever_is_shown_reads_as_it_was_written(text: str) -> None:
    read = Html(shown(text))
    assert read.elements == []
    assert read.text == visible(text)


# --- Who is let in ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded_once(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app = site(assistant, tmp_path_factory.mktemp("guarded"), ui_password=PASSWORD)
    with TestClient(app, base_url="https://policies.example", follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def guarded(guarded_once: TestClient) -> TestClient:
    """A browser somewhere else, before a page with a password."""
    guarded_once.cookies.clear()
    return guarded_once


@pytest.fixture
def doors(tmp_path: Path) -> Callable[[str], TestClient]:
    """Makes browsers before a door with a password, behind which is nothing else."""

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("in")(scope, receive, send)

    def make(password: str = PASSWORD) -> TestClient:
        settings = Settings(server_data=tmp_path, server_rate="none", ui_password=password)
        access = Access(KeyStore(service_database(tmp_path), settings), settings)
        guarding = door.Door(behind, access=access, password=settings.ui_password)
        return TestClient(guarding, base_url="https://policies.example", follow_redirects=False)

    return make


def sign_in(client: TestClient, password: str = PASSWORD, wanted: str = "") -> Any:
    return client.post(
        f"/login?next={wanted}", data={"password": password}, headers={"Origin": "https://policies.example"}
    )


def test_without_the_password_nothing_is_shown(guarded: TestClient) -> None:
    led = guarded.get("/zh/?policy=yunchao", headers={"Accept": "text/html"})
    assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2Fzh%2F%3Fpolicy%3Dyunchao")
    closed = (
        "/zh/config",
        "/zh/gradio_api/info",
        "/page/policies",
        "/page/page.js",
        "/v1/policies",
        "/metrics",
        "/openapi.json",
        "/demo",
    )
    for path in closed:
        assert guarded.get(path).status_code == 401, path
    assert guarded.post("/page/ask", json={"question": QUESTION}).status_code == 401
    assert guarded.post("/v1/ask", json={"question": QUESTION}).status_code == 401
    assert guarded.post("/zh/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 401
    assert guarded.get("/healthz").status_code == 200


def test_the_password_opens_the_page_where_it_was_wanted(guarded: TestClient) -> None:
    assert "password" in guarded.get("/login").text
    response = sign_in(guarded, wanted="%2Fen%2F%3Fpolicy%3Dyunchao")
    assert (response.status_code, response.headers["location"]) == (303, "/en/?policy=yunchao")
    cookie = response.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))
    assert PASSWORD not in cookie
    assert guarded.get("/zh/").status_code == 200
    assert asked(guarded, QUESTION)[1]["citations"]
    assert guarded.post("/v1/ask", json={"question": QUESTION}).status_code == 200
    assert guarded.get("/logout").headers["location"] == "/login"
    assert guarded.get("/page/policies").status_code == 401


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "/login", "evil", "/a\nb"]
)
def test_signing_in_leads_nowhere_else(doors: Callable[..., TestClient], wanted: str) -> None:
    response = doors().post("/login", params={"next": wanted}, data={"password": PASSWORD})
    assert response.headers["location"] == "/"


def test_guessing_is_slow_and_a_session_cannot_be_made_up(doors: Callable[..., TestClient]) -> None:
    guarded = doors()
    for value in ("", "in", "in.abc.def", "x" * 5_000):
        assert guarded.get("/page/policies", headers={"Cookie": f"{door.COOKIE}={value}"}).status_code == 401
    assert [sign_in(guarded, f"wrong {number}").status_code for number in range(10)] == [401] * 10
    assert sign_in(guarded).status_code == 429


def test_a_form_of_another_page_has_no_password(doors: Callable[..., TestClient]) -> None:
    form = {f"field{number}": "x" for number in range(20)} | {"password": PASSWORD}
    assert doors().post("/login", data=form).status_code == 401


def test_where_sessions_cannot_be_looked_up_it_is_said(
    doors: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = doors()

    def broken(*_: object) -> None:
        raise ServiceError("service.sqlite3: cannot be used")

    monkeypatch.setattr(KeyStore, "clock", broken)
    response = guarded.get("/page/policies")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "unavailable"


def test_who_has_many_addresses_has_no_more_tries(doors: Callable[..., TestClient]) -> None:
    guarded = doors()
    for number in range(10):
        guarded._transport.client = (f"2001:db8::{number}", 1)  # type: ignore[attr-defined]
        assert sign_in(guarded, "wrong").status_code == 401
    guarded._transport.client = ("2001:db8::a:b:c:d", 1)  # type: ignore[attr-defined]
    assert sign_in(guarded).status_code == 429
    guarded._transport.client = ("2001:db8:0:1::1", 1)  # type: ignore[attr-defined]
    assert sign_in(guarded).status_code == 303


def test_a_session_ends_in_time_and_with_another_password(
    doors: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = {"Cookie": sign_in(doors()).headers["set-cookie"].split(";")[0]}
    # A restart ends none.
    assert doors().get("/zh/", headers=cookie).status_code == 200
    assert doors("another password").get("/zh/", headers=cookie).status_code == 401
    monkeypatch.setattr(door, "SESSION_S", -1)
    assert doors().get("/zh/", headers=cookie).status_code == 401


def test_keys_guard_the_service_beside_a_page_with_a_password(assistant: Assistant, tmp_path: Path) -> None:
    store = KeyStore(service_database(tmp_path), Settings(server_data=tmp_path))
    _, key = store.create(name="shop")
    with TestClient(site(assistant, tmp_path, ui_password=PASSWORD), base_url="https://policies.example") as client:
        assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 401
        assert client.post("/v1/ask", json={"question": QUESTION}, headers=bearer(key)).status_code == 200
        # A key is for the service only.
        assert client.post("/page/ask", json={"question": QUESTION}, headers=bearer(key)).status_code == 401


def test_a_page_without_a_password_answers_to_this_machines_names_only(client: TestClient) -> None:
    assert client.get("/zh/", headers={"Host": "localhost:7860"}).status_code == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "", "[", "192.168.0.7:7860"):
        assert client.get("/page/policies", headers={"Host": host}).status_code == 403, host
        assert client.get("/v1/policies", headers={"Host": host}).status_code == 403, host


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_another_sites_page_may_not_use_this_one(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/page/ask", json={"question": QUESTION}, headers=headers).status_code == 403
    assert client.post("/zh/gradio_api/upload", files={"files": ("a.txt", b"x")}, headers=headers).status_code == 403


def test_a_page_that_others_reach_wants_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, Any]] = []
    monkeypatch.setattr(ui, "serve", lambda settings, **options: served.append(options))
    settings = Settings(server_data=tmp_path)
    with pytest.raises(ServiceError, match="ASSISTANT_UI_PASSWORD"):
        ui.launch(settings, host="0.0.0.0")
    assert served == []
    ui.launch(settings)
    ui.launch(settings, host="0.0.0.0", any_address=True)
    ui.launch(Settings(server_data=tmp_path, ui_password=PASSWORD), host="0.0.0.0")
    assert [options["host"] for options in served] == ["127.0.0.1", "0.0.0.0", "0.0.0.0"]


def test_a_short_password_is_refused_and_never_shown() -> None:
    with pytest.raises(SettingsError, match="8 characters") as caught:
        Settings(ui_password="secret7")
    assert "secret7" not in str(caught.value)


def test_the_answer_that_the_chat_describes_is_the_assistants(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    assert isinstance(answer, Answer)
    said = chat.described(answer, assistant, "en")
    assert said["text"] == answer.text
    assert [citation["reference"] for citation in said["citations"]] == [c.reference for c in answer.citations]


def test_the_file_takes_the_options_of_the_command() -> None:
    command = [sys.executable, str(ROOT / "ui.py"), "--no-such-option"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    assert done.returncode == 2
    assert "No such option" in done.stderr
