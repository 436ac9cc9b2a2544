"""Conversation: a follow-up becomes a question that stands by itself.

People ask a help chat in pieces: 个推收集什么？, 那高德呢？, "and how long do you keep it?". `condense` says what the
last of them asks, in words that could have been typed alone. It needs no model and no answers, only what was asked;
the clauses that were cited, where they are known, let "the second one" and "anything else?" be taken at their word.

The turns are read one after the other, each leaving what the next may lean on (`_Memory`): the last question as it
stands by itself, those before it, what was cited, what was asked back. Each question then goes this way:

1. If all of it is said to the assistant, such as thanks, 还有吗, 原文在哪 or 转人工, it is no question (`_said_to_us`).
2. What stands before the question is taken off: a greeting, another topic announced, a correction (`_opening`).
3. The first of these to fit makes it stand by itself, or asks back (`_follow_up`):
   `_answer_to_us` 高德, when it was asked whether 高德 or 个推 is meant;
   `_of_one_like_it` 普通会员呢 after 金卡会员, "and annual?" after "a monthly membership";
   `_of_nothing`   那呢, 可以吗, 这样合法吗: no words of its own;
   `_by_place`     "what is the second one for?", "and the latter?";
   `_by_pronoun`   它保存多久, "do they sell it?";
   `_supposing`    注销以后呢, "and on iOS?";
   `_of_another`   那高德呢, "and my contacts?", 那共享呢: names only of what;
   `_of_the_same`  保存多久, "why?": says only what of it;
   `_by_sequel`    需要出示什么, "do you ask first?": names nothing.
4. Else it stands by itself, and is left as typed. In any doubt a question does. But a short one may lean on those
   before it though no word shows it: they are told (`Condensed.after`), and what answers them is put forward.

Questions are taken apart by `assistant.utterances`, with the words of `data/conversation.toml` and the concepts of the
thesaurus; what a pronoun stands for is in `assistant.references`, how a question is worded anew in
`assistant.rephrasing`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from assistant.chinese import INTERROGATIVES, WHETHER
from assistant.english import CIRCUMSTANTIAL, DOERS, INDEFINITE, is_plural, one_of
from assistant.references import Reference, of_data, references_in
from assistant.rephrasing import (
    asked_of,
    asked_of_place,
    asked_the_same,
    asked_with,
    asks_who,
    filled,
    in_another_case,
    is_quoting,
    keeps_denials,
    likened,
    noun_zh,
    of_doing,
    of_some,
    other_aspect,
    quoted_in,
    quoting,
    supposing,
    swapped,
)
from assistant.text import Language, has_han, visible
from assistant.topics import Topic, form_of, name_of, phrase_of, prefix_of, stated_until, topics_of, topics_said
from assistant.utterances import (
    ASKING_ROLES,
    LAST,
    Parts,
    Utterance,
    Vocabulary,
    Word,
    default_vocabulary,
    vocabulary_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.answering import Answer
    from assistant.thesaurus import Thesaurus

Kind = Literal["question", "follow_up", "more", "show", "human", "smalltalk", "unclear"]
"""What is asked: see `Condensed.kind`."""

CitedClause = tuple[str, str]
"""Id of a policy, and of a clause in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange of a conversation. Only the question is needed."""

    question: str
    """What the person asked."""
    answer: str = ""
    """What the assistant said."""
    query: str = ""
    """What the question was understood as, if that is known: `Answer.query`."""
    citations: tuple[CitedClause, ...] = ()
    """The clauses that the answer cited, in the order of its markers, if they are known."""

    @classmethod
    def of(cls, answer: Answer) -> Turn:
        """Return the turn that an answer ends."""
        cited = tuple((citation.policy_id, citation.clause_id) for citation in answer.citations)
        return cls(question=answer.question, answer=answer.text, query=answer.query, citations=cited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """What a question of a conversation asks."""

    query: str
    """The question made to stand by itself, fit to be shown; the question as typed if it already does."""
    kind: Kind
    """`question`: it stands by itself. `follow_up`: it was made to. `more`: what else there is to `query`. `show`: the
    clauses whole that answer `query`. `human`: whom to turn to. `smalltalk`: nothing to be looked for. `unclear`: it
    cannot be told what is meant."""
    reply: str = ""
    """What to say without looking for anything, for `smalltalk` and `unclear`; for `more`, once nothing is left."""
    cited: tuple[CitedClause, ...] = ()
    """For `more` and `show`: the clauses that answers to `query` cited so far. For what leans on the question before:
    those that its answer cited, near which its own answer may be. Empty if that is not known."""
    told: str = ""
    """For `more`: the answers to `query` so far, if they are known."""
    rounds: int = 0
    """For `more`: how often `query` was answered so far, for when `cited` is not known."""
    place: int = 0
    """For `show`: which of the clauses cited, 1 being the first and -1 the last; 0 for all."""
    is_polite: bool = False
    """Whether nothing is asked at all: a greeting, thanks."""
    after: tuple[str, ...] = ()
    """Questions to be searched for besides: those before it that `query` may lean on in ways that no words show, the
    latest first, as a short one may; of a `query` that quotes the one before it, what it asks itself."""


def condense(
    question: str, history: Sequence[Turn], *, names: Sequence[str] = (), thesaurus: Thesaurus | None = None
) -> Condensed:
    """Say what `question` asks, given what was asked before it.

    Args:
        question: The question, as typed.
        history: What was said before, oldest first.
        names: Names of the policies and their companies, which a follow-up keeps to.
        thesaurus: The concepts of the policies; those that come with the package by default.

    >>> condense("那高德呢", [Turn(question="个推收集什么？")]).query
    '高德收集什么？'
    >>> condense("and how long do you keep it?", [Turn(question="do you collect my phone number?")]).query
    'how long do you keep my phone number?'
    >>> condense("怎么注销账号", [Turn(question="个推收集什么？")]).kind
    'question'
    """
    memory = _Memory(names=tuple(names), vocabulary=vocabulary_of(thesaurus) if thesaurus else default_vocabulary())
    for turn in history:
        memory = _after(turn, memory)
    return _understood(question, memory)


# --- What is remembered from turn to turn --------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What the turns so far leave to lean on."""

    names: tuple[str, ...] = ()
    """Names of the policies."""
    vocabulary: Vocabulary = field(default_factory=default_vocabulary)
    """What questions are read with."""
    query: Utterance | None = None
    """The last question, as it stands by itself."""
    unsupposed: Utterance | None = None
    """That question without the circumstances that a follow-up had it asked under, if one had."""
    earlier: tuple[Utterance, ...] = ()
    """The questions before it, the latest first."""
    after: tuple[str, ...] = ()
    """What that question may lean on: `Condensed.after`."""
    cited: tuple[CitedClause, ...] = ()
    """What was cited in answer to it."""
    told: str = ""
    """The answers to it."""
    rounds: int = 0
    """How often it was answered."""
    pending: str = ""
    """A question asked since then that lacks what it is about."""
    candidates: tuple[Topic, ...] = ()
    """What that may be."""

    def read(self, question: str) -> Utterance:
        """Take a question apart."""
        return self.vocabulary.read(question, names=self.names)

    def emptied(self) -> _Memory:
        """Return what is left once the topic has changed."""
        return _Memory(names=self.names, vocabulary=self.vocabulary)


def _after(turn: Turn, memory: _Memory) -> _Memory:
    """Return what is remembered once a turn is over."""
    found = _understood(turn.question, memory)
    if _opening(memory.vocabulary.read(turn.question, chat=True), leans=memory.query is not None).changes:
        memory = memory.emptied()
    if found.kind in ("smalltalk", "show", "human"):
        return memory
    if found.kind == "more":
        return replace(
            memory,
            cited=(*memory.cited, *turn.citations),
            told=f"{memory.told}\n{turn.answer}",
            rounds=memory.rounds + 1,
        )
    if found.kind == "unclear":
        return replace(memory, pending=turn.question, candidates=_candidates(memory))
    query = memory.read(visible(turn.query).strip() or found.query)
    return replace(
        memory.emptied(),
        query=query,
        unsupposed=_unsupposed(query, memory) if found.kind == "follow_up" else None,
        earlier=(memory.query, *memory.earlier)[:_MOST_EARLIER] if memory.query else (),
        after=found.after,
        cited=turn.citations,
        told=turn.answer,
        rounds=1,
    )


def _unsupposed(query: Utterance, memory: _Memory) -> Utterance | None:
    """Return a question without the circumstances that it is asked under; None if it is the former one under none."""
    former = memory.query
    if former is None:
        return None
    if former_start := _circumstances(former, memory):
        if len(query.text) > former_start and query.text[:former_start] == former.text[:former_start]:
            return memory.read(query.text[former_start:])
        former = memory.unsupposed or former
    asked = quoted_in(former) or former.text
    start = len(query.text) - len(asked)
    supposed = start > 0 and query.text[start:].lower() == asked.lower() and query.text[:start].endswith(("，", ", "))
    return memory.read(asked) if supposed else None


def _circumstances(query: Utterance, memory: _Memory) -> int:
    """Return where a question begins after the circumstances that a follow-up had it asked under; 0 without any."""
    return len(query.text) - len(memory.unsupposed.text) if memory.unsupposed else 0


_MOST_EARLIER = 3
_MOST_AFTER = 2
_MOST_WORDS_LEANING = 7
"""Longest question, in words, that may lean on another though no word of it says so."""


# --- What is asked ---------------------------------------------------------------------------------


def _understood(question: str, memory: _Memory) -> Condensed:
    """Say what a question asks, given what is remembered."""
    vocabulary = memory.vocabulary
    said = vocabulary.read(question, chat=True)
    if found := _said_to_us(said, memory):
        return found
    opening = _opening(said, leans=memory.query is not None)
    if opening.changes:
        memory = memory.emptied()
    core = said.text[opening.end :]
    if opening.end and (found := _said_to_us(vocabulary.read(core, chat=True), memory)):
        return found if found.query else replace(found, query=said.text)
    asked = memory.read(core)
    if found := _follow_up(asked, memory, corrects=opening.corrects):
        return replace(found, cited=() if opening.corrects else memory.cited) if found.kind == "follow_up" else found
    if opening.changes or opening.corrects:
        return Condensed(query=core, kind="question")
    found = Condensed(query=question, kind="question")
    if memory.query is None or len(asked.told) > _MOST_WORDS_LEANING:
        return found
    # What quotes another question leans on that one, and says so.
    before = () if is_quoting(memory.query) else memory.after
    return replace(found, after=(memory.query.text, *before)[:_MOST_AFTER], cited=memory.cited)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """What stands before a question: a greeting, the announcement of another topic, a correction."""

    end: int = 0
    changes: bool = False
    corrects: bool = False


def _opening(said: Utterance, *, leans: bool) -> _Opening:
    """Return what stands before the question of an utterance.

    Args:
        said: The utterance.
        leans: Whether there is a question before it that can be corrected.
    """
    opening = _Opening()
    for word, after in zip(said.words, (*said.words, None)[1:], strict=True):
        chinese = has_han(word.text)
        ends = after is None or after.has("mark") or (chinese and word.end < after.start)
        if word.has("change") and (ends or chinese or " " in word.text):
            opening = replace(opening, end=word.end, changes=True)
        elif leans and (word.has("meant") or (word.has("fix") and (ends or opening.corrects))):
            opening = replace(opening, end=word.end, corrects=True)
        elif word.has("greeting", "thanks", "ack") and ends:
            opening = replace(opening, end=word.end)
        elif not word.has("mark", "filler"):
            break
    rest = said.text[opening.end :]
    return replace(opening, end=len(said.text) - len(rest.lstrip(_BETWEEN))) if opening.end else opening


_BETWEEN = " \t,.;:!?，。；：！？、~…-—"


# --- What is said to the assistant ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remark:
    """A kind of thing that is said to the assistant rather than asked of a policy."""

    means: str
    """A kind of `Condensed`, or the reply to it."""
    needs: frozenset[str]
    """Roles of which a word must have one."""
    allows: frozenset[str]
    """Roles of which every word must have one."""


_POLITE = frozenset({"greeting", "thanks", "bye", "ack"})
_AROUND = frozenset({"lead", "particle", "function"})
_REMARKS = tuple(
    _Remark(means=means, needs=frozenset(needs), allows=frozenset(needs) | _POLITE | frozenset(allows))
    for means, needs, allows in (
        ("identity", {"identity"}, {"ability", "particle"}),
        ("ability", {"ability"}, {"identity", "particle"}),
        ("more", {"more"}, {*_AROUND, "among", "it", "these", "what"}),
        ("polite", _POLITE, ()),
        ("thanks", {"thanks"}, {"it", "function"}),
        ("change", {"change"}, {"fix", "meant"}),
        ("fix", {"fix", "meant"}, ()),
        ("human", {"human"}, {*_AROUND, "reach", "what", "how_much", "where", "how"}),
        ("show", {"show", "ordinal"}, {*_AROUND, "showing", "it", "these", "what", "where", "how"}),
    )
)


def _said_to_us(said: Utterance, memory: _Memory) -> Condensed | None:
    """Say what an utterance means that is all said to the assistant, such as thanks; None for any other."""
    if not said.told:
        # Nothing but 嗯, or nothing but punctuation.
        letters = any(map(str.isalnum, said.text))
        reply = _reply("ack" if letters else "unclear", said, kind="smalltalk" if letters else "unclear")
        return replace(reply, is_polite=letters)
    for remark in _REMARKS:
        fits = all(word.has(*remark.allows) for word in said.told) and any(
            word.has(*remark.needs) for word in said.told
        )
        if fits and (meant := _meant_by(remark.means, said, memory)):
            return meant
    return None


def _meant_by(means: str, said: Utterance, memory: _Memory) -> Condensed | None:
    """Say what a remark means; None if it is none after all."""
    if means == "more":
        return _more(said, memory)
    if means == "human":
        return _human(said, memory)
    if means == "show":
        return _show(said, memory)
    if means == "polite":
        means = next(role for role in ("bye", "thanks", "greeting", "ack") if any(word.has(role) for word in said.told))
    found = _reply(means, said, kind="unclear" if means == "fix" else "smalltalk")
    return replace(found, is_polite=means in _POLITE)


def _reply(role: str, said: Utterance, *, kind: Kind) -> Condensed:
    return Condensed(query=said.text, kind=kind, reply=default_vocabulary().replies[role][said.language])


def _more(said: Utterance, memory: _Memory) -> Condensed | None:
    """Say what 还有吗 asks; None for "who else gets it", which asks more than that."""
    if any(word.text in _WHO_ELSE for word in said.told) and len(said.told) > 1:
        return None
    if memory.query is None:
        return _reply("unclear", said, kind="unclear")
    nothing = default_vocabulary().replies["nothing_more"][said.language]
    return Condensed(
        query=memory.query.text,
        kind="more",
        reply=nothing,
        cited=memory.cited,
        told=memory.told,
        rounds=memory.rounds,
        after=memory.after,
    )


_WHO_ELSE = ("who else", "where else", "还有谁", "还有哪里")


def _human(said: Utterance, memory: _Memory) -> Condensed | None:
    """Say what 转人工 asks; None for 那客服呢 after a question, which asks the same of customer service."""
    if memory.query and any(word.has("lead", "particle") and not word.has("function") for word in said.told):
        return None
    return Condensed(query=default_vocabulary().replies["contact"][said.language], kind="human")


def _show(said: Utterance, memory: _Memory) -> Condensed | None:
    """Say what 原文在哪 or "the second one" asks; None for a number that means none of the clauses cited."""
    if not any(word.has("show") for word in said.told) and (memory.query is None or memory.candidates):
        return None
    if memory.query is None:
        return _reply("unclear", said, kind="unclear")
    place = next((word.place for word in said.told if word.place), 0)
    if memory.cited and place > len(memory.cited):
        reply = default_vocabulary().replies["no_such_place"][said.language].format(count=len(memory.cited))
        return Condensed(query=said.text, kind="unclear", reply=reply)
    return Condensed(query=memory.query.text, kind="show", cited=memory.cited, place=place, after=memory.after)


def _unclear(said: Utterance, memory: _Memory) -> Condensed:
    """Ask back, naming what may be meant."""
    names = list(dict.fromkeys(name_of(topic, said.language) for topic in _candidates(memory)))[:_MOST_CANDIDATES]
    if not names:
        return _reply("unclear", said, kind="unclear")
    comma, last = _ALTERNATIVES[said.language]
    listed = f"{comma.join(names[:-1])}{last}{names[-1]}"
    reply = default_vocabulary().replies["what_of" if len(names) == 1 else "which"][said.language]
    return Condensed(query=said.text, kind="unclear", reply=reply.format(one=names[0], listed=listed))


_MOST_CANDIDATES = 4
_ALTERNATIVES: dict[Language, tuple[str, str]] = {"zh": ("、", "还是"), "en": (", ", " or ")}


def _candidates(memory: _Memory) -> tuple[Topic, ...]:
    """Return what a word such as 它 may stand for."""
    topics = [topic for topic in topics_of(memory.query) if topic.group != "policy"]
    companies = [topic for topic in topics if topic.group in ("who", "")]
    return tuple(companies if len(companies) > 1 else topics)


# --- Questions that lean on others -----------------------------------------------------------------------


def _first(asked: Utterance) -> Condensed | None:
    """Ask back about a question that leans on another, when there is no other: 它呢？, "why?"; None if it does not."""
    told = asked.told
    if any(word.has("topic", "unknown", "self", "others") or word.is_aspect for word in told):
        return None
    refers = any(word.has("it", "these", "they", "its", "ordinal", "in_that_case") for word in told)
    leads = all(word.has("lead", "particle", "what_about", "function") for word in told)
    asks = any(word.asks or word.has("what") for word in told)
    if len(told) > (_MOST_WORDS_OF_NOTHING if refers else 2) or not (refers or leads or asks):
        return None
    return _reply("unclear", asked, kind="unclear")


_MOST_WORDS_OF_NOTHING = 6
_MOST_WORDS = 16
"""Longest question, in words, that may lean on another."""


@dataclass(frozen=True, kw_only=True)
class _Leaning:
    """A question that may lean on the one before it."""

    asked: Utterance
    """The question."""
    rest: Utterance
    """The question without 那, "and" and such before it."""
    parts: Parts
    """What `rest` is made of."""
    leads: bool
    """Whether there was such a word."""
    preposition: str
    """The preposition in that word: "with" of "and with"."""
    corrects: bool
    """Whether it says that the last question was not meant."""
    query: Utterance
    """The question before it."""
    memory: _Memory
    """Whatever else is remembered."""


def _follow_up(asked: Utterance, memory: _Memory, *, corrects: bool) -> Condensed | None:
    """Say what a question asks that leans on the one before it; None for one that stands by itself."""
    if memory.query is None:
        return _first(asked)
    rest, leads = _without_lead(asked)
    leaning = _Leaning(
        asked=asked,
        rest=rest,
        parts=Parts(rest),
        leads=leads,
        preposition=_preposition(asked, rest) if leads else "",
        corrects=corrects,
        query=memory.query,
        memory=memory,
    )
    if len(leaning.parts.told) > _MOST_WORDS:
        return None
    for way in _WAYS:
        if found := way(leaning):
            return found
    return None


def _rewritten(query: str) -> Condensed:
    return Condensed(query=query, kind="follow_up")


def _quoted(leaning: _Leaning) -> Condensed:
    """Return a question after the former one, quoted; for itself it is asked too, lest the former drown it."""
    return Condensed(query=quoting(leaning.query, leaning.rest.text), kind="follow_up", after=(leaning.rest.text,))


def _without_lead(asked: Utterance) -> tuple[Utterance, bool]:
    """Return a question without 那, "and" and such before it, and whether there were any."""
    leads, start = False, 0
    for word in asked.words:
        if word.has("lead", "what_about"):
            leads, start = True, word.end
        elif not word.has("mark", "filler"):
            start = word.start
            break
    return asked.since(start if leads else 0), leads


def _preposition(asked: Utterance, rest: Utterance) -> str:
    """Return the preposition at the end of what leads to the rest of a question: "with" of "and with"."""
    last = asked.text[: -len(rest.text) or None].lower().split()[-1:]
    return last[0] if last in (["with"], ["for"]) else ""


def _answer_to_us(leaning: _Leaning) -> Condensed | None:
    """Say what the question asks that was asked back about, now that a name is given: 高德, "the second one"."""
    memory, rest = leaning.memory, leaning.rest
    if not memory.pending or not leaning.parts.only_names:
        return None
    ordinal = next((word for word in rest.told if word.place), None)
    topic = _nth(memory.candidates, ordinal.place) if ordinal else None
    named = name_of(topic, rest.language) if topic else "" if ordinal else rest.bare
    if not named:
        return None
    found = _understood(memory.pending, replace(memory.emptied(), query=memory.read(named)))
    return found if found.kind == "follow_up" else None


def _of_nothing(leaning: _Leaning) -> Condensed | None:
    """Say what a question asks that has no words of its own: "and?", 那呢, 可以吗, 这样合法吗."""
    parts = leaning.parts
    if not parts.content:
        if len(parts.told) > 1 and not parts.particle:
            return _quoted(leaning)
        if leaning.leads and not leaning.rest.told:
            return _more(leaning.asked, leaning.memory)
        return _unclear(leaning.asked, leaning.memory) if leaning.leads or parts.particle else None
    if parts.has("in_that_case") and not parts.own:
        return _quoted(leaning)
    return None


def _nth(topics: Sequence[Topic], place: int) -> Topic | None:
    if place == LAST:
        return topics[-1] if topics else None
    return topics[place - 1] if 0 < place <= len(topics) else None


def _by_place(leaning: _Leaning) -> Condensed | None:
    """Say what is asked of the second, or of the latter: of several things named, or of the clauses cited."""
    rest, parts = leaning.rest, leaning.parts
    word = next((word for word in parts.told if word.has("ordinal", "former", "latter")), None)
    if word is None:
        return None
    topics = topics_of(leaning.query)
    alike = ([topic for topic in topics if topic.group == group] for group in ("who", "thing", ""))
    several = next((found for found in alike if len(found) > 1), [])
    topic = _nth(several, word.place or (1 if word.has("former") else LAST))
    if topic and parts.asks:
        named = leaning.memory.read(filled(rest, [(word, name_of(topic, rest.language))]))
        named_leaning = replace(leaning, rest=named, parts=Parts(named))
        return _by_pronoun(named_leaning) or _rewritten(named.text)
    if topic and (said := swapped(leaning.query, topic)):
        return _rewritten(said)
    if not word.place or parts.own:
        return None
    if parts.asks and word.place > len(leaning.memory.cited):
        return _quoted(leaning)
    return _show(rest, leaning.memory)


# --- 它, "they", "that" -----------------------------------------------------------------------------------------


def _by_pronoun(leaning: _Leaning) -> Condensed | None:
    """Say what a question with pronouns asks: with names in their places, or by asking back."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    references = references_in(rest, parts)
    if not references:
        return None
    if done := of_doing(rest, query):
        return _rewritten(done)
    if len(parts.content) == len(references):
        told_little = len(parts.told) <= _MOST_WORDS_UNCLEAR
        return _unclear(rest, leaning.memory) if told_little else _quoted(leaning)
    named = {topic.group for topic in topics_of(query)}
    judged = parts.only_judges and "thing" not in named
    if judged or (references[0].is_whole and _OPPOSING.search(rest.text)):
        return _quoted(leaning)
    names: list[tuple[Reference, str]] = []
    told: list[Topic] = []
    for reference in references:
        referent = reference.referent((query, *leaning.memory.earlier))
        if referent is None:
            return None if parts.own and not _names_nothing(leaning) else _quoted(leaning)
        new = [topic for topic in referent.topics if topic not in told]
        if not reference.is_plural and len(new) > 1 and all(topic.group in ("who", "") for topic in new):
            return _unclear(rest, leaning.memory)
        name = _called(new, told, query, rest.language, of_data=referent.of_data)
        if not name:
            return _quoted(leaning)
        told += new
        names.append((reference, name))
    said = filled(rest, [(reference.word, name) for reference, name in names])
    if (parts.particle or leaning.leads) and not parts.asks:
        # 那他们的家长呢: what is asked of them is what was asked before.
        group = told[0].group if told else ""
        asked = swapped(query, Topic(text=said.rstrip("呢?？!！。 "), group=group))
        return _rewritten(asked) if asked else None
    return _rewritten(said)


_MOST_WORDS_UNCLEAR = 3
# What is done to a fact rather than to a thing: "what if I don't agree with that?".
_OPPOSING = re.compile(
    r"\b(?:stop|prevent|avoid|refuse|decline|agree|disagree|object|accept|mind)\b|拒绝|阻止|避免|同意|反对|接受",
    re.IGNORECASE,
)


def _called(
    topics: Sequence[Topic], told: Sequence[Topic], query: Utterance, language: Language, *, of_data: bool
) -> str:
    """Return what a pronoun stands for in words; nothing if none would do.

    Args:
        topics: What it stands for, less what pronouns before it stand for.
        told: What these stand for.
        query: The former question, whose policy is named with the first of them.
        language: Language of the words.
        of_data: Whether the data of a company are meant.
    """
    if language == "en" and any(topic.group == "deed" for topic in topics):
        return ""
    if not topics and told and not any(topic.group in ("who", "", "policy") for topic in told):
        # What was named once needs not be named again: "are personnel files encrypted, and who can see them?".
        return "它" if language == "zh" else "them" if is_plural(told[-1].text) else "it"
    if not topics:
        # "Does Getui sell the data Getui gets" says a name twice.
        return "拿到的信息" if language == "zh" else f"the data {'they get' if len(told) > 1 else 'it gets'}"
    policy = [topic for topic in topics_of(query) if topic.group == "policy" and not told and topic not in topics]
    return phrase_of([*policy, *topics], language, of_data=of_data)


def _is_deed(query: Utterance) -> bool:
    """Say whether a question is about something that a person does, such as getting a copy."""
    return any(concept.kind == "right" for word in query.told for concept in word.named)


# --- 那高德呢, "and on iOS?" -------------------------------------------------------------------------------------


def _supposing(leaning: _Leaning) -> Condensed | None:
    """Say what is asked under other circumstances: 注销以后呢, "and on iOS?"."""
    rest, parts = leaning.rest, leaning.parts
    if not parts.told:
        return None
    first = parts.told[0]
    marked = leaning.leads or parts.particle or (rest.language == "en" and _is_place_or_use(parts))
    if not marked or parts.asking or parts.has("what"):
        return None
    condition = rest.text[first.start : parts.told[-1].end]
    if leaning.preposition == "for" and parts.only_names and not parts.names:
        # "And for dvds?" is asked of whatever was asked for something else.
        return _rewritten(supposing(_without_circumstances(leaning), f"for {condition}", instead=False))
    supposes = first.has("condition") and parts.own
    if rest.language == "zh" and (clause := _CLAUSE.fullmatch(rest.bare)) and (parts.unknown or _has_or_lacks(parts)):
        condition = clause[1]
    elif (first.has("condition") and not supposes) or not (
        first.text == "to" or supposes or _PREPOSITION.match(first.text) or condition.endswith(_POSTPOSITIONS)
    ):
        return None
    if first.text == "by" and any(topic.group == "who" for topic in topics_of(rest)):
        return None
    if first.text == "to":
        return _rewritten(
            asked_of_place(leaning.query, condition.removeprefix("to ")) or f"{leaning.query.bare} {condition}?"
        )
    again = all(any(topic.group == "deed" for topic in topics_of(asked)) for asked in (rest, leaning.query))
    if condition.endswith(_DONE) or _CLAUSE.fullmatch(rest.bare):
        # 一年没登录 is not what 文件怎么下载 is about.
        again = again and any(one + other in leaning.query.text for one, other in pairwise(condition))
    return _rewritten(supposing(_without_circumstances(leaning), condition, instead=again))


def _without_circumstances(leaning: _Leaning) -> Utterance:
    """Return the former question without the circumstances it was asked under: others take their place."""
    query = leaning.memory.unsupposed or leaning.query
    return leaning.memory.read(quoted_in(query)) if is_quoting(query) else query


def _put_anew(leaning: _Leaning, put: Callable[[Utterance], str]) -> str:
    """Return the former question with something else in its words, which leave its circumstances as they are.

    What would change these, or be added to them, is asked without them: 老人呢 after 14岁以上，家长可以查看吗.
    """
    said, start = put(leaning.query), _circumstances(leaning.query, leaning.memory)
    former = leaning.query.text
    if said and start and not prefix_of(former) and said[:start] != former[:start]:
        return put(_without_circumstances(leaning)) or said
    return said


def _has_or_lacks(parts: Parts) -> bool:
    """Say whether a few Chinese words name what there is or is not: 没有父母同意 is asked of nobody else."""
    return parts.told[0].text in _HAVING_OR_NOT and parts.own and not parts.asks


def _said_anew(leaning: _Leaning, said: str) -> Condensed | None:
    """Return a question made of a follow-up and the former one; both, quoted, if it does not keep what they deny."""
    if said and not keeps_denials(leaning.query, leaning.rest, said):
        return _quoted(leaning)
    return _rewritten(said) if said else None


def _is_place_or_use(parts: Parts) -> bool:
    """Say whether a few English words are a preposition and a name: "for children?"."""
    return parts.only_names and len(parts.told) <= _MOST_BARE_WORDS and parts.told[0].text in ("to", *CIRCUMSTANTIAL)


_PREPOSITION = re.compile(rf"[在对从用]|{one_of((*CIRCUMSTANTIAL, 'by', 'as', 'when', 'while'))}(?![a-z])")
# 拆封了呢, 一年没登录呢; but not 没登录的用户呢.
_CLAUSE = re.compile(r"([^的]{0,12}[没不未无][^的]{1,12}|有[^的]{1,12}|[^的]{1,20}[了过])呢")
_DONE = ("了", "过")
_HAVING_OR_NOT = ("有", "没有", "没", "无", "未", "不", "不是", "不要", "不需要", "不带", "不用")
_POSTPOSITIONS = ("后", "前", "时", "时候", "里", "里面", "上", "内", "外", "的话")


def _of_one_like_it(leaning: _Leaning) -> Condensed | None:
    """Say what is asked that names what is like a thing of the former question: 普通会员呢, "and annual?"."""
    rest, parts = leaning.rest, leaning.parts
    if not parts.told or any(parts.has(role) for role in _STANDING_FOR):
        return None
    if rest.language == "zh" and (same := asked_the_same(rest, leaning.query)):
        return _rewritten(same)
    if parts.asking or parts.has("what") or rest.bare.endswith(WHETHER) or parts.has("condition"):
        return None
    adjective = rest.bare.endswith("的")
    if rest.language == "zh" and not (leaning.leads or leaning.corrects or parts.particle or adjective):
        return None
    if rest.language == "zh" and len(parts.told) == 1 and parts.told[0].has("topic"):
        # What the thesaurus knows takes the place of what is of its sort.
        return None
    if rest.language == "zh":
        if another := in_another_case(leaning.query, rest.bare.removesuffix("呢")):
            asked = another.rpartition("：")[2] if is_quoting(leaning.query) else ""
            return replace(_rewritten(another), after=(asked,) if asked else ())
        if some := of_some(leaning.query, rest):
            return _rewritten(some)
    query = _put_anew(leaning, lambda query: likened(query, rest, leaning.preposition))
    return _said_anew(leaning, query)


_STANDING_FOR = ("it", "these", "they", "its", "ordinal", "former", "latter", "in_that_case")


def _of_another(leaning: _Leaning) -> Condensed | None:
    """Say what is asked that names only of what: 那高德呢, "and my contacts?", 那共享呢."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    marked = leaning.leads or leaning.corrects or parts.particle or (parts.also and not parts.unknown)
    noun = noun_zh(rest) if rest.language == "zh" and len(parts.told) > 1 and not parts.only_aspect else ""
    if parts.own or noun:
        if not parts.only_names and not noun:
            return None
        topic = _new_topic(rest, parts)
        if not (marked or _is_bare(topic, leaning)) or (not topic.group and len(parts.told) > _MOST_BARE_WORDS):
            return None
        of_such = _last_asked_of_such(topic, leaning)
        said = swapped(of_such, topic) if of_such else _put_anew(leaning, lambda query: swapped(query, topic))
        return _said_anew(leaning, said)
    if not marked or not parts.only_aspect or any(_ASKING.search(word.text) for word in parts.aspects):
        return None
    first, last = parts.content[0], parts.content[-1]
    concept = first.named[0] if first.named else None
    aspect = Topic(text=rest.text[first.start : last.end], group="aspect", concept=concept)
    return _rewritten(other_aspect(query, aspect))


_ASKING = re.compile(f"{INTERROGATIVES}|怎|几|如果|要是|how|what|who|where|if")


def _new_topic(rest: Utterance, parts: Parts) -> Topic:
    """Return what is named: one thing, several of a sort, or whatever else the words say."""
    topics = [topic for topic in topics_of(rest) if topic.group]
    form = form_of(rest) if rest.language == "en" else ""
    noun = noun_zh(rest) if rest.language == "zh" else ""
    last = parts.content[-1].end
    if not noun and rest.bare[last:] in ("的", "的呢"):
        # 付费的呢 is not about paying.
        return Topic(text=rest.text[parts.content[0].start : last + 1], group="")
    if len({topic.group for topic in topics}) != 1:
        text = noun or rest.text[parts.content[0].start : parts.content[-1].end]
        return Topic(text=text, group="", form=form)
    if len(topics) == 1 and (rest.language == "en" or noun in ("", topics[0].text)):
        return topics[0]
    if not noun:
        return replace(topics[0], text=rest.text[topics[0].start : topics[-1].end], concept=None)
    # 普通会员 is of the sort of 会员; 付费用户 is not of that of 付费.
    ends = topics[-1].end == len(noun)
    return Topic(text=noun, group=topics[-1].group if ends else "", owner=topics[0].owner if ends else "")


def _is_bare(topic: Topic, leaning: _Leaning) -> bool:
    """Say whether a name alone asks what was asked of another of its sort, as names of things to be done do not."""
    alone = len(leaning.parts.names) == 1 and all(w.has("topic") or w.text in _ARTICLES for w in leaning.parts.told)
    named = {slot.group for slot in topics_of(leaning.query)} & {"who", "thing", "person"}
    return alone and (topic.group in named or (topic.group == "who" and asks_who(leaning.query)))


_ARTICLES = ("my", "the", "our", *INDEFINITE, "我", "的")
_MOST_BARE_WORDS = 5


def _last_asked_of_such(topic: Topic, leaning: _Leaning) -> Utterance | None:
    """Return the last question that was asked of such a thing, if the last of all was about no thing but a deed."""
    slots = topics_of(leaning.query)
    if topic.group not in ("who", "thing") or any(
        slot.group not in ("deed", "term", "purpose", "document") for slot in slots
    ):
        return None
    earlier = leaning.memory.earlier
    return next((asked for asked in earlier if any(slot.group == topic.group for slot in topics_of(asked))), None)


# --- 保存多久？, "why?" -------------------------------------------------------------------------------------------


def _of_the_same(leaning: _Leaning) -> Condensed | None:
    """Say what a question asks that names nothing, of what the one before it named."""
    rest, parts, query = leaning.rest, leaning.parts, leaning.query
    if parts.own or not parts.asks or _is_complete(parts):
        return None
    if parts.has("what") and (_addresses(parts) or not parts.aspects):
        return None
    if not parts.aspects:
        role = next(role for word in parts.asking for role in ASKING_ROLES if word.has(role))
        said = asked_with(rest, role, query)
        return _quoted(leaning) if parts.unknown and said == quoting(query, rest.text) else _rewritten(said)
    stated = stated_until(query)
    topics = [topic for topic in topics_said(query) if topic.start >= stated]
    if not any(topic.group == "deed" for topic in topics) and _is_of_deeds(parts):
        # What it costs to get a copy; but not what a phone number costs.
        if _is_deed(query):
            return _quoted(leaning)
        if not parts.only_judges:
            return None
    return _rewritten(asked_of(rest, query, topics, of_data=of_data(parts)))


def _by_sequel(leaning: _Leaning) -> Condensed | None:
    """Say what a question asks that names nothing and goes on from the one before: 需要出示什么, "do you ask first?".

    It has a word for what comes before or after something, it says a word of the former question again, or it begins
    with what it asks, and hardly asks more.
    """
    rest, parts = leaning.rest, leaning.parts
    if not _names_nothing(leaning) or _length(parts.told) > _LONGEST_SEQUEL:
        return None
    if parts.has("sequel") or _again(rest, leaning.query) or _lacks_what(parts):
        return _quoted(leaning)
    return None


_LONGEST_SEQUEL = 9
_MOST_WORDS_AGAIN = 3
_MOST_UNKNOWN = 1


def _names_nothing(leaning: _Leaning) -> bool:
    """Say whether no word of a question is the name of a thing, so far as can be told."""
    told = leaning.parts.told
    for place, word in enumerate(told):
        before = told[place - 1].text if place else ""
        if word.has("self", "others") or (word.has("topic") and before not in DOERS):
            return False
        if word.has("unknown") and not has_han(word.text) and before not in _BEFORE_OTHERS:
            return False
    return not any(_OWNED_NOUN.search(word.text) for word in told)


_BEFORE_OTHERS = (*DOERS, "be", "been", "to", "it", "how")
"""Words after which one that is not known is a verb or an adverb."""
_OWNED_NOUN = re.compile(r"\b(?:my|your|data|information|info)\b|我的|你们的|数据|信息|政策")


def _length(words: Sequence[Word]) -> float:
    """Return how many words a question has: a Chinese word has two characters as a rule."""
    return sum(0.5 if word.has("unknown") and has_han(word.text) else 1 for word in words)


def _again(rest: Utterance, query: Utterance) -> bool:
    """Say whether a question says a word again that the former one has and no vocabulary knows: 匹配; and more."""
    told, former = rest.told, query.told
    said = {one.text + other.text for one, other in pairwise(former) if _are_one(one, other)}
    again = any(one.text + other.text in said for one, other in pairwise(told) if _are_one(one, other))
    return again and len(told) > _MOST_WORDS_AGAIN


def _are_one(one: Word, other: Word) -> bool:
    return one.has("unknown") and other.has("unknown") and has_han(one.text) and one.end == other.start


def _lacks_what(parts: Parts) -> bool:
    """Say whether a Chinese question has little but what it asks, and nobody who does it: 需要出示什么, 交给谁."""
    first, *others = parts.told
    does = first.has("unknown") and bool(others) and not _are_one(first, others[0])
    begins = first.asks or does or first.text in _NEEDED
    asks = any(word.has("what", "who", "when", "how_long", "how_often", "how_much", "why") for word in parts.told)
    return begins and asks and has_han(first.text) and not _addresses(parts) and _length(parts.unknown) <= _MOST_UNKNOWN


_NEEDED = ("需要", "要", "得", "应该")


def _addresses(parts: Parts) -> bool:
    return parts.says("you", "we", "你们", "你", "您", "我们")


def _is_complete(parts: Parts) -> bool:
    """Say whether a question lacks nothing though it names nothing: "can I trust you", 你们安全吗, 授权怎么关."""
    concepts = [word for word in parts.aspects if word.concepts and not word.has("outcome")]
    if len(concepts) >= _ENOUGH_CONCEPTS or len(parts.aspects) > _ENOUGH_CONCEPTS:
        return True
    first = parts.told[0]
    noun = first.is_aspect and any(concept.kind in _NOUNS for concept in first.named)
    if (noun and not first.asks and parts.asking) or (first.has("what") and _OWN_NOUN.search(first.text)):
        return True
    after = zip(parts.told, parts.told[1:], strict=False)
    return any(word.is_aspect and object_.text in _OBJECTS for word, object_ in after)


_ENOUGH_CONCEPTS = 2
_NOUNS = ("term", "purpose")
_OWN_NOUN = re.compile("信息|数据|资料|权限|information|info|data|details|permissions")
_OBJECTS = ("me", "us", "you", "我", "我们", "你们")


def _is_of_deeds(parts: Parts) -> bool:
    """Say whether what is asked can be asked of something that is done: how long it takes, whether it is free."""
    of_deeds = parts.vocabulary.aspects_of_deeds
    return all(word.has("quality") or (word.concepts and of_deeds.issuperset(word.concepts)) for word in parts.aspects)


_WAYS = (
    _answer_to_us,
    _of_one_like_it,
    _of_nothing,
    _by_place,
    _by_pronoun,
    _supposing,
    _of_another,
    _of_the_same,
    _by_sequel,
)
"""What makes a follow-up stand by itself: the first to fit does."""
