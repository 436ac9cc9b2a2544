"""What a policy says of itself: company, date, contact."""

from __future__ import annotations

import pytest

from assistant.answering.imprint import company_in, date_in, said_of_itself
from assistant.parsing import parse
from tests.conftest import FIXTURES

SHOP = (
    "Lantern Post Returns Policy\n\n1. Returns\n1.1 You may return unused goods within 30 days of delivery.\n\n"
    "2. Contact\nWrite to care@lanternpost.example.\n"
)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("云朵隐私政策\n更新日期：2024年1月1日\n生效日期：2024年2月3日\n", "2024-02-03"),
        ("更新日期：2024年1月1日", "2024-01-01"),
        ("本政策自2024 年 3 月 5 日起施行", "2024-03-05"),
        ("云朵公寓管理规定\n云朵物业  2024年3月5日起施行\n一、装修\n须登记。", "2024-03-05"),
        ("《民法典》自2021年1月1日起施行。", ""),
        ("自2021年1月1日起施行的《民法典》", ""),
        ("本政策自2024年13月5日起施行", ""),
        ("版本生效时间 2024.03.05", "2024-03-05"),
        ("Last updated: 15 November 2023", "2023-11-15"),
        ("Effective from March 1, 2024", "2024-03-01"),
        ("Effective 2024-13-45", ""),
        ("Adopted on 2 May 2024. In force from 1 June 2024.", "2024-06-01"),
        ("House Rules\nEdition of 3 March 2024", "2024-03-03"),
        ("Last reviewed: 4 April 2024", "2024-04-04"),
        ("Privacy Notice\nVersion of 12 February 2026", "2026-02-12"),
        ("Approved by the Library Committee, 3 September 2025", "2025-09-03"),
        ("Rules of Use\n\nValid from 1 April 2025. Pedalo GmbH", "2025-04-01"),
        ("House Rules\nThe offer is valid from 1 April 2025.", ""),
        ("We preview it on 4 April 2024", ""),
        ("Effective " + "x" * 10_000 + "\nUpdated 2024-01-02", "2024-01-02"),
        ("", ""),
    ],
)
def test_the_date_that_a_text_gives(text: str, date: str) -> None:
    assert date_in(text) == date


def test_a_short_policy_tells_its_company_and_contact() -> None:
    assert said_of_itself(parse(SHOP)) == {"company": "Lantern Post", "contact": "care@lanternpost.example"}


def test_the_policies_of_the_invented_corpus_tell_what_their_metadata_do() -> None:
    lantern = parse((FIXTURES / "corpus/lantern/policy.txt").read_text("utf-8"))
    assert said_of_itself(lantern) == {
        "company": "Lantern Post Ltd",
        "effective_date": "2023-11-15",
        "contact": "privacy@lantern.example",
    }


@pytest.mark.parametrize(
    ("text", "company"),
    [
        (
            "云朵隐私政策\n云朵由北京云朵科技有限公司提供。\n一、收集\n北京云朵科技有限公司收集手机号码。\n",
            "北京云朵科技有限公司",
        ),
        ("云朵隐私政策\n一、收集\n我们向上海快递有限公司提供地址。\n", "云朵"),
        ("隐私政策\n一、收集\n我们向上海快递有限公司提供地址。\n", ""),
        ("停车办法\n一、收费\n每次五元。\n本办法由云朵物业服务有限公司负责解释。\n", "云朵物业服务有限公司"),
        ("会员须知\n一、积分\n积分由快付有限公司发放。\n最终解释权归云朵科技有限公司所有。\n", "云朵科技有限公司"),
        ("Privacy Policy\n\n1. Data\nWe collect your name.\n", ""),
        ("Staff Travel Policy\nSkerry Freight Ltd, 1 May 2025\n\n1. Booking\nBook early.\n", "Skerry Freight Ltd"),
        ("Staff Travel Policy\n\n1. Booking\nStaff travel by train.\n", ""),
        ("Hospital Visitors' Policy\n\n1. Hours\nHospital visitors leave at eight.\n", ""),
        ("Larkdale Returns Policy\n\n1. Time\nLarkdale takes goods back.\n", "Larkdale"),
        ("Privacy Policy of Larkdale Ltd\n\n1. Data\nWe keep names.\n", "Larkdale Ltd"),
        ("Terms of Service\nLarkdale B.V., Utrecht\n\n1. Data\nWe keep names.\n", "Larkdale B.V."),
        ("LARKDALE BOATS LTD\nTERMS OF HIRE\n\n1. Data\nWe keep names.\n", "LARKDALE BOATS LTD"),
        ("镇江里社区食堂就餐管理办法\n一、时间\n早餐七点开始。\n", ""),
        ("Handbook\n\n1. Leave\nAsk your manager.\n", ""),
        ("HOUSE RULES AND BOOKING CONDITIONS\n\n1. Leave\nAsk your manager.\n", ""),
        ("GENERAL CONDITIONS OF CARRIAGE\n\n1. Air\nSkerry A/S flies.\n2. End\nSkerry A/S, Billund.\n", "Skerry A/S"),
        ("云朵公寓装修规定\n锦城市安和物业服务有限公司\n一、装修\n须登记。\n", "锦城市安和物业服务有限公司"),
        ("云朵隐私政策\n云朵由华云技术有限公司提供。\n一、收集\n华云技术有限公司收集手机号码。\n", "华云技术有限公司"),
        ("隐私政策\n提供方为华为技术有限公司。\n一、收集\n您与华为技术有限公司签约。\n", "华为技术有限公司"),
        (
            "深圳市腾云计算机系统有限公司隐私政策\n一、收集\n深圳市腾云计算机系统有限公司收集地址。\n",
            "深圳市腾云计算机系统有限公司",
        ),
    ],
)
def test_the_company_is_the_policys_own_and_no_partner(text: str, company: str) -> None:
    assert company_in(parse(text)) == company


# --- Who asks which company it is ------------------------------------------------------------
