"""The sentence-transformers adapter: on small real models made here, and without the package."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from assistant import Assistant, ModelError, Settings
from assistant.backends import embedders, parts, reranker
from assistant.backends.sentence_transformers import CrossEncoderReranker, SentenceTransformerEmbedder
from assistant.cli import main
from assistant.embedding import bundled_embedders
from assistant.errors import SettingsError
from tests.conftest import FakeEmbedder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentence_transformers import SentenceTransformer

    from assistant.embedding import Role

PROMPTS = {"query": "问：", "passage": "文："}
TEXTS = ["我们会收集您的手机号码。", "您可以注销账号。", "we keep the record of a delivery for two years"]


# --- Without the package ---------------------------------------------------------------


class FakeModel:
    """Stands in for `SentenceTransformer`: keeps what it was given; vectors count characters."""

    made: list[FakeModel]

    def __init__(self, source: str, **options: Any) -> None:
        self.source, self.options = source, options
        self.prompts = {"query": "", "document": ""} | (options["prompts"] or {})
        self.calls: list[tuple[str, list[str], dict[str, Any]]] = []
        self.at_once = 0
        FakeModel.made.append(self)

    def encode_query(self, inputs: list[str], **options: Any) -> np.ndarray:
        return self._encode("query", inputs, options)

    def encode_document(self, inputs: list[str], **options: Any) -> np.ndarray:
        return self._encode("document", inputs, options)

    def _encode(self, kind: str, inputs: list[str], options: dict[str, Any]) -> np.ndarray:
        self.at_once += 1
        assert self.at_once == 1, "two threads in one model"
        self.calls.append((kind, inputs, options))
        rows = np.array([[len(text), 1, text.count("号")] for text in inputs], np.float16)
        self.at_once -= 1
        return rows


class FakeCrossEncoder:
    """Stands in for `CrossEncoder`: a text is the better the more characters it shares with the question."""

    made: list[FakeCrossEncoder]

    def __init__(self, source: str, **options: Any) -> None:
        self.source, self.options = source, options
        self.calls: list[tuple[list[tuple[str, str]], dict[str, Any]]] = []
        FakeCrossEncoder.made.append(self)

    def predict(self, inputs: list[tuple[str, str]], **options: Any) -> np.ndarray:
        self.calls.append((inputs, options))
        return np.array([len(set(asked) & set(text)) for asked, text in inputs], np.float32)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeModel]:
    """A package `sentence_transformers` without torch."""
    module = types.ModuleType("sentence_transformers")
    module.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
    module.SentenceTransformer = FakeModel  # type: ignore[attr-defined]
    module.CrossEncoder = FakeCrossEncoder  # type: ignore[attr-defined]
    torch = types.ModuleType("torch")
    torch.nn = types.SimpleNamespace(Identity=lambda: "as it is")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    FakeCrossEncoder.made = []
    monkeypatch.setitem(sys.modules, "sentence_transformers", module)
    bars = types.ModuleType("transformers.utils.logging")
    vars(bars).update(is_progress_bar_enabled=bool, disable_progress_bar=bool, enable_progress_bar=bool)
    monkeypatch.setitem(sys.modules, "transformers.utils.logging", bars)
    known = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "9.9" if name == "sentence-transformers" else known(name))
    monkeypatch.delenv("SENTENCE_TRANSFORMERS_HOME", raising=False)
    FakeModel.made = []
    return FakeModel


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of a model, as far as their names and bytes matter."""
    made = tmp_path / "models" / "Tiny_Model v1.5"
    (made / "1_Pooling").mkdir(parents=True)
    (made / "modules.json").write_text("[]")
    (made / "1_Pooling" / "config.json").write_text("{}")
    (made / "model.safetensors").write_bytes(bytes(4_000))
    return made


@pytest.fixture
def cached(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache with a snapshot of `some/model`, and of `sentence-transformers/bare`."""
    home = tmp_path / "hub"
    for name in ("some--model", "sentence-transformers--bare"):
        repository = home / f"models--{name}"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("c0ffee")
        shutil.copytree(folder, repository / "snapshots" / "c0ffee")
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(home))
    return home


USES: tuple[Callable[[SentenceTransformerEmbedder], object], ...] = (
    lambda e: e.identity,
    lambda e: e.embed(["a"], "query"),
)


@pytest.mark.parametrize("use", USES)
def test_a_missing_package_is_named_with_its_extra(
    use: Callable[[SentenceTransformerEmbedder], object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"pip install '\.\[models\]'"):
        use(SentenceTransformerEmbedder(folder))


@pytest.mark.parametrize(
    "source", ["/no/such/folder", "./models/none", "~/none", "~nobody-here/none", "some/model", "bare"]
)
def test_a_missing_model_is_named_with_the_remedy(
    source: str, fake: type[FakeModel], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    for use in USES:
        with pytest.raises(
            ModelError, match=f"'{source}' is neither a folder .* check the path, or .* `hf download {source}`"
        ):
            use(SentenceTransformerEmbedder(source))
    assert fake.made == []


def test_nothing_is_imported_before_its_use() -> None:
    embedder = SentenceTransformerEmbedder("/no/such/folder")
    assert embedder.name == "folder"
    assert embedders(Settings(embedder="/no/such/folder"))[0].name == "folder"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("BAAI/bge-m3", "bge-m3"),
        ("intfloat/multilingual-e5-small", "multilingual-e5-small"),
        ("models/Mine v1.5/", "mine-v1-5"),
        ("x/bm25", "dense"),
        ("模型", "dense"),
        ("a/" + "long" * 50, ("long" * 50)[:64]),
    ],
)
def test_the_leg_is_named_for_the_model(source: str, name: str) -> None:
    assert SentenceTransformerEmbedder(source).name == name


def test_roles_texts_and_options_reach_the_model(fake: type[FakeModel], folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(folder, device="cpu", batch_size=7)
    rows = embedder.embed(["  手机\n号\u200b ", ""], "passage")
    embedder.embed(["手机号"], "query")
    (model,) = fake.made
    options = {"prompt": "", "batch_size": 7, "show_progress_bar": False}
    assert model.calls == [("document", ["手机 号", " "], options), ("query", ["手机号"], options)]
    assert model.source == str(folder)
    assert model.options == {"device": "cpu", "prompts": None, "cache_folder": None, "local_files_only": True}
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("saved", "prompts"),
    [
        ({}, ("", "")),
        ({"query": "q: ", "document": "d: "}, ("q: ", "d: ")),
        ({"query": "q: ", "passage": "p: "}, ("q: ", "p: ")),
        ({"corpus": "c: "}, ("", "c: ")),
        ({"document": "d: ", "passage": "p: ", "other": "o: "}, ("", "d: ")),
    ],
)
def test_the_models_prompt_for_the_role_is_used(
    fake: type[FakeModel], folder: Path, saved: dict[str, str], prompts: tuple[str, str]
) -> None:
    embedder = SentenceTransformerEmbedder(folder, prompts=saved)
    embedder.embed(["a"], "query")
    embedder.embed(["a"], "passage")
    assert tuple(options["prompt"] for _, _, options in fake.made[0].calls) == prompts


@pytest.mark.parametrize("role", ["query", "passage"])
def test_no_texts_give_no_rows(fake: type[FakeModel], folder: Path, role: Role) -> None:
    rows = SentenceTransformerEmbedder(folder).embed([], role)
    assert rows.shape == (0, 3)
    assert rows.dtype == np.float32


def test_a_text_the_model_knows_nothing_of_has_a_zero_row(
    fake: type[FakeModel], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_encode", lambda *_: np.zeros((1, 3), np.float32))
    assert SentenceTransformerEmbedder(folder).embed(["?"], "query").tolist() == [[0, 0, 0]]


def test_a_model_that_gives_no_numbers_is_refused(
    fake: type[FakeModel], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake, "_encode", lambda *_: np.full((1, 3), np.nan, np.float16))
    with pytest.raises(ModelError, match="not numbers"):
        SentenceTransformerEmbedder(folder).embed(["?"], "query")


def test_threads_share_one_model_and_take_turns(fake: type[FakeModel], folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(folder)
    barrier = threading.Barrier(8)

    def embed(_: int) -> None:
        barrier.wait()
        embedder.embed(TEXTS, "query")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(embed, range(8)))
    assert len(fake.made) == 1
    assert len(fake.made[0].calls) == 8


def test_a_model_that_does_not_load(fake: type[FakeModel], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("  missing\nweights  ")

    monkeypatch.setattr(fake, "__init__", fail)
    with pytest.raises(
        ModelError, match=r"Tiny_Model v1\.5' does not load \(KeyError: .*missing.*weights.*check the files"
    ):
        SentenceTransformerEmbedder(folder).embed(["a"], "query")


# --- Identity --------------------------------------------------------------------------


def test_identity_says_what_the_vectors_depend_on(fake: type[FakeModel], folder: Path) -> None:
    identity = SentenceTransformerEmbedder(folder).identity
    assert identity.startswith("Tiny_Model v1.5 sha256:")
    assert identity.endswith(" sentence-transformers 9.9")
    prompts = {"query": "问："}
    assert SentenceTransformerEmbedder(folder, prompts=prompts).identity == f'{identity} {{"query": "问："}}'
    assert fake.made == [], "an index that is up to date must not cost the loading of a model"


def test_identity_changes_with_a_file_and_only_then(fake: type[FakeModel], folder: Path, tmp_path: Path) -> None:
    def identity(path: Path = folder) -> str:
        return SentenceTransformerEmbedder(path).identity

    before = identity()
    moved = shutil.copytree(folder, tmp_path / "elsewhere" / folder.name)
    os.utime(moved / "model.safetensors", (0, 0))
    assert identity(moved) == before
    for unread in ("README.md", ".gitattributes", "onnx/model.onnx", "tf_model.h5"):
        (folder / unread).parent.mkdir(exist_ok=True)
        (folder / unread).write_text("other")
        assert identity() == before, unread
    weights = bytearray(4_000)
    weights[2_000] = 1
    (folder / "model.safetensors").write_bytes(weights)
    changed = identity()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode": "max"}')
    assert len({before, changed, identity()}) == 3
    (folder / "1_Pooling" / "config.json").rename(folder / "config.json")
    assert identity() not in (before, changed)


def test_a_file_that_cannot_be_read_is_named(
    fake: type[FakeModel], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    # Not by the file's mode: root may read everything.
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelError, match=r"config\.json: cannot be read \(Permission denied\)"):
        _ = SentenceTransformerEmbedder(folder).identity


# --- Names on the hub ------------------------------------------------------------------


@pytest.mark.parametrize(("name", "place"), [("some/model", "some--model"), ("bare", "sentence-transformers--bare")])
def test_a_name_stands_for_its_snapshot_in_the_cache(
    name: str, place: str, fake: type[FakeModel], cached: Path
) -> None:
    embedder = SentenceTransformerEmbedder(name)
    embedder.embed(["a"], "query")
    assert fake.made[0].source == str(cached / f"models--{place}" / "snapshots" / "c0ffee")
    assert fake.made[0].options["local_files_only"] is True
    assert embedder.identity.startswith(f"{name} sha256:")


def test_downloads_only_what_it_is_told_to(fake: type[FakeModel], cached: Path, folder: Path) -> None:
    embedder = SentenceTransformerEmbedder("some/model", download=True)
    # A newer state may come with the loading, so that the identity waits for it.
    assert embedder.identity.startswith("some/model sha256:")
    assert (fake.made[0].source, fake.made[0].options["local_files_only"]) == ("some/model", False)
    assert fake.made[0].options["cache_folder"] == str(cached)
    SentenceTransformerEmbedder(folder, download=True).embed(["a"], "query")
    assert fake.made[1].options["local_files_only"] is True


# --- Choice ----------------------------------------------------------------------------


def test_settings_choose_the_embedder() -> None:
    assert [type(embedder) for embedder in embedders(Settings())] == [type(e) for e in bundled_embedders()]
    (chosen,) = embedders(Settings(embedder="BAAI/bge-m3"))
    assert isinstance(chosen, SentenceTransformerEmbedder)


def test_a_setting_that_the_core_cannot_follow_is_not_passed_over(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"'BAAI/bge-m3'.*assistant\.backends\.embedders"):
        Assistant.open(settings=settings.model_copy(update={"embedder": "BAAI/bge-m3"}))


def test_the_command_line_follows_the_setting(
    corpus: Path,
    fake: type[FakeModel],
    folder: Path,
    index_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ASSISTANT_EMBEDDER", str(folder))
    where = ["--corpus", str(corpus), "--index-dir", str(index_dir)]
    assert main(["index", *where]) == 0
    assert main(["search", "怎么注销账号", *where]) == 0
    assert "tiny-model-v1-5 " in capsys.readouterr().out
    monkeypatch.setenv("ASSISTANT_EMBEDDER", "/no/such/folder")
    assert main(["ask", "怎么注销账号", *where]) == 1
    assert "'/no/such/folder'" in capsys.readouterr().err


# --- Rerankers -------------------------------------------------------------------------


def test_pairs_and_options_reach_the_cross_encoder(fake: type[FakeModel], folder: Path) -> None:
    model = CrossEncoderReranker(folder, device="cpu", batch_size=7)
    assert model.name == "tiny-model-v1-5"
    assert model.scores("手机\n号", []).shape == (0,)
    assert FakeCrossEncoder.made == []
    scores = model.scores("手机\n号", ["  手机\n\n号\u200b码 ", ""])
    model.scores("a", ["b"])
    (made,) = FakeCrossEncoder.made
    assert scores.dtype == np.float64
    assert scores.tolist() == [4, 1]
    options = {"batch_size": 7, "show_progress_bar": False, "activation_fn": "as it is"}
    assert made.calls[0] == ([("手机 号", "手机 号码"), ("手机 号", " ")], options)
    assert made.source == str(folder)
    assert made.options == {"device": "cpu", "cache_folder": None, "local_files_only": True}


@pytest.mark.parametrize("raw", [[[0.1, 0.9], [0.2, 0.8]], [np.nan, 1.0], [1.0]])
def test_a_cross_encoder_that_gives_no_scores_is_refused(
    raw: list[Any], fake: type[FakeModel], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeCrossEncoder, "predict", lambda *_, **__: np.array(raw))
    with pytest.raises(ModelError, match=r"reranking model .*Tiny_Model v1\.5' does not give one number for each pair"):
        CrossEncoderReranker(folder).scores("a", ["b", "c"])


def test_a_missing_cross_encoder_is_named_with_the_remedy(
    fake: type[FakeModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    with pytest.raises(ModelError, match=r"'some/model' is neither a folder .* `hf download some/model`"):
        CrossEncoderReranker("some/model").scores("a", ["b"])
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"every reranking model by name or path needs .*\.\[models\]"):
        CrossEncoderReranker("some/model").scores("a", ["b"])


def test_a_model_is_fetched_if_the_settings_say_so(fake: type[FakeModel], cached: Path) -> None:
    allowed = Settings(embedder="some/model", reranker="some/model", model_download=True)
    found = parts(allowed)
    found["embedders"][0].embed(["a"], "query")
    assert found["reranker"]
    found["reranker"].scores("a", ["b"])
    made = (fake.made[0], FakeCrossEncoder.made[0])
    assert [(model.source, model.options["local_files_only"]) for model in made] == [("some/model", False)] * 2
    forbidden = parts(Settings(embedder="some/model", reranker="some/model"))
    assert forbidden["reranker"]
    forbidden["reranker"].scores("a", ["b"])
    assert FakeCrossEncoder.made[1].options["local_files_only"] is True


def test_the_command_line_follows_the_settings_of_the_reranker(
    corpus: Path,
    fake: type[FakeModel],
    folder: Path,
    index_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("assistant.backends.embedders", lambda settings: (FakeEmbedder(),))
    monkeypatch.setenv("ASSISTANT_RERANKER", str(folder))
    monkeypatch.setenv("ASSISTANT_RERANK_K", "12")
    where = ["--corpus", str(corpus), "--index-dir", str(index_dir)]
    assert main(["search", "怎么注销账号", *where]) == 0
    assert "tiny-model-v1-5 1\n" in capsys.readouterr().out
    ((pairs, _),) = FakeCrossEncoder.made[0].calls
    assert len(pairs) == 12
    monkeypatch.setenv("ASSISTANT_RERANKER", "/no/such/folder")
    assert main(["ask", "怎么注销账号", *where]) == 1
    assert "reranking model '/no/such/folder'" in capsys.readouterr().err


def test_device_and_backend_are_settings(fake: type[FakeModel], folder: Path) -> None:
    found = parts(Settings(embedder=str(folder), reranker=str(folder), model_device="cpu", model_backend="onnx"))
    found["embedders"][0].embed(["a"], "query")
    assert found["reranker"]
    found["reranker"].scores("a", ["b"])
    for options in (fake.made[0].options, FakeCrossEncoder.made[0].options):
        assert (options["device"], options["backend"]) == ("cpu", "onnx")


def test_identity_tells_backends_apart_each_by_its_own_weights(fake: type[FakeModel], folder: Path) -> None:
    def identities() -> list[str]:
        return [
            SentenceTransformerEmbedder(folder, backend=backend).identity for backend in ("torch", "onnx", "openvino")
        ]

    before = identities()
    assert [identity.rsplit(" ", 1)[1] for identity in before] == ["9.9", "onnx", "openvino"]
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").write_bytes(b"other")
    after = identities()
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, False, True]


def test_a_bar_is_shown_only_if_wanted_and_for_many_texts(fake: type[FakeModel], folder: Path) -> None:
    for progress in (False, True):
        embedder = SentenceTransformerEmbedder(folder, batch_size=2, progress=progress)
        embedder.embed(["a"], "query")
        embedder.embed(["a", "b", "c"], "passage")
    assert [options["show_progress_bar"] for made in fake.made for _, _, options in made.calls] == [
        False, False, False, True,
    ]  # fmt: skip


def test_no_reranker_is_loaded_by_default() -> None:
    assert reranker(Settings()) is None


# --- Real models -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def vocabulary() -> list[str]:
    """The characters and words of a few invented sentences."""
    return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *sorted({*"".join(TEXTS), *"问文：", *TEXTS[2].split()} - {" "})]


@pytest.fixture(scope="module")
def static_folder(tmp_path_factory: pytest.TempPathFactory, vocabulary: list[str]) -> Path:
    """A model that averages the vectors of words and characters, saved with prompts."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {word: number for number, word in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    weights = np.random.default_rng(0).standard_normal((len(words), 16)).astype(np.float32)
    model = SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu", prompts=PROMPTS
    )
    path = tmp_path_factory.mktemp("models") / "static"
    model.save(str(path), create_model_card=False)
    return path


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory, vocabulary: list[str]) -> Path:
    """A transformer of one layer with random weights, without prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    base = tmp_path_factory.mktemp("base")
    (base / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **sizes)).save_pretrained(base)
    BertTokenizerFast(str(base / "vocab.txt")).save_pretrained(base)
    transformer = Transformer(str(base))
    path = tmp_path_factory.mktemp("models") / "bert"
    SentenceTransformer(modules=[transformer, Pooling(16)], device="cpu").save(str(path), create_model_card=False)
    return path


@pytest.fixture(params=["static", "bert"])
def model_folder(request: pytest.FixtureRequest) -> Path:
    """Each of the small models."""
    return Path(request.getfixturevalue(f"{request.param}_folder"))


def _loaded(folder: Path) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.model
def test_vectors_are_the_models_own(model_folder: Path) -> None:
    model = _loaded(model_folder)
    embedder = SentenceTransformerEmbedder(model_folder, device="cpu", batch_size=2)
    for role in ("query", "passage"):
        rows = embedder.embed(TEXTS, role)
        wanted = model.encode(TEXTS, prompt=model.prompts.get(role) or "", normalize_embeddings=True)
        assert rows.shape == (3, 16)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(rows, wanted, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)


@pytest.mark.model
def test_loading_prints_nothing_and_leaves_progress_bars_as_they_were(
    bert_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    assert logging.is_progress_bar_enabled()
    SentenceTransformerEmbedder(bert_folder).embed(TEXTS, "query")
    assert capfd.readouterr() == ("", "")
    assert logging.is_progress_bar_enabled()


@pytest.mark.model
def test_saved_prompts_tell_questions_from_passages(static_folder: Path, bert_folder: Path) -> None:
    def differ(embedder: SentenceTransformerEmbedder) -> bool:
        return not np.allclose(embedder.embed(TEXTS, "query"), embedder.embed(TEXTS, "passage"))

    assert differ(SentenceTransformerEmbedder(static_folder))
    assert not differ(SentenceTransformerEmbedder(bert_folder))
    given = SentenceTransformerEmbedder(bert_folder, prompts={"query": "问：", "document": "文："})
    assert differ(given)
    wanted = _loaded(bert_folder).encode(["文：您可以注销账号。"], normalize_embeddings=True)
    np.testing.assert_allclose(given.embed(["您可以注销账号。"], "passage"), wanted, atol=1e-6)


@pytest.mark.model
def test_layout_inside_a_sentence_changes_nothing(model_folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(model_folder)
    rows = embedder.embed(["您可以 注销账号。", " 您可以\n\n注销\u200b账号。 "], "passage")
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    assert embedder.embed([], "passage").shape == (0, 16)
    assert np.isfinite(embedder.embed([""], "query")).all()


@pytest.mark.model
def test_a_long_text_is_cut_and_not_refused(model_folder: Path) -> None:
    rows = SentenceTransformerEmbedder(model_folder).embed(["手机号码" * 1_000], "passage")
    np.testing.assert_allclose(np.linalg.norm(rows), 1, rtol=1e-6)


@pytest.mark.model
def test_other_weights_are_another_model(static_folder: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    changed = Path(shutil.copytree(static_folder, tmp_path / static_folder.name))
    same = SentenceTransformerEmbedder(changed)
    rows = same.embed(TEXTS, "query")
    assert same.identity == SentenceTransformerEmbedder(static_folder).identity
    assert same.identity.endswith(f"sentence-transformers {metadata.version('sentence-transformers')}")
    weights = load_file(changed / "model.safetensors")
    save_file(
        {name: torch.flip(value, [0]).contiguous() for name, value in weights.items()}, changed / "model.safetensors"
    )
    other = SentenceTransformerEmbedder(changed)
    assert other.identity != same.identity
    assert not np.allclose(other.embed(TEXTS, "query"), rows)


@pytest.mark.model
def test_threads_may_share_a_model(bert_folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(bert_folder)
    wanted = embedder.embed(TEXTS, "query")
    with ThreadPoolExecutor(4) as pool:
        for rows in pool.map(lambda _: SentenceTransformerEmbedder.embed(embedder, TEXTS, "query"), range(12)):
            np.testing.assert_allclose(rows, wanted, atol=1e-6)


@pytest.mark.model
@pytest.mark.parametrize("damage", ["cut", "gone", "config"])
def test_a_damaged_model_is_named(model_folder: Path, tmp_path: Path, damage: str) -> None:
    broken = Path(shutil.copytree(model_folder, tmp_path / "broken"))
    weights = next(broken.rglob("model.safetensors"))
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    elif damage == "gone":
        weights.unlink()
    else:
        (broken / "modules.json").write_text("{")
    with pytest.raises(ModelError, match=r"broken' does not load .*check the files in its folder"):
        SentenceTransformerEmbedder(broken).embed(["a"], "query")


@pytest.mark.model
def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not load"):
        SentenceTransformerEmbedder(tmp_path).embed(["a"], "query")


@pytest.mark.model
@pytest.mark.parametrize("source", ["/no/such/folder", "nobody/no-such-model"])
def test_a_missing_model_is_not_looked_for_on_the_network(source: str) -> None:
    with pytest.raises(ModelError, match=f"'{source}' is neither a folder"):
        SentenceTransformerEmbedder(source).embed(["a"], "query")


@pytest.mark.model
def test_a_download_that_fails_is_told() -> None:
    with pytest.raises(ModelError, match=r"'nobody/no-such-model' does not load .*check its name and the network"):
        SentenceTransformerEmbedder("nobody/no-such-model", download=True).embed(["a"], "query")


@pytest.mark.model
def test_the_assistant_answers_with_it(model_folder: Path, settings: Settings) -> None:
    chosen = settings.model_copy(update={"embedder": str(model_folder)})
    assistant = Assistant.open(settings=chosen, embedders=embedders(chosen))
    answer = assistant.ask("星信推送收集什么信息？")
    # Its weights are of chance: the words find the clause, and what is first is no matter.
    assert any("IMEI" in hit.policy.text[hit.start : hit.end] for hit in answer.hits)
    for citation in answer.citations:
        assert assistant.policy(citation.policy_id).text[citation.start : citation.end] == citation.quote
    assert set(answer.hits[0].ranks) <= {"bm25", model_folder.name}
    assert any(model_folder.name in hit.ranks for hit in answer.hits)
    # Opened again, from disk.
    assert (
        Assistant.open(settings=chosen, embedders=embedders(chosen)).ask("星信推送收集什么信息？").text == answer.text
    )


@pytest.mark.model
def test_a_change_of_prompts_makes_a_new_index(static_folder: Path, tmp_path: Path, settings: Settings) -> None:
    from assistant import build_index

    copied = Path(shutil.copytree(static_folder, tmp_path / "copied"))
    chosen = settings.model_copy(update={"embedder": str(copied)})
    first, _ = build_index(settings=chosen, embedders=embedders(chosen))
    assert build_index(settings=chosen, embedders=embedders(chosen))[0] == first
    config = copied / "config_sentence_transformers.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"prompts": PROMPTS | {"passage": "文"}}))
    assert build_index(settings=chosen, embedders=embedders(chosen))[0] != first


# --- Real cross-encoders ---------------------------------------------------------------


def _cross_encoder(path: Path, vocabulary: list[str], *, likes: str = "") -> Path:
    """Write a cross-encoder of one layer, with random weights, or made by hand to like a character."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    base = path.with_name(f"{path.name}-base")
    base.mkdir()
    (base / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    torch.manual_seed(0)
    sizes = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    config = BertConfig(
        vocab_size=len(vocabulary), max_position_embeddings=64, num_labels=1, initializer_range=0.5, **sizes
    )
    model = BertForSequenceClassification(config)
    if likes:
        # The first token attends to all alike, and its state is their mean: the share of the character decides.
        for parameter in model.parameters():
            torch.nn.init.zeros_(parameter)
        words = model.bert.embeddings.word_embeddings.weight
        with torch.no_grad():
            words[:, 1] = 1.0
            words[vocabulary.index(likes), :2] = torch.tensor([1.0, 0.0])
            layer = model.bert.encoder.layer[0]
            for norm in (model.bert.embeddings.LayerNorm, layer.attention.output.LayerNorm, layer.output.LayerNorm):
                norm.weight.fill_(1.0)
            for identity in (layer.attention.self.value, layer.attention.output.dense, model.bert.pooler.dense):
                identity.weight.copy_(torch.eye(4))
            model.classifier.weight[0, 0] = 1.0
    model.save_pretrained(base)
    BertTokenizerFast(str(base / "vocab.txt")).save_pretrained(base)
    CrossEncoder(str(base), device="cpu").save_pretrained(str(path))
    return path


@pytest.mark.model
def test_scores_are_the_cross_encoders_own_logits(tmp_path: Path, vocabulary: list[str]) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    folder = _cross_encoder(tmp_path / "cross", vocabulary)
    scores = CrossEncoderReranker(folder, device="cpu", batch_size=2).scores("手机号码", TEXTS)
    model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    wanted = model.predict([("手机号码", text) for text in TEXTS], activation_fn=torch.nn.Identity())
    np.testing.assert_allclose(scores, wanted, atol=1e-6)
    assert len(set(scores.round(6).tolist())) == len(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        shared = CrossEncoderReranker(folder, device="cpu")
        for found in pool.map(lambda _: shared.scores("手机号码", TEXTS), range(8)):
            np.testing.assert_allclose(found, wanted, atol=1e-6)
    # Too long for it: cut, and not refused.
    assert np.isfinite(shared.scores("手机号码", ["手机号码" * 1_000])).all()


@pytest.mark.model
def test_the_assistant_puts_first_what_the_cross_encoder_likes(
    tmp_path: Path, vocabulary: list[str], settings: Settings
) -> None:
    folder = _cross_encoder(tmp_path / "likes", [*vocabulary, "麦", "克", "风"], likes="麦")
    model = CrossEncoderReranker(folder, device="cpu")
    more, some, none = model.scores("我们", ["麦麦麦我们", "麦我们我们", "我们我们我们"])
    assert more > some > none
    chosen = settings.model_copy(update={"reranker": str(folder)})
    found = parts(chosen)
    found["embedders"] = (FakeEmbedder(),)
    best, *others = Assistant.open(settings=chosen, **found).search("云巢读书收集什么信息", k=10)
    assert "麦克风" in best.policy.text[best.start : best.end]
    assert best.ranks["likes"] == 1
    assert [hit.ranks["likes"] for hit in others] == list(range(2, 11))
    assert best.ranks.get("fake") != 1


@pytest.mark.model
def test_a_damaged_cross_encoder_is_named(tmp_path: Path, vocabulary: list[str]) -> None:
    folder = _cross_encoder(tmp_path / "cut", vocabulary)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match=r"reranking model .*cut' does not load .*check the files in its folder"):
        CrossEncoderReranker(folder).scores("a", ["b"])
