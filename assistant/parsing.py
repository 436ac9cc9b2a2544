"""Parsing: a policy's text becomes a tree of clauses.

The numbering of real policies is broken: levels restart, skip and collide, headings are
glued to the end of a paragraph, blocks without a number act as headings. So no family of
markers has a fixed level here. An ordered table recognises markers; where a marked
block belongs is decided by the lists that are open at that place, and by where blocks of
its family stood before in the same text.

The tree is lossless: clauses nest, never overlap, and every character of the text is the
own text of exactly one clause.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from assistant.errors import PolicyError
from assistant.policy import Clause, Kind, Policy
from assistant.text import Language, Span, fold, language_of, sentences, stripped

MAX_POLICY_CHARS = 4_000_000
"""Longest text that is parsed; the longest real policies have about 200,000 characters."""

_READABLE_CHARS = 600
_MAX_PARAGRAPH_CHARS = 2_000
_TITLE_CHARS = 40


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
    translations: Mapping[str, str] | None = None,
) -> Policy:
    """Parse the text of a policy into its clauses.

    Args:
        text: The policy; any text will do, one without structure is divided by paragraphs.
        id: Name of the policy in its corpus.
        title: Name that people read; the text's first line by default.
        language: Language of the text; found out by default.
        company: Company that issued it.
        aliases: Other names of the company or its product.
        effective_date: Date it takes effect, ISO 8601.
        version: Version; `effective_date` by default, else the start of the text's SHA-256.
        contact: How to reach the company.
        translations: English rendering by clause id.

    Returns:
        The policy, in time linear in the length of the text.

    Raises:
        PolicyError: If the text is empty, too long, or not text.

    >>> policy = parse("一、收集\\n（一）注册\\n我们收集手机号。\\n（二）支付\\n我们收集订单号。\\n二、联系\\n电话 12345。")
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
    root = _Outline(text).build()
    first_line = next(line.strip() for line in text.splitlines() if line.strip())
    return Policy(
        id=id,
        title=title or first_line[:_TITLE_CHARS],
        text=text,
        sha256=digest,
        root=root,
        language=language or language_of(text),
        company=company,
        aliases=aliases,
        effective_date=effective_date,
        version=version or effective_date or digest[:12],
        contact=contact,
        translations=MappingProxyType(dict(translations or {})),
    )


# --- Markers ---------------------------------------------------------------------------

_HAN_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_NUMERAL = r"[零〇一二三四五六七八九十百]{1,5}"
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}
_CIRCLED = ((0x2460, 0x2473), (0x2474, 0x2487), (0x2488, 0x249B), (0x2776, 0x277F), (0x3220, 0x3229))
_BULLETS = "•●·■◆▪◦○◇□➤▶★"
_RANKS = {"编": 0, "部分": 0, "章": 1, "节": 2, "条": 3}


def _han_number(numeral: str) -> int:
    total, digit = 0, 0
    for char in numeral:
        if char == "百":
            total, digit = total + 100 * (digit or 1), 0
        elif char == "十":
            total, digit = total + 10 * (digit or 1), 0
        else:
            digit = 10 * digit + _HAN_DIGITS[char] if char in "零〇" else _HAN_DIGITS[char]
    return total + digit


def _roman_number(numeral: str) -> int:
    values = [_ROMAN[c] for c in numeral]
    return sum(-v if v < max(values[i:]) else v for i, v in enumerate(values))


@dataclass(frozen=True, slots=True)
class _Marker:
    family: str
    """Kind of number with its punctuation; blocks of one list share it."""
    path: tuple[int, ...]
    """The number; several for `2.1`, none for a bullet or a Markdown heading."""
    start: int
    end: int
    """Where the label ends."""
    rank: int | None = None
    """Depth that the family fixes by itself: Markdown's `##`, or 章 above 条."""

    @property
    def number(self) -> int:
        return self.path[-1] if self.path else 0


# Tried in order on folded text at the start of a line or after a sentence's end.
_NUMBER_MARKS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "第",
        re.compile(
            rf"第\s*({_HAN_NUMERAL}|\d{{1,3}})\s*(部分|[编章节条])(?=$|[\s、:.【《]|(?![的规所中之款项第和及至或与以,，。)）])[一-鿿])"
        ),
    ),
    ("section", re.compile(r"(?:section|article|chapter|part)\s+(\d{1,3}|[ivx]{1,6}\b)(?=\s*(?:$|[.:)\-–—]|\s[a-z]))[.:)]?")),
    ("appendix", re.compile(r"(?:附件|附录|appendix|annex|schedule)\s*([一二三四五六七八九十]|\d{1,2}|[a-h]\b)?(?=$|[\s、:.])[、:.]?")),
    ("一、", re.compile(rf"({_HAN_NUMERAL})\s*[、.]")),
    ("(一)", re.compile(rf"\(\s*({_HAN_NUMERAL})\s*\)[、.]?")),
    ("一)", re.compile(rf"({_HAN_NUMERAL})\s*\)")),
    ("1.1", re.compile(r"(\d{1,2}(?:\s?\.\s?\d{1,2}){1,4})(?![\d.%])[.、]?(?=\s|[^\d\s.%a-z+\-/年月日倍万亿元])")),
    ("1、", re.compile(r"(\d{1,3})\s*、")),
    ("1.", re.compile(r"(\d{1,3})\s*\.(?![\d.])")),
    ("1)", re.compile(r"(\d{1,3})\s*\)")),
    ("1 ", re.compile(r"(\d{1,2})[ \t]+(?=[一-鿿a-z][^。,;:!\n]{1,40}$)")),
    ("(1)", re.compile(r"\(\s*(\d{1,3})\s*\)[、.]?")),
    ("①", re.compile(r"([①-⒛❶-❿㈠-㈩])[、.]?")),
    ("i.", re.compile(r"([ivx]{1,5})[.)、](?=\s|[一-鿿])")),
    ("(i)", re.compile(r"\(([ivx]{1,5})\)")),
    ("a.", re.compile(r"([a-z])(?:、|[.)](?=\s|[一-鿿]))")),
    ("(a)", re.compile(r"\(([a-z])\)")),
)
_MARKDOWN = re.compile(r"(#{1,6})[ \t]+")
_BULLET = re.compile(rf"([{_BULLETS}])[ \t]*(?=\S)|([-*–—])[ \t]+(?=\S)")
_BOLD = re.compile(r"(?:\*\*|__)(?=\S)")
# A family may go on in another's punctuation: "1、", "2.", "3)".
_COMPATIBLE = (frozenset({"1、", "1.", "1)", "1 "}), frozenset({"一、", "一)"}), frozenset({"a.", "(a)"}), frozenset({"i.", "(i)"}))


def _markers_at(folded: str, position: int, end: int) -> tuple[_Marker, ...]:
    """Return the readings of the marker at `position`: none, one, or two for `(i)`."""
    start = position
    if bold := _BOLD.match(folded, position, end):
        position = bold.end()
    if heading := _MARKDOWN.match(folded, position, end):
        return (_Marker("#", (), start, heading.end(), rank=len(heading[1])),)
    if not bold and (bullet := _BULLET.match(folded, position, end)):
        return (_Marker(bullet[1] or bullet[2], (), start, bullet.end(bullet.lastindex or 0)),)
    found: list[_Marker] = []
    for family, pattern in _NUMBER_MARKS:
        if (found and family not in ("a.", "(a)")) or not (match := pattern.match(folded, position, end)):
            continue
        marker = _read_number(family, match, start)
        if marker:
            found.append(marker)
            if family not in ("i.", "(i)"):
                break
    return tuple(found)


def _read_number(family: str, match: re.Match[str], start: int) -> _Marker | None:
    numeral, rank = match[1], None
    if family == "第":
        rank = _RANKS[match[2]]
        family = match[2]
    if family == "1.1":
        path = tuple(int(part) for part in numeral.split("."))
        return _Marker(family, path, start, match.end()) if all(0 < part < 100 for part in path) else None
    if numeral is None:
        number = 1
    elif numeral.isdecimal():
        number = int(numeral)
    elif family == "①":
        low = next(low for low, high in _CIRCLED if low <= ord(numeral) <= high)
        number = ord(numeral) - low + 1
    elif numeral[0] in _HAN_DIGITS or numeral[0] in "十百":
        number = _han_number(numeral)
    elif family in ("i.", "(i)", "section"):
        number = _roman_number(numeral)
    else:
        number = ord(numeral) - ord("a") + 1
    return _Marker(family, (number,), start, match.end(), rank) if number else None


# --- Outline ---------------------------------------------------------------------------

_TERMINAL = "。；;！!，,…、"
_HEADING_CHARS = 40
_HEADING_WORDS = 12
_CONTENTS_LEAD = re.compile(r"(?:目\s*录|目\s*次|contents|table of contents|index)\s*[:：]?", re.IGNORECASE)
_CONTENTS_ANNOUNCED = re.compile(r"目录|内容(?:如下)?[:：]$|(?:部分|章节)(?:组成)?[:：]$")
_PAGE_NUMBER = re.compile(r"[.…·\s]*\d{1,3}\s*$")
_NOISE = re.compile(r"[\W_]+")
_SENTENCE_MARK = re.compile(r"[。;:!?]\s*[\"'）)]?\s*")
_HAN_GAP = re.compile(r"(?<=[一-鿿])\s+(?=[一-鿿])")
_SERIES_NUMBER = re.compile(r"[\d一二三四五六七八九十()（）\s]+")
_DATE = re.compile(r"\d{4}\s*[年./-]|日期|版本|更新|生效|effective|updated|version", re.IGNORECASE)
_BRACKETED = re.compile(r"【[^】\n]{1,30}】")
_LEAD_IN = re.compile(r"您|你|我们|以下|如下|下列|following|below")
_LOOKAHEAD = 400


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    markers: tuple[_Marker, ...]

    def body(self) -> int:
        return self.markers[0].end if self.markers else self.start


@dataclass(slots=True)
class _Node:
    """A clause under construction; its end is known when the next one starts."""

    start: int
    kind: Kind
    marker: _Marker | None = None
    title: Span | None = None
    children: list[_Node] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    """Starts of the paragraphs of its own text, the first line's included."""
    repeated: bool = False
    bare: bool = False
    """Its first line is only a heading, so what follows is its text."""

    @property
    def labelled(self) -> bool:
        return self.marker is not None


def _ends(nodes: list[_Node], end: int) -> list[int]:
    return [*(node.start for node in nodes[1:]), end] if nodes else []


class _Outline:
    """Builds the clause tree of one text, line by line, with a stack of open clauses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded = fold(text)
        self._lines = self._read_lines()
        self._contents = self._find_contents()
        self._headings = Counter(self._heading_key(line) for line in self._lines if not line.markers)
        self._root = _Node(0, "root")
        self._stack = [self._root]
        # Families under which a family's lists have begun before.
        self._parents: dict[str, Counter[str]] = defaultdict(Counter)
        self._last: dict[str, _Node] = {}

    def build(self) -> Clause:
        index = self._front_matter()
        while index < len(self._lines):
            if self._contents and index == self._contents[0]:
                first, last = self._contents
                node = _Node(self._lines[first].start, "contents")
                self._root.children.append(node)
                self._stack = [self._root]
                index = last + 1
                continue
            self._add_line(index)
            index += 1
        self._divide(self._root, len(self._text))
        return self._finish(self._root, "root", "", len(self._text))

    # Reading ---------------------------------------------------------------------------

    def _read_lines(self) -> list[_Line]:
        lines = []
        for match in re.finditer(r"[^\n]+", self._folded):
            if span := stripped(self._folded, *match.span()):
                lines.append(_Line(*span, _markers_at(self._folded, *span)))
        return lines

    def _find_contents(self) -> tuple[int, int] | None:
        """Return the first and last line of the table of contents, if the text has one.

        It is a run of short lines that come back, in part, as the headings of later lines.
        """
        heads: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, line in enumerate(self._lines):
            starts = [line.body()]
            for mark in _SENTENCE_MARK.finditer(self._folded, line.start, line.end):
                if markers := _markers_at(self._folded, mark.end(), line.end):
                    starts.append(markers[0].end)
            for start in starts:
                key = self._squeeze(start, min(line.end, start + 2 * _HEADING_CHARS))
                if len(key) > 1:
                    heads[key[:2]].append((number, key))
        number = 0
        while number < len(self._lines):
            run = self._short_run(number)
            if len(run) >= 3 and (found := self._contents_in(run, heads)):
                return found
            number += max(len(run), 1)
        return None

    def _short_run(self, first: int) -> list[int]:
        """Return the numbers of the short lines from `first` on, up to the first repeated one."""
        run: list[int] = []
        seen: set[str] = set()
        before = self._lines[first - 1] if first else None
        announced = before and _CONTENTS_ANNOUNCED.search(self._folded, before.start, before.end)
        for number in range(first, len(self._lines)):
            line = self._lines[number]
            key = self._squeeze(line.body(), line.end)
            ended = self._folded[line.end - 1]
            sentence = ended in _TERMINAL and not (announced and line.markers and ended == "。")
            if line.end - line.start > _HEADING_CHARS or sentence or key in seen:
                break
            if line.markers:
                seen.add(key)
            run.append(number)
        return run

    def _contents_in(self, run: list[int], heads: Mapping[str, list[tuple[int, str]]]) -> tuple[int, int] | None:
        matched = []
        for number in run:
            line = self._lines[number]
            key = self._squeeze(line.body(), line.end, without_page=True)
            later = heads.get(key[:2], ()) if len(key) > 1 else ()
            if any(other > run[-1] and head.startswith(key) for other, head in later[-50:]):
                matched.append(number)
        named = next((n for n in run if _CONTENTS_LEAD.fullmatch(self._folded, self._lines[n].start, self._lines[n].end)), None)
        if len(matched) < 3 or (named is None and 2 * len(matched) < matched[-1] - matched[0] + 1):
            return None
        first, last = matched[0], matched[-1]
        while first > run[0] and self._follows(self._lines[first - 1], self._lines[first]):
            first -= 1
        if named is not None and named < first:
            first = named
        elif first and self._folded[self._lines[first - 1].end - 1] == ":":
            first -= 1
        while last < run[-1] and self._follows(self._lines[last], self._lines[last + 1]):
            last += 1
        return first, last

    @staticmethod
    def _follows(line: _Line, after: _Line) -> bool:
        return any(
            a.family == b.family and a.path[:-1] == b.path[:-1] and b.number == a.number + 1
            for a in line.markers
            for b in after.markers
            if a.path and b.path
        )

    def _squeeze(self, start: int, end: int, *, without_page: bool = False) -> str:
        """Return the letters of a heading, without spaces and punctuation."""
        heading = self._folded[start:end]
        if without_page:
            heading = _PAGE_NUMBER.sub("", heading)
        return _NOISE.sub("", heading)

    def _front_matter(self) -> int:
        """Take the title lines into the root's own text; return the number of the next line."""
        title = ""
        for number, line in enumerate(self._lines):
            key = self._squeeze(line.start, line.end)
            if (self._contents and number == self._contents[0]) or line.markers and line.markers[0].family != "#":
                return number
            dated = _DATE.search(self._folded, line.start, line.end) and line.end - line.start <= _HEADING_CHARS
            if not dated and title and key != title:
                return number
            if not dated and not self._is_heading_text(line):
                return number
            if not dated and line.markers and line.markers[0].rank != 1:
                return number
            title = title or ("" if dated else key)
        return len(self._lines) if len(self._lines) == 1 else 0

    # Placing ---------------------------------------------------------------------------

    def _add_line(self, number: int) -> None:
        """Add a line, divided where further clauses begin in its middle."""
        line = self._lines[number]
        if line.markers:
            self._add_marked(self._choose(line.markers), line.end, number)
        else:
            self._add_unmarked(number)
        for mark in _SENTENCE_MARK.finditer(self._folded, line.start, line.end):
            if mark.end() >= line.end or mark.end() <= self._stack[-1].start:
                continue
            for marker in _markers_at(self._folded, mark.end(), line.end):
                if marker.path and marker.rank is None and self._begins_midline(marker, mark, number):
                    self._stack[-1].bare = False
                    self._add_marked(marker, line.end, number)
                    break

    def _choose(self, markers: tuple[_Marker, ...]) -> _Marker:
        """Pick the reading that continues an open list: `(i)` after `(h)` is a letter."""
        for marker in markers:
            if self._open_list(marker, exact=True):
                return marker
        return next((marker for marker in markers if marker.number == 1), markers[0])

    def _begins_midline(self, marker: _Marker, mark: re.Match[str], number: int) -> bool:
        if marker.family in ("1.1", "i.", "a.") or not self._text[marker.end : self._lines[number].end].strip(" 。;；，,"):
            return False
        if marker.number != 1:
            return self._open_list(marker, exact=True) is not None
        if not mark[0].startswith(":"):
            return False
        # The start of a list, if its second item follows in this line or the next ones.
        return any(
            other.family == marker.family and other.number == 2
            for following in self._marks_after(marker.end, number)
            for other in following
        )

    def _marks_after(self, position: int, number: int) -> Iterator[tuple[_Marker, ...]]:
        for mark in _SENTENCE_MARK.finditer(self._folded, position, self._lines[number].end):
            yield _markers_at(self._folded, mark.end(), self._lines[number].end)
        for line in self._lines[number + 1 : number + 4]:
            yield line.markers

    def _open_list(self, marker: _Marker, *, exact: bool) -> int | None:
        """Return the depth of the open clause that `marker` comes next to.

        Args:
            marker: The marker to be placed.
            exact: Only a clause whose number is one less; else any lower one.
        """
        if not marker.path:
            return next((d for d in self._depths() if self._marker_at(d).family == marker.family), None)
        for compatible in (False, True):
            for depth in self._depths():
                other = self._marker_at(depth)
                if other.path[:-1] != marker.path[:-1] or not other.path:
                    continue
                if other.family != marker.family and not (
                    compatible and exact and any({other.family, marker.family} <= group for group in _COMPATIBLE)
                ):
                    continue
                if other.number + 1 == marker.number or (not exact and 1 < marker.number >= other.number):
                    return depth
        return None

    def _depths(self) -> Iterator[int]:
        return (depth for depth in range(len(self._stack) - 1, 0, -1) if self._stack[depth].labelled)

    def _marker_at(self, depth: int) -> _Marker:
        marker = self._stack[depth].marker
        assert marker is not None
        return marker

    def _add_marked(self, marker: _Marker, line_end: int, number: int) -> None:
        depth = self._parent_depth(marker, line_end)
        del self._stack[depth + 1 :]
        parent = self._stack[-1]
        node = _Node(marker.start, "item", marker)
        node.title, node.bare = self._title(marker, line_end, number)
        node.kind = "heading" if node.bare else "item"
        node.paragraphs.append(node.start)
        parent.children.append(node)
        self._parents[marker.family][self._family(parent)] += 1
        self._last[marker.family] = node
        self._stack.append(node)

    @staticmethod
    def _family(node: _Node) -> str:
        return node.marker.family if node.marker else node.kind

    def _parent_depth(self, marker: _Marker, line_end: int) -> int:
        """Return the depth of the open clause that becomes the parent of `marker`'s."""
        if marker.family == "#":
            levels = [d for d in self._depths() if self._marker_at(d).family == "#"]
            return next((d for d in levels if (self._marker_at(d).rank or 0) < (marker.rank or 0)), 0)
        if marker.rank is not None:
            return self._ranked_parent(marker)
        if len(marker.path) > 1:
            return self._dotted_parent(marker)
        if (depth := self._open_list(marker, exact=True)) is not None:
            return depth - 1
        if marker.number <= 1:
            return self._new_list_parent(marker, line_end)
        if (depth := self._open_list(marker, exact=False)) is not None:
            return depth - 1
        if (last := self._last.get(marker.family)) and last.marker and last.marker.number + 1 == marker.number:
            # The list was closed by something that stood between its items.
            return next((d for d in self._depths() if self._stack[d].start < last.start), 0)
        usual = self._usual_parent(marker)
        return self._labelled_depth() if usual is None else usual

    def _ranked_parent(self, marker: _Marker) -> int:
        ranked = [d for d in self._depths() if (self._marker_at(d).family in _RANKS)]
        above = [d for d in ranked if (self._marker_at(d).rank or 0) < (marker.rank or 0)]
        if above:
            return above[0]
        if ranked:
            return ranked[-1] - 1
        return self._labelled_depth()

    def _dotted_parent(self, marker: _Marker) -> int:
        for depth in self._depths():
            path = self._marker_at(depth).path
            if path == marker.path[:-1] or (len(path) == 1 and marker.path[:-1] == path):
                return depth
        siblings = [d for d in self._depths() if len(self._marker_at(d).path) == len(marker.path)]
        return siblings[0] - 1 if siblings else self._labelled_depth()

    def _new_list_parent(self, marker: _Marker, line_end: int) -> int:
        inner = len(self._stack) - 1
        node = self._stack[inner]
        if node.kind == "paragraph" and not self._ends_with_colon(node, marker.start):
            inner -= 1
            node = self._stack[inner]
        bare = self._is_heading_text(_Line(marker.end, line_end, ()))
        colon = self._ends_with_colon(node, marker.start)
        if self._is_plain_heading(node) and bare and len(node.paragraphs) > 1 and (marker.family == "一、" or not colon):
            # Numbered headings after a plain one with text of its own, such as 引言, are its equals.
            return self._labelled_depth()
        if colon or self._is_plain_heading(node):
            return inner
        if not node.labelled:
            return inner
        if node.marker and node.marker.family == marker.family and marker.path:
            inner -= 1
            while self._stack[inner].kind == "paragraph":
                inner -= 1
            return inner
        if node.bare:
            return inner
        usual = self._usual_parent(marker)
        return inner if usual is None else usual

    def _usual_parent(self, marker: _Marker) -> int | None:
        """Return the depth of an open clause of a family under which such lists began before."""
        seen = self._parents.get(marker.family)
        if not seen:
            return None
        return next((d for d in self._depths() if seen[self._marker_at(d).family]), None)

    def _labelled_depth(self) -> int:
        return next(iter(self._depths()), 0)

    def _ends_with_colon(self, node: _Node, end: int) -> bool:
        return not node.children and self._folded[node.start : end].rstrip()[-1:] == ":"

    # Unmarked lines ----------------------------------------------------------------------

    def _add_unmarked(self, number: int) -> None:
        line = self._lines[number]
        if self._is_heading(number):
            self._add_heading(number)
            return
        node = self._stack[-1]
        if self._closes_list(node, number):
            while self._stack[-1] is not self._root and (self._stack[-1] is node or not self._stack[-1].labelled):
                if self._stack[-1].kind == "heading":
                    break
                self._stack.pop()
            node = self._stack[-1]
        if node.children or node is self._root:
            self._add_paragraph(node, line)
        else:
            node.paragraphs.append(line.start)

    def _add_paragraph(self, parent: _Node, line: _Line) -> None:
        if parent.kind == "paragraph":
            self._stack.pop()
            self._add_paragraph(self._stack[-1], line)
            return
        node = _Node(line.start, "paragraph", title=self._bracketed(line), paragraphs=[line.start])
        parent.children.append(node)
        self._stack.append(node)

    def _bracketed(self, line: _Line) -> Span | None:
        match = _BRACKETED.match(self._text, line.start, line.end)
        return match.span() if match else None

    def _closes_list(self, node: _Node, number: int) -> bool:
        """Say whether the unmarked line closes the list that `node` is the last item of."""
        if node.kind == "paragraph":
            return True
        if not node.labelled or len(self._stack) < 2:
            return False
        siblings = [child for child in self._stack[-2].children if child.labelled]
        if node.bare and any(child.children or len(child.paragraphs) > 1 for child in siblings[-2:]):
            return False
        if len(siblings) < 2 or any(len(child.paragraphs) > 1 for child in siblings[-3:-1]):
            return False
        return not self._goes_on(node, number)

    def _goes_on(self, node: _Node, number: int) -> bool:
        """Say whether the next item of `node`'s list comes before its ancestors' next."""
        own = node.marker
        assert own is not None
        above = [self._marker_at(depth) for depth in self._depths()][1:]
        for line in self._lines[number + 1 : number + _LOOKAHEAD]:
            for marker in line.markers:
                if marker.family == own.family and marker.path[:-1] == own.path[:-1]:
                    return not own.path or own.number < marker.number <= own.number + 2
                if any(marker.family == a.family and marker.number == a.number + 1 for a in above):
                    return False
        return False

    def _is_heading_text(self, line: _Line) -> bool:
        start = line.body()
        length = line.end - start
        heading = self._folded[start : line.end].rstrip("*_ ")
        if not heading or length > _HEADING_CHARS * 2 or heading[-1] in _TERMINAL:
            return False
        if "。" in heading or "://" in heading or not re.search(r"[^\W\d]", heading):
            return False
        if heading[-1] == ":" and _LEAD_IN.search(heading):
            return False
        if re.search(r"[一-鿿]", heading):
            return length <= _HEADING_CHARS and not re.search(r"[:;,?](?!$)", heading)
        return len(heading.split()) <= _HEADING_WORDS and not re.search(r"[:;,](?!$)|\.(?:\s|$)", heading)

    def _is_heading(self, number: int) -> bool:
        """Say whether an unmarked line acts as a heading: short, and followed by text or a list."""
        line = self._lines[number]
        if not self._is_heading_text(line) or number + 1 == len(self._lines):
            return False
        if self._folded.startswith("**", line.start) or _BRACKETED.fullmatch(self._text, line.start, line.end):
            return True
        if self._folded[line.start : line.end].startswith(("\"", "'", "《")):
            return False
        after = self._lines[number + 1]
        if after.markers:
            return after.markers[0].number <= 1
        if self._folded[line.end - 1] == ":":
            return line.end - line.start <= _HEADING_CHARS // 2
        following = self._folded[after.start : after.end]
        return len(following) > _HEADING_CHARS or re.search(r"[。,，:：]", following) is not None

    def _heading_key(self, line: _Line) -> str:
        return self._squeeze(line.start, line.end) if line.end - line.start <= _HEADING_CHARS * 2 else ""

    def _add_heading(self, number: int) -> None:
        line = self._lines[number]
        node = self._stack[-1]
        if node.title and not node.children and self._same_heading(node.title, line):
            return
        if node.labelled and self._closes_list(node, number):
            self._stack.pop()
        while self._stack[-1].kind == "paragraph":
            self._stack.pop()
        # Headings that come back, such as 使用目的, are fields of the ones that do not.
        repeated = self._headings[self._heading_key(line)] > 1
        while self._is_plain_heading(self._stack[-1]) and (self._stack[-1].repeated or not repeated):
            self._stack.pop()
        heading = _Node(line.start, "heading", title=(line.start, line.end), paragraphs=[line.start], repeated=repeated, bare=True)
        self._stack[-1].children.append(heading)
        self._stack.append(heading)

    @staticmethod
    def _is_plain_heading(node: _Node) -> bool:
        return node.kind == "heading" and not node.labelled

    def _same_heading(self, title: Span, line: _Line) -> bool:
        return self._squeeze(*title) == self._squeeze(line.start, line.end)

    # Titles ----------------------------------------------------------------------------

    def _title(self, marker: _Marker, line_end: int, number: int) -> tuple[Span | None, bool]:
        """Return the span of a marked clause's title, if it has one, and whether it is all of its line."""
        span = stripped(self._text, marker.end, line_end)
        if span is None:
            return None, True
        start, end = span
        bare = self._is_heading_text(_Line(start, end, ()))
        if named := self._named_in_contents(start, end):
            return named, bare
        if bare:
            return span, True
        head = self._folded[start : min(end, start + _TITLE_CHARS)]
        cuts = [match.start() for match in (re.search(r"[:]", head), _HAN_GAP.search(head)) if match]
        if cuts and not re.search(r"[，。；;,!?]", head[: min(cuts)]) and min(cuts) <= 24:
            return stripped(self._text, start, start + min(cuts)), False
        # A heading glued to its text, as in 共享我们不会, when the clause above names it.
        glued = head.find("我们")
        above = self._stack[-1].title
        if glued > 1 and above and marker.path and head[:glued] in self._folded[slice(*above)]:
            return (start, start + glued), False
        return None, False

    def _named_in_contents(self, start: int, end: int) -> Span | None:
        if not self._contents:
            return None
        best = 0
        for line in self._lines[self._contents[0] : self._contents[1] + 1]:
            entry = self._folded[line.body() : line.end]
            if len(entry) > max(best, 3) and self._folded.startswith(entry, start, end):
                best = len(entry)
        after = self._folded[start + best : start + best + 1]
        return (start, start + best) if best and (not after.strip() or after in "您你我本:") else None

    # Finishing -------------------------------------------------------------------------

    def _divide(self, root: _Node, end: int) -> None:
        """Divide own texts that are too long to be read or quoted as one clause."""
        stack = [(root, end)]
        while stack:
            node, node_end = stack.pop()
            stack.extend(zip(node.children, _ends(node.children, node_end), strict=True))
            body_end = node.children[0].start if node.children else node_end
            if node.kind == "contents" or body_end - node.start <= _READABLE_CHARS:
                continue
            starts = node.paragraphs
            skip = 1 if starts and (node.kind != "paragraph") else 0
            if node.kind == "root" and not starts:
                continue
            pieces = [start for start in starts[skip:] if start < body_end]
            if len(pieces) < 2 and body_end - node.start <= _MAX_PARAGRAPH_CHARS:
                continue
            if not pieces and body_end - node.start > _MAX_PARAGRAPH_CHARS:
                pieces = self._pieces(node.start, body_end)[1:]
            node.children[:0] = [
                _Node(piece, "paragraph", paragraphs=[piece]) for piece in pieces
            ]
            if pieces and len(starts) > 1:
                bounds = [*pieces[1:], body_end]
                for piece, bound in zip(list(node.children), bounds, strict=False):
                    if bound - piece.start > _MAX_PARAGRAPH_CHARS:
                        more = [_Node(p, "paragraph", paragraphs=[p]) for p in self._pieces(piece.start, bound)[1:]]
                        place = node.children.index(piece) + 1
                        node.children[place:place] = more

    def _pieces(self, start: int, end: int) -> list[int]:
        """Return the starts of pieces of `start:end`, of whole sentences where these are not too long."""
        starts = [start]
        for left, right in sentences(self._text, start, end):
            if right - starts[-1] > _READABLE_CHARS and left > starts[-1]:
                starts.append(left)
            while right - starts[-1] > _MAX_PARAGRAPH_CHARS:
                starts.append(starts[-1] + _READABLE_CHARS)
        return starts

    def _finish(self, node: _Node, id: str, prefix: str, end: int) -> Clause:
        children = []
        taken: Counter[str] = Counter()
        unnumbered = 0
        for child, child_end in zip(node.children, _ends(node.children, end), strict=True):
            if child.kind == "contents":
                name = "toc"
            elif child.marker and child.marker.path:
                name = str(child.marker.number)
                taken[name] += 1
                name += "" if taken[name] == 1 else f"~{taken[name]}"
            else:
                unnumbered += 1
                name = f"p{unnumbered}"
            children.append(self._finish(child, prefix + name, f"{prefix}{name}.", child_end))
        marker = node.marker
        label = self._text[marker.start : marker.end].strip(" \t*_") if marker and marker.family != "#" else ""
        return Clause(
            id=id,
            label=label,
            title=self._text[slice(*node.title)].rstrip() if node.title else "",
            kind=node.kind,
            start=node.start,
            body_end=node.children[0].start if node.children else end,
            end=end,
            children=tuple(children),
        )
