"""What staff see and do about the programme's effect, each as one edge."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from kpi.impact.accounting import Account, gain_of, read_account
from kpi.impact.actions import cancel, last_done, latest, newest_measurements, plan, start
from kpi.impact.facts import EstimateFacts
from kpi.impact.horizon import Outlook
from kpi.impact.measuring import Measurement
from kpi.objectives.actions import seen_objectives, set_objective, withdraw_objective
from kpi.objectives.rules import Progress, Side
from loyalty.database import Connection, Database, one
from loyalty.errors import LoyaltyError
from loyalty.holdouts.actions import start_holdout, stop_holdout
from loyalty.programs.facts import ProgramFacts


class Effects(Struct, frozen=True):
    """What is known of the programme's effect. `estimate` came to something; `under_way` waits or runs.

    `measurement` is the newest that was read, else of the newest holdout; `running` is of the one that runs.
    """

    estimate: EstimateFacts | None = None
    under_way: EstimateFacts | None = None
    measurement: Measurement | None = None
    objectives: Sequence[Progress] = ()
    running: Measurement | None = None


class Planned(Struct, frozen=True):
    """When a holdout would be able to tell: of how many customers, by a past until which day; None: none was read."""

    customers: int
    outlook: Outlook
    until: date | None = None


class Aim(Struct, frozen=True):
    """An objective to set."""

    key: str
    side: Side
    target: Decimal
    due_on: date


class StaffEffects:
    """The verbs about the programme's effect. A refusal is told by its lasting code; "" is none."""

    def __init__(self, database: Callable[[], Database], ring: Callable[[], None]) -> None:
        """Hold where it is."""
        self._database, self._ring = database, ring

    async def seen(self, program: ProgramFacts) -> Effects:
        """Read what is known of the effect, and the objectives."""
        async with self._database().reader() as connection:
            known = await _known(connection, program.program_id)
            return replace(known, objectives=await seen_objectives(connection, program))

    async def evidence(self, program: ProgramFacts) -> Effects:
        """Read the newest estimate, and the newest holdouts as far as they were read."""
        async with self._database().reader() as connection:
            return await _known(connection, program.program_id)

    async def account(self, program: ProgramFacts, seen: Effects) -> Account | None:
        """Hold what was seen of the effect against what the programme cost; None where no effect may be told."""
        gain = gain_of(seen.estimate.result if seen.estimate else None, seen.measurement, program)
        if gain is None:
            return None
        async with self._database().reader() as connection:
            return await read_account(connection, program, gain)

    async def planned(self, program: ProgramFacts, holdout_bp: int, hoped_for: float) -> Planned:
        """Tell when a holdout would be able to tell."""
        async with self._database().reader() as connection:
            customers, until, outlook = await plan(connection, program.program_id, holdout_bp, hoped_for)
            return Planned(customers, outlook, until)

    async def estimate(self, program: ProgramFacts, user_id: UUID) -> str:
        """Have the effect estimated."""
        refused = await self._do(lambda connection: start(connection, program.program_id, f"user:{user_id}"))
        self._ring()
        return refused

    async def cancel(self, program: ProgramFacts, estimate_id: UUID) -> str:
        """Stop an estimate."""
        return await self._do(lambda connection: cancel(connection, program.program_id, estimate_id))

    async def hold_out(self, program: ProgramFacts, user_id: UUID, holdout_bp: int, weeks: int) -> str:
        """Start a holdout."""
        by = f"user:{user_id}"
        return await self._do(
            lambda connection: start_holdout(connection, program, by, holdout_bp=holdout_bp, weeks=weeks)
        )

    async def stop(self, program: ProgramFacts, user_id: UUID, holdout_id: UUID) -> str:
        """Stop a holdout."""
        by = f"user:{user_id}"
        return await self._do(lambda connection: stop_holdout(connection, program.program_id, holdout_id, by))

    async def aim(self, program: ProgramFacts, user_id: UUID, aim: Aim) -> str:
        """Set an objective."""
        by = f"user:{user_id}"
        return await self._do(
            lambda connection: set_objective(
                connection, program, by, key=aim.key, side=aim.side, target=aim.target, due_on=aim.due_on
            )
        )

    async def withdraw(self, program: ProgramFacts, objective_id: UUID) -> str:
        """Pursue an objective no more."""
        return await self._do(lambda connection: withdraw_objective(connection, program, objective_id))

    async def _do(self, verb: Callable[[Connection], Awaitable[object]]) -> str:
        async def within(connection: Connection) -> None:
            async with connection.transaction():
                await verb(connection)

        try:
            await one(self._database(), lambda tx: within(tx.connection))
        except LoyaltyError as refusal:
            return refusal.code
        return ""


async def _known(connection: Connection, program_id: int) -> Effects:
    newest = await latest(connection, program_id, 1)
    under_way = newest[0] if newest and newest[0].state in {"queued", "running"} else None
    measured, running = await newest_measurements(connection, program_id)
    return Effects(await last_done(connection, program_id), under_way, measured, running=running)
