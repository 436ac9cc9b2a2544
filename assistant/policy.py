"""A policy and the tree of its clauses.

Clauses hold offsets, never copies: the text of a clause is a slice of `Policy.text`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import combinations, pairwise, takewhile, zip_longest
from os.path import commonprefix
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

from assistant.naming import in_small_letters, without_noun
from assistant.text import Span, fold, has_han, leads_in, sentences, shortened, stripped
from assistant.thesaurus import extended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from assistant.text import Language
    from assistant.thesaurus import Concept, Thesaurus

_T = TypeVar("_T")
_P = ParamSpec("_P")

Kind = Literal["root", "heading", "item", "paragraph", "contents"]
"""What a clause is; `"contents"` is a table of contents, which is never retrieved."""

BULLETS = "•●·■◆▪◦○◇□☐☑☒➤▶★\uf06c\uf0b2\uf0b7\uf0d8"
"""Marks of list items that number nothing; the last ones are a symbol font's, as copied from a document."""

HASH_CHARS = 12
"""Length of the version of a policy that is made of its text: the start of the SHA-256."""

_ASCII_END = re.compile(r"[0-9A-Za-z]$")
_ASCII_START = re.compile(r"[0-9A-Za-z]")
_LATIN_CHARS = 3
_FIRST_WORDS = re.compile(r"[^，。：；、,.:;!！?？\s]{1,12}")
_LATIN_NAME_CHARS = (10, 24)
"""Fewest and most characters of the first words that name an English paragraph, a long word aside."""
_EMPHASIS = re.compile(r"\*+|__+|[|`]")
# A row that is told with the heads of its columns: its first cell names it.
_FIRST_CELL = re.compile(r"[^|:：\n]{1,200}[:：]\s*([^|\n]{1,200}?) \| ")
_OPENING_CHARS = 400
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
_AROUND_TITLES = "：:*#【】 \t"
_LONGEST_TITLE = 40
"""Most characters of a title within a sentence."""
_SHORTEST_NAME = 2
_SENTENCE_END = re.compile(r"[?？!！。]|\.$")
_BEFORE_COLON = re.compile(r"[^:：]{2,40}(?=[:：])")
_WORDED = re.compile(r"[A-Za-z]{4,}\s|§")
# An appendix without a number of its own: "Annex › 1".
_WORD_ALONE = re.compile(r"(?:appendix|annex(?:ure)?|schedule|addendum)$", re.IGNORECASE)
_WORDED_NUMBER = re.compile(r"(?:[A-Za-z]{4,20}\s{1,3}|§\s?)(\d[\d.]{0,20})$")
# Not "Q3", a question of a list.
_CODE = re.compile(r"([A-PR-Za-pr-z])\.?\d")
YES_OR_NO = re.compile(
    r"(?:[Yy]es|[Nn]o|是的?|否|会的?|不会|(?:当然)?可以的?|不可以|不能|能|有的?|没有|不是|要的?|不要|需要|不需要|不用|支持|不支持"
    r"|不行|无需)[。.!！,，;；]?"
)
"""A word that answers a yes/no question, with what ends it."""
# "A：", "答：", "Answer 1.": what a question is followed by says nothing of the answer.
_ANSWER = re.compile(r"\s{0,3}(?:\*\*)?(?:A(?:nswer)?|答[案复覆]?)\s{0,3}\d{0,3}\s{0,3}[:：.、](?:\*\*)?\s{0,9}")
# The label at the start of an English rendering: `1.`, `(II)`, `①`, `Article 3`.
_LABEL = re.compile(r"^(?:(?:Article|Section|Chapter|Part|Clause) \w{1,6}[.:]?|\(?\w{1,6}[.)]|[①-⑳])\s+")
# Markdown's, before a heading.
_HEADING_MARK = re.compile(r"\A\s{0,9}#{1,6}\s{1,9}(?=\S)")
# Begins where no such mark stands before, so that a long run of spaces is read once.
_CLOSING_MARK = re.compile(r"(?<![、.．:：\s])[、.．:：\s]+$")
_CLOSING_BRACKET = re.compile(r"(?<![、.．:：\s)）])[、.．:：\s)）]+$")


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
class Policy:
    """A policy: its text, what is known about it, and its clauses."""

    id: str
    """Name of the policy in its corpus."""
    title: str
    """Name that people read."""
    text: str
    """The whole text; every offset of the library points into it."""
    sha256: str
    """SHA-256 of the text in UTF-8, hexadecimal."""
    root: Clause
    """The clause that holds all others."""
    language: Language = "zh"
    """Language of the text."""
    company: str = ""
    """Company that issued it."""
    aliases: tuple[str, ...] = ()
    """Other names of the company or its product."""
    effective_date: str = ""
    """Date it takes effect, ISO 8601."""
    version: str = ""
    """Version; the effective date unless the policy's metadata say otherwise."""
    contact: str = ""
    """How to reach the company, as the policy states it."""
    corpus_names: tuple[str, ...] = ()
    """What else names it among the policies of its corpus, as `assistant.corpus.open_corpus` finds."""
    translations: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """English rendering of each sentence of a clause's own text, by clause id; empty where there is none."""
    concepts: tuple[Concept, ...] = ()
    """What its own thesaurus adds to the one that comes with the program."""
    shared_thesaurus: Thesaurus | None = field(default=None, repr=False, compare=False)
    """The thesaurus of its corpus, as `assistant.corpus.open_corpus` finds; None for a policy that stands alone."""
    _paths: Mapping[str, tuple[Clause, ...]] = field(
        init=False, repr=False, compare=False, default_factory=lambda: MappingProxyType({})
    )
    _references: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _lists: dict[str, _List] = field(init=False, repr=False, compare=False, default_factory=dict)
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

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the policy, its company and its product."""
        return tuple(name for name in (self.company, *self.aliases, *self.corpus_names) if name)

    @property
    def short_names(self) -> tuple[str, ...]:
        """What two of its Chinese names begin with and none is: 白驹 of 白驹跑腿 and 白驹速取, where it is no place."""
        chinese = {name for name in self.names if has_han(name)}
        shared = {commonprefix(pair) for pair in combinations(sorted(chinese), 2)} - chinese  # noqa: RUF071 - of characters
        return tuple(sorted(name for name in shared if len(name) >= _SHORTEST_NAME and not self._is_place(name)))

    def _is_place(self, name: str) -> bool:
        """Say whether its text has a name as that of a place, as where its company has its seat: 上海 of 上海市."""
        return any(f"{name}{place}" in self.text for place in "市省区县州")

    @property
    def thesaurus(self) -> Thesaurus:
        """The names that questions about it, and its text, are read with: those of its corpus, else its own."""
        return self.shared_thesaurus or extended(self.concepts)

    @property
    def given_version(self) -> str:
        """The version that whoever keeps the policy gave it; empty where it is made of the date or of the text."""
        return "" if self.version in (self.effective_date, self.sha256[:HASH_CHARS]) else self.version

    def place(self, reference: str) -> str:
        """Return a reference with the policy's title: `《隐私协议》一（二）4`, `Privacy Notice, 2.1`."""
        title = " ".join(self.title.split())
        return f"《{title}》{reference}" if self.language == "zh" else f"{title}, {reference}"

    def called(self, language: Language, among: Iterable[Policy] = ()) -> str:
        """Return what the policy is called within a sentence of a language.

        That is its title, in the marks that Chinese puts around one; or it is the company's policy, if the title is
        long or a sentence itself, which no sentence can be made around, or no more than the company's name.

        Args:
            language: Of the sentence.
            among: Policies that it is to be told from: where one is called the same, the company is named, too.
        """
        # In each answer it is wanted.
        said = self.kept(Policy._called, language)
        others = (other.kept(Policy._called, language) for other in among if other is not self)
        if not self.company or said not in others:
            return said
        company = " ".join(self.company.split())
        return f"{company}{said}" if language == "zh" else f"{_possessive(company)} {_ARTICLE.sub('', said)}"

    def _called(self, language: Language) -> str:
        title = " ".join(self.title.split())
        if self._names_company(title):
            return self._of(" ".join(self.company.split()), language)
        if len(title) <= _LONGEST_TITLE and not _SENTENCE_END.search(title):
            shown = in_small_letters(title, self.text)
            if language == "zh":
                return f"《{shown}》"
            # "What Privacy Notice says" is no English, but for a name: "What Lantern Privacy Notice says".
            is_named = without_noun(title) != "" and not self._names_subject(title)
            return shown if is_named or not title.isascii() else f"the {_ARTICLE.sub('', shown)}"
        if self.company:
            return self._of(" ".join(shortened(self.company, _LONGEST_TITLE).split()), language)
        # The name before a dash: `Brindle Insurance – Your Cover Explained`.
        name = title[: dash.start()] if (dash := _DASH.search(title)) else ""
        if 0 < len(name) <= _LONGEST_TITLE and not _SENTENCE_END.search(name) and without_noun(name):
            return self._of(without_noun(name), language)
        head = _BEFORE_COLON.match(title)
        return " ".join(shortened(head[0] if head else title, _LONGEST_TITLE).rstrip("?？!！.。").split())

    def called_as_several(self) -> bool:
        """Say whether what the policy is called in English is a plural: `Terms of Use`."""
        return bool(_SEVERAL.search(self.called("en")))

    def _names_subject(self, title: str) -> bool:
        """Say whether a title names what the policy is about, and not whose it is: `Ski Pass Rules`, of Hollis Ltd."""
        name = without_noun(title)
        first, company = (_LETTERS.findall(fold(said))[:1] for said in (name, self.company))
        return bool(company) and name != title and first != company and not _OWNER.search(title)

    def _names_company(self, title: str) -> bool:
        """Say whether a title is no more than the company's name: `Lantern Post`, of Lantern Post Ltd."""
        said, company = (_LETTERS.findall(fold(name)) for name in (title, self.company))
        return bool(said) and said == company[: len(said)]

    @staticmethod
    def _of(company: str, language: Language) -> str:
        return f"{company}政策" if language == "zh" else f"{_possessive(company)} policy"

    def kept(self, finding: Callable[Concatenate[Policy, _P], _T], *about: _P.args, **options: _P.kwargs) -> _T:
        """Return what a function finds in this policy, which is asked once and is kept with it while it is wanted.

        Args:
            finding: A function that finds the same each time.
            about: What it is asked about; hashable.
            options: As `about`.
        """
        found: _T = self._kept(finding, *about, **options)
        return found

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

    def begins(self, clause: Clause) -> str:
        """Return the words that stand for a clause in an outline: its number and its title as printed, or its text."""
        own = self.own_text(clause)
        return _HEADING_MARK.sub("", own[: own.find(clause.title) + len(clause.title)] if clause.title else own)

    def brief_name(self, clause: Clause, width: int) -> str:
        """Return the words that name a clause among others: its number with its title, or its text, shortened."""
        return shortened(f"{clause.label}{clause.title}" if clause.title else self.own_text(clause), width)

    @property
    def size(self) -> int:
        """Number of clauses, the root not counted."""
        return len(self._paths) - 1

    def sentences(self, clause: Clause) -> Iterator[Span]:
        """Yield the spans of the sentences of the clause's own text, without its label and the mark of an answer."""
        asked = clause.title.rstrip(_AROUND_TITLES).endswith(("?", "？"))
        for start, end in sentences(self.text, clause.label_end, clause.body_end):
            answer = _ANSWER.match(self.text, start, end) if asked else None
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
        if (known := self._lists.get(clause.id)) is None:
            known = self._lists[clause.id] = self._read_list(clause)
        return known

    def _read_list(self, clause: Clause) -> _List:
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
        opens = _BEGINS_ANEW.match(words) and _UNENDED.search(words) and len(words) <= _LONGEST_TITLE
        return (start, end) if opens and not in_section and not _GIVES_VALUE.search(words) else None

    def _says_the_opposite(self, section: Clause, above: Clause) -> bool:
        """Say whether the heading of a section says what needs not be so, which what leads to its chapter does not.

        `六、我们为以下目的收集：（一）寄件 … （五）无需您同意的情形` is no list of five purposes.
        """
        own = self.text[section.label_end : section.body_end].strip(_AROUND_TITLES)
        alone = bool(section.title) and section.kind == "heading" and own != section.title.strip(_AROUND_TITLES)
        return alone and bool(_EXCEPTS.search(section.title)) and not _EXCEPTS.search(self.own_text(above))

    def renderings(self, clause: Clause) -> tuple[tuple[Span, str], ...]:
        """Return the sentences of the clause's own text, as `sentences` divides it, with their English.

        Returns:
            Spans of `text` in order, each with its rendering, which is empty where there is none.
        """
        spans = tuple(sentences(self.text, clause.start, clause.body_end))
        known = self.translations.get(clause.id, ())
        # One that does not have a rendering for each sentence belongs to another text.
        return tuple(zip(spans, known if len(known) == len(spans) else ("",) * len(spans), strict=True))

    def translation(self, start: int, end: int) -> str | None:
        """Return the English of exactly what `text[start:end]` says, or None where that is not known.

        A range says a sentence if it holds all letters and digits of it, those of the clause's label aside. What
        holds a part of a sentence has no rendering, unless the part is the heading that the sentence begins with:
        `保存期限` of `保存期限：除非…` has what stands before the colon of `Retention period: Unless…`.

        Args:
            start: First code point, at least 0.
            end: End, after `start`.
        """
        parts: list[str] = []
        offset = start
        while self.translations and offset < min(end, len(self.text)):
            clause = self.at(offset)
            for number, (span, english) in enumerate(self.renderings(clause)):
                if span[1] <= start or end <= span[0]:
                    continue
                said = self._said(clause if number == 0 else None, span, english, (start, end))
                if said is None:
                    return None
                parts.append(said)
            offset = clause.body_end
        return " ".join(part for part in parts if part) or None

    def title_in(self, clause: Clause, language: Language) -> str:
        """Return the title of a clause in a language, without the marks around it; empty if it is not known in it."""
        title: str | None = clause.title
        if title and language != self.language:
            start = self.text.find(title, clause.start, clause.body_end)
            known = language == "en" and start >= 0
            title = self.translation(start, start + len(title)) if known else None
        return " ".join((title or "").strip(_AROUND_TITLES).rstrip("。. ").split())

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
        bare = bool(clause.title) and own.strip().strip(_AROUND_TITLES).endswith(clause.title.strip(_AROUND_TITLES))
        return bare and all(
            not item.children
            and item.kind == "item"
            and len(words) <= self.chars(_LONGEST_FRAGMENT)
            and not _IS_SENTENCE.search(words)
            for item, words in zip(items, own_words, strict=True)
        )

    def _said(self, begins: Clause | None, sentence: Span, english: str, held: Span) -> str | None:
        """Return the English of what `held` says of a sentence; nothing if no word of it, None if it is not known.

        Args:
            begins: The clause, if the sentence is its first.
            sentence: The sentence's place.
            english: Its rendering.
            held: A range that overlaps it.
        """
        (start, end), (left, right) = held, sentence
        answer = None if begins else _ANSWER.match(self.text, left, right)
        label_end = begins.label_end if begins else answer.end() if answer else left
        words = [place for place in range(label_end, right) if self.text[place].isalnum()]
        inside = [place for place in words if start <= place < end]
        if words and not inside:
            return ""
        if len(inside) < len(words):
            title = self.text.find(begins.title, label_end, words[0] + len(begins.title)) if begins else -1
            heading, colon, _ = english.partition(": ")
            if not begins or title < 0 or not colon:
                return None
            if inside != [place for place in words if place < title + len(begins.title)]:
                return None
            english = heading
        if start > left:
            english = _LABEL.sub("", english) if begins and begins.label else english
            english = _ANSWER.sub("", english, count=1) if answer and start >= answer.end() else english
        # Of punctuation alone no rendering is wanted.
        return english if english or not words else None

    def reference(self, clause_id: str) -> str:
        """Return the words a person can find the clause by, such as `一（二）4 › 使用目的`.

        A number is joined to the number directly above it, without the mark that closes it: `一（二）4（2）`, and
        `3.1` where Western numerals would run together; a `3.1` printed below `3` stands for both, and so does `B2`
        below `Part B`. Everything without a number stands between ` › `: a heading by its title, a paragraph by its
        first words, contents by their name. So does a number that begins with a word: `Article 2 › Section 2.1`.

        Raises:
            KeyError: If the policy has no such clause.
        """
        # Of each hit of each answer it is wanted.
        if (known := self._references.get(clause_id)) is None:
            known = self._references[clause_id] = self._reference(clause_id)
        return known

    def described(self, clause_id: str, language: Language) -> str:
        """Return the clause's reference, with its title or its first words where that is a number.

        Args:
            clause_id: The clause.
            language: Of the sentence that it stands in.

        Raises:
            KeyError: If the policy has no such clause.
        """
        *above, clause = self.path(clause_id)
        reference = self.reference(clause_id)
        if not above or not clause.label or clause.kind == "contents" or is_bullet(clause.label):
            return reference
        name = shortened(self._name(clause), _LONGEST_TITLE)
        if name == clause.id:
            return reference
        return f"{reference}{'' if language == 'zh' else ' '}{name if name[0] == '“' else f'“{name}”'}"

    def _reference(self, clause_id: str) -> str:
        parts: list[str] = []
        above = ""
        path = self.path(clause_id)
        for over, clause, below in zip_longest(path[:-1], path[1:], path[2:]):
            label = "" if clause.kind == "contents" or is_bullet(clause.label) else _number(clause.label)
            if not label:
                # "7" and "1" side by side would seem to be printed as 7.1.
                apart = bool(above and below) and _glue(above, below.label) == below.label
                if apart and self._only_leads_to(clause, below, over):
                    continue
                parts.append(self._name(clause))
            elif not above or _WORDED.match(label) or _WORD_ALONE.match(above):
                parts.append(label)
            elif code := _CODE.match(label):
                # "B2" below "Part B" or "B1.1" below "B1" stands for both, and below "Article 2" by itself.
                if fold(above).endswith(f" {fold(code[1])}") or fold(label).startswith(fold(above)):
                    parts[-1] = parts[-1].removesuffix(above) + label
                else:
                    parts.append(label)
            elif fold(label).startswith(f"{fold(above)}."):
                parts[-1] = parts[-1].removesuffix(above) + label
            elif (number := _WORDED_NUMBER.match(above)) and fold(label).startswith(f"{fold(number[1])}."):
                # "1.1" below "Section 1" stands for both.
                parts[-1] = parts[-1].removesuffix(number[1]) + label
            else:
                parts[-1] += _glue(parts[-1], label)
            above = label
        return " › ".join(parts) or self.title

    def _only_leads_to(self, clause: Clause, below: Clause, over: Clause) -> bool:
        """Say whether a clause is but the words that lead to a number, which is found without them.

        Args:
            clause: The clause.
            below: One of those below it.
            over: The one above it; the number stands nowhere else below that.
        """
        if clause.kind != "paragraph" or clause.title or not below.label or is_bullet(below.label):
            return False
        found = (child for beside in over.children for child in (beside, *beside.children * (not beside.label)))
        number = _number(below.label)
        return self.leads_in(clause) and sum(_number(child.label) == number for child in found) == 1

    def _name(self, clause: Clause) -> str:
        if clause.title:
            return " ".join(clause.title.strip(_AROUND_TITLES).split())
        if clause.kind == "contents":
            return "目录" if self.language == "zh" else "Contents"
        own = self.text[clause.label_end : min(clause.body_end, clause.label_end + _OPENING_CHARS)].strip()
        cell = _FIRST_CELL.match(own)
        own = _EMPHASIS.sub("", cell[1] if cell else own)
        words = _first_words(own) if self.language == "en" else ""
        if not words and (found := _FIRST_WORDS.search(own)):
            words = found[0]
        return f"“{words}…”" if words else clause.id


_MOST_KEPT = 2_000
"""Findings about a policy that are kept, those that were wanted last."""


def _found(policy: Policy, finding: Callable[..., Any], *about: Any, **options: Any) -> Any:
    return finding(policy, *about, **options)


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


_LETTERS = re.compile(r"\w+")
_DASH = re.compile(r"\s[–—|-]\s")
_SEVERAL = re.compile(
    r"\b(?:Terms|Conditions|Rules|Guidelines|Policies|Standards|Regulations)(?: (?:of|for|and|&) [\w &]{1,40})?$",
    re.IGNORECASE,
)
_OWNER = re.compile(r"['’]s?\s")
_ARTICLE = re.compile(r"^(?:the|our) ", re.IGNORECASE)


def _first_words(text: str) -> str:
    """Return the first words of an English text that name it, without the mark after them."""
    least, most = _LATIN_NAME_CHARS
    name = ""
    for word in text.split():
        if name and (len(name) + 1 + len(word) > most or (len(name) >= least and not name[-1].isalnum())):
            break
        name = f"{name} {word}".strip()[: 2 * most]
        if word[-1] in ".;:!?" and len(name) >= least:
            break
    return name.strip(" ,.;:!?–—-")


def _number(label: str) -> str:
    """Return a label without the mark that closes it, such as the bracket of `iii)`; that of `（一）` belongs to it."""
    return (_CLOSING_MARK if label[:1] in "(（" else _CLOSING_BRACKET).sub("", label)


def _glue(left: str, right: str) -> str:
    # "1" and "2" printed side by side would read as twelve.
    return f".{right}" if _ASCII_END.search(fold(left[-1:])) and _ASCII_START.match(fold(right[:1])) else right


def is_bullet(label: str) -> bool:
    """Say whether a label is a bullet, which numbers nothing."""
    return bool(label) and (label in BULLETS or label in "-*–—Ø" or label == "——")
