"""One question over HTTP: from its coming in, through the service, to its record and its JSON."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT

from assistant.answering import Answer
from assistant.errors import QuestionError
from assistant.server.feedback import Told
from assistant.server.observing import note
from assistant.server.pages import permalink
from assistant.server.redaction import redacted
from assistant.server.wire import Refused, encoded, error_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from fastapi import Request

    from assistant.conversation import Turn
    from assistant.conversation.sessions import SessionStore
    from assistant.engine import Assistant
    from assistant.policy import Policy
    from assistant.server.access import Access, Caller
    from assistant.server.feedback import FeedbackStore
    from assistant.server.observing import Metrics
    from assistant.server.recording import Recorder
    from assistant.server.service import Service, Snapshot
    from assistant.server.wire import Feedback
    from assistant.settings import Settings
    from assistant.text import Language

_T = TypeVar("_T")
_CLIENT_LEFT = 499
EVENT_STREAM = "text/event-stream"
_LINE_BREAKS = {char.encode(): rf"\u{ord(char):04x}".encode() for char in "\x85\u2028\u2029"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the routes of an application work with."""

    settings: Settings
    """Options."""
    service: Service
    """Answers."""
    access: Access
    """Decides who may ask."""
    sessions: SessionStore
    """Conversations."""
    feedback: FeedbackStore
    """Records of answers."""
    recorder: Recorder
    """Keeps answers."""
    metrics: Metrics
    """What is counted."""


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves a request."""
    parts: Parts = request.app.state.parts
    return parts


class Asking:
    """A question that was put to the service.

    Args:
        request: Which it came with.
        caller: Who asks.
        question: The question.
        history: What was said before, oldest first.
        policies: Ids of the policies to answer from; those that it names by default.
        language: What to answer in where the conversation is in no language; as in `Assistant.ask` by default.
        session: Id of the conversation; empty if it is none.

    Raises:
        Refused: If there is no such policy, for all that the caller may see.
    """

    def __init__(
        self,
        request: Request,
        caller: Caller,
        question: str,
        *,
        history: Sequence[Turn] = (),
        policies: Sequence[str] | None = None,
        language: Language | None = None,
        session: str = "",
    ) -> None:
        self.id = f"ans_{secrets.token_urlsafe(16)}"
        """Id of the answer."""
        self.snapshot = parts_of(request).service.snapshot
        """What it is answered from."""
        self.session = session
        """Id of the conversation; empty if it is none."""
        self._request = request
        self._parts = parts_of(request)
        self._caller = caller
        self._question = question
        self._history = history
        self._policies = policies
        self._language = language
        self._goes_on = bool(history)
        for policy_id in policies or ():
            policy_seen(self.snapshot, caller, policy_id)
        if self._parts.settings.server_log_questions:
            note(request.state, question=redacted(question))

    async def pieces(self) -> AsyncGenerator[tuple[str | Answer, ...]]:
        """Yield as `Service.stream` does; when the answer is yielded, it has been recorded and is remembered.

        Raises:
            Refused: As `Service.stream`.
        """
        found = self._parts.service.stream(
            self.snapshot,
            self._question,
            scope=self._caller.scope,
            history=self._history,
            policies=self._policies,
            language=self._language,
        )
        async with aclosing(found):
            async for pieces in found:
                if _is_whole(pieces):
                    answer, owner = _answer_of(pieces), self._caller.owner
                    told = Told(id=self.id, answer=answer, owner=owner, session=self.session, goes_on=self._goes_on)
                    await self._parts.recorder.keep(told)
                    self._count(answer)
                yield pieces

    async def answer(self) -> Answer:
        """Return the answer, unless the client leaves before.

        Raises:
            Refused: As `Service.stream`.
        """

        async def last() -> Answer:
            async with aclosing(self.pieces()) as found:
                async for pieces in found:
                    if _is_whole(pieces):
                        return _answer_of(pieces)
            raise RuntimeError("the answer ended without its end")

        return await unless_left(self._request, last())

    async def streamed(
        self,
        piece: Callable[[str], bytes],
        whole: Callable[[Answer], Awaitable[bytes]],
        *,
        begun: bytes = b"",
        error: str | None = "error",
        end: bytes = b"",
    ) -> Response:
        """Return the answer as a stream of server-sent events, which ends as promised whatever goes wrong in it.

        Args:
            piece: Makes the events of a verified piece of its text.
            whole: Makes those of the answer, after its last piece.
            begun: What is sent first.
            error: Name of the event that tells what went wrong; None for one without a name.
            end: What is sent last, unless there was a fault of the service.

        Raises:
            Refused: What goes wrong before the stream begins has a status of its own.
        """
        stream = self.pieces()
        first = await unless_left(self._request, anext(stream))
        request_id: str = self._request.state.request_id

        def told(pieces: Sequence[str | Answer]) -> bytes:
            return b"".join(piece(text) for text in pieces if isinstance(text, str) and text)

        async def events() -> AsyncGenerator[bytes]:
            # What is known at the same time is sent at once.
            before = begun
            try:
                async with aclosing(stream):
                    pieces = first
                    if self.session and not self._goes_on and not _is_whole(pieces):
                        # Once its id is told, the conversation may be erased, also while it is answered.
                        self._goes_on = await self._parts.recorder.begin(self.session, owner=self._caller.owner)
                    while not _is_whole(pieces):
                        yield before + (told(pieces) or KEEPALIVE_COMMENT)
                        before = b""
                        pieces = await anext(stream)
                    yield before + told(pieces) + await whole(_answer_of(pieces)) + end
            except Refused as refused:
                yield before + event(error, refused.as_json(request_id)) + end
            except Exception as fault:  # the log tells the rest
                yield before + event(error, error_json("internal", "a fault of the service", request_id))
                raise fault

        headers = {"X-Accel-Buffering": "no", "X-Index-Version": self.snapshot.version}
        if _is_whole(first):
            # All of them are known: sent at once they cost less.
            told_at_once = b"".join([part async for part in events()])
            return Response(told_at_once, media_type=EVENT_STREAM, headers=headers)
        return StreamingResponse(events(), media_type=EVENT_STREAM, headers=headers)

    def json(self, answer: Answer) -> dict[str, Any]:
        """Return the answer as it is sent."""
        started: float = self._request.state.started
        said: dict[str, Any] = answer.as_json(latency_ms=1000 * (time.perf_counter() - started))
        titled(said, self.snapshot.assistant)
        for citation in said["citations"]:
            policy = self.snapshot.assistant.policy(citation["policy_id"])
            citation["permalink"] = link(self._request, policy, citation["clause_id"])
        return {"answer_id": self.id, "index_version": self.snapshot.version} | said

    def place(self, cited: Mapping[str, Any]) -> str:
        """Return where a citation stands, in plain words: with its policy, where the caller sees several."""
        return place_of(cited, self.snapshot.view(self._caller.scope))

    def _count(self, answer: Answer) -> None:
        outcome = answer.abstained.kind if answer.abstained else "answered"
        self._parts.metrics.answers.labels(outcome, answer.language).inc()
        note(self._request.state, answer_id=self.id, outcome=outcome, citations=len(answer.citations))


def titled(said: dict[str, Any], assistant: Assistant) -> dict[str, Any]:
    """Add to each citation and hit of what is sent the title of its policy, which its id does not tell a person."""
    for place in (*said.get("citations", ()), *said.get("hits", ())):
        place["policy_title"] = assistant.policy(place["policy_id"]).title
    return said


def place_of(cited: Mapping[str, Any], view: Assistant) -> str:
    """Return where a citation or hit, as it is sent, stands: with its policy, where there are several."""
    reference = str(cited["reference"])
    return view.policy(cited["policy_id"]).place(reference) if len(view.policies) > 1 else reference


def _is_whole(pieces: Sequence[str | Answer]) -> bool:
    # The answer itself is among the last ones.
    return bool(pieces) and isinstance(pieces[-1], Answer)


def _answer_of(pieces: Sequence[str | Answer]) -> Answer:
    answer = pieces[-1]
    if not isinstance(answer, Answer):
        raise TypeError("the pieces are not whole")
    return answer


async def unless_left(request: Request, work: Awaitable[_T]) -> _T:
    """Return what `work` returns; cancel it if the client leaves.

    Raises:
        Refused: If the client has left: nobody will read it.
    """
    asking = asyncio.current_task()
    has_left = False

    async def watch() -> None:
        nonlocal has_left
        while (await request.receive())["type"] != "http.disconnect":
            pass
        has_left = True
        if asking:
            asking.cancel()

    # The work itself needs no task of its own, which would cost as much as this one.
    watching = asyncio.create_task(watch())
    try:
        return await work
    except asyncio.CancelledError:
        if has_left:
            raise Refused(_CLIENT_LEFT, "client_left", "the client has left") from None
        raise
    finally:
        watching.cancel()
        if has_left and asking:
            # Whoever else cancels, as a timeout does, counts on it.
            asking.uncancel()


async def keep_feedback(request: Request, caller: Caller, given: Feedback) -> Response:
    """Keep what a person thought of an answer; said again, it replaces what was said before.

    Raises:
        Refused: If there is no such answer of the caller's.
    """
    parts = parts_of(request)
    known = await asyncio.to_thread(
        parts.feedback.give, given.answer_id, owner=caller.owner, useful=given.useful, why=given.why
    )
    if not known:
        raise Refused(404, "answer_not_found", "there is no such answer, or it has been forgotten")
    parts.metrics.feedback.labels(str(given.useful).lower()).inc()
    return Response(status_code=204)


def event(name: str | None, data: dict[str, Any]) -> bytes:
    """Return a server-sent event; without a name it is a `message`."""
    told = encoded(data)
    # JSON has no line breaks, at which a value would have to be divided; but clients, such as those in Python, may take
    # these for some, which stand only inside of strings.
    for line_break, escape in _LINE_BREAKS.items():
        told = told.replace(line_break, escape)
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + told + b"\n\n"


def policy_seen(snapshot: Snapshot, caller: Caller, policy_id: str) -> Policy:
    """Return a policy that the caller may see.

    Raises:
        Refused: If there is none of this id, or it is not for this caller: nothing tells the two apart.
    """
    try:
        return snapshot.view(caller.scope).policy(policy_id)
    except QuestionError:
        told = "there is no such policy: GET /v1/policies has those there are"
        raise Refused(404, "policy_not_found", told) from None


def link(request: Request, policy: Policy, clause_id: str = "") -> str:
    """Return the permalink of a policy or of a clause of it."""
    access = parts_of(request).access
    return permalink(policy, clause_id, signature=access.keys.signature(policy.id) if access.wants_keys else "")
