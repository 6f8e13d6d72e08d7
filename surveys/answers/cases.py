"""What staff do about detractors: see the cases, take one, note, close it, with a gesture in points or without.

And about answers: keep one out of the score, with a reason, or let it back in. Each verb needs a transaction, but for
the gesture, which is a money verb: the case is closed in the commit that gives the points.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection, Tx
from loyalty.errors import Conflict, EditedMeanwhile, NotFound
from loyalty.members.actions import give_points
from loyalty.points.facts import RecordedAward
from loyalty.programs.facts import Source
from loyalty.statements import Part
from surveys.answers import queries
from surveys.invitations.people import now_of, survivor_of

Outcome = Literal["solved", "no_answer", "not_needed"]
_CASE = """
SELECT json_build_object('case_id', c.case_id, 'invitation_id', c.invitation_id, 'opened_at', c.opened_at,
  'due_on', c.due_on, 'owner', c.owner, 'note', c.note, 'outcome', c.outcome, 'award_id', c.award_id,
  'closed_at', c.closed_at, 'customer_id', i.customer_id, 'purchase_id', i.purchase_id, 'score', r.score,
  'comment', r.comment) AS told
FROM survey_case c JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = c.invitation_id
JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = c.invitation_id
WHERE c.program_id = $1 AND {which}
"""
_ONE = f"SELECT told::text FROM ({_CASE.format(which='c.case_id = $2')}) n"  # noqa: S608 - our own parts
_TO_CHANGE = "SELECT closed_at IS NULL FROM survey_case WHERE program_id = $1 AND case_id = $2 FOR UPDATE"
_OPEN = f"""
SELECT told::text FROM ({_CASE.format(which="c.closed_at IS NULL")} ORDER BY c.due_on, c.opened_at LIMIT $2) n
"""  # noqa: S608 - our own parts
_WRITE = """
UPDATE survey_case SET owner = $3, note = $4 WHERE program_id = $1 AND case_id = $2
"""
_CLOSE = """
UPDATE survey_case SET outcome = $3, closed_at = $4, closed_by = $5 WHERE program_id = $1 AND case_id = $2
"""
_CLOSE_WITH_POINTS = """
UPDATE survey_case SET outcome = 'gesture', award_id = {1}, closed_at = {2}, closed_by = {3}
WHERE program_id = $1 AND case_id = {0} AND closed_at IS NULL RETURNING 1
"""
_EXCLUDE = """
UPDATE survey_response SET excluded_because = $3, excluded_by = $4
WHERE program_id = $1 AND invitation_id = $2 AND (excluded_because IS NULL) <> ($3::text IS NULL)
  AND NOT EXISTS (SELECT FROM survey_invitation i JOIN survey v ON v.program_id = $1 AND v.survey_id = i.survey_id
    WHERE i.program_id = $1 AND i.invitation_id = $2 AND v.simulated)
RETURNING true
"""


class CaseClosed(Conflict):
    """The case was closed already."""

    code = "case_closed"


class Case(Struct, frozen=True):
    """A case with what it is about. Without a customer: the person was forgotten."""

    case_id: UUID
    invitation_id: UUID
    opened_at: datetime
    due_on: date
    score: int
    owner: str | None = None
    note: str | None = None
    outcome: str | None = None
    award_id: UUID | None = None
    closed_at: datetime | None = None
    customer_id: UUID | None = None
    purchase_id: UUID | None = None
    comment: str | None = None


_decode = msgspec.json.Decoder(Case).decode


async def find_case(connection: Connection, program_id: int, case_id: UUID) -> Case:
    """Find a case; `NotFound` where there is none."""
    found = await connection.fetchval(_ONE, program_id, case_id)
    if found is None:
        msg = f"There is no case {case_id}."
        raise NotFound(msg)
    return _decode(found)


async def open_cases(connection: Connection, program_id: int, limit: int) -> list[Case]:
    """List cases that are open, the soonest due first."""
    return [_decode(row[0]) for row in await connection.fetch(_OPEN, program_id, limit)]


async def edit_case(
    tx: Tx,
    program_id: int,
    case_id: UUID,
    owner: str | None,
    note: str | None,
    was: tuple[str | None, str | None] | None = None,
) -> Case:
    """Say who takes care of a case, and what was found; `was`: what is replaced, `EditedMeanwhile` if it is not."""
    await _still_open(tx.connection, program_id, case_id)
    stands = await find_case(tx.connection, program_id, case_id)
    if was is not None and (stands.owner, stands.note) not in {was, (owner, note)}:
        msg = "Somebody wrote another owner or note since you read the case."
        raise EditedMeanwhile(msg)
    await tx.connection.execute(_WRITE, program_id, case_id, owner, note)
    return await find_case(tx.connection, program_id, case_id)


async def close_case(tx: Tx, program_id: int, case_id: UUID, outcome: Outcome, actor: str) -> Case:
    """Close a case; with the same outcome again it stays closed."""
    case = await find_case(tx.connection, program_id, case_id)
    if case.outcome == outcome:
        return case
    await _still_open(tx.connection, program_id, case_id)
    now = await now_of(tx.connection, program_id)
    await tx.connection.execute(_CLOSE, program_id, case_id, outcome, now, actor)
    return await find_case(tx.connection, program_id, case_id)


async def close_with_points(tx: Tx, source: Source, case_id: UUID, points: int, reason: str) -> RecordedAward:
    """Give points as a gesture and close the case with them, in one commit: once, however often it is asked for."""
    connection, program_id = tx.connection, source.program.program_id
    case = await find_case(connection, program_id, case_id)
    if case.closed_at is not None:
        raise _closed(case_id)
    whom = await survivor_of(connection, program_id, case.customer_id) if case.customer_id else None
    if whom is None:
        msg = "The person was erased, so nobody can be given anything."
        raise NotFound(msg)

    def besides(award: RecordedAward) -> list[Part]:
        told = [case_id, award.award_id, award.recorded_at, source.actor]
        return [Part("case_closed", _CLOSE_WITH_POINTS, told, guards=1)]

    return await give_points(tx, source, whom, points, reason, besides)


async def exclude_answer(tx: Tx, program_id: int, invitation_id: UUID, because: str | None, actor: str) -> bool:
    """Keep an answer out of the score, or (None) let it back in; tells whether that changed anything."""
    by = None if because is None else actor
    if await tx.connection.fetchval(_EXCLUDE, program_id, invitation_id, because, by) is None:
        return False
    now = await now_of(tx.connection, program_id)
    kind = "included" if because is None else "excluded"
    await queries.note_change(tx.connection, program_id, invitation_id, kind, now, actor=actor)
    return True


async def _still_open(connection: Connection, program_id: int, case_id: UUID) -> None:
    found = await connection.fetchval(_TO_CHANGE, program_id, case_id)
    if found is None:
        msg = f"There is no case {case_id}."
        raise NotFound(msg)
    if not found:
        raise _closed(case_id)


def _closed(case_id: UUID) -> CaseClosed:
    return CaseClosed(f"The case {case_id} was closed already.")
