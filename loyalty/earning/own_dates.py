"""Dates that a bonus may have of its own. It never waits for a delivery, and does not slide with activity."""

from msgspec import Meta

from loyalty.i18n import mark
from loyalty.programs.policies import AfterDays, AfterMonths, EndOfMonth, EndOfYear, Immediately, Never

OwnMaturity = Immediately | AfterDays
OwnExpiry = Never | AfterDays | AfterMonths | EndOfMonth | EndOfYear
_AS_ELSE = mark("Empty: as the programme says.")
MATURITY = Meta(title=mark("Can be spent"), description=_AS_ELSE)
EXPIRY = Meta(title=mark("Expire"), description=_AS_ELSE)
