"""Files that are whole or not there at all, also after a power cut, and databases that processes share."""

from __future__ import annotations

import os
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
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


def open_database(path: Path, schema: str, *, busy_s: float) -> sqlite3.Connection:
    """Return a connection to a SQLite file, made if it is not there, that threads may share.

    Only the owner may read the file. Readers never wait for a writer; a power cut may lose what was written last, but
    no file; what was erased is not to be found in the file any more. The caller begins and ends transactions.

    Args:
        path: The file.
        schema: Statements that make its tables unless they are there.
        busy_s: How long to wait for other writers, in seconds.

    Raises:
        OSError: If the file cannot be made.
        sqlite3.Error: If it is none of a database, or others write for longer than that.
    """
    import sqlite3

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Before SQLite makes it with the rights of every file; its log gets the same.
    path.touch(mode=0o600)
    path.chmod(0o600)
    end = time.monotonic() + busy_s
    while True:
        connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            connection.execute("PRAGMA synchronous = NORMAL").close()
            connection.execute("PRAGMA secure_delete = ON").fetchall()
            connection.execute("PRAGMA foreign_keys = ON").close()
            connection.executescript(schema)
        except BaseException as error:
            connection.close()
            # SQLite itself does not wait where several open a new file at once: one of them makes it, and the others
            # may then open it as it is.
            busy = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= end:
                raise
            time.sleep(_RETRY_S)
        else:
            return connection


_RETRY_S = 0.01
