"""The evaluation tab, as the owner of a policy uses it."""

from __future__ import annotations

import copy
import datetime
import json
import os
import re
import shutil
import tomllib
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Assistant, EvaluationError, Settings
from assistant.evaluation import faults
from assistant.evaluation.gold import GoldFinder
from assistant.evaluation.measures import MEASURES
from assistant.evaluation.report import REPORT_FILES, figures_page
from assistant.evaluation.report import page as report_page
from assistant.evaluation.running import ERROR_CLASSES, ask_each, run_set
from assistant.evaluation.runs import Document, SetRun, document, runs_in
from assistant.evaluation.sets import read_set, sets_in
from assistant.page.evaluation.comparing import comparison
from assistant.page.evaluation.listing import Wanted, chosen, figures, questions
from assistant.page.evaluation.measuring import IN_USE, Shelf, Step, checked, corpora, measure, opened, own_corpus
from assistant.page.shared import Page
from assistant.text import visible
from tests import browsing
from tests.browsing import violations, web_page
from tests.conftest import FIXTURES, FakeEmbedder
from tests.test_page_desk import PAYLOADS, tags, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.text import Language
    from tests.browsing import NewPage

browser, new_page = browsing.browser, browsing.new_page

ROOT = Path(__file__).parent.parent
SET = FIXTURES / "questions" / "books-dev.jsonl"
STARTED = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    options = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path_factory.mktemp("evaluation"))
    return Assistant.open(settings=options, embedders=[FakeEmbedder()])


@pytest.fixture(scope="module")
def page(assistant: Assistant) -> Page:
    return page_of(assistant)


def page_of(assistant: Assistant, language: Any = "en") -> Page:
    return Page(language=language, settings=assistant.settings, current=lambda: assistant, reload=lambda: None)


@pytest.fixture(scope="module")
def run(assistant: Assistant) -> Document:
    finder = GoldFinder(assistant.policies)
    found = read_set(SET, finder)
    outcomes = run_set(assistant, found, finder=finder)
    return document(
        [SetRun(question_set=found, assistant=assistant, finder=finder, outcomes=outcomes)], started=STARTED
    )


def last(steps: Iterator[Step]) -> Step:
    *_, step = steps
    return step


# --- Sets ----------------------------------------------------------------------------------------


def test_a_set_is_measured_on_its_own_policies_if_they_are_there_else_on_those_in_use() -> None:
    known = corpora(ROOT / "evals/questions")
    assert list(known) == ["kinds", "northlight", "yunqi"]
    assert own_corpus(Path("yunqi-dev.jsonl"), known) == "yunqi"
    assert own_corpus(Path("kinds-dev.jsonl"), known) == "kinds"  # several policies in one folder
    assert own_corpus(Path("baiju-dev.jsonl"), known) == IN_USE
    assert corpora(FIXTURES / "nowhere") == {}


def test_the_sets_of_a_folder_are_those_that_can_be_read(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.csv", "notes.md", ".hidden"):
        (tmp_path / name).write_text("x")
    (tmp_path / "folder.jsonl").mkdir()
    assert [path.name for path in sets_in(tmp_path)] == ["a.csv", "b.jsonl"]
    assert sets_in(tmp_path / "nowhere") == ()


def test_a_sound_set_is_counted(page: Page) -> None:
    told, is_sound = checked(page, SET, None)
    assert is_sound
    assert "7 questions" in told


def test_every_fault_is_told_with_its_line_and_what_to_do(page: Page, tmp_path: Path) -> None:
    lines = SET.read_text("utf-8").splitlines()
    faulty = tmp_path / "mine.jsonl"
    faulty.write_text("\n".join([lines[0], "{not json", lines[1].replace("十五个", "五十个")]), "utf-8")
    told, is_sound = checked(page, faulty, None)
    assert not is_sound
    rows = re.findall(r"<tr><td>(\d+)</td>", told)
    assert set(rows) == {"2", "3"}
    assert "is not JSON" in told
    assert "copy it from the policy" in told


def test_faults_are_told_in_the_pages_language(page: Page, tmp_path: Path) -> None:
    faulty = tmp_path / "mine.jsonl"
    line = json.loads(SET.read_text("utf-8").splitlines()[0])
    faulty.write_text(json.dumps(line | {"style": "", "gold": [{"quote": "没有这样一句话"}]}) + "\n{", "utf-8")
    told, _ = checked(replace(page, language="zh"), faulty, None)
    cells = [text_of(cell) for cell in re.findall(r"<td>(.*?)</td>", told)]
    assert cells[2:4] == ["style 是空的", "改正，或者去掉"]
    assert cells[6].startswith("gold[1].quote 不在政策原文里：“没有这样一句话”")
    assert cells[7].startswith("从政策原文里照抄")
    assert cells[10].startswith("不是 JSON（")
    assert cells[11] == "一行写一个对象"


def test_every_phrase_of_a_fault_has_its_chinese_with_the_same_values() -> None:
    folder = ROOT / "assistant/evaluation"
    said = tomllib.loads((folder / "faults.zh.toml").read_text("utf-8"))
    assert set(said) == {phrase for phrases in faults._FAULTS.values() for phrase in phrases}
    for english, chinese in said.items():
        values = [sorted(re.findall(r"\{(\w+)\}", phrase)) for phrase in (english, chinese)]
        assert values[0] == values[1], english


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_set_brings_no_tag_into_its_faults(page: Page, tmp_path: Path, payload: str) -> None:
    faulty = tmp_path / "mine.jsonl"
    line = {"id": payload[:90], "language": payload, "style": payload, "question": payload, "answerable": 1, payload: 1}
    faulty.write_text(json.dumps(line) + "\n" + payload, "utf-8")
    told, is_sound = checked(page, faulty, None)
    assert not is_sound
    assert {tag for tag, _ in tags(told)} <= {"p", "div", "table", "thead", "tbody", "tr", "th", "td"}


def test_a_set_about_other_policies_is_faulty_on_those_in_use(page: Page) -> None:
    told, is_sound = checked(page, ROOT / "evals/questions/yunqi-dev.jsonl", None)
    assert not is_sound
    assert "is not in the policy" in told
    told, is_sound = checked(page, ROOT / "evals/questions/yunqi-dev.jsonl", corpora(ROOT / "evals/questions")["yunqi"])
    assert is_sound, told


# --- Running -------------------------------------------------------------------------------------


def test_a_run_leaves_what_the_command_line_leaves(page: Page, run: Document, tmp_path: Path) -> None:
    steps = list(measure(page, SET, None, tmp_path))
    assert [step.done for step in steps] == [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]
    assert {step.total for step in steps} == {7}
    folder = tmp_path / steps[-1].run
    assert sorted(path.name for path in folder.iterdir()) == sorted(REPORT_FILES)
    written = json.loads((folder / "run.json").read_text("utf-8"))
    assert {**written, "timing": None} == {**json.loads(json.dumps(run)), "timing": None}
    assert re.fullmatch(r"books-dev-\d{8}-\d{6}", steps[-1].run)


@pytest.mark.parametrize("taken", [1, 4, 9])
def test_who_gives_up_leaves_nothing_written(page: Page, tmp_path: Path, taken: int) -> None:
    steps = measure(page, SET, None, tmp_path)
    for _ in range(taken):
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_a_faulty_set_is_not_run(page: Page, tmp_path: Path) -> None:
    faulty = tmp_path / "mine.jsonl"
    faulty.write_text('{"id": "a"}\n', "utf-8")
    with pytest.raises(EvaluationError, match="line 1"):
        last(measure(page, faulty, None, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_name_from_outside_makes_no_other_folder(page: Page, tmp_path: Path) -> None:
    odd = tmp_path / "..  a b;$(x) 测试.jsonl"
    shutil.copy(SET, odd)
    step = last(measure(page, odd, None, tmp_path / "out"))
    assert re.fullmatch(r"[\w.-]+", step.run)
    assert not step.run.startswith(".")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [step.run]


def test_another_corpus_is_asked_with_the_same_models_and_leaves_the_index_in_use(
    page: Page, assistant: Assistant
) -> None:
    in_use = assistant.settings.index_dir
    assert in_use
    before = sorted(path.name for path in (in_use / "versions").iterdir())
    other = opened(page, FIXTURES / "corpus" / "lantern")
    assert [policy.id for policy in other.policies] == ["lantern"]
    assert other.retriever.embedders == assistant.retriever.embedders
    assert sorted(path.name for path in (in_use / "versions").iterdir()) == before
    assert opened(page, None) is assistant


def test_questions_are_asked_as_they_are_taken(assistant: Assistant) -> None:
    found = read_set(SET, GoldFinder(assistant.policies))
    asked: list[str] = []

    class Counting:
        policies = assistant.policies

        def ask(self, text: str, **given: Any) -> Any:
            asked.append(text)
            return assistant.ask(text, **given)

    outcomes = ask_each(Counting(), found)  # type: ignore[arg-type]
    first = next(outcomes)
    assert first.question == found.questions[0]
    # The first one twice: models are read at the first.
    assert asked == [found.questions[0].text] * 2


# --- Runs ----------------------------------------------------------------------------------------


def test_runs_are_offered_the_newest_first_and_nothing_else_is_opened(
    page: Page, run: Document, tmp_path: Path
) -> None:
    for name, age in (("old", 200), ("new", 100)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(run), "utf-8")
        stamp = datetime.datetime.now(datetime.UTC).timestamp() - age
        os.utime(tmp_path / name / "run.json", (stamp, stamp))
    (tmp_path / "empty").mkdir()
    shelf = Shelf(tmp_path)
    assert [name for _, name in shelf.names()] == ["new", "old"]
    assert shelf.open("new")["sets"][0]["name"] == "books-dev"
    for name in ("empty", "..", "../new", "new/../old", "/etc", ""):
        with pytest.raises(EvaluationError, match="there is no run"):
            shelf.open(name)
    assert Shelf(tmp_path / "nowhere").names() == []
    assert runs_in(tmp_path / "nowhere") == ()


def test_a_run_that_changed_on_disk_is_read_again(run: Document, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "run.json"
    file.write_text(json.dumps(run), "utf-8")
    shelf = Shelf(tmp_path)
    assert shelf.open("a") is shelf.open("a")
    file.write_text(json.dumps(run | {"sets": []}), "utf-8")
    assert shelf.open("a")["sets"] == []
    file.write_text("{}", "utf-8")
    with pytest.raises(EvaluationError, match="not a run of this version"):
        shelf.open("a")


def test_questions_are_chosen_by_result_language_style_and_words_the_wrong_ones_first(run: Document) -> None:
    everything = chosen(run, Wanted())
    assert len(everything) == len(run["questions"])
    assert [entry["success"] for entry in everything] == sorted(entry["success"] for entry in everything)
    assert all(entry["success"] for entry in chosen(run, Wanted(result="right")))
    wrong = chosen(run, Wanted(result="wrong"))
    assert [entry["id"] for entry in wrong] == [entry["id"] for entry in run["questions"] if not entry["success"]]
    for error in ERROR_CLASSES:
        assert {entry["error"] for entry in chosen(run, Wanted(result=error))} <= {error}
    assert {entry["language"] for entry in chosen(run, Wanted(language="en"))} == {"en"}
    assert {entry["style"] for entry in chosen(run, Wanted(style="how_long"))} == {"how_long"}
    assert [entry["id"] for entry in chosen(run, Wanted(text="ＩＭＥＩ 星信", language="zh", style="list"))] == ["b1"]
    assert chosen(run, Wanted(text="zyzzyva")) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_answer_stands_beside_its_gold_with_its_places_in_the_reader(
    assistant: Assistant, run: Document, language: Language
) -> None:
    html = questions(page_of(assistant, language), run, Wanted(), 50)
    entry = next(entry for entry in run["questions"] if entry["gold"] and entry["answer"]["citations"])
    assert entry["question"] in unescape(html)
    assert entry["gold"][0]["quote"] in unescape(html)
    place = entry["gold"][0]["places"][0]
    assert (
        f'data-policy="{place["policy_id"]}" data-clause="{place["clause_id"]}" data-start="{place["start"]}"' in html
    )
    assert html.count('<details class="pa-eval-question">') == len(run["questions"])
    cited = [citation for entry in run["questions"] for citation in entry["answer"]["citations"]]
    marked = re.findall(r'<mark class="pa-eval-(?:gold|no-gold)">“([^<]*)”</mark> <a', html)
    assert len(marked) == len(cited)
    ranks = [f"{leg} {rank}" for leg, rank in entry["answer"]["hits"][0]["ranks"].items()]
    assert len(ranks) > 1
    assert f"<span>{('、' if language == 'zh' else ', ').join(ranks)}</span>" in html


def test_what_the_reader_does_not_show_is_not_linked(assistant: Assistant, run: Document) -> None:
    other = copy.deepcopy(run)
    for policy in other["sets"][0]["policies"]:
        policy["sha256"] = "0" * 64
    assert "clause-link" in questions(page_of(assistant), run, Wanted(), 50)
    assert "clause-link" not in questions(page_of(assistant), other, Wanted(), 50)


def test_only_so_many_questions_are_listed_at_once(page: Page, run: Document) -> None:
    html = questions(page, run, Wanted(), 2)
    assert html.count('<details class="pa-eval-question">') == 2
    assert "2 shown of 7" in html


# --- Figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_figures_are_the_reports_in_a_frame_without_scripts(
    assistant: Assistant, run: Document, language: Language
) -> None:
    html = figures(page_of(assistant, language), run)
    ((tag, attributes),) = tags(html)
    assert tag == "iframe"
    assert attributes["sandbox"] == "allow-same-origin"
    assert attributes["srcdoc"] == figures_page(run, language)
    assert not any(entry["question"] in attributes["srcdoc"] for entry in run["questions"])


def test_the_english_figures_are_the_reports_own(run: Document) -> None:
    whole, part = report_page(run), figures_page(run, "en")
    without = re.sub(r'<section class="questions">.*?</section>', "", whole, flags=re.DOTALL)
    assert re.sub(r"\s+", "", part.replace(' class="part"', "")) == re.sub(r"\s+", "", without)


def test_every_phrase_of_the_report_has_its_chinese_with_the_same_values() -> None:
    folder = ROOT / "assistant/evaluation"
    said = tomllib.loads((folder / "report.zh.toml").read_text("utf-8"))
    wanted = set(re.findall(r'_\("([^"]+)"', (folder / "report.html.j2").read_text("utf-8")))
    wanted |= {"Set", "Language", "Style", "right"} | set(ERROR_CLASSES) | set(ERROR_CLASSES.values())
    wanted |= {text for measure in MEASURES.values() for text in (measure.title, measure.meaning)}
    assert set(said) == wanted
    for english, chinese in said.items():
        values = [sorted(re.findall(r"\{(\w+)\}", phrase)) for phrase in (english, chinese)]
        assert values[0] == values[1], english


# --- Comparing -----------------------------------------------------------------------------------


def test_a_run_compared_with_itself_has_not_changed(page: Page, run: Document) -> None:
    html = comparison(page, run, run)
    assert "No headline figure is significantly worse" in html
    assert "7 questions are in both runs" in html
    assert "+0.000" in html


def test_what_became_worse_and_better_is_told_by_question(page: Page, run: Document) -> None:
    other = copy.deepcopy(run)
    for entry in other["questions"]:
        entry["success"] = not entry["success"]
        entry["error"] = None if entry["success"] else "retrieval"
    html = comparison(page, run, other)
    right = sum(entry["success"] for entry in run["questions"])
    assert f"Right before, wrong now ({right})" in html
    assert f"Wrong before, right now ({len(run['questions']) - right})" in html


def test_runs_that_share_no_question_are_not_compared(page: Page, run: Document) -> None:
    other = copy.deepcopy(run)
    for entry in other["questions"]:
        entry["id"] += "x"
    with pytest.raises(EvaluationError, match="share no question"):
        comparison(page, run, other)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_run_brings_no_tag_into_questions_or_comparison(page: Page, run: Document, payload: str) -> None:
    other = copy.deepcopy(run)
    for entry in other["questions"]:
        entry.update(question=payload, style=payload, language=payload, success=False, error="wording")
        entry["missing"] = [[payload]]
        entry["history"] = [{"question": payload}]
        entry["answer"]["text"] = f"{payload} {entry['answer']['text']} {payload}"
        for gold in entry["gold"]:
            gold.update(quote=payload, alternatives=[payload])
        for citation in entry["answer"]["citations"]:
            citation.update(reference=payload)
    other["versions"]["package"] = payload
    html = questions(page, other, Wanted(), 50)
    former = copy.deepcopy(other)
    former["versions"]["package"] = f"{payload}2"
    for entry in former["questions"]:
        entry.update(success=True, error=None)
    html += comparison(page, former, other)
    text = {"p", "div", "details", "summary", "span", "a", "h2", "ol", "li", "ul", "mark", "small", "b", "i"}
    assert {tag for tag, _ in tags(html)} <= text | {"table", "thead", "tbody", "tr", "th", "td"}
    assert not any(name.startswith("on") for _, attributes in tags(html) for name in attributes)
    assert visible(payload).split()[0] in text_of(html)


# --- Settings ------------------------------------------------------------------------------------


def test_sets_and_runs_are_those_of_the_checkout_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert Settings().question_sets_folder() == ROOT / "evals/questions"
    assert Settings().evaluation_runs_folder() == ROOT / "out/eval"
    given = Settings(question_sets=tmp_path / "sets", evaluation_runs=tmp_path / "runs")
    assert given.question_sets_folder() == tmp_path / "sets"
    assert given.evaluation_runs_folder() == tmp_path / "runs"


# --- In a browser --------------------------------------------------------------------------------

READY = "document.querySelectorAll('#pa-tabs [role=tab]').length > 2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation-page")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    (folder / "sets").mkdir()
    shutil.copy(SET, folder / "sets")
    # Long enough to be cancelled.
    lines = [json.loads(line) for line in SET.read_text("utf-8").splitlines()]
    many = [
        line | {"id": f"{line['id']}-{n}", "question": f"{line['question']} {n}"} for n in range(600) for line in lines
    ]
    long = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in many)
    (folder / "sets" / "long.jsonl").write_text(long, "utf-8")
    with web_page(
        folder,
        corpus=str(FIXTURES / "corpus"),
        index_dir=str(folder / "index"),
        question_sets=str(folder / "sets"),
        evaluation_runs=str(folder / "runs"),
    ) as served:
        yield served


@pytest.fixture
def tab(address: str, new_page: NewPage) -> NewPage:
    """Opens the tab in a language."""

    def make(language: str = "en", **options: Any) -> Any:
        opened_page = new_page(f"{address}/{language}/", ready=READY, **options)
        opened_page.get_by_role("tab", name="评测" if language == "zh" else "Evaluation").click()
        opened_page.locator("#pa-eval-status .pa-hint", has_text=re.compile(r"\d+ (题|questions)")).wait_for()
        return opened_page

    return make


def choose(opened_page: Any, where: str, name: str) -> None:
    opened_page.locator(f"{where} input").click()
    opened_page.get_by_role("option", name=name).first.click()


def run_a_set(opened_page: Any, name: str = "books-dev.jsonl") -> None:
    choose(opened_page, "#pa-eval-set", name)
    opened_page.locator("#pa-eval-status", has_text=re.compile("7 (题|questions)")).wait_for()
    opened_page.locator("#pa-eval-run").click()
    opened_page.locator("#pa-eval-status", has_text="report.html").wait_for(timeout=60_000)


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_small_set_is_run_to_its_plots_and_a_question_is_opened_beside_its_gold(tab: NewPage, folder: Path) -> None:
    opened_page = tab("zh")
    run_a_set(opened_page)
    frame = opened_page.frame_locator("#pa-eval-figures iframe")
    frame.locator("polyline").wait_for()
    assert "成功率" in frame.locator(".tile").first.inner_text()
    # As high as what it shows.
    opened_page.wait_for_function("document.querySelector('.pa-report').getBoundingClientRect().height > 1200")
    assert (folder / "runs").is_dir()
    opened_page.get_by_role("tab", name="逐题查看").click()
    entries = opened_page.locator(".pa-eval-question")
    entries.first.wait_for()
    assert entries.count() == 7
    opened_page.locator("#pa-eval-text input").fill("注销以后多久")
    opened_page.wait_for_function("document.querySelectorAll('.pa-eval-question').length === 1")
    entries.first.locator("summary").first.click()
    gold = entries.first.locator(".pa-eval-gold", has_text="十五个工作日").first
    gold.wait_for()
    link = entries.first.locator(".clause-link").first
    link.click()
    opened_page.wait_for_function("location.search.includes('policy=yunchao')")


@pytest.mark.browser
@pytest.mark.enable_socket
def test_two_runs_are_compared_and_a_run_of_the_command_line_is_opened(
    tab: NewPage, folder: Path, run: Document
) -> None:
    (folder / "runs" / "by-hand").mkdir(parents=True, exist_ok=True)
    (folder / "runs" / "by-hand" / "run.json").write_text(json.dumps(run), "utf-8")
    (folder / "runs" / "damaged").mkdir(exist_ok=True)
    (folder / "runs" / "damaged" / "run.json").write_text(json.dumps(run | {"figures": {}}), "utf-8")
    opened_page = tab()
    run_a_set(opened_page)
    opened_page.get_by_role("tab", name="Compare").click()
    choose(opened_page, "#pa-eval-former", "by-hand")
    opened_page.locator(".pa-eval-verdict").wait_for()
    assert opened_page.locator("#pa-eval-comparison tbody tr").count() > 5
    choose(opened_page, "#pa-eval-chosen", "damaged")
    opened_page.get_by_role("tab", name="Figures and plots").click()
    opened_page.locator("#pa-eval-figures .pa-hint", has_text="lacks what it should have").wait_for()


@pytest.mark.browser
@pytest.mark.enable_socket
def test_a_run_is_cancelled_while_others_are_answered(tab: NewPage, folder: Path) -> None:
    opened_page = tab()
    choose(opened_page, "#pa-eval-set", "long.jsonl")
    opened_page.locator("#pa-eval-status", has_text="4200 questions").wait_for(timeout=60_000)
    before = set(folder.glob("runs/long-*"))
    opened_page.locator("#pa-eval-run").click()
    opened_page.locator("#pa-eval-status progress[value]").wait_for()
    other = tab()
    assert other.locator("#pa-eval-run").is_visible()
    opened_page.locator("#pa-eval-status", has_text="of 4200 questions asked").wait_for()
    opened_page.locator("#pa-eval-cancel").click()
    opened_page.locator("#pa-eval-status", has_text="Cancelled").wait_for()
    opened_page.locator("#pa-eval-run").wait_for()
    opened_page.wait_for_timeout(1_000)
    assert opened_page.locator("#pa-eval-status", has_text="Cancelled").is_visible()
    assert set(folder.glob("runs/long-*")) == before


@pytest.mark.browser
@pytest.mark.enable_socket
def test_an_uploaded_set_is_checked_before_it_can_be_run(tab: NewPage, tmp_path: Path) -> None:
    opened_page = tab()
    faulty = tmp_path / "mine.jsonl"
    faulty.write_text(SET.read_text("utf-8").replace("十五个", "五十个"), "utf-8")
    with opened_page.expect_file_chooser() as chooser:
        opened_page.locator("#pa-eval-upload").click()
    chooser.value.set_files(faulty)
    opened_page.locator("#pa-eval-status td", has_text="is not in the policy").first.wait_for()
    assert opened_page.locator("#pa-eval-run").is_disabled()
    sound = tmp_path / "sound.jsonl"
    shutil.copy(SET, sound)
    with opened_page.expect_file_chooser() as chooser:
        opened_page.locator("#pa-eval-upload").click()
    chooser.value.set_files(sound)
    opened_page.locator("#pa-eval-status", has_text="7 questions").wait_for()
    assert opened_page.locator("#pa-eval-run").is_enabled()
    opened_page.locator("#pa-eval-run").click()
    opened_page.locator("#pa-eval-status", has_text="report.html").wait_for(timeout=60_000)


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_frame_follows_the_pages_theme_not_the_machines(tab: NewPage, theme: str) -> None:
    opened_page = tab(
        script=f"localStorage.setItem('policy-assistant.theme', '{theme}')",
        color_scheme={"light": "dark", "dark": "light"}[theme],
    )
    run_a_set(opened_page)
    frame = opened_page.frame_locator("#pa-eval-figures iframe")
    colour = frame.locator("section").first.evaluate("(e) => getComputedStyle(e).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", colour)[:3]))
    assert (brightness < 300) == (theme == "dark"), colour


@pytest.mark.browser
@pytest.mark.enable_socket
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [{}, browsing.PHONE], ids=["desktop", "phone"])
def test_nothing_keeps_anybody_from_the_evaluation_which_fits_a_telephone(
    tab: NewPage, theme: str, screen: dict[str, Any]
) -> None:
    opened_page = tab(script=f"localStorage.setItem('policy-assistant.theme', '{theme}')", **screen)
    run_a_set(opened_page)
    opened_page.frame_locator("#pa-eval-figures iframe").locator("polyline").wait_for()
    assert violations(opened_page) == []
    opened_page.get_by_role("tab", name="Questions").click()
    opened_page.locator(".pa-eval-question summary").first.click()
    # What lies half behind the bar of the tabs has half its size.
    opened_page.evaluate("document.querySelector('#pa-work').scrollTop = 0")
    assert violations(opened_page) == []
    assert opened_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened_page.get_by_role("tab", name="Compare").click()
    choose(opened_page, "#pa-eval-former", "books-dev-")
    opened_page.locator(".pa-eval-verdict").wait_for()
    assert violations(opened_page) == []
    assert opened_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
