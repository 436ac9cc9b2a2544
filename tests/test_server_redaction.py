"""Redaction: who a person is goes, whatever it is written like and stands beside; the rest stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.server.redaction import redacted
from tests.timing import seconds


def wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("手机号13812345678吗", "手机号[phone]吗"),
        ("my number is 138-1234-5678.", "my number is [phone]."),
        ("我的手机：+86 138 1234 5678", "我的手机：[phone]"),
        ("008613912345678", "[phone]"),
        ("1 3 8 1 2 3 4 5 6 7 8", "[phone]"),
        ("1\u200b38\u200b12345678", "[phone]"),
        ("①③⑧①②③④⑤⑥⑦⑧", "[phone]"),
        ("138 1234 5678 139 1234 5678", "[phone] [phone]"),
        ("身份证11010519491231002X和11010519491231002x", "身份证[id]和[id]"),
        ("110105 19491231 002X", "[id]"),
        ("卡号6222021234567890128吗", "卡号[card]吗"),
        ("4111 1111 1111 1111", "[card]"),
        ("4111-1111-1111-1111", "[card]"),
        ("邮箱zhang.san+1@mail.example.com.cn谢谢", "邮箱[mail]谢谢"),
        ("车牌京A12345和粤B·D1234挂", "车牌[plate]和[plate]"),
        ("新能源沪AD12345的车", "新能源[plate]的车"),
    ],
)
def test_what_names_a_person_goes(text: str, shown: str) -> None:
    assert redacted(text) == shown
    marks = re.split(r"(\[[a-z]+\])", shown)
    assert redacted(wide(text)) == "".join(part if number % 2 else wide(part) for number, part in enumerate(marks))


@pytest.mark.parametrize(
    "text",
    [
        "个推会收集哪些信息？",
        "2022-02-20 2023-03-01",
        "保留30天，15个工作日，2024年3月1日",
        "订单号 123456789012345678",  # no check digit is right
        "110105194912310021",
        "4111111111111112",
        "新version1 和 京东 123",
        "400-000-1234",
        "a@b, @someone, 1.2.3.4",
        "第（一）2（3）条",
        "12812345678",
        "013812345678902",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.text(alphabet="1389 -@a.京A\u200bX中"))
def test_redacting_twice_changes_nothing(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_mobile_number_goes_whatever_stands_around_it(before: str, after: str) -> None:
    around = f"{before.rstrip()}，13912345678，{after.lstrip()}"
    assert "13912345678" not in redacted(around)


@pytest.mark.parametrize("unit", ["1 ", "1", "a", "a@", "京A1", "a.@a.", "86 ", "1-1 ", "1111 ", "1111111 "])
def test_hostile_text_takes_no_longer_than_other(unit: str) -> None:
    def taken(text: str) -> float:
        return seconds(lambda: redacted(text))

    small, large = unit * (10_000 // len(unit)), unit * (100_000 // len(unit))
    # Ten times the text takes ten times as long, a hundred times if it is read again and again; busy machines vary.
    assert min(taken(large) for _ in range(2)) < 0.05 + 60 * min(taken(small) for _ in range(3))
