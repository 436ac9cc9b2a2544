"""Peers: what a ranking of spans is worth, which settings are chosen, and the tables that the documents show."""

from __future__ import annotations

import doctest
import hashlib
import importlib
import json
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from assistant import Assistant, EvaluationError, Policy, Settings, open_corpus, parse
from assistant.evaluation.gold import GoldFinder
from assistant.evaluation.measures import values_of as values_of_outcomes
from evals import SETS
from evals.peers import __main__ as command
from evals.peers import figures, measuring, models, ours
from evals.peers.measuring import (
    PLAIN,
    Choice,
    K,
    Parts,
    Reading,
    Task,
    checked_span,
    choices,
    measure,
    read_tasks,
    values_of,
)
from tests.conftest import FIXTURES, FakeEmbedder
from tests.judged import outcome, question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from assistant.text import Span

ROOT = Path(__file__).parents[1]

NAME = "We collect your name when you open an account."
ADDRESS = "We collect the address that a parcel goes to."
YEARS = "We keep the record of a delivery for two years."
TEXT = f"1. Account\n{NAME}\n\n2. Delivery\n{ADDRESS}\n\n3. Storage\n{YEARS}\n"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return parse(TEXT, id="p")


def task(policy: Policy, *gold: str, name: str = "shop-test", corpus: Path = FIXTURES) -> Task:
    asked = question(*gold)
    finder = GoldFinder([policy])
    places = tuple(tuple(place for quote in entry.quotes for place in finder.find(quote)) for entry in asked.gold)
    return Task(name=name, sha256=name, policy=policy, corpus=corpus, questions=(asked,), places=(places,))


def span(words: str, text: str = TEXT) -> Span:
    return text.index(words), text.index(words) + len(words)


class Fixed:
    """Returns the same spans for every question, and remembers what was asked."""

    def __init__(self, *spans: Span, division: str = "fixed", retrieval: str = "way") -> None:
        self.spans, self.division, self.retrieval = spans, division, retrieval
        self.indexed: list[str] = []
        self.asked: list[str] = []

    def index(self, policy: Policy, *, k: int) -> Callable[[str], Sequence[Span]]:
        self.indexed.append(policy.id)

        def search(question: str) -> Sequence[Span]:
            self.asked.append(question)
            return self.spans

        return search


# --- What a ranking is worth -----------------------------------------------------------------


@pytest.mark.parametrize("hits", [[NAME, ADDRESS, YEARS], [YEARS, NAME], [ADDRESS], []])
@pytest.mark.parametrize("gold", [[NAME], [ADDRESS, NAME], [(YEARS, NAME), ADDRESS]])
def test_the_measures_of_rank_are_those_of_the_evaluation(policy: Policy, hits: list[str], gold: list[Any]) -> None:
    found = outcome(policy, question(*gold), hits=hits, cites=[NAME])
    spans = [(hit.start, hit.end) for hit in found.answer.hits]
    peers = values_of(spans, found.places, policy.id, Reading(policy.text))
    (evaluation,) = values_of_outcomes([found])
    for name in ("hit@1", "recall@5", "mrr@10"):
        assert peers[name] == pytest.approx(evaluation[name]), name


def test_a_long_span_counts_but_has_to_be_read() -> None:
    filler = "x" * 400
    text = f"{filler}{NAME}{filler}\n\n{ADDRESS}\n"
    policy = parse(text, id="p")
    places = task(policy, NAME).places[0]
    reading = Reading(policy.text)
    whole = values_of([(0, len(policy.text))], places, "p", reading)
    assert (whole["hit@1"], whole["within@250"], whole["within@500"]) == (1.0, 0.0, 1.0)
    assert whole["read"] == reading.all
    exact = values_of([span(ADDRESS, policy.text), span(NAME, policy.text)], places, "p", reading)
    assert (exact["hit@1"], exact["mrr@10"], exact["within@250"]) == (0.0, 0.5, 1.0)
    assert exact["read"] == len(f"{NAME}{ADDRESS}".replace(" ", ""))


def test_what_is_not_found_costs_the_reading_of_the_whole_policy(policy: Policy) -> None:
    found = values_of([span(ADDRESS)], task(policy, NAME).places[0], "p", Reading(policy.text))
    assert found["read"] == len("".join(policy.text.split()))
    assert not any(found[name] for name in found if name != "read")


def test_half_of_a_quote_is_enough_also_where_reading_stops(policy: Policy) -> None:
    start, end = span(NAME)
    places = task(policy, NAME).places[0]
    half = values_of([(start, (start + end) // 2)], places, "p", Reading(policy.text))
    less = values_of([(start, (start + end) // 2 - 1)], places, "p", Reading(policy.text))
    assert (half["hit@1"], less["hit@1"]) == (1.0, 0.0)


def test_reading_counts_no_white_space_and_stops_in_the_middle() -> None:
    reading = Reading("ab  cd\n\nef")
    assert reading.all == 6
    assert reading.length((0, 8)) == 4
    assert list(reading.cut([(4, 10), (0, 2)], 5)) == [(4, 10), (0, 1)]
    assert list(reading.cut([(0, 10)], 3)) == [(0, 5)]
    assert list(reading.cut([(0, 10)], 0)) == []
    assert list(reading.cut([(0, 2), (4, 6)], 100)) == [(0, 2), (4, 6)]


def test_each_policy_is_indexed_once_and_no_more_than_k_spans_count(policy: Policy) -> None:
    peer = Fixed(*[span(ADDRESS)] * K, span(NAME))
    (dev, test) = measure(peer, [task(policy, NAME, name="shop-dev"), task(policy, NAME)])
    assert peer.indexed == ["p"]
    assert dev == test
    assert dev["mrr@10"] == 0.0


@pytest.mark.parametrize("module", [measuring, figures], ids=lambda module: module.__name__)
def test_the_examples_are_as_they_are_read(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed


def test_a_piece_must_stand_where_the_framework_says() -> None:
    assert checked_span("abcd", 1, "bc", "x") == (1, 3)
    for start in (0, None):
        with pytest.raises(EvaluationError, match="x returned a piece that is not at"):
            checked_span("abcd", start, "bc", "x")


def test_every_way_to_rank_is_tried_with_every_size() -> None:
    found = list(choices((10, 20), ("w", "v"), ("m",)))
    assert len(set(found)) == len(found) == 2 * 2 * 5
    assert {choice.retrieval for choice in found} == {"w", "v", "m", "w + m", "v + m"}
    assert Choice(size=10, words="w", model="m") in found
    overlapping = Choice(size=20, overlap=4, model="m")
    assert overlapping in found
    assert overlapping.division("Splitter", "tokens") == "Splitter, 20 tokens, overlapping"


# --- What is asked ---------------------------------------------------------------------------


def test_only_questions_that_stand_alone_and_have_an_answer_are_asked(tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "policies").mkdir()
    (corpus / "lantern").rename(tmp_path / "policies" / "lantern")
    text = (tmp_path / "policies" / "lantern" / "policy.txt").read_text("utf-8")
    line = {"language": "en", "style": "plain", "gold": [{"quote": text.strip().splitlines()[0]}], "answerable": True}
    lines = [
        line | {"id": "a", "question": "a?"},
        line | {"id": "b", "question": "b?", "history": [{"question": "what?"}]},
        line | {"id": "c", "question": "c?", "gold": [], "answerable": False},
    ]
    (tmp_path / "questions").mkdir()
    paths = []
    for name, which in (("lantern-test", lines), ("lantern-turns-test", lines[1:])):
        paths.append(tmp_path / "questions" / f"{name}.jsonl")
        paths[-1].write_text("".join(f"{json.dumps(one)}\n" for one in which), "utf-8")
    (found,) = read_tasks(paths, Settings())
    assert (found.name, found.split, [one.id for one in found.questions]) == ("lantern-test", "test", ["a"])
    assert all(places for entry in found.places for places in entry)


def test_a_set_about_several_policies_is_left_out(settings: Settings) -> None:
    assert list(read_tasks([FIXTURES / "questions" / "x-test.jsonl"], settings)) == []


def test_the_assistant_is_a_peer_by_its_hits(tmp_path: Path) -> None:
    (lantern,) = open_corpus(FIXTURES / "corpus" / "lantern")
    corpora = {lantern.id: FIXTURES / "corpus" / "lantern"}
    peer, _ = ours.peers(Parts(models={}, words=str.split, corpora=corpora, folder=tmp_path))
    asked = "How long do you keep the record of a delivery?"
    found = peer.index(lantern, k=3)(asked)
    hits = Assistant.open(corpora[lantern.id]).ask(asked).hits
    assert list(found) == [(hit.start, hit.end) for hit in hits[:3]]


def test_the_assistant_is_measured_without_translations_too(
    tmp_path: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (corpus / "lantern" / "translations").mkdir()
    (corpus / "lantern" / "translations" / "en.toml").write_text("", "utf-8")
    (lantern,) = open_corpus(FIXTURES / "corpus" / "lantern")
    opened: list[Path] = []
    monkeypatch.setattr(Assistant, "open", lambda folder, **_: opened.append(folder))
    with_it, without_it = ours.peers(
        Parts(models={}, words=str.split, corpora={lantern.id: corpus}, folder=tmp_path / "cache")
    )
    translated = replace(lantern, translations={"1": ("What it says.",)})
    with_it.index(translated, k=3)
    without_it.index(translated, k=3)
    without_it.index(translated, k=3)
    without_it.index(lantern, k=3)
    assert opened[0] == opened[3] == corpus
    assert opened[1] == opened[2] != corpus
    assert (opened[1] / "lantern" / "policy.txt").read_bytes() == (corpus / "lantern" / "policy.txt").read_bytes()
    assert not list(opened[1].rglob("en.toml"))


# --- Models ----------------------------------------------------------------------------------


def test_vectors_are_kept_and_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeEmbedder()
    monkeypatch.setattr(metadata, "version", lambda name: "1")
    monkeypatch.setattr(models, "_encoder", lambda name: fake.embed)
    first = models.Model("e5", tmp_path / "new").embed(["a", "b", "a"], "passage")
    again = models.Model("e5", tmp_path / "new").embed(["b", "c", "a"], "passage")
    assert fake.texts == ["a", "b", "c"]
    assert np.array_equal(first[[1, 0]], again[[0, 2]])
    assert first.dtype == np.float32


def test_queries_and_passages_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "1")
    monkeypatch.setattr(
        models, "_encoder", lambda name: lambda texts, role: np.full((len(texts), 2), float(role == "query"))
    )
    model = models.Model("USE", tmp_path)
    assert [model.embed(["a"], role)[0, 0] for role in ("query", "passage", "query")] == [1.0, 0.0, 1.0]


def test_a_model_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(models.PACKAGES, "e5", "no-such-package")
    with pytest.raises(EvaluationError, match="no-such-package is missing: run `make peers`"):
        models.Model("e5", tmp_path)


def test_words_are_those_of_jieba(tmp_path: Path) -> None:
    words = models.jieba_words(tmp_path / "jieba")("我们收集 IMEI，以及手机号码。")
    assert {"我们", "收集", "imei", "手机", "手机号码"} <= set(words)
    assert not {"，", "。", " "} & set(words)
    assert list((tmp_path / "jieba").iterdir())


# --- Figures and tables ----------------------------------------------------------------------


class Split(Fixed):
    """Returns one span where it was asked first, on dev, and another one later, on test."""

    def index(self, policy: Policy, *, k: int) -> Callable[[str], Sequence[Span]]:
        self.indexed.append(policy.id)
        return lambda asked: [self.spans[len(self.indexed) - 1]]


def entry(policy: Policy, *peers: Fixed) -> dict[str, Any]:
    tasks = [task(policy, NAME, name="shop-dev"), task(policy, NAME)]
    return figures.entry_of(peers, tasks, day="2025-01-31", packages={"pip": "1"})


@pytest.fixture
def document(policy: Policy) -> dict[str, Any]:
    good, bad, long = span(NAME), span(YEARS), (0, len(TEXT) - 1)
    return {
        "schema": figures.SCHEMA,
        "frameworks": {
            "Other": entry(
                policy,
                Split(bad, good, division="lucky"),
                Split(good, bad, division="chosen"),
                Split(good, good, division="second"),
                Split(bad, long, retrieval="another"),
            ),
            figures.OURS: entry(
                policy, Fixed(long, division="", retrieval=""), Fixed(bad, division=PLAIN, retrieval="")
            ),
        },
    }


def test_settings_are_chosen_on_dev_and_told_on_test(document: dict[str, Any]) -> None:
    assert [peer["division"] for peer in figures.chosen(document["frameworks"]["Other"]["peers"])] == ["chosen"]
    lines = figures.summary(document, "en").splitlines()
    assert len(lines) == 5
    assert lines[2].startswith("| **policy-assistant** | **1.00** |")
    assert lines[3].startswith("| policy-assistant: without the policy's English | 0.00 |")
    assert lines[4].startswith("| Other: chosen; way | 0.00 | 0.00 | 0.00 | 0.00 | ")
    assert "不用政策的英文译文" in figures.summary(document, "zh")


def test_each_way_to_rank_is_told_at_its_best(document: dict[str, Any]) -> None:
    table = figures.details(document)
    assert "| Other: chosen; way | 0.00 (0.00–" in table
    assert "| Other: fixed; another | 1.00 (" in table
    assert "lucky" not in table
    assert "second" not in table
    assert "shop-test (1)" in table


def test_only_those_chosen_are_asked_the_test_split(policy: Policy) -> None:
    dev, test = question(NAME, id="dev"), question(NAME, id="test")
    tasks = [
        replace(task(policy, NAME, name="shop-dev"), questions=(dev,)),
        replace(task(policy, NAME), questions=(test,)),
    ]
    good, bad = Fixed(span(NAME)), Fixed(span(YEARS))
    lines: list[str] = []
    found = figures.entry_of([bad, good], tasks, day="2025-01-31", packages={}, report=lines.append)
    assert good.asked == [dev.text, test.text]
    assert bad.asked == [dev.text]
    assert ["test" in peer for peer in found["peers"]] == [False, True]
    assert len(lines) == 3


def test_two_choices_are_told_if_the_criteria_differ() -> None:
    far = "x" * 600
    policy = parse(f"{far}{NAME}\n\n{YEARS}\n", id="p")
    long = Fixed((0, len(far) + len(NAME)), division="long")
    short = Fixed(span(YEARS, policy.text), span(NAME, policy.text), division="short")
    assert [peer["division"] for peer in figures.chosen(entry(policy, short, long)["peers"])] == ["long", "short"]


def test_figures_have_intervals_and_groups(policy: Policy) -> None:
    tasks = [task(policy, NAME, name="shop-dev"), task(policy, NAME), task(policy, ADDRESS, name="other-test")]
    (peer,) = figures.entry_of([Fixed(span(NAME))], tasks, day="2025-01-31", packages={})["peers"]
    assert peer["dev"]["hit@1"] == 1.0
    assert peer["test"]["hit@1"][0] == 0.5
    low, high = peer["test"]["hit@1"][1:]
    assert 0.0 <= low < 0.5 < high <= 1.0
    assert {name: group["hit@1"] for name, group in peer["groups"].items()} == {
        "en": 0.5,
        "shop-test": 1.0,
        "other-test": 0.0,
    }


def test_the_file_is_read_as_it_was_written(tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "figures.json"
    assert figures.read(path)["frameworks"] == {}
    figures.write(document, path)
    assert figures.read(path) == document
    assert len(path.read_text("utf-8").splitlines()) < 40
    for text in ("{", "[]", '{"schema": 99}'):
        path.write_text(text, "utf-8")
        with pytest.raises(EvaluationError, match="measure all peers again"):
            figures.read(path)


def test_figures_of_different_questions_are_not_put_side_by_side(document: dict[str, Any]) -> None:
    document["frameworks"]["Other"]["sets"]["shop-test"]["sha256"] = "another"
    for table in (figures.details, lambda found: figures.summary(found, "zh")):
        with pytest.raises(EvaluationError, match="the figures of Other are about other questions"):
            table(document)
    del document["frameworks"][figures.OURS]
    with pytest.raises(EvaluationError, match="no figures of the assistant"):
        figures.details(document)


def test_a_table_takes_the_place_of_the_former_one(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("before\n<!-- peers -->\nold\n<!-- /peers -->\nafter\n", "utf-8")
    figures.show(path, "| \\1 new |")
    figures.show(path, "| \\1 newer |")
    assert path.read_text("utf-8") == "before\n<!-- peers -->\n\n| \\1 newer |\n\n<!-- /peers -->\nafter\n"
    assert figures.shown(path) == "| \\1 newer |"
    path.write_text("nothing", "utf-8")
    with pytest.raises(EvaluationError, match="no place for the table"):
        figures.show(path, "x")


@pytest.mark.parametrize("path", figures.documents(ROOT), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_documents_show_what_was_measured(path: Path) -> None:
    assert figures.shown(path) == figures.documents(ROOT)[path](figures.read())


def test_the_figures_are_about_the_questions_as_they_are() -> None:
    sets = figures.same_sets(figures.read())
    tests = [name for name in sets if name.endswith("-test")]
    assert len(tests) >= 3
    for name in tests:
        digest = hashlib.sha256((SETS / f"{name}.jsonl").read_bytes()).hexdigest()
        assert sets[name]["sha256"] == digest, f"{name} has changed: run `make peers`"


def test_a_framework_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(importlib, "import_module", missing)
    monkeypatch.setattr(command, "read_tasks", lambda paths, settings: [])
    assert command.main(["--only", "haystack", "--cache", str(tmp_path)]) == 1
    assert "is missing: run `make peers`" in capsys.readouterr().err


# --- The frameworks themselves: `make test-peers` --------------------------------------------


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in command.NAMES if name != "ours"])
def test_a_framework_finds_the_words_of_a_question(name: str, tmp_path: Path, policies: tuple[Policy, ...]) -> None:
    module = importlib.import_module(f"evals.peers.{name}")
    parts = Parts(
        models={model: cast("models.Model", FakeEmbedder(model)) for model in module.MODELS},
        words=models.jieba_words(tmp_path),
        corpora={},
        folder=tmp_path,
    )
    peers = list(module.peers(parts))
    lantern, yunchao = policies
    assert len({(peer.division, peer.retrieval) for peer in peers}) == len(peers)
    # As it comes, BM25 of llama-index finds no words in Chinese.
    for policy, words, unable in (
        (lantern, "keep the record of a delivery", ()),
        (yunchao, "阅读进度和书签", ("BM25",)),
    ):
        for peer in peers:
            found = peer.index(policy, k=3)(words)
            assert 1 <= len(found) <= 3, peer
            assert all(0 <= left < right <= len(policy.text) for left, right in found), peer
            if peer.retrieval not in unable:
                assert any(words in policy.text[left:right] for left, right in found), peer


@pytest.mark.peers
def test_the_models_tell_close_from_far(tmp_path: Path) -> None:
    for name in models.PACKAGES:
        model = models.Model(name, tmp_path)
        query = model.embed(["我们保存多久"], "query")[0]
        near, far = model.embed(["我们将您的信息保存三年。", "请拨打客服电话联系我们。"], "passage")
        assert query @ near > query @ far
        assert np.linalg.norm(query) == pytest.approx(1.0, abs=1e-3)
