"""Refunds of one storefront's purchases, before or after these."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column, instant, minor, money, shop_id
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.purchases.actions import record_refunds
from loyalty.purchases.decisions import Parked, Recorded
from loyalty.purchases.facts import NewRefund


@KINDS.register("refunds")
class Refunds:
    """One row a refund; it waits for its purchase where that has not come yet."""

    summary: ClassVar[str] = "Refunds: order_id, refund_id, refunded_at, and goods (decimal) or net_cents."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("order_id", "order_id", shop_id, required=True, empty=False),
        Column("refund_id", "refund_id", shop_id, required=True, empty=False),
        Column("refunded_at", "refunded_at", instant, required=True, empty=False),
        Column("goods", "goods_minor", money, required=True, empty=False),
        Column("net_cents", "goods_minor", minor, required=True, empty=False),
    )
    ids: ClassVar[tuple[str, ...]] = ("order_id", "refund_id")
    happened: ClassVar[str] = "refunded_at"
    of_storefront: ClassVar[bool] = True
    scope: ClassVar[str] = "purchases:write"
    keeps_unknown: ClassVar[bool] = False
    batch_size: ClassVar[int] = 500
    shape: ClassVar[type[Struct]] = NewRefund

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Take the cells as they are."""
        return values

    @staticmethod
    async def record(
        tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewRefund]
    ) -> Sequence[Recorded | Parked | LoyaltyError]:
        """Take goods back, and the points that they had earned."""
        return await record_refunds(tx, source, rules, items)
