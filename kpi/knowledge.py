"""What may be known when a figure is answered: everything committed, or only what was recorded by an instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from loyalty.errors import Invalid

# No append's `now` is older than 5 s when it commits (`ledger.md`); what was recorded before this is all there.
_SETTLED_AFTER = timedelta(seconds=10)


class BadInstant(Invalid):
    """The knowledge time is no instant that a clock could show."""

    code = "bad_instant"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What may be known. `limit` is None when everything committed counts; `as_of` is what the answer says.

    `data_as_of`: up to here everything is counted. `lowered`: a later `as_of` was asked for than could be answered.
    """

    limit: datetime | None
    as_of: datetime
    lowered: bool
    data_as_of: datetime


def knowledge(now: datetime, as_of: datetime | None) -> Knowledge:
    """Decide what may be known: an `as_of` later than what has settled is lowered to that. Raises `BadInstant`."""
    settled = now - _SETTLED_AFTER
    if as_of is None:
        return Knowledge(None, now, lowered=False, data_as_of=settled)
    asked = _in_utc(as_of)
    limit = min(asked, settled)
    return Knowledge(limit, limit, lowered=asked > settled, data_as_of=settled)


def _in_utc(as_of: datetime) -> datetime:
    try:
        if as_of.tzinfo is not None:
            return as_of.astimezone(UTC)
    except OverflowError:
        pass
    msg = f"as_of must be an instant with its offset, between the years 1 and 9999 in UTC; {as_of} is not."
    raise BadInstant(msg, pointer="/as_of")
