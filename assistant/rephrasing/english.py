"""Puts an English question that leans on another into words of its own: see `assistant.rephrasing`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

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
from assistant.phrases import Phrase, Unit, phrases_of, units_of
from assistant.rephrasing.former import Form, is_quoting, quoting
from assistant.text import stem
from assistant.topics import Topic, name_of, owned, prefix_of, topics_of
from assistant.utterances import DEEDS, Utterance

if TYPE_CHECKING:
    from collections.abc import Sequence


def keeps_denials_en(rest: Utterance, said: str) -> bool:
    """Say whether an English question denies something if a follow-up does."""
    return _DENYING_EN.search(rest.bare) is None or _DENYING_EN.search(said) is not None


_DENYING_EN = re.compile(r"\b(?:not|no|never|without|non)\b|n't\b", re.IGNORECASE)


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
    if (len(units) == 1 and _is_modifier(units[0].text)) or _WORKING.fullmatch(text):
        qualifier = text
    return _Name(text=text, units=tuple(units), article=article, preposition=preposition, qualifier=qualifier)


def likened_en(query: Utterance, rest: Utterance, preposition: str) -> str:
    """Return the former question with what an English follow-up names in place of its like; nothing without one."""
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
    again = name.preposition != "" and alike is not None and alike.preposition == name.preposition
    if alike and not again and (alike.preposition in ("", "of") or name.preposition in ("", "for")):
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
    people = [phrase for phrase in phrases if phrase.preposition == "for" and _PEOPLE_EN.search(phrase.text)]
    return people[0] if people and _PEOPLE_EN.search(name.text) else _of_form(query, phrases, name)


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
    if name.units[-1].group == "time" and name.preposition in ("", "on", "at"):
        former = next((phrase for phrase in phrases if phrase.is_time), None)
        if former:
            return f"{query.text[: former.start]}{name.text}{query.text[former.end :]}"
        return supposing_en(query, f"{name.preposition or 'on'} {name.text}")
    if last in _SOMEWHERE and len(name.units) == 1 and not name.preposition:
        former = next((phrase for phrase in phrases if phrase.preposition in ("in", "at", "from")), None)
        return _instead(query, former, name.text) if former else supposing_en(query, name.text)
    return ""


_SOMEWHERE = frozenset({"elsewhere", "abroad", "overseas", "online", "offline"})


def _put(query: Utterance, phrase: Phrase, name: str, article: str) -> str:
    """Return a question with another name in place of a phrase, its article and verbs made to fit.

    Args:
        query: The question.
        phrase: The phrase.
        name: The other name.
        article: The article that it came with, if it had one.
    """
    before = query.text[: phrase.start]
    if article:
        former = f"{phrase.article} " if phrase.article else ""
        before = f"{before[: len(before) - len(former)]}{article} "
    return put_en(before, name, query.text[phrase.end :], was_plural=is_plural(phrase.text))


def put_en(before: str, name: str, after: str, *, was_plural: bool) -> str:
    """Return an English question with a name in place of another, the article before it and verbs made to fit.

    Args:
        before: What stands before the name.
        name: The name.
        after: What stands after it.
        was_plural: Whether the other name was that of several.
    """
    if article := ARTICLE.search(before):
        before = before[: article.start()] + article_of(name, article[0])
    before, after = agreeing(before, after, plural=is_plural(name), was_plural=was_plural)
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


_WORKING = re.compile("(?:part|full)[ -]time", re.IGNORECASE)
# The commonest by name, the others by how they end.
_MODIFIERS = re.compile(
    "gold|silver|bronze|platinum|express|other|basic|standard|premium|deluxe|single|double|twin|triple|small|medium|large|big|long|short"
    "|new|old|young|full|half|early|late|domestic|foreign|economy|business|prepaid|paid|unpaid|sick|hot|cold|fresh|frozen"
    "|daily|weekly|monthly|quarterly|yearly|hourly|(?:part|full|first|second|third|long|short|high|low|same|next)-[a-z]{2,12}"
    "|[a-z]{2,12}(?:nu|u|ci|ti|ion|ic|er|on|en|oc|gi)al"
)


def fits_en(query: Utterance, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another in an English question."""
    phrase = next((phrase for phrase in phrases_of(query) if phrase.start == topic.start), None)
    if phrase and phrase.is_complement:
        return True
    if phrase and phrase.is_subject and _is_several(new.text):
        # "And hang pictures?" after "do dogs bark?".
        return False
    return bool(topic.concept or new.concept or not topic.form or not new.form or topic.form == new.form)


def _is_several(name: str) -> bool:
    """Say whether a few English words may be a verb and what is done: "hang pictures"."""
    return " " in name and not _is_modifier(name.partition(" ")[0].lower())


def as_subject(query: Utterance, new: Topic) -> str:
    """Return the former question asked of another who does or is something: "are children allowed?" of "are dogs …"."""
    named = topics_of(query)
    phrase = next((phrase for phrase in phrases_of(query) if phrase.is_subject), None)
    if phrase is None or new.group not in ("person", "who", "thing", ""):
        return ""
    if new.group == "person" and _PRICED.search(query.text):
        return ""
    doers = ("person", "who") if new.group in ("person", "who") else ()
    known = _is_several(new.text) or any(
        topic.concept and topic.group not in doers for topic in named if phrase.start <= topic.start < phrase.end
    )
    people = new.group == "person" and phrase.form == "counted"
    return _put(query, phrase, name_of(new, "en"), "") if not known and (people or phrase.form == new.form) else ""


# "And for students?" is asked of what they pay.
_PRICED = re.compile(r"\bhow much (?:is|are)\b|\bcosts?\b", re.IGNORECASE)
ARTICLE = re.compile(r"\b(?:an?|the) $", re.IGNORECASE)
BEFORE_VERBS = (*DOERS, "to")


def precedes(query: Utterance, topic: Topic) -> str:
    """Return the word before a topic and whose it is."""
    before = [word.text for word in query.told if word.end <= topic.start and word.text != topic.owner.strip()]
    return before[-1] if before else ""


def verb_of(topic: Topic, name: str) -> str:
    """Return the name of a deed as it follows "how do I": "delete my account" for "deleting my account"."""
    names = topic.concept.en if topic.concept else ()
    head, _, rest = name.lower().partition(" ")
    if head.endswith("ing"):
        stems = (f"{stem} {rest}".strip() for stem in (head[:-3], f"{head[:-3]}e", head[:-4]))
        return next((stem for stem in stems if stem in names), "")
    if re.search(r"(?:ion|al|ure|ment|ity|s)$", name):
        return next((found for found in names if re.match(r"(?!\w+(?:ing|ed|s) )\w+ (?:my|the) ", found)), "")
    return name


def corrected_en(query: Utterance, new: Topic) -> str:
    """Return the former question with what was meant in place of what it names last; nothing if it names nothing."""
    named = [phrase for phrase in phrases_of(query) if not phrase.is_time]
    return _put(query, named[-1], name_of(new, "en"), new.owner.strip()) if named else ""


def swapped_en(query: Utterance, new: Topic) -> str:
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


def supposing_en(query: Utterance, condition: str) -> str:
    """Return an English question, asked under a condition: "On iOS, how long do you keep it?"."""
    preposition = condition.partition(" ")[0].lower()
    if (former := _SUPPOSED.match(query.text)) and former[1].lower() == preposition:
        # "If I'm late, …" of "and if I'm ill?" is not asked of both.
        return f"{capital(condition)}, {query.text[former.end() :]}"
    last = next(iter(phrases_of(query)[-1:]), None)
    if last and last.preposition == preposition and preposition in WHERETO and _is_place(query, last):
        # "In the US" takes the place of "in Spain".
        return _instead(query, last, condition)
    return f"{capital(condition)}, {_lowered(query)}"


_SUPPOSED = re.compile(rf"({one_of((*CIRCUMSTANTIAL, 'if', 'when'))}) [^,“”?]{{1,60}}, ", re.IGNORECASE)


def _is_place(query: Utterance, phrase: Phrase) -> bool:
    """Say whether a phrase may be the name of a place, by how it is written at the end of a question."""
    named = phrase.text[:1].isupper() or query.bare.replace(" I ", " ").islower()
    return (
        named and not phrase.article and not phrase.is_time and phrase.form == "mass" and phrase.end == len(query.bare)
    )


def of_doing(question: Utterance, query: Utterance) -> str:
    """Return what a question asks of something to be done: "how much does it cost to freeze it?" of "can I freeze it?".

    Nothing if the former question was none about something that one may do, or the question asks no such thing.
    """
    done, asked = _MAY_DO.match(query.bare, prefix_of(query.text)), _OF_DOING.fullmatch(question.bare)
    if done is None or asked is None or any(topic.group == "deed" for topic in topics_of(query)):
        return ""
    said = "how much does it cost" if asked["cost"] else "how long does it take" if asked["time"] else "is it free"
    return f"{said} to {query.bare[done.end() :]}?"


def asks_of_doing(question: Utterance) -> bool:
    """Say whether a question asks what it costs to do "it", how long it takes, or whether it is free."""
    return _OF_DOING.fullmatch(question.bare) is not None


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


def asked_with_en(question: Utterance, role: str, word: str, query: Utterance, form: Form) -> str:
    """Return an English question with the word that asks: `assistant.rephrasing.asked_with`."""
    told = query.told
    asked = question.bare.lower()
    if question.language == "en" and (
        asked.partition(" ")[0] in (*PREPOSITIONS, *CIRCUMSTANTIAL)
        or asked.startswith(("how many ", "until ", "since "))
    ):
        # "After how many days?" is not "how many days?", and neither is "how long?".
        word = capital(question.bare)
    elif _WHY_SO.fullmatch(asked):
        return quoting(query, question.text)
    elif role == "why" and _DENYING_EN.search(asked):
        return _why_not(query) or quoting(query, question.text)
    elif asked == "how many":
        counted = next((phrase for phrase in reversed(phrases_of(query)) if is_plural(phrase.text)), None)
        if counted is None or counted.is_subject or counted.end != len(query.bare) or told[0].text not in AUXILIARIES:
            return quoting(query, question.text)
        return f"How many {counted.text} {_lowered(query)[: counted.start].rstrip()}?"
    if form.what is told[0] and not form.asks and len(told) > 1 and told[1].text in AUXILIARIES:
        # "Why is the fee this?" says nothing, "why does Getui collect this?" does.
        if role not in ("who", "how_long", "how_much") and not (
            told[1].text in ("is", "are") and not told[-1].text.endswith("ed")
        ):
            return f"{word} {query.bare[told[1].start :]} this?"
    elif told[0].text in AUXILIARIES and not form.asks and (role != "who" or form.gives):
        return f"{'To whom' if role == 'who' and not form.shares else word} {_lowered(query)}"
    return quoting(query, question.text)


def _why_not(query: Utterance) -> str:
    """Return why what a yes/no question asks is not so: "Why can't I book it?"; nothing for any other question."""
    first = query.told[0]
    denied = first.text if first.text.endswith("n't") else _DENIED_EN.get(first.text)
    return f"Why {denied}{query.text[first.end :]}" if denied and not query.text[: first.start].strip() else ""


_DENIED_EN = {"can": "can't", "will": "won't"} | {
    word: f"{word}n't"
    for word in ("is", "are", "was", "were", "do", "does", "did", "has", "have", "could", "would", "should")
}
_WHY_SO = re.compile("why (?:so|that) [a-z]{1,20}")


def agreeing(before: str, after: str, *, plural: bool, was_plural: bool) -> tuple[str, str]:
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


def _lowered(query: Utterance) -> str:
    """Return a question as it is written after other words."""
    first = query.words[0] if query.words else None
    if first and not first.has("topic", "unknown") and first.text.split(" ")[0] not in ("i", "i'm", "i've"):
        return query.text[0].lower() + query.text[1:]
    return query.text
