"""A run as HTML: its figures, and its questions, each with its answer beside its gold."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from assistant.answering.wording import marked_quote
from assistant.page.shared import hint, marked, place_link, shown
from assistant.text import fold, listed, visible

if TYPE_CHECKING:
    from assistant.engine import Assistant
    from assistant.evaluation.runs import Document
    from assistant.page.shared import Page

_HIT_CHARS = 160


def figures(page: Page, run: Document) -> str:
    """Return the figures and plots of a run as HTML: its report without the questions, in a frame without scripts."""
    from assistant.evaluation.report import figures_page

    title = escape(page.say("evaluation.figures"))
    return (
        f'<iframe class="pa-report" title="{title}" sandbox="allow-same-origin" '
        f'srcdoc="{escape(figures_page(run, page.language))}"></iframe>'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which questions of a run are listed; empty for all."""

    result: str = ""
    """`right`, `wrong`, or a class of errors."""
    language: str = ""
    """Language of the question."""
    style: str = ""
    """Kind of question."""
    text: str = ""
    """Words that its id, question, answer or gold holds."""


def chosen(run: Document, wanted: Wanted) -> list[Document]:
    """Return the questions of a run that are wanted, those that went wrong first."""
    words = fold(visible(wanted.text)).split()

    def fits(entry: Document) -> bool:
        if wanted.result and wanted.result not in (entry["error"] or "right", "" if entry["success"] else "wrong"):
            return False
        if any(
            value and entry[key] != value for key, value in (("language", wanted.language), ("style", wanted.style))
        ):
            return False
        texts = (entry["id"], entry["question"], entry["answer"]["text"], *(gold["quote"] for gold in entry["gold"]))
        held = fold(" ".join(texts)) if words else ""
        return all(word in held for word in words)

    return sorted(filter(fits, run["questions"]), key=lambda entry: bool(entry["success"]))


def questions(page: Page, run: Document, wanted: Wanted, most: int) -> str:
    """Return the questions of a run as HTML, each with its answer beside its gold, to be unfolded.

    Args:
        page: The page.
        run: The run.
        wanted: Which questions.
        most: Largest number of questions.
    """
    found = chosen(run, wanted)
    texts = {part["name"]: part["hit_texts"] for part in run["sets"]}
    linked = _linked(run, page.current())
    counted = page.say("evaluation.listed", count=min(most, len(found)), of=len(found), all=len(run["questions"]))
    unfolded = "".join(_question(page, entry, texts[entry["set"]], linked) for entry in found[:most])
    return f'{hint(counted)}<div class="pa-eval-questions">{unfolded}</div>'


def _linked(run: Document, assistant: Assistant) -> frozenset[str]:
    """Return the policies of a run that the reader shows as they were: where a place leads to is the same there."""
    current = {policy.id: policy.sha256 for policy in assistant.policies}
    ran = {(policy["id"], policy["sha256"]) for part in run["sets"] for policy in part["policies"]}
    return frozenset(policy_id for policy_id, sha256 in ran if current.get(policy_id) == sha256)


def _question(page: Page, entry: Document, texts: Document, linked: frozenset[str]) -> str:
    error = entry["error"] or "right"
    language = "" if entry["language"] == "mixed" else f' lang="{escape(entry["language"])}"'
    facts = [f"{measure_title(page, name)} {value:.2f}" for name, value in entry["measures"].items()]
    if entry["confidence"] is not None:
        facts.append(f"{page.say('evaluation.confidence')} {entry['confidence']:.2f}")
    return (
        f'<details class="pa-eval-question"><summary>{badge(page, error)}'
        f'<span class="pa-eval-question-id">{shown(entry["id"])}</span><span class="pa-eval-asked"{language}>'
        f'{shown(entry["question"])}</span><span class="pa-eval-question-kind">{shown(entry["language"])} · '
        f"{shown(entry['style'])}</span></summary>"
        f'<div class="pa-eval-beside"><div>{_said(page, entry)}{_answer(page, entry, linked)}{_missing(page, entry)}'
        f"</div><div>{_gold(page, entry, linked)}</div>"
        f'<div class="pa-eval-whole">{_hits(page, entry, texts, linked)}'
        f'<p class="pa-eval-facts">{shown(" · ".join(facts))}</p>'
        "</div></div></details>"
    )


def _title(words: str) -> str:
    return f'<h2 class="pa-eval-part">{shown(words)}</h2>'


def _said(page: Page, entry: Document) -> str:
    turns = "".join(f'<p class="pa-eval-quoted">{shown(turn["question"])}</p>' for turn in entry.get("history", ()))
    return f"{_title(page.say('evaluation.history'))}{turns}" if turns else ""


def _answer(page: Page, entry: Document, linked: frozenset[str]) -> str:
    """Return the answer with its quotes marked by whether they are gold, each with its place."""
    answer = entry["answer"]
    reason = answer["abstained"]
    title = page.say("evaluation.refused", kind=reason["kind"]) if reason else page.say("evaluation.answer")
    text, place, parts = answer["text"], 0, []
    for citation in answer["citations"]:
        printed = marked_quote(citation["quote"], citation["marker"])
        at = text.find(printed, place)
        if at < 0:
            continue
        state = "pa-eval-gold" if citation["gold"] else "pa-eval-no-gold"
        quote, _, sign = printed.rpartition(" ")
        mark = f'<mark class="{state}">{shown(quote)}</mark> '
        parts += [shown(text[place:at]), mark, _place(citation, sign, linked)]
        place = at + len(printed)
    parts.append(shown(text[place:]))
    state = "pa-eval-answer pa-eval-answer-refused" if reason else "pa-eval-answer"
    key = f'<p class="pa-eval-key">{page.say("evaluation.key")}</p>' if answer["citations"] else ""
    return f'{_title(title)}<div class="{state}">{"".join(parts)}</div>{key}'


def _place(where: Document, words: str, linked: frozenset[str]) -> str:
    if where["policy_id"] not in linked:
        return shown(words)
    return place_link(where["policy_id"], where["clause_id"], words, (int(where["start"]), int(where["end"])))


def _missing(page: Page, entry: Document) -> str:
    said = "".join(f'<p class="pa-eval-quoted">{shown(" / ".join(words))}</p>' for words in entry["missing"])
    return f"{_title(page.say('evaluation.missing'))}{said}" if said else ""


def _gold(page: Page, entry: Document, linked: frozenset[str]) -> str:
    parts = []
    for number, gold in enumerate(entry["gold"], 1):
        quote = f" {page.say('evaluation.or')} ".join(f"“{text}”" for text in (gold["quote"], *gold["alternatives"]))
        places = {(place["policy_id"], place["start"]): place for place in gold["places"]}
        where = "; ".join(_place(place, place["reference"], linked) for place in places.values())
        state = page.say("evaluation.cited" if gold["cited"] else "evaluation.not_cited")
        rank = page.say("evaluation.hit", rank=gold["rank"]) if gold["rank"] else page.say("evaluation.no_hit")
        parts.append(
            f'<div class="pa-eval-quoted"><span class="pa-eval-number">{number}</span><mark class="'
            f'{"pa-eval-gold" if gold["cited"] else "pa-eval-lost"}">{shown(quote)}</mark>'
            f'<div class="pa-eval-where">{where} · {shown(state)} · {shown(rank)}</div></div>'
        )
    found = "".join(parts) or f'<p class="pa-eval-quoted">{shown(page.say("evaluation.no_gold"))}</p>'
    return f"{_title(page.say('evaluation.gold'))}{found}"


def _hits(page: Page, entry: Document, texts: Document, linked: frozenset[str]) -> str:
    """Return the hits, the gold that they hold marked in them."""
    golden = [place for gold in entry["gold"] for place in gold["places"]]
    rows = []
    for hit in entry["answer"]["hits"]:
        text = texts[hit["policy_id"]][hit["clause_id"]]
        marks = sorted(
            (max(place["start"], hit["start"]) - hit["start"], min(place["end"], hit["end"]) - hit["start"])
            for place in golden
            if place["policy_id"] == hit["policy_id"] and place["start"] < hit["end"] and hit["start"] < place["end"]
        )
        # The gold of a long clause is to be seen.
        first = max(0, min(marks[0][0] - _HIT_CHARS // 4, len(text) - _HIT_CHARS)) if marks else 0
        last = min(len(text), first + _HIT_CHARS)
        excerpt = ("… " if first else "") + marked(text, first, last, marks) + (" …" if last < len(text) else "")
        ranks = listed((f"{leg} {rank}" for leg, rank in hit["ranks"].items()), page.language)
        rows.append(
            f'<li><div class="pa-eval-where">{_place(hit, hit["reference"], linked)} <span>{shown(ranks)}</span></div>'
            f"<div>{excerpt}</div></li>"
        )
    found = f"<ol>{''.join(rows)}</ol>" if rows else f"<p>{shown(page.say('evaluation.no_hits'))}</p>"
    title = page.say("evaluation.hits", count=len(rows))
    return f'<details class="pa-eval-hits"><summary>{shown(title)}</summary>{found}</details>'


def badge(page: Page, error: str) -> str:
    """Return a class of errors, or `right`, as HTML."""
    return f'<span class="pa-eval-badge pa-eval-is-{escape(error)}">{shown(error_name(page, error))}</span>'


def error_name(page: Page, error: str) -> str:
    """Return what a class of errors is called in the page's language."""
    from assistant.evaluation.report import worded

    return worded(error, page.language)


def measure_title(page: Page, name: str) -> str:
    """Return what a measure is called in the page's language."""
    from assistant.evaluation.measures import MEASURES
    from assistant.evaluation.report import worded

    return worded(MEASURES[name].title, page.language)
