"""HTTP/1.1 as httptools reads it, which takes a fraction of the time that a parser in Python does.

It has no limits of its own: what is not a body ends here.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_BYTES = 16 * 1_024


class Protocol(HttpToolsProtocol):
    """A connection, whose requests have a limited number of bytes beside their bodies.

    Lines, headers and trailers count, and what holds chunks together. The application limits the bodies.
    """

    _beside_bodies = 0

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
