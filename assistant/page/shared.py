"""What the parts of the web page share: the assistant in use, words, text shown as text, links, components by name."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from assistant.engine import Assistant
    from assistant.settings import Settings
    from assistant.text import Language, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a part of the page is built with, once for each language."""

    language: Language
    """Language of the page's own words."""
    settings: Settings
    """Options."""
    current: Callable[[], Assistant]
    """Returns the assistant in use now. Never keep it: the index may be replaced while the page is open."""
    reload: Callable[[], None]
    """Opens policies and index anew, after they were changed; waits until it is done."""

    def say(self, key: str, **values: object) -> str:
        """Return the words of `key` in the page's language, such as `desk.search`.

        Args:
            key: Name of a file in `assistant/data/page`, a dot, a name in it.
            values: What its braces hold.

        Raises:
            KeyError: If there are no such words.
        """
        return said(key, self.language, **values)


def said(key: str, language: Language, **values: object) -> str:
    """Return the words of `key` in a language, as `Page.say` does in the page's."""
    part, _, name = key.partition(".")
    return _words(part)[name][language].format(**values)


@cache
def _words(part: str) -> dict[str, dict[str, str]]:
    """Return the words of a part of the page: texts by language by name."""
    source = resources.files("assistant") / "data" / "page" / f"{part}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def all_words(part: str, language: Language) -> dict[str, str]:
    """Return all words of a part of the page, for its script, their braces unfilled."""
    return {name: texts[language] for name, texts in _words(part).items()}


def shown(text: str) -> str:
    """Return untrusted text as HTML that shows it as it is, without what cannot be seen.

    >>> shown("设置 > 注销 <img src=x>")
    '设置 &gt; 注销 &lt;img src=x&gt;'
    """
    return escape(visible(text))


def place_link(
    policy_id: str, clause_id: str, words: str, span: Span | None = None, *, classes: str = "", label: str = ""
) -> str:
    """Return the link to a place in the policy reader, as HTML.

    Args:
        policy_id: The policy.
        clause_id: The clause that it opens at.
        words: What the link says.
        span: Code points of the policy's text that are marked there; none by default.
        classes: CSS classes besides its own.
        label: What it is called for those who do not see it; `words` by default.
    """
    address = urlencode({"policy": policy_id, "clause": clause_id})
    marks = f' data-start="{span[0]}" data-end="{span[1]}"' if span else ""
    named = f' aria-label="{shown(label)}"' if label else ""
    return (
        f'<a class="{f"clause-link {classes}".strip()}" href="?{escape(address)}" data-policy="{escape(policy_id)}" '
        f'data-clause="{escape(clause_id)}"{marks}{named}>{shown(words)}</a>'
    )


def marked(text: str, start: int, end: int, marks: Iterable[Span]) -> str:
    """Return `text[start:end]` as HTML with those of the marks that lie in it."""
    parts: list[str] = []
    place = start
    for left, right in marks:
        first, last = max(left, place), min(right, end)
        if first < last:
            parts += [shown(text[place:first]), "<mark>", shown(text[first:last]), "</mark>"]
            place = last
    parts.append(shown(text[place:end]))
    return "".join(parts).strip()


def hint(words: str, *, error: bool = False) -> str:
    """Return a remark as HTML: what to do next, or what went wrong."""
    kind, role = (" pa-hint-wrong", "alert") if error else ("", "note")
    return f'<p class="pa-hint{kind}" role="{role}">{shown(words)}</p>'


def progress(label: str, words: str, done: int, total: int) -> str:
    """Return a progress bar as HTML.

    Args:
        label: What it is of.
        words: How far it is, in words.
        done: How much is done.
        total: How much there is to be done; 0 if that is not known.
    """
    value = f' value="{done}" max="{total}"' if total else ""
    return (
        f'<div class="pa-progress"><progress aria-label="{escape(label)}"{value}></progress>'
        f'<span role="status">{shown(words)}</span></div>'
    )


class Tab:
    """A tab's components by name, and its words.

    Args:
        page: The page.
        name: Name of the tab, and of the file of its words.
    """

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self._name = name
        self._parts: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a component."""
        return self._parts[name]

    def __setitem__(self, name: str, part: Any) -> None:
        """Add a component."""
        self._parts[name] = part

    def of(self, *names: str) -> list[Any]:
        """Return components."""
        return [self._parts[name] for name in names]

    def say(self, key: str, **values: object) -> str:
        """Return words of the tab in the page's language."""
        return self.page.say(f"{self._name}.{key}", **values)
