"""Every option of the assistant, with its default, unit and meaning.

A setting is given as an argument of `Settings`, or as an environment variable: its name in
capitals after `ASSISTANT_`, such as `ASSISTANT_INDEX_DIR`. An empty variable is as good as none.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assistant.errors import CorpusError, SettingsError

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent
"""Where the package stands, which need not be a checkout."""


def _expanded(folder: Path) -> Path:
    # A shell expands `~`, but not in the variables of a service or a container.
    try:
        return folder.expanduser()
    except RuntimeError:
        raise ValueError("there is no such home folder") from None


_Folder = Annotated[Path, AfterValidator(_expanded)]


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _of_length(least: int) -> AfterValidator:
    def long_enough(secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < least:
            raise ValueError(f"it must have {least} characters or more")
        return secret

    return AfterValidator(long_enough)


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("it must have no user, password, query or fragment: the key is a setting of its own")
    return url.rstrip("/")


def _header_value(secret: SecretStr) -> SecretStr:
    # A file that a key is read from ends in a newline as a rule.
    value = secret.get_secret_value().strip()
    if not value or not (value.isascii() and value.isprintable()):
        raise ValueError("it must be printable ASCII characters")
    return SecretStr(value)


# In a variable, with commas between them.
_Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """Options of the assistant; immutable.

    Raises:
        SettingsError: If there is no such setting, or a value does not suit it.
    """

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", env_ignore_empty=True, frozen=True, extra="forbid")

    corpus: _Folder | None = Field(
        None, description="Folder of policies; by default the one that comes with the program."
    )
    policies_dir: _Folder | None = Field(
        None,
        description="Folder of the policies that are added to those that come with the program; by default in the "
        "user's data folder. Those that are added to a corpus of your own go into that.",
    )
    cache: _Folder | None = Field(
        None, description="Folder for what can be built again; by default one in the user's cache folder."
    )
    index_dir: _Folder | None = Field(
        None, description="Folder of the index; by default one for each corpus in the cache."
    )
    embedder: str = Field(
        "bundled",
        description="Embedding model: `bundled` for the one that comes with the program, a folder that "
        "`policy-assistant train` wrote, or the name or path of a sentence-transformers model (extra `models`).",
    )
    reranker: str | None = Field(
        None,
        min_length=1,
        description="Name or path of a CrossEncoder of sentence-transformers (extra `models`), which puts the best "
        "clauses into their final order; none by default.",
    )
    rerank_k: int = Field(20, ge=2, le=200, description="Number of clauses that the reranker reads for a question.")
    model_device: str | None = Field(
        None,
        min_length=1,
        description="Where models of sentence-transformers run, such as `cpu` or `cuda:0`; by default the fastest "
        "there is.",
    )
    model_backend: Literal["torch", "onnx", "openvino"] = Field(
        "torch",
        description="What runs models of sentence-transformers: `torch`, `onnx` or `openvino` (which need "
        "`sentence-transformers[onnx]` or `[openvino]`).",
    )
    model_download: bool = Field(
        default=False,
        description="Whether models that are named are fetched from the Hugging Face hub; else they are taken from a "
        "folder or the local cache.",
    )
    k: int = Field(10, ge=1, le=100, description="Number of clauses that are retrieved for an answer.")
    max_citations: int = Field(
        5,
        ge=1,
        le=20,
        description="Largest number of quotes in an answer; one that lists all places, or the items of a list, may "
        "have three times as many.",
    )
    min_quote_chars: int = Field(4, ge=1, description="Shortest quote, in letters and digits.")
    max_question_chars: int = Field(2_000, ge=10, description="Longest question, in characters.")
    llm_base_url: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        None,
        description="Endpoint of a language model that speaks OpenAI's protocol, such as `http://127.0.0.1:11434/v1` "
        "(extra `llm`); none by default, and nothing leaves the machine.",
    )
    llm_model: str | None = Field(None, min_length=1, description="Name of the language model at the endpoint.")
    llm_api_key: Annotated[SecretStr, AfterValidator(_header_value)] | None = Field(
        None, description="Key for the endpoint; never shown or logged."
    )
    llm_timeout_s: float = Field(
        8,
        gt=0,
        le=60,
        description="Longest time for the language model to answer a question, in seconds, a second try included; "
        "then the answer is the policy's own words.",
    )
    session_store: SecretStr | None = Field(
        None,
        description="Where conversations are kept that a server remembers: `redis://HOST:PORT/0`, for several machines "
        "(extra `redis`); by default in a file in the folder of `ASSISTANT_SERVER_DATA`.",
    )
    session_ttl_s: float = Field(
        86_400, gt=0, description="How long a conversation is remembered after its last question, in seconds."
    )
    session_turns: int = Field(
        20, ge=1, le=20, description="Number of questions that are remembered of a conversation, 20 at most."
    )
    server_data: _Folder | None = Field(
        None,
        description="Folder for what the service must keep: keys, conversations and feedback; by default in the user's "
        "data folder.",
    )
    server_secret: Annotated[SecretStr, _of_length(32)] | None = Field(
        None,
        description="What browser tokens and permalinks are signed with, 32 characters or more; made at first use by "
        "default. Give the same to several machines.",
    )
    server_origins: _Names | None = Field(
        None, description="Origins whose pages may use the service, such as `https://app.example`; with commas between."
    )
    server_hosts: _Names | None = Field(
        None,
        description="Names that requests may be for, beside this machine's own, such as `help.example`, as a reverse "
        "proxy passes them on; with commas between. By default any, but none while the service has no keys and only "
        "this machine reaches it.",
    )
    server_trusted_proxies: _Names | None = Field(
        None,
        description="Addresses or networks of reverse proxies, whose word on the client's address is taken; with "
        "commas between. By default this machine's own.",
    )
    question_sets: _Folder | None = Field(
        None,
        description="Folder of question sets that the web page offers; by default `evals/questions` of a checkout.",
    )
    evaluation_runs: _Folder | None = Field(
        None,
        description="Folder of evaluation runs that the web page writes to and opens earlier ones of; by default "
        "`out/eval` of a checkout, else one in the user's data folder.",
    )
    ui_password: Annotated[SecretStr, _of_length(8)] | None = Field(
        None,
        description="What the web page asks for before it shows anything, 8 characters or more; none by default, when "
        "only this machine reaches it.",
    )
    server_threads: int | None = Field(
        None,
        ge=1,
        le=256,
        description="Questions that a process works on at once; by default one for each core, or eight for each core "
        "with a language model.",
    )
    server_queue: int = Field(
        64, ge=0, description="Questions that may wait for their turn in a process; beyond them it answers 503."
    )
    server_timeout_s: float = Field(30, gt=0, description="Longest time for a request, in seconds.")
    server_body_bytes: int = Field(262_144, ge=1_024, description="Largest body of a request, in bytes.")
    server_cache: int = Field(
        1_000,
        ge=0,
        description="Answers that a process keeps for repeated questions, ten minutes each; 0 for none.",
    )
    server_rate: str = Field(
        "120/minute",
        description="Most requests of one address (browsers, and everyone where there are no keys), such as "
        "`120/minute`, or several with commas between; `none` for no limit.",
    )
    server_rate_store: SecretStr | None = Field(
        None,
        description="Where requests are counted: `redis://HOST:PORT`, for all processes together (extra `redis`); by "
        "default in memory, each process for itself.",
    )
    server_token_s: int = Field(900, ge=30, le=86_400, description="How long a browser token is good, in seconds.")
    server_feedback_days: int = Field(
        90,
        ge=0,
        description="How long questions without an answer, and feedback, are kept, redacted, in days; 0 keeps none.",
    )
    server_log_questions: bool = Field(
        default=False,
        description="Whether questions are written into the log, redacted; without, the log has no text of theirs.",
    )
    server_reload_s: float = Field(
        5, ge=0, description="How often it is looked whether the index was built anew, in seconds; 0 for never."
    )

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
        # Inside the wheel, then beside the package in a checkout.
        for folder in (_PACKAGE / "data" / "corpus", _CHECKOUT / "corpus"):
            if folder.is_dir():
                return folder
        raise CorpusError(
            "no corpus came with the program: name a folder of policies with --corpus or ASSISTANT_CORPUS"
        )

    def corpus_dirs(self) -> tuple[Path, ...]:
        """Return the folders of all policies in use: that of `corpus`, or the package's and those that were added.

        Raises:
            CorpusError: If there is none.
        """
        folders = (self.corpus_dir(), self.writable_dir())
        return folders[:1] if self.corpus is not None or not folders[1].is_dir() else folders

    def writable_dir(self) -> Path:
        """Return the folder that policies are added to, which may not be there yet; never that of the package."""
        if self.corpus is not None:
            return self.corpus
        if self.policies_dir is not None:
            return self.policies_dir
        return _user_data() / "policies"

    def cache_dir(self) -> Path:
        """Return the folder for what can be built again."""
        if self.cache is not None:
            return self.cache
        from platformdirs import user_cache_path

        return user_cache_path("policy-assistant", appauthor=False)

    def index_folder(self) -> Path:
        """Return the folder of the index: by default one for each corpus in the cache.

        Raises:
            CorpusError: If there is no corpus.
        """
        if self.index_dir is not None:
            return self.index_dir
        # The same before and after policies are added, so that a service sees the new index.
        folders = [self.corpus_dir()]
        if self.corpus is None and self.policies_dir is not None:
            folders.append(self.policies_dir)
        key = hashlib.sha256("\0".join(str(folder.resolve()) for folder in folders).encode()).hexdigest()[:12]
        return self.cache_dir() / "index" / key

    def question_sets_folder(self) -> Path:
        """Return the folder of question sets, which need not be there."""
        return self.question_sets or _CHECKOUT / "evals" / "questions"

    def evaluation_runs_folder(self) -> Path:
        """Return the folder of evaluation runs, which need not be there yet."""
        if self.evaluation_runs is not None:
            return self.evaluation_runs
        if (_CHECKOUT / "evals" / "questions").is_dir():
            return _CHECKOUT / "out" / "eval"
        return _user_data() / "eval"

    def server_folder(self) -> Path:
        """Return the folder for what the service must keep."""
        return _user_data() if self.server_data is None else self.server_data


def _user_data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("policy-assistant", appauthor=False)


def _explained(error: ValidationError, given: dict[str, Any]) -> str:
    """Return what is wrong with the first setting that is wrong, and what is wanted."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in Settings.model_fields:
        return f"there is no setting {name!r}: there are {', '.join(Settings.model_fields)}"
    where = name if name in given else f"ASSISTANT_{name.upper()}"
    # An address may hold a password.
    hidden = "SecretStr" in str(Settings.model_fields[name].annotation) or "@" in str(first["input"])
    given_value = "(not shown)" if hidden else repr(first["input"])
    # Our own words come with a prefix of the library's.
    wanted = first["msg"].removeprefix("Value error, ")
    return f"setting {where} cannot be {given_value}: {wanted[:1].lower()}{wanted[1:]}"
