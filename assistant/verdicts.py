"""Whether a clause answers a yes/no question, and how: rules over the question and the clause's own words, no model.

A question is read as one *act* (`data/verdicts.toml`: collecting, selling, withdrawing consent …) with what it is about
and whom it goes to. A sentence of the clause decides it if it states that act, of that thing, by that party, and if its
sense can be read: one negation at most, no other subject, nothing turned twice. A condition or an exception makes the
verdict `conditional`, and is pointed at with the policy's own words.

The rules err on the side of silence: every word of the question must be accounted for, and where two sentences that
were found tell different things, nothing is said. The quote itself is shown either way.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import resources
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from assistant.segments import WHEN, Reader, conditions_in, denials, says_perhaps, sentences_in
from assistant.text import Language, fold, has_han, language_of, normalized
from assistant.thesaurus import extended

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.policy import Policy
    from assistant.segments import Segment, Sentence
    from assistant.thesaurus import Thesaurus

VerdictKind = Literal["yes", "no", "conditional"]
"""`yes`: what the question names is so, whether the question affirms or denies it; `conditional`: it depends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sentence of a clause says to a yes/no question."""

    kind: VerdictKind
    """Whether it is so."""
    fact: str
    """What is so or not so, named in the language of the question, lest a bare yes be misunderstood: 不会出售."""
    language: Language
    """Language of the question."""
    condition: str = ""
    """The words of the clause that make it conditional, on one line; empty if it is a mere `may`."""
    leads: bool = False
    """Whether the condition stands before what it is for."""

    @property
    def text(self) -> str:
        """The verdict as it is told."""
        if not self.condition:
            return _WORDED[self.kind][self.language].format(fact=self.fact)
        order = "leads" if self.leads else "follows"
        # The marks of a quote stand around the quote only.
        condition = self.condition.replace("“", "‘").replace("”", "’")
        return _CONDITIONAL[order][self.language].format(fact=self.fact, condition=condition)


_WORDED: dict[VerdictKind, dict[Language, str]] = {
    "yes": {"zh": "{fact}：", "en": "Yes, {fact}:"},
    "no": {"zh": "{fact}：", "en": "No, {fact}:"},
    "conditional": {"zh": "{fact}：", "en": "It depends: {fact}:"},
}
_CONDITIONAL: dict[str, dict[Language, str]] = {
    "leads": {"zh": "有条件，「{condition}」{fact}：", "en": "It depends: {fact} ‘{condition}’:"},
    "follows": {"zh": "有条件，{fact}，「{condition}」：", "en": "It depends: {fact}, ‘{condition}’:"},
}


def verdict_of(question: str, policy: Policy, clause_id: str, quote: str, others: Iterable[str] = ()) -> Verdict | None:
    """Return what a quoted clause says to a yes/no question; None unless its text decides it.

    Args:
        question: The question, made to stand by itself.
        policy: The policy that the quote is from.
        clause_id: The clause that the quote is from.
        quote: The words that the answer quotes first.
        others: What else was found: if it tells another thing, nothing is said.
    """
    thesaurus = extended(policy.concepts)
    asked = _asked(question, thesaurus)
    if asked is None:
        return None
    titles = [clause.title for clause in policy.path(clause_id)[1:]]
    if asked.act.by == "we" and any(_OF_OTHERS.search(normalized(title)) for title in titles):
        return None
    names = (policy.title, *policy.names)
    judge = _Judge(thesaurus, names)
    own = list(judge.rulings(asked, quote))
    if not own or any(ruling.polarity == "doubt" for ruling in own):
        return None
    if asked.act.asks == "item" and _IS in own and any(ruling.condition for ruling in own):
        return None
    # 我们可能使用…. 我们使用…: what is so is no longer a mere perhaps.
    first = _IS if own[0] == _MAY and _IS in own else own[0]
    for text in others:
        own += judge.rulings(asked, text)
    if not _agree(first, own):
        return None
    if asked.act.by == "you" and not first.condition and (terms := _MUST_MEET.search(_unlaid(quote))):
        first = replace(first, condition=terms[0])
    verdict = first.verdict(asked)
    if not verdict.condition:
        return verdict
    # A condition is told in the policy's own words, or the verdict is not told.
    printed = _printed(verdict.condition, quote, names)
    return replace(verdict, condition=printed) if printed else None


def _printed(words: str, text: str, names: Iterable[str]) -> str:
    """Return normalized words, which have `we` for each name, as a text prints them; empty if it does not."""
    own = "|".join(
        _spaced(fold(name)) for name in sorted({*names, "我们", "we"}, key=len, reverse=True) if name.strip()
    )
    parts = [f"(?:{own})" if part in ("我们", "we") else _spaced(part) for part in _OWN.split(words)]
    found = re.search(r"\s*".join(part for part in parts if part), fold(text))
    return " ".join(text[slice(*found.span())].split()) if found else ""


def _spaced(words: str) -> str:
    return r"\s*".join(re.escape(char) for char in words if not char.isspace())


_MUST_MEET = re.compile(r"[^,。;:]{0,10}(?:须|需要?|应当?)(?:同时)?(?:满足|符合)[^,。;:]{0,12}条件")
_OWN = re.compile(r"(我们|(?<![a-z0-9])we(?![a-z0-9]))")


# --- The question ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """Something that may be done: an entry of `data/verdicts.toml`, compiled."""

    id: str
    by: str
    asks: str
    party: bool
    asked: re.Pattern[str]
    said: re.Pattern[str]
    beside: re.Pattern[str]
    about: re.Pattern[str]
    fact: dict[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A yes/no question, read."""

    act: _Act
    language: Language
    item: frozenset[str]
    """Concepts of the thing that is asked about, any of which it may be; empty for personal information in general."""
    name: str
    """What the question calls it."""
    party: frozenset[str]
    """Concepts of whom it goes to; empty if that is not asked."""
    rest: tuple[str, ...]
    """Other words, which the clause must have."""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("assistant").joinpath("data/verdicts.toml").read_text("utf-8"))


def _either(words: dict[str, list[str]]) -> re.Pattern[str]:
    parts = [*words.get("zh", ()), *(f"(?<![a-z0-9])(?:{word})(?![a-z0-9])" for word in words.get("en", ()))]
    return re.compile("|".join(parts))


@cache
def _acts() -> tuple[_Act, ...]:
    return tuple(
        _Act(
            id=entry["id"],
            by=entry["by"],
            asks=entry["asks"],
            party=entry.get("party", False),
            asked=_either(entry["asked"]),
            said=_either(entry["said"]),
            beside=re.compile(entry.get("beside", "(?!)")),
            about=re.compile(entry.get("about", "")),
            fact=entry["fact"],
        )
        for entry in _table()["act"]
    )


@cache
def _form_words() -> re.Pattern[str]:
    return _either(_table()["form"])


_LONGEST_QUESTION = 120
_ENDS = re.compile(r"[\s?!。.,;:~…]+$")
_SEVERAL = re.compile(r"[?!。;][^?!。;]")
_NOT_ZH = re.compile(
    r"什么|怎么|怎样|如何|哪|谁|多久|多长|多少|多大|几|为何|为啥|啥|咋|还是(?![会要能可得在])|(?:告诉|跟|给|和)我(?:说|讲)|"
    r"(?:能|可以)(?:不能)?(?:告诉|介绍|解释|说明|帮)|知道|如果|要是|假如|的话|除了|除非|只要"
)
_YES_NO_ZH = re.compile(
    r"(?:吗|嘛|么|吧|不|没|没有)(?:呢|啊|呀)?$|是否|能否|可否|会否|会不会|能不能|可不可以|可以不可以|有没有|是不是|要不要|需不需要"
)
_POLITE = re.compile(
    r"^(?:can|could|would|will) (?:you|i|we) (?:please )?(?:tell|explain|show|describe|list|help|say|ask|know|let)\b|"
    r"^(?:do|did) (?:you|i) (?:know|mean|think|remember)\b|\b(?:possible|way) to (?:know|find|see|ask)\b"
)
_OPENING = re.compile(r"^(?:(?:so|and|but|well|hi|hello|hey|please|ok|okay|sorry)\b[ ,]*)+")
_YES_NO_EN = re.compile(
    r"^(?:do|does|did|don't|doesn't|can|can't|could|will|won't|would|is|isn't|are|aren't|am|may|must|shall|should|has"
    r"|have)(?: not)? [a-z']"
)
_TAG = re.compile(r",? (?:do|does|is|are|will|can|don't|doesn't|isn't|aren't|won't|can't) (?:you|it|they|i)$|,? right$")
_NOT_EN = re.compile(
    r"\b(?:what|how|which|who|whom|whose|when|where|why|or|if|unless|without|only|else|must|have to)\b"
)
_GENERAL_WORD = re.compile(
    r"个人信息|信息|数据|资料|隐私|(?<![a-z])(?:personal )?(?:data|information|info|details)(?![a-z])"
)
_THING_KINDS = frozenset({"data_item", "identifier", "permission"})
_OFFICIALS = frozenset({"authorities", "regulator", "court"})
_PARTY_KINDS = frozenset({"vendor", "actor"})
_GENERAL = "personal_information"
_BEFORE_PARTY = re.compile(
    r"(?:给|向|与|和|跟|同|被)\s*(?:其他|任何|别的)?$|(?<![a-z])(?:to|with|by)(?: any| other| the| your| some)?\s*$"
)
_ANYONE = re.compile(
    r"别人|他人|其[他它]人|外人|任何人|(?<![a-z])(?:anyone|anybody|someone|others|other people)(?![a-z])"
)
_NEED_PARTY = frozenset({"提供", "给", "provide", "provided", "give", "given", "disclose", "disclosed"})
_WORDS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9'’-]+")


@lru_cache(maxsize=64)
def _asked(question: str, thesaurus: Thesaurus) -> _Asked | None:
    """Read a question; None unless it is a yes/no question all of whose words are understood."""
    plain = _unlaid(question)
    if len(plain) > _LONGEST_QUESTION:
        return None
    plain = _ENDS.sub("", plain)
    if _SEVERAL.search(plain):
        return None
    language = language_of(question)
    if language == "zh":
        if not _YES_NO_ZH.search(plain):
            return None
    else:
        plain = _OPENING.sub("", plain)
        tagged = _TAG.search(plain)
        if _POLITE.search(plain) or not (tagged or _YES_NO_EN.match(plain)):
            return None
        plain = _TAG.sub("", plain)
    readings = [asked for act in _acts() if (asked := _asked_as(act, plain, language, thesaurus))]
    # The fewer words are left for the clause to have, the better is an act understood.
    return min(readings, key=lambda asked: sum(map(len, asked.rest)), default=None)


def _asked_as(act: _Act, plain: str, language: Language, thesaurus: Thesaurus) -> _Asked | None:
    """Read a question as one that asks for an act; None if words are left over that no clause can answer."""
    match = act.asked.search(plain)
    if match is None or not _is_asker(act, plain, language) or _is_conditional(plain, act):
        return None
    left = act.beside.sub(_blank, _blanked(plain, match.start(), match.end()))
    if (_NOT_ZH if language == "zh" else _NOT_EN).search(left):
        return None
    topic = _topic(act, left, match[0], thesaurus)
    if topic is None or not _is_complete(act, topic, match[0]):
        return None
    rest = tuple(_WORDS.findall(_form_words().sub(_blank, topic.left)))
    if any(len(word) < _SHORTEST_WORD for word in rest):
        return None
    return _Asked(act=act, language=language, item=topic.item, name=topic.name, party=topic.party, rest=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    """What a question is about, and what is left of its words."""

    left: str
    item: frozenset[str] = frozenset()
    name: str = ""
    party: frozenset[str] = frozenset()
    is_general: bool = False


def _topic(act: _Act, left: str, verb: str, thesaurus: Thesaurus) -> _Topic | None:
    """Return what a question is about; None if it names several things, or someone in another part than the act's."""
    topic = _Topic(left=left)
    for start, end, ids in list(thesaurus.find(left)):
        kinds = {thesaurus[concept].kind for concept in ids}
        if kinds & _PARTY_KINDS:
            goes_to = _BEFORE_PARTY.search(left, max(start - 20, 0), start) or verb.endswith(("给", "to", "with"))
            if not act.party or topic.party or not goes_to:
                return None
            topic = replace(topic, party=frozenset(ids))
        elif act.asks == "none" or not (kinds & _THING_KINDS or _GENERAL in ids):
            continue
        elif _GENERAL in ids:
            topic = replace(topic, is_general=True)
        elif topic.item:
            return None
        else:
            item = frozenset(concept for concept in ids if thesaurus[concept].kind in _THING_KINDS)
            topic = replace(topic, item=item, name=left[start:end])
        topic = replace(topic, left=_blanked(topic.left, start, end))
    if someone := _ANYONE.search(topic.left):
        if not act.party or topic.party:
            return None
        topic = replace(topic, party=frozenset({"third_party"}), left=_blanked(topic.left, *someone.span()))
    is_general = topic.is_general or _GENERAL_WORD.search(topic.left) is not None
    return replace(topic, is_general=is_general, left=_GENERAL_WORD.sub(_blank, topic.left))


def _is_complete(act: _Act, topic: _Topic, verb: str) -> bool:
    """Say whether a question names what its act must be asked about."""
    if act.asks == "none":
        return not topic.is_general
    if act.party and not topic.party and verb in _NEED_PARTY:
        return False
    return bool(topic.item) or (topic.is_general and act.asks == "data")


_SHORTEST_WORD = 2
_DENIED = re.compile(r"[不没未无]")
_IS_IT = re.compile(r"(.)[不没]\1|可以不可以|有没有|没有?$|不$|不会|不能|是不是")
_MANNER = re.compile(r"同意|授权|许可|允许|拒绝|consent|permission|asking|telling|refus")


def _is_conditional(plain: str, act: _Act) -> bool:
    """Say whether a question asks what is so if something else is so, or is done without something."""
    if act.asks == "refused":
        return False
    asked = act.asked.sub("", plain)
    if _MANNER.search(asked):
        return True
    bare = _IS_IT.sub("", asked)
    # 不给手机号, but not 你们不卖.
    return _DENIED.search(bare) is not None


@cache
def _coarse() -> frozenset[str]:
    return frozenset(_table()["coarse"]["concepts"].split())


_YOU_ASK_ZH = re.compile(r"你们|贵公司|平台会")
_YOU_ASK_EN = re.compile(
    r"^(?:can|could|may|do|am|is it possible for|should|will) (?:i|we)\b|\b(?:i|we) (?:can|may|could)\b"
)


def _is_asker(act: _Act, plain: str, language: Language) -> bool:
    """Say whether the one who would do it is the one who is asked about."""
    if language == "zh":
        return act.by == "we" or not _YOU_ASK_ZH.search(plain)
    asks = _YOU_ASK_EN.search(plain) is not None
    return asks if act.by == "you" else not asks or act.asks == "refused" or act.id.startswith("tell")


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _blanked(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"


_HAN = r"\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_LAYOUT = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")


def _unlaid(text: str) -> str:
    """Return a text normalized, without the stray blanks between Chinese characters, which are the layout's."""
    return normalized(_LAYOUT.sub("", text))


# --- The clause --------------------------------------------------------------------------


_Polarity = Literal["is", "is_not", "may", "doubt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruling:
    """What one sentence says to a question."""

    polarity: _Polarity
    condition: str = ""
    leads: bool = False

    def verdict(self, asked: _Asked) -> Verdict:
        place = ("is", "is_not", "may").index(self.polarity)
        kind: VerdictKind = "conditional" if self.condition or self.polarity == "may" else ("yes", "no")[place]
        return Verdict(
            kind=kind,
            fact=asked.act.fact[asked.language][place],
            language=asked.language,
            condition=self.condition,
            leads=self.leads,
        )


_Reach = Literal["wholly", "generally", "partly", ""]
"""`wholly`: without a reserve; `generally`: by the name of what it is part of; `partly`: with a reserve, or a part."""
_REACHES: tuple[_Reach, ...] = ("wholly", "generally", "partly")
_DOUBT, _IS, _MAY = _Ruling(polarity="doubt"), _Ruling(polarity="is"), _Ruling(polarity="may")


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text, an exception in a sentence of its own joined to what it is about."""
    told: list[str] = []
    for sentence in sentences_in(_LAYOUT.sub("", text)):
        if told and _EXCEPTED.match(sentence):
            told[-1] += f", {sentence}"
        else:
            told.append(sentence)
    return told


_EXAMPLE = re.compile(r"例如|比如|for example")
_TITLES = re.compile(r"《[^《》]{0,60}》")
_EXCEPTED = re.compile(r"(?:以下|下列)(?:情形|情况)除外")
# What is told of children is told of them only; a question about them is not read.
_OF_CHILDREN = re.compile(r"儿童|未成年|(?<![a-z])(?:child|children|minors?)(?![a-z])")


def _agree(first: _Ruling, rulings: Sequence[_Ruling]) -> bool:
    """Say whether what else was found bears with a ruling."""
    for other in rulings:
        if other.polarity in (first.polarity, "doubt"):
            continue
        if first.polarity in ("is", "may"):
            if other.polarity == "is_not" and not (first.condition and other.condition):
                return False
        # Not without an exception: what is told elsewhere may be it.
        elif not first.condition:
            return False
    return first.polarity != "is" or bool(first.condition) or all(o.polarity != "is_not" for o in rulings)


_OF_ALL = frozenset({"keep_in_china", "encrypt", "erase_after_closing"})
# Whose sentences need not say who does it.
_IMPERSONAL = frozenset(
    {
        "keep_in_china",
        "encrypt",
        "tell_of_changes",
        "tell_of_breaches",
        "send_abroad",
        "erase_after_closing",
        "perfect_security",
    }
)
_IN_PRINCIPLE = re.compile(r"原则上|一般(?:情况下|来说)?|通常|generally|in principle|usually|typically")
_NO_MORE = re.compile(r"(?:[或和及与、]?(?:其他|其它)?(?:类似|同类)?的?技术)?等?[\s.。,]*|.{0,4}calls?")
_LONGEST_SENTENCE = 500
_SHORTEST_CONDITION, _LONGEST_CONDITION = 3, 60
_LONGEST_BETWEEN = 120
_USUAL = 3
"""How many names of a concept, which stand first, are usual ones."""
_OF_OTHERS = re.compile(r"sdk|第三方|合作方|由[^,。;]{2,20}提供|third[- ]part")
# The verb is not what is told: it is what is refused, or says which information is meant.
_EMBEDDED = re.compile(
    r"(?:拒绝|不同意|同意|允许|授权|反对|停止|要求|请求|禁止|限制|避免|防止|关闭|阻止|知悉|选择|希望|建议|提示|提醒|涉及|关于|所|用于)"
    r"[^,。;]{0,8}$|(?:以|便于|来|用于|为)$|"
    r"(?:information|data|details|that|which|what|how|whether|where)(?: that)?(?: (?:we|you|they))?"
    r"(?: (?:may|will|can|do|did|have))?\s*$|"
    r"(?:stop|refuse|agree|consent|object|allow|authori[sz]e|prevent|avoid|ask|request|require)\w* (?:[a-z]+ ){0,4}$"
)
_NOUN_AFTER = re.compile(r"(?:到|得)?的(?!个人信息)|(?:清单|范围|规则|情况|目的|方式)")
_PARTICIPLE = re.compile(r"(?:ed|sold|kept|held|given|sent)$")
_WE_LAST = re.compile(r"\bwe\b(?: \w+)?\s*$")
_BE = re.compile(r"\b(?:is|are|be|been|being|was|were|have|has|not|never|get|gets)(?: [a-z]+)?\s*$")
_CUT = re.compile(
    r"[。;]|,?(?:用于|以便|用来|以(?=实现|为|便|保障|确保|帮助|提供|完成|提升|改善|防|识别|验证|核实|向)|从而|为了"
    r"|并(?=将|向|用|对|在|与|且|根据|结合|通过|会|可))"
    r"|,(?=我们|并|且|您|你|如|若|但|当|仅|不|该|这些|此|上述|以上|前述|同时|为|以|在|根据|请|其中|需|可)"
    r"|\.(?=\s|$)|\b(?:to|so that|in order|when|if|unless|which|through|via|using|but)\b"
)
_ITEMS = re.compile(r"[、,/()\[\]{}:\"']|以及|及(?!时)|和(?!谐)|与|或者?|\b(?:and|or|such as|including|like)\b")
_TAIL = re.compile(r"(?:信息|数据|资料|号码|号|内容|情况|状态|权限|等[^、,]{0,8}|[\s.。])*")
_OWNER = re.compile(
    r"(?:.{0,60}(?:将|把|对|向|与|给|会|不|any|your|the|our) ?)?"
    r"(?:您|你|用户|客户|我们|任何|所有|全部|的|们|\s|your|any|our|users'?|customer|the|personal|of|all){0,20}"
)
_GENERAL_NAME = re.compile(
    r"(?:用户)?(?:个人)?(?:信息|数据|资料)|(?<![a-z])(?:personal )?(?:data|information)(?![a-z])"
)
_MASKED = re.compile(
    r"去标识|匿名|脱敏|无法识别|不能识别|统计|聚合|汇总|de-?identif|anonym|aggregat|statistic|pseudonym"
)
_POINTS_BACK = re.compile(
    r"上述|前述|以上|此类|此等|该等|这些|该|其他|其它|敏感|(?<![a-z])(?:such|these|those|above|other|sensitive)(?![a-z])"
)
_RESTRICTED = re.compile(
    r"主动|直接|擅自|随意|故意|非法|违法|恶意|单独|无故|私自|knowingly|intentionally|directly|routinely"
)
_OTHERS_ACT = re.compile(
    r"(?:第三方|sdk|合作方|合作伙伴|服务商|供应商|他们|它们)[^,。;]{0,10}(?:会|可能|将|可)$|"
    r"[向与给和从]我们|从(?:第三方|合作)"
)
_CONSENT = re.compile(
    r"(?:经|征得|取得|获得|得到|基于|根据|按照)过?了?(?:您|你|用户|监护人)[^,。;]{0,14}?(?:同意|授权|许可|选择)[^,。;]{0,4}|"
    r"(?:with|upon|after|on the basis of|based on|subject to) (?:[a-z]+ ){0,3}"
    r"(?:consent|permission|authori[sz]ation|agreement)"
)
_AT_USE = re.compile(
    r"(?:使用|访问|登录|浏览) ?(?:我们|本|we)(?:的|提供的)?"
    r"(?:服务|产品|平台|app|软件|网站|应用|及其|及|相关|和|与|或|/| ){1,8}(?:时|过程中|期间)|"
    r"when you use our (?:services?|products?|app)"
)
_WANTS = re.compile(
    r"(?:您|你)(?:不)?(?:希望|想要?|需要|需|愿意?|要|发现|认为|有意|选择|决定|打算)|"
    r"(?:if|when|should) you (?:do not |don't )?(?:want|wish|would like|need|prefer|choose|decide|believe|find)"
)
_MAY_ZH = re.compile(r"(?:您|你|用户)(?!的)[^,。;]{0,16}?(?:可以|有权|能够|可(?!能))")
_MAY_EN = re.compile(r"\b(?:you|users)\b(?: \w+){0,2} (?:can|may|have the right|are entitled|are able)\b")
_SO_THAT = re.compile(r"(?:以便|便于|为了|使得?|让|so that|in order that) ?$")
_MAY_NOT = re.compile(
    r"(?:您|你|用户)[^,。;]{0,12}?(?:无法|不能|不可)[^,。;]{0,12}$|"
    r"you (?:cannot|can't|may not|are unable to)[^,.;]{0,40}$"
)
_WE_ACT = re.compile(r"(?<![向系求由过与给])我们(?=会|将|可|无法|不)|\bwe (?:will|may|can|cannot)\b")
_TO = re.compile(r"[给向与和跟同]|(?<![a-z])(?:to|with)(?![a-z])")
_ANY_COMPANY = re.compile(
    r"任何(?:其他)?(?:无关)?(?:的)?(?:第三方|公司|组织|个人|人|机构|主体)|第三方|其他(?:任何)?(?:公司|组织|机构)|他人|外部|"
    r"(?<![a-z])(?:third part(?:y|ies)|anyone|others|any (?:company|person|organi[sz]ation))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """Where a sentence states an act."""

    sentence: Sentence
    place: int
    """Of the segment that it stands in."""
    start: int
    """First character, in `Sentence.plain`; for what one may do, the end of the words that permit it."""
    end: int
    """End of the verb."""

    @property
    def plain(self) -> str:
        """The sentence, normalized."""
        return self.sentence.plain

    @property
    def part(self) -> Segment:
        """The segment that it stands in."""
        return self.sentence.segments[self.place]

    @property
    def before(self) -> str:
        """What stands before it in its segment."""
        return self.plain[self.part.start : self.start]

    @property
    def zone_end(self) -> int:
        """Where the list of its objects ends."""
        cut = _CUT.search(self.plain, self.end)
        return cut.start() if cut else len(self.plain)


class _Judge:
    """Reads what sentences of a policy say to a question.

    Args:
        thesaurus: Concepts, by which things are recognised in both languages.
        names: What the policy, its company and its product are called.
    """

    def __init__(self, thesaurus: Thesaurus, names: Iterable[str]) -> None:
        self._thesaurus = thesaurus
        self._reader = Reader(thesaurus, names)

    def rulings(self, asked: _Asked, text: str) -> Iterator[_Ruling]:
        """Yield what each sentence says, where it says anything to the question."""
        former = ""
        for raw in _sentences(text):
            plain = normalized(raw)
            if len(raw) > _LONGEST_SENTENCE or not asked.act.said.search(plain) or _OF_CHILDREN.search(plain):
                former = plain
                continue
            sentence = self._reader.read(raw)
            if asked.act.asks == "refused":
                yield from self._of_refusals(asked, sentence, former)
            elif asked.act.about.search(sentence.plain) and all(self._has(sentence, word) for word in asked.rest):
                yield from self._in_sentence(asked, sentence)
            former = sentence.plain

    def _in_sentence(self, asked: _Asked, sentence: Sentence) -> Iterator[_Ruling]:
        rule = self._of_you if asked.act.by == "you" else self._of_us
        untitled = _TITLES.sub(lambda title: "#" * len(title[0]), sentence.plain)
        is_unclear = any("else" in part.conditions for part in sentence.segments) or _EXAMPLE.match(sentence.plain)
        for match in asked.act.said.finditer(untitled):
            for place, part in enumerate(sentence.segments):
                if part.start <= match.start() < part.end and not part.is_aside and not part.is_purpose:
                    found = rule(asked, _Verb(sentence=sentence, place=place, start=match.start(), end=match.end()))
                    if found:
                        yield _DOUBT if is_unclear else found

    def _has(self, sentence: Sentence, word: str) -> bool:
        """Say whether a sentence has a word of the question, be it in the other language."""
        if word in sentence.plain or has_han(word) == has_han(sentence.plain):
            return word in sentence.plain
        terms = [term for part in self._reader.read(word).segments for term in part.terms]
        return bool(terms) and all(
            not term.pairs and any(part.holds(term, exactly=True) for part in sentence.segments) for term in terms
        )

    def _things(self, text: str) -> set[str]:
        """Return the concepts of the things that a text names."""
        named = {concept for _, _, ids in self._thesaurus.find(text) for concept in ids}
        return {concept for concept in named if self._thesaurus[concept].kind in _THING_KINDS}

    # --- Who refuses ---------------------------------------------------------------------

    def _of_refusals(self, asked: _Asked, sentence: Sentence, former: str) -> Iterator[_Ruling]:
        """Yield what a sentence says of who refuses a thing: that it can still be used, with what reserve."""
        plain = sentence.plain
        refused = asked.act.said.search(plain)
        goes_on = _GOES_ON.search(plain, refused.end()) if refused else None
        if refused is None or goes_on is None:
            return
        cut = _CUT.search(plain, refused.end(), refused.end() + _NEAR)
        what = plain[refused.end() : cut.start() if cut else refused.end() + _NEAR]
        before = self._things(plain[: refused.start()]) or self._things(former)
        # 拒绝提供该信息: the one thing that was named before it.
        is_it = _THE_SAME.fullmatch(what) and before and before <= asked.item
        if not is_it and not asked.item & self._things(what):
            return
        words = goes_on[0].strip(" ,;")
        if not _PART.search(plain, refused.end()):
            yield _IS
        elif len(words) <= _LONGEST_CONDITION * (1 if has_han(words) else 3):
            yield _Ruling(polarity="is", condition=words)

    # --- What is done --------------------------------------------------------------------

    def _of_us(self, asked: _Asked, verb: _Verb) -> _Ruling | None:
        """Return what a verb says of what the policy's company does."""
        if not self._is_ours(asked, verb):
            return None
        held, denied = self._holds(asked, verb), denials(verb.before)
        # Who keeps all information in a place keeps each there; who shares some of it may not share this.
        if not held or (held == "generally" and not denied and asked.act.id not in _OF_ALL):
            return None
        led = _led(verb)
        if self._is_doubtful(asked, verb, denied, led, is_part=held == "partly"):
            return _DOUBT
        words = verb.plain[verb.part.start : max(verb.zone_end, verb.end)]
        if not self._goes_to(asked, words, is_denied=denied > 0):
            return None
        condition = self._condition(asked, verb)
        is_hedged = _IN_PRINCIPLE.search(verb.plain, 0, verb.start) is not None
        if condition.is_unclear or (is_hedged and not condition.words):
            return _DOUBT
        polarity: _Polarity = "is_not" if denied else "may" if says_perhaps(f"{led} {verb.before}") else "is"
        return _Ruling(polarity=polarity, condition=condition.words, leads=condition.leads)

    def _is_ours(self, asked: _Asked, verb: _Verb) -> bool:
        """Say whether the policy's company is who does it, and whether that it does it is what is told."""
        subject, before = verb.part.subject, verb.before
        if subject != "we" and (subject or asked.act.id not in _IMPERSONAL):
            return False
        if _EMBEDDED.search(before) or _NOUN_AFTER.match(verb.plain, verb.end) or _OTHERS_ACT.search(before):
            return False
        if asked.act.asks == "item" and _OF_OTHERS.search(verb.plain, 0, verb.start):
            return False
        is_participle = _PARTICIPLE.search(verb.plain, verb.start, verb.end) and not has_han(verb.plain)
        return not is_participle or (_BE.search(before) or _WE_LAST.search(before)) is not None

    def _is_doubtful(self, asked: _Asked, verb: _Verb, denied: int, led: str, *, is_part: bool) -> bool:
        """Say whether the sense of a verb cannot be read, or is of a part only of what is asked about."""
        after = verb.plain[verb.end : verb.zone_end]
        if denied > 1 or denials(after) or (not denied and (verb.part.is_negative or denials(led))):
            return True
        if _MASKED.search(verb.plain, verb.part.start, verb.zone_end):
            return True
        if denied and (is_part or _RESTRICTED.search(verb.before)):
            return True
        # Lest 如您拒绝短信（…）授权，我们不读取短信 be told as a plain no.
        if denied and asked.act.asks == "item" and any(part.conditions & _BINDING for part in _before(verb)):
            return True
        has_more = asked.act.asks == "none" and not _NO_MORE.fullmatch(verb.plain, verb.end, verb.part.end)
        return denied > 0 and has_more

    def _holds(self, asked: _Asked, verb: _Verb) -> _Reach:
        """Say whether the verb's objects have what is asked about."""
        plain, part = verb.plain, verb.part
        if asked.act.id == "opt_out" and "广告" not in asked.rest and "广告" in plain[verb.start : verb.end + 8]:
            return ""
        if asked.act.asks == "none":
            return "wholly"
        zones = [plain[verb.end : verb.zone_end]]
        if asked.act.asks == "data":
            zones.append(verb.before)
            former = verb.sentence.segments[verb.place - 1] if verb.place else None
            if former and not former.is_aside and not former.is_purpose and not part.subject_said:
                zones.append(plain[former.start : former.end])
        found = {self._held_in(asked, item) for zone in zones for item in _ITEMS.split(zone)}
        return next((reach for reach in _REACHES if reach in found), "")

    def _held_in(self, asked: _Asked, item: str) -> _Reach:
        """Say whether an item of a list of objects is what is asked about."""
        head = item[item.rfind("的") + 1 :] if has_han(item) else item
        names = [
            (begin, head[begin:end], set(ids))
            for begin, end, ids in self._thesaurus.find(head)
            if not has_han(head) or _TAIL.fullmatch(head, end)
        ]
        points_back = _POINTS_BACK.search(item) is not None
        if points_back and asked.act.id in _OF_ALL:
            return ""
        for begin, name, ids in names:
            # A name of several concepts needs them all; 血型 is health information, but who collects that need not
            # collect this. Who asks for a permission has not collected yet.
            is_named = bool(asked.item) and asked.item <= ids and (not asked.item <= _coarse() or asked.name in item)
            if is_named and not (asked.act.id == "collect" and "权限" in head):
                # 精确位置 and coordinates are a location too, but not any.
                is_it = ids <= asked.item and not points_back and self._is_same(asked, name)
                is_bare = _OWNER.fullmatch(head, 0, begin) and _OWNER.fullmatch(item, 0, len(item) - len(head))
                return "wholly" if is_it and is_bare else "partly"
        if asked.act.asks != "data":
            return ""
        if general := _GENERAL_NAME.search(item):
            is_bare = _OWNER.fullmatch(item, 0, general.start())
            if is_bare and not points_back and (not has_han(item) or _TAIL.fullmatch(item, general.end())):
                return "generally" if asked.item else "wholly"
            return "" if asked.item else "partly"
        kinds = {self._thesaurus[concept].kind for *_, ids in names for concept in ids}
        # Who shares an address shares personal information; who may delete it may not delete all.
        is_some = asked.act.by == "we" and not asked.item and kinds & {"data_item", "identifier"}
        return "partly" if is_some else ""

    def _is_same(self, asked: _Asked, name: str) -> bool:
        """Say whether a clause's name of a thing is no narrower than the question's: the same, or the usual one."""
        concepts = [self._thesaurus[concept] for concept in asked.item]
        usual = {normalized(known) for concept in concepts for known in (*concept.zh[:_USUAL], *concept.en[:_USUAL])}
        return name == asked.name or name in usual

    def _goes_to(self, asked: _Asked, text: str, *, is_denied: bool) -> bool:
        """Say whether a verb's words name the party that is asked about, or all parties if it is denied."""
        if not asked.party or (is_denied and not _TO.search(text)):
            return True
        # 任何公司、组织和个人 says nothing of what the law demands.
        is_covered = is_denied and not asked.party & _OFFICIALS
        if (is_covered or "third_party" in asked.party) and _ANY_COMPANY.search(text):
            return True
        return any(asked.party & set(ids) for _, _, ids in self._thesaurus.find(text))

    # --- What one may do -----------------------------------------------------------------

    def _of_you(self, asked: _Asked, verb: _Verb) -> _Ruling | None:
        """Return what a verb says of what the user may do: only that it may be done, or nothing."""
        plain, start = verb.plain, verb.start
        opening = max(plain.rfind("。", 0, start), plain.rfind(";", 0, start)) + 1
        permits = [*_MAY_ZH.finditer(plain, opening, start), *_MAY_EN.finditer(plain, opening, start)]
        if not permits:
            return _DOUBT if _MAY_NOT.search(plain, opening, start) else None
        permit = permits[-1]
        between = plain[permit.end() : start]
        if denials(between) or denials(permit[0]):
            return _DOUBT
        if _SO_THAT.search(plain, opening, permit.start()) or "部分" in plain[opening:start]:
            return _DOUBT
        held = self._holds(asked, verb)
        if not held or (held == "generally" and asked.act.id != "correct"):
            return None
        if _WE_ACT.search(between) or len(between) > _LONGEST_BETWEEN:
            return None
        place = next(i for i, part in enumerate(verb.sentence.segments) if permit.end() <= part.end)
        condition = self._condition(asked, replace(verb, place=place, start=permit.end()))
        if not condition.words and (cases := _IN_CASES.search(between)):
            condition = _told(cases[0], leads=True)
        if condition.is_unclear:
            return _DOUBT
        return _Ruling(polarity="is", condition=condition.words, leads=condition.leads)

    # --- Conditions ----------------------------------------------------------------------

    def _condition(self, asked: _Asked, verb: _Verb) -> _Condition:
        """Return the condition or exception of a verb: what leads into it, what stands beside it, or what follows."""
        for find in (_leading, _beside, _following):
            found = find(asked, verb)
            if found != _UNCONDITIONAL:
                return found
        return _UNCONDITIONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """A condition or an exception."""

    words: str = ""
    """Its words; empty if there is none."""
    leads: bool = False
    """Whether it stands before what it is for."""
    is_unclear: bool = False
    """Whether it cannot be read."""


_UNCONDITIONAL = _Condition()


def _leading(asked: _Asked, verb: _Verb) -> _Condition:
    readings = [(part, _as_condition(asked, part, verb.plain)) for part in _before(verb)]
    if any(reading == "unclear" for _, reading in readings):
        return _Condition(is_unclear=True)
    leading = [part for part, reading in readings if reading == "condition"]
    if not leading:
        return _UNCONDITIONAL
    words = verb.plain[leading[0].start : leading[-1].end]
    # A heading that runs into its text is no part of it.
    if glued := _GLUED.search(words):
        words = words[glued.end() :]
    cut = _ACTOR.search(words, 1)
    return _told(_ACTOR_FIRST.sub("", words[: cut.start()] if cut else words), leads=True)


def _beside(asked: _Asked, verb: _Verb) -> _Condition:
    """Return the condition that stands between who does it and the verb, without a mark: 我们会在您同意后收集."""
    if asked.act.by != "we":
        return _UNCONDITIONAL
    before = verb.before
    if asked.act.about.pattern and (major := _MAJOR.search(before)):
        return _told(major[0], leads=True)
    if consent := _IF_CONSENT.search(before) or _CONSENT.search(before):
        return _told(consent[0], leads=True)
    if _ASKS_CONSENT.search(before):
        return _Condition(is_unclear=True)
    # 在修订生效前通知您: when, not whether.
    labels = conditions_in(before) & (_BINDING - WHEN if asked.act.about.pattern else _BINDING)
    when = _WHEN_IN.search(before)
    if labels and (when is None or labels == {"only"}):
        return _Condition(is_unclear=True)
    return _told(when[0], leads=True) if labels and when and not _AT_USE.search(when[0]) else _UNCONDITIONAL


def _following(asked: _Asked, verb: _Verb) -> _Condition:
    if asked.act.id == "erase_after_closing" and (other := _OR_ANONYMOUS.search(verb.plain, verb.start)):
        return _told(other[0], leads=False)
    is_over = False
    rest = verb.sentence.segments[verb.place + 1 :]
    for part, after in zip_longest(rest, rest[1:]):
        text = verb.plain[part.start : part.end]
        if after and after.subject_said == "we" and _LEADS.match(text):
            # 我们不会出售。除下列情形外，我们不会共享: an exception of what stands after it.
            is_over = True
            continue
        if _EXCEPTS.search(text) and (not is_over or (asked.act.by == "we" and _EXCEPT.search(text))):
            return _told(text, leads=False)
        is_over = is_over or (part.subject_said in ("we", "you") and not part.is_aside)
        if is_over or has_han(text) or not (part.conditions & _BINDING or _CONSENT.search(text)):
            continue
        when = _WHEN_EN.search(text)
        return _told(when[0], leads=False) if when else _Condition(is_unclear=True)
    return _UNCONDITIONAL


def _before(verb: _Verb) -> list[Segment]:
    """Return the segments that lead into a verb's: back to the last that tells something else."""
    found: list[Segment] = []
    # 您…时，我们会请求授权，并收集…: the condition is one of both.
    goes_on = _AND.match(verb.part.text) is not None
    for place in reversed(range(verb.place)):
        part, after = verb.sentence.segments[place], verb.sentence.segments[place + 1]
        if part.subject_said and not (part.is_aside or part.is_purpose or _IN_CASES.search(part.text)):
            # 我们 with its verb in the next part is no clause of its own.
            is_alone = not part.terms or after.text.startswith("将")
            if not goes_on and not is_alone:
                break
            goes_on = _AND.match(part.text) is not None or is_alone
        else:
            found.append(part)
    return found[::-1]


def _led(verb: _Verb) -> str:
    """Return the text between who does it and a verb whose part does not say it: 我们可能会以短信，为您提供…."""
    if verb.part.subject_said or _WILL.search(verb.part.text):
        return ""
    led = ""
    for part in reversed(verb.sentence.segments[: verb.place]):
        led = led if part.is_aside or part.is_purpose else f"{part.text} {led}"
        if part.subject_said and not part.is_aside:
            break
    return led


def _as_condition(asked: _Asked, part: Segment, plain: str) -> Literal["condition", "none", "unclear"]:
    """Say whether a part of a sentence makes a condition of what stands after it."""
    text = plain[part.start : part.end]
    if asked.act.about.pattern:
        if _MAJOR.search(text):
            return "condition"
        # What the question names already is no condition of the answer; nor is when it is told.
        if asked.act.about.search(text) or not part.conditions & {"if", "unless"}:
            return "none"
    is_consent = asked.act.by == "we" and _CONSENT_FIRST.match(text)
    if is_consent or _IN_CASES.search(text) or "unless" in part.conditions:
        return "condition"
    # (如位置…) gives examples.
    is_example = plain[: part.start].endswith("(") and text.startswith("如")
    is_binding = part.conditions & (_BINDING - {"only"}) and not part.is_purpose and not _PURPOSES.match(text)
    is_wish = asked.act.by == "you" and _WANTS.search(text)
    if is_example or not is_binding or is_wish or _AT_USE.search(text):
        return "none"
    return "condition" if part.is_aside else "unclear"


def _told(words: str, *, leads: bool) -> _Condition:
    words = words.strip(" ,;:。.")
    longest = _LONGEST_CONDITION * (1 if has_han(words) else 3)
    # [1] in it would look like a citation.
    if not _SHORTEST_CONDITION <= len(words) <= longest or _POINTS_BACK.search(words) or set("[]{}") & set(words):
        return _Condition(is_unclear=True)
    return _Condition(words=words, leads=leads)


_BINDING = frozenset({"if", "after", "before", "unless", "only"})
_GLUED = re.compile(r"\s(?=在|当|如|若|除|未|经|仅|一旦|以下)")
_IF_CONSENT = re.compile(
    r"(?:在|经|当|若|如)[^,。;]{0,30}(?:同意|授权|许可|提供)[^,。;]{0,20}?(?:情况下|情形下|前提下|范围内|后|时)"
)
_ASKS_CONSENT = re.compile(r"同意|授权|许可|(?<![a-z])(?:consent|permission)")
_CONSENT_FIRST = re.compile(
    rf"\W{{0,9}}(?:在|当|若|如果|如|须|需|并|且|单独|事先|仅|我们[会将]){{0,3}}(?:{_CONSENT.pattern})"
)
_IN_CASES = re.compile(
    r"(?:以下|下列|特定|法定|一定|有限|符合)[^,。;]{0,16}?(?:情形|情况|条件|规定|场景)|(?:模式|前提|场景)[下中]$|"
    r"in the following (?:cases|circumstances|situations)"
)
_PURPOSES = re.compile(r"\W{0,9}(?:为|防止|避免|保障|确保|以便|便于|用于|提高|提升|更好|更准确)")
_WHEN_IN = re.compile(
    r"(?:在|当|如|若|未经|经|除)[^,。;]{1,60}?(?:时|后|前|下|外|(?=我们))|(?:if|when|unless|without) [^,.;]{1,120}"
)
_MAJOR = re.compile(
    r"严重[^,。;]{0,16}?(?:事件|事故|影响|后果)|主要内容|重大[^,。;]{0,12}?(?:变更|变化|更新|修订|修改)|"
    r"实质性?(?:变更|变化|修改)|material(?:ly)? changes?"
)
_OR_ANONYMOUS = re.compile(
    r"[^,。;]{0,8}或[^,。;]{0,8}?匿名化?(?:处理)?|(?:deleted?|erased?|removed?) or (?:[a-z]+ ){0,3}anonymi[sz]ed?"
)
_LEADS = re.compile(r"\s{0,9}(?:除|如|若|当|未经|unless|except|if|when)")
_WHEN_EN = re.compile(
    r"\b(?:if|when|whenever|unless|only|except|without|with|after|before|once|upon|provided|as long as|subject to)\b.*"
)
_EXCEPTS = re.compile(
    r"^[\s但且而]*(?:除非|除(?![了去])|未经|未征得|unless|except|other than|without)|除外|另有(?:规定|要求|约定)"
)
_EXCEPT = re.compile(r"除外|另有(?:规定|要求|约定)")
_AND = re.compile(r"[并且]|以及|同时|and\b")
_WILL = re.compile(r"[会将]")
_ACTOR = re.compile(r",\s*(?:我们|we\b)|我们(?=[会将可需仅不还])")
_ACTOR_FIRST = re.compile(r"^(?:但|但是)?(?:我们|我行|we)(?:不?会|将|可以|可能会?|可)?")

# --- Who refuses: how far it can still be used

_NEAR = 40
_THE_SAME = re.compile(
    r"(?:提供|我们|收集|使用|您|开启|的|获取|访问){0,6}(?:上述|前述|此类|此项|该项?|这些|此|前述相关)?等?(?:个人)?"
    r"(?:信息|数据|权限|授权)?(?:只会|仅会|仅|将|会|的|时|后)?[^,。;]{0,20}?(?:,.{0,100})?"
)
_GOES_ON = re.compile(
    r"[^,。;]{0,12}(?:不会?|并不|不会因此)影响(?:到)?[^,。;]{0,12}?(?:使用|其[他它]|功能|服务)[^,。;]{0,30}|"
    r"[^,。;]{0,6}(?:仍(?:然)?|依然|还)(?:可以?|能够?)[^,。;]{0,8}?使用[^,。;]{0,30}|"
    r"(?:(?:does|do|will) not|won't|doesn't) affect [^,.;]{0,60}|you (?:can|may) still use [^,.;]{0,60}"
)
_PART = re.compile(
    r"无法|不能|将会?影响|其[他它余]|基本|部分|只会|仅会|"
    r"(?<![a-z])(?:cannot|can't|not be able|unable|other|basic|some|only|except)"
)
