"""The lookup desk, as those who answer customers use it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant import Assistant, QuestionError, Settings
from assistant.answering import Answer, AnswerPart
from assistant.answering.citing import Citation
from assistant.answering.refusing import Reason
from assistant.page.desk import refused
from assistant.page.desk.finding import Filters, Topics, look_up, section_key, sections
from assistant.page.desk.replies import TONES, escaped, reply_card
from assistant.page.desk.showing import card, rows
from assistant.page.shared import Page
from assistant.text import visible
from tests import browsing
from tests.browsing import violations, web_page
from tests.conftest import FIXTURES, FakeEmbedder
from tests.test_ui import write_hostile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.answering.refusing import ReasonKind
    from assistant.text import Language
    from tests.browsing import NewPage

browser, new_page = browsing.browser, browsing.new_page

PAYLOADS = (
    "<script>window.hit=1</script>",
    "<img src=https://evil.example/i.png onerror=window.hit=1>",
    "[here](https://evil.example) ![x](https://evil.example/i.png)",
    "<https://evil.example> https://evil.example www.evil.example evil.example",
    "[here]\n\n[here]: https://evil.example",
    "# heading\n- item\n1. item\n> quote\n***\n---\n===\n```\ncode\n```\n    code\n~~~",
    "a | b\n--|--\n1 | 2",
    "**bold** _it_ `code` ~~gone~~ $x$ $$y$$ @someone &lt;b&gt; \\",
    "</blockquote></article><form action=https://evil.example><button>Go</button></form>",
    '" onmouseover="window.hit=1" x="',
    "${window.hit=1} {{constructor}} {{{value}}}",
    "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07 \u202ereversed \u200bhidden",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    options = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.mktemp("desk"))
    return Assistant.open(settings=options, embedders=[FakeEmbedder()])


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request: pytest.FixtureRequest, assistant: Assistant) -> Page:
    return page_of(assistant, request.param)


def page_of(assistant: Assistant, language: Any = "en") -> Page:
    return Page(language=language, settings=assistant.settings, current=lambda: assistant, reload=lambda: None)


def answer_of(
    assistant: Assistant, quote: str, *, text: str = "", question: str = "问", translation: str = ""
) -> Answer:
    """Return an answer that quotes a policy's words, and says so in its own if there is a text."""
    policy = next(policy for policy in assistant.policies if quote in policy.text)
    start = policy.text.index(quote)
    citation = Citation(
        policy_id=policy.id,
        version=policy.version,
        clause_id=policy.at(start).id,
        reference=policy.reference(policy.at(start).id),
        quote=quote,
        start=start,
        end=start + len(quote),
        translation=translation or None,
    )
    lines = "\n  ".join(line.strip() for line in quote.splitlines() if line.strip())
    said = f"• {text} “{lines}” [1]" if text else f"• “{lines}” [1]"
    language: Any = "zh" if question == "问" else "en"
    return Answer(question=question, query=question, language=language, text=f"…\n{said}", citations=(citation,))


QUOTE = "您注销账号后，我们会在十五个工作日内删除您的个人信息"


# --- Looking up ----------------------------------------------------------------------------------


def test_the_clause_with_the_words_comes_first_and_they_are_marked(assistant: Assistant) -> None:
    first = look_up(assistant, "崩溃记录", Filters(), 5)[0]
    assert "崩溃记录" in first.text
    assert "崩溃记录" in [first.policy.text[a:b] for a, b in first.marks]
    assert first.ranks["bm25"] == 1
    assert first.reference == first.policy.reference(first.clause.id)


def test_an_english_question_marks_what_a_chinese_clause_calls_by_another_name(assistant: Assistant) -> None:
    found = look_up(assistant, "delete my account", Filters(policy="yunchao"), 20)
    marked = {part.policy.text[a:b] for part in found for a, b in part.marks}
    assert any("注销" in words for words in marked), marked


def test_marks_lie_in_the_text_that_is_shown_in_order_and_never_touch(assistant: Assistant) -> None:
    for query in ("个人信息 信息 我们收集", "delete personal information", "IMEI", "手机"):
        for part in look_up(assistant, query, Filters(), 50):
            places = [place for mark in part.marks for place in mark]
            assert places == sorted(set(places)), (query, part.marks)
            assert all(part.start <= a < b <= part.end for a, b in part.marks)


def test_nothing_is_looked_up_before_anything_is_typed_or_chosen(assistant: Assistant) -> None:
    assert look_up(assistant, " \u200b ", Filters(), 20) == ()


def test_filters_without_words_list_the_clauses_in_the_order_of_the_text(assistant: Assistant) -> None:
    policy = assistant.policy("yunchao")
    section = next(clause for clause in sections(policy) if "保存" in clause.title)
    found = look_up(assistant, "", Filters(section=section_key(policy, section)), 50)
    assert found
    assert all(section.start <= part.start < section.end for part in found)
    assert [part.start for part in found] == sorted(part.start for part in found)
    assert all(not part.ranks and part.score is None for part in found)


def test_filters_narrow_what_words_find_and_no_clause_is_lost_to_those_filtered_out(assistant: Assistant) -> None:
    policy = assistant.policy("yunchao")
    for section in sections(policy):
        found = look_up(assistant, "个人信息", Filters(section=section_key(policy, section)), 1)
        browsed = look_up(assistant, "", Filters(section=section_key(policy, section)), 1)
        assert bool(found) == bool(browsed), section.title
        assert all(section.start <= part.start < section.end for part in found)


def test_a_topic_finds_the_clauses_that_name_it_in_any_words(assistant: Assistant) -> None:
    named = assistant.retriever.analyzer.thesaurus.named_in("IMEI")[0]
    for part in look_up(assistant, "", Filters(topic=named), 50):
        assert named in assistant.retriever.analyzer.thesaurus.named_in(part.text)
    kinds = {concept.id: concept.kind for concept in assistant.retriever.analyzer.thesaurus.concepts}
    found = look_up(assistant, "", Filters(topic="kind:right"), 50)
    assert found
    for part in found:
        names = assistant.retriever.analyzer.thesaurus.named_in(part.text)
        assert "right" in {kinds[name] for name in names}


def test_only_topics_that_occur_are_offered_each_with_its_clauses(assistant: Assistant) -> None:
    topics = Topics()
    for scope in ("", "yunchao", "lantern"):
        counts = topics.of(assistant, scope)
        assert counts
        for topic, count in list(counts.items())[:20]:
            assert len(look_up(assistant, "", Filters(policy=scope, topic=topic), 500)) == count
    assert topics.of(assistant) == Topics().of(assistant)


def test_a_policy_that_is_gone_or_a_query_without_end_is_an_error_that_says_so(assistant: Assistant) -> None:
    with pytest.raises(QuestionError, match="there is no policy 'gone'"):
        look_up(assistant, "账号", Filters(policy="gone"), 5)
    with pytest.raises(QuestionError, match="characters"):
        look_up(assistant, "长" * 5_000, Filters(), 5)


def test_rows_say_where_each_clause_stands_and_copy_it_with_its_reference(page: Page, assistant: Assistant) -> None:
    found = look_up(assistant, "崩溃记录", Filters(), 3)
    html = rows(page, found, ranks=False, several=True)
    policy, clause = found[0].policy, found[0].clause
    assert f'href="?policy={policy.id}&amp;clause={clause.id}"' in html
    assert f'data-start="{found[0].start}" data-end="{found[0].end}"' in html
    copied = next(attributes["data-copy"] for tag, attributes in tags(html) if "data-copy" in attributes)
    assert copied.startswith(found[0].text.strip())
    assert copied.endswith(f"—— 《{policy.title}》{found[0].reference}")
    assert "<mark>崩溃记录</mark>" in html
    assert "pa-desk-ranks" not in html
    assert "pa-desk-ranks" in rows(page, found, ranks=True, several=True)


def test_a_long_clause_shows_what_is_closest_and_unfolds(page: Page, assistant: Assistant) -> None:
    text = "我们收集您的信息。" * 60 + "崩溃记录在此。" + "我们收集您的信息。" * 60
    found = replace(
        look_up(assistant, "崩溃记录", Filters(policy="yunchao"), 1)[0],
        policy=replace(assistant.policy("yunchao"), text=text),
        start=0,
        end=len(text),
        best=(text.index("崩溃"), text.index("崩溃") + 7),
        marks=((text.index("崩溃"), text.index("崩溃") + 4),),
    )
    html = rows(page, [found], ranks=False, several=False)
    summary = re.search(r"<summary>(.*?)</summary>", html, re.DOTALL)
    assert summary
    assert "<mark>崩溃记录</mark>" in summary[1]
    assert len(summary[1]) < 600
    assert html.count("<mark>崩溃记录</mark>") == 2


# --- Replies -------------------------------------------------------------------------------------


def test_a_reply_quotes_the_answer_names_its_clause_and_says_nothing_else(assistant: Assistant) -> None:
    answer = answer_of(assistant, QUOTE)
    assert reply_card(answer, assistant.policies, "zh", "plain", "text") == (
        "《云巢读书隐私政策》（2024-03-01 版）的相关规定如下：\n\n"
        f"“{QUOTE}”\n—— 《云巢读书隐私政策》{answer.citations[0].reference}"
    )


@pytest.mark.parametrize(
    ("language", "lead"),
    [
        ("zh", "《云巢读书隐私政策》（2024-03-01 版）中最接近的规定如下，不一定涉及您所问的内容：\n"),
        ("en", "These provisions of 云巢读书隐私政策 (version 2024-03-01) come closest; they may not cover what"),
    ],
)
def test_a_reply_is_as_doubtful_as_the_answer(assistant: Assistant, language: Language, lead: str) -> None:
    answer = replace(answer_of(assistant, QUOTE), uncertain=True)
    assert reply_card(answer, assistant.policies, language, "plain", "text").startswith(lead)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tones_greet_and_close_around_the_same_statements(assistant: Assistant, language: Language) -> None:
    answer = answer_of(assistant, QUOTE)
    plain, friendly, formal = (reply_card(answer, assistant.policies, language, tone, "text") for tone in TONES)
    assert plain in friendly
    assert plain in formal
    assert friendly.splitlines()[0] != formal.splitlines()[0]
    assert {"zh": "您好！", "en": "Hello"}[language] in friendly
    assert {"zh": "尊敬的用户", "en": "Dear customer"}[language] in formal


def test_an_english_reply_from_a_chinese_policy_has_the_original_and_its_translation(assistant: Assistant) -> None:
    answer = answer_of(assistant, QUOTE, question="how long", translation="We delete it within 15 working days")
    reply = reply_card(answer, assistant.policies, "en", "friendly", "text")
    assert f"“{QUOTE}”\nTranslation: We delete it within 15 working days\n— 《云巢读书隐私政策》" in reply
    assert "the original text prevails" in reply
    assert "Translation" not in reply_card(answer, assistant.policies, "zh", "friendly", "text")


def test_a_reply_names_no_version_that_is_made_of_the_text(assistant: Assistant) -> None:
    known = [replace(policy, version=policy.sha256[:12], effective_date="") for policy in assistant.policies]
    text = reply_card(answer_of(assistant, QUOTE), known, "en", "plain", "text")
    assert "云巢读书隐私政策" in text
    assert "version" not in text.lower()


def test_an_answer_in_its_own_words_keeps_them_in_its_language_only(assistant: Assistant) -> None:
    answer = answer_of(assistant, QUOTE, text="注销后十五个工作日内删除。")
    for form in ("text", "markdown"):
        assert "注销后十五个工作日内删除。" in reply_card(answer, assistant.policies, "zh", "plain", form)
        assert "注销后十五个工作日内删除。" not in reply_card(answer, assistant.policies, "en", "plain", form)


def test_several_statements_are_numbered_and_markdown_quotes_them(assistant: Assistant) -> None:
    one, two = answer_of(assistant, QUOTE), answer_of(assistant, "我们不收集您的银行卡号。")
    answer = replace(one, text=f"{one.text}\n{two.text.replace('[1]', '[2]')}", citations=one.citations + two.citations)
    text = reply_card(answer, assistant.policies, "zh", "plain", "text")
    assert f"1. “{QUOTE}”" in text
    assert "2. “我们不收集您的银行卡号。”" in text
    assert f"> {QUOTE}" in reply_card(answer, assistant.policies, "zh", "plain", "markdown")


def test_a_reply_says_which_question_of_a_message_has_no_answer(assistant: Assistant) -> None:
    part = AnswerPart(question="谁<b>来删？", abstained=Reason(kind="not_stated", message="没有说明。"))
    answer = replace(answer_of(assistant, QUOTE), parts=(AnswerPart(question="多久删？", markers=(1,)), part))
    told = "关于“谁<b>来删？”：《云巢读书隐私政策》没有说明这一点，因此我无法据此答复您。"
    assert reply_card(answer, assistant.policies, "zh", "plain", "text").endswith(told)
    assert "On “谁<b>来删？”: " in reply_card(answer, assistant.policies, "en", "friendly", "text")


def test_a_reply_to_several_questions_names_each_before_what_answers_it(page: Page, assistant: Assistant) -> None:
    one, two = answer_of(assistant, QUOTE), answer_of(assistant, "我们不收集您的银行卡号。")
    parts = (
        AnswerPart(question="多久_删_？", markers=(1,)),
        AnswerPart(question="收集<b>银行卡号？", markers=(1, 2)),
        AnswerPart(question="真的删？", markers=(1,)),
    )
    answer = replace(one, citations=one.citations + two.citations, parts=parts)
    text = reply_card(answer, assistant.policies, "zh", "plain", "text").split("\n\n")
    assert [paragraph.splitlines()[0] for paragraph in text[1:]] == [
        "关于“多久_删_？”：",
        f"1. “{QUOTE}”",
        "关于“收集<b>银行卡号？”：",
        "2. “我们不收集您的银行卡号。”",
        "关于“真的删？”：请见上面引用的规定。",
    ]
    markdown = reply_card(answer, assistant.policies, "en", "plain", "markdown")
    assert "\n\n**On “多久\\_删\\_？”:**\n\n> " in markdown
    html = card(page, answer, assistant.policies, "zh", "plain")
    assert '<p class="pa-desk-one-of-several">关于“收集&lt;b&gt;银行卡号？”：</p><blockquote>' in html


@pytest.mark.parametrize("kind", ["not_stated", "out_of_scope", "unclear"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_gets_no_answer_is_told_so_and_whom_to_ask(
    assistant: Assistant, kind: ReasonKind, language: Language
) -> None:
    hits = assistant.search("人脸识别", policies=["yunchao"])
    reason = Reason(kind=kind, message="云巢读书没有提到“人脸”。最接近的条款：一（二）。")
    answer = Answer(question="人脸", query="人脸", language="zh", text=reason.message, hits=hits, abstained=reason)
    for form in ("text", "markdown"):
        reply = reply_card(answer, assistant.policies, language, "friendly", form)
        assert "400-000-1234" in reply
        assert not {"“", ">", "最接近"} & set(reply)
    words = {
        "not_stated": {"zh": "没有说明这一点", "en": "is not stated in"},
        "out_of_scope": {"zh": "不在《云巢读书隐私政策》的范围内", "en": "not look like a question about"},
        "unclear": {"zh": "再说明一下", "en": "tell me more"},
    }
    assert words[kind][language] in reply


def test_what_is_said_to_a_greeting_is_no_statement_of_a_policy(assistant: Assistant) -> None:
    reply = reply_card(assistant.ask("你好"), assistant.policies, "zh", "friendly", "text")
    assert "“" not in reply


def test_who_gets_no_answer_from_several_policies_is_not_sent_to_any_company(assistant: Assistant) -> None:
    answer = replace(assistant.ask("？"), hits=())
    assert answer.abstained
    reply = reply_card(answer, assistant.policies, "en", "plain", "text")
    assert not any(policy.contact in reply for policy in assistant.policies)


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_policy_text_brings_no_markup_into_markdown(assistant: Assistant, payload: str, language: Language) -> None:
    reply = reply_card(
        hostile(assistant, payload), hostile_policies(assistant, payload), language, "formal", "markdown"
    )
    allowed = {"p", "blockquote", "br"}
    for preset in ("commonmark", "js-default"):
        html = MarkdownIt(preset, {"html": True, "linkify": False}).render(reply)
        assert {tag for tag, _ in tags(html)} <= allowed, (reply, html)
        # What was written is what is read.
        assert squeezed(payload) in squeezed(text_of(html)), (reply, html)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_reply_as_text_has_no_markup_and_no_invisible_characters(assistant: Assistant, payload: str) -> None:
    answer, policies = hostile(assistant, payload), hostile_policies(assistant, payload)
    reply = reply_card(answer, policies, "en", "plain", "text")
    assert visible(reply) == reply
    shown = "\n".join(line.strip() for line in visible(payload).splitlines() if line.strip())
    assert f"“{shown}”" in reply


@pytest.mark.parametrize("payload", PAYLOADS)
def test_neither_the_card_nor_the_rows_hold_a_tag_of_a_policy(page: Page, assistant: Assistant, payload: str) -> None:
    answer, policies = hostile(assistant, payload), hostile_policies(assistant, payload)
    found = tags(card(page, answer, policies, page.language, "friendly"))
    part = look_up(assistant, "崩溃记录", Filters(), 1)[0]
    text = f"{payload} 崩溃记录 {payload * 20}"
    shown = replace(part, policy=replace(policies[1], text=text), start=0, end=len(text), best=(0, 40))
    found += tags(rows(page, [shown], ranks=True, several=True))
    known = {
        "article",
        "div",
        "button",
        "p",
        "blockquote",
        "footer",
        "a",
        "ol",
        "li",
        "span",
        "b",
        "mark",
        "details",
        "summary",
    }
    assert {tag for tag, _ in found} <= known
    assert not any(name.startswith("on") for _, attributes in found for name in attributes)
    assert all(attributes["href"].startswith("?policy=") for tag, attributes in found if tag == "a")


@given(text=st.text(alphabet=st.sampled_from("ab 1.\\`*_{}[]()#+-!|~<>&:/@$=^\"'\n\t测试。"), max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
def test_escaped_text_reads_as_it_was_whatever_it_holds(text: str) -> None:
    html = MarkdownIt("js-default", {"html": True, "linkify": False}).render(escaped(text))
    assert {tag for tag, _ in tags(html)} <= {"p", "br"}, html
    assert squeezed(text_of(html)) == squeezed(text)


def hostile(assistant: Assistant, payload: str) -> Answer:
    """Return an answer whose every text is the payload."""
    answer = answer_of(assistant, QUOTE, question="what", translation="x")
    citation = replace(answer.citations[0], quote=payload, translation=payload, reference=payload)
    lines = "\n  ".join(line.strip() for line in payload.splitlines() if line.strip())
    return replace(answer, text=f"• {payload} “{lines}” [1]", citations=(citation,))


def hostile_policies(assistant: Assistant, payload: str) -> list[Any]:
    return [replace(policy, title=payload, company=payload, version=payload) for policy in assistant.policies]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def tags(html: str) -> list[tuple[str, dict[str, str]]]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.tags


def text_of(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.text)


def squeezed(text: str) -> str:
    return "".join(visible(text).split())


def test_all_words_are_there_in_both_languages() -> None:
    import tomllib

    for part in ("desk", "evaluation"):
        words = tomllib.loads((Path(__file__).parent.parent / f"assistant/data/page/{part}.toml").read_text("utf-8"))
        for name, texts in words.items():
            assert set(texts) == {"zh", "en"}, name
            holes = [sorted(re.findall(r"\{(\w+)\}", text)) for text in texts.values()]
            assert holes[0] == holes[1], name
    kinds = {line.split('"')[1] for line in _thesaurus_lines() if line.startswith("kind = ")}
    said = tomllib.loads((Path(__file__).parent.parent / "assistant/data/page/desk.toml").read_text("utf-8"))
    assert {f"kind_{kind}" for kind in kinds} <= set(said)


def _thesaurus_lines() -> list[str]:
    path = Path(__file__).parent.parent / "assistant/data/thesaurus.toml"
    return path.read_text("utf-8").splitlines()


def test_what_cannot_be_asked_is_refused_in_the_pages_language(assistant: Assistant) -> None:
    chinese = page_of(assistant, "zh")
    most = assistant.settings.max_question_chars
    assert refused(chinese, "问" * most, "yunchao") == ""
    assert refused(chinese, "问" * (most + 1), "") == f"太长：{most + 1:,} 个字，最多 {most:,} 个。"
    assert refused(chinese, "问", "was-removed") == "选中的政策已经不在了：请重新选择。"


# --- In a browser --------------------------------------------------------------------------------

DESK = "document.querySelectorAll('#pa-tabs [role=tab]').length > 2"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("desk-page")
    shutil.copytree(FIXTURES / "corpus", folder / "corpus")
    write_hostile(folder / "corpus")
    with web_page(folder, corpus=str(folder / "corpus"), index_dir=str(folder / "index")) as served:
        yield served


@pytest.fixture
def opened(address: str, new_page: NewPage) -> NewPage:
    """Opens the desk in a language."""

    def make(language: str = "zh", **options: Any) -> Any:
        options = {"permissions": ["clipboard-read", "clipboard-write"]} | options
        browser_page = new_page(f"{address}/{language}/", ready=DESK, **options)
        browser_page.get_by_role("tab", name="查询台" if language == "zh" else "Lookup desk").click()
        browser_page.locator("#pa-desk-query input").wait_for()
        # The choices of the filters come with the tab.
        browser_page.wait_for_timeout(500)
        return browser_page

    return make


def results(browser_page: Any) -> Any:
    return browser_page.locator("#pa-desk-found .pa-desk-clause")


@pytest.mark.browser
@pytest.mark.enable_socket
def test_results_follow_what_is_typed_and_only_the_last_is_shown(opened: NewPage) -> None:
    browser_page = opened()
    searches: list[str] = []
    browser_page.on(
        "request", lambda request: searches.append(request.post_data or "") if "queue/join" in request.url else None
    )
    field = browser_page.locator("#pa-desk-query input")
    field.press_sequentially("崩溃记录", delay=20)
    results(browser_page).first.filter(has_text="崩溃记录").wait_for()
    assert browser_page.locator("#pa-desk-found mark", has_text="崩溃记录").count()
    # Not one for each character.
    assert len(searches) <= 2, searches
    field.fill("注销账号")
    results(browser_page).first.filter(has_text="注销账号").wait_for()
    field.fill("")
    browser_page.locator("#pa-desk-found .pa-hint").wait_for()


@pytest.mark.browser
@pytest.mark.enable_socket
def test_what_is_too_long_is_kept_and_said_to_be_so(opened: NewPage) -> None:
    browser_page = opened("en")
    field = browser_page.locator("#pa-desk-query input")
    field.fill("x" * 2_001)
    browser_page.locator("#pa-desk-found .pa-hint-wrong", has_text="2,001 characters of 2,000").wait_for()
    assert field.input_value() == "x" * 2_001
    field.press("Enter")
    browser_page.locator("#pa-desk-reply .pa-hint-wrong", has_text="2,001 characters of 2,000").wait_for()


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_belongs_together_stands_on_one_line(opened: NewPage, language: Language) -> None:
    browser_page = opened(language, viewport={"width": 1280, "height": 800})
    tops = "(all) => new Set(all.map((one) => Math.round(one.getBoundingClientRect().top))).size"
    assert browser_page.locator(".pa-desk-reply-later label").evaluate_all(tops) == 1
    middle = "(one) => { const { top, bottom } = one.getBoundingClientRect(); return (top + bottom) / 2; }"
    filters = browser_page.locator(".pa-desk-filters")
    field, switch = filters.locator("input[role=combobox]").last, filters.locator("input[type=checkbox]")
    assert abs(field.evaluate(middle) - switch.evaluate(middle)) < 4


@pytest.mark.browser
@pytest.mark.enable_socket
def test_filters_narrow_the_results_and_ranks_are_shown_on_demand(opened: NewPage) -> None:
    browser_page = opened("en")
    browser_page.locator("#pa-desk-query input").fill("personal information")
    results(browser_page).first.wait_for()
    browser_page.get_by_role("combobox", name="Policy").click()
    browser_page.get_by_role("option", name="Lantern Post").click()
    browser_page.wait_for_function(
        "![...document.querySelectorAll('.pa-desk-trail')].some((e) => /云巢/.test(e.textContent))"
    )
    browser_page.get_by_role("combobox", name="Section").click()
    # The list of policies goes as that of sections comes.
    browser_page.get_by_role("option", name="云巢").wait_for(state="detached")
    browser_page.get_by_role("option").nth(2).click()
    browser_page.wait_for_timeout(600)
    assert 0 < results(browser_page).count() < 20
    assert not browser_page.locator(".pa-desk-ranks").count()
    browser_page.get_by_label("Match details").click()
    browser_page.locator(".pa-desk-ranks").first.wait_for()


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_reply_is_written_copied_and_changes_its_tone_and_language(opened: NewPage, assistant: Assistant) -> None:
    browser_page = opened()
    field = browser_page.locator("#pa-desk-query input")
    field.fill("注销账号以后多久删除我的个人信息？")
    field.press("Enter")
    reply = browser_page.locator("#pa-desk-reply article")
    reply.wait_for()
    assert "十五个工作日" in reply.inner_text()
    reply.get_by_role("button", name="复制文本").click()
    browser_page.locator("#pa-status", has_text="已复制").wait_for()
    copied = browser_page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("您好！感谢您的提问。\n\n《云巢读书隐私政策》（2024-03-01 版）的相关规定如下：\n\n“")
    browser_page.get_by_label("正式").check()
    reply.filter(has_text="尊敬的用户").wait_for()
    browser_page.get_by_label("English").check()
    reply.filter(has_text="Dear customer").wait_for()
    reply.get_by_role("button", name="复制 Markdown").click()
    browser_page.wait_for_timeout(300)
    copied = browser_page.evaluate("navigator.clipboard.readText()")
    assert "\n> " in copied
    assert "十五个工作日" in copied


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_clause_is_copied_where_there_is_no_clipboard_too(opened: NewPage) -> None:
    browser_page = opened(script="Object.defineProperty(navigator, 'clipboard', { value: undefined })", permissions=[])
    browser_page.locator("#pa-desk-query input").fill("崩溃记录")
    button = results(browser_page).first.get_by_role("button", name="复制条款")
    button.click()
    browser_page.locator("#pa-status", has_text="已复制").wait_for()
    # What was copied is pasted back into the field.
    field = browser_page.locator("#pa-desk-query input")
    field.fill("")
    field.focus()
    browser_page.keyboard.press("Control+v")
    browser_page.wait_for_timeout(300)
    assert "崩溃记录" in field.input_value()
    assert "《云巢读书隐私政策》" in field.input_value()


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_hostile_policy_is_shown_as_it_is_and_runs_nothing(opened: NewPage) -> None:
    browser_page = opened()
    field = browser_page.locator("#pa-desk-query input")
    for words in ("window.hit evil.example script", "img onerror", "${window.hit=1} {{window.hit=1}}"):
        field.fill(words)
        browser_page.wait_for_timeout(700)
        results(browser_page).first.wait_for()
        field.press("Enter")
        browser_page.locator("#pa-desk-reply article, #pa-desk-reply .pa-hint").first.wait_for()
        browser_page.wait_for_timeout(500)
    shown = browser_page.locator("#pa-desk-found").inner_text() + browser_page.locator("#pa-desk-reply").inner_text()
    assert "window.hit" in shown
    assert browser_page.evaluate("window.hit") is None
    assert not browser_page.locator("#pa-desk-found :is(img, svg, script, iframe, style, form, math)").count()
    assert not browser_page.locator("#pa-desk-reply :is(img, svg, script, iframe, style, form, math)").count()


@pytest.mark.browser
@pytest.mark.enable_socket
def test_recent_look_ups_come_back_after_a_reload_and_can_be_cleared(opened: NewPage) -> None:
    browser_page = opened("en")
    for words in ("崩溃记录", "<img src=x onerror=window.ran.push(1)>"):
        field = browser_page.locator("#pa-desk-query input")
        field.fill(words)
        results(browser_page).first.wait_for()
        browser_page.wait_for_timeout(400)
        field.press("Enter")
        browser_page.wait_for_timeout(300)
    browser_page.reload()
    browser_page.get_by_role("tab", name="Lookup desk").click()
    recent = browser_page.locator("[data-recent]")
    recent.wait_for()
    assert recent.locator(".pa-recent-list button").all_inner_texts() == [
        "<img src=x onerror=window.ran.push(1)>",
        "崩溃记录",
    ]
    recent.get_by_role("button", name="崩溃记录").click()
    results(browser_page).first.filter(has_text="崩溃记录").wait_for()
    recent.get_by_role("button", name="Clear").click()
    recent.wait_for(state="hidden")
    assert browser_page.evaluate("localStorage.getItem('pa-desk-recent')") == "[]"


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_result_opens_the_reader_at_its_clause(opened: NewPage) -> None:
    browser_page = opened()
    browser_page.locator("#pa-desk-query input").fill("崩溃记录")
    link = results(browser_page).first.locator(".clause-link").first
    link.wait_for()
    clause = link.get_attribute("data-clause")
    link.click()
    browser_page.wait_for_function("location.search.includes('policy=yunchao')")
    assert f"clause={clause}" in browser_page.url


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_telephone_the_reply_stands_before_the_clauses_and_nothing_is_cut_off(opened: NewPage, theme: str) -> None:
    browser_page = opened("en", script=f"localStorage.setItem('policy-assistant.theme', '{theme}')", **browsing.PHONE)
    field = browser_page.locator("#pa-desk-query input")
    field.fill("How long does Lantern Post keep the record of a delivery?")
    field.press("Enter")
    reply = browser_page.locator("#pa-desk-reply article")
    reply.wait_for()
    results(browser_page).first.wait_for()
    top = "(e) => e.getBoundingClientRect().top"
    assert reply.evaluate(top) < results(browser_page).first.evaluate(top)
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
    # The tabs stay in sight however far one scrolls.
    tabs = browser_page.locator("#pa-tabs > .tab-wrapper")
    before = tabs.evaluate(top)
    scrolled = browser_page.locator("#pa-work").evaluate("(work) => { work.scrollTop = 1e6; return work.scrollTop; }")
    assert scrolled > 0
    assert tabs.evaluate(top) == before


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, browsing.PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_from_the_desk(opened: NewPage, theme: str, screen: dict[str, Any]) -> None:
    browser_page = opened(script=f"localStorage.setItem('policy-assistant.theme', '{theme}')", **screen)
    field = browser_page.locator("#pa-desk-query input")
    field.fill("注销账号以后多久删除我的个人信息？")
    field.press("Enter")
    browser_page.locator("#pa-desk-reply article").wait_for()
    results(browser_page).first.wait_for()
    browser_page.get_by_label("匹配详情").click()
    browser_page.locator(".pa-desk-ranks").first.wait_for()
    assert violations(browser_page) == []
