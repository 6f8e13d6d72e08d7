"""What is entered, as the verbs take it. Money in minor units; days are local ones of the programme's zone."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

SpendKind = Literal["acquisition", "enrolment", "running"]


class NewSpend(Struct, frozen=True):
    """Money spent: to win customers, to enrol members, or to run the programme."""

    spend_id: str
    kind: SpendKind
    booked_on: date
    amount_minor: int
    channel: str | None = None
    note: str | None = None


class NewLead(Struct, frozen=True):
    """Somebody who might become a customer. `external_id` or `email` tells which one it became, now or later."""

    lead_id: str
    created_at: datetime
    qualified: bool
    channel: str | None = None
    external_id: str | None = None
    email: str | None = None


class NewUnitCost(Struct, frozen=True):
    """What a unit of an article costs the shop, from a day on."""

    sku: str
    from_on: date
    unit_cost_minor: int


class NewPointCost(Struct, frozen=True):
    """What a redeemed point costs, in minor units, from a day on; and the share of points that never will be."""

    from_on: date
    cost_minor: Decimal
    breakage: Decimal


class Told(Struct, frozen=True):
    """An item that was entered. `replayed`: it said what was known already."""

    replayed: bool
