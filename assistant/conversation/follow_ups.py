"""Follow-ups: questions that lean on the one before them, made to stand by themselves.

The first of these to fit does, or asks back:

- `_of_number`     14, 多大的: a number, or what one is asked of;
- `_of_denial`     "why can't I?";
- `_of_another_kept` 猫呢 after 能养狗吗;
- `_of_another_given` 给商家呢 after 给骑手吗;
- `_of_refusing`   不同意呢;
- `_of_one_like_it` 普通会员呢 after 金卡会员, "and annual?" after "a monthly membership";
- `_of_nothing`   那呢, 可以吗, 这样合法吗: no words of its own;
- `_by_place`     "what is the second one for?", "and the latter?";
- `_by_pronoun`   它保存多久, "do they sell it?";
- `_happened`     上了一半了 after 能退费吗;
- `_supposing`    注销以后呢, "and on iOS?";
- `_of_another`   那高德呢, "and my contacts?", 那共享呢: names only of what;
- `_of_the_same`  保存多久, "why?": says only what of it;
- `_by_sequel`    需要出示什么, "do you ask first?": names nothing.

A question that none of them fits stands by itself, as in any doubt a question does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.chinese import INTERROGATIVES, WHETHER
from assistant.conversation.remarks import ask_back, more, replied, show
from assistant.conversation.turns import Condensed
from assistant.english import AUXILIARIES, CIRCUMSTANTIAL, DOERS, INDEFINITE, is_plural, one_of
from assistant.numerals import HAN_NUMERAL
from assistant.references import Reference, of_data, references_in
from assistant.rephrasing import (
    as_object_zh,
    asked_of,
    asked_of_place,
    asked_the_same,
    asked_with,
    asks_of_doing,
    asks_who,
    corrected_en,
    filled,
    in_another_case,
    is_quoting,
    keeps_denials,
    likened,
    noun_zh,
    of_doing,
    of_some,
    other_aspect,
    quoted_in,
    quoting,
    supposing,
    swapped,
)
from assistant.text import has_han
from assistant.topics import (
    Topic,
    form_of,
    is_one_in,
    name_of,
    owned_in,
    phrase_of,
    prefix_of,
    stated_until,
    topics_of,
    topics_said,
)
from assistant.utterances import ASKING_ROLES, LAST, Parts, Utterance, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.conversation.memory import Memory
    from assistant.text import Language


def follow_up(asked: Utterance, memory: Memory, *, corrects: bool) -> Condensed | None:
    """Say what a question asks that leans on the one before it; None for one that stands by itself."""
    if memory.query is None:
        return _first(asked)
    rest, leads = _without_lead(asked)
    leaning = _Leaning(
        asked=asked,
        rest=rest,
        parts=Parts(rest),
        leads=leads,
        preposition=_preposition(asked, rest) if leads else "",
        corrects=corrects,
        query=memory.query,
        memory=memory,
    )
    if len(leaning.parts.told) > _MOST_WORDS:
        return None
    for way in _WAYS:
        if found := way(leaning):
            return found
    return None


def name_given(asked: Utterance, memory: Memory) -> str:
    """Return what is named in answer to a question that was asked back: 高德, "the second one"; empty if nothing is."""
    if memory.query is None or not memory.pending:
        return ""
    rest, _ = _without_lead(asked)
    parts = Parts(rest)
    if not parts.only_names or len(parts.told) > _MOST_WORDS:
        return ""
    ordinal = next((word for word in rest.told if word.place), None)
    if ordinal is None:
        return rest.bare
    topic = _nth(memory.candidates, ordinal.place)
    return name_of(topic, rest.language) if topic else ""


_MOST_WORDS = 16
"""Longest question, in words, that may lean on another."""


@dataclass(frozen=True, kw_only=True)
class _Leaning:
    """A question that may lean on the one before it."""

    asked: Utterance
    """The question."""
    rest: Utterance
    """The question without 那, "and" and such before it."""
    parts: Parts
    """What `rest` is made of."""
    leads: bool
    """Whether there was such a word."""
    preposition: str
    """The preposition in that word: "with" of "and with"."""
    corrects: bool
    """Whether it says that the last question was not meant."""
    query: Utterance
    """The question before it."""
    memory: Memory
    """Whatever else is remembered."""


def _first(asked: Utterance) -> Condensed | None:
    """Ask back about a question that leans on another, when there is no other: 它呢？, "why?"; None if it does not."""
    told = asked.told
    if any(word.has("topic", "unknown", "self", "others") or word.is_aspect for word in told):
        return None
    if any(word.has("what") and _NAMED_WHAT.search(word.text) for word in told) and _WANTS_IT.search(asked.text):
        # 需要哪些权限 says what it asks, 哪些权限 does not.
        return None
    refers = any(word.has("it", "these", "they", "its", "ordinal", "in_that_case") for word in told)
    leads = all(word.has("lead", "particle", "what_about", "function") for word in told)
    asks = any(word.asks or word.has("what") for word in told)
    if len(told) > (_MOST_WORDS_OF_NOTHING if refers else 2) or not (refers or leads or asks):
        return None
    return replied("unclear", asked, kind="unclear")


_MOST_WORDS_OF_NOTHING = 6
_NAMED_WHAT = re.compile("(?:什么|啥|哪几?[个些种])[^么个些种]{2}")
_WANTS_IT = re.compile("[要用][^。？?]{0,6}(?:什么|啥|哪)")


def _rewritten(query: str) -> Condensed:
    return Condensed(query=query, kind="follow_up")


def _quoted(leaning: _Leaning) -> Condensed:
    """Return a question after the former one, quoted; for itself it is asked too, lest the former drown it."""
    return Condensed(query=quoting(leaning.query, leaning.rest.text), kind="follow_up", after=(leaning.rest.text,))


def _without_lead(asked: Utterance) -> tuple[Utterance, bool]:
    """Return a question without 那, "and" and such before it, and whether there were any."""
    leads, start = False, 0
    for word in asked.words:
        if word.has("lead", "what_about"):
            leads, start = True, word.end
        elif not word.has("mark", "filler"):
            start = word.start
            break
    return asked.since(start if leads else 0), leads


def _preposition(asked: Utterance, rest: Utterance) -> str:
    """Return the preposition at the end of what leads to the rest of a question: "with" of "and with"."""
    last = asked.text[: -len(rest.text) or None].lower().split()[-1:]
    return last[0] if last in (["with"], ["for"]) else ""


def _of_nothing(leaning: _Leaning) -> Condensed | None:
    """Say what a question asks that has no words of its own: "and?", 那呢, 可以吗, 这样合法吗."""
    parts = leaning.parts
    if not parts.content:
        if len(parts.told) > 1 and not parts.particle:
            return _quoted(leaning)
        if leaning.leads and not leaning.rest.told:
            return more(leaning.asked, leaning.memory)
        return ask_back(leaning.asked, leaning.memory) if leaning.leads or parts.particle else None
    if parts.has("in_that_case") and not parts.own:
        return _quoted(leaning)
    return None


def _of_number(leaning: _Leaning) -> Condensed | None:
    """Say what a mere number tells, or a word for one asks: 14, 几岁, 多大的; the former question is what of."""
    return _quoted(leaning) if _NUMBER.fullmatch(leaning.rest.bare) else None


_NUMBER = re.compile(
    rf"[0-9]{{1,6}}(?:\.[0-9]{{1,2}})?(?:岁|周岁|天|个月|月|年|公斤|千克|斤|米|元|块|万)?|[{HAN_NUMERAL}]{{1,4}}"
    "|[要得满]?(?:几[岁级]|多[大重高宽远]|多少岁)[的了呢啊]?"
    "|(?:最[多少高低长短]|一共|总共|每[次天月年])(?:能|可以|要)?(?:几[次个天件人张条年月只位名间台辆部套份瓶本晚]|多少[次个天钱]?|多久)"
    r"|how many (?!more\b|days\b|times\b)[a-z]{2,20}"
)


def _of_another_kept(leaning: _Leaning) -> Condensed | None:
    """Say what is asked of a thing of one character, which may be no name elsewhere: 猫呢 after 能养狗吗."""
    named = _ONE_CHARACTER.fullmatch(leaning.rest.bare)
    return _said_anew(leaning, as_object_zh(leaning.query, Topic(text=named[1], group=""))) if named else None


_ONE_CHARACTER = re.compile("([^这那它他她我你您谁啥还也又呢吗0-9a-zA-Z，。？])呢")


def _of_another_given(leaning: _Leaning) -> Condensed | None:
    """Say what is asked of somebody else, with the same word before it: 给商家呢 after 给骑手吗."""
    given, query = _GIVEN.fullmatch(leaning.rest.bare), leaning.query
    if given is None:
        return _of_another_done_to(leaning)
    former = next((topic for topic in topics_of(query) if query.text[: topic.start].endswith(given[1])), None)
    to_me = query.text.find(f"{given[1]}我") + 1
    start, end = (former.start, former.end) if former else (to_me, to_me + 1)
    if not start or query.text.startswith(("的", "们"), end):
        return None
    return _rewritten(f"{query.text[:start]}{given[2]}{query.text[end:]}")


def _of_another_done_to(leaning: _Leaning) -> Condensed | None:
    """Say what is asked of the same done to something else, which is said again: 改名字呢 after 怎么改手机号."""
    said, query = _DONE_TO_OTHER.fullmatch(leaning.rest.bare), leaning.query
    if said is None:
        return None
    things = (topic for topic in topics_of(query) if topic.group in ("thing", "") and topic.end == len(query.bare))
    former = next((topic for topic in things if query.text[: topic.start].endswith(said[1])), None)
    return _rewritten(f"{query.text[: former.start]}{said[2]}{query.text[former.end :]}") if former else None


_DONE_TO_OTHER = re.compile("([改换删查看存传填交绑退补])([^，。？“”的了掉不]{2,8})呢")
_GIVEN = re.compile("(给|跟|和|向|被|从|让|找|用)([^，。？“”的]{1,12})呢")


def _of_refusing(leaning: _Leaning) -> Condensed | None:
    """Say what is asked of who does not do what the former question speaks of: 不同意呢 after 要我同意吗."""
    refused = _REFUSED.fullmatch(leaning.rest.bare)
    return _quoted(leaning) if refused and (refused[1] or refused[2] in leaning.query.text) else None


_REFUSED = re.compile(
    "(?:如果|要是|那)?(?:我们?|[他她]们?|对方|孩子|家长|本人)?不(?:(给|同意|授权|提供|允许|开启|接受|愿意)[^，。？“”]{0,6}|([^，。？“”的]{1,4}))呢"
)


def _nth(topics: Sequence[Topic], place: int) -> Topic | None:
    if place == LAST:
        return topics[-1] if topics else None
    return topics[place - 1] if 0 < place <= len(topics) else None


def _by_place(leaning: _Leaning) -> Condensed | None:
    """Say what is asked of the second, or of the latter: of several things named, or of the clauses cited."""
    rest, parts = leaning.rest, leaning.parts
    word = next((word for word in parts.told if word.has("ordinal", "former", "latter")), None)
    if word is None:
        return None
    topics = topics_of(leaning.query)
    alike = ([topic for topic in topics if topic.group == group] for group in ("who", "thing", ""))
    several = next((found for found in alike if len(found) > 1), [])
    topic = _nth(several, word.place or (1 if word.has("former") else LAST))
    if topic and parts.asks:
        named = leaning.memory.read(filled(rest, [(word, name_of(topic, rest.language))]))
        named_leaning = replace(leaning, rest=named, parts=Parts(named))
        return _by_pronoun(named_leaning) or _rewritten(named.text)
    if topic and (said := swapped(leaning.query, topic)):
        return _rewritten(said)
    if not word.place or parts.own:
        return None
    if parts.asks and word.place > len(leaning.memory.cited):
        return _quoted(leaning)
    return show(rest, leaning.memory)


# --- 它, "they", "that" -----------------------------------------------------------------------------------------


def _by_pronoun(leaning: _Leaning) -> Condensed | None:
    """Say what a question with pronouns asks: with names in their places, or by asking back."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    references = references_in(rest, parts)
    if not references:
        return None
    if done := _of_what_is_done(leaning):
        return done
    if len(parts.content) == len(references):
        told_little = len(parts.told) <= _MOST_WORDS_UNCLEAR
        return ask_back(rest, leaning.memory) if told_little else _quoted(leaning)
    named = {topic.group for topic in topics_of(query)}
    judged = parts.only_judges and "thing" not in named
    if judged or (references[0].is_whole and _OPPOSING.search(rest.text)):
        return _quoted(leaning)
    names: list[tuple[Reference, str]] = []
    told: list[Topic] = []
    for reference in references:
        referent = reference.referent((query, *leaning.memory.earlier))
        if referent is None:
            return None if parts.own and not _names_nothing(leaning) else _quoted(leaning)
        new = [topic for topic in referent.topics if topic not in told]
        if not reference.is_plural and len(new) > 1 and all(topic.group in ("who", "") for topic in new):
            return ask_back(rest, leaning.memory)
        name = _called(new, told, query, rest.language, of_data=referent.of_data)
        if not name:
            return _quoted(leaning)
        told += new
        names.append((reference, name))
    said = filled(rest, [(reference.word, name) for reference, name in names])
    if (parts.particle or leaning.leads) and not parts.asks and not rest.bare.endswith(WHETHER):
        return _of_another_pointed_at(leaning, said.rstrip("呢?？!！。 "), told[0].group if told else "")
    # A name that is doubled was read amiss.
    return _quoted(leaning) if _TWICE.search(said) else _rewritten(said)


def _of_another_pointed_at(leaning: _Leaning, said: str, group: str) -> Condensed | None:
    """Say what is asked that names with a pronoun only of what: 那他们的家长呢, "and if he's 15?".

    Args:
        leaning: The question.
        said: It with a name in place of the pronoun.
        group: The sort of what the pronoun stands for.
    """
    query = leaning.query
    if leaning.rest.language == "en" and leaning.parts.told[0].has("condition"):
        return _quoted(leaning) if _is_stated(query) else _rewritten(supposing(query, said, instead=False))
    asked = swapped(query, Topic(text=said, group=group))
    return _rewritten(asked) if asked else None


def _of_denial(leaning: _Leaning) -> Condensed | None:
    """Say what "why can't I?" asks, which is why the former question is to be denied, whatever a pronoun stands for."""
    denied = _WHY_NOT.fullmatch(leaning.rest.bare)
    return _rewritten(asked_with(leaning.rest, "why", leaning.query)) if denied else None


def _of_what_is_done(leaning: _Leaning) -> Condensed | None:
    """Say what "is it free?" asks after "can I freeze it?" or "do you freeze memberships?": doing that is."""
    rest, query = leaning.rest, leaning.query
    if done := of_doing(rest, query):
        return _rewritten(done)
    return _quoted(leaning) if _DO_YOU.match(query.text) and asks_of_doing(rest) else None


_MOST_WORDS_UNCLEAR = 3
_TWICE = re.compile(r"\b([a-z]{3,20}) \1\b", re.IGNORECASE)
_DO_YOU = re.compile(
    r"(?:(?:for how long|how often|how|when|why) )?(?:do|will|would|can|could) you (?!have|sell|offer|stock|provide)",
    re.IGNORECASE,
)
_WHY_NOT = re.compile(r"why (?:\w{2,6}n[o'’]?t|can[o'’]?t) (?:i|you|we|they|it|he|she|that)", re.IGNORECASE)
# What is done to a fact rather than to a thing: "what if I don't agree with that?".
_OPPOSING = re.compile(
    r"\b(?:stop|prevent|avoid|refuse|decline|agree|disagree|object|accept|mind|(?:don't|do not) (?:want|like))\b"
    "|拒绝|阻止|避免|同意|反对|接受",
    re.IGNORECASE,
)


def _is_stated(query: Utterance) -> bool:
    """Say whether an English question begins with a statement: "my kid is 12, can he use it?"."""
    first = query.told[0] if query.told else None
    return first is None or not (first.asks or first.has("what", "condition") or first.text in AUXILIARIES)


def _called(
    topics: Sequence[Topic], told: Sequence[Topic], query: Utterance, language: Language, *, of_data: bool
) -> str:
    """Return what a pronoun stands for in words; nothing if none would do.

    Args:
        topics: What it stands for, less what pronouns before it stand for.
        told: What these stand for.
        query: The former question, whose policy is named with the first of them.
        language: Language of the words.
        of_data: Whether the data of a company are meant.
    """
    if language == "en" and any(topic.group == "deed" for topic in topics):
        return ""
    if not topics and told and not any(topic.group in ("who", "", "policy") for topic in told):
        # What was named once needs not be named again: "are personnel files encrypted, and who can see them?".
        return "它" if language == "zh" else "them" if is_plural(told[-1].text) else "it"
    if not topics:
        # "Does Getui sell the data Getui gets" says a name twice.
        return (
            "拿到的信息"
            if language == "zh"
            else f"the data {'they get' if len(told) > 1 or (told and is_plural(told[0].text)) else 'it gets'}"
        )
    policy = [topic for topic in topics_of(query) if topic.group == "policy" and not told and topic not in topics]
    return phrase_of([*policy, *topics], language, of_data=of_data)


def _is_deed(query: Utterance) -> bool:
    """Say whether a question is about something that a person does, such as getting a copy."""
    return any(concept.kind == "right" for word in query.told for concept in word.named)


# --- 那高德呢, "and on iOS?" -------------------------------------------------------------------------------------


def _happened(leaning: _Leaning) -> Condensed | None:
    """Say what is asked once something happened: 上了一半了 after 能退费吗."""
    rest, parts = leaning.rest, leaning.parts
    # 了 at its end counts, which is cut off the rest as other words of politeness are.
    said = rest.bare if rest.bare.endswith("了") else f"{rest.bare}了"
    if not leaning.asked.bare.endswith("了") or not _HAPPENED.fullmatch(said) or parts.asking or parts.has("what"):
        return None
    return _rewritten(supposing(_without_circumstances(leaning), said, instead=False))


def _supposing(leaning: _Leaning) -> Condensed | None:
    """Say what is asked under other circumstances: 注销以后呢, "and on iOS?"."""
    rest, parts = leaning.rest, leaning.parts
    if not parts.told:
        return None
    first = parts.told[0]
    if (measured := _MEASURED.fullmatch(rest.bare)) and measured[1] not in leaning.query.text:
        # 提前3天呢, and 不对，是提前3小时 after that.
        return _rewritten(supposing(_without_circumstances(leaning), measured[1], instead=False))
    marked = leaning.leads or parts.particle or (rest.language == "en" and _is_place_or_use(parts))
    if not marked or parts.asking or parts.has("what"):
        return None
    condition = rest.text[first.start : parts.told[-1].end]
    if leaning.preposition == "for" and parts.only_names and not parts.names:
        # "And for dvds?" is asked of whatever was asked for something else.
        return _rewritten(supposing(_without_circumstances(leaning), f"for {condition}", instead=False))
    supposes = first.has("condition") and parts.own
    if rest.language == "zh" and (clause := _CLAUSE.fullmatch(rest.bare)) and (parts.unknown or _has_or_lacks(parts)):
        condition = clause[1]
    elif (first.has("condition") and not supposes) or not (
        first.text == "to" or supposes or _PREPOSITION.match(first.text) or condition.endswith(_POSTPOSITIONS)
    ):
        return None
    if first.text == "by" and any(topic.group == "who" for topic in topics_of(rest)):
        return None
    if first.text == "to":
        return _rewritten(
            asked_of_place(leaning.query, condition.removeprefix("to ")) or f"{leaning.query.bare} {condition}?"
        )
    again = all(any(topic.group == "deed" for topic in topics_of(asked)) for asked in (rest, leaning.query))
    if condition.endswith(_DONE) or _CLAUSE.fullmatch(rest.bare):
        # 一年没登录 is not what 文件怎么下载 is about.
        again = again and any(one + other in leaning.query.text for one, other in pairwise(condition))
    return _rewritten(supposing(_without_circumstances(leaning), condition, instead=again))


def _without_circumstances(leaning: _Leaning) -> Utterance:
    """Return the former question without the circumstances it was asked under: others take their place."""
    query = leaning.memory.unsupposed or leaning.query
    return leaning.memory.read(quoted_in(query)) if is_quoting(query) else query


def _put_anew(leaning: _Leaning, put: Callable[[Utterance], str]) -> str:
    """Return the former question with something else in its words, which leave its circumstances as they are.

    What would change these, or be added to them, is asked without them: 老人呢 after 14岁以上，家长可以查看吗.
    """
    said, start = put(leaning.query), leaning.memory.circumstances
    former = leaning.query.text
    if said and start and not prefix_of(former) and said[:start] != former[:start]:
        return put(_without_circumstances(leaning)) or said
    return said


def _has_or_lacks(parts: Parts) -> bool:
    """Say whether a few Chinese words name what there is or is not: 没有父母同意 is asked of nobody else."""
    return parts.told[0].text in _HAVING_OR_NOT and parts.own and not parts.asks


def _said_anew(leaning: _Leaning, said: str) -> Condensed | None:
    """Return a question made of a follow-up and the former one; both, quoted, if it does not keep what they deny."""
    if said and not keeps_denials(leaning.query, leaning.rest, said):
        return _quoted(leaning)
    return _rewritten(said) if said else None


def _is_place_or_use(parts: Parts) -> bool:
    """Say whether a few English words are a preposition and a name: "for children?"."""
    first, *others = parts.told
    if not others:
        # A name of the thesaurus: "in the US".
        return _PREPOSITION.match(first.text) is not None
    return parts.only_names and len(parts.told) <= _MOST_BARE_WORDS and first.text in ("to", *CIRCUMSTANTIAL)


_PREPOSITION = re.compile(rf"[在对从用]|{one_of((*CIRCUMSTANTIAL, 'by', 'as', 'when', 'while'))}(?![a-z])")
# 拆封了呢, 一年没登录呢; but not 没登录的用户呢.
_CLAUSE = re.compile(r"([^的]{0,12}[没不未无][^的]{1,12}|有[^的]{1,12}|[^的]{1,20}[了过])呢")
_DONE = ("了", "过")
# 上了一半了 after 能退费吗.
_HAPPENED = re.compile("(?![太真好你您那算])[^，。？“”吗呢什么怎多几谁哪啥咋]{2,10}了")
_MEASURED = re.compile(
    rf"(?:是|可以|能|要)?((?:提前|超过|超出|超了?|不到|不足|不满|满|晚了?|迟到?|过了|逾期|延误)[0-9{HAN_NUMERAL}两半]{{1,5}}个?"
    r"(?:分钟|小时|天|周|星期|月|年|岁|周岁|公斤|千克|克|斤|米|厘米|公里|元|块|次|人)(?:以上|以下|以内|之内|内|前|后|的话)?)呢?"
)
_HAVING_OR_NOT = ("有", "没有", "没", "无", "未", "不", "不是", "不要", "不需要", "不带", "不用")
_POSTPOSITIONS = ("后", "前", "时", "时候", "里", "里面", "上", "内", "外", "的话")


def _of_one_like_it(leaning: _Leaning) -> Condensed | None:
    """Say what is asked that names what is like a thing of the former question: 普通会员呢, "and annual?"."""
    rest, parts = leaning.rest, leaning.parts
    if _IN_STATE.fullmatch(leaning.asked.bare) and not parts.names:
        return Condensed(
            query=quoting(leaning.query, leaning.asked.text), kind="follow_up", after=(leaning.asked.text,)
        )
    if not parts.told or any(parts.has(role) for role in _STANDING_FOR):
        return None
    if rest.language == "zh" and (same := asked_the_same(rest, leaning.query)):
        return _rewritten(same)
    if parts.asking or parts.has("what") or rest.bare.endswith(WHETHER) or parts.has("condition"):
        return None
    # 付费的, but not 上次什么时候改的.
    adjective = rest.bare.endswith("的") and not _INTERROGATIVE.search(rest.bare)
    brief = len(rest.bare) <= _LONGEST_BRIEF
    if rest.language == "zh" and not (leaning.leads or leaning.corrects or parts.particle or adjective or brief):
        return None
    if rest.language == "zh" and len(parts.told) == 1 and parts.told[0].has("topic"):
        # What the thesaurus knows takes the place of what is of its sort.
        return None
    if rest.language == "zh":
        if another := in_another_case(leaning.query, rest.bare.removesuffix("呢")):
            asked = another.rpartition("：")[2] if is_quoting(leaning.query) else ""
            return replace(_rewritten(another), after=(asked,) if asked else ())
        if some := of_some(leaning.query, rest):
            return _rewritten(some)
    query = _put_anew(leaning, lambda query: likened(query, rest, leaning.preposition))
    return _said_anew(leaning, query)


_INTERROGATIVE = re.compile(INTERROGATIVES)
_LONGEST_BRIEF = 4
"""Characters of a Chinese noun that asks by its question mark alone: 银卡？"""
# Of what is like that, not of another thing.
_IN_STATE = re.compile(
    r"(?:and |but |so )?what if (?:(?:it|they|that|this)(?:['’](?:s|re)| is| are| was| were| gets?| got| goes| went) "
    r"(?:not |too |still |even |already |only |more |less ){0,2}(?!an? |the |my )[a-z]{2,20}(?: [a-z]{2,20}){0,2}"
    r"|(?:i|we|you|they|he|she)(?: do(?:es)?n['’]t| do(?:es)? not| can['’]?t| won['’]t| didn['’]t| do(?:es)?| did))",
    re.IGNORECASE,
)
_STANDING_FOR = ("it", "these", "they", "its", "ordinal", "former", "latter", "in_that_case")


def _of_another(leaning: _Leaning) -> Condensed | None:
    """Say what is asked that names only of what: 那高德呢, "and my contacts?", 那共享呢."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    marked = leaning.leads or leaning.corrects or parts.particle or (parts.also and not parts.unknown)
    noun = noun_zh(rest) if rest.language == "zh" and len(parts.told) > 1 and not parts.only_aspect else ""
    if parts.own or noun:
        if not parts.only_names and not noun:
            return None
        topic = _new_topic(rest, parts)
        if leaning.corrects and topic.group and rest.language == "zh" and parts.unknown:
            # 我是说一对一的请假 says all that is meant.
            return None
        if not (marked or _is_bare(topic, leaning)) or (not topic.group and len(parts.told) > _MOST_BARE_WORDS):
            return None
        of_such = _last_asked_of_such(topic, leaning)
        said = swapped(of_such, topic) if of_such else _put_anew(leaning, lambda query: swapped(query, topic))
        if not said and leaning.corrects and query.language == rest.language == "en" and not is_quoting(query):
            said = corrected_en(query, topic)
        if not said and is_quoting(query) and (leaning.corrects or rest.language == "zh"):
            return _quoted(leaning)
        return _said_anew(leaning, said)
    if not marked or not parts.only_aspect or any(_ASKING.search(word.text) for word in parts.aspects):
        return None
    first, last = parts.content[0], parts.content[-1]
    concept = first.named[0] if first.named else None
    aspect = Topic(text=rest.text[first.start : last.end], group="aspect", concept=concept)
    return _rewritten(other_aspect(query, aspect))


_ASKING = re.compile(f"{INTERROGATIVES}|怎|几|如果|要是|how|what|who|where|if")


def _new_topic(rest: Utterance, parts: Parts) -> Topic:
    """Return what is named: one thing, several of a sort, or whatever else the words say."""
    topics = [topic for topic in topics_of(rest) if topic.group]
    if not topics and (mine := owned_in(rest)):
        # "And my clips?"
        return mine
    form = form_of(rest) if rest.language == "en" else ""
    noun = noun_zh(rest) if rest.language == "zh" else ""
    last = parts.content[-1].end
    if not noun and rest.bare[last:] in ("的", "的呢"):
        # 付费的呢 is not about paying.
        return Topic(text=rest.text[parts.content[0].start : last + 1], group="")
    if len({topic.group for topic in topics}) != 1:
        text = noun or rest.text[parts.content[0].start : parts.content[-1].end]
        return Topic(text=text, group="", form=form, is_one=rest.language == "en" and is_one_in(rest))
    if len(topics) == 1 and (rest.language == "en" or noun in ("", topics[0].text)):
        return topics[0]
    if not noun:
        return replace(topics[0], text=rest.text[topics[0].start : topics[-1].end], concept=None)
    # 普通会员 is of the sort of 会员; 付费用户 is not of that of 付费.
    ends = topics[-1].end == len(noun)
    return Topic(text=noun, group=topics[-1].group if ends else "", owner=topics[0].owner if ends else "")


def _is_bare(topic: Topic, leaning: _Leaning) -> bool:
    """Say whether a name alone asks what was asked of another of its sort, as names of things to be done do not."""
    alone = len(leaning.parts.names) == 1 and all(w.has("topic") or w.text in _ARTICLES for w in leaning.parts.told)
    named = {slot.group for slot in topics_of(leaning.query)} & {"who", "thing", "person"}
    return alone and (topic.group in named or (topic.group == "who" and asks_who(leaning.query)))


_ARTICLES = ("my", "the", "our", *INDEFINITE, "我", "的")
_MOST_BARE_WORDS = 5


def _last_asked_of_such(topic: Topic, leaning: _Leaning) -> Utterance | None:
    """Return the last question that was asked of such a thing, if the last of all was about no thing but a deed."""
    slots = topics_of(leaning.query)
    if (
        leaning.corrects
        or topic.group not in ("who", "thing")
        or any(slot.group not in ("deed", "term", "purpose", "document") for slot in slots)
    ):
        return None
    earlier = leaning.memory.earlier
    return next((asked for asked in earlier if any(slot.group == topic.group for slot in topics_of(asked))), None)


# --- 保存多久？, "why?" -------------------------------------------------------------------------------------------


def _of_the_same(leaning: _Leaning) -> Condensed | None:
    """Say what a question asks that names nothing, of what the one before it named."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    if parts.own or not parts.asks or _is_complete(parts):
        return None
    if parts.has("what") and (_addresses(parts) or not parts.aspects):
        return None
    if not parts.aspects:
        role = next(role for word in parts.asking for role in ASKING_ROLES if word.has(role))
        said = asked_with(rest, role, query)
        return _quoted(leaning) if parts.unknown and said == quoting(query, rest.text) else _rewritten(said)
    stated = stated_until(query)
    topics = [topic for topic in topics_said(query) if topic.start >= stated]
    if not any(topic.group == "deed" for topic in topics) and _is_of_deeds(parts):
        # What it costs to get a copy; but not what a phone number costs.
        if _is_deed(query):
            return _quoted(leaning)
        if not parts.only_judges:
            return None
    return _rewritten(asked_of(rest, query, topics, of_data=of_data(parts)))


def _by_sequel(leaning: _Leaning) -> Condensed | None:
    """Say what a question asks that names nothing and goes on from the one before: 需要出示什么, "do you ask first?".

    It has a word for what comes before or after something, it says a word of the former question again, or it begins
    with what it asks, and hardly asks more.
    """
    rest, parts = leaning.rest, leaning.parts
    if (said := _VALUE_AGAIN.fullmatch(rest.bare)) and said[1] in leaning.query.text:
        return _quoted(leaning)
    again = _HOW_AGAIN.fullmatch(rest.bare)
    if again and again[1] in leaning.query.text and (len(again[1]) == _WORD_ZH or _names_nothing(leaning)):
        return _quoted(leaning)
    if not _names_nothing(leaning) or _length(parts.told) > _LONGEST_SEQUEL:
        return None
    if parts.has("sequel") or _again(rest, leaning.query) or _lacks_what(parts) or _NEEDED_EN.fullmatch(rest.bare):
        return _quoted(leaning)
    return None


# 怎么告诉 after 改了会告诉我吗.
_HOW_AGAIN = re.compile(
    "(?:怎么|如何|怎样|咋|什么时候|何时|多久|在哪里?|哪里|谁来?)(?:给|去)?([^，。？“”我你的了]{2,4})(?:我|你们)?[的呢啊]?"
)
# 赔多少 after 要赔吗.
_VALUE_AGAIN = re.compile("([^，。？“”我你的了几多]{1,2})(?:多少钱?|多久|几[天次个年月]|给谁)[的呢啊]?")
_NEEDED_EN = re.compile(
    r"what (?:else )?(?:do|would|will|must|should) (?:i|we) (?:(?:have|need) to )?"
    r"(?:need|have|bring|show|send|provide|do)(?: to (?:bring|show|send|provide|do))?"
    r"(?: (?:from|for|with) (?:me|us|it|that))?|what (?:do|would|will) you (?:need|want|require)(?: from (?:me|us))?",
    re.IGNORECASE,
)


_LONGEST_SEQUEL = 9
_WORD_ZH = 2
"""Characters of a Chinese word, as a rule."""
_MOST_WORDS_AGAIN = 3
_MOST_UNKNOWN = 1


def _names_nothing(leaning: _Leaning) -> bool:
    """Say whether no word of a question is the name of a thing, so far as can be told."""
    told = leaning.parts.told
    for place, word in enumerate(told):
        before = told[place - 1].text if place else ""
        if word.has("self", "others") or (word.has("topic") and before not in DOERS):
            return False
        if word.has("unknown") and not has_han(word.text) and before not in _BEFORE_OTHERS:
            return False
    return not any(_OWNED_NOUN.search(word.text) for word in told)


_BEFORE_OTHERS = (*DOERS, "be", "been", "to", "it", "how", "who")
"""Words after which one that is not known is a verb or an adverb."""
_OWNED_NOUN = re.compile(r"\b(?:my|your|data|information|info)\b|我的|你们的|数据|信息|政策")


def _length(words: Sequence[Word]) -> float:
    """Return how many words a question has: a Chinese word has two characters as a rule."""
    return sum(0.5 if word.has("unknown") and has_han(word.text) else 1 for word in words)


def _again(rest: Utterance, query: Utterance) -> bool:
    """Say whether a question says a word again that the former one has and no vocabulary knows: 匹配; and more."""
    told, former = rest.told, query.told
    said = {one.text + other.text for one, other in pairwise(former) if _are_one(one, other)}
    again = any(one.text + other.text in said for one, other in pairwise(told) if _are_one(one, other))
    return again and len(told) > _MOST_WORDS_AGAIN


def _are_one(one: Word, other: Word) -> bool:
    return one.has("unknown") and other.has("unknown") and has_han(one.text) and one.end == other.start


def _lacks_what(parts: Parts) -> bool:
    """Say whether a Chinese question has little but what it asks, and nobody who does it: 需要出示什么, 交给谁."""
    first, *others = parts.told
    does = first.has("unknown") and bool(others) and not _are_one(first, others[0])
    begins = first.asks or does or first.text in _NEEDED
    asks = any(word.has("what", "who", "when", "how_long", "how_often", "how_much", "why") for word in parts.told)
    return begins and asks and has_han(first.text) and not _addresses(parts) and _length(parts.unknown) <= _MOST_UNKNOWN


_NEEDED = ("需要", "要", "得", "应该")


def _addresses(parts: Parts) -> bool:
    return parts.says("you", "we", "你们", "你", "您", "我们")


def _is_complete(parts: Parts) -> bool:
    """Say whether a question lacks nothing though it names nothing: "can I trust you", 你们安全吗, 授权怎么关."""
    concepts = [word for word in parts.aspects if word.concepts and not word.has("outcome")]
    if len(concepts) >= _ENOUGH_CONCEPTS or len(parts.aspects) > _ENOUGH_CONCEPTS:
        return True
    if any(_DOES_TO_THING.fullmatch(word.text) for word in parts.aspects):
        # 怎么改昵称 says what of.
        return True
    first = parts.told[0]
    noun = first.is_aspect and any(concept.kind in _NOUNS for concept in first.named)
    if (noun and not first.asks and parts.asking) or (first.has("what") and _OWN_NOUN.search(first.text)):
        return True
    after = zip(parts.told, parts.told[1:], strict=False)
    return any(word.is_aspect and object_.text in _OBJECTS for word, object_ in after)


_ENOUGH_CONCEPTS = 2
_DOES_TO_THING = re.compile("[改换删](?!掉|除|了|不|成|过|改)[^多几什哪啥]{2,4}")
_NOUNS = ("term", "purpose")
_OWN_NOUN = re.compile("信息|数据|资料|权限|information|info|data|details|permissions")
_OBJECTS = ("me", "us", "you", "我", "我们", "你们")


def _is_of_deeds(parts: Parts) -> bool:
    """Say whether what is asked can be asked of something that is done: how long it takes, whether it is free."""
    of_deeds = parts.vocabulary.aspects_of_deeds
    return all(word.has("quality") or (word.concepts and of_deeds.issuperset(word.concepts)) for word in parts.aspects)


_WAYS = (
    _of_number,
    _of_denial,
    _of_another_kept,
    _of_another_given,
    _of_refusing,
    _of_one_like_it,
    _of_nothing,
    _by_place,
    _by_pronoun,
    _happened,
    _supposing,
    _of_another,
    _of_the_same,
    _by_sequel,
)
"""What makes a follow-up stand by itself: the first to fit does."""
