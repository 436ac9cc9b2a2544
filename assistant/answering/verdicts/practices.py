"""What a company does with data: what a sentence says of it, and what narrows a denial of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answering.verdicts.conditions import BINDING, condition_of, is_amid, on_condition
from assistant.answering.verdicts.matching import is_all_of, unnarrowed
from assistant.answering.verdicts.statements import DOUBT, IS, up_to_mark, without_number
from assistant.answering.verdicts.table import lexicon
from assistant.sentences.senses import NEGATIVE, denials, says_perhaps
from assistant.text import blank, has_han

if TYPE_CHECKING:
    from assistant.answering.verdicts.matching import Matcher, Reach
    from assistant.answering.verdicts.question import Asked
    from assistant.answering.verdicts.statements import Polarity, Ruling, Verb
    from assistant.answering.verdicts.table import Act


def ruling_of_us(asked: Asked, verb: Verb, matcher: Matcher) -> Ruling | None:
    """Return what a verb says of what the policy's company does."""
    if not _is_told_of_us(asked.act, verb):
        return None
    led = verb.led
    # We do not share, sell or rent: each of them.
    before = verb.before if verb.part.subject_said else f"{led.strip()} {verb.before.strip()}".strip()
    is_listed = lexicon().denied_list.fullmatch(before) is not None
    denied = denials(before if is_listed else verb.before) + denials(verb.within)
    is_denied = denied > 0
    held = matcher.holds(asked, verb, is_denied=is_denied)
    # Who keeps all information in a place keeps each there; who shares some of it may not share this.
    is_general = asked.act.has("general")
    if not held or (not is_denied and held == ("partly" if is_general else "generally")):
        # It is encrypted in transit. It is not encrypted at rest.
        is_taken_back = is_general and is_denied and not held and matcher.is_of_the_same(verb)
        return DOUBT if is_taken_back else None
    if denied > 1 or not _is_plainly_told(asked.act, verb, led):
        return DOUBT
    # We may not be able to serve you, or to send …: denied by a part that it goes on with.
    carried = {label for reading in verb.part.carried for label in reading.split("+")}
    is_turned = bool((denials(led) and not is_listed) or NEGATIVE & carried)
    if not _is_bare_no(asked, verb, held) if is_denied else is_turned:
        return DOUBT
    if is_denied and asked.act.about and lexicon().minor.search(verb.plain):
        return None
    if not matcher.goes_to(asked, verb.plain[verb.part.start : verb.zone_end], is_denied=is_denied):
        return None
    if _is_for_others(verb) or (is_denied and _is_narrowed(asked, verb, matcher)):
        # What is not shared with one may be shared with another; but if some is not encrypted, not all is.
        return DOUBT if is_general else None
    if is_denied and not is_listed and not _is_plainly_denied(asked, verb, matcher):
        return DOUBT
    found = _condition_of(asked.act, verb, is_denied=is_denied)
    if found == DOUBT:
        return DOUBT
    announced = asked.act.announced and asked.act.announced.search(verb.plain, verb.start, verb.end)
    polarity: Polarity = "is_not" if denied else "may" if says_perhaps(f"{led} {verb.before}") else "is"
    is_part = held == "partly" and not asked.item
    return replace(found, polarity=polarity, is_announced=announced is not None, is_part=is_part)


def _condition_of(act: Act, verb: Verb, *, is_denied: bool) -> Ruling:
    """Return the condition of a verb; a doubt if it is so in principle only and the act is not told so."""
    # 可能不会 denies nothing.
    if is_denied and lexicon().perhaps.search(verb.before):
        return DOUBT
    found = condition_of(act, verb)
    reserved = lexicon().in_principle.search(verb.plain, 0, verb.start) if found == IS else None
    if reserved is None:
        return found
    return on_condition(reserved[0], leads=True) if act.has("in_principle") else DOUBT


def _is_told_of_us(act: Act, verb: Verb) -> bool:
    """Say whether the policy's company is who does it, and whether that it does it is what is told."""
    subject, before = verb.part.subject, verb.before
    if subject != "we" and (subject or not act.has("impersonal")):
        return False
    is_silent = (
        lexicon().embedded.search(before)
        or lexicon().others_act.search(before)
        or lexicon().noun_after.search(verb.after)
        or (act.asks == "item" and lexicon().others.search(verb.plain, 0, verb.start))
    )
    if is_silent:
        return False
    is_participle = lexicon().participle.search(verb.plain[verb.start : verb.end]) and not has_han(verb.plain)
    return not is_participle or lexicon().before_participle.search(before) is not None


def _is_plainly_told(act: Act, verb: Verb, led: str) -> bool:
    """Say whether nothing at a verb but a denial turns its sense: `we refrain from`, `we hardly ever`, 杜绝."""
    if denials(verb.after) or lexicon().masked.search(verb.plain, verb.part.start, verb.zone_end):
        return False
    within = verb.within
    following = up_to_mark(verb.plain, verb.end)
    if lexicon().hardly.search(f"{led} {verb.before}{within}") or lexicon().nobody.search(within + following):
        return False
    # `We use no cookies`; of a Chinese verb, what is denied within it need not be the verb.
    if denials(within) and not lexicon().no_such.search(within):
        return False
    if has_han(verb.plain) or act.has("impersonal") or verb.start == verb.end:
        return True
    others = list(lexicon().before_told.finditer(verb.before))
    return is_all_of(lexicon().plainly_told, verb.before[others[-1].end() if others else 0 :])


def _is_bare(asked: Asked, verb: Verb) -> bool:
    """Say whether a verb with its object names no narrower thing than the question: advertising cookies are not all."""
    words = " ".join(lexicon().no_narrower.sub("", verb.plain[verb.start : verb.end]).split())
    match = asked.act.asked.match(words)
    return match is not None and words[match.end() :].strip() in ("", *asked.rest)


def _is_bare_no(asked: Asked, verb: Verb, held: Reach) -> bool:
    """Say whether a verb that is denied is denied of all that is asked about."""
    act = asked.act
    if held == "partly":
        return False
    if act.asks == "none":
        is_all = lexicon().no_more.fullmatch(verb.plain, verb.end, verb.part.end) is not None
        return is_all and (act.has("impersonal") or _is_bare(asked, verb))
    # Lest 如您拒绝短信（…）授权，我们不读取短信 be told as a plain no, or 如您刷脸登录，我们只收到结果，并不收集人脸,
    # where something else is told between.
    return act.asks != "item" or not any(part.conditions & BINDING for part in verb.sentence.segments[: verb.place])


def _is_plainly_denied(asked: Asked, verb: Verb, matcher: Matcher) -> bool:
    """Say whether nothing before a verb that is denied keeps the denial to one manner of it: 我们不会强制收集."""
    if verb.start == verb.end:
        # The words that name the thing first are all of the statement.
        return True
    before = lexicon().in_principle.sub(blank, unnarrowed(without_number(verb.before)))
    for blanked in (asked.act.amid, asked.act.beside, lexicon().perhaps):
        before = blanked.sub(blank, before) if blanked else before
    before = matcher.without_named(asked, before)
    if asked.party:
        before = lexicon().party_tail.sub(blank, before)
    return is_all_of(lexicon().plainly_denied, before)


def _is_narrowed(asked: Asked, verb: Verb, matcher: Matcher) -> bool:
    """Say whether a denial is of some recipients, places, times or ends only, for all that can be told."""
    plain, part = verb.plain, verb.part
    lead = [
        (each.start, each.end)
        for each in verb.leading
        if not each.is_aside and not each.is_purpose and not is_amid(asked.act, plain[each.start : each.end])
    ]
    # A mere number, 2023年, is no segment.
    lead.append((0, verb.sentence.segments[0].start))
    if any(lexicon().narrows_lead.search(unnarrowed(plain[start:end])) for start, end in lead):
        return True
    # 向…提供 and 提供给 have the recipient, or what leads to it, in the verb.
    spans = [(part.start, verb.end if asked.act.party else verb.start), (verb.end, _end_of_denial(verb))]
    if asked.act.party and plain[verb.end - 1] == "给":
        spans = [(part.start, verb.end - 1), (verb.end - 1, spans[1][1])]
    beside = asked.act.beside
    texts = [beside.sub(blank, plain[start:end]) if beside else plain[start:end] for start, end in spans]
    left = (matcher.without_named(asked, unnarrowed(text)) for text in texts)
    return any(lexicon().narrows.search(text) for text in left)


def _is_for_others(verb: Verb) -> bool:
    """Say whether a sentence tells of whom it speaks, and it is not the one who asks: for business customers."""
    lead = [verb.plain[part.start : part.end] for part in verb.leading]
    return any(lexicon().for_others.search(text) for text in (*lead, verb.before))


_ENDS_CLAUSE = re.compile(r"[;:。.]")


def _end_of_denial(verb: Verb) -> int:
    """Return the end of what a verb that is denied is denied of: that of its clause, conditions aside."""
    end = verb.clause_end(verb.part.end)
    for part in verb.sentence.segments[verb.place + 1 :] if end == verb.part.end else ():
        # What follows another mark than the list's begins something else.
        text = verb.plain[part.start : part.end].lstrip()
        if part.subject_said or lexicon().turns_over.match(text) or _ENDS_CLAUSE.search(verb.plain, end, part.start):
            break
        if part.is_aside and not part.is_purpose:
            break
        end = part.end
    excepted = lexicon().excepted_within.search(verb.plain, verb.end, end)
    return excepted.start() if excepted else end
