"""What the tests of the service share: the application over the invented corpus, and reading its streams."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from starlette.testclient import TestClient

from assistant import Answer, Assistant, Settings
from assistant.server.app import create_app
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent
QUESTION = "星信推送会收集什么？"
ENGLISH = "How long does Lantern Post keep the record of a delivery?"
UNCLEAR = "？？？"


def opened(index_dir: Path, corpus: Path = FIXTURES / "corpus") -> Assistant:
    """Open the assistant over a corpus, without a model."""
    return Assistant.open(settings=Settings(corpus=corpus, index_dir=index_dir), embedders=(FakeEmbedder(),))


def client(assistant: Assistant, folder: Path, *, address: str = "testclient", **options: Any) -> TestClient:
    """Return a client of a service over this assistant; to be entered."""
    use_keys, host = options.pop("use_keys", True), options.pop("host", None)
    rate = {"server_rate": "none"} | options
    settings = Settings(server_data=folder, index_dir=assistant.settings.index_dir, server_reload_s=0, **rate)
    app = create_app(settings, open_assistant=lambda _: assistant, use_keys=use_keys, host=host)
    # What the service cannot help is an answer too, not an error of the test.
    return TestClient(app, raise_server_exceptions=False, client=(address, 50_000))


def events(text: str) -> list[tuple[str, Any]]:
    """Return the events of a stream, each with its name and data."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def bearer(key: str) -> dict[str, str]:
    """Return the header that a key or token is sent in."""
    return {"Authorization": f"Bearer {key}"}


class PacedAssistant(Assistant):
    """An assistant that says as much as it is allowed to: `go` lets it say one more piece."""

    def pace(self) -> PacedAssistant:
        """Begin to wait; return itself."""
        self.go = threading.Semaphore(0)
        self.begun = threading.Event()
        self.closed = threading.Event()
        return self

    def stream(
        self, question: str, *, history: Sequence[Any] = (), policies: Any = None, **options: Any
    ) -> Iterator[str | Answer]:
        """See `Assistant.stream`."""
        self.begun.set()
        try:
            for piece in super().stream(question, history=history, policies=policies, **options):
                self.go.acquire()
                yield piece
        finally:
            self.closed.set()


def paced(assistant: Assistant) -> PacedAssistant:
    """Return an assistant as this one that waits before each piece."""
    return PacedAssistant(assistant.policies, assistant.retriever, assistant.generator, assistant.settings).pace()


class Running:
    """A service that runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port: int = self.line("listening")["port"]
        self.line("ready")
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30)
        # It says so a moment before the first of its processes listens.
        for _ in range(100):
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.port)):
                break
            time.sleep(0.05)

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            # Once it serves, every line of its log is an object.
            if line.startswith("{"):
                self.lines.append(json.loads(line))

    def line(self, event: str, count: int = 1, **facts: object) -> dict[str, Any]:
        """Return a line of the log that says so, once it is there."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            wanted = {"event": event, **facts}.items()
            found = [line for line in list(self.lines) if all(line.get(name) == value for name, value in wanted)]
            if len(found) >= count:
                return found[count - 1]
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{event!r} was not logged, but {self.lines}")

    def stop(self) -> float:
        """Send SIGTERM; return how long the end took, in seconds."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        return time.monotonic() - started


@contextmanager
def running(folder: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    settings = {
        "ASSISTANT_SERVER_DATA": str(folder / "data"),
        "ASSISTANT_CORPUS": str(FIXTURES / "corpus"),
        "ASSISTANT_INDEX_DIR": str(folder / "index"),
        "ASSISTANT_SERVER_RATE": "none",
        "PYTHONPATH": str(ROOT),
    }
    command = arguments or ("-m", "assistant.cli", "serve", "--port", "0")
    process = subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | settings | environment,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
    )
    found = None
    try:
        found = Running(process)
        yield found
    finally:
        if found:
            found.http.close()
        # With its workers: they hold the pipe, too, which would not end.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr
        process.stderr.close()
