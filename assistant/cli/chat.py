"""The chat in a terminal: a conversation with the assistant, and a few commands to look around in the policy."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.terminal import (
    EXIT_ERROR,
    MOST_INPUT_BYTES,
    Corpus,
    IndexDir,
    PolicyIds,
    complain,
    is_terminal,
    open_assistant,
    print_line,
    stdin,
)
from assistant.errors import AssistantError, QuestionError
from assistant.text import visible
from assistant.text.naming import in_title_marks
from assistant.text.quotes import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from assistant.answering import Answer
    from assistant.conversation import Turn
    from assistant.engine import Assistant
    from assistant.policy import Policy

_PROMPT = "> "
_WELCOME = "直接提问，/help 列出命令，Ctrl-D 离开 · Ask away; /help lists the commands, Ctrl-D leaves"
_UNDERSTOOD = {"zh": "（理解为：{query}）", "en": "(understood as: {query})"}
_STOPPED = "… 已停止 · stopped"
_HELP = """/clause ID    一个条款的全文，例如 /clause 1.2.4；/clause [2] 是上一个回答引用的第 2 处
              the whole of a clause, such as 1.2.4; [2] is the second one that the last answer quotes
/sources      上一个回答引用了哪些条款 · the clauses that the last answer quotes
/policy [ID]  有哪些政策；只从其中一份回答，all 恢复全部
              the policies; answer from one of them only, from all again with `all`
/reset        忘记之前的对话 · forget what was said
/help         这份说明 · this list
/quit         离开，或按 Ctrl-D · leave, as does Ctrl-D"""
_HISTORY_FILE = "chat-history"
_HISTORY_LINES = 1_000


def talk(
    policy: PolicyIds = None,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Do not keep what is typed for the arrow keys of the next time.")
    ] = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Talk with the assistant: follow-ups are understood, as in 那高德呢 or "and how long do you keep it?".

    Without a terminal, questions are read from standard input, one a line.
    """
    assistant = open_assistant(corpus, index_dir)
    conversation = _Talk(assistant, policy)
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        keep = None if no_history else assistant.settings.cache_dir() / _HISTORY_FILE
        with _line_editing(keep):
            _at_the_terminal(conversation)
    elif _of_a_pipe(conversation):
        raise typer.Exit(EXIT_ERROR)


def _at_the_terminal(talk: _Talk) -> None:
    print_line("、".join(in_title_marks(policy.title) for policy in talk.policies()), style="bold")
    print_line(_WELCOME, style="dim")
    while not talk.is_over:
        print_line("")
        try:
            line = input(_PROMPT)
        except EOFError:
            print_line("")
            return
        except KeyboardInterrupt:
            # As shells do: the line is dropped, and a new one begun.
            continue
        try:
            talk.say(line)
        except KeyboardInterrupt:
            print_line(f"\n{_STOPPED}", style="dim")
        except AssistantError as error:
            complain(str(error))


def _of_a_pipe(talk: _Talk) -> bool:
    """Answer each line of standard input, after the line itself; say whether anything went wrong."""
    failed = False
    for number, line in enumerate(stdin(), 1):
        if talk.is_over:
            break
        try:
            if len(line) > MOST_INPUT_BYTES:
                raise QuestionError(f"more than {MOST_INPUT_BYTES:,} bytes: ask one question a line")
            text = line.decode("utf-8-sig").strip()
            if text:
                print_line(f"{_PROMPT}{text}")
            talk.say(text)
        except UnicodeDecodeError:
            complain(f"line {number}: not UTF-8: convert it, for instance with iconv")
            failed = True
        except AssistantError as error:
            complain(f"line {number}: {error}")
            failed = True
        if line.strip():
            print_line("")
    return failed


class _Talk:
    """A conversation: what was said, and which policies it is about.

    Args:
        assistant: Answers.
        policies: Ids of the policies to answer from; those that a question names by default.
    """

    def __init__(self, assistant: Assistant, policies: list[str] | None) -> None:
        self._assistant = assistant
        self._scope = [assistant.policy(policy_id).id for policy_id in policies] if policies else None
        self._turns: list[Turn] = []
        self._last: Answer | None = None
        self.is_over = False
        self._commands: dict[str, Callable[[str], None]] = {
            "/clause": self._clause,
            "/sources": self._sources,
            "/policy": self._policy,
            "/reset": self._reset,
            "/help": lambda _: print_line(_HELP),
            "/quit": self._quit,
            "/exit": self._quit,
        }

    def policies(self) -> list[Policy]:
        """Return the policies that are asked."""
        return [policy for policy in self._assistant.policies if self._scope is None or policy.id in self._scope]

    def say(self, line: str) -> None:
        """Do what a line asks: answer a question, or obey a command.

        Raises:
            AssistantError: If it cannot be done.
        """
        line = visible(line).strip()
        if not line:
            return
        if not line.startswith("/"):
            self._answer(line)
            return
        name, _, rest = line.partition(" ")
        command = self._commands.get(name.lower())
        if command is None:
            raise QuestionError(f"there is no command {name}: there are {', '.join(self._commands)}")
        command(rest.strip())

    def _answer(self, question: str) -> None:
        from assistant.conversation import Turn

        self._tell_what_is_understood(question)
        answer: Answer | None = None
        pieces = self._assistant.stream(question, history=self._turns, policies=self._scope)
        try:
            for piece in pieces:
                if isinstance(piece, str):
                    typer.echo(visible(piece), nl=False)
                    # What has been verified is shown at once.
                    sys.stdout.flush()
                else:
                    answer = piece
        finally:
            if isinstance(pieces, Generator):
                pieces.close()
        if answer is None:
            return
        print_line("")
        self._turns.append(Turn.of(answer))
        self._last = answer
        if answer.citations:
            print_line("")
            self._print_places(answer)

    def _tell_what_is_understood(self, question: str) -> None:
        """Print what a question is taken to ask, if it is searched for in other words."""
        from assistant.text import language_of

        if query := self._assistant.understood(question, history=self._turns):
            print_line(_UNDERSTOOD[language_of(question)].format(query=query), style="dim")

    def _print_places(self, answer: Answer, *, ids: bool = False) -> None:
        several = len(self._assistant.policies) > 1
        for marker, citation in enumerate(answer.citations, 1):
            policy, place = self._assistant.policy(citation.policy_id), citation.reference
            shown_id = f"  /clause {f'{citation.policy_id} ' if several else ''}{citation.clause_id}" if ids else ""
            print_line(f"[{marker}] {policy.place(place) if several else place}{shown_id}", style="cyan")

    # --- Commands ------------------------------------------------------------------------

    def _clause(self, asked: str) -> None:
        policy, clause_id = self._place(asked)
        try:
            clause = policy[clause_id]
        except KeyError:
            raise QuestionError(
                f"{policy.title} has no clause {clause_id!r}: `policy-assistant outline {policy.id}` lists them"
            ) from None
        place = policy.reference(clause.id)
        place = policy.place(place) if len(self._assistant.policies) > 1 else place
        print_line(f"{place}  [{clause.id}]", style="cyan")
        print_line("\n".join(lines_of(policy.text[clause.start : clause.end])))

    def _place(self, asked: str) -> tuple[Policy, str]:
        """Return the policy and the id of a clause asked for: `1.2`, `baiju 1.2`, or `[2]` of the last answer."""
        marker = asked.removeprefix("[").removesuffix("]")
        if asked.startswith("[") and marker.isdecimal():
            cited = self._last.citations if self._last else ()
            if not 0 < int(marker) <= len(cited):
                raise QuestionError(f"the last answer has no quote [{int(marker)}]: it has {len(cited)}")
            citation = cited[int(marker) - 1]
            return self._assistant.policy(citation.policy_id), citation.clause_id
        *named, clause_id = asked.split() or [""]
        if not clause_id or len(named) > 1:
            raise QuestionError("name a clause, such as /clause 1.2.4, or /clause [1] for what the last answer quotes")
        if named:
            return self._assistant.policy(named[0]), clause_id
        asked_of = self.policies()
        # The policy that the conversation is about, if there are several.
        last = self._last.citations[0].policy_id if self._last and self._last.citations else asked_of[0].id
        holding = [policy for policy in asked_of if clause_id in policy]
        return next((policy for policy in holding if policy.id == last), (holding or asked_of)[0]), clause_id

    def _sources(self, _: str) -> None:
        if self._last is None or not self._last.citations:
            raise QuestionError("the last answer quotes nothing" if self._last else "nothing has been asked yet")
        self._print_places(self._last, ids=True)

    def _policy(self, asked: str) -> None:
        if asked:
            self._scope = None if asked.lower() == "all" else [self._assistant.policy(asked).id]
        asked_of = self.policies()
        for policy in self._assistant.policies:
            facts = " · ".join(filter(None, (policy.id, policy.company, policy.version)))
            print_line(f"{'*' if policy in asked_of else ' '} {in_title_marks(policy.title)} {facts}")

    def _reset(self, _: str) -> None:
        self._turns.clear()
        self._last = None
        print_line("已清空对话 · the conversation begins anew", style="dim")

    def _quit(self, _: str) -> None:
        self.is_over = True


@contextmanager
def _line_editing(history: Path | None) -> Iterator[None]:
    """Let lines be edited, and recalled by the arrow keys, where the system can.

    Args:
        history: File that keeps what was typed, for its owner's eyes only; None keeps nothing.
    """
    try:
        import readline
    except ImportError:
        yield
        return
    if history is not None:
        # What cannot be read or kept is no reason not to talk.
        with suppress(OSError):
            _read_history(readline, history)
    try:
        yield
    finally:
        if history is not None:
            with suppress(OSError):
                readline.set_history_length(_HISTORY_LINES)
                readline.write_history_file(history)
                history.chmod(0o600)


def _read_history(readline: Any, history: Path) -> None:
    history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Before the library makes it with the rights of every file.
    history.touch(mode=0o600)
    history.chmod(0o600)
    readline.read_history_file(history)
