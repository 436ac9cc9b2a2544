"""What a model proposes: its quotes are found and made whole, its words kept, left out, or the cause to drop it all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Policy, parse
from assistant.answering.citing import Draft, verify
from assistant.answering.vetting import Proposal, Vetted, Vetter, whole
from assistant.index.passages import passages
from assistant.retrieval.hits import Hit
from assistant.thesaurus import default_thesaurus

TEXT = """云帆隐私政策

一、我们收集的信息
（一）注册
我们收集您的手机号码，用于创建账号。您可以拒绝提供，但将无法登录。
（二）支付
我们收集您的订单号。我们不收集您的银行卡号，也不收集您的支付密码。
（三）共享
我们会与快递公司共享您的收货地址。但法律法规另有规定的除外。

二、我们不会收集以下信息：
1、您的短信内容；
2、您的通话记录。

三、保存
我们为您提供服务期间会保存您的个人信息，包括您的手机号码、您的收货地址、您的订单号、您的设备型号、您的操作系统版本、您的应用版本、\
您的昵称、您的头像、您的性别、您的生日、您的城市、您的偏好、您的评论、您的收藏、您的关注、您的点赞、您的足迹、您的任务、您的等级、您的搜索记录、您的浏览记录、\
您的签到记录、您的客服记录，以便您随时查询，以及您在使用服务的过程中向我们反馈的其他信息，我们还会保存您的积分记录和您的优惠券记录。
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse(TEXT, id="yunfan", title="云帆隐私政策", company="云帆科技")


@pytest.fixture(scope="module")
def hits(policy: Policy) -> tuple[Hit, ...]:
    """A hit for every passage."""
    return tuple(
        Hit(policy=policy, clause=policy[p.clause_id], passage=p, score=1.0, sentence_scores=(1.0,) * len(p.sentences))
        for p in passages(policy)
    )


def vetter(hits: tuple[Hit, ...], language: str = "zh") -> Vetter:
    return Vetter(hits, default_thesaurus(), language=language, min_quote_chars=4)  # type: ignore[arg-type]


def number(hits: tuple[Hit, ...], words: str) -> int:
    return next(place for place, hit in enumerate(hits, 1) if words in hit.policy.text[hit.start : hit.end])


def vet(hits: tuple[Hit, ...], quote: str, statement: str = "", *, where: str = "", language: str = "zh") -> Vetted:
    proposal = Proposal(number=number(hits, where or quote), quote=quote, statement=statement)
    return vetter(hits, language).vet(proposal)


def quotes(vetted: Vetted) -> list[str]:
    return [claim.quote for claim in vetted.claims]


@pytest.mark.parametrize("place", [0, -1, 99])
def test_a_clause_that_was_not_shown_cannot_be_cited(hits: tuple[Hit, ...], place: int) -> None:
    vetted = vetter(hits).vet(Proposal(number=place, quote="我们收集您的手机号码"))
    assert (vetted.outcome, vetted.claims) == ("dropped", ())


@pytest.mark.parametrize("quote", ["我们出售您的手机号码", "我们收集您的……创建账号", "", "我们", "我们收集您的订单号"])
def test_a_quote_that_is_not_in_its_clause_is_dropped(hits: tuple[Hit, ...], quote: str) -> None:
    assert vet(hits, quote, where="用于创建账号").outcome == "dropped"


def test_words_that_the_quote_bears_out_are_kept(hits: tuple[Hit, ...]) -> None:
    vetted = vet(hits, "我们收集您的手机号码，用于创建账号。", "手机号码会用于创建账号。")
    assert vetted.outcome == "kept"
    assert [claim.text for claim in vetted.claims] == ["手机号码会用于创建账号。"]


def test_words_that_cannot_be_compared_are_left_out(hits: tuple[Hit, ...]) -> None:
    vetted = vet(hits, "我们收集您的手机号码，用于创建账号。", "是的，这很合理。")
    assert vetted.outcome == "quote_only"
    assert [(claim.quote, claim.text) for claim in vetted.claims] == [("我们收集您的手机号码，用于创建账号。", "")]


@pytest.mark.parametrize(
    "statement",
    ["我们不收集您的手机号码。", "我们收集您的银行卡号。", "友盟收集您的手机号码。", "我们可能收集您的手机号码。"],
)
def test_words_that_say_something_else_cost_the_claim(hits: tuple[Hit, ...], statement: str) -> None:
    assert vet(hits, "我们收集您的手机号码，用于创建账号。", statement).outcome == "dropped"


def test_words_in_another_language_than_the_question_are_left_out(hits: tuple[Hit, ...]) -> None:
    statement = "We collect your phone number to create an account."
    assert vet(hits, "我们收集您的手机号码，用于创建账号。", statement).outcome == "quote_only"
    assert vet(hits, "我们收集您的手机号码，用于创建账号。", statement, language="en").outcome == "kept"


def test_a_translation_of_the_policys_own_bears_words_out_too(hits: tuple[Hit, ...], policy: Policy) -> None:
    clause = policy.at(TEXT.index("也不收集您的支付密码"))
    rendered = ("(II) Payment", "We gather the reference of your purchase.", "We collect no bank card number or PIN.")
    translated = replace(policy, translations={clause.id: rendered})
    shown = tuple(replace(hit, policy=translated) for hit in hits)
    quote, said = "我们收集您的订单号。", "We gather the reference of your purchase."
    assert vet(hits, quote, said, language="en").outcome == "quote_only"
    assert vet(shown, quote, said, language="en").outcome == "kept"
    assert vet(shown, quote, "We may gather the reference of your purchase.", language="en").outcome != "kept"
    assert vet(shown, quote, "We do not gather the reference of your purchase.", language="en").outcome != "kept"


def test_words_that_repeat_the_quote_are_not_said_twice(hits: tuple[Hit, ...]) -> None:
    vetted = vet(hits, "我们收集您的手机号码，用于创建账号。", "我们收集您的手机号码,用于创建账号")
    assert [claim.text for claim in vetted.claims] == [""]


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("收集您的银行卡号", "我们不收集您的银行卡号，也不收集您的支付密码。"),
        ("收集您的支付密码", "我们不收集您的银行卡号，也不收集您的支付密码。"),
        ("将无法登录", "您可以拒绝提供，但将无法登录。"),
        ("共享您的收货地址", "我们会与快递公司共享您的收货地址。但法律法规另有规定的除外。"),
        ("创建账号。您可以拒绝", "我们收集您的手机号码，用于创建账号。您可以拒绝提供，但将无法登录。"),
    ],
)
def test_half_a_sentence_is_shown_whole(hits: tuple[Hit, ...], quote: str, shown: str) -> None:
    assert quotes(vet(hits, quote)) == [shown]


def test_the_end_of_a_long_sentence_may_be_left_out(policy: Policy) -> None:
    def shown(quote: str) -> str:
        start = TEXT.index(quote)
        return policy.text[slice(*whole(policy, (start, start + len(quote))))]

    assert shown("您的手机号码、您的收货地址").endswith("您的客服记录")
    assert shown("您的手机号码、您的收货地址").startswith("我们为您提供服务期间")


def test_the_end_of_a_long_sentence_stays_if_it_turns_the_sense() -> None:
    text = "一、共享\n" + "我们会与合作伙伴共享" + "您的手机号码、" * 40 + "您的地址，除非您拒绝。"
    policy = parse(text, id="long", title="长")
    start = text.index("您的手机号码")
    assert policy.text[slice(*whole(policy, (start, start + 6)))].endswith("除非您拒绝。")


def test_what_leads_into_a_list_stands_before_its_item(hits: tuple[Hit, ...], policy: Policy) -> None:
    assert quotes(vet(hits, "您的通话记录。"))[0].startswith("我们不会收集以下信息")
    without = tuple(hit for hit in hits if "以下信息" not in policy.text[hit.start : hit.end])
    # Without the words before it, it would read as if it were collected.
    items = [hit for hit in without if "您的通话记录" in policy.text[hit.start : hit.end]]
    if items:
        assert vetter(tuple(items)).vet(Proposal(number=1, quote="您的通话记录。")).outcome == "dropped"


def test_an_item_of_a_list_whose_lead_in_denies_it_bears_no_plain_statement_out(hits: tuple[Hit, ...]) -> None:
    assert vet(hits, "您的通话记录。", "我们会收集您的通话记录。").outcome == "dropped"
    assert vet(hits, "您的通话记录。", "我们不会收集您的通话记录。").outcome == "kept"


def test_a_place_is_told_once(hits: tuple[Hit, ...]) -> None:
    held = vetter(hits)
    first = Proposal(number=number(hits, "银行卡号"), quote="我们不收集您的银行卡号")
    second = Proposal(number=number(hits, "银行卡号"), quote="也不收集您的支付密码")
    assert held.vet(first).outcome == "kept"
    assert held.vet(second).outcome == "dropped"


def test_invisible_characters_of_a_quote_are_passed_over(hits: tuple[Hit, ...]) -> None:
    assert vet(hits, "我们收集\u200b您的\u001b[31m手机号码", where="用于创建账号").outcome == "kept"


@given(st.integers(-2, 12), st.integers(0, len(TEXT) - 1), st.integers(1, 60), st.text(max_size=30))
def test_whatever_is_proposed_only_the_policys_own_words_are_quoted(
    place: int, start: int, length: int, statement: str
) -> None:
    policy = parse(TEXT, id="yunfan", title="云帆隐私政策")
    hits = tuple(
        Hit(policy=policy, clause=policy[p.clause_id], passage=p, score=1.0, sentence_scores=(1.0,) * len(p.sentences))
        for p in passages(policy)
    )
    vetted = vetter(hits).vet(Proposal(number=place, quote=TEXT[start : start + length], statement=statement))
    kept = verify(Draft(claims=vetted.claims), hits, min_quote_chars=4)
    assert len(kept) == len(vetted.claims)
    assert all(claim.quote in TEXT for claim in vetted.claims)
