"""Questions in the words that policies and models know."""

from __future__ import annotations

import pytest

from assistant.parsing import parse
from assistant.retrieval.readings import as_received, as_refunded, as_used, put_to, readings_of
from assistant.thesaurus import default_thesaurus


@pytest.mark.parametrize(
    ("question", "received"),
    [
        ("谁能看到我的病历", "谁会收到我的病历"),
        ("视频谁看得到", "视频谁会收到"),
        ("我老公查得到我的账单吗", "我老公会收到我的账单吗"),
        ("物业能看到什么", "物业会收到什么"),
        ("can my landlord see my clips?", "can my landlord receive my clips?"),
        ("which companies have access to my photos", "which companies receive my photos"),
        ("does the driver know where I live", "does the driver receive where I live"),
    ],
)
def test_who_sees_something_is_who_receives_it(question: str, received: str) -> None:
    assert as_received(question) == received


@pytest.mark.parametrize(
    "question",
    [
        "我能看到自己的病历吗",
        "怎么查看我的账单",
        "你们看得到我的聊天吗",
        "手机里能看到什么",
        "can I see my clips?",
        "can you read my chats?",
        "how do I access my data",
        "I want to see my data",
        "see my data",
    ],
)
def test_what_the_company_or_who_asks_sees_is_another_question(question: str) -> None:
    assert as_received(question) == question


@pytest.mark.parametrize(
    ("question", "refunded"),
    [
        ("什么情况下可以退？", "什么情况下可以退款？"),
        ("拆封了还能退吗", "拆封了还能退款吗"),
        ("押金怎么退", "押金怎么退款"),
        ("能退多少", "能退款多少"),
        ("怎么退订短信", "怎么退订短信"),
        ("可以退货吗", "可以退货吗"),
        ("定金不退的情形有哪些", "定金不退的情形有哪些"),
    ],
)
def test_what_is_given_back_is_a_refund(question: str, refunded: str) -> None:
    assert as_refunded(question) == refunded


@pytest.mark.parametrize(
    ("question", "used"),
    [
        ("what is Getui?", "what is Getui used for"),
        ("What's 个推", "What's 个推 used for"),
        ("what is Getui for?", "what is Getui for?"),
        ("what is the deposit?", "what is the deposit?"),
        ("个推是什么", "个推是什么"),
    ],
)
def test_what_a_company_is_is_what_it_is_used_for(question: str, used: str) -> None:
    assert as_used(question, default_thesaurus()) == used


def test_a_question_is_put_in_the_words_of_the_policies() -> None:
    policy = parse("高德地图SDK：位置信息", title="云巢隐私政策", company="云巢")
    assert put_to("云巢的高德怎么退？", [policy], default_thesaurus()) == "你们的高德地图怎么退款？"


def test_models_read_a_question_as_it_is_and_then_all_else_that_it_may_mean() -> None:
    policy = parse("Seniors get a reduction.", language="en")
    read = readings_of("Who can see the discount for OAPs?", [policy], default_thesaurus())
    assert read[:2] == ("who can see the discount for oaps", "who can see the reduction for seniors")
    assert readings_of("Do you sell my data?", [policy], default_thesaurus()) == (
        "do you sell my data",
        "do you share with third parties my data",
    )
