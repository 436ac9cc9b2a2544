"""What the browser tests share: a service that says what it is told to, pages with the widget on them, the web page."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest

from tests.conftest import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

    NewPage = Callable[..., Page]
    """Opens a page, as `new_page` does."""

STATIC = Path(__file__).parent.parent / "assistant/server/static"

TEXT = "第一条 总则。😀我们收集您的手机号、地址，用于配送。保存期限为三年。"
QUOTE = "我们收集您的手机号、地址，用于配送。"
START = 1000
_TYPES = {"js": "text/javascript", "css": "text/css"}

Json = dict[str, Any]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The widget's own elements; whatever else is in its shadow came out of somebody's text.
TAGS = re.findall(
    r"\w+",
    "a blockquote button details dialog div fieldset form h2 h3 h4 i input label legend li mark nav ol p path q "
    "section span strong summary svg textarea ul",
)
XSS = [
    line.replace("\\n", "\n").replace("\\t", "\t") for line in (FIXTURES / "xss.txt").read_text("utf-8").splitlines()
]
WATCH = """
window.ran = []; window.violations = [];
window.pwn = () => window.ran.push("pwn");
for (const name of ["alert", "confirm", "prompt", "open", "print"]) window[name] = () => { window.ran.push(name); };
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""

# What is so once a page can be used: one with the widget, the web page.
WIDGET = "typeof window.PolicyAssistant?.ask === 'function'"
CHAT = (
    "document.querySelector('.pa-box textarea') !== null && document.querySelector('.pa-text')?.childElementCount > 0"
)

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}


def chromium() -> str:
    """Return where the browser is."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.fail(
            f"no browser: install chromium, so that one of {', '.join(NAMES)} is on PATH, or name it in CHROMIUM"
        )
    return found


def citation(marker: int = 1, **changed: Any) -> Json:
    """A citation of `TEXT`, which begins at `START` of its policy."""
    start = START + TEXT.index(QUOTE)
    return {
        "marker": marker,
        "policy_id": "shop",
        "policy_title": "某店隐私政策",
        "version": "2026-01-01",
        "clause_id": "1.1",
        "reference": "一（一） › 收集",
        "quote": QUOTE,
        "start": start,
        "end": start + len(QUOTE),
        "translation": "We collect your phone number and address in order to deliver.",
        "permalink": "policies/shop?version=2026-01-01#c-1.1",
        **changed,
    }


def clause(**changed: Any) -> Json:
    """The clause that is `TEXT`."""
    return {
        "index_version": "v1",
        "policy_id": "shop",
        "policy_title": "某店隐私政策",
        "version": "2026-01-01",
        "clause_id": "1.1",
        "label": "（一）",
        "title": "收集",
        "kind": "heading",
        "reference": "一（一） › 收集",
        "start": START,
        "body_end": START + len(TEXT),
        "end": START + len(TEXT),
        "text": TEXT,
        "translation": None,
        "path": [{"clause_id": "1", "name": "一、我们怎样收集"}],
        "previous": {"clause_id": "1", "reference": "一", "text": "一、我们怎样收集"},
        "next": {"clause_id": "1.2", "reference": "一（二）", "text": "（二）我们怎样使用"},
        "children": [],
        "permalink": "policies/shop?version=2026-01-01#c-1.1",
        **changed,
    }


class Service:
    """A service as docs/http.md has it, whose answers a test decides on; it notes what it was asked."""

    def __init__(self) -> None:
        self.sentences: Callable[[str], list[str]] = lambda question: ["相关原文：\n", f"• “{QUOTE}” [1]"]
        self.citations: Callable[[str], list[Json]] = lambda question: [citation()]
        self.done: Callable[[str], Json] = lambda question: {"query": question}
        self.clauses: dict[str, Json] = {"1.1": clause()}
        self.policies: list[Json] = [
            {"policy_id": "shop", "title": "某店隐私政策", "company": "某店", "contact": "400-000-0000"}
        ]
        self.most_chars = 2_000
        """The longest question, as the service says."""
        self.lets_in = "*"
        """The origin whose pages may read its responses."""
        self.refusals: dict[str, tuple[int, Json, dict[str, str]]] = {}
        """Status, error and headers by path; for as long as it stands here."""
        self.error: Json | None = None
        """Error after the sentences, in the stream."""
        self.is_cut_off = False
        self.is_silent = False
        """While it is, a stream that waits sends nothing at all."""
        self.go_on = threading.Event()
        """While it is clear, a stream waits after its first sentence."""
        self.go_on.set()
        self.requests: list[tuple[str, str, Any, dict[str, str]]] = []
        self.wanted_token = ""
        self.refused: Callable[[], Json] = lambda: {"code": "token_expired", "message": "too old", "request_id": "r1"}
        """The error for another token than the wanted one."""
        self.tokens = 0
        self.left = threading.Event()
        """Set once a client has gone before the end of its stream."""

    def asked(self, path: str) -> list[Any]:
        """Return the bodies of the requests to a path."""
        return [body for _, called, body, _ in self.requests if called == path]

    def respond(self, handler: _Handler, path: str, body: Any) -> None:
        """Answer one request."""
        name = path.removeprefix("/")
        if name in ("widget.js", "widget.css"):
            handler.send(200, (STATIC / name).read_bytes(), {"Content-Type": _TYPES[name.rsplit(".")[-1]]})
        elif path in self.refusals:
            status, error, headers = self.refusals[path]
            handler.send_json(status, {"error": error}, headers)
        elif path == "/v1/tokens":
            self.tokens += 1
            self.wanted_token = f"pat_{self.tokens}"
            handler.send_json(201, {"token": self.wanted_token, "expires_in_s": 900})
        elif self.wanted_token and handler.headers["Authorization"] != f"Bearer {self.wanted_token}":
            handler.send_json(401, {"error": self.refused()})
        elif path == "/v1/chat":
            self._chat(handler, body["question"])
        elif path == "/v1/policies":
            handler.send_json(
                200, {"index_version": "v1", "policies": self.policies, "max_question_chars": self.most_chars}
            )
        elif "/clauses/" in path:
            found = self.clauses.get(unquote(path.rsplit("/", 1)[1]))
            gone = {"error": {"code": "clause_not_found", "message": "", "request_id": "r2"}}
            handler.send_json(200 if found else 404, found or gone)
        else:
            handler.send(204, b"", {})

    def _chat(self, handler: _Handler, question: str) -> None:
        handler.begin({"Content-Type": "text/event-stream"})
        shared = {"answer_id": f"ans_{len(self.asked('/v1/chat'))}", "session_id": "ses_1", "index_version": "v1"}
        try:
            handler.event("meta", {**shared, "request_id": "r3"})
            for sentence in self.sentences(question):
                handler.event("sentence", {"text": sentence})
                while not self.go_on.wait(0.05):
                    handler.write(b"" if self.is_silent else b": waiting\n\n")
            if self.error:
                handler.event("error", {"error": self.error})
            elif not self.is_cut_off:
                handler.event("citations", {"citations": self.citations(question)})
                said: Json = {"question": question, "language": "zh", "abstained": None, "hits": [], "latency_ms": 1.0}
                handler.event("done", shared | said | self.done(question))
        except ConnectionError:
            self.left.set()


class Pages:
    """Pages of a site of its own, by path: the page and its headers."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.scripts: dict[str, str] = {}
        self.tokens: Callable[[], Json] = dict

    def respond(self, handler: _Handler, path: str, body: Any) -> None:
        """Answer one request."""
        if path in self.pages:
            html, headers = self.pages[path]
            handler.send(200, html.encode(), {"Content-Type": "text/html; charset=utf-8", **headers})
        elif path in self.scripts:
            handler.send(200, self.scripts[path].encode(), {"Content-Type": "text/javascript"})
        elif path == "/token":
            handler.send_json(201, self.tokens())
        else:
            handler.send(404, b"", {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    app: Any

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _handle(self) -> None:
        path = urlsplit(self.path).path
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(sent) if sent else None
        if self.command == "OPTIONS":
            self.send(204, b"", {})
            return
        if hasattr(self.app, "requests"):
            self.app.requests.append((self.command, path, body, dict(self.headers)))
        self.app.respond(self, path, body)

    do_GET = do_POST = do_DELETE = do_OPTIONS = _handle  # noqa: N815 - the library's names

    def send_json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def begin(self, headers: dict[str, str]) -> None:
        self.close_connection = True
        self._head(200, {**headers, "Connection": "close"})

    def event(self, name: str, data: Json) -> None:
        self.write(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace"))

    def write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        shared = {
            "Access-Control-Allow-Origin": getattr(self.app, "lets_in", "*"),
            "Access-Control-Allow-Methods": "GET, POST, DELETE",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Expose-Headers": "Retry-After",
        }
        for header, value in {**shared, **headers}.items():
            self.send_header(header, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


class _Server(ThreadingHTTPServer):
    """Once it is closed it answers nothing more, also where a browser has kept a connection open."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def served(app: Service | Pages, port: int = 0) -> Iterator[str]:
    """Serve an application on 127.0.0.1; yields its address."""
    handler = type("Handler", (_Handler,), {"app": app})
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def strict_csp(service: str) -> str:
    """The least that a page has to allow for the widget: its script, and asking the service."""
    return (
        f"default-src 'none'; script-src 'self' {service}; connect-src 'self' {service}; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def host_page(service: str, *, lang: str = "zh", body: str = "", head: str = "", **settings: str) -> str:
    """A page with the widget; settings are its `data-*`, with `_` for `-`."""
    data = "".join(f' data-{name.replace("_", "-")}="{escape(value)}"' for name, value in settings.items())
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A shop</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'{head}</head><body><header>A shop</header><main><h1>A shop</h1><button id="before">Buy</button>'
        f"{body}</main><footer>A shop</footer>"
        f'<script src="{service}/widget.js" defer{data}></script></body></html>'
    )


@contextmanager
def web_page(folder: Path, **settings: str) -> Iterator[str]:
    """Serve the web page as a user does, by `policy-assistant ui`; yields its address.

    Args:
        folder: Where it keeps what it must keep.
        settings: Settings by name, such as `corpus`.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {
        "server_data": str(folder),
        "policies_dir": str(folder / "policies"),
        "server_rate": "none",
        **settings,
    }
    environment = os.environ | {f"ASSISTANT_{name.upper()}": value for name, value in given.items()}
    command = [sys.executable, "-m", "assistant.cli", "ui", "--port", str(port)]
    log = (folder / "log.txt").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        # The first one builds the index, which takes a while on a busy machine.
        end = time.monotonic() + 300
        while not _is_ready(f"{address}/readyz"):
            said = (folder / "log.txt").read_text("utf-8", "replace")
            assert process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.2)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def _is_ready(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


# --- The browser ---------------------------------------------------------------------------


# For a module, not the session: two modules that both have the fixture would open two at once, which cannot be.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Whatever tries to reach another machine finds none.
        closed = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        opened = playwright.chromium.launch(executable_path=chromium(), args=[closed])
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens pages, on which nothing may run, leave or break."""
    contexts, requests, faults = [], [], []

    def make(url: str, *, script: str = "", ready: str = WIDGET, **options: Any) -> Page:
        context = browser.new_context(**({**DESKTOP, "locale": "en-GB", "reduced_motion": "reduce"} | options))
        contexts.append(context)
        context.set_default_timeout(20_000)
        context.add_init_script(WATCH + script)
        page = context.new_page()
        context.on("request", lambda request: requests.append(request.url))
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on("dialog", lambda dialog: faults.append(dialog.message))
        page.goto(url)
        wait(page, ready)
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.ran ?? []") == []
            assert page.evaluate("window.violations ?? []") == []
        context.close()
    assert faults == []
    assert [url for url in requests if not re.match(r"(http://127\.0\.0\.1:\d+/|data:,$)", url)] == []


def wait(page: Page, expression: str) -> None:
    """Wait until something is so; the page's own policy forbids what the library has for it."""
    end = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(30)


def shadow(expression: str) -> str:
    """Return an expression about the widget's shadow, `root`."""
    return f"((root) => {expression})(document.getElementById('policy-assistant').shadowRoot)"


def launcher(page: Page) -> Locator:
    return page.locator("#policy-assistant .launcher")


def question_box(page: Page) -> Locator:
    return page.locator("#policy-assistant .box textarea")


def ask(page: Page, question: str) -> Locator:
    """Ask as a person does; return the turn, once it is over."""
    if not page.evaluate("PolicyAssistant.isOpen"):
        launcher(page).click()
    question_box(page).fill(question)
    question_box(page).press("Enter")
    turn = page.locator("#policy-assistant .turn").last
    over(page)
    return turn


def over(page: Page) -> None:
    """Wait until nothing is being answered."""
    page.locator("#policy-assistant .log[aria-busy='false']").wait_for()


def active(page: Page) -> str:
    """Return what has the focus in the widget: its name, or else its class."""
    name: str = page.evaluate(
        """() => { const element = document.getElementById("policy-assistant")?.shadowRoot.activeElement;
        return element ? element.getAttribute("aria-label") ?? (element.textContent || element.className) : ""; }"""
    )
    return name


def status(page: Page) -> str:
    """Return what was read out last, once something was."""
    wait(page, shadow("root.querySelector('[role=status]').textContent !== ''"))
    return page.locator("#policy-assistant [role=status]").text_content() or ""


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page."""
    from axe_playwright_python.sync_playwright import Axe

    # Best practices are for whole pages; the widget is a guest on one.
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=options).response
    assert found["passes"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def foreign(page: Page) -> list[str]:
    """Return the elements and attributes of the widget that can only have come out of a text."""
    found: list[str] = page.locator("#policy-assistant").evaluate(
        """(host, tags) => [...host.shadowRoot.querySelectorAll("*")].flatMap((element) => [
          ...(tags.includes(element.localName) ? [] : [element.outerHTML]),
          ...[...element.attributes].map(({ name }) => name).filter((name) => /^on|^style$|^src/.test(name) &&
            !(name === "style" && element.matches(".frame, textarea"))),
          ...(element.href !== undefined && !/^(https?|tel|mailto):/.test(element.href) ? [element.href] : []),
        ])""",
        TAGS,
    )
    return found
