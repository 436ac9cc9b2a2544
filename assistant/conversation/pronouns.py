"""Pronouns: follow-ups that say with them what they ask of, such as 它保存多久, "do they sell it?" and "the latter"."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.conversation.leaning import rewritten
from assistant.conversation.remarks import ask_back, show
from assistant.questions.references import Reference, references_in
from assistant.questions.rephrasing import filled, supposing, swapped
from assistant.questions.rephrasing.english import asks_of_doing, of_doing
from assistant.questions.topics import Topic, name_of, nth, phrase_of, topics_of
from assistant.questions.utterances import LAST
from assistant.text.chinese import WHETHER
from assistant.text.english import AUXILIARIES, PREPOSITIONS, is_plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.conversation.leaning import Leaning
    from assistant.conversation.turns import Condensed
    from assistant.questions.utterances import Utterance, Word
    from assistant.text import Language


def by_place(leaning: Leaning) -> Condensed | None:
    """Say what is asked of the second, or of the latter: of several things named, or of the clauses cited."""
    rest, parts = leaning.rest, leaning.parts
    word = next((word for word in parts.told if word.has("ordinal", "former", "latter")), None)
    if word is None:
        return None
    topics = topics_of(leaning.query)
    alike = ([topic for topic in topics if topic.group == group] for group in ("who", "thing", ""))
    several = next((found for found in alike if len(found) > 1), [])
    topic = nth(several, word.place or (1 if word.has("former") else LAST))
    if topic and parts.asks:
        return rewritten(filled(rest, [(word, name_of(topic, rest.language))]))
    if topic and (said := swapped(leaning.query, topic)):
        return rewritten(said)
    if not word.place or parts.own:
        return None
    if parts.asks and word.place > len(leaning.memory.cited):
        return leaning.quoted()
    return show(rest, leaning.memory)


def by_pronoun(leaning: Leaning) -> Condensed | None:
    """Say what a question with pronouns asks: with names in their places, or by asking back."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    if asked := of_doing(rest, query) or _whom_to_turn_to(rest):
        return rewritten(asked)
    references = references_in(rest, parts)
    if not references:
        return leaning.quoted() if _OF_NOTHING.fullmatch(rest.bare) else None
    if len(parts.content) == len(references) and len(parts.told) <= _MOST_WORDS_UNCLEAR:
        return ask_back(rest, leaning.memory)
    # 上面说的那个 points at one thing.
    doubled = any(one.word.end == other.word.start for one, other in pairwise(references))
    if doubled or len(parts.content) == len(references) or _is_of_all(leaning, references[0]):
        return leaning.quoted()
    names: list[tuple[Reference, str]] = []
    told: list[Topic] = []
    for reference in references:
        referent = reference.referent((query, *leaning.memory.earlier))
        if referent is None:
            leans = leaning.names_nothing or reference.is_someone or _is_said(leaning, reference)
            by_itself = parts.own and not leans
            return None if by_itself else leaning.quoted()
        new = [topic for topic in referent.topics if topic not in told]
        if not reference.is_plural and len(new) > 1 and all(topic.group in ("who", "") for topic in new):
            return ask_back(rest, leaning.memory)
        name = _called(new, told, query, rest.language, of_data=referent.of_data, pronoun=reference.word)
        if not name:
            return leaning.quoted()
        told += new
        names.append((reference, name))
    said = filled(rest, [(reference.word, name) for reference, name in names])
    asks = (parts.asks and not _is_said(leaning, references[0])) or parts.begins_whether or rest.bare.endswith(WHETHER)
    if not asks and (leaning.is_marked or parts.told[0].has("condition") or _is_said(leaning, references[0])):
        return _of_another_pointed_at(leaning, said.rstrip("呢?？!！。 "), told[0].group if told else "", references[0])
    # A name that is doubled was read amiss.
    return leaning.quoted() if _TWICE.search(said) else rewritten(said)


def _whom_to_turn_to(rest: Utterance) -> str:
    """Return whom or how one contacts, whatever about: "who do I contact about that?"; nothing for anything else."""
    told = _TOLD_ABOUT.fullmatch(rest.bare)
    return told["asked"] if told else ""


_MOST_WORDS_UNCLEAR = 3
_TOLD_ABOUT = re.compile(
    r"(?P<asked>(?:who|how) .{0,25}\b(?:contact|ask|call|phone|e-?mail|write|speak|talk|complain)(?: to)?(?: you)?) "
    r"about (?:it|this|that)",
    re.IGNORECASE,
)
# It stands for no thing, and says nothing by itself.
_OF_NOTHING = re.compile(r"(?:does|will) it (?:cost|take) [a-z]{4,8}", re.IGNORECASE)
_TWICE = re.compile(r"\b([a-z]{3,20}) \1\b", re.IGNORECASE)


def _is_said(leaning: Leaning, reference: Reference) -> bool:
    """Say whether an English follow-up only says what is done to what a pronoun stands for, or what that is.

    "And cancel it?" names no other thing, and "he is 15" asks nothing by itself.
    """
    told = leaning.rest.told
    if leaning.rest.language != "en":
        return False
    if not leaning.is_marked:
        return told[0] == reference.word and len(told) > 1 and told[1].text in AUXILIARIES
    if any(word.has("what_about") for word in leaning.asked.told):
        # "What about sharing it?"
        return False
    asks = leaning.parts.asking or leaning.parts.begins_whether or leaning.parts.has("what")
    done_to = not reference.word.has("its") and reference.word in (*told[1:2], told[-1])
    return not asks and done_to and not (told[0].has("condition") or told[0].text in PREPOSITIONS)


def _is_of_all(leaning: Leaning, reference: Reference) -> bool:
    """Say whether a pronoun stands for all that was asked about, rather than for something named."""
    query, rest = leaning.query, leaning.rest
    judged = leaning.parts.only_judges and not any(topic.group == "thing" for topic in topics_of(query))
    opposed = reference.is_whole and _OPPOSING.search(rest.text) is not None
    proved = _PROVING.search(rest.text) is not None
    # "Is it free?" after "do you freeze memberships?" is asked of doing that.
    return judged or opposed or proved or (_DO_YOU.match(query.text) is not None and asks_of_doing(rest))


_DO_YOU = re.compile(
    r"(?:(?:for how long|how often|how|when|why) )?(?:do|will|would|can|could) you (?!have|sell|offer|stock|provide)",
    re.IGNORECASE,
)
_PROVING = re.compile(
    r"\b(?:(?:prove|confirm|approve|authori[sz]e|allow|permit|sign off(?: on)?)s?|(?:i|we) do) (?:it|that|this)\b",
    re.IGNORECASE,
)
# What is done to a fact rather than to a thing: "what if I don't agree with that?".
_OPPOSING = re.compile(
    r"\b(?:stop|prevent|avoid|refuse|decline|agree|disagree|object|accept|mind|(?:don't|do not) (?:want|like))\b"
    "|拒绝|阻止|避免|同意|反对|接受",
    re.IGNORECASE,
)


def _of_another_pointed_at(leaning: Leaning, said: str, group: str, reference: Reference) -> Condensed | None:
    """Say what is asked that names with a pronoun only of what: 那他们的家长呢, "and if he's 15?".

    Args:
        leaning: The question.
        said: It with a name in place of the pronoun.
        group: The sort of what the pronoun stands for.
        reference: The pronoun.
    """
    query = leaning.query
    if not leaning.parts.told[0].has("condition"):
        if _is_said(leaning, reference):
            return leaning.quoted()
        return rewritten(swapped(query, Topic(text=said, group=group)))
    return leaning.quoted() if _is_stated(query) else rewritten(supposing(query, said, instead=False))


def _is_stated(query: Utterance) -> bool:
    """Say whether a question begins with a statement: "my kid is 12, can he use it?"."""
    first = query.told[0]
    return not (first.asks or first.has("what", "condition") or first.text in AUXILIARIES)


_WHO_DOES_IT = ("they", "he", "she")


def _called(
    topics: Sequence[Topic],
    told: Sequence[Topic],
    query: Utterance,
    language: Language,
    *,
    of_data: bool,
    pronoun: Word,
) -> str:
    """Return what a pronoun stands for in words; nothing if none would do.

    Args:
        topics: What it stands for, less what pronouns before it stand for.
        told: What these stand for.
        query: The former question, whose policy is named with the first of them.
        language: Language of the words.
        of_data: Whether the data of a company are meant.
        pronoun: The pronoun.
    """
    if language == "en" and any(topic.group == "deed" for topic in topics):
        return ""
    if topics:
        policy = [topic for topic in topics_of(query) if topic.group == "policy" and not told and topic not in topics]
        return phrase_of([*policy, *topics], language, of_data=of_data)
    if told and pronoun.has("its"):
        # "Do children need their parents' permission?"
        return pronoun.text
    if told and language == "en" and pronoun.text.lower() in _WHO_DOES_IT:
        # Who does it does not change in between: "do drivers know where they are going?".
        return pronoun.text
    several = len(told) > 1 or any(is_plural(topic.text) for topic in told)
    if told and not any(topic.group in ("who", "", "policy") for topic in told):
        # What was named once needs not be named again: "are personnel files encrypted, and who can see them?".
        return "它" if language == "zh" else "them" if several else "it"
    # "Does Getui sell the data Getui gets" says a name twice.
    return "拿到的信息" if language == "zh" else f"the data {'they get' if several else 'it gets'}"
