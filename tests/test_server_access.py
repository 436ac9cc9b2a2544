"""Who may use the service: keys, browser tokens, origins, rates, and that one tenant never sees another's."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from assistant import Assistant, ServiceError, Settings, SettingsError
from assistant.server.database import FILE, service_database
from assistant.server.keys import KeyStore, Presented, origin_of
from assistant.server.run import check_exposure
from tests.serving import QUESTION, bearer, client, events, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

APP = "https://app.example"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return opened(tmp_path_factory.mktemp("access"))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers look for keys at every request, not once a second."""
    monkeypatch.setattr("assistant.server.keys._FRESH_S", 0.0)


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return store(tmp_path)


@pytest.fixture
def http(assistant: Assistant, tmp_path: Path, keys: KeyStore, fresh: None) -> Iterator[TestClient]:
    """A service that has a key already."""
    keys.create(name="first")
    with client(assistant, tmp_path) as opened:
        yield opened


def store(folder: Path, **options: Any) -> KeyStore:
    return KeyStore(service_database(folder), Settings(server_data=folder, **options))


def code(response: Any) -> str:
    return str(response.json()["error"]["code"])


# --- Keys --------------------------------------------------------------------------------


def test_without_keys_everybody_may_ask_and_with_the_first_one_nobody_else(
    assistant: Assistant, tmp_path: Path
) -> None:
    keys = store(tmp_path)
    with client(assistant, tmp_path) as http:
        assert http.get("/v1/policies").status_code == 200
        key, text = keys.create(name="shop")
        time.sleep(1.1)  # servers look once a second
        refused = http.get("/v1/policies")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert code(refused) == "unauthorized"
        assert http.get("/v1/policies", headers=bearer(text)).status_code == 200
        keys.revoke(key.id)
        time.sleep(1.1)
        # The last key that is revoked does not open the service to all.
        assert http.get("/v1/policies", headers=bearer(text)).status_code == 401
        assert http.get("/v1/policies").status_code == 401
    with client(assistant, tmp_path, use_keys=False) as http:
        assert http.get("/v1/policies").status_code == 200


@pytest.mark.parametrize(
    ("host", "options", "name", "status"),
    [
        ("127.0.0.1", {}, "127.0.0.1:8000", 200),
        ("127.0.0.1", {}, "localhost", 200),
        ("127.0.0.1", {}, "[::1]:8000", 200),
        ("127.0.0.2", {}, "127.0.0.2", 200),
        ("127.0.0.1", {}, "evil.example", 421),
        ("127.0.0.1", {}, "127.0.0.1.evil.example", 421),
        ("127.0.0.1", {}, "localhost@evil.example", 421),
        ("127.0.0.1", {"server_hosts": ("help.example",)}, "Help.example", 200),
        ("127.0.0.1", {"server_hosts": ("help.example",)}, "localhost:8000", 200),
        ("127.0.0.1", {"server_hosts": ("help.example",)}, "evil.example", 421),
        ("0.0.0.0", {"server_hosts": ("help.example",)}, "evil.example", 421),
        ("0.0.0.0", {}, "anything.example", 200),
        (None, {}, "anything.example", 200),
    ],
)
def test_without_keys_no_other_name_leads_to_this_machine(
    assistant: Assistant, tmp_path: Path, host: str | None, options: dict[str, Any], name: str, status: int
) -> None:
    with client(assistant, tmp_path, host=host, **options) as http:
        for path in ("/v1/policies", "/policies/yunchao", "/demo"):
            response = http.get(path, headers={"Host": name})
            assert response.status_code == status
            if status != 200:
                assert code(response) == "host_not_allowed"
                assert "ASSISTANT_SERVER_HOSTS" in response.json()["error"]["message"]
                assert response.headers["x-request-id"]


def test_with_keys_the_service_has_any_name(assistant: Assistant, tmp_path: Path, keys: KeyStore, fresh: None) -> None:
    _, text = keys.create(name="shop")
    with client(assistant, tmp_path, host="127.0.0.1") as http:
        assert http.get("/v1/policies", headers=bearer(text) | {"Host": "help.example"}).status_code == 200


def test_what_is_needed_to_run_it_needs_no_key(http: TestClient) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
        assert http.get(path).status_code == 200, path
    assert http.get("/v1/models").status_code == 401


def test_a_key_is_kept_as_its_hash(keys: KeyStore, tmp_path: Path) -> None:
    key, text = keys.create(name="shop")
    (row,) = sqlite3.connect(tmp_path / FILE).execute("SELECT * FROM keys").fetchall()
    assert hashlib.sha256(text.encode()).hexdigest() in row
    secret = text.split("_", 2)[2]
    assert len(secret) == 43
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    assert secret not in repr(key)


@pytest.mark.parametrize(
    "wrong",
    ["", "pak_", "pak_aaaaaaaaaa_" + "a" * 43, "pat_x.y", "Basic", "个推", "pak_" + "a" * 5_000, "pat_" + "a." * 400],
)
def test_what_is_no_key_is_refused(keys: KeyStore, wrong: str) -> None:
    key, text = keys.create(name="shop")
    assert keys.find(wrong) is None
    found = keys.find(text)
    assert found
    assert found != "expired"
    assert found.key == key
    assert keys.find(text[:-1] + ("a" if text[-1] != "a" else "b")) is None
    assert keys.find(text + "a") is None


def test_a_key_is_compared_in_a_time_that_does_not_depend_on_it(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = keys.create(name="shop")
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("hmac.compare_digest", compare)
    for presented in (text, "pak_aaaaaaaaaa_" + "a" * 43, "nothing"):
        keys.find(presented)
    assert len(compared) == 3
    assert {len(a) for pair in compared for a in pair} == {64}


def test_wrong_rates_and_origins_are_told(keys: KeyStore) -> None:
    for rate in ("often", "0/minute", "5/second, 0/minute", "5/second, often", "-1/minute"):
        with pytest.raises(SettingsError, match="120/minute"):
            keys.create(name="shop", rate=rate)
    with pytest.raises(SettingsError, match="not an origin"):
        keys.create(name="page", origins=["app.example"])
    with pytest.raises(ServiceError, match="keys list"):
        keys.revoke("nothing")
    assert not keys.all()


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("HTTPS://App.Example/", "https://app.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://app.example:443", "https://app.example"),
        ("https://例子.公司", "https://xn--fsqu00a.xn--55qx5d"),
        ("https://Bücher.example:8443", "https://xn--bcher-kva.example:8443"),
        ("http://my_host:3000", "http://my_host:3000"),
        ("http://192.168.0.7", "http://192.168.0.7"),
        ("http://[2001:DB8:0::1]", "http://[2001:db8::1]"),
    ],
)
def test_origins_are_written_as_browsers_do(text: str, origin: str) -> None:
    assert origin_of(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "https://a.example/x",
        "https://u@a.example",
        "ftp://a",
        "https://a:x",
        "",
        "http://[x",
        "http://[::1",
        "https://ex℀mple.com",
        "https://*.example.com",
        "http://a b",
        "https://a..b",
        "https://",
        "https://-.公司",
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        origin_of(text)


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(ServiceError, match=FILE):
        store(tmp_path).all()


# --- Browser tokens ----------------------------------------------------------------------


def test_a_browser_key_makes_tokens_for_its_pages_and_does_nothing_else(http: TestClient, keys: KeyStore) -> None:
    _, text = keys.create(name="page", origins=[APP], policies=["yunchao"])
    page = bearer(text) | {"Origin": APP}
    assert code(http.post("/v1/ask", json={"question": QUESTION}, headers=page)) == "forbidden"
    assert code(http.get("/v1/policies", headers=page)) == "forbidden"
    made = http.post("/v1/tokens", json={}, headers=page)
    assert made.status_code == 201
    assert made.json()["origin"] == APP
    assert made.json()["expires_in_s"] == 900
    token = bearer(made.json()["token"])
    asked = http.post("/v1/ask", json={"question": QUESTION}, headers=token | {"Origin": APP})
    assert asked.status_code == 200
    assert [p["policy_id"] for p in http.get("/v1/policies", headers=token | {"Origin": APP}).json()["policies"]] == [
        "yunchao"
    ]
    assert code(http.post("/v1/tokens", json={"origin": APP}, headers=token | {"Origin": APP})) == "forbidden"
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": f"{APP}.evil.example"}):
        assert code(http.post("/v1/ask", json={"question": QUESTION}, headers=token | origin)) == "origin_not_allowed"
        assert (
            code(http.post("/v1/tokens", json={"origin": APP}, headers=bearer(text) | origin)) == "origin_not_allowed"
        )
    assert code(http.post("/v1/tokens", json={"origin": "https://evil.example"}, headers=page)) == "origin_not_allowed"


def test_a_server_key_makes_tokens_for_any_page(http: TestClient, keys: KeyStore) -> None:
    key, text = keys.create(name="shop")
    made = http.post("/v1/tokens", json={"origin": f"{APP}/"}, headers=bearer(text)).json()
    token = bearer(made["token"]) | {"Origin": APP}
    assert http.get("/v1/policies", headers=token).status_code == 200
    assert code(http.post("/v1/tokens", json={}, headers=bearer(text))) == "invalid_request"
    assert code(http.post("/v1/tokens", json={"origin": "app"}, headers=bearer(text))) == "invalid_request"
    keys.revoke(key.id)
    assert code(http.get("/v1/policies", headers=token)) == "unauthorized"


def test_a_page_of_the_service_itself_may_read_without_naming_its_origin(http: TestClient, keys: KeyStore) -> None:
    _, text = keys.create(name="shop")
    made = http.post("/v1/tokens", json={"origin": "http://testserver"}, headers=bearer(text)).json()
    token = bearer(made["token"])
    assert http.get("/v1/policies", headers=token | {"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert code(http.get("/v1/policies", headers=token | {"Sec-Fetch-Site": "cross-site"})) == "origin_not_allowed"
    assert code(http.get("/v1/policies", headers=token)) == "origin_not_allowed"


def test_a_token_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = store(tmp_path, server_token_s=60)
    key, _ = keys.create(name="shop")
    token = keys.token(key, APP)
    found = keys.find(token.text)
    assert found
    assert found != "expired"
    assert found.origin == APP
    later = time.time() + 61
    monkeypatch.setattr("time.time", lambda: later)
    assert keys.find(token.text) == "expired"


def test_an_old_token_is_told_from_a_wrong_one(
    http: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = store(tmp_path)
    key, _ = keys.create(name="shop")
    with monkeypatch.context() as past:
        long_ago = time.time() - 10_000
        past.setattr("time.time", lambda: long_ago)
        token = keys.token(key, APP)
    assert code(http.get("/v1/policies", headers=bearer(token.text) | {"Origin": APP})) == "token_expired"
    # Not the last character, some of whose bits say nothing, nor one that may be there already.
    wrong = f"{token.text[:-4]}{'b' if token.text[-4] == 'a' else 'a'}{token.text[-3:]}"
    assert code(http.get("/v1/policies", headers=bearer(wrong) | {"Origin": APP})) == "unauthorized"


def test_several_machines_may_share_a_secret(tmp_path: Path) -> None:
    secret = "s" * 40
    one, other = (store(tmp_path / name, server_secret=secret) for name in ("one", "other"))
    key, _ = one.create(name="shop")
    assert one.signature("yunchao") == other.signature("yunchao") != one.signature("lantern")
    assert other.find(one.token(key, APP).text) is None  # it does not know the key
    with pytest.raises(SettingsError, match="32 characters") as told:
        Settings(server_secret="short-secret")
    assert "short-secret" not in str(told.value)


# --- Pages of other origins --------------------------------------------------------------


def test_pages_are_let_in_by_the_list_and_by_the_browser_keys(assistant: Assistant, tmp_path: Path) -> None:
    store(tmp_path).create(name="page", origins=[APP])
    with client(assistant, tmp_path, server_origins="https://other.example, https://third.example/") as http:
        for origin, allowed in (
            (APP, True),
            ("https://third.example", True),
            ("https://evil.example", False),
            ("null", False),
        ):
            asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            preflight = http.options(
                "/v1/chat", headers=asks | {"Access-Control-Request-Headers": "authorization,content-type"}
            )
            assert (preflight.headers.get("access-control-allow-origin") == origin) == allowed, origin
            assert (preflight.status_code == 200) == allowed
            assert len(preflight.headers["x-request-id"]) == 32
            # Errors too, or a page could not tell why.
            refused = http.get("/v1/policies", headers={"Origin": origin})
            assert refused.status_code == 401
            assert (refused.headers.get("access-control-allow-origin") == origin) == allowed
            assert "access-control-allow-credentials" not in refused.headers
            assert "Origin" in refused.headers["vary"]


def test_where_origins_cannot_be_looked_up_the_request_tells_it(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client(assistant, tmp_path) as http:

        def broken(*_: object) -> None:
            raise ServiceError("service.sqlite3: cannot be used")

        monkeypatch.setattr(KeyStore, "_keys", broken)
        alone, from_a_page = http.get("/v1/policies"), http.get("/v1/policies", headers={"Origin": APP})
    assert alone.status_code == from_a_page.status_code >= 500
    assert code(alone) == code(from_a_page)


def test_keys_are_in_the_file_that_is_copied(tmp_path: Path) -> None:
    running = store(tmp_path)
    assert running.all() == ()
    key, text = store(tmp_path).create(name="shop")
    for name, found in (("one", Presented), ("two", type(None))):
        (tmp_path / name).mkdir()
        shutil.copy(tmp_path / FILE, tmp_path / name / FILE)
        assert isinstance(store(tmp_path / name).find(text), found)
        store(tmp_path).revoke(key.id)


def test_an_origin_of_the_list_that_is_none_is_told(assistant: Assistant, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not an origin"):
        client(assistant, tmp_path, server_origins="*")


# --- Rates -------------------------------------------------------------------------------


def test_a_key_has_its_rate_whatever_its_address(assistant: Assistant, tmp_path: Path) -> None:
    keys = store(tmp_path)
    _, limited = keys.create(name="a", rate="2/minute")
    _, free = keys.create(name="b")
    with client(assistant, tmp_path, server_rate="3/minute") as http:
        statuses = [http.get("/v1/policies", headers=bearer(limited)).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        refused = http.get("/v1/policies", headers=bearer(limited))
        assert code(refused) == "rate_limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        # A server asks for many people from one address.
        assert [http.get("/v1/policies", headers=bearer(free)).status_code for _ in range(6)] == [200] * 6


def test_of_several_rates_all_hold(assistant: Assistant, tmp_path: Path) -> None:
    _, limited = store(tmp_path).create(name="a", rate="30/second, 2/minute; 1000/day")
    with client(assistant, tmp_path) as http:
        statuses = [http.get("/v1/policies", headers=bearer(limited)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    with client(assistant, tmp_path / "open", server_rate="30/second, 2/minute") as http:
        assert [http.get("/v1/policies").status_code for _ in range(3)] == [200, 200, 429]


def test_an_address_has_its_rate_with_tokens_wrong_keys_and_without_keys(assistant: Assistant, tmp_path: Path) -> None:
    with client(assistant, tmp_path / "open", server_rate="2/minute") as http:
        assert [http.get("/v1/policies").status_code for _ in range(3)] == [200, 200, 429]
        assert http.get("/policies/lantern").status_code == 429
        assert http.get("/healthz").status_code == 200
    keys = store(tmp_path / "keys")
    key, _ = keys.create(name="a")
    token = bearer(keys.token(key, APP).text) | {"Origin": APP}
    with client(assistant, tmp_path / "keys", server_rate="2/minute", address="192.0.2.1") as http:
        statuses = [http.get("/v1/policies", headers=headers).status_code for headers in (token, bearer("no"), token)]
        assert statuses == [200, 401, 429]


def test_an_ipv6_network_is_one_address(assistant: Assistant, tmp_path: Path) -> None:
    options = {"server_rate": "1/minute"}
    with client(assistant, tmp_path, address="2001:db8::1", **options) as http:
        assert http.get("/v1/policies").status_code == 200
        http._transport.client = ("2001:db8::2", 1)  # type: ignore[attr-defined]
        assert http.get("/v1/policies").status_code == 429
        http._transport.client = ("2001:db8:0:1::1", 1)  # type: ignore[attr-defined]
        assert http.get("/v1/policies").status_code == 200


def test_in_redis_all_processes_count_together_and_without_it_answers_go_on(
    assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program = shutil.which("redis-server")
    pytest.importorskip("redis")
    if program is None:
        pytest.skip("redis-server is not installed")
    path = tmp_path / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(tmp_path)]
    options = {"server_rate": "3/minute", "server_rate_store": f"unix://{path}"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as redis:
        while not path.exists():
            time.sleep(0.02)
        with client(assistant, tmp_path, **options) as one, client(assistant, tmp_path, **options) as other:
            statuses = [http.get("/v1/policies").status_code for http in (one, other, one, other)]
            assert statuses == [200, 200, 200, 429]
            redis.terminate()
            redis.wait()
            # Answers matter more than counts.
            assert other.get("/v1/policies").status_code == 200
    assert "requests are not counted" in caplog.text


@pytest.mark.parametrize(
    "options", [{"server_rate": "often"}, {"server_rate": "0/minute"}, {"server_rate_store": "nowhere://x"}]
)
def test_rates_that_cannot_be_are_told(assistant: Assistant, tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        client(assistant, tmp_path, **options)


# --- Tenants -----------------------------------------------------------------------------


class Tenant:
    """What somebody with a key for one policy gets to see."""

    def __init__(self, http: TestClient, key: str) -> None:
        self.http = http
        self.headers = bearer(key)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.http.request(method, path, json=body, headers=self.headers | headers)

    def chat(self, question: str, session: str | None = None) -> dict[str, Any]:
        asked = {"question": question, "session_id": session}
        said: dict[str, Any] = self("POST", "/v1/chat", asked, Accept="application/json").json()
        return said


@pytest.fixture
def tenants(http: TestClient, keys: KeyStore) -> tuple[Tenant, Tenant]:
    """One who sees `yunchao`, and one who sees `lantern`."""
    one, other = (keys.create(name=policy, policies=[policy])[1] for policy in ("yunchao", "lantern"))
    return Tenant(http, one), Tenant(http, other)


def without_id(response: Any) -> tuple[int, Any]:
    said = response.json()
    said["error"].pop("request_id")
    return response.status_code, said


def test_a_key_never_sees_another_policy(tenants: tuple[Tenant, Tenant]) -> None:
    one, _ = tenants
    assert [policy["policy_id"] for policy in one("GET", "/v1/policies").json()["policies"]] == ["yunchao"]
    assert [model["id"] for model in one("GET", "/v1/models").json()["data"]] == [
        "policy-assistant",
        "policy-assistant/yunchao",
    ]
    for question in ("How does Lantern Post use my address?", "lantern", "Lantern Post Ltd 和云巢读书", "parcels"):
        for path in ("/v1/ask", "/v1/search"):
            said = one("POST", path, {"question": question}).text.replace(question, "")
            assert "lantern" not in said.lower()
            assert "parcel" not in said.replace("parcels", "")
        streamed = one("POST", "/v1/chat", {"question": question}).text
        assert {hit["policy_id"] for _, data in events(streamed) for hit in data.get("hits", ())} <= {"yunchao"}
        completed = one("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": question}]}).json()
        assert {citation["policy_id"] for citation in completed["citations"]} <= {"yunchao"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/policies/{id}", None),
        ("GET", "/v1/policies/{id}/clauses/1", None),
        ("GET", "/v1/policies/{id}/clauses/none", None),
        ("POST", "/v1/ask", {"question": "x", "policies": ["{id}"]}),
        ("POST", "/v1/ask", {"question": "x", "policies": ["yunchao", "{id}"]}),
        ("POST", "/v1/chat", {"question": "x", "policies": ["{id}"]}),
        ("POST", "/v1/search", {"question": "x", "policies": ["{id}"]}),
        (
            "POST",
            "/v1/chat/completions",
            {"model": "policy-assistant/{id}", "messages": [{"role": "user", "content": "x"}]},
        ),
    ],
)
def test_anothers_policy_looks_as_one_that_is_not_there(
    tenants: tuple[Tenant, Tenant], method: str, path: str, body: Any
) -> None:
    def get(policy_id: str) -> tuple[int, Any]:
        filled = json.loads(json.dumps(body).replace("{id}", policy_id))
        return without_id(tenants[0](method, path.replace("{id}", policy_id), filled))

    assert get("lantern") == get("no-such")
    assert get("lantern")[0] == 404


def test_anothers_conversation_looks_as_one_that_is_not_there(tenants: tuple[Tenant, Tenant]) -> None:
    one, other = tenants
    mine = one.chat("云巢读书的墨图统计收集什么？")["session_id"]
    theirs = other.chat("那它为什么收集", mine)
    assert theirs["session_id"] != mine
    assert "墨图" not in theirs["query"]
    assert (
        other("DELETE", f"/v1/sessions/{mine}").status_code == other("DELETE", "/v1/sessions/none").status_code == 204
    )
    assert "墨图" in one.chat("那它为什么收集", mine)["query"]


def test_anothers_answer_takes_no_feedback_and_keeps_its_own(tenants: tuple[Tenant, Tenant]) -> None:
    one, other = tenants
    mine = one.chat(QUESTION)["answer_id"]
    given = other("POST", "/v1/feedback", {"answer_id": mine, "useful": False, "why": "wrong"})
    unknown = other("POST", "/v1/feedback", {"answer_id": "ans_none", "useful": False, "why": "wrong"})
    assert without_id(given) == without_id(unknown)
    assert one("POST", "/v1/feedback", {"answer_id": mine, "useful": True}).status_code == 204


def test_a_link_reads_one_policy_and_no_other(tenants: tuple[Tenant, Tenant], http: TestClient) -> None:
    (policy,) = tenants[0]("GET", "/v1/policies").json()["policies"]
    assert http.get(f"/{policy['permalink']}").status_code == 200
    assert http.get("/policies/yunchao").status_code == 404
    assert http.get(f"/{policy['permalink']}".replace("yunchao", "lantern")).status_code == 404
    assert http.get("/policies/yunchao", params={"sig": "é" * 32}).status_code == 404


def test_a_key_whose_policies_are_gone_sees_none_and_is_told_so(
    http: TestClient, keys: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    _, text = keys.create(name="old", policies=["gone"])
    tenant = Tenant(http, text)
    assert tenant("GET", "/v1/policies").json()["policies"] == []
    assert [model["id"] for model in tenant("GET", "/v1/models").json()["data"]] == ["policy-assistant"]
    for path in ("/v1/ask", "/v1/chat", "/v1/search", "/v1/chat/completions"):
        asked = {"messages": [{"role": "user", "content": QUESTION}], "stream": True}
        said = tenant("POST", path, asked if path.endswith("completions") else {"question": QUESTION})
        assert said.status_code == 404
        assert code(said) == "policy_not_found"
        assert said.json()["error"]["message"] == "this key sees no policy that is in use"
    told = [record for record in caplog.records if record.message == "a key sees no policy that is in use"]
    assert [vars(record)["policies"] for record in told] == [["gone"]] * 4


# --- Exposure ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("example.com", False),
    ],
)
def test_without_keys_it_listens_on_this_machine_only(tmp_path: Path, host: str, local: bool) -> None:
    settings = Settings(server_data=tmp_path)
    refused = nullcontext() if local else pytest.raises(ServiceError, match="keys create")
    with refused:
        check_exposure(settings, host=host, use_keys=True, any_address=False)
    check_exposure(settings, host=host, use_keys=True, any_address=True)
    store(tmp_path).create(name="shop")
    check_exposure(settings, host=host, use_keys=True, any_address=False)
    with refused:
        check_exposure(settings, host=host, use_keys=False, any_address=False)
