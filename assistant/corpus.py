"""Corpora: folders of policies, one folder a policy.

A policy's folder holds `policy.txt`, the text in UTF-8, and `policy.toml`, what is known
about it; it may hold `translations/en.toml`, its English, and `thesaurus.toml`, names of its own.
A folder with a `policy.txt` of its own is a corpus of one policy.

Policies are added, updated and removed while others read: what is new is made under a hidden name and gets its own
when it is whole; what is removed or replaced is kept in a hidden folder, so that nothing is lost.
"""

from __future__ import annotations

import datetime
import re
import shutil
import tomllib
import unicodedata
import uuid
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assistant import storage
from assistant.errors import CorpusError, PolicyError
from assistant.parsing import MAX_POLICY_CHARS, parse
from assistant.policy import without_noun
from assistant.text import STOPWORDS, Language, has_han, normalized, visible, visible_line
from assistant.thesaurus import MAX_THESAURUS_BYTES, THESAURUS_FILE, Thesaurus, extended, read_concepts
from assistant.translations import MAX_TRANSLATION_BYTES, TRANSLATION_FILE, Translation, current, read_table

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from assistant.policy import Policy
    from assistant.settings import Settings
    from assistant.thesaurus import Concept

TEXT_FILE = "policy.txt"
METADATA_FILE = "policy.toml"

_MAX_METADATA_BYTES = 100_000
_ID = re.compile(r"\w[\w.-]{0,63}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TEXTS = ("id", "title", "company", "version", "contact", "language")
_KEYS = (*_TEXTS, "aliases", "effective_date")


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
    """Return policies with what of their titles names them: the title, and what it says besides being a policy's.

    A title that says no more is none's name; nor is what is left of one if that is an ordinary word: one of the
    thesaurus, or one that a policy writes in lower case, or another policy writes in Chinese.
    """
    thesaurus = thesaurus_of(policies)
    named = []
    for policy in policies:
        title, left = " ".join(policy.title.split()), without_noun(policy.title)
        names: list[str] = []
        if left and len(title) <= _LONGEST_NAME:
            others = [other.text for other in policies if other is not policy]
            names = [title] * (left != title) + [left] * (not _is_ordinary(left, policy.text, others, thesaurus))
        named.append(replace(policy, title_names=tuple(names)))
    return tuple(named)


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
    return lower == name or any(as_word.search(text) for text in (own, *others))


_SHORTEST_NAME = 2
_LONGEST_NAME = 60


def open_folders(*folders: Path | str) -> tuple[tuple[Policy, Path], ...]:
    """Return what `open_corpus` does, each policy with its folder."""
    paths = _in_use(Path(folder) for folder in folders)
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
    """Return the thesaurus that comes with the package, with what these policies add to it.

    It holds for all of them: a question is read before it is known which policy answers, and a name means
    the same wherever it stands. So a policy that does not speak of another's vendor is known not to.
    """
    by_id = {policy.id: policy for policy in policies}
    return extended(tuple(concept for _, policy in sorted(by_id.items()) for concept in policy.concepts))


def _policy_folders(folder: Path) -> list[Path]:
    try:
        is_folder = folder.is_dir()
    except OSError:  # a name longer than any file may have
        is_folder = False
    if not is_folder:
        raise CorpusError(f"corpus {str(folder)!r} is not a folder: name one with --corpus or ASSISTANT_CORPUS")
    if (folder / TEXT_FILE).exists():
        return [folder]
    try:
        inner = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        return [path for path in inner if (path / TEXT_FILE).exists() or (path / METADATA_FILE).exists()]
    except OSError as error:
        raise CorpusError(
            f"corpus {str(folder)!r} cannot be read ({error.strerror}): check that you may read {error.filename}"
        ) from None


def _in_use(folders: Iterable[Path]) -> list[Path]:
    """Return the folders of the policies in these, without those that another of them leaves out while it has any."""
    found = [(folder, path) for folder in folders for path in _policy_folders(folder)]
    left_out = {folder: _left_out(folder) for folder, _ in found}
    everywhere = frozenset().union(*left_out.values())
    used = [
        path for folder, path in found if not everywhere or _metadata(path)["id"] not in everywhere - left_out[folder]
    ]
    return used or [path for _, path in found]


def _left_out(folder: Path) -> frozenset[str]:
    """Return the ids of the policies that came with the package and are not used beside those of a folder."""
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
    known = _metadata(folder)
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
    return read_table(_toml(path, max_bytes=MAX_TRANSLATION_BYTES), path)


def _own_concepts(folder: Path) -> tuple[Concept, ...]:
    path = folder / THESAURUS_FILE
    return read_concepts(_toml(path, max_bytes=MAX_THESAURUS_BYTES), path) if path.exists() else ()


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
    known.setdefault("id", folder.resolve().name)
    return _checked(known, path)


def _checked(known: dict[str, Any], path: Path | None = None) -> dict[str, Any]:
    """Return metadata as `parse` takes them; the file is named, if they are from one and not as they should be."""
    of = f"{path}: " if path else ""
    if unknown := sorted(set(known) - set(_KEYS)):
        raise PolicyError(f"{of}unknown key {unknown[0]!r}: known are {', '.join(_KEYS)}")
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
    if not _is_date(date):
        raise PolicyError(f"{of}effective_date must be a date such as 2022-02-20, not {date!r}")
    return known | {"aliases": tuple(aliases), "effective_date": str(date)[:10]}


def _is_date(value: object) -> bool:
    """Say whether a value of the metadata is a date, TOML's own or in ISO 8601, or empty."""
    if isinstance(value, datetime.date) or value == "":
        return True
    try:
        return isinstance(value, str) and bool(_DATE.fullmatch(value) and datetime.date.fromisoformat(value))
    except ValueError:
        return False


def _toml(path: Path, *, max_bytes: int = _MAX_METADATA_BYTES) -> dict[str, Any]:
    text = read_text(path, max_bytes=max_bytes)
    try:
        return tomllib.loads(text)
    # Not only TOMLDecodeError: brackets may be nested too deeply, a number too long.
    except (ValueError, RecursionError) as error:
        raise PolicyError(f'{path}: is not TOML ({error}): write lines such as title = "…"') from None


# --- Adding, updating, correcting, removing ------------------------------------------------


def folders_of(settings: Settings) -> dict[str, Path]:
    """Return the folders of the policies in use by id, without reading more than their metadata.

    Raises:
        CorpusError: If a folder of the corpus is missing or cannot be read.
        PolicyError: If the metadata of a policy are not as they should be.
    """
    return {_metadata(path)["id"]: path for path in _in_use(settings.corpus_dirs())}


def left_out(settings: Settings) -> dict[str, Path]:
    """Return the folders of the policies by id that came with the package and are not used.

    Raises:
        CorpusError: As `folders_of`.
        PolicyError: As `folders_of`.
    """
    used = folders_of(settings).values()
    folders = [path for folder in settings.corpus_dirs() for path in _policy_folders(folder)]
    return {_metadata(path)["id"]: path for path in folders if path not in used}


def may_change(settings: Settings, folder: Path) -> bool:
    """Say whether the policy in a folder may be changed: it did not come with the package."""
    return _within(settings.writable_dir(), folder)


def _within(folder: Path, path: Path) -> bool:
    # A policy's folder may be a link: then it is the link that counts.
    return path.parent.resolve() == folder.resolve() or path.resolve() == folder.resolve()


def add_policy(settings: Settings, text: str, *, name: str = "", numbered: bool = True, **known: Any) -> Policy:
    """Add a policy to the corpus in use; all of it is there at once, or nothing.

    Args:
        settings: Say which corpus that is.
        text: The policy, for instance as `assistant.readers.read_file` returns it.
        name: Name of the file that it was read from; the id is made of it if there is no title.
        numbered: Whether an id that is made of a title gets a number where there is such a policy; else that is an
            error.
        known: What is known about it, by the keys of `policy.toml`; blank ones are left out. An id is made of the title
            if none is given.

    Returns:
        The policy as it was stored.

    Raises:
        PolicyError: If the text or what is known is not as it should be.
        CorpusError: If there is a policy of that id, or the folder cannot be written.
    """
    folder = settings.writable_dir()
    if (folder / TEXT_FILE).exists():
        raise CorpusError(f"corpus {str(folder)!r} is the folder of one policy: name the one that it stands in")
    said = _cleaned(known)
    with _writing(folder):
        taken = {known_id.casefold() for known_id in folders_of(settings)}
        if "id" not in said:
            made = parse(text, **_checked({"id": "policy"} | said))
            said["id"] = _free(said.get("title") or Path(name).stem or made.title, taken if numbered else ())
        if str(said["id"]).casefold() in taken:
            raise CorpusError(_taken(settings, str(said["id"])))
        checked = _checked(dict(said))
        parse(text, **checked)
        staged = folder / f"{_STAGED}{uuid.uuid4().hex}"
        try:
            staged.mkdir()
            storage.write(staged / TEXT_FILE, text)
            storage.write(staged / METADATA_FILE, _as_toml(said))
            policy = read_policy(staged)
            place = folder / _free(checked["id"], {path.name.casefold() for path in folder.iterdir()})
            staged.rename(place)
            storage.flush(folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return policy


def _taken(settings: Settings, policy_id: str) -> str:
    """Return what to do where there is a policy of this id, case aside."""
    known_id, folder = next(
        (known_id, folder)
        for known_id, folder in folders_of(settings).items()
        if known_id.casefold() == policy_id.casefold()
    )
    update = f"`policies update {known_id}` puts a new version in its place, or " * may_change(settings, folder)
    return f"there is a policy {known_id!r} already: {update}choose another id for another policy"


def same_text(settings: Settings, text: str) -> str | None:
    """Return the id of a policy in use that has this very text, or None; a corpus that is not there yet has none.

    Raises:
        CorpusError: As `folders_of`.
        PolicyError: As `folders_of`, and if the text of a policy cannot be read.
    """
    if settings.corpus is not None and not settings.corpus.exists():
        return None
    folders = folders_of(settings).items()
    return next((policy_id for policy_id, folder in folders if read_text(folder / TEXT_FILE) == text), None)


def update_policy(settings: Settings, policy_id: str, text: str, **known: Any) -> tuple[Policy, Path]:
    """Put a new version of a policy's text in the place of the former one, all of it or nothing.

    What is known about it stays as far as `known` does not change it, and so do its translation, of which what has
    changed is no longer shown, and its thesaurus.

    Args:
        settings: Say which corpus is in use.
        policy_id: The policy.
        text: Its new text.
        known: What else has changed, by the keys of `policy.toml`, as for `change_policy`.

    Returns:
        The policy as it is now, and the hidden folder that holds the former version.

    Raises:
        PolicyError: If the text or what is known is not as it should be.
        CorpusError: If the text is the same, there is no such policy, it came with the package, or cannot be written.
    """
    folder = settings.writable_dir()
    with _writing(folder):
        path = _changeable(settings, policy_id)
        if read_text(path / TEXT_FILE) == text:
            raise CorpusError(
                f"policy {policy_id!r} has this very text already: "
                f"`policies set {policy_id}` corrects what else is known about it"
            )
        staged = folder / f"{_STAGED}{uuid.uuid4().hex}"
        try:
            _copy(path, staged)
            storage.write(staged / TEXT_FILE, text)
            storage.write(staged / METADATA_FILE, _changed(path / METADATA_FILE, policy_id, known))
            # As a whole, before anything is in use.
            policy = read_policy(staged)
            kept = _kept_place(folder, path)
            _copy(path, kept)
            # Moved one right after the other: each is whole, and both are on the disk.
            for name in (METADATA_FILE, TEXT_FILE):
                (staged / name).replace(path / name)
            storage.flush(path)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return policy, kept


def _copy(source: Path, target: Path) -> None:
    """Copy a policy's folder, without what is hidden in it: it may be the corpus itself."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))


def _kept_place(folder: Path, path: Path) -> Path:
    """Return a new place in the hidden folder for a policy's folder, named by the time."""
    at = datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%dT%H%M%S")
    removed = folder / REMOVED
    removed.mkdir(exist_ok=True)
    places = (removed / f"{path.name}-{at}{f'-{number}' * (number > 1)}" for number in count(1))
    return next(place for place in places if not place.exists())


def change_policy(settings: Settings, policy_id: str, **known: Any) -> Policy:
    """Correct what is known about a policy; its text and its id stay.

    Args:
        settings: Say which corpus is in use.
        policy_id: The policy.
        known: What is to be changed, by the keys of `policy.toml`; a blank value is taken out.

    Returns:
        The policy as it is now.

    Raises:
        PolicyError: If what is known is not as it should be then.
        CorpusError: If there is no such policy, it came with the package, or cannot be written.
    """
    folder = settings.writable_dir()
    with _writing(folder):
        path = _changeable(settings, policy_id) / METADATA_FILE
        storage.write(path, _changed(path, policy_id, known))
        return read_policy(path.parent)


def _changed(path: Path, policy_id: str, known: Mapping[str, Any]) -> str:
    """Return the metadata in a file with what is to be changed, checked; comments stay."""
    if "id" in known:
        raise PolicyError("the id of a policy stays: its links and its translation are by it")
    table = _document(path)
    table.setdefault("id", policy_id)
    for key, value in known.items():
        if said := _cleaned({key: value}):
            table[key] = said[key]
        else:
            table.pop(key, None)
    _checked(table.unwrap(), path)
    return str(table.as_string())


def remove_policy(settings: Settings, policy_id: str) -> Path:
    """Remove a policy from the corpus in use; one that came with the package is left out of it.

    Args:
        settings: Say which corpus that is.
        policy_id: The policy.

    Returns:
        The hidden folder that it was moved to, from where it can be moved back; its own folder for one that came with
        the package, which `restore_policy` takes back.

    Raises:
        CorpusError: If there is no such policy, it is the only one, or the folder cannot be written.
    """
    folder = settings.writable_dir()
    with _writing(folder):
        path = _known(settings, policy_id)
        is_own = may_change(settings, path)
        if len(folders_of(settings)) < 2:
            update = f", or put a new version in its place with `policies update {policy_id}`" * is_own
            raise CorpusError(f"policy {policy_id!r} is the only one: add another one first{update}")
        if not is_own:
            _leave_out(folder, _left_out(folder) | {policy_id})
            return path
        place = _kept_place(folder, path)
        path.rename(place)
        storage.flush(folder)
    return place


def restore_policy(settings: Settings, policy_id: str) -> None:
    """Use a policy again that came with the package and was left out.

    Args:
        settings: Say which corpus is in use.
        policy_id: The policy.

    Raises:
        CorpusError: If it was not left out, or the folder cannot be written.
    """
    folder = settings.writable_dir()
    with _writing(folder):
        if policy_id not in left_out(settings):
            raise CorpusError(
                f"policy {policy_id!r} came with the package and is left out of nothing, or was added: what was added "
                f"and removed is moved back from {folder / REMOVED}"
            )
        _leave_out(folder, _left_out(folder) - {policy_id})


def _leave_out(folder: Path, policy_ids: Iterable[str]) -> None:
    storage.write(folder / LEFT_OUT, "".join(f"{policy_id}\n" for policy_id in sorted(policy_ids)))


REMOVED = ".removed"
"""Folder of a corpus that keeps what was removed, and former versions of what was updated."""
LEFT_OUT = ".left-out"
"""File in the folder of added policies: the ids of those that came with the package and are not used, one a line."""
_STAGED = ".adding-"
_LOCK = ".lock"
_WAIT_S = 10
_NO_ID = re.compile(r"[^\w.]+")
_ID_CHARS = 40


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Be the only one who changes a corpus folder, which is made if it is missing.

    Raises:
        CorpusError: If another process changes it, or it cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK).acquire(timeout=_WAIT_S):
            # Of a process that was killed: whoever holds the lock is the only one that adds.
            for left in folder.glob(f"{_STAGED}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
    except Timeout:
        raise CorpusError(f"corpus {str(folder)!r} is being changed by another process: try again") from None
    except OSError as error:
        raise CorpusError(
            f"corpus {str(folder)!r} cannot be written ({error.strerror}): check that you may write {error.filename}"
        ) from None


def _known(settings: Settings, policy_id: str) -> Path:
    """Return the folder of a policy in use."""
    folders = folders_of(settings)
    if policy_id not in folders:
        raise CorpusError(f"there is no policy {policy_id!r}: the corpus has {', '.join(sorted(folders))}")
    return folders[policy_id]


def _changeable(settings: Settings, policy_id: str) -> Path:
    """Return the folder of a policy that may be changed."""
    folder = _known(settings, policy_id)
    if not may_change(settings, folder):
        raise CorpusError(f"policy {policy_id!r} came with the package: only those that were added can be changed")
    return folder


def _cleaned(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known without what is blank, and without what no reader sees."""
    cleaned: dict[str, Any] = {}
    for key, value in known.items():
        if isinstance(value, str):
            cleaned[key] = visible_line(value)
        elif isinstance(value, list | tuple):
            cleaned[key] = [name for part in value if (name := visible_line(str(part)))]
        else:
            cleaned[key] = value
    return {key: value for key, value in cleaned.items() if value not in ("", [], None)}


def _free(wanted: str, taken: Container[str]) -> str:
    """Return an id, or the name of a folder, made of some words, that is not taken."""
    words = _NO_ID.sub("-", unicodedata.normalize("NFKC", visible(wanted)).lower()).strip("-._")
    stem = words[:_ID_CHARS].strip("-._") or "policy"
    return next(found for number in count(1) if (found := stem if number == 1 else f"{stem}-{number}") not in taken)


def _as_toml(known: Mapping[str, Any]) -> str:
    import tomlkit

    return tomlkit.dumps({key: known[key] for key in _KEYS if key in known})


def _document(path: Path) -> Any:
    """Return a TOML file as what may be changed, with its comments; an empty one if there is no file."""
    import tomlkit

    if not path.exists():
        return tomlkit.document()
    _toml(path, max_bytes=_MAX_METADATA_BYTES)
    return tomlkit.parse(read_text(path, max_bytes=_MAX_METADATA_BYTES))
