"""A programme as the other rooms need it, and where a write comes from."""

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision
from msgspec import Struct

from loyalty.programs.policies import Policies

# Asked for every amount; Babel looks it up anew each time.
_digits = cache(get_currency_precision)


class ProgramFacts(Struct, frozen=True):
    """One programme's standing facts."""

    program_id: int
    name: str
    mode: str
    currency: str
    timezone: str
    clock_offset: timedelta
    default_period: str | None
    data_origin: dict[str, str] | None
    policies: Policies
    created_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The IANA zone in which its days begin."""
        return ZoneInfo(self.timezone)

    @property
    def digits(self) -> int:
        """How many decimals its currency has (ISO 4217)."""
        return _digits(self.currency)


class Source(Struct, frozen=True):
    """Where a write comes from: which programme and storefront, who, in which request. `origin`: live or import.

    No `storefront_id`: the panel; staff move points, but order and redeem nothing.
    `dated_now`: points of purchases placed in the past count from now (`--points-date import`), not from `placed_at`.
    """

    program: ProgramFacts
    storefront_id: int | None
    namespace: str
    actor: str
    request_id: str
    origin: str = "live"
    dated_now: bool = False
