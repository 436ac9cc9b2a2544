"""What the documents say is what the program does: commands, options, settings, and the samples."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
import typer.core

import assistant.cli
from assistant import Assistant, Settings, Turn
from tests.serving import client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

ROOT = Path(__file__).parents[1]
READMES = ["README.md", "README.zh-CN.md"]
SETTINGS = ["docs/settings.md", "docs/settings.zh-CN.md"]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_in_the_table_with_its_default(name: str) -> None:
    rows = dict(re.findall(r"^\| `ASSISTANT_([A-Z_]+)` \| ([^|]+) \|", text(name), re.M))
    assert [row.lower() for row in rows] == list(Settings.model_fields)
    for field, info in Settings.model_fields.items():
        default = rows[field.upper()].strip().strip("`")
        assert default == ("–" if info.default is None else str(info.default))


def test_every_setting_is_described_as_in_the_code() -> None:
    for info in Settings.model_fields.values():
        assert info.description
        assert f"| {info.description} |" in text("docs/settings.md")


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_option_is_in_the_table(name: str) -> None:
    rows = dict(re.findall(r"^\| `policy-assistant (\w+)[^`]*` \| (.+) \|$", text(name), re.M))
    group = typer.main.get_command(assistant.cli.app)
    assert isinstance(group, typer.core.TyperGroup)
    assert sorted(rows) == sorted(group.commands)
    for command, found in group.commands.items():
        for option in found.params:
            if option.param_type_name == "option" and option.name != "help":
                assert f"`{max(option.opts, key=len)}" in rows[command], (command, option.opts)


@pytest.mark.parametrize("name", READMES)
def test_the_sample_is_what_the_program_prints(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    sample = re.search(r"<!-- sample -->\n```console\n(.+?)```", text(name), re.S)
    assert sample
    assert sample[1].count("$ policy-assistant ask") >= 2
    for session in re.split(r"^\$ ", sample[1], flags=re.M)[1:]:
        command, printed = session.split("\n", 1)
        program, *arguments = shlex.split(command)
        assert program == "policy-assistant"
        assert assistant.cli.main(arguments) == 0
        assert capsys.readouterr().out.strip() == printed.strip()


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "corpus/SOURCES.md"]))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))
def test_links_to_sections_lead_to_one(path: Path) -> None:
    for file, section in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", path.read_text("utf-8")):
        headings = re.findall(r"^#+ (.+)$", (path.parent / file if file else path).read_text("utf-8"), re.M)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert section in slugs, f"{path.name}: {file}#{section}"


@pytest.mark.parametrize("name", READMES)
def test_the_library_example_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", text(name), re.S)
    exec(compile(code, name, "exec"), {})
    assert "个推消息推送SDK" in capsys.readouterr().out


def test_the_modules_are_listed_in_the_order_of_their_layers() -> None:
    known = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]["layers"]
    level = {
        module.strip().removeprefix("assistant."): number
        for number, layer in enumerate(reversed(known))
        for module in layer.split(":")
    }
    table = text("docs/architecture.md").partition("| module |")[2]
    rows = [re.findall(r"`(\w+)/?`", row) for row in re.findall(r"^\| (`[^|]+) \|", table, re.M)]
    assert sorted(module for row in rows for module in row) == sorted(level)
    lowest = [min(level[module] for module in row) for row in rows]
    assert lowest == sorted(lowest)


@pytest.mark.parametrize(
    "package", ["text", "sentences", "questions", "policy", "corpus", "index", "retrieval", "answering"]
)
def test_the_modules_of_the_core_are_all_listed(package: str) -> None:
    (row,) = re.findall(rf"^\| `{package}/` \| (.+) \|$", text("docs/architecture.md"), re.M)
    modules = {path.stem for path in (ROOT / "assistant" / package).iterdir() if not path.name.startswith("_")}
    assert {name.removesuffix("/") for name in re.findall(r"`([\w/]+)`", row)} == modules


def test_a_usual_conversation_about_the_bundled_policy() -> None:
    assistant = Assistant.open()
    asked: list[Turn] = []
    told = {"个推收集什么？": "1.2.4.p1.p1", "那高德呢？": "1.2.4.p2", "它用来干什么": "1.2.4.p2.p2"}
    for question, clause in told.items():
        answer = assistant.ask(question, history=asked)
        assert any(citation.clause_id.startswith(clause) for citation in answer.citations), answer.text
        asked.append(Turn.of(answer))
    assert "IMEI" in assistant.ask("个推收集什么？").text
    for question in ("明天天气怎么样", "What will the weather be like tomorrow?"):
        reason = assistant.ask(question, history=asked).abstained
        assert reason
        assert reason.kind == "out_of_scope"


# --- The contract of the HTTP service ------------------------------------------------------

SAMPLES = re.findall(
    r"^<!-- (request|response) (GET|POST) (\S+)(?: ([^\n]+))? -->\n```(?:json|text)\n(.+?)^```$",
    text("docs/http.md"),
    re.M | re.S,
)
"""Of each sample whether it is sent or comes back, the method, the path, the body if it is not a sample, the text."""
LEFT_OUT = "…"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client(Assistant.open(), tmp_path_factory.mktemp("contract")) as found:
        yield found


def check_sample(sample: Any, real: Any, where: str) -> None:
    """Check that a sample is what came back, but for times and what `…` stands for."""
    if isinstance(sample, dict):
        assert isinstance(real, dict), where
        assert set(sample) == set(real), where
        for key, value in sample.items():
            if key in ("latency_ms", "created"):
                assert isinstance(real[key], int | float), where
            elif not (key.endswith("_id") or key in ("id", "index_version")) or LEFT_OUT not in value:
                check_sample(value, real[key], f"{where}.{key}")
            else:
                # It is another one each time, and of each text.
                assert isinstance(real[key], str), where
    elif isinstance(sample, list):
        assert isinstance(real, list), where
        whole = sample[-1:] != [LEFT_OUT]
        assert len(sample) == len(real) if whole else len(sample) - 1 < len(real), where
        for number, value in enumerate(sample if whole else sample[:-1]):
            check_sample(value, real[number], f"{where}[{number}]")
    elif isinstance(sample, str) and LEFT_OUT in sample:
        assert re.fullmatch(".*".join(map(re.escape, sample.split(LEFT_OUT))), real, re.S), f"{where}: {real}"
    else:
        assert sample == real, where


@pytest.mark.parametrize(
    ("method", "path", "body", "sample"),
    [
        pytest.param(method, path, body, sample, id=f"{method} {path} {body}".strip())
        for kind, method, path, body, sample in SAMPLES
        if kind == "response"
    ],
)
def test_the_samples_of_the_contract_are_what_comes_back(
    http: TestClient, method: str, path: str, body: str, sample: str
) -> None:
    sent = body or next((s for kind, m, p, _, s in SAMPLES if (kind, m, p) == ("request", method, path)), None)
    response = http.request(method, path, json=json.loads(sent) if sent else None)
    if not response.headers["content-type"].startswith("text/event-stream"):
        check_sample(json.loads(sample), response.json(), path)
        return
    real, shown = ([block for block in stream.strip().split("\n\n") if block] for stream in (response.text, sample))
    cut = shown.index(LEFT_OUT)
    assert len(shown) - 1 < len(real)
    for block, said in [*zip(shown[:cut], real, strict=False), *zip(shown[:cut:-1], real[::-1], strict=False)]:
        (event, data), (told, real_data) = block.split("\n"), said.split("\n")
        assert event == told
        check_sample(json.loads(data.removeprefix("data: ")), json.loads(real_data.removeprefix("data: ")), event)


@pytest.mark.parametrize("question", ["你们会收集我的手机号吗", "个推收集什么？怎么注销账号？"])
def test_the_end_of_a_stream_has_the_fields_that_are_listed(http: TestClient, question: str) -> None:
    (row,) = re.findall(r"^\| `done` .+$", text("docs/http.md"), re.M)
    stream = http.post("/v1/chat", json={"question": question}).text
    (data,) = re.findall(r"^event: done\ndata: (.+)$", stream, re.M)
    listed = set(re.findall(r'"(\w+)"', row))
    assert listed - {"verdict", "uncertain", "parts"} < set(json.loads(data)) < listed


def test_the_contract_has_samples_of_what_people_ask_for() -> None:
    shown = {f"{method} {path}" for kind, method, path, _, _ in SAMPLES if kind == "response"}
    assert {"POST /v1/ask", "POST /v1/chat", "POST /v1/search", "GET /v1/policies"} < shown
    assert len(SAMPLES) == text("docs/http.md").count("<!-- re")


def test_the_clients_of_the_contract_work(
    http: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", text("docs/http.md"), re.S)
    monkeypatch.setattr("httpx.stream", http.stream)
    exec(compile(code, "docs/http.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("《白驹跑腿隐私协议》的相关原文：\n• ")
    assert "\n[1] 一（二）4 › 使用的第三方插件（1） › 收集的个人信息" in printed
    (command,) = re.findall(r"```sh\n(curl .+?)```", text("docs/http.md"), re.S)
    _, _, url, _, header, _, body = shlex.split(command)
    response = http.post(url, content=body, headers=dict([header.split(": ")]))
    assert response.json()["citations"]


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "body", "headers", "told"),
    [
        ("/v1/ask", '{"question": "x"}', {}, "send JSON, with the header Content-Type: application/json"),
        ("/v1/chat", '{"question": "x"}', {"Content-Type": "text/plain"}, "send JSON, with the header Content-Type"),
        ("/v1/ask", "", {}, "send JSON, with the header Content-Type: application/json"),
        ("/v1/ask", "{", JSON, "the body is not JSON in UTF-8"),
        ("/v1/ask", "[]", JSON, "the body must be a JSON object"),
        ("/v1/ask", "{}", {"Content-Type": "application/json; charset=utf-8"}, "the field `question` is missing"),
        ("/v1/ask", '{"questoin": "x"}', JSON, "there is no field `questoin`; there are question, history, policies"),
        ("/v1/ask", '{"question": "x", "polices": []}', JSON, "there is no field `polices`; there are question, hist"),
        ("/v1/ask", '{"question": "x", "history": [{"q": 1}]}', JSON, "history.0: there is no field `q`; there are"),
        ("/v1/tokens", '{"orgin": "x"}', JSON, "there is no field `orgin`; there is only origin"),
        ("/v1/search", '{"question": "x", "k": 0}', JSON, "k: it is 0: send 1 or more"),
        ("/v1/search", '{"question": "x", "k": 1000}', JSON, "k: it is 1000: send 100 or less"),
        ("/v1/search", '{"question": "x", "k": "many"}', JSON, "k: it is a text: send a whole number"),
        ("/v1/ask", '{"question": 7}', JSON, "question: it is a number: send a text"),
        ("/v1/ask", '{"question": "x", "policies": []}', JSON, "policies: it has 0 of them: send 1 or more"),
        ("/v1/ask", '{"question": "x", "policies": "baiju"}', JSON, "policies: it is a text: send a list"),
        ("/v1/ask", '{"question": "x", "language": "fr"}', JSON, "language: it is a text: send 'zh' or 'en'"),
        ("/v1/feedback", '{"answer_id": "x", "useful": "so-so"}', JSON, "useful: it is a text: send true or false"),
    ],
)
def test_a_wrong_request_is_told_what_to_send(
    http: TestClient, path: str, body: str, headers: dict[str, str], told: str
) -> None:
    response = http.post(path, content=body, headers=headers)
    assert response.status_code == 422
    assert response.json()["error"]["message"].startswith(told)


class _Health(BaseHTTPRequestHandler):
    """Answers `/readyz` by the status that its server has."""

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/readyz" else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.enable_socket
@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_of_the_image_asks_the_service(status: int, code: int) -> None:
    lines = text("Containerfile").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("HEALTHCHECK"))
    python, option, check = json.loads(lines[place + 1])
    assert (python, option) == ("python", "-c")
    server = HTTPServer(("127.0.0.1", 0), _Health)
    server.status = status  # type: ignore[attr-defined]
    threading.Thread(target=server.handle_request, daemon=True).start()
    asked = check.replace("8000", str(server.server_port))
    # Not by way of a proxy, whatever the environment says.
    done = subprocess.run([sys.executable, "-c", asked], env={"http_proxy": "http://127.0.0.1:9"}, check=False)
    server.server_close()
    assert done.returncode == code


@pytest.mark.parametrize("name", ["docs/deployment.md", "docs/deployment.zh-CN.md"])
def test_the_image_is_built_in_the_format_that_keeps_its_health_check(name: str) -> None:
    built = re.findall(r"podman build (.+?) &&", text(name))
    assert built
    assert all("--format docker" in options for options in built)
