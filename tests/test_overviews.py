"""Questions about all that a section is about."""

from __future__ import annotations

import pytest

from assistant import Policy, parse
from assistant.answering import ExtractiveGenerator
from assistant.answering.citing import verify
from assistant.answering.overviews import overview
from tests.hits import hit

_TEXT = """Lantern Cards Privacy Notice
1. Welcome
We run Lantern Cards.
6. How we use cookies
6.1 To keep you signed in.
6.2 To count visits.
7. How we collect and use your information
7.1 To open an account.
7.2 To send the card.
2. How long we keep it
2.1 Identity data: five years after you leave.
2.2 Recordings of calls: 13 months.
2.3 Chat messages: two years.
3. Your rights
3.1 You may ask for a copy of your data.
3.2 You may have wrong data corrected.
3.3 You may complain to the regulator.
4. Who receives it and how we share it
4.1 Companies that work for us
We share your data with these companies: printers, who print the card and post it to the address that you gave us when
you applied, and keep that address for no longer than a month after the card was posted; and couriers, who bring it.
4.2 The police
We share your data with the police on a warrant.
5. Security
Data is encrypted.
"""


@pytest.fixture
def policy() -> Policy:
    return parse(_TEXT, id="lantern", title="Lantern Cards Privacy Notice")


@pytest.mark.parametrize(
    ("question", "found", "section"),
    [
        # None of the rights is the best: each is one of those that are asked for.
        ("What rights do I have?", "a copy of your data", "3"),
        ("what are my rights", "We run Lantern", "3"),
        ("list my rights", "a copy of your data", "3"),
        ("我有哪些权利？", "We run Lantern", "3"),
        ("how long do you keep my data", "Recordings of calls", "2"),
        ("who do you share my data with", "on a warrant", "4"),
        ("how do you use my information", "We run Lantern", "7"),
        ("how do you use cookies", "We run Lantern", "6"),
        # Something that the heading does not name is asked for, or whether, or why.
        ("how long do you keep my recordings", "Recordings of calls", ""),
        ("who do you share my address with", "on a warrant", ""),
        ("do you share my data?", "on a warrant", ""),
        ("why do you share my data", "on a warrant", ""),
        ("can I have my data corrected", "wrong data corrected", ""),
        # It is no section that has but one clause.
        ("how do you protect my data", "Data is encrypted", ""),
        ("who are you", "We run Lantern", ""),
    ],
)
def test_the_section_that_is_asked_for(policy: Policy, question: str, found: str, section: str) -> None:
    named = overview(question, [hit(policy, found)])
    assert (named.clause.id if named else "") == section


def test_a_section_is_told_by_its_clauses(policy: Policy) -> None:
    found = [hit(policy, "a copy of your data")]
    section = overview("What rights do I have?", found)
    assert section is not None
    draft = ExtractiveGenerator(max_citations=2).generate("What rights do I have?", [section, *found])
    told = verify(draft, [section, *found], min_quote_chars=4)
    assert [citation.reference for _, citation in told] == ["3.1", "3.2", "3.3"]
    assert told[1][1].quote == "3.2 You may have wrong data corrected."


def test_the_clause_that_leads_into_a_list_is_told_with_that() -> None:
    text = _TEXT.replace("3.1 You may ask for a copy of your data.", "3.1 You may:\n(a) ask for a copy;\n(b) erase it.")
    policy = parse(text, id="lantern", title="Lantern Cards Privacy Notice")
    assert overview("What rights do I have?", [hit(policy, "You may:")]) is None


@pytest.mark.parametrize(
    "found", ["We respect what you may do with your data", "You have the right to access, by law, and to be forgotten."]
)
def test_what_is_as_wide_as_a_section_answers_before_it(found: str) -> None:
    text = """Lantern Cards Privacy Notice
1. What you may do
We respect what you may do with your data: all of it is told here, and what is not told is told on the phone.
1.1 How to exercise your rights
(a) Write to us and say who you are, so that we can be sure that it is you who writes.
(b) Wait for a month, and for another one where the request is complicated.
1.2 Your rights in California
You have the right to access, by law, and to be forgotten.
"""
    policy = parse(text, id="lantern", title="Lantern Cards Privacy Notice")
    assert overview("What rights do I have?", [hit(policy, found)]) is None
    assert overview("How do I exercise my rights?", [hit(policy, "Wait for a month")]) is not None


@pytest.mark.parametrize(
    ("question", "found", "section"),
    [
        ("delivery", "within 30 miles", ""),
        ("delivery", "by 5 pm", ""),
        ("how do I complain?", "to the warden", ""),
        # All of them are asked for.
        ("what rights do I have", "right to a copy", "5"),
    ],
)
def test_of_a_heading_of_several_things_only_the_one_asked_for_is_told(question: str, found: str, section: str) -> None:
    policy = parse(
        "Terms of hire\n3. Collection, delivery and return\n3.1 Bring the boat back by 5 pm.\n"
        "3.2 We deliver within 30 miles.\n3.3 Photos left on a camera are erased.\n"
        "4. Records and complaints\n4.1 Our registers are open to all.\n4.2 Complaints should be sent to the warden.\n"
        "5. Your rights and how to use them\n5.1 You have the right to a copy.\n5.2 You may have it corrected.\n"
    )
    named = overview(question, [hit(policy, found)])
    assert (named.clause.id if named else "") == section


def test_a_section_without_the_value_that_is_wanted_is_none_to_tell() -> None:
    text = "House rules\n6. Parking\n6.1 Park in {0}.\n6.2 Bicycles go in the shed.\n7. Charges\nA space is £85."
    for where, found in (("your own space", False), ("any space for £2", True)):
        policy = parse(text.format(where), id="house", title="House rules")
        assert (overview("how much is parking", [hit(policy, "£85")]) is not None) is found


def test_nothing_found_is_no_section() -> None:
    assert overview("What rights do I have?", []) is None
