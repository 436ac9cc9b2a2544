"""Tokenizer: a text as the words that lexical retrieval compares, with jieba's dictionary for Chinese ones."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.storage import write
from assistant.text import STOPWORDS, fold, has_han, normalized, sha256_of, simplified, stem, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import jieba

_TOKEN = re.compile(r"[\u3400-\u9fff]{1,500}|[a-z0-9]{1,64}")


class Tokenizer:
    """Chinese and English words of a text, by jieba with a dictionary of one's own.

    jieba divides names that its dictionary lacks (个推 becomes 个 and 推), so the names of a
    policy and of its domain are added to an instance that is not shared with anyone.

    Threads may share an instance.

    Args:
        words: Names to be kept whole, in simplified or traditional characters; those of one
            character are ignored.
        cache_dir: Where jieba's dictionary is kept in a form that loads in a moment; one
            that cannot be written does no harm. None keeps it nowhere.
    """

    def __init__(self, words: Iterable[str] = (), *, cache_dir: Path | None = None) -> None:
        cleaned = {fold(simplified(visible(word))).strip() for word in words}
        self._words = sorted(word for word in cleaned if len(word) > 1)
        self._cache_dir = cache_dir
        self._names: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if has_han(word) and word not in STOPWORDS:
                self._names[word[0]].append(word)
        self._jieba: jieba.Tokenizer | None = None
        self._unread: dict[str, str] = {}
        self._lock = threading.Lock()
        # A question is divided by several, one after the other.
        self._words_of = lru_cache(maxsize=256)(lambda run: tuple(self._segmenter(run).cut(run)))

    @property
    def words(self) -> tuple[str, ...]:
        """The names that are kept whole, folded and sorted."""
        return tuple(self._words)

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of `text` in search mode: long words together with their parts.

        Chinese is simplified, everything folded, English words stemmed, stop words left out.

        >>> Tokenizer(["个推"]).tokens("What does 个推 collect? 個推會收集設備信息嗎")
        ['个推', 'collect', '个推', '收集', '设备', '信息']
        """
        found: list[str] = []
        for match in _TOKEN.finditer(normalized(text)):
            run = match[0]
            if not has_han(run):
                found.append(run if run in STOPWORDS or run.isdecimal() else stem(run))
            else:
                found.extend(self._in_parts(run))
        return [token for token in found if token not in STOPWORDS]

    def divided(self, text: str) -> Iterator[tuple[int, int, int]]:
        """Yield where each Chinese word of a text begins and ends, and its frequency: 0 if no dictionary has it.

        The words follow one another; stop words and single characters are among them.

        Args:
            text: Text in its normalized form.

        >>> list(Tokenizer().divided("相策权限"))
        [(0, 2, 0), (2, 4, 586)]
        """
        for match in _TOKEN.finditer(text):
            if has_han(match[0]):
                frequencies, end = self._segmenter(match[0]).FREQ, match.start()
                for word in self._words_of(match[0]):
                    start, end = end, end + len(word)
                    yield start, end, frequencies.get(word) or 0

    def frequency(self, word: str) -> int:
        """Return how frequent a Chinese word is, 0 if no dictionary has it."""
        return self._segmenter(word).FREQ.get(word) or 0

    def _in_parts(self, run: str) -> Iterator[str]:
        """Yield the Chinese words of a run of characters, each after the words of two and three characters in it."""
        frequencies = self._segmenter(run).FREQ
        for word in self._words_of(run):
            for size in (2, 3):
                if len(word) > size:
                    parts = (word[start : start + size] for start in range(len(word) - size + 1))
                    yield from filter(frequencies.get, parts)
            yield word

    def _segmenter(self, run: str) -> jieba.Tokenizer:
        """Return jieba with every word of its dictionary that begins with a character of `run`.

        A question has twenty characters; to read the words of all twelve thousand would take longer
        than to answer it.
        """
        with self._lock:
            if self._jieba is None:
                self._jieba = self._load()
            for first in set(run):
                if first in self._unread or first in self._names:
                    self._read_words(self._jieba.FREQ, first)
            return self._jieba

    def _load(self) -> jieba.Tokenizer:
        import jieba

        segmenter = jieba.Tokenizer()
        # Not by its own `initialize`: that reads a file of the shared temporary folder with
        # `marshal`, believes a damaged one, and prints a traceback where it cannot write.
        self._unread, total = _dictionary(segmenter, self._cache_dir)
        segmenter.FREQ = {}
        segmenter.total = total + _NAME_FREQUENCY * sum(map(len, self._names.values()))
        segmenter.initialized = True
        return segmenter

    def _read_words(self, frequencies: dict[str, int], first: str) -> None:
        parts = self._unread.pop(first, "").split()
        frequencies.update(zip(parts[::2], map(int, parts[1::2]), strict=True))
        for name in self._names.pop(first, ()):
            frequencies[name] = max(frequencies.get(name, 0), _NAME_FREQUENCY)
            for end in range(1, len(name)):
                frequencies.setdefault(name[:end], 0)


def _dictionary(segmenter: jieba.Tokenizer, cache_dir: Path | None) -> tuple[dict[str, str], int]:
    """Return jieba's dictionary by first character, and the sum of its frequencies.

    Under each character, words and their frequencies take turns, divided by blanks; every beginning
    of a word is among them, with 0.
    """
    import jieba

    path = cache_dir / f"jieba-{jieba.__version__}.txt" if cache_dir else None
    if path:
        # Missing, cut short or altered: it is made again.
        with suppress(OSError, ValueError):
            digest, _, text = path.read_text("utf-8").partition("\n")
            if digest == sha256_of(text):
                total, *blocks = text.split("\n")
                return {block[0]: block for block in blocks}, int(total)
    words, total = segmenter.gen_pfdict(segmenter.get_dict_file())
    by_first: dict[str, list[str]] = defaultdict(list)
    for word, frequency in words.items():
        by_first[word[0]].append(f"{word} {frequency}")
    found = {first: " ".join(entries) for first, entries in by_first.items()}
    if path:
        text = "\n".join([str(total), *found.values()])
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write(path, f"{sha256_of(text)}\n{text}")
    return found, total


# As frequent as common nouns in jieba's dictionary, so that a name wins over its parts.
_NAME_FREQUENCY = 20_000
