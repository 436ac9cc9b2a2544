"""The command line: decodes what is typed, calls the assistant, renders what it returns."""

from __future__ import annotations

import json
import sys
import time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.cli.chat import talk
from assistant.cli.evaluate import app as evaluate_app
from assistant.cli.models import app as models_app
from assistant.cli.policies import app as policies_app
from assistant.cli.serve import register as register_service
from assistant.cli.terminal import (
    EXIT_ABSTAINED,
    EXIT_ERROR,
    MOST_INPUT_BYTES,
    UNQUOTED,
    AsJson,
    Commands,
    Corpus,
    Host,
    IndexDir,
    PolicyIds,
    Port,
    address_of,
    as_json_text,
    build,
    check_quoted,
    complain,
    is_terminal,
    known_or_refused,
    note_unknown_settings,
    open_assistant,
    print_json,
    print_json_of,
    print_line,
    settings_of,
    stdin,
    typed,
)
from assistant.cli.thesaurus import app as thesaurus_app
from assistant.cli.train import train
from assistant.cli.translations import app as translations_app
from assistant.errors import AssistantError, QuestionError
from assistant.text import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answering import Answer
    from assistant.engine import Assistant
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause

_LINE_FIELDS = frozenset(("id", "question", "history", "policies"))
_MISSPELT = 0.75
_LINE_EXAMPLE = '{"id": "q1", "question": "…"}'
# What people do first comes first in the list; what is not named here, last.
_ORDER = (
    "ask",
    "chat",
    "search",
    "outline",
    "policies",
    "ui",
    "index",
    "serve",
    "mcp",
    "keys",
    "feedback",
    "eval",
    "train",
)


class _InOrderOfUse(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands as they are to be listed."""
        known = super().list_commands(ctx)
        return sorted(known, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))


app = Commands(
    cls=_InOrderOfUse,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answers questions about a company's policy from the policy itself; every statement cites its clause.",
    epilog="Exit codes: 0 answered, 3 no answer in the policy, 1 error, 2 wrong usage.",
)

app.command("chat")(talk)
app.add_typer(evaluate_app, name="eval")
app.add_typer(models_app, name="models")
app.add_typer(policies_app, name="policies")
app.add_typer(translations_app, name="translations")
app.add_typer(thesaurus_app, name="thesaurus")
app.command()(train)
register_service(app)


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
        complain(str(error))
        return EXIT_ERROR
    except OSError as error:  # the machine's, not a fault of ours: a name too long, a port in use
        complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return EXIT_ERROR
    except SystemExit as stop:  # how typer ends, with the code for wrong usage too
        return stop.code if isinstance(stop.code, int) else EXIT_ERROR
    return 0


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_line(f"policy-assistant {version('policy-assistant')}")
        raise typer.Exit


@app.callback()
def before_any_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version
    note_unknown_settings()


@app.command(context_settings=UNQUOTED)
def ask(
    context: typer.Context,
    question: Annotated[
        str | None, typer.Argument(metavar="QUESTION", help="The question; `-` reads it from standard input.")
    ] = None,
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
    check_quoted(context)
    if jsonl == (question is not None):
        raise typer.BadParameter(
            "give a question, `-` to read one from standard input, or --jsonl to read many", param_hint="QUESTION"
        )
    if jsonl:
        raise typer.Exit(_batch(open_assistant(corpus, index_dir), policy))
    asked = typed(question or "")
    started = time.perf_counter()
    assistant = open_assistant(corpus, index_dir)
    opened = time.perf_counter()
    answer = assistant.ask(asked, policies=policy)
    done = time.perf_counter()
    if as_json:
        print_json(answer.as_json(latency_ms=1000 * (done - opened)))
    else:
        _print_answer(answer, assistant, seconds=(opened - started, done - opened))
    if answer.abstained:
        raise typer.Exit(EXIT_ABSTAINED)


@app.command(context_settings=UNQUOTED)
def search(
    context: typer.Context,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="What to look for; `-` reads it from standard input.")
    ],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Number of clauses.")] = 5,
    as_json: AsJson = False,
    policy: PolicyIds = None,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """List the clauses that may answer a question, with their rank in each leg of retrieval."""
    check_quoted(context)
    asked = typed(question)
    assistant = open_assistant(corpus, index_dir)
    hits = assistant.search(asked, k=k, policies=policy)
    if as_json:
        print_json(
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
        print_line(f"{rank}. {where}  [{hit.clause.id}]", style="bold")
        print_line(f"   {legs}", style="dim")
        print_line(f"   {shortened(hit.policy.text[hit.start : hit.end], 160)}")


@app.command()
def outline(
    policy: Annotated[str | None, typer.Argument(metavar="POLICY", help="Id of the policy, or a file.")] = None,
    as_json: AsJson = False,
    corpus: Corpus = None,
) -> None:
    """Print a policy's clauses as a tree, with their ids; of all policies if none is named, as a list in JSON."""
    found = _policies(policy, corpus)
    if as_json:
        print_json_of(
            policy, [{"policy_id": one.id, "sha256": one.sha256, "root": _clause_json(one.root)} for one in found]
        )
        return
    for one in found:
        _print_outline(one)


@app.command()
def index(
    force: Annotated[bool, typer.Option("--force", help="Build everything anew, even if nothing has changed.")] = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Build the index of a corpus, if it is missing, out of date or damaged."""
    print_line(build(settings_of(corpus, index_dir), force=force))


@app.command()
def ui(
    host: Host = "127.0.0.1",
    port: Port = 7860,
    any_address: Annotated[
        bool, typer.Option("--any-address", help="Listen beyond this machine even without a password.")
    ] = False,
    corpus: Corpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Serve the web page, and the HTTP service with it, until stopped."""
    settings = settings_of(corpus, index_dir)
    launch = _web_page()

    def prepare() -> None:
        build(settings)
        if port:
            print_line(address_of(host, port))

    launch(settings, host=host, port=port, any_address=any_address, prepare=prepare)


def _policies(policy: str | None, corpus: Path | None) -> list[Policy]:
    from assistant.corpus import open_corpus
    from assistant.parsing import parse
    from assistant.readers import read_file

    path = Path(policy or "")
    is_file = path.is_file()
    # A name alone may be an id, and as such comes first.
    policies = () if is_file and path.name != policy else open_corpus(*settings_of(corpus, None).corpus_dirs())
    found = [one for one in policies if policy in (None, one.id)]
    if is_file and not found:
        # As `policies add` would store it: offsets are those of that text.
        read = read_file(path)
        return [parse(read.text, id=path.stem, title=read.title)]
    if not found and path.is_dir():
        raise QuestionError(f"{policy} is a folder: read the policies in it with --corpus {policy}")
    # An id may have a dot in it too.
    no_file = ", and there is no such file" if path.suffix or path.name != policy else ""
    known_or_refused(policy, policies, no_file)
    return found


def _batch(assistant: Assistant, policies: list[str] | None) -> int:
    failed = False
    for number, line in enumerate(stdin(), 1):
        if not line.strip():
            continue
        result: dict[str, Any] = {"id": str(number)}
        try:
            result = _answer_line(assistant, line, result, policies)
        except AssistantError as error:
            failed = True
            result["error"] = {"code": type(error).__name__, "message": f"line {number}: {error}"}
        typer.echo(as_json_text(result))
    return EXIT_ERROR if failed else 0


def _answer_line(
    assistant: Assistant, line: bytes, result: dict[str, Any], policies: list[str] | None
) -> dict[str, Any]:
    from assistant.conversation import Turn

    item = _item_of(line)
    if item.get("id") is not None:
        # Nothing that JSON cannot say again, such as NaN.
        if not isinstance(item["id"], str | int):
            raise QuestionError('"id" must be a text or a whole number')
        result["id"] = item["id"]
    if not isinstance(item.get("question"), str):
        raise QuestionError(f'must have a text "question": {_LINE_EXAMPLE}')
    history = [] if item.get("history") is None else item["history"]
    scope = policies if item.get("policies") is None else item["policies"]
    if not isinstance(history, list) or not all(
        isinstance(t, dict) and isinstance(t.get("question"), str) for t in history
    ):
        raise QuestionError('"history" must be a list of objects with a text "question"')
    if scope is not None and not (scope and isinstance(scope, list) and all(isinstance(name, str) for name in scope)):
        raise QuestionError('"policies" must be a list of at least one policy id; leave it out for all')
    turns = [Turn(question=turn["question"], answer=str(turn.get("answer") or "")) for turn in history]
    started = time.perf_counter()
    answer = assistant.ask(item["question"], history=turns, policies=scope)
    return result | answer.as_json(latency_ms=1000 * (time.perf_counter() - started))


def _item_of(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line, none of whose names is a misspelt one of those that are read."""
    if len(line) > MOST_INPUT_BYTES:
        raise QuestionError(f"has more than {MOST_INPUT_BYTES:,} bytes: ask one question a line")
    try:
        item = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"is not JSON in UTF-8: {error}") from None
    if not isinstance(item, dict):
        raise QuestionError(f"must be an object: {_LINE_EXAMPLE}")
    for name in item.keys() - _LINE_FIELDS:
        # The lines of question sets have more. But a misspelt "policies" would have all of them asked.
        if meant := get_close_matches(name, _LINE_FIELDS, 1, _MISSPELT):
            raise QuestionError(f'there is no "{name}": did you mean "{meant[0]}"?')
    return item


def _print_answer(answer: Answer, assistant: Assistant, seconds: tuple[float, float]) -> None:
    print_line(answer.text)
    if answer.citations:
        print_line("")
    several = len(assistant.policies) > 1
    for number, citation in enumerate(answer.citations, 1):
        reference = citation.reference
        place = assistant.policy(citation.policy_id).place(reference) if several else reference
        print_line(f"[{number}] {place}", style="cyan")
    if is_terminal(sys.stderr):
        typer.echo(f"\n(opened in {seconds[0]:.1f} s, answered in {1000 * seconds[1]:.0f} ms)", err=True)


def _print_outline(policy: Policy) -> None:
    for clause in policy.walk():
        depth = len(policy.path(clause.id)) - 1
        named = policy.title if clause is policy.root else policy.begins(clause)
        print_line(f"{'  ' * depth}{shortened(named, 48)}  [{clause.id}]")


def _clause_json(root: Clause) -> dict[str, Any]:
    fields = ("id", "label", "title", "kind", "start", "body_end", "end")
    return {name: getattr(root, name) for name in fields} | {
        "children": [_clause_json(child) for child in root.children]
    }


def _web_page() -> Callable[..., None]:
    """Return the function that opens the web page: `ui.py`, in the wheel or beside the package."""
    import importlib.util

    package = Path(__file__).parents[1]
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
