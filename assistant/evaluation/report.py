"""Reports: a run as a page that opens anywhere, as JSON, and as JUnit's XML for continuous integration.

The page is one file without scripts and without anything from elsewhere; its filters are style rules. Whatever is
not the template's own is escaped in it, and shown without control and invisible characters.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET  # only written, never read

from assistant.evaluation.measures import AREA, MEASURES
from assistant.evaluation.running import ERROR_CLASSES
from assistant.evaluation.runs import RUN_FILE, as_bytes
from assistant.evaluation.writing import check_folder, write_folder
from assistant.text import listed, shortened, visible
from assistant.text.numerals import rounded

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.evaluation.runs import Document
    from assistant.text import Language

REPORT_FILES = ("report.html", RUN_FILE, "junit.xml")
"""What a report's folder holds."""

_TILES = ("success", "hit@1", "recall@5", "citation_precision", "right_refusals", "false_refusals")
_CHART_GROUPS = ("set", "language", "style")
_HIT_CHARS = 120


def check_report_folder(folder: Path) -> None:
    """Check that a report may be written there: nothing is there yet, or a former report.

    Raises:
        EvaluationError: If something else is.
    """
    check_folder(folder, names=REPORT_FILES)


def write_report(folder: Path, run: Document) -> None:
    """Write the report of a run, in place of a former one; all of its files or none.

    Args:
        folder: Its folder.
        run: What `assistant.evaluation.runs.document` returns.

    Raises:
        EvaluationError: If something else stands there, or it cannot be written.
    """
    files = (page(run).encode(), as_bytes(run), junit(run))
    write_folder(folder, dict(zip(REPORT_FILES, files, strict=True)))


def page(run: Document) -> str:
    """Return the page of a run, in HTML."""
    return _page(run, "en", with_questions=True)


def figures_page(run: Document, language: Language) -> str:
    """Return the page of a run without its questions, for a page that shows these itself.

    Args:
        run: What `assistant.evaluation.runs.document` returns.
        language: Language of its words.
    """
    return _page(run, language, with_questions=False)


def worded(phrase: str, language: Language, **values: object) -> str:
    """Return a phrase of the report in a language.

    Args:
        phrase: The English phrase.
        language: The language.
        values: What its braces hold.

    Raises:
        KeyError: If there is no such phrase.
    """
    return (phrase if language == "en" else _chinese()[phrase]).format(**values)


@cache
def _chinese() -> dict[str, str]:
    return tomllib.loads(resources.files(__package__).joinpath("report.zh.toml").read_text("utf-8"))


def _page(run: Document, language: Language, *, with_questions: bool) -> str:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def shown(value: object) -> object:
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    def say(phrase: str, **values: object) -> str:
        # A value that is markup already would stay markup in the template, among text that is none.
        return worded(phrase, language, **{name: str(value) for name, value in values.items()})

    about, dated = ("；", "{}（{}）") if language == "zh" else ("; ", "{} ({})")
    policies = about.join(
        listed(
            (
                dated.format(policy["title"], policy["version"]) if policy["version"] else policy["title"]
                for policy in part["policies"]
            ),
            language,
        )
        for part in run["sets"]
    )
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=shown, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": _percent, "decimal": rounded, "cut": _cut}
    template = environment.from_string(resources.files(__package__).joinpath("report.html.j2").read_text("utf-8"))
    return template.render(
        _=say,
        language=language,
        with_questions=with_questions,
        run=run,
        name=listed((part["name"] for part in run["sets"]), language),
        policies=policies,
        measures=MEASURES,
        area=AREA,
        tiles=_TILES,
        error_classes=ERROR_CLASSES,
        chart_groups=[kind for kind in _CHART_GROUPS if kind in run["figures"]],
        filters={kind: list(run["figures"][kind]) for kind in _CHART_GROUPS if kind in run["figures"]},
        questions=_rows(run) if with_questions else [],
        plot=_plot(run["risk_coverage"]),
    )


def _rows(run: Document) -> list[Document]:
    """Return the questions, those that went wrong first, each with its latency and the texts of its hits."""
    texts = {part["name"]: part["hit_texts"] for part in run["sets"]}
    rows = [
        entry
        | {
            "latency_ms": latency_ms,
            "hits": [
                hit | {"text": texts[entry["set"]][hit["policy_id"]][hit["clause_id"]]}
                for hit in entry["answer"]["hits"]
            ],
        }
        for entry, latency_ms in zip(run["questions"], run["timing"]["questions"], strict=True)
    ]
    return sorted(rows, key=lambda row: bool(row["success"]))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"


def _cut(text: str, width: int = _HIT_CHARS) -> str:
    return shortened(text, width)


# --- The risk-coverage curve, in the units of its drawing ------------------------------------------

_WIDTH, _HEIGHT = 640.0, 260.0


def _plot(found: Document) -> Document:
    """Return the curve as the points of a line, with the scale of its axis and the place of today's threshold."""
    points = found["points"]
    highest = max(point["risk"] for point in points)
    top = next(step for step in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= step)

    def x(coverage: float) -> float:
        return round(_WIDTH * coverage, 1)

    def y(risk: float) -> float:
        return round(_HEIGHT * (1 - risk / top), 1)

    at = max((point for point in points if point["coverage"] <= found["answered"] + 1e-9), default=None, key=_coverage)
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "line": " ".join(f"{x(point['coverage'])},{y(point['risk'])}" for point in points),
        "first": x(points[0]["coverage"]),
        "ticks": [{"y": y(top * part / 4), "label": _percent(top * part / 4)} for part in range(5)],
        "now": at and {"x": x(at["coverage"]), "y": y(at["risk"]), **at},
    }


def _coverage(point: Document) -> float:
    return float(point["coverage"])


# --- JUnit -----------------------------------------------------------------------------------------


def junit(run: Document) -> bytes:
    """Return a run as JUnit's XML: a suite for each set, a case for each question."""
    root = ET.Element("testsuites", _counts(run["questions"], run["timing"]["questions"]))
    for part in run["sets"]:
        cases = [
            (entry, latency_ms)
            for entry, latency_ms in zip(run["questions"], run["timing"]["questions"], strict=True)
            if entry["set"] == part["name"]
        ]
        counts = _counts([entry for entry, _ in cases], [latency_ms for _, latency_ms in cases])
        suite = ET.SubElement(root, "testsuite", {"name": visible(part["name"])} | counts)
        for entry, latency_ms in cases:
            suite.append(_case(entry, latency_ms))
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(entries: list[Document], latencies_ms: list[float]) -> dict[str, str]:
    return {
        "tests": str(len(entries)),
        "failures": str(sum(not entry["success"] for entry in entries)),
        "errors": "0",
        "time": f"{sum(latencies_ms) / 1000:.3f}",
    }


def _case(entry: Document, latency_ms: float) -> ET.Element:
    case = ET.Element(
        "testcase",
        {
            "classname": visible(f"{entry['set']}.{entry['language']}.{entry['style']}"),
            "name": visible(f"{entry['id']} {entry['question']}"),
            "time": f"{latency_ms / 1000:.3f}",
        },
    )
    if entry["error"]:
        error: Any = entry["error"]
        failure = ET.SubElement(case, "failure", {"type": error, "message": ERROR_CLASSES[error]})
        gold = [f"gold: {gold['quote']}" for gold in entry["gold"]]
        missing = [f"does not say: {' or '.join(said)}" for said in entry["missing"]]
        failure.text = visible("\n".join([*gold, *missing, f"answer: {entry['answer']['text']}"]))
    return case
