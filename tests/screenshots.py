"""Takes the README's pictures of the web page, of a page that was started as a user starts it.

`python -m tests.screenshots` writes them into `docs/images`; `make screenshots` does so with what it needs installed.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browsing import CHAT, DESKTOP, PHONE, chromium, wait, web_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

IMAGES = Path(__file__).parent.parent / "docs/images"
MOST_BYTES = 200_000
_COLOURS = 256


def cited(page: Page) -> None:
    """An answer, and one of its citations in the policy."""
    ask(page, "个推会收集哪些信息？")
    page.locator(".pa-chip").nth(1).click()
    wait(page, "document.querySelector('#pa-reader mark') !== null")


def translated(page: Page) -> None:
    """An English answer with the courtesy translation, here and there."""
    ask(page, "Is my data stored in China?")
    page.locator(".pa-chip").nth(0).click()
    wait(page, "document.querySelector('#pa-reader mark') !== null")


def looked_up(page: Page) -> None:
    """The lookup desk with a reply."""
    page.locator("[role=tab][data-tab-id=desk]").click()
    page.locator("#pa-desk-query textarea, #pa-desk-query input").first.fill("我的信息会保存多久？")
    page.locator("#pa-desk-query textarea, #pa-desk-query input").first.press("Enter")
    page.wait_for_timeout(2_500)


def on_a_phone(page: Page) -> None:
    """A conversation on a phone."""
    ask(page, "信息会保存多久？")


PICTURES: dict[str, tuple[str, dict[str, Any], Callable[[Page], None]]] = {
    "chat": ("/zh/", DESKTOP, cited),
    "chat-dark": ("/en/", DESKTOP | {"color_scheme": "dark"}, translated),
    "desk": ("/zh/", DESKTOP, looked_up),
    "phone": ("/zh/", PHONE, on_a_phone),
}


def ask(page: Page, question: str) -> None:
    """Ask, and wait for the answer."""
    page.locator("#pa-question").fill(question)
    page.locator("#pa-question").press("Enter")
    page.locator(".pa-log[aria-busy='false'] .pa-actions").wait_for()


def take(address: str) -> None:
    """Take the pictures of the page at an address."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        for name, (path, options, show) in PICTURES.items():
            context = browser.new_context(**options, locale="zh-CN" if "/zh/" in path else "en-GB")
            page = context.new_page()
            page.goto(address + path)
            wait(page, CHAT)
            show(page)
            # What was clicked is not to look as if the pointer were on it.
            page.mouse.move(1, 1)
            page.wait_for_timeout(500)
            target = IMAGES / f"{name}.png"
            target.write_bytes(smaller(page.screenshot()))
            sys.stdout.write(f"{target.name}: {target.stat().st_size // 1_000} kB\n")
            if target.stat().st_size > MOST_BYTES:
                raise SystemExit(f"{target} has more than {MOST_BYTES:,} bytes: show less")
            context.close()
        browser.close()


def smaller(png: bytes) -> bytes:
    """Return a picture with few colours, of which a page has not many more."""
    from PIL import Image

    out = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, web_page(Path(folder)) as served:
        take(served)
