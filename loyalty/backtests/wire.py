"""What goes over the wire about back-tests. Money is a decimal there, and kept in minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.backtests.facts import BacktestFacts, Cost, NewBacktest, Result, Sum
from loyalty.database import Connection
from loyalty.earning.drafts import find_draft
from loyalty.earning.wire import Rules, read_rules, told_rules
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.web.bounds import PersonName, decimal_text

PointCost = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?(?!\n)$",
        description="What a point costs in the programme's currency, with up to six decimals.",
        examples=["0.01"],
    ),
]
FirstDay = Annotated[date, Meta(description="The first local day of the purchases.", examples=["2026-01-01"])]
LastDay = Annotated[date, Meta(description="The last local day of the purchases.", examples=["2026-03-31"])]


class BacktestIn(Struct, forbid_unknown_fields=True):
    """Rules to try: those of a draft as it stands, or a list of them."""

    from_on: FirstDay
    to_on: LastDay
    draft_id: UUID | None = None
    rules: Rules | None = None
    name: PersonName | None = None
    point_cost: PointCost | None = None

    async def read(self, connection: Connection, program: ProgramFacts) -> NewBacktest:
        """Read it off the wire; `NotFound` for a draft that there is not."""
        if (self.draft_id is None) == (self.rules is None):
            msg = "Name a draft, or send rules: one of the two."
            raise Invalid(msg, pointer="/rules")
        name, rules = self.name or "Rules", read_rules(self.rules or [], program.digits)
        if self.draft_id is not None:
            draft = await find_draft(connection, program.program_id, self.draft_id)
            name, rules = self.name or draft.name, draft.rules
        cost = None if self.point_cost is None else Decimal(self.point_cost).scaleb(program.digits)
        return NewBacktest(name, rules, self.from_on, self.to_on, cost, self.draft_id)


class SumOut(Struct):
    """`points` under the rules tried, `given` really, and how many more the rules tried give."""

    purchases: int
    points: int
    given: int
    difference: int

    @classmethod
    def of(cls, sum_: Sum) -> "SumOut":
        """Show a sum."""
        return cls(sum_.purchases, sum_.tried, sum_.real, sum_.difference)


class CostOut(Struct):
    """The same in money."""

    points: str
    given: str
    difference: str

    @classmethod
    def of(cls, cost: Cost, digits: int) -> "CostOut":
        """Show what points cost."""
        amounts = (cost.tried_minor, cost.real_minor, cost.difference_minor)
        return cls(*(decimal_text(amount, digits) for amount in amounts))


class TierSumOut(Struct):
    """The purchases that were decided with a tier held; null: with none."""

    tier: str | None
    sum: SumOut


class MonthOut(Struct):
    """The purchases placed in a local month."""

    month: str
    sum: SumOut


class MoverOut(Struct):
    """One of those for whom it makes most of a difference; `id` is the service's own."""

    id: UUID
    sum: SumOut


class ResultOut(Struct):
    """What came of it. `customers`: those whose purchases could earn; they gain, lose, or get the same."""

    total: SumOut
    cost: CostOut | None
    customers: int
    gain: int
    lose: int
    same: int
    gained_most: list[MoverOut]
    lost_most: list[MoverOut]
    tiers: list[TierSumOut]
    months: list[MonthOut]
    seconds: float

    @classmethod
    def of(cls, result: Result, digits: int) -> "ResultOut":
        """Show a result."""
        return cls(
            SumOut.of(result.total),
            CostOut.of(result.cost, digits) if result.cost else None,
            result.customers,
            result.gain,
            result.lose,
            result.same,
            [MoverOut(mover.customer_id, SumOut.of(mover.sum)) for mover in result.gained_most],
            [MoverOut(mover.customer_id, SumOut.of(mover.sum)) for mover in result.lost_most],
            [TierSumOut(tier.tier, SumOut.of(tier.sum)) for tier in result.tiers],
            [MonthOut(month.month, SumOut.of(month.sum)) for month in result.months],
            result.seconds,
        )


class BacktestOut(Struct):
    """A back-test as it stands: `done` of `total` decisions (null: not counted yet). `result` once it is done."""

    backtest_id: UUID
    name: str
    draft_id: UUID | None
    rules: list[dict[str, Any]]
    from_on: date
    to_on: date
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    done: int
    total: int | None
    result: ResultOut | None
    error: str | None
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, facts: BacktestFacts, digits: int) -> "BacktestOut":
        """Show a back-test."""
        return cls(
            facts.backtest_id,
            facts.name,
            facts.draft_id,
            told_rules(facts.rules, digits),
            facts.from_on,
            facts.to_on,
            facts.state,
            facts.done,
            facts.total,
            ResultOut.of(facts.result, digits) if facts.result else None,
            facts.error,
            facts.asked_at,
            facts.started_at,
            facts.ended_at,
        )


class BacktestList(Struct):
    """The newest back-tests."""

    data: list[BacktestOut]
    next_cursor: str | None = None
