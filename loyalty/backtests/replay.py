"""Going through a programme's past under other rules, slice by slice. Reads only; a slice is one short statement."""

from collections.abc import Callable
from time import perf_counter

from loyalty.backtests import queries
from loyalty.backtests.facts import NewBacktest, Result
from loyalty.backtests.rules import Bench, Decision, Merger, span
from loyalty.backtests.sums import Sums
from loyalty.database import Connection
from loyalty.earning.rules import RulesVersion, StoredRules
from loyalty.programs.facts import ProgramFacts, Source

# Hundreds of milliseconds at most, even with many rules: the process that does it has other things to do.
SLICE = 500


class Replay:
    """One back-test while it runs: `done` of `total` decisions."""

    def __init__(
        self, program: ProgramFacts, new: NewBacktest, each: Callable[[Decision, int], None] | None = None
    ) -> None:
        """Lay out what is tried on which days. `each` is told every decision with what it changes under these rules."""
        self._program, self._new, self._each = program, new, each
        self._version = RulesVersion(StoredRules(0, None, new.rules))
        self._placed = span(self._version, new.from_on, new.to_on, program.zone)
        self._sums = Sums(new.from_on, new.to_on, program.zone)
        self._segments = sorted(self._version.needs.segments)
        self._bench: Bench | None = None
        self._after = self._until = queries.NOTHING_YET
        self._seconds = 0.0
        self.done = self.total = 0

    async def begin(self, connection: Connection) -> None:
        """Find out how much there is. What is recorded from now on is not looked at."""
        program_id = self._program.program_id
        self._until = await queries.last_decision(connection, program_id)
        self.total = await queries.count(connection, program_id, self._until, self._placed)
        asked = await queries.asked_segments(connection, program_id) if self._segments else {}
        source = Source(self._program, None, "default", "backtest", "backtest")
        self._bench = Bench(source, self._version, asked)

    async def step(self, connection: Connection, size: int = SLICE) -> bool:
        """Decide the next slice; False when there was none."""
        began = perf_counter()
        place = (self._program.program_id, self._after, self._until, self._placed)
        # One rule that asks for nothing earns the same however the goods are parted.
        lines = self._version.plain is None
        told = await queries.decisions(connection, *place, size, segments=self._segments, lines=lines)
        for one in told:
            self._take(one)
        self.done += len(told)
        self._after = told[-1].award_id if told else self._after
        self._seconds += perf_counter() - began
        return bool(told)

    def _take(self, one: Decision | Merger) -> None:
        bench = self._bench
        if bench is None:
            raise AssertionError
        if isinstance(one, Merger):
            bench.merge(one)
            self._sums.merge(one)
            return
        change = bench.decide(one)
        self._sums.add(one, change)
        if self._each:
            self._each(one, change)

    def result(self) -> Result:
        """Add it up."""
        return self._sums.result(self._new.point_cost_minor, self.done, round(self._seconds, 3))
