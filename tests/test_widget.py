"""The widget as it is served: built from the sources that are here, small, and with the headers that pages need."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.server.widget import router

ROOT = Path(__file__).parent.parent
WIDGET = ROOT / "widget"
STATIC = ROOT / "assistant/server/static"
BANNER = re.compile(r"/\*! policy-assistant widget (\S+), .* source ([0-9a-f]{32}) body ([0-9a-f]{32}) \*/\n")


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(router)
    return TestClient(app)


def source_hash() -> str:
    """As `sourceHash` of widget/build.mjs."""
    names = ["build.mjs", "package-lock.json", "package.json", "tsconfig.json"]
    names += [f"src/{path.name}" for path in (WIDGET / "src").iterdir()]
    found = hashlib.sha256()
    for name in sorted(names):
        found.update(f"{name}\0".encode() + (WIDGET / name).read_bytes() + b"\0")
    return found.hexdigest()[:32]


@pytest.mark.parametrize("name", ["widget.js", "widget.css"])
def test_the_built_files_are_what_the_sources_make(name: str) -> None:
    text = (STATIC / name).read_bytes().decode()
    banner = BANNER.match(text)
    assert banner, f"{name} has no banner: run make widget"
    assert banner[2] == source_hash(), f"{name} is out of date: run make widget"
    body = hashlib.sha256(text[banner.end() :].encode()).hexdigest()[:32]
    assert banner[3] == body, f"{name} was changed by hand: change widget/src and run make widget"


@pytest.mark.skipif(
    not shutil.which("node") or not (WIDGET / "node_modules" / "esbuild").is_dir(),
    reason="needs node, and what `make widget` installs",
)
def test_building_the_sources_makes_the_built_files() -> None:
    """The hashes say that somebody built these sources; this, that what came of it is here."""
    done = subprocess.run(
        ["node", "build.mjs", "--check"], cwd=WIDGET, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"


def test_the_widget_is_small() -> None:
    assert len(gzip.compress((STATIC / "widget.js").read_bytes())) < 30_000


def test_the_widget_makes_no_markup_and_no_code_out_of_text() -> None:
    for path in [*WIDGET.glob("src/*.ts"), STATIC / "widget.js", STATIC / "demo.js"]:
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\b"
            r"|new Function|setHTML|document\.cookie",
            path.read_text("utf-8"),
        )
        assert found == [], path.name


def test_versions_agree() -> None:
    banner = BANNER.match((STATIC / "widget.js").read_text("utf-8"))
    assert banner
    assert f'\nversion = "{banner[1]}"\n' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize(("path", "content_type"), [("/widget.js", "text/javascript"), ("/widget.css", "text/css")])
def test_pages_of_any_origin_can_load_the_widget(client: TestClient, path: str, content_type: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(content_type)
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) < 30_000
    again = client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == response.content == (STATIC / path[1:]).read_bytes()
    assert plain.headers["vary"] == response.headers["vary"] == "Accept-Encoding"


def test_the_demo_page_allows_nothing_but_its_own_files(client: TestClient) -> None:
    response = client.get("/demo")
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    parts = re.findall(r'(?:src|href)="([^"?#:]+)"', response.text)
    assert parts == ["static/demo.css", "static/demo.js", "widget.js"]
    for part in parts:
        assert client.get(f"/{part}").status_code == 200
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", response.text)


def test_nothing_else_of_the_folder_is_served(client: TestClient) -> None:
    for path in ("/static/demo.html", "/static/widget.js", "/static/..%2Fwidget.py", "/static/"):
        assert client.get(path).status_code == 404
