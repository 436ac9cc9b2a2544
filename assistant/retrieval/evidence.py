"""Evidence: what speaks for a query having its answer in what was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.policy.mentions import is_mentioned
from assistant.retrieval.fusion import likenesses, similarities
from assistant.retrieval.hits import Evidence
from assistant.retrieval.readings import ASKS
from assistant.text import Language, has_han, normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.index.shards import Analyzer, Shard
    from assistant.policy import Policy
    from assistant.retrieval.adjustments import Adjusted
    from assistant.retrieval.held import Held
    from assistant.retrieval.hits import Query

    Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found for a query: passages, which are counted through all the shards that were searched."""

    shards: Sequence[Shard]
    """What was searched."""
    query: Query
    """The question."""
    scores: Mapping[str, Scores]
    """The score of every text in each leg."""
    firsts: NDArray[np.int64]
    """Where the texts of each passage begin."""
    held: Held
    """Where the question's tokens stand."""
    adjusted: Adjusted
    """What is known of every passage besides its scores."""
    best: NDArray[np.int64]
    """The passages that were found, best first."""
    policies: Sequence[Policy]
    """Whose these are."""


def evidence_of(found: Found, analyzer: Analyzer) -> Iterator[Evidence]:
    """Yield what speaks for the query having its answer in each of the passages that were found.

    Args:
        found: What was found.
        analyzer: What turned the query and the shards into tokens.
    """
    query, held = found.query, found.held
    of_query = _of_query(found, analyzer)
    columns = (
        similarities(found.scores, found.firsts),
        likenesses(found.scores, found.firsts),
        held.coverages(),
        held.shares_named(),
        found.adjusted.companies,
        found.adjusted.others,
    )
    of_best = (column[found.best].tolist() for column in columns)
    for similarity, likeness, coverage, concepts, company, other in zip(*of_best, strict=True):
        is_known = not math.isnan(likeness)
        yield replace(
            of_query,
            similarity=similarity,
            likeness=likeness if is_known else None,
            familiarity=query.familiarity if is_known else None,
            coverage=coverage,
            concepts=concepts if query.named else None,
            company=company,
            other=other,
        )


def _of_query(found: Found, analyzer: Analyzer) -> Evidence:
    """Return what holds of the query wherever its answer is sought: what of it stands in no text that was searched."""
    query, held = found.query, found.held
    absent = [token for token in query.named if not held.texts_with(token)]
    absent = [token for token in absent if not _is_mentioned(query.named[token], found.policies, analyzer)]
    things = (query.named[token] for token in absent if analyzer.is_thing(token))
    languages = _languages_told(shard.policy for shard in found.shards)
    words = [
        token
        for token in query.tokens
        if not analyzer.is_concept(token) and ("zh" if has_han(token) else "en") in languages
    ]
    missing = [token for token in words if not held.texts_with(token)]
    rarest = min(map(held.passages_with, query.tokens), default=len(found.firsts))
    return Evidence(
        scope=query.scope,
        unmentioned=tuple(name for name in things if not ASKS.match(normalized(name))),
        stranger=any(map(analyzer.is_vendor, absent)),
        unseen=len(missing) / len(words) if words else 0.0,
        frequency=rarest / len(found.firsts),
    )


def _is_mentioned(word: str, policies: Sequence[Policy], analyzer: Analyzer) -> bool:
    """Say whether what a query names so stands in policies, be it within another name."""
    thesaurus = analyzer.thesaurus
    return is_mentioned(normalized(word), [thesaurus[id_] for id_ in thesaurus.named_in(word)], policies)


def _languages_told(policies: Iterable[Policy]) -> set[Language]:
    """Return the languages in which a word may stand in policies: those that they are in, or have renderings in."""
    languages: set[Language] = set()
    for policy in policies:
        languages |= {policy.language, "en"} if policy.translations else {policy.language}
    return languages
