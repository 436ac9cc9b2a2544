"""Corpora: folders of policies, one folder a policy.

A policy's folder holds `policy.txt`, the text in UTF-8, and `policy.toml`, what is known
about it; it may hold `translations/en.toml`, its English, and `thesaurus.toml`, names of its own.
A folder with a `policy.txt` of its own is a corpus of one policy.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assistant.errors import CorpusError, PolicyError
from assistant.parsing import MAX_POLICY_CHARS, parse
from assistant.policy.translations import MAX_TRANSLATION_BYTES, TRANSLATION_FILE, Translation, current, read_table
from assistant.text import STOPWORDS, Language, has_han, normalized
from assistant.text.naming import COMPANY_FORM_EN, without_noun
from assistant.text.spelling import is_english
from assistant.thesaurus import MAX_THESAURUS_BYTES, THESAURUS_FILE, Thesaurus, extended, read_concepts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.policy import Policy
    from assistant.thesaurus import Concept

TEXT_FILE = "policy.txt"
METADATA_FILE = "policy.toml"
LEFT_OUT = ".left-out"
"""File in the folder of added policies: the ids of those that came with the program and are not used, one a line."""

MAX_METADATA_BYTES = 100_000
_ID = re.compile(r"\w[\w.-]{0,63}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TEXTS = ("id", "title", "company", "version", "contact", "language")
KEYS = (*_TEXTS, "aliases", "effective_date")


def open_corpus(*folders: Path | str) -> tuple[Policy, ...]:
    """Read and parse the policies of a corpus, sorted by id.

    Args:
        folders: A folder of policy folders, or the folder of one policy; several such folders are one corpus. Files and
            folders that are no policy, and hidden ones, are left alone.

    Raises:
        CorpusError: If a folder is missing, all hold no policy, or two policies have the same id.
        PolicyError: If a policy cannot be read; the message names the file.
    """
    return _named(tuple(policy for policy, _ in open_folders(*folders)))


def _named(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
    """Return policies with the thesaurus of all, and what of their titles, companies and ids names them.

    That is the title, what it says besides being a policy's, the brand that it begins with, and the company without
    its form, where no other company's policy has that, too.
    A title that says no more is none's name; nor is what is left of one if that is an ordinary word: one of the
    thesaurus, or one that a policy writes in lower case, or another policy writes in Chinese. An id is a name unless
    it is an English word, such as `travel`.
    """
    thesaurus = thesaurus_of(policies)
    companies: defaultdict[str, set[str]] = defaultdict(set)
    for policy in policies:
        for brand in _brands(policy):
            companies[brand].add(policy.company)
    named = []
    for policy in policies:
        title, left = " ".join(policy.title.split()), without_noun(policy.title)
        others = [other.text for other in policies if other is not policy]
        names: list[str] = []
        if left and len(title) <= _LONGEST_NAME:
            names = [title] * (left != title) + [left] * (not _is_ordinary(left, policy.text, others, thesaurus))
        own = (brand for brand in _brands(policy) if len(companies[brand]) == 1)
        names += [brand for brand in own if not _is_ordinary(brand, policy.text, others, thesaurus)]
        if not (policy.id.isascii() and policy.id.isalpha() and is_english(policy.id)):
            names.append(policy.id)
        named.append(replace(policy, corpus_names=tuple(dict.fromkeys(names)), shared_thesaurus=thesaurus))
    return tuple(named)


def _brands(policy: Policy) -> tuple[str, ...]:
    """Return the brand that a policy's title begins with, and its company without the form that companies have.

    `【星罗直播】主播行为规范`, `Fable & Thread – Returns and Exchanges`; `Ironbridge Fitness Ltd`.
    """
    brand = _BRAND.match(" ".join(policy.title.split()))
    found = (without_noun(brand[1] or brand[2]) if brand else "", _COMPANY_FORM.sub("", policy.company))
    return tuple(name for name in found if name)


_BRAND = re.compile(r"【([^【】]{2,20})】|([^–—|]{2,40}?) [–—|-] ")
_COMPANY_FORM = re.compile(rf",? {COMPANY_FORM_EN}\.?$", re.IGNORECASE)


def _is_ordinary(name: str, own: str, others: Sequence[str], thesaurus: Thesaurus) -> bool:
    """Say whether what is left of a title is an ordinary word, which may stand in any question.

    Args:
        name: What is left of it.
        own: Text of its policy.
        others: Those of the others.
        thesaurus: That of all.
    """
    asked = normalized(name)
    if sum(map(str.isalnum, asked)) < _SHORTEST_NAME or all(word in STOPWORDS for word in asked.split()):
        return True
    covered = 0
    for start, end, concepts in thesaurus.find(asked):
        # A company by its own name is none.
        if any(thesaurus[concept].kind == "vendor" for concept in concepts):
            return False
        covered += end - start
    if covered >= len(asked.replace(" ", "")):
        return True
    if has_han(name):
        return any(name in text for text in others)
    lower = name.lower()
    as_word = re.compile(rf"(?<![A-Za-z]){re.escape(lower)}(?![A-Za-z])")
    return lower == name or any(lower in text and as_word.search(text) for text in (own, *others))


_SHORTEST_NAME = 2
_LONGEST_NAME = 60


def open_folders(*folders: Path | str) -> tuple[tuple[Policy, Path], ...]:
    """Return what `open_corpus` does, each policy with its folder."""
    paths = in_use(Path(folder) for folder in folders)
    if not paths:
        raise CorpusError(
            f"corpus {str(folders[0] if folders else '')!r} holds no policy: "
            f"put each in a folder of its own, as NAME/{TEXT_FILE} and NAME/{METADATA_FILE}"
        )
    policies: dict[str, tuple[Policy, Path]] = {}
    for path in paths:
        policy = read_policy(path)
        # Case aside: some file systems, and people, do not tell "A" from "a".
        _, other = policies.setdefault(policy.id.casefold(), (policy, path))
        if other != path:
            raise CorpusError(
                f"policies {str(other)!r} and {str(path)!r} have the same id {policy.id!r}: "
                f"change it in the {METADATA_FILE} of one"
            )
    found = tuple(sorted(policies.values(), key=lambda found: found[0].id))
    _check_kinds(found)
    return found


def _check_kinds(found: Sequence[tuple[Policy, Path]]) -> None:
    """Raise CorpusError if two policies have a concept of the same id that is not the same."""
    first: dict[str, tuple[Concept, Path]] = {}
    for policy, path in found:
        for concept in policy.concepts:
            other, elsewhere = first.setdefault(concept.id, (concept, path))
            if other.kind != concept.kind:
                raise CorpusError(
                    f"concept {concept.id!r} is of kind {other.kind!r} in {str(elsewhere / THESAURUS_FILE)!r} and "
                    f"{concept.kind!r} in {str(path / THESAURUS_FILE)!r}: give it one kind, or another id in one"
                )


def thesaurus_of(policies: Iterable[Policy]) -> Thesaurus:
    """Return the thesaurus that comes with the program, with what these policies add to it.

    It holds for all of them: a question is read before it is known which policy answers, and a name means
    the same wherever it stands. So a policy that does not speak of another's vendor is known not to.
    """
    by_id = {policy.id: policy for policy in policies}
    return extended(tuple(concept for _, policy in sorted(by_id.items()) for concept in policy.concepts))


def policy_folders(folder: Path) -> list[Path]:
    """Return the folders of the policies in a folder, by name; itself, if it is one policy's.

    Raises:
        CorpusError: If it is no folder, or cannot be read.
    """
    try:
        is_folder = folder.is_dir()
    except OSError:  # a name longer than any file may have
        is_folder = False
    if not is_folder:
        raise CorpusError(f"corpus {str(folder)!r} is not a folder: name one with --corpus or ASSISTANT_CORPUS")
    try:
        if (folder / TEXT_FILE).exists():
            return [folder]
        inner = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        return [path for path in inner if (path / TEXT_FILE).exists() or (path / METADATA_FILE).exists()]
    except OSError as error:
        raise CorpusError(
            f"corpus {str(folder)!r} cannot be read ({error.strerror}): check that you may read {error.filename}"
        ) from None


def in_use(folders: Iterable[Path]) -> list[Path]:
    """Return the folders of the policies in these, without those that another of them leaves out while it has any."""
    found = [(folder, path) for folder in folders for path in policy_folders(folder)]
    left_out = {folder: ids_left_out(folder) for folder, _ in found}
    everywhere = frozenset().union(*left_out.values())
    used = [
        path
        for folder, path in found
        if not everywhere or read_metadata(path)["id"] not in everywhere - left_out[folder]
    ]
    return used or [path for _, path in found]


def no_policy(policy_id: str, known: Iterable[str], besides: str = "") -> str:
    """Return what is said where a corpus has no policy of this id.

    Args:
        policy_id: The id.
        known: The ids that there are.
        besides: What else it is not.
    """
    return f"there is no policy {policy_id!r}{besides}: the corpus has {', '.join(sorted(known))}"


def ids_left_out(folder: Path) -> frozenset[str]:
    """Return the ids of the policies that came with the program and are not used beside those of a folder."""
    path = folder / LEFT_OUT
    return frozenset(read_text(path).split()) if path.exists() and path.stat().st_size else frozenset()


def read_policy(folder: Path) -> Policy:
    """Read and parse the policy in `folder`, with what of its translation is up to date.

    Raises:
        PolicyError: If a file is missing, empty, binary, too large, or not UTF-8, or if the
            metadata, the translation or the thesaurus are not as they should be; the message names the file and
            the remedy.
    """
    text = read_text(folder / TEXT_FILE)
    known = read_metadata(folder)
    try:
        policy = parse(text, **known)
    except PolicyError as error:
        raise PolicyError(f"{folder / TEXT_FILE}: {error}") from None
    policy = replace(policy, concepts=_own_concepts(folder))
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
    return read_translation_file(path) if path.exists() else Translation()


def read_translation_file(path: Path) -> Translation:
    """Read a file of English that need not stand in its policy's folder.

    Raises:
        PolicyError: If it is missing or not as it should be; the message names it and the remedy.
    """
    return read_table(read_toml(path, max_bytes=MAX_TRANSLATION_BYTES), path)


def _own_concepts(folder: Path) -> tuple[Concept, ...]:
    path = folder / THESAURUS_FILE
    return read_concepts(read_toml(path, max_bytes=MAX_THESAURUS_BYTES), path) if path.exists() else ()


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


def read_metadata(folder: Path) -> dict[str, Any]:
    """Return what `policy.toml` says, checked; the folder's name is the id if it gives none."""
    path = folder / METADATA_FILE
    known = read_toml(path) if path.exists() else {}
    known.setdefault("id", folder.resolve().name)
    return checked(known, path)


def checked(known: dict[str, Any], path: Path | None = None) -> dict[str, Any]:
    """Return metadata as `parse` takes them; the file is named, if they are from one and not as they should be."""
    of = f"{path}: " if path else ""
    if unknown := sorted(set(known) - set(KEYS)):
        raise PolicyError(f"{of}unknown key {unknown[0]!r}: known are {', '.join(KEYS)}")
    for key in _TEXTS:
        if not isinstance(known.get(key, ""), str):
            raise PolicyError(f"{of}{key} must be a text in quotes, not {known[key]!r}")
    if not _ID.fullmatch(known["id"]):
        remedy = ': write id = "…" into it' if path else ""
        raise PolicyError(
            f"{of}id {known['id']!r} must be 1 to 64 letters, digits, '.', '_' or '-', "
            f"the first a letter or digit{remedy}"
        )
    if known.get("language", "zh") not in get_args(Language):
        raise PolicyError(f"{of}language {known['language']!r} must be one of {', '.join(get_args(Language))}")
    aliases = known.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and alias.strip() for alias in aliases):
        raise PolicyError(f"{of}aliases must be a list of names in quotes, none of them blank, not {aliases!r}")
    date = known.get("effective_date", "")
    if not is_date(date):
        raise PolicyError(f"{of}effective_date must be a date such as 2022-02-20, not {date!r}")
    return known | {"aliases": tuple(aliases), "effective_date": str(date)[:10]}


def is_date(value: object) -> bool:
    """Say whether a value of the metadata is a date, TOML's own or in ISO 8601, or empty."""
    if isinstance(value, datetime.date) or value == "":
        return True
    try:
        return isinstance(value, str) and bool(_DATE.fullmatch(value) and datetime.date.fromisoformat(value))
    except ValueError:
        return False


def read_toml(path: Path, *, max_bytes: int = MAX_METADATA_BYTES) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        PolicyError: As `read_text`, and if it is not TOML.
    """
    text = read_text(path, max_bytes=max_bytes)
    try:
        return tomllib.loads(text)
    # Not only TOMLDecodeError: brackets may be nested too deeply, a number too long.
    except (ValueError, RecursionError) as error:
        raise PolicyError(f'{path}: is not TOML ({error}): write lines such as title = "…"') from None
