"""What a clause states: its sentences, the verbs in them that state an act, and what such a statement comes to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from assistant.answering.verdicts.table import lexicon
from assistant.sentences.segments import sentences_in
from assistant.sentences.senses import conditions_in
from assistant.text import normalized, unlaid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.sentences.segments import Segment, Sentence

NEAR = 40
"""Characters before or after words in which stands what goes with them, such as what is refused."""


def sentences_of(text: str) -> tuple[tuple[str, str], ...]:
    """Return the sentences of a text, each also normalized, with an exception of a sentence joined to it."""
    told: list[str] = []
    for found in sentences_in(unlaid(text)):
        sentence = _NO_CASE_OF.sub(r"不会\1", found)
        if told and lexicon().excepted_before.match(sentence):
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


# 不存在向境外提供…的情形: that it is not done.
_NO_CASE_OF = re.compile(
    r"(?:不存在|没有)((?:向|将|把|与|和)[^,，。；;:：的]{1,24}(?:的(?:个人)?信息)?[^,，。；;:：的]{0,12})的(?:情形|情况|行为)(?=[,，。；;]|\s|$)"
)
_FIRST_NUMBER = re.compile(r"\b(?:not|shall|will|must|may|never) \((?:i|a|1)\) ")
_NUMBER = re.compile(r"\((?:[ivx]{1,4}|[a-h]|\d)\) ")
_NEXT_NUMBER = re.compile(rf"\s{{0,8}}(?:(?:and|or) )?{_NUMBER.pattern}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
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
    def within(self) -> str:
        """The verb itself, with what it may have in it."""
        return self.plain[self.start : self.end]

    @property
    def zone_end(self) -> int:
        """Where the list of its objects ends."""
        cut = lexicon().cut.search(self.plain, self.end, self.clause_end(len(self.plain)))
        return cut.start() if cut else self.clause_end(len(self.plain))

    def clause_end(self, end: int) -> int:
        """Return where the next clause begins, before `end`: `and we …`; `end` if none does."""
        after = lexicon().next_clause.search(self.plain, self.end, end)
        return after.start() if after else end

    @property
    def after(self) -> str:
        """Its objects."""
        return self.plain[self.end : self.zone_end]

    @property
    def leading(self) -> list[Segment]:
        """The segments that lead into its own, in order: back to the last that tells something else."""
        found: list[Segment] = []
        # 您…时，我们会请求授权，并收集…: the condition is one of both.
        goes_on = lexicon().goes_on_with.search(self.part.text) is not None
        for place in reversed(range(self.place)):
            part, after = self.sentence.segments[place], self.sentence.segments[place + 1]
            if part.subject_said and not (part.is_aside or part.is_purpose or lexicon().cases.search(part.text)):
                # 我们 with its verb in the next part is no clause of its own.
                is_alone = not part.terms or after.text.startswith("将")
                if not goes_on and not is_alone:
                    break
                goes_on = lexicon().goes_on_with.search(part.text) is not None or is_alone
            else:
                found.append(part)
        return found[::-1]

    @property
    def led(self) -> str:
        """The text between who does it and the verb, if its segment does not say who: 我们可能会以短信，为您提供…."""
        if self.part.subject_said or {"会", "将"} & {*self.part.text}:
            return ""
        led = ""
        for part in reversed(self.sentence.segments[: self.place]):
            led = led if part.is_aside or part.is_purpose else f"{self.plain[part.start : part.end]} {led}"
            if part.subject_said and not part.is_aside:
                break
        return led


def without_number(text: str) -> str:
    """Return a text without the number of the clause that it begins with."""
    return _TO_LETTER.sub("", text)


def up_to_mark(text: str, start: int) -> str:
    """Return what stands between a place in a text and the next mark."""
    words = _TO_MARK.match(text, start)
    return words[0] if words else ""


_TO_LETTER = re.compile(r"^[\W\d_]+")
_TO_MARK = re.compile(r"[^,;:。.]{1,200}")


Polarity = Literal["is", "is_not", "may", "doubt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What one sentence says to a question."""

    polarity: Polarity
    condition: str = ""
    leads: bool = False
    is_whole: bool = True
    """Whether it is of the whole of what is asked about; of what may not be done only."""
    is_outright: bool = False
    """Whether it is of the whole and in all cases; of what may not be done only."""
    is_announced: bool = False
    """Whether it is told to all, not to each: 公告."""
    is_part: bool = False
    """Whether it is so of a part only of what is asked about."""
    is_barred: bool = False
    """Whether it is not so since something else is not done, without which it cannot be."""


DOUBT, IS, MAY = Ruling(polarity="doubt"), Ruling(polarity="is"), Ruling(polarity="may")
