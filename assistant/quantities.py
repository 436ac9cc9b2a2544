"""Numbers, durations and dates of a text, Chinese or English, by what they amount to.

`十五个工作日内` and `within 15 working days` are the same quantity; `15 days` is another one. So are
`two years` and `24 months` the same, but not `a month` and `30 days`: months differ in length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Bound = Literal["", "most", "least", "less"]
"""`most`: within, up to; `least`: at least, more than; `less`: under, not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit, a date, or a telephone number, at a place of a text."""

    value: str
    """Canonical: `15`, `0.5`, `2024-03-01`, `2024-03`, `--03-01`, `09:00`; digits alone for a telephone number."""
    unit: str
    """Canonical: `minute`, `day`, `workday`, `month`, `age`, `percent`, `count` …; `date`, `clock`; empty for none."""
    bound: Bound
    """Whether the number is a limit, and on which side."""
    start: int
    """First code point."""
    end: int
    """End."""

    def same_as(self, other: Quantity) -> bool:
        """Say whether both amount to the same; a day of a month is in that month, a number without unit fits any.

        >>> left, right = (next(find(text)) for text in ("within half a year", "六个月内"))
        >>> left.same_as(right)
        True
        """
        if other.unit == "date" and self.unit in ("date", ""):
            return other.value == self.value or other.value.startswith(f"{self.value}-")
        # Of a number with a unit, one without says less: "under 14" of "under 14 years of age".
        return self.value == other.value and self.unit in (other.unit, "") and self.bound == other.bound


def find(text: str) -> Iterator[Quantity]:
    """Yield the quantities of a normalized text, in order.

    Args:
        text: What `assistant.text.normalized` returns.

    >>> [(q.value, q.unit, q.bound) for q in find("我们会在十五个工作日内答复,最多保存两年")]
    [('15', 'workday', 'most'), ('24', 'month', 'most')]
    >>> [(q.value, q.unit, q.bound) for q in find("from march 1, 2024, children under fourteen")]
    [('2024-03-01', 'date', ''), ('14', '', 'less')]
    """
    place = 0
    while match := _QUANTITY.search(text, place):
        place = max(match.end(), match.start() + 1)
        if found := _read(match):
            yield found


# --- Words -------------------------------------------------------------------------------

_DIGITS_ZH = {**{char: n for n, char in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2}
_TENS_ZH = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_SMALL_EN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS_EN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS_EN = {word: number for number, word in enumerate(_SMALL_EN)} | {
    word: 10 * number for number, word in enumerate(_TENS_EN, 2)
}
_TIMES_EN = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_MONTHS_EN = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)

_UNITS_ZH = (
    ("workday", r"个?\s?工作日|个?\s?交易日"),
    ("day", r"个?自然日|天|日(?![志历])"),
    ("week", r"个?星期|个?礼拜|周(?![岁边期转围])"),
    ("month", r"个月"),
    ("age", r"周岁|岁"),
    ("year", r"年(?!龄|级)"),
    ("hour", r"个?小时"),
    ("minute", r"分钟"),
    ("second", r"秒钟?"),
    ("percent", r"%"),
    ("yuan", r"元|块钱"),
    ("count", r"[个项类种份款条家位名台部张笔封步页次倍章节]"),
)
_UNITS_EN = (
    ("workday", r"(?:working|business|work) days?"),
    ("age", r"years? (?:old|of age)|year-?olds?"),
    ("day", r"(?:calendar |natural )?days?"),
    ("week", r"weeks?"),
    ("month", r"months?"),
    ("year", r"years?"),
    ("hour", r"hours?"),
    ("minute", r"minutes?"),
    ("second", r"seconds?"),
    ("percent", r"%|per ?cent"),
    ("yuan", r"yuan|rmb|cny"),
    ("count", r"times"),
)
# Only what is always so many of another.
_SMALLER = {"year": (12, "month"), "week": (7, "day"), "hour": (60, "minute")}

# Every repetition has an end, so that the time grows with the text's length and no faster.
_ARABIC = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?(?!\d)|\d{1,15}(?:\.\d{1,6})?"
_NUMERAL_ZH = r"[零〇一二两三四五六七八九十百千万亿]"
_WORDS_EN = "|".join(sorted((*_NUMBERS_EN, *_TIMES_EN), key=len, reverse=True))
_NUMERAL_EN = rf"(?:{_WORDS_EN})(?:(?:\ and\ |[ -])(?:{_WORDS_EN})){{0,8}}(?![a-z])"


def _alternatives(patterns: Iterable[tuple[str, str]], prefix: str) -> str:
    return "|".join(f"(?P<{prefix}_{name}>{_spaced(pattern)})" for name, pattern in patterns)


def _spaced(pattern: str) -> str:
    # In a verbose expression a blank means nothing, but for those in brackets.
    return re.sub(r" (?![^\[]*\])", r"\\ ", pattern)


_BEFORE_ZH = {
    # A verb may stand between: 最多保存两年.
    "most": r"不得?(?:超过|多于|长于|晚于|迟于)|(?:最[多长迟晚]|至多)[\u4e00-\u9fff]{0,3}?",
    "less": r"不满|未满|不足|[少低小]于|未达",
    "least": r"(?:至少|最[少短低])[\u4e00-\u9fff]{0,3}?|不得?(?:少于|低于|短于|小于)|超过|[多大高长]于|年?满",
}
_AFTER_ZH = {"most": r"以内|之内|内", "least": r"及?以上", "less": r"及?以下"}
_BEFORE_EN = {
    "most": r"within|in|(?:no|not) (?:more|later|longer) than|at most|(?:for )?up to|a maximum of|not exceeding",
    "less": r"under|less than|fewer than|below|younger than|shorter than",
    "least": r"at least|(?:no|not) (?:less|fewer|shorter) than|a minimum of|over|(?:more|longer|older) than|above"
    r"|exceeding",
}
_AFTER_EN = {
    "least": r"(?:or|and) (?:more|older|over|above|longer)",
    "less": r"(?:or|and) (?:less|fewer|younger|under)",
}
_NAMES_OF_MONTHS = "|".join(_MONTHS_EN)

_QUANTITY = re.compile(
    rf"""
    # Dates.
    (?P<date>(?P<y>\d{{4}})\s?(?:年(?:\s?(?P<m>\d{{1,2}})\s?月(?:\s?(?P<d>\d{{1,2}})\s?[日号])?)?
        |(?P<dash>[-/.])(?P<m2>\d{{1,2}})(?P=dash)(?P<d2>\d{{1,2}})(?!\d))
      |(?P<m3>\d{{1,2}})\s?月\s?(?P<d3>\d{{1,2}})\s?[日号]
      |(?<![a-z])(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<m4>{_NAMES_OF_MONTHS})(?:,?\ (?P<y4>\d{{4}}))?(?!\d)
      |(?<![a-z])(?P<m5>{_NAMES_OF_MONTHS})\ (?:(?P<d5>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\ (?P<y5>\d{{4}}))?
        |(?P<y6>\d{{4}}))(?!\d))
    |(?P<clock>(?<!\d)\d{{1,2}}:\d{{2}}(?!\d))
    # Telephone numbers and other long rows of digits.
    |(?P<row>(?<![a-z0-9.])\+?\d[\d -]{{5,20}}\d(?![a-z\d]))
    |百分之(?P<percent>{_ARABIC}|{_NUMERAL_ZH}{{1,20}})
    |一个半(?P<month_and_half>月)
    |(?:(?P<before_zh>{_alternatives(_BEFORE_ZH.items(), "bz")})\s?)?
        (?:(?P<zh>{_ARABIC}|{_NUMERAL_ZH}{{1,20}}|半)\s?(?:{_alternatives(_UNITS_ZH, "z")})(?P<half>半)?)
        (?:\s?(?P<after_zh>{_alternatives(_AFTER_ZH.items(), "az")}))?
    |(?:(?<![a-z])(?P<before_en>{_alternatives(_BEFORE_EN.items(), "be")})\ (?:the\ age\ of\ |a\ period\ of\ )?)?
        (?<![a-z0-9])(?P<en>{_ARABIC}|{_NUMERAL_EN}|half\ an?|an?(?=\ ))
        (?:[ -]?(?:{_alternatives(_UNITS_EN, "e")})(?![a-z]))?(?![a-z0-9])
        (?:\ (?P<after_en>{_alternatives(_AFTER_EN.items(), "ae")})(?![a-z]))?
    |(?P<bare>(?<![第{_NUMERAL_ZH[1:-1]}])(?=[{_NUMERAL_ZH[1:-1]}]{{0,19}}[十百千万亿]){_NUMERAL_ZH}{{2,20}})
    """,
    re.VERBOSE,
)


def _read(match: re.Match[str]) -> Quantity | None:
    """Return the quantity of a match, or None for what only looks like one: the article `a`, the `一` of `一个`."""
    said = {name: value for name, value in match.groupdict().items() if value is not None}
    unit, bound, value = "", "", ""
    if "date" in said:
        value, unit = _date(said), "date"
    elif "clock" in said:
        value, unit = said["clock"].rjust(5, "0"), "clock"
    elif "row" in said:
        value = re.sub(r"\D", "", said["row"])
    elif "percent" in said:
        value, unit = _plain(_number(said["percent"])), "percent"
    elif "month_and_half" in said:
        value, unit = "1.5", "month"
    elif "bare" in said:
        value = _plain(_number(said["bare"]))
    else:
        numeral = said.get("zh") or said["en"]
        unit = next((name[2:] for name in said if re.match(r"[ze]_", name)), "")
        if numeral in ("a", "an", "one", "half a", "half an") and unit in ("", "count", "age"):
            return None
        if numeral == "一" and unit == "count":
            return None
        number = _number(numeral) + (0.5 if "half" in said else 0)
        bound = next((name.split("_")[1] for name in said if re.match(r"[ba][ze]_", name)), "")
        times, unit = _SMALLER.get(unit, (1, unit))
        value = _plain(number * times)
    return Quantity(value=value, unit=unit, bound=bound, start=match.start(), end=match.end())  # type: ignore[arg-type]


def _date(said: dict[str, str]) -> str:
    def one_of(*names: str) -> str:
        return next((said[name] for name in names if name in said), "")

    month = one_of("m", "m2", "m3", "m4", "m5")
    if month in _MONTHS_EN:
        month = str(_MONTHS_EN.index(month) + 1)
    year, day = one_of("y", "y4", "y5", "y6"), one_of("d", "d2", "d3", "d4", "d5")
    return "-".join([year or "-", *(f"{int(part):02}" for part in (month, day) if part)])


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(round(number, 6))


def _number(numeral: str) -> float:
    if numeral in ("半", "half a", "half an"):
        return 0.5
    if numeral in ("a", "an"):
        return 1
    if numeral[0].isdigit() and numeral[0].isascii():
        return float(numeral.replace(",", ""))
    if numeral[0].isascii():
        return _number_en(re.split(r"[ -]", numeral))
    return _number_zh(numeral)


def _number_en(words: list[str]) -> float:
    total = current = 0
    for word in words:
        if word in _NUMBERS_EN:
            current += _NUMBERS_EN[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _TIMES_EN:
            total, current = total + (current or 1) * _TIMES_EN[word], 0
    return total + current


def _number_zh(numeral: str) -> float:
    if not any(char in _TENS_ZH for char in numeral):
        return float("".join(str(_DIGITS_ZH[char]) for char in numeral))
    total = section = digit = 0
    for char in numeral:
        if char in _DIGITS_ZH:
            digit = _DIGITS_ZH[char]
        elif _TENS_ZH[char] < _TENS_ZH["万"]:
            section += (digit or 1) * _TENS_ZH[char]
            digit = 0
        else:
            total, section, digit = (total + section + digit) * _TENS_ZH[char], 0, 0
    return total + section + digit
