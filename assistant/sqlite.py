"""SQLite files that threads and processes share."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assistant.errors import AssistantError


class Database:
    """A SQLite file, made at first use, for its owner's eyes only. Threads and processes may share it.

    Args:
        path: The file.
        schema: Statements that make its tables unless they are there.
        busy_s: How long to wait for other writers, in seconds.
        error: What is raised where the file cannot be opened, read or written.
        remedy: What to do then, beside looking at the file.
    """

    def __init__(self, path: Path, schema: str, *, busy_s: float, error: type[AssistantError], remedy: str) -> None:
        self.path = path
        self._schema = schema
        self._busy_s = busy_s
        self._error = error
        self._remedy = remedy
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection, in a transaction of its own, to read: all of it as it is at one time."""
        with self._opened() as connection, _transaction(connection, "BEGIN"):
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Yield the connection, in a transaction of its own, to write, which is undone if anything goes wrong.

        Args:
            durable: Whether what is written is on the disk at the end, so that a power cut cannot take it back.
        """
        with self._opened() as connection:
            if durable:
                connection.execute("PRAGMA synchronous = FULL").close()
            try:
                # A writer that begins as a reader fails, instead of waiting, when another process writes.
                with _transaction(connection, "BEGIN IMMEDIATE"):
                    yield connection
            finally:
                if durable:
                    connection.execute("PRAGMA synchronous = NORMAL").close()

    def empty_log(self) -> None:
        """Write the log back into the file: it still holds pages as they were before something was erased.

        Where readers are in the way, the next time does it.
        """
        with self._opened() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection = self._connection or open_database(self.path, self._schema, busy_s=self._busy_s)
                yield self._connection
            except (OSError, sqlite3.Error) as error:
                raise self._error(
                    f"{self.path}: cannot be used ({error}): check that it is whole and may be written, "
                    f"or {self._remedy}"
                ) from error


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


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
