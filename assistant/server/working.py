"""Threads for the event loop: jobs whose items come back as they are made, and a bounded pool that does them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.server.observing import Metrics

_T = TypeVar("_T")

PING_S = 15.0
"""How long a stream says nothing at most, in seconds: proxies close what seems dead."""


class Job:
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


def _nothing() -> None:
    """Do nothing."""


class Pool:
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
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
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

    def submit(self, job: Job) -> None:
        """Have a job done."""
        with self._lock:
            self.waiting += 1
        self._metrics.waiting.inc()
        self._jobs.put(job)

    def cancel(self, job: Job) -> None:
        """Cancel a job: it waits no more, or ends with the item that it is at."""
        job.cancel()
        self._begin(job, 0)

    def close(self) -> None:
        """Let the threads end once they have done what they are at."""
        for _ in range(self._size):
            self._jobs.put(None)

    def _begin(self, job: Job, busy: int) -> bool:
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


async def in_thread(work: Callable[[], _T]) -> _T:
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
