"""Corpora on disk: every way a folder or a file can be wrong is told with its name and its remedy."""

from __future__ import annotations

import codecs
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from assistant import AssistantError, CorpusError, PolicyError, open_corpus
from assistant.corpus import open_folders, read_policy, read_text
from assistant.index import passages

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
    assert (policy.id, policy.title, policy.language) == ("我的政策", "一、收集", "zh")
    assert policy.version == hashlib.sha256(TEXT.encode()).hexdigest()[:12]


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text(TEXT)
    refused(CorpusError, tmp_path / name, tmp_path / name, "not a folder", "--corpus", "ASSISTANT_CORPUS")


def test_a_folder_without_policies(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(TEXT)
    (tmp_path / "empty").mkdir()
    refused(CorpusError, tmp_path, tmp_path, "holds no policy", "NAME/policy.txt")


def test_a_folder_that_cannot_be_read(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def iterdir(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", iterdir)
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


# --- The corpus that comes with the package --------------------------------------------


def test_the_policy_that_comes_with_the_package() -> None:
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
