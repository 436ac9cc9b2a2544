"""The assistant itself, on the same terms: the spans of its hits, in their order.

A policy may come with its English, sentence by sentence, which the assistant searches too and peers do not have. So it
is measured without it as well.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import Assistant, Settings, backends
from evals.peers.measuring import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant import Policy
    from assistant.text import Span
    from evals.peers.measuring import Parts, Search

PACKAGES = ("policy-assistant",)
"""What its figures depend on."""
MODELS = ()
"""Embedding models of `evals.peers.models` that it needs."""


def peers(parts: Parts) -> Iterator[Ours]:
    """Yield the assistant as it is, and without translations."""
    yield Ours(parts=parts)
    yield Ours(parts=parts, division=PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The assistant with its settings as they are."""

    parts: Parts
    """Where the policies are, and where a copy may be put."""
    division: str = ""
    """`PLAIN`, or nothing: it has no settings to choose."""
    retrieval: str = ""
    """Nothing."""

    def index(self, policy: Policy, *, k: int) -> Search:
        """Return a search by what the assistant answers from."""
        settings = Settings()
        corpus = self.parts.corpora[policy.id]
        if self.division == PLAIN and policy.translations:
            folder = self.parts.folder / "plain" / policy.id
            corpus = _plain(corpus, folder / "corpus")
            settings = settings.model_copy(update={"index_dir": folder / "index"})
        assistant = Assistant.open(corpus, settings=settings, **backends.parts(settings))

        def search(question: str) -> Sequence[Span]:
            return [(hit.start, hit.end) for hit in assistant.ask(question).hits[:k]]

        return search


def _plain(corpus: Path, folder: Path) -> Path:
    """Copy a corpus without its translations to `folder`, in place of a former copy."""
    shutil.rmtree(folder, ignore_errors=True)
    return Path(shutil.copytree(corpus, folder, ignore=shutil.ignore_patterns("translations")))
