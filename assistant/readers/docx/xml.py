"""Elements of Word's XML by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OFF = frozenset(("0", "false", "off", "none"))


def local(element: Any) -> str:
    """Return an element's name without its namespace, of which there are two for the same."""
    return str(element.tag).rpartition("}")[2]


def children(element: Any, name: str) -> Iterator[Any]:
    """Return the children of a name."""
    return (child for child in element if local(child) == name)


def child_of(element: Any, name: str) -> Any:
    """Return the first child of a name; None if there is none."""
    return next(children(element, name), None)


def wrapped(element: Any, name: str) -> Iterator[Any]:
    """Yield the children of a name, also those in a content control or an insertion."""
    for child in element:
        if local(child) == name:
            yield child
        elif local(child) in ("sdt", "sdtContent", "ins", "customXml"):
            yield from wrapped(child, name)


def getter(root: Any) -> Callable[[Any, str], str]:
    """Return what gets an attribute of the root's namespace; empty if there is none."""
    space = str(root.tag).rpartition("}")[0]

    def get(element: Any, name: str) -> str:
        return str(element.get(f"{space}}}{name}" if space else name, ""))

    return get


def whole(value: str) -> int:
    """Return a whole number as it is written; 0 if it is none."""
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else 0
