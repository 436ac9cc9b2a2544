"""Which company it is: where a policy says so, for who asks nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.answering.issuers import complaint_desks, issuers
from assistant.parsing import parse

if TYPE_CHECKING:
    from assistant import Policy

NIMBUS = (
    "云舟代驾隐私政策\n欢迎使用云舟代驾。\n一、支付\n支付由杭州快付科技有限公司提供。我们向它提供订单号。\n"
    "二、联系我们\n公司名称：北京云舟科技有限公司\n电话：400-000-0000\n"
)


def nimbus() -> Policy:
    return parse(NIMBUS, id="nimbus", company="北京云舟科技有限公司", aliases=("云舟代驾", "Nimbus"))


@pytest.mark.parametrize(
    "question",
    [
        "你们公司叫什么名字",
        "云舟是哪家公司搞的",
        "云舟代驾由哪家公司运营？",
        "这个app是谁开发的",
        "运营方是谁",
        "公司全称",
        "贵公司全称是什么",
        "这软件是哪个公司做的",
        "请问运营主体是谁呀",
        "Who runs this app?",
        "what company is behind Nimbus",
        "what is the name of your company?",
        "what's your company called",
        "who is the data controller",
        "company name",
    ],
)
def test_who_asks_which_company_it_is_is_shown_where_the_policy_says_so(question: str) -> None:
    (found,) = issuers(question, [nimbus()])
    (said,) = found.passage.sentences
    assert found.policy.text[slice(*said)] == "公司名称：北京云舟科技有限公司"
    assert found.clause.id == "2"


@pytest.mark.parametrize(
    "question",
    [
        "快付是哪家公司的",
        "支付由哪家公司提供",
        "你们会把信息给哪家公司",
        "谁负责处理投诉",
        "谁能看到我的信息",
        "什么公司会收到我的手机号",
        "个人信息保护负责人是谁",
        "公司合并了怎么办",
        "who owns my data",
        "who provides the payment service",
        "which company delivers the parcels",
    ],
)
def test_who_asks_for_another_company_is_not(question: str) -> None:
    assert issuers(question, [nimbus()]) == ()


def test_a_policy_that_prints_no_company_shows_none() -> None:
    assert issuers("你们公司叫什么", [parse("一、收集\n我们收集手机号码。\n", company="北京云舟科技有限公司")]) == ()
    assert issuers("你们公司叫什么", [parse(NIMBUS)]) == ()


def test_where_it_says_that_it_is_the_operator_comes_before_where_it_is_merely_named() -> None:
    text = "云舟\n版权归北京云舟科技有限公司所有。\n一、总则\n云舟由北京云舟科技有限公司（以下简称“我们”）运营。\n"
    (found,) = issuers("谁运营云舟", [parse(text, company="北京云舟科技有限公司", aliases=("云舟",))])
    assert text[slice(*found.passage.sentences[0])].startswith("云舟由")


@pytest.mark.parametrize(
    "question",
    [
        "我要投诉",
        "我想找人投诉",
        "怎么投诉你们？",
        "投诉电话是多少",
        "想投诉云舟代驾找谁",
        "有投诉渠道吗",
        "举报打什么电话",
    ],
)
def test_who_asks_how_to_complain_is_shown_how_the_company_is_reached(question: str) -> None:
    policy = parse(NIMBUS, id="nimbus", company="北京云舟科技有限公司", contact="400-000-0000", aliases=("云舟代驾",))
    (found,) = complaint_desks(question, [policy])
    (said,) = found.passage.sentences
    assert policy.text[slice(*said)] == "电话：400-000-0000"


def test_a_number_may_be_printed_with_other_blanks_than_it_is_known_by() -> None:
    policy = parse("一、收集\n我们收集手机号码。\n二、联系我们\n客服：400-820 8820\n", contact="400-8208820")
    (found,) = complaint_desks("怎么投诉", [policy])
    assert policy.text[slice(*found.passage.sentences[0])] == "客服：400-820 8820"


@pytest.mark.parametrize(
    "question", ["怎么投诉司机", "投诉多久处理完", "投诉要什么材料", "被投诉了怎么办", "你们的电话"]
)
def test_who_asks_anything_else_of_complaints_is_not(question: str) -> None:
    assert complaint_desks(question, [nimbus()]) == ()


def test_a_policy_that_speaks_of_complaints_itself_is_searched() -> None:
    told = parse(f"{NIMBUS}三、投诉\n可在设置中提交投诉。\n", contact="400-000-0000")
    assert complaint_desks("我要投诉", [told]) == complaint_desks("我要投诉", [told, nimbus()]) == ()
    assert complaint_desks("我要投诉", [parse("一、收集\n我们收集手机号码。\n")]) == ()
