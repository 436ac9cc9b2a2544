"""Every option of the assistant, with its default, unit and meaning.

A setting is given as an argument of `Settings`, or as an environment variable: its name in
capitals after `ASSISTANT_`, such as `ASSISTANT_INDEX_DIR`.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import CorpusError


class Settings(BaseSettings):
    """Options of the assistant; immutable."""

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", frozen=True, extra="forbid")

    corpus: Path | None = Field(None, description="Folder of policies; by default the one that comes with the package.")
    index_dir: Path | None = Field(
        None, description="Folder of the index; by default one for each corpus in the user's cache folder."
    )
    embedder: str = Field(
        "bundled",
        description="Embedding model: `bundled` for the one that comes with the package, or the name or path of a sentence-transformers model (extra `models`).",
    )
    k: int = Field(10, ge=1, le=100, description="Number of clauses that are retrieved for an answer.")
    max_citations: int = Field(5, ge=1, le=20, description="Largest number of quotes in an answer.")
    min_quote_chars: int = Field(4, ge=1, description="Shortest quote, in letters and digits.")
    max_question_chars: int = Field(2_000, ge=10, description="Longest question, in characters.")

    def corpus_dir(self) -> Path:
        """Return the folder of policies.

        Raises:
            CorpusError: If there is none: the package was installed without its corpus.
        """
        if self.corpus is not None:
            return self.corpus
        package = Path(__file__).parent
        # Inside the wheel, then beside the package in a checkout.
        for folder in (package / "corpus", package.parent / "corpus"):
            if folder.is_dir():
                return folder
        raise CorpusError("no corpus came with the package: name a folder of policies with --corpus or ASSISTANT_CORPUS")

    def cache_dir(self) -> Path:
        """Return the folder for what can be built again: the user's cache folder."""
        from platformdirs import user_cache_path

        return user_cache_path("policy-assistant", appauthor=False)
