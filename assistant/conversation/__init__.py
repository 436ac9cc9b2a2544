"""Conversation: a follow-up becomes a question that stands by itself.

People ask a help chat in pieces: 个推收集什么？, 那高德呢？, "and how long do you keep it?". `condense` says what the
last of them asks, in words that could have been typed alone. It needs no model and no answers, only what was asked;
the clauses that were cited, where they are known, let "the second one" and "anything else?" be taken at their word.

The turns (`turns`) are read one after the other, each leaving what the next may lean on (`memory`): the last question
as it stands by itself, those before it, what was cited, what was asked back. Each question then goes this way:

1. If all of it is said to the assistant, such as thanks, 还有吗, 原文在哪 or 转人工, it is no question (`remarks`).
2. What stands before the question is taken off: a greeting, another topic announced, a correction (`_opening`).
3. If it names what was asked back about, such as 高德 when that was whether 高德 or 个推 is meant, the question before
   is asked of that (`_of_name_given`).
4. If it leans on the question before it, it is made to stand by itself, or asked back about (`follow_ups`, which tries
   what `leaning` reads in the ways of `sequels`, `pronouns` and `circumstances`).
5. Else it stands by itself, and is left as typed. In any doubt a question does. But a short one may lean on those
   before it though no word shows it: they are told (`Condensed.after`), and what answers them is put forward.

Questions are taken apart by `assistant.questions.utterances`, with the words of `data/conversation.toml` and the
concepts of the thesaurus; what a pronoun stands for is in `assistant.questions.references`, how a question is worded
anew in `assistant.questions.rephrasing`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.conversation.follow_ups import follow_up, name_given
from assistant.conversation.memory import Memory
from assistant.conversation.remarks import said_to_us
from assistant.conversation.turns import CitedClause, Condensed, Turn
from assistant.questions.rephrasing.former import is_quoting
from assistant.questions.utterances import default_vocabulary, vocabulary_of
from assistant.text import has_han
from assistant.text.english import spelled_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.questions.utterances import Utterance
    from assistant.thesaurus import Thesaurus

__all__ = ["CitedClause", "Condensed", "Turn", "condense"]


def condense(
    question: str,
    history: Sequence[Turn],
    *,
    names: Sequence[str] = (),
    short_names: Sequence[str] = (),
    thesaurus: Thesaurus | None = None,
) -> Condensed:
    """Say what `question` asks, given what was asked before it.

    Args:
        question: The question, as typed.
        history: What was said before, oldest first.
        names: Names of the policies and their companies, which a follow-up keeps to.
        short_names: What else people call them, which is nobody who gets anything: 白驹 for 白驹跑腿.
        thesaurus: The concepts of the policies; those that come with the program by default.

    >>> condense("那高德呢", [Turn(question="个推收集什么？")]).query
    '高德收集什么？'
    >>> condense("and how long do you keep it?", [Turn(question="do you collect my phone number?")]).query
    'how long do you keep my phone number?'
    >>> condense("怎么注销账号", [Turn(question="个推收集什么？")]).kind
    'question'
    """
    vocabulary = vocabulary_of(thesaurus) if thesaurus else default_vocabulary()
    memory = Memory(names=tuple(names), short_names=tuple(short_names), vocabulary=vocabulary)
    for turn in history:
        memory = _after(replace(turn, question=spelled_out(turn.question)), memory)
    return _understood(spelled_out(question), memory)


def _after(turn: Turn, memory: Memory) -> Memory:
    """Return what is remembered once a turn is over."""
    found = _understood(turn.question, memory)
    if _opening(memory.vocabulary.read(turn.question, chat=True), leans=memory.query is not None).changes:
        memory = memory.emptied()
    return memory.remembering(turn, found)


def _understood(question: str, memory: Memory) -> Condensed:
    """Say what a question asks, given what is remembered."""
    vocabulary = memory.vocabulary
    said = vocabulary.read(question, chat=True)
    if found := said_to_us(said, memory):
        return found
    opening = _opening(said, leans=memory.query is not None)
    if opening.changes:
        memory = memory.emptied()
    core = said.text[opening.end :]
    if opening.end and (found := said_to_us(vocabulary.read(core, chat=True), memory)):
        return found if found.query else replace(found, query=said.text)
    asked = memory.read(core)
    if found := _of_name_given(asked, memory) or follow_up(asked, memory, corrects=opening.corrects):
        return replace(found, cited=() if opening.corrects else memory.cited) if found.kind == "follow_up" else found
    if opening.changes or opening.corrects:
        return Condensed(query=core, kind="question")
    found = Condensed(query=question, kind="question")
    if memory.query is None or len(asked.told) > _MOST_WORDS_LEANING:
        return found
    # What quotes another question leans on that one, and says so.
    before = () if is_quoting(memory.query) else memory.after
    return replace(found, after=(memory.query.text, *before)[:_MOST_AFTER], cited=memory.cited)


def _of_name_given(asked: Utterance, memory: Memory) -> Condensed | None:
    """Say what the question asks that was asked back about, now that a name is given."""
    named = name_given(asked, memory)
    if not named:
        return None
    found = _understood(memory.pending, replace(memory.emptied(), query=memory.read(named)))
    return found if found.kind == "follow_up" else None


_MOST_AFTER = 2
_MOST_WORDS_LEANING = 7
"""Longest question, in words, that may lean on another though no word of it says so."""


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
    if leans and (not_meant := _NOT_MEANT.match(said.text)):
        # "Not the car, I meant the bike."
        meant = next((word for word in said.words if word.has("meant") and word.start >= not_meant.end()), None)
        if meant and not said.text[not_meant.end() : meant.start].strip(_BETWEEN):
            opening = _Opening(end=meant.end, corrects=True)
    for word, after in zip(said.words, (*said.words, None)[1:], strict=True):
        if word.start < opening.end:
            continue
        # An emoji as well.
        chinese = has_han(word.text) or not word.text.isascii()
        ends = after is None or after.has("mark") or (chinese and word.end < after.start)
        if word.has("change") and (ends or chinese or " " in word.text):
            opening = replace(opening, end=word.end, changes=True)
        elif leans and (
            word.has("meant") or (word.has("fix") and (ends or opening.corrects or (after and after.has("meant"))))
        ):
            opening = replace(opening, end=word.end, corrects=True)
        elif word.has("greeting", "thanks", "ack", "abuse") and ends:
            opening = replace(opening, end=word.end)
        elif not word.has("mark", "filler"):
            break
    rest = said.text[opening.end :]
    return replace(opening, end=len(said.text) - len(rest.lstrip(_BETWEEN))) if opening.end else opening


_NOT_MEANT = re.compile(
    r"(?:no,? )?not [^,;.?]{2,40}(?=[,;.])|(?:我)?不是(?:说|问|要问)?[^，；。？]{1,20}(?=[，；。])", re.IGNORECASE
)
_BETWEEN = " \t,.;:!?，。；：！？、~…-—"
