"""The chat: what it asks of the service, and what it is told of an answer.

The page's script keeps the conversation in its browser and sends it along with the next question. What comes from
there may be anything: it is checked, and what names no policy or clause that there is, is left out.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, get_args

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from assistant.answering.imprint import contact_of
from assistant.conversation import Turn
from assistant.page.reader import EVERYTHING
from assistant.page.shared import Page, all_words, said, shown
from assistant.server.asking import Asking, event, keep_feedback, parts_of
from assistant.server.wire import Feedback, Json, PolicyId
from assistant.text import Language, shortened, visible, visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.answering import Answer
    from assistant.engine import Assistant
    from assistant.policy import Policy
    from assistant.policy.clauses import Clause
    from assistant.retrieval.hits import Hit

_MOST_TURNS = 20
_MOST_CITED = 100
_MOST_CHARS = 20_000
_NEAREST = 3
_FOLLOW_UPS = 3
_LIKELY = 6
"""How many of the best clauses are about what was asked, as a rule."""
_EXCERPT_CHARS = 90
_TITLE_CHARS = 24
# What leads to what was cut off, such as "For instance: ".
_LAST_SENTENCE = re.compile(r"(?<=[。.?？!！])[^。.?？!！]{0,40}$")

_ClauseId = Annotated[str, Field(max_length=200)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PastTurn(_Sent):
    """What was said before, as the browser kept it."""

    question: str = Field(max_length=_MOST_CHARS)
    answer: str = Field("", max_length=_MOST_CHARS)
    query: str = Field("", max_length=_MOST_CHARS)
    citations: list[tuple[PolicyId, _ClauseId]] = Field([], max_length=_MOST_CITED)


class Question(_Sent):
    """A question of the page."""

    question: str
    history: list[PastTurn] = Field([], max_length=_MOST_TURNS)
    language: Language = "zh"


router = APIRouter(prefix="/page", include_in_schema=False)


@router.post("/ask")
async def ask(request: Request, body: Question) -> Response:
    """Answer: events `piece` with verified text, then `answer` or `error`."""
    parts = parts_of(request)
    await parts.access.count_address(request)
    assistant = parts.service.snapshot.assistant
    asking = Asking(request, EVERYTHING, body.question, history=turns(body.history, assistant), language=body.language)

    async def whole(answer: Answer) -> bytes:
        # What may be asked next is tried.
        told = await asyncio.to_thread(described, answer, asking.snapshot.assistant, body.language)
        return event("answer", told | {"id": asking.id})

    return await asking.streamed(lambda text: event("piece", {"text": visible(text)}), whole)


class Examples:
    """What may be asked first: those of the page's own questions that the policies in use answer, by language."""

    def __init__(self) -> None:
        self._answered: dict[Language, list[str]] = {}

    def take(self, assistant: Assistant) -> None:
        """Ask them all; call it where an assistant is opened, outside of the event loop."""
        self._answered = {
            language: [text for text in said("chat.examples", language).split("|") if assistant.cited(text)]
            for language in get_args(Language)
        }

    def of(self, language: Language) -> list[str]:
        """Return those of a language that are answered."""
        return self._answered.get(language, [])


@router.get("/examples")
def examples(request: Request, language: Language = "zh") -> Response:
    """List what may be asked first."""
    known: Examples = request.app.state.examples
    return Json({"examples": known.of(language)}, headers={"Cache-Control": "no-cache"})


@router.post("/feedback", status_code=204)
async def feedback(request: Request, body: Feedback) -> Response:
    """Keep what a person thought of an answer of the page."""
    await parts_of(request).access.count_address(request)
    return await keep_feedback(request, EVERYTHING, body)


def chat_html(page: Page) -> str:
    """Return the chat without a conversation, which the page's script keeps."""

    def say(key: str) -> str:
        return shown(page.say(f"chat.{key}"))

    words = shown(json.dumps(all_words("chat", page.language), ensure_ascii=False))
    longest = page.settings.max_question_chars
    return (
        f'<section class="pa-chat" aria-label="{shown(page.say("shell.chat"))}" data-words="{words}" '
        f'data-language="{page.language}">'
        f'<div class="pa-log" role="log" aria-live="off" aria-label="{say("log")}" tabindex="0"></div>'
        '<p class="pa-said" role="status"></p>'
        f'<p class="pa-too-long" id="pa-too-long" hidden></p>'
        f'<form class="pa-box"><textarea id="pa-question" rows="1" data-most="{longest}" aria-label="{say("box")}" '
        f'placeholder="{say("placeholder")}" aria-describedby="pa-too-long" enterkeyhint="send"></textarea>'
        f'<button class="pa-send" aria-label="{say("send")}" title="{say("send")}"><svg viewBox="0 0 20 20" '
        'aria-hidden="true"><path d="M10 16V4M4.5 9.5L10 4l5.5 5.5"/></svg></button>'
        f'<button type="button" class="pa-stop" aria-label="{say("stop")}" title="{say("stop")}" hidden>'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="6" y="6" width="8" height="8" rx="1"/></svg></button>'
        f'</form><div class="pa-under"><span>{say("hint")}</span><span class="pa-kept">{say("kept")}</span>'
        f'<button type="button" class="pa-quiet pa-anew" hidden>{say("anew")}</button></div></section>'
    )


def turns(past: Sequence[PastTurn], assistant: Assistant) -> list[Turn]:
    """Return a conversation as the assistant takes it, without clauses that there are not, or not any more."""
    known = {policy.id: policy for policy in assistant.policies}
    return [
        Turn(
            question=turn.question,
            answer=turn.answer,
            query=turn.query,
            citations=tuple(
                (policy_id, clause_id)
                for policy_id, clause_id in turn.citations
                if policy_id in known and clause_id in known[policy_id]
            ),
        )
        for turn in past
        if visible(turn.question).strip()
    ]


def described(answer: Answer, assistant: Assistant, language: Language) -> dict[str, Any]:
    """Return what the page shows of an answer.

    Args:
        answer: The answer.
        assistant: What it came from.
        language: Language of the page.

    Returns:
        Texts, all of which are to be shown as text. Besides those of `Answer`: `understood`, only if the question was
        taken as another; `lead`, the policy's words that lead to a quoted item, which may stand before its quote;
        `nearest`, clauses to read where the policy does not state what was asked; `contact`, where there is no answer
        and it does not tell it; `follow_ups`, what may be asked next.
    """
    reason = answer.abstained
    policies = {policy.id: policy for policy in assistant.policies}
    several = len(policies) > 1
    citations = [
        {
            "policy": citation.policy_id,
            "clause": citation.clause_id,
            "title": visible(policies[citation.policy_id].title) if several else "",
            "reference": visible(citation.reference),
            "lead": _lead(policies[citation.policy_id], citation.clause_id),
            "quote": visible(citation.quote),
            "start": citation.start,
            "end": citation.end,
            "translation": visible(citation.translation or ""),
            "language": policies[citation.policy_id].language,
        }
        for citation in answer.citations
    ]
    return {
        "question": visible(answer.question),
        "understood": visible(answer.query) if _words_of(answer.query) != _words_of(answer.question) else "",
        "query": answer.query,
        "language": answer.language,
        "text": _text(answer),
        "citations": citations,
        "abstained": reason.kind if reason else "",
        "readings": [visible(text) for text in reason.suggestions] if reason else [],
        "nearest": _nearest(answer, answer.language, several=several),
        "contact": _contact(answer, language) if reason and reason.kind != "unclear" and answer.hits else "",
        "follow_ups": follow_ups(answer, assistant, answer.language),
    }


def _lead(policy: Policy, clause_id: str) -> str:
    before = policy.lead_in(clause_id)
    return visible_line(policy.text[slice(*before)]) if before else ""


def _text(answer: Answer) -> str:
    """Return an answer's text, without the readings at its end, which the page shows to be chosen from."""
    text = visible(answer.text)
    listed = visible(" ".join(answer.abstained.suggestions)) if answer.abstained else ""
    if not listed or not text.endswith(listed):
        return text
    return _LAST_SENTENCE.sub("", text.removesuffix(listed)) or text


def follow_ups(answer: Answer, assistant: Assistant, language: Language) -> list[str]:
    """Return what may be asked after an answer: about other clauses that were found, and what else there is.

    Only what stands in the sections that the answer cites is asked about, for what else was found may be about
    anything, and only if the answer to that cites it.

    Args:
        answer: The answer.
        assistant: What it came from.
        language: Language of what is asked.
    """
    if answer.abstained:
        return []
    cited = [(citation.policy_id, citation.clause_id) for citation in answer.citations]
    told = {(policy_id, above.id) for policy_id, clause_id in cited for above in _path(answer, policy_id, clause_id)}
    of = {
        (policy_id, section)
        for policy_id, clause_id in cited
        for section in _sections(_path(answer, policy_id, clause_id))
    }
    found: list[str] = []
    for hit in answer.hits[:_LIKELY]:
        titled = next((above for above in reversed(hit.policy.path(hit.clause.id)[1:]) if above.title), None)
        if titled is None or (hit.policy.id, titled.id) in told:
            continue
        if of.isdisjoint((hit.policy.id, section) for section in _sections(hit.policy.path(titled.id))):
            continue
        told.add((hit.policy.id, titled.id))
        title = _own_title(hit.policy, titled, language)
        if not 0 < len(title) <= (1 if language == "zh" else 3) * _TITLE_CHARS:
            continue
        question = said("chat.about", language, title=title)
        if any(
            policy_id == hit.policy.id and titled in hit.policy.path(clause_id)
            for policy_id, clause_id in assistant.cited(question, history=[Turn.of(answer)])
        ):
            found.append(question)
        if len(found) == _FOLLOW_UPS - 1:
            break
    return [*found, said("chat.more", language)]


def _sections(path: Sequence[Clause]) -> set[str]:
    """Return the ids of the sections that a clause is in, by the way to it: the first with a title below the root.

    One without others in it stands beside those of its kind: it is in the whole, too.
    """
    titled = [clause.id for clause in path[1:] if clause.title]
    return {*titled[:1], path[0].id} if len(titled) == 1 else set(titled[:1])


def _own_title(policy: Policy, clause: Clause, language: Language) -> str:
    """Return the title of a clause in a language; empty if it is not known in it, or that of another clause, too."""
    title = visible(policy.title_in(clause, language))
    own = _words_of(clause.title)
    return "" if sum(_words_of(other.title) == own for other in policy.walk()) > 1 else title


def _path(answer: Answer, policy_id: str, clause_id: str) -> Sequence[Clause]:
    policy = next((hit.policy for hit in answer.hits if hit.policy.id == policy_id), None)
    return policy.path(clause_id) if policy else ()


def _nearest(answer: Answer, language: Language, *, several: bool) -> list[dict[str, Any]]:
    """Return the clauses to read where the policy does not state what was asked."""
    if answer.abstained is None or answer.abstained.kind != "not_stated" or not answer.hits:
        return []
    # What it mentions nowhere is in none of them.
    count = 1 if answer.hits[0].evidence.unmentioned else _NEAREST
    return [
        {
            "policy": hit.policy.id,
            "clause": hit.clause.id,
            "title": visible(hit.policy.title) if several else "",
            "reference": visible(hit.reference),
            "excerpt": shortened(visible(hit.policy.text[hit.start : hit.end]), hit.policy.chars(_EXCERPT_CHARS)),
            "translation": shortened(visible(_english(hit)), 3 * _EXCERPT_CHARS) if language == "en" else "",
            "language": hit.policy.language,
        }
        for hit in answer.hits[:count]
    ]


def _english(hit: Hit) -> str:
    return hit.policy.translation(hit.start, hit.end) or ""


def _contact(answer: Answer, language: Language) -> str:
    """Return whom to turn to, unless the answer says so: whom the policy names that came nearest, and no other one."""
    policy = answer.hits[0].policy
    contact = contact_of(policy)
    if not contact or contact in answer.text:
        return ""
    told = "chat.contact" if policy.company else "chat.contact_alone"
    return visible(said(told, language, company=policy.company, contact=contact))


def _words_of(text: str) -> str:
    return "".join(char for char in visible(text).casefold() if char.isalnum())
