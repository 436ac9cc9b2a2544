"""The application: routes that decode what comes in, ask the service, and encode what it says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

import assistant
from assistant.conversation import Turn
from assistant.conversation.sessions import new_session_id, open_sessions
from assistant.server import completions, pages, widget
from assistant.server.access import Access, Asker, Caller, Cors, OwnNames, anyone, counted, key_for_token
from assistant.server.asking import (
    EVENT_STREAM,
    Asking,
    Parts,
    event,
    keep_feedback,
    link,
    parts_of,
    policy_seen,
    titled,
    unless_left,
)
from assistant.server.database import service_database
from assistant.server.feedback import FeedbackStore
from assistant.server.keys import KeyStore
from assistant.server.lifetime import lifespan
from assistant.server.observing import Metrics, Observed
from assistant.server.reading import clause_json, outline_json, policy_json
from assistant.server.recording import Recorder, forgiven
from assistant.server.service import Service, opener
from assistant.server.wire import (
    UNKNOWN_FIELD,
    Alive,
    AnswerOut,
    Ask,
    Chat,
    ChatAnswerOut,
    ClauseOut,
    Feedback,
    FoundOut,
    Json,
    PoliciesOut,
    PolicyOutlineOut,
    Ready,
    Refused,
    Search,
    TokenOut,
    TokenRequest,
    errors,
    explained,
)
from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.answering import Answer
    from assistant.engine import Assistant
    from assistant.policy import Policy
    from assistant.server.service import Snapshot
    from assistant.settings import Settings

_NO_JSON = "the body is not JSON in UTF-8"

_STREAMED = {
    "description": "Events `meta`, `sentence`, `citations`, `done` or `error`; or an object: see `Accept`",
    "content": {
        EVENT_STREAM: {
            "schema": {"type": "string"},
            "example": 'event: sentence\ndata: {"text":"…"}\n\nevent: done\ndata: {"abstained":null}\n\n',
        }
    },
}
_ASKED = errors(401, 403, 404, 413, 422, 429, 500, 503, 504)
_READ = errors(401, 403, 404, 422, 429, 500, 503)

PolicyPath = Annotated[str, Path(max_length=64, examples=["baiju"])]
ClausePath = Annotated[str, Path(max_length=200, examples=["1.2.4.p1"])]
SessionPath = Annotated[str, Path(max_length=100)]

router = APIRouter()


def create_app(
    settings: Settings | None = None,
    *,
    open_assistant: Callable[[Assistant | None], Assistant] | None = None,
    use_keys: bool = True,
    host: str | None = None,
) -> FastAPI:
    """Return the ASGI application.

    Args:
        settings: Options; those of the environment by default.
        open_assistant: Opens the assistant, given the former one when the index was replaced; by default
            that of the settings.
        use_keys: Whether keys are wanted once there are any.
        host: Address that it listens on: on one that only this machine reaches, without keys, requests must be for
            this machine. None if somebody else sees to that.

    Raises:
        SettingsError: If a setting is not written as it should be.
        ServiceError: If the database cannot be used.
    """
    from assistant.settings import Settings

    settings = settings or Settings()
    metrics = Metrics()
    keys = KeyStore(service_database(settings.server_folder()), settings)
    service = Service(open_assistant or opener(settings), settings, metrics)
    sessions = open_sessions(settings)
    feedback = FeedbackStore(service_database(settings.server_folder()), days=settings.server_feedback_days)
    parts = Parts(
        settings=settings,
        service=service,
        access=Access(keys, settings, use_keys=use_keys),
        sessions=sessions,
        feedback=feedback,
        recorder=Recorder(feedback, sessions, service.more_come, keys.revoked),
        metrics=metrics,
    )
    app = FastAPI(
        title="policy-assistant",
        summary="Answers questions about policies from the policies themselves",
        description="See docs/http.md. Text in responses is plain text, never HTML or Markdown.",
        version=assistant.__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.parts = parts
    app.state.access = parts.access
    app.include_router(router)
    app.include_router(completions.router)
    app.include_router(widget.router)
    # The last added is the outermost.
    app.add_middleware(OwnNames, access=parts.access, hosts=settings.server_hosts, host=host)
    app.add_middleware(Observed, settings=settings, metrics=metrics, check_room=parts.service.check_room)
    app.add_middleware(Cors, access=parts.access)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    return app


# --- Questions ---------------------------------------------------------------------------


@router.post("/v1/ask", tags=["questions"], responses={200: {"model": AnswerOut}, **_ASKED})
async def ask(request: Request, caller: Asker, body: Ask) -> Response:
    """Answer one question; what went before is sent along."""
    history = [Turn(question=turn.question, answer=turn.answer) for turn in body.history]
    asking = Asking(request, caller, body.question, history=history, policies=body.policies, language=body.language)
    answer = await asking.answer()
    return _versioned(Json(asking.json(answer)), asking.snapshot)


@router.post("/v1/chat", tags=["questions"], responses={200: {"model": ChatAnswerOut, **_STREAMED}, **_ASKED})
async def chat(request: Request, caller: Asker, body: Chat) -> Response:
    """Answer in a conversation: a stream of events, or one object if `Accept` asks for it."""
    sessions = parts_of(request).sessions
    history: tuple[Turn, ...] = ()
    if body.session_id:
        with forgiven("a conversation was not read"):
            history = await asyncio.to_thread(sessions.get, body.session_id, owner=caller.owner)
    # Nobody chooses an id: what cannot be guessed needs no other proof.
    session = body.session_id if body.session_id and history else new_session_id()
    asking = Asking(
        request,
        caller,
        body.question,
        history=history,
        policies=body.policies,
        language=body.language,
        session=session,
    )
    if not _wants_events(request):
        answer = await asking.answer()
        return _versioned(Json(asking.json(answer) | {"session_id": session}), asking.snapshot)
    shared = {"answer_id": asking.id, "session_id": session, "index_version": asking.snapshot.version}

    async def whole(answer: Answer) -> bytes:
        said = asking.json(answer)
        cited = event("citations", {"citations": said.pop("citations")})
        del said["text"]
        return cited + event("done", shared | said)

    begun = event("meta", shared | {"request_id": request.state.request_id})
    return await asking.streamed(lambda text: event("sentence", {"text": text}), whole, begun=begun)


@router.post("/v1/search", tags=["questions"], responses={200: {"model": FoundOut}, **_ASKED})
async def search(request: Request, caller: Asker, body: Search) -> Response:
    """List the clauses that may answer a question, best first."""
    service = parts_of(request).service
    snapshot = service.snapshot
    for policy_id in body.policies or ():
        policy_seen(snapshot, caller, policy_id)
    view = snapshot.answering(caller.scope)
    hits = await unless_left(request, service.run(lambda: view.search(body.question, k=body.k, policies=body.policies)))
    found = [
        hit.as_json(rank)
        | {"text": hit.policy.text[hit.start : hit.end], "permalink": link(request, hit.policy, hit.clause.id)}
        for rank, hit in enumerate(hits, 1)
    ]
    said = {"index_version": snapshot.version, "question": visible(body.question).strip(), "hits": found}
    titled(said, snapshot.assistant)
    return _versioned(Json(said), snapshot)


# --- Conversations, feedback, tokens -----------------------------------------------------


@router.delete("/v1/sessions/{session_id}", tags=["conversations"], status_code=204, responses=_READ)
async def forget(request: Request, caller: Asker, session_id: SessionPath) -> Response:
    """Forget a conversation, with what was noted of its answers and the feedback on them."""
    parts = parts_of(request)
    await asyncio.to_thread(parts.sessions.delete, session_id, owner=caller.owner)
    await asyncio.to_thread(parts.feedback.erase, owner=caller.owner, session=session_id)
    return Response(status_code=204)


@router.post("/v1/feedback", tags=["conversations"], status_code=204, responses=_ASKED)
async def feedback(request: Request, caller: Asker, body: Feedback) -> Response:
    """Say whether an answer was useful; said again, it replaces what was said before."""
    return await keep_feedback(request, caller, body)


@router.post("/v1/tokens", tags=["conversations"], status_code=201, responses={201: {"model": TokenOut}, **_ASKED})
async def tokens(request: Request, caller: Annotated[Caller, Depends(anyone)], body: TokenRequest) -> Response:
    """Make a short-lived token for the pages of one origin."""
    key, origin = key_for_token(request, caller, body.origin)
    token = parts_of(request).access.keys.token(key, origin)
    expires_at = datetime.fromtimestamp(token.expires_at, UTC).isoformat().replace("+00:00", "Z")
    lasts_s = parts_of(request).settings.server_token_s
    return Json(
        {"token": token.text, "origin": origin, "expires_at": expires_at, "expires_in_s": lasts_s}, status_code=201
    )


# --- Policies ----------------------------------------------------------------------------


@router.get("/v1/policies", tags=["policies"], responses={200: {"model": PoliciesOut}, **_READ})
def policies(request: Request, caller: Asker) -> Response:
    """List the policies that the caller sees."""
    snapshot = parts_of(request).service.snapshot
    known = [_policy_json(request, policy) for policy in snapshot.view(caller.scope).policies]
    longest = parts_of(request).settings.max_question_chars
    said = {"index_version": snapshot.version, "policies": known, "max_question_chars": longest}
    return _versioned(Json(said), snapshot)


@router.get("/v1/policies/{policy_id}", tags=["policies"], responses={200: {"model": PolicyOutlineOut}, **_READ})
def policy(request: Request, caller: Asker, policy_id: PolicyPath) -> Response:
    """Return a policy with the tree of its clauses."""
    snapshot = parts_of(request).service.snapshot
    found = policy_seen(snapshot, caller, policy_id)
    said = _policy_json(request, found) | {"index_version": snapshot.version, "outline": outline_json(found)}
    return _versioned(Json(said), snapshot)


@router.get(
    "/v1/policies/{policy_id}/clauses/{clause_id}", tags=["policies"], responses={200: {"model": ClauseOut}, **_READ}
)
def clause(request: Request, caller: Asker, policy_id: PolicyPath, clause_id: ClausePath) -> Response:
    """Return a clause with its place and its neighbours."""
    snapshot = parts_of(request).service.snapshot
    found = policy_seen(snapshot, caller, policy_id)
    try:
        said = clause_json(found, clause_id)
    except KeyError:
        raise Refused(
            404, "clause_not_found", "the policy has no such clause: its outline has those there are"
        ) from None
    said |= {"index_version": snapshot.version, "permalink": link(request, found, clause_id)}
    return _versioned(Json(said), snapshot)


@router.head("/policies/{policy_id}", include_in_schema=False, dependencies=[Depends(counted)])
@router.get(
    "/policies/{policy_id}",
    tags=["policies"],
    response_class=HTMLResponse,
    responses=errors(404, 422, 429, 500, 503),
    dependencies=[Depends(counted)],
)
def page(request: Request, policy_id: PolicyPath, version: str = "", sig: str = "", lang: str = "") -> Response:
    """Return a policy as a page to read: where permalinks lead."""
    parts = parts_of(request)
    snapshot = parts.service.snapshot
    if parts.access.wants_keys and not parts.access.keys.is_signature(policy_id, sig):
        raise Refused(404, "policy_not_found", "there is no such policy, or the link is not whole")
    everyone = Caller(owner="", scope=None, key=None)
    policy = policy_seen(snapshot, everyone, policy_id)
    reader = pages.reader_language(lang or request.headers.get("accept-language", ""), policy.language)
    html = pages.policy_page(policy, asked=version, reader=reader)
    return _versioned(HTMLResponse(html, headers=pages.PAGE_HEADERS), snapshot)


@router.api_route("/static/page.css", methods=["GET", "HEAD"], include_in_schema=False)
def stylesheet() -> Response:
    """Return the style sheet of the page."""
    return Response(pages.stylesheet(), media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


# --- Operation ---------------------------------------------------------------------------


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", tags=["operation"], responses={200: {"model": Alive}})
async def alive() -> Response:
    """Say that the process lives."""
    return Json({"status": "ok"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", tags=["operation"], responses={200: {"model": Ready}, **errors(503)})
async def ready(request: Request) -> Response:
    """Say that it can answer."""
    service = parts_of(request).service
    if not service.is_ready:
        raise Refused(503, "shutting_down", "the service is about to stop", retry_after_s=5)
    return _versioned(Json({"status": "ready", "index_version": service.snapshot.version}), service.snapshot)


@router.get(
    "/metrics", tags=["operation"], responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
)
def metrics(request: Request) -> Response:
    """Return the figures for Prometheus."""
    text, content_type = parts_of(request).metrics.exposition()
    return Response(text, media_type=content_type)


# --- Shared ------------------------------------------------------------------------------


def _wants_events(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "application/json" not in accepted or EVENT_STREAM in accepted


def _versioned(response: Response, snapshot: Snapshot) -> Response:
    response.headers["X-Index-Version"] = snapshot.version
    return response


def _policy_json(request: Request, policy: Policy) -> dict[str, Any]:
    return policy_json(policy) | {"permalink": link(request, policy)}


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for whom it is the handler
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    kind, media_type = first["type"], request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Not with the value, which may be a question.
    if kind == "json_invalid":
        told = _NO_JSON
    elif not where and media_type != "application/json" and request.method == "POST":
        # Without that header a body is not read at all.
        told = "send JSON, with the header Content-Type: application/json"
    elif not where and kind != UNKNOWN_FIELD:
        told = "the body must be a JSON object"
    elif kind == "missing":
        told = f"the field `{where}` is missing"
    else:
        told = f"{where}: {explained(first)}" if where else explained(first)
    return await _refused(request, Refused(422, "invalid_request", told))


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        assert isinstance(error, HTTPException)  # noqa: S101
        known = {
            # All that is said of a body that is not in UTF-8, or too deep.
            400: ("invalid_request", _NO_JSON),
            404: ("not_found", "there is no such route"),
            405: ("method_not_allowed", "the route has no such method"),
        }
        code, message = known.get(error.status_code, ("invalid_request", str(error.detail)))
        status = 422 if code == "invalid_request" else error.status_code
        refused = Refused(status, code, message)
        refused.headers = {**(error.headers or {})}
        error = refused
    assert isinstance(error, Refused)  # noqa: S101
    if request.scope.get("endpoint") is page and "text/html" in request.headers.get("accept", ""):
        # Whoever follows a link is a person.
        reader = pages.reader_language(request.headers.get("accept-language", ""), "en")
        headers = pages.PAGE_HEADERS | dict(error.headers or {}) | {"Cache-Control": "no-store"}
        return HTMLResponse(pages.error_page(error.code, reader), error.status_code, headers)
    return Json(error.as_json(request.state.request_id), error.status_code, error.headers)
