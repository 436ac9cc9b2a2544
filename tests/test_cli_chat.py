"""The chat of the command line: at a terminal and in a pipe."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest

from assistant import Assistant, Settings
from assistant.cli import main
from assistant.text import visible
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANSWERED, ERROR, USAGE = 0, 1, 2
CHINESE = "云巢读书的星信推送会收集什么？"
QUOTE = "星信推送：收集设备标识符（IMEI），用于向您推送新书通知。"


class Run(NamedTuple):
    """What a run of the program came to."""

    code: int
    out: str
    err: str

    def answers(self) -> list[str]:
        """Return what was said to each line of a pipe."""
        return [part.strip() for part in ("\n" + self.out).split("\n> ")[1:]]


class Runs(Protocol):
    def __call__(self, *lines: str | bytes, options: tuple[str, ...] = ()) -> Run: ...


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which indexes are shared by the tests of this file."""
    return tmp_path_factory.mktemp("chat")


@pytest.fixture
def surroundings(home: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The invented corpus, without a model."""
    monkeypatch.setattr("assistant.backends.embedders", lambda settings: (embedder,))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
    monkeypatch.setenv("ASSISTANT_CACHE", str(home))


@pytest.fixture
def pipe(surroundings: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    """Run the chat with lines from a pipe."""

    def run(*lines: str | bytes, options: tuple[str, ...] = ()) -> Run:
        data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), "ascii"))
        code = main(["chat", *options])
        out, err = capsys.readouterr()
        return Run(code, out, err.removeprefix("building the index, once …\n"))

    return run


@pytest.fixture
def terminal(
    surroundings: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    """Run the chat at a terminal, with lines and keys from the test; Ctrl-D comes last."""
    monkeypatch.setattr("assistant.cli.chat.is_terminal", lambda stream: True)

    def run(*lines: str | type[BaseException], options: tuple[str, ...] = ()) -> Run:
        said: Iterator[str | type[BaseException]] = iter([*lines, EOFError])

        def typed(prompt: str) -> str:
            line = next(said)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", typed)
        code = main(["chat", *options])
        out, err = capsys.readouterr()
        return Run(code, out, err.removeprefix("building the index, once …\n"))

    return run


# --- A conversation ----------------------------------------------------------------------


def test_each_line_of_a_pipe_is_answered_with_its_places(pipe: Runs) -> None:
    code, out, err = pipe(CHINESE, "", "How long does Lantern Post keep the record of a delivery?")
    assert (code, err) == (ANSWERED, "")
    assert out.startswith(f"> {CHINESE}\n《云巢读书隐私政策》的相关原文：\n")
    assert f"“{QUOTE}” [1]" in out
    assert "\n[1] 《云巢读书隐私政策》一（三）1\n" in out
    assert "\n> How long does Lantern Post keep the record of a delivery?\nWhat Lantern Post" in out


def test_a_follow_up_is_answered_after_what_it_was_understood_as(pipe: Runs) -> None:
    answers = pipe(CHINESE, "那墨图统计呢", "and why do they need it?").answers()
    assert "（理解为：云巢读书的墨图统计会收集什么？）" in answers[1]
    assert "(understood as: why does " in answers[2]
    # A question that stands by itself is not repeated.
    assert "理解为" not in answers[0]


def test_what_is_searched_for_in_place_of_what_was_typed_is_told(pipe: Runs) -> None:
    answers = pipe("How do I delete my acount?", "How do  I delete my account?").answers()
    assert "\n(understood as: How do I delete my account?)\n" in answers[0]
    # Blanks are nobody's concern.
    assert "understood as" not in answers[1]


def test_a_message_that_asks_several_things_is_told_as_each_was_understood(pipe: Runs) -> None:
    answers = pipe(CHINESE, "它保存多久？墨图统计收集什么？", "墨图统计收集什么？星信推送收集什么？", "谢谢").answers()
    assert "\n（理解为：云巢读书的星信推送拿到的信息保存多久？ 墨图统计收集什么？）\n问：它保存多久？\n" in answers[1]
    for said in (answers[0], *answers[2:]):
        assert "理解为" not in said


def test_what_else_and_the_clause_itself(pipe: Runs) -> None:
    answers = pipe(CHINESE, "原文", "还有吗", "谢谢").answers()
    assert QUOTE in "".join(answers[1].split())
    assert QUOTE not in answers[2]
    assert answers[3].startswith("谢谢\n不客气")


def test_forgetting_what_was_said(pipe: Runs) -> None:
    answers = pipe(CHINESE, "/reset", "它呢").answers()
    assert "没有看懂指的是什么" in answers[2]


# --- Commands ----------------------------------------------------------------------------


def test_a_clause_is_shown_by_its_id_or_by_its_place_in_the_answer(pipe: Runs) -> None:
    answers = pipe(CHINESE, "/sources", "/clause [1]", "/clause yunchao 5", "/clause 1.3.2").answers()
    assert "[1] 《云巢读书隐私政策》一（三）1  /clause yunchao 1.3.1" in answers[1]
    assert "《云巢读书隐私政策》一（三）1  [1.3.1]\n1、" + QUOTE in answers[2]
    assert "五、联系我们" in answers[3]
    assert "400-000-1234" in answers[3]
    # Of the policy that the conversation is about.
    assert "墨图统计" in answers[4]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/clause", "name a clause"),
        ("/clause a b c", "name a clause"),
        ("/clause 99", "has no clause '99'"),
        ("/clause nowhere 1", "there is no policy 'nowhere'"),
        ("/clause [7]", "no quote [7]"),
        ("/clause [1]", "no quote [1]"),
        ("/sources", "nothing has been asked yet"),
        ("/policy nowhere", "there is no policy 'nowhere'"),
        ("/frobnicate", "there is no command /frobnicate"),
        ("x" * 3_000, "3,000 characters"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_chat_goes_on(pipe: Runs, command: str, said: str) -> None:
    code, out, err = pipe(command, "/policy")
    assert code == ERROR
    assert "line 1: " in err
    assert said in err
    assert err.count("\n") == 1
    assert "《云巢读书隐私政策》 yunchao" in out


def test_a_policy_is_chosen_and_given_up(pipe: Runs) -> None:
    answers = pipe("/policy lantern", CHINESE.removeprefix("云巢读书的"), "/policy all", "/policy").answers()
    assert answers[0].splitlines()[1:] == [
        "* 《Lantern Post Privacy Policy》 lantern · Lantern Post Ltd · 3.1",
        "  《云巢读书隐私政策》 yunchao · 云巢科技有限公司 · 2024-03-01",
    ]
    assert QUOTE not in answers[1]
    assert [line[0] for line in answers[3].splitlines()[1:]] == ["*", "*"]
    chosen = pipe("/policy", options=("--policy", "yunchao")).answers()
    assert [line[0] for line in chosen[0].splitlines()[1:]] == [" ", "*"]


def test_an_unknown_policy_is_an_error_at_once(pipe: Runs) -> None:
    code, out, err = pipe(CHINESE, options=("--policy", "nowhere"))
    assert (code, out) == (ERROR, "")
    assert "nowhere" in err


def test_the_list_of_commands_names_each(pipe: Runs) -> None:
    out = pipe("/help").out
    for command in ("/clause", "/sources", "/policy", "/reset", "/help", "/quit"):
        assert command in out


@pytest.mark.parametrize("leave", ["/quit", "/EXIT", " /quit "])
def test_nothing_is_answered_after_leaving(pipe: Runs, leave: str) -> None:
    code, out, _ = pipe(leave, CHINESE)
    assert code == ANSWERED
    assert QUOTE not in out


def test_lines_that_are_no_text_are_named_and_the_others_answered(pipe: Runs) -> None:
    code, out, err = pipe(b"\xff\xfe\x00", CHINESE, b"x" * 1_000_001, "\ufeff" + CHINESE)
    assert code == ERROR
    assert out.count(QUOTE) == 2
    assert "line 1: not UTF-8" in err
    assert "line 3: more than 1,000,000 bytes" in err


def test_terminal_commands_in_texts_and_questions_do_nothing(
    pipe: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "corpus" / "evil"
    policy.mkdir(parents=True)
    hostile = "\x1b]0;owned\x07\x1b[31m\u202e收集\u200b手机号"
    (policy / "policy.txt").write_text(f"一、{hostile}\n我们收集您的手机号码{hostile}，用于创建账号。\n", "utf-8")
    (policy / "policy.toml").write_text(f"id = 'evil'\ntitle = {json.dumps(hostile)}\n", "utf-8")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(tmp_path / "corpus"))
    code, out, err = pipe(f"收集手机号码吗{hostile}", "/clause 1", f"/clause {hostile}", "/policy", f"/{hostile}")
    assert code == ERROR
    assert "我们收集您的手机号码" in out
    for shown in (out, err):
        assert visible(shown) == shown
        assert "owned" not in shown


# --- At a terminal -----------------------------------------------------------------------


def test_at_a_terminal_it_says_what_it_is_about_and_ends_at_the_end_of_input(terminal: Callable[..., Run]) -> None:
    code, out, _ = terminal(CHINESE, "那墨图统计呢")
    assert code == ANSWERED
    assert "《云巢读书隐私政策》" in out.splitlines()[0]
    assert "/help" in out.splitlines()[1]
    assert QUOTE in out
    assert "理解为" in out


def test_a_line_is_dropped_by_ctrl_c_and_an_error_ends_nothing(terminal: Callable[..., Run]) -> None:
    code, out, err = terminal(KeyboardInterrupt, "/frobnicate", CHINESE)
    assert code == ANSWERED
    assert QUOTE in out
    assert "/frobnicate" in err


def test_an_answer_is_stopped_by_ctrl_c(terminal: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    stream = Assistant.stream

    def stopped(assistant: Assistant, question: str, **options: object) -> Iterator[object]:
        if question != "stop":
            yield from stream(assistant, question, **options)  # type: ignore[arg-type]
            return
        try:
            yield "the first piece\n"
            yield from iter(_interrupted, None)
        finally:
            closed.append(question)

    def _interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Assistant, "stream", stopped)
    code, out, _ = terminal("stop", "它呢", CHINESE)
    assert code == ANSWERED
    assert closed == ["stop"]
    assert "the first piece\n" in out
    assert "stopped" in out
    # What was not answered is not leant on, and the chat goes on.
    assert "没有看懂指的是什么" in out
    assert QUOTE in out


@pytest.mark.skipif(sys.platform == "win32", reason="lines are not kept there")
def test_what_was_typed_is_kept_for_its_owner_or_not_at_all(
    terminal: Callable[..., Run],
) -> None:
    pytest.importorskip("readline")
    kept = Settings().cache_dir() / "chat-history"
    kept.unlink(missing_ok=True)
    terminal("/help", options=("--no-history",))
    assert not kept.exists()
    terminal("/help")
    assert kept.stat().st_mode & 0o777 == 0o600
    # A file that cannot be used is no reason not to talk.
    kept.unlink()
    kept.mkdir()
    assert terminal("/help").code == ANSWERED
