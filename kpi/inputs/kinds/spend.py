"""Money spent."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from kpi.inputs.actions import tell_spend
from kpi.inputs.facts import NewSpend, Told
from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column, day, minor, money, one_of, person_name, shop_id, word
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts, Source


@KINDS.register("spend")
class Spend:
    """One row a booking; the same `spend_id` again corrects it."""

    summary: ClassVar[str] = (
        "Money spent: spend_id, kind (acquisition, enrolment or running), booked_on, and amount or amount_cents"
        "[, channel, note]."
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column("spend_id", "spend_id", shop_id, required=True, empty=False),
        Column("kind", "kind", one_of("acquisition", "enrolment", "running"), required=True, empty=False),
        Column("booked_on", "booked_on", day, required=True, empty=False),
        Column("amount", "amount_minor", money, required=True, empty=False),
        Column("amount_cents", "amount_minor", minor, required=True, empty=False),
        Column("channel", "channel", word),
        Column("note", "note", person_name),
    )
    ids: ClassVar[tuple[str, ...]] = ("spend_id",)
    happened: ClassVar[str] = "booked_on"
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "kpis:write"
    keeps_unknown: ClassVar[bool] = False
    batch_size: ClassVar[int] = 1000
    shape: ClassVar[type[Struct]] = NewSpend

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Take the booking's day for what it is; rows are put in order by its midnight."""
        return {**values, "booked_on": values["booked_on"].date()}

    @staticmethod
    async def record(
        tx: Tx, source: Source, _rules: RulesCache, items: Sequence[NewSpend]
    ) -> Sequence[Told | LoyaltyError]:
        """Enter them."""
        return await tell_spend(tx, source, items)
