"""What a programme holds to in all of its surveys: published as versions, the newest in force. Pure."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

EVERYBODY_BP = 10_000
Share = Annotated[int, Meta(ge=0, le=EVERYBODY_BP, description="Of 10,000.")]
Purpose = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}(?!\n)$", examples=["surveys"])]


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """How often, how many, and who never. `consent`: the name under which shops tell it; None: it takes none.

    `daily_cap`: invitations sent by mail in a local day; None: as many as are due.
    """

    quarantine_days: Annotated[int, Meta(ge=0, le=3_650)] = 90
    holdout_bp: Share = 0
    daily_cap: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    consent: Purpose | None = "surveys"

    @property
    def quarantine(self) -> timedelta:
        """How long after a sending nobody is asked again: days of 24 hours."""
        return timedelta(days=self.quarantine_days)


class StoredPolicy(Struct, frozen=True):
    """A published version; 0: nobody ever published any. `salt` is that of the hold-out, the same for ever."""

    version: int
    policy: Policy
    salt: str


NEVER_PUBLISHED = StoredPolicy(0, Policy(), "")
