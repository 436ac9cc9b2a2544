"""Mistyped words of a question, mended to words that the policies use.

Who types Chinese by its sounds gets the right sounds and the wrong characters: 相策 for 相册, 收活地止 for 收货地址.
What is no word, sounds like one of the policies' words and shares a character with it, is taken for that word. An
English word that no dictionary knows, and is one slip away from a word of the policies, is taken for that. So is an
abbreviation that they spell out, such as GPC, for the name with these initials, and "checkup" for their "check-up".
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from assistant.text import STOPWORDS, has_han, normalized, stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assistant.text.tokenizer import Tokenizer

    Word = tuple[int, int, int]
    """Where it begins and ends, and how frequent it is in Chinese."""


class Speller:
    """Knows the words that policies use. Threads may share an instance.

    Args:
        texts: The policies' texts, in all their languages.
        names: English names of the domain, which are no slips though no dictionary has them.
        tokenizer: Divides Chinese texts and questions.
    """

    def __init__(self, texts: Sequence[str], names: Sequence[str], tokenizer: Tokenizer) -> None:
        self._texts = tuple(texts)
        self._names = tuple(names)
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self._words: _Vocabulary | None = None

    def mended(self, question: str) -> str:
        """Return a question with the words that are mistyped as the policies have them; as it is if there are none.

        >>> from assistant.text.tokenizer import Tokenizer
        >>> speller = Speller(["您可以修改收货地址。", "We ask for the calendar permission."], ["igexin"], Tokenizer())
        >>> speller.mended("收活地止在哪改？"), speller.mended("what is the calendar permision for")
        ('收货地址在哪改？', 'what is the calendar permission for')
        """
        asked = normalized(question)
        # Offsets must hold in what was typed.
        if len(asked) != len(question):
            return question
        found = [*self._mistyped_zh(asked), *self._mistyped_en(asked), *self._abbreviated(asked), *self._joined(asked)]
        first = len(question)
        for start, end, word in sorted(found, reverse=True):
            # Of two that overlap, the later one.
            if end <= first:
                question, first = f"{question[:start]}{word}{question[end:]}", start
        return question

    def _mistyped_zh(self, asked: str) -> Iterator[tuple[int, int, str]]:
        words = list(self._tokenizer.divided(asked))
        first = 0
        while first < len(words):
            # The longest first: 收活地止 is one word, 地止 part of it.
            windows = (words[first:last] for last in range(min(first + _MOST_WORDS, len(words)), first, -1))
            mended = next(((window, word) for window in windows if (word := self._by_its_sound(asked, window))), None)
            if mended is None:
                first += 1
                continue
            window, word = mended
            yield window[0][0], window[-1][1], word
            first += len(window)

    def _by_its_sound(self, asked: str, window: Sequence[Word]) -> str:
        """Return the word of the policies that some words that follow one another sound like; empty if none."""
        start, end = window[0][0], window[-1][1]
        typed = asked[start:end]
        if not _LEAST_HAN <= len(typed) <= _MOST_HAN or not has_han(typed):
            return ""
        if any(right - left > 1 and frequency >= _A_WORD for left, right, frequency in window):
            return ""
        if any(one[1] != other[0] for one, other in pairwise(window)):
            return ""
        # 会 and 收 stand beside each other without being a mistyped 回收; 密 and 吗 do not.
        least = _RARE if any(char in STOPWORDS for char in typed) else _COMMON
        if all(char in STOPWORDS or self._tokenizer.frequency(char) >= least for char in typed):
            return ""
        # Nor is 完 and 删 a mistyped 完善.
        if any(char in _VERBS for char in typed):
            return ""
        words = self._vocabulary()
        if typed in words.known:
            return ""
        # 课 beside 能 shares but its modal verb with 可能.
        alike = [word for word in words.by_sound.get(_sound(typed), ()) if not {*typed} & {*word} <= STOPWORDS]
        # 灰复 may be 回复 or 恢复.
        return alike[0] if len(alike) == 1 else ""

    def _mistyped_en(self, asked: str) -> Iterator[tuple[int, int, str]]:
        for match in _ENGLISH.finditer(asked):
            typed = match[0]
            words = self._vocabulary()
            if typed in STOPWORDS or typed in words.known or typed in self._compounds:
                continue
            near = [word for word in words.english.get(typed[0], ()) if _is_near(word, typed)]
            (close,) = get_close_matches(typed, near, n=1, cutoff=_CLOSE) or [typed]
            # Another form of the word, or its British spelling, is no slip.
            if stem(close.replace("z", "s")) == stem(typed.replace("z", "s")):
                continue
            # The dictionary is large, and read only for what may be a slip.
            if typed not in self._in_names and not is_english(typed):
                yield match.start(), match.end(), close

    def _joined(self, asked: str) -> Iterator[tuple[int, int, str]]:
        """Yield words that the policies write with a hyphen, typed without: "checkup"."""
        for match in _JOINED.finditer(asked):
            known = match[0] in self._in_names or match[0] in self._vocabulary().known
            if (written := self._compounds.get(match[0])) and not known:
                yield match.start(), match.end(), written

    @cached_property
    def _compounds(self) -> Mapping[str, str]:
        """What the policies write with a hyphen, by its letters."""
        found = (match for text in self._texts for match in _COMPOUND.findall(normalized(text)))
        return {written.replace("-", ""): written for written in found}

    def _abbreviated(self, asked: str) -> Iterator[tuple[int, int, str]]:
        for match in _INITIALS.finditer(asked):
            typed, written = match[0], self._written_out.get(match[0], frozenset())
            if len(written) == 1 and typed not in STOPWORDS | self._in_names and not is_english(typed):
                yield match.start(), match.end(), next(iter(written))

    @cached_property
    def _written_out(self) -> Mapping[str, frozenset[str]]:
        """The names that the policies spell out, by initials that stand nowhere in them."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name in (match[0] for text in self._texts for match in _NAME.finditer(text)):
            found["".join(re.findall(r"\b[A-Z](?=[a-z])", name)).lower()].add(" ".join(name.split()))
        said = {word for text in self._texts for word in _INITIALS.findall(normalized(text))}
        return {initials: frozenset(names) for initials, names in found.items() if initials not in said}

    @cached_property
    def _in_names(self) -> frozenset[str]:
        return frozenset(word for name in self._names for word in _NAMED.findall(normalized(name)))

    def _vocabulary(self) -> _Vocabulary:
        with self._lock:
            if self._words is None:
                known: set[str] = set()
                for text in map(normalized, self._texts):
                    known.update(_ENGLISH.findall(text))
                    spans = self._tokenizer.divided(text)
                    known.update(text[left:right] for left, right, _ in spans if right - left >= _LEAST_HAN)
                by_sound, english = defaultdict(list), defaultdict(list)
                for word in sorted(known | STOPWORDS):
                    if not has_han(word):
                        english[word[0]].append(word)
                    # What no dictionary has may be cut in the wrong places.
                    elif word in known and len(word) <= _MOST_HAN and self._tokenizer.frequency(word):
                        by_sound[_sound(word)].append(word)
                self._words = _Vocabulary(known=frozenset(known), by_sound=by_sound, english=english)
            return self._words


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vocabulary:
    known: frozenset[str]
    """The policies' words."""
    by_sound: Mapping[str, Sequence[str]]
    """The Chinese ones by their sound."""
    english: Mapping[str, Sequence[str]]
    """The English ones, and stop words, by their first letter."""


def _is_near(word: str, typed: str) -> bool:
    """Say whether a word may be one slip away: what takes long to compare is compared after that."""
    return abs(len(word) - len(typed)) <= 1 and len({*word} ^ {*typed}) <= 2


_ENGLISH = re.compile(r"(?<![a-z0-9.@/_-])[a-z]{5,20}(?![a-z0-9@/_-]|\.[a-z0-9])")
_NAMED = re.compile(r"[a-z]{3,20}")
_JOINED = re.compile(r"(?<![a-z0-9.@/_-])[a-z]{4,20}(?![a-z0-9@/_-]|\.[a-z0-9])")
_COMPOUND = re.compile(r"(?<![a-z0-9.@/_-])[a-z]{1,12}-[a-z]{2,12}(?![a-z0-9@/_-]|\.[a-z0-9])")
_INITIALS = re.compile(r"(?<![a-z0-9.@/_-])[a-z]{3,5}(?![a-z0-9@/_-]|\.[a-z0-9])")
_NAME = re.compile(r"\b[A-Z][a-z]{1,20}(?:['’]s)?(?:(?: (?:of|for|and|the)){0,2} [A-Z][a-z]{1,20}(?:['’]s)?){2,4}\b")
_CLOSE = 0.82
_LEAST_HAN, _MOST_HAN = 2, 6
_MOST_WORDS = 3
_A_WORD = 20
"""Least frequency, in jieba's dictionary, of what is a word in use; variants and slips are in it as well."""
_COMMON = 10_000
"""Least frequency of a character that often stands by itself."""
_VERBS = frozenset("删审查改存传读拍扫关开退换取寄送买卖看听填写登")
"""What people do, said in one character."""
_RARE = 5_000
"""The same of one beside 吗 and its like."""


def _sound(word: str) -> str:
    """Return how a word sounds to those who tell neither tones nor `zh` from `z`, `ing` from `in` and their like.

    >>> _sound("视频") == _sound("视屏"), _sound("收货地址")
    (True, 'sou huo di zi')
    """
    from pypinyin import lazy_pinyin

    return " ".join(_NASAL.sub("n", _RETROFLEX.sub(r"\1", syllable)) for syllable in lazy_pinyin(word))


_RETROFLEX = re.compile(r"^([zcs])h")
_NASAL = re.compile(r"(?<=[aei])ng$")


def is_english(word: str) -> bool:
    """Say whether a dictionary of English has a word.

    >>> is_english("travel"), is_english("Baiju")
    (True, False)
    """
    return bool(_dictionary().known([word]))


@cache
def _dictionary() -> Any:
    from spellchecker import SpellChecker

    return SpellChecker(language="en", distance=1)
