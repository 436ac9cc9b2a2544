"""Topics: what a question names, in Chinese or English, and the words for it.

The thesaurus knows most of it. What it lacks is told by its form: English questions are cut into phrases, such as
"gold members" or "late check-out", and in Chinese a run of unknown words is a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.questions.phrases import PARTICIPLE, Phrase, phrases_of
from assistant.questions.utterances import DEEDS, LAST, Utterance, Word
from assistant.text import Language, has_han
from assistant.text.chinese import OR_NOT
from assistant.text.english import ARTICLES, AUXILIARIES, CIRCUMSTANTIAL, DOERS, is_plural, one_of

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
    is_one: bool = False
    """Whether it was said to be one of its sort, with "a" or "an"."""
    form: str = ""
    """What kind of noun it is, if it is an English one: `Phrase.form`."""

    @property
    def kind(self) -> str:
        """Kind of its concept, nothing if it has none."""
        return self.concept.kind if self.concept else ""

    @property
    def language(self) -> Language:
        """Language that it is named in."""
        return "zh" if has_han(self.text) else "en"


# --- What a question is about ----------------------------------------------------------------------

LONGEST_TOPIC = 40
_LONGEST_SUBJECT = 10
_OWNERS = {"my": "my ", "our": "our ", "your": "your ", "the": "the "}


def topics_of(question: Utterance | None) -> tuple[Topic, ...]:
    """Return what a question is about, in order: what it names, and an unknown word that is its subject.

    A name that the thesaurus lacks may hold one that it has: 星信推送 is not 推送.
    """
    if question is None:
        return ()
    runs: list[tuple[Word, ...]] = []
    for word in question.words:
        if not word.has("topic", "unknown") or word.has("time"):
            continue
        if runs and runs[-1][-1].end == word.start and negates(word, runs[-1][-1]):
            # 会员 and 运费 of 会员免运费吗 are two things.
            continue
        if runs and _is_one_name(question, runs[-1][-1], word):
            runs[-1] = (*runs[-1], word)
        else:
            runs.append((word,))
    named = (
        run
        for run in runs
        if (any(word.has("topic") for word in run) and not _is_verb(question, run)) or _is_subject(question, run)
    )
    topics = [topic for run in named if not _ASKED.match((topic := _topic(question, run)).text)]
    topics = [_without_verb(topic, question) for topic in topics]
    topics = _whole(topics, question) if question.language == "en" else _qualified(topics, question)
    return tuple(topic for topic in topics if len(topic.text) <= LONGEST_TOPIC)


def _is_verb(question: Utterance, run: Sequence[Word]) -> bool:
    """Say whether a name of one English word is what somebody does, as its place shows: "can I redirect it?"."""
    alone = len(run) == 1 and " " not in run[0].text and run[0].group not in DEEDS
    return alone and _before(question, run[0].start) in DOERS


def _before(question: Utterance, start: int) -> str:
    """Return the word before a place of an English question, in lower case."""
    return question.text[:start].lower().rpartition(" ")[0].rpartition(" ")[2]


def _without_verb(topic: Topic, question: Utterance) -> Topic:
    """Return a thing without what somebody does with it: "cookies" of "how do I delete cookies?"."""
    verb, blank, thing = topic.text.partition(" ")
    if not blank or topic.group in DEEDS or _before(question, topic.start) not in DOERS:
        return topic
    return replace(topic, text=thing, start=topic.start + len(verb) + 1)


def _qualified(topics: Sequence[Topic], question: Utterance) -> list[Topic]:
    """Return topics with what is done to them or by them, where that only says which are meant: 住院的病历."""
    found: list[Topic] = []
    for topic in topics:
        which = found[-1] if found else None
        if which and which.group in DEEDS and question.text[which.end : topic.start] == "的" and topic.group in _HELD:
            found[-1] = replace(topic, text=question.text[which.start : topic.end], start=which.start, concept=None)
        else:
            found.append(topic)
    return found


_HELD = ("thing", "")


# Names that ask: 空间有多大 is about no age, and "who can see my file" about nobody who is known.
_ASKED = re.compile(r"多大|几岁|多少岁|谁|(?:最[多少高低长短大小]|一共|总共)$|how old\b|who\b", re.IGNORECASE)


def _whole(topics: Sequence[Topic], question: Utterance) -> list[Topic]:
    """Return topics with what qualifies them: "gold members", "personnel files"; for want of any, what is asked about.

    Whose something is qualifies it too, but is named by itself: "my friend's phone number".
    """
    phrases = phrases_of(question)
    # What is said of a thing is none: "insured" of "are parcels insured?".
    judged = {phrase.end + 1 for phrase in phrases if phrase.is_complement}
    topics = [topic for topic in topics if topic.start not in judged or not PARTICIPLE.fullmatch(topic.text)]
    found = _with_qualifiers(topics, phrases, question.text)
    said_from = prefix_of(question.text)
    if any(topic.start >= said_from for topic in found) or not _is_question(question):
        return found
    said = [phrase for phrase in phrases if phrase.start >= said_from and not phrase.is_time]
    asked = next((phrase for phrase in said if phrase.preposition in ("", "of")), said[0] if said else None)
    return [*found, thing_of(asked)] if asked else found


def _with_qualifiers(topics: Sequence[Topic], phrases: Sequence[Phrase], text: str) -> list[Topic]:
    """Return topics as whole phrases of a text; those that only qualify another noun give way to its phrase."""
    heads = {topic.end for topic in topics}
    found: list[Topic] = []
    for topic in topics:
        phrase = next((phrase for phrase in phrases if phrase.start <= topic.start < phrase.end), None)
        owns = topic.group == "person" and text[topic.end :].startswith(_GENITIVES)
        # By "gym card" no gym is meant.
        qualifies = phrase is not None and topic.group == "term" and topic.end < phrase.end and phrase.end not in heads
        if phrase is None or (topic.group in DEEDS and not qualifies) or topic.end > phrase.end or owns:
            found.append(replace(topic, is_one=True) if phrase and topic.group == "term" and phrase.is_one else topic)
        elif topic.end == phrase.end:
            start = max((at for at in phrase.starts if text[:at].endswith(_GENITIVES)), default=phrase.start)
            whole = text[min(start, topic.start) : topic.end]
            found.append(
                replace(topic, text=whole, start=topic.end - len(whole), form=phrase.form, is_one=phrase.is_one)
            )
        elif phrase.end not in heads and not (found and found[-1].start == phrase.start):
            found.append(thing_of(phrase))
    return found


_GENITIVES = ("'s ", "’s ")


def _is_question(question: Utterance) -> bool:
    """Say whether an English sentence asks, by how it begins: in "my lock was idle" nothing is asked about the lock."""
    start = prefix_of(question.text)
    first = next((word for word in question.told if word.start >= start), None)
    return first is not None and (first.asks or first.has("what", "lead") or first.text in AUXILIARIES)


def nth(topics: Sequence[Topic], place: int) -> Topic | None:
    """Return the topic at a place: 1 is the first, `LAST` the last; None if there are not as many."""
    if place == LAST:
        return topics[-1] if topics else None
    return topics[place - 1] if 0 < place <= len(topics) else None


def thing_of(phrase: Phrase) -> Topic:
    """Return what an English phrase names, whatever it is."""
    return Topic(
        text=phrase.text,
        group="thing",
        owner=_OWNERS.get(phrase.article, ""),
        start=phrase.start,
        end=phrase.end,
        form=phrase.form,
        is_one=phrase.is_one,
    )


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


def negates(word: Word, before: Word) -> bool:
    """Say whether a Chinese word ends the noun before it by denying something of it: 免 of 会员免运费, not 减免."""
    return word.text in _NEGATING and word.has("unknown") and before.text not in _BEFORE_FREEING


_NEGATING = ("免", "未", "无", "没", "不")
_BEFORE_FREEING = ("减", "豁", "避", "难", "以", "罢", "赦")


def _topic(question: Utterance, run: tuple[Word, ...]) -> Topic:
    start, end = run[0].start, run[-1].end
    groups = {word.group for word in run}
    group = run[-1].group
    if not any(groups) and (_MINE.search(question.text[:start]) or not _holds_data(question, run)):
        # 运费 of 运费谁出 is no company, and neither is what one has.
        group = "thing"
    if group in DEEDS and _RECORDING.fullmatch(question.text[start:end]):
        # 录像 is done, and a 监控录像 is kept.
        group, groups = "thing", groups | {"thing"}
    elif len(groups) > 1 and group in DEEDS:
        # 星信推送: what the thesaurus knows of it is not what it is.
        group = ""
    text, before = question.text[start:end], question.text[:start]
    if group == "person" and (may := _ENDS_IN_MAY.search(text)):
        # 家长可以 is a name of parents, whose 可以 stays where it is.
        text, end = text[: may.start()], end - len(may[0])
    elif OR_NOT.match(question.text, end - 1):
        # 转租 of 转租行不行.
        text, end = text[:-1], end - 1
    elif lasts := _LASTING.fullmatch(text) if question.text.startswith(_HOW_LONG, end) else None:
        # 手机 of 手机保修多久.
        text, end = lasts[1], end - len(lasts[2])
    elif goes_on := _GOES_ON.match(question.text, end):
        # 微聊内容 is one thing, and so is a 健身房, though to 健身 is something that is done.
        text, end = text + goes_on[0], goes_on.end()
        group = "thing" if group in DEEDS else group
    owner = (
        "我的" if before.endswith("我的") else _OWNERS.get(before.rstrip().rpartition(" ")[2].lstrip("“").lower(), "")
    )
    owned = re.match(r"(?:my|our) (?=\w)|我的(?=.)", text, re.IGNORECASE)
    if owned:
        owner, text, start = owned[0].lower(), text[owned.end() :], start + owned.end()
    concept = run[0].named[0] if len(groups) == 1 and run[0].named else None
    return Topic(text=text, group=group, concept=concept, owner=owner, start=start, end=end)


def _holds_data(question: Utterance, run: tuple[Word, ...]) -> bool:
    """Say whether an unknown name may be that of a company: it is written as a name, or gets or gives data."""
    concepts = question.vocabulary.giving | {"collection", "automatic_collection", "device_access", "sdk"}
    name = question.text[run[0].start : run[-1].end]
    led_by = question.text[: run[0].start].rpartition(" ")[0].rpartition(" ")[2].lower()
    if name.isascii() and name.islower() and (is_plural(name) or led_by in ARTICLES):
        # "Records", "a record": what is of a kind has no name.
        return False
    return name[0].isascii() or any(
        word.has("handling", "what", "what_for") or not concepts.isdisjoint(word.concepts) or word.text in ("拿", "它")
        for word in question.told
        if word not in run
    )


_MAY = re.compile("可以|能")
_ENDS_IN_MAY = re.compile("(?:可以|能)$")
_MINE = re.compile(r"我家?的$|\bmy $", re.IGNORECASE)
_GOES_ON = re.compile(
    "内容|证明|证件|证书|费用|房间|[厅馆券]|房(?![子屋东租价产型])|室(?![内外友])|店(?![铺员长家])|卡(?![片号通])|费(?!率)|证(?![据实])"
)
_RECORDING = re.compile("(?:监控|摄像头|直播|会议|课堂|电话|通话|语音|视频|门禁|门铃|行车)(?:录像|录音|录屏)")
_HOW_LONG = ("多久", "多长", "几天", "几年", "几个月")
# What lasts, where no other verb says so.
_LASTING = re.compile("(.{2,36})(保修|质保|包换|保质|试用|有效|开放|到账|送达|发货|生效|失效|过期|到期|处理|审核|回复)")


def _is_subject(question: Utterance, run: tuple[Word, ...]) -> bool:
    """Say whether an unknown name is what a question is about: 星信会收集什么, "what does Foo collect"."""
    told = question.told
    first, last = told.index(run[0]), told.index(run[-1])
    after = told[last + 1] if last + 1 < len(told) else None
    if has_han(run[0].text):
        said = after is not None and (
            after.is_aspect or after.asks or after.has("function", "time") or negates(after, told[last])
        )
        mine = _MINE.search(question.text[: run[0].start]) is not None
        owned = mine or (first > 1 and told[first - 1].text == "的" and told[first - 2].group in ("person", *DEEDS))
        begins = first == 0 or owned or run[0].start == prefix_of(question.text)
        # One character may be anything, unless somebody has it: 我的猫.
        return said and begins and (0 if mine else 1) < run[-1].end - run[0].start <= _LONGEST_SUBJECT
    before = [word for word in told[:first] if word.text not in ARTICLES]
    if not before:
        return False
    if before[-1].is_aspect:
        # "Delete a note".
        return told[first - 1].text in ARTICLES and (after is None or after.has("function"))
    does = after is not None and (after.is_aspect or (after.has("unknown") and told[0].has("what")))
    return does and before[-1].text in AUXILIARIES


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


def owned(topic: Topic, language: Language) -> str:
    """Return the name with whose it is: 我的手机号, "my phone number", "the camera"."""
    name = name_of(topic, language)
    if language == "zh":
        return f"我的{name}" if topic.owner in ("我的", "my ") else name
    if topic.is_one:
        return f"the {name}"
    if topic.group not in ("thing", "person", "term") or (topic.language == "en" and not topic.owner):
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
    who = _listed(
        [owned(topic, language) if topic.is_one else name_of(topic, language) for topic in _named(topics, "who", "")],
        language,
    )
    person = _listed([owned(topic, language) for topic in _named(topics, "person")], language)
    had = ("term",) if language == "en" else ()
    done = _listed(
        [(owned if topic.group in had else name_of)(topic, language) for topic in _named(topics, *DEEDS, "document")],
        language,
    )
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
    if person and not any(topic.owner.startswith(("my", "our", "我")) for topic in things):
        return f"{person}的{bare}" if language == "zh" else f"the {bare} of {person}"
    return _listed([owned(topic, language) for topic in things], language)


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


# --- Without what leads to it ---------------------------------------------------------------------------


def prefix_of(query: str) -> int:
    """Return where the question begins after what it is asked for or of: "For students, how much …", 对于学生，…."""
    found = _PREFIX.match(query)
    return found.end() if found else 0


_PREFIX = re.compile(r"(?:for|about) [^,:“”?]{1,60}[,:] |(?:对于|关于)[^，“”？?]{1,30}，", re.IGNORECASE)


def supposed_in(query: str) -> re.Match[str] | None:
    """Return the circumstances that an English question begins with, "on weekends, "; None if it tells none."""
    return _SUPPOSED.match(query)


_SUPPOSED = re.compile(rf"({one_of((*CIRCUMSTANTIAL, 'if', 'when'))}) [^,“”?]{{1,60}}, ", re.IGNORECASE)


def stated_until(query: Utterance) -> int:
    """Return where a Chinese question begins after what it states: 我贷款没批下来，资料还留着吗; 0 if nothing."""
    stated = _STATED.match(query.text)
    if stated is None or _STATING_NOTHING.search(stated[0]) or prefix_of(query.text):
        return 0
    starts = [topic.start for topic in topics_of(query)]
    return stated.end() if starts and starts[0] < stated.end() <= starts[-1] else 0


_STATED = re.compile("(?:[^，。？！：“”]{4,40}[，。]){1,3}(?=[^，。])")
_STATING_NOTHING = re.compile(
    "[几多哪谁吗什怎啥]|[能会]不[能会]|是否|有没有|如果|要是|假如|万一|若|谢谢|[你您]好|请问|麻烦"
)


def topics_said(query: Utterance) -> tuple[Topic, ...]:
    """Return what a question is about, less what it is asked for or of, if it names anything else."""
    topics, start = topics_of(query), prefix_of(query.text)
    asked = tuple(topic for topic in topics if topic.start >= start)
    people = [topic for topic in asked if topic.group == "person"]
    if len(people) > 1 and any(topic.group == "thing" for topic in asked):
        # The photos of 孩子的照片老师能看吗 are not the teacher's.
        asked = tuple(topic for topic in asked if topic not in people or not _MAY.match(query.text, topic.end))
    return asked or topics
