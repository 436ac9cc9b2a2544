"""Sentences taken apart: segments between marks and subordinating words, each with its words and what turns its sense.

What turns the sense is a negation, a `may` or a `must`, a condition; a segment has its own, or takes it over from the
one that leads into it. Words are names of things, by the thesaurus, and plain words of both languages, by a table, so
that sentences of the two can be compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from assistant.sentences.plain_words import (
    ENGLISH_WORD,
    Word,
    deeds,
    forms_of,
    function_words,
    function_words_zh,
    lines_in,
    plain_words,
    words_of,
)
from assistant.sentences.senses import PLAIN, denies, markers, sense_of, takes_back
from assistant.text import any_of, has_han, normalized, quantities, sentences
from assistant.thesaurus import PARTY_KINDS, THING_KINDS, Thesaurus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from assistant.text.quantities import Quantity

ANY = frozenset({"any"})
"""The sense of a heading: it says what is spoken of, and neither that it is so nor that it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or name of a statement."""

    text: str
    """As it stands in the segment."""
    concepts: frozenset[str] = frozenset()
    """Of a name: what it may stand for."""
    words: tuple[Word, ...] = ()
    """Its Latin words, or the Chinese word that it is."""
    pairs: frozenset[str] = frozenset()
    """For a Chinese character of no known word: it with its neighbours, one of which the quote must have."""

    @property
    def deed(self) -> frozenset[str]:
        """The lines of a word for what is done with a thing, such as to collect or to share."""
        return deeds().intersection(*(word.lines for word in self.words)) if len(self.words) == 1 else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a sentence, between marks and subordinating words."""

    text: str
    """Its characters, without blanks."""
    sense: frozenset[str]
    """How the sense is turned: `plain`, `neg`, `possible` …; several readings if the words have several."""
    carried: frozenset[str] = frozenset()
    """What may still hold from a part before it."""
    subject_said: str
    """Who does it, `we`, `you` or `other`, if it is said here."""
    subject: str = ""
    """The same, if it is said here or before."""
    concepts: frozenset[str]
    """Concepts of its names."""
    nested: frozenset[str]
    """Concepts of names inside the names."""
    all_names: tuple[str, ...]
    """Both, as often as they are named."""
    lines: frozenset[str]
    """Lines of the table of words that are spoken of."""
    stems: frozenset[str]
    """Of its Latin words."""
    terms: tuple[Term, ...]
    """Its words and names, in order of kind: names, plain words, other Latin words, other Chinese characters."""
    conditions: frozenset[str]
    """`if`, `unless`, `only` …"""
    is_purpose: bool
    """Whether it says what something is done for."""
    is_aside: bool
    """Whether it is a condition, an exception or a purpose: what turns the rest does not turn this."""
    main: frozenset[str] = frozenset()
    """Of a purpose: how the sense of the part before it is turned."""
    start: int = 0
    """First character, in `Sentence.plain`."""
    end: int = 0
    """End, in `Sentence.plain`."""

    @property
    def is_negative(self) -> bool:
        """Whether it denies something."""
        return denies(self.sense)

    @property
    def deeds(self) -> tuple[frozenset[str], ...]:
        """What is done in it, such as to collect or to share: of each such word the lines of the table of words."""
        return tuple(term.deed for term in self.terms if term.deed)

    @property
    def only_names(self) -> bool:
        """Whether it says nothing but names of things."""
        return bool(self.terms) and all(term.concepts for term in self.terms)

    def with_(self, other: Segment) -> Segment:
        """Return this segment with one that goes on with its list."""
        return replace(
            self,
            text=f"{self.text},{other.text}",
            end=other.end,
            concepts=self.concepts | other.concepts,
            nested=self.nested | other.nested,
            all_names=self.all_names + other.all_names,
            lines=self.lines | other.lines,
            conditions=self.conditions | other.conditions,
            stems=self.stems | other.stems,
            terms=self.terms + other.terms,
        )

    def holds(self, term: Term, *, exactly: bool) -> bool:
        """Say whether a word of a statement stands here, in either language.

        Args:
            term: The word.
            exactly: Whether a more general name does not do: who collects no delivery address may collect an address.
        """
        if term.pairs:
            return any(pair in self.text if len(pair) == 2 else pair == self.text for pair in term.pairs)
        # A name of several concepts, as `sell` is of a sale and of sharing, needs them all.
        if term.concepts and term.concepts <= (self.concepts if exactly else self.concepts | self.nested):
            return True
        if term.words and all(word.lines & self.lines or word.forms & self.stems for word in term.words):
            return True
        return has_han(term.text) and "".join(term.text.split()) in self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence taken apart."""

    raw: str
    """As written."""
    plain: str
    """Normalized, with `we` in place of the companies' and products' names."""
    segments: tuple[Segment, ...]
    """Its parts, then those of the headings above it."""
    quantities: tuple[Quantity, ...]
    """Its numbers, with their units and bounds."""
    literals: frozenset[str]
    """Mail and web addresses."""

    @property
    def conditions(self) -> frozenset[str]:
        """The conditions of all segments."""
        return frozenset[str]().union(*(segment.conditions for segment in self.segments))

    def number_with(self, condition: str) -> int:
        """Return how many segments have a condition, headings aside."""
        return sum(condition in segment.conditions for segment in self.segments if segment.sense != ANY)


class Reader:
    """Takes sentences apart.

    Args:
        thesaurus: Concepts, of which those that are names of things are looked for.
        names: What the companies and products of the policies are called: in a policy they are `we`.
        finely: Whether what English adds by `and`, as in `and are never sold`, is a part by itself.
    """

    def __init__(self, thesaurus: Thesaurus, names: Iterable[str], *, finely: bool = False) -> None:
        self._finely = finely
        self._thesaurus = _names_only(thesaurus)
        self._own = any_of(names)
        self.kinds: Mapping[str, str] = {concept.id: concept.kind for concept in self._thesaurus.concepts}
        """The kind of each name's concept."""
        # A clause is compared with several statements.
        self._segment = lru_cache(maxsize=512)(self._taken_apart)

    def read(self, text: str, headings: Sequence[Segment] = (), *, repeating: bool = False) -> Sentence:
        """Take a sentence apart: quantities, conditions, and segments between marks and subordinating words.

        Args:
            text: The sentence.
            headings: Segments of the headings above it.
            repeating: Whether a part without a subject, `and are never sold`, gets that of the part before it.
        """
        plain = normalized(self._own.sub(lambda name: "我们" if has_han(name[0]) else " we ", text))
        literals = [match.span() for match in _LITERAL.finditer(plain)]
        masked = _masked(plain, literals)
        found = tuple(quantities.find(masked))
        masked = _masked(masked, [(quantity.start, quantity.end) for quantity in found])
        return Sentence(
            raw=text,
            plain=plain,
            segments=(*self._segments(masked, repeating=repeating), *headings),
            quantities=found,
            literals=frozenset(plain[start:end].rstrip(".") for start, end in literals),
        )

    def _segments(self, masked: str, *, repeating: bool) -> Iterator[Segment]:
        """Yield the segments of a masked sentence, each with the sense that it has or takes over."""
        carry, subject, spoken_of = PLAIN, "", ""
        former: Segment | None = None
        for start, text, after_colon in _parts(masked, finely=self._finely):
            elided = _ELIDED.match(text)
            segment = self._segment(f"{spoken_of} {text[elided.end() :]}" if elided and repeating else text)
            if not elided and not segment.is_aside:
                spoken_of = subject_in(text)
            own = segment.sense
            subject = segment.subject_said or subject
            # 您可以：… and 以下情形无需同意：… turn the sense of what they lead into; so does `may ask, or withdraw`.
            leads = not own and former and (after_colon or not former.terms or _goes_on(text, carry))
            if own:
                carry = own
            elif _RESET.match(text) or segment.subject_said in ("we", "you") or (segment.subject_said and not leads):
                carry, leads = PLAIN, False
            doubtful = not own and not leads and carry != PLAIN and not segment.is_aside
            segment = replace(
                segment,
                sense=own or (carry if leads else PLAIN),
                carried=carry if doubtful else frozenset(),
                main=carry if segment.is_purpose else frozenset(),
                subject=subject,
                start=start,
                end=start + len(text),
            )
            if former and former.terms and segment.only_names and not own and not segment.subject_said:
                # 姓名，电话，以及地址: the list goes on.
                former = former.with_(segment)
                continue
            if former:
                yield former
            former = segment
        if former:
            yield former

    def _taken_apart(self, text: str) -> Segment:
        marks = list(markers(text))
        spans = [(mark.start, mark.end) for mark in marks]
        concepts, nested = list[str](), set[str]()
        terms: list[Term] = []
        left = _masked(text, spans)
        for start, end, ids in self._named(text):
            concepts += ids
            nested.update(self._inside(text[start:end]))
            # 无法使用 is a name as well as a turn of the sense.
            if any(char.isalnum() for char in left[start:end]):
                name = text[start:end]
                terms.append(Term(text=name, concepts=frozenset(ids), words=words_of(name)))
                left = _masked(left, [(start, end)])
        for start, end, ids in plain_words().find(left):
            terms.append(Term(text=left[start:end], words=(Word(lines=frozenset(ids)),)))
            left = _masked(left, [(start, end)])
        terms += [
            Term(text=match[0], words=words_of(match[0]))
            for match in ENGLISH_WORD.finditer(left)
            if match[0] not in function_words()
        ]
        left = function_words_zh().sub(lambda match: "#" * len(match[0]), left)
        for match in _HAN.finditer(left):
            place = match.start()
            pairs = frozenset({text[max(place - 1, 0) : place + 1], text[place : place + 2]})
            terms.append(Term(text=match[0], pairs=pairs))
        conditions = frozenset(label for mark in marks for label in mark.conditions)
        is_purpose = bool(_PURPOSE.match(text))
        is_aside = is_purpose or bool(_ASIDE.match(text))
        return Segment(
            text="".join(text.split()),
            sense=sense_of(marks, ("permitted",) if is_purpose else _WEAK if is_aside else ()),
            subject_said=_subject(text, self._first_kind(text)),
            concepts=frozenset(concepts),
            nested=frozenset(nested),
            all_names=(*concepts, *nested),
            lines=lines_in(text),
            stems=frozenset(form for match in ENGLISH_WORD.finditer(text) for form in forms_of(match[0])),
            terms=tuple(terms),
            conditions=conditions,
            is_purpose=is_purpose,
            is_aside=is_aside,
        )

    def _first_kind(self, text: str) -> str:
        """Return the kind of the name that a segment begins with, empty if it begins with none."""
        first = next(self._thesaurus.find(text), None)
        return self.kinds[first[2][0]] if first and _ARTICLE.fullmatch(text, 0, first[0]) else ""

    def _named(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Return the names of concepts, but for those of `your` with a word that begins another name."""
        yours = [start for start, _, _ in self._thesaurus.find(text) if _POSSESSIVE.match(text, start)]
        return self._thesaurus.find(_masked(text, [(start, text.index(" ", start)) for start in yours]))

    def _inside(self, name: str) -> Iterator[str]:
        """Yield the concepts of the names inside a name: an address in a delivery address."""
        for place in range(1, len(name)):
            if not (_LATIN_CHAR.match(name[place]) and _LATIN_CHAR.match(name[place - 1])):
                first = next(self._thesaurus.find(name[place:]), None)
                if first and first[0] == 0:
                    yield from first[2]


def sentences_in(text: str) -> list[str]:
    """Return the sentences of a text, divided at semicolons; what takes something back joined to what it is about."""
    told: list[str] = []
    for start, end in sentences(text):
        for part in re.split(r"(?<=[；;])", text[start:end]):
            if told and takes_back(part):
                told[-1] += f", {part}"
            elif told and not any(char.isalpha() for char in told[-1]):
                # A number before it, `3.`, is no sentence.
                told[-1] += f" {part}"
            elif part.strip():
                told.append(part)
    return told


def subject_in(text: str) -> str:
    """Return what an English sentence speaks of: what stands before its `is` or `will`; empty if that is long.

    >>> subject_in("Night Mode is off by default."), subject_in("我们收集手机号。")
    ('Night Mode', '')
    """
    says = _SAYS.search(text, 0, _LONGEST_SUBJECT)
    return text[: says.start()].strip() if says else ""


# --- Parts and subjects --------------------------------------------------------------------

_WEAK = frozenset({"possible", "permitted", "obliged"})
"""In a condition these turn nothing: 如需, `if needed` and `if you want` say the same."""
_FINITE = "is|are|was|were|has|have|do|does|will|may|can|cannot|must|shall|should|never"
_LONGEST_SUBJECT = 60
_SAYS = re.compile(rf"\b(?:{_FINITE})\b")
_ELIDED = re.compile(rf"\s{{0,9}}(?:and|but)\s{{1,9}}(?:also |then )?(?=(?:{_FINITE})\b)")
_MARK = re.compile(r"[,;:!?()…。]|\.(?=\s|$)")
_CONJUNCTIONS = (
    *("if", "when", "that", "unless", "because", "where", "once", "while", "after", "before", "which", "who", "and"),
    *("or", "but", "as", "what", "how", "so"),
)
_SUBORDINATES = re.compile(
    r"(?<=\s)(?:when|if|unless|because|so that|in order to|so as to|for|which|that|who|but|while|after|before|where"
    r"|as long as|without)(?=\s)"
    # What is said besides: `and are never uploaded`, `and the text is kept`.
    rf"|(?<=\s)and(?=\s(?:\w+ ){{0,4}}?(?:{_FINITE})\b)"
    # 不但 is no but, and 规则, 原则, 实施细则 hold no then.
    r"|(?<=\s)to(?=\s)|(?<![不非])但|然而|而(?=[您我不会将可])|否则|(?<![规原准法细通总附守否])则|将(?=无法|不|会|导致|使)|用于|以便|为了|从而"
    # The clause after a condition, where no comma stands between: 如您同意我们会…, `when you agree we may …`.
    r"|(?:我们|您)(?=[会将可不需应必能仅只]|有权)|"
    + "".join(f"(?<!\\b{word} )" for word in _CONJUNCTIONS)
    + r"\b(?:we|you|they)(?= (?:will|may|can|cannot|must|shall|should|might|could|do|need|have|only|never|also)\b)"
)
# Before or after these, `to` does not begin an infinitive of purpose.
_NO_PURPOSE_BEFORE = re.compile(
    r"(?:not|able|unable|have|has|needs?|wants?|choose|refuse|agrees?|required|allowed|permitted|entitled|right|ask|asks"
    r"|asked|up|according|relat\w+|ought|obliged|failing|going|prior|subject|due|addition)\s+$"
)
_LONGEST_BEFORE = 20
_NO_PURPOSE_AFTER = re.compile(
    r"\s+(?:the|an?|your|our|their|its|his|her|this|that|these|those|you|us|them|it|any|third|others?)\b"
)


_ASIDE = re.compile(
    r"\s*(?:and |but |or |only |even )*(?:if|when|whenever|unless|except|without|once|while|after|before|until|where"
    r"|as long as|in case|upon)\b"
    r"|\s*(?:但|且|并|或)?(?:如(?![下何同此上实])|若|当(?![前地])|一旦|只要|除(?!了)|未经|未征得)"
    r"|[^#]{0,200}(?:时|后|前|(?<![境国海户])[之以]?外|情况下|情形下|前提下)的?\s*$"
)
_PURPOSE = re.compile(r"\s*(?:用于|以便|为了|(?:to|for|in order to|so as to|so that)\b)")
_RESET = re.compile(r"\s*(?:但|然而|不过|but\b|however\b|and (?:\w+ ){0,4}?(?:is|are|was|were|has|have)\b)")
_GOES_ON = re.compile(r"\s*(?:或|or\b|nor\b)|\s*(?:并|且|以及|and\b)")


def _goes_on(text: str, carry: frozenset[str]) -> bool:
    """Say whether a segment goes on with the verb before it: `or` does; `and` may also end what was denied."""
    match = _GOES_ON.match(text)
    if not match:
        return False
    return match[0].strip() in ("或", "or", "nor") or not denies(carry)


def _parts(masked: str, *, finely: bool) -> Iterator[tuple[int, str, bool]]:
    """Yield the segments of a sentence: where each begins, its text, and whether a colon stands before it."""
    start, after_colon = 0, False
    for match in [*_MARK.finditer(masked), None]:
        end = match.start() if match else len(masked)
        cuts = [start, *(cut for cut in _subordinate_starts(masked[start:end], start, finely=finely)), end]
        for left, right in pairwise(cuts):
            if any(char.isalnum() for char in masked[left:right]):
                yield left, masked[left:right], after_colon
                after_colon = False
        if match:
            start, after_colon = match.end(), match[0] == ":" or after_colon


def _subordinate_starts(text: str, offset: int, *, finely: bool) -> Iterator[int]:
    last = 0
    for match in _SUBORDINATES.finditer(text):
        other_sense = match[0] == "to" and (
            _NO_PURPOSE_BEFORE.search(text, max(match.start() - _LONGEST_BEFORE, 0), match.start())
            or _NO_PURPOSE_AFTER.match(text, match.end())
        )
        # In `name and number are collected` it joins names.
        said = finely and (_ELIDED.match(text, match.start()) or _SAYS.search(text, last, match.start()))
        joins = match[0] == "and" and not said
        if match.start() and not other_sense and not joins:
            last = match.start()
            yield offset + last


_SUBJECTS = (
    ("we", r"(?:我们|我司|我行|本公司|本平台)(?!的)|(?:we|us)\b"),
    ("you", r"(?:您|你|用户)(?!的)|you\b"),
    ("other", r"(?:第三方|它们|他们)(?!的)|(?:they|third part(?:y|ies))\b"),
)
# 应当由您的监护人同意: who does it is told by 由.
_BY = r"(?:应当?|必?须|需|可以?|[将会均都])?由(?![于此来])"
_ARTICLE = re.compile(rf"\s*(?:(?:the|an?|our|some|any|this|that) |{_BY}(?:[您你]的|我们的)?)?")
_BEFORE_SUBJECT = (
    r"[\s#]*(?:(?:那么|因此|此外|同时|并且?|且|但是?|而|当|如果?|若|一旦|在|除非|为了|用于|also|and|but|then|however|when|if"
    r"|unless|because|where|once|while|that|after|before|so that)\s*)*+"
    rf"(?:{_BY})?"
)
_SUBJECT = re.compile(_BEFORE_SUBJECT + "(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _SUBJECTS) + ")")


def _subject(text: str, first_kind: str) -> str:
    match = _SUBJECT.match(text)
    if match:
        return match.lastgroup or ""
    return "other" if first_kind in PARTY_KINDS else ""


# --- Words ---------------------------------------------------------------------------------

NAMES = THING_KINDS | PARTY_KINDS | {"document"}
"""Kinds of concepts that a list of names is made of."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_POSSESSIVE = re.compile(r"(?:your|our|their|its) ")
_LATIN_CHAR = re.compile(r"[a-z0-9]")
_LITERAL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,255}|(?:https?://|www\.)[^\s,，。;；)）]{1,300}")


@lru_cache(maxsize=8)
def _names_only(thesaurus: Thesaurus) -> Thesaurus:
    """Return the part of a thesaurus that has names of things.

    Those of actions and rights lie together because who asks for one may mean another, as 绑定 and 解绑, or 无法使用
    and 不影响您. For these there are plain words.
    """
    return Thesaurus(concept for concept in thesaurus.concepts if concept.kind in NAMES)


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{'#' * (end - start)}{text[end:]}"
    return text
