"""Answers to what is asked of the conversation itself: small talk, "show me the clause", "anything else?".

`assistant.conversation.condense` says that one of these is asked; here is what becomes of it. Clauses are quoted
from the policy and verified as in any other answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answering import Answer
from assistant.answering.citing import Claim, Draft
from assistant.answering.imprint import contact_span
from assistant.answering.refusing import Reason
from assistant.index.passages import Passage
from assistant.questions.utterances import default_vocabulary
from assistant.retrieval.hits import Hit
from assistant.text import Span, language_of, sentences, stripped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from assistant.conversation import CitedClause, Condensed
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.text import Language

_WHOLE_CHARS = 3_000
_WHOLE_LIST_CHARS = 600


def said(question: str, understood: Condensed, hits: Sequence[Hit] = (), *, language: Language | None = None) -> Answer:
    """Return the answer that is only a reply, with the reason why nothing is quoted.

    Args:
        question: As typed.
        understood: What it asks; its `reply` is what is said.
        hits: The clauses that were considered.
        language: Of the reply; the question's by default.
    """
    return Answer(
        question=question,
        query=understood.query,
        language=language or language_of(question),
        text=understood.reply,
        hits=tuple(hits),
        abstained=reason_of(understood),
    )


def reason_of(understood: Condensed) -> Reason:
    """Return the reason why nothing is quoted for what has a reply."""
    if understood.kind == "more":
        return Reason(kind="not_stated", message=understood.reply)
    return Reason(kind="unclear" if understood.kind == "unclear" else "out_of_scope", message=understood.reply)


def reply_in(reply: str, language: Language) -> str:
    """Return a reply of the conversation in another language; as it is if it is none that is always the same."""
    for wordings in default_vocabulary().replies.values():
        if reply in wordings.values():
            return wordings[language]
    return reply


def cited_by(answer: Answer) -> tuple[CitedClause, ...]:
    """Return the clauses that an answer cites, in the order of its markers."""
    return tuple((citation.policy_id, citation.clause_id) for citation in answer.citations)


def left(hits: Sequence[Hit], cited: Collection[CitedClause], said: str = "") -> tuple[Hit, ...]:
    """Return the hits that an answer may still quote once `cited` has been quoted, of what is still about the question.

    A clause is left out with what it was quoted together with: the words that lead into it, its items. Of one that was
    quoted in part, what was not remains.

    Args:
        hits: All hits, best first.
        cited: The clauses that were quoted.
        said: The answers that quoted them; empty if they are not known.
    """
    if not cited:
        return tuple(hits)
    told, squeezed = set(cited), _squeezed(said)
    about = [hit for hit in hits if _is_about(hit, hits[0])]
    found = ((_rest(hit, squeezed) if squeezed else None) if _told(hit, told) else hit for hit in about)
    return tuple(hit for hit in found if hit)


def _is_about(hit: Hit, first: Hit) -> bool:
    """Say whether a hit names what the best one names of a question, and is not far behind it."""
    named, wanted = hit.evidence.concepts, first.evidence.concepts
    return (named is None or wanted is None or named >= wanted) and hit.score >= _LEAST_OF_FIRST * first.score


_LEAST_OF_FIRST = 0.4


def _rest(hit: Hit, said: str) -> Hit | None:
    """Return a hit with those of its sentences only that were not said and come near its best; None if there are none.

    Args:
        hit: A hit that is no list.
        said: The answers so far, without white space.
    """
    if hit.is_list or not hit.sentence_scores:
        return None
    least = max(hit.sentence_scores) - _REST_MARGIN
    pairs = zip(hit.passage.sentences, hit.sentence_scores, strict=True)
    new = [
        (span, score)
        for span, score in pairs
        if score >= least and _squeezed(hit.policy.text[slice(*span)]) not in said
    ]
    if not new:
        return None
    spans, scores = zip(*new, strict=True)
    return replace(hit, passage=replace(hit.passage, sentences=spans), sentence_scores=scores)


# In the units of scores: twice as far as what is quoted at first.
_REST_MARGIN = 4.0


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _told(hit: Hit, cited: set[CitedClause]) -> bool:
    policy = hit.policy
    for above in policy.path(hit.clause.id):
        if (policy.id, above.id) in cited and (above is hit.clause or above.end - above.start <= _WHOLE_LIST_CHARS):
            return True
    # A short list, items of which were quoted.
    return any(
        (policy.id, item.id) in cited for child in hit.clause.children if child.end <= hit.end for item in child.walk()
    )


def chosen(cited: Sequence[CitedClause], place: int) -> tuple[CitedClause, ...]:
    """Return the clause at a place among those cited, or all of them for the place 0, each once."""
    if place:
        return tuple(cited[place - 1 : place] if place > 0 else cited[-1:])
    return tuple(dict.fromkeys(cited))


def contacts(policies: Iterable[Policy]) -> tuple[CitedClause, ...]:
    """Return the clause of each policy that tells its contact, the last one if several do."""
    printed = ((policy, contact_span(policy)) for policy in policies)
    return tuple((policy.id, policy.at(span[0]).id) for policy, span in printed if span)


def whole(cited: Sequence[CitedClause], policy_of: Callable[[str], Policy]) -> tuple[Draft, tuple[Hit, ...]]:
    """Return what quotes clauses whole: a draft, and the hits that it may quote.

    Of a clause that goes on for pages, only its own text is quoted.

    Args:
        cited: The clauses; those that their policy does not have any more are left out.
        policy_of: Returns the policy of an id.
    """
    claims: list[Claim] = []
    hits: list[Hit] = []
    wanted = set(cited)
    for policy_id, clause_id in cited:
        policy = policy_of(policy_id)
        try:
            *above, clause = policy.path(clause_id)
        except KeyError:
            continue
        span = _span(policy, clause)
        # An item is shown with the clause that it is in, if that is shown.
        if span is None or any((policy_id, outer.id) in wanted and _is_whole(outer) for outer in above):
            continue
        start, end = span
        passage = Passage(
            clause_id=clause.id, start=start, end=end, context="", sentences=tuple(sentences(policy.text, start, end))
        )
        hits.append(Hit(policy=policy, clause=clause, passage=passage, score=0.0))
        claims.append(Claim(policy_id=policy.id, clause_id=clause.id, quote=policy.text[start:end]))
    return Draft(claims=tuple(claims)), tuple(hits)


def _span(policy: Policy, clause: Clause) -> Span | None:
    return stripped(policy.text, clause.start, clause.end if _is_whole(clause) else clause.body_end)


def _is_whole(clause: Clause) -> bool:
    return clause.end - clause.start <= _WHOLE_CHARS
