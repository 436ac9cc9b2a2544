"""Answers: clauses become statements, each with a quote that is checked against the text.

A `Generator` drafts claims, each with the words it quotes and the clause it quotes them from.
`verify` then finds every quote in its clause, character by character. What is not there
is dropped; if nothing is left, the answer abstains. The bundled `ExtractiveGenerator` needs no
language model: its claims are the clauses' own sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.policy import Policy
from assistant.retrieval import Hit
from assistant.text import Language, Span, fold

ReasonKind = Literal["not_stated", "out_of_scope", "unclear"]


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
    """Courtesy rendering in the question's language, where the policy has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why there is no answer."""

    kind: ReasonKind
    """`not_stated`: the policy is silent; `out_of_scope`: not its matter; `unclear`: ask again."""
    message: str
    """What to tell the person, in the language of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, or the reason why there is none."""

    question: str
    """The question as typed."""
    query: str
    """What was searched for: the question made to stand by itself."""
    language: Language
    """Language of the question and the answer."""
    text: str
    """The answer; `[1]` stands for the first citation."""
    citations: tuple[Citation, ...] = ()
    """Every place that the answer quotes, at least one unless it abstains."""
    hits: tuple[Hit, ...] = ()
    """The clauses that were considered, best first."""
    abstained: Reason | None = None
    """Why there is no answer, if there is none."""


class Generator(Protocol):
    """What drafts answers. The bundled one extracts; a language model is another."""

    def generate(self, query: str, hits: Sequence[Hit]) -> Draft:
        """Return claims about `query` that quote `hits`; none if these do not answer it."""


def verify(draft: Draft, hits: Sequence[Hit], *, min_quote_chars: int) -> tuple[tuple[Claim, Citation], ...]:
    """Keep the claims whose quote stands in the clause that they name.

    The clause must be among the hits. A quote matches if all of its characters follow one
    another in the clause, whatever their case and width and the white space between them:
    there is no threshold. The citation holds the clause's own characters.

    Args:
        draft: The claims.
        hits: The clauses that may be cited.
        min_quote_chars: Least number of letters and digits in a quote.

    Returns:
        Each claim kept with its citation, in the draft's order, every place cited once.
    """
    by_clause = {(hit.policy.id, hit.clause.id): hit for hit in hits}
    kept: list[tuple[Claim, Citation]] = []
    seen: set[tuple[str, int, int]] = set()
    for claim in draft.claims:
        hit = by_clause.get((claim.policy_id, claim.clause_id))
        if hit is None or sum(char.isalnum() for char in claim.quote) < min_quote_chars:
            continue
        span = locate(claim.quote, hit.policy.text, hit.start, hit.end)
        if span is None or (claim.policy_id, *span) in seen:
            continue
        seen.add((claim.policy_id, *span))
        kept.append((claim, cite(hit.policy, span)))
    return tuple(kept)


def cite(policy: Policy, span: Span) -> Citation:
    """Return the citation of a place in a policy: of the clause that the place begins in."""
    start, end = span
    clause = policy.at(start)
    return Citation(
        policy_id=policy.id,
        version=policy.version,
        clause_id=clause.id,
        reference=policy.reference(clause.id),
        quote=policy.text[start:end],
        start=start,
        end=end,
        translation=policy.translations.get(clause.id),
    )


def locate(quote: str, text: str, start: int = 0, end: int | None = None) -> Span | None:
    """Return where `quote` stands in `text[start:end]`, ignoring case, width and white space.

    >>> text = "我们深 知个人信息对您的重要性，\\n并将保护。"
    >>> text[slice(*locate("深知个人信息", text))]
    '深 知个人信息'
    >>> locate("深知公司信息", text) is None
    True
    """
    end = len(text) if end is None else end
    places = [place for place in range(start, end) if not text[place].isspace()]
    squeezed = fold("".join(text[place] for place in places))
    wanted = fold("".join(quote.split()))
    found = squeezed.find(wanted) if wanted else -1
    return (places[found], places[found + len(wanted) - 1] + 1) if found >= 0 else None
