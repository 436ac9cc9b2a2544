"""No bare yes or no beside words of the policy that speak against it, even if they are read loosely only."""

from __future__ import annotations

import time

import pytest

from assistant.answering.verdicts import verdict_of
from tests.test_verdicts import kind, policy_of, told


def beside(question: str, quote: str, other: str) -> str | None:
    """Return the kind of the verdict that a quote gives, where another clause stands in the policy."""
    return getattr(verdict_of(question, policy_of(f"1. {quote}\n2. {other}"), "1", quote), "kind", None)


# --- Not collected, but asked for ----------------------------------------------------------

ASKED_FOR = [
    # One gives it, or lets it be taken.
    ("会收集我的护照号码吗", "我们不收集您的护照号码。", "预订国际机票时，须填写护照号码。"),
    ("会收集我的银行卡号吗", "我们不会收集您的银行卡号。", "达人申请结算的，应当提交银行卡号。"),
    ("会收集我的位置吗", "我们不会收集您的位置信息。", "查看附近的书店需要您开启位置权限。"),
    ("会收集我的照片吗", "我们不收集您的照片。", "在您上传照片后，客服会在两日内答复。"),
    ("会读取通讯录吗", "我们不会读取您的通讯录。", "添加家人时，需要您授权通讯录权限。"),
    ("会读取通讯录吗", "我们不会读取您的通讯录。", "添加家人功能要访问通讯录。"),
    ("会收集我的手机号吗", "我们不会收集您的手机号码。", "被邀请人的手机号码会保存一年。"),
    ("会收集我的护照号码吗", "我们不收集您的护照号码。", "护照号码在办理签证时提供。"),
    (
        "Do you collect my phone number?",
        "We do not collect your phone number.",
        "Couriers must provide a phone number when they register.",
    ),
    ("Do you collect my location?", "We do not collect your location.", "Maps need you to share your location."),
    ("Do you access my contacts?", "We do not access your contacts.", "Invitations require access to your contacts."),
    ("会收集我的手机号吗", "我们不会收集您的手机号码。", "预约试驾须验证手机号码。"),
    ("会收集我的位置吗", "我们不会收集您的位置信息。", "门店功能需要您的位置信息。"),
    ("Do you collect my photos?", "We do not collect your photos.", "Photos attached to a claim are stored."),
    # It is kept.
    ("会保存我的照片吗", "我们不会保存您的照片。", "参赛的照片会保存90天。"),
    ("会保存我的聊天记录吗", "我们不会保存您的聊天记录。", "有争议的聊天记录自争议解决之日起留存半年。"),
    ("Do you store my photos?", "We do not store your photos.", "Photos of a contest are kept for 90 days."),
    # It is not stored, since it is not collected.
    ("会保存我的指纹吗", "我们不收集您的指纹。", "开通门禁的，请录入指纹。"),
]
NOT_ASKED_FOR = [
    ("会收集我的护照号码吗", "我们不收集您的护照号码。", "您无需提供护照号码。"),
    ("会收集我的护照号码吗", "我们不收集您的护照号码。", "请勿在评论中填写护照号码。"),
    ("会收集我的护照号码吗", "我们不收集您的护照号码。", "预订国际机票时，须填写姓名。"),
    ("会收集我的位置吗", "我们不会收集您的位置信息。", "我们为您提供安心的服务。"),
    ("会收集我的指纹吗", "我们不收集您的指纹。", "指纹仅保存在您的手机中。"),
    ("会收集我的位置吗", "我们不会收集您的位置信息。", "我们如何收集您的位置信息"),
    ("会保存我的照片吗", "我们不会保存您的照片。", "修改证件须上传照片。"),
    ("会读取通讯录吗", "我们不会读取您的通讯录。", "您可以关闭通讯录权限。"),
    ("Do you collect my passport number?", "We do not collect your passport number.", "Never enter a passport number."),
    ("Do you collect my location?", "We do not collect your location.", "We never ask you to share your location."),
    ("Do you collect my photos?", "We do not collect your photos.", "You need not upload photos."),
    ("Do you collect my photos?", "We do not collect your photos.", "Photos are kept on your device."),
    ("会收集我的位置吗", "我们不会收集您的位置信息。", "使用本服务不需要您的位置信息。"),
]


@pytest.mark.parametrize(("question", "quote", "other"), ASKED_FOR)
def test_what_one_is_asked_for_elsewhere_is_not_told_as_not_collected(question: str, quote: str, other: str) -> None:
    assert kind(question, quote) == "no"
    assert beside(question, quote, other) is None
    assert kind(question, f"{quote}{other}") is None


@pytest.mark.parametrize(("question", "quote", "other"), NOT_ASKED_FOR)
def test_what_asks_for_nothing_leaves_a_no(question: str, quote: str, other: str) -> None:
    assert beside(question, quote, other) == "no"


def test_it_may_be_named_in_the_sentence_before() -> None:
    no = "We do not collect your passport number."
    assert beside("Do you collect my passport number?", no, "It must be entered to book a flight.") is None
    assert beside("会收集我的护照号码吗", "我们不收集您的护照号码。", "须在订票时提供。") is None


def test_the_rest_of_the_sentence_may_ask_for_it_too() -> None:
    assert told("会收集我的护照号码吗", "我们不收集您的护照号码，但办理签证时您应提供护照号码。") is None
    assert told("Do you collect my photos?", "We do not collect your photos, but the badge form needs photos.") is None


# --- Not done, but done in other words -----------------------------------------------------


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("会公开我的信息吗", "我们不会公开您的个人信息。", "评选结束后，我们会公布您的姓名。"),
        ("会公开我的信息吗", "我们不会公开披露您的个人信息。", "您的昵称和头像会公开展示。"),
        ("会卖我的信息吗", "我们不会出售您的个人信息。", "经您同意，您的消费数据可能有偿提供给研究机构。"),
        ("会把我的信息给第三方吗", "我们不会将您的个人信息共享给第三方。", "我们会将您的收货地址同步给快递公司。"),
        ("我的信息会传到国外吗", "我们不会将您的个人信息传输至境外。", "选择跨国寄件的，寄件人信息将发送至德国。"),
        ("我的信息会传到国外吗", "我们不会将您的个人信息传输至境外。", "国际版的数据存储于新加坡的机房。"),
        ("信息存在国内吗", "您的个人信息存储在中国境内。", "国际版的数据存储于新加坡的机房。"),
        ("删了还能找回吗", "您的数据一旦删除，将无法恢复。", "删除的日程在回收站里保留一周，可随时恢复。"),
        ("处理请求会收费吗", "对于您的请求，我们不收取费用。", "同一请求重复提出的，每次收取10元。"),
        ("你们会用cookie吗", "我们不使用Cookie。", "官网的论坛使用Cookie。"),
        ("Do you sell my data?", "We do not sell your data.", "With your consent we share your data for a fee."),
        ("Will you publish my data?", "We do not publish your data.", "Your nickname is visible to everyone."),
        (
            "Do you share my data with third parties?",
            "We do not share your data with third parties.",
            "Your address is passed on to couriers.",
        ),
        ("Is my data stored abroad?", "We do not store your data abroad.", "Backups are kept in Ireland."),
        ("Is my data stored in China?", "Your data is stored in China.", "Backups are kept in Ireland."),
        ("Can deleted data be recovered?", "Deleted data cannot be recovered.", "A deleted note can be restored."),
        ("Do you use cookies?", "We do not use cookies.", "Our forum uses cookies."),
    ],
)
def test_what_is_done_in_other_words_is_not_told_as_not_done(question: str, quote: str, other: str) -> None:
    assert kind(question, quote) in ("yes", "no")
    assert beside(question, quote, other) is None


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("会公开我的信息吗", "我们不会公开您的个人信息。", "我们会公布新的活动。"),
        ("会卖我的信息吗", "我们不会出售您的个人信息。", "我们有偿提供会员服务。"),
        ("会把我的信息给第三方吗", "我们不会将您的个人信息共享给第三方。", "您可以将订单信息分享给好友。"),
        ("会与广告商共享我的信息吗", "我们不会与广告商共享您的个人信息。", "我们会将您的收货地址同步给快递公司。"),
        ("我的信息会传到国外吗", "我们不会将您的个人信息传输至境外。", "使用美国手机号注册的，须提供护照号码。"),
        ("我的信息会传到国外吗", "我们不会将您的个人信息传输至境外。", "数据不会存储于新加坡的机房。"),
        ("信息存在国内吗", "您的个人信息存储在中国境内。", "经您同意，我们会将订单发送至德国。"),
        ("删了还能找回吗", "您的数据一旦删除，将无法恢复。", "网络中断的，我们会尽快恢复服务。"),
        ("你们会用cookie吗", "我们不使用Cookie。", "您可以使用Cookie管理工具。"),
        ("Do you sell my data?", "We do not sell your data.", "We provide courses for a fee."),
        ("Do you store my data abroad?", "We do not store your data abroad.", "You can book flights to Ireland."),
        ("Do you use cookies?", "We do not use cookies.", "Third parties use cookies on their websites."),
    ],
)
def test_the_same_words_of_another_thing_leave_it(question: str, quote: str, other: str) -> None:
    assert kind(question, quote) in ("yes", "no")
    assert beside(question, quote, other) == kind(question, quote)


# --- Done, but not all of it ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("我的信息加密吗", "我们对您的个人信息加密存储。", "日志文件不加密。"),
        ("我的信息加密吗", "我们对您的个人信息加密存储。", "我们未对历史数据加密。"),
        ("你们会用cookie吗", "我们使用Cookie。", "小程序不使用Cookie。"),
        ("你们会用cookie吗", "我们使用Cookie。", "我们不会在小程序内使用Cookie。"),
        ("政策更新会通知我吗", "本政策更新后，我们会以弹窗的方式通知您。", "轻微的修改，我们不会通知您。"),
        ("政策更新会通知我吗", "本政策更新后，我们会以弹窗的方式通知您。", "仅修正错字的，不另行通知。"),
        ("信息泄露会通知我吗", "万一发生信息泄露，我们会通过短信告诉您。", "未造成影响的，不再告知。"),
        ("信息存在国内吗", "您的个人信息存储在中国境内。", "支付信息不存储在中国境内。"),
        ("会收集我的位置吗", "我们会收集您的位置信息。", "网页版不收集位置信息。"),
        ("会收集我的位置吗", "我们会收集您的位置信息。", "使用网页版的，我们不收集您的位置信息。"),
        ("通话会被录音吗", "为提升服务质量，我们会对通话进行录音。", "视频通话不录音。"),
        ("Is my data encrypted?", "Your data is encrypted.", "Backups are not encrypted."),
        ("Is my data encrypted?", "Your data is encrypted.", "Log files are stored in plain text."),
        ("我的信息加密吗", "我们对您的个人信息加密存储。", "日志以明文保存。"),
        ("Do you use cookies?", "We use cookies.", "Our mobile app does not use cookies."),
        ("Do you use cookies?", "We use cookies.", "We do not use cookies in our mobile app."),
        ("Do you use cookies?", "We use cookies.", "In our mobile app, we do not use cookies."),
        (
            "Will you notify me if the policy changes?",
            "If this policy changes, we will notify you.",
            "You will not be notified of minor changes.",
        ),
        ("Do you collect my location?", "We collect your location.", "The desktop version does not collect location."),
    ],
)
def test_what_is_denied_of_a_part_is_not_told_as_done(question: str, quote: str, other: str) -> None:
    assert kind(question, quote) == "yes"
    assert beside(question, quote, other) is None


@pytest.mark.parametrize(
    ("question", "quote", "other"),
    [
        ("我的信息加密吗", "我们对您的个人信息加密存储。", "请注意，电子邮件等与他人的交流方式并未加密。"),
        ("我的信息加密吗", "我们对您的个人信息加密存储。", "我们不会公开加密的方法。"),
        ("你们会用cookie吗", "我们使用Cookie。", "我们不会将Cookie用于本政策所述目的之外的任何用途。"),
        ("你们会用cookie吗", "我们使用Cookie。", "您可以选择不使用Cookie。"),
        (
            "信息泄露会通知我吗",
            "万一发生信息泄露，我们会通过短信告诉您。",
            "难以逐一告知时，我们会发布公告。",
        ),
        ("政策更新会通知我吗", "本政策更新后，我们会以弹窗的方式通知您。", "未经您同意，我们不会缩减您的权利。"),
        ("信息存在国内吗", "您的个人信息存储在中国境内。", "我们不会将存储在境内的个人信息传至境外。"),
        ("会收集我的位置吗", "我们会收集您的位置信息。", "我们不会为广告目的收集您的位置信息。"),
        ("会收集我的位置吗", "我们会收集您的位置信息。", "如您拒绝，我们将不收集您的位置信息。"),
        ("会收集我的位置吗", "我们会收集您的位置信息。", "我们不收集儿童的位置信息。"),
        ("会把我的信息给第三方吗", "我们会与第三方共享您的个人信息。", "我们不会与广告商共享您的个人信息。"),
        ("Is my data encrypted?", "Your data is encrypted.", "Please note that e-mails are not always encrypted."),
        ("Is my data encrypted?", "Your data is encrypted.", "Others may read unencrypted e-mails."),
        ("我的信息加密吗", "我们对您的个人信息加密存储。", "我们不会以明文保存密码。"),
        ("Do you use cookies?", "We use cookies.", "We do not use cookies to show you ads."),
        ("Do you use cookies?", "We use cookies.", "You can choose not to use cookies."),
        ("Do you collect my location?", "We collect your location.", "We do not collect your location for ads."),
        ("Do you share my data?", "We share your personal data.", "In 2023 we did not share data with authorities."),
    ],
)
def test_what_is_denied_of_an_end_or_of_another_thing_leaves_a_yes(question: str, quote: str, other: str) -> None:
    assert kind(question, quote) == "yes"
    assert beside(question, quote, other) == "yes"


def test_a_heading_states_nothing_and_does_not_run_into_what_stands_under_it() -> None:
    quote = "我们不会出售您的个人信息。"
    policy = policy_of(f"一、共享、转让、出售个人信息\n{quote}\n二、获取位置信息\n我们不会获取您的位置信息。")
    for question, words in (("会卖我的信息吗", quote), ("会收集我的位置吗", "我们不会获取您的位置信息。")):
        verdict = verdict_of(question, policy, policy.at(policy.text.index(words)).id, words)
        assert verdict
        assert verdict.kind == "no"


def test_a_condition_is_told_whatever_else_is_said() -> None:
    quote = "我们不会收集您的护照号码，办理签证的除外。"
    assert beside("会收集我的护照号码吗", quote, "办理签证时，须填写护照号码。") == "conditional"


@pytest.mark.parametrize("quote", ["我们不收集您的护照号码。", "我们会收集您的位置信息。"])
@pytest.mark.parametrize(
    "run", ["提供护照号码，", "不收集位置信息，", "提供", "不", "删除", "向", "存储于", "护照号码须提供。"]
)
def test_a_long_policy_is_read_in_time(quote: str, run: str) -> None:
    question = f"会收集我的{'位置' if '位置' in quote else '护照号码'}吗"
    policy = policy_of(f"1. {quote}\n2. {run * (60_000 // len(run))}")
    started = time.thread_time()
    verdict_of(question, policy, "1", quote)
    assert time.thread_time() - started < 3.0
