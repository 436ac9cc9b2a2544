"""The tree of a text's clauses: where they stand, what leads to which, and what of it is a list.

Clauses hold offsets, never copies: the text of a clause is a slice of `ClauseTree.text`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import pairwise, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

from assistant.text import Span, leads_in, normalized, sentences, stripped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from assistant.text import Language

_T = TypeVar("_T")
_P = ParamSpec("_P")

Kind = Literal["root", "heading", "item", "paragraph", "contents"]
"""What a clause is; `"contents"` is a table of contents, which is never retrieved."""

BULLETS = "•●·■◆▪◦○◇□☐☑☒➤▶★\uf06c\uf0b2\uf0b7\uf0d8"
"""Marks of list items that number nothing; the last ones are a symbol font's, as copied from a document."""

_LATIN_CHARS = 3
_UNENDED = re.compile(r"[\w,)）’'\"”–—*-]$")
_LOWER_FIRST = re.compile(r"[\W_]{0,20}[a-z]")
_BEGINS_ANEW = re.compile(r"[A-Z][a-z]")
# What gives the value of something says all of it: `Baby | free`, `Sunday: closed`, `Up to 5 kg`.
_GIVES_VALUE = re.compile(r"[|\t\d]|[:：]\s{0,9}\S")
_EXCEPTS = re.compile(
    r"[无無毋不][须須需必]|除外|例外|\b(?:exceptions?|exempt|no consent|without|not (?:need|require))", re.IGNORECASE
)
_LEAST_ITEMS = 2
_LONGEST_FRAGMENT = 40
_IS_SENTENCE = re.compile(
    r"[.。!！?？]\W{0,3}$|[.。!！?？]\s|[:：]\s*\S|\b(?:we|you)\b|我们|我司|本公司|[您你]", re.IGNORECASE
)
AROUND_TITLES = "：:*#【】 \t"
LONGEST_TITLE = 40
"""Most characters of a title within a sentence."""
YES_OR_NO = re.compile(
    r"(?:[Yy]es|[Nn]o|是的?|否|会的?|不会|(?:当然)?可以的?|不可以|不能|能|有的?|没有|不是|要的?|不要|需要|不需要|不用|支持|不支持"
    r"|不行|无需)[。.!！,，;；]?"
)
"""A word that answers a yes/no question, with what ends it."""
# "A：", "答：", "Answer 1.": what a question is followed by says nothing of the answer.
ANSWER = re.compile(r"\s{0,3}(?:\*\*)?(?:A(?:nswer)?|答[案复覆]?)\s{0,3}\d{0,3}\s{0,3}[:：.、](?:\*\*)?\s{0,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause: a half-open range of code points of `Policy.text`, and the clauses in it."""

    id: str
    """Path such as `"1.2.4.p1.2"`: unique in its policy, the same for the same text."""
    label: str
    """Number as printed, such as `（二）`; empty for a clause that has none."""
    title: str
    """Heading, a verbatim part of the clause; empty for a clause that has none."""
    kind: Kind
    """What the clause is; `"contents"` is a table of contents, which is never retrieved."""
    start: int
    """First code point."""
    label_end: int
    """Where the clause's words begin: behind its label and the marks around that, such as `##` and `**`."""
    body_end: int
    """End of the clause's own text, where its first child starts."""
    end: int
    """End of the clause with its children."""
    children: tuple[Clause, ...] = ()
    """The clauses inside, in the order of the text."""

    def walk(self) -> Iterator[Clause]:
        """Yield this clause and all clauses in it, in the order of the text."""
        stack = [self]
        while stack:
            clause = stack.pop()
            yield clause
            stack.extend(reversed(clause.children))


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """What leads to the children of a clause."""

    items: tuple[Clause, ...]
    """The items of the list that its own words lead into."""
    leads: Mapping[str, Span]
    """What leads to each child, by id."""
    next_leads: Mapping[str, Span]
    """What stands at the end of a child and leads to those after it, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseTree:
    """A text, divided into clauses."""

    id: str
    """Name of the policy in its corpus."""
    text: str
    """The whole text; every offset of the library points into it."""
    root: Clause
    """The clause that holds all others."""
    language: Language = "zh"
    """Language of the text."""
    _paths: Mapping[str, tuple[Clause, ...]] = field(
        init=False, repr=False, compare=False, default_factory=lambda: MappingProxyType({})
    )
    _kept: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the clauses by id."""
        paths: dict[str, tuple[Clause, ...]] = {}
        stack: list[tuple[Clause, ...]] = [(self.root,)]
        while stack:
            path = stack.pop()
            paths[path[-1].id] = path
            stack.extend((*path, child) for child in reversed(path[-1].children))
        object.__setattr__(self, "_paths", MappingProxyType(paths))
        object.__setattr__(self, "_kept", lru_cache(maxsize=_MOST_KEPT)(partial(_found, self)))

    def kept(self, finding: Callable[Concatenate[Self, _P], _T], *about: _P.args, **options: _P.kwargs) -> _T:
        """Return what a function finds in this text, which is asked once and is kept with it while it is wanted.

        Args:
            finding: A function that finds the same each time.
            about: What it is asked about; hashable.
            options: As `about`.
        """
        found: _T = self._kept(finding, *about, **options)
        return found

    @property
    def normalized(self) -> str:
        """The whole text as words are looked for in it, which may be of another length."""
        return self.kept(_normalized)

    def chars(self, count: int) -> int:
        """Return about how many characters the policy's language needs for what `count` Chinese ones say."""
        return count if self.language == "zh" else _LATIN_CHARS * count

    def walk(self) -> Iterator[Clause]:
        """Yield all clauses in the order of the text, the root first."""
        return (path[-1] for path in self._paths.values())

    def __getitem__(self, clause_id: str) -> Clause:
        """Return the clause with this id.

        Raises:
            KeyError: If the policy has no such clause.
        """
        return self.path(clause_id)[-1]

    def __contains__(self, clause_id: object) -> bool:
        """Say whether the policy has a clause with this id."""
        return clause_id in self._paths

    def path(self, clause_id: str) -> tuple[Clause, ...]:
        """Return the clauses from the root down to the one with this id.

        Raises:
            KeyError: If the policy has no such clause.
        """
        try:
            return self._paths[clause_id]
        except KeyError:
            raise KeyError(f"policy {self.id!r} has no clause {clause_id!r}") from None

    def holding(self, start: int, end: int) -> Clause:
        """Return the smallest clause that holds all of `text[start:end]`."""
        return next(clause for clause in reversed(self.path(self.at(start).id)) if end <= clause.end)

    def at(self, offset: int) -> Clause:
        """Return the clause whose own text holds the code point at `offset`.

        Raises:
            ValueError: If `offset` lies outside the text.
        """
        if not 0 <= offset < len(self.text):
            raise ValueError(f"offset {offset} lies outside policy {self.id!r} of {len(self.text)} characters")
        clause = self.root
        while offset >= clause.body_end:
            clause = clause.children[bisect_right(clause.children, offset, key=lambda child: child.start) - 1]
        return clause

    def own_text(self, clause: Clause) -> str:
        """Return the clause's text without its children's."""
        return self.text[clause.start : clause.body_end]

    @property
    def size(self) -> int:
        """Number of clauses, the root not counted."""
        return len(self._paths) - 1

    def sentences(self, clause: Clause) -> Iterator[Span]:
        """Yield the spans of the sentences of the clause's own text, without its label and the mark of an answer."""
        asked = clause.title.rstrip(AROUND_TITLES).endswith(("?", "？"))
        for start, end in sentences(self.text, clause.label_end, clause.body_end):
            answer = ANSWER.match(self.text, start, end) if asked else None
            if answer is None:
                yield start, end
            elif answer.end() < end:
                yield answer.end(), end
            asked = asked and answer is None

    def leads_in(self, clause: Clause) -> bool:
        """Say whether the clause's own words lead into a list, whose items are its children."""
        if not clause.children:
            return False
        own = self.own_text(clause)
        return leads_in(own) or self._goes_on(clause, own)

    def items(self, clause: Clause) -> tuple[Clause, ...]:
        """Return the items of the list that the clause's own words lead into; none if they lead into nothing.

        A paragraph without a number that follows numbered items stands after the list, though no other clause holds it.
        """
        return self._list(clause).items

    def lead_in(self, clause_id: str) -> Span | None:
        """Return the span of the words that lead into the list that a clause is an item of; None if there are none.

        That is the last sentence of the clause above, which may be its title: `我们不会收集：`. A label that
        stands alone (`附录：`) is no words.

        Raises:
            KeyError: If the policy has no such clause.
        """
        above = self.path(clause_id)[-2:-1]
        return self._list(above[0]).leads.get(clause_id) if above else None

    def answered_by_a_word(self, clause_id: str, start: int, end: int) -> Span | None:
        """Return the span of the question that a clause is, if `text[start:end]` begins with a mere yes or no to it.

        Raises:
            KeyError: If the policy has no such clause.
        """
        clause = self.path(clause_id)[-1]
        word = YES_OR_NO.match(self.text, start, end)
        if not clause.title.endswith(("?", "？")) or word is None or word[0][-1].isalnum():
            return None
        asked = self.text.find(clause.title, clause.start, start)
        return (asked, asked + len(clause.title)) if asked >= 0 else None

    def leads_on(self, clause: Clause) -> Span | None:
        """Return the span of the line at an item's end that leads to the items after it; None if none does.

        In `You may: - send pets; You may not: - send guns` it says the opposite of what leads to the first ones.
        """
        above = self.path(clause.id)[-2:-1]
        return self._list(above[0]).next_leads.get(clause.id) if above else None

    def _list(self, clause: Clause) -> _List:
        """Return what is known of the children of a clause as a list; each clause is read once."""
        return self.kept(ClauseTree._read_list, clause.id)

    def _read_list(self, clause_id: str) -> _List:
        clause = self[clause_id]
        children = clause.children
        pairs = pairwise(children)
        next_leads = {item.id: lead for item, after in pairs if (lead := self._next_lead(item, after))}
        end = 0
        numbered = False
        for child in children if self.leads_in(clause) else ():
            # Behind the items of a list nothing without a mark is one of them.
            if (numbered and not child.label) or self._says_the_opposite(child, clause):
                break
            numbered, end = numbered or bool(child.label), end + 1
            if child.id in next_leads:
                break
        own = next(reversed(list(self.sentences(clause))), None) if end else None
        leads = {child.id: own for child in children[:end] if own}
        last: Span | None = None
        for child in children:
            last = last if child.label else None
            if last:
                leads[child.id] = last
            last = next_leads.get(child.id, last)
        return _List(items=children[:end], leads=leads, next_leads=next_leads)

    def _next_lead(self, item: Clause, after: Clause) -> Span | None:
        """Return the line at the end of an item that leads to the one after it."""
        if not item.label or not after.label or any(child.label for child in item.children):
            return None
        span = stripped(self.text, item.label_end, item.end)
        if span is None or (line_end := self.text.rfind("\n", *span)) < 0:
            return None
        start, end = stripped(self.text, line_end, span[1]) or span
        words = self.text[start:end]
        if leads_in(words):
            return start, end
        # The last line of a section leads to nothing in the next one.
        in_section = any(clause.title and not is_bullet(clause.label) for clause in (item, after))
        opens = _BEGINS_ANEW.match(words) and _UNENDED.search(words) and len(words) <= LONGEST_TITLE
        return (start, end) if opens and not in_section and not _GIVES_VALUE.search(words) else None

    def _says_the_opposite(self, section: Clause, above: Clause) -> bool:
        """Say whether the heading of a section says what needs not be so, which what leads to its chapter does not.

        `六、我们为以下目的收集：（一）寄件 … （五）无需您同意的情形` is no list of five purposes.
        """
        own = self.text[section.label_end : section.body_end].strip(AROUND_TITLES)
        alone = bool(section.title) and section.kind == "heading" and own != section.title.strip(AROUND_TITLES)
        return alone and bool(_EXCEPTS.search(section.title)) and not _EXCEPTS.search(self.own_text(above))

    def _goes_on(self, clause: Clause, own: str) -> bool:
        """Say whether a clause's words lead to its items though they end in no colon.

        They do if they are a sentence that the items end: `You must not (a) share …; or (b) sell …`, which shows in
        English by their lower case; and if they are the heading of items that are no sentences: `What is not covered`
        above `Pregnancy and giving birth`.
        """
        if not _UNENDED.search(own.rstrip()):
            return False
        items = list(takewhile(lambda child: child.label, clause.children))
        own_words = [self.text[item.label_end : item.body_end].strip() for item in items]
        if len(items) < _LEAST_ITEMS:
            return False
        if all(map(_LOWER_FIRST.match, own_words)):
            return True
        bare = bool(clause.title) and own.strip().strip(AROUND_TITLES).endswith(clause.title.strip(AROUND_TITLES))
        return bare and all(
            not item.children
            and item.kind == "item"
            and len(words) <= self.chars(_LONGEST_FRAGMENT)
            and not _IS_SENTENCE.search(words)
            for item, words in zip(items, own_words, strict=True)
        )


_MOST_KEPT = 10_000
"""Findings about a policy that are kept, those that were wanted last."""


def _normalized(tree: ClauseTree) -> str:
    return normalized(tree.text)


def _found(tree: ClauseTree, finding: Callable[..., Any], *about: Any, **options: Any) -> Any:
    return finding(tree, *about, **options)


def is_bullet(label: str) -> bool:
    """Say whether a label is a bullet, which numbers nothing."""
    return bool(label) and (label in BULLETS or label in "-*–—Ø" or label == "——")
