"""No network: the index is built, questions are answered and the page is made without a socket to anywhere."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_socket import SocketBlockedError

from assistant import Assistant, Settings, build_index
from assistant.backends import embedders
from tests.conftest import FIXTURES

ROOT = Path(__file__).parent.parent
QUESTIONS = ("星信推送会收集什么？", "How long does Lantern Post keep the record of a delivery?")

# Tells of every connection, address and name that Python is asked for, and lets none through.
GUARD = """
import sys

def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"):
        sys.stderr.write(f"NETWORK {event} {arguments}\\n")
        raise OSError(f"no network: {event}")

sys.addaudithook(guard)
from assistant.cli import main
sys.exit(main())
"""


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The hosts that were asked for, in any thread, though an error about it may be swallowed."""
    hosts: list[object] = []

    def refuse(host: object, *_: Any, **__: Any) -> None:
        hosts.append(host)
        raise OSError("no network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    for name in ("HF_HUB_OFFLINE", "GRADIO_ANALYTICS_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    return hosts


@pytest.mark.filterwarnings("ignore:A test tried to use socket:UserWarning")
def test_the_tests_run_without_a_network() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def test_index_answers_and_page_need_no_network(index_dir: Path, asked_for: list[object]) -> None:
    settings = Settings(corpus=FIXTURES / "corpus" / "lantern", index_dir=index_dir)
    models = embedders(settings)
    build_index(settings=settings, embedders=models)
    assistant = Assistant.open(settings=settings, embedders=models)
    for question in QUESTIONS:
        assert assistant.ask(question).hits
    spec = importlib.util.spec_from_file_location("assistant_ui_offline", ROOT / "ui.py")
    assert spec
    assert spec.loader
    ui = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(ui)
    options = settings.model_copy(update={"server_data": index_dir.parent / "data"})

    # In a running event loop: outside of one, Gradio opens some that it never closes.
    async def page() -> object:
        return ui.create(options, open_assistant=lambda _: assistant)

    assert asyncio.run(page())
    assert asked_for == []


def test_the_program_answers_behind_a_proxy_that_is_down(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "GRADIO_"))}
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    environment |= dict.fromkeys(proxies, "http://127.0.0.1:9")
    environment |= {
        "ASSISTANT_CACHE": str(tmp_path / "cache"),
        "ASSISTANT_CORPUS": str(FIXTURES / "corpus" / "lantern"),
    }
    lines = "\n".join(json.dumps({"question": question}) for question in QUESTIONS)
    done = subprocess.run(
        [sys.executable, "-c", GUARD, "ask", "--jsonl"],
        input=lines.encode(),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment,
    )
    assert done.stderr.decode() == "building the index, once …\n"
    assert done.returncode == 0
    assert [json.loads(line)["question"] for line in done.stdout.splitlines()] == list(QUESTIONS)
