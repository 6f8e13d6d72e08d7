"""What a shop, a member or the clock can do. Money in cents; `key` is an Idempotency-Key."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True)
class Buy:
    """A purchase. `edit`: told by PUT."""

    order: str
    placed: datetime
    goods: int
    customer: str | None = None
    reward: int = 0
    delivered: datetime | None = None
    redemptions: tuple[str, ...] = ()
    test: bool = False
    updated: datetime | None = None
    edit: bool = False

    def as_edit(self, updated: datetime) -> "Buy":
        """Tell the same by PUT."""
        return replace(self, edit=True, updated=updated)


@dataclass(frozen=True)
class Refund:
    """Goods taken back; no `goods`: a cancellation."""

    order: str
    number: str
    at: datetime
    goods: int | None


@dataclass(frozen=True)
class Join:
    """A membership, from then on or (`left`) until then."""

    customer: str
    joined: datetime
    left: datetime | None = None


@dataclass(frozen=True)
class Act:
    """A review written."""

    customer: str
    number: str
    at: datetime


@dataclass(frozen=True)
class Redeem:
    """A reward asked for, held or (`at_once`) captured."""

    customer: str
    price: int
    at_once: bool
    key: str


@dataclass(frozen=True)
class Capture:
    """The points of a hold spent, wholly or in part."""

    hold: str
    points: int | None = None


@dataclass(frozen=True)
class Release:
    """The points of a hold given back."""

    hold: str


@dataclass(frozen=True)
class Reverse:
    """The captured points of a hold given back."""

    hold: str


@dataclass(frozen=True)
class Adjust:
    """Points given (> 0) or taken by staff."""

    customer: str
    points: int
    key: str


@dataclass(frozen=True)
class Merge:
    """One customer turns out to be another."""

    customer: str
    into: str
    key: str


@dataclass(frozen=True)
class Erase:
    """A customer wants to be forgotten."""

    customer: str


@dataclass(frozen=True)
class Sweep:
    """The nightly work: settle whatever is due."""


Command = Buy | Refund | Join | Act | Redeem | Capture | Release | Reverse | Adjust | Merge | Erase | Sweep


@dataclass(frozen=True)
class Answer:
    """What was answered: a word, when it was recorded, the name of a hold; `body`: all of it, for a retry to match."""

    word: str
    at: datetime | None
    body: object
    name: str = ""


@dataclass(frozen=True)
class Look:
    """What a member is shown: available, pending, held, debt; and lots: points, earned, from when, until when."""

    points: tuple[int, int, int, int]
    lots: list[tuple[int, datetime, datetime | None, datetime | None]]
