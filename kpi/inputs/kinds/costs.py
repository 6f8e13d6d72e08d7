"""Unit costs."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from kpi.inputs.actions import tell_unit_costs
from kpi.inputs.facts import NewUnitCost, Told
from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column, day, minor, money, word
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts, Source


@KINDS.register("costs")
class Costs:
    """One row what a unit of an article costs from a day on; the same article and day again correct it."""

    summary: ClassVar[str] = "Unit costs: sku, from_on, and unit_cost (decimal) or unit_cost_cents."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("sku", "sku", word, required=True, empty=False),
        Column("from_on", "from_on", day, required=True, empty=False),
        Column("unit_cost", "unit_cost_minor", money, required=True, empty=False),
        Column("unit_cost_cents", "unit_cost_minor", minor, required=True, empty=False),
    )
    ids: ClassVar[tuple[str, ...]] = ("sku", "from_on")
    happened: ClassVar[str] = "from_on"
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "kpis:write"
    keeps_unknown: ClassVar[bool] = False
    batch_size: ClassVar[int] = 1000
    shape: ClassVar[type[Struct]] = NewUnitCost

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Take the day for what it is; rows are put in order by its midnight."""
        return {**values, "from_on": values["from_on"].date()}

    @staticmethod
    async def record(
        tx: Tx, source: Source, _rules: RulesCache, items: Sequence[NewUnitCost]
    ) -> Sequence[Told | LoyaltyError]:
        """Enter them."""
        return await tell_unit_costs(tx, source, items)
