"""The door for HTTP: puts the API, the documentation, the health checks and the panel together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from uuid import UUID

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from redis.asyncio import Redis

from admin.app import panel
from admin.kpis.behind import BehindAsked, Crowd
from admin.periods import Against, Calendar, CalendarPeriod, Line
from kpi import actions as kpi
from kpi.answers import Overview
from kpi.api import routes as kpi_routes
from kpi.inputs.api import router as kpi_inputs
from kpi.parameters import Want
from kpi.people import CountsNobody, chosen_part, chosen_segment
from kpi.periods import Days
from kpi.rollup import snapshot_store
from loyalty.auth import actions as auth
from loyalty.background import register_consumers
from loyalty.database import Database, connect
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.idempotency.api import provide_key
from loyalty.jobs.doorbell import ArqDoorbell
from loyalty.members.api import router as members
from loyalty.members.customers_api import router as customers
from loyalty.members.people import PAGE, People, Search, find_people, people_named
from loyalty.members.person import PersonFacts
from loyalty.members.staff import Adjusted, ByStaff, Seen, adjust_by_staff, see_person
from loyalty.members.timeline import Place
from loyalty.outbox import consumers
from loyalty.programs.api import KnownKeys, admit, provide_caller, provide_connection, provide_source
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import all_programs
from loyalty.purchases.api import router as purchases
from loyalty.purchases.calendar import purchase_days
from loyalty.referrals.api import router as referrals
from loyalty.rewards.api import router as rewards
from loyalty.rewards.staff import StaffRewards
from loyalty.segments.api import router as segments
from loyalty.segments.staff import StaffSegments
from loyalty.settings import Settings
from loyalty.tiers.api import router as tiers
from loyalty.web.health import livez, readyz
from loyalty.web.logs import log_as_json
from loyalty.web.openapi import DOCS, openapi_config
from loyalty.web.problems import on_failure, on_http, on_refusal
from loyalty.web.requests import request_ids

TAGS = [
    ("purchases", "Record purchases, refunds and cancellations of members and of non-members alike."),
    ("members", "Enrol customers, and show their points."),
    ("customers", "What is known of a person, member or not; export, erasure, and merging two that are one."),
    ("rewards", "Offer rewards, and redeem them: hold, capture, release, reverse."),
    ("referrals", "Members bring friends by a code; both are rewarded when the friend has bought and kept it."),
    ("segments", "Group customers by what they did and what is known of them; the worker keeps who is in each."),
    ("tiers", "What members reach by what they earn or spend, and what they keep for how long."),
    ("kpis", "Measure the programme: members beside non-members, with intervals."),
    ("kpi inputs", "Enter what no purchase tells: money spent, leads, unit costs, and what a point costs."),
]
_READING = {"GET", "HEAD", "OPTIONS"}
_HANDLERS: ExceptionHandlersMap = {LoyaltyError: on_refusal, HTTPException: on_http, Exception: on_failure}


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
    def segments(self) -> StaffSegments:
        """The verbs about segments."""
        return StaffSegments(lambda: self._database)

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

    async def member(
        self, program: ProgramFacts, customer_id: UUID, after: Place | None, why: UUID | None
    ) -> Seen | PersonFacts | None:
        """Read the page of a member."""
        async with self._database.reader() as connection:
            return await see_person(connection, program, customer_id, after, why)

    async def adjust(self, program: ProgramFacts, asked: ByStaff) -> Adjusted:
        """Give or take points once under the form's key."""
        return await adjust_by_staff(self._database, program, asked)


def provide_want(state: State) -> Want:
    """Give the way to wait for intervals. A figure is answered without them, and whether or not this succeeds."""

    async def want(program_id: int, pending: Sequence[Days]) -> None:
        if pending:
            with suppress(LoyaltyError):
                async with state.database.writer() as connection:
                    await snapshot_store.want(connection, program_id, pending)
            state.doorbell.ring_soon()

    return want


async def _ring(request: Request[object, object, State]) -> None:
    """Have the worker look at what a write has left for it; nobody waits for that."""
    if request.method not in _READING and consumers():
        request.app.state.doorbell.ring_soon()


def create_app(settings: Settings | None = None) -> Litestar:
    """Make the application; `loyalty serve` starts the embedded servers and sets the two URLs that it needs."""
    settings = settings or Settings()
    log_as_json()
    register_consumers()
    state = State({"known_keys": KnownKeys(), "rules": RulesCache()})

    @asynccontextmanager
    async def pools(_: Litestar) -> AsyncIterator[None]:
        if not settings.database_url or not settings.redis_url:
            msg = "DATABASE_URL and REDIS_URL are not set. `loyalty serve` starts embedded servers and sets both."
            raise RuntimeError(msg)
        async with connect(settings, settings.database_url) as database:
            state.database = database
            state.redis = Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
            state.doorbell = ArqDoorbell(settings.redis_url)
            try:
                yield
            finally:
                await state.doorbell.close()
                await state.redis.aclose()

    api = Router(
        path="/",
        route_handlers=[purchases, members, customers, rewards, referrals, segments, tiers, *kpi_routes, kpi_inputs],
        before_request=admit,
        after_response=_ring,
    )
    return Litestar(
        route_handlers=[api, livez, readyz, *DOCS, panel(PanelDesk(state, settings.public_url))],
        lifespan=[pools],
        state=state,
        dependencies={
            "caller": Provide(provide_caller),
            "source": Provide(provide_source),
            "connection": Provide(provide_connection),
            "want": Provide(provide_want, sync_to_thread=False),
            "idempotency_key": Provide(provide_key),
        },
        exception_handlers=_HANDLERS,
        middleware=[request_ids],
        request_max_body_size=64 * 1024,
        openapi_config=openapi_config(version("loyalty"), TAGS),
        logging_config=None,
    )
