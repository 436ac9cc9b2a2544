"""Reading a model's reply while it arrives: each proposal as soon as it is complete.

Both forms that a model is asked for are read the same way: every JSON object that has a clause and a quote is a
proposal, wherever it stands. What stands around them (a greeting, a code fence, an argument) is passed over, and
never shown. What a model thinks aloud in `<think>` before it answers is passed over as a whole: it has drafts there
that it drops.
"""

from __future__ import annotations

import json
import re
from collections import deque
from typing import TYPE_CHECKING

from assistant.answering.vetting import Proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_OBJECT = 8_000
_DEEPEST = 8
_SIGNIFICANT = re.compile(r'[{}"\\\n]')
_THOUGHT = re.compile(r"\s{0,80}<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_MAY_OPEN = re.compile(r"\s*(?:<[a-z]{0,9})?", re.IGNORECASE)
_LONGEST_OPENING = 96
_NUMBER = re.compile(r"(?:clause)?\s?\[?\s?(\d{1,4})\s?\]?", re.IGNORECASE)


class ReplyReader:
    """Finds the proposals of a reply that arrives in pieces.

    >>> reader = ReplyReader()
    >>> for piece in ('{"claims": [{"clause": 2, "quo', 'te": "a {b}"}, ', "oops]}"):
    ...     print([proposal.quote for proposal in reader.read(piece)])
    []
    ['a {b}']
    []
    """

    def __init__(self) -> None:
        self._text = ""
        self._unread = ""
        # The tag that ends what the model thinks aloud; None until it is known whether it does, empty once it does not.
        self._closing: str | None = None
        self._read_to = 0
        self._starts: deque[int] = deque(maxlen=_DEEPEST)
        self._in_string = False
        self.claims_list_seen = False
        """Whether an object with a list of claims was complete, such as `{"claims": []}`."""

    def read(self, piece: str) -> Iterator[Proposal]:
        """Take the next piece of the reply, and yield the proposals that it completes."""
        piece = self._without_thoughts(piece)
        if not self._starts:
            self._text, self._read_to = self._text[self._read_to :], 0
        self._text += piece
        while match := _SIGNIFICANT.search(self._text, self._read_to):
            place, sign = match.start(), match[0]
            self._read_to = place + 1
            if self._in_string:
                if sign == "\\" and place + 1 == len(self._text):
                    # What it escapes has not arrived.
                    self._read_to = place
                    return
                self._within_string(sign)
            elif sign == '"':
                self._in_string = bool(self._starts)
            elif sign == "{":
                self._starts.append(place)
            elif sign == "}" and self._starts:
                yield from self._object(self._text[self._starts.pop() : place + 1])
        self._read_to = len(self._text)

    def _without_thoughts(self, piece: str) -> str:
        """Return what is to be read of the reply so far, with this piece: nothing while the model thinks aloud."""
        if self._closing == "":
            return piece
        self._unread += piece
        if self._closing is None:
            opening = _THOUGHT.match(self._unread)
            # `<` and what may become the tag, or nothing yet.
            if not opening and len(self._unread) < _LONGEST_OPENING and _MAY_OPEN.fullmatch(self._unread):
                return ""
            self._closing = f"</{opening[1].lower()}>" if opening else ""
            self._unread = self._unread[opening.end() if opening else 0 :]
        end = self._unread.lower().find(self._closing)
        if end < 0:
            # The tag may arrive in pieces.
            self._unread = self._unread[1 - len(self._closing) :]
            return ""
        rest = self._unread[end + len(self._closing) :]
        self._unread, self._closing = "", ""
        return rest

    def _within_string(self, sign: str) -> None:
        if sign == "\\":
            self._read_to += 1
        elif sign == '"':
            self._in_string = False
        elif sign == "\n":
            # No JSON string has one: this was none, and nothing that was begun can be trusted.
            self._in_string = False
            self._starts.clear()

    def _object(self, text: str) -> Iterator[Proposal]:
        if len(text) > _LONGEST_OBJECT:
            return
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return
        self.claims_list_seen |= isinstance(found.get("claims"), list)
        number, quote, statement = found.get("clause"), found.get("quote"), found.get("statement")
        if isinstance(number, str) and (match := _NUMBER.fullmatch(number.strip())):
            number = int(match[1])
        if isinstance(number, int) and not isinstance(number, bool) and isinstance(quote, str):
            yield Proposal(number=number, quote=quote, statement=statement if isinstance(statement, str) else "")
