"""What the worker does: it makes the estimates that are asked for, and asks for one a month by itself."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg
import structlog

from kpi.impact import queries
from kpi.impact.actions import BY_ITSELF, start
from kpi.impact.comparison import Comparing, days_of_joining
from kpi.impact.facts import METHOD, EstimateFacts, Inputs, Result
from kpi.impact.halves import SPLITS, Testing
from kpi.impact.planning import pasts_of
from kpi.impact.reading import cuts_of, read_rows, shop_of
from kpi.impact.shop import NEVER, Shop
from kpi.impact.strata import fixed_cuts
from kpi.impact.tables import LONGEST_ERROR
from kpi.knowledge import knowledge
from kpi.rows.queries import now
from loyalty.errors import Unavailable
from loyalty.jobs.job import Desk
from loyalty.jobs.sweeper import told
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of

# So often it says how far it is, and hears that it was cancelled.
_SLICE_SECONDS = 0.3
# The database was away, or too busy: the job is tried again, and begins anew.
_AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, Unavailable)
_ATTEMPTS = 5
log = structlog.get_logger("kpi.impact")


async def monthly(desk: Desk) -> None:
    """Ask for the month's estimate, with its self-test, unless somebody did."""
    async with desk.database.writer() as connection, connection.transaction():
        if not await queries.has_this_months(connection, desk.program_id):
            await start(connection, desk.program_id, BY_ITSELF)


async def work_off(desk: Desk) -> None:
    """Make all estimates that are asked for. One that was cancelled is left within a second or two."""
    while True:
        async with desk.database.writer() as connection:
            taken = await queries.take(connection, desk.program_id, desk.run_id)
        if taken is None:
            return
        try:
            await _make(desk, taken)
        except _AWAY as error:
            if desk.attempt < _ATTEMPTS:
                raise
            await _fail(desk, taken, error)
        except Exception as error:  # noqa: BLE001 - it would fail again; the others go on
            await _fail(desk, taken, error)


@dataclass(eq=False)
class _Work:
    """An estimate under way, a step after the other."""

    shop: Shop
    cuts: tuple[int, ...]

    def __post_init__(self) -> None:
        self._comparing = Comparing(self.shop, self.cuts)
        self.total = self._comparing.total + SPLITS
        self.done = 0
        self._steps = self._all()

    def slice(self) -> bool:
        """Work for a moment; False when all is done."""
        ends_at = time.monotonic() + _SLICE_SECONDS
        for _ in self._steps:
            self.done += 1
            if time.monotonic() >= ends_at:
                return True
        return False

    def _all(self) -> Iterator[None]:
        while self._comparing.step():
            yield
        self._testing = Testing(self.shop, self.cuts)
        while self._testing.step():
            yield

    def result(self, inputs: Inputs, seconds: float) -> Result:
        """Give what it came to."""
        pasts = tuple(pasts_of(self.shop))
        return Result(inputs, self._comparing.result(), self._testing.result(), seconds, pasts)


async def _make(desk: Desk, taken: EstimateFacts) -> None:
    began = time.monotonic()
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
        instant = await now(connection, desk.program_id)
        known = knowledge(instant, instant).as_of
        rows = await read_rows(connection, desk.program_id, known)
    shop = await asyncio.to_thread(shop_of, rows, program, known)
    cuts = fixed_cuts(program.currency) or await _own_cuts(desk, shop)
    work = await asyncio.to_thread(_Work, shop, cuts)
    key = (desk.program_id, taken.estimate_id, desk.run_id)
    while await asyncio.to_thread(work.slice):
        async with desk.database.writer() as connection:
            if not await queries.progress(connection, *key, work.done, work.total):
                return
    inputs = _inputs(program, shop, cuts, known)
    result = await asyncio.to_thread(work.result, inputs, time.monotonic() - began)
    async with desk.database.writer() as connection, connection.transaction():
        if await queries.progress(connection, *key, work.total, work.total):
            await queries.end(connection, *key, result)


async def _own_cuts(desk: Desk, shop: Shop) -> tuple[int, ...]:
    async with desk.database.writer() as connection:
        kept = await queries.kept_cuts(connection, desk.program_id)
        # Until there is an estimate to speak of, they would be those of the shop's first few customers.
        if kept is None and len(days_of_joining(shop)):
            kept = await queries.keep_cuts(connection, desk.program_id, cuts_of(shop))
    return kept or cuts_of(shop)


def _inputs(program: ProgramFacts, shop: Shop, cuts: tuple[int, ...], known: datetime) -> Inputs:
    return Inputs(
        method=METHOD,
        as_of=known,
        timezone=program.timezone,
        currency=program.currency,
        until=date.fromordinal(shop.until),
        cuts=cuts,
        customers=shop.customers,
        members=int((shop.joined != NEVER).sum()),
        purchases=len(shop.day),
        net_minor=int(shop.net.sum()),
    )


async def _fail(desk: Desk, taken: EstimateFacts, error: BaseException) -> None:
    why = told(error)[:LONGEST_ERROR]
    log.warning("estimate failed", program_id=desk.program_id, estimate_id=str(taken.estimate_id), error=why)
    async with desk.database.writer() as connection:
        await queries.end(connection, desk.program_id, taken.estimate_id, desk.run_id, why)
