"""`policy-assistant policies`: list, add, update, correct and remove, as at a terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest

from assistant.cli import main
from tests.conftest import FIXTURES, FakeEmbedder
from tests.files import docx, level, lists, paragraph, pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = "云朵隐私政策\n一、收集\n我们收集您的手机号码。\n二、联系我们\n电话：12345。\n"
DONE, ERROR, USAGE = 0, 1, 2


class Run(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run the program with a cache and a folder for added policies of its own, without a model."""
    monkeypatch.setattr("assistant.backends.embedders", lambda settings: (FakeEmbedder(),))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSISTANT_POLICIES_DIR", str(tmp_path / "added"))

    def run(*arguments: object) -> Run:
        code = main(list(map(str, arguments)))
        out, err = capsys.readouterr()
        return Run(code, out, err.removeprefix("building the index, once …\n"))

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "云朵 v1.txt"
    path.write_text(TEXT)
    return path


def ids(run: Callable[..., Run], *options: object) -> list[str]:
    return [policy["id"] for policy in json.loads(run("policies", "list", "--json", *options).out)]


def test_a_policy_comes_is_asked_corrected_and_goes(run: Callable[..., Run], file: Path, tmp_path: Path) -> None:
    assert ids(run) == ["baiju"]
    added = run("policies", "add", file, "--company", "云朵", "--effective-date", "2024-02-03")
    assert (added.code, added.err) == (DONE, "")
    assert added.out.startswith("云朵隐私政策  云朵隐私政策\n")
    assert "2 clauses, 41 characters, zh, version 2024-02-03, 云朵; read as txt, added to" in added.out
    assert "2 policies, up to date" in added.out
    assert ids(run) == ["baiju", "云朵隐私政策"]
    answer = json.loads(run("ask", "云朵收集哪些信息", "--json", "--policy", "云朵隐私政策").out)
    assert [citation["clause_id"] for citation in answer["citations"]] == ["1"]
    assert "一、" in run("outline", "云朵隐私政策").out
    changed = run("policies", "set", "云朵隐私政策", "--title", "云朵", "--effective-date", "")
    assert changed.out.startswith("云朵隐私政策  云朵\n")
    assert "2024" not in changed.out
    removed = run("policies", "remove", "云朵隐私政策")
    assert removed.code == DONE
    assert str(tmp_path / "added" / ".removed") in removed.out
    assert "1 policy, up to date" in removed.out
    assert ids(run) == ["baiju"]


def test_what_a_policy_says_of_itself_is_known_unless_it_is_told(
    run: Callable[..., Run], file: Path, tmp_path: Path
) -> None:
    file.write_text(f"{TEXT}电话：0571-88886666。\n生效日期：2024年2月3日\n")
    added = run("policies", "add", file, "--id", "cloud", "--no-index")
    assert "company 云朵, effective date 2024-02-03, contact 0571-88886666" in added.err
    assert "`policies set cloud`" in added.err.replace("policy-assistant ", "")
    file.write_text(f"{TEXT}电话：0571-88886667。\n")
    told = run("policies", "add", file, "--id", "other", "--company", "", "--contact", "x@y.example", "--no-index")
    assert told.err == ""
    policies = {policy["id"]: policy for policy in json.loads(run("policies", "list", "--json").out)}
    assert [policies["cloud"][name] for name in ("company", "contact")] == ["云朵", "0571-88886666"]
    assert [policies["other"][name] for name in ("company", "contact")] == ["", "x@y.example"]


def test_a_policy_that_came_with_the_program_is_left_out_and_used_again(run: Callable[..., Run], file: Path) -> None:
    code, out, err = run("policies", "set", "baiju", "--title", "x")
    assert (code, out) == (ERROR, "")
    assert "'baiju' came with the program" in err
    code, out, err = run("policies", "remove", "baiju")
    assert (code, out) == (ERROR, "")
    assert "'baiju' is the only one: add another one first" in err
    assert "update" not in err
    run("policies", "add", file, "--id", "cloud", "--no-index")
    left = run("policies", "remove", "baiju")
    assert left.code == DONE
    assert "`policy-assistant policies restore baiju` uses it again" in left.out
    assert ids(run) == ["cloud"]
    assert "baiju  came with the program, not used" in run("policies", "list").out
    # Nothing is left to answer then.
    assert "'cloud' is the only one" in run("policies", "remove", "cloud").err
    assert run("policies", "remove", "baiju").code == ERROR
    assert run("policies", "restore", "baiju").code == DONE
    assert ids(run) == ["baiju", "cloud"]
    code, out, err = run("policies", "restore", "baiju")
    assert (code, out) == (ERROR, "")
    assert ".removed" in err


def test_what_is_added_to_a_corpus_of_ones_own(run: Callable[..., Run], file: Path, corpus: Path) -> None:
    assert run("policies", "add", file, "--id", "cloud", "--corpus", corpus, "--no-index").code == DONE
    assert ids(run, "--corpus", corpus) == ["cloud", "lantern", "yunchao"]
    assert ids(run) == ["baiju"]
    # One that is not there yet is begun.
    new = corpus / "new" / "corpus"
    assert run("policies", "add", file, "--id", "cloud", "--corpus", new, "--no-index").code == DONE
    assert ids(run, "--corpus", new) == ["cloud"]


def test_the_list(run: Callable[..., Run]) -> None:
    code, out, err = run("policies", "list")
    assert (code, err) == (DONE, "")
    assert "101 clauses, 14,313 characters, zh, version 2022-02-20" in out
    assert "came with the program" in out
    (baiju,) = json.loads(run("policies", "list", "--json").out)
    assert baiju["may_change"] is False
    assert baiju["clauses"] == 101
    assert baiju["translated_clauses"] > 90


def test_a_second_policy_of_the_same_name_or_text_is_told_and_not_added(
    run: Callable[..., Run], file: Path, tmp_path: Path
) -> None:
    assert run("policies", "add", file, "--no-index").code == DONE
    for options in ((), ("--id", "other"), ("--title", "Other")):
        code, out, err = run("policies", "add", file, *options)
        assert (code, out) == (ERROR, "")
        assert "policy '云朵隐私政策' has this very text already" in err
    file.write_text(f"{TEXT}三、未成年人\n请监护人同意。\n")
    for options in ((), ("--id", "云朵隐私政策")):
        code, out, err = run("policies", "add", file, *options)
        assert (code, out) == (ERROR, "")
        assert "already: `policies update 云朵隐私政策` puts a new version in its place" in err
    # Two companies may call theirs the same.
    assert run("policies", "add", file, "--id", "other", "--no-index").code == DONE
    assert ids(run) == ["baiju", "other", "云朵隐私政策"]


def test_a_new_version_is_put_in(run: Callable[..., Run], file: Path, tmp_path: Path) -> None:
    assert run("policies", "add", file, "--id", "cloud", "--effective-date", "2024-02-03").code == DONE
    file.write_text(TEXT.replace("手机号码", "手机号码和邮箱"))
    code, out, err = run("policies", "update", "cloud", file, "--effective-date", "2025-01-01")
    assert (code, err) == (DONE, "")
    assert out.startswith("cloud  云朵隐私政策\n")
    assert "version 2025-01-01, 云朵; read as txt, the former version is kept in" in out
    assert str(tmp_path / "added" / ".removed" / "cloud-") in out
    assert "2 policies, up to date" in out
    assert ids(run) == ["baiju", "cloud"]
    assert "邮箱" in run("ask", "云朵收集哪些信息", "--policy", "cloud").out
    code, out, err = run("policies", "update", "cloud", file)
    assert (code, out) == (ERROR, "")
    assert "'cloud' has this very text already: `policies set cloud` corrects" in err
    file.write_text(TEXT)
    assert run("policies", "update", "cloud", file, "--no-index").err == (
        "note: cloud still takes effect on 2025-01-01: "
        "`policy-assistant policies set cloud --effective-date YYYY-MM-DD` corrects that\n"
    )


def test_a_new_version_has_the_date_that_its_text_tells(run: Callable[..., Run], file: Path) -> None:
    text = "Shop rules\nEffective date: 1 March 2025\n1. Returns\nYou may return goods within a week.\n"
    file.write_text(text)
    assert run("policies", "add", file, "--id", "shop", "--no-index").code == DONE
    file.write_text(text.replace("2025", "2026"))
    _, out, err = run("policies", "update", "shop", file, "--no-index")
    assert "version 2026-03-01" in out
    assert err.startswith("note: shop takes effect, as its text says, on 2026-03-01: ")
    file.write_text(text.replace("week", "month"))
    assert "version 2026-06-01" in run("policies", "update", "shop", file, "--effective-date", "2026-06-01").out


def test_a_version_that_is_written_down_is_told(run: Callable[..., Run], corpus: Path, file: Path) -> None:
    file.write_text((corpus / "lantern" / "policy.txt").read_text() + "New.\n")
    options = ("--effective-date", "2025-01-01", "--no-index", "--corpus", corpus)
    assert run("policies", "update", "lantern", file, *options).err == (
        f"note: {corpus / 'lantern' / 'policy.toml'} still says version '3.1': correct it there\n"
    )


def test_a_version_that_nobody_gave_is_none_to_correct(run: Callable[..., Run], file: Path) -> None:
    file.write_text("Shop rules\n1. Returns\nYou may return goods within a week.\n")
    assert run("policies", "add", file, "--id", "shop", "--no-index").code == 0
    file.write_text("Shop rules\n1. Returns\nYou may return goods within a month.\n")
    assert "version" not in run("policies", "update", "shop", file, "--no-index").err


def test_a_new_version_tells_what_of_its_english_is_to_do(run: Callable[..., Run], corpus: Path, file: Path) -> None:
    assert run("translations", "template", "yunchao", "--update", "--corpus", corpus).code == DONE
    path = corpus / "yunchao" / "translations" / "en.toml"
    path.write_text(path.read_text().replace('  "",', '  "It says so.",'))
    file.write_text((corpus / "yunchao" / "policy.txt").read_text().replace("设备标识符", "设备编号", 1))
    options = ("--effective-date", "2025-01-01", "--no-index", "--corpus", corpus)
    assert run("policies", "update", "yunchao", file, *options).err == (
        "note: 1 clause of its English to do: "
        f"`policy-assistant translations template yunchao --update --corpus {corpus}` makes room for them\n"
    )


@pytest.mark.parametrize(("rendered", "told"), [(0, ""), (1, ", 1 clause in English"), (2, ", 2 clauses in English")])
def test_only_what_is_rendered_in_full_and_up_to_date_is_counted(
    run: Callable[..., Run], tmp_path: Path, rendered: int, told: str
) -> None:
    folder = tmp_path / "own" / "cloud"
    folder.mkdir(parents=True)
    (folder / "policy.txt").write_text(TEXT)
    assert run("translations", "template", "--update", "--corpus", folder.parent).code == DONE
    path = folder / "translations" / "en.toml"
    head, *clauses = path.read_text().rsplit("\n\n", 2)
    full = [clause.replace('""', '"English."') for clause in clauses[:rendered]]
    # A clause of which one sentence is left is not complete.
    begun = [clause.replace('""', '"English."', 1) for clause in clauses[rendered:]]
    path.write_text("\n\n".join([head, *full, *(begun if rendered else clauses)]))
    summary = run("policies", "list", "--corpus", folder.parent).out.splitlines()[1]
    assert ("in English" in summary) == bool(told)
    assert told in summary
    (listed,) = json.loads(run("policies", "list", "--json", "--corpus", folder.parent).out)
    assert listed["translated_clauses"] == rendered
    # Once the text changes, its English does not count.
    (folder / "policy.txt").write_text(TEXT.replace("。\n", "！\n"))
    assert "in English" not in run("policies", "list", "--corpus", folder.parent).out.splitlines()[1]


def test_markdown_is_outlined_as_it_is_stored(run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "notice.md"
    path.write_text(
        "# Acme notice\n\n## Sharing\n\n- **Providers:**\n  - Stripe.\n- Police.\n\n"
        "| Data | Purpose |\n|--|--|\n| Phone | login |\n"
    )
    seen = run("outline", path).out
    assert "      - Stripe.  [p1.p1.p1]" in seen
    assert not any(mark in seen for mark in ("**", "|-"))
    assert run("policies", "add", path, "--id", "acme", "--no-index").code == DONE
    assert run("outline", "acme").out == seen


def test_documents_are_read_and_outlined_alike(run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "cloud.docx"
    levels = [level(0, "chineseCounting", "%1、", '<w:suff w:val="nothing"/>')]
    body = paragraph("收集", number=(1, 0)) + paragraph("我们收集您的手机号码。") + paragraph("使用", number=(1, 0))
    path.write_bytes(docx(body, numbering=lists(levels)))
    seen = run("outline", path)
    assert "一、收集  [1]" in seen.out
    assert "二、使用  [2]" in seen.out
    added = run("policies", "add", path, "--title", "Cloud", "--no-index")
    assert "read as docx" in added.out
    assert run("outline", "cloud").out.splitlines()[1:] == seen.out.splitlines()[1:]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("no.txt", None, ("no.txt: cannot be read", "check that it exists")),
        ("scan.pdf", pdf([[]]), ("scan.pdf: holds pictures", "OCR")),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), ("old.doc: is an old Word (.doc)", ".docx")),
        ("empty.txt", b"", ("is empty",)),
        ("image.docx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ("is a picture",)),
    ],
)
def test_files_that_cannot_be_added(
    run: Callable[..., Run], tmp_path: Path, name: str, data: bytes | None, words: tuple[str, ...]
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    code, out, err = run("policies", "add", tmp_path / name)
    assert (code, out) == (ERROR, "")
    assert all(word in err for word in words)
    assert "Traceback" not in err
    assert ids(run) == ["baiju"]


def test_wrong_usage(run: Callable[..., Run], file: Path) -> None:
    assert run("policies", "set", "baiju").code == USAGE
    assert run("policies", "add").code == USAGE
    code, _, err = run("policies", "add", file, "--effective-date", "soon")
    assert code == ERROR
    assert "effective_date must be a date such as 2022-02-20, not 'soon'" in err
    code, _, err = run("policies", "add", file, "--id", "my policy")
    assert code == ERROR
    assert "id 'my policy' must be 1 to 64 letters" in err
    assert "policy.toml" not in err, "nothing stands in a file yet"
    code, _, err = run("policies", "add", file, "--id", "baiju")
    assert "there is a policy 'baiju' already" in err
    assert "the corpus has baiju" in run("policies", "remove", "nope").err


def test_terminal_commands_in_a_policy_are_not_obeyed(run: Callable[..., Run], file: Path) -> None:
    file.write_text(f"\x1b]0;owned\x07{TEXT}")
    out = run("policies", "add", file, "--title", "\x1b[31mred\u202e", "--no-index").out
    assert out.startswith("red  red\n")
    assert "\x1b" not in out + run("policies", "list").out


def test_nothing_of_the_users_is_read_by_tests() -> None:
    from assistant import Settings

    assert FIXTURES.parent not in Settings().writable_dir().parents
    assert Settings().corpus_dirs() == (Settings().corpus_dir(),)
