"""What the tests of the service share: the application over the invented corpus, and reading its streams."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from assistant import Answer, Assistant, Settings
from assistant.server.app import create_app
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

QUESTION = "星信推送会收集什么？"
ENGLISH = "How long does Lantern Post keep the record of a delivery?"
UNCLEAR = "？？？"


def opened(index_dir: Path, corpus: Path = FIXTURES / "corpus") -> Assistant:
    """Open the assistant over a corpus, without a model."""
    return Assistant.open(settings=Settings(corpus=corpus, index_dir=index_dir), embedders=(FakeEmbedder(),))


def client(assistant: Assistant, folder: Path, *, address: str = "testclient", **options: Any) -> TestClient:
    """Return a client of a service over this assistant; to be entered."""
    use_keys = options.pop("use_keys", True)
    rate = {"server_rate": "none"} | options
    settings = Settings(server_data=folder, index_dir=assistant.settings.index_dir, server_reload_s=0, **rate)
    app = create_app(settings, open_assistant=lambda _: assistant, use_keys=use_keys)
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

    def stream(self, question: str, *, history: Sequence[Any] = (), policies: Any = None) -> Iterator[str | Answer]:
        """See `Assistant.stream`."""
        self.begun.set()
        try:
            for piece in super().stream(question, history=history, policies=policies):
                self.go.acquire()
                yield piece
        finally:
            self.closed.set()


def paced(assistant: Assistant) -> PacedAssistant:
    """Return an assistant as this one that waits before each piece."""
    return PacedAssistant(assistant.policies, assistant.retriever, assistant.generator, assistant.settings).pace()
