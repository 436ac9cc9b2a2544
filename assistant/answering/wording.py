"""Verified claims put into words, in the language of the question."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from assistant.answering import Answer, AnswerPart
from assistant.answering.citing import Draft, verify, verify_each
from assistant.answering.refusing import refusal
from assistant.questions.forms import wants_all
from assistant.sentences.senses import conditions_in, denials, turns
from assistant.text import Language, has_han, language_of, leads_in, normalized, overlap, visible_line
from assistant.text.english import begun
from assistant.text.quotes import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.answering.citing import Citation, Claim
    from assistant.answering.refusing import Reason
    from assistant.answering.verdicts import VerdictKind
    from assistant.policy import Policy
    from assistant.retrieval.hits import Hit
    from assistant.text import Span

_LEAD = {"zh": "{title}的相关原文{foreign}：", "en": "What {title} {says}, in {its} own words{foreign}:"}
_LEAD_TO_WORDS = {"zh": "根据{title}{foreign}：", "en": "According to {title}{foreign}:"}
_LEAD_TO_LIST = {
    "zh": "{title}有 {count} 处说到{foreign}：",
    "en": "{title} {speaks} of this in {count} places{foreign}:",
}
_LEAD_IN_DOUBT = {
    "zh": "{title}中最接近的原文{foreign}，不一定能回答您的问题：",
    "en": "The closest that {title} {says}, in {its} own words{foreign}; it may not answer your question:",
}
_AGREEING = {
    False: {"says": "says", "speaks": "speaks", "its": "its"},
    True: {"says": "say", "speaks": "speak", "its": "their"},
}
_FOREIGN = {"zh": "（英文，没有译文）", "en": " (in Chinese, no translation)"}
_COURTESY = "Translations are a courtesy: the Chinese text prevails."


def answer(
    *,
    question: str,
    query: str,
    draft: Draft,
    hits: Sequence[Hit],
    min_quote_chars: int,
) -> Answer:
    """Verify a draft and put it into words.

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
    *,
    question: str,
    query: str,
    claims: Iterable[Claim | None],
    hits: Sequence[Hit],
    min_quote_chars: int,
    language: Language | None = None,
) -> Iterator[str | Answer]:
    """Verify claims and put them into words as they come.

    Args:
        question: As typed.
        query: What was searched for.
        claims: What a generator proposes; None wherever there is nothing yet.
        hits: The clauses that may be cited.
        min_quote_chars: Least number of letters and digits in a quote.
        language: Of the answer; the question's by default.

    Yields:
        Pieces of the answer's text, an empty one for each None, then the answer. If it abstains, there were no
        pieces: its text is the reason.
    """
    language = language or language_of(question)
    citations: list[Citation] = []
    pieces: list[str] = []
    verdict: VerdictKind | None = None
    uncertain = False
    found = verify_each(claims, hits, min_quote_chars)
    counts: Mapping[str, int] = {}
    if wants_all(query):
        # How many places there are is told before the first of them.
        listed: list[tuple[Claim, Citation]] = []
        for kept in found:
            if kept is None:
                yield ""
            else:
                listed.append(kept)
        counts = _places(listed, hits)
        found = iter(listed)
    wording = _Wording({hit.policy.id: hit.policy for hit in hits}, language)
    wording.begin(counts)
    for kept in found:
        if kept is None:
            yield ""
            continue
        if not citations:
            verdict, uncertain = kept[0].verdict, kept[0].uncertain
        citations.append(kept[1])
        for line in wording.lines(*kept, marker=len(citations)):
            pieces.append(f"\n{line}" if pieces else line)
            yield pieces[-1]
    yield from _closed(
        question=question,
        query=query,
        language=language,
        pieces=pieces,
        citations=citations,
        hits=hits,
        verdict=verdict,
        uncertain=uncertain,
    )


def _closed(
    *,
    question: str,
    query: str,
    language: Language,
    pieces: list[str],
    citations: Sequence[Citation],
    hits: Sequence[Hit],
    verdict: VerdictKind | None,
    uncertain: bool,
    parts: Sequence[AnswerPart] = (),
) -> Iterator[str | Answer]:
    """Yield the last piece of an answer's text, if translations need a word, then the answer; see `answered`.

    Args:
        question: As typed.
        query: What was searched for.
        language: Of the answer.
        pieces: The text so far; of no use where nothing is cited.
        citations: What is quoted.
        hits: The clauses that were considered.
        verdict: What the first quote says.
        uncertain: Whether all quotes may be beside the question.
        parts: What answers each question of a message that asks several.
    """
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
        uncertain=uncertain,
        parts=tuple(parts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of several questions of a message, with what is proposed to answer it."""

    asked: str
    """The question as typed."""
    query: str
    """What was searched for; empty if nothing was."""
    draft: Draft = field(default_factory=lambda: Draft(claims=()))
    """What a generator proposes."""
    hits: tuple[Hit, ...] = ()
    """The clauses that may be cited."""
    reason: Reason | None = None
    """Why nothing answers it, if that is known without a search: `refusal` tells it else."""


def answered_apart(
    *, question: str, parts: Sequence[Part], min_quote_chars: int, language: Language | None = None
) -> Iterator[str | Answer]:
    """Verify the drafts for each question of a message and put them into words, one after the other.

    A question that nothing answers is told so; one that is answered by what was quoted before is told where.

    Args:
        question: The message as typed.
        parts: Its questions, of which at least one has an answer.
        min_quote_chars: Least number of letters and digits in a quote.
        language: Of the answer; the message's by default.

    Yields:
        Pieces of the answer's text, then the answer. If it abstains, as it does where no draft stands, there were no
        pieces.
    """
    language = language or language_of(question)
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
        reason = None if verified else part.reason or refusal(part.query, part.hits, language)
        uncertain = any(claim.uncertain for claim, _ in verified)
        told.append(AnswerPart(question=part.asked, markers=markers, abstained=reason, uncertain=uncertain))
        if reason:
            lines.append(reason.message)
        elif len(lines) == 1:
            lines.append(_TOLD[language].format(markers="".join(f"[{marker}]" for marker in markers)))
        for line in lines:
            pieces.append(f"\n{line}" if pieces else line)
            yield pieces[-1]
    query = in_turn(filter(None, (part.query for part in parts)))
    yield from _closed(
        question=question,
        query=query,
        language=language,
        pieces=pieces,
        citations=citations,
        hits=hits,
        verdict=verdict,
        uncertain=bool(citations) and all(part.uncertain or part.abstained for part in told),
        parts=told,
    )


def in_turn(queries: Iterable[str]) -> str:
    """Return the questions of a message one after the other, as one text."""
    return " ".join(map(_ended, queries))


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
        language: Of the answer.
    """

    def __init__(self, policies: Mapping[str, Policy], language: Language) -> None:
        self._policies = policies
        self._language = language
        self._counts: Mapping[str, int] = {}
        self._policy_id = self._section = ""
        self._leads_to_words = self._is_in_doubt = False
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
        is_led = policy.id == self._policy_id and claim.uncertain == self._is_in_doubt
        if not is_led or (claim.text and not self._leads_to_words):
            self._policy_id, self._section, self._leads_to_words = policy.id, "", bool(claim.text)
            self._is_in_doubt = claim.uncertain
            lead = _LEAD_TO_WORDS if claim.text else _LEAD_TO_LIST if count >= _LEAST_LIST else _LEAD
            lead = _LEAD_IN_DOUBT if claim.uncertain else lead
            # Renderings are English: there are none for who asks in Chinese.
            foreign = not own and policy.language != language and (language == "zh" or not policy.translations)
            said = _FOREIGN[language] if foreign else ""
            agreeing = _AGREEING[policy.called_as_several()]
            title = policy.called(language, self._policies.values())
            led = lead[language].format(title=title, count=count, foreign=said, **agreeing)
            yield begun(led)
        if count >= _LEAST_LIST and (above := _section(policy, citation.clause_id)) != self._section:
            self._section = above
            yield f"{above}{'：' if language == 'zh' else ':'}"
        # Whoever words a statement has read what leads to it.
        before = None if own else self._lead_in(policy, citation, decided=claim.verdict is not None)
        self._told.append((policy.id, (citation.start, citation.end)))
        # One pair of marks to a line: who shows answers takes what is in them for the quote.
        led = f"{_led(policy.text[slice(*before)], policy.language)} " if before else ""
        yield f"• {f'{claim.text} ' if claim.text else ''}{led}{marked_quote(citation.quote, marker)}"
        if citation.translation and language == "en":
            led = f"{leading} " if before and (leading := policy.translation(*before)) else ""
            yield f"  Translation: {led}{citation.translation}"

    def _lead_in(self, policy: Policy, citation: Citation, *, decided: bool) -> Span | None:
        """Return what leads to the item that a citation quotes, unless it was told or the item says enough by itself.

        The item alone may mean the opposite: what is *not* shared, or shared *without* consent. So may "可以。": it
        answers the question of the policy, which need not be the reader's; unless it was `decided` that it is.
        """
        if not decided and (asked := policy.answered_by_a_word(citation.clause_id, citation.start, citation.end)):
            return asked
        before = policy.lead_in(citation.clause_id)
        if before is None or any(policy.id == told and overlap(before, span) for told, span in self._told):
            return None
        words = policy.text[slice(*before)]
        # Where numbering is broken, an item with a subject may not even be one of that list.
        whole = _HAS_SUBJECT.search(citation.quote) or len(words) > policy.chars(_MOST_LEAD_IN_CHARS)
        # Below the reference `What is covered` a lone "dental treatment" is easily read over.
        in_reference = words.strip(_AROUND_WORDS) in citation.reference and leads_in(words)
        if (whole or in_reference) and not _turns_items(words, stated=_STATES.search(citation.quote) is not None):
            return None
        self._told.append((policy.id, before))
        return before


def marked_quote(quote: str, marker: int) -> str:
    """Return a quote with its marker, as an answer's text has them."""
    printed = "\n  ".join(lines_of(quote))
    return f"“{printed}” [{marker}]"


def _led(words: str, language: Language) -> str:
    """Return the words that lead to an item as they are shown before it: a heading with a colon."""
    shown = visible_line(words).strip("#").strip().translate(_INNER_MARKS)
    return f"{shown}{'：' if language == 'zh' else ':'}" if shown[-1:].isalnum() else shown


def _turns_items(words: str, *, stated: bool) -> bool:
    """Say whether the words that lead to an item turn its sense.

    Args:
        words: What leads to it.
        stated: Whether the item is a statement of what the company does. Of such a one only a denial or an exception,
            and what stands next to it, makes another: not the condition in "in the app, when open, we collect so".
    """
    if _NAMES_CASES.search(words):
        return True
    if not stated:
        return turns(words)
    plain = normalized(words)
    return denials(plain) > 0 or bool(conditions_in(plain) - {"if"}) or turns(_PARTS.split(words)[-1])


# No 联系我们的客服: what the reader is told to do is none.
_STATES = re.compile(
    r"(?:我们|我司|本公司)\w{0,6}?(?:会|将|可能|需|收集|使用|获取|读取|访问|存储|保存|提供|共享).{0,400}[。！!]\W{0,3}$"
    r"|\b[Ww]e [a-z].{0,800}[.!]\W{0,3}$",
    re.DOTALL,
)
_PARTS = re.compile(r"[,，;；]")
_MOST_LEAD_IN_CHARS = 250
_AROUND_WORDS = "：:*# \t"
_LEAST_LIST = 3
"""Fewest places that are told as a list."""


def _within(citation: Citation, hit: Hit) -> bool:
    return citation.policy_id == hit.policy.id and hit.clause.start <= citation.start < hit.clause.end


def _section(policy: Policy, clause_id: str) -> str:
    """Return the words for the section that a clause stands in."""
    section = policy.path(clause_id)[:2][-1]
    # "4. Who gets it", 四、共享
    blank = " " if section.label.isascii() and policy.text[section.label_end : section.label_end + 1].isspace() else ""
    return f"{section.label}{blank}{section.title}" if section.title else policy.reference(section.id)
