"""Training data: pairs of a query and the passage that answers it, in batches of one policy.

Read from a folder with these files, none of which is kept in the project:

- `capp130_zh_en.jsonl`: sentences of policies with translation, topics and plain rewording
  (CAPP-130, CC BY 4.0);
- `xquad_zh_en_dev.jsonl`, `cmrc2018_trial.jsonl`: paragraphs with questions (CC BY-SA 4.0).

Passages take the shapes in which policies are indexed: a sentence, a sentence led by its
heading, and a clause with its last two headings. Lone headings serve as negatives.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

from assistant.text.numerals import HAN_NUMERAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

TRAIN_POLICIES = range(1, 101)
DEV_POLICIES = range(101, 111)
CLAUSE_CHARS = 230
KNOWN = ("written", "article")
"""Kinds of pairs of texts that were invented, of which is known what answers what."""
APART = ("general", *KNOWN)
"""Kinds of pairs that fill batches by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a policy."""

    policy: int
    zh: str
    """In Chinese; of what was written for training, in the text's own language."""
    en: str
    """Its English, or empty."""
    plain: str
    """A lawyer's plain rewording, or empty."""
    labels: frozenset[str]
    headings: tuple[str, ...]
    """The headings above it, outermost first."""
    clause: str
    """The text of the clause that it stands in, cut to `CLAUSE_CHARS` around it."""
    heading: bool
    """Whether it is a heading itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A query and its passage."""

    query: str
    passage: str
    negative: str
    """A passage that does not answer it: most often a lone heading of the same policy."""
    kind: str
    """Where the pair comes from, such as `en` or `plain`."""
    guide: str
    """The sentence that answers, in the language of the policy: passages close to it are no negatives."""
    need: frozenset[str] = field(default=frozenset())
    """Facets that the query asks for; a passage that has them all is no negative."""
    has: frozenset[str] = field(default=frozenset())
    """Facets that the passage speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of general knowledge with its questions."""

    text: str
    """In Chinese."""
    questions: tuple[tuple[str, str], ...]
    """Questions in Chinese and, or empty, in English."""


_NUMBER = f"[{HAN_NUMERAL}]+"
_MARKERS = (
    re.compile(rf"第{_NUMBER}[章部条节]|{_NUMBER}[、.．,，]|附件{_NUMBER}?|附录"),
    re.compile(rf"[（(]{_NUMBER}[)）]"),
    re.compile(r"\d{1,2}(\.\d{1,2}){0,3}[、.．,，\s　]?"),
    re.compile(r"[（(]\d{1,2}[)）]|\d{1,2}[)）]|[①-⑳]"),
)
_CLOSING = tuple("。；;：:，,！!?？")


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def heading_level(text: str) -> int | None:
    """Return the depth of a heading from 0, or None for what is not one.

    >>> heading_level("一、我们如何收集"), heading_level("1.2 注册"), heading_level("我们会收集您的手机号。")
    (0, 3, None)
    """
    if len(text) > 32 or text.endswith(_CLOSING[:3]) or text.count("，") > 1:
        return None
    for level, marker in enumerate(_MARKERS):
        match = marker.match(text)
        if match and len(text) - match.end() >= 2:
            return level + match.group().rstrip("、.．,， ").count(".") if level == 2 else level
    return None


def read_policies(folder: Path) -> dict[int, list[Sentence]]:
    """Return the sentences of each policy in their order, with headings and clauses found."""
    rows: dict[int, list[dict[str, Any]]] = {}
    for line in (folder / "capp130_zh_en.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        row["zh"], row["en"] = _squeezed(row["zh"]), _squeezed(row["en"])
        if row["zh"]:
            rows.setdefault(row["policy"], []).append(row)
    return {number: _with_clauses(number, policy) for number, policy in rows.items()}


def _with_clauses(number: int, rows: Sequence[dict[str, Any]]) -> list[Sentence]:
    texts = [str(row["zh"]) for row in rows]
    levels = [heading_level(text) for text in texts]
    # A heading's own number says little where nothing follows: a table of contents.
    starts = [index for index, level in enumerate(levels) if level is not None]
    bounds = dict(pairwise([*starts, len(texts)]))
    stack: list[tuple[int, str]] = []
    block = (0, starts[0] if starts else len(texts))
    found = []
    for index, (row, level) in enumerate(zip(rows, levels, strict=True)):
        if level is not None:
            while stack and stack[-1][0] >= level:
                stack.pop()
            stack.append((level, texts[index]))
            block = (index + 1, bounds[index])
        found.append(
            Sentence(
                policy=number,
                zh=texts[index],
                en=str(row["en"]),
                plain=_squeezed(str(row.get("plain") or "")),
                labels=frozenset(row["labels"]),
                headings=tuple(text for _, text in stack),
                heading=level is not None,
                clause=_window(texts, block, index),
            )
        )
    return found


def _window(texts: Sequence[str], block: tuple[int, int], index: int) -> str:
    left = right = index
    size = len(texts[index])
    while size < CLAUSE_CHARS:
        grown = size
        if right + 1 < block[1] and size + len(texts[right + 1]) <= CLAUSE_CHARS:
            right += 1
            size += len(texts[right])
        if left - 1 >= block[0] and size + len(texts[left - 1]) <= CLAUSE_CHARS:
            left -= 1
            size += len(texts[left])
        if size == grown:
            break
    return "".join(texts[left : right + 1])


def read_paragraphs(folder: Path, name: str) -> list[Paragraph]:
    """Return the paragraphs of `xquad` or `cmrc`."""
    file = {"xquad": "xquad_zh_en_dev.jsonl", "cmrc": "cmrc2018_trial.jsonl"}[name]
    found = []
    for line in (folder / file).read_text("utf-8").splitlines():
        row = json.loads(line)
        if name == "xquad":
            questions = tuple((_squeezed(q["zh"]), _squeezed(q["en"])) for q in row["questions"])
            found.append(Paragraph(text=_squeezed(row["context_zh"]), questions=questions))
        else:
            questions = tuple((_squeezed(q["q"]), "") for q in row["questions"])
            found.append(Paragraph(text=_squeezed(row["context"]), questions=questions))
    return found


def is_kept_out(place: int) -> bool:
    """Say whether the paragraph at a place measures, as every fourth does, rather than trains."""
    return place % 4 == 3


def split(paragraphs: Sequence[Paragraph], *, held_out: bool) -> list[Paragraph]:
    """Return the paragraphs that measure, or the others."""
    return [paragraph for number, paragraph in enumerate(paragraphs) if is_kept_out(number) == held_out]


def passage_of(sentence: Sentence, rng: random.Random) -> str:
    """Return the passage of a sentence in one of the shapes in which it may be indexed."""
    above = sentence.headings[:-1] if sentence.heading else sentence.headings
    draw = rng.random()
    if draw < 0.5 or not above:
        return sentence.zh
    if draw < 0.75:
        return f"{above[-1]}：{sentence.zh}"
    body = sentence.clause if draw < 0.9 else sentence.zh
    join = " › " if draw > 0.92 else " "
    return f"{join.join(above[-2:])} {body}"[: CLAUSE_CHARS + 20]


def passage_for(sentence: Sentence, rng: random.Random, *, english: bool) -> str:
    """Return the passage for a question: now and then the sentence's English, which policies come in too.

    Args:
        sentence: What answers.
        rng: Draws.
        english: Whether the question is in English.
    """
    if len(sentence.en) > 20 and rng.random() < (0.35 if english else 0.08):
        return sentence.en
    return passage_of(sentence, rng)


def scrap(policy: Sequence[Sentence], rng: random.Random, but: Sentence) -> str:
    """Return a lone heading or scrap of the policy that does not answer."""
    scraps = [s for s in policy if (s.heading or len(s.zh) <= 12) and s.zh not in but.headings and s.zh != but.zh]
    if not scraps:
        return rng.choice(policy).zh
    zh = rng.choice(scraps).zh
    if rng.random() < 0.15 and but.headings:
        return but.headings[-1] if but.headings[-1] != but.zh else zh
    return zh


def sentence_pairs(policy: Sequence[Sentence], rng: random.Random, *, kind: str) -> list[Pair]:
    """Return pairs of one policy: `en` (translation → sentence) or `plain` (rewording → sentence)."""
    pairs = []
    for sentence in policy:
        query = sentence.en if kind == "en" else sentence.plain
        if not query or sentence.heading or len(sentence.zh) < 8 or query == sentence.zh:
            continue
        if kind == "en" and len(sentence.zh) < 16 and rng.random() < 0.6:
            continue
        pairs.append(
            Pair(
                query=query,
                passage=passage_of(sentence, rng),
                negative=scrap(policy, rng, sentence),
                kind=kind,
                guide=sentence.zh,
            )
        )
    return pairs


def paragraph_pairs(paragraphs: Sequence[Paragraph], rng: random.Random) -> list[Pair]:
    """Return one pair a question: Chinese, and English where there is one, to the Chinese paragraph."""
    pairs = []
    for paragraph in paragraphs:
        for zh, en in paragraph.questions:
            other = rng.choice(paragraphs).text
            query = en if en and rng.random() < 0.6 else zh
            pairs.append(
                Pair(
                    query=query,
                    passage=paragraph.text[:300],
                    negative=other[:30],
                    kind="general",
                    guide=paragraph.text[:200],
                )
            )
    return pairs


def batches(
    groups: dict[str, dict[int, list[Pair]]], weights: dict[str, float], *, sizes: Sequence[int], seed: int
) -> Iterator[list[Pair]]:
    """Yield batches of pairs of one policy each, its kinds mixed by `weights`.

    Args:
        groups: Pairs by kind and policy, or other text.
        weights: Share of each kind; those of `APART` fill whole batches.
        sizes: Pairs in each batch; a passage appears once in it.
        seed: Of the draws.
    """
    rng = random.Random(seed)
    mixed = _Mixed(groups, weights, rng)
    apart = {kind: _Apart(groups[kind], rng) for kind in APART if weights.get(kind) and groups.get(kind)}
    rest = max(0.0, 1 - sum(weights[kind] for kind in apart))
    kinds: list[_Apart | _Mixed] = [*apart.values(), mixed]
    for size in sizes:
        yield rng.choices(kinds, [*(weights[kind] for kind in apart), rest])[0].batch(size)


class _Mixed:
    """Pairs of the other kinds: a batch is of one policy."""

    def __init__(
        self, groups: Mapping[str, Mapping[int, Sequence[Pair]]], weights: Mapping[str, float], rng: random.Random
    ) -> None:
        self._groups = {kind: by for kind, by in groups.items() if kind not in APART}
        self._weights = {kind: weight for kind, weight in weights.items() if kind not in APART}
        self._rng = rng
        self._queues: dict[tuple[str, int], list[Pair]] = {}
        self._policies = sorted({number for by in self._groups.values() for number in by})
        # Long policies have more to teach, but not in proportion to their length.
        self._lengths = [
            sum(len(by.get(number, ())) for by in self._groups.values()) ** 0.6 for number in self._policies
        ]

    def batch(self, size: int) -> list[Pair]:
        """Return `size` pairs, no passage twice."""
        number = self._policy()
        batch: dict[str, Pair] = {}
        for drawn in count():
            if len(batch) == size:
                break
            # A short policy does not fill a batch: sentences of another follow.
            pair = self._draw(number if drawn < size * 4 else self._policy())
            if pair is not None:
                batch.setdefault(pair.guide, pair)
        return list(batch.values())

    def _policy(self) -> int:
        return self._rng.choices(self._policies, self._lengths)[0]

    def _draw(self, number: int) -> Pair | None:
        kind = self._rng.choices(list(self._weights), list(self._weights.values()))[0]
        pairs = self._groups.get(kind, {}).get(number)
        if not pairs:
            return None
        queue = self._queues.setdefault((kind, number), [])
        if not queue:
            queue.extend(self._rng.sample(pairs, len(pairs)))
        return queue.pop()


class _Apart:
    """Pairs of one kind, by text: a batch has as many of a text's passages as there are, then those of the next."""

    def __init__(self, by: Mapping[int, Sequence[Pair]], rng: random.Random) -> None:
        self._by, self._rng = by, rng
        self._queues: dict[int, list[Pair]] = {}
        self._order = list(by)
        rng.shuffle(self._order)

    def batch(self, size: int) -> list[Pair]:
        """Return the next `size` pairs, no passage twice.

        Raises:
            ValueError: If there are not that many passages.
        """
        taken: dict[str, Pair] = {}
        for turn in range(2 * len(self._order)):
            number = self._order.pop(0)
            self._order.append(number)
            # What is left of a text may be about passages that were taken: in the second round all of it is looked at.
            left = self._queues.get(number) if turn < len(self._order) else None
            rest = []
            for pair in left or self._rng.sample(self._by[number], len(self._by[number])):
                if len(taken) < size and pair.guide not in taken:
                    taken[pair.guide] = pair
                else:
                    rest.append(pair)
            self._queues[number] = rest
            if len(taken) == size:
                return list(taken.values())
        raise ValueError(f"a batch needs {size} passages, but there are {len(taken)}")


def some_texts(folder: Path, *, count: int = 40) -> list[str]:
    """Return `3 x count` sentences of training policies with their prompts: passages, English and Chinese queries."""
    policies = read_policies(folder)
    sentences = [sentence for number in TRAIN_POLICIES for sentence in policies.get(number, ())]
    step = max(1, len(sentences) // count)
    passages = [f"passage: {sentence.zh}" for sentence in sentences[5::step]]
    english = [f"query: {sentence.en}" for sentence in sentences[11::step]]
    return [*passages, *english, *(f"query: {sentence.zh}" for sentence in sentences[23::step])]
