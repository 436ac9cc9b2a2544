"""Verification with adversarial quotes, the extractive generator, and the wording of answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Answer, Claim, Draft, parse
from assistant.answering import ExtractiveGenerator
from assistant.answering.answerability import CERTAIN, answerability
from assistant.answering.citing import locate, verify
from assistant.answering.selection import selected
from assistant.answering.wording import Part, answer, answered, answered_apart
from assistant.index.passages import Passage, passages
from assistant.retrieval.hits import Hit
from tests.hits import ANSWERED, TEXT, hit, yunfan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant import Policy
    from assistant.retrieval.hits import Evidence


@pytest.fixture(scope="module")
def policy() -> Policy:
    return yunfan()


def claim(policy: Policy, quote: str, words: str = "手机号码") -> Claim:
    return Claim(policy_id=policy.id, clause_id=policy.at(policy.text.index(words)).id, quote=quote)


@pytest.mark.parametrize(
    ("quote", "cited"),
    [
        ("我们收集您的手机号码", "我们收集您的手机号码"),
        ("您可以拒绝提供", "您 可以拒绝提供"),
        ("我们收集\n您的手机号码 ，用于", "我们收集您的手机号码，用于"),
        ("我们收集您的手机号码,用于", "我们收集您的手机号码，用于"),
        ("我们收集您的手机号吗", None),
        ("我们不收集您的手机号码", None),
        ("我们收集您的……用于创建账号", None),
        ("我", None),
        ("。，", None),
        ("", None),
        ("   ", None),
    ],
)
def test_a_quote_is_found_character_by_character_or_not_at_all(policy: Policy, quote: str, cited: str | None) -> None:
    kept = verify(Draft(claims=(claim(policy, quote),)), [hit(policy, "手机号码")], min_quote_chars=4)
    assert [citation.quote for _, citation in kept] == ([cited] if cited else [])


def test_width_and_case_make_no_difference_and_the_policys_own_characters_are_cited(policy: Policy) -> None:
    found = verify(Draft(claims=(claim(policy, "imei与MAC地址", "IMEI"),)), [hit(policy, "IMEI")], min_quote_chars=4)
    assert found[0][1].quote == "IMEI 与 ＭＡＣ地址"


def test_a_quote_from_another_clause_is_dropped(policy: Policy) -> None:
    elsewhere = claim(policy, "我们不收集通讯录", "手机号码")
    assert verify(Draft(claims=(elsewhere,)), [hit(policy, "手机号码"), hit(policy, "通讯录")], min_quote_chars=4) == ()


def test_a_clause_that_was_not_retrieved_cannot_be_cited(policy: Policy) -> None:
    assert (
        verify(Draft(claims=(claim(policy, "我们不收集通讯录", "通讯录"),)), [hit(policy, "IMEI")], min_quote_chars=4)
        == ()
    )


def test_a_claim_of_another_policy_is_dropped(policy: Policy) -> None:
    foreign = Claim(policy_id="other", clause_id=policy.at(TEXT.index("手机号码")).id, quote="我们收集您的手机号码")
    assert verify(Draft(claims=(foreign,)), [hit(policy, "手机号码")], min_quote_chars=4) == ()


def test_a_place_is_cited_once(policy: Policy) -> None:
    twice = Draft(claims=(claim(policy, "我们收集您的手机号码"), claim(policy, "我们收集您的手机号码")))
    assert len(verify(twice, [hit(policy, "手机号码")], min_quote_chars=4)) == 1


@pytest.mark.parametrize("order", [1, -1])
def test_an_item_that_was_found_may_be_quoted_with_its_own_items_whatever_comes_first(order: int) -> None:
    text = "一、共享\n我们会共享如下信息：\n（一）为了送货，我们提供：\n1、您的姓名；\n2、您的地址。\n二、联系"
    policy = parse(text, id="p", title="P")
    above, item = (policy.at(text.index(words)) for words in ("我们会共享", "为了送货"))
    passages = [
        Passage(clause_id=clause.id, start=clause.start, end=clause.end, context="", sentences=())
        for clause in (above, item)
    ]
    hits = [Hit(policy=policy, clause=policy[p.clause_id], passage=p, score=9.0) for p in passages][::order]
    quote = text[text.index("为了送货") : text.index("\n二、")]
    assert item in above.children
    found = verify(Draft(claims=(Claim(policy_id="p", clause_id=item.id, quote=quote),)), hits, min_quote_chars=4)
    assert [citation.quote for _, citation in found] == [quote]


@given(st.text(), st.text())
def test_whatever_is_located_reads_the_same(quote: str, text: str) -> None:
    span = locate(quote, text)
    if span is not None:
        assert locate(text[slice(*span)], text[slice(*span)]) == (0, span[1] - span[0])
        assert len("".join(text[slice(*span)].split())) == len("".join(quote.split()))


@given(st.text(min_size=1), st.integers(0, 50), st.integers(1, 50))
def test_every_slice_that_is_not_blank_is_located(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]
    assert (locate(quote, text) is not None) == bool(quote.strip())


def test_an_answer_quotes_verbatim_and_marks_each_quote(policy: Policy) -> None:
    hits = [hit(policy, "手机号码")]
    found = answer(
        question="注册要什么信息？",
        query="注册要什么信息？",
        draft=ExtractiveGenerator().generate("注册要什么信息？", hits),
        hits=hits,
        min_quote_chars=4,
    )
    assert found.abstained is None
    assert found.language == "zh"
    for number, citation in enumerate(found.citations, 1):
        assert policy.text[citation.start : citation.end] == citation.quote
        assert citation.reference == policy.reference(citation.clause_id)
        assert f"[{number}]" in found.text
    assert "我们收集您的手机号码" in found.text


def test_an_english_question_gets_english_words_around_the_chinese(policy: Policy) -> None:
    hits = [hit(policy, "手机号码")]
    draft = ExtractiveGenerator().generate("what do I need to register", hits)
    found = answer(question="what do I need to register", query="q", draft=draft, hits=hits, min_quote_chars=4)
    assert found.language == "en"
    assert found.text.startswith("What 云帆隐私政策 says")
    assert "“我们收集您的手机号码" in found.text


def test_a_list_is_quoted_whole_with_its_lead_in(policy: Policy) -> None:
    hits = [hit(policy, "在以下情形中")]
    quotes = [c.quote for c in ExtractiveGenerator().generate("哪些情况不用同意", hits).claims]
    assert len(quotes) == 1
    assert quotes[0].startswith("在以下情形中")
    assert quotes[0].endswith("与公共卫生直接相关的。")


@pytest.mark.parametrize(
    ("item", "told"),
    [("我们为了提供服务而收集它。", "：我们为了提供服务而收集它。"), ("我们为了提供服务而收集它，", "")],
)
def test_a_list_too_long_to_quote_is_told_by_its_items_openings(item: str, told: str) -> None:
    items = "\n".join(f"（{n}）第{n}类信息：{item * 20}" for n in range(1, 5))
    policy = parse(f"一、收集\n我们收集的信息包括以下几类：\n{items}\n二、联系\n电话 12345678。", id="long", title="长")
    hits = [hit(policy, "我们收集的信息包括")]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("收集哪些信息", hits).claims]
    assert quotes[0] == "我们收集的信息包括以下几类："
    assert quotes[1:] == [f"（{n}）第{n}类信息{told}" for n in range(1, 5)]
    assert len(verify(ExtractiveGenerator().generate("手机号码怎么用", hits), hits, min_quote_chars=4)) == 5


def test_the_short_items_of_a_long_list_are_told_whole() -> None:
    short, long = "我们收集名称。也收集型号、版本与序列号。" * 5, "我们为了提供服务而收集它。" * 30
    texts = enumerate((short, short, short, long, short), 1)
    listed = "".join(f"\n（{n}）第{n}类信息：{text}　、" for n, text in texts)
    policy = parse(f"一、收集\n我们收集的信息包括以下几类：{listed}\n二、联系\n电话 12345678。", id="long", title="长")
    hits = [hit(policy, "我们收集的信息包括")]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("收集哪些信息", hits).claims]
    assert quotes[1] == f"（1）第1类信息：{short}"
    assert quotes[4] == "（4）第4类信息：我们为了提供服务而收集它。"
    assert len(quotes) == 6


def test_items_that_come_to_too_much_are_told_by_their_openings() -> None:
    listed = "".join(f"\n{n}、第{n}类信息：我们收集名称。{'也收集型号、版本与序列号。' * 5}" for n in range(1, 41))
    policy = parse(f"一、收集\n我们收集的信息包括以下几类：{listed}\n二、联系\n电话 12345678。", id="long", title="长")
    hits = [hit(policy, "我们收集的信息包括")]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("收集哪些信息", hits).claims]
    assert quotes[7] == "7、第7类信息：我们收集名称。"


def test_a_list_is_told_with_all_its_items_or_not_at_all() -> None:
    def clause(number: str, said: str) -> str:
        items = "".join(f"\n（{n}）第{n}种情形：{'因' * 100}。" for n in range(1, 8))
        return f"{number}、{said}\n我们会{said}您的信息。{'这是为了更好的服务。' * 30}我们这样做的情形如下：{items}\n"

    policy = parse(f"{clause('一', '交换')}{clause('二', '提供')}三、联系\n电话 12345678。", id="long", title="长")

    def led(said: str) -> Hit:
        """The hit of a clause of which the first sentence answers, and the last, which leads into a list."""
        found = hit(policy, f"我们会{said}")
        return replace(found, sentence_scores=(9.0, *(0.0 for _ in found.passage.sentences[2:]), 9.0))

    quotes = [claim.quote for claim in ExtractiveGenerator().generate("会提供吗", [led("交换")]).claims]
    assert quotes[:2] == ["我们会交换您的信息。", "我们这样做的情形如下："]
    assert len(quotes) == 9
    hits = [hit(policy, "电话"), led("提供")]
    both = [claim.quote for claim in ExtractiveGenerator().generate("会提供吗", hits).claims]
    assert both == ["电话 12345678。", "我们会提供您的信息。"]


def test_a_list_has_three_times_as_many_quotes_at_most() -> None:
    said = "carries your parcels over land and sea " * 6
    items = "\n".join(f"({c}) Company {c.upper()}, which {said}for {c};" for c in "abcdefgh")
    text = f"1. Whom\n1.1 We share your name with:\n{items}\n1.2 We share your name with X.\n1.3 Y receives your name."
    policy = parse(text, id="p", title="P", language="en")
    # The list is one of three clauses, which alone may have as many.
    hits = [hit(policy, words) for words in ("with:", "with X", "Y receives")]
    for most, told in ((1, 3), (2, 6), (5, 11)):
        claims = ExtractiveGenerator(max_citations=most).generate("who do you share my name with?", hits).claims
        assert len(claims) == told


def test_what_stands_before_a_list_is_quoted_without_it_if_that_answers() -> None:
    listed = "1、与公共卫生有关的；\n2、与商业秘密有关的。"
    text = f"一、请求\n请先证明身份。\n我们在八日内答复。\n以下请求我们不予处理：\n{listed}\n二、其他\n请来电。"
    found = hit(parse(text, id="asked", title="请求"), "请先证明")
    answering = {
        "多久答复": (0.0, 9.0, 0.0, 0.0, 0.0),
        "商业秘密的请求处理吗": (0.0, 5.0, 4.0, 0.0, 6.0),
        "有哪些规定": (0.0, 9.0, 0.0, 0.0, 0.0),
    }
    quotes = [
        claim.quote
        for question, scores in answering.items()
        for claim in ExtractiveGenerator().generate(question, [replace(found, sentence_scores=scores)]).claims
    ]
    whole = text[text.index("请先") : text.index("\n二、")]
    assert quotes == ["我们在八日内答复。", whole, whole]


def test_who_tells_an_age_gets_the_clause_about_those_of_that_age() -> None:
    older, younger = "已满14周岁、未满18周岁的，请与父母一同阅读。", "未满14周岁的，须由父母代为注册。"
    policy = parse(
        f"一、孩子\n1、{older}\n2、{younger}\n3、我们保护孩子。\n二、其他\n请来电。", id="child", title="孩子"
    )
    first, second, third = (hit(policy, words, score=9.5) for words in ("已满14", "未满14", "我们保护"))
    hits = [replace(first, score=10.0), second, third]
    for question, told in (
        ("我家孩子9岁，能注册吗", younger),
        ("Can my daughter sign up? She's 9.", younger),
        ("15岁能注册吗", older),
        ("孩子能注册吗", older),
        ("30岁能注册吗", older),
    ):
        assert ExtractiveGenerator().generate(question, hits).claims[0].quote == told, question
    assert ExtractiveGenerator().generate("9岁能注册吗", [third, *hits[:2]]).claims[0].quote == "我们保护孩子。"
    far = [first, replace(second, score=5.0)]
    assert ExtractiveGenerator().generate("9岁能注册吗", far).claims[0].quote == older


def test_a_distant_second_clause_is_not_quoted(policy: Policy) -> None:
    hits = [hit(policy, "手机号码", score=9.0), hit(policy, "通讯录", score=3.0)]
    claims = ExtractiveGenerator().generate("手机号码怎么用", hits).claims
    assert {c.clause_id for c in claims} == {hits[0].clause.id}


def test_no_more_quotes_than_asked_for(policy: Policy) -> None:
    hits = [hit(policy, "手机号码", score=9.0), hit(policy, "通讯录", score=8.9)]
    assert len(ExtractiveGenerator(max_citations=1).generate("手机号码怎么用", hits).claims) == 1


def test_who_asks_for_a_value_gets_the_clause_that_gives_one() -> None:
    policy = parse("一、保存\n（一）日志\n我们会保存日志。\n（二）订单\n订单保存三年。", id="kept", title="保存")
    log, order = "我们会保存日志。", "订单保存三年。"
    # One that is far behind is about something else, and what holds none is no answer.
    for score, said in ((9.5, [order, log]), (9.0, [log, order]), (7.0, [])):
        hits = [hit(policy, "我们会保存日志"), hit(policy, "订单保存三年", score=score)]
        assert [claim.quote for claim in ExtractiveGenerator().generate("日志保存多久", hits).claims] == said
    assert [claim.quote for claim in ExtractiveGenerator().generate("为什么保存日志", hits).claims] == [log]


def test_a_clause_with_the_value_and_all_that_it_is_asked_of_is_told_alone() -> None:
    policy = parse("一、会员\n（一）入会\n学生可以入会。\n（二）会费\n学生会费二十元。", id="club", title="会员")
    joins, pays = "学生可以入会。", "学生会费二十元。"
    for concepts, said in ((1.0, [joins, pays]), (0.5, [pays])):
        first = hit(policy, "可以入会", evidence=replace(ANSWERED, concepts=concepts))
        hits = [first, hit(policy, "二十元", score=9.0)]
        assert [claim.quote for claim in ExtractiveGenerator().generate("学生要交多少钱", hits).claims] == said


@pytest.mark.parametrize(
    ("question", "text", "partners", "rule"),
    [
        (
            "你们卖不卖我的资料",
            "一、共享\n（一）推广\n我们向推广伙伴提供统计信息。\n（二）共享\n我们不会向任何公司共享您的个人信息。",
            "我们向推广伙伴提供统计信息。",
            "我们不会向任何公司共享您的个人信息。",
        ),
        (
            "do you sell my data",
            "1. Sharing\n1.1 Advertisers receive counts.\n1.2 We do not sell or share your data.",
            "Advertisers receive counts.",
            "We do not sell or share your data.",
        ),
    ],
)
def test_who_asks_if_data_are_sold_is_told_first_that_none_are_given(
    question: str, text: str, partners: str, rule: str
) -> None:
    policy = parse(text, id="sold", title="Sharing")
    hits = [hit(policy, partners), hit(policy, rule, score=9.0)]
    assert ExtractiveGenerator().generate(question, hits).claims[0].quote == rule
    assert ExtractiveGenerator().generate("统计信息", hits).claims[0].quote == partners


def test_a_value_that_is_of_another_company_is_not_told() -> None:
    policy = parse("一、个推\n我们向个推提供日志。\n二、友盟\n友盟保存日志三年。", id="kept", title="保存")
    getui, umeng = hit(policy, "我们向个推提供日志"), hit(policy, "友盟保存日志三年", score=9.9)
    getui = replace(getui, evidence=replace(getui.evidence, company=True))
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("个推保存日志多久", [getui, umeng]).claims]
    assert quotes == ["我们向个推提供日志。"]


def test_of_a_long_clause_the_sentence_with_the_value_is_quoted_too() -> None:
    filler = "我们采取加密等措施保护日志的安全。" * 20
    policy = parse(f"一、日志\n我们会保存日志。{filler}日志保存三年。", id="kept", title="保存")
    hits = [hit(policy, "我们会保存日志")]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("日志保存多久", hits).claims]
    assert quotes == ["我们会保存日志。", "日志保存三年。"]
    assert [claim.quote for claim in ExtractiveGenerator().generate("为什么保存日志", hits).claims] == quotes[:1]


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ((9.0, 9.5, 2.0, 2.0, 2.0), "我们用Cookie记住您的偏好。您可以清除它。"),
        ((2.0, 2.0, 2.0, 9.0, 2.0), "您也可以停用全部Cookie。但您可能因此无法使用部分功能。"),
        ((9.0, 2.0, 2.0, 8.5, 2.0), "我们用Cookie记住您的偏好。"),
        ((2.0, 2.0, 9.0, 8.5, 2.0), "您也可以停用全部Cookie。但您可能因此无法使用部分功能。"),
    ],
)
def test_a_sentence_that_takes_something_back_is_told_with_it_or_not_at_all(
    scores: tuple[float, ...], told: str
) -> None:
    rest = "其他规则由本平台在页面上以显著方式向您逐项展示，请您仔细阅读。" * 9
    told_of = "我们用Cookie记住您的偏好。您可以清除它。您也可以停用全部Cookie。但您可能因此无法使用部分功能。"
    policy = parse(f"一、Cookie\n{told_of}{rest}", id="p", title="P")
    long = hit(policy, "我们用Cookie")
    assert len(long.sentence_scores) > len(scores)
    long = replace(long, sentence_scores=(*scores, *(0.0 for _ in long.sentence_scores[len(scores) :])))
    drafted = ExtractiveGenerator().generate("Cookie是做什么的", [long])
    assert [claim.quote for claim in drafted.claims] == [told]


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        # The best brings what begins the list that it is a part of; another such part is left out.
        (
            (2.0, 2.0, 9.0, 2.0),
            ["我们判断期限的标准主要包括：完成与您相关的交易；维护您的账户；保证服务的安全和质量；"],
        ),
        ((2.0, 2.0, 8.0, 9.0), ["其他说明见下。"]),
        ((8.0, 2.0, 7.5, 9.0), ["我们判断期限的标准主要包括：完成与您相关的交易；", "其他说明见下。"]),
    ],
)
def test_a_part_of_a_list_in_a_sentence_is_told_with_its_beginning_or_not_at_all(
    scores: tuple[float, ...], told: list[str]
) -> None:
    rest = "并应对可能的查询或投诉以及法律法规要求我们在此之后继续履行的各项义务和责任" * 3
    said = "我们判断期限的标准主要包括：完成与您相关的交易；维护您的账户；保证服务的安全和质量；"
    policy = parse(f"一、保存\n{said}{rest}。其他说明见下。{'请您留意。' * 30}", id="p", title="P")
    found = hit(policy, "我们判断期限")
    parts = [policy.text[slice(*span)] for span in found.passage.sentences]
    scored = dict(zip([*parts[:3], "其他说明见下。"], scores, strict=True))
    found = replace(found, sentence_scores=tuple(scored.get(part, 0.0) for part in parts))
    assert [claim.quote for claim in ExtractiveGenerator().generate("标准是什么", [found]).claims] == told


def test_of_a_companys_list_the_items_about_another_are_left_out() -> None:
    rest = "用于向您推送与订单有关的通知，并统计通知的到达情况。" * 12
    items = [f"设备信息：{rest}", f"我们集成了友盟SDK，向友盟提供您的设备信息。{rest}", f"个推也会收集网络信息。{rest}"]
    listed = "\n".join(f"（{number}）{item}" for number, item in enumerate(items, 1))
    policy = parse(f"一、推送\n个推收集的信息包括但不限于：\n{listed}\n二、联系我们\n请来电。", id="p", title="P")
    found = hit(policy, "个推收集的信息")

    def told(question: str) -> list[str]:
        return [claim.clause_id for claim in ExtractiveGenerator().generate(question, [found]).claims]

    assert told("个推收集哪些信息") == ["1", "1.1", "1.3"]
    assert told("what does Getui collect") == told("GETUI collects what?") == ["1", "1.1", "1.3"]
    # Who asks of no company, or of another, is told of all.
    assert told("推送收集哪些信息") == ["1", "1.1", "1.2", "1.3"]


def test_who_refuses_is_told_what_comes_of_it() -> None:
    filler = "核验由合作机构完成。" * 30
    policy = parse(f"一、实名\n发布信息需要实名认证。{filler}如您拒绝，仍可浏览。", id="real", title="实名")
    hits = [hit(policy, "发布信息需要")]
    for question in ("不实名认证能用吗", "不刷脸还能用不", "What happens if I refuse to verify my name?"):
        quotes = [claim.quote for claim in ExtractiveGenerator().generate(question, hits).claims]
        assert quotes == ["发布信息需要实名认证。", "如您拒绝，仍可浏览。"]
    # It is a better answer, but there are others.
    hits = [hit(parse("一、实名\n发布信息前请实名。", id="real", title="实名"), "发布信息前")]
    assert ExtractiveGenerator().generate("不实名认证能用吗", hits).claims


@pytest.mark.parametrize(
    ("question", "words", "reference"),
    [
        ("日历会公开吗", "不会公开披露", "三"),
        ("is my calendar public?", "不会公开披露", "三"),
        ("日历安全吗", "采用加密", "四"),
        ("do you sell my calendar", "出售", "五"),
        ("日历会保存吗", "保存在", "六"),
        ("日历权限干嘛用", "保存在", "二"),
    ],
)
def test_what_is_done_with_a_thing_is_told_before_what_only_names_it(question: str, words: str, reference: str) -> None:
    policy = parse(
        "一、简介\n云历是日历应用。\n二、日历\n开启日历权限后，您可以用日历记下重要的日子。\n三、公开披露\n我们不会公开披露您的个人信息。\n"
        "四、安全\n我们采用加密技术保护您的个人信息。\n五、共享\n我们不会向第三方出售您的个人信息。\n六、保存\n您的个人信息保存在境内。\n",
        id="p",
        title="P",
    )
    hits = [hit(policy, "开启日历"), hit(policy, words, score=9.7)]
    first, *_ = ExtractiveGenerator().generate(question, hits).claims
    assert policy.reference(first.clause_id) == reference


def test_what_is_said_twice_in_the_same_words_is_quoted_once() -> None:
    policy = parse("一、电话\n客服电话 12345678。\n二、联系\n客服电话  12345678。", id="twice", title="二")
    hits = [hit(policy, "客服电话 1"), hit(policy, "客服电话  1", score=9.9)]
    assert len(ExtractiveGenerator().generate("客服电话", hits).claims) == 1


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        (
            "一、共享\n未经同意，我们不会提供：\n1、人脸照片；\n2、通话录音。",
            "通话录音",
            "未经同意，我们不会提供： “2、通话录音。” [1]",
        ),
        (
            "一、共享\n未经“您”同意，我们不会提供：\n1、人脸照片；\n2、通话录音。",
            "通话录音",
            "未经‘您’同意，我们不会提供： “2、通话录音。” [1]",
        ),
        # It says enough by itself, unless what leads to it turns it around.
        (
            "一、插件\n甲收集的信息包括但不限于：\n1、型号；\n2、我们还接入了乙。",
            "接入了乙",
            "“2、我们还接入了乙。” [1]",
        ),
        (
            "一、共享\n我们不会共享，以下情况除外：\n1、型号；\n2、我们接入了乙。",
            "接入了乙",
            "我们不会共享，以下情况除外： “2、我们接入了乙。” [1]",
        ),
        (
            "一、共享\n我们会共享信息，例外：\n1、型号；\n2、您的录音。",
            "录音",
            "我们会共享信息，例外： “2、您的录音。” [1]",
        ),
        # A condition of all the list says nothing of a statement, but much of a noun.
        (
            "一、收集\n在您使用服务时，我们这样收集：\n1、型号；\n2、注册时我们收集昵称。",
            "收集昵称",
            "“2、注册时我们收集昵称。” [1]",
        ),
        (
            "一、收集\n在您使用服务时，我们这样收集：\n1、您的型号；\n2、您的昵称。",
            "昵称",
            "在您使用服务时，我们这样收集： “2、您的昵称。” [1]",
        ),
        (
            "一、注销\n如需注销账号，您可以这样做：\n1、登录；\n2、联系我们的客服。",
            "客服",
            "如需注销账号，您可以这样做： “2、联系我们的客服。” [1]",
        ),
        (
            "一、收集\n除非您同意，我们才这样收集：\n1、型号；\n2、我们收集昵称。",
            "收集昵称",
            "除非您同意，我们才这样收集： “2、我们收集昵称。” [1]",
        ),
        # A title that nothing else shows denies the items below it.
        (
            "## 一、我们不会收集：\n- **甲**：人脸照片；\n- **乙**：通话录音。",
            "通话录音",
            "我们不会收集： “- **乙**：通话录音。” [1]",
        ),
        (
            "一、信息\n**（一）** 我们不会收集以下信息：\n1、人脸照片；\n2、通话录音。",
            "通话录音",
            "我们不会收集以下信息： “2、通话录音。” [1]",
        ),
        (
            "一、信息\n**我们不会收集：**\n1、人脸照片；\n2、通话录音。",
            "通话录音",
            "**我们不会收集：** “2、通话录音。” [1]",
        ),
        # One that the reference shows is told only where it turns the sense.
        ("一、共享\n收集的信息：\n（1）人脸照片；\n（2）通话录音。", "通话录音", "“（2）通话录音。” [1]"),
        (
            "一、共享\n不收集的信息：\n（1）人脸照片；\n（2）通话录音。",
            "通话录音",
            "不收集的信息： “（2）通话录音。” [1]",
        ),
        ("一、共享：\n1、我们共享人脸照片。\n2、我们共享录音。", "共享录音", "“2、我们共享录音。” [1]"),
        (
            "Sharing\n\n1. Sharing\nWe never share:\n(a) your face;\n(b) your calls.",
            "your calls",
            "We never share: “(b) your calls.” [1]",
        ),
    ],
)
def test_the_item_of_a_list_is_told_with_what_leads_to_it(text: str, words: str, line: str) -> None:
    policy = parse(text, id="items", title="项", language="zh" if "一" in text else "en")
    hits = [hit(policy, words)]
    at = policy.text.index(words)
    clause = policy.at(at)
    said = Claim(policy_id="items", clause_id=clause.id, quote=policy.text[hits[0].start : hits[0].end].strip())
    found = answer(question="q", query="q", draft=Draft(claims=(said,)), hits=hits, min_quote_chars=2)
    assert found.text.splitlines()[1:] == f"• {line}".split("\n")
    # A model has read it, and says it in its own words.
    worded = answer(
        question="q", query="q", draft=Draft(claims=(replace(said, text="No."),)), hits=hits, min_quote_chars=2
    )
    assert "• No. “" in worded.text
    assert worded.citations == found.citations


def test_what_leads_to_several_items_is_told_once() -> None:
    policy = parse("一、共享\n我们不会提供：\n1、人脸照片；\n2、通话录音。", id="items", title="项")
    hits = [hit(policy, "人脸照片"), hit(policy, "通话录音")]
    draft = Draft(
        claims=tuple(Claim(policy_id="items", clause_id=h.clause.id, quote=policy.text[h.start : h.end]) for h in hits)
    )
    found = answer(question="q", query="q", draft=draft, hits=hits, min_quote_chars=2)
    assert found.text.count("我们不会提供") == 1
    assert len(found.citations) == 2


def test_of_the_items_of_one_list_the_best_is_quoted(policy: Policy) -> None:
    hits = [hit(policy, "IMEI"), hit(policy, "通讯录", score=9.9), hit(policy, "手机号码", score=9.8)]
    assert len(ExtractiveGenerator().generate("会收集什么", hits[:2]).claims) == 1
    assert len(ExtractiveGenerator().generate("会收集什么", hits[::2]).claims) == 2


GOODS = """一、行李
（一）不得托运的物品
• 锂电池、充电宝；
• 现金、珠宝；
• 打火机。
（二）超重行李
超重部分每公斤收取30元，另付保价费。提前预购的享受八折。
单件行李不得超过32公斤。
二、其他
请来电。"""


def test_what_is_forbidden_beside_what_is_granted_is_chosen_once() -> None:
    text = "一、充电桩\n1、自有产权车位可以安装充电桩。\n2、租赁车位、公共车位不得安装充电桩。"
    policy = parse(text, id="parking", title="停车规定")
    evidence = replace(ANSWERED, concepts=0.5)
    hits = [hit(policy, "不得", score=5.0, evidence=evidence), hit(policy, "可以", score=4.9, evidence=evidence)]
    assert [chosen.clause.id for chosen in selected("哪些车位能装充电桩", hits)] == ["1.1", "1.2"]


def test_a_list_is_quoted_with_the_heading_that_leads_to_it() -> None:
    policy = parse(GOODS, id="goods", title="行李")
    whole = hit(policy, "不得托运", score=9.6)
    items = [hit(policy, "充电宝"), hit(policy, "现金", score=9.7)]
    said = "不得托运的物品\n• 锂电池、充电宝；\n• 现金、珠宝；\n• 打火机。"
    for question in ("哪些东西不能托运", "充电宝和现金能托运吗"):
        quotes = [claim.quote for claim in ExtractiveGenerator().generate(question, [*items, whole]).claims]
        assert quotes == [said]
    # A list that was hardly found is none to quote, nor is that of an item that is meant alone below a sentence.
    quotes = [
        c.quote for c in ExtractiveGenerator().generate("充电宝能托运吗", [*items, replace(whole, score=9.0)]).claims
    ]
    assert quotes[0] == "锂电池、充电宝；"


def test_a_list_is_quoted_in_place_of_its_best_item_if_others_come_close(policy: Policy) -> None:
    hits = [hit(policy, "国家安全"), hit(policy, "在以下情形", score=9.8), hit(policy, "公共卫生", score=9.7)]
    (claim,) = ExtractiveGenerator().generate("什么情况下不用同意", hits).claims
    assert claim.quote.startswith("在以下情形中")
    hits[2] = replace(hits[2], score=8.0)
    assert ExtractiveGenerator().generate("什么情况下不用同意", hits).claims[0].quote == "与国家安全直接相关的；"


def test_who_asks_for_all_gets_the_items_that_come_close_of_a_list_that_is_none_to_quote_whole() -> None:
    body = "".join(f"\n{n}. {name}：为支付提供订单号。" for n, name in enumerate(("甲公司", "乙公司", "丙公司"), 1))
    policy = parse(f"一、提供{body}\n二、其他\n请来电。", id="all", title="全")
    scores = {"乙公司": 10.0, "甲公司": 9.2, "丙公司": 8.0}
    hits = [hit(policy, name, score=scores[name], evidence=replace(ANSWERED, concepts=None)) for name in scores]
    told = [f"{name}公司：为支付提供订单号。" for name in "甲乙"]
    assert [claim.quote for claim in ExtractiveGenerator().generate("都给哪些公司", hits).claims] == told
    assert [claim.quote for claim in ExtractiveGenerator().generate("给乙公司什么", hits).claims] == told[1:]


def test_who_asks_for_all_gets_each_item_where_several_were_found() -> None:
    names = ("相机", "相册", "日历", "麦克风")
    filler = "您可以随时在系统设置中关闭，关闭后不影响其他功能的使用。" * 9
    items = "\n".join(
        f"{place}、{name}：您开启{name}权限后可以使用该功能。{filler}" for place, name in enumerate(names, 1)
    )
    policy = parse(f"一、附加功能\n{items}", id="p", title="P")
    evidence = replace(ANSWERED, concepts=None)
    far = [
        hit(policy, f"您开启{name}", score=10.0 - 0.5 * place, evidence=evidence) for place, name in enumerate(names)
    ]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("需要哪些权限", far).claims]
    assert [name for name in names if any(name in quote for quote in quotes)] == list(names)
    # However many quotes they come to.
    cut = ExtractiveGenerator(max_citations=2).generate("需要哪些权限", far).claims
    assert [name for name in names if any(name in claim.quote for claim in cut)] == list(names)
    # One of two that is far behind is something else.
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("需要哪些权限", [far[0], far[3]]).claims]
    assert len(quotes) == 1


def test_who_asks_for_names_gets_every_list_of_them_whose_heading_has_another_number() -> None:
    text = (
        "一、插件\n使用的第三方插件（1）：\ncom.yun.push（云推）\n收集的信息\n云推收集设备信息。\n"
        "使用的第三方插件（2）：\ncom.hai.map（海图）\n收集的信息\n海图收集位置信息。\n"
    )
    policy = parse(text, id="sdk", title="云帆隐私政策", language="zh")
    one, other, far = hit(policy, "com.yun"), hit(policy, "com.hai", score=9.0), hit(policy, "海图收集", score=5.0)

    def cited(question: str) -> list[str]:
        return [claim.quote for claim in ExtractiveGenerator().generate(question, [one, other, far]).claims]

    assert cited("接了哪些第三方插件") == ["com.yun.push（云推）", "com.hai.map（海图）"]
    assert cited("插件是做什么的") == ["com.yun.push（云推）"]


def test_who_asks_who_made_one_thing_is_told_of_that_before_the_others() -> None:
    text = "1. Plug-ins\nPlug-ins used (1):\ncom.dune.push (Dune)\nPlug-ins used (2):\ncom.pier.map (Pier Maps)\n"
    policy = parse(text, id="sdk", title="Notice", language="en")
    one, other = hit(policy, "com.dune", score=8.0), hit(policy, "com.pier")
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("who made the map?", [other, one]).claims]
    assert [quote.splitlines()[-1] for quote in quotes] == ["com.pier.map (Pier Maps)", "com.dune.push (Dune)"]


def test_who_asks_for_all_rows_with_something_gets_each_that_has_it() -> None:
    tasks: tuple[str, ...] = (
        "posts our letters to members and to those who were members before",
        "takes the money of our members by card",
    )
    tasks = (*tasks, "draws the maps of the bay that our members take along when they are at sea")
    places = ("France", "Malta", "France, Malta")
    helpers = zip(("Orla", "Finn", "Lind"), tasks, places, strict=True)
    rows = [
        f"Helper: {name} | Task: {task}, {'under a contract, ' * 6}and no more | Where: {place}"
        for name, task, place in helpers
    ]
    policy = parse(
        "1. Us\nWe help companies.\n2. Helpers\n" + "\n".join(rows), id="helpers", title="Bay", language="en"
    )
    few = replace(ANSWERED, coverage=0.5, concepts=0.5)
    hits = [hit(policy, "We help", evidence=few), *(hit(policy, row, score=9.5, evidence=few) for row in rows)]

    def quoted(query: str) -> list[str]:
        return [claim.quote for claim in ExtractiveGenerator().generate(query, hits).claims]

    assert quoted("which companies are in France") == [rows[0], rows[2]]
    assert rows[2] not in quoted("what does Finn do")


def test_words_of_what_is_further_in_meaning_do_not_put_it_first() -> None:
    text = "1. Us\nThe club is run by Orla and walks on Sundays.\n2. Work\nNobody tells your employer."
    policy = parse(text, id="club", title="Club Rules", language="en")
    near, far = replace(ANSWERED, coverage=0.0, concepts=None), replace(ANSWERED, coverage=0.6, concepts=None)
    hits = [hit(policy, "Nobody", evidence=near), hit(policy, "The club", score=9.2, evidence=far)]
    assert selected("can my boss see my walks", hits)[0] is hits[1]
    hits[1] = replace(hits[1], evidence=replace(far, similarity=0.4))
    assert selected("can my boss see my walks", hits)[0] is hits[0]


def test_of_two_values_that_of_all_that_is_asked_for_is_told_first() -> None:
    text = "1. Films\nFilmings are kept for 14 days.\n2. Films of you\nWe keep your films for 3 years."
    policy = parse(text, id="films", title="Film Rules", language="en")
    part, whole = replace(ANSWERED, coverage=0.7, concepts=0.5), replace(ANSWERED, similarity=0.6)
    hits = [hit(policy, "Filmings", evidence=part), hit(policy, "We keep", score=9.9, evidence=whole)]
    assert selected("how long do you keep my films", hits)[0] is hits[1]
    assert selected("how long do you keep my films", [hits[0], replace(hits[1], score=9.5)])[0] is hits[0]


def test_who_asks_for_all_gets_the_list_of_which_several_items_come_close() -> None:
    listed = "下列乘客不得上船：\n1. 刚刚饮酒的；\n2. 有心脏病的；\n3. 已经怀孕的。"
    policy = parse(f"一、车型\n未满十八岁的人员不得租用摩托艇。\n二、乘客\n{listed}", id="boats", title="游船")
    few = replace(ANSWERED, coverage=0.1, concepts=0.0)
    places = (("未满", 3.4), ("有心脏病", 2.7), ("下列", 2.5), ("刚刚", 2.3))
    found = [hit(policy, words, score=score, evidence=few) for words, score in places]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("哪些人不能坐船", found).claims]
    assert quotes[0].startswith("未满")
    assert quotes[1].startswith("下列乘客不得上船：")
    assert quotes[1].endswith("怀孕的。")
    # It answers by itself if it holds the words, or if but one item comes close.
    whole = [replace(found[0], evidence=replace(few, coverage=0.6)), *found[1:]]
    for hits in (whole, found[:3]):
        assert len(ExtractiveGenerator().generate("哪些人不能坐船", hits).claims) == 1


def test_a_list_that_answers_is_told_without_the_clause_beside_it() -> None:
    text = (
        "1. Loans\n1.1 Periods\nBooks are lent for 21 days.\n1.2 Items\nThe following are not lent:\n- maps;\n- theses."
    )
    policy = parse(text, id="loans", title="Rules", language="en")
    named = replace(ANSWERED, concepts=None)
    hits = [hit(policy, "The following", evidence=named), hit(policy, "Books are lent", score=9.2, evidence=named)]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("which items can't be borrowed", hits).claims]
    assert [quote.partition(":")[0] for quote in quotes] == ["The following are not lent"]


def test_a_second_clause_that_adds_nothing_is_not_quoted() -> None:
    policy = parse("一、日志\n日志保存三年。\n二、订单\n订单保存五年。", id="kept", title="保存")
    second = hit(policy, "订单保存", score=9.9)
    full, some = replace(ANSWERED, coverage=0.7), replace(ANSWERED, coverage=0.4)

    def quotes(question: str, first: Evidence, other: Evidence) -> list[str]:
        hits = [hit(policy, "日志保存", evidence=first), replace(second, evidence=other)]
        return [claim.quote for claim in ExtractiveGenerator().generate(question, hits).claims]

    both = ["日志保存三年。", "订单保存五年。"]
    # It holds the value and most of what is asked, or the second is further off in words and meaning.
    assert quotes("日志保存多久", full, full) == both[:1]
    assert quotes("日志保存多久", some, some) == both
    assert quotes("日志怎么保存", full, full) == both
    assert quotes("日志怎么保存", full, replace(some, similarity=0.65)) == both[:1]
    assert quotes("日志怎么保存", full, some) == both
    # Of two that are as good, that which holds more of the words is quoted first.
    assert quotes("订单怎么保存", some, full) == both[::-1]


def test_what_a_word_means_is_not_told_second_to_who_asks_what_is_done() -> None:
    text = "一、下单\n下单时您需要填写收货地址。\n二、定义\n敏感信息是指收货地址等一旦泄露会造成损害的信息。"
    policy = parse(text, id="p", title="隐私政策")
    hits = [hit(policy, "下单时"), hit(policy, "敏感信息是指")]
    told = {
        question: [claim.clause_id for claim in ExtractiveGenerator().generate(question, hits).claims]
        for question in ("下单要填收货地址吗", "收货地址算敏感信息吗")
    }
    assert told == {"下单要填收货地址吗": ["1"], "收货地址算敏感信息吗": ["1", "2"]}


def test_a_second_clause_about_another_company_is_not_quoted() -> None:
    text = "一、推送\n个推收集您的位置信息。\n二、导航\n高德收集您的位置信息。"
    policy = parse(text, id="p", title="隐私政策")
    of = replace(ANSWERED, company=True)
    hits = [hit(policy, "个推", evidence=of), hit(policy, "高德")]
    cited = [claim.quote for claim in ExtractiveGenerator().generate("个推会拿我的位置吗", hits).claims]
    assert cited == ["个推收集您的位置信息。"]
    hits = [hits[0], replace(hits[1], evidence=of)]
    assert len(ExtractiveGenerator().generate("个推和高德会拿我的位置吗", hits).claims) == 2


def test_of_which_the_first_holds_few_words_one_that_holds_most_is_quoted_first() -> None:
    policy = parse(
        "一、日志\n日志保存三年。\n二、订单\n订单保存五年。\n三、发票\n发票由商家开具。", id="kept", title="保存"
    )
    few, most = replace(ANSWERED, coverage=0.2), replace(ANSWERED, coverage=0.8)
    found = [hit(policy, words, score=score, evidence=few) for words, score in (("日志保存", 9.0), ("订单保存", 8.7))]
    near, far = (hit(policy, "发票由", score=score, evidence=most) for score in (8.2, 7.2))
    for third, first in ((near, "发票由商家开具。"), (far, "日志保存三年。")):
        draft = ExtractiveGenerator().generate("发票怎么开", [*found, third])
        assert draft.claims[0].quote == first


def test_the_best_clause_with_the_value_that_is_wanted_stays_before_one_with_more_words() -> None:
    text = "1. Desk\nThe desk is staffed from 8am to 8pm.\n2. Keys\nFetch your keys in opening hours, from 9am on."
    policy = parse(text, id="desk", title="House rules", language="en")
    few, most = replace(ANSWERED, coverage=0.2, concepts=0.0), replace(ANSWERED, coverage=0.9)
    hits = [hit(policy, "The desk", evidence=few), hit(policy, "Fetch", score=9.5, evidence=most)]
    generator = ExtractiveGenerator(max_citations=1)
    assert generator.generate("opening hours of the desk", hits).claims[0].quote.startswith("The desk")
    assert generator.generate("where are the keys of the desk", hits).claims[0].quote.startswith("Fetch")


def test_a_value_of_something_else_does_not_stand_before_that_of_what_is_asked_for() -> None:
    policy = parse(
        "1. Fees\n1.1 A processing fee of 2% is charged.\n1.2 After a year an inactivity fee of 5 euros is charged.",
        id="fees",
        title="Terms",
        language="en",
    )
    few, most = replace(ANSWERED, coverage=0.2), replace(ANSWERED, coverage=1.0)
    hits = [hit(policy, "A processing", evidence=few), hit(policy, "After", score=9.5, evidence=most)]
    for question, first in (("is there an inactivity fee", "After"), ("is there a processing fee", "A processing")):
        assert ExtractiveGenerator().generate(question, hits).claims[0].quote.startswith(first)


def test_a_chinese_value_that_is_wanted_stays_first_though_another_has_more_of_the_words() -> None:
    text = "一、费用\n（一）租金\n租金每天200元。\n二、其他\n（一）资料\n租车要交的资料丢失的，补办20元。"
    policy = parse(text, id="fees", title="租车须知")
    few, most = replace(ANSWERED, coverage=0.2), replace(ANSWERED, coverage=1.0)
    hits = [hit(policy, "租金每天", evidence=few), hit(policy, "租车要交", score=9.5, evidence=most)]
    assert ExtractiveGenerator().generate("租车要交多少钱", hits).claims[0].quote.startswith("租金每天")


def test_what_a_section_does_not_grant_is_told_with_what_it_grants() -> None:
    grant = "Should the boat sink, the Insurer shall pay its price."
    text = (
        "Section B - Loss\nB.1 {0}\nB.2 {1}\nB.3 The price is that of the day.\nSection C - Fire\nC.1 Fire is covered."
    )
    generator = ExtractiveGenerator()
    for exception, quotes in (
        ("No sum is payable under this Section for a boat of more than ten years.", 2),
        ("This Section does not extend to boats of more than ten years.", 2),
        ("A boat of more than ten years must be surveyed.", 1),
    ):
        policy = parse(text.format(grant, exception), id="boats", title="Boat cover", language="en")
        hits = [hit(policy, exception), hit(policy, "Fire is"), hit(policy, grant, score=9.2)]
        far = [replace(one, score=7.0) for one in hits[1:2]]
        told = [claim.quote for claim in generator.generate("my old boat sank", [hits[0], hits[2], *far]).claims]
        assert told == [grant, exception][-quotes:]
        # Not where what grants it is far behind.
        apart = [hits[0], replace(hits[2], score=6.0)]
        assert [claim.quote for claim in generator.generate("my old boat sank", apart).claims] == [exception]


def test_of_a_short_clause_the_paragraphs_that_answer_are_quoted() -> None:
    policy = parse(GOODS, id="goods", title="行李")
    for words, told in (
        ("单件行李", "单件行李不得超过32公斤。"),
        ("提前预购", "超重部分每公斤收取30元，另付保价费。提前预购的享受八折。"),
    ):
        hits = [hit(policy, words)]
        assert [claim.quote for claim in ExtractiveGenerator().generate("行李怎么办", hits).claims] == [told]
    # A line without an end goes on in the next.
    wrapped = parse(
        "1. Bags\nWe store bags, boxes, skis and one pram for the\nchildren of our guests. Two cost more.\nNo dogs.",
        id="bags",
        language="en",
    )
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("bags", [hit(wrapped, "children of")]).claims]
    assert quotes == ["We store bags, boxes, skis and one pram for the\nchildren of our guests. Two cost more."]


def test_what_comes_close_is_quoted_from_the_paragraph_of_the_best_sentence_first_of_all() -> None:
    text = "一、行李\n行李可以寄存一天。超过一天的要付费。\n前台可以叫车。\n二、其他\n宠物不能入住。"
    policy = parse(text, id="inn", title="住客须知")
    found = hit(policy, "行李可以")
    for scores, quotes in (
        ((10.0, 8.5, 8.5), ["行李可以寄存一天。超过一天的要付费。"]),
        ((10.0, 8.5, 9.0), ["行李可以寄存一天。超过一天的要付费。\n前台可以叫车。"]),
    ):
        said = ExtractiveGenerator().generate("行李可以放吗", (replace(found, sentence_scores=scores),))
        assert [part.quote for part in said.claims] == quotes


def test_of_entries_below_each_other_the_one_that_answers_is_quoted() -> None:
    said = "生效日期：2024年3月1日\n客服电话：95577\n地址：海州市听涛路8号，邮编 310000\n请在工作日来电\n谢谢您的支持。"
    text = f"一、说明\n{said}\n二、其他\n请来电。"
    found = hit(parse(text, id="entries", title="说明"), "生效")
    cases = (
        ("什么时候生效", (9.0, 0.0, 0.0, 0.0, 0.0)),
        ("客服电话是多少", (0.0, 9.0, 0.0, 0.0, 0.0)),
        ("邮寄地址是什么", (0.0, 0.0, 9.0, 0.0, 0.0)),
        ("有什么用", (0.0, 0.0, 0.0, 9.0, 0.0)),
    )
    quotes = [
        ExtractiveGenerator().generate(question, [replace(found, sentence_scores=scores)]).claims[0].quote
        for question, scores in cases
    ]
    # An address with a comma may be a sentence that goes on; and of whom an entry is, those beside it tell.
    lines = said.splitlines()
    assert quotes == [lines[0], lines[1], "\n".join(lines[2:]), said]


def test_of_a_table_the_row_that_answers_is_quoted_or_all_of_it_for_who_asks_for_all() -> None:
    rows = [
        f"功能：{name} | 信息：{name}记录 | 保存时间：{n}个月" for n, name in enumerate(("通话", "微聊", "拍照"), 1)
    ]
    policy = parse("\n".join(["一、收集", *rows, "二、其他", "请来电。"]), id="rows", title="表")
    # Rows are alike, and so are their scores.
    hits = [replace(hit(policy, "微聊记录"), sentence_scores=(8.9, 10.0, 8.5))]
    assert [claim.quote for claim in ExtractiveGenerator().generate("微聊保存多久", hits).claims] == rows[1:2]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("收集哪些信息", hits).claims]
    assert quotes == ["\n".join(rows)]


def test_rows_that_numbers_tell_apart_are_quoted_together() -> None:
    rows = ("天数：1天以内 | 批准：组长", "天数：1至3天 | 批准：主管", "天数：3天以上 | 批准：厂长")
    policy = parse("请假\n一、批准\n" + "\n".join(rows) + "\n二、附则\n厂长解释。")
    found = replace(hit(policy, "组长"), sentence_scores=(0.5, 4.0, 0.2))
    draft = ExtractiveGenerator().generate("请假两天谁批准", [found])
    assert all(row in draft.claims[0].quote for row in rows), "which of them is meant cannot be told by words"
    named = parse("价目\n一、清洗\n" + "\n".join(f"项目：{name} | 价格：{9}元" for name in ("窗帘", "地毯", "沙发")))
    found = replace(hit(named, "窗帘"), sentence_scores=(0.5, 4.0, 0.2))
    assert [claim.quote for claim in ExtractiveGenerator().generate("洗地毯多少钱", [found]).claims] == [
        "项目：地毯 | 价格：9元"
    ]


def test_of_rows_those_are_quoted_that_a_question_names() -> None:
    rows = ("城市：北京、上海 | 标准：450元", "城市：省会城市 | 标准：380元", "城市：其他城市 | 标准：300元")
    policy = parse("差旅\n一、住宿标准\n" + "\n".join(rows) + "\n二、附则\n财务解释。")
    found = replace(hit(policy, "北京"), sentence_scores=(2.0, 1.8, 4.0))

    def quoted(query: str) -> list[str]:
        return [claim.quote for claim in ExtractiveGenerator().generate(query, [found]).claims]

    assert quoted("北京住宿标准") == [rows[0]], "however close another is"
    assert quoted("北京和省会住宿多少钱") == ["\n".join(rows[:2])]
    assert quoted("出差住宿多少钱") == [rows[2]], "none is named"


def test_of_a_table_that_is_found_as_a_whole_the_row_is_quoted_that_is_named() -> None:
    ways = "by the first boat or van of the day that has room for it, and by the next one else"
    rows: tuple[str, ...] = (
        f"Letter: To the isles | Where: North, {ways} | Price: £4",
        f"Letter: To the isles | Where: South, {ways} | Price: £2",
    )
    rows = (*rows, f"Letter: At home | Where: Anywhere, {ways} | Price: £1")
    more = "Letters are carried on all days of the week but Sundays. " * 4
    policy = parse(
        f"Post Rules\n\n1. Price of a letter\n\n{chr(10).join(rows)}\n\n{more}\n\n{more}\n\n2. Others\n\nAsk us.",
        language="en",
    )
    whole = next(one for one in passages(policy) if one.end > policy[one.clause_id].body_end)
    found = replace(
        hit(policy, "Ask us"), clause=policy[whole.clause_id], passage=whole, sentence_scores=(1.0, 1.0, 1.0)
    )

    def quoted(query: str) -> str:
        return ExtractiveGenerator().generate(query, [found]).claims[0].quote

    assert all(row in quoted("what does it cost to write to my aunt") for row in rows)
    assert quoted("price for a letter at home") == rows[2]
    assert quoted("how much to the isles in the north") == rows[0]
    assert quoted("which letters go south") == rows[1]


def test_what_leads_to_the_next_sentence_is_told_with_it() -> None:
    lead, way = "You may leave the list in this way:", "Answer any letter with the word stop."
    text = f"1. Letters\n{'We write of new kites and of old ones. ' * 12}\n{lead}\n{way}\nWe print on both sides."
    policy = parse(text, id="letters", title="Letter Rules", language="en")
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("how do I leave", [hit(policy, lead)]).claims]
    assert quotes == [f"{lead}\n{way}"]


def test_rows_that_english_numbers_tell_apart_are_quoted_together() -> None:
    rows = ("Days used: 0 | Refund: 90%", "Days used: 1 to 3 | Refund: 50%", "Days used: 4 or more | Refund: none")
    policy = parse("Passes\n1. Refunds\n" + "\n".join(rows) + "\n2. Others\nAsk us.", language="en")
    draft = ExtractiveGenerator().generate("can I get a refund when I'm ill?", [hit(policy, "Days used: 0")])
    assert all(row in draft.claims[0].quote for row in rows), "which of them is meant cannot be told by words"
    lead = "If you are ill for the rest of the season, you may ask for a refund or for a credit towards the next one:\n"
    policy = parse("Passes\n1. Refunds\n" + lead + "\n".join(rows) + f"\n{'Ask us by May. ' * 30}", language="en")
    draft = ExtractiveGenerator().generate("can I get a refund when I'm ill?", [hit(policy, "If you are ill")])
    assert all(row in draft.claims[0].quote for row in rows), "so are those that a sentence leads to"


def test_rows_that_are_compared_are_quoted_together() -> None:
    rows = [
        f"Plan: {name} | Price: £{price} | Places: {price}"
        for name, price in (("Solo", 9), ("Studio", 24), ("Firm", 60))
    ]
    policy = parse("\n".join(["1. Plans", "There are three plans.", *rows, "2. Others", "Ask us."]), language="en")
    found = replace(hit(policy, "Plan: Solo"), sentence_scores=(0.1, 4.0, 0.2, 0.2))
    for question, names in (
        ("difference between solo and studio", rows[:2]),
        ("is Firm cheaper than Solo?", [rows[0], rows[2]]),
        ("how much is Solo?", rows[:1]),
        ("what is the difference?", rows[:1]),
    ):
        quotes = " ".join(claim.quote for claim in ExtractiveGenerator().generate(question, [found]).claims)
        assert [row for row in rows if row in quotes] == names, question


def test_of_each_side_of_a_comparison_a_clause_is_quoted() -> None:
    text = "1. Members\n1.1 Alumni pay £35 a year.\n1.2 Residents pay £60 a year.\n1.3 Guests pay nothing."
    policy = parse(text, title="Library", language="en")
    hits = [hit(policy, "Alumni", score=9.0), hit(policy, "Guests", score=7.5), hit(policy, "Residents", score=7.2)]
    quotes = {
        question: [claim.quote for claim in ExtractiveGenerator().generate(question, hits).claims]
        for question in (
            "what is the difference between alumni and residents",
            "compare alumni with dogs",
            "alumni fees",
        )
    }
    both = ["Alumni pay £35 a year.", "Residents pay £60 a year."]
    assert list(quotes.values()) == [both, both[:1], both[:1]]


def test_who_asks_when_something_may_be_done_gets_the_clause_with_a_time_or_a_case() -> None:
    rules = ("Do not drill into tiles.", "Drilling is allowed from 9:00 to 18:00.", "You may paint if we agree.")
    policy = parse(
        "\n".join(["1. Home", *(f"1.{n} {rule}" for n, rule in enumerate(rules, 1))]),
        title="House Rules",
        language="en",
    )
    tiles, hours, paint = (hit(policy, words, score=9 - n / 10) for n, words in enumerate(("tiles", "9:00", "paint")))
    for question, hits, first in (
        ("when can I drill?", [tiles, hours], "Drilling is allowed"),
        ("can I drill?", [tiles, hours], "Do not drill"),
        ("when may I paint?", [paint, hours], "You may paint"),
    ):
        assert ExtractiveGenerator().generate(question, hits).claims[0].quote.startswith(first), question


def test_who_asks_who_does_something_gets_the_clause_with_a_name() -> None:
    text = (
        "1. Money\n1.1 You can pay by credit card.\n1.2 Stripe takes payments.\n1.3 Payments are handled by Worldpay."
    )
    policy = parse(text, title="House Rules", language="en")
    ways, stripe, worldpay = (hit(policy, words, score=9 - n / 10) for n, words in enumerate(("pay by", "Str", "Wor")))
    for hits, first in (
        ([ways, stripe], "Stripe"),
        ([ways, worldpay], "Payments are"),
        ([worldpay, ways], "Payments are"),
    ):
        assert ExtractiveGenerator().generate("who handles payments?", hits).claims[0].quote.startswith(first)
    assert ExtractiveGenerator().generate("how do I pay?", [ways, stripe]).claims[0].quote.startswith("You can")


def test_rows_of_a_markdown_table_that_numbers_tell_apart_are_quoted_together() -> None:
    rows = [
        f"| 取车前{hours} | 普通订单：{share}租金 | 特价订单：不退租金 |"
        for hours, share in (("48小时以上", "不扣"), ("4至48小时", "扣两成"), ("4小时以内", "扣五成"))
    ]
    policy = parse("租车\n一、取消\n" + "\n".join(rows) + "\n二、其他\n请来电。")
    (told,) = ExtractiveGenerator().generate("提前10小时取消扣多少", [hit(policy, "48小时以上")]).claims
    assert all(row in told.quote for row in rows)


def test_what_is_said_with_a_reserve_is_not_told_without() -> None:
    reserve = "但您退订后三个月内不能再次参加。"
    said = f"您可以随时退订会员，在设置中操作即可。{reserve}" + "会员的等级、权益、积分与活动见会员中心的说明。" * 12
    policy = parse(f"一、会员\n{said}\n二、其他\n请来电。", id="club", title="会员规则")
    (told,) = ExtractiveGenerator().generate("怎么退订", [hit(policy, "随时退订")]).claims
    assert told.quote.endswith(reserve)


def test_a_prohibition_is_told_with_what_its_section_permits() -> None:
    text = "一、充电\n1.1 业主可以在自有车位上安装充电桩。\n1.2 {0}\n二、停放\n2.1 请有序停放。"
    for forbidden, quotes in (
        ("人防车位不得安装。", 2),
        ("人防车位不得出售。", 1),
        ("人防车位不得安装，但可以申请安装移动充电桩。", 1),
    ):
        policy = parse(text.format(forbidden), id="lot", title="车位管理规约")
        hits = [hit(policy, forbidden[:6]), hit(policy, "业主可以", score=9.2)]
        told = [claim.quote for claim in ExtractiveGenerator().generate("能装充电桩吗", hits).claims]
        assert told == ["业主可以在自有车位上安装充电桩。", forbidden][-quotes:]


def test_what_is_denied_is_told_to_who_asks_when_it_is() -> None:
    text = "一、退费\n可以退费：课程未开始的。\n二、例外\n不予退费：活动价课程。\n三、其他\n请来电。"
    policy = parse(text, id="class", title="退费规则")
    unsure = replace(ANSWERED, concepts=None)
    hits = [hit(policy, "可以退费", evidence=unsure), hit(policy, "不予退费", score=9.0, evidence=unsure)]
    for question, told in (("什么情况下不能退费", "不予退费"), ("什么情况下可以退费", "可以退费")):
        assert told in ExtractiveGenerator().generate(question, hits).claims[0].quote


def test_of_two_that_are_as_good_the_closer_one_is_told_first_whatever_words_the_other_holds() -> None:
    policy = parse("一、票据\n票据遗失的，可以补开。\n二、抬头\n发票抬头须为公司全称。", id="bills", title="报销")
    near = replace(ANSWERED, coverage=0.2, similarity=0.57)
    for similarity, first in ((0.51, "票据遗失"), (0.56, "发票抬头")):
        words = replace(ANSWERED, coverage=0.5, similarity=similarity)
        hits = [hit(policy, "票据遗失", evidence=near), hit(policy, "发票抬头", score=9.9, evidence=words)]
        assert ExtractiveGenerator().generate("发票丢了怎么办", hits).claims[0].quote.startswith(first)


def test_who_asks_for_all_places_is_told_of_all_that_name_it_in_the_order_of_the_text() -> None:
    body = "\n".join(f"（{n}）功能{n}\n为了功能{n}，我们会收集 IMEI。" for n in "一二三四五六七")
    policy = parse(f"一、收集\n{body}\n二、共享\n我们会把 IMEI 提供给伙伴。", id="all", title="全")
    words = [f"为了功能{n}" for n in "七一三五四六二"]
    hits = [hit(policy, word, score=10 - place / 10) for place, word in enumerate(words)]
    hits += [hit(policy, "提供给伙伴", score=8.5), hit(policy, "为了功能一", score=1.0)]
    draft = ExtractiveGenerator().generate("哪些情况会收集IMEI", hits)
    starts = [policy.text.index(claim.quote) for claim in draft.claims]
    assert len(starts) == 8
    assert starts == sorted(starts)
    found = answer(question="哪些情况会收集IMEI", query="哪些情况会收集IMEI", draft=draft, hits=hits, min_quote_chars=4)
    assert found.text.startswith("《全》有 8 处说到：\n一、收集：\n•")
    assert "\n二、共享：\n•" in found.text
    assert len(ExtractiveGenerator().generate("为什么收集IMEI", hits).claims) < 3


def test_who_asks_for_a_list_is_not_told_of_what_is_far_from_it() -> None:
    text = "一、内容\n禁止直播下列内容：\n（1）赌博的；\n（2）吸烟的。\n二、回放\n禁止的内容，其直播不保存回放。"
    policy = parse(text, id="live", title="直播规则")
    for similarity, told in ((0.3, 1), (0.6, 2)):
        evidence = replace(ANSWERED, similarity=similarity)
        hits = [hit(policy, "禁止直播下列"), hit(policy, "不保存回放", score=9.0, evidence=evidence)]
        assert len(ExtractiveGenerator().generate("直播哪些内容是禁止的", hits).claims) == told


def test_who_asks_what_is_not_done_is_told_of_those_that_do_not() -> None:
    tools = ["收集您的位置", "不会主动收集任何数据", "读取您的日志", "并不收集您的信息"]
    body = "\n".join(f"{n}、工具{n}SDK{does}，用于服务。" for n, does in enumerate(tools, 1))
    policy = parse(f"一、插件\n{body}\n二、其他\n我们记录日志。", id="tools", title="插件")
    hits = [hit(policy, f"工具{n}SDK", score=10 - n / 10) for n in range(1, 5)]
    told = [claim.clause_id for claim in ExtractiveGenerator().generate("哪些SDK不收集信息", hits).claims]
    assert told == ["1.2", "1.4"]
    assert len(ExtractiveGenerator().generate("哪些SDK会收集信息", hits).claims) == 4
    # Where none denies it, a list of all would be one of those that may do it.
    assert len(ExtractiveGenerator().generate("哪些SDK不出售信息", hits).claims) == 1


def test_what_leads_into_a_list_is_not_told_for_one_of_its_items() -> None:
    text = """一、交易
当您使用交易功能（下单、支付、售后）时，我们会收集如下信息：
①下单功能：您需要填写收货地址。
②支付功能：支付本身不收集您的信息。
③售后功能：我们会查询您的订单。
"""
    policy = parse(text, id="deal", title="交易")
    hits = [hit(policy, "支付本身", score=6.0), hit(policy, "当您使用", score=4.5)]
    told = [claim.clause_id for claim in ExtractiveGenerator().generate("支付功能收集哪些信息", hits).claims]
    assert told == ["1.2"]
    hits = [hits[0], hit(policy, "收货地址", score=5.9), hits[1]]
    told = [claim.clause_id for claim in ExtractiveGenerator().generate("支付和下单收集哪些信息", hits).claims]
    assert told == ["1"], "the short list is told whole"


def test_a_draft_of_which_nothing_stands_abstains(policy: Policy) -> None:
    draft = Draft(claims=(claim(policy, "我们出售您的手机号码"),))
    hits = [hit(policy, "手机号码")]
    found = answer(question="卖吗", query="卖吗", draft=draft, hits=hits, min_quote_chars=4)
    assert found.abstained is not None
    assert found.citations == ()


def test_claims_are_put_into_words_as_they_come(policy: Policy) -> None:
    hits = [hit(policy, "手机号码"), hit(policy, "IMEI")]
    claims = (
        claim(policy, "我们收集您的手机号码"),
        claim(policy, "我们出售您的手机号码"),
        claim(policy, "我们收集 IMEI", "IMEI"),
    )
    asked: list[int] = []

    def coming() -> Iterator[Claim | None]:
        for number, one in enumerate(claims):
            asked.append(number)
            yield None
            yield one

    pieces = answered(question="收集什么", query="收集什么", claims=coming(), hits=hits, min_quote_chars=4)
    said = [next(pieces) for _ in range(3)]
    assert said == ["", "《云帆隐私政策》的相关原文：", "\n• “我们收集您的手机号码” [1]"]
    # The next one is not waited for.
    assert asked == [0]
    *rest, last = pieces
    assert rest == ["", "", "\n• “我们收集 IMEI” [2]"]
    draft = Draft(claims=claims)
    assert last == answer(question="收集什么", query="收集什么", draft=draft, hits=hits, min_quote_chars=4)


def test_who_waits_for_a_list_of_all_places_may_give_up_too(policy: Policy) -> None:
    phone, imei = claim(policy, "我们收集您的手机号码"), claim(policy, "我们收集 IMEI", "IMEI")
    hits = [hit(policy, "手机号码"), hit(policy, "IMEI")]
    asked = "收集哪些信息"
    read: list[Claim | None] = []

    def claims() -> Iterator[Claim | None]:
        for found in (None, phone, None, None, imei, None):
            read.append(found)
            yield found

    pieces = answered(question=asked, query=asked, claims=claims(), hits=hits, min_quote_chars=4)
    assert next(pieces) == ""
    # Not once all have come.
    assert read == [None]
    *rest, last = pieces
    assert [piece for piece in rest if piece == ""] == [""] * 3
    draft = Draft(claims=(phone, imei))
    assert last == answer(question=asked, query=asked, draft=draft, hits=hits, min_quote_chars=4)
    assert isinstance(last, Answer)
    assert "".join(map(str, rest)) == last.text


def test_an_answer_that_abstains_has_no_pieces(policy: Policy) -> None:
    hits = [hit(policy, "手机号码")]
    only = list(answered(question="卖吗", query="卖吗", claims=[None], hits=hits, min_quote_chars=4))
    assert only[0] == ""
    assert only[1:] == [answer(question="卖吗", query="卖吗", draft=Draft(claims=()), hits=hits, min_quote_chars=4)]


def test_the_questions_of_a_message_are_answered_one_after_the_other(policy: Policy) -> None:
    hits = (hit(policy, "手机号码"), hit(policy, "IMEI"))
    phone, imei = claim(policy, "我们收集您的手机号码"), claim(policy, "我们收集 IMEI", "IMEI")

    def part(asked: str, *claims: Claim) -> Part:
        return Part(asked=asked, query=asked, draft=Draft(claims=claims), hits=hits)

    asked = [
        part("收集号码吗？", phone),
        part("还收集什么\u202e？", imei, phone),
        part("号码呢", phone),
        part("卖吗？"),
    ]
    *pieces, found = answered_apart(question="一句话", parts=asked, min_quote_chars=4)
    assert isinstance(found, Answer)
    assert "".join(map(str, pieces)) == found.text
    *lines, refused = found.text.splitlines()
    assert lines == [
        "问：收集号码吗？",
        "《云帆隐私政策》的相关原文：",
        "• “我们收集您的手机号码” [1]",
        "问：还收集什么？",
        "• “我们收集 IMEI” [2]",
        "问：号码呢",
        "见上文 [1]。",
        "问：卖吗？",
    ]
    assert refused.startswith("《云帆隐私政策》没有")
    assert [part.markers for part in found.parts] == [(1,), (2, 1), (1,), ()]
    assert [bool(part.abstained) for part in found.parts] == [False, False, False, True]
    assert found.abstained is None
    assert found.as_json(latency_ms=1)["parts"][1] == {  # type: ignore[index]
        "question": "还收集什么\u202e？",
        "markers": [2, 1],
        "abstained": None,
    }


def test_the_questions_of_a_message_are_refused_in_the_language_that_is_asked_for(policy: Policy) -> None:
    hits = (hit(policy, "IMEI"),)
    imei = Draft(claims=(claim(policy, "我们收集 IMEI", "IMEI"),))
    parts = [Part(asked="IMEI?", query="IMEI?", draft=imei, hits=hits), Part(asked="IMSI?", query="IMSI?", hits=hits)]
    *_, found = answered_apart(question="IMEI? IMSI?", parts=parts, min_quote_chars=4, language="zh")
    assert isinstance(found, Answer)
    assert found.language == "zh"
    assert found.text.startswith("问：IMEI?\n《云帆隐私政策》的相关原文：")
    reason = found.parts[1].abstained
    assert reason
    assert reason.message.startswith("《云帆隐私政策》没有")
    assert found.text.endswith(reason.message)


def test_a_message_of_which_nothing_stands_is_refused_as_one(policy: Policy) -> None:
    made_up = Draft(claims=(claim(policy, "我们出售您的手机号码"),))
    hits = (hit(policy, "手机号码"),)
    parts = [Part(asked=asked, query=asked, draft=made_up, hits=hits) for asked in ("卖吗", "卖给谁")]
    (found,) = answered_apart(question="卖吗，卖给谁", parts=parts, min_quote_chars=4)
    assert isinstance(found, Answer)
    assert found.abstained
    assert (found.citations, found.parts) == ((), ())
    assert "问：" not in found.text


def test_quotes_in_another_language_are_said_to_be_once(policy: Policy) -> None:
    english = parse("1. Data\n1.1 We keep logs.\n1.2 We keep e-mails.", id="en", title="Notice", language="en")
    hits = [hit(english, "We keep logs"), hit(english, "We keep e-mails", score=9.9)]
    draft = Draft(claims=(claim(english, "We keep logs", "logs"), claim(english, "We keep e-mails", "e-mails")))
    found = answer(question="保存什么日志", query="q", draft=draft, hits=hits, min_quote_chars=4)
    assert found.text.startswith("《Notice》的相关原文（英文，没有译文）：\n•")
    assert found.text.count("英文") == 1
    found = answer(question="what do you keep", query="q", draft=draft, hits=hits, min_quote_chars=4)
    assert found.text.startswith("What the Notice says, in its own words:\n•")
    hits = [hit(policy, "手机号码")]
    draft = Draft(claims=(claim(policy, "我们收集您的手机号码"),))
    found = answer(question="which number do you collect", query="q", draft=draft, hits=hits, min_quote_chars=4)
    assert found.text.startswith("What 云帆隐私政策 says, in its own words (in Chinese, no translation):\n•")


@pytest.mark.parametrize(
    ("title", "lead"),
    [
        ("House Rules", "What the House Rules say, in their own words:\n•"),
        ("Larkspur Terms of Use", "What Larkspur Terms of Use say, in their own words:\n•"),
        ("Larkspur Privacy Policy", "What Larkspur Privacy Policy says, in its own words:\n•"),
    ],
)
def test_a_title_in_the_plural_has_its_verb(title: str, lead: str) -> None:
    policy = parse("1. Data\n1.1 We keep logs.", id="en", title=title, language="en")
    draft = Draft(claims=(claim(policy, "We keep logs", "logs"),))
    asked = "what do you keep"
    found = answer(question=asked, query=asked, draft=draft, hits=[hit(policy, "We keep logs")], min_quote_chars=4)
    assert found.text.startswith(lead)


def test_a_title_that_is_a_question_does_not_lead_to_quotes(policy: Policy) -> None:
    asking = replace(policy, title="云帆如何处理您的个人信息？")
    draft = Draft(claims=(claim(asking, "我们收集您的手机号码"),))
    found = answer(question="收集什么", query="q", draft=draft, hits=[hit(asking, "手机号码")], min_quote_chars=4)
    assert found.text.startswith("云帆科技政策的相关原文：")


def test_a_mere_yes_is_told_with_the_question_that_it_answers() -> None:
    policy = parse(
        "洗衣问答\nQ1：外套可以水洗吗？\nA：可以。水温不超过30℃，不得烘干。\nQ2：多久送回？\nA：三天内送回，节假日顺延。"
    )
    draft = Draft(claims=(claim(policy, "可以。水温不超过30℃，不得烘干。", "水温"),))
    found = answer(question="大衣可以洗吗", query="q", draft=draft, hits=[hit(policy, "水温")], min_quote_chars=4)
    assert "• 外套可以水洗吗？ “可以。水温不超过30℃，不得烘干。” [1]" in found.text
    said = [policy.text[slice(*span)] for clause in policy.walk() for span in policy.sentences(clause)]
    assert "三天内送回，节假日顺延。" in said, "the mark of an answer is no part of what it says"


# Weak evidence: what is quoted may answer or not.
DOUBTFUL = replace(ANSWERED, similarity=0.45, concepts=0.5)


def asked_in_doubt(policy: Policy, question: str, evidence: Evidence = DOUBTFUL) -> Answer:
    hits = (hit(policy, "IMEI", evidence=evidence, score=2.0),)
    draft = ExtractiveGenerator().generate(question, hits)
    return answer(question=question, query=question, draft=draft, hits=hits, min_quote_chars=2)


@pytest.mark.parametrize(
    ("question", "lead"),
    [
        ("设备码给不给看", "《云帆隐私政策》中最接近的原文，不一定能回答您的问题："),
        (
            "what is a device code for",
            "The closest that 云帆隐私政策 says, in its own words (in Chinese, no translation); it may not answer",
        ),
    ],
)
def test_what_may_be_beside_the_question_is_told_so(policy: Policy, question: str, lead: str) -> None:
    found = asked_in_doubt(policy, question)
    assert 0 <= answerability(question, found.hits) < CERTAIN
    assert found.text.startswith(lead)
    assert found.uncertain
    assert found.as_json(latency_ms=0.0)["uncertain"] is True


def test_what_is_certain_to_answer_is_told_without_doubt(policy: Policy) -> None:
    certain = asked_in_doubt(policy, "设备码给不给看", ANSWERED)
    assert certain.text.startswith("《云帆隐私政策》的相关原文：")
    assert "uncertain" not in certain.as_json(latency_ms=0.0)
    # So is what names the company that is asked about, and what says yes or no for certain.
    assert not asked_in_doubt(policy, "设备码给不给看", replace(DOUBTFUL, company=True)).uncertain
    decided = asked_in_doubt(policy, "你们收集IMEI吗", DOUBTFUL)
    assert decided.verdict == "yes"
    assert not decided.uncertain


def test_of_the_questions_of_a_message_each_is_told_with_its_own_doubt(policy: Policy) -> None:
    sure, unsure = claim(policy, "我们收集您的手机号码"), claim(policy, "我们收集 IMEI", "IMEI")
    parts = [
        Part(asked="收集什么", query="收集什么", draft=Draft(claims=(sure,)), hits=(hit(policy, "手机号码"),)),
        Part(
            asked="设备码呢",
            query="设备码呢",
            draft=Draft(claims=(replace(unsure, uncertain=True),)),
            hits=(hit(policy, "IMEI"),),
        ),
    ]
    *_, found = answered_apart(question="收集什么，设备码呢", parts=parts, min_quote_chars=4)
    assert isinstance(found, Answer)
    assert found.text.split("\n") == [
        *("问：收集什么", "《云帆隐私政策》的相关原文：", "• “我们收集您的手机号码” [1]"),
        *("问：设备码呢", "《云帆隐私政策》中最接近的原文，不一定能回答您的问题：", "• “我们收集 IMEI” [2]"),
    ]
    assert [part.as_json().get("uncertain") for part in found.parts] == [None, True]
    assert not found.uncertain


def test_sections_are_named_with_the_blank_behind_their_numbers() -> None:
    body = "\n".join(f"{n}. Part {n}\nWe collect the IMEI for part {n}." for n in range(1, 4))
    policy = parse(body, id="parts", title="Notice", language="en")
    hits = [hit(policy, f"the IMEI for part {n}", score=10 - n / 10) for n in range(1, 4)]
    asked = "in which cases do you collect the IMEI"
    draft = ExtractiveGenerator().generate(asked, hits)
    found = answer(question=asked, query=asked, draft=draft, hits=hits, min_quote_chars=4)
    assert "\n1. Part 1:\n•" in found.text
