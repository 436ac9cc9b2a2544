"""For the tests that train and export: a tiny encoder laid out as the bundled one, and invented data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WIDTH = 384
"""That of the bundled encoder, which runs what is exported."""


def torch_encoder(folder: Path, texts: Sequence[str], *, layers: int = 1, seed: int = 0) -> Path:
    """Write a BERT with random weights as a sentence-transformers folder; it knows the characters of `texts`."""
    import torch
    from transformers import BertConfig, BertModel

    from assistant.backends.e5_small import tokenizer_of
    from assistant.backends.encoder_folder import SPECIALS, save_layout
    from assistant.backends.encoder_graph import BLOCK, embedding_blocks

    pieces = [*SPECIALS, "▁", *sorted({*"".join(texts), *"query:passage"} - {" "})]
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=WIDTH,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=64,
        max_position_embeddings=512,
        type_vocab_size=1,
        pad_token_id=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        # Larger than BERT's own: all texts would be alike.
        initializer_range=0.1,
    )
    folder.mkdir(parents=True, exist_ok=True)
    model = BertModel(config)
    words = model.get_input_embeddings().weight
    # Of 4 bits, as the bundled encoder's are.
    codes, scales = embedding_blocks(words.detach().numpy())
    words.data = torch.from_numpy((codes.reshape(len(pieces), -1, BLOCK) * scales[..., None]).reshape(-1, WIDTH))
    model.save_pretrained(folder)
    save_layout(folder, tokenizer_of(pieces, [-1.0] * len(pieces)))
    return folder


def onnx_encoder(folder: Path, source: Path, texts: Sequence[str]) -> Path:
    """Write the torch encoder at `source` in the layout of the bundled one, with some scope."""
    from assistant.backends.encoder_folder import export, write_checksums

    export(source, folder, texts=[f"query: {text}" for text in texts])
    weights = np.random.default_rng(0).normal(size=WIDTH).round(3).tolist()
    (folder / "scope.json").write_text(json.dumps({"weights": weights, "bias": 0.5}), encoding="utf-8")
    write_checksums(folder)
    return folder


_THINGS = (
    ("手机号码", "phone number"),
    ("位置信息", "location"),
    ("收货地址", "delivery address"),
    ("银行卡号", "bank card number"),
    ("通讯录", "contacts"),
    ("照片", "photos"),
    ("录音", "voice recordings"),
    ("设备型号", "device model"),
    ("昵称", "nickname"),
    ("生日", "birthday"),
)


def data_folder(folder: Path) -> Path:
    """Write invented training data in the formats of the real ones: policies 1 to 3 and 101, a few paragraphs."""
    folder.mkdir(parents=True)
    _write(folder / "capp130_zh_en.jsonl", [row for number in (1, 2, 3, 101) for row in _policy(number)])
    paragraphs = [f"第{n}座桥建于{1900 + n}年，长{n * 11 + 40}米，由当地的工匠用石头砌成。" for n in range(8)]
    asked = [(f"第{n}座桥有多长？", f"How long is bridge number {n}?") for n in range(8)]
    _write(
        folder / "xquad_zh_en_dev.jsonl",
        [
            {"context_zh": text, "questions": [{"zh": zh, "en": en}]}
            for text, (zh, en) in zip(paragraphs, asked, strict=True)
        ],
    )
    lakes = [f"第{n}个湖在山的北边，深{n + 3}米，冬天结冰。" for n in range(8)]
    _write(
        folder / "cmrc2018_trial.jsonl",
        [{"context": text, "questions": [{"q": f"第{n}个湖有多深？"}]} for n, text in enumerate(lakes)],
    )
    return folder


def _policy(number: int) -> Iterator[dict[str, object]]:
    def row(zh: str, en: str, plain: str = "", *labels: str) -> dict[str, object]:
        return {"policy": number, "zh": zh, "en": en, "labels": list(labels), "plain": plain}

    yield row(f"应用{number}号隐私政策", f"Privacy policy of app {number}")
    yield row("", "nothing")
    yield row("一、收集的信息", "1. What we collect")
    yield row("（一）注册", "(1) Registration")
    for zh, en in _THINGS:
        yield row(
            f"当您注册{number}号应用时，我们会收集您的{zh}，用于为您创建账户。",
            f"When you register app {number}, we will collect   your {en} to create your account.",
            f"注册{number}号应用要给{zh}",
            "数据收集",
        )
    yield row("（二）下单", "(2) Orders")
    for zh, en in _THINGS:
        yield row(
            f"为了向{number}号应用的商家下单，我们需要将您的{zh}共享给配送公司。",
            f"To place orders in app {number}, we need to share your {en} with delivery companies.",
            f"下单时{zh}会给{number}号的配送公司",
            "共享、委托、转让、公开（披露）",
        )
    yield row("二、您的权利", "2. Your rights")
    for zh, en in _THINGS:
        yield row(
            f"您可以随时在{number}号应用的设置页面中查询、更正或删除您的{zh}。",
            f"You can query, correct or delete your {en} in the settings of app {number} at any time.",
            "",
            "数据、权限管理",
        )


def _write(path: Path, rows: Sequence[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
