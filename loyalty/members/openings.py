"""Points that members bring along from another programme, each lot with the dates that it had there.

To the ledger an opening balance is an adjustment: it was not earned here, so it is no issuing, and it moves points when
it is recorded, however old they are. Pure but for new ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from loyalty.errors import Invalid, NotFound, OtherFacts
from loyalty.points.book import Book
from loyalty.points.chain import microseconds
from loyalty.points.dates import LotDates, ending
from loyalty.points.facts import RecordedAward
from loyalty.points.rules import adjust


class NewOpening(Struct, frozen=True):
    """A lot as the other programme had it. Without `expires_at` it ends by this programme's rule, from `earned_at`.

    `never`: it never ends, whatever the rule. `balance_id`: the row's own id, where it has one.
    """

    external_id: str
    points: Annotated[int, Meta(ge=1, le=10**12)]
    earned_at: datetime
    expires_at: datetime | None = None
    never: bool = False
    balance_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opening balance came to; of one that is known already, only that it is."""

    new: NewOpening
    award: RecordedAward | None
    digest: bytes

    @property
    def replayed(self) -> bool:
        """Whether it was brought along before."""
        return self.award is None


def digest_of(namespace: str, new: NewOpening) -> bytes:
    """Hash what names an opening balance: its id, or else whose it is, and its dates."""
    dates = None if new.balance_id else (microseconds(new.earned_at), new.expires_at and microseconds(new.expires_at))
    named = ("opening/1", namespace, new.balance_id or new.external_id, dates, new.never if dates else None)
    return sha256(msgspec.json.encode(named)).digest()


def open_balance(book: Book, known: Mapping[bytes, int], new: NewOpening) -> Opened:
    """Bring points along as a lot of their own. What is over already expires at once; debt is repaid first."""
    digest = digest_of(book.source.namespace, new)
    if digest in known:
        if known[digest] != new.points:
            msg = f"These points were brought along as {known[digest]}; adjust them instead."
            raise OtherFacts(msg)
        return Opened(new, None, digest)
    book.not_ahead(new.earned_at, "earned_at")
    if new.expires_at is not None and new.expires_at <= new.earned_at:
        msg = "expires_at must be later than earned_at."
        raise Invalid(msg, pointer="/expires_at")
    book.not_erased(new.external_id)
    customer_id = book.aliases.get(new.external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id; import the members first."
        raise NotFound(msg, pointer="/customer_id")
    account = book.account(customer_id)
    posted = book.cause()
    adjust(account, new.points, _dates(book, new), posted)
    book.touch(account)
    award = book.decided(account, "adjusted", posted, {"points": new.points, "opening": True})
    book.tell("points.adjusted", f"customer/{account.customer_id}", award)
    return Opened(new, award, digest)


def _dates(book: Book, new: NewOpening) -> LotDates:
    earned_at = min(new.earned_at, book.now)
    if new.never or new.expires_at is not None:
        return LotDates(earned_at, earned_at, new.expires_at, None)
    return ending(book.source.program.policies, book.source.program.zone, earned_at, earned_at)
