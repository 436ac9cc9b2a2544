"""A policy: its clauses by id, by place and by reference."""

from __future__ import annotations

import dataclasses

import pytest

from assistant.parsing import parse
from assistant.policy import Policy
from assistant.policy.clauses import Clause, is_bullet
from assistant.text import sentences

TEXT = """示例隐私政策
本政策将帮助您了解以下内容：
一、收集信息
二、共享信息
三、联系方式
一、收集信息
（一）注册
1. 手机号码
1.1 手机号码用于登录。
• 昵称：用于展示。
使用目的：
为了给您提供服务，请您提供。
二、共享信息
我们不共享信息，但以下情形除外：
（1）经您同意；
（2）依法提供。
三、联系方式
请致电客服。
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse(TEXT, id="example")


def clause_at(policy: Policy, words: str) -> Clause:
    return policy.at(policy.text.rindex(words))


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        ("注册", "一（一）"),
        ("手机号码\n", "一（一）1"),
        ("用于登录", "一（一）1.1"),
        ("昵称", "一（一）1.1 › 昵称"),
        ("依法提供", "二（2）"),
        ("请致电", "三"),
    ],
)
def test_reference_joins_numbers_and_sets_off_titles(policy: Policy, words: str, reference: str) -> None:
    assert policy.reference(clause_at(policy, words).id) == reference


def test_a_company_is_called_by_what_its_names_begin_with_unless_that_is_a_place(policy: Policy) -> None:
    named = dataclasses.replace(policy, company="昆明墨米科技有限公司", aliases=("白驹跑腿", "白驹速取", "Baiju"))
    assert named.short_names == ("白驹",)
    assert dataclasses.replace(named, text=f"{policy.text}地址：白驹市。").short_names == ()
    assert dataclasses.replace(named, aliases=("白驹跑腿", "白驹", "云巢")).short_names == ()


def test_an_outline_has_numbers_and_titles_as_printed_and_no_marks_of_markdown() -> None:
    policy = parse("# Returns\n\n## How long\nThirty days.\n1. Bikes: sixty days.\n2. Helmets: ten days.\n")
    told = [policy.begins(clause).strip() for clause in policy.walk() if clause is not policy.root]
    assert told == ["How long", "1. Bikes", "2. Helmets"]


def test_a_brief_name_is_the_number_with_the_title_or_the_text() -> None:
    policy = parse("一、期限\n1. 头盔：十天。\n2. 您可以在收到商品之日起三十天内退货。\n")
    names = [policy.brief_name(clause, 10) for clause in policy.walk() if clause is not policy.root]
    assert names == ["一、期限", "1.头盔", "2. 您可以在收到…"]


@pytest.mark.parametrize(
    ("text", "references"),
    [
        (
            "一、收集\n1、重视。\n2、保护。\n我们收集以下几类：\n（一）账号\n昵称。\n（二）设备\n型号。\n二、其他\n请来电。",
            ["一1", "一2", "一（一）", "一（二）"],
        ),
        # A number that stands there twice is told from its like by the words that lead to it.
        (
            "一、收集\n1、昵称。\n2、型号。\n合作方收集的如下：\n1）日志。\n2）位置。\n二、其他\n请来电。",
            ["一1", "一2", "一 › “合作方收集的如下…” › 1", "一 › “合作方收集的如下…” › 2"],
        ),
        # 一、7.1 would be another number.
        (
            "一、收集\n7、例外\n（1）重视。\n（2）保护。\n以下无需同意：\n1、日志。\n2、位置。\n二、其他\n请来电。",
            ["一7", "一7（1）", "一7（2）", "一7 › “以下无需同意…” › 1", "一7 › “以下无需同意…” › 2"],
        ),
    ],
)
def test_words_that_only_lead_to_numbers_are_left_out_of_the_reference(text: str, references: list[str]) -> None:
    policy = parse(text)
    found = [policy.reference(clause.id) for clause in policy.walk() if clause.label]
    assert found[1 : len(references) + 1] == references


def test_reference_names_contents_paragraphs_and_the_policy(policy: Policy) -> None:
    assert policy.reference("toc") == "目录"
    assert policy.reference("root") == "示例隐私政策"
    english = parse("Acme Policy\nWe collect data, and we keep it safe.\n1. Use\nWe use data.", language="en")
    assert english.reference("p1") == "“We collect data…”"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("We do not sell or rent personal data to anybody.", "We do not sell or rent"),
        ("**Please note:** the form takes ten days.", "Please note"),
        ("Yes. We use cookies for sign-in, and no others.", "Yes. We use cookies for"),
        ("Supercalifragilisticexpialidocious terms apply here.", "Supercalifragilisticexpialidocious"),
        ("x" * 5_000, "x" * 48),
    ],
)
def test_an_english_paragraph_is_named_by_words_that_say_something(text: str, name: str) -> None:
    policy = parse(f"1. Use\nWe use it.\n(a) one;\n(b) two.\n{text}\n2. Else\nNothing.", language="en")
    clause = policy.at(policy.text.index(text))
    assert policy.reference(clause.id) == f"1 › “{name}…”"


def test_reference_keeps_western_numbers_and_words_apart() -> None:
    policy = parse("1. 收集信息\n（1）注册\na. 我们收集手机号码。\n第二章 共享\n第三条 我们不共享信息。\n")
    assert policy.reference(clause_at(policy, "手机号码").id) == "1（1）a"
    assert policy.reference(clause_at(policy, "不共享").id) == "第二章第三条"
    numbers = parse("A. Collection\nWe collect data.\n1) your name;\n2) your mail.\n")
    assert numbers.reference(clause_at(numbers, "mail").id) == "A.2"
    sections = parse("Article 2 Use\nSection 2.1 Limits\nWe keep it to a minimum.\n")
    assert sections.reference(clause_at(sections, "Limits").id) == "Article 2 › Section 2.1"
    worded = parse("Section 4. Breaches\n4.1 We warn you.\n4.2 We may act at once:\n(a) now;\n(b) later.\n")
    assert worded.reference(clause_at(worded, "warn you").id) == "Section 4.1"
    assert worded.reference(clause_at(worded, "later").id) == "Section 4.2(b)"
    parts = parse("PART B – GOODS\nB1. Size. Up to 30 kg.\nB2. Goods. No\n(a) animals;\n(b) cash.\n")
    assert parts.reference(clause_at(parts, "cash").id) == "B2(b)"
    assert parts.described(clause_at(parts, "30 kg").id, "en") == "B1 “Size”"
    assert parts.own_text(parts["2"])[parts["2"].label_end - parts["2"].start :].strip() == "GOODS"


def test_the_bracket_that_closes_a_number_is_left_out_however_long_the_number_is() -> None:
    policy = parse("3. Steps:\ni) Ask.\nii) Wait.\niii) Pay.\niv) Go.\n4. 步骤：\n（一）申请。\n")
    references = [policy.reference(clause.id) for clause in policy.walk() if clause.label]
    assert references == ["3", "3.i", "3.ii", "3.iii", "3.iv", "4", "4（一）"]


def test_a_version_that_is_like_the_start_of_the_hash_was_given_all_the_same() -> None:
    text = "我们收集信息。"
    made = parse(text)
    assert (made.given_version, parse(text, effective_date="2024-01-02").given_version) == ("", "")
    given = made.sha256[0]
    assert parse(text, version=given).given_version == given


def test_clauses_are_found_by_id_and_by_place(policy: Policy) -> None:
    for offset, _ in enumerate(policy.text):
        clause = policy.at(offset)
        assert clause.start <= offset < clause.body_end
        assert policy[clause.id] is clause
        assert policy.path(clause.id)[0] is policy.root
        assert policy.text[offset] in policy.own_text(clause)


def test_walk_follows_the_text(policy: Policy) -> None:
    starts = [clause.start for clause in policy.walk()]
    assert starts == sorted(starts)
    assert next(policy.walk()) is policy.root
    assert list(policy.root.walk()) == list(policy.walk())


@pytest.mark.parametrize("offset", [-1, len(TEXT)])
def test_a_place_outside_the_text_is_refused(policy: Policy, offset: int) -> None:
    with pytest.raises(ValueError, match=f"offset {offset} lies outside policy 'example'"):
        policy.at(offset)


@pytest.mark.parametrize(
    ("text", "references"),
    [
        (
            "２．假期\n２．１　年假五天。\n２．２　病假\n２．２．１　须交证明。",
            ["２", "２．１", "２．２", "２．２．１"],
        ),
        ("2. 假期\n2．1 年假五天。\n2．2 病假十天。", ["2", "2．1", "2．2"]),
        ("２、假期\n（１）年假五天。\n（２）病假十天。", ["２", "２（１）", "２（２）"]),
        ("２、假期\nＡ、年假五天。\nＢ、病假十天。", ["２", "２.Ａ", "２.Ｂ"]),
        ("２．假期\n２．１　年假。\n２０．其他\n２０．１　无。", ["２", "２．１", "２０", "２０．１"]),
    ],
)
def test_reference_of_full_width_numbers_is_as_printed(text: str, references: list[str]) -> None:
    policy = parse(text)
    assert [policy.reference(clause.id) for clause in policy.walk() if clause.label] == references


@pytest.mark.parametrize("lookup", [Policy.path, Policy.__getitem__, Policy.reference])
def test_an_unknown_id_is_a_key_error(policy: Policy, lookup: object) -> None:
    with pytest.raises(KeyError, match=r"policy 'example' has no clause '9\.9'"):
        lookup(policy, "9.9")  # type: ignore[operator]
    assert "9.9" not in policy
    assert all(clause.id in policy for clause in policy.walk())


def test_policies_are_values(policy: Policy) -> None:
    assert parse(TEXT, id="example") == policy
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.id = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        policy.root.start = 1  # type: ignore[misc]
    assert dataclasses.replace(policy, id="other")["1.1"] is policy["1.1"]


def test_bullets_are_no_numbers() -> None:
    assert all(map(is_bullet, "•-*–Ø\uf06c"))
    assert not any(map(is_bullet, ["", "1、", "（一）", "a.", "--"]))


# --- English renderings ----------------------------------------------------------------

CHINESE = """云帆隐私政策
一、保存
1、保存期限：除非另有约定，我们仅在必要的时间内保存。到期后删除！、
2、保存地域 您的信息存于境内。
二、例外
以下情形除外：
（1）经您同意；
（2）依法提供。
三、联系
电话：12345
"""
ENGLISH = {
    "1.1": (
        "1. Retention period: Unless agreed otherwise, we store only for the time necessary.",
        "Then we delete.",
        "",
    ),
    "1.2": ("2. Place of storage: Your information is stored within the territory.",),
    "2": ("II. Exceptions", "Except in the following cases:"),
    "2.1": ("(1) with your consent;",),
    "2.2": ("(2) provided as required by law.",),
    "3": ("", "Telephone: 12345"),
}


@pytest.fixture(scope="module")
def translated() -> Policy:
    policy = parse(CHINESE, id="yunfan")
    assert set(ENGLISH) < {clause.id for clause in policy.walk()}
    return dataclasses.replace(policy, translations=ENGLISH)


def test_renderings_go_by_the_sentences_of_a_clause(translated: Policy) -> None:
    for clause in translated.walk():
        found = translated.renderings(clause)
        assert [span for span, _ in found] == list(sentences(translated.text, clause.start, clause.body_end))
        assert tuple(english for _, english in found) == ENGLISH.get(clause.id, ("",) * len(found))
    # One for another division of the text is as good as none.
    other = dataclasses.replace(translated, translations={"2": ("Exceptions: except in the following cases:",)})
    assert [english for _, english in other.renderings(other["2"])] == ["", ""]


@pytest.mark.parametrize(
    ("quote", "english"),
    [
        ("到期后删除！", "Then we delete."),
        ("到期后删除", "Then we delete."),
        ("（2）依法提供。", "(2) provided as required by law."),
        # Without its label, the label is not rendered either.
        ("依法提供", "provided as required by law."),
        (
            "以下情形除外：\n（1）经您同意；\n（2）依法提供。",
            "Except in the following cases: (1) with your consent; (2) provided as required by law.",
        ),
        ("二、例外\n以下情形除外", "II. Exceptions Except in the following cases:"),
        # A heading that its sentence goes on after.
        ("1、保存期限", "1. Retention period"),
        ("保存期限：", "Retention period"),
        ("保存地域", "Place of storage"),
        # A heading together with what stands before it says more than the heading.
        ("一、保存\n1、保存期限", None),
        # Parts of sentences, from either side.
        ("除非另有约定", None),
        ("保存期限：除非另有约定", None),
        ("保存期", None),
        ("我们仅在必要的时间内保存。到期后删除！", None),
        ("到期后删除！、\n2、保存地域 您的信息", None),
        ("期限", None),
        # Not rendered yet, or nothing to render.
        ("三、联系", None),
        ("三、联系\n电话：12345", None),
        ("、\n", None),
        ("电话：12345", "Telephone: 12345"),
    ],
)
def test_a_quote_has_the_english_of_exactly_its_sentences(translated: Policy, quote: str, english: str | None) -> None:
    start = translated.text.index(quote)
    assert translated.translation(start, start + len(quote)) == english


def test_no_quote_has_english_for_words_that_it_does_not_hold(translated: Policy) -> None:
    text = translated.text
    held = {"Retention": "保存期限", "Unless": "除非另有约定", "Then": "到期后删除", "Place": "保存地域"}
    held |= {"stored": "您的信息存于境内", "Except in": "以下情形除外", "consent": "经您同意", "12345": "12345"}
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            english = translated.translation(start, end) or ""
            for words, chinese in held.items():
                assert words not in english or chinese in text[start:end]


@pytest.mark.parametrize(
    ("clause_id", "zh", "en"), [("1.1", "保存期限", "Retention period"), ("2", "例外", "Exceptions"), ("3", "联系", "")]
)
def test_a_clause_has_its_title_in_a_language_if_it_is_known_in_it(
    translated: Policy, clause_id: str, zh: str, en: str
) -> None:
    clause = translated[clause_id]
    assert (translated.title_in(clause, "zh"), translated.title_in(clause, "en")) == (zh, en)
    assert translated.title_in(translated["2.1"], "en") == translated.title_in(translated["2.1"], "zh") == ""
    # Nothing turns English into Chinese.
    english = dataclasses.replace(translated, language="en")
    assert (english.title_in(clause, "zh"), english.title_in(clause, "en")) == ("", zh)


def test_without_renderings_there_is_no_english(policy: Policy) -> None:
    assert policy.translations == {}
    assert policy.translation(0, len(policy.text)) is None
    assert {english for _, english in policy.renderings(policy["1.1"])} == {""}


@pytest.mark.parametrize(
    ("title", "company", "zh", "en"),
    [
        ("云帆隐私政策", "云帆科技", "《云帆隐私政策》", "云帆隐私政策"),
        ("Privacy Notice", "", "《Privacy Notice》", "the Privacy Notice"),
        ("《云海》手游隐私政策", "", "《〈云海〉手游隐私政策》", "《云海》手游隐私政策"),
        ("Our Cookie Policy", "", "《Our Cookie Policy》", "the Cookie Policy"),
        ("Ski Pass Refund Policy", "Fernbank Ltd", "《Ski Pass Refund Policy》", "the Ski Pass Refund Policy"),
        ("Fernbank Refund Policy", "Fernbank Ltd", "《Fernbank Refund Policy》", "Fernbank Refund Policy"),
        ("Anna's Refund Policy", "Fernbank Ltd", "《Anna's Refund Policy》", "Anna's Refund Policy"),
        ("FERNBANK PRIVACY NOTICE", "", "《Fernbank Privacy Notice》", "Fernbank Privacy Notice"),
        ("What does Fernbank do with your data?", "Fernbank", "Fernbank政策", "Fernbank's policy"),
        (
            "Privacy notice of the Fernbank savings bank of Dayton, Ohio",
            "Fernbank Savings",
            "Fernbank Savings政策",
            "Fernbank Savings' policy",
        ),
        ("Fernbank", "Fernbank Ltd", "Fernbank Ltd政策", "Fernbank Ltd's policy"),
        ("Fernbank Savings: What does it do with data?", "", "Fernbank Savings", "Fernbank Savings"),
        ("What does it do?", "", "What does it do", "What does it do"),
        (
            "Fernbank Pet Insurance – Your Cover Explained",
            "",
            "Fernbank Pet Insurance政策",
            "Fernbank Pet Insurance's policy",
        ),
    ],
)
def test_within_a_sentence_a_policy_goes_by_a_name(title: str, company: str, zh: str, en: str) -> None:
    policy = parse("一、收集\n我们收集日志。", id="p", title=title, company=company)
    assert (policy.called("zh"), policy.called("en")) == (zh, en)


@pytest.mark.parametrize(
    ("text", "words", "lead_in"),
    [
        ("## 1. 我们不会收集：\n- 人脸照片\n- 通话录音", "人脸", "我们不会收集："),
        ("一、信息\n**（一）** 为此，我们不会收集。以下除外：\n1、人脸照片。\n2、通话录音。", "录音", "以下除外："),
        ("一、信息\n（一）我们收集人脸照片。\n1、人脸照片。\n2、通话录音。", "录音", ""),
        ("一、信息：", "信息", ""),
        # A label is no words.
        ("一、收集\n我们收集日志。\n附录：\n（1）接入的插件\n请见列表。\n（2）共享\n请见清单。", "请见清单", ""),
        # What stands after a list is no item of it.
        (
            "3. Goods\n\nWe do not carry:\n(a) animals;\n(b) guns.\n\nRight to open. We may open it.",
            "guns",
            "We do not carry:",
        ),
        ("3. Goods\n\nWe do not carry:\n(a) animals;\n(b) guns.\n\nRight to open. We may open it.", "open it", ""),
        # A sentence that goes on in its items needs no colon; a heading above sentences of their own is none.
        ("3. Goods\n\nYou must not\n(a) send animals;\n(b) post guns.", "guns", "You must not"),
        (
            "3. Late\n(a) If you pay late\n    (i) we remind you, and\n    (ii) the card is blocked.",
            "the card",
            "If you pay late",
        ),
        ("3. Goods\n\n(a) Animals are carried.\n(b) Guns are not.", "Guns", ""),
        # The heading of items that are no sentences says what of them.
        ("# Cover\n\n## What is not covered\n\n- Pregnancy\n- Dental care\n", "Dental", "What is not covered"),
        ("保险\n\n一、不承保的情形\n1、绝育手术\n2、妊娠与分娩\n", "妊娠", "不承保的情形"),
        ("# Cover\n\n## Claims\n\n- We pay within five days\n- You ask your vet\n", "ask your", ""),
        # What stands at the end of an item may lead to those after it.
        ("3. Goods\n\nYou may\n- send pets\nYou may not\n- send guns\n- send gas\n", "gas", "You may not"),
        ("3. Goods\n\nYou may:\n- send pets;\n- call.\nYou may not:\n- send guns\n- send gas\n", "gas", "You may not:"),
        ("3. Goods\n\nYou may:\n- send pets;\n- call.\nYou may not:\n- send guns\n- send gas\n", "call", "You may:"),
        ("一、物品\n可以携带：\n• 手机\n• 电脑\n不得携带：\n• 烟花\n• 汽油\n", "汽油", "不得携带："),
        # The last line of a section does not, nor one that gives the value of something.
        ("Pool\n\n1. Hours\nMonday: 9 am\nSunday: closed\n\n2. Prices\nA visit is five euros.\n", "euros", ""),
        ("Pool\n\n1. Prices\nAdult | five\nBaby | free\n\n2. Hours\nWe open at nine.\n", "nine", ""),
        ("3. Goods\n\n- Letters\nUp to 5 kg\n- Parcels\n", "Parcels", ""),
        ("3. Goods\n\n- Letters\nBooks: free\n- Parcels\n", "Parcels", ""),
        # What has no mark behind items that have one is no item, be it a heading.
        (
            "# Pay\n\nTell us if:\n\na) you are ill\nb) you are late\n\n**Limits**\n\nMeals are limited.\n",
            "limited",
            "",
        ),
        # Nor is the section that says what is excepted, among those that a chapter leads to.
        (
            "六、使用\n我们用于以下目的：\n（一）寄件\n我们使用您的地址。\n（二）同意的例外\n为侦查，无需您同意。\n",
            "侦查",
            "",
        ),
        (
            "六、使用\n我们用于以下目的：\n（一）寄件\n我们使用您的地址。\n（二）收件\n我们使用您的电话。\n",
            "电话",
            "我们用于以下目的：",
        ),
    ],
)
def test_what_leads_into_a_list_is_the_last_sentence_above_it_without_label(
    text: str, words: str, lead_in: str
) -> None:
    policy = parse(text, id="list")
    span = policy.lead_in(policy.at(policy.text.rindex(words)).id)
    assert (policy.text[slice(*span)] if span else "") == lead_in
    assert policy.lead_in(policy.root.id) is None


def test_a_policy_is_told_from_one_that_is_called_the_same_by_its_company() -> None:
    def titled(title: str, company: str) -> Policy:
        return parse("一、收集\n我们收集手机号。", id=company, title=title, company=company)

    ours, theirs, nobodys = titled("隐私政策", "云舟"), titled("隐私政策", "山风"), titled("隐私政策", "")
    assert ours.called("zh", [ours, theirs]) == "云舟《隐私政策》"
    assert ours.called("zh", [ours, titled("服务协议", "云舟")]) == ours.called("zh") == "《隐私政策》"
    assert nobodys.called("zh", [ours, nobodys]) == "《隐私政策》"
    lantern, corbel = titled("Privacy Policy", "Lantern Post"), titled("Privacy Policy", "Corbels")
    assert lantern.called("en", [lantern, corbel]) == "Lantern Post's Privacy Policy"
    assert corbel.called("en", [lantern, corbel]) == "Corbels' Privacy Policy"
    assert lantern.called("en", [lantern]) == "the Privacy Policy"
