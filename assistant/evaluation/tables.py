"""Question sets as tables in CSV: a cell a text, numbered columns for lists."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from assistant.evaluation.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.evaluation.questions import Question

_PLAIN = ("id", "language", "style", "question", "answerable", "policies")
_COLUMN = re.compile(r"(gold|must_say)_([1-9]\d{0,2})(?:_or_([1-9]\d{0,2}))?|history_([1-9]\d{0,2})_(question|answer)")
# What a spreadsheet program takes for a formula, or skips before one.
_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def table_text(questions: Sequence[Question]) -> str:
    """Return questions as a table; reading it gives the same ones."""
    rows = [dict(_cells(question)) for question in questions]
    columns = [*_PLAIN, *sorted({name for row in rows for name in row} - set(_PLAIN), key=_column_order)]
    written = io.StringIO(newline="")
    # Only rows end in CR LF: line ends inside a cell stay as they are.
    table = csv.writer(written)
    table.writerow(columns)
    table.writerows([_neutral(row.get(name, "")) for name in columns] for row in rows)
    return written.getvalue()


def _cells(question: Question) -> Iterator[tuple[str, str]]:
    yield from (("id", question.id), ("language", question.language), ("style", question.style))
    yield from (("question", question.text), ("answerable", str(question.answerable).lower()))
    # An id holds no blank.
    yield "policies", " ".join(question.policies)
    lists = [("gold", gold.quotes) for gold in question.gold], [("must_say", said) for said in question.must_say]
    for entries in lists:
        for number, (name, texts) in enumerate(entries, 1):
            for which, text in enumerate(texts):
                yield f"{name}_{number}{f'_or_{which}' if which else ''}", text
    for number, turn in enumerate(question.history, 1):
        yield f"history_{number}_question", turn.question
        yield f"history_{number}_answer", turn.answer


def _column_order(name: str) -> tuple[object, ...]:
    match = _COLUMN.fullmatch(name)
    if match is None:
        raise ValueError(f"no column is called {name!r}")
    if match[1]:
        return (("gold", "must_say").index(match[1]), int(match[2]), int(match[3] or 0))
    return (2, int(match[4]), ("question", "answer").index(match[5]))


def _neutral(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; `_original` undoes it.

    >>> [_neutral(cell) for cell in ("=1+1", "'=1+1", "'tis", "plain")]
    ["'=1+1", "''=1+1", "'tis", 'plain']
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _original(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def table_entries(text: str) -> Iterator[tuple[int, object]]:
    """Yield each row with its line, as JSON would give it, or what is wrong with the table."""
    head = text.partition("\n")[0]
    # Where a comma is the decimal point, spreadsheet programs write semicolons.
    delimiter = max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    line = 1
    try:
        for row in table:
            if not columns:
                columns = [name.strip() for name in row]
                if faults := list(_column_faults(columns)):
                    yield from ((1, fault) for fault in faults)
                    return
            elif any(cell.strip() for cell in row[len(columns) :]):
                problem = f"{len(row)} cells for {len(columns)} columns"
                yield line, Fault(line=line, id="", kind="no_csv", values={"problem": problem})
            elif any(cell.strip() for cell in row):
                yield line, _entry(dict(zip(columns, map(_original, row), strict=False)))
            line = table.line_num + 1
    except csv.Error as error:
        yield line, Fault(line=line, id="", kind="no_csv", values={"problem": str(error)})


def _column_faults(columns: Sequence[str]) -> Iterator[Fault]:
    known = f"{', '.join(_PLAIN)}, gold_1, gold_1_or_1, must_say_1, must_say_1_or_1, history_1_question …"
    for name in dict.fromkeys(columns):
        if name not in _PLAIN and not _COLUMN.fullmatch(name):
            yield Fault(line=1, id="", kind="no_column", values={"column": repr(name), "known": known})
        elif columns.count(name) > 1:
            yield Fault(line=1, id="", kind="column_twice", values={"column": repr(name)})


_BOOLEANS = {"true": True, "false": False}


def _entry(cells: dict[str, str]) -> dict[str, Any]:
    """Return the entry that a row stands for, as JSON would give it; an empty cell is none."""
    filled = {name: cell for name, cell in cells.items() if cell}
    entry: dict[str, Any] = {name: filled[name] for name in _PLAIN[:4] if name in filled}
    if "answerable" in filled:
        entry["answerable"] = _BOOLEANS.get(filled["answerable"].strip().lower(), filled["answerable"])
    lists: dict[str, dict[int, list[str]]] = {"gold": {}, "must_say": {}}
    history: dict[int, dict[str, str]] = {}
    for name in sorted(filled.keys() - set(_PLAIN), key=_column_order):
        match = _COLUMN.fullmatch(name)
        if match and match[1]:
            lists[match[1]].setdefault(int(match[2]), []).append(filled[name])
        elif match:
            history.setdefault(int(match[4]), {})[match[5]] = filled[name]
    entry["gold"] = [{"quote": first, "alternatives": rest} for first, *rest in lists["gold"].values()]
    entry |= {"must_say": list(lists["must_say"].values())} if lists["must_say"] else {}
    entry |= {"history": list(history.values())} if history else {}
    entry |= {"policies": filled["policies"].split()} if filled.get("policies", "").strip() else {}
    return entry
