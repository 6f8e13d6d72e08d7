"""A search without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from loyalty.members.looking import Looked
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.finding import OrderFound
from loyalty.referrals.finding import CodeFound
from tests.admin.fake_people import BARE, NORA, some_people

ORDER = UUID(int=0x0D)


def nothing() -> Looked:
    """Find nothing."""
    return Looked([], more_people=False, orders=[], codes=[])


def everything() -> Looked:
    """Find something of each."""
    at = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    return Looked(
        some_people(),
        more_people=True,
        orders=[
            OrderFound(ORDER, "A-<1001>", "web shop", at, 8400, BARE),
            OrderFound(UUID(int=0x0E), "A-1002", "till", at, 1200, None),
        ],
        codes=[CodeFound("NORA-22", NORA, "Nora Whitfield", "nora@example.com")],
    )


@dataclass
class FakeLooking:
    """The verb; `asked` notes for what."""

    found: Looked = field(default_factory=everything)
    asked: list[str] = field(default_factory=list)

    async def look(self, program: ProgramFacts, text: str) -> Looked:
        """Give what the test put there."""
        assert program.program_id == 1
        self.asked.append(text)
        return self.found
