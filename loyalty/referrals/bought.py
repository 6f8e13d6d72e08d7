"""What the rooms above tell of purchases. Referrals never look up the stairs: the SQL is handed down."""

from typing import NamedTuple


class Handed(NamedTuple):
    """`codes`: rows (purchase_id, referral_code) of those with one, of $1 the programme, $2 ids.

    `bought`: JSON of a `Bought` with `referral_code`, or no row. $1 the programme, `family` the customers by
    `customer_id`; {which}: its own condition on `p`, a purchase.
    """

    codes: str
    bought: str


_HANDED: list[Handed] = []


def hand_down(codes: str, bought: str) -> None:
    """Register what is known of purchases; twice does nothing."""
    if not _HANDED:
        _HANDED.append(Handed(codes, bought))


def handed() -> Handed:
    """Give it."""
    return _HANDED[0]
