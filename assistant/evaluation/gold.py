"""Where gold stands: quotes found in the policies, and whether a span holds or touches them.

A quote is looked for as for a citation: on folded text, white space left out (`assistant.text.quotes`). A set so
survives another layout and another parsing of its policy, but no change of its words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from assistant.index.passages import passages
from assistant.text import Span, sentences
from assistant.text.quotes import Squeezed, squeezed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A range of a policy's text."""

    policy_id: str
    """The policy."""
    start: int
    """First code point."""
    end: int
    """End, half-open."""


def says(texts: Sequence[str], alternatives: Sequence[str]) -> bool:
    """Say whether one of `texts` contains one of `alternatives`, whatever their case, width and white space."""
    read = [squeezed(text) for text in texts]
    return any(squeezed(wanted) in text for wanted in alternatives for text in read)


class GoldFinder:
    """Finds quotes in the policies of a corpus, and judges spans against them.

    Args:
        policies: The policies.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = tuple(policies)
        self._texts = {policy.id: _Text(policy) for policy in policies}

    def find(self, quote: str, policy_ids: Sequence[str] | None = None) -> tuple[Place, ...]:
        """Return every place where `quote` stands, in these policies or in all, in their order."""
        wanted = squeezed(quote)
        return tuple(
            Place(policy_id=policy_id, start=start, end=end)
            for policy_id, text in self._texts.items()
            if policy_ids is None or policy_id in policy_ids
            for start, end in text.squeezed.find(wanted)
        )

    def nearest(self, quote: str, policy_ids: Sequence[str] | None = None) -> Place | None:
        """Return the passage that has the longest part in common with `quote`, if any has two characters.

        That is the whole sentence, or of a far longer one as much as the quote has.
        """
        wanted = squeezed(quote)
        best, found = 1, None
        for policy_id, text in self._texts.items():
            if policy_ids is not None and policy_id not in policy_ids:
                continue
            match = SequenceMatcher(None, text.squeezed.chars, wanted, autojunk=False).find_longest_match()
            if match.size > best:
                best = match.size
                places = text.squeezed.places
                start, end = text.widened(places[match.a], places[match.a + match.size - 1] + 1)
                if end - start > 2 * len(quote) + _ROOM:
                    first = max(match.a - match.b, 0)
                    start, end = places[first], places[min(first + len(wanted), len(places)) - 1] + 1
                found = Place(policy_id=policy_id, start=start, end=end)
        return found

    def text(self, place: Place) -> str:
        """Return the policy's words at `place`."""
        return self._texts[place.policy_id].policy.text[place.start : place.end]

    def reference(self, place: Place) -> str:
        """Return the words a person can find the smallest clause by that holds all of `place`."""
        policy, clause_id = self._texts[place.policy_id].policy, self.clause_id(place)
        return policy.reference(clause_id)

    def clause_id(self, place: Place) -> str:
        """Return the id of the smallest clause that holds all of `place`."""
        return self._texts[place.policy_id].policy.holding(place.start, place.end).id

    def clause_text(self, place: Place) -> str:
        """Return the text of the smallest clause that holds all of `place`, with its children's."""
        policy = self._texts[place.policy_id].policy
        clause = policy.holding(place.start, place.end)
        return policy.text[clause.start : clause.end]

    def is_searchable(self, place: Place) -> bool:
        """Say whether a passage that retrieval can find holds `place`."""
        return any(
            holds(Place(policy_id=place.policy_id, start=start, end=end), place)
            for start, end in self._texts[place.policy_id].passages
        )

    def touches(self, citation: Place, place: Place) -> bool:
        """Say whether two ranges of the same policy have a sentence in common."""
        if citation.policy_id != place.policy_id:
            return False
        text = self._texts[place.policy_id]
        left, right = text.sentences_in(citation.start, citation.end), text.sentences_in(place.start, place.end)
        return max(left.start, right.start) < min(left.stop, right.stop)


_ROOM = 40


def holds(span: Place, place: Place) -> bool:
    """Say whether `span` holds at least half of `place`.

    >>> quote = Place(policy_id="a", start=10, end=20)
    >>> holds(Place(policy_id="a", start=0, end=15), quote), holds(Place(policy_id="a", start=16, end=30), quote)
    (True, False)
    """
    common = min(span.end, place.end) - max(span.start, place.start)
    return span.policy_id == place.policy_id and 2 * common >= place.end - place.start


class _Text:
    """A policy's text as it is searched for quotes."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.squeezed = Squeezed(policy.text)

    @cached_property
    def passages(self) -> list[Span]:
        """What retrieval can find."""
        return [(passage.start, passage.end) for passage in passages(self.policy)]

    @cached_property
    def _sentences(self) -> tuple[list[int], list[int]]:
        """Starts and ends of the sentences."""
        spans = list(sentences(self.policy.text))
        return [start for start, _ in spans], [end for _, end in spans]

    def widened(self, start: int, end: int) -> Span:
        """Return the span of the sentences that have a character in `start:end`."""
        numbers = self.sentences_in(start, end)
        return self._sentences[0][numbers.start], self._sentences[1][numbers.stop - 1]

    def sentences_in(self, start: int, end: int) -> range:
        """Return the numbers of the sentences that have a character in `start:end`."""
        starts, ends = self._sentences
        return range(bisect_right(ends, start), bisect_left(starts, end))
