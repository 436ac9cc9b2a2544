"""Distillation: what general text is made of, what is aimed at for it, and what a batch holds."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.models import data_folder
from training.data import read_paragraphs
from training.distil import Example, batches, blended, embedded, general_examples, policy_examples
from training.general import DESCRIPTIONS, FILE, General, gather, read_general

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


ZH = "星云是由气体和尘埃组成的云雾状天体，在望远镜里看起来像一团光斑。"
EN = "A nebula is a cloud of gas and dust in space that looks like a patch of light in a telescope."


def catalogue(messages: dict[str, str]) -> bytes:
    """Return a file of translations as gettext reads it."""
    rows = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items())
    texts = [[text.encode() for text in column] for column in zip(*rows, strict=True)]
    at = 28 + 16 * len(rows)
    tables = b""
    for column in texts:
        for text in column:
            tables += struct.pack("<II", len(text), at)
            at += len(text) + 1
    body = b"".join(text + b"\0" for column in texts for text in column)
    return struct.pack("<7I", 0x950412DE, 0, len(rows), 28, 28 + 8 * len(rows), 0, 0) + tables + body


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Two unpacked packages, and the descriptions of others."""
    pages = {
        "help/usr/share/doc/html/zh-CN/a.html": f"<html><body><h1>星云</h1><p>{ZH}</p><p>{ZH[::-1]}</p></body></html>",
        "help/usr/share/doc/html/en-US/a.html": f"<html><body><p>{EN}</p><pre>x = 1 + 2</pre></body></html>",
        "help/usr/share/doc/html/de/a.html": "<html><body><p>Ein Nebel ist eine Wolke aus Gas.</p></body></html>",
        DESCRIPTIONS: (
            f"Package: sky\nDescription-md5: 0\nDescription-zh_CN: {ZH[:20]}\n .\n 下一段{ZH[5:25]}\n\nPackage: x\n"
        ),
    }
    folder = tmp_path / "packages"
    for name, text in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    place = folder / "game" / "usr" / "share" / "locale" / "zh_CN" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "game.mo").write_bytes(catalogue({EN: f"<b>{ZH}</b>", "Save": "保存"}))
    return folder


def test_passages_are_gathered_from_pages_translations_and_descriptions(packages: Path, tmp_path: Path) -> None:
    count = gather(packages, tmp_path / FILE)
    found = read_general(tmp_path)
    assert len(found) == count
    assert General(source="game", zh=ZH, en=EN) in found
    assert General(source="help", en=EN) in found
    # Paragraphs that follow one another may be one passage; a heading is too short to be any.
    chinese = "".join(one.zh for one in found if one.source == "help")
    assert sorted(chinese) == sorted(ZH + ZH[::-1])
    assert [one.zh for one in found if one.source == "descriptions"]
    assert not [one for one in found if "Nebel" in one.en or "x = 1" in one.en]
    assert (tmp_path / FILE).read_bytes() == (gather(packages, tmp_path / FILE), (tmp_path / FILE).read_bytes())[1]


def test_general_text_is_what_was_gathered_and_paragraphs_that_do_not_measure(packages: Path, tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    with pytest.raises(FileNotFoundError):
        general_examples(data)
    gather(packages, data / FILE)
    examples = general_examples(data)
    texts = {example.text for example in examples}
    assert {ZH, EN} <= texts
    paragraphs = read_paragraphs(data, "xquad")
    assert {paragraph.text for paragraph in paragraphs} - texts == {paragraphs[3].text, paragraphs[7].text}
    assert paragraphs[3].questions[0][1] not in texts
    assert {example.prompted for example in examples if example.text == paragraphs[0].questions[0][1]} == {
        f"query: {paragraphs[0].questions[0][1]}"
    }
    assert general_examples(data) == examples


def test_text_about_policies_is_of_those_that_train(tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    texts = {example.text for example in policy_examples(data)}
    rows = [json.loads(line) for line in (data / "capp130_zh_en.jsonl").read_text("utf-8").splitlines()]
    measured = {row["zh"] for row in rows if row["policy"] == 101} - {row["zh"] for row in rows if row["policy"] < 101}
    assert texts.isdisjoint(measured)
    assert any("2号应用" in text for text in texts)


def rotated(rng: np.random.Generator, dim: int) -> NDArray[np.float64]:
    return np.asarray(np.linalg.qr(rng.normal(size=(dim, dim)))[0])


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture
def examples() -> list[Example]:
    """Texts in both languages and roles."""
    made = (ZH, EN, "怎么走？", "where is it?")
    return [
        Example(text=f"{made[place % 4]}{place}", role="query" if place % 4 > 1 else "passage") for place in range(400)
    ]


def test_what_a_base_knows_is_brought_into_the_space_of_another(examples: Sequence[Example]) -> None:
    rng = np.random.default_rng(1)
    meaning, by_language = rng.normal(size=(400, 16)), 5 * rng.normal(size=(4, 16))
    groups = np.arange(400) % 4
    trained = unit(meaning)
    base = unit(meaning @ rotated(rng, 16) + by_language[groups])
    alike = trained @ trained.T
    aims = blended(base, trained, examples, share=1.0)
    # Another space, in which a text's language weighs more than what it says; the same meaning.
    assert np.corrcoef((base @ base.T).ravel(), alike.ravel())[0, 1] < 0.5
    assert np.corrcoef((aims @ aims.T).ravel(), alike.ravel())[0, 1] > 0.9
    assert (aims * trained).sum(axis=1).mean() > 0.9
    np.testing.assert_allclose(blended(base, trained, examples, share=0.0), trained, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(aims, axis=1), 1, atol=1e-6)


def test_each_text_is_embedded_in_its_role(examples: Sequence[Example]) -> None:
    def encode(texts: Sequence[str], role: str) -> NDArray[np.float32]:
        return np.array([[len(text), role == "query"] for text in texts], np.float32)

    found = embedded(examples, encode)
    assert found.tolist() == [[len(example.text), example.role == "query"] for example in examples]
    with pytest.raises(ValueError, match="no text"):
        embedded([], encode)


def test_a_batch_has_both_and_those_of_weight_more_often(examples: Sequence[Example]) -> None:
    general = [Example(text=str(place), role="query", weight=9.0 if place < 10 else 1.0) for place in range(100)]
    laid = list(batches(general, examples, steps=50, batch=16))
    assert len(laid) == 50
    assert all(len(set(one)) == 16 and sum(place < 100 for place in one) == 10 for one in laid)
    drawn = [place for one in laid for place in one if place < 100]
    assert sum(place < 10 for place in drawn) > 0.3 * len(drawn)
    assert laid == list(batches(general, examples, steps=50, batch=16))
    (few,) = batches(general, examples, steps=1, batch=16, of_general=0.25)
    assert sum(place < 100 for place in few) == 4
