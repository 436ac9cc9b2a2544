"""The service's database: one SQLite file, shared by the processes of a machine.

Keys are few and read often; what was asked in vain is written once and read by a person. Neither needs a server of
its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import ServiceError
from assistant.sqlite import Database

if TYPE_CHECKING:
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
_BUSY_S = 2.0


def service_database(folder: Path) -> Database:
    """Return the database in the service's folder; where it cannot be used, it raises `ServiceError`."""
    remedy = "name another folder with ASSISTANT_SERVER_DATA"
    return Database(folder / FILE, _SCHEMA, busy_s=_BUSY_S, error=ServiceError, remedy=remedy)
