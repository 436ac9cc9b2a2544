"""The widget for other people's pages, and the page that shows it."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

_FOLDER = Path(__file__).parent / "static"
# Pages of any origin may load it, also those that let in only what says that it may be, or check its hash.
_WIDGET_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
}
# As strict as a page can be: it also shows that the widget works there.
_DEMO_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

router = APIRouter(include_in_schema=False)
_files = StaticFiles(directory=_FOLDER)


@router.get("/widget.js")
@router.get("/widget.css")
async def widget(request: Request) -> Response:
    """Return the widget's script, or its style sheet for browsers that cannot make one."""
    return await _file(request, request.url.path.rsplit("/", 1)[1], _WIDGET_HEADERS)


@router.get("/demo")
async def demo(request: Request) -> Response:
    """Return the page that shows the widget."""
    return await _file(request, "demo.html", _DEMO_HEADERS)


@router.get("/static/demo.css")
@router.get("/static/demo.js")
async def demo_part(request: Request) -> Response:
    """Return the style sheet or the script of that page."""
    return await _file(request, request.url.path.rsplit("/", 1)[1], _DEMO_HEADERS)


async def _file(request: Request, name: str, headers: dict[str, str]) -> Response:
    response = await _files.get_response(name, request.scope)
    if "gzip" in request.headers.get("accept-encoding", "") and isinstance(response, FileResponse):
        # Of one text, whichever way it is sent: a weak tag.
        kept = {"ETag": f"W/{response.headers['etag']}", "Last-Modified": response.headers["last-modified"]}
        response = Response(_compressed(name), media_type=response.media_type, headers=kept)
        response.headers["Content-Encoding"] = "gzip"
    response.headers.update(headers)
    response.headers["Vary"] = "Accept-Encoding"
    if name.endswith(".js"):
        # What a system's table of types, or a library that changes it, calls a script.
        response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    return response


@cache
def _compressed(name: str) -> bytes:
    # No proxy need do it: most do not, unless they are told.
    return gzip.compress((_FOLDER / name).read_bytes(), mtime=0)
