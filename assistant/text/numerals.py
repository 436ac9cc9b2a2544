"""Numerals, read and printed: Chinese, Roman, English in words; letters and signs as lists print them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HAN_NUMERAL = "零〇一二三四五六七八九十百千"
"""Characters of the numbers of clauses, to stand between brackets in an expression."""
HAN_AMOUNT = f"{HAN_NUMERAL}两万亿"
"""Characters of other numbers, to stand between brackets in an expression."""
_HAN_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}

_ENGLISH = {
    **{
        word: number
        for number, word in enumerate(
            (
                *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
                *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
            )
        )
    },
    **{
        word: 10 * number
        for number, word in enumerate(
            ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
        )
    },
}
_ENGLISH_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_WORDS = "|".join(sorted((*_ENGLISH, *_ENGLISH_SCALES), key=len, reverse=True))
ENGLISH_NUMERAL = rf"(?:{_WORDS})(?:(?:\ and\ |[ -])(?:{_WORDS})){{0,8}}(?![a-z])"
"""Expression of a number in English words, in small letters."""
ENGLISH_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
"""Which one, in English words: the first stands for 1."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_ROMAN_DIGITS = {letters: number for number, letters in _ROMAN if len(letters) == 1}
_PRINTED = "〇一二三四五六七八九"
_LEGAL = str.maketrans("〇一二三四五六七八九十百千万", "零壹贰叁肆伍陆柒捌玖拾佰仟万")


# --- Read --------------------------------------------------------------------------------


def han_number(numeral: str) -> int:
    """Return the number that Chinese characters stand for, each of them one of `HAN_AMOUNT`.

    >>> han_number("一百零二"), han_number("一〇二"), han_number("二一"), han_number("三万")
    (102, 102, 21, 30000)
    >>> han_number("一亿五千万"), han_number("三万亿")
    (150000000, 3000000000000)
    """
    total = section = digit = 0
    for char in numeral:
        if char in _HAN_DIGITS:
            # Side by side they are places.
            digit = 10 * digit + _HAN_DIGITS[char]
            continue
        scale = _HAN_SCALES[char]
        if scale < _HAN_SCALES["万"]:
            section += (digit or 1) * scale
        elif scale == _HAN_SCALES["万"]:
            total, section = total + (section + digit or 1) * scale, 0
        else:
            total, section = (total + section + digit or 1) * scale, 0
        digit = 0
    return total + section + digit


def han_amounts(numeral: str) -> tuple[int, ...]:
    """Return what an amount in Chinese characters comes to: two numbers where it is left open between them.

    >>> han_amounts("二百五十"), han_amounts("二百五"), han_amounts("二〇二四")
    ((250,), (250,), (2024,))
    >>> han_amounts("两三"), han_amounts("二三十"), han_amounts("十七八")
    ((2, 3), (20, 30), (17, 18))
    """
    if _SCALE_LEFT_OUT.search(numeral):
        numeral += _SCALES_BELOW[numeral[-2]]
    if len(numeral) == 2 or any(char in _HAN_SCALES for char in numeral):
        for place, (left, right) in enumerate(pairwise(numeral)):
            if _HAN_DIGITS.get(left) and _HAN_DIGITS.get(right):
                before, after = numeral[:place], numeral[place + 2 :]
                return han_number(f"{before}{left}{after}"), han_number(f"{before}{right}{after}")
    return (han_number(numeral),)


# 三万五 is 三万五千.
_SCALE_LEFT_OUT = re.compile(r"[百千万亿][一二三四五六七八九]$")
_SCALES_BELOW = {"百": "十", "千": "百", "万": "千", "亿": "千万"}


def arabic_number(numeral: str) -> float:
    """Return the number of Arabic digits, with the Chinese scales behind them, if any.

    >>> arabic_number("1,000.5"), arabic_number("3万5千")
    (1000.5, 35000.0)
    """
    total = 0.0
    for digits, scales in re.findall(r"([\d.,]{1,40})\s?([十百千万亿]{0,4})", numeral):
        number = float(digits.replace(",", ""))
        for scale in scales:
            number *= _HAN_SCALES[scale]
        total += number
    return total


def roman_number(numeral: str) -> int:
    """Return the number of small Roman letters.

    >>> roman_number("xiv")
    14
    """
    values = [_ROMAN_DIGITS[letter] for letter in numeral]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def english_number(words: str) -> int:
    """Return the number of English words, such as `ENGLISH_NUMERAL` finds.

    >>> english_number("two thousand one hundred and twenty-five")
    2125
    """
    total = current = 0
    for word in re.split(r"[ -]", words):
        if word in _ENGLISH:
            current += _ENGLISH[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _ENGLISH_SCALES:
            total, current = total + (current or 1) * _ENGLISH_SCALES[word], 0
    return total + current


# --- Printed -----------------------------------------------------------------------------


def decimal(number: int) -> str:
    """Return a number in digits."""
    return str(number)


def roman(number: int) -> str:
    """Return a number in small Roman letters; in digits where there are none for it.

    >>> roman(14)
    'xiv'
    """
    if not 0 < number < 4_000:
        return str(number)
    found = ""
    for value, letters_of in _ROMAN:
        found += letters_of * (number // value)
        number %= value
    return found


def letters(number: int) -> str:
    """Return a number as a small letter, the letter doubled after 26, as Word does.

    >>> letters(3), letters(28)
    ('c', 'bb')
    """
    if not 0 < number <= 26 * 30:
        return str(number)
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def chinese(number: int) -> str:
    """Return a number in Chinese.

    >>> chinese(10), chinese(21), chinese(105)
    ('十', '二十一', '一百零五')
    """
    if not 0 < number < 10_000:
        return "零" if number == 0 else str(number)
    found, gap = "", False
    for value, unit in ((1_000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, value)
        if digit:
            found += ("零" if gap else "") + _PRINTED[digit] + unit
        gap = bool(found) and not digit
    return found.removeprefix("一") if found.startswith("一十") else found


def chinese_digits(number: int) -> str:
    """Return a number in Chinese digits, one for each of its own.

    >>> chinese_digits(12)
    '一二'
    """
    return "".join(_PRINTED[int(digit)] for digit in str(number)) if number >= 0 else str(number)


def chinese_legal(number: int) -> str:
    """Return a number in the Chinese numerals of cheques.

    >>> chinese_legal(12)
    '壹拾贰'
    """
    found = chinese(number)
    return (f"一{found}" if found.startswith("十") else found).translate(_LEGAL)


def one_of(signs: str) -> Callable[[int], str]:
    """Return what prints a number as one of `signs`, the first for 1; in digits beyond the last.

    >>> one_of("甲乙丙")(2)
    '乙'
    """
    return lambda number: signs[number - 1] if 0 < number <= len(signs) else str(number)


def run_of(first: str, count: int) -> Callable[[int], str]:
    """Return what prints a number as a character of a run, such as ① to ⑳; in digits beyond its end.

    >>> run_of("①", 20)(3)
    '③'
    """
    return one_of("".join(chr(ord(first) + index) for index in range(count)))


def rounded(value: float | None, digits: int = 3) -> str:
    """Return a figure as it is printed, a dash for none.

    >>> rounded(0.25), rounded(12.345, 1), rounded(None)
    ('0.250', '12.3', '–')
    """
    return "–" if value is None else f"{value:.{digits}f}"
