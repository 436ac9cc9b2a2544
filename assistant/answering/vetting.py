"""What a language model proposes becomes claims, or nothing: the quote is found, made whole, and compared.

A model names a clause, quotes it, and says something in its own words. Of these

- the quote must stand in the clause, character by character, or the proposal is dropped;
- the quote is made whole: half a sentence may say the opposite of the whole one, so it is shown from the beginning
  of its sentence, with the exception after it, and with the words that lead into the list that it is an item of;
- the words must be borne out by the quote (`assistant.answering.bearing`). If they say something else than the
  quote, the proposal is dropped: who read the clause wrongly did not choose it rightly. If they only say what the
  rules cannot compare, the quote is shown alone: it is the policy's own and needs no proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.answering.bearing import Bearing
from assistant.answering.citing import Claim, Draft, verify
from assistant.sentences.senses import takes_back, turns
from assistant.text import fold, language_of, overlap, visible, visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.answering.bearing import Finding
    from assistant.policy import Policy
    from assistant.retrieval.hits import Hit
    from assistant.text import Language, Span
    from assistant.thesaurus import Thesaurus

Outcome = Literal["kept", "quote_only", "dropped"]
"""`quote_only`: the quote is shown without the words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a model says of one clause."""

    number: int
    """The clause, as numbered in the prompt: its place among the hits, from 1."""
    quote: str
    """What it takes for the clause's words."""
    statement: str = ""
    """What it says in its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetted:
    """What became of a proposal."""

    outcome: Outcome
    """What is left of it."""
    reason: str = ""
    """Why it is not kept as it was: the rule, and the words that decided."""
    claims: tuple[Claim, ...] = ()
    """What may be said, in order: the words that lead into a list stand before its item."""


class Vetter:
    """Holds the proposals for one answer to the clauses.

    Args:
        hits: The clauses that may be cited, as they were numbered.
        thesaurus: Concepts, by which words of the two languages are compared.
        language: Language of the answer.
        min_quote_chars: Least number of letters and digits in a quote.
    """

    def __init__(self, hits: Sequence[Hit], thesaurus: Thesaurus, *, language: Language, min_quote_chars: int) -> None:
        self._hits = tuple(hits)
        names = {name for hit in hits for name in (hit.policy.title, *hit.policy.names)}
        self._bearing = Bearing(thesaurus, names)
        self._language = language
        self._min_quote_chars = min_quote_chars
        self._told: list[tuple[str, Span]] = []

    def vet(self, proposal: Proposal) -> Vetted:
        """Return what may be said of a proposal. Every place is quoted once."""
        if not 1 <= proposal.number <= len(self._hits):
            return Vetted(outcome="dropped", reason="no such clause")
        hit = self._hits[proposal.number - 1]
        policy = hit.policy
        asked = Claim(policy_id=policy.id, clause_id=hit.clause.id, quote=visible(proposal.quote))
        # By itself, so that a quote is looked for in this clause and no other.
        found = verify(Draft(claims=(asked,)), [hit], min_quote_chars=self._min_quote_chars)
        if not found:
            return Vetted(outcome="dropped", reason="not in the clause")
        start, end = whole(policy, (found[0][1].start, found[0][1].end))
        span = (max(start, hit.start), min(end, hit.end))
        if self._is_told(policy, span):
            return Vetted(outcome="dropped", reason="told already")
        lead = policy.lead_in(policy.at(span[0]).id)
        lead_text = policy.text[slice(*lead)] if lead else ""
        finding, words = self._judged(proposal.statement, policy, span, lead_text)
        if finding and finding.verdict == "contradicted":
            return Vetted(outcome="dropped", reason=finding.reason)
        claims: list[Claim] = []
        if lead and not self._is_told(policy, lead) and not span[0] <= lead[0] < span[1]:
            holder = self._holder(policy, lead)
            if hit.start <= lead[0] and span[1] - lead[0] <= _SHORT_LIST:
                span = (lead[0], span[1])
            elif holder:
                claims.append(Claim(policy_id=policy.id, clause_id=holder.clause.id, quote=lead_text))
                self._told.append((policy.id, lead))
            elif turns(lead_text):
                # 我们不会收集以下信息： cannot be left out, and cannot be quoted from what was found.
                return Vetted(outcome="dropped", reason="its lead-in was not found")
        claims.append(Claim(policy_id=policy.id, clause_id=hit.clause.id, quote=policy.text[slice(*span)], text=words))
        self._told.append((policy.id, span))
        outcome: Outcome = "kept" if words or finding is None else "quote_only"
        return Vetted(outcome=outcome, reason=finding.reason if finding else "", claims=tuple(claims))

    def _judged(self, statement: str, policy: Policy, span: Span, lead: str) -> tuple[Finding | None, str]:
        """Compare a statement with its quote; return what was found, and what may be said of it."""
        words = visible_line(statement)
        quote = policy.text[slice(*span)]
        if not words or _squeezed(words) in _squeezed(quote):
            # The quote says it already.
            return None, ""
        titles = [clause.title for clause in policy.path(policy.at(span[0]).id)[1:] if clause.title]
        finding = self._bearing.judge(words, quote, lead_in=lead, above=titles)
        if finding.verdict == "unchecked" and language_of(words) != policy.language:
            # The policy's own translation, which is shown below the quote, may have the words that the rules lack.
            translated = policy.translation(*span)
            finding = self._bearing.judge(words, translated) if translated else finding
        said = finding.verdict == "borne_out" and language_of(words) == self._language
        return finding, words if said else ""

    def _holder(self, policy: Policy, span: Span) -> Hit | None:
        """Return the hit that a place may be quoted from, if there is one, and if it is long enough for a quote."""
        if sum(map(str.isalnum, policy.text[slice(*span)])) < self._min_quote_chars:
            return None
        held = (hit for hit in self._hits if hit.policy.id == policy.id)
        return next((hit for hit in held if hit.start <= span[0] and span[1] <= hit.end), None)

    def _is_told(self, policy: Policy, span: Span) -> bool:
        """Say whether a place was quoted before, or a part of it."""
        return any(known == policy.id and overlap(span, told) for known, told in self._told)


def whole(policy: Policy, span: Span) -> Span:
    """Return the span of the whole sentences of a quote, with the sentence after it that takes them back.

    The end of a long sentence may be left out, if nothing in it turns the sense: from a comma on.

    Args:
        policy: The policy.
        span: What was quoted.
    """
    start, end = span
    first, last = policy.at(start), policy.at(end - 1)
    start = min((left for left, right in policy.sentences(first) if left <= start < right), default=start)
    following = [sentence for sentence in policy.sentences(last) if sentence[1] >= end]
    if following:
        end = _end_of(policy.text, max(start, following[0][0]), end, following[0][1])
    if len(following) > 1 and end == following[0][1] and takes_back(policy.text[slice(*following[1])]):
        end = following[1][1]
    return start, end


def _end_of(text: str, start: int, quoted: int, end: int) -> int:
    """Return where to end a quote from a sentence: at its end, or at the first comma after the quote if it is long."""
    if end - start <= _LONG_SENTENCE:
        return end
    cut = next((place for place in range(quoted, end) if text[place] in _COMMAS), end)
    return end if turns(text[cut:end]) else cut


_SHORT_LIST = 300
"""Most characters of a list that is quoted from its lead-in to the item."""
_LONG_SENTENCE = 200
_COMMAS = "，,；;"


def _squeezed(text: str) -> str:
    return "".join(char for char in fold(text) if char.isalnum())
