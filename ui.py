"""The web page: chat, policy reader, lookup desk, evaluation and policies, in Gradio over the HTTP service.

Layout only; every decision is the assistant's. Run it with `policy-assistant ui`, `make ui` or `python ui.py`, which
takes the same options.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from contextlib import asynccontextmanager
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

# Before Gradio is imported: it reads these once, and by default reports its use to its makers.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import gradio as gr
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from assistant import Settings
from assistant.errors import ServiceError
from assistant.page import chat, reader
from assistant.page.desk import build_desk
from assistant.page.door import Door, InLanguage, preferred
from assistant.page.evaluation import build_evaluation
from assistant.page.policies import build_policies
from assistant.page.shared import Page
from assistant.server.app import create_app
from assistant.server.hosts import is_this_machine
from assistant.server.run import serve
from assistant.server.service import opener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from assistant import Assistant
    from assistant.text import Language

    Opener = Callable[[Assistant | None], Assistant]

_TABS = {"desk": build_desk, "evaluation": build_evaluation, "policies": build_policies}
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_QUEUE_SIZE = 64
_CONCURRENT = 4
_MAX_UPLOAD = "32mb"
_UPLOADS_KEPT_S = (3_600, 3_600)
"""How often Gradio's folder is looked at for uploads that nobody took, and how old they are then; in seconds."""
_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "sans-serif")
_FILES = {"style.css": "text/css", "page.js": "text/javascript"}


def build(page: Page, *, signed_in: bool = False) -> gr.Blocks:
    """Return the page in a language.

    Args:
        page: What its parts share.
        signed_in: Whether there is a session that can be ended.
    """
    say = page.say
    with gr.Blocks(
        title=say("shell.title"), analytics_enabled=False, fill_width=True, delete_cache=_UPLOADS_KEPT_S
    ) as blocks:
        gr.HTML(
            reader.head_html(page, signed_in=signed_in), elem_id="pa-head", apply_default_css=False, js_on_load=None
        )
        with gr.Row(elem_id="pa-main", equal_height=False):
            with gr.Column(elem_id="pa-work", min_width=0), gr.Tabs(elem_id="pa-tabs"):
                with gr.Tab(say("shell.chat"), id="chat", render_children=True):
                    gr.HTML(chat.chat_html(page), elem_id="pa-chat", apply_default_css=False, js_on_load=None)
                for name, build_tab in _TABS.items():
                    with gr.Tab(say(f"shell.{name}"), id=name):
                        build_tab(page)
            gr.HTML(reader.reader_html(page), elem_id="pa-side", apply_default_css=False, js_on_load=None)
    blocks.queue(max_size=_QUEUE_SIZE, api_open=False, default_concurrency_limit=_CONCURRENT)
    return blocks


def create(
    settings: Settings | None = None,
    *,
    open_assistant: Opener | None = None,
    use_keys: bool = True,
    own_names_only: bool = True,
) -> FastAPI:
    """Return the application: the page in each language, and the HTTP service, over one assistant.

    Args:
        settings: Options; those of the environment by default.
        open_assistant: As in `create_app`.
        use_keys: Whether the HTTP service wants keys once there are any.
        own_names_only: Whether, without a password, only this machine's own names are answered.

    Raises:
        AssistantError: If the policies cannot be opened.
    """
    settings = settings or Settings()
    examples = chat.Examples()
    first = open_assistant or opener(settings)

    def reopen(former: Assistant | None) -> Assistant:
        opened = first(former)
        examples.take(opened)
        return opened

    # Opened before the page is built, which shows what there is.
    waiting = [reopen(None)]
    service = create_app(
        settings, open_assistant=lambda former: waiting.pop() if waiting else reopen(former), use_keys=use_keys
    )
    service.state.examples = examples
    service.include_router(chat.router)
    service.include_router(reader.router)
    answering = service.state.parts.service
    loops: list[asyncio.AbstractEventLoop] = []

    def current() -> Assistant:
        return waiting[0] if waiting else answering.snapshot.assistant

    def reload() -> None:
        former = answering.snapshot
        # By a thread: the page's callbacks are no coroutines.
        asyncio.run_coroutine_threadsafe(answering.reload(), loops[0]).result()
        if answering.snapshot is former:
            raise ServiceError("the policies could not be opened anew: the log says why")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loops[:] = [asyncio.get_running_loop()]
        # What is mounted is not started by itself.
        async with service.router.lifespan_context(service):
            yield

    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    site.state.parts = service.state.parts
    site.add_api_route("/", _first, methods=["GET", "HEAD"])
    site.add_api_route("/manifest.json", _manifest, methods=["GET"])
    for name in _FILES:
        site.add_api_route(f"/page/{name}", partial(_file, name), methods=["GET"])
    has_password = settings.ui_password is not None
    for language in LANGUAGES:
        page = Page(language=language, settings=settings, current=current, reload=reload)
        gr.mount_gradio_app(
            site,
            build(page, signed_in=has_password),
            path=f"/{language}",
            **served_options(),
        )
    site.mount("/", service)
    site.add_middleware(InLanguage)
    site.add_middleware(
        Door,
        access=service.state.access,
        password=settings.ui_password,
        own_names_only=own_names_only,
        early=_early(),
    )
    return site


def served_options() -> dict[str, Any]:
    """Return how Gradio is to serve the page: nothing shared, reported, published or fetched from elsewhere."""
    return {
        "ssr_mode": False,
        "show_error": False,
        "footer_links": [],
        "run_history": False,
        "allowed_paths": [],
        "enable_monitoring": False,
        "mcp_server": False,
        "max_file_size": _MAX_UPLOAD,
        "theme": theme(),
        "head": _head(),
    }


def theme() -> gr.themes.Base:
    """Return the page's colours and fonts, which every machine has: those of `style.css`, for Gradio's own parts."""
    shades = {
        50: "#eef8f6", 100: "#d8efeb", 200: "#b3ded8", 300: "#84c7be", 400: "#5cc9bd", 500: "#1f8a80",
        600: "#0f6b64", 700: "#0c5852", 800: "#0b4743", 900: "#093a37", 950: "#052322",
    }  # fmt: skip
    return gr.themes.Base(
        primary_hue=gr.themes.Color(name="pine", **{f"c{depth}": shade for depth, shade in shades.items()}),
        neutral_hue=gr.themes.colors.slate,
        font=list(_FONTS),
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        body_background_fill="#ffffff",
        body_background_fill_dark="#12181f",
        body_text_color="#1b2430",
        body_text_color_dark="#e4e9ef",
        body_text_color_subdued="#556070",
        body_text_color_subdued_dark="#a9b4c2",
        background_fill_primary_dark="#12181f",
        background_fill_secondary="#f5f7f9",
        background_fill_secondary_dark="#19212a",
        color_accent="*primary_600",
        border_color_primary="#dde2e9",
        border_color_primary_dark="#2c3744",
        block_background_fill_dark="#19212a",
        block_label_text_color="#556070",
        block_label_text_color_dark="#a9b4c2",
        block_title_text_color="#556070",
        block_title_text_color_dark="#a9b4c2",
        input_background_fill="#ffffff",
        input_background_fill_dark="#12181f",
        input_border_width="1px",
        input_border_color="#dde2e9",
        input_border_color_dark="#2c3744",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        input_placeholder_color="#6b7685",
        input_placeholder_color_dark="#93a0b0",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#eceff3",
        button_secondary_background_fill_dark="#222c37",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_500",
        checkbox_border_color_selected="*primary_600",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
    )


def launch(
    settings: Settings | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    any_address: bool = False,
    prepare: Callable[[], object] | None = None,
) -> None:
    """Serve the page, and the HTTP service, until the process is stopped.

    Args:
        settings: Options; those of the environment by default.
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.
        any_address: Whether to listen beyond this machine without a password, too.
        prepare: Called before the page is served: builds the index.

    Raises:
        ServiceError: If others could reach it without a password, or it cannot listen.
    """
    settings = settings or Settings()
    if not is_this_machine(host) and settings.ui_password is None and not any_address:
        raise ServiceError(
            f"on {host} others can reach the page, and it has no password: set ASSISTANT_UI_PASSWORD, "
            "or say --any-address if whoever reaches it may use it"
        )

    def make(settings: Settings, *, use_keys: bool, host: str) -> FastAPI:
        return create(settings, use_keys=use_keys, own_names_only=is_this_machine(host) and not any_address)

    serve(settings, host=host, port=port, any_address=True, prepare=prepare, make_app=make)


def _first(request: Request) -> Response:
    """Lead to the page in the reader's language, at the clause that was asked for."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{preferred(request)}/{query}", 307, headers={"Vary": "Accept-Language, Cookie"})


def _manifest() -> Response:
    """Return the manifest that Gradio's page asks for."""
    return Response('{"name": "policy-assistant", "display": "browser"}', media_type="application/manifest+json")


def _file(name: str) -> Response:
    """Return the page's style sheet or script."""
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(_content(name), media_type=_FILES[name], headers=headers)


def _content(name: str) -> bytes:
    return (resources.files("assistant.page") / name).read_bytes()


def _address(name: str) -> str:
    """Return where the page finds a file: another address for another content, since browsers keep it."""
    return f"../page/{name}?v={hashlib.sha256(_content(name)).hexdigest()[:12]}"


def _head() -> str:
    return (
        f'<link rel="stylesheet" href="{_address("style.css")}"><script src="{_address("page.js")}" defer></script>'
        '<meta name="color-scheme" content="light dark">'
    )


def _early() -> str:
    return f"<{_address('style.css')}>; rel=preload; as=style, <{_address('page.js')}>; rel=preload; as=script"


if __name__ == "__main__":
    from assistant.cli import main

    raise SystemExit(main(["ui", *sys.argv[1:]]))
