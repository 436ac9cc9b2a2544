"""Circumstances: follow-ups that ask the former question under others, such as 注销以后呢 and "and on iOS?"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.conversation.leaning import rewritten
from assistant.questions.rephrasing import supposing
from assistant.questions.rephrasing.amounts import UNITS_ZH
from assistant.questions.rephrasing.chinese import place_zh
from assistant.questions.rephrasing.english import asked_of_place
from assistant.questions.topics import topics_of
from assistant.text.english import BY_MEANS, CIRCUMSTANTIAL, one_of
from assistant.text.numerals import HAN_NUMERAL

if TYPE_CHECKING:
    from assistant.conversation.leaning import Leaning
    from assistant.conversation.turns import Condensed
    from assistant.questions.utterances import Parts


def under_others(leaning: Leaning) -> Condensed | None:
    """Say what is asked under other circumstances; None for a question that tells none."""
    if said := _happened(leaning) or _measured(leaning):
        return rewritten(supposing(leaning.unsupposed, said, instead=False))
    condition = _condition(leaning)
    if not condition:
        return None
    if condition.startswith("to "):
        place = asked_of_place(leaning.query, condition.removeprefix("to "))
        return rewritten(place or f"{_WHERETO.sub('', leaning.query.bare)} {condition}?")
    # What happens "if I cancel", but not "in cash".
    happens = leaning.rest.language == "zh" or _HAPPENING.match(condition) is not None
    again = all(any(topic.group == "deed" for topic in topics_of(asked)) for asked in (leaning.rest, leaning.query))
    # Who asked how long it takes asks so of what is paid in cash, too.
    valued = leaning.rest.language == "en" and any(
        word.has("how_long", "how_much", "how_often", "when") for word in leaning.query.told
    )
    return rewritten(supposing(leaning.unsupposed, condition, instead=happens and again and not valued))


def _happened(leaning: Leaning) -> str:
    """Return what happened, in a question that says no more: 上了一半了 after 能退费吗; nothing for others."""
    # 了 at its end counts, which is cut off the rest as other words of politeness are.
    said = f"{leaning.rest.bare.removesuffix('呢').removesuffix('了')}了"
    return said if leaning.asked.bare.endswith(("了", "了呢")) and _HAPPENED.fullmatch(said) else ""


def _measured(leaning: Leaning) -> str:
    """Return a measure, in a question that says no more: 提前3天呢, 不对，是提前3小时; nothing for others."""
    measured, query = _MEASURED.fullmatch(leaning.rest.bare), leaning.query
    # 满18岁呢 after 未满18岁可以办卡吗 denies what that asks; but 3天前 may be said again.
    said = measured is not None and measured[1] in query.text and leaning.memory.unsupposed is None
    # 14岁以下 are people.
    return measured[1] if measured and not said and not leaning.parts.names else ""


def _condition(leaning: Leaning) -> str:
    """Return the circumstances that a question tells and asks nothing of; nothing if it tells none."""
    rest, parts = leaning.rest, leaning.parts
    even = rest.language == "en" and _EVEN.match(rest.bare) is not None
    marked = even or leaning.is_marked or (rest.language == "en" and _is_place_or_use(parts))
    if not parts.told or not marked or parts.asking or parts.has("what"):
        return ""
    first = parts.told[0]
    if place := place_zh(rest.bare) if rest.language == "zh" else "":
        return place
    if (clause := _CLAUSE.fullmatch(rest.bare)) and (parts.unknown or first.text in _HAVING_OR_NOT):
        return clause[1]
    if stated := _STATING.fullmatch(rest.bare):
        return stated[1]
    if first.text == "by" and any(topic.group == "who" for topic in topics_of(rest)):
        return ""
    condition = rest.text[first.start : parts.told[-1].end]
    if first.has("condition"):
        return condition if parts.own else ""
    postposed = condition.endswith(_POSTPOSITIONS) and not _IS_UNIT.search(condition)
    supposes = even or postposed or _PREPOSITION.match(first.text) is not None
    return condition if supposes or first.text == "to" else ""


def _is_place_or_use(parts: Parts) -> bool:
    """Say whether a few English words are a preposition and a name: "for children?", "in the US"."""
    if len(parts.told) == 1:
        # One name of the thesaurus.
        return _PREPOSITION.match(parts.told[0].text) is not None
    return (
        parts.only_names and len(parts.told) <= _MOST_WORDS and parts.told[0].text in ("to", *CIRCUMSTANTIAL, *BY_MEANS)
    )


_MOST_WORDS = 5
_PREPOSITION = re.compile(rf"[在对从]|用(?!户)|{one_of((*CIRCUMSTANTIAL, *BY_MEANS, 'as', 'when', 'while'))}(?![a-z])")
_EVEN = re.compile(rf"even {one_of((*CIRCUMSTANTIAL, *BY_MEANS))} ", re.IGNORECASE)
_WHERETO = re.compile(r" to (?:(?:an?|the|my|our|your) )?[\w-]{1,30}(?: [\w-]{1,30})?$", re.IGNORECASE)
_HAPPENING = re.compile(r"(?:even )?(?:if|when|after|once|in case)\b", re.IGNORECASE)
_POSTPOSITIONS = ("后", "前", "时", "时候", "里", "里面", "上", "内", "外", "的话")
# 赠送的课时, but not 上课时.
_IS_UNIT = re.compile("(?:(?<![上下])课|(?<![上放开])学|工|小)时$")
# 拆封了呢, 一年没登录呢; but not 没登录的用户呢.
_CLAUSE = re.compile(r"([^的]{0,12}[没不未无忘][^的]{1,12}|有[^的]{1,12}|[^的]{1,20}[了过])呢")
# 发现是事故车呢, 里面有充电宝呢.
_STATING = re.compile(
    "([^，。？“”的那这它]{1,8}(?:(?<![还或要但总凡不就也都])是|(?<![还只所没含享国私专公持])有(?![效线限偿]))"
    "[^，。？“”的]{2,12})呢"
)
# 没有父母同意 is asked of nobody else.
_HAVING_OR_NOT = ("有", "没有", "没", "无", "未", "不", "不是", "不要", "不需要", "不带", "不用")
_HAPPENED = re.compile("(?![太真好你您那算])[^，。？“”吗呢什么怎多几谁哪啥咋]{2,10}了")
_NUMBER = rf"(?:[0-9]{{1,6}}|[{HAN_NUMERAL}两半]{{1,5}})(?:{UNITS_ZH})"
_MEASURED = re.compile(
    rf"(?:是|可以|能|要)?((?:提前|超过|超出|超了?|不到|不足|不满|满|晚了?|迟到?|过了|逾期|延误){_NUMBER}"
    rf"(?:以上|以下|以内|之内|内|前|后|的话)?|{_NUMBER}(?:以上|以下|以内|之内|以外|内|前|后))呢?"
)
