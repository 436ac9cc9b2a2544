"""What is kept of an answer before it is told: its record for feedback, and its turn of the conversation.

Writing costs more by the transaction than by the row, and takes the interpreter away from the answers under way each
time. So while more answers are about to come, those that are there wait a moment for them and are written together.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from assistant.conversation import Turn
from assistant.conversation.sessions import Said
from assistant.errors import ServiceError, SessionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from assistant.conversation.sessions import SessionStore
    from assistant.server.feedback import FeedbackStore, Told

_log = logging.getLogger(__name__)

_WAIT_S = 0.05
_MOST = 16
_PATIENCE_S = 0.5
"""How long an answer waits for being written; by then a store hangs, and an answer is worth more than its record."""
_MOST_BEHIND = 1_000
"""Answers that may be still to be written; what comes on top of that is not."""
_CLOSE_S = 2.0


class Recorder:
    """Keeps answers, several at once where many come. Belongs to one event loop.

    Args:
        feedback: Records of answers.
        sessions: Conversations.
        more_come: Says whether further answers are about to come.
        revoked: Returns which of some keys have been revoked.
    """

    def __init__(
        self,
        feedback: FeedbackStore,
        sessions: SessionStore,
        more_come: Callable[[], bool],
        revoked: Callable[[Collection[str]], frozenset[str]],
    ) -> None:
        self._feedback = feedback
        self._sessions = sessions
        self._more_come = more_come
        self._revoked = revoked
        self._pending: list[tuple[Told, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._batches: SimpleQueue[list[tuple[Told, asyncio.Future[None]]]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._unwritten = 0
        self._is_late = False

    async def keep(self, told: Told) -> None:
        """Return once an answer has been written, could not be, or takes too long, of which the log says the last two.

        Nobody waits again before the store that hangs has come to an end with what it is at.
        """
        if self._unwritten >= _MOST_BEHIND:
            _log.error("an answer was not recorded", extra={"problem": f"{self._unwritten} are still to be written"})
            return
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        self._unwritten += 1
        written.add_done_callback(self._end)
        self._pending.append((told, written))
        if len(self._pending) >= _MOST or not self._more_come():
            self._hand_over()
        elif self._timer is None:
            self._timer = loop.call_later(_WAIT_S, self._hand_over)
        if not self._is_late:
            await asyncio.wait((written,), timeout=_PATIENCE_S)
        if written.done():
            written.result()
        elif not self._is_late:
            self._is_late = True
            _log.error("answers are told before they are recorded", extra={"problem": "a store is slow"})

    async def begin(self, session: str, *, owner: str) -> bool:
        """Begin a conversation whose id is told before its first answer is kept, and say whether it is there.

        Whoever erases it meanwhile finds something to erase, and the answer does not bring it back. A store that hangs
        is waited for as in `keep`.
        """

        def begin() -> None:
            self._sessions.begin(session, owner=owner)
            self._erase_revoked({(session, owner)})

        if not self._is_late:
            with forgiven("a conversation was not begun"), suppress(TimeoutError):
                await asyncio.wait_for(asyncio.to_thread(begin), _PATIENCE_S)
                return True
        return False

    def _end(self, written: asyncio.Future[None]) -> None:
        self._unwritten -= 1
        self._is_late = False
        # Nobody may wait for it any more.
        if not written.cancelled():
            written.exception()

    async def close(self) -> None:
        """Write what is still to be written."""
        self._hand_over()
        if self._thread:
            self._batches.put([])
            await asyncio.to_thread(self._thread.join, _CLOSE_S)
            self._thread = None

    def _hand_over(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._pending:
            return
        if self._thread is None:
            # It never keeps the process from ending.
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()
        self._batches.put(self._pending)
        self._pending = []

    def _run(self) -> None:
        while batch := self._next():
            faults = self._faults([told for told, _ in batch])
            waiting = [written for _, written in batch]
            with suppress(RuntimeError):  # the loop has ended
                waiting[0].get_loop().call_soon_threadsafe(_tell, waiting, faults)
            # What it held is not to stay until the next answer comes.
            del batch, waiting

    def _next(self) -> list[tuple[Told, asyncio.Future[None]]]:
        """Return all answers that wait to be written, once there are any; none at the end.

        A store that hangs does so once for all of them.
        """
        batch = list(self._batches.get())
        with suppress(Empty):
            while batch:
                if not (more := self._batches.get_nowait()):
                    self._batches.put(more)
                    break
                batch += more
        return batch

    def _faults(self, told: Sequence[Told]) -> list[Exception | None]:
        """Write answers, and return for each what nobody thought of."""
        try:
            self._write(told)
        # Whatever it is, who waits has to know; and the others are not to suffer from it.
        except Exception as error:  # noqa: BLE001
            return [error] if len(told) == 1 else [fault for one in told for fault in self._faults([one])]
        return [None] * len(told)

    def _write(self, told: Sequence[Told]) -> None:
        with forgiven("an answer was not recorded"):
            self._feedback.note(told)
        with forgiven("a conversation was not kept"):
            spoken = [one for one in told if one.session]
            said = [
                Said(session=one.session, turn=Turn.of(one.answer), owner=one.owner, goes_on=one.goes_on)
                for one in spoken
            ]
            kept = self._sessions.append_all(said) if said else []
            for one, was_kept in zip(spoken, kept, strict=True):
                if not was_kept:
                    # Who erases a conversation means what is answered meanwhile, too.
                    self._feedback.erase(owner=one.owner, session=one.session)
        self._erase_revoked({(one.session, one.owner) for one in told if one.session})

    def _erase_revoked(self, sessions: Collection[tuple[str, str]]) -> None:
        """Erase those of conversations, each with its owner, whose key has been revoked.

        A key may be good for a second more, and for what is under way; but whoever erases what is kept of it means all
        of that. Looking after what was written, not before, misses nothing: if it is revoked later, it is erased later.
        """
        with forgiven("a conversation with a revoked key may be kept"):
            revoked = self._revoked({owner for _, owner in sessions}) if sessions else ()
            for session, owner in sessions:
                if owner in revoked:
                    self._sessions.delete(session, owner=owner)


def _tell(waiting: Sequence[asyncio.Future[None]], faults: Sequence[Exception | None]) -> None:
    for written, fault in zip(waiting, faults, strict=True):
        # Whoever asked may have left.
        if written.done():
            continue
        if fault:
            written.set_exception(fault)
        else:
            written.set_result(None)


@contextmanager
def forgiven(event: str) -> Iterator[None]:
    """Go on although a store cannot be used: an answer is worth more than its record."""
    try:
        yield
    except (ServiceError, SessionError) as error:
        _log.error(event, extra={"problem": str(error)})
