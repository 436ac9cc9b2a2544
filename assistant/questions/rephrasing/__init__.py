"""Puts a question that leans on another into words of its own, in Chinese or English.

Each function takes questions as `assistant.questions.utterances` took them apart, and returns one that can be asked
alone and be shown to the person who asked. Where no other way of saying it is natural, the former question is quoted:
关于“怎么撤回授权”：为什么？
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.questions.forms import former_and_own
from assistant.questions.rephrasing.chinese import (
    DENIED,
    as_done_to,
    as_object_zh,
    asked_with_zh,
    begins_with_verb,
    fits_zh,
    follows_may,
    is_data,
    is_noun_of_deed,
    is_ordinary,
    is_people,
    keeps_denials_zh,
    not_again,
    object_in_zh,
    of_place_zh,
    supposing_zh,
    swapped_zh,
    which_zh,
    with_qualifier,
)
from assistant.questions.rephrasing.english import (
    ARTICLE,
    BEFORE_VERBS,
    agreeing,
    as_subject,
    asked_with_en,
    by_other_means,
    fits_en,
    is_done_en,
    is_of_several,
    keeps_denials_en,
    object_in_en,
    precedes,
    put_en,
    supposing_en,
    swapped_en,
    verb_of,
)
from assistant.questions.rephrasing.former import (
    LISTING,
    Form,
    asked_after,
    asked_whether,
    asks_value_zh,
    asks_who,
    is_quoting,
    pointing,
    quoted_part,
    quoting,
    requoted,
    unquoted,
)
from assistant.questions.topics import Topic, name_of, owned, phrase_of, prefix_of, stated_until, topics_of
from assistant.questions.utterances import DEEDS, Utterance, Word
from assistant.text import has_han
from assistant.text.chinese import INTERROGATIVE
from assistant.text.english import INDEFINITE, POSSESSIVES, article_of, is_plural, is_somebody

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "asked_of",
    "asked_with",
    "filled",
    "keeps_denials",
    "other_aspect",
    "supposing",
    "swapped",
    "unquoted",
]


def swapped(query: Utterance, new: Topic) -> str:
    """Return the former question, asked of something else: 高德收集什么 of 个推收集什么 and 那高德呢."""
    if new.group in ("thing", "") and any(around := pointing(query)):
        # 身份证呢 after 为什么要收集这些.
        return (owned if query.language == "en" else name_of)(new, query.language).join(around)
    if is_quoting(query) and new.group in ("who", "person"):
        tail = query.vocabulary.read(asked_after(query))
        if said := asked_whether(tail, new):
            # 警察呢 after 关于“会录像吗”：谁能看到.
            return f"{query.text[: -len(tail.text)]}{said}"
    return "" if query.language == "en" and is_of_several(query, new) else _swapped_in_words(query, new)


def _swapped_in_words(query: Utterance, new: Topic) -> str:
    """Return a question, asked of something else, if it does not quote what is to be changed."""
    named, new = _with_objects(query, new)
    if new.concept is None and has_han(new.text) and new.text in query.text:
        # 二线呢 after 二线城市住宿标准是多少; but 满18岁呢 after 未满18岁可以办卡吗 is what that denies.
        at = query.text.index(new.text)
        denied = DENIED.search(query.text[max(0, at - 2) : at])
        return f"{query.text[: at - len(denied[0])]}{query.text[at:]}" if denied else query.text
    # 老师呢 after 谁能看到孩子的照片 asks whether they can, and of no other photos.
    people = new.group in ("who", "person") or (new.owner in ("my ", "our ") and is_somebody(new.text))
    asked = asked_whether(query, new) if people else ""
    if said := of_place_zh(query, new) or asked:
        return said
    same = _alike(query, named, new)
    if same and (said := as_done_to(query, same[0], new) or _done_instead(query, same[0], new)):
        return said
    if same and (said := _in_place(query, same, new)):
        return said
    if quoted := quoted_part(query):
        if asks_who(quoted) and new.group in ("who", "person"):
            return ""
        # Whoever asks 关于“押金多少”：什么时候退 names a shop for both.
        said = _swapped_in_words(quoted, new)
        return requoted(query, said) if said and not (prefix_of(said) or former_and_own(said)) else ""
    said = asked_whether(query, new) if not new.group else ""
    if said := said or (as_subject if query.language == "en" else as_object_zh)(query, new):
        return said
    if new.group in (*DEEDS, "document") and not any(topic.group in ("thing", "person") for topic in named):
        if begins_with_verb(query, new):
            # 托运呢 after 能带几公斤.
            return f"{name_of(new, 'zh')}{query.text}"
        # 那注销呢 after 个推收集什么: another question, that says no more than this; unlike 换货呢 after 运费谁出.
        other = named and all(topic.group in ("who", "policy", "") for topic in named)
        return name_of(new, new.language) if other else quoting(query, new.text)
    return (swapped_zh if query.language == "zh" else swapped_en)(query, new)


def _with_objects(query: Utterance, new: Topic) -> tuple[tuple[Topic, ...], Topic]:
    """Return what a question names, without what is done to it if that is to stay, and what takes the place of any."""
    named = topics_of(query)
    if new.group in ("who", "person"):
        return named, new
    objects = [_object_in(query, topic, new) for topic in named]
    # "My booking" is something that one has, as "my address" is.
    owned_too = query.language == "en" and any(topic.owner == new.owner != "" for topic in named)
    had = owned_too and new.group == "deed" and not is_done_en(new)
    named = tuple(object_ or topic for object_, topic in zip(objects, named, strict=True))
    return named, replace(new, group="thing") if had or any(objects) else new


def _alike(query: Utterance, named: Sequence[Topic], new: Topic) -> Sequence[Topic]:
    """Return what a question names that is of the sort of something else, and may leave its place to it."""
    # A name that the thesaurus lacks may be that of a company or of a thing.
    groups = {"": ("", "who", "thing"), "who": ("who", ""), "thing": ("thing", "")}.get(new.group, (new.group,))
    slots = named
    if new.group and not any(slot.group in groups for slot in slots):
        slots = tuple(filter(None, (_inner(query, slot, new.group) for slot in slots)))
    same = next((found for group in groups if (found := [slot for slot in slots if slot.group == group])), [])
    if query.language == "zh" and is_people(new) and not any(slot.group == "person" for slot in same):
        # 老人 after 学生有优惠吗 are as the students, and 实习生 after 正式员工有年假吗 as 正式员工.
        same = [with_qualifier(query, slot) for slot in named if is_people(slot)] or same
    elif new.group == "person" and not same and new.owner:
        # "And my kids?" after "can I bring my dog?".
        same = [slot for slot in named if slot.concept is None and slot.form and slot.owner == new.owner]
    return same if same and _fits(query, same[0], new) else []


def keeps_denials(query: Utterance, rest: Utterance, said: str) -> bool:
    """Say whether a question says once what a follow-up denies: 没有父母同意 is no 父母同意, and no 没有没父母同意.

    Args:
        query: The former question.
        rest: The follow-up.
        said: The question that was made of both.
    """
    return keeps_denials_en(rest, said) if rest.language == "en" else keeps_denials_zh(query, rest, said)


def _fits(query: Utterance, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another; of two that the thesaurus lacks, neither may be another matter.

    Dogs are not asked of as leave is in "how many days of leave do I get?"; in "how much is breakfast?" anything is.
    """
    return (fits_zh if query.language == "zh" else fits_en)(query, topic, new)


def _object_in(query: Utterance, topic: Topic, new: Topic) -> Topic | None:
    """Return what something is done to, where the thesaurus has both as one name, if something else takes its place.

    That is 搜索记录 of 能删除搜索记录吗, 狗 of 可以养狗吗, or the account of "how do I delete my account?".

    Args:
        query: The former question.
        topic: What it names.
        new: What else is asked of. What is only done takes the place of the whole name instead.
    """
    return (object_in_zh if query.language == "zh" else object_in_en)(query, topic, new)


def _done_instead(query: Utterance, topic: Topic, new: Topic) -> str:
    """Return what is asked where the place of something done is left to a noun, as in "can I cash by card?".

    Nothing if what is new may stand there.
    """
    if query.language == "zh":
        noun = new.group not in DEEDS or (new.group == "deed" and is_noun_of_deed(new))
        return quoting(query, new.text) if noun and follows_may(query, topic) else ""
    # A term may be a verb, too: "how do I rent the car?".
    if topic.group not in ("deed", "term") or precedes(query, topic) not in BEFORE_VERBS:
        return ""
    if is_done_en(new) and (new.concept is None or new.concept != topic.concept):
        return ""
    return by_other_means(query, new) or ("" if is_done_en(new) else quoting(query, new.text))


def _inner(query: Utterance, topic: Topic, group: str) -> Topic | None:
    """Return the thing at the end of the name of a deed that a question names: 定位 of 关闭定位."""
    if topic.language == "en" and not topic.group:
        # "A wire transfer" takes the place of a whole "PayPal withdrawal".
        head = query.vocabulary.meaning(topic.text.rpartition(" ")[2])
        return replace(topic, group=group, concept=None) if head and head.group == group else None
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
        if any(word.text not in LISTING for word in query.words if last.end <= word.start < slot.start):
            break
        last = slot
    name, start = name_of(new, query.language), first.start
    owner = first.owner if query.text[:start].lower().endswith(first.owner) else ""
    if query.language == "en" and first.group == "deed" and precedes(query, first) in BEFORE_VERBS:
        name = verb_of(new, name)
        start -= len(owner)
    elif new.owner and new.owner != first.owner and new.group == "thing":
        name = owned(new, query.language)
        start -= len(owner)
    if not name:
        return ""
    which = query.language == "zh" and new.text.endswith("的") and new.concept is None
    begins = first.start == prefix_of(query.text)
    # 电子的 is said of the invoice that a question begins with, too.
    if which and not is_people(first) and (not is_ordinary(new) if begins else first.concept):
        return which_zh(query, first, new)
    before, after = query.text[:start], query.text[last.end :]
    if (new.kind == "permission") > (first.kind == "permission"):
        # A camera is used, not collected.
        before, after = (_COLLECT.sub(lambda verb: _USE[verb[0].lower()], part) for part in (before, after))
    if query.language == "zh":
        return f"{before}{not_again(before, name)}{after}"
    if new.is_one and not ARTICLE.search(before):
        # "A laptop battery" after "can I send perfume?".
        name = article_of(name, "a ") + name
    before = before.removesuffix(owner if name.startswith(_OWNED) else "")
    was_plural = last is not first or first.group == "person" or is_plural(first.text)
    named = new.group in ("who", "person", "thing", "")
    return put_en(before, name, after, was_plural=was_plural if named else is_plural(name))


# What is said whose it is was not somebody else's: no "my a laptop battery".
_OWNED = tuple(f"{word} " for word in (*INDEFINITE, *POSSESSIVES, "the"))
_USE = {"收集": "使用", "采集": "使用", "collect": "use", "collects": "uses", "collected": "used"}
_COLLECT = re.compile("|".join(sorted(_USE, reverse=True)), re.IGNORECASE)


def supposing(query: Utterance, condition: str, *, instead: bool) -> str:
    """Return the former question, asked under a condition: 注销以后，手机号保存多久.

    Args:
        query: The former question.
        condition: The condition.
        instead: Whether what comes of the condition is asked, rather than the former question.
    """
    if instead:
        return f"{condition}会怎样？" if query.language == "zh" else f"what happens {condition}?"
    return (supposing_zh if query.language == "zh" else supposing_en)(query, condition)


def other_aspect(query: Utterance, aspect: Topic) -> str:
    """Return a question of the same thing, as to something else: 手机号会共享吗 of 手机号保存多久 and 那共享呢."""
    language = query.language
    phrase = phrase_of(topics_of(query), language, of_data=True)
    name = name_of(aspect, language)
    if language == "zh":
        if is_quoting(query) or aspect.group != "deed" or is_noun_of_deed(aspect):
            # A fee is nothing that is done, and what was quoted is not asked anew.
            return quoting(query, f"{name}呢？")
        verbs = [word for word in query.told if word.has("aspect") and word.group in ("deed", "") and not word.asks]
        if len(verbs) == 1 and not any(word.has("what") for word in query.told):
            return f"{query.text[: verbs[0].start]}{name}{query.text[verbs[0].end :]}"
        # To what has a price or needs somebody's approval it may not be done at all, unless that is data.
        fits = is_data(topics_of(query)) or not (asks_value_zh(query) or asks_who(query))
        return f"{phrase}会{name}吗？" if phrase and fits else quoting(query, f"{name}呢？")
    if is_quoting(query) or not phrase or any(topic.group in DEEDS for topic in topics_of(query)):
        return quoting(query, f"what about {name}?")
    return f"About {phrase}: {name}?"


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
    if not phrase or (question.language == "en" and (deed or is_quoting(query))):
        verb = verb_of(deed, name_of(deed, "en")) if deed and not deed.owner and not _BEFALLEN.search(deed.text) else ""
        if verb and re.search(r"\bit takes?$", question.bare.lower()):
            return f"{question.bare} to {verb}?"
        return quoting(query, question.text)
    if question.language == "en":
        return f"About {phrase}: {question.text}"
    if INTERROGATIVE.search(phrase) or phrase.endswith("我"):
        # 改了哪些 after 上次什么时候改的, 你们怎么保护的 after 会通知我吗.
        return quoting(query, question.text)
    if question.text.startswith(phrase) or (deed and question.text.startswith(deed.text)):
        # 分享给谁 after 分享.
        return question.text
    # What was stated still holds: 我贷款没批下来，资料留多久.
    stated = query.text[: stated_until(query)] if topics and topics[0].start >= stated_until(query) else ""
    return f"{stated}{phrase}{question.text}"


# "Account was hacked" is nothing that one does.
_BEFALLEN = re.compile(r"\b(?:is|are|was|were|been|got|gets)\b", re.IGNORECASE)


_CONTRACTED = re.compile(r"(?:what|who|where|when|how)['’]s\b", re.IGNORECASE)


def asked_with(question: Utterance, role: str, query: Utterance) -> str:
    """Return the former question with the word that asks: "why do you collect my location?" of "why?".

    Args:
        question: What is asked now: hardly more than the word.
        role: The word's role.
        query: The former question.
    """
    if not query.told or _CONTRACTED.match(query.text):
        return quoting(query, question.text)
    form, vocabulary = Form(query), query.vocabulary
    of_data = vocabulary.asking_of_data.get(role, {}).get(query.language)
    # 多久到账 asks for no 多久 that data have.
    says_more = any(word.has("unknown") for word in question.told)
    if of_data and form.data and not (form.acts or says_more) and (role != "how_long" or form.what or form.collects):
        return of_data.format(data=form.data)
    asked_with_it = asked_with_zh if query.language == "zh" else asked_with_en
    return asked_with_it(question, role, vocabulary.asking[role][query.language], query, form)


def filled(question: Utterance, names: Sequence[tuple[Word, str]]) -> str:
    """Return a question with names in place of its pronouns.

    Args:
        question: The question.
        names: Pronouns, in order, each with the name of what it stands for.
    """
    text = question.text
    for word, name in reversed(names):
        before, after, said = text[: word.start], text[word.end :], name
        if name == word.text:
            continue
        if question.language == "en" and (word.has("its") or (word.text == "her" and _OWNS.match(after))):
            said = f"{name}'" if name.endswith("s") else f"{name}'s"
        elif question.language == "en":
            was_plural = word.text in ("they", "them", "these", "those")
            before, after = agreeing(before, after, plural=is_plural(name), was_plural=was_plural)
        text = f"{before}{said}{after}"
    return text


_OWNS = re.compile(r" (?!to\b|for\b|if\b|when\b|about\b|with\b|in\b|at\b|too\b|as\b)\w")
