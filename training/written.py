"""Policies and articles that were invented for training, with questions and what of them answers: by hand.

`policies/` has policies of many kinds of companies, `articles/` paragraphs of general knowledge, half of each in
English. A file holds one text or, after lines of `===`, several; each of them is a title, then numbered passages under
headings (`## …`), then after a line of `---` a question a line: the question, the numbers of the passages that answer
it or `-`, and those of passages that seem to. A passage that is not among the former does not answer, so that these
questions tell exactly what is no negative, and what a whole policy leaves open.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from assistant.text import has_han
from training.data import CLAUSE_CHARS, Pair, Sentence, passage_of
from training.judged import JudgedPair

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.embedding import Embedder

POLICIES = Path(__file__).parent / "policies"
ARTICLES = Path(__file__).parent / "articles"
FOLDERS = {"written": POLICIES, "article": ARTICLES}
"""By kind of the pairs that are made of it."""
FIRST = 1_000
"""Number of the first text; those of the data come before."""
HELD_OUT = 9
"""One text in nine is kept out of training, and measures."""
_CLOSEST = 3
"""Of a question without an answer so many passages are judged besides, those that a guide finds closest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with the places of the passages that answer it, and of some that seem to."""

    text: str
    answers: tuple[int, ...]
    near: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text with its questions."""

    name: str
    """Name of its file."""
    number: int
    """Among all of a folder, from `FIRST`."""
    passages: tuple[Sentence, ...]
    """In its own language, Chinese or English, both in `zh`."""
    questions: tuple[Question, ...]

    @property
    def answering(self) -> list[frozenset[str]]:
        """By passage the questions that it answers, named as in `Pair.need` and `Pair.has`."""
        found: list[set[str]] = [set() for _ in self.passages]
        for place, question in enumerate(self.questions):
            for answer in question.answers:
                found[answer].add(f"{self.number}:{place}")
        return [frozenset(one) for one in found]


def read_written(folder: Path) -> list[Written]:
    """Return the texts of a folder's files, in the order of their names.

    Raises:
        ValueError: If a file is not as it should be; the message names its line.
    """
    texts = [
        (path.stem, text) for path in sorted(folder.glob("*.txt")) for text in path.read_text("utf-8").split("\n===\n")
    ]
    return [_read(name, FIRST + place, text) for place, (name, text) in enumerate(texts)]


def kept_in(texts: Sequence[Written], *, held_out: bool) -> list[Written]:
    """Return the texts that measure, or the others, which train: by their words, whatever comes beside them."""
    return [text for text in texts if (crc32(text.passages[0].zh.encode()) % HELD_OUT == 0) == held_out]


def _read(name: str, number: int, text: str) -> Written:
    top, _, bottom = text.partition("\n---\n")
    title, *lines = top.strip("\n").split("\n")
    passages: list[Sentence] = []
    headings: tuple[str, ...] = ()
    for line in lines:
        if line.startswith("## "):
            headings = (line.removeprefix("## ").strip(),)
        elif line.strip():
            place, _, words = line.partition("\t")
            if place != str(len(passages) + 1) or not words.strip():
                raise ValueError(f"{name}: expected the number {len(passages) + 1} and a tab, but found {line[:40]!r}")
            passages.append(_passage(number, words.strip(), headings))
    questions = [_question(name, line, len(passages)) for line in bottom.split("\n") if line.strip()]
    if not passages or not questions:
        raise ValueError(f"{name}: {title[:40]!r} needs passages, a line of ---, and questions")
    return Written(name=name, number=number, passages=tuple(passages), questions=tuple(questions))


def _passage(number: int, words: str, headings: tuple[str, ...]) -> Sentence:
    return Sentence(
        policy=number,
        zh=words,
        en="",
        plain="",
        labels=frozenset(),
        headings=headings,
        clause=words[:CLAUSE_CHARS],
        heading=False,
    )


def _question(name: str, line: str, count: int) -> Question:
    columns = line.split("\t")
    if len(columns) != 3:
        raise ValueError(f"{name}: a question needs three columns, but this has {len(columns)}: {line[:60]!r}")
    text, *places = columns
    answers, near = (
        () if column.strip() == "-" else tuple(_place(part) for part in column.split(",")) for column in places
    )
    if not all(0 <= place < count for place in answers + near) or set(answers) & set(near):
        raise ValueError(f"{name}: no such passage, or one in both columns: {line[:60]!r}")
    return Question(text=text.strip(), answers=answers, near=near)


def _place(number: str) -> int:
    """Return the place of the passage of a number; -1 for what is no number."""
    return int(number) - 1 if number.strip().isdecimal() else -1


def written_pairs(text: Written, rng: random.Random, *, kind: str) -> list[Pair]:
    """Return a pair for each question that the text answers and each passage that does.

    Args:
        text: The text.
        rng: Draws the shapes of passages and the headings that are negatives.
        kind: Of the pairs.
    """
    answering = text.answering
    headings = sorted({heading for passage in text.passages for heading in passage.headings}) or [""]
    return [
        Pair(
            query=question.text,
            passage=passage_of(text.passages[answer], rng),
            negative=rng.choice(headings),
            kind=kind,
            guide=text.passages[answer].zh,
            need=frozenset((f"{text.number}:{place}",)),
            has=answering[answer],
        )
        for place, question in enumerate(text.questions)
        for answer in question.answers
    ]


def written_judgements(
    texts: Sequence[Written], guide: Embedder | None = None, *, seed: int = 7
) -> Iterator[list[JudgedPair]]:
    """Yield the questions of texts, each with passages and whether these answer it.

    Args:
        texts: The texts.
        guide: An encoder; of what answers none of a question, the passages that it finds closest are judged, too.
        seed: Of the draws of shapes.
    """
    for text in texts:
        closest = [question.near for question in text.questions]
        if guide is not None:
            asked = guide.embed([question.text for question in text.questions], "query")
            found = guide.embed([passage.zh for passage in text.passages], "passage")
            order = (-(asked @ found.T)).argsort(axis=1, kind="stable")[:, :_CLOSEST].tolist()
            closest = [
                question.near if question.answers else tuple(dict.fromkeys((*question.near, *row)))
                for question, row in zip(text.questions, order, strict=True)
            ]
        for question, near in zip(text.questions, closest, strict=True):
            pairs = []
            for place in (*question.answers, *near):
                # One draw for a passage and a language: what several questions share is embedded once.
                rng = random.Random(f"{seed} {text.number}:{place} {has_han(question.text)}")
                pairs.append(
                    JudgedPair(
                        query=question.text,
                        passage=passage_of(text.passages[place], rng),
                        answers=float(place in question.answers),
                        policy=text.number,
                        number=place,
                    )
                )
            yield pairs
