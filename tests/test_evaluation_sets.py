"""Question sets: what is read, every fault that is told, and the way to a spreadsheet and back."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import EvaluationError, Policy, Settings, parse
from assistant.conversation import Turn
from assistant.evaluation.gold import GoldFinder, Place
from assistant.evaluation.questions import Gold, Question
from assistant.evaluation.sets import check_set, corpus_of, read_set, write_set
from tests.conftest import FIXTURES

if TYPE_CHECKING:
    from pathlib import Path

SET = FIXTURES / "questions" / "books-dev.jsonl"
QUOTE = "您注销账号后，我们会在十五个工作日内删除您的个人信息"
SOUND = {"id": "a", "language": "zh", "style": "plain", "question": "q", "answerable": True, "gold": [{"quote": QUOTE}]}


@pytest.fixture(scope="module")
def finder(policies: tuple[Policy, ...]) -> GoldFinder:
    return GoldFinder(policies)


def written(folder: Path, *lines: object, name: str = "set.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in SOUND.items() if name != key}


# --- What is read ------------------------------------------------------------------------------


def test_a_set_is_read_with_all_that_it_says(finder: GoldFinder) -> None:
    found = read_set(SET, finder)
    assert found.name == "books-dev"
    assert len(found.sha256) == 64
    assert [question.id for question in found.questions] == ["b1", "b2", "b3", "b4", "b5", "b6", "b7"]
    first, second, third, fourth, *_, last = found.questions
    assert first.policies == ("yunchao",)
    assert first.must_say == (("IMEI",),)
    assert second.must_say == (("十五个工作日", "15 working days"),)
    assert third.history == (Turn(question="星信推送会收集什么？", answer="设备标识符（IMEI）。"),)
    assert [len(gold.quotes) for gold in fourth.gold] == [1, 2]
    assert last.language == "mixed"
    assert not last.answerable


def test_blank_lines_a_byte_order_mark_and_odd_line_ends_are_no_faults(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    lines = [json.dumps(SOUND | {"question": "one\u2028line"}, ensure_ascii=False), "", json.dumps(without("x"))]
    path.write_bytes("\ufeff".encode() + "\r\n".join(lines).replace('"a"', '"b"', 1).encode())
    assert [question.text for question in read_set(path).questions] == ["one\u2028line", "q"]


@pytest.mark.parametrize("name", ["yunqi-dev", "yunqi", "other-dev"])
def test_a_set_finds_the_policies_beside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "policies" / "yunqi").mkdir(parents=True)
    path = tmp_path / "questions" / f"{name}.jsonl"
    wanted = FIXTURES if name.startswith("other") else tmp_path / "policies" / "yunqi"
    assert corpus_of(path, Settings(corpus=FIXTURES)) == wanted


# --- Faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "problem", "remedy"),
    [
        ("{", "is not JSON (Expecting property name", "write one object a line"),
        ("[" * 100_000, "is not JSON", "write one object a line"),
        ("[1]", "the line is [1]", "write an object in braces"),
        ('{"id": "a", "id": "b"}', "the key 'id' stands twice", "write one object a line"),
        (without("style"), "style is missing", "add it"),
        (SOUND | {"answer": "x"}, "there is no key 'answer'", "known are id, language, style"),
        (SOUND | {"language": "fr"}, 'language is "fr"', "write zh, en or mixed"),
        (SOUND | {"id": 7}, "id is 7", "write it as a text in quotes"),
        (SOUND | {"style": " "}, "style is empty", "mend it"),
        (SOUND | {"answerable": "yes"}, 'answerable is "yes"', "write true or false"),
        (SOUND | {"gold": QUOTE}, "gold is", "write it as a list in brackets"),
        (SOUND | {"gold": [QUOTE]}, "gold[1] is", "write an object in braces"),
        (SOUND | {"gold": [{"quote": QUOTE, "alternatives": ["x", 5]}]}, "gold[1].alternatives[2] is 5", "a text"),
        (SOUND | {"gold": [{"quote": "\ud800"}]}, "gold[1].quote holds half of a surrogate pair", "mend it"),
        (SOUND | {"gold": []}, "answerable is true but gold is empty", "give the policy's words"),
        (SOUND | {"answerable": False}, "answerable is false but gold is given", "write true, or empty gold"),
        (SOUND | {"answerable": False, "gold": [], "must_say": ["x"]}, "must_say stands with", "leave it out"),
        (SOUND | {"gold": [{"quote": "十五"}]}, "gold[1].quote '十五' is too short", "quote more of its sentence"),
        (
            SOUND | {"must_say": ["三十天"]},
            "must_say[1] '三十天' is not in the gold clause (二（二）)",
            "as an alternative",
        ),
        (SOUND | {"must_say": [[]]}, "must_say[1] is []", "write something into it"),
        (SOUND | {"history": [{"answer": "x"}]}, "history[1].question is missing", "add it"),
        (SOUND | {"policies": []}, "policies is []", "leave it out"),
        (SOUND | {"policies": ["nobody"]}, "there is no policy 'nobody'", "the corpus has lantern, yunchao"),
        (SOUND | {"policies": ["lantern"]}, "gold[1].quote is not in the policy", "copy"),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, finder: GoldFinder, line: object, problem: str, remedy: str
) -> None:
    path = written(tmp_path, SOUND | {"id": "first", "question": "another"}, line)
    found, faults = check_set(path, finder)
    assert [question.id for question in found.questions] == ["first"]
    (fault,) = faults
    assert fault.line == 2
    assert problem in fault.problem
    assert remedy in fault.remedy
    with pytest.raises(EvaluationError) as caught:
        read_set(path, finder)
    assert str(path) in str(caught.value)
    assert str(fault) in str(caught.value)


def test_a_quote_that_stands_nearly_everywhere_names_no_place(tmp_path: Path) -> None:
    often = parse("\n".join(f"{number}. We collect your name." for number in range(1, 10)), id="often")
    path = written(tmp_path, SOUND | {"gold": [{"quote": "we collect"}]})
    (fault,) = check_set(path, GoldFinder([often]))[1]
    assert fault.problem == "gold[1].quote 'we collect' stands at 9 places"
    assert fault.remedy == "quote more of its sentence"


def test_a_quote_that_is_not_there_is_told_with_the_nearest_passage(tmp_path: Path, finder: GoldFinder) -> None:
    path = written(tmp_path, SOUND | {"gold": [{"quote": "您注销帐号后，我们会在十五个工作日内删除您的信息"}]})
    (fault,) = check_set(path, finder)[1]
    assert fault.problem.endswith("is not in the policy: “您注销帐号后，我们会在十五个工作日内删除您的信息”")
    assert f"in 二（二）, is “{QUOTE}，法律法规另有规定的除外。”" in fault.remedy


def test_every_fault_of_every_line_is_told_in_order(tmp_path: Path, finder: GoldFinder) -> None:
    path = written(
        tmp_path,
        SOUND | {"language": "fr", "style": "", "more": 1, "gold": [{"quote": "没有的话，没有的话"}], "must_say": [3]},
        SOUND | {"question": "other"},
        "nonsense",
        SOUND | {"id": "b"},
        SOUND | {"id": "c", "question": "third"},
    )
    found, faults = check_set(path, finder)
    assert [question.id for question in found.questions] == ["c"]
    assert [(fault.line, fault.id) for fault in faults] == [*[(1, "a")] * 5, (2, "a"), (3, ""), (4, "b")]
    told = [fault.problem for fault in faults]
    assert told[5] == "has the id of line 1"
    assert told[7] == "has the question of line 1"
    with pytest.raises(EvaluationError, match=r"line 1, a: .*and 5 more .`policy-assistant eval validate`"):
        read_set(path, finder)


def test_the_same_words_after_another_history_are_another_question(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        SOUND,
        SOUND | {"id": "b", "history": [{"question": "x"}]},
        SOUND | {"id": "c", "history": [{"question": "y"}]},
        SOUND | {"id": "d", "history": [{"question": "x", "answer": "another answer"}]},
    )
    assert [fault.problem for fault in check_set(path)[1]] == ["has the question of line 2"]


def test_sets_that_share_a_question_are_told(tmp_path: Path) -> None:
    asked: dict[object, str] = {}
    assert check_set(written(tmp_path, SOUND, name="dev.jsonl"), asked=asked)[1] == ()
    (fault,) = check_set(written(tmp_path, SOUND | {"id": "z"}, name="test.jsonl"), asked=asked)[1]
    assert (fault.line, fault.id, fault.problem) == (1, "z", "is asked in set dev too")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.jsonl", None, "cannot be read"),
        ("set.txt", b"", "must end in .jsonl or .csv"),
        ("set.jsonl", b"\xff\xfe", "is not UTF-8"),
        ("set.jsonl", b"\n", "there is no question"),
        ("set.csv", b"", "there is no question"),
        ("set.csv", b'id,language\n"a', "is not CSV"),
        ("set.csv", b"id,nonsense,gold_0,id\n", "there is no column 'nonsense'"),
        ("set.csv", b"id,question\nq1,What, if I cancel?\n", "3 cells for 2 columns"),
    ],
)
def test_a_file_that_is_no_set_is_named(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(EvaluationError, match=said) as caught:
        read_set(path)
    assert str(path) in str(caught.value)


# --- Where gold stands --------------------------------------------------------------------------


def test_gold_is_found_whatever_the_layout_and_width() -> None:
    policy = parse("一、保存\n我们保存 30\n天，\n然后（删除）。\n\n二、保存\n我们保存30天，然后(删除)。", id="p")
    places = GoldFinder([policy]).find("我们保存３０天，然后（删除）")
    assert len(places) == 2
    assert [policy.text[place.start : place.end] for place in places] == [
        "我们保存 30\n天，\n然后（删除）",
        "我们保存30天，然后(删除)",
    ]


def test_a_citation_touches_gold_if_they_share_a_sentence() -> None:
    policy = parse("1. Storage\nWe keep it here. We delete it there. We sell nothing.", id="p")
    finder = GoldFinder([policy])

    def place(words: str, policy_id: str = "p") -> Place:
        start = policy.text.index(words)
        return Place(policy_id=policy_id, start=start, end=start + len(words))

    gold = place("delete it")
    assert finder.touches(place("there."), gold)
    assert finder.touches(place("keep it here. We"), gold)
    assert not finder.touches(place("We keep it here."), gold)
    assert not finder.touches(place("We sell nothing."), gold)
    assert not finder.touches(place("delete it", "other"), gold)


# --- CSV ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [SET, *sorted((FIXTURES.parents[1] / "evals" / "questions").glob("*.jsonl"))], ids=str)
def test_a_set_comes_back_from_csv_as_it_was(tmp_path: Path, path: Path) -> None:
    table, again = tmp_path / "set.csv", tmp_path / "again.jsonl"
    found = read_set(path).questions
    write_set(table, found)
    assert read_set(table).questions == found
    write_set(again, read_set(table).questions)
    assert read_set(again).questions == found


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
_FORMULAS = st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "''+", " =1", "＝1", "'tis", "\r=1", "a\r\nb", '"']
)
_ANY = _TEXTS | _FORMULAS
_IDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            Question,
            id=_ANY.map(lambda text: text[:100]).filter(str.strip),
            language=st.sampled_from(["zh", "en", "mixed"]),
            style=_ANY.map(lambda text: text[:100]).filter(str.strip),
            text=_ANY,
            gold=st.lists(
                st.builds(Gold, quote=_ANY, alternatives=st.lists(_ANY, max_size=2).map(tuple)), min_size=1, max_size=3
            ).map(tuple),
            must_say=st.lists(st.lists(_ANY, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
            history=st.lists(st.builds(Turn, question=_ANY, answer=_ANY | st.just("")), max_size=2).map(tuple),
            policies=st.lists(_IDS, max_size=2).map(tuple),
        ),
        min_size=1,
        max_size=3,
        unique_by=(lambda question: question.id, lambda question: question.asked),
    )
)
def test_any_questions_come_back_and_no_cell_is_a_formula(
    tmp_path_factory: pytest.TempPathFactory, questions: list[Question]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    for name in ("set.csv", "set.jsonl"):
        write_set(folder / name, questions)
        assert list(read_set(folder / name).questions) == questions
    text = (folder / "set.csv").read_bytes().decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")), cell


def test_a_table_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(
        "id;language;style;question;answerable;gold_2;gold_1;gold_1_or_1;must_say_1\r\n"
        f"a;zh;plain;好吗;TRUE;;{QUOTE};两年;十五个工作日\r\n"
        ";;;;;;;;\r\n"
        "b;en;plain;why;FALSE;;;;\r\n".encode("utf-8-sig")
    )
    first, second = read_set(path).questions
    assert first.gold == (Gold(quote=QUOTE, alternatives=("两年",)),)
    assert first.must_say == (("十五个工作日",),)
    assert not second.answerable


def test_a_fault_in_a_table_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text(
        'id,language,style,question,answerable,gold_1\na,zh,plain,"two\nlines",false,\nb,zh,plain,x,maybe,\n', "utf-8"
    )
    (fault,) = check_set(path)[1]
    assert (fault.line, fault.id, fault.problem) == (4, "b", 'answerable is "maybe"')


@pytest.mark.parametrize("name", ["set.csv", "set.jsonl"])
def test_a_set_that_cannot_be_written_leaves_the_former_one(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    questions = read_set(SET).questions
    write_set(path, questions[:2])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(EvaluationError, match=f"{name}: cannot be written .No space left on device"):
        write_set(path, questions)
    monkeypatch.undo()
    assert read_set(path).questions == questions[:2]
    assert [left.name for left in tmp_path.iterdir()] == [name]
