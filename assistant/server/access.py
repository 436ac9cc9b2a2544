"""Who asks: keys, tokens and origins are checked, and requests counted, before anything else is done."""

from __future__ import annotations

import logging
import math
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from assistant.errors import ServiceError, SettingsError, needs_extra
from assistant.server.hosts import host_name, is_this_machine, network_of
from assistant.server.keys import Key, KeyStore, Presented, origin_of, parsed_rates
from assistant.server.observing import note
from assistant.server.wire import Refused
from assistant.text import shortened, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from assistant.settings import Settings

_log = logging.getLogger(__name__)

OPEN = "-"
"""Owner of what is asked where there are no keys."""

_NO_LIMIT = "none"
_REDIS_S = 1.0
_MEMORY = "memory://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks, as far as it matters."""

    owner: str
    """Whose sessions, answers and feedback these are: the id of a key."""
    scope: frozenset[str] | None
    """Ids of the policies that may be seen; None for all."""
    key: Key | None
    """The key; None where there are none."""
    by_token: bool = False
    """Whether it asks with a browser token of the key."""


class Access:
    """Decides who may ask.

    Args:
        keys: The keys.
        settings: Options.
        use_keys: Whether keys are wanted once there are any; without, whoever reaches the service may ask.

    Raises:
        SettingsError: If a rate, its store or an origin is not written as it should be.
    """

    def __init__(self, keys: KeyStore, settings: Settings, *, use_keys: bool = True) -> None:
        from limits.aio.strategies import SlidingWindowCounterRateLimiter

        self._keys = keys
        self._use_keys = use_keys
        self._origins = frozenset(origin_of(origin) for origin in settings.server_origins or ())
        rates = settings.server_rate
        self._address_rates = () if rates.lower() == _NO_LIMIT else parsed_rates(rates)
        self._redis = _redis_pool(settings)
        self._limiter = SlidingWindowCounterRateLimiter(_storage(self._redis))

    @property
    def keys(self) -> KeyStore:
        """The keys."""
        return self._keys

    @property
    def wants_keys(self) -> bool:
        """Whether a key is wanted."""
        return self._use_keys and self._keys.any

    async def close(self) -> None:
        """Let go of connections and files."""
        self._keys.close()
        if self._redis is not None:
            await self._redis.disconnect()

    def is_allowed_origin(self, origin: str) -> bool:
        """Say whether pages of an origin may read responses."""
        return origin in self._origins or origin in self._keys.origins

    async def admit(self, request: Request, credentials: HTTPAuthorizationCredentials | None) -> Caller:
        """Return who asks.

        Raises:
            Refused: If no good key came along, or too many requests.
        """
        if not self.wants_keys:
            await self.count_address(request)
            return Caller(owner=OPEN, scope=None, key=None)
        found = self._keys.find(credentials.credentials) if credentials else None
        presented = found if isinstance(found, Presented) else None
        # A server asks for many people from one address; so only what anybody may send is counted by it.
        if not presented or presented.origin or presented.key.is_for_browsers:
            await self.count_address(request)
        if found == "expired":
            raise Refused(401, "token_expired", "the browser token is too old: make a new one with POST /v1/tokens")
        if not presented:
            raise Refused(401, "unauthorized", "a key is wanted: send it as Authorization: Bearer …")
        key = presented.key
        note(request.state, key=key.id)
        if presented.origin and not _is_from(request, presented.origin):
            raise Refused(403, "origin_not_allowed", "the browser token is for pages of another origin")
        for rate in parsed_rates(key.rate) if key.rate else ():
            await self._count(rate, "key", key.id)
        scope = None if key.policies is None else frozenset(key.policies)
        return Caller(owner=key.id, scope=scope, key=key, by_token=bool(presented.origin))

    async def count_address(self, request: Request) -> None:
        """Count a request by the address that it comes from.

        Raises:
            Refused: If it is one too many.
        """
        for rate in self._address_rates:
            await self._count(rate, "address", network_of(request))

    async def _count(self, rate: Any, kind: str, whose: str) -> None:
        from limits.errors import StorageError

        try:
            if await self._limiter.hit(rate, kind, whose):
                return
            until = (await self._limiter.get_window_stats(rate, kind, whose)).reset_time
        except StorageError as error:
            # Answers matter more than counts.
            _log.warning("requests are not counted", extra={"problem": type(error.storage_error).__name__})
            return
        wait_s = math.ceil(until - time.time())
        raise Refused(429, "rate_limited", f"more than {rate} with this {kind}: try again later", retry_after_s=wait_s)


class Cors(CORSMiddleware):
    """Lets pages of other origins in by a list that grows with the browser keys.

    Args:
        app: The application.
        access: Knows the list.
    """

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        super().__init__(
            app,
            allow_origins=(),
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "X-Request-ID"),
            expose_headers=("X-Request-ID", "X-Index-Version", "Retry-After"),
            max_age=600,
        )
        self._access = access

    def is_allowed_origin(self, origin: str) -> bool:
        """Say whether pages of this origin may read responses; none if that cannot be looked up."""
        try:
            return self._access.is_allowed_origin(origin)
        except ServiceError:
            # Out here nothing makes a response of it; the request itself tells it.
            return False

    def preflight_response(self, request_headers: Headers) -> Response:
        """Return what a browser wants to know before it sends a request."""
        response = super().preflight_response(request_headers)
        response.headers["X-Request-ID"] = uuid.uuid4().hex
        return response


class OwnNames:
    """Middleware that answers only requests for the names of this service.

    A web page could have its own name lead here, and then read, in a reader's browser, what only the reader's machine
    may ask; but it cannot choose what `Host` says.

    Args:
        app: The application.
        access: Says whether keys are wanted: without one, such a page would read nothing.
        hosts: Names beside this machine's own; None for any, unless only this machine may ask.
        host: Address that it listens on; None if it is not known.
    """

    def __init__(self, app: ASGIApp, *, access: Access, hosts: Sequence[str] | None, host: str | None) -> None:
        self._app = app
        self._access = access
        self._hosts = None if hosts is None else frozenset(name.lower() for name in hosts)
        self._is_local = host is not None and is_this_machine(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http" and (self._hosts is not None or (self._is_local and not self._access.wants_keys)):
            name = host_name(Headers(scope=scope).get("host", ""))
            if not is_this_machine(name) and name not in (self._hosts or ()):
                shown = shortened(visible(name), 100)
                told = f"{shown!r} is no name of this service: if it is meant to be, set ASSISTANT_SERVER_HOSTS={shown}"
                raise Refused(421, "host_not_allowed", told)
        await self._app(scope, receive, send)


_BEARER = HTTPBearer(
    auto_error=False,
    description="A server key, `pak_…`, or a browser token, `pat_…`. Not wanted where there are no keys.",
)


async def anyone(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    """Return who asks, whatever the key is for."""
    caller: Caller = await request.app.state.access.admit(request, credentials)
    return caller


async def counted(request: Request) -> None:
    """Count a request that needs no key by its address."""
    await request.app.state.access.count_address(request)


async def asker(caller: Annotated[Caller, Depends(anyone)]) -> Caller:
    """Return who asks, with a key or token that may ask."""
    if caller.key and caller.key.is_for_browsers and not caller.by_token:
        raise Refused(403, "forbidden", "a browser key only makes tokens: ask with one of POST /v1/tokens")
    return caller


Asker = Annotated[Caller, Depends(asker)]
"""What a route takes that is for whoever may ask."""


def key_for_token(request: Request, caller: Caller, wanted: str | None) -> tuple[Key, str]:
    """Return the key that a token is to be made with, and the origin that it is for.

    Raises:
        Refused: If the caller may not make one for it.
    """
    if caller.key is None:
        raise Refused(404, "no_keys", "the service has no keys: ask without a token")
    if caller.by_token:
        raise Refused(403, "forbidden", "a token makes no tokens: use the key")
    own = request.headers.get("origin", "")
    if not wanted and not own:
        raise Refused(422, "invalid_request", "origin: say for which pages, such as https://app.example")
    try:
        origin = origin_of(wanted or own)
    except SettingsError as error:
        raise Refused(422, "invalid_request", f"origin: {error}") from None
    if caller.key.is_for_browsers and (origin not in caller.key.origins or own != origin):
        raise Refused(403, "origin_not_allowed", "the key is for pages of another origin")
    return caller.key, origin


def _is_from(request: Request, origin: str) -> bool:
    """Say whether a page of this origin sent the request."""
    sent = request.headers.get("origin")
    if sent is not None:
        return sent == origin
    # Browsers name no origin where a page reads from its own; but then they say that it does.
    own = request.headers.get("host", "")
    return request.headers.get("sec-fetch-site") == "same-origin" and urlsplit(origin).netloc == own


def _redis_pool(settings: Settings) -> Any:
    """Return connections to where requests are counted; None if that is in memory.

    Raises:
        SettingsError: If the extra is not installed, or the address is none.
    """
    uri = settings.server_rate_store.get_secret_value() if settings.server_rate_store else _MEMORY
    if uri == _MEMORY:
        return None
    # The address may hold a password: it is not shown.
    try:
        from redis.asyncio import ConnectionPool

        return ConnectionPool.from_url(uri, socket_timeout=_REDIS_S, socket_connect_timeout=_REDIS_S)
    except ImportError:
        raise SettingsError(needs_extra("counting requests in Redis", "redis")) from None
    except ValueError:
        raise SettingsError(
            "setting server_rate_store is no address: write memory://, redis://HOST:PORT, rediss:// or unix://"
        ) from None


def _storage(pool: Any) -> Any:
    from limits.storage import storage_from_string

    if pool is None:
        return storage_from_string(f"async+{_MEMORY}")
    return storage_from_string("async+redis://", wrap_exceptions=True, implementation="redispy", connection_pool=pool)
