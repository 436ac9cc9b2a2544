"""The thesaurus: concepts by their names, in both languages, and what a policy adds to them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant, CorpusError, PolicyError, Settings, Turn, build_index, open_corpus
from assistant.answering.bearing import Bearing
from assistant.cli import main
from assistant.conversation import condense
from assistant.corpus import read_policy, thesaurus_of
from assistant.text import has_han
from assistant.thesaurus import KINDS, MAX_THESAURUS_BYTES, Concept, Thesaurus, default_thesaurus, extended
from tests.timing import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import FakeEmbedder

CONCEPTS = (
    Concept(id="account", kind="data_item", zh=("账号", "账户"), zh_colloquial=("号",), en=("account",)),
    Concept(
        id="deletion",
        kind="right",
        zh=("注销账号",),
        zh_colloquial=("销号",),
        en=("delete my account", "close account"),
    ),
    Concept(id="getui", kind="vendor", zh=("个推",), en=("Getui",)),
    Concept(id="imei", kind="identifier", zh=("设备标识", "手机IMEI"), en=("IMEI", "device id")),
    Concept(id="hardware", kind="data_item", zh=("设备标识",)),
    Concept(id="settings", kind="place", zh=("【设置】",)),
    Concept(id="wifi", kind="data_item", zh=("无线网络",), en=("Wi-Fi", "c++")),
)


@pytest.fixture(scope="module")
def thesaurus() -> Thesaurus:
    return Thesaurus(CONCEPTS)


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("个推", ("getui",)),
        ("個推會收集嗎", ("getui",)),
        ("does GETUI track me?", ("getui",)),
        ("ＧＥＴＵＩ会吗", ("getui",)),
        ("getuis", ()),
        ("forgetui", ()),
        ("个推Getui", ("getui",)),
        # The longest name counts; what it holds does not count beside it.
        ("怎么注销账号", ("deletion",)),
        ("怎么註銷帳號", ("deletion",)),
        ("注销帐号", ("deletion",)),
        ("please delete my account now", ("deletion",)),
        ("delete my accounts", ()),
        ("my account", ("account",)),
        ("销号和账户", ("deletion", "account")),
        ("我的号码", ("account",)),
        # A name that two concepts share; names of both scripts; names with other signs.
        ("设备标识", ("hardware", "imei")),
        ("手机IMEI号", ("imei", "account")),
        ("收集imei吗", ("imei",)),
        ("the wi-fi list, c++", ("wifi",)),
        # Layout inside a name.
        ("delete  my\r\naccount", ("deletion",)),
        ("个\u200b推", ("getui",)),
        ("请点【设置】", ("settings",)),
        ("请设置", ()),
        ("", ()),
        ("今天天气", ()),
    ],
)
def test_concepts_named_in_a_text(thesaurus: Thesaurus, text: str, concepts: tuple[str, ...]) -> None:
    assert thesaurus.named_in(text) == concepts


@given(st.one_of(st.text(st.characters(exclude_categories=())), st.text(st.sampled_from("注销账号个推getui imei\n-"))))
def test_any_text_may_be_looked_through(text: str) -> None:
    thesaurus = Thesaurus(CONCEPTS)
    named = thesaurus.named_in(text)
    assert len(set(named)) == len(named)
    assert set(named) <= {concept.id for concept in CONCEPTS}


@pytest.mark.parametrize("run", ["a", "号", "注销账", "delete my ", "设备标", "a-", "\u200b", " "])
def test_a_long_text_is_looked_through_in_time(thesaurus: Thesaurus, run: str) -> None:
    assert seconds(lambda: thesaurus.named_in(run * (100_000 // len(run)))) < 2


def test_order_of_the_concepts_makes_no_other_thesaurus(thesaurus: Thesaurus) -> None:
    assert Thesaurus(reversed(CONCEPTS)).identity == thesaurus.identity
    assert Thesaurus(CONCEPTS[1:]).identity != thesaurus.identity


def test_words_are_the_chinese_names(thesaurus: Thesaurus) -> None:
    words = list(thesaurus.words())
    assert {"注销账号", "销号", "个推"} <= set(words)
    assert "Getui" not in words


# --- The thesaurus that comes with the package -----------------------------------------


def test_every_name_of_the_default_thesaurus_can_be_found() -> None:
    thesaurus = default_thesaurus()
    lost = []
    for concept in thesaurus.concepts:
        for name in concept.names:
            around = f"龘{name}龘" if has_han(name) else f"zz {name} zz"
            if concept.id not in thesaurus.named_in(name) or concept.id not in thesaurus.named_in(around):
                lost.append((concept.id, name))
    assert not lost


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("能换航班吗", "客票可以改期一次"),
        ("聊天记录", "保存您的通信/通话记录和内容"),
        ("微信钱包付的款", "支持微信支付"),
        ("通话记录", "保存您的通信或通话记录和内容"),
        ("QQ号填了干嘛", "您可以填写您的QQ信息"),
        ("Can I reschedule?", "客票可以改期一次"),
        ("飞机晚点怎么办", "航班延误2小时以上的"),
        ("my suitcase", "免费行李额"),
        ("把钱退给我", "退费申请"),
        ("告诉我老公", "配偶"),
        ("sick leave", "病假须提前申请"),
        ("坏了谁管修", "保修期内免费维修"),
        ("质保过了怎么修", "超出保修期的"),
        ("wedding leave", "婚假三天"),
        ("老婆生孩子能休几天", "陪产假七天"),
        ("明年还能用吗", "可顺延至次年"),
        ("几点下班", "办公时间为9:00至17:00"),
        ("能带狗狗进去吗", "宠物不得入内"),
        ("一天最多收多少", "每日封顶"),
        ("人忘锁车了", "未关锁的"),
        ("可以换人吗", "教练更换一次"),
        ("孩子的名字", "儿童的姓名"),
        ("公司全称", "本站的经营者为云桥公司"),
        ("法律依据是什么", "处理的合法性基础"),
        ("证件照怎么存的", "此类图片储存于境内"),
        ("what if I don't turn up", "No refund is due for no-shows"),
        ("discount for OAPs", "Seniors pay half"),
        ("is my bike free", "Bicycles are carried free of charge"),
        ("do you pay for a hotel", "We provide accommodation"),
        ("can a friend sleep over", "Visitors must leave by midnight"),
        ("I'm locked out", "Lockouts are charged"),
        ("how do I swap rooms", "A room change must be agreed"),
        ("take me off your list", "You may unsubscribe at any time"),
        ("can my roommate sign", "All flatmates are liable"),
        ("is my service dog allowed", "Assistance dogs travel free"),
        ("what isn't covered", "EXCLUSIONS"),
        ("免赔额是多少", "The deductible is $200"),
        ("is wine allowed", "Alcohol may not be brought"),
        ("do you pay for jabs", "Vaccination is excluded"),
        ("we're moving house", "You must tell us of a change of address"),
        ("my sister", "a member of the family"),
        ("who do you share it with", "HOW WE DISCLOSE INFORMATION"),
        ("需要护照吗", "Passengers show a passport"),
        ("do you need ID", "Passengers show a passport"),
        ("what do I do with the trash", "Rubbish goes to the gate"),
        ("am I tied in", "The minimum term is a year"),
        ("搬家了怎么办", "Tell us your new address"),
        ("续保", "The cover renews by itself"),
        ("晚交会怎样", "Overdue sums bear interest"),
        ("监控存多久", "CCTV is kept for a week"),
        ("有健身房吗", "The gym is free"),
        ("get rid of my account", "您可以注销账户"),
        ("退我钱", "押金在验房后退还"),
        ("my landline", "您的电话号码"),
        ("my suitcase got nicked", "物品被盗的，我们不承担责任"),
        ("登不上了怎么办", "找回密码"),
        ("房租晚交几天", "租金逾期支付的"),
        ("when does the rent go up", "租金涨幅不超过5%"),
        ("moving out early", "提前退租的"),
        ("走廊有探头吗", "公共区域装有监控"),
        ("is there CCTV in the hall", "公共区域装有监控"),
        ("can my boyfriend stay over", "访客留宿不超过3晚"),
        ("cancel my subscription", "合同提前终止的"),
        ("门卡丢了补一张", "遗失补办"),
        ("卡丢了怎么办", "a replacement card costs £4"),
        ("家里没人怎么办", "无人签收的，次日再次派送"),
        ("nobody is home", "派送失败的"),
        ("家里没人", "We try to deliver twice"),
        ("where I've been", "行踪轨迹"),
        ("取消订单", "cancelling a reservation is free"),
        ("每月扣钱怎么停", "paid by direct debit"),
        ("I need a fit note", "须提供医院证明"),
        ("扣多少违约金", "a cancellation fee is due"),
        ("租期多久", "the minimum term is 12 months"),
        ("出国上网怎么收费", "roaming is charged by the day"),
        ("换套餐", "you may move to another tariff"),
        ("能在家上班吗", "远程办公须经批准"),
        ("how long is probation", "试用期三个月"),
        ("什么时候发工资", "salaries are paid on the 25th"),
        ("隔壁太吵了", "quiet hours begin at 22:00"),
        ("what happens if my payment bounced", "逾期未付的"),
        ("被炒鱿鱼了", "you may leave early if you lose my job"),
        ("can I cancel anytime", "you can end the contract at any time"),
        ("which court", "the courts of Bristol decide"),
        ("can I reserve a bike", "a reservation is free for ten minutes"),
        ("how many books can an undergrad borrow", "Undergraduate: 15 items"),
        ("阳台上能烧烤吗", "barbecues are forbidden on balconies"),
        ("what is the uptime guarantee", "we aim for an availability of 99.8%"),
        ("who do you share my data with", "we pass data to repair firms"),
        ("what if it is returned late", "book overdue: £0.30 per day"),
    ],
)
def test_what_people_call_it_is_what_terms_of_service_call_it(said: str, printed: str) -> None:
    thesaurus = default_thesaurus()
    assert set(thesaurus.named_in(said)) & set(thesaurus.named_in(printed))


def test_what_is_all_there_is_of_a_thing_is_called_like_it() -> None:
    thesaurus = default_thesaurus()
    assert thesaurus.named_in("蓝牙信息") == thesaurus.named_in("蓝牙")


def test_what_differs_is_not_called_the_same() -> None:
    thesaurus = default_thesaurus()
    # A ticket is no hotel, what one bears oneself no premium, and a guide dog no pet.
    for said, other in (("a ticket", "hotels"), ("the deductible", "premiums"), ("guide dogs", "pets")):
        assert not set(thesaurus.named_in(said)) & set(thesaurus.named_in(other))


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("按照相关规定", "photo_taking"),
        ("登录我们的网站", "audio_recording"),
        ("行业主管部门", "landlord"),
        ("超过保存期限", "warranty"),
        ("您可以来修改设置", "repair"),
        ("前往转转网查看", "number_porting"),
        ("入住客房", "tenant"),
        ("Tickets for the heritage railway", "railway_12306"),
        ("Without a Day Pass data is switched off", "sharing"),
        ("We reserve the right to refuse", "booking"),
    ],
)
def test_names_are_no_part_of_other_words(text: str, concept: str) -> None:
    assert concept not in default_thesaurus().named_in(text)


def test_a_card_is_part_of_what_it_is_called() -> None:
    text = "why do you need my id card?"
    assert [text[start:end] for start, end, _ in default_thesaurus().find(text)] == ["id card"]


def test_the_default_thesaurus_is_well_formed() -> None:
    concepts = default_thesaurus().concepts
    ids = [concept.id for concept in concepts]
    assert len(set(ids)) == len(ids)
    for concept in concepts:
        assert re.fullmatch(r"[a-z0-9_]+", concept.id), concept.id
        assert concept.zh, concept.id
        assert concept.names == tuple(name.strip() for name in concept.names)
        assert all(has_han(name) or not re.search(r"[a-z]{4} [a-z]{4}", name) for name in concept.zh), concept.id
        assert not any(has_han(name) for name in concept.en), concept.id
        assert len(set(concept.names)) == len(concept.names), concept.id


# --- The thesaurus of a policy ------------------------------------------------------------

POLICY = """云巢读书隐私政策

一、我们收集的信息
1、为了给您推送消息，我们接入了墨舟SDK，它会收集您的设备标识符和网络状态。
2、为了让您登录，我们收集您的手机号码。
3、为了向您展示附近的书店，我们使用高德地图SDK，它会收集您的位置信息。

二、您的权利
1、您可以在设置中注销账号，注销后我们将在十五个工作日内删除您的信息。
2、您可以随时撤回您的授权。

三、联系我们
如有疑问，请发送邮件至 privacy@yunchao.example。
"""
MOZHOU = """
[[concept]]
id = "mozhou"
kind = "vendor"
zh = ["墨舟SDK", "墨舟"]
en = ["Mozhou", "Inkboat"]

[[concept]]
id = "qinghe"
kind = "vendor"
zh = ["青禾"]
en = ["Qinghe"]

[[concept]]
id = "account_deletion"
zh_colloquial = ["拆小窝"]
"""


def put(corpus: Path, thesaurus: str | None = MOZHOU, name: str = "books") -> Path:
    """Write a policy with a thesaurus of its own into a corpus, and return the corpus."""
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.txt").write_text(POLICY, "utf-8")
    if thesaurus is None:
        (folder / "thesaurus.toml").unlink(missing_ok=True)
    else:
        (folder / "thesaurus.toml").write_text(thesaurus, "utf-8")
    return corpus


def own(corpus: Path) -> Thesaurus:
    return thesaurus_of(open_corpus(corpus))


def test_a_policy_adds_concepts_and_names(tmp_path: Path) -> None:
    thesaurus = own(put(tmp_path))
    assert thesaurus.named_in("does INKBOAT get it? 墨舟sdk") == ("mozhou",)
    assert thesaurus.named_in("怎样拆小窝")[-1] == "account_deletion"
    known, extended = default_thesaurus()["account_deletion"], thesaurus["account_deletion"]
    assert extended.kind == known.kind
    assert extended.zh == known.zh
    assert set(extended.names) == {*known.names, "拆小窝"}
    assert "青禾" in set(thesaurus.words())
    assert thesaurus.identity != default_thesaurus().identity
    assert default_thesaurus().named_in("墨舟, Mozhou, 拆小窝") == ()


@pytest.mark.parametrize("text", [None, "# nothing yet\n"])
def test_without_names_of_its_own_a_policy_has_those_of_the_package(tmp_path: Path, text: str | None) -> None:
    assert own(put(tmp_path, text)) is default_thesaurus()


def test_the_names_hold_for_all_policies_of_a_corpus(tmp_path: Path) -> None:
    put(tmp_path, None, name="first")
    put(tmp_path, '[[concept]]\nid = "mozhou"\nkind = "vendor"\nzh_colloquial = ["墨墨"]\n', name="second")
    thesaurus = own(put(tmp_path))
    assert thesaurus["mozhou"].names == ("墨舟SDK", "墨舟", "墨墨", "Mozhou", "Inkboat")


def test_policies_of_a_corpus_have_one_thesaurus(tmp_path: Path) -> None:
    put(tmp_path, None, name="first")
    policies = open_corpus(put(tmp_path))
    assert {id(policy.thesaurus) for policy in policies} == {id(thesaurus_of(policies))}
    alone = read_policy(tmp_path / "first")
    assert alone.thesaurus is default_thesaurus()
    assert replace(alone, concepts=policies[0].concepts).thesaurus["mozhou"].kind == "vendor"


def test_the_names_of_many_policies_are_kept_ready() -> None:
    own = [(Concept(id=f"sender_{number}", kind="vendor", zh=(f"墨舟{number}号",)),) for number in range(10)]
    made = [extended(concepts) for concepts in own]
    assert [extended(concepts) for concepts in own] == made


def test_policies_agree_on_what_a_concept_is(tmp_path: Path) -> None:
    put(tmp_path, '[[concept]]\nid = "mozhou"\nkind = "actor"\nzh = ["墨舟"]\n', name="second")
    with pytest.raises(CorpusError, match=r"'mozhou' is of kind 'vendor' in '.*books.* and 'actor' in '.*second"):
        own(put(tmp_path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[concept]\n", ("is not TOML", "line 1")),
        ('name = "墨舟"', ("unknown key 'name'", "[[concept]]")),
        ('concept = "墨舟"', ("concept must be a list of tables", "[[concept]]")),
        ("[concept]\n", ("concept must be a list of tables", "[[concept]]")),
        ("[[concept]]\n", ("concept 1: id must be", "not None", 'id = "mozhou"')),
        ('[[concept]]\nid = "墨舟"', ("concept 1: id must be", "not '墨舟'")),
        (
            '[[concept]]\nid = "x"\nkind = "vendor"\nzh_short = []',
            ("concept 1 (x): unknown key 'zh_short'", "known are"),
        ),
        (
            '[[concept]]\nid = "x"\nen = ["xx"]',
            ("(x): no concept of this id comes with", 'kind = "vendor"'),
        ),
        ('[[concept]]\nid = "x"\nkind = "company"\nen = ["xx"]', ("kind must be one of action, actor", "'company'")),
        ('[[concept]]\nid = "x"\nkind = 3\nen = ["xx"]', ("kind must be one of", "not 3")),
        ('[[concept]]\nid = "getui"\nkind = "actor"\nen = ["xx"]', ("its kind is 'vendor', not 'actor'", "leave kind")),
        ('[[concept]]\nid = "getui"', ("(getui): has no name",)),
        ('[[concept]]\nid = "getui"\nen = "push"', ("en must be a list of names in quotes, not 'push'",)),
        ('[[concept]]\nid = "getui"\nzh = [3]', ("zh must be a list of names in quotes, not [3]",)),
        ('[[concept]]\nid = "getui"\nen = ["推"]', ("'推' is so short", "write it in full")),
        ('[[concept]]\nid = "getui"\nen = ["推推"]', ("'推推' is Chinese", "move it to zh")),
        ('[[concept]]\nid = "getui"\nzh = ["-"]', ("'-' is so short",)),
        ('[[concept]]\nid = "getui"\nzh = [""]', ("'' is so short",)),
        ('[[concept]]\nid = "getui"\nzh = ["推\\u200b推"]', ("cannot be seen", "type it anew")),
        ('[[concept]]\nid = "getui"\nen = ["push  me "]', ("blanks too many",)),
        (f'[[concept]]\nid = "getui"\nen = ["{"x" * 81}"]', ("more than 80 characters", "shorten it")),
        ('[[concept]]\nid = "getui"\nen = ["Your"]', ("'Your' stands in most sentences",)),
        ('[[concept]]\nid = "getui"\nzh = ["我们"]', ("'我们' stands in most sentences",)),
        (
            '[[concept]]\nid = "getui"\nzh = ["推推"]\n[[concept]]\nid = "getui"\nzh = ["个个"]',
            ("concept 2 has the id 'getui' of one before",),
        ),
    ],
)
def test_a_thesaurus_that_is_not_as_it_should_be(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    put(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        open_corpus(tmp_path)
    for word in (str(tmp_path / "books" / "thesaurus.toml"), *words):
        assert word in str(caught.value)


def test_a_thesaurus_that_is_too_large(tmp_path: Path) -> None:
    put(tmp_path, "#" * (MAX_THESAURUS_BYTES + 1))
    with pytest.raises(PolicyError, match=r"thesaurus\.toml: has more than"):
        open_corpus(tmp_path)


def test_every_kind_of_the_default_thesaurus_may_be_added() -> None:
    assert {concept.kind for concept in default_thesaurus().concepts} == set(KINDS)


def test_an_added_name_is_not_cut_off_by_another(tmp_path: Path) -> None:
    assert default_thesaurus().named_in("怎么关小窝")
    thesaurus = own(put(tmp_path, MOZHOU.replace("拆小窝", "关小窝")))
    assert thesaurus.named_in("怎么关小窝") == ("account_deletion",)
    assert thesaurus.named_in("怎么关") == default_thesaurus().named_in("怎么关")
    assert thesaurus.named_in("premozhou") == ()


def test_a_question_is_read_with_the_usual_names_too(tmp_path: Path) -> None:
    thesaurus = own(put(tmp_path))
    assert thesaurus.readings("Does Inkboat get my IMEI?") == (
        "Does Inkboat get my IMEI?",
        "Does 墨舟SDK get my IMEI?",
        "Does Mozhou get my IMEI?",
    )
    assert thesaurus.readings("怎样拆小窝")[1] == "怎样注销账户"
    assert thesaurus.readings("Does Getui get it?") == ("Does Getui get it?",)


# --- What comes of it ---------------------------------------------------------------------


def opened(corpus: Path, tmp_path: Path) -> Assistant:
    return Assistant.open(settings=Settings(corpus=corpus, index_dir=tmp_path / "index"))


def test_an_invented_vendor_is_found_by_its_english_name(tmp_path: Path) -> None:
    question = "Which data does Inkboat get?"
    corpus = put(tmp_path / "corpus", None)
    before = opened(corpus, tmp_path).search(question)
    assert not any("bm25" in hit.ranks for hit in before)
    put(corpus)
    assistant = opened(corpus, tmp_path)
    first = assistant.search(question)[0]
    assert first.clause.id == "1.1"
    assert (first.ranks["bm25"], first.ranks["dense"]) == (1, 1)
    answer = assistant.ask(question)
    assert [citation.clause_id for citation in answer.citations] == ["1.1"]


def test_what_no_policy_names_is_said_to_be_so(tmp_path: Path) -> None:
    assistant = opened(put(tmp_path / "corpus"), tmp_path)
    answer = assistant.ask("青禾会收集什么？")
    assert answer.abstained
    assert "青禾" in answer.text


def test_an_added_name_of_a_known_concept_is_understood(tmp_path: Path) -> None:
    answer = opened(put(tmp_path / "corpus"), tmp_path).ask("怎样拆小窝？")
    assert [citation.clause_id for citation in answer.citations] == ["2.1"]


def test_a_conversation_knows_the_names(tmp_path: Path) -> None:
    thesaurus = own(put(tmp_path))
    history = [Turn(question="What does Amap collect?")]
    assert condense("那墨舟呢", history, thesaurus=thesaurus).query == "What does Mozhou collect?"
    assert condense("那墨舟呢", history).query == "What does 墨舟 collect?"


def test_a_statement_about_an_added_name_is_borne_out(tmp_path: Path) -> None:
    said = ("Inkboat collects your network status.", "墨舟SDK会收集您的网络状态。")
    assert Bearing(own(put(tmp_path))).judge(*said).verdict == "borne_out"
    assert Bearing(default_thesaurus()).judge(*said).verdict != "borne_out"


def test_after_a_change_nothing_is_embedded_again(tmp_path: Path, embedder: FakeEmbedder) -> None:
    corpus = put(tmp_path / "corpus", None)
    settings = Settings(corpus=corpus, index_dir=tmp_path / "index")
    build_index(settings=settings, embedders=[embedder])
    embedder.texts.clear()
    first, _ = build_index(settings=settings, embedders=[embedder])
    put(corpus)
    second, _ = build_index(settings=settings, embedders=[embedder])
    assert second != first
    put(corpus, f"# Who sends our messages.\n{MOZHOU}")
    assert build_index(settings=settings, embedders=[embedder])[0] == second
    assert embedder.texts == []


# --- The commands -------------------------------------------------------------------------


def test_a_check_lists_what_is_worth_a_second_look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, MOZHOU.replace('"Qinghe"', '"Qinghe", "Getui"'))
    put(tmp_path, None, name="other")
    assert main(["thesaurus", "check", "--corpus", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "qinghe: 'Getui' is also a name of getui: a question with it asks for both",
        "qinghe: no policy has any of its names: 青禾, Qinghe, Getui",
        "books: 8 names of 3 concepts",
        "other: none",
    ]
    assert main(["thesaurus", "check", "books", "--json", "--corpus", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["policy_id"], found["concepts"], len(found["notes"])) == ("books", 3, 2)
    assert main(["thesaurus", "check", "shop", "--corpus", str(tmp_path)]) == 1
    assert "books, other" in capsys.readouterr().err
    put(tmp_path, "[[concept]]")
    assert main(["thesaurus", "check", "--corpus", str(tmp_path)]) == 1
    assert "thesaurus.toml: concept 1: id must be" in capsys.readouterr().err


def test_a_question_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path)
    assert main(["thesaurus", "explain", "Does INKBOAT get my IMEI?", "--corpus", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["inkboat  →  mozhou (vendor)  [books]", "   墨舟SDK · 墨舟 · Mozhou · Inkboat"]
    assert lines[2] == "imei  →  imei (identifier)"
    assert main(["thesaurus", "explain", "--json", "Inkboat", "--corpus", str(tmp_path)]) == 0
    (name,) = json.loads(capsys.readouterr().out)["names"]
    assert (name["text"], name["id"], name["policies"]) == ("inkboat", "mozhou", ["books"])
    assert main(["thesaurus", "explain", "今天天气", "--corpus", str(tmp_path)]) == 0
    assert "no name" in capsys.readouterr().out


def test_one_kind_of_leave_is_not_another() -> None:
    thesaurus = default_thesaurus()
    married, mourning = (set(thesaurus.named_in(said)) for said in ("婚假几天", "丧假三天"))
    assert married & mourning == {"leave_of_absence"}
    assert married - mourning
    assert mourning - married


def test_days_and_hours_are_circumstances_of_a_follow_up() -> None:
    assert condense("周末呢", [Turn(question="工作日加班几倍")]).query == "周末加班几倍"
    assert condense("周末呢", [Turn(question="店里几点开门")]).query == "周末，店里几点开门"
