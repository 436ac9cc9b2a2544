"""What a reader finds in a file, block by block, and the text that is made of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import islice, takewhile, zip_longest
from typing import TYPE_CHECKING

from assistant.parsing.headings import HEADING_CHARS, MARKED_CHARS, is_bold_question, is_heading_text
from assistant.parsing.lines import CELL_BREAK, read_lines
from assistant.parsing.markers import QUESTION, is_measure
from assistant.text import fold, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.parsing.markers import Marker

# Where a line of a file may end and go on without a blank: beside Chinese, whose words have none between them.
_CJK = r"[\u2e80-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003134f]"
_CJK_BREAK = re.compile(rf"(?<={_CJK})[ \t]*\n\s*(?={_CJK})")
_BLANKS = re.compile(r"[ \n\r\f\v\xa0]+")
_IS_CJK = re.compile(_CJK)


# Radicals without a decomposition of Unicode's, each before the character that it looks like.
_RADICALS = (
    "⺁厂⺅亻⺉刂⺌小⺍小⺒巳⺓幺⺔彑⺖忄⺘扌⺙攵⺛旡⺞歺⺠民⺡氵⺣灬⺦丬⺨犭⺩王⺬示⺭礻⺮竹⺯糹⺰纟⺶羊⺹耂⺼月⺿艹⻁虎⻂衤⻃覀⻄西"
    "⻅见⻆角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻏阝⻐钅⻑長⻓长⻔门⻖阝⻘青⻙韦⻚页⻛风⻜飞⻝食⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻬齐"
    "⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀"
)
_WRITTEN = {
    **{
        code: unicodedata.normalize("NFKC", chr(code))
        for code in (*range(0x2E80, 0x2FD6), *range(0xF900, 0xFAFF), *range(0xFB00, 0xFB07))
    },
    **{ord(radical): char for radical, char in zip(_RADICALS[::2], _RADICALS[1::2], strict=True)},
    # Simplified, as whoever mistakes it writes.
    ord("⼾"): "户",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, a heading, an item of a list or a row of a table."""

    text: str
    """Its words, on one line; a tab stands between the cells of a row."""
    level: int = 0
    """Rank of a heading, 1 to 6; 0 of anything else."""
    bold: bool = False
    """Whether all its words are bold."""
    indent: int = 0
    """Blanks before an item that stands in another."""
    apart: bool = False
    """Whether it stands right after a list that it is no part of."""
    head: bool = False
    """Whether it is the row of a table that names its columns."""
    spanned: frozenset[int] = frozenset()
    """Columns of a row, from 0, over which the cell before them extends."""


def one_line(text: str) -> str:
    r"""Return text of several lines as one: Chinese ones are joined without a blank, tabs stay.

    >>> one_line("我们收集\n您的\n IMEI ")
    '我们收集您的 IMEI'
    """
    return _BLANKS.sub(" ", _CJK_BREAK.sub("", text)).strip()


# What a note is marked with: "1", "a", "1,2", "注 3".
_NOTE_MARK = re.compile(r"(?:note|注|註)?\s?(?:\d{1,3}|[a-z])(?:\s?[,，、–—-]\s?(?:\d{1,3}|[a-z])){0,9}", re.IGNORECASE)
_NOTE_WORD = re.compile(r"note|注|註", re.IGNORECASE)
_POWER = re.compile(r"([+−–-]?)\d{1,2}")
_POWER_SIGNS = str.maketrans("0123456789+−–-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
# Lengths, whose squares and cubes are measures, too.
_LENGTH = re.compile(r"(?:(?<![a-z'’])(?:[kcdmnµμ]?m|ft|yd)|(?:\d\s?|/)(?:in|mi|s)|米|公里|英[里尺寸])$", re.IGNORECASE)
_TIMES_TEN = re.compile(r"[×x*·]\s*10$")
_RAISED_SIGNS = {"TM": "™", "SM": "℠"}
RAISED_AFTER = 16
"""Characters, at most, by which `raised` tells what it has before it."""


def is_note_mark(words: str) -> bool:
    """Say whether words are what a note is marked with, be it in brackets."""
    bare = words.strip()
    return _NOTE_MARK.fullmatch(bare[1:-1] if bare[:1] + bare[-1:] in ("[]", "［］") else bare) is not None


def note_mark(mark: str, beside: str) -> str:
    """Return the mark of a note, which is none of an answer's citations.

    Args:
        mark: As it is printed, with or without brackets.
        beside: Words that stand beside it, which tell the language.

    >>> note_mark("1", "a fee"), note_mark("[a]", "费用"), note_mark("注 2", "费用")
    ('[note 1]', '[注a]', '[注 2]')
    """
    bare = mark.strip("[]［］ ")
    if _NOTE_WORD.match(bare):
        return f"[{bare}]"
    return f"[注{bare}]" if _IS_CJK.search(beside) else f"[note {bare}]"


def raised(words: str, before: str, after: str = "") -> str:
    """Return what stands raised in a line as its reader takes it, not as a part of the figure or the word before it.

    Args:
        words: The raised words.
        before: What stands before them in the line; its last `RAISED_AFTER` characters will do.
        after: What stands behind them, where nothing stands before.

    >>> raised("1", "a fee of €50"), raised("2", "a room of 20 m"), raised("st", "on the 1")
    ('[note 1]', '²', 'st')
    """
    mark, before = words.strip(), before[-RAISED_AFTER:]
    if mark in _RAISED_SIGNS and before[-1:].isalpha():
        return words.replace(mark, _RAISED_SIGNS[mark])
    if power := _POWER.fullmatch(mark):
        measures = _LENGTH.search(before) is not None
        if (measures and mark in "23") or _TIMES_TEN.search(before) or (power[1] and before[-1:].isalnum()):
            return words.replace(mark, mark.translate(_POWER_SIGNS))
    return words.replace(mark, note_mark(mark, before + after)) if is_note_mark(mark) else words


def is_cjk(char: str) -> bool:
    """Say whether a character is Chinese, or punctuation or a width that goes with it."""
    return _IS_CJK.match(char) is not None


def as_written(text: str) -> str:
    """Return text with the characters that its writer typed: nothing that no reader sees, no radicals, no ligatures.

    Programs that make PDFs mistake a character for the radical that looks the same, and who copies from them does, too.

    >>> as_written("⽤⼾的⻚⾯，ﬁle")
    '用户的页面，file'
    """
    return visible(text).translate(_WRITTEN)


def number_of(text: str) -> Marker | None:
    """Return the number that a block begins with, as the parser sees it; a bullet is none, and that of a question."""
    return next((marker for marker in _markers(text) if marker.path and marker.family != QUESTION), None)


def begins_item(text: str) -> bool:
    """Say whether a block begins with a number or a bullet."""
    return bool(_markers(text))


def _markers(text: str) -> list[Marker]:
    head = text[: 4 * HEADING_CHARS]
    return [
        marker for line in read_lines(head, fold(head))[:1] for marker in line.markers if not is_measure(head, marker)
    ]


def text_of(blocks: Iterable[Block]) -> str:
    """Return the text of a file, a block a line, with blank lines before headings.

    Where most headings have a number of their own, these tell how the headings stand in each other, and the text is
    as it was printed. Else each gets Markdown's marks, without which the parser could not know.
    """
    # Nothing that no reader sees gets into a corpus, and what a control character divides is no number.
    shown = [replace(block, text=as_written(block.text).strip(" \n")) for block in blocks]
    kept = list(_with_told_rows([block for block in shown if block.text.strip()]))
    numbered = [number_of(block.text) is not None for block in _under_title(kept) if block.level]
    marked = sum(numbered) < len(numbered) / 2
    lines: list[str] = []
    level = 0
    for block, after in zip_longest(kept, kept[1:]):
        heading = block.level > 0 and len(block.text) <= MARKED_CHARS and "\t" not in block.text
        level = block.level if heading else level
        bold = not heading and _is_bold_heading(block, after)
        if lines and (heading or bold or block.apart):
            lines.append("")
        rank = level if heading else min(level + 1, 6) if bold and level else 0
        lines.append(f"{'#' * rank} {block.text}" if rank and marked else " " * block.indent + block.text)
    return "\n".join(lines)


def _is_bold_heading(block: Block, after: Block | None) -> bool:
    """Say whether a paragraph in bold is the heading of the text that follows it."""
    if not block.bold or after is None or after.level or after.bold or "\t" in block.text:
        return False
    folded = fold(block.text)
    heads = is_heading_text(folded, 0, len(folded)) or is_bold_question(f"**{folded}**", 0, len(folded) + 4)
    return heads and not begins_item(block.text)


# --- Tables ------------------------------------------------------------------------------

# What the columns of a policy's tables are called, in rows that nothing else says to be their heads.
_HEAD_ZH = re.compile(
    r"(?:名称|姓名|类型|类别|种类|目的|用途|方式|场景|功能|说明|描述|范围|期限|时间|时长|主体|公司|机构|链接|政策|权限|内容|备注"
    r"|情形|序号|编号|字段|频率|频次|开发者|提供方|提供者|合作方|接收方|第三方|产品|业务|服务|信息|数据|依据|原因|地点|地域|是否.{1,8}"
    r"|项目|价格|单价|售价|费用|金额|标准|天数|次数|数量|规格|型号|处理|处罚|人|部门|条件|对象|比例|折扣|等级|级别|职级|岗位|地区|城市|区域|门店|要求|办法"
    r"|结果|商品|品类|套餐|车型|里程|时段)$"
)
_HEAD_EN = re.compile(
    r"\b(?:names?|types?|kinds?|categor(?:y|ies)|purposes?|uses?|reasons?|descriptions?|details|periods?|retention|durations?"
    r"|provider|recipients?|compan(?:y|ies)|part(?:y|ies)|bas[ei]s|grounds?|examples?|data|information|sources?|countr(?:y|ies)"
    r"|locations?|links?|contacts?|cookies?|services?|functions?|features?|permissions?|no\.?)$|\?$"
    # "Where", "What they get", "Kept for": what each row tells.
    r"|^(?:what|who|whom|why|where|when|how)\b|^(?:kept|held|stored|used|needed|collected|shared|valid) (?:for|with)$",
    re.IGNORECASE,
)
# What else may name a column where all other rows have values: a word by itself, or one of the cases that they are for.
_HEAD_BY_CASE = re.compile(
    r"(?:meal|item|thing|order|plan|room|tier|ticket|price|fee|cost|amount|rate|limit|date|day|hour|product|destination|distance"
    r"|weight|size|role|age|group|term|year)s?|at home|abroad|domestic|international|weekdays?|weekends?|adults?"
    r"|child(?:ren)?|members?|online|by post|per .{1,20}"
    r"|国内|国外|境内|境外|平日|工作日|周末|节假日|线上|线下|成人|儿童|会员|非会员|首重|续重",
    re.IGNORECASE,
)
_MOST_HEAD_CHARS = 80
MOST_SPAN = 50
"""Columns over which a cell extends, at most."""
MOST_SPANNED_CHARS = 200
"""Characters of a cell, at most, that is told with each of the rows over which it extends."""
_LAST_STOP = re.compile(r"(?<=[^.。;；:：?？])[.。;；:：?？]$")
_LAST_COLON = re.compile(r"(?<=[^;；:：])[;；:：]$")


def _with_told_rows(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks, the rows of tables told with the heads of their columns where these are known.

    A row is quoted by itself, and `Marketing | Yes | No` says nothing without its heads.
    """
    heads: list[str] = []
    for number, block in enumerate(blocks):
        cells = block.text.split("\t")
        # A heading of rows is none of them, and those below it have the heads of those above.
        begins = not heads and (number == 0 or not _gives_values(blocks[number - 1].text.split("\t")))
        after = blocks[number + 1].text.count("\t") if number + 1 < len(blocks) else 0
        if len(cells) == 1:
            heads = []
        elif (block.head and _gives_values(cells)) or (
            begins and after == len(cells) - 1 and _name_columns(cells, _rows_after(blocks, number))
        ):
            heads = [_LAST_STOP.sub("", cell.strip()) for cell in cells]
            if after == len(cells) - 1 and not blocks[number + 1].head:
                continue
            heads = []
        told = _told(heads, cells, block.spanned) if len(heads) == len(cells) else block.text
        yield replace(block, text=told.strip())


def _gives_values(cells: Sequence[str]) -> bool:
    """Say whether a row says something of what it is about, and is not a heading of rows."""
    return sum(bool(cell.strip()) for cell in cells) > 1


def _rows_after(blocks: Sequence[Block], number: int) -> list[list[str]]:
    """Return the rows of a table that follow one of them, with as many cells."""
    width = blocks[number].text.count("\t")
    rows = takewhile(lambda block: block.text.count("\t") == width, islice(blocks, number + 1, None))
    return [cells for block in rows if _gives_values(cells := block.text.split("\t"))]


def _name_columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    # Of two columns the first row may as well be the first fact: `Company | Lantern Post`, `Founded | 2001`.
    return are_heads(heads) or (len(heads) > 2 and _alone_without_value(heads, rows))


def rows_told(rows: Sequence[Sequence[str]], *, headed: bool = False, barred: bool = False) -> list[str]:
    """Return the rows of a table as lines, told with the heads of their columns if the first one names these.

    Args:
        rows: The cells of each row.
        headed: Whether something says that the first one does, such as a rule below it.
        barred: Whether bars show that it is a table, of which a first row without the others' values names columns.
    """
    heads, *others = rows
    values = [row for row in others if _gives_values(row)]
    if values and (headed or are_heads(heads) or _alone_without_value(heads, values, named=barred)):
        return [_told(heads, row) for row in others]
    return [CELL_BREAK.join(cell.strip() for cell in row) for row in rows]


def _alone_without_value(heads: Sequence[str], rows: Sequence[Sequence[str]], *, named: bool = False) -> bool:
    """Say whether a row alone gives no value of several rows, and a cell of it may name a column: all do, then.

    Args:
        heads: The cells of the row.
        rows: Those of the others.
        named: Whether its cells may name columns, whatever their words.
    """
    cells = [cell.strip() for cell in heads]
    plain = len(set(cells)) == len(cells) and not any(_IS_VALUE.search(cell) for cell in cells)
    named = named or any(_is_head(cell) or _HEAD_BY_CASE.fullmatch(cell) for cell in cells)
    return plain and named and all(any(_IS_VALUE.search(cell.strip()) for cell in row[1:]) for row in rows)


def _is_head(cell: str) -> bool:
    return _HEAD_ZH.search(cell) is not None or _HEAD_EN.search(cell) is not None


def are_heads(cells: Sequence[str]) -> bool:
    """Say whether the cells of a table's first row name its columns, by their words."""
    cells = [cell.strip() for cell in cells]
    if len(set(cells)) < len(cells) or not all(0 < len(cell) <= HEADING_CHARS for cell in cells):
        return False
    return sum(map(_is_head, cells)) > len(cells) / 2


def _told(heads: Sequence[str], cells: Sequence[str], spanned: frozenset[int] = frozenset()) -> str:
    """Return a row, each cell with the heads of its columns: `Reason: marketing | May you limit it: Yes`."""
    pairs: list[tuple[str, str]] = []
    for column, (head, cell) in enumerate(zip(heads, cells, strict=True)):
        if column in spanned and pairs and head:
            pairs[-1] = f"{pairs[-1][0]}/{head}"[:_MOST_HEAD_CHARS].lstrip("/"), pairs[-1][1]
        elif cell.strip():
            pairs.append((head[:_MOST_HEAD_CHARS], cell.strip().replace(CELL_BREAK, ", ")))
    # A stop is the policy's own, as that of "Lantern Post Inc.".
    pairs = [(head, _LAST_COLON.sub("", cell)) for head, cell in pairs or [("", "")]]
    if len(pairs) == 1:
        # A heading among the rows.
        return pairs[0][1]
    colon = "：" if _IS_CJK.search("".join(head for head, _ in pairs)) else ": "
    return CELL_BREAK.join(f"{head}{colon}{cell}" if head else cell for head, cell in pairs)


_IS_VALUE = re.compile(
    r"\d|^(?:yes|no|none|not applicable|n/a|free(?: of charge)?|included|unlimited|[✓✗✔✘√×—–-]"
    r"|是|否|有|无|不适用|免费|包含|不限|无限)$",
    re.IGNORECASE,
)


def _under_title(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks without the title, which is a heading before all others, of a rank of its own."""
    headings = [block.level for block in blocks if block.level]
    if not headings:
        return ()
    first = next(number for number, block in enumerate(blocks) if block.level)
    alone = headings.count(headings[0]) == 1 and min(headings) == headings[0]
    return blocks[first + 1 :] if alone or len(headings) == 1 else blocks[first:]
