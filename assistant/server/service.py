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
import threading
import time
from collections import OrderedDict, deque
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

from assistant.answering import Answer
from assistant.engine import Assistant
from assistant.errors import AssistantError, QuestionError
from assistant.server.wire import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

    from assistant.conversation import Turn
    from assistant.server.observing import Metrics
    from assistant.settings import Settings
    from assistant.text import Language

    Opener = Callable[[Assistant | None], Assistant]
    Scope = frozenset[str] | None

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_CACHED_S = 600.0
_WITH_LLM = 8
PING_S = 15.0
"""How long a stream says nothing at most, in seconds: proxies close what seems dead."""
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
        self._views: dict[Scope, Assistant] = {None: assistant}

    def view(self, scope: Scope) -> Assistant:
        """Return the assistant as it is for whom may see the policies `scope` only: there are no others."""
        if scope not in self._views:
            # What it searches, says and names in errors, an assistant takes from its policies.
            whole = self.assistant
            seen = [policy for policy in whole.policies if scope and policy.id in scope]
            self._views[scope] = Assistant(seen, whole.retriever, whole.generator, whole.settings)
        return self._views[scope]


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
        self._pool = _Pool(self._threads, metrics)
        self._snapshot: Snapshot | None = None
        self._reloading = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self._under_way: set[_Job] = set()
        self._stopping = self._stopped = False

    # --- Life ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the assistant, and look from time to time whether its index was replaced.

        Raises:
            AssistantError: If it cannot be opened.
        """
        seen = self._current()
        self._snapshot = await _in_thread(lambda: self._opened(None))
        if self.settings.server_reload_s:
            self._watching = asyncio.create_task(self._watch(seen))

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
            former = self._snapshot
            try:
                opened = await _in_thread(lambda: self._opened(former))
            except (AssistantError, OSError) as error:
                self._metrics.reloads.labels("failed").inc()
                _log.error("reload failed, the former index serves on", extra={"problem": str(error)})
                return
            self._snapshot = opened
            self._metrics.reloads.labels("done").inc()
            _log.info("reloaded", extra={"index_version": opened.version, "former": former.version if former else ""})

    def _opened(self, former: Snapshot | None) -> Snapshot:
        assistant = self._open(former.assistant if former else None)
        # Models and dictionaries load at first use, which is not to be a customer's.
        if assistant.policies:
            assistant.search("隐私 privacy", k=1)
        return Snapshot(assistant, self.settings.server_cache)

    async def _watch(self, seen: bytes) -> None:
        while True:
            await asyncio.sleep(self.settings.server_reload_s)
            found = await asyncio.to_thread(self._current)
            if found and found != seen:
                seen = found
                await self.reload()

    def _current(self) -> bytes:
        """Return what names the version of the index that is in use on disk; nothing if there is none."""
        try:
            return (self.settings.index_folder() / "CURRENT").read_bytes()
        except (AssistantError, OSError):
            return b""

    # --- Work ----------------------------------------------------------------------------

    async def stream(
        self,
        snapshot: Snapshot,
        question: str,
        *,
        scope: Scope,
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
            Refused: If the question cannot be asked, nobody is free to answer it, or time is up.
        """
        asked = (scope, question, _digest(history), None if policies is None else tuple(policies), language)
        if known := snapshot.cache.get(asked):
            self._metrics.cached.inc()
            yield known
            return
        view = snapshot.view(scope)
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
    def _job(self, items: Callable[[], Iterator[Any]]) -> Iterator[_Job]:
        """Have a thread put `items` into a job as soon as one is free; whoever leaves the job cancels it."""
        self.check_room()
        job = _Job(items, asyncio.get_running_loop(), self.settings.server_timeout_s)
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


class _Job:
    """Work of a thread whose items come back to the event loop, several at once if they came at once.

    Args:
        items: Makes the items, in the thread.
        loop: The event loop.
        timeout_s: When it is too late, in seconds from now.
    """

    def __init__(self, items: Callable[[], Iterator[Any]], loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self.is_waiting = True
        """Whether no thread has begun with it; for the pool, which alone changes it."""
        self._items: Callable[[], Iterator[Any]] | None = items
        self._loop = loop
        self._deadline = loop.time() + timeout_s
        self._done: deque[Any] = deque()
        self._cancelled = False
        self._woken: asyncio.Future[None] | None = None
        self._waking = False

    def run(self) -> None:
        """Put the items in until they end or nobody wants them any more."""
        try:
            if (items := self._items) is None:
                return
            found = items()
            try:
                for item in found:
                    # An empty piece only asks whether anyone still waits.
                    if not (isinstance(item, str) and not item):
                        self.put(item)
                    if self._cancelled:
                        return
            finally:
                # Closing a generator cancels what it is at.
                getattr(found, "close", _nothing)()
        # Whatever it is, who waits has to know.
        except BaseException as error:  # noqa: BLE001
            self.put(error)

    def cancel(self) -> None:
        """Say that nobody wants the items any more."""
        self._cancelled = True
        # It may stay in the queue for a while; what it holds need not.
        self._items = None

    def put(self, item: object) -> None:
        """Put an item in, or an error that ends them; by any thread."""
        self._done.append(item)
        # The loop is woken once for all that comes before it gets to it: waking it costs more than a piece.
        if not self._waking:
            self._waking = True
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake)

    async def take(self) -> list[Any]:
        """Return what has come since the last time, at least one item; none if there was none for long.

        Raises:
            TimeoutError: If it is too late.
            Exception: What went wrong in the thread, once all before it has been taken.
        """
        until = min(self._loop.time() + PING_S, self._deadline)
        # It may be woken for what has been taken already.
        while not self._done:
            if self._loop.time() >= until:
                if until == self._deadline:
                    raise TimeoutError
                return []
            self._woken = self._loop.create_future()
            timer = self._loop.call_at(until, self._rouse)
            try:
                await self._woken
            finally:
                timer.cancel()
        found = []
        while self._done and not isinstance(self._done[0], BaseException):
            found.append(self._done.popleft())
        if not found:
            raise self._done.popleft()
        return found

    def _wake(self) -> None:
        self._waking = False
        self._rouse()

    def _rouse(self) -> None:
        if self._woken and not self._woken.done():
            self._woken.set_result(None)


def _digest(history: Sequence[Turn]) -> bytes:
    """Return what stands for a history in the cache: it may be as long as a request, and there are many."""
    return hashlib.sha256(repr(tuple(history)).encode("utf-8", "backslashreplace")).digest() if history else b""


def _nothing() -> None:
    """Do nothing."""


class _Pool:
    """Threads that do jobs, first come, first served.

    A thread goes from one job to the next without asking the event loop, which may be busy. They never keep the
    process from ending, as those of the standard library's pool do.

    Args:
        size: Number of threads.
        metrics: What is counted.
    """

    def __init__(self, size: int, metrics: Metrics) -> None:
        self._size = size
        self._metrics = metrics
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self.waiting = 0
        """Number of jobs that wait."""
        self._busy = 0
        self._mean_s = 0.02
        for number in range(size):
            threading.Thread(target=self._run, name=f"answer-{number}", daemon=True).start()

    @property
    def unfinished(self) -> int:
        """Number of jobs that wait or are worked at."""
        return self.waiting + self._busy

    @property
    def wait_s(self) -> float:
        """How long one more job would wait, in seconds."""
        return (self.waiting + 1) * self._mean_s / self._size

    def submit(self, job: _Job) -> None:
        """Have a job done."""
        with self._lock:
            self.waiting += 1
        self._metrics.waiting.inc()
        self._jobs.put(job)

    def cancel(self, job: _Job) -> None:
        """Cancel a job: it waits no more, or ends with the item that it is at."""
        job.cancel()
        self._begin(job, 0)

    def close(self) -> None:
        """Let the threads end once they have done what they are at."""
        for _ in range(self._size):
            self._jobs.put(None)

    def _begin(self, job: _Job, busy: int) -> bool:
        """Take a job from those that wait to those that are worked at, or to neither; say whether it did wait."""
        with self._lock:
            if not job.is_waiting:
                return False
            job.is_waiting = False
            self.waiting -= 1
            self._busy += busy
        self._metrics.waiting.dec()
        return True

    def _run(self) -> None:
        while job := self._jobs.get():
            if self._begin(job, 1):
                self._metrics.busy.inc()
                started = time.perf_counter()
                job.run()
                spent = time.perf_counter() - started
                with self._lock:
                    self._busy -= 1
                    self._mean_s += 0.1 * (spent - self._mean_s)
                self._metrics.busy.dec()
                self._metrics.work_seconds.observe(spent)
            # What it held is not to stay until the next question comes.
            del job


async def _in_thread(work: Callable[[], _T]) -> _T:
    """Return what `work` returns, done by a thread that never keeps the process from ending."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[_T | None, BaseException | None]] = asyncio.Queue()

    def run() -> None:
        outcome: tuple[_T | None, BaseException | None]
        try:
            outcome = work(), None
        # Whatever it is, who waits has to know.
        except BaseException as error:  # noqa: BLE001
            outcome = None, error
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(queue.put_nowait, outcome)

    threading.Thread(target=run, name="open", daemon=True).start()
    result, error = await queue.get()
    if error:
        raise error
    return cast("_T", result)


def _shutting_down() -> Refused:
    return Refused(503, "shutting_down", "the service is about to stop: try again", retry_after_s=5)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
