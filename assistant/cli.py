"""The command line: decodes what is typed, calls the assistant, renders what it returns."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.errors import AssistantError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO, TextIO

    from assistant.answering import Answer
    from assistant.engine import Assistant
    from assistant.policy import Clause, Policy
    from assistant.settings import Settings

EXIT_ERROR = 1
EXIT_ABSTAINED = 3

_LINE_EXAMPLE = '{"id": "q1", "question": "…"}'
# A question with a long history; whatever is longer was sent to the wrong program.
_MOST_INPUT_BYTES = 1_000_000

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answers questions about a company's policy from the policy itself; every statement cites its clause.",
    epilog="Exit codes: 0 answered, 3 no answer in the policy, 1 error, 2 wrong usage.",
)

Corpus = Annotated[
    Path | None,
    typer.Option("--corpus", metavar="FOLDER", help="Folder of policies. [default: the one that comes with it]"),
]
IndexDir = Annotated[
    Path | None,
    typer.Option("--index-dir", metavar="FOLDER", help="Folder of the index. [default: in the user's cache]"),
]
PolicyIds = Annotated[
    list[str] | None, typer.Option("--policy", metavar="ID", help="Answer from this policy only; may be given again.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: What follows the program's name; `sys.argv` by default.
    """
    for stream in (sys.stdout, sys.stderr):
        # Policies are Chinese whatever the locale; a lone surrogate must not end the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(args=None if arguments is None else list(arguments), prog_name="policy-assistant")
    except AssistantError as error:
        _complain(str(error))
        return EXIT_ERROR
    except OSError as error:  # the machine's, not a fault of ours: a name too long, a port in use
        _complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return EXIT_ERROR
    except SystemExit as stop:  # how typer ends, with the code for wrong usage too
        return stop.code if isinstance(stop.code, int) else EXIT_ERROR
    return 0


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question; `-` reads it from standard input.")] = None,
    as_json: AsJson = False,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl", help="Answer one JSON question a line of standard input, in order, one JSON answer a line."
        ),
    ] = False,
    policy: PolicyIds = None,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Answer a question, with the clauses that say so.

    Example: policy-assistant ask "个推会收集哪些信息？"
    """
    if jsonl == (question is not None):
        raise typer.BadParameter(
            "give a question, or --jsonl to read questions from standard input", param_hint="QUESTION"
        )
    if jsonl:
        raise typer.Exit(_batch(_open(corpus, index_dir), policy))
    asked = _typed(question or "")
    started = time.perf_counter()
    assistant = _open(corpus, index_dir)
    opened = time.perf_counter()
    answer = assistant.ask(asked, policies=policy)
    done = time.perf_counter()
    if as_json:
        _print_json(answer.as_json(latency_ms=1000 * (done - opened)))
    else:
        _print_answer(answer, assistant, seconds=(opened - started, done - opened))
    if answer.abstained:
        raise typer.Exit(EXIT_ABSTAINED)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to look for; `-` reads it from standard input.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Number of clauses.")] = 5,
    as_json: AsJson = False,
    policy: PolicyIds = None,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """List the clauses that may answer a question, with their rank in each leg of retrieval."""
    asked = _typed(question)
    assistant = _open(corpus, index_dir)
    hits = assistant.search(asked, k=k, policies=policy)
    if as_json:
        _print_json(
            {
                "question": asked,
                "hits": [hit.as_json(rank) | {"ranks": dict(hit.ranks)} for rank, hit in enumerate(hits, 1)],
            }
        )
        return
    several = len(assistant.policies) > 1
    for rank, hit in enumerate(hits, 1):
        legs = ", ".join(f"{leg} {place}" for leg, place in hit.ranks.items())
        where = f"{hit.policy.id}: {hit.reference}" if several else hit.reference
        _print(f"{rank}. {where}  [{hit.clause.id}]", style="bold")
        _print(f"   {legs}", style="dim")
        _print(f"   {_shortened(hit.policy.text[hit.start : hit.end], 160)}")


@app.command()
def outline(
    policy: Annotated[str | None, typer.Argument(metavar="[POLICY]", help="Id of the policy, or a text file.")] = None,
    as_json: AsJson = False,
    corpus: Corpus = None,
) -> None:
    """Print a policy's clauses as a tree, with their ids; one tree, or one JSON document, a policy."""
    for found in _policies(policy, corpus):
        if as_json:
            _print_json({"policy_id": found.id, "sha256": found.sha256, "root": _clause_json(found.root)})
        else:
            _print_outline(found)


@app.command()
def index(
    force: Annotated[bool, typer.Option("--force", help="Build everything anew, even if nothing has changed.")] = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Build the index of a corpus, if it is missing or out of date."""
    from assistant.backends import embedders
    from assistant.engine import build_index

    settings = _settings(corpus, index_dir)
    with _progress() as progress:
        version, policies = build_index(
            settings=settings, embedders=embedders(settings), progress=progress, force=force
        )
    _print(f"index {version[:12]}: {policies} {'policy' if policies == 1 else 'policies'}, up to date")


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 7860,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Open the web page, a chat over the same assistant."""
    launch = _web_page()
    launch(_open(corpus, index_dir), host=host, port=port)


# --- Reading -----------------------------------------------------------------------------


def _settings(corpus: Path | None, index_dir: Path | None) -> Settings:
    from assistant.settings import Settings

    given = (("corpus", corpus), ("index_dir", index_dir))
    return Settings(**{name: folder for name, folder in given if folder is not None})


def _open(corpus: Path | None, index_dir: Path | None) -> Assistant:
    from assistant.backends import embedders
    from assistant.engine import Assistant

    settings = _settings(corpus, index_dir)
    with _progress() as progress:
        return Assistant.open(settings=settings, embedders=embedders(settings), progress=progress)


def _policies(policy: str | None, corpus: Path | None) -> Iterator[Policy]:
    from assistant.corpus import open_corpus, read_text
    from assistant.parsing import parse

    if policy and Path(policy).is_file():
        path = Path(policy)
        yield parse(read_text(path), id=path.stem)
        return
    policies = open_corpus(_settings(corpus, None).corpus_dir())
    if policy and policy not in {found.id for found in policies}:
        raise QuestionError(
            f"there is no policy {policy!r}: the corpus has {', '.join(found.id for found in policies)}"
        )
    yield from (found for found in policies if policy in (None, found.id))


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise QuestionError("standard input is closed: pipe the question into it, or give it as an argument")
    return sys.stdin.buffer


def _typed(question: str) -> str:
    """Return the question as given, or for `-` what standard input holds, in UTF-8 whatever the locale."""
    if question != "-":
        return question
    data = _stdin().read(_MOST_INPUT_BYTES + 1)
    if len(data) > _MOST_INPUT_BYTES:
        raise QuestionError(f"standard input holds more than {_MOST_INPUT_BYTES:,} bytes: ask a single question")
    try:
        return data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise QuestionError(
            f"standard input is not UTF-8 (byte {error.start}): convert it, for instance with iconv"
        ) from None


def _batch(assistant: Assistant, policies: list[str] | None) -> int:
    failed = False
    for number, line in enumerate(_stdin(), 1):
        if not line.strip():
            continue
        result: dict[str, Any] = {"id": str(number)}
        try:
            result = _answer_line(assistant, line, result, policies)
        except AssistantError as error:
            failed = True
            result["error"] = {"code": type(error).__name__, "message": f"line {number}: {error}"}
        typer.echo(_as_json(result))
    return EXIT_ERROR if failed else 0


def _answer_line(
    assistant: Assistant, line: bytes, result: dict[str, Any], policies: list[str] | None
) -> dict[str, Any]:
    from assistant.conversation import Turn

    if len(line) > _MOST_INPUT_BYTES:
        raise QuestionError(f"has more than {_MOST_INPUT_BYTES:,} bytes: ask one question a line")
    try:
        item = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"is not JSON in UTF-8: {error}") from None
    if not isinstance(item, dict):
        raise QuestionError(f"must be an object: {_LINE_EXAMPLE}")
    if item.get("id") is not None:
        # Nothing that JSON cannot say again, such as NaN.
        if not isinstance(item["id"], str | int):
            raise QuestionError('"id" must be a text or a whole number')
        result["id"] = item["id"]
    if not isinstance(item.get("question"), str):
        raise QuestionError(f'must have a text "question": {_LINE_EXAMPLE}')
    history, scope = item.get("history") or [], item.get("policies") or policies
    if not isinstance(history, list) or not all(
        isinstance(t, dict) and isinstance(t.get("question"), str) for t in history
    ):
        raise QuestionError('"history" must be a list of objects with a text "question"')
    if scope is not None and not (isinstance(scope, list) and all(isinstance(name, str) for name in scope)):
        raise QuestionError('"policies" must be a list of policy ids')
    turns = [Turn(question=turn["question"], answer=str(turn.get("answer") or "")) for turn in history]
    started = time.perf_counter()
    answer = assistant.ask(item["question"], history=turns, policies=scope)
    return result | answer.as_json(latency_ms=1000 * (time.perf_counter() - started))


# --- Printing ----------------------------------------------------------------------------


def _print(text: str, style: str = "") -> None:
    """Print a line: coloured on a terminal, plain in a pipe, never with the text's own escapes."""
    from assistant.text import visible

    if style and _is_terminal(sys.stdout):
        from rich.console import Console

        Console(highlight=False, markup=False, emoji=False, soft_wrap=True).print(visible(text), style=style)
    else:
        typer.echo(visible(text))


def _is_terminal(stream: TextIO | None) -> bool:
    # There is no stream if it was closed before the program started.
    return stream is not None and stream.isatty()


def _print_json(value: object) -> None:
    typer.echo(_as_json(value, indent=2))


def _as_json(value: object, *, indent: int | None = None) -> str:
    """Return `value` as JSON, with every character in it escaped if any is one that a terminal obeys or hides.

    The offsets of quotes count such characters, so that they cannot be left out.
    """
    from assistant.text import visible

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text if visible(text) == text else json.dumps(value, indent=indent)


def _complain(message: str) -> None:
    from assistant.text import visible

    typer.echo(f"policy-assistant: {' '.join(visible(message).split())}", err=True)


def _print_answer(answer: Answer, assistant: Assistant, seconds: tuple[float, float]) -> None:
    _print(answer.text)
    if answer.citations:
        _print("")
    several = len(assistant.policies) > 1
    for number, citation in enumerate(answer.citations, 1):
        title = f"{assistant.policy(citation.policy_id).title} " if several else ""
        _print(f"[{number}] {title}{citation.reference}", style="cyan")
    if _is_terminal(sys.stderr):
        typer.echo(f"\n(opened in {seconds[0]:.1f} s, answered in {1000 * seconds[1]:.0f} ms)", err=True)


def _print_outline(policy: Policy) -> None:
    for clause in policy.walk():
        depth = len(policy.path(clause.id)) - 1
        own = policy.own_text(clause)
        named = own[: own.find(clause.title) + len(clause.title)] if clause.title else own
        _print(f"{'  ' * depth}{_shortened(policy.title if clause is policy.root else named, 48)}  [{clause.id}]")


def _clause_json(root: Clause) -> dict[str, Any]:
    fields = ("id", "label", "title", "kind", "start", "body_end", "end")
    return {name: getattr(root, name) for name in fields} | {
        "children": [_clause_json(child) for child in root.children]
    }


def _shortened(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal's standard error, one line in other places, if anything is built."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, disable=not _is_terminal(sys.stderr))
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


def _web_page() -> Callable[..., None]:
    """Return the function that opens the web page: `ui.py`, in the wheel or beside the package."""
    import importlib.util

    package = Path(__file__).parent
    path = next((p for p in (package / "ui.py", package.parent / "ui.py") if p.is_file()), None)
    if path is None:
        raise AssistantError("ui.py is not there: install the package again")
    spec = importlib.util.spec_from_file_location("assistant_ui", path)
    if spec is None or spec.loader is None:
        raise AssistantError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    launch: Callable[..., None] = module.launch
    return launch


if __name__ == "__main__":
    sys.exit(main())
