"""Answers: clauses become statements, each with a quote that is checked against the text.

A `Generator` drafts claims, each with the words it quotes and the clause it quotes them from.
`verify` then finds every quote in its clause, character by character. What is not there
is dropped; if nothing is left, the answer abstains. The bundled `ExtractiveGenerator` needs no
language model: its claims are the clauses' own sentences.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from assistant.text import Language, Span, fold, language_of, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Clause, Policy
    from assistant.retrieval import Evidence, Hit

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
    """English of exactly the quote, as a courtesy; None where the policy has none, or the quote cuts a sentence."""


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

    def as_json(self, *, latency_ms: float) -> dict[str, object]:
        """Return the answer as it is printed and served.

        Args:
            latency_ms: Time that answering took, in milliseconds.
        """
        reason = self.abstained
        return {
            "question": self.question,
            "query": self.query,
            "language": self.language,
            "abstained": {"kind": reason.kind, "message": reason.message} if reason else None,
            "text": self.text,
            "citations": [{"marker": marker, **asdict(citation)} for marker, citation in enumerate(self.citations, 1)],
            "hits": [hit.as_json(rank) for rank, hit in enumerate(self.hits, 1)],
            "latency_ms": round(latency_ms, 3),
        }


class Generator(Protocol):
    """What drafts answers. The bundled one extracts; a language model is another."""

    def generate(self, query: str, hits: Sequence[Hit]) -> Draft:
        """Return claims about `query` that quote `hits`; none if these do not answer it."""


class ExtractiveGenerator:
    """Drafts answers from the clauses' own sentences, without a language model.

    Args:
        max_citations: Largest number of quotes.
    """

    def __init__(self, *, max_citations: int = 5) -> None:
        self._max_citations = max_citations

    def generate(self, query: str, hits: Sequence[Hit]) -> Draft:  # noqa: ARG002 - the hits' scores are the query's
        """See `Generator.generate`."""
        if not hits or answerability(hits[0].evidence) < 0:
            return Draft(claims=())
        chosen = [hit for hit in hits[:_MOST_CLAUSES] if hit.score >= hits[0].score - _CLAUSE_MARGIN]
        claims: list[Claim] = []
        told: list[tuple[str, Span]] = []
        for hit in chosen:
            for clause, (start, end) in _quoted(hit):
                if any(policy == hit.policy.id and start < b and a < end for policy, (a, b) in told):
                    continue
                told.append((hit.policy.id, (start, end)))
                claims.append(Claim(policy_id=hit.policy.id, clause_id=clause.id, quote=hit.policy.text[start:end]))
        return Draft(claims=tuple(claims[: self._max_citations]))


def answerability(evidence: Evidence) -> float:
    """Return the odds that a question has its answer in the policy: a logarithm, less the threshold.

    A logistic regression over what is known of the question and its best hit, fitted on the dev questions
    by `python -m evals.fit_refusals`, with the threshold at which few questions that have an answer are
    refused. It knows the bundled encoder only: with another model nothing is refused by odds.
    """
    if evidence.scope is None:
        return math.inf
    return sum(_ODDS[name] * value for name, value in features(evidence).items()) + _ODDS["base"]


def features(evidence: Evidence) -> dict[str, float]:
    """Return by name what the regression reads of the evidence; the scope is bounded, lest it decide alone."""
    scope = max(-_MOST_SCOPE, min(evidence.scope or 0.0, _MOST_SCOPE))
    return {"scope": scope, "similarity": evidence.similarity, "coverage": evidence.coverage}


_ODDS = {"scope": 0.37, "similarity": 9.1, "coverage": 3.97, "base": -4.06}
_MOST_SCOPE = 6.0
# In the units of scores, which are sums of standard scores. Chosen on the dev questions.
_CLAUSE_MARGIN = 0.6
_SENTENCE_MARGIN = 2.0
_MOST_CLAUSES = 2
_SHORT_CHARS = 150
_WHOLE_LIST_CHARS = 600
_OPENING_CHARS = 60
_LEAD_IN = (":", "：")


def _quoted(hit: Hit) -> list[tuple[Clause, Span]]:
    """Return what a hit says in answer: clauses with spans of their text.

    That is a short clause or list whole; of a long one the best sentence with those that come close,
    neighbours joined; and if that is what leads into a long list, the first words of each item.
    """
    text, sentences = hit.policy.text, hit.passage.sentences
    whole = (sentences[0][0], sentences[-1][1])
    if whole[1] - whole[0] <= (_WHOLE_LIST_CHARS if hit.end > hit.clause.body_end else _SHORT_CHARS):
        spans = [whole]
    else:
        least = max(hit.sentence_scores) - _SENTENCE_MARGIN
        spans = []
        for (start, end), score in zip(sentences, hit.sentence_scores, strict=True):
            if score < least:
                continue
            if spans and not text[spans[-1][1] : start].strip():
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
    quoted = [(hit.clause, span) for span in spans]
    if spans[-1][1] == whole[1] and text[whole[1] - 1] in _LEAD_IN and hit.end == hit.clause.body_end:
        quoted += [(child, span) for child in hit.clause.children if (span := _opening(hit.policy, child))]
    return quoted


def _opening(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of a clause's first sentence with its label; of the label with the title if that is too long."""
    first = next(sentences(policy.text, clause.start, clause.body_end), None)
    if first and clause.title and first[1] - clause.start > _OPENING_CHARS:
        return clause.start, policy.text.index(clause.title, clause.start) + len(clause.title)
    return (clause.start, first[1]) if first else None


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
    kept: list[tuple[Claim, Citation]] = []
    seen: set[tuple[str, int, int]] = set()
    for claim in draft.claims:
        found = _range_of(claim, hits)
        if found is None or sum(char.isalnum() for char in claim.quote) < min_quote_chars:
            continue
        policy, (start, end) = found
        span = locate(claim.quote, policy.text, start, end)
        if span is None or (claim.policy_id, *span) in seen:
            continue
        seen.add((claim.policy_id, *span))
        kept.append((claim, cite(policy, span)))
    return tuple(kept)


def _range_of(claim: Claim, hits: Sequence[Hit]) -> tuple[Policy, Span] | None:
    """Return where the quote of a claim may stand: in a hit, or in an item of the list that a hit leads into."""
    for hit in hits:
        if hit.policy.id != claim.policy_id:
            continue
        if hit.clause.id == claim.clause_id:
            return hit.policy, (hit.start, hit.end)
        item = next((child for child in hit.clause.children if child.id == claim.clause_id), None)
        if item and hit.clause.kind != "root":
            return hit.policy, (item.start, item.body_end)
    return None


def cite(policy: Policy, span: Span) -> Citation:
    """Return the citation of a place in a policy: of the smallest clause that holds all of it."""
    start, end = span
    clause = next(above for above in reversed(policy.path(policy.at(start).id)) if end <= above.end)
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


def locate(quote: str, text: str, start: int = 0, end: int | None = None) -> Span | None:
    r"""Return where `quote` stands in `text[start:end]`, ignoring case, width and white space.

    >>> text = "我们深 知个人信息对您的重要性，\n并将保护。"
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


# --- Wording -----------------------------------------------------------------------------

_LEAD = {"zh": "《{title}》的相关原文：", "en": "What {title} says, in its own words:"}
_COURTESY = "Translations are a courtesy: the Chinese text prevails."
_ABSTAINED: dict[ReasonKind, dict[Language, str]] = {
    "not_stated": {
        "zh": "《{title}》没有说明这一点。",
        "en": "{title} does not state this.",
    },
    "out_of_scope": {
        "zh": "这个问题不在《{title}》的范围内。",
        "en": "This is not a matter of {title}.",
    },
    "unclear": {
        "zh": "没有看懂这个问题，请换个说法，写明想了解什么。",
        "en": "The question is not clear: please say what you would like to know.",
    },
}
_NEAREST = {"zh": "最接近的条款：{reference}。", "en": "The closest clause is {reference}."}
_CONTACT = {"zh": "可联系{company}：{contact}。", "en": "You can ask {company}: {contact}."}


def answer(*, question: str, query: str, draft: Draft, hits: Sequence[Hit], min_quote_chars: int) -> Answer:
    """Verify a draft and put it into words, in the language of the question.

    Args:
        question: As typed.
        query: What was searched for.
        draft: What a generator proposes.
        hits: The clauses that may be cited.
        min_quote_chars: Least number of letters and digits in a quote.

    Returns:
        The answer; abstained if no claim of the draft stands.
    """
    language = language_of(question)
    verified = verify(draft, hits, min_quote_chars=min_quote_chars)
    citations = tuple(citation for _, citation in verified)
    reason = None
    if verified:
        text = _worded(verified, hits, language)
    else:
        reason = _reason(query, hits, language)
        text = reason.message
    return Answer(
        question=question,
        query=query,
        language=language,
        text=text,
        citations=citations,
        hits=tuple(hits),
        abstained=reason,
    )


def _worded(verified: Sequence[tuple[Claim, Citation]], hits: Sequence[Hit], language: Language) -> str:
    titles = {hit.policy.id: hit.policy.title for hit in hits}
    lines: list[str] = []
    policy_id = ""
    for marker, (claim, citation) in enumerate(verified, 1):
        if citation.policy_id != policy_id:
            policy_id = citation.policy_id
            lines.append(_LEAD[language].format(title=titles[policy_id]))
        quote = "\n  ".join(line.strip() for line in citation.quote.splitlines() if line.strip())
        lines.append(f"• {claim.text} “{quote}” [{marker}]" if claim.text else f"• “{quote}” [{marker}]")
        if citation.translation and language == "en":
            lines.append(f"  Translation: {citation.translation}")
    if language == "en" and any(citation.translation for _, citation in verified):
        lines.append(_COURTESY)
    return "\n".join(lines)


def _reason(query: str, hits: Sequence[Hit], language: Language) -> Reason:
    kind: ReasonKind = "not_stated"
    if not any(char.isalnum() for char in query):
        kind = "unclear"
    elif not hits or _is_off_topic(hits[0].evidence):
        kind = "out_of_scope"
    if kind == "unclear" or not hits:
        return Reason(kind=kind, message=_ABSTAINED[kind][language].format(title=""))
    policy = hits[0].policy
    parts = [_ABSTAINED[kind][language].format(title=policy.title)]
    parts.append(_NEAREST[language].format(reference=hits[0].reference))
    if policy.contact:
        parts.append(_CONTACT[language].format(company=policy.company or policy.title, contact=policy.contact))
    return Reason(kind=kind, message=(" " if language == "en" else "").join(parts))


def _is_off_topic(evidence: Evidence) -> bool:
    return evidence.coverage < _LEAST_COVERAGE if evidence.scope is None else evidence.scope < 0


_LEAST_COVERAGE = 0.2
