"""Question sets, invented policies, and what is fitted and compared on them; `assistant.evaluation` runs the sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant import Assistant, Settings, backends
from assistant.evaluation.gold import GoldFinder
from assistant.evaluation.sets import corpus_of, read_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.evaluation.questions import QuestionSet

SETS = Path(__file__).parent / "questions"
"""Folder of the question sets that come with the project."""
MORE = frozenset(("baiju-more-dev",))
"""Sets on which neither odds nor other frameworks' settings are chosen: the bundled policy would count twice."""
FLOORS = Path(__file__).parent / "floors.toml"
"""Least and largest figures by set, which the tests hold the assistant to."""


def opened(paths: Iterable[Path]) -> Iterator[tuple[QuestionSet, Assistant, GoldFinder]]:
    """Yield each set with the assistant on its policies, and what finds its gold in them.

    Raises:
        AssistantError: If a set is faulty or a corpus does not open.
    """
    settings = Settings()
    known: dict[Path, tuple[Assistant, GoldFinder]] = {}
    for path in paths:
        folder = corpus_of(path, settings)
        if folder not in known:
            assistant = Assistant.open(folder, settings=settings, **backends.parts(settings))
            known[folder] = assistant, GoldFinder(assistant.policies)
        yield read_set(path, known[folder][1]), *known[folder]
