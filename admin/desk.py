"""What the panel needs from the rooms below, as the door that opens the panel hands it over."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from admin.desks import (
    ExportsDesk,
    ImportsDesk,
    JournalDesk,
    KeysDesk,
    LinksDesk,
    LookingDesk,
    OwnDesk,
    ReferralsDesk,
    RewardsDesk,
    RightsDesk,
    SegmentsDesk,
    SettingsDesk,
    TeamDesk,
    TiersDesk,
)
from admin.effects.desk import EffectsDesk
from admin.health.seen import HealthSeen
from admin.kpis.behind import BehindAsked, Crowd
from admin.periods import Against, Calendar, CalendarPeriod, Line
from admin.purchases.desk import EventsDesk, PurchasesDesk, RefusalsDesk
from admin.rules.desk import BacktestsDesk, RulesDesk
from admin.surveys.desk import SurveysDesk
from admin.views.desk import ViewsDesk
from kpi.answers import Overview
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Entered, Staff
from kpi.liability.actions import Liability
from loyalty.members.people import Found, People, Search
from loyalty.members.person import PersonFacts
from loyalty.members.staff import Adjusted, ByStaff, Seen, TriedAdjustment
from loyalty.members.timeline import Place
from loyalty.programs.facts import ProgramFacts


class NewSession(Protocol):
    """A session just begun: its cookie's value, and when it ends."""

    @property
    def secret(self) -> str:
        """The value of the cookie; only its hash is stored."""

    @property
    def expires_at(self) -> datetime:
        """When the session ends at the latest."""


class SignedIn(Protocol):
    """The person whose browser is asking."""

    @property
    def user_id(self) -> UUID:
        """The number of the person, for what they do."""

    @property
    def email(self) -> str:
        """Who it is."""

    @property
    def role(self) -> str:
        """One of owner, manager, analyst, support."""

    @property
    def csrf(self) -> str:
        """The token, bound to the session, that every form sends back."""


class Attempt(Protocol):
    """What came of trying to come in: a session, or for how long to wait, or neither."""

    @property
    def session(self) -> NewSession | None:
        """The session; None when something was wrong."""

    @property
    def wait_seconds(self) -> int:
        """For how long to wait before the next try; 0 where there is no need."""


@runtime_checkable
class Desk(Protocol):
    """The verbs behind the pages. Each is one transaction of its own."""

    @property
    def public_url(self) -> str:
        """The address under which browsers reach the service."""

    @property
    def effects(self) -> EffectsDesk:
        """The verbs about the programme's effect."""

    @property
    def looking(self) -> LookingDesk:
        """The verb behind the search."""

    @property
    def purchases(self) -> PurchasesDesk:
        """The verbs about purchases that arrived."""

    @property
    def refusals(self) -> RefusalsDesk:
        """The verbs about calls that were refused."""

    @property
    def events(self) -> EventsDesk:
        """The verb about events."""

    @property
    def views(self) -> ViewsDesk:
        """The verbs about saved views."""

    @property
    def rewards(self) -> RewardsDesk:
        """The verbs about rewards."""

    @property
    def referrals(self) -> ReferralsDesk:
        """The verbs about referrals."""

    @property
    def rules(self) -> RulesDesk:
        """The verbs about earning rules."""

    @property
    def backtests(self) -> BacktestsDesk:
        """The verbs about back-tests."""

    @property
    def segments(self) -> SegmentsDesk:
        """The verbs about segments."""

    @property
    def page_links(self) -> LinksDesk:
        """The verbs about members' own pages."""

    @property
    def rights(self) -> RightsDesk:
        """The verbs about a person's rights."""

    @property
    def surveys(self) -> SurveysDesk:
        """The verbs about surveys."""

    @property
    def tiers(self) -> TiersDesk:
        """The verbs about tiers."""

    @property
    def keys(self) -> KeysDesk:
        """The verbs about storefronts' keys."""

    @property
    def imports(self) -> ImportsDesk:
        """The verbs about imports."""

    @property
    def exports(self) -> ExportsDesk:
        """The verbs about exports."""

    @property
    def settings(self) -> SettingsDesk:
        """The verb about a programme's settings."""

    @property
    def team(self) -> TeamDesk:
        """The verbs about the team."""

    @property
    def own(self) -> OwnDesk:
        """The verbs about one's own way in."""

    @property
    def journal(self) -> JournalDesk:
        """The verbs about what staff did."""

    async def sign_in(self, token: str, agent: str) -> NewSession | None:
        """Use a one-time link up; None when it is unknown, used or too old."""

    async def sign_in_by_password(self, email: str, password: str, code: str, agent: str) -> Attempt:
        """Try to come in by a password."""

    async def session_of(self, secret: str) -> SignedIn | None:
        """Find who a cookie belongs to; None when the session has ended."""

    async def sign_out(self, secret: str) -> None:
        """End a session."""

    async def health(self, program: ProgramFacts) -> HealthSeen:
        """Read what waits, what runs, what fails, of one programme and of the installation."""

    async def programs(self) -> Sequence[ProgramFacts]:
        """List the programmes of the installation."""

    async def calendar(self, program: ProgramFacts) -> Calendar | None:
        """Tell in which periods a programme has purchases; None when it has none yet."""

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
        """Answer measures at one knowledge time; `line` gives the periods of their series, else those around.

        Looked at `closely`, the chosen period has their pictures.
        """

    async def liability(self, program: ProgramFacts, line: Line) -> Liability:
        """Roll the points liability forward through periods that follow each other."""

    async def behind(self, program: ProgramFacts, asked: BehindAsked, *, whole: bool = False) -> Crowd | None:
        """Find a page of the customers behind a figure, or all of them; None when it counts no customers."""

    async def people(self, program: ProgramFacts, search: Search) -> People:
        """Find a page of people."""

    async def named(self, program: ProgramFacts, customer_ids: Sequence[UUID]) -> list[Found]:
        """Say who customers are; of who is none there is nothing."""

    async def member(
        self, program: ProgramFacts, customer_id: UUID, after: Place | None, why: UUID | None
    ) -> Seen | PersonFacts | None:
        """Read the page of a member; only who it was, when merged into another; None when unknown."""

    async def adjust(self, program: ProgramFacts, asked: ByStaff) -> Adjusted:
        """Give or take points once under the form's key."""

    async def try_adjustment(self, program: ProgramFacts, customer_id: UUID, points: int) -> TriedAdjustment | None:
        """Tell what an adjustment would leave; nothing is written. None when there is nobody to adjust."""

    async def entered(self, program: ProgramFacts) -> Entered:
        """Read what is entered for the key figures: the latest of each kind."""

    async def enter(self, program: ProgramFacts, staff: Staff, item: NewPointCost | NewSpend) -> None:
        """Enter the cost of a point, or money spent; the same key again corrects it."""

    async def withdraw(self, program: ProgramFacts, staff: Staff, key: date | str) -> None:
        """Withdraw the cost of a point by its day, or money spent by its id; `NotFound` where nothing ever was."""
