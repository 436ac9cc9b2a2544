"""The command of those who know what is asked: train the encoder on their own questions and passages."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.terminal import EXIT_ERROR, complain, new_bar, plural, print_line
from assistant.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.backends.fine_tuning import FineTuned, Scores


_LINE_EXAMPLE = '{"query": "…", "passage": "…"}'

_Pairs = Annotated[
    Path,
    typer.Option(
        "--pairs",
        metavar="FILE",
        help="Pairs: .jsonl with query, passage and perhaps negative, .csv or .tsv with such columns, "
        "or a question set.",
    ),
]
_Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write, which must not be there yet.")]
_Base = Annotated[
    Path | None,
    typer.Option(
        "--base",
        metavar="FOLDER",
        help="Model to start from: what this command wrote before, or any of sentence-transformers. "
        "\\[default: the one that comes with it]",
    ),
]
_Epochs = Annotated[int, typer.Option(min=1, max=1_000, help="How often every pair is seen.")]
_Batch = Annotated[int, typer.Option(min=2, max=4_096, help="Pairs in a step; fewer need less memory.")]
_LearningRate = Annotated[float, typer.Option(min=1e-8, max=1e-1, help="Highest learning rate.")]
_Seed = Annotated[int, typer.Option(min=0, max=2**31, help="Of the order of the pairs.")]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run that was interrupted.")]


def train(
    pairs: _Pairs,
    out: _Out,
    base: _Base = None,
    epochs: _Epochs = 5,
    batch: _Batch = 16,
    learning_rate: _LearningRate = 5e-5,
    seed: _Seed = 1,
    resume: _Resume = False,
) -> None:
    """Train the encoder on your own questions, each with a passage that answers it.

    A fifth of the questions is held out and scored before and after; the better encoder is written. Needs
    the package's extra `train`.

    Example: policy-assistant train --pairs pairs.jsonl --out my-encoder
    """
    from assistant.backends.fine_tuning import Recipe, fine_tune
    from assistant.backends.pairs import read_pairs

    recipe = Recipe(epochs=epochs, batch=batch, learning_rate=learning_rate, seed=seed)
    try:
        if not pairs.is_file():
            raise TrainingError(f"{pairs}: there is no such file: name one with a line {_LINE_EXAMPLE} for each pair")
        read = read_pairs(pairs)
        again = f", {read.duplicates} of them twice" if read.duplicates else ""
        print_line(f"{pairs}: {plural(len(read.pairs), 'pair')}{again}")
        with _bar() as progress:
            done = fine_tune(read.pairs, out, base=base, recipe=recipe, resume=resume, progress=progress)
    except TrainingError as error:
        for line in str(error).splitlines():  # what is wrong with each line of the file
            complain(line)
        raise typer.Exit(EXIT_ERROR) from None
    except KeyboardInterrupt:
        complain("interrupted: the same command with --resume goes on from the last checkpoint")
        raise typer.Exit(EXIT_ERROR) from None
    _print(done)


def _print(done: FineTuned) -> None:
    def row(name: str, scores: Scores) -> str:
        return f"{name:<8}{scores.recall_at_1:>9.3f}{scores.recall_at_5:>10.3f}{scores.mrr_at_10:>8.3f}"

    print_line(f"trained on {plural(done.trained_on, 'pair')}; scored on {plural(done.held_out, 'held-out question')}:")
    print_line(f"{'':<8} recall@1  recall@5  mrr@10")
    print_line(row("before", done.before))
    print_line(row("after", done.after))
    print_line(
        f"It is better: {done.folder} holds what was trained."
        if done.improved
        else f"It is no better: {done.folder} holds the base, as it was."
    )
    needs = " It needs the extra `models` (torch)." if done.needs_torch else ""
    print_line(f"To use it, set ASSISTANT_EMBEDDER={done.folder}.{needs}")


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each thing that is done on a terminal's standard error, a line in other places."""
    tasks: dict[str, Any] = {}
    with new_bar() as bar:

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                if bar.disable:
                    typer.echo(f"{what} …", err=True)
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield show
