"""Units that numbers are told in, in Chinese and English, and the names of months: expressions over small letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PERIODS_ZH = (
    ("workday", r"[个個]?\s?(?:工作日|交易日)"),
    ("day", r"[个個]?自然日|天|日(?![志历元])"),
    ("week", r"[个個]?(?:星期|礼拜|禮拜)|周(?![岁歲边期转围年])"),
    ("month", r"[个個]月|(?<=[半数])月"),
    ("year", r"周?年(?!龄|级)"),
    ("hour", r"[个個]?小[时時]|[个個]钟头"),
    ("minute", r"分[钟鐘]"),
    ("second", r"秒[钟鐘]?"),
)
"""Canonical names of periods, with what they are called behind a number."""
PERIODS_EN = (
    ("workday", r"(?:working|business|work) days?"),
    ("day", r"(?:(?:calendar|natural|full) )?days?"),
    ("week", r"(?:full )?weeks?"),
    ("month", r"(?:(?:calendar|full) )?months?"),
    ("year", r"(?:(?:calendar|full) )?years?"),
    ("hour", r"hours?"),
    ("minute", r"minutes?"),
    ("second", r"seconds?"),
)
CURRENCIES_ZH = (
    ("yuan", r"元|块钱|人民币"),
    ("usd", r"美[元金]"),
    ("eur", r"欧元"),
    ("gbp", r"英镑"),
    ("hkd", r"港[元币]"),
    ("jpy", r"日元"),
)
CURRENCIES_EN = (
    ("yuan", r"yuan|rmb|cny"),
    ("usd", r"(?:us )?dollars?|usd"),
    ("eur", r"euros?|eur"),
    ("gbp", r"pounds?|gbp"),
    ("hkd", r"hong kong dollars?|hkd"),
    ("jpy", r"yen|jpy"),
)
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)


def any_unit(*units: Iterable[tuple[str, str]]) -> str:
    """Return the expression of any of the units.

    >>> any_unit(CURRENCIES_ZH[:2], CURRENCIES_EN[2:3])
    '(?:元|块钱|人民币|美[元金]|euros?|eur)'
    """
    return f"(?:{'|'.join(pattern for table in units for _, pattern in table)})"
