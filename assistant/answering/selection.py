"""Selection: which of the clauses that were found an answer quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant.answering.recipients import telling_sentences
from assistant.parsing.lines import CELL_BREAK, is_told_row
from assistant.questions.answer_types import asks_contact, besides, holds, needed, wanted
from assistant.questions.forms import asks_meaning, asks_names, denied_deed, denies, wants_all
from assistant.retrieval.readings import as_given_away
from assistant.text import fold, normalized, stems_in
from assistant.text.numerals import HAN_NUMERAL
from assistant.text.quantities import age_in, meant_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.retrieval.hits import Hit

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
_FAR_SIMILARITY = 0.15
_READ_FOR_VALUES = 3
_VALUE_MARGIN = 2.0
_MOST_CLAUSES = 2
# Who asks for all places is told of those that name all that the question names.
_LIST_MARGIN = 2.0
_LIST_SIMILARITY = 0.15
_SEVERAL_ITEMS = 3
_SEVERAL_BESIDE = 2


def selected(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that an answer quotes, of which there is at least one if there are any.

    Who asks for all places, of something that the first clause names, gets all that name it, in the order of the text;
    who asks who gets something, all that tell.

    Args:
        query: The question.
        hits: What was found, best first.
    """
    return _with_like_rows(query, _with_rest_of_row(query, _selected(query, hits), hits), hits)


def _selected(query: str, hits: Sequence[Hit]) -> list[Hit]:
    telling = [hit for hit in hits if telling_sentences(query, hit)]
    if telling and telling[0].score >= hits[0].score - _LIST_MARGIN:
        # Those before the first of them only say that it is collected, however close their words are.
        near = (hit for hit in telling if hit.score >= telling[0].score - _LIST_MARGIN)
        return sorted(near, key=lambda hit: (hit.policy.id, hit.start))
    if lists_places(query, hits):
        named = [h for h in hits if h.evidence.concepts == 1 and h.score >= hits[0].score - _LIST_MARGIN]
        named = [hit for hit in named if not _leads_to_one(hit, named)]
        named = _close_to_list(named, hits)
        if deed := denied_deed(query):
            named = [hit for hit in named if _denies(hit, deed)]
        # Where none denies it in these words, a list of all that speak of it would be one of those that do it.
        return sorted(named, key=lambda hit: (hit.policy.id, hit.start)) or _chosen(query, hits)[:1]
    return _chosen(query, hits)


def _with_rest_of_row(query: str, chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted; if names are asked for, with all whose headings differ only in their number.

    Names may be listed below 使用的插件（1） and 使用的插件（2）, with what those collect between them.
    """
    rows = {(_above(hit), _row(hit)) for hit in chosen if _row(hit)} if asks_names(query) else set()
    # What is said of another company is none of what is asked of one.
    others = (hit for hit in hits if hit not in chosen and hit.evidence.company >= chosen[0].evidence.company)
    rest = [hit for hit in others if (_above(hit), _row(hit)) in rows]
    if rest and not wants_all(query):
        # Who made the map is told of that first.
        return [*(hit for hit in chosen if _row(hit)), *rest]
    return sorted([*chosen, *rest], key=lambda hit: (hit.policy.id, hit.start)) if rest else chosen


def _with_like_rows(query: str, chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted, of who asks for all the rows of a table that have what one has of his words.

    "Which companies are in France" is told of each with France in a cell, and of nothing that does not name it.
    """
    first = next((hit for hit in hits[:_MOST_CLAUSES] if _cells(hit)), None) if wants_all(query) else None
    asked = stems_in(normalized(query)) & _cells(first) if first else frozenset()
    like = [hit for hit in hits if first and asked and _above(hit) == _above(first) and asked <= _cells(hit)]
    if len(like) < _LEAST_ROWS:
        return chosen
    others = [hit for hit in chosen if hit not in like and asked <= _words(hit)]
    return sorted([*like, *others], key=lambda hit: (hit.policy.id, hit.start))


def _cells(hit: Hit) -> frozenset[str]:
    """Return the stems of what the cells of a clause hold that is one row of a table, without the heads of columns."""
    text = hit.policy.text[hit.start : hit.end].strip()
    if not is_told_row(fold(text), 0, len(text)) or "\n" in text:
        return frozenset()
    return stems_in(normalized(" ".join(re.split(r"[:：]", cell, maxsplit=1)[-1] for cell in text.split(CELL_BREAK))))


_LEAST_ROWS = 2


def _row(hit: Hit) -> str:
    """Return the words of a heading that has a number at its end; empty if it has none."""
    found = _NUMBERED.match(hit.clause.title)
    return found[1] if found else ""


_NUMBERED = re.compile(rf"([^\n]{{2,24}}?) ?[(（]? ?[\d{HAN_NUMERAL}]{{1,3}} ?[)）]?[:：]?\s?$")


def _leads_to_one(hit: Hit, named: Sequence[Hit]) -> bool:
    """Say whether a hit leads into a list of which others, far better ones, are all in one item: no other is asked for.

    ``交易时，我们会收集如下信息： ① 下单… ② 支付…``, of which ② is asked about.
    """
    if not hit.policy.leads_in(hit.clause):
        return False
    holding = [
        {item.id for item in hit.clause.children if item.start <= other.start < item.end}
        for other in named
        if other.policy.id == hit.policy.id and other.score > hit.score + _ITEM_MARGIN
    ]
    return len(set().union(*holding)) == 1


def _close_to_list(named: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return hits less those that are far from the question beside a list, if that or an item of it is the best of all.

    Who asks 哪些内容禁止直播 is told of 禁止直播以下内容：…, not of each clause that forbids something.
    """
    listed = next((hit for hit in named if hit.is_list and (hit is hits[0] or _is_item(hits[0], hit))), None)
    if listed is None:
        return named
    return [hit for hit in named if hit.evidence.similarity >= listed.evidence.similarity - _LIST_SIMILARITY]


def lists_places(query: str, hits: Sequence[Hit]) -> bool:
    """Say whether a question asks for all places, and the best hit names all that the question names."""
    return wants_all(query) and hits[0].evidence.concepts == 1


def _chosen(query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted where one or two clauses answer."""
    hits = _in_order(query, hits)
    first = hits[0]
    chosen = [first, *(hit for hit in hits[1:_MOST_CLAUSES] if _joins(query, first, hit))]
    chosen = _with_list(query, _with_rule(_with_value(query, chosen, hits), hits), hits)
    return _with_other_side(query, chosen, hits)


def _in_order(query: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits, the first of them the one that an answer begins with, which need not have the best score."""
    hits = _with_rule_on_giving_first(query, hits)
    hits = _with_more_words_first(query, hits)
    return _with_denial_first(query, _with_age_first(query, hits))


def _joins(query: str, first: Hit, hit: Hit) -> bool:
    """Say whether a hit is quoted beside the first: if it is as good, adds to it and is of another list."""
    one, other = first.evidence, hit.evidence
    return (
        hit.score >= first.score - _CLAUSE_MARGIN
        # The margin is the bundled encoder's; other models have other cosines.
        and (one.scope is None or other.similarity >= one.similarity - _SIMILARITY_MARGIN)
        and not (_are_siblings(first, hit) or _adds_little(query, first, hit))
        # What is said of another company, or of all, is none of what is asked of one.
        and other.company >= one.company
        # What a word means is told to who asks that, and adds nothing to what is done.
        and (asks_meaning(query) or not hit.passage.defines)
    )


def _with_value(query: str, chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted, with one that holds a value of the kind wanted, if any about as good does."""
    if not wanted(query):
        return chosen
    first = hits[0]
    # A value that is another company's is none of that which is asked about.
    read = hits if asks_contact(query) else hits[:_READ_FOR_VALUES]
    of_it = (hit for hit in read if hit.evidence.company >= first.evidence.company)
    holding = [hit for hit in of_it if _holds_values(query, hit)]
    if first in holding:
        return [hit for hit in chosen if hit in holding]
    if not holding or holding[0].score < first.score - _VALUE_MARGIN:
        return chosen
    has_all = needed(query) and holding[0].evidence.concepts == 1 and (first.evidence.concepts or 0) < 1
    if has_all or asks_contact(query):
        # Nor does one that lacks the value stand before one that has it with all that it is asked of.
        return [holding[0]]
    # A clause about something else may hold such a value, too: it does not stand before one that is far closer.
    return [first, holding[0]] if holding[0].score < first.score - _CLAUSE_MARGIN else [holding[0], first]


def _with_other_side(query: str, chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted, with one of each side of a comparison: "between alumni and guests"."""
    sides = _SIDES.search(normalized(query))
    one, other = (stems_in(sides[1]), stems_in(sides[2])) if sides else (frozenset(), frozenset())
    for side in (one - other, other - one):
        if side and not any(side & _words(hit) for hit in chosen):
            near = (hit for hit in hits[:_READ_FOR_WORDS] if hit.score >= hits[0].score - _LIST_MARGIN)
            chosen = [*chosen, *[hit for hit in near if side & _words(hit)][:1]]
    return chosen


_SIDES = re.compile(r"\b(?:differences? between|compare) (.{2,60}?) (?:and|with|to|versus|vs\.?) (.{2,60})")


def _with_denial_first(query: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits, the first that denies what is asked about as denied before one that does not: 什么情况下不能退."""
    deed = denied_deed(query)
    near = [hit for hit in hits if hit.score >= hits[0].score - _LIST_MARGIN] if deed else []
    best = next((hit for hit in near if _denies(hit, deed)), hits[0])
    return [best, *(hit for hit in hits if hit is not best)]


def _denies(hit: Hit, deed: str) -> bool:
    """Say whether a hit, or what stands above it, says of something that it is not done."""
    return any(denies(said, deed) for said in (hit.passage.context, *hit.said))


def _with_rule(chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Put the clause that grants before a first hit of the same section, below it, that only takes something from it.

    "No benefit is payable under this Section for …" alone reads as if nothing were ever paid, 人防车位不得安装 as if
    nobody might.
    """
    first = chosen[0]
    said = first.policy.text[first.start : first.end]
    forbidden = None if _GRANTS_ZH.search(said) else _FORBIDS_ZH.search(said)
    grants = re.compile(rf"{_MAY_ZH}[^。；;\n]{{0,12}}{forbidden[1]}") if forbidden else None
    if grants is None and not _EXCEPTS.search(said):
        return chosen
    near = (hit for hit in hits[1:_READ_FOR_WORDS] if hit.score >= first.score - _WORDS_MARGIN)
    above = (hit for hit in near if hit.start < first.start and _are_siblings(first, hit))
    rule = next((hit for hit in above if grants is None or grants.search(hit.policy.text, hit.start, hit.end)), None)
    return [rule, *(hit for hit in chosen if hit is not rule)] if rule else chosen


_FORBIDS_ZH = re.compile(r"(?:不得|禁止|不可以?|不能|不予)([\u4e00-\u9fff]{2})")
_MAY_ZH = "(?<!不)(?:可(?![能是])|允许)"
_GRANTS_ZH = re.compile(_MAY_ZH)


_SECTION = r"\bth(?:is|e above) (?:section|clause|article|part|cover|paragraph|benefit)\b"
# Both the denial and what it is a part of, in either order.
_EXCEPTS = re.compile(
    rf"\b(?:no|not|nothing|neither|never)\b[^.;]{{0,80}}{_SECTION}|{_SECTION}[^.;]{{0,40}}\b(?:no|not|never)\b",
    re.IGNORECASE,
)


def _with_more_words_first(query: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits, first one that is as good and holds more of the words that are asked for.

    The second is as good if it comes close; a lesser one if it holds most of the words of which the first lacks most.
    A value of the kind wanted says more than the words, which stand beside other such values, too; unless it is of
    something else: the processing fee of who asks for the "inactivity fee".
    """
    kinds = wanted(query)
    has_values = bool(kinds) and _holds_values(query, hits[0])
    near = (hit for hit in hits[1:_READ_FOR_WORDS] if hit.score >= hits[0].score - _WORDS_MARGIN)
    if has_values:
        of = stems_in(normalized(besides(query, kinds)))
        # Chinese words are none of these.
        beside = bool(of) and of.isdisjoint(_words(hits[0]))
        near = (
            hit
            for hit in near
            if _holds_values(query, hit) and ((beside and of <= _words(hit)) or _holds_all_as_well(hit, hits[0]))
        )
    if most := next((hit for hit in near if _holds_most(hit, hits[0]) or _holds_all_as_well(hit, hits[0])), None):
        return [most, *(hit for hit in hits if hit is not most)]
    if has_values:
        return hits
    if len(hits) < 2 or hits[1].score < hits[0].score - _CLOSE_SCORE or _is_item(hits[0], hits[1]):
        return hits
    first, second = hits[0].evidence, hits[1].evidence
    more = second.coverage >= first.coverage + _MORE_COVERAGE and (second.concepts or 0) >= (first.concepts or 0)
    # Words alone do not make up for what is further in meaning.
    more = more and second.similarity >= first.similarity - _CLOSE_SIMILARITY
    return [hits[1], hits[0], *hits[2:]] if more else hits


def _with_rule_on_giving_first(query: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits; if it is asked whether data are sold, first one that says to whom none are given at all.

    What certain partners get is told in clauses of their own, which come as close.
    """
    if as_given_away(query) == query:
        return hits
    near = (hit for hit in hits if hit.score >= hits[0].score - _LIST_MARGIN)
    best = next((hit for hit in near if any(_GIVES_NONE.search(said) for said in hit.said)), hits[0])
    return [best, *(hit for hit in hits if hit is not best)]


_GIVES_NONE = re.compile(
    r"不会(?=[^。；;]{0,40}(?:任何|第三方))[^。；;]{0,40}(?:共享|分享|转让|提供|披露|出售|售卖|出租)|"
    r"\b(?:not|never) (?:\w{1,12} ){0,3}(?:sell|share|rent|trade|disclose)\b",
    re.IGNORECASE,
)


def _words(hit: Hit) -> frozenset[str]:
    return stems_in(normalized(" ".join((hit.passage.context, *hit.said))))


def _holds_most(hit: Hit, first: Hit) -> bool:
    """Say whether a hit holds most of the words that are asked for, and the first one, of another list, but few."""
    more = hit.evidence.coverage >= first.evidence.coverage + _MOST_COVERAGE
    # A word may mean another thing: "runs" in "it is run by".
    more = more and hit.evidence.similarity >= first.evidence.similarity - _FAR_SIMILARITY
    return more and (hit.evidence.concepts or 0) >= (first.evidence.concepts or 0) and not _is_item(first, hit)


def _holds_all_as_well(hit: Hit, first: Hit) -> bool:
    """Say whether a hit that is as good as the first has all that is asked for, and the first one has not."""
    one, other = first.evidence, hit.evidence
    is_whole = other.coverage == 1 and other.concepts == 1 and one.coverage < 1 - _MORE_COVERAGE
    return is_whole and hit.score >= first.score - _CLOSE_SCORE and not _is_item(first, hit)


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
    said = {meant_for(age, normalized(sentence)) for sentence in hit.said}
    return True if True in said else (False if False in said else None)


def _holds_values(query: str, hit: Hit) -> bool:
    """Say whether a hit holds a value of each kind that a question wants."""
    return all(any(holds(sentence, kind) for sentence in hit.said) for kind in wanted(query))


def _adds_little(query: str, first: Hit, second: Hit) -> bool:
    """Say whether the first hit answers by itself: with the value that is wanted, or so much better than the second."""
    one, other = first.evidence, second.evidence
    if needed(query) and one.coverage >= _ENOUGH_COVERAGE and _holds_values(query, first):
        return True
    return other.similarity < one.similarity - _CLOSE_SIMILARITY and other.coverage < one.coverage - _CLOSE_COVERAGE


def _with_list(query: str, chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted, with the list in place of its best item where one item says too little.

    So it does if others come close, or if what leads to them is a heading.
    """
    first, *others = chosen
    listed = next((hit for hit in hits if hit.is_list and _is_item(first, hit)), None)
    if listed is None:
        return _with_items(chosen, hits) if wants_all(query) else chosen
    near = (hit for hit in hits if hit.score >= first.score - _ITEM_MARGIN and hit is not first)
    says_too_little = is_headed(listed) or any(_is_item(hit, listed) for hit in near)
    if listed.score < first.score - _CLAUSE_MARGIN or not says_too_little:
        return chosen
    return [listed, *_beside(others, listed)]


def _with_items(chosen: list[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are quoted, with each item that comes close, of a list too long to be found as one.

    If there is none, a list may be what is asked for, of which the first hit is no part.
    """
    first, *others = chosen
    # What is a list itself is no item of one.
    others_found = (hit for hit in hits if hit is not first and not first.is_list)
    items = [hit for hit in others_found if hit.clause.label and _are_siblings(first, hit)]
    # Where several items are among what was found, they are what is asked for, each a part of it.
    margin = _LIST_MARGIN if len(items) >= _SEVERAL_ITEMS else _ITEM_MARGIN
    if items := [hit for hit in items if hit.score >= first.score - margin]:
        rest = (hit for hit in others if not any(hit is item for item in items))
        return [*sorted([first, *items], key=lambda hit: hit.start), *rest]
    listed = _list_beside(first, hits)
    return [first, listed, *_beside(others, listed)] if listed else chosen


def _beside(others: Sequence[Hit], listed: Hit) -> list[Hit]:
    """Return those of other hits that are no part of a list."""
    return [hit for hit in others if hit is not listed and not _is_item(hit, listed)]


def _list_beside(first: Hit, hits: Sequence[Hit]) -> Hit | None:
    """Return a short list that is as close in meaning as the first hit, which is no part of it, as several items are.

    There is none if the first holds most of the words that are asked for, or all that is named.
    """
    if first.evidence.coverage >= _ENOUGH_COVERAGE or first.evidence.concepts == 1:
        return None
    least = first.evidence.similarity - _CLOSE_SIMILARITY
    near = [hit for hit in hits if hit.score >= first.score - _LIST_MARGIN and hit.evidence.similarity >= least]
    lists = (hit for hit in near if hit.is_list and not _is_item(first, hit) and hit is not first)
    return next((one for one in lists if sum(_is_item(hit, one) for hit in near) >= _SEVERAL_BESIDE), None)


def _is_item(hit: Hit, of: Hit) -> bool:
    return bool(hit.clause.label) and hit.policy.id == of.policy.id and hit.clause in of.clause.children


def is_headed(listed: Hit) -> bool:
    """Say whether a heading leads to a list, not a sentence."""
    return listed.passage.sentences[0][0] >= listed.clause.body_end


def _are_siblings(one: Hit, other: Hit) -> bool:
    return bool(_above(one)[1]) and _above(one) == _above(other)


def _above(hit: Hit) -> tuple[str, str]:
    """Return the policy of a hit, and the id of the clause that its own is in; empty if that is in none."""
    return hit.policy.id, hit.clause.id.rpartition(".")[0]
