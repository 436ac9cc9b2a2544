"""Policies as they are read by programs: what is known of one, its outline, a clause with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause

_NAME_CHARS = 40


def policy_json(policy: Policy) -> dict[str, Any]:
    """Return what is known of a policy, without its text; empty texts for what is not."""
    texts = ("title", "company", "language", "effective_date", "version", "contact", "sha256")
    return {
        "policy_id": policy.id,
        **{name: getattr(policy, name) for name in texts},
        "aliases": list(policy.aliases),
    }


def outline_json(policy: Policy) -> dict[str, Any]:
    """Return the tree of a policy's clauses, without their texts."""

    def tree(clause: Clause) -> dict[str, Any]:
        return _clause_json(policy, clause) | {"children": [tree(child) for child in clause.children]}

    return tree(policy.root)


def clause_json(policy: Policy, clause_id: str) -> dict[str, Any]:
    """Return a clause with its text, its place and its neighbours.

    Raises:
        KeyError: If the policy has no such clause.
    """
    *above, here = policy.path(clause_id)
    order = [other.id for other in policy.walk()]
    place = order.index(here.id)
    return {
        "policy_id": policy.id,
        "policy_title": policy.title,
        "version": policy.version,
        **_clause_json(policy, here),
        "text": policy.own_text(here),
        "translation": policy.translation(here.start, here.body_end),
        "path": [{"clause_id": step.id, "name": policy.brief_name(step, _NAME_CHARS)} for step in above[1:]],
        "previous": _neighbour(policy, policy[order[place - 1]]) if place else None,
        "next": _neighbour(policy, policy[order[place + 1]]) if place + 1 < len(order) else None,
        "children": [_neighbour(policy, child) for child in here.children],
    }


def _clause_json(policy: Policy, clause: Clause) -> dict[str, Any]:
    fields = ("label", "title", "kind", "start", "body_end", "end")
    return {
        "clause_id": clause.id,
        "reference": policy.reference(clause.id),
        **{name: getattr(clause, name) for name in fields},
    }


def _neighbour(policy: Policy, clause: Clause) -> dict[str, Any]:
    return {"clause_id": clause.id, "reference": policy.reference(clause.id), "text": policy.own_text(clause)}
