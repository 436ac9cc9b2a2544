"""What the commands share: options, opening the assistant, reading standard input, printing safely."""

from __future__ import annotations

import json
import os
import shlex
import sys
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from assistant.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO, TextIO

    from rich.progress import Progress
    from typer.models import CommandFunctionType

    from assistant.engine import Assistant
    from assistant.policy import Policy
    from assistant.settings import Settings

EXIT_ERROR = 1
EXIT_ABSTAINED = 3

# A question with a long history; whatever is longer was sent to the wrong program.
MOST_INPUT_BYTES = 1_000_000

# Of a command whose argument is a question: see `check_quoted`.
UNQUOTED = {"allow_extra_args": True}

Corpus = Annotated[
    Path | None,
    typer.Option(
        "--corpus", metavar="FOLDER", help="Folder of policies. \\[default: what comes with it, and what was added]"
    ),
]
IndexDir = Annotated[
    Path | None,
    typer.Option("--index-dir", metavar="FOLDER", help="Folder of the index. \\[default: in the user's cache]"),
]
PolicyId = Annotated[str | None, typer.Argument(metavar="POLICY", help="Id of the policy.")]
PolicyIds = Annotated[
    list[str] | None, typer.Option("--policy", metavar="ID", help="Answer from this policy only; may be given again.")
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 for any that is free.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _Command(TyperCommand):
    """A command whose line of usage has its arguments as documents write them: `FILE`, and `[FILE]` if not needed."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the line."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]


class Commands(typer.Typer):
    """A group of commands."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Return what makes a function a command; see `typer.Typer.command`."""
        return super().command(name, **({"cls": _Command} | options))


def check_quoted(context: typer.Context) -> None:
    """Check that a question came as one argument.

    Raises:
        BadParameter: If the shell has divided it.
    """
    if context.args:
        raise typer.BadParameter("there is more than one argument: put the question in quotes", param_hint="QUESTION")


def settings_of(corpus: Path | None, index_dir: Path | None) -> Settings:
    """Return the settings of the environment, with the folders given as options."""
    from assistant.settings import Settings

    given = (("corpus", corpus), ("index_dir", index_dir))
    return Settings(**{name: folder for name, folder in given if folder is not None})


def note_unknown_settings() -> None:
    """Tell which variables of the environment are named like settings and are none: they would go unnoticed."""
    given = sorted(name for name in os.environ if name.upper().startswith(_PREFIX))
    if not given:
        return
    from assistant.settings import Settings

    known = {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in given:
        if name.upper() not in known:
            meant = get_close_matches(name.upper(), known, 1)
            note(f"{name} is no setting and does nothing" + (f": did you mean {meant[0]}?" if meant else ""))


_PREFIX = "ASSISTANT_"


def known_or_refused(policy: str | None, policies: Iterable[Policy], besides: str = "") -> None:
    """Check that there is a policy of this id, if one is named.

    Args:
        policy: The id.
        policies: Those that there are.
        besides: What else it is not.

    Raises:
        QuestionError: If there is none.
    """
    from assistant.corpus import no_policy

    known = [found.id for found in policies]
    if policy is not None and policy not in known:
        raise QuestionError(no_policy(policy, known, besides))


def open_assistant(corpus: Path | None, index_dir: Path | None) -> Assistant:
    """Open the assistant on a corpus; a bar shows the building of the index."""
    from assistant.backends import parts
    from assistant.engine import Assistant

    settings = settings_of(corpus, index_dir)
    with progress_bar() as progress:
        return Assistant.open(settings=settings, progress=progress, waiting=_waiting, **parts(settings))


def stdin() -> BinaryIO:
    """Return standard input as bytes."""
    if sys.stdin is None:
        raise QuestionError("standard input is closed: pipe the question into it, or give it as an argument")
    return sys.stdin.buffer


def typed(question: str) -> str:
    """Return the question as given, or for `-` what standard input holds, in UTF-8 whatever the locale."""
    if question != "-":
        return question
    data = stdin().read(MOST_INPUT_BYTES + 1)
    if len(data) > MOST_INPUT_BYTES:
        raise QuestionError(f"standard input holds more than {MOST_INPUT_BYTES:,} bytes: ask a single question")
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise QuestionError(
            f"standard input is not UTF-8 (byte {error.start}): convert it, for instance with iconv"
        ) from None


def print_line(text: str, style: str = "") -> None:
    """Print a line: coloured on a terminal, plain in a pipe, never with the text's own escapes."""
    from assistant.text import visible

    if style and is_terminal(sys.stdout):
        from rich.console import Console

        Console(highlight=False, markup=False, emoji=False, soft_wrap=True).print(visible(text), style=style)
    else:
        typer.echo(visible(text))


def address_of(host: str, port: int) -> str:
    """Return where a browser finds what listens on a host, which may be an address of IPv6, and a port."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a stream is a terminal."""
    # There is no stream if it was closed before the program started.
    return stream is not None and stream.isatty()


def print_json(value: object) -> None:
    """Print a value as indented JSON."""
    typer.echo(as_json_text(value, indent=2))


def print_json_of(policy: str | None, values: Sequence[object]) -> None:
    """Print what is told of the policy that is named as indented JSON; a list of it for each if none is."""
    print_json(values if policy is None else values[0])


def as_json_text(value: object, *, indent: int | None = None) -> str:
    """Return `value` as JSON, with every character in it escaped if any is one that a terminal obeys or hides.

    The offsets of quotes count such characters, so that they cannot be left out.
    """
    from assistant.text import visible

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text if visible(text) == text else json.dumps(value, indent=indent)


def complain(message: str) -> None:
    """Print what went wrong to standard error, on one line."""
    from assistant.text import visible_line

    typer.echo(f"policy-assistant: {visible_line(message)}", err=True)


def note(message: str) -> None:
    """Print to standard error what is worth knowing of something that went well."""
    from assistant.text import visible_line

    typer.echo(f"note: {visible_line(message)}", err=True)


def command(name: str, *arguments: str, corpus: Path | None = None) -> str:
    """Return a command as it can be typed, on the same corpus.

    >>> command("policies update", "my policy", corpus=Path("own"))
    "`policy-assistant policies update 'my policy' --corpus own`"
    """
    given = ("--corpus", str(corpus)) if corpus else ()
    return f"`policy-assistant {name} {shlex.join((*arguments, *given))}`"


def plural(count: int, noun: str) -> str:
    """Return how many there are, as in `1 clause` and `1,200 clauses`.

    >>> plural(1, "policy"), plural(2, "policy"), plural(0, "fault"), plural(1200, "day")
    ('1 policy', '2 policies', '0 faults', '1,200 days')
    """
    several = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else several}"


def build(settings: Settings, *, force: bool = False) -> str:
    """Build the index, if it is missing, out of date or damaged, under a bar, and return what to say of it."""
    from assistant.backends import check_folders, embedders
    from assistant.engine import build_index

    check_folders(settings)
    with progress_bar() as progress:
        version, policies = build_index(
            settings=settings, embedders=embedders(settings), progress=progress, force=force, waiting=_waiting
        )
    return f"index {version[:12]}: {plural(policies, 'policy')}, up to date"


def _waiting() -> None:
    typer.echo("waiting for another process that builds the index …", err=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal's standard error, one line in other places, if anything is built."""
    bar = new_bar()
    tasks: dict[str, Any] = {}

    def show(policy_id: str, done: int, total: int) -> None:
        if policy_id not in tasks:
            if not tasks:
                bar.start()
                if bar.disable:
                    typer.echo("building the index, once …", err=True)
            tasks[policy_id] = bar.add_task(f"indexing {policy_id}", total=total)
        bar.update(tasks[policy_id], completed=done)

    try:
        yield show
    finally:
        bar.stop()


def new_bar() -> Progress:
    """Return a bar for standard error that shows how much is done of what, on a terminal only, and not in the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not is_terminal(sys.stderr))
