"""Evaluation: question sets are run, and runs looked at and compared, in the same files as the command line's."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from assistant.errors import AssistantError, EvaluationError
from assistant.page.evaluation.comparing import comparison
from assistant.page.evaluation.listing import Wanted, chosen, error_name, figures, questions
from assistant.page.evaluation.measuring import IN_USE, Shelf, Step, checked, corpora, measure, own_corpus
from assistant.page.shared import Tab, hint, progress
from assistant.text import listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.evaluation.runs import Document
    from assistant.page.shared import Page

_CONCURRENT = 4
_MOST_SET_BYTES = 5_000_000
_SHOWN = 50
"""Questions that are listed at first, and more at a time."""
_STEP_S = 0.25
"""Least time between two steps of the progress bar, in seconds."""


def build_evaluation(page: Page) -> None:
    """Build the tab; call it inside a `gr.Blocks`.

    Args:
        page: What it is built with.
    """
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
        titles = listed((policy.title for policy in self.page.current().policies), self.page.language)
        return [(self.say("in_use", titles=titles), IN_USE), *((name, name) for name in corpora(self.sets))]


def _html(value: str = "", **given: Any) -> Any:
    return gr.HTML(value, apply_default_css=False, **given)


def _build_running(bench: _Bench) -> None:
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
    # The page's script presses it once there are other policies.
    bench["renew"] = gr.Button(elem_id="pa-eval-renew", elem_classes="pa-pressed-by-script")
    bench["status"] = _html(hint(say("hint")), elem_id="pa-eval-status")
    bench["uploaded"] = gr.State({})


def _build_results(bench: _Bench) -> None:
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
            bench["comparison"] = _html(hint(say("no_run")), elem_id="pa-eval-comparison")


def _wire(bench: _Bench) -> None:
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
    bench["renew"].click(partial(_renewed, bench), checking, bench.of("corpus", "run", "status"), **quiet)
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
    sets = list(bench.known_sets(uploaded))
    name = sets[0] if sets else None
    corpus, status, is_sound = _set_checked(bench, name, uploaded) if name else (IN_USE, "", False)
    if not is_sound:
        # What nobody chose is not found fault with: it is about other policies.
        told = bench.say("hint") if sets else bench.say("no_sets", folder=bench.sets)
        name, corpus, status = None, IN_USE, hint(told)
    runs = bench.shelf.names()
    return [
        gr.Dropdown(choices=sets, value=name),
        gr.Dropdown(choices=bench.corpus_choices(), value=corpus),
        gr.Button(interactive=is_sound),
        status,
        gr.Dropdown(choices=runs, value=runs[0][1] if runs else None),
        gr.Dropdown(choices=runs, value=None),
    ]


def _renewed(bench: _Bench, name: str | None, corpus: str | None, uploaded: dict[str, str]) -> tuple[Any, Any, Any]:
    """Return what there is to measure on now, and whether the set still goes with it."""
    told = _checked(bench, name, corpus, uploaded) if name else (gr.skip(), gr.skip())
    return gr.Dropdown(choices=bench.corpus_choices(), value=corpus), *told


def _set_chosen(bench: _Bench, name: str | None, uploaded: dict[str, str]) -> tuple[Any, Any, Any]:
    corpus, status, is_sound = _set_checked(bench, name, uploaded)
    return gr.Dropdown(choices=bench.corpus_choices(), value=corpus), gr.Button(interactive=is_sound), status


def _set_checked(bench: _Bench, name: str | None, uploaded: dict[str, str]) -> tuple[str, str, bool]:
    """Return what a set is about, what is to be said of it, and whether it is sound."""
    try:
        corpus = own_corpus(bench.set_of(name, uploaded), corpora(bench.sets))
        return corpus, *checked(bench.page, bench.set_of(name, uploaded), bench.corpus_of(corpus))
    except AssistantError as error:
        return IN_USE, hint(str(error), error=True), False


def _checked(bench: _Bench, name: str | None, corpus: str | None, uploaded: dict[str, str]) -> tuple[Any, str]:
    try:
        status, is_sound = checked(bench.page, bench.set_of(name, uploaded), bench.corpus_of(corpus))
    except AssistantError as error:
        status, is_sound = hint(str(error), error=True), False
    return gr.Button(interactive=is_sound), status


def _uploaded(bench: _Bench, path: str, uploaded: dict[str, str]) -> tuple[Any, ...]:
    sent = Path(path)
    if sent.stat().st_size > _MOST_SET_BYTES:
        told = bench.say("too_large", name=visible(sent.name), most=f"{_MOST_SET_BYTES / 1e6:g}")
        return uploaded, gr.skip(), gr.skip(), gr.skip(), hint(told, error=True)
    uploaded = {**uploaded, visible(sent.name): path}
    name = bench.say("uploaded", name=visible(sent.name))
    corpus, button, status = _set_chosen(bench, name, uploaded)
    return uploaded, gr.Dropdown(choices=list(bench.known_sets(uploaded)), value=name), corpus, button, status


def _run(bench: _Bench, name: str | None, corpus: str | None, uploaded: dict[str, str]) -> Iterator[list[Any]]:
    idle = [gr.Button(visible=True), gr.Button(visible=False)]
    busy = [gr.Button(visible=False), gr.Button(visible=True)]
    yield [*busy, _progress(bench, Step(done=0, total=0)), gr.skip(), gr.skip()]
    told = -_STEP_S
    try:
        for step in measure(bench.page, bench.set_of(name, uploaded), bench.corpus_of(corpus), bench.shelf.folder):
            if step.run:
                runs = bench.shelf.names()
                done = hint(bench.say("written", name=step.run, folder=bench.shelf.folder / step.run))
                yield [*idle, done, gr.Dropdown(choices=runs, value=step.run), gr.Dropdown(choices=runs)]
            elif step.done == step.total or time.monotonic() - told >= _STEP_S:
                told = time.monotonic()
                yield [*busy, _progress(bench, step), gr.skip(), gr.skip()]
    except AssistantError as error:
        yield [*idle, hint(str(error), error=True), gr.skip(), gr.skip()]


def _progress(bench: _Bench, step: Step) -> str:
    if not step.total:
        words = bench.say("opening")
    elif step.done < step.total:
        words = bench.say("asking", done=step.done, total=step.total)
    else:
        words = bench.say("computing")
    return progress(bench.say("progress"), words, step.done, step.total if step.done < step.total else 0)


def _cancelled(bench: _Bench) -> Iterator[list[Any]]:
    told = [gr.Button(visible=True), gr.Button(visible=False), hint(bench.say("cancelled"))]
    yield told
    # A step of the run that was on its way comes after that, and would be the last word.
    time.sleep(2 * _STEP_S)
    yield told


def _opened(bench: _Bench, name: str | None, former: str | None) -> list[Any]:
    """Show a run: its figures, its questions without filters, and what has changed since the other one."""
    from assistant.evaluation.running import ERROR_CLASSES

    if not name:
        none = hint(bench.say("no_run"))
        return [none, *[gr.skip()] * 5, none, gr.Button(visible=False), none]
    page = bench.page
    try:
        run = bench.shelf.open(name)
        with _reading(name):
            shown_figures = figures(page, run)
            listed, more = _list(page, run, Wanted(), _SHOWN)
            values = {key: list(run["figures"][key]) for key in ("language", "style")}
    except AssistantError as error:
        told = hint(str(error), error=True)
        return [told, *[gr.skip()] * 5, told, gr.Button(visible=False), ""]
    everything = (bench.say("all"), "")
    results = [(bench.say(key), key) for key in ("right", "wrong")]
    results += [(error_name(page, error), error) for error in ERROR_CLASSES]
    return [
        shown_figures,
        gr.Dropdown(choices=[everything, *results], value=""),
        *(gr.Dropdown(choices=[everything, *((value, value) for value in values[key])], value="") for key in values),
        "",
        _SHOWN,
        listed,
        gr.Button(visible=more),
        _compared(bench, former, name),
    ]


def _list(page: Page, run: Document, wanted: Wanted, most: int) -> tuple[str, bool]:
    return questions(page, run, wanted, most), len(chosen(run, wanted)) > most


def _listed(bench: _Bench, name: str | None, *given: Any) -> tuple[str, Any]:
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
        return hint(bench.say("choose_other" if len(bench.shelf.names()) > 1 else "no_other"))
    try:
        before, after = bench.shelf.open(former), bench.shelf.open(latter)
        with _reading(former, latter):
            return comparison(bench.page, before, after)
    except AssistantError as error:
        return hint(str(error), error=True)


@contextmanager
def _reading(*names: str) -> Iterator[None]:
    """Turn what one of some runs lacks into an error that says so: its file may have been altered."""
    from jinja2 import UndefinedError

    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, UndefinedError) as error:
        raise EvaluationError(
            f"run {' or '.join(map(repr, names))} lacks what it should have ({error}): make it again"
        ) from error
