"""The question: read as one act, with what it is about and whom it goes to, or not at all.

Every word of it must be accounted for: as the act, the thing or the party that it names, as a word that says nothing by
itself, or as one that the clause must have too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.answering.verdicts.table import acts, coarse, form_words, lexicon, names_apart
from assistant.text import blank, blanked, language_of, normalized, unlaid
from assistant.thesaurus import PARTY_KINDS, THING_KINDS

if TYPE_CHECKING:
    from assistant.answering.verdicts.table import Act
    from assistant.text import Language
    from assistant.thesaurus import Thesaurus


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A yes/no question, read."""

    act: Act
    language: Language
    item: frozenset[str] = frozenset()
    """Concepts of the thing that is asked about, any of which it may be; empty for personal information in general."""
    name: str = ""
    """What the question calls it."""
    party: frozenset[str] = frozenset()
    """Concepts of whom it goes to; empty if that is not asked."""
    is_general: bool = False
    """Whether it asks about personal information in general."""
    left: str
    """The question without what is read of it."""
    rest: tuple[str, ...] = ()
    """Other words, which the clause must have."""

    @property
    def is_by_name(self) -> bool:
        """Whether the very name of the thing must stand in the clause, and not another of the same concept."""
        return self.item <= coarse() or self.name in names_apart()


_OF_THEMSELVES = frozenset({"none", "stated"})
"""What `Act.asks` is of acts that name their own thing."""
_LONGEST_QUESTION = 120
_SHORTEST_WORD = 2
_ENDS = re.compile(r"[\s?!。.,;:~…]+$")
_SEVERAL = re.compile(r"[?!。;][^?!。;]")
_WORD = re.compile(r"[\u3400-\u9fff]+|[a-z0-9'’-]+")
_GENERAL = "personal_information"


@lru_cache(maxsize=64)
def asked_in(question: str, thesaurus: Thesaurus) -> Asked | None:
    """Read a question; None unless it is a yes/no question all of whose words are understood."""
    plain = normalized(unlaid(question))
    if len(plain) > _LONGEST_QUESTION:
        return None
    plain = lexicon().opening.sub("", _ENDS.sub("", plain)).strip(" ,")
    if _SEVERAL.search(plain) or not lexicon().yes_no.search(plain):
        return None
    language = language_of(question)
    readings = [asked for act in acts() if (asked := _asked_as(act, plain, language, thesaurus))]
    # The fewer words are left for the clause to have, the better is an act understood.
    return min(readings, key=lambda asked: sum(map(len, asked.rest)), default=None)


def _asked_as(act: Act, plain: str, language: Language, thesaurus: Thesaurus) -> Asked | None:
    """Read a question as one that asks for an act; None if words are left over that no clause can answer."""
    match = act.asked.search(plain)
    if match is None or not _is_asker(act, plain, language):
        return None
    left = blanked(plain, *match.span())
    left = act.beside.sub(blank, left) if act.beside else left
    if lexicon().asks_more.search(left) or (act.asks != "refused" and lexicon().manner.search(left)):
        return None
    asked = _with_names(Asked(act=act, language=language, left=left), match[0], thesaurus)
    if asked is None or (match[0] in act.to_whom and not asked.party):
        return None
    rest = tuple(_WORD.findall(form_words().sub(blank, asked.left)))
    # 会出境吗, in a policy about personal information, asks about that; 能转让吗 may ask about a ticket.
    is_alone = act.has("alone") and not (rest or asked.item or asked.party or lexicon().may_i.search(plain))
    names_it = asked.item or ((asked.is_general or is_alone) and act.asks == "data")
    if asked.is_general if act.asks in _OF_THEMSELVES else not names_it:
        return None
    # 不 is left of 不给手机号, but not of 会不会 and 你们不会.
    return None if any(len(word) < _SHORTEST_WORD for word in rest) else replace(asked, rest=rest)


def _is_asker(act: Act, plain: str, language: Language) -> bool:
    """Say whether the one who would do it is the one who is asked about."""
    asks_of_oneself = lexicon().asks_of_oneself.search(plain) is not None
    if act.by == "you":
        return asks_of_oneself or (language == "zh" and not lexicon().asks_of_us.search(plain))
    return not asks_of_oneself or act.asks == "refused" or act.about is not None


def _with_names(asked: Asked, verb: str, thesaurus: Thesaurus) -> Asked | None:
    """Read what a question is about; None if it names several things, or someone in another part than the act's."""
    act, text = asked.act, asked.left
    for start, end, ids in thesaurus.find(text):
        kinds = {thesaurus[concept].kind for concept in ids}
        if kinds & PARTY_KINDS:
            is_led = lexicon().before_party.search(text, max(start - 20, 0), start) is not None
            goes_to = is_led or verb.endswith(("给", "to", "with"))
            if not act.party or asked.party or not goes_to:
                return None
            asked = replace(asked, party=frozenset(ids))
        elif act.asks in _OF_THEMSELVES or not (kinds & THING_KINDS or _GENERAL in ids):
            continue
        elif _GENERAL in ids:
            asked = replace(asked, is_general=True)
        elif asked.item:
            return None
        else:
            item = frozenset(concept for concept in ids if thesaurus[concept].kind in THING_KINDS)
            asked = replace(asked, item=item, name=text[start:end])
        asked = replace(asked, left=blanked(asked.left, start, end))
    if someone := lexicon().anyone.search(asked.left):
        if not act.party or asked.party:
            return None
        asked = replace(asked, party=frozenset({"third_party"}), left=blanked(asked.left, *someone.span()))
    is_general = asked.is_general or lexicon().general_asked.search(asked.left) is not None
    return replace(asked, is_general=is_general, left=lexicon().general_asked.sub(blank, asked.left))
