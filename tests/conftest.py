"""What the tests share: a small corpus, an embedder without a model, and a cache of their own."""

from __future__ import annotations

import shutil
import zlib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import numpy as np
import pytest

from assistant import Settings, open_corpus
from assistant.index.shards import Analyzer, names_in
from assistant.text import fold, visible
from assistant.thesaurus import default_thesaurus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant import Policy
    from assistant.embedding import Role, Vectors

# Machines that run tests are busy: a slow example is no failure. The same examples each time, so that a test fails for
# what was changed; `pytest --hypothesis-profile=explore` looks for new ones.
hypothesis.settings.register_profile("assistant", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("assistant")

FIXTURES = Path(__file__).parent / "fixtures"


class FakeEmbedder:
    """Embeds a text as the hashed bag of its characters and pairs of them: no model, the same everywhere.

    Args:
        name: Name of the leg.
        identity: What the vectors are said to depend on; another one is another model.
    """

    dim = 64

    def __init__(self, name: str = "fake", identity: str = "fake 1") -> None:
        self.name = name
        self.identity = identity
        self.texts: list[str] = []
        """Every text that was embedded as a passage, in order."""

    def embed(self, texts: Sequence[str], role: Role) -> Vectors:
        if role == "passage":
            self.texts += texts
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(rows, texts, strict=True):
            letters = "".join(fold(visible(text)).split()) or " "
            for part in [*letters, *map("".join, pairwise(letters))]:
                row[zlib.crc32(f"{self.identity}{part}".encode()) % self.dim] += 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache of this run: no test reads or writes the user's, nor the user's settings."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(f"ASSISTANT_{name.upper()}", raising=False)
        patch.setenv("ASSISTANT_CACHE", str(folder))
        patch.setenv("ASSISTANT_POLICIES_DIR", str(folder / "policies"))
        patch.setenv("ASSISTANT_SERVER_DATA", str(folder / "data"))
        yield folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A copy of the invented corpus, `yunchao` in Chinese and `lantern` in English, to be changed at will."""
    return Path(shutil.copytree(FIXTURES / "corpus", tmp_path / "corpus"))


@pytest.fixture(scope="session")
def policies() -> tuple[Policy, ...]:
    """The policies of the invented corpus: `lantern`, `yunchao`."""
    return open_corpus(FIXTURES / "corpus")


@pytest.fixture(scope="session")
def analyzer(policies: tuple[Policy, ...], cache_dir: Path) -> Analyzer:
    """The analyzer of the invented corpus; its dictionary takes a second to load."""
    names = [name for policy in policies for name in names_in(policy)]
    return Analyzer(default_thesaurus(), names, cache_dir=cache_dir)


@pytest.fixture
def embedder() -> FakeEmbedder:
    """An embedder that keeps what it was given."""
    return FakeEmbedder()


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    """A folder for an index, which is not there yet."""
    return tmp_path / "index"


@pytest.fixture
def settings(corpus: Path, index_dir: Path) -> Settings:
    """Settings for the copy of the invented corpus."""
    return Settings(corpus=corpus, index_dir=index_dir)
