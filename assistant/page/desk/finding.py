"""Clauses found as one types, by words, policy, section and topic."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assistant.text import LATIN_WORD, fold, has_han, simplified, stem, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from assistant.engine import Assistant
    from assistant.index.shards import Analyzer, Shard
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.retrieval.hits import Hit
    from assistant.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a look-up is limited to; empty for no limit."""

    policy: str = ""
    """Id of a policy."""
    section: str = ""
    """Policy and top-level clause, as `section_key` names them."""
    topic: str = ""
    """A concept of the thesaurus, such as `phone_number`, or a kind of them, such as `kind:right`."""

    def __bool__(self) -> bool:
        """Say whether there is a limit at all."""
        return bool(self.policy or self.section or self.topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A clause that was looked up."""

    policy: Policy
    """The policy."""
    clause: Clause
    """The clause."""
    start: int
    """First code point of what is shown: the clause's own text, or a short list whole."""
    end: int
    """Its end."""
    best: Span
    """The sentence that is closest to the query; the first one without a query."""
    marks: tuple[Span, ...] = ()
    """Places in the policy's text, in order, of what the query names in words or concepts."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Rank in each leg that found it, from 1; empty without a query."""
    score: float | None = None
    """As of `assistant.retrieval.Hit`; None without a query."""

    @property
    def reference(self) -> str:
        """The words a person can find the clause by."""
        return self.policy.reference(self.clause.id)

    @property
    def text(self) -> str:
        """What is shown."""
        return self.policy.text[self.start : self.end]


def look_up(assistant: Assistant, query: str, filters: Filters, k: int) -> tuple[Found, ...]:
    """Return clauses for a query, best first; without a query all that pass the filters, in the order of the text.

    Args:
        assistant: What is searched.
        query: Words or a question, Chinese or English; may be blank.
        filters: Limits.
        k: Largest number of clauses.

    Returns:
        At most `k` clauses; none if neither a query nor a filter is given.

    Raises:
        QuestionError: If the query is too long, or there is no such policy.
    """
    asked = visible(query).strip()
    scope = [filters.policy] if filters.policy else None
    if not asked and not filters:
        return ()
    analyzer = assistant.retriever.analyzer
    passes = _test(filters, analyzer)
    if asked:
        # What is filtered out must not take the place of what is not.
        shards = assistant.retriever.index.shards.values()
        everything = max(k, sum(len(shard.passages) for shard in shards))
        hits = assistant.search(asked, k=everything if filters.section or filters.topic else k, policies=scope)
        found: Iterable[Found] = map(_of_hit, hits)
    else:
        policies = [assistant.policy(filters.policy)] if filters.policy else assistant.policies
        found = (part for policy in policies for part in _all_of(assistant, policy))
    kept = [part for part in found if passes(part)][:k]
    terms = _Terms(asked, assistant, scope or [policy.id for policy in assistant.policies])
    return tuple(replace(part, marks=tuple(terms.marks(part.policy.text, part.start, part.end))) for part in kept)


def _of_hit(hit: Hit) -> Found:
    scores = hit.sentence_scores
    best = hit.passage.sentences[max(range(len(scores)), key=scores.__getitem__)] if scores else (hit.start, hit.end)
    return Found(
        policy=hit.policy,
        clause=hit.clause,
        start=hit.start,
        end=hit.end,
        best=best,
        ranks=dict(hit.ranks),
        score=hit.score,
    )


def _all_of(assistant: Assistant, policy: Policy) -> Iterator[Found]:
    for passage in assistant.retriever.index.shards[policy.id].passages:
        clause = policy[passage.clause_id]
        best = passage.sentences[0]
        yield Found(policy=policy, clause=clause, start=passage.start, end=passage.end, best=best)


def _test(filters: Filters, analyzer: Analyzer) -> Callable[[Found], bool]:
    """Return what says whether a clause passes the filters for section and topic."""
    policy_id, _, clause_id = filters.section.rpartition("#")
    kind = filters.topic.removeprefix("kind:") if filters.topic.startswith("kind:") else ""
    kinds = {concept.id: concept.kind for concept in analyzer.thesaurus.concepts}

    def passes(found: Found) -> bool:
        if filters.section:
            within = found.policy.id == policy_id and any(
                above.id == clause_id for above in found.policy.path(found.clause.id)
            )
            if not within:
                return False
        if not filters.topic:
            return True
        named = analyzer.thesaurus.named_in(found.text)
        return any(kinds[name] == kind for name in named) if kind else filters.topic in named

    return passes


class _Terms:
    """What a query names: its words, and the concepts that a clause may name in other words.

    What stands in most clauses tells none from another and is not marked, unless there is nothing else.

    Args:
        query: The query; may be empty.
        assistant: What is searched.
        policies: Ids of the policies that are searched.
    """

    def __init__(self, query: str, assistant: Assistant, policies: Sequence[str]) -> None:
        analyzer = assistant.retriever.analyzer
        self._thesaurus = analyzer.thesaurus
        named = analyzer.named(query) if query else {}
        concepts = dict(zip(named, self._thesaurus.named_in(query), strict=True)) if query else {}
        tokens = list(dict.fromkeys(analyzer.tokens(query))) if query else []
        shards = [assistant.retriever.index.shards[policy_id] for policy_id in policies]
        shares = _shares(shards, tokens)
        tokens = [token for token, share in zip(tokens, shares, strict=True) if share < _COMMON] or tokens
        words = [token for token in tokens if token not in concepts]
        self._concepts = {concepts[token] for token in tokens if token in concepts}
        # Of a single character only who asks for nothing else means it.
        self._han = sorted({word for word in words if has_han(word) and (len(word) > 1 or len(words) == 1)})
        self._latin = {word for word in words if not has_han(word)}

    def marks(self, text: str, start: int, end: int) -> list[Span]:
        """Return the places in `text[start:end]` of what the query names, in order, none touching another."""
        part = text[start:end]
        plain = simplified(part)
        # Offsets must stay: the few texts that change their length are searched as they are.
        folded = fold(plain if len(plain) == len(part) else part)
        spans = [(a, b) for a, b, ids in self._thesaurus.find(folded) if self._concepts.intersection(ids)]
        spans += [match.span() for word in self._han for match in re.finditer(re.escape(word), folded)]
        if self._latin:
            spans += [m.span() for m in LATIN_WORD.finditer(folded) if m[0] in self._latin or stem(m[0]) in self._latin]
        joined: list[Span] = []
        for left, right in sorted(spans):
            if joined and left <= joined[-1][1] - start:
                joined[-1] = (joined[-1][0], max(joined[-1][1], right + start))
            else:
                joined.append((left + start, right + start))
        return joined


def _shares(shards: Sequence[Shard], tokens: Sequence[str]) -> list[float]:
    """Return of each token the share of the passages that hold it."""
    held = [shard.holding(tokens)[:, shard.firsts].sum(axis=1).tolist() for shard in shards]
    n_passages = sum(len(shard.passages) for shard in shards) or 1
    return [sum(of_shard[place] for of_shard in held) / n_passages for place in range(len(tokens))]


_COMMON = 1 / 3


def section_key(policy: Policy, clause: Clause) -> str:
    """Return what names a section among those of all policies."""
    return f"{policy.id}#{clause.id}"


def sections(policy: Policy) -> tuple[Clause, ...]:
    """Return the top-level clauses of a policy that hold something to be found, in the order of the text."""
    level = policy.root.children
    # Of a policy whose title is a heading above everything, what stands below it.
    while len(level) == 1 and level[0].children:
        level = level[0].children
    return tuple(clause for clause in level if clause.kind != "contents")


class Topics:
    """The concepts that policies name, each policy read once.

    Belongs to one page; threads may share it.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def of(self, assistant: Assistant, policy_id: str = "") -> dict[str, int]:
        """Return in how many clauses of a policy, or of all, each concept is named that occurs at all.

        Raises:
            QuestionError: If there is no such policy.
        """
        thesaurus = assistant.retriever.analyzer.thesaurus
        policies = [assistant.policy(policy_id)] if policy_id else assistant.policies
        total: Counter[str] = Counter()
        fresh = {}
        for policy in policies:
            key = (policy.sha256, thesaurus.identity)
            counts = self._counts.get(key)
            if counts is None:
                counts = Counter(
                    concept
                    for passage in assistant.retriever.index.shards[policy.id].passages
                    for concept in thesaurus.named_in(policy.text[passage.start : passage.end])
                )
            fresh[key] = counts
            total += counts
        if not policy_id:
            # Those of policies that are gone are forgotten.
            self._counts = fresh
        return dict(total)
