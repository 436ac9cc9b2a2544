"""Yes/no questions: what the clause says to them, where its text decides, and nothing where it does not."""

from __future__ import annotations

import re
import time
import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Policy, parse
from assistant.answering import ExtractiveGenerator, verdicts
from assistant.answering.citing import Draft, verify
from assistant.answering.verdicts import Verdict, verdict_of
from assistant.answering.verdicts.table import Lexicon, acts, form_words, lexicon
from assistant.answering.wording import answer
from assistant.index.passages import passages
from assistant.retrieval.hits import Evidence, Hit
from tests.test_text import RUNS

ANSWERED = Evidence(scope=5.0, similarity=0.7, coverage=1.0, concepts=1.0)


def policy_of(text: str, *, title: str = "墨舟隐私政策") -> Policy:
    return parse(f"{title}\n\n{text}\n", id="mozhou", title=title, company="墨舟科技", aliases=("墨舟", "Inkboat"))


def told(question: str, quote: str, *others: str) -> Verdict | None:
    policy = policy_of(quote)
    return verdict_of(question, policy, policy.at(policy.text.index(quote[:4])).id, quote, others)


def kind(question: str, quote: str, *others: str) -> str | None:
    verdict = told(question, quote, *others)
    return verdict.kind if verdict else None


# --- What the text decides ----------------------------------------------------------------

DECIDED: list[tuple[str, str, str | None]] = [
    ("你们会收集IMEI吗", "为了保障安全，我们会收集您的设备型号、IMEI与MAC地址。", "yes"),
    ("会不会收集我的位置", "当您打开附近书店时，我们会收集您的位置信息。", "conditional"),
    ("会不会收集我的位置", "我们不会收集您的位置信息。", "no"),
    ("你们会读取通讯录吗", "经您同意，我们会访问您的通讯录，用于查找好友。", "conditional"),
    ("是否收集OAID", "我们可能会收集您的OAID。", "conditional"),
    ("会把我的信息卖给别人吗", "我们不会向任何第三方出售您的个人信息。", "no"),
    ("不会卖我的信息吧", "我们不会出售您的个人信息。", "no"),
    (
        "会把我的手机号提供给其他公司吗",
        "我们不会与任何公司、组织和个人共享您的个人信息，但以下情况除外：",
        "conditional",
    ),
    ("会向第三方共享我的个人信息吗", "未经您同意，我们不会与第三方共享您的个人信息。", "conditional"),
    ("会公开我的个人信息吗", "我们仅会在以下情况下，公开披露您的个人信息：", "conditional"),
    ("我的数据会传到境外吗", "我们不会将您的个人信息传输至境外。", "no"),
    ("信息存在国内吗", "我们会将您的个人信息存储于中国境内。", "yes"),
    ("能不能注销账号", "您可以在“设置”中注销您的账号。", "yes"),
    ("能不能注销账号", "您可以在“设置”中注销您的账号。注销须同时满足以下条件：", "conditional"),
    ("会卖我的信息吗", "我们不会出售您的个人信息。除下列情形外，我们不会与其他公司共享您的个人信息。", "no"),
    ("会打推销电话吗", "We do not make marketing calls.", "no"),
    ("我可以撤回同意吗", "您可以随时撤回您的授权同意。", "yes"),
    ("我能删除个人信息吗", "在以下情形中，您可以向我们提出删除个人信息的请求：", "conditional"),
    ("不开定位还能用吗", "如您拒绝提供位置信息，您将无法使用附近书店，但不影响您使用墨舟的其他功能。", "conditional"),
    ("能保证信息百分之百安全吗", "我们无法保证信息百分之百的安全。", "no"),
    ("政策更新会通知我吗", "本政策更新后，我们会以弹窗的方式通知您。", "yes"),
    ("政策更新会通知我吗", "本政策发生重大变更时，我们会以弹窗的方式通知您。", "conditional"),
    ("你们会把信息传到国外吗", "您的个人信息存储于中国境内，我们不会向境外提供。", "no"),
    ("你们会把信息传到国外吗", "数据存放在本院机房，不出境。", "no"),
    ("你们会把信息传到国外吗", "我们不会向境外提供您的个人信息。", "no"),
    ("信息泄露会通知我吗", "万一发生信息泄露，我们会通过短信告诉您泄露了什么。", "yes"),
    ("能撤回同意吗", "撤回同意：关闭相应功能开关即视为撤回。", "yes"),
    ("能不能注销账号", "注销：在“我的-设置-注销账号”提交，即时生效。", "yes"),
    ("能不能注销账号", "注销：通过人工客服无法注销账号。", None),
    ("会收集人脸信息吗", "为核验身份，我们会收集您的人脸信息。您也可以不提供人脸信息，到柜台办理。", "conditional"),
    ("会收集人脸信息吗", "为核验身份，我们会收集您的人脸信息。您也可以不提供手机号。", "yes"),
    ("Do you collect my IMEI?", "为了保障安全，我们会收集您的设备型号、IMEI与MAC地址。", "yes"),
    ("会把我的信息转让给其他公司吗", "我们不会将您的个人信息转让给任何公司，但以下情况除外：", "conditional"),
    ("Can I turn off personalised ads?", "您可以在设置中关闭个性化广告推荐功能。", "yes"),
    ("cookie能全部清掉吗", "您可根据自己的偏好管理或删除Cookie。", "yes"),
    ("Can I refuse cookies?", "您可以通过浏览器设置拒绝或管理Cookie。", "yes"),
    ("Don't you sell my data?", "我们不会出售您的个人信息。", "no"),
    ("You don't sell my data, do you?", "We do not sell your personal data.", "no"),
    ("Do you collect my location?", "We collect your location when you open the map.", "conditional"),
    ("Do you collect my phone number?", "We collect your name, phone number and e-mail address.", "yes"),
    ("你们会收集手机号吗", "We collect your name, phone number and e-mail address.", "yes"),
    ("Can I delete my account?", "You can delete your account in the settings.", "yes"),
    ("Will you share my data with third parties?", "We do not share your personal data with third parties.", "no"),
    (
        "Will you share my data with third parties?",
        "We do not share your personal data with third parties without your consent.",
        "conditional",
    ),
]


@pytest.mark.parametrize(("question", "quote", "expected"), DECIDED)
def test_the_answer_begins_with_what_the_clause_says(question: str, quote: str, expected: str | None) -> None:
    assert kind(question, quote) == expected


@pytest.mark.parametrize(
    ("question", "quote", "text"),
    [
        ("不会卖我的信息吧", "我们不会出售您的个人信息。", "不会出售："),
        ("Don't you sell my data?", "我们不会出售您的个人信息。", "No, not sold:"),
        ("会收集我的位置吗", "当您打开地图时，我们会收集您的位置信息。", "有条件，「当您打开地图时」会收集："),
        ("协议修改会通知我吗", "我们修改本协议的，提前10日公告。", "会公告："),
        (
            "Will you tell me of changes to the policy?",
            "We will notify you of minor changes to this policy.",
            "Yes, you are told:",
        ),
        ("会公开我的昵称吗", "评选结束后，我们会公布您的昵称。", "有条件，「评选结束后」会公开披露："),
        ("会收集我的位置吗", "当您打开墨舟地图时，墨舟会收集您的位置信息。", "有条件，「当您打开墨舟地图时」会收集："),
        ("会共享我的信息吗", "我们不会共享您的个人信息，但以下情况除外：", "有条件，不会共享，「但以下情况除外」："),
        ("Do you collect my location?", "We may collect your location.", "It depends: perhaps collected:"),
        (
            "Is my data stored in China?",
            "Your personal information is stored in China, except for the following:",
            "It depends: stored within China, ‘except for the following’:",
        ),
        (
            "Will you disclose my data publicly?",
            "We may, by post, publicly disclose your personal data.",
            "It depends: perhaps made public:",
        ),
    ],
)
def test_it_names_the_fact_and_tells_the_condition_in_the_policys_words(question: str, quote: str, text: str) -> None:
    verdict = told(question, quote)
    assert verdict
    assert verdict.text == text
    assert verdict.condition.replace(" ", "") in quote.replace(" ", "")


def test_what_a_condition_holds_is_not_taken_for_a_quote_or_a_citation() -> None:
    verdict = told("会收集我的位置吗", "当您打开“附近”时，我们会收集您的位置信息。")
    assert verdict
    assert verdict.text == "有条件，「当您打开‘附近’时」会收集："
    assert told("会收集我的位置吗", "当您打开地图[1]时，我们会收集您的位置信息。") is None


# --- What it does not ----------------------------------------------------------------------

OPEN = [
    # Not what is asked for, or not of that.
    ("会收集我的血型吗", "我们会收集您的健康信息。"),
    ("会收集我的指纹吗", "我们会收集您的手机号码。"),
    ("会收集我的CVV吗", "我们会收集您的银行卡号。"),
    ("Do you store my CVV?", "We store your card number."),
    ("会收集我的位置吗", "为向您提供定位服务，我们会收集您的设备型号。"),
    ("会收集我的位置吗", "我们会收集您在使用位置服务时提供的昵称。"),
    ("会把我的位置共享给第三方吗", "我们会与第三方共享您的个人信息。"),
    ("会与广告商共享我的信息吗", "我们会与物流公司共享您的个人信息。"),
    ("会卖我的信息吗", "我们不会转让您的个人信息。"),
    ("Do you sell my data?", "We share your personal data with our partners."),
    # Another does it, or it is not told that it is done.
    ("会收集我的位置吗", "第三方SDK会收集您的位置信息。"),
    ("会收集我的位置吗", "您拒绝我们收集您的位置信息的，不影响其他功能。"),
    ("会收集我的位置吗", "我们收集的位置信息会加密存储。"),
    ("Do you collect my location?", "The location that we collect is encrypted."),
    ("会读取短信吗", "如您拒绝短信授权，我们将不读取短信内容。"),
    ("会收集人脸信息吗", "如您使用刷脸登录，您需要录入人脸信息，但我们仅接收验证的结果，并不收集您的人脸信息。"),
    ("Do you send marketing messages?", "We do not make marketing calls."),
    ("Do you collect my location?", "We never receive your coordinates."),
    ("会向监管机构提供我的信息吗", "未经您同意，我们不会向任何公司、组织和个人提供您的个人信息。"),
    ("我能删除个人信息吗", "您可以删除您的搜索记录。"),
    ("可以复制我的个人信息吗", "您的近亲属可以复制您的个人信息。"),
    ("会收集我的身份证照片吗", "我们会收集您的姓名、身份证号码。"),
    ("会接入第三方SDK吗", "我们建议您在使用第三方SDK前阅读其隐私政策。"),
    ("我可以关闭个性化推荐吗", "您可以在设置中关闭个性化广告推荐功能。"),
    # A heading states nothing.
    ("会公开我的信息吗", "3. 我们如何共享、转让、公开披露您的个人信息"),
    ("我的数据会传到境外吗", "四、个人信息跨境传输"),
    ("登录日志我自己能看吗", "我们会收集您的登录日志。"),
    ("会转让我的信息吗", "本指引所称转让是指将个人信息控制权由一个控制者向另一个控制者转移的过程。"),
    # A sense that cannot be read, or that is of a part.
    ("Do you send marketing messages?", "We may not be able to verify your account, send marketing messages to you."),
    ("会收集我的位置吗", "我们并非不收集您的位置信息。"),
    ("会收集我的位置吗", "我们不会收集您的精确位置。"),
    ("会读取通讯录吗", "我们仅读取您选择的号码，不读取您的全部通讯录内容以外的信息。"),
    ("会共享我的信息吗", "我们不会共享上述信息。"),
    ("会共享我的信息吗", "我们会与合作伙伴共享去标识化的统计信息。"),
    ("你们会用cookie吗", "我们不会将 Cookie 用于本政策所述目的之外的任何用途。"),
    ("信息存在国内吗", "原则上，我们会将您的个人信息存储于中国境内。"),
    ("会收集孩子的照片吗", "我们会收集未成年人的照片。"),
    ("会收集我的照片吗", "我们会收集未成年人的照片。"),
    # Not a yes/no question, or one with more in it than can be compared.
    ("你们收集哪些信息", "我们会收集您的手机号码。"),
    ("你们怎么收集手机号", "我们会收集您的手机号码。"),
    ("会收集手机号还是邮箱", "我们会收集您的手机号码。"),
    ("会收集我的手机号并卖给火星人吗", "我们会收集您的手机号码。"),
    ("如果我不登录会收集手机号吗", "我们会收集您的手机号码。"),
    ("没有我的同意会收集手机号吗", "我们会收集您的手机号码。"),
    ("能告诉我会收集手机号吗", "我们会收集您的手机号码。"),
    ("Can you tell me what you collect?", "We collect your phone number."),
    ("Do you know how to collect a phone number?", "We collect your phone number."),
    ("Do you collect my phone number or my e-mail address?", "We collect your phone number."),
    ("Do you collect my phone number on Mars?", "We collect your phone number."),
    ("Why do you collect my phone number?", "We collect your phone number."),
]


@pytest.mark.parametrize(("question", "quote"), OPEN)
def test_where_the_text_leaves_it_open_nothing_is_said(question: str, quote: str) -> None:
    assert told(question, quote) is None


# --- What is denied of some, and what is told of others ------------------------------------

NARROWED = [
    # To one recipient.
    ("Do you share my data?", "We do not share any data with advertisers."),
    ("Do you share my phone number?", "We never share your data with advertisers."),
    ("Do you sell my data?", "We do not sell your personal data to data brokers."),
    ("Do you share my location?", "We do not share your location with advertisers. We share it with drivers."),
    ("Do you share my data with advertisers?", "We do not share your data with political advertisers."),
    ("Do you share my data with advertisers?", "We do not share your data with advertisers in Europe."),
    ("Do you share my data with third parties?", "We do not share your data with third-party advertisers."),
    ("Do you share my data?", "We do not share your data with anyone but advertisers."),
    ("会共享我的信息吗", "我们不会向广告商共享您的个人信息。"),
    ("会共享我的信息吗", "我们不会将您的个人信息与广告商共享。"),
    ("会共享我的信息吗", "我们不会与第三方广告商共享您的个人信息。"),
    ("会与广告商共享我的信息吗", "我们不会与境外广告商共享您的个人信息。"),
    ("会卖我的信息吗", "我们不会将您的个人信息出售给竞争对手。"),
    # In one place, at one time, for one end, in one way.
    ("Is my data encrypted?", "Data is not encrypted at rest on your own device."),
    ("Do you sell my data?", "In 2023 we did not sell your data."),
    ("Do you sell my data?", "We have not sold any personal information in the preceding 12 months."),
    ("Do you collect my location?", "We do not collect your location in the background."),
    ("Do you collect my location?", "On our website, we do not collect your location."),
    ("Do you collect my location?", "We do not collect your location for advertising."),
    ("Do you collect my location?", "We do not collect your location to show ads."),
    ("Do you share my data?", "We do not publicly share your data."),
    ("Do you use cookies?", "In our app, we do not use cookies."),
    ("Do you use cookies?", "We do not use advertising cookies."),
    ("会收集我的位置吗", "我们不会在后台收集您的位置信息。"),
    ("会收集我的位置吗", "我们不会为广告目的收集您的位置信息。"),
    ("会收集我的位置吗", "我们不会收集您的位置信息用于广告推送。"),
    ("会卖我的信息吗", "在欧盟，我们不会出售您的个人信息。"),
    ("会卖我的信息吗", "2023年，我们没有出售您的个人信息。"),
    ("会卖我的信息吗", "我们不会有偿出售您的个人信息。"),
    ("会打推销电话吗", "我们不会在夜间拨打推销电话。"),
    ("政策更新会通知我吗", "本政策如有轻微修改，我们不会通知您。"),
    # Of some of it.
    ("Do you sell my data?", "We do not sell all of your data."),
    ("会卖我的信息吗", "我们不会出售您的全部个人信息。"),
    ("Is my data encrypted?", "Card numbers are encrypted."),
    ("信息会加密吗", "您的支付密码会加密存储。"),
]
OF_OTHERS = [
    ("Do you sell my data?", "We do not sell data of business customers."),
    ("Do you collect my phone number?", "We collect phone numbers of job applicants."),
    ("Do you collect my phone number?", "We collect names and phone numbers from job applicants."),
    ("Do you collect my phone number?", "We collect employee phone numbers."),
    ("Do you collect my phone number?", "For business customers, we collect phone numbers."),
    ("Do you collect my location?", "We collect drivers' location."),
    ("Do you collect my email address?", "We collect your email address preferences."),
    ("会收集我的手机号吗", "我们会收集收货人的姓名、手机号码。"),
    ("会收集我的手机号吗", "对于企业客户，我们会收集手机号码。"),
    ("会收集我的位置吗", "我们会收集骑手位置信息。"),
    ("会卖我的信息吗", "我们不会出售企业客户的信息。"),
    ("会卖我的信息吗", "我们会将信息同步至商品出售方。"),
    ("我可以注销账号吗", "企业用户可以注销账号。"),
    ("Can I delete my account?", "Users in Europe can delete the account."),
    # Left out of what is told.
    ("Do you collect my location?", "We collect everything except your location."),
    ("Do you collect my location?", "We collect your name rather than your location."),
    ("Do you share my data with advertisers?", "We share your data with everyone except advertisers."),
    ("会与广告商共享我的信息吗", "我们会与除广告商以外的合作伙伴共享您的个人信息。"),
    ("会收集我的位置吗", "我们无需收集您的位置信息。"),
    ("会收集我的位置吗", "我们曾收集您的位置信息，目前已停止。"),
]


MANNERS = (
    *("强制", "超范围", "重复", "过度", "频繁", "自动", "默认", "违规", "额外", "提前", "优先", "全量", "低价", "轻易"),
    *("再三", "单方面", "通过手机", "一次性", "以明文方式"),
)
OF_SOME = [
    # In one manner only.
    *(("会收集我的位置吗", f"我们不会{manner}收集您的位置信息，您可以手动选择城市。") for manner in MANNERS),
    ("会收集我的位置吗", "我们尽量不收集您的位置信息。"),
    ("会卖我的信息吗", "我们不会低价出售您的个人信息。"),
    ("会保存我的密码吗", "我们不会明文保存您的密码。"),
    ("会与广告商共享我的信息吗", "我们不会批量向广告商共享您的个人信息。"),
    ("Do you collect my location?", "We do not need to collect your location."),
    ("Do you collect my phone number?", "We do not collect phone numbers twice."),
    # Of some of them, or of other people's.
    ("会收集我的手机号吗", "我们不会收集您亲友的手机号码。"),
    ("会收集我的手机号吗", "我们不会收集您亲友的姓名、手机号码。"),
    ("会收集我的照片吗", "我们不会收集您删除的照片。"),
    ("会收集我的位置吗", "我们不会收集您关闭定位后的位置信息。"),
    ("会把我的手机号提供给第三方吗", "我们不会将您亲友的手机号码提供给第三方。"),
    ("会卖我的信息吗", "我们不会出售您已删除的个人信息。"),
    ("Do you collect my photos?", "We do not collect photos you have deleted."),
    ("Do you collect my photos?", "We do not collect hidden photos."),
    ("Do you sell my data?", "We do not sell the data you have deleted."),
]


@pytest.mark.parametrize(("question", "quote"), [*NARROWED, *OF_OTHERS, *OF_SOME])
def test_what_is_told_of_some_is_not_told_of_all(question: str, quote: str) -> None:
    assert told(question, quote) is None


@pytest.mark.parametrize(
    ("question", "quote", "expected"),
    [
        ("Do you share my data with advertisers?", "We do not share any data with advertisers.", "no"),
        ("Do you share my data with advertisers?", "We do not share data with data brokers or advertisers.", "no"),
        ("Do you share my data with advertisers?", "We do not share your data with any third party.", "no"),
        ("会向广告商共享我的信息吗", "我们不会向广告商、数据经纪商共享您的个人信息。", "no"),
        ("会向广告商共享我的信息吗", "我们不会向任何第三方共享您的个人信息。", "no"),
        ("Do you sell my data?", "We will not sell your personal data to anyone, ever.", "no"),
        ("Do you sell my data?", "We do not share, sell or rent your personal information.", "no"),
        ("Do you sell my data?", "To protect your privacy, we do not sell your personal data.", "no"),
        ("会卖我的信息吗", "在任何情况下，我们不会以任何形式出售您的个人信息。", "no"),
        ("会卖我的信息吗", "我们绝不会向任何公司、组织或个人出售、出租您的个人信息。", "no"),
        ("会收集我的位置吗", "我们不会在任何情况下收集您的位置信息。", "no"),
        ("会收集我的位置吗", "我们承诺，我们绝不会再收集、使用您的任何位置信息。", "no"),
        ("会收集我的位置吗", "但我们目前并不收集与您有关的位置信息等。", "no"),
        ("会卖我的信息吗", "我们也不会以任何方式将您的个人信息出售给任何第三方。", "no"),
        ("Do you collect my photos?", "We will never collect, use or share any of your photos.", "no"),
        ("Do you collect my photos?", "We do not collect photos, contacts or call logs at all.", "no"),
        ("Do you store my data abroad?", "We do not store your data abroad.", "no"),
        ("Do you use cookies?", "We do not use cookies.", "no"),
        ("Do you collect my location?", "We no longer collect your location.", "no"),
        # What is denied of one recipient does not deny that another gets it.
        (
            "Do you share my email address?",
            "We share your email address with our mail provider. In 2023 we did not share any data with authorities.",
            "yes",
        ),
        ("Do you share my data with third parties?", "We share your personal data with our couriers.", "yes"),
        ("Do you collect my phone number?", "We collect your phone number for verification.", "yes"),
        ("Do you collect my phone number?", "We collect the phone number of each user.", "yes"),
        ("Do you collect my phone number?", "We collect our customers' phone numbers.", "yes"),
        ("Do you collect my phone number?", "We collect only your name and phone number.", "yes"),
        ("会收集我的手机号吗", "我们会收集您注册时填写的手机号码。", "yes"),
        ("会收集我的手机号吗", "除了位置信息，我们还会收集您的手机号码。", "yes"),
        ("Is my data encrypted?", "Your personal data is encrypted in transit and at rest.", "yes"),
        # Only with one, only if one agrees, with all but one.
        ("Do you share my data?", "We share your personal data only with drivers.", "conditional"),
        ("Do you collect my location?", "We collect your location only with your consent.", "conditional"),
        ("Do you share my data?", "We do not share your data with anyone except advertisers.", "conditional"),
        ("Do you sell my data?", "We do not sell your data, except to our affiliates.", "conditional"),
    ],
)
def test_what_is_told_of_all_still_decides(question: str, quote: str, expected: str) -> None:
    assert kind(question, quote) == expected


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Do you use cookies?", "We use no cookies."),
        ("Do you use cookies?", "We set no cookies."),
        ("Do you send marketing messages?", "We send no marketing messages."),
        ("Do you send marketing messages?", "We send you no marketing messages."),
        ("Do you use SDKs?", "We use no SDKs."),
    ],
)
def test_a_denial_within_what_is_told_denies_it(question: str, quote: str) -> None:
    assert kind(question, quote) == "no"


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Do you use cookies?", "We use no advertising cookies."),
        ("Do you use cookies?", "We use none of the usual cookies."),
        ("Do you make marketing calls?", "We make marketing calls to nobody."),
        ("Do you share my data?", "We share your personal data with no one."),
        ("Do you collect my location?", "We refrain from recording your location."),
        ("Do you collect my location?", "We hardly ever collect your location."),
        ("Do you collect my location?", "We rarely collect your location."),
        ("Do you collect my location?", "We have given up collecting your location."),
        ("Do you collect my location?", "We reserve the right to collect your location."),
        ("Do you collect my location?", "We let our guests collect your location."),
        ("Do you use cookies?", "We avoid using cookies."),
        ("会收集我的位置吗", "我们杜绝收集您的位置信息。"),
        ("会收集我的位置吗", "我们已放弃收集您的位置信息。"),
        ("会收集我的位置吗", "我们很少收集您的位置信息。"),
        ("会收集我的位置吗", "我们几乎不收集您的位置信息。"),
        ("你们会用cookie吗", "我们使用的技术不包括Cookie。"),
    ],
)
def test_what_is_done_seldom_or_given_up_is_neither_told_as_done_nor_as_not_done(question: str, quote: str) -> None:
    assert told(question, quote) is None


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("Do you collect my location?", "We may need to collect and store your location."),
        ("Do you collect my location?", "We automatically record your location."),
        ("Do you collect my location?", "We and our service providers also collect your location."),
        ("Do you use cookies?", "We remember your settings by using cookies."),
        ("会收集我的位置吗", "为避免损失，我们会收集您的位置信息。"),
    ],
)
def test_words_that_turn_nothing_may_stand_beside_what_is_told(question: str, quote: str) -> None:
    assert kind(question, quote) in ("yes", "conditional")


# --- A part, a circumstance, the next clause -----------------------------------------------


@pytest.mark.parametrize(
    ("question", "quote", "text"),
    [
        # A part is told as a part, and is not all of it.
        ("Do you share my data?", "We share payment data with banks.", "Yes, shared in part:"),
        ("Do you share my data?", "We share your name and address with couriers.", "Yes, shared in part:"),
        ("Do you share my data?", "We share data you enter with couriers.", "Yes, shared in part:"),
        ("会共享我的信息吗", "我们会与银行共享支付信息。", "部分会共享："),
        ("Is my data encrypted?", "Card data is encrypted.", None),
        ("Is my data encrypted?", "Your payment data is encrypted.", None),
        ("Is my data encrypted?", "Data you enter is encrypted.", None),
        ("Is my data encrypted?", "Data that you upload is encrypted.", None),
        ("我的信息加密吗", "支付信息加密存储。", None),
        ("我的信息加密吗", "您的支付信息会加密存储。", None),
        ("我的信息加密吗", "您的个人信息会加密存储。", "会加密："),
        ("Do you sell my data?", "We do not sell your payment details.", None),
        ("Do you sell my data?", "We do not sell details of your orders.", None),
        ("Do you sell my data?", "We do not sell your details.", "No, not sold:"),
        # That it is sent or stored is no condition of its protection; that one pays is.
        (
            "Is my data encrypted?",
            "Data is encrypted with TLS 1.3 when it travels and with AES-256 at rest.",
            "Yes, encrypted:",
        ),
        ("Is my data encrypted?", "Data is encrypted when it is stored and when it is sent.", "Yes, encrypted:"),
        ("Is my data encrypted?", "Data is encrypted when it is stored and when you ask for it.", None),
        ("Is my data encrypted?", "We encrypt your data when you pay.", "It depends: encrypted, ‘when you pay’:"),
        ("我的信息加密吗", "您的个人信息在传输时加密。", "会加密："),
        ("我的信息加密吗", "传输时，您的个人信息会加密。", "会加密："),
        ("我的信息加密吗", "您的个人信息在支付时会加密。", "有条件，「在支付时」会加密："),
        # A condition that is cut short.
        ("Do you share my data?", "We share your data with banks if you agree and if they ask.", None),
        # What the next clause says is not said of this.
        (
            "Do you sell my data?",
            "We do not sell personal data, and we do not share it with advertisers.",
            "No, not sold:",
        ),
        ("Do you sell my data?", "We do not sell your personal data and never will.", "No, not sold:"),
        ("Do you sell my data?", "We do not sell your personal data and you can be sure of that.", "No, not sold:"),
        ("Do you sell my data?", "We do not sell personal data, nor do we rent it.", "No, not sold:"),
        (
            "Do you sell my data?",
            "We do not sell personal data and we share it only if the law demands it.",
            "No, not sold:",
        ),
        ("Do you sell my data?", "We do not sell personal data and will not share it except with banks.", None),
        ("Do you share my data?", "We share your personal data and never sell it.", "Yes, shared:"),
        ("Do you collect my location?", "We collect your name and we never ask for your location.", None),
        # Numbers within a sentence; an exception of the last item may be one of all.
        (
            "Do you sell my data?",
            "Inkboat shall not (i) sell Personal Data; (ii) use it, unless Customer agrees; or (iii) combine it.",
            "No, not sold:",
        ),
        ("Do you sell my data?", "Inkboat shall not (a) sell Personal Data or (b) combine it.", "No, not sold:"),
        (
            "Do you sell my data?",
            "Inkboat shall not (i) sell Personal Data; or (ii) share it, unless Customer agrees.",
            None,
        ),
        ("Do you sell my data?", "Inkboat may (i) sell Personal Data; (ii) keep it.", "It depends: perhaps sold:"),
    ],
)
def test_a_part_a_circumstance_and_the_next_clause_are_told_apart(question: str, quote: str, text: str | None) -> None:
    verdict = told(question, quote)
    assert (verdict.text if verdict else None) == text


def test_what_an_item_says_is_so_only_in_the_cases_that_its_list_is_led_into_by() -> None:
    item = "我们会通过接口与第三方共享您的个人信息。"
    policy = policy_of(
        f"一、共享\n我们不会与墨舟以外的任何公司共享您的个人信息，但以下情况除外：\n1. {item}\n2. 法律要求的。"
    )
    verdict = verdict_of("会把我的信息共享给第三方吗", policy, policy.at(policy.text.index(item)).id, item)
    assert verdict
    assert verdict.text == "有条件，不会共享，「但以下情况除外」："
    assert kind("会把我的信息共享给第三方吗", item) == "yes"


# --- Acts that name their own thing, and questions that name none ---------------------------


@pytest.mark.parametrize(
    ("question", "quote", "text"),
    [
        ("这些权限是默认打开的吗", "以上设备权限均不会默认打开。", "不会默认开启："),
        ("Are permissions on by default?", "These permissions are not enabled by default.", "No, not on by default:"),
        ("会主动收集孩子的信息吗", "我们不会主动收集未成年人的个人信息。", "不会主动收集："),
        (
            "Do you knowingly collect data from children?",
            "We do not knowingly collect personal information from children.",
            "No, not knowingly collected:",
        ),
        ("会出境吗", "我们不会跨境提供、存储或处理您的个人信息。", "不会传到境外："),
        ("会传到国外吗", "我们不存在向海外传输您的个人信息的情况。", "不会传到境外："),
        ("会共享吗", "我们不会与任何第三方共享您的个人信息。", "不会共享："),
        (
            "会转让吗",
            "我们不会将您的个人信息转让给任何公司，但以下情况除外：",
            "有条件，不会转让，「但以下情况除外」：",
        ),
        ("会公开吗", "我们仅会在以下情况下，公开披露您的个人信息：", "有条件，「仅会在以下情况下」会公开披露："),
        ("存放在境内吗", "我们收集的个人信息均存储在中国大陆。", "存储在境内："),
        ("删了还能找回吗", "您的数据一旦删除，将无法恢复。", "不能恢复："),
        ("Can deleted data be recovered?", "Deleted data cannot be recovered.", "No, it cannot be restored:"),
        ("会存我的位置吗", "我们不会保存您的位置信息。", "不会存储："),
        ("指纹会存吗", "我们不收集您的指纹。", "不会存储："),
        ("Do you store my location?", "We do not collect your location.", "No, not stored:"),
        ("会保存我的手机号吗", "我们会保存您的手机号码。", "会存储："),
        ("提申请收费吗", "对于您的合理请求，原则上我们不收取费用。", "有条件，「原则上」不收取费用："),
        (
            "处理请求要收费吗",
            "对于您的请求，我们原则上不收取费用，但对多次重复的请求，我们会收取一定费用。",
            "有条件，「原则上」不收取费用：",
        ),
        ("通话会被录音吗", "为提升服务质量，我们会对通话进行录音。", "会录音："),
        ("打客服电话会录音吗", "拨打投诉电话时，我们会录音。", "有条件，「拨打投诉电话时」会录音："),
        ("打客服电话会录音吗", "您拨打客服电话时，我们会录音。", "会录音："),
        ("打客服电话会录音吗", "我们记录聊天内容，并对电话通话录音。", "会录音："),
        ("打客服电话会录音吗", "通话录音保存三年。", "会录音："),
        ("Are calls recorded?", "Calls may be recorded.", "It depends: perhaps recorded:"),
        ("未成年人注册需要监护人同意吗", "未成年人在注册本平台账号前，应当征得监护人的同意。", "需要监护人同意："),
        ("能删浏览记录吗", "您可以自行删除浏览记录。", "可以删除："),
        ("能要一份我的信息吗", "您可以获取您的个人信息副本。", "可以获取副本："),
        (
            "不填生日影响使用吗",
            "您可以选填身高、生日。如您拒绝提供上述补充信息，不影响您使用墨舟。",
            "可以继续使用：",
        ),
    ],
)
def test_more_of_what_a_text_decides(question: str, quote: str, text: str) -> None:
    verdict = told(question, quote)
    assert verdict
    assert verdict.text == text


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("权限会默认开启吗", "相机权限不会默认开启。"),
        ("权限会默认开启吗", "敏感权限均不会默认开启。"),
        ("权限会默认开启吗", "部分权限会默认开启。"),
        ("权限会默认开启吗", "上述权限默认开启的，您可以关闭。"),
        ("权限会默认开启吗", "推送功能会默认开启。"),
        ("你们会主动收集小朋友的信息吗", "我们不会主动收集未满五周岁儿童的信息。"),
        ("你们会主动收集小朋友的信息吗", "我们不会收集儿童的人脸信息。"),
        ("你们会主动收集小朋友的信息吗", "我们不会主动收集儿童的个人信息用于营销。"),
        (
            "Do you knowingly collect data from children?",
            "We do not knowingly collect personal information from children under 13.",
        ),
        (
            "Do you knowingly collect data from children?",
            "We do not knowingly collect personal information from children without consent of a parent.",
        ),
        ("会出境吗", "我们不会跨境传输或存储您的支付密码。"),
        ("会出境吗", "我们不会跨境传输敏感个人信息。"),
        ("能转让吗", "我们不会将您的个人信息转让给任何公司。"),
        ("可以转让吗", "我们不会将您的个人信息转让给任何公司。"),
        ("会传到境外吗", "我们不存在向境外提供您的人脸信息的情形。"),
        ("会传到境外吗", "如存在向境外提供您的个人信息的情形，我们会征得您的同意。"),
        ("会传到境外吗", "我们没有向境外广告商提供您的个人信息的情形。"),
        ("会传到境外吗", "我们会公示向境外提供您的个人信息的情形。"),
        ("会共享吗", "我们不存在向广告商提供您的个人信息的情形。"),
        ("删除后能恢复吗", "聊天记录一经删除，不可恢复。"),
        ("删除后能恢复吗", "信息删除后，可能无法恢复。"),
        ("删除后能恢复吗", "信息一经删除，三十日后不可恢复。"),
        ("删除后能恢复吗", "账号一经注销，不可恢复。"),
        ("删除后能恢复吗", "信息删除后无法恢复的，我们会通知您。"),
        ("你们存人脸吗", "我们会收集您的人脸信息。"),
        ("你们存人脸吗", "我们不会在服务器存储您的人脸信息。"),
        ("你们存人脸吗", "您的人脸信息仅存储于您的设备，我们不会存储您的人脸信息。"),
        ("你们存人脸吗", "我们会在您的设备本地存储您的人脸信息。"),
        ("你们存人脸吗", "第三方会存储您的人脸信息。"),
        ("你们存人脸吗", "我们不会存储您的人脸信息原图。"),
        ("人脸会存吗", "未经您同意，我们不会收集您的人脸信息。"),
        ("Do you store my location?", "We collect your location."),
        ("Do you store my location?", "We store your location on your device only."),
        ("Do you store my location?", "We do not collect your location in the background."),
        ("处理请求收费吗", "对于无理的请求，我们会收取费用。"),
        ("处理请求收费吗", "对于会员的请求，我们不收取费用。"),
        ("处理请求收费吗", "第三方可能就其请求收取费用。"),
        ("处理请求收费吗", "查询服务不收费。"),
        ("小孩用要家长同意吗", "儿童在使用我们的服务前，无需取得父母的同意。"),
        ("小孩用要家长同意吗", "儿童在使用支付功能前，应取得父母的同意。"),
        ("小孩用要家长同意吗", "收集儿童信息前，我们会取得其监护人的同意。"),
        ("小孩用要家长同意吗", "除法律另有规定外，儿童在使用我们的服务前，应取得您的父母的同意。"),
        ("观看历史能删吗", "您可以删除搜索历史。"),
        ("观看历史能删吗", "您可以授权我们删除观看历史的备份。"),
        ("观看历史能删吗", "家长可以删除孩子的观看历史。"),
        ("会转让吗", "会员卡不得转让。"),
        ("存在国内吗", "部分个人信息存储在中华人民共和国境内。"),
        ("存在国内吗", "原则上，我们收集的个人信息存储在境内。"),
        ("存在国内吗", "支付信息均存储在中华人民共和国境内。"),
        ("电话会录音吗", "我们需要获取您的录音权限，用于拨打语音电话。"),
        ("电话会录音吗", "您可以对通话录音。"),
        ("电话会录音吗", "客服电话不会未经同意录音。"),
        ("打客服电话会录音吗", "我们会保存通话记录，但不会向第三方提供通话录音。"),
        ("打客服电话会录音吗", "我们会保存您的通话录音。"),
        ("打客服电话会录音吗", "我们无法删除通话录音。"),
        ("打客服电话会录音吗", "通话录音不保存。"),
        ("打客服电话会录音吗", "骑手使用中间号，通话录音保存三十天。"),
        ("打客服电话会录音吗", "拨打投诉电话时不录音。"),
        ("打客服电话会录音吗", "拨打投诉电话时会录音。"),
        ("Are calls recorded?", "Calls to our competitors are recorded."),
        ("Are calls recorded?", "You may not record our calls."),
        ("Am I allowed to record calls?", "Calls may be recorded."),
        ("May I record the call?", "Calls may be recorded."),
        ("可以要一份我的数据吗", "您有权获取订单的副本。"),
        ("可以要一份我的数据吗", "您有权要求我们提供本协议副本。"),
        ("不填生日影响使用吗", "您可以补充您的性别。如果您不提供这些补充信息，不会影响您使用基本功能。"),
        ("不填生日影响使用吗", "您可以补充您的性别、生日。如果您不提供该信息，不会影响您使用基本功能。"),
        ("不填生日影响使用吗", "您可以补充您的性别、生日。如果您不提供这些补充信息，将影响您使用基本功能。"),
    ],
)
def test_the_same_words_of_a_part_of_others_or_in_another_sense_leave_it_open(question: str, quote: str) -> None:
    assert told(question, quote) is None


# --- What one may not do ---------------------------------------------------------------------

MAY = "您可以在设置中注销账号。"
CAN = "You can delete your account in Settings. "


@pytest.mark.parametrize(
    ("question", "quote", "condition"),
    [
        ("我可以注销账号吗？", f"{MAY}账号内有余额的，不得注销账号。", "账号内有余额的，不得注销账号"),
        ("我可以注销账号吗", f"{MAY}企业账号不支持注销。", "企业账号不支持注销"),
        ("我可以注销账号吗", f"{MAY}有未完成订单时无法注销。", "有未完成订单时无法注销"),
        ("我可以注销账号吗", f"账号内有余额的，不得注销账号。{MAY}", "账号内有余额的，不得注销账号"),
        ("我可以注销账号吗", "您仅可通过客服注销账号。", "仅可通过客服注销账号"),
        ("我可以注销账号吗", "您年满十八周岁后可以注销账号。", "您年满十八周岁后"),
        ("我可以注销账号吗", "您可以注销账号，但须先结清欠款。", "但须先结清欠款"),
        ("我可以注销账号吗", "您可注销账号；账号内有课时的，须先申请退费。", "账号内有课时的，须先申请退费"),
        ("我可以注销账号吗", "注销：在设置中提交；有未完成的订单时，请先取消。", "有未完成的订单时，请先取消"),
        ("我可以注销账号吗", "您可以申请注销账号，但需缴清欠款。", "但需缴清欠款"),
        ("我可以注销账号吗", f"{MAY}如您有欠款，我们有权拒绝。", "如您有欠款，我们有权拒绝"),
        (
            "Can I delete my account?",
            "You can delete your account, but you must pay all debts.",
            "but you must pay all debts",
        ),
        (
            "Can I delete my account?",
            f"{CAN}We may refuse if you owe us money.",
            "We may refuse if you owe us money",
        ),
        ("我可以撤回同意吗", "您可以撤回您的授权同意，但订单进行中不得撤回。", "但订单进行中不得撤回"),
        ("我能删除个人信息吗", "您可以删除您的个人信息。订单信息无法删除。", "订单信息无法删除"),
        (
            "可以注销账号吗",
            "您可以随时在设置中注销账号，账号内有余额的，不得注销。",
            "账号内有余额的，不得注销",
        ),
        ("可以注销账号吗", "用户可随时注销账号；有未完成订单的，不得注销账号。", "有未完成订单的，不得注销账号"),
        ("我可以撤回同意吗", "您可以撤回授权同意，但对已完成的处理不得撤回。", "但对已完成的处理不得撤回"),
        ("可以修改昵称吗", "您可以修改昵称，但每年不得修改超过两次。", "但每年不得修改超过两次"),
        ("可以删除评论吗", "您可以删除评论，但已回复的不得删除。", "但已回复的不得删除"),
        ("能删除收货地址吗", "您可以删除收货地址，默认收货地址不能删除。", "默认收货地址不能删除"),
        (
            "Can I change my name?",
            "You can change your name, but you cannot change it more than twice a year.",
            "but you cannot change it more than twice a year",
        ),
        (
            "Can I close my account?",
            "You may close your account. If you owe us money, you may not close your account.",
            "If you owe us money, you may not close your account",
        ),
        ("我能删除个人信息吗", "您可以删除您的个人信息，交易记录除外。", "交易记录除外"),
        ("我可以注销账号吗", f"{MAY}欠款结清之前，账号不会被注销。", "欠款结清之前，账号不会被注销"),
        ("我可以拒绝cookie吗", "您可以通过浏览器设置拒绝Cookie。必要的Cookie无法关闭。", "必要的Cookie无法关闭"),
        (
            "Can I delete my account?",
            f"{CAN}An account with a balance cannot be deleted.",
            "An account with a balance cannot be deleted",
        ),
        ("Can I delete my account?", "You can delete your account only by post.", "only by post"),
        (
            "Can I delete my account?",
            "You can delete your account, unless it has a balance.",
            "unless it has a balance",
        ),
        (
            "Can I delete my account?",
            f"{CAN}An account with a debt of more than ten euros cannot be deleted.",
            "An account with a debt of more than ten euros cannot be deleted",
        ),
        (
            "Can I delete my account?",
            f"{CAN}No account with a balance can be deleted.",
            "No account with a balance can be deleted",
        ),
        (
            "Can I delete my account?",
            f"{CAN}Deletion is not possible while an order is open.",
            "Deletion is not possible while an order is open",
        ),
        (
            "Can I delete my account?",
            "You can delete your account in Settings, but not while an order is open.",
            "but not while an order is open",
        ),
        (
            "Can I delete my account?",
            "You can delete your account once all orders are paid.",
            "once all orders are paid",
        ),
        ("Can I delete my account?", f"{CAN}You must first settle all debts.", "must first settle all debts"),
        (
            "Can I delete my data?",
            "You can delete your data. Invoices cannot be deleted.",
            "Invoices cannot be deleted",
        ),
        (
            "Can I withdraw my consent?",
            "You can withdraw your consent at any time. Consent to the contract cannot be withdrawn.",
            "Consent to the contract cannot be withdrawn",
        ),
    ],
)
def test_what_one_may_not_do_is_the_condition_of_what_one_may(question: str, quote: str, condition: str) -> None:
    verdict = told(question, quote)
    assert verdict
    assert (verdict.kind, verdict.condition) == ("conditional", condition)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("我可以注销账号吗", f"{MAY}账号注销后不可恢复。"),
        ("我可以注销账号吗", f"{MAY}注销账号后，您将无法登录。"),
        ("我可以注销账号吗", "您可以申请注销账号，但需注意，注销后无法恢复。"),
        ("我可以拒绝cookie吗", "您可以清除电脑上的Cookie，也可以拒绝部分或全部Cookie。"),
        ("可以修改我的资料吗", "您可以在“设置”-“我的资料”中修改您的个人资料。"),
        ("我可以撤回同意吗", "您可以撤回您的授权同意。我们将无法继续为您提供撤回同意所对应的服务。"),
        ("我能更正个人信息吗", "您可以更正您的个人信息。未经您同意，我们不得更正您的个人信息。"),
        ("Can I delete my account?", f"{CAN}Once deleted, it cannot be restored."),
        ("Can I delete my account?", "You can delete your account if you wish."),
        ("Can I delete my account?", "You can delete your account within the app."),
        ("可以删除评论吗", "您可以删除评论和照片。您不得删除软件中的版权信息。"),
        ("可以删除个人信息吗", "您可以删除您的个人信息。您不得删除软件中的版权信息。"),
        ("可以删除个人信息吗", "您可以删除您的个人信息。他人发布的照片不能删除。"),
        ("可以删除照片吗", "您可以删除照片。您可以删除评论，但已回复的不得删除。"),
        ("能删除收货地址吗", "您可以删除收货地址，订单信息不能删除。"),
        ("可以更正信息吗", "您可以查询、更正、删除您的个人信息。在审核期间，您不能修改昵称。"),
        ("Can I delete my data?", "You may delete your data. You may not delete the notices in the software."),
        ("Can I correct my name?", "You can correct your name in Settings. Your date of birth cannot be changed."),
    ],
)
def test_what_follows_and_what_others_may_not_do_is_no_condition(question: str, quote: str) -> None:
    assert kind(question, quote) == "yes"


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("可以修改姓名吗", "您可以修改您的个人资料，但姓名和身份证号码不可修改。"),
        ("可以修改姓名吗", "您可以修改您的个人资料。您不能修改姓名。"),
        ("可以删除照片吗", "您可以删除您的照片和评论。照片无法删除。"),
        ("可以注销账号吗", "您可以在设置中申请注销账号。账号不支持注销。"),
        ("可以自己注销账号吗", "平台暂未开放自助注销，您可以联系客服注销账号。"),
        ("Can I correct my name?", "You can correct your data. Names cannot be changed."),
        ("Can I change my name?", "You can change your name, but you cannot change your name."),
        ("Can I delete my account?", "You can deactivate your account. Accounts cannot be deleted."),
    ],
)
def test_what_one_may_not_do_in_any_case_is_no_condition_of_what_one_may(question: str, quote: str) -> None:
    assert told(question, quote) is None


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        # What follows takes it back.
        ("Is my data encrypted?", "Your data is encrypted in transit. It is not encrypted at rest."),
        ("我的信息加密吗", "您的个人信息在传输时加密。存储时不加密。"),
        ("可以注销账号吗", "您可以申请注销账号，我们有权拒绝。"),
        ("可以注销账号吗", "您可以申请注销账号。我们可以拒绝您的申请。"),
        ("Can I delete my account?", "You can ask to delete your account, but we may refuse."),
        # A piece of it, or what does not tell it.
        ("Do you share my email address?", "We share hashed email addresses with advertisers."),
        ("Do you share my phone number?", "We share masked phone numbers with couriers."),
        ("Do you store my card number?", "We store the last four digits of your card number."),
        ("会保存我的银行卡号吗", "我们会保存您的银行卡号后四位。"),
        # Some of them.
        ("能拒绝cookie吗", "您可以拒绝非必要的Cookie。"),
        ("Can I refuse cookies?", "You can refuse optional cookies."),
        ("Can I delete my account?", "You can delete your trial account."),
        # The name of a page.
        ("可以修改我的资料吗", "您可以在“我的资料”中修改通讯地址。"),
        ("Can I correct my data?", "You can, under “Your data”, correct your postal address."),
    ],
)
def test_what_the_same_words_limit_or_take_back_is_no_yes(question: str, quote: str) -> None:
    assert told(question, quote) is None


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("我可以注销账号吗", "1. 您可以在设置中注销账号。\n2. 账号内有余额的，不得注销账号。", MAY),
        (
            "Can I delete my account?",
            "1. You can delete your account in Settings.\n2. An account with a balance cannot be deleted.",
            CAN.strip(),
        ),
        (
            "Do you sell my data?",
            "1. We do not sell your data.\n2. We may sell your data.",
            "We do not sell your data.",
        ),
    ],
)
def test_another_clause_that_tells_another_thing_leaves_it_open(question: str, text: str, quote: str) -> None:
    policy, alone = policy_of(text), policy_of(text.partition("\n")[0])
    assert verdict_of(question, policy, "1", quote) is None
    assert verdict_of(question, alone, "1", quote)


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        # Of another thing.
        (
            "可以删除个人信息吗",
            "您可以在设置中删除您的个人信息。",
            "您不得删除本软件及其副本上关于著作权的信息，不得对本软件进行反向工程。",
        ),
        ("可以删除评论吗", "您可以删除评论和照片。", "您不得删除软件中的版权信息。"),
        ("可以删除评论吗", "您可以删除评论和照片。", "照片不能删除。"),
        ("能删除收货地址吗", "您可以删除收货地址。", "订单信息不能删除。"),
        (
            "Can I delete my data?",
            "You can delete your data.",
            "You may not delete any copyright information in the app.",
        ),
        ("Can I delete my photos?", "You can delete your photos.", "Comments cannot be deleted."),
        # Of some of them only.
        ("可以注销账号吗", "您可以随时注销账号。", "试用账号不得注销。"),
        ("能删除收货地址吗", "您可以删除收货地址。", "默认收货地址不能删除。"),
        ("我能删除个人信息吗", "您可以删除您的个人信息。", "订单信息无法删除。"),
        ("Can I close my account?", "You can close your account.", "Trial accounts cannot be closed."),
        # Of others, or of what is theirs.
        ("可以注销账号吗", "您可以随时注销账号。", "商家不得注销账号逃避责任。"),
        ("可以注销账号吗", "您可以随时注销账号。", "您不得注销他人的账号。"),
        ("可以删除个人信息吗", "您可以删除您的个人信息。", "孩子不能自行删除个人信息。"),
        ("可以更正个人信息吗", "您可以更正您的个人信息。", "您不得修改他人的个人信息。"),
        ("可以删除照片吗", "您可以删除照片。", "他人发布的照片不能删除。"),
        (
            "Can I close my account?",
            "You can close your account at any time, and we cannot reopen an account that was closed.",
            "Members of a family plan cannot close the account of another member.",
        ),
        ("Can I close my account?", "You can close your account.", "Administrators cannot close your account."),
        ("Can I close my account?", "You can close your account.", "Accounts of merchants cannot be closed."),
        ("Can I correct my data?", "You can correct your data.", "You may not modify data of other users."),
        ("Can I delete my photos?", "You can delete your photos.", "You cannot delete photos posted by others."),
    ],
)
def test_what_is_denied_of_others_or_of_other_things_leaves_a_yes(question: str, quote: str, other: str) -> None:
    policy = policy_of(f"1. {quote}\n2. {other}")
    verdict = verdict_of(question, policy, "1", quote)
    assert verdict
    assert verdict.text == told(question, quote).text  # type: ignore[union-attr]
    assert kind(question, quote, other) == "yes"


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("可以注销账号吗", "您可以随时注销账号。", "账号内有余额的，不得注销。"),
        ("可以注销账号吗", "您可以随时注销账号。", "已有欠款的账号不得注销。"),
        ("可以注销账号吗", "您可以随时注销账号。", "您的账号在审核期间不能注销。"),
        ("可以注销账号吗", "您可以随时注销账号。", "您不可以注销账号。"),
        ("可以删除个人信息吗", "您可以删除您的个人信息。", "订单完成前，您不能删除个人信息。"),
        ("可以删除照片吗", "您可以删除照片。", "照片在审核期间不能删除。"),
        (
            "Can I close my account?",
            "You can close your account.",
            "If you owe us money, you may not close your account.",
        ),
        ("Can I close my account?", "You can close your account.", "The account cannot be closed during a trial."),
        ("Can I delete my photos?", "You can delete your photos.", "Photos cannot be deleted while under review."),
    ],
)
def test_what_is_denied_of_the_same_in_another_clause_leaves_it_open(question: str, quote: str, other: str) -> None:
    assert kind(question, quote) == "yes"
    assert verdict_of(question, policy_of(f"1. {quote}\n2. {other}"), "1", quote) is None
    assert kind(question, quote, other) is None


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("我能删除个人信息吗", "您可以删除您的个人信息。我们无法删除法律要求保留的信息。"),
        ("我能删除个人信息吗", "您可以删除您的个人信息。依法须保留的信息无法删除。"),
        ("可以删除评论吗", "您可以删除评论。付款订单不可删除评论。"),
        ("Can I delete my photos?", "You can delete your photos. You cannot delete photos that are part of a report."),
        ("Can I close my account?", "You can close your account. Members of a family plan cannot close the account."),
    ],
)
def test_what_may_be_denied_of_the_asker_beside_what_one_may_leaves_it_open(question: str, quote: str) -> None:
    assert kind(question, quote.partition("。")[0].partition(". ")[0]) == "yes"
    assert kind(question, quote) is None


def test_what_one_may_not_do_does_not_tell_what_one_may() -> None:
    assert told("我可以注销账号吗", "账号内有余额的，不得注销账号。", MAY) is None
    assert told("Can I delete my account?", "You cannot delete your account.") is None


# --- Who asks, in policies about children, passengers, learners ------------------------------


@pytest.mark.parametrize(
    ("question", "quote", "expected"),
    [
        ("你们收集指纹吗", "我们不收集儿童的指纹和人脸。", "no"),
        ("会收集孩子的指纹吗", "我们不收集儿童的指纹和人脸。", "no"),
        ("会公开孩子的信息吗", "我们不会公开披露儿童个人信息。", "no"),
        ("Do you collect my child's fingerprints?", "我们不收集儿童的指纹和人脸。", "no"),
        ("Do you collect fingerprints?", "We do not collect children's fingerprints.", "no"),
        # Of some children, of a parent, of somebody else.
        ("会收集孩子的照片吗", "我们会收集走失儿童的照片。", None),
        ("会收集我的身份证号吗", "我们不收集儿童的身份证号。", None),
        ("会收集孩子的照片吗", "我们会收集监护人的照片。", None),
    ],
)
def test_in_rules_about_children_a_child_is_the_one_who_is_asked_about(
    question: str, quote: str, expected: str | None
) -> None:
    policy = policy_of(f"一、收集\n{quote}", title="墨舟手表儿童个人信息保护规则")
    verdict = verdict_of(question, policy, policy.at(policy.text.index(quote[:4])).id, quote)
    assert (verdict.kind if verdict else None) == expected


def test_who_is_named_more_often_than_you_is_the_one_who_asks() -> None:
    quote = "我们不会公开披露学员个人信息。"
    assert kind("会公开我的信息吗", quote) is None
    policy = policy_of(f"一、上课\n{'学员应当按时上课。' * 5}\n二、信息\n{quote}")
    verdict = verdict_of("会公开我的信息吗", policy, policy.at(policy.text.index(quote)).id, quote)
    assert verdict
    assert verdict.kind == "no"


def test_clauses_that_tell_different_things_decide_nothing() -> None:
    no, yes = "我们不会收集您的位置信息。", "我们会收集您的位置信息。"
    assert kind("会收集我的位置吗", no) == "no"
    assert kind("会收集我的位置吗", no, yes) is None
    assert kind("会收集我的位置吗", yes, no) is None
    assert kind("会收集我的位置吗", f"{yes}{no}") is None
    assert kind("会收集我的位置吗", no, no, "我们会收集您的手机号码。") == "no"


def test_what_stands_under_a_heading_about_others_is_not_told_of_us() -> None:
    policy = policy_of("一、第三方SDK\n（一）星信推送\n收集您的位置信息。我们会收集您的位置信息。")
    clause = policy.at(policy.text.index("收集您的位置"))
    assert verdict_of("会收集我的位置吗", policy, clause.id, "我们会收集您的位置信息。") is None


# --- Whatever the clause -------------------------------------------------------------------

THINGS = ("手机号码", "位置信息", "通讯录", "人脸信息", "IMEI", "银行卡号", "昵称", "收货地址", "浏览记录")
SENTENCES = (
    "我们会收集您的{}。",
    "我们不会收集您的{}。",
    "当您使用搜索功能时，我们可能会收集您的{}。",
    "经您同意，我们会收集您的{}，用于客服。",
    "我们会收集您的{}，但您拒绝的除外。",
)


@given(st.sampled_from(THINGS), st.lists(st.sampled_from(THINGS), min_size=1, max_size=3), st.sampled_from(SENTENCES))
def test_no_verdict_without_the_thing_that_is_asked_about(thing: str, others: list[str], sentence: str) -> None:
    listed = [other for other in others if other != thing] or ["设备型号"]
    assert told(f"你们会收集我的{thing}吗", sentence.format("、".join(listed))) is None
    assert told(f"你们会收集我的{thing}吗", sentence.format("、".join([*listed, thing])))


@given(st.text(max_size=60), st.text(max_size=120))
def test_any_question_and_any_quote_may_come(question: str, quote: str) -> None:
    verdict = verdict_of(question, policy_of("一、我们"), "1", quote)
    assert verdict is None or verdict.fact


@given(st.sampled_from([case[0] for case in DECIDED]), st.sampled_from([case[1] for case in DECIDED]))
def test_a_verdict_changes_no_quote_and_no_citation(question: str, quote: str) -> None:
    policy = policy_of(f"一、说明\n{quote}")
    hits = [hit(policy, quote)]
    draft = ExtractiveGenerator().generate(question, hits)
    bare = Draft(
        claims=tuple(type(c)(policy_id=c.policy_id, clause_id=c.clause_id, quote=c.quote) for c in draft.claims)
    )
    quoted = [cited for _, cited in verify(draft, hits, min_quote_chars=4)]
    assert quoted == [cited for _, cited in verify(bare, hits, min_quote_chars=4)]
    assert all(policy.text[cited.start : cited.end] == cited.quote for cited in quoted)


def hit(policy: Policy, words: str) -> Hit:
    at = policy.text.index(words)
    passage = next(p for p in passages(policy) if p.clause_id == policy.at(at).id)
    return Hit(
        policy=policy, clause=policy[passage.clause_id], passage=passage, score=9.0, ranks={}, evidence=ANSWERED,
        sentence_scores=tuple(9.0 for _ in passage.sentences),
    )  # fmt: skip


# --- In the answer -------------------------------------------------------------------------


def test_the_verdict_stands_before_the_first_quote_and_in_the_json() -> None:
    policy = policy_of("一、出售\n我们不会向任何第三方出售您的个人信息。")
    hits = [hit(policy, "我们不会向")]
    question = "你们会不会卖我的信息"
    found = answer(
        question=question,
        query=question,
        draft=ExtractiveGenerator().generate(question, hits),
        hits=hits,
        min_quote_chars=4,
    )
    assert found.text.splitlines()[0] == "根据《墨舟隐私政策》："
    assert found.text.splitlines()[1].startswith("• 不会出售： “")
    assert found.text.endswith("[1]")
    assert found.verdict == found.as_json(latency_ms=0)["verdict"] == "no"


def test_without_a_verdict_the_json_is_as_it_was() -> None:
    policy = policy_of("一、出售\n我们不会向任何第三方出售您的个人信息。")
    hits = [hit(policy, "我们不会向")]
    question = "出售个人信息"
    draft = ExtractiveGenerator().generate(question, hits)
    found = answer(question=question, query=question, draft=draft, hits=hits, min_quote_chars=4)
    assert found.verdict is None
    assert "verdict" not in found.as_json(latency_ms=0)
    assert found.text.startswith("《墨舟隐私政策》的相关原文：")


# --- The table -----------------------------------------------------------------------------


def test_every_act_says_what_is_so_in_both_languages() -> None:
    for act in acts():
        assert act.by in ("we", "you")
        for language in ("zh", "en"):
            assert len(act.fact[language]) == (3 if act.by == "we" else 1), act.id
            assert not any(mark in fact for fact in act.fact[language] for mark in "“”[]\n")


def test_the_lexicon_has_the_entries_of_the_table_and_each_is_looked_for() -> None:
    table = tomllib.loads(resources.files("assistant").joinpath("data/verdicts.toml").read_text("utf-8"))
    named = [field.name for field in fields(Lexicon)]
    assert named == list(table["words"])
    source = "".join(module.read_text("utf-8") for module in Path(verdicts.__file__).parent.glob("*.py"))
    assert not set(named) - set(re.findall(r"lexicon\(\)\.(\w+)", source))


@pytest.mark.parametrize(
    "run",
    [
        *RUNS,
        "会",
        "不",
        "的",
        "提供",
        "我们",
        "如您",
        "collect ",
        "your ",
        "(",
        ",",
        " ",
        "向您",
        "未经",
        "a",
        "is ",
        "在同意",
        "删除",
        "可",
        "交流",
        "permission ",
        "换取",
    ],
)
def test_a_long_text_is_read_in_time(run: str) -> None:
    of_acts = [
        (act.asked, act.said, act.undergone, act.barred, act.still, act.instead, act.silent, act.beside, act.about)
        for act in acts()
    ]
    patterns = [pattern for patterns in of_acts for pattern in patterns if pattern]
    text = run * (5_000 // len(run))
    looked_for = (getattr(lexicon(), field.name) for field in fields(Lexicon))
    for pattern in [*patterns, form_words(), *looked_for]:
        started = time.thread_time()
        for _ in pattern.finditer(text):
            pass
        assert time.thread_time() - started < 1.5, (pattern.pattern[:60], run)


def test_a_question_about_a_thing_of_a_name_that_begins_another_is_read() -> None:
    assert re.search("会收集", told("会收集我的收货地址吗", "我们会收集您的姓名、收货地址。").text)  # type: ignore[union-attr]
