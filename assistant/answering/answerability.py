"""Answerability: whether a question has its answer in what was found, and whether it is a question at all."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from assistant.answering.recipients import recipients_told
from assistant.policy.mentions import things_named
from assistant.questions.answer_types import CONTACTS, PACKAGE, asks_contact, besides, holds, needed
from assistant.questions.forms import gives_orders
from assistant.text import STOPWORDS, any_of, has_han, language_of, normalized, stem, stems_in
from assistant.text.chinese import INTERROGATIVES, OR_NOT, WHETHER
from assistant.text.numerals import ENGLISH_NUMERAL
from assistant.thesaurus import DATA_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.policy import Policy
    from assistant.questions.answer_types import AnswerType
    from assistant.retrieval.hits import Evidence, Hit


def answerability(query: str, hits: Sequence[Hit]) -> float:
    """Return the odds that a question has its answer in the policy: a logarithm, less the threshold.

    A logistic regression over what is known of the question and its best hits, fitted on the dev questions
    by `python -m evals.fit_refusals`, with the threshold at which few questions that have an answer are
    refused. It knows the bundled encoder only: with another model nothing is refused by odds.

    Args:
        query: The question.
        hits: What was found, best first.

    Returns:
        Not below 0 if it is to be answered, and not below `CERTAIN` if it is without a word of doubt; minus infinity
        without hits, where no policy found holds a value of a kind
        wanted, or only of something else or far behind, or speaks of the right that is asked about, and for an order,
        which is not carried out.
    """
    if not hits or gives_orders(query) or _is_held_nowhere(query, hits):
        return -math.inf
    if hits[0].evidence.scope is None:
        return math.inf
    if hits[0].evidence.other or _is_of_something_else(query, hits) or _is_unheard_of(query, hits):
        return -math.inf
    if hits[0].evidence.concepts == 0 and recipients_told(query, hits) is False:
        # Who gets it is told nowhere, and the best clause is about something else.
        return -math.inf
    if _is_far_from_a_value(query, hits) or _collects_none_of_it(query, hits):
        return -math.inf
    if _is_of_a_stranger(query, hits[0].evidence):
        return -math.inf
    odds = sum(_ODDS[name] * value for name, value in features(query, hits).items()) + _ODDS["base"]
    # What shares nothing with a policy is close to some clause of it all the same: "asdf qwer".
    shares_nothing = hits[0].evidence.unseen == 1 and hits[0].evidence.concepts is None
    odds -= _SHARES_NOTHING if shares_nothing else 0.0
    return CERTAIN if -_MOST_IN_DOUBT < odds < CERTAIN and _is_told(query, hits) else odds


def _is_told(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether the words of what was found tell that it answers, however doubtful the rest is."""
    return (
        _is_spoken_of(query, hits[0])
        or _holds_it_in_words_of(query, hits[0])
        or _holds_its_identifiers(query, hits[0])
        or _tells_contact(query, hits)
        or (has_han(query) and _beside(query, hits) == _HALF)
    )


CERTAIN = 0.5
"""Odds from which more than every other answer is right; with less it says that it may not be one."""


def features(query: str, hits: Sequence[Hit]) -> dict[str, float]:
    """Return by name what the regression reads of a question and its hits, of which there is at least one."""
    evidence = hits[0].evidence
    named = [hit.evidence.concepts for hit in hits[:_READ_FOR_CONCEPTS] if hit.evidence.concepts is not None]
    # Bounded, lest it decide alone; and who names only what the clause names does not ask about other things.
    is_named = evidence.concepts == 1 or _is_in_words_of(query, hits[0])
    scope = 0.0 if evidence.scope is None or is_named else max(evidence.scope, -_MOST_SCOPE)
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
        "score": min(max(hits[0].score, 0.0), _MOST_SCORE),
        "beside": _beside(query, hits),
    }


def _is_in_words_of(query: str, hit: Hit) -> bool:
    """Say whether a query has no other words than a clause, which tell that it is about the same.

    They do if the clause holds the value that is wanted, or if they are Chinese words that the thesaurus lacks: what an
    English word is, its stem hardly tells.
    """
    if hit.evidence.coverage < 1:
        return False
    return _holds_it_in_words_of(query, hit) or (hit.evidence.concepts is None and has_han(query))


def _holds_it_in_words_of(query: str, hit: Hit) -> bool:
    """Say whether a clause has all words of a query and the value that it wants, or a count of just these."""
    kinds = needed(query) if hit.evidence.coverage == 1 else ()
    return bool(kinds) and all(_counts(query, hit) if kind.name == "count" else _holds(hit, kind) for kind in kinds)


def _holds_its_identifiers(query: str, hit: Hit) -> bool:
    """Say whether a clause has what a query names as programs do, character by character: com.acme.push 是谁家的.

    To a model such a name means nothing, so that no clause is close to it.
    """
    names = _IDENTIFIER.findall(normalized(query))
    said = normalized(" ".join(hit.said)) if names else ""
    return bool(names) and all(name in said for name in names)


_IDENTIFIER = re.compile(rf"(?<![\w.@/]){PACKAGE}(?![\w/])", re.ASCII)


def _counts(query: str, hit: Hit) -> bool:
    """Say whether a clause has a number beside what is to be counted, in English: "5 more members", "Members: 5"."""
    counted = _COUNTED.search(normalized(query))
    if not counted:
        return False
    thing = stem(counted[1])
    for said in hit.said:
        words = re.findall(r"\w+", normalized(said))
        for place, word in enumerate(words):
            beside = (*words[max(place - _BESIDE, 0) : place], *words[place + 1 : place + 2])
            if stem(word) == thing and any(map(_NUMERAL.fullmatch, beside)):
                return True
    return False


_COUNTED = re.compile(r"\bhow many (?!of\b)(\w+)")
_NUMERAL = re.compile(rf"\d+|{ENGLISH_NUMERAL}")
_BESIDE = 2
"""Words: "two new members"."""


def _tells_contact(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether only a number or an address is wanted, which one of the best hits has: "what's your address"."""
    return asks_contact(query) and any(_holds(hit, kind) for hit in hits for kind in needed(query))


def _is_spoken_of(query: str, hit: Hit) -> bool:
    """Say whether it is asked if something is so or there, or in English what it does, in the words of a clause.

    "Is there CCTV?" of "CCTV covers the entrances": what names so little is close to nothing in meaning. Where a thing
    is, or when, a clause that has its words need not tell, and no value. In Chinese most of its words are enough, if it
    names all things that are asked about, for others say no more than 会不会; but it need not tell what one may do.
    """
    evidence, language = hit.evidence, hit.policy.language
    if needed(query) or (has_han(query) and language != "zh"):
        return False
    if has_han(query):
        return (
            _ASKS_WHETHER_ZH.search(normalized(query)) is not None
            and evidence.concepts == 1
            and evidence.coverage >= _MOST_WORDS_ZH
        )
    # In another language words say little if they do not name what is asked about.
    is_named = language == "en" or evidence.concepts == 1
    return not _ASKS_MORE.search(normalized(query)) and evidence.coverage == 1 and is_named


_ASKS_WHETHER_ZH = re.compile(
    rf"^(?!.*(?:{INTERROGATIVES}|[几能可])).*(?:[{''.join(WHETHER)}]\W{{0,3}}$|{OR_NOT.pattern}|是否)"
)
_MOST_WORDS_ZH = 0.6
_ASKS_MORE = re.compile(r"\b(?:how|where|when|why|who|whom|whose|which)\b")


def _is_held_nowhere(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a question wants a kind of value, such as an hour, of which the policies found hold none anywhere."""
    # Most are held by what was found, which is sooner read than all.
    rare = [kind for kind in needed(query) if not any(_holds(hit, kind) for hit in hits)]
    texts = {hit.policy.id: hit.policy.text for hit in hits}.values() if rare else ()
    return any(not any(holds(text, kind) for text in texts) for kind in rare)


def _is_of_something_else(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a value is wanted, and the clauses that hold one share no word with the question, nor a concept.

    The encoder finds "how many days" alike whatever takes them, and all telephone numbers. Words of two languages
    cannot be compared, nor is there anything else where the question names nothing besides the value: "how old do I
    have to be".
    """
    kinds = needed(query)
    if not kinds:
        return False
    holding = [hit for hit in hits[:_READ_FOR_CONCEPTS] if any(_holds(hit, kind) for kind in kinds)]
    if any(kind.name in CONTACTS for kind in kinds) and _is_anothers(query, holding):
        return True
    best = hits[0]
    same_matter, least_score = (_SAME_MATTER_ZH, math.inf) if has_han(query) else (_SAME_MATTER, _MOST_SCORE)
    is_close = best.evidence.similarity >= same_matter and best.score >= _STANDS_OUT
    if best in holding and (is_close or best.score >= least_score):
        return False
    return _share_beside(query, kinds, holding or hits[:1]) == 0


def _is_anothers(query: str, holding: Sequence[Hit]) -> bool:
    """Say whether the number or address of somebody is wanted whom a policy names, but not beside those that it gives.

    The surgery's number is not Dr Ahmed's.
    """
    whose = _WHOSE.search(normalized(query))
    if not whose or not holding:
        return False
    text = holding[0].policy.normalized
    told = " ".join(normalized(text) for text in _texts(holding, needed(query)))
    return any(name in text and name not in told for name in whose[1].split() if len(name) > _SHORT_NAME)


_WHOSE = re.compile(
    r"\b(?!(?:what|who|that|it|your|company)'s)((?:\w{1,20} ){0,1}\w{2,20})'s (?:\w{1,20} )?"
    r"(?:phone|telephone|number|e-?mail|contact)\b"
)
_SHORT_NAME = 2


def _share_beside(query: str, kinds: Sequence[AnswerType], holding: Sequence[Hit]) -> float | None:
    """Return how much of what a question names, besides the values wanted, one of the hits that hold such has: 0 to 1.

    Returns:
        None where it names nothing, or in another language than the policy.
    """
    policy = holding[0].policy
    if language_of(query) != policy.language:
        return None
    # The words that ask for the value are those of every such value: "how much does … cost".
    rest = besides(query, kinds)
    if any(kind.name in CONTACTS for kind in kinds):
        # Whose the number is need not be said of the company's own.
        rest = _OURS_ZH.sub(" ", any_of(policy.names).sub(" ", rest))
    parts = _parts_zh if has_han(query) else _words_and_concepts
    about = parts(rest, policy)
    # A word may be one character: 卡多少钱.
    told = [parts(text, policy).union(normalized(text)) for text in _texts(holding, kinds)]
    return max(len(about & those) for those in told) / len(about) if about else None


def _is_far_from_a_value(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether values are wanted of which neither the best clause holds any nor one that comes close to it."""
    kinds = needed(query)
    read = hits if asks_contact(query) else hits[:_READ_FOR_CONCEPTS]
    near = (hit for hit in read if hit.score >= hits[0].score - _MOST_BEHIND)
    return bool(kinds) and not any(_holds(hit, kind) for hit in near for kind in kinds)


_MOST_BEHIND = 2.0
"""In the units of scores: what is further behind is about something else."""


def _texts(hits: Iterable[Hit], kinds: Sequence[AnswerType]) -> Iterator[str]:
    """Yield what hits say about the values that they hold of some kinds, with the headings above.

    A sentence goes on about what the one before it named; an item of a list is about itself.
    """
    for hit in hits:
        own = [text for text in hit.said if any(holds(text, kind) for kind in kinds)] if hit.is_list else []
        yield " ".join((hit.passage.context, *(own or hit.said)))


def _parts_zh(text: str, policy: Policy) -> frozenset[str]:
    """Return what of a Chinese text may stand in another about the same: each two characters, and the concepts."""
    folded = _ASKING_ZH.sub(" ", normalized(text))
    words = re.findall(r"[\u3400-\u9fff]+|[a-z0-9]+", _EMPTY_ZH.sub(" ", folded))
    pairs = {word[at : at + 2] for word in words for at in range(max(1, len(word) - 1))}
    return frozenset(pairs).union(*(ids for *_, ids in policy.thesaurus.find(folded))) - _ASKED


def _words_and_concepts(text: str, policy: Policy) -> frozenset[str]:
    """Return the stems of the English words of a text, and the concepts that it names."""
    folded = normalized(text)
    words = stems_in(folded, without=STOPWORDS | _ASKING)
    return words.union(*(ids for *_, ids in policy.thesaurus.find(folded))) - _ASKED


def _is_unheard_of(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a right or a permission is asked about of which no Chinese policy found speaks.

    To the encoder leaving for good and withdrawing consent are much alike, so is the end of an account and that of the
    service, and so are all permissions. A right may be asked about beside something that the best hit does name.
    Chinese names match anywhere, English ones only in the forms that are known.
    """
    evidence = hits[0].evidence
    if not evidence.unmentioned or any(hit.policy.language != "zh" for hit in hits):
        return False
    unheard = set(map(normalized, evidence.unmentioned))
    asked = normalized(query)
    named = things_named(asked, {hit.policy.id: hit.policy for hit in hits}.values())
    return any(
        asked[start:end] in unheard
        and (
            asked.endswith(_PERMISSION, start, end)
            or asked.startswith(_PERMISSION, end)
            or (not evidence.concepts and any(concept.kind == "right" for concept in concepts))
        )
        for start, end, concepts in named
    )


_PERMISSION = "权限"


def _is_of_a_stranger(query: str, evidence: Evidence) -> bool:
    """Say whether it is asked what a company does of which no policy found speaks: 腾讯地图拿不拿我的定位.

    What may be done with a stranger, such as on its site, a policy may well say without its name; not where the
    question names nothing else of which the best clause speaks.
    """
    asked = normalized(query)
    if evidence.stranger and evidence.concepts == 0 and not _MAY_BE_DONE.search(asked):
        return True
    forms = _OF_STRANGERS_ZH if has_han(asked) else _OF_STRANGERS
    names = [re.escape(normalized(name)) for name in evidence.unmentioned] if evidence.stranger else []
    return any(re.search(form.format(name), asked) for name in names for form in forms)


# What it does, what its policy says, and, in English, what is given to it.
_OF_STRANGERS_ZH = (r"^(?:请问|那|那么)?{}(?![a-z0-9])", r"{}的(?:隐私)?政策")
_OF_STRANGERS = (
    r"^(?:so |and |but )?(?:what |how |why )?(?:does|did) (?:the )?{}\b",
    r"\bthe {} (?:privacy )?policy\b",
    r"\b(?:send|sent|give|given|sell|sold|share|shared|pass|passed|disclose|transfer)\b.{{1,40}}\b(?:to|with) {}\b",
)
_MAY_BE_DONE = re.compile(r"[能可]|允许|必须|\b(?:can|could|may|must|allowed|have to)\b")


def _collects_none_of_it(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether it is asked if something is collected, and none of the best hits, in Chinese, names any of it.

    Each policy says in many places that something is collected, and one of them is always close: 会收集我的血型吗.
    """
    # What personal information is, names every kind of it.
    best = [hit for hit in hits[:_READ_FOR_CONCEPTS] if not hit.passage.defines]
    asked = normalized(query)
    if any(hit.policy.language != "zh" for hit in best) or not _IS_COLLECTED.search(asked):
        return False
    policies = {hit.policy.id: hit.policy for hit in best}.values()
    named = [one for _, _, concepts in things_named(asked, policies) for one in concepts if one.kind in DATA_KINDS]
    said = {
        concept.id
        for hit in best
        for _, _, concepts in things_named(normalized(f"{hit.passage.context} {' '.join(hit.said)}"), [hit.policy])
        for concept in concepts
    }
    return bool(named) and said.isdisjoint(concept.id for concept in named)


_COLLECTS = "(?:收集|采集|搜集|获取|读取)"
_IS_COLLECTED = re.compile(
    rf"{_COLLECTS}.{{1,16}}(?:[吗嘛]|(?<![什怎])么)[?!。 ]{{0,3}}$|[会要]不[会要]{_COLLECTS}|是否[会要]?{_COLLECTS}|"
    r"^(?:so |and |but )?(?:do|does|will|can) (?:you|they|it|the app) (?:collect|gather|read|take)\b"
)


def _holds(hit: Hit, kind: AnswerType) -> bool:
    return any(holds(said, kind) for said in hit.said)


def _unstated(query: str, hits: Sequence[Hit]) -> float:
    """Return how far the best sentence that holds a value of the kind wanted is behind the best of all.

    Returns:
        In the units of scores, from 0 to `_MOST_UNSTATED`; 0 if no value is wanted, `_NOWHERE` if no hit holds one.
        Of recipients, which may be told in other words than those that are known, `_UNTOLD` if no hit tells any, and
        as much less than 0 if one does.
    """
    kinds = needed(query)
    if not kinds:
        told = recipients_told(query, hits)
        return 0.0 if told is None else (-_UNTOLD if told else _UNTOLD)
    said = [pair for hit in hits for pair in zip(hit.sentence_scores, hit.said, strict=True)]
    best = max((score for score, _ in said), default=0.0)
    behind = [best - max((score for score, text in said if holds(text, kind)), default=-math.inf) for kind in kinds]
    return _NOWHERE if math.inf in behind else min(_MOST_UNSTATED, max(behind))


def _beside(query: str, hits: Sequence[Hit]) -> float:
    """Return how much of what a question names stands where the value that it wants does, less one half; else 0."""
    kinds = needed(query)
    holding = [hit for hit in hits[:_READ_FOR_CONCEPTS] if all(_holds(hit, kind) for kind in kinds)]
    share = _share_beside(query, kinds, holding) if kinds and holding else None
    return 0.0 if share is None else share - _HALF


def is_unclear(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a query is a word or two that stand in most clauses, such as 信息, or says nothing: "that one", tags.

    Args:
        query: The question.
        hits: What was found, best first.
    """
    said = _MARKUP.sub("", query)
    if not any(char.isalnum() for char in said) or _only_points(said):
        return True
    # A Chinese word has two characters as a rule.
    words = sum(1 if part.isascii() else len(part) / 2 for part in query.split())
    return bool(hits) and words <= _FEW_WORDS and hits[0].evidence.frequency >= _IN_MOST


_MARKUP = re.compile(r"</?[a-z][^<>]{0,300}>", re.IGNORECASE)


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


# A clause that holds a value of the kind wanted and is as close, or stands out by far, may say it in other words.
_SAME_MATTER = 0.55
_SAME_MATTER_ZH = 0.58
_STANDS_OUT = 2.5
# What a price or a time is asked with, whatever it is of, and the concepts of such words.
_ASKING = frozenset(
    ("cost", "costs", "pay", "price", "prices", "get", "charge", "charged", "take", "open", "opens", "close", "closes")
)
_ASKING_ZH = re.compile("[开关]门|开放|营业|打烊|[上下]班")
_ASKED = frozenset(("payment", "response_fee", "retention_period", "working_hours"))
_FEW_WORDS = 2
_IN_MOST = 0.5
_ODDS = {
    "scope": 0.38,
    "similarity": 12.14,
    "likeness": 0.13,
    "familiarity": -1.47,
    "concepts": 0.3,
    "unmentioned": -0.15,
    "stranger": -0.71,
    "unstated": -0.52,
    "score": -0.06,
    "beside": 0.98,
    "base": -4.39,
}
# Of some 60 questions that share nothing with a policy, none that has an answer has odds between 0 and this.
_SHARES_NOTHING = 0.35
_MOST_IN_DOUBT = 1.5
"""Odds below 0 that words outweigh."""
# Of a few clauses even the best does not stand out, of a hundred it may by far.
_MOST_SCORE = 6.0
_MOST_SCOPE = 6.0
_SCOPE_IN_DOUBT = 1.0
_LEAST_FAMILIARITY = 0.6
_MOST_UNMENTIONED = 2
_UNNAMED = 0.5
"""What a question that names no concept counts as, halfway between all and none of them held."""
_READ_FOR_CONCEPTS = 3
_MOST_UNSTATED = 3.0
# What no clause found gives is not stated, however close one is: none of the dev questions with an answer is like that.
_NOWHERE = 6.0
_UNTOLD = 1.0
_HALF = 0.5
_OURS_ZH = re.compile("贵?公司|贵司|平台|官方|软件|客服|人工|售后|投诉|举报|咨询|联系|服务")
# Chinese words of a question that name nothing.
_EMPTY_ZH = re.compile(
    r"[^\w]|[的了吗呢么吧啊是要会能得可以我你您们有在请问这那个才就必须应该到底一般]|最[长短多少高低大小早晚]"
)
# Of questions that have an answer; for an encoder that knows nothing of answers.
_USUAL_LIKENESS = 0.76
_USUAL_FAMILIARITY = 0.69
