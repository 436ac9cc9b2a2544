"""The index: what retrieval needs of each policy, built once and kept on disk.

On disk an index is a folder::

    CURRENT                       name of the version in use, swapped by a rename
    lock                          held by the process that builds
    versions/<hash>/manifest.json inputs, and size and SHA-256 of every file; its own is <hash>
    versions/<hash>/<policy>/     keys.json, bm25/, one vector file a model

A version is written aside, flushed to disk, then renamed; a reader that has opened one
keeps it. The name of a version is the hash of its bytes, so that nothing in it can be altered
unnoticed, and no whole version is ever written over.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any

from assistant import storage
from assistant.errors import IndexDamagedError, IndexLockedError, PolicyIndexError
from assistant.policy import YES_OR_NO
from assistant.text import STOPWORDS, Span, Tokenizer, fold, has_han, normalized

if TYPE_CHECKING:
    from pathlib import Path

    import bm25s
    import numpy as np
    from numpy.typing import NDArray

    from assistant.embedding import Embedder, Vectors
    from assistant.policy import Clause, Policy
    from assistant.thesaurus import Thesaurus

_LONGEST_LIST = 600
_LEAD_IN_CHARS = 80
_SHORT_ITEM = 60
_CHAPTER_DEPTH = 2
"""Clauses on the path to a chapter, the root included."""
_LEAST_SENTENCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What is searched: a clause's own text, or a list with the words that lead into it."""

    clause_id: str
    """The clause."""
    start: int
    """First code point."""
    end: int
    """End: of the clause's own text, or of the whole list."""
    context: str
    """Headings above, and the words that lead into the list that the clause is an item of."""
    sentences: tuple[Span, ...]
    """Spans of the sentences, without labels and bare headings; at least one."""
    names_only: bool = False
    """Whether it only lists names, such as those of packages, and says nothing about them."""
    defines: str = ""
    """The word that it begins by saying the meaning of: `个人信息` of `个人信息是指…`; empty if it does not."""


def passages(policy: Policy) -> tuple[Passage, ...]:
    """Return what can be found in a policy, in the order of the text.

    Tables of contents and headings that say nothing by themselves are left out.
    """
    found = []
    for clause in policy.walk():
        if clause.kind == "contents":
            continue
        spans = tuple(_statements(policy, clause))
        end = clause.body_end
        items = policy.items(clause) or _headed(policy, clause)
        if items and items[-1].end - clause.start <= policy.chars(_LONGEST_LIST):
            # The clause and the items below it are read as one: `…以下情形：1、… 2、…`.
            below = [clause for item in items for clause in item.walk()]
            spans += tuple(span for clause in below for span in _statements(policy, clause))
            last = policy.leads_on(items[-1])
            end = last[0] if last else items[-1].end
        if spans and (clause.kind != "root" or any(char.isdigit() for char in policy.own_text(clause))):
            found.append(
                Passage(
                    clause_id=clause.id,
                    start=clause.start,
                    end=end,
                    context=_context(policy, clause),
                    sentences=spans,
                    names_only=all(_is_names(policy.text[left:right]) for left, right in spans),
                    defines=_defined(policy.text, spans[0]),
                )
            )
    return tuple(found)


def _statements(policy: Policy, clause: Clause) -> Iterator[Span]:
    """Yield the spans of what a clause itself says: its sentences less its label and bare heading.

    Short lines that follow one another without punctuation, such as a list of names or the lines of an
    address, are one statement: each by itself says little, but would be close to every question with its word.
    So are a heading that runs into its text (`2.1.3 Payment. Cards are …`) and the first sentence after it.
    """
    pending: Span | None = None
    opening = _run_in(policy, clause)
    others = policy.leads_on(clause)
    for begin, right in policy.sentences(clause):
        if others and begin >= others[0]:
            # It is about the items after this one.
            break
        if opening and begin == opening[0]:
            continue
        left, opening = (opening[0], None) if opening else (begin, None)
        said = policy.text[left:right]
        # Markdown's marks are no words of a heading.
        if said.strip("#*_：: ") == clause.title.strip("#*_：: ") and clause.kind == "heading" and not others:
            continue
        if sum(char.isalnum() for char in said) < _LEAST_SENTENCE:
            # `No. We keep it to ourselves.`: the word decides, and is told with what follows.
            opening = (left, right) if YES_OR_NO.fullmatch(said.strip()) else None
            continue
        fragment = _is_fragment(said)
        if pending and fragment and right - pending[0] <= _MOST_FRAGMENTS:
            pending = (pending[0], right)
            continue
        if pending:
            yield pending
        pending = (left, right) if fragment else None
        if not fragment:
            yield left, right
    if pending:
        yield pending


def _run_in(policy: Policy, clause: Clause) -> Span | None:
    """Return the span of the heading that a clause begins with, if it ends like a sentence: `Payment.`, `宠物。`."""
    first = next(policy.sentences(clause), None) if clause.title else None
    if first is None or policy.text[slice(*first)] not in (f"{clause.title}.", f"{clause.title}。"):
        return None
    alone = not policy.text[first[1] : clause.body_end].strip()
    return None if alone and not clause.children else first


def _is_fragment(line: str) -> bool:
    """Say whether a line says little by itself: a short one that neither ends nor gives the value of something."""
    return len(line) < _SHORT_SENTENCE and line[-1] not in _ENDS and not _GIVES_VALUE.search(line)


# `客服通话录音：十二个月`, `Corbel Ltd – card payments – United Kingdom`: a row of a table, complete in itself.
_GIVES_VALUE = re.compile(r"\w[^\w：:=–—]{0,3}(?:[：:=]|–|—|――| - )[^\w：:=–—]{0,3}\w")


def _is_names(statement: str) -> bool:
    """Say whether a statement is lines of names: none is a sentence, none gives the value of something."""
    lines = [line for line in statement.splitlines() if line.strip()]
    return all(_is_fragment(line.strip()) and not _VALUE.search(line) for line in lines)


def _defined(text: str, span: Span) -> str:
    """Return the word whose meaning a statement says; empty if it says none."""
    match = _DEFINES.match(text, *span)
    return str(match[match.lastindex or 0]) if match else ""


_VALUE = re.compile(r"[：:=]")
_DEFINES = re.compile(
    r"([^。；\n]{1,48}?)(?:是指|系指|指的是|[，：:”」』]\s?(?:特|均|仅)?指(?![引南定示纹导令标向出派]))|"
    r"\W{0,3}(?:[Tt]he term )?[\"“']([^\"”'\n]{1,60})[\"”'],? (?:means?|refers? to|is defined)\b|"
    r"([A-Z][\w ]{1,40}) (?:means|refers to) (?:any|an?|the|what|every|each|all|information|data|those|that)\b"
)
_ENDS = "。！？!?…；;：:，,."
_SHORT_SENTENCE = 40
_MOST_FRAGMENTS = 300


def _headed(policy: Policy, clause: Clause) -> tuple[Clause, ...]:
    """Return the short items that mean little without the heading that a clause is: `不得托运的物品 • … • …`; if any.

    The heading of a chapter is too wide for that, and what says who does what means enough. A heading that asks, or
    says how to do something, is answered by its items together, such as the steps of a return.
    """
    own = policy.text[clause.label_end : clause.body_end]
    bare = bool(clause.title) and own.strip("#*_ \n") == clause.title.strip("#*_ ")
    # What has a title of its own, or is long, is a clause and no step.
    most = policy.chars(_LONGEST_STEP)
    steps = tuple(takewhile(lambda item: _is_plain(policy, item) and item.end - item.start <= most, clause.children))
    if bare and len(steps) >= _LEAST_ITEMS and _ASKS.search(clause.title):
        return steps
    inner = len(policy.path(clause.id)) > _CHAPTER_DEPTH and not any(child.children for child in clause.children)
    items = [policy.own_text(item) for item in clause.children if item.label]
    short = all(len(item) <= policy.chars(_SHORT_ITEM) and not _SAYS_WHO.search(item) for item in items)
    return clause.children if bare and inner and len(items) >= _LEAST_ITEMS and short else ()


def _is_plain(policy: Policy, item: Clause) -> bool:
    """Say whether an item is a sentence: `Open the app: your orders are shown`, not `Time limits. Claims must …`."""
    if not item.label or item.children:
        return False
    title_end = policy.text.find(item.title, item.label_end) + len(item.title)
    return not item.title or policy.text[title_end : title_end + 1] in _COLONS


_LEAST_ITEMS = 2
_COLONS = (":", "：")
_LONGEST_STEP = 80
"""Characters."""
_ASKS = re.compile(
    r"[?？]\W{0,3}$|^\W{0,3}(?:如何|怎么|怎样)|^\W{0,3}how (?:to|you|do|does|can|we)\b|步骤|流程|\bsteps\b",
    re.IGNORECASE,
)
_SAYS_WHO = re.compile(r"我们|我司|本公司|[您你]|\b(?:we|you)\b", re.IGNORECASE)


def _context(policy: Policy, clause: Clause) -> str:
    parts = []
    path = policy.path(clause.id)[1:]
    for above, below in pairwise(path):
        lead = policy.lead_in(below.id)
        if above.title:
            parts.append(above.title.strip("：: "))
        elif lead and lead[0] < above.body_end:
            parts.append(" ".join(policy.own_text(above).split())[-policy.chars(_LEAD_IN_CHARS) :])
        if lead and lead[0] >= above.body_end:
            parts.append(policy.text[slice(*lead)].strip("：: "))
    # A heading that runs into its text is read with it.
    if clause.title and not _run_in(policy, clause):
        parts.append(clause.title.strip("：: "))
    return _STEP.join(parts)


# --- Shards ----------------------------------------------------------------------------

Progress = Callable[[str, int, int], None]
"""Called while an index is built, with the policy's id, the texts embedded, and their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """What retrieval needs of one policy. Arrays may be mapped from disk."""

    policy: Policy
    """The policy."""
    passages: tuple[Passage, ...]
    """What can be found, in the order of the text."""
    bm25: bm25s.BM25
    """Scores of words and concepts; its documents are the texts."""
    firsts: NDArray[np.int64]
    """Place of each passage's first text, which is all of it; its sentences follow: int64, shape (n_passages,)."""
    names_only: NDArray[np.bool_]
    """Which passages only list names: shape (n_passages,)."""
    defining: tuple[int, ...]
    """The passages that say what a word means."""
    vectors: Mapping[str, Vectors]
    """By embedder: float32, shape (n_texts + n_renderings, dim), rows of unit length."""
    rendered: NDArray[np.int64]
    """Place of the text that each rendering is of; their vectors follow those of the texts: int64, (n_renderings,)."""
    keys: tuple[str, ...]
    """Digest of the text of each vector, by which a later index finds it again."""

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


_CONCEPT = "§"
"""What marks a token as a concept; no word begins with it."""


class Analyzer:
    """Turns text into the tokens of the lexical leg: words, and the concepts they name.

    Args:
        thesaurus: The concepts.
        names: Further names to be kept whole, such as a company's.
        cache_dir: Where jieba keeps its prefix dictionary.
    """

    def __init__(self, thesaurus: Thesaurus, names: Sequence[str] = (), *, cache_dir: Path | None = None) -> None:
        self.thesaurus = thesaurus
        self._kinds = {f"{_CONCEPT}{concept.id}": concept.kind for concept in thesaurus.concepts}
        self.tokenizer = Tokenizer([*thesaurus.words(), *names], cache_dir=cache_dir)

    @property
    def identity(self) -> str:
        """SHA-256 of what the tokens depend on, hexadecimal."""
        return _digest("\n".join([self.thesaurus.identity, *self.tokenizer.words, *sorted(STOPWORDS)]))

    def tokens(self, text: str) -> list[str]:
        """Return the words of `text`, then the concepts it names, marked with `§`, each once.

        A Latin name of a concept is counted as the concept only: English questions share few words with
        a Chinese policy, and the few, such as a vendor's name, would otherwise count twice.
        """
        rest = normalized(text)
        concepts: dict[str, None] = {}
        for start, end, found in self.thesaurus.find(rest):
            concepts |= dict.fromkeys(found)
            if rest[start:end].isascii():
                rest = rest[:start] + " " * (end - start) + rest[end:]
        return self.tokenizer.tokens(rest) + [f"{_CONCEPT}{concept}" for concept in concepts]

    def named(self, text: str) -> dict[str, str]:
        """Return the tokens of the concepts that `text` names, each with the words that name it."""
        folded = normalized(text)
        shown = text if len(text) == len(folded) else folded
        found: dict[str, str] = {}
        for start, end, concepts in self.thesaurus.find(folded):
            for concept in concepts:
                found.setdefault(f"{_CONCEPT}{concept}", shown[start:end])
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


_THINGS = ("data_item", "identifier", "permission", "right", "vendor")
"""Kinds of concepts that are not spoken of in other words."""


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
        headings = passage.context.split(_STEP) if passage.context else []
        heading = headings[-1] if headings else ""
        nearest.append(" ".join(headings[-2:]))
        whole = " ".join(" ".join([policy.text[passage.start : passage.end], *_led_to(policy, passage)]).split())
        embedded.append(f"{nearest[-1]} {whole}"[: policy.chars(_WHOLE_CHARS)].strip())
        for start, end in passage.sentences:
            sentence = policy.text[start:end]
            alone = end - start >= _SHORT_SENTENCE or fold(heading) in fold(sentence)
            embedded.append(sentence if alone else f"{heading}：{sentence}")
    return Texts(embedded=tuple(embedded), headings=tuple(nearest), firsts=tuple(firsts), renderings=tuple(renderings))


def _led_to(policy: Policy, passage: Passage) -> Iterator[str]:
    """Yield how the items begin that a passage leads to but does not hold: what it says is in them."""
    clause = policy[passage.clause_id]
    if passage.end == clause.body_end:
        for item in policy.items(clause):
            yield policy.text[item.start : min(item.body_end, item.start + policy.chars(_ITEM_CHARS))]


_STEP = " › "
_WHOLE_CHARS = 500
_ITEM_CHARS = 40


def _tokens(texts: Texts, analyzer: Analyzer) -> Iterator[list[str]]:
    """Yield the tokens of each text: a passage as a whole has those of its headings and of its sentences.

    The English of a sentence adds its words; its concepts are those of the sentence itself.
    """

    def of_sentence(place: int) -> list[str]:
        words = analyzer.tokens(texts.renderings[place]) if texts.renderings[place] else []
        return [word for word in words if not word.startswith(_CONCEPT)] + analyzer.tokens(texts.embedded[place])

    for first, after, heading in zip(
        texts.firsts, (*texts.firsts[1:], len(texts.embedded)), texts.headings, strict=True
    ):
        of_sentences = [of_sentence(place) for place in range(first + 1, after)]
        whole = [token for row in (analyzer.tokens(heading), *of_sentences) for token in row]
        yield [token for token in whole if not token.startswith(_CONCEPT)] + list(
            dict.fromkeys(token for token in whole if token.startswith(_CONCEPT))
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
    import bm25s
    import numpy as np

    found = passages(policy)
    if not found:
        raise PolicyIndexError(f"policy {policy.id!r} holds no sentence that could be found: check its text")
    texts = texts_of(policy, found)
    tokens = [row or [_CONCEPT] for row in _tokens(texts, analyzer)]
    # A vocabulary of our own: the library would number tokens in the order of a set.
    vocabulary = {token: number for number, token in enumerate(sorted({token for row in tokens for token in row}))}
    scorer = bm25s.BM25(method="lucene", k1=_K1, b=_B, csc_backend="numpy", backend="numpy")
    scorer.index(([[vocabulary[token] for token in row] for row in tokens], vocabulary), show_progress=False)
    embedded = texts.all_embedded
    keys = [_digest(text)[:32] for text in embedded]
    vectors: dict[str, Vectors] = {}
    done = 0
    for embedder in embedders:
        rows: dict[int, Vectors] = {}
        for number, key in enumerate(keys):
            if known and (former := known.get((embedder.identity, key))) is not None:
                rows[number] = former
        missing = [number for number in range(len(keys)) if number not in rows]
        for first in range(0, len(missing), _BATCH):
            batch = missing[first : first + _BATCH]
            rows |= zip(batch, embedder.embed([embedded[number] for number in batch], "passage"), strict=True)
            if progress:
                progress(policy.id, done + (first + len(batch)) * len(keys) // len(missing), len(keys) * len(embedders))
        vectors[embedder.name] = np.stack([rows[number] for number in range(len(keys))]).astype(np.float32)
        done += len(keys)
        if progress:
            progress(policy.id, done, len(keys) * len(embedders))
    return Shard(
        policy=policy,
        passages=found,
        bm25=scorer,
        firsts=np.array(texts.firsts, np.int64),
        names_only=np.array([passage.names_only for passage in found]),
        defining=tuple(number for number, passage in enumerate(found) if passage.defines),
        vectors=vectors,
        rendered=np.array(texts.rendered, np.int64),
        keys=tuple(keys),
    )


_K1 = 0.6
_B = 0.5
_BATCH = 32


# --- On disk ---------------------------------------------------------------------------

_FORMAT = 3
_CURRENT = "CURRENT"
_BM25 = "bm25"
_KEYS = "keys.json"
_MANIFEST = "manifest.json"
_ASIDE = "new.tmp"
_VERSION = re.compile(r"[0-9a-f]{64}")
_PLAIN_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_REBUILD = "run `policy-assistant index --force` to build the index anew"


class Index:
    """An opened version of the index: a snapshot, which later versions leave alone."""

    def __init__(self, version: str, shards: Sequence[Shard]) -> None:
        self.version = version
        """SHA-256 of what the index was built from, hexadecimal."""
        self.shards = {shard.policy.id: shard for shard in shards}
        """By policy id."""


class IndexStore:
    """The folder of an index.

    Args:
        folder: Where the index is, or is to be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, policies: Sequence[Policy], analyzer: Analyzer, embedders: Sequence[Embedder]) -> Index | None:
        """Open the version in use, if it was built from these inputs; else return None.

        Raises:
            IndexDamagedError: If a file is missing, cut short or altered.
            PolicyIndexError: If the folder cannot be read.
        """
        inputs = _inputs(policies, analyzer, embedders)
        current = self._current()
        while current:
            try:
                return self._open_version(current, inputs, policies, embedders)
            except IndexDamagedError:
                # Unless a builder has put another version in use since, and removed this one.
                former, current = current, self._current()
                if current == former:
                    raise
        return None

    def build(
        self,
        policies: Sequence[Policy],
        analyzer: Analyzer,
        embedders: Sequence[Embedder],
        *,
        progress: Progress | None = None,
        force: bool = False,
        waiting: Callable[[], object] | None = None,
        wait_s: float = 600,
    ) -> Index:
        """Build a version and put it in use; the former one serves until the last moment.

        Of several processes one builds; the others wait for it, and open what it has built.

        Args:
            policies: What is indexed.
            analyzer: Turns text into tokens.
            embedders: The models.
            progress: Told how far it is.
            force: Embed every text again, instead of taking over vectors of the former version.
            waiting: Called once if another process is building.
            wait_s: How long to wait for it, in seconds.

        Raises:
            IndexLockedError: If another process is building still.
            PolicyIndexError: If the folder cannot be written; what was there is unharmed.
        """
        from filelock import FileLock, Timeout

        inputs = _inputs(policies, analyzer, embedders)
        lock = FileLock(self.folder / "lock")
        with self._writing():
            self._versions.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
                waited = False
            except Timeout:
                waited = True
        if waited:
            if waiting:
                waiting()
            try:
                lock.acquire(timeout=wait_s)
            except Timeout:
                raise IndexLockedError(
                    f"{self.folder / 'lock'}: another process is building this index: wait until it has ended"
                ) from None
        try:
            if waited and not force:
                with suppress(IndexDamagedError):
                    if built := self.open(policies, analyzer, embedders):
                        return built
            known = {} if force else self._known_vectors()
            shards = [build_shard(p, analyzer, embedders, known=known, progress=progress) for p in policies]
            with self._writing():
                self._put_in_use(self._write(inputs, shards))
        finally:
            lock.release()
        return Index(_digest(_as_json(inputs)), shards)

    @property
    def _versions(self) -> Path:
        return self.folder / "versions"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # NumPy's own errors of writing have no `strerror`.
            raise PolicyIndexError(
                f"{error.filename or self.folder}: the index cannot be written ({error.strerror or error}): "
                "make room, or name another folder with --index-dir or ASSISTANT_INDEX_DIR"
            ) from error

    def _current(self) -> str:
        """Return the name of the version in use; empty if there is none yet."""
        path = self.folder / _CURRENT
        try:
            name = path.read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _unreadable(path, error) from error
        if not _VERSION.fullmatch(name):
            raise IndexDamagedError(f"{path}: does not name a version of the index: {_REBUILD}")
        return name

    def _open_version(
        self, name: str, inputs: dict[str, Any], policies: Sequence[Policy], embedders: Sequence[Embedder]
    ) -> Index | None:
        folder = self._versions / name
        if not folder.is_dir():
            raise IndexDamagedError(f"{self.folder / _CURRENT}: names version {name}, which is not there: {_REBUILD}")
        manifest = _manifest(folder)
        if manifest["inputs"] != inputs:
            return None
        for file in manifest["files"]:
            _checked(folder, file, manifest)
        shards = [_load_shard(folder / _file_name(policy.id), policy, embedders) for policy in policies]
        return Index(_digest(_as_json(inputs)), shards)

    def _known_vectors(self) -> dict[tuple[str, str], Vectors]:
        """Return the vectors of the version in use; what cannot be read is left out."""
        import numpy as np

        known: dict[tuple[str, str], Vectors] = {}
        with suppress(PolicyIndexError):
            folder = self._versions / self._current()
            manifest = _manifest(folder)
            if manifest["inputs"]["format"] != _FORMAT:
                return known
            for policy in manifest["inputs"]["policies"]:
                place = _file_name(policy["id"])
                with suppress(PolicyIndexError):
                    keys = json.loads(_checked(folder, f"{place}/{_KEYS}", manifest))
                    for name, identity in manifest["inputs"]["embedders"].items():
                        data = _checked(folder, f"{place}/{_file_name(name)}.npy", manifest)
                        rows = np.load(io.BytesIO(data), allow_pickle=False)
                        known |= {(identity, key): row for key, row in zip(keys, rows, strict=True)}
        return known

    def _write(self, inputs: dict[str, Any], shards: Sequence[Shard]) -> str:
        """Write a version and return its name; one with the same bytes is left as it is."""
        aside = self._versions / _ASIDE
        # A killed build may have left it.
        shutil.rmtree(aside, ignore_errors=True)
        try:
            for shard in shards:
                _save_shard(aside / _file_name(shard.policy.id), shard)
            files = {
                path.relative_to(aside).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path.read_bytes())}
                for path in sorted(aside.rglob("*"))
                if path.is_file()
            }
            manifest = _as_json({"inputs": inputs, "files": files}).encode()
            (aside / _MANIFEST).write_bytes(manifest)
            for path in [*aside.rglob("*"), aside]:
                storage.flush(path)
            name = _sha256(manifest)
            target = self._versions / name
            if not _is_whole(target):
                if target.exists():
                    shutil.rmtree(target)
                aside.rename(target)
                storage.flush(self._versions)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return name

    def _put_in_use(self, name: str) -> None:
        """Make `CURRENT` name a version, and remove all others but the one it named before."""
        former = ""
        with suppress(PolicyIndexError):
            former = self._current()
        aside = self.folder / f"{_CURRENT}.tmp"
        try:
            aside.write_text(f"{name}\n", "ascii")
            storage.flush(aside)
            aside.replace(self.folder / _CURRENT)
        finally:
            aside.unlink(missing_ok=True)
        storage.flush(self.folder)
        for path in self._versions.iterdir():
            # Whatever else a person keeps here is not ours to remove.
            if _VERSION.fullmatch(path.name) and path.name not in (name, former):
                shutil.rmtree(path, ignore_errors=True)


def _inputs(policies: Sequence[Policy], analyzer: Analyzer, embedders: Sequence[Embedder]) -> dict[str, Any]:
    """Return what an index is made of; two indexes of the same inputs are the same."""
    return {
        "format": _FORMAT,
        "policies": [{"id": p.id, "sha256": p.sha256, "texts": _digest(_as_json(_texts(p)))} for p in policies],
        "analyzer": analyzer.identity,
        "embedders": {embedder.name: embedder.identity for embedder in embedders},
        "scoring": {"k1": _K1, "b": _B},
        "libraries": {
            distribution: _version_of(distribution)
            for distribution in ("policy-assistant", "bm25s", "jieba", "opencc", "snowballstemmer")
        },
    }


def _texts(policy: Policy) -> list[tuple[str, ...]]:
    texts = texts_of(policy, passages(policy))
    return [texts.embedded, texts.headings, texts.renderings]


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _save_shard(folder: Path, shard: Shard) -> None:
    import numpy as np

    folder.mkdir(parents=True)
    shard.bm25.save(folder / _BM25)
    (folder / _KEYS).write_text(_as_json(shard.keys), "utf-8")
    for name, vectors in shard.vectors.items():
        np.save(folder / f"{_file_name(name)}.npy", vectors, allow_pickle=False)


def _load_shard(folder: Path, policy: Policy, embedders: Sequence[Embedder]) -> Shard:
    import bm25s
    import numpy as np

    found = passages(policy)
    texts = texts_of(policy, found)
    files = {embedder.name: folder / f"{_file_name(embedder.name)}.npy" for embedder in embedders}
    try:
        return Shard(
            policy=policy,
            passages=found,
            bm25=bm25s.BM25.load(folder / _BM25),
            firsts=np.array(texts.firsts, np.int64),
            names_only=np.array([passage.names_only for passage in found]),
            defining=tuple(number for number, passage in enumerate(found) if passage.defines),
            # Mapped, but plain arrays: each result of a memmap would be one, which takes longer than small sums.
            vectors={
                name: np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)) for name, path in files.items()
            },
            rendered=np.array(texts.rendered, np.int64),
            keys=tuple(json.loads(_read(folder / _KEYS))),
        )
    except (OSError, ValueError) as error:
        # Its bytes were right a moment ago: it has been removed or altered since.
        raise IndexDamagedError(f"{folder}: cannot be loaded ({error}): {_REBUILD}") from error


def _manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a version, whose name is the manifest's SHA-256."""
    path = folder / _MANIFEST
    data = _read(path)
    if _sha256(data) != folder.name:
        raise IndexDamagedError(f"{path}: is not as it was written: {_REBUILD}")
    return dict(json.loads(data))


def _checked(folder: Path, file: str, manifest: dict[str, Any]) -> bytes:
    """Return the bytes of a file of a version, if they are as the manifest says."""
    data = _read(folder / file)
    if manifest["files"].get(file) != {"bytes": len(data), "sha256": _sha256(data)}:
        raise IndexDamagedError(f"{folder / file}: is not as it was written: {_REBUILD}")
    return data


def _is_whole(folder: Path) -> bool:
    try:
        manifest = _manifest(folder)
        for file in manifest["files"]:
            _checked(folder, file, manifest)
    except PolicyIndexError:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise IndexDamagedError(f"{path}: is missing: {_REBUILD}") from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> PolicyIndexError:
    return PolicyIndexError(
        f"{path}: cannot be read ({error.strerror}): name another folder with --index-dir or ASSISTANT_INDEX_DIR"
    )


def _file_name(name: str) -> str:
    """Return a name that is right for a file: a model may be called `BAAI/bge-m3`, a policy `manifest.json`."""
    return name if _PLAIN_NAME.fullmatch(name) else _digest(name)[:32]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digest(text: str) -> str:
    return _sha256(text.encode("utf-8", "surrogatepass"))


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
