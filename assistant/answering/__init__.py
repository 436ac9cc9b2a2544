"""Answers, and what drafts them.

A `Generator` drafts claims, each with the words it quotes and the clause it quotes them from. The bundled
`ExtractiveGenerator` needs no language model: its claims are the clauses' own sentences.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from assistant.answering.answerability import CERTAIN, answerability, is_unclear
from assistant.answering.citing import Claim, Draft
from assistant.answering.excerpts import excerpts_of, without_lead_in
from assistant.answering.pointers import pointed_at
from assistant.answering.selection import lists_places, selected
from assistant.answering.verdicts import verdict_of
from assistant.questions.forms import wants_all
from assistant.text import Language, Span, overlap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.answering.citing import Citation
    from assistant.answering.refusing import Reason
    from assistant.answering.verdicts import VerdictKind
    from assistant.retrieval.hits import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPart:
    """What answers one of several questions of a message, or the reason why nothing does."""

    question: str
    """The question as typed."""
    markers: tuple[int, ...] = ()
    """The citations that answer it, 1 being the first."""
    abstained: Reason | None = None
    """Why there is no answer to it, if there is none."""
    uncertain: bool = False
    """Whether what answers it may well be beside the question."""

    def as_json(self) -> dict[str, object]:
        """Return the part as it is printed and served; `uncertain` only if it is."""
        reason = self.abstained.as_json() if self.abstained else None
        uncertain = {"uncertain": True} if self.uncertain else {}
        return {"question": self.question, "markers": list(self.markers), "abstained": reason, **uncertain}


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
    verdict: VerdictKind | None = None
    """What the first quote says to a yes/no question: whether what it names is so; None if its text leaves it open."""
    uncertain: bool = False
    """Whether all that it quotes may well be beside the question, as its text says."""
    parts: tuple[AnswerPart, ...] = ()
    """What answers each question of a message that asks several; empty if it asks one."""

    def as_json(self, *, latency_ms: float) -> dict[str, object]:
        """Return the answer as it is printed and served; `verdict`, `uncertain` and `parts` only if there are any.

        Args:
            latency_ms: Time that answering took, in milliseconds.
        """
        reason = self.abstained
        verdict = {"verdict": self.verdict} if self.verdict else {}
        uncertain = {"uncertain": True} if self.uncertain else {}
        parts = {"parts": [part.as_json() for part in self.parts]} if self.parts else {}
        return {
            "question": self.question,
            "query": self.query,
            "language": self.language,
            "abstained": reason.as_json() if reason else None,
            "text": self.text,
            **verdict,
            **uncertain,
            **parts,
            "citations": [{"marker": marker, **asdict(citation)} for marker, citation in enumerate(self.citations, 1)],
            "hits": [hit.as_json(rank) for rank, hit in enumerate(self.hits, 1)],
            "latency_ms": round(latency_ms, 3),
        }


class Generator(Protocol):
    """What drafts answers. The bundled one extracts; a language model is another."""

    def generate(self, query: str, hits: Sequence[Hit]) -> Draft:
        """Return claims about `query` that quote `hits`; none if these do not answer it."""


@runtime_checkable
class StreamingGenerator(Protocol):
    """A generator whose claims come one after another, so that the first is told before the last is there."""

    def stream(
        self, query: str, hits: Sequence[Hit], *, question: str, language: Language | None = None
    ) -> Iterator[Claim | None]:
        """Yield claims as `Generator.generate` returns them; closing the iterator ends the work.

        Args:
            query: The question made to stand by itself.
            hits: The clauses, best first.
            question: As typed.
            language: Of the answer; the question's by default.

        Yields:
            Claims, and now and then None while there is none, so that whoever waits may give up.
        """


class ExtractiveGenerator:
    """Drafts answers from the clauses' own sentences, without a language model.

    Args:
        max_citations: Largest number of quotes; an answer that lists all places, or the items of a list, may have
            three times as many.
    """

    def __init__(self, *, max_citations: int = 5) -> None:
        self._max_citations = max_citations

    def generate(self, query: str, hits: Sequence[Hit]) -> Draft:
        """See `Generator.generate`."""
        odds = answerability(query, hits)
        if odds < 0 or is_unclear(query, hits):
            return Draft(claims=())
        claims, told, most = self._quoting(query, hits)
        if claims and not wants_all(query):
            claims[0] = _with_verdict(query, claims, hits)
            claims += _pointed_at(hits, told)[: most - len(claims)]
        # What a quote says to the question for certain is to the point, and so is what names the company asked about.
        if odds < CERTAIN and claims and not claims[0].verdict and not hits[0].evidence.company:
            claims = [replace(claim, uncertain=True) for claim in claims]
        return Draft(claims=tuple(claims))

    def _quoting(self, query: str, hits: Sequence[Hit]) -> tuple[list[Claim], list[tuple[str, Span]], int]:
        """Return what is quoted of the hits that answer, the places of it, and how many quotes there may be."""
        chosen = selected(query, hits)
        longest = self._max_citations * _LIST_FACTOR
        most = longest if len(chosen) > _SEVERAL or lists_places(query, hits) else self._max_citations
        claims: list[Claim] = []
        told: list[tuple[str, Span]] = []
        for hit in chosen:
            quoted, items = excerpts_of(query, hit)
            if items and (hit.passage.heads or not wants_all(query)):
                # A list of which some items are missing misleads; one that comes second is left out instead.
                if claims and len(claims) + len(quoted) + len(items) > most:
                    quoted, items = without_lead_in(hit, quoted), []
                most = max(most, min(len(quoted) + len(items), longest))
            for clause, (start, end) in (*quoted, *items):
                if any(policy == hit.policy.id and overlap((start, end), span) for policy, span in told):
                    continue
                told.append((hit.policy.id, (start, end)))
                claim = Claim(policy_id=hit.policy.id, clause_id=clause.id, quote=hit.policy.text[start:end])
                # What a policy says twice in the same words is told once.
                if not any(_same_words(claim, other) for other in claims):
                    claims.append(claim)
        return claims[:most], told, most


_LIST_FACTOR = 3
_SEVERAL = 2
"""More clauses than this are those of a list."""
_MOST_POINTED_AT = 2
_LONGEST_POINTED_AT = 600
"""Characters."""


def _same_words(one: Claim, other: Claim) -> bool:
    return one.policy_id == other.policy_id and "".join(one.quote.split()) == "".join(other.quote.split())


def _pointed_at(hits: Sequence[Hit], told: Sequence[tuple[str, Span]]) -> list[Claim]:
    """Return what stands at the clauses that the first claim points at, less what was told."""
    policy_id, (start, end) = told[0]
    found: list[Claim] = []
    for clause in pointed_at(next(hit.policy for hit in hits if hit.policy.id == policy_id), start, end):
        hit = next((hit for hit in hits if hit.policy.id == policy_id and hit.clause.id == clause.id), None)
        if hit is None or any(policy == policy_id and overlap((hit.start, hit.end), span) for policy, span in told):
            continue
        # As everywhere, without its number, which the reference tells.
        quote = hit.policy.text[max(hit.start, clause.label_end) : hit.end].strip()
        if len(quote) <= hit.policy.chars(_LONGEST_POINTED_AT):
            found.append(Claim(policy_id=policy_id, clause_id=clause.id, quote=quote))
    return found[:_MOST_POINTED_AT]


def _with_verdict(query: str, claims: Sequence[Claim], hits: Sequence[Hit]) -> Claim:
    """Return the first claim with what its quote says to a yes/no question, if its text decides that."""
    first = claims[0]
    policy = next(hit.policy for hit in hits if hit.policy.id == first.policy_id)
    found = [hit.policy.text[hit.start : hit.end] for hit in hits if hit.policy.id == policy.id]
    others = [*(claim.quote for claim in claims[1:] if claim.policy_id == policy.id), *found]
    verdict = verdict_of(query, policy, first.clause_id, first.quote, others)
    return replace(first, text=verdict.text, verdict=verdict.kind) if verdict else first
