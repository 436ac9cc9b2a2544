"""Corpora: folders of policies, one folder a policy.

A policy's folder holds `policy.txt`, the text in UTF-8, and `policy.toml`, what is known
about it. A folder with a `policy.txt` of its own is a corpus of one policy.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from assistant.errors import CorpusError, PolicyError
from assistant.parsing import MAX_POLICY_CHARS, parse
from assistant.policy import Policy
from assistant.text import Language

TEXT_FILE = "policy.txt"
METADATA_FILE = "policy.toml"

_ID = re.compile(r"[\w][\w.-]{0,63}")
_TEXTS = ("id", "title", "company", "version", "contact", "language")


def open_corpus(folder: Path) -> tuple[Policy, ...]:
    """Read and parse the policies of a corpus, sorted by id.

    Args:
        folder: A folder of policy folders, or the folder of one policy.

    Raises:
        CorpusError: If `folder` is missing, holds no policy, or two of the same id.
        PolicyError: If a policy cannot be read; the message names the file.
    """
    if not folder.is_dir():
        raise CorpusError(f"corpus {str(folder)!r} is not a folder: name one with --corpus or ASSISTANT_CORPUS")
    folders = [folder] if (folder / TEXT_FILE).exists() else sorted(p.parent for p in folder.glob(f"*/{METADATA_FILE}"))
    folders = sorted({*folders, *(p.parent for p in folder.glob(f"*/{TEXT_FILE}"))}) if folders != [folder] else folders
    if not folders:
        raise CorpusError(
            f"corpus {str(folder)!r} holds no policy: put each in a folder of its own, as NAME/{TEXT_FILE} and NAME/{METADATA_FILE}"
        )
    policies = [read_policy(path) for path in folders]
    seen: dict[str, Path] = {}
    for policy, path in zip(policies, folders, strict=True):
        if policy.id in seen:
            raise CorpusError(f"policies {str(seen[policy.id])!r} and {str(path)!r} have the same id {policy.id!r}: change one")
        seen[policy.id] = path
    return tuple(sorted(policies, key=lambda policy: policy.id))


def read_policy(folder: Path) -> Policy:
    """Read and parse the policy in `folder`.

    Raises:
        PolicyError: If a file is missing, empty, binary, too large, or not UTF-8, or if the
            metadata are not as they should be; the message names the file and the remedy.
    """
    text = read_text(folder / TEXT_FILE)
    try:
        return parse(text, **_metadata(folder))
    except PolicyError as error:
        raise PolicyError(f"{folder / TEXT_FILE}: {error}") from None


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, with or without a byte order mark, which is left out.

    Raises:
        PolicyError: If the file is missing, empty, binary, too large, or not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > 4 * MAX_POLICY_CHARS:
            raise PolicyError(f"{path}: has {size:,} bytes; at most {4 * MAX_POLICY_CHARS:,} are read")
        data = path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}): check that it exists and that you may read it") from None
    if not data.strip():
        raise PolicyError(f"{path}: is empty: put the text of the policy into it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        other = _other_encoding(data)
        if other:
            raise PolicyError(f"{path}: is not UTF-8 but looks like {other}: convert it with `iconv -f {other} -t UTF-8`") from None
        raise PolicyError(f"{path}: is not a text file (byte {error.start} is not UTF-8): save it as plain text in UTF-8") from None
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
    path = folder / METADATA_FILE
    if not path.exists():
        return {"id": folder.resolve().name}
    try:
        data = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path}: is not TOML: {error}") from None
    unknown = sorted(set(data) - {*_TEXTS, "aliases", "effective_date"})
    if unknown:
        known = ", ".join([*_TEXTS, "aliases", "effective_date"])
        raise PolicyError(f"{path}: unknown key {unknown[0]!r}: known are {known}")
    for key in _TEXTS:
        if not isinstance(data.get(key, ""), str):
            raise PolicyError(f"{path}: {key} must be a text, not {data[key]!r}")
    data.setdefault("id", folder.resolve().name)
    if not _ID.fullmatch(data["id"]):
        raise PolicyError(f"{path}: id {data['id']!r} must be 1 to 64 letters, digits, '.', '_' or '-'")
    if "language" in data and data["language"] not in get_args(Language):
        raise PolicyError(f"{path}: language {data['language']!r} must be one of {', '.join(get_args(Language))}")
    aliases = data.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise PolicyError(f"{path}: aliases must be a list of texts, not {aliases!r}")
    date = data.get("effective_date", "")
    if isinstance(date, datetime.date):
        data["effective_date"] = date.isoformat()[:10]
    elif not isinstance(date, str):
        raise PolicyError(f"{path}: effective_date must be a date such as 2022-02-20, not {date!r}")
    return data | {"aliases": tuple(aliases)}
