"""Feedback: what is kept of answers, for how long, and what an operator sees of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

import assistant.cli
from assistant import Assistant, Settings
from assistant.conversation.sessions import SqliteSessions
from assistant.evaluation.sets import read_set
from assistant.server.database import service_database
from assistant.server.feedback import FeedbackStore, Told, candidates, grouped
from assistant.server.keys import KeyStore
from assistant.sqlite import open_database
from tests.serving import ENGLISH, QUESTION, UNCLEAR, bearer, client, events, opened, paced

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

PERSONAL = "星信推送会收集我的手机号13812345678吗"


@pytest.fixture(scope="module")
def assistant_(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("feedback"))


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(service_database(tmp_path), days=90)


def noted(
    store: FeedbackStore,
    assistant: Assistant,
    question: str,
    answer_id: str,
    *,
    owner: str = "shop",
    session: str = "",
) -> None:
    store.note([Told(id=answer_id, answer=assistant.ask(question), owner=owner, session=session)])


def test_what_was_asked_in_vain_is_grouped_by_clause(store: FeedbackStore, assistant_: Assistant) -> None:
    for number, question in enumerate((QUESTION, QUESTION, ENGLISH, UNCLEAR)):
        noted(store, assistant_, question, f"ans_{number}")
    assert store.give("ans_0", owner="shop", useful=False, why="not what I asked; call me at 13812345678")
    assert store.give("ans_1", owner="shop", useful=False)
    assert store.give("ans_2", owner="shop", useful=True)
    first, second = grouped(store.complaints())
    cited = assistant_.ask(QUESTION).citations[0]
    assert (first.policy_id, first.clause_id, first.reference) == (cited.policy_id, cited.clause_id, cited.reference)
    assert first.counts == {"abstained": 0, "not_useful": 2}
    assert {complaint.why for complaint in first.complaints} == {"", "not what I asked; call me at [phone]"}
    assert second.counts == {"abstained": 1, "not_useful": 0}
    assert second.complaints[0].reason == "unclear"


def test_the_latest_feedback_counts(store: FeedbackStore, assistant_: Assistant) -> None:
    noted(store, assistant_, QUESTION, "ans_0")
    store.give("ans_0", owner="shop", useful=False)
    assert len(store.complaints()) == 1
    store.give("ans_0", owner="shop", useful=True)
    assert not store.complaints()


def test_nothing_that_names_a_person_is_kept(store: FeedbackStore, assistant_: Assistant, tmp_path: Path) -> None:
    noted(store, assistant_, PERSONAL, "ans_0", session="ses_secret")
    store.give("ans_0", owner="shop", useful=False, why="一三八，我是 someone@example.com")
    (complaint,) = store.complaints()
    assert complaint.question == complaint.query == "星信推送会收集我的手机号[phone]吗"
    for path in tmp_path.iterdir():
        kept = path.read_bytes()
        for secret in (b"13812345678", b"someone@example", b"ses_secret"):
            assert secret not in kept


def test_records_go_when_their_time_has_come(
    store: FeedbackStore, assistant_: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()

    def at(days: float) -> None:
        monkeypatch.setattr("time.time", lambda: now + days * 86_400)

    noted(store, assistant_, QUESTION, "ans_unrated")
    noted(store, assistant_, QUESTION, "ans_rated")
    noted(store, assistant_, UNCLEAR, "ans_abstained")
    store.give("ans_rated", owner="shop", useful=False)
    at(0.9)
    assert store.purge() == 0
    at(1.1)
    assert store.purge() == 1
    assert not store.give("ans_unrated", owner="shop", useful=False)
    at(89)
    assert store.purge() == 0
    assert len(store.complaints()) == 2
    assert not store.complaints(days=7)
    at(91)
    assert store.purge() == 2


def test_a_conversation_and_a_tenant_can_be_erased(store: FeedbackStore, assistant_: Assistant) -> None:
    noted(store, assistant_, UNCLEAR, "ans_0", session="s1")
    noted(store, assistant_, UNCLEAR, "ans_1", session="s2")
    noted(store, assistant_, UNCLEAR, "ans_2")
    noted(store, assistant_, UNCLEAR, "ans_3", owner="bank", session="s1")
    assert len(store.complaints(owner="bank")) == 1
    assert store.erase(owner="shop", session="s1") == 1
    assert len(store.complaints(owner="shop")) == 2
    assert store.erase(owner="shop") == 2
    assert len(store.complaints()) == len(store.complaints(owner="bank")) == 1


def test_with_no_days_nothing_is_kept(assistant_: Assistant, tmp_path: Path) -> None:
    store = FeedbackStore(service_database(tmp_path), days=0)
    noted(store, assistant_, UNCLEAR, "ans_0")
    assert store.give("ans_0", owner="shop", useful=False)
    assert not store.complaints()


def test_candidates_are_a_question_set(store: FeedbackStore, assistant_: Assistant, tmp_path: Path) -> None:
    for number, question in enumerate((QUESTION, QUESTION, PERSONAL, UNCLEAR)):
        noted(store, assistant_, question, f"ans_{number}")
        store.give(f"ans_{number}", owner="shop", useful=False)
    path = tmp_path / "asked.jsonl"
    lines = candidates(store.complaints())
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    questions = {question.text: question for question in read_set(path).questions}
    assert set(questions) == {QUESTION, "星信推送会收集我的手机号[phone]吗", UNCLEAR}
    assert [gold.quote for gold in questions[QUESTION].gold] == [c.quote for c in assistant_.ask(QUESTION).citations]
    assert questions[QUESTION].policies == ("yunchao",)
    assert not questions[UNCLEAR].answerable


# --- Over HTTP and on the command line ---------------------------------------------------


def test_the_command_shows_what_the_service_was_asked_in_vain(
    assistant_: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with client(assistant_, tmp_path) as http:
        said = http.post("/v1/ask", json={"question": PERSONAL}).json()
        body = {"answer_id": said["answer_id"], "useful": False, "why": "\x1b[31mwrong"}
        assert http.post("/v1/feedback", json=body).status_code == 204
        http.post("/v1/chat", json={"question": UNCLEAR})
        assert 'policy_assistant_feedback_total{useful="false"} 1.0' in http.get("/metrics").text
    monkeypatch.setenv("ASSISTANT_SERVER_DATA", str(tmp_path))
    assert assistant.cli.main(["feedback"]) == 0
    printed = capsys.readouterr().out
    assert "yunchao" in printed
    assert "0 without an answer, 1 of no use" in printed
    assert "手机号[phone]吗" in printed
    assert "\x1b" not in printed
    assert assistant.cli.main(["feedback", "--json"]) == 0
    groups = json.loads(capsys.readouterr().out)
    assert sum(group["abstained"] for group in groups) == sum(group["not_useful"] for group in groups) == 1
    path = tmp_path / "asked.jsonl"
    assert assistant.cli.main(["feedback", "--export", str(path)]) == 0
    assert len(read_set(path).questions) == 2
    # By now a person has completed it.
    path.write_text("completed", "utf-8")
    assert assistant.cli.main(["feedback", "--export", str(path)]) == 1
    assert f"{path}: is there already: name another file, or give --force" in capsys.readouterr().err
    assert path.read_text("utf-8") == "completed"
    assert assistant.cli.main(["feedback", "--export", str(path), "--force"]) == 0
    assert len(read_set(path).questions) == 2
    assert assistant.cli.main(["feedback", "--export", str(tmp_path / "other.jsonl"), "--json"]) == 2
    assert "leave one out" in capsys.readouterr().err
    assert not (tmp_path / "other.jsonl").exists()
    assert assistant.cli.main(["feedback", "--key", "nobody", "--json"]) == 1
    assert "there is no key 'nobody'" in capsys.readouterr().err
    assert assistant.cli.main(["feedback", "--export", str(tmp_path / "none" / "x.jsonl")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_keys_are_made_listed_and_revoked_on_the_command_line(
    assistant_: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_SERVER_DATA", str(tmp_path))

    def run(*arguments: str) -> str:
        assert assistant.cli.main(["keys", *arguments]) == 0
        return capsys.readouterr().out

    assert assistant.cli.main(["keys", "list"]) == 0
    none = capsys.readouterr()
    assert none.out == ""
    assert "`policy-assistant keys create NAME` makes one" in none.err
    text = run("create", "shop", "--policies", "yunchao, lantern", "--rate", "600/minute").strip()
    page = json.loads(run("create", "page", "--origin", "https://app.example", "--json"))
    assert page["key"].startswith("pak_")
    listed = run("list")
    assert text.split("_", 2)[2] not in listed
    assert "yunchao, lantern; 600/minute" in listed
    assert "pages of https://app.example; all policies" in listed
    key_id = text.split("_")[1]
    with client(assistant_, tmp_path) as http:
        headers = {"Authorization": f"Bearer {text}"}
        session = http.post("/v1/chat", json={"question": UNCLEAR}, headers=headers | {"Accept": "application/json"})
        kept = SqliteSessions(tmp_path / "sessions.sqlite3")
        assert kept.get(session.json()["session_id"], owner=key_id)
        erased = f"revoked {key_id}; erased conversations: 1, records of answers: 1"
        assert erased in run("revoke", key_id, "--erase")
        assert kept.get(session.json()["session_id"], owner=key_id) == ()
        kept.close()
    assert [key["revoked_at"] is None for key in json.loads(run("list", "--json"))] == [False, True]
    assert assistant.cli.main(["feedback", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    for wrong in (["revoke", "none"], ["create", "x", "--rate", "often"], ["create", "x", "--origin", "app"]):
        assert assistant.cli.main(["keys", *wrong]) == 1
    assert assistant.cli.main(["keys", "create", "x", "--policies", " ,"]) == 2
    assert assistant.cli.main(["serve", "--host", "0.0.0.0", "--no-keys"]) == 1
    assert "--any-address" in capsys.readouterr().err


@pytest.mark.parametrize("under_way", [False, True])
def test_with_a_key_all_is_erased_though_it_is_in_use(
    assistant_: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, under_way: bool
) -> None:
    # A service that runs takes a key for a second after it was revoked, and on a slow day for longer.
    monkeypatch.setattr("assistant.server.keys._FRESH_S", 1e9)
    monkeypatch.setenv("ASSISTANT_SERVER_DATA", str(tmp_path))
    keys = KeyStore(service_database(tmp_path), Settings(server_data=tmp_path))
    (key, text), (other, others) = keys.create(name="shop"), keys.create(name="bank")
    slow = paced(assistant_)

    def revoke() -> None:
        assert assistant.cli.main(["keys", "revoke", key.id, "--erase"]) == 0

    with client(slow, tmp_path) as http:
        for asked, headers in (("x", bearer(text)), ("y", bearer(others))):
            slow.go.release(100)
            json_only = headers | {"Accept": "application/json"}
            assert http.post("/v1/chat", json={"question": asked}, headers=json_only).status_code == 200
            while slow.go.acquire(blocking=False):
                pass
        if not under_way:
            revoke()
        slow.go.release()
        told = ""
        with http.stream("POST", "/v1/chat", json={"question": QUESTION}, headers=bearer(text)) as response:
            for part in response.iter_text():
                if not told and under_way:
                    revoke()
                told += part
                slow.go.release(100)
        found = events(told)
        assert found[-1][0] == "done"
        assert http.post("/v1/ask", json={"question": UNCLEAR}, headers=bearer(text)).status_code == 200
        feedback = {"answer_id": found[-1][1]["answer_id"], "useful": False}
        assert http.post("/v1/feedback", json=feedback, headers=bearer(text)).status_code == 404
    sessions = SqliteSessions(tmp_path / "sessions.sqlite3")
    records = FeedbackStore(service_database(tmp_path), days=90)
    assert (sessions.delete_all(owner=key.id), records.erase(owner=key.id)) == (0, 0)
    assert (sessions.delete_all(owner=other.id), records.erase(owner=other.id)) == (1, 1)
    sessions.close()


def test_feedback_that_was_given_is_on_the_disk(
    store: FeedbackStore, assistant_: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def opened_and_heard(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = open_database(*args, **options)
        connection.set_trace_callback(said.append)
        return connection

    monkeypatch.setattr("assistant.sqlite.open_database", opened_and_heard)
    noted(store, assistant_, QUESTION, "ans_1")
    assert not any("synchronous" in statement for statement in said), "records are not waited for"
    assert store.give("ans_1", owner="shop", useful=True)
    heard = [
        statement for statement in said if "synchronous" in statement or statement.startswith(("UPDATE", "COMMIT"))
    ]
    assert heard[-4].endswith("FULL")
    assert heard[-3].startswith("UPDATE")
    assert heard[-2] == "COMMIT"
    assert heard[-1].endswith("NORMAL")
