"""Keeping the policies of the corpus in use: adding, updating, correcting and removing while others read.

What is new is made under a hidden name and gets its own when it is whole; what is removed or replaced is kept in a
hidden folder, so that nothing is lost.
"""

from __future__ import annotations

import datetime
import re
import shutil
import unicodedata
import uuid
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import storage
from assistant.corpus import (
    KEYS,
    LEFT_OUT,
    MAX_METADATA_BYTES,
    METADATA_FILE,
    TEXT_FILE,
    checked,
    ids_left_out,
    in_use,
    no_policy,
    policy_folders,
    read_metadata,
    read_policy,
    read_text,
    read_toml,
)
from assistant.errors import CorpusError, PolicyError
from assistant.parsing import parse
from assistant.text import visible, visible_line

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from assistant.policy import Policy
    from assistant.settings import Settings


def folders_of(settings: Settings) -> dict[str, Path]:
    """Return the folders of the policies in use by id, without reading more than their metadata.

    Raises:
        CorpusError: If a folder of the corpus is missing or cannot be read.
        PolicyError: If the metadata of a policy are not as they should be.
    """
    return {read_metadata(path)["id"]: path for path in in_use(settings.corpus_dirs())}


def left_out(settings: Settings) -> dict[str, Path]:
    """Return the folders of the policies by id that came with the program and are not used.

    Raises:
        CorpusError: As `folders_of`.
        PolicyError: As `folders_of`.
    """
    used = folders_of(settings).values()
    folders = [path for folder in settings.corpus_dirs() for path in policy_folders(folder)]
    return {read_metadata(path)["id"]: path for path in folders if path not in used}


def may_change(settings: Settings, folder: Path) -> bool:
    """Say whether the policy in a folder may be changed: it did not come with the program."""
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
            made = parse(text, **checked({"id": "policy"} | said))
            said["id"] = _free(said.get("title") or Path(name).stem or made.title, taken if numbered else ())
        if str(said["id"]).casefold() in taken:
            raise CorpusError(_taken(settings, str(said["id"])))
        known = checked(dict(said))
        parse(text, **known)
        with _staged(folder) as staged:
            staged.mkdir()
            storage.write(staged / TEXT_FILE, text)
            storage.write(staged / METADATA_FILE, _as_toml(said))
            policy = read_policy(staged)
            place = folder / _free(known["id"], {path.name.casefold() for path in folder.iterdir()})
            staged.rename(place)
            storage.flush(folder)
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
        CorpusError: If the text is the same, there is no such policy, it came with the program, or cannot be written.
    """
    folder = settings.writable_dir()
    with _writing(folder):
        path = _changeable(settings, policy_id)
        if read_text(path / TEXT_FILE) == text:
            raise CorpusError(
                f"policy {policy_id!r} has this very text already: "
                f"`policies set {policy_id}` corrects what else is known about it"
            )
        with _staged(folder) as staged:
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
        CorpusError: If there is no such policy, it came with the program, or cannot be written.
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
    checked(table.unwrap(), path)
    return str(table.as_string())


def remove_policy(settings: Settings, policy_id: str) -> Path:
    """Remove a policy from the corpus in use; one that came with the program is left out of it.

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
            _leave_out(folder, ids_left_out(folder) | {policy_id})
            return path
        place = _kept_place(folder, path)
        path.rename(place)
        storage.flush(folder)
    return place


def restore_policy(settings: Settings, policy_id: str) -> None:
    """Use a policy again that came with the program and was left out.

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
                f"policy {policy_id!r} is not one that came with the program and was removed: what you added and "
                f"removed is moved back by hand, from {folder / REMOVED}"
            )
        _leave_out(folder, ids_left_out(folder) - {policy_id})


def _leave_out(folder: Path, policy_ids: Iterable[str]) -> None:
    storage.write(folder / LEFT_OUT, "".join(f"{policy_id}\n" for policy_id in sorted(policy_ids)))


REMOVED = ".removed"
"""Folder of a corpus that keeps what was removed, and former versions of what was updated."""
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
            f"corpus {str(folder)!r} cannot be written ({error.strerror or error}): "
            f"check that you may write {error.filename or folder}"
        ) from None


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """Yield the path for a folder to be made under a hidden name; what is left of it at the end is removed."""
    staged = folder / f"{_STAGED}{uuid.uuid4().hex}"
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _known(settings: Settings, policy_id: str) -> Path:
    """Return the folder of a policy in use."""
    folders = folders_of(settings)
    if policy_id not in folders:
        raise CorpusError(no_policy(policy_id, folders))
    return folders[policy_id]


def _changeable(settings: Settings, policy_id: str) -> Path:
    """Return the folder of a policy that may be changed."""
    folder = _known(settings, policy_id)
    if not may_change(settings, folder):
        raise CorpusError(f"policy {policy_id!r} came with the program: only those that were added can be changed")
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

    return tomlkit.dumps({key: known[key] for key in KEYS if key in known})


def _document(path: Path) -> Any:
    """Return a TOML file as what may be changed, with its comments; an empty one if there is no file."""
    import tomlkit

    if not path.exists():
        return tomlkit.document()
    read_toml(path, max_bytes=MAX_METADATA_BYTES)
    return tomlkit.parse(read_text(path, max_bytes=MAX_METADATA_BYTES))
