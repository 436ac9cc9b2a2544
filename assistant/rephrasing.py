"""Puts a question that leans on another into words of its own, in Chinese or English.

Each function takes questions as `assistant.utterances` took them apart, and returns one that can be asked alone and be
shown to the person who asked. Where no other way of saying it is natural, the former question is quoted:
关于“怎么撤回授权”：为什么？
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.chinese import FINAL_PARTICLES, WHETHER
from assistant.english import (
    AUXILIARIES,
    CIRCUMSTANTIAL,
    DOERS,
    INDEFINITE,
    PREPOSITIONS,
    THIRD_PERSON,
    WHERETO,
    article_of,
    capital,
    is_plural,
    like,
    one_of,
)
from assistant.text import has_han, stem
from assistant.topics import (
    LONGEST_TOPIC,
    Phrase,
    Topic,
    Unit,
    name_of,
    negates,
    owned,
    phrase_of,
    phrases_of,
    prefix_of,
    stated_until,
    topics_of,
    units_of,
)
from assistant.utterances import DEEDS, Utterance, Word

if TYPE_CHECKING:
    from collections.abc import Sequence


# --- The same question of something else ------------------------------------------------------------------


def swapped(query: Utterance, new: Topic) -> str:
    """Return the former question, asked of something else: 高德收集什么 of 个推收集什么 and 那高德呢."""
    slots = named = topics_of(query)
    if new.concept is None and not new.group and has_han(new.text) and new.text in query.text:
        # 二线呢 after 二线城市住宿标准是多少; but 满18岁呢 after 未满18岁可以办卡吗 is what that denies.
        at = query.text.index(new.text)
        denied = _DENIED.search(query.text[max(0, at - 2) : at])
        return f"{query.text[: at - len(denied[0])]}{query.text[at:]}" if denied else query.text
    # A name that the thesaurus lacks may be that of a company or of a thing.
    groups = {"": ("", "who", "thing"), "who": ("who", ""), "thing": ("thing", "")}.get(new.group, (new.group,))
    if new.group and not any(slot.group in groups for slot in slots):
        slots = tuple(filter(None, (_inner(query, slot, new.group) for slot in slots)))
    same = next((found for group in groups if (found := [slot for slot in slots if slot.group == group])), [])
    if query.language == "zh" and _is_people(new) and not any(slot.group == "person" for slot in same):
        # 老人 after 学生有优惠吗 are as the students, and 实习生 after 正式员工有年假吗 as 正式员工.
        same = [_with_qualifier(query, slot) for slot in named if _is_people(slot)] or same
    elif new.group == "person" and not same and new.owner:
        # "And my kids?" after "can I bring my dog?".
        same = [slot for slot in named if slot.concept is None and slot.form and slot.owner == new.owner]
    if same and not _fits(query, same[0], new):
        same = []
    if same and (said := _in_place(query, same, new)):
        return said
    if query.language == "en" and (said := _as_subject(query, new)):
        return said
    if new.group in (*DEEDS, "document") and not any(topic.group in ("thing", "person") for topic in named):
        # 那注销呢 after 个推收集什么: another question, that says no more than this.
        return name_of(new, new.language)
    return (_swapped_zh if query.language == "zh" else _swapped_en)(query, new)


# --- What is named, in place of what is like it ------------------------------------------------------------


def keeps_denials(query: Utterance, rest: Utterance, said: str) -> bool:
    """Say whether a question says once what a follow-up denies: 没有父母同意 is no 父母同意, and no 没有没父母同意.

    Args:
        query: The former question.
        rest: The follow-up.
        said: The question that was made of both.
    """
    return _keeps_denials_en(rest, said) if rest.language == "en" else _keeps_denials_zh(query, rest, said)


def _keeps_denials_en(rest: Utterance, said: str) -> bool:
    return _DENYING_EN.search(rest.bare) is None or _DENYING_EN.search(said) is not None


def _keeps_denials_zh(query: Utterance, rest: Utterance, said: str) -> bool:
    lost = any(match[0] not in said for match in _DENYING.finditer(_WHETHER_OR_NOT.sub("", rest.bare)))
    twice = any(match[0] not in f"{query.text} {rest.text}" for match in _DENYING_TWICE.finditer(said))
    return not lost and not twice


_DENIES = "(?:没有|[没未不免无非])"
_DENYING = re.compile(f"{_DENIES}[^，。？！“”]")
_DENYING_TWICE = re.compile(f"{_DENIES}[没未不免无非]")
_DENYING_EN = re.compile(r"\b(?:not|no|never|without|non)\b|n't\b", re.IGNORECASE)
_WHETHER_OR_NOT = re.compile(r"(.)[不没]\1")
_DENIED = re.compile(f"{_DENIES}$")


def likened(query: Utterance, rest: Utterance, preposition: str) -> str:
    """Return the former question with what a follow-up names in place of what is like it; nothing if nothing is.

    What is named counts whole, and so does what it takes the place of: 普通会员 that of 金卡会员, 二线 that of 一线,
    "part-time staff" that of "full-time staff", "and annual?" that of "monthly". No thesaurus needs to know either.

    Args:
        query: The former question.
        rest: What names something, and asks nothing.
        preposition: The English preposition before it, if there was one: "with" of "and with?".
    """
    if query.language != rest.language:
        return ""
    return _likened_zh(query, rest) if query.language == "zh" else _likened_en(query, rest, preposition)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """What a follow-up names in English."""

    text: str
    """Its words."""
    units: tuple[Unit, ...]
    """They by themselves."""
    article: str
    """The article or possessive before it, if there is one."""
    preposition: str
    """The preposition before it, if there is one."""
    qualifier: str
    """All that it says of something named before: "large" of "a large one"; nothing if it has a name of its own."""

    @property
    def form(self) -> str:
        """What kind of noun it is, as `Phrase.form`, where whose it is does not count."""
        return "counted" if self.article or is_plural(self.text) else "mass"


def asked_of_place(query: Utterance, place: str) -> str:
    """Return the former question with another place or person at its end: Austria of "do you deliver to Germany?".

    Args:
        query: The former question.
        place: The name of the other, alone.
    """
    units = [unit for unit in units_of(query) if unit.role != "mark"]
    at = next(
        (at for at, unit in enumerate(units) if at and unit.role == "noun" and _is_named_place(query, units, at)), 0
    )
    if not at:
        return ""
    end = at + 1
    while end < len(units) and units[end].role == "noun" and query.text[units[end].start].isupper():
        end += 1
    return f"{query.text[: units[at].start]}{place}{query.text[units[end - 1].end :]}"


def _is_named_place(query: Utterance, units: Sequence[Unit], at: int) -> bool:
    """Say whether a name that the thesaurus lacks stands after where or whereto: Germany of "travel to Germany"."""
    last = at + 1 == len(units)
    name = query.text[units[at].start]
    return (
        units[at - 1].text in WHERETO
        and not units[at].group
        and (name.isupper() or (last and units[at - 1].text == "to"))
    )


def _name_in(rest: Utterance, preposition: str) -> _Name | None:
    """Return what a few English words name; nothing if they may say anything else."""
    units = [unit for unit in units_of(rest) if unit.role != "mark"]
    if units and units[0].text in PREPOSITIONS:
        preposition = units.pop(0).text
    article = units.pop(0).text if units and units[0].role == "article" else ""
    one = len(units) > 1 and units[-1].text in ("one", "ones")
    allowed = ("noun", "quality", "aspect") if preposition else ("noun", "quality")
    if not 0 < len(units) <= _MOST_UNITS or any(unit.role not in allowed for unit in units[: len(units) - one]):
        return None
    text = rest.text[units[0].start : units[-1].end]
    qualifier = rest.text[units[0].start : units[-2].end] if one else ""
    if len(units) == 1 and _is_modifier(units[0].text):
        qualifier = text
    return _Name(text=text, units=tuple(units), article=article, preposition=preposition, qualifier=qualifier)


def _likened_en(query: Utterance, rest: Utterance, preposition: str) -> str:
    name = _name_in(rest, preposition)
    if name is None:
        return ""
    phrases = phrases_of(query)
    if said := _under_other_circumstances(query, phrases, name):
        return said
    known = query.vocabulary.meaning(name.text)
    if not name.article and name.preposition in ("", *WHERETO) and known is None and not name.qualifier:
        lower = len(name.units) == 1 and not is_plural(name.text) and query.bare.islower()
        if (name.text[:1].isupper() or lower) and (said := asked_of_place(query, name.text)):
            return said
    if said := _of_another_judged(query, phrases, name):
        return said
    if name.qualifier:
        phrase = next((phrase for phrase in phrases if len(phrase.starts) > 1), phrases[0] if phrases else None)
        head = query.text[phrase.starts[-1] : phrase.end] if phrase else ""
        return _put(query, phrase, f"{name.qualifier} {head}", "") if phrase else ""
    alike = _alike(query, phrases, name)
    if alike and (alike.preposition in ("", "of") or name.preposition in ("", "for", alike.preposition)):
        return _put(query, alike, name.text, name.article)
    if alike is None and (contrary := _CONTRARY.get(name.preposition)):
        # "And with a plan?" after "without a plan".
        alike = next((phrase for phrase in phrases if phrase.preposition == contrary), None)
    # "Outside London?" after "in London".
    return _instead(query, alike, " ".join(filter(None, (name.preposition, name.article, name.text)))) if alike else ""


def _of_another_judged(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> str:
    """Return the former question asked of another subject of "is" or "are": taxis of "are hotels paid?".

    The thesaurus may know either as something that is done, which is asked about here and takes the place of no "paid".
    """
    judged = [phrase for phrase in phrases if phrase.is_complement and not phrase.article]
    if len(judged) != 1 or name.article or name.preposition or judged[0].form != name.form:
        return ""
    known, meant = (query.vocabulary.meaning(text) for text in (name.text, judged[0].text))
    if known is None or known.group not in DEEDS:
        people = known.group in ("person", "who") if known else _PEOPLE_EN.search(name.text) is not None
        if people or not name.text.islower() or meant is None or meant.group not in DEEDS:
            return ""
    return _put(query, judged[0], name.text, "")


def _alike(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> Phrase | None:
    """Return the phrase that what is named is like: by its noun, its preposition, or its form."""
    head = stem(name.units[-1].text)
    for phrase in phrases:
        paired = "-" in head and head.partition("-")[0] == phrase.words[-1].partition("-")[0]
        if stem(phrase.words[-1]) == head or paired:
            return phrase
    if name.preposition:
        of_it = (phrase for phrase in phrases if phrase.preposition == "of" and phrase.form == name.form)
        same = (phrase for phrase in phrases if phrase.preposition == name.preposition)
        # "And for bereavement?" after "how many days of sick leave do I get?".
        return next(same, None) or (next(of_it, None) if name.preposition == "for" else None)
    if _PEOPLE_EN.search(name.text):
        people = [phrase for phrase in phrases if phrase.preposition == "for" and _PEOPLE_EN.search(phrase.text)]
        return people[0] if people else _of_form(query, phrases, name)
    return _of_form(query, phrases, name)


def _of_form(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> Phrase | None:
    """Return the only phrase that is like a name in form, if it may stand there: of several things, or with "the"."""
    if len(name.units) > 1 and not _is_modifier(name.units[0].text):
        return None
    if not name.article and is_plural(name.text):
        alike = [phrase for phrase in phrases if phrase.form == "counted" and is_plural(phrase.text)]
        alike = [phrase for phrase in alike if not phrase.is_asked_for] or alike
    elif name.article and name.article not in INDEFINITE:
        alike = [phrase for phrase in phrases if phrase.article == name.article and phrase.is_subject]
    else:
        return None
    if len(alike) != 1:
        return None
    known, meant = (query.vocabulary.meaning(text) for text in (name.text, alike[0].text))
    other = known is not None and meant is not None and known.group != meant.group
    # "Are lockers insured?" after "are hotels insured?", whatever a locker is.
    other = other and not (alike[0].is_complement and known is not None and known.group == "thing")
    people = _PEOPLE_EN.search(name.text) is not None or (known is not None and known.group == "person")
    return None if other or (people and not alike[0].is_subject) else alike[0]


def _instead(query: Utterance, phrase: Phrase, said: str) -> str:
    """Return a question with other words in place of a phrase and the preposition before it."""
    start = query.text.lower().rindex(phrase.preposition, 0, phrase.start)
    return f"{query.text[:start]}{like(query.text[start:], said)}{query.text[phrase.end :]}"


def _under_other_circumstances(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> str:
    """Return the former question asked of another time or place: "on weekends" for "on weekdays", "abroad"."""
    last = name.units[-1].text
    if _TIME_EN.fullmatch(last) and name.preposition in ("", "on", "at"):
        former = next((phrase for phrase in phrases if _TIME_EN.fullmatch(phrase.words[-1])), None)
        if former:
            return f"{query.text[: former.start]}{name.text}{query.text[former.end :]}"
        return _supposing_en(query, f"{name.preposition or 'on'} {name.text}")
    if last in _SOMEWHERE and len(name.units) == 1 and not name.preposition:
        former = next((phrase for phrase in phrases if phrase.preposition in ("in", "at", "from")), None)
        return _instead(query, former, name.text) if former else _supposing_en(query, name.text)
    return ""


_TIME_EN = re.compile("weekends?|weekdays?|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|holidays")
_SOMEWHERE = frozenset({"elsewhere", "abroad", "overseas", "online", "offline"})


def _put(query: Utterance, phrase: Phrase, name: str, article: str) -> str:
    """Return a question with another name in place of a phrase, its article and verbs made to fit.

    Args:
        query: The question.
        phrase: The phrase.
        name: The other name.
        article: The article that it came with, if it had one.
    """
    before, after = query.text[: phrase.start], query.text[phrase.end :]
    if found := _ARTICLE.search(before):
        before = before[: found.start()] + article_of(name, found[0])
    elif article and phrase.article not in ("", article):
        before = before[: -len(phrase.article) - 1] + f"{article} "
    elif article and not phrase.article:
        before += f"{article} "
    plural, was_plural = is_plural(name), is_plural(phrase.text)
    before, after = _agreeing(before, after, plural=plural, was_plural=was_plural)
    return f"{before}{name}{after}"


_MOST_UNITS = 5
_CONTRARY = {
    one: other
    for pair in (("with", "without"), ("inside", "outside"), ("before", "after"), ("in", "outside"))
    for one, other in (pair, pair[::-1])
}


def _is_modifier(word: str) -> bool:
    """Say whether an English word qualifies others rather than names something: annual, large, part-time."""
    return _MODIFIERS.fullmatch(word) is not None and not (word.endswith("s") and "-" in word)


# The commonest by name, the others by how they end.
_MODIFIERS = re.compile(
    "gold|silver|bronze|platinum|express|other|basic|standard|premium|deluxe|single|double|twin|triple|small|medium|large|big|long|short"
    "|new|old|young|full|half|early|late|domestic|foreign|economy|business|prepaid|paid|unpaid|sick|hot|cold|fresh|frozen"
    "|daily|weekly|monthly|quarterly|yearly|hourly|(?:part|full|first|second|third|long|short|high|low|same|next)-[a-z]{2,12}"
    "|[a-z]{2,12}(?:nu|u|ci|ti|ion|ic|er|on|en|oc|gi)al"
)


def _likened_zh(query: Utterance, rest: Utterance) -> str:
    name = _FINAL.sub("", rest.bare)
    bare = name.removesuffix("的") or name
    text = query.text
    wanting = _WANTING.match(bare)
    noun = len(bare) >= _LONGEST_WORD and _is_noun(rest, wanting.end() if wanting else 0, len(bare))
    if not noun and not _TIME_ZH.fullmatch(bare):
        return ""
    if place := _sibling(query, bare):
        start, end = place
        if wanting and (former := _ENDS_WANTING.search(text[max(0, start - 2) : start])):
            # 没手机 of 没带卡 says that once.
            start -= len(former[0])
        # 付费的 is 付费用户 where 免费用户 was.
        return f"{text[:start]}{bare if _goes_on(query, end) else name}{text[end:]}"
    if _TIME_ZH.fullmatch(bare):
        former = _TIME_ZH.search(text)
        if former is None:
            return _supposing_zh(query, bare)
        return f"{text[: former.start()]}{bare}{text[former.end() :]}"
    end = next((word.start for word in query.words if not _is_noun(query, 0, word.end)), 0)
    if end > _LONGEST_NOUN:
        # 金牌会员减免运费 is no noun alone, and 金牌会员 is.
        end = next((word.end for word in query.words if word.start and word.end <= _LONGEST_NOUN and word.group), 0)
    if bare != name and not is_quoting(query) and end > _LONGEST_WORD + 1 and _goes_on(query, end - 1):
        # 纸质的 of 电子发票.
        return f"{name}{text[end - _LONGEST_WORD :]}"
    return ""


def of_some(query: Utterance, rest: Utterance) -> str:
    """Return a question for a value asked of some of what it begins with: 没批的贷款资料保存多久 of 没批的呢.

    Nothing if a follow-up says not which, or the former question begins with no such thing.
    """
    which = _WHICH_ZH.fullmatch(rest.bare)
    if which is None or not _VALUE_ZH.search(query.text) or is_quoting(query):
        return ""
    start = max(prefix_of(query.text), stated_until(query))
    thing = next((topic for topic in topics_of(query) if topic.start >= start), None)
    if thing is None or thing.group not in ("thing", ""):
        return ""
    before = query.text[start : thing.start]
    if before not in ("", "我的") and not _WHICH_ZH.fullmatch(f"{before}呢"):
        return ""
    return f"{query.text[:start]}{which[1]}{query.text[thing.start :]}"


_WHICH_ZH = re.compile("((?:还?[没未不]有?|已经?|被|刚)[^，。的]{1,8}的)呢")
_VALUE_ZH = re.compile("多[久少长大]|几|什么时候|何时")


_TIME_ZH = re.compile(
    "周末|周[一二三四五六日天]|星期[一二三四五六日天]|工作日|平日|平时|双休日|(?:法定)?节假日|假期|假日|春节|国庆节?|元旦|寒假|暑假|旺季|淡季"
    "|早上|上午|中午|下午|晚上|夜里|夜间|白天|凌晨|今年|明年|去年"
)
_LONGEST_WORD = 2
"""Characters of a Chinese noun without what qualifies it, as a rule."""
_LONGEST_NOUN = 6
"""Characters of a Chinese noun with what qualifies it, as a rule."""


# 没有套餐 of Plus 套餐.
_WANTS = "(?:没有?|无|不含|不带)"
_WANTING = re.compile(_WANTS)
_ENDS_WANTING = re.compile(f"{_WANTS}$")


def _goes_on(query: Utterance, place: int) -> bool:
    """Say whether a noun of a Chinese question goes on at a place."""
    return any(word.start <= place < word.end and word.has("unknown", "topic") for word in query.words) or (
        query.text[place : place + 2] == "用户"
    )


_FINAL = re.compile(f"(?:{'|'.join(FINAL_PARTICLES)}|咋说|怎么说)$")


_ASKING_ZH = re.compile("[几多哪谁吗什怎啥]")


def asked_the_same(question: Utterance, query: Utterance) -> str:
    """Return the former question of what another asks in its last words: 出差补助国外多少 of 国内多少 and 国外多少."""
    text, former = question.bare, query.bare
    length = next((place for place in range(1, len(text)) if text[-place:] != former[-place:]), len(text)) - 1
    start = next((word.start for word in question.words if word.start >= len(text) - length), len(text))
    name = text[:start]
    if not name or not _ASKING_ZH.search(text, start) or name in former or not _is_noun(question, 0, start):
        return ""
    own = len(former) - len(text) + start
    if own <= len(name) + 1 and _is_noun(query, 0, own):
        # It says as much as the former one.
        return question.text
    place = _sibling(query, name)
    return f"{query.text[: place[0]]}{name}{query.text[place[1] :]}" if place else ""


def _sibling(query: Utterance, name: str) -> tuple[int, int] | None:
    """Return where a Chinese question has a noun that ends as another does: 一线城市 of 二线城市, 年假 of 病假.

    Args:
        query: The question.
        name: The other noun.
    """
    text = query.text
    if not has_han(name) or len(name) > LONGEST_TOPIC or name in text:
        return None
    for length in range(len(name) - 1, 0, -1):
        head, own = name[-length:], len(name) - length
        at = text.find(head)
        if at < 0:
            continue
        if length == 1:
            # One character is a head only in words that are alike in all else: 月卡, 年卡.
            start = at - own
            alike = own <= _MOST_OWN and start >= 0 and _is_noun(query, start, at + 1) and _is_start(query, start)
            return (start, at + 1) if alike else None
        if not _is_noun(query, at, at + length):
            return None
        run = next((back for back in range(at) if _is_noun(query, back, at) and _is_start(query, back)), at)
        left = _size(text[run:at])
        # What is left of a longer row of words would be a word by itself, such as a verb.
        whole = left <= _size(name[:own]) + 1 or text[run:at].endswith(_POSTPOSED)
        return (run if whole else at - own), at + length
    if len(name) == 2 and name[1] in _PLACES:
        # 国外 of 国内.
        pair = next((found for place in _PLACES if (found := name[0] + place) in text), "")
        at = text.find(pair) if pair else -1
        return (at, at + 2) if at >= 0 else None
    return None


def _size(text: str) -> int:
    """Return how long a text is, a Latin word counting as one character."""
    return len(_LATIN_WORD.sub("x", text))


_LATIN_WORD = re.compile("[A-Za-z0-9]+ ?")
_MOST_OWN = 2
_PLACES = "内外上下前后里"
_POSTPOSED = ("以上", "以下", "以内", "以外", "的")
# Words of grammar that may stand within a noun: 总监以上员工, 免费用户, 其他城市.
_WITHIN = frozenset("以上下内外中里的与及和用家个种多后前地额") | {"其他", "其它", "申请"}


def _is_noun(query: Utterance, start: int, end: int) -> bool:
    """Say whether a part of a Chinese question may be a noun: nothing in it asks, or says what is done or by whom."""
    within = [word for word in query.words if word.start < end and word.end > start]
    return (
        bool(within)
        and not any(word.asks for word in within)
        and not any(negates(word, before) for before, word in pairwise(within))
        and all(
            word.has("unknown", "topic", "quality", "ordinal")
            or word.text in _WITHIN
            or _is_within(word, within)
            or word.group == "term"
            or (word.text.isascii() and not word.has("mark"))
            for word in within
        )
    )


def _is_within(word: Word, within: Sequence[Word]) -> bool:
    """Say whether one character is part of a noun, such as 读 of 走读生, though by itself it is something else."""
    place = within.index(word)
    beside = [*within[max(0, place - 1) : place], *within[place + 1 : place + 2]]
    return word.end - word.start == 1 and word.is_aspect and len(beside) == 2 and all(w.has("unknown") for w in beside)


def noun_zh(named: Utterance) -> str:
    """Return the noun that a few Chinese words are, whole: 免费用户 of 免费用户呢; nothing if they say more."""
    name = _FINAL.sub("", named.bare)
    last = next((word for word in reversed(named.words) if word.end <= len(name)), None)
    ends = last is not None and last.end == len(name) and last.has("unknown", "topic")
    return name if ends and _is_noun(named, 0, len(name)) else ""


def _is_start(query: Utterance, place: int) -> bool:
    """Say whether a word of a question begins at a place."""
    return any(word.start == place for word in query.words)


def _fits(query: Utterance, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another; of two that the thesaurus lacks, neither may be another matter.

    Dogs are not asked of as leave is in "how many days of leave do I get?"; in "how much is breakfast?" anything is.
    """
    phrase = next((phrase for phrase in phrases_of(query) if phrase.start == topic.start), None)
    if phrase and not _fits_subject(phrase, new):
        return False
    return _fits_zh(query, topic, new) if query.language == "zh" else _fits_en(phrase, topic, new)


def _fits_subject(phrase: Phrase, new: Topic) -> bool:
    """Say whether a name may stand where a phrase does: of several words, not where something does something."""
    return not phrase.is_subject or phrase.is_complement or not _is_several(new.text)


def _fits_zh(query: Utterance, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another in a Chinese question."""
    if topic.group == "thing" and (_is_people(new) or (not new.group and topic.concept)):
        return _is_people(topic) == _is_people(new) or new.text.endswith("的")
    if topic.concept or new.concept or new.group or topic.group == "who":
        return True
    # A company or a thing that is unknown begins its question, and is no person where a person is named.
    start = prefix_of(query.text)
    # 云巢读书的星信推送 is one of what a policy names.
    policy = next((word.end for word in query.words if word.start == start and word.group == "policy"), start)
    begins = query.text[policy : topic.start] in ("", "的") and not query.text[topic.start :].startswith("户")
    alike = _is_people(topic) == _is_people(new) or new.text.endswith("的")
    return alike and (begins or topic.group != "")


def _fits_en(phrase: Phrase | None, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another, which is a phrase of an English question."""
    if topic.concept or new.concept or not topic.form or not new.form:
        return True
    return topic.form == new.form or (phrase is not None and phrase.is_complement)


_WHOSE = re.compile(r"[^，。？?“”]{0,8}?(?:用户|客户|会员|员工|学生|家长|顾客|住户|业主|商家|买家|卖家)")


def _is_several(name: str) -> bool:
    """Say whether a few English words may be a verb and what is done: "hang pictures"."""
    return " " in name and not _is_modifier(name.partition(" ")[0].lower())


_PEOPLE = re.compile(r"(?:[用客住商]户|[人员生者客友师童长主们方]|公司|企业|家长|部门)$")


def _with_qualifier(query: Utterance, topic: Topic) -> Topic:
    """Return who is named at the beginning of a Chinese question, with what else the question begins with."""
    start = prefix_of(query.text)
    if query.language == "en" or topic.start - start > _LONGEST_QUALIFIER or not _is_noun(query, start, topic.end):
        return topic
    return replace(topic, text=query.text[start : topic.end], start=start)


_LONGEST_QUALIFIER = 4


def _is_people(topic: Topic) -> bool:
    return topic.group == "person" or (topic.language == "zh" and _PEOPLE.search(topic.text) is not None)


def _as_subject(query: Utterance, new: Topic) -> str:
    """Return the former question asked of another who does or is something: "are children allowed?" of "are dogs …"."""
    named = topics_of(query)
    phrase = next((phrase for phrase in phrases_of(query) if phrase.is_subject), None)
    if phrase is None or new.group not in ("person", "who", "thing", ""):
        return ""
    known = any(topic.concept for topic in named if phrase.start <= topic.start < phrase.end) or _is_several(new.text)
    people = new.group == "person" and phrase.form == "counted"
    return _put(query, phrase, name_of(new, "en"), "") if not known and (people or phrase.form == new.form) else ""


def _inner(query: Utterance, topic: Topic, group: str) -> Topic | None:
    """Return the thing at the end of the name of a deed that a question names: 定位 of 关闭定位."""
    for offset in range(1, len(topic.text) - 1):
        if topic.language == "en" and topic.text[offset - 1] != " ":
            continue
        word = query.vocabulary.meaning(topic.text[offset:])
        if word and word.group == group:
            return replace(topic, text=topic.text[offset:], group=group, concept=None, start=topic.start + offset)
    return None


def _in_place(query: Utterance, same: Sequence[Topic], new: Topic) -> str:
    """Return the former question with the new name in place of the old one, or of several that are listed.

    Nothing if the name has no form that would fit there.
    """
    first = last = same[0]
    for slot in same[1:]:
        if any(word.text not in _LISTING for word in query.words if last.end <= word.start < slot.start):
            break
        last = slot
    name, start = name_of(new, query.language), first.start
    owner = first.owner if query.text[:start].lower().endswith(first.owner) else ""
    if query.language == "en" and first.group == "deed" and _precedes(query, first) in _BEFORE_VERBS:
        name = _verb(new, name)
        start -= len(owner)
    elif new.owner and new.owner != first.owner and new.group == "thing":
        name = owned(new, query.language)
        start -= len(owner)
    if not name:
        return ""
    before, after = query.text[:start], query.text[last.end :]
    name = _not_again(before, name)
    if article := _ARTICLE.search(before):
        before = before[: article.start()] + article_of(name, article[0])
        if first.group in DEEDS:
            # All of "a refund claim".
            end = next((word.start for word in query.words if word.start > last.end and not word.has("unknown")), None)
            after = query.text[end:] if end else ""
    if query.language == "en" and new.group in ("who", "person", "thing", ""):
        was_plural = last is not first or first.group == "person" or is_plural(first.text)
        before, after = _agreeing(before, after, plural=is_plural(name), was_plural=was_plural)
    if (new.kind == "permission") > (first.kind == "permission"):
        # A camera is used, not collected.
        before, after = (_COLLECT.sub(lambda verb: _USE[verb[0].lower()], part) for part in (before, after))
    return f"{before}{name}{after}"


def _not_again(before: str, name: str) -> str:
    """Return a Chinese name without what is said before it already: 换货 of 申请换货 after 怎么申请退款."""
    again = has_han(name) and len(name) > _LONGEST_WORD and before.endswith(name[:_LONGEST_WORD])
    return name[_LONGEST_WORD:] if again else name


_ARTICLE = re.compile(r"\b(?:an?|the) $", re.IGNORECASE)


_LISTING = {"和", "与", "跟", "及", "以及", "或", "或者", "还是", "、", ",", "and", "or", "/", "&"}
_BEFORE_VERBS = (*DOERS, "to")
_USE = {"收集": "使用", "采集": "使用", "collect": "use", "collects": "uses", "collected": "used"}
_COLLECT = re.compile("|".join(sorted(_USE, reverse=True)), re.IGNORECASE)


def _precedes(query: Utterance, topic: Topic) -> str:
    """Return the word before a topic and whose it is."""
    before = [word.text for word in query.told if word.end <= topic.start and word.text != topic.owner.strip()]
    return before[-1] if before else ""


def _verb(topic: Topic, name: str) -> str:
    """Return the name of a deed as it follows "how do I": "delete my account" for "deleting my account"."""
    names = topic.concept.en if topic.concept else ()
    head, _, rest = name.lower().partition(" ")
    if head.endswith("ing"):
        stems = (f"{stem} {rest}".strip() for stem in (head[:-3], f"{head[:-3]}e", head[:-4]))
        return next((stem for stem in stems if stem in names), "")
    if re.search(r"(?:ion|al|ure|ment|ity|s)$", name):
        return next((found for found in names if re.match(r"(?!\w+(?:ing|ed|s) )\w+ (?:my|the) ", found)), "")
    return name


def _swapped_zh(query: Utterance, new: Topic) -> str:
    """Return the former question, which names nothing of the sort, asked of something else."""
    said, start = "", prefix_of(query.text)
    if is_quoting(query) and not new.group:
        return ""
    if start and _is_people(new):
        return f"对于{name_of(new, 'zh')}，{query.text[start:]}"
    if new.group == "thing":
        said = _as_object_zh(query, new)
    elif new.group == "person":
        said = _of_person_zh(query, name_of(new, "zh"))
    elif new.group in ("who", ""):
        said = _by_company_zh(query, name_of(new, "zh"))
    if said:
        return said
    name = name_of(new, "zh")
    if not new.group and has_han(name) and not _PEOPLE.search(name) and not is_quoting(query):
        # Of what else there may be the former question is not asked again, but the same people are meant.
        who = _WHOSE.match(query.text, prefix_of(query.text))
        return f"{who[0]}的{name}呢？" if who and _is_noun(query, who.start(), who.end()) else ""
    stands = is_quoting(query)
    return "" if stands else f"对于{name}，{query.text[prefix_of(query.text) :]}"


def _as_object_zh(query: Utterance, new: Topic) -> str:
    """Return 个推收集位置吗 for 个推收集什么 and 那位置呢."""
    for before, word in pairwise(query.told):
        if before.is_aspect and word.has("what"):
            return f"{query.text[: word.start]}{owned(new, 'zh')}{query.bare[word.end :]}吗？"
    return ""


def _of_person_zh(query: Utterance, name: str) -> str:
    """Return 收集未成年人的位置吗 for 收集我的位置吗 and 那未成年人呢."""
    thing = next((topic for topic in topics_of(query) if topic.group == "thing"), None)
    if thing:
        return f"{query.text[: thing.start].removesuffix('我的')}{name}的{query.text[thing.start :]}"
    first = query.told[0] if query.told else None
    return f"{name}{query.text[first.end :]}" if first and first.text == "我" else ""


def _by_company_zh(query: Utterance, name: str) -> str:
    """Return 高德收集位置吗 for 你们收集位置吗 and 那高德呢; but 会共享给高德吗 for 会共享吗."""
    text = query.text
    if not query.told:
        return ""
    first = query.told[0]
    given = [word for word in query.told if query.vocabulary.giving.intersection(word.concepts)]
    if given:
        end = given[-1].end
        ends = query.bare[end:].removeprefix("给") in ("", *WHETHER, "了吗")
        return f"{text[:end].removesuffix('给')}给{name}{text[end:].removeprefix('给')}" if ends else ""
    if asks_who(query):
        before, _, after = query.bare.partition("谁")
        return f"{before}{name}{after}吗？"
    if first.group == "policy":
        return f"{text[: first.end]}的{name}{text[first.end :].removeprefix('的')}"
    if first.text in _SUBJECTS or first.has("self"):
        return f"{name}{text[first.end :]}"
    # A question that begins with its verb; not one that begins with a thing.
    return "" if first.has("topic", "unknown") else f"{name}{text[first.start :]}"


_WHO = re.compile(r"who (can|could|will|would|may)\b", re.IGNORECASE)


def asks_who(query: Utterance) -> bool:
    """Say whether a question asks who does something: 谁能看到, "who can see"."""
    return "谁" in query.text or _WHO.match(query.text) is not None


_SUBJECTS = ("你们", "您们", "你", "您")


def _swapped_en(query: Utterance, new: Topic) -> str:
    """Return the former question, which names nothing of the sort, asked of something else."""
    name, text, told = name_of(new, "en"), query.text, query.told
    closing = text[len(query.bare) :] or "?"
    first = told[0] if told else None
    if new.group == "thing" and first and first.has("what") and len(told) > 2 and told[1].text in AUXILIARIES:
        return f"{like(text, query.bare[told[1].start :])} {owned(new, 'en')}{closing}"
    named = new.group != "" or name[:1].isupper() or not name.isascii() or _PEOPLE_EN.search(name) is not None
    if not named:
        # Of what else there may be, the former question is not asked again: dogs after "can I carry leave over?".
        return ""
    who = _WHO.match(text)
    if new.group in ("who", "", "person") and who:
        article = new.owner if new.owner == "the " else ""
        return f"{like(text, who[1])} {article}{name}{query.bare[who.end() :]}{closing}"
    if new.group == "" and new.concept is None and (said := asked_of_place(query, name)):
        return said
    if new.group in ("who", ""):
        given = {concept for word in told for concept in word.concepts} & query.vocabulary.giving
        if given and first and first.text in AUXILIARIES:
            return f"{query.bare} {'with' if 'sharing' in given else 'to'} {name}{closing}"
        for word, after in pairwise(told):
            if after.text == "you" and word.text in AUXILIARIES:
                verb = word.text if is_plural(name) else THIRD_PERSON.get(word.text, word.text)
                verb = like(text[word.start :], verb)
                return f"{text[: word.start]}{verb} {name}{text[after.end :]}"
    known = new.group not in ("", "thing") or new.concept is not None or new.owner or name[:1].isupper()
    if is_quoting(query) or not (known or _PEOPLE_EN.search(name)):
        return ""
    start = prefix_of(text)
    rest = f"{text[start : start + 1].lower()}{text[start + 1 :]}" if start else _lowered(query)
    article = new.owner if new.group in ("thing", "person") else ""
    return f"For {article}{name}, {rest}"


_PEOPLE_EN = re.compile(r"(?:[a-z]er|or|ist|ee|ant|ent|ian|man|men|child|people|staff)s?$")


def supposing(query: Utterance, condition: str, *, instead: bool) -> str:
    """Return the former question, asked under a condition: 注销以后，手机号保存多久.

    Args:
        query: The former question.
        condition: The condition.
        instead: Whether what comes of the condition is asked, rather than the former question.
    """
    if instead:
        return f"{condition}会怎样？" if query.language == "zh" else f"what happens {condition}?"
    return (_supposing_zh if query.language == "zh" else _supposing_en)(query, condition)


def _supposing_zh(query: Utterance, condition: str) -> str:
    if _HAVING.match(condition) and (having := _HAVING.match(query.text)) and having[2]:
        # 没带手机呢 after 没带卡可以进吗.
        return f"{having[1]}{condition}{query.text[having.end() - len(having[2]) :]}"
    return f"{condition}，{query.text}"


def _supposing_en(query: Utterance, condition: str) -> str:
    if (former := _SUPPOSED.match(query.text)) and former[1].lower() == condition.partition(" ")[0].lower():
        # "On weekends, …" of "and on holidays?" is not asked of both.
        return f"{capital(condition)}, {query.text[former.end() :]}"
    return f"{capital(condition)}, {_lowered(query)}"


def in_another_case(query: Utterance, case: str) -> str:
    """Return what a Chinese question asks of something that happens, asked of another: 进水了怎么办 of 屏幕碎了怎么办.

    Nothing if it asks of nothing that happens, or the other is nothing that does.

    Args:
        query: The former question.
        case: What else happens: 丢了, 进水.
    """
    former = _IN_CASE.fullmatch(query.text)
    if former is None or not (case.endswith(_DONE_ZH) or _BEFALLS.fullmatch(case)):
        return ""
    done = "" if case.endswith(_DONE_ZH) else former[2]
    return f"{former[1]}{case}{done}{former[3]}"


_DONE_ZH = ("了", "过")
_IN_CASE = re.compile(
    r"(关于“[^”]{1,201}”：|)[^，。？“”：]{1,12}?(了|过)((?:怎么办|咋办|怎么处理|会怎样|会怎么样)[？?]?)"
)
# 进水, 丢失, 黑屏: what befalls a thing, rather than another thing.
_BEFALLS = re.compile("[进漏掉丢摔坏裂断烧浸黑花死破][^的]{1,2}")


_HAVING = re.compile(
    r"(我们?|)(?:没有?|无|有)(?![没效关些奖机])[^，。？“”什哪几多吗]{1,12}?(可以|能|会|怎么|多少|多久|$)"
)
_SUPPOSED = re.compile(rf"({one_of((*CIRCUMSTANTIAL, 'if', 'when'))}) [^,“”?]{{1,60}}, ", re.IGNORECASE)


def other_aspect(query: Utterance, aspect: Topic) -> str:
    """Return a question of the same thing, as to something else: 手机号会共享吗 of 手机号保存多久 and 那共享呢."""
    language = query.language
    phrase = phrase_of(topics_of(query), language, of_data=True)
    name = name_of(aspect, language)
    if language == "zh":
        verbs = [word for word in query.told if word.has("aspect") and word.group in ("deed", "") and not word.asks]
        if len(verbs) == 1 and not any(word.has("what") for word in query.told):
            return f"{query.text[: verbs[0].start]}{name}{query.text[verbs[0].end :]}"
        return f"{phrase}会{name}吗？" if phrase else quoting(query, f"{name}吗？")
    if not phrase or any(topic.group in DEEDS for topic in topics_of(query)):
        return quoting(query, f"what about {name}?")
    return f"About {phrase}: {name}?"


# --- Something else of the same thing ------------------------------------------------------------------------


def asked_of(question: Utterance, query: Utterance, topics: Sequence[Topic], *, of_data: bool) -> str:
    """Return a question that names nothing, asked of what the former one was about: 手机号保存多久 of 保存多久.

    Args:
        question: The question.
        query: The former question, to be quoted if there is no other way.
        topics: What the former question was about.
        of_data: See `phrase_of`.
    """
    phrase = phrase_of(topics, question.language, of_data=of_data)
    deed = next((topic for topic in topics if topic.group in DEEDS), None)
    if not phrase or (deed and question.language == "en"):
        verb = _verb(deed, name_of(deed, "en")) if deed else ""
        if verb and re.search(r"\bit takes?$", question.bare.lower()):
            return f"{question.bare} to {verb}?"
        return quoting(query, question.text)
    if question.language == "en":
        return f"About {phrase}: {question.text}"
    supposes = question.told and question.told[0].has("condition")
    if supposes:
        return f"关于{phrase}，{question.text}"
    # What was stated still holds: 我贷款没批下来，资料留多久.
    stated = query.text[: stated_until(query)] if topics and topics[0].start >= stated_until(query) else ""
    return f"{stated}{phrase}{question.text}"


def of_doing(question: Utterance, query: Utterance) -> str:
    """Return what a question asks of something to be done: "how much does it cost to freeze it?" of "can I freeze it?".

    Nothing if the former question was none about something that one may do, or the question asks no such thing.
    """
    done, asked = _MAY_DO.match(query.bare, prefix_of(query.text)), _OF_DOING.fullmatch(question.bare)
    if done is None or asked is None or any(topic.group == "deed" for topic in topics_of(query)):
        return ""
    said = "how much does it cost" if asked["cost"] else "how long does it take" if asked["time"] else "is it free"
    return f"{said} to {query.bare[done.end() :]}?"


_MAY_DO = re.compile(
    r"(?:(?:for|until|after|by) )?(?:(?:how|when|where|how long|how often|how many \w{1,20}) )?"
    r"(?:can|could|may) (?:i|we) (?=\w)",
    re.IGNORECASE,
)
_OF_DOING = re.compile(
    r"(?P<cost>how much (?:does|will|would) (?:it|that|this) cost|how much(?: is|'s) (?:it|that|this)"
    r"|what does (?:it|that) cost)"
    r"|(?P<time>how long (?:does|will|would) (?:it|that|this) take)|is (?:it|that|this) free(?: of charge)?",
    re.IGNORECASE,
)


def asked_with(question: Utterance, role: str, query: Utterance) -> str:
    """Return the former question with the word that asks: "why do you collect my location?" of "why?".

    Args:
        question: What is asked now: hardly more than the word.
        role: The word's role.
        query: The former question.
    """
    if not query.told:
        return quoting(query, question.text)
    form, vocabulary = _Form(query), query.vocabulary
    of_data = vocabulary.asking_of_data.get(role, {}).get(query.language)
    if of_data and form.data and not form.acts and (role != "how_long" or form.what or form.collects):
        return of_data.format(data=form.data)
    asked_with_it = _asked_with_zh if query.language == "zh" else _asked_with_en
    return asked_with_it(question, role, vocabulary.asking[role][query.language], query, form)


def _asked_with_zh(question: Utterance, role: str, word: str, query: Utterance, form: _Form) -> str:
    said = question.text if question.language == "zh" else f"{word}？"
    own = any(word.has("unknown") and has_han(word.text) and word.text not in query.text for word in question.told)
    if (role == "how" and own) or (role == "why" and _SO_ZH.search(question.bare)):
        # 超过了怎么办 says more than 怎么, and 为什么这么久 than 为什么.
        return quoting(query, said)
    if form.what and not form.asks and role == "why" and form.what is not query.told[0]:
        return f"{word}{query.text[: form.what.start]}这些信息{query.bare[form.what.end :]}？"
    whether = _WHETHER.sub("", query.bare)
    if not form.asks and not form.what and whether != query.bare:
        if role == "why":
            return f"{word}{whether}？"
        if role == "how" and (may := _MAY.match(whether)):
            return f"{may[1] or may[2] or ''}怎么{whether[may.end() :]}？"
    if form.deeds and role == "where":
        return f"{word}{form.deeds}？"
    return f"{form.data}{said}" if form.data and (form.what or role == "who") else quoting(query, said)


def _asked_with_en(question: Utterance, role: str, word: str, query: Utterance, form: _Form) -> str:
    told = query.told
    asked = question.bare.lower()
    if question.language == "en" and (
        asked.partition(" ")[0] in PREPOSITIONS or asked.startswith(("how many ", "until "))
    ):
        # "After how many days?" is not "how many days?", and neither is "how long?".
        word = capital(question.bare)
    elif _WHY_SO.fullmatch(asked):
        return quoting(query, question.text)
    elif asked == "how many":
        counted = next((phrase for phrase in reversed(phrases_of(query)) if is_plural(phrase.text)), None)
        if counted is None or counted.is_subject or counted.end != len(query.bare) or told[0].text not in AUXILIARIES:
            return quoting(query, question.text)
        return f"How many {counted.text} {_lowered(query)[: counted.start].rstrip()}?"
    if form.what is told[0] and not form.asks and len(told) > 1 and told[1].text in AUXILIARIES:
        if role not in ("who", "how_long", "how_much"):
            return f"{word} {query.bare[told[1].start :]} this?"
    elif told[0].text in AUXILIARIES and not form.asks and (role != "who" or form.gives):
        return f"{'To whom' if role == 'who' and not form.shares else word} {_lowered(query)}"
    return quoting(query, question.text)


_WHY_SO = re.compile("why (?:so|that) [a-z]{1,20}")


class _Form:
    """What a former question is like, so far as it matters to a word that asks.

    Args:
        query: The question.
    """

    def __init__(self, query: Utterance) -> None:
        topics = topics_of(query)
        told = query.told
        concepts = {concept for word in told for concept in word.concepts}
        deed = next((topic for topic in topics if topic.group == "deed"), None)
        others = [topic for topic in topics if topic is not deed]
        self.what = next((word for word in told if word.has("what")), None)
        self.asks = any(word.asks for word in told)
        self.acts = len(told) > 1 and told[0].text in AUXILIARIES and told[1].text in ("i", "we")
        self.collects = "collection" in concepts
        self.shares = any(word.text.startswith("shar") for word in told)
        self.gives = bool(concepts & query.vocabulary.giving)
        of_data = bool(self.what or self.collects or self.gives or concepts & query.vocabulary.aspects_of_data)
        self.data = "" if deed and query.language == "zh" else phrase_of(others, query.language, of_data=of_data)
        self.deeds = name_of(deed, query.language) if deed else ""


_WHETHER = re.compile(f"(?:{'|'.join(WHETHER)}|不)$")
_SO_ZH = re.compile("[这那]么")
_MAY = re.compile(
    "(我|你们|你|您|[^，。？！：“”]{2,12}?(?=可不可以|能不能|可以)|)(?:可不可以|能不能|会不会|可以|能够|能|会)"
    "|(我们?|你们|你(?!们)|您)(?![有没是不们])"
)


def quoting(query: Utterance, question: str) -> str:
    """Return a question after the former one, quoted: 关于“你们收集位置吗”：这样合法吗.

    Of a former question that quotes another itself, that one is quoted.
    """
    quoted = _QUOTING.match(query.text)
    former = quoted[1] if quoted else query.bare
    former = former if len(former) <= _LONGEST_QUOTE else f"{former[:_LONGEST_QUOTE]}…"
    return f"关于“{former}”：{question}" if query.language == "zh" else f"About “{former}”: {question}"


_LONGEST_QUOTE = 200
_QUOTING = re.compile(r"(?:关于|About )“([^”]{0,201})”")


def unquoted(query: str) -> str:
    """Return a question that quotes another as it is searched for: both, without the words between them.

    >>> unquoted("关于“怎么撤回授权”：为什么？")
    '怎么撤回授权 为什么？'
    """
    quoted = _QUOTING.match(query)
    return f"{quoted[1]} {query[quoted.end() :].lstrip('：: ')}" if quoted else query


def quoted_in(query: Utterance) -> str:
    """Return the question that another quotes; nothing if it quotes none."""
    quoted = _QUOTING.match(query.text)
    if quoted is None:
        return ""
    return quoted[1] if query.language == "zh" else f"{quoted[1]}?"


def is_quoting(query: Utterance) -> bool:
    """Say whether a question quotes another that it leans on."""
    return _QUOTING.match(query.text) is not None


# --- Pronouns ---------------------------------------------------------------------------------------------------


def filled(question: Utterance, names: Sequence[tuple[Word, str]]) -> str:
    """Return a question with names in place of its pronouns.

    Args:
        question: The question.
        names: Pronouns, in order, each with the name of what it stands for.
    """
    text = question.text
    for word, name in reversed(names):
        before, after, said = text[: word.start], text[word.end :], name
        if question.language == "en" and (word.has("its") or (word.text == "her" and _OWNS.match(after))):
            said = f"{name}'" if name.endswith("s") else f"{name}'s"
        elif question.language == "en":
            was_plural = word.text in ("they", "them", "these", "those")
            before, after = _agreeing(before, after, plural=is_plural(name), was_plural=was_plural)
        text = f"{before}{said}{after}"
    return text


_OWNS = re.compile(r" (?!to\b|for\b|if\b|when\b|about\b|with\b|in\b|at\b|too\b|as\b)\w")


def _agreeing(before: str, after: str, *, plural: bool, was_plural: bool) -> tuple[str, str]:
    """Return what stands around a name with its verbs made to agree with it."""
    verbs = {one: many for many, one in THIRD_PERSON.items()} if plural else THIRD_PERSON
    contracted = re.match(r"'(re|ve|ll|d|s)\b", after, re.IGNORECASE)
    if contracted and (plural or contracted[1].lower() != "s"):
        verb = _CONTRACTED[contracted[1].lower()]
        return before, f" {verb if plural else verbs.get(verb, verb)}{after[contracted.end() :]}"
    if plural == was_plural:
        return before, after
    last = re.search(r"([\w']{1,20}) ((?:(?:the|my|our|your) )?)$", before, re.IGNORECASE)
    if last and last[1].lower() in AUXILIARIES:
        verb = like(last[1], verbs.get(last[1].lower(), last[1]))
        return f"{before[: last.start()]}{verb} {last[2]}", after
    following = re.match(r" ([a-z]+)\b", after)
    if following is None:
        return before, after
    verb = following[1]
    if verb in verbs:
        verb = verbs[verb]
    elif _VERBS.fullmatch(verb) and not plural:
        verb = f"{verb}es" if verb.endswith(("s", "sh", "ch")) else f"{verb}s"
    return before, f" {verb}{after[following.end() :]}"


_CONTRACTED = {"re": "are", "s": "are", "ve": "have", "ll": "will", "d": "would"}
_VERBS = re.compile(
    "collect|use|keep|share|store|sell|send|get|need|want|take|see|know|read|access|transfer|process|track|receive|ask"
    "|hold|retain|delete|protect|handle|gather|obtain"
)


# --- Letters --------------------------------------------------------------------------------------------------------


def _lowered(query: Utterance) -> str:
    """Return a question as it is written after other words."""
    first = query.words[0] if query.words else None
    if first and not first.has("topic", "unknown") and first.text.split(" ")[0] not in ("i", "i'm", "i've"):
        return query.text[0].lower() + query.text[1:]
    return query.text
