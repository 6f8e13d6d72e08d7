"""What is entered, as the API takes and shows it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from asyncpg import Record
from msgspec import Meta, Struct

from kpi.inputs.facts import NewLead, NewPointCost, NewSpend, NewUnitCost, SpendKind
from loyalty.programs.facts import ProgramFacts
from loyalty.web.bounds import Email, Instant, Money, PersonName, ShopId, Word, decimal_text, minor_units

_Fine = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?(?!\n)$",
        description="What a redeemed point costs in the programme's currency, with up to six decimals.",
        examples=["0.01"],
    ),
]
_Share = Annotated[
    str,
    Meta(
        pattern=r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)(?!\n)$",
        description="The share of points that is never redeemed, 0 to 1.",
        examples=["0.2"],
    ),
]


class SpendIn(Struct, forbid_unknown_fields=True):
    """Money spent, booked on a local day. The same `spend_id` again corrects it."""

    spend_id: ShopId
    kind: SpendKind
    booked_on: date
    amount: Money
    channel: Word | None = None
    note: PersonName | None = None

    def read(self, program: ProgramFacts) -> NewSpend:
        """Read it off the wire."""
        amount = minor_units(self.amount, program.digits, "/amount")
        return NewSpend(self.spend_id, self.kind, self.booked_on, amount, self.channel, self.note)


class LeadIn(Struct, forbid_unknown_fields=True):
    """Somebody who might become a customer; `customer_id` or `email` tells which. The same `lead_id` corrects it."""

    lead_id: ShopId
    created_at: Instant
    qualified: bool
    channel: Word | None = None
    customer_id: ShopId | None = None
    email: Email | None = None

    def read(self, _program: ProgramFacts) -> NewLead:
        """Read it off the wire."""
        return NewLead(self.lead_id, self.created_at, self.qualified, self.channel, self.customer_id, self.email)


class UnitCostIn(Struct, forbid_unknown_fields=True):
    """What a unit of an article costs the shop, from a local day on; a purchase line's own `unit_cost` wins."""

    sku: Word
    from_on: date
    unit_cost: Money

    def read(self, program: ProgramFacts) -> NewUnitCost:
        """Read it off the wire."""
        return NewUnitCost(self.sku, self.from_on, minor_units(self.unit_cost, program.digits, "/unit_cost"))


class PointCostIn(Struct, forbid_unknown_fields=True):
    """What a redeemed point costs, and the share of points that never will be, from a local day on."""

    from_on: date
    cost: _Fine
    breakage: _Share = "0"

    def read(self, program: ProgramFacts) -> NewPointCost:
        """Read it off the wire."""
        return NewPointCost(self.from_on, Decimal(self.cost).scaleb(program.digits), Decimal(self.breakage))


class SpendOut(Struct):
    """Money spent, as it was told last."""

    spend_id: str
    kind: SpendKind
    booked_on: date
    amount: str
    channel: str | None
    note: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: Record, digits: int) -> "SpendOut":
        """Show a row."""
        amount = decimal_text(row["amount_minor"], digits)
        told = (row["spend_id"], row["kind"], row["booked_on"], amount)
        return cls(*told, row["channel"], row["note"], row["recorded_at"])


class LeadOut(Struct):
    """A lead, as it was told last; without the person, if that one was forgotten."""

    lead_id: str
    created_at: datetime
    qualified: bool
    channel: str | None
    customer_id: str | None
    email: str | None
    recorded_at: datetime

    @classmethod
    def of(cls, row: Record, _digits: int) -> "LeadOut":
        """Show a row."""
        told = (row["lead_id"], row["created_at"], row["qualified"], row["channel"])
        return cls(*told, row["external_id"], row["email"], row["recorded_at"])


class UnitCostOut(Struct):
    """A unit cost, as it was told last."""

    sku: str
    from_on: date
    unit_cost: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: Record, digits: int) -> "UnitCostOut":
        """Show a row."""
        return cls(row["sku"], row["from_on"], decimal_text(row["unit_cost_minor"], digits), row["recorded_at"])


class PointCostOut(Struct):
    """What a point costs, as it was told last."""

    from_on: date
    cost: str
    breakage: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: Record, digits: int) -> "PointCostOut":
        """Show a row."""
        cost = f"{row['cost_minor'].scaleb(-digits):f}"
        return cls(row["from_on"], cost, f"{row['breakage']:f}", row["recorded_at"])


class SpendList(Struct):
    """A page of what was spent, by id."""

    data: list[SpendOut]
    next_cursor: str | None


class LeadList(Struct):
    """A page of leads, by id."""

    data: list[LeadOut]
    next_cursor: str | None


class UnitCostList(Struct):
    """A page of unit costs, by article and day."""

    data: list[UnitCostOut]
    next_cursor: str | None


class PointCostList(Struct):
    """A page of what points cost, by day."""

    data: list[PointCostOut]
    next_cursor: str | None
