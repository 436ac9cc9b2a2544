"""Question sets and what they are measured on, running them, and the runs of a folder."""

from __future__ import annotations

import datetime
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from assistant.errors import EvaluationError
from assistant.page.shared import hint, shown
from assistant.server.service import opener
from assistant.text import listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from assistant.engine import Assistant
    from assistant.evaluation.faults import Fault
    from assistant.evaluation.runs import Document
    from assistant.page.shared import Page
    from assistant.policy import Policy

IN_USE = ""
"""Name of the corpus that the page answers from, among those that can be measured on."""

_MOST_FAULTS = 100
_NAME = re.compile(r"[^\w.-]+")
_MOST_NAME_CHARS = 60


def corpora(folder: Path) -> dict[str, Path]:
    """Return the policies that sets of a folder can be measured on besides the corpus in use, by name.

    Args:
        folder: Folder of question sets; beside it may stand `policies`, with a folder for each policy, or for several,
            each in a folder of its own.
    """
    policies = folder.resolve().parent / "policies"
    names = {
        path.relative_to(policies).parts[0] for inner in ("*", "*/*") for path in policies.glob(f"{inner}/policy.toml")
    }
    return {name: policies / name for name in sorted(names)}


def own_corpus(question_set: Path, known: dict[str, Path]) -> str:
    """Return the name of what a set is about, by the rule of `assistant.evaluation.sets.corpus_of`.

    Args:
        question_set: The set.
        known: What `corpora` returns.
    """
    from assistant.evaluation.sets import subject_of

    name = subject_of(question_set)
    return name if name in known else IN_USE


def opened(page: Page, corpus: Path | None) -> Assistant:
    """Return the assistant in use, or one that answers from another corpus with the same models.

    Raises:
        AssistantError: As `Assistant.open`.
    """
    current = page.current()
    if corpus is None:
        return current
    # An index that was named is the corpus's in use: another one would replace it.
    return opener(current.settings.model_copy(update={"corpus": corpus, "index_dir": None}))(current)


def checked(page: Page, question_set: Path, corpus: Path | None) -> tuple[str, bool]:
    """Return what a set holds or all that is wrong with it, as HTML, and whether it is sound.

    Args:
        page: The page.
        question_set: The file.
        corpus: Policies that it is measured on; None for the corpus in use.

    Raises:
        AssistantError: If the set or the policies cannot be read.
    """
    from assistant.evaluation.gold import GoldFinder
    from assistant.evaluation.sets import check_set

    policies = _policies(page, corpus)
    found, faults = check_set(question_set, GoldFinder(policies))
    answerable = sum(question.answerable for question in found.questions)
    counted = page.say(
        "evaluation.counted",
        count=len(found.questions),
        answerable=answerable,
        policies=listed((policy.title for policy in policies), page.language),
    )
    return (_faults(page, faults), False) if faults else (hint(counted), True)


def _policies(page: Page, corpus: Path | None) -> Sequence[Policy]:
    from assistant.corpus import open_corpus

    return page.current().policies if corpus is None else open_corpus(corpus)


def _faults(page: Page, faults: Sequence[Fault]) -> str:
    head = "".join(f"<th scope='col'>{shown(page.say(f'evaluation.{name}'))}</th>" for name in _FAULT_COLUMNS)
    rows = "".join(
        f"<tr><td>{fault.line}</td><td>{shown(fault.id)}</td>"
        f"{''.join(f'<td>{shown(words)}</td>' for words in fault.told(page.language))}</tr>"
        for fault in faults[:_MOST_FAULTS]
    )
    told = page.say("evaluation.faults", count=len(faults))
    if len(faults) > _MOST_FAULTS:
        told += page.say("evaluation.first_ones", count=_MOST_FAULTS)
    return (
        f'{hint(told, error=True)}<div class="pa-eval-scroll" tabindex="0" role="region" '
        f'aria-label="{escape(told)}"><table class="pa-eval-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


_FAULT_COLUMNS = ("fault_line", "fault_id", "fault_problem", "fault_remedy")


# --- Running -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a run is."""

    done: int
    """Questions that were asked."""
    total: int
    """Questions of the set."""
    run: str = ""
    """Name of the run's folder, once it is written."""


def measure(page: Page, question_set: Path, corpus: Path | None, folder: Path) -> Iterator[Step]:
    """Run a question set and write its report; whoever stops taking steps ends the run, and nothing is written.

    Args:
        page: The page.
        question_set: The set.
        corpus: Policies that it is measured on; None for the corpus in use.
        folder: Where runs are kept; the report gets a folder of its own in it.

    Yields:
        A step for each question, then the last one, which names the run.

    Raises:
        AssistantError: If the set is faulty, a question cannot be asked, or the report cannot be written.
    """
    from assistant.evaluation.gold import GoldFinder
    from assistant.evaluation.measures import require_packages
    from assistant.evaluation.report import check_report_folder, write_report
    from assistant.evaluation.running import ask_each
    from assistant.evaluation.runs import SetRun, document
    from assistant.evaluation.sets import read_set

    require_packages()
    started = datetime.datetime.now(datetime.UTC)
    assistant = opened(page, corpus)
    finder = GoldFinder(assistant.policies)
    found = read_set(question_set, finder)
    name = f"{_NAME.sub('_', found.name).strip('._')[:_MOST_NAME_CHARS]}-{started.astimezone():%Y%m%d-%H%M%S}"
    # What cannot be written in the end is told before minutes are spent.
    check_report_folder(folder / name)
    total = len(found.questions)
    yield Step(done=0, total=total)
    outcomes = []
    for outcome in ask_each(assistant, found, finder=finder):
        outcomes.append(outcome)
        yield Step(done=len(outcomes), total=total)
    run = SetRun(question_set=found, assistant=assistant, finder=finder, outcomes=tuple(outcomes))
    written = document([run], started=started)
    # Who has given up meanwhile finds nothing written.
    yield Step(done=total, total=total)
    write_report(folder / name, written)
    yield Step(done=total, total=total, run=name)


class Shelf:
    """The runs of a folder, those that were opened last kept in memory. Threads may share it.

    Args:
        folder: The folder, which need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[tuple[str, int, int], Document] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[tuple[str, str]]:
        """Return the runs, the newest first: what each is called for people, and its name."""
        from assistant.evaluation.runs import runs_in

        return [(visible(path.name), path.name) for path in runs_in(self.folder)]

    def open(self, name: str) -> Document:
        """Return the document of a run.

        Raises:
            EvaluationError: If there is no such run, or it cannot be read.
        """
        from assistant.evaluation.runs import RUN_FILE, read_run

        # A name from a browser is a name of the list, or none at all.
        if name not in {known for _, known in self.names()}:
            raise EvaluationError(f"there is no run {name!r} in {self.folder}: choose one of the list")
        path = self.folder / name / RUN_FILE
        try:
            state = path.stat()
        except OSError as error:
            raise EvaluationError(f"run {name!r} cannot be read ({error.strerror}): choose another one") from None
        key = (name, state.st_mtime_ns, state.st_size)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = read_run(path)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found


_MOST_KEPT = 4
