"""What a question is made of: names of concepts, words that ask, and words that lean on what was said before.

A question is read from left to right, and at each place the longest name counts: of the thesaurus, or
of `data/conversation.toml`, where the words of conversation are. Nothing here knows a language's grammar; it is
for `assistant.conversation` to tell from the parts whether a question stands by itself.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.text import Language, has_han, language_of, normalized, visible_line
from assistant.text.chinese import INTERROGATIVES, WHETHER
from assistant.text.english import AUXILIARIES, HAVING, LINKING, PLAIN_AUXILIARIES, one_of
from assistant.text.numerals import ENGLISH_ORDINALS, HAN_NUMERAL, han_number
from assistant.thesaurus import CORPORA, Concept, Thesaurus, default_thesaurus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ASKING_ROLES = ("why", "what_for", "how_long", "when", "where", "who", "how", "how_often", "how_much")
"""Roles of words that ask for more than a thing, unlike `what`."""

DEEDS = ("deed", "term", "purpose")
"""Groups of what is done or meant, rather than of things, companies or people."""

LAST = -1
"""Place of the last of several."""


class Word(NamedTuple):
    """A part of a question; a tuple, of which dozens are made for each question, in a third of the time."""

    start: int
    """First character in the question's text."""
    end: int
    """End in the question's text."""
    text: str
    """The part, normalized."""
    roles: frozenset[str]
    """What it does: ids of `data/conversation.toml`, `topic`, `mark`, `ordinal` or `unknown`."""
    named: tuple[Concept, ...] = ()
    """Concepts that it names."""
    group: str = ""
    """Sort of what it names: `who`, `person`, `thing`, `deed`, `purpose`, `document`, `policy`, `term`, or nothing."""
    place: int = 0
    """Of an ordinal, which one: 1 is the first, `LAST` the last."""

    def moved(self, by: int) -> Word:
        """Return the word as it is in a text of which it stands so many characters further on."""
        return self._replace(start=self.start + by, end=self.end + by)

    @property
    def concepts(self) -> tuple[str, ...]:
        """Ids of the concepts that it names."""
        return tuple(concept.id for concept in self.named)

    @property
    def is_aspect(self) -> bool:
        """Whether it says something of a thing that another word names."""
        return self.has("aspect", "quality", "outcome")

    @property
    def asks(self) -> bool:
        """Whether it asks for more than a thing."""
        return self.has(*ASKING_ROLES)

    def has(self, *roles: str) -> bool:
        """Say whether it has one of these roles."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """A question taken apart."""

    text: str
    """The question, visible and with single blanks."""
    words: tuple[Word, ...]
    """Its parts in order, each character in at most one."""
    vocabulary: Vocabulary = field(repr=False, compare=False)
    """What it was read with."""

    @cached_property
    def language(self) -> Language:
        """Language that it is written in."""
        return language_of(self.text)

    @cached_property
    def told(self) -> tuple[Word, ...]:
        """The parts that matter: no punctuation, no words of politeness."""
        return tuple(word for word in self.words if not word.has("mark", "filler"))

    @cached_property
    def bare(self) -> str:
        """The question without the punctuation at its end."""
        return _CLOSING.sub("", self.text)

    def since(self, start: int) -> Utterance:
        """Return what follows from a place on, with its own places, less words of politeness at its end."""
        words = [word for word in self.words if word.start >= start]
        last = max((place for place, word in enumerate(words) if not word.has("mark", "filler")), default=-1)
        text = self.text[start:]
        # "Will you tell me?" asks whether, unlike "how long, can you tell me?".
        says = any(not word.has("mark", "filler", "function") for word in words)
        if any(word.has("filler") for word in words[last + 1 :]) and says:
            text = self.text[start : words[last].end] + text[len(_CLOSING.sub("", text)) :]
            words = words[: last + 1]
        if text == self.text:
            return self
        return replace(self, text=text, words=tuple(word.moved(-start) for word in words))


_CLOSING = re.compile(r"[\s?？!！。.…~]+$")


class Parts:
    """The parts of a question by what they do.

    Args:
        question: The question, without 那, "and" and such before it.
    """

    def __init__(self, question: Utterance) -> None:
        words = question.told
        self.vocabulary = question.vocabulary
        self.told = [word for word in words if not word.has("particle")]
        self.particle = bool(words) and words[-1].has("particle")
        self.names = [word for word in self.told if word.has("topic", "self", "others")]
        self.unknown = [word for word in self.told if word.has("unknown") and word.text not in LINKING]
        self.asking = [word for word in self.told if word.asks]
        self.aspects = [word for word in self.told if word.is_aspect]
        self.content = [word for word in self.told if not word.roles <= _EMPTY]
        self.concepts = {concept for word in self.aspects for concept in word.concepts}
        self._question = question

    def has(self, role: str) -> bool:
        """Say whether a word has a role."""
        return any(word.has(role) for word in self.told)

    def says(self, *texts: str) -> bool:
        """Say whether one of these words stands in it."""
        return any(word.text in texts for word in self.told)

    @property
    def own(self) -> bool:
        """Whether it says by itself what it is about. One unknown character may be anything, such as a verb."""
        weight = sum(len(word.text) if has_han(word.text) else 2 for word in self.unknown)
        named = bool(self.names) or (self.particle and _NOUN.search(self._question.text) is not None)
        return named or weight > 1 or any(OWNED.search(word.text) for word in self.aspects)

    @property
    def asks(self) -> bool:
        """Whether it says what is asked. Some names are questions by themselves: "who is responsible for my data"."""
        return (
            bool(self.asking or self.aspects)
            or self.has("what")
            or any(_ASKED.search(word.text) for word in self.names)
        )

    @property
    def only_names(self) -> bool:
        """Whether it names something and asks nothing of it; in 高德好用吗 an unknown word may be what is asked."""
        if self.asks or (
            self._question.bare.endswith(WHETHER) and (self.unknown or (self.says(*MAY_ZH) and not self.also))
        ):
            return False
        if self.begins_whether:
            # "And do you pay for internet?", 那能恢复吗.
            return False
        return bool(self.names or self.unknown or self.has("ordinal"))

    @property
    def begins_whether(self) -> bool:
        """Whether it begins as a question for yes or no does: "can I …", "isn't it …", 能…."""
        first = self.told[0].text if self.told else ""
        return first in _BEGIN_WHETHER or first.endswith("n't")

    @property
    def only_aspect(self) -> bool:
        """Whether it is but a word such as 共享, which says nothing of what."""
        return (
            bool(self.aspects)
            and all(word.is_aspect or word.text in _ALSO for word in self.told)
            and not self.has("what")
        )

    @property
    def only_judges(self) -> bool:
        """Whether it asks no more than whether that is legal, safe and such."""
        return bool(self.aspects) and all(word.has("quality") for word in self.aspects)

    @property
    def also(self) -> bool:
        """Whether it says that something is asked of one thing more."""
        return self.says(*_ALSO)


_EMPTY = frozenset({"function", "lead", "what_about"})
MAY_ZH = ("可不可以", "能不能", "会不会", "能否", "能够", "可以", "能")
"""Chinese words before what one may do, the longest first."""
_BEGIN_WHETHER = AUXILIARIES | set(MAY_ZH)
"""Words that a question for yes or no begins with, which names no more than it asks."""
_ALSO = ("也", "也是", "也有", "一样", "too", "also", "as well")
# 被移除的人呢
_NOUN = re.compile(r"[^它他她们]的[^的]{1,4}呢")
OWNED = re.compile(r"\b(?:my|your|data|information|info)\b|^what is |我的|你们的|数据|信息|政策")
"""Words that hold a name, or say that one follows."""
_ASKED = re.compile(rf"\b(?:who|whom|what|which|where|when|why|how)\b|{INTERROGATIVES}|几|吗")


def apart(text: str) -> tuple[str, ...]:
    r"""Return the questions that a message asks, in order, `_MOST_QUESTIONS` at most; only itself if it asks one.

    A statement goes with the question after it, or before it. Within a sentence each part must ask by itself, and so
    must each line or item of a list.

    >>> apart("个推收集什么，保存多久？能关掉吗？")
    ('个推收集什么', '保存多久？', '能关掉吗？')
    >>> apart("What do you collect, and why?")
    ('What do you collect', 'why?')
    >>> apart("- can I bring a dog\n- what is the fee")
    ('can I bring a dog', 'what is the fee')
    >>> apart("我上周注销了账号。数据还在吗？")
    ('我上周注销了账号。数据还在吗？',)
    """
    found: list[str] = []
    for part in _AFTER_QUESTION.split(_on_lines(text)):
        if found and (_TAG.fullmatch(part) or not (part.rstrip().endswith(("?", "？")) or _asks(part))):
            # What is said after a question belongs to it.
            found[-1] += part
            continue
        start = 0
        for joint in _JOINT.finditer(part):
            if _is_between(part[start : joint.start()], joint[0], part[joint.end() :]):
                found.append(part[start : joint.start()])
                start = joint.end()
        found.append(part[start:])
    asked = [
        " ".join(stripped.split()) for part in found if any(map(str.isalnum, stripped := part.strip(_AROUND_QUESTIONS)))
    ]
    return tuple(asked) if 1 < len(asked) <= _MOST_QUESTIONS else (text,)


def _on_lines(text: str) -> str:
    """Return a text without what its lines are counted by, each item of a list on a line of its own."""
    if _BULLET.match(text):
        text = _INNER_BULLET.sub("\n", text)
    return _BULLET.sub("", text)


def _is_between(before: str, joint: str, after: str) -> bool:
    """Say whether a joint stands between two questions, each of which asks by itself."""
    if not _asks_by_itself(before) or _TAG.fullmatch(after) or (joint == "\n" and _GOES_ON.search(before)):
        return False
    if has_han(after):
        return _asks(after)
    # "and, if not, what does?" has not begun to ask, and is no question without the one before.
    return _BEGINS_EN.match(after) is not None and not _ENDS_SUPPOSING.search(before)


def _asks(text: str) -> bool:
    return (_ASKS_ZH.search(text) is not None and not _SUPPOSES.match(text)) or _ASKS_EN.search(text) is not None


def _asks_by_itself(text: str) -> bool:
    if not has_han(text):
        return len(text.split()) >= _LEAST_WORDS and _asks(text)
    # A Chinese word has two characters as a rule: of a few it takes a verb to be more than 多少钱 and 为什么.
    says_enough = len(text.strip()) >= _ENOUGH_CHARS or has_han(_SAYS_NO_DEED.sub("", text))
    return says_enough and _asks(text)


_MOST_QUESTIONS = 4
_ENOUGH_CHARS = 5
_LEAST_WORDS = 3
_AROUND_QUESTIONS = " \t\r\n,，;；、"
_AFTER_QUESTION = re.compile(r"(?<=[?？])(?![?？!！”’」』）)\"'])")
_JOINT = re.compile(r"\n|[，；;]|,\s?(?=[\u4e00-\u9fff])|,? and (?=[a-z])|, (?=[a-z])", re.IGNORECASE)
_MARKER = r"(?:[-*•·‣–—]\s|[(（]?\d{1,2}[.)）、．](?!\d)|[①-⑳])[^\S\n]{0,3}"
_BULLET = re.compile(rf"^[^\S\n]{{0,8}}{_MARKER}", re.MULTILINE)
_INNER_BULLET = re.compile(rf"(?:(?<![\s,，;；])[\s,，;；]++|(?<=[?？。]))(?={_MARKER})")
# A line that ends so goes on in the next.
_GOES_ON = re.compile(
    r"(?:[以及和或与跟的]|\b(?:and|or|if|that|than|the|an?|my|your|to|of|for|with|in|on|at|by|from|how|what|when|where|why|"
    r"who|which))\s*$",
    re.IGNORECASE,
)
# What only asks for a yes to what was asked.
_TAG = re.compile(
    r"\A\W*+(?:yes or no|no or yes|yes/no|y/n|true or false|(?:is (?:that|it|this) )?"
    r"(?:right|correct|true|so|ok(?:ay)?)|or not|please|"
    r"[对是行好][吗吧么]|可以吗?|能吗|(.)不\1|可不可以|是还是不是|真的吗?)\W*",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(r"\W{0,9}(?:要是|如果|假如|若|当|万一|不管|无论|不论|任何)")
_ENDS_SUPPOSING = re.compile(r"(?:^|, |\band,? )(?:if|unless|in case)\b[^,]*$", re.IGNORECASE)
# Of 啥都没开 and 好几天没开 neither asks.
_ASKS_ZH = re.compile(
    rf"(?:{INTERROGATIVES})(?![都也])|干嘛|(?<![好这那头近十])几[天个年次]|吗|是否|能不能|可不可以|会不会|有没有|要不要|是不是"
)
_SAYS_NO_DEED = re.compile(
    rf"(?:怎么|怎样|咋)(?:[办样整弄搞说了]|回事)?|为什么|什么(?:时候|意思|情况|东西)?|多少钱?|几[天个年次点号]|一次|谁知道|哪[里儿天个些]?|"
    rf"{INTERROGATIVES}|是否|[能会可要是有好行对][不没][能会可要是有好行对]|[能会可以要吗呢的了请问那是有在这我你们还也又都和与好行对钱]"
)
# "have it deleted" and "can't log in" ask nothing.
_SUBJECT = r"(?:i|you|we|they|he|she|my|our|your|their|the|there|any\w{0,4}|this|that|these|those)\b"
_CAN = (
    rf"(?:{one_of(PLAIN_AUXILIARIES - HAVING)}\b(?!['’])|"
    rf"(?:have|has)(?: {_SUBJECT}| it been\b)|\w{{2,6}}n['’]t (?:it|{_SUBJECT}))"
)
_BEGIN = (
    r"\W{0,3}(?:(?:also|then|so|please) )?(?:(?:for|to|with|by|in|from|on|at|of|under|after|until) )?"
    rf"(?:{_CAN}|(?:when|where|why) {_CAN}|how (?:\w{{1,20}} ){{0,3}}{_CAN}|"
    r"(?:who|whom|whose|what|which)\b(?! (?:i|you|we|they|it|he|she|my|your)\b)|"
    r"(?:why|how|when|where|who|how (?:long|much|many|often|soon|far))(?: (?:of|for) \w{1,20})?\W{0,9}$)"
)
_BEGINS_EN = re.compile(_BEGIN, re.IGNORECASE)
# "Do you record who I call and when I call them" asks once: there "when" begins no question.
_ASKS_EN = re.compile(rf"(?:^|[,:] |\n){_BEGIN}", re.IGNORECASE)


class Vocabulary:
    """Reads questions.

    Args:
        thesaurus: The concepts of policies.
        data: What `data/conversation.toml` holds.
    """

    def __init__(self, thesaurus: Thesaurus, data: dict[str, Any]) -> None:
        words, chat = (
            [
                Concept(id=role, kind="word", zh=tuple(names.get("zh", ())), en=tuple(names.get("en", ())))
                for role, names in data[part].items()
            ]
            for part in ("word", "chat")
        )
        self._thesaurus = thesaurus
        self._all = Thesaurus([*words, *chat])
        self._asking = Thesaurus(words)
        self._roles: dict[str, frozenset[str]] = {}
        for word in words:
            for name in word.zh:
                self._roles[name] = self._roles.get(name, frozenset()) | {word.id}
        parts = {part: frozenset(ids) for part, ids in data["concepts"].items()}
        self.concepts = {concept.id: concept for concept in thesaurus.concepts}
        self.aspects_of_data = parts["aspects_of_data"]
        self.aspects_of_deeds = parts["aspects_of_deeds"]
        self.giving = parts["giving"]
        self.had = parts["had"]
        self._aspects = parts["aspects"] | parts["aspects_of_deeds"]
        self._groups = {concept.id: _group(concept, parts) for concept in thesaurus.concepts}
        self.replies: dict[str, dict[Language, str]] = data["reply"]
        self.asking: dict[str, dict[Language, str]] = data["asking"]
        self.asking_of_data: dict[str, dict[Language, str]] = data["asking_of_data"]

    def read(
        self, text: str, *, names: Sequence[str] = (), short_names: Sequence[str] = (), chat: bool = False
    ) -> Utterance:
        """Take a question apart.

        Args:
            text: The question.
            names: Names of the policies and their companies.
            short_names: What else people call them, which means the company as 你们 does.
            chat: Read it as said to the assistant: with the words that are, without concepts.

        Returns:
            The question whole, with the parts of its first 300 characters.
        """
        shown = visible_line(text)
        # Whoever writes more says what is meant; and a long history must not take long.
        beginning = shown[:_MOST_CHARS].rstrip()
        folded = normalized(beginning)
        if len(folded) != len(beginning):
            # The converter to simplified characters has changed the length: its text stands for both.
            shown = folded + shown[len(beginning) :]
        found = [
            Word(start=start, end=end, text=folded[start:end], roles=_roles(roles))
            for start, end, roles in (self._all if chat else self._asking).find(folded)
            if end > start + 1 or not _WITHIN_A_WORD.match(folded, start)
        ]
        found += _ordinals(folded)
        if not chat:
            found += self._concepts_in(folded)
            for called, role, group in ((names, "topic", "policy"), (short_names, "self", "")):
                found += [
                    Word(start=start, end=end, text=folded[start:end], roles=frozenset({role}), group=group)
                    for start, end, _ in (_names(tuple(called)).find(folded) if called else ())
                ]
        return Utterance(text=shown, words=tuple(self._sweep(folded, found)), vocabulary=self)

    def meaning(self, text: str) -> Word | None:
        """Return what a text names, if it is one name from end to end."""
        words = self.read(text).words
        return words[0] if len(words) == 1 and words[0].group else None

    def _concepts_in(self, folded: str) -> Iterator[Word]:
        for start, end, concepts in self._thesaurus.find(folded):
            if _PRONOUN.search(folded, start, end) and self.aspects_of_deeds.isdisjoint(concepts):
                # "keep it for": the pronoun is to be seen.
                continue
            # What a thing is before what is done with it: 通话录音 is data, and an action.
            nouns = sorted(set(concepts) - self._aspects, key=lambda c: (self._groups[c] in DEEDS, concepts.index(c)))
            yield Word(
                start=start,
                end=end,
                text=folded[start:end],
                roles=frozenset({"topic" if nouns else "aspect"}),
                named=tuple(self.concepts[concept] for concept in nouns or concepts),
                group=self._groups[(nouns or concepts)[0]],
            )

    def _sweep(self, folded: str, found: list[Word]) -> Iterator[Word]:
        """Yield the longest part at each place, and what lies between as unknown words and marks."""
        # Of two as long, the vocabulary's comes last and stays.
        found.sort(key=lambda word: (word.end - word.start, not word.group))
        longest = {word.start: word for word in found}
        meanings = {(word.start, word.end): word for word in found if word.group}
        place = 0
        while place < len(folded):
            word = longest.get(place)
            if word is None:
                match = _PART.match(folded, place)
                if match is None:  # a blank
                    place += 1
                    continue
                word = _unknown(match)
            word = self._cut(word, longest, folded) or word
            meaning = meanings.get((word.start, word.end))
            if meaning and not word.group:
                # The vocabulary says what it does, the thesaurus what it means.
                word = word._replace(named=meaning.named, group=meaning.group)
            yield word
            place = word.end

    def _cut(self, word: Word, longest: Mapping[int, Word], folded: str) -> Word | None:
        """Return the beginning of a word of ours that runs into a name: 那 of 那个 in 那个推呢."""
        if word.group or word.end in longest:
            return None
        for start in range(word.start + 1, word.end):
            name = longest.get(start)
            if name and name.group and name.end > word.end:
                roles = self._roles.get(folded[word.start : start])
                return word._replace(end=start, text=folded[word.start : start], roles=roles) if roles else None
        return None


_MOST_CHARS = 300
_PART = re.compile(r"[a-z0-9]+|[^\sa-z0-9]")
_PRONOUN = re.compile(r"\b(?:it|them|they)\b")
# 邀请 asks for nothing politely, 质量问题 says nothing of asking, and 有线网络 nothing of having.
_WITHIN_A_WORD = re.compile(
    "(?<=[申邀聘宴])请|请(?=[假求客示])|问(?=题)|(?<=[询访顾])问|有(?=[线偿]|限公司)|下(?=[午次月周载单])|了(?=解)"
)
# What is left of "don't" and "it's" beside the words in the vocabulary.
_CLITICS = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})


def _roles(ids: Sequence[str]) -> frozenset[str]:
    """Return what a word of the vocabulary does: a day or a season, besides, is what somebody may name."""
    return frozenset({*ids, "unknown"} if "time" in ids else ids)


def _unknown(match: re.Match[str]) -> Word:
    text = match[0]
    alone = text.isalnum() and text not in _CLITICS
    return Word(start=match.start(), end=match.end(), text=text, roles=_UNKNOWN if alone else _MARK)


_UNKNOWN, _MARK = frozenset({"unknown"}), frozenset({"mark"})


_COUNTED = "条|个|点|项|款|处|段|句|家|种"
_ORDINAL = re.compile(
    rf"第(?P<zh>[{HAN_NUMERAL}]{{1,7}}|\d{{1,2}})(?:{_COUNTED})|(?P<last>最后(?:那)?一?(?:{_COUNTED}))"
    rf"|(?<![a-z0-9])(?:the )?(?:(?P<en>{'|'.join(ENGLISH_ORDINALS)}|last|\d{{1,2}}(?:st|nd|rd|th)) "
    r"(?:one|clause|point|item|quote|section|paragraph|part|citation|bullet|company|sdk|vendor)"
    r"|(?:number|no\.?|clause|point|item|quote|citation|#) ?(?P<n>\d{1,2}))(?![a-z0-9.])"
    r"|\[(?P<marker>\d{1,2})\]"
)


def _ordinals(folded: str) -> Iterator[Word]:
    """Yield 第二条, "the second one", "[2]" and such."""
    for match in _ORDINAL.finditer(folded):
        said = match["zh"] or match["en"] or match["n"] or match["marker"] or ""
        digits = re.match(r"\d+", said)
        if match["last"] or said == "last":
            place = LAST
        elif said in ENGLISH_ORDINALS:
            place = ENGLISH_ORDINALS.index(said) + 1
        else:
            place = int(digits[0]) if digits else han_number(said)
        yield Word(start=match.start(), end=match.end(), text=match[0], roles=frozenset({"ordinal"}), place=place)


_GROUPS = {
    "vendor": "who",
    "actor": "who",
    "data_item": "thing",
    "identifier": "thing",
    "permission": "thing",
    "right": "deed",
    "action": "deed",
    "purpose": "purpose",
    "document": "document",
}


def _group(concept: Concept, parts: Mapping[str, frozenset[str]]) -> str:
    for group, ids in (("person", "people"), ("thing", "things"), ("who", "companies")):
        if concept.id in parts[ids]:
            return group
    return _GROUPS.get(concept.kind, "term")


@lru_cache(maxsize=8)
def _names(names: tuple[str, ...]) -> Thesaurus:
    return Thesaurus(Concept(id=name, kind="policy", zh=(name,)) for name in dict.fromkeys(names) if name.strip())


@cache
def default_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the program."""
    return vocabulary_of(default_thesaurus())


@lru_cache(maxsize=CORPORA)
def vocabulary_of(thesaurus: Thesaurus) -> Vocabulary:
    """Return the vocabulary that comes with the program, with the concepts of another thesaurus."""
    data = resources.files("assistant").joinpath("data/conversation.toml").read_text("utf-8")
    return Vocabulary(thesaurus, tomllib.loads(data))
