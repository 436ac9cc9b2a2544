"""SQLite files that processes share."""

from __future__ import annotations

import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from assistant.sqlite import open_database

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "CREATE TABLE IF NOT EXISTS notes (note TEXT); CREATE INDEX IF NOT EXISTS by_note ON notes (note);"


def test_many_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    ready = threading.Barrier(4)

    def note(path: Path) -> bool:
        ready.wait()
        with closing(open_database(path, SCHEMA, busy_s=10)) as connection:
            connection.execute("INSERT INTO notes VALUES ('x')")
            return bool(connection.execute("SELECT note FROM notes").fetchall())

    with ThreadPoolExecutor(4) as pool:
        for number in range(50):
            assert list(pool.map(note, [tmp_path / str(number) / "file.sqlite3"] * 4)) == [True] * 4


def test_a_database_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "file.sqlite3"
    with closing(open_database(path, SCHEMA, busy_s=1)) as connection:
        connection.execute("INSERT INTO notes VALUES ('x')")
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in path.parent.iterdir())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_does_not_wait_for_ever_for_another_writer(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            open_database(path, SCHEMA, busy_s=0.1)
        writer.execute("ROLLBACK")
    open_database(path, SCHEMA, busy_s=0.1).close()


def test_what_is_no_database_is_not_tried_twice(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite3"
    path.write_bytes(b"no database " * 1_000)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        open_database(path, SCHEMA, busy_s=60)
