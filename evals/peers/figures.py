"""The file of figures, the settings chosen on the dev splits, and the tables that documents show.

`figures.json` has an entry for each framework: the day, the versions, the question sets, and every choice of settings
that was tried with its figures on the dev splits. Only those that did best there are asked the test splits, which is
what the tables tell.
"""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import EvaluationError
from assistant.evaluation.measures import interval, mean
from assistant.evaluation.writing import write_file
from evals.peers.measuring import PLAIN, READ, SHARES, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from evals.peers.measuring import Peer, Task

Document = dict[str, Any]

FIGURES = Path(__file__).with_name("figures.json")
"""The file."""
OURS = "policy-assistant"
"""Name of the assistant's entry."""
SCHEMA = 1
"""Version of the file's shape."""
CRITERIA = ("hit@1", "within@500")
"""What settings are chosen by: one choice for each."""


# --- The file --------------------------------------------------------------------------------


def entry_of(
    peers: Iterable[Peer],
    tasks: Sequence[Task],
    *,
    day: str,
    packages: Mapping[str, str],
    report: Callable[[str], Any] = str,
) -> Document:
    """Measure a framework and return its entry.

    All peers are asked the dev splits, and those that `chosen_by_way` returns the test splits.

    Args:
        peers: The framework with each choice of settings.
        tasks: What is asked.
        day: The day, as `2025-01-31`.
        packages: Versions of what the figures depend on.
        report: Called with a line for each peer that is done.
    """
    dev, test = ([task for task in tasks if task.split == split] for split in ("dev", "test"))
    tried: list[tuple[Peer, Document]] = []
    for peer in peers:
        values = _values(measure(peer, dev))
        tried.append((peer, {"division": peer.division, "retrieval": peer.retrieval, "dev": values}))
        found = ", ".join(f"{name} {values[name]:.3f}" for name in CRITERIA)
        report(f"{label(tried[-1][1]) or 'as it is'}: on dev {found}")
    best = chosen_by_way([told for _, told in tried])
    for peer, told in tried:
        if told in best:
            told.update(_on_test(measure(peer, test), test))
            report(f"{label(told) or 'as it is'}: on test")
    return {
        "measured": day,
        "packages": dict(packages),
        "sets": sets_of(tasks),
        "peers": [told for _, told in tried],
    }


def sets_of(tasks: Sequence[Task]) -> Document:
    """Return what the figures are about: by set, its file, its policy's text, and how many questions count."""
    return {
        task.name: {
            "sha256": task.sha256,
            "policy_sha256": task.policy.sha256,
            "questions": len(task.questions),
        }
        for task in tasks
    }


def _on_test(values: Sequence[dict[str, float]], tasks: Sequence[Task]) -> Document:
    """Return the figures with their intervals, and those by set and by language."""
    groups: dict[str, list[dict[str, float]]] = {}
    asked = [(task, question) for task in tasks for question in task.questions]
    for (task, question), row in zip(asked, values, strict=True):
        for group in (task.name, question.language):
            groups.setdefault(group, []).append(row)
    return {
        "test": {name: _with_interval(name, [row[name] for row in values]) for name in (*SHARES, READ)},
        "groups": {name: {"questions": len(group)} | _values(group) for name, group in sorted(groups.items())},
    }


def _values(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: _rounded(_middle(name)([row[name] for row in rows])) for name in (*SHARES, READ)}


def _middle(name: str) -> Callable[[Sequence[float]], float]:
    """Return what tells a measure of many questions: what is read has no upper bound, so that a mean says little."""
    return statistics.median if name == READ else statistics.fmean


def _with_interval(name: str, values: Sequence[float]) -> list[float | None]:
    """Return a figure and the ends of its 95 % interval."""
    import numpy as np

    if name != READ:
        figure = mean(values)
        return [_rounded(end) for end in (figure.value, figure.low, figure.high)]
    ends = interval((np.asarray(values, np.float64),), np.median, vectorized=True)
    return [_rounded(end) for end in (statistics.median(values), *ends)]


def _rounded(value: float | None) -> Any:
    return None if value is None else round(value, 4)


def read(path: Path = FIGURES) -> Document:
    """Read the file of figures; one that is not there has no entries.

    Raises:
        EvaluationError: If it is not such a file.
    """
    if not path.exists():
        return {"schema": SCHEMA, "frameworks": {}}
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path}: cannot be read ({error}): measure all peers again") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise EvaluationError(f"{path}: is of another version: remove it, and measure all peers again")
    return found


def write(found: Document, path: Path = FIGURES) -> None:
    """Write the file of figures, a peer a line.

    Raises:
        EvaluationError: If it cannot be written.
    """
    entries = []
    for name, entry in found["frameworks"].items():
        head = [f'  "{key}": {_json(value)}' for key, value in entry.items() if key != "peers"]
        peers = ",\n".join(f"   {_json(peer)}" for peer in entry["peers"])
        entries.append(f" {_json(name)}: {{\n" + ",\n".join(head) + f',\n  "peers": [\n{peers}\n  ]\n }}')
    text = f'{{"schema": {found["schema"]}, "frameworks": {{\n' + ",\n".join(entries) + "\n}}\n"
    write_file(path, text.encode())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


# --- Tables ----------------------------------------------------------------------------------

_HEADS = {
    "en": ("", "hit@1", "recall@5", "mrr@10", "gold in the first 500 characters", "characters to read"),
    "zh": ("", "hit@1", "recall@5", "mrr@10", "前 500 字内有答案", "要读的字数"),
}
_PLAIN_ZH = "不用政策的英文译文"
_COLUMNS = ("hit@1", "recall@5", "mrr@10", "within@500", READ)


def same_sets(found: Document) -> Document:
    """Return the question sets that all entries are about.

    Raises:
        EvaluationError: If there is no entry of the assistant, or the entries are about different sets.
    """
    entries = found["frameworks"]
    if OURS not in entries:
        raise EvaluationError("there are no figures of the assistant: run `python -m evals.peers --only ours`")
    sets: Document = entries[OURS]["sets"]
    if others := [name for name, entry in entries.items() if entry["sets"] != sets]:
        raise EvaluationError(
            f"the figures of {', '.join(others)} are about other questions than the assistant's: "
            "run `make peers` to measure all again"
        )
    return sets


def chosen(peers: Sequence[Document]) -> list[Document]:
    """Return those that did best on the dev splits, each once: by `CRITERIA`, in their order."""
    best = [max(peers, key=lambda peer: peer["dev"][criterion]) for criterion in CRITERIA]
    return [peer for place, peer in enumerate(best) if peer not in best[:place]]


def chosen_by_way(peers: Sequence[Document]) -> list[Document]:
    """Return those that did best of each way to rank; the best of all are among them."""
    ways: dict[str, list[Document]] = {}
    for peer in peers:
        ways.setdefault(peer["retrieval"] or peer["division"], []).append(peer)
    return [peer for of_way in ways.values() for peer in chosen(of_way)]


def summary(found: Document, language: str) -> str:
    """Return the table of the assistant and the frameworks at their best, in Markdown.

    Raises:
        EvaluationError: If the entries cannot be compared.
    """
    same_sets(found)
    rows = []
    for name, peer in _rows(found):
        cells = [f"{peer['test'][column][0]:.2f}" for column in _COLUMNS[:-1]]
        cells.append(f"{peer['test'][READ][0]:.0f}")
        told = _label(name, peer)
        rows.append((told, *(f"**{cell}**" if told.startswith("**") else cell for cell in cells)))
    table = _table(_HEADS[language], rows)
    return table.replace(PLAIN, _PLAIN_ZH) if language == "zh" else table


def details(found: Document) -> str:
    """Return the tables with intervals: each way to rank at its best size, and the best ones by set and language.

    Raises:
        EvaluationError: If the entries cannot be compared.
    """
    same_sets(found)
    rows = []
    for name, entry in _entries(found):
        rows += [
            (_label(name, peer), *(_cell(column, peer["test"][column]) for column in _COLUMNS))
            for peer in chosen_by_way(entry["peers"])
        ]
    parts = [_table(_HEADS["en"], rows)]
    groups = next(peer["groups"] for _, peer in _rows(found))
    heads = ("hit@1 · gold in the first 500 characters", *(f"{name} ({groups[name]['questions']})" for name in groups))
    rows = [
        (
            _label(name, peer),
            *(f"{peer['groups'][group]['hit@1']:.2f} · {peer['groups'][group]['within@500']:.2f}" for group in groups),
        )
        for name, peer in _rows(found)
    ]
    parts.append(_table(heads, rows))
    return "\n\n".join(parts)


def _entries(found: Document) -> Iterator[tuple[str, Document]]:
    entries = found["frameworks"]
    yield OURS, entries[OURS]
    yield from ((name, entry) for name, entry in entries.items() if name != OURS)


def _rows(found: Document) -> Iterator[tuple[str, Document]]:
    for name, entry in _entries(found):
        # The assistant has no settings to choose from: all that is known of it is told.
        yield from ((name, peer) for peer in (entry["peers"] if name == OURS else chosen(entry["peers"])))


def label(peer: Document) -> str:
    """Return what a peer's settings are called.

    >>> label({"division": "200 characters", "retrieval": "BM25"})
    '200 characters; BM25'
    """
    return "; ".join(filter(None, (peer["division"], peer["retrieval"])))


def _label(name: str, peer: Document) -> str:
    return f"{name}: {settings}" if (settings := label(peer)) else f"**{name}**"


def _cell(column: str, figure: Sequence[float | None]) -> str:
    value, low, high = (
        "–" if number is None else f"{number:.0f}" if column == READ else f"{number:.2f}" for number in figure
    )
    return f"{value} ({low}–{high})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], "|---" * len(heads) + "|", *lines[1:]])


def documents(root: Path) -> dict[Path, Callable[[Document], str]]:
    """Return what makes the table of each document that shows one.

    Args:
        root: Folder of the project.
    """
    return {
        root / "README.md": lambda found: summary(found, "en"),
        root / "README.zh-CN.md": lambda found: summary(found, "zh"),
        root / "evals/peers/README.md": details,
    }


_MARKED = re.compile(r"(?<=<!-- peers -->\n).*?(?=<!-- /peers -->)", re.S)


def shown(path: Path) -> str:
    """Return the table that a document shows between its marks.

    Raises:
        EvaluationError: If it has no marks.
    """
    match = _MARKED.search(path.read_text("utf-8"))
    if match is None:
        raise EvaluationError(f"{path}: has no place for the table, between <!-- peers --> and <!-- /peers -->")
    return match[0].strip()


def show(path: Path, table: str) -> None:
    """Put a table between a document's marks, in place of the former one.

    Raises:
        EvaluationError: If it has no marks, or cannot be written.
    """
    shown(path)
    write_file(path, _MARKED.sub(lambda _: f"\n{table}\n\n", path.read_text("utf-8")).encode())
