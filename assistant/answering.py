"""Answers, and what drafts them.

A `Generator` drafts claims, each with the words it quotes and the clause it quotes them from. The bundled
`ExtractiveGenerator` needs no language model: its claims are the clauses' own sentences.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from assistant.answer_types import holds, wanted
from assistant.citing import Claim, Draft
from assistant.pointers import pointed_at
from assistant.quantities import age_in, meant_for
from assistant.question_forms import wants_all
from assistant.refusing import answerability, is_unclear
from assistant.text import Language, Span, normalized, overlap, sentences, stripped
from assistant.thesaurus import extended
from assistant.verdicts import verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.citing import Citation
    from assistant.policy import Clause, Policy
    from assistant.refusing import Reason
    from assistant.retrieval import Hit
    from assistant.verdicts import VerdictKind


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
            quoted, items = _quoted(query, hit)
            items = _of_those_asked_about(query, hit, items)
            if items and not wants_all(query):
                # A list of which some items are missing misleads; one that comes second is left out instead.
                if claims and len(claims) + len(quoted) + len(items) > most:
                    quoted, items = _without_lead_in(hit, quoted), []
                most = max(most, min(len(quoted) + len(items), most * _LIST_FACTOR))
            for clause, (start, end) in (*quoted, *items):
                if any(policy == hit.policy.id and overlap((start, end), span) for policy, span in told):
                    continue
                told.append((hit.policy.id, (start, end)))
                claim = Claim(policy_id=hit.policy.id, clause_id=clause.id, quote=hit.policy.text[start:end])
                # What a policy says twice in the same words is told once.
                if not any(_same_words(claim, other) for other in claims):
                    claims.append(claim)
        claims = claims[:most]
        if claims and not wants_all(query):
            claims[0] = _with_verdict(query, claims, hits)
            claims += _pointed_at(hits, told)[: most - len(claims)]
        return Draft(claims=tuple(claims))


# In the units of scores, which are sums of standard scores. Chosen on the dev questions.
_CLAUSE_MARGIN = 0.6
_CLOSE_SCORE = 0.2
_SIMILARITY_MARGIN = 0.09
_ITEM_MARGIN = 1.0
_ENOUGH_COVERAGE = 0.5
_MORE_COVERAGE = 0.2
_MOST_COVERAGE = 0.5
_WORDS_MARGIN = 1.2
_READ_FOR_WORDS = 5
_CLOSE_SIMILARITY = 0.02
_CLOSE_COVERAGE = 0.1
_READ_FOR_VALUES = 3
_VALUE_MARGIN = 2.0
_SENTENCE_MARGIN = 2.0
_ROW_MARGIN = 1.0
_MOST_CLAUSES = 2
_MOST_POINTED_AT = 2
# Who asks for all places is told of those that name all that the question names.
_LIST_MARGIN = 2.0
_LIST_FACTOR = 3
_SEVERAL_ITEMS = 3
_SEVERAL_BESIDE = 2
_SHORT_CHARS = 250
_WHOLE_LIST_CHARS = 600
_WHOLE_ITEMS_CHARS = 1_200
_OPENING_CHARS = 60
_ENDS = "。！？!?.；;…”’\"'）)"
_CELL = " | "
# Nothing that could be the first line of a sentence.
_ENTRY = re.compile(r"[^\n:：，,]{2,14}[:：][^\n。！？!?，,；;]{1,60}$")


def _chosen(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted: the first, and the second if it is as good, adds to it and is of another list.

    Who asks for a value, such as a period, gets one of the first hits that holds such a value, if any about as good
    does.
    """
    hits = _with_age_first(query, _with_more_words_first(hits))
    first = hits[0]
    chosen = [
        hit
        for place, hit in enumerate(hits[:_MOST_CLAUSES])
        if hit.score >= first.score - _CLAUSE_MARGIN
        # The margin is the bundled encoder's; other models have other cosines.
        and (first.evidence.scope is None or hit.evidence.similarity >= first.evidence.similarity - _SIMILARITY_MARGIN)
        and not (place and (_are_siblings(first, hit) or _adds_little(query, first, hit)))
    ]
    kinds = wanted(query)
    holding = [hit for hit in hits[:_READ_FOR_VALUES] if kinds and _holds_values(query, hit)]
    if holding and first not in holding:
        # A clause about something else may hold such a value, too: it does not stand before one that is far closer.
        behind = first.score - holding[0].score
        pair = [holding[0], first] if behind <= _CLAUSE_MARGIN else [first, holding[0]]
        chosen = pair if behind <= _VALUE_MARGIN else chosen
    elif holding:
        chosen = [hit for hit in chosen if hit in holding]
    return _with_list(query, chosen, hits)


def _with_more_words_first(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits, first one that is as good and holds more of the words that are asked for.

    The second is as good if it comes close; a lesser one if it holds most of the words of which the first lacks most.
    """
    near = (hit for hit in hits[1:_READ_FOR_WORDS] if hit.score >= hits[0].score - _WORDS_MARGIN)
    if most := next((hit for hit in near if _holds_most(hit, hits[0])), None):
        return [most, *(hit for hit in hits if hit is not most)]
    if len(hits) < 2 or hits[1].score < hits[0].score - _CLOSE_SCORE or _is_item(hits[0], hits[1]):
        return hits
    first, second = hits[0].evidence, hits[1].evidence
    more = second.coverage >= first.coverage + _MORE_COVERAGE and (second.concepts or 0) >= (first.concepts or 0)
    return [hits[1], hits[0], *hits[2:]] if more else hits


def _holds_most(hit: Hit, first: Hit) -> bool:
    """Say whether a hit holds most of the words that are asked for, and the first one, of another list, but few."""
    more = hit.evidence.coverage >= first.evidence.coverage + _MOST_COVERAGE
    return more and (hit.evidence.concepts or 0) >= (first.evidence.concepts or 0) and not _is_item(first, hit)


def _with_age_first(query: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits, the first that is about those of the age that is asked for before one that is about others."""
    age = age_in(normalized(query))
    near = [hit for hit in hits if hit.score >= hits[0].score - _ITEM_MARGIN] if age is not None else []
    if age is None or _is_for(age, near[0]) is not False:
        return hits
    best = next((hit for hit in near if _is_for(age, hit)), near[0])
    return [best, *(hit for hit in hits if hit is not best)]


def _is_for(age: int, hit: Hit) -> bool | None:
    """Say whether a hit is about those of an age; None if it sets no limits of age."""
    said = {meant_for(age, normalized(hit.policy.text[slice(*span)])) for span in hit.passage.sentences}
    return True if True in said else (False if False in said else None)


def _holds_values(query: str, hit: Hit) -> bool:
    """Say whether a hit holds a value of each kind that a question wants."""
    said = [hit.policy.text[slice(*span)] for span in hit.passage.sentences]
    return all(any(holds(sentence, kind) for sentence in said) for kind in wanted(query))


def _adds_little(query: str, first: Hit, second: Hit) -> bool:
    """Say whether the first hit answers by itself: with the value that is wanted, or so much better than the second."""
    one, other = first.evidence, second.evidence
    if wanted(query) and one.coverage >= _ENOUGH_COVERAGE and _holds_values(query, first):
        return True
    return other.similarity < one.similarity - _CLOSE_SIMILARITY and other.coverage < one.coverage - _CLOSE_COVERAGE


def _with_list(query: str, chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted, with the list in place of its best item where one item says too little.

    So it does if others come close, or if what leads to them is a heading. Of a list too long to be found as one, who
    asks for all gets each item that comes close.
    """
    first, *others = chosen
    near = [hit for hit in hits if hit.score >= first.score - _ITEM_MARGIN and hit is not first]
    listed = next((hit for hit in hits if hit.end > hit.clause.body_end and _is_item(first, hit)), None)
    if listed is None:
        others_found = (hit for hit in hits if hit is not first) if wants_all(query) else ()
        items = [hit for hit in others_found if hit.clause.label and _are_siblings(first, hit)]
        # Where several items are among what was found, they are what is asked for, each a part of it.
        margin = _LIST_MARGIN if len(items) >= _SEVERAL_ITEMS else _ITEM_MARGIN
        items = [hit for hit in items if hit.score >= first.score - margin]
        if not items and wants_all(query) and (beside := _list_beside(first, hits)):
            return [first, beside, *(hit for hit in others if hit is not beside and not _is_item(hit, beside))]
        return [*sorted([first, *items], key=lambda hit: hit.start), *others]
    several = any(_is_item(hit, listed) for hit in near)
    if listed.score < first.score - _CLAUSE_MARGIN or not (several or _is_headed(listed)):
        return chosen
    return [listed, *(hit for hit in others if hit is not listed and not _is_item(hit, listed))]


def _list_beside(first: Hit, hits: Sequence[Hit]) -> Hit | None:
    """Return a short list that is as close in meaning as the first hit, which is no part of it, as several items are.

    There is none if the first holds most of the words that are asked for, or all that is named.
    """
    if first.evidence.coverage >= _ENOUGH_COVERAGE or first.evidence.concepts == 1:
        return None
    least = first.evidence.similarity - _CLOSE_SIMILARITY
    near = [hit for hit in hits if hit.score >= first.score - _LIST_MARGIN and hit.evidence.similarity >= least]
    lists = (hit for hit in near if hit.end > hit.clause.body_end and not _is_item(first, hit) and hit is not first)
    return next((one for one in lists if sum(_is_item(hit, one) for hit in near) >= _SEVERAL_BESIDE), None)


def _is_item(hit: Hit, of: Hit) -> bool:
    return bool(hit.clause.label) and hit.policy.id == of.policy.id and hit.clause in of.clause.children


def _is_headed(listed: Hit) -> bool:
    """Say whether a heading leads to a list, not a sentence."""
    return listed.passage.sentences[0][0] >= listed.clause.body_end


def _are_siblings(one: Hit, other: Hit) -> bool:
    above, _, _ = one.clause.id.rpartition(".")
    return bool(above) and one.policy.id == other.policy.id and above == other.clause.id.rpartition(".")[0]


def _same_words(one: Claim, other: Claim) -> bool:
    return one.policy_id == other.policy_id and "".join(one.quote.split()) == "".join(other.quote.split())


def _quoted(query: str, hit: Hit) -> tuple[list[tuple[Clause, Span]], list[tuple[Clause, Span]]]:
    """Return what a hit says in answer: clauses with spans of their text, and the items of a list that these lead into.

    That is a short list whole, and the paragraphs of a short clause that answer; of a long clause the best sentence
    with those that come close, and the best that holds a value of the kind wanted, neighbours joined; and if that is
    what leads into a long list, each item, of long ones the first words. What a clause says before the words that
    lead into its list is quoted without the list, if nothing of that answers.
    """
    text, sentences, kept = hit.policy.text, hit.passage.sentences, _kept(query, hit)
    is_list = hit.end > hit.clause.body_end
    if is_list and not wants_all(query) and (before := _before_list(hit)) > max(kept):
        sentences, is_list = sentences[:before], False
    whole = (sentences[0][0], sentences[-1][1])
    if is_list:
        # Items may mean the opposite without the heading that leads to them; the last may be too short for a sentence.
        start = text.index(hit.clause.title, hit.clause.start) if _is_headed(hit) else whole[0]
        whole = stripped(text, start, hit.end) or whole
    chars, many = whole[1] - whole[0], wants_all(query)
    if chars <= hit.policy.chars(_WHOLE_LIST_CHARS) and (is_list or (many and _CELL in text[slice(*sentences[0])])):
        parts = [sentences]
    elif chars <= hit.policy.chars(_SHORT_CHARS):
        parts = [sentences] if many else _paragraphs(text, sentences, by_entry=bool(wanted(query)))
    else:
        parts = [(span,) for span in sentences]
    answering = {hit.passage.sentences[number] for number in kept}
    spans: list[Span] = [whole] if len(parts) == 1 else []
    for part in parts[len(spans) :]:
        start, end = part[0][0], part[-1][1]
        if answering.isdisjoint(part):
            continue
        if spans and not text[spans[-1][1] : start].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    quoted = [(hit.clause, span) for span in spans]
    leads_in = spans[-1][1] == whole[1] and hit.end == hit.clause.body_end and hit.policy.leads_in(hit.clause)
    return quoted, _items(hit) if leads_in else []


def _before_list(hit: Hit) -> int:
    """Return how many sentences of a clause with its list stand before the words that lead into that."""
    return sum(end <= hit.clause.body_end for _, end in hit.passage.sentences) - 1


def _without_lead_in(hit: Hit, quoted: Sequence[tuple[Clause, Span]]) -> list[tuple[Clause, Span]]:
    """Return what is quoted of a clause without its last sentence, which leads into a list."""
    last = hit.passage.sentences[-1][0]
    cut = [(clause, stripped(hit.policy.text, start, min(end, last))) for clause, (start, end) in quoted]
    return [(clause, span) for clause, span in cut if span]


def _paragraphs(text: str, spans: Sequence[Span], *, by_entry: bool) -> list[tuple[Span, ...]]:
    """Return sentences by paragraph or row of a table; a line that has no end goes on in the next.

    Args:
        text: The text.
        spans: The sentences.
        by_entry: Whether a short line with its name, `生效日期：2024年3月1日`, ends there too. Who wants a value needs
            no other; of what is said of a thing in several, one alone does not say of what.
    """
    paragraphs: list[tuple[Span, ...]] = []
    for span in spans:
        before = paragraphs[-1][-1] if paragraphs else (span[0], span[0])
        said = text[slice(*before)]
        ended = text[before[1] - 1] in _ENDS or _CELL in said or (by_entry and _ENTRY.match(said))
        if paragraphs and not (ended and "\n" in text[before[1] : span[0]]):
            paragraphs[-1] += (span,)
        else:
            paragraphs.append((span,))
    return paragraphs


def _kept(query: str, hit: Hit) -> set[int]:
    """Return the places of the sentences of a clause that answer; of rows, which are much alike, only the best."""
    scores = hit.sentence_scores
    best = max(range(len(scores)), key=lambda number: scores[number])
    is_row = _CELL in hit.policy.text[slice(*hit.passage.sentences[best])]
    least = scores[best] - (_ROW_MARGIN if is_row else _SENTENCE_MARGIN)
    kept = {number for number, score in enumerate(scores) if score >= least}
    if is_row:
        kept |= _rows_by_number(hit, best)
    for kind in wanted(query):
        holding = [n for n, span in enumerate(hit.passage.sentences) if holds(hit.policy.text[slice(*span)], kind)]
        if holding and kept.isdisjoint(holding):
            kept.add(max(holding, key=lambda number: scores[number]))
    return _with_what_they_lean_on(kept, best, hit)


def _rows_by_number(hit: Hit, best: int) -> set[int]:
    """Return the places of the rows around one that numbers tell apart (`1天以内`, `3天以上`); none if words do.

    Which of them is meant cannot be told by their words: one alone may be the wrong one.
    """
    text, spans = hit.policy.text, hit.passage.sentences
    first = last = best
    while first and _CELL in text[slice(*spans[first - 1])]:
        first -= 1
    while last + 1 < len(spans) and _CELL in text[slice(*spans[last + 1])]:
        last += 1
    rows = range(first, last + 1)
    numbered = sum(_NUMBERED_ROW.match(text, *spans[number]) is not None for number in rows)
    short = spans[last][1] - spans[first][0] <= hit.policy.chars(_WHOLE_LIST_CHARS)
    return set(rows) if short and 2 * numbered > len(rows) > 1 else set()


# "请假天数：1至3天 | …": limits in the first cell. "Plan: Model 3 | …" is a name.
_NUMBERED_ROW = re.compile(
    r"[^|\n]{0,60}?(?:\d[^|\n]{0,6}?(?:以[上下内外]|起|[至到~～–—-]\s?\d)|"
    r"(?:[不超满][足过]?|[大小高低多少]于|[<>＜＞≤≥]|\b(?:up to|over|under|(?:more|less) than|at least))\s?\d)",
    re.IGNORECASE,
)
_SEMICOLONS = ";；"
_COLONS = ":："
_LEANT_ON_CHARS = 250
# 但您可能因此无法使用, "However, we keep it": with what reserve, or of what, the sentence before says.
_LEANING = re.compile(
    r"[\s(（]{0,3}(?:但|不过|然而|否则|该等|此等|(?:but|however|otherwise|in (?:this|that|such) case)\b)",
    re.IGNORECASE,
)


def _with_what_they_lean_on(kept: set[int], best: int, hit: Hit) -> set[int]:
    """Return the places of sentences that can be read by themselves.

    The best brings what it leans on, unless that is long; another that leans on what is not kept is left out.
    """
    spans = hit.passage.sentences
    first = best
    while _leans(hit, first) and spans[best][1] - spans[first - 1][0] <= hit.policy.chars(_LEANT_ON_CHARS):
        first -= 1
    found = {*range(first, best + 1)} if not _leans(hit, first) else {best}
    for number in sorted(kept):
        if number not in found and not (_leans(hit, number) and number - 1 not in found):
            found.add(number)
    return found


def _leans(hit: Hit, number: int) -> bool:
    """Say whether a sentence of a hit says little without the one before it: 但…, or a part of 标准包括：…；…；…."""
    text, spans = hit.policy.text, hit.passage.sentences
    if not number or "\n" in text[spans[number - 1][1] : spans[number][0]]:
        return False
    return _LEANING.match(text, *spans[number]) is not None or (
        text[spans[number - 1][1] - 1] in _SEMICOLONS and _is_listing(hit, number - 1)
    )


def _is_listing(hit: Hit, number: int) -> bool:
    """Say whether a part of a sentence that is divided at semicolons begins a list in it, or is of one."""
    text, spans = hit.policy.text, hit.passage.sentences
    if any(mark in text[slice(*spans[number])] for mark in _COLONS):
        return True
    before = text[spans[number - 1][1] - 1] if number else ""
    return before != "" and before in _SEMICOLONS and _is_listing(hit, number - 1)


def _items(hit: Hit) -> list[tuple[Clause, Span]]:
    """Return what is said of a list's items: all of a short one, unless they come to too much; else its opening."""
    policy, items = hit.policy, hit.policy.items(hit.clause)
    whole = {item.id: span for item in items if (span := _said(policy, item))}
    short = {name for name, (start, end) in whole.items() if end - start <= policy.chars(_SHORT_CHARS)}
    if sum(whole[name][1] - whole[name][0] for name in short) > policy.chars(_WHOLE_ITEMS_CHARS):
        short.clear()
    spans = ((item, whole[item.id] if item.id in short else _opening(policy, item)) for item in items)
    return [(item, span) for item, span in spans if span]


def _of_those_asked_about(query: str, hit: Hit, items: list[tuple[Clause, Span]]) -> list[tuple[Clause, Span]]:
    """Return the items of a list about a company that is asked about, without those that name only another.

    Where numbering is broken, what is said of one company may stand among the items of another's list.
    """
    thesaurus = extended(hit.policy.concepts)

    def vendors(text: str) -> set[str]:
        named = {concept for *_, concepts in thesaurus.find(text) for concept in concepts}
        return {concept for concept in named if thesaurus[concept].kind == "vendor"}

    asked = vendors(query)
    if not items or not asked or not asked <= vendors(hit.policy.own_text(hit.clause)):
        return items
    named = [(item, vendors(hit.policy.text[slice(*item[1])])) for item in items]
    return [item for item, of in named if not of or of & asked]


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


def _pointed_at(hits: Sequence[Hit], told: Sequence[tuple[str, Span]]) -> list[Claim]:
    """Return what stands at the clauses that the first claim points at, less what was told."""
    policy_id, (start, end) = told[0]
    found: list[Claim] = []
    for clause in pointed_at(next(hit.policy for hit in hits if hit.policy.id == policy_id), start, end):
        hit = next((hit for hit in hits if hit.policy.id == policy_id and hit.clause is clause), None)
        if hit is None or any(policy == policy_id and overlap((hit.start, hit.end), span) for policy, span in told):
            continue
        # As everywhere, without its number, which the reference tells.
        quote = hit.policy.text[max(hit.start, clause.label_end) : hit.end].strip()
        if len(quote) <= hit.policy.chars(_WHOLE_LIST_CHARS):
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
