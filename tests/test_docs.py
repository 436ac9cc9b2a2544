"""What README.md says is what the program does: commands, options, settings, and its sample."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import typer

import assistant.cli
from assistant import Assistant, Settings, Turn

ROOT = Path(__file__).parents[1]
READMES = ["README.md", "README.zh-CN.md"]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", READMES)
def test_every_setting_is_in_the_table_with_its_default(name: str) -> None:
    rows = dict(re.findall(r"^\| `ASSISTANT_([A-Z_]+)` \| ([^|]+) \|", text(name), re.M))
    assert [row.lower() for row in rows] == list(Settings.model_fields)
    for field, info in Settings.model_fields.items():
        default = rows[field.upper()].strip().strip("`")
        assert default == ("–" if info.default is None else str(info.default))


def test_every_setting_is_described_as_in_the_code() -> None:
    for info in Settings.model_fields.values():
        assert info.description
        assert f"| {info.description} |" in text("README.md")


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_option_is_in_the_table(name: str) -> None:
    rows = dict(re.findall(r"^\| `policy-assistant (\w+)[^`]*` \| (.+) \|$", text(name), re.M))
    commands = typer.main.get_command(assistant.cli.app).commands
    assert sorted(rows) == sorted(commands)
    for command, found in commands.items():
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


@pytest.mark.parametrize("name", READMES)
def test_the_image_is_built_in_the_format_that_keeps_its_health_check(name: str) -> None:
    built = re.findall(r"podman build (.+?) &&", text(name))
    assert built
    assert all("--format docker" in options for options in built)
