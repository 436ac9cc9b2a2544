"""Policies and clauses as resources of the Model Context Protocol, `policy://POLICY/CLAUSE`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import mcp_types as types
from mcp.shared.exceptions import MCPError

from assistant.errors import QuestionError
from assistant.text import shortened, visible
from assistant.text.quotes import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.engine import Assistant
    from assistant.policy import Policy

PAGE = 100
"""Resources that are listed at once."""
_URI = re.compile(r"policy://([^/?#]+)(?:/([^/?#]+))?/?")
_SHOWN_CHARS = 60

TEMPLATES = [
    types.ResourceTemplate(
        uri_template="policy://{policy}",
        name="policy",
        title="A policy's outline",
        description="Each clause of a policy with its id.",
        mime_type="text/plain",
    ),
    types.ResourceTemplate(
        uri_template="policy://{policy}/{clause}",
        name="clause",
        title="A clause",
        description="A clause of a policy, with all that is below it.",
        mime_type="text/plain",
    ),
]


def uri_of(policy_id: str, clause_id: str = "") -> str:
    """Return the resource of a clause, or of a policy's outline.

    >>> uri_of("baiju", "1.2.4.p1")
    'policy://baiju/1.2.4.p1'
    """
    parts = [quote(part, safe="") for part in (policy_id, clause_id) if part]
    return f"policy://{'/'.join(parts)}"


def resources(view: Assistant) -> Iterator[types.Resource]:
    """Yield all resources of what is seen: of each policy its outline, then its clauses."""
    for policy in view.policies:
        yield types.Resource(
            uri=uri_of(policy.id),
            name=policy.id,
            title=visible(policy.title),
            description="The outline: each clause with its id.",
            mime_type="text/plain",
        )
        for clause in policy.walk():
            if clause is not policy.root:
                yield types.Resource(
                    uri=uri_of(policy.id, clause.id),
                    name=f"{policy.id} {clause.id}",
                    title=visible(policy.reference(clause.id)),
                    description=brief(policy.own_text(clause)),
                    mime_type="text/plain",
                )


def resource_text(view: Assistant, uri: str) -> str:
    """Return what a resource says.

    Raises:
        QuestionError: If there is no such resource.
    """
    parts = _URI.fullmatch(uri)
    if not parts:
        raise QuestionError(f"{uri[:200]!r} is no policy://POLICY/CLAUSE: resources/list has those there are")
    policy = policy_of(view, unquote(parts[1]))
    if parts[2] is None:
        lines = [
            f"{'  ' * (len(policy.path(clause.id)) - 1)}{brief(policy.own_text(clause))} [{clause.id}]"
            for clause in policy.walk()
        ]
        return "\n".join(lines)
    clause_id = unquote(parts[2])
    try:
        clause = policy[clause_id]
    except KeyError:
        raise QuestionError(no_clause(policy, clause_id)) from None
    return f"{policy.place(policy.reference(clause_id))}\n\n{tidy(policy.text[clause.start : clause.end])}"


def completions(view: Assistant, name: str, value: str, known: dict[str, str]) -> list[str]:
    """Return what a part of a resource's address may be."""
    if name == "policy":
        ids = [policy.id for policy in view.policies]
    elif name == "clause":
        named = [policy for policy in view.policies if policy.id == known.get("policy")]
        ids = [clause.id for policy in named for clause in policy.walk()]
    else:
        ids = []
    return [each for each in ids if each.startswith(value)]


def place_in(cursor: str | None, version: str) -> int:
    """Return where a page of resources begins."""
    if cursor is None:
        return 0
    of, _, place = cursor.partition(".")
    if of != version[:12] or not (place.isdecimal() and len(place) < 10):
        message = "the cursor is not of this list, which may be another one by now: list the resources from the start"
        raise MCPError(code=types.INVALID_PARAMS, message=message)
    return int(place)


def policy_of(view: Assistant, policy_id: str) -> Policy:
    """Return a policy by its id, or raise QuestionError, which says where ids are found."""
    try:
        return view.policy(policy_id)
    except QuestionError:
        raise QuestionError(f"there is no policy {policy_id[:64]!r}: list_policies has those there are") from None


def no_clause(policy: Policy, clause_id: str) -> str:
    """Return what is said where a policy has no such clause."""
    return (
        f"policy {policy.id!r} has no clause {clause_id[:200]!r}: read the resource {uri_of(policy.id)} for those "
        "there are, or call search_clauses"
    )


def tidy(text: str) -> str:
    """Return a policy's text without the empty lines and the indents that its file has."""
    return "\n".join(lines_of(visible(text)))


def brief(text: str) -> str:
    """Return the beginning of a text, on one line."""
    return shortened(visible(text), _SHOWN_CHARS)
