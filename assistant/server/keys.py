"""Keys: who may use the service, for which policies, and how often.

A key is `pak_ID_SECRET`. Its secret has 256 random bits and is kept as its SHA-256 only: nobody can guess or enumerate
such a secret, which is what slow password hashes are for, and a fast hash lets every request be checked. Browser
tokens are signed statements that a key is good for an origin until a certain time.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from assistant.errors import ServiceError, SettingsError
from assistant.text import sha256_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assistant.settings import Settings
    from assistant.sqlite import Database

_KEY = re.compile(r"pak_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
_TOKEN = re.compile(r"pat_([A-Za-z0-9_.-]{1,1000})")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_FRESH_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, as it is kept: its secret is not among the fields."""

    id: str
    """What it is listed, logged and revoked by."""
    name: str
    """What people call it."""
    policies: tuple[str, ...] | None
    """Ids of the policies that it sees; None for all."""
    rate: str
    """Most requests with it, such as `600/minute`, or several such rates; empty for no limit."""
    origins: tuple[str, ...]
    """Origins of the pages that may hold it; none for a server key."""
    created_at: str
    """ISO 8601, UTC."""
    revoked_at: str | None = None
    """Since when it is good no more; None if it still is."""

    @property
    def is_for_browsers(self) -> bool:
        """Whether it may stand in a page, and so makes tokens only."""
        return bool(self.origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A browser token that was made."""

    text: str
    """What the browser sends."""
    origin: str
    """The only origin that it is good in."""
    expires_at: float
    """Until when, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What a key or token that was presented turned out to be."""

    key: Key
    """The key, or the key that the token was made with."""
    origin: str = ""
    """The token's origin; empty for a key."""


class KeyStore:
    """The keys of a service. Threads may share it.

    Args:
        database: Where they are kept.
        settings: Options: the signing secret and how long tokens are good.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._read_at = -_FRESH_S
        self._known: dict[str, tuple[Key, str]] = {}
        self._secret: str | None = None

    def create(
        self, *, name: str, policies: Sequence[str] | None = None, rate: str = "", origins: Sequence[str] = ()
    ) -> tuple[Key, str]:
        """Make a key, and return it with its text, which is shown once and kept nowhere.

        Raises:
            SettingsError: If the rate or an origin is not written as it should be.
            ServiceError: If the database cannot be used.
        """
        if rate:
            parsed_rates(rate)
        key = Key(
            id="".join(secrets.choice(_ALPHABET) for _ in range(10)),
            name=name,
            policies=None if policies is None else tuple(dict.fromkeys(policies)),
            rate=rate,
            origins=tuple(dict.fromkeys(map(origin_of, origins))),
            created_at=_now(),
        )
        text = f"pak_{key.id}_{secrets.token_urlsafe(32)}"
        scope = None if key.policies is None else json.dumps(key.policies, ensure_ascii=False)
        row = (key.id, name, sha256_of(text), scope, rate, json.dumps(key.origins), key.created_at)
        with self._database.writing(durable=True) as connection:
            connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
        # Keys are copied to other machines with the file, which a service may keep open.
        self._database.empty_log()
        self._read_at = -_FRESH_S
        return key, text

    def all(self) -> tuple[Key, ...]:
        """Return every key, revoked ones too, oldest first.

        Raises:
            ServiceError: If the database cannot be used.
        """
        return tuple(key for key, _ in self._keys().values())

    def revoke(self, key_id: str) -> None:
        """Make a key, and all tokens made with it, good no more; servers that run notice within a second.

        Raises:
            ServiceError: If there is no such key, or the database cannot be used.
        """
        with self._database.writing(durable=True) as connection:
            found = connection.execute(
                "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?", (_now(), key_id)
            )
            if found.rowcount == 0:
                raise ServiceError(no_key(key_id))
        self._database.empty_log()
        self._read_at = -_FRESH_S

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        self._database.close()

    def revoked(self, key_ids: Collection[str]) -> frozenset[str]:
        """Return which of these are good no more, as it is now and not as it was a second ago.

        Raises:
            ServiceError: If the database cannot be used.
        """
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT id FROM keys WHERE revoked_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(key_ids)),),
            ).fetchall()
        return frozenset(key_id for (key_id,) in found)

    @property
    def any(self) -> bool:
        """Whether a key was ever made: from then on one is wanted, even if all of them have been revoked."""
        return bool(self._keys())

    @property
    def origins(self) -> frozenset[str]:
        """The origins of all browser keys that are good."""
        return frozenset(origin for key, _ in self._keys().values() if not key.revoked_at for origin in key.origins)

    def find(self, text: str) -> Presented | Literal["expired"] | None:
        """Return what a key or token is; None if it is none that is good, and "expired" if it was until lately.

        Raises:
            ServiceError: If the database cannot be used.
        """
        if token := _TOKEN.fullmatch(text):
            return self._find_token(token[1])
        found = _KEY.fullmatch(text)
        key, digest = self._keys().get(found[1] if found else "", (None, _NO_DIGEST))
        # Compared in any case, and in a time that does not depend on what is right about it.
        right = hmac.compare_digest(sha256_of(text), digest)
        return Presented(key=key) if right and key and not key.revoked_at else None

    def token(self, key: Key, origin: str) -> Token:
        """Return a new token of a key, for pages of one origin."""
        expires_at = float(int(time.time()) + self._settings.server_token_s)
        text = self._signer("token").dumps({"k": key.id, "o": origin, "e": expires_at})
        return Token(
            text=f"pat_{text if isinstance(text, str) else text.decode()}", origin=origin, expires_at=expires_at
        )

    def _find_token(self, text: str) -> Presented | Literal["expired"] | None:
        from itsdangerous import BadData

        try:
            said = self._signer("token").loads(text)
        except BadData:
            return None
        key, _ = self._keys().get(said["k"], (None, ""))
        if not key or key.revoked_at:
            return None
        return "expired" if said["e"] <= time.time() else Presented(key=key, origin=said["o"])

    def signature(self, policy_id: str) -> str:
        """Return the signature that lets whoever has it read a policy as a page."""
        return self._sign(policy_id)

    def is_signature(self, policy_id: str, signature: str) -> bool:
        """Say whether this is the signature of a policy."""
        return hmac.compare_digest(self._sign(policy_id).encode(), signature.encode("utf-8", "replace"))

    def clock(self, purpose: str) -> Any:
        """Return what signs a text together with the time: a `TimestampSigner`, one for each purpose."""
        from itsdangerous import TimestampSigner

        return TimestampSigner(self._signing_secret(), salt=f"policy-assistant {purpose}", digest_method=hashlib.sha256)

    def _sign(self, policy_id: str) -> str:
        digest = hmac.new(self._signing_secret().encode(), f"permalink {policy_id}".encode(), hashlib.sha256)
        return digest.hexdigest()[:32]

    def _signer(self, purpose: str) -> Any:
        from itsdangerous import URLSafeSerializer

        return URLSafeSerializer(
            self._signing_secret(), salt=f"policy-assistant {purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def _signing_secret(self) -> str:
        if self._settings.server_secret is not None:
            return self._settings.server_secret.get_secret_value()
        if self._secret is None:
            with self._database.writing(durable=True) as connection:
                fresh = ("signing", secrets.token_urlsafe(32))
                connection.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", fresh)
                (self._secret,) = connection.execute("SELECT value FROM secrets WHERE name = 'signing'").fetchone()
        return self._secret

    def _keys(self) -> dict[str, tuple[Key, str]]:
        """Return the keys with the digests of their texts, not older than a second."""
        with self._lock:
            now = time.monotonic()
            if now - self._read_at >= _FRESH_S:
                with self._database.reading() as connection:
                    rows = connection.execute(
                        "SELECT id, name, sha256, policies, rate, origins, created_at, revoked_at "
                        "FROM keys ORDER BY rowid"
                    ).fetchall()
                self._known = {row[0]: (_key(row), row[2]) for row in rows}
                self._read_at = now
            return self._known


def origin_of(text: str) -> str:
    """Return an origin as browsers write it.

    >>> origin_of("HTTPS://App.example:443/")
    'https://app.example'
    >>> origin_of("https://例子.公司")
    'https://xn--fsqu00a.xn--55qx5d'

    Raises:
        SettingsError: If it is not scheme, host and perhaps port.
    """
    wrong = SettingsError(f"{text!r} is not an origin: write it such as https://app.example or http://localhost:3000")
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, _host(parts.hostname or "")
    except ValueError:
        raise wrong from None
    rest = (parts.username, parts.password, parts.query, parts.fragment, parts.path.strip("/"))
    if parts.scheme not in ("http", "https") or any(rest):
        raise wrong
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def _host(name: str) -> str:
    """Return the name or address of a host as browsers write it.

    Raises:
        ValueError: If it is none.
    """
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    import idna

    # Names on one's own network may have what those of the world have not.
    found = name if _HOST.fullmatch(name) else idna.encode(name, uts46=True).decode("ascii")
    if not _HOST.fullmatch(found):
        raise ValueError(name)
    return found


_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,30}\.?")


def parsed_rates(rates: str) -> tuple[Any, ...]:
    """Return rates such as `120/minute` or `5/second, 120/minute`, all of which hold, as `limits` reads them.

    Raises:
        SettingsError: If they are not written so, or one lets nothing through.
    """
    import limits

    try:
        found = tuple(limits.parse_many(rates))
    except ValueError:
        found = ()
    if not found or not all(rate.amount for rate in found):
        raise SettingsError(f"{rates!r} is not a rate: write it such as 120/minute or 5/second")
    return found


def no_key(key_id: str) -> str:
    """Return what is said where there is no key of this id."""
    return f"there is no key {key_id!r}: `policy-assistant keys list` has those there are"


def _key(row: Sequence[Any]) -> Key:
    return Key(
        id=row[0],
        name=row[1],
        policies=None if row[3] is None else tuple(json.loads(row[3])),
        rate=row[4],
        origins=tuple(json.loads(row[5])),
        created_at=row[6],
        revoked_at=row[7],
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# Of nothing that can be presented.
_NO_DIGEST = "0" * 64
