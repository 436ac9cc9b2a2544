"""Numbers as lists print them: Roman, letters, Chinese, in circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_DIGITS = "〇一二三四五六七八九"
_LEGAL = str.maketrans("〇一二三四五六七八九十百千万", "零壹贰叁肆伍陆柒捌玖拾佰仟万")


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
            found += ("零" if gap else "") + _DIGITS[digit] + unit
        gap = bool(found) and not digit
    return found.removeprefix("一") if found.startswith("一十") else found


def chinese_digits(number: int) -> str:
    """Return a number in Chinese digits, one for each of its own.

    >>> chinese_digits(12)
    '一二'
    """
    return "".join(_DIGITS[int(digit)] for digit in str(number)) if number >= 0 else str(number)


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
