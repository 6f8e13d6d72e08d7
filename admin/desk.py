"""What the panel needs from the rooms below, as the door that opens the panel hands it over."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from admin.effects.desk import EffectsDesk
from admin.kpis.behind import BehindAsked, Crowd
from admin.periods import Against, Calendar, CalendarPeriod, Line
from admin.rules.desk import BacktestsDesk, RulesDesk
from kpi.answers import Overview
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Entered, Staff
from kpi.liability.actions import Liability
from loyalty.account_page.staff import StaffLink
from loyalty.members.people import Found, People, Search
from loyalty.members.person import PersonFacts
from loyalty.members.staff import Adjusted, ByStaff, Seen
from loyalty.members.timeline import Place
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.staff import ReferralsSeen
from loyalty.referrals.terms import Terms
from loyalty.rewards.offers import NewOffer
from loyalty.rewards.staff import ByForm, Done, RewardSeen, Takers
from loyalty.segments.facts import SegmentFacts
from loyalty.segments.staff import SegmentSeen, Tried, Wanted
from loyalty.tiers.scheme import Scheme
from loyalty.tiers.staff import FloorByStaff, Published, TiersSeen


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


class SegmentsDesk(Protocol):
    """The verbs about segments. A refusal is told by its lasting code; "" is none."""

    async def listed(self, program: ProgramFacts) -> list[SegmentFacts]:
        """List the segments by key."""

    async def seen(
        self, program: ProgramFacts, key: str, after: UUID | None = None, *, whole: bool = False
    ) -> SegmentSeen | None:
        """Read a segment and a page of those in it, or all; None when there is none."""

    async def tried(self, program: ProgramFacts, conditions: list[dict[str, Any]]) -> Tried:
        """Count for whom conditions hold now."""

    async def save(self, program: ProgramFacts, wanted: Wanted) -> str:
        """Define a segment, or change one."""

    async def refresh(self, program: ProgramFacts, key: str) -> str:
        """Have a segment counted anew, soon."""

    async def delete(self, program: ProgramFacts, key: str) -> str:
        """Delete a segment that nothing names."""


class RewardsDesk(Protocol):
    """The verbs about rewards. A form sent twice does it once; a refusal is told by its lasting code."""

    async def listed(self, program: ProgramFacts) -> list[RewardSeen]:
        """List the rewards in the order of the catalogue, retired ones last."""

    async def seen(
        self, program: ProgramFacts, reward_id: UUID, after: UUID | None = None, *, whole: bool = False
    ) -> Takers | None:
        """Read a reward and a page of those who asked for it, or all; None when there is none."""

    async def offer(self, program: ProgramFacts, form: ByForm, new: NewOffer) -> Done:
        """Offer a reward."""

    async def edit(self, program: ProgramFacts, form: ByForm, reward_id: UUID, edition: int, new: NewOffer) -> Done:
        """Offer a reward otherwise from now on."""

    async def set_offered(self, program: ProgramFacts, form: ByForm, reward_id: UUID, *, offered: bool) -> Done:
        """Retire a reward, or offer it again."""

    async def add_codes(self, program: ProgramFacts, form: ByForm, reward_id: UUID, codes: list[str]) -> Done:
        """Put codes into the pool of a reward."""


class LinksDesk(Protocol):
    """The verbs about members' own pages."""

    async def make(self, program: ProgramFacts, customer_id: UUID, user_id: UUID, request_id: str) -> StaffLink | None:
        """Make a link to a member's own page; None when the customer is no member now."""


class TiersDesk(Protocol):
    """The verbs about tiers. A refusal is told by its lasting code; "" is none."""

    async def seen(self, program: ProgramFacts) -> TiersSeen:
        """Read the tiers, and how many members hold each."""

    async def publish(self, program: ProgramFacts, scheme: Scheme, user_id: UUID) -> Published:
        """Publish the next version."""

    async def hold(self, program: ProgramFacts, asked: FloorByStaff) -> str:
        """Hold a member at a tier at least, or no more."""


class ReferralsDesk(Protocol):
    """The verbs about referrals. A refusal is told by its lasting code; "" is none."""

    async def seen(self, program: ProgramFacts, state: str | None = None, after: UUID | None = None) -> ReferralsSeen:
        """Read a page of referrals, newest first, and those that wait for staff."""

    async def decide(
        self, program: ProgramFacts, user_id: UUID, request_id: str, referral_id: UUID, *, let_through: bool
    ) -> str:
        """Release a suspicious referral, or refuse it."""

    async def publish(self, program: ProgramFacts, terms: Terms, user_id: UUID) -> str:
        """Publish the next version of the terms."""


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
    def tiers(self) -> TiersDesk:
        """The verbs about tiers."""

    async def sign_in(self, token: str) -> NewSession | None:
        """Use a one-time link up; None when it is unknown, used or too old."""

    async def session_of(self, secret: str) -> SignedIn | None:
        """Find who a cookie belongs to; None when the session has ended."""

    async def sign_out(self, secret: str) -> None:
        """End a session."""

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

    async def entered(self, program: ProgramFacts) -> Entered:
        """Read what is entered for the key figures: the latest of each kind."""

    async def enter(self, program: ProgramFacts, staff: Staff, item: NewPointCost | NewSpend) -> None:
        """Enter the cost of a point, or money spent; the same key again corrects it."""

    async def withdraw(self, program: ProgramFacts, staff: Staff, key: date | str) -> None:
        """Withdraw the cost of a point by its day, or money spent by its id; `NotFound` where nothing ever was."""
