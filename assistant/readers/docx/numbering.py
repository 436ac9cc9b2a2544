"""The numbers of Word's lists, counted as Word does: it stores none."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.readers.docx.xml import OFF, child_of, children, getter, whole
from assistant.text.numerals import chinese, chinese_digits, chinese_legal, decimal, letters, one_of, roman, run_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MOST_NUMBER = 1_000_000

_NUMERALS: Mapping[str, Callable[[int], str]] = {
    "decimalZero": lambda number: f"{number:02}",
    "upperRoman": lambda number: roman(number).upper(),
    "lowerRoman": roman,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerLetter": letters,
    **dict.fromkeys(
        (
            "chineseCounting",
            "chineseCountingThousand",
            "taiwaneseCounting",
            "taiwaneseCountingThousand",
            "japaneseCounting",
            "koreanCounting",
        ),
        chinese,
    ),
    **dict.fromkeys(("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"), chinese_digits),
    **dict.fromkeys(("chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"), chinese_legal),
    "ideographTraditional": one_of("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": one_of("子丑寅卯辰巳午未申酉戌亥"),
    "decimalEnclosedCircle": run_of("①", 20),
    "decimalEnclosedCircleChinese": run_of("①", 20),
    "decimalEnclosedParen": run_of("⑴", 20),
    "decimalEnclosedFullstop": run_of("⒈", 20),
    "ideographEnclosedCircle": run_of("㊀", 10),
    "decimalFullWidth": lambda number: str(number).translate({0x30 + digit: 0xFF10 + digit for digit in range(10)}),
    "none": lambda _: "",
}
_PLACEHOLDER = re.compile(r"%([1-9])")
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How the items of a list are numbered at one depth."""

    numerals: str = "decimal"
    pattern: str = ""
    """What is printed, with `%1` for the number of the first depth, and so on."""
    start: int = 1
    restart: int | None = None
    """Depth, from 1, whose items let it begin again; None for any above it, 0 for none."""
    legal: bool = False
    """Whether all its numbers are in digits."""
    after: str = " "
    style: str = ""
    """The style whose paragraphs are its items."""


@dataclass(slots=True)
class _ListOf:
    """A list of paragraphs: how it is numbered, and where it begins anew."""

    definition: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Counts the items of lists, as Word does.

    Args:
        root: The part that defines the lists.
    """

    def __init__(self, root: Any) -> None:
        self._lists: dict[str, _ListOf] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, int]] = set()
        if root is not None:
            self._read(root)

    def _read(self, root: Any) -> None:
        get = getter(root)
        levels: dict[str, dict[int, _Level]] = {}
        by_style: dict[str, str] = {}
        links: dict[str, str] = {}
        for definition in children(root, "abstractNum"):
            named = get(definition, "abstractNumId")
            levels[named] = {whole(get(level, "ilvl")): _level(level, get) for level in children(definition, "lvl")}
            if (style := child_of(definition, "styleLink")) is not None:
                by_style[get(style, "val")] = named
            if (style := child_of(definition, "numStyleLink")) is not None:
                links[named] = get(style, "val")
        for found in children(root, "num"):
            chosen = child_of(found, "abstractNumId")
            definition = get(chosen, "val") if chosen is not None else ""
            definition = by_style.get(links.get(definition, ""), definition)
            made = _ListOf(definition, dict(levels.get(definition, {})))
            for override in children(found, "lvlOverride"):
                depth = whole(get(override, "ilvl"))
                if (start := child_of(override, "startOverride")) is not None:
                    made.starts[depth] = whole(get(start, "val"))
                if (level := child_of(override, "lvl")) is not None:
                    made.levels[depth] = _level(level, get)
            self._lists[get(found, "numId")] = made

    def depth_of(self, list_id: str, style: str) -> int:
        """Return the depth of a list at which the paragraphs of a style stand."""
        found = self._lists.get(list_id)
        return next((depth for depth, level in found.levels.items() if level.style == style), 0) if found else 0

    def next(self, list_id: str, depth: int) -> str:
        """Return what is printed before the next item of a list, and count it."""
        found = self._lists.get(list_id)
        if found is None or depth not in found.levels:
            return ""
        level, counts = found.levels[depth], self._counts[found.definition]
        if depth in found.starts and (list_id, depth) not in self._begun:
            counts[depth] = found.starts[depth]
        else:
            counts[depth] = min(counts.get(depth, level.start - 1) + 1, _MOST_NUMBER)
        self._begun.add((list_id, depth))
        for deeper, other in found.levels.items():
            if deeper > depth and (other.restart is None or depth < other.restart):
                counts.pop(deeper, None)
        printed = _printed(found, level, counts)
        return printed + level.after if printed.strip() else ""


def _printed(found: _ListOf, level: _Level, counts: dict[int, int]) -> str:
    if level.numerals == "bullet":
        return _bullet(level.pattern)

    def number(place: re.Match[str]) -> str:
        depth = int(place[1]) - 1
        other = found.levels.get(depth, _Level())
        # A depth that had no item counts as begun.
        value = counts.setdefault(depth, other.start)
        return (decimal if level.legal else _NUMERALS.get(other.numerals, decimal))(value)

    return _PLACEHOLDER.sub(number, level.pattern)


def _bullet(sign: str) -> str:
    # Symbol fonts have their own characters, in the private range; Courier's "o" is a circle.
    return "○" if sign == "o" else _PRIVATE.sub("•", sign)[:2]


def _level(level: Any, get: Callable[[Any, str], str]) -> _Level:
    said = {
        child: get(found, "val")
        for child in ("numFmt", "lvlText", "suff", "pStyle")
        if (found := child_of(level, child)) is not None
    }
    start, restart, legal = (child_of(level, name) for name in ("start", "lvlRestart", "isLgl"))
    return _Level(
        numerals=said.get("numFmt", "decimal"),
        pattern=said.get("lvlText", "")[:50],
        start=whole(get(start, "val")) if start is not None else 0,
        restart=whole(get(restart, "val")) if restart is not None else None,
        legal=legal is not None and get(legal, "val") not in OFF,
        after="" if said.get("suff") == "nothing" else " ",
        style=said.get("pStyle", ""),
    )
