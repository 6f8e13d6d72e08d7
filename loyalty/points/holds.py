"""Points set aside and what becomes of them: taken, captured, released, given back to the lots they came from. Pure."""

from datetime import datetime, timedelta
from uuid import UUID

from loyalty.points.dates import LotDates, local_day, midnight_after
from loyalty.points.facts import Cause, OpenAccount, OpenHold, OpenLot, Taken
from loyalty.points.rules import bring, end_of, enter, expect, expire_over, not_enough, repay, spend, spendable, take


def hold(account: OpenAccount, hold_id: UUID, points: int, expires_at: datetime, cause: Cause) -> OpenHold:
    """Set available points aside, in spending order, so that no expiry can break the capture."""
    if account.available < points:
        raise not_enough(account, points)
    taken = [
        Taken(account.customer_id, lot.seq, part)
        for lot, part in spend(account, "hold", "held", points, spendable(account), cause)
    ]
    made = OpenHold(
        hold_id, points, 0, 0, taken, "open", cause.award_id, cause.recorded_at, expires_at, fresh=True, touched=True
    )
    account.holds.append(made)
    expect(account, expires_at)
    return made


def capture(account: OpenAccount, held: OpenHold, points: int, cause: Cause, grace_days: int) -> None:
    """Spend what is held, or the part of it that would have ended first; the rest goes back."""
    enter(account, "capture", "held", "redeemed", points, cause)
    held.captured = points
    _end(held, "captured", cause.recorded_at, cause)
    back = _last(held, held.points - points)
    if back:
        give_back(account, back, "release", "held", cause, grace_days)


def release(
    account: OpenAccount, held: OpenHold, state: str, cause: Cause, grace_days: int, at: datetime | None = None
) -> None:
    """Let go of what is held, by the storefront's word (`released`) or by the clock's (`timed_out`)."""
    _end(held, state, at or cause.recorded_at, cause)
    give_back(account, _last(held, held.points), "release", "held", cause, grace_days, at)


def give_back_captured(account: OpenAccount, held: OpenHold, points: int, cause: Cause, grace_days: int) -> None:
    """Take a capture back, wholly or in part: what was spent last comes back first."""
    held.returned += points
    held.touched = True
    give_back(account, _last(held, points), "reverse", "redeemed", cause, grace_days)


def _end(held: OpenHold, state: str, at: datetime, cause: Cause) -> None:
    held.state, held.ended_at, held.end_award_id, held.touched = state, at, cause.award_id, True


def _last(held: OpenHold, points: int) -> list[Taken]:
    """Take so many points off the end of what is out."""
    back: list[Taken] = []
    while points:
        last = held.taken.pop()
        part = min(points, last.points)
        if part < last.points:
            held.taken.append(last._replace(points=last.points - part))
        back.append(last._replace(points=part))
        points -= part
    return back


def give_back(
    account: OpenAccount,
    back: list[Taken],
    kind: str,
    debit: str,
    cause: Cause,
    grace_days: int,
    at: datetime | None = None,
) -> None:
    """Give points back to their lots. What is over ends at once, or lives on for the days of grace as a new lot."""
    now = at or cause.recorded_at
    own = {lot.seq: lot for lot in account.lots}
    home: list[tuple[OpenLot, int]] = []
    for taken in back:
        lot = own[taken.lot] if taken.customer_id == account.customer_id else _of_merged(account, taken)
        end = end_of(account, lot)
        over = end is not None and end <= now
        if taken.customer_id == account.customer_id and not (over and grace_days):
            home.append((lot, taken.points))
        else:
            _anew(account, lot, taken.points, kind, debit, cause, at, grace_days if over else 0)
    if home:
        entry = enter(account, kind, debit, "available", sum(points for _, points in home), cause, at)
        for lot, points in home:
            take(account, lot, -points, entry.seq)
            expect(account, end_of(account, lot))
        _expire_what_came_back(account, [lot for lot, _ in home], cause, at)
    repay(account, cause, at)


def _of_merged(account: OpenAccount, taken: Taken) -> OpenLot:
    """Find a lot of an account that was merged into this one: its points come back here, with their dates."""
    lot = account.foreign[taken.customer_id, taken.lot]
    return OpenLot(
        lot.seq, lot.purchase_id, lot.earned_at, lot.matures_at, lot.expires_at, lot.slides_days, lot.original, 0
    )


def _anew(
    account: OpenAccount,
    lot: OpenLot,
    points: int,
    kind: str,
    debit: str,
    cause: Cause,
    at: datetime | None,
    grace_days: int,
) -> None:
    """Bring points back as a new lot with the dates of the old one, or with days of grace where those are over."""
    dates = LotDates(lot.earned_at, lot.matures_at, lot.expires_at, lot.slides_days)
    if grace_days:
        last_day = local_day(at or cause.recorded_at, account.zone) + timedelta(days=grace_days)
        dates = LotDates(lot.earned_at, lot.matures_at, midnight_after(last_day, account.zone), None)
    anew = bring(account, kind, debit, points, dates, lot.purchase_id, cause, at)
    _expire_what_came_back(account, [anew], cause, at)


def _expire_what_came_back(account: OpenAccount, lots: list[OpenLot], cause: Cause, at: datetime | None) -> None:
    """End what is over, and have the award say how much of what came back was."""
    before = account.available
    expire_over(account, lots, cause, at)
    if account.available < before:
        cause.notes["expired"] = cause.notes.get("expired", 0) + before - account.available
