"""What goes over the wire: the requests, the responses and the errors, as `docs/http.md` has them.

Responses are written from the library's own types and not validated on their way out; the tests hold them against the
models of this module, which also are the OpenAPI document's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from assistant.answering.refusing import ReasonKind  # noqa: TC001
from assistant.answering.verdicts import VerdictKind  # noqa: TC001
from assistant.policy.clauses import Kind  # noqa: TC001 - pydantic reads the types
from assistant.text import Language, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

_QUESTION = "个推会收集哪些信息？"
_ASKED = "The question, Chinese or English, of at most `max_question_chars` characters (see `GET /v1/policies`)."
ANSWER_IN = (
    "What to answer in where neither the question nor one before it is in a language; English by default, and that of "
    "the policies, if they are in one, where there is no letter in it."
)

PolicyId = Annotated[str, Field(max_length=64, examples=["baiju"])]


class Refused(HTTPException):
    """A request that is not answered as it was meant to be.

    Args:
        status: HTTP status.
        code: What programs tell it by.
        message: What people read; names no other's policies, keys or sessions.
        retry_after_s: When to try again, in seconds.
        details: What programs may want to know besides.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after_s: int | None = None,
        details: Mapping[str, int] | None = None,
    ) -> None:
        headers = {} if retry_after_s is None else {"Retry-After": str(max(1, retry_after_s))}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        super().__init__(status, message, headers)
        self.code = code
        self.details = dict(details or {})

    def as_json(self, request_id: str) -> dict[str, Any]:
        """Return the error as it is sent."""
        return error_json(self.code, str(self.detail), request_id, **self.details)


def error_json(code: str, message: str, request_id: str, **details: int) -> dict[str, Any]:
    """Return an error as it is sent."""
    return {"error": {"code": code, "message": message, "request_id": request_id, **details}}


def encoded(value: object) -> bytes:
    """Return `value` as JSON in UTF-8; a lone surrogate becomes its escape."""
    try:
        return orjson.dumps(value)
    except TypeError:  # what it does not know, such as a lone surrogate
        pass
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


class Json(Response):
    """A response in JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return encoded(content)


# --- Requests ----------------------------------------------------------------------------


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _knows_every_field(cls, given: Any) -> Any:
        """Tell a misspelt field together with those there are, before what is missing for want of it."""
        unknown = [name for name in given if name not in cls.model_fields] if isinstance(given, dict) else []
        if unknown:
            known = f"there {'are' if len(cls.model_fields) > 1 else 'is only'} {', '.join(cls.model_fields)}"
            raise PydanticCustomError(
                UNKNOWN_FIELD,
                "there is no field `{field}`; {known}",
                {"field": shortened(visible(unknown[0]), 60), "known": known},
            )
        return given


def explained(error: ErrorDetails) -> str:
    """Return what is wrong with a field, and what to send, in words of our own.

    A number is told, and how many there are of a list; no text is, for it may be a question.

    Args:
        error: What pydantic says of it.
    """
    kind, given = error["type"], error["input"]
    limits = {name: f"{value:,}" for name, value in error.get("ctx", {}).items() if isinstance(value, int)}
    if kind in _LIMITED and len(limits) >= 1:
        counted = f"it has {len(given):,} of them" if isinstance(given, list | tuple) else f"it is {given!r}"
        counted = f"it has {len(given):,} characters" if isinstance(given, str) else counted
        return f"{counted}: {_LIMITED[kind].format(**limits)}"
    wanted = _WANTED.get(kind)
    if wanted is None:
        return error["msg"]
    return f"it is {_KINDS.get(type(given), 'something else')}: send {wanted.format(**error.get('ctx', {}))}"


_LIMITED = {
    "greater_than_equal": "send {ge} or more",
    "less_than_equal": "send {le} or less",
    "too_short": "send {min_length} or more",
    "too_long": "send at most {max_length}",
    "string_too_short": "send at least {min_length}",
    "string_too_long": "send at most {max_length}",
}
_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "literal_error": "{expected}",
}
_KINDS = {
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}

UNKNOWN_FIELD = "unknown_field"
"""The type of the error for a field that a request does not have."""


class PastTurn(_Request):
    """What was said before."""

    question: str = Field(description="What the person asked.")
    answer: str = Field("", description="What the assistant said.")


class Ask(_Request):
    """A question that stands by itself, or comes with what went before."""

    question: str = Field(description=_ASKED, examples=[_QUESTION])
    history: list[PastTurn] = Field(
        [], max_length=50, description="What was said before, oldest first; the last 20 exchanges are read."
    )
    policies: list[PolicyId] | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Policies to answer from; those that the question names by default.",
    )
    language: Language | None = Field(None, description=ANSWER_IN)


class Chat(_Request):
    """A question in a conversation that the service remembers."""

    question: str = Field(description=_ASKED, examples=[_QUESTION])
    session_id: str | None = Field(None, max_length=100, description="What the answer before said; none at first.")
    policies: list[PolicyId] | None = Field(None, min_length=1, max_length=100, description="As in `POST /v1/ask`.")
    language: Language | None = Field(None, description="As in `POST /v1/ask`.")


class Search(_Request):
    """What to look for."""

    question: str = Field(description=_ASKED, examples=["注销"])
    k: int = Field(10, ge=1, le=100, description="Largest number of clauses.")
    policies: list[PolicyId] | None = Field(None, min_length=1, max_length=100, description="As in `POST /v1/ask`.")


class Feedback(_Request):
    """What a person thought of an answer."""

    answer_id: str = Field(max_length=100, description="Which answer.", examples=["ans_1qX8vT3mZc0"])
    useful: bool = Field(description="Whether it was useful.")
    why: str = Field("", max_length=1_000, description="Why, in the person's words; kept redacted.")


class TokenRequest(_Request):
    """For which pages a browser token is wanted."""

    origin: str | None = Field(
        None,
        max_length=300,
        description="The pages' origin; the request's own by default.",
        examples=["https://app.example"],
    )


# --- Responses ---------------------------------------------------------------------------


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: str = Field(examples=["invalid_question"])
    message: str = Field(examples=["the question is empty: type what you want to know"])
    request_id: str = Field(examples=["5f0c9d0a6f0e4b0c"])
    max_question_chars: int | None = Field(
        default=None, description="With `invalid_question`: the longest question, in characters."
    )


class Error(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class Abstained(BaseModel):
    """Why there is no answer."""

    kind: ReasonKind
    message: str
    suggestions: list[str] = Field(default_factory=list, description="Questions that may have been meant.")


class Citation(BaseModel):
    """A place that an answer quotes; offsets are code points of the policy's text."""

    marker: int = Field(ge=1, description="The number in brackets that stands for it in the text.")
    policy_id: str
    policy_title: str
    version: str
    clause_id: str
    reference: str = Field(description="The words a person can find the clause by.")
    quote: str = Field(description="The policy's words, verbatim.")
    start: int
    end: int
    translation: str | None


class CitationOut(Citation):
    """A place that an answer quotes, and where it can be read."""

    permalink: str = Field(description="Relative to the address of the service.")


class HitOut(BaseModel):
    """A clause that was considered."""

    policy_id: str
    policy_title: str
    clause_id: str
    reference: str
    start: int
    end: int
    rank: int = Field(ge=1)


class AnswerPart(BaseModel):
    """What answers one of several questions of a message."""

    question: str = Field(description="As typed.")
    markers: list[int] = Field(description="The citations that answer it.")
    abstained: Abstained | None
    uncertain: bool = Field(
        default=False, description="Whether what answers it may well be beside the question; left out if not."
    )


class AnswerOut(BaseModel):
    """An answer, or why there is none."""

    answer_id: str
    index_version: str
    question: str
    query: str = Field(description="The question made to stand by itself.")
    language: Language
    abstained: Abstained | None
    text: str
    verdict: VerdictKind | None = Field(
        default=None, description="Whether what a yes/no question names is so; left out where the text leaves it open."
    )
    uncertain: bool = Field(
        default=False, description="Whether all that it quotes may well be beside the question; left out if not."
    )
    parts: list[AnswerPart] = Field(
        default=[], description="What answers each question of a message that asks several; left out if it asks one."
    )
    citations: list[CitationOut]
    hits: list[HitOut]
    latency_ms: float


class ChatAnswerOut(AnswerOut):
    """An answer in a conversation."""

    session_id: str


class FoundHit(HitOut):
    """A clause that may answer, with its text."""

    text: str
    permalink: str


class FoundOut(BaseModel):
    """Clauses that may answer, best first."""

    index_version: str
    question: str
    hits: list[FoundHit]


class PolicyFacts(BaseModel):
    """What is known of a policy; empty texts for what is not."""

    policy_id: str
    title: str
    company: str
    aliases: list[str]
    language: Language
    effective_date: str
    version: str
    contact: str
    sha256: str


class PolicyOut(PolicyFacts):
    """What is known of a policy, and where it can be read."""

    permalink: str


class PoliciesOut(BaseModel):
    """The policies that the caller sees."""

    index_version: str
    policies: list[PolicyOut]
    max_question_chars: int = Field(description="The longest question, in characters.")


class OutlineClause(BaseModel):
    """A clause of an outline."""

    clause_id: str
    label: str
    title: str
    kind: Kind
    reference: str
    start: int
    body_end: int
    end: int
    children: list[OutlineClause]


class PolicyOutlineOut(PolicyOut):
    """A policy with the tree of its clauses."""

    index_version: str
    outline: OutlineClause


class Step(BaseModel):
    """A clause on the way down to another."""

    clause_id: str
    name: str


class Neighbour(BaseModel):
    """A clause beside another."""

    clause_id: str
    reference: str
    text: str


class ClauseRead(BaseModel):
    """A clause with its place and its neighbours."""

    index_version: str
    policy_id: str
    policy_title: str
    version: str
    clause_id: str
    label: str
    title: str
    kind: Kind
    reference: str
    start: int
    body_end: int
    end: int
    text: str = Field(description="Its own words: from `start` to `body_end`.")
    translation: str | None
    path: list[Step]
    previous: Neighbour | None
    next: Neighbour | None
    children: list[Neighbour]


class ClauseOut(ClauseRead):
    """A clause with its place and its neighbours, and where it can be read."""

    permalink: str


class TokenOut(BaseModel):
    """A browser token."""

    token: str
    origin: str
    expires_at: str = Field(examples=["2026-01-31T12:00:00Z"])
    expires_in_s: int


class Alive(BaseModel):
    """The process lives."""

    status: Literal["ok"]


class Ready(BaseModel):
    """It can answer."""

    status: Literal["ready"]
    index_version: str


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a route, as the OpenAPI document wants them."""
    told = {
        401: "No key, or none that is good",
        403: "The key may not do this",
        404: "There is none",
        413: "The body is too large",
        421: "The host is no name of the service",
        422: "The request is not as described",
        429: "Too many requests: see `Retry-After`",
        500: "A fault of the service",
        503: "Too busy, or about to end: see `Retry-After`",
        504: "Not answered in time",
    }
    # Any request may be for a host that is none of the service's.
    return {status: {"model": Error, "description": told[status]} for status in (*statuses, 421)}
