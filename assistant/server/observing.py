"""What an operator sees: logs in JSON, metrics for Prometheus, traces for OpenTelemetry.

None of them has a word of what people ask: routes stand in for addresses, counts for questions. The one exception is
the setting `server_log_questions`, and then questions are redacted.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
import traceback
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders

from assistant.errors import ServiceError, SessionError
from assistant.server.redaction import redacted
from assistant.server.wire import Json, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from prometheus_client import CollectorRegistry
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.settings import Settings

_log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNKNOWN_ROUTE = "-"
_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
_ASKING = ("/v1/ask", "/v1/chat", "/v1/search", "/v1/chat/completions")
_QUIET = ("/healthz", "/readyz", "/metrics")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
}
"""On every response that does not set its own."""
_SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class Metrics:
    """What is counted. Labels are routes, statuses and kinds: never text, keys or addresses."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        name, of = "policy_assistant_{}".format, self.registry
        self.requests = Counter(name("requests"), "Requests", ("method", "route", "status"), registry=of)
        self.seconds = Histogram(name("request_seconds"), "Time until a response ended", ("route",), registry=of)
        self.answers = Counter(name("answers"), "Answers by outcome", ("outcome", "language"), registry=of)
        self.cached = Counter(name("answers_from_cache"), "Answers to repeated questions", registry=of)
        self.feedback = Counter(name("feedback"), "Feedback", ("useful",), registry=of)
        self.reloads = Counter(name("index_reloads"), "Replacements of the index", ("outcome",), registry=of)
        self.work_seconds = Histogram(name("work_seconds"), "Time that a thread worked on a request", registry=of)
        self.busy = Gauge(name("threads_busy"), "Threads at work", multiprocess_mode="livesum", registry=of)
        self.waiting = Gauge(name("questions_waiting"), "Questions that wait", multiprocess_mode="livesum", registry=of)

    def exposition(self) -> tuple[bytes, str]:
        """Return the figures of this process, or of all workers together, with their content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry: CollectorRegistry = self.registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST


class Observed:
    """Middleware around everything: ids, times, logs, metrics, traces, headers, limits, and the last resort.

    Args:
        app: The application.
        settings: Options.
        metrics: What is counted.
        check_room: Raises `Refused` if no further question can be taken in.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, metrics: Metrics, check_room: Callable[[], None]) -> None:
        self.app = app
        self._check_room = check_room
        self._settings = settings
        self._metrics = metrics
        self._tracer = _tracer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, started=time.perf_counter())
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                out = MutableHeaders(scope=message)
                out["X-Request-ID"] = request_id
                known = {name for name, _ in out.raw}
                out.raw.extend(header for header in _SECURITY_HEADERS if header[0] not in known)
            await send(message)

        with self._span(scope, headers, request_id) as span:
            refused, facts = await self._served(scope, self._limited(headers, receive), send_with_headers)
            if refused and not status:
                response = Json(refused.as_json(request_id), refused.status_code, refused.headers)
                await response(scope, receive, send_with_headers)
            elif refused:
                facts["cut_off"] = refused.code
            route = getattr(scope.get("route"), "path", scope["path"] if scope["path"] in _ASKING else _UNKNOWN_ROUTE)
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", status)
        spent = time.perf_counter() - started
        # Anybody may invent methods, and each would be a series of its own.
        method = scope["method"] if scope["method"] in _METHODS else "-"
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.seconds.labels(route).observe(spent)
        quiet = route in _QUIET or (refused and refused.code == "overloaded")
        level = logging.ERROR if "error" in facts else logging.DEBUG if quiet else logging.INFO
        said = {"request_id": request_id, "method": method, "route": route, "status": status}
        _log.log(
            level, "request", extra=said | {"ms": round(1000 * spent, 1)} | scope["state"].get("facts", {}) | facts
        )

    async def _served(self, scope: Scope, receive: Receive, send: Send) -> tuple[Refused | None, dict[str, Any]]:
        """Serve a request, and return why it could not be, with what the log is to say of it."""
        try:
            if scope["path"] in _ASKING:
                # Before anything is read: who is sent away is to cost next to nothing.
                self._check_room()
            async with asyncio.timeout(self._settings.server_timeout_s + _SLOW_CLIENT_S):
                await self.app(scope, receive, send)
        except Refused as error:
            return error, {}
        except TimeoutError:
            return Refused(504, "timeout", "the request took too long"), {}
        # Whatever it is, the client gets an error of the usual shape, and the log what is needed to find it.
        except Exception as error:  # noqa: BLE001
            message = "a fault of the service: its log has more under the request_id"
            return Refused(500, "internal", message), self._fault(error)
        return None, {}

    def _limited(self, headers: Headers, receive: Receive) -> Receive:
        """Return `receive` with an end to how much it takes in.

        FastAPI's own limit answers in plain text.
        """
        limit, taken = self._settings.server_body_bytes, 0
        too_large = Refused(413, "body_too_large", f"the body has more than {limit:,} bytes: send less at once")
        declared = headers.get("content-length", "")

        async def receive_limited() -> Message:
            nonlocal taken
            if declared.isdecimal() and int(declared[:20]) > limit:
                raise too_large
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise too_large
            return message

        return receive_limited

    def _fault(self, error: Exception) -> dict[str, Any]:
        """Return what the log says of an error: where it was, but not its message, which may quote a question."""
        facts = fault_facts(error)
        if isinstance(error, ServiceError | SessionError):
            return facts | {"problem": str(error)}
        return facts | ({"problem": redacted(str(error))} if self._settings.server_log_questions else {})

    @contextmanager
    def _span(self, scope: Scope, headers: Headers, request_id: str) -> Iterator[Any]:
        if self._tracer is None:
            yield _NoSpan()
            return
        from opentelemetry.propagate import extract
        from opentelemetry.trace import ProxyTracer, ProxyTracerProvider, SpanKind, get_tracer_provider

        if isinstance(self._tracer, ProxyTracer) and isinstance(get_tracer_provider(), ProxyTracerProvider):
            # Nobody set up where traces go.
            yield _NoSpan()
            return

        context = extract(dict(headers))
        attributes = {"http.request.method": scope["method"], "request_id": request_id}
        with self._tracer.start_as_current_span(
            f"{scope['method']} policy-assistant", context=context, kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            yield span


def fault_facts(error: BaseException) -> dict[str, Any]:
    """Return what a log may say of any error: its type, and where it was."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return {"error": type(error).__qualname__, "frames": frames[-_MOST_FRAMES:]}


class _NoSpan:
    def set_attribute(self, name: str, value: object) -> None:
        """Do nothing."""


# What a client that reads slowly gets on top of the time for the answer.
_SLOW_CLIENT_S = 10.0
_MOST_FRAMES = 12


def _tracer() -> Any:
    """Return the tracer, which does nothing unless somebody set up where traces go; None without OpenTelemetry."""
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    return trace.get_tracer("policy-assistant")


def configure_tracing() -> None:
    """Send traces to where OpenTelemetry's own variables say, such as `OTEL_EXPORTER_OTLP_ENDPOINT`, if they do."""
    if not any(os.environ.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        _log.warning("no traces: OTEL_EXPORTER_OTLP_ENDPOINT is set, but the extra `traces` is not installed")
        return
    name = os.environ.get("OTEL_SERVICE_NAME", "policy-assistant")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def note(state: Any, **facts: object) -> None:
    """Have the log line of a request say more about it.

    Args:
        state: `request.state`.
        facts: What it says besides; no text of a person's.
    """
    state.facts = getattr(state, "facts", {}) | facts


def configure_logging() -> None:
    """Have everything that is logged in this process written to standard error, one JSON object a line."""
    import structlog

    def no_colours(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.pop("color_message", None)
        return event

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        no_colours,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Neither what an error says nor the variables of its frames: both may hold keys, passwords or texts.
            structlog.processors.ExceptionRenderer(lambda info: fault_facts(info[1])),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    # A library that has set a level for itself says no more than others.
    handler.setLevel(logging.INFO)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
