"""Pointers: what a clause says of another by its number, as in `save as set out in clause 6.3`, and what stands there.

An answer that stops at such words leaves out what they stand for, which may be the exception.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from assistant.index.passages import Passage
from assistant.retrieval.hits import Evidence, Hit
from assistant.text import fold, normalized, stripped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause


def pointed_at(policy: Policy, start: int, end: int) -> tuple[Clause, ...]:
    """Return the clauses that a range of a policy's text names by their numbers, each once; those around it are none.

    The articles of a law are none, nor is a number that several clauses have.

    Args:
        policy: The policy.
        start: First code point.
        end: End.
    """
    # Of one clause it is asked again for every question that finds it.
    return policy.kept(_pointed_at, start, end)


def _pointed_at(policy: Policy, start: int, end: int) -> tuple[Clause, ...]:
    keys = list(_named(policy.text[start:end], policy.text[end : end + _AFTER_CHARS]))
    if not keys:
        return ()
    clauses = policy.kept(_by_number)
    here = {clause.id for clause in policy.path(policy.at(start).id)}
    found = map(clauses.get, keys)
    return tuple({clause.id: clause for clause in found if clause and clause.id not in here}.values())


def asked_by_number(question: str, policies: Iterable[Policy]) -> tuple[tuple[str, str], ...]:
    """Return the clauses that a question names by their number and nothing else: `第五条讲了什么`, "section 3.2".

    Args:
        question: The question.
        policies: Those that may be meant.

    Returns:
        Id of the policy and of the clause, of every policy that has a clause of that number; none if more is asked.
    """
    asked = normalized(question)
    rest = " ".join(_ASKING_ZH.sub(" ", _ASKING_EN.sub(" ", asked)).split())
    number = _key(_SIGN.sub("", _KIND.sub("", rest)))
    # "4" by itself may be any number: of a row, or of euros.
    is_clause = _KIND.match(rest) or _SIGN.search(rest) or _POINTER_ZH.fullmatch(number) or not number.isalnum()
    if not is_clause:
        return ()
    # Who says 第二条 may mean 二、.
    keys = (number, _NTH_ZH.sub(r"\1", number))
    found = ((policy, next(filter(None, map(policy.kept(_by_number).get, keys)), None)) for policy in policies)
    return tuple((policy.id, clause.id) for policy, clause in found if clause)


def with_pointed_at(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return hits, and after them the clauses that the first ones point at, which were not found by the question."""
    added: dict[tuple[str, str], Hit] = {}
    known = {(hit.policy.id, hit.clause.id) for hit in hits}
    for hit in hits[:_READ]:
        for clause in pointed_at(hit.policy, hit.start, hit.end)[:_MOST]:
            key = (hit.policy.id, clause.id)
            passage = _passage(hit.policy, clause)
            if passage and key not in known:
                scores = (-math.inf,) * len(passage.sentences)
                evidence = Evidence(scope=hit.evidence.scope)
                added[key] = Hit(
                    policy=hit.policy,
                    clause=clause,
                    passage=passage,
                    score=-math.inf,
                    sentence_scores=scores,
                    evidence=evidence,
                )
    return (*hits, *added.values())


def _passage(policy: Policy, clause: Clause) -> Passage | None:
    """Return what is to be read at a clause: it with its items, if that is short, else its own text; no bare title."""
    end = clause.end if clause.end - clause.start <= policy.chars(_SHORT_CHARS) else clause.body_end
    span = stripped(policy.text, clause.label_end, end)
    if span is None or policy.text[slice(*span)].strip("#*_ ") == clause.title:
        return None
    return Passage(clause_id=clause.id, start=clause.start, end=end, context="", sentences=(span,))


def _by_number(policy: Policy) -> Mapping[str, Clause]:
    """Return the clauses of a policy by what names them, such as `6.3`, `11(b)`, `annex b` and `第五条`."""
    found: dict[str, Clause | None] = {}
    for clause in policy.walk():
        if not clause.label or clause.kind == "contents":
            continue
        number = policy.reference(clause.id).rpartition(" › ")[2]
        keys = {_key(number), _key(_KIND.sub("", number)), _key(clause.label if clause.label.startswith("第") else "")}
        # 3.1 of Part II, where no other part has one.
        keys.add(label if "." in (label := _key(clause.label)) else "")
        for key in keys - {""}:
            found[key] = None if key in found else clause
    return {key: clause for key, clause in found.items() if clause}


def _named(text: str, after: str) -> Iterator[str]:
    """Yield what names each clause that a text points at."""
    for match in _POINTER_EN.finditer(text):
        if _OF_A_LAW.match(f"{text}{after}", match.end()):
            continue
        annexed = fold(match["kind"] or "")[:3] in ("ann", "app", "sch")
        for number in _NUMBER_EN.findall(match["numbers"]):
            yield _key(f"{_SINGULAR.get(fold(match['kind']), match['kind'])} {number}" if annexed else number)
    for match in _POINTER_ZH.finditer(text):
        yield _key(match[1])


def _key(number: str) -> str:
    return "".join(fold(number).split()).rstrip(".:：、")


_READ = 2
_MOST = 2
_SHORT_CHARS = 200
_AFTER_CHARS = 60
_SINGULAR = {"annexes": "annex", "appendices": "appendix", "schedules": "schedule"}
_KIND = re.compile(r"^(?:clause|section|article|paragraph|part|chapter)\s+", re.IGNORECASE)
_NTH_ZH = re.compile(r"^第(.+?)(?:部分|[条章节款])$")
_SIGN = re.compile(r"§{1,2}|\bno\.")
# What asks for a clause whole, beside its number.
_ASKING_EN = re.compile(
    r"\b(?:please|can|could|would|will|you|i|want|like|need|to|what|does|do|is|are|in|the|show|me|read|quote|open|see|"
    r"explain|summari[sz]e|tell|give|about|says?|means?|states?|covers?|contains?|provides?|full|text|wording|of|policy|"
    r"terms|this|your|it|there|written|under|exactly)\b|[?!.,]+(?=\s|$)"
)
_ASKING_ZH = re.compile(
    r"请问?|麻烦|帮我|给我|我?想[看知]?道?|[把将]|看[一看]?下?|查一?下?|显示|打开|解释|一下|[读念]|原文|全文|内容|条款|本?政策|"
    r"协议|[的里中呢吗啊吧了]|主要|具体|到底|[讲说写]|规定|是|什么|啥|哪些|意思|[?!。,:]"
)
_NUMBER = r"(?:\d{1,3}(?:\.\d{1,3}){0,4}|[A-Z](?:\.?\d{1,2}){0,3}(?![A-Za-z]))(?:\([a-z0-9]{1,4}\)){0,3}"
_NUMBER_EN = re.compile(_NUMBER)
_POINTER_EN = re.compile(
    r"(?:\b(?P<kind>[Cc]lauses?|[Ss]ections?|[Aa]rticles?|[Pp]aragraphs?|[Aa]nnex(?:es)?|[Aa]ppendi(?:x|ces)|[Ss]chedules?"
    r"|[Pp]arts?|[Cc]hapters?|[Rr]ules?)|\b[Ss]ee"
    # A number by itself may be any; one of several parts, behind such words, is a clause's: "as set out in 4.4".
    r"|\b(?:(?:set out|laid down|mentioned|stated|described|specified|listed|provided|defined|referred to|given) in"
    r"|subject to|pursuant to|except(?: as)? under)(?=\s(?:[A-Z]|\d{1,3})\.\d{1,2}(?!\d|\s?%)))\s"
    rf"(?P<numbers>{_NUMBER}(?:(?:,\s|\s(?:and|or|to|&)\s|,\s(?:and|or)\s){_NUMBER}){{0,5}})"
)
_OF_A_LAW = re.compile(
    r"\s(?:of|in)\s(?!(?:this|these|our|the (?:terms|policy|agreement|conditions|handbook))\b)"
    r"|\s(?:UK |EU )?[A-Z]{3,6}\b|\s[A-Z]\w{1,30} Act\b"
)
_POINTER_ZH = re.compile(r"(?<![》法例定则程])(第[一二三四五六七八九十百零\d]{1,5}[条章节款部]分?)")
