"""What the one who asks may do: what is permitted or denied, and what comes of refusing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from assistant.answering.verdicts.conditions import BINDING, condition_of, longest_condition, on_condition
from assistant.answering.verdicts.matching import is_all_of
from assistant.answering.verdicts.statements import DOUBT, IS, NEAR, Ruling, up_to_mark, without_number
from assistant.answering.verdicts.table import lexicon
from assistant.sentences.senses import conditions_in, denials, says_perhaps
from assistant.text import blanked

if TYPE_CHECKING:
    from assistant.answering.verdicts.matching import Matcher
    from assistant.answering.verdicts.question import Asked
    from assistant.answering.verdicts.statements import Verb
    from assistant.answering.verdicts.table import Act
    from assistant.sentences.segments import Sentence

_Denied = Literal["wholly", "generally", "partly", "unclear", ""]
"""As `Reach`; `unclear`: it may be denied of it, or of the asker, for all that can be told."""
_BUT = re.compile(r"^(?:但是?|不过|而且?|(?:but|and|however)[ ,]+)")
_MARKS = re.compile(r"[,;:。.]")


def ruling_of_you(asked: Asked, verb: Verb, matcher: Matcher) -> Ruling | None:
    """Return what a verb says of what the user may do: only that it may be done, or nothing."""
    plain, start = verb.plain, verb.start
    opening = max(plain.rfind("。", 0, start), plain.rfind(";", 0, start)) + 1
    permits = list(lexicon().may.finditer(plain, opening, start))
    denied = lexicon().may_not.search(plain[:start], max(verb.part.start, permits[-1].end() if permits else 0))
    if denied:
        return _of_denied(asked, verb, denied, matcher, follows=bool(permits))
    if not permits:
        return None
    permit = permits[-1]
    if conditions_in(permit[0]) & (BINDING - {"only"}):
        # 您年满十八周岁后可以注销.
        return on_condition(lexicon().permission.sub("", permit[0]), leads=True)
    between = plain[permit.end() : start]
    if lexicon().we_cannot.search(between):
        return None
    if denials(between) or denials(permit[0]) or lexicon().not_a_right.search(plain, opening, start):
        return DOUBT
    some = lexicon().some_of_them.search(verb.within) if asked.act.asks == "none" else None
    if some and some[0] not in asked.left:
        return None
    held = matcher.holds(asked, verb)
    if not held or (held == "generally" and not asked.act.has("general")):
        return None
    place = next(i for i, part in enumerate(verb.sentence.segments) if permit.end() <= part.end)
    found = condition_of(asked.act, replace(verb, place=place, start=permit.end()))
    if found != IS:
        return found
    if cases := lexicon().cases.search(between):
        return on_condition(cases[0], leads=True)
    # 仅可通过客服注销, `only by post`: one way, and no other.
    end = next((mark.start() for mark in _MARKS.finditer(plain, verb.end)), len(plain))
    only = lexicon().only_so.search(plain[:end], max(permit.start(), verb.part.start))
    return on_condition(only[0], leads=False) if only else IS


def _of_denied(asked: Asked, verb: Verb, denied: re.Match[str], matcher: Matcher, *, follows: bool) -> Ruling | None:
    """Return what words that deny that something may be done say; their condition is the words themselves.

    Args:
        asked: The question.
        verb: What is denied.
        denied: The words that deny it.
        matcher: Compares what is named.
        follows: Whether the same sentence permits it before.
    """
    plain, part = verb.plain, verb.part
    # What others cannot do, and what we must not, says nothing of what the user may do.
    if part.subject == "other" or (part.subject == "we" and lexicon().must_not.search(denied[0])):
        return None
    first = _start_of_case(verb)
    reach = (
        _own_thing_denied(asked.act, verb, denied)
        if asked.act.asks == "none"
        else _data_denied(asked, verb, denied, first, matcher, follows=follows)
    )
    if reach in ("", "unclear"):
        return DOUBT if reach else None
    end = max(part.end, part.start + len(up_to_mark(plain, part.start)))
    is_whole = reach != "partly" and not lexicon().restricted.search(denied[0])
    is_outright = reach == "wholly" and is_whole and _is_outright(asked, verb, denied, matcher)
    return replace(
        on_condition(plain[first:end], leads=False), polarity="is_not", is_whole=is_whole, is_outright=is_outright
    )


def _is_outright(asked: Asked, verb: Verb, denied: re.Match[str], matcher: Matcher) -> bool:
    """Say whether something is denied in all cases: 姓名不可修改, but not 有未完成订单时无法注销."""
    plain, act = verb.plain, asked.act
    if lexicon().denied_outright.fullmatch(denied[0].strip()) is None or _start_of_case(verb) != verb.part.start:
        return False
    # 注销子账号 has its thing in the verb.
    if act.asks == "none" and verb.within and act.asked.fullmatch(verb.within) is None:
        return False
    if any(part.conditions & BINDING for part in verb.sentence.segments[verb.place + 1 :]):
        return False
    beside = f"{_ahead(verb, denied.start())} {up_to_mark(plain, verb.end)}"
    return is_all_of(lexicon().whole_thing, matcher.without_named(asked, beside))


def _own_thing_denied(act: Act, verb: Verb, denied: re.Match[str]) -> _Denied:
    """Say whether an act that names its own thing, such as to close an account, is denied to the one who asks."""
    plain, start = verb.plain, verb.part.start
    thing = act.undergone.search(plain, start, verb.end) if act.undergone else None
    if thing and (thing.start() < denied.start() or denied[0].startswith("no ")):
        before = _ahead(verb, thing.start())
        if lexicon().of_another.match(before):
            return ""
        # `Accounts of merchants` are marked after their name.
        is_marked = lexicon().others_after.match(thing[0].partition(" ")[2])
        return "wholly" if lexicon().unmarked.fullmatch(before) and not is_marked else "partly"
    if verb.start == verb.end:
        return ""
    # 注销他人的账号 has its thing in the verb, `close the account of another member` whose it is after it.
    is_of_another = lexicon().of_another.search(plain, verb.start, verb.end)
    is_of_another = is_of_another or lexicon().others_after.match(plain[verb.end :].lstrip())
    if is_of_another:
        return ""
    return "wholly" if lexicon().asker_acts.fullmatch(_ahead(verb, denied.start())) else "unclear"


def _data_denied(
    asked: Asked, verb: Verb, denied: re.Match[str], first: int, matcher: Matcher, *, follows: bool
) -> _Denied:
    """Say whether what may not be done is denied of what is asked about, and of the asker; see `_of_denied`."""
    plain, after = verb.plain, verb.after
    before = plain[denied.start() : verb.start] if denied[0].startswith("no ") else _ahead(verb, denied.start())
    of_asker = lexicon().asker_acts.fullmatch(before) is not None
    if not matcher.things_in(before + after) and (not after.strip() or lexicon().how_much.match(after)):
        # 您可以删除…，但已提交的不得删除: what was named before it.
        former = plain[:first]
        named = matcher.things_in(former) & asked.item if asked.item else lexicon().general_said.search(former)
        if follows and named and of_asker:
            return "wholly"
    if lexicon().of_another.match(before) or lexicon().of_another.match(after):
        return ""
    ahead = matcher.reach_of(asked, before, lexicon().state.sub("", before))
    reach = ahead or matcher.reach_of(asked, after)
    if asked.item and reach == "generally" and not asked.act.has("general"):
        return ""
    # Photos that are part of something, or whose they are, may be the asker's.
    is_named = not reach and asked.item & matcher.things_in(f"{before} {after}")
    if is_named or (reach and not ahead and not of_asker):
        return "unclear"
    if asked.item or reach == "wholly":
        return reach
    if matcher.things_in(f"{before} {after}"):
        # Of all one's data, what some cannot be done to is told only if that is always so.
        return "partly" if first == verb.part.start else ""
    # 您不得删除软件中的版权信息 is a rule of conduct; 依法保留的信息无法删除 may be of one's own.
    is_rule = of_asker and lexicon().must_not.search(denied[0])
    return "unclear" if reach and not is_rule else ""


def _start_of_case(verb: Verb) -> int:
    """Return where what is denied begins, with the case in which it is: 账号内有余额的，不得注销."""
    if lead := verb.leading:
        return lead[0].start
    case = lexicon().case_before.search(verb.plain, max(verb.part.start - NEAR, 0), verb.part.start)
    return case.start(1) if case else verb.part.start


def _ahead(verb: Verb, end: int) -> str:
    """Return what stands before a place in a verb's segment, without the number of the clause and 但."""
    return _BUT.sub("", without_number(verb.plain[verb.part.start : end]))


def ruling_of_refusal(asked: Asked, sentence: Sentence, former: str, matcher: Matcher) -> Ruling | None:
    """Return what a sentence says of who refuses a thing: that it can still be used, with what reserve."""
    plain = sentence.plain
    refused = asked.act.said.search(plain)
    goes_on = lexicon().still_usable.search(plain, refused.end()) if refused else None
    if refused is None or goes_on is None:
        return None
    cut = lexicon().cut.search(plain, refused.end(), refused.end() + NEAR)
    what = plain[refused.end() : cut.start() if cut else refused.end() + NEAR]
    before = matcher.things_in(plain[: refused.start()]) or matcher.things_in(former)
    # 拒绝提供该信息: the one thing that was named before it.
    # Who may go without all of these may go without one.
    is_named = before <= asked.item or (lexicon().the_several.match(what) and asked.item <= before)
    is_it = lexicon().the_same.fullmatch(what) and before and is_named
    if not is_it and not asked.item & matcher.things_in(what):
        return None
    words = goes_on[0].strip(" ,;")
    if not lexicon().in_part.search(plain, refused.end()):
        return IS
    return Ruling(polarity="is", condition=words) if len(words) <= longest_condition(words) else None


def ruling_of_statement(asked: Asked, sentence: Sentence) -> Ruling:
    """Return that a thing is so, where a sentence states it in words that name all of it; a doubt if more turns it."""
    plain = sentence.plain
    stated = asked.act.said.search(plain)
    if stated is None:
        return DOUBT
    left = blanked(plain, *stated.span())
    is_turned = denials(left) or says_perhaps(left) or conditions_in(left) & {"unless", "only"}
    return DOUBT if is_turned or denials(stated[0]) else IS
