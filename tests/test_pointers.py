"""What a clause says of another by its number, and what stands there."""

from __future__ import annotations

import math

import pytest

from assistant.answering import ExtractiveGenerator
from assistant.answering.pointers import asked_by_number, pointed_at, with_pointed_at
from assistant.parsing import parse
from tests.hits import hit
from tests.timing import seconds

TERMS = """Terms

1. Fares
1.1 Basic fares are not refunded, save as set out in clauses 3.1 and 4.
1.2 Flexible fares are refunded (see 3.2), but not under Article 6 of the Convention.
1.3 We act under section 1.3.
2. Suspension
(a) You may appeal, as set out in clause 3.1.
(b) Goods are listed in Annex B.
3. Refunds
3.1 A cancelled flight is refunded within a week.
3.2 A delayed one within a month.
4. Death
4.1 On a death the ticket is refunded.

Annex B. Goods
Lamps and candles.
"""
NUMBERS = """Terms

PART I: FARES
1. Names
1.1 Names are not changed except as set out in 2.2.
1.2 No bags but those mentioned in 1.1 or 2.1, of 2.2 kg, are carried; fees are subject to 2.1% tax.
2. Bags
2.1 A second bag is dear.
2.2 A name is changed for a fee.

PART II: COVER
Section A - Theft
A.1 We pay up to the maximum stated in B.1.
Section B - Loss
B.1 A maximum of 100 pounds is paid.
"""
RULES = """规则

第一条 退款
退款按照第三条办理，第二条第一款除外。
第二条 例外
定制商品不退款。
第三条 办理
七日内到账，《消费者权益保护法》第二十五条另有规定的除外。
"""


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        (TERMS, "Basic fares", ["3.1", "4"]),
        (TERMS, "Flexible fares", ["3.2"]),
        (TERMS, "We act", []),
        (TERMS, "You may appeal", ["3.1"]),
        (TERMS, "Goods are listed", ["Annex B"]),
        (NUMBERS, "Names are", ["PART I.2.2"]),
        (NUMBERS, "No bags but", ["PART I.1.1", "PART I.2.1"]),
        (NUMBERS, "We pay", ["PART II › B.1"]),
        (TERMS, "Lamps", []),
        (RULES, "退款按照", ["第三条", "第二条"]),
        (RULES, "七日内", []),
    ],
)
def test_the_clauses_that_a_clause_names_by_their_numbers(text: str, words: str, found: list[str]) -> None:
    policy = parse(text, id="terms")
    clause = policy.at(policy.text.index(words))
    named = pointed_at(policy, clause.start, clause.body_end)
    assert [policy.reference(one.id) for one in named] == found


def test_a_number_of_several_clauses_is_none_of_them() -> None:
    policy = parse("Part A\n1. Fees\nSee clause 2.\n2. Free\nFree.\nPart B\n1. Else\nElse.\n2. Dear\nDear.\n")
    clause = policy.at(policy.text.index("See clause"))
    assert len(pointed_at(policy, clause.start, clause.body_end)) <= 1


def test_an_answer_quotes_what_it_points_at() -> None:
    policy = parse(TERMS, id="terms", title="Terms", language="en")
    hits = with_pointed_at([hit(policy, "Basic fares")])
    assert [one.score for one in hits] == [10.0, -math.inf, -math.inf]
    quotes = [claim.quote for claim in ExtractiveGenerator().generate("are basic fares refunded", hits).claims]
    assert quotes == [
        "Basic fares are not refunded, save as set out in clauses 3.1 and 4.",
        "A cancelled flight is refunded within a week.",
        "Death\n4.1 On a death the ticket is refunded.",
    ]
    # No more than asked for, and nothing twice.
    assert len(ExtractiveGenerator(max_citations=2).generate("are basic fares refunded", hits).claims) == 2


def test_it_does_so_whatever_was_read_of_the_same_policy_before() -> None:
    policy, again = (parse(f"{TERMS}\nThe end.", id="terms", title="Terms", language="en") for _ in range(2))
    asked_by_number("clause 3.1", [again])
    hits = with_pointed_at([hit(policy, "Basic fares")])
    assert len(ExtractiveGenerator().generate("are basic fares refunded", hits).claims) == 3


def test_a_chapter_that_is_only_a_title_is_not_quoted() -> None:
    rest = "我们会逐项告知您接收方的名称和联系方式，并取得您的单独同意。" * 10
    text = f"第一章 保存\n第一条 涉及跨境的情形，适用本政策第二章。\n第二章 跨境提供\n第二条 {rest}\n第三条 {rest}\n"
    found = hit(parse(text, id="p", title="P"), "涉及跨境")
    assert [one.title for one in pointed_at(found.policy, found.start, found.end)] == ["跨境提供"]
    assert with_pointed_at([found]) == (found,)


def test_numbers_take_time_in_step_with_their_count() -> None:
    def taken(count: int) -> float:
        text = f"1. Law\n1.1 See clauses {'1, ' * count}and {'(a)' * count}{'第一条' * count}\n"
        policy = parse(text, id="long")
        return seconds(lambda: pointed_at(policy, 0, len(policy.text)))

    assert taken(20_000) < 40 * taken(2_000) + 0.5


@pytest.mark.parametrize(
    ("question", "clauses"),
    [
        ("What does clause 3.2 say?", ["3.2"]),
        ("show me § 3", ["3"]),
        ("Section 3.1, please", ["3.1"]),
        ("3.2", ["3.2"]),
        ("can you explain section 3 to me", ["3"]),
        # More is asked, or no clause has that number.
        ("how long is the notice in clause 3.2", []),
        ("what does clause 9 say", []),
        ("3", []),
        ("what are the terms", []),
        ("", []),
    ],
)
def test_a_clause_that_is_asked_for_by_its_number(question: str, clauses: list[str]) -> None:
    policy = parse("Terms\n3. Notice\n3.1 Give notice.\n3.2 It takes a month.\n4. Other\n4.1 Ask us.", id="terms")
    assert asked_by_number(question, [policy]) == tuple(("terms", clause) for clause in clauses)


@pytest.mark.parametrize(
    ("question", "clauses"),
    [
        ("第二条讲了什么？", ["2"]),
        ("看一下二（一）的原文", ["2.1"]),
        ("第二章", ["2"]),
        ("what does section 二（一） say?", ["2.1"]),
        ("第九条说什么", []),
        ("二", []),
        ("收集什么", []),
    ],
)
def test_a_clause_that_is_asked_for_by_its_chinese_number(question: str, clauses: list[str]) -> None:
    policy = parse("规则\n一、入场\n请排队。\n二、退票\n（一）开演前可以退票。\n（二）开演后不退。", id="rules")
    assert asked_by_number(question, [policy]) == tuple(("rules", clause) for clause in clauses)
