"""Estimates and measurements as JSON. Effects are per customer over 90 days; spend is in minor units, unrounded."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from kpi.impact.comparison import Compared
from kpi.impact.facts import EstimateFacts, Inputs, State
from kpi.impact.gates import Verdict, gates_of, verdict
from kpi.impact.holdout import Adjusted, Measured
from kpi.impact.horizon import Outlook
from kpi.impact.matching import Effect
from kpi.impact.measuring import Measurement, Outcome
from kpi.impact.measuring import State as MeasurementState
from loyalty.intervals import Interval


class EffectBody(Struct, frozen=True):
    """A figure and its interval. `without`: what it would have been; `lift`: the value over that.

    `cautious` allows for members who are alone among those they are compared with; only the estimate has it.
    """

    value: float
    ci95: Interval
    without: float
    lift: float | None
    lift_ci95: Interval | None
    cautious: Interval | None

    @classmethod
    def of(cls, effect: Effect | None) -> "EffectBody | None":
        """Show an effect."""
        if effect is None:
            return None
        return cls(effect.value, effect.ci95, effect.without, effect.lift, effect.lift_ci95, effect.cautious)


class GatesBody(Struct, frozen=True):
    """Which checks were passed; null where one could not be tried, which is not passing it."""

    g1_placebo: bool | None
    g2_matched: bool
    g3_balance: bool | None
    g4_self_test: bool | None


class OutcomeBody(Struct, frozen=True):
    """One outcome. `effect` leaves the day of joining out; `naive` is the gap, matched with nothing.

    `placebo` is the same 45 days earlier; `rise` lies wholly before joining. `naive_times`: how many times larger the
    gap is than the effect.
    """

    verdict: Verdict
    gates: GatesBody
    effect: EffectBody | None
    with_day: EffectBody | None
    naive: EffectBody | None
    naive_times: float | None
    placebo: EffectBody | None
    rise: EffectBody | None


class SelfTestBody(Struct, frozen=True):
    """Of `splits` estimates of nothing, how many intervals held 0, by outcome."""

    splits: int
    held_zero: dict[str, int]


class ComparisonBody(Struct, frozen=True):
    """What an estimate came to, and what it was made of."""

    inputs: Inputs
    days: int
    joined: int
    eligible: int
    matched: int
    others: int
    differences: dict[str, float | None]
    outcomes: dict[str, OutcomeBody]
    self_test: SelfTestBody
    seconds: float


class EstimateBody(Struct, frozen=True):
    """An estimate: `done` of `total` steps. `result` when it is done, `error` when it failed."""

    estimate_id: UUID
    state: State
    done: int
    total: int | None
    result: ComparisonBody | None
    error: str | None
    asked_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, facts: EstimateFacts) -> "EstimateBody":
        """Show an estimate."""
        told = (facts.estimate_id, facts.state, facts.done, facts.total, _result(facts), facts.error)
        return cls(*told, facts.asked_at, facts.ended_at)


class EstimateList(Struct, frozen=True):
    """The newest estimates, at most 50."""

    data: list[EstimateBody]


class MeasuredBody(Struct, frozen=True):
    """Offered less held out, per customer; `held_out` is that arm's mean. `left`: of CUPED, the variance left."""

    value: float
    ci95: Interval | None
    held_out: float
    left: float | None = None

    @classmethod
    def of(cls, measured: Measured | None) -> "MeasuredBody | None":
        """Show what was measured."""
        return None if measured is None else cls(measured.value, measured.ci95, measured.held_out)

    @classmethod
    def cuped(cls, told: Adjusted | None) -> "MeasuredBody | None":
        """Show it after CUPED."""
        return None if told is None else cls(told.effect.value, told.effect.ci95, told.effect.held_out, told.left)


class MeasuredOutcome(Struct, frozen=True):
    """One outcome: plain, and after taking off what the past foretells."""

    plain: MeasuredBody | None
    cuped: MeasuredBody | None

    @classmethod
    def of(cls, outcome: Outcome) -> "MeasuredOutcome":
        """Show an outcome."""
        return cls(MeasuredBody.of(outcome.plain), MeasuredBody.cuped(outcome.cuped))


class MeasurementBody(Struct, frozen=True):
    """What a holdout measured. `outcomes` is empty until it was read, when it was stopped, and on an alarm.

    It is read once, when its day has come, of what is known at `as_of`, and stays. `offered` and `held_out` are counted
    daily until then: two customers may turn out to be one. `p`: how often chance alone would give arms so far from
    their share; below 0.001 it is an alarm.
    """

    holdout_id: UUID
    state: MeasurementState
    ends_at: datetime
    offered: int
    held_out: int
    p: float
    outcomes: dict[str, MeasuredOutcome]
    as_of: datetime

    @classmethod
    def of(cls, told: Measurement) -> "MeasurementBody":
        """Show a measurement."""
        lot, outcomes = told.lot, {name: MeasuredOutcome.of(one) for name, one in told.outcomes.items()}
        sizes = (lot.offered, lot.held_out, lot.p)
        return cls(told.holdout.holdout_id, told.state, told.holdout.ends_at, *sizes, outcomes, told.as_of)


class LengthBody(Struct, frozen=True):
    """The smallest effects on spend found with 80 % power in so many weeks, as shares of what is spent."""

    weeks: int
    plain: float | None
    cuped: float | None


class PlanBody(Struct, frozen=True):
    """When a holdout will be able to tell: `weeks` is the shortest that would find the effect hoped for; null: none.

    `customers` were known and no members when the shortest length began; `until` is the first local day that was not
    used, null before the first estimate.
    """

    holdout_share: str
    hoped_for: float
    customers: int
    until: date | None
    weeks: int | None
    lengths: list[LengthBody]

    @classmethod
    def of(cls, share: str, hoped_for: float, customers: int, until: date | None, told: Outlook) -> "PlanBody":
        """Show a plan."""
        lengths = [LengthBody(one.weeks, one.plain, one.cuped) for one in told.findable]
        return cls(share, hoped_for, customers, until, told.weeks, lengths)


def _result(facts: EstimateFacts) -> ComparisonBody | None:
    if facts.result is None:
        return None
    comparison, tested = facts.result.comparison, facts.result.tested
    outcomes = {}
    for name, compared in comparison.outcomes.items():
        gates = gates_of(name, comparison, tested)
        told = GatesBody(gates.placebo, gates.matched, gates.balance, gates.self_test)
        outcomes[name] = _outcome(compared, told, verdict(compared, gates))
    return ComparisonBody(
        inputs=facts.result.inputs,
        days=comparison.days,
        joined=comparison.joined,
        eligible=comparison.eligible,
        matched=comparison.matched,
        others=comparison.others,
        differences=comparison.differences,
        outcomes=outcomes,
        self_test=SelfTestBody(tested.splits, tested.held),
        seconds=facts.result.seconds,
    )


def _outcome(compared: Compared, gates: GatesBody, told: Verdict) -> OutcomeBody:
    figures = (compared.placebo, compared.rise)
    return OutcomeBody(
        told,
        gates,
        EffectBody.of(compared.effect),
        EffectBody.of(compared.with_day),
        EffectBody.of(compared.naive),
        compared.times,
        *(EffectBody.of(one) for one in figures),
    )
