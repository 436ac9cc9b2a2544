"""A message that asks several questions, and one that only looks as if it did."""

from __future__ import annotations

import pytest

from assistant.utterances import apart, default_vocabulary


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("密码是加密存的吗？用什么算法？", ("密码是加密存的吗？", "用什么算法？")),
        ("密码是加密存的吗，用什么算法", ("密码是加密存的吗", "用什么算法")),
        ("信用分是怎么算出来的；可以申诉吗", ("信用分是怎么算出来的", "可以申诉吗")),
        ("收集什么信息？存在哪？给谁看？", ("收集什么信息？", "存在哪？", "给谁看？")),
        ("Is it encrypted, and who can see it?", ("Is it encrypted", "who can see it?")),
        ("Can I cancel and how long does it take", ("Can I cancel", "how long does it take")),
        ("After a leak, what will you tell me and how soon?", ("After a leak, what will you tell me", "how soon?")),
        ("Which firm is it? Where is it based?", ("Which firm is it?", "Where is it based?")),
    ],
)
def test_each_question_of_a_message_is_one(message: str, questions: tuple[str, ...]) -> None:
    assert apart(message) == questions


@pytest.mark.parametrize(
    "message",
    [
        "你们收集什么",
        # Said before or after a question, it belongs to it.
        "我上周注销了账号。数据还在吗？",
        "为什么你们卖我的号码？今天接了五个推销电话！",
        "Do you sell my number? I got five calls today.",
        # A condition is no question, though words that ask may stand in it.
        "如果哪天公司被收购了，数据归谁？",
        "要是我什么都不同意，还能用吗",
        "不管什么原因，你们都会保存吗",
        "When I call you and you record it, who listens?",
        # What is listed, and what belongs to a verb, asks nothing by itself.
        "Do you record who I call and when I call them?",
        "how and why do you use my data",
        "Do you collect and share my location?",
        "What is an IMEI, which you collect?",
        "你们会卖我的数据吗？？？",
        'What does "Who are we?" tell me?',
        "",
        "？？",
        # Too many are left to whoever reads them.
        "a是什么？b是什么？c是什么？d是什么？e是什么？",
    ],
)
def test_what_is_one_question_stays_one(message: str) -> None:
    assert apart(message) == (message,)


def test_a_blank_at_the_end_of_what_is_read_glues_no_words() -> None:
    long = "帳號" * 149 + "號 What does Getui collect?"
    for question in ("x" * 299 + " What does Getui collect?", long):
        assert default_vocabulary().read(question).text.endswith(" What does Getui collect?")
    assert "X" in default_vocabulary().read("X" * 299 + " What does Getui collect?").text
