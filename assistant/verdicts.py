"""Whether a clause answers a yes/no question, and how: rules over the question and the clause's own words, no model.

A question is read as one *act* (`data/verdicts.toml`: collecting, selling, withdrawing consent …) with what it is about
and whom it goes to. A sentence of the clause decides it if it states that act, of that thing, by that party, and if its
sense can be read: one negation at most, no other subject, nothing turned twice. A condition or an exception makes the
verdict `conditional`, and is pointed at with the policy's own words.

The rules err on the side of silence: every word of the question must be accounted for; what is denied of one recipient,
place or kind of person is not denied of all; and where two sentences of the policy tell different things, nothing is
said, unless one of them is a condition of the other. The quote itself is shown either way. All words that the rules
look for stand in `data/verdicts.toml`, with what each is looked for.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from itertools import takewhile, zip_longest
from typing import TYPE_CHECKING, Any, Literal

from assistant.segments import NEGATIVE, WHEN, Reader, conditions_in, denials, says_perhaps, sentences_in
from assistant.text import Language, fold, has_han, language_of, normalized
from assistant.thesaurus import extended

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.policy import Policy
    from assistant.segments import Segment, Sentence
    from assistant.thesaurus import Thesaurus

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


def verdict_of(question: str, policy: Policy, clause_id: str, quote: str, others: Iterable[str] = ()) -> Verdict | None:
    """Return what a quoted clause says to a yes/no question; None unless its text decides it.

    Args:
        question: The question, made to stand by itself.
        policy: The policy that the quote is from.
        clause_id: The clause that the quote is from.
        quote: The words that the answer quotes first.
        others: What else was found: if it, or another clause of the policy, tells another thing, nothing is said.
    """
    thesaurus = extended(policy.concepts)
    asker = _asker_in(policy.title, policy.text)
    if asker == _CHILD and _OWN_ASKED.search(_CHILD_ASKED.sub("", normalized(question))):
        # In rules about children, `my phone number` is a parent's, of whom other things hold.
        asker = ""
    asked = _asked(_question_of(asker, question), thesaurus)
    if asked is None:
        return None
    printed_quote, quote, others = quote, _as_you(asker, quote), [_as_you(asker, text) for text in others]
    titles = [normalized(clause.title) for clause in policy.path(clause_id)[1:]]
    if asked.act.by == "we" and any(_words("others").search(title) for title in titles):
        return None
    names = (policy.title, *policy.names)
    judge = _Judge(thesaurus, names)
    told = list(judge.rulings(asked, quote))
    first = _first(asked.act, told)
    if first is None:
        return None
    led = _excepting_lead(policy, clause_id) if asked.act.by == "we" and first.polarity != "is_not" else ""
    first = _excepted(judge.rulings(asked, _as_you(asker, led))) if led else first
    printed_quote = led or printed_quote
    rulings = [*told]
    for text in others:
        rulings += judge.rulings(asked, text)
    # What stands in other clauses counts too, found or not: 账号内有余额的，不得注销.
    block = policy[clause_id].start // _BLOCK
    near = policy.text[max(block - 1, 0) * _BLOCK : (block + 2) * _BLOCK]
    rulings += judge.rulings_in(asked, _sentences_near(_as_you(asker, near)))
    if asked.act.by == "you":
        # In another clause, trial accounts are not the asker's account, and some of his data is not his data.
        rulings = [*told, *(ruling for ruling in rulings if ruling.is_whole)]
        first = _with_reserve(first, rulings, _unlaid(quote))
    elif first == _IS and asked.act.asks == "item":
        first = judge.where_optional(asked, quote)
    if not _agree(first, rulings):
        return None
    verdict = first.verdict(asked)
    if not verdict.condition:
        return verdict
    # A condition is told in the policy's own words, or the verdict is not told.
    printed = _printed(verdict.condition, printed_quote, names, asker)
    return replace(verdict, condition=printed) if printed else None


def _excepting_lead(policy: Policy, clause_id: str) -> str:
    """Return what leads into the list that a clause is an item of, if it denies something; else nothing.

    我们不会共享，但以下情况除外：…: what an item says is so in these cases only.
    """
    span = policy.lead_in(clause_id)
    led = policy.text[slice(*span)] if span else ""
    return led if denials(normalized(led)) else ""


def _excepted(rulings: Iterable[_Ruling]) -> _Ruling:
    """Return what is so with an exception; a doubt if nothing is."""
    return next((ruling for ruling in rulings if ruling.condition), _DOUBT)


def _first(act: _Act, rulings: Sequence[_Ruling]) -> _Ruling | None:
    """Return what a quote says first of all; None if any of its sentences leaves it open."""
    if any(ruling.polarity == "doubt" for ruling in rulings):
        return None
    if act.asks == "item" and _IS in rulings and any(ruling.condition for ruling in rulings):
        return None
    # What the user may not do does not tell what he may.
    telling = [ruling for ruling in rulings if act.by == "we" or ruling.polarity == "is"]
    # 我们可能使用…. 我们使用…: what is so is no longer a mere perhaps.
    return _IS if telling and telling[0] == _MAY and _IS in telling else next(iter(telling), None)


def _with_reserve(permitted: _Ruling, rulings: Sequence[_Ruling], quote: str) -> _Ruling:
    """Return what the user may do under the condition that is told elsewhere, if it has none: what he may not do."""
    denied = next((ruling.condition for ruling in rulings if ruling.polarity == "is_not"), "")
    terms = None if denied else _words("terms_to_meet").search(quote)
    condition = permitted.condition or denied or (terms[0] if terms else "")
    return replace(permitted, condition=condition)


def _printed(words: str, text: str, names: Iterable[str], asker: str) -> str:
    """Return normalized words, which have `we` and `you` for names, as a text prints them; empty if it does not."""
    own = "|".join(
        _spaced(fold(name)) for name in sorted({*names, "我们", "we"}, key=len, reverse=True) if name.strip()
    )
    yours = f"(?:您|{_ASKERS[asker].pattern})" if asker else "您"
    parts = [
        f"(?:{own})" if part in ("我们", "we") else yours if part == "您" else _spaced(part)
        for part in _OWN.split(words)
    ]
    found = re.search(r"\s*".join(part for part in parts if part), fold(text))
    return " ".join(text[slice(*found.span())].split()) if found else ""


def _spaced(words: str) -> str:
    return r"\s*".join(re.escape(char) for char in words if not char.isspace())


_OWN = re.compile(r"(我们|您|(?<![a-z0-9])we(?![a-z0-9]))")


# --- Who asks ----------------------------------------------------------------------------

# What a policy calls the one who asks, where it is written about children, passengers, learners: 儿童 in the rules of
# a watch is what 您 is elsewhere. Not 未满5周岁的儿童, nor 走失儿童, who are some of them.
_CHILD = "child"
_SOME = r"(?<![的岁失伴他分部些名级])"
_ASKERS = {
    _CHILD: re.compile(
        rf"{_SOME}(?:未成年人|青少年|儿童|(?:您的?)?(?:孩子|宝贝)|\b(?:the |a |your )?child(?:ren)?(?='s))"
    )
} | {
    role: re.compile(rf"{_SOME}{role}(?![票证卡])")
    for role in ("学员", "旅客", "乘客", "患者", "就诊人", "顾客", "读者")
}
_CHILD_TITLED = re.compile(r"儿童|未成年人|青少年|\bchild(?:ren)?\b|\bminors?\b", re.IGNORECASE)
_CHILD_ASKED = re.compile(
    r"(?:我家?|您|你)?的?(?:孩子|儿童|宝贝|宝宝|小孩|娃|儿子|女儿|未成年人|青少年)(?:们)?|"
    r"\b(?:my |the |a |our )?(?:child(?:ren)?|kids?|son|daughter)(?='s|s')"
)
_OWN_ASKED = re.compile(r"我(?!们)|\b(?:my|me|i)\b")
_LEAST_NAMED = 5


@lru_cache(maxsize=16)
def _asker_in(title: str, text: str) -> str:
    """Return the key in `_ASKERS` of what a policy calls the one who asks; empty if that is just 您."""
    if _CHILD_TITLED.search(title):
        return _CHILD
    said = len(re.findall("[您你]", text))
    roles = {role: text.count(role) for role in _ASKERS if role != _CHILD}
    role = max(roles, key=lambda name: roles[name])
    return role if roles[role] >= _LEAST_NAMED and roles[role] > said else ""


def _as_you(asker: str, text: str) -> str:
    """Return a text with 您 for what it calls the one who asks."""
    if not asker:
        return text
    return _ASKERS[asker].sub(lambda name: "您" if has_han(name[0]) else "your", text).replace("your's", "your")


def _question_of(asker: str, question: str) -> str:
    """Return a question with 我 for what its policy calls the one who asks."""
    if asker != _CHILD:
        return _ASKERS[asker].sub("我", question) if asker else question
    plain = normalized(question)
    return _CHILD_ASKED.sub(lambda name: "我" if has_han(name[0]) else "my", plain).replace("my's", "my")


# --- The table ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """Something that may be done: an entry of `data/verdicts.toml`, compiled."""

    id: str
    by: str
    asks: str
    asked: re.Pattern[str]
    said: re.Pattern[str]
    fact: dict[str, list[str]]
    fact_announced: dict[str, list[str]] = field(default_factory=dict)
    party: bool = False
    beside: re.Pattern[str] | None = None
    about: re.Pattern[str] | None = None
    amid: re.Pattern[str] | None = None
    label: re.Pattern[str] | None = None
    announced: re.Pattern[str] | None = None
    undergone: re.Pattern[str] | None = None
    to_whom: Sequence[str] = ()
    flags: Sequence[str] = ()


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("assistant").joinpath("data/verdicts.toml").read_text("utf-8"))


def _either(words: dict[str, list[str]]) -> re.Pattern[str]:
    parts = [*words.get("zh", ()), *(f"(?<![a-z0-9])(?:{word})(?![a-z0-9])" for word in words.get("en", ()))]
    return re.compile("|".join(parts))


@cache
def _words(name: str) -> re.Pattern[str]:
    """Return what an entry of `words` looks for, in both languages."""
    return _either(_table()["words"][name])


@cache
def _acts() -> tuple[_Act, ...]:
    acts = []
    for entry in _table()["act"]:
        read = {name: _either(entry[name]) for name in ("asked", "said", "undergone", "label") if name in entry}
        read |= {name: re.compile(entry[name]) for name in ("beside", "about", "amid", "announced") if name in entry}
        acts.append(_Act(**{**entry, **read}))
    return tuple(acts)


@cache
def _form_words() -> re.Pattern[str]:
    return _either(_table()["form"])


@cache
def _coarse() -> frozenset[str]:
    return frozenset(_table()["coarse"]["concepts"].split())


# --- The question ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A yes/no question, read."""

    act: _Act
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


_LONGEST_QUESTION = 120
_SHORTEST_WORD = 2
_ENDS = re.compile(r"[\s?!。.,;:~…]+$")
_SEVERAL = re.compile(r"[?!。;][^?!。;]")
_WORD = re.compile(r"[\u3400-\u9fff]+|[a-z0-9'’-]+")
_THING_KINDS = frozenset({"data_item", "identifier", "permission"})
_OFFICIALS = frozenset({"authorities", "regulator", "court"})
_PARTY_KINDS = frozenset({"vendor", "actor"})
_NO_THIRD_PARTY = frozenset(
    {"customer_service", "data_protection_officer", "data_subject", "eu_user", "minor", "under_14"}
)
"""Concepts of parties that are of the company, or the user."""
_GENERAL = "personal_information"
_YOUR = re.compile(r"\byour(?= )")
_HAN = r"\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_FIRST_NUMBER = re.compile(r"\b(?:not|shall|will|must|may|never) \((?:i|a|1)\) ")
_NUMBER = re.compile(r"\((?:[ivx]{1,4}|[a-h]|\d)\) ")
_NEXT_NUMBER = re.compile(rf"\s{{0,8}}(?:(?:and|or) )?{_NUMBER.pattern}")
_LAYOUT = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")


def _unlaid(text: str) -> str:
    """Return a text normalized, without the stray blanks between Chinese characters, which are the layout's."""
    return normalized(_LAYOUT.sub("", text))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _blanked(text: str, start: int, end: int) -> str:
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"


@lru_cache(maxsize=64)
def _asked(question: str, thesaurus: Thesaurus) -> _Asked | None:
    """Read a question; None unless it is a yes/no question all of whose words are understood."""
    plain = _unlaid(question)
    if len(plain) > _LONGEST_QUESTION:
        return None
    plain = _words("opening").sub("", _ENDS.sub("", plain)).strip(" ,")
    if _SEVERAL.search(plain) or not _words("yes_no").search(plain):
        return None
    language = language_of(question)
    readings = [asked for act in _acts() if (asked := _asked_as(act, plain, language, thesaurus))]
    # The fewer words are left for the clause to have, the better is an act understood.
    return min(readings, key=lambda asked: sum(map(len, asked.rest)), default=None)


def _asked_as(act: _Act, plain: str, language: Language, thesaurus: Thesaurus) -> _Asked | None:
    """Read a question as one that asks for an act; None if words are left over that no clause can answer."""
    match = act.asked.search(plain)
    if match is None or not _is_asker(act, plain, language):
        return None
    left = _blanked(plain, *match.span())
    left = act.beside.sub(_blank, left) if act.beside else left
    if _words("asks_more").search(left) or (act.asks != "refused" and _words("manner").search(left)):
        return None
    asked = _with_names(_Asked(act=act, language=language, left=left), match[0], thesaurus)
    if asked is None or (match[0] in act.to_whom and not asked.party):
        return None
    names_it = asked.item or (asked.is_general and act.asks == "data")
    if asked.is_general if act.asks == "none" else not names_it:
        return None
    rest = tuple(_WORD.findall(_form_words().sub(_blank, asked.left)))
    # 不 is left of 不给手机号, but not of 会不会 and 你们不会.
    return None if any(len(word) < _SHORTEST_WORD for word in rest) else replace(asked, rest=rest)


def _is_asker(act: _Act, plain: str, language: Language) -> bool:
    """Say whether the one who would do it is the one who is asked about."""
    asks_of_oneself = _words("asks_of_oneself").search(plain) is not None
    if act.by == "you":
        return asks_of_oneself or (language == "zh" and not _words("asks_of_us").search(plain))
    return not asks_of_oneself or act.asks == "refused" or act.about is not None


def _with_names(asked: _Asked, verb: str, thesaurus: Thesaurus) -> _Asked | None:
    """Read what a question is about; None if it names several things, or someone in another part than the act's."""
    act, text = asked.act, asked.left
    for start, end, ids in thesaurus.find(text):
        kinds = {thesaurus[concept].kind for concept in ids}
        if kinds & _PARTY_KINDS:
            is_led = _words("before_party").search(text, max(start - 20, 0), start) is not None
            goes_to = is_led or verb.endswith(("给", "to", "with"))
            if not act.party or asked.party or not goes_to:
                return None
            asked = replace(asked, party=frozenset(ids))
        elif act.asks == "none" or not (kinds & _THING_KINDS or _GENERAL in ids):
            continue
        elif _GENERAL in ids:
            asked = replace(asked, is_general=True)
        elif asked.item:
            return None
        else:
            item = frozenset(concept for concept in ids if thesaurus[concept].kind in _THING_KINDS)
            asked = replace(asked, item=item, name=text[start:end])
        asked = replace(asked, left=_blanked(asked.left, start, end))
    if someone := _words("anyone").search(asked.left):
        if not act.party or asked.party:
            return None
        asked = replace(asked, party=frozenset({"third_party"}), left=_blanked(asked.left, *someone.span()))
    is_general = asked.is_general or _words("general_asked").search(asked.left) is not None
    return replace(asked, is_general=is_general, left=_words("general_asked").sub(_blank, asked.left))


# --- The clause --------------------------------------------------------------------------

_Polarity = Literal["is", "is_not", "may", "doubt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ruling:
    """What one sentence says to a question."""

    polarity: _Polarity
    condition: str = ""
    leads: bool = False
    is_whole: bool = True
    """Whether it is of the whole of what is asked about; of what may not be done only."""
    is_announced: bool = False
    """Whether it is told to all, not to each: 公告."""
    is_part: bool = False
    """Whether it is so of a part only of what is asked about."""

    def verdict(self, asked: _Asked) -> Verdict:
        place = ("is", "is_not", "may").index(self.polarity)
        kind: VerdictKind = "conditional" if self.condition or self.polarity == "may" else ("yes", "no")[place]
        facts = asked.act.fact_announced if self.is_announced else asked.act.fact
        fact = facts[asked.language][place]
        return Verdict(
            kind=kind,
            fact=_IN_PART[asked.language].format(fact=fact) if self.is_part else fact,
            language=asked.language,
            condition=self.condition,
            leads=self.leads,
        )


_Reach = Literal["wholly", "generally", "partly", ""]
"""`wholly`: without a reserve; `generally`: by the name of what it is part of; `partly`: with a reserve, or a part."""
_REACHES: tuple[_Reach, ...] = ("wholly", "generally", "partly")
_Denied = Literal["wholly", "generally", "partly", "unclear", ""]
"""As `_Reach`; `unclear`: it may be denied of it, or of the asker, for all that can be told."""
_DOUBT, _IS, _MAY = _Ruling(polarity="doubt"), _Ruling(polarity="is"), _Ruling(polarity="may")
_LONGEST_SENTENCE = 500
_USUAL = 3
"""How many names of a concept, which stand first, are usual ones."""
_NEAR = 40
"""Characters after a refusal in which stands what is refused."""


_BLOCK = 50_000
"""Characters. Of a policy, what stands in the clause's block and in those beside it is read: all of most policies."""


def _sentences(text: str) -> tuple[tuple[str, str], ...]:
    """Return the sentences of a text, each also normalized, with an exception of a sentence joined to it."""
    told: list[str] = []
    for sentence in sentences_in(_LAYOUT.sub("", text)):
        if told and _words("excepted_before").match(sentence):
            told[-1] += f", {sentence}"
        else:
            told.append(sentence)
    told = [_unnumbered(sentence, told[place + 1 :]) for place, sentence in enumerate(told)]
    return tuple((sentence, normalized(sentence)) for sentence in told)


def _unnumbered(sentence: str, rest: Sequence[str]) -> str:
    """Return a sentence without the numbers of the items that it holds: `shall not (i) sell`.

    Where the last item has an exception, which may be one of all of them, the sentence is left as it is.
    """
    if not _FIRST_NUMBER.search(sentence):
        return sentence
    items = [sentence, *takewhile(_NEXT_NUMBER.match, rest)]
    return sentence if len(items) > 1 and conditions_in(normalized(items[-1])) else _NUMBER.sub("", sentence)


# A policy is read for one question after another.
@lru_cache(maxsize=16)
def _sentences_near(text: str) -> tuple[tuple[str, str], ...]:
    return _sentences(text)


def _agree(first: _Ruling, rulings: Sequence[_Ruling]) -> bool:
    """Say whether what else was found bears with a ruling."""
    if first.polarity == "doubt":
        return False
    if first.polarity == "is_not":
        # Not without an exception: what is told elsewhere may be it.
        return bool(first.condition) or all(other.polarity in ("is_not", "doubt") for other in rulings)
    return all(first.condition and other.condition for other in rulings if other.polarity == "is_not")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """Where a sentence states an act."""

    sentence: Sentence
    place: int
    """Of the segment that it stands in."""
    start: int
    """First character, in `Sentence.plain`; for what one may do, the end of the words that permit it."""
    end: int
    """End of the verb."""

    @property
    def plain(self) -> str:
        """The sentence, normalized."""
        return self.sentence.plain

    @property
    def part(self) -> Segment:
        """The segment that it stands in."""
        return self.sentence.segments[self.place]

    @property
    def before(self) -> str:
        """What stands before it in its segment."""
        return self.plain[self.part.start : self.start]

    @property
    def zone_end(self) -> int:
        """Where the list of its objects ends."""
        cut = _words("cut").search(self.plain, self.end, self.clause_end(len(self.plain)))
        return cut.start() if cut else self.clause_end(len(self.plain))

    def clause_end(self, end: int) -> int:
        """Return where the next clause begins, before `end`: `and we …`; `end` if none does."""
        after = _words("next_clause").search(self.plain, self.end, end)
        return after.start() if after else end

    @property
    def after(self) -> str:
        """Its objects."""
        return self.plain[self.end : self.zone_end]


# The sentences of a policy are read for one question after another.
@lru_cache(maxsize=16)
def _reader(thesaurus: Thesaurus, names: tuple[str, ...]) -> Reader:
    return Reader(thesaurus, names)


@lru_cache(maxsize=4_000)
def _read(reader: Reader, text: str) -> Sentence:
    return reader.read(text)


class _Judge:
    """Reads what sentences of a policy say to a question.

    Args:
        thesaurus: Concepts, by which things are recognised in both languages.
        names: What the policy, its company and its product are called.
    """

    def __init__(self, thesaurus: Thesaurus, names: Iterable[str]) -> None:
        self._thesaurus = thesaurus
        self._reader = _reader(thesaurus, tuple(names))

    def rulings(self, asked: _Asked, text: str) -> Iterator[_Ruling]:
        """Yield what each sentence of a text says, where it says anything to the question."""
        yield from self.rulings_in(asked, _sentences(text))

    def rulings_in(self, asked: _Asked, sentences: Iterable[tuple[str, str]]) -> Iterator[_Ruling]:
        """Yield what each sentence says; see `_sentences`."""
        former = ""
        patterns = [pattern for pattern in (asked.act.said, asked.act.undergone, asked.act.label) if pattern]
        for raw, plain in sentences:
            is_silent = not any(pattern.search(plain) for pattern in patterns)
            if len(raw) > _LONGEST_SENTENCE or is_silent or _words("children").search(plain):
                former = plain
                continue
            sentence = _read(self._reader, raw)
            about = asked.act.about
            if asked.act.label and _is_instruction(asked.act.label, sentence.plain):
                yield _IS
                former = sentence.plain
                continue
            if asked.act.asks == "refused":
                yield from self._of_refusals(asked, sentence, former)
            elif (not about or about.search(sentence.plain)) and all(self._has(sentence, word) for word in asked.rest):
                yield from self._in_sentence(asked, sentence)
            former = sentence.plain

    def where_optional(self, asked: _Asked, quote: str) -> _Ruling:
        """Return that a thing is so, on the condition of words that leave it open, if any do: 您也可以不提供."""
        for _, plain in _sentences(quote):
            for match in _words("optional").finditer(plain):
                named = self._things(plain[max(match.start() - _NEAR, 0) : match.end() + _NEAR])
                if asked.item & named or not named:
                    return _told(match[0], leads=False)
        return _IS

    def _in_sentence(self, asked: _Asked, sentence: Sentence) -> Iterator[_Ruling]:
        rule = self._of_you if asked.act.by == "you" else self._of_us
        is_example = _words("example").search(sentence.plain)
        spans = [match.span() for match in asked.act.said.finditer(sentence.plain)]
        if asked.act.undergone:
            # The thing stands first, so all of it stands before the end of the verb.
            spans += [(match.end(), match.end()) for match in asked.act.undergone.finditer(sentence.plain)]
        for start, end in spans:
            for place, part in enumerate(sentence.segments):
                is_here = part.start <= start < part.end or start == end == part.end
                if is_here and not part.is_aside and not part.is_purpose:
                    found = rule(asked, _Verb(sentence=sentence, place=place, start=start, end=end))
                    if found:
                        yield _DOUBT if is_example else found

    def _has(self, sentence: Sentence, word: str) -> bool:
        """Say whether a sentence has a word of the question, be it in the other language."""
        if word in sentence.plain or has_han(word) == has_han(sentence.plain):
            return word in sentence.plain
        terms = [term for part in _read(self._reader, word).segments for term in part.terms]
        return bool(terms) and all(
            not term.pairs and any(part.holds(term, exactly=True) for part in sentence.segments) for term in terms
        )

    def _things(self, text: str) -> set[str]:
        """Return the concepts of the things that a text names."""
        named = {concept for _, _, ids in self._thesaurus.find(text) for concept in ids}
        return {concept for concept in named if self._thesaurus[concept].kind in _THING_KINDS}

    # --- Who refuses ---------------------------------------------------------------------

    def _of_refusals(self, asked: _Asked, sentence: Sentence, former: str) -> Iterator[_Ruling]:
        """Yield what a sentence says of who refuses a thing: that it can still be used, with what reserve."""
        plain = sentence.plain
        refused = asked.act.said.search(plain)
        goes_on = _words("still_usable").search(plain, refused.end()) if refused else None
        if refused is None or goes_on is None:
            return
        cut = _words("cut").search(plain, refused.end(), refused.end() + _NEAR)
        what = plain[refused.end() : cut.start() if cut else refused.end() + _NEAR]
        before = self._things(plain[: refused.start()]) or self._things(former)
        # 拒绝提供该信息: the one thing that was named before it.
        is_it = _words("the_same").fullmatch(what) and before and before <= asked.item
        if not is_it and not asked.item & self._things(what):
            return
        words = goes_on[0].strip(" ,;")
        if not _words("in_part").search(plain, refused.end()):
            yield _IS
        elif len(words) <= _longest_condition(words):
            yield _Ruling(polarity="is", condition=words)

    # --- What is done --------------------------------------------------------------------

    def _of_us(self, asked: _Asked, verb: _Verb) -> _Ruling | None:
        """Return what a verb says of what the policy's company does."""
        if not _is_told_of_us(asked.act, verb):
            return None
        led = _led(verb)
        # We do not share, sell or rent: each of them.
        before = verb.before if verb.part.subject_said else f"{led.strip()} {verb.before.strip()}".strip()
        is_listed = _words("denied_list").fullmatch(before) is not None
        held, denied = self._holds(asked, verb), denials(before if is_listed else verb.before)
        # Who keeps all information in a place keeps each there; who shares some of it may not share this.
        is_general = "general" in asked.act.flags
        if not held or (not denied and held == ("partly" if is_general else "generally")):
            return None
        is_denied = denied > 0
        if denied > 1 or denials(verb.after) or _words("masked").search(verb.plain, verb.part.start, verb.zone_end):
            return _DOUBT
        # We may not be able to serve you, or to send …: denied by a part that it goes on with.
        carried = {label for reading in verb.part.carried for label in reading.split("+")}
        is_turned = bool((denials(led) and not is_listed) or NEGATIVE & carried)
        if not _is_bare_no(asked, verb, held) if is_denied else is_turned:
            return _DOUBT
        if is_denied and asked.act.about and _words("minor").search(verb.plain):
            return None
        if not self._goes_to(asked, verb.plain[verb.part.start : verb.zone_end], is_denied=is_denied):
            return None
        if _is_for_others(verb) or (is_denied and self._is_narrowed(asked, verb)):
            # What is not shared with one may be shared with another; but if some is not encrypted, not all is.
            return _DOUBT if is_general else None
        found = _condition(asked.act, verb)
        if found == _DOUBT or (found == _IS and _words("in_principle").search(verb.plain, 0, verb.start)):
            return _DOUBT
        announced = asked.act.announced and asked.act.announced.search(verb.plain, verb.start, verb.end)
        polarity: _Polarity = "is_not" if denied else "may" if says_perhaps(f"{led} {verb.before}") else "is"
        is_part = held == "partly" and not asked.item
        return replace(found, polarity=polarity, is_announced=announced is not None, is_part=is_part)

    def _holds(self, asked: _Asked, verb: _Verb) -> _Reach:
        """Say whether the verb's objects have what is asked about."""
        plain, part, ads = verb.plain, verb.part, _words("ads")
        # Who may turn off personalised ads may not turn off recommendations.
        is_of_ads = asked.act.id == "opt_out" and ads.search(plain, verb.start, verb.end + 12) is not None
        if is_of_ads and not ads.search(" ".join(asked.rest)):
            return ""
        if asked.act.asks == "none":
            return "wholly"
        if asked.act.beside:
            plain = asked.act.beside.sub(_blank, plain)
        if "topic" in asked.act.flags and _words("topic").match(plain, 0, part.start) and not self._things(verb.after):
            # 您的个人信息存储于境内，不会向境外提供: what the sentence began with.
            return "generally" if asked.item else "wholly"
        zones = [plain[verb.end : verb.zone_end]]
        if asked.act.asks == "data":
            zones.append(plain[part.start : verb.start])
            former = verb.sentence.segments[verb.place - 1] if verb.place else None
            if former and not former.is_aside and not former.is_purpose and not part.subject_said:
                zones.append(plain[former.start : former.end])
        return self._reach_of(asked, *zones)

    def _held_in(self, asked: _Asked, zone: str, first: int, last: int) -> _Reach:
        """Say whether an item of a list of objects, which is part of `zone`, is what is asked about."""
        item = zone[first:last]
        head = item[item.rfind("的") + 1 :] if has_han(item) else item
        ahead = first + len(item) - len(head)
        # `Your phone number` is a name of its own, of whom to write to.
        names = [
            (begin, head[begin:end], set(ids))
            for begin, end, ids in self._thesaurus.find(_YOUR.sub(_blank, head))
            if _stays(head, end) and not _is_another(zone, ahead + begin, ahead + end)
        ]
        points_back = _words("points_back").search(item) is not None
        if points_back and "general" in asked.act.flags:
            return ""
        owner = _words("owner")
        for begin, name, ids in names:
            # A name of several concepts needs them all; 血型 is health information, but who collects that need not
            # collect this. Who asks for a permission has not collected yet.
            is_named = bool(asked.item) and asked.item <= ids and (not asked.item <= _coarse() or asked.name in item)
            if is_named and not (asked.act.id == "collect" and "权限" in head):
                # 精确位置 and coordinates are a location too, but not any.
                is_it = ids <= asked.item and not points_back and self._is_same(asked, name)
                return "wholly" if is_it and owner.fullmatch(head, 0, begin) else "partly"
        if asked.act.asks != "data":
            return ""
        if general := _words("general_said").search(item):
            if _is_another(zone, first + general.start(), first + general.end()):
                return ""
            is_bare = owner.fullmatch(item, 0, general.start()) and not _words("of_part").match(item, general.end())
            stays = _stays(item, general.end()) or _words("predicate").match(item, general.end())
            if is_bare and not points_back and stays:
                return "generally" if asked.item else "wholly"
            return "" if asked.item else "partly"
        kinds = {self._thesaurus[concept].kind for *_, ids in names for concept in ids}
        # Who shares an address shares personal information; who encrypts it may not encrypt all, nor may who may delete
        # it delete all.
        is_of_all = asked.act.by == "you" or "general" in asked.act.flags
        is_some = not is_of_all and not asked.item and kinds & {"data_item", "identifier"}
        return "partly" if is_some else ""

    def _is_same(self, asked: _Asked, name: str) -> bool:
        """Say whether a clause's name of a thing is no narrower than the question's: the same, or the usual one."""
        concepts = [self._thesaurus[concept] for concept in asked.item]
        usual = {normalized(known) for concept in concepts for known in (*concept.zh[:_USUAL], *concept.en[:_USUAL])}
        return name == asked.name or name in usual

    def _goes_to(self, asked: _Asked, text: str, *, is_denied: bool) -> bool:
        """Say whether a verb's words name the party that is asked about, or all parties if it is denied."""
        if not asked.party or (is_denied and not _words("to").search(text)):
            return True
        # 任何公司、组织和个人 says nothing of what the law demands.
        is_covered = is_denied and not asked.party & _OFFICIALS
        if (is_covered or "third_party" in asked.party) and _words("any_company").search(text):
            return True
        named = {
            concept
            for start, _, ids in self._thesaurus.find(text)
            if not _words("all_but").search(text[:start])
            for concept in ids
        }
        if "third_party" in asked.party and not is_denied:
            # Who shares with couriers shares with others.
            return any(self._thesaurus[concept].kind in _PARTY_KINDS for concept in named - _NO_THIRD_PARTY)
        return bool(asked.party & named)

    def _is_narrowed(self, asked: _Asked, verb: _Verb) -> bool:
        """Say whether a denial is of some recipients, places, times or ends only, for all that can be told."""
        plain, part = verb.plain, verb.part
        lead = [(each.start, each.end) for each in _before(verb) if not each.is_aside and not each.is_purpose]
        # A mere number, 2023年, is no segment.
        lead.append((0, verb.sentence.segments[0].start))
        if any(_words("narrows_lead").search(_unnarrowed(plain[start:end])) for start, end in lead):
            return True
        # 向…提供 and 提供给 have the recipient, or what leads to it, in the verb.
        spans = [(part.start, verb.end if asked.act.party else verb.start), (verb.end, _end_of_denial(verb))]
        if asked.act.party and plain[verb.end - 1] == "给":
            spans = [(part.start, verb.end - 1), (verb.end - 1, spans[1][1])]
        beside = asked.act.beside
        texts = [beside.sub(_blank, plain[start:end]) if beside else plain[start:end] for start, end in spans]
        left = (self._without_things(self._without_party(asked, _unnarrowed(text))) for text in texts)
        return any(_words("narrows").search(text) for text in left)

    def _without_party(self, asked: _Asked, text: str) -> str:
        """Return a text without the party that is asked about, together with what leads to it."""
        if not asked.party:
            return text
        parties = [span for span in self._thesaurus.find(text) if self._kinds(span[2]) & _PARTY_KINDS]
        for start, end, ids in parties:
            # 第三方广告商 and third-party advertisers are not all third parties.
            is_narrower = any(first == end for first, *_ in parties) or not (has_han(text) or _stays(text, end))
            lead = None if is_narrower or not asked.party & {*ids} else _words("party_lead").search(text[:start])
            if lead:
                text = _blanked(text, lead.start(), end)
        return text

    def _without_things(self, text: str) -> str:
        """Return a text without the names of things, which may hold what looks like a preposition."""
        for start, end, ids in self._thesaurus.find(text):
            if self._kinds(ids) & _THING_KINDS:
                text = _blanked(text, start, end)
        return text

    def _kinds(self, concepts: Iterable[str]) -> set[str]:
        return {self._thesaurus[concept].kind for concept in concepts}

    # --- What one may do -----------------------------------------------------------------

    def _of_you(self, asked: _Asked, verb: _Verb) -> _Ruling | None:
        """Return what a verb says of what the user may do: only that it may be done, or nothing."""
        plain, start = verb.plain, verb.start
        opening = max(plain.rfind("。", 0, start), plain.rfind(";", 0, start)) + 1
        permits = list(_words("may").finditer(plain, opening, start))
        denied = _words("may_not").search(plain[:start], max(verb.part.start, permits[-1].end() if permits else 0))
        if denied:
            return self._of_denied(asked, verb, denied, follows=bool(permits))
        if not permits:
            return None
        permit = permits[-1]
        if conditions_in(permit[0]) & (_BINDING - {"only"}):
            # 您年满十八周岁后可以注销.
            return _told(_words("permission").sub("", permit[0]), leads=True)
        between = plain[permit.end() : start]
        if _words("we_cannot").search(between):
            return None
        if denials(between) or denials(permit[0]) or _words("not_a_right").search(plain, opening, start):
            return _DOUBT
        held = self._holds(asked, verb)
        if not held or (held == "generally" and "general" not in asked.act.flags):
            return None
        place = next(i for i, part in enumerate(verb.sentence.segments) if permit.end() <= part.end)
        found = _condition(asked.act, replace(verb, place=place, start=permit.end()))
        if found != _IS:
            return found
        if cases := _words("cases").search(between):
            return _told(cases[0], leads=True)
        # 仅可通过客服注销, `only by post`: one way, and no other.
        end = next((mark.start() for mark in _MARKS.finditer(plain, verb.end)), len(plain))
        only = _words("only_so").search(plain[:end], max(permit.start(), verb.part.start))
        return _told(only[0], leads=False) if only else _IS

    def _of_denied(self, asked: _Asked, verb: _Verb, denied: re.Match[str], *, follows: bool) -> _Ruling | None:
        """Return what words that deny that something may be done say; their condition is the words themselves.

        Args:
            asked: The question.
            verb: What is denied.
            denied: The words that deny it.
            follows: Whether the same sentence permits it before.
        """
        plain, part = verb.plain, verb.part
        # What others cannot do, and what we must not, says nothing of what the user may do.
        if part.subject == "other" or (part.subject == "we" and _words("must_not").search(denied[0])):
            return None
        first = _start_of_case(verb)
        reach = (
            _own_thing_denied(asked.act, verb, denied)
            if asked.act.asks == "none"
            else self._data_denied(asked, verb, denied, first, follows=follows)
        )
        if reach in ("", "unclear"):
            return _DOUBT if reach else None
        whole = _TO_MARK.match(plain, part.start)
        end = max(part.end, whole.end() if whole else part.end)
        is_whole = reach != "partly" and not _words("restricted").search(denied[0])
        return replace(_told(plain[first:end], leads=False), polarity="is_not", is_whole=is_whole)

    def _data_denied(self, asked: _Asked, verb: _Verb, denied: re.Match[str], first: int, *, follows: bool) -> _Denied:
        """Say whether what may not be done is denied of what is asked about, and of the asker; see `_of_denied`."""
        plain, after = verb.plain, verb.after
        before = plain[denied.start() : verb.start] if denied[0].startswith("no ") else _ahead(verb, denied.start())
        of_asker = _words("asker_acts").fullmatch(before) is not None
        if not self._things(before + after) and (not after.strip() or _words("how_much").match(after)):
            # 您可以删除…，但已提交的不得删除: what was named before it.
            former = plain[:first]
            named = self._things(former) & asked.item if asked.item else _words("general_said").search(former)
            if follows and named and of_asker:
                return "wholly"
        if _words("of_another").match(before) or _words("of_another").match(after):
            return ""
        ahead = self._reach_of(asked, before, _words("state").sub("", before))
        reach = ahead or self._reach_of(asked, after)
        if asked.item and reach == "generally" and "general" not in asked.act.flags:
            return ""
        # Photos that are part of something, or whose they are, may be the asker's.
        is_named = not reach and asked.item & self._things(f"{before} {after}")
        if is_named or (reach and not ahead and not of_asker):
            return "unclear"
        if asked.item or reach == "wholly":
            return reach
        if self._things(f"{before} {after}"):
            # Of all one's data, what some cannot be done to is told only if that is always so.
            return "partly" if first == verb.part.start else ""
        # 您不得删除软件中的版权信息 is a rule of conduct; 依法保留的信息无法删除 may be of one's own.
        is_rule = of_asker and _words("must_not").search(denied[0])
        return "unclear" if reach and not is_rule else ""

    def _reach_of(self, asked: _Asked, *zones: str) -> _Reach:
        """Say how far any item of lists of things is what is asked about."""
        found = {self._held_in(asked, zone, *span) for zone in zones for span in _items(zone)}
        return next((reach for reach in _REACHES if reach in found), "")


def _is_instruction(label: re.Pattern[str], plain: str) -> bool:
    """Say whether a sentence tells how one does what its label names: 注销：在“设置”中提交."""
    lead = _words("label_end").search(plain, 0, _NEAR)
    if lead is None or denials(plain[lead.end() :]):
        return False
    return label.fullmatch(_TO_LETTER.sub("", plain[: lead.start()])) is not None


def _start_of_case(verb: _Verb) -> int:
    """Return where what is denied begins, with the case in which it is: 账号内有余额的，不得注销."""
    if lead := _before(verb):
        return lead[0].start
    case = _words("case_before").search(verb.plain, max(verb.part.start - _NEAR, 0), verb.part.start)
    return case.start(1) if case else verb.part.start


def _ahead(verb: _Verb, end: int) -> str:
    """Return what stands before a place in a verb's segment, without the number of the clause."""
    return _TO_LETTER.sub("", verb.plain[verb.part.start : end])


def _own_thing_denied(act: _Act, verb: _Verb, denied: re.Match[str]) -> _Denied:
    """Say whether an act that names its own thing, such as to close an account, is denied to the one who asks."""
    plain, start = verb.plain, verb.part.start
    thing = act.undergone.search(plain, start, verb.end) if act.undergone else None
    if thing and (thing.start() < denied.start() or denied[0].startswith("no ")):
        before = _ahead(verb, thing.start())
        if _words("of_another").match(before):
            return ""
        # `Accounts of merchants` are marked after their name.
        is_marked = _words("others_after").match(thing[0].partition(" ")[2])
        return "wholly" if _words("unmarked").fullmatch(before) and not is_marked else "partly"
    if verb.start == verb.end:
        return ""
    # 注销他人的账号 has its thing in the verb, `close the account of another member` whose it is after it.
    is_of_another = _words("of_another").search(plain, verb.start, verb.end)
    is_of_another = is_of_another or _words("others_after").match(plain[verb.end :].lstrip())
    if is_of_another:
        return ""
    return "wholly" if _words("asker_acts").fullmatch(_ahead(verb, denied.start())) else "unclear"


def _stays(text: str, end: int) -> bool:
    """Say whether what follows a name leaves it what it is: an address book is no address."""
    if has_han(text):
        return _words("tail").fullmatch(text, end) is not None
    return _words("follows").match(text[end:]) is not None


def _is_another(zone: str, start: int, end: int) -> bool:
    """Say whether a thing is left out, or is of persons who are told apart from the one who asks: 求职者的手机号码."""
    before = zone[:start]
    if _words("left_out").search(before) or _words("others_before").search(before):
        return True
    # 收货人的姓名、手机号码, `names and phone numbers of applicants`: whose one is, the others of the list are too.
    if has_han(zone):
        return _words("others_before").search(before[: before.rfind("的") + 1]) is not None
    whose = list(_words("whose").finditer(before))
    if whose:
        return _words("askers").fullmatch(whose[-1][0]) is None
    return _words("others_after").search(zone, end) is not None


def _items(zone: str) -> Iterator[tuple[int, int]]:
    """Yield where the items of a list of objects begin and end."""
    start = 0
    for match in _words("between").finditer(zone):
        yield start, match.start()
        start = match.end()
    yield start, len(zone)


def _is_for_others(verb: _Verb) -> bool:
    """Say whether a sentence tells of whom it speaks, and it is not the one who asks: for business customers."""
    lead = [verb.plain[part.start : part.end] for part in _before(verb)]
    return any(_words("for_others").search(text) for text in (*lead, verb.before))


def _unnarrowed(text: str) -> str:
    """Return a text without words that say that it holds in all cases, and for all."""
    return _words("to_all").sub(_blank, _words("in_all_cases").sub(_blank, text))


def _end_of_denial(verb: _Verb) -> int:
    """Return the end of what a verb that is denied is denied of: that of its clause, conditions aside."""
    end = verb.clause_end(verb.part.end)
    for part in verb.sentence.segments[verb.place + 1 :] if end == verb.part.end else ():
        # What follows another mark than the list's begins something else.
        text = verb.plain[part.start : part.end].lstrip()
        if part.subject_said or _words("turns_over").match(text) or _ENDS_CLAUSE.search(verb.plain, end, part.start):
            break
        if part.is_aside and not part.is_purpose:
            break
        end = part.end
    excepted = _words("excepted_within").search(verb.plain, verb.end, end)
    return excepted.start() if excepted else end


def _is_told_of_us(act: _Act, verb: _Verb) -> bool:
    """Say whether the policy's company is who does it, and whether that it does it is what is told."""
    subject, before = verb.part.subject, verb.before
    if subject != "we" and (subject or "impersonal" not in act.flags):
        return False
    lead = verb.plain[: verb.start] if act.asks == "item" else ""
    silent = (("embedded", before), ("others_act", before), ("noun_after", verb.after), ("others", lead))
    if any(_words(name).search(text) for name, text in silent):
        return False
    is_participle = _words("participle").search(verb.plain[verb.start : verb.end]) and not has_han(verb.plain)
    return not is_participle or _words("before_participle").search(before) is not None


def _is_bare(asked: _Asked, verb: _Verb) -> bool:
    """Say whether a verb with its object names no narrower thing than the question: advertising cookies are not all."""
    words = " ".join(_words("no_narrower").sub("", verb.plain[verb.start : verb.end]).split())
    match = asked.act.asked.match(words)
    return match is not None and words[match.end() :].strip() in ("", *asked.rest)


def _is_bare_no(asked: _Asked, verb: _Verb, held: _Reach) -> bool:
    """Say whether a verb that is denied is denied of all that is asked about."""
    act = asked.act
    if held == "partly" or _words("restricted").search(verb.before):
        return False
    if act.asks == "none":
        is_all = _words("no_more").fullmatch(verb.plain, verb.end, verb.part.end) is not None
        return is_all and ("impersonal" in act.flags or _is_bare(asked, verb))
    # Lest 如您拒绝短信（…）授权，我们不读取短信 be told as a plain no.
    return act.asks != "item" or not any(part.conditions & _BINDING for part in _before(verb))


# --- Conditions --------------------------------------------------------------------------

# The condition of a verb is told as a ruling: that it is so under a condition, is so without one, or is not clear.
_BINDING = frozenset({"if", "after", "before", "unless", "only"})
_SHORTEST_CONDITION = 3


def _longest_condition(words: str) -> int:
    return 60 if has_han(words) else 180


def _told(words: str, *, leads: bool) -> _Ruling:
    words = words.strip(" ,;:。.")
    # [1] in it would look like a citation.
    is_odd = _words("points_back").search(words) or _words("cut_off").search(words) or set("[]{}") & set(words)
    if is_odd or not _SHORTEST_CONDITION <= len(words) <= _longest_condition(words):
        return _DOUBT
    return _Ruling(polarity="is", condition=words, leads=leads)


def _condition(act: _Act, verb: _Verb) -> _Ruling:
    """Return the condition or exception of a verb: what leads into it, what stands beside it, or what follows."""
    for find in (_leading, _beside, _within, _following):
        found = find(act, verb)
        if found != _IS:
            return found
    return _IS


def _leading(act: _Act, verb: _Verb) -> _Ruling:
    """Return the condition that leads into a verb's part of the sentence: 经您同意，我们会收集."""
    readings = [(part, _as_condition(act, part, verb.plain)) for part in _before(verb)]
    if any(reading == "unclear" for _, reading in readings):
        return _DOUBT
    leading = [part for part, reading in readings if reading == "condition"]
    if not leading:
        return _IS
    words = verb.plain[leading[0].start : leading[-1].end]
    cut = _words("actor").search(words, 1)
    return _told(_words("actor_first").sub("", words[: cut.start()] if cut else words), leads=True)


def _beside(act: _Act, verb: _Verb) -> _Ruling:
    """Return the condition that stands between who does it and the verb, without a mark: 我们会在您同意后收集."""
    if act.by != "we":
        return _IS
    before = act.amid.sub(_blank, verb.before) if act.amid else verb.before
    found = (act.about and _words("major").search(before)) or _words("if_consent").search(before)
    if found:
        return _told(found[0], leads=True)
    # 在修订生效前通知您: when, not whether.
    labels = conditions_in(before) & (_BINDING - WHEN if act.about else _BINDING)
    when = _words("when_before").search(before)
    if labels and (when is None or labels == {"only"}):
        return _DOUBT
    return _told(when[0], leads=True) if labels and when and not _words("at_use").search(when[0]) else _IS


def _is_amid(act: _Act, text: str) -> bool:
    """Say whether a part of a sentence tells amid what something is done, which is no condition: when it is stored."""
    return act.amid is not None and act.amid.fullmatch(text.strip(" ,;:。.")) is not None


def _within(act: _Act, verb: _Verb) -> _Ruling:
    """Return the exception, or the English condition, that stands after a verb beside it: shared only with drivers."""
    if excepted := _words("excepted_within").search(verb.plain, verb.end, verb.part.end):
        # Of `and will not share it, except …` it may be the exception of both.
        is_own = excepted.start() < verb.clause_end(verb.part.end)
        return _told(excepted[0], leads=False) if is_own else _DOUBT
    if act.by != "we" or has_han(verb.part.text):
        return _IS
    found = _words("narrowed").search(verb.plain, verb.end, verb.clause_end(verb.part.end))
    if found is None and (consent := _words("consent").search(verb.plain, verb.end, verb.clause_end(verb.part.end))):
        found = _TO_MARK.match(verb.plain, consent.start())
    return _told(found[0], leads=False) if found else _IS


def _following(act: _Act, verb: _Verb) -> _Ruling:
    """Return the exception, or the English condition, that follows a verb: 我们不会共享，但…除外."""
    is_over = _words("next_subject").search(verb.plain, verb.end, verb.part.end) is not None
    is_amid = False
    rest = verb.sentence.segments[verb.place + 1 :]
    for part, after in zip_longest(rest, rest[1:]):
        text = verb.plain[part.start : part.end]
        if _is_amid(act, text):
            is_amid = True
            continue
        if after and after.subject_said == "we" and _words("leads").search(text):
            # 我们不会出售。除下列情形外，我们不会共享: an exception of what stands after it.
            is_over = True
            continue
        if _words("exception").search(text) and (not is_over or act.by == "we"):
            # The segment ends before `for` in `except for the following`.
            whole = None if has_han(text) else _TO_MARK.match(verb.plain, part.start)
            return _told(whole[0] if whole else text, leads=False)
        is_over = is_over or (part.subject_said in ("we", "you") and not part.is_aside)
        if is_over or has_han(text) or not (part.conditions & _BINDING or _words("consent").search(text)):
            continue
        is_asked = act.about and act.about.search(text) and not part.conditions & {"unless", "only"}
        if is_asked or (act.by == "you" and _words("wish").search(text)):
            continue
        when = _words("when_after").search(text)
        # Of two cases, the one that is a condition is not all of it.
        return _told(when[0], leads=False) if when and not is_amid else _DOUBT
    return _IS


_TO_LETTER = re.compile(r"^[\W\d_]+")
_TO_MARK = re.compile(r"[^,;:。.]{1,200}")
_MARKS = re.compile(r"[,;:。.]")
_ENDS_CLAUSE = re.compile(r"[;:。.]")


def _before(verb: _Verb) -> list[Segment]:
    """Return the segments that lead into a verb's: back to the last that tells something else."""
    found: list[Segment] = []
    # 您…时，我们会请求授权，并收集…: the condition is one of both.
    goes_on = _words("goes_on_with").search(verb.part.text) is not None
    for place in reversed(range(verb.place)):
        part, after = verb.sentence.segments[place], verb.sentence.segments[place + 1]
        if part.subject_said and not (part.is_aside or part.is_purpose or _words("cases").search(part.text)):
            # 我们 with its verb in the next part is no clause of its own.
            is_alone = not part.terms or after.text.startswith("将")
            if not goes_on and not is_alone:
                break
            goes_on = _words("goes_on_with").search(part.text) is not None or is_alone
        else:
            found.append(part)
    return found[::-1]


def _led(verb: _Verb) -> str:
    """Return the text between who does it and a verb whose part does not say it: 我们可能会以短信，为您提供…."""
    if verb.part.subject_said or {"会", "将"} & {*verb.part.text}:
        return ""
    led = ""
    for part in reversed(verb.sentence.segments[: verb.place]):
        led = led if part.is_aside or part.is_purpose else f"{verb.plain[part.start : part.end]} {led}"
        if part.subject_said and not part.is_aside:
            break
    return led


def _as_condition(act: _Act, part: Segment, plain: str) -> Literal["condition", "none", "unclear"]:
    """Say whether a part of a sentence makes a condition of what stands after it."""
    text = plain[part.start : part.end]
    if _words("in_all_cases").fullmatch(text.strip()) or _words("besides").match(plain, part.start):
        return "none"
    if _is_amid(act, text):
        return "none"
    if act.about:
        if _words("major").search(text):
            return "condition"
        # What the question names already is no condition of the answer; nor is when it is told.
        if act.about.search(text) or not part.conditions & {"if", "unless"}:
            return "none"
    consent = _words("consent").search(text) if act.by == "we" else None
    is_consent = consent and _words("before_consent").fullmatch(text, 0, consent.start())
    if is_consent or _words("cases").search(text) or "unless" in part.conditions:
        return "condition"
    # (如位置…) gives examples.
    is_example = plain[: part.start].endswith("(") and text.startswith("如")
    is_binding = part.conditions & (_BINDING - {"only"}) and not part.is_purpose and not _words("purpose").search(text)
    is_wish = act.by == "you" and _words("wish").search(text)
    if is_example or not is_binding or is_wish or _words("at_use").search(text):
        return "none"
    return "condition" if part.is_aside else "unclear"
