"""Whether a clause answers a yes/no question, and how: rules over the question and the clause's own words, no model.

A question is read as one *act* (`data/verdicts.toml`: collecting, selling, withdrawing consent …) with what it is about
and whom it goes to. A sentence of the clause decides it if it states that act, of that thing, by that party, and if its
sense can be read: one negation at most, no other subject, nothing turned twice. A condition or an exception makes the
verdict `conditional`, and is pointed at with the policy's own words.

The rules err on the side of silence: every word of the question must be accounted for; what is denied of one recipient,
place or kind of person is not denied of all; and where two sentences of the policy tell different things, nothing is
said, unless one of them is a condition of the other. Against what would be told without a condition more speaks: what
the policy says near it in other words, read loosely (`contradictions`). The quote itself is shown either way. All words
that the rules look for stand in `data/verdicts.toml`, with what each is looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from assistant.answering.verdicts.askers import asker_of
from assistant.answering.verdicts.judging import Judge
from assistant.answering.verdicts.question import asked_in
from assistant.answering.verdicts.statements import DOUBT, IS, MAY
from assistant.answering.verdicts.table import lexicon
from assistant.sentences.senses import denials
from assistant.text import Language, fold, normalized, unlaid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.answering.verdicts.askers import Asker
    from assistant.answering.verdicts.question import Asked
    from assistant.answering.verdicts.statements import Ruling
    from assistant.answering.verdicts.table import Act
    from assistant.policy import Policy

__all__ = ["Verdict", "VerdictKind", "verdict_of"]

VerdictKind = Literal["yes", "no", "conditional"]
"""`yes`: what the question names is so, whether the question affirms or denies it; `conditional`: it depends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sentence of a clause says to a yes/no question."""

    kind: VerdictKind
    """Whether it is so."""
    fact: str
    """What is so or not so, named in the language of the question, lest a bare yes be misunderstood: 不会出售."""
    language: Language
    """Language of the question."""
    condition: str = ""
    """The words of the clause that make it conditional, on one line; empty if it is a mere `may`."""
    leads: bool = False
    """Whether the condition stands before what it is for."""

    @property
    def text(self) -> str:
        """The verdict as it is told."""
        form = ("leads" if self.leads else "follows") if self.condition else self.kind
        # The marks of a quote stand around the quote only.
        condition = self.condition.replace("“", "‘").replace("”", "’")
        return _TOLD[self.language][form].format(fact=self.fact, condition=condition)


def verdict_of(question: str, policy: Policy, clause_id: str, quote: str, others: Iterable[str] = ()) -> Verdict | None:
    """Return what a quoted clause says to a yes/no question; None unless its text decides it.

    Args:
        question: The question, made to stand by itself.
        policy: The policy that the quote is from.
        clause_id: The clause that the quote is from.
        quote: The words that the answer quotes first.
        others: What else was found: if it, or another clause of the policy, tells another thing, nothing is said.
    """
    asker = asker_of(question, policy)
    thesaurus = policy.thesaurus
    asked = asked_in(asker.as_me(question), thesaurus)
    if asked is None or (asked.act.by == "we" and _is_of_others(policy, clause_id)):
        return None
    names = (policy.title, *policy.names)
    judge = Judge(thesaurus, names)
    quoted = asker.as_you(quote)
    told = list(judge.rulings(asked, quoted))
    first = _first(asked.act, told)
    if first is None or (asked.act.has("denied") and first.polarity != "is_not"):
        return None
    lead = _excepting_lead(policy, clause_id) if asked.act.by == "we" and first.polarity != "is_not" else ""
    if lead:
        first = _excepted(judge.rulings(asked, asker.as_you(lead)))
    near = asker.as_you(_near(policy, clause_id))
    elsewhere = [ruling for text in others for ruling in judge.rulings(asked, asker.as_you(text))]
    elsewhere += judge.rulings_near(asked, near)
    if asked.act.by == "you":
        # In another clause, trial accounts are not the asker's account, and some of his data is not his data.
        elsewhere = [ruling for ruling in elsewhere if ruling.is_whole]
        first = _with_reserve(first, [*told, *elsewhere], normalized(unlaid(quoted)))
    elif first == IS and asked.act.asks == "item":
        first = judge.where_optional(asked, quoted)
    if not _agree(first, [*told, *elsewhere]):
        return None
    if first.condition:
        # A condition is told in the policy's own words, or the verdict is not told.
        printed = _printed(first.condition, lead or quote, names, asker)
        return _worded(replace(first, condition=printed), asked) if printed else None
    return None if judge.is_contradicted(asked, first, near) else _worded(first, asked)


# --- The clause in its policy --------------------------------------------------------------


def _is_of_others(policy: Policy, clause_id: str) -> bool:
    """Say whether a clause, or one that it stands in, is titled as one of what third parties do."""
    titles = (normalized(clause.title) for clause in policy.path(clause_id)[1:])
    return any(lexicon().others.search(title) for title in titles)


_BLOCK = 50_000
"""Characters. Of a policy, what stands in the clause's block and in those beside it is read: all of most policies."""


def _near(policy: Policy, clause_id: str) -> str:
    """Return what counts beside a clause, found or not: 账号内有余额的，不得注销 may stand in another."""
    # Of the same few blocks it is asked again for every question.
    return policy.kept(_stated_around, policy[clause_id].start // _BLOCK)


def _stated_around(policy: Policy, block: int) -> str:
    """Return the text of a block with those beside it, without headings that state nothing.

    These would run into what stands under them.
    """
    start, end = max(block - 1, 0) * _BLOCK, (block + 2) * _BLOCK
    parts: list[str] = []
    for clause in policy.walk():
        if clause.kind == "heading" and start <= clause.start < end and not lexicon().states.search(clause.title):
            parts.append(policy.text[start : clause.start])
            start = policy.text.index(clause.title, clause.label_end) + len(clause.title)
    return "。\n".join([*parts, policy.text[start:end]])


def _excepting_lead(policy: Policy, clause_id: str) -> str:
    """Return what leads into the list that a clause is an item of, if it denies something; else nothing.

    我们不会共享，但以下情况除外：…: what an item says is so in these cases only.
    """
    span = policy.lead_in(clause_id)
    led = policy.text[slice(*span)] if span else ""
    return led if denials(normalized(led)) else ""


# --- What several sentences say together ---------------------------------------------------


def _excepted(rulings: Iterable[Ruling]) -> Ruling:
    """Return what is so with an exception; a doubt if nothing is."""
    return next((ruling for ruling in rulings if ruling.condition), DOUBT)


def _first(act: Act, rulings: Sequence[Ruling]) -> Ruling | None:
    """Return what a quote says first of all; None if any of its sentences leaves it open."""
    if any(ruling.polarity == "doubt" for ruling in rulings):
        return None
    if act.asks == "item" and IS in rulings and any(ruling.condition for ruling in rulings):
        return None
    # What the user may not do does not tell what he may.
    telling = [ruling for ruling in rulings if act.by == "we" or ruling.polarity == "is"]
    # 我们可能使用…. 我们使用…: what is so is no longer a mere perhaps.
    return IS if telling and telling[0] == MAY and IS in telling else next(iter(telling), None)


def _with_reserve(permitted: Ruling, rulings: Sequence[Ruling], quote: str) -> Ruling:
    """Return what the user may do under the condition that is told elsewhere, if it has none: what he may not do.

    What he may not do in any case, or what may be refused him in any, is no condition of it: then it is a doubt.
    """
    if any(ruling.is_outright for ruling in rulings) or lexicon().may_be_refused.search(quote):
        return DOUBT
    denied = next((ruling.condition for ruling in rulings if ruling.polarity == "is_not"), "")
    terms = None if denied else lexicon().terms_to_meet.search(quote)
    condition = permitted.condition or denied or (terms[0] if terms else "")
    return replace(permitted, condition=condition)


def _agree(first: Ruling, rulings: Sequence[Ruling]) -> bool:
    """Say whether what else was found bears with a ruling."""
    if first.polarity == "doubt":
        return False
    if first.polarity == "is_not":
        # Not without an exception: what is told elsewhere may be it.
        return bool(first.condition) or all(other.polarity in ("is_not", "doubt") for other in rulings)
    return all(first.condition and other.condition for other in rulings if other.polarity == "is_not")


# --- How it is told ------------------------------------------------------------------------


def _worded(ruling: Ruling, asked: Asked) -> Verdict:
    """Return a ruling, which is no doubt, as a verdict in the language of the question."""
    place = ("is", "is_not", "may").index(ruling.polarity)
    kind: VerdictKind = "conditional" if ruling.condition or ruling.polarity == "may" else ("yes", "no")[place]
    facts = asked.act.fact_announced if ruling.is_announced else asked.act.fact
    fact = facts[asked.language][place]
    return Verdict(
        kind=kind,
        fact=_IN_PART[asked.language].format(fact=fact) if ruling.is_part else fact,
        language=asked.language,
        condition=ruling.condition,
        leads=ruling.leads,
    )


_TOLD: dict[Language, dict[str, str]] = {
    "zh": {
        **dict.fromkeys(("yes", "no", "conditional"), "{fact}："),
        "leads": "有条件，「{condition}」{fact}：",
        "follows": "有条件，{fact}，「{condition}」：",
    },
    "en": {
        "yes": "Yes, {fact}:",
        "no": "No, {fact}:",
        "conditional": "It depends: {fact}:",
        "leads": "It depends: {fact} ‘{condition}’:",
        "follows": "It depends: {fact}, ‘{condition}’:",
    },
}
_IN_PART: dict[Language, str] = {"zh": "部分{fact}", "en": "{fact} in part"}


def _printed(words: str, text: str, names: Iterable[str], asker: Asker) -> str:
    """Return normalized words, which have `we` and `you` for names, as a text prints them; empty if it does not."""
    own = "|".join(
        _spaced(fold(name)) for name in sorted({*names, "我们", "we"}, key=len, reverse=True) if name.strip()
    )
    parts = [
        f"(?:{own})" if part in ("我们", "we") else asker.you if part == "您" else _spaced(part)
        for part in _OWN.split(words)
    ]
    found = re.search(r"\s*".join(part for part in parts if part), fold(text))
    return " ".join(text[slice(*found.span())].split()) if found else ""


def _spaced(words: str) -> str:
    return r"\s*".join(re.escape(char) for char in words if not char.isspace())


_OWN = re.compile(r"(我们|您|(?<![a-z0-9])we(?![a-z0-9]))")
