"""What sentences of a policy say to a question: each that states the act is read by the rules for it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.answering.verdicts.conditions import on_condition
from assistant.answering.verdicts.contradictions import speaks_against, words_against
from assistant.answering.verdicts.matching import Matcher
from assistant.answering.verdicts.practices import ruling_of_us
from assistant.answering.verdicts.rights import ruling_of_refusal, ruling_of_statement, ruling_of_you
from assistant.answering.verdicts.statements import DOUBT, IS, NEAR, Verb, sentences_of, without_number
from assistant.answering.verdicts.table import lexicon
from assistant.sentences.segments import Reader
from assistant.sentences.senses import denials
from assistant.text import has_han

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from assistant.answering.verdicts.question import Asked
    from assistant.answering.verdicts.statements import Ruling
    from assistant.sentences.segments import Sentence
    from assistant.thesaurus import Thesaurus

_LONGEST_SENTENCE = 500


# The sentences of a policy are read for one question after another.
@lru_cache(maxsize=16)
def _sentences_kept(text: str) -> tuple[tuple[str, str], ...]:
    return sentences_of(text)


@lru_cache(maxsize=16)
def _reader(thesaurus: Thesaurus, names: tuple[str, ...]) -> Reader:
    return Reader(thesaurus, names)


@lru_cache(maxsize=4_000)
def _read(reader: Reader, text: str) -> Sentence:
    return reader.read(text)


class Judge:
    """Reads what sentences of a policy say to a question.

    Args:
        thesaurus: Concepts, by which things are recognised in both languages.
        names: What the policy, its company and its product are called.
    """

    def __init__(self, thesaurus: Thesaurus, names: Iterable[str]) -> None:
        self._matcher = Matcher(thesaurus)
        self._reader = _reader(thesaurus, tuple(names))

    def rulings(self, asked: Asked, text: str) -> Iterator[Ruling]:
        """Yield what each sentence of a text says, where it says anything to the question."""
        yield from self._rulings_in(asked, sentences_of(text))

    def rulings_near(self, asked: Asked, text: str) -> Iterator[Ruling]:
        """Yield the same for a text that is read for one question after another."""
        yield from self._rulings_in(asked, _sentences_kept(text))

    def _rulings_in(self, asked: Asked, sentences: Iterable[tuple[str, str]]) -> Iterator[Ruling]:
        former = ""
        act = asked.act
        patterns = [pattern for pattern in (act.said, act.undergone, act.barred, act.label) if pattern]
        for raw, plain in sentences:
            may_tell = any(pattern.search(plain) for pattern in patterns) and not act.is_beside(plain)
            if len(raw) > _LONGEST_SENTENCE or not may_tell:
                former = plain
                continue
            sentence = _read(self._reader, raw)
            about = asked.act.about
            if asked.act.label and _is_instruction(asked.act.label, sentence.plain):
                yield IS
                former = sentence.plain
                continue
            if asked.act.asks == "stated":
                if about is None or about.search(sentence.plain):
                    yield ruling_of_statement(asked, sentence)
            elif asked.act.asks == "refused":
                if found := ruling_of_refusal(asked, sentence, former, self._matcher):
                    yield found
            elif (not about or about.search(sentence.plain)) and all(self._has(sentence, word) for word in asked.rest):
                yield from self._in_sentence(asked, sentence)
            former = sentence.plain

    def is_contradicted(self, asked: Asked, ruling: Ruling, text: str) -> bool:
        """Say whether any words of a text speak against what is told without a condition, be it not for sure."""
        words = words_against(asked.act, ruling)
        former = ""
        for raw, plain in _sentences_kept(text):
            if len(raw) <= _LONGEST_SENTENCE and any(pattern.search(plain) for pattern in words):
                sentence = _read(self._reader, raw)
                if speaks_against(asked, ruling, sentence, former, self._matcher):
                    return True
            former = plain
        return False

    def where_optional(self, asked: Asked, quote: str) -> Ruling:
        """Return that a thing is so, on the condition of words that leave it open, if any do: 您也可以不提供."""
        for _, plain in sentences_of(quote):
            for match in lexicon().optional.finditer(plain):
                named = self._matcher.things_in(plain[max(match.start() - NEAR, 0) : match.end() + NEAR])
                if asked.item & named or not named:
                    return on_condition(match[0], leads=False)
        return IS

    def _in_sentence(self, asked: Asked, sentence: Sentence) -> Iterator[Ruling]:
        rule = ruling_of_you if asked.act.by == "you" else ruling_of_us
        is_example = lexicon().example.search(sentence.plain)
        spans = [match.span() for match in asked.act.said.finditer(sentence.plain)]
        if asked.act.undergone:
            # The thing stands first, so all of it stands before the end of the verb.
            spans += [(match.end(), match.end()) for match in asked.act.undergone.finditer(sentence.plain)]
        own = len(spans)
        if asked.act.barred:
            spans += [match.span() for match in asked.act.barred.finditer(sentence.plain)]
        for place_of, (start, end) in enumerate(spans):
            for place, part in enumerate(sentence.segments):
                is_here = part.start <= start < part.end or start == end == part.end
                if is_here and not part.is_aside and not part.is_purpose:
                    found = rule(asked, Verb(sentence=sentence, place=place, start=start, end=end), self._matcher)
                    is_barred = place_of >= own
                    if found and (not is_barred or found.polarity == "is_not"):
                        yield DOUBT if is_example else replace(found, is_barred=is_barred)

    def _has(self, sentence: Sentence, word: str) -> bool:
        """Say whether a sentence has a word of the question, be it in the other language."""
        if word in sentence.plain or has_han(word) == has_han(sentence.plain):
            return word in sentence.plain
        terms = [term for part in _read(self._reader, word).segments for term in part.terms]
        return bool(terms) and all(
            not term.pairs and any(part.holds(term, exactly=True) for part in sentence.segments) for term in terms
        )


def _is_instruction(label: re.Pattern[str], plain: str) -> bool:
    """Say whether a sentence tells how one does what its label names: 注销：在“设置”中提交."""
    lead = lexicon().label_end.search(plain, 0, NEAR)
    if lead is None or denials(plain[lead.end() :]):
        return False
    return label.fullmatch(without_number(plain[: lead.start()])) is not None
