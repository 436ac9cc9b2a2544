"""Puts an English question that leans on another into words of its own: see `assistant.questions.rephrasing`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.questions.phrases import Phrase, Unit, phrases_of, units_of
from assistant.questions.rephrasing.former import Form, is_quoting, quoted_in, quoting
from assistant.questions.topics import Topic, name_of, owned, prefix_of, supposed_in, topics_of
from assistant.text.english import (
    AUXILIARIES,
    BY_MEANS,
    CIRCUMSTANTIAL,
    DOERS,
    INDEFINITE,
    LINKING,
    PREPOSITIONS,
    THIRD_PERSON,
    WHERETO,
    article_of,
    capital,
    is_plural,
    is_somebody,
    like,
)
from assistant.text.units import PERIODS_EN, any_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.questions.utterances import Utterance


def keeps_denials_en(rest: Utterance, said: str) -> bool:
    """Say whether an English question denies something if a follow-up does."""
    return _DENYING_EN.search(rest.bare) is None or _DENYING_EN.search(said) is not None


_DENYING_EN = re.compile(r"\b(?:not|no|never|without|non)\b|n't\b", re.IGNORECASE)


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


def instead(query: Utterance, phrase: Phrase, said: str) -> str:
    """Return a question with other words in place of a phrase and the preposition before it."""
    start = query.text.lower().rindex(phrase.preposition, 0, phrase.start)
    return f"{query.text[:start]}{like(query.text[start:], said)}{query.text[phrase.end :]}"


def put_phrase(query: Utterance, phrase: Phrase, name: str, article: str) -> str:
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


def is_modifier(word: str) -> bool:
    """Say whether an English word qualifies others rather than names something: annual, large, part-time."""
    return _MODIFIERS.fullmatch(word) is not None and not (word.endswith("s") and "-" in word)


# The commonest by name, the others by how they end.
_MODIFIERS = re.compile(
    "gold|silver|bronze|platinum|express|other|basic|standard|premium|deluxe|single|double|twin|triple|small|medium|large|big|long|short"
    "|new|old|young|full|half|early|late|domestic|foreign|economy|business|prepaid|paid|unpaid|sick|hot|cold|fresh|frozen"
    "|daily|weekly|monthly|quarterly|yearly|hourly|(?:part|full|first|second|third|long|short|high|low|same|next)-[a-z]{2,12}"
    "|[a-z]{2,12}(?:nu|u|ci|ti|ion|ic|er|on|en|oc|gi)al"
)


def fits_en(query: Utterance, topic: Topic, new: Topic) -> bool:
    """Say whether a name may take the place of another in an English question."""
    if not LINKING.isdisjoint(topic.text.lower().split()):
        # "Water damage" is not said of what is "under warranty", and "items under 5" of 5 kg names nothing.
        return False
    phrase = next((phrase for phrase in phrases_of(query) if phrase.start == topic.start), None)
    if phrase and phrase.is_complement:
        # Nobody is free of charge, as a loan may be.
        return not (_PRICED.search(query.text) and is_somebody(new.text) and not is_somebody(topic.text))
    nobody = new.concept is None and new.text.islower() and not is_somebody(new.text)
    if phrase and phrase.is_subject and topic.group in ("who", "person") and nobody and not is_plural(new.text):
        # No dinner pays, as a supplier may.
        return False
    if phrase and phrase.is_subject and not new.is_one and _is_several(new.text):
        # "And hang pictures?" after "do dogs bark?".
        return False
    return bool(topic.concept or new.concept or not topic.form or not new.form or topic.form == new.form)


def _is_several(name: str) -> bool:
    """Say whether a few English words may be a verb and what is done: "hang pictures"."""
    first = name.partition(" ")[0]
    return " " in name and not (first[0].isupper() or is_modifier(first))


def as_subject(query: Utterance, new: Topic) -> str:
    """Return the former question asked of another who does or is something: "are children allowed?" of "are dogs …"."""
    named = topics_of(query)
    phrase = next((phrase for phrase in phrases_of(query) if phrase.is_subject), None)
    if phrase is None or new.group not in ("person", "who", "thing", ""):
        return ""
    if new.group == "person" and _PRICED.search(query.text):
        return ""
    doers = ("person", "who") if new.group in ("person", "who") or is_somebody(new.text) else ()
    known = _is_several(new.text) or any(
        topic.concept and topic.group not in doers for topic in named if phrase.start <= topic.start < phrase.end
    )
    people = new.group == "person" and phrase.form == "counted"
    return (
        put_phrase(query, phrase, name_of(new, "en"), "") if not known and (people or phrase.form == new.form) else ""
    )


def is_of_several(query: Utterance, new: Topic) -> bool:
    """Say whether it cannot be told for which thing something stands: "the sauna" for the pool or the card."""
    articles = INDEFINITE if new.is_one else ("the",) if new.form == "definite" else ()
    return new.concept is None and sum(phrase.article in articles for phrase in phrases_of(query)) > 1


# "And for students?" is asked of what they pay.
_PRICED = re.compile(r"\bhow much (?:is|are)\b|\bcosts?\b|\bfree(?: of charge)?\W{0,3}$", re.IGNORECASE)
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
        if " " in name and name not in names:
            # "Heavy parcels" are not what one does with a parcel.
            return ""
        return next((found for found in names if re.match(r"(?!\w+(?:ing|ed|s) )\w+ (?:my|the) ", found)), "")
    return name


def object_in_en(query: Utterance, topic: Topic, new: Topic) -> Topic | None:
    """Return what something is done to, of an English name that holds both: see `_object_in` of the package."""
    done = _DONE_TO.fullmatch(topic.text) if precedes(query, topic) in BEFORE_VERBS else None
    if done is None or (new.group == "deed" and is_done_en(new)) or not (done["owner"] or topic.group == "deed"):
        return None
    owner, start = done["owner"] or "", topic.start + done.start("what")
    return replace(topic, text=done["what"], group="thing", concept=None, owner=owner, start=start)


_DONE_TO = re.compile(
    r"(?![a-z]{1,20}ing )[a-z]{2,20} (?:(?P<owner>(?:my|the|our|your) )(?=[a-z ]{2,40}$)|)"
    r"(?P<what>(?!(?:out|in|on|up|off|to|from|down|away|back|of|about|for|with|into|my|the|our|your)\b)"
    r"[a-z]{2,20}(?(owner)(?: [a-z]{2,20}){0,2}|))",
    re.IGNORECASE,
)


def is_done_en(new: Topic) -> bool:
    """Say whether an English name of what is done may follow "can I", if in other words: no "my booking"."""
    name = name_of(new, "en")
    verb = verb_of(new, name)
    noun = verb == name and " " in name and not _BEGINS_WITH_VERB.search(name)
    return verb != "" and not noun and (verb != name or not (new.owner or new.is_one))


_BEGINS_WITH_VERB = re.compile(
    r"^[a-z]{2,20} (?:my|our|your|the|an?|it)\b| (?:in|out|on|off|up|down|away|back)$", re.IGNORECASE
)


def by_other_means(query: Utterance, new: Topic) -> str:
    """Return "can I pay by cash?" of "can I pay by card?"; nothing for a question that ends with no such means."""
    last = next(iter(phrases_of(query)[-1:]), None)
    if last is None or last.preposition != "by" or last.form != "mass" or last.is_time or last.end != len(query.bare):
        return ""
    return "" if new.owner or new.is_one else put_phrase(query, last, name_of(new, "en"), "")


def corrected_en(query: Utterance, new: Topic) -> str:
    """Return the former question with what was meant in place of what it names last; nothing if it names nothing."""
    named = [phrase for phrase in phrases_of(query) if not phrase.is_time]
    return put_phrase(query, named[-1], name_of(new, "en"), new.owner.strip()) if named else ""


def with_noun_for_one(asked: str, query: Utterance) -> str:
    """Return a question with the noun of the former one that "one" stands for: "a new pass" for "a new one".

    The former question is asked of such a one where the question names no more: "and a private one?".

    Args:
        asked: The question.
        query: The former question.

    Returns:
        The question; nothing if it has no such word, or the former question names no one thing.
    """
    one = _A_SUCH_ONE.search(asked)
    if one is None or query.language != "en":
        return ""
    named = [phrase for phrase in phrases_of(query) if not (phrase.is_time or is_plural(phrase.text))]
    former = next((phrase for form in ("counted", "definite") for phrase in named if phrase.form == form), None)
    if former is None:
        return ""
    name = f"{one['kind']} {former.words[-1]}"
    if one[0] == asked.rstrip("?!. "):
        return put_phrase(query, former, name, one["article"])
    return f"{asked[: one.start('kind')]}{name}{asked[one.end() :]}"


# "A new one", "the small one"; "one" alone, "this one" and "which one" stand for a whole thing.
_A_SUCH_ONE = re.compile(
    r"\b(?P<article>an?|the) (?!(?:first|second|third|last|other|former|latter|next)\b)(?P<kind>[a-z-]{2,20})"
    r" one(?![\w-])",
    re.IGNORECASE,
)


def whether_one_may(query: Utterance, name: str) -> str:
    """Return "can I bring my phone to the exam?" of "what can I bring to the exam?"; nothing for any other question.

    Args:
        query: The former question.
        name: The name of a thing, with its article: it is one of those that are asked for.
    """
    asked = _WHAT_MAY.match(query.text)
    return f"{like(query.text, asked['may'])} {name}{query.text[asked.end() :]}" if asked else ""


_WHAT_MAY = re.compile(
    r"what (?P<may>(?:(?:can|may|could|should|must) (?:i|we) (?!do\b|get\b)[a-z]{2,20}"
    r"|do (?:i|we) (?:need|(?:need|have) to (?!do\b|get\b)[a-z]{2,20}))"
    r"(?=[?!. ]{0,3}$| (?:to|into|onto|in|inside|on|at|with (?:me|us))\b| for (?:an?|the) ))",
    re.IGNORECASE,
)


def _of_another_than_you(query: Utterance, new: Topic) -> str:
    """Return what is asked of "you", asked of another; nothing for a question that asks it of nobody."""
    name, text = name_of(new, "en"), query.text
    pairs = ((word, after) for word, after in pairwise(query.told) if after.text == "you" and word.text in AUXILIARIES)
    word, after = next(pairs, (None, None))
    if word is None or after is None:
        return ""
    if not any(word.has("what", "handling") or word.is_aspect for word in query.told):
        # Others may have data, too; but they take no cash.
        return quoting(query, new.text)
    verb = word.text if is_plural(name) else THIRD_PERSON.get(word.text, word.text)
    return f"{text[: word.start]}{like(text[word.start :], verb)} {name}{text[after.end :]}"


def swapped_en(query: Utterance, new: Topic) -> str:
    """Return the former question, which names nothing of the sort, asked of something else."""
    name, text, told = name_of(new, "en"), query.text, query.told
    closing = text[len(query.bare) :] or "?"
    first = told[0] if told else None
    if new.group == "thing" and first and first.has("what") and len(told) > 2 and told[1].text in AUXILIARIES:
        return f"{like(text, query.bare[told[1].start :])} {owned(new, 'en')}{closing}"
    named = new.group != "" or name[:1].isupper() or not name.isascii() or is_somebody(name)
    if not named:
        # Of what else there may be, the former question is not asked again: dogs after "can I carry leave over?".
        return ""
    if new.group == "" and new.concept is None and (said := asked_of_place(query, name)):
        return said
    if new.group in ("who", ""):
        given = {concept for word in told for concept in word.concepts} & query.vocabulary.giving
        if given and first and first.text in AUXILIARIES:
            return f"{query.bare} {'with' if 'sharing' in given else 'to'} {name}{closing}"
        if said := _of_another_than_you(query, new):
            return said
    known = new.group not in ("", "thing") or new.concept is not None or new.owner or name[:1].isupper()
    if is_quoting(query) or not (known or is_somebody(name)):
        return ""
    if new.group in ("who", "", "thing") and not is_somebody(name) and (said := by_other_means(query, new)):
        return said
    start = prefix_of(text)
    rest = f"{text[start : start + 1].lower()}{text[start + 1 :]}" if start else _lowered(query)
    article = new.owner if new.owner or not new.is_one else article_of(name, "a ")
    return f"For {article}{name}, {rest}"


def supposing_en(query: Utterance, condition: str) -> str:
    """Return an English question, asked under a condition: "On iOS, how long do you keep it?"."""
    if is_quoting(query):
        query = query.vocabulary.read(quoted_in(query))
    if not any(word.asks or word.has("what") or word.text in AUXILIARIES for word in query.told):
        # "Two of them?" is no question to be put under a condition.
        return quoting(query, f"{condition}?")
    preposition = condition.partition(" ")[0].lower()
    if (former := supposed_in(query.text)) and former[1].lower() == preposition:
        # "If I'm late, …" of "and if I'm ill?" is not asked of both.
        return f"{capital(condition)}, {query.text[former.end() :]}"
    last = next(iter(phrases_of(query)[-1:]), None)
    if last and last.preposition == preposition and preposition in WHERETO and _is_place(query, last):
        # "In the US" takes the place of "in Spain".
        return instead(query, last, condition)
    if last and preposition == "for" and last.preposition in _OF_WHICH and _are_names(query, last, condition):
        # "And for Classic?" after "do I get a refund on Light?".
        return f"{query.text[: last.start]}{condition.partition(' ')[2]}{query.text[last.end :]}"
    if (means := _means_of(query)) and _is_means(query, condition, means.preposition):
        # Not "by post, can I cancel online?".
        said = f"{query.text[: means.start]}{condition}{query.text[len(query.bare) :]}"
        return said if means.is_certain else quoting(query, f"{condition}?")
    return f"{capital(condition)}, {_lowered(query)}"


_OF_WHICH = ("on", "with")


def _are_names(query: Utterance, phrase: Phrase, condition: str) -> bool:
    """Say whether a question ends in a name, and a circumstance is one."""
    name = condition.partition(" ")[2]
    return phrase.end == len(query.bare) and not phrase.article and phrase.text[0].isupper() and name[:1].isupper()


@dataclass(frozen=True, slots=True)
class _Means:
    """The means or the place that a question ends in: "by post" of "can I return it by post?"."""

    start: int
    preposition: str
    is_certain: bool
    """Whether it says how something is done: in "is there a limit on withdrawals?" it says what limit that is."""


def _means_of(query: Utterance) -> _Means | None:
    """Return the means or the place that a question ends in; None if it ends otherwise."""
    phrases = phrases_of(query)
    last = phrases[-1] if phrases else None
    if last is None or last.end != len(query.bare) or last.is_time:
        return None
    if last.words[-1] in _ON_LINE:
        return _Means(last.starts[-1], "via", is_certain=True)
    if last.preposition not in BY_MEANS:
        return None
    start = query.text.lower().rindex(last.preposition, 0, last.start)
    which = any(phrase.form != "definite" and phrase.end + 1 == start for phrase in phrases[-2:-1])
    return _Means(start, last.preposition, is_certain=last.preposition in _BY or not which)


def _is_means(query: Utterance, condition: str, former: str) -> bool:
    """Say whether a circumstance is a means or a place, and no time, where a preposition was before another."""
    said = query.vocabulary.read(condition)
    first = said.told[0].text if said.told else ""
    timed = any(phrase.is_time for phrase in phrases_of(said)) or _IN_TIME.search(condition) is not None
    # "With vouchers" after "by card"; "with a dog" is no other place.
    return first in _ON_LINE or (not timed and (first in BY_MEANS or (first == "with" and former in _BY)))


_BY = ("by", "via")
_ON_LINE = ("online", "offline")
_IN_TIME = re.compile(rf"\b(?:{any_unit(PERIODS_EN)}|nights?|time|[0-9]{{4}})\b", re.IGNORECASE)


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
    if done is None or asked is None:
        return ""
    # "Is it free?" may be asked of a quote, "does it cost anything?" is asked of getting it.
    if _OF_THING.match(question.bare) and (done["how"] or any(topic.group == "deed" for topic in topics_of(query))):
        return ""
    said = _POINTING.sub("it", asked["said"] or "how much does it cost")
    return f"{said[:1].lower()}{said[1:]} to {query.bare[done.end() :]}{asked['whom'] or ''}?"


def asks_of_doing(question: Utterance) -> bool:
    """Say whether a question asks what it costs to do "it", how long it takes, or whether it is free."""
    return _OF_DOING.fullmatch(question.bare) is not None


_MAY_DO = re.compile(
    r"(?:(?:(?:for|until|after|by) )?(?:(?:how|when|where|how long|how often|how many \w{1,20}) )?(?:can|could|may)"
    r"|(?P<how>how (?:do|should|would))) (?:i|we) (?!know\b)(?=\w)",
    re.IGNORECASE,
)
_OF_DOING = re.compile(
    r"(?:how much (?:does|will|would) (?:it|that|this) cost|how much(?: is|'s) (?:it|that|this)"
    r"|what does (?:it|that) cost"
    r"|(?P<said>how long (?:does|will|would) (?:it|that|this) take|(?:does|will) (?:it|that) (?:cost|take) [a-z]{4,8}"
    r"|is there (?:an?|any) (?:extra )?(?:fee|charge|cost)|do (?:i|we) have to pay(?: anything| extra)?"
    r"|is (?:it|that|this) free)(?: of charge)?)"
    r"(?: for (?:it|that|this|doing (?:it|that|so))|(?P<whom> for (?:an? |the |my )?[a-z-]{3,20}(?: [a-z-]{3,20})?))?",
    re.IGNORECASE,
)
_OF_THING = re.compile(r"(?:how much(?: is|'s)|is) (?:it|that|this)\b", re.IGNORECASE)
_POINTING = re.compile(r"\b(?:that|this)\b", re.IGNORECASE)


def asked_with_en(question: Utterance, role: str, word: str, query: Utterance, form: Form) -> str:
    """Return an English question with the word that asks: `assistant.questions.rephrasing.asked_with`."""
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
    elif asked.removesuffix(" then") == "how much" and not _PAYS.search(query.bare):
        # Not "how much is breakfast included?", nor "how much do nurses get overtime?".
        return quoting(query, question.text)
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
_PAYS = re.compile(
    r"\b(?:pay|paid|owe|spend|earn|save|cost|charged?|deducted|refunded|reimbursed|lose)"
    r"(?: (?:for|per|an?) [^,]{1,60})?$",
    re.IGNORECASE,
)
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
