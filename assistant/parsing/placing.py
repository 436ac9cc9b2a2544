"""Placing: which clauses are open at a place of a text, and where among them the next one belongs.

No family of markers has a level of its own: a clause belongs next to one whose list it continues, or where lists of its
family began before, or in the innermost clause that it may be a part of. Nor does anything mark the end of a list but
what follows it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from assistant.parsing.headings import BRACKETED, squeeze
from assistant.parsing.markers import DOTTED_PARENTS, PARTS, QUESTION, RANKS, STYLES, Marker
from assistant.parsing.nodes import SHORT_CHARS, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.parsing.layout import Layout

_MAX_DEPTH = 16
"""Deepest clause; no policy that people read comes near, and ids grow with the depth."""
_NEAR_LINES = 30
_ABOVE_ARTICLES = RANKS["条"] - 0.5


class OpenClauses:
    """The tree under construction, and the stack of those of its clauses that may still get more."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._text, self._folded, self._lines = layout.text, layout.folded, layout.lines
        self.root = Node(0, "root", document=True)
        self._stack = [self.root]
        # The last number right under the root: of the text's outermost list, up to another document.
        self._last_at_root: Marker | None = None
        # The number of the last chapter, article and so on.
        self._last_numbers: dict[str, int] = {}
        # Families of clauses under which a family's lists have begun before.
        self._parents: dict[tuple[str, bool], set[str]] = defaultdict(set)

    @property
    def innermost(self) -> Node:
        """The open clause inside all others; the root if there is none."""
        return self._stack[-1]

    def labelled(self) -> Iterator[tuple[int, Marker]]:
        """Yield depth and marker of the open clauses that have one, the innermost first."""
        for depth in range(len(self._stack) - 1, 0, -1):
            if marker := self._stack[depth].marker:
                yield depth, marker

    def continues(self, marker: Marker) -> bool:
        """Say whether a number is one more than that before it in an open list."""
        return self._open_list(marker, exact=True) is not None

    def is_due(self, marker: Marker) -> bool:
        """Say whether a number is one more than that before it in an open list, or among its chapters or articles."""
        if marker.rank is None:
            return self.continues(marker)
        return marker.family != "#" and marker.number == self._last_numbers.get(marker.family, 0) + 1

    def is_due_article(self, marker: Marker) -> bool:
        """Say whether a marker is that of the article that comes next."""
        return marker.family == "条" and self.is_due(marker)

    def breaks_above(self, number: int) -> bool:
        """Say whether the line above a line ends in the middle of a sentence."""
        return number > 0 and self._layout.is_broken(number - 1, self.innermost.start)

    def add_contents(self, number: int) -> None:
        """Add the table of contents that begins at a line."""
        if part := self._open_plain_heading():
            self._lift(part)
        self._open(Node(self._lines[number].start, "contents"), self._document_depth())
        self._stack.pop()

    def add_marked(self, node: Node, marker: Marker) -> Node:
        """Add a clause that begins with a marker where it belongs, and return the one that it belongs in."""
        if marker.number == 1 and marker.rank is None:
            self._close_led_rows(marker.start)
        depth = self._parent_depth(marker, node.bare)
        parent = self._stack[depth]
        self._parents[marker.family, node.bare].add(parent.family)
        if marker.rank is not None:
            self._last_numbers[marker.family] = marker.number
            if marker.family == "章":
                # Articles count on through the chapters, sections do not.
                self._last_numbers.pop("节", None)
        self._open(node, depth)
        return parent

    def _close_led_rows(self, start: int) -> None:
        """Close a line without a mark that leads to the rows right above a list, such as those of a table."""
        depth = len(self._stack) - 1
        while depth and self._stack[depth].kind == "paragraph":
            depth -= 1
        node = self._stack[depth]
        leads = node.is_plain_heading and node.title is not None and self._folded[node.title[1] - 1] == ":"
        rows = node.children or node.paragraphs[1:]
        if (
            leads
            and rows
            and self._last_char(node, start) not in "。.;!?:"
            and not any(c.marker for c in node.children)
        ):
            del self._stack[depth:]

    def add_heading(self, number: int) -> None:
        """Add a line that acts as a heading though it has no mark, unless it is the title above it printed twice."""
        node, line = self._stack[-1], self._lines[number]
        above = squeeze(self._folded[slice(*node.title)]) if node.title and not node.children else None
        if self._layout.heading_key(line) == above:
            return
        titled, level = self._begins_document(number), self._level(number)
        if titled:
            self._last_numbers.clear()
            del self._stack[1:]
            node = self.root
        elif level is not None:
            del self._stack[self._level_parent(level) + 1 :]
            node = self._stack[-1]
        while node.kind == "paragraph" or (node.marker and self._ends_before_heading(node, node.marker, number)):
            last = self._stack.pop()
            node = self._stack[-1]
            if last.marker and node.document and node is not self.root:
                # Behind the last of its clauses another document has ended, too.
                self._stack.pop()
                node = self.root
        # Headings that come back, such as 使用目的, are fields of the ones that do not.
        repeated = self._layout.comes_back(line)
        while self._stack[-1].is_plain_heading and (self._stack[-1].repeated or not repeated):
            self._stack.pop()
        # Where no clause has a number yet, it is the title of the text itself, below what stands above that.
        document, title = titled and self._last_at_root is not None, (line.start, line.end)
        heading = Node(line.start, "heading", title=title, repeated=repeated, bare=True, document=document, level=level)
        heading.paragraphs.append(line.start)
        self._open(heading, len(self._stack) - 1)

    def add_text(self, number: int) -> None:
        """Add a line that is neither marked nor a heading, and close the list above it if that ends there."""
        node, line = self._stack[-1], self._lines[number]
        if self._closes_list(node, number):
            # The paragraph that introduced the list closes with it, a heading does not.
            set_off = self._is_set_off(node, number)
            self._stack.pop()
            while self._stack[-1].kind == "paragraph" or (set_off and self._is_outer_bullet(number)):
                self._stack.pop()
            node = self._stack[-1]
        if node.children or node is self.root:
            self._add_paragraph(node, number)
        else:
            node.paragraphs.append(line.start)

    def _open(self, node: Node, depth: int) -> None:
        """Make a clause the last child of the one at `depth`, and the innermost open one."""
        depth = min(depth, _MAX_DEPTH - 1)
        del self._stack[depth + 1 :]
        if depth == 0 and node.marker and node.marker.path:
            self._last_at_root = node.marker
        self._stack[-1].children.append(node)
        self._stack.append(node)

    def _lift(self, depth: int) -> int:
        """Make the open heading at `depth` a child of the root; return its depth there."""
        heading = self._stack[depth]
        self._stack[depth - 1].children.pop()
        del self._stack[1:]
        self._open(heading, 0)
        return 1

    def _open_plain_heading(self) -> int | None:
        """Return the depth of the outermost open heading without a number inside a numbered clause."""
        outer = next((d for d, node in enumerate(self._stack) if node.marker), len(self._stack))
        return next((d for d in range(outer, len(self._stack)) if self._stack[d].is_plain_heading), None)

    def _labelled_depth(self, below: int = _MAX_DEPTH + 1) -> int:
        """Return the depth of the innermost clause with a marker, or of the document."""
        return next((depth for depth, _ in self.labelled() if depth < below), self._document_depth())

    def _document_depth(self) -> int:
        """Return the depth of the open document's title, or of the root."""
        return int(len(self._stack) > 1 and self._stack[1].document)

    def _outer_marker(self) -> Marker | None:
        """Return the marker of the outermost open clause that has one; without any, the last right under the root."""
        return next((node.marker for node in self._stack if node.marker), self._last_at_root)

    # Where a marked clause belongs -------------------------------------------------------

    def _parent_depth(self, marker: Marker, bare: bool) -> int:
        """Return the depth of the open clause that becomes the parent of `marker`'s."""
        if marker.family == "#":
            ranks = ((d, m.rank or 0) for d, m in self.labelled() if m.family == "#")
            return next((d for d, rank in ranks if rank < (marker.rank or 0)), self._document_depth())
        if marker.family == "appendix":
            return self._document_depth()
        if marker.family == QUESTION:
            opened = next((depth for depth, other in self.labelled() if other.family == QUESTION), 0)
            return opened - 1 if opened else self._new_list_parent(marker, bare=True)
        if marker.rank is not None:
            return self._ranked_parent(marker.rank)
        if len(marker.path) > 1:
            return self._coded_parent(marker, bare) if marker.family == "a1" else self._dotted_parent(marker, bare)
        if not marker.path:
            return self._bullet_parent(marker, bare)
        if (depth := self._open_list(marker, exact=True)) is not None:
            return depth - 1
        if marker.number == 1:
            return self._new_list_parent(marker, bare)
        if (depth := self._open_list(marker, exact=False)) is not None:
            return depth - 1
        usual = self._usual_parent(marker, bare)
        return self._labelled_depth() if usual is None else usual

    def _open_list(self, marker: Marker, *, exact: bool) -> int | None:
        """Return the depth of the open clause that `marker` comes next to.

        Args:
            marker: The marker to be placed.
            exact: Only a clause whose number is one less; else any that is not higher, as numbers
                are left out and printed twice.
        """
        if not marker.path:
            return None
        alike: int | None = None
        for depth, other in self.labelled():
            if not other.path or other.path[:-1] != marker.path[:-1]:
                continue
            follows = other.number + 1 == marker.number
            if other.family == marker.family:
                if follows or (not exact and 1 < marker.number >= other.number):
                    return depth
            elif follows and alike is None and STYLES.get(other.family) == STYLES.get(marker.family, ""):
                alike = depth
        before = self._last_at_root
        if alike is None and exact and before and self._document_depth():
            # What goes on with the list above a title is beside it: the title was none of a document.
            return 1 if (marker.series, marker.number) == (before.series, before.number + 1) else None
        return alike

    def _ranked_parent(self, rank: float) -> int:
        ranks = ((depth, self._stack[depth].rank) for depth in range(len(self._stack) - 1, 0, -1))
        ranked = [(depth, above) for depth, above in ranks if above is not None]
        if not ranked:
            # Chapters stand above any other number, articles may stand under one.
            return self._labelled_depth() if rank >= RANKS["条"] else self._document_depth()
        return next((depth for depth, above in ranked if above < rank), ranked[-1][0] - 1)

    def _level(self, number: int) -> float | None:
        """Return where a heading without a number stands among chapters and articles; None if beside neither.

        附则, or what the contents list behind the chapters, is beside these if none follows; what stands above an
        article that is due heads that.
        """
        if self._layout.is_like_chapter(number):
            closed = self._stack[self._level_parent(RANKS["章"]) + 1 :]
            last = next((node.marker for node in closed if node.marker), None)
            if last is None or self._layout.next_line((last.series, last.number + 1), number) is None:
                return RANKS["章"]
        after = self._layout.first_number(number + 1)
        return _ABOVE_ARTICLES if after and after.number > 1 and self.is_due_article(after) else None

    def _level_parent(self, level: float) -> int:
        return max(self._ranked_parent(level), self._appendix_depth())

    def _dotted_parent(self, marker: Marker, bare: bool) -> int:
        parent: int | None = None
        for depth, other in self.labelled():
            if other.family not in DOTTED_PARENTS:
                continue
            if other.path == marker.path[:-1]:
                parent = depth
                break
            if len(other.path) == len(marker.path):
                return depth - 1
        if parent is None or self._stack[-1].is_plain_heading:
            # "2.1" without a "2" above it, or under a heading without a number, begins a list.
            inner = self._new_list_parent(marker, bare)
            return inner if parent is None else max(parent, inner)
        return parent

    def _coded_parent(self, marker: Marker, bare: bool) -> int:
        """Return the depth of the parent of "B2": "Part B", the parent of "B1", or of "A3" if no part is printed."""
        for depth, other in self.labelled():
            if other.path == marker.path[:-1] and other.family in ("a1", *PARTS):
                return depth
            if other.family == "a1" and len(other.path) == len(marker.path):
                return depth - 1
        return self._new_list_parent(marker, bare)

    def _bullet_parent(self, marker: Marker, bare: bool) -> int:
        indent = self._layout.indent(marker.start)
        same = [depth for depth, other in self.labelled() if other.family == marker.family]
        if not same:
            return self._new_list_parent(marker, bare)
        # Markdown's lists stand in each other by their indent.
        opened = next((depth for depth in same if self._layout.indent(self._stack[depth].start) <= indent), same[-1])
        beside = self._labelled_depth() == opened
        under = self._layout.is_under(marker.start, self._stack[opened].start)
        if beside and under and not self._has_indent(opened, indent):
            return opened
        # Headings with a bullet go on over whatever is between; items only side by side, or over
        # the end of a list inside them.
        innermost = self._stack[-1]
        begins = self._introduces(innermost, marker.start) or innermost.bare
        if not beside and begins and not (bare and self._stack[opened].bare):
            return self._new_list_parent(marker, bare)
        return opened - 1

    def _has_indent(self, depth: int, indent: int) -> bool:
        """Say whether an item right before the open one at `depth` is indented as much, in an unevenly printed list."""
        own = self._stack[depth]
        before = self._stack[depth - 1].children[-4:-1]
        return any(node.family == own.family and abs(self._layout.indent(node.start) - indent) <= 1 for node in before)

    def _new_list_parent(self, marker: Marker, bare: bool) -> int:
        inner = len(self._stack) - 1
        if self._stack[inner].kind == "paragraph" and not self._introduces(self._stack[inner], marker.start):
            inner -= 1
        node = self._stack[inner]
        introduced = self._introduces(node, marker.start)
        usual = self._usual_parent(marker, bare)
        if not introduced and self._begins_part(marker):
            return self._lift(self._open_plain_heading() or 0)
        if bare and self._is_introduction(node) and (marker.family == "一、" or not introduced):
            return self._labelled_depth()
        if introduced:
            # A numbered heading stands above the bullets before it, even where these end with a colon.
            over_bullet = bare and marker.path and node.marker and not node.marker.path and not node.bare
            return usual if over_bullet and usual is not None else inner
        if node.marker is None:
            return inner
        if node.family == marker.family and marker.path:
            # The same numbers again: another list beside the first.
            return self._unless_paragraph(inner - 1)
        if node.bare:
            return inner
        if usual is not None:
            return usual
        ended = self._last_char(node, marker.start) in "。;!"
        number = self._layout.line_at(marker.start)
        if not bare or (node.marker.path and (not ended or self._goes_on(node.marker, number))):
            return inner
        # A heading is no part of a bullet, nor of the sentence that ends the list before it.
        above = next((d for d in range(inner, 0, -1) if self._stack[d].bare), 0)
        return self._labelled_depth(above) if self._is_introduction(self._stack[above]) else above

    @staticmethod
    def _is_introduction(node: Node) -> bool:
        """Say whether a clause is an unnumbered heading with text or bullets, such as 引言: its equals have numbers."""
        bullets = any(child.marker is not None and not child.marker.path for child in node.children)
        return node.is_plain_heading and (len(node.paragraphs) > 1 or bullets)

    def _unless_paragraph(self, depth: int) -> int:
        while self._stack[depth].kind == "paragraph":
            depth -= 1
        return depth

    def _usual_parent(self, marker: Marker, bare: bool) -> int | None:
        """Return the depth of an open clause of a family under which such lists began before."""
        seen = self._parents.get((marker.family, bare), set()) - {"heading", "paragraph"}
        depth = next((d for d in range(len(self._stack) - 1, -1, -1) if self._stack[d].family in seen), None)
        # An appendix is open to the end of the text, or to the next one.
        return depth if depth is None else max(depth, self._appendix_depth())

    def _appendix_depth(self) -> int:
        return next((depth for depth, marker in self.labelled() if marker.family == "appendix"), 0)

    def _begins_part(self, marker: Marker) -> bool:
        """Say whether the text's outermost list begins again, under a title of its own.

        So do the children's rules that many policies append: the title stood where the last
        clause of the policy was still open.
        """
        outer = self._outer_marker()
        if self._open_plain_heading() is None or outer is None or marker.series != outer.series:
            return False
        return self._has_ended(outer, self._layout.line_at(marker.start))

    def _begins_document(self, number: int) -> bool:
        """Say whether a heading is the title of a document in the text, such as a policy for children.

        Its dates or its contents follow, or the text's outermost list begins again below it.
        """
        if self._layout.begins_document(number):
            return True
        outer = self._outer_marker()
        if outer is None or not self._layout.names_document(number) or not self._has_ended(outer, number):
            return False
        return self._layout.next_line((outer.series, 1), number) is not None

    def _has_ended(self, outer: Marker, number: int) -> bool:
        """Say whether the outermost list had several items, and has no more after a line."""
        return outer.number > 1 and self._layout.next_line((outer.series, outer.number + 1), number) is None

    # Where clauses end -------------------------------------------------------------------

    def _ends_before_heading(self, node: Node, marker: Marker, number: int) -> bool:
        """Say whether a numbered clause ends where a heading without a number follows."""
        if marker.family == "#":
            return False
        if marker.family == QUESTION:
            # It is within an answer if more questions follow its text, and above them if they follow it at once.
            after = self._lines[number + 1].markers
            return any(other.family == QUESTION for other in after) or not self._goes_on(marker, number)
        if self._is_bullet(node) and not self._layout.is_under(self._lines[number].start, node.start):
            return True
        # A heading with a number holds plain ones, unless it stands under a plain one itself, or ends a list of
        # short items.
        under_plain = any(other.is_plain_heading or other.document for other in self._stack[1:])
        holds = node.bare and bool(marker.path) and not under_plain
        items = [*self._items_before(marker)[-1:], node]
        if holds and not (len(items) > 1 and all(item.is_short_item for item in items)):
            return False
        return not self._goes_on(marker, number)

    def _closes_list(self, node: Node, number: int) -> bool:
        """Say whether the unmarked line closes the list that `node` is the last item of."""
        if self._holds_list(node, number):
            return False
        if node.kind == "paragraph":
            return True
        if node.marker is None or node.marker.rank is not None or self.breaks_above(number):
            # Whatever follows an article or a Markdown heading is its text.
            return False
        if self._layout.is_indented(number, node.start):
            return False
        if len(node.paragraphs) == 1 and self._introduces(node, self._lines[number].start):
            return False
        if self._is_set_off(node, number):
            return True
        before = self._items_before(node.marker)
        if not before or any(len(child.paragraphs) > 1 for child in before[-2:]):
            return False
        if node.bare and not before[-1].is_short_item:
            return False
        # Bullets do not say which comes next; where three had one paragraph each, so has the fourth.
        return (not node.marker.path and len(before) > 2) or not self._goes_on(node.marker, number)

    def _holds_list(self, node: Node, number: int) -> bool:
        """Say whether the unmarked line is a row that goes on or begins a list in `node`, or follows such a list."""
        if node.kind == "paragraph":
            # It ends with its list; the text of a numbered clause may go on behind it.
            first = self._layout.rows.get(number, (number, number))[0]
            return first < number or (number in self._layout.rows and self._layout.leads_in(first, node.start))
        lists = [self._layout.rows[near] for near in (number, number - 1) if near in self._layout.rows]
        return any(self._layout.leads_in(first, node.start) for first, _ in lists)

    def _goes_on(self, own: Marker, number: int) -> bool:
        """Say whether the next item of a list comes before the next items of those around it."""
        following = self._layout.next_line(own.series, number)
        if following is None:
            return False
        if own.path:
            nexts = (self._layout.next_line((own.series, own.number + step), number) for step in (1, 2))
            if following not in nexts:
                return False
        around = (m for _, m in self.labelled() if m is not own and m.path)
        ends = (self._layout.next_line((m.series, m.number + 1), number) for m in around)
        return all(end is None or following <= end for end in ends)

    def _items_before(self, own: Marker) -> list[Node]:
        """Return up to three items of a list that stand before its last one, which is the innermost open clause."""
        siblings = ((child, child.marker) for child in self._stack[-2].children[-4:-1])
        return [
            child
            for child, marker in siblings
            if marker and marker.series == own.series and (not own.path or marker.number < own.number)
        ]

    def _is_bullet(self, node: Node) -> bool:
        """Say whether a clause is an item of a list of bullets, not a heading with one."""
        if node.marker is None or node.marker.path or node.family == "#":
            return False
        parent = next(above for above in self._stack if above.children and above.children[-1] is node)
        before = [child for child in parent.children[-2:-1] if child.family == node.family]
        return not node.bare or any(len(child.paragraphs) < 2 and not child.children for child in before)

    def _is_outer_bullet(self, number: int) -> bool:
        """Say whether the innermost clause is a bullet that ends with the list inside it, before this line."""
        node = self._stack[-1]
        return self._is_bullet(node) and not self._layout.is_under(self._lines[number].start, node.start)

    def _is_set_off(self, node: Node, number: int) -> bool:
        """Say whether a line stands further from the bullet above it than the bullets from each other."""
        line, first = self._lines[number], self._layout.line_at(node.start)
        blank = self._text.count("\n", self._lines[number - 1].end, line.start) > 1
        if not blank or not self._is_bullet(node) or self._layout.is_under(line.start, node.start):
            return False
        if first and self._text.count("\n", self._lines[first - 1].end, node.start) == 1:
            return True
        # A list of one: what has a mark next is of another kind.
        near = (marker.family for other in self._lines[number : number + _NEAR_LINES] for marker in other.markers[:1])
        alone = node.marker is not None and not self._items_before(node.marker)
        return alone and not node.bare and next(near, "") != node.family

    def _introduces(self, node: Node, end: int) -> bool:
        """Say whether the text of a clause up to `end` ends with a colon."""
        return not node.children and self._last_char(node, end) == ":"

    def _last_char(self, node: Node, end: int) -> str:
        """Return the last character of a clause's text up to `end` that is not white space."""
        while end > node.start and self._folded[end - 1].isspace():
            end -= 1
        return self._folded[end - 1 : end]

    def _add_paragraph(self, parent: Node, number: int) -> None:
        line, named = self._lines[number], self._layout.run_ins.get(number)
        before = parent.children[-1] if parent.children else None
        if before and named is None and self._is_too_short(before, line.start):
            before.paragraphs.append(line.start)
            self._stack.append(before)
            return
        title = BRACKETED.match(self._text, line.start, line.end)
        node = Node(line.start, "paragraph", title=title.span() if title else named, paragraphs=[line.start])
        self._open(node, len(self._stack) - 1)

    def _is_too_short(self, node: Node, end: int) -> bool:
        """Say whether a paragraph is too short to be a clause without the next one."""
        short = node.kind == "paragraph" and not node.children and end - node.start < SHORT_CHARS
        return short and not node.title and not self._introduces(node, end)
