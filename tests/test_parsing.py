"""The parser: the seed policy, one invented text a rule, properties of any text, and bounds on time."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import PolicyError
from assistant.parsing import MAX_POLICY_CHARS, parse
from tests.timing import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause

FIXTURES = Path(__file__).parent / "fixtures" / "clauses.md"
SEED = Path(__file__).parent.parent / "corpus" / "baiju" / "policy.txt"


def own(policy: Policy, clause: Clause) -> str:
    return policy.text[clause.start : clause.body_end]


# --- The policy that the project started from ---------------------------------------------


@pytest.fixture(scope="module")
def seed() -> Policy:
    return parse(SEED.read_text(encoding="utf-8"), id="baiju")


@pytest.mark.parametrize(
    ("quote", "reference"),
    [
        (
            "为了数据统计和分析的目的，我们的产品集成了 openinstall SDK",
            "一（二）4 › 使用的第三方插件（1） › 收集的个人信息 › （4）",
        ),
        ("根据获取到的当前位置信息仅用于", "一（二）4 › 使用的第三方插件（2） › 使用目的"),
        ("基于摄像头（相机）的服务功能", "一（二）4（2）"),
        ("包括顺丰、圆通快递", "一（二）1（3）③"),
        ("A、付款功能", "一（二）1（3）②A"),
        ("在不透露单个用户隐私资料的前提下", "一（二）7（2）"),
        ("Cookie 会帮助您在后续访问", "二（一）"),
        ("至少提前 30 天通知您", "四（一）3"),
        ("我们将在 15 天内回复", "五（一）"),
        ("15912171528", "八"),
    ],
)
def test_seed_quote_lies_in_its_clause(seed: Policy, quote: str, reference: str) -> None:
    assert seed.reference(seed.at(seed.text.index(quote)).id) == reference


def test_seed_keeps_like_items_under_unlike_parents(seed: Policy) -> None:
    collect = seed.at(seed.text.index("与国家安全、国防安全直接相关的"))
    share = seed.at(seed.text.index("与国家安全、国防安全有关的"))
    assert collect.label == share.label == "1、"
    assert seed.reference(seed.path(collect.id)[1].id) == "一"
    assert seed.reference(share.id) == "三（四）1"


def test_seed_has_one_contents_and_no_ninth_clause(seed: Policy) -> None:
    assert [clause.kind for clause in seed.walk()].count("contents") == 1
    assert [clause.label for clause in seed.root.children if clause.kind == "heading"] == [
        *("一、", "二、", "三、", "四、"),
        *("六、", "七、", "八、"),
    ]
    assert "9、附录" in own(seed, next(clause for clause in seed.walk() if clause.kind == "contents"))
    assert not any(clause.label.startswith(("9、", "九")) for clause in seed.root.children)


def test_seed_clauses_can_be_read(seed: Policy) -> None:
    assert max(clause.body_end - clause.start for clause in seed.walk()) < 700


# --- Invented texts, one a rule --------------------------------------------------------------


def outline(policy: Policy) -> str:
    rows = []
    stack = [(policy.root, 0)]
    while stack:
        clause, depth = stack.pop()
        words = " ".join(own(policy, clause).removeprefix(clause.label).split())[:14]
        shown = f"[{clause.title}]" if clause.title else f'"{words}"'
        rows.append("  " * depth + " ".join(part for part in (clause.kind, clause.label, shown) if part))
        stack.extend((child, depth + 1) for child in reversed(clause.children))
    return "\n".join(rows)


def cases() -> Iterator[tuple[str, str, str]]:
    """Yield name, text and outline of each case, written as in markdown-it's fixtures."""
    lines = FIXTURES.read_text(encoding="utf-8").split("\n")
    dots = [number for number, line in enumerate(lines) if line == "."]
    for first, middle, last in zip(dots[::3], dots[1::3], dots[2::3], strict=True):
        yield lines[first - 1], "\n".join(lines[first + 1 : middle]), "\n".join(lines[middle + 1 : last])


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in cases()], ids=[case[0] for case in cases()])
def test_outline(text: str, expected: str) -> None:
    policy = parse(text)
    check(policy)
    assert outline(policy) == expected


def test_a_rule_of_every_kind_has_a_case() -> None:
    assert len(list(cases())) >= 25


# --- Numbers that are none, and numbers of other kinds ------------------------------------------


def labels(text: str) -> list[str]:
    """Return the references of the clauses of a text that have a number."""
    policy = parse(text)
    check(policy)
    return [policy.reference(clause.id) for clause in policy.walk() if clause.label]


@pytest.mark.parametrize(
    ("text", "references"),
    [
        (
            "1. Leave\nStaff get leave at a rate of\n1.5 days a month, or\n2.5 days for seniors.\n2. Pay\nMonthly.",
            "1 2",
        ),
        ("病假\n病假分三档：\n0.5天以内由主管批准；\n1.5天以内由经理批准；\n3.5天以上由总监批准。", ""),
        ("1. Delivery\nWe charge:\n4.50 EUR for parcels\n9.50 EUR for express\n2. Terms\nNone.", "1 2"),
        ("1. Fees\n1.1 percent of the price\n1.2 percent abroad\n2. Terms\nNone.", "1 2"),
        ("1. Hours\nWe open at\n9.30 am and close at\n5.30 pm.\n2. Terms\nNone.", "1 2"),
        ("加班\n1.5倍适用于工作日；\n2.5倍适用于休息日。", ""),
        ("年假\n每月1天。\n1.1天，适用于满一年的员工；\n1.2天（含）以上须经批准。", ""),
        ("报销\n1.1万元以下由经理批准\n1.2 万元以上由总监批准", ""),
        ("1. Bags\nA bag has a warranty of\n2 years from the date of purchase.\n2. Shoes\nNone.", "1 2"),
        ("1. Bags\nWe answer within\n1 day of your message.\n2. Shoes\nNone.", "1 2"),
        ("1. Bags\nOf each we keep at least\n1 spare handle.\n2. Shoes\nNone.", "1 2"),
        # Numbers all the same:
        ("2. Returns\n2.1 Hours\nWe open at nine.\n2.2 Points\nNone.", "2 2.1 2.2"),
        ("2.1手机号码\n用于登录。\n2.2日常管理\n每日备份。\n2.3年度审核\n每年一次。", "2.1 2.2 2.3"),
        ("2.1 Notice\nOne month.\n2.4 Dismissal\nAt once.", "2.1 2.4"),
        ("3.5 Returns\nYou may return goods.", "3.5"),
        ("What this is about\n1.1 Scope\nAll staff.\n1.2 Changes\nAt any time.", "1.1 1.2"),
        ("Leave that you are entitled to\n2.1 Annual leave\nSix weeks.\n2.2 Sick leave\nNone.", "2.1 2.2"),
        ("一、共享\n我们会共享。\n2.4例外情形\n以下情形无需同意。\n二、公开\n无。", "一 一2.4 二"),
        ("2. Who we share it with\n2.1 Partners\nThey get names.\n2.2 Couriers\nThey get streets.", "2 2.1 2.2"),
        ("Which data we ask for\n1 Name\nWe print it.\n2 Street\nWe go there.", "1 2"),
    ],
)
def test_a_number_that_counts_something_is_no_clause(text: str, references: str) -> None:
    assert labels(text) == references.split()


@pytest.mark.parametrize(
    ("text", "references"),
    [
        (
            "第一編 總則\n第一章 通則\n第一條 為保護資料，制定本規定。\n第二條 會員應遵守。",
            "第一編 第一編第一章 第一編第一章第一條 第一編第一章第二條",
        ),
        (
            "第一條 應取得同意：\n第一項 書面；\n第二項 口頭。\n第一條的規定同樣適用。",
            "第一條 第一條第一項 第一條第二項",
        ),
        ("第一章 收集\n第一節 註冊\n用於登入。\n附錄一 名單\n無。", "第一章 第一章第一節 附錄一"),
        (
            "Section A. Leave\nStaff have leave.\n1. Notice\nOne week.\nSection B. Pay\nMonthly.",
            "Section_A Section_A.1 Section_B",
        ),
        ("Section H: Hours\nNine.\nSection I: Income\nNone.\nSection J: Joys\nMany.", "Section_H Section_I Section_J"),
        ("PART A – GENERAL\nFor all.\nPART B – LEAVE\nFor some.", "PART_A PART_B"),
        ("Clause 1: Returns\nWithin a month.\nClause 2: Refunds\nAt once.", "Clause_1 Clause_2"),
        # References to clauses:
        ("Forms\nPart A of the form must be filled in.\nSection C applies to drivers.\nClause 4 does not apply.", ""),
    ],
)
def test_numbering_in_words(text: str, references: str) -> None:
    assert labels(text) == [reference.replace("_", " ") for reference in references.split()]


@pytest.mark.parametrize(
    ("heading", "reference"),
    [
        ("Exhibit A: Fees", "Exhibit A"),
        ("EXHIBIT B-1", "EXHIBIT B-1"),
        ("ANNEX I", "ANNEX I"),
        ("SCHEDULE IV – FEES", "SCHEDULE IV"),
        ("Appendix I: Fees", "Appendix I"),
        ("Attachment 1: Fees", "Attachment 1"),
        ("Annexure K Fees", "Annexure K"),
        ("附录A：费用清单", "附录A"),
        ("附录A 费用清单", "附录A"),
        ("附件I：费用清单", "附件I"),
        ("附件Ⅱ：费用清单", "附件Ⅱ"),
        ("附一：费用清单", "附一"),
        ("附二、费用清单", "附二"),
    ],
)
def test_an_appendix_stands_beside_the_clauses_however_it_is_numbered(heading: str, reference: str) -> None:
    found = labels(f"Terms\n\n1. Scope\nFor all.\n2. Law\nOurs.\n\n{heading}\n1. The fee is 100 EUR.\n2. It is due.")
    joint = "." if reference[-1].isascii() else ""
    assert found == ["1", "2", reference, f"{reference}{joint}1", f"{reference}{joint}2"]


def test_an_only_appendix_has_no_number_to_be_joined_to() -> None:
    assert labels("1. Scope\nFor all.\nAddendum: Fees\n1. The fee is 100 EUR.") == ["1", "Addendum", "Addendum › 1"]


@pytest.mark.parametrize(
    "said",
    [
        *("Exhibit A applies to all.", "Annex I of the Regulation applies", "Attachment 1 shows the fees"),
        *("Schedule a call with us", "Schedule a Call", "Addendum to these terms", "Exhibit: old lamps"),
        *("附录A所列权限由用户授予", "附一张照片", "附件I的规定适用", "附一、二份材料", "附一、附二的规定适用。"),
    ],
)
def test_a_line_that_mentions_an_appendix_begins_none(said: str) -> None:
    assert labels(f"Terms\n\n1. Scope\nThis is for all.\n{said}\n2. Law\nOurs.") == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "references"),
    [
        (
            "Ⅰ. 范围\n全部。\nⅡ、期限\n一年。\n（Ⅰ）起算\n自签字起。\n（Ⅱ）届满\n次年。\nⅢ. 法律\n无。",
            "Ⅰ Ⅱ Ⅱ（Ⅰ） Ⅱ（Ⅱ） Ⅲ",
        ),
        ("Ⅷ. Scope\nAll.\nⅨ. Term\nA year.\nⅩⅠ. Law\nOurs.", "Ⅷ Ⅸ ⅩⅠ"),
        ("§ 1 Scope\n(1) For all.\n(2) For some.\n§ 2 Term\nA year.\n§ 1 applies as well.", "§_1 §_1(1) §_1(2) §_2"),
        ("Part A: Hire\n§1 Scope\nFor all.\n§2. Term\nA year.", "Part_A Part_A_›_§1 Part_A_›_§2"),
    ],
)
def test_roman_signs_and_paragraph_signs_number_clauses(text: str, references: str) -> None:
    assert labels(text) == [reference.replace("_", " ") for reference in references.split()]


@pytest.mark.parametrize(
    ("numbers", "ids"),
    [
        ("第九十九条 第一百条 第一〇一条 第一百零二条", "99 100 101 102"),
        ("九、 一〇、 一一、 一二、", "9 10 11 12"),
        ("第一千零九条 第一千零一十条 第一千零一十一条", "1009 1010 1011"),
        ("附件十 附件十一 附件十二", "a10 a11 a12"),
    ],
)
def test_chinese_numbers_are_read_however_they_are_written(numbers: str, ids: str) -> None:
    policy = parse("".join(f"{number} 名称\n我们收集手机号。\n" for number in numbers.split()))
    assert [child.id for child in policy.root.children] == ids.split()


# --- Headings without a number beside chapters and articles ---------------------------------------


@pytest.mark.parametrize(
    ("lines", "references"),
    [
        (
            "第一章 薪酬|第一节 工资|第一条 按月发放。|第二节 奖金|第二条 按绩效发放。|附则|第三条 自公布之日施行。",
            "第一章 第一章第一节 第一章第一节第一条 第一章第二节 第一章第二节第二条 附则 附则_第三条",
        ),
        (
            "目录|第一章 薪酬|第二章 费用|施行|第一章 薪酬|按月发放。|第二章 费用|按实报销。|施行|自公布之日施行。",
            "第一章 第二章 施行",
        ),
        (
            "总则|第一条 为规范管理。|薪酬|第二条 按月发放。|休假|第三条 按年休假。|附则|第四条 自公布之日施行。",
            "总则 总则_第一条 薪酬 薪酬_第二条 休假 休假_第三条 附则 附则_第四条",
        ),
        (
            "第一章 薪酬|第一条 标准|一等五百元|第二条 另有奖金。|津贴|第三条 按月发放。|第二章 休假|第四条 按年休假。",
            "第一章 第一章第一条 第一章第二条 第一章_津贴 第一章_津贴_第三条 第二章 第二章第四条",
        ),
        (
            "第一部分 协议|第一章 收费|第一条 收费。|附则|第二条 施行。|第二部分 规则|第一章 退费",
            "第一部分 第一部分第一章 第一部分第一章第一条 第一部分_附则 第一部分_附则_第二条 第二部分 第二部分第一章",
        ),
        ("一、收费|按月收费。|二、退费|可以退费。|附则|本手册自发布之日起施行。", "一 二 附则"),
        # Parts of a chapter:
        (
            "一、守则|总则|1. 守时。|2. 守约。|附则|由人事解释，自公布之日施行。|二、考勤|打卡。",
            "一 一_总则 一_总则_1 一_总则_2 一_附则 二",
        ),
        (
            "目录|第一章 收费|价目|第二章 退费|时限|第一章 收费|价目|每月一百元。|第二章 退费|时限|七日，自付款起。",
            "第一章 第一章_价目 第二章 第二章_时限",
        ),
    ],
)
def test_a_heading_without_a_number_may_stand_beside_chapters(lines: str, references: str) -> None:
    policy = parse("\n".join(["员工手册", *lines.split("|")]))
    check(policy)
    clauses = [clause for clause in policy.walk() if clause.label or clause.title]
    expected = [reference.replace("_", " › ") for reference in references.split()]
    assert [policy.reference(clause.id) for clause in clauses] == expected


# --- Several documents in one text ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "below"),
    [
        ("云帆儿童个人信息保护规则", "更新日期：2024年1月1日\n"),
        ("云帆儿童个人信息保护规则", "我们重视儿童。"),
        ("云帆儿童规则", "目录\n一、年龄\n二、同意\n引言\n我们重视儿童。"),
        ("“云帆”隐私政策完整版", "修改日期：2022年6月8日\n"),
        ("LANTERN COOKIE POLICY", "Last updated: 3 March 2024\n"),
    ],
)
def test_clauses_of_a_second_document_are_cited_with_its_title(title: str, below: str) -> None:
    policy = parse(
        "云帆隐私政策\n更新日期：2024年1月1日\n\n一、收集\n我们收集姓名。\n二、共享\n我们不共享。\n\n"
        f"{title}\n{below}\n一、年龄\n不满14岁。\n二、同意\n监护人同意。"
    )
    check(policy)
    found = [policy.reference(clause.id) for clause in policy.walk() if clause.label]
    assert found == ["一", "二", f"{title} › 一", f"{title} › 二"]


def test_each_document_has_its_own_chapters_and_appendices() -> None:
    part = "第一章 收集\n第一条 收集姓名。\n第二章 共享\n第二条 不共享。\n附录：定义\n1. 姓名：本名。\n"
    policy = parse(
        f"云帆用户协议\n{part}\n云帆隐私政策\n更新日期：2024年1月1日\n{part}\n"
        "Cookie政策\n生效日期：2024年1月1日\n一、用途\n登录。"
    )
    references = ["第一章", "第一章第一条", "第二章", "第二章第二条", "附录", "附录1"]
    assert [policy.reference(clause.id) for clause in policy.walk() if clause.label] == [
        *references,
        *(f"云帆隐私政策 › {reference}" for reference in references),
        "Cookie政策 › 一",
    ]


@pytest.mark.parametrize(
    ("text", "references"),
    [
        # A clause without a number that has a date; the list goes on.
        ("Terms\n\n1. Fees\nPay.\n2. Returns\nMay be.\n\nRefund policy\nUpdated yearly.\n3. Law\nOurs.", "1 2 3"),
        # The title of the text itself, below what a page shows above it.
        (
            "打印 下载\n请您阅读以下文件。\n云帆隐私政策\n更新日期：2024年1月1日\n一、收集\n姓名。\n二、共享\n无。",
            "一 二",
        ),
    ],
)
def test_what_only_looks_like_a_second_title_does_not_part_the_text(text: str, references: str) -> None:
    assert labels(text) == references.split()


def test_a_heading_behind_the_last_clause_of_a_document_is_beside_it() -> None:
    policy = parse(
        "云帆隐私政策\n一、收集\n姓名。\n二、共享\n不共享。\n云帆儿童规则\n更新日期：2024年1月1日\n"
        "引言\n我们重视儿童。\n一、年龄\n十四岁。\n二、同意\n监护人须同意。\n"
        "接入的SDK\n各SDK如下：\n1. 甲，用于登录。\n2. 乙，用于支付。"
    )
    headings = [policy.reference(clause.id) for clause in policy.walk() if clause.kind == "heading"]
    inside = [f"云帆儿童规则 › {name}" for name in ("引言", "一", "二")]
    assert headings == ["一", "二", "云帆儿童规则", *inside, "接入的SDK"]


# --- Questions and answers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (
            "Q1：多久到账？\nA：三天。\nQ2：如果有质量问题，可以退货吗？\nA：可以。\n请联系客服，说明问题。",
            "多久到账？|如果有质量问题，可以退货吗？",
        ),
        (
            "FAQ\nQ: Who pays?\nA: We do.\nQ: May I return a bag, if I have used it?\nA. Yes. See below.",
            "Who pays?|May I return a bag, if I have used it?",
        ),
        (
            "问：多久到账？\n答：三天。\n问：运费谁出？答：我们。\n问：换货流程\n答：联系客服。",
            "多久到账？|运费谁出？|换货流程",
        ),
        ("問：多久到賬？\n答：三天。\n問：可以換貨嗎？\n答：可以。", "多久到賬？|可以換貨嗎？"),
        ("Question 1: Who pays?\nAnswer: We do.\nQuestion 2: When?\nAnswer: At once.", "Who pays?|When?"),
        ("1. Who pays, if it is broken?\nA: We do.\n2. When?\nA: At once.", "Who pays, if it is broken?|When?"),
        # No questions:
        ("Results\nQ1: revenue rose.\nQ2: revenue fell.", ""),
        ("问题：如下\n系统有时较慢。", ""),
        ("## 问题、投诉以及建议\n请来电。", "问题、投诉以及建议"),
    ],
)
def test_each_question_with_its_answer_is_a_clause(text: str, titles: str) -> None:
    policy = parse(text)
    check(policy)
    found = [clause for clause in policy.walk() if clause.title]
    assert [clause.title for clause in found] == [title for title in titles.split("|") if title]
    for clause in found:
        assert len(own(policy, clause).split("\n")) >= 2 or "答：" in own(policy, clause)
        assert clause.children == ()


@pytest.mark.parametrize(
    ("heading", "text"),
    [
        ("How long do I have?", "30 days from delivery."),
        ("How many may I order?", "5 boxes an order."),
        ("Retention", "10 years for invoices."),
        ("Price", "9.50 EUR a parcel."),
        ("保存期限", "30 天，自送达之日起。"),
    ],
)
def test_a_heading_may_stand_above_a_count(heading: str, text: str) -> None:
    policy = parse(
        f"Help\n\nMay I return shoes?\nYes. Unworn ones.\n\n{heading}\n{text}\n\nWho pays?\nWe pay for labels."
    )
    check(policy)
    assert [clause.title for clause in policy.walk() if clause.title] == ["May I return shoes?", heading, "Who pays?"]


def test_questions_stand_under_the_headings_between_them() -> None:
    policy = parse(
        "一、退款\nQ1：多久到账？\nA：三天。步骤如下：\n1. 申请。\n2. 等待。\nQ2：运费谁出？\nA：我们。\n"
        "二、换货\nQ3：可以换货吗？\nA：可以。"
    )
    references = {
        words: policy.reference(policy.at(policy.text.index(words)).id) for words in ("等待", "我们", "可以。")
    }
    assert references == {"等待": "一Q1.2", "我们": "一Q2", "可以。": "二Q3"}
    plain = parse("退款\nQ: How long?\nA: Five days.\nContact us\nQ: Where?\nA: In Leeds.")
    assert plain.reference(plain.at(plain.text.index("Leeds")).id) == "Contact us › Where?"


@pytest.mark.parametrize(
    "headings", [("1. Returns", "2. Refunds", "3. Repairs"), ("## Returns", "## Refunds", "## Repairs")]
)
def test_three_entries_are_contents_where_each_comes_back_as_a_heading(headings: tuple[str, ...]) -> None:
    parts = "\n\n".join(f"{heading}\n\nWe do so within thirty days." for heading in headings)
    policy = parse(f"# Bags and Shoes\n\n- Returns\n- Refunds\n- Repairs\n\n{parts}\n")
    check(policy)
    assert [clause.kind for clause in policy.root.children] == ["contents", "heading", "heading", "heading"]
    # What comes back in a sentence, or as an item, is a list.
    items = "\n".join(headings).replace("## ", "")
    assert "contents" not in {clause.kind for clause in parse(f"- Returns\n- Refunds\n- Repairs\n\n{items}\n").walk()}


# --- Lines that an editor wrapped -------------------------------------------------------------------

WRAPPED = """2. Refunds

We refund the price and the cost of standard delivery within five
working days after the parcel has reached our warehouse in Leeds. If you
paid by card, the money goes back to that card. We do not refund the
30 pence that a gift wrapping costs, nor any price above that which is in
3. of the list.
Other costs
Whoever sends a parcel back pays for its way, except where the goods are
Faulty or not those that were ordered.
3. Repairs
(a) We repair bags within the period of the warranty, which is as a rule
    2 years from the date of purchase, free of charge.
(b) Other repairs cost £15.
Lantern Bags Ltd
Evening Street
"""


def test_wrapped_lines_are_paragraphs() -> None:
    policy = parse(WRAPPED)
    check(policy)
    assert outline(policy).split("\n") == [
        'root ""',
        "  heading 2. [Refunds]",
        "    heading [Other costs]",
        "  heading 3. [Repairs]",
        '    item (a) "We repair bags"',
        '    item (b) "Other repairs "',
        '    paragraph "Lantern Bags L"',
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Our bags have a warranty of\n2 years from the date of purchase\nand shoes have a warranty of six months.",
        "We refund the price and the cost of standard delivery within five\nworking days after it has come back.",
        "We refund the price of each bag and each shoe that you return to us\nand that is unused.\nWe do so at once.",
    ],
)
def test_a_line_that_goes_on_is_no_heading(text: str) -> None:
    policy = parse(f"1. Bags\n{text}\n2. Shoes\nNone.")
    assert outline(policy) == 'root ""\n  heading 1. [Bags]\n  heading 2. [Shoes]'


@pytest.mark.parametrize(
    "heading", ["Who we share it with", "What we keep of your account once you have closed it with"]
)
def test_a_heading_is_one_though_its_last_word_could_go_on(heading: str) -> None:
    assert parse(f"Terms\n\n{heading}\nWe share it with nobody.").root.children[0].title == heading


@pytest.mark.parametrize("marks", [("(i)", "(ii)", "(iii)"), ("a)", "b)", "c)"), ("1.", "2.", "3.")])
@pytest.mark.parametrize(
    "lead_in",
    [
        "If the ferry does not leave, those who have a ticket may choose between",
        "Whoever books the hall late pays the",
        "The deposit covers the price of",
    ],
)
def test_the_items_of_a_list_begin_below_words_that_want_another(marks: tuple[str, ...], lead_in: str) -> None:
    words = ("hire of", "use of", "cleaning.")
    listed = "\n".join(f"{mark} {word}" for mark, word in zip(marks, words, strict=True))
    policy = parse(f"Ferries\n\n4.1 Tickets are sold on board.\n4.2 {lead_in}\n{listed}\n4.3 Dogs travel free.\n")
    check(policy)
    assert [clause.label for clause in policy.walk()] == ["", "4.1", "4.2", *marks, "4.3"]


@pytest.mark.parametrize(
    "text",
    [
        "(a) Tickets are sold.\n(b) Whoever has none pays twice, subject to paragraph\n(a) above.\n(c) Dogs are free.",
        "(a) Tickets are sold on board, except those of clause\n(b) below.\n(b) Others are not.\n(c) Dogs are free.",
    ],
)
def test_an_item_that_is_spoken_of_at_the_head_of_a_line_does_not_begin_there(text: str) -> None:
    assert [clause.label for clause in parse(text).root.children] == ["(a)", "(b)", "(c)"]


def test_what_leads_to_rows_does_not_lead_to_the_list_below_them() -> None:
    rows = "级别 处理 记分\n一级 警告 3分\n二级 停用 6分\n"
    policy = parse(
        f"（一）违规处理\n违规分为两级：\n{rows}1、记分周期为一年。\n2、记满的，停用一年。\n（二）申诉\n可以申诉。\n"
    )
    check(policy)
    assert [policy.reference(clause.id) for clause in policy.walk() if clause.label == "1、"] == ["（一）1"]


# --- Lists without marks --------------------------------------------------------------------------

ROWS = {
    "with dashes": (
        "{} – hosting of accounts, readings and recordings – Ireland",
        "Larch Corbel Heron Tallow Sedge Alder",
    ),
    "with colons": (
        "{}：为了向您提供相应的功能，我们会在您使用时申请该项权限，您可以随时在手机的系统设置中关闭",
        "存储 相机 麦克风 通讯录 日历 位置",
    ),
}


@pytest.mark.parametrize(("row", "names"), ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("count", [2, 3, 6])
def test_rows_of_a_list_are_alike_and_what_follows_is_of_their_clause(row: str, names: str, count: int) -> None:
    rows = [row.format(name) for name in names.split()[:count]]
    after = "We check all of the above every year. 我们每年都会检查一遍以上所列的内容，并在网站上公布检查的结果。"
    text = "\n\n".join(("1. Rows", "The following applies, and nothing else:", *rows, after, "2. Next", "Nothing."))
    policy = parse(text)
    clauses = [policy.at(text.index(row)) for row in rows]
    assert {policy.path(clause.id)[1].id for clause in clauses} == {"1"}
    assert {clause.kind for clause in clauses} <= {"paragraph", "heading"}
    assert not any(clause.title in row for row in rows for clause in clauses if clause.title)
    alone = {own(policy, clause).strip() == row for clause, row in zip(clauses, rows, strict=True)}
    assert len(alone) == 1, "each row is a clause, or none is"
    last = policy.at(text.index(after))
    assert policy.path(last.id)[1].id == "1"
    assert not own(policy, last).startswith(rows[-1]), "it is no part of the last row"


def test_short_rows_stay_with_the_words_that_lead_into_them() -> None:
    lead, rows = (
        "保存期限如下：",
        ["账号：存续期间", "日志：六个月", "录音：十二个月", "发票：十年", "订单：三年", "位置：一日", "问卷：两个月"],
    )
    text = "\n".join(
        ("一、保存", "我们仅在必要的期限内保存您的信息。" * 40, lead, *rows, "期满之后予以删除。" * 30, "二、其他")
    )
    policy = parse(text)
    clauses = {policy.at(text.index(words)).id for words in (lead, *rows)}
    assert len(clauses) == 1
    assert policy.at(text.index("期满之后")).id not in clauses


# --- Ids ------------------------------------------------------------------------------------------


def test_an_appendix_is_told_from_the_first_chapter_by_its_id() -> None:
    policy = parse("第一章 总则\n本规则适用于会员。\n附录 第三方列表\n1. 地图服务\n我们接入了地图。\n附件2：表格\n无。")
    assert [clause.id for clause in policy.root.children] == ["1", "a1", "a2"]
    assert policy["a1.1"].title == "地图服务"


# --- Texts without structure -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "我们收集您的信息，用于提供服务。" * 1_900,
        "We collect your data to provide the services. " * 650,
        "我们收集信息" * 5_000,
        "we collect data " * 1_900,
        "x" * 30_000,
        "短行\n" * 10_000,
        "我们收集您的手机号码，用于注册。\n" * 2_000,
        "a line of text that says something about data\n" * 700,
    ],
    ids=[
        "sentences",
        "English sentences",
        "no stops",
        "English, no stops",
        "one word",
        "short lines",
        "lines",
        "English lines",
    ],
)
def test_text_without_structure_is_divided_into_readable_clauses(text: str) -> None:
    policy = parse(text)
    check(policy)
    sizes = [clause.body_end - clause.start for clause in policy.walk() if clause.body_end > clause.start]
    assert max(sizes) <= 2_000
    assert sum(size < 30 for size in sizes) <= 2, "most clauses are long enough to say something"


def test_division_keeps_sentences_whole() -> None:
    policy = parse("我们收集您的信息，用于提供服务。" * 1_900)
    assert {own(policy, clause)[-1:] for clause in policy.walk()} <= {"", "。"}


# --- Any text ------------------------------------------------------------------------------------


def check(policy: Policy) -> None:
    """Assert what holds for every policy: nesting, covering, unique ids, verbatim labels and titles."""
    text, root = policy.text, policy.root
    assert (root.start, root.end, root.kind) == (0, len(text), "root")
    seen: set[str] = set()
    for clause in policy.walk():
        assert clause.id not in seen
        seen.add(clause.id)
        assert clause.start <= clause.body_end <= clause.end
        assert clause is root or clause.start < clause.body_end, "a clause has text of its own"
        position = clause.body_end
        for child in clause.children:
            assert child.start == position
            position = child.end
        assert position == clause.end
        assert clause.label in own(policy, clause)
        assert clause.title in own(policy, clause)
        path = policy.path(clause.id)
        assert path[-1] is policy[clause.id] is clause
        assert len(path) <= 18


def check_places(policy: Policy) -> None:
    """Assert that every clause can be named, and that `at` finds the one whose own text holds a character."""
    assert all(policy.reference(clause.id) for clause in policy.walk())
    owners = [policy.at(offset) for offset in range(len(policy.text))]
    assert all(clause.start <= offset < clause.body_end for offset, clause in enumerate(owners))
    assert sum(clause.body_end - clause.start for clause in policy.walk()) == len(policy.text)


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=400)
NUMERALS = ["一", "二", "三", "十", "十一", "1", "2", "3", "10", "1.1", "1.2", "2.1.1", "i", "ii", "a", "b", "①", "②"]
SHAPES = [
    "{}、",
    "{}.",
    "{}. ",
    "{}）",
    "（{}）",
    "({})",
    "第{}条 ",
    "第{}章 ",
    "## {} ",
    "**{}、",
    "• ",
    "- ",
    "Section {}: ",
    "附录{}：",
]
WORDS = [
    "收集",
    "我们收集您的信息，用于服务。",
    "包括：",
    "使用目的：",
    "We collect data.",
    "Your rights",
    "目录",
    "【提示】",
    "",
    "a\tb\tc",
]
ENDS = ["\n", "\n\n", " ", "。", "；", "\n  ", "：\n"]


@st.composite
def numbered(draw: st.DrawFn) -> str:
    """A text of numbers, words and breaks in any order."""
    parts = []
    for _ in range(draw(st.integers(1, 40))):
        shape = draw(st.sampled_from(["", *SHAPES]))
        parts += [
            shape.format(draw(st.sampled_from(NUMERALS))),
            draw(st.sampled_from(WORDS)),
            draw(st.sampled_from(ENDS)),
        ]
    return "".join(parts)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_TEXT.filter(str.strip))
def test_any_text_becomes_a_tree_that_covers_it(text: str) -> None:
    policy = parse(text)
    check(policy)
    check_places(policy)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(numbered().filter(str.strip))
def test_any_numbering_becomes_a_tree_that_covers_it(text: str) -> None:
    policy = parse(text)
    check(policy)
    check_places(policy)
    assert parse(text).root == policy.root, "the same text gives the same clauses"


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 30), st.integers(1, 4), st.sampled_from(["{}、", "（{}）", "{}. ", "{}) "]))
def test_a_plain_list_is_found_whole(items: int, paragraphs: int, shape: str) -> None:
    body = "\n".join(["我们收集您的信息，用于提供服务。"] * paragraphs)
    policy = parse("".join(f"{shape.format(number)}{body}\n" for number in range(1, items + 1)))
    assert [clause.id for clause in policy.root.children] == [str(number) for number in range(1, items + 1)]


# --- Time and depth ------------------------------------------------------------------------------

N = 100_000
M = N // 2
ADVERSARIAL = {
    "brackets": "（" * N,
    "dotted": "1.1.1.1" * (N // 7),
    "Han numerals": "一、" * (N // 2),
    "blanks": " " * N + "x",
    "letters": "a. " * (N // 3),
    "sentences": "我们收集信息。" * (10 * N // 7),
    "items": "".join(f"{number % 999 + 1}、第{number}项信息；\n" for number in range(20_000)),
    "items and paragraphs": "".join(f"{number % 99 + 1}、第{number}项；\n尾随的段落\n" for number in range(M // 15)),
    "hashes": "".join("#" * (number % 6 + 1) + " h\n" for number in range(M // 6)),
    "numbers of any depth": "".join(".".join("1" * (number % 6 + 1)) + " 标题\n" for number in range(M // 12)),
    "nested by colons": "1、包括：\n" * 5_000,
    "lists in one line": "包括：1、甲乙丙；" * (N // 9),
    "items in one line": "；1、甲" * (M // 4),
    "headings in one line": "一、标题 " * (N // 5),
    "short lines": "短行\n" * (M // 3),
    "rows": "a\tb\n" * (M // 4),
    "rows that never end": ("a\tb\tc\td\n" + "x\n" * 29) * (M // 66),
    "bullets": "• 甲；\n段落文字，说明。\n" * (M // 14),
    "text under an indent": " " * M + "- x\n" + "y\n" * (M // 5),
    "rows of lists": "".join(f"第{number}项：值\n" for number in range(M // 8)),
    "rows with dashes": "a – b\n" * (M // 6),
    "told rows": "Data: a | Purpose: b\n" * (M // 21),
    "told cells in one line": "Data: a | " * (N // 10) + "b: c\n" * 2,
    "bold questions": "**Why?**\n\n" * (M // 11) + "**" * M,
    "lines between blank lines": "Heading one\n\n" * (M // 13),
    "bullets set off": "- a\n- b\n\nText.\n\n" * (M // 18),
    "glued chapters": "第一章 甲\n" + "文字。第二章 乙 " * (N // 10),
    "glued headings that contents list": "目录\n1. 甲乙丙丁\n2. 戊己庚辛\n3. 壬癸子丑\n1. 甲乙丙丁\n"
    + "文字。2. 戊己庚辛 " * (M // 12),
    "numbers after English sentences": "Text. 2. Next" * (N // 13),
    "indents": "".join(" " * (number % 300) + "- x\n" for number in range(N // 150)),
    "contents": "".join(f"{number}、标题{number}\n" for number in range(1, M // 20)) * 2,
    "wrapped lines": ("word " * 13 + "word\n") * (M // 70),
    "wrapped lines of Han": ("我们收集您的信息用于提供服务并且在必要时与第三方共享您的信息\n") * (M // 31),
    "lines that go on": ("We refund the price of what was bought and is returned to\n") * (M // 58),
    "questions": "Q: Why?\nA: Thus.\n" * (M // 17),
    "questions in one line": "Q1: Why? A: Thus. " * (M // 18),
    "numbers that count": "1.5 days\n2.5 days\n" * (M // 18),
    "one word": "x" * N,
    "mixed": "一、甲\n（一）乙\n1、丙\n（1）丁\n①戊\n" * (M // 25),
}


@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_parsing_takes_time_in_proportion_to_the_text(text: str) -> None:
    assert seconds(lambda: check(parse(text))) < 5


def test_levels_beyond_reading_do_not_deepen_the_tree() -> None:
    policy = parse("".join(f"{'•·-*'[level % 4]} 第{level}层，包括：\n" for level in range(5_000)))
    check(policy)
    assert max(len(policy.path(clause.id)) for clause in policy.walk()) <= 18


def test_words_in_any_order_never_break_the_parser() -> None:
    dice = random.Random(7)
    words = [*"一二三、（）1239.:：；。 \n\t#*-•第条章节附录", "包括：", "目录", "\n\n", "（1）", "1.1", "我们"]
    for _ in range(200):
        text = "".join(dice.choices(words, k=300))
        if text.strip():
            check(parse(text))


# --- What is no policy ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n\t\u3000"])
def test_empty_text_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="'mine' is empty"):
        parse(text, id="mine")


def test_nul_is_refused() -> None:
    with pytest.raises(PolicyError, match="NUL"):
        parse("a\0b")


def test_lone_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(PolicyError, match="surrogate at 2"):
        parse("ab\ud800")


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(PolicyError, match="4,000,000"):
        parse("x" * (MAX_POLICY_CHARS + 1))


# --- What is known about the policy --------------------------------------------------------------------


def test_metadata_defaults_come_from_the_text() -> None:
    policy = parse("# **示例隐私政策**\n\n我们收集信息。")
    assert (policy.title, policy.language, policy.id) == ("示例隐私政策", "zh", "policy")
    assert policy.version == policy.sha256[:12]
    assert parse("We collect data.").language == "en"


def test_metadata_is_taken_as_given() -> None:
    policy = parse(
        "我们收集信息。", id="x", title="T", language="en", effective_date="2024-01-02", translations={"p1": ("We.",)}
    )
    assert (policy.id, policy.title, policy.language, policy.version) == ("x", "T", "en", "2024-01-02")
    assert policy.translations == {"p1": ("We.",)}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (
            "下载\nhttps://yunfan.example/a.pdf\n云帆隐私保护政策\n更新日期：2024年3月1日\n\n我们收集日志。",
            "云帆隐私保护政策",
        ),
        ("最近更新日期： 2024-03-01\n我们修订了《云帆隐私政策》。\n一、收集\n我们收集日志。", "云帆隐私政策"),
        ("尊敬的用户：我们更新了政策。主要是：\n\n隐私政策\n\n一、收集\n我们收集日志。", "隐私政策"),
        ("更新提示\n1. 完善了收集的说明\n我们有《云帆隐私指引》。\n一、收集\n我们收集日志。", "云帆隐私指引"),
        ("云帆：旅客须知\n一、收集\n我们收集日志。", "云帆：旅客须知"),
        # The company stands above the name of what it issued.
        ("云帆智造股份有限公司\n员工差旅管理制度\n第一条 凭票报销。", "员工差旅管理制度"),
        ("云帆宠物医院\n第一条 凭票报销。\n第二条 请勿吸烟。", "云帆宠物医院"),
        (
            "LARKDALE BOATS LTD\nBOAT HIRE AGREEMENT – TERMS AND CONDITIONS\n\n1. HIRE\n1.1 We hire out boats.\n",
            "BOAT HIRE AGREEMENT – TERMS AND CONDITIONS",
        ),
    ],
)
def test_what_stands_above_a_policy_is_not_its_title(text: str, title: str) -> None:
    assert parse(text).title == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("（最新更新日期：2020年11月05日）\n我们收集日志。", "我们收集日志。"),
        ("（最新更新日期：2020年11月05日）\n• 前言\n我们重视您的个人信息。", "yunfan"),
        ("一、收集\n我们收集日志。", "yunfan"),
        ("目录\n一、收集\n二、共享\n\n一、收集\n我们收集日志。\n二、共享\n我们不共享。", "yunfan"),
        ("版本：2024年1月", "yunfan"),
    ],
)
def test_a_date_or_a_clause_is_no_title(text: str, title: str) -> None:
    assert parse(text, id="yunfan").title == title


def test_the_year_of_an_edition_is_part_of_a_title_or_stands_below_it() -> None:
    text = "一、入住\n凭证件入住。\n二、退房\n中午前退房。"
    assert parse(f"南屋住客规则（2021版）\n\n{text}").title == "南屋住客规则（2021版）"
    assert parse(f"南屋住客规则\n（2021版）\n\n{text}").title == "南屋住客规则"
    assert parse(f"南屋住客管理办法（2024年修订）\n\n{text}").title == "南屋住客管理办法（2024年修订）"
    assert parse(f"（2024年修订）\n\n{text}", id="nanwu").title == "nanwu"


@pytest.mark.parametrize("line", ["南屋酒店管理有限公司", "> 南屋酒店管理有限公司 二〇二五年五月", "南屋理工大学"])
def test_who_issued_a_policy_stands_below_its_title_and_heads_nothing(line: str) -> None:
    policy = parse(f"南屋住客规则\n\n{line}\n\n一、入住\n1. 凭证件入住。\n2. 中午前退房。")
    assert policy.title == "南屋住客规则"
    assert [policy.reference(clause.id) for clause in policy.walk() if clause.label] == ["一", "一1", "一2"]


@pytest.mark.parametrize("dated", ["Last modified 3 March 2025", "Approved by the Committee, 3 March 2025"])
def test_a_line_with_a_date_heads_nothing(dated: str) -> None:
    policy = parse(f"Lantern Privacy Notice\n\n{dated}\n\n1. Data\n1.1 We collect your name.\n")
    assert [policy.reference(clause.id) for clause in policy.walk() if clause.label] == ["1", "1.1"]


def test_paragraphs_that_begin_with_what_they_are_about_are_clauses_of_their_own() -> None:
    rest = "It is the same for everyone who works here, whether for some hours or all day, in any of our houses. " * 3
    named = f"Parking. Staff may park in the yard. {rest}\nVisitors. Bring them to the desk. {rest}"
    policy = parse(f"Staff Handbook\n\nOn site\n{named}\n")
    assert {"Parking", "Visitors"} <= {clause.title for clause in policy.walk()}
    # One alone is a short sentence.
    alone = f"Be kind. Staff may park in the yard. {rest}\nYou may bring visitors to the desk. {rest}"
    assert "Be kind" not in {clause.title for clause in parse(f"Staff Handbook\n\nOn site\n{alone}\n").walk()}


def test_chinese_paragraphs_are_named_at_their_beginning_too() -> None:
    text = (
        "洗衣服务条款\n（2023版）\n\n取送。上门取送免费，偏远地区除外。\n\n遗失。衣物遗失的，我们赔偿。以下物品除外：\n"
        "——首饰、手表；\n——现金。\n其他由双方商定。\n\n不可抗力。因台风延误的，我们不承担责任。\n\n会员须知。会员享受九折，特价除外。\n"
    )
    policy = parse(text)
    titles = [clause.title for clause in policy.walk() if clause.title]
    assert titles == ["取送", "遗失", "不可抗力", "会员须知"], "however short each is"
    item = policy.at(text.index("首饰"))
    assert (item.label, policy.text[slice(*policy.lead_in(item.id) or (0, 0))]) == ("——", "以下物品除外：")
    # A short sentence is no name, nor is a word that several begin with.
    for said in ("我们负责。衣物遗失的，由我们赔偿损失。", "取送。上门取送免费，偏远地区除外。"):
        assert all(not clause.title for clause in parse(f"须知\n\n{said}\n\n{said}\n").walk())


def test_a_title_does_not_end_in_the_middle_of_a_time() -> None:
    policy = parse(
        "第一条 工作时间为9:00-18:00。\n第二条 加班：须经批准。\n第三条 比例 混合比为1:2，误差不计：按期检查。\n"
    )
    assert [clause.title for clause in policy.walk() if clause.label] == ["", "加班", "比例"]


def test_a_dash_right_before_chinese_begins_an_item() -> None:
    policy = parse(
        "须知\n一、不洗的衣物：\n-皮草；\n–羽绒服。\n二、水温\n-5℃以下不取件，水温在30℃以上，一律当天送回。\n"
    )
    assert [clause.label for clause in policy.walk() if clause.label] == ["一、", "-", "–", "二、"]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (
            "一、卡\n（一）月卡：\n1.7天卡9元，14天卡15元；\n2.月卡不可转赠；\n3.30天内可以退款。\n（二）退卡\n见上。",
            "一、 （一） 1. 2. 3. （二）",
        ),
        ("一、时限\n1.24小时内发货；\n2.48小时内送达；\n3.超时的，赔付5元。", "一、 1. 2. 3."),
        # Amounts:
        ("一、年假\n1. 标准\n员工每月有\n1.5天年假。\n2. 折算\n按月折算。", "一、 1. 2."),
        ("一、加班\n1.5倍适用于工作日；\n2.5倍适用于休息日。", "一、"),
        ("一、病假\n1. 需要证明。\n2. 分档如下：\n3.5天以内由主管批准。\n3. 其他另议。", "一、 1. 2. 3."),
        ("1.1 发货\n1.2 送达\n1.3天内未送达的可以退款。\n2. 退货", "1.1 1.2 2."),
    ],
)
def test_the_number_of_an_item_may_run_into_an_amount(text: str, labels: str) -> None:
    policy = parse(text)
    check(policy)
    assert " ".join(clause.label for clause in policy.walk() if clause.label) == labels


def test_numbered_headings_stand_beside_an_unnumbered_one_with_bullets() -> None:
    policy = parse(
        "Kite Club Rules\n\nIn a nutshell\n\n- We lend kites.\n- Storms end the day.\n\n1. Kites\n\n1.1 Loans\n\n"
        "Kites are lent for a day at most, to members.\n\n2. Storms\n\nWe close the beach when a storm is near.\n"
    )
    check(policy)
    assert [clause.title for clause in policy.root.children] == ["In a nutshell", "Kites", "Storms"]
    assert policy.reference(policy.at(policy.text.index("Kites are lent")).id) == "1.1"


def test_a_heading_that_counts_something_is_a_heading() -> None:
    policy = parse(
        "Shop Rules\n\nOrders\n\nYou may change an order until it is packed.\n\nReturns\n\n14 days to think it over\n\n"
        "You may return a lamp within 14 days, in its box. We pay for the way back.\n"
    )
    check(policy)
    titles = [clause.title for clause in policy.walk() if clause.kind == "heading"]
    assert titles == ["Orders", "Returns", "14 days to think it over"]
