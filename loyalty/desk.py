"""The verbs behind the panel's pages, as the door hands them over: the panel itself looks up no stairs."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice
from uuid import UUID

from litestar.datastructures import State

from admin.kpis.behind import BehindAsked, Crowd
from admin.periods import Against, Calendar, CalendarPeriod, Line
from kpi import actions as kpi
from kpi.answers import Overview
from kpi.impact.staff import StaffEffects
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Entered, Staff, enter_by_staff, see_entered, withdraw_by_staff
from kpi.liability.actions import Liability
from kpi.liability.actions import told as roll_liability
from kpi.parameters import Want
from kpi.people import CountsNobody, chosen_part, chosen_segment
from kpi.periods import Days
from kpi.rollup import snapshot_store
from loyalty.account_page.staff import StaffLinks
from loyalty.auth import actions as auth
from loyalty.backtests.staff import StaffBacktests
from loyalty.database import Database
from loyalty.errors import LoyaltyError
from loyalty.exports.staff import StaffExports
from loyalty.imports.staff import StaffImports
from loyalty.members.people import PAGE, Found, People, Search, find_people, people_named
from loyalty.members.person import PersonFacts
from loyalty.members.staff import Adjusted, ByStaff, Seen, adjust_by_staff, see_person
from loyalty.members.timeline import Place
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import all_programs
from loyalty.purchases.calendar import purchase_days
from loyalty.purchases.staff import StaffRules
from loyalty.referrals.staff import StaffReferrals
from loyalty.rewards.staff import StaffRewards
from loyalty.segments.staff import StaffSegments
from loyalty.tiers.staff import StaffTiers


@dataclass(frozen=True, slots=True)
class PanelDesk:
    """The verbs behind the panel's pages, over this process's pools."""

    state: State
    public_url: str

    @property
    def _database(self) -> Database:
        database: Database = self.state.database
        return database

    @property
    def rewards(self) -> StaffRewards:
        """The verbs about rewards."""
        return StaffRewards(lambda: self._database)

    @property
    def rules(self) -> StaffRules:
        """The verbs about earning rules."""
        return StaffRules(lambda: self._database, lambda: self.state.rules)

    @property
    def backtests(self) -> StaffBacktests:
        """The verbs about back-tests."""
        return StaffBacktests(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def imports(self) -> StaffImports:
        """The verbs about imports."""
        return StaffImports(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def exports(self) -> StaffExports:
        """The verbs about exports."""
        return StaffExports(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def segments(self) -> StaffSegments:
        """The verbs about segments."""
        return StaffSegments(lambda: self._database)

    @property
    def page_links(self) -> StaffLinks:
        """The verbs about members' own pages."""
        return StaffLinks(lambda: self._database, self.public_url)

    @property
    def tiers(self) -> StaffTiers:
        """The verbs about tiers."""
        return StaffTiers(lambda: self._database)

    @property
    def referrals(self) -> StaffReferrals:
        """The verbs about referrals."""
        return StaffReferrals(lambda: self._database)

    @property
    def effects(self) -> StaffEffects:
        """The verbs about the programme's effect."""
        return StaffEffects(lambda: self._database, self.state.doorbell.ring_soon)

    async def sign_in(self, token: str) -> auth.NewSession | None:
        """Use a one-time link up."""
        async with self._database.writer() as connection:
            return await auth.sign_in(connection, token)

    async def session_of(self, secret: str) -> auth.SignedIn | None:
        """Find who a cookie belongs to."""
        async with self._database.writer() as connection:
            return await auth.session_of(connection, secret)

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        async with self._database.writer() as connection:
            await auth.sign_out(connection, secret)

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
                    connection, program, asked.key, asked.period.start, asked.period.end, segment=segment, part=part
                )
            except CountsNobody:
                return None
            ids = [someone.customer_id for someone in islice(behind.after(asked.after), None if whole else PAGE + 1)]
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
