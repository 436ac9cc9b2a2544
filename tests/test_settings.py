"""Settings: arguments, environment variables, and where things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant import AssistantError, Settings
from assistant.errors import SettingsError


def test_every_setting_has_a_default_and_is_described() -> None:
    settings = Settings()
    for name, field in Settings.model_fields.items():
        assert hasattr(settings, name)
        assert field.description
        assert field.description.endswith((".", ")."))


def test_settings_are_immutable() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().k = 3


def test_arguments_come_before_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_K", "7")
    assert Settings().k == 7
    assert Settings(k=8).k == 8


@pytest.mark.parametrize("name", ["ASSISTANT_K", "ASSISTANT_CORPUS", "ASSISTANT_INDEX_DIR", "ASSISTANT_EMBEDDER"])
def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    expected = Settings()
    monkeypatch.setenv(name, "")
    assert Settings() == expected


def test_other_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_SOMETHING_ELSE", "1")
    monkeypatch.setenv("K", "99")
    assert Settings().k == 10


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"k": 0}, ("setting k", "0", "greater than or equal to 1")),
        ({"k": "many"}, ("setting k", "'many'", "integer")),
        ({"corpus": 3}, ("setting corpus", "3", "path")),
        ({"max_question_chars": 9}, ("setting max_question_chars", "9", "10")),
        ({"kk": 1}, ("no setting 'kk'", "max_citations", "index_dir")),
        ({"corpus": Path("~nobody-of-this-name/x")}, ("setting corpus", "no such home folder")),
    ],
)
def test_a_value_that_does_not_suit_is_told_with_what_would(given: dict[str, object], words: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**given)
    for word in words:
        assert word in str(caught.value)
    assert isinstance(caught.value, AssistantError)
    assert isinstance(caught.value, ValueError)


def test_a_variable_that_does_not_suit_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_MAX_CITATIONS", "all")
    with pytest.raises(SettingsError, match=r"setting ASSISTANT_MAX_CITATIONS cannot be 'all': .*integer"):
        Settings()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"llm_base_url": "example"}, "cannot be 'example': it must begin with http:// or https:// and name a host"),
        ({"ui_password": "short"}, "cannot be (not shown): it must have 8 characters or more"),
        ({"llm_base_url": "https://u@x"}, "cannot be (not shown): it must have no user, password, query or fragment"),
        ({"corpus": Path("~nobody-of-this-name/x")}, "there is no such home folder"),
    ],
)
def test_what_is_wanted_is_told_in_plain_words(given: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(**given)
    assert told in str(caught.value)
    assert "value error" not in str(caught.value).lower()


def test_folders_may_begin_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_INDEX_DIR", "~/index")
    assert Settings().index_dir == tmp_path / "index"
    assert Settings(cache=Path("~/cache")).cache_dir() == tmp_path / "cache"


def test_the_cache_is_the_users_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache_dir: Path) -> None:
    assert Settings().cache_dir() == cache_dir
    monkeypatch.delenv("ASSISTANT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Settings().cache_dir().name == "policy-assistant"
    assert not any(tmp_path.iterdir())


def test_the_corpus_is_the_one_that_comes_with_the_package(tmp_path: Path) -> None:
    assert (Settings().corpus_dir() / "baiju" / "policy.txt").is_file()
    assert Settings(corpus=tmp_path).corpus_dir() == tmp_path


def test_policies_are_added_to_the_users_folder_or_to_the_corpus(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache_dir: Path
) -> None:
    assert Settings().writable_dir() == cache_dir / "policies"
    monkeypatch.delenv("ASSISTANT_POLICIES_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings().writable_dir().parts[-2:] == ("policy-assistant", "policies")
    assert Settings().corpus_dirs() == (Settings().corpus_dir(),)
    added = Settings(policies_dir=tmp_path)
    assert added.corpus_dirs() == (added.corpus_dir(), tmp_path)
    own = Settings(corpus=tmp_path / "own", policies_dir=tmp_path)
    assert own.corpus_dirs() == (tmp_path / "own",)
    assert own.writable_dir() == tmp_path / "own"


def test_each_corpus_has_an_index_of_its_own(tmp_path: Path) -> None:
    given = [{}, {"policies_dir": tmp_path}, {"policies_dir": tmp_path / "x"}, {"corpus": tmp_path}]
    assert len({Settings(**each).index_folder() for each in given}) == len(given)
    assert Settings(corpus=tmp_path).index_folder() == Settings(corpus=tmp_path, policies_dir=tmp_path).index_folder()
    assert Settings(index_dir=tmp_path).index_folder() == tmp_path
