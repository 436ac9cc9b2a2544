"""When a question is refused, and what is said then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assistant import Draft, Policy, parse
from assistant.answering import ExtractiveGenerator
from assistant.answering.answerability import answerability, is_unclear
from assistant.answering.imprint import contact_of
from assistant.answering.refusing import Reason, refusal
from assistant.answering.selection import selected
from assistant.answering.wording import answer
from assistant.retrieval.hits import Evidence
from assistant.text import language_of
from tests.hits import ANSWERED, hit, yunfan
from tests.timing import seconds

if TYPE_CHECKING:
    from assistant.text import Language

OFF_TOPIC = Evidence(scope=-5.0, similarity=0.3, coverage=0.0)
UNMENTIONED = Evidence(scope=2.0, similarity=0.35, coverage=0.2, concepts=0.0, unmentioned=("人脸", "指纹"))
CLOSE = Evidence(scope=2.0, similarity=0.5, coverage=0.2, concepts=0.0)
IN_EVERY_CLAUSE = Evidence(scope=5.0, similarity=0.6, coverage=1.0, concepts=1.0, frequency=0.9)
UNKNOWN_MODEL = Evidence(scope=None, similarity=0.1, coverage=0.0)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return yunfan()


def refused(policy: Policy, question: str, evidence: Evidence, words: str = "IMEI") -> Reason:
    """Why there is no answer to a question whose best hit is the clause that holds `words`."""
    return refusal(question, [hit(policy, words, evidence=evidence)], language_of(question))


@pytest.mark.parametrize(
    ("question", "language", "kind", "said"),
    [
        ("今天天气怎么样", "zh", "out_of_scope", "可联系云帆科技：400-000-1234。"),
        ("how is the weather", "en", "not_stated", "You can ask 云帆科技: 400-000-1234."),
    ],
)
def test_abstaining_names_the_contact(policy: Policy, question: str, language: str, kind: str, said: str) -> None:
    hits = [hit(policy, "手机号码", score=1.0, evidence=OFF_TOPIC)]
    found = answer(question=question, query=question, draft=Draft(claims=()), hits=hits, min_quote_chars=4)
    assert found.abstained is not None
    assert found.abstained.kind == kind
    assert found.language == language
    assert found.citations == ()
    assert said in found.text
    assert found.text == found.abstained.message


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "文中的联系方式：400-000-1234。"), ("en", "The contact that it gives is 400-000-1234.")],
)
def test_nobody_is_told_to_ask_a_text(policy: Policy, language: Language, said: str) -> None:
    unknown = replace(policy, company="")
    assert refusal("今天天气怎么样", [hit(unknown, "手机号码", evidence=OFF_TOPIC)], language).message.endswith(said)


def test_who_names_what_the_clause_names_is_on_topic(policy: Policy) -> None:
    odd = Evidence(scope=-6.0, similarity=0.46, coverage=0.8, concepts=1.0)
    assert answerability("高德收集什么", [hit(policy, "手机号码", evidence=odd)]) > 0
    # So is whoever names no concept and has all words of the clause.
    unnamed = replace(odd, similarity=0.5, concepts=None)
    assert answerability("底薪有多少", [hit(policy, "手机号码", evidence=replace(unnamed, coverage=1.0))]) > 0
    assert answerability("底薪有多少", [hit(policy, "手机号码", evidence=unnamed)]) < 0


def test_who_asks_for_a_value_in_the_words_of_a_clause_that_holds_one_is_on_topic() -> None:
    said = ("A hot desk is £140.", "A hot desk has a lamp.", "There are 20 new desks.", "Room: 7 | Desks: 5")
    text = "\n".join(["1. Plans", *(f"1.{number} {sentence}" for number, sentence in enumerate(said, 1))])
    desks = parse(text, id="desks", language="en")
    odd = Evidence(scope=-6.0, similarity=0.5, coverage=1.0, familiarity=0.5)
    for words, question, refused in (
        ("£140", "how much is a hot desk", False),
        ("lamp", "how much is a hot desk", True),
        ("£140", "how nice is a hot desk", True),
        ("£140", "how many hot desks are there", True),
        # A number of these very things is a count of them.
        ("20 new", "how many desks are there", False),
        ("Desks: 5", "how many desks are in room 7", False),
        ("20 new", "how many rooms with desks are there", True),
    ):
        assert (answerability(question, [hit(desks, words, evidence=odd)]) < 0) is refused


@pytest.mark.parametrize(
    ("question", "refused"),
    [
        ("is there CCTV", False),
        ("what does CCTV do", False),
        ("CCTV?", False),
        ("where is the CCTV", True),
        ("when is there CCTV", True),
        ("how long do you keep CCTV", True),
    ],
)
def test_who_asks_in_the_words_of_a_clause_whether_something_is_there_is_answered(question: str, refused: bool) -> None:
    policy = parse("E. Safety\nE.1 CCTV covers the entrances.\nE.2 Keep the stairs free.", id="e", language="en")
    named = Evidence(scope=2.0, similarity=0.36, coverage=1.0, familiarity=0.5)
    assert (answerability(question, [hit(policy, "CCTV", evidence=named)]) < 0) is refused
    half = replace(named, coverage=0.5)
    assert answerability("is there CCTV", [hit(policy, "CCTV", evidence=half)]) < 0


@pytest.mark.parametrize(
    ("question", "coverage", "refused"),
    [
        ("会给通话录音吗", 0.7, False),
        ("是不是会录音", 0.7, False),
        ("会给通话录音吗", 0.3, True),
        ("通话录音给谁听", 0.7, True),
        ("通话录音存多久", 0.7, True),
        # What is done does not tell what one may do.
        ("能不能关掉通话录音", 0.7, True),
    ],
)
def test_a_clause_that_names_all_that_is_asked_about_tells_whether_it_is_so(
    question: str, coverage: float, refused: bool
) -> None:
    policy = parse("一、来电\n为改进服务，我们会给通话录音。\n二、其他\n日志保存三年。", id="calls", title="来电须知")
    odd = Evidence(scope=2.0, similarity=0.4, coverage=coverage, concepts=1.0, familiarity=0.6)
    assert (answerability(question, [hit(policy, "通话录音", score=2.0, evidence=odd)]) < 0) is refused


@pytest.mark.parametrize(
    ("question", "name", "refused"),
    [
        ("腾讯地图拿不拿我的定位", "腾讯地图", True),
        ("TikTok 的 SDK 拿我的手机号吗", "TikTok", True),
        ("What does the DiDi privacy policy say about my location?", "DiDi", True),
        ("does google get my location", "google", True),
        ("why do you send my steps to facebook", "facebook", True),
        # What may be done with a stranger is said without its name.
        ("你们会把我的照片发到抖音上吗", "抖音", False),
        ("will my baby's pictures be put on wechat", "wechat", False),
        ("is chatgpt allowed to read my posts", "chatgpt", False),
    ],
)
def test_what_a_stranger_does_is_not_stated(policy: Policy, question: str, name: str, *, refused: bool) -> None:
    sure = Evidence(scope=4.0, similarity=0.8, coverage=0.8, concepts=0.8, unmentioned=(name,), stranger=True)
    assert (answerability(question, [hit(policy, "手机号码", evidence=sure)]) < 0) == refused


def test_who_names_nothing_but_a_stranger_is_told_that_it_is_none(policy: Policy) -> None:
    unheard = Evidence(scope=4.0, similarity=0.8, coverage=0.8, concepts=0.0, unmentioned=("umeng",), stranger=True)
    for evidence, refused in ((unheard, True), (replace(unheard, concepts=0.5), False)):
        assert (answerability("umeng included", [hit(policy, "IMEI", evidence=evidence)]) < 0) is refused
    # Of what may be done with it, the policy may say that it is done with another.
    assert answerability("can I book with umeng", [hit(policy, "IMEI", evidence=unheard)]) > 0


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
    [
        ("会不会收集人脸和指纹", "没有提到“人脸”、“指纹”"),
        ("Do you take fingerprints?", "does not mention “fingerprints”"),
        ("花呗的人脸怎么办，人脸呢", "没有提到“花呗”、“人脸”。"),
    ],
)
def test_what_the_policy_never_mentions_is_named_once(policy: Policy, question: str, said: str) -> None:
    assert said in refused(policy, question, UNMENTIONED).message


@pytest.mark.parametrize(
    "question",
    [
        # 短信 stands there as a part of 短信验证码, and Android as one of AndroidID.
        "会读取我的短信吗",
        "安卓手机也收吗",
        "do you read text messages",
        # No name of a thing.
        "how do I opt out",
        "what are my rights",
        "can I get a copy",
        "能把我的资料导出来吗",
    ],
)
def test_nothing_is_said_to_be_unmentioned_that_is_or_that_is_no_thing(question: str) -> None:
    policy = parse("一、登录\n我们发送短信验证码，并收集 AndroidID。\n二、其他\n无。", id="sms", title="登录")
    message = refused(policy, question, UNMENTIONED, "短信").message
    assert "没有提到" not in message, message
    assert "does not mention" not in message, message


def test_what_only_the_english_of_a_policy_names_is_mentioned() -> None:
    policy = parse("一、注册\n我们收集脸谱。", id="face", title="注册")
    clause = policy.at(policy.text.index("脸谱"))
    translated = replace(policy, translations={clause.id: ("We collect an image of your fingerprint.",) * 2})
    assert "does not mention" in refused(policy, "Do you take fingerprints?", UNMENTIONED, "脸谱").message
    assert "does not mention" not in refused(translated, "Do you take fingerprints?", UNMENTIONED, "脸谱").message


def test_a_clause_that_has_little_to_do_with_the_question_is_not_named(policy: Policy) -> None:
    far, near = (replace(UNMENTIONED, similarity=similarity) for similarity in (0.3, 0.5))
    assert "IMEI" not in refused(policy, "会收集指纹吗", far).message
    assert "二" in refused(policy, "会收集指纹吗", near).message
    # Of other models it cannot be told.
    unknown = replace(UNKNOWN_MODEL, coverage=0.3)
    assert "最接近的条款" in refused(policy, "会收集指纹吗", unknown).message


@pytest.mark.parametrize(
    ("question", "words", "said"),
    [
        ("指纹存几年", "手机号码", "最接近的条款：一（一）“注册”。"),
        ("指纹存几年", "通讯录", "最接近的条款：一（二）2“我们不收集通讯录…”。"),
        ("what about my dog", "手机号码", "The closest clause is 一（一） “注册”."),
    ],
)
def test_the_closest_clause_is_told_by_its_number_and_what_it_is_about(
    policy: Policy, question: str, words: str, said: str
) -> None:
    assert said in refused(policy, question, CLOSE, words).message


def test_a_title_that_is_a_question_ends_as_one() -> None:
    policy = parse("# Notice\n\n## How long do you keep it?\n\nFor a year.\n", id="q", title="Notice", language="en")
    message = refused(policy, "how long is a meeting", CLOSE, "For a year").message
    assert message.endswith("How long do you keep it?")


SHOP = """1. Returns
1.1 Mattresses cannot be returned once the seal has been broken.
2. Contact us
Write to help@shop.example or call 01603 555 010.
"""


@pytest.mark.parametrize(
    ("question", "evidence", "kind"),
    [
        # A word of it stands in the text, or the clause is close.
        ("can i return a mattress", Evidence(scope=-8.0, similarity=0.3, coverage=0.4), "not_stated"),
        ("my vase arrived broken", Evidence(scope=-8.0, similarity=0.5, coverage=0.0), "not_stated"),
        ("will it rain tomorrow", Evidence(scope=-8.0, similarity=0.3, coverage=0.0), "out_of_scope"),
        # Words of two languages cannot be compared.
        ("蜡烛点过了还能退吗", Evidence(scope=-8.0, similarity=0.3, coverage=0.0), "not_stated"),
    ],
)
def test_what_the_policy_speaks_of_is_no_other_matter(question: str, evidence: Evidence, kind: str) -> None:
    policy = parse(SHOP, id="shop", title="Terms of the shop", company="Shop Ltd", language="en")
    reason = refused(policy, question, evidence, "Mattresses")
    assert reason.kind == kind
    assert "help@shop.example" in reason.message


def test_a_question_about_another_matter_is_told_so_in_plain_words(policy: Policy) -> None:
    far = "That does not look like a question about 云帆隐私政策."
    translated = replace(policy, translations={policy.root.id: ("We collect data.",)})
    assert refused(translated, "how is the weather", OFF_TOPIC).message.startswith(far)
    assert refused(policy, "今天天气怎么样", OFF_TOPIC).message.startswith("这个问题看起来与《云帆隐私政策》无关。")
    assert "the policies" in refusal("how is the weather", (), "en").message


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("一、收集\n我们收集日志。\n二、如何联系我们\n电话 400-000-1234。", "400-000-1234"),
        ("1. Data\n1.1 We keep logs.\n2. How to contact us\nCall +44 (0)1603 555010.", "+44 (0)1603 555010"),
        ("1. Data\n1.1 We keep logs. Partners: ads@partner.example\n2. Law\nIrish law.", ""),
        ("一、收集\n我们收集日志。\n二、怎么找到我们\n电话：0577-5550 1234（工作日）", "0577-5550 1234"),
        ("一、收集\n我们收集日志。\n二、客服\n请拨打95599。", "95599"),
        # No title says so.
        ("一、收集\n我们收集日志。\n二、其他\n如有疑问，可拨打热线或发送邮件至 a@co.example。", "a@co.example"),
        (
            "一、收集\n我们收集日志。\n二、争议\n由法院管辖。\n客服电话：400-555-0233，服务时间9:00-22:00。",
            "400-555-0233",
        ),
        ("1. Data\n1.1 We keep logs.\n2. Law\nIrish law. For anything else e-mail help@co.example.", "help@co.example"),
        ("1. Data\n1.1 We keep logs.\n2. Law\nIrish law. Any day you can call +44 1603 555010.", "+44 1603 555010"),
        ("1. Data\n1.1 We keep logs.\n2. Law\nIrish law. Call us (01603 555010) any day.", "01603 555010"),
        ("1. Data\n1.1 We keep logs.\n2. Law\nIrish law. Call us on (01603) 555010.", "(01603) 555010"),
        # For other matters than questions.
        ("1. Data\n1.1 We keep logs.\n2. Law\nOpt out by writing to optout@co.example.", ""),
        ("一、收集\n我们收集日志。\n二、如何联系我们\n请拨打客服电话10099，或使用在线客服。", "10099"),
        ("一、收集\n我们收集日志。\n二、其他\n不满意的，还可以这样反馈：map@co.example", "map@co.example"),
        # Not the company's.
        (
            "P\n客服热线：95577\n一、收集\n我们收集日志。\n二、释义\n关联公司指云桥公司，邮箱 b@bridge.example。",
            "95577",
        ),
        (
            "一、收集\n我们收集日志。\n二、联系我们\n歌曲侵权的请致信 song@co.example。\n其他问题：a@co.example。",
            "a@co.example",
        ),
        ("一、收集\n我们收集日志。\n二、联系我们\n可在官网留言。\n沪ICP备19283746号 QQ：55512345", ""),
        ("一、收集\n我们收集日志。\n二、其他\n您可向市场监管部门投诉，热线：12315-1234567。", ""),
        ("1. Data\n1.1 We keep logs.\n2. Law\nYou may call the regulator on 0303 123 1113.", ""),
        ("一、收集\n我们收集日志。\n二、第三方SDK\n高德：客服邮箱 amap@partner.example", ""),
        # The number of a town is none that one calls, that of a courier is.
        ("1. Data\n1.1 We keep logs.\n2. Contact\nCo GmbH, Ringweg 9, 10119 Berlin. We have no telephone.", ""),
        ("1. Data\n1.1 We keep logs.\n2. Contact\nCall 95338 Monday to Friday.", "95338"),
    ],
)
def test_whom_to_ask_is_read_from_the_clause_about_it(text: str, contact: str) -> None:
    language = language_of(text)
    policy = parse(text, id="p", title="P", company="Co", language=language)
    words = "日志" if language == "zh" else "keep logs"
    message = refused(policy, "指纹存几年" if language == "zh" else "what about my dog", CLOSE, words).message
    if contact:
        assert f"Co：{contact}" in message or f"Co: {contact}" in message, message
    else:
        assert "Co" not in message


def test_an_address_that_is_named_like_the_company_is_its_own() -> None:
    text = "1. Data\n1.1 We keep logs; {partner}.\n2. Final\nSkerry Lamps A/S, 9 Quay; service@{domain}.example."
    for domain, contact in (("skerrylamps", "service@skerrylamps.example"), ("paywell", "")):
        written = text.format(partner="Paywell gets it (privacy@paywell.example)", domain=domain)
        assert contact_of(parse(written, title="Terms", company="Skerry Lamps A/S", language="en")) == contact


def test_a_company_is_named_where_the_title_is_no_name(policy: Policy) -> None:
    asking = replace(policy, title="云帆：云帆如何处理您的个人信息？")
    assert refused(asking, "指纹存几年", CLOSE).message.startswith("云帆科技政策没有说明这一点。")


def test_a_policy_without_a_name_has_an_article(policy: Policy) -> None:
    named = replace(policy, title="Privacy Notice", language="en")
    reason = refusal("what about fingerprints", [hit(named, "手机号码", evidence=CLOSE)], "en")
    assert reason.message.startswith("The Privacy Notice does not state this.")


def test_a_period_is_not_answered_by_a_clause_that_gives_none(policy: Policy) -> None:
    close = Evidence(scope=5.0, similarity=0.5, coverage=1.0, concepts=1.0)
    hits = [hit(policy, "通讯录", score=4.0, evidence=close)]
    assert answerability("为什么不收集通讯录", hits) > 0 > answerability("通讯录保存多久", hits)


def test_a_value_that_no_text_of_the_policy_holds_is_not_answered(policy: Policy) -> None:
    # However sure all else is: hours stand nowhere in it, a period in another clause.
    hits = [hit(policy, "客服电话", score=9.0, evidence=replace(ANSWERED, similarity=0.95))]
    assert answerability("客服电话怎么打", hits) > 0 > answerability("客服几点下班", hits)
    longer = parse(f"{policy.text}四、其他\n客服工作时间为9:00至18:00。", id="yunfan")
    near = hit(longer, "9:00至18:00", score=8.0, evidence=ANSWERED)
    assert answerability("客服几点下班", [replace(hits[0], policy=longer), near]) > 0
    unknown = [hit(policy, "客服电话", evidence=UNKNOWN_MODEL)]
    assert answerability("客服电话怎么打", unknown) > 0 > answerability("客服几点下班", unknown)


def test_the_policy_itself_is_not_named_as_its_closest_clause() -> None:
    policy = parse(
        "云帆隐私政策\n更新日期：2024年1月2日\n一、收集\n我们收集您的手机号码。", id="yunfan", title="云帆隐私政策"
    )
    near = Evidence(scope=5.0, similarity=0.5)
    told = refusal("谁写的", [hit(policy, "更新日期", evidence=near)], "zh").message
    assert "最接近" not in told
    assert "最接近" in refusal("谁写的", [hit(policy, "手机号码", evidence=near)], "zh").message


def test_a_value_of_something_else_is_no_answer() -> None:
    text = "一、注销\n我们在八日内注销账号。\n二、答复\n我们在十日内答复您。\n三、其他\n会员可以退课。"
    policy = parse(text, id="days", title="说明")
    close = Evidence(scope=5.0, similarity=0.57, coverage=0.6, concepts=0.5)
    period = hit(policy, "十日", score=5.0, evidence=close)
    assert answerability("退课怎么办理", [period]) > 0 > answerability("退课要几天", [period])
    # So it is where the thing is named without a value; but not where one of those with a value has a word of it.
    course = hit(policy, "退课", score=5.0, evidence=close)
    assert answerability("退课要几天", [course, period]) < 0
    assert answerability("账号退课要几天", [period, hit(policy, "八日", evidence=close)]) > 0
    # A word may be one character, and no part of a longer one.
    assert answerability("答要几天", [period]) > 0 > answerability("答案要几天", [period])
    # One that is far closer than others may say it in other words.
    assert answerability("退课要几天", [replace(period, evidence=replace(close, similarity=0.66))]) > 0
    # Nor where all that is named stands in it, be it in most clauses.
    assert answerability("答复最长要多久", [period]) > 0
    # Nor where a question names nothing but the value.
    assert answerability("请问要多久呢", [period]) > 0
    english = parse("1. Children\nThe wallet is for people aged 16 and over.", id="age", title="Notice", language="en")
    aged = [hit(english, "aged 16", score=2.0, evidence=close)]
    assert answerability("how old do I have to be?", aged) > 0 > answerability("how old is the swimming pool?", aged)
    # What 我的 and the like come to is no word of it.
    assert answerability("我的课几天能退", [period]) < 0
    far = [hit(english, "aged 16", score=7.0, evidence=close)]
    assert answerability("how old is the swimming pool?", far) > 0
    # Words of another language, and another model, do not tell.
    assert answerability("how many days does it take?", [period]) > 0
    assert answerability("退课要几天", [replace(period, evidence=UNKNOWN_MODEL)]) > 0


def test_a_value_that_only_a_clause_far_behind_holds_is_no_answer() -> None:
    policy = parse("一、借款\n借款不超过两万元。\n二、报销\n借款的报销单在十日内提交。", id="loans", title="说明")
    close = Evidence(scope=5.0, similarity=0.6, coverage=0.6, concepts=0.5)
    loan = hit(policy, "两万元", score=5.0, evidence=close)
    slip = hit(policy, "十日", score=4.0, evidence=close)
    assert (
        answerability("借款多久要还", [loan, slip])
        > 0
        > answerability("借款多久要还", [loan, replace(slip, score=2.5)])
    )
    assert answerability("借款找谁", [loan, replace(slip, score=2.5)]) > 0


def test_who_wants_several_values_is_answered_where_there_is_one() -> None:
    policy = parse("一、借款\n借款不超过两万元。\n二、还款\n借款在十日内还。", id="loans", title="说明")
    close = Evidence(scope=5.0, similarity=0.6, coverage=0.6, concepts=0.5)
    loan, days = hit(policy, "两万元", score=5.0, evidence=close), hit(policy, "十日", score=4.0, evidence=close)
    assert answerability("借款多少钱多久还", [loan, days]) > 0 > answerability("借款多少钱几点还", [loan, days])
    far = replace(hit(policy, "十日", evidence=close), score=1.0)
    assert answerability("借款多少钱多久还", [loan, far]) > 0 > answerability("借款多久还", [loan, far])


@pytest.mark.parametrize(
    ("question", "text", "answered"),
    [
        ("几点关门", "9:00—20:30开放", True),
        ("几点开门", "工作时间：9:00—18:00", True),
        ("酒吧几点关门", "9:00—20:30开放", False),
        ("what time do you open", "Ask us from 9:00 to 18:00", True),
        ("what time does the bar open", "The gym is open from 9:00 to 18:00", False),
    ],
)
def test_what_hours_are_asked_with_names_nothing_that_has_them(question: str, text: str, *, answered: bool) -> None:
    policy = parse(f"1. A\n{text}", id="hours", title="H", language=language_of(question))
    close = Evidence(scope=5.0, similarity=0.54, coverage=0.6, concepts=0.5)
    assert (answerability(question, [hit(policy, text, score=2.0, evidence=close)]) > 0) is answered


def test_the_number_of_another_is_no_contact() -> None:
    text = (
        "一、服务\n（一）常用电话如下：\n- 燃气抢修：0576-8777-2222\n- 值班电话：0576-8123-4567，物业代为转接\n- 开锁：\
物业可以联系锁匠"
    )
    policy = parse(text, id="calls", title="云栖里住户手册", company="恒安物业")
    close = Evidence(scope=5.0, similarity=0.57, coverage=0.6, concepts=0.5, familiarity=0.6)
    listed = hit(policy, "常用电话", score=4.0, evidence=close)
    assert listed.is_list
    assert answerability("燃气公司电话", [listed]) > 0 > answerability("业委会的电话", [listed])
    # Of a list, only the item with the number counts.
    assert answerability("锁匠的电话", [listed]) < 0
    # The company's own number need not be said to be whose.
    assert answerability("你们公司的电话", [listed]) > 0 < answerability("恒安物业的电话", [listed])


def test_the_number_of_the_house_is_not_that_of_somebody_in_it() -> None:
    text = "1. Us\nCall the surgery on 01603 555 0110. Dr Ahmed sees children.\n2. Staff\nDr Ahmed and nurse Lind."
    policy = parse(text, id="surgery", title="Surgery Rules", language="en")
    close = Evidence(scope=5.0, similarity=0.66, coverage=0.6, concepts=0.5)
    apart = parse(text.replace(" Dr Ahmed sees children.", ""), id="apart", title="Surgery Rules", language="en")
    asked = "what is Dr Ahmed's phone number"
    assert answerability(asked, [hit(apart, "Call the surgery", score=4.5, evidence=close)]) < 0
    assert answerability("what is your phone number", [hit(apart, "Call the surgery", score=4.5, evidence=close)]) > 0
    # Beside the number it may be his.
    assert answerability(asked, [hit(policy, "Call the surgery", score=4.5, evidence=close)]) > 0


def test_who_wants_but_a_contact_is_told_of_the_one_that_there_is() -> None:
    text = "1. Us\nOrla Kites Ltd, 4 Pier Road, Hull HU1 1AA.\n2. Days\nWe lend kites at weekends."
    policy = parse(text, id="kites", title="Kite Rules", language="en")
    vague = Evidence(scope=-2.0, similarity=0.45, coverage=0.0, concepts=0.0, unmentioned=("address",))
    hits = [hit(policy, "Orla", score=3.0, evidence=vague)]
    assert answerability("what's your address", hits) >= 0 > answerability("what's the email address of Finn", hits)
    # However many are before it: addresses of other kinds are spoken of everywhere.
    others = [hit(policy, "We lend", score=3.5, evidence=vague)] * 3
    assert answerability("what's your address", [*others, *hits]) >= 0
    (first,) = selected("what's your address", [*others, *hits])
    assert first is hits[0]


def test_the_value_that_is_wanted_is_no_thing_that_is_not_mentioned() -> None:
    policy = parse("1. Staff\nNurse Lind works here. Call 01603 555 0110.", id="staff", title="Rules", language="en")
    unheard = Evidence(scope=2.0, similarity=0.6, coverage=0.5, unmentioned=("phone number",))
    said = refused(policy, "what is nurse Lind's phone number", unheard, "Nurse Lind").message
    assert "does not mention" not in said


def test_the_words_that_ask_for_a_value_do_not_say_of_what() -> None:
    text = (
        "1. Copies\nA copy of your file costs 4 euros.\n2. Kayaks\nKayaks are lent to members.\n3. Moorings\nNo vessel \
may be longer than 9 metres."
    )
    policy = parse(text, id="boats", title="Club rules", language="en")
    close = Evidence(scope=5.0, similarity=0.5, coverage=0.5, concepts=0.5)
    copy, kayak, boat = (hit(policy, words, score=4.0, evidence=close) for words in ("costs 4", "Kayaks are", "vessel"))
    assert answerability("how much does a copy cost", [copy, kayak]) > 0
    assert answerability("how much does a kayak cost", [copy, kayak]) < 0
    # A clause that holds such a value and is far closer than others may say it in other words.
    asked = "how tall can my dinghy be"
    assert answerability(asked, [boat, copy]) < 0
    assert answerability(asked, [replace(boat, evidence=replace(close, similarity=0.66)), copy]) > 0


def test_a_value_beside_all_that_it_is_asked_of_is_told_however_little_else_is_said() -> None:
    text = (
        "一、来访\n儿童（指不满十岁的人）须有家长陪同。\n二、寄存\n寄存收费五元。\n三、插件\n海图推送（com.haitu.push）"
    )
    policy = parse(text, id="hall", title="来访须知")
    odd = Evidence(scope=2.0, similarity=0.38, coverage=0.3, concepts=0.4, familiarity=0.8)
    child, fee, sdk = (hit(policy, words, score=5.0, evidence=odd) for words in ("不满十岁", "五元", "海图"))
    assert answerability("几岁算儿童", [child]) >= 0 > answerability("几岁算老人", [child])
    assert answerability("寄存要收钱吗", [fee]) >= 0 > answerability("停车要收钱吗", [fee])
    # One character that both have is no more than that, beside a word of which the clause has none.
    assert answerability("停车位寄多少钱", [fee]) < 0
    assert answerability("海图推送的包名", [sdk]) >= 0 > answerability("云图推送的包名", [sdk])


def test_the_name_of_a_package_is_found_as_it_is_asked() -> None:
    policy = parse("一、插件\n使用 com.haitu.push（海图）。\n二、其他\n日志保存三年。", id="sdk", title="说明")
    odd = Evidence(scope=2.0, similarity=0.4, coverage=0.4, concepts=0.0, familiarity=0.7)
    hits = [hit(policy, "海图", evidence=odd)]
    assert answerability("com.haitu.push 是谁家的", hits) >= 0 > answerability("com.haitu.pay 是谁家的", hits)
    # Another value of it is not told by its name.
    assert answerability("com.haitu.push 几点更新", hits) < 0


def test_who_gets_it_is_not_told_by_a_clause_about_something_else(policy: Policy) -> None:
    odd = Evidence(scope=5.0, similarity=0.6, coverage=0.3, concepts=0.0)
    about = replace(odd, concepts=0.5)
    assert answerability("谁能看到我的聊天记录", [hit(policy, "IMEI", evidence=odd)]) < 0
    assert answerability("谁能看到我的聊天记录", [hit(policy, "IMEI", evidence=about)]) > 0


def test_what_no_clause_gives_is_not_answered_however_close_one_is() -> None:
    text = (
        "1. Officer\nOur data protection officer is Ann Lee.\n2. Logs\nCall +44 1603 555010 about the officer's logs."
    )
    policy = parse(text, id="officer", title="Notice", language="en")
    close = Evidence(scope=5.0, similarity=0.58, coverage=0.5, concepts=0.5)
    hits = [hit(policy, "data protection", score=5.0, evidence=close)]
    asked = "what is the phone number of your officer"
    assert answerability("is there an officer", hits) > 0 > answerability(asked, hits)
    # What another gives may be what is asked for after all.
    far = replace(hit(policy, "about the officer", evidence=close), sentence_scores=(1.0,))
    assert answerability(asked, hits) < answerability(asked, [*hits, far])


def test_a_company_that_the_policy_does_not_name_is_refused(policy: Policy) -> None:
    known = Evidence(scope=5.0, similarity=0.5, coverage=1.0, concepts=0.5)
    stranger = replace(known, unmentioned=("TikTok",), stranger=True)
    odds = [answerability("会接入 TikTok 吗", [hit(policy, "IMEI", evidence=one)]) for one in (known, stranger)]
    assert odds[0] > 0 > odds[1]


@pytest.mark.parametrize(
    ("question", "unmentioned", "concepts", "is_answered"),
    [
        ("怎么注销账号", ("注销账号",), 0.0, False),
        ("注销以后多久删掉", ("注销以后",), 0.0, False),
        ("how do I close my account", ("close my account",), 0.0, False),
        # What else is asked about may be in the clause, unless that is said of everything.
        ("怎么注销账号", ("注销账号",), 0.4, True),
        ("注销以后数据留多久", ("注销以后",), 0.1, False),
        ("怎么注销账号", (), 0.0, True),
        ("蓝牙权限用来干什么", ("蓝牙权限",), 0.4, False),
        ("为什么要剪切板权限", ("剪切板",), 0.4, False),
        ("剪切板的内容会存吗", ("剪切板",), 0.4, True),
        # What is no right may be spoken of in other words.
        ("身高会不会给别人", ("身高",), 0.0, True),
    ],
)
def test_a_right_or_permission_of_which_the_policy_never_speaks_is_not_that_of_another_clause(
    policy: Policy, question: str, unmentioned: tuple[str, ...], concepts: float, is_answered: bool
) -> None:
    close = Evidence(scope=5.0, similarity=0.65, coverage=0.3, concepts=concepts, unmentioned=unmentioned)
    assert (answerability(question, [hit(policy, "手机号码", evidence=close)]) > 0) is is_answered


@pytest.mark.parametrize(
    ("question", "is_answered"),
    [
        ("会收集我的血型吗", False),
        ("会不会采集指纹", False),
        ("do you collect my blood type?", False),
        ("会收集我的手机号吗", True),
        ("do you collect my phone number", True),
        # Who asks what is collected, or what is done with it, may be told by what holds for all data.
        ("收集血型做什么", True),
        ("what blood type data do you take", True),
        ("血型会给别人吗", True),
        ("会收集什么吗", True),
    ],
)
def test_that_something_else_is_collected_is_no_answer(policy: Policy, question: str, is_answered: bool) -> None:
    close = Evidence(scope=5.0, similarity=0.65, coverage=0.3, concepts=0.2)
    assert (answerability(question, [hit(policy, "手机号码", evidence=close)]) > 0) is is_answered


def test_a_part_of_a_longer_name_is_not_collected() -> None:
    text = "一、设备\n我们收集设备指纹，用于保障安全。\n二、登录\n我们收集指纹信息，用于登录。"
    policy = parse(text, id="p", title="云巢")
    close = Evidence(scope=5.0, similarity=0.65, coverage=0.3, concepts=0.2)
    asked = [
        answerability("会收集我的指纹吗", [hit(policy, words, evidence=close)]) for words in ("设备指纹", "指纹信息")
    ]
    assert [odds > 0 for odds in asked] == [False, True]


def test_what_personal_information_is_does_not_say_that_it_is_collected() -> None:
    text = "一、设备\n我们收集设备型号。\n二、定义\n个人信息是指能够识别您的各种信息，包括指纹。"
    policy = parse(text, id="p", title="云巢")
    close = Evidence(scope=5.0, similarity=0.65, coverage=0.3, concepts=0.2)
    hits = [hit(policy, words, evidence=close) for words in ("设备型号", "个人信息是指")]
    assert answerability("会收集我的指纹吗", hits) < 0


def test_what_is_said_of_another_permission_is_no_answer(policy: Policy) -> None:
    of = Evidence(scope=5.0, similarity=0.7, coverage=0.5, concepts=0.5)
    assert answerability("相机权限有什么用", [hit(policy, "手机号码", evidence=of)]) > 0
    assert answerability("相机权限有什么用", [hit(policy, "手机号码", evidence=replace(of, other=True))]) < 0


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


def test_what_shares_nothing_with_a_policy_must_be_closer_to_it(policy: Policy) -> None:
    said = replace(ANSWERED, similarity=0.45, concepts=None, coverage=0.0, unseen=0.5, familiarity=0.5)
    clauses = (hit(policy, "手机号码", evidence=one) for one in (said, replace(said, unseen=1.0)))
    odds = [answerability("asdf qwer zxcv", [clause]) for clause in clauses]
    assert odds[0] > 0 > odds[1]


def test_a_value_is_the_likelier_an_answer_the_more_of_what_is_asked_about_stands_beside_it() -> None:
    policy = parse("1、平板电脑每次可借三小时。\n2、电子书阅读器每次可借两周。", title="借阅规则")
    said = Evidence(scope=5.0, similarity=0.45, coverage=0.5, concepts=0.5)
    clauses = [hit(policy, words, evidence=said) for words in ("三小时", "两周")]
    for question in ("平板电脑借多久", "how long may a tablet be lent"):
        odds = [answerability(question, [clause]) for clause in clauses]
        # Words of two languages cannot be compared.
        assert (odds[0] > odds[1]) == (question == "平板电脑借多久"), question


def test_of_markup_alone_nothing_is_asked(policy: Policy) -> None:
    assert is_unclear("<img src=x onerror=alert(1)>", [hit(policy, "手机号码")])
    assert not is_unclear("<b>你们收集IMEI吗</b>", [hit(policy, "手机号码")])
    assert not is_unclear("is it < 5 or > 3 days?", [hit(policy, "手机号码")])


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


@pytest.mark.parametrize("run", ["account", "account ", "a", "delete account "])
def test_what_stands_in_hostile_text_is_found_in_time(run: str) -> None:
    body = (run * 100_000)[:100_000] + "1"
    policy = parse(f"一、收集\n我们收集 IMEI。\n{body}", id="hostile", title="长")
    question = "how do I delete my account"
    assert seconds(lambda: refused(policy, question, replace(UNMENTIONED, unmentioned=("delete my account",)))) < 1.5
