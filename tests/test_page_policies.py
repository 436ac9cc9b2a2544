"""The tab that keeps the policies: what it shows of a file before it is stored, and what becomes of it then."""

from __future__ import annotations

import asyncio
import re
import shutil
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Assistant, CorpusError, PolicyIndexError, Settings
from assistant.corpus.keeping import add_policy, change_policy, remove_policy
from assistant.errors import FileError
from assistant.page.policies import build_policies
from assistant.page.policies.forms import filled, known_from, prefilled, renewed, wrong
from assistant.page.policies.indexing import Step, applied, indexed
from assistant.page.policies.listing import listing
from assistant.page.policies.uploads import explained, preview, taken_in
from assistant.page.shared import Page
from assistant.parsing import parse
from assistant.text import visible
from tests import browsing
from tests.browsing import violations, web_page
from tests.conftest import FIXTURES, FakeEmbedder
from tests.files import docx, level, lists, paragraph, pdf, set_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.text import Language
    from tests.browsing import NewPage

browser, new_page = browsing.browser, browsing.new_page

TEXT = (
    "云朵隐私政策\n更新日期：2024年1月1日\n生效日期：2024年2月3日\n"
    "一、收集\n我们收集您的手机号码。\n二、联系我们\n电话：12345。\n"
)
HOSTILE = "<img src=https://evil.example/i.png onerror=window.hit=1>\u202e</li></section><script>window.hit=1</script>"


class Desk:
    """A page over a corpus of its own, that opens policies anew as the shell's does."""

    def __init__(self, settings: Settings, language: Any = "en") -> None:
        self.settings = settings
        self.opened = 0
        self.reload()
        self.page = Page(language=language, settings=settings, current=lambda: self.assistant, reload=self.reload)

    def reload(self) -> None:
        self.opened += 1
        self.assistant = Assistant.open(settings=self.settings, embedders=[FakeEmbedder()])


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return Desk(settings)


def sent(folder: Path, name: str, data: bytes | str) -> Path:
    """Return a file as Gradio hands it over: in a folder of its own."""
    path = folder / "sent" / name
    path.parent.mkdir()
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def text_in(markup: str) -> str:
    """Return the text of HTML, in which there is no element that came out of somebody's text."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag in {"ul", "li", "b", "a", "p", "span", "div", "section", "h3", "progress"}, tag
            assert {name for name, _ in attrs} <= {
                *("class", "href", "role", "tabindex", "aria-label", "value", "max"),
                *("data-policy", "data-clause", "data-start", "data-end"),
            }

        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(markup)
    text = "\n".join(found)
    assert visible(text) == text
    return text


# --- What there is ---------------------------------------------------------------------


def test_the_policies_are_listed_with_what_is_known(desk: Desk) -> None:
    said = text_in(listing(desk.page))
    assert "Lantern Post Privacy Policy" in said
    assert re.search(r"13 clauses · 1,\d\d\d characters", said)
    assert "no English translation" in said
    assert "came with the program" not in said
    assert str(desk.settings.corpus) in said
    assert 'data-policy="lantern"' in listing(desk.page)


def test_those_that_came_with_the_program_say_so(tmp_path: Path) -> None:
    settings = Settings(policies_dir=tmp_path / "added", index_dir=tmp_path / "index")
    add_policy(settings, TEXT, title="云朵")
    said = text_in(listing(Desk(settings, "zh").page))
    assert said.count("随软件附带") == 1
    assert "有英文译文" in said
    assert "云朵" in said
    assert "没有生效日期" in said
    assert "版本" not in said
    assert str(tmp_path / "added") in said
    # How to have one's own answer alone.
    assert said.count("不想使用它") == 1
    remove_policy(settings, "baiju")
    said = text_in(listing(Desk(settings, "zh").page))
    assert "随软件附带" not in said
    assert re.search(r"baiju\s+未使用", said)


def test_what_was_removed_meanwhile_does_no_harm(desk: Desk, corpus: Path) -> None:
    shutil.rmtree(corpus / "lantern")
    assert "Lantern" in text_in(listing(desk.page))


# --- A file ----------------------------------------------------------------------------


def test_a_file_is_read_and_deleted(tmp_path: Path) -> None:
    path = sent(tmp_path, "a\u202eb.html", f"<html><h1>云朵</h1>{''.join(f'<p>{line}' for line in TEXT.splitlines())}")
    upload = taken_in(path)
    assert (upload.name, upload.format, upload.title) == ("ab.html", "html", "云朵")
    assert [clause.id for clause in upload.policy.walk() if clause.label] == ["1", "2"]
    assert not path.parent.exists()


def test_the_form_is_filled_with_what_a_file_says_of_itself(tmp_path: Path) -> None:
    upload = taken_in(sent(tmp_path, "cloud.txt", f"{TEXT}邮箱：care@cloud.example\n"))
    assert prefilled(upload) == ["云朵隐私政策", "云朵", "2024-02-03", "", "care@cloud.example"]


def test_a_new_version_keeps_what_is_known_but_for_the_date_it_says(desk: Desk, tmp_path: Path) -> None:
    former = replace(parse(TEXT), title="Clouds", aliases=("Cloud",), effective_date="2020-01-01", contact="us")
    upload = taken_in(sent(tmp_path, "cloud.txt", TEXT))
    assert renewed(desk.page, former, upload) == ["Clouds", former.company, "2024-02-03", "Cloud", "us"]
    undated = taken_in(sent(tmp_path, "cloud.txt", "云朵隐私政策\n一、收集\n我们收集您的手机号码。\n"))
    assert renewed(desk.page, former, undated)[2] == "2020-01-01"


def test_a_file_that_cannot_be_read_is_deleted_too(tmp_path: Path) -> None:
    path = sent(tmp_path, "scan.pdf", pdf([[]]))
    with pytest.raises(FileError) as caught:
        taken_in(path)
    assert caught.value.reason == "scanned"
    assert not path.parent.exists()


def test_a_preview_shows_clauses_and_the_beginning(desk: Desk, tmp_path: Path) -> None:
    body = "".join(paragraph(f"第{n}项规则的名称", number=(1, 0)) for n in range(400))
    upload = taken_in(sent(tmp_path, "x.docx", docx(body, numbering=lists([level(0, "decimal", "%1.")]))))
    said = text_in(preview(desk.page, upload))
    assert "x.docx: read as docx, 400 clauses" in said
    assert "1. 第0项规则的名称" in said
    assert "… and 100 more" in said
    assert not any(word in said for word in ("No numbers", "exactly that"))


def test_a_preview_tells_what_is_suspicious(desk: Desk, tmp_path: Path) -> None:
    flat = taken_in(sent(tmp_path, "x.txt", "我们收集您的手机号码，用于注册账号和登录服务，您可以拒绝。"))
    assert "No numbers or headings were recognised" in text_in(preview(desk.page, flat))
    add_policy(desk.settings, TEXT, title="云朵")
    desk.reload()
    again = taken_in(sent(tmp_path, "y.txt", TEXT))
    assert "exactly that of “云朵”" in text_in(preview(desk.page, again))


def test_text_of_files_stays_text(desk: Desk, tmp_path: Path) -> None:
    text = "\n".join(f"{n}、{HOSTILE}\n我们收集{HOSTILE}您的信息。" for n in "一二三")
    upload = taken_in(sent(tmp_path, f"{HOSTILE[:20]}.txt".replace("/", ""), text))
    said = text_in(preview(desk.page, upload))
    assert said.count("<img src=https://evil.example") > 3
    add_policy(desk.settings, text, title=HOSTILE, company=HOSTILE)
    desk.reload()
    assert "<script>" in text_in(listing(desk.page))


def test_every_reason_has_words_in_both_languages(desk: Desk) -> None:
    words = tomllib.loads((Path(__file__).parents[1] / "assistant/data/page/policies.toml").read_text("utf-8"))
    sources = (Path(__file__).parents[1] / "assistant/readers").rglob("*.py")
    reasons = {reason for path in sources for reason in re.findall(r'reason="(\w+)"', path.read_text("utf-8"))}
    assert {f"file_{reason}" for reason in reasons} == {name for name in words if name.startswith("file_")}
    assert all(set(said) == {"zh", "en"} for said in words.values())
    for said in words.values():
        assert re.findall(r"{\w+}", said["zh"]).sort() == re.findall(r"{\w+}", said["en"]).sort()


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "x.pdf：PDF 里几乎没有文字"), ("en", "x.pdf: It holds pictures")]
)
def test_problems_with_a_file_are_told_in_the_pages_language(settings: Settings, language: Any, words: str) -> None:
    page = Desk(settings, language).page
    assert explained(page, FileError("…", reason="scanned"), "x.pdf").startswith(words)
    assert explained(page, FileError("…", reason="pages", found="501", limit="500"))
    assert explained(page, CorpusError("as it is"), "x.pdf") == "as it is"


# --- What is known -----------------------------------------------------------------------


def test_what_is_typed_becomes_what_is_known(desk: Desk) -> None:
    known = known_from(" 云朵 ", "", "2024-02-03", "云，Cloud、 , 朵;", " a@b.example")
    assert known == {
        "title": "云朵",
        "company": "",
        "effective_date": "2024-02-03",
        "aliases": ("云", "Cloud", "朵"),
        "contact": "a@b.example",
    }
    policy = add_policy(desk.settings, TEXT, **known)
    assert known_from(*filled(desk.page, policy)) == known
    changed = change_policy(desk.settings, policy.id, **known_from("Y", "Z", "", "", ""))
    assert filled(desk.page, changed) == ["Y", "Z", "", "", ""]


@pytest.mark.parametrize(("language", "aliases"), [("zh", "云，Cloud"), ("en", "云, Cloud")])
def test_other_names_stand_in_the_form_as_the_page_s_language_lists_them(
    desk: Desk, language: Language, aliases: str
) -> None:
    page = replace(desk.page, language=language)
    assert filled(page, parse(TEXT, aliases=("云", "Cloud")))[3] == aliases


@pytest.mark.parametrize("date", ["soon", "2024-2-3", "2024-02-30", "20240203"])
def test_dates_are_checked_before_anything_is_stored(desk: Desk, date: str) -> None:
    assert f"“{date}” is not a date" in wrong(desk.page, known_from("x", "", date, "", ""))
    assert wrong(desk.page, known_from("x", "", "", "", "")) == ""
    assert wrong(desk.page, known_from(" ", "", "", "", "")) == "Give it a title."


# --- The index -----------------------------------------------------------------------------


def test_a_policy_that_was_added_can_be_asked_about_then(desk: Desk, tmp_path: Path) -> None:
    policy = add_policy(desk.settings, TEXT, title="云朵")
    assert policy.id not in {found.id for found in desk.assistant.policies}
    steps = list(indexed(desk.page))
    assert steps[0] == Step()
    assert steps[-1].is_opening
    assert desk.opened == 2
    answer = desk.assistant.ask("云朵收集哪些信息", policies=[policy.id])
    assert "手机号码" in answer.text
    remove_policy(desk.settings, policy.id)
    assert "done" in list(applied(desk.page, "done"))[-1]
    assert policy.id not in {found.id for found in desk.assistant.policies}


def test_the_former_policies_serve_on_if_the_index_fails(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def build_index(**_: Any) -> None:
        raise PolicyIndexError("the disk is <full>")

    monkeypatch.setattr("assistant.engine.build_index", build_index)
    last = list(applied(desk.page, "done"))[-1]
    assert "the index was not built: the disk is <full>" in text_in(last)
    assert 'role="alert"' in last
    assert desk.opened == 1


def test_the_tab_stands_by_itself(desk: Desk) -> None:
    import gradio as gr

    async def build() -> Any:
        # Outside of a running loop Gradio opens some that it never closes.
        with gr.Blocks(analytics_enabled=False) as blocks:
            build_policies(desk.page)
        return blocks

    blocks = asyncio.run(build())
    assert blocks.fns
    assert all(fn.api_visibility == "private" and fn.concurrency_limit for fn in blocks.fns.values())


# --- In a browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    corpus = shutil.copytree(FIXTURES / "corpus" / "lantern", folder / "corpus" / "lantern").parent
    with web_page(folder, corpus=str(corpus), cache=str(folder / "cache")) as address:
        yield address


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_policy_comes_is_corrected_and_goes(site: str, new_page: NewPage, tmp_path: Path) -> None:
    page = new_page(f"{site}/en/", ready=browsing.CHAT)
    page.get_by_role("tab", name="Policies").click()
    listed = page.locator("#pa-policies-listing")
    listed.get_by_text("Lantern Post Privacy Policy").wait_for()
    text = TEXT.replace("手机号码", f"手机号码{HOSTILE}")
    for name, data in {
        "cloud.txt": text.encode("gb18030", "replace"),
        "cloud.md": text.encode(),
        "cloud.html": as_page(text),
        "cloud.docx": docx("".join(paragraph(line) for line in text.splitlines())),
        "cloud.pdf": pdf([set_lines(TEXT.splitlines())]),
    }.items():
        file = tmp_path / name
        file.write_bytes(data)
        page.set_input_files("#pa-policies-file input[type=file]", file)
        page.locator("#pa-policies-preview").get_by_text(f"{name}: read as {name.partition('.')[2]}, ").wait_for()
        assert page.locator("#pa-policies-new-effective_date :is(input, textarea)").input_value() == "2024-02-03"
        page.click("#pa-policies-discard")
        page.locator("#pa-policies-new-status").get_by_text("Nothing was stored.").wait_for()
    page.set_input_files("#pa-policies-file input[type=file]", tmp_path / "cloud.docx")
    page.locator("#pa-policies-preview section").first.wait_for()
    assert violations(page) == []
    page.fill("#pa-policies-new-title :is(input, textarea)", f"Cloud {HOSTILE}")
    page.click("#pa-policies-store")
    page.locator("#pa-policies-new-status .pa-policies-done").wait_for(timeout=120_000)
    listed.get_by_text("Cloud <img").wait_for()
    choose(page, "Cloud")
    page.fill("#pa-policies-old-title :is(input, textarea)", "Cloud two")
    page.click("#pa-policies-save")
    listed.get_by_text("Cloud two").wait_for(timeout=120_000)
    # The reader, which is beside the chat, offers it without being loaded again.
    browsing.wait(page, "[...document.querySelectorAll('.pa-choose option')].some((each) => each.text === 'Cloud two')")
    # So do the other tabs, though they are made only now.
    page.get_by_role("tab", name="Evaluation").click()
    browsing.wait(page, "document.querySelector('#pa-eval-corpus input')?.value.includes('Cloud two')")
    page.get_by_role("tab", name="Lookup desk").click()
    page.get_by_role("combobox", name="Policy").click()
    page.get_by_role("option", name="Cloud two").wait_for()
    page.get_by_role("tab", name="Policies").click()
    newer = tmp_path / "newer.txt"
    newer.write_text(TEXT.replace("云朵隐私政策", "Cloud two").replace("2024年2月3日", "2025年2月3日"), "utf-8")
    page.set_input_files("#pa-policies-file input[type=file]", newer)
    page.locator("#pa-policies-preview section").first.wait_for()
    browsing.wait(
        page, "document.querySelector('#pa-policies-place input').value.includes('new version of “Cloud two”')"
    )
    page.click("#pa-policies-store")
    listed.get_by_text("in effect from 2025-02-03").wait_for(timeout=120_000)
    assert listed.locator("li").count() == 2
    choose(page, "Cloud two")
    page.fill("#pa-policies-old-effective_date :is(input, textarea)", "tomorrow")
    page.click("#pa-policies-save")
    problem = page.locator("#pa-policies-old-status").get_by_role("alert")
    problem.wait_for()
    # Below the form, but in sight.
    bottom = "document.querySelector('#pa-policies-old-status').getBoundingClientRect().bottom"
    browsing.wait(page, f"{bottom} < innerHeight + 1")
    choose(page, "Cloud two")
    page.click("#pa-policies-remove")
    page.click("#pa-policies-remove-now")
    page.locator("#pa-policies-old-status .pa-policies-done").wait_for(timeout=120_000)
    listed.get_by_text("Cloud two").wait_for(state="detached")
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, browsing.PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_from_the_policies(
    site: str, new_page: NewPage, tmp_path: Path, theme: str, screen: dict[str, Any]
) -> None:
    script = f"localStorage.setItem('policy-assistant.theme', '{theme}')"
    page = new_page(f"{site}/zh/#policies", ready=browsing.CHAT, script=script, **screen)
    page.locator("#pa-policies-listing").get_by_role("link", name="Lantern Post").wait_for()
    assert violations(page) == []
    file = tmp_path / "cloud.txt"
    file.write_text(TEXT, "utf-8")
    page.set_input_files("#pa-policies-file input[type=file]", file)
    page.locator("#pa-policies-preview section").first.wait_for()
    choose(page, "Lantern Post")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#pa-policies-discard")
    page.locator("#pa-policies-preview section").first.wait_for(state="detached")
    (tmp_path / "empty.txt").write_text(" ", "utf-8")
    page.set_input_files("#pa-policies-file input[type=file]", tmp_path / "empty.txt")
    page.get_by_role("alert").get_by_text("empty.txt：文件里没有文字").wait_for()
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    page.set_input_files("#pa-policies-file input[type=file]", tmp_path / "photo.png")
    page.get_by_role("alert").get_by_text("photo.png：这是图片").wait_for()
    assert violations(page) == []


def as_page(text: str) -> bytes:
    from html import escape

    return f"<!doctype html><body>{''.join(f'<p>{escape(line)}' for line in text.splitlines())}".encode()


def choose(page: Any, name: str) -> None:
    page.click("#pa-policies-which input")
    page.get_by_role("option", name=name).click()
    page.locator("#pa-policies-old-title").wait_for()
