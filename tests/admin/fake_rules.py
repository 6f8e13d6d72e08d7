"""Earning rules and back-tests without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from loyalty.backtests.facts import BacktestFacts, Cost, Mover, NewBacktest, OfMonth, OfTier, Result, Sum
from loyalty.earning.checks import checked
from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.errors import DraftEdited, Invalid, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.calculating import CalculationIn, CalculationOut
from loyalty.purchases.staff import RulesSeen, RuleStaff
from loyalty.purchases.wire import LineShareOut, PointsOut, RuleShareOut
from tests.admin.fake_people import NORA, NOW

DRAFT = UUID(int=0xD)
RUNNING, DONE, FAILED, STOPPED = (UUID(int=0xB0 + n) for n in range(4))
ONE_PER_DOLLAR = {
    "kind": "points_per_amount",
    "points_per_step": 1,
    "step_minor": 100,
    "whole_steps": True,
}
DOUBLE = {
    "kind": "multiplier",
    "id": "double",
    "name": "Golden Friday",
    "factor": "2",
    "weekdays": [5],
    "tiers": ["gold"],
}
WELCOME = {"kind": "joining", "id": "welcome", "points": 50}
LIMIT = {"kind": "cap", "id": "limit", "points": 500, "per": "month", "rules": ["double"]}


def a_version(
    number: int,
    rules: list[dict[str, Any]],
    state: str,
    begins: datetime | None,
    **more: Any,  # noqa: ANN401
) -> VersionFacts:
    """Make a version."""
    facts = {"name": None, "published_at": NOW - timedelta(days=30), "published_by": f"user:{UUID(int=1)}"} | more
    return VersionFacts(version=number, in_force_from=begins, rules=rules, state=state, **facts)


def some_versions() -> list[VersionFacts]:
    """Give the first, the one in force, and one that is to come."""
    return [
        a_version(3, [ONE_PER_DOLLAR, DOUBLE, LIMIT], "scheduled", NOW + timedelta(days=10), name="Golden autumn"),
        a_version(2, [ONE_PER_DOLLAR, WELCOME], "in_force", NOW - timedelta(days=20), name="With a welcome"),
        a_version(1, [ONE_PER_DOLLAR], "retired", None, published_by=None),
    ]


def a_draft() -> DraftFacts:
    """Make a draft of the version in force, with a rule changed, one added and one removed."""
    rules = [
        {**ONE_PER_DOLLAR, "id": "rule-1", "points_per_step": 2},
        {**DOUBLE, "ends_on": "2026-11-30"},
        LIMIT,
    ]
    return DraftFacts(DRAFT, "Winter", rules, None, 2, 7, NOW, f"user:{UUID(int=1)}")


def a_result() -> Result:
    """Say what a back-test came to."""
    months = [
        OfMonth(f"2025-{month:02}", Sum(90 + month, 850 + 45 * month, 900 + 30 * month)) for month in range(1, 13)
    ]
    return Result(
        total=Sum(1158, 13_710, 13_140),
        cost=Cost(13_710, 13_140, 570),
        customers=120,
        gain=61,
        lose=20,
        same=39,
        gained_most=[Mover(NORA, Sum(12, 420, 300))],
        lost_most=[Mover(UUID(int=2), Sum(4, 120, 200))],
        tiers=[OfTier("gold", Sum(200, 5200, 4000)), OfTier(None, Sum(958, 8510, 9140))],
        months=months,
        decisions=1300,
        seconds=1.5,
    )


def a_backtest(backtest_id: UUID, state: Any, **more: Any) -> BacktestFacts:  # noqa: ANN401
    """Make a back-test in a state."""
    facts = {"done": 0, "total": None, "result": None, "error": None, "point_cost_minor": None} | more
    days = (date(2025, 1, 1), date(2025, 12, 31))
    return BacktestFacts(
        backtest_id=backtest_id,
        name="Winter",
        draft_id=DRAFT,
        rules=a_draft().rules,
        from_on=days[0],
        to_on=days[1],
        state=state,
        asked_by=f"user:{UUID(int=1)}",
        asked_at=NOW,
        started_at=None,
        ended_at=None,
        **facts,
    )


def some_backtests() -> dict[UUID, BacktestFacts]:
    """Give one in every state."""
    return {
        RUNNING: a_backtest(RUNNING, "running", done=650, total=1300),
        DONE: a_backtest(DONE, "done", result=a_result(), done=1300, total=1300, point_cost_minor=Decimal("0.9")),
        FAILED: a_backtest(FAILED, "failed", error="It broke."),
        STOPPED: a_backtest(STOPPED, "cancelled"),
    }


@dataclass
class FakeRules:
    """The verbs, over lists. `faster`: somebody else edits every draft just before; `refusal`: of what is published."""

    versions: list[VersionFacts] = field(default_factory=some_versions)
    drafts: list[DraftFacts] = field(default_factory=lambda: [a_draft()])
    faster: bool = False
    refusal: Invalid | None = None
    tries: list[tuple[CalculationIn, UUID | None]] = field(default_factory=list)
    published: list[tuple[datetime | None, int]] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)

    async def seen(self, _: ProgramFacts) -> RulesSeen:
        """Give all of it."""
        return RulesSeen(
            versions=self.versions,
            drafts=self.drafts,
            segments={"vip": "Very important"},
            tiers={"silver": {"en": "Silver", "fr": "Argent"}, "gold": {"en": "Gold", "fr": "Or"}},
            staff={f"user:{UUID(int=1)}": "maya@example.com", f"user:{UUID(int=2)}": "noah@example.com"},
            now=NOW,
        )

    async def create(self, _: ProgramFacts, staff: RuleStaff, told: DraftTold) -> DraftFacts:
        """Write it down."""
        checked(told.rules)
        made = DraftFacts(
            UUID(int=0xD0 + len(self.drafts)),
            told.name,
            told.rules,
            None,
            told.based_on,
            1,
            NOW,
            f"user:{staff.user_id}",
        )
        self.drafts.append(made)
        return made

    async def edit(
        self, _: ProgramFacts, staff: RuleStaff, draft_id: UUID, told: DraftTold, version: int
    ) -> DraftFacts:
        """Write it anew, unless somebody was faster."""
        checked(told.rules)
        place = self._place(draft_id)
        if self.faster:
            self.faster = False
            self.overtake()
        if self.drafts[place].version != version:
            raise DraftEdited(newest=self.drafts[place])
        self.drafts[place] = replace(
            self.drafts[place],
            name=told.name,
            rules=told.rules,
            version=version + 1,
            updated_by=f"user:{staff.user_id}",
        )
        return self.drafts[place]

    def overtake(self) -> None:
        """Have somebody else edit the first draft."""
        mine = self.drafts[0]
        rules = [{**mine.rules[0], "points_per_step": 9}, *mine.rules[1:]]
        self.drafts[0] = replace(mine, rules=rules, version=mine.version + 1, updated_by=f"user:{UUID(int=2)}")

    async def delete(self, _: ProgramFacts, draft_id: UUID) -> None:
        """Forget it."""
        self.drafts = [draft for draft in self.drafts if draft.draft_id != draft_id]

    async def publish(
        self,
        _: ProgramFacts,
        staff: RuleStaff,
        draft_id: UUID,
        *,
        version: int,
        begins: datetime | None,
        allow_empty: bool,
    ) -> VersionFacts:
        """Make a version of it."""
        draft = self.drafts[self._place(draft_id)]
        if draft.version != version:
            raise DraftEdited(newest=draft)
        if self.refusal:
            raise self.refusal
        if not draft.rules and not allow_empty:
            raise Invalid("There is no rule.", pointer="/rules")
        self.published.append((begins, version))
        made = a_version(
            len(self.versions) + 1,
            draft.rules,
            "scheduled" if begins else "in_force",
            begins or NOW,
            name=draft.name,
            published_by=f"user:{staff.user_id}",
        )
        self._overtaken(begins or NOW)
        if not begins:
            self.versions = [replace(v, state="retired") if v.state == "in_force" else v for v in self.versions]
        self.versions = [made, *self.versions]
        self.drafts.remove(draft)
        return made

    async def withdraw(self, _: ProgramFacts, staff: RuleStaff, number: int) -> VersionFacts:
        """Publish what is in force again."""
        found = next((v for v in self.versions if v.version == number and v.state == "scheduled"), None)
        if found is None:
            raise NotFound("It has begun.")
        self.withdrawn.append(number)
        current = next(v for v in self.versions if v.state == "in_force")
        self.versions = [replace(v, state="retired") if v is current else v for v in self.versions]
        self._overtaken(NOW)
        made = replace(current, version=len(self.versions) + 1, in_force_from=NOW, published_by=f"user:{staff.user_id}")
        self.versions = [made, *self.versions]
        return made

    async def tried(self, _: ProgramFacts, basket: CalculationIn, customer_id: UUID | None = None) -> CalculationOut:
        """Say the same of every basket."""
        self.tries.append((basket, customer_id))
        lines = [LineShareOut(line.line_id, "1250", "12.5") for line in basket.lines or []] or None
        breakdown = [
            RuleShareOut("points_per_amount", "84", steps="84", rule="rule-1", lines=lines),
            RuleShareOut("multiplier", "0", rule="double", reason="weekday"),
            RuleShareOut("tier", "21/2", tier="gold", factor="1.125"),
        ]
        placed_at = basket.placed_at or datetime(2026, 11, 21, tzinfo=UTC)
        points = PointsOut(94, 94, 94, "8400", 2, None, breakdown)
        return CalculationOut(None, placed_at, member=True, points=points, seen=None)

    def _overtaken(self, begins: datetime) -> None:
        """Withdraw what would have begun later."""
        self.versions = [
            replace(v, state="withdrawn")
            if v.state == "scheduled" and v.in_force_from and v.in_force_from >= begins
            else v
            for v in self.versions
        ]

    def _place(self, draft_id: UUID) -> int:
        return next(place for place, draft in enumerate(self.drafts) if draft.draft_id == draft_id)


@dataclass
class FakeBacktests:
    """The verbs, over a table."""

    kept: dict[UUID, BacktestFacts] = field(default_factory=some_backtests)
    asked: list[NewBacktest] = field(default_factory=list)

    async def start(self, _: ProgramFacts, user_id: UUID, request_id: str, new: NewBacktest) -> BacktestFacts:  # noqa: ARG002 - as the desk
        """Note what is asked for."""
        self.asked.append(new)
        made = replace(a_backtest(UUID(int=0xBF), "queued"), point_cost_minor=new.point_cost_minor)
        self.kept[made.backtest_id] = made
        return made

    async def find(self, _: ProgramFacts, backtest_id: UUID) -> BacktestFacts | None:
        """Give one."""
        return self.kept.get(backtest_id)

    async def latest(self, _: ProgramFacts) -> list[BacktestFacts]:
        """Give all."""
        return list(self.kept.values())

    async def cancel(self, _: ProgramFacts, backtest_id: UUID) -> None:
        """Stop it."""
        self.kept[backtest_id] = replace(self.kept[backtest_id], state="cancelled")
