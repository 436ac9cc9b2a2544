"""Redaction: what tells who a person is gets out of a question before it is written anywhere.

Answers are not redacted: the telephone number that a policy gives is there to be read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from assistant.text import fold, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

# Beside a Han character there is no word boundary, so that `\b` would miss `手机号13812345678吗`.
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?1[- ]?[3-9](?:[- ]?\d){9}(?!\d)")
_ID = re.compile(r"(?<!\d)\d{6}[- ]?\d{8}[- ]?\d{3}[\dx](?![\da-z])")
_DIGITS = re.compile(r"(?<!\d)\d(?:[- ]?\d)*(?!\d)")
# Begins where no such character stands before, so that a long run is read once.
_MAIL = re.compile(r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][a-hj-np-z][·•.\- ]?"
    r"[a-hj-np-z0-9]{4,5}[a-hj-np-z0-9挂学警港澳](?![a-z0-9])"
)
_PLATE_DIGITS = 3
_CARD_DIGITS = range(13, 20)
_GROUP_DIGITS = 4
_CARD_GROUPS = 5
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10x98765432"


def redacted(text: str) -> str:
    """Return `text` with `[phone]`, `[id]`, `[card]`, `[mail]` and `[plate]` in place of what they name.

    Mobile numbers of mainland China, resident identity numbers and bank cards whose check digit is right, mail
    addresses, and vehicle plates; with full-width or other digits, and with blanks or hyphens in between.

    >>> redacted("手机号１３８ １２３４ ５６７８吗，mail me at someone@example.com")
    '手机号[phone]吗，mail me at [mail]'
    """
    shown = visible(text)
    # Of the same length, so that places in it are places in what is shown.
    plain = "".join(_digit(char) for char in fold(shown))
    parts: list[str] = []
    done = 0
    for start, end, kind in _merged(sorted(_found(plain))):
        parts += (shown[done:start], f"[{kind}]")
        done = end
    return "".join([*parts, shown[done:]])


def _digit(char: str) -> str:
    """Return the digit that a character stands for, such as `8` for `８`, `٨` or `⑧`; any other as it is."""
    value = unicodedata.digit(char, None) if not char.isascii() else None
    return char if value is None else str(value)


def _found(plain: str) -> Iterator[tuple[int, int, str]]:
    for kind, pattern in (("phone", _MOBILE), ("mail", _MAIL)):
        yield from ((*found.span(), kind) for found in pattern.finditer(plain))
    yield from ((*found.span(), "id") for found in _ID.finditer(plain) if _is_id(found[0]))
    for found in _PLATE.finditer(plain):
        if sum(char.isdigit() for char in found[0]) >= _PLATE_DIGITS:
            yield (*found.span(), "plate")
    yield from _cards(plain)


def _cards(plain: str) -> Iterator[tuple[int, int, str]]:
    """Yield the bank cards among the digits: whole groups of at least four, but for the last."""
    for run in _DIGITS.finditer(plain):
        groups = [found.span() for found in re.finditer(r"\d+", run[0])]
        for first, (start, _) in enumerate(groups):
            digits = ""
            for left, right in groups[first : first + _CARD_GROUPS]:
                digits += run[0][left:right]
                if len(digits) in _CARD_DIGITS and _is_card(digits):
                    yield run.start() + start, run.start() + right, "card"
                # A date, or a telephone number in groups, goes on otherwise.
                if right - left < _GROUP_DIGITS or len(digits) >= _CARD_DIGITS.stop:
                    break


def _merged(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return the spans with those that overlap made one, named after the longest: half a number is still told."""
    merged: list[tuple[int, int, str]] = []
    longest = 0
    for start, end, kind in found:
        if merged and start < merged[-1][1]:
            before = merged[-1]
            name = kind if end - start > longest else before[2]
            merged[-1] = (before[0], max(before[1], end), name)
            longest = max(longest, end - start)
        else:
            merged.append((start, end, kind))
            longest = end - start
    return merged


def _is_id(text: str) -> bool:
    """Say whether the last character is the check of the first seventeen, by GB 11643."""
    digits = [char for char in text if char.isdigit() or char == "x"]
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits[:17], strict=True))
    return digits[17] == _ID_CHECKS[total % 11]


def _is_card(digits: str) -> bool:
    """Say whether the last digit is the check of the others, by Luhn's rule."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0
