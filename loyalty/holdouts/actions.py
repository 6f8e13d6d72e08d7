"""The verbs of holdouts: start one, see it, stop it."""

from datetime import UTC, datetime, time, timedelta
from secrets import token_hex
from uuid import UUID

from loyalty.clock import utc_now
from loyalty.database import Connection, Tx
from loyalty.errors import Invalid, NotFound
from loyalty.holdouts import queries
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.holdouts.lot import newest
from loyalty.holdouts.refusals import HoldoutRunning
from loyalty.holdouts.rules import BEGINS_AFTER, DRAWN_AFTER, arm_of
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule
from loyalty.programs.facts import ProgramFacts

# The job that draws them; the name is for ever.
JOB = "holdouts.draw"
_LOOKED_AT = 2000


async def start_holdout(
    connection: Connection, program: ProgramFacts, actor: str, *, holdout_bp: int, weeks: int
) -> HoldoutFacts:
    """Begin a holdout in a moment, in the caller's transaction; it ends with the local day after so many weeks.

    It is about everybody who will be no member at its beginning. A job draws them, but whom it holds out is told by
    the hash from then on. Raises `HoldoutRunning` while one runs, and `Invalid` where an arm would be empty.
    """
    program_id = program.program_id
    await queries.close_over(connection, program_id)
    last = await latest(connection, program_id, 1)
    if last and last[0].state == "running":
        raise HoldoutRunning
    salt, now = token_hex(16), await queries.now_of(connection, program_id)
    await _both_arms(connection, program_id, now, salt, holdout_bp)
    began = now + BEGINS_AFTER
    ends_on = began.astimezone(program.zone).date() + timedelta(days=7 * weeks)
    new = HoldoutFacts(
        holdout_id=new_id(),
        state="running",
        salt=salt,
        holdout_bp=holdout_bp,
        weeks=weeks,
        offered=0,
        held_out=0,
        overrides=0,
        started_at=began,
        ends_at=datetime.combine(ends_on, time(), program.zone).astimezone(UTC),
        started_by=actor,
        ended_at=None,
        ended_by=None,
    )
    await queries.add(connection, program_id, new)
    await schedule(Tx(connection), JOB, program_id, utc_now() + BEGINS_AFTER + DRAWN_AFTER)
    return new


async def _both_arms(connection: Connection, program_id: int, now: datetime, salt: str, holdout_bp: int) -> None:
    """Refuse a lot that would leave an arm empty. Of many customers only the newest are looked at."""
    looked_at = await newest(connection, program_id, now, _LOOKED_AT)
    arms = [arm_of(salt, who, holdout_bp) for who, drawn in looked_at if drawn]
    if len(looked_at) < _LOOKED_AT and len(set(arms)) < 2:  # noqa: PLR2004 - the arms
        held_out = arms.count("held_out")
        msg = f"Of {len(arms)} customers who are no members, {held_out} would be held out; both arms need somebody."
        raise Invalid(msg, pointer="/holdout_share")


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
