"""What can be checked of the training without torch: the shipped folder, and the scope's regression."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from assistant.backends.encoder_folder import CHECKSUMS, write_checksums
from assistant.embedding import BundledEncoder
from training.regression import fit
from training.scope import OFF_TOPIC
from training.topics import grouped, means, unit

ENCODER = Path(__file__).parents[1] / "assistant" / "data" / "encoder"


def test_every_file_of_the_shipped_encoder_is_in_its_checksums() -> None:
    lines = (ENCODER / CHECKSUMS).read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {path.relative_to(ENCODER).as_posix(): path for path in ENCODER.rglob("*") if path.is_file()}
    assert set(sums) == set(files) - {CHECKSUMS}
    assert all(
        hashlib.sha256(path.read_bytes()).hexdigest() == sums[name] for name, path in files.items() if name in sums
    )


def test_the_shipped_encoder_is_small_and_laid_out_for_sentence_transformers() -> None:
    assert sum(path.stat().st_size for path in ENCODER.rglob("*") if path.is_file()) < 45_000_000
    modules = json.loads((ENCODER / "modules.json").read_text("utf-8"))
    assert [module["type"].rsplit(".", 1)[1] for module in modules] == ["Transformer", "Pooling", "Normalize"]
    prompts = json.loads((ENCODER / "config_sentence_transformers.json").read_text("utf-8"))["prompts"]
    assert {prompts["query"], prompts["passage"]} == {"query: ", "passage: "}


def test_the_scope_has_a_weight_for_each_dimension() -> None:
    scope = json.loads((ENCODER / "scope.json").read_text("utf-8"))
    assert len(scope["weights"]) == BundledEncoder().embed(["a"], "query").shape[1]


def test_topics_have_questions_and_answers() -> None:
    topics = np.load(ENCODER / "topics.npy", allow_pickle=False)
    assert topics.dtype == np.int8
    assert topics.shape[0] == 3
    assert topics.shape[2] == BundledEncoder().embed(["a"], "query").shape[1]


def test_rows_are_grouped_by_direction() -> None:
    rng = np.random.default_rng(1)
    directions = np.repeat(np.eye(8, dtype=np.float32)[:3], 20, axis=0)
    rows = unit(directions + 0.05 * rng.normal(size=(60, 8)).astype(np.float32))
    # Whatever three rows it begins with, more groups than directions divide none of these together.
    group = grouped(rows, 12, seed=0)
    assert all(len(set(group[start : start + 20]) & set(group[:start])) == 0 for start in (20, 40))
    assert (np.unique(group) == np.arange(group.max() + 1)).all()
    assert np.abs(np.linalg.norm(means(rows, group), axis=1) - 1).max() < 1e-5


def test_a_line_of_two_classes_is_found() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([1.0, 0.0], 100)
    x = rng.normal(size=(200, 8)) * 0.05 + np.outer(y - 0.5, np.eye(8)[0]) * 0.3
    slopes, intercept = fit(x, y, np.ones(200), penalty=1e-3)
    assert ((x @ slopes + intercept > 0) == (y == 1)).mean() > 0.98
    assert slopes.argmax() == 0


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"x")
    write_checksums(tmp_path)
    write_checksums(tmp_path)
    assert (tmp_path / CHECKSUMS).read_text("utf-8") == f"{hashlib.sha256(b'x').hexdigest()}  a/b\n"


def test_questions_that_are_off_topic_are_none_of_the_question_sets() -> None:
    lines = OFF_TOPIC.read_text("utf-8").splitlines()
    assert len(set(lines)) == len(lines) > 100
    asked = {
        json.loads(line)["question"].casefold().strip("?？")
        for path in (Path(__file__).parents[1] / "evals" / "questions").glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    }
    assert not asked & {line.casefold() for line in lines}
