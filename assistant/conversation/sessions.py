"""Conversations that a server remembers, so that a page need not send them along with each question.

The assistant itself remembers nothing: a session is the `history` of the next question, kept elsewhere. Each
belongs to an owner, such as an API key, and is found by nobody else, whatever they know of its id.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from assistant.conversation import Turn
from assistant.errors import SessionError, SettingsError, needs_extra
from assistant.sqlite import Database
from assistant.text import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from assistant.settings import Settings

MIN_ID_CHARS = 22
"""Shortest id of a session: 128 random bits in base 64, too many to be guessed."""
MAX_ID_CHARS = 200
"""Longest id of a session, and of an owner."""

FILE = "sessions.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A turn of a session."""

    session: str
    """Id of the session."""
    turn: Turn
    """What was said."""
    owner: str
    """Whose session it is."""
    goes_on: bool = False
    """Whether the session is there already: if it was erased meanwhile, it stays so."""


class SessionStore(Protocol):
    """Where sessions are kept. Threads may share one."""

    def get(self, session: str, *, owner: str) -> tuple[Turn, ...]:
        """Return the turns of a session, oldest first; none if there is no such session, or it is another owner's.

        Raises:
            SessionError: If the store cannot be read.
        """

    def begin(self, session: str, *, owner: str) -> None:
        """Have a session there, without a turn at first, so that it can be erased before there is one.

        Raises:
            SessionError: As `append`.
        """

    def append(self, session: str, turn: Turn, *, owner: str) -> None:
        """Add a turn to a session, which is begun if there is none.

        Raises:
            SessionError: If the id can be guessed, or the store cannot be written.
        """

    def append_all(self, said: Sequence[Said]) -> list[bool]:
        """Add turns to their sessions, in order, all or none; cheaper than one by one.

        Returns:
            For each turn whether it was added: one that goes on is not if its session is gone.

        Raises:
            SessionError: As `append`.
        """

    def delete(self, session: str, *, owner: str) -> None:
        """Erase a session, if there is one.

        Raises:
            SessionError: If the store cannot be written.
        """

    def delete_all(self, *, owner: str) -> int:
        """Erase every session of an owner, and return how many there were.

        Raises:
            SessionError: If the store cannot be written.
        """

    def purge(self) -> int:
        """Erase the sessions whose time is over, and return how many there were.

        Raises:
            SessionError: If the store cannot be written.
        """

    def close(self) -> None:
        """Let go of files and connections; a later use opens them again."""


def new_session_id() -> str:
    """Return an id for a session, of 192 random bits.

    >>> len(new_session_id()) >= MIN_ID_CHARS, new_session_id() == new_session_id()
    (True, False)
    """
    return f"ses_{secrets.token_urlsafe(24)}"


def open_sessions(settings: Settings) -> SessionStore:
    """Return the store that the settings name: a file in the service's folder, or Redis.

    Raises:
        SettingsError: If the setting names no store, or one that needs an extra.
    """
    ttl_s, most_turns = settings.session_ttl_s, settings.session_turns
    if settings.session_store is not None:
        return RedisSessions(settings.session_store.get_secret_value(), ttl_s=ttl_s, most_turns=most_turns)
    return SqliteSessions(settings.server_folder() / FILE, ttl_s=ttl_s, most_turns=most_turns)


# --- SQLite -------------------------------------------------------------------------------

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
  id INTEGER PRIMARY KEY, owner TEXT NOT NULL, session TEXT NOT NULL, last_at REAL NOT NULL, UNIQUE (owner, session));
CREATE INDEX IF NOT EXISTS sessions_by_time ON sessions (last_at);
CREATE TABLE IF NOT EXISTS turns (
  session INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, number INTEGER NOT NULL, turn TEXT NOT NULL,
  PRIMARY KEY (session, number)) WITHOUT ROWID;
"""
# What adds turns, `given` as a JSON array of arrays: owner, session, turn, whether the session is there already.
_FORGET_OLD = """
DELETE FROM sessions WHERE last_at < :until AND (owner, session) IN
  (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:given))
"""
_BEGIN = """
INSERT INTO sessions (owner, session, last_at)
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), :now FROM json_each(:given)
  WHERE NOT json_extract(value, '$[3]') OR EXISTS (SELECT 1 FROM sessions AS known
    WHERE known.owner = json_extract(value, '$[0]') AND known.session = json_extract(value, '$[1]'))
  ON CONFLICT DO UPDATE SET last_at = excluded.last_at
"""
_ADD = """
INSERT INTO turns
  SELECT known.id, COALESCE((SELECT MAX(number) FROM turns WHERE turns.session = known.id), 0)
    + ROW_NUMBER() OVER (PARTITION BY known.id ORDER BY said.key), json_extract(said.value, '$[2]')
  FROM json_each(:given) AS said CROSS JOIN sessions AS known
  ON known.owner = json_extract(said.value, '$[0]') AND known.session = json_extract(said.value, '$[1]')
"""
_ADDED = """
SELECT said.key FROM json_each(:given) AS said CROSS JOIN sessions AS known
  ON known.owner = json_extract(said.value, '$[0]') AND known.session = json_extract(said.value, '$[1]')
"""
_CUT = """
DELETE FROM turns WHERE session IN
  (SELECT known.id FROM json_each(:given) AS said CROSS JOIN sessions AS known
   ON known.owner = json_extract(said.value, '$[0]') AND known.session = json_extract(said.value, '$[1]'))
  AND number <= (SELECT MAX(latest.number) FROM turns AS latest WHERE latest.session = turns.session) - :most
"""
_BUSY_S = 5.0
# Whoever asks in a conversation waits for it.
_REDIS_S = 2.0
_SCANNED = 1_000


class SqliteSessions:
    """Keeps sessions in a SQLite file, made at first use, for its owner's eyes only. Processes may share the file.

    What is erased is overwritten in the file, and the file's log is emptied. Ids are kept as digests.

    Args:
        path: The file.
        ttl_s: How long a session is kept after its last turn, in seconds.
        most_turns: Number of turns that are kept of a session, the latest ones.
        clock: Returns the time, in seconds since 1970.
    """

    def __init__(
        self, path: Path, *, ttl_s: float = 86_400, most_turns: int = 20, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._database = Database(path, _SCHEMA, busy_s=_BUSY_S, error=SessionError, remedy="name another place")
        self._ttl_s = ttl_s
        self._most_turns = most_turns
        self._clock = clock

    def get(self, session: str, *, owner: str) -> tuple[Turn, ...]:
        """See `SessionStore.get`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT turn FROM turns WHERE session = "
                "(SELECT id FROM sessions WHERE owner = ? AND session = ? AND last_at >= ?) ORDER BY number",
                (*_key(session, owner), self._clock() - self._ttl_s),
            ).fetchall()
        return tuple(_turn(text) for (text,) in rows)

    def begin(self, session: str, *, owner: str) -> None:
        """See `SessionStore.begin`."""
        _check(session, owner)
        key, now = _key(session, owner), self._clock()
        with self._database.writing() as connection:
            # One that is over begins anew, though nothing has removed it yet.
            connection.execute(_FORGET_OLD, {"given": json.dumps([key]), "until": now - self._ttl_s})
            connection.execute(
                "INSERT INTO sessions (owner, session, last_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (*key, now)
            )

    def append(self, session: str, turn: Turn, *, owner: str) -> None:
        """See `SessionStore.append`."""
        self.append_all((Said(session=session, turn=turn, owner=owner),))

    def append_all(self, said: Sequence[Said]) -> list[bool]:
        """See `SessionStore.append_all`."""
        for one in said:
            _check(one.session, one.owner)
        given = json.dumps([(*_key(one.session, one.owner), _text(one.turn), one.goes_on) for one in said])
        now = self._clock()
        # One statement for all of them: other threads go on in each.
        with self._database.writing() as connection:
            for statement, about in (
                (_FORGET_OLD, {"until": now - self._ttl_s}),
                (_BEGIN, {"now": now}),
                (_ADD, {}),
                (_CUT, {"most": self._most_turns}),
            ):
                connection.execute(statement, {"given": given, **about})
            added = {number for (number,) in connection.execute(_ADDED, {"given": given})}
        return [number in added for number in range(len(said))]

    def delete(self, session: str, *, owner: str) -> None:
        """See `SessionStore.delete`."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE owner = ? AND session = ?", _key(session, owner))
        self._database.empty_log()

    def delete_all(self, *, owner: str) -> int:
        """See `SessionStore.delete_all`."""
        with self._database.writing() as connection:
            gone = connection.execute("DELETE FROM sessions WHERE owner = ?", (sha256_of(owner),)).rowcount
        self._database.empty_log()
        return gone

    def purge(self) -> int:
        """See `SessionStore.purge`."""
        with self._database.writing() as connection:
            over = self._clock() - self._ttl_s
            gone = connection.execute("DELETE FROM sessions WHERE last_at < ?", (over,)).rowcount
        self._database.empty_log()
        return gone

    def close(self) -> None:
        """See `SessionStore.close`."""
        self._database.close()


# --- Redis --------------------------------------------------------------------------------


class RedisSessions:
    """Keeps sessions in Redis, for the servers of several machines. Needs the extra `redis`.

    Redis itself forgets sessions when their time is over. Ids are kept as digests.

    Args:
        url: Where Redis is: `redis://HOST:PORT/0`, `rediss://…` or `unix://…`, with the password if there is one.
        ttl_s: How long a session is kept after its last turn, in seconds.
        most_turns: Number of turns that are kept of a session, the latest ones.
        prefix: Beginning of its keys.

    Raises:
        SettingsError: If the extra is not installed, or the address is none.
    """

    def __init__(
        self, url: str, *, ttl_s: float = 86_400, most_turns: int = 20, prefix: str = "policy-assistant:session"
    ) -> None:
        try:
            import redis
        except ImportError:
            raise SettingsError(needs_extra("keeping sessions in Redis", "redis")) from None
        self._ttl_ms = max(1, round(1000 * ttl_s))
        self._most_turns = most_turns
        self._prefix = prefix
        self._error: type[Exception] = redis.RedisError
        try:
            # The address may hold a password: it is not shown.
            self._redis: Any = redis.Redis.from_url(url, socket_timeout=_REDIS_S, socket_connect_timeout=_REDIS_S)
        except ValueError:
            raise SettingsError(
                "sessions cannot be kept at that address: write redis://HOST:PORT/0, rediss:// or unix://"
            ) from None

    def get(self, session: str, *, owner: str) -> tuple[Turn, ...]:
        """See `SessionStore.get`."""
        with self._errors():
            return tuple(_turn(text) for text in self._redis.lrange(self._key(session, owner), 0, -1) if text)

    def begin(self, session: str, *, owner: str) -> None:
        """See `SessionStore.begin`."""
        _check(session, owner)
        key = self._key(session, owner)
        with self._errors(), self._redis.pipeline(transaction=True) as pipeline:
            # There are no empty lists; what is no turn goes when there are too many.
            pipeline.lpush(key, "")
            pipeline.pexpire(key, self._ttl_ms)
            pipeline.execute()

    def append(self, session: str, turn: Turn, *, owner: str) -> None:
        """See `SessionStore.append`."""
        self.append_all((Said(session=session, turn=turn, owner=owner),))

    def append_all(self, said: Sequence[Said]) -> list[bool]:
        """See `SessionStore.append_all`."""
        for one in said:
            _check(one.session, one.owner)
        with self._errors(), self._redis.pipeline(transaction=True) as pipeline:
            for one in said:
                key = self._key(one.session, one.owner)
                (pipeline.rpushx if one.goes_on else pipeline.rpush)(key, _text(one.turn))
                pipeline.ltrim(key, -self._most_turns, -1)
                pipeline.pexpire(key, self._ttl_ms)
            return [bool(turns) for turns in pipeline.execute()[::3]]

    def delete(self, session: str, *, owner: str) -> None:
        """See `SessionStore.delete`."""
        with self._errors():
            self._redis.delete(self._key(session, owner))

    def delete_all(self, *, owner: str) -> int:
        """See `SessionStore.delete_all`."""
        gone = 0
        with self._errors():
            for key in self._redis.scan_iter(match=f"{_literal(self._prefix)}:{sha256_of(owner)}:*", count=_SCANNED):
                gone += self._redis.delete(key)
        return gone

    def purge(self) -> int:
        """See `SessionStore.purge`: Redis has done so by itself."""
        return 0

    def close(self) -> None:
        """See `SessionStore.close`."""
        self._redis.close()

    def _key(self, session: str, owner: str) -> str:
        return ":".join((self._prefix, *_key(session, owner)))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise SessionError(
                f"conversations cannot be kept in Redis ({type(error).__name__}): check that it runs and lets us in"
            ) from error


# --- Turns --------------------------------------------------------------------------------


def _check(session: str, owner: str) -> None:
    if not MIN_ID_CHARS <= len(session) <= MAX_ID_CHARS:
        raise SessionError(
            f"the id of a session has {MIN_ID_CHARS} to {MAX_ID_CHARS} characters, not {len(session)}: "
            "take what new_session_id() returns"
        )
    if len(owner) > MAX_ID_CHARS:
        raise SessionError(f"the id of an owner has at most {MAX_ID_CHARS} characters, not {len(owner)}")


def _key(session: str, owner: str) -> tuple[str, str]:
    """Return what an owner and a session are kept under: whoever sees a store cannot go on with its sessions."""
    return sha256_of(owner), sha256_of(session)


def _literal(text: str) -> str:
    """Return what matches `text` itself in a pattern of Redis."""
    return "".join(f"\\{char}" if char in "*?[]^-\\" else char for char in text)


def _text(turn: Turn) -> str:
    # In ASCII: a question may hold a lone surrogate, which no file takes.
    return json.dumps([turn.question, turn.answer, turn.query, turn.citations])


def _turn(text: str | bytes) -> Turn:
    question, answer, query, citations = json.loads(text)
    return Turn(
        question=question,
        answer=answer,
        query=query,
        citations=tuple((policy_id, clause_id) for policy_id, clause_id in citations),
    )
