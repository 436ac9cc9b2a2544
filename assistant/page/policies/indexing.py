"""The index after a change of the policies: built while its progress is shown, then opened."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.errors import AssistantError
from assistant.page.shared import hint, progress, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.index.shards import Progress
    from assistant.page.shared import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far the index is."""

    policy: str = ""
    done: int = 0
    total: int = 0
    is_opening: bool = False


def indexed(page: Page) -> Iterator[Step]:
    """Build the index of the policies as they are now, and open them anew.

    Yields:
        How far it is, now and then.

    Raises:
        AssistantError: If it cannot be built or opened; the former one serves on.
    """
    steps: queue.Queue[Step | None] = queue.Queue()
    failed: list[AssistantError | OSError] = []

    def build() -> None:
        try:
            _build(page, lambda policy, done, total: steps.put(Step(policy=policy, done=done, total=total)))
        except (AssistantError, OSError) as error:
            failed.append(error)
        finally:
            steps.put(None)

    threading.Thread(target=build, daemon=True).start()
    yield Step()
    while (step := _latest(steps)) is not None:
        yield step
    if failed:
        raise failed[0]
    yield Step(is_opening=True)
    page.reload()


def _build(page: Page, progress: Progress) -> None:
    """Build the index, after whoever builds it now."""
    from assistant.engine import build_index

    # The models that are loaded already.
    build_index(settings=page.settings, embedders=page.current().retriever.embedders, progress=progress)


def _latest(steps: queue.Queue[Step | None]) -> Step | None:
    """Wait for a step; return the last one there is, or None at the end."""
    step = steps.get()
    with suppress(queue.Empty):
        while step is not None:
            step = steps.get_nowait()
    return step


def _progress(page: Page, step: Step) -> str:
    if step.is_opening:
        words = page.say("policies.opening")
    elif step.total:
        words = page.say("policies.indexing", policy=step.policy, done=step.done, total=step.total)
    else:
        words = page.say("policies.preparing")
    return progress(page.say("policies.progress"), words, step.done, step.total)


def applied(page: Page, done: str) -> Iterator[str]:
    """Index what was changed; yield what is to be shown as HTML, at last what was done or what went wrong."""
    try:
        for step in indexed(page):
            yield _progress(page, step)
    except (AssistantError, OSError) as error:
        yield hint(page.say("policies.not_indexed", problem=str(error)), error=True)
        return
    yield f'<p class="pa-hint pa-policies-done" role="status">{shown(done)}</p>'
