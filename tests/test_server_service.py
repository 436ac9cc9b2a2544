"""The service under many at once: its queue, its limits, who leaves, repeated questions, and a new index meanwhile."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from assistant import Answer, Assistant, CorpusError, Settings, build_index
from assistant.conversation.sessions import Said, SqliteSessions, new_session_id
from assistant.errors import ServiceError, SessionError
from assistant.server.app import create_app
from assistant.server.database import service_database
from assistant.server.feedback import FeedbackStore, Told
from assistant.server.observing import Metrics
from assistant.server.recording import Recorder
from assistant.server.service import AnswerCache, Service
from tests.conftest import FakeEmbedder
from tests.serving import QUESTION, UNCLEAR, PacedAssistant, client, events, opened, paced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

PIECES = 100


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("service"))


@pytest.fixture
def slow(assistant: Assistant) -> Iterator[PacedAssistant]:
    found = paced(assistant)
    yield found
    found.go.release(PIECES)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def until(says: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not says():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


def ask(http: TestClient, question: str = QUESTION) -> Any:
    return http.post("/v1/ask", json={"question": question})


def gauge(http: TestClient, name: str) -> float:
    found = re.search(rf"^policy_assistant_{name}(?:_total)? (\S+)$", http.get("/metrics").text, re.M)
    assert found
    return float(found[1])


# --- Limits ------------------------------------------------------------------------------


def test_beyond_its_queue_it_sends_away_at_once(
    slow: PacedAssistant, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with client(slow, tmp_path, server_threads=1, server_queue=2) as http:
        taken = [threads.submit(ask, http, f"{QUESTION}{number}") for number in range(3)]
        until(lambda: gauge(http, "threads_busy") == 1 and gauge(http, "questions_waiting") == 2)
        for path, body in (
            ("/v1/ask", {"question": "x"}),
            ("/v1/chat", {"question": "x"}),
            ("/v1/search", {"question": "x"}),
            ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
        ):
            started = time.monotonic()
            refused = http.post(path, json=body)
            assert time.monotonic() - started < 1
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "overloaded"
            assert int(refused.headers["retry-after"]) >= 1
        assert http.get("/healthz").status_code == http.get("/v1/policies").status_code == 200
        slow.go.release(PIECES)
        assert [response.result().status_code for response in taken] == [200] * 3
        until(lambda: gauge(http, "threads_busy") == gauge(http, "questions_waiting") == 0)
        assert ask(http).status_code == 200


def test_who_waits_too_long_is_told(slow: PacedAssistant, tmp_path: Path) -> None:
    with client(slow, tmp_path, server_timeout_s=0.3, server_threads=1) as http:
        late = ask(http)
        assert late.status_code == 504
        assert late.json()["error"]["code"] == "timeout"
        # The thread is still at it: the next one waits in vain.
        assert ask(http, "another").status_code == 504
        slow.go.release(PIECES)
        until(lambda: ask(http, "yet another").status_code == 200)


def test_a_stream_that_takes_too_long_ends_with_an_error(slow: PacedAssistant, tmp_path: Path) -> None:
    slow.go.release()
    with client(slow, tmp_path, server_timeout_s=0.3) as http:
        response = http.post("/v1/chat", json={"question": QUESTION})
        assert response.status_code == 200
        found = events(response.text)
        assert [name for name, _ in found] == ["meta", "sentence", "error"]
        assert found[-1][1]["error"]["code"] == "timeout"
        assert found[-1][1]["error"]["request_id"] == response.headers["x-request-id"]
        slow.go.release(PIECES)
        completed = http.post(
            "/v1/chat/completions", json={"messages": [{"role": "user", "content": QUESTION}], "stream": True}
        )
        assert completed.text.endswith("data: [DONE]\n\n")


def test_a_stream_that_has_nothing_to_say_says_that_it_lives(
    slow: PacedAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.server.working.PING_S", 0.05)
    slow.go.release()
    with client(slow, tmp_path) as http, http.stream("POST", "/v1/chat", json={"question": QUESTION}) as response:
        text = ""
        for part in response.iter_text():
            text += part
            if text.count(": ping") == 2:
                slow.go.release(PIECES)
    assert [name for name, _ in events(text)][-1] == "done"


# --- Who leaves --------------------------------------------------------------------------


async def leave(app: Any, path: str, go: threading.Semaphore, begun: threading.Event) -> list[dict[str, Any]]:
    """Ask, and leave once the assistant has begun; return what was sent until then."""
    sent: list[dict[str, Any]] = []
    body = json.dumps({"question": QUESTION, "messages": [{"role": "user", "content": QUESTION}], "stream": True})
    if path != "/v1/chat/completions":
        body = json.dumps({"question": QUESTION})
    messages = iter([{"type": "http.request", "body": body.encode(), "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await asyncio.to_thread(begun.wait)
        await asyncio.sleep(0.1)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(b"content-type", b"application/json"), (b"host", b"testserver")],
        "client": ("192.0.2.1", 1), "server": ("testserver", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat", "/v1/chat/completions"])
@pytest.mark.parametrize("pieces", [0, 1])
def test_whoever_leaves_cancels_the_answer(slow: PacedAssistant, tmp_path: Path, path: str, pieces: int) -> None:
    settings = Settings(server_data=tmp_path, server_rate="none", server_reload_s=0, server_threads=1)
    app = create_app(settings, open_assistant=lambda _: slow)

    async def scene() -> None:
        async with app.router.lifespan_context(app):
            if pieces:
                slow.go.release(pieces)
            started = time.monotonic()
            sent = await asyncio.wait_for(leave(app, path, slow.go, slow.begun), 5)
            assert time.monotonic() - started < 2
            assert not any(b"done" in message.get("body", b"") for message in sent)
            # It goes no further than the piece that it is at.
            slow.go.release()
            assert await asyncio.to_thread(slow.closed.wait, 2)
            assert slow.go._value <= 1
            slow.go.release(PIECES)
            service = app.state.parts.service
            assert await service.run(lambda: "free again") == "free again"
            assert not service._under_way

    asyncio.run(scene())


def test_whoever_leaves_while_he_waits_is_not_answered(
    slow: PacedAssistant, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with client(slow, tmp_path, server_threads=1, server_queue=1) as http:
        busy = threads.submit(ask, http)
        until(lambda: gauge(http, "threads_busy") == 1)
        service: Service = http.app.state.parts.service  # type: ignore[attr-defined]
        done: list[str] = []

        async def give_up() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await service.run(lambda: done.append("in vain"))

        assert http.portal
        for _ in range(3):
            # His place is free for the next one.
            http.portal.call(give_up)
            assert gauge(http, "questions_waiting") == 0
        slow.go.release(PIECES)
        assert busy.result().status_code == 200
        assert ask(http, "another").status_code == 200
        assert not done


# --- What is kept ------------------------------------------------------------------------


class Counting(FeedbackStore):
    """Records of answers that counts how often it writes, and cannot write some."""

    def __init__(self, folder: Path) -> None:
        super().__init__(service_database(folder), days=1)
        self.written: list[int] = []

    def note(self, told: Sequence[Told]) -> None:
        """See `FeedbackStore.note`."""
        if any(one.id == "bad" for one in told):
            raise ValueError("nobody thought of this")
        super().note(told)
        self.written.append(len(told))


def test_answers_that_come_together_are_written_together(assistant: Assistant, tmp_path: Path) -> None:
    store, sessions, more = Counting(tmp_path), SqliteSessions(tmp_path / "sessions"), True
    answer, session = assistant.ask(QUESTION), new_session_id()

    async def scene() -> None:
        nonlocal more
        recorder = Recorder(store, sessions, lambda: more, lambda _: frozenset())

        async def keep(*ids: str) -> list[BaseException | None]:
            told = [Told(id=id_, answer=answer, owner="a", session=session) for id_ in ids]
            return await asyncio.gather(*map(recorder.keep, told), return_exceptions=True)

        assert await keep("a", "b", "c") == [None] * 3
        assert store.written == [3]
        # Nobody waits for answers that do not come.
        more = False
        assert await keep("d") == [None]
        assert store.written == [3, 1]
        more = True
        kept, fault, also = await keep("e", "bad", "f")
        assert kept is also is None
        assert str(fault) == "nobody thought of this"
        more, late = True, asyncio.ensure_future(keep("g"))
        await asyncio.sleep(0.01)
        late.cancel()
        await recorder.close()
        more = False
        assert await keep("h") == [None], "it may be used again"
        await recorder.close()

    asyncio.run(scene())
    assert all(store.give(id_, owner="a", useful=True) for id_ in "abcdefgh")
    assert len(sessions.get(session, owner="a")) == 8
    sessions.close()


def test_an_answer_is_told_although_it_cannot_be_kept(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(error: Exception) -> Callable[..., None]:
        def fail(*_: object, **__: object) -> None:
            raise error

        return fail

    monkeypatch.setattr(FeedbackStore, "note", fails(ServiceError("no room")))
    monkeypatch.setattr(SqliteSessions, "append_all", fails(SessionError("no room")))
    with client(assistant, tmp_path) as http:
        said = http.post("/v1/chat", json={"question": QUESTION}, headers={"Accept": "application/json"})
    assert said.status_code == 200
    assert {"an answer was not recorded", "a conversation was not kept"} <= {
        record.message for record in caplog.records
    }


def test_a_store_that_hangs_holds_up_no_answers(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Hanging(SqliteSessions):
        goes_on = threading.Event()

        def append_all(self, said: Sequence[Said]) -> list[bool]:
            """See `SessionStore.append_all`."""
            assert self.goes_on.wait(20)
            return super().append_all(said)

        def begin(self, session: str, *, owner: str) -> None:
            """See `SessionStore.begin`."""
            assert self.goes_on.wait(20)
            raise SessionError("no room")

    monkeypatch.setattr("assistant.server.recording._PATIENCE_S", 0.1)
    monkeypatch.setattr("assistant.server.recording._MOST_BEHIND", 6)
    store, sessions = Counting(tmp_path), Hanging(tmp_path / "sessions")
    answer, session = assistant.ask(QUESTION), new_session_id()

    async def scene() -> None:
        recorder = Recorder(store, sessions, lambda: False, lambda _: frozenset())
        started = time.monotonic()
        for number in range(8):
            assert not await recorder.begin(new_session_id(), owner="a")
            await recorder.keep(Told(id=str(number), answer=answer, owner="a", session=session))
        assert time.monotonic() - started < 2
        sessions.goes_on.set()
        await recorder.close()
        await asyncio.sleep(0.1)
        # It has caught up, and is waited for again.
        await recorder.keep(Told(id="last", answer=answer, owner="a", session=session))
        assert store.give("last", owner="a", useful=True)
        await recorder.close()

    asyncio.run(scene())
    # What has piled up is written at once.
    assert sum(store.written) == 7
    assert len(store.written) <= 3
    # Two came when too many were still to be written.
    assert len(sessions.get(session, owner="a")) == 7
    sessions.close()
    told = [record.message for record in caplog.records]
    assert told.count("answers are told before they are recorded") == 1
    assert told.count("an answer was not recorded") == 2


def test_what_is_erased_stays_so_though_an_answer_is_under_way(
    slow: PacedAssistant, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    with client(slow, tmp_path) as http:
        slow.go.release(PIECES)
        json_only = {"Accept": "application/json"}
        session = http.post("/v1/chat", json={"question": QUESTION}, headers=json_only).json()["session_id"]
        while slow.go.acquire(blocking=False):
            pass
        slow.begun.clear()
        going = threads.submit(
            http.post, "/v1/chat", json={"question": f"{QUESTION} ", "session_id": session}, headers=json_only
        )
        assert slow.begun.wait(10)
        assert http.delete(f"/v1/sessions/{session}").status_code == 204
        slow.go.release(PIECES)
        answered = going.result().json()
        feedback = http.post("/v1/feedback", json={"answer_id": answered["answer_id"], "useful": True})
        assert feedback.status_code == 404
        again = http.post("/v1/chat", json={"question": QUESTION, "session_id": session}, headers=json_only).json()
        assert again["session_id"] != session


def test_what_is_erased_stays_so_though_its_first_answer_is_under_way(slow: PacedAssistant, tmp_path: Path) -> None:
    with client(slow, tmp_path) as http:
        slow.go.release()
        text = ""
        meta: dict[str, Any] = {}
        with http.stream("POST", "/v1/chat", json={"question": QUESTION}) as response:
            for part in response.iter_text():
                text += part
                if not meta:
                    meta = dict(events(text))["meta"]
                    assert http.delete(f"/v1/sessions/{meta['session_id']}").status_code == 204
                    slow.go.release(PIECES)
        assert [name for name, _ in events(text)][-1] == "done"
        feedback = http.post("/v1/feedback", json={"answer_id": meta["answer_id"], "useful": True})
        assert feedback.status_code == 404
        asked = {"question": QUESTION, "session_id": meta["session_id"]}
        again = http.post("/v1/chat", json=asked, headers={"Accept": "application/json"}).json()
        assert again["session_id"] != meta["session_id"]


def test_a_conversation_goes_on_though_its_first_answer_was_slow(slow: PacedAssistant, tmp_path: Path) -> None:
    with client(slow, tmp_path) as http:
        slow.go.release()
        session = ""
        with http.stream("POST", "/v1/chat", json={"question": QUESTION}) as response:
            for part in response.iter_text():
                session = session or dict(events(part))["meta"]["session_id"]
                slow.go.release(PIECES)
        asked = {"question": QUESTION, "session_id": session}
        again = http.post("/v1/chat", json=asked, headers={"Accept": "application/json"}).json()
        assert again["session_id"] == session
        sessions = http.app.state.parts.sessions  # type: ignore[attr-defined]
        assert len(sessions.get(session, owner="-")) == 2


# --- Repeated questions ------------------------------------------------------------------


class CountedAssistant(Assistant):
    """An assistant that counts what it is asked."""

    asked = 0

    def stream(
        self, question: str, *, history: Sequence[Any] = (), policies: Any = None, **options: Any
    ) -> Iterator[str | Answer]:
        """See `Assistant.stream`."""
        self.asked += 1
        return super().stream(question, history=history, policies=policies)


def counted(assistant: Assistant) -> CountedAssistant:
    return CountedAssistant(assistant.policies, assistant.retriever, assistant.generator, assistant.settings)


def test_a_repeated_question_is_answered_from_memory(assistant: Assistant, tmp_path: Path) -> None:
    counting = counted(assistant)
    with client(counting, tmp_path) as http:
        first, second = ask(http).json(), ask(http).json()
        assert counting.asked == 1
        assert first["answer_id"] != second["answer_id"]
        for said in (first, second):
            said.pop("answer_id")
            said.pop("latency_ms")
        assert first == second
        streamed = events(http.post("/v1/chat", json={"question": QUESTION}).text)
        assert "".join(data["text"] for name, data in streamed if name == "sentence") == first["text"]
        assert counting.asked == 1
        # What may change the answer is told apart.
        http.post("/v1/ask", json={"question": QUESTION, "policies": ["lantern"]})
        http.post("/v1/ask", json={"question": QUESTION, "history": [{"question": "墨图统计收集什么？"}]})
        ask(http, QUESTION + " ")
        assert counting.asked == 4
    with client(counted(assistant), tmp_path, server_cache=0) as http:
        ask(http)
        ask(http)
        assert gauge(http, "answers_from_cache") == 0


def test_what_went_before_is_not_kept_with_an_answer(assistant: Assistant, tmp_path: Path) -> None:
    long = "长" * 50_000
    with client(assistant, tmp_path) as http:
        history = [{"question": "墨图统计收集什么？", "answer": long}]
        assert http.post("/v1/ask", json={"question": "保存多久？", "history": history}).status_code == 200
        cache = http.app.state.parts.service.snapshot.cache  # type: ignore[attr-defined]
        assert len(cache._answers) == 1
        assert long[:100] not in repr(list(cache._answers))


def test_the_oldest_answers_make_room_and_old_ones_go(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = AnswerCache(2)
    answer = assistant.ask(UNCLEAR)
    for asked in ("a", "b"):
        cache.put(asked, [answer])
    assert cache.get("a") == (answer,)
    cache.put("c", [answer])
    assert cache.get("b") == ()
    assert cache.get("a")
    now = time.monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + 601)
    assert cache.get("a") == ()


# --- A new index -------------------------------------------------------------------------


def days(corpus: Path, number: int) -> None:
    """Write another version of a policy: it says how many days, in two clauses."""
    path = corpus / "yunchao" / "policy.txt"
    text = re.sub(
        r"[0-9]+(个日历日内)", rf"{number}\1", path.read_text("utf-8").replace("十五个工作日内", "0个日历日内")
    )
    path.write_text(text, "utf-8")
    (corpus / "yunchao" / "policy.toml").write_text(
        f'id = "yunchao"\ntitle = "云巢读书隐私政策"\nversion = "v{number}"\n'
    )


def test_a_new_index_takes_the_place_of_the_former_without_a_mixed_answer(
    corpus: Path, index_dir: Path, tmp_path: Path
) -> None:
    settings = Settings(
        corpus=corpus, index_dir=index_dir, server_data=tmp_path / "data", server_rate="none", server_reload_s=0.05,
        server_queue=100,
    )  # fmt: skip
    models = (FakeEmbedder(),)
    days(corpus, 0)
    build_index(settings=settings, embedders=models)
    app = create_app(settings, open_assistant=lambda _: Assistant.open(settings=settings, embedders=models))
    seen: dict[str, set[tuple[str, str]]] = {}
    stop = threading.Event()

    def read(http: TestClient, number: int) -> list[int]:
        statuses = []
        while not stop.is_set():
            response = http.post("/v1/ask", json={"question": f"注销账号后多少个日历日内删除 {number % 3}"})
            statuses.append(response.status_code)
            said = response.json()
            found = re.search(r"([0-9]+)个日历日内", said["text"])
            assert found, said
            versions = {citation["version"] for citation in said["citations"]}
            seen.setdefault(said["index_version"], set()).add((found[1], *versions))
        return statuses

    def change(http: TestClient, number: int) -> None:
        days(corpus, number)
        version, _ = build_index(settings=settings, embedders=models)
        until(lambda: http.get("/readyz").json()["index_version"] == version)
        until(lambda: version in seen)

    with TestClient(app) as http, ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read, http, number) for number in range(8)]
        for number in range(1, 4):
            change(http, number)
        stop.set()
        statuses = {status for reader in readers for status in reader.result()}
    assert statuses == {200}
    assert len(seen) == 4
    assert all(len(said) == 1 for said in seen.values()), seen
    assert {(number, version) for said in seen.values() for number, version in said} == {
        (str(n), f"v{n}") for n in range(4)
    }


def test_if_the_new_one_does_not_open_the_former_serves_on(assistant: Assistant, tmp_path: Path) -> None:
    opens = 0

    def open_assistant(former: Assistant | None) -> Assistant:
        nonlocal opens
        opens += 1
        if former:
            assert former is assistant
            raise CorpusError("corpus 'x' is not a folder")
        return assistant

    settings = Settings(server_data=tmp_path, server_reload_s=0)

    async def scene() -> None:
        service = Service(open_assistant, settings, metrics := Metrics())
        await service.start()
        before = service.snapshot
        await service.reload()
        assert service.snapshot is before
        assert opens == 2
        assert b'policy_assistant_index_reloads_total{outcome="failed"} 1.0' in metrics.exposition()[0]
        await service.close()

    asyncio.run(scene())


def watched(tmp_path: Path) -> tuple[Settings, Path]:
    """Return settings with which the index is looked at all the time, and the file that names its version."""
    current = tmp_path / "index" / "CURRENT"
    current.parent.mkdir()
    current.write_text("one")
    return Settings(server_data=tmp_path, index_dir=current.parent, server_reload_s=0.01), current


async def settled(says: Callable[[], object], *, after_s: float = 0.0) -> None:
    """Wait until something is so, and then as long as it is given to become otherwise."""
    end = time.monotonic() + 10
    while not says():
        assert time.monotonic() < end, "it never came to be"
        await asyncio.sleep(0.005)
    await asyncio.sleep(after_s)


def test_what_was_opened_when_told_to_is_not_opened_again(assistant: Assistant, tmp_path: Path) -> None:
    settings, current = watched(tmp_path)
    opens = []

    def open_assistant(_: Assistant | None) -> Assistant:
        time.sleep(0.05)
        opens.append(current.read_text())
        return assistant

    async def scene() -> None:
        service = Service(open_assistant, settings, metrics := Metrics())
        await service.start()
        current.write_text("two")
        await service.reload()
        snapshot = service.snapshot
        await asyncio.sleep(0.2)
        assert opens == ["one", "two"]
        assert service.snapshot is snapshot
        assert b'reloads_total{outcome="done"} 1.0' in metrics.exposition()[0]
        # Nor if it was noticed while it was being opened; what comes later is.
        current.write_text("three")
        await settled(lambda: "three" in opens, after_s=0.2)
        await service.close()

    asyncio.run(scene())
    assert opens == ["one", "two", "three"]


def test_what_opening_built_is_not_opened_again(corpus: Path, tmp_path: Path) -> None:
    settings = Settings(corpus=corpus, index_dir=tmp_path / "index", server_data=tmp_path, server_reload_s=0.01)
    models = (FakeEmbedder(),)
    opens = []

    def open_assistant(_: Assistant | None) -> Assistant:
        opens.append(Assistant.open(settings=settings, embedders=models))
        return opens[-1]

    async def scene() -> None:
        service = Service(open_assistant, settings, Metrics())
        await service.start()
        await asyncio.sleep(0.2)
        assert len(opens) == 1
        days(corpus, 1)
        await service.reload()
        await asyncio.sleep(0.2)
        assert len(opens) == 2
        await service.close()

    asyncio.run(scene())
    assert len({opened.retriever.index.stored_as for opened in opens}) == 2


def test_what_could_not_be_opened_is_tried_again_less_and_less_often(assistant: Assistant, tmp_path: Path) -> None:
    settings, current = watched(tmp_path)
    tries: list[float] = []
    broken = threading.Event()

    def open_assistant(_: Assistant | None) -> Assistant:
        tries.append(time.monotonic())
        if broken.is_set():
            if len(tries) in (6, 14):
                broken.clear()
            if len(tries) == 14:
                current.write_text("four")
            raise OSError(24, "Too many open files")
        return assistant

    async def scene() -> None:
        service = Service(open_assistant, settings, Metrics())
        await service.start()
        before = service.snapshot
        broken.set()
        current.write_text("two")
        await settled(lambda: service.snapshot is not before, after_s=0.1)
        assert len(tries) == 7
        # Another version does not wait for what the one before it did: the next try would be after 0.64 seconds.
        broken.set()
        current.write_text("three")
        await settled(lambda: len(tries) == 15, after_s=0.1)
        assert tries[14] - tries[13] < 0.64
        await service.close()

    asyncio.run(scene())
    assert tries[5] - tries[1] >= 0.01 + 0.02 + 0.04 + 0.08
    assert len(tries) == 15


def test_a_service_that_cannot_open_does_not_start(tmp_path: Path) -> None:
    def open_assistant(_: Assistant | None) -> Assistant:
        raise CorpusError("corpus 'x' is not a folder")

    app = create_app(Settings(server_data=tmp_path), open_assistant=open_assistant)
    with pytest.raises(CorpusError), TestClient(app):
        pass


def test_the_index_is_watched_where_it_is_built(corpus: Path) -> None:
    settings = Settings(corpus=corpus)
    build_index(settings=settings, embedders=(FakeEmbedder(),))
    assert (settings.index_folder() / "CURRENT").is_file()


# --- The end -----------------------------------------------------------------------------


def test_before_it_stops_answers_may_end_and_then_are_ended(
    slow: PacedAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: ThreadPoolExecutor
) -> None:
    monkeypatch.setattr("assistant.server.service.GRACE_S", 0.5)
    slow.go.release()
    with client(slow, tmp_path, server_threads=2) as http:
        streaming = threads.submit(http.post, "/v1/chat", json={"question": QUESTION})
        plain = threads.submit(ask, http)
        until(lambda: gauge(http, "threads_busy") == 2)
        service: Service = http.app.state.parts.service  # type: ignore[attr-defined]
        assert http.portal
        http.portal.call(service.drain)
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["error"]["code"] == "shutting_down"
        found = events(streaming.result().text) if streaming.result().status_code == 200 else []
        assert plain.result().status_code == 503
        assert plain.result().json()["error"]["code"] == "shutting_down"
        if found:
            assert [name for name, _ in found][-1] == "error"
            assert found[-1][1]["error"]["code"] == "shutting_down"
        assert ask(http, "another").status_code == 503
