"""OpenAI's routes: its clients, and whatever front end speaks to them, work by their base URL alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from assistant.conversation import Turn
from assistant.server.access import Asker, Caller  # noqa: TC001 - the framework reads the types
from assistant.server.asking import Asking, event, parts_of
from assistant.server.wire import Abstained, CitationOut, Json, Refused, errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.answering import Answer

MODEL = "policy-assistant"

router = APIRouter(tags=["OpenAI"])

_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


class Part(BaseModel):
    """A part of a message's content."""

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of a conversation."""

    role: str = Field(examples=["user"])
    content: str | list[Part] | None = Field(None, examples=["个推会收集哪些信息？"])


class StreamOptions(BaseModel):
    """Options of a stream."""

    include_usage: bool | None = None


class Completion(BaseModel):
    """What OpenAI's clients send. Parameters of a language model's sampling are taken and have no effect."""

    model_config = ConfigDict(extra="allow")

    model: str = Field(
        MODEL, examples=[MODEL], description="`policy-assistant`, or `policy-assistant/ID` for one policy."
    )
    messages: list[Message] = Field(
        min_length=1, description="The conversation, oldest first; of what went before, the last 20 exchanges are read."
    )
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None


class Said(BaseModel):
    """The answer's message."""

    role: Literal["assistant"]
    content: str


class Choice(BaseModel):
    """The one choice."""

    index: int
    message: Said
    finish_reason: Literal["stop"]
    logprobs: None


class CompletionOut(BaseModel):
    """An answer, as OpenAI's clients read it, with its citations beside."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: dict[str, int]
    answer_id: str
    index_version: str
    abstained: Abstained | None
    citations: list[CitationOut]


class ModelOut(BaseModel):
    """A model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsOut(BaseModel):
    """The models."""

    object: Literal["list"]
    data: list[ModelOut]


@router.get("/v1/models", responses={200: {"model": ModelsOut}, **errors(401, 403, 429, 500, 503)})
async def models(request: Request, caller: Asker) -> Response:
    """List the models: one for all policies, and one for each."""
    policies = parts_of(request).service.snapshot.view(caller.scope).policies
    names = [MODEL, *(f"{MODEL}/{policy.id}" for policy in policies)]
    return Json(
        {
            "object": "list",
            "data": [{"id": name, "object": "model", "created": 0, "owned_by": MODEL} for name in names],
        }
    )


@router.post(
    "/v1/chat/completions",
    responses={
        200: {
            "model": CompletionOut,
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "One object, or with `stream` its chunks as events",
        },
        **errors(401, 403, 404, 413, 422, 429, 500, 503, 504),
    },
)
async def complete(request: Request, caller: Asker, body: Completion) -> Response:
    """Answer the last message; those before are the history."""
    _check(body)
    question, history = _conversation(body.messages)
    asking = Asking(request, caller, question, history=history, policies=_policies(request, caller, body.model))
    created = int(time.time())
    shared = {"id": f"chatcmpl-{asking.id.removeprefix('ans_')}", "created": created, "model": body.model}
    if not body.stream:
        answer = await asking.answer()
        sent = asking.json(answer)
        message = {"role": "assistant", "content": answer.text + _references(asking, sent)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        said = shared | {"object": "chat.completion", "choices": [choice], "usage": _USAGE}
        headers = {"X-Index-Version": asking.snapshot.version}
        return Json(said | _extras(sent), headers=headers)
    wants_usage = bool(body.stream_options and body.stream_options.include_usage)

    def chunk(delta: dict[str, Any], **more: object) -> bytes:
        finish = more.pop("finish_reason", None)
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event(None, shared | {"object": "chat.completion.chunk", "choices": [choice]} | more)

    async def whole(answer: Answer) -> bytes:
        sent = asking.json(answer)
        references = _references(asking, sent)
        told = chunk({"content": references}) if references else b""
        told += chunk({}, finish_reason="stop", **_extras(sent))
        if wants_usage:
            told += event(None, shared | {"object": "chat.completion.chunk", "choices": [], "usage": _USAGE})
        return told

    return await asking.streamed(
        lambda text: chunk({"content": text}),
        whole,
        begun=chunk({"role": "assistant", "content": ""}),
        error=None,
        end=b"data: [DONE]\n\n",
    )


def _check(body: Completion) -> None:
    """Refuse what would change the form of the answer and is not to be had."""
    if body.n is not None and body.n != 1:
        raise Refused(422, "invalid_request", "n: there is one answer; leave it out")
    if body.tool_choice not in (None, "none", "auto"):
        raise Refused(422, "invalid_request", "tool_choice: no tools are called; leave it out")
    if body.response_format and body.response_format.get("type", "text") != "text":
        raise Refused(422, "invalid_request", "response_format: answers are text; leave it out")


def _conversation(messages: Sequence[Message]) -> tuple[str, list[Turn]]:
    """Return the question, and the turns before it."""
    said = [(message.role, _text(message)) for message in messages if message.role in ("user", "assistant")]
    if not said or said[-1][0] != "user":
        raise Refused(422, "invalid_request", "messages: the last one must be the user's, with the question")
    history: list[Turn] = []
    for role, text in said[:-1]:
        if role == "user":
            history.append(Turn(question=text))
        elif history and not history[-1].answer:
            history[-1] = Turn(question=history[-1].question, answer=text)
    return said[-1][1], history


def _text(message: Message) -> str:
    if isinstance(message.content, list):
        for part in message.content:
            if part.type != "text":
                raise Refused(
                    422, "invalid_request", f"messages: a part of type {part.type[:40]!r} cannot be read; send text"
                )
        return "\n".join(part.text for part in message.content)
    return message.content or ""


def _policies(request: Request, caller: Caller, model: str) -> list[str] | None:
    if model == MODEL:
        return None
    policy_id = model.removeprefix(f"{MODEL}/")
    view = parts_of(request).service.snapshot.view(caller.scope)
    if policy_id == model or policy_id not in {policy.id for policy in view.policies}:
        raise Refused(404, "model_not_found", "there is no such model: GET /v1/models has those there are")
    return [policy_id]


def _references(asking: Asking, sent: dict[str, Any]) -> str:
    lines = [f"[{cited['marker']}] {asking.place(cited)}" for cited in sent["citations"]]
    return "\n\n" + "\n".join(lines) if lines else ""


def _extras(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: sent[name] for name in ("answer_id", "index_version", "abstained", "citations")}
