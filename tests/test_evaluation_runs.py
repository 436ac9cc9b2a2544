"""Runs: the document, its report, and what has changed between two of them."""

from __future__ import annotations

import copy
import datetime
import json
import pathlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from assistant import Assistant, EvaluationError, Policy, Settings, Turn
from assistant.evaluation.comparing import compare
from assistant.evaluation.gold import GoldFinder
from assistant.evaluation.measures import MEASURES
from assistant.evaluation.questions import Gold, Question, QuestionSet
from assistant.evaluation.report import REPORT_FILES, check_report_folder, figures_page, junit, page, write_report
from assistant.evaluation.running import run_set
from assistant.evaluation.runs import Document, SetRun, as_bytes, document, read_run, shortfalls
from assistant.evaluation.sets import read_set
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SET = FIXTURES / "questions" / "books-dev.jsonl"
STARTED = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
PAYLOADS = (
    "<script>window.hit=1</script>",
    "</summary></details><img src=https://evil.example/i.png onerror=window.hit=1>",
    '" onmouseover="window.hit=1',
    "{{ 7 * 7 }} {% for x in y %}",
    "\x1b]8;;https://evil.example\x07x \u202ereversed \x00\x0b",
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    settings = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.mktemp("runs"))
    return Assistant.open(settings=settings, embedders=[FakeEmbedder()])


def run_of(assistant: Assistant, *sets: QuestionSet) -> Document:
    finder = GoldFinder(assistant.policies)
    runs = [
        SetRun(question_set=part, assistant=assistant, finder=finder, outcomes=run_set(assistant, part, finder=finder))
        for part in sets
    ]
    return document(runs, started=STARTED)


@pytest.fixture(scope="module")
def books(assistant: Assistant) -> QuestionSet:
    return read_set(SET, GoldFinder(assistant.policies))


@pytest.fixture(scope="module")
def run(assistant: Assistant, books: QuestionSet) -> Document:
    return run_of(assistant, books)


# --- The document -------------------------------------------------------------------------------


def test_the_document_says_what_was_asked_of_what(
    run: Document, books: QuestionSet, policies: tuple[Policy, ...]
) -> None:
    assert run["schema"] == 1
    (part,) = run["sets"]
    assert (part["name"], part["sha256"], part["questions"]) == ("books-dev", books.sha256, 7)
    assert [(policy["id"], policy["sha256"]) for policy in part["policies"]] == [(p.id, p.sha256) for p in policies]
    assert part["policies"][0]["version"] == "3.1"
    assert run["versions"]["embedders"] == ["fake 1"]
    assert run["versions"]["settings"]["k"] == 10
    assert not {"corpus", "cache", "index_dir"} & set(run["versions"]["settings"])
    assert "server_secret" not in json.dumps(run)
    assert [entry["id"] for entry in run["questions"]] == [question.id for question in books.questions]
    assert list(run["figures"]) == ["all", "language", "style"]
    assert list(run["figures"]["language"]) == ["en", "mixed", "zh"]
    assert run["figures"]["all"]["all"]["success"]["n"] == 7


def test_every_question_has_its_answer_hits_and_gold(run: Document, policies: tuple[Policy, ...]) -> None:
    texts = {policy.id: policy.text for policy in policies}
    for entry in run["questions"]:
        assert set(entry["measures"]) <= set(MEASURES)
        assert entry["success"] == (entry["error"] is None)
        assert entry["answer"]["hits"]
        for hit in entry["answer"]["hits"]:
            told = run["sets"][0]["hit_texts"][hit["policy_id"]][hit["clause_id"]]
            assert told == texts[hit["policy_id"]][hit["start"] : hit["end"]]
        for number, gold in enumerate(entry["gold"], 1):
            assert gold["places"]
            for place in gold["places"]:
                assert texts[place["policy_id"]][place["start"] : place["end"]] in (
                    gold["quote"],
                    *gold["alternatives"],
                )
            ranks = [hit["rank"] for hit in entry["answer"]["hits"] if number in hit["gold"]]
            assert gold["rank"] == (ranks[0] if ranks else None)
            assert gold["cited"] == any(number in citation["gold"] for citation in entry["answer"]["citations"])
    follow_up = run["questions"][2]
    assert follow_up["question"] == "那墨图统计呢"
    assert "墨图统计" in follow_up["answer"]["query"]
    assert follow_up["gold"][0]["rank"] <= 2


def test_the_same_run_gives_the_same_bytes_but_for_the_time(
    assistant: Assistant, books: QuestionSet, run: Document
) -> None:
    again = run_of(assistant, books)
    assert again["timing"] != run["timing"]
    assert as_bytes(again | {"timing": None}) == as_bytes(run | {"timing": None})
    assert len(run["timing"]["questions"]) == 7


def test_a_run_is_read_again_from_its_file_or_folder(tmp_path: Path, run: Document) -> None:
    write_report(tmp_path / "report", run)
    assert read_run(tmp_path / "report") == read_run(tmp_path / "report" / "run.json") == run


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda run: "{", "is not JSON"),
        (lambda run: "[" * 100_000, "is not JSON"),
        (lambda run: "[]", "is not a run of this version"),
        (lambda run: json.dumps(run | {"schema": 0}), "is not a run of this version"),
        (lambda run: json.dumps({"schema": 1}), "lacks what it should have"),
        (lambda run: json.dumps(run | {"questions": [1]}), "lacks what it should have"),
        (lambda run: json.dumps(run | {"questions": [run["questions"][0] | {"measures": {"success": 7}}]}), "success"),
    ],
)
def test_a_file_that_is_no_run_is_named(
    tmp_path: Path, run: Document, change: Callable[[Document], str], said: str
) -> None:
    path = tmp_path / "run.json"
    path.write_text(change(run), "utf-8")
    with pytest.raises(EvaluationError, match=said) as caught:
        read_run(path)
    assert str(path) in str(caught.value)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_run(tmp_path / "none")


def test_a_question_that_cannot_be_asked_is_named(assistant: Assistant) -> None:
    long = Question(id="long", language="en", style="plain", text="why " * 1_000)
    with pytest.raises(
        EvaluationError, match="odd: question 'long' cannot be asked: the question has 4,000 characters"
    ):
        run_of(assistant, QuestionSet(name="odd", sha256="", questions=(long,)))


def test_the_questions_before_are_asked_before(assistant: Assistant) -> None:
    history = (Turn(question="云巢读书收集手机号码吗"), Turn(question="还有吗", answer="“收集手机号码。”"))
    (found,) = run_set(
        assistant,
        QuestionSet(
            name="more",
            sha256="",
            questions=(Question(id="x", language="zh", style="more", text="还有吗", history=history),),
        ),
    )
    told: list[Turn] = []
    for turn in history:
        told.append(Turn.of(assistant.ask(turn.question, history=told)))
    assert found.answer == assistant.ask("还有吗", history=told)
    before = {clause for turn in told for _, clause in turn.citations}
    assert before
    assert before.isdisjoint(citation.clause_id for citation in found.answer.citations)


def test_figures_out_of_bounds_are_told(run: Document) -> None:
    found = run["figures"]["all"]["all"]
    success, false_refusals = found["success"]["value"], found["false_refusals"]["value"]
    assert shortfalls(run, {"success": success}, {"false_refusals": false_refusals}) == []
    said = shortfalls(run, {"success": success + 0.01}, {"false_refusals": false_refusals - 0.01})
    assert [text.split(",")[0] for text in said] == [
        f"success is {success:.3f}",
        f"false_refusals is {false_refusals:.3f}",
    ]
    with pytest.raises(EvaluationError, match="there is no measure 'sucess': there are success, hit@1"):
        shortfalls(run, {"sucess": 1}, {})
    none = copy.deepcopy(run)
    none["figures"]["all"]["all"]["must_say"]["value"] = None
    with pytest.raises(EvaluationError, match="'must_say' has no value"):
        shortfalls(none, {"must_say": 1}, {})


# --- Comparing ----------------------------------------------------------------------------------


def changed(run: Document, **values: Callable[[int], float]) -> Document:
    """Return `run` with every measure named set by the question's number; success decides on the error."""
    other = copy.deepcopy(run)
    for number, entry in enumerate(other["questions"]):
        for name, value in values.items():
            entry["measures"][name] = value(number)
        entry["success"] = bool(entry["measures"]["success"])
        entry["error"] = None if entry["success"] else "selection"
    return other


def repeated(run: Document, times: int) -> Document:
    """Return a run of `times` the questions of `run`, under other ids."""
    many = [copy.deepcopy(entry) | {"id": f"{entry['id']}-{n}"} for n in range(times) for entry in run["questions"]]
    return run | {"questions": many}


def test_the_same_run_twice_is_equal(run: Document, assistant: Assistant, books: QuestionSet) -> None:
    found = compare(run, run_of(assistant, books))
    assert found["shared"] == 7
    assert found["drops"] == found["worse"] == found["better"] == found["versions"] == found["other_gold"] == []
    for row in found["measures"].values():
        assert (row["difference"], row["low"], row["high"], row["p"], row["drop"]) == (0, 0, 0, 1, False)


def test_a_clear_drop_is_told_and_a_rise_is_none(run: Document) -> None:
    good = changed(repeated(run, 4), success=lambda number: 1)
    bad = changed(good, success=lambda number: number % 2)
    worse = compare(good, bad)
    assert worse["drops"] == ["success"]
    row = worse["measures"]["success"]
    assert (row["former"], row["latter"], row["difference"]) == (1, 0.5, -0.5)
    assert row["low"] < -0.5 < row["high"] < 0
    assert row["p"] < 0.001
    assert [changed["id"] for changed in worse["worse"]] == [entry["id"] for entry in good["questions"][::2]]
    assert worse["worse"][0]["error"] == "selection"
    better = compare(bad, good)
    assert better["drops"] == []
    assert better["measures"]["success"]["p"] == row["p"]
    assert len(better["better"]) == 14


def test_one_question_more_or_less_is_no_significant_drop(run: Document) -> None:
    good = changed(repeated(run, 4), success=lambda number: 1)
    found = compare(good, changed(good, success=lambda number: number != 3))
    assert found["measures"]["success"]["difference"] == pytest.approx(-1 / 28, abs=1e-6)
    assert found["drops"] == []
    assert len(found["worse"]) == 1
    # However clear they are, few questions prove nothing.
    few = run | {"questions": run["questions"][:4]}
    found = compare(changed(few, success=lambda number: 1), changed(few, success=lambda number: 0))
    assert (found["measures"]["success"]["difference"], found["measures"]["success"]["p"]) == (-1, 0.125)
    assert found["drops"] == []


def test_more_false_refusals_are_worse_but_no_headline(run: Document) -> None:
    many = repeated(run, 4)
    found = compare(changed(many, false_refusals=lambda number: 0), changed(many, false_refusals=lambda number: 1))
    assert found["measures"]["false_refusals"]["drop"]
    assert found["drops"] == []


def test_what_is_not_shared_or_has_changed_is_told(run: Document) -> None:
    former, latter = copy.deepcopy(run), copy.deepcopy(run)
    del former["questions"][0], latter["questions"][-1]
    latter["questions"][1]["question"] = "other words"
    latter["questions"][2]["history"][0]["question"] = "another history"
    latter["questions"][3]["gold"][0]["quote"] = "other gold"
    latter["versions"]["settings"]["k"] = 5
    latter["sets"][0]["policies"][0]["version"] = "3.2"
    found = compare(former, latter)
    assert found["shared"] == 3
    assert found["only_former"] == ["b2", "b3", "b7"]
    assert found["only_latter"] == ["b1", "b2", "b3"]
    assert found["other_gold"] == ["b4"]
    assert [(change["what"], change["former"].split(",")[0]) for change in found["versions"]] == [
        ("setting k", "10"),
        ("policy lantern", "3.1"),
    ]


def test_runs_that_cannot_be_compared(run: Document) -> None:
    with pytest.raises(EvaluationError, match="share no question"):
        compare(run, run | {"questions": [entry | {"id": "x"} for entry in run["questions"][:1]]})
    with pytest.raises(EvaluationError, match="'b1' stands twice"):
        compare(run, run | {"questions": run["questions"][:1] * 2})


# --- The report ---------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def hostile(assistant: Assistant) -> Document:
    """A run whose every text is an attack."""
    questions = [
        Question(id=f"{text}{number}", language="en", style=text, text=f"name {text}", must_say=((text,),), gold=gold)
        for number, text in enumerate(PAYLOADS)
        for gold in [(Gold(quote="We do not sell it.", alternatives=(text,)),)]
    ]
    found = run_of(assistant, QuestionSet(name=PAYLOADS[0], sha256="", questions=tuple(questions)))
    for part in found["sets"]:
        part["policies"][0] |= dict.fromkeys(("id", "title", "version", "sha256"), PAYLOADS[1])
        part["hit_texts"] = {
            policy_id: dict.fromkeys(texts, PAYLOADS[2]) for policy_id, texts in part["hit_texts"].items()
        }
    for entry, text in zip(found["questions"], PAYLOADS, strict=True):
        entry["answer"]["text"] = text
        for hit in entry["answer"]["hits"]:
            hit["reference"] = text
    found["versions"]["embedders"] = list(PAYLOADS)
    return found


def test_the_page_needs_nothing_from_elsewhere_and_no_script(run: Document) -> None:
    text = page(run)
    found = Page(text)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "video", "audio"}
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action", "srcset", "data"):
            assert attributes.get(name) in (None, "data:,"), (tag, attributes)
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(|https?://", text)


def test_policies_are_listed_as_the_language_of_the_page_has_them(run: Document) -> None:
    two = copy.deepcopy(run)
    two["sets"][0]["policies"] = [{"title": "甲", "version": "2026-01-01"}, {"title": "乙", "version": ""}]
    for part in two["sets"][0]["policies"]:
        part |= {"id": "a", "sha256": "0"}
    assert "关于 甲（2026-01-01）、乙 的" in figures_page(two, "zh")
    assert "about 甲 (2026-01-01), 乙." in figures_page(two, "en")


def test_whatever_is_shown_is_text(hostile: Document, run: Document) -> None:
    text = page(hostile)
    found = Page(text)
    assert {tag for tag, _ in found.elements} == {tag for tag, _ in Page(page(run)).elements}
    names = {name for _, attributes in found.elements for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    for payload in PAYLOADS[:4]:
        assert payload in found.words
    assert "49" not in re.findall(r"name (\S+)", found.words)
    assert not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202e]", text)


def test_the_page_tells_every_question_figure_and_filter(run: Document) -> None:
    found = Page(page(run))
    for entry in run["questions"]:
        assert entry["question"] in found.words
        for line in entry["answer"]["text"].splitlines():
            assert line.strip() in found.words
        for gold in entry["gold"]:
            assert gold["quote"] in found.words
    for measure in MEASURES.values():
        assert measure.title in found.words
    questions = [attributes for tag, attributes in found.elements if attributes.get("class") == "q"]
    assert len(questions) == 7
    wrong = [not entry["success"] for entry in run["questions"]]
    assert [str(attributes["data-result"]).startswith("wrong") for attributes in questions] == sorted(
        wrong, reverse=True
    )
    # For each value of a filter there is a rule that hides what has another.
    style = page(run)
    for kind, count in (("language", 3), ("style", 5)):
        for value in range(1, count + 1):
            assert f'body:has(#f-{kind} option[value="{value}"]:checked) .q:not([data-{kind}="{value}"])' in style
            assert any(attributes[f"data-{kind}"] == str(value) for attributes in questions)


def test_junit_has_a_case_for_every_question(run: Document, hostile: Document) -> None:
    root = ET.fromstring(junit(run))
    cases = root.findall("testsuite/testcase")
    failed = [entry for entry in run["questions"] if entry["error"]]
    assert len(cases) == 7
    assert root.get("tests") == "7"
    assert root.get("failures") == str(len(failed)) == str(len(root.findall(".//failure")))
    assert [failure.get("type") for failure in root.findall(".//failure")] == [entry["error"] for entry in failed]
    assert cases[0].get("name") == "b1 星信推送会收集什么？"
    assert cases[0].get("classname") == "books-dev.zh.list"
    assert len(ET.fromstring(junit(hostile)).findall(".//testcase")) == len(PAYLOADS)


def test_a_report_replaces_a_former_one_and_nothing_else(tmp_path: Path, run: Document) -> None:
    folder = tmp_path / "deep" / "report"
    write_report(folder, run)
    write_report(folder, run | {"versions": run["versions"] | {"package": "9.9"}})
    assert sorted(path.name for path in folder.iterdir()) == sorted(REPORT_FILES)
    assert read_run(folder)["versions"]["package"] == "9.9"
    assert [path.name for path in folder.parent.iterdir()] == ["report"]
    (folder / "mine.txt").write_text("x")
    for target, said in (
        (folder, "holds 'mine.txt', which is no part of a report"),
        (folder / "mine.txt", "is not a folder"),
    ):
        with pytest.raises(EvaluationError, match=said):
            check_report_folder(target)
        with pytest.raises(EvaluationError, match=said):
            write_report(target, run)
    assert (folder / "mine.txt").read_text() == "x"


@pytest.mark.parametrize(("step", "times"), [("mkdir", 1), ("write_bytes", 3), ("rename", 2)])
def test_a_report_that_cannot_be_written_leaves_the_former_one(
    tmp_path: Path, run: Document, monkeypatch: pytest.MonkeyPatch, step: str, times: int
) -> None:
    folder = tmp_path / "report"
    write_report(folder, run)
    take = getattr(pathlib.Path, step)
    for failing in range(1, times + 1):
        steps = iter(range(1, 100))

        def stopped(path: Path, *given: Any, steps: Any = steps, failing: int = failing, **named: Any) -> Any:
            if next(steps) == failing:
                raise OSError(28, "No space left on device")
            return take(path, *given, **named)

        monkeypatch.setattr(pathlib.Path, step, stopped)
        with pytest.raises(EvaluationError, match=r"report: cannot be written .No space left on device"):
            write_report(folder, run | {"versions": run["versions"] | {"package": "9.9"}})
        monkeypatch.undo()
        assert read_run(folder) == run
        assert [path.name for path in tmp_path.iterdir()] == ["report"]
        assert sorted(path.name for path in folder.iterdir()) == sorted(REPORT_FILES)
