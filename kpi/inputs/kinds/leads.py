"""Leads."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from kpi.inputs.actions import tell_leads
from kpi.inputs.facts import NewLead, Told
from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column, email, flag, instant, shop_id, word
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts, Source


@KINDS.register("leads")
class Leads:
    """One row somebody who might become a customer; the same `lead_id` again corrects it."""

    summary: ClassVar[str] = "Leads: lead_id, created_at, qualified[, channel, customer_id, email]."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("lead_id", "lead_id", shop_id, required=True, empty=False),
        Column("created_at", "created_at", instant, required=True, empty=False),
        Column("qualified", "qualified", flag, required=True, empty=False),
        Column("channel", "channel", word),
        Column("customer_id", "external_id", shop_id),
        Column("email", "email", email),
    )
    ids: ClassVar[tuple[str, ...]] = ("lead_id",)
    happened: ClassVar[str] = "created_at"
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "kpis:write"
    keeps_unknown: ClassVar[bool] = False
    batch_size: ClassVar[int] = 1000
    shape: ClassVar[type[Struct]] = NewLead

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Take the cells as they are."""
        return values

    @staticmethod
    async def record(
        tx: Tx, source: Source, _rules: RulesCache, items: Sequence[NewLead]
    ) -> Sequence[Told | LoyaltyError]:
        """Enter them."""
        return await tell_leads(tx, source, items)
