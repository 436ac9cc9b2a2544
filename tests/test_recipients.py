"""Who gets what a question names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant import Assistant, Policy, Settings, parse
from assistant.answering import ExtractiveGenerator
from assistant.answering.recipients import asks_recipients, recipients_told, telling_sentences
from assistant.backends import embedders
from tests.hits import hit

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = """云舟用车隐私政策
一、注册
您需要向我们提供手机号码，用于创建账号。
二、叫车
我们会将您的手机号码和上车地点同步给司机。
三、代收
我们不会收集您的身份证号。
四、投诉
处理投诉时，我们可能会把您的手机号码提供给消费者协会。
五、行程分享
您可以把行程分享给朋友。
"""
_CLAUSES = ("您需要向我们提供", "同步给司机", "您的身份证号", "消费者协会", "行程分享给朋友")


@pytest.fixture
def policy() -> Policy:
    return parse(_TEXT, id="yunzhou", title="云舟用车隐私政策")


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("我的手机号会给谁", True),
        ("哪些人可以看我的手机号", True),
        ("我的手机号发给了哪家公司", True),
        ("手机号是哪家公司的", False),
        ("手机号会共享给哪些第三方", True),
        ("Who can see my phone number?", True),
        ("who else do you give my number to", True),
        ("which drivers get my number", True),
        ("司机能看到我的手机号吗", False),
        ("你们内部哪些人能看到我的手机号", False),
        ("which people inside the company can see my number", False),
        ("谁可以申请退款", False),
        ("哪些人不能开车", False),
        ("who pays for the damage?", False),
        ("who is your data protection officer", False),
    ],
)
def test_who_asks_for_those_who_get_something(question: str, asks: bool) -> None:
    assert asks_recipients(question) is asks


@pytest.mark.parametrize("question", ["谁能看到我的手机号", "手机号会提供给哪些公司", "who gets my phone number?"])
def test_all_clauses_that_say_who_gets_it_are_told_and_no_other(policy: Policy, question: str) -> None:
    # What is collected is closest to the words of the question, and says nothing of what is asked.
    hits = [hit(policy, words, score=5.0 - place / 10) for place, words in enumerate(_CLAUSES)]
    told = [claim.quote for claim in ExtractiveGenerator().generate(question, hits).claims]
    assert told == [
        "我们会将您的手机号码和上车地点同步给司机。",
        "处理投诉时，我们可能会把您的手机号码提供给消费者协会。",
    ]


def test_how_close_what_is_only_collected_is_hides_none_that_gets_it(policy: Policy) -> None:
    scores = {"您需要向我们提供": 5.0, "同步给司机": 3.5, "消费者协会": 2.0}
    hits = [hit(policy, words, score=score) for words, score in scores.items()]
    told = ExtractiveGenerator().generate("谁能看到我的手机号", hits).claims
    assert [claim.clause_id for claim in told] == ["2", "4"]


def test_what_the_company_is_given_is_not_given_to_others(policy: Policy) -> None:
    assert not telling_sentences("手机号给谁", hit(policy, "您需要向我们提供"))
    english = parse(
        "Privacy\n1. Account\nYou provide your phone number to us. We pass your phone number to the driver.\n",
        id="p",
        title="Privacy",
    )
    assert telling_sentences("who gets my phone number", hit(english, "You provide")) == {1}


def test_what_is_provided_straight_to_somebody_else_is_given_to_that_one() -> None:
    said = "您需提供您的姓名、身份证号码至认证机构（云核公司）。\n二、登录\n您需提供您的手机号码至我们。"
    policy = parse(f"一、认证\n{said}\n", id="p", title="云舟用车隐私政策", language="zh")
    assert telling_sentences("身份证给谁了", hit(policy, "认证机构")) == {0}
    assert not telling_sentences("手机号给谁了", hit(policy, "至我们"))


def test_where_no_clause_says_who_gets_it_that_is_known(policy: Policy) -> None:
    hits = [hit(policy, words) for words in _CLAUSES]
    assert recipients_told("身份证号会给谁", hits) is False
    assert recipients_told("手机号会给谁", hits) is True
    # Of what names no thing it cannot be told.
    assert recipients_told("你们会给谁", hits) is None
    assert recipients_told("身份证号怎么改", hits) is None


def test_what_another_policy_calls_it_means_the_same_here(policy: Policy, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for name, text in (("yunzhou", policy.text), ("games", "游戏政策\n一、登录\n登录需要小号。\n")):
        (corpus / name).mkdir(parents=True)
        (corpus / name / "policy.txt").write_text(text, "utf-8")
    names = '[[concept]]\nid = "phone_number"\nzh_colloquial = ["小号"]\n'
    (corpus / "games" / "thesaurus.toml").write_text(names, "utf-8")
    settings = Settings(corpus=corpus, index_dir=tmp_path / "index")
    answer = Assistant.open(settings=settings, embedders=embedders(settings)).ask(
        "谁能看到我的小号", policies=["yunzhou"]
    )
    assert [citation.reference for citation in answer.citations] == ["二", "四"]
    # Alone it knows no such name.
    assert not telling_sentences("谁能看到我的小号", hit(policy, "同步给司机"))


@pytest.mark.parametrize("question", ["谁能看到我的手机号", "who sees my phone number?", "我的手机号会给谁"])
def test_who_asks_is_told_of_those_who_get_it(question: str, policy: Policy, tmp_path: Path) -> None:
    folder = tmp_path / "corpus" / "yunzhou"
    folder.mkdir(parents=True)
    (folder / "policy.txt").write_text(policy.text, "utf-8")
    (folder / "policy.toml").write_text('id = "yunzhou"\ntitle = "云舟用车隐私政策"\n', "utf-8")
    settings = Settings(corpus=folder.parent, index_dir=tmp_path / "index")
    answer = Assistant.open(settings=settings, embedders=embedders(settings)).ask(question)
    assert [citation.reference for citation in answer.citations] == ["二", "四"]


def test_who_asks_for_those_who_get_data_is_told_of_any_that_are_given() -> None:
    text = """Rent Rules
1. We pass data to repair firms and the council.
2. We send notices by e-mail.
3. The agent may see your address.
"""
    rules = parse(text, id="rules", title="Rent Rules", language="en")
    hits = [hit(rules, words) for words in ("pass data", "send notices", "may see")]
    for question in ("who do you share my data with?", "who gets my information", "to whom do you send personal data"):
        assert [bool(telling_sentences(question, each)) for each in hits] == [True, False, True]
        assert recipients_told(question, hits)
    assert recipients_told("who do you share it with", hits) is None


def test_rows_of_a_table_of_recipients_tell_who_gets_something() -> None:
    text = """Boat Rules
1. Helpers
Provider: Corbel Ltd | What for: Post | Data: name, email address
Provider: Dunes GmbH | What for: Cards | Data: card number
2. You
Data: Email address | Why: Newsletter
3. Sign-in
If you sign in with Quay, we receive your email address from it. The harbour does not see your email address.
"""
    rules = parse(text, id="rules", title="Boat Rules", language="en")
    hits = [hit(rules, words) for words in ("Corbel", "Email address", "If you sign in")]
    assert [bool(telling_sentences("who gets my email address?", each)) for each in hits] == [True, False, False]
