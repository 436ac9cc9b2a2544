"""Topics: what answers to a kind of question are like, by the questions written by hand over training policies.

Policies of different companies answer the same questions in much the same words. The questions of `asked.tsv` are
grouped with the sentences that answer them; of each group only means are kept: of its questions' vectors and of its
answers'. A new question is near some of these, and its answer in a new policy is near theirs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.backends.encoder_folder import write_checksums
from assistant.embedding import TOPICS_FILE, BundledEncoder
from training.data import TRAIN_POLICIES, read_policies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

ASKED = Path(__file__).parent / "asked.tsv"
TOPICS = 800
_ROUNDS = 25
_LEVELS = 127


def write_topics(folder: Path, data: Path, *, topics: int = TOPICS, seed: int = 0) -> int:
    """Group the questions by the encoder in `folder`, write `topics.npy` there, and renew the checksums.

    Args:
        folder: What `assistant.backends.encoder_folder.export` wrote.
        data: Folder with the policies.
        topics: Number of groups.
        seed: Of the sentences that groups begin with.

    Returns:
        Number of questions, each in both languages.
    """
    policies = read_policies(data)
    asked, answers = [], []
    for line in ASKED.read_text("utf-8").splitlines():
        place, *pair = line.split("\t")
        policy, number = map(int, place.split(":"))
        if policy in TRAIN_POLICIES:
            asked.append(pair)
            answers.append(policies[policy][number])
    encoder = BundledEncoder(folder)
    questions_zh, questions_en = (encoder.embed([pair[place] for pair in asked], "query") for place in (0, 1))
    answers_zh = encoder.embed([sentence.zh for sentence in answers], "passage")
    answers_en = encoder.embed([sentence.en or sentence.zh for sentence in answers], "passage")
    questions = unit(questions_zh + questions_en)
    group = grouped(unit(np.concatenate([questions, answers_zh], axis=1)), topics, seed=seed)
    # Alone, a sentence makes no mean.
    several = np.flatnonzero(np.bincount(group) > 1)
    of_topics = np.stack([means(rows, group)[several] for rows in (questions, answers_zh, answers_en)])
    np.save(folder / TOPICS_FILE, np.rint(_LEVELS * of_topics / np.abs(of_topics).max()).astype(np.int8))
    write_checksums(folder)
    return len(asked)


def grouped(rows: Floats, groups: int, *, seed: int) -> NDArray[np.int64]:
    """Return the group of each row, numbered from 0, by spherical k-means.

    Args:
        rows: Of unit length, shape (n, dim).
        groups: Number of groups, at most n; fewer if one of them stays empty.
        seed: Of the rows that the groups begin with.
    """
    centres = rows[np.random.default_rng(seed).choice(len(rows), min(groups, len(rows)), replace=False)]
    for _ in range(_ROUNDS):
        nearest = (rows @ centres.T).argmax(axis=1)
        held = np.unique(nearest)
        centres = centres.copy()
        centres[held] = means(rows, nearest)
    return np.unique((rows @ centres.T).argmax(axis=1), return_inverse=True)[1].astype(np.int64)


def means(rows: Floats, group: NDArray[np.int64]) -> Floats:
    """Return the mean of the rows of each group that has any, brought to unit length, in the order of the groups."""
    return unit(np.stack([rows[group == number].sum(axis=0) for number in np.unique(group)]))


def unit(rows: Floats) -> Floats:
    """Return the rows brought to unit length."""
    brought: Floats = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return brought
