"""A policy: what is known about it, what it is called, and how its clauses are referred to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import combinations, zip_longest
from os.path import commonprefix
from types import MappingProxyType
from typing import TYPE_CHECKING

from assistant.policy.clauses import ANSWER, AROUND_TITLES, LONGEST_TITLE, ClauseTree, is_bullet
from assistant.text import fold, has_han, sentences, shortened
from assistant.text.naming import in_small_letters, in_title_marks, without_noun
from assistant.thesaurus import extended

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assistant.policy.clauses import Clause
    from assistant.text import Language, Span
    from assistant.thesaurus import Concept, Thesaurus

HASH_CHARS = 12
"""Length of the version of a policy that is made of its text: the start of the SHA-256."""

_ASCII_END = re.compile(r"[0-9A-Za-z]$")
_ASCII_START = re.compile(r"[0-9A-Za-z]")
_FIRST_WORDS = re.compile(r"[^，。：；、,.:;!！?？\s]{1,12}")
_LATIN_NAME_CHARS = (10, 24)
"""Fewest and most characters of the first words that name an English paragraph, a long word aside."""
_EMPHASIS = re.compile(r"\*+|__+|[|`]")
# A row that is told with the heads of its columns: its first cell names it.
_FIRST_CELL = re.compile(r"[^|:：\n]{1,200}[:：]\s*([^|\n]{1,200}?) \| ")
_OPENING_CHARS = 400
_SHORTEST_NAME = 2
_SENTENCE_END = re.compile(r"[?？!！。]|\.$")
_BEFORE_COLON = re.compile(r"[^:：]{2,40}(?=[:：])")
_WORDED = re.compile(r"[A-Za-z]{4,}\s|§")
# An appendix without a number of its own: "Annex › 1".
_WORD_ALONE = re.compile(r"(?:appendix|annex(?:ure)?|schedule|addendum)$", re.IGNORECASE)
_WORDED_NUMBER = re.compile(r"(?:[A-Za-z]{4,20}\s{1,3}|§\s?)(\d[\d.]{0,20})$")
# Not "Q3", a question of a list.
_CODE = re.compile(r"([A-PR-Za-pr-z])\.?\d")
# The label at the start of an English rendering: `1.`, `(II)`, `①`, `Article 3`.
_LABEL = re.compile(r"^(?:(?:Article|Section|Chapter|Part|Clause) \w{1,6}[.:]?|\(?\w{1,6}[.)]|[①-⑳])\s+")
# Markdown's, before a heading.
_HEADING_MARK = re.compile(r"\A\s{0,9}#{1,6}\s{1,9}(?=\S)")
# Begins where no such mark stands before, so that a long run of spaces is read once.
_CLOSING_MARK = re.compile(r"(?<![、.．:：\s])[、.．:：\s]+$")
_CLOSING_BRACKET = re.compile(r"(?<![、.．:：\s)）])[、.．:：\s)）]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(ClauseTree):
    """A policy: the clauses of its text, and what is known about it."""

    title: str
    """Name that people read."""
    sha256: str
    """SHA-256 of the text in UTF-8, hexadecimal."""
    company: str = ""
    """Company that issued it."""
    aliases: tuple[str, ...] = ()
    """Other names of the company or its product."""
    effective_date: str = ""
    """Date it takes effect, ISO 8601."""
    version: str = ""
    """Version; the effective date unless the policy's metadata say otherwise."""
    contact: str = ""
    """How to reach the company, as the policy states it."""
    corpus_names: tuple[str, ...] = ()
    """What else names it among the policies of its corpus, as `assistant.corpus.open_corpus` finds."""
    translations: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """English rendering of each sentence of a clause's own text, by clause id; empty where there is none."""
    concepts: tuple[Concept, ...] = ()
    """What its own thesaurus adds to the one that comes with the program."""
    shared_thesaurus: Thesaurus | None = field(default=None, repr=False, compare=False)
    """The thesaurus of its corpus, as `assistant.corpus.open_corpus` finds; None for a policy that stands alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """What people call the policy, its company and its product."""
        return tuple(name for name in (self.company, *self.aliases, *self.corpus_names) if name)

    @property
    def short_names(self) -> tuple[str, ...]:
        """What two of its Chinese names begin with and none is: 白驹 of 白驹跑腿 and 白驹速取, where it is no place."""
        chinese = {name for name in self.names if has_han(name)}
        shared = {commonprefix(pair) for pair in combinations(sorted(chinese), 2)} - chinese  # noqa: RUF071 - of characters
        return tuple(sorted(name for name in shared if len(name) >= _SHORTEST_NAME and not self._is_place(name)))

    def _is_place(self, name: str) -> bool:
        """Say whether its text has a name as that of a place, as where its company has its seat: 上海 of 上海市."""
        return any(f"{name}{place}" in self.text for place in "市省区县州")

    @property
    def thesaurus(self) -> Thesaurus:
        """The names that questions about it, and its text, are read with: those of its corpus, else its own."""
        return self.shared_thesaurus or extended(self.concepts)

    @property
    def given_version(self) -> str:
        """The version that whoever keeps the policy gave it; empty where it is made of the date or of the text."""
        return "" if self.version in (self.effective_date, self.sha256[:HASH_CHARS]) else self.version

    def place(self, reference: str) -> str:
        """Return a reference with the policy's title: `《隐私协议》一（二）4`, `Privacy Notice, 2.1`."""
        title = " ".join(self.title.split())
        return f"{in_title_marks(title)}{reference}" if self.language == "zh" else f"{title}, {reference}"

    def called(self, language: Language, among: Iterable[Policy] = ()) -> str:
        """Return what the policy is called within a sentence of a language.

        That is its title, in the marks that Chinese puts around one; or it is the company's policy, if the title is
        long or a sentence itself, which no sentence can be made around, or no more than the company's name.

        Args:
            language: Of the sentence.
            among: Policies that it is to be told from: where one is called the same, the company is named, too.
        """
        # In each answer it is wanted.
        said = self.kept(Policy._called, language)
        others = (other.kept(Policy._called, language) for other in among if other is not self)
        if not self.company or said not in others:
            return said
        company = " ".join(self.company.split())
        return f"{company}{said}" if language == "zh" else f"{_possessive(company)} {_ARTICLE.sub('', said)}"

    def _called(self, language: Language) -> str:
        title = " ".join(self.title.split())
        if self._names_company(title):
            return self._of(" ".join(self.company.split()), language)
        if len(title) <= LONGEST_TITLE and not _SENTENCE_END.search(title):
            shown = in_small_letters(title, self.text)
            if language == "zh":
                return in_title_marks(shown)
            # "What Privacy Notice says" is no English, but for a name: "What Lantern Privacy Notice says".
            is_named = without_noun(title) != "" and not self._names_subject(title)
            return shown if is_named or not title.isascii() else f"the {_ARTICLE.sub('', shown)}"
        if self.company:
            return self._of(" ".join(shortened(self.company, LONGEST_TITLE).split()), language)
        # The name before a dash: `Brindle Insurance – Your Cover Explained`.
        name = title[: dash.start()] if (dash := _DASH.search(title)) else ""
        if 0 < len(name) <= LONGEST_TITLE and not _SENTENCE_END.search(name) and without_noun(name):
            return self._of(without_noun(name), language)
        head = _BEFORE_COLON.match(title)
        return " ".join(shortened(head[0] if head else title, LONGEST_TITLE).rstrip("?？!！.。").split())

    def called_as_several(self) -> bool:
        """Say whether what the policy is called in English is a plural: `Terms of Use`."""
        return bool(_SEVERAL.search(self.called("en")))

    def _names_subject(self, title: str) -> bool:
        """Say whether a title names what the policy is about, and not whose it is: `Ski Pass Rules`, of Hollis Ltd."""
        name = without_noun(title)
        first, company = (_LETTERS.findall(fold(said))[:1] for said in (name, self.company))
        return bool(company) and name != title and first != company and not _OWNER.search(title)

    def _names_company(self, title: str) -> bool:
        """Say whether a title is no more than the company's name: `Lantern Post`, of Lantern Post Ltd."""
        said, company = (_LETTERS.findall(fold(name)) for name in (title, self.company))
        return bool(said) and said == company[: len(said)]

    @staticmethod
    def _of(company: str, language: Language) -> str:
        return f"{company}政策" if language == "zh" else f"{_possessive(company)} policy"

    def begins(self, clause: Clause) -> str:
        """Return the words that stand for a clause in an outline: its number and its title as printed, or its text."""
        own = self.own_text(clause)
        return _HEADING_MARK.sub("", own[: own.find(clause.title) + len(clause.title)] if clause.title else own)

    def brief_name(self, clause: Clause, width: int) -> str:
        """Return the words that name a clause among others: its number with its title, or its text, shortened."""
        return shortened(f"{clause.label}{clause.title}" if clause.title else self.own_text(clause), width)

    def renderings(self, clause: Clause) -> tuple[tuple[Span, str], ...]:
        """Return the sentences of the clause's own text, as `sentences` divides it, with their English.

        Returns:
            Spans of `text` in order, each with its rendering, which is empty where there is none.
        """
        spans = tuple(sentences(self.text, clause.start, clause.body_end))
        known = self.translations.get(clause.id, ())
        # One that does not have a rendering for each sentence belongs to another text.
        return tuple(zip(spans, known if len(known) == len(spans) else ("",) * len(spans), strict=True))

    def translation(self, start: int, end: int) -> str | None:
        """Return the English of exactly what `text[start:end]` says, or None where that is not known.

        A range says a sentence if it holds all letters and digits of it, those of the clause's label aside. What
        holds a part of a sentence has no rendering, unless the part is the heading that the sentence begins with:
        `保存期限` of `保存期限：除非…` has what stands before the colon of `Retention period: Unless…`.

        Args:
            start: First code point, at least 0.
            end: End, after `start`.
        """
        parts: list[str] = []
        offset = start
        while self.translations and offset < min(end, len(self.text)):
            clause = self.at(offset)
            for number, (span, english) in enumerate(self.renderings(clause)):
                if span[1] <= start or end <= span[0]:
                    continue
                said = self._said(clause if number == 0 else None, span, english, (start, end))
                if said is None:
                    return None
                parts.append(said)
            offset = clause.body_end
        return " ".join(part for part in parts if part) or None

    def title_in(self, clause: Clause, language: Language) -> str:
        """Return the title of a clause in a language, without the marks around it; empty if it is not known in it."""
        title: str | None = clause.title
        if title and language != self.language:
            start = self.text.find(title, clause.start, clause.body_end)
            known = language == "en" and start >= 0
            title = self.translation(start, start + len(title)) if known else None
        return " ".join((title or "").strip(AROUND_TITLES).rstrip("。. ").split())

    def _said(self, begins: Clause | None, sentence: Span, english: str, held: Span) -> str | None:
        """Return the English of what `held` says of a sentence; nothing if no word of it, None if it is not known.

        Args:
            begins: The clause, if the sentence is its first.
            sentence: The sentence's place.
            english: Its rendering.
            held: A range that overlaps it.
        """
        (start, end), (left, right) = held, sentence
        answer = None if begins else ANSWER.match(self.text, left, right)
        label_end = begins.label_end if begins else answer.end() if answer else left
        words = [place for place in range(label_end, right) if self.text[place].isalnum()]
        inside = [place for place in words if start <= place < end]
        if words and not inside:
            return ""
        if len(inside) < len(words):
            title = self.text.find(begins.title, label_end, words[0] + len(begins.title)) if begins else -1
            heading, colon, _ = english.partition(": ")
            if not begins or title < 0 or not colon:
                return None
            if inside != [place for place in words if place < title + len(begins.title)]:
                return None
            english = heading
        if start > left:
            english = _LABEL.sub("", english) if begins and begins.label else english
            english = ANSWER.sub("", english, count=1) if answer and start >= answer.end() else english
        # Of punctuation alone no rendering is wanted.
        return english if english or not words else None

    def reference(self, clause_id: str) -> str:
        """Return the words a person can find the clause by, such as `一（二）4 › 使用目的`.

        A number is joined to the number directly above it, without the mark that closes it: `一（二）4（2）`, and
        `3.1` where Western numerals would run together; a `3.1` printed below `3` stands for both, and so does `B2`
        below `Part B`. Everything without a number stands between ` › `: a heading by its title, a paragraph by its
        first words, contents by their name. So does a number that begins with a word: `Article 2 › Section 2.1`.

        Raises:
            KeyError: If the policy has no such clause.
        """
        # Of each hit of each answer it is wanted.
        return self.kept(Policy._reference, clause_id)

    def described(self, clause_id: str, language: Language) -> str:
        """Return the clause's reference, with its title or its first words where that is a number.

        Args:
            clause_id: The clause.
            language: Of the sentence that it stands in.

        Raises:
            KeyError: If the policy has no such clause.
        """
        *above, clause = self.path(clause_id)
        reference = self.reference(clause_id)
        if not above or not clause.label or clause.kind == "contents" or is_bullet(clause.label):
            return reference
        name = shortened(self._name(clause), LONGEST_TITLE)
        if name == clause.id:
            return reference
        return f"{reference}{'' if language == 'zh' else ' '}{name if name[0] == '“' else f'“{name}”'}"

    def _reference(self, clause_id: str) -> str:
        parts: list[str] = []
        above = ""
        path = self.path(clause_id)
        for over, clause, below in zip_longest(path[:-1], path[1:], path[2:]):
            label = "" if clause.kind == "contents" or is_bullet(clause.label) else _number(clause.label)
            if not label:
                # "7" and "1" side by side would seem to be printed as 7.1.
                apart = bool(above and below) and _glue(above, below.label) == below.label
                if apart and self._only_leads_to(clause, below, over):
                    continue
                parts.append(self._name(clause))
            elif not above or _WORDED.match(label) or _WORD_ALONE.match(above):
                parts.append(label)
            elif code := _CODE.match(label):
                # "B2" below "Part B" or "B1.1" below "B1" stands for both, and below "Article 2" by itself.
                if fold(above).endswith(f" {fold(code[1])}") or fold(label).startswith(fold(above)):
                    parts[-1] = parts[-1].removesuffix(above) + label
                else:
                    parts.append(label)
            elif fold(label).startswith(f"{fold(above)}."):
                parts[-1] = parts[-1].removesuffix(above) + label
            elif (number := _WORDED_NUMBER.match(above)) and fold(label).startswith(f"{fold(number[1])}."):
                # "1.1" below "Section 1" stands for both.
                parts[-1] = parts[-1].removesuffix(number[1]) + label
            else:
                parts[-1] += _glue(parts[-1], label)
            above = label
        return " › ".join(parts) or self.title

    def _only_leads_to(self, clause: Clause, below: Clause, over: Clause) -> bool:
        """Say whether a clause is but the words that lead to a number, which is found without them.

        Args:
            clause: The clause.
            below: One of those below it.
            over: The one above it; the number stands nowhere else below that.
        """
        if clause.kind != "paragraph" or clause.title or not below.label or is_bullet(below.label):
            return False
        found = (child for beside in over.children for child in (beside, *beside.children * (not beside.label)))
        number = _number(below.label)
        return self.leads_in(clause) and sum(_number(child.label) == number for child in found) == 1

    def _name(self, clause: Clause) -> str:
        if clause.title:
            return " ".join(clause.title.strip(AROUND_TITLES).split())
        if clause.kind == "contents":
            return "目录" if self.language == "zh" else "Contents"
        own = self.text[clause.label_end : min(clause.body_end, clause.label_end + _OPENING_CHARS)].strip()
        cell = _FIRST_CELL.match(own)
        own = _EMPHASIS.sub("", cell[1] if cell else own)
        words = _first_words(own) if self.language == "en" else ""
        if not words and (found := _FIRST_WORDS.search(own)):
            words = found[0]
        return f"“{words}…”" if words else clause.id


def _possessive(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


_LETTERS = re.compile(r"\w+")
_DASH = re.compile(r"\s[–—|-]\s")
_SEVERAL = re.compile(
    r"\b(?:Terms|Conditions|Rules|Guidelines|Policies|Standards|Regulations)(?: (?:of|for|and|&) [\w &]{1,40})?$",
    re.IGNORECASE,
)
_OWNER = re.compile(r"['’]s?\s")
_ARTICLE = re.compile(r"^(?:the|our) ", re.IGNORECASE)


def _first_words(text: str) -> str:
    """Return the first words of an English text that name it, without the mark after them."""
    least, most = _LATIN_NAME_CHARS
    name = ""
    for word in text.split():
        if name and (len(name) + 1 + len(word) > most or (len(name) >= least and not name[-1].isalnum())):
            break
        name = f"{name} {word}".strip()[: 2 * most]
        if word[-1] in ".;:!?" and len(name) >= least:
            break
    return name.strip(" ,.;:!?–—-")


def _number(label: str) -> str:
    """Return a label without the mark that closes it, such as the bracket of `iii)`; that of `（一）` belongs to it."""
    return (_CLOSING_MARK if label[:1] in "(（" else _CLOSING_BRACKET).sub("", label)


def _glue(left: str, right: str) -> str:
    # "1" and "2" printed side by side would read as twelve.
    return f".{right}" if _ASCII_END.search(fold(left[-1:])) and _ASCII_START.match(fold(right[:1])) else right
