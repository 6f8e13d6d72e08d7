"""The parts that day sets can tell: what is summed of gaps, money, lines and points, first days, first redemptions."""

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
from kpi.parts.points import FirstRedemptions, Points
from kpi.periods import Days
from kpi.rollup import newcomers
from kpi.rollup.fold import Fold
from kpi.rollup.ledger import newcomers_of
from kpi.rollup.loading import Before
from kpi.rollup.newcomers import microseconds
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

# The kinds of sets that first days are made of.
JOINED = ("joined", "welcomed")
# Who joined so long ago has had 30 local days, at whatever hour, and whatever the clocks did.
_OLD_ENOUGH = timedelta(days=32)


def summed_parts(
    needs: frozenset[str], folds: Mapping[Days, Fold], program: ProgramFacts, known: Knowledge
) -> dict[str, Mapping[Days, Any]]:
    """Make those of the needed parts that sums and sets can tell."""
    found = {
        name: {days: make(fold) for days, fold in folds.items()} for name, make in _SUMMED.items() if name in needs
    }
    if "first_redemptions" in needs:
        as_of = microseconds(known.as_of)
        found["first_redemptions"] = {days: _first_redemptions(fold, as_of) for days, fold in folds.items()}
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


def points(fold: Fold, end: Before) -> Points:
    """Tell what became of points in a period; the stocks are those at its end."""
    moved = fold.points
    return Points(
        issued=moved.issued,
        redeemed=moved.redeemed,
        restored=moved.restored,
        expired=moved.expired,
        forfeited=moved.forfeited,
        clawed_back=moved.clawed_back,
        outstanding=end.held,
        debt=end.debt,
        redeemers=fold.redeemers,
    )


def _first_redemptions(fold: Fold, as_of: int) -> FirstRedemptions:
    """Tell how long newcomers were watched, up to the instant `as_of`, and whether they had redeemed by then."""
    joined, left, redeemed_at = newcomers_of(fold.newcomers).T
    seen = joined < as_of
    end = np.minimum(left[seen], as_of)
    redeemed = redeemed_at[seen] <= end
    return FirstRedemptions(np.where(redeemed, redeemed_at[seen], end) - joined[seen], redeemed.astype(np.int64))


def _units(fold: Fold) -> Units:
    """Give an entry for each status under which anything was sold."""
    lines, orders = fold.lines, fold.member.orders + fold.other.orders + fold.anonymous.purchases
    sides = [(1, lines.member_sold, lines.member_returned), (0, lines.other_sold, lines.other_returned)]
    member, sold, returned = np.array([side for side in sides if side[1]], dtype=np.int64).reshape(-1, 3).T
    return Units(
        person=np.arange(len(member)),
        member=member,
        sold=sold,
        returned=returned,
        flow=(lines.member_back, lines.other_back),
        unlined=orders - lines.told,
        untold=lines.untold,
        by_customer=False,
    )


def _margins(fold: Fold) -> Margins:
    """Give an entry for each status."""
    lines = fold.lines
    return Margins(
        person=np.arange(2),
        member=np.array([1, 0]),
        net=np.array([fold.member.net, fold.other.net]),
        cost=np.array([lines.member_cost, lines.other_cost]),
        covered=np.array([lines.member_covered, lines.other_covered]),
        by_customer=False,
    )


def _set(numbers: Counts) -> Customers:
    return Customers(numbers.astype(np.uint32))


_SUMMED: dict[str, Callable[[Fold], Any]] = {
    "gaps": lambda fold: SummedGaps(fold.member_gaps, fold.other_gaps),
    "rewards": lambda fold: Rewards(fold.member.net, fold.member_rewards),
    "units": _units,
    "margins": _margins,
    "first_margins": lambda fold: Covered(
        fold.first_net, fold.lines.first_cost, fold.lines.first_covered, len(fold.first)
    ),
}
