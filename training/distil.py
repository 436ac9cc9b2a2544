"""Distillation from two teachers: of policies an encoder stays as it is, of general text it becomes like its base.

What an encoder learns of policies, it forgets of everything else. Here both teach its successor: for text about
policies it is to give the vectors that it gave, for other text the mean of these and its base's. The base's vectors
are those of another space; they are first turned into the trained one's by the rotation that brings both closest
(orthogonal Procrustes), which changes no distance between them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.text import has_han
from training.data import TRAIN_POLICIES, read_paragraphs, read_policies, split
from training.general import read_general
from training.written import ARTICLES, POLICIES, kept_in, read_written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from assistant.embedding import Role, Vectors
    from training.evaluate import Encode
    from training.train import Recipe

BASE_SHARE = 0.7
"""The base's part in what is aimed at for general text."""
GENERAL_IN_BATCH = 0.625
"""Share of general text in a batch."""
_MOST_OF_SOURCE = {"zh": 3_500, "en": 900, "both": 3_000}
_MOST = {"zh": 9_000, "en": 2_500, "both": 3_000}
"""Passages in a language, or in both."""
_PER_POLICY = 60
_CHARS = 1_400
_AS_PASSAGE = 0.75
"""Share of general passages that are read as such, the others as queries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text in the role that it is embedded in."""

    text: str
    role: Role
    weight: float = 1.0
    """How often it is drawn, beside others."""

    @property
    def prompted(self) -> str:
        """The text as the model reads it."""
        return f"{self.role}: {self.text}"


def general_examples(data: Path, *, seed: int = 5) -> list[Example]:
    """Return the text that is about no policy: of `general.jsonl`, XQuAD, CMRC and the invented articles.

    Paragraphs with their questions are few and drawn often.
    """
    rng = random.Random(seed)
    found = read_general(data)
    rng.shuffle(found)
    examples: list[Example] = []
    taken = dict.fromkeys(_MOST, 0)
    of_source: dict[tuple[str, str], int] = {}
    for one in found:
        kind = "both" if one.zh and one.en else "zh" if one.zh else "en"
        so_far = of_source.get((one.source, kind), 0)
        if taken[kind] >= _MOST[kind] or so_far >= _MOST_OF_SOURCE[kind]:
            continue
        taken[kind] += 1
        of_source[one.source, kind] = so_far + 1
        role: Role = "passage" if rng.random() < _AS_PASSAGE else "query"
        if kind == "both":
            examples.append(Example(text=one.en, role="query"))
        examples.append(Example(text=one.zh or one.en, role=role))
    for name, of_paragraph in (("xquad", 8.0), ("cmrc", 5.0)):
        for paragraph in split(read_paragraphs(data, name), held_out=False):
            examples.append(Example(text=paragraph.text, role="passage", weight=of_paragraph))
            asked = (text for question in paragraph.questions for text in question if text)
            examples += [Example(text=text, role="query", weight=3.0) for text in asked]
    for article in kept_in(read_written(ARTICLES), held_out=False):
        examples += [Example(text=passage.zh, role="passage", weight=1.5) for passage in article.passages]
        examples += [Example(text=question.text, role="query", weight=1.2) for question in article.questions]
    return examples


def policy_examples(data: Path, *, seed: int = 5) -> list[Example]:
    """Return the text that is about policies: invented ones with their questions, and sentences of CAPP-130."""
    rng = random.Random(seed)
    examples: list[Example] = []
    for text in kept_in(read_written(POLICIES), held_out=False):
        examples += [Example(text=passage.zh, role="passage") for passage in text.passages]
        examples += [Example(text=question.text, role="query") for question in text.questions]
    policies = read_policies(data)
    for number in TRAIN_POLICIES:
        sentences = [sentence for sentence in policies.get(number, ()) if len(sentence.zh) >= 8]
        for sentence in rng.sample(sentences, min(_PER_POLICY, len(sentences))):
            examples.append(Example(text=sentence.zh, role="passage"))
            if sentence.en and rng.random() < 0.5:
                examples.append(Example(text=sentence.en, role=rng.choice(("query", "passage"))))
    return examples


def embedded(examples: Sequence[Example], encode: Encode) -> Vectors:
    """Return the vectors of examples, each in its role: float32, shape (n, dim), rows of unit length."""
    rows: Vectors | None = None
    roles: tuple[Role, ...] = ("query", "passage")
    for role in roles:
        places = [place for place, example in enumerate(examples) if example.role == role]
        if places:
            found = encode([examples[place].text for place in places], role)
            rows = np.empty((len(examples), found.shape[1]), np.float32) if rows is None else rows
            rows[places] = found
    if rows is None:
        raise ValueError("there is no text to embed")
    return rows


def blended(base: Vectors, trained: Vectors, examples: Sequence[Example], *, share: float = BASE_SHARE) -> Vectors:
    """Return what is aimed at for general text: the mean of a base's vectors, turned, and a trained encoder's.

    Args:
        base: The base's vectors of `examples`, shape (n, dim).
        trained: Those of the encoder that was trained from it.
        examples: The texts; the mean of each language and role is taken from the base's vectors first.
        share: The base's part.

    Returns:
        float32, shape (n, dim), rows of unit length.
    """
    groups = np.array([2 * (example.role == "query") + has_han(example.text) for example in examples])
    own, theirs = base.astype(np.float64), trained.astype(np.float64)
    about, aims = np.empty_like(own), np.empty_like(theirs)
    for group in np.unique(groups):
        of_it = groups == group
        about[of_it] = own[of_it] - own[of_it].mean(axis=0)
        aims[of_it] = theirs[of_it] - theirs[of_it].mean(axis=0)
    left, sizes, right = np.linalg.svd(about.T @ aims)
    scale = sizes.sum() / (about**2).sum()
    turned = _unit(scale * about @ left @ right + theirs.mean(axis=0))
    return _unit(share * turned + (1 - share) * _unit(theirs)).astype(np.float32)


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def batches(
    general: Sequence[Example],
    policies: Sequence[Example],
    *,
    steps: int,
    batch: int,
    of_general: float = GENERAL_IN_BATCH,
    seed: int = 1,
) -> Iterator[list[int]]:
    """Yield the places of the examples of each batch; those of policies are counted on from the general ones."""
    rng = np.random.default_rng(seed)
    weights = np.array([example.weight for example in general])
    odds = weights / weights.sum()
    count = round(batch * of_general)
    for _ in range(steps):
        drawn = rng.choice(len(general), count, replace=False, p=odds)
        others = len(general) + rng.choice(len(policies), batch - count, replace=False)
        yield [*drawn.tolist(), *others.tolist()]


def distil(
    base: Path,
    model: Path,
    out: Path,
    data: Path,
    recipe: Recipe,
    *,
    load: Callable[[Path], Encode],
    share: float = BASE_SHARE,
    of_general: float = GENERAL_IN_BATCH,
    resume: bool = False,
) -> Path:
    """Train the model at `model` to keep what it knows of policies, and to know of other text what `base` does.

    Args:
        base: Folder of the base that it was trained from.
        model: Folder of the model.
        out: Folder of checkpoints; the result is in its `final`.
        data: Folder of the data.
        recipe: Options of the run.
        load: Returns the encoder of a folder.
        share: The base's part in what is aimed at for general text.
        of_general: Share of general text in a batch.
        resume: Whether to go on from the last checkpoint in `out`, if there is one.
    """
    from training.train import agree

    general, policies = general_examples(data), policy_examples(data)
    encode = load(model)
    trained = embedded(general, encode)
    aimed = blended(embedded(general, load(base)), trained, general, share=share)
    aims = np.concatenate([aimed, embedded(policies, encode)])
    texts = [example.prompted[:_CHARS] for example in (*general, *policies)]
    laid = list(
        batches(general, policies, steps=recipe.steps, batch=recipe.batch, of_general=of_general, seed=recipe.seed)
    )
    return agree(model, out, laid, recipe, texts=texts, aims=aims, resume=resume)
