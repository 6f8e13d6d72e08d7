"""The parts that day sets can tell: what is summed, what a shop that tells no lines has nothing of, and first days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from kpi import periods
from kpi.facts import NOBODY, Counts, Customers
from kpi.knowledge import Knowledge
from kpi.parts.first_days import FirstDays
from kpi.parts.gaps import SummedGaps
from kpi.parts.money import MATURE_AFTER, Covered, Margins, Rewards, Units
from kpi.periods import Days
from kpi.rollup import newcomers
from kpi.rollup.fold import Fold
from kpi.rollup.newcomers import microseconds
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

# The kinds of sets that first days are made of.
JOINED = ("joined", "welcomed")
# Who joined so long ago has had 30 local days, at whatever hour, and whatever the clocks did.
_OLD_ENOUGH = timedelta(days=32)


def summed_parts(
    needs: frozenset[str], folds: Mapping[Days, Fold], program: ProgramFacts, known: Knowledge, *, has_lines: bool
) -> dict[str, Mapping[Days, Any]]:
    """Make those of the needed parts that sums and sets can tell; where lines are told, only rows say what they say."""
    makers = _SUMMED if has_lines else _SUMMED | _WITHOUT_LINES
    found = {name: {days: make(fold) for days, fold in folds.items()} for name, make in makers.items() if name in needs}
    if "units" in found:
        found["units"] = {
            days: replace(part, immature=periods.instant(days.end, program.zone) + MATURE_AFTER > known.as_of)
            for days, part in found["units"].items()
        }
    return dict(found)


def old_enough(program: ProgramFacts, wanted: Sequence[Days], known: Knowledge) -> dict[Days, Days]:
    """Tell which days at the beginning of each period are so long ago that nobody's first days go on."""
    young = _young(program, known)
    return {days: Days(days.start, max(days.start, min(days.end, young.start))) for days in wanted}


async def first_days(
    connection: Connection, program: ProgramFacts, known: Knowledge, joined: Mapping[Days, Fold]
) -> Mapping[Days, FirstDays]:
    """Tell who joined and bought in time: by the sets of days that are old enough, and of the others one by one."""
    young = _young(program, known)
    end = max((days.end for days in joined), default=young.start)
    late = None
    if end > young.start:
        instants = [periods.instant(day, program.zone) for day in (young.start, end)]
        late = await newcomers.read(connection, program.program_id, instants[0], instants[1], program.timezone)
    found = {}
    for days, fold in joined.items():
        part = FirstDays(fold.joined, fold.welcomed, NOBODY)
        start = max(days.start, young.start)
        if late is not None and start < days.end:
            own = late.between(*(periods.instant(day, program.zone) for day in (start, days.end)))
            due = own.due <= microseconds(known.as_of)
            # Who joined twice counts from the first time.
            mature, bought, immature = (
                _set(own.customer[which]) - fold.joined for which in (due, due & own.bought, ~due)
            )
            part = FirstDays(fold.joined | mature, fold.welcomed | bought, immature)
        found[days] = part
    return found


def _young(program: ProgramFacts, known: Knowledge) -> Days:
    today = periods.day_of(known.as_of, program.zone)
    return Days(today - _OLD_ENOUGH, today)


def _margins(fold: Fold) -> Margins:
    """Give everybody who bought; nothing has a cost, so it makes no difference to whom of a status the money goes."""
    member, other = (np.array(side.buyers.to_array(), dtype=np.int64) for side in (fold.member, fold.other))
    person = np.concatenate((member, other))
    net = np.zeros(len(person), dtype=np.int64)
    for side, first in ((fold.member, 0), (fold.other, len(member))):
        net[first : first + 1] += side.net
    nothing: Counts = np.zeros(len(person), dtype=np.int64)
    return Margins(
        person=np.unique(person, return_inverse=True)[1].astype(np.int64),
        member=(np.arange(len(person)) < len(member)).astype(np.int64),
        net=net,
        cost=nothing,
        covered=nothing,
    )


def _set(numbers: Counts) -> Customers:
    return Customers(numbers.astype(np.uint32))


_SUMMED: dict[str, Callable[[Fold], Any]] = {
    "gaps": lambda fold: SummedGaps(fold.member_gaps, fold.other_gaps),
    "rewards": lambda fold: Rewards(fold.member.net, fold.member_rewards),
}
_WITHOUT_LINES: dict[str, Callable[[Fold], Any]] = {
    "units": lambda fold: Units(unlined=fold.member.orders + fold.other.orders + fold.anonymous.purchases),
    "margins": _margins,
    "first_margins": lambda fold: Covered(net=fold.first_net, purchases=len(fold.first)),
}
