"""Retrieval: a query becomes the clauses that may answer it, best first.

Legs rank the passages each in its own way: `bm25` by words and concepts, one leg for each embedding model by
meaning, and `answers` by what answers to such questions are like in other policies, where a model knows that. Their
scores are brought to one scale and added up.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol, get_args

from assistant.embedding import AnswerGuesser, ScopeJudge
from assistant.fusion import ANSWERS, fuse, leaning, likenesses, of_legs, ranks_of, share_held, similarities
from assistant.mentions import is_mentioned
from assistant.question_forms import asks_meaning, asks_names, kind_of_question
from assistant.readings import ASKS, addressed, as_embedded, as_printed, as_received, in_their_words
from assistant.text import Language, any_of, has_han, normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Embedder, Vectors
    from assistant.index import Index
    from assistant.passages import Passage
    from assistant.policy import Clause, Policy
    from assistant.shards import Analyzer, Shard

    Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a query having its answer in a passage."""

    similarity: float = 0.0
    """Cosine of the query and the passage's closest text, the mean of the models: -1 to 1."""
    coverage: float = 0.0
    """Share of the query's words and concepts that the passage holds, weighted by rarity: 0 to 1."""
    scope: float | None = None
    """Odds, as a logarithm, that the query is a matter of policies at all; None if no model can tell."""
    concepts: float | None = None
    """Share of the concepts that the query names which the passage names too, weighted by rarity: 0 to 1; or None."""
    unmentioned: tuple[str, ...] = ()
    """What the query names, in its words, of data, permissions, rights and companies, and no policy searched does;
    those found not even within another name."""
    stranger: bool = False
    """Whether a company is among these."""
    company: bool = False
    """Whether the passage names a company that the query asks about."""
    other: bool = False
    """Whether the passage names permissions of a device, such as for the camera, but not the one asked about."""
    likeness: float | None = None
    """Cosine of what answers to such questions are like and the passage's closest text; None if no model knows."""
    familiarity: float | None = None
    """Cosine of the query and the closest questions whose answers a model knows; None if it knows none."""
    unseen: float = 0.0
    """Share of the query's words that stand in no text searched, of those that could: 0 to 1; 0 if none could."""
    frequency: float = 0.0
    """Share of the passages that hold the rarest of the query's words and concepts: 0 to 1; 1 if it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A clause that may answer a query."""

    policy: Policy
    """The policy."""
    clause: Clause
    """The clause."""
    passage: Passage
    """What was searched: the clause's own text, or the whole of a short list."""
    score: float
    """Weighted sum of the legs' standard scores, or a reranker's on that scale; comparable within one query only."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Rank in each leg that found it, from 1: `{"bm25": 1, "dense": 4}`; a reranker's under its name."""
    sentence_scores: tuple[float, ...] = ()
    """Score of each of the passage's sentences, on the same terms as `score`."""
    evidence: Evidence = field(default_factory=Evidence)
    """What speaks for the query having its answer here."""

    @property
    def start(self) -> int:
        """First code point of what was searched."""
        return self.passage.start

    @property
    def end(self) -> int:
        """End of what was searched."""
        return self.passage.end

    @property
    def said(self) -> list[str]:
        """The passage's sentences."""
        return [self.policy.text[start:end] for start, end in self.passage.sentences]

    @property
    def reference(self) -> str:
        """The words a person can find the clause by."""
        return self.policy.reference(self.clause.id)

    def as_json(self, rank: int) -> dict[str, object]:
        """Return the hit as it is printed, with its place among the hits, from 1."""
        return {
            "policy_id": self.policy.id,
            "clause_id": self.clause.id,
            "reference": self.reference,
            "start": self.start,
            "end": self.end,
            "rank": rank,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as retrieval sees it."""

    text: str
    """The question."""
    tokens: tuple[str, ...]
    """Its words and concepts, each once."""
    vectors: Mapping[str, Vectors]
    """Its vectors by embedder, one a reading of it: float32, shape (n_readings, dim), rows of unit length."""
    scope: float | None = None
    """Odds, as a logarithm, that it is a matter of policies at all; None if no model can tell."""
    named: Mapping[str, str] = field(default_factory=dict)
    """The tokens of the concepts that it names, with its words for them."""
    guesses: Mapping[tuple[str, Language], Vectors] = field(default_factory=dict)
    """What its answer is like in policies of each language, by embedder: float32, shape (n_known_readings, dim)."""
    familiarity: float | None = None
    """Cosine of it and the closest questions whose answers a model knows; None if it knows none."""


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
        self._words = lru_cache(maxsize=1_000)(lambda word: frozenset(analyzer.tokens(word)))
        self._known_title_words: dict[str, Mapping[str, Sequence[int]]] = {}
        self._known_question_titles: dict[str, Mapping[str, Sequence[tuple[int, frozenset[str]]]]] = {}
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
        # Within its own policy a name tells no clause from another, but for the few that introduce it.
        own = any_of(name for shard in shards for name in shard.policy.names)
        languages = tuple(dict.fromkeys(shard.policy.language for shard in shards))
        searched = [shard.policy for shard in shards]
        query = self.query(self._put(question, shards, own), languages, searched)
        if query.scope is not None and query.scope < _OTHER_MATTERS:
            # Tomorrow's weather is no matter of policies, whatever was asked before.
            after, near = (), ()
        former = [self.query(self._put(asked, shards, own), languages, searched) for asked in after]
        if former and query.scope is not None and former[0].scope is not None:
            # Halfway: what leans on a matter of policies is likely to be one, however little it says itself.
            query = replace(query, scope=(query.scope + max(query.scope, former[0].scope)) / 2)
        return self._search(shards, query, former, near, k)

    def _put(self, question: str, shards: Sequence[Shard], own: re.Pattern[str]) -> str:
        """Return `question` as it is put to policies: in their own words for who they are of and whom they name."""
        return as_printed(addressed(question, own), [shard.policy.text for shard in shards], self.analyzer.thesaurus)

    def query(
        self,
        question: str,
        languages: Sequence[Language] = get_args(Language),
        policies: Sequence[Policy] = (),
    ) -> Query:
        """Analyse and embed a question that is put to these policies, or to any in these languages."""
        import numpy as np

        thesaurus = self.analyzer.thesaurus
        said = (*thesaurus.readings(question), in_their_words(question, policies, thesaurus))
        embedded = [as_embedded(reading) for reading in said]
        readings = tuple(dict.fromkeys((*embedded, *map(as_received, embedded))))
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
        penalty = np.concatenate([shard.names_only for shard in shards]) * (
            0.0 if asks_names(query.text) else _NAMES_ONLY_PENALTY
        )
        penalty[self._off_definitions(shards, starts, query)] += _DEFINES_PENALTY
        penalty[_off_announcements(shards, starts, query)] += _DEFINES_PENALTY
        if (companies := self._naming_companies(shards, query)).any():
            penalty[~companies] += _OTHERS_PENALTY
        others = self._naming_other_permissions(shards, query)
        penalty[others] += _OTHERS_PENALTY
        titled = _TITLED_OF_COMPANY if companies.any() else _TITLED
        penalty[self._under_titles(shards, starts, query)] -= titled
        penalty[self._under_same_question(shards, starts, query)] -= _SAME_QUESTION
        scores = support = self._scores(shards, query)
        legs = of_legs(scores, firsts)
        fused = fuse(legs) - penalty
        for back, one in enumerate(former, 1):
            scores_of_one = self._scores(shards, one)
            fused += _AFTER_WEIGHT**back * np.maximum(fuse(of_legs(scores_of_one, firsts)) - penalty, 0)
            if back == 1:
                support = leaning(scores, scores_of_one)
        if near:
            fused += _NEAR_WEIGHT * np.concatenate([_nearness(shard, near) for shard in shards])
        best = (-fused).argsort(kind="stable")[: max(k, self._rerank_k) if self.reranker else k]
        numbers = [bisect_right(starts, place) - 1 for place in best.tolist()]
        of = [shards[number].policy for number in dict.fromkeys(numbers)]
        marks = companies[best].tolist(), others[best].tolist()
        evidence = self._evidence(shards, query, support, firsts, best, policies=of, marks=marks)
        texts = fuse(scores)
        hits = []
        for place, number, own_ranks, own_evidence in zip(
            best.tolist(), numbers, ranks_of(legs, best), evidence, strict=True
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
        return tuple(_reranked(self.reranker, query.text, hits)[:k] if self.reranker else hits)

    def _evidence(
        self,
        shards: Sequence[Shard],
        query: Query,
        scores: Mapping[str, Scores],
        firsts: NDArray[np.int64],
        best: NDArray[np.int64],
        *,
        policies: Sequence[Policy],
        marks: tuple[Sequence[bool], Sequence[bool]],
    ) -> Iterator[Evidence]:
        """Yield what speaks for the query having its answer in each of the best passages.

        Args:
            shards: What was searched.
            query: The question.
            scores: The score of every text in each leg.
            firsts: Where the texts of each passage begin.
            best: The best passages.
            policies: Whose these are.
            marks: Which of these name a company that is asked about, and which another permission than what is.
        """
        import numpy as np

        tokens = tuple(dict.fromkeys((*query.tokens, *query.named)))
        asked, named = slice(len(query.tokens)), [tokens.index(token) for token in query.named]
        texts = [shard.holding(tokens) for shard in shards]
        passages = [holds[:, shard.firsts] for holds, shard in zip(texts, shards, strict=True)]
        held = np.concatenate(passages, axis=1)[asked].sum(axis=1).tolist()
        frequency = min(held, default=len(firsts)) / len(firsts)
        absent = [tokens[i] for i in named if not any(holds[i].any() for holds in texts)]
        absent = [token for token in absent if not self._is_mentioned(query.named[token], policies)]
        things = (query.named[token] for token in absent if self.analyzer.is_thing(token))
        unmentioned = tuple(name for name in things if not ASKS.match(normalized(name)))
        stranger = any(map(self.analyzer.is_vendor, absent))
        words = [place for place, token in enumerate(query.tokens) if self._may_stand(token, shards)]
        missing = [place for place in words if not any(holds[place].any() for holds in texts)]
        coverages = [share_held(own[asked], of[asked]) for own, of in zip(passages, texts, strict=True)]
        concepts = [share_held(own[named], own[named]) for own in passages]
        shares = map(np.concatenate, (coverages, concepts))
        columns = similarities(scores, firsts), likenesses(scores, firsts), *shares
        of_best = (column[best].tolist() for column in columns)
        for similarity, likeness, coverage, share, company, other in zip(*of_best, *marks, strict=True):
            yield Evidence(
                similarity=similarity,
                coverage=coverage,
                scope=query.scope,
                concepts=share if query.named else None,
                unmentioned=unmentioned,
                stranger=stranger,
                likeness=None if math.isnan(likeness) else likeness,
                familiarity=None if math.isnan(likeness) else query.familiarity,
                unseen=len(missing) / len(words) if words else 0.0,
                frequency=frequency,
                company=company,
                other=other,
            )

    def _may_stand(self, token: str, shards: Iterable[Shard]) -> bool:
        """Say whether a token is a word of a language that a policy searched is in, or has a rendering in."""
        if self.analyzer.is_concept(token):
            return False
        policies = [shard.policy for shard in shards]
        if has_han(token):
            return any(policy.language == "zh" for policy in policies)
        return any(policy.language == "en" or policy.translations for policy in policies)

    def _is_mentioned(self, word: str, policies: Sequence[Policy]) -> bool:
        """Say whether what a query names so stands in policies, be it within another name."""
        thesaurus = self.analyzer.thesaurus
        return is_mentioned(normalized(word), [thesaurus[id_] for id_ in thesaurus.named_in(word)], policies)

    def _off_definitions(self, shards: Sequence[Shard], starts: Sequence[int], query: Query) -> list[int]:
        """Return the passages that say what something means that is not asked about; `starts` are the shards'."""
        if asks_meaning(query.text):
            return []
        return [
            start + number
            for start, shard in zip(starts, shards, strict=False)
            for number in shard.defining
            if self._words(shard.passages[number].defines).isdisjoint(query.tokens)
        ]

    def _under_titles(self, shards: Sequence[Shard], starts: Sequence[int], query: Query) -> list[int]:
        """Return the passages whose title says what is asked, companies aside: 收集的个人信息, of 高德收集什么."""
        companies = [self._words(name) for token, name in query.named.items() if self.analyzer.is_vendor(token)]
        tokens = [token for token in query.tokens if not any(token in words for words in companies)]
        found = (
            start + number
            for start, shard in zip(starts, shards, strict=False)
            for token in tokens
            for number in self._title_words(shard).get(token, ())
        )
        return list(dict.fromkeys(found))

    def _under_same_question(self, shards: Sequence[Shard], starts: Sequence[int], query: Query) -> list[int]:
        """Return the passages whose title asks what the query asks: `How long do I have to return something?`.

        Other titles of a list of questions name the same things: what is asked of them tells one from another.
        """
        kind = kind_of_question(query.text)
        if not kind:
            return []
        return [
            start + number
            for start, shard in zip(starts, shards, strict=False)
            for number, words in self._question_titles(shard).get(kind, ())
            if words <= set(query.tokens)
        ]

    def _question_titles(self, shard: Shard) -> Mapping[str, Sequence[tuple[int, frozenset[str]]]]:
        """Return by kind of question the passages of a shard whose title is one, with its words; read once."""
        policy = shard.policy
        if policy.id not in self._known_question_titles:
            found: dict[str, list[tuple[int, frozenset[str]]]] = {}
            for number, passage in enumerate(shard.passages):
                title = policy[passage.clause_id].title
                kind = kind_of_question(title) if 0 < len(title) <= policy.chars(_QUESTION_CHARS) else ""
                # Its concepts are its words once more, and not always found in other forms of these.
                words = frozenset(token for token in self._words(title) if not self.analyzer.is_concept(token))
                if kind and words:
                    found.setdefault(kind, []).append((number, words))
            self._known_question_titles[policy.id] = found
        return self._known_question_titles[policy.id]

    def _title_words(self, shard: Shard) -> Mapping[str, Sequence[int]]:
        """Return the passages of a shard by the words of their titles, which are read once."""
        policy = shard.policy
        if policy.id not in self._known_title_words:
            places: dict[str, list[int]] = {}
            for number, passage in enumerate(shard.passages):
                title = policy[passage.clause_id].title
                for token in self._words(title) if 0 < len(title) <= policy.chars(_TITLE_CHARS) else ():
                    places.setdefault(token, []).append(number)
            self._known_title_words[policy.id] = places
        return self._known_title_words[policy.id]

    def _naming_companies(self, shards: Sequence[Shard], query: Query) -> NDArray[np.bool_]:
        """Return which passages name a company that the query asks about, or stand below a list of its names.

        Returns:
            Shape (n_passages,).
        """
        import numpy as np

        tokens = [token for token in query.named if self.analyzer.is_vendor(token)]
        of_shards = [(shard, shard.holding(tokens)[:, shard.firsts]) for shard in shards]
        return np.concatenate([_with_those_below(shard, np.any(held, axis=0)) for shard, held in of_shards])

    def _naming_other_permissions(self, shards: Sequence[Shard], query: Query) -> NDArray[np.bool_]:
        """Return which passages name permissions, but not the one that the query asks about: shape (n_passages,)."""
        import numpy as np

        text = normalized(query.text)
        asked = {
            token: normalized(name).removesuffix("权限")
            for token, name in query.named.items()
            if token in self.analyzer.permissions
            and re.search(rf"{re.escape(normalized(name))}(?:(?<=权限)|权限| permissions?\b)", text)
        }
        if not asked:
            return np.zeros(sum(len(shard.passages) for shard in shards), np.bool_)
        rest = [token for token in self.analyzer.permissions if token not in asked]
        masks = []
        for shard in shards:
            named, others = (np.any(shard.holding(tokens)[:, shard.firsts], axis=0) for tokens in (list(asked), rest))
            mask = others & ~named
            for number in mask.nonzero()[0].tolist():
                passage = shard.passages[number]
                words = normalized(shard.policy.text[passage.start : passage.end])
                # A name counts within another: 电话 in 拨打电话.
                mask[number] = not any(name in words for name in asked.values())
            masks.append(mask)
        return np.concatenate(masks)

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
                close = (of_texts @ guesses.T).max(axis=1) if guesses.size else np.full(shard.n_texts, np.nan)
                guessed.append(close.astype(np.float64))
            # A text is as close as it is to the closest reading.
            close = (shard.vectors[embedder.name] @ query.vectors[embedder.name].T).max(axis=1).astype(np.float64)
            scores[embedder.name] = close[: shard.n_texts]
            # A text is as close as it or its English is.
            of_rendered = scores[embedder.name][shard.rendered]
            scores[embedder.name][shard.rendered] = np.maximum(of_rendered, close[shard.n_texts :])
        if guessed:
            scores[ANSWERS] = np.mean(guessed, axis=0)
        return scores


def _with_those_below(shard: Shard, naming: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which passages name something, and those below of them that only list names: `插件：… 收集的信息：…`."""
    listing = {shard.passages[number].clause_id for number in (naming & shard.names_only).nonzero()[0].tolist()}
    if not listing:
        return naming
    below = [any(above.id in listing for above in shard.policy.path(passage.clause_id)) for passage in shard.passages]
    return naming | below


def _off_announcements(shards: Sequence[Shard], starts: Sequence[int], query: Query) -> list[int]:
    """Return the passages that tell what a new version has changed, if that is not asked; `starts` are the shards'."""
    if _ASKS_OF_CHANGES.search(normalized(query.text)):
        return []
    return [
        start + number
        for start, shard in zip(starts, shards, strict=False)
        for number, passage in enumerate(shard.passages)
        if passage.announces
    ]


_ASKS_OF_CHANGES = re.compile(
    r"更新|修订|修改|改动|变更|变化|调整|新增|新版|版本|改了|变了|"
    r"\b(?:updat|chang|revis|amend)\w{0,6}\b|\bversions?\b|\bnew in\b|\bwhat(?:'s| is) new\b"
)


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


# Chosen on the dev questions; the figures around each are nearly as good.
# A list of names is close to every question with one of them, though it answers few: who asks for the name
# itself finds it all the same, by a far higher score.
_NAMES_ONLY_PENALTY = 2.0
# What personal information *is* names every kind of it, and does not say that any is collected; what has changed in
# a policy names the matters of the clauses that say so.
_DEFINES_PENALTY = 1.5
# Who asks what one company gets is not told what another does.
_OTHERS_PENALTY = 1.0
# Chosen on the dev questions, where 0.1 to 0.35 do equally well.
_TITLED = 0.35
# What is said of one company, such as the maker of an SDK, is told apart by little else.
_TITLED_OF_COMPANY = 0.9
_TITLE_CHARS = 30
# A list of questions is written to be found by them; the policies of the dev questions have too few to tell how much.
_SAME_QUESTION = 1.0
_QUESTION_CHARS = 40
# Chosen on the dev conversations, and on dev questions after others that they do not lean on.
_AFTER_WEIGHT = 0.35
_NEAR_WEIGHT = 0.5
# A logarithm of odds. Questions of the dev conversations that lean on another are above it.
_OTHER_MATTERS = -3.0
