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

from assistant.text import Language, has_han
from assistant.utterances import DEEDS, Utterance, Word, default_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.thesaurus import Concept


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something that a question is about."""

    text: str
    """Its name, as typed."""
    group: str
    """Its sort, see `Word.group`; empty for a name that the thesaurus lacks."""
    concept: Concept | None = None
    """Its concept, if it has one."""
    owner: str = ""
    """Whose it was said to be: `我的`, `my `, or nothing."""
    start: int = 0
    """First character in the question that names it, its owner left out."""
    end: int = 0
    """End in that question."""

    @property
    def kind(self) -> str:
        """Kind of its concept, nothing if it has none."""
        return self.concept.kind if self.concept else ""

    @property
    def language(self) -> Language:
        """Language that it is named in."""
        return "zh" if has_han(self.text) else "en"


# --- What a question is about ----------------------------------------------------------------------

_LONGEST_TOPIC = 40
_LONGEST_SUBJECT = 10
_OWNERS = {"my": "my ", "our": "our ", "your": "your ", "the": "the "}

_ARTICLES = {"a", "an", "the", "my", "our", "your", "any", "some"}
_MODALS = {"can", "could", "will", "would", "may", "might", "should", "must", "shall", "did"}
_THIRD_PERSON = {"do": "does", "are": "is", "have": "has", "were": "was", "don't": "doesn't", "aren't": "isn't"}
_AUXILIARIES = _MODALS | set(_THIRD_PERSON) | {"does", "is", "has", "was"}


def topics_of(question: Utterance | None) -> tuple[Topic, ...]:
    """Return what a question is about, in order: what it names, and an unknown word that is its subject.

    A name that the thesaurus lacks may hold one that it has: 星信推送 is not 推送.
    """
    if question is None:
        return ()
    runs: list[tuple[Word, ...]] = []
    for word in question.words:
        if not word.has("topic", "unknown"):
            continue
        if runs and _is_one_name(question, runs[-1][-1], word):
            runs[-1] = (*runs[-1], word)
        else:
            runs.append((word,))
    named = (run for run in runs if any(word.has("topic") for word in run) or _is_subject(question, run))
    topics = (_topic(question, run) for run in named)
    return tuple(topic for topic in topics if len(topic.text) <= _LONGEST_TOPIC)


def _is_one_name(question: Utterance, word: Word, after: Word) -> bool:
    """Say whether two words are one name: 星信 and 推送, "Star" and "Push"."""
    between = question.text[word.end : after.start]
    if has_han(word.text) or has_han(after.text):
        if between:
            return False
    elif between != " " or not question.text[word.start].isupper():
        return False
    if word.has("unknown"):
        return after.has("unknown") or after.group in DEEDS
    return word.group == after.group or (word.group in DEEDS and after.group == "who")


def _topic(question: Utterance, run: tuple[Word, ...]) -> Topic:
    start, end = run[0].start, run[-1].end
    groups = {word.group for word in run}
    group = run[-1].group
    if len(groups) > 1 and group in DEEDS:
        # 星信推送: what the thesaurus knows of it is not what it is.
        group = ""
    text, before = question.text[start:end], question.text[:start]
    owner = "我的" if before.endswith("我的") else _OWNERS.get(before.rstrip().rpartition(" ")[2].lower(), "")
    owned = re.match(r"(?:my|our) (?=\w)|我的(?=.)", text, re.IGNORECASE)
    if owned:
        owner, text, start = owned[0].lower(), text[owned.end() :], start + owned.end()
    concept = run[0].named[0] if len(groups) == 1 and run[0].named else None
    if group == "thing" and (of_data := _DATA_AFTER.match(question.text, end)):
        # "Health" is not what is encrypted: health data are.
        text, end = text + of_data[0], of_data.end()
    return Topic(text=text, group=group, concept=concept, owner=owner, start=start, end=end)


_DATA_AFTER = re.compile(r" (?:data|information|info|details)\b", re.IGNORECASE)


def _is_subject(question: Utterance, run: tuple[Word, ...]) -> bool:
    """Say whether an unknown name is what a question is about: 星信会收集什么, "what does Foo collect"."""
    told = question.told
    first, last = told.index(run[0]), told.index(run[-1])
    after = told[last + 1] if last + 1 < len(told) else None
    if has_han(run[0].text):
        said = after is not None and (after.is_aspect or after.asks or after.has("function"))
        return said and first == 0 and 1 < run[-1].end - run[0].start <= _LONGEST_SUBJECT
    before = [word for word in told[:first] if word.text not in _ARTICLES]
    if not before:
        return False
    if before == [told[0]] and told[0].text in ("what", "which") and after is not None and after.text in _AUXILIARIES:
        # "What safeguards are there?"
        return True
    if before[-1].is_aspect:
        # "Delete a note".
        return told[first - 1].text in _ARTICLES and (after is None or after.has("function"))
    does = after is not None and (after.is_aspect or (after.has("unknown") and told[0].has("what")))
    return does and before[-1].text in _AUXILIARIES


# --- Names ---------------------------------------------------------------------------------------------


def name_of(topic: Topic, language: Language) -> str:
    """Return the name of a topic in a language, if it has one there; else as it was typed."""
    concept = topic.concept
    if topic.language == language or concept is None:
        return topic.text
    chinese = concept.zh[0] if concept.zh else ""
    if language == "zh":
        # A Latin name that is in use in Chinese, such as IMEI, stays.
        used = {name.lower() for name in concept.zh}
        return topic.text if not chinese or topic.text.lower() in used else chinese
    if chinese and chinese.isascii():
        return chinese
    if not concept.en:
        return topic.text
    return concept.en[0].title() if concept.kind == "vendor" else concept.en[0]


def _owned(topic: Topic, language: Language) -> str:
    """Return the name with whose it is: 我的手机号, "my phone number", "the camera"."""
    name = name_of(topic, language)
    if language == "zh":
        return f"我的{name}" if topic.owner in ("我的", "my ") else name
    if topic.group not in ("thing", "person") or (topic.language == "en" and not topic.owner):
        return name
    if topic.owner and topic.owner != "我的":
        return f"{topic.owner}{name}"
    if topic.group == "person":
        return name
    return f"{'my' if topic.kind in ('data_item', 'term') else 'the'} {name}"


def phrase_of(topics: Sequence[Topic], language: Language, *, of_data: bool = False) -> str:
    """Return what a question is about in a few words; nothing if there are none that would do.

    Args:
        topics: What it is about.
        language: Language of the phrase.
        of_data: Whether what is to be said of it is said of data, not of a company: "the data Getui gets".
    """
    zh = language == "zh"
    things = _named(topics, "thing")
    who = _listed([name_of(topic, language) for topic in _named(topics, "who", "")], language)
    person = _listed([_owned(topic, language) for topic in _named(topics, "person")], language)
    done = _listed([name_of(topic, language) for topic in _named(topics, *DEEDS, "document")], language)
    policy = next((topic.text for topic in topics if topic.group == "policy"), "")
    if done and (things or who or person):
        return ""
    if things:
        said = _things(things, who, person, language)
    elif who or person:
        said = _data_of(who, language) if who and of_data else who or person
    else:
        said = ""
    if done:
        return f"{policy}{done}，{said}".removesuffix("，") if zh else done
    if not policy:
        return said
    if not said:
        return _data_of(policy, language) if of_data else policy
    return f"{policy}的{said}" if zh else f"{said} ({policy})"


def _named(topics: Sequence[Topic], *groups: str) -> list[Topic]:
    """Return the topics of some sorts, each once."""
    return list({topic.concept or topic.text: topic for topic in topics if topic.group in groups}.values())


def _things(things: Sequence[Topic], who: str, person: str, language: Language) -> str:
    bare = _listed([name_of(topic, language) for topic in things], language)
    if who:
        return f"{who}拿到的{bare}" if language == "zh" else f"the {bare} {who} {_gets(who)}"
    if person:
        return f"{person}的{bare}" if language == "zh" else f"the {bare} of {person}"
    return _listed([_owned(topic, language) for topic in things], language)


def _data_of(who: str, language: Language) -> str:
    # Not "collects", which would have the clauses found that say what is collected.
    return f"{who}拿到的信息" if language == "zh" else f"the data {who} {_gets(who)}"


def _gets(who: str) -> str:
    return "get" if is_plural(who) else "gets"


def _listed(names: Sequence[str], language: Language) -> str:
    if len(names) < 2:
        return "".join(names)
    if language == "zh":
        return f"{'、'.join(names[:-1])}和{names[-1]}"
    return f"{', '.join(names[:-1])} and {names[-1]}"


# --- The same question of something else ------------------------------------------------------------------


def swapped(query: Utterance, new: Topic) -> str:
    """Return the former question, asked of something else: 高德收集什么 of 个推收集什么 and 那高德呢."""
    slots = named = topics_of(query)
    # A name that the thesaurus lacks may be that of a company or of a thing.
    groups = {"": ("", "who", "thing"), "who": ("who", ""), "thing": ("thing", "")}.get(new.group, (new.group,))
    if new.group and not any(slot.group in groups for slot in slots):
        slots = tuple(filter(None, (_inner(slot, new.group) for slot in slots)))
    same = next((found for group in groups if (found := [slot for slot in slots if slot.group == group])), [])
    if same and (said := _in_place(query, same, new)):
        return said
    if new.group in (*DEEDS, "document") and not any(topic.group in ("thing", "person") for topic in named):
        # 那注销呢 after 个推收集什么: another question, that says no more than this.
        return name_of(new, new.language)
    return (_swapped_zh if query.language == "zh" else _swapped_en)(query, new)


def _inner(topic: Topic, group: str) -> Topic | None:
    """Return the thing at the end of the name of a deed: 定位 of 关闭定位."""
    for offset in range(1, len(topic.text) - 1):
        if topic.language == "en" and topic.text[offset - 1] != " ":
            continue
        word = default_vocabulary().meaning(topic.text[offset:])
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
        name = _owned(new, query.language)
        start -= len(owner)
    if not name:
        return ""
    before, after = query.text[:start], query.text[last.end :]
    if article := _ARTICLE.search(before):
        before = before[: article.start()] + _article_of(name, article[0])
        if first.group in DEEDS:
            # All of "a refund claim".
            end = next((word.start for word in query.words if word.start > last.end and not word.has("unknown")), None)
            after = query.text[end:] if end else ""
    if query.language == "en" and new.group in ("who", "person", ""):
        was_plural = last is not first or first.group == "person"
        before, after = _agreeing(before, after, plural=is_plural(name), was_plural=was_plural)
    if (new.kind == "permission") > (first.kind == "permission"):
        # A camera is used, not collected.
        before, after = (_COLLECT.sub(lambda verb: _USE[verb[0].lower()], part) for part in (before, after))
    return f"{before}{name}{after}"


_ARTICLE = re.compile(r"\b(?:an?|the) $", re.IGNORECASE)


def _article_of(name: str, article: str) -> str:
    """Return an article of another name as it stands before this one."""
    if re.match(r"\w+ing |the |my |our ", name):
        return ""
    if article.lower() == "the ":
        return article
    return "" if is_plural(name) else _like(article, "an " if name[0] in "aeiou" else "a ")


_LISTING = {"和", "与", "跟", "及", "以及", "或", "或者", "还是", "、", ",", "and", "or", "/", "&"}
_BEFORE_VERBS = ("i", "you", "we", "to", "they")
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
    said = ""
    if new.group == "thing":
        said = _as_object_zh(query, new)
    elif new.group == "person":
        said = _of_person_zh(query, name_of(new, "zh"))
    elif new.group in ("who", ""):
        said = _by_company_zh(query, name_of(new, "zh"))
    return said or f"对于{name_of(new, 'zh')}，{query.text}"


def _as_object_zh(query: Utterance, new: Topic) -> str:
    """Return 个推收集位置吗 for 个推收集什么 and 那位置呢."""
    for before, word in pairwise(query.told):
        if before.is_aspect and word.has("what"):
            return f"{query.text[: word.start]}{_owned(new, 'zh')}{query.bare[word.end :]}吗？"
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
    given = [word for word in query.told if default_vocabulary().giving.intersection(word.concepts)]
    if given:
        end = given[-1].end
        ends = query.bare[end:].removeprefix("给") in ("", "吗", "么", "嘛", "了吗")
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
    if new.group == "thing" and first and first.has("what") and len(told) > 2 and told[1].text in _AUXILIARIES:
        return f"{_like(text, query.bare[told[1].start :])} {_owned(new, 'en')}{closing}"
    who = _WHO.match(text)
    if new.group in ("who", "", "person") and who:
        article = new.owner if new.owner == "the " else ""
        return f"{_like(text, who[1])} {article}{name}{query.bare[who.end() :]}{closing}"
    if new.group in ("who", ""):
        given = {concept for word in told for concept in word.concepts} & default_vocabulary().giving
        if given and first and first.text in _AUXILIARIES:
            return f"{query.bare} {'with' if 'sharing' in given else 'to'} {name}{closing}"
        for word, after in pairwise(told):
            if after.text == "you" and word.text in _AUXILIARIES:
                verb = _like(text[word.start :], _THIRD_PERSON.get(word.text, word.text))
                return f"{text[: word.start]}{verb} {name}{text[after.end :]}"
    return f"For {name}, {_lowered(query)}"


def supposing(query: Utterance, condition: str, *, instead: bool) -> str:
    """Return the former question, asked under a condition: 注销以后，手机号保存多久.

    Args:
        query: The former question.
        condition: The condition.
        instead: Whether what comes of the condition is asked, rather than the former question.
    """
    zh = query.language == "zh"
    if instead:
        return f"{condition}会怎样？" if zh else f"what happens {condition}?"
    return f"{condition}，{query.text}" if zh else f"{_capital(condition)}, {_lowered(query)}"


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
    return f"关于{phrase}，{question.text}" if supposes else f"{phrase}{question.text}"


def asked_with(question: Utterance, role: str, query: Utterance) -> str:
    """Return the former question with the word that asks: "why do you collect my location?" of "why?".

    Args:
        question: What is asked now: hardly more than the word.
        role: The word's role.
        query: The former question.
    """
    if not query.told:
        return quoting(query, question.text)
    form, vocabulary = _Form(query), default_vocabulary()
    of_data = vocabulary.asking_of_data.get(role, {}).get(query.language)
    if of_data and form.data and not form.acts and (role != "how_long" or form.what or form.collects):
        return of_data.format(data=form.data)
    asked_with_it = _asked_with_zh if query.language == "zh" else _asked_with_en
    return asked_with_it(question, role, vocabulary.asking[role][query.language], query, form)


def _asked_with_zh(question: Utterance, role: str, word: str, query: Utterance, form: _Form) -> str:
    said = question.text if question.language == "zh" else f"{word}？"
    if form.what and not form.asks and role == "why" and form.what is not query.told[0]:
        return f"{word}{query.text[: form.what.start]}这些信息{query.bare[form.what.end :]}？"
    whether = _WHETHER.sub("", query.bare)
    if not form.asks and not form.what and whether != query.bare:
        if role == "why":
            return f"{word}{whether}？"
        if role == "how":
            return f"{_MAY.sub(_how, whether)}？"
    if form.deeds and role == "where":
        return f"{word}{form.deeds}？"
    return f"{form.data}{said}" if form.data and (form.what or role == "who") else quoting(query, said)


def _asked_with_en(question: Utterance, role: str, word: str, query: Utterance, form: _Form) -> str:
    told = query.told
    if form.what is told[0] and not form.asks and len(told) > 1 and told[1].text in _AUXILIARIES:
        if role not in ("who", "how_long", "how_much"):
            return f"{word} {query.bare[told[1].start :]} this?"
    elif told[0].text in _AUXILIARIES and not form.asks and (role != "who" or form.gives):
        return f"{'To whom' if role == 'who' and not form.shares else word} {_lowered(query)}"
    return quoting(query, question.text)


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
        self.acts = len(told) > 1 and told[0].text in _AUXILIARIES and told[1].text in ("i", "we")
        self.collects = "collection" in concepts
        self.shares = any(word.text.startswith("shar") for word in told)
        self.gives = bool(concepts & default_vocabulary().giving)
        self.data = "" if deed and query.language == "zh" else phrase_of(others, query.language, of_data=True)
        self.deeds = name_of(deed, query.language) if deed else ""


_WHETHER = re.compile(r"(?:吗|么|嘛|不)$")
_MAY = re.compile("^(我|你们|你|您)?(可不可以|能不能|会不会|可以|能够|能|会)?")


def _how(may: re.Match[str]) -> str:
    """Return 我怎么 for 我可以."""
    return f"{may[1] or ''}怎么"


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


def is_plural(name: str) -> bool:
    """Say whether an English name is that of several."""
    if name.startswith("the data "):
        return False
    if " and " in name or name.endswith(("children", "people")):
        return True
    return name.isascii() and name.endswith("s") and not name.lower().endswith(_SINGULAR)


_SINGULAR = ("ss", "us", "is", "as", "gets", "sms", "gps")


def _agreeing(before: str, after: str, *, plural: bool, was_plural: bool) -> tuple[str, str]:
    """Return what stands around a name with its verbs made to agree with it."""
    verbs = {one: many for many, one in _THIRD_PERSON.items()} if plural else _THIRD_PERSON
    contracted = re.match(r"'(re|ve|ll|d|s)\b", after, re.IGNORECASE)
    if contracted and (plural or contracted[1].lower() != "s"):
        verb = _CONTRACTED[contracted[1].lower()]
        return before, f" {verb if plural else verbs.get(verb, verb)}{after[contracted.end() :]}"
    if plural == was_plural:
        return before, after
    last = re.search(r"([\w']+)\s+$", before)
    if last and last[1].lower() in _AUXILIARIES:
        verb = _like(last[1], verbs.get(last[1].lower(), last[1]))
        return f"{before[: last.start()]}{verb} ", after
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _like(model: str, text: str) -> str:
    """Return `text` with a capital letter if `model` has one."""
    return _capital(text) if model[:1].isupper() else text
