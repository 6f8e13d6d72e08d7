"""The verbs of holdouts: start one, see it, stop it."""

from datetime import UTC, datetime, time, timedelta
from secrets import token_hex
from uuid import UUID

from loyalty.database import Connection
from loyalty.errors import Invalid, NotFound
from loyalty.holdouts import queries
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.holdouts.refusals import HoldoutRunning
from loyalty.holdouts.rules import arm_of
from loyalty.ids import new_id
from loyalty.programs.facts import ProgramFacts


async def start_holdout(
    connection: Connection, program: ProgramFacts, actor: str, *, holdout_bp: int, weeks: int
) -> HoldoutFacts:
    """Draw everybody who is no member now, in the caller's transaction; it ends with the local day after so many weeks.

    Raises `HoldoutRunning` while one runs, and `Invalid` where an arm would be empty.
    """
    program_id = program.program_id
    await queries.close_over(connection, program_id)
    last = await latest(connection, program_id, 1)
    if last and last[0].state == "running":
        raise HoldoutRunning
    salt, now = token_hex(16), await queries.now_of(connection, program_id)
    arms = [(who, arm_of(salt, who, holdout_bp)) for who in await queries.candidates(connection, program_id)]
    held_out = sum(arm == "held_out" for _, arm in arms)
    if not held_out or held_out == len(arms):
        msg = f"Of {len(arms)} customers who are no members, {held_out} would be held out; both arms need somebody."
        raise Invalid(msg, pointer="/holdout_share")
    ends_on = now.astimezone(program.zone).date() + timedelta(days=7 * weeks)
    new = HoldoutFacts(
        holdout_id=new_id(),
        state="running",
        salt=salt,
        holdout_bp=holdout_bp,
        weeks=weeks,
        offered=len(arms) - held_out,
        held_out=held_out,
        overrides=0,
        started_at=now,
        ends_at=datetime.combine(ends_on, time(), program.zone).astimezone(UTC),
        started_by=actor,
        ended_at=None,
        ended_by=None,
    )
    await queries.add(connection, program_id, new, arms)
    return new


async def find_holdout(connection: Connection, program_id: int, holdout_id: UUID) -> HoldoutFacts:
    """Find a holdout; raises `NotFound`."""
    found = await queries.holdouts(connection, program_id, holdout_id)
    if not found:
        msg = f"There is no holdout {holdout_id}."
        raise NotFound(msg)
    return found[0]


async def latest(connection: Connection, program_id: int, limit: int = 50) -> list[HoldoutFacts]:
    """List the newest holdouts."""
    return await queries.holdouts(connection, program_id, limit=limit)


async def stop_holdout(connection: Connection, program_id: int, holdout_id: UUID, actor: str) -> HoldoutFacts:
    """End a holdout before its day: all may be offered the programme again, and it measures nothing any more.

    One that has ended stays as it is.
    """
    await queries.stop(connection, program_id, holdout_id, actor)
    return await find_holdout(connection, program_id, holdout_id)
