"""Purchases of one storefront."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import CUSTOMER, IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell
from loyalty.web.bounds import decimal_text

_WHO = "p.customer_id"
_AMOUNTS = ("goods", "discount", "tax", "shipping", "reward_discount")


@KINDS.register("purchases")
class Purchases:
    """One row an order as it is known now, as imports take them. No customer: nobody known bought it."""

    summary: ClassVar[str] = "Purchases of the key's storefront; days are those of the orders."
    columns: ClassVar[tuple[str, ...]] = (
        "order_id", "customer_id", "placed_at", "currency", *_AMOUNTS, "delivered_at", "referral_code", "channel",
        "test", "source_updated_at",
    )  # fmt: skip
    of_storefront: ClassVar[bool] = True
    scope: ClassVar[str] = "purchases:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}
SELECT p.*, {CUSTOMER.format(_WHO)} AS customer
FROM purchase p LEFT JOIN survivor s ON s.customer_id = p.customer_id
WHERE p.program_id = $1 AND p.storefront_id = $3 AND p.state = 'recorded'
  AND {WITHIN.format("p.placed_at")} AND {IN_SEGMENT.format(_WHO)}
ORDER BY p.placed_at, p.purchase_id
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, program: ProgramFacts) -> Sequence[Cell]:
        """Write an order."""
        amounts = (decimal_text(row[f"{name}_minor"], program.digits) for name in _AMOUNTS)
        return [
            row["order_id"],
            row["customer"],
            told(row["placed_at"]),
            row["currency"],
            *amounts,
            told(row["delivered_at"]),
            row["referral_code"],
            row["channel"],
            "true" if row["test"] else "false",
            told(row["source_updated_at"]),
        ]
