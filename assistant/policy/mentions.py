"""Mentions: whether a thing is spoken of anywhere in policies, by any of its names.

The index counts words and the longest names: to it a code by SMS is no SMS, and an emergency contact no contact. Here a
name counts within another, too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from assistant.text import LATIN_WORD, any_of, has_han, normalized, stem
from assistant.thesaurus import default_thesaurus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.policy import Policy
    from assistant.thesaurus import Concept


def is_mentioned(word: str, concepts: Sequence[Concept], policies: Iterable[Policy]) -> bool:
    """Say whether a thing is spoken of in any policy or its English.

    Args:
        word: What it is called, normalized.
        concepts: What that may mean.
        policies: Where it is looked for.
    """
    texts = [policy.kept(_read) for policy in policies]
    return any(_stands(name, *text) for text in texts for name in _names(word, concepts))


def _names(word: str, concepts: Sequence[Concept]) -> Iterator[str]:
    """Yield the words by which a policy may speak of what a question names so, normalized."""
    yield word
    # A company is not spoken of by what it sells.
    vendors = [concept for concept in concepts if concept.kind == "vendor"]
    yield from chain.from_iterable(map(_names_of, vendors or concepts))
    if _SOCIAL_NETWORK.fullmatch(word):
        yield from _SOCIAL_NETWORKS


# The thesaurus has some 620 concepts; of each that a question names it is asked once more.
@lru_cache(maxsize=2_000)
def _names_of(concept: Concept) -> tuple[str, ...]:
    return tuple(map(normalized, concept.names))


# What holds for all of them is said of each.
_SOCIAL_NETWORK = re.compile(
    r"facebook|instagram|twitter|tik ?tok|linkedin|snapchat|youtube|pinterest|reddit|threads|whatsapp|wechat|weibo"
    r"|douyin|脸书|推特|抖音|微博|小红书|快手|微信朋友圈|朋友圈"
)
_SOCIAL_NETWORKS = ("social media", "social network", "社交媒体", "社交平台", "社交网络", "社交网站")


# Of one concept and one policy it is asked again for every question.
@lru_cache(maxsize=20_000)
def _stands(name: str, text: str, squeezed: str) -> bool:
    """Say whether a name stands in a text, Latin words in any of their forms."""
    if has_han(name):
        return "".join(name.split()) in squeezed
    stems = [stem(word) for word in LATIN_WORD.findall(name)]
    if not stems or not all(part in text for part in stems):
        return False
    # Other words begin with a short one.
    parts = [f"{re.escape(part)}{'[a-z]{0,20}' if len(part) > _SHORT_WORD else '(?:e?s)?'}" for part in stems]
    # Where a pattern begins with its letters, these are looked for much faster than what must not be before them.
    found = re.finditer(rf"{'[^a-z0-9]{1,3}'.join(parts)}(?![a-z0-9])", text)
    return any(not (match.start() and text[match.start() - 1] in _LATIN) for match in found)


def _read(policy: Policy) -> tuple[str, str]:
    """Return a policy's text with its English as names are looked for in it: normalized, and without blanks besides."""
    found = normalized("\n".join((policy.text, *chain.from_iterable(policy.translations.values()))))
    return found, "".join(found.split())


_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_SHORT_WORD = 3


def things_named(asked: str, policies: Iterable[Policy]) -> Iterator[tuple[int, int, list[Concept]]]:
    """Yield where a normalized question names something, with the concepts that it may mean."""
    thesaurus = default_thesaurus()
    added = [concept for policy in policies for concept in policy.concepts]
    for start, end, ids in thesaurus.find(asked):
        yield start, end, [thesaurus[id_] for id_ in ids] + [concept for concept in added if concept.id in ids]
    for concept in added:
        if found := any_of(concept.names).search(asked):
            yield *found.span(), [concept]
