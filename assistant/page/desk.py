"""The lookup desk: clauses found as one types, and the answer as a reply that is ready to be sent."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from assistant.errors import AssistantError
from assistant.imprint import contact_of
from assistant.page.shared import hint, marked, place_link, said, shown
from assistant.text import LATIN_WORD, fold, has_han, sentences, simplified, stem, visible, visible_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.answering import Answer
    from assistant.citing import Citation
    from assistant.engine import Assistant
    from assistant.page.shared import Page
    from assistant.policy import Clause, Policy
    from assistant.refusing import Reason
    from assistant.retrieval import Hit
    from assistant.shards import Analyzer, Shard
    from assistant.text import Language, Span

Tone = Literal["plain", "friendly", "formal"]
"""How a reply greets and closes."""
Format = Literal["text", "markdown"]
"""How a reply is written."""

TONES: tuple[Tone, ...] = ("plain", "friendly", "formal")

# --- Looking up --------------------------------------------------------------------------------

_PAGE = 20
"""Clauses that are shown at first, and more at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a look-up is limited to; empty for no limit."""

    policy: str = ""
    """Id of a policy."""
    section: str = ""
    """Policy and top-level clause, as `section_key` names them."""
    topic: str = ""
    """A concept of the thesaurus, such as `phone_number`, or a kind of them, such as `kind:right`."""

    def __bool__(self) -> bool:
        """Say whether there is a limit at all."""
        return bool(self.policy or self.section or self.topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A clause that was looked up."""

    policy: Policy
    """The policy."""
    clause: Clause
    """The clause."""
    start: int
    """First code point of what is shown: the clause's own text, or a short list whole."""
    end: int
    """Its end."""
    best: Span
    """The sentence that is closest to the query; the first one without a query."""
    marks: tuple[Span, ...] = ()
    """Places in the policy's text, in order, of what the query names in words or concepts."""
    ranks: Mapping[str, int] = field(default_factory=dict)
    """Rank in each leg that found it, from 1; empty without a query."""
    score: float | None = None
    """As of `assistant.retrieval.Hit`; None without a query."""

    @property
    def reference(self) -> str:
        """The words a person can find the clause by."""
        return self.policy.reference(self.clause.id)

    @property
    def text(self) -> str:
        """What is shown."""
        return self.policy.text[self.start : self.end]


def look_up(assistant: Assistant, query: str, filters: Filters, k: int) -> tuple[Found, ...]:
    """Return clauses for a query, best first; without a query all that pass the filters, in the order of the text.

    Args:
        assistant: What is searched.
        query: Words or a question, Chinese or English; may be blank.
        filters: Limits.
        k: Largest number of clauses.

    Returns:
        At most `k` clauses; none if neither a query nor a filter is given.

    Raises:
        QuestionError: If the query is too long, or there is no such policy.
    """
    asked = visible(query).strip()
    scope = [filters.policy] if filters.policy else None
    if not asked and not filters:
        return ()
    analyzer = assistant.retriever.analyzer
    passes = _test(filters, analyzer)
    if asked:
        # What is filtered out must not take the place of what is not.
        shards = assistant.retriever.index.shards.values()
        everything = max(k, sum(len(shard.passages) for shard in shards))
        hits = assistant.search(asked, k=everything if filters.section or filters.topic else k, policies=scope)
        found: Iterable[Found] = map(_of_hit, hits)
    else:
        policies = [assistant.policy(filters.policy)] if filters.policy else assistant.policies
        found = (part for policy in policies for part in _all_of(assistant, policy))
    kept = [part for part in found if passes(part)][:k]
    terms = _Terms(asked, assistant, scope or [policy.id for policy in assistant.policies])
    return tuple(replace(part, marks=tuple(terms.marks(part.policy.text, part.start, part.end))) for part in kept)


def _of_hit(hit: Hit) -> Found:
    scores = hit.sentence_scores
    best = hit.passage.sentences[max(range(len(scores)), key=scores.__getitem__)] if scores else (hit.start, hit.end)
    return Found(
        policy=hit.policy,
        clause=hit.clause,
        start=hit.start,
        end=hit.end,
        best=best,
        ranks=dict(hit.ranks),
        score=hit.score,
    )


def _all_of(assistant: Assistant, policy: Policy) -> Iterator[Found]:
    for passage in assistant.retriever.index.shards[policy.id].passages:
        clause = policy[passage.clause_id]
        best = passage.sentences[0]
        yield Found(policy=policy, clause=clause, start=passage.start, end=passage.end, best=best)


def _test(filters: Filters, analyzer: Analyzer) -> Any:
    """Return what says whether a clause passes the filters for section and topic."""
    policy_id, _, clause_id = filters.section.rpartition("#")
    kind = filters.topic.removeprefix("kind:") if filters.topic.startswith("kind:") else ""
    kinds = {concept.id: concept.kind for concept in analyzer.thesaurus.concepts}

    def passes(found: Found) -> bool:
        if filters.section:
            within = found.policy.id == policy_id and any(
                above.id == clause_id for above in found.policy.path(found.clause.id)
            )
            if not within:
                return False
        if not filters.topic:
            return True
        named = analyzer.thesaurus.named_in(found.text)
        return any(kinds[name] == kind for name in named) if kind else filters.topic in named

    return passes


class _Terms:
    """What a query names: its words, and the concepts that a clause may name in other words.

    What stands in most clauses tells none from another and is not marked, unless there is nothing else.

    Args:
        query: The query; may be empty.
        assistant: What is searched.
        policies: Ids of the policies that are searched.
    """

    def __init__(self, query: str, assistant: Assistant, policies: Sequence[str]) -> None:
        analyzer = assistant.retriever.analyzer
        self._thesaurus = analyzer.thesaurus
        named = analyzer.named(query) if query else {}
        concepts = dict(zip(named, self._thesaurus.named_in(query), strict=True)) if query else {}
        tokens = list(dict.fromkeys(analyzer.tokens(query))) if query else []
        shards = [assistant.retriever.index.shards[policy_id] for policy_id in policies]
        tokens = [token for token in tokens if _share(shards, token) < _COMMON] or tokens
        words = [token for token in tokens if token not in concepts]
        self._concepts = {concepts[token] for token in tokens if token in concepts}
        # Of a single character only who asks for nothing else means it.
        self._han = sorted({word for word in words if has_han(word) and (len(word) > 1 or len(words) == 1)})
        self._latin = {word for word in words if not has_han(word)}

    def marks(self, text: str, start: int, end: int) -> list[Span]:
        """Return the places in `text[start:end]` of what the query names, in order, none touching another."""
        part = text[start:end]
        plain = simplified(part)
        # Offsets must stay: the few texts that change their length are searched as they are.
        folded = fold(plain if len(plain) == len(part) else part)
        spans = [(a, b) for a, b, ids in self._thesaurus.find(folded) if self._concepts.intersection(ids)]
        spans += [match.span() for word in self._han for match in re.finditer(re.escape(word), folded)]
        if self._latin:
            spans += [m.span() for m in LATIN_WORD.finditer(folded) if m[0] in self._latin or stem(m[0]) in self._latin]
        joined: list[Span] = []
        for left, right in sorted(spans):
            if joined and left <= joined[-1][1] - start:
                joined[-1] = (joined[-1][0], max(joined[-1][1], right + start))
            else:
                joined.append((left + start, right + start))
        return joined


def _share(shards: Sequence[Shard], token: str) -> float:
    """Return the share of the passages that hold a token."""
    held = sum(int((shard.bm25.get_scores([token])[shard.firsts] > 0).sum()) for shard in shards)
    return held / (sum(len(shard.passages) for shard in shards) or 1)


_COMMON = 1 / 3


def section_key(policy: Policy, clause: Clause) -> str:
    """Return what names a section among those of all policies."""
    return f"{policy.id}#{clause.id}"


def sections(policy: Policy) -> tuple[Clause, ...]:
    """Return the top-level clauses of a policy that hold something to be found, in the order of the text."""
    level = policy.root.children
    # Of a policy whose title is a heading above everything, what stands below it.
    while len(level) == 1 and level[0].children:
        level = level[0].children
    return tuple(clause for clause in level if clause.kind != "contents")


class Topics:
    """The concepts that policies name, each policy read once.

    Belongs to one page; threads may share it.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    def of(self, assistant: Assistant, policy_id: str = "") -> dict[str, int]:
        """Return in how many clauses of a policy, or of all, each concept is named that occurs at all.

        Raises:
            QuestionError: If there is no such policy.
        """
        thesaurus = assistant.retriever.analyzer.thesaurus
        policies = [assistant.policy(policy_id)] if policy_id else assistant.policies
        total: Counter[str] = Counter()
        fresh = {}
        for policy in policies:
            key = (policy.sha256, thesaurus.identity)
            counts = self._counts.get(key)
            if counts is None:
                counts = Counter(
                    concept
                    for passage in assistant.retriever.index.shards[policy.id].passages
                    for concept in thesaurus.named_in(policy.text[passage.start : passage.end])
                )
            fresh[key] = counts
            total += counts
        if not policy_id:
            # Those of policies that are gone are forgotten.
            self._counts = fresh
        return dict(total)


# --- Replies -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A verified statement of a reply."""

    text: str
    """The statement in an answer's own words; empty if the quote speaks for itself."""
    quote: str
    """The policy's words, line by line."""
    translation: str
    """English of exactly the quote; empty where there is none or none is wanted."""
    source: str
    """Policy and clause."""
    heading: str = ""
    """Names the question of a message of several whose answer begins here; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply to be sent, in its parts. Its paragraphs may be several lines."""

    opening: tuple[str, ...]
    """What comes before the statements."""
    statements: tuple[Statement, ...]
    """What the policy says; none for an answer that abstains."""
    closing: tuple[str, ...]
    """What comes after them."""


def reply(answer: Answer, policies: Sequence[Policy], language: Language, tone: Tone) -> Reply:
    """Return an answer as a reply, which states nothing that the answer does not.

    Args:
        answer: The answer.
        policies: The policies that it may be from.
        language: Language of the reply.
        tone: How it greets and closes.
    """

    def say(key: str, **values: object) -> tuple[str, ...]:
        words = said(f"desk.reply_{key}", language, **values)
        return (words,) if words else ()

    by_id = {policy.id: policy for policy in policies}
    quoted = [by_id[citation.policy_id] for citation in answer.citations if citation.policy_id in by_id]
    if answer.abstained or not quoted:
        body = _declined(answer, policies, language)
        return Reply(opening=say(f"greeting_{tone}"), statements=(), closing=(*body, *say(f"regards_{tone}")))
    titles = list(dict.fromkeys(_titled(policy, language) for policy in quoted))
    lead = say("lead", titles=("、" if language == "zh" else ", ").join(titles))
    headings, others = _by_question(answer, quoted[0], language)
    statements = tuple(
        replace(_statement(answer, number, citation, by_id[citation.policy_id], language), heading=headings[number])
        for number, citation in enumerate(answer.citations, 1)
        if citation.policy_id in by_id
    )
    courtesy = say("courtesy") if any(statement.translation for statement in statements) else ()
    closing = (*courtesy, *others, *say(f"closing_{tone}"), *say(f"regards_{tone}"))
    return Reply(opening=(*say(f"greeting_{tone}"), *lead), statements=statements, closing=closing)


def _by_question(answer: Answer, nearest: Policy, language: Language) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return what tells the questions of a message apart.

    Returns:
        The heading of each citation by its number, empty but where the answer to a question begins, and what is said of
        the questions that have no quote of their own.
    """
    headings = dict.fromkeys(range(1, len(answer.citations) + 1), "")
    others: list[str] = []
    told = 0
    for part in answer.parts:
        question = visible_line(part.question)
        if part.abstained:
            reason = _why(part.abstained, nearest, language)
        elif own := [marker for marker in part.markers if marker > told]:
            headings[own[0]] = said("desk.reply_asked", language, question=question)
            told = own[-1]
            continue
        else:
            reason = said("desk.reply_above", language)
        others.append(said("desk.reply_part", language, question=question, reason=reason))
    return headings, tuple(others)


def _statement(answer: Answer, number: int, citation: Citation, policy: Policy, language: Language) -> Statement:
    return Statement(
        # In another language than the reply's it would be no help to whom it is sent.
        text=_own_words(answer, number, citation) if answer.language == language else "",
        quote="\n".join(line.strip() for line in visible(citation.quote).splitlines() if line.strip()),
        translation=visible(citation.translation or "").strip() if language == "en" else "",
        source=visible_line(policy.place(citation.reference)),
    )


def _own_words(answer: Answer, number: int, citation: Citation) -> str:
    """Return the statement that an answer makes before a quote, empty if it makes none."""
    lines = "\n  ".join(line.strip() for line in citation.quote.splitlines() if line.strip())
    place = answer.text.find(f"“{lines}” [{number}]")
    before = answer.text[: max(place, 0)].rpartition("\n")[2]
    return visible_line(before.removeprefix("•")) if before.startswith("•") else ""


def _why(reason: Reason | None, nearest: Policy | None, language: Language) -> str:
    """Return the words for why something is not answered."""
    title = _name(nearest.title, language) if nearest else said("desk.reply_the_policies", language)
    return said(f"desk.reply_{reason.kind if reason else 'unclear'}", language, title=title)


def _declined(answer: Answer, policies: Sequence[Policy], language: Language) -> tuple[str, ...]:
    """Return the paragraphs that say why there is no answer, and whom to ask."""
    nearest = next((hit.policy for hit in answer.hits), policies[0] if len(policies) == 1 else None)
    paragraphs = [_why(answer.abstained, nearest, language)]
    if nearest and (contact := contact_of(nearest)):
        told = "desk.reply_contact" if nearest.company else "desk.reply_contact_alone"
        company = visible_line(nearest.company)
        paragraphs.append(said(told, language, company=company, contact=visible_line(contact)))
    return tuple(paragraphs)


def _titled(policy: Policy, language: Language) -> str:
    name = _name(policy.title, language)
    # One that is made of the text tells nobody anything.
    version = policy.given_version or policy.effective_date
    return said("desk.reply_version", language, title=name, version=visible_line(version)) if version else name


def _name(title: str, language: Language) -> str:
    return f"《{visible_line(title)}》" if language == "zh" else visible_line(title)


def reply_card(answer: Answer, policies: Sequence[Policy], language: Language, tone: Tone, format: Format) -> str:
    """Return an answer as a reply that is ready to be sent.

    Args:
        answer: The answer.
        policies: The policies that it may be from.
        language: Language of the reply; quotes stay in their policy's, with the English rendering where there is one.
        tone: How it greets and closes.
        format: `"text"` has no markup; in `"markdown"` whatever is not the reply's own words is escaped.
    """
    written = reply(answer, policies, language, tone)
    parts = _markdown(written, language) if format == "markdown" else _text(written, language)
    return "\n\n".join(parts)


def _text(written: Reply, language: Language) -> Iterator[str]:
    yield from written.opening
    for number, statement in enumerate(written.statements, 1):
        if statement.heading:
            yield statement.heading
        mark = f"{number}. " if len(written.statements) > 1 else ""
        lines = [f"{mark}{statement.text}"] if statement.text else []
        lines.append(f"“{statement.quote}”" if lines else f"{mark}“{statement.quote}”")
        if statement.translation:
            lines.append(said("desk.reply_translation", language, text=statement.translation))
        lines.append(f"—— {statement.source}" if language == "zh" else f"— {statement.source}")
        yield "\n".join(lines)
    yield from written.closing


def _markdown(written: Reply, language: Language) -> Iterator[str]:
    yield from map(escaped, written.opening)
    for statement in written.statements:
        if statement.heading:
            yield f"**{escaped(statement.heading)}**"
        if statement.text:
            yield escaped(statement.text)
        # Two blanks at the end of a line are a line break.
        lines = [*statement.quote.splitlines(), f"— {statement.source}"]
        if statement.translation:
            lines.insert(-1, said("desk.reply_translation", language, text=statement.translation))
        yield "  \n".join(f"> {escaped(line)}" for line in lines)
    yield from map(escaped, written.closing)


def escaped(text: str) -> str:
    r"""Return text as Markdown that shows it as it is: no markup, no HTML, no address that becomes a link.

    >>> escaped("[1] <b>*x*</b>, see https://example.com")
    '\\[1\\] &lt;b&gt;\\*x\\*&lt;/b&gt;, see https:\\/\\/example\\.com'
    """
    lines = (" ".join(line.split()) for line in visible(text).splitlines())
    return "  \n".join(_START.sub(r"\1\\\2", _marked_up(line)) for line in lines)


def _marked_up(line: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        line = line.replace(char, entity)
    line = _SPECIAL.sub(r"\\\g<0>", line)
    return _ADDRESS.sub(lambda match: match[0].replace("/", "\\/").replace(".", "\\."), line)


_SPECIAL = re.compile(r"[\\`*_\[\]|~$@]")
# What some renderers make links of by themselves.
_ADDRESS = re.compile(r":/+|(?<=[a-z])\.(?=[a-z])", re.IGNORECASE)
# What begins a list, a heading, a rule or an underline.
_START = re.compile(r"^(\s*\d*)([.)+\-#=:])")


# --- What is shown -------------------------------------------------------------------------------

_BLANK_LINES, _LINE = re.compile(r"(?<![ \t])[ \t]*\n\s*"), "\n"
_EXCERPT_CHARS = 140
_LONG_CHARS = 220


def copy_button(page: Page, text: str, words: str, *, name: str = "") -> str:
    """Return a button that copies a text, as HTML.

    Args:
        page: The page.
        text: What is copied.
        words: What the button says.
        name: What it is called for those who do not see it; `words` by default.
    """
    return (
        f'<button type="button" class="pa-copy" data-copy="{escape(visible(text))}" '
        f'data-copied="{escape(page.say("desk.copied"))}" aria-label="{shown(name or words)}">{shown(words)}</button>'
    )


def rows(page: Page, found: Sequence[Found], *, ranks: bool, several: bool) -> str:
    """Return clauses that were looked up, as HTML.

    Args:
        page: The page.
        found: The clauses.
        ranks: Whether each says where the legs of the search place it.
        several: Whether there are several policies, so that each clause says whose it is.
    """
    return f'<ol class="pa-desk-found">{"".join(_row(page, part, ranks, several) for part in found)}</ol>'


def _row(page: Page, found: Found, ranks: bool, several: bool) -> str:
    policy, reference = found.policy, found.reference
    link = place_link(policy.id, found.clause.id, reference, (found.start, found.end))
    above = [clause.title for clause in policy.path(found.clause.id)[1:-1] if clause.title]
    trail = " › ".join([policy.title] * several + [visible_line(title) for title in above])
    copied = f"{_BLANK_LINES.sub(_LINE, found.text.strip())}\n—— {visible_line(policy.place(reference))}"
    button = copy_button(page, copied, page.say("desk.copy"), name=page.say("desk.copy_clause", reference=reference))
    english = policy.translation(found.start, found.end) if page.language == "en" else None
    return (
        f'<li class="pa-desk-clause"><div class="pa-desk-clause-head">{link}{button}</div>'
        + (f'<div class="pa-desk-trail">{shown(trail)}</div>' if trail else "")
        + _body(page, found)
        + (f'<p class="pa-desk-courtesy">{shown(page.say("desk.courtesy"))} {shown(english)}</p>' if english else "")
        + (_ranks(page, found) if ranks and found.ranks else "")
        + "</li>"
    )


def _body(page: Page, found: Found) -> str:
    """Return a clause's text with its marks; of a long one what is closest to the query, with the whole to unfold."""
    text, language = found.policy.text, found.policy.language
    whole = _BLANK_LINES.sub(_LINE, marked(text, found.start, found.end, found.marks))
    if found.end - found.start <= found.policy.chars(_LONG_CHARS):
        return f'<p class="pa-desk-clause-text" lang="{language}">{whole}</p>'
    left, right = _excerpt(found)
    excerpt = (
        ("… " if left > found.start else "")
        + marked(text, left, right, found.marks)
        + (" …" if right < found.end else "")
    )
    count = page.say("desk.whole", count=len("".join(found.text.split())))
    return (
        f'<details class="pa-desk-unfold"><summary><span class="pa-desk-clause-text" lang="{language}">{excerpt}</span>'
        f'<span class="pa-desk-more">{shown(count)}</span></summary>'
        f'<p class="pa-desk-clause-text" lang="{language}">{whole}</p></details>'
    )


def _excerpt(found: Found) -> Span:
    """Return the best sentence with as much around it as an excerpt has room for."""
    most = found.policy.chars(_EXCERPT_CHARS)
    left, right = found.best
    if right - left > most:
        # Where the first of its marks is to be seen.
        first = next((start for start, _ in found.marks if left <= start < right), left)
        left = max(left, min(first - most // 4, right - most))
        return left, min(right, left + most)
    for start, end in sentences(found.policy.text, found.start, found.end):
        if start >= right and end - left <= most:
            right = end
    return left, right


def _ranks(page: Page, found: Found) -> str:
    names = {"bm25": page.say("desk.rank_words")}
    legs = [(names.get(leg, page.say("desk.rank_meaning", leg=leg)), rank) for leg, rank in found.ranks.items()]
    told = "".join(f"<span>{shown(name)} <b>{rank}</b></span>" for name, rank in legs)
    score = f"<span>{shown(page.say('desk.score'))} <b>{found.score:.2f}</b></span>" if found.score is not None else ""
    return f'<div class="pa-desk-ranks">{told}{score}</div>'


def card(page: Page, answer: Answer, policies: Sequence[Policy], language: Language, tone: Tone) -> str:
    """Return the reply card as HTML: the reply as it will read, and what copies it."""
    written = reply(answer, policies, language, tone)
    by_id = {policy.id: policy for policy in policies}
    parts = [f"<p>{shown(paragraph)}</p>" for paragraph in written.opening]
    for citation, statement in zip(
        (citation for citation in answer.citations if citation.policy_id in by_id), written.statements, strict=False
    ):
        policy = by_id[citation.policy_id]
        span = (citation.start, citation.end)
        source = place_link(policy.id, citation.clause_id, statement.source, span)
        english = said("desk.reply_translation", language, text=statement.translation) if statement.translation else ""
        parts.append(
            (f'<p class="pa-desk-one-of-several">{shown(statement.heading)}</p>' if statement.heading else "")
            + (f"<p>{shown(statement.text)}</p>" if statement.text else "")
            + f'<blockquote><div lang="{policy.language}">{shown(statement.quote)}</div>'
            + (f'<div class="pa-desk-courtesy">{shown(english)}</div>' if english else "")
            + f"<footer>{source}</footer></blockquote>"
        )
    parts += [f"<p>{shown(paragraph)}</p>" for paragraph in written.closing]
    buttons = "".join(
        copy_button(page, reply_card(answer, policies, language, tone, kind), page.say(f"desk.copy_{kind}"))
        for kind in _FORMATS
    )
    state = "pa-desk-reply pa-desk-reply-declined" if not written.statements else "pa-desk-reply"
    return (
        f'<article class="{state}" aria-label="{escape(page.say("desk.reply"))}">'
        f'<div class="pa-desk-reply-copy">{buttons}</div>'
        f'<div class="pa-desk-reply-body" lang="{language}">{"".join(parts)}</div></article>'
    )


_FORMATS: tuple[Format, ...] = ("text", "markdown")


# --- The tab -----------------------------------------------------------------------------------

_CONCURRENT = 4


def build_desk(page: Page) -> None:
    """Build the tab; call it inside a `gr.Blocks`.

    Args:
        page: What it is built with.
    """
    import gradio as gr
    from gradio.context import Context

    topics = Topics()
    several = len(page.current().policies) > 1
    policies, named, listed = (update["choices"] for update in _updates(page, topics, ""))
    with gr.Column(elem_classes="pa-desk-frame"), gr.Row(elem_classes="pa-desk", equal_height=False):
        with gr.Column(scale=6, min_width=320):
            query = gr.Textbox(
                label=page.say("desk.query"),
                placeholder=page.say("desk.placeholder"),
                elem_id="pa-desk-query",
                max_length=page.settings.max_question_chars,
                lines=1,
                max_lines=1,
            )
            # The page's script presses it once nobody has typed for a moment.
            pause = gr.Button(elem_id="pa-desk-pause", elem_classes="pa-pressed-by-script")
            gr.HTML(_recent(page), apply_default_css=False, js_on_load="window.paRecent?.(element)")
            with gr.Row(elem_classes="pa-filters pa-desk-filters"):
                policy = gr.Dropdown(policies, value="", label=page.say("desk.policy"), visible=several, min_width=150)
                section = gr.Dropdown(named, value="", label=page.say("desk.section"), min_width=150)
                topic = gr.Dropdown(listed, value="", label=page.say("desk.topic"), min_width=150)
                ranks = gr.Checkbox(label=page.say("desk.ranks"), elem_classes="pa-switch", min_width=120)
            found = gr.HTML(
                hint(page.say("desk.hint")),
                apply_default_css=False,
                elem_id="pa-desk-found",
                elem_classes="pa-desk-found-part",
            )
            more = gr.Button(page.say("desk.more"), visible=False, size="sm", elem_classes="pa-desk-found-part")
        with gr.Column(scale=5, min_width=320, elem_classes="pa-desk-reply-side"):
            write = gr.Button(
                page.say("desk.compose"),
                variant="primary",
                elem_id="pa-desk-compose",
                elem_classes="pa-desk-reply-part",
            )
            with gr.Row(elem_classes="pa-filters pa-desk-reply-part pa-desk-reply-later"):
                languages = [("中文", "zh"), ("English", "en")]
                language = gr.Radio(
                    languages, value=page.language, label=page.say("desk.reply_language"), min_width=216, scale=2
                )
                tones = [(page.say(f"desk.tone_{name}"), name) for name in TONES]
                tone = gr.Radio(tones, value="friendly", label=page.say("desk.tone"), min_width=210, scale=3)
            written = gr.HTML(
                hint(page.say("desk.reply_hint")),
                apply_default_css=False,
                elem_id="pa-desk-reply",
                elem_classes="pa-desk-reply-part",
            )
    k, answer = gr.State(_PAGE), gr.State(None)

    private: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": _CONCURRENT}
    quiet = {**private, "show_progress": "hidden"}
    search, filters = partial(_search, page), partial(_choices, page, topics)
    given = [query, policy, section, topic, ranks, k]
    # One at a time, and after it the last one that was wanted meanwhile: the last one typed is what is shown.
    typing = [pause.click, query.submit, section.input, topic.input, ranks.input]
    gr.on(typing, search, given, [found, more], trigger_mode="always_last", **quiet)
    more.click(lambda count: count + _PAGE, k, k, **quiet).then(search, given, [found, more], **quiet)
    policy.input(filters, policy, [policy, section, topic], **quiet).then(search, given, [found, more], **quiet)
    # Policies may have come or gone since the page was built.
    Context.root_block.load(filters, policy, [policy, section, topic], **quiet)
    asked = [query, policy, language, tone]
    gr.on([query.submit, write.click], partial(_compose, page), asked, [answer, written], **private)
    rewrite = partial(_rewritten, page)
    gr.on([language.input, tone.input], rewrite, [answer, language, tone], written, **quiet)


def _search(page: Page, query: str, *given: Any) -> tuple[str, Any]:
    import gradio as gr

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
        return page.say("desk.too_long", most=f"{most:,}")
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
    import gradio as gr

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
