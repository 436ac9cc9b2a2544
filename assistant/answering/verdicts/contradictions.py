"""What speaks against a bare yes or no, read loosely: a verdict that is withheld does less harm than a wrong one.

The rules of `practices` tell only what they are sure of, and what they cannot read contradicts nothing: not that
提现时须填写手机号 collects something, nor that 备份不加密 denies something. Here such words count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.answering.verdicts.conditions import is_amid
from assistant.answering.verdicts.matching import is_all_of, unnarrowed
from assistant.answering.verdicts.statements import Verb, without_number
from assistant.answering.verdicts.table import lexicon
from assistant.sentences.senses import NEGATIVE, denials
from assistant.text import blank, blanked

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from assistant.answering.verdicts.matching import Matcher
    from assistant.answering.verdicts.question import Asked
    from assistant.answering.verdicts.statements import Ruling
    from assistant.answering.verdicts.table import Act
    from assistant.sentences.segments import Sentence


def words_against(act: Act, ruling: Ruling) -> list[re.Pattern[str]]:
    """Return the words by which a sentence may speak against a ruling, that it is so or that it is not, of an act."""
    if act.by == "you" or act.asks in ("refused", "stated") or ruling.polarity == "may":
        return []
    if ruling.polarity == "is":
        # What is not shared with one is shared with another.
        is_of_each = act.asks != "data" or act.has("every")
        return _some(act.instead, *((act.said, act.undergone, act.still) if is_of_each else ()))
    handed_over = lexicon().handed_over if act.asks == "item" and (ruling.is_barred or not act.barred) else None
    # 我们不收集您的指纹 may be all that tells that it is not stored.
    return _some(act.said, act.undergone, act.still, handed_over, act.barred if ruling.is_barred else None)


def _some(*patterns: re.Pattern[str] | None) -> list[re.Pattern[str]]:
    return [pattern for pattern in patterns if pattern]


def speaks_against(asked: Asked, ruling: Ruling, sentence: Sentence, former: str, matcher: Matcher) -> bool:
    """Say whether a sentence speaks against what a ruling tells without a condition.

    Args:
        asked: The question.
        ruling: That it is so, or that it is not.
        sentence: A sentence of the policy.
        former: The sentence before it, normalized.
        matcher: Compares what is named.
    """
    act, plain = asked.act, sentence.plain
    # 非重大变更的，不另行通知 names no policy: the sentence before it does.
    if lexicon().asks_how.search(plain) or (act.about and not act.about.search(f"{former} {plain}")):
        return False
    verbs = _verbs(sentence, words_against(act, ruling))
    if ruling.polarity == "is_not":
        return any(_is_done(act, verb) and _is_it(asked, verb, former, matcher) for _, verb in verbs)
    if act.is_beside(plain):
        return False
    return any(
        _is_done(act, verb) if pattern is act.instead else _is_denied_of_some(asked, verb, matcher)
        for pattern, verb in verbs
    )


def _verbs(sentence: Sentence, patterns: Iterable[re.Pattern[str]]) -> Iterator[tuple[re.Pattern[str], Verb]]:
    """Yield where a sentence has the words of patterns, in whatever part of it."""
    for pattern in patterns:
        for match in pattern.finditer(sentence.plain):
            for place, part in enumerate(sentence.segments):
                if part.start < match.end() <= part.end:
                    start = max(match.start(), part.start)
                    yield pattern, Verb(sentence=sentence, place=place, start=start, end=match.end())


def _is_denied(verb: Verb) -> bool:
    """Say whether anything before a verb denies it, be it in a part that it goes on with: `we do not ask you to …`."""
    part = verb.part
    carried = set(part.main)
    if not denials(part.text):
        carried |= part.sense
    if is_all_of(lexicon().plainly_denied, without_number(verb.before)):
        carried |= part.carried
    is_carried = any(label in NEGATIVE for reading in carried for label in reading.split("+"))
    return is_carried or denials(verb.before) + denials(verb.within) > 0


# --- Against a no --------------------------------------------------------------------------


def _is_done(act: Act, verb: Verb) -> bool:
    """Say whether a verb tells, for all that can be told, that something is done, and not by the user or others."""
    part = verb.part
    if _is_denied(verb) or lexicon().hardly.search(verb.before):
        return False
    if act.has("abroad") and not lexicon().abroad.search(verb.plain, verb.start, part.end):
        return False
    # What is collected, the user may give, and others too.
    return act.asks == "item" or not (part.subject_said == "other" or _is_ones_choice(verb))


def _is_it(asked: Asked, verb: Verb, former: str, matcher: Matcher) -> bool:
    """Say whether it may be what is asked about that something is done with, for whom it is asked about."""
    act = asked.act
    if act.asks == "none" or act.has("abroad"):
        return True
    if act.asks == "item":
        return _is_named(asked, verb, former, matcher)
    beside = verb.plain[verb.part.start : verb.part.end]
    return _is_of_data(asked, verb, matcher) and matcher.goes_to(asked, beside, is_denied=False)


def _is_of_data(asked: Asked, verb: Verb, matcher: Matcher) -> bool:
    """Say whether any of what is asked about is named beside a verb, or in the part before: 您的地址，会同步给商家."""
    plain, part = verb.plain, verb.part
    opening = verb.sentence.segments[verb.place - 1].start if verb.place else part.start
    return matcher.reach_of(asked, plain[verb.end : part.end], plain[opening : verb.start]) != ""


def _is_named(asked: Asked, verb: Verb, former: str, matcher: Matcher) -> bool:
    """Say whether the thing that is asked about is named beside a verb, or before it where nothing is."""
    plain, part = verb.plain, verb.part
    # 浏览记录 has a verb in it.
    beside = blanked(plain, verb.start, verb.end)[part.start : part.end]
    if matcher.things_in(beside) or not matcher.is_of_the_same(verb):
        return matcher.may_name(asked, beside)
    before = plain[: part.start]
    return matcher.may_name(asked, before if matcher.things_in(before) else former)


def _is_ones_choice(verb: Verb) -> bool:
    """Say whether it is the user who may do it."""
    return verb.part.subject_said == "you" and lexicon().may.search(verb.plain, verb.part.start, verb.end) is not None


# --- Against a yes -------------------------------------------------------------------------


def _is_denied_of_some(asked: Asked, verb: Verb, matcher: Matcher) -> bool:
    """Say whether a verb denies it of some, which a bare yes would be told of too."""
    act, plain, part = asked.act, verb.plain, verb.part
    # 加密的 and 难以逐一告知时 name what is told of.
    if part.is_aside or plain.startswith("的", verb.end) or not _is_denied(verb) or _is_ones_choice(verb):
        return False
    if act.has("every"):
        return True
    if act.asks == "item" and not _is_named(asked, verb, "", matcher):
        return False
    if lexicon().some_place.search(plain, part.start, part.end):
        return True
    cases = [plain[lead.start : lead.end] for lead in verb.leading if not lead.is_purpose]
    return _is_topic(asked, verb.before, matcher) or any(_is_case(act, case) for case in cases)


def _is_topic(asked: Asked, before: str, matcher: Matcher) -> bool:
    """Say whether what stands before a denied verb names, before the denial, what it is denied of: 小程序不使用."""
    left = lexicon().plainly_denied.sub(blank, unnarrowed(matcher.without_named(asked, before)))
    first = next((place for place, char in enumerate(left) if char.isalnum()), None)
    return first is not None and not denials(before[:first]) and not lexicon().refused.search(before)


def _is_case(act: Act, text: str) -> bool:
    """Say whether a part that leads into a denial keeps it to a case, and not to that the user wants it so."""
    is_none = lexicon().purpose.search(text) or lexicon().refused.search(text) or denials(text) or is_amid(act, text)
    return not is_none and not is_all_of(lexicon().plainly_denied, unnarrowed(text))
