"""Statements beside their quotes: what is borne out gets through, and nothing else does."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.bearing import Bearing
from assistant.text import sentences
from assistant.thesaurus import default_thesaurus
from tests.conftest import FIXTURES
from tests.timing import seconds

if TYPE_CHECKING:
    from assistant import Policy
    from assistant.answering.bearing import Verdict

QUOTES: list[dict[str, Any]] = tomllib.loads((FIXTURES / "bearing.toml").read_text("utf-8"))["quote"]
NAMES = ("云巢读书", "Yunchao", "云巢科技有限公司", "Lantern Post", "Lantern")


@pytest.fixture(scope="module")
def bearing() -> Bearing:
    return Bearing(default_thesaurus(), NAMES)


def verdict(bearing: Bearing, statement: str, quote: dict[str, Any]) -> Verdict:
    finding = bearing.judge(statement, quote["text"], lead_in=quote.get("lead_in", ""), above=quote.get("above", ()))
    assert bool(finding.reason) == (finding.verdict != "borne_out")
    return finding.verdict


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(statement, quote, id=f"{statement[:40]} <- {quote['text'][:20]}")
        for quote in QUOTES
        for statement in quote.get(kind, ())
    ]


@pytest.mark.parametrize(("statement", "quote"), cases("good"))
def test_what_the_quote_says_is_borne_out(bearing: Bearing, statement: str, quote: dict[str, Any]) -> None:
    assert verdict(bearing, statement, quote) == "borne_out"


@pytest.mark.parametrize(("statement", "quote"), cases("bad"))
def test_what_the_quote_does_not_say_is_not(bearing: Bearing, statement: str, quote: dict[str, Any]) -> None:
    assert verdict(bearing, statement, quote) != "borne_out"


@pytest.mark.parametrize(("statement", "quote"), cases("silent"))
def test_what_the_rules_cannot_compare_is_not_checked(bearing: Bearing, statement: str, quote: dict[str, Any]) -> None:
    assert verdict(bearing, statement, quote) == "unchecked"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("您注销账号后，除法律法规另有规定外，我们会在五个工作日内删除您的个人信息。", "number: most 5 workday"),
        ("您注销账号后，除法律法规另有规定外，我们不会在十五个工作日内删除您的个人信息。", "sense: "),
        ("您注销账号后，我们会在十五个工作日内删除您的个人信息。", "leaves out: unless"),
        ("您注销账号后，除法律法规另有规定外，我们会在十五个工作日内删除您的银行卡。", "word: 银行卡"),
        ("您注销账号后，除法律法规另有规定外，我们仅在十五个工作日内删除您的个人信息。", "adds: only"),
        ("您注销账号后，除法律法规另有规定外，请致电help@evil.example。", "address: help@evil.example"),
    ],
)
def test_the_rule_that_decided_is_told(bearing: Bearing, statement: str, rule: str) -> None:
    quote = "您注销账号后，我们会在十五个工作日内删除您的个人信息，法律法规另有规定的除外。"
    finding = bearing.judge(statement, quote)
    assert finding.verdict == "contradicted"
    assert finding.reason.startswith(rule)


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("押金为30000元。", "押金为3万元。"),
        ("The deposit is 30,000 yuan.", "押金为3万元。"),
        ("我们会在90分钟内答复。", "我们会在一个半小时内答复。"),
        ("We keep it for eighteen months.", "We keep it for a year and a half."),
    ],
)
def test_an_amount_in_another_form_is_borne_out(bearing: Bearing, statement: str, quote: str) -> None:
    assert bearing.judge(statement, quote).verdict == "borne_out"


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("我们会在23天内答复。", "我们会在两三天内答复。"),
        ("我们会在一个半小时内答复。", "我们会在两个半小时内答复。"),
        ("我们会在一个半小时内答复。", "我们会在一个半月内答复。"),
        ("保存7天。", "保存一周年。"),
        ("押金为3。", "押金为3万元。"),
        ("押金为3元。", "押金为3万元。"),
        ("We reply within one and a half years.", "We reply within two and a half years."),
        ("We keep it for a year.", "We keep it for a year and a half."),
    ],
)
def test_another_amount_is_contradicted(bearing: Bearing, statement: str, quote: str) -> None:
    assert bearing.judge(statement, quote).verdict == "contradicted"


def texts(policy: Policy) -> list[str]:
    return [policy.text[start:end] for start, end in sentences(policy.text)]


# --- Every sentence of a policy, as it stands and altered ----------------------------------

ALTERATIONS = [
    ("negated", r"(?<!不)(?=会|可以|应当|需要)", "不"),
    ("no longer negated", r"不会|不(?=收集|影响|提供|满)", ""),
    ("may", r"我们会", "我们可能会"),
    ("must", r"可以", "必须"),
    ("exempt", r"应当", "无需"),
    ("another number", r"十五", "五十"),
    ("another age", r"十四", "十六"),
    ("another unit", r"工作日", "月"),
    ("another thing", r"手机号码", "身份证号码"),
    ("another vendor", r"星信推送|墨图统计", "友盟"),
    ("another party", r"我们", "第三方"),
    ("no exception", r"，法律法规另有规定的除外", ""),
    ("negated", r"\b(?:do not|never) ", ""),
    ("negated", r"(?<=[Ww]e )(?=collect|keep|delete|use|answer)", "do not "),
    ("may", r"(?<=[Ww]e )(?=collect|keep|delete|use|answer)", "may "),
    ("must", r"\bmay\b", "must"),
    ("another number", r"\btwo\b", "three"),
    ("another number", r"\bthirty\b", "sixty"),
    ("another age", r"\bsixteen\b", "eighteen"),
    ("another unit", r"\bmonth\b", "week"),
    ("another thing", r"\bphone number\b", "card number"),
    ("another party", r"\b[Ww]e\b", "third parties"),
]


def test_a_policys_own_sentences_are_borne_out_by_themselves(bearing: Bearing, policies: tuple[Policy, ...]) -> None:
    statements = [
        text for policy in policies for text in texts(policy) if re.search(r"[。.]$", text) and len(text) > 12
    ]
    borne = [text for text in statements if bearing.judge(text, text).verdict == "borne_out"]
    assert len(statements) > 30
    assert len(borne) >= 0.95 * len(statements), set(statements) - set(borne)


def test_altered_in_what_it_says_a_sentence_is_not_borne_out(bearing: Bearing, policies: tuple[Policy, ...]) -> None:
    seen: dict[str, int] = {}
    for policy in policies:
        for quote in texts(policy):
            for name, pattern, replacement in ALTERATIONS:
                for match in re.finditer(pattern, quote):
                    altered = quote[: match.start()] + replacement + quote[match.end() :]
                    assert bearing.judge(altered, quote).verdict != "borne_out", (name, altered)
                    seen[name] = seen.get(name, 0) + 1
    assert set(seen) == {name for name, _, _ in ALTERATIONS}
    assert sum(seen.values()) > 80


def test_a_sentence_bears_no_other_sentence_out(bearing: Bearing, policies: tuple[Policy, ...]) -> None:
    for policy in policies:
        told = [text for text in texts(policy) if text[-1] in ".。"]
        for place, statement in enumerate(told):
            for quote in told[place + 1 : place + 6]:
                assert bearing.judge(statement, quote).verdict != "borne_out", (statement, quote)
                assert bearing.judge(quote, statement).verdict != "borne_out", (quote, statement)


# --- Anything at all -------------------------------------------------------------------------


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_judged(statement: str, quote: str) -> None:
    assert Bearing(default_thesaurus()).judge(statement, quote).verdict in ("borne_out", "unchecked", "contradicted")


@pytest.mark.parametrize("quote", ["", "   ", "1、", "。。。", "：", "\n\n"])
def test_a_quote_that_says_nothing_bears_nothing_out(bearing: Bearing, quote: str) -> None:
    assert bearing.judge("我们会收集您的手机号码。", quote).verdict != "borne_out"


@pytest.mark.parametrize(
    "piece", ["不", "除", "we may not ", "如您", "、", "IMEI,", "手机号码", "1", "to ", "如果不可能", "a" * 50]
)
def test_a_long_quote_is_judged_in_time(bearing: Bearing, piece: str) -> None:
    assert seconds(lambda: bearing.judge("我们会收集您的手机号码。", piece * (2_000 // len(piece)))) < 5
