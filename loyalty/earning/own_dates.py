"""Dates that a bonus may have of its own. It never waits for a delivery, and does not slide with activity."""

from loyalty.programs.policies import AfterDays, AfterMonths, EndOfMonth, EndOfYear, Immediately, Never

OwnMaturity = Immediately | AfterDays
OwnExpiry = Never | AfterDays | AfterMonths | EndOfMonth | EndOfYear
