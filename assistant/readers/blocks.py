"""What a reader finds in a file, block by block, and the text that is made of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.lines import HEADING_CHARS, read_lines
from assistant.text import fold, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.lines import Marker

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
    """Its words, on one line."""
    level: int = 0
    """Rank of a heading, 1 to 6; 0 of anything else."""


def one_line(text: str) -> str:
    r"""Return text of several lines as one: Chinese ones are joined without a blank, tabs stay.

    >>> one_line("我们收集\n您的\n IMEI ")
    '我们收集您的 IMEI'
    """
    return _BLANKS.sub(" ", _CJK_BREAK.sub("", text)).strip()


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
    """Return the number that a block begins with, as the parser sees it; a bullet is none."""
    lines = read_lines(fold(text[: 4 * HEADING_CHARS]))
    return next((marker for line in lines[:1] for marker in line.markers if marker.path), None)


def begins_item(text: str) -> bool:
    """Say whether a block begins with a number or a bullet."""
    return any(line.markers for line in read_lines(fold(text[: 4 * HEADING_CHARS]))[:1])


def text_of(blocks: Iterable[Block]) -> str:
    """Return the text of a file, a block a line, with blank lines before headings.

    Where most headings have a number of their own, these tell how the headings stand in each other, and the text is
    as it was printed. Else each gets Markdown's marks, without which the parser could not know.
    """
    # Nothing that no reader sees gets into a corpus, and what a control character divides is no number.
    shown = [replace(block, text=as_written(block.text).strip()) for block in blocks]
    kept = [block for block in shown if block.text]
    numbered = [number_of(block.text) is not None for block in _under_title(kept) if block.level]
    marked = sum(numbered) < len(numbered) / 2
    lines: list[str] = []
    for block in kept:
        heading = block.level > 0 and len(block.text) <= 2 * HEADING_CHARS and "\t" not in block.text
        if heading and lines:
            lines.append("")
        lines.append(f"{'#' * block.level} {block.text}" if heading and marked else block.text)
    return "\n".join(lines)


def _under_title(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks without the title, which is a heading before all others, of a rank of its own."""
    headings = [block.level for block in blocks if block.level]
    if not headings:
        return ()
    first = next(number for number, block in enumerate(blocks) if block.level)
    alone = headings.count(headings[0]) == 1 and min(headings) == headings[0]
    return blocks[first + 1 :] if alone or len(headings) == 1 else blocks[first:]
