"""A desk without a database: the panel over the public 84.51° Complete Journey sample, or over what a test says.

`complete_journey.json` holds the sample's figures by measure and period: `[numerator, denominator, low, high]` for each
segment, `[value, low, high]` for the difference. They agree with the reference table of the KPI definitions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from admin.health.seen import HealthSeen
from admin.kpis.behind import BehindAsked, Crowd
from admin.periods import Against, Calendar, CalendarPeriod, Grain, Line, parse_period
from kpi import periods
from kpi.answers import Answer, Counted, Figures, Overview, Period, Series
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Entered, Listed, Staff
from kpi.liability.actions import Liability
from kpi.measure import Difference, Distribution, Interval, Ratio, Reason, Text, measure_named
from kpi.pictures import Picture
from kpi.reasons import NO_OPINIONS
from loyalty.auth.actions import NewSession
from loyalty.auth.signing_in import Attempt
from loyalty.clock import utc_now
from loyalty.errors import NotFound
from loyalty.members.people import Found, People, Search
from loyalty.members.person import PersonFacts
from loyalty.members.staff import Adjusted, ByStaff, Seen, TriedAdjustment
from loyalty.members.timeline import Place
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies
from tests.admin.fake_effects import FakeEffects
from tests.admin.fake_health import nothing_well
from tests.admin.fake_keys import FakeKeys
from tests.admin.fake_liability import FakePoints
from tests.admin.fake_links import FakeLinks
from tests.admin.fake_looking import FakeLooking
from tests.admin.fake_moving import FakeExports, FakeImports
from tests.admin.fake_people import BARE, GONE, NORA, bare, happened, move, nora, some_people, with_why
from tests.admin.fake_purchases import FakeEvents, FakePurchases, FakeRefusals
from tests.admin.fake_referrals import FakeReferrals
from tests.admin.fake_rewards import FakeRewards
from tests.admin.fake_rights import FakeRights
from tests.admin.fake_rules import FakeBacktests, FakeRules
from tests.admin.fake_segments import FakeSegments
from tests.admin.fake_settings import FakeSettings
from tests.admin.fake_surveys import FakeSurveys
from tests.admin.fake_team import FakeDoor, FakeJournal, FakeOwn, FakeTeam
from tests.admin.fake_tiers import FakeTiers
from tests.admin.fake_views import FakeViews

NOTHING_ENTERED = Reason(
    "no_acquisition_spend", Text(en="Enter acquisition costs.", fr="Saisissez les coûts d’acquisition.")
)
NOW = datetime(2026, 11, 21, 20, 40, tzinfo=UTC)
ORIGIN = {
    "en": "Public 84.51° Complete Journey sample, 2017. Memberships are stand-ins: a household counts as a member from"
    " its first campaign.",
    "fr": "Échantillon public 84.51° Complete Journey, 2017. Les adhésions sont des substituts\u00a0: un foyer compte"
    " comme membre dès sa première campagne.",
}

Counts = tuple[int, int, float | None, float | None]


class Row(msgspec.Struct, frozen=True):
    """One measure in one period."""

    everyone: Counts = msgspec.field(name="all", default=(0, 0, None, None))
    member: Counts = (0, 0, None, None)
    non_member: Counts = (0, 0, None, None)
    difference: tuple[float | None, float | None, float | None] = (None, None, None)
    counts: Mapping[str, int] = msgspec.field(default_factory=lambda: {"joiners": 0, "overlap": 0})


Table = Mapping[str, Mapping[str, Row]]


def complete_journey() -> Table:
    """Read the sample's figures."""
    content = (Path(__file__).parent / "complete_journey.json").read_bytes()
    return msgspec.json.decode(content, type=dict[str, dict[str, Row]])


def a_program(program_id: int = 1, name: str = "Complete Journey", **fields: object) -> ProgramFacts:
    """Make a programme like the sample's."""
    facts: dict[str, object] = {
        "program_id": program_id,
        "name": name,
        "mode": "live",
        "currency": "USD",
        "timezone": "America/New_York",
        "clock_offset": timedelta(),
        "default_period": None,
        "data_origin": ORIGIN,
        "policies": Policies(),
        "created_at": NOW,
    }
    return ProgramFacts(**{**facts, **fields})  # type: ignore[arg-type]


@dataclass(frozen=True)
class FakeSession:
    """A session just begun."""

    secret: str = "a-secret"
    expires_at: datetime = field(default_factory=lambda: utc_now() + timedelta(days=14))


@dataclass(frozen=True)
class FakeSignedIn:
    """Somebody signed in."""

    email: str = "maya@example.com"
    role: str = "owner"
    csrf: str = "a-token"
    user_id: UUID = field(default_factory=lambda: UUID(int=1))


@dataclass
class FakeDesk:
    """A desk over tables. `links` are the one-time links not yet used; `sessions` who is in, by secret.

    `pending`: the read from which on the intervals are there.
    """

    public_url: str = "http://127.0.0.1:8000"
    listed: list[ProgramFacts] = field(default_factory=lambda: [a_program()])
    table: Table = field(default_factory=complete_journey)
    counted: Counted | None = None
    partial: str = ""
    now: datetime = NOW
    links: set[str] = field(default_factory=lambda: {"a-link"})
    sessions: dict[str, FakeSignedIn] = field(default_factory=dict)
    person: FakeSignedIn = field(default_factory=FakeSignedIn)
    broken: bool = False
    people_listed: list[Found] = field(default_factory=some_people)
    more_people: bool = True
    searches: list[Search] = field(default_factory=list)
    pages: dict[UUID, Seen] = field(default_factory=lambda: {NORA: nora(), BARE: bare()})
    adjustments: dict[str, ByStaff] = field(default_factory=dict)
    refusal: str = ""
    pending: int = 0
    asked_behind: list[BehindAsked] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    distributions: dict[str, dict[str, Distribution]] = field(default_factory=dict)
    costs: Entered = field(default_factory=lambda: Entered(*[Listed([], 0) for _ in range(4)]))
    told: list[tuple[Staff, NewPointCost | NewSpend]] = field(default_factory=list)
    withdrawn: list[date | str] = field(default_factory=list)
    points: FakePoints = field(default_factory=FakePoints)
    rewards: FakeRewards = field(default_factory=FakeRewards)
    referrals: FakeReferrals = field(default_factory=FakeReferrals)
    surveys: FakeSurveys = field(default_factory=FakeSurveys)
    segments: FakeSegments = field(default_factory=FakeSegments)
    rules: FakeRules = field(default_factory=FakeRules)
    backtests: FakeBacktests = field(default_factory=FakeBacktests)
    tiers: FakeTiers = field(default_factory=FakeTiers)
    page_links: FakeLinks = field(default_factory=FakeLinks)
    effects: FakeEffects = field(default_factory=FakeEffects)
    looking: FakeLooking = field(default_factory=FakeLooking)
    views: FakeViews = field(default_factory=FakeViews)
    purchases: FakePurchases = field(default_factory=FakePurchases)
    refusals: FakeRefusals = field(default_factory=FakeRefusals)
    events: FakeEvents = field(default_factory=FakeEvents)
    keys: FakeKeys = field(default_factory=FakeKeys)
    imports: FakeImports = field(default_factory=FakeImports)
    exports: FakeExports = field(default_factory=FakeExports)
    team: FakeTeam = field(default_factory=FakeTeam)
    own: FakeOwn = field(default_factory=FakeOwn)
    journal: FakeJournal = field(default_factory=FakeJournal)
    rights: FakeRights = field(default_factory=FakeRights)
    door: FakeDoor = field(default_factory=FakeDoor)
    settings: FakeSettings = field(default_factory=FakeSettings)
    healthy: HealthSeen = field(default_factory=nothing_well)

    async def sign_in_by_password(self, email: str, password: str, code: str, agent: str) -> Attempt:
        """Compare with the one there is."""
        session = NewSession("secret-of-a-password", FakeSession().expires_at)
        tried = self.door.tried(email, password, code, agent, session)
        if tried.session is not None:
            self.sessions[tried.session.secret] = self.person
        return tried

    async def sign_in(self, token: str, agent: str) -> FakeSession | None:
        """Use a link up."""
        self.door.agents.append(agent)
        if token not in self.links:
            return None
        self.links.remove(token)
        session = FakeSession()
        self.sessions[session.secret] = self.person
        return session

    async def session_of(self, secret: str) -> FakeSignedIn | None:
        """Find who it is."""
        return self.sessions.get(secret)

    async def sign_out(self, secret: str) -> None:
        """Forget them."""
        self.sessions.pop(secret, None)

    async def health(self, program: ProgramFacts) -> HealthSeen:
        """Give what the test put there."""
        assert program in self.listed
        return self.healthy

    async def programs(self) -> Sequence[ProgramFacts]:
        """List the programmes."""
        return self.listed

    async def calendar(self, program: ProgramFacts) -> Calendar | None:
        """Tell the months of the table."""
        assert program in self.listed
        periods_known = (parse_period(key) for key in self.table["aov"])
        months = [period for period in periods_known if period is not None and period.grain is Grain.MONTH]
        if not months:
            return None
        recent = {month.start: self.table["aov"][month.key].everyone[1] for month in months}
        today = self.now.date()
        return Calendar(min(months).start, min(max(months).last_day, today), today, recent)

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
        """Answer from the table; of what is not in it, say that something must be entered."""
        if self.broken:
            msg = "the table is broken"
            raise RuntimeError(msg)
        self.pending -= 1
        other, days = chosen.compared(against), periods.Days(chosen.start, chosen.end)
        grain = line.grain if line else periods.grain_named(chosen.grain.value)
        slots = line.slots if line else periods.around(days, grain, 13, self.now.date())
        purchases = self._figures(program, "aov", days).segments["all"].den
        return Overview(
            answers={key: self._answer(program, key, days, periods.Days(other.start, other.end)) for key in keys},
            series={key: self._series(program, key, grain, slots) for key in keys},
            chosen=list(slots).index(days) if days in slots else None,
            counted=self.counted or Counted(purchases=purchases or 0, anonymous=0, left_out=54),
            pictures={key: self.pictures[key] for key in keys if key in self.pictures} if closely else {},
        )

    async def liability(self, program: ProgramFacts, line: Line) -> Liability:
        """Roll the same movements of every period forward."""
        assert program in self.listed
        return self.points.told(program, line)

    async def behind(self, program: ProgramFacts, asked: BehindAsked, *, whole: bool = False) -> Crowd | None:
        """List the people, whatever is asked; a measure of money has none."""
        assert program in self.listed
        if measure_named(asked.key).unit != "ratio":
            return None
        self.asked_behind.append(asked)
        counts = {"numerator": 675, "denominator_only": 17}
        return Crowd(counts, self.people_listed, more=self.more_people and not whole and asked.after is None)

    async def people(self, program: ProgramFacts, search: Search) -> People:
        """List the people, whoever is looked for."""
        assert program in self.listed
        self.searches.append(search)
        return People(self.people_listed, self.more_people and bool(self.people_listed))

    async def named(self, program: ProgramFacts, customer_ids: Sequence[UUID]) -> list[Found]:
        """Give those of the list."""
        assert program in self.listed
        return [one for one in self.people_listed if one.customer_id in customer_ids]

    async def member(
        self, program: ProgramFacts, customer_id: UUID, after: Place | None, why: UUID | None
    ) -> Seen | PersonFacts | None:
        """Give a page; of it what comes after a place."""
        assert program in self.listed
        if customer_id == GONE:
            return msgspec.structs.replace(nora().person, customer_id=GONE, merged_into=NORA)
        seen = self.pages.get(customer_id)
        if seen is None:
            return None
        rows = [row for row in seen.timeline.rows if after is None or row.place < after]
        return with_why(msgspec.structs.replace(seen, timeline=msgspec.structs.replace(seen.timeline, rows=rows)), why)

    async def adjust(self, program: ProgramFacts, asked: ByStaff) -> Adjusted:
        """Write an adjustment down, once for each key."""
        assert program in self.listed
        if self.refusal:
            return Adjusted(None, self.refusal)
        first = asked.key not in self.adjustments
        kept = self.adjustments.setdefault(asked.key, asked)
        award_id = UUID(asked.key)
        if first:
            self._write_down(kept, award_id)
        return Adjusted(award_id)

    async def try_adjustment(self, program: ProgramFacts, customer_id: UUID, points: int) -> TriedAdjustment | None:
        """Add to what there is, until the end of the month; more than there is is refused."""
        assert program in self.listed
        seen = self.pages.get(customer_id)
        if seen is None:
            return None
        before, debt = seen.purse.available, (seen.purse.debt, seen.purse.debt)
        if before + points < 0:
            return TriedAdjustment((before, None), debt)
        return TriedAdjustment((before, before + points), debt, datetime(2026, 12, 1, 5, tzinfo=UTC))

    async def entered(self, program: ProgramFacts) -> Entered:
        """Give what the test put there."""
        assert program in self.listed
        return self.costs

    async def enter(self, program: ProgramFacts, staff: Staff, item: NewPointCost | NewSpend) -> None:
        """Write down what was told."""
        assert program in self.listed
        self.told.append((staff, item))

    async def withdraw(self, program: ProgramFacts, staff: Staff, key: date | str) -> None:
        """Write down what was withdrawn, if it is there."""
        assert program in self.listed
        assert staff.user_id == self.person.user_id
        there = {row.spend_id for row in self.costs.spend.rows} | {row.from_on for row in self.costs.point_costs.rows}
        if key not in there:
            msg = "Nothing was entered under it."
            raise NotFound(msg)
        self.withdrawn.append(key)

    def _write_down(self, asked: ByStaff, award_id: UUID) -> None:
        seen = self.pages[asked.customer_id]
        came = move("adjust", "adjusted", "available", asked.points)
        row = happened(0, "adjusted", self.now, came, facts={"points": asked.points}, reason=asked.reason)
        row = msgspec.structs.replace(row, available_after=seen.purse.available + asked.points)
        rows = [msgspec.structs.replace(row, award_id=award_id), *seen.timeline.rows]
        timeline = msgspec.structs.replace(seen.timeline, rows=rows)
        self.pages[asked.customer_id] = msgspec.structs.replace(seen, timeline=timeline)

    def _answer(self, program: ProgramFacts, key: str, chosen: periods.Days, other: periods.Days) -> Answer:
        return Answer(
            key=key,
            unit=measure_named(key).unit,
            as_of=self.now,
            as_of_lowered=False,
            data_as_of=self.now,
            figures=self._figures(program, key, chosen),
            compare=self._figures(program, key, other),
        )

    def _series(self, program: ProgramFacts, key: str, grain: str, slots: Sequence[periods.Days]) -> Series:
        figures = [self._figures(program, key, slot) for slot in slots]
        return Series(key, measure_named(key).unit, grain, self.now, False, self.now, figures)  # noqa: FBT003

    def _figures(self, program: ProgramFacts, key: str, days: periods.Days) -> Figures:
        named = _key(days)
        row = self.table.get(key, {}).get(named, Row())
        value, low, high = row.difference
        make = _counted if measure_named(key).additivity == "additive" else _score if key == "nps" else _ratio
        return Figures(
            period=Period(days.start, days.end, program.timezone),
            partial=named == self.partial,
            counts=dict(row.counts),
            segments={
                "all": make(row.everyone),
                "member": make(row.member),
                "non_member": make(row.non_member),
            },
            difference=Difference(value, _interval(low, high)),
            reason=_reason(key, row, known=key in self.table),
            ci_pending=self.pending > 0,
            lists=key in self.table and measure_named(key).unit == "ratio",
            distributions=self.distributions.get(key, {}),
        )


def _key(days: periods.Days) -> str:
    """Name a period as the table does: a month, a quarter, a year; days and weeks are in none."""
    for grain in Grain:
        period = CalendarPeriod(days.start, grain)
        if period.end == days.end:
            return period.key
    return ""


def _counted(counts: Counts) -> Ratio:
    """Give what is divided by nothing: of the table's counts, the first."""
    return Ratio(counts[0], None, float(counts[0]), None)


def _ratio(counts: Counts) -> Ratio:
    num, den, low, high = counts
    return Ratio(num, den, num / den if den else None, _interval(low, high))


def _reason(key: str, row: Row, *, known: bool) -> Reason | None:
    if key == "nps":
        return None if row.everyone[1] else NO_OPINIONS
    return None if known else NOTHING_ENTERED


def _score(counts: Counts) -> Ratio:
    """Give a score: of 100."""
    ratio = _ratio(counts)
    return replace(ratio, value=None if ratio.value is None else 100 * ratio.num / (ratio.den or 1))


def _interval(low: float | None, high: float | None) -> Interval | None:
    return None if low is None or high is None else (low, high)
