"""Closed classes of English words that questions are read by, and the little morphology that rewording them takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INDEFINITE = ("a", "an")
POSSESSIVES = ("my", "our", "your")
ARTICLES = frozenset({*INDEFINITE, "the", *POSSESSIVES, "any", "some"})
"""What may stand before a noun and what qualifies it."""

DOERS = ("i", "you", "we", "they")
"""Pronouns that are but subjects, or may be: a verb follows."""

BEING = frozenset({"is", "are", "was", "were"})
HAVING = frozenset({"has", "have"})
MODALS = frozenset({"can", "could", "will", "would", "may", "might", "should", "must", "shall"})
DOING = MODALS | {"do", "does", "did"}
"""Auxiliaries before a subject that does something."""
THIRD_PERSON = {"do": "does", "are": "is", "have": "has", "were": "was", "don't": "doesn't", "aren't": "isn't"}
"""Auxiliaries as they are with several, and with one."""
AUXILIARIES = BEING | HAVING | DOING | {"don't", "aren't"}
PLAIN_AUXILIARIES = frozenset(word for word in AUXILIARIES if word.isalpha())

PLACING = ("in", "on", "at", "by", "for", "from", "within", "without", "during", "via")
PREPOSITIONS = frozenset({*PLACING, "with", "under", "over", "of", "outside", "inside"})
"""Prepositions before a noun that a question may be asked of in place of another."""
CIRCUMSTANTIAL = ("in", "on", "at", "for", "from", "with", "without", "during", "under", "outside", "after", "before")
"""Prepositions that begin the circumstances that something is asked under: "on weekends", "after a refund"."""
LINKING = frozenset({"within", "under", "outside", "inside", "between", "through", "across", "per", "than"})
"""Prepositions that are no words of conversation."""
WHERETO = ("to", "from", "in", "into")
BY_MEANS = ("by", "via", "in", "on", "at")
"""Prepositions before the way or the place in which something is done: "by post", "in a shop", "on the website"."""


def spelled_out(text: str) -> str:
    """Return English as it is typed in a chat with its commonest short forms spelled out.

    >>> spelled_out("what do u need, and dont u have it?")
    "what do you need, and don't you have it?"
    >>> spelled_out("why can’t I?")
    "why can't I?"
    >>> spelled_out("Section U, in the U.S.")
    'Section U, in the U.S.'
    """
    # Telephones type the other apostrophe.
    straight = _APOSTROPHE.sub("'", text)
    return _SHORT.sub(lambda short: like(short[0], _SPELLED_OUT[short[0].lower()]), straight)


_APOSTROPHE = re.compile("(?<=[A-Za-z])[’‘](?=[A-Za-z])")


_SPELLED_OUT = {
    "u": "you",
    "ur": "your",
    "r u": "are you",
    "r they": "are they",
    "r we": "are we",
    "dont": "don't",
    "doesnt": "doesn't",
    "didnt": "didn't",
    "cant": "can't",
    "isnt": "isn't",
    "arent": "aren't",
    "wasnt": "wasn't",
    "wouldnt": "wouldn't",
    "shouldnt": "shouldn't",
    "whats": "what is",
    "wheres": "where is",
    "whos": "who is",
    "thats": "that's",
    "im": "i'm",
    "ive": "i've",
}


def turned(text: str) -> str:
    """Return what a company says to customers as these would say it: "my" for its "your", "your" for its "our".

    Args:
        text: In lower case.

    >>> turned("we share your number with our drivers if you write to us")
    'you share my number with your drivers if i write to you'
    """
    return _PERSONS.sub(lambda word: _TURNED[word[0]], text)


_TURNED = {
    "your": "my",
    "yours": "mine",
    "you": "i",
    "yourself": "myself",
    "our": "your",
    "ours": "yours",
    "we": "you",
    "us": "you",
}
_PERSONS = re.compile(r"(?<![\w'’-])(?:yourself|yours?|you|ours?|we|us)(?![\w-])")


def one_of(words: Iterable[str]) -> str:
    """Return the pattern of one of some words, the longest first.

    >>> one_of(("a", "an"))
    '(?:an|a)'
    """
    return f"(?:{'|'.join(sorted(set(words), key=lambda word: (-len(word), word)))})"


def is_plural(name: str) -> bool:
    """Say whether an English name is that of several.

    >>> is_plural("gold members"), is_plural("children of staff"), is_plural("access to rooms"), is_plural("gas")
    (True, True, False, False)
    """
    if name.startswith("the data "):
        return False
    name = _AFTER_NOUN.split(name, maxsplit=1)[0]
    if " and " in name or name.endswith(("children", "people", "alumni")):
        return True
    return name.isascii() and name.endswith("s") and _SINGULAR.search(name.lower()) is None


_AFTER_NOUN = re.compile(r" (?:of|for|under|over|above|below|in|to|from|with|without|at|on|by) ")
_SINGULAR = re.compile(
    r"(?:ss|us|(?<!\btax)(?<!\bsk)is|\bas|\b(?:g|h|w|atl|canv|ali|bi|christm|pyjam|tex)as|gets|sms|gps)$"
)


def is_somebody(name: str) -> bool:
    """Say whether an English name is that of people, as one of `PEOPLE` or by how it ends.

    >>> is_somebody("my boss"), is_somebody("visitors"), is_somebody("alumni"), is_somebody("students")
    (True, True, True, True)
    >>> is_somebody("dinner"), is_somebody("equipment"), is_somebody("the restaurant")
    (False, False, False)
    """
    return _PEOPLE.search(name) is not None


PEOPLE = (
    r"(?:boss(?:es)?|(?:mum|mom|dad|wi[fv]e|husband|spouse|partner|(?:girl|boy)?friend|ex|son|daughter|kid|famil(?:y|ie)"
    r"|(?:flat|room|house)?mate|colleague|neighbou?r|coach(?:e)?|landlord|guest|buddy|(?:under)?grad)s?|police"
    r"|alumn[iae]|faculty)"
)
"""Names of people that do not end as such names do."""
_PEOPLE = re.compile(
    rf"\b(?:{PEOPLE}|(?!(?:dinner|supper|water|paper|letter|voucher|order|number|computer|charger|scooter|trailer"
    r"|locker|monitor|printer|scanner|sensor|router|server|folder|floor|door|list|restaurant|plant|coffee|fee"
    r"|tree|degree|percent|accident|incident|content|consent|event)s?$)"
    r"\w{0,20}(?:[a-z]er|or|ist|ee|ant|(?<!m)ent|ian|man|men|child|people|staff)s?)$"
)


def article_of(name: str, article: str) -> str:
    """Return what stands before a name in place of the article that another had, with a blank; nothing if none fits.

    >>> article_of("annual fee", "a "), article_of("fees", "a "), article_of("fees", "The ")
    ('an ', '', 'The ')
    """
    # What is done has none, such as painting; a ring may have one, and before its "ing" is no vowel.
    if re.match(r"\w{0,20}[aeiouy]\w{0,20}ing\b|the |my |our ", name):
        return ""
    if article.lower() == "the ":
        return article
    return "" if is_plural(name) else like(article, "an " if _VOWEL.match(name) else "a ")


# An 8, an 11, an 18.
_VOWEL = re.compile(r"[aeiou8]|1[18](?!\d)")


def capital(text: str) -> str:
    """Return `text` with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def begun(sentence: str) -> str:
    """Return a sentence with a capital where it begins with an article; a name is written as it is.

    >>> begun("the policy does not state this."), begun("iLamp's policy does not state this.")
    ('The policy does not state this.', "iLamp's policy does not state this.")
    """
    return capital(sentence) if sentence.startswith("the ") else sentence


def like(model: str, text: str) -> str:
    """Return `text` with a capital letter at its beginning if `model` has one."""
    return capital(text) if model[:1].isupper() else text


# A capital U is a name, and "u-turn" and "u.s." are words.
_SHORT = re.compile(
    rf"(?<![\w.'’/@-])(?:u|ur|r u|r they|r we|(?i:{one_of(word for word in _SPELLED_OUT if word[0] not in 'ur')}))"
    r"(?![\w'’/@-]|\.\w)"
)
