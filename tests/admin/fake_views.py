"""Saved views without a database."""

from dataclasses import dataclass, field
from uuid import UUID

from loyalty.auth.views import NewView, SavedViewFacts
from loyalty.errors import NotFound
from tests.admin.fake_team import NOAH

SHARED = UUID(int=0x51)


@dataclass
class FakeViews:
    """The verbs, over a list with one of somebody else's that is everybody's."""

    kept: list[SavedViewFacts] = field(
        default_factory=lambda: [
            SavedViewFacts(
                SHARED, NOAH, "members", "Gone <lately>", "state=left", shared=True, owner="noah@example.com"
            )
        ]
    )

    async def listed(self, program_id: int, page: str, user_id: UUID) -> list[SavedViewFacts]:
        """List what somebody may see."""
        assert program_id == 1
        return [one for one in self.kept if one.page == page and (one.shared or one.user_id == user_id)]

    async def save(self, program_id: int, user_id: UUID, new: NewView) -> None:
        """Save one."""
        assert program_id == 1
        number = UUID(int=0x60 + len(self.kept))
        kept = SavedViewFacts(
            number, user_id, new.page, new.name, new.said, shared=new.shared, owner="maya@example.com"
        )
        self.kept.append(kept)

    async def rename(self, program_id: int, user_id: UUID, view_id: UUID, name: str, *, leads: bool) -> tuple[str, str]:
        """Rename one."""
        page, said = await self.delete(program_id, user_id, view_id, leads=leads)
        self.kept.append(SavedViewFacts(view_id, user_id, page, name, said, shared=False, owner="maya@example.com"))
        return page, said

    async def delete(self, program_id: int, user_id: UUID, view_id: UUID, *, leads: bool) -> tuple[str, str]:
        """Delete one that one may."""
        assert program_id == 1
        for one in self.kept:
            if one.view_id == view_id and (one.user_id == user_id or (leads and one.shared)):
                self.kept.remove(one)
                return one.page, one.said
        msg = "There is no such view."
        raise NotFound(msg)
