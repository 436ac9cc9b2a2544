"""The commands of those who own a policy: measure the assistant on a question set, and what has changed since."""

from __future__ import annotations

import datetime
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.cli.terminal import (
    EXIT_ERROR,
    AsJson,
    Commands,
    IndexDir,
    complain,
    is_terminal,
    new_bar,
    open_assistant,
    plural,
    print_json,
    print_line,
    settings_of,
)
from assistant.errors import EvaluationError
from assistant.text import shortened, visible
from assistant.text.numerals import rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assistant.engine import Assistant
    from assistant.evaluation.gold import GoldFinder
    from assistant.evaluation.questions import QuestionSet
    from assistant.evaluation.runs import Document, SetRun
    from assistant.settings import Settings


class _RunByDefault(TyperGroup):
    """A group whose first argument may be left out: `eval SET` is `eval run SET`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before arguments that name no command and do not ask for help."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = Commands(
    cls=_RunByDefault,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Measure how well the assistant answers a set of questions about a policy.

A set has one question a line, each with the policy's own words that answer it:

\b
{"id": "q1", "language": "en", "style": "plain", "question": "How long?",
 "answerable": true, "gold": \\[{"quote": "kept for two years"}]}

\b
eval SET.jsonl                    ask all and print the figures: `eval run`
eval SET.jsonl --report OUT       and write a page, JSON and JUnit to OUT
eval SET.jsonl --min success=0.7  and exit with 1 if a figure is too low
eval validate SET.jsonl           list what is wrong with a set
eval compare BEFORE AFTER         tell of two reports what has changed

Each command has its own --help. Running and comparing need the extra `evals`:
in the clone, pip install '.\\[evals]'.""",
    epilog="Exit codes: 0 done, 1 error, faulty set, figure out of bounds or significant drop, 2 wrong usage.",
)

Sets = Annotated[list[Path], typer.Argument(metavar="SET", help="Question sets, .jsonl or .csv.")]
SetCorpus = Annotated[
    Path | None,
    typer.Option(
        "--corpus",
        metavar="FOLDER",
        help="Folder of policies. \\[default: of the set x-….jsonl the folder ../policies/x beside the set's, "
        "if there is one, else the policies in use]",
    ),
]


@app.command()
def run(
    sets: Sets,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="OUT", help="Folder to write report.html, run.json and junit.xml into."),
    ] = None,
    least: Annotated[
        list[str] | None,
        typer.Option("--min", metavar="NAME=VALUE", help="Fail if this figure is lower; may be given again."),
    ] = None,
    most: Annotated[
        list[str] | None,
        typer.Option("--max", metavar="NAME=VALUE", help="Fail if this figure is higher; may be given again."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON, as in run.json.")] = False,
    corpus: SetCorpus = None,
    index_dir: IndexDir = None,
) -> None:
    """Ask every question of the sets and print how well they are answered, then every question that went wrong.

    Example: policy-assistant eval run evals/questions/baiju-test.jsonl --report out/test
    """
    from assistant.evaluation.measures import require_packages
    from assistant.evaluation.report import check_report_folder, write_report
    from assistant.evaluation.runs import document, shortfalls

    bounds = _bounds(least, "--min"), _bounds(most, "--max")
    require_packages()
    # What cannot be written in the end is told before minutes are spent.
    if report:
        check_report_folder(report)
    started = datetime.datetime.now(datetime.UTC)
    found = document(list(_run_sets(sets, corpus, index_dir)), started=started)
    below = shortfalls(found, *bounds)
    if report:
        write_report(report, found)
    if as_json:
        print_json(found)
    else:
        _print_run(found)
        if report:
            print_line(f"\nreport: {report / 'report.html'}")
    for shortfall in below:
        complain(shortfall)
    if below:
        raise typer.Exit(EXIT_ERROR)


@app.command()
def validate(sets: Sets, as_json: AsJson = False, corpus: SetCorpus = None) -> None:
    """Check question sets against their policies and list all faults, each with its line and what to do.

    Gold must stand in the policy word for word; white space, case and width do not count. Several sets must not
    share a question. Exit code 1 if there is a fault.
    """
    from assistant.evaluation.sets import check_set

    faulty = False
    asked: dict[object, str] = {}
    listed = []
    for path, _, finder in _with_finders(sets, corpus):
        found, faults = check_set(path, finder, asked=asked)
        faulty = faulty or bool(faults)
        if as_json:
            told = [{name: getattr(fault, name) for name in ("line", "id", "problem", "remedy")} for fault in faults]
            listed.append({"set": str(path), "questions": len(found.questions), "faults": told})
            continue
        for fault in faults:
            print_line(f"{path}: {fault}")
        answerable = sum(question.answerable for question in found.questions)
        summary = plural(len(faults), "fault") if faults else "no faults"
        print_line(
            f"{path}: {plural(len(found.questions), 'sound question')}, {answerable} of them with an answer; {summary}",
            style="bold",
        )
    if as_json:
        print_json(listed)
    if faulty:
        raise typer.Exit(EXIT_ERROR)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Question set to read, .jsonl or .csv.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="File to write, .jsonl or .csv.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Convert a question set to CSV, for a spreadsheet, or back; nothing is lost on the way.

    In a table each text has a cell of its own: gold_1, gold_1_or_1 for its first alternative, gold_2, and so on. A
    cell that a spreadsheet program would take for a formula gets an apostrophe, which is taken off on the way back.
    """
    from assistant.evaluation.sets import read_set, write_set

    found = read_set(source)
    if target.exists() and not force:
        raise EvaluationError(f"{target}: is there already: name another file, or give --force")
    write_set(target, found.questions)
    print_line(f"{target}: {plural(len(found.questions), 'question')}")


@app.command()
def compare(
    former: Annotated[Path, typer.Argument(metavar="BEFORE", help="A run.json, or the folder of a report.")],
    latter: Annotated[Path, typer.Argument(metavar="AFTER", help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs over the questions that they share: what changed, and what of it is more than chance.

    A difference has its 95 % interval, by a paired bootstrap, and the probability p of one as large by chance alone.
    Exit code 1 if success, hit@1, recall@5 or citation precision dropped significantly: p below 0.05 and
    the interval below zero.
    """
    from assistant.evaluation.comparing import compare
    from assistant.evaluation.measures import require_packages
    from assistant.evaluation.runs import read_run

    require_packages()
    found = compare(read_run(former), read_run(latter))
    if as_json:
        print_json(found)
    else:
        _print_comparison(found)
    if found["drops"]:
        complain(f"dropped significantly: {', '.join(found['drops'])}")
        raise typer.Exit(EXIT_ERROR)


# --- Sets and their policies --------------------------------------------------------------------


def _with_finders(sets: Sequence[Path], corpus: Path | None) -> Iterator[tuple[Path, Path | None, GoldFinder]]:
    """Yield each set with the folder of its policies, None for those in use, and what finds gold in them."""
    from assistant.corpus import open_corpus
    from assistant.evaluation.gold import GoldFinder

    settings = settings_of(None, None)
    finders: dict[Path | None, GoldFinder] = {}
    for path in sets:
        folder = corpus or _corpus_of(path, settings)
        if folder not in finders:
            finders[folder] = GoldFinder(open_corpus(*((folder,) if folder else settings.corpus_dirs())))
        yield path, folder, finders[folder]


def _corpus_of(path: Path, settings: Settings) -> Path | None:
    """Return the folder of the policies that a set is about; None for all in use, of a set that names none by its name.

    One about a policy that came with the program is measured on that alone, whatever was added to it.
    """
    from assistant.evaluation.sets import corpus_of, subject_of

    folder = corpus_of(path, settings)
    return folder if folder != settings.corpus_dir() or (folder / subject_of(path)).is_dir() else None


def _run_sets(sets: Sequence[Path], corpus: Path | None, index_dir: Path | None) -> Iterator[SetRun]:
    """Yield the runs of the sets; all of them are read before the first question is asked."""
    from assistant.evaluation.running import run_set
    from assistant.evaluation.runs import SetRun
    from assistant.evaluation.sets import read_set

    read = [(folder, finder, read_set(path, finder)) for path, folder, finder in _with_finders(sets, corpus)]
    names = [found.name for _, _, found in read]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise EvaluationError(f"two sets are called {twice[0]!r}: rename one, or give each once")
    several = len({folder for folder, _, _ in read}) > 1
    opened: dict[Path | None, Assistant] = {}
    for folder, finder, found in read:
        if folder not in opened:
            # Each corpus has its index: in one folder each would replace the other's.
            own = (
                index_dir / (folder or settings_of(None, None).corpus_dir()).name
                if index_dir and several
                else index_dir
            )
            opened[folder] = open_assistant(folder, own)
        with _asking(found) as progress:
            outcomes = run_set(opened[folder], found, finder=finder, progress=progress)
        yield SetRun(question_set=found, assistant=opened[folder], finder=finder, outcomes=outcomes)


@contextmanager
def _asking(found: QuestionSet) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how many questions are asked."""
    with new_bar() as bar:
        task = bar.add_task(f"asking {visible(found.name)}", total=len(found.questions))
        yield lambda done, _: bar.update(task, completed=done)


def _bounds(given: Sequence[str] | None, option: str) -> dict[str, float]:
    from assistant.evaluation.measures import AREA, MEASURES

    bounds = {}
    for text in given or ():
        name, _, value = text.partition("=")
        try:
            bounds[name] = float(value)
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not such as success=0.7", param_hint=option) from None
        if name not in MEASURES and name != AREA:
            raise typer.BadParameter(
                f"there is no figure {name!r}: there are {', '.join([*MEASURES, AREA])}", param_hint=option
            )
    return bounds


# --- What is printed ------------------------------------------------------------------------------

_COLUMNS = {
    "success": "success",
    "hit@1": "hit@1",
    "recall@5": "recall@5",
    "citation_precision": "precision",
    "right_refusals": "right ref.",
    "false_refusals": "false ref.",
}
_LONGEST_QUESTION = 60


def _print_run(found: Document) -> None:
    for part in found["sets"]:
        policies = ", ".join(f"{policy['title']} ({policy['version'] or policy['id']})" for policy in part["policies"])
        print_line(f"{part['name']}: {plural(part['questions'], 'question')} about {policies}", style="bold")
    print_line("")
    _print_table(
        ["", "value", "95 % interval", "n"],
        [
            [name, rounded(figure["value"]), _interval(figure), str(figure["n"])]
            for name, figure in found["figures"]["all"]["all"].items()
        ]
        + [
            [f"latency {name}, ms", rounded(figure["value"], 1), _interval(figure, 1), str(figure["n"])]
            for name, figure in found["timing"]["latency_ms"]["all"]["all"].items()
        ],
    )
    print_line("")
    _print_table(
        ["", "n", *_COLUMNS.values(), "p50, ms"],
        [
            [
                name,
                str(figures["success"]["n"]),
                *(rounded(figures[measure]["value"], 2) for measure in _COLUMNS),
                rounded(found["timing"]["latency_ms"][kind][name]["p50"]["value"], 1),
            ]
            for kind, named in found["figures"].items()
            for name, figures in named.items()
        ],
    )
    counts = found["confusion"]["all"]["all"]
    print_line(
        f"\nthe policy answers: {counts['answerable_answered']} answered, {counts['answerable_refused']} refused; "
        f"it does not: {counts['unanswerable_answered']} answered, {counts['unanswerable_refused']} refused"
    )
    _print_failures(found)


def _print_failures(found: Document) -> None:
    from assistant.evaluation.running import ERROR_CLASSES

    failed = [entry for entry in found["questions"] if not entry["success"]]
    if not failed:
        return
    print_line("")
    several = len(found["sets"]) > 1
    head = ["set"] * several + ["id", "error", "language", "style", "question"]
    _print_table(
        head,
        [
            [entry[key] for key in head[:-1]] + [shortened(entry["question"], _LONGEST_QUESTION)]
            for entry in sorted(failed, key=lambda entry: list(ERROR_CLASSES).index(entry["error"]))
        ],
        numbers_from=len(head),
    )
    counts = found["errors"]["all"]["all"]
    print_line("")
    for error, meaning in ERROR_CLASSES.items():
        if counts[error]:
            print_line(f"{error} ({counts[error]}): {meaning}")


def _print_comparison(found: Document) -> None:
    verb = "is" if found["shared"] == 1 else "are"
    print_line(f"{plural(found['shared'], 'question')} {verb} in both runs", style="bold")
    for key, words in (
        ("only_former", "only in the run before"),
        ("only_latter", "only in the run after"),
        ("other_gold", "in both, but with other gold"),
    ):
        if found[key]:
            print_line(f"{words}: {', '.join(found[key])}")
    for change in found["versions"]:
        print_line(f"{change['what']}: {change['former']} → {change['latter']}")
    print_line("")
    _print_table(
        ["", "before", "after", "difference", "95 % interval", "p", "n", ""],
        [
            [
                name,
                rounded(row["former"]),
                rounded(row["latter"]),
                f"{row['difference']:+.3f}",
                _interval(row),
                rounded(row["p"]),
                str(row["n"]),
                "significantly worse" if row["drop"] else "",
            ]
            for name, row in found["measures"].items()
        ],
    )
    for key, words in (("worse", "right before, wrong after"), ("better", "wrong before, right after")):
        if found[key]:
            print_line(f"\n{words}: {len(found[key])}", style="bold")
            _print_table(
                ["id", "error", "question"],
                [[row["id"], row["error"], shortened(row["question"], _LONGEST_QUESTION)] for row in found[key]],
                numbers_from=3,
            )


def _interval(figure: Document, digits: int = 3) -> str:
    if figure["low"] is None:
        return "–"
    return f"{figure['low']:.{digits}f} to {figure['high']:.{digits}f}"


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int = 1) -> None:
    """Print a table, ruled on a terminal, plain in a pipe.

    Args:
        head: Names of the columns.
        rows: Cells of each row.
        numbers_from: Place of the first column that stands to the right, as numbers do.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = is_terminal(sys.stdout)
    table = Table(box=box.SIMPLE_HEAD if terminal else None, pad_edge=False)
    for place, name in enumerate(head):
        table.add_column(Text(name), justify="right" if place >= numbers_from else "left", no_wrap=not terminal)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    # In a pipe nothing is cut: what reads it has no width.
    console = Console(width=None if terminal else 10_000, highlight=False)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        typer.echo(line.rstrip())
