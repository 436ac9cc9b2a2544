"""A language model chosen by settings alone, by whoever asks: on the command line, in the chat, over HTTP.

Each is a process of its own, as its user starts it; the model is a server that says one claim and waits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Answer, Assistant, Settings, Turn
from assistant.backends import parts
from assistant.errors import SettingsError
from tests.conftest import FIXTURES, FakeEmbedder
from tests.fake_llm import FakeLLM, serving
from tests.misbehaviours import CARD, PHONE, claiming, saying
from tests.serving import ROOT, Running, events, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fake_llm import Act, Reply

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]

QUESTION = "云巢读书会收集我的手机号码吗？"
WORDS = "注册账号时，我们会收集手机号码。"
SAID = f"根据《云巢读书隐私政策》：\n• {WORDS} “{PHONE}” [1]"
WAIT_S = 20.0


class Slow:
    """A model that says one claim, and the other once it is allowed to."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def __call__(self, reply: Reply) -> None:
        first = {"clause": reply.request.number_of("创建账号"), "quote": PHONE, "statement": WORDS}
        second = {"clause": reply.request.number_of("银行卡号"), "quote": CARD, "statement": ""}
        reply.piece('{"claims": [' + json.dumps(first) + ", ")
        self.go_on.wait(WAIT_S)
        reply.piece(json.dumps(second) + "]}")
        reply.end()


def named(fake: FakeLLM) -> dict[str, str]:
    """Return the variables that name the model, which has time enough."""
    return {
        "ASSISTANT_LLM_BASE_URL": fake.url,
        "ASSISTANT_LLM_MODEL": "m",
        "ASSISTANT_LLM_TIMEOUT_S": "30",
        "ASSISTANT_K": "40",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the index is, built once."""
    return tmp_path_factory.mktemp("language-model")


@contextmanager
def program(folder: Path, fake: FakeLLM, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `policy-assistant` with pipes."""
    surroundings = {
        "ASSISTANT_CORPUS": str(FIXTURES / "corpus"),
        "ASSISTANT_INDEX_DIR": str(folder / "index"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", *arguments],
        env=os.environ | surroundings | named(fake),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=folder,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def model() -> Iterator[FakeLLM]:
    """The model; each test says how it behaves."""
    with serving(claiming()) as fake:
        yield fake


@pytest.fixture(scope="module")
def service(folder: Path, model: FakeLLM) -> Iterator[Running]:
    """The HTTP service, which keeps no answers."""
    with running(folder, ASSISTANT_SERVER_CACHE="0", **named(model)) as found:
        yield found


# --- On the command line -----------------------------------------------------------------


def test_a_question_is_answered_in_the_models_words(folder: Path, model: FakeLLM) -> None:
    model.act = claiming(statement=WORDS)
    model.requests.clear()
    with program(folder, model, "ask", QUESTION) as process:
        out, _ = process.communicate(timeout=240)
        assert out.startswith(SAID)
        assert out.endswith("《云巢读书隐私政策》一（一）\n")
        assert [request.body["model"] for request in model.requests] == ["m"]
        assert QUESTION in model.requests[0].user


def test_the_chat_says_the_first_claim_while_the_model_goes_on(folder: Path, model: FakeLLM) -> None:
    model.act = slow = Slow()
    with program(folder, model, "chat") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{QUESTION}\n")
        process.stdin.flush()
        lines = [process.stdout.readline() for _ in range(2)]
        # A line's end comes with the next line: the claim is read to its mark.
        said = ""
        while not said.endswith("[1]"):
            letter = process.stdout.read(1)
            assert letter, f"it ended after {lines} {said!r}"
            said += letter
        assert not slow.go_on.is_set()
        assert lines[0] == f"> {QUESTION}\n"
        assert f"{lines[1]}{said}" == SAID
        slow.go_on.set()
        rest, _ = process.communicate(timeout=120)
        assert f"“{CARD}” [2]" in rest


# --- Over HTTP ---------------------------------------------------------------------------


def body(path: str) -> dict[str, Any]:
    if path == "/v1/chat":
        return {"question": QUESTION}
    return {"messages": [{"role": "user", "content": QUESTION}], "stream": True}


@pytest.mark.parametrize("path", ["/v1/chat", "/v1/chat/completions"])
def test_a_stream_says_the_first_claim_while_the_model_goes_on(service: Running, model: FakeLLM, path: str) -> None:
    model.act = slow = Slow()
    text = ""
    with service.http.stream("POST", path, json=body(path)) as response:
        for part in response.iter_text():
            text += part
            if "[1]" in text and not slow.go_on.is_set():
                # The model has not ended, nor has the answer.
                assert "[2]" not in text
                assert "done" not in text.lower()
                slow.go_on.set()
    assert slow.go_on.is_set()
    whole = service.http.post("/v1/ask", json={"question": QUESTION}).json()
    assert whole["text"].startswith(SAID)
    if path == "/v1/chat":
        told = events(text)
        assert "".join(data["text"] for name, data in told if name == "sentence") == whole["text"]
        assert [name for name, _ in told][-2:] == ["citations", "done"]


def test_who_leaves_takes_the_request_to_the_model_along(service: Running, model: FakeLLM) -> None:
    silent = threading.Event()

    def act(reply: Reply) -> None:
        silent.set()
        reply.wait_until_hung_up(WAIT_S)

    model.act = act
    model.hung_up.clear()
    gone = threading.Thread(target=_leave, args=(service, silent))
    gone.start()
    # Long before the thirty seconds that the model has.
    assert model.hung_up.wait(10)
    gone.join()
    service.line("request", status=499)


def _leave(found: Running, silent: threading.Event) -> None:
    import httpx

    with httpx.Client(base_url=str(found.http.base_url), trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/chat", json={"question": QUESTION}, timeout=3)
        assert silent.is_set()


# --- In the library ----------------------------------------------------------------------


@contextmanager
def assistant(folder: Path, act: Act, **options: Any) -> Iterator[tuple[Assistant, FakeLLM]]:
    """Open the assistant as its entry points do, but for the embedder."""
    with serving(act) as fake:
        given = {"llm_base_url": fake.url, "llm_model": "m", "llm_timeout_s": 30, "k": 40, **options}
        settings = Settings(corpus=FIXTURES / "corpus", index_dir=folder / "fake", **given)
        found = parts(settings)
        found["embedders"] = (FakeEmbedder(),)
        opened = Assistant.open(settings=settings, **found)
        try:
            yield opened, fake
        finally:
            opened.generator.close()  # type: ignore[attr-defined]


def test_pieces_come_as_they_are_verified_and_add_up_to_the_answer(folder: Path) -> None:
    slow = Slow()
    with assistant(folder, slow) as (opened, _):
        said = ""
        pieces = opened.stream(QUESTION)
        while "[1]" not in said:
            piece = next(pieces)
            assert isinstance(piece, str)
            said += piece
        assert said == SAID
        assert not slow.go_on.is_set()
        slow.go_on.set()
        *rest, last = pieces
        assert isinstance(last, Answer)
        assert said + "".join(str(piece) for piece in rest) == last.text
        assert [citation.quote for citation in last.citations] == [PHONE, CARD]


def test_the_policys_own_words_are_not_introduced_as_the_models_nor_the_other_way_round(folder: Path) -> None:
    def act(reply: Reply) -> None:
        card = reply.request.number_of("银行卡号")
        reply.claims(
            {"clause": card, "quote": CARD, "statement": ""},
            {"clause": reply.request.number_of("创建账号"), "quote": PHONE, "statement": WORDS},
        )

    with assistant(folder, act) as (opened, _):
        assert opened.ask(QUESTION).text == (
            f"《云巢读书隐私政策》的相关原文：\n• “{CARD}” [1]\n根据《云巢读书隐私政策》：\n• {WORDS} “{PHONE}” [2]"
        )
    with assistant(folder, claiming(statement="When you register, we collect your phone number.")) as (opened, _):
        text = opened.ask("Do you collect my phone number?", policies=["yunchao"]).text
        assert text.startswith("According to 云巢读书隐私政策:\n• When you register, we collect your phone number. “")
        assert "in its own words" not in text


def think_aloud(reply: Reply) -> None:
    for _ in range(500):
        reply.piece("hmm ")
        time.sleep(0.05)


@pytest.mark.parametrize("act", [lambda reply: reply.wait_until_hung_up(WAIT_S), think_aloud], ids=["silent", "thinks"])
def test_closing_a_stream_that_waits_for_the_model_ends_the_request(folder: Path, act: Act) -> None:
    with assistant(folder, act) as (opened, fake):
        pieces = opened.stream(QUESTION)
        started = time.monotonic()
        assert next(pieces) == ""
        assert time.monotonic() - started < 5
        pieces.close()  # type: ignore[attr-defined]
        assert fake.hung_up.wait(3)


def test_the_model_reads_the_question_as_typed_and_answers_in_its_language(folder: Path) -> None:
    with assistant(folder, claiming()) as (opened, fake):
        history = [Turn(question="你们会收集我的手机号码吗？")]
        opened.ask("and how long do you keep it?", history=history, policies=["yunchao"])
        (request,) = fake.requests
        assert "and how long do you keep it?" in request.user
        assert "in English" in request.system


@pytest.mark.parametrize(
    ("question", "before", "requests"),
    [
        ("还有吗", "收集什么", 1),
        ("还有吗", QUESTION, 0),
        ("原文在哪", QUESTION, 0),
        ("第一条是什么意思", QUESTION, 0),
        ("谢谢", QUESTION, 0),
        ("转人工", QUESTION, 0),
    ],
)
def test_what_was_cited_before_is_found_out_without_the_model(
    folder: Path, question: str, before: str, requests: int
) -> None:
    with assistant(folder, saying('{"claims": []}')) as (opened, fake):
        opened.ask(question, history=[Turn(question=before)])
        assert len(fake.requests) == requests


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"llm_base_url": "http://127.0.0.1:1/v1"}, "generator=assistant.backends.generator"),
        ({"llm_model": "m"}, "generator=assistant.backends.generator"),
        ({"reranker": "BAAI/bge-reranker-v2-m3"}, "reranker=assistant.backends.reranker"),
    ],
)
def test_a_model_that_settings_name_is_not_left_out_without_a_word(given: dict[str, str], said: str) -> None:
    settings = Settings(corpus=FIXTURES / "corpus", **given)
    with pytest.raises(SettingsError, match=said):
        Assistant.open(settings=settings, embedders=(FakeEmbedder(),))
