"""The service as a process of its own: started, used by OpenAI's own client, and told to stop."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from assistant import Assistant, Settings
from assistant.backends import embedders
from assistant.server.run import bound_to
from tests.conftest import FIXTURES
from tests.serving import ENGLISH, QUESTION, ROOT, Running, events, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai.types.chat import ChatCompletionMessageParam

pytestmark = [pytest.mark.enable_socket, pytest.mark.skipif(sys.platform == "win32", reason="signals")]

# The service over an assistant that takes its time: `PAUSE_S` before each piece.
SLOW = """
import os, sys, time
import assistant.server.app, assistant.server.protocol, assistant.server.service
from assistant import Assistant, Settings
from assistant.server.run import serve
from tests.conftest import FakeEmbedder

class Slow(Assistant):
    def stream(self, question, *, history=(), policies=None, **options):
        for piece in super().stream(question, history=history, policies=policies):
            time.sleep(float(os.environ["PAUSE_S"]))
            yield piece

def opener(settings):
    def open_assistant(former):
        found = Assistant.open(settings=settings, embedders=(FakeEmbedder(),))
        return Slow(found.policies, found.retriever, found.generator, found.settings)
    return open_assistant

if __name__ == "__main__":
    assistant.server.app.opener = opener
    assistant.server.service.GRACE_S = float(os.environ["GRACE_S"])
    assistant.server.protocol.HEAD_S = float(os.environ.get("HEAD_S", 20))
    serve(Settings(), host="127.0.0.1", port=0)
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("process")) as found:
        yield found


@pytest.fixture
def client(service: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"http://127.0.0.1:{service.port}/v1", api_key="anything", max_retries=0) as found:
        yield found


# --- OpenAI's client ---------------------------------------------------------------------


def test_openais_client_lists_the_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [
        "policy-assistant", "policy-assistant/lantern", "policy-assistant/yunchao",
    ]  # fmt: skip


def test_openais_client_gets_an_answer_with_its_citations(
    client: openai.OpenAI, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = client.chat.completions.create(
        model="policy-assistant", messages=[{"role": "user", "content": QUESTION}], temperature=0, max_tokens=500
    )
    settings = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.getbasetemp() / "openai")
    expected = Assistant.open(settings=settings, embedders=embedders(settings)).ask(QUESTION)
    text = said.choices[0].message.content
    assert text
    assert text.startswith(expected.text)
    # Of several policies.
    assert f"\n[1] 《云巢读书隐私政策》{expected.citations[0].reference}" in text
    assert said.choices[0].finish_reason == "stop"
    assert said.model_extra
    assert [citation["quote"] for citation in said.model_extra["citations"]] == [c.quote for c in expected.citations]


def test_openais_client_gets_a_stream(client: openai.OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
    whole = client.chat.completions.create(model="policy-assistant", messages=asked)
    text, last = "", None
    for chunk in client.chat.completions.create(model="policy-assistant", messages=asked, stream=True):
        text += chunk.choices[0].delta.content or ""
        last = chunk
    assert text == whole.choices[0].message.content
    assert last
    assert last.choices[0].finish_reason == "stop"
    assert last.model_extra
    assert last.model_extra["citations"]


def test_openais_client_understands_the_errors(client: openai.OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
    with pytest.raises(openai.NotFoundError) as told:
        client.chat.completions.create(model="gpt-9", messages=asked)
    assert told.value.code == "model_not_found"
    with pytest.raises(openai.UnprocessableEntityError, match="one answer"):
        client.chat.completions.create(model="policy-assistant", messages=asked, n=3)


def test_its_log_is_json_without_the_questions(service: Running) -> None:
    with service.http.stream("POST", "/v1/chat", json={"question": QUESTION}) as response:
        response.read()
    found = service.line("request", route="/v1/chat", status=200)
    assert found["level"] == "info"
    assert found["timestamp"].endswith("Z")
    assert QUESTION not in json.dumps(service.lines, ensure_ascii=False)


def test_whoever_sends_half_a_request_or_nonsense_does_no_harm(service: Running) -> None:
    for data in (
        b"POST /v1/ask HTTP/1.1\r\nContent-Length: 100\r\n\r\n{",
        b"\x16\x03\x01nonsense\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
    ):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
        connection.connect()
        connection.sock.sendall(data)
        connection.close()
    assert service.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET /", b"a"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", b"X-A: b\r\n"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"b"),
        (
            b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n",
            b"X-A: b\r\n",
        ),
        (b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a"),
    ],
)
def test_a_request_without_end_is_cut_off(service: Running, begin: bytes, more: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(begin)
        said = b""
        with suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(more * (4_096 // len(more)))
                time.sleep(0.005)
            pytest.fail("it would read for ever")
        with suppress(ConnectionError):
            said = connection.recv(100)
        assert said == b"" or said.startswith(b"HTTP/1.1 400 ")
    assert service.http.get("/healthz").status_code == 200


def test_bodies_in_pieces_and_long_heads_are_read(service: Running) -> None:
    body = json.dumps({"question": QUESTION, "history": [{"question": "？" * 300}] * 20}).encode()

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 500):
            yield body[start : start + 500]

    for _ in range(2):
        said = service.http.post(
            "/v1/ask", content=pieces(), headers={"Content-Type": "application/json", "X-Long": "a" * 8_000}
        )
        assert said.status_code == 200


# --- The end -----------------------------------------------------------------------------


def slow(folder: Path, pause_s: float, grace_s: float, **environment: str) -> Any:
    script = folder / "slow.py"
    script.write_text(SLOW, "utf-8")
    return running(folder, str(script), PAUSE_S=str(pause_s), GRACE_S=str(grace_s), **environment)


def streamed(service: Running) -> tuple[threading.Thread, list[str]]:
    """Begin a stream; return when its first sentence has come."""
    text: list[str] = []
    begun = threading.Event()

    def read() -> None:
        with service.http.stream("POST", "/v1/chat", json={"question": QUESTION}) as response:
            for part in response.iter_text():
                text.append(part)
                begun.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert begun.wait(20)
    return reader, text


def test_told_to_stop_it_lets_a_stream_end(tmp_path: Path) -> None:
    with slow(tmp_path, pause_s=0.5, grace_s=7) as service:
        reader, text = streamed(service)
        assert service.stop() < 10
        reader.join(5)
        assert [name for name, _ in events("".join(text))][-1] == "done"
        with pytest.raises(httpx.ConnectError):
            service.http.get("/healthz")


def test_told_to_stop_it_ends_a_stream_that_takes_too_long(tmp_path: Path) -> None:
    with slow(tmp_path, pause_s=60, grace_s=0.5) as service:
        # Its first piece is a minute away: what waits for it gets an error with a status.
        status: list[int] = []

        def ask() -> None:
            status.append(service.http.post("/v1/chat", json={"question": QUESTION}).status_code)

        reader = threading.Thread(target=ask)
        reader.start()
        time.sleep(0.5)
        # The thread that is at it does not keep the process.
        assert service.stop() < 10
        reader.join(5)
        assert status == [503]


def test_several_workers_share_the_work_and_stop_together(tmp_path: Path) -> None:
    with running(tmp_path, "-m", "assistant.cli", "serve", "--port", "0", "--workers", "2") as service:
        service.line("ready", 2)
        children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
        pids = [int(child) for child in children.read_text().split()]
        for _ in range(12):
            # A connection for each, so that both get some.
            with httpx.Client(base_url=service.http.base_url, trust_env=False) as client:
                assert client.post("/v1/ask", json={"question": QUESTION}).status_code == 200
        text = service.http.get("/metrics").text
        service.process.send_signal(signal.SIGHUP)
        service.line("reloaded", 2)
        # Counted together, whichever worker is asked.
        assert 'policy_assistant_requests_total{method="POST",route="/v1/ask",status="200"} 12.0' in text
        assert service.stop() < 10
        end = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_worker_that_was_killed_is_replaced_and_no_longer_counted(tmp_path: Path) -> None:
    with running(
        tmp_path, "-m", "assistant.cli", "serve", "--port", "0", "--workers", "2", TMPDIR=str(tmp_path)
    ) as one:
        one.line("ready", 2)
        counts = {path.stem: path for path in tmp_path.glob("policy-assistant-*/gauge_livesum_*.db")}
        assert len(counts) == 2
        for name in counts:
            os.kill(int(name.rpartition("_")[2]), signal.SIGKILL)
        one.line("ready", 4)
        assert one.http.post("/v1/ask", json={"question": QUESTION}).status_code == 200
        assert not [path for path in counts.values() if path.exists()]
        assert len(list(tmp_path.glob("policy-assistant-*/gauge_livesum_*.db"))) == 2


def test_workers_that_cannot_start_end_the_service(tmp_path: Path) -> None:
    settings = {"ASSISTANT_SERVER_DATA": str(tmp_path), "PYTHONPATH": str(ROOT), "ASSISTANT_SERVER_RATE": "often"}
    settings |= {"ASSISTANT_CORPUS": str(FIXTURES / "corpus"), "ASSISTANT_INDEX_DIR": str(tmp_path / "index")}
    for workers in ("1", "2"):
        command = [sys.executable, "-m", "assistant.cli", "serve", "--port", "0", "--workers", workers]
        environment = os.environ | settings
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert "often" in done.stderr
        assert "Traceback" not in done.stderr


def test_who_connects_and_sends_no_request_is_let_go(tmp_path: Path) -> None:
    with slow(tmp_path, pause_s=0, grace_s=1, HEAD_S="0.5") as service:
        address = ("127.0.0.1", service.port)
        with socket.create_connection(address) as silent, socket.create_connection(address) as trickling:
            trickling.settimeout(0.2)
            silent.settimeout(5)
            started = time.monotonic()
            trickling.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
            assert silent.recv(1) == b""
            with suppress(OSError):
                while time.monotonic() - started < 5:
                    trickling.sendall(b"X-A: b\r\n")
                    with suppress(TimeoutError):
                        if trickling.recv(1) == b"":
                            break
            assert time.monotonic() - started < 4
        # Who is answered has as long for the next request.
        kept = http.client.HTTPConnection(*address, timeout=5)
        for _ in range(3):
            kept.request("GET", "/healthz")
            assert kept.getresponse().read() == b'{"status":"ok"}'
            time.sleep(0.4)
        kept.close()


def test_a_new_index_is_opened_on_sighup(tmp_path: Path, corpus: Path) -> None:
    with slow(tmp_path, pause_s=0, grace_s=1, ASSISTANT_CORPUS=str(corpus), ASSISTANT_SERVER_RELOAD_S="0") as service:
        before = service.http.get("/readyz").json()["index_version"]
        path = corpus / "lantern" / "policy.txt"
        path.write_text(path.read_text("utf-8").replace("two years", "nine years"), "utf-8")
        service.process.send_signal(signal.SIGHUP)
        service.line("reloaded")
        said = service.http.post("/v1/ask", json={"question": ENGLISH}).json()
        assert said["index_version"] != before
        assert "nine years" in said["text"]


def test_a_port_in_use_is_told(service: Running, tmp_path: Path) -> None:
    told_in_use(service.port, tmp_path)


def test_of_two_services_that_start_at_once_one_is_told_that_the_port_is_in_use(tmp_path: Path) -> None:
    # The other one builds the index, and does not answer yet.
    with bound_to("127.0.0.1", 0) as other:
        told_in_use(other.getsockname()[1], tmp_path)


def told_in_use(port: int, folder: Path) -> None:
    settings = {"ASSISTANT_SERVER_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use): name others" in done.stderr
