"""Parsing: a policy's text becomes a tree of clauses.

The numbering of real policies is broken: levels restart, skip and collide, headings are
glued to the end of a paragraph, blocks without a number act as headings. So no family of
markers has a fixed level here. An ordered table recognises markers; where a marked
block belongs is decided by the lists that are open at that place, and by where blocks of
its family stood before in the same text.

The way of a text: its lines (`lines`), with what reads like a marker (`markers`) or a heading (`headings`), those that
go on in the next one (`wrapping`) and the tables of contents (`contents`), which together are its `layout`; one pass
over the lines (`outline`), which asks a stack of open clauses where each belongs (`placing`); and the division of what
is too long to read (`dividing`). Each step looks a bounded way back or ahead, so that the whole is linear in the length
of the text.

The tree is lossless: clauses nest, never overlap, and every character of the text is the
own text of exactly one clause.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistant.errors import PolicyError
from assistant.parsing.headings import TITLE_CHARS
from assistant.parsing.outline import Outline
from assistant.parsing.titles import title_or_name
from assistant.policy import HASH_CHARS, Policy
from assistant.text import language_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.text import Language

MAX_POLICY_CHARS = 4_000_000
"""Longest text that is parsed; the longest real policies have about 200,000 characters."""

_HEAD_CHARS = 2_000
"""Start of a text in which its title is looked for."""


def parse(
    text: str,
    *,
    id: str = "policy",
    title: str = "",
    language: Language | None = None,
    company: str = "",
    aliases: tuple[str, ...] = (),
    effective_date: str = "",
    version: str = "",
    contact: str = "",
    translations: Mapping[str, tuple[str, ...]] | None = None,
) -> Policy:
    r"""Parse the text of a policy into its clauses.

    Args:
        text: The policy; any text will do, one without structure is divided by paragraphs.
        id: Name of the policy in its corpus.
        title: Name that people read; by default the lines that the text begins with as its title, or else its first
            line, without Markdown's marks, or `id` where that is a clause.
        language: Language of the text; found out by default.
        company: Company that issued it.
        aliases: Other names of the company or its product.
        effective_date: Date it takes effect, ISO 8601.
        version: Version; `effective_date` by default, else the start of the text's SHA-256.
        contact: How to reach the company.
        translations: English rendering of each sentence of a clause's own text, by clause id.

    Returns:
        The policy, in time linear in the length of the text.

    Raises:
        PolicyError: If the text is empty, too long, or not text.

    >>> policy = parse("一、收集\n（一）注册\n我们收集手机号。\n（二）支付\n我们收集订单号。\n二、联系\n请来电。")
    >>> [policy.reference(clause.id) for clause in policy.walk() if clause.label]
    ['一', '一（一）', '一（二）', '二']
    """
    if not text.strip():
        raise PolicyError(f"policy {id!r} is empty: give it the text of the policy")
    if len(text) > MAX_POLICY_CHARS:
        raise PolicyError(f"policy {id!r} has {len(text):,} characters; at most {MAX_POLICY_CHARS:,} are parsed")
    if "\0" in text:
        raise PolicyError(f"policy {id!r} holds a NUL character: it is not a text file")
    try:
        digest = hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise PolicyError(f"policy {id!r} holds a lone surrogate at {error.start}: save it as UTF-8") from None
    outline = Outline(text)
    root = outline.build()
    return Policy(
        id=id,
        title=title or title_or_name(outline.title, text) or outline.first_line.strip("#*_ ")[:TITLE_CHARS] or id,
        text=text,
        sha256=digest,
        root=root,
        language=language or language_of(text),
        company=company,
        aliases=aliases,
        effective_date=effective_date,
        version=version or effective_date or digest[:HASH_CHARS],
        contact=contact,
        translations=MappingProxyType(dict(translations or {})),
    )


def title_of(text: str) -> str:
    r"""Return the title that a text begins with; empty if its first lines are none.

    >>> title_of("ACME LTD\nPRIVACY NOTICE\nJune 2025\n\nWe collect little."), title_of("We collect little.")
    ('ACME LTD PRIVACY NOTICE', '')
    """
    outline = Outline(text[:_HEAD_CHARS])
    outline.build()
    return title_or_name(outline.title, text[:_HEAD_CHARS])
