"""Recipients: who gets what a question names.

A policy tells in one clause what is collected, and in others, each for some occasion, who gets it. A question for those
who get something is answered by all of the latter, and by none of the former, however close its words are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.text import normalized, unlaid
from assistant.text.english import turned
from assistant.thesaurus import DATA_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.retrieval.hits import Hit
    from assistant.thesaurus import Thesaurus


@lru_cache(maxsize=256)
def asks_recipients(question: str) -> bool:
    """Say whether a question asks who gets or sees something, or whom it is given to.

    >>> [asks_recipients(asked) for asked in ("手机号会提供给哪些公司", "谁能看到我的手机号", "who gets my number?")]
    [True, True, True]
    >>> [asks_recipients(asked) for asked in ("骑手能看到我的手机号吗", "谁负责隐私", "who are you?")]
    [False, False, False]
    >>> asks_recipients("公司内部谁能看到我的手机号"), asks_recipients("which of your staff can see my number?")
    (False, False)
    """
    asked = normalized(question)
    return _ASKED.search(asked) is not None and not _WITHIN.search(asked)


def telling_sentences(query: str, hit: Hit) -> set[int]:
    """Return the places of the sentences of a hit that say who gets one of the things that a question names.

    Of whatever is given, if it names data in general. Empty if the question does not ask for that, or names no thing.
    """
    if not asks_recipients(query):
        return set()
    if asked := _things(query, hit.policy.thesaurus):
        return {number for number, said in enumerate(hit.said) if asked & _given(said, hit.policy.thesaurus)}
    if not _names_data_in_general(query):
        return set()
    return {number for number, said in enumerate(hit.said) if _gives_data(said, hit.policy.thesaurus)}


def recipients_told(query: str, hits: Sequence[Hit]) -> bool | None:
    """Say whether one of the hits, at least one, says who gets what a question names; None if it asks no such thing."""
    names_any = _names_data_in_general(query) or _things(query, hits[0].policy.thesaurus)
    if not asks_recipients(query) or not names_any:
        return None
    return any(telling_sentences(query, hit) for hit in hits)


# The sentences of a policy are read for one question after another.
@lru_cache(maxsize=10_000)
def _given(said: str, thesaurus: Thesaurus) -> frozenset[str]:
    """Return the concepts of data that a sentence names, if it says that something is given to somebody."""
    plain = normalized(said)
    return _things(turned(plain), thesaurus) if _GIVEN.search(unlaid(plain)) else frozenset()


def _names_data_in_general(query: str) -> bool:
    return _IN_GENERAL.search(normalized(query)) is not None


_IN_GENERAL = re.compile(
    r"\b(?:share|give|sell|pass|send|disclose|provide|transfer|hand over|gets?|receives?|sees?)"
    r" (?:on )?(?:my |our |the |any |personal |customer )*(?:data|details|information|info)\b(?! about)"
)


def _gives_data(said: str, thesaurus: Thesaurus) -> bool:
    """Say whether a sentence tells of data of any kind that they are given to somebody."""
    in_general = _DATA.search(normalized(said)) and _GIVEN.search(unlaid(normalized(said)))
    return bool(in_general or _given(said, thesaurus))


_DATA = re.compile(r"\b(?:data|information)\b")


def _things(text: str, thesaurus: Thesaurus) -> frozenset[str]:
    """Return the concepts of data that a text names."""
    return frozenset(concept for concept in thesaurus.named_in(text) if thesaurus[concept].kind in DATA_KINDS)


_WHOM_ZH = r"(?:谁|哪[些家]?(?:人|公司|第三方|机构|单位|平台|商家|部门|合作|伙伴|企业)|什么(?:人|公司|机构|第三方))"
_GETS_EN = r"(?:sees?|gets?|receives?|views?|reads?|knows?|obtains?|ha(?:s|ve) access to|access(?:es)?)"
_ASKED = re.compile(
    rf"(?:[给至到][了过]?|[向和跟与被]){_WHOM_ZH}|{_WHOM_ZH}(?:都|还|也|能够?|可以|会|有权|可){{0,3}}"
    r"(?:看|知道|晓得|拿|得到|收到|获得|获取|获知|得知|查|接触|访问)|"
    rf"\bwho (?:else |all )?(?:(?:can|could|will|would|may|might) )?{_GETS_EN} (?:my|our)\b|"
    r"\bwho (?:else )?(?:do|does|will|would|might|may|can|could) (?:you|they|it|the \w{1,20}) "
    r"(?:share|give|sell|pass|send|disclose|provide|transfer|hand)\b|"
    r"\b(?:to|with) (?:whom|(?:which|what) (?:\w{1,20} ){0,2}(?:compan|part|vendor|provider|people|person))|"
    rf"\b(?:which|what) (?:\w{{1,20}} ){{1,3}}(?:(?:can|could|will|may) )?{_GETS_EN} (?:my|our)\b"
)
# Those within the company get nothing of it: they are let see it.
_WITHIN = re.compile(
    r"(?:公司|你们|平台|贵司)(?:的?内部|里面?)|内部(?:谁|哪些?人|人员)|(?:哪些?|什么)(?:员工|职员|工作人员|内部人员)|"
    r"\b(?:inside|within) (?:the|your) (?:company|organi[sz]ation|firm|team)\b|"
    r"\b(?:staff|employees?|in-house|internally)\b"
)
# Given to others, or seen by them: what the company itself is given by whoever asks is none.
_GIVEN = re.compile(
    # 提供您的姓名至认证机构
    r"共享|分享|披露|转让|透露|提供(?:[您你][^,，。;；]{1,30}?)?[给至](?!我们|本公司|本平台|[今少多于])|(?:同步|转移|传输|发送|信息)[至给到]|移交|交由|接收方|(?<!您)(?:可以?|能够?|有权)(?:查看|看到|访问|接触到?|知道)您的|"
    r"向(?!我们|本公司|本平台|您|你)[^,，。;；]{1,40}?(?:提供|传输|发送|同步|报送|告知|推送)|"
    r"[将把](?=您|你|其|该|此|用户|前述|上述|相关)[^。;；]{1,60}?(?:提供|传输|发送|同步|报送|告知|告诉|给)|"
    r"\b(?:shar(?:e|es|ed|ing)|disclos\w{1,5}|transfer\w{0,5}|(?<!\bwe )(?<!\byou )receiv(?:e|es|ed)|recipients?|sell"
    r"|sold)\b"
    r"(?! with us\b)|"
    r"(?<!\bnot )\b(?:access(?: to)?|see|sees|view|views|visible|knows?) your\b|"
    r"\b(?:provid|suppl|giv|send|sent|pass|forward)\w{0,5} [^.;]{1,80}? to (?!us\b|you\b)|"
    # A row of a table of those who get something: "Provider: Corbel Ltd | Data: name".
    r"^(?:(?:service )?provider|recipient|(?:third[ -])?party|partner|processor|vendor|company"
    r"|接收方|第三方|合作方|提供方)"
    r"[^:：|]{0,20}[:：][^|]{1,200} \| "
)
