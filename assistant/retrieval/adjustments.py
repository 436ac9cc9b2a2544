"""Adjustments: what puts a passage forward or back besides its scores: its title, what it is, and whom it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from assistant.index.passages import STEP
from assistant.questions.forms import asks_meaning, asks_names, kind_of_question
from assistant.text import normalized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from assistant.index.shards import Analyzer, Shard
    from assistant.retrieval.held import Held
    from assistant.retrieval.hits import Query

    Scores = NDArray[np.float64]
    Marks = NDArray[np.bool_]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """What is known of each passage besides its scores: arrays of shape (n_passages,)."""

    amounts: Scores
    """What its score gains."""
    companies: Marks
    """Whether it names a company that is asked about."""
    others: Marks
    """Whether it names permissions of a device, but not the one that is asked about."""


class Adjuster:
    """Tells what puts the passages of shards forward or back for a query.

    Args:
        analyzer: Turns text into tokens, as it did when the shards were built.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._words = lru_cache(maxsize=1_000)(lambda word: frozenset(analyzer.tokens(word)))
        self._known: dict[tuple[str, Callable[[Shard], Any]], Any] = {}

    def adjusted(self, shards: Sequence[Shard], query: Query, held: Held) -> Adjusted:
        """Return what is known of the passages of at least one shard, one shard after another.

        Args:
            shards: What is searched.
            query: The question.
            held: Where its tokens stand in the shards.
        """
        import numpy as np

        naming = held.passages_with_any(token for token in query.named if self._analyzer.is_vendor(token))
        companies = [_with_those_below(shard, mask) for shard, mask in zip(shards, naming, strict=True)]
        with_words = held.passages_with_any(query.tokens)
        others = [self._naming_other_permissions(shard, query) for shard in shards]
        of_company = any(mask.any() for mask in companies)
        wants_names = asks_names(query.text)
        amounts = []
        for shard, having, mask, other in zip(shards, with_words, companies, others, strict=True):
            lists = shard.names_only
            amount = _NAMES_WANTED * (lists & having) if wants_names else -_NAMES_ONLY * lists
            amount[self._defining_others(shard, query)] -= _DEFINES
            amount[_announcing(shard, query)] -= _DEFINES
            amount[_framing(shard, query)] -= _DEFINES
            if of_company:
                amount[~mask] -= _OTHERS
            amount[other] -= _OTHERS
            amount[self._under_title(shard, query)] += _TITLED_OF_COMPANY if of_company else _TITLED
            amount[self._under_same_question(shard, query)] += _SAME_QUESTION
            amount[self._of_rest_of_heading(shard, query)] -= _REST_OF_HEADING
            amount[_quoted_from(shard, query)] += _QUOTED
            amounts.append(amount)
        return Adjusted(
            amounts=np.concatenate(amounts), companies=np.concatenate(companies), others=np.concatenate(others)
        )

    def _defining_others(self, shard: Shard, query: Query) -> list[int]:
        """Return the passages that say what something means that is not asked about."""
        if asks_meaning(query.text):
            return []
        defined = ((number, shard.passages[number].defines) for number in shard.defining)
        return [number for number, word in defined if self._words(word).isdisjoint(query.tokens)]

    def _under_title(self, shard: Shard, query: Query) -> list[int]:
        """Return the passages whose title says what is asked, companies aside: 收集的个人信息, of 高德收集什么."""
        companies = [self._words(name) for token, name in query.named.items() if self._analyzer.is_vendor(token)]
        tokens = [token for token in query.tokens if not any(token in words for words in companies)]
        found = (number for token in tokens for number in self._once(shard, self._title_words).get(token, ()))
        return list(dict.fromkeys(found))

    def _of_rest_of_heading(self, shard: Shard, query: Query) -> list[int]:
        """Return the passages below a heading of several things that are about others of them: 租金, of 租金与押金."""
        known = self._once(shard, self._words_of_headings)
        found = [known[token] for token in query.tokens if token in known]
        about = {number for holding, _ in found for number in holding}
        return [number for number in dict.fromkeys(n for _, lacking in found for n in lacking) if number not in about]

    def _words_of_headings(self, shard: Shard) -> Mapping[str, tuple[Sequence[int], Sequence[int]]]:
        """Return by words of headings of several things the passages below that hold each, and the others.

        Words that none of the passages below holds tell none from another.
        """
        policy = shard.policy
        below: dict[str, list[int]] = {}
        for number, passage in enumerate(shard.passages):
            heading = passage.context.rpartition(STEP)[2]
            if len(heading) <= policy.chars(_TITLE_CHARS) and _SEVERAL.search(normalized(heading)):
                below.setdefault(passage.context, []).append(number)
        found: dict[str, tuple[list[int], list[int]]] = {}
        for context, numbers in below.items():
            texts = [policy.text[shard.passages[number].start : shard.passages[number].end] for number in numbers]
            own = [frozenset(self._analyzer.tokens(text, of_policy=True)) for text in texts]
            for token in self._words(context.rpartition(STEP)[2]):
                if any(token in words for words in own):
                    holding, lacking = found.setdefault(token, ([], []))
                    for number, words in zip(numbers, own, strict=True):
                        (holding if token in words else lacking).append(number)
        return found

    def _under_same_question(self, shard: Shard, query: Query) -> list[int]:
        """Return the passages whose title asks what the query asks: `How long do I have to return something?`.

        Other titles of a list of questions name the same things: what is asked of them tells one from another.
        """
        kind = kind_of_question(query.text)
        of_kind = self._once(shard, self._question_titles).get(kind, ()) if kind else ()
        return [number for number, words in of_kind if words <= set(query.tokens)]

    def _question_titles(self, shard: Shard) -> Mapping[str, Sequence[tuple[int, frozenset[str]]]]:
        """Return by kind of question the passages of a shard whose title is one, with its words."""
        found: dict[str, list[tuple[int, frozenset[str]]]] = {}
        for number, title in _titles(shard, _QUESTION_CHARS):
            kind = kind_of_question(title)
            # Its concepts are its words once more, and not always found in other forms of these.
            words = frozenset(token for token in self._words(title) if not self._analyzer.is_concept(token))
            if kind and words:
                found.setdefault(kind, []).append((number, words))
        return found

    def _title_words(self, shard: Shard) -> Mapping[str, Sequence[int]]:
        """Return the passages of a shard by the words of their titles."""
        places: dict[str, list[int]] = {}
        for number, title in _titles(shard, _TITLE_CHARS):
            for token in self._words(title):
                places.setdefault(token, []).append(number)
        return places

    def _once(self, shard: Shard, read: Callable[[Shard], _T]) -> _T:
        """Return what a method reads of a shard, which is read once."""
        place = (shard.policy.id, read)
        if place not in self._known:
            self._known[place] = read(shard)
        found: _T = self._known[place]
        return found

    def _naming_other_permissions(self, shard: Shard, query: Query) -> Marks:
        """Return which passages name permissions, but not the one that the query asks about."""
        import numpy as np

        permissions, text = self._analyzer.permissions, normalized(query.text)
        asked = {
            token: normalized(name).removesuffix("权限")
            for token, name in query.named.items()
            if token in permissions
            and re.search(rf"{re.escape(normalized(name))}(?:(?<=权限)|权限| permissions?\b)", text)
        }
        if not asked:
            return np.zeros(len(shard.passages), np.bool_)
        rest = [token for token in permissions if token not in asked]
        named, others = (np.any(shard.holding(tokens)[:, shard.firsts], axis=0) for tokens in (list(asked), rest))
        mask: Marks = others & ~named
        for number in mask.nonzero()[0].tolist():
            passage = shard.passages[number]
            words = normalized(shard.policy.text[passage.start : passage.end])
            # A name counts within another: 电话 in 拨打电话.
            mask[number] = not any(name in words for name in asked.values())
        return mask


def _titles(shard: Shard, longest: int) -> Iterator[tuple[int, str]]:
    """Yield the passages whose clause has a title that is not too long, with it; `longest` is in Chinese characters."""
    for number, passage in enumerate(shard.passages):
        title = shard.policy[passage.clause_id].title
        if 0 < len(title) <= shard.policy.chars(longest):
            yield number, title


def _with_those_below(shard: Shard, naming: Marks) -> Marks:
    """Return which passages name something, and those below of them that only list names: `插件：… 收集的信息：…`."""
    import numpy as np

    listing = {shard.passages[number].clause_id for number in (naming & shard.names_only).nonzero()[0].tolist()}
    if not listing:
        return naming
    below = [any(above.id in listing for above in shard.policy.path(passage.clause_id)) for passage in shard.passages]
    with_below: Marks = naming | np.array(below)
    return with_below


def _quoted_from(shard: Shard, query: Query) -> list[int]:
    """Return the passages that have the words that a query quotes, which the index may not know: “个像”是什么."""
    quoted = [normalized(found) for found in _QUOTED_WORDS.findall(query.text)]
    if not quoted:
        return []
    texts = (normalized(shard.policy.text[passage.start : passage.end]) for passage in shard.passages)
    return [number for number, text in enumerate(texts) if any(words in text for words in quoted)]


_QUOTED_WORDS = re.compile('[“「『"]([^“”「」『』"]{2,40})[”」』"]')


def _announcing(shard: Shard, query: Query) -> Sequence[int]:
    """Return the passages that tell what a new version has changed, if that is not asked."""
    return [] if _ASKS_OF_CHANGES.search(normalized(query.text)) else list(shard.announcing)


_ASKS_OF_CHANGES = re.compile(
    r"更新|修订|修改|改动|变更|变化|调整|新增|新版|版本|改了|变了|"
    r"\b(?:updat|chang|revis|amend)\w{0,6}\b|\bversions?\b|\bnew in\b|\bwhat(?:'s| is) new\b"
)


def _framing(shard: Shard, query: Query) -> Sequence[int]:
    """Return the passages that tell only what the policy is made for or who explains it, if that is not asked."""
    return [] if _ASKS_OF_FRAME.search(normalized(query.text)) else list(shard.framing)


_ASKS_OF_FRAME = re.compile(
    r"目的|为了?(?:什么|何|啥)|依据|根据|制[定订]|解释|谁|公司|单位|"
    r"\b(?:purpose|why|who|whose|whom|interpret\w*|made|basis|based|company)\b"
)


# Chosen on the dev questions; the figures around each are nearly as good.
# A list of names is close to every question with one of them, though it answers few.
_NAMES_ONLY = 2.0
# Who asks for names gets the lists that have a word of his, though nothing is said in them.
_NAMES_WANTED = 2.0
# What personal information *is* names every kind of it, and does not say that any is collected; what has changed in
# a policy names the matters of the clauses that say so, and what it is made for those of all.
_DEFINES = 1.5
# Who asks what one company gets is not told what another does.
_OTHERS = 1.0
# Chosen on the dev questions, where 0.1 to 0.35 do about equally well; over other policies less does better.
_TITLED = 0.1
# What is said of one company, such as the maker of an SDK, is told apart by little else.
_TITLED_OF_COMPANY = 0.9
_TITLE_CHARS = 30
_SEVERAL = re.compile(r"[与和及、&,/]|\band\b|\bor\b")
# What else a heading names, another clause below it is about.
_REST_OF_HEADING = 0.5
# A list of questions is written to be found by them; the policies of the dev questions have too few to tell how much.
_SAME_QUESTION = 1.0
_QUESTION_CHARS = 40
# Who quotes a policy's words asks about the clause that has them.
_QUOTED = 1.5
