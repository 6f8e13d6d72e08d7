"""Settings without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field

from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies


@dataclass
class FakeSettings:
    """The verb. `asked` notes (what held, what is wanted); `refusal`: what it answers."""

    asked: list[tuple[Policies, Policies]] = field(default_factory=list)
    refusal: str = ""

    async def set_policies(self, program: ProgramFacts, was: Policies, wanted: Policies) -> str:
        """Write it down."""
        assert program.program_id
        if not self.refusal:
            self.asked.append((was, wanted))
        return self.refusal
