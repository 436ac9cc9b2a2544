"""The lookup desk: clauses found as one types, and the answer as a reply that is ready to be sent."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import Context

from assistant.errors import AssistantError
from assistant.page.desk.finding import Filters, Topics, look_up, section_key, sections
from assistant.page.desk.replies import TONES
from assistant.page.desk.showing import card, rows
from assistant.page.shared import Tab, hint, shown
from assistant.text import visible, visible_line

if TYPE_CHECKING:
    from assistant.page.shared import Page
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause

_PAGE = 20
"""Clauses that are shown at first, and more at a time."""
_CONCURRENT = 4


def build_desk(page: Page) -> None:
    """Build the tab; call it inside a `gr.Blocks`.

    Args:
        page: What it is built with.
    """
    tab, topics = Tab(page, "desk"), Topics()
    with gr.Column(elem_classes="pa-desk-frame"), gr.Row(elem_classes="pa-desk", equal_height=False):
        with gr.Column(scale=6, min_width=320):
            _build_finding(tab, topics)
        with gr.Column(scale=5, min_width=320, elem_classes="pa-desk-reply-side"):
            _build_reply(tab)
    tab["k"], tab["answer"] = gr.State(_PAGE), gr.State(None)
    _wire(tab, topics)


def _build_finding(tab: Tab, topics: Topics) -> None:
    page, say = tab.page, tab.say
    policies, named, concepts = (update["choices"] for update in _updates(page, topics, ""))
    several = len(page.current().policies) > 1
    tab["query"] = gr.Textbox(
        label=say("query"),
        placeholder=say("placeholder"),
        elem_id="pa-desk-query",
        lines=1,
        max_lines=1,
    )
    # The page's script presses the one once nobody has typed for a moment, the other once there are other policies.
    for name in ("pause", "renew"):
        tab[name] = gr.Button(elem_id=f"pa-desk-{name}", elem_classes="pa-pressed-by-script")
    gr.HTML(_recent(page), apply_default_css=False, js_on_load="window.paRecent?.(element)")
    with gr.Row(elem_classes="pa-filters pa-desk-filters"):
        tab["policy"] = gr.Dropdown(policies, value="", label=say("policy"), visible=several, min_width=150)
        tab["section"] = gr.Dropdown(named, value="", label=say("section"), min_width=150)
        tab["topic"] = gr.Dropdown(concepts, value="", label=say("topic"), min_width=150)
        tab["ranks"] = gr.Checkbox(label=say("ranks"), elem_classes="pa-switch", min_width=120)
    tab["found"] = gr.HTML(
        hint(say("hint")), apply_default_css=False, elem_id="pa-desk-found", elem_classes="pa-desk-found-part"
    )
    tab["more"] = gr.Button(say("more"), visible=False, size="sm", elem_classes="pa-desk-found-part")


def _build_reply(tab: Tab) -> None:
    say, part = tab.say, "pa-desk-reply-part"
    tab["write"] = gr.Button(say("compose"), variant="primary", elem_id="pa-desk-compose", elem_classes=part)
    with gr.Row(elem_classes=f"pa-filters {part} pa-desk-reply-later"):
        languages = [("中文", "zh"), ("English", "en")]
        tab["language"] = gr.Radio(
            languages, value=tab.page.language, label=say("reply_language"), min_width=216, scale=0
        )
        tones = [(say(f"tone_{name}"), name) for name in TONES]
        tab["tone"] = gr.Radio(tones, value="friendly", label=say("tone"), min_width=210)
    tab["reply"] = gr.HTML(hint(say("reply_hint")), apply_default_css=False, elem_id="pa-desk-reply", elem_classes=part)


def _wire(tab: Tab, topics: Topics) -> None:
    private: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": _CONCURRENT}
    quiet = {**private, "show_progress": "hidden"}
    search, filters = partial(_search, tab.page), partial(_choices, tab.page, topics)
    query, policy, k, more = tab.of("query", "policy", "k", "more")
    given, found = tab.of("query", "policy", "section", "topic", "ranks", "k"), tab.of("found", "more")
    chosen = tab.of("policy", "section", "topic")
    # One at a time, and after it the last one that was wanted meanwhile: the last one typed is what is shown.
    typing = [tab["pause"].click, query.submit, *(tab[name].input for name in ("section", "topic", "ranks"))]
    gr.on(typing, search, given, found, trigger_mode="always_last", **quiet)
    more.click(lambda count: count + _PAGE, k, k, **quiet).then(search, given, found, **quiet)
    policy.input(filters, policy, chosen, **quiet).then(search, given, found, **quiet)
    # Policies may have come or gone since the page was built, or while it is open.
    gr.on([Context.root_block.load, tab["renew"].click], filters, policy, chosen, **quiet)
    asked = tab.of("query", "policy", "language", "tone")
    gr.on([query.submit, tab["write"].click], partial(_compose, tab.page), asked, tab.of("answer", "reply"), **private)
    changed = [tab["language"].input, tab["tone"].input]
    gr.on(changed, partial(_rewritten, tab.page), tab.of("answer", "language", "tone"), tab["reply"], **quiet)


def _search(page: Page, query: str, *given: Any) -> tuple[str, Any]:
    policy, section, topic, ranks, k = given
    filters = Filters(policy=policy or "", section=section or "", topic=topic or "")
    found, more = _searched(page, query, filters, k, ranks=ranks)
    return found, gr.Button(visible=more)


def _compose(page: Page, query: str, policy: str | None, language: Any, tone: Any) -> tuple[Any, str]:
    if not visible(query).strip():
        return None, hint(page.say("desk.reply_hint"))
    assistant = page.current()
    if problem := refused(page, query, policy or ""):
        return None, hint(problem, error=True)
    try:
        answer = assistant.ask(query, policies=[policy] if policy else None)
    except AssistantError as error:
        return None, hint(str(error), error=True)
    # Kept for other tones and languages; of its hits a reply needs the nearest one only.
    answer = replace(answer, hits=answer.hits[:1])
    return answer, card(page, answer, assistant.policies, language, tone)


def refused(page: Page, query: str, policy_id: str) -> str:
    """Return why nothing can be looked up or answered, in the page's language; empty if it can.

    Args:
        page: The page.
        query: What was typed.
        policy_id: The policy that was chosen; empty for all.
    """
    most = page.settings.max_question_chars
    if len(query) > most:
        return page.say("desk.too_long", count=f"{len(query):,}", most=f"{most:,}")
    if policy_id and policy_id not in {policy.id for policy in page.current().policies}:
        return page.say("desk.gone")
    return ""


def _rewritten(page: Page, answer: Any, language: Any, tone: Any) -> str:
    if answer is None:
        return hint(page.say("desk.reply_hint"))
    return card(page, answer, page.current().policies, language, tone)


def _searched(page: Page, query: str, filters: Filters, k: int, *, ranks: bool) -> tuple[str, bool]:
    """Return what is found as HTML, and whether there may be more."""
    assistant = page.current()
    if not visible(query).strip() and not filters:
        return hint(page.say("desk.hint")), False
    if problem := refused(page, query, filters.policy):
        return hint(problem, error=True), False
    try:
        # One more than is shown tells whether there are more.
        found = look_up(assistant, query, filters, k + 1)
    except AssistantError as error:
        return hint(str(error), error=True), False
    if not found:
        return hint(page.say("desk.nothing")), False
    several = len(assistant.policies) > 1
    return rows(page, found[:k], ranks=ranks, several=several), len(found) > k


def _updates(page: Page, topics: Topics, policy_id: str) -> list[dict[str, Any]]:
    """Return the choices of the filters for policy, section and topic."""
    assistant = page.current()
    several = len(assistant.policies) > 1
    everything = (page.say("desk.all"), "")
    chosen = [policy for policy in assistant.policies if policy_id in ("", policy.id)]
    named = [
        (_section_name(policy, clause, several=several and not policy_id), section_key(policy, clause))
        for policy in chosen
        for clause in sections(policy)
    ]
    listed = [everything, *((visible_line(policy.title), policy.id) for policy in assistant.policies)]
    return [
        {"choices": listed},
        {"choices": [everything, *named]},
        {"choices": [everything, *_topic_choices(page, topics, policy_id if chosen else "")]},
    ]


def _choices(page: Page, topics: Topics, policy_id: str | None) -> list[Any]:
    policy_id = policy_id or ""
    known = policy_id in {policy.id for policy in page.current().policies}
    updates = _updates(page, topics, policy_id if known else "")
    values = [policy_id if known else "", "", ""]
    several = len(page.current().policies) > 1
    return [
        gr.Dropdown(value=value, visible=several or place > 0, **update)
        for place, (value, update) in enumerate(zip(values, updates, strict=True))
    ]


def _section_name(policy: Policy, clause: Clause, *, several: bool) -> str:
    name = visible_line(f"{clause.label}{clause.title}") if clause.title else policy.reference(clause.id)
    return f"{visible_line(policy.title)} › {name}" if several else name


def _topic_choices(page: Page, topics: Topics, policy_id: str) -> list[tuple[str, str]]:
    """Return the topics that occur, by kind, those that occur most first; each kind before its own."""
    assistant = page.current()
    counts = topics.of(assistant, policy_id)
    by_kind: dict[str, list[tuple[str, str]]] = {}
    concepts = {concept.id: concept for concept in assistant.retriever.analyzer.thesaurus.concepts}
    for concept_id, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        concept = concepts[concept_id]
        names = (concept.zh if page.language == "zh" else concept.en) or concept.names
        kind = page.say(f"desk.kind_{concept.kind}")
        label = page.say("desk.topic_of_kind", kind=kind, name=names[0], count=count)
        by_kind.setdefault(concept.kind, []).append((label, concept_id))
    found = []
    for kind, named in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        found.append((page.say("desk.topic_kind", kind=page.say(f"desk.kind_{kind}")), f"kind:{kind}"))
        found += named
    return found


def _recent(page: Page) -> str:
    """Return the place of the recent look-ups, which the browser keeps and fills in."""
    return (
        f'<nav class="pa-recent" data-recent="pa-desk-recent" data-field="#pa-desk-query" hidden '
        f'aria-label="{escape(page.say("desk.recent"))}"><span class="pa-recent-label">'
        f'{shown(page.say("desk.recent"))}</span><span class="pa-recent-list"></span>'
        f'<button type="button" class="pa-recent-clear">{shown(page.say("desk.clear"))}</button></nav>'
    )
