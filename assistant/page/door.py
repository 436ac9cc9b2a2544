"""The door of the web page: who may come in, and what the browser is told to keep out.

It stands before everything that the page's process serves. With a password, nothing is served without a session
but what keys guard; without one, only this machine's own names are answered, so that no other site's page can
read it by a name that leads here.
"""

from __future__ import annotations

import hmac
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.errors import ServiceError
from assistant.page.shared import said, shown
from assistant.server.hosts import host_name, is_this_machine, network_of
from assistant.server.pages import reader_language

if TYPE_CHECKING:
    from pydantic import SecretStr
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from assistant.server.access import Access
    from assistant.text import Language

_log = logging.getLogger(__name__)
COOKIE = "policy-assistant-session"
LANGUAGE_COOKIE = "policy-assistant-language"
SESSION_S = 12 * 3_600
"""How long who came in may stay, in seconds."""

_OPEN = ("/login", "/page/style.css", "/manifest.json", "/favicon.ico", "/healthz", "/readyz")
# Guarded by keys or signatures, once there are any.
_KEYED = ("/v1/", "/policies/", "/static/", "/widget.", "/demo")
_PAGES = ("/zh", "/en", "/page/", "/login", "/logout")
_WHOLE_PAGES = ("/zh/", "/en/")
_LOCALES = {"/zh/": "zh-CN", "/en/": "en"}
"""What Gradio calls the languages of the pages."""
_MOST_TRIES = "10/minute"
_MOST_LOGIN_BYTES = 4_096

# The page's own scripts run, those that Gradio writes into it too, and nothing is fetched from elsewhere or sent there.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; frame-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""On every response of the page that does not set its own."""


class Door:
    """Lets in who may see the page.

    Args:
        app: What is behind it.
        access: Says whether keys are wanted, and signs sessions.
        password: What the page asks for; None for nothing.
        own_names_only: Whether only this machine's own names are answered, where there is no password.
        early: The header `Link` of the page, so that the browser fetches what it will need before it knows.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        password: SecretStr | None = None,
        own_names_only: bool = True,
        early: str = "",
    ) -> None:
        self.app = app
        self._access = access
        self._password = password.get_secret_value() if password else ""
        self._own_names_only = own_names_only and not password
        self._early = early
        self._tries = _Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = _path(scope)
        try:
            refused = self._refusal(scope, path)
            if refused is None and self._password and path in ("/login", "/logout"):
                refused = await self._session(Request(scope, receive), path)
        except ServiceError as error:
            _log.error("who is let in cannot be looked up", extra={"problem": str(error)})
            refused = _plain(503, "the page cannot be opened for now: try again")
        is_page = path == "/" or path.startswith(_PAGES)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and (is_page or refused):
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if self._early and path in _WHOLE_PAGES:
                    headers.append("Link", self._early)
            await send(message)

        await (refused or self.app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, path: str) -> Response | None:
        """Return why a request is not let in; None if it is."""
        headers = Headers(scope=scope)
        if self._own_names_only and not is_this_machine(host_name(headers.get("host", ""))):
            return _plain(403, "this name does not lead here: open the page as http://127.0.0.1, or give it a password")
        is_page = path == "/" or path.startswith(_PAGES)
        if is_page and scope["method"] not in ("GET", "HEAD", "OPTIONS") and not _is_own(headers):
            return _plain(403, "another site's page may not use this one")
        if not self._password or self._is_open(path) or self._has_session(Request(scope)):
            return None
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            wanted = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            return RedirectResponse(f"{scope.get('root_path', '')}/login?next={quote(wanted, safe='')}", 303)
        return _plain(401, "sign in first: open the page")

    def _is_open(self, path: str) -> bool:
        return path in (*_OPEN, "/logout") or (path.startswith(_KEYED) and self._access.wants_keys)

    # --- Sessions ------------------------------------------------------------------------

    def _has_session(self, request: Request) -> bool:
        from itsdangerous import BadData

        try:
            self._signer().unsign(request.cookies.get(COOKIE, ""), max_age=SESSION_S)
        except BadData:
            return False
        return True

    def _signer(self) -> Any:
        # A new password ends every session.
        digest = hmac.digest(b"policy-assistant", self._password.encode("utf-8", "surrogatepass"), "sha256").hex()
        return self._access.keys.clock(f"page {digest}")

    async def _session(self, request: Request, path: str) -> Response:
        root = request.scope.get("root_path", "")
        if path == "/logout":
            response: Response = RedirectResponse(f"{root}/login", 303)
            response.delete_cookie(COOKIE, path=f"{root}/")
            return response
        language = preferred(request)
        wanted = _inside(request.query_params.get("next", ""))
        if request.method != "POST":
            return _login(language)
        if not self._tries.one_more(network_of(request)):
            return _login(language, "shell.login_wait", status=429)
        given = _password_in(await _body(request))
        # In a time that does not depend on what is right about it.
        if not hmac.compare_digest(_bytes(given), _bytes(self._password)):
            return _login(language, "shell.login_wrong", status=401)
        response = RedirectResponse(f"{root}{wanted}", 303)
        response.set_cookie(
            COOKIE,
            self._signer().sign("in").decode(),
            max_age=SESSION_S,
            path=f"{root}/",
            secure=request.url.scheme == "https",
            httponly=True,
            # Not strict: a link to a clause in a ticket is to open it.
            samesite="lax",
        )
        return response


class _Tries:
    """Counts how often a client, by its network, has tried to come in of late."""

    def __init__(self) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import FixedWindowRateLimiter

        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._most = parse(_MOST_TRIES)

    def one_more(self, network: str) -> bool:
        """Count one, and say whether it is not too many."""
        return bool(self._limiter.hit(self._most, "login", network))


def preferred(request: Request) -> Language:
    """Return the language that a browser wants the page in: as chosen before, else as it says; Chinese by default."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in ("zh", "en"):
        return "en" if chosen == "en" else "zh"
    return reader_language(request.headers.get("accept-language", ""), "zh")


def _login(language: Language, problem: str = "", *, status: int = 200) -> Response:
    def say(key: str) -> str:
        return shown(said(f"shell.{key}", language))

    told = f'<p class="pa-problem" role="alert">{shown(said(problem, language))}</p>' if problem else ""
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{say("login_title")} · {say("title")}</title><link rel="stylesheet" href="page/style.css"></head>'
        f'<body class="pa-login"><main><h1>{say("title")}</h1><p>{say("login_lead")}</p>{told}'
        f'<form method="post"><label for="password">{say("login_password")}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>'
        f"<button>{say('login_go')}</button></form></main></body></html>",
        status,
        headers={"Cache-Control": "no-store"},
    )


async def _body(request: Request) -> str:
    taken = b""
    async for part in request.stream():
        taken += part
        if len(taken) > _MOST_LOGIN_BYTES:
            return ""
    return taken.decode("utf-8", "replace")


def _password_in(form: str) -> str:
    """Return the password that a form brings; empty if it is not the form of the page."""
    try:
        return parse_qs(form, max_num_fields=_MOST_FIELDS).get("password", [""])[0]
    except ValueError:
        return ""


_MOST_FIELDS = 8
_CODES = {401: "unauthorized", 403: "forbidden", 503: "unavailable"}


def _plain(status: int, message: str) -> Response:
    body = json.dumps({"error": {"code": _CODES[status], "message": message}})
    return Response(body, status, media_type="application/json", headers={"Cache-Control": "no-store"})


class InLanguage:
    """Has Gradio's own words, such as those of an upload box, in the page's language instead of the browser's.

    Gradio asks the browser for its language before any script of the page has run: what it is told has to stand at
    the beginning of the page that is served.

    Args:
        app: What serves the page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        locale = _LOCALES.get(_path(scope)) if scope["type"] == "http" and scope["method"] == "GET" else None
        if locale is None:
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def send_whole(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            told = f'<script>Object.defineProperty(navigator, "language", {{ value: "{locale}" }});</script>'
            body = body.replace(b"<head>", b"<head>" + told.encode(), 1)
            MutableHeaders(scope=start)["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, send_whole)


def _inside(path: str) -> str:
    """Return where to go on after signing in: nowhere but here."""
    is_here = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_here and not path.startswith(("/login", "/logout")) else "/"


def _path(scope: Scope) -> str:
    path, root = scope["path"], scope.get("root_path", "")
    return path[len(root) :] or "/" if root and path.startswith(f"{root}/") else path


def _is_own(headers: Headers) -> bool:
    """Say whether a request comes from the page itself, or from no page."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host", "")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
