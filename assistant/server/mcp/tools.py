"""The tools of the Model Context Protocol: what they take and give, and what they do."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import mcp_types as types
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.answering.verdicts import VerdictKind  # noqa: TC001 - pydantic reads the types
from assistant.conversation import Turn
from assistant.errors import AssistantError, QuestionError
from assistant.server.asking import place_of, titled
from assistant.server.mcp.resources import brief, no_clause, policy_of, tidy, uri_of
from assistant.server.observing import fault_facts
from assistant.server.reading import clause_json, policy_json
from assistant.server.wire import (
    ANSWER_IN,
    Abstained,
    AnswerPart,
    Citation,
    ClauseRead,
    HitOut,
    PastTurn,
    PolicyFacts,
    PolicyId,
    Refused,
    explained,
)
from assistant.text import Language, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from assistant.engine import Assistant
    from assistant.server.service import Seen, Service

_log = logging.getLogger(__name__)

# --- What goes over the wire -------------------------------------------------------------


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


_Policies = Annotated[
    list[PolicyId] | None,
    Field(
        min_length=1,
        max_length=100,
        description="Ids of the policies to look in, as list_policies has them; by default those that the question "
        "names, else all.",
    ),
]


class AskPolicy(_Arguments):
    """Arguments of ask_policy."""

    question: str = Field(description="The question, Chinese or English.", examples=["个推会收集哪些信息？"])
    history: list[PastTurn] = Field(
        [],
        max_length=50,
        description="What was asked before, oldest first, if the question follows on from it; the last 20 are read.",
    )
    policies: _Policies = None
    language: Language | None = Field(None, description=ANSWER_IN)


class SearchClauses(_Arguments):
    """Arguments of search_clauses."""

    question: str = Field(description="What to look for: words or a question, Chinese or English.", examples=["注销"])
    k: int = Field(5, ge=1, le=50, description="Largest number of clauses.")
    policies: _Policies = None


class GetClause(_Arguments):
    """Arguments of get_clause."""

    policy_id: PolicyId = Field(description="Id of the policy, as list_policies has it.")
    clause_id: str = Field(
        max_length=200, description="Id of the clause, as answers and hits have it.", examples=["1.2.4.p1"]
    )


class ListPolicies(_Arguments):
    """Arguments of list_policies: none."""


class Quoted(Citation):
    """A place that an answer quotes, and the resource that it is in."""

    uri: str = Field(description="The clause, as a resource.")


class Answered(BaseModel):
    """An answer, or why there is none."""

    index_version: str
    question: str
    query: str = Field(description="The question made to stand by itself.")
    language: Language
    abstained: Abstained | None = Field(description="Why there is no answer; null if there is one.")
    text: str = Field(description="The answer, in the policy's own words; [1] stands for the first citation.")
    verdict: VerdictKind | None = Field(
        default=None, description="Whether what a yes/no question names is so; null where the text does not decide it."
    )
    uncertain: bool = Field(
        default=False, description="Whether all that it quotes may well be beside the question, as its text says."
    )
    parts: list[AnswerPart] = Field(
        default=[], description="What answers each question of a message that asks several; empty if it asks one."
    )
    citations: list[Quoted]


class FoundClause(HitOut):
    """A clause that may answer, with its text."""

    text: str
    uri: str = Field(description="The clause, as a resource.")


class Found(BaseModel):
    """Clauses that may answer, best first."""

    index_version: str
    question: str
    hits: list[FoundClause]


class ReadClause(ClauseRead):
    """A clause with its place and its neighbours."""

    uri: str = Field(description="The clause, as a resource.")


class ListedPolicy(PolicyFacts):
    """What is known of a policy."""

    uri: str = Field(description="The policy's outline, as a resource.")


class Policies(BaseModel):
    """The policies."""

    index_version: str
    policies: list[ListedPolicy]


# --- What they do ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    """A tool: what it is called with, what it gives, and what it does."""

    title: str
    description: str
    takes: type[_Arguments]
    gives: type[BaseModel]
    call: Callable[[Service, Seen, Any], Awaitable[tuple[str, BaseModel]]]
    """Returns the text and the data."""


async def _ask(service: Service, seen: Seen, asked: AskPolicy) -> tuple[str, BaseModel]:
    snapshot = service.snapshot
    view = snapshot.answering(seen)
    _check(view, asked.policies)
    history = [Turn(question=turn.question, answer=turn.answer) for turn in asked.history]
    answer = await service.run(
        lambda: view.ask(asked.question, history=history, policies=asked.policies, language=asked.language)
    )
    said = titled(dict(answer.as_json(latency_ms=0)), snapshot.assistant)
    for citation in said["citations"]:
        citation["uri"] = uri_of(citation["policy_id"], citation["clause_id"])
    references = [f"[{cited['marker']}] {place_of(cited, view)} ({cited['uri']})" for cited in said["citations"]]
    text = "\n\n".join([answer.text.strip(), "\n".join(references)])
    return text, Answered.model_validate(said | {"index_version": snapshot.version})


async def _search(service: Service, seen: Seen, asked: SearchClauses) -> tuple[str, BaseModel]:
    snapshot = service.snapshot
    view = snapshot.answering(seen)
    _check(view, asked.policies)
    hits = await service.run(lambda: view.search(asked.question, k=asked.k, policies=asked.policies))
    found: list[dict[str, Any]] = [
        hit.as_json(rank) | {"text": hit.policy.text[hit.start : hit.end], "uri": uri_of(hit.policy.id, hit.clause.id)}
        for rank, hit in enumerate(hits, 1)
    ]
    titled({"hits": found}, snapshot.assistant)
    shown = [f"{hit['rank']}. {place_of(hit, view)} ({hit['uri']})\n{tidy(hit['text'])}" for hit in found]
    question = visible(asked.question).strip()
    data = {"index_version": snapshot.version, "question": question, "hits": found}
    return "\n\n".join(shown) or "nothing was found", Found.model_validate(data)


async def _clause(service: Service, seen: Seen, wanted: GetClause) -> tuple[str, BaseModel]:
    snapshot = service.snapshot
    policy = policy_of(snapshot.view(seen), wanted.policy_id)
    try:
        said = clause_json(policy, wanted.clause_id)
    except KeyError:
        raise QuestionError(no_clause(policy, wanted.clause_id)) from None
    lines = [policy.place(said["reference"]), "", tidy(said["text"])]
    if said["translation"]:
        lines += ["", f"Courtesy translation: {said['translation']}"]
    if said["children"]:
        lines += ["", *(f"- {brief(child['text'])} [{child['clause_id']}]" for child in said["children"])]
    data = said | {"index_version": snapshot.version, "uri": uri_of(policy.id, wanted.clause_id)}
    return "\n".join(lines), ReadClause.model_validate(data)


async def _list(service: Service, seen: Seen, _: ListPolicies) -> tuple[str, BaseModel]:
    snapshot = service.snapshot
    known = [policy_json(policy) | {"uri": uri_of(policy.id)} for policy in snapshot.view(seen).policies]
    lines = []
    for policy in known:
        facts = [policy[name] for name in ("company", "version", "contact") if policy[name]]
        lines.append(f"{policy['policy_id']}: {policy['title']}" + (f" ({'; '.join(facts)})" if facts else ""))
    data = {"index_version": snapshot.version, "policies": known}
    return "\n".join(lines) or "there are no policies", Policies.model_validate(data)


TOOLS = {
    "ask_policy": _Tool(
        title="Ask a policy",
        description="Answer a question about a policy from the policy itself: its own sentences, each with the clause "
        "that it stands in. Says so where the policy has no answer.",
        takes=AskPolicy,
        gives=Answered,
        call=_ask,
    ),
    "search_clauses": _Tool(
        title="Search clauses",
        description="List the clauses of policies that may answer a question, best first, each with its text.",
        takes=SearchClauses,
        gives=Found,
        call=_search,
    ),
    "get_clause": _Tool(
        title="Read a clause",
        description="Read one clause of a policy: its own words, where it stands, what stands before, after and below "
        "it. The clause `root` is the policy itself, with its first clauses below it.",
        takes=GetClause,
        gives=ReadClause,
        call=_clause,
    ),
    "list_policies": _Tool(
        title="List policies",
        description="List the policies that can be asked: id, title, company, version, contact.",
        takes=ListPolicies,
        gives=Policies,
        call=_list,
    ),
}


def tools() -> list[types.Tool]:
    """Return the tools as they are listed, with the schemas of what they take and give."""
    return [
        types.Tool(
            name=name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.takes.model_json_schema(),
            output_schema=tool.gives.model_json_schema(mode="serialization"),
            annotations=types.ToolAnnotations(
                read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
            ),
        )
        for name, tool in TOOLS.items()
    ]


async def called(service: Service, seen: Seen, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
    """Return what a tool gives, or what went wrong and what to do."""
    tool = TOOLS.get(name)
    if tool is None:
        return _failed(f"there is no tool {name[:100]!r}: call one of {', '.join(TOOLS)}")
    try:
        text, data = await tool.call(service, seen, tool.takes.model_validate(arguments))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the arguments"
        takes = ", ".join(tool.takes.model_fields) or "no arguments"
        return _failed(f"{where}: {explained(first)}; {name} takes {takes}")
    except Refused as error:
        return _failed(str(error.detail))
    except AssistantError as error:
        return _failed(str(error))
    # Whatever it is, the client is told, and the log has what is needed to find it.
    except Exception as error:  # noqa: BLE001
        _log.error("tool failed", extra={"tool": name, **fault_facts(error)})
        return _failed("a fault of the assistant: its log has more; another question may work")
    shown = types.TextContent(text=visible(text).strip())
    return types.CallToolResult(content=[shown], structured_content=data.model_dump(mode="json"))


def _failed(message: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=visible(message))], is_error=True)


def _check(view: Assistant, policies: Sequence[str] | None) -> None:
    for policy_id in policies or ():
        policy_of(view, policy_id)
