"""The web page in a real browser, started as a user starts it, over the bundled, an English and a hostile policy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.page import reader
from assistant.parsing import parse
from tests import browsing
from tests.browsing import CHAT, PHONE, XSS, violations, wait, web_page
from tests.conftest import FIXTURES
from tests.test_ui import PASSWORD, PAYLOADS, write_hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.browsing import NewPage

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
browser, new_page = browsing.browser, browsing.new_page

ROOT = Path(__file__).parent.parent
ENGLISH = "Is my data stored in China?"
GETUI = "个推会收集哪些信息？"
KEPT = "policy-assistant.chat.1"
# Scripts, styles and forms that are the page's own are none of these.
STRANGE = """() => [...document.querySelectorAll(".pa-log *, #pa-reader *")].filter((element) =>
  element.matches("script, img, iframe, object, embed, link, style, base, meta, math, video, audio, foreignObject") ||
  [...element.attributes].some(({ name }) => /^on/.test(name)) ||
  /^\\s*(javascript|https?):/.test(element.getAttribute("href") ?? "")
).map((element) => element.outerHTML)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    corpus = folder / "corpus"
    shutil.copytree(ROOT / "corpus/baiju", corpus / "baiju")
    shutil.copytree(FIXTURES / "corpus/lantern", corpus / "lantern")
    write_hostile(corpus)
    with web_page(folder, corpus=str(corpus), index_dir=str(folder / "index")) as served:
        yield served


@pytest.fixture
def opened(address: str, new_page: NewPage) -> NewPage:
    """Opens the page in a language, perhaps at a clause."""

    def make(path: str = "/zh/", **options: Any) -> Page:
        return new_page(address + path, ready=CHAT, **options)

    return make


def ask(page: Page, question: str) -> Locator:
    """Ask as a person does; return the turn, once it is over."""
    before = page.locator(".pa-turn").count()
    page.locator("#pa-question").fill(question)
    page.locator("#pa-question").press("Enter")
    wait(page, f"document.querySelectorAll('.pa-turn').length >= {before or 1}")
    page.locator(".pa-log[aria-busy='false'] .pa-turn").last.locator(".pa-actions, .pa-problem").first.wait_for()
    return page.locator(".pa-turn").last


def marked(page: Page) -> str:
    wait(page, "document.querySelectorAll('#pa-reader mark').length > 0")
    return "".join("".join(page.locator("#pa-reader mark").all_text_contents()).split())


def kept(page: Page) -> list[Any]:
    found: list[Any] = json.loads(page.evaluate(f"localStorage.getItem('{KEPT}')") or "[]")
    return found


@pytest.mark.parametrize(("path", "question"), [("/zh/", GETUI), ("/en/", ENGLISH)])
def test_a_citation_leads_to_its_words_in_the_policy(opened: NewPage, path: str, question: str) -> None:
    page = opened(path)
    turn = ask(page, question)
    chips = turn.locator(".pa-chip")
    quotes = [citation["quote"] for citation in kept(page)[0]["answer"]["citations"]]
    assert chips.count() == len(quotes) > 0
    for number, quote in enumerate(quotes):
        chips.nth(number).click()
        here = chips.nth(number).get_attribute("data-clause")
        wait(page, f"document.querySelector('.pa-here')?.dataset.clause === '{here}'")
        assert marked(page) == "".join(quote.split())
        assert page.locator("#pa-reader mark").first.is_visible()
        assert f"policy=baiju&clause={here}" in page.url
    shown = turn.locator("blockquote").all_text_contents()
    assert ["".join(text.split()) for text in shown] == ["".join(quote.split()) for quote in quotes]


def test_an_english_answer_has_the_translation_below_the_original(opened: NewPage) -> None:
    turn = ask(opened("/en/"), ENGLISH)
    figure = turn.locator(".pa-quote").first
    assert "中华人民共和国" in (figure.locator("blockquote").text_content() or "")
    assert "People’s Republic of China" in (figure.locator(".pa-translation").text_content() or "")
    assert turn.locator("blockquote").first.get_attribute("lang") == "zh"


def test_a_follow_up_is_understood_and_said_so(opened: NewPage) -> None:
    page = opened()
    ask(page, GETUI)
    turn = ask(page, "那高德呢")
    assert "高德" in (turn.locator(".pa-understood").text_content() or "")
    more = turn.locator(".pa-next button").last
    assert more.text_content() == "还有吗？"
    before = {(c["policy"], c["clause"]) for c in kept(page)[-1]["answer"]["citations"]}
    more.click()
    page.locator(".pa-log[aria-busy='false'] .pa-turn >> nth=2").locator(".pa-actions").wait_for()
    assert not before & {(c["policy"], c["clause"]) for c in kept(page)[-1]["answer"]["citations"]}


def test_the_other_language_opens_at_the_same_clause_with_the_same_conversation(opened: NewPage) -> None:
    page = opened()
    ask(page, GETUI).locator(".pa-chip").first.click()
    wait(page, "location.search.includes('clause=')")
    place = page.evaluate("location.search")
    page.locator("#pa-other").click()
    wait(page, f"location.pathname === '/en/' && {CHAT}")
    assert page.evaluate("location.search") == place
    wait(page, "document.querySelector('.pa-here') !== null")
    assert page.locator(".pa-asked p").all_text_contents() == [GETUI]
    assert page.locator("#pa-page h1").text_content() == "Policy assistant"
    assert page.evaluate("document.documentElement.lang") == "en"
    page.goto(page.url.split("/en/")[0] + "/")
    wait(page, "location.pathname === '/en/'")


def test_the_other_language_and_a_reload_stay_on_the_tab(opened: NewPage) -> None:
    page = opened()
    page.get_by_role("tab", name="查询台").click()
    wait(page, "location.hash === '#desk'")
    page.locator("#pa-desk-query input").fill("个推")
    page.locator("#pa-desk-found .clause-link").first.click()
    wait(page, "location.search.includes('clause=')")
    place = page.evaluate("location.search")
    page.locator("#pa-other").click()
    wait(page, f"location.pathname === '/en/' && {CHAT}")
    desk = "document.querySelector('#pa-tabs [role=tab][aria-selected=true]')?.dataset.tabId === 'desk'"
    wait(page, desk)
    page.reload()
    wait(page, f"{CHAT} && {desk}")
    assert page.evaluate("location.search") == place
    page.get_by_role("tab", name="Chat").click()
    wait(page, "location.hash === ''")


def test_why_there_is_no_answer_is_said_in_the_pages_language(opened: NewPage) -> None:
    page = opened()
    refusal = {"error": {"code": "rate_limited", "message": "more than 1/minute"}}
    page.route("**/page/ask", lambda route: route.fulfill(status=429, json=refusal))
    assert "提问太频繁" in (ask(page, GETUI).locator(".pa-problem").text_content() or "")
    refusal["error"]["code"] = "unheard_of"
    page.locator(".pa-problem button").click()
    page.locator(".pa-problem", has_text="more than 1/minute").wait_for()


def test_a_conversation_is_there_again_after_a_reload_and_gone_when_cleared(opened: NewPage) -> None:
    page = opened()
    said = ask(page, GETUI).locator("blockquote").all_text_contents()
    page.reload()
    wait(page, CHAT)
    assert page.locator(".pa-turn blockquote").all_text_contents() == said
    # It is taken at its word: what was cited before is not told again.
    turn = ask(page, "第二条是什么")
    assert "设备信息" in (turn.text_content() or "")
    page.locator(".pa-anew").click()
    assert page.locator(".pa-turn").count() == 2
    page.locator(".pa-anew").click()
    assert page.locator(".pa-turn").count() == 0
    assert kept(page) == []
    page.reload()
    wait(page, CHAT)
    assert page.locator(".pa-hello").is_visible()


def test_what_two_tabs_ask_at_the_same_time_is_kept_of_both(opened: NewPage) -> None:
    slow = opened()
    ask(slow, GETUI)
    quick = slow.context.new_page()
    quick.goto(slow.url)
    wait(quick, CHAT)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    slow.route("**/page/ask", hold)
    slow.locator("#pa-question").fill("会保存多久？")
    slow.locator("#pa-question").press("Enter")
    wait(slow, "document.querySelectorAll('.pa-turn').length === 2")
    ask(quick, "怎么联系你们？")
    slow.wait_for_timeout(100)
    held[0].continue_()
    both = [GETUI, "怎么联系你们？", "会保存多久？"]
    wait(slow, "document.querySelectorAll('.pa-turn').length === 3")
    assert slow.locator(".pa-asked p").all_text_contents() == both
    assert [turn["question"] for turn in kept(slow)] == both
    wait(quick, "document.querySelectorAll('.pa-turn').length === 3")
    # What another tab has cleared meanwhile does not come back.
    held.clear()
    slow.locator("#pa-question").fill("可以删除吗？")
    slow.locator("#pa-question").press("Enter")
    wait(slow, "document.querySelectorAll('.pa-turn').length === 4")
    quick.locator(".pa-anew").click()
    quick.locator(".pa-anew").click()
    slow.wait_for_timeout(100)
    held[0].continue_()
    wait(slow, "document.querySelectorAll('.pa-turn').length === 1")
    assert [turn["question"] for turn in kept(slow)] == ["可以删除吗？"]


def test_a_permalink_opens_its_clause_and_back_goes_back(opened: NewPage) -> None:
    page = opened("/zh/?policy=baiju&clause=4.1.2")
    wait(page, "document.querySelector('.pa-here')?.dataset.clause === '4.1.2'")
    assert page.locator(".pa-here").is_visible()
    assert page.locator("nav [aria-current]").first.get_attribute("data-clause") in ("4.1.2", "4.1")
    page.locator("#pa-reader nav a", has_text="六、").click()
    wait(page, "location.search.includes('clause=6')")
    page.go_back()
    wait(page, "document.querySelector('.pa-here')?.dataset.clause === '4.1.2'")
    page.goto(page.url.replace("4.1.2", "99.9"))
    wait(page, "document.querySelector('.pa-notice')?.textContent.includes('99.9')")


def test_back_and_a_reload_keep_the_words_that_are_marked(opened: NewPage) -> None:
    page = opened()
    chips = ask(page, GETUI).locator(".pa-chip")
    quotes = ["".join(citation["quote"].split()) for citation in kept(page)[0]["answer"]["citations"]]
    chips.nth(1).click()
    wait(page, f"document.querySelector('.pa-here')?.dataset.clause === '{chips.nth(1).get_attribute('data-clause')}'")
    chips.nth(2).click()
    wait(page, f"document.querySelector('.pa-here')?.dataset.clause === '{chips.nth(2).get_attribute('data-clause')}'")
    page.go_back()
    wait(page, f"document.querySelector('.pa-here')?.dataset.clause === '{chips.nth(1).get_attribute('data-clause')}'")
    assert marked(page) == quotes[1]
    assert [chip.get_attribute("aria-current") for chip in chips.all()].index("true") == 1
    page.reload()
    wait(page, CHAT)
    assert marked(page) == quotes[1]


def test_back_and_an_address_lead_to_a_tab(opened: NewPage) -> None:
    chosen = "document.querySelector('#pa-tabs [role=tab][aria-selected=true]')?.dataset.tabId === "
    page = opened("/zh/#desk")
    wait(page, chosen + "'desk'")
    page.evaluate("location.hash = '#policies'")
    wait(page, chosen + "'policies'")
    page.get_by_role("tab", name="问答").click()
    wait(page, "location.hash === ''")
    page.go_back()
    wait(page, chosen + "'policies' && location.hash === '#policies'")
    page.go_back()
    wait(page, chosen + "'desk'")


def test_back_on_a_phone_leads_from_the_clause_to_the_chat(opened: NewPage) -> None:
    page = opened("/zh/", **PHONE)
    ask(page, GETUI).locator(".pa-chip").first.tap()
    assert marked(page)
    page.go_back()
    page.locator("#pa-reader").wait_for(state="hidden")
    page.go_forward()
    page.locator("#pa-reader").wait_for(state="visible")
    assert marked(page)


def test_a_very_long_question_takes_a_few_lines(opened: NewPage) -> None:
    page = opened("/en/")
    asked = ask(page, "What is collected? " * 40).locator(".pa-asked .pa-long")
    assert (asked.bounding_box() or {})["height"] < 200
    asked.locator("summary").click()
    assert (asked.bounding_box() or {})["height"] > 200


def test_the_text_is_searched_and_the_policy_chosen(opened: NewPage) -> None:
    page = opened("/en/?policy=baiju")
    page.locator(".pa-find").fill("个推")
    page.locator(".pa-find").press("Enter")
    assert (page.locator(".pa-count").text_content() or "").startswith("1 of ")
    page.locator(".pa-find-next").click()
    assert (page.locator(".pa-count").text_content() or "").startswith("2 of ")
    page.locator(".pa-find").fill("no such words")
    assert page.locator(".pa-count").text_content() == "Not found"
    page.locator(".pa-choose").select_option("lantern")
    wait(page, "document.querySelector('.pa-text').lang === 'en'")
    assert "policy=lantern" in page.url


def test_where_there_is_no_answer_the_page_leads_on(opened: NewPage) -> None:
    page = opened()
    turn = ask(page, "白驹跑腿的会员费是多少钱？")
    nearest = turn.locator(".pa-nearest .clause-link")
    assert nearest.count() > 0
    assert "15912171528" in (turn.text_content() or "")
    nearest.first.click()
    wait(page, "document.querySelector('.pa-here') !== null")


def test_a_question_that_is_too_long_stays_in_the_box(opened: NewPage) -> None:
    page = opened()
    box = page.locator("#pa-question")
    box.fill("长" * 2_001)
    box.press("Enter")
    assert "2,001 个字，最多 2,000 个" in (page.locator(".pa-too-long").text_content() or "")
    assert page.locator(".pa-send").is_disabled()
    assert page.locator(".pa-turn").count() == 0
    assert violations(page) == []
    box.press("Backspace")
    assert box.input_value() == "长" * 2_000
    assert page.locator(".pa-too-long").is_hidden()
    box.press("Enter")
    turn = page.locator(".pa-turn")
    turn.get_by_text("展开", exact=True).click()
    assert turn.get_by_text("收起", exact=True).is_visible()


def test_an_answer_is_rated_with_a_reason_copied_and_asked_again(opened: NewPage) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, GETUI)
    turn.get_by_role("button", name="没有用").click()
    turn.locator(".pa-why textarea").fill("问的是高德")
    with page.expect_response("**/page/feedback") as response:
        turn.locator(".pa-why button").click()
    assert response.value.status == 204
    turn.locator(".pa-useless[aria-pressed=true]").wait_for()
    turn.get_by_role("button", name="复制").click()
    wait(page, "document.querySelector('.pa-flash').textContent === '已复制'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "[1] 《白驹跑腿隐私协议》一（二）4" in copied
    turn.get_by_role("button", name="重新回答").click()
    page.locator(".pa-log[aria-busy='false'] .pa-actions").wait_for()
    assert page.locator(".pa-turn").count() == 1
    turn.hover()
    page.locator(".pa-turn").get_by_role("button", name="修改问题").click()
    assert page.locator("#pa-question").input_value() == GETUI
    turn = ask(page, "高德收集什么？")
    assert page.locator(".pa-asked p").all_text_contents() == ["高德收集什么？"]


def test_a_service_that_is_gone_leaves_the_question_to_be_asked_again(opened: NewPage) -> None:
    page = opened("/en/")
    page.route("**/page/ask", lambda route: route.abort())
    turn = ask(page, "How long is my data kept?")
    assert "is not responding" in (turn.locator(".pa-problem").text_content() or "")
    page.unroute("**/page/ask")
    turn.locator(".pa-problem button").click()
    page.locator(".pa-log[aria-busy='false'] .pa-actions").wait_for()
    assert page.locator(".pa-turn").count() == 1


def test_an_answer_that_is_cut_off_is_said_to_be_so_and_asked_again(opened: NewPage) -> None:
    page = opened("/en/")
    begun = 'event: piece\ndata: {"text": "What the policy says:"}\n\n'
    page.route("**/page/ask", lambda route: route.fulfill(content_type="text/event-stream", body=begun))
    turn = ask(page, "How long is my data kept?")
    assert "What the policy says:" in (turn.text_content() or "")
    assert "is not responding" in (turn.locator(".pa-problem").text_content() or "")
    assert kept(page) == []
    page.unroute("**/page/ask")
    turn.locator(".pa-problem button").click()
    page.locator(".pa-log[aria-busy='false'] .pa-actions").wait_for()
    assert page.locator(".pa-turn").count() == len(kept(page)) == 1


# --- What is hostile stays text ----------------------------------------------------------


def test_a_hostile_policy_runs_nothing(opened: NewPage) -> None:
    page = opened("/zh/?policy=evil")
    wait(page, "document.querySelector('#pa-reader .pa-text')?.textContent.includes('邪恶政策')")
    turn = ask(page, "邪恶政策收集手机号码，用于创建账号吗？")
    turn.locator(".clause-link").first.click()
    wait(page, "document.querySelector('.pa-here') !== null")
    assert page.evaluate(STRANGE) == []
    assert page.evaluate("window.hit") is None
    assert PAYLOADS[0] in (page.locator(".pa-text").text_content() or "")


def test_hostile_questions_and_a_hostile_history_run_nothing(opened: NewPage) -> None:
    page = opened()
    ask(page, GETUI)
    turn = kept(page)[0]
    for payload in [*PAYLOADS, *XSS]:
        page.evaluate(
            """([key, turns]) => { localStorage.setItem(key, JSON.stringify(turns));
            dispatchEvent(new StorageEvent("storage", { key })); }""",
            [KEPT, [poisoned(turn, payload)]],
        )
        assert page.evaluate(STRANGE) == []
    assert page.locator(".pa-turn").count() == 1
    for payload in PAYLOADS[:4]:
        ask(page, payload)
    assert page.evaluate(STRANGE) == []
    assert page.evaluate("window.hit") is None


def test_a_policy_of_payloads_runs_nothing_in_the_reader(opened: NewPage) -> None:
    payloads = [*PAYLOADS, *XSS]
    policy = parse("\n".join(f"{number}、{text}" for number, text in enumerate(payloads, 1)), id="xss")
    page = opened()
    page.route("**/page/policies", lambda route: route.fulfill(json={"policies": [{"id": "xss", "title": XSS[0]}]}))
    page.route("**/page/policies/xss*", lambda route: route.fulfill(json=reader.read(policy, "zh")))
    page.evaluate("history.replaceState(null, '', '?policy=xss'); dispatchEvent(new PopStateEvent('popstate'))")
    wait(page, f"document.querySelectorAll('.pa-part').length >= {len(payloads)}")
    assert page.evaluate(STRANGE) == []
    assert page.evaluate("window.hit") is None


def poisoned(value: Any, payload: str) -> Any:
    """Return what is kept with every text of it replaced."""
    if isinstance(value, str):
        return payload
    if isinstance(value, list):
        return [poisoned(part, payload) for part in value]
    return {name: poisoned(part, payload) for name, part in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    "wrong", ["{", "[1]", '[{"question": "x"}]', '[{"question": "x", "answer": {"text": 1}}]', "null"]
)
def test_a_history_that_is_none_is_left_out(opened: NewPage, wrong: str) -> None:
    page = opened(script=f"localStorage.setItem('{KEPT}', {json.dumps(wrong)});")
    assert page.locator(".pa-hello").is_visible()


# --- For everybody ------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_from_the_chat_and_the_reader(
    opened: NewPage, scheme: str, screen: dict[str, Any]
) -> None:
    page = opened("/en/", color_scheme=scheme, **screen)
    ask(page, ENGLISH)
    assert violations(page) == []
    page.locator(".pa-chip").first.click()
    wait(page, "document.querySelector('.pa-here') !== null")
    assert violations(page) == []


def test_the_page_is_used_with_the_keyboard_alone(opened: NewPage) -> None:
    page = opened("/en/")
    page.locator("#pa-question").focus()
    page.keyboard.type(ENGLISH)
    page.keyboard.press("Enter")
    page.locator(".pa-log[aria-busy='false'] .pa-actions").wait_for()
    assert page.evaluate("document.activeElement.id") == "pa-question"
    assert "白驹跑腿隐私协议" in (page.locator(".pa-said").text_content() or "")
    page.locator(".pa-chip").first.focus()
    page.keyboard.press("Enter")
    assert marked(page)


def test_on_a_phone_the_reader_comes_over_the_chat_and_goes_again(opened: NewPage) -> None:
    page = opened("/zh/", **PHONE)
    assert page.locator("#pa-reader").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    chip = ask(page, GETUI).locator(".pa-chip").first
    chip.tap()
    assert marked(page)
    assert page.locator("#pa-reader mark").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for y in range(10, 800, 60):
        assert page.evaluate("(y) => document.elementFromPoint(120, y).closest('#pa-reader') !== null", y), y
    page.locator(".pa-back").tap()
    assert page.locator("#pa-reader").is_hidden()
    assert chip.is_visible()
    assert page.evaluate("document.activeElement.classList.contains('pa-chip')")


def test_a_very_long_policy_does_not_freeze_the_page(opened: NewPage) -> None:
    clauses = (
        f"{number}、收集与使用\n我们收集您的手机号码和收货地址，用于为您配送商品。\n" for number in range(1, 9_001)
    )
    policy = parse("超长隐私政策\n" + "".join(clauses), id="long")
    assert len(policy.text) > 300_000
    whole = json.dumps(reader.read(policy, "zh"))
    page = opened()
    page.route("**/page/policies?*", lambda route: route.fallback())
    page.route("**/page/policies", lambda route: route.fulfill(json={"policies": [{"id": "long", "title": "超长"}]}))
    page.route("**/page/policies/long*", lambda route: route.fulfill(body=whole, content_type="application/json"))
    clause = policy.root.children[-1]
    start = policy.text.index("手机号码", clause.start)
    page.evaluate(
        """([clause, start]) => { window.slowest = 0;
        const slower = (list) => list.getEntries().forEach(({ duration }) => (slowest = Math.max(slowest, duration)));
        new PerformanceObserver(slower).observe({ type: "longtask" });
        const link = document.createElement("a");
        Object.assign(link, { className: "clause-link", href: "?", textContent: "x" });
        Object.assign(link.dataset, { policy: "long", clause, start, end: start + 4 });
        document.body.append(link); link.click(); }""",
        [clause.id, start],
    )
    assert marked(page) == "手机号码"
    assert page.locator("#pa-reader mark").first.is_visible()
    # On a machine of two busy cores; one that is idle takes a tenth.
    assert page.evaluate("window.slowest") < 5_000


def test_the_password_is_asked_for_in_the_browser(tmp_path: Path, new_page: NewPage, address: str) -> None:
    corpus = tmp_path / "corpus"
    shutil.copytree(FIXTURES / "corpus/lantern", corpus / "lantern")
    with web_page(tmp_path, corpus=str(corpus), index_dir=str(tmp_path / "index"), ui_password=PASSWORD) as guarded:
        page = new_page(f"{guarded}/en/?policy=lantern&clause=1", ready="document.querySelector('#password') !== null")
        assert violations(page) == []
        page.locator("#password").fill("not this one")
        page.locator("button").click()
        page.get_by_role("alert").wait_for()
        page.locator("#password").fill(PASSWORD)
        page.locator("button").click()
        wait(page, f"location.pathname === '/en/' && {CHAT}")
        assert "policy=lantern" in page.url
        assert ask(page, "How long does Lantern Post keep the record of a delivery?").locator("blockquote").count()
        page.get_by_role("link", name="Sign out").click()
        wait(page, "location.pathname === '/login'")
