"""`python -m benchmarks.page`: how long the web page takes to be seen and to answer, in Chromium.

The page is started as a user starts it; each run is a browser that has seen nothing yet. The time that counts is from
the address to a chat that can be typed into, and from Enter to the first words of the answer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browsing import CHAT, DESKTOP, chromium, web_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_QUESTIONS = ("个推会收集哪些信息？", "信息会保存多久？", "Is my data stored in China?", "怎么撤回我的授权？")
# Since the page was asked for, in milliseconds.
_READY = f"""() => new Promise((done) => {{
  const look = () => ({CHAT} ? done(performance.now()) : requestAnimationFrame(look));
  look();
}})"""
_ASKED = """(question) => new Promise((done) => {
  const box = document.querySelector("#pa-question");
  const log = document.querySelector(".pa-log");
  box.value = question;
  box.dispatchEvent(new Event("input"));
  const turns = log.querySelectorAll(".pa-turn").length;
  const started = performance.now();
  let first = 0;
  const look = () => {
    const turn = log.querySelectorAll(".pa-turn")[turns];
    if (!first && turn?.querySelector(".pa-answered p:not(.pa-busy), figure")) first = performance.now();
    if (first && turn.querySelector(".pa-actions")) done([first - started, performance.now() - started]);
    else requestAnimationFrame(look);
  };
  box.form.requestSubmit();
  look();
})"""


def visit(browser: Browser, address: str) -> dict[str, float]:
    """Open the page in a new browser and ask; return times in milliseconds."""
    context = browser.new_context(**DESKTOP)
    page = context.new_page()
    page.goto(address, wait_until="commit")
    ready = page.evaluate(_READY)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    answers = [page.evaluate(_ASKED, question) for question in _QUESTIONS]
    context.close()
    return {
        "first paint": painted,
        "chat and policy ready": ready,
        "first words of an answer": statistics.median(first for first, _ in answers),
        "whole answer": statistics.median(whole for _, whole in answers),
    }


def main() -> int:
    """Measure and print a table, and one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description="The web page in Chromium.")
    parser.add_argument("--runs", type=int, default=7, help="Browsers that open the page, one after another.")
    runs = parser.parse_args().runs
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, web_page(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        # The first visit warms the program's files up.
        visit(browser, f"{address}/zh/")
        visits = [visit(browser, f"{address}/zh/") for _ in range(runs)]
        browser.close()
    table = {name: [seen[name] for seen in visits] for name in visits[0]}
    for name, times in table.items():
        print(f"{name:26} {statistics.median(times):7.0f} ms   ({min(times):.0f} to {max(times):.0f})")
    print(json.dumps({name: round(statistics.median(times), 1) for name, times in table.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
