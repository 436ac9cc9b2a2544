"""Asks the former question of what is like something that it names: 普通会员 of 金卡会员, "annual" of "monthly"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.questions.phrases import Phrase, Unit, phrases_of, units_of
from assistant.questions.rephrasing.chinese import FINAL, LONGEST_WORD, is_noun, supposing_zh
from assistant.questions.rephrasing.english import (
    asked_of_place,
    instead,
    is_modifier,
    put_phrase,
    supposing_en,
    whether_one_may,
)
from assistant.questions.rephrasing.former import LISTING, asks_value_zh, is_quoting
from assistant.questions.topics import LONGEST_TOPIC, prefix_of, stated_until, topics_of
from assistant.questions.utterances import DEEDS
from assistant.text import has_han, stem
from assistant.text.english import (
    CIRCUMSTANTIAL,
    DOING,
    INDEFINITE,
    LINKING,
    POSSESSIVES,
    PREPOSITIONS,
    WHERETO,
    is_plural,
    is_somebody,
    one_of,
)
from assistant.text.numerals import ENGLISH_NUMERAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.questions.utterances import Utterance


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


# --- In Chinese ---------------------------------------------------------------------------------------------------


def _likened_zh(query: Utterance, rest: Utterance) -> str:
    """Return the former question with what a Chinese follow-up names in place of its like; nothing if there is none."""
    name = FINAL.sub("", rest.bare)
    bare = name.removesuffix("的") or name
    text = query.text
    wanting = _WANTING.match(bare)
    if len(bare) < LONGEST_WORD or not is_noun(rest, wanting.end() if wanting else 0, len(bare)):
        return ""
    place = _sibling(query, bare)
    if place and not (wanting and text.startswith(_DONE_ZH, place[1])):
        # 没拆封 is like no 拆封 of 拆封了能退吗, which is done.
        start, end = place
        if wanting and (former := _ENDS_WANTING.search(text[max(0, start - 2) : start])):
            # 没手机 of 没带卡 says that once.
            start -= len(former[0])
        # 付费的 is 付费用户 where 免费用户 was.
        return f"{text[:start]}{bare if _goes_on(query, end) else name}{text[end:]}"
    if all(word.has("time") or word.text in LISTING for word in rest.told if word.end <= len(bare)):
        time = next((word for word in query.words if word.has("time")), None)
        return f"{text[: time.start]}{bare}{text[time.end :]}" if time else supposing_zh(query, bare)
    end = next((word.start for word in query.words if not is_noun(query, 0, word.end)), 0)
    if end > _LONGEST_NOUN:
        # 金牌会员减免运费 is no noun alone, and 金牌会员 is.
        end = next((word.end for word in query.words if word.start and word.end <= _LONGEST_NOUN and word.group), 0)
    done = text.startswith(_DONE_ZH, end) or any(word.end == end and word.group in DEEDS for word in query.words)
    if bare != name and not (is_quoting(query) or done) and end > LONGEST_WORD + 1 and _goes_on(query, end - 1):
        # 纸质的 of 电子发票; of which part of 出差借款上限 试用期的 is said, cannot be told.
        return f"{name}{text[end - LONGEST_WORD if end <= 2 * LONGEST_WORD else 0 :]}"
    return ""


def of_some(query: Utterance, rest: Utterance) -> str:
    """Return a question for a value asked of some of what it begins with: 没批的贷款资料保存多久 of 没批的呢.

    Nothing if a follow-up says not which, or the former question begins with no such thing.
    """
    which = _WHICH_ZH.fullmatch(rest.bare) or _SORT_ZH.fullmatch(rest.bare)
    if which is None or not asks_value_zh(query) or is_quoting(query):
        return ""
    start = max(prefix_of(query.text), stated_until(query))
    thing = next((topic for topic in topics_of(query) if topic.start >= start), None)
    qualifier, of, _ = thing.text.partition("的") if thing and thing.start == start else ("", "", "")
    if of:
        # 门诊的病历 of 住院的病历.
        return f"{query.text[:start]}{which[1]}{query.text[start + len(qualifier) + 1 :]}"
    if which.re is _SORT_ZH:
        # 住院的病历 of 病历; but 普通会员 is no 金卡会员.
        bare = is_noun(query, 0, LONGEST_WORD) and not _goes_on(query, LONGEST_WORD) and _is_start(query, LONGEST_WORD)
        return f"{which[1]}{query.text}" if bare and query.text[:LONGEST_WORD] not in which[1] else ""
    return f"{query.text[:start]}{which[1]}{query.text[thing.start :]}" if thing else ""


_WHICH_ZH = re.compile("((?:还?[没未不]有?|已经?|被|刚)[^，。的]{1,8}的)呢")
_SORT_ZH = re.compile("([^，。的没未不已被刚它这那我你他]{2,6}的)呢")
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


_ASKING_ZH = re.compile("[几多哪谁吗什怎啥]")


def asked_the_same(question: Utterance, query: Utterance) -> str:
    """Return the former question of what another asks in its last words: 出差补助国外多少 of 国内多少 and 国外多少."""
    text, former = question.bare, query.bare
    length = next((place for place in range(1, len(text)) if text[-place:] != former[-place:]), len(text)) - 1
    start = next((word.start for word in question.words if word.start >= len(text) - length), len(text))
    name = text[:start]
    if not name or not _ASKING_ZH.search(text, start) or name in former or not is_noun(question, 0, start):
        return ""
    own = len(former) - len(text) + start
    if own <= len(name) + 1 and is_noun(query, 0, own):
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
            # One character is a head only in words that are alike in all else or whole: 年卡 of 月卡, 打车费 of 餐费.
            starts = [at - own, *(back for back in range(at - 1, at - 1 - _MOST_OWN, -1) if _begins_noun(query, back))]
            nouns = [back for back in starts if back >= 0 and is_noun(query, back, at + 1) and _is_start(query, back)]
            return (nouns[0], at + 1) if nouns and own <= _MOST_OWN else None
        if not is_noun(query, at, at + length):
            return None
        run = next((back for back in range(at) if is_noun(query, back, at) and _is_start(query, back)), at)
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


def _begins_noun(query: Utterance, place: int) -> bool:
    """Say whether a noun that the thesaurus lacks may begin at a place: no such word stands right before it."""
    return not any(word.end == place and word.has("unknown") for word in query.words)


def _size(text: str) -> int:
    """Return how long a text is, a Latin word counting as one character."""
    return len(_LATIN_WORD.sub("x", text))


_LATIN_WORD = re.compile("[A-Za-z0-9]+ ?")
_MOST_OWN = 2
_PLACES = "内外上下前后里"
_POSTPOSED = ("以上", "以下", "以内", "以外", "的")


def _is_start(query: Utterance, place: int) -> bool:
    """Say whether a word of a question begins at a place."""
    return any(word.start == place for word in query.words)


def in_another_case(query: Utterance, case: str) -> str:
    """Return what a Chinese question asks of something that happens, asked of another: 进水了怎么办 of 屏幕碎了怎么办.

    Nothing if it asks of nothing that happens, or the other is nothing that does.

    Args:
        query: The former question.
        case: What else happens: 丢了, 进水.
    """
    former = _IN_CASE.fullmatch(query.text)
    if former and _ALSO_ZH.match(case):
        # What happens afterwards takes the place of nothing: 后来找到了 after 手机丢了怎么办.
        return f"{former[1]}{query.text[former.end(1) : former.start(3)]}，{case}{former[3]}"
    if former is None or not (case.endswith(_DONE_ZH) or _BEFALLS.fullmatch(case)):
        return ""
    done = "" if case.endswith(_DONE_ZH) else former[2]
    return f"{former[1]}{case}{done}{former[3]}"


_DONE_ZH = ("了", "过")
_ALSO_ZH = re.compile("后来|然后|之后|又")
_IN_CASE = re.compile(
    r"(关于“[^”]{1,201}”：|)[^，。？“”：]{1,12}?(了|过)((?:怎么办|咋办|怎么处理|会怎样|会怎么样)[？?]?)"
)
# 进水, 丢失, 黑屏: what befalls a thing, rather than another thing.
_BEFALLS = re.compile("[进漏掉丢摔坏裂断烧浸黑花死破][^的]{1,2}")


# --- In English ---------------------------------------------------------------------------------------------------


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


def _name_in(rest: Utterance, preposition: str) -> _Name | None:
    """Return what a few English words name; nothing if they may say anything else."""
    units = [unit for unit in units_of(rest) if unit.role != "mark"]
    if units and units[0].text in PREPOSITIONS:
        preposition = units.pop(0).text
    article = units.pop(0).text if units and units[0].role == "article" else ""
    one = len(units) > 1 and units[-1].text in ("one", "ones")
    allowed = ("noun", "quality", "aspect") if preposition else ("noun", "quality")
    if _NUMBERED.match(rest.text):
        # "Two hours late" is like nothing that is late.
        return None
    if not 0 < len(units) <= _MOST_UNITS or any(unit.role not in allowed for unit in units[: len(units) - one]):
        return None
    text = rest.text[units[0].start : units[-1].end]
    qualifier = rest.text[units[0].start : units[-2].end] if one else ""
    if (len(units) == 1 and is_modifier(units[0].text)) or _WORKING.fullmatch(text):
        qualifier = text
    return _Name(text=text, units=tuple(units), article=article, preposition=preposition, qualifier=qualifier)


def _likened_en(query: Utterance, rest: Utterance, preposition: str) -> str:
    """Return the former question with what an English follow-up names in place of its like; nothing without one."""
    name = _name_in(rest, preposition)
    if name is None or name.text.lower().startswith(_BEGINNING):
        # "At weekends" of the thesaurus is no thing.
        return ""
    phrases = phrases_of(query)
    if said := _under_other_circumstances(query, phrases, name) or _among_things(query, phrases, name):
        return said
    known = query.vocabulary.meaning(name.text)
    if not name.article and name.preposition in ("", *WHERETO) and known is None and not name.qualifier:
        lower = len(name.units) == 1 and not is_plural(name.text) and query.bare.islower()
        if (name.text[:1].isupper() or lower) and (said := asked_of_place(query, name.text)):
            return said
    if not name.qualifier and (said := _of_another_judged(query, phrases, name)):
        return said
    if name.qualifier:
        within = _ASKED_WITHIN.match(query.text) if phrases and not phrases[0].start else None
        if within:
            # The thesaurus has "how long does delivery take" as one name.
            return f"{query.text[: within.end()]}{name.qualifier} {query.text[within.end() :]}"
        phrase = next((phrase for phrase in phrases if len(phrase.starts) > 1), phrases[0] if phrases else None)
        head = query.text[phrase.starts[-1] : phrase.end] if phrase else ""
        # "And silver?" after "how much is gold?"
        named = name.qualifier if is_modifier(head.lower()) else f"{name.qualifier} {head}"
        return put_phrase(query, phrase, named, "") if phrase else ""
    return _in_place_of_its_like(query, phrases, name)


def _in_place_of_its_like(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> str:
    """Return the former question with what is named in place of the phrase that it is like; nothing without one."""
    alike = _alike(query, phrases, name)
    if alike is None and (contrary := _CONTRARY.get(name.preposition)):
        # "And with a plan?" after "without a plan".
        alike = next((phrase for phrase in phrases if _led_by(phrase) in contrary), None)
    if alike is None:
        return ""
    said = " ".join(filter(None, (name.preposition, name.article, name.text)))
    if alike.words[0] in LINKING:
        # "Over 5 kg?" after "under 5 kg", which is one phrase with its preposition.
        return f"{query.text[: alike.start]}{said}{query.text[alike.end :]}" if name.preposition else ""
    again = name.preposition != "" and alike.preposition == name.preposition
    if not again and (alike.preposition in ("", "of") or name.preposition in ("", "for")):
        return put_phrase(query, alike, name.text, name.article)
    # "Outside London?" after "in London".
    return instead(query, alike, said)


def _led_by(phrase: Phrase) -> str:
    """Return the preposition before a phrase, or that which is its first word: "outside London"."""
    return phrase.preposition or (phrase.words[0] if phrase.words[0] in LINKING and len(phrase.words) > 1 else "")


_BEGINNING = tuple(f"{word} " for word in CIRCUMSTANTIAL)


def _among_things(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> str:
    """Return whether one may bring what is named, of a question that asks what one may; nothing if it is no thing.

    "The interview" may be where one brings something, and so may "London", or what is like the last thing named.
    """
    where = phrases[-1].article if phrases else ""
    named = name.article not in ("the", where) if name.article else name.text.islower() or not where
    known = query.vocabulary.meaning(name.text)
    # Trainers may be worn, though they end as names of people do.
    if name.preposition or name.qualifier or not named or (known and known.group in ("person", "who")):
        return ""
    return whether_one_may(query, " ".join(filter(None, (name.article, name.text))))


# Up to the thing of "how long does | delivery take?".
_ASKED_WITHIN = re.compile(
    rf"(?:how [a-z]{{3,5}}|when|where|what) {one_of(DOING)} (?:the )?(?=[a-z]+ [a-z]+\W*$)", re.IGNORECASE
)


def _of_another_judged(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> str:
    """Return the former question asked of another subject of "is" or "are": taxis of "are hotels paid?".

    The thesaurus may know either as something that is done, which is asked about here and takes the place of no "paid".
    """
    judged = [phrase for phrase in phrases if phrase.is_complement and not phrase.article]
    if len(judged) != 1 or name.article or name.preposition or judged[0].form != name.form:
        return ""
    known, meant = (query.vocabulary.meaning(text) for text in (name.text, judged[0].text))
    is_done, was_done = (word is not None and word.group in DEEDS for word in (known, meant))
    if not is_done and (_are_people(query, name.text) or not (name.text.islower() and was_done)):
        return ""
    return put_phrase(query, judged[0], name.text, "")


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
    people = [phrase for phrase in phrases if phrase.preposition == "for" and is_somebody(phrase.text)]
    return people[0] if people and is_somebody(name.text) else _of_form(query, phrases, name)


def _of_form(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> Phrase | None:
    """Return the only phrase that is like a name in form, if it may stand there: of several things, or with "the"."""
    if len(name.units) > 1 and not is_modifier(name.units[0].text):
        return None
    if not name.article and is_plural(name.text):
        people = _are_people(query, name.text)
        counted = [phrase for phrase in phrases if phrase.form == "counted" and is_plural(phrase.text)]
        # No laptop borrows books.
        alike = [phrase for phrase in counted if people or phrase.is_complement or not is_somebody(phrase.text)]
        alike = [phrase for phrase in alike if not phrase.is_asked_for] or alike
    elif name.article and name.article not in INDEFINITE:
        alike = [phrase for phrase in phrases if phrase.article == name.article]
        # Of several it cannot be told which.
        mine = name.article in POSSESSIVES and not (alike and alike[0].preposition)
        alike = alike if len(alike) == 1 and (alike[0].is_subject or mine) else []
    elif name.article and not query.told[0].has("what"):
        # "A scooter" after "can I store my bike in the shed?".
        alike = [phrase for phrase in phrases if phrase.article in _OF_ONE and not phrase.preposition]
    else:
        return None
    if len(alike) != 1:
        return None
    known, meant = (query.vocabulary.meaning(text) for text in (name.text, alike[0].text))
    other = known is not None and meant is not None and known.group != meant.group
    # "Are lockers insured?" after "are hotels insured?", whatever a locker is.
    other = other and not (alike[0].is_complement and known is not None and known.group == "thing")
    return None if other or (_are_people(query, name.text) and not alike[0].is_subject) else alike[0]


def _are_people(query: Utterance, name: str) -> bool:
    """Say whether an English name is that of somebody, as its noun or the thesaurus tells."""
    known = query.vocabulary.meaning(name)
    return is_somebody(name) or (known is not None and known.group in ("person", "who"))


def _under_other_circumstances(query: Utterance, phrases: Sequence[Phrase], name: _Name) -> str:
    """Return the former question asked of another time or place: "on weekends" for "on weekdays", "abroad"."""
    last = name.units[-1].text
    if name.units[-1].group == "time" and name.preposition in ("", "on", "at"):
        former = next((phrase for phrase in phrases if phrase.is_time), None)
        if former:
            return f"{query.text[: former.start]}{name.text}{query.text[former.end :]}"
        return supposing_en(query, f"{name.preposition or 'on'} {name.text}")
    if last in _SOMEWHERE and len(name.units) == 1 and not name.preposition:
        former = next((phrase for phrase in reversed(phrases) if phrase.preposition in ("in", "at", "from")), None)
        return instead(query, former, name.text) if former else supposing_en(query, name.text)
    return ""


_SOMEWHERE = frozenset(
    {"elsewhere", "abroad", "overseas", "online", "offline", "overnight", "indoors", "outdoors", "remotely"}
)
_OF_ONE = (*INDEFINITE, *POSSESSIVES)
_NUMBERED = re.compile(rf"(?:[0-9]{{1,6}}|{ENGLISH_NUMERAL}) ", re.IGNORECASE)
_MOST_UNITS = 5
_CONTRARY = {
    "with": {"without"},
    "without": {"with"},
    "inside": {"outside"},
    "in": {"outside"},
    "outside": {"inside", "in"},
    "before": {"after"},
    "after": {"before"},
    "under": {"over"},
    "over": {"under"},
}
_WORKING = re.compile("(?:part|full)[ -]time", re.IGNORECASE)
