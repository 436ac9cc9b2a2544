"""What is sent to a language model: the rules of `answer.toml`, and fenced data.

Text of policies and people is data: invisible characters are taken out, it stands between lines with a code that is
random for each request, and `<` is followed by a blank, so that no marker of a chat template is whole in it. None of
this is relied on: whatever comes back is checked.
"""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assistant.retrieval.hits import Hit
    from assistant.text import Language

MOST_CLAUSE_CHARS = 1_500
"""Longest text of a clause that is sent; of a longer one, its best sentences."""

CLAIMS_SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "claims",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "claims": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "clause": {"type": "integer"},
                            "quote": {"type": "string"},
                            "statement": {"type": "string"},
                        },
                        "required": ["clause", "quote", "statement"],
                        "additionalProperties": False,
                    },
                }
            },
            "required": ["claims"],
            "additionalProperties": False,
        },
    },
}
"""What an endpoint is asked to keep to, if it can: the value of `response_format`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """The two messages of a request."""

    system: str
    """The rules."""
    user: str
    """The data."""


def answer_prompt(
    question: str, query: str, hits: Sequence[Hit], *, language: Language, most: int, structured: bool
) -> Prompt:
    """Return the prompt that asks for claims.

    Args:
        question: As typed.
        query: The question made to stand by itself.
        hits: The clauses, numbered from 1 in this order.
        language: Language of the statements.
        most: Largest number of claims.
        structured: Whether the endpoint was asked to keep to `CLAIMS_SCHEMA`.
    """
    words = _words()
    several = len({hit.policy.id for hit in hits}) > 1
    clauses = [(f"{hit.policy.title} " * several + hit.reference, _text_of(hit)) for hit in hits]
    code = _code([question, query, *(text for clause in clauses for text in clause)])
    form = words["format"]["json" if structured else "lines"]
    rules = [*(rule["text"] for rule in words["rule"]), form]
    # The same for each question, so that a server that keeps what it has read need not read it again.
    system = "\n".join(rule.strip() for rule in rules).format(most=most, language=words["languages"][language])
    message = words["message"]
    parts = [message["code"].format(code=code)]
    parts += [
        message["clause"].format(number=number, code=code, heading=_data(heading), text=_data(text))
        for number, (heading, text) in enumerate(clauses, 1)
    ]
    if query != question:
        parts.append(message["query"].format(code=code, query=_data(query)))
    parts.append(message["question"].format(code=code, question=_data(question)))
    return Prompt(system=system, user="\n".join(part.strip() for part in parts))


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("answer.toml").read_text("utf-8"))


def _code(texts: Sequence[str], draw: Callable[[], str] = lambda: secrets.token_hex(8)) -> str:
    """Return a code that none of the texts holds."""
    code = draw()
    while any(code in text for text in texts):
        code = draw()
    return code


def _data(text: str) -> str:
    return visible(text).replace("<", "< ").strip()


def _text_of(hit: Hit) -> str:
    """Return the text of a hit: all of it, or the sentences that scored best, in their order."""
    text = hit.policy.text
    if hit.end - hit.start <= MOST_CLAUSE_CHARS:
        return text[hit.start : hit.end]
    scored = sorted(zip(hit.sentence_scores, hit.passage.sentences, strict=True), key=lambda pair: -pair[0])
    left, chosen = MOST_CLAUSE_CHARS, []
    for _, (start, end) in scored:
        if end - start <= left:
            chosen.append((start, end))
            left -= end - start
    return "\n".join(text[start:end] for start, end in sorted(chosen))
