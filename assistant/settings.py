"""Every option of the assistant, with its default, unit and meaning.

A setting is given as an argument of `Settings`, or as an environment variable: its name in
capitals after `ASSISTANT_`, such as `ASSISTANT_INDEX_DIR`. An empty variable is as good as none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import CorpusError, SettingsError


def _expanded(folder: Path) -> Path:
    # A shell expands `~`, but not in the variables of a service or a container.
    try:
        return folder.expanduser()
    except RuntimeError:
        raise ValueError("there is no such home folder") from None


_Folder = Annotated[Path, AfterValidator(_expanded)]


class Settings(BaseSettings):
    """Options of the assistant; immutable.

    Raises:
        SettingsError: If there is no such setting, or a value does not suit it.
    """

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", env_ignore_empty=True, frozen=True, extra="forbid")

    corpus: _Folder | None = Field(
        None, description="Folder of policies; by default the one that comes with the package."
    )
    cache: _Folder | None = Field(
        None, description="Folder for what can be built again; by default one in the user's cache folder."
    )
    index_dir: _Folder | None = Field(
        None, description="Folder of the index; by default one for each corpus in the cache."
    )
    embedder: str = Field(
        "bundled",
        description="Embedding model: `bundled` for the one that comes with the package, or the name or path of a "
        "sentence-transformers model (extra `models`).",
    )
    k: int = Field(10, ge=1, le=100, description="Number of clauses that are retrieved for an answer.")
    max_citations: int = Field(5, ge=1, le=20, description="Largest number of quotes in an answer.")
    min_quote_chars: int = Field(4, ge=1, description="Shortest quote, in letters and digits.")
    max_question_chars: int = Field(2_000, ge=10, description="Longest question, in characters.")

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise SettingsError(_explained(error, given)) from None

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
        raise CorpusError(
            "no corpus came with the package: name a folder of policies with --corpus or ASSISTANT_CORPUS"
        )

    def cache_dir(self) -> Path:
        """Return the folder for what can be built again."""
        if self.cache is not None:
            return self.cache
        from platformdirs import user_cache_path

        return user_cache_path("policy-assistant", appauthor=False)


def _explained(error: ValidationError, given: dict[str, Any]) -> str:
    """Return what is wrong with the first setting that is wrong, and what is wanted."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in Settings.model_fields:
        return f"there is no setting {name!r}: there are {', '.join(Settings.model_fields)}"
    where = name if name in given else f"ASSISTANT_{name.upper()}"
    return f"setting {where} cannot be {first['input']!r}: {first['msg'].lower()}"
