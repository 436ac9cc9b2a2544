"""Conversation: a follow-up becomes a question that stands by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLLOW_UP = re.compile(
    r"^(?:那|那么|还有|另外|它|他们|它们|这个|那个|这些|那些|上面|上述|刚才|and\b|what about|how about|then\b|also\b)"
    r"|它|这个|那个|\b(?:it|its|they|them|their|that|this|those|these)\b"
)
_LONGEST_FOLLOW_UP = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One exchange of a conversation."""

    question: str
    """What the person asked."""
    answer: str = ""
    """What the assistant said."""


def condense(question: str, history: Sequence[Turn]) -> str:
    """Return `question` so that it can be searched for by itself.

    A short question that leans on what was said (它, 那…呢, what about, it) is put after the
    question before it; any other is returned as it is.

    >>> condense("那高德呢", [Turn(question="个推收集什么？")])
    '个推收集什么？ 那高德呢'
    >>> condense("怎么注销账号", [Turn(question="个推收集什么？")])
    '怎么注销账号'
    """
    if not history or len(question) > _LONGEST_FOLLOW_UP or not _FOLLOW_UP.search(fold(question)):
        return question
    return f"{history[-1].question} {question}"
