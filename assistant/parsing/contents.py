"""Tables of contents: runs of lines that come back as the headings of later ones."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from assistant.parsing.headings import HAN, HEADING_CHARS, TERMINAL, squeeze
from assistant.parsing.markers import numbers_at
from assistant.text import stripped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.parsing.lines import Line
    from assistant.parsing.markers import Marker

_CONTENTS_TITLE = re.compile(r".{0,30}(?:目\s*[录錄]|目\s*次)\s*:?|(?:table of )?contents\s*:?|index")
_CONTENTS_ANNOUNCED = re.compile(r"目录|内容(?:如下)?:$|(?:部分|章节)(?:组成)?:$")
_PAGE_NUMBER = re.compile(r"[.…·\s]*\d{1,3}\s*$")
# Markdown's, whose target is longer than its words.
_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\([^()\n]{0,400}\)")
_LEAST_TITLED = 2
_LEAST_ENTRIES = 3
_LEAST_UNTITLED = 5
_MOST_RETURNS = 4


def find_contents(folded: str, lines: Sequence[Line]) -> list[tuple[int, int]]:
    """Return the first and last line of each table of contents.

    It is a run of short lines that come back, in part, as the headings of later lines.
    """
    runs: list[list[int]] = []
    number = 0
    while number < len(lines):
        run = _short_run(folded, lines, number)
        if len(run) >= _LEAST_ENTRIES:
            runs.append(run)
        number += max(len(run), 1)
    keys = {number: _entry(folded, lines[number]) for run in runs for number in run}
    returns = _headings_with(folded, lines, {key for key in keys.values() if len(key) > 1})
    return [found for run in runs if (found := _contents_in(folded, lines, run, keys, returns))]


def _short_run(folded: str, lines: Sequence[Line], first: int) -> list[int]:
    """Return the numbers of the short lines from `first` on, up to one that repeats another."""
    seen: set[str] = set()
    run: list[int] = []
    announced = first > 0 and _announces_contents(folded, lines[first - 1])
    for number in range(first, len(lines)):
        line = lines[number]
        ended = folded[line.end - 1]
        # Of an entry only the number may be left.
        sentence = ended in TERMINAL and line.body < line.end and not (announced and line.markers and ended == "。")
        if _is_too_long(folded, line) or sentence or line.in_table:
            break
        key = squeeze(folded[line.body : line.end])
        if key in seen:
            break
        seen |= {key, _entry(folded, line)}
        run.append(number)
    return run


def _is_too_long(folded: str, line: Line) -> bool:
    """Say whether a line, the target of its link aside, is longer than headings of its script are."""
    link = _LINK.search(folded, line.body, line.end)
    most = HEADING_CHARS if HAN.search(folded, line.start, line.end) else 2 * HEADING_CHARS
    return line.end - line.start - (link.end() - link.end(1) if link else 0) > most


def _announces_contents(folded: str, line: Line) -> bool:
    return _CONTENTS_ANNOUNCED.search(folded, max(line.start, line.end - 2 * HEADING_CHARS), line.end) is not None


def _entry(folded: str, line: Line) -> str:
    """Return the letters of a line as an entry of contents; none for what is no title, such as `电话：12345`."""
    words = contents_entry(folded, line)[1].rstrip("。: ")
    return "" if ":" in words else squeeze(words)


def contents_entry(folded: str, line: Line) -> tuple[Marker | None, str]:
    """Return the number of an entry of contents, also behind a bullet or in a link, and its title without its page."""
    number = next((marker for marker in line.markers if marker.path), None)
    words = stripped(folded, line.body, line.end)
    link = _LINK.fullmatch(folded, *words) if words else None
    if link:
        words = stripped(folded, *link.span(1))
    if words and number is None and (link or line.markers):
        number = next(iter(numbers_at(folded, *words, words[0])), None)
        # "附录" alone is the title itself.
        if after := stripped(folded, number.end, words[1]) if number else None:
            words = after
        else:
            number = None
    return number, _PAGE_NUMBER.sub("", folded[slice(*words)]).strip() if words else ""


def _headings_with(folded: str, lines: Sequence[Line], keys: set[str]) -> dict[str, list[int]]:
    """Return the lines in which each key begins the line or the text after a marker."""
    lengths = sorted({len(key) for key in keys})
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        for start in (line.body, *(place.markers[0].end for place in line.inside)):
            head = squeeze(folded[start : min(line.end, start + 2 * HEADING_CHARS)])
            for length in lengths:
                if length <= len(head) and head[:length] in keys:
                    found[head[:length]].append(number)
    return found


def _contents_in(
    folded: str, lines: Sequence[Line], run: list[int], keys: Mapping[int, str], returns: Mapping[str, list[int]]
) -> tuple[int, int] | None:
    later = {number: len(at) - bisect_right(at, run[-1]) for number in run if (at := returns.get(keys[number]))}
    # What comes back again and again is a step or a cell, not a heading.
    matched = [number for number, times in later.items() if 0 < times <= _MOST_RETURNS]
    titled = next((n for n in run if _is_contents_title(folded, lines[n])), None)
    # Right below the title two are enough.
    least = _LEAST_TITLED if titled is not None and titled + 1 in matched else _LEAST_ENTRIES
    if len(matched) < least:
        return None
    if titled is None:
        # Most lines must be entries and have a number: cells of tables and steps of lists come back, too.
        announced = matched[0] > 0 and _announces_contents(folded, lines[matched[0] - 1])
        # Steps of a list come back with their numbers.
        plain = not any(marker.path for number in matched for marker in lines[number].markers)
        whole = plain and matched[-1] - matched[0] + 1 == len(matched)
        behind = {number: returns[keys[number]][-later[number] :] for number in matched}
        headed = whole and all(_heads(folded, lines, keys[number], at) for number, at in behind.items())
        least = _LEAST_ENTRIES if announced or headed else _LEAST_UNTITLED
        numbers = [marker for number in matched for marker in lines[number].markers[:1]]
        different = len({(m.series, m.number) for m in numbers if m.path}) + sum(not m.path for m in numbers)
        if different < max(least, (matched[-1] - matched[0] + 2) // 2):
            return None
    first, last = matched[0], matched[-1]
    # An entry whose title the text words differently still goes on the numbers of the others.
    while first > run[0] and _follows(lines[first - 1], lines[first]):
        first -= 1
    while last < run[-1] and _follows(lines[last], lines[last + 1]):
        last += 1
    if titled is not None and titled < first:
        first = titled
    elif first and folded[lines[first - 1].end - 1] == ":":
        first -= 1
    return first, last


def _heads(folded: str, lines: Sequence[Line], key: str, at: Sequence[int]) -> bool:
    """Say whether an entry comes back as the whole of a heading: one in Markdown, or set off and with a number."""
    for number in at:
        line, above = lines[number], lines[number - 1]
        set_off = folded.count("\n", above.end, line.start) > 1
        headed = any(marker.family == "#" or (set_off and marker.path) for marker in line.markers)
        if headed and squeeze(folded[line.body : line.end]) == key:
            return True
    return False


def _is_contents_title(folded: str, line: Line) -> bool:
    return _CONTENTS_TITLE.fullmatch(folded[line.body : line.end].strip("*_ ")) is not None


def _follows(line: Line, after: Line) -> bool:
    return any(
        a.path and a.series == b.series and b.number == a.number + 1 for a in line.markers for b in after.markers
    )
