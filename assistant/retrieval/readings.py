"""Readings: a question as it is put to policies and models, in the words that they know.

`put_to` changes what words are looked for; `readings_of` adds to what models read, each in words of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.policy.mentions import is_mentioned
from assistant.text import any_of, has_han, normalized, simplified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Policy
    from assistant.thesaurus import Thesaurus


def put_to(question: str, policies: Sequence[Policy], thesaurus: Thesaurus) -> str:
    """Return `question` as it is put to policies: in their words for what it asks and whom it names."""
    # Within its own policy a name tells no clause from another, but for the few that introduce it.
    own = any_of(name for policy in policies for name in policy.names)
    return as_printed(as_refunded(addressed(question, own)), [policy.text for policy in policies], thesaurus)


def readings_of(question: str, policies: Sequence[Policy], thesaurus: Thesaurus) -> tuple[str, ...]:
    """Return what models read of a question: itself, then what else it may mean to policies, each once.

    Args:
        question: The question, as `put_to` returns it.
        policies: Whom it is put to.
        thesaurus: What the question and the policies may name.

    >>> from assistant.thesaurus import default_thesaurus
    >>> readings_of("Who can see my photos?", (), default_thesaurus())
    ('who can see my photos', 'who can receive my photos')
    """
    said = (
        *thesaurus.readings(question),
        in_their_words(question, policies, thesaurus),
        as_used(question, thesaurus),
    )
    read = [as_embedded(one) for one in said]
    return tuple(dict.fromkeys((*read, *map(as_received, read), *map(as_given_away, read))))


def addressed(question: str, names: re.Pattern[str]) -> str:
    """Return `question` as put to the company itself: 你们 or you in place of its names.

    >>> from assistant.text import any_of
    >>> addressed("Does Baiju share my address?", any_of(["Baiju"]))
    'Does you share my address?'
    """
    asked = simplified(question)
    rest = names.sub(" ", asked)
    if rest == asked or not any(char.isalnum() for char in rest):
        return question
    return names.sub("你们" if has_han(rest) else "you", asked)


# "how many days" means the time limits that policies set, but it is no thing that one either names or does not.
ASKS = re.compile(r"(?:how|what|when|where|who|which|why)\b|怎么|如何|多久|多少|几")


def as_embedded(question: str) -> str:
    """Return `question` as models read it: in lower case without the marks at its end, which say nothing to them.

    >>> as_embedded("What does Getui collect?")
    'what does getui collect'
    """
    asked = question.lower()
    return asked.rstrip(_END_MARKS) or asked


_END_MARKS = " ?？!！。.…~"


def as_printed(question: str, texts: Sequence[str], thesaurus: Thesaurus) -> str:
    """Return `question` with each company by the name that stands most often in `texts`.

    To a model 高德 and 高德地图 are two that have something to do with each other.

    >>> from assistant.thesaurus import default_thesaurus
    >>> as_printed("高德会收集什么？", ["高德地图SDK：位置信息"], default_thesaurus())
    '高德地图会收集什么？'
    """
    folded = normalized(question)
    if len(folded) != len(question):
        return question
    said = question
    for start, end, ids in reversed(list(thesaurus.find(folded))):
        names = [name for id_ in ids if thesaurus[id_].kind == "vendor" for name in thesaurus[id_].names]
        if not names:
            continue
        printed = {name: sum(text.count(name) for text in texts) for name in names}
        # 高德地图 is no 高德 by itself.
        alone = {
            name: count - sum(printed[other] for other in names if name != other and name in other)
            for name, count in printed.items()
        }
        usual = max(names, key=lambda name: alone[name])
        # 微信支付 is one thing of 微信, and told from others where it is printed.
        narrower = usual in folded[start:end] and printed.get(folded[start:end], 0) > 0
        if alone[usual] > alone.get(folded[start:end], 0) and not narrower:
            said = f"{said[:start]}{usual}{said[end:]}"
    return said


def in_their_words(question: str, policies: Sequence[Policy], thesaurus: Thesaurus) -> str:
    """Return a `question` with what it names as English policies call it, where they call it otherwise.

    >>> from assistant.parsing import parse
    >>> from assistant.thesaurus import default_thesaurus
    >>> policy = parse("Seniors get a reduction.", language="en")
    >>> in_their_words("Is there a discount for OAPs?", [policy], default_thesaurus())
    'Is there a reduction for seniors?'
    >>> in_their_words("老年人打折吗", [policy], default_thesaurus())
    'seniors  reduction 吗'
    """
    said, folded = question, normalized(question)
    english = [policy for policy in policies if policy.language == "en"]
    if not english or len(folded) != len(question):
        return question
    for start, end, ids in reversed(list(thesaurus.find(folded))):
        named = [thesaurus[id_] for id_ in ids if thesaurus[id_].kind in _NAMED_OTHERWISE]
        is_asked_for = ASKS.match(folded[start:end]) or _ASKED_FOR.search(folded, 0, start)
        if not named or is_asked_for or is_mentioned(folded[start:end], (), english):
            continue
        counts = {name: sum(policy.kept(_count, name) for policy in english) for one in named for name in one.en}
        usual = max(sorted(counts), key=lambda name: (counts[name], len(name)), default="")
        if counts.get(usual):
            blank = " " if has_han(folded) else ""
            said = f"{said[:start]}{blank}{usual}{blank}{said[end:]}"
    return said.strip()


# 哪些地区 is answered with names of regions, not with that word.
_ASKED_FOR = re.compile(r"(?:哪[些个家种类]?|什么|\b(?:which|what) )$")
# Nouns: a verb would come in another form.
_NAMED_OTHERWISE = ("actor", "data_item", "identifier", "term")


def _count(policy: Policy, name: str) -> int:
    """Return how often an English name stands in a policy."""
    folded = policy.normalized
    # Most names stand in no text, which is sooner seen so.
    return len(re.findall(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", folded)) if name in folded else 0


def as_received(question: str) -> str:
    """Return a question of whether somebody sees something as one of whether they receive it, which policies tell.

    Args:
        question: Any question; one that is none of these, or asks what the company or who asks it sees, comes back as
            it is.

    >>> as_received("骑手能看到我的地址吗"), as_received("who has access to my number?")
    ('骑手会收到我的地址吗', 'who receives my number?')
    >>> as_received("在哪里能看到我的订单"), as_received("can I see my data?")
    ('在哪里能看到我的订单', 'can I see my data?')
    """
    if has_han(question):
        return _SEES_ZH.sub(lambda seen: f"{seen['who']}会收到", question, count=1)
    return _SEES_EN.sub(lambda seen: f"{seen['who']}receive{'s' * (seen['sees'] is not None)}", question, count=1)


_SEES_ZH = re.compile(
    r"(?P<who>[^\W\d_]{1,8}(?<![你您我们咱己哪儿里中么何样想要让给可以能会请上]))"
    r"(?:能不能|可不可以|会不会|是否|能否|能够?|可以|会|都|也){0,3}(?:看得?[到见]|查[到看]|查得到)"
    r"(?=我|他|她|的|什么|哪|啥|(?<=谁....)$|(?<=谁...)$)"
)
_SEES_EN = re.compile(
    r"(?P<who>\b(?!(?:you|i|we|it|me|us|to|and|or|please|not)\b)[\w'’]{1,30} "
    r"(?:(?:can|could|will|would|may|might|also|still|ever|be|able to|allowed to) ){0,3})"
    r"(?:(?P<sees>sees|views|(?:has|gets) access to|accesses|looks at|reads|knows)|"
    r"see|view|(?:have|get) access to|access|look at|read|know)(?= (?:my|our|what|where|who)\b)",
    re.IGNORECASE,
)


def as_given_away(question: str) -> str:
    """Return a question of whether data are sold as one of whether others get them, which more policies tell.

    Args:
        question: Any question; one that is none of these comes back as it is.

    >>> as_given_away("会卖我的数据吗"), as_given_away("do you sell my data?")
    ('会提供给第三方我的数据吗', 'do you share with third parties my data?')
    >>> as_given_away("你们主要卖什么"), as_given_away("do you sell boxes?")
    ('你们主要卖什么', 'do you sell boxes?')
    """
    if not _DATA.search(question):
        return question
    return _SELLS_ZH.sub("提供给第三方", question) if has_han(question) else _SELLS_EN.sub(_SHARE, question)


_DATA = re.compile(
    r"数据|信息|资料|隐私|号码|电话|手机号|\b(?:data|info|information|details?|numbers?|address(?:es)?|e-?mails?)\b",
    re.IGNORECASE,
)
_SELLS_ZH = re.compile("(?:拿去|转|出|倒|贩|售)?卖(?:[掉了钱]|给(?:别人|他人|第三方|其他公司))?(?![家方点])|出售(?!方)")
_SELLS_EN = re.compile(r"\bsell(?:s|ing)?\b", re.IGNORECASE)
_SHARE = "share with third parties"


def as_used(question: str, thesaurus: Thesaurus) -> str:
    """Return an English question of what a company is as one of what it is used for, which policies tell.

    Args:
        question: Any question; one that is none of these comes back as it is.
        thesaurus: Knows the companies.

    >>> from assistant.thesaurus import default_thesaurus
    >>> as_used("what is Getui?", default_thesaurus()), as_used("what is a cookie?", default_thesaurus())
    ('what is Getui used for', 'what is a cookie?')
    """
    asked = _WHAT_IS.fullmatch(question)
    name = normalized(asked["name"]) if asked else ""
    found = [ids for start, end, ids in thesaurus.find(name) if (start, end) == (0, len(name))]
    if not asked or not any(thesaurus[id_].kind == "vendor" for ids in found for id_ in ids):
        return question
    return f"{question[: asked.end('name')]} used for"


_WHAT_IS = re.compile(r"what(?:['’]?s| is) (?P<name>[^?!.]{2,40}?)[?!. ]*", re.IGNORECASE)


def as_refunded(question: str) -> str:
    """Return a Chinese question of what one may give back, without a word for it, as one of a refund.

    Args:
        question: Any question; one that is none of these comes back as it is.

    >>> as_refunded("哪些情况可以退"), as_refunded("定金能退吗"), as_refunded("怎么退订")
    ('哪些情况可以退款', '定金能退款吗', '怎么退订')
    """
    return _GIVES_BACK_ZH.sub("退款", question)


_GIVES_BACK_ZH = re.compile("(?<=[能以给会么样何得予候全])退(?=[吗呢么嘛了多?？]|$)")
