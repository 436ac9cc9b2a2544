"""When a question is refused, and what is said then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant import Draft, Policy, parse
from assistant.answering import ExtractiveGenerator, answer
from assistant.index import passages
from assistant.refusing import answerability, is_unclear
from assistant.retrieval import Evidence, Hit

ANSWERED = Evidence(scope=5.0, similarity=0.7, coverage=1.0, concepts=1.0)
OFF_TOPIC = Evidence(scope=-5.0, similarity=0.3, coverage=0.0)
UNMENTIONED = Evidence(scope=2.0, similarity=0.35, coverage=0.2, concepts=0.0, unmentioned=("人脸", "指纹"))
IN_EVERY_CLAUSE = Evidence(scope=5.0, similarity=0.6, coverage=1.0, concepts=1.0, frequency=0.9)
UNKNOWN_MODEL = Evidence(scope=None, similarity=0.1, coverage=0.0)

TEXT = """云帆隐私政策

一、我们收集的信息
（一）注册
我们收集您的手机号码，用于创建账号。您 可以拒绝提供，但将无法登录。
（二）设备信息
1、为保障安全，我们收集 IMEI 与 ＭＡＣ地址；
2、我们不收集通讯录。

二、例外情形
在以下情形中，无需征得您的同意：
1、与国家安全直接相关的；
2、与公共卫生直接相关的。

三、联系我们
客服电话：400-000-1234。
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse(TEXT, id="yunfan", title="云帆隐私政策", contact="400-000-1234", company="云帆科技")


def hit(policy: Policy, words: str, *, score: float = 10.0, evidence: Evidence = ANSWERED) -> Hit:
    """A hit of the clause that holds `words`, whose first sentence with them scores best."""
    at = policy.text.index(words)
    passage = next(p for p in passages(policy) if p.clause_id == policy.at(at).id)
    scores = tuple(10.0 if start <= at < end else 0.0 for start, end in passage.sentences)
    return Hit(
        policy=policy,
        clause=policy[passage.clause_id],
        passage=passage,
        score=score,
        ranks={"bm25": 1, "fake": 1},
        sentence_scores=scores,
        evidence=evidence,
    )


@pytest.mark.parametrize(
    ("question", "language", "said"),
    [("今天天气怎么样", "zh", "400-000-1234"), ("how is the weather", "en", "You can ask 云帆科技: 400-000-1234")],
)
def test_abstaining_names_the_nearest_clause_and_the_contact(
    policy: Policy, question: str, language: str, said: str
) -> None:
    hits = [hit(policy, "手机号码", score=1.0, evidence=OFF_TOPIC)]
    found = answer(question=question, query=question, draft=Draft(claims=()), hits=hits, min_quote_chars=4)
    assert found.abstained is not None
    assert found.abstained.kind == "out_of_scope"
    assert found.language == language
    assert found.citations == ()
    assert said in found.text
    assert found.text == found.abstained.message


def test_who_names_what_the_clause_names_is_on_topic(policy: Policy) -> None:
    odd = Evidence(scope=-6.0, similarity=0.46, coverage=0.8, concepts=1.0)
    assert answerability("高德收集什么", [hit(policy, "手机号码", evidence=odd)]) > 0


def test_what_is_off_topic_is_not_answered(policy: Policy) -> None:
    assert answerability("注册要什么", [hit(policy, "手机号码")]) > 0
    assert answerability("注册要什么", [hit(policy, "手机号码", evidence=OFF_TOPIC)]) < 0
    assert ExtractiveGenerator().generate("手机号码怎么用", [hit(policy, "手机号码", evidence=OFF_TOPIC)]).claims == ()
    assert ExtractiveGenerator().generate("手机号码怎么用", []).claims == ()


def test_a_model_that_cannot_tell_the_scope_refuses_nothing(policy: Policy) -> None:
    assert ExtractiveGenerator().generate("手机号码怎么用", [hit(policy, "手机号码", evidence=UNKNOWN_MODEL)]).claims


def test_a_matter_of_the_policy_that_it_does_not_decide_is_not_stated(policy: Policy) -> None:
    hits = [hit(policy, "手机号码")]
    found = answer(
        question="手机号码存几年", query="手机号码存几年", draft=Draft(claims=()), hits=hits, min_quote_chars=4
    )
    assert found.abstained is not None
    assert found.abstained.kind == "not_stated"


@pytest.mark.parametrize(
    ("question", "said"),
    [("会不会收集人脸和指纹", "没有提到“人脸”、“指纹”"), ("do you take my face", "does not mention “人脸”, “指纹”")],
)
def test_what_the_policy_never_mentions_is_named(policy: Policy, question: str, said: str) -> None:
    hits = [hit(policy, "IMEI", evidence=UNMENTIONED)]
    draft = ExtractiveGenerator().generate(question, hits)
    found = answer(question=question, query=question, draft=draft, hits=hits, min_quote_chars=4)
    assert found.abstained is not None
    assert found.abstained.kind == "not_stated"
    assert said in found.text
    assert hits[0].reference in found.text


def test_a_period_is_not_answered_by_a_clause_that_gives_none(policy: Policy) -> None:
    close = Evidence(scope=5.0, similarity=0.5, coverage=1.0, concepts=1.0)
    hits = [hit(policy, "通讯录", evidence=close)]
    assert answerability("为什么不收集通讯录", hits) > 0 > answerability("通讯录保存多久", hits)


def test_a_company_that_the_policy_does_not_name_is_refused(policy: Policy) -> None:
    known = Evidence(scope=5.0, similarity=0.58, coverage=1.0, concepts=0.5)
    stranger = replace(known, unmentioned=("TikTok",), stranger=True)
    odds = [answerability("会接入 TikTok 吗", [hit(policy, "IMEI", evidence=one)]) for one in (known, stranger)]
    assert odds[0] > 0 > odds[1]


def test_orders_are_not_carried_out(policy: Policy) -> None:
    close = [hit(policy, "手机号码", evidence=replace(ANSWERED, similarity=0.55))]
    assert answerability("为什么收集手机号码", close) > 0 > answerability("帮我写一段关于手机号码的诗", close)


def test_the_less_a_clause_is_like_other_policies_answers_the_less_it_is_believed(policy: Policy) -> None:
    odds = [
        answerability(
            "注册要什么", [hit(policy, "手机号码", evidence=replace(ANSWERED, likeness=like, familiarity=0.7))]
        )
        for like in (0.5, 0.8)
    ]
    assert odds[0] < odds[1]


@pytest.mark.parametrize("question", ["那个怎么弄啊", "and the other one?", "what about that"])
def test_what_only_points_at_something_is_asked_back(policy: Policy, question: str) -> None:
    assert is_unclear(question, [hit(policy, "手机号码")])


@pytest.mark.parametrize(
    "question", ["那个推送怎么关", "is that app yours", "这个政策是干什么的", "I am 17, may I use it?"]
)
def test_what_names_something_is_not(policy: Policy, question: str) -> None:
    assert not is_unclear(question, [hit(policy, "手机号码")])


@pytest.mark.parametrize(("question", "topic"), [("信息", "设备信息"), ("data", "")])
def test_a_word_that_stands_in_every_clause_is_asked_back(policy: Policy, question: str, topic: str) -> None:
    hits = [hit(policy, "IMEI", evidence=IN_EVERY_CLAUSE), hit(policy, "手机号码", evidence=IN_EVERY_CLAUSE)]
    draft = ExtractiveGenerator().generate(question, hits)
    found = answer(question=question, query=question, draft=draft, hits=hits, min_quote_chars=4)
    assert found.abstained is not None
    assert found.abstained.kind == "unclear"
    assert any(topic in suggestion for suggestion in found.abstained.suggestions) == bool(topic)
    assert all(suggestion in found.text for suggestion in found.abstained.suggestions)


def test_a_whole_question_of_common_words_is_answered(policy: Policy) -> None:
    hits = [hit(policy, "手机号码", evidence=IN_EVERY_CLAUSE)]
    assert ExtractiveGenerator().generate("你们收集用户的哪些个人信息？", hits).claims


def test_a_question_without_letters_is_unclear(policy: Policy) -> None:
    found = answer(question="？？", query="？？", draft=Draft(claims=()), hits=[], min_quote_chars=4)
    assert found.abstained is not None
    assert found.abstained.kind == "unclear"
