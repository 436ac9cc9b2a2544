"""Answers: clauses become statements, each with a quote that is checked against the text.

A `Generator` drafts claims, each with the words it quotes and the clause it quotes them from.
`verify` then finds every quote in its clause, character by character. What is not there
is dropped; if nothing is left, the answer abstains. The bundled `ExtractiveGenerator` needs no
language model: its claims are the clauses' own sentences.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from assistant.answer_types import gives_orders, holds, wanted, wants_all
from assistant.text import STOPWORDS, Language, Span, fold, has_han, language_of, normalized, sentences
from assistant.verdicts import verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.policy import Clause, Policy
    from assistant.retrieval import Evidence, Hit
    from assistant.verdicts import VerdictKind

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
    verdict: VerdictKind | None = None
    """What the quote says to a yes/no question, where `text` tells that it does."""


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
    suggestions: tuple[str, ...] = ()
    """Questions that the person may have meant, for `unclear`."""

    def as_json(self) -> dict[str, object]:
        """Return the reason as it is printed and served; `suggestions` only if there are any."""
        suggestions = {"suggestions": list(self.suggestions)} if self.suggestions else {}
        return {"kind": self.kind, "message": self.message, **suggestions}


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

    def as_json(self, *, latency_ms: float) -> dict[str, object]:
        """Return the answer as it is printed and served; `verdict` only if there is one.

        Args:
            latency_ms: Time that answering took, in milliseconds.
        """
        reason = self.abstained
        verdict = {"verdict": self.verdict} if self.verdict else {}
        return {
            "question": self.question,
            "query": self.query,
            "language": self.language,
            "abstained": reason.as_json() if reason else None,
            "text": self.text,
            **verdict,
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

    def stream(self, query: str, hits: Sequence[Hit], *, question: str) -> Iterator[Claim | None]:
        """Yield claims as `Generator.generate` returns them; closing the iterator ends the work.

        Args:
            query: The question made to stand by itself.
            hits: The clauses, best first.
            question: As typed, in whose language the answer is.

        Yields:
            Claims, and now and then None while there is none, so that whoever waits may give up.
        """


class ExtractiveGenerator:
    """Drafts answers from the clauses' own sentences, without a language model.

    Args:
        max_citations: Largest number of quotes; an answer that lists all places may have three times as many.
    """

    def __init__(self, *, max_citations: int = 5) -> None:
        self._max_citations = max_citations

    def generate(self, query: str, hits: Sequence[Hit]) -> Draft:
        """See `Generator.generate`."""
        if answerability(query, hits) < 0 or is_unclear(query, hits):
            return Draft(claims=())
        most = self._max_citations
        chosen = _chosen(query, hits)
        if wants_all(query) and hits[0].evidence.concepts == 1:
            most *= _LIST_FACTOR
            listed = (h for h in hits if h.evidence.concepts == 1 and h.score >= hits[0].score - _LIST_MARGIN)
            chosen = sorted(listed, key=lambda hit: (hit.policy.id, hit.start))
        claims: list[Claim] = []
        told: list[tuple[str, Span]] = []
        for hit in chosen:
            for clause, (start, end) in _quoted(hit):
                if any(policy == hit.policy.id and start < b and a < end for policy, (a, b) in told):
                    continue
                told.append((hit.policy.id, (start, end)))
                claims.append(Claim(policy_id=hit.policy.id, clause_id=clause.id, quote=hit.policy.text[start:end]))
        claims = claims[:most]
        if claims and not wants_all(query):
            claims[0] = _with_verdict(query, claims, hits)
        return Draft(claims=tuple(claims))


def answerability(query: str, hits: Sequence[Hit]) -> float:
    """Return the odds that a question has its answer in the policy: a logarithm, less the threshold.

    A logistic regression over what is known of the question and its best hits, fitted on the dev questions
    by `python -m evals.fit_refusals`, with the threshold at which few questions that have an answer are
    refused. It knows the bundled encoder only: with another model nothing is refused by odds.

    Args:
        query: The question.
        hits: What was found, best first.

    Returns:
        Above 0 if it is to be answered; minus infinity without hits, and for an order, which is not carried out.
    """
    if not hits or gives_orders(query):
        return -math.inf
    if hits[0].evidence.scope is None:
        return math.inf
    return sum(_ODDS[name] * value for name, value in features(query, hits).items()) + _ODDS["base"]


def features(query: str, hits: Sequence[Hit]) -> dict[str, float]:
    """Return by name what the regression reads of a question and its hits, of which there is at least one."""
    evidence = hits[0].evidence
    named = [hit.evidence.concepts for hit in hits[:_READ_FOR_CONCEPTS] if hit.evidence.concepts is not None]
    # Bounded, lest it decide alone; and who names only what the clause names does not ask about other things.
    scope = 0.0 if evidence.scope is None or evidence.concepts == 1 else max(evidence.scope, -_MOST_SCOPE)
    familiarity = _USUAL_FAMILIARITY if evidence.familiarity is None else evidence.familiarity
    return {
        "scope": min(0.0, scope + _SCOPE_IN_DOUBT),
        "similarity": evidence.similarity,
        "likeness": _USUAL_LIKENESS if evidence.likeness is None else evidence.likeness,
        # What is like no known question is no better for it.
        "familiarity": max(familiarity, _LEAST_FAMILIARITY),
        "concepts": max(named, default=_UNNAMED),
        "unmentioned": min(len(evidence.unmentioned), _MOST_UNMENTIONED),
        "stranger": float(evidence.stranger),
        "unstated": _unstated(query, hits),
    }


def _unstated(query: str, hits: Sequence[Hit]) -> float:
    """Return how far the best sentence that holds a value of the kind wanted is behind the best of all.

    Returns:
        In the units of scores, from 0 to `_MOST_UNSTATED`; 0 if no value is wanted.
    """
    kinds = wanted(query)
    if not kinds:
        return 0.0
    said = [
        (score, hit.policy.text[start:end])
        for hit in hits
        for (start, end), score in zip(hit.passage.sentences, hit.sentence_scores, strict=True)
    ]
    best = max((score for score, _ in said), default=0.0)
    behind = [best - max((score for score, text in said if holds(text, kind)), default=-math.inf) for kind in kinds]
    return min(_MOST_UNSTATED, max(behind))


def is_unclear(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a query is a word or two that stand in most clauses, such as 信息, or says nothing: "that one".

    Args:
        query: The question.
        hits: What was found, best first.
    """
    if not any(char.isalnum() for char in query) or _only_points(query):
        return True
    # A Chinese word has two characters as a rule.
    words = sum(1 if part.isascii() else len(part) / 2 for part in query.split())
    return bool(hits) and words <= _FEW_WORDS and hits[0].evidence.frequency >= _IN_MOST


def _only_points(query: str) -> bool:
    """Say whether a query only points at something that was said before: "the other one please", 那个怎么弄."""
    asked = normalized(query)
    if has_han(asked):
        return _ONLY_POINTS_ZH.fullmatch(asked) is not None
    words = set(re.findall(r"[a-z0-9']+", asked))
    return bool(words & _POINTERS) and words <= _EMPTY_WORDS


_POINTERS = frozenset(("it", "that", "this", "these", "those", "one", "ones", "other", "another"))
_EMPTY_WORDS = (STOPWORDS | _POINTERS | {"about", "ok", "okay", "thing", "things", "instead"}) - {"policy", "app"}
_ONLY_POINTS_ZH = re.compile(
    r"(?:那|这|它|另一?|还有|其他|其它)"
    r"[那这它一个些种样边里是的呢吗嘛啊呀吧了能可以会要不怎么咋如何弄办搞做看用说什么为啥我你们?!。, ]{0,20}"
)


_FEW_WORDS = 2
_IN_MOST = 0.5
_ODDS = {
    "scope": 0.28,
    "similarity": 9.54,
    "likeness": 5.18,
    "familiarity": -6.7,
    "concepts": 0.97,
    "unmentioned": -0.7,
    "stranger": -2.43,
    "unstated": -1.19,
    "base": -3.22,
}
_MOST_SCOPE = 6.0
_SCOPE_IN_DOUBT = 1.0
_LEAST_FAMILIARITY = 0.6
_MOST_UNMENTIONED = 2
_UNNAMED = 0.5
"""What a question that names no concept counts as, halfway between all and none of them held."""
_READ_FOR_CONCEPTS = 3
_MOST_UNSTATED = 3.0
# Of questions that have an answer; for an encoder that knows nothing of answers.
_USUAL_LIKENESS = 0.76
_USUAL_FAMILIARITY = 0.69
# In the units of scores, which are sums of standard scores. Chosen on the dev questions.
_CLAUSE_MARGIN = 0.6
_SIMILARITY_MARGIN = 0.05
_READ_FOR_VALUES = 3
_SENTENCE_MARGIN = 2.0
_MOST_CLAUSES = 2
# Who asks for all places is told of those that name all that the question names.
_LIST_MARGIN = 2.0
_LIST_FACTOR = 3
_SHORT_CHARS = 250
_WHOLE_LIST_CHARS = 600
_WHOLE_ITEMS_CHARS = 1_200
_OPENING_CHARS = 60
_LEAD_IN = (":", "：")


def _chosen(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted: the first, and the second if it is about as good and not of the same list.

    Who asks for a value, such as a period, gets one of the first hits that holds such a value, if any does.
    """
    first = hits[0]
    chosen = [
        hit
        for place, hit in enumerate(hits[:_MOST_CLAUSES])
        if hit.score >= first.score - _CLAUSE_MARGIN
        # The margin is the bundled encoder's; other models have other cosines.
        and (first.evidence.scope is None or hit.evidence.similarity >= first.evidence.similarity - _SIMILARITY_MARGIN)
        and not (place and _are_siblings(first, hit))
    ]
    kinds = wanted(query)
    holding = [
        hit
        for hit in hits[:_READ_FOR_VALUES]
        if kinds and all(any(holds(hit.policy.text[a:b], kind) for a, b in hit.passage.sentences) for kind in kinds)
    ]
    if holding and first not in holding:
        return [holding[0], first]
    return [hit for hit in chosen if hit in holding] if holding else chosen


def _are_siblings(one: Hit, other: Hit) -> bool:
    above, _, _ = one.clause.id.rpartition(".")
    return bool(above) and one.policy.id == other.policy.id and above == other.clause.id.rpartition(".")[0]


def _quoted(hit: Hit) -> list[tuple[Clause, Span]]:
    """Return what a hit says in answer: clauses with spans of their text.

    That is a short clause or list whole; of a long one the best sentence with those that come close,
    neighbours joined; and if that is what leads into a long list, each item, of long ones the first words.
    """
    text, sentences = hit.policy.text, hit.passage.sentences
    whole = (sentences[0][0], sentences[-1][1])
    is_list = hit.end > hit.clause.body_end
    if whole[1] - whole[0] <= hit.policy.chars(_WHOLE_LIST_CHARS if is_list else _SHORT_CHARS):
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
        quoted += _items(hit)
    return quoted


def _items(hit: Hit) -> list[tuple[Clause, Span]]:
    """Return what is said of a list's items: all of a short one, unless they come to too much; else its opening."""
    policy, items = hit.policy, hit.clause.children
    whole = {item.id: span for item in items if (span := _said(policy, item))}
    short = {name for name, (start, end) in whole.items() if end - start <= policy.chars(_SHORT_CHARS)}
    if sum(whole[name][1] - whole[name][0] for name in short) > policy.chars(_WHOLE_ITEMS_CHARS):
        short.clear()
    spans = ((item, whole[item.id] if item.id in short else _opening(policy, item)) for item in items)
    return [(item, span) for item, span in spans if span]


def _said(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of a clause's own sentences, from its label to the last that says something."""
    spans = [
        span
        for span in sentences(policy.text, clause.start, clause.body_end)
        if any(map(str.isalnum, policy.text[slice(*span)]))
    ]
    return (clause.start, spans[-1][1]) if spans else None


def _opening(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of a clause's first sentence with its label; of the label with the title if that is too long."""
    first = next(sentences(policy.text, clause.start, clause.body_end), None)
    if first and clause.title and first[1] - clause.start > policy.chars(_OPENING_CHARS):
        return clause.start, policy.text.index(clause.title, clause.start) + len(clause.title)
    return (clause.start, first[1]) if first else None


def _with_verdict(query: str, claims: Sequence[Claim], hits: Sequence[Hit]) -> Claim:
    """Return the first claim with what its quote says to a yes/no question, if its text decides that."""
    first = claims[0]
    policy = next(hit.policy for hit in hits if hit.policy.id == first.policy_id)
    found = [hit.policy.text[hit.start : hit.end] for hit in hits if hit.policy.id == policy.id]
    others = [*(claim.quote for claim in claims[1:] if claim.policy_id == policy.id), *found]
    verdict = verdict_of(query, policy, first.clause_id, first.quote, others)
    return replace(first, text=verdict.text, verdict=verdict.kind) if verdict else first


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
    found = _verified(draft.claims, hits, min_quote_chars)
    return tuple(kept for kept in found if kept)


def _verified(
    claims: Iterable[Claim | None], hits: Sequence[Hit], min_quote_chars: int
) -> Iterator[tuple[Claim, Citation] | None]:
    """Yield what `verify` keeps, as the claims come; None wherever there is none yet."""
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
    squeezed = fold("".join(text[start:end].split()))
    wanted = fold("".join(quote.split()))
    found = squeezed.find(wanted) if wanted else -1
    if found < 0:
        return None
    places = [place for run in _PRINTED.finditer(text, start, end) for place in range(*run.span())]
    return places[found], places[found + len(wanted) - 1] + 1


_PRINTED = re.compile(r"\S+")


# --- Wording -----------------------------------------------------------------------------

_LEAD = {"zh": "《{title}》的相关原文：", "en": "What {title} says, in its own words:"}
_LEAD_TO_WORDS = {"zh": "根据《{title}》：", "en": "According to {title}:"}
_LEAD_TO_LIST = {"zh": "《{title}》有 {count} 处说到：", "en": "{title} speaks of this in {count} places:"}
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
_UNMENTIONED = {"zh": "《{title}》没有提到{names}。", "en": "{title} does not mention {names}."}
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
    *_, last = answered(question=question, query=query, claims=draft.claims, hits=hits, min_quote_chars=min_quote_chars)
    if not isinstance(last, Answer):
        raise TypeError("an answer ends with itself")
    return last


def answered(
    *, question: str, query: str, claims: Iterable[Claim | None], hits: Sequence[Hit], min_quote_chars: int
) -> Iterator[str | Answer]:
    """Verify claims and put them into words as they come.

    Args:
        question: As typed.
        query: What was searched for.
        claims: What a generator proposes; None wherever there is nothing yet.
        hits: The clauses that may be cited.
        min_quote_chars: Least number of letters and digits in a quote.

    Yields:
        Pieces of the answer's text, an empty one for each None, then the answer. If it abstains, there were no
        pieces: its text is the reason.
    """
    language = language_of(question)
    citations: list[Citation] = []
    pieces: list[str] = []
    verdict: VerdictKind | None = None
    found = _verified(claims, hits, min_quote_chars)
    counts: Mapping[str, int] = {}
    if wants_all(query):
        listed = [kept for kept in found if kept]
        counts = _places(listed, hits)
        found = iter(listed)
    wording = _Wording({hit.policy.id: hit.policy for hit in hits}, language, counts)
    for kept in found:
        if kept is None:
            yield ""
            continue
        if not citations:
            verdict = kept[0].verdict
        citations.append(kept[1])
        for line in wording.lines(*kept, marker=len(citations)):
            pieces.append(f"\n{line}" if pieces else line)
            yield pieces[-1]
    if language == "en" and any(citation.translation for citation in citations):
        pieces.append(f"\n{_COURTESY}")
        yield pieces[-1]
    reason = None if citations else _reason(query, hits, language)
    yield Answer(
        question=question,
        query=query,
        language=language,
        text=reason.message if reason else "".join(pieces),
        citations=tuple(citations),
        hits=tuple(hits),
        abstained=reason,
        verdict=verdict,
    )


def _places(verified: Sequence[tuple[Claim, Citation]], hits: Sequence[Hit]) -> Counter[str]:
    """Return in how many places each policy is quoted."""
    # The items of one list are one place.
    places = {
        (citation.policy_id, next((h.start for h in hits if _within(citation, h)), citation.start))
        for _, citation in verified
    }
    return Counter(policy_id for policy_id, _ in places)


class _Wording:
    """Puts verified claims into words, one after another.

    Args:
        policies: Those that are quoted, by id.
        language: Of the question.
        counts: In how many places each is quoted, if all places were asked for: they are told as a list then, under
            the titles that they stand under.
    """

    def __init__(self, policies: Mapping[str, Policy], language: Language, counts: Mapping[str, int]) -> None:
        self._policies = policies
        self._language = language
        self._counts = counts
        self._policy_id = self._section = ""
        self._leads_to_words = False

    def lines(self, claim: Claim, citation: Citation, *, marker: int) -> Iterator[str]:
        """Yield the lines that say a claim, after those that lead to it."""
        policy, language = self._policies[citation.policy_id], self._language
        count = self._counts.get(policy.id, 0)
        # What introduces quotes does not introduce a generator's own words; the other way round it does.
        if policy.id != self._policy_id or (claim.text and not self._leads_to_words):
            self._policy_id, self._section, self._leads_to_words = policy.id, "", bool(claim.text)
            lead = _LEAD_TO_WORDS if claim.text else _LEAD_TO_LIST if count >= _LEAST_LIST else _LEAD
            yield lead[language].format(title=policy.title, count=count)
        if count >= _LEAST_LIST and (above := _section(policy, citation.clause_id)) != self._section:
            self._section = above
            yield f"{above}{'：' if language == 'zh' else ':'}"
        quote = "\n  ".join(line.strip() for line in citation.quote.splitlines() if line.strip())
        yield f"• {claim.text} “{quote}” [{marker}]" if claim.text else f"• “{quote}” [{marker}]"
        if citation.translation and language == "en":
            yield f"  Translation: {citation.translation}"


_LEAST_LIST = 3
"""Fewest places that are told as a list."""


def _within(citation: Citation, hit: Hit) -> bool:
    return citation.policy_id == hit.policy.id and hit.clause.start <= citation.start < hit.clause.end


def _section(policy: Policy, clause_id: str) -> str:
    """Return the words for the section that a clause stands in."""
    path = policy.path(clause_id)
    return (
        policy.reference(path[min(1, len(path) - 1)].id)
        if not path[1:2] or not path[1].title
        else (f"{path[1].label}{path[1].title}".strip())
    )


def _reason(query: str, hits: Sequence[Hit], language: Language) -> Reason:
    """Say why there is no answer, what comes closest to one, and whom to ask."""
    kind: ReasonKind = "not_stated"
    if is_unclear(query, hits):
        return _ask_back(hits, language)
    if not hits or _is_off_topic(hits[0].evidence):
        kind = "out_of_scope"
    if not hits:
        return Reason(kind=kind, message=_ABSTAINED[kind][language].format(title=""))
    policy = hits[0].policy
    parts = [_ABSTAINED[kind][language].format(title=policy.title)]
    if kind == "not_stated":
        if names := hits[0].evidence.unmentioned:
            listed = {"zh": "、", "en": ", "}[language].join(f"“{name}”" for name in names)
            parts = [_UNMENTIONED[language].format(title=policy.title, names=listed)]
        parts.append(_NEAREST[language].format(reference=hits[0].reference))
    if policy.contact:
        parts.append(_CONTACT[language].format(company=policy.company or policy.title, contact=policy.contact))
    return Reason(kind=kind, message=(" " if language == "en" else "").join(parts))


def _ask_back(hits: Sequence[Hit], language: Language) -> Reason:
    """Say that a question is not clear, with questions about the clauses that came closest."""
    titles = dict.fromkeys(title for hit in hits if (title := _topic(hit, language)))
    suggestions = tuple(_SUGGESTED[language].format(topic=title) for title in list(titles)[:_MOST_SUGGESTIONS])
    parts = [_ABSTAINED["unclear"][language]]
    if suggestions:
        parts.append(_FOR_INSTANCE[language].format(listed=" ".join(suggestions)))
    message = (" " if language == "en" else "").join(parts)
    return Reason(kind="unclear", message=message, suggestions=suggestions)


def _topic(hit: Hit, language: Language) -> str:
    """Return the nearest title above a hit, in the language of the question; empty if there is none."""
    policy = hit.policy
    clause = next((above for above in reversed(policy.path(hit.clause.id)[1:]) if above.title), None)
    if clause is None:
        return ""
    if language == policy.language:
        return clause.title.strip("：: 。.")[:_TOPIC_CHARS]
    start = policy.text.index(clause.title, clause.start)
    return (policy.translation(start, start + len(clause.title)) or "").strip(": .")


_MOST_SUGGESTIONS = 3
_TOPIC_CHARS = 24
_SUGGESTED = {"zh": "关于“{topic}”是怎么规定的？", "en": "What does it say about “{topic}”?"}
_FOR_INSTANCE = {"zh": "例如：{listed}", "en": "For instance: {listed}"}


def _is_off_topic(evidence: Evidence) -> bool:
    if evidence.scope is None:
        return evidence.coverage < _LEAST_COVERAGE
    # Who names a matter of policies asks about policies, whatever the sentence is like.
    return evidence.scope < 0 and not evidence.unmentioned and not evidence.concepts


_LEAST_COVERAGE = 0.2
