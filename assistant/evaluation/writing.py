"""Files and folders that are there whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

from assistant import storage
from assistant.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


def write_file(path: Path, data: bytes) -> None:
    """Write a file beside its place, then put it there.

    Raises:
        EvaluationError: If it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.write(path, data)
    except OSError as error:
        raise EvaluationError(
            f"{path}: cannot be written ({error.strerror}): name another file, or make room"
        ) from None


def check_folder(folder: Path, *, names: Collection[str]) -> None:
    """Check that `write_folder` may put a folder of these files there.

    Raises:
        EvaluationError: If something else stands in its place.
    """
    if folder.is_dir():
        others = sorted(path.name for path in folder.iterdir() if path.name not in names)
        if others:
            raise EvaluationError(f"{folder}: holds {others[0]!r}, which is no part of a report: name another folder")
    elif folder.exists() or folder.is_symlink():
        raise EvaluationError(f"{folder}: is not a folder: name another one")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files, in place of a former one of the same kind: never some files of each.

    They are written beside the folder's place, which then changes hands by a rename.

    Args:
        folder: The folder.
        files: Content by name.

    Raises:
        EvaluationError: If something else stands in its place, or it cannot be written; a former
            folder is then as it was.
    """
    check_folder(folder, names=files)
    # `OUT/` and a folder named by a link are what they stand for.
    folder = folder.resolve()
    aside, former = _aside(folder), _aside(folder)
    try:
        aside.mkdir(parents=True)
        for name, data in files.items():
            (aside / name).write_bytes(data)
        if folder.exists():
            folder.rename(former)
        aside.rename(folder)
    except OSError as error:
        raise EvaluationError(
            f"{folder}: cannot be written ({error.strerror}): name another folder, or make room"
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if former.exists() and not folder.exists():
            former.rename(folder)
        shutil.rmtree(former, ignore_errors=True)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
