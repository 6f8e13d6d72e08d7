"""What saved views need from the rooms below."""

from typing import Protocol
from uuid import UUID

from loyalty.auth.views import NewView, SavedViewFacts


class ViewsDesk(Protocol):
    """The verbs about saved views. What is not there, or somebody else's, is raised as `NotFound`."""

    async def listed(self, program_id: int, page: str, user_id: UUID) -> list[SavedViewFacts]:
        """List somebody's views of a page, and everybody's, by name."""

    async def save(self, program_id: int, user_id: UUID, new: NewView) -> None:
        """Save one; `Invalid` where somebody has enough of a page."""

    async def rename(self, program_id: int, user_id: UUID, view_id: UUID, name: str, *, leads: bool) -> tuple[str, str]:
        """Call one otherwise; gives its page and what it says."""

    async def delete(self, program_id: int, user_id: UUID, view_id: UUID, *, leads: bool) -> tuple[str, str]:
        """Delete one; gives its page and what it said."""
