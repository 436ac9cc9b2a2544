"""The question sets are sound, the assistant keeps to the floors, and what is fitted and compared on them works."""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant import Assistant, Settings, parse
from assistant.corpus import open_corpus
from assistant.evaluation.gold import GoldFinder, Place
from assistant.evaluation.measures import MEASURES, values_of
from assistant.evaluation.running import run_set
from assistant.evaluation.sets import check_set, corpus_of
from evals import FLOORS, SETS, opened
from evals.embedders import MEASURES as EMBEDDER_MEASURES
from evals.embedders import Task, task_of
from evals.embedders import figures as embedder_figures
from evals.embedders import main as compare_embedders
from evals.fit_refusals import fit, judged_examples, without
from evals.fit_refusals import main as fit_refusals
from evals.invented import Result, policy_of
from evals.invented import figures as invented_figures
from evals.invented import main as ask_invented
from tests.conftest import FIXTURES, FakeEmbedder
from tests.models import data_folder
from training.data import read_policies
from training.written import read_written

if TYPE_CHECKING:
    from pathlib import Path

BOOKS = FIXTURES / "questions" / "books-dev.jsonl"
PATHS = sorted(SETS.glob("*.jsonl"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_set_is_sound(path: Path) -> None:
    found, faults = check_set(path, GoldFinder(open_corpus(corpus_of(path, Settings()))))
    assert [str(fault) for fault in faults] == []
    assert sum(not question.answerable for question in found.questions) >= len(found.questions) // 6
    languages = Counter(question.language for question in found.questions)
    assert min(languages["zh"], languages["en"]) >= len(found.questions) // 4


def test_no_two_sets_share_a_question() -> None:
    asked: dict[object, str] = {}
    shared = [fault for path in PATHS for fault in check_set(path, asked=asked)[1]]
    assert [str(fault) for fault in shared] == []
    assert len(asked) > 300
    for path in PATHS:
        split = path.stem.rpartition("-")[2]
        assert split in ("dev", "test")
        # Of a set to choose constants on there need be none to report on; but not the other way round.
        assert path.with_stem(path.stem.removesuffix(split) + "dev") in PATHS


# --- Floors ------------------------------------------------------------------------------------


def floors() -> dict[str, dict[str, dict[str, float]]]:
    return tomllib.loads(FLOORS.read_text("utf-8"))


def test_floors_name_sets_and_measures() -> None:
    assert "baiju-test" in floors()
    for name, bounds in floors().items():
        assert SETS / f"{name}.jsonl" in PATHS
        assert set(bounds) == {"min", "max"}
        assert set(bounds["min"]) | set(bounds["max"]) <= set(MEASURES)
        assert all(MEASURES[measure].rising for measure in bounds["min"])


@pytest.mark.parametrize("name", sorted(floors()))
def test_the_assistant_keeps_to_its_floors(name: str) -> None:
    ((found, assistant, finder),) = opened([SETS / f"{name}.jsonl"])
    of_questions = values_of(run_set(assistant, found, finder=finder))
    bounds = floors()[name]
    of_measures = {
        measure: [values[measure] for values in of_questions if measure in values]
        for measure in (*bounds["min"], *bounds["max"])
    }
    measured = {measure: fmean(values) for measure, values in of_measures.items()}
    below = {measure: measured[measure] for measure, least in bounds["min"].items() if measured[measure] < least}
    above = {measure: measured[measure] for measure, most in bounds["max"].items() if measured[measure] > most}
    assert not below, f"lower than {bounds['min']}"
    assert not above, f"higher than {bounds['max']}"


# --- Fitting -----------------------------------------------------------------------------------


def test_the_regression_tells_two_classes_apart() -> None:
    x = np.array([[0.1, 5.0], [0.2, 5.1], [0.8, 5.2], [0.9, 4.9]])
    weights = fit(x, np.array([0.0, 0.0, 1.0, 1.0]))
    odds = x @ weights[:-1] + weights[-1]
    assert (odds[:2] < 0).all()
    assert (odds[2:] > 0).all()


POOL = """Lido rules
## Tickets
1\tA day ticket for the lido costs £4.
2\tSeason tickets for the lido cost £90.
---
how much is a day ticket\t1\t2
what does a towel cost to rent\t-\t1,2
"""


def test_refusals_are_fitted_on_sets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
    (tmp_path / "pool.txt").write_text(POOL, encoding="utf-8")
    monkeypatch.setattr("evals.fit_refusals.kept_in", lambda *_, **__: read_written(tmp_path))
    assert fit_refusals([str(BOOKS)]) == 0
    constants, *shares = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"_ODDS = \{('\w+': -?\d+\.\d+(, )?){3,}\}", constants)
    *shares, answerable, written, left_open, off_topic, everyday, taken_out, others = shares
    assert all(re.fullmatch(r"refused where [\d.]+% of those with an answer are: .+", line) for line in shares)
    # Those with an answer once more without it, but for follow-ups and false premises.
    assert answerable == "answerable: 5 questions"
    assert written == "written and answered: 1 questions"
    assert left_open == "written and left open: 1 questions"
    assert off_topic == "off topic: 1 questions"
    assert re.fullmatch(r"everyday: \d{2,} questions", everyday)
    assert re.fullmatch(r"gold taken out: [1-5] questions", taken_out)
    assert others == "near misses and others: 1 questions"


def test_what_was_judged_is_learned_from_where_it_still_comes_first(tmp_path: Path) -> None:
    data, judged = data_folder(tmp_path / "data"), tmp_path / "judged_odds.tsv"
    sentences = read_policies(data)[101]
    places = [number for number, sentence in enumerate(sentences) if not sentence.heading]
    question = sentences[places[0]].zh
    own, other = (f"101:{place}" for place in (places[0], places[-1]))
    rows = [
        (question, own, "y"),
        (f"{question}吗", own, "n"),
        (f"{question}呢", own, "?"),
        (f"{question}么", other, "y"),
    ]
    judged.write_text("".join(f"{asked}\t{place} {label}\n" for asked, place, label in rows), "utf-8")
    settings = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path / "index")
    found = list(judged_examples(data, Assistant.open(settings=settings, embedders=(FakeEmbedder(),)), judged))
    # What people did not agree on, and what does not come first any more, tells nothing.
    assert [(example.question_id, example.answerable) for example in found] == [
        (f"101 {question}", True),
        (f"101 {question}吗", False),
    ]
    assert all("similarity" in example.features for example in found)


def test_gold_is_taken_out_of_a_policy_and_nothing_else() -> None:
    policy = parse("一、收集\n我们收集手机号。您可以拒绝。\n二、保存\n保存三年。", id="p", title="政策", company="云帆")
    start = policy.text.index("手机号")
    rest = without(policy, [Place(policy_id="p", start=start, end=start + 1), Place(policy_id="q", start=0, end=99)])
    assert rest.text == "一、收集\n您可以拒绝。\n二、保存\n保存三年。"
    assert (rest.id, rest.title, rest.company) == ("p", "政策", "云帆")


# --- Embedding models by themselves ------------------------------------------------------------


@pytest.fixture
def books() -> Task:
    return task_of(BOOKS, Settings(corpus=FIXTURES / "corpus"))


def test_queries_are_the_questions_with_an_answer_that_stand_by_themselves(books: Task) -> None:
    assert list(books.queries) == ["b1", "b2", "b4", "b5"]
    assert {query: sorted(clause.split()[2] for clause in held) for query, held in books.relevant.items()} == {
        "b1": ["1.3", "1.3.1"],
        "b2": ["2.2"],
        "b4": ["1.1", "1.2.1", "3"],
        "b5": ["4"],
    }
    assert all(held <= set(books.corpus) for held in books.relevant.values())
    assert any(
        text.endswith("星信推送：收集设备标识符（IMEI），用于向您推送新书通知。") for text in books.corpus.values()
    )


def test_comparing_models_without_the_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    monkeypatch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
    assert compare_embedders(["--set", str(BOOKS)]) == 1
    assert "pip install '.[models]'" in capsys.readouterr().err


@pytest.mark.model
def test_models_are_measured_by_the_librarys_evaluator(books: Task) -> None:
    embedder = FakeEmbedder()
    clauses = list(books.corpus)
    scores = (
        embedder.embed(list(books.queries.values()), "query") @ embedder.embed(list(books.corpus.values()), "passage").T
    )
    first = [
        clauses[place] in books.relevant[query] for query, place in zip(books.queries, scores.argmax(1), strict=True)
    ]
    found = embedder_figures(books, embedder)
    assert list(found) == list(EMBEDDER_MEASURES)
    assert found["accuracy@1"] == sum(first) / 4
    assert 0 < found["ndcg@10"] <= 1


@pytest.mark.model
def test_the_bundled_encoder_is_compared(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
    assert compare_embedders(["bundled", "--set", str(BOOKS)]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["set", "model", "queries", *EMBEDDER_MEASURES]
    assert row.split()[:3] == ["books-dev", "bundled", "4"]
    assert all(float(cell) >= 0.5 for cell in row.split()[3:])


INVENTED = """Rules of a boathouse
## Boats
1\tA boat costs 8 euros an hour.
2\tBoats come back by seven in the evening.
## Dogs
3\tDogs must stay ashore.
---
how much is a boat\t1\t-
can my dog come on the boat\t3\t1
do you sell ice cream\t-\t-
"""


def test_invented_policies_are_asked_as_they_would_be_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "boats.txt").write_text(INVENTED, "utf-8")
    (text,) = read_written(tmp_path)
    policy, spans = policy_of(text)
    assert [policy.text[start:end] for start, end in spans] == [passage.zh for passage in text.passages]
    assert policy.text.count("Boats\n") == policy.text.count("Dogs\n") == 1
    monkeypatch.setattr("evals.invented.POLICIES", tmp_path)
    assert ask_invented([]) == 0
    head, _, row, *_ = capsys.readouterr().out.splitlines()
    cells = dict(zip(head.split(" | "), row.split(" | "), strict=True))
    assert (cells["questions"], cells["first quote"], cells["false refusals"]) == ("3", "1.000", "0.000")


def test_figures_of_invented_policies_are_shares_of_the_questions_that_they_are_about() -> None:
    def result(quoted: str, *, answerable: bool = True, uncertain: bool = False) -> Result:
        right = tuple(sign == "+" for sign in quoted)
        return Result(
            kept_out=True,
            languages=("zh", "en"),
            answerable=answerable,
            answered=bool(quoted),
            uncertain=uncertain,
            found_first=right[:1] == (True,),
            quoted=right,
        )

    found = invented_figures(
        [
            *map(result, ("+-", "-+", "+", "")),
            *(result("-", answerable=False), result("-", answerable=False, uncertain=True)),
            *(result("", answerable=False), result("", answerable=False)),
        ]
    )
    assert found == {
        "hit@1": 1 / 2,
        "first quote": 1 / 2,
        "any quote": 3 / 4,
        "precision": 3 / 5,
        "false refusals": 1 / 4,
        "right refusals": 2 / 4,
        "or in doubt": 3 / 4,
    }
    assert set(invented_figures([]).values()) == {None}
