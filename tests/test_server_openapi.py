"""The OpenAPI document: what it promises is kept, and so are the tables of routes in the documents."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from assistant import Settings
from assistant.server import wire
from assistant.server.app import create_app
from tests.serving import client, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis.core.result import Err
    from starlette.testclient import TestClient

T = TypeVar("T")


def _sound(operation: Ok[T] | Err[Any]) -> T:
    assert isinstance(operation, Ok), operation
    return operation.ok()


ROOT = Path(__file__).parent.parent
DOCUMENT: dict[str, Any] = create_app(
    Settings(server_data=ROOT / "out" / "none"), open_assistant=lambda _: pytest.fail("opened")
).openapi()
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in map(_sound, schemathesis.openapi.from_dict(DOCUMENT).get_all_operations())
}
# Not by key: what has no key must not break either.
EXAMPLES = 15


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("openapi")
    with client(opened(folder / "index"), folder / "data", server_timeout_s=10, server_cache=0) as found:
        yield found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_request_makes_it_fail(http: TestClient, operation: str, mode: GenerationMode) -> None:
    """What is sent may be right or wrong by the document: there is never a fault, and every error has one shape."""
    if mode is GenerationMode.NEGATIVE and not _takes_anything(operation):
        pytest.skip("nothing can be wrong")

    @hypothesis.settings(
        max_examples=EXAMPLES, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=OPERATIONS[operation].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url="http://testserver")
        response = http.request(
            sent["method"], sent["url"], params=sent.get("params"), headers=sent.get("headers"),
            json=sent.get("json"), content=sent.get("data"),
        )  # fmt: skip
        assert response.status_code < 500, (response.text, sent)
        assert str(response.status_code) in DOCUMENT["paths"][case.path][case.method.lower()]["responses"] or (
            response.status_code in (404, 405)
        ), (response.text, sent)
        if response.status_code >= 400:
            assert wire.Error.model_validate(response.json()).model_dump(exclude_unset=True) == response.json()

    send()


def _takes_anything(operation: str) -> bool:
    method, path = operation.split()
    found = DOCUMENT["paths"][path][method.lower()]
    return bool(found.get("parameters") or found.get("requestBody"))


# --- The document ------------------------------------------------------------------------


def test_every_route_tells_what_it_returns_and_its_errors_by_type() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for method, route in methods.items():
            where = f"{method} {path}"
            assert route["summary"], where
            assert route["description"], where
            for status, response in route["responses"].items():
                assert status == "204" or response.get("content"), (where, status)
                if status >= "4":
                    (content,) = response["content"].values()
                    assert content["schema"] == {"$ref": "#/components/schemas/Error"}, (where, status)
            if path.startswith("/v1/"):
                assert route["security"], where
                assert {"401", "429", "500", "503"} <= set(route["responses"]), where
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]


def test_requests_have_examples_that_are_answered(http: TestClient) -> None:
    tried = 0
    for path, methods in DOCUMENT["paths"].items():
        body = methods.get("post", {}).get("requestBody")
        if not body:
            continue
        name = body["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        schema = DOCUMENT["components"]["schemas"][name]
        example = {
            field: known["examples"][0] for field, known in schema["properties"].items() if known.get("examples")
        }
        if path == "/v1/chat/completions":
            example["messages"] = [{"role": "user", "content": "注销"}]
        response = http.post(path, json=example | ({"useful": True} if path == "/v1/feedback" else {}))
        assert response.status_code == 200 or response.json()["error"]["code"] in ("answer_not_found", "no_keys"), path
        tried += 1
    assert tried == 6


# --- The tables --------------------------------------------------------------------------


def routes_in(document: str) -> set[str]:
    """Return the routes of the table in a document."""
    rows = re.findall(r"^\| `(?:GET|POST|DELETE) [^|]*\|", (ROOT / document).read_text("utf-8"), re.M)
    return {" ".join(found) for row in rows for found in re.findall(r"`(GET|POST|DELETE) ([^`\s]+)`", row)}


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "docs/http.md"])
def test_the_table_of_routes_has_every_route(document: str) -> None:
    routes = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert routes_in(document) - {"GET /openapi.json"} == routes


def test_every_error_that_the_code_knows_is_in_the_contract() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "assistant" / "server").glob("*.py"))
    codes = set(re.findall(r'Refused\(\s*\w+, "([a-z_]+)"', source)) | set(re.findall(r'\d{3}: \("([a-z_]+)"', source))
    told = set(re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", (ROOT / "docs/http.md").read_text("utf-8"), re.M))
    assert codes - {"client_left"} == told
