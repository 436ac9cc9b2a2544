"""The widget for other people's pages, and the page that shows it."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, RedirectResponse
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

_READ = ["GET", "HEAD"]
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#0f6b64"/>'
    '<path d="M9 8h14v16l-7-5-7 5z" fill="#fff"/></svg>'
)

router = APIRouter(include_in_schema=False)
_files = StaticFiles(directory=_FOLDER)


@router.api_route("/", methods=_READ)
async def first() -> Response:
    """Lead to the page that shows the widget: whoever opens the service's address looks for something to see."""
    return RedirectResponse("demo", 307)


@router.api_route("/favicon.ico", methods=_READ)
async def favicon() -> Response:
    """Return the icon of all pages."""
    return Response(_ICON, media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


@router.api_route("/widget.js", methods=_READ)
@router.api_route("/widget.css", methods=_READ)
async def widget(request: Request) -> Response:
    """Return the widget's script, or its style sheet for browsers that cannot make one."""
    return await _file(request, request.url.path.rsplit("/", 1)[1], _WIDGET_HEADERS)


@router.api_route("/demo", methods=_READ)
async def demo(request: Request) -> Response:
    """Return the page that shows the widget."""
    return await _file(request, "demo.html", _DEMO_HEADERS)


@router.api_route("/static/demo.css", methods=_READ)
@router.api_route("/static/demo.js", methods=_READ)
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
