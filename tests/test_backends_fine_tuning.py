"""Training the encoder on an operator's pairs: reading them, and runs on a tiny encoder made here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import ModelError, Settings, TrainingError
from assistant.backends import embedders
from assistant.backends.encoder_folder import CHECKSUMS, is_encoder
from assistant.backends.fine_tuning import LEAST_QUESTIONS, Recipe, fine_tune
from assistant.backends.pairs import Pair, read_pairs
from assistant.cli import main
from assistant.embedding import BundledEncoder
from tests.conftest import FIXTURES
from tests.models import onnx_encoder, torch_encoder

ENCODER = Path(__file__).parents[1] / "assistant" / "data" / "encoder"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- Reading pairs -----------------------------------------------------------------------


def test_pairs_are_read_from_json_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "pairs.jsonl",
        '{"query": "怎么注销", "passage": "您可以在设置中注销。", "id": 7}\n\n'
        '{"query": "how long", "passage": "We keep it\\n for two  years.", "negative": "We keep nothing."}\r\n'
        '{"query": "怎么注销 ", "passage": "您可以在设置中注销。"}\n'
        '{"query": "line\u2028separator", "passage": "is no end of a line"}\n',
    )
    read = read_pairs(path)
    assert read.pairs == (
        Pair(query="怎么注销", passage="您可以在设置中注销。"),
        Pair(query="how long", passage="We keep it for two years.", negative="We keep nothing."),
        Pair(query="line separator", passage="is no end of a line"),
    )
    assert read.duplicates == 1


@pytest.mark.parametrize(("name", "cut"), [("pairs.csv", ","), ("pairs.TSV", "\t")])
def test_pairs_are_read_from_a_table(tmp_path: Path, name: str, cut: str) -> None:
    rows = [
        ["id", "Query", " passage"],
        ["1", "怎么注销", '"在设置中，\n点“注销”, 再点 ""确定"""'],
        ["2", "how long", "two years"],
    ]
    path = written(tmp_path, name, "\ufeff" + "".join(cut.join(row) + "\r\n" for row in rows))
    assert read_pairs(path).pairs == (
        Pair(query="怎么注销", passage='在设置中， 点“注销”, 再点 "确定"'),
        Pair(query="how long", passage="two years"),
    )


def test_a_question_set_is_read_as_pairs_of_its_answerable_questions(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "set.jsonl",
        '{"question": "多久", "answerable": true, "gold": [{"quote": "两年", "alternatives": ["二十四个月"]}]}\n'
        '{"question": "天气", "answerable": false, "gold": []}\n',
    )
    assert read_pairs(path).pairs == (Pair(query="多久", passage="两年"), Pair(query="多久", passage="二十四个月"))


def test_every_bad_line_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    lines = {
        "{": "is not JSON",
        "[1]": "is not an object",
        '{"query": "a"}': "has no text 'passage'",
        '{"query": 3, "passage": "b"}': "has no text 'query'",
        '{"query": "\u200b ", "passage": "b"}': "has an empty 'query'",
        '{"query": "a", "passage": "a"}': "has the same words as query and passage",
        '{"query": "a", "passage": "b", "negative": "b"}': "has the same words as negative and passage",
        '{"query": "a", "passage": "b", "negative": ["c"]}': "has no text 'negative'",
        '{"question": "a", "gold": "b"}': 'has a "gold" that is no list of quotes',
        '{"question": "a", "gold": [{"quote": ""}]}': "has an empty 'quote'",
        "[" * 100_000: "is not JSON",
    }
    path = written(tmp_path, "pairs.jsonl", "\n".join(['{"query": "a", "passage": "b"}', *lines]))
    with pytest.raises(TrainingError) as caught:
        read_pairs(path)
    told = str(caught.value).splitlines()
    assert told[0] == f"{path}: cannot be used as it is:"
    assert len(told) == 1 + len(lines)
    for number, (line, wanted) in enumerate(zip(told[1:], lines.values(), strict=True), 2):
        assert line.startswith(f"line {number} {wanted}")


def test_no_more_than_twenty_bad_lines_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "pairs.jsonl", "{}\n" * 33)
    with pytest.raises(TrainingError) as caught:
        read_pairs(path)
    told = str(caught.value).splitlines()
    assert len(told) == 22
    assert told[-1] == "and 13 more lines"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "line 1 must name the columns query and passage; it names none"),
        ("question,answer\na,b\n", "line 1 must name the columns query and passage; it names question, answer"),
        ("query,passage\na,b,c\n", "line 2 has more cells than the header"),
        ("query,passage\na,b\nc\n", "line 3 has no text 'passage'"),
        ('query,passage\na,"b\n', "line 2 is not a row of a table"),
    ],
)
def test_what_is_wrong_with_a_table_is_told(tmp_path: Path, text: str, wanted: str) -> None:
    with pytest.raises(TrainingError) as caught:
        read_pairs(written(tmp_path, "pairs.csv", text))
    assert str(caught.value).splitlines()[1].startswith(wanted)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"pairs.xlsx: its name must end in one of .jsonl, .csv, .tsv"):
        read_pairs(tmp_path / "pairs.xlsx")
    with pytest.raises(TrainingError, match=r"none.csv: cannot be read \(No such file or directory\)"):
        read_pairs(tmp_path / "none.csv")
    (tmp_path / "gbk.csv").write_bytes("query,passage\n问,答".encode("gbk"))
    with pytest.raises(TrainingError, match=r"gbk.csv: is not UTF-8 \(byte 14\)"):
        read_pairs(tmp_path / "gbk.csv")


def test_too_few_pairs_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    pairs = [Pair(query=f"question {n}", passage=f"passage {n % 8}") for n in range(30)]
    with pytest.raises(TrainingError, match="30 different questions with 8 different passages: at least 20 with 10"):
        fine_tune(pairs, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_command_tells_each_bad_line_on_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "pairs.jsonl", '{"query": "\x1b[31mred"}\nred\n')
    assert main(["train", "--pairs", str(path), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2][:7] for line in told[1:]] == ["line 1 ", "line 2 "]
    assert "\x1b" not in "".join(told)


def test_what_is_missing_is_named_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnx" else object())
    path = written(
        tmp_path, "pairs.jsonl", "".join(f'{{"query": "q{n}", "passage": "p{n}"}}\n' for n in range(LEAST_QUESTIONS))
    )
    assert main(["train", "--pairs", str(path), "--out", str(tmp_path / "out")]) == 1
    assert "fine-tuning, for onnx, needs the extra `train`" in (told := capsys.readouterr().err)
    assert "'.[train]'" in told


def test_a_folder_laid_out_as_the_bundled_encoder_is_run_without_torch(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(ENCODER, tmp_path / "own"))
    (embedder,) = embedders(Settings(embedder=str(copied)))
    assert isinstance(embedder, BundledEncoder)
    assert embedder.identity == BundledEncoder().identity
    (copied / CHECKSUMS).unlink()
    (other,) = embedders(Settings(embedder=str(copied)))
    assert not isinstance(other, BundledEncoder)


# --- Runs ---------------------------------------------------------------------------------

TOPICS = "手机位置相册通讯头像昵称邮箱设备订单发票指纹面容日志剪贴传感录音健康支付婚姻住址"
"""Twenty things, of two characters each."""
CODES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
"""What the passages call them: nothing but training tells which is which."""
FORMS = ("问{}", "{}吗", "要{}啊", "有{}么", "何时{}", "为何{}")
PAIRS = tuple(
    Pair(query=form.format(TOPICS[2 * n : 2 * n + 2]), passage=f"依照规定，{CODES[n] * 6}。")
    for form in FORMS
    for n in range(20)
)
FAST = Recipe(epochs=8, learning_rate=2e-3, save_every=5)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder in the layout of the bundled one."""
    folder = tmp_path_factory.mktemp("tiny")
    texts = [text for pair in PAIRS for text in (pair.query, pair.passage)]
    return onnx_encoder(folder / "encoder", torch_encoder(folder / "torch", texts), texts[:40])


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What came of a run that nothing disturbed."""
    return fine_tune(PAIRS, tmp_path_factory.mktemp("runs") / "trained", base=base, recipe=FAST)


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return dict(load_file(folder / "model.safetensors"))


@pytest.mark.model
def test_training_finds_what_was_held_out(trained: Any, base: Path) -> None:
    assert trained.improved
    assert trained.after.mrr_at_10 > trained.before.mrr_at_10 + 0.3
    assert trained.after.recall_at_1 <= trained.after.recall_at_5
    assert (trained.trained_on, trained.held_out) == (96, 24)
    report = json.loads((trained.folder / "fine_tuning.json").read_text("utf-8"))
    assert report["after"]["mrr_at_10"] == trained.after.mrr_at_10
    assert report["seed"] == FAST.seed
    assert not trained.folder.with_name("trained.partial").exists()
    assert not any(
        pair.passage in path.read_text("utf-8", "replace") for pair in PAIRS for path in _texts(trained.folder)
    )


def _texts(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in (".json", ".md") and path.name != "tokenizer.json"]


@pytest.mark.model
def test_word_embeddings_stay_as_they_were(trained: Any, base: Path, tmp_path: Path) -> None:
    from assistant.backends.encoder_folder import to_torch

    before, after = weights(to_torch(base, tmp_path / "torch")), weights(trained.folder)
    assert set(before) == set(after)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert "embeddings.word_embeddings.weight" not in changed
    assert "encoder.layer.0.output.dense.weight" in changed


@pytest.mark.model
def test_the_result_gives_the_same_vectors_with_torch_and_without(trained: Any) -> None:
    from sentence_transformers import SentenceTransformer

    assert is_encoder(trained.folder)
    assert not trained.needs_torch
    (without,) = embedders(Settings(embedder=str(trained.folder)))
    model = SentenceTransformer(str(trained.folder), device="cpu")
    for role, texts in (("query", [pair.query for pair in PAIRS]), ("passage", [pair.passage for pair in PAIRS])):
        rows = model.encode(texts, prompt_name=role)
        assert (rows * without.embed(texts, role)).sum(axis=1).min() > 0.99  # type: ignore[arg-type]
    assert model.max_seq_length == 512


@pytest.mark.model
def test_the_scope_judges_as_before(trained: Any, base: Path) -> None:
    """The odds of a question do not move with its vector."""
    former, now = BundledEncoder(base), BundledEncoder(trained.folder)

    def odds(encoder: BundledEncoder, by: BundledEncoder) -> np.ndarray:
        return np.array([by.scope(row) for row in encoder.embed([pair.query for pair in PAIRS], "query")])

    wanted = odds(former, former)
    assert np.abs(odds(now, now) - wanted).mean() < 0.5 * np.abs(odds(now, former) - wanted).mean()
    assert np.abs(odds(now, now).mean() - wanted.mean()) < 0.2 * np.abs(odds(now, former).mean() - wanted.mean())


@pytest.mark.model
def test_the_assistant_answers_with_it_in_an_interpreter_that_has_no_torch(trained: Any, settings: Settings) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; from assistant.cli import main; "
        f"sys.exit(main(['ask', '--corpus', {str(FIXTURES / 'corpus')!r}, '--index-dir', {str(settings.index_dir)!r},"
        " '星信推送收集什么信息？']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"ASSISTANT_EMBEDDER": str(trained.folder), "ASSISTANT_CACHE": str(settings.cache_dir()), "PATH": ""},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode in (0, 3), done.stderr
    assert done.stdout.strip()


@pytest.mark.model
def test_the_same_seed_gives_the_same_weights(trained: Any, base: Path, tmp_path: Path) -> None:
    again = fine_tune(PAIRS, tmp_path / "again", base=base, recipe=FAST)
    assert {path.relative_to(again.folder) for path in again.folder.rglob("*")} == {
        path.relative_to(trained.folder) for path in trained.folder.rglob("*")
    }
    assert (again.folder / CHECKSUMS).read_text() == (trained.folder / CHECKSUMS).read_text()


@pytest.mark.model
@pytest.mark.parametrize("steps", [2, 6, 23], ids=["before a checkpoint", "after one", "within an epoch"])
def test_a_run_that_was_interrupted_reaches_the_same_end(trained: Any, base: Path, tmp_path: Path, steps: int) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "training" and done == steps:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fine_tune(PAIRS, out, base=base, recipe=FAST, progress=stop)
    assert not out.exists()
    # Cut off while it was being written.
    for path in (tmp_path / "out.partial" / "checkpoints").glob("checkpoint-*"):
        (path.with_name("checkpoint-99")).mkdir()
        shutil.copy(path / "model.safetensors", path.with_name("checkpoint-99"))
        break
    seen: list[int] = []

    def note(what: str, done: int, total: int) -> None:
        if what == "training":
            seen.append(done)

    with pytest.raises(TrainingError, match="holds an interrupted run: go on with --resume, or remove it"):
        fine_tune(PAIRS, out, base=base, recipe=FAST)
    with pytest.raises(TrainingError, match="was started with another epochs, pairs"):
        fine_tune(PAIRS[1:], out, base=base, recipe=Recipe(epochs=1, learning_rate=2e-3), resume=True)
    resumed = fine_tune(PAIRS, out, base=base, recipe=FAST, resume=True, progress=note)
    assert seen[0] == steps // FAST.save_every * FAST.save_every + 1
    assert resumed.after == trained.after
    assert (out / CHECKSUMS).read_text() == (trained.folder / CHECKSUMS).read_text()
    assert not (tmp_path / "out.partial").exists()


@pytest.mark.model
def test_what_is_no_better_is_not_kept(base: Path, tmp_path: Path) -> None:
    done = fine_tune(PAIRS, tmp_path / "same", base=base, recipe=Recipe(epochs=1, learning_rate=1e-9))
    assert not done.improved
    for name in ("onnx/model.onnx", "scope.json", "tokenizer.json"):
        assert (done.folder / name).read_bytes() == (base / name).read_bytes()
    assert BundledEncoder(done.folder).identity == BundledEncoder(base).identity


@pytest.mark.model
def test_training_goes_on_from_its_own_result(trained: Any, tmp_path: Path) -> None:
    done = fine_tune(PAIRS, tmp_path / "more", base=trained.folder, recipe=Recipe(epochs=1))
    assert done.before.mrr_at_10 == pytest.approx(trained.after.mrr_at_10, abs=0.1)
    assert is_encoder(done.folder)


@pytest.mark.model
def test_a_folder_in_use_is_left_alone(base: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    kept = written(tmp_path / "out", "notes.txt", "mine")
    for resume in (False, True):
        with pytest.raises(TrainingError, match="out: is there already: name another folder"):
            fine_tune(PAIRS, tmp_path / "out", base=base, resume=resume)
    assert kept.read_text() == "mine"
    with pytest.raises(TrainingError, match=r"new.partial: holds no interrupted run: start one without --resume"):
        fine_tune(PAIRS, tmp_path / "new", base=base, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.model
def test_other_models_of_sentence_transformers_are_trained_too(base: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from assistant.backends.encoder_folder import to_torch

    torch_only = to_torch(base, tmp_path / "torch")
    done = fine_tune(PAIRS, tmp_path / "out", base=torch_only, recipe=FAST)
    assert done.needs_torch
    assert done.improved
    assert not is_encoder(done.folder)
    assert SentenceTransformer(str(done.folder), device="cpu").prompts["passage"] == "passage: "


@pytest.mark.model
def test_negatives_are_trained_on_where_there_are_some(base: Path, tmp_path: Path) -> None:
    some = [
        Pair(query=p.query, passage=p.passage, negative="依照规定。" if n % 3 == 0 else "") for n, p in enumerate(PAIRS)
    ]
    done = fine_tune(some, tmp_path / "out", base=base, recipe=FAST)
    assert done.improved
    assert (BundledEncoder(done.folder).identity) != BundledEncoder(base).identity


@pytest.mark.model
@pytest.mark.parametrize("damage", ["altered", "none"])
def test_a_base_that_cannot_be_used_is_named(base: Path, tmp_path: Path, damage: str) -> None:
    broken = tmp_path / "broken"
    if damage == "altered":
        shutil.copytree(base, broken)
        (broken / "onnx" / "model.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match="broken"):
        fine_tune(PAIRS, tmp_path / "out", base=broken)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.model
def test_the_command_tells_what_came_of_it(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(
        tmp_path,
        "pairs.csv",
        "query,passage\n" + "".join(f"{pair.query},{pair.passage}\n" for pair in (*PAIRS, PAIRS[0])),
    )
    out = tmp_path / "out"
    options = ["--epochs", "1", "--learning-rate", "2e-3", "--base", str(base)]
    assert main(["train", "--pairs", str(path), "--out", str(out), *options]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == f"{path}: 120 pairs, 1 of them twice"
    assert [line.split()[0] for line in lines[3:5]] == ["before", "after"]
    assert f"ASSISTANT_EMBEDDER={out}" in lines[-1]
    assert printed.err.splitlines() == [
        "scoring the base …",
        "training …",
        "scoring what was trained …",
    ]
    monkeypatch.setattr("assistant.backends.fine_tuning._train", _interrupted)
    assert main(["train", "--pairs", str(path), "--out", str(tmp_path / "other"), *options]) == 1
    assert "--resume goes on" in capsys.readouterr().err


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt
