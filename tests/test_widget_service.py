"""The widget over the real service and its bundled policy, on the demo page and on a strict page of another origin."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests import browsing
from tests.browsing import (
    PHONE,
    XSS,
    Pages,
    active,
    ask,
    foreign,
    host_page,
    launcher,
    over,
    served,
    status,
    strict_csp,
    violations,
    wait,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browsing import NewPage

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
browser, new_page = browsing.browser, browsing.new_page

ROOT = Path(__file__).parent.parent
# The first one builds the index, which takes minutes on a busy machine.
START_S = 500
CONTACT = "15912171528"


class Running:
    """`policy-assistant serve` on a port of its own."""

    def __init__(self, folder: Path, *, index_dir: Path, origins: str = "") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "ASSISTANT_SERVER_DATA": str(folder),
            "ASSISTANT_INDEX_DIR": str(index_dir),
            "ASSISTANT_SERVER_RATE": "none",
            "ASSISTANT_SERVER_ORIGINS": origins,
            "PYTHONPATH": str(ROOT),
        }
        self.log = folder / "log.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> str:
        """Run a command of the same service; return what it prints."""
        command = [sys.executable, "-m", "assistant.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=self.log.parent, check=True, capture_output=True, text=True
        ).stdout

    def start(self) -> Running:
        """Start it, and wait until it can answer."""
        command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, cwd=self.log.parent, stderr=log)
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            try:
                self.get("/readyz")
            except OSError:  # also while it builds its index, when it listens and does not answer
                time.sleep(0.2)
            else:
                return self
        raise AssertionError(f"it did not start: {self.log.read_text('utf-8')}")

    def stop(self) -> None:
        """Stop it as an operator would."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def get(self, path: str, *, body: Any = None, key: str = "") -> Any:
        """Return what the service says."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.address + path, data=data, headers=headers)
        with build_opener(ProxyHandler({})).open(request, timeout=30) as response:
            return json.load(response)


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Pages, str]]:
    """A site of another origin than the service, and its address."""
    pages = Pages()
    with served(pages) as address:
        yield pages, address


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, index_dir: Path, site: tuple[Pages, str]) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("service"), index_dir=index_dir, origins=site[1]).start()
    yield running
    running.stop()


def quotes_are_marked(page: Any, citations: list[dict[str, Any]]) -> None:
    """Open each source of the last answer: its quote is marked in its clause, word for word."""
    chips = page.locator("#policy-assistant .turn").last.locator(".chip")
    assert chips.count() == len(citations) > 0
    for number, citation in enumerate(citations):
        chips.nth(number).click()
        mark = page.locator("#policy-assistant mark")
        mark.wait_for()
        assert mark.text_content() == citation["quote"]
        assert citation["reference"] in page.locator("#policy-assistant .detail h3").text_content()
        page.keyboard.press("Escape")


def last_answer(page: Any) -> dict[str, Any]:
    wait(page, "window.last")
    found: dict[str, Any] = page.evaluate("window.last")
    return found


KEEP = "document.addEventListener('policy-assistant:ready', ({ detail }) => detail.on('answer', (a) => { last = a; }));"


def test_a_whole_conversation_in_chinese(service: Running, new_page: NewPage) -> None:
    page = new_page(f"{service.address}/demo?lang=zh", script=KEEP)
    ask(page, "个推会收集哪些信息？")
    first = last_answer(page)
    assert any("个推" in citation["quote"] for citation in first["citations"])
    quotes_are_marked(page, first["citations"])
    turn = ask(page, "那高德呢？")
    assert "高德" in turn.locator(".understood q").inner_text()
    quotes_are_marked(page, last_answer(page)["citations"])

    turn.locator(".chip").first.click()
    detail = page.locator("#policy-assistant .detail")
    detail.locator(".path button").first.wait_for()
    link = detail.get_by_role("link").get_attribute("href")
    detail.locator(".neighbour").last.click()
    page.locator("#policy-assistant .neighbour").first.wait_for()
    page.get_by_role("button", name="返回对话").click()
    page.get_by_role("button", name="返回对话").click()

    turn.get_by_role("button", name="没有用", exact=True).click()
    turn.get_by_label("没有回答我的问题").check()
    turn.get_by_role("button", name="提交").click()
    turn.get_by_text("谢谢您的反馈").wait_for()
    assert "那高德呢" in service.command("feedback", "--json")

    page.get_by_role("button", name="转人工").click()
    assert CONTACT in page.locator("#policy-assistant .contacts").inner_text()
    assert "那高德呢？" in page.get_by_label("对话记录").input_value()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="新对话").click()
    assert page.locator("#policy-assistant .turn").count() == 0
    page.goto(link)
    assert page.locator(".clause:target").count() == 1


def test_a_whole_conversation_in_english(service: Running, new_page: NewPage) -> None:
    page = new_page(f"{service.address}/demo?lang=en", script=KEEP)
    page.get_by_role("button", name="Open the chat").click()
    assert active(page) == "Question"
    turn = ask(page, "Is my data kept in China?")
    answer = last_answer(page)
    assert answer["language"] == "en"
    quotes_are_marked(page, answer["citations"])
    assert turn.locator(".translated").first.inner_text().startswith("Translation: ")
    assert status(page).startswith("Assistant: What")
    turn.locator(".chip").first.click()
    page.locator("#policy-assistant mark").wait_for()
    assert page.locator("#policy-assistant details p").is_visible(), "the translation, for who asked in English"
    page.keyboard.press("Escape")
    turn = ask(page, "What will the weather be like tomorrow?")
    assert turn.locator(".chip").count() == 0
    turn.get_by_role("button", name="Talk to a person").click()
    assert page.locator("#policy-assistant .contacts a").get_attribute("href") == f"tel:{CONTACT}"


def test_the_demo_s_own_buttons_and_settings(service: Running, new_page: NewPage) -> None:
    page = new_page(f"{service.address}/demo?lang=zh&position=left&theme=dark&colour=%23ffcc00&title=问问")
    assert page.get_by_role("button", name="问问").bounding_box()["x"] < 100
    assert 'data-colour="#ffcc00"' in page.locator("#tag").inner_text()
    page.get_by_role("button", name="你们会收集哪些个人信息？").click()
    page.locator("#policy-assistant .chip").first.wait_for()
    assert page.locator("#events li").all_inner_texts()[0].startswith("open")
    page.get_by_label("位置").select_option("right")
    page.get_by_role("button", name="应用").click()
    wait(page, "window.PolicyAssistant")
    assert page.get_by_role("button", name="政策问答助手").bounding_box()["x"] > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [PHONE, {}], ids=["phone", "desktop"])
def test_axe_finds_nothing_on_the_demo_page(
    service: Running, new_page: NewPage, device: dict[str, Any], scheme: str
) -> None:
    page = new_page(f"{service.address}/demo?lang=zh", color_scheme=scheme, **device)
    assert violations(page) == []
    turn = ask(page, "个推会收集哪些信息？")
    assert violations(page) == []
    turn.locator(".chip").nth(1).click()
    page.locator("#policy-assistant mark").wait_for()
    assert violations(page) == []


def test_a_strict_page_of_another_origin(service: Running, site: tuple[Pages, str], new_page: NewPage) -> None:
    pages, address = site
    pages.pages["/"] = (
        host_page(service.address, policies="baiju"),
        {"Content-Security-Policy": strict_csp(service.address)},
    )
    page = new_page(address, script=KEEP, **PHONE)
    ask(page, "怎么撤回授权？")
    quotes_are_marked(page, last_answer(page)["citations"])


def test_the_service_stops_and_starts_again(service: Running, site: tuple[Pages, str], new_page: NewPage) -> None:
    page = new_page(f"{service.address}/demo?lang=zh")
    ask(page, "个推会收集哪些信息？").locator(".chip").first.wait_for()
    service.stop()
    turn = ask(page, "那高德呢？")
    assert "连不上服务" in turn.inner_text()
    service.start()
    turn.get_by_role("button", name="重试").click()
    over(page)
    # Sessions were in its memory: the question is answered all the same, or asked back about.
    assert "连不上服务" not in page.locator("#policy-assistant .turn").last.inner_text()
    ask(page, "个推会收集哪些信息？").locator(".chip").first.wait_for()


def test_hostile_questions_and_reasons_are_text_all_the_way(service: Running, new_page: NewPage) -> None:
    page = new_page(f"{service.address}/demo?lang=zh")
    launcher(page).click()
    page.evaluate("async (texts) => { for (const text of texts) await PolicyAssistant.ask(text); }", XSS)
    turns = page.locator("#policy-assistant .turn")
    assert turns.count() == len(XSS)
    assert foreign(page) == []
    turn = turns.last
    turn.get_by_role("button", name="没有用", exact=True).click()
    turn.get_by_label("补充说明").fill(XSS[0])
    turn.get_by_role("button", name="提交").click()
    turn.get_by_text("谢谢您的反馈").wait_for()
    page.reload()
    wait(page, "window.PolicyAssistant")
    assert foreign(page) == []


def test_browser_keys_and_tokens_of_the_page_s_own_server(
    tmp_path: Path, index_dir: Path, site: tuple[Pages, str], service: Running, new_page: NewPage
) -> None:
    pages, address = site
    locked = Running(tmp_path, index_dir=index_dir)
    shop = json.loads(locked.command("keys", "create", "shop", "--policies", "baiju", "--origin", address, "--json"))
    server = json.loads(locked.command("keys", "create", "server", "--json"))
    locked.start()
    try:
        pages.tokens = lambda: locked.get("/v1/tokens", body={"origin": address}, key=server["key"])
        policy = {"Content-Security-Policy": strict_csp(locked.address)}
        pages.pages["/key"] = (host_page(locked.address, key=shop["key"]), policy)
        pages.pages["/own"] = (host_page(locked.address, token_endpoint="/token"), policy)
        pages.pages["/none"] = (host_page(locked.address), policy)
        for path in ("/key", "/own"):
            page = new_page(address + path)
            turn = ask(page, "个推会收集哪些信息？")
            turn.locator(".chip").first.click()
            page.locator("#policy-assistant mark").wait_for()
            with page.expect_popup() as opened:
                page.locator("#policy-assistant .detail a").click()
            assert opened.value.locator(".clause:target").count() == 1, "the link works without a key"
        assert "许可" in ask(new_page(address + "/none"), "个推会收集哪些信息？").inner_text()
    finally:
        locked.stop()
