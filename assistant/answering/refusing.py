"""Refusals: what to tell the person where a question has no answer in the policies.

`refusal` puts into words why there is no answer: what comes closest to one, and whom to ask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from assistant.answering.answerability import is_unclear
from assistant.answering.imprint import contact_of
from assistant.policy.mentions import is_mentioned, things_named
from assistant.questions.answer_types import besides, wanted
from assistant.text import STOPWORDS, Language, any_of, has_han, language_of, normalized, stem, stems_in
from assistant.text.english import begun
from assistant.thesaurus import THING_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Policy
    from assistant.retrieval.hits import Evidence, Hit
    from assistant.thesaurus import Concept

ReasonKind = Literal["not_stated", "out_of_scope", "unclear"]


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


# --- Wording -----------------------------------------------------------------------------

_ABSTAINED: dict[ReasonKind, dict[Language, str]] = {
    "not_stated": {
        "zh": "{title}没有说明这一点。",
        "en": "{title} {does} not state this.",
    },
    "out_of_scope": {
        "zh": "这个问题看起来与{title}无关。",
        "en": "That does not look like a question about {title}.",
    },
    "unclear": {
        "zh": "没有看懂这个问题，请换个说法，写明想了解什么。",
        "en": "The question is not clear: please say what you would like to know.",
    },
}
_THE_POLICIES: dict[Language, str] = {"zh": "这些政策", "en": "the policies"}
_TWO_ENDS = re.compile(r"([?!？！])[.。]$")
_UNMENTIONED = {"zh": "{title}没有提到{names}。", "en": "{title} {does} not mention {names}."}
_NEAREST = {"zh": "最接近的条款：{clause}。", "en": "The closest clause is {clause}."}
_CONTACT = {"zh": "可联系{company}：{contact}。", "en": "You can ask {company}: {contact}."}
# Whose it is is not known, and nobody asks a text.
_ITS_CONTACT = {"zh": "文中的联系方式：{contact}。", "en": "The contact that it gives is {contact}."}


def refusal(query: str, hits: Sequence[Hit], language: Language) -> Reason:
    """Say why there is no answer, what comes closest to one, and whom to ask.

    Args:
        query: The question, made to stand by itself.
        hits: What was found, best first.
        language: What the reason is told in.
    """
    if is_unclear(query, hits):
        return _ask_back(hits, language)
    kind: ReasonKind = "out_of_scope" if _is_off_topic(query, hits) else "not_stated"
    if not hits:
        return Reason(
            kind=kind, message=begun(_ABSTAINED[kind][language].format(title=_THE_POLICIES[language], does="do"))
        )
    policy = hits[0].policy
    title = policy.called(language)
    does = "do" if policy.called_as_several() else "does"
    parts = [_ABSTAINED[kind][language].format(title=title, does=does)]
    if kind == "not_stated":
        if names := _unmentioned(query, hits):
            listed = {"zh": "、", "en": ", "}[language].join(f"“{name}”" for name in names)
            parts = [_UNMENTIONED[language].format(title=title, names=listed, does=does)]
        # What stands above all clauses goes by the title, which has just been told.
        if _is_near(hits[0].evidence) and hits[0].clause is not policy.root:
            parts.append(_NEAREST[language].format(clause=_described(hits[0], language)))
            # A title may be a question, and ends as one.
            parts[-1] = _TWO_ENDS.sub(r"\1", parts[-1])
    if contact := contact_of(policy):
        told = _CONTACT if policy.company else _ITS_CONTACT
        parts.append(told[language].format(company=policy.company, contact=contact))
    return Reason(kind=kind, message=begun((" " if language == "en" else "").join(parts)))


def _is_off_topic(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a question is none about policies: none of its words stands in what is closest to it."""
    if not hits:
        return True
    evidence = hits[0].evidence
    # Words of two languages cannot be compared: where all clauses are in the other one, it cannot be said.
    language = language_of(query)
    comparable = [
        hit for hit in hits if hit.policy.language == language or (language == "en" and hit.policy.translations)
    ]
    coverage = max((_coverage(query, hit) for hit in comparable), default=1.0)
    if evidence.scope is None:
        return coverage < _LEAST_COVERAGE
    # Who names a matter of policies asks about policies, whatever the sentence is like; so does who names what this
    # policy speaks of, such as the mattresses of a shop.
    named = evidence.unmentioned or evidence.concepts or coverage >= _LEAST_WORDS
    return evidence.scope < 0 and not named and not _is_near(evidence)


def _coverage(query: str, hit: Hit) -> float:
    """Return the share of the query's words that a clause holds, or of most that its policy's English does."""
    coverage, policy = hit.evidence.coverage, hit.policy
    if language_of(query) == policy.language:
        return coverage
    words = stems_in(normalized(query))
    known = policy.kept(_words_of_renderings)
    # Not weighted by rarity: a single one says little.
    share = len(words & known) / len(words) if words else 0.0
    return max(coverage, share) if share > _MOST_WORDS else coverage


def _is_near(evidence: Evidence) -> bool:
    """Say whether a clause has to do with the question, as far as can be told."""
    # The cosines are the bundled encoder's; other models have other ones.
    return evidence.scope is None or evidence.similarity >= _NEAR or evidence.coverage >= _MOST_WORDS


_LEAST_COVERAGE = 0.2
# Weighted by rarity, of all words: one that stands in most clauses is no sign.
_LEAST_WORDS = 0.1
_MOST_WORDS = 0.5
# Chosen on the dev questions that are refused: of the clauses below it most have nothing to do with the question.
_NEAR = 0.42


def _described(hit: Hit, language: Language) -> str:
    """Return the words for the clause of a hit, with the English of its title for who asks in English."""
    policy, clause = hit.policy, hit.clause
    said = policy.described(clause.id, language)
    if not clause.title or language == policy.language:
        return said
    english = policy.title_in(clause, language)
    return f"{said} ({english})" if english else said


# --- What is mentioned -------------------------------------------------------------------


def _unmentioned(query: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Return the things that a question names, in its words, and that stand nowhere in the policies found, each once.

    Neither the word nor any name of the same thing stands in them, not even within another.
    """
    if not hits[0].evidence.unmentioned:
        return ()
    policies = list({hit.policy.id: hit.policy for hit in hits}.values())
    asked = normalized(query)
    shown = query if len(query) == len(asked) else asked
    own = any_of(name for policy in policies for name in policy.names)
    # What value is wanted, such as a telephone number, is no thing that is asked about.
    of = besides(query, wanted(query))
    return tuple(
        dict.fromkeys(
            shown[start:end]
            for start, end, concepts in things_named(asked, policies)
            if _is_thing(asked[start:end], concepts)
            and asked[start:end] in of
            and not own.search(asked[start:end])
            and not is_mentioned(asked[start:end], concepts, policies)
        )
    )


def _is_thing(word: str, concepts: Sequence[Concept]) -> bool:
    """Say whether a word is a noun for what a policy either names or is silent about: no "opt out", no 导出来."""
    if any(concept.kind == "vendor" for concept in concepts):
        return True
    if not any(concept.kind in _THINGS for concept in concepts):
        return False
    if has_han(word):
        # As policies print it: people say the same in whole sentences.
        return any(word == normalized(name) for concept in concepts for name in concept.zh)
    forms = {stem(name) for concept in concepts for name in concept.en if name.endswith("ing")}
    return STOPWORDS.isdisjoint(word.split()) and stem(word) not in forms


def _words_of_renderings(policy: Policy) -> frozenset[str]:
    """Return the stems of the words of a policy's translation."""
    return stems_in(normalized("\n".join(chain.from_iterable(policy.translations.values()))))


_THINGS = THING_KINDS | {"right"}


# --- To ask back -------------------------------------------------------------------------


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
    title = policy.title_in(clause, language)
    return title[: policy.chars(_TOPIC_CHARS)] if language == policy.language else title


_MOST_SUGGESTIONS = 3
_TOPIC_CHARS = 24
_SUGGESTED = {"zh": "关于“{topic}”是怎么规定的？", "en": "What does it say about “{topic}”?"}
_FOR_INSTANCE = {"zh": "例如：{listed}", "en": "For instance: {listed}"}
