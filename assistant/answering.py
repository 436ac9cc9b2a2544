"""Answers: clauses become statements, each with a quote that is checked against the text.

A `Generator` drafts claims, each with the words it quotes and the clause it quotes them from.
`verify` then finds every quote in its clause, character by character. What is not there
is dropped; if nothing is left, the answer abstains. The bundled `ExtractiveGenerator` needs no
language model: its claims are the clauses' own sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from assistant.answer_types import holds, wanted, wants_all
from assistant.refusing import answerability, is_unclear, refusal
from assistant.segments import turns
from assistant.text import Language, Span, fold, has_han, language_of, sentences, visible_line
from assistant.verdicts import verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.policy import Clause, Policy
    from assistant.refusing import Reason
    from assistant.retrieval import Hit
    from assistant.verdicts import VerdictKind


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
class AnswerPart:
    """What answers one of several questions of a message, or the reason why nothing does."""

    question: str
    """The question as typed."""
    markers: tuple[int, ...] = ()
    """The citations that answer it, 1 being the first."""
    abstained: Reason | None = None
    """Why there is no answer to it, if there is none."""

    def as_json(self) -> dict[str, object]:
        """Return the part as it is printed and served."""
        reason = self.abstained.as_json() if self.abstained else None
        return {"question": self.question, "markers": list(self.markers), "abstained": reason}


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
    parts: tuple[AnswerPart, ...] = ()
    """What answers each question of a message that asks several; empty if it asks one."""

    def as_json(self, *, latency_ms: float) -> dict[str, object]:
        """Return the answer as it is printed and served; `verdict` and `parts` only if there are any.

        Args:
            latency_ms: Time that answering took, in milliseconds.
        """
        reason = self.abstained
        verdict = {"verdict": self.verdict} if self.verdict else {}
        parts = {"parts": [part.as_json() for part in self.parts]} if self.parts else {}
        return {
            "question": self.question,
            "query": self.query,
            "language": self.language,
            "abstained": reason.as_json() if reason else None,
            "text": self.text,
            **verdict,
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
            for clause, (start, end) in _quoted(query, hit):
                if any(policy == hit.policy.id and _overlap((start, end), span) for policy, span in told):
                    continue
                told.append((hit.policy.id, (start, end)))
                claim = Claim(policy_id=hit.policy.id, clause_id=clause.id, quote=hit.policy.text[start:end])
                # What a policy says twice in the same words is told once.
                if not any(_same_words(claim, other) for other in claims):
                    claims.append(claim)
        claims = claims[:most]
        if claims and not wants_all(query):
            claims[0] = _with_verdict(query, claims, hits)
        return Draft(claims=tuple(claims))


# In the units of scores, which are sums of standard scores. Chosen on the dev questions.
_CLAUSE_MARGIN = 0.6
_SIMILARITY_MARGIN = 0.09
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


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _same_words(one: Claim, other: Claim) -> bool:
    return one.policy_id == other.policy_id and "".join(one.quote.split()) == "".join(other.quote.split())


def _quoted(query: str, hit: Hit) -> list[tuple[Clause, Span]]:
    """Return what a hit says in answer: clauses with spans of their text.

    That is a short clause or list whole; of a long one the best sentence with those that come close, and the best that
    holds a value of the kind wanted, neighbours joined; and if that is what leads into a long list, each item, of long
    ones the first words.
    """
    text, sentences = hit.policy.text, hit.passage.sentences
    whole = (sentences[0][0], sentences[-1][1])
    is_list = hit.end > hit.clause.body_end
    if whole[1] - whole[0] <= hit.policy.chars(_WHOLE_LIST_CHARS if is_list else _SHORT_CHARS):
        spans = [whole]
    else:
        kept = _kept(query, hit)
        spans = []
        for number, (start, end) in enumerate(sentences):
            if number not in kept:
                continue
            if spans and not text[spans[-1][1] : start].strip():
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
    quoted = [(hit.clause, span) for span in spans]
    if spans[-1][1] == whole[1] and hit.end == hit.clause.body_end and hit.policy.leads_in(hit.clause):
        quoted += _items(hit)
    return quoted


def _kept(query: str, hit: Hit) -> set[int]:
    """Return the places of the sentences of a long clause that answer."""
    scores = hit.sentence_scores
    least = max(scores) - _SENTENCE_MARGIN
    kept = {number for number, score in enumerate(scores) if score >= least}
    for kind in wanted(query):
        holding = [n for n, span in enumerate(hit.passage.sentences) if holds(hit.policy.text[slice(*span)], kind)]
        if holding and kept.isdisjoint(holding):
            kept.add(max(holding, key=lambda number: scores[number]))
    return kept


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

_LEAD = {"zh": "{title}的相关原文{foreign}：", "en": "What {title} says, in its own words{foreign}:"}
_LEAD_TO_WORDS = {"zh": "根据{title}{foreign}：", "en": "According to {title}{foreign}:"}
_LEAD_TO_LIST = {
    "zh": "{title}有 {count} 处说到{foreign}：",
    "en": "{title} speaks of this in {count} places{foreign}:",
}
_FOREIGN = {"zh": "（英文，没有译文）", "en": " (in Chinese, no translation)"}
_COURTESY = "Translations are a courtesy: the Chinese text prevails."


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
    wording = _Wording({hit.policy.id: hit.policy for hit in hits}, language)
    wording.begin(counts)
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
    yield from _closed(question=question, query=query, pieces=pieces, citations=citations, hits=hits, verdict=verdict)


def _closed(
    *,
    question: str,
    query: str,
    pieces: list[str],
    citations: Sequence[Citation],
    hits: Sequence[Hit],
    verdict: VerdictKind | None,
    parts: Sequence[AnswerPart] = (),
) -> Iterator[str | Answer]:
    """Yield the last piece of an answer's text, if translations need a word, then the answer; see `answered`.

    Args:
        question: As typed.
        query: What was searched for.
        pieces: The text so far; of no use where nothing is cited.
        citations: What is quoted.
        hits: The clauses that were considered.
        verdict: What the first quote says.
        parts: What answers each question of a message that asks several.
    """
    language = language_of(question)
    if language == "en" and any(citation.translation for citation in citations):
        pieces.append(f"\n{_COURTESY}")
        yield pieces[-1]
    reason = None if citations else refusal(query, hits, language)
    yield Answer(
        question=question,
        query=query,
        language=language,
        text=reason.message if reason else "".join(pieces),
        citations=tuple(citations),
        hits=tuple(hits),
        abstained=reason,
        verdict=verdict,
        parts=tuple(parts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several questions of a message, with what is proposed to answer it."""

    asked: str
    """The question as typed."""
    query: str
    """What was searched for."""
    draft: Draft
    """What a generator proposes."""
    hits: tuple[Hit, ...]
    """The clauses that may be cited."""


def answered_apart(*, question: str, parts: Sequence[Part], min_quote_chars: int) -> Iterator[str | Answer]:
    """Verify the drafts for each question of a message and put them into words, one after the other.

    A question that nothing answers is told so; one that is answered by what was quoted before is told where.

    Args:
        question: The message as typed.
        parts: Its questions, of which at least one has an answer.
        min_quote_chars: Least number of letters and digits in a quote.

    Yields:
        Pieces of the answer's text, then the answer. If it abstains, as it does where no draft stands, there were no
        pieces.
    """
    language = language_of(question)
    hits = _in_turn([part.hits for part in parts])
    wording = _Wording({hit.policy.id: hit.policy for hit in hits}, language)
    citations: list[Citation] = []
    pieces: list[str] = []
    told: list[AnswerPart] = []
    verdict: VerdictKind | None = None
    found = [verify(part.draft, part.hits, min_quote_chars=min_quote_chars) for part in parts]
    for part, verified in zip(parts, found, strict=True) if any(found) else ():
        lines = [_ASKED[language].format(question=visible_line(part.asked))]
        wording.begin(_places(verified, part.hits) if wants_all(part.query) else {})
        for claim, citation in verified:
            if citation not in citations:
                verdict = verdict if citations else claim.verdict
                citations.append(citation)
                lines += wording.lines(claim, citation, marker=len(citations))
        markers = tuple(citations.index(citation) + 1 for _, citation in verified)
        reason = None if verified else refusal(part.query, part.hits, language)
        told.append(AnswerPart(question=part.asked, markers=markers, abstained=reason))
        if reason:
            lines.append(reason.message)
        elif len(lines) == 1:
            lines.append(_TOLD[language].format(markers="".join(f"[{marker}]" for marker in markers)))
        for line in lines:
            pieces.append(f"\n{line}" if pieces else line)
            yield pieces[-1]
    query = " ".join(map(_ended, (part.query for part in parts)))
    yield from _closed(
        question=question, query=query, pieces=pieces, citations=citations, hits=hits, verdict=verdict, parts=told
    )


def _ended(query: str) -> str:
    """Return a query with the question mark that it may lack, before another follows."""
    return query if query.endswith(("?", "？", "。", ".", "!", "！")) else f"{query}{'？' if has_han(query) else '?'}"


_ASKED = {"zh": "问：{question}", "en": "Question: {question}"}
_TOLD = {"zh": "见上文 {markers}。", "en": "See {markers} above."}


def _in_turn(found: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Return the hits of several questions, the first of each, then the second of each; every clause once."""
    in_turn = [hit for of_rank in zip_longest(*found) for hit in of_rank if hit]
    return tuple({(hit.policy.id, hit.clause.id): hit for hit in reversed(in_turn)}.values())[::-1]


_INNER_MARKS = str.maketrans("“”", "‘’")
_HAS_SUBJECT = re.compile(r"我们|我司|本公司|您|\b(?:[Ww]e|[Yy]ou|[Oo]ur|[Yy]our)\b")
# Of circumstances, exceptions and what may be refused the items are nouns: they mean another thing as statements.
_NAMES_CASES = re.compile(
    r"情形|情况|条件|例外|以外|拒绝|\b(?:cases?|circumstances|conditions?|exceptions?|refuse)\b", re.IGNORECASE
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
    """

    def __init__(self, policies: Mapping[str, Policy], language: Language) -> None:
        self._policies = policies
        self._language = language
        self._counts: Mapping[str, int] = {}
        self._policy_id = self._section = ""
        self._leads_to_words = False
        self._told: list[tuple[str, Span]] = []

    def begin(self, counts: Mapping[str, int]) -> None:
        """Go on to another question.

        Args:
            counts: In how many places each policy is quoted, if all places were asked for: they are told as a list
                then, under the titles that they stand under.
        """
        if counts or self._counts:
            self._policy_id = ""
        self._counts = counts

    def lines(self, claim: Claim, citation: Citation, *, marker: int) -> Iterator[str]:
        """Yield the lines that say a claim, after those that lead to it."""
        policy, language = self._policies[citation.policy_id], self._language
        count = self._counts.get(policy.id, 0)
        own = bool(claim.text and not claim.verdict)
        # What introduces quotes does not introduce a generator's own words; the other way round it does.
        if policy.id != self._policy_id or (claim.text and not self._leads_to_words):
            self._policy_id, self._section, self._leads_to_words = policy.id, "", bool(claim.text)
            lead = _LEAD_TO_WORDS if claim.text else _LEAD_TO_LIST if count >= _LEAST_LIST else _LEAD
            # Renderings are English: there are none for who asks in Chinese.
            foreign = not own and policy.language != language and (language == "zh" or not policy.translations)
            said = _FOREIGN[language] if foreign else ""
            yield lead[language].format(title=policy.called(language), count=count, foreign=said)
        if count >= _LEAST_LIST and (above := _section(policy, citation.clause_id)) != self._section:
            self._section = above
            yield f"{above}{'：' if language == 'zh' else ':'}"
        # Whoever words a statement has read what leads to it.
        before = None if own else self._lead_in(policy, citation)
        self._told.append((policy.id, (citation.start, citation.end)))
        quote = "\n  ".join(line.strip() for line in citation.quote.splitlines() if line.strip())
        # One pair of marks to a line: who shows answers takes what is in them for the quote.
        led = f"{visible_line(policy.text[slice(*before)]).translate(_INNER_MARKS)} " if before else ""
        yield f"• {f'{claim.text} ' if claim.text else ''}{led}“{quote}” [{marker}]"
        if citation.translation and language == "en":
            led = f"{leading} " if before and (leading := policy.translation(*before)) else ""
            yield f"  Translation: {led}{citation.translation}"

    def _lead_in(self, policy: Policy, citation: Citation) -> Span | None:
        """Return what leads to the item that a citation quotes, unless it was told or the item says enough by itself.

        The item alone may mean the opposite: what is *not* shared, or shared *without* consent.
        """
        before = policy.lead_in(citation.clause_id)
        if before is None or any(policy.id == told and _overlap(before, span) for told, span in self._told):
            return None
        words = policy.text[slice(*before)]
        # Where numbering is broken, an item with a subject may not even be one of that list.
        whole = _HAS_SUBJECT.search(citation.quote) or len(words) > policy.chars(_SHORT_CHARS)
        in_reference = words.strip(_AROUND_WORDS) in citation.reference
        if (whole or in_reference) and not turns(words) and not _NAMES_CASES.search(words):
            return None
        self._told.append((policy.id, before))
        return before


_AROUND_WORDS = "：:*# \t"
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
