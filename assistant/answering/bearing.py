"""Whether a quote bears a statement out: rules, in Chinese and English and across them, and no model.

A quote that stands in the policy says nothing yet about the sentence that a language model puts before it. That
sentence is compared with the quote here: its numbers by value, its concepts by the thesaurus, its other words one
by one, and what turns the sense (negation, `may` or `must`, conditions) part by part; what is done (to collect, to
share) must be done there with the same things. A statement must be borne out by one sentence of the quote, with the
headings above it; what cannot be compared is not said.

The rules err on the side of silence: the quote itself is shown either way. They do not see everything: who does
what to whom is compared by its subject only, and what belongs to what by the parts of a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from assistant.sentences.segments import ANY, NAMES, Reader, sentences_in, subject_in
from assistant.sentences.senses import PLAIN, TWICE, WHEN
from assistant.text import has_han, leads_in
from assistant.thesaurus import PARTY_KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from assistant.sentences.segments import Segment, Sentence, Term
    from assistant.thesaurus import Thesaurus

Verdict = Literal["borne_out", "unchecked", "contradicted"]
"""`unchecked`: says what the rules cannot compare; `contradicted`: says something else than the quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What comparing a statement with a quote has shown."""

    verdict: Verdict
    """Whether the quote bears the statement out."""
    reason: str = ""
    """Rule and words that decided, such as `number: 30 day`; empty if the statement is borne out."""


class Bearing:
    """Compares statements with quotes.

    Args:
        thesaurus: Concepts, by which words of the two languages are compared.
        names: What the companies and products of the policies are called: in a policy they are `we`.
    """

    def __init__(self, thesaurus: Thesaurus, names: Iterable[str] = ()) -> None:
        self._reader = Reader(thesaurus, names, finely=True)

    def judge(self, statement: str, quote: str, *, lead_in: str = "", above: Sequence[str] = ()) -> Finding:
        """Compare a statement with a quote.

        Args:
            statement: One to four sentences, Chinese or English.
            quote: What is said to bear it out: whole sentences of a policy.
            lead_in: The words that lead into the list that the quote is an item of.
            above: Headings above the quote: what it speaks of may be named there.
        """
        if len(statement) > _LONGEST_STATEMENT or not _FORM.fullmatch(statement):
            return Finding(verdict="unchecked", reason="form")
        told = sentences_in(statement)
        if not 0 < len(told) <= _MOST_SENTENCES:
            return Finding(verdict="unchecked", reason="form")
        evidence = list(self._evidence(quote, lead_in, above))
        findings = []
        before = frozenset[str]()
        for sentence in told:
            said = self._reader.read(sentence)
            findings.append(self._judge_sentence(said, evidence, before))
            # 关闭后不再收集；其他功能不受影响: the condition is told for both.
            before |= said.conditions
        return max(findings, key=lambda finding: _SEVERITY[finding.verdict])

    def _judge_sentence(self, said: Sentence, evidence: Sequence[Sentence], before: frozenset[str]) -> Finding:
        """Compare a sentence of a statement with the quote.

        Args:
            said: The sentence.
            evidence: The sentences of the quote.
            before: The conditions that the statement's sentences before it tell.
        """
        if not any(segment.terms for segment in said.segments):
            return Finding(verdict="unchecked", reason="nothing to compare")
        best, most = Finding(verdict="unchecked", reason="no quote"), -1
        for sentence in evidence:
            finding, held = self._compare(said, sentence, before)
            if finding.verdict == "borne_out":
                return finding
            # What stands nearest to the statement tells what is wrong with it.
            if held > most:
                best, most = finding, held
        return best

    # --- Comparing -----------------------------------------------------------------------

    def _compare(self, said: Sentence, sentence: Sentence, before: frozenset[str]) -> tuple[Finding, int]:
        """Compare a statement with one sentence of the quote.

        Returns:
            What was found, and how many of the statement's words the sentence holds.
        """
        found = [*_numbers(said, sentence), *self._named_too_often(said, sentence)]
        used: set[Segment] = set()
        total = 0
        for segment in said.segments:
            held: Counter[Segment] = Counter()
            for place, term in enumerate(segment.terms):
                holders = self._holders(term, segment, sentence)
                if not holders:
                    found.append(self._missing(term, said))
                    continue
                total += 1
                held.update(holders)
                # Whom a duty or a choice falls to may be named before it: 未成年人使用…，应当….
                is_bearer = place == 0 and segment.sense != PLAIN and self._is_kind(term, {"actor"})
                fits = {part: 0 if is_bearer and part.sense == PLAIN else _fit(segment, part) for part in holders}
                best = min(fits.values())
                used.update(part for part, fit in fits.items() if fit == best)
                if best:
                    verdict: Verdict = "unchecked" if best == _UNCERTAIN else "contradicted"
                    found.append(Finding(verdict=verdict, reason=f"sense: {term.text}"))
            nearest = {part for part, times in held.items() if times == max(held.values())}
            found += _misattributed(segment, nearest)
            found += _misordered(segment, nearest)
            found += self._misjoined(segment, sentence)
        found += _misplaced_numbers(said, sentence)
        if _TO_US.search(said.plain) and not _WE.search(sentence.plain):
            # Who is asked or told is no subject.
            found.append(Finding(verdict="unchecked", reason="word: us"))
        found += _conditions(said, sentence, used, before)
        worst = max(found, key=lambda finding: _SEVERITY[finding.verdict], default=Finding(verdict="borne_out"))
        return worst, total

    def _named_too_often(self, said: Sentence, sentence: Sentence) -> Iterator[Finding]:
        """Yield the names that a statement has more often than the quote: one of them stands for another thing."""
        # In another language a thing is named again where this one leaves it out.
        kinds = NAMES if has_han(said.raw) == has_han(sentence.raw) else PARTY_KINDS
        terms = (term for segment in said.segments for term in segment.terms)
        own = Counter(min(term.concepts) for term in terms if self._is_kind(term, kinds))
        quoted = Counter(name for segment in sentence.segments for name in segment.all_names)
        for concept, number in own.items():
            if number > quoted[concept] > 0:
                yield Finding(verdict="contradicted", reason=f"word: {concept} again")

    def _holders(self, term: Term, segment: Segment, sentence: Sentence) -> list[Segment]:
        """Return the segments of a quote that hold a word of a statement's segment."""
        holders = [part for part in sentence.segments if part.holds(term, exactly=segment.is_negative)]
        if segment.sense == PLAIN or term.concepts:
            return holders
        # 收集的个人信息 above it says what is spoken of, not that it may be, or is not.
        return [part for part in holders if part.sense != ANY]

    def _missing(self, term: Term, said: Sentence) -> Finding:
        """Return what it means that the quote does not hold a word: a name or a thing that it lacks is made up."""
        verdict: Verdict = "contradicted" if term.concepts or _is_name(term.text, said.raw) else "unchecked"
        return Finding(verdict=verdict, reason=f"word: {term.text}")

    def _misjoined(self, segment: Segment, sentence: Sentence) -> Iterator[Finding]:
        """Yield the words that the quote has of another deed: 收集姓名，共享电话 collects no 电话."""
        for term in segment.terms if segment.deeds and not segment.is_aside else ():
            holders = self._holders(term, segment, sentence) if not term.deed else ()
            if holders and not all(self._join(deed, holders, sentence) for deed in segment.deeds):
                yield Finding(verdict="unchecked", reason=f"deed: {term.text}")

    def _join(self, deed: frozenset[str], parts: Sequence[Segment], sentence: Sentence) -> bool:
        """Say whether one of these parts of a quote may speak of a deed: it names it or none, or a later part does."""
        leads = [part for part in sentence.segments if sentence.plain[part.end : part.end + 1] == ":"]
        if any(deed & other for lead in leads for other in lead.deeds):
            return True
        for part in parts:
            if part in leads or part.sense == ANY or part.is_aside or not part.deeds:
                return True
            later = sentence.segments[sentence.segments.index(part) + 1 :]
            # 收集姓名，并共享给合作方: what is shared is the name.
            taken_up = (after for after in later if self._takes_up(after, sentence))
            if any(deed & other for known in (part, *taken_up) for other in known.deeds):
                return True
        return False

    def _takes_up(self, part: Segment, sentence: Sentence) -> bool:
        """Say whether a part speaks of what was named before it: by a pronoun, or because it names no thing itself."""
        if _PRONOUN.search(sentence.plain, part.start, part.end):
            return True
        return all(term.deed or self._is_kind(term, PARTY_KINDS) for term in part.terms)

    def _is_kind(self, term: Term, kinds: Collection[str]) -> bool:
        return bool(term.concepts) and all(self._reader.kinds[concept] in kinds for concept in term.concepts)

    # --- Reading -------------------------------------------------------------------------

    def _evidence(self, quote: str, lead_in: str, above: Sequence[str]) -> Iterator[Sentence]:
        """Yield what may bear a statement out: each sentence of the quote, with what leads into it.

        A sentence that takes something back (但…除外, However, …) belongs to the one before it; one that ends in a
        colon leads into those after it, and short items after it are read as one with it.
        """
        headings: list[Segment] = []
        leads = ""
        for text in above:
            segments = self._reader.read(text).segments
            if any(segment.is_negative for segment in segments):
                leads += f"{text}: "
            headings += [replace(segment, sense=ANY) for segment in segments if not segment.is_negative]
        leads += lead_in
        items: list[str] = []
        spoken_of: list[Segment] = []
        for text in sentences_in(quote):
            goes_on = _TAKES_UP.match(text) is not None
            known = [*headings, *spoken_of] if goes_on else headings
            yield self._reader.read(f"{leads} {text}", known, repeating=True)
            if not goes_on:
                # The feature is off by default: what the sentence before it speaks of.
                spoken_of = [replace(part, sense=ANY) for part in self._reader.read(subject_in(text)).segments]
            if leads_in(text):
                leads, items = f"{leads} {text}", []
            elif leads and len(text) <= _SHORT_ITEM:
                items.append(text)
        if len(items) > 1:
            yield self._reader.read(f"{leads} {'、'.join(item.rstrip('；;。.,， ') for item in items)}", headings)


def _numbers(said: Sentence, sentence: Sentence) -> Iterator[Finding]:
    for quantity in said.quantities:
        if not any(quantity.same_as(other) for other in sentence.quantities):
            words = f"{quantity.bound} {quantity.value} {quantity.unit}".strip()
            yield Finding(verdict="contradicted", reason=f"number: {words}")
    for literal in sorted(said.literals - sentence.literals):
        yield Finding(verdict="contradicted", reason=f"address: {literal}")


def _misattributed(segment: Segment, nearest: Collection[Segment]) -> Iterator[Finding]:
    """Yield that somebody else does it in the parts of a quote that stand nearest to a segment of a statement."""
    # Conditions are compared with conditions alone: 我们仅在您使用时收集 says of both who does it.
    subjects = {"" if part.is_aside != segment.is_aside else part.subject for part in nearest}
    if segment.is_aside and not {segment.subject_said, *subjects} <= {"we", "you"}:
        # 如果您是儿童 and `a child` are the same.
        return
    if segment.subject_said and subjects and not subjects & {"", segment.subject_said}:
        yield Finding(verdict="contradicted", reason=f"subject: {segment.subject_said}")


def _misordered(segment: Segment, nearest: Collection[Segment]) -> Iterator[Finding]:
    """Yield that it is before in the quote what is after in the statement, or the other way round."""
    for label, opposite in (("after", "before"), ("before", "after")):
        said = label in segment.conditions and opposite not in segment.conditions
        if said and nearest and all({opposite} == part.conditions & {label, opposite} for part in nearest):
            yield Finding(verdict="contradicted", reason=f"adds: {label}")


def _misplaced_numbers(said: Sentence, sentence: Sentence) -> Iterator[Finding]:
    """Yield the numbers that the quote has beside another deed only."""
    for quantity in said.quantities:
        own = {line for part in said.segments if part.is_purpose for deed in part.deeds for line in deed}
        own |= _deeds_at(said, quantity.start)
        others = [_deeds_at(sentence, other.start) for other in sentence.quantities if quantity.same_as(other)]
        if own and others and all(other and not own & other for other in others):
            yield Finding(verdict="unchecked", reason=f"deed: {quantity.value}")


def _deeds_at(sentence: Sentence, place: int) -> frozenset[str]:
    """Return what is done in the part of a sentence that a number stands in, or else in those beside it."""
    parts = sentence.segments
    at = next((number for number, part in enumerate(parts) if part.start <= place < part.end), None)
    if at is None:
        return frozenset()
    near = [parts[at]] if parts[at].deeds else parts[max(at - 1, 0) : at + 2]
    return frozenset[str]().union(*(deed for part in near for deed in part.deeds))


def _conditions(
    said: Sentence, sentence: Sentence, used: Collection[Segment], before: frozenset[str]
) -> Iterator[Finding]:
    """Yield what is wrong with the conditions: one that the quote lacks, or one that was left out.

    Args:
        said: The statement.
        sentence: A sentence of the quote.
        used: Its segments that hold words of the statement.
        before: Conditions that the statement told before.
    """
    # 除非…，否则…: what is so otherwise is told by the exception.
    own = said.conditions - ({"else"} if "unless" in said.conditions else set())
    for label in _unanswered(own, sentence.conditions):
        yield _condition("adds", label)
    for label in ("unless", "only"):
        # Of two exceptions one may be left out.
        if said.number_with(label) < sentence.number_with(label):
            yield _condition("leaves out", label)
    last = max((place for place, segment in enumerate(sentence.segments) if segment in used), default=0)
    for place, segment in enumerate(sentence.segments):
        # 您可以拒绝，拒绝后…: in Chinese a condition stands before what it is for. What is so otherwise is none of it.
        later = ({"else"} | (WHEN if has_han(segment.text) else set())) if place > last else set()
        for label in _unanswered(segment.conditions - later - {"all", "unless", "only"}, said.conditions | before):
            yield _condition("leaves out", label)


def _unanswered(labels: frozenset[str], others: frozenset[str]) -> list[str]:
    """Return the conditions that others have no answer to."""
    return sorted(label for label in labels - others if not (label in WHEN and others & WHEN))


def _condition(fault: str, label: str) -> Finding:
    return Finding(verdict="unchecked" if label in WHEN else "contradicted", reason=f"{fault}: {label}")


def _fit(segment: Segment, part: Segment) -> int:
    """Say how a segment of a statement fits one of the quote in its sense: 0 well, else `_UNCERTAIN` or worse."""
    if part.sense == ANY:
        return 0
    if TWICE in segment.sense or TWICE in part.sense:
        return _UNCERTAIN
    if segment.main & part.sense:
        return 0
    if segment.sense & part.sense or ("neg" in segment.sense and "unable" in part.sense):
        return 0 if segment.carried == part.carried or segment.carried & part.carried else _UNCERTAIN
    return _UNCERTAIN if segment.sense & part.carried or segment.carried & part.sense else _CONFLICT


_UNCERTAIN, _CONFLICT = 1, 2
_TAKES_UP = re.compile(
    r"\s{0,9}(?:it|they|this|these|the (?:feature|function|service|product|programme|program))\b", re.I
)
_PRONOUN = re.compile(r"\b(?:it|them|they|these|those|this|which)\b|其(?!他|它|中|余)|该|[它他]们|这些|上述")
_TO_US = re.compile(r"\bus\b|[向给与跟和对找]我们|联系我们")
_WE = re.compile(r"\b(?:we|us|our|ours)\b|我[们司行]|本(?:公司|平台)")
_SEVERITY: dict[Verdict, int] = {"borne_out": 0, "unchecked": 1, "contradicted": 2}
_LONGEST_STATEMENT = 300
_MOST_SENTENCES = 4
_SHORT_ITEM = 40
# Letters, digits, blanks and the marks of plain prose, `Settings > Privacy` too: no markup, no reference marks, no line
# breaks.
_FORM = re.compile(
    r"(?:(?<=[\w”\"] )[>→](?= [\w“\"])|[\w .,;:!?'\"()%&+@/¥$°，。；：！？、（）《》【】「」“”‘’…·—–％-])*"
)


def _is_name(word: str, raw: str) -> bool:
    """Say whether a Latin word is a name, by how it is written where it stands: with capitals or digits."""
    if not word.isascii():
        return False
    for match in re.finditer(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", raw, re.IGNORECASE):
        first = match.start() == 0
        if re.search(r"\d|(?<=.)[A-Z]", match[0]) or (match[0][0].isupper() and not first):
            return True
    return has_han(raw)
