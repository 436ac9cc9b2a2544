"""The tab that keeps the policies: what there is, adding one from a file, correcting what is known, removing."""

from __future__ import annotations

import datetime
import queue
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from assistant.corpus import read_translation
from assistant.errors import AssistantError, FileError
from assistant.imprint import said_of_itself
from assistant.keeping import (
    REMOVED,
    add_policy,
    change_policy,
    folders_of,
    left_out,
    may_change,
    remove_policy,
    restore_policy,
)
from assistant.page.shared import Tab, hint, place_link, progress, shown
from assistant.parsing import parse
from assistant.readers import FORMATS, Format, read_file
from assistant.text import shortened, visible
from assistant.translations import gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.page.shared import Page
    from assistant.policy import Policy
    from assistant.shards import Progress

_SHOWN_CLAUSES = 300
_SHOWN_LINES = 40
_LINE_CHARS = 160
_NAME_CHARS = 41
_ENDINGS = [f".{name}" for name in (*FORMATS, "htm", "markdown")]
_KEPT_S = 3_600
"""How long a file that was read waits to be added."""

# --- What there is -----------------------------------------------------------------------------


def listing(page: Page) -> str:
    """Return the policies in use as HTML: each with its size, its dates and where it came from."""
    folders = _folders(page)
    items = [_item(page, policy, folders.get(policy.id)) for policy in page.current().policies]
    for policy_id in _unused(page):
        badge = f' <span class="pa-policies-badge">{shown(page.say("policies.unused"))}</span>'
        items.append(f'<li class="pa-policies-unused"><b>{shown(policy_id)}</b>{badge}</li>')
    kept = hint(page.say("policies.kept_in", folder=page.settings.writable_dir()))
    return f'<ul class="pa-policies-list">{"".join(items)}</ul>{kept}'


def _unused(page: Page) -> dict[str, Path]:
    """Return the folders of the policies by id that came with the software and are not used."""
    with suppress(AssistantError):
        return left_out(page.settings)
    return {}


def _folders(page: Page) -> dict[str, Path]:
    """Return the folders of the policies by id; none while somebody's change of one is not finished."""
    with suppress(AssistantError):
        return folders_of(page.settings)
    return {}


def _item(page: Page, policy: Policy, folder: Path | None) -> str:
    facts = [_size(page, policy)]
    if policy.effective_date:
        facts.append(page.say("policies.effective", date=policy.effective_date))
    else:
        facts.append(page.say("policies.undated"))
    if policy.given_version:
        facts.append(page.say("policies.version", version=policy.given_version))
    facts += [policy.company, _translated(page, policy, folder)]
    badge = told = ""
    if folder is not None and not may_change(page.settings, folder):
        badge = f' <span class="pa-policies-badge">{shown(page.say("policies.shipped"))}</span>'
        if len(page.current().policies) > 1:
            told = f"<p>{shown(page.say('policies.beside'))}</p>"
    link = place_link(policy.id, policy.root.id, policy.title)
    said = " · ".join(shown(fact) for fact in facts if fact)
    return f"<li><b>{link}</b>{badge}<p>{said}</p>{told}</li>"


def _size(page: Page, policy: Policy) -> str:
    return page.say("policies.facts", clauses=f"{policy.size:,}", characters=f"{len(policy.text):,}")


def _translated(page: Page, policy: Policy, folder: Path | None) -> str:
    if policy.language != "zh" or folder is None:
        return ""
    if not policy.translations:
        return page.say("policies.untranslated")
    with suppress(AssistantError):
        missing = len({gap.clause_id for gap in gaps(policy, read_translation(folder)) if gap.kind != "orphaned"})
        return page.say("policies.partly", missing=missing) if missing else page.say("policies.translated")
    return ""


# --- A file ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was read, and is stored nowhere yet."""

    name: str
    """Name of the file."""
    format: Format
    """What it is."""
    title: str
    """Its title, as far as it has one."""
    policy: Policy
    """How it is divided."""


def taken_in(path: Path) -> Upload:
    """Read a file that was uploaded, and delete it.

    Raises:
        FileError: If it cannot be read.
        PolicyError: If it cannot be parsed.
    """
    try:
        read = read_file(path, visible(path.name))
    finally:
        # Gradio keeps what is uploaded, each in a folder of its own, until the server stops.
        with suppress(OSError):
            path.unlink(missing_ok=True)
            path.parent.rmdir()
    policy = parse(read.text, title=read.title)
    return Upload(name=visible(path.name), format=read.format, title=policy.title, policy=policy)


def explained(page: Page, error: AssistantError, name: str = "") -> str:
    """Return what went wrong in the page's language, as far as it has words for it."""
    if not isinstance(error, FileError):
        return str(error)
    said = page.say(f"policies.file_{error.reason}", **error.values)
    return f"{name}：{said}" if page.language == "zh" and name else f"{name}: {said}" if name else said


def preview(page: Page, upload: Upload) -> str:
    """Return a file that was read as HTML: how it is divided, and how it begins."""
    policy = upload.policy
    told = [
        page.say(
            "policies.read",
            name=upload.name,
            format=upload.format,
            clauses=f"{policy.size:,}",
            characters=f"{len(policy.text):,}",
        )
    ]
    if not any(clause.label or clause.kind == "heading" for clause in policy.walk()):
        told.append(page.say("policies.flat"))
    same = next((other for other in page.current().policies if other.sha256 == policy.sha256), None)
    if same:
        told.append(page.say("policies.same", title=same.title))
    lines = [line.strip() for line in policy.text.splitlines() if line.strip()][:_SHOWN_LINES]
    beginning = "".join(f"<p>{shown(shortened(line, _LINE_CHARS))}</p>" for line in lines)
    return (
        f"{''.join(hint(words) for words in told)}"
        f'<div class="pa-policies-preview"><section tabindex="0" aria-label="{escape(page.say("policies.outline"))}">'
        f"<h3>{shown(page.say('policies.outline'))}</h3>{_outline(page, policy)}</section>"
        f'<section tabindex="0" aria-label="{escape(page.say("policies.beginning"))}">'
        f"<h3>{shown(page.say('policies.beginning'))}</h3>{beginning}</section></div>"
    )


def _outline(page: Page, policy: Policy) -> str:
    rows: list[str] = []
    clauses = [clause for clause in policy.walk() if clause is not policy.root]
    for clause in clauses[:_SHOWN_CLAUSES]:
        depth = min(len(policy.path(clause.id)) - 2, 6)
        heading = " pa-policies-heading" if clause.kind == "heading" else ""
        rows.append(
            f'<li class="pa-policies-in{depth}{heading}">{shown(shortened(policy.begins(clause), _NAME_CHARS))}</li>'
        )
    if len(clauses) > _SHOWN_CLAUSES:
        rows.append(f"<li>{shown(page.say('policies.more_clauses', count=f'{len(clauses) - _SHOWN_CLAUSES:,}'))}</li>")
    return f'<ul class="pa-policies-outline">{"".join(rows)}</ul>'


# --- What is known -----------------------------------------------------------------------------

_FIELDS = ("title", "company", "effective_date", "aliases", "contact")


def known_from(title: str, company: str, date: str, aliases: str, contact: str) -> dict[str, Any]:
    """Return what was typed into the form as the metadata of a policy."""
    return {
        "title": title.strip(),
        "company": company.strip(),
        "effective_date": date.strip(),
        "aliases": tuple(name.strip() for name in re.split(r"[,，、;；\n]", aliases) if name.strip()),
        "contact": contact.strip(),
    }


def wrong(page: Page, known: dict[str, Any]) -> str:
    """Return what is wrong with what was typed into the form, and the remedy; empty if nothing is."""
    if not known["title"]:
        return page.say("policies.untitled")
    date = known["effective_date"]
    with suppress(ValueError):
        if not date or (re.fullmatch(r"\d{4}-\d\d-\d\d", date) and datetime.date.fromisoformat(date)):
            return ""
    return page.say("policies.wrong_date", date=date[:40])


def filled(policy: Policy) -> list[str]:
    """Return what is known about a policy as the form has it."""
    return [policy.title, policy.company, policy.effective_date, "，".join(policy.aliases), policy.contact]


def prefilled(upload: Upload) -> list[str]:
    """Return what a file says of itself as the form has it."""
    known = {"title": upload.title} | said_of_itself(upload.policy)
    return [known.get(name, "") for name in _FIELDS]


# --- The index ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far the index is."""

    policy: str = ""
    done: int = 0
    total: int = 0
    is_opening: bool = False


def indexed(page: Page) -> Iterator[Step]:
    """Build the index of the policies as they are now, and open them anew.

    Yields:
        How far it is, now and then.

    Raises:
        AssistantError: If it cannot be built or opened; the former one serves on.
    """
    steps: queue.Queue[Step | None] = queue.Queue()
    failed: list[AssistantError | OSError] = []

    def build() -> None:
        try:
            _build(page, lambda policy, done, total: steps.put(Step(policy=policy, done=done, total=total)))
        except (AssistantError, OSError) as error:
            failed.append(error)
        finally:
            steps.put(None)

    threading.Thread(target=build, daemon=True).start()
    yield Step()
    while (step := _latest(steps)) is not None:
        yield step
    if failed:
        raise failed[0]
    yield Step(is_opening=True)
    page.reload()


def _build(page: Page, progress: Progress) -> None:
    """Build the index, after whoever builds it now."""
    from assistant.engine import build_index

    # The models that are loaded already.
    build_index(settings=page.settings, embedders=page.current().retriever.embedders, progress=progress)


def _latest(steps: queue.Queue[Step | None]) -> Step | None:
    """Wait for a step; return the last one there is, or None at the end."""
    step = steps.get()
    with suppress(queue.Empty):
        while step is not None:
            step = steps.get_nowait()
    return step


def _progress(page: Page, step: Step) -> str:
    if step.is_opening:
        words = page.say("policies.opening")
    elif step.total:
        words = page.say("policies.indexing", policy=step.policy, done=step.done, total=step.total)
    else:
        words = page.say("policies.preparing")
    return progress(page.say("policies.progress"), words, step.done, step.total)


def applied(page: Page, done: str) -> Iterator[str]:
    """Index what was changed; yield what is to be shown as HTML, at last what was done or what went wrong."""
    try:
        for step in indexed(page):
            yield _progress(page, step)
    except (AssistantError, OSError) as error:
        yield hint(page.say("policies.not_indexed", problem=str(error)), error=True)
        return
    yield f'<p class="pa-hint pa-policies-done" role="status">{shown(done)}</p>'


# --- The tab -----------------------------------------------------------------------------------

_CONCURRENT = 2
_CORRECTING = ("old_form", "confirm", "shipped_form", "unused_form")

Updates = dict[Any, Any]
"""New values of components."""


def build_policies(page: Page) -> None:
    """Build the tab; call it inside a `gr.Blocks`.

    Args:
        page: What it is built with.
    """
    tab = _Tab(page)
    with gr.Column(elem_classes="pa-policies"):
        _html(f"<h2>{shown(tab.say('in_use'))}</h2>")
        tab["listing"] = _html(hint(tab.say("loading")), elem_id="pa-policies-listing")
        with gr.Row(elem_classes="pa-policies-parts"):
            with gr.Column(min_width=300):
                _build_adding(tab)
            with gr.Column(min_width=300):
                _build_correcting(tab)
    _wire(tab)


class _Tab(Tab):
    """The tab: its components, and what several of its callbacks show.

    Args:
        page: The page.
    """

    def __init__(self, page: Page) -> None:
        super().__init__(page, "policies")

    def fields(self, form: str) -> list[Any]:
        """Return the fields of a form: `new` or `old`."""
        return self.of(*(f"{form}_{name}" for name in _FIELDS))

    def known(self) -> dict[Any, Any]:
        """Return what tells of the policies in use, as they are now."""
        choices = [(policy.title, policy.id) for policy in self.page.current().policies]
        choices += [(f"{policy_id} ({self.say('unused')})", policy_id) for policy_id in _unused(self.page)]
        return {self["listing"]: listing(self.page), self["which"]: gr.Dropdown(choices=choices, value=None)}

    def opened(self, *names: str) -> Updates:
        """Return what shows parts of the tab."""
        return {self[name]: gr.Column(visible=True) for name in names}

    def closed(self, *names: str) -> Updates:
        """Return what hides parts of the tab."""
        return {self[name]: gr.Column(visible=False) for name in names}

    def alone(self, *names: str) -> Updates:
        """Return what shows these parts of the correcting, and hides its others."""
        return self.closed(*(name for name in _CORRECTING if name not in names)) | self.opened(*names)

    def told(self, form: str, words: str, *, error: bool = False) -> dict[Any, Any]:
        """Return a remark beside a form."""
        return {self[f"{form}_status"]: hint(words, error=error)}


def _html(value: str = "", **given: Any) -> Any:
    return gr.HTML(value, apply_default_css=False, padding=False, **given)


def _build_fields(tab: _Tab, form: str) -> None:
    said = {"effective_date": "date"}
    hints = {"effective_date": "date_hint", "aliases": "aliases_hint"}
    for name in _FIELDS:
        tab[f"{form}_{name}"] = gr.Textbox(
            label=tab.say(said.get(name, name)),
            info=tab.say(hints[name]) if name in hints else None,
            max_lines=1,
            max_length=500,
            elem_id=f"pa-policies-{form}-{name}",
        )


def _build_adding(tab: _Tab) -> None:
    _html(f"<h2>{shown(tab.say('add'))}</h2>")
    tab["file"] = gr.File(
        label=tab.say("file"), file_types=_ENDINGS, height=150, elem_id="pa-policies-file", buttons=[]
    )
    tab["preview"] = _html(elem_id="pa-policies-preview")
    tab["upload"] = gr.State(None, time_to_live=_KEPT_S)
    with gr.Column(visible=False) as tab["new_form"]:
        _build_fields(tab, "new")
        with gr.Row():
            tab["store"] = gr.Button(tab.say("store"), variant="primary", elem_id="pa-policies-store")
            tab["discard"] = gr.Button(tab.say("discard"), elem_id="pa-policies-discard")
    # Beside what was pressed last.
    tab["new_status"] = _html(hint(tab.say("add_hint")), elem_id="pa-policies-new-status")


def _build_correcting(tab: _Tab) -> None:
    _html(f"<h2>{shown(tab.say('correct'))}</h2>")
    # What there is, is asked for as the page is loaded.
    tab["which"] = gr.Dropdown([], value=None, label=tab.say("which"), elem_id="pa-policies-which")
    with gr.Column(visible=False) as tab["old_form"]:
        _build_fields(tab, "old")
        with gr.Row():
            tab["save"] = gr.Button(tab.say("save"), variant="primary", elem_id="pa-policies-save")
            tab["remove"] = gr.Button(tab.say("remove"), variant="stop", elem_id="pa-policies-remove")
    with gr.Column(visible=False) as tab["confirm"]:
        tab["sure"] = _html()
        with gr.Row():
            tab["remove_now"] = gr.Button(tab.say("remove_now"), variant="stop", elem_id="pa-policies-remove-now")
            tab["keep"] = gr.Button(tab.say("keep"), elem_id="pa-policies-keep")
    with gr.Row(visible=False) as tab["shipped_form"]:
        tab["leave_out"] = gr.Button(tab.say("leave_out"), elem_id="pa-policies-leave-out")
    with gr.Row(visible=False) as tab["unused_form"]:
        tab["restore"] = gr.Button(tab.say("restore"), variant="primary", elem_id="pa-policies-restore")
    tab["old_status"] = _html(elem_id="pa-policies-old-status")


def _wire(tab: _Tab) -> None:
    quiet: dict[str, Any] = {
        "api_visibility": "private",
        "concurrency_limit": _CONCURRENT,
        "show_progress": "hidden",
    }
    # One writer at a time.
    alone = quiet | {"concurrency_limit": 1, "concurrency_id": "pa-policies"}
    shown_of = ("listing", "which", "new_status", "old_status", "sure", *_CORRECTING)
    everything = [*tab.of(*shown_of), *tab.fields("old")]
    adding = [*tab.of("file", "new_status", "preview", "upload", "new_form"), *tab.fields("new")]
    storing = [part for part in adding if part is not tab["new_status"]] + everything
    Context.root_block.load(tab.known, None, tab.of("listing", "which"), **quiet)
    tab["file"].upload(partial(_uploaded, tab), tab["file"], adding, **quiet)
    tab["discard"].click(partial(_discarded, tab), None, adding, **quiet)
    tab["store"].click(partial(_stored, tab), [tab["upload"], *tab.fields("new")], storing, **alone)
    tab["which"].input(partial(_chosen, tab), tab["which"], everything, **quiet)
    tab["save"].click(partial(_saved, tab), [tab["which"], *tab.fields("old")], everything, **alone)
    tab["remove"].click(partial(_asked, tab), tab["which"], everything, **quiet)
    tab["keep"].click(partial(_chosen, tab), tab["which"], everything, **quiet)
    for name in ("remove_now", "leave_out"):
        tab[name].click(partial(_removed, tab), tab["which"], everything, **alone)
    tab["restore"].click(partial(_restored, tab), tab["which"], everything, **alone)


def _uploaded(tab: _Tab, path: str | None) -> Iterator[Updates]:
    if not path:
        yield tab.told("new", tab.say("nothing_read"), error=True)
        return
    cleared = {tab["file"]: None, tab["preview"]: ""}
    yield tab.told("new", tab.say("reading")) | cleared | tab.closed("new_form")
    try:
        upload = taken_in(Path(path))
    except AssistantError as error:
        yield _emptied(tab) | tab.told("new", explained(tab.page, error, visible(Path(path).name)), error=True)
        return
    yield {
        tab["new_status"]: "",
        tab["preview"]: preview(tab.page, upload),
        tab["upload"]: upload,
        **tab.opened("new_form"),
        **dict(zip(tab.fields("new"), prefilled(upload), strict=True)),
    }


def _emptied(tab: _Tab) -> Updates:
    """Return what forgets the file that was read."""
    return {tab["preview"]: "", tab["upload"]: None} | tab.closed("new_form")


def _discarded(tab: _Tab) -> Updates:
    return _emptied(tab) | tab.told("new", tab.say("discarded"))


def _stored(tab: _Tab, upload: Upload | None, *values: str) -> Iterator[Updates]:
    if upload is None:
        yield _emptied(tab) | tab.told("new", tab.say("nothing_read"), error=True)
        return
    known = known_from(*values)
    if problem := wrong(tab.page, known):
        yield tab.told("new", problem, error=True)
        return
    try:
        policy = add_policy(tab.page.settings, upload.policy.text, name=upload.name, **known)
    except AssistantError as error:
        yield tab.told("new", explained(tab.page, error), error=True)
        return
    # What was said of another policy is out of date then.
    yield _emptied(tab) | tab.alone() | {tab["old_status"]: ""}
    for words in applied(tab.page, tab.say("added", title=policy.title, id=policy.id)):
        yield {tab["new_status"]: words}
    yield tab.known()


def _policy(tab: _Tab, policy_id: str | None) -> Policy | None:
    return next((policy for policy in tab.page.current().policies if policy.id == policy_id), None)


def _chosen(tab: _Tab, policy_id: str | None) -> Updates:
    if policy_id in _unused(tab.page):
        return tab.alone("unused_form") | tab.told("old", tab.say("left_out", id=policy_id))
    policy = _policy(tab, policy_id)
    folders = _folders(tab.page)
    if policy is None or policy.id not in folders:
        return tab.alone() | tab.told("old", tab.say("gone"), error=True)
    if not may_change(tab.page.settings, folders[policy.id]):
        return tab.alone("shipped_form") | tab.told("old", tab.say("fixed", title=policy.title))
    return {
        tab["old_status"]: "",
        **tab.alone("old_form"),
        **dict(zip(tab.fields("old"), filled(policy), strict=True)),
    }


def _saved(tab: _Tab, policy_id: str | None, *values: str) -> Iterator[Updates]:
    known = known_from(*values)
    if policy_id is None or (problem := wrong(tab.page, known)):
        yield tab.told("old", problem if policy_id else tab.say("gone"), error=True)
        return
    try:
        policy = change_policy(tab.page.settings, policy_id, **known)
    except AssistantError as error:
        yield tab.told("old", str(error), error=True)
        return
    yield from _done(tab, tab.say("saved", title=policy.title))


def _done(tab: _Tab, words: str) -> Iterator[Updates]:
    """Close the form, index, and show what there is then."""
    yield tab.alone() | {tab["new_status"]: ""}
    for step in applied(tab.page, words):
        yield {tab["old_status"]: step}
    yield tab.known()


def _asked(tab: _Tab, policy_id: str | None) -> Updates:
    policy = _policy(tab, policy_id)
    if policy is None:
        return tab.told("old", tab.say("gone"), error=True)
    if len(tab.page.current().policies) < 2:
        return tab.told("old", tab.say("only", title=policy.title), error=True)
    sure = tab.say("sure", title=policy.title, folder=tab.page.settings.writable_dir() / REMOVED)
    return tab.alone("confirm") | {tab["sure"]: hint(sure)}


def _removed(tab: _Tab, policy_id: str | None) -> Iterator[Updates]:
    policy = _policy(tab, policy_id)
    if policy is None:
        yield tab.told("old", tab.say("gone"), error=True)
        return
    if len(tab.page.current().policies) < 2:
        yield tab.told("old", tab.say("only", title=policy.title), error=True)
        return
    try:
        place = remove_policy(tab.page.settings, policy.id)
    except AssistantError as error:
        yield tab.closed("confirm") | tab.told("old", str(error), error=True)
        return
    is_kept = policy.id in _unused(tab.page)
    yield from _done(tab, tab.say("left_out_now" if is_kept else "removed", title=policy.title, folder=place))


def _restored(tab: _Tab, policy_id: str | None) -> Iterator[Updates]:
    try:
        restore_policy(tab.page.settings, policy_id or "")
    except AssistantError as error:
        yield tab.alone() | tab.told("old", str(error), error=True)
        return
    yield from _done(tab, tab.say("restored", id=policy_id))
