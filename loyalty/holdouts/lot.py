"""The SQL of the lot: whom a holdout is about, who of them is held out, and the arms that are written down.

Whom it is about is what was known when it began, so that it comes out the same whenever it is asked: for a joining,
which asks by the hash and waits for no draw, and for the draw, which writes the arms down for the measurement.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection
from loyalty.holdouts.rules import Arm, Self, arm_of_person

# Of a customer `c`, as known at {0}: whether it was one, under an id that went on, and whether it was a member. One
# whose membership begins in a moment is one, too: clocks differ.
_KNOWN = """(c.recorded_at <= {0} AND (c.merged_at IS NULL OR c.merged_at > {0})
    AND (c.erased_at IS NULL OR c.erased_at > {0}))"""
_MEMBER = """EXISTS (SELECT FROM membership m WHERE m.program_id = $1 AND m.customer_id = c.customer_id
    AND m.recorded_at <= {0} AND (m.superseded_at IS NULL OR m.superseded_at > {0})
    AND (m.left_at IS NULL OR m.left_at > {0}))"""
_NEWEST = f"""
SELECT c.customer_id, {_KNOWN.format("$2::timestamptz")} AND NOT {_MEMBER.format("$2::timestamptz")} AS drawn
FROM (SELECT * FROM customer WHERE program_id = $1 ORDER BY customer_id DESC LIMIT $3) c
"""  # noqa: S608 - constants of this file
_SLICE = f"""
SELECT c.customer_id, {_KNOWN.format("$2::timestamptz")} AND NOT {_MEMBER.format("$2::timestamptz")} AS drawn
FROM (SELECT * FROM customer WHERE program_id = $1 AND customer_id > $4 ORDER BY customer_id LIMIT $3) c
ORDER BY c.customer_id
"""  # noqa: S608 - as above
_RUNNING = """
SELECT holdout_id, salt, holdout_bp, started_at FROM holdout
WHERE program_id = $1 AND ended_at IS NULL AND started_at < $2 AND ends_at > $2
"""
# Whoever turned out to be one person, each under the id that goes on.
_SELVES = f"""
WITH RECURSIVE selves (person, customer_id) AS (
  SELECT n, n FROM unnest($3::uuid[]) AS n
  UNION
  SELECT s.person, c.customer_id FROM selves s, LATERAL (
    SELECT customer_id FROM customer WHERE program_id = $1 AND merged_into = s.customer_id OFFSET 0) c
)
SELECT s.person, c.customer_id, s.person = c.customer_id AS own, {_MEMBER.format("$2::timestamptz")} AS member,
  {_KNOWN.format("$2::timestamptz")} AS known
FROM selves s, LATERAL (SELECT * FROM customer WHERE program_id = $1 AND customer_id = s.customer_id OFFSET 0) c
"""  # noqa: S608 - as above
_UNDRAWN = """
SELECT holdout_id, salt, holdout_bp, started_at, clock_timestamp() + clock_offset AS now
FROM holdout JOIN program USING (program_id)
WHERE program_id = $1 AND ended_at IS NULL AND drawn_at IS NULL
"""
# Whoever takes over from a run that was killed draws the same again.
_DRAW = """
INSERT INTO holdout_arm (program_id, holdout_id, customer_id, arm)
SELECT $1, $2, n.* FROM unnest($3::uuid[], $4::text[]) AS n ON CONFLICT DO NOTHING
"""
_DRAWN = """
UPDATE holdout SET offered = $3, held_out = $4,
  drawn_at = (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)
WHERE program_id = $1 AND holdout_id = $2 AND drawn_at IS NULL
"""


class Undrawn(Struct, frozen=True):
    """A holdout whose arms are still to be written down; `now` is the programme's time."""

    holdout_id: UUID
    salt: str
    holdout_bp: int
    started_at: datetime
    now: datetime


async def newest(connection: Connection, program_id: int, at: datetime, limit: int) -> list[tuple[UUID, bool]]:
    """Look at the customers who came last, and whether each would be drawn at an instant."""
    return [(row[0], row[1]) for row in await connection.fetch(_NEWEST, program_id, at, limit)]


async def held_out_among(
    connection: Connection, program_id: int, persons: Sequence[UUID], at: datetime
) -> dict[UUID, UUID]:
    """Find who of these persons, under the ids that go on, is held out at an instant, and of which holdout."""
    running = await connection.fetchrow(_RUNNING, program_id, at) if persons else None
    if running is None:
        return {}
    selves: defaultdict[UUID, list[Self]] = defaultdict(list)
    for row in await connection.fetch(_SELVES, program_id, running["started_at"], list(persons)):
        member = row["member"]
        selves[row["person"]].append(Self(row["customer_id"], row["own"], member, row["known"] and not member))
    lot = (running["salt"], running["holdout_bp"])
    return {who: running["holdout_id"] for who, known in selves.items() if arm_of_person(*lot, known) == "held_out"}


async def undrawn(connection: Connection, program_id: int) -> Undrawn | None:
    """Find the holdout whose arms are still to be written down."""
    row = await connection.fetchrow(_UNDRAWN, program_id)
    return Undrawn(**row) if row else None


async def slice_of(
    connection: Connection, program_id: int, at: datetime, after: UUID, limit: int
) -> list[tuple[UUID, bool]]:
    """Look at so many customers after one, and whether each was to be drawn at an instant."""
    return [(row[0], row[1]) for row in await connection.fetch(_SLICE, program_id, at, limit, after)]


async def draw(connection: Connection, program_id: int, holdout_id: UUID, arms: Sequence[tuple[UUID, Arm]]) -> None:
    """Write arms down."""
    customers, told = [who for who, _ in arms], [arm for _, arm in arms]
    await connection.execute(_DRAW, program_id, holdout_id, customers, told)


async def close_draw(connection: Connection, program_id: int, holdout_id: UUID, offered: int, held_out: int) -> None:
    """Write down that all arms are there, and how many each has."""
    await connection.execute(_DRAWN, program_id, holdout_id, offered, held_out)
