"""Corpora on disk: every way a folder or a file can be wrong is told with its name and its remedy."""

from __future__ import annotations

import codecs
import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Assistant, AssistantError, CorpusError, PolicyError, Settings, build_index, open_corpus
from assistant.corpus import open_folders, read_policy, read_text
from assistant.corpus.keeping import (
    add_policy,
    change_policy,
    folders_of,
    left_out,
    may_change,
    remove_policy,
    restore_policy,
    same_text,
    update_policy,
)
from assistant.index.passages import passages
from assistant.policy.translations import digest

if TYPE_CHECKING:
    from tests.conftest import FakeEmbedder

TEXT = "一、收集\n我们收集您的手机号码。\n二、联系我们\n电话：12345。\n"
BAIJU = Path(__file__).parent.parent / "corpus" / "baiju"


def put(folder: Path, text: bytes | str = TEXT, metadata: bytes | str | None = None) -> Path:
    """Write a policy into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.txt").write_bytes(text.encode() if isinstance(text, str) else text)
    if metadata is not None:
        (folder / "policy.toml").write_bytes(metadata.encode() if isinstance(metadata, str) else metadata)
    return folder


def refused(error: type[AssistantError], folder: Path, *words: str | Path) -> None:
    """Assert that a corpus is refused with a message that holds all `words`."""
    with pytest.raises(error) as caught:
        open_corpus(folder)
    for word in words:
        assert str(word) in str(caught.value)
    assert type(caught.value) is error


# --- Folders ---------------------------------------------------------------------------


def test_the_invented_corpus(corpus: Path) -> None:
    lantern, yunchao = open_corpus(corpus)
    assert (lantern.id, lantern.language, lantern.version) == ("lantern", "en", "3.1")
    assert (yunchao.id, yunchao.language, yunchao.version) == ("yunchao", "zh", "2024-03-01")
    assert yunchao.aliases == ("云巢读书", "Yunchao")
    assert open_corpus(str(corpus)) == (lantern, yunchao)


def test_a_folder_of_one_policy_is_a_corpus(corpus: Path) -> None:
    assert [policy.id for policy in open_corpus(corpus / "lantern")] == ["lantern"]


def test_each_policy_is_known_with_its_folder(corpus: Path) -> None:
    put(corpus / "by another name", metadata='id = "aaa"')
    found = [(policy.id, path) for policy, path in open_folders(corpus)]
    assert found == [("aaa", corpus / "by another name"), *((name, corpus / name) for name in ("lantern", "yunchao"))]


def test_metadata_may_be_left_out(tmp_path: Path) -> None:
    (policy,) = open_corpus(put(tmp_path / "我的政策"))
    assert (policy.id, policy.title, policy.language) == ("我的政策", "我的政策", "zh")
    assert policy.version == hashlib.sha256(TEXT.encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text(TEXT)
    refused(CorpusError, tmp_path / name, tmp_path / name, "not a folder", "--corpus", "ASSISTANT_CORPUS")


def test_a_folder_without_policies(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(TEXT)
    (tmp_path / "empty").mkdir()
    refused(CorpusError, tmp_path, tmp_path, "holds no policy", "NAME/policy.txt")


@pytest.mark.parametrize("look", ["exists", "iterdir"])
def test_a_folder_that_cannot_be_read(corpus: Path, monkeypatch: pytest.MonkeyPatch, look: str) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, look, denied)
    refused(CorpusError, corpus, corpus, "Permission denied", "check that you may read")


@pytest.mark.parametrize("other", ["same", "SAME"])
def test_two_policies_with_one_id(tmp_path: Path, other: str) -> None:
    put(tmp_path / "a", metadata='id = "same"')
    put(tmp_path / "b", metadata=f'id = "{other}"')
    refused(CorpusError, tmp_path, tmp_path / "a", tmp_path / "b", "same id", "change it in the policy.toml of one")


def test_hidden_and_unrelated_files_are_left_alone(corpus: Path) -> None:
    shutil.copytree(corpus / "lantern", corpus / ".lantern.old")
    (corpus / "README.md").write_bytes(b"\xff\0")
    (corpus / "notes").mkdir()
    (corpus / "notes" / "policy.txt.bak").write_text("x")
    (corpus / "lantern" / "draft.txt").write_bytes(b"\xff\0")
    (corpus / "lantern" / ".DS_Store").write_bytes(b"\0")
    assert [policy.id for policy in open_corpus(corpus)] == ["lantern", "yunchao"]


def test_a_policy_may_be_a_link(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "lantern").symlink_to(corpus / "lantern")
    assert [policy.id for policy in open_corpus(tmp_path / "linked")] == ["lantern"]


# --- The text --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("is empty", "write its text")),
        (b" \r\n\t\n", ("is empty", "write its text")),
        ("\u3000\u3000\n".encode(), ("is empty", "give it the text")),
        (codecs.BOM_UTF8, ("is empty",)),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xd8", ("not a text file", "UTF-8")),
        (bytes(range(1, 256)), ("not a text file", "UTF-8")),
        (TEXT.encode("gb18030"), ("not UTF-8", "GB18030", "iconv -f GB18030 -t UTF-8")),
        (TEXT.encode("utf-16"), ("not UTF-8", "UTF-16", "iconv -f UTF-16 -t UTF-8")),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), ("UTF-16", "iconv")),
        (TEXT.encode("utf-16-le"), ("not a text file", "plain text in UTF-8")),
        (b"collect\0ed", ("NUL", "plain text in UTF-8")),
        ("privacy".encode("utf-16-le"), ("NUL", "plain text in UTF-8")),
        (b"We collect caf\xe9 orders.", ("byte 14 is not UTF-8", "plain text in UTF-8")),
        (b"\xed\xa0\x80", ("not UTF-8",)),
    ],
)
def test_a_text_that_cannot_be_read(tmp_path: Path, data: bytes, words: tuple[str, ...]) -> None:
    folder = put(tmp_path / "p", data)
    refused(PolicyError, tmp_path, folder / "policy.txt", *words)


def test_a_text_that_is_missing(tmp_path: Path) -> None:
    folder = put(tmp_path / "p", metadata='id = "p"')
    (folder / "policy.txt").unlink()
    refused(PolicyError, tmp_path, folder / "policy.txt", "No such file", "check that it exists")


@pytest.mark.parametrize("kind", ["folder", "fifo", "device"])
def test_a_text_that_is_no_file(tmp_path: Path, kind: str) -> None:
    folder = put(tmp_path / "p")
    path = folder / "policy.txt"
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    refused(PolicyError, tmp_path, path, "is not a file", "put a text file in its place")


def test_a_text_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "p", "我" * 1000)
    assert len(read_text(folder / "policy.txt", max_bytes=3000)) == 1000
    with pytest.raises(PolicyError, match=r"policy\.txt: has more than 2,999 bytes: divide it"):
        read_text(folder / "policy.txt", max_bytes=2999)
    monkeypatch.setattr("assistant.parsing.MAX_POLICY_CHARS", 999)
    refused(PolicyError, tmp_path, folder / "policy.txt", "1,000 characters", "at most 999")


def test_no_more_of_a_file_is_read_than_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PolicyError, match=r"huge\.txt: has more than 16,000,000 bytes"):
        read_text(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    policy = read_policy(put(tmp_path, codecs.BOM_UTF8 + TEXT.encode(), codecs.BOM_UTF8 + b'id = "p"'))
    assert policy.text == TEXT
    assert policy.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r\n\r\n"])
def test_offsets_are_those_of_the_file(tmp_path: Path, end: str) -> None:
    text = TEXT.replace("\n", end) + "😀 e\u0301 \u200b完"
    policy = read_policy(put(tmp_path, text, 'id = "p"'))
    assert policy.text.encode() == (tmp_path / "policy.txt").read_bytes()
    assert [clause.label for clause in policy.walk() if clause.label] == ["一、", "二、"]
    clause = policy.at(text.index("手机号码"))
    assert text[clause.start : clause.end].startswith("一、收集")
    for passage in passages(policy):
        for left, right in passage.sentences:
            assert "\r" not in policy.text[left:right]


# --- The metadata ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ("id = ", ("is not TOML", "at end of document", "write lines such as")),
        ("id = 'a'\nid = 'b'", ("is not TOML",)),
        ("a = " + "[" * 20_000, ("is not TOML",)),
        ("version = " + "9" * 10_000, ("is not TOML",)),
        ("effective_date = 2022-13-45", ("is not TOML", "line 1")),
        (b"\xff\xfei\0d\0", ("UTF-16", "iconv")),
        ('title = "隐私政策"'.encode("gb18030"), ("GB18030", "iconv")),
        ("", ("is empty", "remove it")),
        ("#" * 100_001, ("more than 100,000 bytes",)),
        ("titel = 'x'", ("unknown key 'titel'", "known are", "title")),
        ("title = 3", ("title must be a text in quotes", "3")),
        ("version = 2.1", ("version must be a text in quotes", "2.1")),
        ("contact = ['a']", ("contact must be a text",)),
        ("id = 7", ("id must be a text",)),
        ("id = ''", ("id ''", "1 to 64 letters", "write id =")),
        ("id = '../up'", ("id '../up'", "1 to 64 letters")),
        ("id = 'a b'", ("id 'a b'", "1 to 64 letters")),
        ("id = 'a\\b'", ("1 to 64 letters",)),
        ("id = '.hidden'", ("the first a letter or digit",)),
        (f"id = '{'a' * 65}'", ("1 to 64 letters",)),
        ("language = 'fr'", ("language 'fr'", "zh, en")),
        ("language = ''", ("language ''", "zh, en")),
        ("aliases = 'x'", ("aliases must be a list of names", "'x'")),
        ("aliases = ['x', 1]", ("aliases must be a list of names",)),
        ("aliases = ['x', ' ']", ("none of them blank",)),
        ("effective_date = 2022", ("effective_date must be a date such as 2022-02-20", "2022")),
        ("effective_date = '2022年2月'", ("effective_date must be a date such as", "2022年2月")),
        ("effective_date = '2022-02-30'", ("effective_date must be a date such as", "2022-02-30")),
        ("effective_date = '20220220'", ("effective_date must be a date such as",)),
        ("effective_date = 07:32:00", ("effective_date must be a date such as",)),
    ],
)
def test_metadata_that_are_not_as_they_should_be(tmp_path: Path, metadata: str | bytes, words: tuple[str, ...]) -> None:
    folder = put(tmp_path / "p", metadata=metadata)
    refused(PolicyError, tmp_path, folder / "policy.toml", *words)


def test_a_folder_name_that_is_no_id(tmp_path: Path) -> None:
    put(tmp_path / "my policy")
    refused(PolicyError, tmp_path, tmp_path / "my policy" / "policy.toml", "id 'my policy'", "write id =")


@pytest.mark.parametrize(
    ("metadata", "date"),
    [
        ("effective_date = 2022-02-20", "2022-02-20"),
        ("effective_date = 2022-02-20T10:00:00+08:00", "2022-02-20"),
        ("effective_date = '2022-02-20'", "2022-02-20"),
        ("effective_date = ''", ""),
        ("title = 'x'", ""),
    ],
)
def test_dates(tmp_path: Path, metadata: str, date: str) -> None:
    policy = read_policy(put(tmp_path / "p", metadata=metadata))
    assert policy.effective_date == date
    assert policy.version == (date or policy.sha256[:12])


# --- The corpus that comes with the program --------------------------------------------


def test_the_policy_that_comes_with_the_program() -> None:
    (policy,) = open_corpus(BAIJU)
    data = (BAIJU / "policy.txt").read_bytes()
    assert policy.sha256 == hashlib.sha256(data).hexdigest()
    assert policy.text == data.decode()
    assert (policy.id, policy.language, policy.effective_date) == ("baiju", "zh", "2022-02-20")
    # What the metadata say is what the text says, but for the names in English.
    year, month, day = (int(part) for part in policy.effective_date.split("-"))
    printed = "".join(policy.text.split())
    assert f"{year}年{month:02}月{day}日" in printed or f"{year}年{month}月{day}日" in printed
    for words in (policy.company, policy.contact, *(alias for alias in policy.aliases if not alias.isascii())):
        assert words in printed
    assert "隐私协议" in policy.title


# --- Adding, correcting, removing ------------------------------------------------------


@pytest.fixture
def shipped(tmp_path: Path) -> Settings:
    """Settings without a corpus of their own: the package's, and a folder for what is added, not there yet."""
    return Settings(policies_dir=tmp_path / "data" / "policies")


def ids(settings: Settings) -> list[str]:
    return [policy.id for policy in open_corpus(*settings.corpus_dirs())]


def hidden(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(".")}


def test_a_policy_is_added_beside_those_that_came_with_the_program(shipped: Settings) -> None:
    before = hash_of(shipped.corpus_dir())
    assert ids(shipped) == ["baiju"]
    policy = add_policy(
        shipped, TEXT, title="云巢  隐私政策 （v2）", company="云巢", effective_date="2024-03-01", version=""
    )
    assert (policy.id, policy.title, policy.company) == ("云巢-隐私政策-v2", "云巢 隐私政策 （v2）", "云巢")
    assert (policy.effective_date, policy.text) == ("2024-03-01", TEXT)
    assert ids(shipped) == ["baiju", "云巢-隐私政策-v2"]
    assert hidden(shipped.writable_dir()) == {".lock"}
    assert hash_of(shipped.corpus_dir()) == before
    assert read_policy(shipped.writable_dir() / policy.id) == policy


def hash_of(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


def test_into_a_corpus_of_ones_own(corpus: Path, tmp_path: Path) -> None:
    settings = Settings(corpus=corpus, policies_dir=tmp_path / "not read")
    add_policy(settings, TEXT, id="new")
    assert ids(settings) == ["lantern", "new", "yunchao"]
    put(tmp_path / "not read" / "x")
    assert ids(settings) == ["lantern", "new", "yunchao"]
    # It may begin as nothing.
    fresh = Settings(corpus=tmp_path / "fresh" / "corpus")
    add_policy(fresh, TEXT, name="/x/My Policy (1).docx")
    assert ids(fresh) == ["my-policy-1"]


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"title": "Privacy Policy"}, "privacy-policy"),
        ({"title": "  ../../etc/passwd "}, "etc-passwd"),
        ({"title": "…"}, "policy"),
        ({"title": "ＡＢ　Ｃ\u202e\x1b[31m"}, "ab-c"),
        ({"title": "长" * 100}, "长" * 40),
        ({"name": "policies/A.B-C.txt"}, "a.b-c"),
        ({}, "policy"),
        ({"id": "Own.ID", "title": "x"}, "Own.ID"),
    ],
)
def test_ids_are_made_of_titles_and_names(shipped: Settings, given: dict[str, Any], made: str) -> None:
    assert add_policy(shipped, TEXT, **given).id == made


def test_no_id_is_given_twice(shipped: Settings) -> None:
    assert [add_policy(shipped, TEXT, title="Baiju").id for _ in range(3)] == ["baiju-2", "baiju-3", "baiju-4"]
    # What came with the program cannot be updated.
    with pytest.raises(CorpusError, match=r"there is a policy 'baiju' already: choose another id"):
        add_policy(shipped, TEXT, id="BAIJU")
    told = r"there is a policy 'baiju-2' already: `policies update baiju-2` puts a new version in its place, or choose"
    with pytest.raises(CorpusError, match=told):
        add_policy(shipped, TEXT, id="Baiju-2")
    with pytest.raises(CorpusError, match=told):
        add_policy(shipped, TEXT, title="Baiju 2", numbered=False)
    assert add_policy(shipped, TEXT, title="Baiju 5", numbered=False).id == "baiju-5"


def test_folders_of_the_same_id_are_told(shipped: Settings, tmp_path: Path) -> None:
    put(shipped.writable_dir() / "x", metadata="id = 'Baiju'")
    with pytest.raises(CorpusError) as caught:
        open_corpus(*shipped.corpus_dirs())
    assert "same id 'Baiju'" in str(caught.value)
    assert str(shipped.writable_dir() / "x") in str(caught.value)


@pytest.mark.parametrize(
    ("text", "known", "message"),
    [
        (" ", {}, "is empty"),
        ("a\0", {}, "NUL"),
        ("\ud800", {}, "surrogate"),
        (TEXT, {"id": "../up"}, "1 to 64 letters"),
        (TEXT, {"effective_date": "soon"}, "effective_date must be a date such as"),
        (TEXT, {"language": "fr"}, "must be one of zh, en"),
        (TEXT, {"titel": "x"}, "unknown key 'titel'"),
    ],
)
def test_nothing_is_left_of_what_could_not_be_added(
    shipped: Settings, text: str, known: dict[str, Any], message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        add_policy(shipped, text, **known)
    assert hidden(shipped.writable_dir()) <= {".lock"}
    assert ids(shipped) == ["baiju"]


def test_a_disk_that_is_full_leaves_nothing_behind(shipped: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device", "policy.txt")

    monkeypatch.setattr("os.fsync", fsync)
    with pytest.raises(CorpusError, match=r"cannot be written .No space left"):
        add_policy(shipped, TEXT)
    assert hidden(shipped.writable_dir()) == {".lock"}
    assert ids(shipped) == ["baiju"]


def test_what_a_process_left_that_was_killed_is_cleared(shipped: Settings) -> None:
    put(shipped.writable_dir() / ".adding-x")
    assert ids(shipped) == ["baiju"]
    add_policy(shipped, TEXT, id="x")
    assert hidden(shipped.writable_dir()) == {".lock"}


def test_two_writers_do_not_mix(shipped: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from filelock import FileLock

    shipped.writable_dir().mkdir(parents=True)
    monkeypatch.setattr("assistant.corpus.keeping._WAIT_S", 0.1)
    with (
        FileLock(shipped.writable_dir() / ".lock"),
        pytest.raises(CorpusError, match="is being changed by another process: try again"),
    ):
        add_policy(shipped, TEXT)
    with ThreadPoolExecutor(8) as pool:
        monkeypatch.setattr("assistant.corpus.keeping._WAIT_S", 30)
        added = list(pool.map(lambda _: add_policy(shipped, TEXT, title="same").id, range(16)))
    assert len(set(added)) == 16
    assert ids(shipped) == sorted(["baiju", *added])


def test_the_folder_of_one_policy_is_no_place_for_another(corpus: Path) -> None:
    with pytest.raises(CorpusError, match="is the folder of one policy: name the one that it stands in"):
        add_policy(Settings(corpus=corpus / "lantern"), TEXT)


def test_metadata_are_corrected_and_comments_stay(corpus: Path) -> None:
    path = corpus / "lantern" / "policy.toml"
    path.write_text(
        '# Ours.\nid = "lantern"  # stays\naliases = ["Lantern"]\ncompany = "x"\neffective_date = 2023-11-15\n'
    )
    settings = Settings(corpus=corpus)
    policy = change_policy(settings, "lantern", title='A "new"\ntitle', company="", effective_date="2024-01-31")
    assert (policy.title, policy.company, policy.effective_date) == ('A "new" title', "", "2024-01-31")
    assert path.read_text().startswith('# Ours.\nid = "lantern"  # stays\naliases = ["Lantern"]\n')
    assert hidden(corpus / "lantern") == set()
    before = path.read_bytes()
    for wrong in ({"effective_date": "x"}, {"language": "fr"}, {"id": "other"}, {"no_such": "x"}):
        with pytest.raises(PolicyError):
            change_policy(settings, "lantern", **wrong)
        assert path.read_bytes() == before
    path.unlink()
    assert change_policy(settings, "lantern", title="x").id == "lantern"
    assert change_policy(Settings(corpus=corpus / "lantern"), "lantern", title="y").title == "y"


@pytest.mark.parametrize("one", [False, True], ids=["a corpus", "the folder of one policy"])
def test_a_new_version_takes_the_place_of_the_former_one(corpus: Path, one: bool) -> None:
    folder = corpus / "lantern"
    (folder / "policy.toml").write_text('# Ours.\ntitle = "Lantern"\ncompany = "L"\neffective_date = 2023-11-15\n')
    (folder / "thesaurus.toml").write_text('[[concept]]\nid = "own"\nkind = "vendor"\nen = ["Inkboat"]\n')
    settings = Settings(corpus=folder if one else corpus)
    former = read_policy(folder)
    policy, kept = update_policy(settings, "lantern", f"{former.text}\nNew.\n", effective_date="2025-01-01")
    assert (policy.id, policy.title, policy.company, policy.version) == ("lantern", "Lantern", "L", "2025-01-01")
    assert policy.text.endswith("New.\n")
    assert policy.concepts == former.concepts != ()
    assert read_policy(folder) == policy
    assert (folder / "policy.toml").read_text().startswith('# Ours.\ntitle = "Lantern"\n')
    assert kept.parent == settings.writable_dir() / ".removed"
    assert replace(read_policy(kept), id="lantern") == former
    assert hidden(settings.writable_dir()) == {".lock", ".removed"}
    assert ids(settings) == (["lantern"] if one else ["lantern", "yunchao"])
    # Nor is the version before lost when there is a third.
    _, again = update_policy(settings, "lantern", former.text)
    assert again != kept
    assert read_policy(again).text == policy.text


def test_english_of_what_has_not_changed_stays(corpus: Path) -> None:
    folder = corpus / "yunchao"
    policy = read_policy(folder)
    changed, kept_as_it_was = policy["1.3.1"], policy["1.3.2"]
    blocks = (
        f'[clauses."{clause.id}"]\nsha256 = "{digest(policy, clause)}"\nen = {["x"] * len(policy.renderings(clause))}\n'
        for clause in (changed, kept_as_it_was)
    )
    (folder / "translations").mkdir()
    (folder / "translations" / "en.toml").write_text(f'language = "en"\n{"".join(blocks)}')
    text = policy.text[: changed.body_end].rstrip("。\n") + "和位置。\n" + policy.text[changed.body_end :]
    policy, _ = update_policy(Settings(corpus=corpus), "yunchao", text)
    assert set(policy.translations) == {kept_as_it_was.id}


def test_a_version_that_cannot_be_put_in_leaves_the_former_one(
    corpus: Path, shipped: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(corpus=corpus)
    before = hash_of(corpus / "lantern")
    text = read_policy(corpus / "lantern").text
    for wrong, known, message in (
        (text, {}, "'lantern' has this very text already: `policies set lantern` corrects what else"),
        (text, {"title": "x"}, "this very text already"),
        (" ", {}, "is empty"),
        ("a\0", {}, "NUL"),
        (TEXT, {"effective_date": "soon"}, "effective_date must be a date such as"),
        (TEXT, {"id": "other"}, "the id of a policy stays"),
        (TEXT, {"titel": "x"}, "unknown key 'titel'"),
    ):
        with pytest.raises((PolicyError, CorpusError), match=message):
            update_policy(settings, "lantern", wrong, **known)
    with pytest.raises(CorpusError, match=r"there is no policy 'x': the corpus has lantern, yunchao"):
        update_policy(settings, "x", TEXT)
    with pytest.raises(CorpusError, match="came with the program"):
        update_policy(shipped, "baiju", TEXT)

    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device", "policy.txt")

    def copytree(*_: object, **__: object) -> None:
        # It has neither a number nor a name of its own.
        raise shutil.Error([("policy.txt", "x/policy.txt", "Input/output error")])

    for what, fails, message in (
        ("os.fsync", fsync, "No space left"),
        ("shutil.copytree", copytree, "Input/output error.*check that you may write /"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(what, fails)
            with pytest.raises(CorpusError, match=rf"cannot be written .*{message}"):
                update_policy(settings, "lantern", TEXT)
    assert hash_of(corpus / "lantern") == before
    assert hidden(corpus) == {".lock"}


def test_a_text_that_is_there_already_is_known(corpus: Path, shipped: Settings) -> None:
    text = read_policy(corpus / "lantern").text
    assert same_text(Settings(corpus=corpus), text) == "lantern"
    assert same_text(Settings(corpus=corpus), f"{text}\n") is None
    assert same_text(shipped, text) is None


def test_a_policy_that_is_removed_is_kept_out_of_sight(corpus: Path) -> None:
    settings = Settings(corpus=corpus)
    text = (corpus / "lantern" / "policy.txt").read_bytes()
    place = remove_policy(settings, "lantern")
    assert ids(settings) == ["yunchao"]
    assert place.parent == corpus / ".removed"
    assert (place / "policy.txt").read_bytes() == text
    # Back again.
    place.rename(corpus / "lantern")
    assert ids(settings) == ["lantern", "yunchao"]
    # Nor is what was removed before lost.
    for _ in range(3):
        remove_policy(settings, "lantern")
        shutil.copytree(corpus / "yunchao", corpus / "lantern")
        (corpus / "lantern" / "policy.toml").write_text("id = 'lantern'")
    assert len(list((corpus / ".removed").iterdir())) == 3


def test_what_cannot_be_removed_or_changed(shipped: Settings, corpus: Path) -> None:
    for change in (remove_policy, change_policy):
        with pytest.raises(CorpusError, match=r"there is no policy 'x': the corpus has baiju"):
            change(shipped, "x")
    with pytest.raises(CorpusError, match="came with the program"):
        change_policy(shipped, "baiju", title="x")
    with pytest.raises(CorpusError, match=r"'baiju' is the only one: add another one first$"):
        remove_policy(shipped, "baiju")
    settings = Settings(corpus=corpus)
    remove_policy(settings, "yunchao")
    with pytest.raises(
        CorpusError, match=r"'lantern' is the only one: add another one first, or .* `policies update lantern`"
    ):
        remove_policy(settings, "lantern")
    assert not may_change(shipped, shipped.corpus_dir() / "baiju")
    assert may_change(settings, corpus / "lantern")


def test_what_came_with_the_program_is_left_out_while_there_is_another(shipped: Settings) -> None:
    add_policy(shipped, TEXT, id="own")
    remove_policy(shipped, "baiju")
    assert list(folders_of(shipped)) == ["own"]
    assert list(left_out(shipped)) == ["baiju"]
    assert [policy.id for policy in open_corpus(*shipped.corpus_dirs())] == ["own"]
    # Whoever takes the last one out by hand is answered from it again.
    shutil.rmtree(shipped.writable_dir() / "own")
    assert list(folders_of(shipped)) == ["baiju"]
    add_policy(shipped, TEXT, id="own")
    restore_policy(shipped, "baiju")
    assert list(folders_of(shipped)) == ["baiju", "own"]
    with pytest.raises(CorpusError, match=r"\.removed"):
        restore_policy(shipped, "own")


def test_readers_see_whole_policies_while_others_come_and_go(shipped: Settings) -> None:
    stop = Event()

    def write() -> None:
        for number in range(20):
            add_policy(shipped, TEXT, id=f"p{number}")
        stop.set()

    seen: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not stop.is_set() and not writing.done():
            seen.append(len(ids(shipped)))
        writing.result()
    assert seen == sorted(seen)
    assert len(ids(shipped)) == 21


def test_the_index_is_of_the_policies_that_are_in_use(
    shipped: Settings, tmp_path: Path, embedder: FakeEmbedder
) -> None:
    settings = shipped.model_copy(update={"cache": tmp_path / "cache"})
    folder = settings.index_folder()
    add_policy(settings, TEXT, id="new")
    assert settings.index_folder() == folder
    assert build_index(settings=settings, embedders=[embedder])[1] == 2
    assert (folder / "CURRENT").is_file()
    assistant = Assistant.open(settings=settings, embedders=[embedder])
    assert [policy.id for policy in assistant.policies] == ["baiju", "new"]
    # Folders that are given by themselves are read by themselves.
    assert [
        policy.id for policy in Assistant.open(settings.corpus_dir(), settings=settings, embedders=[embedder]).policies
    ] == ["baiju"]


# --- Names ---------------------------------------------------------------------------------


def test_a_corpus_names_its_policy_with_and_without_its_noun(tmp_path: Path) -> None:
    texts = {
        "shop": ("Lantern Post Returns Policy", "1. Returns\nYou may return goods to Lantern Post.\n"),
        "staff": ("Employee Privacy Policy", "1. Data\nWe keep data of each employee.\n"),
        "members": ("会员服务协议", "一、会员\n会员可以退款。\n"),
        "plain": ("Privacy Policy", "1. Data\nWe keep your name.\n"),
        "box": ("盒子隐私政策", "一、收集\n我们收集地址。\n"),
        "mail": ("小邮隐私政策", "一、收集\n我们寄出盒子。\n"),
    }
    for name, (title, text) in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.txt").write_text(f"{title}\n\n{text}", "utf-8")
    named = {policy.id: policy.corpus_names for policy in open_corpus(tmp_path)}
    # An id that is a word of English names nothing: "I shop with …".
    assert named == {
        "shop": ("Lantern Post Returns Policy", "Lantern Post"),
        # The rest of these titles is an ordinary word.
        "staff": ("Employee Privacy Policy",),
        "members": (),
        "plain": (),
        "box": ("盒子隐私政策",),
        "mail": ("小邮隐私政策", "小邮"),
    }


def test_a_brand_and_a_company_without_its_form_name_a_policy_unless_others_have_them(tmp_path: Path) -> None:
    given = {
        "fab1": ("Fable & Thread – Returns and Exchanges", ""),
        "fab2": ("Fable & Thread – Shop Rules", ""),
        "iron-gym": ("Membership Terms", "Ironbridge Fitness Ltd"),
        "lamps": ("Terms of Sale", "Skerry Lamps A/S"),
        "bikes": ("Hire Terms", "Tarn Cycles Pty Ltd"),
        "boots": ("Loan Terms", "Fell Boots Pty. Ltd."),
        "kites": ("Kite Terms", "Moor Kites Co. Ltd"),
        "xl": ("【星罗直播】主播行为规范", ""),
        "car": ("General Terms - Fable & Sons", "Harbour Ltd"),
        "boat": ("Harbour - Boats", "Quay Ltd"),
    }
    for name, (title, company) in given.items():
        put(tmp_path / name, metadata=f'id = "{name}"\ntitle = "{title}"\ncompany = "{company}"')
    named = {policy.id: set(policy.names) for policy in open_corpus(tmp_path)}
    assert {"Fable & Thread", "fab1"} <= named["fab1"]
    assert "Fable & Thread" in named["fab2"], "a question that names it is put to both"
    assert {"Ironbridge Fitness", "Ironbridge Fitness Ltd", "iron-gym"} <= named["iron-gym"]
    assert "Skerry Lamps" in named["lamps"]
    assert "Tarn Cycles" in named["bikes"]
    assert "Fell Boots" in named["boots"]
    assert "Moor Kites" in named["kites"]
    assert "星罗直播" in named["xl"]
    assert "Harbour" not in named["car"] | named["boat"], "two companies have it"
    assert not {"car", "boat"} & (named["car"] | named["boat"]), "words of English"
