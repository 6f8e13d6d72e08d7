"""What staff do about members' own pages: make a link, to give it to the member."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.account_page.actions import make_link_for
from loyalty.account_page.rules import page_address
from loyalty.database import Database, one
from loyalty.errors import NotAMember
from loyalty.programs.facts import ProgramFacts, Source


class StaffLink(Struct, frozen=True):
    """A link that somebody of the staff made. It is shown once."""

    address: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffLinks:
    """The verbs behind the panel's page of a member."""

    database: Callable[[], Database]
    public_url: str

    async def make(self, program: ProgramFacts, customer_id: UUID, user_id: UUID, request_id: str) -> StaffLink | None:
        """Make a link to a member's own page; kept with who made it. None: the customer is no member now."""
        source = Source(program, None, "default", f"user:{user_id}", request_id)
        try:
            made = await one(self.database(), lambda tx: make_link_for(tx, source, customer_id))
        except NotAMember:
            return None
        return StaffLink(page_address(self.public_url, made.token), made.expires_at)
