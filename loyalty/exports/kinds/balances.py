"""Balances: the points that are left, lot by lot, with their dates."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import CUSTOMER, IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.points.dates import slid_end
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell

_WHO = "l.customer_id"
_NEVER = "never"


@KINDS.register("balances")
class Balances:
    """One row a lot that is not empty and not over, as imports of opening balances take them.

    Points that a hold has set aside are in no lot, and so in no row. `state`: `pending` ones cannot be spent yet.
    """

    summary: ClassVar[str] = "The points that are left, lot by lot; days are those on which they were earned."
    columns: ClassVar[tuple[str, ...]] = ("customer_id", "points", "earned_at", "expires_at", "state", "matures_at")
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "members:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}, moment AS MATERIALIZED (
  SELECT clock_timestamp() + clock_offset AS now, timezone FROM program WHERE program_id = $1)
SELECT {CUSTOMER.format(_WHO)} AS customer, l.remaining, l.earned_at, l.matures_at, l.expires_at, l.slides_days,
  a.active_at, t.now
FROM moment t CROSS JOIN lot l JOIN account a ON a.program_id = $1 AND a.customer_id = l.customer_id
  LEFT JOIN survivor s ON s.customer_id = l.customer_id
WHERE l.program_id = $1 AND l.remaining > 0 AND (l.expires_at IS NULL OR l.expires_at > t.now)
  -- As `slid_end` has it: the midnight after that many days, of the programme's zone.
  AND (l.slides_days IS NULL OR l.matures_at IS NULL OR (((greatest(l.matures_at, a.active_at) AT TIME ZONE t.timezone)
    ::date + l.slides_days + 1)::timestamp AT TIME ZONE t.timezone) > t.now)
  AND $3::int IS NULL AND {WITHIN.format("l.earned_at")} AND {IN_SEGMENT.format(_WHO)}
ORDER BY l.customer_id, l.seq
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, program: ProgramFacts) -> Sequence[Cell]:
        """Write a lot."""
        end, matures_at = row["expires_at"], row["matures_at"]
        if row["slides_days"] is not None and matures_at is not None:
            end = slid_end(matures_at, row["active_at"], row["slides_days"], program.zone)
        pending = matures_at is None or matures_at > row["now"]
        return [
            row["customer"],
            row["remaining"],
            told(row["earned_at"]),
            told(end) or ("" if matures_at is None else _NEVER),
            "pending" if pending else "available",
            told(matures_at),
        ]
