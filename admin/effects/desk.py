"""What the pages about the programme's effect need from the rooms below."""

from typing import Protocol
from uuid import UUID

from kpi.impact.accounting import Account
from kpi.impact.staff import Aim, Effects, Planned
from loyalty.programs.facts import ProgramFacts


class EffectsDesk(Protocol):
    """The verbs about the programme's effect. A refusal is told by its lasting code; "" is none."""

    async def seen(self, program: ProgramFacts) -> Effects:
        """Read what is known of the effect, and the objectives."""

    async def evidence(self, program: ProgramFacts) -> Effects:
        """Read the newest estimate, and the newest holdouts as far as they were read; no objectives."""

    async def account(self, program: ProgramFacts, seen: Effects) -> Account | None:
        """Hold what was seen of the effect against what the programme cost; None where no effect may be told."""

    async def planned(self, program: ProgramFacts, holdout_bp: int, hoped_for: float) -> Planned:
        """Tell when a holdout would be able to tell."""

    async def estimate(self, program: ProgramFacts, user_id: UUID) -> str:
        """Have the effect estimated."""

    async def cancel(self, program: ProgramFacts, estimate_id: UUID) -> str:
        """Stop an estimate that waits or runs."""

    async def hold_out(self, program: ProgramFacts, user_id: UUID, holdout_bp: int, weeks: int) -> str:
        """Start a holdout."""

    async def stop(self, program: ProgramFacts, user_id: UUID, holdout_id: UUID) -> str:
        """Stop a holdout."""

    async def aim(self, program: ProgramFacts, user_id: UUID, aim: Aim) -> str:
        """Set an objective."""

    async def withdraw(self, program: ProgramFacts, objective_id: UUID) -> str:
        """Pursue an objective no more."""
