"""Conversations: what a question is understood as, given what was asked before it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant import Answer, Citation, Turn
from assistant.conversation import Condensed, condense
from assistant.questions.topics import topics_of
from assistant.questions.utterances import default_vocabulary
from assistant.text import visible
from assistant.thesaurus import Concept, extended
from tests.conftest import FIXTURES
from tests.timing import seconds

DIALOGUES = (FIXTURES / "dialogues.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+?) \| (?!kind)(\w+) \|(?: (.+))? \|$", DIALOGUES, re.M)
COMPLETE = re.findall(r"^- (.+)$", DIALOGUES, re.M)
BEFORE = ("个推收集什么？", "what does Getui collect?", "手机号保存多久", "怎么注销账号", "do you collect my location?")
NAMES = ("云巢读书", "云巢科技有限公司", "Yunchao", "Lantern Post", "Lantern", "Lantern Post Ltd")
CLAUSES = tuple(("baiju", f"1.2.{number}") for number in range(1, 4))


def understood(conversation: str, names: tuple[str, ...] = ()) -> Condensed:
    *before, question = conversation.split(" / ")
    return condense(question, [Turn(question=asked) for asked in before], names=names)


# --- The table of dialogues ------------------------------------------------------------


def test_the_table_is_read() -> None:
    assert len(ROWS) >= 200
    assert len(COMPLETE) >= 80
    assert {kind for _, kind, _ in ROWS} == {"question", "follow_up", "more", "show", "human", "smalltalk", "unclear"}


@pytest.mark.parametrize(("conversation", "kind", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_a_dialogue_is_understood(conversation: str, kind: str, expected: str) -> None:
    found = understood(conversation)
    assert found.kind == kind
    wanted, _, number = expected.partition(" #")
    if kind == "unclear":
        assert found.reply == wanted
    elif kind == "smalltalk":
        assert found.reply
        assert found.query == conversation.rpartition(" / ")[2]
    else:
        assert found.query == wanted
        assert bool(found.reply) == (kind == "more")
    if number:
        assert int(number) == (found.place if kind == "show" else found.rounds)


@pytest.mark.parametrize("question", COMPLETE)
def test_a_question_that_stands_by_itself_is_left_alone(question: str) -> None:
    unchanged = Condensed(query=question, kind="question")
    assert condense(question, []) == unchanged
    for before in BEFORE:
        found = condense(question, [Turn(question=before)])
        assert replace(found, after=()) == unchanged, before
        assert found.after in ((), (before,))


@pytest.mark.parametrize("conversation", [row[0] for row in ROWS if row[1] == "follow_up"])
def test_what_is_understood_stands_by_itself(conversation: str) -> None:
    """Asking what a follow-up was understood as is asking the same."""
    query = understood(conversation).query
    assert condense(query, []) == Condensed(query=query, kind="question")


def test_a_last_question_is_all_that_matters_once_it_stands_by_itself() -> None:
    long = [Turn(question=asked) for asked in BEFORE]
    assert condense("它保存多久", [*long, Turn(question="你们收集我的照片吗")]).query == "我的照片保存多久"


# --- What no thesaurus knows ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # What is named counts whole, and takes the place of all that it is like.
        ("金卡会员几天内可以退货？ / 普通会员呢？", "普通会员几天内可以退货？"),
        ("普通会员有年费吗 / 那金卡会员呢", "金卡会员有年费吗"),
        ("一线城市住宿标准是多少？ / 二线城市呢？", "二线城市住宿标准是多少？"),
        ("一线城市住宿标准是多少 / 二线呢", "二线城市住宿标准是多少"),
        ("一线城市住宿标准是多少 / 其他城市呢", "其他城市住宿标准是多少"),
        ("总监以上员工能坐商务座吗 / 普通员工呢", "普通员工能坐商务座吗"),
        ("免费用户空间多大 / 付费用户呢", "付费用户空间多大"),
        ("月付套餐能退款吗 / 年付呢", "年付套餐能退款吗"),
        ("寄宿生能回家吗 / 走读生呢", "走读生能回家吗"),
        ("正式员工有年假吗 / 实习生呢", "实习生有年假吗"),
        ("购买金卡会员多少钱 / 普通会员呢", "购买普通会员多少钱"),
        ("一线城市住宿标准是多少？ / 二线城市呢？ / 二线呢", "二线城市住宿标准是多少？"),
        ("Plus 套餐的录像存多久 / 那没有套餐呢", "没有套餐的录像存多久"),
        ("Until when can gold members cancel? / and silver members?", "Until when can silver members cancel?"),
        ("how many days do full-time staff get / part-time staff?", "how many days do part-time staff get"),
        ("do I need a deposit for a single room? / and a double room?", "do I need a deposit for a double room?"),
        ("When is check-in? / and check-out?", "When is check-out?"),
        ("how long do you keep crash reports? / sorry, I meant invoices", "how long do you keep invoices?"),
        # What is of a kind gets no data, as a company does.
        ("do you keep a record of what I looked at? / who else sees it?", "who else sees the record?"),
        ("What does Getui collect? / who else sees it?", "who else sees the data Getui gets?"),
        # So does what only qualifies.
        ("付费用户能登录几台设备 / 免费的呢", "免费用户能登录几台设备"),
        ("电子发票多久能收到 / 纸质的呢", "纸质的发票多久能收到"),
        # Of which part of a longer name the other is told, it does not tell.
        ("出差借款上限多少 / 试用期的呢", "试用期的出差借款上限多少"),
        ("出差住宿标准多少 / 实习生的呢", "实习生的出差住宿标准多少"),
        ("How much is a monthly membership? / and annual?", "How much is an annual membership?"),
        ("Until when can gold members cancel? / and silver?", "Until when can silver members cancel?"),
        ("How much is a small locker? / and a large one?", "How much is a large locker?"),
        ("what does a large locker cost? / small ones?", "what does a small locker cost?"),
        ("Is the Wi-Fi free? / premium too?", "Is the premium Wi-Fi free?"),
        # It takes the place of the whole noun: of all of 微聊内容, and of nothing of 保修.
        ("微聊内容保存多久 / 通话记录呢", "通话记录保存多久"),
        ("微聊内容保存多久 / 通话记录呢 / 那心率", "心率保存多久"),
        ("手机保修多久 / 配件呢", "配件保修多久"),
        # A recording is kept, though to record is done.
        ("贷款资料保存多久 / 监控录像呢", "监控录像保存多久"),
        ("贷款资料保存多久 / 监控录像呢 / 通话录音呢", "通话录音保存多久"),
        # Of some of it.
        ("贷款资料保存多久 / 没批的呢", "没批的贷款资料保存多久"),
        ("贷款资料保存多久 / 没批的呢 / 已结清的呢", "已结清的贷款资料保存多久"),
        # Of somebody else, or of something like it.
        ("空间有多大？ / 免费用户呢？", "对于免费用户，空间有多大？"),
        ("学生有优惠吗 / 老人呢", "老人有优惠吗"),
        ("特价票可以退吗 / 普通会员呢", "对于普通会员，特价票可以退吗"),
        ("付费用户下载限速吗 / 空间呢", "付费用户的空间呢？"),
        ("are dogs allowed? / and children?", "are children allowed?"),
        ("Are small dogs welcome? / and cats?", "Are cats welcome?"),
        ("Can managers travel first class? / what about other staff?", "Can other staff travel first class?"),
        ("can i bring my dog? / and my kids?", "can i bring my kids?"),
        ("when does the pool close? / what about the lockers?", "when do the lockers close?"),
        ("how long is the warranty on phones? / tablets?", "how long is the warranty on tablets?"),
        ("are cracked screens covered? / and water damage?", "is water damage covered?"),
        ("How much does a PayPal withdrawal cost? / and a wire transfer?", "How much does a wire transfer cost?"),
        ("can I charge my car? / and my scooter?", "can I charge my scooter?"),
        ("Can I cancel a group lesson? / and a private one?", "Can I cancel a private lesson?"),
        ("I lost my pass. / how much is a new one?", "how much is a new pass?"),
        ("can alumni borrow books? / how many? / and laptops?", "How many laptops can alumni borrow?"),
        # Of people, of what is asked of or by these.
        ("Is interlibrary loan free? / what about alumni", "For alumni, is interlibrary loan free?"),
        ("who can see my heart rate? / my doctor?", "can my doctor see my heart rate?"),
        ("which companies get my data? / where are they?", "About “which companies get my data”: where are they?"),
        ("how do I refuse cookies? / are they used for ads?", "are cookies used for ads?"),
        ("how much is gold? / and silver?", "how much is silver?"),
        ("how much is gold cover? / and silver?", "how much is silver cover?"),
        # Under other circumstances, which take the place of former ones.
        ("国内出差餐补多少 / 国外呢", "国外出差餐补多少"),
        ("出差补助国内多少 / 国外多少", "出差补助国外多少"),
        ("工作日加班怎么算 / 周末呢", "周末加班怎么算"),
        ("客服几点上班 / 周末呢", "周末，客服几点上班"),
        ("生鲜能退吗 / 拆封了呢", "拆封了，生鲜能退吗"),
        ("when does the gym open? / and on weekends?", "On weekends, when does the gym open?"),
        ("when does it open on weekdays? / and sundays?", "when does it open on sundays?"),
        ("how much is parking for visitors? / and for staff?", "how much is parking for staff?"),
        ("How long are clips kept without a plan? / and with a plan?", "How long are clips kept with a plan?"),
        ("what is the limit in London? / outside London?", "what is the limit outside London?"),
        ("How much can a hotel cost in London? / and elsewhere?", "How much can a hotel cost elsewhere?"),
        ("how much is breakfast? / for children?", "For children, how much is breakfast?"),
        ("Can I return it by post? / and in person?", "Can I return it in person?"),
        ("How do I complain? / and in person?", "In person, how do I complain?"),
        ("how long does a refund take? / and if I paid cash?", "If I paid cash, how long does a refund take?"),
        ("how many days of sick leave do I get? / for bereavement?", "how many days of bereavement do I get?"),
        # What a pronoun stands for is named whole, and what one may do is something too.
        ("who can see my personnel file? / how long is it kept?", "how long is my personnel file kept?"),
        ("Do you keep personnel files? / is it encrypted?", "are personnel files encrypted?"),
        (
            "Do you keep personnel files? / are they encrypted, and who can see them?",
            "are personnel files encrypted, and who can see them?",
        ),
        ("can I bring my dog? / do I need to register it?", "do I need to register my dog?"),
        ("can I freeze my membership? / how much does that cost?", "how much does it cost to freeze my membership?"),
        ("can I leave later? / how much is that?", "how much does it cost to leave later?"),
        ("can I leave later? / how much is it for members?", "how much does it cost to leave later for members?"),
        ("do I get paid for overtime? / how much?", "How much do I get paid for overtime?"),
        ("Are guests allowed? / and at weekends?", "At weekends, are guests allowed?"),
        ("What is the late fee? / is it per day? / when does it start?", "when does the late fee start?"),
        ("can I get a refund? / I paid in cash", "About “can I get a refund”: I paid in cash"),
        ("how many books can I borrow? / I'm a student / and DVDs?", "how many DVDs can I borrow?"),
        ("can I sublet? / even for a week?", "Even for a week, can I sublet?"),
        ("is there a limit on withdrawals? / per day?", "About “is there a limit on withdrawals”: per day?"),
        ("do kids pay? / mine is 4", "About “do kids pay”: mine is 4"),
        ("can I cancel within 14 days? / and after that?", "About “can I cancel within 14 days”: after that?"),
        ("do you do student discounts? / what about teachers", "For teachers, do you do student discounts?"),
        ("is breakfast included? / how much then?", "About “is breakfast included”: how much?"),
        ("do I have to pay? / how much?", "How much do I have to pay?"),
        ("can gold members bring guests? / how many?", "How many guests can gold members bring?"),
        ("文件谁能看到 / 是加密的吗", "文件是加密的吗"),
    ],
)
def test_what_a_follow_up_names_counts_whole(conversation: str, query: str) -> None:
    found = understood(conversation)
    assert (found.kind, found.query) == ("follow_up", query)
    assert condense(query, []) == Condensed(query=query, kind="question")


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        (
            "How much is a monthly membership? / and annual? / what about students?",
            "For students, how much is an annual membership?",
        ),
        (
            "How much is a monthly membership? / what about students? / and pensioners?",
            "For pensioners, how much is a monthly membership?",
        ),
        ("How much is a membership? / what about students? / can I freeze it?", "can I freeze the membership?"),
        ("how much is breakfast? / for children? / when is it served?", "when is breakfast served?"),
        ("how much is parking? / on sundays? / and on holidays?", "On holidays, how much is parking?"),
        ("月卡多少钱 / 年卡呢 / 学生呢 / 可以随时取消吗", "学生的年卡可以随时取消吗"),
        ("住宿能报多少 / 实习生呢 / 外包人员呢", "对于外包人员，住宿能报多少"),
    ],
)
def test_what_is_asked_for_somebody_is_not_wrapped_again(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # What there is not is a circumstance of the former question.
        ("未成年人可以注册吗 / 没有父母同意呢", "没有父母同意，未成年人可以注册吗"),
        ("未成年人可以注册吗 / 学生呢 / 没有父母同意呢", "没有父母同意，学生可以注册吗"),
        ("可以退货吗 / 没有发票呢", "没有发票，可以退货吗"),
        ("可以退货吗 / 不要发票呢", "不要发票，可以退货吗"),
        ("可以退货吗 / 不是会员呢", "不是会员，可以退货吗"),
        ("可以退货吗 / 有发票呢", "有发票，可以退货吗"),
        ("手机号保存多久 / 没有注销呢", "没有注销，手机号保存多久"),
        ("Can minors train? / without a parent?", "Without a parent, can minors train?"),
        # It is denied once, and what is or is not there takes the place of its like.
        ("未成年人可以来吗 / 没有家长陪同呢 / 没家长呢", "没家长陪同，未成年人可以来吗"),
        ("未成年人可以来吗 / 没有家长陪同呢 / 有家长呢", "有家长，未成年人可以来吗"),
        ("没带卡可以进吗 / 没带手机呢", "没带手机可以进吗"),
        ("我没有手机号可以注册吗 / 没有邮箱呢", "我没有邮箱可以注册吗"),
        ("有孩子可以请假吗 / 没有孩子呢", "没有孩子可以请假吗"),
        ("有效期多久 / 没有发票呢", "没有发票，有效期多久"),
        ("Plus 套餐的录像存多久 / 没有套餐呢", "没有套餐的录像存多久"),
        # What the former question denies stays denied, unless that is what is asked about.
        ("金牌会员免运费吗 / 普通的呢", "普通的会员免运费吗"),
        ("金卡免手续费吗 / 银卡呢 / 普通的呢", "普通的免手续费吗"),
        ("瑜伽课免预约吗 / 动感单车呢", "动感单车免预约吗"),
        ("普通会员无押金吗 / 金卡的呢", "金卡的会员无押金吗"),
        ("员工没有年假吗 / 实习生呢", "实习生没有年假吗"),
        ("普通会员未满一年可以退吗 / 金卡会员呢", "金卡会员未满一年可以退吗"),
        ("金牌会员减免运费吗 / 普通的呢", "普通的会员减免运费吗"),
        ("未满18岁可以办卡吗 / 满18岁呢", "满18岁可以办卡吗"),
        ("不限量套餐多少钱 / 限量套餐呢", "限量套餐多少钱"),
        ("非会员可以用吗 / 会员呢", "会员可以用吗"),
        ("无线网络收费吗 / 有线网络呢", "有线网络收费吗"),
        # What cannot be put so is said as typed, beside the former question.
        ("注销以后我的数据呢 / 我没有手机号了呢", "关于“注销以后我的数据呢”：我没有手机号了呢"),
    ],
)
def test_what_is_denied_stays_denied(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("已经拆封可以退货吗 / 洗过了呢 / 吊牌剪了呢", "吊牌剪了，已经拆封可以退货吗"),
        ("私教课要预约吗 / 提前多久 / 迟到了呢 / 没开始上呢", "没开始上，私教课要预约吗"),
        ("手机坏了怎么办 / 屏幕碎了呢 / 进水呢", "进水了怎么办"),
        ("屏幕碎了怎么办 / 进水呢", "进水了怎么办"),
        ("手机丢了怎么办 / 后来找到了呢", "手机丢了，后来找到了怎么办"),
        ("会自动续费吗 / 年卡呢", "年卡会自动续费吗"),
        ("健身房有教练吗 / 几点到几点", "关于“健身房有教练吗”：几点到几点"),
        ("行李有重量限制吗 / 超过了怎么办 / 丢了呢", "关于“行李有重量限制吗”：丢了怎么办"),
        # What was stated before the question still holds.
        ("我贷款没批下来，资料你们还留着吗 / 留多久", "我贷款没批下来，资料留多久"),
        ("家长可以查看孩子的信息吗 / 14岁以上呢 / 老人呢", "老人可以查看孩子的信息吗"),
        ("客服几点上班 / 周末呢 / 节假日呢", "节假日，客服几点上班"),
        ("What if I am sick? / on the second day? / and my kids?", "For my kids, what if I am sick?"),
        ("What is the hotel limit? / and in London? / with breakfast?", "With breakfast, what is the hotel limit?"),
        ("How long do refunds take? / why so long? / with a card?", "With a card, how long do refunds take?"),
        # Of something else, under the same circumstances.
        ("手机号保存多久 / 在国外呢 / 邮箱呢", "在国外，邮箱保存多久"),
        ("手机号保存多久 / 在国外呢 / 邮箱呢 / 注销以后呢", "注销以后，邮箱保存多久"),
        (
            "when does the gym open? / and on weekends? / and the pool? / and on holidays?",
            "On holidays, when does the pool open?",
        ),
    ],
)
def test_another_circumstance_takes_the_place_of_the_last(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # "It" is one thing, not those who have it.
        ("Do directors have a notice period? / How long is it?", "How long is the notice period for directors?"),
        (
            "Do directors have a notice period? / How long is it? / And for staff?",
            "How long is the notice period for staff?",
        ),
        ("Do members need a badge? / where do I get it?", "where do I get the badge for members?"),
        ("Do staff get a bonus? / when is it paid?", "when is the bonus for staff paid?"),
        # "Them" neither, if one asks to do something that is done to no people.
        ("do part-time staff get annual leave? / can I carry them over?", "can I carry annual leave over?"),
        ("how many days of leave do staff get? / can I carry them over?", "can I carry leave over?"),
        ("do members get guest passes? / can I contact them?", "can I contact members?"),
        ("Do you collect my contacts? / how long do you keep it?", "how long do you keep my contacts?"),
        # Nor is it where something is done, or how long it takes.
        (
            "Can I work from home? / from abroad? / who approves that?",
            "About “Can I work from abroad”: who approves that?",
        ),
        ("How long do refunds take? / why so long?", "About “How long do refunds take”: why so long?"),
        ("What is the limit for hotels? / why so much?", "About “What is the limit for hotels”: why so much?"),
        ("Can I see my file? / where is that stored?", "where is my file stored?"),
    ],
)
def test_it_is_what_is_asked_about(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # Something else that is said to be paid, though the thesaurus knows it as what is done.
        ("Are hotels paid? / and taxis?", "Are taxis paid?"),
        # What is said of them is no thing, though the thesaurus knows those who do it.
        ("are hotels insured? / and taxis?", "are taxis insured?"),
        ("are pets insured? / and guests?", "are guests insured?"),
        ("are parcels insured? / and letters?", "are letters insured?"),
        ("are students insured? / and teachers?", "are teachers insured?"),
        # Nor is what may be done answered for something else that may be had.
        ("Is parking free? / and breakfast?", "Is breakfast free?"),
        ("are refunds taxed? / and vouchers?", "are vouchers taxed?"),
        ("Are hotels paid? / flights? / and taxis? / what about trains?", "Are trains paid?"),
        ("Are cash gifts allowed? / What about gifts under 50 EUR?", "Are gifts under 50 EUR allowed?"),
        # Another place is not who delivers there.
        ("Do you deliver to Germany? / and Austria?", "Do you deliver to Austria?"),
        ("do you deliver to germany? / and austria?", "do you deliver to austria?"),
        ("Do you ship to France? / and to Italy?", "Do you ship to Italy?"),
        ("Do you ship to France? / and Spain and Portugal?", "Do you ship to Spain and Portugal?"),
        ("Do you report to managers? / and directors?", "Do you report to directors?"),
        ("Is travel to Germany paid? / and France?", "Is travel to France paid?"),
        ("Is delivery to New Zealand free? / and South Korea?", "Is delivery to South Korea free?"),
        ("How long does a parcel from Berlin take? / and Paris?", "How long does a parcel from Paris take?"),
        ("Can I use my pass in Spain? / in the US?", "Can I use my pass in the US?"),
        ("can I use my pass in spain? / and in the us?", "can I use my pass in the us?"),
        ("Can I use my pass in Spain? / and in the EU? / and in Japan?", "Can I use my pass in Japan?"),
        ("how long can I stay in Spain / in the us", "how long can I stay in the us"),
        ("Do you offer discounts? / since when", "Since when do you offer discounts?"),
        ("Is travel to Germany paid? / and by car?", "By car, is travel to Germany paid?"),
        # A phrase may begin with its preposition, and an apostrophe may be bent.
        ("do you deliver inside London? / and outside London?", "do you deliver outside London?"),
        ("is it free under 5 kg? / and over 5 kg?", "is it free over 5 kg?"),
        ("can I park inside the gate? / and outside the fence?", "can I park outside the fence?"),
        ("are items under 5 kg free? / and over 5 kg?", "About “are items under 5 kg free”: over 5 kg?"),
        ("can I get a refund? / why can’t I?", "Why can't I get a refund?"),
        ("are children allowed? / and if they’re 15?", "If children are 15, are children allowed?"),
        # Nothing that one has takes the place of what one does.
        ("how do I rent the car? / and the bike?", "About “how do I rent the car”: the bike?"),
        ("how do I rent the car? / not the car, I meant the bike", "About “how do I rent the car”: the bike"),
        # Who does something may be said twice.
        ("can drivers see my number? / do they know where they're going?", "do drivers know where they're going?"),
        (
            "do couriers get my address? / do they delete it once they've delivered?",
            "do couriers delete my address once they've delivered?",
        ),
        # But a company may do as another does.
        ("Does Getui send data to Google? / and Amap?", "Does Amap send data to Google?"),
        ("do you read my location? / and by Amap?", "does Amap read my location?"),
    ],
)
def test_another_takes_the_place_of_its_like(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("生鲜能退吗 / 质量问题呢", "质量问题能退吗"),
        ("怎么撤回授权 / 怎么申请", "撤回授权怎么申请"),
        ("可以停卡吗 / 去哪里申请", "关于“可以停卡吗”：去哪里申请"),
        ("年假怎么算 / 可以提前申请吗", "年假可以提前申请吗"),
        ("退货申请多久处理 / 换货申请呢", "换货申请多久处理"),
        ("怎么申请退款 / 申请换货呢", "怎么申请换货"),
        ("病假几天 / 怎么请假", "怎么请假"),
        ("保修多久 / 怎么邀请", "怎么邀请"),
        # Where it begins what is asked, it is politeness.
        ("个推收集什么 / 请问那高德呢", "高德收集什么"),
    ],
)
def test_words_of_politeness_are_not_cut_out_of_others(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # What is done stays, where the thesaurus has it and the thing as one name.
        ("能删除搜索记录吗 / 订单呢", "能删除订单吗"),
        ("能删除搜索记录吗 / 评论呢", "能删除评论吗"),
        ("怎么删除浏览记录 / 搜索记录呢", "怎么删除搜索记录"),
        ("可以取消订单吗 / 夏令营呢", "可以取消夏令营吗"),
        ("可以更换房间吗 / 车位呢", "可以更换车位吗"),
        ("可以关闭个性化推荐吗 / 广告呢", "可以关闭广告吗"),
        ("可以养狗吗 / 大型犬呢", "可以养大型犬吗"),
        ("怎么找回密码 / 用户名呢", "怎么找回用户名"),
        ("怎么改昵称 / 头像呢 / 手机号呢", "怎么改手机号"),
        ("怎么查话费 / 流量呢", "怎么查流量"),
        ("怎么申请退费 / 赠送的课时呢", "关于“怎么申请退费”：赠送的课时呢"),
        ("如何修改收货地址 / 那电话呢", "如何修改电话"),
        ("怎么删除信息 / 转移呢", "关于“怎么删除信息”：转移呢"),
        ("怎么注销账号 / 那换绑手机呢", "关于“怎么注销账号”：换绑手机呢"),
        ("出差可以报销餐费吗 / 打车费呢", "出差可以报销打车费吗"),
        ("can I delete my search history? / and my orders?", "can I delete my orders?"),
        # A booking is what one has, and no wish to book.
        ("可以取消订单吗 / 预约呢", "可以取消预约吗"),
        ("怎么取消订单 / 预约呢", "怎么取消预约"),
        ("Can I cancel my order? / and my booking?", "Can I cancel my booking?"),
        ("Can I change my delivery address? / and my booking?", "Can I change my booking?"),
        # But what is only done takes the place of all of it.
        ("可以取消订单吗 / 退款呢", "可以退款吗"),
        ("怎么取消订单 / 注销账号呢", "怎么注销账号"),
        ("how do I withdraw my consent? / and my account deletion?", "how do I delete my account?"),
        # Who does it stands before it.
        ("可以养狗吗 / 孩子呢", "孩子可以养狗吗"),
        # Cash is nothing that one does, but a means.
        ("Can I pay by card? / or cash?", "Can I pay by cash?"),
        ("Can I pay by card? / or PayPal?", "Can I pay by PayPal?"),
        ("能刷卡吗 / 现金呢", "关于“能刷卡吗”：现金呢"),
        ("可以订阅吗 / 短信呢", "关于“可以订阅吗”：短信呢"),
    ],
)
def test_a_thing_takes_the_place_of_a_thing_and_not_of_what_is_done(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # A number takes the place of the only one, if it is one of the same.
        ("我17岁能开会员吗 / 18呢", "我18岁能开会员吗"),
        ("我17岁能开会员吗 / 20岁呢", "我20岁能开会员吗"),
        ("3天内能退吗 / 那5呢", "5天内能退吗"),
        ("Can a 17 year old join? / and 18?", "Can an 18 year old join?"),
        ("is a 5 kg dog ok / and 10 kg?", "is a 10 kg dog ok"),
        ("3天内能退吗 / 5个月呢", "关于“3天内能退吗”：5个月呢"),
        ("满18岁的会员能带3个人吗 / 4呢", "关于“满18岁的会员能带3个人吗”：4呢"),
        ("能带宠物吗 / 18呢", "关于“能带宠物吗”：18呢"),
        # A guide dog is no company that may do something, and no company pays with a card.
        ("能带宠物吗 / 猫呢 / 导盲犬呢", "能带导盲犬吗"),
        ("手机号会共享吗 / 导盲犬呢", "导盲犬呢"),
        ("可以刷信用卡吗 / 微信支付呢", "关于“可以刷信用卡吗”：微信支付呢"),
        ("能看到我的位置吗 / 高德呢", "高德能看到我的位置吗"),
        # What qualifies a thing takes the place of what else did.
        ("能开纸质发票吗 / 那电子的呢", "能开电子的发票吗"),
        ("能开发票吗 / 电子的呢", "能开电子的发票吗"),
        ("how long does delivery take? / and express?", "how long does express delivery take?"),
        ("is delivery free? / and express?", "is express delivery free?"),
        # What is done is a circumstance of what else is asked about.
        ("运费谁出 / 那换货呢", "关于“运费谁出”：换货呢"),
        # Whose it is stays as it is, and what is left out is left out.
        (
            "Can children use the pool? / do they need their parents' permission?",
            "do children need their parents' permission?",
        ),
        ("What does Getui collect? / does it share its data?", "does Getui share its data?"),
        (
            "What does the insurance cover? / and what doesn't it?",
            "About “What does the insurance cover”: what doesn't it?",
        ),
    ],
)
def test_what_a_follow_up_names_is_put_where_it_belongs(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # Only what may be done is asked how: no word of the question is lost, nor is 怎么 put before what may not be.
        ("直播课请假有次数限制吗 / 超过了怎么办", "关于“直播课请假有次数限制吗”：超过了怎么办"),
        ("行李有重量限制吗 / 怎么算", "关于“行李有重量限制吗”：怎么算"),
        ("你们有次数限制吗 / 怎么弄", "关于“你们有次数限制吗”：怎么弄"),
        ("星信推送收集什么 / 为什么这么久", "关于“星信推送收集什么”：为什么这么久"),
        ("已经拆封可以退货吗 / 怎么弄", "已经拆封怎么退货？"),
        ("能退款吗 / 怎么办", "怎么退款？"),
        ("你们收集位置吗 / 怎么弄的", "你们怎么收集位置？"),
    ],
)
def test_a_word_that_asks_is_put_where_it_makes_sense(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


def test_what_a_quoting_question_asks_itself_is_asked_too() -> None:
    assert understood("行李有重量限制吗 / 超过了怎么办").after == ("超过了怎么办",)
    assert understood("行李有重量限制吗 / 超过了怎么办 / 丢了呢").after == ("丢了怎么办",)


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # Of a question that quotes another, that one is asked of something else, and the words around it stay.
        ("会员卡能停吗 / 停多久 / 季卡呢", "关于“季卡能停吗”：停多久"),
        ("摊位保证金多少 / 什么时候退 / 固定摊位呢", "关于“固定摊位保证金多少”：什么时候退"),
        ("摊位保证金多少 / 什么时候退 / 供应商呢", "关于“摊位保证金多少”：供应商呢"),
        ("月票能退吗 / 怎么退 / 我是说转让", "关于“月票能退吗”：转让呢？"),
        # To what only a name was added, that is asked of the next.
        ("猫的疫苗多少钱 / 仓鼠呢 / 鹦鹉呢", "关于“猫的疫苗多少钱”：鹦鹉呢"),
        (
            "Can I bring my dog on the tram? / and a ferret? / what about big dogs?",
            "Can I bring big dogs on the tram?",
        ),
        ("Can I cancel my class? / how late? / more than twice?", "About “Can I cancel my class”: more than twice?"),
    ],
)
def test_what_a_question_quotes_is_asked_of_another(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # What may be done to data may not be done to what has a price, and a fee is nothing that is done.
        ("手机号保存多久 / 那转让呢", "手机号会转让吗？"),
        ("金牌讲师一个月能提现几次 / 手续费呢", "关于“金牌讲师一个月能提现几次”：手续费呢？"),
        ("差旅餐补一天多少 / 出境呢", "关于“差旅餐补一天多少”：出境呢？"),
        ("谁审批加班 / 收费呢", "关于“谁审批加班”：收费呢？"),
        ("照片会共享吗 / 费用呢", "关于“照片会共享吗”：费用呢？"),
        # Nor is how long it takes until a refund how long data are kept.
        ("旅行险理赔需要什么材料 / 多久到账", "关于“旅行险理赔需要什么材料”：多久到账"),
    ],
)
def test_no_fee_is_done_and_no_price_is_kept(conversation: str, query: str) -> None:
    assert understood(conversation).query == query
    assert understood(conversation).after in ((), (query.rpartition("：")[2],))


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # What happened is a circumstance, also if the thesaurus knows it.
        ("可以休几天 / 怀孕了呢", "怀孕了，可以休几天"),
        ("可以休几天 / 怀孕了呢 / 流产了呢", "流产了，可以休几天"),
        ("礼品券能拆开用吗 / 过期了呢", "过期了，礼品券能拆开用吗"),
        ("二手相机能退吗 / 到手发现是翻新机呢", "到手发现是翻新机，二手相机能退吗"),
        ("纸箱能托运吗 / 里面有锂电池呢", "里面有锂电池，纸箱能托运吗"),
        # It takes the place of what it is to the contrary of.
        ("租期没满能退押金吗 / 满了呢", "租期满了能退押金吗"),
        ("耳机没拆封能退吗 / 拆封了呢", "耳机拆封了能退吗"),
        ("耳机拆封了能退吗 / 没拆封呢", "耳机没拆封能退吗"),
        ("课程没激活可以转吗 / 已经激活了呢", "课程已经激活了可以转吗"),
        # And an amount that of the same unit; where it cannot be told how, it is not said twice.
        ("3天内能退吗 / 超过5天呢", "关于“3天内能退吗”：超过5天呢"),
        ("机票能报销吗 / 500元以上呢", "500元以上，机票能报销吗"),
        # Nothing is asked under a condition that is no question itself.
        ("宝宝发热能上早教课吗 / 咳嗽呢 / 退烧两天了呢", "退烧两天了，宝宝发热能上早教课吗"),
        ("Can I fly with a drone? / two of them? / in hand luggage?", "In hand luggage, can I fly with a drone?"),
    ],
)
def test_a_circumstance_is_not_added_to_its_contrary(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("寄存一小时多少钱 / 两小时呢", "寄存两小时多少钱"),
        ("晚到15分钟还能上课吗 / 晚到30分钟呢", "晚到30分钟还能上课吗"),
        ("晚到15分钟还能上课吗 / 半小时呢", "关于“晚到15分钟还能上课吗”：半小时呢"),
        ("未满12岁可以滑雪吗 / 满12岁呢", "满12岁可以滑雪吗"),
        ("M2能住单间吗 / M4呢", "M4能住单间吗"),
        ("T3级别能配显示器吗 / T5呢", "T5级别能配显示器吗"),
        ("P3和P4能坐软卧吗 / P6呢", "对于P6，P3和P4能坐软卧吗"),
        ("Can grade 4 staff fly business? / grade 6?", "Can grade 6 staff fly business?"),
        ("What is the fee if I am late? / two hours late?", "About “What is the fee if I am late”: two hours late?"),
    ],
)
def test_a_number_takes_the_place_of_its_like(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("可以骑去青海吗 / 那甘肃呢", "可以骑去甘肃吗"),
        ("能送到县城吗 / 送到乡下呢", "能送到乡下吗"),
        ("能送到县城吗 / 送到乡下呢 / 西藏呢", "能送到西藏吗"),
        ("能寄到家吗 / 寄到单位呢", "能寄到单位吗"),
        ("能寄蜂蜜吗 / 寄到日本呢", "寄到日本，能寄蜂蜜吗"),
        ("在上海能报销打车吗 / 北京呢", "在北京能报销打车吗"),
        ("住宿补贴一晚多少 / 深圳呢", "在深圳，住宿补贴一晚多少"),
        ("住宿补贴一晚多少 / 深圳呢 / 成都呢", "在成都，住宿补贴一晚多少"),
    ],
)
def test_a_place_takes_the_place_of_a_place(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # Which of the things asked about: the thing stays.
        ("收据可以补打吗 / 电子的呢", "电子的收据可以补打吗"),
        ("季卡能转让吗 / 过期的呢", "过期的季卡能转让吗"),
        ("普通订单能改地址吗 / 特价的呢", "特价的订单能改地址吗"),
        ("社保卡丢了怎么补办 / 外籍的呢", "关于“社保卡丢了怎么补办”：外籍的呢"),
        # What is nothing special is none of those that are.
        ("银卡有折扣吗 / 普通的呢", "普通的有折扣吗"),
        # Of two things it cannot be told which one leaves its place.
        ("Does the pass cover the pool? / and the sauna?", "About “Does the pass cover the pool”: the sauna?"),
    ],
)
def test_which_of_the_things_is_asked_about_is_said_of_them(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("能养兔子吗 / 养鹦鹉呢", "能养鹦鹉吗"),
        ("次卡可以转让吗 / 转三次呢", "关于“次卡可以转让吗”：转三次呢"),
        ("次卡可以转让吗 / 上面说的那个费用谁出", "关于“次卡可以转让吗”：上面说的那个费用谁出"),
        (
            "Is the lens covered by warranty? / if I dropped it?",
            "If I dropped the lens, is the lens covered by warranty?",
        ),
        ("Can tourists rent a boat? / what about Oslo residents?", "Can Oslo residents rent a boat?"),
        (
            "Can guests borrow a bike? / for how long? / what if it breaks?",
            "About “For how long can guests borrow a bike”: what if it breaks?",
        ),
        (
            "Can drivers work from home? / how many days a week? / abroad?",
            "About “Can drivers work from home”: abroad?",
        ),
    ],
)
def test_what_has_no_sense_in_the_words_of_the_former_question_is_said_beside_it(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # Of ways and places at the end of a question, one takes the place of another, however it is led to.
        ("can I pay by card? / and in cash?", "can I pay in cash?"),
        ("can I renew it by phone? / and on the website?", "can I renew it on the website?"),
        ("can I swap tickets online? / and at the box office?", "can I swap tickets at the box office?"),
        ("can I hand in the form at reception? / and online?", "can I hand in the form online?"),
        ("can I settle the bill by card? / and with vouchers?", "can I settle the bill with vouchers?"),
        ("may I vape on the terrace? / and in the courtyard?", "may I vape in the courtyard?"),
        ("do I earn points on Saver? / and for Smart and Max?", "do I earn points on Smart and Max?"),
        # A time is none of these.
        ("do you ship in Malta? / and on Sundays?", "On Sundays, do you ship in Malta?"),
        ("can I park at the depot? / and in the evening?", "In the evening, can I park at the depot?"),
        # What says which thing is meant may stay, or go.
        (
            "is there a cap on claims? / and at partner clinics?",
            "About “is there a cap on claims”: at partner clinics?",
        ),
        # One that is somebody's leaves its place to any, and whose it was goes with it.
        ("may I wear my watch in the lab? / and a ring?", "may I wear a ring in the lab?"),
        ("who can book rooms? / and desks?", "who can book desks?"),
        (
            "do I need a form to enter a race? / and a marathon?",
            "About “do I need a form to enter a race”: a marathon?",
        ),
        ("may I hire a boat? / what if I'm 17?", "About “may I hire a boat”: what if I'm 17?"),
        # For what something is asked is not what is asked of.
        ("when are rents due? / and for the garage?", "For the garage, when are rents due?"),
        ("may I film the concert? / and with a tripod?", "With a tripod, may I film the concert?"),
    ],
)
def test_another_way_or_place_takes_the_place_of_the_former(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # A thing is one of those that one may bring, where it cannot be where one does.
        ("what may I wear at the wedding? / and my trainers?", "may I wear my trainers at the wedding?"),
        ("What can we leave in the shed? / what about a kayak?", "Can we leave a kayak in the shed?"),
        ("what should I pack? / and sunscreen?", "should I pack sunscreen?"),
        ("what do I need for the driving test? / and a passport?", "do I need a passport for the driving test?"),
        ("what may I wear to the dinner? / and the reception?", "what may I wear to the reception?"),
    ],
)
def test_what_one_may_do_with_things_is_asked_of_one_of_them(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("how do I object? / does it cost anything?", "does it cost anything to object?"),
        ("can I rename my account? / do I have to pay for that?", "do I have to pay to rename my account?"),
        ("may I swap seats? / is there a fee for it?", "is there a fee to swap seats?"),
        ("can I resit the test? / does it take long?", "does it take long to resit the test?"),
        ("how do we report damage? / how long does that take?", "how long does it take to report damage?"),
        ("are spare keys kept? / does it cost extra?", "About “are spare keys kept”: does it cost extra?"),
    ],
)
def test_what_it_costs_is_asked_of_doing_what_one_may(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # A pronoun stands for all the words of a thing, and for none that say what it does or what is done to it.
        ("is there a weekend surcharge? / when do I pay it?", "when do I pay the weekend surcharge?"),
        ("does the gym pass cover the sauna? / can I renew it?", "can I renew the gym pass?"),
        ("Is there a late fee? / who sets it?", "who sets the late fee?"),
        ("can I keep my bike in the cellar? / where can I lock it?", "where can I lock my bike?"),
        ("Can New York residents hire a boat? / do they need a permit?", "do New York residents need a permit?"),
        ("are our files hosted abroad? / who can read them?", "who can read our files?"),
        # Nobody is an "it", and no thing is a "he".
        ("can my 7 year old ski alone? / how much is it?", "About “can my 7 year old ski alone”: how much is it?"),
        ("can my 7 year old ski alone? / does he need a pass?", "does my 7 year old need a pass?"),
        (
            "Is ID needed at the bar? / does he need to be 18?",
            "About “Is ID needed at the bar”: does he need to be 18?",
        ),
        ("can I bring my parrot? / does she need a cage?", "does my parrot need a cage?"),
        # What is approved is all that is asked about, and a circumstance is none of it.
        (
            "can I trade shifts with a friend? / who approves it? / and on holidays?",
            "On holidays, can I trade shifts with a friend?",
        ),
        (
            "may we dine out? / and on trips over a week? / who allows it?",
            "About “On trips over a week, may we dine out”: who allows it?",
        ),
        # Whom one turns to is asked whatever about.
        ("do you share my address with advertisers? / who do I contact about that?", "who do I contact"),
        ("do you keep my photos? / how can I complain to you about it", "how can I complain to you"),
        ("do you keep my photos? / who can tell me about it", "who can tell me about my photos"),
    ],
)
def test_a_pronoun_stands_for_all_of_a_thing(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("may I keep the vouchers? / and sell them?", "About “may I keep the vouchers”: sell them?"),
        ("how do I book a court? / and cancel it?", "About “how do I book a court”: cancel it?"),
        ("how do I book a court? / can I do it by text?", "About “how do I book a court”: can I do it by text?"),
        ("may I sell my season pass? / and give it away?", "About “may I sell my season pass”: give it away?"),
        ("may my son use the sauna? / he is 12", "About “may my son use the sauna”: he is 12"),
        ("do cooks get tips? / how much?", "About “do cooks get tips”: how much?"),
        ("can I exchange a coat? / how long do I have?", "About “can I exchange a coat”: how long do I have?"),
        ("may guests swim? / until what age?", "About “may guests swim”: until what age?"),
        ("Can a client pay for my hotel? / and supper?", "Can a client pay for my supper?"),
        ("do you take cheques? / and Amex?", "About “do you take cheques”: Amex?"),
        # Of what is somebody's there is no other owner, and where one goes is one place.
        ("can my son swim here? / and his friend?", "can my son's friend swim here?"),
        ("may I park my van in the yard? / and my trailer?", "may I park my trailer in the yard?"),
        ("may I take my tools to the annexe? / and to the roof?", "may I take my tools to the roof?"),
    ],
)
def test_no_words_are_put_where_they_make_no_sense(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


@pytest.mark.parametrize("asked", ["and staff?", "what about agents?"])
def test_people_may_be_asked_of_who_could_help_too(asked: str) -> None:
    assert understood(f"Can students borrow bikes? / {asked}").kind != "human"
    assert understood("Can students borrow bikes? / can I talk to a person?").kind == "human"


@pytest.mark.parametrize(
    "conversation",
    [
        # What may be another matter is looked for by itself, beside the former question.
        "How many days of annual leave do I get? / what about dogs?",
        "can I carry annual leave over? / what about dogs?",
        "Can saver bookings be cancelled? / what about breakfast?",
        "my lock was idle / will you warn me first? / what about dogs?",
        # What has its own subject and asks is a question.
        "工作日几点开门 / 周末几点开门",
        "基础版多少钱 / 企业版多少钱",
        "婚假几天 / 试用期能请假吗",
        "are dogs allowed? / can I freeze my membership?",
    ],
)
def test_a_follow_up_on_another_matter_stands_by_itself(conversation: str) -> None:
    question = conversation.rpartition(" / ")[2]
    assert understood(conversation).query == question


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("关闭集章卡会怎样 / 那手机号呢", "关闭手机号会怎样"),
        ("怎么关闭定位 / 那集章卡呢", "怎么关闭集章卡"),
        ("一、墨舟和高德收集什么 / 后者保存多久", "高德保存多久"),
        ("are hotels insured? / and lockers?", "are lockers insured?"),
    ],
)
def test_a_follow_up_is_read_with_the_names_of_the_policies_own(conversation: str, query: str) -> None:
    own = (
        Concept(id="mozhou", kind="vendor", zh=("墨舟",), en=("Inkboat",)),
        Concept(id="stamp_card", kind="data_item", zh=("集章卡",), en=("stamp card",)),
        Concept(id="locker", kind="data_item", zh=("包裹柜",), en=("lockers",)),
    )
    former, question = conversation.split(" / ")
    assert condense(question, [Turn(question=former)], thesaurus=extended(own)).query == query


@pytest.mark.parametrize(
    "conversation",
    [
        "客服几点上班 / 周末呢",
        "工作日加班怎么算 / 周末呢",
        "展厅周末开放吗 / 放映室呢",
        "when does the gym open? / and on weekends?",
        "when does it open on weekdays? / and sundays?",
        "do you deliver on sundays / is it free",
    ],
)
def test_a_time_is_a_circumstance_though_a_policy_has_a_name_for_it(conversation: str) -> None:
    own = (Concept(id="weekend", kind="term", zh=("周末",), en=("weekends", "weekdays", "sundays")),)
    former, question = conversation.split(" / ")
    found = condense(question, [Turn(question=former)], thesaurus=extended(own))
    assert found.query == understood(conversation).query


@pytest.mark.parametrize("unit", ["金卡会员", "gold members ", "a-", "for the ", "以上", "x's "])
def test_phrases_take_no_longer_than_the_question(unit: str) -> None:
    query = "金卡会员呢" if unit.isascii() is False else "and silver members?"
    condense(query, [Turn(question="金卡会员呢")])

    def taken(length: int) -> float:
        text = (unit * length)[:length]
        turns = [Turn(question=text)]
        return min(seconds(lambda: (condense(query, turns), condense(f"and {text}", turns))) for _ in range(2))

    assert taken(8_000) < 20 * taken(400) + 0.05


# --- What is known besides the questions -------------------------------------------------


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("云巢读书收集手机号吗 / 那Lantern呢", "Lantern收集手机号吗"),
        ("云巢读书收集手机号吗 / 那邮箱呢", "云巢读书收集邮箱吗"),
        ("云巢读书收集手机号吗 / 保存多久", "云巢读书的手机号保存多久"),
        ("云巢读书收集什么 / 保存多久", "云巢读书拿到的信息保存多久"),
        ("云巢读书的星信推送收集什么 / 它用来干什么", "云巢读书的星信推送用来干什么"),
        ("云巢读书收集什么 / 那高德呢", "云巢读书的高德收集什么"),
        ("云巢读书的星信推送会收集什么？ / 那墨图统计呢", "云巢读书的墨图统计会收集什么？"),
        ("云巢读书怎么注销账号 / 要多久", "云巢读书注销账号要多久"),
        ("Does Lantern Post collect my name? / and my address?", "Does Lantern Post collect my address?"),
        ("Does Lantern Post collect my name? / what about Yunchao?", "Does Yunchao collect my name?"),
        ("Does Lantern Post collect my name? / how long do they keep it?", "how long does Lantern Post keep my name?"),
        ("What does Lantern Post collect? / do they sell it", "does Lantern Post sell the data it gets"),
    ],
)
def test_a_follow_up_keeps_to_the_policy_that_was_named(conversation: str, query: str) -> None:
    assert understood(conversation, NAMES).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        # A company's short name is no name of one that gets something of it.
        ("白驹会收集人脸吗 / 可以拒绝吗", "人脸可以拒绝吗"),
        ("白驹收集人脸吗 / 保存多久", "人脸保存多久"),
        ("白驹收集什么 / 可以拒绝吗", "关于“白驹收集什么”：可以拒绝吗"),
        ("白驹收集什么 / 那高德呢", "高德收集什么"),
        ("高德收集什么 / 那白驹呢", "白驹收集什么"),
        ("白驹会收集人脸吗 / 云巢呢", "云巢会收集人脸吗"),
    ],
)
def test_a_company_may_be_called_by_its_short_name(conversation: str, query: str) -> None:
    former, question = conversation.split(" / ")
    names = ("白驹跑腿", "白驹速取", "云巢读书")
    assert condense(question, [Turn(question=former)], names=names, short_names=("白驹", "云巢")).query == query


@pytest.mark.parametrize(
    ("conversation", "query"),
    [
        ("会员多少钱一年 / 会自动续费吗 / 可以转让吗", "会员可以转让吗"),
        ("会员多少钱一年 / 会自动续费吗 / 可以取消吗", "自动续费可以取消吗"),
        ("会员多少钱一年 / 会自动续费吗 / 怎么关闭", "自动续费怎么关闭"),
        ("怎么注销账号 / 会收集人脸吗 / 可以拒绝吗", "人脸可以拒绝吗"),
    ],
)
def test_questions_for_yes_or_no_are_asked_of_the_same_one_after_the_other(conversation: str, query: str) -> None:
    assert understood(conversation).query == query


def test_what_a_question_was_understood_as_counts_for_more_than_the_question() -> None:
    before = [Turn(question="和上次一样", query="高德收集什么？")]
    assert condense("那个推呢", before).query == "个推收集什么？"


def test_clauses_that_were_cited_add_up_until_another_question() -> None:
    first = Turn(question="个推收集什么？", citations=CLAUSES[:2])
    more = Turn(question="还有吗", citations=CLAUSES[2:])
    assert condense("还有吗", [first, more]).cited == CLAUSES
    assert condense("原文", [first, Turn(question="谢谢"), more]).cited == CLAUSES
    assert (
        condense("还有吗", [first, more, Turn(question="怎么注销账号", citations=CLAUSES[1:2])]).cited == CLAUSES[1:2]
    )


def test_what_was_said_adds_up_until_another_question() -> None:
    first = Turn(question="个推收集什么？", answer="• “设备信息” [1]")
    more = Turn(question="还有吗", answer="• “网络信息” [1]")
    told = condense("还有吗", [first, more]).told
    assert "设备信息" in told
    assert "网络信息" in told
    assert condense("还有吗", [more, Turn(question="怎么注销账号", answer="…")]).told == "…"


@pytest.mark.parametrize(
    ("conversation", "after"),
    [
        ("my account was idle / will you send a letter?", ("my account was idle",)),
        # One that quotes another is searched for by itself too, and what follows leans on it alone.
        ("my account was idle / will you warn me first?", ("will you warn me first?",)),
        (
            "my account was idle / will you warn me first? / will you send a letter?",
            ("About “my account was idle”: will you warn me first?",),
        ),
        # Each of these may lean on the one before it.
        ("实名认证得交什么 / 卡会验吗 / 死活不交行吗", ("卡会验吗", "实名认证得交什么")),
        ("实名认证得交什么 / 谢谢 / 卡会验吗", ("实名认证得交什么",)),
        # A long question stands by itself, and what follows leans on no more than that.
        ("卡会验吗 / 我把小区门禁卡落在出租车上了，司机能看到门牌号吗", ()),
        (
            "卡会验吗 / 我把小区门禁卡落在出租车上了，司机能看到门牌号吗 / 要付钱吗",
            ("我把小区门禁卡落在出租车上了，司机能看到门牌号吗",),
        ),
        # Nor does one on what was not meant, or is over.
        ("实名认证得交什么 / 不是，我是说卡会验吗", ()),
        ("实名认证得交什么 / 换个问题，卡会验吗", ()),
        ("实名认证得交什么 / 换个问题 / 卡会验吗", ()),
        # What was made to stand by itself leans no more.
        ("个推收集什么？ / 那高德呢", ()),
    ],
)
def test_a_short_question_may_lean_on_those_before_it(conversation: str, after: tuple[str, ...]) -> None:
    assert understood(conversation).after == after


def test_what_a_follow_up_leans_on_was_cited_near_its_answer() -> None:
    before = [Turn(question="个推收集什么？", citations=CLAUSES)]
    assert condense("那高德呢", before).cited == CLAUSES
    assert condense("will you warn me first?", before).cited == CLAUSES
    assert condense("不是，我是说高德", before).cited == ()
    assert condense("换个问题，卡会验吗", before).cited == ()


@pytest.mark.parametrize(("asked", "place"), [("第二条", 2), ("最后一条", -1), ("the first one", 1), ("[2]", 2)])
def test_a_clause_is_asked_for_by_its_place(asked: str, place: int) -> None:
    found = condense(asked, [Turn(question="个推收集什么？", citations=CLAUSES)])
    assert (found.kind, found.place, found.cited) == ("show", place, CLAUSES)


def test_a_place_that_was_not_cited_is_asked_back_about() -> None:
    found = condense("第四条", [Turn(question="个推收集什么？", citations=CLAUSES)])
    assert found.kind == "unclear"
    assert "3" in found.reply


def test_what_was_asked_back_about_is_answered_by_a_name() -> None:
    before = [Turn(question="What do Getui and Amap collect?"), Turn(question="what is it for?")]
    assert condense("Amap", before).query == "what is Amap for?"
    assert condense("the second one", before).query == "what is Amap for?"
    # Or by another question.
    assert condense("how do I delete my account?", before).query == "how do I delete my account?"


@pytest.mark.parametrize("reply", ["谢谢", "hi", "它呢", "换个问题"])
def test_replies_are_in_the_language_of_the_question(reply: str) -> None:
    found = condense(reply, [])
    assert bool(re.search("[\u4e00-\u9fff]", found.reply)) == bool(re.search("[\u4e00-\u9fff]", reply))


def test_a_turn_is_made_of_an_answer() -> None:
    place: dict[str, Any] = {"version": "1", "reference": "一", "quote": "…", "start": 0, "end": 1}
    citations = tuple(Citation(policy_id=policy, clause_id=clause, **place) for policy, clause in CLAUSES)
    answer = Answer(question="那高德呢", query="高德收集什么", language="zh", text="…[1]", citations=citations)
    assert Turn.of(answer) == Turn(question="那高德呢", answer="…[1]", query="高德收集什么", citations=CLAUSES)


# --- For every question ------------------------------------------------------------------

LISTED = """
个推 高德 手机号 注销账号 收集 保存多久 那 呢 吗 它 他们 这些信息 第二条
为什么 什么 谢谢 不是， 我说的是 關於 如果 换个问题 星信 ， ？ “
Amap Foo my_phone_number delete_my_account and what_about it they that how_long why do_you keep the_second_one
by_the_way anything_else \u200b \x1b[31m İ 🙂 9
"""
WORDS = [word.replace("_", " ") for word in LISTED.split()]
questions = st.lists(st.sampled_from(WORDS), max_size=9).flatmap(
    lambda words: st.sampled_from(["", " "]).map(lambda blank: blank.join(words))
)


@hypothesis.settings(max_examples=hypothesis.settings().max_examples // 2)
@given(
    st.one_of(questions, st.text(max_size=60)),
    st.lists(st.tuples(questions, st.one_of(st.just(""), questions, st.text(max_size=9))), max_size=4),
)
@example("我说的是换个问题", [("个推", "")])
@example("hi, 我说的是嗯", [("个推", "")])
@example("那", [("个推", " ")])
def test_any_question_comes_out_fit_to_be_asked(question: str, before: list[tuple[str, str]]) -> None:
    history = [Turn(question=asked, query=query) for asked, query in before]
    found = condense(question, history, names=NAMES)
    assert found == condense(question, history, names=NAMES)
    assert bool(found.reply) == (found.kind in ("smalltalk", "unclear", "more"))
    assert len(found.after) <= len(before)
    assert not found.after or found.kind in ("question", "follow_up", "more", "show")
    assert not found.cited
    assert "\x1b" not in found.query or found.query == question
    assert len(found.query) <= 400 + 3 * sum(map(len, [question, *(text for turn in before for text in turn)]))
    if any(map(str.isalnum, visible(question))):
        assert found.query.strip()


@given(st.one_of(questions, st.text(max_size=60)))
def test_the_parts_of_a_question_follow_one_another(question: str) -> None:
    for chat in (False, True):
        utterance = default_vocabulary().read(question, chat=chat)
        end = 0
        for word in utterance.words:
            assert end <= word.start < word.end <= len(utterance.text)
            end = word.end
        topics = topics_of(utterance)
        assert all(utterance.text[topic.start : topic.end] == topic.text for topic in topics)


@pytest.mark.parametrize(
    "unit", ["个推收集什么", "那个", "it ", "and what about ", "星", "what ", "？", "如果我不同意"]
)
def test_the_time_does_not_grow_faster_than_the_question(unit: str) -> None:
    condense("个推收集什么", [])

    def taken(length: int) -> float:
        text = (unit * length)[:length]
        return min(seconds(lambda: condense(text, [Turn(question=text)] * 3)) for _ in range(2))

    # Beyond what is read of a question, its length costs next to nothing.
    assert taken(8_000) < 20 * taken(400) + 0.05


def test_a_long_question_is_never_cut() -> None:
    question = "它" + "请详细说明您的个人信息如何被处理" * 50
    assert condense(question, [Turn(question=BEFORE[0])]).query == question
    assert condense("那高德呢", [Turn(question=f"个推收集什么？{'请详细说明。' * 100}")]).query.startswith(
        "高德收集什么？请详"
    )


@pytest.mark.parametrize("question", ["需要哪些权限", "要哪些资料？"])
def test_a_first_question_that_says_what_is_needed_is_asked(question: str) -> None:
    assert condense(question, []).kind == "question"


@pytest.mark.parametrize("question", ["哪些权限", "为什么需要", "什么信息？"])
def test_a_first_question_that_says_no_more_than_what_is_asked_back(question: str) -> None:
    assert condense(question, []).kind == "unclear"


@pytest.mark.parametrize("question", ["which company is this?", "what app is this", "whose shop is this"])
def test_what_one_has_before_one_need_not_be_named(question: str) -> None:
    assert condense(question, []).kind == "question"


# --- The vocabulary ----------------------------------------------------------------------


def test_every_concept_that_plays_a_part_is_in_the_thesaurus() -> None:
    import tomllib

    import assistant

    data = tomllib.loads((Path(assistant.__file__).parent / "data/conversation.toml").read_text("utf-8"))
    known = set(default_vocabulary().concepts)
    for part, concepts in data["concepts"].items():
        assert set(concepts) <= known, part
        assert len(set(concepts)) == len(concepts), part


def test_every_reply_is_there_in_both_languages() -> None:
    for role, replies in default_vocabulary().replies.items():
        assert set(replies) == {"zh", "en"}, role
        assert all(replies.values()), role


def test_no_reply_names_what_only_some_policies_speak_of() -> None:
    privacy = re.compile("收集|共享|保存|删除|注销|手机|高德|collect|keep|gets it|phone number|Amap|delete")
    for role, replies in default_vocabulary().replies.items():
        assert not any(map(privacy.search, replies.values())), role


# --- The documents -----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "heading"), [("README.md", "Conversation"), ("README.zh-CN.md", "对话")])
def test_the_examples_of_the_documents_are_understood_so(name: str, heading: str) -> None:
    text = (FIXTURES.parents[1] / name).read_text("utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    _, rule, *examples = re.findall(r"^\|([^|]+)\|([^|]+)\|([^|]+)\|$", section, re.M)
    assert set(rule) == {"---"}
    assert len(examples) >= 5
    for before, question, query in examples:
        assert condense(question.strip(), [Turn(question=before.strip())]).query == query.strip()
