"""Text files and Markdown, in the encodings that they come in."""

from __future__ import annotations

import codecs
import re
from itertools import compress, pairwise
from typing import TYPE_CHECKING

from assistant.errors import FileError
from assistant.parsing.lines import read_lines
from assistant.parsing.wrapping import WRAPPED, may_go_on, wrapped_lines
from assistant.readers.blocks import are_heads, as_written, begins_item, is_cjk, rows_told
from assistant.text import fold, has_han

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assistant.parsing.lines import Line

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings that a page may declare, by all their usual names; some in the place of those that browsers read as them.
_DECLARED = {
    "utf-8": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "cp1252": "cp1252",
    "iso8859-15": "iso8859-15",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
# The most frequent characters of Chinese, in both scripts: 2 of 5 in any text of some length.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "信息服务您供如将与权法及或提同使用户个需保护相关规定其第三全政策处理进除设备由期内"
    "這個們來為國說時會對發後過裡於經務護關規權與將資訊隱私條處設備"
)
_LEAST_COMMON = 0.2
_LEAST_HAN = 8
# What an English text has of Windows' Western encoding, besides letters of other languages: quotes, dashes, signs.
_HIGH = re.compile(rb"[\x80-\xff]")
_NOT_WESTERN = re.compile(
    rb"[^\x00-\x7f\x80\x85\x91-\x97\x99\xa0\xa2\xa3\xa5\xa7\xa9\xab\xae\xb0\xb7\xbb-\xbe\xd7]|[\x80-\xff]{2}"
)
_MOST_WESTERN = 0.15
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:[^\n]*\n){0,100}?(?:---|\.\.\.)[ \t]*\n")
_FRONT_TITLE = re.compile(r"^title:[ \t]*[\"']?([^\n]*?)[\"']?[ \t]*$", re.MULTILINE)
# At the head of a line that is no heading, row, mark of a heading, or anything else of Markdown's.
_INDENTED = re.compile(r"^[ \t]+(?=[^\s#|<>`~=\[])(?![-*_ \t]+$)", re.MULTILINE)
# Right below another line, but one of its own: a name in bold with what it stands for, or the target of a link.
_OWN_LINE = re.compile(
    r"(?:\*\*|__)[^*_\n]{1,80}(?:[:.?]?(?:\*\*|__)[ \t]{0,9}$|:(?:\*\*|__)|(?:\*\*|__)[ \t]{0,2}:)|\[[^\]\n]{1,80}\]:"
)


def decoded(data: bytes, declared: str = "") -> str:
    """Return the text that bytes are in the encoding of, where that is sure.

    Args:
        data: The bytes.
        declared: Name of the encoding that they say to be in, if they do.

    Raises:
        FileError: If it is not sure, or they are no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if (text := _as(encoding, data)) is None:
                raise FileError(
                    f"says to be {encoding.upper()[:6].rstrip('-')} but is damaged: save it again, in UTF-8",
                    reason="damaged_text",
                )
            return text.removeprefix("\ufeff")
    if not declared and (text := _as_utf16(data)) is not None:
        return text
    if b"\0" in data:
        raise FileError(
            "is no text, and no other format that is read (txt, md, html, docx, pdf): save it as one of these",
            reason="unknown",
        )
    if (text := _as("utf-8", data)) is not None:
        return text
    if (named := _declared(declared)) and (text := _as(named, data)) is not None:
        return text
    if found := _guessed(data):
        return found
    raise FileError(
        "is not UTF-8, and it is not sure which encoding it is: open it where it reads well, and save it in UTF-8",
        reason="encoding",
    )


def _as(encoding: str, data: bytes) -> str | None:
    """Return the bytes in an encoding, or None if they are not."""
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _as_utf16(data: bytes) -> str | None:
    """Return the bytes in UTF-16 without its mark, if each line of them ends as it does there."""
    if len(data) % 2:
        return None
    for encoding, end in (("utf-16-le", b"\n\0"), ("utf-16-be", b"\0\n")):
        ends = data.count(end)
        if ends and ends >= data.count(b"\0\n\0") and (text := _as(encoding, data)) is not None:
            letters = sum(char.isalnum() or char.isspace() or has_han(char) for char in text[:10_000])
            if letters > 0.7 * min(len(text), 10_000) and "\n" in text and "\0" not in text:
                return text
    return None


def _declared(name: str) -> str:
    try:
        return _DECLARED.get(codecs.lookup(name).name, "") if name else ""
    except (LookupError, ValueError):
        return ""


def _guessed(data: bytes) -> str:
    """Return the text in the encoding that alone makes sense of the bytes; none if none does."""
    if not _NOT_WESTERN.search(data) and len(_HIGH.findall(data)) <= _MOST_WESTERN * len(data):
        return _as("cp1252", data) or ""
    read = {name: text for name in ("gb18030", "big5hkscs") if (text := _as(name, data))}
    shares = {name: _common_share(text) for name, text in read.items()}
    best = max(shares, key=lambda name: shares[name], default="")
    others = [share for name, share in shares.items() if name != best]
    sure = best and shares[best] >= _LEAST_COMMON and shares[best] > 3 * max(others, default=0.0)
    return read[best] if sure else ""


def _common_share(text: str) -> float:
    """Return the share of frequent characters among the Chinese ones; 0 if these are few."""
    han = [char for char in text if has_han(char)]
    return sum(char in _COMMON for char in han) / len(han) if len(han) >= _LEAST_HAN else 0.0


def plain_text(text: str) -> tuple[str, str]:
    """Return the text of a text file, with nothing that no reader sees and wrapped lines joined, and no title.

    Rows of tables, whose cells stand apart by tabs, blanks or bars, are told with the heads of their columns.
    """
    text = _with_told_rows(_without_page_numbers(as_written(text)))
    folded = fold(text)
    lines = read_lines(text, folded)
    return _joined(text, lines, wrapped_lines(text, folded, lines)), ""


def _without_page_numbers(text: str) -> str:
    """Return a text without the numbers of pages that stand alone between blank lines, where they count up."""
    lines = text.split("\n")
    found: dict[int, int] = {}
    for number, line in enumerate(lines):
        alone = not any(near.strip() for near in (*lines[max(number - 1, 0) : number], *lines[number + 1 : number + 2]))
        match = _PAGE_NUMBER.fullmatch(line.strip()) if alone and len(line) <= _MOST_PAGE_NUMBER_CHARS else None
        if match:
            found[number] = int(next(filter(None, match.groups())))
    if len(found) < 2 or any(after != before + 1 for before, after in pairwise(found.values())):
        return text
    return "\n".join(line for number, line in enumerate(lines) if number not in found)


# With more than the number, which alone may be that of a chapter.
_PAGE_NUMBER = re.compile(
    r"[-–—]\s?(\d{1,4})\s?[-–—]|(?:page|p\.)\s?(\d{1,4})(?:\s?(?:of|/)\s?\d{1,4})?"
    r"|第\s?(\d{1,4})\s?页(?:\s?[,，/／]?\s?共\s?\d{1,4}\s?页)?",
    re.IGNORECASE,
)
_MOST_PAGE_NUMBER_CHARS = 120


def _with_told_rows(text: str) -> str:
    """Return a text with the rows of its tables as lines that say something by themselves."""
    lines = text.split("\n")
    told: list[str] = []
    number = untabled = 0
    while number < len(lines):
        # Tabs may stand between all columns, or as many as it takes to set a cell below the others.
        rows = _rows_from(lines, number, _cells)
        if number >= untabled and sum(map(bool, _between_tabs(lines[number]))) > 1:
            kept = _rows_from(lines, number, _between_tabs)
            if len(kept) >= len(rows) and _is_table(_without_rules(kept)):
                rows = kept
            else:
                untabled = number + len(kept)
        cells = _without_rules(rows)
        headed = len(rows) - len(cells) == 1 and rows[1:2] == [[]]
        # Bars around its cells make a line a row, however few it has.
        barred = all(_BARRED.fullmatch(line) for line in lines[number : number + len(rows)]) and len(rows) > 1
        if _is_table(cells, headed=headed or barred):
            told += rows_told(cells, headed=headed, barred=barred)
        else:
            told += lines[number : number + max(len(rows), 1)]
        number += max(len(rows), 1)
    return "\n".join(told)


def _rows_from(lines: Sequence[str], first: int, split: Callable[[str], list[str]]) -> list[list[str]]:
    """Return the cells of a line and of those after it that have as many; none of a rule between them."""
    cells = split(lines[first])
    width = len(cells)
    rows: list[list[str]] = []
    number = first
    while width > 1 and len(cells) == width:
        rows.append([] if _RULE.fullmatch(lines[number]) else cells)
        number += 1
        # A rule may be drawn over all columns.
        if number + 1 < len(lines) and _WHOLE_RULE.fullmatch(lines[number]) and len(split(lines[number + 1])) == width:
            rows.append([])
            number += 1
        cells = split(lines[number]) if number < len(lines) else []
    return rows


def _without_rules(rows: Sequence[list[str]]) -> list[list[str]]:
    """Return rows without the rules between them, and without columns that are empty in each."""
    cells = [row for row in rows if row]
    filled = [any(column) for column in zip(*cells, strict=True)]
    return [list(compress(row, filled)) for row in cells]


def _between_tabs(line: str) -> list[str]:
    """Return what stands between the tabs of a line, also where it is nothing; none of a line that is only indented."""
    cells = [cell.strip() for cell in line.split("\t")]
    filled = sum(map(bool, cells))
    return cells if len(cells) <= _MOST_CELLS and (filled > 1 or (filled and len(cells) > 2)) else []


def _cells(line: str) -> list[str]:
    """Return the cells that a line consists of, if it is the row of a table; else one."""
    line = _BARS.sub("|", line.strip())
    inner = line.removeprefix("|").removesuffix("|")
    if "|" in inner:
        # Between bars a cell may be empty.
        cells = [cell.strip() for cell in inner.split("|")]
    else:
        cells = [cell.strip() for cell in (line.split("\t") if "\t" in line else _GAP.split(line)) if cell.strip()]
    return cells if len(cells) <= _MOST_CELLS else []


def _is_table(rows: Sequence[Sequence[str]], *, headed: bool = False) -> bool:
    """Say whether rows of as many cells are those of a table: no contents with their pages, no items of a list."""
    if len(rows) < (2 if headed else _LEAST_ROWS) or sum(map(bool, rows[0])) < 2:
        return False
    if len(rows[0]) == 2 and not headed and not are_heads(rows[0]):
        # Two blanks stand in many a line.
        return False
    told = all(":" in cell[:-1] or "：" in cell[:-1] for cell in rows[0])
    in_contents = all(row[-1].isdecimal() for row in rows[1:])
    are_items = all(begins_item(f"{row[0]} x") for row in rows)
    return not told and not in_contents and not are_items


_LEAST_ROWS, _MOST_CELLS = 3, 12
_GAP = re.compile(r"[ \u3000]{2,99}")
_BARS = re.compile(r"[|｜│┃┼]")
_BARRED = re.compile(r"[ \t]{0,40}\|[^\n]{1,2000}\|[ \t]{0,40}")
_WHOLE_RULE = re.compile(r"[ \t]{0,40}[─━=-]{3,200}[ \t]{0,40}")
_RULE = re.compile(r"[\s:|｜│┃─━┼+-]{3,999}")


def markdown_text(source: str) -> tuple[str, str]:
    """Return the text of a Markdown file as its reader sees it, with the marks of headings, and its title."""
    from markdown_it import MarkdownIt

    from assistant.readers.html import INDENT, html_text
    from assistant.readers.notes import with_notes

    source = source.replace("\r\n", "\n").removeprefix("\ufeff").replace(INDENT, "")
    front = _FRONT_MATTER.match(source)
    title = _FRONT_TITLE.search(front[0]) if front else None
    # Numbers and bullets stay as they were typed, and what is indented is no program.
    markdown = MarkdownIt("commonmark", {"breaks": True}).enable(["table", "strikethrough"]).disable(["list", "code"])
    # How far an item is indented says what it stands in; Markdown would take the blanks for nothing.
    body = _INDENTED.sub(
        lambda blanks: INDENT * len(blanks[0].expandtabs(4)),
        with_notes(_unwrapped(source[front.end() if front else 0 :])),
    )
    text, heading = html_text(markdown.render(body), typed=True)
    return text, title[1] if title else heading


def _joined(text: str, lines: Sequence[Line], wrapped: set[int]) -> str:
    """Return a text with each of the lines in `wrapped` and the one after it as one."""
    parts: list[str] = []
    start = 0
    for number in sorted(wrapped):
        before, after = lines[number], lines[number + 1]
        # Nothing stands between Chinese words, nor behind the hyphen of "third-party".
        solid = is_cjk(text[before.end - 1]) and is_cjk(text[after.start])
        hyphen = text[before.end - 1] == "-" and text[before.end - 2].isalpha()
        parts += [text[start : before.end], "" if solid or hyphen else " "]
        start = after.start
    return "".join((*parts, text[start:]))


def _unwrapped(source: str) -> str:
    """Return Markdown with the lines of each paragraph and item joined that an editor wrapped."""
    folded = fold(source)
    lines = read_lines(source, folded)
    wrapped: set[int] = set()
    first, fenced = 0, False
    for number, line in enumerate(lines):
        fenced ^= source.startswith(("```", "~~~"), line.start)
        after = lines[number + 1] if number + 1 < len(lines) else None
        # Two blanks or a backslash say that a line ends here.
        meant = fenced or after is None or source.startswith("  ", line.end) or source[line.end - 1] == "\\"
        if (
            after is None
            or meant
            or not may_go_on(source, folded, lines, number)
            or _OWN_LINE.match(source, after.start, after.end)
        ):
            wrapped.update(_wrapped_in(source, lines[first : number + 1], first))
            first = number + 1
    return _joined(source, lines, wrapped)


def _wrapped_in(source: str, lines: Sequence[Line], first: int) -> Iterator[int]:
    """Yield the numbers, from `first` on, of the wrapped lines of a paragraph or an item."""
    least, most = WRAPPED
    full = [least <= line.end - line.start <= most for line in lines[:-1]]
    whole = all(full) and lines[-1].end - lines[-1].start <= most and not has_han(_words(source, lines))
    for number, is_full in enumerate(full):
        # What is indented below an item is of it, even where not all of its lines are full.
        below = lines[0].markers and source[lines[number + 1].start - 1] in " \t"
        if whole or (is_full and below and not has_han(_words(source, lines[number + 1 : number + 2]))):
            yield first + number
        elif not below:
            return


def _words(source: str, lines: Sequence[Line]) -> str:
    return source[lines[0].start : lines[-1].end]
