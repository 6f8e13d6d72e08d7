"""Who is held out, decided by a hash of the customer's id: the same for ever, and known to nobody beforehand. Pure."""

from hashlib import sha256
from typing import Literal
from uuid import UUID

Arm = Literal["offered", "held_out"]
BASIS_POINTS = 10_000


def drawn(salt: str, customer_id: UUID) -> int:
    """Draw a number from 0 to 9,999: sha256 of the salt and the id as text, as one whole number, modulo 10,000."""
    return int.from_bytes(sha256(f"{salt}{customer_id}".encode()).digest(), "big") % BASIS_POINTS


def arm_of(salt: str, customer_id: UUID, holdout_bp: int) -> Arm:
    """Tell the arm of a customer, with so many of 10,000 held out."""
    return "held_out" if drawn(salt, customer_id) < holdout_bp else "offered"
