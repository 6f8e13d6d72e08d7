"""Verbs about the effect without a database: what is seen is set by a test, what is asked for is kept."""

from dataclasses import dataclass, field
from uuid import UUID

from kpi.impact.horizon import Outlook
from kpi.impact.staff import Aim, Effects, Planned
from loyalty.programs.facts import ProgramFacts


@dataclass
class FakeEffects:
    """What there is to see; `refusal` is what every verb answers."""

    known: Effects = field(default_factory=Effects)
    plan: Planned = field(default_factory=lambda: Planned(0, Outlook([], None)))
    refusal: str = ""
    asked: list[tuple[str, object]] = field(default_factory=list)

    async def seen(self, _program: ProgramFacts) -> Effects:
        return self.known

    async def planned(self, _program: ProgramFacts, holdout_bp: int, hoped_for: float) -> Planned:
        self.asked.append(("plan", (holdout_bp, hoped_for)))
        return self.plan

    async def estimate(self, _program: ProgramFacts, _user_id: UUID) -> str:
        return self._did("estimate", None)

    async def hold_out(self, _program: ProgramFacts, _user_id: UUID, holdout_bp: int, weeks: int) -> str:
        return self._did("hold_out", (holdout_bp, weeks))

    async def stop(self, _program: ProgramFacts, _user_id: UUID, holdout_id: UUID) -> str:
        return self._did("stop", holdout_id)

    async def aim(self, _program: ProgramFacts, _user_id: UUID, aim: Aim) -> str:
        return self._did("aim", aim)

    async def withdraw(self, _program: ProgramFacts, objective_id: UUID) -> str:
        return self._did("withdraw", objective_id)

    def _did(self, what: str, told: object) -> str:
        self.asked.append((what, told))
        return self.refusal
