"""The web page: what it says, and that it shows text as text."""

from __future__ import annotations

import asyncio
import doctest
import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant, Settings, Turn, open_corpus
from assistant.text import visible
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

ROOT = Path(__file__).parent.parent
QUESTION = "星信推送会收集什么？"
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
def ui() -> ModuleType:
    """`ui.py`, which imports Gradio: some seconds, once."""
    spec = importlib.util.spec_from_file_location("assistant_ui", ROOT / "ui.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    options = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.mktemp("ui"))
    return Assistant.open(settings=options, embedders=(FakeEmbedder(),))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant over a policy that is full of markup, in its text, headings and metadata."""
    folder = tmp_path_factory.mktemp("hostile")
    policy = folder / "corpus" / "evil"
    policy.mkdir(parents=True)
    clauses = [
        f"{number}、收集{payload}\n我们收集您的手机号码{payload}，用于创建账号。"
        for number, payload in zip("一二三四五六七八九", PAYLOADS, strict=False)
    ]
    (policy / "policy.txt").write_bytes("\n\n".join([f"邪恶政策{PAYLOADS[1]}", *clauses]).encode())
    known = {"title": PAYLOADS[0] + PAYLOADS[1], "company": PAYLOADS[2], "contact": PAYLOADS[4]}
    (policy / "policy.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in known.items()))
    options = Settings(corpus=folder / "corpus", index_dir=folder / "index")
    return Assistant.open(settings=options, embedders=(FakeEmbedder(),))


def inside_a_loop(makes: Callable[[], Any]) -> Any:
    """Return what `makes` makes in a running event loop: outside of one, Gradio opens some that it never closes."""

    async def make() -> Any:
        return makes()

    return asyncio.run(make())


def built(ui: ModuleType, assistant: Assistant) -> Any:
    return inside_a_loop(lambda: ui.build(assistant))


class Reader(HTMLParser):
    """Reads HTML as a browser does: what is an element, and what is text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)

    def handle_comment(self, data: str) -> None:
        self.elements.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.elements.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.elements.append("instruction")

    def handle_data(self, data: str) -> None:
        self.text += data


def strings(messages: list[dict[str, Any]]) -> list[str]:
    """Return every text of the messages that the chat shows."""
    return [text for message in messages for text in (message["content"], message.get("metadata", {}).get("title", ""))]


# --- Answers ---------------------------------------------------------------------------


def test_an_answer_is_followed_by_its_clauses_each_under_its_reference(ui: ModuleType, assistant: Assistant) -> None:
    said, answer, *clauses = ui.respond(assistant, QUESTION, [])
    expected = assistant.ask(QUESTION)
    assert said == {"role": "user", "content": QUESTION}
    assert answer == {"role": "assistant", "content": expected.text}
    assert len(clauses) == len(expected.citations) > 0
    for number, (citation, message) in enumerate(zip(expected.citations, clauses, strict=True), 1):
        policy = assistant.policy(citation.policy_id)
        assert message["role"] == "assistant"
        assert message["content"] == policy.own_text(policy[citation.clause_id]).strip()
        assert message["metadata"]["title"] == f"[{number}] 《{policy.title}》{citation.reference}"
        # Closed until it is opened.
        assert message["metadata"]["status"] == "done"


def test_one_policy_need_not_be_named_with_every_clause(ui: ModuleType, hostile: Assistant) -> None:
    titles = [message["metadata"]["title"] for message in ui.respond(hostile, "收集手机号码吗", [])[2:]]
    assert titles
    assert not any("《" in title for title in titles)


def test_a_follow_up_leans_on_what_was_asked_before(ui: ModuleType, assistant: Assistant) -> None:
    history = [Turn(question="云巢读书的墨图统计收集什么？")]
    answer = ui.respond(assistant, "那它为什么收集", history)[1]
    assert answer["content"] == assistant.ask("那它为什么收集", history=history).text


@pytest.mark.parametrize(("question", "said"), [(" ", "is empty"), ("长" * 2_001, "at most 2,000")])
def test_an_error_is_a_message(ui: ModuleType, assistant: Assistant, question: str, said: str) -> None:
    messages = ui.respond(assistant, question, [])
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert said in messages[1]["content"]


def test_abstaining_is_a_message_without_clauses(
    ui: ModuleType, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.answering.answerability", lambda *_: -1.0)
    messages = ui.respond(assistant, QUESTION, [])
    assert len(messages) == 2
    assert "400-000-1234" in messages[1]["content"]


# --- Text is shown as text -------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_a_question_is_text(ui: ModuleType, assistant: Assistant, payload: str) -> None:
    messages = ui.respond(assistant, payload, [])
    assert Reader(messages[0]["content"]).text == visible(payload)
    assert not any(Reader(text).elements for text in strings(messages))


@pytest.mark.parametrize("question", ["收集手机号码吗", "收集<img>", "why", "evil.example", *PAYLOADS])
def test_markup_in_a_policy_is_text(ui: ModuleType, hostile: Assistant, question: str) -> None:
    messages = ui.respond(hostile, question, [])
    assert not any(Reader(text).elements for text in strings(messages))
    answer = hostile.ask(question)
    assert Reader(messages[1]["content"]).text == visible(answer.text)
    policy = hostile.policies[0]
    for citation, message in zip(answer.citations, messages[2:], strict=True):
        assert Reader(message["content"]).text == visible(policy.own_text(policy[citation.clause_id])).strip()


def test_markup_in_a_refusal_is_text(ui: ModuleType, hostile: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.answering.answerability", lambda *_: -1.0)
    messages = ui.respond(hostile, "收集手机号码吗", [])
    assert not Reader(messages[1]["content"]).elements
    assert "here" in messages[1]["content"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("<>&;/!?-='\"#ax0 \u200b\x1blgt")) | st.text())
def test_whatever_is_shown_reads_as_it_was_written(ui: ModuleType, text: str) -> None:
    read = Reader(ui.shown(text))
    assert read.elements == []
    assert read.text == visible(text)


def test_the_chat_is_told_to_render_nothing(ui: ModuleType, hostile: Assistant) -> None:
    chats = [part for part in parts(ui, hostile) if part["type"] == "chatbot"]
    assert len(chats) == 1
    options = chats[0]["props"]
    assert options["render_markdown"] is False
    assert options["sanitize_html"] is True
    assert options["allow_tags"] is False
    assert options["latex_delimiters"] == []
    assert options["allow_file_downloads"] is False
    assert options.get("editable") is None
    # No button that publishes a conversation.
    assert options["buttons"] == ["copy"]
    assert options["like_user_message"] is False


def test_no_other_part_of_the_page_renders_what_it_is_given(ui: ModuleType, hostile: Assistant) -> None:
    found = parts(ui, hostile)
    kinds = {part["type"] for part in found}
    assert kinds <= {"row", "column", "html", "button", "chatbot", "textbox", "state", "form"}
    html = [part["props"]["value"] for part in found if part["type"] == "html"]
    assert len(html) == 1
    assert Reader(html[0]).elements == ["h1", "p"]
    assert PAYLOADS[0] in Reader(html[0]).text
    for part in found:
        if part["type"] not in ("html", "state"):
            assert "evil.example" not in json.dumps(part["props"], default=str)


def parts(ui: ModuleType, assistant: Assistant) -> list[dict[str, Any]]:
    components: list[dict[str, Any]] = built(ui, assistant).config["components"]
    return components


# --- The page --------------------------------------------------------------------------


def test_the_page_names_its_policies(ui: ModuleType, assistant: Assistant) -> None:
    html = next(part["props"]["value"] for part in parts(ui, assistant) if part["type"] == "html")
    assert "《Lantern Post Privacy Policy》、《云巢读书隐私政策》" in html
    assert "隐私政策问答" not in html
    chinese = Assistant(open_corpus(FIXTURES / "corpus" / "yunchao"), *vars_of(assistant))
    html = next(part["props"]["value"] for part in parts(ui, chinese) if part["type"] == "html")
    assert "隐私政策问答" in html


def vars_of(assistant: Assistant) -> tuple[Any, Any, Settings]:
    return assistant.retriever, assistant.generator, assistant.settings


def test_the_page_takes_no_question_longer_than_the_assistant_does(ui: ModuleType, assistant: Assistant) -> None:
    boxes = [part["props"] for part in parts(ui, assistant) if part["type"] == "textbox"]
    assert [box["max_length"] for box in boxes] == [assistant.settings.max_question_chars]


def test_the_page_has_no_api_and_reports_to_nobody(ui: ModuleType, assistant: Assistant) -> None:
    page = built(ui, assistant)
    assert page.analytics_enabled is False
    assert page.api_open is False
    assert page._queue.max_size
    assert [event["api_visibility"] for event in page.config["dependencies"]] == ["private"] * 3
    assert page.get_api_info()["named_endpoints"] == {}


def events(ui: ModuleType, assistant: Assistant) -> dict[str, Any]:
    """Return the page's callbacks by what sets them off."""
    found = {}
    for function in built(ui, assistant).fns.values():
        for _, event in function.targets:
            found[event] = function.fn
    return found


def test_asking_adds_to_the_chat_and_empties_the_box(ui: ModuleType, assistant: Assistant) -> None:
    submit = events(ui, assistant)["submit"]
    box, chat, messages, turns = submit(QUESTION, [], [])
    assert box == ""
    assert chat == messages == ui.respond(assistant, QUESTION, [])
    assert turns == [Turn(question=QUESTION)]
    box, chat, again, turns = submit("那它为什么收集", messages, turns)
    assert again[: len(messages)] == messages
    assert [turn.question for turn in turns] == [QUESTION, "那它为什么收集"]
    assert submit(" \n", again, turns) == ("", again, again, turns)


def test_an_example_is_asked_when_it_is_chosen(ui: ModuleType, assistant: Assistant) -> None:
    import gradio

    chosen = gradio.SelectData(None, {"index": 0, "value": {"text": QUESTION}})
    outcome = events(ui, assistant)["example_select"]([], [], chosen)
    assert outcome == ("", *[ui.respond(assistant, QUESTION, [])] * 2, [Turn(question=QUESTION)])


def test_a_new_conversation_leaves_nothing_behind(ui: ModuleType, assistant: Assistant) -> None:
    found = events(ui, assistant)
    assert found["click"]() == found["clear"]() == ("", [], [], [])


def test_the_page_is_served_here_alone_and_fetches_from_nowhere_else(
    ui: ModuleType, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: dict[str, Any] = {}
    monkeypatch.setattr("gradio.Blocks.launch", lambda page, **options: served.update(options))
    inside_a_loop(lambda: ui.launch(assistant))
    assert served["server_name"] == "127.0.0.1"
    assert served["share"] is False
    assert served["ssr_mode"] is False
    assert served["show_error"] is False
    assert served["enable_monitoring"] is False
    assert served["allowed_paths"] == []
    rules = re.search(r'content="([^"]*)"', served["head"])
    assert rules
    assert "default-src 'self'" in rules[1]
    assert "http" not in rules[1]
    assert "*" not in rules[1]
    assert "http" not in served["css"]


def test_the_examples_in_its_docstrings_hold(ui: ModuleType) -> None:
    results = doctest.testmod(ui)
    assert results.attempted
    assert not results.failed
