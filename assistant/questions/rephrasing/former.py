"""What of a former question matters to one that leans on it, and quoting it where nothing else is natural."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.questions.forms import former_and_own
from assistant.questions.topics import Topic, name_of, phrase_of, topics_of
from assistant.text.english import AUXILIARIES, like

if TYPE_CHECKING:
    from assistant.questions.utterances import Utterance
    from assistant.text import Language

LISTING = frozenset({"和", "与", "跟", "及", "以及", "或", "或者", "还是", "、", ",", "and", "or", "/", "&"})
"""What stands between things that are named together, in both languages."""
_WHO = re.compile(r"who (can|could|will|would|may)\b", re.IGNORECASE)


def asks_who(query: Utterance) -> bool:
    """Say whether a question asks who does something: 谁能看到, "who can see"."""
    return "谁" in query.text or _WHO.match(query.text) is not None


def asks_value_zh(query: Utterance) -> bool:
    """Say whether a Chinese question asks for a value: 多久, 几天, 什么时候."""
    return _VALUE_ZH.search(query.text) is not None


_VALUE_ZH = re.compile("多[久少长大]|几|什么时候|何时")


def asked_whether(query: Utterance, new: Topic) -> str:
    """Return whether somebody does what a question asks who does: 警察能看到吗 of 谁能看到; nothing for any other."""
    text, name = query.text, name_of(new, query.language)
    if query.language == "zh":
        before, who, after = query.bare.partition("谁")
        return f"{before}{name}{after}吗？" if who else ""
    who_may = _WHO.match(text)
    if who_may is None:
        return ""
    article = new.owner if new.language == "en" else ""
    return f"{like(text, who_may[1])} {article}{name}{query.bare[who_may.end() :]}{text[len(query.bare) :] or '?'}"


class Form:
    """What a former question is like, so far as it matters to a word that asks.

    Args:
        query: The question.
    """

    def __init__(self, query: Utterance) -> None:
        topics = topics_of(query)
        told = query.told
        concepts = {concept for word in told for concept in word.concepts}
        deed = next((topic for topic in topics if topic.group == "deed"), None)
        others = [topic for topic in topics if topic is not deed]
        self.what = next((word for word in told if word.has("what")), None)
        self.asks = any(word.asks for word in told)
        self.acts = len(told) > 1 and told[0].text in AUXILIARIES and told[1].text in ("i", "we")
        self.collects = "collection" in concepts
        self.shares = any(word.text.startswith("shar") for word in told)
        self.gives = bool(concepts & query.vocabulary.giving)
        of_data = bool(self.what or self.collects or self.gives or concepts & query.vocabulary.aspects_of_data)
        self.data = "" if deed and query.language == "zh" else phrase_of(others, query.language, of_data=of_data)
        self.deeds = name_of(deed, query.language) if deed else ""


def quoting(query: Utterance, question: str) -> str:
    """Return a question after the former one, quoted: 关于“你们收集位置吗”：这样合法吗.

    Of a former question that quotes another itself, that one is quoted.
    """
    quoted = former_and_own(query.text)
    # “About my data: who gets it” is about that.
    former = quoted[0] if quoted else query.bare.removeprefix("关于").removeprefix("About ")
    return _quote(former, question, query.language)


def requoted(query: Utterance, former: str) -> str:
    """Return a question that quotes another with this one in place of that: 关于“商铺押金多少”：什么时候退.

    What quotes a question itself stays as it is.
    """
    if former_and_own(former):
        return former
    return _quote(former.rstrip("?？"), asked_after(query), query.language)


def _quote(former: str, question: str, language: Language) -> str:
    former = former if len(former) <= _LONGEST_QUOTE else f"{former[:_LONGEST_QUOTE]}…"
    return f"关于“{former}”：{question}" if language == "zh" else f"About “{former}”: {question}"


_LONGEST_QUOTE = 200


def unquoted(query: str) -> str:
    """Return a question that quotes another as it is searched for: both, without the words between them.

    >>> unquoted("关于“怎么撤回授权”：为什么？")
    '怎么撤回授权 为什么？'
    """
    quoted = former_and_own(query)
    return " ".join(quoted) if quoted else query


def quoted_in(query: Utterance) -> str:
    """Return the question that another quotes; nothing if it quotes none."""
    quoted = former_and_own(query.text)
    if quoted is None:
        return ""
    return quoted[0] if query.language == "zh" else f"{quoted[0]}?"


def quoted_part(query: Utterance) -> Utterance | None:
    """Return the question that another quotes, as part of it; None if it quotes none."""
    quoted = former_and_own(query.text)
    if quoted is None:
        return None
    start = query.text.index(quoted[0])
    end = start + len(quoted[0])
    within = (word for word in query.words if start <= word.start and word.end <= end)
    return replace(query, text=quoted[0], words=tuple(word.moved(-start) for word in within))


def asked_after(query: Utterance) -> str:
    """Return what a question asks that quotes another: 谁能看到 of 关于“会录像吗”：谁能看到; nothing for others."""
    quoted = former_and_own(query.text)
    return quoted[1] if quoted else ""


def pointing(query: Utterance) -> tuple[str, str]:
    """Return what stands before and after the pronoun of a question that quotes another; nothing if it has none.

    Of 关于“你们收集哪些信息”：为什么要收集这些, that is 为什么要收集 and nothing.
    """
    said = asked_after(query)
    found = _POINTS.search(said)
    return (said[: found.start()], said[found.end() :]) if found else ("", "")


_POINTS = re.compile(r"这些|那些|它们?|\b(?:these|those|them|it)\b(?=[?!.]*$| (?:for|from|with|to)\b)", re.IGNORECASE)


def is_quoting(query: Utterance) -> bool:
    """Say whether a question quotes another that it leans on."""
    return former_and_own(query.text) is not None
