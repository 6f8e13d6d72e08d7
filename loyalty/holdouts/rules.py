"""Who is held out, decided by a hash of the customer's id: the same for ever, and known to nobody beforehand. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from msgspec import Struct

Arm = Literal["offered", "held_out"]
BASIS_POINTS = 10_000
# A holdout begins so long after it was asked for. By then its commit is there for every joining to see, as no statement
# takes longer than 5 s: who joins at that instant or before is free, and who joins later is asked.
BEGINS_AFTER = timedelta(seconds=15)
# And it is drawn so long after it began: no append's `now` is older than 5 s when it commits (`ledger.md`), so all that
# was recorded by the beginning is there.
DRAWN_AFTER = timedelta(seconds=10)


class Self(Struct, frozen=True):
    """What was known at the beginning of a customer, one of perhaps several who turned out to be one person.

    `own`: under this id the person goes on. `member`: was a member then; `drawn`: was known, and no member.
    """

    customer_id: UUID
    own: bool
    member: bool
    drawn: bool


def drawn(salt: str, customer_id: UUID) -> int:
    """Draw a number from 0 to 9,999: sha256 of the salt and the id as text, as one whole number, modulo 10,000."""
    return int.from_bytes(sha256(f"{salt}{customer_id}".encode()).digest(), "big") % BASIS_POINTS


def arm_of(salt: str, customer_id: UUID, holdout_bp: int) -> Arm:
    """Tell the arm of a customer, with so many of 10,000 held out."""
    return "held_out" if drawn(salt, customer_id) < holdout_bp else "offered"


def arm_of_person(salt: str, holdout_bp: int, selves: Sequence[Self]) -> Arm | None:
    """Tell the arm of a person; None for whom it is not about.

    That of the id that goes on; else held out, where one of the others is. Who was a member under any of them was no
    customer without a membership, whatever it looked like when they were drawn.
    """
    if any(one.member for one in selves):
        return None
    own = [arm_of(salt, one.customer_id, holdout_bp) for one in selves if one.drawn and one.own]
    others = [arm_of(salt, one.customer_id, holdout_bp) for one in selves if one.drawn and not one.own]
    return min(own or others, default=None)
