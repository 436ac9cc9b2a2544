"""The tab that keeps the policies: what there is, adding one from a file, correcting what is known, removing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from assistant.corpus.keeping import (
    REMOVED,
    add_policy,
    change_policy,
    may_change,
    remove_policy,
    restore_policy,
    update_policy,
)
from assistant.errors import AssistantError
from assistant.page.policies.forms import FIELDS, filled, known_from, prefilled, renewed, wrong
from assistant.page.policies.indexing import applied
from assistant.page.policies.listing import folders_in_use, listing, unused
from assistant.page.policies.uploads import Upload, explained, preview, taken_in
from assistant.page.shared import Tab, hint, shown
from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.page.shared import Page
    from assistant.policy import Policy

_KEPT_S = 3_600
"""How long a file that was read waits to be added."""
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
        return self.of(*(f"{form}_{name}" for name in FIELDS))

    def known(self) -> dict[Any, Any]:
        """Return what tells of the policies in use, as they are now."""
        choices = [(policy.title, policy.id) for policy in self.page.current().policies]
        choices += [(f"{policy_id} ({self.say('unused')})", policy_id) for policy_id in unused(self.page)]
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
    for name in FIELDS:
        tab[f"{form}_{name}"] = gr.Textbox(
            label=tab.say(said.get(name, name)),
            info=tab.say(hints[name]) if name in hints else None,
            max_lines=1,
            max_length=500,
            elem_id=f"pa-policies-{form}-{name}",
        )


def _build_adding(tab: _Tab) -> None:
    _html(f"<h2>{shown(tab.say('add'))}</h2>")
    # Of any type: what cannot be read is refused with the remedy, in the page's language.
    tab["file"] = gr.File(label=tab.say("file"), height=150, elem_id="pa-policies-file", buttons=[])
    tab["preview"] = _html(elem_id="pa-policies-preview")
    tab["upload"] = gr.State(None, time_to_live=_KEPT_S)
    with gr.Column(visible=False) as tab["new_form"]:
        tab["place"] = gr.Dropdown([], value=None, label=tab.say("place"), elem_id="pa-policies-place")
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
    adding = [*tab.of("file", "new_status", "preview", "upload", "new_form", "place"), *tab.fields("new")]
    storing = [part for part in adding if part is not tab["new_status"]] + everything
    Context.root_block.load(tab.known, None, tab.of("listing", "which"), **quiet)
    tab["file"].upload(partial(_uploaded, tab), tab["file"], adding, **quiet)
    tab["discard"].click(partial(_discarded, tab), None, adding, **quiet)
    tab["place"].input(partial(_placed, tab), tab.of("upload", "place"), tab.fields("new"), **quiet)
    tab["store"].click(partial(_stored, tab), [*tab.of("upload", "place"), *tab.fields("new")], storing, **alone)
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
    own = _own(tab)
    places = [(tab.say("place_new"), ""), *((tab.say("place_of", title=each.title), each.id) for each in own)]
    # Under a title that is there already it is most likely a new version.
    place = next((each.id for each in own if each.title.casefold() == upload.title.casefold()), "")
    yield {
        tab["new_status"]: "",
        tab["preview"]: preview(tab.page, upload),
        tab["upload"]: upload,
        tab["place"]: gr.Dropdown(choices=places, value=place, visible=bool(own)),
        **tab.opened("new_form"),
        **_placed(tab, upload, place),
    }


def _own(tab: _Tab) -> list[Policy]:
    """Return the policies in use that may be changed."""
    folders, settings = folders_in_use(tab.page), tab.page.settings
    policies = tab.page.current().policies
    return [each for each in policies if each.id in folders and may_change(settings, folders[each.id])]


def _placed(tab: _Tab, upload: Upload | None, place: str | None) -> Updates:
    """Return what is known of a file as a policy of its own, or as the new version of another."""
    if upload is None:
        return dict.fromkeys(tab.fields("new"), gr.skip())
    former = _policy(tab, place) if place else None
    known = renewed(tab.page, former, upload) if former else prefilled(upload)
    return dict(zip(tab.fields("new"), known, strict=True))


def _emptied(tab: _Tab) -> Updates:
    """Return what forgets the file that was read."""
    return {tab["preview"]: "", tab["upload"]: None} | tab.closed("new_form")


def _discarded(tab: _Tab) -> Updates:
    return _emptied(tab) | tab.told("new", tab.say("discarded"))


def _stored(tab: _Tab, upload: Upload | None, place: str | None, *values: str) -> Iterator[Updates]:
    if upload is None:
        yield _emptied(tab) | tab.told("new", tab.say("nothing_read"), error=True)
        return
    known = known_from(*values)
    if problem := wrong(tab.page, known):
        yield tab.told("new", problem, error=True)
        return
    try:
        if place:
            policy, kept = update_policy(tab.page.settings, place, upload.policy.text, **known)
            done = tab.say("updated", title=policy.title, folder=kept)
        else:
            policy = add_policy(tab.page.settings, upload.policy.text, name=upload.name, **known)
            done = tab.say("added", title=policy.title, id=policy.id)
    except AssistantError as error:
        yield tab.told("new", explained(tab.page, error), error=True)
        return
    # What was said of another policy is out of date then.
    yield _emptied(tab) | tab.alone() | {tab["old_status"]: ""}
    for words in applied(tab.page, done):
        yield {tab["new_status"]: words}
    yield tab.known()


def _policy(tab: _Tab, policy_id: str | None) -> Policy | None:
    return next((policy for policy in tab.page.current().policies if policy.id == policy_id), None)


def _chosen(tab: _Tab, policy_id: str | None) -> Updates:
    if policy_id in unused(tab.page):
        return tab.alone("unused_form") | tab.told("old", tab.say("left_out", id=policy_id))
    policy = _policy(tab, policy_id)
    folders = folders_in_use(tab.page)
    if policy is None or policy.id not in folders:
        return tab.alone() | tab.told("old", tab.say("gone"), error=True)
    if not may_change(tab.page.settings, folders[policy.id]):
        return tab.alone("shipped_form") | tab.told("old", tab.say("fixed", title=policy.title))
    return {
        tab["old_status"]: "",
        **tab.alone("old_form"),
        **dict(zip(tab.fields("old"), filled(tab.page, policy), strict=True)),
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


def _removable(tab: _Tab, policy_id: str | None) -> tuple[Policy | None, str]:
    """Return a policy that may be removed; or None, and why there is none."""
    policy = _policy(tab, policy_id)
    if policy is None:
        return None, tab.say("gone")
    if len(tab.page.current().policies) < 2:
        return None, tab.say("only", title=policy.title)
    return policy, ""


def _asked(tab: _Tab, policy_id: str | None) -> Updates:
    policy, problem = _removable(tab, policy_id)
    if policy is None:
        return tab.told("old", problem, error=True)
    sure = tab.say("sure", title=policy.title, folder=tab.page.settings.writable_dir() / REMOVED)
    return tab.alone("confirm") | {tab["sure"]: hint(sure)}


def _removed(tab: _Tab, policy_id: str | None) -> Iterator[Updates]:
    policy, problem = _removable(tab, policy_id)
    if policy is None:
        yield tab.told("old", problem, error=True)
        return
    try:
        place = remove_policy(tab.page.settings, policy.id)
    except AssistantError as error:
        yield tab.closed("confirm") | tab.told("old", str(error), error=True)
        return
    told = "left_out_now" if policy.id in unused(tab.page) else "removed"
    yield from _done(tab, tab.say(told, title=policy.title, folder=place))


def _restored(tab: _Tab, policy_id: str | None) -> Iterator[Updates]:
    try:
        restore_policy(tab.page.settings, policy_id or "")
    except AssistantError as error:
        yield tab.alone() | tab.told("old", str(error), error=True)
        return
    yield from _done(tab, tab.say("restored", id=policy_id))
