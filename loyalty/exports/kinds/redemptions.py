"""Redemptions: what points were spent on, and what became of it."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import CUSTOMER, IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell

_WHO = "d.customer_id"


@KINDS.register("redemptions")
class Redemptions:
    """One row a redemption, asked for at this storefront."""

    summary: ClassVar[str] = "Redemptions at the key's storefront, with their state; days are those of asking."
    columns: ClassVar[tuple[str, ...]] = (
        "redemption_id", "customer_id", "reward", "points", "state", "captured", "returned", "asked_at", "ended_at",
    )  # fmt: skip
    of_storefront: ClassVar[bool] = True
    scope: ClassVar[str] = "redemptions:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}
SELECT d.redemption_id, {CUSTOMER.format(_WHO)} AS customer, d.reward ->> 'name' AS reward, d.price_points, h.state,
  h.captured, h.returned, d.recorded_at, h.ended_at
FROM redemption d JOIN hold h ON h.program_id = $1 AND h.hold_id = d.redemption_id
  LEFT JOIN survivor s ON s.customer_id = d.customer_id
WHERE d.program_id = $1 AND d.storefront_id = $3
  AND {WITHIN.format("d.recorded_at")} AND {IN_SEGMENT.format(_WHO)}
ORDER BY d.recorded_at, d.redemption_id
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, _program: ProgramFacts) -> Sequence[Cell]:
        """Write a redemption."""
        return [
            str(row["redemption_id"]),
            row["customer"],
            row["reward"],
            row["price_points"],
            row["state"],
            row["captured"],
            row["returned"],
            told(row["recorded_at"]),
            told(row["ended_at"]),
        ]
