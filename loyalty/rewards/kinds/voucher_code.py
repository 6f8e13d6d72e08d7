"""A code that the customer enters in the shop, or somewhere else."""

import secrets
from typing import Annotated, Literal

from msgspec import Meta

from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent

# Without 0 and O, 1, I and L: codes are read out and typed in.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@KINDS.register("voucher_code")
class VoucherCode(RewardKind, frozen=True, forbid_unknown_fields=True):
    """A code for each redemption, shown when it is captured: made up here, or out of a pool that was uploaded.

    Of made-up ones the prefix is followed by `length` characters; 8 of them are 8 × 10¹¹ codes.
    """

    source: Literal["generated", "uploaded"] = "generated"
    prefix: Annotated[str, Meta(max_length=16, pattern=r"^[A-Z0-9-]*$")] = ""
    length: Annotated[int, Meta(ge=8, le=32)] = 10
    worth_minor: Minor | None = None

    @property
    def codes(self) -> Literal["generated", "uploaded"]:
        """Tell where the codes come from."""
        return self.source

    def new_code(self) -> str:
        """Make up a code that nobody can guess."""
        return self.prefix + "".join(secrets.choice(ALPHABET) for _ in range(self.length))

    def value_minor(self, spent: Spent) -> int | None:
        """Give what the code is said to be worth."""
        return None if self.worth_minor is None else spent.part_of(self.worth_minor)
