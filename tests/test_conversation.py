"""Follow-ups are put after the question that they lean on; other questions are left alone."""

from __future__ import annotations

import pytest

from assistant import Turn
from assistant.conversation import condense

BEFORE = [Turn(question="个推收集什么？", answer="…")]


@pytest.mark.parametrize(
    "follow_up", ["那高德呢", "它用来干什么", "还有别的吗", "what about Amap?", "and how long is it kept?"]
)
def test_a_follow_up_takes_the_question_before_along(follow_up: str) -> None:
    assert condense(follow_up, BEFORE) == f"个推收集什么？ {follow_up}"


@pytest.mark.parametrize("question", ["怎么注销账号", "do you sell my data", "未成年人可以使用吗"])
def test_a_question_of_its_own_is_left_alone(question: str) -> None:
    assert condense(question, BEFORE) == question


def test_without_history_nothing_is_added() -> None:
    assert condense("那高德呢", []) == "那高德呢"


def test_a_long_question_stands_by_itself() -> None:
    question = "它" + "请详细说明您的个人信息如何被处理" * 5
    assert condense(question, BEFORE) == question
