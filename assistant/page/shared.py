"""What the parts of the web page share: the assistant in use, the words of a language, and text shown as text."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from assistant.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.engine import Assistant
    from assistant.settings import Settings
    from assistant.text import Language


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
        part, _, name = key.partition(".")
        return _words(part)[name][self.language].format(**values)


@cache
def _words(part: str) -> dict[str, dict[str, str]]:
    """Return the words of a part of the page: texts by language by name."""
    source = resources.files("assistant") / "data" / "page" / f"{part}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def shown(text: str) -> str:
    """Return untrusted text as HTML that shows it as it is, without what cannot be seen.

    >>> shown("设置 > 注销 <img src=x>")
    '设置 &gt; 注销 &lt;img src=x&gt;'
    """
    return escape(visible(text))
