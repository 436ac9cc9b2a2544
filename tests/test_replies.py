"""What is asked of the conversation itself: small talk, what else there is, the clause itself, a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assistant import Answer, Assistant, Settings, Turn
from assistant.conversation.replies import chosen, cited_by, contacts, left, whole
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from assistant import Policy

COLLECTS = "云巢读书收集手机号码吗"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The assistant over the invented corpus, without a model."""
    settings = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.mktemp("replies"))
    return Assistant.open(settings=settings, embedders=(FakeEmbedder(),))


def check(answer: Answer, assistant: Assistant) -> None:
    """Check that every quote stands in its policy, and that there is one unless the answer abstains."""
    assert bool(answer.citations) == (answer.abstained is None)
    for citation in answer.citations:
        policy = assistant.policy(citation.policy_id)
        assert policy.text[citation.start : citation.end] == citation.quote


def conversation(assistant: Assistant, *questions: str, texts_only: bool = False) -> list[Answer]:
    """Ask one question after the other, and return the answers."""
    answers: list[Answer] = []
    turns: list[Turn] = []
    for question in questions:
        answers.append(assistant.ask(question, history=turns))
        check(answers[-1], assistant)
        turns.append(Turn(question=question) if texts_only else Turn.of(answers[-1]))
    return answers


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("谢谢", "out_of_scope"),
        ("hello", "out_of_scope"),
        ("它呢？", "unclear"),
        ("why?", "unclear"),
        ("？？", "unclear"),
    ],
)
def test_nothing_is_looked_for_where_nothing_is_asked(assistant: Assistant, question: str, kind: str) -> None:
    answer = assistant.ask(question)
    check(answer, assistant)
    assert answer.abstained
    assert answer.abstained.kind == kind
    assert answer.abstained.message == answer.text
    assert answer.hits == ()
    assert answer.query == question


def test_a_company_is_known_by_the_beginning_of_its_names(assistant: Assistant) -> None:
    found = assistant.ask("可以拒绝吗", history=[Turn(question="云巢会收集人脸吗")])
    assert found.query == "人脸可以拒绝吗"


@pytest.mark.parametrize("texts_only", [False, True], ids=["citations are known", "only the questions are known"])
def test_what_else_there_is_was_not_cited_before(assistant: Assistant, texts_only: bool) -> None:
    asked = "云巢读书会收集信息吗"
    answers = conversation(assistant, asked, *["还有吗"] * 6, texts_only=texts_only)
    cited: list[tuple[str, str]] = []
    for answer in answers:
        assert answer.query == asked
        assert {hit.policy.id for hit in answer.hits} <= {"yunchao"}
        assert not set(cited) & set(cited_by(answer))
        cited += cited_by(answer)
    assert len(answers[1].citations) > 0
    # Until nothing is left.
    assert answers[-1].abstained
    assert answers[-1].abstained.kind == "not_stated"
    assert "其他条款" in answers[-1].text


@pytest.mark.parametrize("texts_only", [False, True], ids=["citations are known", "only the questions are known"])
def test_what_else_there_is_is_told_beside_another_question(assistant: Assistant, texts_only: bool) -> None:
    asked = "云巢读书会收集信息吗"
    first, both = conversation(assistant, asked, "还有吗？保存多久？", texts_only=texts_only)
    alone = conversation(assistant, asked, "还有吗", texts_only=texts_only)[-1]
    more = [cited_by(both)[marker - 1] for marker in both.parts[0].markers]
    assert tuple(more) == cited_by(alone)
    assert more
    assert not set(more) & set(cited_by(first))


@pytest.mark.parametrize("texts_only", [False, True], ids=["citations are known", "only the questions are known"])
def test_the_clauses_that_were_cited_are_shown_whole(assistant: Assistant, texts_only: bool) -> None:
    first, shown, one = conversation(assistant, COLLECTS, "原文在哪", "第一条", texts_only=texts_only)
    whole_ids = set(cited_by(shown))
    for policy_id, clause_id in cited_by(first):
        policy = assistant.policy(policy_id)
        # Itself, or the clause that it is in.
        assert any((policy_id, above.id) in whole_ids for above in policy.path(clause_id))
    (citation,) = one.citations
    policy = assistant.policy(citation.policy_id)
    clause = policy[citation.clause_id]
    assert citation.clause_id == first.citations[0].clause_id
    assert citation.quote == policy.text[clause.start : clause.end].strip()


@pytest.mark.parametrize("texts_only", [False, True], ids=["citations are known", "only the questions are known"])
def test_a_short_question_is_asked_of_the_policy_that_was_named_before(assistant: Assistant, texts_only: bool) -> None:
    asked = "will you send a letter?"
    *_, leaning = conversation(assistant, "does Lantern Post collect my name?", asked, texts_only=texts_only)
    assert leaning.query == asked
    assert {hit.policy.id for hit in leaning.hits} == {"lantern"}
    *_, changed = conversation(assistant, "does Lantern Post collect my name?", f"new question: {asked}")
    assert changed.hits == assistant.ask(asked).hits


def test_a_clause_of_a_policy_that_is_out_of_scope_is_not_shown(assistant: Assistant) -> None:
    first = assistant.ask(COLLECTS)
    shown = assistant.ask("原文", history=[Turn.of(first)], policies=["lantern"])
    check(shown, assistant)
    assert {citation.policy_id for citation in shown.citations} <= {"lantern"}


def test_a_person_is_asked_for(assistant: Assistant) -> None:
    answer = assistant.ask("转人工", policies=["yunchao"])
    check(answer, assistant)
    assert "400-000-1234" in answer.text
    assert answer.query != "转人工"
    # Of every policy that is asked.
    both = assistant.ask("talk to a person")
    check(both, assistant)
    assert {citation.policy_id for citation in both.citations} == {"lantern", "yunchao"}
    assert "privacy@lantern.example" in both.text


def test_the_contact_is_where_the_policy_tells_it_last(policies: tuple[Policy, ...]) -> None:
    assert dict(contacts(policies))["yunchao"] == "5"
    assert contacts(replace(policy, contact="nowhere at all") for policy in policies) == ()
    # Without one of its own, the clause about it is read.
    assert dict(contacts(replace(policy, contact="") for policy in policies))["yunchao"] == "5"


@pytest.mark.parametrize(
    ("place", "expected"), [(0, ("a", "b", "c")), (1, ("a",)), (3, ("a",)), (4, ("c",)), (-1, ("c",)), (5, ())]
)
def test_a_place_among_the_clauses_cited(place: int, expected: tuple[str, ...]) -> None:
    cited = [("p", "a"), ("p", "b"), ("p", "a"), ("p", "c")]
    assert chosen(cited, place) == tuple(("p", clause) for clause in expected)


def test_an_item_is_not_shown_besides_its_clause(policies: tuple[Policy, ...]) -> None:
    by_id = {policy.id: policy for policy in policies}
    draft, hits = whole([("yunchao", "1.3.1"), ("yunchao", "1.3"), ("yunchao", "nowhere")], by_id.__getitem__)
    assert [hit.clause.id for hit in hits] == ["1.3"]
    assert "墨图统计" in draft.claims[0].quote


def test_what_was_quoted_with_a_clause_is_not_quoted_again(assistant: Assistant) -> None:
    hits = assistant.search("星信推送收集什么", k=100, policies=["yunchao"])
    after = left(hits, [("yunchao", "1.3")])
    assert not {"1.3", "1.3.1", "1.3.2"} & {hit.clause.id for hit in after}
    assert len(after) < len(hits)
    assert left(hits, []) == hits


def test_what_was_quoted_in_part_is_quoted_on(assistant: Assistant) -> None:
    first, *others = assistant.search("信息怎么保护", k=100, policies=["yunchao"])
    sentences = [first.policy.text[slice(*span)] for span in first.passage.sentences]
    cited = [(first.policy.id, first.clause.id)]
    assert len(sentences) > 1
    scored = replace(first, sentence_scores=tuple(1.0 for _ in sentences))
    # White space is the terminal's.
    rest = left([scored, *others], cited, f"• “{sentences[0][:3]}\n  {sentences[0][3:]}” [1]")
    assert rest[0].clause is first.clause
    assert rest[0].passage.sentences == first.passage.sentences[1:]
    assert rest[0].sentence_scores == scored.sentence_scores[1:]
    # What is far from the question is no answer to it, and nothing is quoted twice.
    far = replace(first, sentence_scores=(9.0, *(1.0 for _ in sentences[1:])))
    for hit, told in ((far, sentences[0]), (scored, "".join(sentences)), (scored, "")):
        assert first.clause not in [other.clause for other in left([hit, *others], cited, told)]


def test_what_is_about_something_else_is_not_more_of_the_same(assistant: Assistant) -> None:
    first, *others = assistant.search("星信推送收集什么", k=100, policies=["yunchao"])
    cited = [("yunchao", "1.3")]
    other = left([replace(hit, score=5.0, evidence=replace(hit.evidence, concepts=None)) for hit in others], cited)[0]
    first = replace(first, evidence=replace(first.evidence, concepts=1.0), score=5.0)
    for concepts, score, is_left in ((1.0, 4.0, True), (0.5, 4.0, False), (1.0, 1.0, False), (None, 4.0, True)):
        found = replace(other, evidence=replace(other.evidence, concepts=concepts), score=score)
        assert (found in left([first, found], cited)) == is_left
