"""What has changed from one run to another, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from assistant.page.evaluation.listing import badge, measure_title
from assistant.page.shared import hint, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.evaluation.runs import Document
    from assistant.page.shared import Page


def comparison(page: Page, former: Document, latter: Document) -> str:
    """Return what has changed from one run to another as HTML.

    Raises:
        EvaluationError: As `assistant.evaluation.comparing.compare`.
    """
    from assistant.evaluation.comparing import compare

    found = compare(former, latter)
    told = [page.say("evaluation.shared", count=found["shared"])]
    told += [
        page.say(f"evaluation.{key}", ids=_some(found[key]))
        for key in ("only_former", "only_latter", "other_gold")
        if found[key]
    ]
    drops = ", ".join(measure_title(page, name) for name in found["drops"])
    verdict = page.say("evaluation.drops", names=drops) if drops else page.say("evaluation.no_drop")
    return (
        f'<p class="pa-eval-verdict{" pa-eval-is-worse" if drops else ""}">{shown(verdict)}</p>'
        + "".join(hint(line) for line in told)
        + _differences(page, found["measures"])
        + "".join(_changes(page, key, found[key]) for key in ("worse", "better"))
        + _versions(page, found["versions"])
    )


_MOST_IDS = 20


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_MOST_IDS]) + (f" … ({len(ids)})" if len(ids) > _MOST_IDS else "")


def _differences(page: Page, measures: Document) -> str:
    """Return the table of the measures' differences; each interval is drawn, on the same scale for all."""
    names = ("measure", "former", "latter", "difference", "interval", "p", "n")
    head = "".join(f'<th scope="col">{shown(page.say(f"evaluation.{name}"))}</th>' for name in names)
    reach = max([0.05, *(abs(row[end]) for row in measures.values() for end in ("low", "high", "difference"))])

    def at(value: float) -> str:
        return f"{50 + 50 * value / reach:.2f}"

    rows = []
    for name, row in measures.items():
        drawn = (
            '<span class="pa-eval-range" aria-hidden="true"><i class="pa-eval-zero"></i>'
            f'<i class="pa-eval-line" style="left:{at(row["low"])}%;right:{at(-row["high"])}%"></i>'
            f'<i class="pa-eval-dot" style="left:{at(row["difference"])}%"></i></span>'
        )
        worse = f' <b class="pa-eval-is-worse">{shown(page.say("evaluation.dropped"))}</b>' if row["drop"] else ""
        rows.append(
            f'<tr><th scope="row">{shown(measure_title(page, name))}</th><td>{row["former"]:.3f}</td>'
            f"<td>{row['latter']:.3f}</td><td>{row['difference']:+.3f}{worse}</td>"
            f"<td>{drawn}<small>{row['low']:+.3f} … {row['high']:+.3f}</small></td>"
            f"<td>{row['p']:.3f}</td><td>{row['n']}</td></tr>"
        )
    title = escape(page.say("evaluation.compare"))
    return (
        f'<div class="pa-eval-scroll" tabindex="0" role="region" aria-label="{title}"><table class="pa-eval-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _changes(page: Page, key: str, rows: Sequence[Document]) -> str:
    title = page.say(f"evaluation.{key}", count=len(rows))
    listed = "".join(
        f'<li><span class="pa-eval-question-id">{shown(row["id"])}</span> {shown(row["question"])}'
        + (f" {badge(page, row['error'])}" if row["error"] else "")
        + "</li>"
        for row in rows
    )
    opened = " open" if rows and len(rows) <= _MOST_IDS else ""
    return f'<details class="pa-eval-changes"{opened}><summary>{shown(title)}</summary><ul>{listed}</ul></details>'


def _versions(page: Page, changes: Sequence[Document]) -> str:
    if not changes:
        return ""
    rows = "".join(
        f"<li>{shown(str(change['what']))}: {shown(str(change['former']))} → {shown(str(change['latter']))}</li>"
        for change in changes
    )
    title = page.say("evaluation.versions", count=len(changes))
    return f'<details class="pa-eval-changes"><summary>{shown(title)}</summary><ul>{rows}</ul></details>'
