"""Training, blending and exporting: on a tiny encoder with random weights, as the command line runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant import ModelError
from assistant.backends.encoder_folder import CHECKSUMS, export, is_encoder, to_torch
from assistant.embedding import BundledEncoder
from tests.models import data_folder, onnx_encoder, torch_encoder
from tests.test_training_mix import asked
from training.__main__ import main
from training.blending import blend
from training.data import read_policies
from training.distil import blended, embedded, general_examples, policy_examples
from training.evaluate import torch_encoder as torch_encode
from training.written import POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.backends.encoder_graph import Weights

pytestmark = pytest.mark.model

TEXTS = [
    "我们会收集您的手机号码，用于为您创建账户。",
    "您可以随时在设置页面中注销您的账户。",
    "为了配送，我们需要将您的收货地址共享给商家。",
    "未成年人应在监护人同意后使用我们的服务。",
    "We keep the record of a delivery for two years.",
    "How long do you keep my data?",
    "怎么注销？",
    "🙂",
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_folder(tmp_path_factory.mktemp("data") / "data")


@pytest.fixture(scope="module")
def torch_folder(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    known = [*TEXTS, *(path.read_text("utf-8") for path in data.iterdir())]
    return torch_encoder(tmp_path_factory.mktemp("models") / "torch", ["".join(known).replace("\n", "")], layers=2)


def rows(folder: Path, texts: list[str] = TEXTS, role: str = "passage") -> np.ndarray:
    """Return the vectors that torch gives."""
    from sentence_transformers import SentenceTransformer

    return np.asarray(SentenceTransformer(str(folder), device="cpu").encode(texts, prompt_name=role))


def another(torch_folder: Path, folder: Path) -> Path:
    """Write a model of the same shape and vocabulary with other weights."""
    known = json.loads((torch_folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return torch_encoder(folder, ["".join(piece for piece, _ in known[5:])], layers=2, seed=1)


def weights_of(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return dict(load_file(folder / "model.safetensors"))


# --- Export ------------------------------------------------------------------------------


@pytest.mark.parametrize(("weights", "least"), [("float", 0.9999), ("int8", 0.99), ("blocks8", 0.99), ("blocks4", 0.9)])
def test_what_is_exported_gives_the_vectors_of_torch(
    torch_folder: Path, tmp_path: Path, weights: Weights, least: float
) -> None:
    folder = export(
        torch_folder, tmp_path / "out", weights=weights, card="# Card", texts=[f"query: {t}" for t in TEXTS]
    )
    assert is_encoder(folder)
    encoder = BundledEncoder(folder)
    for role in ("query", "passage"):
        same = (rows(torch_folder, role=role) * encoder.embed(TEXTS, role)).sum(axis=1)
        assert same.min() >= least, same
    assert (folder / "README.md").read_text("utf-8") == "# Card"


@pytest.mark.parametrize("weights", ["float", "int8", "blocks8", "blocks4"])
def test_what_is_exported_and_unpacked_again_is_the_same(torch_folder: Path, tmp_path: Path, weights: Weights) -> None:
    texts = [f"query: {text}" for text in TEXTS]
    first = export(torch_folder, tmp_path / "first", weights=weights, texts=texts)
    unpacked = to_torch(first, tmp_path / "unpacked")
    assert (rows(unpacked) * BundledEncoder(first).embed(TEXTS, "passage")).sum(axis=1).min() > 0.999
    # Word embeddings come back to the bit.
    name = "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(weights_of(unpacked)[name], weights_of(torch_folder)[name])
    second = export(unpacked, tmp_path / "second", weights=weights, texts=texts)
    vectors = [BundledEncoder(folder).embed(TEXTS, "passage") for folder in (first, second)]
    assert (vectors[0] * vectors[1]).sum(axis=1).min() > 0.998
    if weights == "float":
        np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)


def test_the_trainers_padding_is_not_exported(torch_folder: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    saved = tmp_path / "saved"
    model = SentenceTransformer(str(torch_folder), device="cpu")
    model.max_seq_length = 8
    model.encode(TEXTS, batch_size=8)
    model.save_pretrained(str(saved), create_model_card=False)
    folder = export(saved, tmp_path / "out", weights="float")
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert tokenizer["padding"] is None
    assert tokenizer["truncation"] is None
    assert (rows(torch_folder) * BundledEncoder(folder).embed(TEXTS, "passage")).sum(axis=1).min() > 0.9999


def test_an_export_replaces_an_encoder_and_nothing_else(torch_folder: Path, tmp_path: Path) -> None:
    folder = export(torch_folder, tmp_path / "out", weights="float")
    assert export(torch_folder, folder, weights="int8", texts=[f"query: {TEXTS[0]}"]) == folder
    assert BundledEncoder(folder).embed(TEXTS, "query").shape == (len(TEXTS), 384)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(ModelError, match="is no encoder"):
        export(torch_folder, letters)
    assert (letters / "mine.txt").read_text("utf-8") == "mine"


def test_a_folder_that_was_altered_is_not_unpacked(torch_folder: Path, tmp_path: Path) -> None:
    folder = export(torch_folder, tmp_path / "out", weights="float")
    model = folder / "onnx" / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"\0")
    with pytest.raises(ModelError, match=r"onnx/model.onnx"):
        to_torch(folder, tmp_path / "torch")
    assert not (tmp_path / "torch").exists()


# --- Blend -------------------------------------------------------------------------------


def test_a_model_is_not_averaged_with_another_base(torch_folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(torch_folder, other)
    weights = load_file(other / "model.safetensors")
    name = next(name for name in weights if name.endswith("word_embeddings.weight"))
    save_file({**weights, name: weights[name][:-1]}, other / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"word_embeddings.weight is \(.*average a model with the base"):
        blend(other, torch_folder, tmp_path / "blend", share=0.5)
    assert not (tmp_path / "blend").exists()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_blend_is_the_mean_of_both(torch_folder: Path, data: Path, tmp_path: Path, share: float) -> None:
    other = another(torch_folder, tmp_path / "other")
    blended = weights_of(blend(torch_folder, other, tmp_path / "blend", share=share))
    old, new = weights_of(torch_folder), weights_of(other)
    for name, values in blended.items():
        np.testing.assert_allclose(values, (1 - share) * new[name] + share * old[name], rtol=1e-6)
    if share in (0, 1):
        wanted = rows(other if share == 0 else torch_folder)
        np.testing.assert_allclose(rows(tmp_path / "blend"), wanted, atol=1e-6)


# --- Runs --------------------------------------------------------------------------------

MODULE = """
import os
import sys
from pathlib import Path
import training.distil
import training.judged
import training.mix
from tests.test_training_mix import asked
from training.__main__ import main
from training.data import read_policies
training.mix.asked_pairs = lambda policies, *_: asked(policies)
training.judged.JUDGED = Path(os.environ.get("JUDGED", ""))
training.distil.POLICIES = training.distil.ARTICLES = Path(os.environ.get("INVENTED", ""))
sys.exit(main(sys.argv[1:]))
"""
"""`python -m training`, without the questions that were written by hand over other data."""


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a step of training in a process of its own, as they are run."""

    def step(*arguments: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", MODULE, *map(str, arguments)],
            capture_output=True,
            check=False,
            cwd=Path(__file__).parents[1],
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done

    return step


def train_options(data: Path, base: Path, out: Path, *more: object) -> list[object]:
    sizes = [
        "--batch",
        6,
        "--warmup",
        1,
        "--frozen-layers",
        1,
        "--save-every",
        2,
        "--threads",
        1,
        "--learning-rate",
        1e-3,
    ]
    return ["train", "--data", data, "--base", base, "--out", out, "--steps", 4, *sizes, *more]


def test_a_run_that_was_interrupted_reaches_the_end_of_one_that_was_not(
    data: Path, torch_folder: Path, tmp_path: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    run(*train_options(data, torch_folder, tmp_path / "whole"))
    before, whole = weights_of(torch_folder), weights_of(tmp_path / "whole" / "final")
    changed = {name for name in whole if name in before and not np.array_equal(before[name], whole[name])}
    assert "encoder.layer.1.output.dense.weight" in changed
    assert not {name for name in changed if name.startswith(("encoder.layer.0", "embeddings."))}

    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    shutil.rmtree(tmp_path / "cut" / "final")
    shutil.rmtree(tmp_path / "cut" / "checkpoint-4")
    done = run(*train_options(data, torch_folder, tmp_path / "cut", "--resume"))
    assert Path(done.stdout.strip().splitlines()[-1]) == tmp_path / "cut" / "final"
    resumed = weights_of(tmp_path / "cut" / "final")
    for name, values in whole.items():
        np.testing.assert_array_equal(resumed[name], values, err_msg=name)


@pytest.mark.parametrize("more", [(), ("--bf16",)])
def test_what_was_judged_brings_answers_nearer_than_near_misses(
    more: tuple[str, ...],
    data: Path,
    torch_folder: Path,
    tmp_path: Path,
    run: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentences = [sentence.zh for sentence in read_policies(data)[1]][:8]
    answers = {f"{number} {sentence[-6:]}？": number for number, sentence in enumerate(sentences)}
    judged = tmp_path / "judged.tsv"
    line = "{}\t1:{} y\t1:{} n\n"
    judged.write_text("".join(line.format(q, n, (n + 3) % 8) for q, n in answers.items()) * 6, "utf-8")
    monkeypatch.setenv("JUDGED", str(judged))

    def margin(folder: Path) -> float:
        asked, found = rows(folder, list(answers), "query"), rows(folder, sentences)
        return float(np.mean([row @ (found[n] - found[(n + 3) % 8]) for row, n in zip(asked, range(8), strict=True)]))

    run(*train_options(data, torch_folder, tmp_path / "run", "--judged-steps", 100, *more))
    # Four steps of ranking, and as many as the judged pairs fill.
    assert (tmp_path / "run" / "checkpoint-20").is_dir()
    assert margin(tmp_path / "run" / "final") > margin(torch_folder) + 0.05


def test_steps_of_making_the_encoder_follow_one_another(
    data: Path,
    torch_folder: Path,
    tmp_path: Path,
    run: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("training.mix.asked_pairs", lambda policies, *_: asked(policies))
    guide = onnx_encoder(tmp_path / "guide", torch_folder, TEXTS)
    run(*train_options(data, torch_folder, tmp_path / "run", "--guide", guide))
    out = tmp_path / "encoder"
    assert main(["export", "--data", str(data), "--model", str(tmp_path / "run" / "final"), "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: ")
    assert main(["scope", "--data", str(data), "--model", str(out)]) == 0
    assert "of the questions told right" in capsys.readouterr().out
    scope = BundledEncoder(out)
    assert np.isfinite(scope.scope(scope.embed(["怎么注销？"], "query")[0]))
    assert {"scope.json", "onnx/model.onnx", "README.md"} <= {
        line.split("  ")[1] for line in (out / CHECKSUMS).read_text("utf-8").splitlines()
    }
    assert main(["unpack", "--model", str(out), "--out", str(tmp_path / "unpacked")]) == 0
    assert (rows(tmp_path / "unpacked") * scope.embed(TEXTS, "passage")).sum(axis=1).min() > 0.999


def test_a_model_stays_what_it_is_on_policies_and_becomes_like_its_base_elsewhere(
    data: Path,
    torch_folder: Path,
    tmp_path: Path,
    run: Callable[..., subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of the invented texts a few are enough.
    (tmp_path / "invented").mkdir()
    shutil.copy(min(POLICIES.glob("*.txt"), key=lambda path: path.stat().st_size), tmp_path / "invented")
    monkeypatch.setenv("INVENTED", str(tmp_path / "invented"))
    for name in ("POLICIES", "ARTICLES"):
        monkeypatch.setattr(f"training.distil.{name}", tmp_path / "invented")
    trained = another(torch_folder, tmp_path / "trained")
    shutil.copytree(data, tmp_path / "data")
    (tmp_path / "data" / "general.jsonl").write_text("", encoding="utf-8")
    final = tmp_path / "d" / "final"
    folders = ["--data", tmp_path / "data", "--base", torch_folder, "--model", trained, "--out", final.parent]
    sizes = ["--steps", 150, "--batch", 16, "--threads", 1, "--learning-rate", 5e-4, "--save-every", 75]
    done = run("distil", *folders, *sizes, "--frozen-layers", 1, "--warmup", 1)
    assert Path(done.stdout.strip().splitlines()[-1]) == final
    general = general_examples(tmp_path / "data")[:40]
    policies = [example.text for example in policy_examples(tmp_path / "data") if example.role == "passage"][:40]
    encode = torch_encode(trained, threads=1)
    aims = blended(embedded(general, torch_encode(torch_folder, threads=1)), embedded(general, encode), general)
    before, after = (
        (embedded(general, torch_encode(folder, threads=1)) * aims).sum(axis=1).mean() for folder in (trained, final)
    )
    assert 1 - after < 0.8 * (1 - before)
    assert (rows(trained, policies) * rows(final, policies)).sum(axis=1).mean() > 0.98


def test_training_needs_its_data(torch_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(option) for option in train_options(tmp_path, torch_folder, tmp_path / "out")]) == 1
    assert "capp130_zh_en.jsonl: is not there" in capsys.readouterr().err
