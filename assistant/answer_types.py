"""Answer types: what kind of value a question wants, and whether a text holds one.

"How long do you keep it?" wants a period. A clause that is all about keeping, but gives none, does not
answer it, however close its words are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.text import normalized


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerType:
    """A kind of value."""

    name: str
    """Name, such as `duration`."""
    wanted: re.Pattern[str]
    """Found in questions that want one."""
    held: re.Pattern[str]
    """Found in texts that hold one, be it in vague words."""


def _of(name: str, *, wanted: str, held: str) -> AnswerType:
    return AnswerType(name=name, wanted=re.compile(wanted), held=re.compile(held))


# Bounded, lest a long run of them be read again from each of its places.
_NUMBER = (
    r"(?:\d{1,9}|[一二三四五六七八九十百两半]{1,9}|one|two|three|four|five|six|seven|ten|twelve|fifteen|thirty|a|an)"
)
ANSWER_TYPES = (
    _of(
        "duration",
        wanted=r"多久|多长时间|几天|几个月|几年|几周|多少(?:天|个月|年|小时|工作日)|时限|期限|"
        r"\bhow (?:long|soon|quickly|many (?:days|weeks|months|years|hours))\b|\bdeadline\b|\btime limit\b",
        held=rf"{_NUMBER}[ -]?(?:个|多)?(?:工作日|自然日|日|天|周|星期|个?月|年|小时|分钟|周岁|岁)|"
        rf"\b{_NUMBER}[ -](?:working |business |calendar )?(?:day|week|month|year|hour|minute)s?\b|"
        r"期限|期间|期满|时限|及时|立即|尽快|随时|永久|长期|最短|不再|until|period|as long as|as soon as|promptly|"
        r"immediately|without delay|no longer",
    ),
    _of(
        "amount",
        wanted=r"多少钱|价格|价钱|收费|费用|手续费|要钱|花钱|\bhow much (?:does|do|is|are|will|would|to pay)\b|"
        r"\bprice\b|\bcosts?\b|\bfees?\b|\bfree of charge\b|\bcharge (?:me|us|for)\b",
        held=r"[元￥¥$€£]|费用|收费|免费|付费|成本|\bfees?\b|\bcharges?\b|\bcosts?\b|\bfree\b|\bpaid\b",
    ),
    _of("email", wanted=r"邮箱|邮件地址|\be-?mail\b", held=r"@|邮箱|邮件|\be-?mail"),
    _of(
        "telephone",
        wanted=r"(?:电话|热线|手机号?码?)(?:号码?)?(?:是?多少|是什么|是哪个|怎么打)|\bhotline\b|"
        r"\b(?:phone|telephone) number (?:of|for|to)\b|\bnumber (?:can i|to|do i|should i) (?:call|ring|dial)\b",
        held=r"\d[\d -]{5,20}\d|热线|电话[:：]",
    ),
    _of(
        "count",
        wanted=r"多少(?:次|台|个人|家)|几(?:次|台|家|个人)|\bhow many (?!days|weeks|months|years|hours)\w+",
        held=rf"\d|{_NUMBER}(?:次|台|家|个)|\b(?:one|two|three|four|five|six|ten|several|each|every|all)\b|一次|多次|、|,",
    ),
)
"""Every kind of value that is told apart."""


def wanted(question: str) -> tuple[AnswerType, ...]:
    """Return what kinds of values a question wants; most want none.

    >>> [kind.name for kind in wanted("注销以后多久删除？")], wanted("为什么要实名？")
    (['duration'], ())
    """
    asked = normalized(question)
    return tuple(kind for kind in ANSWER_TYPES if kind.wanted.search(asked))


def wants_all(question: str) -> bool:
    """Say whether a question asks for every place or item, not for one.

    >>> wants_all("哪些情况会收集IMEI"), wants_all("which third parties get my phone number"), wants_all("什么是IMEI")
    (True, True, False)
    """
    return _ALL.search(normalized(question)) is not None


_ALL = re.compile(
    r"哪些|哪几[个种类家]|有哪|都有什么|所有|全部|列出|列举|分别|多少种|"
    r"\bwhich (?!is\b|was\b|has\b|does\b)(?:\w{1,30} ){0,2}\w{1,30}s\b|\bwhat (?:kinds?|types?|sorts?|all)\b|"
    r"\blist (?:all|of|the|every)\b|\bwho all\b|"
    r"\bevery(?:one|thing|where)?\b|\ball (?:the |of the )?\w{1,30}s\b|\bin what (?:cases|situations|circumstances)\b"
)


def holds(text: str, kind: AnswerType) -> bool:
    """Say whether a text holds a value of this kind.

    >>> duration = ANSWER_TYPES[0]
    >>> holds("我们会在十五个工作日内答复", duration), holds("我们会加密保存您的信息", duration)
    (True, False)
    """
    return kind.held.search(normalized(text)) is not None
