"""The service's database: one SQLite file, shared by the processes of a machine.

Keys are few and read often; what was asked in vain is written once and read by a person. Neither needs a server of
its own.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from assistant.errors import ServiceError
from assistant.storage import open_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "service.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, policies TEXT, rate TEXT NOT NULL,
  origins TEXT NOT NULL, created_at TEXT NOT NULL, revoked_at TEXT);
CREATE TABLE IF NOT EXISTS answers (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, session TEXT NOT NULL, at REAL NOT NULL, question TEXT NOT NULL,
  query TEXT NOT NULL, language TEXT NOT NULL, policies TEXT NOT NULL, clauses TEXT NOT NULL, quotes TEXT NOT NULL,
  abstained TEXT, useful INTEGER, why TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS answers_of_sessions ON answers (owner, session);
CREATE INDEX IF NOT EXISTS answers_by_time ON answers (at);
"""


class Database:
    """A SQLite file, made at first use, for its owner's eyes only. Threads may share it.

    Args:
        folder: Where the file is, or is to be.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction of its own, which is undone if anything goes wrong.

        Args:
            durable: Whether what is written is on the disk at the end, so that a power cut cannot take it back.

        Raises:
            ServiceError: If the file cannot be opened, read or written.
        """
        with self._lock:
            try:
                connection = self._connection or self._opened()
                self._connection = connection
                if durable:
                    connection.execute("PRAGMA synchronous = FULL").close()
                try:
                    with connection:
                        yield connection
                finally:
                    if durable:
                        connection.execute("PRAGMA synchronous = NORMAL").close()
            except (OSError, sqlite3.Error) as error:
                raise ServiceError(
                    f"{self.path}: cannot be used ({error}): check that it is whole and may be written, "
                    "or name another folder with ASSISTANT_SERVER_DATA"
                ) from error

    def empty_log(self) -> None:
        """Write the log back into the file: it still holds pages as they were before something was erased.

        Raises:
            ServiceError: If the file cannot be used.
        """
        with self.transaction():
            pass
        with self._lock, suppress(sqlite3.Error):  # readers may be in the way; the next time does it
            if self._connection:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        with self._lock:
            if self._connection:
                self._connection.close()
            self._connection = None

    def _opened(self) -> sqlite3.Connection:
        connection = open_database(self.path, _SCHEMA, busy_s=_BUSY_S)
        # A transaction begins with the first statement that writes.
        connection.isolation_level = "DEFERRED"
        return connection


_BUSY_S = 2.0
