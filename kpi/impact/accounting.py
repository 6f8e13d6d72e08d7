"""Reads what the programme cost while it had an effect, and what members' purchases left: the figures of the KPIs."""

from dataclasses import dataclass
from datetime import timedelta

from kpi import actions as kpis
from kpi import periods
from kpi.answers import Figures
from kpi.impact.facts import Result
from kpi.impact.gates import gates_of, verdict
from kpi.impact.measuring import Measurement
from kpi.impact.queries import spent
from kpi.impact.returns import AFTER, Costs, Gain, Return, Sales
from kpi.measure import Reason
from kpi.periods import Days
from kpi.reasons import NO_RUNNING_SPEND
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Account:
    """The return on a gain, or what is `missing` to know it."""

    gain: Gain
    told: Return | None
    missing: tuple[Reason, ...] = ()


def gain_of(result: Result | None, measurement: Measurement | None, program: ProgramFacts) -> Gain | None:
    """Give the best effect on spend there is: measured, else estimated; None where neither may be told."""
    if measurement is not None and measurement.state == "over" and "spend" in measurement.outcomes:
        outcome, holdout = measurement.outcomes["spend"], measurement.holdout
        told = outcome.cuped.effect if outcome.cuped else outcome.plain
        if told is not None and told.ci95 is not None and not measurement.lot.few:
            between = (periods.day_of(at, program.zone) for at in (holdout.started_at, holdout.ends_at))
            return Gain("measured", told.value, told.ci95, Days(*between), measurement.lot.offered)
    if result is None:
        return None
    compared = result.comparison.outcomes["spend"]
    if compared.effect is None or verdict(compared, gates_of("spend", result.comparison, result.tested)) != "estimated":
        return None
    days = Days(result.inputs.until - AFTER, result.inputs.until)
    return Gain("estimated", compared.effect.value, compared.effect.ci95, days)


async def read_account(connection: Connection, program: ProgramFacts, gain: Gain) -> Account:
    """Hold the gain against what the programme cost on the same days."""

    async def figures(key: str, days: Days = gain.days) -> Figures:
        return (await kpis.answer(connection, program, key, *days)).figures

    before = Days(gain.days.start - _DAY, gain.days.start)
    profit, rewards = await figures("profit_per_customer"), await figures("reward_cost_ratio")
    owed, owed_before = await figures("points_liability"), await figures("points_liability", before)
    money = await spent(connection, program.program_id, gain.days)
    reasons = [told.reason for told in (profit, rewards, owed, owed_before)]
    reasons.append(None if "running" in money else NO_RUNNING_SPEND)
    missing = tuple({reason.key: reason for reason in reasons if reason}.values())
    if missing:
        return Account(gain, None, missing)
    counts = rewards.counts
    costs = Costs(
        rewards=counts["discounts_minor"] + counts["handed_over_minor"] - counts["taken_back_minor"],
        liability=owed.segments["all"].num - owed_before.segments["all"].num,
        running=money["running"],
        enrolment=money.get("enrolment", 0),
    )
    sales = Sales(counts["revenue_minor"], counts["discounts_minor"], profit.segments["member"].num)
    customers = gain.customers
    if customers is None:
        customers = (await figures("loyal_conversion")).segments["member"].den or 0
    return Account(gain, Return(gain, customers, sales, costs))
