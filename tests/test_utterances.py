"""A message that asks several questions, and one that only looks as if it did."""

from __future__ import annotations

import pytest

from assistant.questions.utterances import apart, default_vocabulary


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
        # A few characters ask by themselves if they say what is done.
        ("怎么退款，怎么开发票", ("怎么退款", "怎么开发票")),
        ("怎么退货，怎么换货，运费谁出", ("怎么退货", "怎么换货", "运费谁出")),
        ("收集什么信息，给谁，存多久", ("收集什么信息", "给谁", "存多久")),
        ("能退吗，怎么退", ("能退吗", "怎么退")),
        ("怎么退款,多久到账", ("怎么退款", "多久到账")),
        # Lines, and the items of a list.
        ("怎么退货\n怎么换货", ("怎么退货", "怎么换货")),
        ("can I bring a dog\nwhat is the fee\n", ("can I bring a dog", "what is the fee")),
        ("- can I bring a dog\n- what is the fee", ("can I bring a dog", "what is the fee")),
        (
            "Two questions:\n1) can I bring a dog\n2) what is the fee",
            ("Two questions: can I bring a dog", "what is the fee"),
        ),
        ("1、怎么退货 2、怎么换货", ("怎么退货", "怎么换货")),
        ("1. 怎么退货？2. 怎么换货？", ("怎么退货？", "怎么换货？")),
        ("怎么退货\n我的收据丢了\n能换吗", ("怎么退货", "我的收据丢了 能换吗")),
        # What only asks for a yes belongs to the question before.
        ("Can I cancel? Right? What does it cost?", ("Can I cancel? Right?", "What does it cost?")),
        ("When is the van coming and how long does it take", ("When is the van coming", "how long does it take")),
        (
            "How fast is it paid, and on what number do I reach you?",
            ("How fast is it paid", "on what number do I reach you?"),
        ),
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
        "How do I\ndelete my\taccount?",
        "Can I get a refund and how\ndo I send it back?",
        "我上周买了台电视\n昨天坏了\n能退吗",
        "- can I bring a dog",
        "多少钱，多久到",
        "怎么办，钱能退吗",
        "我等了好几个小时，能赔吗",
        "啥都没开，你们会收集位置吗",
        # What stands behind "and" has to begin with asking.
        "Does it cover theft and loss and, if not, what does?",
        "Can someone report my review and have it deleted?",
        "Can I pause it if I'm ill and can't come?",
        "have to fly home early, can I finish it abroad",
        "Can I get a refund? Yes or no?",
        "Do you sell my data, yes or no?",
        "You sell my data? Is that right?",
        "你们会卖我的数据吗？对吗？",
        "会把数据卖给别人吗，是不是",
        "想先看看有没有货再买，可以吗",
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
