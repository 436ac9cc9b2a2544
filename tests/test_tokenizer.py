"""The tokenizer and the cache of its dictionary."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import jieba
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.text import STOPWORDS, fold
from assistant.text.tokenizer import Tokenizer
from tests.timing import seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.fixture(scope="module")
def tokenizer(cache_dir: Path) -> Tokenizer:
    return Tokenizer(["个推", "白驹跑腿", "雲巢讀書", "Getui", "中", "  "], cache_dir=cache_dir)


@pytest.mark.parametrize("text", ["白驹跑腿", "白駒跑腿", "请问白驹跑腿怎么样", "\u200b白驹\u200b跑腿"])
def test_tokenizer_keeps_a_name_whole(tokenizer: Tokenizer, text: str) -> None:
    assert "白驹跑腿" in tokenizer.tokens(text)


def test_tokenizer_keeps_names_whole_in_whatever_characters_they_are_given(tokenizer: Tokenizer) -> None:
    assert tokenizer.words == ("getui", "个推", "云巢读书", "白驹跑腿")
    assert tokenizer.tokens("个推") == ["个推"]
    assert "云巢读书" in tokenizer.tokens("云巢读书")
    assert "个推" not in Tokenizer(cache_dir=tokenizer._cache_dir).tokens("个推")


def test_tokenizers_do_not_share_their_names(tokenizer: Tokenizer, cache_dir: Path) -> None:
    assert tokenizer.tokens("白驹跑腿") == ["跑腿", "白驹跑腿"]
    assert "白驹跑腿" not in Tokenizer(["跑腿"], cache_dir=cache_dir).tokens("白驹跑腿")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("個推會收集設備信息嗎", "个推会收集设备信息吗"),
        ("註銷帳號", "注销账号"),
        ("ＩＭＥＩ", "imei"),
        ("collecting cookies", "Collected COOKIE"),
        ("my children's rights", "children right"),
    ],
)
def test_tokens_are_the_same_for_what_means_the_same(tokenizer: Tokenizer, one: str, other: str) -> None:
    assert tokenizer.tokens(one) == tokenizer.tokens(other) != []


def test_tokens_leave_stop_words_out(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokens("你们的是什么 what is the 了吗") == []
    assert all(word == fold(word) for word in STOPWORDS)


@given(ANY_TEXT)
@example("\0\ud800中\U0002a6d6\uf900")
@settings(max_examples=200)
def test_tokens_of_any_text(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.tokens(text)
    assert all(token and token == fold(token) and token not in STOPWORDS for token in tokens)


@pytest.mark.parametrize("run", ["龘", "a", "1", "個", "\x1b["])
def test_tokens_of_a_long_run_come_in_time(tokenizer: Tokenizer, run: str) -> None:
    assert seconds(lambda: tokenizer.tokens(run * (100_000 // len(run)))) < 5


def test_threads_may_share_a_tokenizer(cache_dir: Path) -> None:
    words = [f"{stem}{ending}" for stem in ("collect", "process", "deliver") for ending in ("ing", "ed", "ion", "s")]
    texts = [f"{word} {n}{word}{n}ing 收集信息" for n in range(20) for word in words]
    expected = [Tokenizer(cache_dir=cache_dir).tokens(text) for text in texts[:1]]
    shared = Tokenizer(cache_dir=cache_dir)
    results: list[list[list[str]]] = []
    threads = [
        threading.Thread(target=lambda: results.append([shared.tokens(text) for text in texts])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert results[0][:1] == expected
    assert all(result == results[0] for result in results)


# --- The dictionary's cache ------------------------------------------------------------


@pytest.fixture
def small_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three words in place of jieba's 350,000, which take a second."""
    lines = "收集 1000 v\n信息 1000 n\n设备信息 10 n\n"
    monkeypatch.setattr("jieba.Tokenizer.get_dict_file", lambda self: io.BytesIO(lines.encode()))


NAME = "jieba-0.42.1.txt"
WORDS = ["收集", "信息"]


@pytest.mark.usefixtures("small_dictionary")
def test_dictionary_is_kept_in_our_folder_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(shared))
    cache = tmp_path / "a" / "cache"
    assert Tokenizer(cache_dir=cache).tokens("收集信息") == WORDS
    assert Tokenizer().tokens("收集信息") == WORDS
    assert [path.name for path in cache.iterdir()] == [NAME]
    assert not any(shared.iterdir())
    assert cache.stat().st_mode & 0o077 == 0


def test_dictionary_from_the_cache_is_jiebas_own(cache_dir: Path, tokenizer: Tokenizer) -> None:
    tokenizer.tokens("收集")
    theirs = jieba.Tokenizer()
    words, total = theirs.gen_pfdict(theirs.get_dict_file())
    ours = Tokenizer(cache_dir=cache_dir)._segmenter("".join(word[0] for word in words))
    assert words == ours.FREQ
    assert ours.total == total


def test_only_the_words_that_a_text_can_hold_are_read(cache_dir: Path) -> None:
    tokenizer = Tokenizer(["个推"], cache_dir=cache_dir)
    assert tokenizer.tokens("what does Getui collect") == ["getui", "collect"]
    assert tokenizer._jieba is None
    tokenizer.tokens("收集")
    assert {word[0] for word in tokenizer._segmenter("收集").FREQ} == {"收", "集"}


@pytest.mark.usefixtures("small_dictionary")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-5],
        lambda data: data.replace("收集 1000".encode(), "收集 1001".encode()),
        lambda data: data + b"x",
        lambda data: data.split(b"\n", 1)[1],
        lambda data: b"",
        lambda data: bytes(range(256)),
    ],
    ids=["cut", "altered", "longer", "no digest", "empty", "binary"],
)
def test_a_damaged_dictionary_is_made_again(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    Tokenizer(cache_dir=tmp_path).tokens("收集")
    whole = (tmp_path / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(damage(whole))
    assert (tmp_path / NAME).read_bytes() != whole
    assert Tokenizer(cache_dir=tmp_path).tokens("收集信息") == WORDS
    assert (tmp_path / NAME).read_bytes() == whole
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.usefixtures("small_dictionary")
@pytest.mark.parametrize("where", ["cache", "cache/deeper", "taken"])
def test_a_cache_that_cannot_be_written_does_no_harm(
    tmp_path: Path, where: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    (tmp_path / "taken" / NAME).mkdir(parents=True)
    assert Tokenizer(["个推"], cache_dir=tmp_path / where).tokens("个推收集信息") == ["个推", *WORDS]
    assert capfd.readouterr() == ("", "")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == [NAME]


@pytest.mark.usefixtures("small_dictionary")
def test_a_full_disk_leaves_no_half_written_dictionary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert Tokenizer(cache_dir=tmp_path).tokens("收集信息") == WORDS
    assert not list(tmp_path.iterdir())
