"""The commands of the HTTP service's operator: keys, and what was asked in vain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from assistant.cli import main
from tests.conftest import FIXTURES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The service's folder of a service over the invented corpus."""
    monkeypatch.setenv("ASSISTANT_CORPUS", str(FIXTURES / "corpus"))
    monkeypatch.setenv("ASSISTANT_SERVER_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("policies", "unknown"),
    [
        (None, []),
        ("yunchao", []),
        ("yunchao, lantern", []),
        ("yunchoa", ["yunchoa"]),
        ("lantern,foo,bar", ["foo", "bar"]),
    ],
)
def test_a_key_for_a_policy_that_is_not_here_is_made_with_a_note(
    data: Path, capsys: pytest.CaptureFixture[str], policies: str | None, unknown: Sequence[str]
) -> None:
    assert main(["keys", "create", "shop", *(["--policies", policies] if policies else [])]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("pak_")
    told = [line for line in err.splitlines() if line.startswith("note: ")]
    assert told == [
        f"note: there is no policy '{name}' here, but lantern, yunchao; the key is made all the same"
        for name in unknown
    ]


def test_a_key_of_the_name_of_another_is_made_with_a_note(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def made(name: str) -> tuple[str, str]:
        assert main(["keys", "create", name]) == 0
        out, err = capsys.readouterr()
        return out.split("_")[1], err

    first, err = made("shop")
    assert "note" not in err
    assert "note" not in made("another shop")[1]
    second, err = made("shop")
    assert f"note: there is 1 key of this name already: {first}" in err
    assert main(["keys", "revoke", first]) == 0
    assert f"1 key of this name already: {second}" in made("shop")[1]


def test_a_key_is_made_where_no_corpus_can_be_read(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_CORPUS", str(data / "nowhere"))
    assert main(["keys", "create", "shop", "--policies", "foo"]) == 0
    assert "note" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "kept", "told"),
    [
        ([], "90", "nothing was asked in vain in the last 90 days"),
        (["--days", "1"], "90", "nothing was asked in vain in the last 1 day"),
        (["--days", "400"], "30", "nothing was asked in vain in the last 30 days"),
        ([], "0", "no feedback is kept: ASSISTANT_SERVER_FEEDBACK_DAYS is 0"),
    ],
)
def test_it_is_said_that_nothing_was_asked_in_vain(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    kept: str,
    told: str,
) -> None:
    monkeypatch.setenv("ASSISTANT_SERVER_FEEDBACK_DAYS", kept)
    assert main(["feedback", *options]) == 0
    assert capsys.readouterr().out == f"{told}\n"
    # Programs read a list.
    assert main(["feedback", "--json", *options]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_of_what_was_asked_with_a_key_that_there_is_none_of_nothing_is_said(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "create", "shop", "--json"]) == 0
    key = json.loads(capsys.readouterr().out)["id"]
    assert main(["feedback", "--key", key]) == 0
    assert capsys.readouterr().out == f"nothing was asked in vain with key {key} in the last 90 days\n"
    assert main(["feedback", "--key", "k1"]) == 1
    assert "there is no key 'k1'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", " "])
def test_a_key_has_a_name(data: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["keys", "create", name]) == 2
    assert "say whose it is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("is_terminal", "host", "shown"), [(True, "::1", "http://[::1]:8000"), (False, "127.0.0.1", "")]
)
def test_a_terminal_is_told_where_the_help_chat_is(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_terminal: bool,
    host: str,
    shown: str,
) -> None:
    monkeypatch.setattr("assistant.server.run.serve", lambda *_, prepare, **__: prepare())
    monkeypatch.setattr("assistant.cli.serve.build", lambda _: "")
    monkeypatch.setattr("assistant.cli.serve.is_terminal", lambda _: is_terminal)
    assert main(["serve", "--host", host]) == 0
    err = capsys.readouterr().err
    assert (shown in err) if shown else not err
