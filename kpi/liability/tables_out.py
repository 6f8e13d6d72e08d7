"""The liability as a table: a row for each period, the same in CSV and XLSX. Money is in minor units."""

from collections.abc import Iterator
from dataclasses import asdict

from kpi.liability.actions import Liability, Period
from kpi.liability.money import Valued
from kpi.reasons import NO_POINT_COST
from loyalty.spreadsheets import Cell

_POINTS = (
    "opening",
    "issued",
    "restored",
    "adjusted",
    "adjusted_by_staff",
    "adjusted_by_merges",
    "adjusted_by_erasures",
    "redeemed",
    "expired",
    "forfeited",
    "clawed_back",
    "closing",
    "outstanding",
    "available",
    "pending",
    "held",
    "debt",
)
_MONEY = tuple(Valued.__dataclass_fields__)
HEADER = (
    "period_start",
    "period_end",
    "timezone",
    "partial",
    *(f"points_{name}" for name in _POINTS),
    "currency",
    *(f"{name}_minor" for name in _MONEY),
    "reason",
    "as_of",
    "data_as_of",
)


def rows_of(told: Liability) -> Iterator[tuple[Cell, ...]]:
    """Give a row for each period, oldest first."""
    for one in told.periods:
        days = one.roll.days
        yield (
            days.start.isoformat(),
            days.end.isoformat(),
            told.timezone,
            "yes" if one.partial else "no",
            *_points(one),
            told.currency,
            *(asdict(one.money).values() if one.money else [None] * len(_MONEY)),
            None if one.money else NO_POINT_COST.text.en,
            told.known.as_of.isoformat(),
            told.known.data_as_of.isoformat(),
        )


def _points(one: Period) -> tuple[int, ...]:
    flows, closing = one.roll.flows, one.roll.closing
    return (
        one.roll.opening.net,
        flows.issued,
        flows.restored,
        flows.adjusted,
        flows.by_staff,
        flows.merged,
        flows.erased,
        flows.redeemed,
        flows.expired,
        flows.forfeited,
        flows.clawed_back,
        closing.net,
        closing.outstanding,
        closing.available,
        closing.pending,
        closing.held,
        closing.debt,
    )
