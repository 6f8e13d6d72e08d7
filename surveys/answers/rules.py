"""What may still be answered, or changed. Pure; docs/surveys.md in code."""

from datetime import datetime

from surveys.plans.times import ends_at, locked_at


def editable(first_scored_at: datetime | None, now: datetime) -> bool:
    """Tell whether an answer may be given or changed: for 24 hours after its first score."""
    return first_scored_at is None or now < locked_at(first_scored_at)


def link_open(sent_at: datetime, first_scored_at: datetime | None, now: datetime) -> bool:
    """Tell whether a link still leads somewhere: for 30 days, and to the end of the 24 hours of who has answered."""
    return now < ends_at(sent_at) or (first_scored_at is not None and editable(first_scored_at, now))
