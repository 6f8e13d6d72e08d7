"""A test programme's clock: what time it is there, and how it is set forward."""

from datetime import datetime, timedelta

from msgspec import Struct

from loyalty.database import Connection
from loyalty.errors import Conflict, Forbidden, Invalid
from loyalty.jobs.queries import wake_all
from loyalty.programs.facts import ProgramFacts

# Further than any date that a programme gives to points, and within what calendars can do.
_FURTHEST = timedelta(days=366 * 50)
_READ = "SELECT clock_timestamp() + clock_offset AS now, clock_offset AS ahead FROM program WHERE program_id = $1"
_LOCK = "SELECT 1 FROM program WHERE program_id = $1 FOR UPDATE"
_SET = "UPDATE program SET clock_offset = $2::timestamptz - clock_timestamp() WHERE program_id = $1"


class ClockGoesForward(Conflict):
    """A test programme's clock is not set back: what is recorded stays in the past."""

    code = "clock_goes_forward"


class ProgramTime(Struct, frozen=True):
    """What time it is in a programme, and how far that is ahead of the world."""

    now: datetime
    ahead: timedelta


async def time_of(connection: Connection, program: ProgramFacts) -> ProgramTime:
    """Tell a test programme's time."""
    _only_tests(program)
    [row] = await connection.fetch(_READ, program.program_id)
    return ProgramTime(row["now"], row["ahead"])


async def set_clock(connection: Connection, program: ProgramFacts, to: datetime) -> ProgramTime:
    """Set a test programme's clock forward, in a transaction; its nightly work is done at once, not only tonight."""
    _only_tests(program)
    await connection.execute(_LOCK, program.program_id)
    stood = await time_of(connection, program)
    if to < stood.now:
        msg = f"It is {stood.now.isoformat()} in this test programme already; its clock only goes forward."
        raise ClockGoesForward(msg)
    if to > stood.now - stood.ahead + _FURTHEST:
        msg = "A test clock goes at most 50 years ahead."
        raise Invalid(msg, pointer="/now")
    await connection.execute(_SET, program.program_id, to)
    await wake_all(connection, program.program_id)
    return await time_of(connection, program)


def _only_tests(program: ProgramFacts) -> None:
    if program.mode != "test":
        msg = "Only a test key (`lk_test_…`) has a clock that can be set. `loyalty keys create --test` makes one."
        raise Forbidden(msg)
