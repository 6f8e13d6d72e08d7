"""What the pages of rules need from the rooms below: the verbs of rules and of back-tests."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from loyalty.backtests.facts import BacktestFacts, NewBacktest
from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.calculating import CalculationIn, CalculationOut
from loyalty.purchases.staff import RulesSeen, RuleStaff


class RulesDesk(Protocol):
    """The verbs about earning rules. What cannot be is refused by raising."""

    async def seen(self, program: ProgramFacts) -> RulesSeen:
        """Read every version and every draft."""

    async def create(self, program: ProgramFacts, staff: RuleStaff, told: DraftTold) -> DraftFacts:
        """Write a draft."""

    async def edit(
        self, program: ProgramFacts, staff: RuleStaff, draft_id: UUID, told: DraftTold, version: int
    ) -> DraftFacts:
        """Write a draft anew, seen as of its edit `version`."""

    async def delete(self, program: ProgramFacts, draft_id: UUID) -> None:
        """Throw a draft away."""

    async def publish(
        self,
        program: ProgramFacts,
        staff: RuleStaff,
        draft_id: UUID,
        *,
        version: int,
        begins: datetime | None,
        allow_empty: bool,
    ) -> VersionFacts:
        """Publish a draft, seen as of its edit `version`; from now where `begins` says nothing."""

    async def withdraw(self, program: ProgramFacts, staff: RuleStaff, number: int) -> VersionFacts:
        """Withdraw a version that has not begun."""

    async def tried(
        self, program: ProgramFacts, basket: CalculationIn, customer_id: UUID | None = None
    ) -> CalculationOut:
        """Decide on a basket; nothing is written."""


class BacktestsDesk(Protocol):
    """The verbs about back-tests."""

    async def start(self, program: ProgramFacts, user_id: UUID, request_id: str, new: NewBacktest) -> BacktestFacts:
        """Ask for one."""

    async def find(self, program: ProgramFacts, backtest_id: UUID) -> BacktestFacts | None:
        """Find one as it stands."""

    async def latest(self, program: ProgramFacts) -> list[BacktestFacts]:
        """List the newest."""

    async def cancel(self, program: ProgramFacts, backtest_id: UUID) -> None:
        """Stop one."""
