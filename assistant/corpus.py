"""Corpora: folders of policies, one folder a policy.

A policy's folder holds `policy.txt`, the text in UTF-8, and `policy.toml`, what is known
about it; it may hold `translations/en.toml`, its English. A folder with a `policy.txt` of its
own is a corpus of one policy.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assistant.errors import CorpusError, PolicyError
from assistant.parsing import MAX_POLICY_CHARS, parse
from assistant.text import Language
from assistant.translations import MAX_TRANSLATION_BYTES, TRANSLATION_FILE, Translation, current, read_table

if TYPE_CHECKING:
    from assistant.policy import Policy

TEXT_FILE = "policy.txt"
METADATA_FILE = "policy.toml"

_MAX_METADATA_BYTES = 100_000
_ID = re.compile(r"\w[\w.-]{0,63}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TEXTS = ("id", "title", "company", "version", "contact", "language")
_KEYS = (*_TEXTS, "aliases", "effective_date")


def open_corpus(folder: Path | str) -> tuple[Policy, ...]:
    """Read and parse the policies of a corpus, sorted by id.

    Args:
        folder: A folder of policy folders, or the folder of one policy. Files and folders
            that are no policy, and hidden ones, are left alone.

    Raises:
        CorpusError: If `folder` is missing, holds no policy, or two of the same id.
        PolicyError: If a policy cannot be read; the message names the file.
    """
    return tuple(policy for policy, _ in open_folders(folder))


def open_folders(folder: Path | str) -> tuple[tuple[Policy, Path], ...]:
    """Return what `open_corpus` does, each policy with its folder."""
    folder = Path(folder)
    try:
        is_folder = folder.is_dir()
    except OSError:  # a name longer than any file may have
        is_folder = False
    if not is_folder:
        raise CorpusError(f"corpus {str(folder)!r} is not a folder: name one with --corpus or ASSISTANT_CORPUS")
    folders = _policy_folders(folder)
    if not folders:
        raise CorpusError(
            f"corpus {str(folder)!r} holds no policy: "
            f"put each in a folder of its own, as NAME/{TEXT_FILE} and NAME/{METADATA_FILE}"
        )
    policies: dict[str, tuple[Policy, Path]] = {}
    for path in folders:
        policy = read_policy(path)
        # Case aside: some file systems, and people, do not tell "A" from "a".
        _, other = policies.setdefault(policy.id.casefold(), (policy, path))
        if other != path:
            raise CorpusError(
                f"policies {str(other)!r} and {str(path)!r} have the same id {policy.id!r}: "
                f"change it in the {METADATA_FILE} of one"
            )
    return tuple(sorted(policies.values(), key=lambda found: found[0].id))


def _policy_folders(folder: Path) -> list[Path]:
    if (folder / TEXT_FILE).exists():
        return [folder]
    try:
        inner = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        return [path for path in inner if (path / TEXT_FILE).exists() or (path / METADATA_FILE).exists()]
    except OSError as error:
        raise CorpusError(
            f"corpus {str(folder)!r} cannot be read ({error.strerror}): check that you may read {error.filename}"
        ) from None


def read_policy(folder: Path) -> Policy:
    """Read and parse the policy in `folder`, with what of its translation is up to date.

    Raises:
        PolicyError: If a file is missing, empty, binary, too large, or not UTF-8, or if the
            metadata or the translation are not as they should be; the message names the file and the remedy.
    """
    text = read_text(folder / TEXT_FILE)
    known = _metadata(folder)
    try:
        policy = parse(text, **known)
    except PolicyError as error:
        raise PolicyError(f"{folder / TEXT_FILE}: {error}") from None
    translation = read_translation(folder)
    if not translation.clauses:
        return policy
    try:
        return replace(policy, translations=current(policy, translation))
    except PolicyError as error:
        raise PolicyError(f"{folder / TRANSLATION_FILE}: {error}") from None


def read_translation(folder: Path) -> Translation:
    """Read the English of the policy in `folder`, also what is out of date; an empty one if there is no file.

    Raises:
        PolicyError: If the file is not as it should be; the message names it and the remedy.
    """
    path = folder / TRANSLATION_FILE
    if not path.exists():
        return Translation()
    return read_table(_toml(path, max_bytes=MAX_TRANSLATION_BYTES), path)


def read_text(path: Path, *, max_bytes: int = 4 * MAX_POLICY_CHARS) -> str:
    """Read a text file in UTF-8, with or without a byte order mark, which is left out.

    Nothing else is changed, so that offsets into the text are offsets into the file.

    Args:
        path: The file.
        max_bytes: Size of the largest file that is read.

    Raises:
        PolicyError: If the file is missing, empty, binary, too large, or not UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise PolicyError(f"{path}: is not a file: put a text file in its place")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise PolicyError(
            f"{path}: cannot be read ({error.strerror}): check that it exists and that you may read it"
        ) from None
    if len(data) > max_bytes:
        raise PolicyError(f"{path}: has more than {max_bytes:,} bytes: divide it, or leave out what is not its text")
    if not data.strip():
        raise PolicyError(f"{path}: is empty: write its text into it, or remove it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if other := _other_encoding(data):
            remedy = f"convert it with `iconv -f {other} -t UTF-8`"
            raise PolicyError(f"{path}: is not UTF-8 but looks like {other}: {remedy}") from None
        raise PolicyError(
            f"{path}: is not a text file (byte {error.start} is not UTF-8): save it as plain text in UTF-8"
        ) from None
    if "\0" in text:
        raise PolicyError(f"{path}: is not a text file (it holds NUL characters): save it as plain text in UTF-8")
    return text


def _other_encoding(data: bytes) -> str:
    """Return the name of the encoding that `data` is written in, if it is a usual one."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    if b"\0" in data:
        return ""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    # Chance bytes decode too, but not into the characters that Chinese is written with.
    common = sum("一" <= char <= "鿿" or char.isascii() or char in "，。、；：“”（）《》" for char in text)
    return "GB18030" if common > 0.95 * len(text) else ""


def _metadata(folder: Path) -> dict[str, Any]:
    """Return what `policy.toml` says, checked; the folder's name is the id if it gives none."""
    path = folder / METADATA_FILE
    known = _toml(path) if path.exists() else {}
    if unknown := sorted(set(known) - set(_KEYS)):
        raise PolicyError(f"{path}: unknown key {unknown[0]!r}: known are {', '.join(_KEYS)}")
    known.setdefault("id", folder.resolve().name)
    for key in _TEXTS:
        if not isinstance(known.get(key, ""), str):
            raise PolicyError(f"{path}: {key} must be a text in quotes, not {known[key]!r}")
    if not _ID.fullmatch(known["id"]):
        raise PolicyError(
            f"{path}: id {known['id']!r} must be 1 to 64 letters, digits, '.', '_' or '-', "
            'the first a letter or digit: write id = "…" into it'
        )
    if known.get("language", "zh") not in get_args(Language):
        raise PolicyError(f"{path}: language {known['language']!r} must be one of {', '.join(get_args(Language))}")
    aliases = known.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias.strip() for alias in aliases):
        raise PolicyError(f"{path}: aliases must be a list of names in quotes, none of them blank, not {aliases!r}")
    return known | {"aliases": tuple(aliases), "effective_date": _date(path, known.get("effective_date", ""))}


def _toml(path: Path, *, max_bytes: int = _MAX_METADATA_BYTES) -> dict[str, Any]:
    text = read_text(path, max_bytes=max_bytes)
    try:
        return tomllib.loads(text)
    # Not only TOMLDecodeError: brackets may be nested too deeply, a number too long.
    except (ValueError, RecursionError) as error:
        raise PolicyError(f'{path}: is not TOML ({error}): write lines such as title = "…"') from None


def _date(path: Path, value: object) -> str:
    """Return a date of the metadata in ISO 8601; empty if none is given."""
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    try:
        if value == "" or (isinstance(value, str) and _DATE.fullmatch(value) and datetime.date.fromisoformat(value)):
            return str(value)
    except ValueError:
        pass
    raise PolicyError(f"{path}: effective_date must be a date such as 2022-02-20, not {value!r}")
