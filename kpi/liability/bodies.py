"""The liability as JSON. Points are whole, money is in minor units, shares are fractions of 1, unrounded."""

from datetime import date, datetime

from msgspec import Struct

from kpi.bodies import PeriodBody, ReasonBody
from kpi.liability.actions import Liability, Period
from kpi.liability.breakage import Breakage
from kpi.liability.money import Valued
from kpi.liability.rules import Roll, Stock
from kpi.reasons import NO_POINT_COST


class StockBody(Struct, frozen=True):
    """What customers hold and owe at an instant. `net` is `outstanding` (the first three) less `debt`."""

    available: int
    pending: int
    held: int
    outstanding: int
    debt: int
    net: int

    @classmethod
    def of(cls, stock: Stock) -> "StockBody":
        """Show a stock."""
        return cls(stock.available, stock.pending, stock.held, stock.outstanding, stock.debt, stock.net)


class AdjustedBody(Struct, frozen=True):
    """What makes up `adjusted`: what staff gave and took, what merges moved, and what erasures took and let off."""

    by_staff: int
    merged: int
    erased: int


class PointsBody(Struct, frozen=True):
    """opening + issued + restored + adjusted - redeemed - expired - clawed_back = closing; both ends are `net`.

    `expired` holds `forfeited`. `owed` and `repaid` say how the debt changed from `opened_with` to `closed_with`.
    """

    opening: int
    issued: int
    restored: int
    adjusted: int
    adjusted_of: AdjustedBody
    redeemed: int
    expired: int
    forfeited: int
    clawed_back: int
    closing: int
    owed: int
    repaid: int
    opened_with: StockBody
    closed_with: StockBody

    @classmethod
    def of(cls, roll: Roll) -> "PointsBody":
        """Show a roll-forward in points."""
        flows = roll.flows
        return cls(
            opening=roll.opening.net,
            issued=flows.issued,
            restored=flows.restored,
            adjusted=flows.adjusted,
            adjusted_of=AdjustedBody(flows.by_staff, flows.merged, flows.erased),
            redeemed=flows.redeemed,
            expired=flows.expired,
            forfeited=flows.forfeited,
            clawed_back=flows.clawed_back,
            closing=roll.closing.net,
            owed=flows.owed,
            repaid=flows.repaid,
            opened_with=StockBody.of(roll.opening),
            closed_with=StockBody.of(roll.closing),
        )


class MoneyBody(Struct, frozen=True):
    """The same lines at the cost of a point x (1 - the share entered as never redeemed), in minor units.

    `revalued` is what a change of cost or share, and rounding, make; `closing` is `liability` less `debt`. `opening`
    and `revalued` are null where no cost was entered for the day before the period.
    """

    opening: int | None
    issued: int
    restored: int
    adjusted: int
    redeemed: int
    expired: int
    clawed_back: int
    revalued: int | None
    closing: int
    liability: int
    debt: int

    @classmethod
    def of(cls, valued: Valued | None) -> "MoneyBody | None":
        """Show a roll-forward in money."""
        if valued is None:
            return None
        return cls(
            valued.opening,
            valued.issued,
            valued.restored,
            valued.adjusted,
            valued.redeemed,
            valued.expired,
            valued.clawed_back,
            valued.revalued,
            valued.closing,
            valued.liability,
            valued.debt,
        )


class RollBody(Struct, frozen=True):
    """The liability over one period. `money` is null, with a `reason`, where no cost of a point was entered."""

    period: PeriodBody
    partial: bool
    points: PointsBody
    money: MoneyBody | None
    reason: ReasonBody | None

    @classmethod
    def of(cls, one: Period, timezone: str) -> "RollBody":
        """Show a period."""
        days = one.roll.days
        return cls(
            PeriodBody(days.start, days.end, timezone),
            one.partial,
            PointsBody.of(one.roll),
            MoneyBody.of(one.money),
            None if one.money else ReasonBody.of(NO_POINT_COST),
        )


class BreakageBody(Struct, frozen=True):
    """Which share of points is never spent: of all points with a date of expiry that had passed by `by`.

    `share` = `unspent` / `decided`, where unspent points expired or were forfeited and decided ones were unspent or
    redeemed; its 95 % interval is clustered by customer. Below 30 `customers` both are null, with a `reason`.
    `liability_minor` is what is outstanding at the end at the cost of a point x (1 - `share`), with no breakage where
    there is no share; `entered_share` is what was entered beside the cost, which the periods are valued with.
    """

    by: date
    customers: int
    decided: int
    unspent: int
    share: float | None
    ci95: tuple[float, float] | None
    reason: ReasonBody | None
    entered_share: float | None
    liability_minor: int | None

    @classmethod
    def of(cls, told: Liability) -> "BreakageBody":
        """Show the estimate."""
        found: Breakage = told.breakage
        return cls(
            told.periods[-1].roll.days.end,
            found.customers,
            found.decided,
            found.unspent,
            found.share,
            found.ci95,
            ReasonBody.of(found.reason),
            told.entered_share,
            told.estimated_minor,
        )


class LiabilityBody(Struct, frozen=True):
    """The liability rolled forward, oldest period first; `as_of_lowered`: a later one was asked for."""

    grain: str
    currency: str
    as_of: datetime
    as_of_lowered: bool
    data_as_of: datetime
    breakage: BreakageBody
    periods: list[RollBody]

    @classmethod
    def of(cls, told: Liability) -> "LiabilityBody":
        """Show all of it."""
        return cls(
            told.grain,
            told.currency,
            told.known.as_of,
            told.known.lowered,
            told.known.data_as_of,
            BreakageBody.of(told),
            [RollBody.of(one, told.timezone) for one in told.periods],
        )
