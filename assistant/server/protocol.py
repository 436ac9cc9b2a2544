"""HTTP/1.1 as httptools reads it, which takes a fraction of the time that a parser in Python does.

It has no limits of its own: what is not a body ends here, and so does who is connected and sends no request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

_MOST_BYTES = 16 * 1_024
HEAD_S = 20.0
"""How long a client may take to send the head of a request, in seconds."""


class Protocol(HttpToolsProtocol):
    """A connection, whose requests have a limited number of bytes beside their bodies, and a limited time to come.

    Lines, headers and trailers count, and what holds chunks together. The application limits the bodies, and how long
    they take.
    """

    _beside_bodies = 0
    _waiting_for_head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to read a request, of which there may have been some before."""
        self._wait_for_head()
        super().on_message_begin()

    def data_received(self, data: bytes) -> None:
        """Read what has come."""
        self._beside_bodies += len(data)
        super().data_received(data)
        if self._beside_bodies > _MOST_BYTES and not self.transport.is_closing():
            message = "Invalid HTTP request received."
            self.logger.warning(message)
            if self.cycle and not self.cycle.response_complete:
                self.transport.close()
            else:
                self.send_400_response(message)

    def on_headers_complete(self) -> None:
        """Begin to answer: a head that came as a whole is not too long."""
        self._stop_waiting()
        self._beside_bodies = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request."""
        self._beside_bodies = 0
        super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._beside_bodies = max(0, self._beside_bodies - len(body))
        super().on_body(body)

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._waiting_for_head = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting_for_head:
            self._waiting_for_head.cancel()
            self._waiting_for_head = None
