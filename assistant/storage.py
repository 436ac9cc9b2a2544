"""Files that are whole or not there at all, also after a power cut."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Write a file beside its place, then put it there: a reader finds all of it or none. Text is written in UTF-8."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with aside.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        flush(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Make the system write a file, or the entries of a folder, to the disk."""
    try:
        # Windows flushes only what is open for writing, and does not open folders; its
        # renames are durable without.
        descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
