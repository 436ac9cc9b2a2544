"""Measures: what an answer is worth, where it went wrong, means with intervals, risk and coverage."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant import EvaluationError, Policy, parse
from assistant.evaluation.measures import (
    AREA,
    MEASURES,
    area,
    confusion,
    curve,
    figures,
    groups,
    latencies,
    mean,
    require_packages,
    values_of,
)
from tests.judged import outcome, question

if TYPE_CHECKING:
    from assistant.evaluation.running import Outcome

NAME = "We collect your name when you open an account."
ADDRESS = "We collect the address that a parcel goes to."
AGAIN = "The courier is told the address of the parcel."
YEARS = "We keep the record of a delivery for two years."
NOBODY = "We share nothing with advertisers."
CHILDREN = "Our service is not meant for children."
TEXT = f"""1. Account
{NAME}

2. Delivery
{ADDRESS}

3. Courier
{AGAIN}

4. Storage
{YEARS} {NOBODY}

5. Children
{CHILDREN}
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse(TEXT, id="p")


def values(found: Outcome) -> dict[str, float]:
    return values_of([found])[0]


# --- An answer ---------------------------------------------------------------------------------


def test_an_answer_that_is_all_right(policy: Policy) -> None:
    found = outcome(policy, question(YEARS, must_say=[["2 years", "two  Years"]]), hits=[YEARS, NAME], cites=[YEARS])
    assert found.success
    assert found.error is None
    assert values(found) == {name: float(name != "false_refusals") for name in MEASURES if name != "right_refusals"}


def test_rank_and_citations_are_counted(policy: Policy) -> None:
    found = outcome(
        policy, question(ADDRESS), hits=[NAME, CHILDREN, ADDRESS], cites=[NAME, ADDRESS, "the address", CHILDREN]
    )
    assert values(found) == pytest.approx(
        {
            "success": 1,
            "hit@1": 0,
            "recall@5": 1,
            "mrr@10": 1 / 3,
            "ndcg@10": math.log(2) / math.log(4),
            "cites_gold": 1,
            "citation_precision": 2 / 4,
            "citation_recall": 1,
            "false_refusals": 0,
        }
    )


def test_recall_counts_statements_not_the_places_that_make_them(policy: Policy) -> None:
    asked = question((ADDRESS, AGAIN), NAME)
    once = values(outcome(policy, asked, hits=[AGAIN], cites=[AGAIN]))
    assert (once["recall@5"], once["citation_recall"], once["success"]) == (0.5, 0.5, 0)
    both = values(outcome(policy, asked, hits=[AGAIN, NAME], cites=[AGAIN, NAME]))
    assert (both["recall@5"], both["ndcg@10"], both["citation_recall"], both["success"]) == (1, 1, 1, 1)
    # A place that says the same again is worth nothing more, and takes a place in the ranking.
    again = values(outcome(policy, asked, hits=[AGAIN, ADDRESS, NAME], cites=[AGAIN, ADDRESS, NAME]))
    assert again["recall@5"] == 1
    assert again["ndcg@10"] == pytest.approx((1 + math.log(2) / math.log(4)) / (1 + math.log(2) / math.log(3)))
    assert again["citation_precision"] == 1


def test_a_clause_may_hold_two_statements(policy: Policy) -> None:
    found = values(outcome(policy, question(YEARS, NOBODY), hits=[NAME, YEARS], cites=[NOBODY]))
    assert found["recall@5"] == 1
    assert found["hit@1"] == 0
    assert found["ndcg@10"] == pytest.approx(math.log(2) / math.log(3))
    assert found["citation_recall"] == 0.5


def test_recall_looks_at_five_hits(policy: Policy) -> None:
    hits = [NAME, ADDRESS, AGAIN, YEARS, CHILDREN]
    assert values(outcome(policy, question(CHILDREN), hits=hits))["recall@5"] == 1
    assert values(outcome(policy, question(CHILDREN), hits=[NAME, *hits]))["recall@5"] == 0
    assert values(outcome(policy, question(CHILDREN), hits=[NAME, *hits]))["mrr@10"] == pytest.approx(1 / 6)


def test_half_a_quote_is_enough_for_a_hit_and_less_is_not(policy: Policy) -> None:
    # From the end of one clause into the next one: most of the first, then most of the second.
    mostly, hardly = f"{NOBODY}\n\n5. Children\nOur", f"advertisers.\n\n5. Children\n{CHILDREN}"
    assert values(outcome(policy, question(mostly), hits=[YEARS]))["hit@1"] == 1
    assert values(outcome(policy, question(hardly), hits=[YEARS]))["hit@1"] == 0
    assert values(outcome(policy, question(hardly), hits=[CHILDREN]))["hit@1"] == 1


def test_no_hit_at_all_is_worth_nothing(policy: Policy) -> None:
    found = outcome(policy, question(NAME))
    assert values(found) == {
        name: float(name == "false_refusals")
        for name in MEASURES
        if name not in ("citation_precision", "must_say", "right_refusals")
    }
    assert found.confidence == -math.inf


def test_a_question_without_an_answer_knows_refusals_only(policy: Policy) -> None:
    assert values(outcome(policy, question(), hits=[NAME])) == {"success": 1, "right_refusals": 1}
    assert values(outcome(policy, question(), hits=[NAME], cites=[NAME])) == {"success": 0, "right_refusals": 0}


def test_what_must_be_said_may_be_said_or_quoted_but_not_in_a_refusal(policy: Policy) -> None:
    asked = question(YEARS, must_say=[["two years"], ["in the EVENING", "at night"]])
    quoted = outcome(policy, asked, hits=[YEARS], cites=[YEARS])
    assert (quoted.missing, quoted.error, values(quoted)["must_say"]) == ((1,), "wording", 0.5)
    said = outcome(policy, asked, hits=[YEARS], cites=[YEARS], text="In the evening.")
    assert (said.missing, said.success, values(said)["must_say"]) == ((), True, 1)
    refused = outcome(policy, asked, hits=[YEARS], text="not for two years, in the evening")
    assert (refused.missing, values(refused)["must_say"]) == ((0, 1), 0)


# --- Where it went wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "hits", "cites", "error"),
    [
        ([NAME], [NAME], [NAME], None),
        ([NAME], [NAME], None, "refusal"),
        ([], [NAME], [NAME], "refusal"),
        ([], [NAME], None, None),
        ([NAME], [ADDRESS], [ADDRESS], "retrieval"),
        ([NAME], [ADDRESS], None, "refusal"),
        ([NAME], [ADDRESS, NAME], [ADDRESS], "selection"),
        ([NAME, ADDRESS], [NAME, AGAIN], [NAME], "retrieval"),
        ([NAME, ADDRESS], [NAME, ADDRESS], [NAME], "selection"),
        # Its heading's line is no statement that could be found.
        (["1. Account"], [NAME], [NAME], "parse"),
        (["1. Account"], [], None, "parse"),
    ],
)
def test_the_class_of_an_error(
    policy: Policy, gold: list[str], hits: list[str], cites: list[str] | None, error: str | None
) -> None:
    if gold == ["1. Account"]:
        # A policy whose contents alone have these words.
        policy = parse(f"Contents\n1. Account\n2. Delivery\n3. Storage\n4. Rights\n5. Contact\n\n{TEXT}", id="p")
        gold = ["4. Rights"]
    found = outcome(policy, question(*gold), hits=hits, cites=cites)
    assert found.error == error
    assert found.success == (error is None)


# --- Over questions -----------------------------------------------------------------------------


def test_figures_are_means_over_the_questions_that_they_apply_to(policy: Policy) -> None:
    outcomes = [
        outcome(policy, question(NAME), hits=[NAME], cites=[NAME, ADDRESS]),
        outcome(policy, question(NAME), hits=[ADDRESS], cites=[ADDRESS]),
        outcome(policy, question(NAME), hits=[ADDRESS]),
        outcome(policy, question(), hits=[NAME]),
        outcome(policy, question(), hits=[NAME], cites=[NAME]),
    ]
    found = figures(outcomes, values_of(outcomes))
    assert list(found) == [*MEASURES, AREA]
    assert {name: (figure.value, figure.n) for name, figure in found.items() if name != AREA} == {
        "success": (2 / 5, 5),
        "hit@1": (1 / 3, 3),
        "recall@5": (1 / 3, 3),
        "mrr@10": (1 / 3, 3),
        "ndcg@10": (1 / 3, 3),
        "cites_gold": (1 / 3, 3),
        "citation_precision": (1 / 4, 2),
        "citation_recall": (1 / 3, 3),
        "must_say": (None, 0),
        "right_refusals": (1 / 2, 2),
        "false_refusals": (1 / 3, 3),
    }
    assert confusion(outcomes) == {
        "answerable_answered": 2,
        "answerable_refused": 1,
        "unanswerable_answered": 1,
        "unanswerable_refused": 1,
    }


def test_groups_are_by_language_and_style_and_by_set_if_there_are_several(policy: Policy) -> None:
    outcomes = [
        outcome(policy, question(NAME, language="zh"), hits=[NAME]),
        outcome(policy, question(NAME), hits=[NAME]),
        outcome(policy, question(NAME, language="zh"), hits=[NAME]),
    ]
    assert list(groups(outcomes)) == [
        ("all", "all", [0, 1, 2]),
        ("language", "en", [1]),
        ("language", "zh", [0, 2]),
        ("style", "plain", [0, 1, 2]),
    ]
    outcomes[2] = replace(outcomes[2], set_name="other")
    assert ("set", "other", [2]) in groups(outcomes)
    assert ("set", "set", [0, 1]) in groups(outcomes)


@pytest.mark.parametrize(
    ("data", "low", "high"),
    [
        ([], None, None),
        ([0.5], None, None),
        ([0.5] * 9, None, None),
        ([1.0], 0.2065, 1.0),
        ([0.0] * 10, 0.0, 0.2775),
        ([1.0] * 10, 0.7225, 1.0),
    ],
)
def test_an_interval_where_there_is_nothing_to_resample(
    data: list[float], low: float | None, high: float | None
) -> None:
    found = mean(data)
    assert found.n == len(data)
    assert found.value == (sum(data) / len(data) if data else None)
    assert found.low == pytest.approx(low, abs=1e-4)
    assert found.high == pytest.approx(high, abs=1e-4)


def test_an_interval_is_near_that_of_the_normal_distribution_and_always_the_same() -> None:
    data = np.random.default_rng(0).random(400) < 0.7
    found = mean(data.astype(float).tolist())
    assert found.low is not None
    assert found.high is not None
    deviation = 1.96 * data.std() / 20
    assert (found.low, found.high) == pytest.approx((data.mean() - deviation, data.mean() + deviation), abs=0.01)
    assert mean(data.astype(float).tolist()) == found


@pytest.mark.parametrize("data", [[0.0, 1.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [1.0] * 30 + [0.0]])
def test_few_or_lopsided_values_still_have_an_interval_around_their_mean(data: list[float]) -> None:
    found = mean(data)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= sum(data) / len(data) <= found.high <= 1
    assert found.low < found.high


# --- Risk and coverage --------------------------------------------------------------------------


def test_the_curve_and_its_area_are_arithmetic(policy: Policy) -> None:
    right = outcome(policy, question(NAME), hits=[NAME], cites=[NAME])
    wrong = outcome(policy, question(NAME), hits=[ADDRESS], cites=[ADDRESS])
    refused = outcome(policy, question(), hits=[NAME])
    outcomes = [
        replace(found, confidence=confidence)
        for found, confidence in ((wrong, 1.0), (right, 3.0), (refused, -1.0), (right, 2.0))
    ]
    coverages, risks = curve(outcomes)
    assert coverages.tolist() == [0.25, 0.5, 0.75, 1]
    assert risks.tolist() == [0, 0, 1 / 3, 2 / 4]
    found = figures(outcomes, values_of(outcomes))[AREA]
    assert found.value == pytest.approx((1 / 3 + 2 / 4) / 4)
    assert found.n == 4


def test_where_nothing_tells_answers_apart_the_order_is_of_no_account() -> None:
    same = np.full(4, np.inf)
    for wrong in ([1.0, 1, 0, 0], [0.0, 1, 0, 1]):
        assert area(same, np.array(wrong)) == 0.5
    assert area(np.array([1.0, 1, 0]), np.array([1.0, 0, 1])) == pytest.approx((1 / 2 + 1 / 2 + 2 / 3) / 3)


# --- Time, and what is needed -------------------------------------------------------------------


def test_latencies_are_percentiles(policy: Policy) -> None:
    outcomes = [outcome(policy, question(), latency_ms=float(ms)) for ms in range(101)]
    found = latencies(outcomes)
    assert {name: figure.value for name, figure in found.items()} == {"p50": 50, "p95": 95}
    assert latencies(outcomes[:1])["p95"].low is None
    assert latencies([])["p50"].value is None


@pytest.mark.parametrize("name", ["ir_measures", "scipy", "jinja2"])
def test_a_missing_package_is_named_with_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    require_packages()
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EvaluationError, match=r"needs the extra .*pip install '\.\[evals\]'"):
        require_packages()
