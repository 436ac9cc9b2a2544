"""Numbers, durations and dates of a text, Chinese or English, by what they amount to.

`十五个工作日内` and `within 15 working days` are the same quantity; `15 days` is another one. So are
`two years` and `24 months` the same, but not `a month` and `30 days`: months differ in length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.text.numerals import ENGLISH_NUMERAL, HAN_AMOUNT, arabic_number, english_number, han_amounts
from assistant.text.units import CURRENCIES_EN, CURRENCIES_ZH, MONTHS, PERIODS_EN, PERIODS_ZH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Bound = Literal["", "most", "least", "less"]
"""`most`: within, up to; `least`: at least, more than; `less`: under, not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit, a date, or a telephone number, at a place of a text."""

    value: str
    """Canonical: `15`, `0.5`, `2-3` for 两三, `2024-03-01`, `--03-01`, `09:00`; digits alone for a telephone."""
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


def age_in(question: str) -> int | None:
    """Return the age of the one that a normalized question speaks of; None if it tells none, or several.

    >>> [age_in(said) for said in ("13岁能用吗", "can i use it if i'm 13?", "my 9-year-old", "14岁以下能用吗", "13天")]
    [13, 13, 9, None, None]
    """
    if not _OF_AGE.search(question):
        # Most questions speak of none, which is sooner seen than all their quantities.
        return None
    ages = {
        found.value
        for found in find(question)
        if not found.bound and (found.unit == "age" or (not found.unit and _is_aged(question, found.start)))
    }
    age = ages.pop() if len(ages) == 1 else ""
    return int(age) if age.isdigit() and int(age) < _MOST_YEARS else None


def _is_aged(question: str, place: int) -> bool:
    """Say whether the words before a number make it an age."""
    return _AGED.search(question, max(0, place - _AGED_CHARS), place) is not None


def meant_for(age: int, text: str) -> bool | None:
    """Say whether a normalized text that sets limits of age is about those of an age; None if that is left open.

    So it is without limits, and where those below the only one may be shut out: "you must be at least 18 years old".

    >>> said = "未满14周岁的,须经同意", "已满14周岁,未满18周岁的", "children under 16 years of age", "须年满18周岁"
    >>> [meant_for(13, text) for text in said]
    [True, False, True, None]
    """
    limits = [found for found in find(text) if found.unit == "age" and found.value.isdigit()]
    least = [int(limit.value) for limit in limits if limit.bound == "least"]
    below = [int(limit.value) for limit in limits if limit.bound == "less"]
    if not below:
        return True if least and age >= max(least) else None
    # Those under 18 and those under 14 may be told in one breath.
    return all(age >= limit for limit in least) and any(age < limit for limit in below)


# --- Words -------------------------------------------------------------------------------

_MOST_YEARS = 120
_AGED_CHARS = 30
_AGED_ONE = (
    r"\b(?:i'?m|i am|aged?|age of|turned|(?:he|she|who|kid|child|son|daughter|brother|sister|boy|girl|student)"
    r"(?:'?s| is)) "
)
_AGED = re.compile(rf"{_AGED_ONE}(?:only |just |still )?$")
# Without one of these there is neither a unit of age nor somebody of an age.
_OF_AGE = re.compile(rf"岁|year|{_AGED_ONE}")
_UNITS_ZH = (
    *PERIODS_ZH,
    ("age", r"周岁|岁"),
    ("percent", r"%"),
    *CURRENCIES_ZH,
    ("count", r"[个项类种份款条家位名台部张笔封步页次倍章节]"),
)
_UNITS_EN = (
    # Before the years that it begins with.
    ("age", r"years? (?:old|of age)|year-?olds?"),
    *PERIODS_EN,
    ("percent", r"%|per ?cent"),
    *CURRENCIES_EN,
    ("count", r"times"),
)
_PERIODS = frozenset(name for name, _ in PERIODS_ZH)
# Only what is always so many of another.
_SMALLER = {"year": (12, "month"), "week": (7, "day"), "hour": (60, "minute")}

# Every repetition has an end, so that the time grows with the text's length and no faster.
_ARABIC = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?(?!\d)|\d{1,15}+(?:\.\d{1,6})?"
# 3万, 1.5亿, 5千 and 3万5千; but neither 5千米 nor the 万能 of 3 万能.
_SCALE = r"(?:[十百千]?[万亿](?!能)|[百千](?![分度米克瓦帕卡焦字]))"
_SCALED = rf"(?:{_ARABIC})\s?{_SCALE}(?:\d{{1,4}}{_SCALE})?"
# 几十 and 上百 say nothing exact, and 千万不要 nothing of numbers.
_HAN = rf"(?<![几数{HAN_AMOUNT}])(?![百千万亿])[{HAN_AMOUNT}]{{1,20}}"


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
_NAMES_OF_MONTHS = "|".join(MONTHS)

_QUANTITY = re.compile(
    rf"""
    # Dates.
    (?P<date>(?P<y>\d{{4}})\s?(?:年(?:\s?(?P<m>\d{{1,2}})\s?月(?:\s?(?P<d>\d{{1,2}})\s?[日号])?)?
        |(?P<dash>[-/.])(?P<m2>\d{{1,2}})(?P=dash)(?P<d2>\d{{1,2}})(?!\d))
      |(?P<m3>\d{{1,2}})\s?月\s?(?P<d3>\d{{1,2}})\s?[日号]
      |(?<![a-z])(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\ (?:of\ )?(?P<m4>{_NAMES_OF_MONTHS})(?:,?\ (?P<y4>\d{{4}}))?(?!\d)
      |(?<![a-z])(?P<m5>{_NAMES_OF_MONTHS})\ (?:(?P<d5>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\ (?P<y5>\d{{4}}))?
        |(?P<y6>\d{{4}}))(?!\d)
      |(?:(?<![a-z])in\ |(?<=\bsince\ )|(?<=\buntil\ )|(?<=\bduring\ ))(?P<y7>(?:19|20)\d{{2}})
        (?![\d:/%]|[.,]\d|[ -]?(?:{_alternatives(_UNITS_EN, "y")})(?![a-z])))
    |(?P<clock>(?<!\d)\d{{1,2}}:\d{{2}}(?!\d))
    # Telephone numbers and other long rows of digits.
    |(?P<row>(?<![a-z0-9.])\+?\d[\d -]{{5,20}}\d(?![a-z\d]))
    |百分之(?P<percent>{_ARABIC}|[{HAN_AMOUNT}]{{1,20}})
    |(?:(?P<before_zh>{_alternatives(_BEFORE_ZH.items(), "bz")})\s?)?
        (?:(?P<zh>{_SCALED}|{_ARABIC}|{_HAN}|(?<![上下前后大小多过])半)
            \s?(?P<half_zh>个半)?(?:{_alternatives(_UNITS_ZH, "z")})(?P<half_after_zh>半)?
          |(?P<bare>{_SCALED}|(?<!第)(?=[{HAN_AMOUNT}]{{0,19}}[十百千万亿])(?=[{HAN_AMOUNT}]{{2}}){_HAN}))
        (?:\s?(?P<after_zh>{_alternatives(_AFTER_ZH.items(), "az")}))?
    |(?:(?<![a-z])(?P<before_en>{_alternatives(_BEFORE_EN.items(), "be")})\ (?:the\ age\ of\ |a\ period\ of\ )?)?
        (?<![a-z0-9])(?P<en>{_ARABIC}|{ENGLISH_NUMERAL}|half\ an?|an?(?=\ ))(?P<half_en>[ -]and[ -]a[ -]half)?
        (?:[ -]?(?:{_alternatives(_UNITS_EN, "e")})(?![a-z])(?P<half_after_en>\ and\ a\ half)?)?(?![a-z0-9])
        (?:\ (?P<after_en>{_alternatives(_AFTER_EN.items(), "ae")})(?![a-z]))?
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
    else:
        numeral = next(said[name] for name in ("percent", "zh", "bare", "en") if name in said)
        unit = "percent" if "percent" in said else next((name[2:] for name in said if re.match(r"[ze]_", name)), "")
        half = 0.5 if any(name.startswith("half") for name in said) else 0
        if not half and numeral in _ARTICLES and unit in ("", "count", "age"):
            return None
        if not half and numeral == "一" and unit == "count":
            return None
        bound = next((name.split("_")[1] for name in said if re.match(r"[ba][ze]_", name)), "")
        if said.get("before_en") == "in" and unit not in _PERIODS:
            # `in three steps` is no limit.
            bound = ""
        times, unit = _SMALLER.get(unit, (1, unit))
        value = "-".join(_plain((number + half) * times) for number in _numbers(numeral))
    return Quantity(value=value, unit=unit, bound=bound, start=match.start(), end=match.end())  # type: ignore[arg-type]


def _date(said: dict[str, str]) -> str:
    def one_of(*names: str) -> str:
        return next((said[name] for name in names if name in said), "")

    month = one_of("m", "m2", "m3", "m4", "m5")
    if month in MONTHS:
        month = str(MONTHS.index(month) + 1)
    year, day = one_of("y", "y4", "y5", "y6", "y7"), one_of("d", "d2", "d3", "d4", "d5")
    return "-".join([year or "-", *(f"{int(part):02}" for part in (month, day) if part)])


def _plain(number: float) -> str:
    rounded = round(number, 6)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


_HALVES = ("半", "half a", "half an")
_ARTICLES = ("a", "an", "one", "half a", "half an")


def _numbers(numeral: str) -> tuple[float, ...]:
    """Return the number of a numeral, or the two between which it leaves it open."""
    if numeral in _HALVES:
        return (0.5,)
    if numeral in ("a", "an"):
        return (1,)
    # Of any script: "١٣".
    if numeral[0].isdecimal():
        return (arabic_number(numeral),)
    return (english_number(numeral),) if numeral[0].isascii() else han_amounts(numeral)
