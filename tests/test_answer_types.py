"""What kind of value a question wants, and what holds one."""

from __future__ import annotations

import pytest

from assistant.answer_types import ANSWER_TYPES, holds, wanted, wants_all

TYPES = {kind.name: kind for kind in ANSWER_TYPES}


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("你们把数据留多久", ["duration"]),
        ("申请之後幾天內回覆", ["duration"]),
        ("How soon will you reply?", ["duration"]),
        ("查询个人信息要收费吗", ["amount"]),
        ("is there a fee for a copy", ["amount"]),
        ("客服邮箱是什么", ["email"]),
        ("客服电话是多少", ["telephone"]),
        ("what number can I call", ["telephone"]),
        ("密码能输错多少次", ["count"]),
        ("what does Getui collect", []),
        ("为什么要我的手机号", []),
        ("what happens after I cancel", []),
    ],
)
def test_what_is_wanted(question: str, names: list[str]) -> None:
    assert [kind.name for kind in wanted(question)] == names


@pytest.mark.parametrize(
    ("kind", "text", "held"),
    [
        ("duration", "我们将在 15 天内回复", True),
        ("duration", "保存三年", True),
        ("duration", "仅在实现目的所必需的最短时间内留存", True),
        ("duration", "We reply within 30 days.", True),
        ("duration", "kept for as long as you have an account", True),
        ("duration", "我们对数据加密", False),
        ("amount", "合理请求原则上不收取费用", True),
        ("amount", "第三方配送公司完成交付", False),
        ("email", "请发送至 privacy@example.com", True),
        ("email", "请致电客服", False),
        ("telephone", "联系方式：400-000-1234", True),
        ("telephone", "请在线联系客服", False),
        ("count", "连续输错5次将被锁定", True),
    ],
)
def test_what_holds_it(kind: str, text: str, held: bool) -> None:
    assert holds(text, TYPES[kind]) is held


@pytest.mark.parametrize(
    ("question", "all_of_it"),
    [
        ("有哪些第三方会拿到定位", True),
        ("列出所有用到相机的地方", True),
        ("Which partners receive my address?", True),
        ("what kinds of cookies are there", True),
        ("定位给谁", False),
        ("which is it", False),
        ("what is a cookie", False),
    ],
)
def test_who_asks_for_all(question: str, all_of_it: bool) -> None:
    assert wants_all(question) is all_of_it
