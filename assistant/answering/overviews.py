"""Overviews: questions about all that a section is about, which its items answer together.

"What rights do I have?" asks for the whole of "6. Your rights". No item of it says so: each speaks of one right.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.answering.excerpts import are_told_whole
from assistant.answering.recipients import asks_recipients
from assistant.index.passages import Passage
from assistant.index.shards import CONCEPT
from assistant.questions.answer_types import holds, needed
from assistant.questions.forms import kind_of_question, wants_all
from assistant.retrieval.hits import certain
from assistant.text import STOPWORDS, blanked, has_han, normalized, stems_in
from assistant.text.english import turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.retrieval.hits import Hit
    from assistant.thesaurus import Thesaurus


def overview(question: str, hits: Sequence[Hit]) -> Hit | None:
    """Return the section whose heading names all that a question asks for, as a hit that comes before all others.

    Args:
        question: The question, made to stand by itself.
        hits: What was found, best first.

    Returns:
        None if there is no such section, if one of its clauses is what is asked for, or others are of something else,
        if something as wide outside of it was found, if a value is wanted that it does not hold, and for who asks
        whether or why.
    """
    if not hits or kind_of_question(question) in ("whether", "why"):
        return None
    policy = hits[0].policy
    thesaurus = policy.thesaurus
    asked = _names(normalized(question), thesaurus)
    section = _section(policy, asked) if asked else None
    if section is None or not all(holds(policy.text[section.start : section.end], kind) for kind in needed(question)):
        return None
    if not wants_all(question) and _is_divided(policy, section, asked):
        return None
    first = hits[0].clause
    if first in section.walk():
        is_list = hits[0].end > first.body_end or policy.leads_in(first)
        wants_items = wants_all(question) or asks_recipients(question) or are_told_whole(policy, section.children)
        if is_list or not wants_items:
            return None
    elif section in first.walk() or any(
        _names_all(*_heading(above.title, thesaurus), asked) for above in policy.path(first.id)
    ):
        return None
    return _as_hit(policy, section)


def _is_divided(policy: Policy, section: Clause, asked: frozenset[str]) -> bool:
    """Say whether a heading names other things besides, and only some of its clauses are of what is asked for.

    Of "3. Collection, delivery and return" who asks for deliveries wants to be told one clause.
    """
    thesaurus = policy.thesaurus
    if _heading(section.title, thesaurus)[1] <= asked | _ALSO:
        return False
    of_it = [_names_any(*_heading(policy.own_text(item), thesaurus), asked) for item in section.children]
    return any(of_it) and not all(of_it)


def as_section(policy: Policy, clause_id: str) -> Hit | None:
    """Return a clause that is but the heading of others as a hit that tells these; None if it is another or is gone."""
    if clause_id not in policy:
        return None
    clause = policy[clause_id]
    return _as_hit(policy, clause) if clause.title and clause.children and _is_bare(policy, clause) else None


def _as_hit(policy: Policy, section: Clause) -> Hit:
    title = policy.text.index(section.title, section.label_end)
    passage = Passage(
        clause_id=section.id,
        start=section.start,
        end=section.end,
        context="",
        sentences=((title, title + len(section.title)),),
        heads=True,
    )
    return certain(policy, passage)


# Of one heading it is asked again for every question.
@lru_cache(maxsize=10_000)
def _heading(title: str, thesaurus: Thesaurus) -> tuple[str, frozenset[str]]:
    """Return a heading, or a clause, as whoever asks would say it, and what it names."""
    said = turned(normalized(title))
    return said, _names(said, thesaurus)


def _names(text: str, thesaurus: Thesaurus) -> frozenset[str]:
    """Return what a normalized text names: concepts, marked with `§`, and the words that name none; not what all do."""
    named: set[str] = set()
    rest = text
    for start, end, found in thesaurus.find(text):
        named |= {f"{CONCEPT}{concept}" for concept in found}
        rest = blanked(rest, start, end)
    han = _HAN.findall(rest.translate(_EMPTY))
    return frozenset(named.union(stems_in(rest, without=_SAYING_NOTHING), han) - _GENERIC)


def _section(policy: Policy, asked: frozenset[str]) -> Clause | None:
    """Return the section whose bare heading names all that is asked for and the least besides, if there is one.

    Who names no concept, such as who asks what data are used for, does not ask what cookies are used for.
    """
    by_words = not any(name.startswith(CONCEPT) for name in asked)
    found: list[tuple[int, Clause]] = []
    for clause, said, named in policy.kept(_sections):
        if not _names_all(said, named, asked):
            continue
        others = {name for name in named - asked if not (has_han(name) and any(word in name for word in asked))}
        if not (by_words and others - _ALSO):
            found.append((len(named), clause))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _sections(policy: Policy) -> tuple[tuple[Clause, str, frozenset[str]], ...]:
    """Return the sections of a policy that have a bare heading, each with that as `_heading` reads it."""
    return tuple(
        (clause, *_heading(clause.title, policy.thesaurus))
        for clause in policy.walk()
        if clause.title
        and len(clause.children) >= _LEAST_ITEMS
        and len(policy.path(clause.id)) <= _DEEPEST
        and _is_bare(policy, clause)
    )


def _names_all(said: str, named: frozenset[str], asked: frozenset[str]) -> bool:
    """Say whether a heading, as `_heading` reads it, names all that is asked for, which is something."""
    return all(name in named or (has_han(name) and name in said) for name in asked)


def _names_any(said: str, named: frozenset[str], asked: frozenset[str]) -> bool:
    """Say whether a clause, as `_heading` reads it, names any of what is asked for."""
    return any(name in named or (has_han(name) and name in said) for name in asked)


def _is_bare(policy: Policy, clause: Clause) -> bool:
    """Say whether a clause is but its heading, whatever stands below it."""
    own = policy.text[clause.label_end : clause.body_end]
    return own.strip(f"{_AROUND} \n") == clause.title.strip(f"{_AROUND} ") or not any(policy.sentences(clause))


_AROUND = "#*_：:"
_LEAST_ITEMS = 2
_DEEPEST = 3
"""Clauses on the path to a section, the root included."""
_GENERIC = frozenset(
    (
        f"{CONCEPT}personal_information",
        *("data", "inform", "info", "detail", "kind", "type", "list", "exact", "polici", "notic"),
    )
)
# What says little as a rule may be what a section is about.
_SAYING_NOTHING = STOPWORDS - {"use", "uses", "used", "using", "get", "gets"}
# What is collected is used, and one heading says so of both.
_ALSO = frozenset((f"{CONCEPT}collection",))
_HAN = re.compile(r"[\u3400-\u9fff]+")
# Chinese characters that ask, or name nothing.
_EMPTY = dict.fromkeys(
    map(ord, "你们您我的了吗呢么吧啊是都有哪些什怎样如何为会要能可以得请问一下信息数据资料个人用户到底具体？?。，,!！ ")
)
