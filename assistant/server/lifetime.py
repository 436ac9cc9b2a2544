"""The life of the application: what goes on beside the requests, from its start to the signal that ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fastapi import FastAPI

    from assistant.server.asking import Parts
    from assistant.server.service import Service

_log = logging.getLogger(__name__)
_HOUSEKEEPING_S = 3_600.0


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep the parts of an application going, and let go of them at the end."""
    parts: Parts = app.state.parts
    await parts.service.start()
    housekeeping = asyncio.create_task(_housekeeping(parts))
    try:
        with heeding_signals(parts.service):
            _log.info("ready", extra={"index_version": parts.service.snapshot.version})
            yield
    finally:
        housekeeping.cancel()
        await parts.service.close()
        await parts.recorder.close()
        await parts.access.close()
        parts.feedback.close()
        parts.sessions.close()


async def _housekeeping(parts: Parts) -> None:
    while True:
        try:
            await asyncio.to_thread(parts.feedback.purge)
            await asyncio.to_thread(parts.sessions.purge)
        except AssistantError as error:
            _log.error("what is too old was not erased", extra={"problem": str(error)})
        await asyncio.sleep(_HOUSEKEEPING_S)


@contextmanager
def heeding_signals(service: Service) -> Iterator[None]:
    """Have the service told of SIGTERM and SIGINT, besides the server that runs it, and of SIGHUP."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: Any) -> None:
        loop.call_soon_threadsafe(service.drain)
        handler = former[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in former:
        signal.signal(number, stop)
    reloads = hasattr(signal, "SIGHUP")
    tasks: set[asyncio.Task[None]] = set()

    def reload() -> None:
        task = asyncio.create_task(service.reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    if reloads:
        loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        if reloads:
            loop.remove_signal_handler(signal.SIGHUP)
        for number, handler in former.items():
            signal.signal(number, handler)
