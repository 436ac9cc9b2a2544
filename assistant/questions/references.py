"""What 它, "they" and "that" stand for in a question, when that was named in a question before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.questions.phrases import PARTICIPLE, phrases_of
from assistant.questions.rephrasing.chinese import object_zh
from assistant.questions.topics import Topic, prefix_of, supposed_in, topics_of, topics_said
from assistant.questions.utterances import DEEDS, Parts, Utterance, Word
from assistant.text import has_han
from assistant.text.english import BEING, DOERS, DOING, HAVING, PEOPLE, PLACING, is_plural, one_of
from assistant.text.numerals import ENGLISH_NUMERAL

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Referent:
    """What a pronoun stands for."""

    topics: tuple[Topic, ...]
    """Things named before; none if it stands for the data of a company that the question itself names."""
    of_data: bool = False
    """Whether the data of a company are meant, rather than the company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A pronoun that stands for something named in another question."""

    word: Word
    """The pronoun."""
    own: frozenset[str]
    """Sorts of things that its own question names."""
    is_done_to: bool
    """Whether something is done to what it stands for, rather than by it."""
    is_of_data: bool
    """Whether that is done to data only."""
    is_of_collecting: bool
    """Whether its question asks what is collected."""
    is_handling: bool
    """Whether it does what is done to data, such as getting them."""
    is_doing: bool
    """Whether it is "they" of which is asked what they do."""
    is_had: bool
    """Whether it is "them" that somebody asks to do something with, and no people, so far as the verb tells."""

    @property
    def is_plural(self) -> bool:
        """Whether it stands for several."""
        text = self.word.text
        return text in ("they", "them", "their", "theirs") or text.endswith("们") or text.startswith(_PLURALS)

    @property
    def is_someone(self) -> bool:
        """Whether it stands for somebody, or for an animal."""
        return self.word.text in ("he", "him", "his", "she", "her", "hers")

    @property
    def is_whole(self) -> bool:
        """Whether it may stand for all that was asked about."""
        return self.word.text in ("this", "that", "这", "那")

    def referent(self, asked: Sequence[Utterance]) -> Referent | None:
        """Return what it stands for, None if that is not known.

        Args:
            asked: The questions before its own, the latest first; at least one.
        """
        named = _named_in(asked[0])
        earlier = [
            topic for question in asked[1:] for topic in topics_of(question) if not _is_whereabouts(question, topic)
        ]
        one = _had(asked[0]) if self.is_had else None
        if self.word.text == "it":
            one = _named_last(asked[0]) or _asked_last(asked[0])
        if one:
            return Referent(topics=(one,))
        if self.word.has("they", "its"):
            return self._they(named, earlier)
        if "who" in self.own and not named.things:
            return Referent(topics=(), of_data=True)
        if self.word.has("these"):
            topics = (*named.companies, *named.people, *named.things) if named.things else named.companies
            return Referent(topics=topics, of_data=True) if topics else None
        return self._it(named, earlier)

    def _they(self, named: _Named, earlier: Sequence[Topic]) -> Referent | None:
        if self.word.text == "they" and named.asks_companies and not (named.companies or named.people):
            # Of "which companies get my data?" they are these, not the data.
            return None
        older = tuple(topic for topic in earlier if topic.group == "who")[:1]
        # A thing that the thesaurus lacks may do something, as dogs do; one thing is no "they", and data do nothing.
        does = not any(thing.concept for thing in named.things)
        things = named.things if self.is_done_to or does else ()
        if self.is_someone:
            # "My cat", but no passport.
            things = tuple(
                thing
                for thing in named.things
                if (thing.concept.id in _ANIMALS if thing.concept else thing.owner in ("my ", "our "))
            )
        elif self.is_doing and not all(_may_do(thing.text) for thing in things):
            things = ()
        found = named.companies or named.people or things or older or named.policies
        return Referent(topics=found) if found else None

    def _it(self, named: _Named, earlier: Sequence[Topic]) -> Referent | None:
        if named.companies and ("thing" in self.own or self.is_of_collecting or not named.things):
            return Referent(topics=named.companies, of_data=self.is_of_data)
        if self.word.text == "it" and len(named.companies) == 1 and all(is_plural(t.text) for t in named.things):
            # Messages are no "it".
            return Referent(topics=named.companies, of_data=self.is_of_data)
        if named.things and "thing" not in self.own:
            return Referent(topics=(*named.companies, *named.people, *named.things), of_data=True)
        # Nobody is an "it".
        people = () if self.word.text in _NO_PERSON else named.people
        found = (named.others or people or named.policies)[:1]
        if found and not (self.is_of_data and found[0].group == "deed"):
            return Referent(topics=found, of_data=self.is_of_data)
        # "Does it include breakfast?" names a thing that it is not, and asks of the last one nonetheless.
        last = () if self.is_handling else named.things
        last = last or tuple(topic for topic in earlier if topic.group in ("who", "thing"))[:1]
        return Referent(topics=last, of_data=self.is_of_data) if last else None


def _may_do(name: str) -> bool:
    """Say whether several may be meant by a name, that do something; data do not."""
    return has_han(name) or (_are_several(name) and not name.lower().endswith("details"))


_ANIMALS = ("pets", "assistance_animal")
_NO_PERSON = ("it", "this", "that", "它")


def _is_whereabouts(question: Utterance, topic: Topic) -> bool:
    """Say whether a topic is but where something is done, such as home: nobody approves "it"."""
    unknown = topic.concept is None and topic.group == "thing" and topic.form == "mass" and not topic.owner
    place = topic.group == "who" and topic.text.islower() and not is_plural(topic.text)
    return (unknown or place) and _WHERE.search(question.text[: topic.start]) is not None


_WHERE = re.compile(r"\b(?:from|at|to|in) (?:(?:the|an?) )?$", re.IGNORECASE)


def _named_last(question: Utterance) -> Topic | None:
    """Return the one thing that some have, which "it" is rather than they: "do directors have a notice period?"."""
    phrases = phrases_of(question)
    have = _HAVE.search(question.bare)
    if have is None or not phrases or not phrases[0].is_subject or not _are_several(phrases[0].text):
        return None
    one = next((phrase for phrase in phrases[1:] if phrase.start == have.end()), None)
    if one is None or is_plural(one.text):
        return None
    said = f"{question.text[one.start : one.end]} for {phrases[0].text}"
    return Topic(text=said, group="thing", owner="the ", start=one.start, end=one.end, is_one=True)


def _asked_last(question: Utterance) -> Topic | None:
    """Return what is asked for after something stated: the leave of "I'm having a baby, what leave do I get?"."""
    phrase = next((phrase for phrase in phrases_of(question) if phrase.is_asked_for and phrase.form == "mass"), None)
    if phrase is None or not _STATED_BEFORE.search(question.text[: phrase.start]):
        return None
    return Topic(text=phrase.text, group="thing", owner="the ", start=phrase.start, end=phrase.end, is_one=True)


_STATED_BEFORE = re.compile(r"[,.;] (?:what|which) $", re.IGNORECASE)


def _had(question: Utterance) -> Topic | None:
    """Return what people get, which "them" is rather than they: the annual leave of "do staff get annual leave?"."""
    phrases = phrases_of(question)
    had = next((phrase for phrase in phrases if _HAVE.search(question.bare[: phrase.start])), None)
    if had is None and _HAVE_AT_END.search(question.bare):
        had = next((phrase for phrase in phrases if phrase.is_asked_for or phrase.preposition == "of"), None)
    if had is None or (had.form != "mass" and not is_plural(had.text)):
        return None
    return Topic(text=had.text, group="thing", start=had.start, end=had.end, form=had.form)


_DO = re.compile(r"\b(?:do|did) $", re.IGNORECASE)
_HAVE_AT_END = re.compile(r"\b(?:have|get|need)$", re.IGNORECASE)
_MY_DOING = re.compile(
    r"\b(?:i|we) (?!(?:contact|call|ask|email|reach|invite|tell|meet|visit|hire|help|pay|join|bring)\b)\w{1,20} $",
    re.IGNORECASE,
)


def _are_several(name: str) -> bool:
    return is_plural(name) or name.lower().endswith(("staff", "personnel", "crew"))


_HAVE = re.compile(r"\b(?:have|get|need) (?:(?:an?|the) )?", re.IGNORECASE)


_PLURALS = ("these", "those", "这些", "那些", "这几", "all")


def _named_in(question: Utterance) -> _Named:
    supposed = supposed_in(question.text)
    # What is said of those for whom it is asked is said of them; but nobody approves "flights over six hours".
    begins = supposed.end() if supposed and not prefix_of(question.text) else 0
    said = (topic for topic in topics_said(question) if topic.start >= begins)
    topics = [topic for topic in said if not _is_whereabouts(question, topic)]
    done_to = object_zh(question)
    asks_companies = _WHICH_COMPANIES.match(question.text) is not None
    return _Named(topics or ([done_to] if done_to else []), asks_companies=asks_companies)


_WHICH_COMPANIES = re.compile(r"(?:which|what) (?:companies|firms|partners|vendors|providers|third parties)\b", re.I)


class _Named:
    """The topics of a question by what they are.

    Args:
        topics: The topics.
        asks_companies: Whether the question asks which companies do something.
    """

    def __init__(self, topics: Sequence[Topic], *, asks_companies: bool) -> None:
        self.asks_companies = asks_companies
        self.policies = tuple(topic for topic in topics if topic.group == "policy")
        # "A clip" is no company, whatever it is.
        things = [topic for topic in topics if topic.group == "thing" or (not topic.group and topic.is_one)]
        self.companies = tuple(topic for topic in topics if topic.group in ("who", "") and topic not in things)
        self.people = tuple(topic for topic in topics if topic.group == "person" or _is_somebody(topic))
        self.things = tuple(topic for topic in things if topic not in self.people)
        known = {*self.policies, *self.companies, *self.things, *self.people}
        self.others = tuple(topic for topic in topics if topic not in known)


def _is_somebody(topic: Topic) -> bool:
    return topic.concept is None and _SOMEBODY.search(topic.text) is not None


_SOMEBODY = re.compile(
    rf"\b(?:{PEOPLE}|(?:visitor|cleaner|(?:year|month|week)s?[ -]old)s?)$",
    re.IGNORECASE,
)


def references_in(question: Utterance, parts: Parts) -> tuple[Reference, ...]:
    """Return the pronouns of a question that stand for something named in another.

    Args:
        question: The question.
        parts: What it is made of.
    """
    named = topics_of(question)
    asked_for = _asked_for(question)
    own = frozenset(
        topic.group
        for topic in named
        if topic.start >= asked_for
        # "Insured" of "is it insured?" is said of it, whoever insures.
        and not (question.language == "en" and PARTICIPLE.fullmatch(topic.text))
        and (topic.concept.id != "third_party" if topic.concept else not _ON.search(question.text[: topic.start]))
    )
    return tuple(
        Reference(
            word=word,
            own=own,
            is_done_to=(done := _is_done_to(word, question, parts)),
            is_of_data=_is_of_data(parts, done=done, active=question.language == "en" and not done),
            is_of_collecting="collection" in parts.concepts,
            is_handling=not done and parts.has("handling"),
            is_doing=word.text == "they" and _DO.search(question.text[: word.start]) is not None,
            is_had=word.text == "them" and _MY_DOING.search(question.text[: word.start]) is not None,
        )
        for word in _leaning(question)
    )


# "On by default" names nothing that "it" may not be.
_ON = re.compile(rf"\b{one_of(PLACING)} $", re.IGNORECASE)


def _leaning(question: Utterance) -> list[Word]:
    """Return the pronouns that do not stand for what their own question names, or for nothing."""
    found: list[Word] = []
    named: set[str] = set()
    told = [word for word in question.words if not word.has("filler")]
    asked_for = _asked_for(question)
    for place, word in enumerate(told):
        if word.start < asked_for:
            continue
        before = told[place - 1] if place else _NOTHING
        after = told[place + 1 :]
        if word.has("it", "these", "they", "its"):
            later = word.has("these") and any(other.group == "thing" or other.has("self") for other in after)
            if not later and not _is_own(word, named) and not _is_empty(word, before, after):
                found.append(word)
        elif word.has("mark") and named:
            named.add("clause")
        elif word.group in DEEDS and " " not in word.text and _is_verb(word, before):
            # "Do I need to register it?"
            continue
        elif _ASKING_NAME.match(word.text) or (place == 1 and told[0].text == "who" and word.has("unknown")):
            # "Who listens to that?"
            continue
        elif word.has("topic", "self", "others"):
            named.add(word.group or "self")
        elif word.has("unknown") and not _is_verb(word, before) and _is_word(word, before, after):
            named.add("unknown")
    return found


def _asked_for(question: Utterance) -> int:
    """Return where "which identifiers" of "which identifiers does it read?" ends: it is none of them; 0 if it has none.

    Of "which data do you keep and who reads it?" it is the data.
    """
    told = question.told
    if not told or not told[0].has("what"):
        return 0
    for word, after in pairwise(told[1:]):
        if word.text in _AUXILIARIES:
            return word.start if after.has("it", "they", "these") else 0
        if not word.has("topic", "unknown"):
            return 0
    return 0


_AUXILIARIES = DOING | HAVING
_NOTHING = Word(start=0, end=0, text="", roles=frozenset())
"""What is before the first word."""


def _is_own(word: Word, named: set[str]) -> bool:
    """Say whether a pronoun stands for what its own question names before it."""
    if word.has("these"):
        return bool(named & {"thing", "unknown", "self"})
    if word.has("it"):
        # 墨舟是什么，装它做什么
        return bool(named - {"who", "policy", "clause"}) or {"who", "clause"} <= named
    return bool(named - {"thing"}) if word.has("they") else bool(named)


def _is_word(word: Word, before: Word, after: Sequence[Word]) -> bool:
    """Say whether an unknown word may be a name: a Chinese character alone, such as 打, hardly is."""
    if before is _NOTHING and after and after[0].text in _OBJECTS:
        # "Cancel it."
        return False
    return not has_han(word.text) or any(
        other.has("unknown") and (other.end == word.start or word.end == other.start) for other in (before, *after[:1])
    )


def _is_verb(word: Word, before: Word) -> bool:
    """Say whether an unknown English word is something that is done, such as "profit" of "do you profit from it"."""
    return not has_han(word.text) and before.text in _BEFORE_VERBS


_OBJECTS = ("it", "them")
_ASKING_NAME = re.compile(r"(?:where|who|how|when) ")
_BEFORE_VERBS = (*DOERS, "it", "to")


def _is_empty(word: Word, before: Word, after: Sequence[Word]) -> bool:
    """Say whether a pronoun stands for nothing: "is it legal to …", "data that you collect", "this phone number"."""
    if word.text == "it":
        return _is_empty_it(before, [then for then in after if not then.has("mark")])
    if not after:
        return False
    following = after[0]
    if word.text == "that":
        starts = before is _NOTHING or before.asks or before.has("function", "aspect", "handling", "what")
        said = following.has("mark") or following.is_aspect or following.asks or following.text in _AFTER_THAT
        return not (starts and said)
    return word.text in _DETERMINERS and following.has("topic", "self", "unknown")


def _is_empty_it(before: Word, after: Sequence[Word]) -> bool:
    """Say whether "it" stands for nothing, or for the app: "is it my job to …", "can I still use it"."""
    if any(then.text == "been" and _COUNT.match(count.text) for then, count in pairwise(after[:3])):
        # "It's been 3 weeks."
        return True
    if before.text in ("use", "using") or (after and _EXPLETIVE.fullmatch(f"{before.text} it {after[0].text}")):
        return True
    return any(judged.has("quality") and _COMPLEMENT.fullmatch(then.text) for judged, then in pairwise(after[:3]))


_EXPLETIVE = re.compile(
    ".* it (?:a|an|the|me|my|your|our|true|(?:rain|snow)(?:s|ed|ing)?)|does it (?:matter|take|cost)"
)
_COUNT = re.compile(rf"\d|{ENGLISH_NUMERAL}|an?$")
_COMPLEMENT = re.compile("that|to|if|for|when|whether")
_AFTER_THAT = BEING | {"be", "for", "about", "from", "to", "with", "by", "in", "on", "at", "too", "also"}
_DETERMINERS = ("this", "these", "those", "这个", "那个", "这", "那", "这些", "那些")


def _is_done_to(word: Word, question: Utterance, parts: Parts) -> bool:
    told = question.told
    place = told.index(word)
    before = told[place - 1] if place else _NOTHING
    if question.language == "zh":
        return before.text in ("把", "将", "对", "被") or before.is_aspect
    if before is _NOTHING:
        return place + 1 == len(told) or not parts.aspects
    passive = any(then.text in ("be", "been") for then in told[place + 1 :])
    return passive or before.text not in _ACTIVE or not parts.aspects


_ACTIVE = DOING | {"what", "which", "data"}


def _is_of_data(parts: Parts, *, done: bool, active: bool) -> bool:
    concepts = {concept for word in parts.told for concept in word.concepts}
    if concepts & parts.vocabulary.aspects_of_data and not active:
        return True
    return done and (parts.has("handling") or bool(concepts & parts.vocabulary.giving))


def of_data(parts: Parts) -> bool:
    """Say whether something in a question is said of data, rather than of a company."""
    return not (parts.vocabulary.aspects_of_data | parts.vocabulary.giving).isdisjoint(parts.concepts)
