"""Readers: what a file's reader sees becomes lines for the parser, and no file does harm."""

from __future__ import annotations

import codecs
import io
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from assistant import PolicyError, parse
from assistant.errors import FileError
from assistant.readers import FORMATS, read_file
from assistant.readers.docx import docx_text
from assistant.readers.html import html_text
from assistant.readers.plain import decoded, markdown_text, plain_text
from assistant.text.numerals import chinese, chinese_legal, letters, roman
from tests.files import archive, docx, level, lists, paragraph, pdf, raw_pdf, set_lines
from tests.timing import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEED = Path(__file__).parents[1] / "corpus" / "baiju" / "policy.txt"
TEXT = "隐私政策\n一、收集\n我们收集您的手机号码，用于注册。\n二、联系我们\n电话：12345。\n"
COMMON = "我们会收集您的个人信息，用于为您提供服务。您可以在设置中撤回授权，我们将按照法律法规的要求进行处理。"
TRADITIONAL = "我們會收集您的個人資訊，用於為您提供服務。您可以在設定中撤回授權，我們將按照法律法規的要求進行處理。"


def refused(source: bytes | Path, reason: str, *words: str, name: str = "x") -> FileError:
    """Assert that a file is refused for a reason, with a message that holds all `words`."""
    with pytest.raises(FileError) as caught:
        read_file(source, name)
    assert caught.value.reason == reason, caught.value
    for word in words:
        assert word in str(caught.value)
    return caught.value


def html(markup: str) -> str:
    return html_text(markup)[0]


def word(*paragraphs: str, **parts: str) -> str:
    return docx_text(docx("".join(paragraphs), **parts))[0]


# --- What a file is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (TEXT.encode(), "policy.txt", "txt"),
        (TEXT.encode(), "policy", "txt"),
        (TEXT.encode(), "policy.pdf", "txt"),
        (b"<!DOCTYPE html><p>We collect.", "policy.txt", "html"),
        (b"\xef\xbb\xbf  <html><body><p>We collect.", "policy.md", "html"),
        (b"<?xml version='1.0'?><!-- x --><html xmlns='x'><body><p>We collect.</p></body></html>", "x", "html"),
        (b"<div><p>We</p><p>collect.</p></div>", "x", "html"),
        (b"<p>We collect.", "policy.HTM", "html"),
        (b"<your name> may use it", "x", "txt"),
        (b"# Policy\n\nWe collect.", "policy.md", "md"),
        (b"# Policy\n\nWe collect.", "policy.txt", "txt"),
        (docx(paragraph("We collect.")), "policy.txt", "docx"),
        (b"\n" + pdf([set_lines(["We collect your phone number."])]), "policy.docx", "pdf"),
    ],
)
def test_what_is_in_a_file_says_what_it_is(data: bytes, name: str, found: str) -> None:
    assert read_file(data, name).format == found
    assert found in FORMATS


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", "empty", ("give it the text",)),
        (b" \r\n\t", "empty", ()),
        (b"<html><body><script>1</script></body></html>", "empty", ()),
        (docx("<w:p/>"), "empty", ()),
        (b"{\\rtf1 x}", "rtf", ("save it as .docx",)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old_word", ("save it as .docx",)),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted", ("password",)),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture", ("picture",)),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture", ()),
        (b"From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related;\n", "archive", ("save the page",)),
        (b"\x7fELF\x02\x01\x01" + bytes(50), "unknown", ("txt, md, html, docx, pdf",)),
        (b"PK\x03\x04 not really", "damaged", ("docx",)),
        (b"%PDF-1.7 not really", "damaged", ("pdf",)),
        (archive({"a.txt": "x"}), "no_word", ("is an archive",)),
        (docx("", kind="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"), "no_word", ()),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text"}), "no_word", ("an OpenDocument text",)),
        (b"a" * 20_000_001, "large", ("20,000,000 bytes",)),
        (b"a" * 4_000_001, "long", ("4,000,000 characters",)),
    ],
)
def test_what_cannot_be_read_is_told_with_a_remedy(data: bytes, reason: str, words: tuple[str, ...]) -> None:
    error = refused(data, reason, "x: ", *words)
    assert isinstance(error, PolicyError)
    assert ": " in str(error).removeprefix("x: ")


def test_a_path_is_named_in_errors(tmp_path: Path) -> None:
    refused(tmp_path / "no.txt", "unreadable", "no.txt: cannot be read", "check that it exists", name="")
    refused(tmp_path, "no_file", "is not a file", name="")
    os.mkfifo(tmp_path / "fifo")
    refused(tmp_path / "fifo", "no_file", name="")
    (tmp_path / "政策.txt").write_text(TEXT)
    assert read_file(tmp_path / "政策.txt").text == TEXT


# --- Encodings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (COMMON, "utf-8"),
        (COMMON, "utf-8-sig"),
        (COMMON, "gb18030"),
        (COMMON, "utf-16"),
        (COMMON, "utf-32"),
        (f"{COMMON}\n{COMMON}\n", "utf-16-le"),
        ("We collect.\nYou may refuse.\n", "utf-16-be"),
        (TRADITIONAL, "big5"),
        ("“We” collect what you’d give — no more. " * 20, "cp1252"),
        ("A parcel costs £5, or ½ of what ¥900 are, for 3 × 4 cm. " * 5, "cp1252"),
    ],
)
def test_encodings_that_are_sure(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("Nous collectons votre numéro à l'été".encode("latin-1"), "encoding"),
        ("私たちは個人情報を収集します。".encode("shift_jis"), "encoding"),
        ("Мы собираем данные".encode("koi8-r"), "encoding"),
        ("手机".encode("gb18030"), "encoding"),
        (codecs.BOM_UTF8 + b"\xff\xff", "damaged_text"),
        (codecs.BOM_UTF16_LE + b"a", "damaged_text"),
        (bytes(range(256)), "unknown"),
    ],
)
def test_what_is_not_sure_is_not_guessed(data: bytes, reason: str) -> None:
    refused(data, reason, "save it")


def test_a_page_says_its_encoding() -> None:
    page = f"<html><head><meta charset='gb2312'></head><body><p>{COMMON[:6]}</p></body></html>"
    assert read_file(page.encode("gb18030")).text.strip() == COMMON[:6]
    lied = page.replace("gb2312", "latin-1").encode()
    assert read_file(lied).text.strip() == COMMON[:6]
    assert "é" in read_file(b"<html><meta charset=iso-8859-1><p>caf\xe9 orders").text
    refused(b"<html><meta charset=no-such><p>caf\xe9", "encoding")


def test_nothing_that_no_reader_sees_is_kept() -> None:
    hidden = "我们\u200b收集\x1b[31m您的\u202e信\u00ad息\ufeff\U000e0041。"
    for data in (hidden.encode(), f"<html><p>{hidden}".encode(), docx(paragraph(hidden.replace("\x1b", "")))):
        assert read_file(data).text.replace("[31m", "") == "我们收集您的信息。\n"


def test_radicals_and_ligatures_are_the_characters_that_they_look_like() -> None:
    assert read_file("⽤⼾的⻚⾯，ﬁle".encode()).text == "用户的页面，file\n"


@pytest.mark.parametrize("number", ["- {} -", "Page {} of 3", "第{}页 共3页"])
def test_numbers_of_pages_that_count_up_are_left_out_of_a_text(number: str) -> None:
    pages = [f"{at}. Fees of part {at} are due in May.\n\n{number.format(at)}\n" for at in (1, 2, 3)]
    lines = plain_text("\n".join(pages))[0].split("\n")
    assert [line for line in lines if line] == [f"{at}. Fees of part {at} are due in May." for at in (1, 2, 3)]
    # They do not count up.
    others = f"Fees\n\n{number.format(2)}\n\nMore\n\n{number.format(2)}\n"
    assert plain_text(others)[0] == others


def test_a_rule_over_all_columns_stands_below_the_heads_of_a_table() -> None:
    rows = ["Guest    Fee", "-" * 20, "Adult    ten", "Baby     none"]
    assert plain_text("\n".join(rows))[0].split("\n") == ["Guest: Adult | Fee: ten", "Guest: Baby | Fee: none"]


# --- HTML ----------------------------------------------------------------------------------


def test_blocks_of_a_page_are_lines() -> None:
    page = "<h1>隐私政策</h1><p>我们收集\n  您的信息。<p>您可以&nbsp;<b>拒绝</b>。<div>一<br>二</div>三"
    assert html(page) == "隐私政策\n我们收集您的信息。\n您可以 拒绝。\n一\n二\n三"


def test_words_of_latin_lines_stay_apart() -> None:
    assert html("<p>We collect\n your   data,\t<i>and</i> no\n更多") == "We collect your data, and no 更多"


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>no</script>",
        "<style>no</style>",
        "<template>no</template>",
        "<noscript>no</noscript>",
        "<div hidden>no</div>",
        "<p style='color: red; DISPLAY : none'>no</p>",
        "<span style='visibility:hidden'>no</span>",
        "<span style='font-size:0'>no</span>",
        "<span style='opacity: 0.0'>no</span>",
        "<nav>no</nav>",
        "<aside>no</aside>",
        "<footer>no</footer>",
        "<div role='navigation'>no</div>",
        "<button>no</button>",
        "<select><option>no</select>",
        "<textarea>no</textarea>",
        "<svg><text>no</text></svg>",
        "<iframe srcdoc='no'>no</iframe>",
        "<!-- no -->",
        "<?php no ?>",
        "<ruby>汉<rp>(</rp><rt>no</rt></ruby>",
        "<del>no</del>",
        "<s>no</s>",
        "<strike>no</strike>",
        "<span style='text-decoration: line-through'>no</span>",
    ],
)
def test_what_a_browser_does_not_show_is_left_out(hidden: str) -> None:
    assert "no" not in html(f"<body><p>收集</p>{hidden}<p>使用</p></body>")
    assert html(f"<body><p>收集</p>{hidden}<p>使用</p></body>").startswith("收集\n")


@pytest.mark.parametrize("style", ["opacity: 0.5", "font-size: 0.8em", "display:block"])
def test_what_is_shown_stays(style: str) -> None:
    assert html(f"<p style='{style}'>收集") == "收集"


def run(words: str, look: str = "") -> str:
    return f"<w:r><w:rPr>{look}</w:rPr><w:t xml:space='preserve'>{words}</w:t></w:r>"


def test_what_is_struck_out_is_no_part_of_a_figure() -> None:
    assert html("<p>价格<del>100</del>80元") == "价格80元"
    assert markdown_text("价格~~100~~80元")[0] == "价格80元"
    styles = '<w:style w:type="character" w:styleId="S"><w:name w:val="gone"/><w:rPr><w:strike/></w:rPr></w:style>'
    for look in ("<w:strike/>", "<w:dstrike/>", '<w:rStyle w:val="S"/>'):
        line = run("The fee is ") + run("100", look) + run("80", '<w:strike w:val="0"/>') + run(" EUR.")
        assert word(f"<w:p>{line}</w:p>", styles=styles) == "The fee is 80 EUR."


def test_what_a_page_says_of_itself_is_left_out() -> None:
    page = (
        "<a href='#m'>Skip to main content</a><p id=m>We share nothing.</p><p>Was this page helpful?</p><p>返回顶部</p>"
    )
    assert html(page) == "We share nothing."
    # It may be what a clause is about.
    assert html("<h2>Share this page</h2><p>You may.</p><ul><li>Print</li></ul>").endswith("• Print")


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            '<p>A fee<sup id="r"><a href="#n">1</a></sup>.<p>Pay<ol><li id="n">Not ours. <a href="#r">↩</a></ol>',
            "A fee[note 1: Not ours.].\nPay",
        ),
        (
            '<p>A fee [<a href="#n">1</a>] is due.<ul><li>In May.</ul><hr><p><a id="n">[1]</a> Not by us.',
            "A fee [note 1: Not by us.] is due.\n• In May.",
        ),
        ('<p>收费三十元<sup><a href="#n">1</a></sup>。<p id="n">1. 会员除外', "收费三十元（注1：会员除外）。"),
        # What is linked to is an item of the text, a part of it, or nothing.
        ('<p>See <a href="#n">2</a>.<ol><li>One.<li id="n">Two.</ol>', "See 2.\n1. One.\n2. Two."),
        (
            '<p>A fee<sup><a href="#n">1</a></sup>.<div id="n"><h2>1. Fees</h2>None.</div>',
            "A fee[note 1].\n\n1. Fees\nNone.",
        ),
        ('<p>A fee<sup><a href="#n">1</a></sup>.', "A fee[note 1]."),
    ],
)
def test_a_note_is_told_where_its_mark_stands(page: str, text: str) -> None:
    assert html(page) == text


def test_a_note_in_markdown_is_told_where_its_mark_stands() -> None:
    source = (
        "# Fees\n\n| Item | Fee |\n|---|---|\n| Boat | ten[^1] |\n| Oar | one |\n\nPay them.[^2] At once.[^long]\n\n"
        f"[^1]: Not in\n    winter.\n[^2]: Or ask *us*.\n\n[^long]: {'Word ' * 200}\n"
    )
    assert read_file(source.encode(), "fees.md").text.split("\n")[1:4] == [
        "Item: Boat | Fee: ten[note 1: Not in winter.]",
        "Item: Oar | Fee: one",
        "Pay them.[note 2: Or ask us.] At once.[note long]",
    ]


@pytest.mark.parametrize(
    ("before", "mark", "after", "line"),
    [
        ("A fee of €50", "1", " is due.", "A fee of €50[note 1] is due."),
        ("Within 30", "2, 3", " days.", "Within 30[note 2, 3] days."),
        ("Partners", "a", " are told.", "Partners[note a] are told."),
        ("It ends.", "12", "", "It ends.[note 12]"),
        ("保存30", "注1", "天", "保存30[注1]天"),
        ("", "1", " Unless it is free.", "[note 1] Unless it is free."),
        ("You see it", "[4]", ".", "You see it[note 4]."),
        ("Ours", "*", ".", "Ours*."),
        ("Rooms of 20 m", "2", " at least", "Rooms of 20 m² at least"),
        ("堆放1米", "3", "以内", "堆放1米³以内"),
        ("At 9.8 m/s", "2", ".", "At 9.8 m/s²."),
        ("On 20 m", "1", " of road", "On 20 m[note 1] of road"),
        ("Up to 2×10", "6", " files", "Up to 2×10⁶ files"),
        ("Down to 10", "-6", " mm", "Down to 10⁻⁶ mm"),
        ("On the 1", "st", " of May", "On the 1st of May"),
        ("Made by Lantern", "TM", ".", "Made by Lantern™."),
    ],
)
def test_what_is_raised_is_no_part_of_the_figure_before_it(before: str, mark: str, after: str, line: str) -> None:
    assert html(f"<p>{before}<sup><a href='#n'>{mark}</a></sup>{after}") == line
    assert html(f"<p>{before}<span style='vertical-align:super'>{mark}</span>{after}") == line
    assert html(f"<table><tr><th>x<th>y<tr><td>{before}<sup>{mark}</sup>{after}<td>y</table>").startswith(
        f"x: {line[:-1]}"
    )
    raised = '<w:vertAlign w:val="superscript"/>'
    styles = f'<w:style w:type="character" w:styleId="S"><w:name w:val="up"/><w:rPr>{raised}</w:rPr></w:style>'
    for look in (raised, '<w:rStyle w:val="S"/>'):
        marks = "".join(run(char, look) for char in mark)
        assert word(f"<w:p>{run(before)}{marks}{run(after)}</w:p>", styles=styles) == line
    level_again = run("2", '<w:rStyle w:val="S"/><w:vertAlign w:val="baseline"/>')
    assert word(f"<w:p>{run('3')}{level_again}</w:p>", styles=styles) == "32"


def test_fractions_are_no_notes() -> None:
    assert html("<p>After 1<sup>1</sup>&frasl;<sub>2</sub> years, CO<sub>2</sub>") == "After 1 1⁄2 years, CO2"
    assert html("<p>Of <sup>1</sup>/<sub>2</sub>") == "Of 1/2"


def test_the_main_part_of_a_page() -> None:
    rest = "<header>站点</header><div>广告</div>"
    assert html(f"<body>{rest}<main><p>{COMMON}</p></main></body>") == COMMON
    assert html(f"<body>{rest}<article><p>{COMMON}</p></article></body>") == COMMON
    # Too little to be all of the text.
    assert COMMON in html(f"<body><main>x</main><p>{COMMON}</p></body>")
    # All that there is.
    assert html(f"<body><aside><p>{COMMON}</p></aside></body>") == COMMON


MENU = "<ul><li><a href='/'>Home</a><li><a href='/rooms'>Rooms</a></ul>"


@pytest.mark.parametrize(
    "beside",
    [
        f"<div class='topnav'>{MENU}</div>",
        MENU.replace("<ul>", "<ul id='mainMenu'>"),
        "<div class='site-footer'>© Lantern Hotels</div>",
        f"<div class='layout__sidebar'><h3>Related</h3>{MENU}</div>",
        "<div class='breadcrumbs'><a href='/'>Home</a> » Privacy</div>",
    ],
)
def test_what_a_page_calls_a_menu_or_a_footer_is_left_out(beside: str) -> None:
    assert html(f"<body>{beside}<p>{COMMON}</p>{beside}</body>") == COMMON


@pytest.mark.parametrize(
    "around",
    [
        "<div class='has-sidebar'>{}</div>",
        "<div id='navigation-data'><h2>Navigation data</h2>{}</div><p>" + "y" * 10_000,
        "<h2 class='menu'>{}</h2>",
    ],
)
def test_text_of_the_policy_stays_whatever_its_element_is_called(around: str) -> None:
    assert COMMON in html(f"<body><p>x</p>{around.format(COMMON)}</body>")


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("<title>隐私协议 - 官网</title><h1>白驹隐私协议</h1><p>x", "白驹隐私协议"),
        ("<title>隐私协议 - 官网</title><p>x", "隐私协议"),
        ("<title>Privacy policy | Lantern</title><p>x", "Privacy policy"),
        ("<p>x", ""),
    ],
)
def test_titles_of_pages(markup: str, title: str) -> None:
    assert html_text(markup)[1] == title


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<ol><li>甲<li>乙</ol>", "1. 甲\n2. 乙"),
        ("<ol start=3><li>甲<li value=7>乙<li>丙</ol>", "3. 甲\n7. 乙\n8. 丙"),
        ("<ol reversed><li>甲<li>乙</ol>", "2. 甲\n1. 乙"),
        ("<ol type=a><li>x<li>y</ol>", "a. x\nb. y"),
        ("<ol type=I><li>x<li>y</ol>", "I. x\nII. y"),
        ("<ol style='list-style-type: cjk-ideographic'><li>甲<li>乙</ol>", "一、甲\n二、乙"),
        ("<ol style='list-style:none'><li>甲</ol>", "甲"),
        ("<ol><li>（一）甲<li>（二）乙</ol>", "（一）甲\n（二）乙"),
        ("<ol><li><p>甲</p><p>续</p><li>乙</ol>", "1. 甲\n续\n2. 乙"),
        ("<ol><li>甲<ol type=a><li>子</ol><li>乙</ol>", "1. 甲\na. 子\n2. 乙"),
        ("<ul><li>甲<li>1、乙</ul>", "• 甲\n1、乙"),
        ("<ul><li>- 甲</ul>", "- 甲"),
        ("<dl><dt>名称<dd>说明</dl>", "名称\n说明"),
        ("<ol start=x type=q><li value=''>甲</ol>", "1. 甲"),
    ],
)
def test_lists_keep_the_numbers_that_are_shown(markup: str, lines: str) -> None:
    assert html(markup) == lines


def test_rows_of_tables_are_lines() -> None:
    page = (
        "<table><caption>清单</caption><tr><th>名称<th>目的<tr><td><p>手机<p>号码<td>注册\n账号<ul><li>a</ul></table>完"
    )
    assert html(page) == "清单\n名称：手机 号码 | 目的：注册账号 • a\n完"


def test_tables_for_layout_are_not_rows() -> None:
    page = f"<table><tr><td>菜单<td><h2>收集</h2><p>甲<p>乙<table><tr><td>{'长' * 1_001}<td>x</table></table>"
    assert html(page).split("\n")[:2] == ["菜单", ""]
    assert "\t" not in html(page)


def test_lines_of_a_program_stay() -> None:
    assert html("<pre>一、甲\n  二、乙\n</pre><p>丙") == "一、甲\n二、乙\n丙"


def test_headings_without_numbers_get_marks_by_which_they_stand_in_each_other() -> None:
    marked = html("<h1>政策</h1><h2>引言</h2><p>我们重视。<h2>一、收集</h2><h3>注册</h3><p>我们收集。")
    assert marked == "# 政策\n\n## 引言\n我们重视。\n\n## 一、收集\n\n### 注册\n我们收集。"
    policy = parse(marked)
    assert [policy.reference(clause.id) for clause in policy.walk()] == ["政策", "引言", "一", "一 › 注册"]
    assert "#" not in html("<h1>政策</h1><h2>一、收集</h2><p>甲<h2>二、使用</h2>")
    # Where some numbers are in headings and some are not, the numbers tell.
    assert "#" not in html("<h1>政策</h1><h2>引言</h2><h2>一、收集</h2><p>甲<p>二、使用<p>乙<h2>三、共享</h2>")


COLLECTED = "# Privacy Policy\n\n## What we collect\nYour name.\n\n## How long we keep it\nTwo years."


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<h2><button aria-expanded=true>{}</button></h2><p>{}</p>", "<h2>\n<button>{}</button></h2><p>{}</p>"),
        (
            "<div><h2><button aria-expanded=true aria-controls=a>{}</button></h2><div id=a class=show>{}</div></div>",
            "<div><h2><button aria-expanded=false aria-controls=b>{}</button></h2><div id=b hidden>{}</div></div>",
        ),
        (
            "<button aria-expanded=true aria-controls=a>{}</button><div><p id=a>{}</div>",
            "<button aria-expanded=false aria-controls=b>{}</button><section id=b hidden>{}</section>",
        ),
        (
            "<div><button aria-expanded=true><b>{}</b></button></div><div>{}</div>",
            "<div><button aria-expanded=false>{}</button></div><div style='display:none'>{}</div>",
        ),
        (
            "<div role=heading aria-level=2><div role=button aria-expanded=true>{}</div></div><p>{}",
            "<div role=heading><button aria-expanded=true>{}</button></div><p>{}",
        ),
        ("<details><summary>{}</summary>{}</details>", "<details><summary>{}</summary><p>{}</details>"),
        ("<details><summary><h2>{}</h2></summary>{}</details>", "<details><summary>{}</summary>{}</details>"),
    ],
)
def test_what_opens_a_part_of_a_page_is_its_heading(first: str, second: str) -> None:
    page = first.format("What we collect", "Your name.") + second.format("How long we keep it", "Two years.")
    assert html(f"<h1>Privacy Policy</h1>{page}") == COLLECTED


def test_headings_that_open_stand_below_that_of_the_part_that_they_are_in() -> None:
    page = (
        "<h1>Help</h1><h2>Orders</h2>"
        "<details><summary>Returns</summary><h4>Cost</h4>None.<details><summary>Wine</summary>No.</details></details>"
        "<details><summary>Refunds</summary>By card.</details>"
        "<button aria-expanded=true>Gifts</button>"
        "<div><p>Wrapped.<button aria-expanded=true>Cards</button><p>Free.</div>"
        "<button aria-expanded=true>Post</button><div>Daily.</div><h2>Staff</h2>Paid."
    )
    assert [line for line in html(page).split("\n") if line.startswith("#")] == [
        *("# Help", "## Orders", "### Returns", "#### Cost", "##### Wine", "### Refunds", "### Gifts", "#### Cards"),
        *("### Post", "## Staff"),
    ]


MENU_BUTTON = "<button aria-expanded=false aria-controls=m>Shop</button><ul id=m hidden><li><a href=/>Home</a></ul>"


@pytest.mark.parametrize(
    "page",
    [
        "<h2>Cookies <button>Copy link</button></h2><p>We set two.",
        "<h2>Cookies</h2><button aria-expanded=false>Show more</button><div>We set two.</div>",
        "<h2>Cookies</h2><button aria-expanded=false aria-controls=none>Chat</button><p>We set two.",
        "<h2>Cookies</h2><button aria-controls=b>1</button><button aria-controls=c>2</button><p id=b>We set two.",
        f"{MENU_BUTTON}<h2>Cookies</h2><p>We set two.",
    ],
)
def test_other_buttons_are_no_headings(page: str) -> None:
    assert html(f"<h1>Policy</h1>{page}") == "# Policy\n\n## Cookies\nWe set two."


def test_a_page_that_is_nested_deeply_is_refused_at_once() -> None:
    started = time.perf_counter()
    refused(b"<html>" + b"<div>" * 100_000 + b"x", "nested", "too deeply")
    refused(b"<html>" + b"<table><tr><td>" * 100_000 + b"x", "nested")
    assert time.perf_counter() - started < 30


# --- Markdown ------------------------------------------------------------------------------


def test_markdown_as_its_reader_sees_it() -> None:
    source = (
        "---\ntitle: '隐私政策'\n---\n# 隐私\\*政策\n\n引言\n----\n我们**收集**[信息](https://x)。<!-- 无 -->\n"
        "1、甲\n2) 乙\n- 丙\n\n    缩进\n\n| 名称 | 目的 |\n|---|---|\n| 手机 | 注册 |\n"
    )
    text, title = markdown_text(source)
    assert title == "隐私政策"
    assert text == "# 隐私*政策\n\n## 引言\n我们收集信息。\n1、甲\n2) 乙\n- 丙\n    缩进\n名称：手机 | 目的：注册"


def test_lines_that_an_editor_wrapped_are_joined() -> None:
    wrapped = (
        "We collect the address that a parcel goes to, and the name\n"
        "of the person who receives it, and no more than that,\never.\n"
    )
    assert markdown_text(wrapped)[0] == " ".join(wrapped.split())
    assert markdown_text("Lantern Post Ltd\nEvening Street\n")[0] == "Lantern Post Ltd\nEvening Street"


LONG_LINE = "We collect the address that a parcel goes to, and the name"


@pytest.mark.parametrize(
    "rest", ["30 days after that.", "(if any) of its reader.", "£5 at least.", "[here](x) or there."]
)
def test_a_wrapped_line_may_begin_with_anything(rest: str) -> None:
    for head in ("", "- ", "1. "):
        blanks = " " * len(head)
        joined = markdown_text(f"{head}{LONG_LINE}\n{blanks}{LONG_LINE}\n{blanks}{rest}\n")[0]
        assert joined == f"{head}{LONG_LINE} {LONG_LINE} {rest.replace('[here](x)', 'here')}"


@pytest.mark.parametrize(
    "after",
    ["- a list", "2. a list", "2.1 A clause", "(b) a list", "**Phone**: a name", "> a quote", "Q: Is it a question?"],
)
def test_what_begins_a_line_of_its_own_is_not_joined(after: str) -> None:
    assert markdown_text(f"{LONG_LINE}\n{after}\n")[0].startswith(f"{LONG_LINE}\n")


def test_lines_that_were_meant_as_lines_are_not_joined() -> None:
    for source in (f"{LONG_LINE}  \nand more.\n", f"```\n{LONG_LINE}\nand more.\n```\n"):
        assert markdown_text(source)[0] == f"{LONG_LINE}\nand more."


TERMS = """LANTERN POST
Terms of sale

Returns
You may return what you have bought within 30 days of the day on which you received it, provided that it is unused, \
and in the box in which it came. What we made to your order cannot be returned. Returns are free in Ireland (see \
5. below), and cost £5 or 6.50 EUR elsewhere. We pay the price back when the parcel has reached us.
1. Write to us with the number of the order and the reason for which you send it back to our third-party store.
2. Pack it.
Refunds
We refund the price and the cost of standard delivery within five working days after the parcel has reached our \
warehouse in Leeds. If you paid by card, the money goes back to it, but for the 30 pence that a gift wrapping costs.

Lantern Post Ltd
Evening Street
"""
TERMS_ZH = """一、退货
自签收之日起七日内，您可以无理由退货，但商品应当完好，包装齐全，并且不影响本店第二次销售，定制的商品除外。退货的运费由您承担。
二、关于退款的时间以及方式的说明
我们在收到退回的商品之后的七个工作日内审核，审核通过之后按照原来的支付方式退款，节假日顺延。使用优惠券的订单只退还实际支付的金额。
（1）发现质量问题的，您可以申请换货，请保留商品的包装、发票以及与质量问题有关的照片，以便客服人员核实处理。
（2）换货以一次为限。
"""


def wrapped(text: str, width: int) -> str:
    lines = (fill(line, width, subsequent_indent="   " * line.startswith("1.")) for line in text.split("\n"))
    return "\n".join(lines)


@pytest.mark.parametrize("width", range(54, 110, 5))
def test_lines_of_a_text_that_was_wrapped_at_a_width_are_joined(width: int) -> None:
    assert read_file(wrapped(TERMS, width).encode(), "x.txt").text == TERMS
    assert read_file(TERMS.encode(), "x.txt").text == TERMS


@pytest.mark.parametrize("width", range(26, 44, 3))
def test_lines_of_a_chinese_text_that_was_wrapped_are_joined_without_blanks(width: int) -> None:
    assert read_file(wrapped(TERMS_ZH, width).encode(), "x.txt").text == TERMS_ZH
    assert read_file(TERMS_ZH.encode(), "x.txt").text == TERMS_ZH


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "We use it:\nto send you what you have ordered from us or from others\nto tell you of changes\nto answer you\n",
        "Name\tWhat we do with the name that you give to us when you order\nstreet\tthe same\n" * 3,
        "".join(f"{number}. item {number} of the list that we keep of all that you order\n" for number in range(1, 9)),
        "我们收集您的手机号码、昵称、头像以及您主动填写的其他资料；\n我们收集您的订单。\n" * 4,
        "LANTERN POST LIMITED\nEvening Street 5, Halifax\nWest Yorkshire\n\nWe answer letters.\n" * 3,
    ],
)
def test_lines_of_other_texts_stay_as_they_are(text: str) -> None:
    assert read_file(text.encode(), "x.txt").text == text


NOTICE = """# Acme: What do we do with your data?

## Sharing

| Reasons we can share | Do we share? | Can you limit it? |
|---|---|---|
| Our affiliates' marketing | Yes | Yes |
| Marketing by others, who never ask. | No | We don't share |

We share with:

- **Providers** under contract:
  - Amazon (hosting);
  - Stripe.
- Authorities, where the law obliges us, in each case after
  a check by our lawyers.

**What happens when I limit sharing for an account that I hold jointly with someone else?**

Your choice applies to all.
"""
TOLD = [
    "Reasons we can share: Our affiliates' marketing | Do we share: Yes | Can you limit it: Yes",
    "Reasons we can share: Marketing by others, who never ask. | Do we share: No | Can you limit it: We don't share",
]


def test_a_notice_in_markdown_keeps_what_stands_in_what() -> None:
    text = read_file(NOTICE.encode(), "notice.md").text
    assert text.split("\n") == [
        *("# Acme: What do we do with your data?", "", "## Sharing", *TOLD, "We share with:"),
        *("- Providers under contract:", "  - Amazon (hosting);", "  - Stripe."),
        "- Authorities, where the law obliges us, in each case after a check by our lawyers.",
        *("", "### What happens when I limit sharing for an account that I hold jointly with someone else?"),
        *("Your choice applies to all.", ""),
    ]
    policy = parse(text)
    nested = policy.at(text.index("Stripe"))
    assert policy.path(nested.id)[-2].title == "Providers under contract"
    assert policy.reference(policy.at(text.index("Your choice")).id).startswith("Sharing › What happens when I limit")


def test_the_cells_of_a_row_end_as_they_are_written() -> None:
    page = "<table><tr><th>Cost<th>Paid by<tr><td>Parcels.<td>Lantern Post Inc.<tr><td>Wine<td>Never us;</table>"
    assert html(page).split("\n") == ["Cost: Parcels. | Paid by: Lantern Post Inc.", "Cost: Wine | Paid by: Never us"]


def test_rows_are_told_with_the_heads_of_their_columns_in_every_format() -> None:
    rows = [line.strip("| ").split(" | ") for line in NOTICE.split("\n") if line.startswith("| ")]
    page = "".join(
        f"<tr>{''.join(f'<{tag}>{cell}' for cell in row)}" for tag, row in zip(("th", "td", "td"), rows, strict=True)
    )
    assert html(f"<table>{page}</table>").split("\n") == TOLD
    row_looks = ("<w:trPr><w:tblHeader/></w:trPr>", "", "")
    table = "".join(
        f"<w:tr>{look}{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for look, row in zip(row_looks, rows, strict=True)
    )
    assert word(f"<w:tbl>{table}</w:tbl>").split("\n") == TOLD


def test_the_first_of_several_rows_that_alone_has_no_value_names_the_columns_whatever_its_words() -> None:
    rows = [("Meal", "At home", "Abroad"), ("Lunch", "18 euros", "25 euros"), ("Dinner", "30 euros", "45 euros")]
    told = ["Meal: Lunch | At home: 18 euros | Abroad: 25 euros", "Meal: Dinner | At home: 30 euros | Abroad: 45 euros"]

    def page(rows: Sequence[tuple[str, ...]]) -> str:
        return f"<table>{''.join('<tr>' + ''.join(f'<td>{cell}' for cell in row) for row in rows)}</table>"

    assert html(page(rows)).split("\n") == told
    cells = "".join(f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>" for row in rows)
    assert word(f"<w:tbl>{cells}</w:tbl>").split("\n") == told
    # Facts by name have no heads.
    assert html(page([("Company", "Lantern Post"), ("Founded", "2001")])) == "Company\tLantern Post\nFounded\t2001"
    plans = [("Plan", "Basic", "Plus"), ("Storage", "small", "large")]
    assert html(page(plans)) == "Plan\tBasic\tPlus\nStorage\tsmall\tlarge"


def test_rows_of_a_text_are_told_with_the_heads_of_their_columns() -> None:
    rows = [("Category", "Sold", "Kept for"), ("Identifiers", "No", "7 years"), ("Health notes", "No", "1 year")]
    told = [
        "Category: Identifiers | Sold: No | Kept for: 7 years",
        "Category: Health notes | Sold: No | Kept for: 1 year",
    ]
    aligned = [f"{one:<20}{other:<8}{third}" for one, other, third in rows]
    for lines in (aligned, ["\t".join(row) for row in rows]):
        text, _ = plain_text("\n".join(["Our data", *lines, "", "More."]))
        assert text.split("\n") == ["Our data", *told, "", "More."]


@pytest.mark.parametrize(
    "lines",
    [
        ["项目 | 价格", "洗窗帘 | 30元/米", "洗地毯 | 15元/平方米"],
        ["| 项目 | 价格 |", "|---|---|", "| 洗窗帘 | 30元/米 |", "| 洗地毯 | 15元/平方米 |"],
        ["项目　　　　价格", "洗窗帘　　　30元/米", "洗地毯　　　15元/平方米"],
        ["项目│价格", "───┼───", "洗窗帘│30元/米", "洗地毯│15元/平方米"],
    ],
)
def test_cells_may_stand_apart_by_bars_or_wide_blanks(lines: list[str]) -> None:
    text, _ = plain_text("\n".join(["三、收费", *lines, "", "第九条　节假日加收"]))
    told = ["项目：洗窗帘 | 价格：30元/米", "项目：洗地毯 | 价格：15元/平方米"]
    assert text.split("\n") == ["三、收费", *told, "", "第九条　节假日加收"]
    assert plain_text(text)[0] == text, "rows that are told are not told again"


def test_lines_between_bars_are_a_table_however_few_their_cells() -> None:
    rows = ["| Data | Held for |", "| Loan files | Until you leave |", "| Letters | 2 years |"]
    told = ["Data: Loan files | Held for: Until you leave", "Data: Letters | Held for: 2 years"]
    assert plain_text("\n".join(["Files", *rows, "", "More."]))[0].split("\n") == ["Files", *told, "", "More."]
    # Whatever its words, a first row without the values of all others names the columns.
    rows = ["| Repair | Promise |", "| Zips | 6 months |", "| Soles | 1 year |"]
    assert plain_text("\n".join(rows))[0].split("\n") == [
        "Repair: Zips | Promise: 6 months",
        "Repair: Soles | Promise: 1 year",
    ]


def test_heads_of_columns_may_ask() -> None:
    rows = [
        ("Helper", "What for", "What they get", "Where"),
        ("Orla", "Post", "Name", "Cork"),
        ("Finn", "Cards", "Sum", "Bonn"),
    ]
    text, _ = plain_text("\n".join(" | ".join(row) for row in rows))
    assert text.split("\n")[0] == "Helper: Orla | What for: Post | What they get: Name | Where: Cork"


def test_a_cell_of_a_text_may_be_empty() -> None:
    rows = [
        "名称\t目的\t信息\t链接",
        "友盟\t统计\t\thttps://b.cn",
        "\t推送\t机型\t",
        "地图类\t\t\t",
        "高德\t定位\t位置\thttps://c.cn",
    ]
    assert plain_text("\n".join(["清单", *rows, "", "完"]))[0].split("\n") == [
        "清单",
        "名称：友盟 | 目的：统计 | 链接：https://b.cn",
        "目的：推送 | 信息：机型",
        "地图类",
        "名称：高德 | 目的：定位 | 信息：位置 | 链接：https://c.cn",
        *("", "完"),
    ]
    # Tabs that only set cells below each other.
    aligned = "Category\tPurpose\nPhone numbers\tlogin\nMail\t\tnews".replace("y\tP", "y\t\tP")
    assert plain_text(aligned)[0] == "Category: Phone numbers | Purpose: login\nCategory: Mail | Purpose: news"
    indented = "\tName\tPurpose\n\tPhone\tlogin\n\tMail\tnews"
    assert plain_text(indented)[0] == "Name: Phone | Purpose: login\nName: Mail | Purpose: news"
    paragraphs = "\tWe collect little.\n\tWe keep it.\n\tWe sell none."
    assert plain_text(paragraphs)[0] == paragraphs


@pytest.mark.parametrize(
    "rows",
    [
        [("Basic plan", "free", "no support"), ("Pro plan", "30 EUR", "mail"), ("Team plan", "90 EUR", "phone 24h")],
        [("Basic plan", "cheap", "no support"), ("Pro plan", "30 EUR", "mail"), ("Team plan", "90 EUR", "phone 24h")],
        [("基础版", "免费", "邮件"), ("专业版", "30元", "电话"), ("团队版", "90元", "驻场")],
    ],
)
def test_a_first_row_that_names_no_column_is_a_row_like_the_others(rows: list[tuple[str, ...]]) -> None:
    page = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    assert html(f"<table>{page}</table>").split("\n") == ["\t".join(row) for row in rows]
    assert plain_text("\n".join("\t".join(row) for row in rows))[0].split("\n") == [" | ".join(row) for row in rows]
    # Unless something marks it.
    ruled = ["|".join(rows[0]), "---|---|---", *("|".join(row) for row in rows[1:])]
    colon = "：" if rows[0][0] == "基础版" else ": "
    assert plain_text("\n".join(ruled))[0].startswith(f"{rows[0][0]}{colon}{rows[1][0]} | ")


@pytest.mark.parametrize(
    "text",
    [
        "1.\tSign in.\tThen\n2.\tPress.\tThen\n3.\tWait.\tThen",
        "Scope\tpage\t1\nData\tpage\t2\nLaw\tpage\t3",
        "We keep it.  We do.  Yes.\nAnd that is all.",
        "Name    Leeds\nOther   York\nThird   Hull",
        "甲方　　　乙方\n签字　　　签字\n盖章　　　盖章",
    ],
)
def test_lines_with_wide_blanks_are_no_table(text: str) -> None:
    assert "|" not in plain_text(text)[0]


def test_a_row_that_is_told_is_one_statement_of_a_clause_named_by_its_first_cell() -> None:
    lead = "All companies need to share information to run their business, and the law says what they must tell. " * 6
    text = f"## How?\n{lead}\n{TOLD[0]}\n{TOLD[1]}\n"
    policy = parse(text, language="en")
    last = policy.at(text.index(TOLD[1]))
    assert policy.own_text(last).strip() == TOLD[1], "it is no part of the row before it"
    assert policy.reference(last.id) == "How? › “Marketing by others…”"


def test_cells_that_span_rows_are_told_with_each() -> None:
    page = (
        "<table><tr><th>Data<th>Purpose<tr><td rowspan=2>Phone<td>login<tr><td>safety<tr><td colspan=2>Others</table>"
    )
    assert html(page) == "Data: Phone | Purpose: login\nData: Phone | Purpose: safety\nOthers"
    # Which row names the columns is not sure.
    assert html("<table><tr><td>Phone<td>login<tr><td>Mail<td>news</table>") == "Phone\tlogin\nMail\tnews"


SDKS = [
    "SDK名称：微信 | 目的：登录 | 信息：OpenID",
    "SDK名称：微信 | 目的：支付 | 信息：订单号",
    "其他",
    "SDK名称：友盟 | 目的/信息：统计IMEI",
    "SDK名称：个推 | 目的：推送 | 信息：机型",
]


def test_cells_that_span_rows_and_columns_are_told_with_their_heads_in_every_format() -> None:
    page = (
        "<table><tr><td>SDK名称<td>目的<td>信息<tr><td rowspan=2>微信<td>登录<td>OpenID<tr><td>支付<td>订单号"
        "<tr><td colspan=3>其他<tr><td>友盟<td colspan=2>统计IMEI<tr><td>个推<td>推送<td>机型</table>"
    )
    assert html(page).split("\n") == SDKS

    def cell(words: str, look: str = "") -> str:
        return f"<w:tc><w:tcPr>{look}</w:tcPr>{paragraph(words)}</w:tc>"

    rows = [
        (cell("SDK名称"), cell("目的"), cell("信息")),
        (cell("微信", '<w:vMerge w:val="restart"/>'), cell("登录"), cell("OpenID")),
        (cell("", "<w:vMerge/>"), cell("支付"), cell("订单号")),
        (cell("其他", '<w:gridSpan w:val="3"/>'),),
        (cell("友盟"), cell("统计IMEI", '<w:gridSpan w:val="2"/>')),
        (cell("个推"), cell("推送"), cell("机型")),
    ]
    table = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    assert word(f"<w:tbl>{table}</w:tbl>").split("\n") == SDKS


def test_a_heading_over_all_columns_stands_above_those_of_the_columns() -> None:
    for tag in ("td", "th"):
        page = (
            f"<table><tr><{tag} colspan=2>Partners<tr><{tag}>Name<{tag}>Purpose"
            "<tr><td>Lantern<td>post<tr><td>Swift<td>maps"
        )
        assert html(page).split("\n") == ["Partners", "Name: Lantern | Purpose: post", "Name: Swift | Purpose: maps"]


def test_what_follows_a_list_is_set_off_and_bullets_in_bullets_are_indented() -> None:
    page = "<ul><li>甲<ul><li>子</ul><li>乙</ul><p>说明。</p><p><b>我们出售吗？</b></p><p>不会。</p>"
    assert html(page) == "• 甲\n  • 子\n• 乙\n\n说明。\n\n我们出售吗？\n不会。"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ACME LTD\nPRIVACY NOTICE\nJune 2025\n\nWe collect little.", "ACME LTD PRIVACY NOTICE"),
        ("# Acme: What do we do with your data?\n\nLittle.", "Acme: What do we do with your data?"),
        ("示例隐私政策\n更新日期：2024年1月1日\n我们重视您的隐私。", "示例隐私政策"),
        ("We collect little.", ""),
        ("一、收集\n我们收集手机号码。", ""),
    ],
)
def test_a_title_that_the_text_begins_with_is_found(text: str, title: str) -> None:
    assert read_file(text.encode(), "x.txt").title == title


# --- Word ----------------------------------------------------------------------------------


def test_numbers_of_numerals() -> None:
    assert [chinese(n) for n in (1, 9, 11, 20, 101, 110, 1_001, 9_999)] == (
        ["一", "九", "十一", "二十", "一百零一", "一百一十", "一千零一", "九千九百九十九"]
    )
    assert chinese_legal(10) == "壹拾"
    assert [roman(n) for n in (4, 9, 1_994, 0, 4_000)] == ["iv", "ix", "mcmxciv", "0", "4000"]
    assert [letters(n) for n in (1, 26, 27, 0)] == ["a", "z", "aa", "0"]


def test_numbers_that_word_counts() -> None:
    numbering = lists(
        [
            level(0, "chineseCounting", "%1、", '<w:suff w:val="nothing"/>'),
            level(1, "chineseCounting", "（%2）", '<w:suff w:val="nothing"/>'),
            level(2, "decimal", "%3."),
        ]
    )
    text = word(
        *(
            paragraph(name, number=(1, depth))
            for name, depth in zip("甲乙丙丁戊己庚", (0, 1, 1, 2, 2, 0, 1), strict=True)
        ),
        numbering=numbering,
    )
    assert text.split("\n") == ["一、甲", "（一）乙", "（二）丙", "1. 丁", "2. 戊", "二、己", "（一）庚"]
    assert [clause.id for clause in parse(text).walk() if clause.label] == [
        "1",
        "1.1",
        "1.2",
        "1.2.1",
        "1.2.2",
        "2",
        "2.1",
    ]


@pytest.mark.parametrize(
    ("numerals", "printed"),
    [
        ("decimal", ["1", "2"]),
        ("decimalZero", ["01", "02"]),
        ("upperRoman", ["I", "II"]),
        ("lowerLetter", ["a", "b"]),
        ("upperLetter", ["A", "B"]),
        ("chineseCountingThousand", ["一", "二"]),
        ("ideographDigital", ["一", "二"]),
        ("chineseLegalSimplified", ["壹", "贰"]),
        ("ideographTraditional", ["甲", "乙"]),
        ("ideographZodiac", ["子", "丑"]),
        ("decimalEnclosedCircleChinese", ["①", "②"]),
        ("decimalEnclosedParen", ["⑴", "⑵"]),
        ("decimalFullWidth", ["１", "２"]),
        ("noSuchNumerals", ["1", "2"]),
    ],
)
def test_numerals_of_word(numerals: str, printed: list[str]) -> None:
    text = word(
        paragraph("x", number=(1, 0)), paragraph("x", number=(1, 0)), numbering=lists([level(0, numerals, "第%1条")])
    )
    assert text.split("\n") == [f"第{number}条 x" for number in printed]


def test_lists_that_begin_anew() -> None:
    levels = [level(0, "decimal", "%1."), level(1, "lowerRoman", "%1.%2", "<w:isLgl/>")]
    nums = [(1, ""), (2, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'), (3, "")]
    items = [(1, 0), (1, 1), (1, 1), (2, 0), (2, 0), (3, 0), (3, 1), (2, 0)]
    text = word(*(paragraph("x", number=item) for item in items), numbering=lists(levels, nums))
    assert text.split("\n") == ["1. x", "1.1 x", "1.2 x", "1. x", "2. x", "3. x", "3.1 x", "4. x"]


def test_a_depth_may_go_on_counting() -> None:
    levels = [level(0, "decimal", "第%1章"), level(1, "decimal", "第%2条", '<w:lvlRestart w:val="0"/>')]
    text = word(*(paragraph("x", number=(1, depth)) for depth in (0, 1, 1, 0, 1)), numbering=lists(levels))
    assert text.split("\n") == ["第1章 x", "第1条 x", "第2条 x", "第2章 x", "第3条 x"]


def test_a_list_that_begins_below_its_first_depth_or_at_another_number() -> None:
    levels = [level(0, "decimal", "%1."), level(1, "decimal", "%1.%2", start=5)]
    assert word(paragraph("x", number=(1, 1)), numbering=lists(levels)) == "1.5 x"


def test_lists_of_styles() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/>'
        '</w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/>'
        '<w:basedOn w:val="H1"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="A"><w:name w:val="a"/><w:basedOn w:val="B"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="B"><w:name w:val="b"/><w:basedOn w:val="A"/></w:style>'
    )
    levels = [level(0, "decimal", "%1", '<w:pStyle w:val="H1"/>'), level(1, "decimal", "%1.%2")]
    off = '<w:numPr><w:numId w:val="0"/></w:numPr>'
    text = word(
        paragraph("收集", style="H1"),
        paragraph("注册", style="H2"),
        paragraph("甲", style="A"),
        paragraph("附则", style="H1", look=off),
        paragraph("登录", style="H2"),
        numbering=lists(levels),
        styles=styles,
    )
    assert text == "1 收集\n\n1.1 注册\n甲\n\n附则\n\n1.2 登录"


def test_bullets_of_symbol_fonts() -> None:
    for sign, shown in (("\uf0b7", "•"), ("o", "○"), ("-", "-"), ("■", "■")):
        assert word(paragraph("甲", number=(1, 0)), numbering=lists([level(0, "bullet", sign)])) == f"{shown} 甲"


def test_what_word_does_not_show_is_left_out() -> None:
    body = (
        "<w:p><w:r><w:t>我们</w:t></w:r><w:del><w:r><w:delText>不</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>会</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>秘密</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>收集</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>'
        "<w:hyperlink><w:r><w:t>信息</w:t></w:r></w:hyperlink><w:r><w:noBreakHyphen/><w:tab/><w:t>甲</w:t><w:br/>"
        '<w:t>乙</w:t><w:br w:type="page"/></w:r></w:p>'
        "<w:sdt><w:sdtPr><w:alias/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>丙</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    assert word(body) == "我们会收集信息- 甲\n乙\n丙"


def test_an_item_that_was_deleted_is_not_counted() -> None:
    def item(words: str, end: str = "") -> str:
        return paragraph(words, number=(1, 0), look=f"<w:rPr>{end}</w:rPr>")

    def gone(mark: str, words: str) -> str:
        tag = "delText" if mark == "del" else "t"
        deleted = f"<w:{mark}><w:r><w:{tag}>{words}</w:{tag}></w:r></w:{mark}>"
        return item("", f"<w:{mark}/>").replace("<w:r><w:t></w:t></w:r>", deleted)

    def read(*items: str) -> str:
        return word(*items, numbering=lists([level(0, "decimal", "%1.")]))

    for mark in ("del", "moveFrom"):
        assert read(item("甲"), gone(mark, "乙"), gone(mark, "丙"), item("丁")) == "1. 甲\n2. 丁"
        assert read(item("甲"), gone(mark, "乙")) == "1. 甲"
        # Only the end of the line was deleted.
        assert (
            read(item("甲"), item("我们收集", f"<w:{mark}/>"), item("信息"), item("丁"))
            == "1. 甲\n2. 我们收集信息\n3. 丁"
        )
        assert read(item("甲"), item("乙", f"<w:{mark}/>")) == "1. 甲\n2. 乙"
    cell = f"<w:tc>{item('乙')}</w:tc>"
    table = f"<w:tbl><w:tr>{cell}{cell}</w:tr></w:tbl>"
    assert read(item("甲", "<w:del/>"), table, gone("del", "x"), item("丁")) == "1. 甲\n2. 乙\t3. 乙\n4. 丁"
    assert read(item("甲", "<w:ins/>"), item("乙")) == "1. 甲\n2. 乙"


def test_a_text_box_is_read_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent>"
    body = (
        '<w:p><w:r><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:drawing>'
        f"{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        "<w:r><w:t>文</w:t></w:r></w:p>"
    )
    assert word(body) == "文\n框"


def test_footnotes_follow_their_paragraph() -> None:
    note = (
        '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2">'
        + paragraph("见附录")
        + "</w:footnote>"
    )
    body = '<w:p><w:r><w:t>收集</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>' + paragraph("使用")
    assert word(body, footnotes=note) == "收集\n[注1] 见附录\n使用"


def test_tables_of_word() -> None:
    def table(*rows: tuple[str, ...]) -> str:
        cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
        return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"

    assert word(table(("名称", "目的"), ("手机", "注册"), ("", "x"))) == "名称：手机 | 目的：注册\nx"
    assert word(table(("甲",), ("乙",))) == "甲\n乙"
    assert word(table(("长" * 1_001, "x"))) == "长" * 1_001 + "\nx"


def test_bold_paragraphs_of_word_are_headings_and_text_after_bullets_is_set_off() -> None:
    styles = '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/></w:style>'
    bold = "<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>Do you sell data?</w:t></w:r></w:p>"
    body = (
        paragraph("Sharing", style="H")
        + paragraph("couriers", number=(1, 0))
        + paragraph("DHL", number=(1, 1))
        + paragraph("We check them.")
        + bold
        + paragraph("No, never.")
        + paragraph("Contact", style="H")
    )
    numbering = lists([level(0, "bullet", "-"), level(1, "bullet", "-")])
    text = word(body, styles=styles, numbering=numbering)
    assert text == "# Sharing\n- couriers\n  - DHL\n\nWe check them.\n\n## Do you sell data?\nNo, never.\n\n# Contact"


def test_a_title_stands_above_the_headings() -> None:
    styles = (
        '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="heading 1"/></w:style>'
    )
    data = docx(paragraph("隐私政策", style="T") + paragraph("引言", style="H") + paragraph("甲"), styles=styles)
    assert docx_text(data) == ("# 隐私政策\n\n## 引言\n甲", "隐私政策")


def test_strict_documents_have_other_namespaces() -> None:
    plain = docx(paragraph("收集", number=(1, 0)), numbering=lists([level(0, "decimal", "%1.")]))
    import zipfile

    with zipfile.ZipFile(io.BytesIO(plain)) as file:
        parts = {
            name: file.read(name)
            .replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            .replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                b"http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            for name in file.namelist()
        }
    assert docx_text(archive(parts))[0] == "1. 收集"


def test_what_python_docx_writes() -> None:
    import docx as python_docx

    document = python_docx.Document()
    document.add_heading("隐私政策", 0)
    document.add_heading("收集", 1)
    document.add_paragraph("手机号码", style="List Number")
    document.add_paragraph("姓名", style="List Number")
    document.add_paragraph("位置", style="List Bullet")
    document.add_table(2, 2).cell(1, 1).text = "注册"
    file = io.BytesIO()
    document.save(file)
    read = read_file(file.getvalue())
    assert read.title == "隐私政策"
    assert read.text == "# 隐私政策\n\n## 收集\n1. 手机号码\n2. 姓名\n• 位置\n注册\n"


ENTITIES = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [ENTITIES, OUTSIDE])
def test_entities_of_xml_are_refused(head: str) -> None:
    for use in ("&a;", "&c;", ""):
        refused(docx(f"<w:p><w:r><w:t>甲{use}</w:t></w:r></w:p>", head=head), "damaged")


def bomb(name: str, size: int) -> bytes:
    return archive({name: b"0" * size, **{f"x{n}": "" for n in range(5)}})


@pytest.mark.parametrize(
    "data",
    [
        bomb("word/document.xml", 50_000_000),
        archive({f"{n}": b"" for n in range(2_001)}),
        archive({f"word/{n}.xml": os.urandom(1_000) + bytes(150_000_000) for n in range(2)}),
        docx(paragraph("a" * 30 + "".join(map(str, range(6_000_000))))),
    ],
    ids=["ratio", "entries", "total", "part"],
)
def test_archives_that_grow_are_refused_before_they_do(data: bytes) -> None:
    refused(data, "inflates", "unpack")


def test_a_document_with_a_password() -> None:
    import zipfile

    data = bytearray(docx(paragraph("x")))
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 4)
    assert zipfile.ZipFile(io.BytesIO(bytes(data))).infolist()[0].flag_bits & 1
    refused(bytes(data), "encrypted", "password")


# --- PDF -----------------------------------------------------------------------------------

FULL = "我们收集您的手机号码和姓名以及其他与服务有关的信息，用于为您提供服务并且保护您的账户安"


def test_lines_of_a_pdf_are_joined() -> None:
    lines = ["隐私政策", "一、收集", FULL, "全，您可以拒绝。", "（一）注册", FULL[:-9] + "。", "我们使用您的手机号码。"]
    read = read_file(pdf([set_lines(lines)]))
    assert read.text.split("\n")[:-1] == ["隐私政策", "一、收集", FULL + lines[3], *lines[4:]]


def test_paragraphs_that_only_an_indent_or_a_gap_tells() -> None:
    lines = set_lines([FULL, FULL, FULL, FULL])
    x, y, size, words = lines[2]
    indented = [*lines[:2], (x + 20, y, size, words[2:]), lines[3]]
    assert read_file(pdf([indented])).text == f"{FULL * 2}\n{FULL[2:] + FULL}\n"
    lower = [*lines[:2], *((x, y - 12, size, words) for x, y, size, words in lines[2:])]
    assert read_file(pdf([lower])).text == f"{FULL * 2}\n{FULL * 2}\n"


COLUMN = [
    "1. A parcel of up to five kilos is",
    "carried for three euros, a heavier",
    "one for what it costs us. Whoever",
    "sends glass or china packs it so",
    "that it does not break on its way.",
    "2. A parcel that is late costs EUR",
    "60. Nobody pays for one that is",
    "lost, be it by us or by others.",
]


@pytest.mark.parametrize("columns", [2, 3])
def test_lines_of_a_column_are_as_wide_as_the_column(columns: int) -> None:
    across = (40, 800, 10, "What is carried, for whom, from where to where, when, and for how much, and what is not")
    lines = COLUMN * 2
    page = [(40 + 180 * at, 780 - 14 * row, 10, line) for at in range(columns) for row, line in enumerate(lines)]
    last = [(40, 760 - 14 * row, 10, line) for row, line in enumerate(lines)]
    text = read_file(pdf([[across, *page], last])).text
    told = [" ".join(COLUMN[:5]), " ".join(COLUMN[5:])]
    assert text.split("\n")[:-1] == [across[3], *told * (2 * columns + 2)]


def test_the_lines_of_a_centred_title_are_joined() -> None:
    title = [(100, 800, 18, "General Conditions of Carriage for Parcels and"), (250, 778, 18, "Letters")]
    lines = [
        (x, y - 60, size, words) for x, y, size, words in set_lines(["A parcel of five kilos is carried. " * 2] * 3)
    ]
    assert read_file(pdf([[*title, *lines]])).title == "General Conditions of Carriage for Parcels and Letters"


def test_words_that_a_line_divides() -> None:
    lines = [
        "We collect the address that a parcel goes to, and what a third-",
        "party courier tells us about the place, for your own infor-",
        "mation. This information stays with the third-party courier.",
    ]
    text = read_file(pdf([set_lines(lines)])).text
    assert "a third-party courier tells" in text
    assert "your own information. This" in text


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [
        [
            (60, 820, 8, "白驹公司 内部"),
            *set_lines([f"{n}{FULL[1:]}", f"{n}段在此处结束。"]),
            (280, 30, 8, f"第 {page} 页 共 3 页"),
        ]
        for page, n in enumerate("甲乙丙", 1)
    ]
    assert read_file(pdf(pages)).text == "".join(f"{n}{FULL[1:]}{n}段在此处结束。\n" for n in "甲乙丙")


def test_a_paragraph_goes_on_over_pages() -> None:
    pages = [[*set_lines([FULL]), (290, 30, 8, "1")], [*set_lines([FULL[:9] + "。"]), (290, 30, 8, "2")]]
    assert read_file(pdf(pages)).text == f"{FULL}{FULL[:9]}。\n"


def test_cells_of_a_pdf_are_parted_by_tabs() -> None:
    rows = [("名称", "目的"), ("手机号码", "注册账号"), ("位置", "附近门店")]
    by_row = [(60 + 200 * x, 780 - 16 * y, 10, cell) for y, row in enumerate(rows) for x, cell in enumerate(row)]
    assert read_file(pdf([[*by_row, (60, 600, 10, "以上是我们收集的全部信息清单。")]])).text.startswith(
        "名称：手机号码 | 目的：注册账号\n名称：位置 | 目的：附近门店\n"
    )
    by_cell = [
        (60, 800, 10, "以下是我们收集的全部信息清单："),
        (60, 780, 10, "手机"),
        (60, 764, 10, "号码"),
        (260, 780, 10, "注册"),
        (260, 764, 10, "账号"),
        (60, 740, 10, "位置"),
        (260, 740, 10, "附近"),
    ]
    assert read_file(pdf([by_cell])).text.split("\n")[1:3] == ["手机号码\t注册账号", "位置\t附近"]


def test_the_raised_mark_of_a_note_does_not_divide_its_line() -> None:
    line = [
        (60, 780, 11, "You pay a fee of 50 EUR"),
        (182, 784, 7, "1"),
        (187, 780, 11, " within 30 days of the order, and no"),
    ]
    end = (60, 764, 11, "more than that, ever.")
    told = "You pay a fee of 50 EUR[note 1] within 30 days of the order, and no more than that, ever."
    # One that begins a line is that of the note itself.
    foot = [(60, 104, 5, "1"), (64, 101, 9, "Unless it is free.")]
    assert read_file(pdf([[*line, end, *foot]])).text == f"{told}\n[note 1] Unless it is free.\n"
    area = [(60, 780, 11, "The room measures 20 m"), (174, 784, 7, "2"), (179, 780, 11, " at least, as agreed.")]
    assert read_file(pdf([area])).text == "The room measures 20 m² at least, as agreed.\n"


def test_small_lines_and_cells_are_not_raised() -> None:
    page = [
        (60, 780, 22, "Lantern Post"),
        (60, 767, 9, "Terms of sale, which you accept when you order."),
        (60, 700, 11, "Kept for"),
        (260, 703, 8, "a year"),
        (60, 684, 11, "Sold to"),
        (260, 687, 8, "nobody"),
    ]
    lines = ["Lantern Post", "Terms of sale, which you accept when you order.", "Kept for\ta year", "Sold to\tnobody"]
    assert read_file(pdf([page])).text.split("\n") == [*lines, ""]


def test_larger_lines_are_headings() -> None:
    page = [
        (60, 800, 20, "Policy"),
        (60, 770, 14, "Collection"),
        *set_lines(["We collect your phone number."] * 3, top=740),
    ]
    assert read_file(pdf([page])).text.startswith("# Policy\n\n## Collection\nWe collect")


def test_what_is_tilted_is_a_watermark() -> None:
    page = pdf(
        [set_lines(["我们收集您的手机号码，用于注册账号和登录服务。"])],
        more="BT /F 40 Tf 0.7 0.7 -0.7 0.7 100 100 Tm <79d85bc6> Tj ET",
    )
    assert "秘密" not in read_file(page).text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([[]] * 3), "scanned"),
        (pdf([set_lines(["第1页"])] * 5), "scanned"),
        (pdf([set_lines(["\ue001\ue002\ue003" * 20])]), "unmapped"),
        (pdf([[]] * 501), "pages"),
    ],
)
def test_a_pdf_without_words_to_read(data: bytes, reason: str) -> None:
    refused(data, reason)


def encrypted(password: str, owner: str = "owner", algorithm: str = "RC4-128") -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf([set_lines([FULL])]))))
    writer.encrypt(password, owner, algorithm=algorithm)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_an_encrypted_pdf() -> None:
    refused(encrypted("secret"), "encrypted", "password")
    # What only must not be changed opens without one.
    assert read_file(encrypted("")).text.strip() == FULL


CATALOGUE = "<< /Type /Catalog /Pages 2 0 R >>"
RING = {
    1: CATALOGUE,
    2: "<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 1000000 >>",
    3: "<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R >>",
}
DEEP = {1: CATALOGUE, 2: "<< /Type /Pages /Count 1 /Kids " + "[" * 50_000 + "]" * 50_000 + " >>"}


def self_drawing() -> bytes:
    form = (
        "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> /Length 10 >>\n"
        "stream\n/X Do /X Do\nendstream"
    )
    page = "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>"
    return raw_pdf(
        {
            1: CATALOGUE,
            2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: page,
            4: "<< /Length 5 >>\nstream\n/X Do\nendstream",
            5: form,
        }
    )


@pytest.mark.parametrize("data", [raw_pdf(RING), raw_pdf(DEEP), self_drawing()], ids=["ring", "deep", "draws itself"])
def test_a_pdf_that_refers_to_itself(data: bytes) -> None:
    with pytest.raises(FileError):
        read_file(data)


def test_a_pdf_that_unpacks_to_much_does_not_fill_the_memory() -> None:
    bomb = pdf([[]], more=" " * 200_000_000)
    started = time.perf_counter()
    with pytest.raises(FileError):
        read_file(bomb)
    assert time.perf_counter() - started < 30


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.readers._WALL", 0.001)
    refused(docx(paragraph("x")), "slow", "was not read in 20 seconds", "give it as text")


def test_a_process_that_computes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = sys.executable
    busy = "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text(f"#!/bin/sh\nexec {python} -c '{busy}'\n")
    (tmp_path / "python").chmod(0o755)
    refused(docx(paragraph("x")), "slow")


def test_a_process_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no python"))
    refused(docx(paragraph("x")), "unread", "no process could be started")


# --- The seed ------------------------------------------------------------------------------


def as_html(text: str) -> bytes:
    from html import escape

    return (
        f"<!doctype html><title>x</title><body>{''.join(f'<p>{escape(line)}' for line in text.splitlines())}".encode()
    )


def as_docx(text: str) -> bytes:
    return docx("".join(paragraph(line) for line in text.splitlines()))


@pytest.mark.parametrize(
    "write", [as_html, as_docx, lambda text: text.encode("gb18030"), lambda text: text.replace("\n", "\r\n").encode()]
)
def test_the_outline_is_that_of_the_text_in_every_format(write: Callable[[str], bytes]) -> None:
    text = SEED.read_text("utf-8")
    read = parse(read_file(write(text)).text)
    assert [(clause.id, clause.label, clause.title) for clause in read.walk()][1:] == [
        (clause.id, clause.label, clause.title) for clause in parse(text).walk()
    ][1:]


# --- Whatever there is -----------------------------------------------------------------------

TAGS = (
    "p",
    "div",
    "ol",
    "li",
    "ul",
    "table",
    "tr",
    "td",
    "h2",
    "h1",
    "br",
    "nav",
    "main",
    "pre",
    "script",
    "title",
    "span",
)
MARKUP = st.lists(
    st.one_of(
        st.sampled_from(TAGS).map(lambda tag: f"<{tag}>"),
        st.sampled_from(TAGS).map(lambda tag: f"</{tag}>"),
        st.sampled_from(
            (
                "<li value=-9>",
                "<ol reversed start=99999999>",
                "<p style=';;:'>",
                "&#0;",
                "&nbsp;",
                "]]>",
                "<![CDATA[",
                "<!",
                "<a href='",
                "\n",
                "#",
                "|",
            )
        ),
        st.text(max_size=8),
    ),
    max_size=60,
).map("".join)


@given(MARKUP)
@settings(max_examples=200)
def test_no_markup_makes_it_fail(markup: str) -> None:
    markup = markup.encode("utf-8", "replace").decode()
    for read in (html_text, markdown_text):
        text, title = read(markup)
        assert "\0" not in text
        assert len(title) <= 80 or read is markdown_text
        if text.strip():
            parse(text)


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-16", "replace")))
@settings(max_examples=200)
def test_no_bytes_make_decoding_fail(data: bytes) -> None:
    for declared in ("", "gbk", "no-such", "base64", "undefined", "utf-7"):
        try:
            decoded(data, declared)
        except FileError:
            continue


WHOLE = docx(
    paragraph("甲", number=(1, 0)) + paragraph("乙", style="S"),
    numbering=lists([level(0, "decimal", "%1.")]),
    styles='<w:style w:type="paragraph" w:styleId="S"><w:name w:val="heading 1"/></w:style>',
)


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=150)
def test_no_damage_of_a_document_does_harm(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, byte in changes:
        data[place] = byte
    with suppress(FileError):
        docx_text(bytes(data))


VALUES = st.sampled_from(("", "0", "-1", "8", "99999999999", "x", "%1", "%9%9%9", "1"))


@given(VALUES, VALUES, VALUES, VALUES)
@settings(max_examples=100)
def test_no_values_in_a_document_do_harm(first: str, second: str, third: str, fourth: str) -> None:
    numbering = (
        f'<w:abstractNum w:abstractNumId="{first}"><w:numStyleLink w:val="{second}"/><w:lvl w:ilvl="{third}">'
        f'<w:start w:val="{fourth}"/><w:numFmt w:val="{second}"/><w:lvlText w:val="{fourth}"/>'
        f'<w:lvlRestart w:val="{first}"/></w:lvl></w:abstractNum><w:num w:numId="{third}"><w:abstractNumId w:val="0"/>'
        f'<w:lvlOverride w:ilvl="{third}"><w:startOverride w:val="{fourth}"/></w:lvlOverride></w:num>'
    )
    styles = (
        f'<w:style w:styleId="{first}" w:default="{second}"><w:basedOn w:val="{first}"/><w:pPr>'
        f'<w:outlineLvl w:val="{third}"/></w:pPr></w:style>'
    )
    number = f'<w:numPr><w:ilvl w:val="{third}"/><w:numId w:val="{third}"/></w:numPr>'
    assert "甲" in word(paragraph("甲", style=first, look=number), numbering=numbering, styles=styles)


PAGE = pdf([set_lines([FULL, FULL, "（一）注册"])])


@given(st.lists(st.tuples(st.integers(0, len(PAGE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=8)
def test_no_damage_of_a_pdf_does_harm(changes: list[tuple[int, int]]) -> None:
    data = bytearray(PAGE)
    for place, byte in changes:
        data[place] = byte
    with suppress(FileError):
        read_file(bytes(data))


@pytest.mark.parametrize(
    "unit",
    [
        "<p>甲",
        "<li>甲",
        "<b>甲</b>",
        "<td>",
        "</div>",
        "<a href='",
        "<button aria-expanded=true>",
        "<h2><button aria-controls=a id=a>甲</button>",
        "<summary>甲",
        "<sup>1",
        "<sup>1</sup>甲",
        "&amp;",
        "<br>",
        "<title>",
        "<h1>甲</h1>",
        "<!--",
        "# 甲\n",
        "[a](",
        "**",
        "`",
        "|",
        "> ",
        "\n",
        "a\n",
        "1.\ta\t\n1.\ta\tb\n",
    ],
)
def test_pages_take_time_in_step_with_their_length(unit: str) -> None:
    def taken(read: Callable[[str], object], count: int) -> float:
        def call() -> None:
            with suppress(FileError):
                read("<html><table>" * (read is html_text) + unit * count)

        return seconds(call)

    for read in (html_text, markdown_text, plain_text):
        taken(read, 10)
        few, many = taken(read, 2_000), taken(read, 20_000)
        assert many < 40 * few + 0.5, (read.__name__, few, many)
