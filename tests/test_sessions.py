"""Sessions: what a server remembers of a conversation, for whom, and how it forgets."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import SessionError, Settings, SettingsError, Turn
from assistant.conversation.sessions import (
    MIN_ID_CHARS,
    RedisSessions,
    Said,
    SessionStore,
    SqliteSessions,
    new_session_id,
    open_sessions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FULL = Turn(
    question="那高德呢\n🙂 \ud800",
    answer="“…” [1]",
    query="高德收集什么",
    citations=(("baiju", "1.2.4"), ("baiju", "1.2.4.p1")),
)
SECRET = "我的身份证号是五三零一零二"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of this run's own, behind a socket in the file system."""
    program = shutil.which("redis-server")
    pytest.importorskip("redis")
    if program is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder), "--logfile", "log"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 20
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield f"unix://{socket}"
        server.terminate()


@pytest.fixture(params=["sqlite", "redis"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., SessionStore]]:
    """Open a store of either sort, empty at first; all that a test opens share what they keep."""
    stores: list[SessionStore] = []
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""

    def opened(**options: float) -> SessionStore:
        store: SessionStore
        if url:
            store = RedisSessions(url, prefix=tmp_path.name, **options)  # type: ignore[arg-type]
        else:
            store = SqliteSessions(tmp_path / "data" / "sessions.sqlite3", **options)  # type: ignore[arg-type]
        stores.append(store)
        return store

    yield opened
    for store in stores:
        store.close()


def turns(*questions: str) -> tuple[Turn, ...]:
    return tuple(Turn(question=question) for question in questions)


# --- Every store -----------------------------------------------------------------------


def test_turns_come_back_in_order_with_all_that_is_known(opened: Callable[..., SessionStore]) -> None:
    session, store = new_session_id(), opened()
    assert store.get(session, owner="a") == ()
    store.append(session, FULL, owner="a")
    store.append(session, Turn(question="还有吗"), owner="a")
    assert store.get(session, owner="a") == (FULL, Turn(question="还有吗"))
    assert opened().get(session, owner="a") == (FULL, Turn(question="还有吗"))


def test_an_owner_never_meets_the_session_of_another(opened: Callable[..., SessionStore]) -> None:
    session, store = new_session_id(), opened()
    store.append(session, Turn(question="mine"), owner="a")
    assert store.get(session, owner="b") == ()
    # Nor takes part in it, nor ends it.
    store.append(session, Turn(question="theirs"), owner="b")
    store.delete(session, owner="b")
    assert store.get(session, owner="a") == turns("mine")
    assert store.get(session, owner="b") == ()


@pytest.mark.parametrize(
    ("first", "second"), [(("a", "b" * 30), ("ab", "b" * 29)), (("a:", "b" * 30), ("a", ":" + "b" * 30))]
)
def test_owners_and_ids_are_not_mixed_up(
    opened: Callable[..., SessionStore], first: tuple[str, str], second: tuple[str, str]
) -> None:
    store = opened()
    store.append(first[1], Turn(question="mine"), owner=first[0])
    assert store.get(second[1], owner=second[0]) == ()


def test_a_session_that_was_deleted_is_gone_and_may_begin_anew(opened: Callable[..., SessionStore]) -> None:
    session, other, store = new_session_id(), new_session_id(), opened()
    store.append(session, Turn(question="1"), owner="a")
    store.append(other, Turn(question="2"), owner="a")
    store.delete(session, owner="a")
    store.delete(session, owner="a")
    assert store.get(session, owner="a") == ()
    assert store.get(other, owner="a") == turns("2")
    store.append(session, Turn(question="3"), owner="a")
    assert store.get(session, owner="a") == turns("3")


def test_all_sessions_of_an_owner_are_erased_and_no_others(opened: Callable[..., SessionStore]) -> None:
    store = opened()
    mine, theirs = [new_session_id() for _ in range(30)], new_session_id()
    for session in mine:
        store.append(session, FULL, owner="a")
        store.append(session, Turn(question="还有吗"), owner="a")
    store.append(theirs, FULL, owner="a*")
    assert store.delete_all(owner="a") == 30
    assert all(store.get(session, owner="a") == () for session in mine)
    assert store.get(theirs, owner="a*") == (FULL,)
    assert store.delete_all(owner="a") == store.delete_all(owner="nobody") == 0


def test_only_the_latest_turns_are_kept(opened: Callable[..., SessionStore]) -> None:
    session, store = new_session_id(), opened(most_turns=3)
    for number in range(7):
        store.append(session, Turn(question=str(number)), owner="a")
    assert store.get(session, owner="a") == turns("4", "5", "6")


def test_turns_are_added_to_many_sessions_at_once(opened: Callable[..., SessionStore]) -> None:
    first, second, store = new_session_id(), new_session_id(), opened(most_turns=3)
    store.append(first, Turn(question="1"), owner="a")
    said = [(first, "2", "a"), (second, "x", "a"), (first, "3", "a"), (first, "theirs", "b"), (first, "4", "a")]
    store.append_all([Said(session=session, turn=Turn(question=text), owner=owner) for session, text, owner in said])
    assert store.get(first, owner="a") == turns("2", "3", "4")
    assert store.get(second, owner="a") == turns("x")
    assert store.get(first, owner="b") == turns("theirs")
    with pytest.raises(SessionError):
        store.append_all([Said(session=id_, turn=Turn(question="5"), owner="a") for id_ in (first, "guessed")])
    assert store.get(first, owner="a") == turns("2", "3", "4"), "all of them, or none"
    assert store.append_all([]) == []
    assert store.append_all([Said(session=first, turn=FULL, owner="a")]) == [True]
    assert store.get(first, owner="a")[-1] == FULL


def test_a_session_that_was_erased_does_not_go_on(opened: Callable[..., SessionStore]) -> None:
    gone, there, new, store = new_session_id(), new_session_id(), new_session_id(), opened()
    for session in (gone, there):
        store.append(session, Turn(question="1"), owner="a")
    store.delete(gone, owner="a")
    said = [
        Said(session=session, turn=Turn(question="2"), owner=owner, goes_on=goes_on)
        for session, owner, goes_on in ((gone, "a", True), (there, "a", True), (there, "b", True), (new, "a", False))
    ]
    assert store.append_all(said) == [False, True, False, True]
    assert store.get(gone, owner="a") == store.get(there, owner="b") == ()
    assert store.get(there, owner="a") == turns("1", "2")
    assert store.get(new, owner="a") == turns("2")


def test_a_session_may_begin_without_a_turn(opened: Callable[..., SessionStore]) -> None:
    gone, there, store = new_session_id(), new_session_id(), opened(most_turns=2)
    for session in (gone, there):
        store.begin(session, owner="a")
        assert store.get(session, owner="a") == ()
    store.delete(gone, owner="a")
    for number in range(3):
        said = [
            Said(session=session, turn=Turn(question=str(number)), owner="a", goes_on=True) for session in (gone, there)
        ]
        assert store.append_all(said) == [False, True]
        assert store.get(there, owner="a") == turns("0", "1", "2")[: number + 1][-2:]
    store.begin(there, owner="a")
    assert store.get(there, owner="a") == turns("1", "2")
    assert store.get(gone, owner="a") == ()
    assert store.delete_all(owner="a") == 1


def test_a_session_that_is_over_may_begin_anew(path: Path) -> None:
    clock, session = Clock(), new_session_id()
    store = SqliteSessions(path, ttl_s=100, clock=clock)
    store.append(session, Turn(question="1"), owner="a")
    clock.now += 101
    store.begin(session, owner="a")
    assert store.append_all((Said(session=session, turn=Turn(question="2"), owner="a", goes_on=True),)) == [True]
    assert store.get(session, owner="a") == turns("2")
    store.close()


def test_a_session_is_forgotten_some_time_after_its_last_turn(opened: Callable[..., SessionStore]) -> None:
    session, store = new_session_id(), opened(ttl_s=1.5)
    store.append(session, Turn(question="1"), owner="a")
    time.sleep(0.8)
    store.append(session, Turn(question="2"), owner="a")
    time.sleep(0.8)
    assert store.get(session, owner="a") == turns("1", "2")
    time.sleep(1)
    assert store.get(session, owner="a") == ()
    store.append(session, Turn(question="3"), owner="a")
    assert store.get(session, owner="a") == turns("3")


@pytest.mark.parametrize("session", ["", "1", "a" * (MIN_ID_CHARS - 1), "a" * 10_000])
def test_no_session_begins_under_an_id_that_can_be_guessed(opened: Callable[..., SessionStore], session: str) -> None:
    store = opened()
    with pytest.raises(SessionError, match=r"new_session_id\(\)"):
        store.append(session, Turn(question="1"), owner="a")
    assert store.get(session, owner="a") == ()
    store.delete(session, owner="a")


@pytest.mark.parametrize("session", ["\ud800" * 30, "\0" * 30, "'; DROP TABLE turns; --" * 2, "*" * 30])
def test_any_id_is_but_an_id(opened: Callable[..., SessionStore], session: str) -> None:
    store = opened()
    store.append(session, Turn(question="1"), owner="\ud800")
    assert store.get(session, owner="\ud800") == turns("1")
    assert store.get(new_session_id(), owner="\ud800") == ()


def test_threads_do_not_lose_each_others_turns(opened: Callable[..., SessionStore]) -> None:
    session, stores = new_session_id(), [opened(most_turns=100), opened(most_turns=100)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda number: stores[number % 2].append(session, Turn(question=str(number)), owner="a"), range(60)
            )
        )
    assert sorted(int(turn.question) for turn in stores[0].get(session, owner="a")) == list(range(60))


def test_ids_are_long_and_all_different() -> None:
    ids = {new_session_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(session) >= MIN_ID_CHARS and session.isascii() for session in ids)


# --- SQLite ----------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sessions.sqlite3"


def files(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*"))


def everything(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in files(path))


@pytest.mark.skipif(sys.platform == "win32", reason="files have no rights of this sort there")
def test_only_its_owner_may_read_the_file(path: Path) -> None:
    store = SqliteSessions(path)
    store.append(new_session_id(), Turn(question="1"), owner="a")
    assert {file.name for file in files(path)} >= {path.name, f"{path.name}-wal"}
    assert {file.stat().st_mode & 0o777 for file in files(path)} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store.close()
    # One that was made by another program is taken from others' eyes.
    path.chmod(0o644)
    store.get(new_session_id(), owner="a")
    assert path.stat().st_mode & 0o777 == 0o600
    store.close()


@pytest.mark.parametrize("ends", ["deleted", "all deleted", "over"])
def test_what_was_erased_is_nowhere_in_the_files(path: Path, ends: str) -> None:
    clock = Clock()
    store = SqliteSessions(path, ttl_s=100, clock=clock)
    session, other = new_session_id(), new_session_id()
    for number in range(50):
        store.append(session, Turn(question=f"{SECRET} {number}", answer=SECRET * 20), owner="a")
    needle = SECRET.encode("unicode_escape")
    assert needle in everything(path)
    assert session.encode() not in everything(path)
    if ends == "deleted":
        store.delete(session, owner="a")
    elif ends == "all deleted":
        assert store.delete_all(owner="a") == 1
    else:
        clock.now += 101
        store.append(other, Turn(question="still here"), owner="a")
        assert store.purge() == 1
    assert needle not in everything(path)
    if ends == "over":
        assert store.get(other, owner="a") == turns("still here")
    store.close()
    assert needle not in everything(path)


def test_purging_counts_what_is_over(path: Path) -> None:
    clock = Clock()
    store = SqliteSessions(path, ttl_s=100, clock=clock)
    for number in range(3):
        store.append(new_session_id(), Turn(question="1"), owner="a")
        clock.now += 60 * number
    clock.now -= 60
    assert store.purge() == 2
    assert store.purge() == 0
    store.close()


def test_a_store_that_was_closed_opens_again(path: Path) -> None:
    session, store = new_session_id(), SqliteSessions(path)
    store.append(session, Turn(question="1"), owner="a")
    store.close()
    store.close()
    assert store.get(session, owner="a") == turns("1")
    store.close()


def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database " * 1_000)
    store = SqliteSessions(path)
    for use in (
        lambda: store.get("a" * 30, owner="a"),
        lambda: store.append("a" * 30, Turn(question="1"), owner="a"),
        lambda: store.delete("a" * 30, owner="a"),
        store.purge,
    ):
        with pytest.raises(SessionError, match=path.name):
            use()
    assert path.read_bytes().startswith(b"no database ")


def test_a_file_that_another_process_writes_is_waited_for_and_then_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.conversation.sessions._BUSY_S", 0.1)
    store = SqliteSessions(path)
    store.append("a" * 30, Turn(question="1"), owner="a")
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(SessionError, match="locked"):
        store.append("a" * 30, Turn(question="2"), owner="a")
    # Readers need not wait.
    assert store.get("a" * 30, owner="a") == turns("1")
    writer.execute("ROLLBACK")
    writer.close()
    store.append("a" * 30, Turn(question="2"), owner="a")
    assert store.get("a" * 30, owner="a") == turns("1", "2")
    store.close()


@hypothesis.settings(max_examples=25)
@given(
    st.builds(
        Turn,
        question=st.text(),
        answer=st.text(),
        query=st.text(),
        citations=st.lists(st.tuples(st.text(), st.text())).map(tuple),
    )
)
def test_any_turn_comes_back_as_it_was(turn: Turn) -> None:
    with TemporaryDirectory() as folder:
        session, store = new_session_id(), SqliteSessions(Path(folder) / "sessions.sqlite3")
        store.append(session, turn, owner="a")
        assert store.get(session, owner="a") == (turn,)
        store.close()


# --- Redis -----------------------------------------------------------------------------


def test_redis_forgets_by_itself_and_knows_no_ids(redis_url: str) -> None:
    import redis

    session, store = new_session_id(), RedisSessions(redis_url, ttl_s=100, prefix="forgets")
    store.append(session, Turn(question="1"), owner="key_1")
    with redis.Redis.from_url(redis_url) as direct:
        (key,) = direct.keys("forgets:*")
        assert 0 < direct.ttl(key) <= 100
        assert session not in key.decode()
        assert "key_1" not in key.decode()
    assert store.purge() == 0
    store.close()


def test_a_redis_that_does_not_answer_is_an_error_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    store = RedisSessions(f"unix://:hunter2@{tmp_path}/nowhere.sock")
    for use in (lambda: store.get("a" * 30, owner="a"), lambda: store.append("a" * 30, FULL, owner="a")):
        with pytest.raises(SessionError, match="Redis") as caught:
            use()
        assert "hunter2" not in str(caught.value)


def test_an_address_that_is_none_is_not_shown() -> None:
    pytest.importorskip("redis")
    with pytest.raises(SettingsError, match="redis://HOST:PORT/0") as caught:
        RedisSessions("postgres://me:hunter2@host/db")
    assert "hunter2" not in str(caught.value)


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SettingsError, match=r"\.\[redis\]"):
        RedisSessions("redis://localhost")


# --- By the settings -------------------------------------------------------------------


def test_the_settings_name_the_store(tmp_path: Path) -> None:
    store = open_sessions(Settings(server_data=tmp_path / "data", session_ttl_s=60, session_turns=2))
    assert isinstance(store, SqliteSessions)
    assert store.path == tmp_path / "data" / "sessions.sqlite3"
    session = new_session_id()
    for number in range(3):
        store.append(session, Turn(question=str(number)), owner="a")
    assert store.get(session, owner="a") == turns("1", "2")
    store.close()
    pytest.importorskip("redis")
    assert isinstance(open_sessions(Settings(session_store="redis://localhost:6379/0")), RedisSessions)
