"""Web pages: what a browser shows of their main part, without menus."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import FileError
from assistant.readers.blocks import (
    MOST_SPAN,
    MOST_SPANNED_CHARS,
    RAISED_AFTER,
    Block,
    begins_item,
    number_of,
    one_line,
    raised,
    text_of,
)
from assistant.readers.notes import Note, notes_of, told_note
from assistant.text.numerals import chinese, decimal, letters, roman

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_UNSEEN = _words(
    "script style template noscript svg math iframe object embed audio video canvas map head title "
    "select option datalist textarea input progress meter dialog rt rp del s strike"
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_RANK_UNSAID = 2
"""Rank of a heading that is one by its role, where it does not say which."""
# What opens a part of the page and does not say what the part is about.
_OPENS_ONLY = re.compile(
    r"(?:(?:show|read|see|view|learn|expand|open|close|hide)\b.{0,9}|(?:view |see )?(?:more|less|details)|menu|[^\w]*"
    r"|.{0,2}(?:展开|收起|更多|详情|全文|菜单).{0,2})",
    re.IGNORECASE,
)
# What a page says of itself, in blocks of their own.
_OF_PAGE = re.compile(
    r"skip to (?:the )?(?:main |page )?(?:content|navigation)|(?:was|did you find) this (?:page|article|information)"
    r" (?:helpful|useful)\?|back to (?:the )?top|(?:print|share)(?: (?:this|the) page)?"
    r"|跳[到至过](?:主要)?(?:内容|正文|导航)|(?:返回|回到)顶部|(?:打印|分享)(?:本页|此页)?",
    re.IGNORECASE,
)
_MOST_OF_PAGE_CHARS = 60
_BESIDE = _words("nav aside footer")
_BESIDE_ROLES = _words("navigation complementary contentinfo banner search menu menubar dialog alertdialog")
# What an element is called by its class or id that stands beside the text, where no tag and no role says so.
_BESIDE_NAMES = _words("nav navbar navigation topnav menu breadcrumb breadcrumbs crumbs sidebar footer pagination")
_NAMED_PARTS = re.compile(r"[A-Z]?[a-z]+")
_BESIDE_SHARE = 0.2
_BLOCKS = _words(
    "html body main article section header footer nav aside div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd menu dir "
    "table caption thead tbody tfoot tr td th blockquote pre figure figcaption address fieldset legend form hr "
    "details summary center hgroup search br"
)
_HIDDEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|(?:opacity|font-size)\s*:\s*0+(?:\.0+)?(?![.\d])|text-decoration(?:-line)?\s*:[^;]*\bline-through)",
    re.IGNORECASE,
)
_BAR = re.compile("[/⁄∕]")
_RAISED_STYLE = re.compile(r"(?:^|;)\s*vertical-align\s*:\s*super\b", re.IGNORECASE)
_BLOCK_STYLE = re.compile(r"(?:^|;)\s*display\s*:\s*(?:block|flex|grid|list-item|table|flow-root)\b", re.IGNORECASE)
_LIST_STYLE = re.compile(r"(?:^|;)\s*list-style(?:-type)?\s*:\s*([^;]*)", re.IGNORECASE)
_TYPES = {"a": "lower-alpha", "A": "upper-alpha", "i": "lower-roman", "I": "upper-roman"}
_NUMERALS: dict[str, tuple[Callable[[int], str], str]] = {
    "lower-alpha": (letters, ". "),
    "lower-latin": (letters, ". "),
    "upper-alpha": (lambda number: letters(number).upper(), ". "),
    "upper-latin": (lambda number: letters(number).upper(), ". "),
    "lower-roman": (roman, ". "),
    "upper-roman": (lambda number: roman(number).upper(), ". "),
    "cjk-ideographic": (chinese, "、"),
    "simp-chinese-informal": (chinese, "、"),
    "trad-chinese-informal": (chinese, "、"),
}
_DECIMAL = (decimal, ". ")
_CELL_CHARS = 1_000
"""A cell of more characters than this is a part of the page: tables are used for layout, too."""
_MAIN_SHARE = 0.5
_MOST_TITLE_CHARS = 80
_SITE = re.compile(r"\s+[-–—|·]\s+|\s*[|｜_]\s*")


INDENT = "\ue010"
"""What stands for a blank at the head of a line, in a page made of a text whose lists are typed."""
INDENT_OR_BLANK = f"{INDENT} \t\n\r\f\v\xa0"
_MOST_INDENT = 12
_MOST_NAMED_CHARS = 200


def html_text(markup: str, *, typed: bool = False) -> tuple[str, str]:
    """Return the text of a web page, and its title.

    Args:
        markup: The page.
        typed: Whether its lists are typed, as in Markdown: a paragraph ends them, and `INDENT` says how they nest.

    Raises:
        FileError: If its elements are nested too deeply.
    """
    from lxml import etree

    # Nothing is fetched, and entities are HTML's own: a page has no DTD to take others from.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(markup.encode(), parser)
    except etree.XMLSyntaxError:  # there is nothing in it
        root = None
    limits = [error.message for error in parser.error_log if error.type_name == "ERR_RESOURCE_LIMIT"]
    if any("depth" in message for message in limits):
        raise FileError(
            "nests its elements too deeply (more than 250): save the page again, or paste its text into a text file",
            reason="nested",
        )
    if limits:
        raise FileError("has a paragraph of more than 10,000,000 bytes: divide it", reason="large", limit="10,000,000")
    if root is None:
        return "", ""
    panels, notes = _panels(root), notes_of(root)
    blocks = _Page(panels, notes, beside=False, typed=typed).blocks(_main_part(root))
    blocks = blocks or _Page(panels, notes, beside=True, typed=typed).blocks(root)
    heading = next((block.text for block in blocks if block.level == 1), "")
    named = one_line("".join(root.xpath("string(//title)")))
    title = heading if 0 < len(heading) <= _MOST_TITLE_CHARS else _SITE.split(named[: 2 * _MOST_TITLE_CHARS])[0]
    return text_of(blocks), title[:_MOST_TITLE_CHARS]


def _main_part(root: Any) -> Any:
    """Return the element that the page names as its main part, if it holds most of its text."""
    found = root.xpath("//main | //*[@role='main']") or root.xpath("//article")
    return found[0] if len(found) == 1 and _chars(found[0]) > _MAIN_SHARE * _chars(root) else root


def _chars(part: Any) -> int:
    """Return how much text there is in a part, without what is no text."""
    return sum(
        len(element.text or "") * (element.tag not in _UNSEEN and element.tag != "button")
        + len(element.tail or "") * (element is not part)
        for element in part.iter()
    )


def _linked_chars(part: Any) -> int:
    return sum(map(_chars, part.iter("a")))


def _rank_of(element: Any) -> int:
    """Return the rank that an element gives its words as a heading, from 1; 0 if it is none."""
    if element.tag in _HEADINGS:
        return int(element.tag[1])
    if element.get("role", "").lower() != "heading":
        return 0
    return min(max(_whole(element.get("aria-level")) or _RANK_UNSAID, 1), len(_HEADINGS))


def _only_opens(element: Any) -> bool:
    return _OPENS_ONLY.fullmatch(one_line("".join(element.itertext()))) is not None


def _heading_around(element: Any) -> Any:
    return next((above for above in element.iterancestors() if isinstance(above.tag, str) and _rank_of(above)), None)


def _panels(root: Any) -> dict[Any, Any]:
    """Return the parts of a page that buttons open and close right below them, by these buttons.

    That one button is the heading of such a part is told by their order alone: of tabs, all stand before all parts.
    """
    openers = root.xpath("//*[self::button or @role='button'][@aria-expanded or @aria-controls][not(@aria-haspopup)]")
    if not openers:
        return {}
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    panels: dict[Any, Any] = {}
    for opener in openers:
        if (below := _next_to(opener)) is None:
            continue
        names = opener.get("aria-controls", "").split()
        named = [by_id[name] for name in names if name in by_id] if names else [below]
        # What opens a menu heads nothing.
        for panel in named:
            if (panel is below or below in panel.iterancestors()) and 2 * _linked_chars(panel) < _chars(panel):
                panels[opener] = panel
    return panels


def _next_to(element: Any) -> Any:
    """Return the element that comes right after another; None where words stand between, or nothing comes."""
    while element is not None:
        if (element.tail or "").strip():
            return None
        if (after := element.getnext()) is not None:
            return after
        element = element.getparent()
    return None


@dataclass(slots=True)
class _List:
    """A list that is open."""

    style: str
    number: int = 1
    step: int = 1

    def mark(self, item: Any) -> str:
        """Return what is printed before an item of it, and count on."""
        if (value := _whole(item.get("value"))) is not None:
            self.number = value
        style = _list_style(item) or self.style
        number, self.number = self.number, self.number + self.step
        if style == "none":
            return ""
        if style == "bullet":
            return "• "
        printed, after = _NUMERALS.get(style, _DECIMAL)
        return printed(number) + after


class _Page:
    """Takes the blocks from a page, once.

    Args:
        panels: The parts that buttons open, by these buttons.
        notes: The notes, by the links at which they are told.
        beside: Whether what stands beside the text is taken, too: menus and footers.
        typed: Whether the lists are typed.
    """

    def __init__(self, panels: Mapping[Any, Any], notes: Mapping[Any, Note], *, beside: bool, typed: bool) -> None:
        self._panels = panels
        self._notes = notes
        self._told = {note.element for note in notes.values()}
        self._deeper = {panel: int(_heading_around(opener) is None) for opener, panel in panels.items()}
        """Of each part that a button opens: how many ranks below the last heading it stands, for its button's sake."""
        self._titled: dict[Any, bool] = {}
        """Of each heading that holds buttons: whether these are its words."""
        self._rank = 1
        """Rank of the heading under which what opens a part is one, of the next rank."""
        self._ranks: list[int] = []
        """The same outside each of the parts that are open."""
        self._beside = beside
        self._typed = typed
        self._page_chars = 0
        self._apart = False
        """Whether a list has ended that the next block is no part of."""
        self._bold = 0
        """Elements that are open and make their text bold."""
        self._has_plain = False
        self._spans: dict[int, tuple[int, str]] = {}
        """Of each column: how many rows more the cell of a row above spans, and its words."""
        self._blocks: list[Block] = []
        self._parts: list[str] = []
        self._mark = ""
        self._level = 0
        self._lists: list[_List] = []
        self._kept_lines = 0
        self._row: list[str] | None = None
        """The cells of the row that is open, in a table of data."""
        self._tables: list[bool] = []
        """Of each table that is open: whether it holds data."""

    def blocks(self, root: Any) -> list[Block]:
        """Return the blocks of a page."""
        self._page_chars = _chars(root)
        self._visit(root)
        self._end_block()
        return self._blocks

    def _visit(self, element: Any) -> None:
        # As deep as the elements are nested, which the parser bounds.
        if self._is_unseen(element):
            return
        tag = element.tag
        rank, opens = _rank_of(element), self._opens(element)
        block = rank or opens or tag in _BLOCKS or _BLOCK_STYLE.search(element.get("style", "")) is not None
        if block:
            self._end_block()
        self._open(element, tag)
        if rank:
            self._level = self._rank = rank
        elif opens and not _only_opens(element):
            self._level = min(self._rank + 1, len(_HEADINGS))
        before = len(self._parts)
        self._visit_inside(element)
        if tag == "sup" or _RAISED_STYLE.search(element.get("style", "")):
            self._raise(element, before)
        if block:
            self._end_block()
        if rank or opens:
            if tag == "summary" and self._level:
                self._rank = self._level
            self._level = 0
        self._close(element, tag)

    def _is_unseen(self, element: Any) -> bool:
        tag = element.tag
        if not isinstance(tag, str) or tag in _UNSEEN or element in self._told:
            return True
        if tag == "button" and not self._is_title(element):
            return True
        # What a button opens is hidden until it does.
        hidden = element.get("hidden") is not None or _HIDDEN.search(element.get("style", ""))
        if hidden and element not in self._deeper:
            return True
        if self._beside:
            return False
        return tag in _BESIDE or element.get("role", "").lower() in _BESIDE_ROLES or self._is_called_beside(element)

    def _opens(self, element: Any) -> bool:
        """Say whether an element opens a part of the page, and stands in no heading."""
        if element.tag == "summary":
            return element.getparent() is not None and element.getparent().tag == "details"
        return element in self._panels and _heading_around(element) is None

    def _is_title(self, button: Any) -> bool:
        """Say whether a button holds the words of a heading, or is one itself: it opens what stands below."""
        heading = _heading_around(button)
        if heading is None:
            return button in self._panels and not _only_opens(button)
        if heading not in self._titled:
            beside = one_line("".join(heading.xpath(".//text()[not(ancestor::button)]")))
            self._titled[heading] = not beside or begins_item(f"{beside} x")
        return self._titled[heading]

    def _is_called_beside(self, element: Any) -> bool:
        """Say whether an element is a menu or a footer by its class or id, and holds no text of the policy's."""
        if element.tag not in ("div", "ul", "ol"):
            return False
        named = f"{element.get('class', '')} {element.get('id', '')}"[:_MOST_NAMED_CHARS]
        if _BESIDE_NAMES.isdisjoint(part.lower() for part in _NAMED_PARTS.findall(named)):
            return False
        # A page may be called by its layout (`has-sidebar`), and a section by what it is about (`navigation-data`).
        chars = _chars(element)
        headed = next(element.iter(*_HEADINGS), None) is not None
        return 2 * _linked_chars(element) > chars or (not headed and chars < _BESIDE_SHARE * self._page_chars)

    def _open(self, element: Any, tag: str) -> None:
        if tag == "details" or element in self._deeper:
            self._ranks.append(self._rank)
            self._rank = min(self._rank + self._deeper.get(element, 0), len(_HEADINGS))
        if tag in ("ol", "ul", "menu", "dir"):
            self._lists.append(_opened(element))
        elif tag == "li" and self._lists:
            mark = self._lists[-1].mark(element)
            if self._row:
                self._row[-1] += mark
            else:
                # An item that begins with a list has the marks of both.
                self._mark += mark
        elif tag in ("b", "strong"):
            self._bold += 1
        elif tag == "pre":
            self._kept_lines += 1
        elif tag in ("table", "tr", "td", "th"):
            self._open_table(element, tag)
        elif tag == "p" and self._typed and self._blocks and not self._lists:
            self._apart = begins_item(self._blocks[-1].text)

    def _open_table(self, element: Any, tag: str) -> None:
        if tag == "table":
            self._tables.append(_holds_data(element))
            self._spans.clear()
        elif tag == "tr" and self._tables and self._tables[-1]:
            self._row = []
        elif tag in ("td", "th") and self._row is not None:
            self._row.append("")

    def _add_row(self, row: Any, cells: list[str]) -> None:
        """Add a row, with the words of the cells above that span it."""
        elements = list(row.iter("td", "th"))
        if len(elements) != len(cells):
            # Some are not shown, and no one knows in which columns the others stand.
            self._blocks.append(Block(text="\t".join(cells)))
            return
        placed: list[str] = []
        spanned: set[int] = set()
        for cell, words in zip(elements, cells, strict=True):
            self._place_spanned(placed)
            wide = min(_whole(cell.get("colspan")) or 1, MOST_SPAN)
            high = _whole(cell.get("rowspan")) or 1
            if high > 1 and len(words) <= MOST_SPANNED_CHARS:
                self._spans[len(placed)] = (high - 1, words)
            spanned.update(range(len(placed) + 1, len(placed) + wide) if words else ())
            placed += [words, *[""] * (wide - 1)]
        self._place_spanned(placed)
        parent = row.getparent()
        named = all(cell.tag == "th" for cell in elements) or (parent is not None and parent.tag == "thead")
        self._blocks.append(Block(text="\t".join(placed), head=named and len(placed) > 1, spanned=frozenset(spanned)))

    def _place_spanned(self, placed: list[str]) -> None:
        while (spanned := self._spans.pop(len(placed), None)) is not None:
            rows, words = spanned
            if rows > 1:
                self._spans[len(placed)] = (rows - 1, words)
            placed.append(words)

    def _close(self, element: Any, tag: str) -> None:
        if tag == "details" or element in self._deeper:
            self._rank = self._ranks.pop()
        if tag in ("ol", "ul", "menu", "dir"):
            self._lists.pop()
            self._apart = not self._lists and self._row is None
        elif tag == "li":
            self._mark = ""
        elif tag in ("b", "strong"):
            self._bold -= 1
        elif tag == "pre":
            self._kept_lines -= 1
        elif tag == "table":
            self._tables.pop()
        elif tag == "tr" and self._row is not None:
            cells, self._row = self._row, None
            self._add_row(element, [one_line(cell) for cell in cells])

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if not self._bold and text.strip(INDENT_OR_BLANK):
            self._has_plain = True
        if not self._kept_lines:
            self._parts.append(text.replace("\t", " "))
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self._end_block()
            self._parts.append(line.expandtabs(4))

    def _visit_inside(self, element: Any) -> None:
        if (note := self._notes.get(element)) is not None:
            self._tell(note, element)
            return
        self._text(element.text)
        for child in element:
            self._visit(child)
            self._text(child.tail)

    def _tell(self, note: Note, link: Any) -> None:
        """Write a note where its mark stands: without it the sentence says more than it does."""
        told = told_note(note.mark, note.words, "".join(self._parts[-RAISED_AFTER:])[-RAISED_AFTER:])
        bracketed = (link.tail or "").startswith("]")
        self._text(told[1:-1] if bracketed else told)

    def _raise(self, element: Any, first: int) -> None:
        """Write the parts from `first` on as raised, those of an element that ends."""
        words = "".join(self._parts[first:])
        if not words.strip():
            return
        before = "".join(self._parts[max(first - RAISED_AFTER, 0) : first])[-RAISED_AFTER:]
        fraction = _BAR.fullmatch((element.tail or "").strip()) and element.getnext() is not None
        if fraction and element.getnext().tag == "sub":
            self._parts[first:] = [" " * before[-1:].isdigit(), words]
        else:
            self._parts[first:] = [raised(words, before)]

    def _end_block(self) -> None:
        text = "".join(self._parts).strip()
        self._parts.clear()
        bold, self._has_plain = not self._has_plain, False
        indent = 0
        if self._typed:
            indent = min(len(text) - len(text.lstrip(INDENT)), _MOST_INDENT)
            text = text.replace(INDENT, "")
        if self._row is not None:
            if self._row:
                self._row[-1] += f"{one_line(text)} "
            return
        if not (text := one_line(text)) or self._is_of_page(text):
            return
        mark, self._mark = self._mark, ""
        apart, self._apart = self._apart and not self._lists, False
        if mark.endswith("• "):
            indent = min(2 * sum(above.style == "bullet" for above in self._lists[:-1]), _MOST_INDENT)
        # Many a list's numbers are typed, and those of the list not shown.
        own = number_of(text) is not None or (mark == "• " and begins_item(text))
        text = text if own else mark + text
        apart = apart and not indent and not begins_item(text)
        self._blocks.append(Block(text=text, level=self._level, bold=bold, indent=indent, apart=apart))

    def _is_of_page(self, text: str) -> bool:
        """Say whether a block is no text of a policy, but for whoever looks at the page."""
        said = len(text) <= _MOST_OF_PAGE_CHARS and not (self._typed or self._level or self._mark)
        return said and _OF_PAGE.fullmatch(text) is not None


def _opened(element: Any) -> _List:
    style = _list_style(element)
    if element.tag != "ol":
        return _List("bullet" if style in ("", "disc", "circle", "square") else style)
    reverse = element.get("reversed") is not None
    first = len(element.findall("li")) if reverse else 1
    return _List(style or "decimal", _whole(element.get("start")) or first, -1 if reverse else 1)


def _list_style(element: Any) -> str:
    """Return how the items of a list are marked, if an element says so itself."""
    if said := _LIST_STYLE.search(element.get("style", "")):
        words = said[1].lower().split()
        known = (word for word in words if word in _NUMERALS or word in ("none", "decimal", "disc", "circle", "square"))
        return next(known, "")
    return _TYPES.get(element.get("type", ""), "") if element.tag in ("ol", "li") else ""


def _whole(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"-?\d{1,6}", value.strip()) else None


def _holds_data(table: Any) -> bool:
    """Say whether a table holds rows of data, not the parts of a page."""
    if next(table.iterdescendants("table", *_HEADINGS), None) is not None:
        return False
    rows = table.iterdescendants("tr")
    cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
    if max(map(len, cells), default=0) < 2:
        return False
    return all(_chars(cell) <= _CELL_CHARS for row in cells for cell in row)
