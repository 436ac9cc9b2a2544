"""The service behind the routes: one assistant that answers many at once.

Answering is work for a processor, so it is done by a bounded pool of threads while the event loop goes on. Who comes
when all are busy waits in a queue of limited length, and beyond that is sent away at once. The assistant and its late
answers are one `Snapshot`, which a new index replaces as a whole: what began with one ends with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
import time
from collections import OrderedDict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from assistant.answering import Answer
from assistant.engine import Assistant
from assistant.errors import AssistantError, QuestionError
from assistant.index import CURRENT
from assistant.server.wire import Refused
from assistant.server.working import Job, Pool, in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from assistant.conversation import Turn
    from assistant.server.observing import Metrics
    from assistant.settings import Settings
    from assistant.text import Language

    Opener = Callable[[Assistant | None], Assistant]
    Seen = frozenset[str] | None
    """Ids of the policies that a caller sees; None for all."""

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_CACHED_S = 600.0
_WITH_LLM = 8
_LONGEST_PAUSE_S = 300.0
"""How long a new index that could not be opened waits at most before it is tried again, in seconds."""
GRACE_S = 7.0
"""How long answers that are under way may take after the process was told to stop, in seconds."""


class Snapshot:
    """An assistant over one version of the index, with all that was derived from it.

    Args:
        assistant: Answers.
        cached_answers: How many answers are kept for repeated questions.
    """

    def __init__(self, assistant: Assistant, cached_answers: int) -> None:
        self.assistant = assistant
        self.version = assistant.retriever.index.version
        """Version of the index."""
        self.cache = AnswerCache(cached_answers)
        self._views: dict[Seen, Assistant] = {None: assistant}

    def view(self, scope: Seen) -> Assistant:
        """Return the assistant as it is for whom may see the policies `scope` only: there are no others."""
        if scope not in self._views:
            # What it searches, says and names in errors, an assistant takes from its policies.
            whole = self.assistant
            seen = [policy for policy in whole.policies if scope and policy.id in scope]
            self._views[scope] = Assistant(seen, whole.retriever, whole.generator, whole.settings)
        return self._views[scope]

    def answering(self, scope: Seen) -> Assistant:
        """Return what `view` does, to be asked.

        Raises:
            Refused: If it has no policies: those of the key have been removed, or never were. No question is to seem
                to have no answer for that.
        """
        view = self.view(scope)
        if not view.policies:
            _log.warning("a key sees no policy that is in use", extra={"policies": sorted(scope or ())})
            raise Refused(404, "policy_not_found", "this key sees no policy that is in use")
        return view


class AnswerCache:
    """The answers of late by what was asked; the oldest make room.

    Args:
        size: Largest number of answers.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[object, tuple[float, tuple[str | Answer, ...]]] = OrderedDict()

    def get(self, asked: object) -> tuple[str | Answer, ...]:
        """Return the pieces of an answer and the answer; none if it is not there or too old."""
        at, pieces = self._answers.get(asked, (-math.inf, ()))
        # An answer may have been made without its language model, which was down: it does not stay for ever.
        if time.monotonic() - at > _CACHED_S:
            self._answers.pop(asked, None)
            return ()
        self._answers.move_to_end(asked)
        return pieces

    def put(self, asked: object, pieces: Sequence[str | Answer]) -> None:
        """Keep an answer."""
        if self._size:
            now = time.monotonic()
            self._answers[asked] = (now, tuple(pieces))
            while len(self._answers) > self._size or now - next(iter(self._answers.values()))[0] > _CACHED_S:
                self._answers.popitem(last=False)


class Service:
    """Answers questions of many at once, from an index that may be replaced meanwhile.

    Belongs to one event loop, after `start`.

    Args:
        open_assistant: Opens the assistant; given the former one, whose models it may take over.
        settings: Options.
        metrics: What is counted.
    """

    def __init__(self, open_assistant: Opener, settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self._open = open_assistant
        self._metrics = metrics
        # Whoever waits for a language model does no work.
        busy = _WITH_LLM if settings.llm_base_url else 1
        self._threads = settings.server_threads or busy * _cores()
        self._pool = Pool(self._threads, metrics)
        self._snapshot: Snapshot | None = None
        self._reloading = asyncio.Lock()
        # What names on disk the version that was opened.
        self._seen = ""
        self._watching: asyncio.Task[None] | None = None
        self._under_way: set[Job] = set()
        self._stopping = self._stopped = False

    # --- Life ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the assistant, and look from time to time whether its index was replaced.

        Raises:
            AssistantError: If it cannot be opened.
        """
        before = self._current()
        self._snapshot = await in_thread(lambda: self._opened(None))
        self._seen = self._seen_by(self._snapshot, before)
        if self.settings.server_reload_s:
            self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End what is under way."""
        self.stop()
        if self._watching:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        self._pool.close()

    @property
    def is_ready(self) -> bool:
        """Whether it answers."""
        return self._snapshot is not None and not self._stopping

    @property
    def snapshot(self) -> Snapshot:
        """The assistant as it is now; a request takes it once."""
        if self._snapshot is None:
            raise Refused(503, "not_ready", "the policies are not open yet: try again", retry_after_s=1)
        return self._snapshot

    def drain(self) -> None:
        """Get ready to stop: answers under way may end within `GRACE_S`, later they are ended."""
        if not self._stopping:
            self._stopping = True
            asyncio.get_running_loop().call_later(GRACE_S, self.stop)

    def stop(self) -> None:
        """End the answers that are under way, each with an error."""
        self._stopping = self._stopped = True
        for job in self._under_way:
            job.put(_shutting_down())

    async def reload(self) -> None:
        """Open the assistant anew, and put it in the place of the former, which serves on if that fails."""
        async with self._reloading:
            await self._reopen(await asyncio.to_thread(self._current))

    async def _reopen(self, before: str) -> bool:
        """Open the assistant anew while nobody else does, and say whether it could be.

        Args:
            before: The version in use, read before it is opened: what is built meanwhile is not missed.
        """
        former = self._snapshot
        try:
            opened = await in_thread(lambda: self._opened(former))
        except (AssistantError, OSError) as error:
            self._metrics.reloads.labels("failed").inc()
            _log.error("reload failed, the former index serves on", extra={"problem": str(error)})
            return False
        self._snapshot = opened
        self._seen = await asyncio.to_thread(lambda: self._seen_by(opened, before))
        self._metrics.reloads.labels("done").inc()
        _log.info("reloaded", extra={"index_version": opened.version, "former": former.version if former else ""})
        return True

    def _opened(self, former: Snapshot | None) -> Snapshot:
        assistant = self._open(former.assistant if former else None)
        # Models and dictionaries load at first use, which is not to be a customer's.
        if assistant.policies:
            assistant.search("隐私 privacy", k=1)
        return Snapshot(assistant, self.settings.server_cache)

    async def _watch(self) -> None:
        """Open each new version once; one that cannot be opened, again after pauses that grow."""
        every = self.settings.server_reload_s
        failed, pause, due = "", every, 0.0
        while True:
            await asyncio.sleep(every)
            # Whoever was told to reload may be opening this very version.
            async with self._reloading:
                found = await asyncio.to_thread(self._current)
                if not found or found == self._seen or (found == failed and time.monotonic() < due):
                    continue
                if await self._reopen(found):
                    failed = ""
                    continue
            # What ails it may pass, such as a full disk; what does not is not to fill the log.
            pause = min(2 * pause, max(every, _LONGEST_PAUSE_S)) if found == failed else every
            failed, due = found, time.monotonic() + pause

    def _seen_by(self, opened: Snapshot, before: str) -> str:
        """Return the version that was opened: what was in use `before`, or what opening built if that is now."""
        now = self._current()
        return now if now == opened.assistant.retriever.index.stored_as else before

    def _current(self) -> str:
        """Return what names the version of the index that is in use on disk; nothing if there is none."""
        try:
            return (self.settings.index_folder() / CURRENT).read_text("ascii", "replace").strip()
        except (AssistantError, OSError):
            return ""

    # --- Work ----------------------------------------------------------------------------

    async def stream(
        self,
        snapshot: Snapshot,
        question: str,
        *,
        scope: Seen,
        history: Sequence[Turn] = (),
        policies: Sequence[str] | None = None,
        language: Language | None = None,
    ) -> AsyncGenerator[tuple[str | Answer, ...]]:
        """Yield the pieces of an answer as they are verified, the answer last; no pieces if there were none for long.

        Closing it cancels.

        Args:
            snapshot: What to answer from.
            question: The question.
            scope: Ids of the policies that the caller may see; None for all.
            history: What was said before, oldest first.
            policies: Ids of the policies to answer from, as in `Assistant.ask`.
            language: As in `Assistant.ask`.

        Yields:
            What has come since the last time, in order.

        Raises:
            Refused: If the question cannot be asked, nobody is free to answer it, time is up, or there is no policy to
                answer from.
        """
        asked = (scope, question, _digest(history), None if policies is None else tuple(policies), language)
        if known := snapshot.cache.get(asked):
            self._metrics.cached.inc()
            yield known
            return
        view = snapshot.answering(scope)
        pieces: list[str | Answer] = []
        with self._job(lambda: view.stream(question, history=history, policies=policies, language=language)) as job:
            while not (pieces and isinstance(pieces[-1], Answer)):
                found = await job.take()
                pieces += found
                if found and isinstance(found[-1], Answer):
                    # Before it is passed on: nobody asks for more than that.
                    snapshot.cache.put(asked, pieces)
                yield tuple(found)

    async def run(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns, done by the pool.

        Raises:
            Refused: As `stream`.
        """
        with self._job(lambda: iter([work()])) as job:
            while not (found := await job.take()):
                pass
            result: _T = found[0]
            return result

    @contextmanager
    def _job(self, items: Callable[[], Iterator[Any]]) -> Iterator[Job]:
        """Have a thread put `items` into a job as soon as one is free; whoever leaves the job cancels it."""
        self.check_room()
        job = Job(items, asyncio.get_running_loop(), self.settings.server_timeout_s)
        self._under_way.add(job)
        self._pool.submit(job)
        try:
            yield job
        except TimeoutError:
            limit = self.settings.server_timeout_s
            message = f"not answered within {limit:g} seconds: try again, or ask a shorter question"
            raise Refused(504, "timeout", message) from None
        except QuestionError as error:
            details = {"max_question_chars": self.settings.max_question_chars}
            raise Refused(422, "invalid_question", str(error), details=details) from None
        finally:
            self._pool.cancel(job)
            self._under_way.discard(job)

    def more_come(self) -> bool:
        """Say whether questions wait for a thread, so that answers are about to come."""
        return self._pool.waiting > 0

    def check_room(self) -> None:
        """Say whether one more question may come.

        Raises:
            Refused: If too many wait already, or the service is about to stop.
        """
        if self._stopped:
            raise _shutting_down()
        if self._pool.unfinished >= self._threads + self.settings.server_queue:
            wait_s = math.ceil(self._pool.wait_s)
            raise Refused(503, "overloaded", "too many questions at once: try again", retry_after_s=min(wait_s, 60))


def opener(settings: Settings) -> Opener:
    """Return what opens the assistant of these settings, whose models are loaded once."""

    def open_assistant(former: Assistant | None) -> Assistant:
        from assistant.backends import parts

        if former is None:
            return Assistant.open(settings=settings, **parts(settings))
        kept = former.retriever
        return Assistant.open(
            settings=settings, embedders=kept.embedders, generator=former.generator, reranker=kept.reranker
        )

    return open_assistant


def _digest(history: Sequence[Turn]) -> bytes:
    """Return what stands for a history in the cache: it may be as long as a request, and there are many."""
    return hashlib.sha256(repr(tuple(history)).encode("utf-8", "backslashreplace")).digest() if history else b""


def _shutting_down() -> Refused:
    return Refused(503, "shutting_down", "the service is about to stop: try again", retry_after_s=5)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
