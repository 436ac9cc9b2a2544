"""Asks the former question of another number, amount or grade: 我18岁能办卡吗 of 我17岁能办卡吗, P6 of P3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.questions.rephrasing.english import put_en
from assistant.questions.rephrasing.former import is_quoting
from assistant.text.numerals import HAN_NUMERAL

if TYPE_CHECKING:
    from assistant.questions.utterances import Utterance


def of_another_number(query: Utterance, said: str) -> str:
    """Return the former question with another number in place of the one of its sort: 18岁, 迟到半小时, P6, "grade 7".

    Nothing if it has none or several, or what is said is no number of the same.

    Args:
        query: The former question.
        said: What a follow-up says, without what leads to it.
    """
    said, text = _FINAL.sub("", said), query.text
    if is_quoting(query):
        return ""
    if graded := _GRADE.fullmatch(said):
        grades = [grade for grade in _GRADE.finditer(text) if grade[1].lower() == graded[1].lower()]
        if len(grades) == 1:
            return f"{text[: grades[0].start()]}{said}{text[grades[0].end() :]}"
    number = _AMOUNT.search(said)
    if number is None or number.end() < len(said):
        return ""
    # 迟到 of 迟到半小时 stands before the former number, too.
    led_by, unit = said[: number.start()].lower(), _unit(number)
    former = [one for one in _AMOUNT.finditer(text) if _leads(led_by, text[: one.start()].lower())]
    former = [one for one in former if (_unit(one) == unit if unit else one[1].isascii())]
    if len(former) != 1:
        return ""
    place = former[0]
    put, end = (number[0], place.end()) if unit and unit not in place[2].lower() else (number[1], place.end(1))
    return put_en(text[: place.start()], put, text[end:], was_plural=False)


def _leads(led_by: str, before: str) -> bool:
    """Say whether a number stands after the same words, which nothing denies: 满 of 满18岁 is not that of 未满18岁."""
    return not led_by or (before.endswith(led_by) and not before.removesuffix(led_by).endswith(("未", "没", "不")))


def is_amount(said: str) -> bool:
    """Say whether a follow-up says no more than a number, with its unit if it has one: 18, 半小时呢."""
    return _AMOUNT.fullmatch(_FINAL.sub("", said)) is not None


def ends_in_amount(said: str) -> bool:
    """Say whether a follow-up ends in a number with what it counts: 转两次呢."""
    said = _FINAL.sub("", said)
    amount = next((amount for amount in _AMOUNT.finditer(said) if amount.end() == len(said)), None)
    return amount is not None and amount[2] != ""


def have_same_unit(text: str, other: str) -> bool:
    """Say whether two texts have amounts of the same unit: 超过3天, 7天内能退吗."""
    units = {_unit(amount) for amount in _AMOUNT.finditer(text)}
    return any(unit and unit in units for unit in map(_unit, _AMOUNT.finditer(other)))


def _unit(amount: re.Match[str]) -> str:
    """Return what an amount counts, called the same whatever it is called there."""
    unit = amount[2].lower()
    unit = unit.removeprefix("个") or unit
    return _SAME_UNIT.get(unit, unit)


_FINAL = re.compile("[呢啊]$")
UNITS_ZH = (
    "周?岁|个?(?:小时|钟头|星期|月|工作日|人)|分钟|[天周年]|公斤|千克|[克斤]|厘米|公里|平?米"
    "|[寸元块万次件张本位只台级个]"
)
"""Expression of what numbers count in Chinese."""
_SAME_UNIT = {"周岁": "岁", "块": "元", "千克": "公斤", "钟头": "小时", "星期": "周"}
_AMOUNT = re.compile(
    r"(?<![A-Za-z0-9.#第-])"
    rf"([0-9]{{1,6}}(?:\.[0-9]{{1,2}})?(?![0-9.-])|[{HAN_NUMERAL}两半]{{1,5}}(?={UNITS_ZH}))"
    rf" ?({UNITS_ZH}|[A-Za-z]{{1,12}}|)(?!性)"
)
_GRADE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,3}-?)[0-9]{1,3}(?![A-Za-z0-9])")
