"""Purchases of one storefront."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import BadValue, Column, currency, flag, instant, minor, money, shop_id, word
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.facts import NewPurchase


@KINDS.register("purchases")
class Purchases:
    """One row an order. An empty customer is a purchase without a known person."""

    summary: ClassVar[str] = (
        "Purchases: order_id, customer_id (may be empty), placed_at, and goods (decimal) or net_cents."
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column("order_id", "order_id", shop_id, required=True, empty=False),
        Column("customer_id", "external_id", shop_id, required=True),
        Column("placed_at", "placed_at", instant, required=True, empty=False),
        Column("goods", "goods_minor", money, required=True, empty=False),
        Column("net_cents", "goods_minor", minor, required=True, empty=False),
        Column("currency", "currency", currency),
        Column("discount", "discount_minor", money),
        Column("tax", "tax_minor", money),
        Column("shipping", "shipping_minor", money),
        Column("reward_discount", "reward_discount_minor", money),
        Column("delivered_at", "delivered_at", instant),
        Column("referral_code", "referral_code", word),
        Column("channel", "channel", word),
        Column("test", "test", flag),
        Column("source_updated_at", "source_updated_at", instant),
    )
    ids: ClassVar[tuple[str, ...]] = ("order_id",)
    happened: ClassVar[str] = "placed_at"
    of_storefront: ClassVar[bool] = True
    scope: ClassVar[str] = "purchases:write"
    keeps_unknown: ClassVar[bool] = True
    batch_size: ClassVar[int] = 1000
    shape: ClassVar[type[Struct]] = NewPurchase

    @staticmethod
    def told(values: dict[str, Any], program: ProgramFacts) -> dict[str, Any]:
        """Fill in the programme's currency; a reward cannot pay more than the goods."""
        values.setdefault("currency", program.currency)
        if values.get("reward_discount_minor", 0) > values["goods_minor"]:
            raise BadValue("reward_over_goods", "reward_discount is more than goods")
        return values

    @staticmethod
    async def record(
        tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewPurchase]
    ) -> Sequence[Recorded | LoyaltyError]:
        """Record purchases with their awards."""
        return await record_purchases(tx, source, rules, items)
