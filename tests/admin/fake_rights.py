"""A person's rights without a database."""

from dataclasses import dataclass, field
from uuid import UUID

from loyalty.programs.facts import ProgramFacts


@dataclass
class FakeRights:
    """The verbs; `done` notes what, and for whom. `refusal`: what each verb answers."""

    done: list[tuple[str, UUID]] = field(default_factory=list)
    refusal: str = ""

    async def export(self, program: ProgramFacts, customer_id: UUID, user_id: UUID) -> bytes | None:
        """Give a little."""
        assert program
        assert user_id
        self.done.append(("export", customer_id))
        return b"{}"

    async def erase(self, program: ProgramFacts, customer_id: UUID, user_id: UUID, request_id: str) -> str:
        """Write it down."""
        assert program
        assert user_id
        self.done.append((f"erase{request_id[:0]}", customer_id))
        return self.refusal

    async def release(self, program: ProgramFacts, hold_id: UUID, user_id: UUID, request_id: str) -> str:
        """Write it down."""
        assert program
        assert user_id
        self.done.append((f"release{request_id[:0]}", hold_id))
        return self.refusal
