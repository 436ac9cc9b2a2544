"""Quotes that are checked against the text, and where they stand.

`verify` finds every quote in its clause, character by character. What is not there is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.text.quotes import Squeezed, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.answering.verdicts import VerdictKind
    from assistant.policy import Policy
    from assistant.retrieval.hits import Hit
    from assistant.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A statement of a draft, not verified yet."""

    policy_id: str
    """Policy that the quote is from."""
    clause_id: str
    """Clause that the quote is from."""
    quote: str
    """Words of the clause that bear the statement out."""
    text: str = ""
    """The statement in a generator's own words; empty if the quote speaks for itself."""
    verdict: VerdictKind | None = None
    """What the quote says to a yes/no question, where `text` tells that it does."""
    uncertain: bool = False
    """Whether it may well be beside the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a generator proposes."""

    claims: tuple[Claim, ...]
    """Statements in the order they are to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A place in a policy that an answer quotes: `policy.text[start:end] == quote`."""

    policy_id: str
    """Policy."""
    version: str
    """Its version."""
    clause_id: str
    """Clause."""
    reference: str
    """The words a person can find the clause by."""
    quote: str
    """The policy's words, verbatim."""
    start: int
    """First code point in the policy's text."""
    end: int
    """End in the policy's text."""
    translation: str | None = None
    """English of exactly the quote, as a courtesy; None where the policy has none, or the quote cuts a sentence."""


def verify(draft: Draft, hits: Sequence[Hit], *, min_quote_chars: int) -> tuple[tuple[Claim, Citation], ...]:
    """Keep the claims whose quote stands in the clause that they name.

    The clause must be among the hits, or an item of one. A quote matches if all of its characters follow one
    another in the clause, whatever their case and width and the white space between them:
    there is no threshold. The citation holds the clause's own characters.

    Args:
        draft: The claims.
        hits: The clauses that may be cited.
        min_quote_chars: Least number of letters and digits in a quote.

    Returns:
        Each claim kept with its citation, in the draft's order, every place cited once.
    """
    found = verify_each(draft.claims, hits, min_quote_chars)
    return tuple(kept for kept in found if kept)


def verify_each(
    claims: Iterable[Claim | None], hits: Sequence[Hit], min_quote_chars: int
) -> Iterator[tuple[Claim, Citation] | None]:
    """Yield what `verify` keeps, as the claims come; None wherever there is none yet; see there."""
    seen: set[tuple[str, int, int]] = set()
    for claim in claims:
        if claim is None:
            yield None
            continue
        found = _range_of(claim, hits)
        if found is None or sum(map(str.isalnum, claim.quote)) < min_quote_chars:
            continue
        policy, (start, end) = found
        span = locate(claim.quote, policy.text, start, end)
        if span is None or (claim.policy_id, *span) in seen:
            continue
        seen.add((claim.policy_id, *span))
        yield claim, cite(policy, span)


def _range_of(claim: Claim, hits: Sequence[Hit]) -> tuple[Policy, Span] | None:
    """Return where the quote of a claim may stand: in a hit, or in an item of the list that a hit leads into."""
    of_policy = [hit for hit in hits if hit.policy.id == claim.policy_id]
    # An item that was found itself may be quoted to its end, whichever hit comes first.
    for hit in of_policy:
        if hit.clause.id == claim.clause_id:
            return hit.policy, (hit.start, hit.end)
    for hit in of_policy:
        item = next((child for child in hit.clause.children if child.id == claim.clause_id), None)
        if item and hit.clause.kind != "root":
            return hit.policy, (item.start, item.body_end)
    return None


def cite(policy: Policy, span: Span) -> Citation:
    """Return the citation of a place in a policy: of the smallest clause that holds all of it."""
    # What answers one question answers others, and where it stands stays the same.
    return policy.kept(_cite, span)


def _cite(policy: Policy, span: Span) -> Citation:
    start, end = span
    clause = policy.holding(start, end)
    return Citation(
        policy_id=policy.id,
        version=policy.version,
        clause_id=clause.id,
        reference=policy.reference(clause.id),
        quote=policy.text[start:end],
        start=start,
        end=end,
        translation=policy.translation(start, end),
    )


@lru_cache(maxsize=1_000)
def locate(quote: str, text: str, start: int = 0, end: int | None = None) -> Span | None:
    r"""Return where `quote` stands in `text[start:end]`, ignoring case, width and white space.

    >>> text = "我们深 知个人信息对您的重要性，\n并将保护。"
    >>> text[slice(*locate("深知个人信息", text))]
    '深 知个人信息'
    >>> locate("深知公司信息", text) is None
    True
    """
    return next(Squeezed(text, start, end).find(squeezed(quote)), None)
