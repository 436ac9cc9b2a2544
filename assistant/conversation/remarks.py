"""Remarks: what is said to the assistant rather than asked of a policy, and what it says itself, such as asking back.

Thanks, 还有吗, 原文在哪, 转人工: all words of a remark are of its kind, by their roles in `data/conversation.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.conversation.turns import Condensed
from assistant.questions.topics import name_of
from assistant.questions.utterances import default_vocabulary
from assistant.text import normalized

if TYPE_CHECKING:
    from assistant.conversation.memory import Memory
    from assistant.conversation.turns import Kind
    from assistant.questions.utterances import Utterance
    from assistant.text import Language


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
        ("fix", {"abuse"}, {"fix", "function", "particle", "filler", "human", "identity", "it"}),
        ("human", {"human"}, {*_AROUND, "reach", "what", "how_much", "where", "how"}),
        ("show", {"show", "ordinal"}, {*_AROUND, "showing", "it", "these", "what", "where", "how"}),
    )
)


def said_to_us(said: Utterance, memory: Memory) -> Condensed | None:
    """Say what an utterance means that is all said to the assistant, such as thanks; None for any other."""
    if not said.told:
        # Nothing but 嗯, or nothing but punctuation.
        letters = any(map(str.isalnum, said.text))
        reply = replied("ack" if letters else "unclear", said, kind="smalltalk" if letters else "unclear")
        return replace(reply, is_polite=letters)
    for remark in _REMARKS:
        fits = all(word.has(*remark.allows) for word in said.told) and any(
            word.has(*remark.needs) for word in said.told
        )
        if fits and (meant := _meant_by(remark.means, said, memory)):
            return meant
    return None


def _meant_by(means: str, said: Utterance, memory: Memory) -> Condensed | None:
    """Say what a remark means; None if it is none after all."""
    ways = {"more": more, "human": _human, "show": show}
    if means in ways:
        return ways[means](said, memory)
    if means == "polite":
        means = next(role for role in ("bye", "thanks", "greeting", "ack") if any(word.has(role) for word in said.told))
    found = replied(means, said, kind="unclear" if means == "fix" else "smalltalk")
    return replace(found, is_polite=means in _POLITE)


def replied(role: str, said: Utterance, *, kind: Kind) -> Condensed:
    """Return what is said to a remark of this role without looking for anything."""
    return Condensed(query=said.text, kind=kind, reply=default_vocabulary().replies[role][said.language])


def more(said: Utterance, memory: Memory) -> Condensed | None:
    """Say what 还有吗 asks; None for "who else gets it", which asks more than that."""
    if (any(word.text in _WHO_ELSE for word in said.told) and len(said.told) > 1) or _SUPPOSING.match(said.text):
        return None
    if memory.query is None:
        return replied("unclear", said, kind="unclear")
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


# "What if it's more?"
_SUPPOSING = re.compile(r"(?:and |but |so )?what if\b", re.IGNORECASE)
_IN = re.compile(r"\bin $", re.IGNORECASE)
_WHO_ELSE = ("who else", "where else", "还有谁", "还有哪里")


def _human(said: Utterance, memory: Memory) -> Condensed | None:
    """Say what 转人工 asks; None for 那客服呢, "and staff?" or "and in person?" after a question.

    These ask the same of others, or in another way.
    """
    people = (word for word in said.told if word.has("human"))
    if memory.query and all(_IN.search(said.text, 0, word.start) for word in people):
        return None
    leading = [word for word in said.told if word.has("lead", "particle")]
    alone = len(said.told) - len(leading) == 1
    if memory.query and any(alone or not word.has("function") for word in leading):
        return None
    return Condensed(query=default_vocabulary().replies["contact"][said.language], kind="human")


def show(said: Utterance, memory: Memory) -> Condensed | None:
    """Say what 原文在哪 or "the second one" asks; None for a number that means none of the clauses cited."""
    if not any(word.has("show") for word in said.told) and (memory.query is None or memory.candidates):
        return None
    if _is_of_something_else(said, memory):
        return None
    if memory.query is None:
        return replied("unclear", said, kind="unclear")
    place = next((word.place for word in said.told if word.place), 0)
    if memory.cited and place > len(memory.cited):
        reply = default_vocabulary().replies["no_such_place"][said.language].format(count=len(memory.cited))
        return Condensed(query=said.text, kind="unclear", reply=reply)
    return Condensed(query=memory.query.text, kind="show", cited=memory.cited, place=place, after=memory.after)


def _is_of_something_else(said: Utterance, memory: Memory) -> bool:
    """Say whether words for a clause and its text mean other things: "how do I prove it?", "get a quote".

    So they do where they are what the person is to do, or what the question before is about: "the original?" after "is
    the original receipt needed?".
    """
    if _MY_DOING.search(said.text):
        return True
    if memory.query is None:
        return _ANY.search(said.text) is not None
    named = [word.text for word in said.told if word.has("show")]
    asks = any(word.has("showing", "what", "where", "how") for word in said.told)
    return bool(named) and not asks and all(text in normalized(memory.query.text) for text in named)


# "Can I see the original?" is said to the assistant.
_MY_DOING = re.compile(
    r"(?!\b(?:can|could|may) (?:i|we) (?:get|have) (?:the|that)\b)\b(?:do|must|should|can|could|may|shall|will|would)"
    r" (?:i|we) (?!(?:also |just |please )?(?:see|read|find|view|look)\b)",
    re.IGNORECASE,
)
_ANY = re.compile(r"\b(?:an?|any|my) (?:quote|original|source|reference|translation|citation)\b", re.IGNORECASE)


def ask_back(said: Utterance, memory: Memory) -> Condensed:
    """Ask back, naming what may be meant."""
    names = list(dict.fromkeys(name_of(topic, said.language) for topic in memory.referents()))[:_MOST_CANDIDATES]
    if not names:
        return replied("unclear", said, kind="unclear")
    comma, last = _ALTERNATIVES[said.language]
    listed = f"{comma.join(names[:-1])}{last}{names[-1]}"
    reply = default_vocabulary().replies["what_of" if len(names) == 1 else "which"][said.language]
    return Condensed(query=said.text, kind="unclear", reply=reply.format(one=names[0], listed=listed))


_MOST_CANDIDATES = 4
_ALTERNATIVES: dict[Language, tuple[str, str]] = {"zh": ("、", "还是"), "en": (", ", " or ")}
