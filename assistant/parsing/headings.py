"""Headings: what reads like one, whatever stands around it.

Positions are offsets into the folded text, which has the same length as the text itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.text import Span

HEADING_CHARS = 40
TITLE_CHARS = 40
MARKED_CHARS = 160
"""Longest line that Markdown's marks make a heading."""
_HEADING_WORDS = 12
_QUESTION_WORDS = 20
HAN = re.compile(r"[一-鿿]")
_LETTER = re.compile(r"[^\W\d_]")
_NOISE = re.compile(r"[\W_]+")
BOLD = re.compile(r"(?:\*\*|__)(?=\S)")
# Not that of a time or a ratio, as in 9:00.
COLON = re.compile(r":(?!(?<=\d:)\d)")
BRACKETED = re.compile(r"【[^】\n]{1,30}】")
TERMINAL = "。;!,…、"
# A phrase that announces what follows it and names nothing.
LEADS_IN = re.compile(
    r"以下|如下|下列|下述|下文|包括|限[于於]|例如|比如|(?:理解|注意|知悉|认可|同意|建议|承诺|提示|保证|中|[时時]|即|是|有|[为為])$"
    r"|following|below|includ|such as|\bnote$"
)
# What a heading without a number does not say: it names, it does not tell.
TELLS = re.compile(r"以下|如下|下列|下述|[您你](?:可以|可|需|应)|提供了|^[请請]")
_TALKS = re.compile(
    r"您|你|我[们們]|^[在如若当當对對根按其除]|\b(?:we|us|our|you|your)\b|^(?:in|if|when|where|under)\s"
)
# Words that want another after them: a line that ends with one was cut, or is an item of a list.
UNFINISHED = re.compile(
    r"(?:(?<!目)的|(?<![参參])[与與]|[于於了和或及以把将將]"
    r"|\b(?:and|or|of|the|an?|our|your|only|if|that|may|must|can|will|(?:when|if|where|that) (?:you|we|they)))$"
)


CHANGED_EN = r"(?:updated|modified|revised|reviewed|amended|published|approved|adopted)"
"""What is told of a text with the date of its last change."""
# "Last modified 3 March 2025", below which the whole text would stand.
_DATED = re.compile(
    rf"(?:(?:last |date )?{CHANGED_EN}|effective|valid|version|in force|as of|issued|revision|edition of|dated?)\b"
    r"[^\n]{0,40}\b(?:19|20)\d\d\b[^\n]{0,10}$"
)


def is_heading_text(folded: str, start: int, end: int) -> bool:
    """Say whether `folded[start:end]` reads like a heading: short, whole, and not a sentence."""
    if not 0 < end - start <= 2 * HEADING_CHARS:
        return False
    heading = folded[start:end].rstrip("*_# ")
    stem = heading.rstrip(": ")
    if not _LETTER.search(stem) or heading[-1] in TERMINAL or UNFINISHED.search(stem):
        return False
    is_odd = "。" in heading or "\t" in heading or "://" in heading or heading.count("(") != heading.count(")")
    if is_odd or _DATED.match(heading):
        return False
    if heading[-1] == ":" and (LEADS_IN.search(stem) or _TALKS.search(stem)):
        return False
    if HAN.search(heading):
        return len(heading) <= HEADING_CHARS and not re.search(r"[:;,?](?!$)", heading)
    # "Do you use cookies?" is a heading of questions and answers.
    words = _QUESTION_WORDS if heading[-1] == "?" else _HEADING_WORDS
    return len(heading.split()) <= words and not re.search(r"[:;](?!$)|[.!](?:\s|$)|\?\s", heading)


def is_title(head: str, length: int) -> bool:
    """Say whether the first `length` characters of a line may be the title of the rest, by their words."""
    title = head[:length]
    if not 0 < length <= 24 or re.search(r"[。;,!?]", title) or title.count("(") != title.count(")"):
        return False
    return not UNFINISHED.search(title) and not LEADS_IN.search(title) and head[length : length + 3] != "://"


def is_bold_question(folded: str, start: int, end: int) -> bool:
    """Say whether a line is a question in bold, and nothing else; it may be longer than other headings."""
    if end - start > MARKED_CHARS or not BOLD.match(folded, start, end) or folded[end - 2 : end] not in ("**", "__"):
        return False
    question = folded[start:end].strip("*_ ")
    return question.endswith("?") and "**" not in question and not re.search(r"[。;]|[.?!]\s", question)


# "4.2 New Sub-processors. We shall …"
_RUN_IN = re.compile(r"[A-Z][^\s.:;,?!]{0,40}(?:[ \t]{1,3}[^\s.:;,?!]{1,40}){0,5}(?=\.(?:\s{1,9}[\"“(A-Z\d]|\s{0,9}$))")
# "No. We never do." answers, and an abbreviation ends nothing.
_ENDS_NOTHING = frozenset(
    ("Yes", "No", "Nos", "Art", "Sec", "Inc", "Ltd", "Co", "Corp", "Dr", "Mr", "Mrs", "Ms", "Prof", "St", "vs", "etc")
)


def run_in(text: str, start: int, end: int) -> Span | None:
    """Return the span of the English heading that `text[start:end]` begins with, which ends like a sentence: `Payment`.

    Up to six words are one.
    """
    heading = _RUN_IN.match(text, start, end)
    return None if heading is None or heading[0].split()[-1] in _ENDS_NOTHING else heading.span()


# "宠物。家中有大型犬的，…": a name, not a short sentence, which tells of somebody or denies something.
_RUN_IN_ZH = re.compile(r"[一-鿿]{2,8}(?:[、/][一-鿿]{2,8}){0,2}(?=。[^\s。])")
_SAYS_ZH = re.compile(
    r"[您你我他它没無无未禁请請能应應将將已需得要该該均都了吗是]|不(?!可抗)|可(?!抗)|[会會](?![员員])|[须須](?!知)|[的等]$"
)


def run_in_zh(text: str, start: int, end: int) -> Span | None:
    """Return the span of the Chinese heading that `text[start:end]` begins with, which ends like a sentence: `宠物`."""
    heading = _RUN_IN_ZH.match(text, start, end)
    return None if heading is None or _SAYS_ZH.search(heading[0]) else heading.span()


def squeeze(folded: str) -> str:
    """Return the letters of a heading, without spaces and punctuation."""
    return _NOISE.sub("", folded)
