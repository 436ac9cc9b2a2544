"""Numbers, durations and dates of both languages, by what they amount to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text import normalized
from assistant.text.quantities import find
from tests.timing import seconds


def read(text: str) -> list[tuple[str, str, str]]:
    return [(found.value, found.unit, found.bound) for found in find(normalized(text))]


def same(left: str, right: str) -> bool:
    (first,), (second,) = find(normalized(left)), find(normalized(right))
    return first.same_as(second)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("十五个工作日内", "within fifteen working days"),
        ("15 个 工作日内", "within 15 business days"),
        ("两年", "24 months"),
        ("半年", "six months"),
        ("半年", "half a year"),
        ("一个月内", "within a month"),
        ("一周", "7 days"),
        ("24小时内", "within 1,440 minutes"),
        ("不满十四周岁", "under fourteen years of age"),
        ("under 14", "不满十四周岁"),
        ("十四周岁以上", "14 years old or older"),
        ("2024年3月1日", "March 1, 2024"),
        ("2024-03-01", "1 March 2024"),
        ("March 2024", "2024年3月1日"),
        ("in 2024", "2024年3月1日"),
        ("百分之三十", "30%"),
        ("三百六十五天", "365 days"),
        ("至少保存三年", "at least three years"),
        ("最多保存两年", "up to two years"),
        ("不超过90天", "no longer than ninety days"),
        ("1,000元", "一千元"),
        ("400-000-1234", "400 000 1234"),
        ("一个半月", "1.5 months"),
        ("两个半月", "two and a half months"),
        ("1 个半小时内", "within an hour and a half"),
        ("两年半", "two years and a half"),
        ("一周年", "12 months"),
        ("3万元", "30,000 yuan"),
        ("1.15万元", "11500元"),
        ("3万5千元", "三万五千元"),
        ("三万五", "35,000"),
        ("10 万条", "十万条"),
        ("超过3万", "more than thirty thousand"),
        ("1.5亿", "one hundred and fifty million"),
        ("一亿五千万元", "150,000,000 yuan"),
        ("二亿三千万", "2亿3000万"),
        ("三亿五", "350,000,000"),
        ("١٣岁", "13岁"),
        ("两三天", "二三天"),
        ("100美元", "100 US dollars"),
        ("in three steps", "3"),
        ("9:00", "09:00"),
    ],
)
def test_what_amounts_to_the_same_is_the_same(left: str, right: str) -> None:
    assert same(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("十五个工作日", "15 days"),
        ("一个月", "30 days"),
        ("within 15 days", "15 days"),
        ("15日内", "至少15日"),
        ("under fourteen", "over fourteen"),
        ("两年", "两个月"),
        ("2024年3月1日", "2024年3月2日"),
        ("2024年3月1日", "March 2024"),
        ("400-000-1234", "400-000-1235"),
        ("十四周岁", "fifteen years of age"),
        ("30%", "30元"),
        ("9:00", "9:30"),
        ("两个半小时", "一个半小时"),
        ("两个半小时", "两个半月"),
        ("one and a half years", "two and a half years"),
        ("a year", "a year and a half"),
        ("7天", "一周年"),
        ("3", "3万元"),
        ("3元", "3万元"),
        ("23天", "两三天"),
        ("3天", "两三天"),
        ("20个", "二三十个"),
        ("18个", "十七八个"),
        ("in 2024", "within 2024 days"),
        ("5美元", "5元"),
    ],
)
def test_what_amounts_to_something_else_is_not(left: str, right: str) -> None:
    assert not same(left, right)


@pytest.mark.parametrize(
    "text",
    [
        "第三方",
        "一些信息",
        "一个插件",
        "one of us",
        "a copy of it",
        "一旦",
        "统一",
        "IPv6",
        "三方",
        "万一",
        "千万不要",
        "几十天",
        "数万元",
        "上半年",
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert read(text) == []


def test_all_of_them_are_found_in_order() -> None:
    assert read("自2024年3月1日起，我们在15个工作日内答复，最长保存两年。") == [
        ("2024-03-01", "date", ""),
        ("15", "workday", "most"),
        ("24", "month", "most"),
    ]


@given(st.text(alphabet="0123456789٣𝟏一二十百千万年月日个工作 内-,.:/onewithintyday"))
def test_any_text_is_read(text: str) -> None:
    for found in find(normalized(text)):
        assert found.start < found.end


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "一",
        "十",
        "one ",
        "1,111",
        "不得",
        "最多保",
        "within ",
        "a ",
        "2024-03",
        "1 1 1a",
        "1万",
        "one and a half ",
    ],
)
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    text = piece * (40_000 // len(piece))
    assert seconds(lambda: list(find(text))) < 5
