"""Dates that a bonus may have of its own. It never waits for a delivery, and does not slide with activity."""

from typing import Annotated

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.programs.policies import AfterDays, AfterMonths, Immediately

_Days = Annotated[int, Meta(ge=1, le=36_500)]
_Delay = Annotated[int, Meta(ge=0, le=36_500)]
_Months = Annotated[int, Meta(ge=1, le=1_200)]
_AS_ALL = mark("Empty: as all points.")


class OwnDates(Struct, frozen=True, kw_only=True):
    """When the points of a bonus can be spent, where that is not when the others can; docs/rules.md."""

    available_after_days: Annotated[_Delay | None, Meta(title=mark("Can be spent after days"), description=_AS_ALL)] = (
        None
    )
    expires_after_days: Annotated[_Days | None, Meta(title=mark("Expire after days"), description=_AS_ALL)] = None
    expires_after_months: Annotated[_Months | None, Meta(title=mark("Expire after months"), description=_AS_ALL)] = None

    def __post_init__(self) -> None:
        """Refuse two ends."""
        if self.expires_after_days is not None and self.expires_after_months is not None:
            msg = "points expire after days or after months, not both"
            raise ValueError(msg)

    @property
    def maturity(self) -> Immediately | AfterDays | None:
        """When they can be spent; None: as the programme says."""
        days = self.available_after_days
        return None if days is None else AfterDays(days) if days else Immediately()

    @property
    def expiry(self) -> AfterDays | AfterMonths | None:
        """When they end; None: as the programme says."""
        if self.expires_after_months is not None:
            return AfterMonths(self.expires_after_months)
        return None if self.expires_after_days is None else AfterDays(self.expires_after_days)
