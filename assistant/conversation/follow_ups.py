"""Follow-ups: questions that lean on the one before them, made to stand by themselves.

The first of these to fit does, or asks back:

- `saying_little`     14, 多大的, 不同意呢: little, by its form (`sequels`);
- `_of_denial`        "why can't I?";
- `_of_a_statement`   "I'm a student" after "how many books can I borrow?";
- `_said_again`       给商家呢 after 给骑手吗, 猫呢 after 能养狗吗;
- `_of_one_like_it`   普通会员呢 after 金卡会员, "and annual?" after "a monthly membership";
- `_of_nothing`       那呢, "after that?", 可以吗, 这样合法吗: no words of its own;
- `by_place`          "what is the second one for?", "and the latter?" (`pronouns`);
- `by_pronoun`        它保存多久, "do they sell it?";
- `under_others`      上了一半了 after 能退费吗, 注销以后呢, "and on iOS?" (`circumstances`);
- `_of_another`       那高德呢, "and my contacts?", 那共享呢: names only of what;
- `of_the_same`       保存多久, "why?": says only what of it (`sequels`);
- `going_on`          需要出示什么, "do you ask first?": names nothing;
- `_beside`           新能源车呢, "how late?": no sentence, nor in place in the former question, which is quoted.

A question that none of them fits stands by itself, as in any doubt a question does.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.conversation.circumstances import under_others
from assistant.conversation.leaning import Leaning, rewritten, without_lead
from assistant.conversation.pronouns import by_place, by_pronoun
from assistant.conversation.remarks import ask_back, more, replied
from assistant.conversation.sequels import going_on, of_the_same, saying_little
from assistant.conversation.turns import Condensed
from assistant.questions.forms import former_and_own
from assistant.questions.phrases import phrases_of
from assistant.questions.rephrasing import asked_with, other_aspect, supposing, swapped
from assistant.questions.rephrasing.amounts import ends_in_amount
from assistant.questions.rephrasing.chinese import noun_zh, said_again_zh, way_again_zh
from assistant.questions.rephrasing.english import corrected_en, with_noun_for_one
from assistant.questions.rephrasing.former import asks_who, is_quoting, quoting
from assistant.questions.rephrasing.likeness import asked_the_same, in_another_case, likened, of_some
from assistant.questions.topics import Topic, name_of, nth, thing_of, topics_of
from assistant.questions.utterances import DEEDS, Parts, Utterance
from assistant.text.chinese import INTERROGATIVE, INTERROGATIVES, WHETHER
from assistant.text.english import AUXILIARIES, INDEFINITE
from assistant.text.numerals import ENGLISH_NUMERAL

if TYPE_CHECKING:
    from assistant.conversation.memory import Memory
    from assistant.questions.phrases import Phrase


def follow_up(asked: Utterance, memory: Memory, *, corrects: bool) -> Condensed | None:
    """Say what a question asks that leans on the one before it; None for one that stands by itself."""
    if memory.query is None:
        return _first(asked)
    rest, leads = without_lead(asked)
    named = with_noun_for_one(rest.text, memory.query)
    rest = memory.read(named) if named else rest
    leaning = Leaning(asked=asked, rest=rest, leads=leads, corrects=corrects, query=memory.query, memory=memory)
    if len(leaning.parts.told) > _MOST_WORDS:
        return None
    return next((found for way in _WAYS if (found := way(leaning))), None) or rewritten(named)


def name_given(asked: Utterance, memory: Memory) -> str:
    """Return what is named in answer to a question that was asked back: 高德, "the second one"; empty if nothing is."""
    if memory.query is None or not memory.pending:
        return ""
    rest, _ = without_lead(asked)
    if not Parts(rest).only_names:
        return ""
    ordinal = next((word for word in rest.told if word.place), None)
    if ordinal is None:
        return rest.bare
    topic = nth(memory.candidates, ordinal.place)
    return name_of(topic, rest.language) if topic else ""


_MOST_WORDS = 16
"""Longest question, in words, that may lean on another."""


def _first(asked: Utterance) -> Condensed | None:
    """Ask back about a question that leans on another, when there is no other: 它呢？, "why?"; None if it does not."""
    told = asked.told
    if any(word.has("topic", "unknown", "self", "others") or word.is_aspect for word in told):
        return None
    if any(word.has("what") and _NAMED_WHAT.search(word.text) for word in told) and _WANTS_IT.search(asked.text):
        # 需要哪些权限 says what it asks, 哪些权限 does not.
        return None
    if _OF_ALL_THIS.fullmatch(asked.text):
        return None
    refers = any(word.has("it", "these", "they", "its", "ordinal", "in_that_case") for word in told)
    leads = all(word.has("lead", "particle", "what_about", "function") for word in told)
    asks = any(word.asks or word.has("what") for word in told)
    if len(told) > (_MOST_WORDS_OF_NOTHING if refers else 2) or not (refers or leads or asks):
        return None
    return replied("unclear", asked, kind="unclear")


# What the person has before him, not what was spoken of.
_OF_ALL_THIS = re.compile(
    r"(?:which|what|whose) (?:company|business|app|website|shop|policy) is this\W*", re.IGNORECASE
)
_MOST_WORDS_OF_NOTHING = 6
_NAMED_WHAT = re.compile("(?:什么|啥|哪几?[个些种])[^么个些种]{2}")
_WANTS_IT = re.compile("[要用][^。？?]{0,6}(?:什么|啥|哪)")


def _of_a_statement(leaning: Leaning) -> Condensed | None:
    """Say what one asks who only tells more of himself after a question: "I paid by gift card", "I'm a student".

    What comes next is asked of the question, not of the statement.
    """
    parts, query = leaning.parts, leaning.query
    asks = parts.asking or parts.begins_whether or parts.has("what") or parts.has("condition")
    told = _STATING.match(leaning.rest.bare)
    first = query.told[0]
    asked = query.text.endswith("?") or first.asks or first.has("what") or first.text in AUXILIARIES
    stands_by_itself = asks or leaning.corrects or is_quoting(query)
    return leaning.quoted() if told and asked and not stands_by_itself else None


_STATING = re.compile(
    r"(?:mine (?:is|are|was|were)|(?:i|we)(?:['’](?:m|re|ve)| (?:am|are|was|were|have|had|paid|bought|used|live|work"
    r"|only))) "
    # "I was thinking of advertisers" puts right what was asked.
    r"(?!(?:just |only )?(?:thinking|talking|asking|wondering|referring|looking|interested)\b)",
    re.IGNORECASE,
)


def _of_denial(leaning: Leaning) -> Condensed | None:
    """Say what "why can't I?" asks, which is why the former question is to be denied, whatever a pronoun stands for."""
    denied = _WHY_NOT.fullmatch(leaning.rest.bare)
    return rewritten(asked_with(leaning.rest, "why", leaning.query)) if denied else None


_WHY_NOT = re.compile(r"why (?:\w{2,6}n[o'’]?t|can[o'’]?t) (?:i|you|we|they|it|he|she|that)", re.IGNORECASE)


def _said_again(leaning: Leaning) -> Condensed | None:
    """Say what is asked of another with the word that is before the former one: 给商家呢 after 给骑手吗."""
    again = said_again_zh(leaning.query, leaning.rest)
    if not again and leaning.is_marked and leaning.rest.language == "zh":
        again = way_again_zh(leaning.query, leaning.rest)
    return leaning.made_of_both(again)


def _of_nothing(leaning: Leaning) -> Condensed | None:
    """Say what a question asks that has no words of its own: "and?", "after that?", 那呢, 可以吗, 这样合法吗."""
    parts = leaning.parts
    if _AFTER_THAT.fullmatch(leaning.rest.bare):
        return leaning.quoted()
    if parts.content:
        return leaning.quoted() if parts.has("in_that_case") and not parts.own else None
    if len(parts.told) > 1 and not parts.particle:
        return leaning.quoted()
    if leaning.leads and not leaning.rest.told:
        # "And what if it's?" asks for no more of the same, nor for anything else.
        return more(leaning.asked, leaning.memory) or ask_back(leaning.asked, leaning.memory)
    return ask_back(leaning.asked, leaning.memory) if leaning.is_marked else None


_AFTER_THAT = re.compile(
    r"(?:after|before|until|since|during) (?:that|this|then)(?: (?:time|date|day|point))?", re.IGNORECASE
)


def _of_one_like_it(leaning: Leaning) -> Condensed | None:
    """Say what is asked that names what is like a thing of the former question: 普通会员呢, "and annual?"."""
    rest, parts = leaning.rest, leaning.parts
    if not parts.told or any(parts.has(role) for role in _STANDING_FOR):
        return None
    if rest.language == "zh" and (same := asked_the_same(rest, leaning.query)):
        return rewritten(same)
    if parts.asking or parts.has("what") or rest.bare.endswith(WHETHER) or parts.has("condition"):
        return None
    if rest.language == "zh":
        # 付费的, but not 上次什么时候改的.
        adjective = rest.bare.endswith("的") and not INTERROGATIVE.search(rest.bare)
        one = parts.told[0] if len(parts.told) == 1 else None
        known = one and one.has("topic") and any(topic.group == one.group for topic in topics_of(leaning.query))
        if known or not (leaning.is_marked or leaning.corrects or adjective or len(rest.bare) <= _LONGEST_BRIEF):
            # What the thesaurus knows takes the place of what is of its sort.
            return None
        if (another := in_another_case(leaning.query, rest.bare.removesuffix("呢"))) and is_quoting(leaning.query):
            return Condensed(query=another, kind="follow_up", after=(another.rpartition("：")[2],))
        if said := another or of_some(leaning.query, rest):
            return rewritten(said)
    return leaning.made_of_both(leaning.put_anew(lambda query: likened(query, rest, leaning.preposition)))


_LONGEST_BRIEF = 4
"""Characters of a Chinese noun that asks by itself: 银卡."""
_STANDING_FOR = ("it", "these", "they", "its", "ordinal", "former", "latter", "in_that_case")


def _of_another(leaning: Leaning) -> Condensed | None:
    """Say what is asked that names only of what: 那高德呢, "and my contacts?", 那共享呢."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    marked = leaning.is_marked or leaning.corrects or (parts.also and not parts.unknown)
    noun = noun_zh(rest) if rest.language == "zh" and len(parts.told) > 1 and not parts.only_aspect else ""
    if not parts.own and not noun:
        return _of_another_aspect(leaning) if marked and parts.only_aspect else None
    if not parts.only_names and not noun:
        return None
    topic = _new_topic(rest, parts)
    if rest.language == "zh" and topic.text not in query.text and ends_in_amount(rest.bare):
        # 转两次 is no thing.
        return leaning.quoted()
    if leaning.corrects and topic.group and rest.language == "zh" and parts.unknown:
        # 我是说一对一的请假 says all that is meant.
        return None
    if not (marked or _is_bare(topic, leaning)) or (not topic.group and len(parts.told) > _MOST_BARE_WORDS):
        return None
    if leaning.preposition and topic.group not in ("person", "who", *DEEDS) and rest.language == query.language:
        # "And for letters?" asks of no letters, but under another circumstance.
        return rewritten(supposing(leaning.unsupposed, f"{leaning.preposition} {rest.bare}", instead=False))
    of_such = _last_asked_of_such(topic, leaning)
    said = swapped(of_such, topic) if of_such else leaning.put_anew(lambda query: swapped(query, topic))
    if said == quoting(query, topic.text):
        return leaning.quoted()
    if said or not (leaning.corrects or is_quoting(query)):
        return leaning.made_of_both(said)
    if is_quoting(query):
        return leaning.quoted() if leaning.corrects or rest.language == "zh" else None
    return rewritten(corrected_en(query, topic)) if query.language == rest.language == "en" else None


def _of_another_aspect(leaning: Leaning) -> Condensed | None:
    """Say what is asked that names only another thing that may be asked of the same: 那共享呢."""
    parts = leaning.parts
    if any(_ASKING.search(word.text) for word in parts.aspects):
        return None
    first, last = parts.content[0], parts.content[-1]
    concept = next(iter(first.named), None)
    aspect = Topic(text=leaning.rest.text[first.start : last.end], group=first.group, concept=concept)
    said = other_aspect(leaning.query, aspect)
    _, own = former_and_own(said) or ("", "")
    return leaning.quoted(own) if own else rewritten(said)


_ASKING = re.compile(f"{INTERROGATIVES}|怎|几|如果|要是|how|what|who|where|if")


def _new_topic(rest: Utterance, parts: Parts) -> Topic:
    """Return what is named: one thing, several of a sort, or whatever else the words say."""
    topics = [topic for topic in topics_of(rest) if topic.group]
    phrases = phrases_of(rest) if rest.language == "en" else ()
    one = phrases[0] if len(phrases) == 1 else None
    if one and not topics and one.article in ("my", "our"):
        # "And my clips?"
        return thing_of(one)
    if one and len(topics) == 1 and _is_nominal(one, topics[0]):
        # "And water damage?" is asked of no other damage, and what has an article is nothing that one does.
        whole = replace(thing_of(one), owner=topics[0].owner)
        return whole if one.start < topics[0].start else replace(topics[0], is_one=one.article in INDEFINITE)
    first, last = parts.content[0].start, parts.content[-1].end
    noun = noun_zh(rest) if rest.language == "zh" else ""
    if not noun and rest.bare[last:] in ("的", "的呢"):
        # 付费的呢 is not about paying.
        return Topic(text=rest.text[first : last + 1], group="")
    if len({topic.group for topic in topics}) != 1:
        # 你们公司, or a company by its short name, does what others do.
        group = "who" if parts.names and all(word.has("self") for word in parts.names) and not topics else ""
        form, is_one = phrases[0].form if phrases else "", one is not None and one.article in INDEFINITE
        return Topic(text=noun or rest.text[first:last], group=group, form=form, is_one=is_one)
    if noun in ("", topics[0].text):
        several = rest.text[topics[0].start : topics[-1].end]
        return topics[0] if len(topics) == 1 else replace(topics[0], text=several, concept=None)
    # 普通会员 is of the sort of 会员; 付费用户 is not of that of 付费.
    ends = topics[-1].end == len(noun)
    return Topic(text=noun, group=topics[-1].group if ends else "", owner=topics[0].owner if ends else "")


def _is_nominal(phrase: Phrase, topic: Topic) -> bool:
    """Say whether an English phrase ends in the name of what is done, or of a term: "water damage"."""
    return topic.group in DEEDS and topic.end == phrase.end and phrase.start <= topic.start


def _is_bare(topic: Topic, leaning: Leaning) -> bool:
    """Say whether a name alone asks what was asked of another of its sort, as names of things to be done do not."""
    if len(leaning.query.told) > _MOST_WORDS_ASKED:
        # Of a long question too much would have to be the same.
        return False
    alone = len(leaning.parts.names) == 1 and all(w.has("topic") or w.text in _ARTICLES for w in leaning.parts.told)
    named = {slot.group for slot in topics_of(leaning.query)} & {"who", "thing", "person"}
    return alone and (topic.group in named or (topic.group == "who" and asks_who(leaning.query)))


_ARTICLES = ("my", "the", "our", *INDEFINITE, "我", "的")
_MOST_BARE_WORDS = 5
_MOST_WORDS_ASKED = 9


def _last_asked_of_such(topic: Topic, leaning: Leaning) -> Utterance | None:
    """Return the last question that was asked of such a thing, if the last of all was about no thing but a deed."""
    slots = topics_of(leaning.query)
    if leaning.corrects or topic.group not in ("who", "thing") or any(slot.group not in _DONE for slot in slots):
        return None
    earlier = leaning.memory.earlier
    return next((asked for asked in earlier if any(slot.group == topic.group for slot in topics_of(asked))), None)


_DONE = (*DEEDS, "document")


def _beside(leaning: Leaning) -> Condensed | None:
    """Say what is asked that is no sentence, and has no place in the former question: 新能源车呢, "how late?".

    What the thesaurus knows is looked for by itself, as it may be another matter: 停车呢.
    """
    rest, parts = leaning.rest, leaning.parts
    if rest.language == "zh" and _is_way_zh(rest):
        return leaning.quoted()
    if parts.names or not parts.told:
        return None
    if rest.language == "zh":
        return leaning.quoted() if parts.particle and not parts.asks else None
    # "What about dogs?" is looked for by itself, too.
    adds = leaning.leads and not any(word.has("what_about") for word in leaning.asked.told)
    says_little = adds or _NO_SENTENCE.match(rest.text)
    whole = len(parts.told) > _MOST_BARE_WORDS or any(word.text in AUXILIARIES for word in parts.told)
    return leaning.quoted() if says_little and not whole and not parts.aspects else None


def _is_way_zh(rest: Utterance) -> bool:
    """Say whether a Chinese question tells a way and not what is done so: 线下可以吗, 打电话行吗, unlike 退款可以吗."""
    of_deeds = any(word.group in DEEDS or word.is_aspect for word in rest.told)
    return _WAY_ZH.fullmatch(rest.bare) is not None and not of_deeds


_WAY_ZH = re.compile(
    "(?:在|去|打|用|通过|让|找)?[^，。？“”我你您他她它这那的了不没能会要]{1,4}(?:也|都)?(?:(?:可以|行|成)(?:吗|么)|行不行|可不可以)"
)
# "How late?", "up to what amount?", "per day?", "two hours late?"
_NO_SENTENCE = re.compile(
    rf"(?:how|an?|per|up to|more than|less than|over|under|within|(?:[0-9]{{1,6}}|{ENGLISH_NUMERAL})) ", re.IGNORECASE
)


_WAYS = (
    saying_little,
    _of_denial,
    _of_a_statement,
    _said_again,
    _of_one_like_it,
    _of_nothing,
    by_place,
    by_pronoun,
    under_others,
    _of_another,
    of_the_same,
    going_on,
    _beside,
)
"""What makes a follow-up stand by itself: the first to fit does."""
