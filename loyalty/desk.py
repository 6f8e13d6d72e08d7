"""The verbs behind the panel's pages, as the door hands them over: the panel itself looks up no stairs."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from litestar.datastructures import State

from admin.health.seen import HealthSeen
from admin.kpis.behind import BehindAsked, Crowd
from admin.periods import Against, Calendar, CalendarPeriod, Line
from kpi import actions as kpi
from kpi.answers import Overview
from kpi.health import read_health
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Entered, Staff, enter_by_staff, see_entered, withdraw_by_staff
from kpi.liability.actions import Liability
from kpi.liability.actions import told as roll_liability
from kpi.parameters import Want
from kpi.people import CountsNobody, chosen_part, chosen_segment
from kpi.periods import Days
from kpi.rollup import snapshot_store
from loyalty.auth import actions as auth
from loyalty.auth.signing_in import Attempt, sign_in_by_password
from loyalty.desk_rooms import DeskRooms
from loyalty.errors import LoyaltyError
from loyalty.members.people import PAGE, Found, People, Search, find_people, people_named
from loyalty.members.person import PersonFacts
from loyalty.members.staff import (
    Adjusted,
    ByStaff,
    Seen,
    TriedAdjustment,
    adjust_by_staff,
    see_person,
    try_adjustment,
)
from loyalty.members.timeline import Place
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import all_programs
from loyalty.purchases.calendar import purchase_days


@dataclass(frozen=True, slots=True)
class PanelDesk(DeskRooms):
    """The verbs behind the panel's pages, over this process's pools."""

    async def sign_in(self, token: str, agent: str) -> auth.NewSession | None:
        """Use a one-time link up."""
        async with self._database.writer() as connection:
            return await auth.sign_in(connection, token, agent)

    async def sign_in_by_password(self, email: str, password: str, code: str, agent: str) -> Attempt:
        """Try to come in by a password."""
        return await sign_in_by_password(self._database, email, password, code, agent)

    async def session_of(self, secret: str) -> auth.SignedIn | None:
        """Find who a cookie belongs to."""
        async with self._database.writer() as connection:
            return await auth.session_of(connection, secret)

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        async with self._database.writer() as connection:
            await auth.sign_out(connection, secret)

    async def health(self, program: ProgramFacts) -> HealthSeen:
        """Read what waits, what runs, what fails, of one programme and of the installation."""
        async with self._database.reader() as connection:
            return HealthSeen(*await read_health(connection, program.program_id))

    async def programs(self) -> Sequence[ProgramFacts]:
        """List the programmes of the installation."""
        async with self._database.reader() as connection:
            return await all_programs(connection)

    async def calendar(self, program: ProgramFacts) -> Calendar | None:
        """Tell in which periods a programme has purchases."""
        async with self._database.reader() as connection:
            days = await purchase_days(connection, program)
        return Calendar(days.first, days.last, days.today, days.months) if days else None

    async def overview(
        self,
        program: ProgramFacts,
        keys: Sequence[str],
        chosen: CalendarPeriod,
        against: Against,
        line: Line | None = None,
        *,
        closely: bool = False,
    ) -> Overview:
        """Answer measures at one knowledge time."""
        grain, slots = (line.grain, line.slots) if line else (chosen.grain.value, ())
        async with self._database.reader() as connection:
            overview = await kpi.overview(
                connection,
                program,
                keys,
                chosen.start,
                chosen.end,
                grain=grain,
                compare=against,
                line=slots,
                closely=closely,
            )
        await provide_want(self.state)(program.program_id, overview.pending)
        return overview

    async def liability(self, program: ProgramFacts, line: Line) -> Liability:
        """Roll the points liability forward through periods that follow each other."""
        async with self._database.reader() as connection:
            return await roll_liability(connection, program, line.slots, line.grain)

    async def behind(self, program: ProgramFacts, asked: BehindAsked, *, whole: bool = False) -> Crowd | None:
        """Find the customers behind a figure."""
        segment, part = chosen_segment(asked.segment), chosen_part(asked.part)
        async with self._database.reader() as connection:
            try:
                behind = await kpi.people(
                    connection,
                    program,
                    asked.key,
                    asked.period.start,
                    asked.period.end,
                    segment=segment,
                    part=part,
                    after=asked.after,
                    most=None if whole else PAGE + 1,
                )
            except CountsNobody:
                return None
            ids = [someone.customer_id for someone in behind.listed()]
            shown = ids if whole else ids[:PAGE]
            return Crowd(behind.counts, await people_named(connection, program, shown), len(ids) > len(shown))

    async def people(self, program: ProgramFacts, search: Search) -> People:
        """Find a page of people."""
        async with self._database.reader() as connection:
            return await find_people(connection, program, search)

    async def named(self, program: ProgramFacts, customer_ids: Sequence[UUID]) -> list[Found]:
        """Say who customers are."""
        async with self._database.reader() as connection:
            return await people_named(connection, program, customer_ids)

    async def member(
        self, program: ProgramFacts, customer_id: UUID, after: Place | None, why: UUID | None
    ) -> Seen | PersonFacts | None:
        """Read the page of a member."""
        async with self._database.reader() as connection:
            return await see_person(connection, program, customer_id, after, why)

    async def adjust(self, program: ProgramFacts, asked: ByStaff) -> Adjusted:
        """Give or take points once under the form's key."""
        return await adjust_by_staff(self._database, program, asked)

    async def try_adjustment(self, program: ProgramFacts, customer_id: UUID, points: int) -> TriedAdjustment | None:
        """Tell what an adjustment would leave; nothing is written."""
        async with self._database.reader() as connection:
            return await try_adjustment(connection, program, customer_id, points)

    async def entered(self, program: ProgramFacts) -> Entered:
        """Read what is entered for the key figures."""
        async with self._database.reader() as connection:
            return await see_entered(connection, program)

    async def enter(self, program: ProgramFacts, staff: Staff, item: NewPointCost | NewSpend) -> None:
        """Enter the cost of a point, or money spent."""
        await enter_by_staff(self._database, program, staff, item)

    async def withdraw(self, program: ProgramFacts, staff: Staff, key: date | str) -> None:
        """Withdraw the cost of a point by its day, or money spent by its id."""
        await withdraw_by_staff(self._database, program, staff, key)


def provide_want(state: State) -> Want:
    """Give the way to wait for intervals. A figure is answered without them, and whether or not this succeeds."""

    async def want(program_id: int, pending: Sequence[Days]) -> None:
        if pending:
            with suppress(LoyaltyError):
                async with state.database.writer() as connection:
                    await snapshot_store.want(connection, program_id, pending)
            state.doorbell.ring_soon()

    return want
