"""Nodes: clauses under construction, and the clauses that they become."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.parsing.headings import BOLD
from assistant.parsing.markers import DASH, RANKS
from assistant.policy.clauses import Clause

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.parsing.markers import Marker
    from assistant.policy.clauses import Kind
    from assistant.text import Span

SHORT_CHARS = 50
"""A paragraph shorter than this is no clause by itself when another follows it."""


@dataclass(slots=True)
class Node:
    """A clause under construction; its end is known when the next one starts."""

    start: int
    kind: Kind
    marker: Marker | None = None
    title: Span | None = None
    children: list[Node] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    """Starts of the paragraphs of its own text, the first line's included."""
    repeated: bool = False
    """A heading whose words come back, such as 使用目的: a field of those that do not."""
    bare: bool = False
    """Its first line is only a heading, so what follows is its text."""
    short: bool = False
    """Its first line reads like a heading, though it may be a short item of a list."""
    document: bool = False
    """The title of another document in the text: what the root is to the first one, it is to that."""

    level: float | None = None
    """Where a heading without a number stands among chapters and articles: the rank that its number would have."""

    @property
    def family(self) -> str:
        """Kind of its number, or its own kind without one; the root's for a document's title."""
        return self.marker.family if self.marker else "root" if self.document else self.kind

    @property
    def rank(self) -> float | None:
        """Where it stands among chapters and articles; None if it is neither, nor a heading beside them."""
        return self.marker.rank if self.marker and self.marker.family in RANKS else self.level

    @property
    def is_plain_heading(self) -> bool:
        """Whether it is a heading without a number, in a document."""
        return self.kind == "heading" and self.marker is None and not self.document

    @property
    def is_short_item(self) -> bool:
        """Whether it reads like a heading and has nothing under it."""
        return self.short and not self.children and len(self.paragraphs) < 2


def clause_of(root: Node, text: str) -> Clause:
    """Return the clause that the root of a tree becomes, with all in it."""
    return _clause(text, root, "root", "", len(text))


def _clause(text: str, node: Node, id: str, prefix: str, end: int) -> Clause:
    children = []
    taken: Counter[str] = Counter()
    unnumbered = 0
    for child, child_end in with_ends(node.children, end):
        if child.kind == "contents":
            name = "toc"
        elif child.marker and child.marker.path:
            name = f"{'a' if child.marker.family == 'appendix' else ''}{child.marker.number}"
        else:
            unnumbered += 1
            name = f"p{unnumbered}"
        taken[name] += 1
        name += "" if taken[name] == 1 else f"~{taken[name]}"
        children.append(_clause(text, child, prefix + name, f"{prefix}{name}.", child_end))
    kind, title = node.kind, verbatim(text, node.title)
    if kind == "heading" and node.marker and node.marker.rank is None and not children and len(node.paragraphs) < 2:
        # A heading with nothing under it is a short item.
        kind, title = "item", ""
    return Clause(
        id=id,
        label=text[node.marker.label : node.marker.end].strip() if node.marker else "",
        title=title,
        kind=kind,
        start=node.start,
        label_end=_label_end(text, node),
        body_end=children[0].start if children else end,
        end=end,
        children=tuple(children),
    )


def _label_end(text: str, node: Node) -> int:
    """Return where the words of a clause begin: behind its marker, the end of its bold, and a dash: `PART A – `."""
    if not node.marker:
        return node.start
    end = node.marker.end
    bold = BOLD.match(text, node.marker.start)
    end += len(bold[0]) if bold and text.startswith(bold[0], end) else 0
    dash = DASH.match(text, end) if node.marker.path else None
    return dash.end() if dash else end


def verbatim(text: str, title: Span | None) -> str:
    """Return the words of a title, without Markdown's marks around them; none for no title."""
    return text[slice(*title)].strip("*_ \t") if title else ""


def with_ends(nodes: Sequence[Node], end: int) -> Iterator[tuple[Node, int]]:
    """Yield clauses, each with its end: the start of the next one."""
    yield from zip(nodes, (*(node.start for node in nodes[1:]), end)[: len(nodes)], strict=True)
