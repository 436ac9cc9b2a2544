"""Text primitives, on any text at all."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import assistant
from assistant.text import (
    fold,
    has_han,
    language_of,
    sentences,
    simplified,
    stripped,
    visible,
)

# Any code points at all, lone surrogates and controls among them.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
# What sentences are made of, more often than chance would have it.
SENTENCE_TEXT = st.text(st.sampled_from("我们收集 。！？!?…；;.,，”’」)）】\"'\n\r\t\u3000aZ9个İ\u2028"), max_size=300)


# --- fold ------------------------------------------------------------------------------


@given(ANY_TEXT)
@example("İstanbul ﬁ ﬀ ß ŉ ǰ ΐ Σς \ud800 \udfff \U0001d400 K Å ㎏ ﷺ")
def test_fold_keeps_the_length_and_has_nothing_left_to_fold(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded


def test_fold_maps_every_single_code_point_to_one_code_point() -> None:
    every = "".join(map(chr, range(0x110000)))
    folded = fold(every)
    assert len(folded) == len(every)
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＩＭＥＩ（一）：", "imei(一):"),
        ("“App”　‘x’", "\"app\" 'x'"),
        ("ÀÉ", "àé"),
        ("İ", "İ"),
        ("ﬁ", "ﬁ"),
        ("１２", "12"),
    ],
)
def test_fold_makes_width_case_and_quotes_alike(text: str, folded: str) -> None:
    assert fold(text) == folded


# --- visible ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mred", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9ctext", "text"),
        ("\x1bP1$r0m\x1b\\text", "text"),
        ("\x1b_payload\x1b\\text", "text"),
        ("\x1b(Btext\x1bc\x1b7\x1b=", "text"),
        ("\x1b]0;never ended\nnext line", "\nnext line"),
        ("We collect â\x80\x9dnames and phone numbers.", "We collect ânames and phone numbers."),
        ("a\x9d0;title\x9cb", "ab"),
        ("\x1b", ""),
        ("\x1b中", "中"),
        ("a\u200bb\u200cc\u200dd\u2060e\ufefff", "abcdef"),
        ("\u202egnp.exe\u202c \u2066x\u2069 \u061cy", "gnp.exe x y"),
        ("hi\U000e0068\U000e0069\U000e007f", "hi"),
        ("A\ufe0f \U000e0100", "A "),
        ("a\u115fb\u3164c\uffa0d\u180ee\u034ff", "abcdef"),
        ("a\0b\x08c\x7fd\x85e", "abcd\ne"),
        ("\ud800a\udfff", "a"),
        ("a\r\nb\rc\x0cd\u2028e\tf", "a\nb\nc\nd\ne\tf"),
        ("个推 ＩＭＥＩ（一）😀", "个推 ＩＭＥＩ（一）😀"),
    ],
)
def test_visible_strips_what_no_reader_sees(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("\x1b\x9b\x9d[];mPX\x07\\\r\n0 "))))
def test_visible_text_holds_no_control_and_has_nothing_left_to_strip(text: str) -> None:
    shown = visible(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff]", shown)
    assert not re.search(r"[\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]", shown)
    assert visible(shown) == shown
    shown.encode()


# --- Language and script ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("个推会收集我的IMEI吗？", "zh"),
        ("IMEI是什么", "zh"),
        ("what does 个推 collect and why is it kept?", "en"),
        ("Does Getui collect my IMEI?", "en"),
        ("個推會收集設備信息嗎", "zh"),
        ("𠮷野家", "zh"),
        ("", "en"),
        ("12345 !?", "en"),
        ("😀", "en"),
        ("帮我看下 privacy policy", "zh"),
    ],
)
def test_language_of_mixed_texts(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("註銷帳號要多久", "注销账号要多久"),
        ("帐户、账户", "账户、账户"),
        ("帐篷", "帐篷"),
        ("隱私 privacy 政策", "隐私 privacy 政策"),
        ("plain English", "plain English"),
        ("\ud800隱私\0", "\ud800隐私\0"),
    ],
)
def test_simplified_characters_in_one_spelling(text: str, expected: str) -> None:
    assert simplified(text) == expected


@given(ANY_TEXT)
def test_script_and_language_of_any_text(text: str) -> None:
    assert language_of(text) in ("zh", "en")
    assert isinstance(has_han(text), bool)
    assert isinstance(simplified(text), str)


# --- Sentences -------------------------------------------------------------------------


@given(st.one_of(SENTENCE_TEXT, ANY_TEXT))
@example("；" * 200)
@example("我" * 130 + "；" + "我" * 130 + "。")
def test_sentences_cover_every_character_but_white_space_in_order(text: str) -> None:
    end = 0
    for left, right in sentences(text):
        assert end <= left < right <= len(text)
        assert not text[end:left].strip()
        assert text[left:right] == text[left:right].strip()
        end = right
    assert not text[end:].strip()


@given(SENTENCE_TEXT, st.integers(0, 300), st.integers(0, 300))
def test_sentences_stay_inside_the_range_asked_for(text: str, start: int, end: int) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    spans = list(sentences(text, start, end))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text[start:end].split())
    assert all(start <= a < b <= end for a, b in spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“我们收集。”您同意！", ["“我们收集。”", "您同意！"]),
        ("We use v1.2 of it. Yes", ["We use v1.2 of it.", "Yes"]),
        ("一、收集\r\n我们收集。", ["一、收集", "我们收集。"]),
        ("真的吗？！……好", ["真的吗？！……", "好"]),
        ("甲；乙", ["甲；乙"]),
        ("Ask Dr. Lee, e.g. by post. Do.", ["Ask Dr. Lee, e.g. by post.", "Do."]),
        ("No. 5 of Art. 6 applies. No. We do not.", ["No. 5 of Art. 6 applies.", "No.", "We do not."]),
        (
            "Quill Inc. gets it. It is Quill Inc. We are not.",
            ["Quill Inc. gets it.", "It is Quill Inc.", "We are not."],
        ),
        ("from 8 a.m. to 8 p.m. on Mondays, by U.S. law. So", ["from 8 a.m. to 8 p.m. on Mondays, by U.S. law.", "So"]),
        ("甲" * 119 + "；乙", ["甲" * 119 + "；", "乙"]),
        ("", []),
        (" \n\u3000", []),
    ],
)
def test_sentences_end_where_a_reader_pauses(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text)] == expected


def test_stripped_is_none_for_white_space() -> None:
    assert stripped(" \u3000a b\n", 0, 6) == (2, 5)
    assert stripped(" \n ", 0, 3) is None
    assert stripped("abc", 1, 1) is None


# --- Every regular expression of the package -------------------------------------------


def _patterns(value: object, name: str, depth: int = 0) -> dict[str, re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        return {name: value}
    found: dict[str, re.Pattern[Any]] = {}
    if depth < 4 and isinstance(value, (tuple, list, set, frozenset)):
        for number, inner in enumerate(value):
            found |= _patterns(inner, f"{name}[{number}]", depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for key, inner in value.items():
            found |= _patterns(inner, f"{name}[{key!r}]", depth + 1)
    return found


def _all_patterns() -> dict[str, re.Pattern[Any]]:
    found: dict[str, re.Pattern[Any]] = {}
    for module in pkgutil.walk_packages(assistant.__path__, "assistant."):
        for name, value in vars(importlib.import_module(module.name)).items():
            found |= _patterns(value, f"{module.name}.{name}")
    return found


RUNS = (*' \n1a一(…、：#*"', "1 . ", "( 1", "第 ", "【一", "\x1b[0", "\x1b]0")
# Quadratic, or slow, but never given a long text.
BOUNDED = {
    **{
        f"assistant.sentences.segments.{name}": "the start of a part of a sentence only, by `match`"
        for name in ("_ASIDE", "_GOES_ON", "_NO_PURPOSE_AFTER", "_PURPOSE", "_RESET", "_SUBJECT")
    },
    "assistant.answering.excerpts._NUMBERED_ROW": "the start of a row only, by `match`",
    "assistant.evaluation.tables._FORMULA": "the start of a cell only, by `match`",
    "assistant.parsing.contents._PAGE_NUMBER": "the end of a short line",
    "assistant.policy._WORDED": "the start of a text only, by `match`",
    "assistant.readers._HTML": "the start of a file's first bytes only, by `match`",
    "assistant.readers.html._SITE": "the start of a title",
    "assistant.readers.pdf._PAGE_NUMBER": "a short line",
    "assistant.questions.references._EXPLETIVE": "a word or two",
}


@pytest.mark.parametrize("run", RUNS)
def test_no_regular_expression_is_slow_on_hostile_text(run: str) -> None:
    patterns = {name: pattern for name, pattern in _all_patterns().items() if name not in BOUNDED}
    assert len(patterns) > 30
    # What is quick on the shorter text cannot be slow on the longer one, not even if it is quadratic.
    for chars in (10_000, 100_000):
        text = run * (chars // len(run)) + "!"
        for name, pattern in list(patterns.items()):
            started = time.thread_time()
            for _ in pattern.finditer(text if isinstance(pattern.pattern, str) else text.encode()):
                pass
            taken = time.thread_time() - started
            if taken < 0.005:
                del patterns[name]
            assert taken < 1.5, f"{name} takes {taken:.2f} s for {chars} characters of {run!r}"


@pytest.mark.parametrize("run", [*RUNS, "并且", "and ", "由您", "以及"])
def test_what_is_matched_at_the_start_is_read_in_no_time(run: str) -> None:
    for name, pattern in _all_patterns().items():
        if "by `match`" in BOUNDED.get(name, ""):
            text = run * (1_000 // len(run)) + "!"
            started = time.thread_time()
            pattern.match(text if isinstance(pattern.pattern, str) else text.encode())
            assert time.thread_time() - started < 0.5, name


def test_the_cells_of_a_row_are_one_sentence() -> None:
    text = "Who: Lantern Post Inc. | Why: 配送包裹。 | Until: the day ends.\nNobody else. Ask us."
    said = [text[slice(*span)] for span in sentences(text)]
    assert said == [
        "Who: Lantern Post Inc. | Why: 配送包裹。 | Until: the day ends.",
        "Nobody else.",
        "Ask us.",
    ]
