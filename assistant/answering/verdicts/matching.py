"""What a clause names, compared with what a question asks about: whether it is that thing, and goes to that party."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from assistant.answering.verdicts.table import lexicon
from assistant.text import blank, blanked, has_han, normalized
from assistant.thesaurus import DATA_KINDS, PARTY_KINDS, THING_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.answering.verdicts.question import Asked
    from assistant.answering.verdicts.statements import Verb
    from assistant.text import Span
    from assistant.thesaurus import Thesaurus

Reach = Literal["wholly", "generally", "partly", ""]
"""`wholly`: without a reserve; `generally`: by the name of what it is part of; `partly`: with a reserve, or a part."""
_REACHES: tuple[Reach, ...] = ("wholly", "generally", "partly")
_OFFICIALS = frozenset({"authorities", "regulator", "court"})
_NO_THIRD_PARTY = frozenset(
    {"customer_service", "data_protection_officer", "data_subject", "eu_user", "minor", "under_14"}
)
"""Concepts of parties that are of the company, or the user."""
_YOUR = re.compile(r"\byour(?= )")
_USUAL = 3
"""How many names of a concept, which stand first, are usual ones."""


class Matcher:
    """Compares what a clause names with what is asked about.

    Args:
        thesaurus: Concepts, by which things and parties are recognised in both languages.
    """

    def __init__(self, thesaurus: Thesaurus) -> None:
        self._thesaurus = thesaurus

    def things_in(self, text: str) -> set[str]:
        """Return the concepts of the things that a text names."""
        return self._things(concept for _, _, ids in self._thesaurus.find(text) for concept in ids)

    def may_name(self, asked: Asked, text: str) -> bool:
        """Say whether a text names the thing that is asked about, be it with a reserve, or as a part of it."""
        return not asked.item.isdisjoint(self.things_in(text)) and (not asked.is_by_name or asked.name in text)

    def is_of_the_same(self, verb: Verb) -> bool:
        """Say whether a sentence names nothing but what the sentence before it may have named."""
        if lexicon().it_again.search(verb.before):
            return True
        part = verb.part.text
        is_named = self.things_in(part) or lexicon().general_said.search(part)
        return has_han(part) and not is_named and not any(char.isalnum() for char in verb.after)

    def holds(self, asked: Asked, verb: Verb, *, is_denied: bool = False) -> Reach:
        """Say whether the verb's objects have what is asked about.

        Args:
            asked: The question.
            verb: What is told.
            is_denied: Whether it is denied by the company: of what has a qualifier, only that part is denied then.
        """
        plain, part, ads = verb.plain, verb.part, lexicon().ads
        # Who may turn off personalised ads may not turn off recommendations.
        is_of_ads = asked.act.id == "opt_out" and ads.search(plain, verb.start, verb.end + 12) is not None
        if is_of_ads and not ads.search(" ".join(asked.rest)):
            return ""
        if asked.act.asks == "none":
            return "wholly"
        plain = lexicon().menu_label.sub(blank, plain)
        if asked.act.beside:
            plain = asked.act.beside.sub(blank, plain)
        is_topic = asked.act.has("topic") and lexicon().topic.match(plain, 0, part.start)
        if is_topic and not self.things_in(verb.after):
            # 您的个人信息存储于境内，不会向境外提供: what the sentence began with.
            return "generally" if asked.item else "wholly"
        zones = [plain[verb.end : verb.zone_end]]
        if asked.act.asks == "data":
            zones.append(plain[part.start : verb.start])
            former = verb.sentence.segments[verb.place - 1] if verb.place else None
            if former and not former.is_aside and not former.is_purpose and not part.subject_said:
                zones.append(plain[former.start : former.end])
        if is_denied:
            return self._reach_in(asked, zones[:1], is_denied=True) or self.reach_of(asked, *zones[1:])
        return self.reach_of(asked, *zones)

    def reach_of(self, asked: Asked, *zones: str) -> Reach:
        """Say how far any item of lists of things is what is asked about."""
        return self._reach_in(asked, zones)

    def _reach_in(self, asked: Asked, zones: Sequence[str], *, is_denied: bool = False) -> Reach:
        found = {self._held_in(asked, zone, *span, is_denied=is_denied) for zone in zones for span in _items(zone)}
        return next((reach for reach in _REACHES if reach in found), "")

    def _held_in(self, asked: Asked, zone: str, first: int, last: int, *, is_denied: bool) -> Reach:
        """Say whether an item of a list of objects, which is part of `zone`, is what is asked about."""
        item = zone[first:last]
        head = item[item.rfind("的") + 1 :] if has_han(item) else item
        ahead = first + len(item) - len(head)
        # `Your phone number` is a name of its own, of whom to write to.
        names = [
            (begin, head[begin:end], set(ids))
            for begin, end, ids in self._thesaurus.find(_YOUR.sub(blank, head))
            if _stays(head, end) and not _is_another(zone, ahead + begin, ahead + end)
        ]
        points_back = lexicon().points_back.search(item) is not None
        if points_back and asked.act.has("general"):
            return ""
        owner = lexicon().owner
        for begin, name, ids in names:
            # A name of several concepts needs them all; 血型 is health information, but who collects that need not
            # collect this. Who asks for a permission has not collected yet.
            is_named = bool(asked.item) and asked.item <= ids and (not asked.is_by_name or asked.name in item)
            if is_named and not (asked.act.id == "collect" and "权限" in head):
                # 精确位置 and coordinates are a location too, but not any.
                is_it = self._things(ids) <= asked.item and not points_back and self._is_same(asked, name)
                is_it = is_it and owner.fullmatch(head, 0, begin) is not None
                is_all = not is_denied or _is_unqualified(zone, (first, last), ahead + begin, ahead + begin + len(name))
                return "wholly" if is_it and is_all else "partly"
        if asked.act.asks != "data":
            return ""
        if general := lexicon().general_said.search(item):
            if _is_another(zone, first + general.start(), first + general.end()):
                return ""
            is_bare = owner.fullmatch(item, 0, general.start()) and not lexicon().of_part.match(item, general.end())
            stays = _stays(item, general.end()) or lexicon().predicate.match(item, general.end())
            span = first + general.start(), first + general.end()
            if is_denied and not _is_unqualified(zone, (first, last), *span):
                return "" if asked.item else "partly"
            if is_bare and not points_back and stays:
                return "generally" if asked.item else "wholly"
            return "" if asked.item else "partly"
        kinds = {self._thesaurus[concept].kind for *_, ids in names for concept in ids}
        # Who shares an address shares personal information; who encrypts it may not encrypt all, nor may who may delete
        # it delete all.
        is_of_all = asked.act.by == "you" or asked.act.has("general")
        is_some = not is_of_all and not asked.item and kinds & DATA_KINDS
        return "partly" if is_some else ""

    def _things(self, concepts: Iterable[str]) -> set[str]:
        return {concept for concept in concepts if self._thesaurus[concept].kind in THING_KINDS}

    def _is_same(self, asked: Asked, name: str) -> bool:
        """Say whether a clause's name of a thing is no narrower than the question's: the same, or the usual one."""
        concepts = [self._thesaurus[concept] for concept in asked.item]
        usual = {normalized(known) for concept in concepts for known in (*concept.zh[:_USUAL], *concept.en[:_USUAL])}
        return name == asked.name or name in usual

    def goes_to(self, asked: Asked, text: str, *, is_denied: bool) -> bool:
        """Say whether a verb's words name the party that is asked about, or all parties if it is denied."""
        if not asked.party or (is_denied and not lexicon().to.search(text)):
            return True
        # 任何公司、组织和个人 says nothing of what the law demands.
        is_covered = is_denied and not asked.party & _OFFICIALS
        if (is_covered or "third_party" in asked.party) and lexicon().any_company.search(text):
            return True
        named = {
            concept
            for start, _, ids in self._thesaurus.find(text)
            if not lexicon().all_but.search(text[:start])
            for concept in ids
        }
        if "third_party" in asked.party and not is_denied:
            # Who shares with couriers shares with others.
            return any(self._thesaurus[concept].kind in PARTY_KINDS for concept in named - _NO_THIRD_PARTY)
        return bool(asked.party & named)

    def without_named(self, asked: Asked, text: str) -> str:
        """Return a text without the party that is asked about and without the names of any things."""
        return self._without_things(self._without_party(asked, text))

    def _without_party(self, asked: Asked, text: str) -> str:
        """Return a text without the party that is asked about, together with what leads to it."""
        if not asked.party:
            return text
        parties = [span for span in self._thesaurus.find(text) if self._kinds(span[2]) & PARTY_KINDS]
        for start, end, ids in parties:
            # 第三方广告商 and third-party advertisers are not all third parties.
            is_narrower = any(first == end for first, *_ in parties) or not (has_han(text) or _stays(text, end))
            lead = None if is_narrower or not asked.party & {*ids} else lexicon().party_lead.search(text[:start])
            if lead:
                text = blanked(text, lead.start(), end)
        return text

    def _without_things(self, text: str) -> str:
        """Return a text without the names of things, which may hold what looks like a preposition."""
        for start, end, ids in self._thesaurus.find(text):
            if self._kinds(ids) & THING_KINDS:
                text = blanked(text, start, end)
        return text

    def _kinds(self, concepts: Iterable[str]) -> set[str]:
        return {self._thesaurus[concept].kind for concept in concepts}


def _stays(text: str, end: int) -> bool:
    """Say whether what follows a name leaves it what it is: an address book is no address."""
    if has_han(text):
        return lexicon().tail.fullmatch(text, end) is not None
    return lexicon().follows.match(text[end:]) is not None


def _is_another(zone: str, start: int, end: int) -> bool:
    """Say whether a thing is left out, or is of persons who are told apart from the one who asks: 求职者的手机号码."""
    before = zone[:start]
    if lexicon().left_out.search(before) or lexicon().others_before.search(before):
        return True
    # 收货人的姓名、手机号码, `names and phone numbers of applicants`: whose one is, the others of the list are too.
    if has_han(zone):
        return lexicon().others_before.search(before[: before.rfind("的") + 1]) is not None
    whose = list(lexicon().whose.finditer(before))
    if whose:
        return lexicon().askers.fullmatch(whose[-1][0]) is None
    return lexicon().others_after.search(zone, end) is not None


def unnarrowed(text: str) -> str:
    """Return a text without words that say that it holds in all cases, and for all."""
    return lexicon().to_all.sub(blank, lexicon().in_all_cases.sub(blank, text))


def is_all_of(allowed: re.Pattern[str], text: str) -> bool:
    """Say whether a text has no other words than those that are allowed."""
    return not any(char.isalnum() for char in allowed.sub(blank, text))


def _is_unqualified(zone: str, item: Span, start: int, end: int) -> bool:
    """Say whether nothing keeps the name of a thing to some of it: 您删除的照片, `photos you have deleted`.

    Args:
        zone: The list of objects.
        item: Where the item that holds the name begins and ends.
        start: Where the name begins.
        end: Where the name ends.
    """
    first, last = item
    plainly = unnarrowed(zone)
    before = plainly[first:start]
    if has_han(zone):
        # 您亲友的姓名、手机号码: whose one is, the others of the list are too.
        of = zone.rfind("的", 0, first) + 1
        begin = max((divider.end() for divider in lexicon().between.finditer(zone, 0, of)), default=0)
        before = plainly[begin:of] + before
        return is_all_of(lexicon().unqualified, before)
    told_apart = lexicon().other_rules.search(plainly, end, last)
    after = plainly[end : told_apart.start() if told_apart else last]
    return is_all_of(lexicon().unqualified, before) and is_all_of(lexicon().no_further, after)


def _items(zone: str) -> Iterator[tuple[int, int]]:
    """Yield where the items of a list of objects begin and end."""
    start = 0
    for match in lexicon().between.finditer(zone):
        yield start, match.start()
        start = match.end()
    yield start, len(zone)
