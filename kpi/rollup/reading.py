"""The facts of periods, from the day sets: what is known now, or was when the worker last came by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from kpi import periods
from kpi.facts import Around, Customers, PeriodFacts
from kpi.knowledge import Knowledge
from kpi.periods import Days
from kpi.rollup import numbers
from kpi.rollup.fold import GAPS, KINDS, NEWCOMERS, Fold
from kpi.rollup.loading import Loading, pieces
from kpi.rollup.parts import JOINED, first_days, old_enough, points, summed_parts
from kpi.rollup.serving import Serving, serving
from kpi.rollup.store import Piece
from kpi.rows.part import windows
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

# What day sets have not: sums by customer, for the intervals of means, and gaps one by one, for their median.
BY_CUSTOMER = frozenset({"spread", "gaps", "clusters"})
# So many are read from the rows in a tenth of a second or two: nobody need wait for an interval.
FEW_PURCHASES = 50_000
# Lines take ten times as long.
FEW_WITH_LINES = 5_000
_ATTEMPTS = 5
_OF_LINES = frozenset({"units", "margins", "first_margins"})
# Parts made of what is packed, and is read only for them.
_PACKED = {"gaps": GAPS, "first_redemptions": NEWCOMERS}


class RollupReading:
    """A `Reading` from days and months. What it needs is unpacked once, and shared with later readings."""

    def __init__(
        self,
        connection: Connection,
        program_id: int,
        known: Knowledge,
        facts: Mapping[Days, PeriodFacts],
        around: Mapping[Days, Around],
        versions: Mapping[Piece, int],
        parts: Mapping[str, Mapping[Days, Any]],
    ) -> None:
        """Hold what was read; the connection is asked once more when customers are to be named."""
        self.known = known
        self.versions = versions
        self._connection = connection
        self._program_id = program_id
        self._facts = facts
        self._around = around
        self._parts = parts

    @classmethod
    async def read(
        cls,
        connection: Connection,
        program: ProgramFacts,
        wanted: Sequence[Days],
        known: Knowledge,
        needs: frozenset[str] = frozenset(),
    ) -> "RollupReading | None":
        """Read what the wanted periods need, with the periods around them; None where rows must be read instead.

        That is where nothing is built, and where somebody needs what is by customer of few enough purchases.
        """
        kinds = (*KINDS, *(kind for part, kind in _PACKED.items() if part in needs))
        grown_up = old_enough(program, wanted, known) if "first_days" in needs else {}
        beside = list(dict.fromkeys(windows(program, wanted, needs)))
        days = _single_days([*wanted, *beside]) | {p.first_on for one in grown_up.values() for p in pieces(*one)}
        for _ in range(_ATTEMPTS):
            found = await serving(connection, program.program_id, days)
            if found is None or (needs & BY_CUSTOMER and found.purchases <= _few(found, needs)):
                return None
            loading = Loading(found)
            _plan(loading, wanted, beside, kinds)
            for one in grown_up.values():
                loading.want_range(one, JOINED)
            if await loading.load(connection, program.program_id):
                folds = {piece: loading.range(piece, kinds) for piece in wanted}
                facts = {piece: _facts_of(loading, piece, fold) for piece, fold in folds.items()}
                around = {piece: _around(loading, piece) for piece in beside}
                parts = summed_parts(needs, folds, program, known)
                if "points" in needs:
                    parts["points"] = {days: points(fold, loading.before(days.end)) for days, fold in folds.items()}
                if grown_up:
                    joined = {days: loading.range(one, JOINED) for days, one in grown_up.items()}
                    parts["first_days"] = await first_days(connection, program, known, joined)
                return cls(
                    connection, program.program_id, counted_by(known, found), facts, around, found.versions, parts
                )
        return None

    def facts_of(self, days: Days) -> PeriodFacts:
        """Give the facts of one of the periods that were read."""
        return self._facts[days]

    def around(self, days: Days) -> Around:
        """Give what is asked of one of the periods around them."""
        return self._around[days]

    def part(self, name: str) -> Mapping[Days, Any] | None:
        """Give a part that is made of sums and sets; None where the rows say more."""
        return self._parts.get(name)

    async def numbers(self, ids: Iterable[UUID]) -> Customers:
        """Give the customers of these ids."""
        return Customers(await numbers.numbers(self._connection, self._program_id, list(ids)))

    async def named(
        self, customers: Customers, after: UUID | None = None, most: int | None = None
    ) -> list[tuple[UUID, int]]:
        """Give the ids of customers with their numbers, in the order of the ids."""
        return await numbers.named(self._connection, self._program_id, customers, after, most)


def _single_days(wanted: Iterable[Days]) -> set[date]:
    """Give the days that are not part of a whole month of what is wanted."""
    stretches = [(periods.previous(days), days) for days in wanted]
    found = {p.first_on for both in stretches for days in both for p in pieces(*days) if p.grain == "day"}
    for _, days in stretches:
        for at in days:
            found |= {p.first_on for p in pieces(periods.month_of(at).start, at)}
    return found


def _few(found: Serving, needs: frozenset[str]) -> int:
    """Tell how many purchases are read from the rows rather than have an interval pending."""
    return min(FEW_PURCHASES, FEW_WITH_LINES) if found.has_lines and needs & _OF_LINES else FEW_PURCHASES


def _plan(loading: Loading, wanted: Sequence[Days], beside: Sequence[Days], kinds: Sequence[str]) -> None:
    for days in wanted:
        loading.want_range(days, kinds)
        loading.want_buyers(periods.previous(days))
    for days in beside:
        loading.want_buyers(days)
    # Points are held at the ends.
    loading.want_before({day for days in wanted for day in days} | {days.start for days in beside})


def _facts_of(loading: Loading, days: Days, fold: Fold) -> PeriodFacts:
    before = loading.before(days.start)
    return PeriodFacts(
        member_at_start=before.members,
        known=before.known,
        bought_before=loading.buyers(periods.previous(days)),
        joined=fold.joined,
        left=fold.left,
        member=fold.member,
        other=fold.other,
        anonymous=fold.anonymous,
        left_out=fold.left_out,
    )


def _around(loading: Loading, days: Days) -> Around:
    before = loading.before(days.start)
    return Around(before.known, before.members, loading.buyers(days))


def counted_by(known: Knowledge, found: Serving) -> Knowledge:
    """Tell what is known of what was worked off: the rest is not in the figures."""
    if found.behind_since is None:
        return known
    return replace(known, data_as_of=min(known.data_as_of, found.behind_since))
