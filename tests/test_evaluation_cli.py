"""`policy-assistant eval`: what is typed, what is printed and written, and the exit code."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple, Protocol

import pytest

from assistant.cli import main
from assistant.evaluation.measures import MEASURES
from tests.conftest import FIXTURES, FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SET = FIXTURES / "questions" / "books-dev.jsonl"
DONE, ERROR, USAGE = 0, 1, 2


class Run(NamedTuple):
    """What a run of the program came to."""

    code: int
    out: str
    err: str


class Runs(Protocol):
    def __call__(self, *arguments: object) -> Run: ...


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("eval")


@pytest.fixture
def run(
    home: Path, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Runs:
    """Run `policy-assistant eval` over the invented corpus, without a model."""
    monkeypatch.setattr("assistant.backends.embedders", lambda settings: (embedder,))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
    monkeypatch.setenv("ASSISTANT_CACHE", str(home))

    def run(*arguments: object) -> Run:
        code = main(["eval", *map(str, arguments)])
        out, err = capsys.readouterr()
        return Run(code, out, err.removeprefix("building the index, once …\n"))

    return run


def test_a_set_is_about_the_policies_in_use_unless_its_name_says_otherwise(
    run: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSISTANT_CORPUS")
    monkeypatch.setenv("ASSISTANT_POLICIES_DIR", str(FIXTURES / "corpus"))
    assert run("validate", SET).code == DONE, "its policy was added beside the one that comes with the program"
    about_ours = tmp_path / "baiju-mine.jsonl"
    about_ours.write_text(SET.read_text("utf-8"), "utf-8")
    assert "is not in the policy" in run("validate", about_ours).out, "of which a set of this name is"


@pytest.fixture(scope="module")
def report(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the set, made once."""
    folder = home / "report"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.backends.embedders", lambda settings: (FakeEmbedder(),))
        patch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
        patch.setenv("ASSISTANT_CACHE", str(home))
        assert main(["eval", str(SET), "--report", str(folder)]) == DONE
    return folder


@pytest.fixture
def changed(report: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Write the report's run with five times as many questions, all of them right or all wrong."""

    def changed(which: str) -> Path:
        right = which == "right"
        found = json.loads((report / "run.json").read_text("utf-8"))
        found["questions"] = [
            entry
            | {"id": f"{entry['id']}-{n}", "measures": {"success": float(right)}}
            | {"success": right, "error": None if right else "selection"}
            for n in range(5)
            for entry in found["questions"]
        ]
        path = tmp_path / f"{which}.json"
        path.write_text(json.dumps(found), "utf-8")
        return path

    return changed


# --- run --------------------------------------------------------------------------------------


def test_a_set_is_run_and_every_failure_listed(run: Runs, report: Path) -> None:
    code, out, err = run(SET)
    found = json.loads((report / "run.json").read_text("utf-8"))
    assert (code, err) == (DONE, "")
    assert out.startswith(
        "books-dev: 7 questions about Lantern Post Privacy Policy (3.1), 云巢读书隐私政策 (2024-03-01)\n"
    )
    lines = out.splitlines()
    for name in MEASURES:
        value = found["figures"]["all"]["all"][name]["value"]
        assert any(line.startswith(f"{name} ") and f" {value:.3f} " in line for line in lines), name
    for group in ("all", "en", "mixed", "zh", "how_long", "near_miss"):
        assert any(line.split()[:1] == [group] for line in lines), group
    for entry in found["questions"]:
        listed = [line for line in lines if line.startswith(f"{entry['id']} ")]
        assert len(listed) == (not entry["success"])
        if listed:
            assert listed[0].split()[1] == entry["error"]
    assert not any(line != line.rstrip() for line in lines)
    assert "\x1b" not in out


def test_run_is_the_command_that_may_be_left_out(run: Runs) -> None:
    named, unnamed = run("run", SET, "--json"), run("--json", SET)
    documents = [json.loads(found.out) for found in (named, unnamed)]
    for found in documents:
        del found["timing"]
    assert documents[0] == documents[1]
    assert documents[0]["questions"][0]["id"] == "b1"


def test_a_report_is_three_files(report: Path, run: Runs, tmp_path: Path) -> None:
    assert sorted(path.name for path in report.iterdir()) == ["junit.xml", "report.html", "run.json"]
    assert (report / "report.html").read_text("utf-8").startswith("<!doctype html>")
    code, out, _ = run(SET, "--report", tmp_path / "again")
    assert code == DONE
    assert out.endswith(f"\nreport: {tmp_path / 'again' / 'report.html'}\n")
    again, former = (json.loads((folder / "run.json").read_text("utf-8")) for folder in (tmp_path / "again", report))
    assert again | {"timing": None} == former | {"timing": None}


def test_several_sets_of_several_corpora(run: Runs, tmp_path: Path) -> None:
    beside = tmp_path / "policies" / "lantern"
    shutil.copytree(FIXTURES / "corpus" / "lantern", beside)
    lines = SET.read_text("utf-8").splitlines()
    (tmp_path / "questions").mkdir()
    own = tmp_path / "questions" / "lantern-dev.jsonl"
    own.write_text(lines[4], "utf-8")
    code, out, _ = run(own, SET, "--index-dir", tmp_path / "index", "--json")
    assert code == DONE
    found = json.loads(out)
    assert [[policy["id"] for policy in part["policies"]] for part in found["sets"]] == [
        ["lantern"],
        ["lantern", "yunchao"],
    ]
    assert list(found["figures"]["set"]) == ["books-dev", "lantern-dev"]
    assert len(found["questions"]) == 8
    assert [path.name for path in sorted((tmp_path / "index").iterdir())] == ["corpus", "lantern"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--min", "success=0", "--max", "false_refusals=1"], DONE, ""),
        (["--min", "recall@5=1.01"], ERROR, ", below 1.01\n"),
        (["--max", "success=-1", "--min", "success=2"], ERROR, "below 2\n"),
        (["--min", "success"], USAGE, "is not such as success=0.7"),
        (["--min", "sucess=1"], USAGE, "there is no figure 'sucess'"),
    ],
)
def test_bounds_decide_the_exit_code(run: Runs, options: list[str], code: int, said: str) -> None:
    found = run(SET, *options)
    assert found.code == code
    assert said in found.err
    assert bool(found.err) == bool(said)


def test_what_would_fail_in_the_end_fails_at_once(run: Runs, tmp_path: Path, embedder: FakeEmbedder) -> None:
    (tmp_path / "mine.txt").write_text("x")
    code, out, err = run(SET, "--report", tmp_path)
    assert (code, out) == (ERROR, "")
    assert "holds 'mine.txt', which is no part of a report" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_the_extra_the_command_says_what_to_install(
    run: Runs, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    for arguments in ([SET], ["compare", report, report]):
        code, _, err = run(*arguments)
        assert code == ERROR
        assert "pip install '.[evals]'" in err
    assert run("validate", SET).code == DONE


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_help_explains_the_group(run: Runs, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert code == (DONE if arguments else USAGE)
    for word in ("run", "validate", "convert", "compare", "--report", "--min", "'.[evals]'", '"gold": ['):
        assert word in out + err, word


# --- validate, convert --------------------------------------------------------------------------


def test_a_sound_set_is_said_to_be_sound(run: Runs) -> None:
    assert run("validate", SET) == (DONE, f"{SET}: 7 sound questions, 5 of them with an answer; no faults\n", "")


def test_every_fault_is_printed_and_fails(run: Runs, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    lines = SET.read_text("utf-8").splitlines()
    path.write_text("\n".join(["\x1b[31m{", lines[0], lines[0], lines[1].replace("十五", "三十"), lines[2]]), "utf-8")
    code, out, _ = run("validate", path)
    assert code == ERROR
    assert out.splitlines()[-1] == f"{path}: 2 sound questions, 2 of them with an answer; 4 faults"
    faults = [line.removeprefix(f"{path}: ") for line in out.splitlines()[:-1]]
    assert [fault.split(":")[0] for fault in faults] == ["line 1", "line 3, b1", "line 3, b1", "line 4, b2"]
    code, out, _ = run("validate", SET, path, "--json")
    assert code == ERROR
    sound, faulty = json.loads(out)
    assert (sound["questions"], sound["faults"]) == (7, [])
    # Besides, both of its sound questions are in the other set.
    assert [fault["line"] for fault in faulty["faults"]] == [1, 2, 3, 3, 4, 5]
    assert set(faulty["faults"][0]) == {"line", "id", "problem", "remedy"}
    code, out, err = run(path)
    assert (code, out) == (ERROR, "")
    assert "line 1" in err


def test_a_set_goes_to_a_table_and_back(run: Runs, tmp_path: Path) -> None:
    table, again = tmp_path / "books-dev.csv", tmp_path / "again.jsonl"
    assert run("convert", SET, table) == (DONE, f"{table}: 7 questions\n", "")
    assert run("convert", table, again).code == DONE
    assert [json.loads(line) for line in again.read_text("utf-8").splitlines()] == [
        json.loads(line) for line in SET.read_text("utf-8").splitlines()
    ]
    code, _, err = run("convert", SET, table)
    assert code == ERROR
    assert "is there already: name another file, or give --force" in err
    assert run("convert", SET, table, "--force").code == DONE
    assert run("validate", table).code == DONE


# --- compare ------------------------------------------------------------------------------------


def test_the_same_run_compared_is_equal(run: Runs, report: Path) -> None:
    code, out, err = run("compare", report, report / "run.json")
    assert (code, err) == (DONE, "")
    assert out.startswith("7 questions are in both runs\n")
    assert "significantly" not in out


def test_a_significant_drop_fails(run: Runs, changed: Callable[[str], Path]) -> None:
    good, bad = changed("right"), changed("wrong")
    code, out, err = run("compare", good, bad)
    assert code == ERROR
    assert err == "policy-assistant: dropped significantly: success\n"
    assert "right before, wrong after: 35" in out
    assert run("compare", bad, good).code == DONE
    code, out, _ = run("compare", good, bad, "--json")
    assert code == ERROR
    assert json.loads(out)["drops"] == ["success"]


def test_what_is_no_run_is_an_error(run: Runs, report: Path, tmp_path: Path) -> None:
    assert run("compare", report).code == USAGE
    code, _, err = run("compare", report, tmp_path)
    assert code == ERROR
    assert "run.json' cannot be read" in err
