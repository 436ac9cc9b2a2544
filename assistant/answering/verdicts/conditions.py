"""Conditions: under which of them a statement holds, in the clause's own words.

What is found is told as a ruling: that it is so on a condition, is so without one, or is not clear.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from assistant.answering.verdicts.statements import DOUBT, IS, Ruling, up_to_mark
from assistant.answering.verdicts.table import lexicon
from assistant.sentences.senses import WHEN, conditions_in
from assistant.text import blank, has_han

if TYPE_CHECKING:
    from assistant.answering.verdicts.statements import Verb
    from assistant.answering.verdicts.table import Act
    from assistant.sentences.segments import Segment

BINDING = frozenset({"if", "after", "before", "unless", "only"})
"""What words make a condition of; see `segments.conditions_in`."""
_SHORTEST_CONDITION = 3


def longest_condition(words: str) -> int:
    """Return how many characters of a condition are told at most, in its language."""
    return 60 if has_han(words) else 180


def on_condition(words: str, *, leads: bool) -> Ruling:
    """Return that it is so on a condition, told in these words; a doubt if they cannot be told.

    Args:
        words: Words of the clause, normalized.
        leads: Whether they stand before what they are the condition of.
    """
    words = words.strip(" ,;:。.")
    # [1] in it would look like a citation.
    is_odd = lexicon().points_back.search(words) or lexicon().cut_off.search(words) or set("[]{}") & set(words)
    if is_odd or not _SHORTEST_CONDITION <= len(words) <= longest_condition(words):
        return DOUBT
    return Ruling(polarity="is", condition=words, leads=leads)


def condition_of(act: Act, verb: Verb) -> Ruling:
    """Return the condition or exception of a verb: what leads into it, what stands beside it, or what follows."""
    for find in (_leading, _beside, _within, _following):
        found = find(act, verb)
        if found != IS:
            return found
    return IS


def _leading(act: Act, verb: Verb) -> Ruling:
    """Return the condition that leads into a verb's part of the sentence: 经您同意，我们会收集."""
    readings = [(part, _as_condition(act, part, verb.plain)) for part in verb.leading]
    if any(reading == "unclear" for _, reading in readings):
        return DOUBT
    leading = [part for part, reading in readings if reading == "condition"]
    if not leading:
        return IS
    words = verb.plain[leading[0].start : leading[-1].end]
    cut = lexicon().actor.search(words, 1)
    return on_condition(lexicon().actor_first.sub("", words[: cut.start()] if cut else words), leads=True)


def _beside(act: Act, verb: Verb) -> Ruling:
    """Return the condition that stands between who does it and the verb, without a mark: 我们会在您同意后收集."""
    if act.by != "we":
        return IS
    before = lexicon().in_all_cases.sub(blank, verb.before)
    before = act.amid.sub(blank, before) if act.amid else before
    found = (act.about and lexicon().major.search(before)) or lexicon().if_consent.search(before)
    if found:
        return on_condition(found[0], leads=True)
    # 在修订生效前通知您: when, not whether.
    labels = conditions_in(before) & (BINDING - WHEN if _is_of_case(act) else BINDING)
    when = lexicon().when_before.search(before)
    if labels and (when is None or labels == {"only"}):
        return DOUBT
    return on_condition(when[0], leads=True) if labels and when and not lexicon().at_use.search(when[0]) else IS


def _is_of_case(act: Act) -> bool:
    """Say whether an act is asked about for a case, such as a breach, which when it is done tells, and not whether.

    Of an act with a course of things, that is no condition, and any other is one: 拨打投诉电话时.
    """
    return act.about is not None and act.amid is None


def is_amid(act: Act, text: str) -> bool:
    """Say whether a part of a sentence tells amid what something is done, which is no condition: when it is stored."""
    return act.amid is not None and act.amid.fullmatch(text.strip(" ,;:。.")) is not None


def _within(act: Act, verb: Verb) -> Ruling:
    """Return the exception, or the English condition, that stands after a verb beside it: shared only with drivers."""
    if excepted := lexicon().excepted_within.search(verb.plain, verb.end, verb.part.end):
        # Of `and will not share it, except …` it may be the exception of both.
        is_own = excepted.start() < verb.clause_end(verb.part.end)
        return on_condition(excepted[0], leads=False) if is_own else DOUBT
    if act.by != "we" or has_han(verb.part.text):
        return IS
    end = verb.clause_end(verb.part.end)
    if narrowed := lexicon().narrowed.search(verb.plain, verb.end, end):
        return on_condition(narrowed[0], leads=False)
    consent = lexicon().consent.search(verb.plain, verb.end, end)
    return on_condition(up_to_mark(verb.plain, consent.start()), leads=False) if consent else IS


def _following(act: Act, verb: Verb) -> Ruling:
    """Return the exception, or the English condition, that follows a verb: 我们不会共享，但…除外."""
    is_over = lexicon().next_subject.search(verb.plain, verb.end, verb.part.end) is not None
    was_amid = False
    rest = verb.sentence.segments[verb.place + 1 :]
    for part, after in zip_longest(rest, rest[1:]):
        text = verb.plain[part.start : part.end]
        if is_amid(act, text):
            was_amid = True
            continue
        if after and after.subject_said == "we" and lexicon().leads.search(text):
            # 我们不会出售。除下列情形外，我们不会共享: an exception of what stands after it.
            is_over = True
            continue
        if lexicon().exception.search(text) and (not is_over or act.by == "we"):
            # The segment ends before `for` in `except for the following`.
            whole = "" if has_han(text) else up_to_mark(verb.plain, part.start)
            return on_condition(whole or text, leads=False)
        is_over = is_over or (part.subject_said in ("we", "you") and not part.is_aside)
        if is_over or has_han(text) or not (part.conditions & BINDING or lexicon().consent.search(text)):
            continue
        is_asked = act.about and act.about.search(text) and not part.conditions & {"unless", "only"}
        if is_asked or (act.by == "you" and lexicon().wish.search(text)):
            continue
        when = lexicon().when_after.search(text)
        # Of two cases, the one that is a condition is not all of it.
        return on_condition(when[0], leads=False) if when and not was_amid else DOUBT
    return IS


def _as_condition(act: Act, part: Segment, plain: str) -> Literal["condition", "none", "unclear"]:
    """Say whether a part of a sentence makes a condition of what stands after it."""
    text = plain[part.start : part.end]
    if lexicon().in_all_cases.fullmatch(text.strip()) or lexicon().besides.match(plain, part.start):
        return "none"
    if is_amid(act, text):
        return "none"
    if _is_of_case(act):
        if lexicon().major.search(text):
            return "condition"
        # What the question names already is no condition of the answer; nor is when it is told.
        if (act.about and act.about.search(text)) or not part.conditions & {"if", "unless"}:
            return "none"
    consent = lexicon().consent.search(text) if act.by == "we" else None
    is_consent = consent and lexicon().before_consent.fullmatch(text, 0, consent.start())
    if is_consent or lexicon().cases.search(text) or "unless" in part.conditions:
        return "condition"
    # (如位置…) gives examples.
    is_example = plain[: part.start].endswith("(") and text.startswith("如")
    is_binding = part.conditions & (BINDING - {"only"}) and not part.is_purpose and not lexicon().purpose.search(text)
    is_wish = act.by == "you" and lexicon().wish.search(text)
    if is_example or not is_binding or is_wish or lexicon().at_use.search(text):
        return "none"
    return "condition" if part.is_aside else "unclear"
