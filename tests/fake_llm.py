"""A server on this machine that speaks OpenAI's chat protocol, and misbehaves on command.

Nothing is mocked on the client's side: requests go through llama-index, the OpenAI client, httpx and a socket.
"""

from __future__ import annotations

import json
import re
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

Act = Callable[["Reply"], None]
"""What the server does with a request."""


@dataclass
class Request:
    """A request as it came in."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        return str(self.body["messages"][1]["content"])

    @property
    def clauses(self) -> list[str]:
        """Texts of the clauses, in order."""
        return re.findall(r"=== clause \d+ \w+\n.*?\n---\n(.*?)\n=== end of clause", self.user, re.DOTALL)

    def number_of(self, words: str) -> int:
        """Number of the first clause that holds `words`."""
        return next(number for number, text in enumerate(self.clauses, 1) if words in text)


@dataclass
class FakeLLM:
    """The server."""

    url: str
    act: Act
    requests: list[Request] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set once a client has closed its connection before the reply was complete."""


class Reply:
    """One request, and the means to answer it well or badly."""

    def __init__(self, request: Request, handler: BaseHTTPRequestHandler, server: FakeLLM) -> None:
        self.request = request
        self._handler = handler
        self._server = server
        self._begun = False

    def say(self, text: str, *, pieces: int = 4) -> None:
        """Answer with a message, streamed if that was asked for."""
        if not self.request.body.get("stream"):
            message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            self.raw(
                json.dumps({"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [message]})
            )
            return
        size = max(len(text) // pieces, 1)
        for start in range(0, len(text), size):
            self.piece(text[start : start + size])
        self.end()

    def claims(self, *claims: dict[str, Any]) -> None:
        """Answer with claims, in the form that was asked for."""
        if "response_format" in self.request.body:
            self.say(json.dumps({"claims": claims}, ensure_ascii=False))
        else:
            self.say("\n".join(json.dumps(claim, ensure_ascii=False) for claim in claims))

    def claim(self, words: str, quote: str, statement: str = "") -> None:
        """Answer with one claim about the clause that holds `words`."""
        self.claims({"clause": self.request.number_of(words), "quote": quote, "statement": statement})

    def piece(self, text: str) -> None:
        """Send one piece of a streamed message."""
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        self.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())

    def end(self) -> None:
        self.write(b"data: [DONE]\n\n")

    def write(self, data: bytes, content_type: str = "text/event-stream") -> None:
        """Send bytes of a reply that ends when the connection does."""
        if not self._begun:
            self.head(200, {"Content-Type": content_type, "Connection": "close"})
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def head(self, status: int, headers: dict[str, str]) -> None:
        self._begun = True
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def raw(self, body: str, status: int = 200, content_type: str = "application/json", **headers: str) -> None:
        """Send a whole reply."""
        data = body.encode()
        self.head(status, {"Content-Type": content_type, "Content-Length": str(len(data)), **headers})
        self._handler.wfile.write(data)

    def fail(self, status: int, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.raw('{"error": {"message": "no", "type": "t", "code": "c"}}', status, **named)

    def reset(self) -> None:
        """Cut the connection off."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.connection.close()

    def wait_until_hung_up(self, most_s: float = 10.0) -> None:
        """Say nothing more until the client closes the connection."""
        self._handler.connection.settimeout(most_s)
        with suppress(OSError):
            if not self._handler.connection.recv(1):
                self._server.hung_up.set()
                return
            self._server.hung_up.set()

    def trickle(self, text: str, every_s: float) -> None:
        """Send a streamed message a byte at a time, until the client closes the connection."""
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
        try:
            for byte in f"data: {json.dumps(event)}\n\n".encode():
                self.write(bytes([byte]))
                time.sleep(every_s)
        except OSError:
            self._server.hung_up.set()


@contextmanager
def serving(act: Act) -> Iterator[FakeLLM]:
    """Run the server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request = Request(headers={name.lower(): value for name, value in self.headers.items()}, body=body)
            fake.requests.append(request)
            self.close_connection = True
            try:
                fake.act(Reply(request, self, fake))
            except OSError:
                fake.hung_up.set()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of connections that were cut off."""

    with Server(("127.0.0.1", 0), Handler) as server:
        fake = FakeLLM(url=f"http://127.0.0.1:{server.server_address[1]}/v1", act=act)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
