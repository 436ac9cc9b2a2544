"""Asking a model of llama-index within a budget: wall-clock time, size, and how often it may fail.

llama-index's asynchronous calls run in an event loop of their own, so that a call is cancelled where it waits: the
request is closed, whether it hangs on connecting, sends a byte a second, or nobody reads its reply any more. Models
that have no asynchronous calls of their own (`CustomLLM`: those that run in this process) get a thread for each
call, which is abandoned at its next word.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms import CustomLLM

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.llms import LLM

    from assistant.backends.llm.prompts import Prompt

MOST_REPLY_CHARS = 64_000
"""Longest reply that is read."""
BEAT_S = 0.2
"""How often whoever waits for a reply may give up, in seconds."""


class CallFailed(Exception):  # noqa: N818 - it is a result of a call, and does not leave this package
    """A call brought no reply, or not all of it."""

    def __init__(self, reason: str, *, status: int = 0, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        """What happened, without any text of the request or reply, nor the key: `timeout`, `status 429` …"""
        self.status = status
        """Status of the HTTP reply; 0 if there was none."""
        self.retry_after_s = retry_after_s
        """How long the endpoint asked to wait."""

    @property
    def is_refusal(self) -> bool:
        """Whether the same call would fail again: the endpoint refuses the key, the model, or the request."""
        return 400 <= self.status < 500 and self.status not in (408, 409, 425, 429)


class Breaker:
    """Stops asking a model that fails, and tries one question after a rest.

    Args:
        most_failures: Failures in a row after which it rests.
        rest_s: How long it rests, in seconds.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, *, most_failures: int = 5, rest_s: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_failures = most_failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0
        self._is_trying = False

    @property
    def failures(self) -> int:
        """Failures in a row so far."""
        with self._lock:
            return self._failures

    @property
    def is_open(self) -> bool:
        """Whether the model is not asked at present."""
        with self._lock:
            return self._clock() < self._rests_until or (self._failures >= self._most_failures and self._is_trying)

    def admits(self) -> bool:
        """Say whether to ask now. Who is told so must call `done` once."""
        with self._lock:
            if self._clock() < self._rests_until:
                return False
            if self._failures < self._most_failures:
                return True
            # After the rest one question at a time is the trial.
            trial = not self._is_trying
            self._is_trying = True
            return trial

    def done(self, *, failed: bool | None, rest_s: float = 0.0) -> None:
        """Note how it went.

        Args:
            failed: Whether the model failed; None if the call was given up, which tells nothing.
            rest_s: How long the endpoint asked to be left alone, in seconds.
        """
        with self._lock:
            self._is_trying = False
            if failed is None:
                return
            self._failures = self._failures + 1 if failed else 0
            rest = self._rest_s if self._failures >= self._most_failures else 0.0
            self._rests_until = self._clock() + max(rest, min(rest_s, _LONGEST_REST_S)) if failed else 0.0


_LONGEST_REST_S = 300.0


class Model:
    """A model of llama-index, asked within a budget. Threads may share it.

    Args:
        llm: The model.
        stream: Whether to ask for the reply piece by piece.
        closing: What to wait for when it is closed, in its event loop.
    """

    def __init__(self, llm: LLM, *, stream: bool = True, closing: Callable[[], Awaitable[None]] | None = None) -> None:
        self._llm = llm
        self._stream = stream
        self._lock = threading.Lock()
        self._loop: _Loop | None = None
        self._closing = closing

    def reply(self, prompt: Prompt, *, deadline: float, options: dict[str, Any]) -> Generator[str, None, None]:
        """Yield the pieces of a reply as they arrive, empty ones meanwhile; closing the iterator closes the request.

        Args:
            prompt: What is sent.
            deadline: When to give up, by `time.monotonic`.
            options: Further arguments of llama-index's call.

        Raises:
            CallFailed: If there is no reply, not all of it, or too much.
        """
        messages = [
            ChatMessage(role=MessageRole.SYSTEM, content=prompt.system),
            ChatMessage(role=MessageRole.USER, content=prompt.user),
        ]
        arrived: queue.SimpleQueue[str | _End] = queue.SimpleQueue()
        started = time.monotonic()
        if isinstance(self._llm, CustomLLM):
            cancel: Callable[[], object] = _in_thread(self._llm, messages, options, arrived.put)
        else:
            asking = _ask(self._llm, messages, options, arrived.put, stream=self._stream, within_s=deadline - started)
            cancel = self._running_loop().start(asking)
        left = MOST_REPLY_CHARS
        try:
            while True:
                wait = deadline - time.monotonic()
                try:
                    piece = arrived.get(timeout=min(max(wait, 0.0), BEAT_S))
                except queue.Empty:
                    if wait <= 0:
                        raise CallFailed("timeout") from None
                    piece = ""
                if isinstance(piece, _End):
                    if piece.error is not None:
                        raise _explained(piece.error) from None
                    return
                left -= len(piece)
                if left < 0:
                    raise CallFailed("reply too long")
                yield piece
        finally:
            cancel()

    def close(self) -> None:
        """Close connections and end the event loop's thread. The model may be asked again afterwards."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop:
            loop.stop()

    def _running_loop(self) -> _Loop:
        with self._lock:
            # One that a model's own code has blocked is left behind.
            if self._loop is None or self._loop.is_stuck:
                self._loop = _Loop(self._closing)
            return self._loop


@dataclass(frozen=True, slots=True)
class _End:
    """What stands after the last piece."""

    error: BaseException | None = None


async def _ask(
    llm: LLM,
    messages: list[ChatMessage],
    options: dict[str, Any],
    put: Callable[[str | _End], None],
    *,
    stream: bool,
    within_s: float,
) -> None:
    try:
        async with asyncio.timeout(within_s):
            if stream:
                so_far = ""
                async for reply in await llm.astream_chat(messages, **options):
                    so_far += _put_piece(reply, so_far, put)
            else:
                _put_piece(await llm.achat(messages, **options), "", put)
        put(_End())
    except Exception as error:  # noqa: BLE001 - whatever a model's client raises is a failed call
        put(_End(error))


def _in_thread(
    llm: LLM, messages: list[ChatMessage], options: dict[str, Any], put: Callable[[str | _End], None]
) -> Callable[[], None]:
    """Ask a model that blocks, in a thread of its own; return what makes it stop at its next word."""
    given_up = threading.Event()

    def ask() -> None:
        try:
            so_far = ""
            for reply in llm.stream_chat(messages, **options):
                if given_up.is_set():
                    return
                so_far += _put_piece(reply, so_far, put)
            put(_End())
        except Exception as error:  # noqa: BLE001 - whatever a model raises is a failed call
            put(_End(error))

    threading.Thread(target=ask, name="language-model", daemon=True).start()
    return given_up.set


def _put_piece(reply: ChatResponse, so_far: str, put: Callable[[str | _End], None]) -> str:
    """Pass on what a reply adds to `so_far`, and return it."""
    piece = reply.delta if reply.delta is not None else (reply.message.content or "")[len(so_far) :]
    if piece:
        put(piece)
    return piece


def _explained(error: BaseException) -> CallFailed:
    """Return what is known of an error. Its message may hold the key, or the reply, and goes nowhere."""
    if isinstance(error, TimeoutError):
        return CallFailed("timeout")
    status = getattr(error, "status_code", 0)
    status = status if isinstance(status, int) else 0
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    wait = 0.0
    with suppress(ValueError, TypeError):
        wait = max(float(headers.get("retry-after", 0)), 0.0)
    return CallFailed(f"status {status}" if status else type(error).__name__, status=status, retry_after_s=wait)


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self, closing: Callable[[], Awaitable[None]] | None) -> None:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop,), name="language-model", daemon=True)
        thread.start()
        self._loop = loop
        # Also when nobody refers to it any more, and at the interpreter's end.
        self.stop = weakref.finalize(self, _stop, loop, thread, closing)
        self._beat = time.monotonic()
        self._answered = True

    @property
    def is_stuck(self) -> bool:
        """Whether it has not come round for long after it was asked to."""
        if self._answered:
            self._answered, self._beat = False, time.monotonic()
            self._loop.call_soon_threadsafe(self._answer)
            return False
        return time.monotonic() - self._beat > _LONGEST_BEAT_S

    def _answer(self) -> None:
        self._answered = True

    def start(self, asking: Any) -> Callable[[], object]:
        """Start a coroutine; return what cancels it."""
        return asyncio.run_coroutine_threadsafe(asking, self._loop).cancel


_LONGEST_BEAT_S = 1.0


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _stop(
    loop: asyncio.AbstractEventLoop, thread: threading.Thread, closing: Callable[[], Awaitable[None]] | None
) -> None:
    async def end() -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if closing:
            await closing()
        await loop.shutdown_asyncgens()
        loop.stop()

    if loop.is_closed():
        return
    asyncio.run_coroutine_threadsafe(end(), loop)
    thread.join(timeout=_LONGEST_BEAT_S)
