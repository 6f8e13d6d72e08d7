"""The entries of the ledger: every movement of points, with the balances after it."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import CUSTOMER, IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell

_WHO = "e.customer_id"


@KINDS.register("entries")
class Entries:
    """One row an entry, account by account. `account` is the service's own id: one customer may have had several."""

    summary: ClassVar[str] = "Every movement of points with the balances after it; days are those it counts from."
    columns: ClassVar[tuple[str, ...]] = (
        "account", "customer_id", "seq", "cause", "kind", "debit", "credit", "points", "available_after",
        "pending_after", "held_after", "debt_after", "effective_at", "recorded_at", "order_id",
    )  # fmt: skip
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "members:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}
SELECT e.*, {CUSTOMER.format(_WHO)} AS customer, w.cause, p.order_id
FROM entry e JOIN award w ON w.program_id = $1 AND w.award_id = e.award_id
  LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = w.purchase_id
  LEFT JOIN survivor s ON s.customer_id = e.customer_id
WHERE e.program_id = $1 AND $3::int IS NULL AND {WITHIN.format("e.effective_at")} AND {IN_SEGMENT.format(_WHO)}
ORDER BY e.customer_id, e.seq
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, _program: ProgramFacts) -> Sequence[Cell]:
        """Write an entry."""
        numbers = (row[name] for name in ("amount", "available_after", "pending_after", "held_after", "debt_after"))
        return [
            str(row["customer_id"]),
            row["customer"],
            row["seq"],
            row["cause"],
            row["kind"],
            row["debit_code"],
            row["credit_code"],
            *numbers,
            told(row["effective_at"]),
            told(row["recorded_at"]),
            row["order_id"],
        ]
