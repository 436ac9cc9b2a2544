"""What people asked in vain: questions without an answer, and answers that were of no use.

Of each answer a record is kept for a day, so that feedback can name it; records without an answer and with feedback for
as long as the settings say. The questions in them are redacted before they are written.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from assistant.server.redaction import redacted
from assistant.text import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from assistant.answering import Answer
    from assistant.sqlite import Database

Fault = Literal["abstained", "not_useful"]

_DAY_S = 86_400.0
_UNRATED_S = _DAY_S

# Of a key that has been revoked nothing is kept any more: whoever erases what there was means what comes late, too.
_NOTE = """
INSERT INTO answers
  SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), json_extract(value, '$[6]'),
    json_extract(value, '$[7]'), json_extract(value, '$[8]'), json_extract(value, '$[9]'), json_extract(value, '$[10]'),
    NULL, ''
  FROM json_each(?)
  WHERE NOT EXISTS (SELECT 1 FROM keys WHERE keys.id = json_extract(value, '$[1]') AND revoked_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer that feedback may name."""

    id: str
    """Its id."""
    answer: Answer
    """The answer."""
    owner: str
    """Whose it is: nobody else can give feedback on it, or erase it."""
    session: str = ""
    """Id of the conversation, of which only a digest is kept; empty if it is none."""
    goes_on: bool = False
    """Whether the conversation is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A question that was asked in vain."""

    at: float
    """When, in seconds since 1970."""
    fault: Fault
    """Whether there was no answer, or a person said that it was of no use."""
    reason: str
    """Why there was no answer, such as `not_stated`; empty if there was one."""
    question: str
    """The question as typed, redacted."""
    query: str
    """The question made to stand by itself, redacted."""
    language: str
    """Its language."""
    policy_id: str
    """Policy of the clause; empty if none came near."""
    clause_id: str
    """The clause that was cited first, or came nearest; empty if none did."""
    reference: str
    """The words a person can find it by."""
    quotes: tuple[str, ...]
    """What was quoted in answer."""
    why: str
    """What the person said against it, redacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was asked in vain about one clause."""

    policy_id: str
    """Policy of the clause; empty if none came near."""
    clause_id: str
    """The clause."""
    reference: str
    """The words a person can find it by."""
    complaints: tuple[Complaint, ...] = field(default=())
    """Latest first."""

    @property
    def counts(self) -> dict[Fault, int]:
        """How many there are of each fault."""
        found = Counter(complaint.fault for complaint in self.complaints)
        return {"abstained": found["abstained"], "not_useful": found["not_useful"]}


class FeedbackStore:
    """Records of answers, and the feedback on them. Threads may share it.

    Args:
        database: Where they are kept.
        days: How long those that matter are kept; 0 keeps none at all.
    """

    def __init__(self, database: Database, *, days: int) -> None:
        self._database = database
        self._days = days

    def close(self) -> None:
        """Close the file; a later use opens it again."""
        self._database.close()

    def note(self, told: Sequence[Told]) -> None:
        """Keep a record of each answer, so that feedback can name it: all are written, or none.

        Those of keys that have been revoked are not.

        Raises:
            ServiceError: If the database cannot be used.
        """
        if not self._days or not told:
            return
        given = json.dumps([_row(one) for one in told])
        with self._database.writing() as connection:
            # One statement for all of them: other threads go on in each.
            connection.execute(_NOTE, (given,))

    def give(self, answer_id: str, *, owner: str, useful: bool, why: str = "") -> bool:
        """Keep the feedback on an answer; say whether there is such an answer of this owner, if any are kept.

        Raises:
            ServiceError: If the database cannot be used.
        """
        if not self._days:
            return True
        # It is said once, and people are few: nothing of it is lost.
        with self._database.writing(durable=True) as connection:
            found = connection.execute(
                "UPDATE answers SET useful = ?, why = ? WHERE id = ? AND owner = ?",
                (useful, redacted(why), answer_id, owner),
            )
            return found.rowcount > 0

    def erase(self, *, owner: str, session: str | None = None) -> int:
        """Erase what is kept of a conversation, or of an owner altogether; return the number of records.

        Raises:
            ServiceError: If the database cannot be used.
        """
        with self._database.writing() as connection:
            if session is None:
                gone = connection.execute("DELETE FROM answers WHERE owner = ?", (owner,)).rowcount
            else:
                of = (owner, sha256_of(session))
                gone = connection.execute("DELETE FROM answers WHERE owner = ? AND session = ?", of).rowcount
        self._database.empty_log()
        return gone

    def purge(self) -> int:
        """Erase what has been kept for long enough; return the number of records.

        Raises:
            ServiceError: If the database cannot be used.
        """
        now = time.time()
        with self._database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM answers WHERE at < ? OR (at < ? AND abstained IS NULL AND useful IS NULL)",
                (now - self._days * _DAY_S, now - _UNRATED_S),
            ).rowcount
        self._database.empty_log()
        return gone

    def complaints(self, *, days: float | None = None, owner: str | None = None) -> tuple[Complaint, ...]:
        """Return what was asked in vain, latest first.

        Args:
            days: How far back; as far as there is any by default.
            owner: Whose; everyone's by default.

        Raises:
            ServiceError: If the database cannot be used.
        """
        since = 0.0 if days is None else time.time() - days * _DAY_S
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT at, abstained, question, query, language, clauses, quotes, why FROM answers "
                "WHERE at >= ? AND (abstained IS NOT NULL OR useful = 0) AND (? IS NULL OR owner = ?) "
                "AND coalesce(useful, 0) = 0 ORDER BY at DESC, id",
                (since, owner, owner),
            ).fetchall()
        return tuple(map(_complaint, rows))


def grouped(complaints: Iterable[Complaint]) -> tuple[Group, ...]:
    """Return complaints by the clause that they are about, the largest group first."""
    groups: dict[tuple[str, str], list[Complaint]] = {}
    for complaint in complaints:
        groups.setdefault((complaint.policy_id, complaint.clause_id), []).append(complaint)
    found = [
        Group(policy_id=policy_id, clause_id=clause_id, reference=of[0].reference, complaints=tuple(of))
        for (policy_id, clause_id), of in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: -len(group.complaints)))


def candidates(complaints: Iterable[Complaint]) -> tuple[dict[str, Any], ...]:
    """Return complaints as questions of a question set, each question once, for a person to complete.

    A question without an answer is put down as unanswerable; of one whose answer was of no use, `gold` is what was
    quoted. Both may be wrong: that is what the person is for.
    """
    found: dict[str, dict[str, Any]] = {}
    for complaint in complaints:
        if complaint.query in found:
            continue
        digest = sha256_of(complaint.query)[:8]
        found[complaint.query] = {
            "id": f"asked-{digest}",
            "language": complaint.language,
            "style": "asked",
            "question": complaint.query,
            "answerable": complaint.fault == "not_useful" and bool(complaint.quotes),
            "gold": [{"quote": quote} for quote in complaint.quotes],
            **({"policies": [complaint.policy_id]} if complaint.policy_id else {}),
        }
    return tuple(found.values())


def _row(told: Told) -> tuple[Any, ...]:
    answer = told.answer
    cited = [(c.policy_id, c.clause_id, c.reference) for c in answer.citations]
    nearest = [(hit.policy.id, hit.clause.id, hit.reference) for hit in answer.hits[:1]]
    policies = sorted({place[0] for place in (*cited, *nearest)})
    question = redacted(answer.question)
    return (
        told.id,
        told.owner,
        sha256_of(told.session) if told.session else "",
        time.time(),
        question,
        question if answer.query == answer.question else redacted(answer.query),
        answer.language,
        _as_json(policies),
        _as_json(cited or nearest),
        _as_json([citation.quote for citation in answer.citations]),
        # Where nothing was looked for, as for a greeting, nothing was asked in vain.
        answer.abstained.kind if answer.abstained and (answer.hits or answer.abstained.kind == "unclear") else None,
    )


def _complaint(row: tuple[Any, ...]) -> Complaint:
    at, abstained, question, query, language, clauses, quotes, why = row
    policy_id, clause_id, reference = (json.loads(clauses) or [("", "", "")])[0]
    return Complaint(
        at=at,
        fault="abstained" if abstained else "not_useful",
        reason=abstained or "",
        question=question,
        query=query,
        language=language,
        policy_id=policy_id,
        clause_id=clause_id,
        reference=reference,
        quotes=tuple(json.loads(quotes)),
        why=why,
    )


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
