"""Shards: what a search needs of one policy, its passages with their words and vectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from assistant.errors import PolicyIndexError
from assistant.index.passages import SHORT_SENTENCE, STEP, Passage, passages
from assistant.text import STOPWORDS, blanked, fold, has_han, normalized, sha256_of, unlaid
from assistant.text.english import turned
from assistant.text.tokenizer import Tokenizer
from assistant.thesaurus import THING_KINDS

if TYPE_CHECKING:
    from pathlib import Path

    import bm25s
    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Embedder, Vectors
    from assistant.policy import Policy
    from assistant.thesaurus import Thesaurus

Progress = Callable[[str, int, int], None]
"""Called while an index is built, with the policy's id, the texts embedded, and their number."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """What retrieval needs of one policy. Arrays may be mapped from disk."""

    policy: Policy
    """The policy."""
    passages: tuple[Passage, ...]
    """What can be found, in the order of the text."""
    bm25: bm25s.BM25
    """Scores of words and concepts; its documents are the texts."""
    vectors: Mapping[str, Vectors]
    """By embedder: float32, shape (n_texts + n_renderings, dim), rows of unit length."""
    rendered: NDArray[np.int64]
    """Place of the text that each rendering is of; their vectors follow those of the texts: int64, (n_renderings,)."""
    keys: tuple[str, ...]
    """Digest of the text of each vector, by which a later index finds it again."""

    @cached_property
    def firsts(self) -> NDArray[np.int64]:
        """Place of each passage's first text, which is all of it; its sentences follow: int64, shape (n_passages,)."""
        import numpy as np

        sizes = (1 + len(passage.sentences) for passage in self.passages)
        return np.fromiter(accumulate(sizes, initial=0), np.int64, len(self.passages))

    @cached_property
    def names_only(self) -> NDArray[np.bool_]:
        """Which passages only list names: shape (n_passages,)."""
        import numpy as np

        return np.array([passage.names_only for passage in self.passages])

    @cached_property
    def defining(self) -> tuple[int, ...]:
        """The passages that say what a word means."""
        return tuple(number for number, passage in enumerate(self.passages) if passage.defines)

    @cached_property
    def announcing(self) -> tuple[int, ...]:
        """The passages that tell what a new version has changed."""
        return tuple(number for number, passage in enumerate(self.passages) if passage.announces)

    @cached_property
    def framing(self) -> tuple[int, ...]:
        """The passages that tell only what the policy is made for or who explains it."""
        return tuple(number for number, passage in enumerate(self.passages) if passage.frames)

    @property
    def n_texts(self) -> int:
        """Number of texts, renderings not counted."""
        return len(self.keys) - len(self.rendered)

    def holding(self, tokens: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of some words and concepts which texts hold: shape (len(tokens), n_texts)."""
        import numpy as np

        holds = np.zeros((len(tokens), self.n_texts), np.bool_)
        # Of each token the library keeps the texts that hold it, with their scores, one token after another.
        starts, texts = self.bm25.scores["indptr"], self.bm25.scores["indices"]
        for row, token in zip(holds, tokens, strict=True):
            if (number := self.bm25.vocab_dict.get(token)) is not None:
                row[texts[starts[number] : starts[number + 1]]] = True
        return holds


CONCEPT = "§"
"""What marks a token as a concept; no word begins with it."""
_READING = 2
"""Raised when the same text is read otherwise than before: its index is built anew."""


class Analyzer:
    """Turns text into the tokens of the lexical leg: words, and the concepts they name.

    Args:
        thesaurus: The concepts.
        names: Further names to be kept whole, such as a company's.
        cache_dir: Where jieba keeps its prefix dictionary.
    """

    def __init__(self, thesaurus: Thesaurus, names: Sequence[str] = (), *, cache_dir: Path | None = None) -> None:
        self.thesaurus = thesaurus
        self._kinds = {f"{CONCEPT}{concept.id}": concept.kind for concept in thesaurus.concepts}
        things = (concept for concept in thesaurus.concepts if concept.kind in ("permission", "data_item"))
        permissions = (one for one in things if one.kind == "permission" or any(map(_NAMES_IT, one.zh)))
        self.permissions = frozenset(f"{CONCEPT}{one.id}" for one in permissions) - {f"{CONCEPT}{_ANY_PERMISSION}"}
        """The tokens of what a device lets an app use, such as the microphone, each told from the others."""
        self.tokenizer = Tokenizer([*thesaurus.words(), *names], cache_dir=cache_dir)

    @property
    def identity(self) -> str:
        """SHA-256 of what the tokens depend on, hexadecimal."""
        return sha256_of("\n".join([str(_READING), self.thesaurus.identity, *self.tokenizer.words, *sorted(STOPWORDS)]))

    def tokens(self, text: str, *, of_policy: bool = False) -> list[str]:
        """Return the words of `text`, then the concepts it names, marked with `§`, each once.

        A Latin name of a concept is counted as the concept only: English questions share few words with
        a Chinese policy, and the few, such as a vendor's name, would otherwise count twice.

        Args:
            text: A question, or what a policy says.
            of_policy: Whether it is the latter: concepts go by the names that who asks has for them, to whom "your
                number" is the company's.
        """
        rest = turned(unlaid(normalized(text))) if of_policy else _DEGREE.sub(r"\1", normalized(text))
        concepts: dict[str, None] = {}
        for start, end, found in self.thesaurus.find(rest):
            concepts |= dict.fromkeys(found)
            if rest[start:end].isascii():
                rest = blanked(rest, start, end)
        return self.tokenizer.tokens(rest) + [f"{CONCEPT}{concept}" for concept in concepts]

    def named(self, text: str) -> dict[str, str]:
        """Return the tokens of the concepts that `text` names, each with the words that name it."""
        folded = normalized(text)
        shown = text if len(text) == len(folded) else folded
        found: dict[str, str] = {}
        for start, end, concepts in self.thesaurus.find(folded):
            for concept in concepts:
                found.setdefault(f"{CONCEPT}{concept}", shown[start:end])
        return found

    def is_concept(self, token: str) -> bool:
        """Say whether a token stands for a concept, not for a word."""
        return token in self._kinds

    def is_thing(self, token: str) -> bool:
        """Say whether a token stands for a concept that a policy either names or is silent about, such as a company."""
        return self._kinds.get(token) in _THINGS

    def is_vendor(self, token: str) -> bool:
        """Say whether a token stands for a company or a product of one, which nothing but its name speaks of."""
        return self._kinds.get(token) == "vendor"


# What is asked with "how big" or as a difference, a policy tells without the word.
_DEGREE = re.compile(
    r"\b(how) (?:big|large|fast|quickly|soon|often|frequently|old|high|heavy|wide|tall|far)\b|"
    r"\b(?:differences?(?: between)?|compared?|versus|vs)\b|"
    r"\b(?:cheaper|dearer|longer|shorter|bigger|larger|smaller|better|worse|faster|slower)(?= than\b)"
)
_THINGS = THING_KINDS | {"right", "vendor"}
"""Kinds of concepts that are not spoken of in other words."""
_ANY_PERMISSION = "permissions"
"""The concept of permissions in general."""
_NAMES_IT = re.compile("权限$").search
"""In the name of a thing that is data as well: 通讯录权限."""


def names_in(policy: Policy) -> tuple[str, ...]:
    """Return the names that a policy brings along: its company's, and those it lists in brackets.

    `（个推;个推推送）`, `（包括顺丰、圆通快递等）`: what stands between the separators of a
    bracket is a name or a term, which a dictionary of common words would take apart.
    """
    found = {policy.company, *policy.aliases}
    for bracket in _BRACKET.finditer(fold(policy.text)):
        for part in _SEPARATOR.split(bracket[1]):
            name = _LIST_WORDS.sub("", part.strip())
            if 2 <= len(name) <= _LONGEST_NAME and has_han(name) and not _VERBAL.search(name):
                found.add(name)
    return tuple(sorted(name for name in found if name))


_BRACKET = re.compile(r"\(([^()\n]{2,400})\)")
_SEPARATOR = re.compile(r"[、,;/；]")
_LIST_WORDS = re.compile(r"^(?:包括但不限于|包括|如|例如|即|以及|及|和|或)|等$")
_VERBAL = re.compile(r"[的我您是在将会与若]|\s")
_LONGEST_NAME = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What is scored: each passage as a whole, followed by each of its sentences."""

    embedded: tuple[str, ...]
    """What the embedding models read: with the nearest headings, which say what it is about."""
    headings: tuple[str, ...]
    """The nearest headings of each passage, whose words count as the passage's."""
    firsts: tuple[int, ...]
    """Place of each passage's first text."""
    renderings: tuple[str, ...]
    """The English of each text, empty where the policy has none."""

    @property
    def rendered(self) -> tuple[int, ...]:
        """Places of the texts that have an English rendering."""
        return tuple(place for place, rendering in enumerate(self.renderings) if rendering)

    @property
    def all_embedded(self) -> tuple[str, ...]:
        """What is embedded: the texts, then the renderings that there are."""
        return (*self.embedded, *filter(None, self.renderings))


def texts_of(policy: Policy, found: Sequence[Passage]) -> Texts:
    """Return the texts that stand for each passage.

    A sentence too short to say what it is about is led by its heading.
    """
    embedded: list[str] = []
    nearest: list[str] = []
    firsts: list[int] = []
    renderings: list[str] = []
    for passage in found:
        english = [policy.translation(start, end) or "" for start, end in passage.sentences]
        renderings += [" ".join(english)[: 3 * _WHOLE_CHARS].strip() if len(english) > 1 else "", *english]
        firsts.append(len(embedded))
        headings = passage.context.split(STEP) if passage.context else []
        heading = headings[-1] if headings else ""
        nearest.append(" ".join(headings[-2:]))
        whole = " ".join(" ".join([policy.text[passage.start : passage.end], *_led_to(policy, passage)]).split())
        embedded.append(f"{nearest[-1]} {whole}"[: policy.chars(_WHOLE_CHARS)].strip())
        for start, end in passage.sentences:
            sentence = policy.text[start:end]
            alone = end - start >= SHORT_SENTENCE or fold(heading) in fold(sentence)
            embedded.append(sentence if alone else f"{heading}：{sentence}")
    return Texts(embedded=tuple(embedded), headings=tuple(nearest), firsts=tuple(firsts), renderings=tuple(renderings))


def _led_to(policy: Policy, passage: Passage) -> Iterator[str]:
    """Yield how the items begin that a passage leads to but does not hold: what it says is in them."""
    clause = policy[passage.clause_id]
    if passage.end == clause.body_end:
        for item in policy.items(clause):
            yield policy.text[item.start : min(item.body_end, item.start + policy.chars(_ITEM_CHARS))]


_WHOLE_CHARS = 500
_ITEM_CHARS = 40


def _tokens(texts: Texts, analyzer: Analyzer) -> Iterator[list[str]]:
    """Yield the tokens of each text: a passage as a whole has those of its headings and of its sentences.

    The English of a sentence adds its words; its concepts are those of the sentence itself.
    """

    def of_sentence(place: int) -> list[str]:
        words = analyzer.tokens(texts.renderings[place], of_policy=True) if texts.renderings[place] else []
        return [word for word in words if not word.startswith(CONCEPT)] + analyzer.tokens(
            texts.embedded[place], of_policy=True
        )

    for first, after, heading in zip(
        texts.firsts, (*texts.firsts[1:], len(texts.embedded)), texts.headings, strict=True
    ):
        of_sentences = [of_sentence(place) for place in range(first + 1, after)]
        whole = [token for row in (analyzer.tokens(heading, of_policy=True), *of_sentences) for token in row]
        yield [token for token in whole if not token.startswith(CONCEPT)] + list(
            dict.fromkeys(token for token in whole if token.startswith(CONCEPT))
        )
        yield from of_sentences


def build_shard(
    policy: Policy,
    analyzer: Analyzer,
    embedders: Sequence[Embedder],
    *,
    known: Mapping[tuple[str, str], Vectors] | None = None,
    progress: Progress | None = None,
) -> Shard:
    """Build the index of one policy in memory.

    Args:
        policy: The policy.
        analyzer: Turns text into tokens.
        embedders: The models, each a leg of retrieval.
        known: Vectors of a former index, by embedder identity and digest of the text.
        progress: Told how far it is.

    Raises:
        PolicyIndexError: If nothing in the policy can be found.
        ModelError: If a model does not load.
    """
    import numpy as np

    found = passages(policy)
    if not found:
        raise PolicyIndexError(f"policy {policy.id!r} holds no sentence that could be found: check its text")
    texts = texts_of(policy, found)
    embedded = texts.all_embedded
    keys = [sha256_of(text)[:32] for text in embedded]
    vectors: dict[str, Vectors] = {}
    for before, embedder in enumerate(embedders):
        former = {key: row for key in keys if known and (row := known.get((embedder.identity, key))) is not None}

        def tell(done: int, before: int = before) -> None:
            if progress:
                progress(policy.id, before * len(keys) + done, len(embedders) * len(keys))

        vectors[embedder.name] = _vectors(embedder, embedded, keys, former, tell)
    return Shard(
        policy=policy,
        passages=found,
        bm25=_scorer(_tokens(texts, analyzer)),
        vectors=vectors,
        rendered=np.array(texts.rendered, np.int64),
        keys=tuple(keys),
    )


def _scorer(tokens: Iterable[list[str]]) -> bm25s.BM25:
    """Return what scores texts, given as their tokens, by words and concepts."""
    import bm25s

    rows = [row or [CONCEPT] for row in tokens]
    # A vocabulary of our own: the library would number tokens in the order of a set.
    vocabulary = {token: number for number, token in enumerate(sorted({token for row in rows for token in row}))}
    scorer = bm25s.BM25(method="lucene", k1=BM25_K1, b=BM25_B, csc_backend="numpy", backend="numpy")
    scorer.index(([[vocabulary[token] for token in row] for row in rows], vocabulary), show_progress=False)
    return scorer


def _vectors(
    embedder: Embedder,
    texts: Sequence[str],
    keys: Sequence[str],
    former: Mapping[str, NDArray[np.float32]],
    tell: Callable[[int], None],
) -> Vectors:
    """Return the vectors of texts: float32, shape (len(texts), dim).

    Args:
        embedder: The model.
        texts: What is embedded.
        keys: The digest of each.
        former: Vectors that are known, by digest.
        tell: Told of how many texts the vectors are there.
    """
    import numpy as np

    rows = {number: former[key] for number, key in enumerate(keys) if key in former}
    missing = [number for number in range(len(keys)) if number not in rows]
    for first in range(0, len(missing), _BATCH):
        batch = missing[first : first + _BATCH]
        rows |= zip(batch, embedder.embed([texts[number] for number in batch], "passage"), strict=True)
        tell((first + len(batch)) * len(keys) // len(missing))
    tell(len(keys))
    return np.stack([rows[number] for number in range(len(keys))]).astype(np.float32)


BM25_K1 = 0.6
BM25_B = 0.5
_BATCH = 32
