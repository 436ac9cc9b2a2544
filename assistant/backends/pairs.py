"""Pairs of a question and a passage that answers it, as an operator keeps them in a file, for `fine_tuning`."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.embedding import cleaned
from assistant.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question and a passage that answers it."""

    query: str
    """The question."""
    passage: str
    """Words that answer it."""
    negative: str = ""
    """Words that seem to answer it but do not; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFile:
    """What a file of pairs holds."""

    pairs: tuple[Pair, ...]
    """Its pairs, each once, in their order."""
    duplicates: int
    """How many more there were of them."""


def read_pairs(path: Path) -> PairFile:
    """Read pairs from JSON Lines (`.jsonl`), or from a table with a header (`.csv`, `.tsv`).

    A line of JSON is an object with `query`, `passage` and, if there is one, `negative`; the columns of
    a table have the same names. Others are passed over. A line of JSON may also be one of a question
    set, with `question` and `gold`, whose quotes and alternatives are its passages.

    Args:
        path: The file, in UTF-8.

    Raises:
        TrainingError: If the file cannot be read, or lines of it cannot be used: the message then has a
            line for each of them, or for the first 20.
    """
    rows = _ROWS.get(path.suffix.lower())
    if rows is None:
        raise TrainingError(f"{path}: its name must end in one of {', '.join(_ROWS)}")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    found: dict[Pair, None] = {}
    read = 0
    bad = []
    for number, row in rows(text):
        try:
            pairs = _pairs_of(row)
        except ValueError as error:
            bad.append(f"line {number} {error}")
        else:
            read += len(pairs)
            found |= dict.fromkeys(pairs)
    if bad:
        more = [f"and {len(bad) - _MOST_TOLD} more lines"] if len(bad) > _MOST_TOLD else []
        raise TrainingError("\n".join([f"{path}: cannot be used as it is:", *bad[:_MOST_TOLD], *more]))
    return PairFile(pairs=tuple(found), duplicates=read - len(found))


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    # Not `splitlines`: U+2028 ends no line of JSON.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, ValueError(f"is not JSON: {error}")


def _table_rows(text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in reader.fieldnames or ()]
        if not {"query", "passage"} <= set(header):
            yield 1, ValueError(f"must name the columns query and passage; it names {', '.join(header) or 'none'}")
            return
        reader.fieldnames = header
        for row in reader:
            yield reader.line_num, ValueError("has more cells than the header") if None in row else row
    except csv.Error as error:
        # The line on which the row starts: an open quote runs to the end of the file.
        yield reader.line_num + 1, ValueError(f"is not a row of a table: {error}")


_ROWS: Mapping[str, Callable[[str], Iterator[tuple[int, Any]]]] = {
    ".jsonl": _json_rows,
    ".csv": lambda text: _table_rows(text, ","),
    ".tsv": lambda text: _table_rows(text, "\t"),
}


def _pairs_of(row: Any) -> list[Pair]:
    """Return the pairs of a row.

    Raises:
        ValueError: If it has none; the message says what is wrong with it, without the place.
    """
    if isinstance(row, ValueError):
        raise row
    if not isinstance(row, dict):
        raise ValueError("is not an object")  # noqa: TRY004 - all that is wrong with a row is told alike
    if "gold" in row and "query" not in row:
        query = _text_of(row, "question")
        try:
            quotes = [quote for gold in row["gold"] for quote in (gold["quote"], *gold.get("alternatives", ()))]
            return [Pair(query=query, passage=_text_of({"quote": quote}, "quote")) for quote in quotes]
        except (TypeError, KeyError, AttributeError):
            raise ValueError('has a "gold" that is no list of quotes') from None
    pair = Pair(
        query=_text_of(row, "query"),
        passage=_text_of(row, "passage"),
        negative=_text_of(row, "negative") if row.get("negative") else "",
    )
    if pair.passage in (pair.query, pair.negative):
        raise ValueError(f"has the same words as {'query' if pair.passage == pair.query else 'negative'} and passage")
    return [pair]


def _text_of(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(f"has no text {name!r}")  # noqa: TRY004 - as above
    text = cleaned(value).strip()
    if not text:
        raise ValueError(f"has an empty {name!r}")
    return text


_MOST_TOLD = 20
