"""Links to members' own pages without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from loyalty.account_page.staff import StaffLink
from loyalty.programs.facts import ProgramFacts


@dataclass
class FakeLinks:
    """The verb; `made` notes for whom, and by whom."""

    made: list[tuple[UUID, UUID]] = field(default_factory=list)

    async def make(
        self,
        program: ProgramFacts,
        customer_id: UUID,
        user_id: UUID,
        request_id: str,  # noqa: ARG002 - there is no log
    ) -> StaffLink | None:
        """Make a link."""
        self.made.append((customer_id, user_id))
        return StaffLink(f"https://loyalty.test/me/{program.program_id}.secret", datetime(2018, 1, 30, 12, tzinfo=UTC))
