"""A code that the customer enters in the shop, or somewhere else."""

import secrets
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from loyalty.i18n import mark
from loyalty.rewards.kind import KINDS, Minor, RewardKind, Spent

# Without 0 and O, 1, I and L: codes are read out and typed in.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@KINDS.register("voucher_code")
class VoucherCode(RewardKind, frozen=True, forbid_unknown_fields=True):
    """A code for each redemption, shown when it is captured: made up here, or out of a pool that was uploaded.

    Of made-up ones the prefix is followed by `length` characters; 8 of them are 8 × 10¹¹ codes.
    """

    title: ClassVar[str] = mark("Voucher code")

    source: Annotated[
        Literal["generated", "uploaded"],
        Meta(
            title=mark("Where codes come from"),
            extra={"choices": {"generated": mark("Made up here"), "uploaded": mark("From a list that you upload")}},
        ),
    ] = "generated"
    prefix: Annotated[
        str,
        Meta(
            max_length=16,
            pattern=r"^[A-Z0-9-]*(?!\n)$",
            title=mark("Codes begin with"),
            description=mark("Capital letters, digits and hyphens; only of made-up codes."),
        ),
    ] = ""
    length: Annotated[
        int, Meta(ge=8, le=32, title=mark("Characters after that"), description=mark("Only of made-up codes."))
    ] = 10
    worth_minor: Annotated[
        Minor | None,
        Meta(title=mark("Worth"), description=mark("What it is worth to the customer, if it is to be told.")),
    ] = None

    @property
    def codes(self) -> Literal["generated", "uploaded"]:
        """Tell where the codes come from."""
        return self.source

    def new_code(self) -> str | None:
        """Make up a code that nobody can guess; none where there is a list of them."""
        if self.source == "uploaded":
            return None
        return self.prefix + "".join(secrets.choice(ALPHABET) for _ in range(self.length))

    def value_minor(self, spent: Spent) -> int | None:
        """Give what the code is said to be worth."""
        return None if self.worth_minor is None else spent.part_of(self.worth_minor)
