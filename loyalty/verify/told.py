"""What the facts of awards tell, as docs/decisions/0008-how-points-move.md has it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.verify.facts import AwardRow, LotRow
from loyalty.verify.histories import AccountHistory

_YEAR_1970 = datetime(1970, 1, 1, tzinfo=UTC)


class Dates(NamedTuple):
    """When the points of a lot were earned, mature and end."""

    earned_at: datetime | None
    matures_at: datetime | None
    expires_at: datetime | None
    slides_days: int | None


def instant(told: Any) -> datetime | None:  # noqa: ANN401 - a fact
    """Read an instant."""
    if isinstance(told, int):
        return _YEAR_1970 + timedelta(microseconds=told)
    return datetime.fromisoformat(told) if told else None


def told_lots(award: AwardRow) -> Iterator[tuple[int, Dates]]:
    """Give the lots that an award brought or re-dated, with their dates."""
    if '"lots"' in award.facts:
        for lot in award.told_facts["lots"]:
            earned, matures, expires = (instant(lot.get(name)) for name in ("earned_at", "matures_at", "expires_at"))
            yield lot["lot"], Dates(earned, matures, expires, lot.get("slides_days"))


def moved_lots(award: AwardRow) -> dict[int, int]:
    """Give which lot each entry of a settling moved."""
    if '"moved"' not in award.facts:
        return {}
    moved = award.told_facts["moved"]
    pairs = moved.items() if isinstance(moved, dict) else moved
    return {int(entry): lot for entry, lot in pairs}


def active_at(history: AccountHistory) -> datetime | None:
    """Give when the account was last active as its awards tell it."""
    for award in reversed(history.awards):
        if '"active_at"' in award.facts:
            return instant(award.told_facts["active_at"])
    return None


def end_of(lot: LotRow, active: datetime | None, zone: str) -> datetime | None:
    """Give when a lot ends, if it does: on its date, or so many days after its account was last active."""
    if lot.slides_days is None or lot.matures_at is None:
        return lot.expires_at
    return midnight_after(max(lot.matures_at, active or lot.matures_at), lot.slides_days, zone)


def midnight_after(at: datetime, days: int, zone: str) -> datetime:
    """Give the midnight that ends the local day so many days later."""
    local = at.astimezone(ZoneInfo(zone)) + timedelta(days=days + 1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def named_hold(award: AwardRow) -> UUID | None:
    """Give the hold that a capture, release or reversal is of."""
    told = award.told_facts.get("hold") if '"hold"' in award.facts else None
    return UUID(told) if told else None


def timed_out(award: AwardRow) -> list[UUID]:
    """Give the holds that a settling ended."""
    return [UUID(hold) for hold in award.told_facts["timed_out"]] if '"timed_out"' in award.facts else []


def restored_of(award: AwardRow) -> dict[UUID, int]:
    """Give how many points a refund brought back, by redemption."""
    if '"restored_of"' not in award.facts:
        return {}
    told = award.told_facts["restored_of"]
    pairs = told.items() if isinstance(told, dict) else told
    return {UUID(hold): points for hold, points in pairs}


def told_memberships(award: AwardRow) -> list[UUID]:
    """Give the memberships that a merging or erasing recorded."""
    return [UUID(found) for found in award.told_facts["memberships"]] if '"memberships"' in award.facts else []
