"""A holdout as other rooms see it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

# "over": its day has come; "stopped": before that.
State = Literal["running", "over", "stopped"]


class HoldoutFacts(Struct, frozen=True):
    """A holdout: `offered` and `held_out` customers were drawn; it is read on `ends_at`, which was fixed at the start.

    `drawn_at`: None while the lot is drawn, which takes moments; both are 0 until then. `overrides`: how many joined
    though they were held out.
    """

    holdout_id: UUID
    state: State
    salt: str
    holdout_bp: int
    weeks: int
    offered: int
    held_out: int
    overrides: int
    started_at: datetime
    ends_at: datetime
    started_by: str
    ended_at: datetime | None
    ended_by: str | None
    drawn_at: datetime | None = None


class Override(Struct, frozen=True):
    """Somebody held out who joins all the same, and why."""

    membership_id: UUID
    holdout_id: UUID
    customer_id: UUID
    reason: str
