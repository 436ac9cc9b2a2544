"""Text primitives: folding, sentences, language, stems.

Everything here is a pure function of its input. Offsets are code points throughout.
"""

from __future__ import annotations

import hashlib
import re
import threading
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set


Language = Literal["zh", "en"]
"""Languages that the assistant answers in."""

Span = tuple[int, int]
"""A half-open range of code points."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_HAN_RUN = re.compile(f"{_HAN.pattern}+")
_WORD = re.compile(r"[a-z][a-z'’]*", re.IGNORECASE)

# Code points that no reader sees but that carry hidden text or break matching: Unicode's
# Default_Ignorable_Code_Point (zero-width and bidirectional controls, fillers, variation
# selectors, tags), and the marks of interlinear notes.
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Escape sequences of ECMA-48, in seven and in eight bits: CSI with its parameters; OSC, DCS,
# SOS, PM and APC with their strings, to the end of the line if nothing ends them; the others. In eight bits something
# must: a quotation mark whose UTF-8 was read as another encoding holds such a character, too.
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|[\x90\x98\x9d-\x9f][^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Then any other control character except tab and newline, and lone surrogates.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# What any of these begins with. Most texts have none of it, which is sooner seen than each by itself.
_UNUSUAL = re.compile(rf"[\r\x0b\x0c\u2028\u2029]|{_INVISIBLE.pattern}|{_CONTROL.pattern}")


def _fold_table() -> dict[int, int]:
    table = {0x3000: 0x20, 0xA0: 0x20, 0x2018: 0x27, 0x2019: 0x27, 0x201C: 0x22, 0x201D: 0x22}
    table |= {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    # Only letters whose lower case is one code point: "İ" becomes two and stays as it is.
    for code in (*range(0x41, 0x600), *range(0x1E00, 0x2000)):
        lower = chr(code).lower()
        if len(lower) == 1 and ord(lower) != code:
            table[code] = ord(lower)
    table |= {code: table[code - 0xFEE0] for code in range(0xFF21, 0xFF3B)}
    return table


_FOLD = _fold_table()


def fold(text: str) -> str:
    """Return `text` in lower case with half-width forms, of exactly the same length.

    NFKC, `str.lower` and `str.casefold` may change the length of a text, after which
    offsets no longer point where they did; this maps code point to code point.

    >>> fold("ＩＭＥＩ（一）：App")
    'imei(一):app'
    >>> len(fold("İ")) == len("İ")
    True
    """
    return text.translate(_FOLD)


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text, hexadecimal, whatever it holds: what comes from outside may be half a character."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def visible(text: str) -> str:
    r"""Return `text` without escape sequences, control and invisible characters; every line ends in a newline.

    For text that is about to be shown, or that comes from outside: a policy, a question
    or a model can carry terminal commands and hidden instructions.

    >>> visible("\x1b[31mred\x1b[0m a\u200bb")
    'red ab'
    """
    if not _UNUSUAL.search(text):
        return text
    return _CONTROL.sub("", _INVISIBLE.sub("", _ANSI.sub("", _LINE_END.sub("\n", text))))


def simplified(text: str) -> str:
    """Return Chinese `text` in simplified characters, with 账 for an account; other text unchanged.

    >>> simplified("註銷帳號要多久")
    '注销账号要多久'
    """
    # Run by run: the converter refuses text with lone surrogates.
    return _ACCOUNT.sub("账", _HAN_RUN.sub(lambda run: str(_converter().convert(run[0])), text))


# 帐号 and 账号 are one word in two spellings; a tent, 帐篷, is another.
_ACCOUNT = re.compile("帐(?=[号户单款目务])")


def visible_line(text: str) -> str:
    r"""Return `text` on one line, without what cannot be seen.

    >>> visible_line(" Lantern\u200b\n Post ")
    'Lantern Post'
    """
    return " ".join(visible(text).split())


def listed(names: Iterable[str], language: Language) -> str:
    """Return names one after another, as a sentence of a language has them.

    >>> listed(["A", "B"], "zh"), listed(["A", "B"], "en")
    ('A、B', 'A, B')
    """
    return ("、" if language == "zh" else ", ").join(names)


def shortened(text: str, width: int) -> str:
    r"""Return `text` on one line, cut to `width` characters.

    >>> shortened("Lantern\n Post", 20), shortened("Lantern Post", 8)
    ('Lantern Post', 'Lantern…')
    """
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


# A question is read by several, one after the other.
@lru_cache(maxsize=256)
def normalized(text: str) -> str:
    r"""Return `text` as names and words are looked for in it: visible, simplified, folded, with single blanks.

    >>> normalized("ＧｅＴｕｉ\n 會收集")
    'getui 会收集'
    """
    # A name of several words may be divided by the end of a line.
    return " ".join(fold(simplified(visible(text))).split())


def any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Return the pattern of any of `names`, whatever its case: Chinese ones anywhere, Latin ones as whole words.

    >>> any_of(["云巢", "Lantern"]).sub("…", "云巢读书 and lantern, not lanterns")
    '…读书 and …, not lanterns'
    >>> any_of(["O’Reilly Books"]).sub("…", "does o'reilly books share it")
    'does … share it'
    """
    return _any_of(tuple(names))


@lru_cache(maxsize=256)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    cleaned = {" ".join(simplified(visible(name)).split()) for name in names}
    # Texts are searched as they are typed, and folded.
    found = sorted({form for name in cleaned for form in (name, fold(name))}, key=lambda name: (-len(name), name))
    parts = [
        _WORD_START * name[0].isascii() + _escaped(name) + _WORD_END * name[-1].isascii() for name in found if name
    ]
    return re.compile("|".join(parts) or "(?!)", re.IGNORECASE)


def _escaped(name: str) -> str:
    """Return the pattern of a name, with any of the apostrophes for each that it has."""
    return re.sub("['’‘]", "['’‘]", re.escape(name))


_WORD_START, _WORD_END = "(?<![A-Za-z0-9])", "(?![A-Za-z0-9])"


@cache
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def language_of(text: str) -> Language:
    """Return the language that `text` is written in, `"zh"` or `"en"`.

    Chinese packs a word into one or two characters, so a text is Chinese when it has at
    least one Han character for every two Latin words. Beside such words a clause's number is in no language.

    >>> language_of("个推会收集 IMEI 吗"), language_of("what does 个推 collect and why is it kept?")
    ('zh', 'en')
    >>> language_of("what does 五（一） say"), language_of("五（一）")
    ('en', 'zh')
    """
    words = len(_WORD.findall(text))
    han = len(_HAN.findall(_CLAUSE_NUMBER.sub("", text) if words > 1 else text))
    return "zh" if han and 2 * han >= words else "en"


_CLAUSE_NUMBER = re.compile(r"(?<![\u4e00-\u9fff])第?[〇零一二三四五六七八九十百]{1,5}[条章节款项]?(?![\u4e00-\u9fff])")


def decides_language(text: str) -> bool:
    """Say whether a text is in a language that can be told: names, numbers and signs alone are in either.

    >>> decides_language("what about IMEI?"), decides_language("那高德呢"), decides_language("IMEI 123 ？")
    (True, True, False)
    """
    words = _WORD.findall(text)
    return has_han(text) or len(words) > _MOST_NAMES or any(_LOWER.search(word) for word in words)


_MOST_NAMES = 2
_LOWER = re.compile(r"[a-z]{2}")


def has_han(text: str) -> bool:
    """Say whether `text` holds a Chinese character."""
    return _HAN.search(text) is not None


# The cells of a row are one sentence, whatever ends in one of them.
_SENTENCE_END = re.compile(
    r"[。！？!?…]++[”’」』）)】\"']*+(?!\s\|\s)|\n+|(?<=[a-z0-9)\"”])\.(?=\s)(?!\s\|\s)", re.IGNORECASE
)
_SEMICOLON = re.compile(r"[；;]")
_LONG_SENTENCE = 120


def sentences(text: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """Yield the spans of the sentences of `text[start:end]`, without surrounding space.

    A sentence ends at a full stop, an exclamation or question mark, or a line break; one
    of more than 120 characters is divided at its semicolons as well. The point of an English
    abbreviation, such as Dr. or e.g., ends none, nor does what ends a cell of a row, before ` | `.

    >>> text = "我们会收集。您可以拒绝！ Yes. No"
    >>> [text[a:b] for a, b in sentences(text)]
    ['我们会收集。', '您可以拒绝！', 'Yes.', 'No']
    """
    end = len(text) if end is None else end
    for left, right in _cuts(text, start, end, _SENTENCE_END):
        if right - left <= _LONG_SENTENCE:
            yield left, right
        else:
            yield from _cuts(text, left, right, _SEMICOLON)


def _cuts(text: str, start: int, end: int, boundary: re.Pattern[str]) -> Iterator[Span]:
    left = start
    for match in boundary.finditer(text, start, end):
        if match[0] == "." and _abbreviates(text, left, match.start()):
            continue
        if span := stripped(text, left, match.end()):
            yield span
        left = match.end()
    if span := stripped(text, left, end):
        yield span


def _abbreviates(text: str, left: int, point: int) -> bool:
    """Say whether the point at `point`, of a sentence that begins at `left`, is that of an abbreviation."""
    before = text[max(left, point - _LONGEST_ABBREVIATION) : point]
    found = _ABBREVIATION.search(before)
    if found is None:
        return False
    following = text[point + 1 : point + 1 + _NEXT_CHARS].lstrip(" ")
    # `No. 5` and `No. We do not.`; a company's form and `etc.` may end a sentence.
    kind = found.lastgroup
    return kind == "title" or following[:1].isdigit() or (kind == "inner" and following[:1].islower())


_LONGEST_ABBREVIATION = 9
_NEXT_CHARS = 8
_ABBREVIATION = re.compile(
    r"(?<![A-Za-z.])(?:(?P<title>Mr|Mrs|Ms|Dr|Prof|Messrs|[Ee]\.g|[Ii]\.e|cf|viz|vs)"
    r"|(?P<inner>etc|incl|excl|approx|resp|max|min|Inc|Ltd|Co|Corp|Bros|[ap]\.m|U\.[SK]|E\.U)"
    r"|(?P<number>Nos?|Arts?|Secs?|Paras?|Cl|Ch|Figs?|Vol|pp?|[Tt]el|[Ee]xt))$"
)


def unlaid(text: str) -> str:
    r"""Return a text without the stray blanks between Chinese characters, which are the layout's.

    >>> unlaid("个人\n信息 and 手机 号")
    '个人信息 and 手机号'
    """
    return _LAYOUT.sub("", text)


WIDE = r"\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
"""Chinese characters and their punctuation, as a range of a pattern."""
_LAYOUT = re.compile(rf"(?<=[{WIDE}])\s+(?=[{WIDE}])")


def blanked(text: str, start: int, end: int) -> str:
    """Return a text with blanks in place of a part of it.

    >>> blanked("会收集手机号吗", 1, 3)
    '会  手机号吗'
    """
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"


def blank(match: re.Match[str]) -> str:
    """Return as many blanks as a match has characters, to be put in its place."""
    return " " * len(match[0])


def overlap(one: Span, other: Span) -> bool:
    """Say whether two spans have a code point in common."""
    return one[0] < other[1] and other[0] < one[1]


def stripped(text: str, start: int, end: int) -> Span | None:
    """Return the span `start:end` of `text` less white space at both sides, if any is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def leads_in(text: str) -> bool:
    """Say whether words lead to what follows them: whether they end in a colon, which may be in bold.

    >>> leads_in("我们会收集以下信息："), leads_in("**We do not collect:** "), leads_in("时间：三年")
    (True, True, False)
    """
    return text.rstrip().rstrip("*_").endswith((":", "："))


# Words that carry no topic. A question made of these alone asks nothing.
_STOPWORDS_ZH = """
的 了 吗 呢 吧 啊 呀 么 嘛 哦 和 与 或 及 或者 以及 是 在 有 被 把 给 对 从 到 向 由 为 为了 因为 所以 但 但是 而 而且
如果 若 就 都 也 还 还是 又 再 才 只 仅 很 太 更 最 不 没 没有 不会 这 那 这个 那个 这些 那些 哪 哪些 哪个 哪里 哪儿
什么 啥 咋 怎么 怎样 怎么样 如何 为何 为什么 多少 几 谁 吗 会 能 能够 可以 可 要 想 应该 应当 需 需要 请 请问 问 说 做
干 用 让 使 我 我们 你 你们 您 您们 他 她 它 他们 它们 自己 咱们 一个 一下 一些 有没有 是不是 能不能 会不会 可不可以
要不要 是否 等 其 其他 其它 之 于 以 所 并 并且 将 该 此 各 每 某 上 下 中 里 时 时候 之后 之前 后 前 以后 以前 当 则
即 如 例如 包括 相关 有关 关于 进行 情况 情形 通过 根据 按照 基于 可能 会有 东西 事 事情 一般 到底 究竟 其实 真的 那么
这么 这样 那样 只要 只有 除了 哪怕 不过 然后 现在 目前 已经 曾经 知道 告诉
"""
_STOPWORDS_EN = """
a an the and or but if then of to in on at by for from with without into onto about as is are was were be been being
am do does did doing done have has had having can could will would shall should may might must not no nor so such this
that these those there here it its they them their theirs he she his her him hers we us our ours you your yours i me
my mine myself yourself what which who whom whose when where why how any some all each every more most other than too
very just also only own same up down out over under again once both few get gets got use using please tell say says
said let lets want wants need needs like else ever anyone anything someone something everything happen happens if
whether during while upon per via etc vs am's don't doesn't isn't aren't won't can't s t d ll re ve m policy app much
many long know
"""
STOPWORDS = frozenset(f"{_STOPWORDS_ZH} {_STOPWORDS_EN}".split())
"""Function and question words of both languages, in their folded form."""


_STEM_LOCK = threading.Lock()


LATIN_WORD = re.compile(r"[a-z0-9]+")
"""A word of a normalized text in Latin letters, or a number."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word."""
    # The stemmer keeps the word it works on in itself.
    with _STEM_LOCK:
        return str(_stemmer().stemWord(word))


def stems_in(text: str, *, without: Set[str] = STOPWORDS) -> frozenset[str]:
    """Return the stems of the English words of a normalized text, but for those that say nothing.

    >>> sorted(stems_in("which of the books are borrowed?"))
    ['book', 'borrow']
    """
    return frozenset(stem(word) for word in LATIN_WORD.findall(text) if word not in without)


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")
