"""Measure the assistant and other frameworks on the same questions: `python -m evals.peers [--only NAME …]`.

Writes the figures into `figures.json` and the tables into the documents that show them.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import AssistantError, Settings
from assistant.errors import EvaluationError
from assistant.evaluation.measures import require_packages
from evals import MORE, SETS
from evals.peers import figures
from evals.peers.measuring import Parts, read_tasks
from evals.peers.models import PACKAGES, Model, jieba_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.peers.measuring import Task

ROOT = Path(__file__).parents[2]
NAMES = {"ours": figures.OURS, "llama_index": "llama-index", "langchain": "LangChain", "haystack": "Haystack"}
"""What each module's framework is called."""


def run(module_name: str, tasks: Sequence[Task], folder: Path) -> figures.Document:
    """Measure a framework with each of its choices of settings, and return its entry of the file.

    Args:
        module_name: Its module in this package.
        tasks: What is asked.
        folder: Folder for what can be built again.

    Raises:
        EvaluationError: If a package is missing.
    """
    module = _module(module_name)
    needed = [*module.PACKAGES, *(PACKAGES[name] for name in module.MODELS)]
    try:
        versions = {name: metadata.version(name) for name in needed}
    except metadata.PackageNotFoundError as error:
        raise _missing(error.name) from None
    parts = Parts(
        models={name: Model(name, folder) for name in module.MODELS},
        words=jieba_words(folder),
        corpora={task.policy.id: task.corpus for task in tasks},
        folder=folder,
    )
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:5.0f} s  {NAMES[module_name]}: {line}\n")

    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    return figures.entry_of(module.peers(parts), tasks, day=day, packages=versions, report=report)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(f"evals.peers.{name}")
    except ModuleNotFoundError as error:
        raise _missing(error.name) from None


def _missing(package: str | None) -> EvaluationError:
    return EvaluationError(
        f"the package {package} is missing: run `make peers`, or install evals/peers/requirements.txt"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.peers", description="Measure the assistant and other frameworks on the same questions."
    )
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--tables", action="store_true", help="measure nothing: only write the tables again")
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="where vectors are kept; by default with the assistant's cache"
    )
    options = parser.parse_args(arguments)
    try:
        if not options.tables:
            require_packages()
            settings = Settings()
            paths = [path for split in ("dev", "test") for path in sorted(SETS.glob(f"*-{split}.jsonl"))]
            paths = [path for path in paths if path.stem not in MORE]
            tasks = list(read_tasks(paths, settings))
            for name in options.only:
                entry = run(name, tasks, options.cache or settings.cache_dir() / "peers")
                # Read again for each: what is measured is kept if the next one fails.
                found = figures.read()
                found["frameworks"][NAMES[name]] = entry
                figures.write(found)
        found = figures.read()
        for path, table in figures.documents(ROOT).items():
            figures.show(path, table(found))
        sys.stdout.write(figures.summary(found, "en") + "\n")
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
