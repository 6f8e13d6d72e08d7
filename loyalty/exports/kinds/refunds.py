"""Refunds and cancellations of one storefront's purchases."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell
from loyalty.web.bounds import decimal_text


@KINDS.register("refunds")
class Refunds:
    """One row a refund, as imports take them; a cancellation has no id and no amount of its own."""

    summary: ClassVar[str] = "Refunds and cancellations of the key's storefront; days are those of the refunds."
    columns: ClassVar[tuple[str, ...]] = ("order_id", "refund_id", "refunded_at", "goods", "kind")
    of_storefront: ClassVar[bool] = True
    scope: ClassVar[str] = "purchases:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}
SELECT p.order_id, r.refund_id, r.refunded_at, r.goods_minor, r.kind
FROM refund r JOIN purchase p ON p.program_id = $1 AND p.purchase_id = r.purchase_id
  LEFT JOIN survivor s ON s.customer_id = p.customer_id
WHERE r.program_id = $1 AND p.storefront_id = $3 AND $2::text IS NOT NULL
  AND {WITHIN.format("r.refunded_at")} AND {IN_SEGMENT.format("p.customer_id")}
ORDER BY r.refunded_at, r.purchase_id, r.kind, r.refund_id
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, program: ProgramFacts) -> Sequence[Cell]:
        """Write a refund."""
        goods = None if row["goods_minor"] is None else decimal_text(row["goods_minor"], program.digits)
        return [row["order_id"], row["refund_id"], told(row["refunded_at"]), goods, row["kind"]]
