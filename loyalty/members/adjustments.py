"""Deciding an adjustment: points that staff give or take, with a reason. Pure but for new ids."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.errors import Invalid, NotFound
from loyalty.points.book import Book
from loyalty.points.dates import ending
from loyalty.points.facts import RecordedAward
from loyalty.points.rules import adjust

Reason = Annotated[str, Meta(min_length=1, max_length=500)]
# What one adjustment moves at most; staff at the panel, by a slip of the finger, a millionth of it.
MOST_POINTS, MOST_BY_STAFF = 10**12, 10**6


class NewAdjustment(Struct, frozen=True):
    """Points to give (> 0) or take (< 0), and why."""

    external_id: str
    points: int
    reason: str


def record_adjustment(book: Book, new: NewAdjustment) -> RecordedAward:
    """Give points as a lot of their own, under the programme's expiry, or take available ones in spending order."""
    if not 0 < abs(new.points) <= MOST_POINTS:
        msg = f"points is a whole number above or below zero, {MOST_POINTS} at most."
        raise Invalid(msg, pointer="/points")
    customer_id = book.aliases.get(new.external_id)
    if customer_id is None or customer_id in book.erased:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    return adjust_account(book, customer_id, new.points)


def adjust_account(book: Book, customer_id: UUID, points: int) -> RecordedAward:
    """Give or take points, of an account that was opened by our own id."""
    account = book.account(customer_id)
    posted = book.cause()
    policies = book.source.program.policies
    dates = ending(policies, account.zone, book.now, book.now)
    adjust(account, points, dates, posted)
    book.touch(account)
    award = book.decided(account, "adjusted", posted, {"points": points})
    book.tell("points.adjusted", f"customer/{account.customer_id}", award)
    return award
