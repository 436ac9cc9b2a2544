"""What the rules look for: `data/verdicts.toml`, read and compiled once, where it is first needed."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.text import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that may be done: an entry of `act`, whose fields are explained in the table."""

    id: str
    by: Literal["we", "you"]
    asks: Literal["item", "data", "refused", "stated", "none"]
    asked: re.Pattern[str]
    said: re.Pattern[str]
    fact: Mapping[Language, Sequence[str]]
    fact_announced: Mapping[Language, Sequence[str]] = field(default_factory=dict)
    party: bool = False
    beside: re.Pattern[str] | None = None
    about: re.Pattern[str] | None = None
    amid: re.Pattern[str] | None = None
    label: re.Pattern[str] | None = None
    announced: re.Pattern[str] | None = None
    undergone: re.Pattern[str] | None = None
    barred: re.Pattern[str] | None = None
    still: re.Pattern[str] | None = None
    instead: re.Pattern[str] | None = None
    silent: re.Pattern[str] | None = None
    to_whom: Sequence[str] = ()
    flags: Sequence[str] = ()

    def has(
        self,
        flag: Literal[
            "impersonal", "general", "topic", "alone", "children", "in_principle", "denied", "every", "abroad"
        ],
    ) -> bool:
        """Say whether a flag is set."""
        return flag in self.flags

    def is_beside(self, plain: str) -> bool:
        """Say whether a sentence tells nothing of the act whatever it says, such as one of children only."""
        of_children = not self.has("children") and lexicon().children.search(plain) is not None
        return of_children or (self.silent is not None and self.silent.search(plain) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """The words that the rules look for, in both languages: entries of `words`, which are explained in the table."""

    opening: re.Pattern[str]
    yes_no: re.Pattern[str]
    asks_more: re.Pattern[str]
    manner: re.Pattern[str]
    asks_of_us: re.Pattern[str]
    asks_of_oneself: re.Pattern[str]
    general_asked: re.Pattern[str]
    general_said: re.Pattern[str]
    of_part: re.Pattern[str]
    predicate: re.Pattern[str]
    cut_off: re.Pattern[str]
    before_party: re.Pattern[str]
    anyone: re.Pattern[str]
    children: re.Pattern[str]
    optional: re.Pattern[str]
    topic: re.Pattern[str]
    label_end: re.Pattern[str]
    example: re.Pattern[str]
    in_principle: re.Pattern[str]
    perhaps: re.Pattern[str]
    may_i: re.Pattern[str]
    masked: re.Pattern[str]
    others: re.Pattern[str]
    others_act: re.Pattern[str]
    embedded: re.Pattern[str]
    hardly: re.Pattern[str]
    nobody: re.Pattern[str]
    no_such: re.Pattern[str]
    plainly_told: re.Pattern[str]
    before_told: re.Pattern[str]
    noun_after: re.Pattern[str]
    participle: re.Pattern[str]
    before_participle: re.Pattern[str]
    restricted: re.Pattern[str]
    no_more: re.Pattern[str]
    cut: re.Pattern[str]
    next_clause: re.Pattern[str]
    next_subject: re.Pattern[str]
    between: re.Pattern[str]
    tail: re.Pattern[str]
    follows: re.Pattern[str]
    others_before: re.Pattern[str]
    others_after: re.Pattern[str]
    askers: re.Pattern[str]
    whose: re.Pattern[str]
    for_others: re.Pattern[str]
    in_all_cases: re.Pattern[str]
    plainly_denied: re.Pattern[str]
    unqualified: re.Pattern[str]
    other_rules: re.Pattern[str]
    no_further: re.Pattern[str]
    denied_list: re.Pattern[str]
    no_narrower: re.Pattern[str]
    to_all: re.Pattern[str]
    party_lead: re.Pattern[str]
    party_tail: re.Pattern[str]
    narrows_lead: re.Pattern[str]
    narrows: re.Pattern[str]
    left_out: re.Pattern[str]
    all_but: re.Pattern[str]
    owner: re.Pattern[str]
    ads: re.Pattern[str]
    points_back: re.Pattern[str]
    to: re.Pattern[str]
    any_company: re.Pattern[str]
    may: re.Pattern[str]
    may_not: re.Pattern[str]
    we_cannot: re.Pattern[str]
    must_not: re.Pattern[str]
    denied_outright: re.Pattern[str]
    whole_thing: re.Pattern[str]
    asker_acts: re.Pattern[str]
    unmarked: re.Pattern[str]
    state: re.Pattern[str]
    of_another: re.Pattern[str]
    how_much: re.Pattern[str]
    case_before: re.Pattern[str]
    turns_over: re.Pattern[str]
    only_so: re.Pattern[str]
    narrowed: re.Pattern[str]
    permission: re.Pattern[str]
    not_a_right: re.Pattern[str]
    if_consent: re.Pattern[str]
    consent: re.Pattern[str]
    before_consent: re.Pattern[str]
    cases: re.Pattern[str]
    purpose: re.Pattern[str]
    at_use: re.Pattern[str]
    wish: re.Pattern[str]
    when_before: re.Pattern[str]
    when_after: re.Pattern[str]
    besides: re.Pattern[str]
    minor: re.Pattern[str]
    major: re.Pattern[str]
    leads: re.Pattern[str]
    excepted_within: re.Pattern[str]
    excepted_before: re.Pattern[str]
    exception: re.Pattern[str]
    goes_on_with: re.Pattern[str]
    actor: re.Pattern[str]
    actor_first: re.Pattern[str]
    may_be_refused: re.Pattern[str]
    some_of_them: re.Pattern[str]
    menu_label: re.Pattern[str]
    it_again: re.Pattern[str]
    terms_to_meet: re.Pattern[str]
    the_same: re.Pattern[str]
    the_several: re.Pattern[str]
    still_usable: re.Pattern[str]
    in_part: re.Pattern[str]
    states: re.Pattern[str]
    asks_how: re.Pattern[str]
    handed_over: re.Pattern[str]
    abroad: re.Pattern[str]
    some_place: re.Pattern[str]
    refused: re.Pattern[str]


@cache
def lexicon() -> Lexicon:
    """Return the words that the rules look for."""
    return Lexicon(**{name: _either(entry) for name, entry in _table()["words"].items()})


_OF_BOTH = ("asked", "said", "undergone", "barred", "still", "instead", "label")
_OF_EITHER = ("beside", "about", "amid", "announced", "silent")


@cache
def acts() -> tuple[Act, ...]:
    """Return what may be asked about, in the order of the table."""
    found = []
    for entry in _table()["act"]:
        read = {name: _either(entry[name]) for name in _OF_BOTH if name in entry}
        read |= {name: re.compile(entry[name]) for name in _OF_EITHER if name in entry}
        found.append(Act(**{**entry, **read}))
    return tuple(found)


@cache
def form_words() -> re.Pattern[str]:
    """Return the words of questions that say nothing by themselves."""
    return _either(_table()["form"])


@cache
def coarse() -> frozenset[str]:
    """Return the concepts whose names are names of different things."""
    return frozenset(_table()["coarse"]["concepts"].split())


@cache
def names_apart() -> frozenset[str]:
    """Return names of other concepts that are names of a thing of its own."""
    return frozenset(_table()["coarse"]["names"].split())


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("assistant").joinpath("data/verdicts.toml").read_text("utf-8"))


def _either(words: dict[str, list[str]]) -> re.Pattern[str]:
    parts = [*words.get("zh", ()), *(f"(?<![a-z0-9])(?:{word})(?![a-z0-9])" for word in words.get("en", ()))]
    return re.compile("|".join(parts))
