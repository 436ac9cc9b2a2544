"""`policy-assistant policies`: list, add, correct and remove, as at a terminal."""

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


def test_policies_that_came_with_the_package_stay(run: Callable[..., Run]) -> None:
    for command in (("remove", "baiju"), ("set", "baiju", "--title", "x")):
        code, out, err = run("policies", *command)
        assert (code, out) == (ERROR, "")
        assert "'baiju' came with the package" in err


def test_what_is_added_to_a_corpus_of_ones_own(run: Callable[..., Run], file: Path, corpus: Path) -> None:
    assert run("policies", "add", file, "--id", "cloud", "--corpus", corpus, "--no-index").code == DONE
    assert ids(run, "--corpus", corpus) == ["cloud", "lantern", "yunchao"]
    assert ids(run) == ["baiju"]


def test_the_list(run: Callable[..., Run]) -> None:
    code, out, err = run("policies", "list")
    assert (code, err) == (DONE, "")
    assert "101 clauses, 14,313 characters, zh, version 2022-02-20" in out
    assert "came with the package" in out
    (baiju,) = json.loads(run("policies", "list", "--json").out)
    assert baiju["may_change"] is False
    assert baiju["clauses"] == 101
    assert baiju["translated_clauses"] > 90


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
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9), ("old.doc: is a document of old Word", ".docx")),
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
