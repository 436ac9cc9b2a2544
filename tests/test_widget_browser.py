"""The widget in a real browser: on pages as strict as can be, over a service that does what a test wants."""

from __future__ import annotations

import itertools
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from assistant import parse
from assistant.server.pages import PAGE_HEADERS, policy_page
from assistant.text import visible
from tests import browsing
from tests.browsing import (
    DESKTOP,
    PHONE,
    QUOTE,
    START,
    TAGS,
    TEXT,
    XSS,
    Pages,
    Service,
    active,
    ask,
    citation,
    clause,
    foreign,
    host_page,
    launcher,
    over,
    question_box,
    served,
    shadow,
    status,
    strict_csp,
    violations,
    wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from tests.browsing import NewPage

    Shop = Callable[..., str]

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
browser, new_page = browsing.browser, browsing.new_page


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def site() -> Pages:
    return Pages()


@pytest.fixture
def shop(service: Service, site: Pages) -> Iterator[Shop]:
    """Makes a page with a strict policy of its own, on another origin than the service, and returns its address."""
    with served(service) as help_address, served(site) as shop_address:

        def make(path: str = "/", *, csp: str = "", **settings: str) -> str:
            page = host_page(help_address, **settings)
            site.pages[path] = (page, {"Content-Security-Policy": csp or strict_csp(help_address)})
            return shop_address + path

        yield make


# --- A conversation ----------------------------------------------------------------------


def test_a_conversation_on_a_page_of_another_origin_with_a_strict_policy(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop())
    assert page.get_by_role("button", name="政策问答助手").is_visible()
    turn = ask(page, "收集什么？")
    assert turn.locator(".question").evaluate("(e) => e.lastChild.data") == "收集什么？"
    assert f"“{QUOTE}”" in turn.locator(".words").inner_text()
    assert service.asked("/v1/chat") == [{"question": "收集什么？", "session_id": None, "language": "zh"}]
    ask(page, "那地址呢")
    assert service.asked("/v1/chat")[1] == {"question": "那地址呢", "session_id": "ses_1", "language": "zh"}
    assert page.locator("#policy-assistant .turn").count() == 2
    assert page.evaluate("document.cookie") == ""


def test_a_chip_opens_the_clause_with_the_quote_marked(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    turn = ask(page, "收集什么？")
    turn.get_by_role("button", name="引文 1：一（一） › 收集").click()
    mark = page.locator("#policy-assistant mark")
    mark.wait_for()
    # Offsets are code points: the emoji before the quote is one of them.
    assert mark.text_content() == QUOTE
    assert page.locator("#policy-assistant .clause-text").text_content() == TEXT
    detail = page.locator("#policy-assistant .detail")
    for shown in ("某店隐私政策", "版本 2026-01-01", "一、我们怎样收集", "（二）我们怎样使用"):
        assert shown in detail.inner_text()
    link = detail.get_by_role("link", name="在完整政策中查看")
    assert link.get_attribute("href").endswith("/policies/shop?version=2026-01-01#c-1.1")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert active(page) == "条款原文"
    detail.get_by_text("英文参考译文").click()
    assert detail.get_by_text("We collect your phone number").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("PolicyAssistant.isOpen")
    assert active(page) == "引文 1：一（一） › 收集"


def test_a_quote_that_goes_on_in_the_next_clause_is_marked_as_a_whole(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    head, tail = TEXT[:15], TEXT[15:]
    service.clauses["1.1"] = clause(
        text=head, body_end=START + len(head), next={"clause_id": "1.1.1", "reference": "", "text": tail}
    )
    service.clauses["1.1.1"] = clause(clause_id="1.1.1", text=tail, start=START + len(head))
    page = new_page(shop())
    ask(page, "收集什么？").locator(".chip").click()
    assert page.locator("#policy-assistant mark").text_content() == QUOTE
    assert page.locator("#policy-assistant .clause-text").text_content() == TEXT


def test_a_quote_that_the_policy_no_longer_has_is_shown_beside_the_clause(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.clauses["1.1"] = clause(text="现在什么也不收集了。", body_end=START + 10)
    page = new_page(shop())
    ask(page, "收集什么？").locator(".chip").click()
    assert page.locator("#policy-assistant blockquote").text_content() == QUOTE
    assert page.locator("#policy-assistant mark").count() == 0
    assert "有变化" in page.locator("#policy-assistant .detail").inner_text()


def test_empty_lines_of_a_clause_do_not_show_but_stay_in_its_text(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    text = "标题\n\n\n    第一行\n\n\n第二行\n"
    service.clauses["1.1"] = clause(text=text, start=0, body_end=len(text))
    service.citations = lambda question: [citation(quote="第一行\n\n\n第二行", start=9, end=18)]
    page = new_page(shop())
    ask(page, "收集什么？").locator(".chip").click()
    assert page.locator("#policy-assistant mark").text_content() == "第一行\n\n\n第二行"
    assert page.locator("#policy-assistant .clause-text").inner_text() == "标题\n第一行\n第二行"


def test_one_can_walk_through_the_clauses_and_back(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.clauses["1.2"] = clause(clause_id="1.2", reference="一（二）", text="（二）我们怎样使用", next=None)
    page = new_page(shop())
    ask(page, "收集什么？").locator(".chip").click()
    page.locator("#policy-assistant .neighbour").last.click()
    page.locator("#policy-assistant h3", has_text="一（二）").wait_for()
    assert page.locator("#policy-assistant mark").count() == 0
    page.get_by_role("button", name="返回对话").click()
    page.locator("#policy-assistant mark").wait_for()
    page.get_by_role("button", name="返回对话").click()
    assert question_box(page).is_visible()


def test_a_clause_that_cannot_be_opened_says_so_and_can_be_tried_again(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.refusals["/v1/policies/shop/clauses/1.1"] = (500, {"code": "internal"}, {})
    page = new_page(shop())
    ask(page, "收集什么？").locator(".chip").click()
    again = page.get_by_role("button", name="重试")
    again.wait_for()
    service.refusals.clear()
    again.click()
    page.locator("#policy-assistant mark").wait_for()


def test_what_was_understood_is_told_if_it_is_not_what_was_asked(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.done = lambda question: {"query": f"个推收集什么？ {question}"}
    page = new_page(shop())
    assert ask(page, "那高德呢").locator(".understood").inner_text() == "理解为：个推收集什么？ 那高德呢"
    service.done = lambda question: {"query": question}
    assert ask(page, "保存多久").locator(".understood").is_hidden()


def test_an_answer_that_there_is_none_leads_to_the_nearest_clause_and_to_a_person(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.sentences = lambda question: ["政策没有说明这一点。"]
    service.citations = lambda question: []
    hit = {
        "policy_id": "shop",
        "clause_id": "1.1",
        "reference": "一（一） › 收集",
        "start": 1000,
        "end": 1010,
        "rank": 1,
    }
    service.done = lambda question: {
        "query": question,
        "abstained": {"kind": "not_stated", "message": "…"},
        "hits": [hit],
    }
    page = new_page(shop())
    turn = ask(page, "会退款吗")
    turn.get_by_role("button", name="最接近的条款: 一（一） › 收集").click()
    assert page.locator("#policy-assistant .clause-text").text_content() == TEXT
    page.keyboard.press("Escape")
    turn.get_by_role("button", name="转人工").click()
    assert "400-000-0000" in page.locator("#policy-assistant .contacts").inner_text()


def test_questions_that_the_service_suggests_are_asked_with_a_click(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.citations = lambda question: []
    reason = {"kind": "unclear", "message": "…", "suggestions": ["收集哪些信息？", "和谁共享？"]}
    service.done = lambda question: {"abstained": reason, "query": question}
    page = new_page(shop())
    ask(page, "信息").get_by_role("button", name="和谁共享？").click()
    over(page)
    assert [body["question"] for body in service.asked("/v1/chat")] == ["信息", "和谁共享？"]
    assert active(page) == "问题"


def test_suggested_questions_are_asked_with_a_click(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop(suggestions="怎么注销？|保存多久？"))
    launcher(page).click()
    assert page.locator("#policy-assistant .suggestion").all_inner_texts() == ["怎么注销？", "保存多久？"]
    page.get_by_role("button", name="保存多久？").click()
    over(page)
    assert service.asked("/v1/chat")[0]["question"] == "保存多久？"
    assert page.locator("#policy-assistant .suggestion").first.is_hidden()
    assert active(page) == "问题"


def test_feedback_with_a_reason(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    turn = ask(page, "收集什么？")
    useful, useless = (turn.get_by_role("button", name=name, exact=True) for name in ("有用", "没有用"))
    useful.click()
    turn.get_by_text("谢谢您的反馈").wait_for()
    assert useful.get_attribute("aria-pressed") == "true"
    useless.click()
    turn.get_by_label("引用的条款不对").check()
    turn.get_by_label("补充说明").fill("我问的是高德")
    turn.get_by_role("button", name="提交").click()
    turn.get_by_text("谢谢您的反馈").wait_for()
    assert useless.get_attribute("aria-pressed") == "true"
    assert useful.get_attribute("aria-pressed") == "false"
    assert active(page) == "没有用"
    sent = service.asked("/v1/feedback")
    assert [(each["useful"], each["why"]) for each in sent] == [
        (True, ""),
        (False, ""),
        (False, "引用的条款不对: 我问的是高德"),
    ]
    assert {each["answer_id"] for each in sent} == {"ans_1"}


def test_feedback_that_does_not_arrive_is_not_shown_as_given(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.refusals["/v1/feedback"] = (404, {"code": "answer_not_found"}, {})
    page = new_page(shop())
    turn = ask(page, "收集什么？")
    turn.get_by_role("button", name="有用", exact=True).click()
    turn.get_by_text("反馈没有提交成功，请重试").wait_for()
    assert turn.get_by_role("button", name="有用", exact=True).get_attribute("aria-pressed") == "false"


def test_talking_to_a_person_gives_the_contact_and_the_conversation(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop(policies="shop"), permissions=["clipboard-read", "clipboard-write"])
    service.policies.append({"policy_id": "other", "title": "B", "company": "B", "contact": "b@example.com"})
    ask(page, "收集什么？")
    page.get_by_role("button", name="转人工").click()
    contacts = page.locator("#policy-assistant .contacts")
    contacts.wait_for()
    assert contacts.locator("a").all_inner_texts() == ["400-000-0000"]
    assert contacts.locator("a").get_attribute("href") == "tel:4000000000"
    transcript = page.get_by_label("对话记录").input_value()
    for said in ("问：收集什么？", f"答：相关原文：\n• “{QUOTE}” [1]", "[1] 一（一） › 收集"):
        assert said in transcript
    page.get_by_role("button", name="复制对话记录").click()
    page.locator("#policy-assistant .detail").get_by_text("已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == transcript


def test_without_a_contact_in_the_policy_the_page_s_own_is_shown(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.policies = []
    page = new_page(shop(contact="help@shop.example"))
    launcher(page).click()
    page.get_by_role("button", name="转人工").click()
    link = page.get_by_role("link", name="help@shop.example")
    link.wait_for()
    assert link.get_attribute("href") == "mailto:help@shop.example"


def test_a_page_can_take_the_person_elsewhere(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    page.evaluate("void PolicyAssistant.on('person', (said) => { window.handed = said.transcript; return false; })")
    ask(page, "收集什么？")
    page.get_by_role("button", name="转人工").click()
    assert "收集什么？" in page.evaluate("window.handed")
    assert question_box(page).is_visible()


def test_a_new_conversation_forgets_the_old_one(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    ask(page, "收集什么？")
    page.get_by_role("button", name="新对话").click()
    assert page.locator("#policy-assistant .turn").count() == 0
    assert page.locator("#policy-assistant .suggestion").first.is_visible()
    ask(page, "保存多久？")
    assert service.asked("/v1/chat")[1]["session_id"] is None
    assert ("DELETE", "/v1/sessions/ses_1") in [request[:2] for request in service.requests]


@pytest.mark.parametrize(
    ("storage", "is_kept", "is_kept_in_new_tab"),
    [("session", True, False), ("local", True, True), ("none", False, False)],
)
def test_the_conversation_goes_on_after_a_reload_as_the_setting_says(
    shop: Shop, service: Service, new_page: NewPage, storage: str, is_kept: bool, is_kept_in_new_tab: bool
) -> None:
    url = shop(storage=storage)
    page = new_page(url)
    ask(page, "收集什么？")
    page.reload()
    wait(page, "window.PolicyAssistant")
    assert page.locator("#policy-assistant .turn").count() == is_kept
    ask(page, "那地址呢")
    assert service.asked("/v1/chat")[-1]["session_id"] == ("ses_1" if is_kept else None)
    if is_kept:
        page.locator("#policy-assistant .turn").first.locator(".chip").click()
        assert page.locator("#policy-assistant mark").text_content() == QUOTE
    tab = page.context.new_page()
    tab.goto(url)
    wait(tab, "window.PolicyAssistant")
    assert (tab.locator("#policy-assistant .turn").count() > 0) == is_kept_in_new_tab


@pytest.mark.parametrize(
    "kept", ["no json", '{"turns": 7}', '{"turns": [{}]}', '{"turns": [{"question": 1, "citations": []}]}', "[]"]
)
def test_what_others_left_in_the_storage_is_passed_over(
    shop: Shop, service: Service, new_page: NewPage, kept: str
) -> None:
    page = new_page(shop())
    ask(page, "收集什么？")
    page.evaluate("kept => Object.keys(sessionStorage).forEach((key) => sessionStorage.setItem(key, kept))", kept)
    page.reload()
    wait(page, "window.PolicyAssistant")
    assert page.locator("#policy-assistant .turn").count() == 0
    ask(page, "收集什么？").locator(".chip").wait_for()


def questions(page: Page) -> list[str]:
    """Return the questions that are shown."""
    shown = page.locator("#policy-assistant .question")
    found: list[str] = shown.evaluate_all("(all) => all.map((e) => e.lastChild.data)")
    return found


HALF_KEPT = {
    "a turn without an answer": {"question": "旧问题", "citations": [], "suggestions": []},
    "fields of other types": {"question": "旧问题", "state": 7, "text": 7, "query": {}, "suggestions": [None, 7, {}]},
    "no citation": {"question": "旧问题", "state": "done", "text": "相关原文 [1]", "citations": [None]},
    "half a citation": {"question": "旧问题", "state": "done", "text": "相关原文 [1]", "citations": [{"marker": 1}]},
    "no clause": {"question": "旧问题", "state": "done", "abstained": "not_stated", "nearest": {"policyId": 7}},
    "a failure without its reason": {"question": "旧问题", "state": "failed", "problem": 7},
    "a reason of another type": {"question": "旧问题", "state": "failed", "problem": {"code": "invalid_question"}},
}


@pytest.mark.parametrize("kept", HALF_KEPT.values(), ids=HALF_KEPT)
def test_a_conversation_that_is_not_kept_as_it_should_be_goes_on(
    shop: Shop, service: Service, new_page: NewPage, kept: dict[str, Any]
) -> None:
    page = new_page(shop(storage="local"))
    ask(page, "收集什么？")
    page.evaluate(
        """turn => Object.keys(localStorage).forEach((key) => {
          const kept = JSON.parse(localStorage.getItem(key));
          localStorage.setItem(key, JSON.stringify({ ...kept, turns: [turn, null, ...kept.turns] }));
        })""",
        kept,
    )
    page.reload()
    wait(page, "window.PolicyAssistant")
    launcher(page).click()
    turns = page.locator("#policy-assistant .turn")
    assert questions(page) == ["旧问题", "收集什么？"]
    assert "undefined" not in page.locator("#policy-assistant .log").evaluate("(e) => e.innerHTML")
    turns.last.locator(".chip").click()
    page.locator("#policy-assistant mark").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="转人工").first.click()
    assert "旧问题" in page.get_by_label("对话记录").input_value()
    page.keyboard.press("Escape")
    ask(page, "保存多久？").locator(".chip").wait_for()


def test_a_conversation_that_cannot_be_shown_is_begun_anew(shop: Shop, service: Service, new_page: NewPage) -> None:
    # As on a page whose own code has changed what the browser brings.
    breaks = """const split = String.prototype.split;
    String.prototype.split = function (...by) {
      if (String(this) === "坏") throw new Error("the page's own fault");
      return split.apply(this, by);
    };"""
    page = new_page(shop(storage="local"), script=breaks)
    ask(page, "收集什么？")
    page.evaluate(
        """Object.keys(localStorage).forEach((key) =>
          localStorage.setItem(key, localStorage.getItem(key).replace("收集什么？", "坏")))"""
    )
    page.reload()
    wait(page, "window.PolicyAssistant")
    assert page.locator("#policy-assistant .turn").count() == 0
    assert page.evaluate("localStorage.length") == 0
    ask(page, "保存多久？").locator(".chip").wait_for()
    assert service.asked("/v1/chat")[-1]["session_id"] is None


# --- Several tabs ------------------------------------------------------------------------


@pytest.fixture
def tabs(shop: Shop, new_page: NewPage) -> tuple[Page, Page]:
    """Two tabs that keep the conversation in the same storage; in the first one something was asked before."""
    url = shop(storage="local")
    first = new_page(url)
    ask(first, "收集什么？")
    second = first.context.new_page()
    second.goto(url)
    wait(second, "window.PolicyAssistant")
    launcher(second).click()
    return first, second


def kept_questions(page: Page) -> list[str]:
    """Return the questions in the storage that all tabs share."""
    found: list[str] = page.evaluate(
        "Object.values(localStorage).flatMap((kept) => JSON.parse(kept).turns.map(({ question }) => question))"
    )
    return found


def test_what_was_deleted_in_one_tab_is_gone_in_the_others(tabs: tuple[Page, Page], service: Service) -> None:
    first, second = tabs
    assert questions(second) == ["收集什么？"]
    second.locator("#policy-assistant .turn .opinions button").first.focus()
    first.get_by_role("button", name="新对话").click()
    second.locator("#policy-assistant .turn").wait_for(state="detached")
    assert second.locator("#policy-assistant .suggestion").first.is_visible()
    assert active(second) == "问题"
    ask(second, "保存多久？")
    assert service.asked("/v1/chat")[-1]["session_id"] is None
    assert kept_questions(first) == ["保存多久？"]
    first.locator("#policy-assistant .turn .chip").wait_for()
    assert questions(first) == ["保存多久？"]


def test_an_answer_of_one_tab_is_added_in_the_others(tabs: tuple[Page, Page], service: Service) -> None:
    first, second = tabs
    useless = second.locator("#policy-assistant .turn").get_by_role("button", name="没有用", exact=True)
    useless.click()
    second.get_by_label("补充说明").fill("我问的是")
    service.go_on.clear()
    first.evaluate("void (window.asked = PolicyAssistant.ask('保存多久？'))")
    first.get_by_text("相关原文：").last.wait_for()
    second.wait_for_timeout(300)
    assert questions(second) == ["收集什么？"], "it is seen there once it is answered"
    service.go_on.set()
    first.evaluate("window.asked")
    second.locator("#policy-assistant .turn").nth(1).locator(".chip").wait_for()
    assert questions(second) == ["收集什么？", "保存多久？"]
    assert second.get_by_label("补充说明").input_value() == "我问的是", "what is being typed stays"


def test_two_tabs_that_ask_at_the_same_time_keep_both_answers(tabs: tuple[Page, Page], service: Service) -> None:
    service.go_on.clear()
    for page, question in zip(tabs, ("一", "二"), strict=True):
        page.evaluate("question => void (window.asked = PolicyAssistant.ask(question))", question)
        wait(page, shadow("root.querySelectorAll('.turn').length === 2"))
        page.get_by_text("相关原文：").last.wait_for()
    service.go_on.set()
    for page in tabs:
        assert page.evaluate("window.asked")["citations"][0]["quote"] == QUOTE
    for page in tabs:
        page.locator("#policy-assistant .turn").nth(2).locator(".chip").wait_for()
        assert sorted(questions(page)) == ["一", "二", "收集什么？"]
        page.reload()
        wait(page, "window.PolicyAssistant")
        assert sorted(questions(page)) == ["一", "二", "收集什么？"]
        assert page.locator("#policy-assistant .turn .chip").count() == 3


# --- What goes wrong ---------------------------------------------------------------------


def test_stop_ends_the_stream_and_keeps_what_was_said(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.go_on.clear()
    page = new_page(shop())
    launcher(page).click()
    question_box(page).fill("收集什么？")
    question_box(page).press("Enter")
    page.get_by_text("相关原文：").wait_for()
    question_box(page).fill("下一个问题")
    question_box(page).press("Enter")
    assert len(service.asked("/v1/chat")) == 1, "one question at a time"
    page.get_by_role("button", name="停止").click()
    over(page)
    turn = page.locator("#policy-assistant .turn")
    assert "相关原文：" in turn.inner_text()
    assert "已停止" in turn.inner_text()
    assert service.left.wait(5)
    assert question_box(page).input_value() == "下一个问题"
    service.go_on.set()
    question_box(page).press("Enter")
    over(page)
    assert service.asked("/v1/chat")[1] == {"question": "下一个问题", "session_id": "ses_1", "language": "zh"}


@pytest.mark.parametrize(
    ("status", "code", "headers", "told"),
    [
        (429, "rate_limited", {"Retry-After": "7"}, "7 秒后重试"),
        (503, "overloaded", {}, "稍后重试"),
        (500, "internal", {}, "服务出了问题"),
        (504, "timeout", {}, "等待时间过长"),
        (401, "unauthorized", {}, "许可"),
        # Of a proxy between, which knows no codes of the service's.
        (401, "", {}, "许可"),
        (429, "", {"Retry-After": "7"}, "7 秒后重试"),
        (418, "of_a_later_version", {}, "服务出了问题"),
    ],
)
def test_a_refusal_is_told_and_the_question_can_be_asked_again(
    shop: Shop, service: Service, new_page: NewPage, status: int, code: str, headers: dict[str, str], told: str
) -> None:
    service.refusals["/v1/chat"] = (status, {"code": code, "message": "…", "request_id": "r9"}, headers)
    page = new_page(shop())
    turn = ask(page, "收集什么？")
    assert told in turn.inner_text()
    # A person can do nothing with it, but for a fault, of which the log has more.
    assert ("r9" in turn.inner_text()) == ("服务出了问题" in told)
    service.refusals.clear()
    turn.get_by_role("button", name="重试").click()
    page.locator("#policy-assistant .chip").wait_for()
    assert page.locator("#policy-assistant .turn").count() == 1
    ask(page, "还有呢").locator(".chip").wait_for()


def test_a_question_that_is_too_long_comes_back_with_the_limit(shop: Shop, service: Service, new_page: NewPage) -> None:
    refusal = {"code": "invalid_question", "message": "…", "request_id": "r9", "max_question_chars": 2000}
    service.refusals["/v1/chat"] = (422, refusal, {})
    service.most_chars = 0  # not known, as where the list of policies did not come
    page = new_page(shop())
    question = "我们收集您的手机号" * 250
    turn = ask(page, question)
    assert "最多 2,000 个字" in turn.inner_text()
    assert "r9" not in turn.inner_text()
    assert turn.get_by_role("button", name="重试").count() == 0
    assert question_box(page).input_value() == question
    # From now on it is told before it is sent.
    box = page.locator("#policy-assistant .ask")
    assert "2,250 个字，最多 2,000 个" in box.inner_text()
    question_box(page).press("Enter")
    assert len(service.asked("/v1/chat")) == 1
    service.refusals.clear()
    question_box(page).fill("收集什么？")
    assert "最多" not in box.inner_text()
    question_box(page).press("Enter")
    page.locator("#policy-assistant .chip").wait_for()
    assert violations(page) == []


def test_the_limit_is_known_before_anything_was_asked(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.most_chars = 10
    page = new_page(shop(lang="en"))
    launcher(page).click()
    question_box(page).fill("What do you collect?")
    page.get_by_text("Too long: 20 characters of 10 at most").wait_for()
    question_box(page).press("Enter")
    assert service.asked("/v1/chat") == []


def test_a_long_question_is_shown_by_its_first_lines(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    turn = ask(page, "请问你们会收集我的哪些信息，" * 60)
    question = turn.locator(".question")
    before = question.bounding_box()["height"]
    assert before < 200
    question.get_by_role("button", name="展开").click()
    assert question.bounding_box()["height"] > 2 * before
    assert active(page) == "收起"
    page.keyboard.press("Enter")
    assert question.bounding_box()["height"] == before


@pytest.mark.parametrize(
    ("title", "reference", "shown"),
    [
        ("Harbour Café – Returns and Refunds", "Refunds", "Harbour Café – Returns and Refunds"),
        ("Harbour Café – Returns and Refunds", "3.2 › Used goods › Opened", "Harbour Café – Returns and…"),
    ],
)
def test_a_title_is_cut_only_where_the_reference_needs_the_room(
    shop: Shop, service: Service, new_page: NewPage, title: str, reference: str, shown: str
) -> None:
    service.policies.append({"policy_id": "other", "title": "Another policy", "company": "B", "contact": ""})
    service.citations = lambda question: [citation(policy_title=title, reference=reference)]
    page = new_page(shop())
    chip = ask(page, "收集什么？").locator(".chip")
    assert chip.locator(".whose").inner_text() == shown
    whole = "(parts) => parts.every((part) => part.scrollWidth <= part.clientWidth)"
    assert chip.locator(".whose, .where").evaluate_all(whole)
    # Where there is less room both are cut.
    page.set_viewport_size({"width": 320, "height": 700})
    inside = "(chip) => [...chip.children].every((part) => part.clientWidth > 15)"
    assert chip.evaluate(inside)


def test_what_is_said_of_translations_is_a_note(shop: Shop, service: Service, new_page: NewPage) -> None:
    note = "Translations are a courtesy: the Chinese text prevails."
    service.sentences = lambda question: ["The policy says:\n", f"• “{QUOTE}” [1]\n", note]
    turn = ask(new_page(shop()), "what is collected?")
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert turn.get_by_text(note).evaluate(size) < turn.get_by_text("The policy says:").evaluate(size)


@pytest.mark.parametrize(("policies", "is_told"), [("", True), ("shop,other", True), ("shop", False)])
def test_with_several_policies_a_chip_says_whose_clause_it_is(
    shop: Shop, service: Service, new_page: NewPage, policies: str, is_told: bool
) -> None:
    service.policies.append({"policy_id": "other", "title": "另一家的隐私政策", "company": "B", "contact": ""})
    page = new_page(shop(policies=policies), permissions=["clipboard-read", "clipboard-write"])
    turn = ask(page, "收集什么？")
    place = "某店隐私政策 · 一（一） › 收集" if is_told else "一（一） › 收集"
    turn.get_by_role("button", name=f"引文 1：{place}", exact=True).wait_for()
    assert ("某店隐私政策" in turn.locator(".chip").inner_text()) == is_told
    turn.get_by_role("button", name="复制回答").click()
    turn.get_by_text("已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"\n[1] {place}")
    page.reload()
    wait(page, "window.PolicyAssistant")
    launcher(page).click()
    page.get_by_role("button", name=f"引文 1：{place}", exact=True).wait_for()
    assert violations(page) == []


def test_a_page_that_is_not_let_in_is_told_on_the_console(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.lets_in = "https://app.example"
    page = new_page(shop())
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    assert "连不上服务" in ask(page, "收集什么？").inner_text()
    origin = page.evaluate("location.origin")
    assert [text for text in told if text.startswith("policy-assistant:")] == [
        text for text in told if f"ASSISTANT_SERVER_ORIGINS={origin}" in text
    ]
    assert any(origin in text for text in told)


@pytest.mark.parametrize("given", ["", "undefined", "null", "7", "{}"])
def test_what_is_no_text_is_not_asked(shop: Shop, service: Service, new_page: NewPage, given: str) -> None:
    page = new_page(shop())
    failed = page.evaluate(f"PolicyAssistant.ask({given}).then(() => '', (error) => String(error))")
    assert "give it a question" in failed
    assert service.asked("/v1/chat") == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [("error", "等待时间过长"), ("cut", "回答中断了"), ("silent", "等待时间过长"), ("garbage", "回答中断了")],
)
def test_the_question_box_recovers_from_a_stream_that_ends_badly(
    shop: Shop, service: Service, new_page: NewPage, fault: str, told: str
) -> None:
    if fault == "error":
        service.error = {"code": "timeout", "message": "", "request_id": "r3"}
    elif fault == "cut":
        service.is_cut_off = True
    elif fault == "silent":
        service.is_silent = True
        service.go_on.clear()
    else:
        service.refusals["/v1/chat"] = (200, {"event: done\ndata: [": 1}, {})
    page = new_page(shop(timeout="1"))
    turn = ask(page, "收集什么？")
    assert told in turn.inner_text()
    service.error, service.is_cut_off = None, False
    service.refusals.clear()
    service.go_on.set()
    ask(page, "再问一次").locator(".chip").wait_for()


def test_the_service_goes_and_comes_back(site: Pages, service: Service, new_page: NewPage) -> None:
    with served(site) as shop_address:
        with served(service) as address:
            port = int(address.rsplit(":", 1)[1])
            site.pages["/"] = (host_page(address), {"Content-Security-Policy": strict_csp(address)})
            page = new_page(shop_address)
            ask(page, "收集什么？").locator(".chip").wait_for()
        turn = ask(page, "还在吗")
        assert "连不上服务" in turn.inner_text()
        assert active(page) == "问题"
        with served(service, port):
            turn.get_by_role("button", name="重试").click()
            page.locator("#policy-assistant .turn").last.locator(".chip").wait_for()
            assert page.locator("#policy-assistant .turn").count() == 2


def test_what_was_not_known_when_the_window_was_opened_is_known_after_an_answer(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.policies.append({"policy_id": "other", "title": "另一家的隐私政策", "company": "B", "contact": ""})
    service.most_chars = 10
    page = new_page(shop())
    page.context.set_offline(True)
    launcher(page).click()
    page.wait_for_timeout(200)
    page.context.set_offline(False)
    ask(page, "收集什么？")
    page.get_by_role("button", name="引文 1：某店隐私政策 · 一（一） › 收集", exact=True).wait_for()
    question_box(page).fill("收集我的哪些信息，保存多久？")
    page.get_by_text("最多 10 个").wait_for()


def test_the_newer_of_two_questions_of_the_page_is_answered(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.go_on.clear()
    page = new_page(shop())
    page.evaluate("void (window.first = PolicyAssistant.ask('一'))")
    page.get_by_text("相关原文：").wait_for()
    page.evaluate("void (window.second = PolicyAssistant.ask('二'))")
    service.go_on.set()
    assert page.evaluate("window.second")["citations"][0]["quote"] == QUOTE
    assert page.evaluate("window.first") is None


# --- Tokens ------------------------------------------------------------------------------


def test_a_token_of_the_page_s_own_server_is_renewed_once_it_is_too_old(
    shop: Shop, service: Service, site: Pages, new_page: NewPage
) -> None:
    given = iter(["pat_old", "pat_new"])
    service.wanted_token = "pat_new"
    site.tokens = lambda: {"token": next(given), "expires_in_s": 900}
    page = new_page(shop(token_endpoint="/token"))
    ask(page, "收集什么？").locator(".chip").wait_for()
    used = [headers["Authorization"] for _, path, _, headers in service.requests if path.startswith("/v1/")]
    assert set(used) == {"Bearer pat_old", "Bearer pat_new"}
    assert used[-1] == "Bearer pat_new"
    ask(page, "还有呢").locator(".chip").wait_for()
    assert next(given, None) is None


def test_a_browser_key_makes_tokens_only(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop(key="pak_browser"))
    ask(page, "收集什么？").locator(".chip").click()
    page.locator("#policy-assistant mark").wait_for()
    sent = {path: headers.get("Authorization") for _, path, _, headers in service.requests}
    assert sent["/v1/tokens"] == "Bearer pak_browser"
    assert sent["/v1/chat"] == sent["/v1/policies/shop/clauses/1.1"] == "Bearer pat_1"
    assert service.tokens == 1


def test_where_the_service_has_no_keys_none_is_needed(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.refusals["/v1/tokens"] = (404, {"code": "no_keys"}, {})
    page = new_page(shop(key="pak_browser"))
    ask(page, "收集什么？").locator(".chip").wait_for()
    assert "Authorization" not in service.requests[-1][3]


def test_a_token_that_is_refused_for_good_is_an_error(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.wanted_token = "pat_other"
    page = new_page(shop(token="pat_mine"))
    assert "许可" in ask(page, "收集什么？").inner_text()
    assert len(service.asked("/v1/chat")) == 1


@pytest.fixture
def slow_tokens(site: Pages) -> Iterator[threading.Event]:
    """The page's own server makes each token only while this is set, and each is due at once for the next."""
    go_on = threading.Event()
    numbers = itertools.count(1)

    def made() -> dict[str, object]:
        go_on.wait(30)
        return {"token": f"pat_{next(numbers)}", "expires_in_s": 1}

    site.tokens = made
    yield go_on
    go_on.set()


def test_stop_ends_a_question_that_still_waits_for_a_token(
    shop: Shop, service: Service, slow_tokens: threading.Event, new_page: NewPage
) -> None:
    page = new_page(shop(token_endpoint="/token"))
    page.evaluate("PolicyAssistant.open()")
    question_box(page).fill("收集什么？")
    question_box(page).press("Enter")
    page.get_by_role("button", name="停止").click()
    page.locator("#policy-assistant .log[aria-busy='false']").wait_for(timeout=3_000)
    assert "已停止" in page.locator("#policy-assistant .turn").inner_text()
    slow_tokens.set()
    ask(page, "保存多久？").locator(".chip").wait_for()
    assert [body["question"] for body in service.asked("/v1/chat")] == ["保存多久？"]


def test_a_question_that_takes_another_s_place_waits_for_the_same_token(
    shop: Shop, service: Service, slow_tokens: threading.Event, new_page: NewPage
) -> None:
    slow_tokens.set()
    page = new_page(shop(token_endpoint="/token"))
    ask(page, "一").locator(".chip").wait_for()
    slow_tokens.clear()
    page.evaluate("void (window.second = PolicyAssistant.ask('二'))")
    page.wait_for_timeout(300)
    page.evaluate("void (window.third = PolicyAssistant.ask('三'))")
    page.wait_for_timeout(300)
    assert "连不上服务" not in page.locator("#policy-assistant .log").inner_text()
    slow_tokens.set()
    assert page.evaluate("window.third")["citations"][0]["quote"] == QUOTE
    assert page.evaluate("window.second") is None
    assert [body["question"] for body in service.asked("/v1/chat")] == ["一", "三"]


def test_a_token_that_does_not_come_is_told_after_the_longest_silence(
    shop: Shop, service: Service, slow_tokens: threading.Event, new_page: NewPage
) -> None:
    page = new_page(shop(token_endpoint="/token", timeout="1"))
    assert "等待时间过长" in ask(page, "收集什么？").inner_text()
    slow_tokens.set()
    page.get_by_role("button", name="重试").click()
    page.locator("#policy-assistant .chip").wait_for()


# --- What a page can do ------------------------------------------------------------------


def test_the_handle_opens_asks_tells_and_ends(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop(launcher="false"))
    assert launcher(page).is_hidden()
    page.evaluate("""() => {
      window.told = [];
      for (const name of ["open", "close", "question", "answer", "citation", "feedback", "reset"]) {
        PolicyAssistant.on(name, (detail) => window.told.push([name, detail ?? null]));
      }
      PolicyAssistant.on("open", () => { throw new Error("a listener's own fault"); });
      window.quiet = () => window.told.push(["never"]);
      PolicyAssistant.on("open", window.quiet);
      PolicyAssistant.off("open", window.quiet);
    }""")
    page.evaluate("PolicyAssistant.open()")
    assert page.evaluate("PolicyAssistant.isOpen") is True
    answer = page.evaluate("PolicyAssistant.ask(' 收集什么？ ')")
    assert answer["question"] == "收集什么？"
    assert answer["citations"][0]["quote"] == QUOTE
    assert page.evaluate("PolicyAssistant.ask('  ')") is None
    page.locator("#policy-assistant .chip").click()
    page.evaluate("PolicyAssistant.reset()")
    page.evaluate("PolicyAssistant.close()")
    told = page.evaluate("window.told")
    assert [name for name, _ in told] == ["open", "question", "answer", "citation", "reset", "close"]
    page.evaluate("PolicyAssistant.destroy()")
    assert page.evaluate("[typeof window.PolicyAssistant, document.getElementById('policy-assistant')]") == [
        "undefined",
        None,
    ]


def script_in(html: str) -> str:
    """Return the element that brings a page its widget."""
    found = re.search("<script.*</script>", html)
    assert found
    return found[0]


def test_a_script_that_is_there_twice_makes_one_widget(
    shop: Shop, service: Service, site: Pages, new_page: NewPage
) -> None:
    url = shop()
    html, headers = site.pages["/"]
    site.pages["/"] = (html.replace("</body>", f"{script_in(html)}</body>"), headers)
    page = new_page(url)
    assert page.locator("#policy-assistant").count() == 1


def test_a_script_in_the_head_waits_for_the_page(shop: Shop, service: Service, site: Pages, new_page: NewPage) -> None:
    url = shop()
    html, headers = site.pages["/"]
    tag = script_in(html)
    site.pages["/"] = (html.replace(tag, "").replace("</head>", tag.replace(" defer", "") + "</head>"), headers)
    ask(new_page(url), "收集什么？").locator(".chip").wait_for()


@pytest.mark.parametrize("given", ['type="module"', "defer"])
def test_a_script_with_a_version_behind_its_name_finds_its_service(
    shop: Shop, service: Service, site: Pages, new_page: NewPage, given: str
) -> None:
    url = shop()
    html, headers = site.pages["/"]
    html = re.sub(r'<script src="([^"]+)" defer', rf'<script {given} src="\1?v=3"', html)
    site.pages["/"] = (html, headers)
    ask(new_page(url), "收集什么？").locator(".chip").wait_for()


def test_a_browser_that_counts_no_lists_from_their_end_shows_answers(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop(), script="delete Array.prototype.at;")
    ask(page, "收集什么？").locator(".chip").click()
    assert page.locator("#policy-assistant mark").text_content() == QUOTE


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_script_in_the_head_outlives_a_body_that_is_swapped(
    shop: Shop, service: Service, site: Pages, new_page: NewPage, device: dict[str, Any]
) -> None:
    url = shop()
    html, headers = site.pages["/"]
    tag = script_in(html)
    site.pages["/"] = (html.replace(tag, "").replace("</head>", f"{tag}</head>"), headers)
    page = new_page(url, **device)
    swap = "() => document.body.replaceWith(document.createElement('body'))"
    page.evaluate(swap)
    ask(page, "收集什么？").locator(".chip").wait_for()
    page.evaluate(swap)
    wait(page, shadow("root.querySelector('dialog').checkVisibility()"))
    assert page.evaluate("PolicyAssistant.isOpen")
    ask(page, "保存多久？").locator(".chip").wait_for()
    assert page.locator("#policy-assistant .turn").count() == 2
    page.keyboard.press("Escape")
    assert launcher(page).is_visible()


def test_a_body_that_is_swapped_with_its_script_makes_one_widget(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop(csp="default-src 'self' data: http://127.0.0.1:*"))
    page.evaluate(
        """() => {
          const script = Object.assign(document.createElement("script"), { src: document.scripts[0].src });
          const body = document.createElement("body");
          body.append(script);
          window.former = PolicyAssistant;
          document.body.replaceWith(body);
        }"""
    )
    wait(page, "window.PolicyAssistant !== window.former")
    assert page.locator("#policy-assistant").count() == 1
    ask(page, "收集什么？").locator(".chip").wait_for()


def test_keys_that_are_typed_into_the_widget_are_no_shortcuts_of_the_page(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop())
    page.evaluate("document.addEventListener('keydown', (event) => (window.pressed ??= []).push(event.key))")
    launcher(page).click()
    question_box(page).press("k")
    assert question_box(page).input_value() == "k"
    assert page.evaluate("window.pressed") is None


def test_the_page_s_style_does_not_reach_in_nor_the_widget_s_out(
    shop: Shop, service: Service, site: Pages, new_page: NewPage
) -> None:
    url = shop(csp="default-src 'self' 'unsafe-inline' data: http://127.0.0.1:*")
    html, headers = site.pages["/"]
    style = "* { color: red !important; font-size: 40px !important } html { font-size: 5px } div { display: none }"
    site.pages["/"] = (html.replace("</head>", f"<style>{style}</style></head>"), headers)
    page = new_page(url)
    turn = ask(page, "收集什么？")
    assert turn.locator(".words").evaluate("(e) => getComputedStyle(e).color") != "rgb(255, 0, 0)"
    assert turn.locator(".words").evaluate("(e) => getComputedStyle(e).fontSize") == "15px"
    assert page.locator("h1").evaluate("(e) => getComputedStyle(e).fontSize") == "40px"


def test_a_browser_without_constructed_style_sheets_gets_a_linked_one(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    here = "http://127.0.0.1:*"
    url = shop(csp=f"default-src 'none'; script-src {here}; connect-src {here}; style-src {here}; img-src data:")
    page = new_page(url, script="delete CSSStyleSheet.prototype.replaceSync;")
    launcher(page).click()
    wait(page, shadow("root.styleSheets.length === 1"))
    assert page.locator("#policy-assistant .panel").evaluate("(e) => getComputedStyle(e).position") == "fixed"


def test_settings_that_do_not_suit_are_told_and_passed_over(shop: Shop, service: Service, new_page: NewPage) -> None:
    url = shop(
        colour="red; background: url(//evil.example)",
        position="middle",
        theme="blue",
        timeout="-1",
        srever="x",
    )
    told: list[str] = []
    page = new_page(url)
    page.on("console", lambda message: told.append(message.text))
    page.reload()
    wait(page, "window.PolicyAssistant")
    for name in ("colour", "position", "theme", "timeout", "srever"):
        assert any(f"data-{name} " in text or f"data-{name}" in text.split() for text in told), (name, told)
    ask(page, "收集什么？").locator(".chip").wait_for()


@pytest.mark.parametrize("colour", ["#ffff00", "#ffffff", "#000000", "#c0392b"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colour_of_the_page_can_be_read_on(
    shop: Shop, service: Service, new_page: NewPage, colour: str, theme: str
) -> None:
    page = new_page(shop(colour=colour, theme=theme))
    ask(page, "收集什么？")
    assert violations(page) == []


def test_languages_positions_and_titles(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop(lang="en", position="left", title="Ask the shop", greeting="Welcome in."))
    button = page.get_by_role("button", name="Ask the shop")
    assert button.bounding_box()["x"] < 100
    button.click()
    assert "Welcome in." in page.locator("#policy-assistant .log").inner_text()
    assert page.get_by_role("button", name="Talk to a person").is_visible()
    chinese = new_page(shop("/zh", lang="zh-Hans-CN"))
    assert chinese.get_by_role("button", name="政策问答助手").bounding_box()["x"] > 1000


def test_a_page_that_changes_its_language_changes_the_widget_s(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop(storage="none"))
    speak = "lang => { document.documentElement.lang = lang; }"
    page.evaluate("void PolicyAssistant.on('open', () => { window.opened = (window.opened ?? 0) + 1; })")
    page.evaluate(speak, "en")
    page.get_by_role("button", name="Policy assistant").click()
    ask(page, "收集什么？")
    question_box(page).fill("half a quest")
    page.evaluate(speak, "zh-Hans-CN")
    page.get_by_role("button", name="新对话").wait_for()
    assert page.evaluate("PolicyAssistant.isOpen")
    assert page.evaluate("window.opened") == 1
    assert active(page) == "问题"
    assert question_box(page).input_value() == "half a quest"
    assert questions(page) == ["收集什么？"]
    # What is being answered is answered first.
    service.go_on.clear()
    page.evaluate("void (window.asked = PolicyAssistant.ask('IMEI?'))")
    page.get_by_text("相关原文：").last.wait_for()
    page.evaluate(speak, "en")
    page.wait_for_timeout(200)
    assert page.get_by_role("button", name="停止").is_visible()
    service.go_on.set()
    assert page.evaluate("window.asked")["question"] == "IMEI?"
    page.get_by_role("button", name="New conversation").wait_for()
    assert service.asked("/v1/chat")[-1] == {"question": "IMEI?", "session_id": "ses_1", "language": "zh"}
    ask(page, "OAID?")
    assert service.asked("/v1/chat")[-1] == {"question": "OAID?", "session_id": "ses_1", "language": "en"}
    page.keyboard.press("Escape")
    page.evaluate(speak, "zh")
    page.get_by_role("button", name="政策问答助手").wait_for()
    assert active(page) == "政策问答助手"
    assert page.locator("#policy-assistant").count() == 1


def test_a_widget_with_a_language_of_its_own_keeps_it(
    shop: Shop, service: Service, site: Pages, new_page: NewPage
) -> None:
    url = shop(lang="en")
    html, headers = site.pages["/"]
    site.pages["/"] = (html.replace(" defer", ' defer data-lang="zh"'), headers)
    page = new_page(url)
    page.evaluate("document.documentElement.lang = 'en-GB'")
    page.wait_for_timeout(100)
    assert launcher(page).inner_text() == "政策问答助手"


def test_it_can_be_open_from_the_beginning_without_taking_the_focus(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop(open=""))
    assert page.evaluate("PolicyAssistant.isOpen")
    assert page.evaluate("document.activeElement === document.body")
    phone = new_page(shop(open=""), **PHONE)
    assert not phone.evaluate("PolicyAssistant.isOpen"), "a phone's whole page would be covered"
    on_its_side = new_page(shop(open=""), viewport={"width": 844, "height": 390}, has_touch=True)
    assert not on_its_side.evaluate("PolicyAssistant.isOpen"), "and so it would on its side"


# --- For everyone ------------------------------------------------------------------------


def test_all_of_it_works_with_the_keyboard_alone(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    assert active(page) == "政策问答助手"
    page.keyboard.press("Enter")
    assert active(page) == "问题"
    page.keyboard.type("收集什么？")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("请说明")
    page.keyboard.press("Enter")
    over(page)
    assert service.asked("/v1/chat")[0]["question"] == "收集什么？\n请说明"
    order = []
    for _ in range(5):
        page.keyboard.press("Shift+Tab")
        order.append(active(page))
    assert order == ["复制回答", "没有用", "有用", "引文 1：一（一） › 收集", "对话"]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#policy-assistant mark").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert not page.evaluate("PolicyAssistant.isOpen")
    assert active(page) == "政策问答助手"


def test_focus_returns_to_what_opened_it(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    page.evaluate("document.getElementById('before').addEventListener('click', () => PolicyAssistant.open())")
    page.locator("#before").click()
    assert active(page) == "问题"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "before"


def test_an_input_method_s_enter_does_not_send(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    launcher(page).click()
    question_box(page).fill("shouji")
    question_box(page).evaluate(
        "(e) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))"
    )
    question_box(page).evaluate(
        "(e) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true }))"
    )
    assert question_box(page).input_value() == "shouji"
    assert service.asked("/v1/chat") == []


def test_the_lines_of_a_quote_look_alike(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.sentences = lambda question: ["• “以下情形除外：\n  1、与国家安全相关的；\n  2、与公共安全相关的。” [1]\n"]
    turn = ask(new_page(shop()), "收集什么？")
    looks = "(e) => [getComputedStyle(e).fontSize, getComputedStyle(e).textDecorationLine]"
    first, *others = [line.evaluate(looks) for line in turn.locator(".words p").all()]
    assert len(others) == 2
    assert others == [first, first]


def test_a_long_answer_does_not_hold_up_the_page(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.sentences = lambda question: [f"• “第{number}句，{QUOTE}” [1]\n" for number in range(400)]
    counted = """window.shown = 0;
    const replace = Element.prototype.replaceChildren;
    Element.prototype.replaceChildren = function (...nodes) {
      if (this.className === "words") window.shown++;
      return replace.apply(this, nodes);
    };"""
    page = new_page(shop(), script=counted)
    turn = ask(page, "收集什么？")
    assert turn.locator(".words .item").count() == 400
    assert page.evaluate("window.shown") < 200, "all of it was made anew with each of its sentences"


def test_only_the_new_answer_is_read_out_and_only_once_it_is_whole(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop())
    ask(page, "收集什么？")
    page.reload()
    wait(page, "window.PolicyAssistant")
    region = page.locator("#policy-assistant [role=status]")
    assert region.get_attribute("aria-live") == "polite"
    assert page.locator("#policy-assistant [role=log]").get_attribute("aria-live") == "off"
    launcher(page).click()
    page.wait_for_timeout(300)
    assert region.text_content() == "", "what was said before is not read out again"
    service.go_on.clear()
    service.sentences = lambda question: ["第一句。\n", "第二句。 [1]"]
    question_box(page).fill("保存多久？")
    question_box(page).press("Enter")
    page.get_by_text("第一句。").wait_for()
    page.wait_for_timeout(300)
    assert region.text_content() == ""
    service.go_on.set()
    assert status(page) == "助手: 第一句。\n第二句。"


def test_a_phone_has_the_window_on_its_whole_screen_and_keeps_the_focus_in_it(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop(), **PHONE)
    launcher(page).tap()
    panel = page.locator("#policy-assistant .panel")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert launcher(page).is_hidden()
    assert active(page) == "政策问答助手", "the keyboard is not to cover the suggestions"
    ask(page, "收集什么？")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for step in ["Tab"] * 25 + ["Shift+Tab"] * 25:
        page.keyboard.press(step)
        assert active(page), "the focus has left the window"
    page.keyboard.press("Escape")
    assert not page.evaluate("PolicyAssistant.isOpen")
    assert active(page) == "政策问答助手"


def test_turning_the_screen_keeps_the_window_and_what_is_in_it(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    ask(page, "收集什么？")
    question_box(page).fill("半个问题")
    page.set_viewport_size({"width": 390, "height": 844})
    wait(page, shadow("root.querySelector('dialog').matches(':modal')"))
    assert question_box(page).input_value() == "半个问题"
    page.set_viewport_size({"width": 1440, "height": 900})
    wait(page, shadow("!root.querySelector('dialog').matches(':modal')"))
    assert page.evaluate("PolicyAssistant.isOpen")
    assert active(page) == "问题"


@pytest.mark.parametrize("width", [320, 640, 1440])
def test_targets_are_large_enough_and_nothing_is_cut_off(
    shop: Shop, service: Service, new_page: NewPage, width: int
) -> None:
    service.sentences = lambda question: ["甲 [1] 乙 [2]。\n", "• “" + "长" * 300 + "verylongword" * 30 + "” [3]"]
    service.citations = lambda question: [
        citation(marker, reference="一（二）4 › " + "很长的名称" * 20) for marker in (1, 2, 3)
    ]
    # A window of 640 is what a page of 1280 becomes at 200 %.
    page = new_page(shop(), viewport={"width": width, "height": 720})
    turn = ask(page, "收集什么？")
    turn.get_by_role("button", name="没有用", exact=True).click()
    turn.locator("form").wait_for()
    small = page.locator("#policy-assistant").evaluate(
        """(host) => [...host.shadowRoot.querySelectorAll("button, a, label, textarea")]
          .filter((element) => element.checkVisibility())
          .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24 || box.left < 0 || box.right > innerWidth)
          .map(([html]) => html)"""
    )
    assert small == []
    for part in (".log", ".panel"):
        assert page.locator(f"#policy-assistant {part}").evaluate("(e) => e.scrollWidth <= e.clientWidth")


def test_a_page_at_400_percent_has_room_to_ask_and_to_read(shop: Shop, service: Service, new_page: NewPage) -> None:
    # What a window of 1280 by 1024 becomes.
    service.most_chars = 10
    title = "Ask the shop about its privacy policy and other terms"
    page = new_page(shop(lang="en", title=title), viewport={"width": 320, "height": 256})
    launcher(page).click()
    question_box(page).fill("What do you collect about me?\n\n\n\n\n\n\nAnd about others?")
    page.get_by_text("Too long").wait_for()
    box = page.locator("#policy-assistant .ask").bounding_box()
    assert box["y"] + box["height"] <= 256
    assert page.locator("#policy-assistant .log").bounding_box()["height"] > 30
    # A phone on its side, with its keyboard: whatever has no room can be scrolled to.
    page.set_viewport_size({"width": 320, "height": 150})
    send = page.get_by_role("button", name="Send")
    send.scroll_into_view_if_needed()
    assert send.bounding_box()["y"] + send.bounding_box()["height"] <= 150
    page.set_viewport_size({"width": 320, "height": 256})
    question_box(page).fill("Why?")
    question_box(page).press("Enter")
    over(page)
    assert violations(page) == []


def test_zooming_with_two_fingers_makes_the_window_no_smaller(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop(), **PHONE, is_mobile=True)
    launcher(page).tap()
    page.context.new_cdp_session(page).send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    wait(page, "visualViewport.scale === 2 && visualViewport.height < 500")
    page.wait_for_timeout(200)
    size = "(e) => [e.getBoundingClientRect().top, e.getBoundingClientRect().height]"
    assert page.locator("#policy-assistant .panel").evaluate(size) == [0, 844]


@pytest.mark.parametrize("position", ["left", "right"])
def test_a_page_that_runs_from_right_to_left_turns_nothing_around(
    shop: Shop, service: Service, site: Pages, new_page: NewPage, position: str
) -> None:
    url = shop(lang="en", position=position)
    html, headers = site.pages["/"]
    site.pages["/"] = (html.replace("<html ", '<html dir="rtl" '), headers)
    page = new_page(url)
    launcher(page).click()
    panel = page.locator("#policy-assistant .panel")
    assert panel.evaluate("(e) => getComputedStyle(e).direction") == "ltr"
    assert (panel.bounding_box()["x"] < 100) == (launcher(page).bounding_box()["x"] < 100) == (position == "left")


def test_a_window_that_is_closed_at_once_has_its_question_box_when_it_opens_again(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    page = new_page(shop())
    launcher(page).click()
    height = question_box(page).bounding_box()["height"]
    other = new_page(shop())
    other.evaluate("() => { PolicyAssistant.open(); PolicyAssistant.close(); }")
    wait(other, "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/v1/policies'))")
    other.wait_for_timeout(200)
    launcher(other).click()
    assert question_box(other).bounding_box()["height"] == height


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_axe_finds_nothing(
    shop: Shop, service: Service, new_page: NewPage, device: str, scheme: str, lang: str
) -> None:
    service.done = lambda question: {"query": f"个推 {question}", "language": "zh"}
    options = PHONE if device == "phone" else DESKTOP
    page = new_page(shop(lang=lang), color_scheme=scheme, **options)
    assert violations(page) == []
    launcher(page).click()
    assert violations(page) == []
    turn = ask(page, "收集什么？")
    turn.locator(".opinions button").nth(1).click()
    turn.locator("form").wait_for()
    assert violations(page) == []
    turn.locator(".chip").click()
    page.locator("#policy-assistant mark").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#policy-assistant .tools button").first.click()
    page.locator("#policy-assistant .transcript").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    service.refusals["/v1/chat"] = (503, {"code": "overloaded"}, {"Retry-After": "3"})
    ask(page, "忙吗")
    assert violations(page) == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_do_not_want_it(
    shop: Shop, service: Service, new_page: NewPage, motion: str
) -> None:
    page = new_page(shop(), reduced_motion=motion)
    launcher(page).click()
    name = page.locator("#policy-assistant .panel").evaluate("(e) => getComputedStyle(e).animationName")
    assert (name == "none") == (motion == "reduce")


# --- Hostile text ------------------------------------------------------------------------


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(XSS)) == len(XSS) >= 200


def test_hostile_questions_and_answers_are_shown_as_text(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.sentences = lambda question: [f"{question}\n", f"• “{question}” [1]\n", f"  Translation: {question}"]
    service.citations = lambda question: [citation(reference=question, quote=question, translation=question)]
    hit = {"policy_id": "shop", "clause_id": "1.1", "rank": 1}
    service.done = lambda question: {
        "query": f"{question} {question}",
        "abstained": {"kind": "not_stated", "message": question},
        "hits": [hit | {"reference": question}],
    }
    page = new_page(shop())
    page.evaluate("async (texts) => { for (const text of texts) await PolicyAssistant.ask(text); }", XSS)
    turns = page.locator("#policy-assistant .turn")
    assert turns.locator(".question").evaluate_all("(all) => all.map((e) => e.lastChild.data)") == list(
        map(str.strip, XSS)
    )
    for text, answer in zip(XSS, turns.locator(".words").all_text_contents(), strict=True):
        assert text.strip().replace("\n", "") in answer
    assert foreign(page) == []
    # As a person types it.
    ask(page, XSS[0])
    assert foreign(page) == []


def test_hostile_clauses_are_shown_as_text(shop: Shop, service: Service, new_page: NewPage) -> None:
    for number, text in enumerate(XSS):
        there = {"clause_id": "1.1", "reference": text, "name": text, "text": text}
        service.clauses[str(number)] = clause(
            clause_id=str(number),
            reference=text,
            policy_title=text,
            version=text,
            translation=text,
            text=text,
            start=0,
            body_end=len(text),
            permalink=text,
            path=[there],
            previous=there,
            next=there,
        )
    service.citations = lambda question: [
        citation(clause_id=str(number), quote=text, start=0, end=len(text), translation=text)
        for number, text in enumerate(XSS)
        if str(number) == question
    ]
    page = new_page(shop())
    shown = page.evaluate(
        """async (count) => {
          const { shadowRoot } = document.getElementById("policy-assistant");
          const shown = [];
          for (let number = 0; number < count; number++) {
            await PolicyAssistant.ask(String(number));
            shadowRoot.querySelector(".turn:last-child .chip").click();
            while (!shadowRoot.querySelector("mark")) await new Promise((then) => setTimeout(then, 5));
            const detail = shadowRoot.querySelector(".detail");
            const links = [...detail.querySelectorAll("a")].map((link) => link.href);
            const tags = [...detail.querySelectorAll("*")].map((element) => element.localName);
            shown.push([detail.querySelector("mark").textContent, links, tags]);
          }
          return shown;
        }""",
        len(XSS),
    )
    assert [marked for marked, _, _ in shown] == XSS
    assert all(link.startswith("http://127.0.0.1:") for _, links, _ in shown for link in links)
    assert {tag for _, _, tags in shown for tag in tags} <= set(TAGS)
    assert foreign(page) == []


def test_hostile_errors_and_contacts_are_shown_as_text(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.policies = [
        {"policy_id": f"p{number}", "title": text, "company": text, "contact": text} for number, text in enumerate(XSS)
    ]
    page = new_page(shop())
    launcher(page).click()
    page.get_by_role("button", name="转人工").click()
    page.locator("#policy-assistant .contacts li").first.wait_for()
    assert page.locator("#policy-assistant .contacts li").count() == len(XSS)
    assert foreign(page) == []
    page.keyboard.press("Escape")
    errors = iter(XSS)
    service.wanted_token = "another"
    service.refused = lambda: dict.fromkeys(("code", "message", "request_id"), next(errors))
    page.evaluate("async (count) => { for (let i = 0; i < count; i++) await PolicyAssistant.ask('问'); }", len(XSS))
    told = page.locator("#policy-assistant .turn .problem").all_text_contents()
    assert all(text in shown for text, shown in zip(XSS, told, strict=True))
    assert foreign(page) == []


def test_hostile_reasons_are_sent_as_text_and_shown_nowhere(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    page.evaluate(
        """async (texts) => {
          const { shadowRoot } = document.getElementById("policy-assistant");
          PolicyAssistant.open();
          for (const text of texts) {
            await PolicyAssistant.ask("问");
            const turn = shadowRoot.querySelector(".turn:last-child");
            const button = (name) => [...turn.querySelectorAll("button")].find((e) =>
              (e.getAttribute("aria-label") ?? e.textContent).trim() === name);
            button("没有用").click();
            while (!turn.querySelector("textarea")) await new Promise((then) => setTimeout(then, 5));
            turn.querySelector("textarea").value = text;
            turn.querySelector("textarea").dispatchEvent(new Event("input", { bubbles: true }));
            button("提交").click();
            while (turn.querySelector("textarea")) await new Promise((then) => setTimeout(then, 5));
          }
        }""",
        XSS,
    )
    sent = [each["why"] for each in service.asked("/v1/feedback") if each["why"]]
    assert sent == [text.strip() for text in XSS]
    assert foreign(page) == []


def test_hostile_policies_and_titles_are_text_on_the_page_that_permalinks_lead_to(
    site: Pages, new_page: NewPage
) -> None:
    for number, text in enumerate(XSS):
        said = f"一、{text}\n我们收集{text}。\n（一）{text}\n{text}"
        policy = parse(said, id="evil", title=text.strip(), version=text, effective_date=text)
        site.pages[f"/{number}"] = (policy_page(policy, asked=f"{text}!"), PAGE_HEADERS)
    with served(site) as address:
        page = new_page(f"{address}/0", script="window.PolicyAssistant = { ask() {} };")
        for number, text in enumerate(XSS):
            page.goto(f"{address}/{number}")
            assert page.evaluate("[...ran, ...violations]") == []
            shown = "".join(page.evaluate("document.body.textContent").split())
            assert shown.count("".join(visible(text).split())) >= 4, text
            tags = set(page.evaluate("[...document.body.querySelectorAll('*')].map((e) => e.localName)"))
            assert tags <= {"header", "h1", "h2", "h3", "p", "main", "div", "a"}, (text, tags)
            assert page.evaluate("[...document.links].every((e) => e.getAttribute('href').startsWith('#c-'))")


def test_a_hostile_memory_is_shown_as_text(shop: Shop, service: Service, new_page: NewPage) -> None:
    page = new_page(shop())
    ask(page, "问")
    page.evaluate(
        """(texts) => Object.keys(sessionStorage).forEach((key) => {
          const kept = JSON.parse(sessionStorage.getItem(key));
          const states = ["done", "failed", "stopped"];
          kept.turns = texts.map((text, i) => {
            const hostile = (name, value) => (typeof value === "string" && name !== "state" ? text : value);
            const problem = { code: "x", requestId: "x" };
            const turn = { ...kept.turns[0], state: states[i % 3], problem, abstained: "x" };
            return JSON.parse(JSON.stringify(turn, hostile));
          });
          sessionStorage.setItem(key, JSON.stringify(kept));
        })""",
        XSS,
    )
    page.reload()
    wait(page, "window.PolicyAssistant")
    assert page.locator("#policy-assistant .turn").count() == len(XSS)
    assert foreign(page) == []
    page.evaluate("PolicyAssistant.open()")
    page.locator("#policy-assistant .tools button").first.click()
    page.locator("#policy-assistant .transcript").wait_for()
    assert foreign(page) == []


def test_invisible_characters_do_not_turn_a_text_around(shop: Shop, service: Service, new_page: NewPage) -> None:
    service.sentences = lambda question: ["甲\u202e乙\u200b丙\u001b[31m丁"]
    service.citations = lambda question: []
    page = new_page(shop())
    assert ask(page, "问").locator(".words").text_content() == "甲乙丙丁"


def test_a_service_that_sends_other_types_than_it_should_breaks_nothing(
    shop: Shop, service: Service, new_page: NewPage
) -> None:
    service.sentences = lambda question: [7, None, {"a": 1}, "好。"]  # type: ignore[list-item]
    service.citations = lambda question: [None, 7, "x", {"marker": "1"}, []]  # type: ignore[list-item]
    service.done = lambda question: {"query": 7, "question": None, "hits": {"0": 1}, "abstained": "yes", "language": 1}
    service.policies = [None, 7]  # type: ignore[list-item]
    page = new_page(shop())
    assert "好。" in ask(page, "问").locator(".words").inner_text()
    page.get_by_role("button", name="转人工").first.click()
    page.locator("#policy-assistant .transcript").wait_for()
    page.keyboard.press("Escape")
    ask(page, "再问")
