"""Retrieval: a query becomes the clauses that may answer it, best first.

Legs rank the passages each in its own way: `bm25` by words and concepts, one leg for each embedding model by
meaning, and `answers` by what answers to such questions are like in other policies, where a model knows that. Their
scores are brought to one scale and added up.
"""

from __future__ import annotations

from bisect import bisect_right
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol, get_args

from assistant.embedding import AnswerGuesser, ScopeJudge
from assistant.retrieval.adjustments import Adjuster
from assistant.retrieval.evidence import Found, evidence_of
from assistant.retrieval.fusion import ANSWERS, closest, fuse, leaning, of_legs, ranks_of
from assistant.retrieval.held import Held
from assistant.retrieval.hits import Hit, Query
from assistant.retrieval.readings import put_to, readings_of
from assistant.text import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Embedder
    from assistant.index import Index
    from assistant.index.shards import Analyzer, Shard
    from assistant.policy import Policy

    Scores = NDArray[np.float64]


class Reranker(Protocol):
    """What reads a question together with each clause, and puts the best clauses into their final order."""

    @property
    def name(self) -> str:
        """Name under which its ranks are told, such as `bge-reranker-v2-m3`."""

    def scores(self, query: str, texts: Sequence[str]) -> Scores:
        """Return how well each text answers a query: float64, shape (len(texts),), the larger the better.

        Args:
            query: A question that stands by itself.
            texts: Clauses, each with the headings above it; too long ones may be cut.
        """


class Retriever:
    """Finds the clauses of an index that may answer a question.

    Args:
        index: What is searched.
        analyzer: Turns text into tokens, as it did when the index was built.
        embedders: The models that the index was built with.
        reranker: Puts the best clauses into their final order; none by default.
        rerank_k: Number of clauses that it reads.
    """

    def __init__(
        self,
        index: Index,
        analyzer: Analyzer,
        embedders: Sequence[Embedder],
        *,
        reranker: Reranker | None = None,
        rerank_k: int = 20,
    ) -> None:
        self.index = index
        self.analyzer = analyzer
        self.embedders = tuple(embedders)
        self.reranker = reranker
        self._rerank_k = rerank_k
        self._adjuster = Adjuster(analyzer)
        # Asked once: whether something is of a protocol takes long to find out.
        self._judges = tuple(judge for judge in self.embedders if isinstance(judge, ScopeJudge))
        self._guessers = tuple(guesser for guesser in self.embedders if isinstance(guesser, AnswerGuesser))

    def retrieve(
        self,
        question: str,
        *,
        k: int,
        policies: Sequence[str] | None = None,
        after: Sequence[str] = (),
        near: Sequence[tuple[str, str]] = (),
    ) -> tuple[Hit, ...]:
        """Return the clauses that may answer `question`, best first.

        Args:
            question: A question that stands by itself.
            k: Largest number of hits, at least 1.
            policies: Ids of the policies to search; all by default.
            after: Questions that it may lean on after all, the latest first: clauses that answer them are put forward.
            near: Policy and clause of what was cited before: clauses in the neighbourhood are put forward.

        Returns:
            At most `k` hits. Ties keep the order of the text.

        Raises:
            ValueError: If `k` < 1.
            KeyError: If there is no such policy.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        shards = [self.index.shards[policy_id] for policy_id in (self.index.shards if policies is None else policies)]
        languages = tuple(dict.fromkeys(shard.policy.language for shard in shards))
        searched, thesaurus = [shard.policy for shard in shards], self.analyzer.thesaurus
        query = self.query(put_to(question, searched, thesaurus), languages, searched)
        if query.scope is not None and query.scope < _OTHER_MATTERS:
            # Tomorrow's weather is no matter of policies, whatever was asked before.
            after, near = (), ()
        former = [self.query(put_to(asked, searched, thesaurus), languages, searched) for asked in after]
        if former and query.scope is not None and former[0].scope is not None:
            # Halfway: what leans on a matter of policies is likely to be one, however little it says itself.
            query = replace(query, scope=(query.scope + max(query.scope, former[0].scope)) / 2)
        return self._search(shards, query, former, near, k)

    def query(
        self,
        question: str,
        languages: Sequence[Language] = get_args(Language),
        policies: Sequence[Policy] = (),
    ) -> Query:
        """Analyse and embed a question that is put to these policies, or to any in these languages."""
        import numpy as np

        readings = readings_of(question, policies, self.analyzer.thesaurus)
        vectors = {embedder.name: embedder.embed(readings, "query") for embedder in self.embedders}
        odds = [max(map(judge.scope, vectors[judge.name])) for judge in self._judges]
        guesses = {
            (one.name, language): [one.guess(vector, language) for vector in vectors[one.name]]
            for one in self._guessers
            for language in languages
        }
        known = [max(closeness for _, closeness in found) for found in guesses.values() if any(c for _, c in found)]
        return Query(
            text=question,
            tokens=tuple(dict.fromkeys(self.analyzer.tokens(question))),
            vectors=vectors,
            scope=sum(odds) / len(odds) if odds else None,
            named=self.analyzer.named(question),
            # What is not known of a language has no say.
            guesses={key: np.array([one for one, _ in found if one.any()]) for key, found in guesses.items()},
            familiarity=sum(known) / len(known) if known else None,
        )

    def _search(
        self, shards: Sequence[Shard], query: Query, former: Sequence[Query], near: Sequence[tuple[str, str]], k: int
    ) -> tuple[Hit, ...]:
        import numpy as np

        if not shards:
            return ()
        starts = list(accumulate((len(shard.passages) for shard in shards), initial=0))
        text_starts = accumulate((shard.n_texts for shard in shards), initial=0)
        firsts = np.concatenate([start + shard.firsts for start, shard in zip(text_starts, shards, strict=False)])
        held = Held.of(shards, query)
        adjusted = self._adjuster.adjusted(shards, query, held)
        scores = support = self._scores(shards, query)
        legs = of_legs(scores, firsts)
        fused = fuse(legs) + adjusted.amounts
        for back, one in enumerate(former, 1):
            scores_of_one = self._scores(shards, one)
            fused += _AFTER_WEIGHT**back * np.maximum(fuse(of_legs(scores_of_one, firsts)) + adjusted.amounts, 0)
            if back == 1:
                support = leaning(scores, scores_of_one)
        if near:
            fused += _NEAR_WEIGHT * np.concatenate([_nearness(shard, near) for shard in shards])
        best = (-fused).argsort(kind="stable")[: max(k, self._rerank_k) if self.reranker else k]
        numbers = [bisect_right(starts, place) - 1 for place in best.tolist()]
        found = Found(
            shards=shards,
            query=query,
            scores=support,
            firsts=firsts,
            held=held,
            adjusted=adjusted,
            best=best,
            policies=[shards[number].policy for number in dict.fromkeys(numbers)],
        )
        texts = fuse(scores)
        hits = []
        for place, number, own_ranks, own_evidence in zip(
            best.tolist(), numbers, ranks_of(legs, best), evidence_of(found, self.analyzer), strict=True
        ):
            policy, passage = shards[number].policy, shards[number].passages[place - starts[number]]
            first = int(firsts[place]) + 1
            hits.append(
                Hit(
                    policy=policy,
                    clause=policy[passage.clause_id],
                    passage=passage,
                    score=float(fused[place]),
                    ranks=own_ranks,
                    sentence_scores=tuple(texts[first : first + len(passage.sentences)].tolist()),
                    evidence=own_evidence,
                )
            )
        return tuple(_reranked(self.reranker, query.text, hits)[:k] if self.reranker else _closest_first(hits))

    def _scores(self, shards: Sequence[Shard], query: Query) -> dict[str, Scores]:
        """Return the score of every text of the shards in each leg: float64, shape (n_texts,).

        All policies in scope are scored as one, so that what is common in all of them is common.
        """
        import numpy as np

        of_shards = [self.scores(shard, query) for shard in shards]
        return {leg: np.concatenate([scores[leg] for scores in of_shards]) for leg in of_shards[0]}

    def scores(self, shard: Shard, query: Query) -> dict[str, Scores]:
        """Return the score of every text in each leg: float64, shape (n_texts,)."""
        import numpy as np

        scores: dict[str, Scores] = {"bm25": np.zeros(shard.n_texts)}
        if query.tokens:
            scores["bm25"] = shard.bm25.get_scores(list(query.tokens)).astype(np.float64)
        guessed = []
        for embedder in self.embedders:
            if (guesses := query.guesses.get((embedder.name, shard.policy.language))) is not None:
                of_texts = shard.vectors[embedder.name][: shard.n_texts]
                close = closest(of_texts, guesses) if guesses.size else np.full(shard.n_texts, np.nan)
                guessed.append(close)
            # A text is as close as it is to the closest reading.
            close = closest(shard.vectors[embedder.name], query.vectors[embedder.name])
            scores[embedder.name] = close[: shard.n_texts]
            # A text is as close as it or its English is.
            of_rendered = scores[embedder.name][shard.rendered]
            scores[embedder.name][shard.rendered] = np.maximum(of_rendered, close[shard.n_texts :])
        if guessed:
            scores[ANSWERS] = np.mean(guessed, axis=0) if len(guessed) > 1 else guessed[0]
        return scores


def _reranked(reranker: Reranker, query: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return hits in the order that a reranker gives them; as they are if it tells none from another."""
    import numpy as np

    texts = [" ".join(f"{h.passage.context} {h.policy.text[h.start : h.end]}".split()) for h in hits]
    scores = np.asarray(reranker.scores(query, texts), np.float64)
    if len(hits) < 2 or not scores.std():
        return list(hits)
    fused = np.array([hit.score for hit in hits])
    # On the scale of those that they replace: a generator sees from it how far the clauses are apart.
    scaled = fused.mean() + fused.std() * (scores - scores.mean()) / scores.std()
    order = (-scores).argsort(kind="stable").tolist()
    return [
        replace(hits[place], score=float(scaled[place]), ranks={**hits[place].ranks, reranker.name: rank})
        for rank, place in enumerate(order, 1)
    ]


def _closest_first(hits: Sequence[Hit]) -> Sequence[Hit]:
    """Return hits, first of those that are as good as the first one that is far closer in meaning, if any is."""
    least = hits[0].evidence.similarity + _FAR_CLOSER if hits else 0.0
    near = (hit for hit in hits if hit.score >= hits[0].score - _AS_GOOD and hit.evidence.similarity >= least)
    best = max(near, key=lambda hit: hit.evidence.similarity, default=None)
    return [replace(best, score=hits[0].score), *(hit for hit in hits if hit is not best)] if best else hits


def _nearness(shard: Shard, near: Sequence[tuple[str, str]]) -> Scores:
    """Return how near every passage's clause is to the nearest of some clauses: float64, shape (n_passages,).

    That is 1 for one of them, halved by each step up or down the tree of clauses, and 0 in another policy.
    """
    import numpy as np

    nearness = np.zeros(len(shard.passages))
    for policy_id, clause_id in near:
        # Of what was cited long ago, the policy may have no such clause any more.
        with suppress(KeyError):
            target = shard.policy.path(clause_id) if policy_id == shard.policy.id else ()
            for place, passage in enumerate(shard.passages if target else ()):
                path = shard.policy.path(passage.clause_id)
                shared = sum(a is b for a, b in zip(path, target, strict=False))
                nearness[place] = max(nearness[place], 0.5 ** (len(path) + len(target) - 2 * shared))
    return nearness


# In the units of scores, and of cosines: which of two as good is first is chance, and decides more than the order.
_AS_GOOD = 0.3
_FAR_CLOSER = 0.1
# Chosen on the dev conversations, and on dev questions after others that they do not lean on.
_AFTER_WEIGHT = 0.35
_NEAR_WEIGHT = 0.5
# A logarithm of odds. Questions of the dev conversations that lean on another are above it.
_OTHER_MATTERS = -3.0
