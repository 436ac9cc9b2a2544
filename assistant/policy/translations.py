"""English courtesy translations of a policy: their file, what of it is up to date, and what is missing.

The file is TOML: what is known about the translation, then a table a clause, with one rendering a
sentence, as `assistant.text.sentences` divides the clause's own text::

    language = "en"
    translator = "…"

    [clauses."1.2.4"]
    sha256 = "0123456789abcdef"
    en = ["First sentence.", "Second sentence."]

The digest is that of the sentences that were translated: once they change, the renderings are no
longer shown. A rendering that is not written yet is `""`. Where a heading and its text stand in one sentence,
the rendering has `": "` between them, so that the heading can be shown by itself.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from assistant.errors import PolicyError
from assistant.text import sentences, sha256_of, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from assistant.policy import Policy
    from assistant.policy.clauses import Clause

TRANSLATION_FILE = "translations/en.toml"
"""Where in a policy's folder its translation is."""

MAX_TRANSLATION_BYTES = 8_000_000
"""Largest file that is read; the translation of a policy of 14,000 characters has 100 kB."""

_MAX_RENDERING_CHARS = 10_000
_TEXTS = ("note", "translator", "reviewer")
_KEYS = ("language", *_TEXTS, "reviewed", "clauses")
_CLAUSE_KEYS = ("sha256", "en")
_ID = re.compile(r"\w+(?:~\d+)?(?:\.\w+(?:~\d+)?)*")
_DIGEST = re.compile(r"[0-9a-f]{16}")
# Letters, marks and Chinese characters that are no invisible ones: a quick look before a thorough one.
_PLAIN = re.compile(r"[ -~\u2010-\u2015\u2018-\u201f\u2026\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]*")

GapKind = Literal["missing", "outdated", "orphaned"]
"""`missing`: never rendered; `outdated`: the clause has changed since; `orphaned`: the clause is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The English of a clause's own text."""

    sha256: str
    """Digest of the sentences that were rendered, see `digest`."""
    en: tuple[str, ...]
    """One rendering a sentence, on one line; empty where it is not written yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What a translation file says."""

    note: str = ""
    """What a reader should know about it."""
    translator: str = ""
    """Who made it."""
    reviewer: str = ""
    """Who compared it with the text."""
    reviewed: str = ""
    """When, ISO 8601."""
    clauses: Mapping[str, Rendering] = field(default_factory=lambda: MappingProxyType({}))
    """Renderings by clause id; of clauses that the policy may have changed or dropped since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A place where a translation and its policy part."""

    kind: GapKind
    """What is wrong."""
    clause_id: str
    """The clause."""
    reference: str
    """The words a person can find the clause by; empty if it is gone."""
    text: str
    """The sentences without a rendering, one a line; of a clause that is gone, its former rendering."""


def digest(policy: Policy, clause: Clause) -> str:
    """Return the digest that a rendering of the clause's own text is kept under.

    The first 16 hexadecimal digits of the SHA-256 of its sentences, without white space, one a line: stray spaces
    make no difference, but a sentence that is divided in another way does, since renderings go by sentence.
    """
    return _digest_of(_raw_sentences(policy, clause))


def _raw_sentences(policy: Policy, clause: Clause) -> list[str]:
    return [policy.text[start:end] for start, end in sentences(policy.text, clause.start, clause.body_end)]


def _digest_of(lines: Iterable[str]) -> str:
    return sha256_of("\n".join("".join(line.split()) for line in lines))[:16]


def read_table(table: Mapping[str, Any], path: Path) -> Translation:
    """Return what a translation file says, checked; renderings without invisible characters.

    Args:
        table: Its TOML.
        path: The file, to be named in errors.

    Raises:
        PolicyError: If a key or a value is not as it should be.
    """
    _only(table, _KEYS, path)
    if table.get("language") != "en":
        raise PolicyError(f'{path}: language must be "en", not {table.get("language")!r}: write language = "en"')
    for key in _TEXTS:
        if not isinstance(table.get(key, ""), str):
            raise PolicyError(f"{path}: {key} must be a text in quotes, not {table[key]!r}")
    reviewed = table.get("reviewed", "")
    if type(reviewed) is datetime.date:
        reviewed = reviewed.isoformat()
    elif reviewed != "":
        raise PolicyError(f"{path}: reviewed must be a date such as 2022-02-20, without quotes, not {reviewed!r}")
    clauses = table.get("clauses", {})
    if not isinstance(clauses, dict):
        raise PolicyError(f'{path}: clauses must be tables such as [clauses."1.2"]')
    return Translation(
        **{key: visible(table.get(key, "")) for key in _TEXTS},
        reviewed=reviewed,
        clauses=MappingProxyType({name: _rendering(name, clause, path) for name, clause in clauses.items()}),
    )


def _rendering(clause_id: str, table: object, path: Path) -> Rendering:
    where = f'[clauses."{clause_id}"]'
    if not _ID.fullmatch(clause_id):
        raise PolicyError(
            f"{path}: {clause_id!r} cannot be the id of a clause: take ids from `policy-assistant outline`, "
            'in quotes, as [clauses."1.2"]'
        )
    if not isinstance(table, dict):
        raise PolicyError(f"{path}: {where} must be a table with sha256 and en")
    _only(table, _CLAUSE_KEYS, path, where)
    sha256, renderings = table.get("sha256"), table.get("en")
    if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
        raise PolicyError(
            f"{path}: {where} sha256 must be 16 hexadecimal digits in quotes, not {sha256!r}: "
            "`policy-assistant translations template` writes it"
        )
    if not isinstance(renderings, list) or not all(isinstance(rendering, str) for rendering in renderings):
        raise PolicyError(f"{path}: {where} en must be a list of texts in quotes, one a sentence")
    if (longest := max(map(len, renderings), default=0)) > _MAX_RENDERING_CHARS:
        raise PolicyError(
            f"{path}: {where} has a rendering of {longest:,} characters: at most {_MAX_RENDERING_CHARS:,}"
        )
    return Rendering(sha256=sha256, en=tuple(map(_line, renderings)))


def _only(table: Mapping[str, Any], known: tuple[str, ...], path: Path, where: str = "") -> None:
    if unknown := sorted(set(table) - set(known)):
        place = f"{where} has an" if where else "has an"
        raise PolicyError(f"{path}: {place} unknown key {unknown[0]!r}: known are {', '.join(known)}")


def current(policy: Policy, translation: Translation) -> Mapping[str, tuple[str, ...]]:
    """Return what `Policy.translations` holds: the renderings of clauses that are as they were when translated.

    Clauses of which nothing is rendered yet are left out: a file that was not begun is as good as none.

    Raises:
        PolicyError: If such a clause has more or fewer renderings than sentences, or if the policy is in English.
    """
    if policy.language == "en" and translation.clauses:
        raise PolicyError('the policy is in English: remove this file, or write language = "zh" into policy.toml')
    found: dict[str, tuple[str, ...]] = {}
    for clause in policy.walk():
        rendering = translation.clauses.get(clause.id)
        if rendering is None or _digest_of(lines := _raw_sentences(policy, clause)) != rendering.sha256:
            continue
        if len(rendering.en) != len(lines):
            raise PolicyError(
                f'[clauses."{clause.id}"] en must have {len(lines)} texts, one a sentence, not {len(rendering.en)}: '
                'write "" for one that is not translated yet'
            )
        if any(rendering.en):
            found[clause.id] = rendering.en
    return MappingProxyType(found)


def complete_clauses(policy: Policy) -> int:
    """Return how many clauses have the English of every sentence, the policy itself not counted."""
    return sum(
        all(english or not _has_words(policy.text[start:end]) for (start, end), english in policy.renderings(clause))
        for clause in policy.walk()
        if clause is not policy.root and clause.id in policy.translations
    )


def gaps(policy: Policy, translation: Translation) -> tuple[Gap, ...]:
    """Return what is missing or outdated in the order of the text, then what is orphaned."""
    known = current(policy, translation)
    found: list[Gap] = []
    for clause in policy.walk():
        renderings = known.get(clause.id)
        unrendered = [
            sentence
            for place, sentence in enumerate(_sentences(policy, clause))
            if _has_words(sentence) and not (renderings and renderings[place])
        ]
        if unrendered:
            former = translation.clauses.get(clause.id)
            kind: GapKind = "missing" if former is None or former.sha256 == digest(policy, clause) else "outdated"
            reference = policy.reference(clause.id)
            found.append(Gap(kind=kind, clause_id=clause.id, reference=reference, text="\n".join(unrendered)))
    ids = {clause.id for clause in policy.walk()}
    for clause_id, rendering in translation.clauses.items():
        if clause_id not in ids:
            found.append(Gap(kind="orphaned", clause_id=clause_id, reference="", text="\n".join(rendering.en)))
    return tuple(found)


def template(policy: Policy, translation: Translation, former_text: str = "") -> str:
    """Return a translation file of all clauses, with each sentence above the place for its rendering.

    Renderings are taken over from `translation` wherever the sentences are the same, even if the clause stands
    elsewhere now. Those of other sentences are kept as comments.

    Args:
        policy: What is translated.
        translation: What the file said before.
        former_text: The file itself, for the comments of that kind that it already has.
    """
    taken_over = {rendering.sha256: rendering.en for rendering in translation.clauses.values()}
    blocks = [_head(policy, translation)]
    used: set[str] = set()
    for clause in policy.walk():
        lines = _sentences(policy, clause)
        if not any(map(_has_words, lines)):
            continue
        sha256 = digest(policy, clause)
        former = translation.clauses.get(clause.id)
        known = former.en if former and former.sha256 == sha256 else taken_over.get(sha256, ())
        used.add(sha256)
        block = [
            f"# {_line(policy.reference(clause.id))}",
            f'[clauses."{clause.id}"]',
            f'sha256 = "{sha256}"',
            "en = [",
        ]
        for place, line in enumerate(lines):
            block += [f"  # {line}", f"  {_quoted(known[place]) if len(known) == len(lines) else _quoted('')},"]
        blocks.append("\n".join([*block, "]"]))
    for clause_id, rendering in translation.clauses.items():
        if rendering.sha256 not in used and any(rendering.en):
            former_lines = [f"#   {_quoted(line)}" for line in rendering.en]
            blocks.append("\n".join([f"{_GONE} {clause_id}:", *former_lines]))
    kept = (block.strip() for block in former_text.replace("\r\n", "\n").split("\n\n"))
    blocks += [block for block in dict.fromkeys(kept) if block.startswith(_GONE) and block not in blocks]
    return "\n\n".join(blocks) + "\n"


_GONE = "# No longer in the policy, formerly"


_HEAD = """\
# English courtesy translation of {id} {version}; the policy's own text prevails.
# One text a sentence, "" where it is not translated yet. Leave sha256 as it is: it tells when the sentences change.
# Where a heading and its text stand in one sentence, put ": " between them.
# Then run: policy-assistant translations check {id} (with --corpus FOLDER for a corpus of your own)"""


def _head(policy: Policy, translation: Translation) -> str:
    lines = [_HEAD.format(id=policy.id, version=_line(policy.version)), 'language = "en"']
    lines += [f"{key} = {_quoted(getattr(translation, key))}" for key in _TEXTS]
    lines.append(f"reviewed = {translation.reviewed}" if translation.reviewed else "# reviewed = 2022-02-20")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    # In single quotes where that can be: such strings are read several times faster. Otherwise as in
    # JSON, whose escapes are TOML's too for what `visible` leaves.
    return f"'{text}'" if text and text.isprintable() and "'" not in text else json.dumps(text, ensure_ascii=False)


def _sentences(policy: Policy, clause: Clause) -> list[str]:
    """Return the sentences of the clause's own text, each on one line and fit to be shown."""
    return [_line(sentence) for sentence in _raw_sentences(policy, clause)]


def _line(text: str) -> str:
    return " ".join((text if _PLAIN.fullmatch(text) else visible(text)).split())


def _has_words(sentence: str) -> bool:
    return any(char.isalnum() for char in sentence)
