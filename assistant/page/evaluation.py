"""Evaluation: question sets are run, and runs looked at and compared, in the same files as the command line's."""

from __future__ import annotations

import datetime
import re
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, EvaluationError
from assistant.page.shared import Tab, hint, marked, place_link, progress, shown
from assistant.text import fold, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assistant.engine import Assistant
    from assistant.evaluation.runs import Document
    from assistant.evaluation.sets import Fault
    from assistant.page.shared import Page
    from assistant.policy import Policy

# --- Sets and what they are measured on ----------------------------------------------------------

IN_USE = ""
"""Name of the corpus that the page answers from, among those that can be measured on."""

_MOST_FAULTS = 100
_MOST_SET_BYTES = 5_000_000
_NAME = re.compile(r"[^\w.-]+")
_MOST_NAME_CHARS = 60


def corpora(folder: Path) -> dict[str, Path]:
    """Return the policies that sets of a folder can be measured on besides the corpus in use, by name.

    Args:
        folder: Folder of question sets; beside it may stand `policies`, with a folder for each policy, or for several,
            each in a folder of its own.
    """
    policies = folder.resolve().parent / "policies"
    names = {
        path.relative_to(policies).parts[0] for inner in ("*", "*/*") for path in policies.glob(f"{inner}/policy.toml")
    }
    return {name: policies / name for name in sorted(names)}


def own_corpus(question_set: Path, known: dict[str, Path]) -> str:
    """Return the name of what a set is about, by the rule of `assistant.evaluation.sets.corpus_of`.

    Args:
        question_set: The set.
        known: What `corpora` returns.
    """
    name = question_set.stem.split("-")[0]
    return name if name in known else IN_USE


def opened(page: Page, corpus: Path | None) -> Assistant:
    """Return the assistant in use, or one that answers from another corpus with the same models.

    Raises:
        AssistantError: As `Assistant.open`.
    """
    from assistant.engine import Assistant

    current = page.current()
    if corpus is None:
        return current
    # An index that was named is the corpus's in use: another one would replace it.
    settings = current.settings.model_copy(update={"corpus": corpus, "index_dir": None})
    retriever = current.retriever
    parts: dict[str, Any] = {"embedders": retriever.embedders, "generator": current.generator}
    return Assistant.open(settings=settings, reranker=retriever.reranker, **parts)


def checked(page: Page, question_set: Path, corpus: Path | None) -> tuple[str, bool]:
    """Return what a set holds or all that is wrong with it, as HTML, and whether it is sound.

    Args:
        page: The page.
        question_set: The file.
        corpus: Policies that it is measured on; None for the corpus in use.

    Raises:
        AssistantError: If the set or the policies cannot be read.
    """
    from assistant.evaluation.gold import GoldFinder
    from assistant.evaluation.sets import check_set

    policies = _policies(page, corpus)
    found, faults = check_set(question_set, GoldFinder(policies))
    answerable = sum(question.answerable for question in found.questions)
    counted = page.say(
        "evaluation.counted",
        count=len(found.questions),
        answerable=answerable,
        policies=("、" if page.language == "zh" else ", ").join(policy.title for policy in policies),
    )
    return (_faults(page, faults), False) if faults else (hint(counted), True)


def _policies(page: Page, corpus: Path | None) -> Sequence[Policy]:
    from assistant.corpus import open_corpus

    return page.current().policies if corpus is None else open_corpus(corpus)


def _faults(page: Page, faults: Sequence[Fault]) -> str:
    head = "".join(f"<th scope='col'>{shown(page.say(f'evaluation.{name}'))}</th>" for name in _FAULT_COLUMNS)
    rows = "".join(
        f"<tr><td>{fault.line}</td><td>{shown(fault.id)}</td>"
        f"{''.join(f'<td>{shown(words)}</td>' for words in fault.told(page.language))}</tr>"
        for fault in faults[:_MOST_FAULTS]
    )
    told = page.say("evaluation.faults", count=len(faults))
    if len(faults) > _MOST_FAULTS:
        told += page.say("evaluation.first_ones", count=_MOST_FAULTS)
    return (
        f'{hint(told, error=True)}<div class="pa-eval-scroll" tabindex="0" role="region" '
        f'aria-label="{escape(told)}"><table class="pa-eval-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


_FAULT_COLUMNS = ("fault_line", "fault_id", "fault_problem", "fault_remedy")


# --- Running -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a run is."""

    done: int
    """Questions that were asked."""
    total: int
    """Questions of the set."""
    run: str = ""
    """Name of the run's folder, once it is written."""


def measure(page: Page, question_set: Path, corpus: Path | None, folder: Path) -> Iterator[Step]:
    """Run a question set and write its report; whoever stops taking steps ends the run, and nothing is written.

    Args:
        page: The page.
        question_set: The set.
        corpus: Policies that it is measured on; None for the corpus in use.
        folder: Where runs are kept; the report gets a folder of its own in it.

    Yields:
        A step for each question, then the last one, which names the run.

    Raises:
        AssistantError: If the set is faulty, a question cannot be asked, or the report cannot be written.
    """
    from assistant.evaluation.gold import GoldFinder
    from assistant.evaluation.measures import require_packages
    from assistant.evaluation.report import check_report_folder, write_report
    from assistant.evaluation.running import ask_each
    from assistant.evaluation.runs import SetRun, document
    from assistant.evaluation.sets import read_set

    require_packages()
    started = datetime.datetime.now(datetime.UTC)
    assistant = opened(page, corpus)
    finder = GoldFinder(assistant.policies)
    found = read_set(question_set, finder)
    name = f"{_NAME.sub('_', found.name).strip('._')[:_MOST_NAME_CHARS]}-{started.astimezone():%Y%m%d-%H%M%S}"
    # What cannot be written in the end is told before minutes are spent.
    check_report_folder(folder / name)
    total = len(found.questions)
    yield Step(done=0, total=total)
    outcomes = []
    for outcome in ask_each(assistant, found, finder=finder):
        outcomes.append(outcome)
        yield Step(done=len(outcomes), total=total)
    run = SetRun(question_set=found, assistant=assistant, finder=finder, outcomes=tuple(outcomes))
    written = document([run], started=started)
    # Who has given up meanwhile finds nothing written.
    yield Step(done=total, total=total)
    write_report(folder / name, written)
    yield Step(done=total, total=total, run=name)


class Shelf:
    """The runs of a folder, those that were opened last kept in memory. Threads may share it.

    Args:
        folder: The folder, which need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: OrderedDict[tuple[str, int, int], Document] = OrderedDict()
        self._lock = threading.Lock()

    def names(self) -> list[tuple[str, str]]:
        """Return the runs, the newest first: what each is called for people, and its name."""
        from assistant.evaluation.runs import runs_in

        return [(visible(path.name), path.name) for path in runs_in(self.folder)]

    def open(self, name: str) -> Document:
        """Return the document of a run.

        Raises:
            EvaluationError: If there is no such run, or it cannot be read.
        """
        from assistant.evaluation.runs import RUN_FILE, read_run

        # A name from a browser is a name of the list, or none at all.
        if name not in {known for _, known in self.names()}:
            raise EvaluationError(f"there is no run {name!r} in {self.folder}: choose one of the list")
        path = self.folder / name / RUN_FILE
        try:
            state = path.stat()
        except OSError as error:
            raise EvaluationError(f"run {name!r} cannot be read ({error.strerror}): choose another one") from None
        key = (name, state.st_mtime_ns, state.st_size)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = read_run(path)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return found


_MOST_KEPT = 4


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what a run lacks into an error that says so: the file may have been altered."""
    from jinja2 import UndefinedError

    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, UndefinedError) as error:
        raise EvaluationError(f"run {name!r} lacks what it should have ({error}): make it again") from error


# --- Figures ---------------------------------------------------------------------------------------


def figures(page: Page, run: Document) -> str:
    """Return the figures and plots of a run as HTML: its report without the questions, in a frame without scripts."""
    from assistant.evaluation.report import figures_page

    title = escape(page.say("evaluation.figures"))
    return (
        f'<iframe class="pa-report" title="{title}" sandbox="allow-same-origin" '
        f'srcdoc="{escape(figures_page(run, page.language))}"></iframe>'
    )


# --- Questions -------------------------------------------------------------------------------------

_SHOWN = 50
"""Questions that are listed at first, and more at a time."""
_HIT_CHARS = 160


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
    listed = "".join(_question(page, entry, texts[entry["set"]], linked) for entry in found[:most])
    return f'{hint(counted)}<div class="pa-eval-questions">{listed}</div>'


def _linked(run: Document, assistant: Assistant) -> frozenset[str]:
    """Return the policies of a run that the reader shows as they were: where a place leads to is the same there."""
    current = {policy.id: policy.sha256 for policy in assistant.policies}
    ran = {(policy["id"], policy["sha256"]) for part in run["sets"] for policy in part["policies"]}
    return frozenset(policy_id for policy_id, sha256 in ran if current.get(policy_id) == sha256)


def _question(page: Page, entry: Document, texts: Document, linked: frozenset[str]) -> str:
    error = entry["error"] or "right"
    language = "" if entry["language"] == "mixed" else f' lang="{escape(entry["language"])}"'
    facts = [f"{_measure_title(page, name)} {value:.2f}" for name, value in entry["measures"].items()]
    if entry["confidence"] is not None:
        facts.append(f"{page.say('evaluation.confidence')} {entry['confidence']:.2f}")
    return (
        f'<details class="pa-eval-question"><summary>{_badge(page, error)}'
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
        lines = "\n  ".join(line.strip() for line in citation["quote"].splitlines() if line.strip())
        sign = f"[{citation['marker']}]"
        at = text.find(f"“{lines}” {sign}", place)
        if at < 0:
            continue
        state = "pa-eval-gold" if citation["gold"] else "pa-eval-no-gold"
        quote = f'<mark class="{state}">“{shown(lines)}”</mark> '
        parts += [shown(text[place:at]), quote, _place(citation, sign, linked)]
        place = at + len(lines) + len(sign) + 3
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
        ranks = "，".join(f"{leg} {rank}" for leg, rank in hit["ranks"].items())
        rows.append(
            f'<li><div class="pa-eval-where">{_place(hit, hit["reference"], linked)} <span>{shown(ranks)}</span></div>'
            f"<div>{excerpt}</div></li>"
        )
    listed = f"<ol>{''.join(rows)}</ol>" if rows else f"<p>{shown(page.say('evaluation.no_hits'))}</p>"
    title = page.say("evaluation.hits", count=len(rows))
    return f'<details class="pa-eval-hits"><summary>{shown(title)}</summary>{listed}</details>'


def _badge(page: Page, error: str) -> str:
    return f'<span class="pa-eval-badge pa-eval-is-{escape(error)}">{shown(_error_name(page, error))}</span>'


def _error_name(page: Page, error: str) -> str:
    from assistant.evaluation.report import worded

    return worded(error, page.language)


def _measure_title(page: Page, name: str) -> str:
    from assistant.evaluation.measures import MEASURES
    from assistant.evaluation.report import worded

    return worded(MEASURES[name].title, page.language)


# --- Comparing -------------------------------------------------------------------------------------


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
    drops = ", ".join(_measure_title(page, name) for name in found["drops"])
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
            f'<tr><th scope="row">{shown(_measure_title(page, name))}</th><td>{row["former"]:.3f}</td>'
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
        + (f" {_badge(page, row['error'])}" if row["error"] else "")
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


# --- The tab ---------------------------------------------------------------------------------------

_CONCURRENT = 4
_STEP_S = 0.25
"""Least time between two steps of the progress bar, in seconds."""


def build_evaluation(page: Page) -> None:
    """Build the tab; call it inside a `gr.Blocks`.

    Args:
        page: What it is built with.
    """
    import gradio as gr

    from assistant.evaluation.measures import require_packages

    try:
        require_packages()
    except EvaluationError as error:
        _html(hint(str(error), error=True))
        return
    bench = _Bench(page)
    with gr.Column(elem_classes="pa-eval"):
        _build_running(bench)
        _build_results(bench)
    _wire(bench)


class _Bench(Tab):
    """The tab: its components, and what it reads and writes.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        super().__init__(page, "evaluation")
        self.sets = page.settings.question_sets_folder()
        self.shelf = Shelf(page.settings.evaluation_runs_folder())

    def known_sets(self, uploaded: dict[str, str]) -> dict[str, Path]:
        """Return the sets that can be chosen by what each is called, those first that this browser has sent."""
        from assistant.evaluation.sets import sets_in

        sent = {self.say("uploaded", name=name): Path(path) for name, path in uploaded.items()}
        return sent | {path.name: path for path in sets_in(self.sets)}

    def set_of(self, name: str | None, uploaded: dict[str, str]) -> Path:
        """Return the file of a set that was chosen.

        Raises:
            EvaluationError: If there is none of that name.
        """
        found = self.known_sets(uploaded).get(name or "")
        if found is None:
            raise EvaluationError(self.say("no_set", name=name or ""))
        return found

    def corpus_of(self, name: str | None) -> Path | None:
        """Return the folder that was chosen to be measured on; None for the corpus in use.

        Raises:
            EvaluationError: If there is none of that name.
        """
        known = corpora(self.sets)
        if name and name not in known:
            raise EvaluationError(self.say("no_corpus", name=name))
        return known[name] if name else None

    def corpus_choices(self) -> list[tuple[str, str]]:
        """Return what can be measured on."""
        titles = ", ".join(policy.title for policy in self.page.current().policies)
        return [(self.say("in_use", titles=titles), IN_USE), *((name, name) for name in corpora(self.sets))]


def _html(value: str = "", **given: Any) -> Any:
    import gradio as gr

    return gr.HTML(value, apply_default_css=False, **given)


def _build_running(bench: _Bench) -> None:
    import gradio as gr

    say = bench.say
    with gr.Row(elem_classes="pa-filters"):
        bench["set"] = gr.Dropdown([], label=say("set"), min_width=200, elem_id="pa-eval-set")
        bench["corpus"] = gr.Dropdown(
            bench.corpus_choices(), value=IN_USE, label=say("corpus"), min_width=200, elem_id="pa-eval-corpus"
        )
        with gr.Column(min_width=180, elem_classes="pa-eval-buttons"):
            bench["run"] = gr.Button(say("run"), variant="primary", elem_id="pa-eval-run", interactive=False)
            bench["cancel"] = gr.Button(say("cancel"), visible=False, elem_id="pa-eval-cancel")
            bench["upload"] = gr.UploadButton(
                say("upload"), file_types=[".jsonl", ".csv"], size="sm", elem_id="pa-eval-upload"
            )
    bench["status"] = _html(hint(say("hint")), elem_id="pa-eval-status")
    bench["uploaded"] = gr.State({})


def _build_results(bench: _Bench) -> None:
    import gradio as gr

    say = bench.say
    with gr.Row(elem_classes="pa-filters pa-eval-which"):
        bench["chosen"] = gr.Dropdown(
            [], label=say("chosen"), info=say("kept_in", folder=bench.shelf.folder), elem_id="pa-eval-chosen"
        )
    with gr.Tabs(elem_classes="pa-eval-tabs"):
        with gr.Tab(say("figures")):
            bench["figures"] = _html(hint(say("no_run")), elem_id="pa-eval-figures")
        with gr.Tab(say("questions")):
            with gr.Row(elem_classes="pa-filters"):
                for name in ("result", "language", "style"):
                    bench[name] = gr.Dropdown([(say("all"), "")], value="", label=say(name), min_width=120)
                bench["text"] = gr.Textbox(label=say("text"), max_lines=1, min_width=160, elem_id="pa-eval-text")
            bench["questions"] = _html(hint(say("no_run")), elem_id="pa-eval-questions")
            bench["more"] = gr.Button(say("more"), visible=False, size="sm")
            bench["most"] = gr.State(_SHOWN)
        with gr.Tab(say("compare")):
            bench["former"] = gr.Dropdown(
                [], label=say("compare_with"), info=say("compare_hint"), elem_id="pa-eval-former"
            )
            bench["comparison"] = _html(elem_id="pa-eval-comparison")


def _wire(bench: _Bench) -> None:
    import gradio as gr
    from gradio.context import Context

    private: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": _CONCURRENT}
    quiet = {**private, "show_progress": "hidden"}
    # One run at a time, and no run waits for whoever looks at another.
    alone: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 1, "show_progress": "hidden"}
    checking = bench.of("set", "corpus", "uploaded")
    listing = bench.of("chosen", "result", "language", "style", "text", "most")
    Context.root_block.load(
        partial(_refreshed, bench),
        bench.of("uploaded"),
        bench.of("set", "corpus", "run", "status", "chosen", "former"),
        **quiet,
    )
    bench["set"].input(
        partial(_set_chosen, bench), bench.of("set", "uploaded"), bench.of("corpus", "run", "status"), **alone
    )
    bench["corpus"].input(partial(_checked, bench), checking, bench.of("run", "status"), **alone)
    bench["upload"].upload(
        partial(_uploaded, bench),
        bench.of("upload", "uploaded"),
        bench.of("uploaded", "set", "corpus", "run", "status"),
        **alone,
    )
    running = bench["run"].click(
        partial(_run, bench),
        checking,
        bench.of("run", "cancel", "status", "chosen", "former"),
        **{**alone, "concurrency_id": "pa-evaluation"},
    )
    bench["cancel"].click(
        partial(_cancelled, bench), None, bench.of("run", "cancel", "status"), cancels=[running], **quiet
    )
    bench["chosen"].change(
        partial(_opened, bench),
        bench.of("chosen", "former"),
        bench.of("figures", "result", "language", "style", "text", "most", "questions", "more", "comparison"),
        **private,
    )
    gr.on(
        # What is pasted or put together by an input method is a change only.
        [*(bench[name].input for name in ("result", "language", "style")), bench["text"].change],
        partial(_listed, bench),
        listing,
        bench.of("questions", "more"),
        trigger_mode="always_last",
        **quiet,
    )
    bench["more"].click(lambda most: most + _SHOWN, bench["most"], bench["most"], **quiet).then(
        partial(_listed, bench), listing, bench.of("questions", "more"), **quiet
    )
    bench["former"].input(partial(_compared, bench), bench.of("former", "chosen"), bench.of("comparison"), **private)


def _refreshed(bench: _Bench, uploaded: dict[str, str]) -> list[Any]:
    """Return what may have come or gone since the page was built: sets, policies, runs."""
    import gradio as gr

    sets = list(bench.known_sets(uploaded))
    name = sets[0] if sets else None
    corpus, button, status = _set_chosen(bench, name, uploaded) if name else (_same(), _same(), _same())
    if not sets:
        status = hint(bench.say("no_sets", folder=bench.sets))
    runs = bench.shelf.names()
    return [
        gr.Dropdown(choices=sets, value=name),
        corpus,
        button,
        status,
        gr.Dropdown(choices=runs, value=runs[0][1] if runs else None),
        gr.Dropdown(choices=runs, value=None),
    ]


def _same() -> Any:
    import gradio as gr

    return gr.skip()


def _set_chosen(bench: _Bench, name: str | None, uploaded: dict[str, str]) -> tuple[Any, Any, Any]:
    import gradio as gr

    try:
        corpus = own_corpus(bench.set_of(name, uploaded), corpora(bench.sets))
    except AssistantError as error:
        return _same(), gr.Button(interactive=False), hint(str(error), error=True)
    return gr.Dropdown(choices=bench.corpus_choices(), value=corpus), *_checked(bench, name, corpus, uploaded)


def _checked(bench: _Bench, name: str | None, corpus: str | None, uploaded: dict[str, str]) -> tuple[Any, str]:
    import gradio as gr

    try:
        status, is_sound = checked(bench.page, bench.set_of(name, uploaded), bench.corpus_of(corpus))
    except AssistantError as error:
        status, is_sound = hint(str(error), error=True), False
    return gr.Button(interactive=is_sound), status


def _uploaded(bench: _Bench, path: str, uploaded: dict[str, str]) -> tuple[Any, ...]:
    import gradio as gr

    sent = Path(path)
    if sent.stat().st_size > _MOST_SET_BYTES:
        told = bench.say("too_large", name=visible(sent.name), most=f"{_MOST_SET_BYTES / 1e6:g}")
        return uploaded, _same(), _same(), _same(), hint(told, error=True)
    uploaded = {**uploaded, visible(sent.name): path}
    name = bench.say("uploaded", name=visible(sent.name))
    corpus, button, status = _set_chosen(bench, name, uploaded)
    return uploaded, gr.Dropdown(choices=list(bench.known_sets(uploaded)), value=name), corpus, button, status


def _run(bench: _Bench, name: str | None, corpus: str | None, uploaded: dict[str, str]) -> Iterator[list[Any]]:
    import gradio as gr

    idle = [gr.Button(visible=True), gr.Button(visible=False)]
    busy = [gr.Button(visible=False), gr.Button(visible=True)]
    yield [*busy, _progress(bench, Step(done=0, total=0)), _same(), _same()]
    told = -_STEP_S
    try:
        for step in measure(bench.page, bench.set_of(name, uploaded), bench.corpus_of(corpus), bench.shelf.folder):
            if step.run:
                runs = bench.shelf.names()
                done = hint(bench.say("written", name=step.run, folder=bench.shelf.folder / step.run))
                chosen = gr.Dropdown(choices=runs, value=step.run)
                yield [*idle, done, chosen, gr.Dropdown(choices=runs)]
            elif step.done == step.total or time.monotonic() - told >= _STEP_S:
                told = time.monotonic()
                yield [*busy, _progress(bench, step), _same(), _same()]
    except AssistantError as error:
        yield [*idle, hint(str(error), error=True), _same(), _same()]


def _progress(bench: _Bench, step: Step) -> str:
    if not step.total:
        words = bench.say("opening")
    elif step.done < step.total:
        words = bench.say("asking", done=step.done, total=step.total)
    else:
        words = bench.say("computing")
    return progress(bench.say("progress"), words, step.done, step.total if step.done < step.total else 0)


def _cancelled(bench: _Bench) -> list[Any]:
    import gradio as gr

    return [gr.Button(visible=True), gr.Button(visible=False), hint(bench.say("cancelled"))]


def _opened(bench: _Bench, name: str | None, former: str | None) -> list[Any]:
    """Show a run: its figures, its questions without filters, and what has changed since the other one."""
    import gradio as gr

    from assistant.evaluation.running import ERROR_CLASSES

    if not name:
        none = hint(bench.say("no_run"))
        return [none, *[_same()] * 5, none, gr.Button(visible=False), ""]
    page = bench.page
    try:
        run = bench.shelf.open(name)
        with _reading(name):
            shown_figures = figures(page, run)
            listed, more = _list(page, run, Wanted(), _SHOWN)
            values = {key: list(run["figures"][key]) for key in ("language", "style")}
    except AssistantError as error:
        told = hint(str(error), error=True)
        return [told, *[_same()] * 5, told, gr.Button(visible=False), ""]
    everything = (bench.say("all"), "")
    results = [(bench.say(key), key) for key in ("right", "wrong")]
    results += [(_error_name(page, error), error) for error in ERROR_CLASSES]
    return [
        shown_figures,
        gr.Dropdown(choices=[everything, *results], value=""),
        *(gr.Dropdown(choices=[everything, *((value, value) for value in values[key])], value="") for key in values),
        "",
        _SHOWN,
        listed,
        gr.Button(visible=more),
        _compared(bench, former, name) if former else "",
    ]


def _list(page: Page, run: Document, wanted: Wanted, most: int) -> tuple[str, bool]:
    return questions(page, run, wanted, most), len(chosen(run, wanted)) > most


def _listed(bench: _Bench, name: str | None, *given: Any) -> tuple[str, Any]:
    import gradio as gr

    if not name:
        return hint(bench.say("no_run")), gr.Button(visible=False)
    result, language, style, text, most = given
    wanted = Wanted(result=result or "", language=language or "", style=style or "", text=text or "")
    try:
        run = bench.shelf.open(name)
        with _reading(name):
            listed, more = _list(bench.page, run, wanted, most)
    except AssistantError as error:
        return hint(str(error), error=True), gr.Button(visible=False)
    return listed, gr.Button(visible=more)


def _compared(bench: _Bench, former: str | None, latter: str | None) -> str:
    if not former or not latter:
        return ""
    try:
        before, after = bench.shelf.open(former), bench.shelf.open(latter)
        with _reading(former):
            return comparison(bench.page, before, after)
    except AssistantError as error:
        return hint(str(error), error=True)
