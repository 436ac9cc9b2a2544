"""Markers: the numbers, letters, bullets and Markdown marks that lines and clauses begin with.

Positions are offsets into the folded text, which has the same length as the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from assistant.parsing.headings import BOLD, is_heading_text
from assistant.policy.clauses import BULLETS
from assistant.text import stripped
from assistant.text.numerals import HAN_NUMERAL, han_number, roman_number
from assistant.text.units import CURRENCIES_EN, CURRENCIES_ZH, PERIODS_EN, PERIODS_ZH, any_unit

# 一千二百六十 is the longest that lists get to.
_HAN_NUMERAL = rf"[{HAN_NUMERAL}]{{1,7}}"
_CIRCLED = ((0x2460, 0x2473), (0x2474, 0x2487), (0x2488, 0x249B), (0x2776, 0x277F), (0x3220, 0x3229))
RANKS = {"编": 0, "部分": 0, "章": 1, "节": 2, "条": 3, "款": 4, "项": 5}
_SIMPLIFIED = {"編": "编", "節": "节", "條": "条", "項": "项"}


@dataclass(frozen=True, slots=True)
class Marker:
    """A number, letter, bullet or Markdown mark at the start of a block."""

    family: str
    """Kind of number with its punctuation; blocks of one list share it."""
    path: tuple[int, ...]
    """The number; several for `2.1`, none for a bullet or a heading without one."""
    start: int
    label: int
    """Where the number starts, after `**` or `##`."""
    end: int
    """Where the number ends."""
    rank: int | None = None
    """Depth that the family fixes by itself: Markdown's `##`, or 章 above 条."""

    @property
    def number(self) -> int:
        """Last part of the number; 0 without one."""
        return self.path[-1] if self.path else 0

    @property
    def series(self) -> tuple[str, tuple[int, ...]]:
        """What the items of one list have in common."""
        return self.family, self.path[:-1]


_ROMAN_SIGNS = "Ⅰ-ⅿ"
# "Exhibit B-1", "附件二", "附录A".
_APPENDED = rf"\d{{1,2}}[a-z]?|[ivx]{{1,5}}|[{_ROMAN_SIGNS}]{{1,3}}|[a-z](?:-?\d{{1,2}})?"
_APPENDIX = r"(?:appendix|annex(?:ure)?|schedule|addendum)"
_WORDED = r"(?:section|article|chapter|clause|part)"
# Tried in order on folded text, at the start of a line or of a sentence.
_NUMBER_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # "第二条的规定" and "第一条第二款" are references to a clause, not its start.
    (
        "第",
        re.compile(
            rf"第\s*({_HAN_NUMERAL}|\d{{1,3}})\s*(部分|[编編章节節条條款项項])"
            r"(?=$|[\s、:.【《]|(?![的规規所中之款项項第和及至或与與以])[一-鿿])"
        ),
    ),
    # "Section 3 applies" is a reference: without punctuation after it, the line must be a heading.
    (
        "section",
        re.compile(
            rf"(?:{_WORDED}\s+(\d{{1,3}}(?:\.\d{{1,2}}){{0,3}}|[ivx]{{1,6}})|§\s?(\d{{1,3}}(?:\.\d{{1,2}}){{0,3}}))"
            r"(?=$|[\s.:)–—-])[.:)]?"
        ),
    ),
    # A letter needs a mark after it: "part a of the form" is none.
    ("section a", re.compile(rf"{_WORDED}\s+([a-z])(?:[.:)]|(?=$|\s{{0,3}}[–—-]\s))")),
    (
        "appendix",
        re.compile(
            rf"(?:附\s*件|附\s*[录錄]|附表)\s*([{HAN_NUMERAL}]{{1,3}}|{_APPENDED})?(?=$|[\s、:.《])[、:.]?"
            # "附一、二": a reference to two.
            rf"|附\s*([一二三四五六七八九十]{{1,3}})(?:[:.]|、(?![一二三四五六七八九十])|(?=$|\s))|附:"
            rf"|(?:{_APPENDIX}|exhibit|attachment)\s+({_APPENDED})(?=$|[\s:.–—-])[:.]?|{_APPENDIX}(?=$|:):?"
        ),
    ),
    ("一、", re.compile(rf"({_HAN_NUMERAL})\s*[、.]")),
    ("(一)", re.compile(rf"\(\s*({_HAN_NUMERAL})\s*\)[、.]?")),
    ("一)", re.compile(rf"({_HAN_NUMERAL})\s*\)")),
    # Not "1.5倍", "2.1%" and "10.5mb"; but "1.3App permissions" is one.
    ("1.1", re.compile(r"(\d{1,2}(?:\.\d{1,2}){1,4})(?!\d|%|\.\d)[.、]?(?=$|\s|[a-z]{3}|[^\d\s.%a-z+\-/倍万亿元])")),
    # "A1.", "B2", "C.3": the letter of a part, and a number in it.
    ("a1", re.compile(r"([a-z]\.?\d{1,2}(?:\.\d{1,2}){0,3})(?:、|[.:)](?=\s|[一-鿿])|(?=\s))")),
    ("1、", re.compile(r"(\d{1,3})\s*、")),
    ("1.", re.compile(r"(\d{1,3})\s*\.(?![\d.])")),
    ("1)", re.compile(r"(\d{1,3})\s*\)")),
    ("1 ", re.compile(r"(\d{1,2})[ \t]+(?=[一-鿿a-z][^。,;:!\n]{1,40}$)")),
    ("(1)", re.compile(r"\(\s*(\d{1,3})\s*\)[、.]?")),
    ("①", re.compile(r"([①-⒛❶-❿㈠-㈩])[、.]?")),
    ("i.", re.compile(rf"(?:([ivx]{{1,5}})[.)、](?=\s|[一-鿿])|([{_ROMAN_SIGNS}]{{1,5}})\s*[.)、:])")),
    ("(i)", re.compile(rf"\(([ivx]{{1,5}}|[{_ROMAN_SIGNS}]{{1,5}})\)[、.]?")),
    ("a.", re.compile(r"([a-z])(?:、|[.)](?=\s|[一-鿿]))")),
    ("(a)", re.compile(r"\(([a-z])\)")),
)
_CODE_PARTS = re.compile(r"[a-z]|\d{1,2}")
_APPENDED_PARTS = re.compile(r"[a-z]+|\d+|[^\W\d_a-z]+")
_MARKDOWN = re.compile(r"(#{1,6})[ \t]+")
QUESTION = "q"
"""Family of the marks of questions, such as `Q1:` and `问：`, in a list of questions and answers."""
_QUESTION_MARK = re.compile(
    rf"(?:q(?:uestion)?|[问問][题題]?)\s{{0,3}}(?:({_HAN_NUMERAL}|\d{{1,3}})(?:\s{{0,3}}[:.、]|(?<=\d)(?=\s))|:|(?<=q)\.)"
    r"[ \t]{0,9}(?=\S)"
)
_QUESTION_RANK = 6
_ANSWER_MARK = re.compile(rf"(?:a(?:nswer)?|答[案复覆]?)\s{{0,3}}(?:{_HAN_NUMERAL}|\d{{1,3}})?\s{{0,3}}([:.、])")
# "Ø" is how a bullet of a symbol font comes out of a word processor.
# A dash needs a blank behind it before anything but Chinese: "-5" is a number.
_BULLET = re.compile(
    rf"([{BULLETS}])[ \t]*(?=\S)|(ø)[ \t]*(?=[一-鿿])|([-*–—])[ \t]+(?=\S)|(——|[-–—])[ \t]{{0,9}}(?=[一-鿿《“\"])"
)
DASH = re.compile(r"[ \t]{0,9}[–—-][ \t]")
"""What may stand between a marker and its words: `PART A – Scope`."""
# Most lines and sentences begin with nothing of the table's: a cheap look spares them its patterns.
_MAY_BE_NUMBER = re.compile(
    rf"[\d(§①-⒛❶-❿㈠-㈩第附问問{HAN_NUMERAL}{_ROMAN_SIGNS}]|[a-z](?:[.)、]|\d|[ivx]{{1,4}}[.)、])|[saciep][a-z]{{3,}}|q"
)
# A list may go on in another's punctuation: "1、", "2.", "3)".
STYLES = {
    family: families[0]
    for families in (("1、", "1.", "1)", "1 "), ("一、", "一)"), ("a.", "(a)"), ("i.", "(i)"))
    for family in families
}
_ROMAN_SIGN = re.compile(rf"[{_ROMAN_SIGNS}]")
_ROMAN_FAMILIES = frozenset({"i.", "(i)", "section", "appendix"})
_LETTER_FAMILIES = frozenset({"a.", "(a)", "section a"})
# What the first part of "4.1" may be printed as above it; never the "(4)" of a list.
DOTTED_PARENTS = frozenset({"一、", "1、", "1.", "1)", "1 ", "1.1", "#", "section", *RANKS})
PARTS = frozenset({"section a", "appendix", "a."})
"""What the letter of "A1." may be printed as above it."""
_NEEDS_HEADING = frozenset({"section", "section a", "appendix"})
# Inside a line these are versions, initials and references far more often than numbers of clauses.
NEVER_INSIDE = frozenset({"1.1", "a1", "i.", "a.", "1 ", *_NEEDS_HEADING})


def markers_at(folded: str, position: int, end: int) -> tuple[Marker, ...]:
    """Return the readings of the marker at `position`: none, one, or two for `(i)`.

    "Section 4.2" and "A2" may turn out to be none.
    """
    start = position
    if bold := BOLD.match(folded, position, end):
        position = bold.end()
    if hashes := _MARKDOWN.match(folded, position, end):
        number = next(iter(numbers_at(folded, hashes.end(), end, start)), None)
        # "A2 Hosting" is a name.
        number = None if number and number.family == "a1" and folded[number.end - 1].isdecimal() else number
        rank = len(hashes[1])
        if number:
            return (Marker("#", number.path, start, number.label, number.end, rank),)
        return (Marker("#", (), start, hashes.end(), hashes.end(), rank),)
    if not bold and (bullet := _BULLET.match(folded, position, end)):
        index = bullet.lastindex or 0
        return (Marker(bullet[index], (), start, start, bullet.end(index)),)
    return numbers_at(folded, position, end, start, loose=True)


def numbers_at(folded: str, position: int, end: int, start: int, *, loose: bool = False) -> tuple[Marker, ...]:
    """Return the readings of the number at `position`, without bullets and what may stand before the number.

    Args:
        folded: The folded text.
        position: Where the number would start.
        end: Where its line ends.
        start: Where the marker starts, with what may stand before its number.
        loose: Whether "Section 4.2" counts though nothing after it tells; the text as a whole may.
    """
    if not _MAY_BE_NUMBER.match(folded, position, end):
        return ()
    if question := _QUESTION_MARK.match(folded, position, end):
        path = (value_of(question[1], QUESTION),) if question[1] else ()
        # The mark alone says nothing that a person could find the question by.
        label = position if path else question.end()
        return (Marker(QUESTION, path, start, label, question.end(), _QUESTION_RANK),) if all(path) else ()
    found: list[Marker] = []
    for family, pattern in _NUMBER_MARKS:
        # Only a Roman number has a second reading, as a letter.
        if (found and family not in _LETTER_FAMILIES) or not (match := pattern.match(folded, position, end)):
            continue
        checked_later = loose and family == "section"
        if family in _NEEDS_HEADING and not checked_later and not stands_alone(folded, match.end(), end):
            continue
        if marker := _read_number(family, match, start):
            found.append(marker)
            if family not in _ROMAN_FAMILIES:
                break
    return tuple(found)


def stands_alone(folded: str, marker_end: int, end: int) -> bool:
    """Say whether a marker is followed by punctuation or a heading, not by the rest of a sentence."""
    rest = stripped(folded, marker_end, end)
    return folded[marker_end - 1] in ".:)" or rest is None or is_heading_text(folded, *rest)


def _read_number(family: str, match: re.Match[str], start: int) -> Marker | None:
    numeral = next(filter(None, match.groups()), "")
    if family == "第":
        family = _SIMPLIFIED.get(match[2], match[2])
    pattern = {"a1": _CODE_PARTS, "appendix": _APPENDED_PARTS}.get(family)
    parts = (pattern.findall(numeral) or [""]) if pattern else numeral.split(".")
    path = tuple(value_of(part, family) for part in parts)
    return Marker(family, path, start, match.start(), match.end(), RANKS.get(family)) if all(path) else None


def value_of(numeral: str, family: str) -> int:
    """Return the number that a numeral or a letter stands for in markers of a family; 0 if it is none."""
    if not numeral:
        # The only appendix has no number.
        return 1
    if numeral.isdecimal():
        return int(numeral)
    if family == "①":
        return 1 + next(ord(numeral) - low for low, high in _CIRCLED if low <= ord(numeral) <= high)
    if numeral[0] in HAN_NUMERAL:
        return han_number(numeral)
    if _ROMAN_SIGN.match(numeral):
        return roman_number(unicodedata.normalize("NFKC", numeral).lower())
    if family in _ROMAN_FAMILIES and numeral[0] in "ivx":
        return roman_number(numeral)
    return ord(numeral) - ord("a") + 1


# What is counted or measured: "1.5 days", "2 years", "3.5天以内", "9.50 EUR". A heading has a capital: "1.1 Hours".
_UNIT_ZH = (
    rf"(?:{any_unit(PERIODS_ZH, CURRENCIES_ZH)}|[月周倍元万萬亿億块角折米克吨升]|个?百分点"
    r"|厘米|毫米|公里|千米|公斤|千克|毫升|平方米|立方米)"
    r"(?=$|[\s,，。;；:：、()（）/]|以|之|内|內|后|後|前|的|至|到|或|及|起|左右|每|为|不|者)"
)
_UNIT_EN = (
    rf"(?:{any_unit(PERIODS_EN, CURRENCIES_EN)}|nights?"
    r"|times|percent(?:age)?|per ?cent|points?|pence|cents?|thousand|million|billion"
    r"|kilomet(?:er|re)s?|met(?:er|re)s?|miles?|inch(?:es)?|feet|lit(?:er|re)s?|gallons?|kilograms?|kilos?|grams?|tonn?es?"
    r"|ounces?|lbs?|oz|km|cm|mm|kg|mg|ml)\b"
)
_UNIT_SIGN = r"(?:EUR|USD|GBP|CNY|RMB|HKD|TWD|JPY|CHF|AUD|CAD|SGD|[KMGT]i?B|[kmgt]b|GHz|MHz|kWh?)\b|[%％‰€$£¥￥°℃]"
_MEASURE = re.compile(rf"[ \t\u3000-]{{0,2}}(?:{_UNIT_ZH}|{_UNIT_EN}|{_UNIT_SIGN})")


def is_measure(text: str, marker: Marker) -> bool:
    """Say whether a number says how much there is of something, and not which clause begins; `text` is as written."""
    return marker.family in ("1.1", "1 ") and _MEASURE.match(text, marker.end) is not None


def answer_mark(folded: str, start: int, end: int) -> str:
    """Return the punctuation of the mark of an answer that a line begins with, as in `A:` and `答：`, if it does."""
    bold = BOLD.match(folded, start, end)
    answer = _ANSWER_MARK.match(folded, bold.end() if bold else start, end)
    return answer[1] if answer else ""
