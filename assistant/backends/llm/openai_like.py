"""The model that settings name, at any endpoint that speaks OpenAI's protocol (extra `llm`).

The HTTP client is ours, so that little leaves the machine and little comes in: no header but those that the request
needs, no redirect, no compression, and at most a mebibyte of a reply.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import httpx

from assistant.backends.llm import LLMGenerator
from assistant.errors import ModelError, SettingsError, needs_extra

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from assistant.settings import Settings

MOST_REPLY_BYTES = 1 << 20
"""Longest reply on the wire; a streamed one has some two hundred bytes for each word."""

_MOST_TOKENS = 1_500
_LONGEST_CONNECT_S = 2.0
_HEADERS = frozenset({"host", "accept", "authorization", "content-type", "content-length", "connection", "user-agent"})


def generator_of(settings: Settings) -> LLMGenerator:
    """Return the generator that asks the model of the settings `llm_…`.

    Raises:
        SettingsError: If `llm_base_url` or `llm_model` is missing.
        ModelError: If the extra `llm` is not installed, or the model speaks another protocol.
    """
    if not settings.llm_base_url or not settings.llm_model:
        missing, given = ("model", "base_url") if settings.llm_base_url else ("base_url", "model")
        raise SettingsError(f"ASSISTANT_LLM_{given.upper()} is set, ASSISTANT_LLM_{missing.upper()} is not: set both")
    try:
        from llama_index.llms.openai_like import OpenAILike

        # The client would import it at the first question, out of that one's time.
        import_module("openai.resources.chat.completions")
    except ImportError:
        raise ModelError(needs_extra("a language model", "llm")) from None
    client = _client(settings.llm_timeout_s)
    try:
        llm = OpenAILike(
            model=settings.llm_model,
            api_base=settings.llm_base_url,
            # Without one, llama-index would take another service's key from the environment.
            api_key=settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none",
            is_chat_model=True,
            temperature=0.0,
            max_tokens=_MOST_TOKENS,
            timeout=settings.llm_timeout_s,
            max_retries=0,
            async_http_client=client,
        )
    except ValueError as error:
        raise ModelError(f"language model {settings.llm_model!r} cannot be used: {error}") from None
    return LLMGenerator(
        llm,
        timeout_s=settings.llm_timeout_s,
        max_citations=settings.max_citations,
        min_quote_chars=settings.min_quote_chars,
        structured=True,
        closing=client.aclose,
    )


def _client(timeout_s: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_s, connect=min(_LONGEST_CONNECT_S, timeout_s / 4)),
        follow_redirects=False,
        event_hooks={"request": [_spare], "response": [_bound]},
    )


async def _spare(request: httpx.Request) -> None:
    """Take out the headers that tell of the client's version, the machine's system, and an organisation's name."""
    for name in list(request.headers):
        if name.lower() not in _HEADERS:
            del request.headers[name]
    request.headers.update({"user-agent": "policy-assistant", "accept-encoding": "identity"})


async def _bound(response: httpx.Response) -> None:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        # A few bytes may unpack to gigabytes.
        await response.aclose()
        raise httpx.DecodingError("compressed though it was not asked for")
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx.AsyncByteStream):
    """The bytes of a reply, up to `MOST_REPLY_BYTES`."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MOST_REPLY_BYTES
        async for part in self._stream:
            left -= len(part)
            if left < 0:
                raise httpx.DecodingError("reply too long")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
