"""Bringing an account up to now: what matured, ended or timed out since it was last written. Pure."""

from datetime import datetime
from heapq import heapify, heappop, heappush

from loyalty.points.facts import Cause, OpenAccount, OpenHold, OpenLot
from loyalty.points.holds import release
from loyalty.points.rules import end_of, enter, expire, repay

# Of one instant: what ends goes before what begins, and both before what comes back.
_EXPIRY, _MATURING, _TIME_OUT = range(3)
_Due = tuple[datetime, int, int, OpenLot | OpenHold]


def settle(account: OpenAccount, now: datetime, cause: Cause, grace_days: int) -> None:
    """Post everything that fell due up to `now`, in the order of time, each effective at its own instant."""
    due = [found for found in _all_due(account) if found[0] <= now]
    heapify(due)
    while due:
        at, what, _, subject = heappop(due)
        if isinstance(subject, OpenHold):
            _time_out(account, subject, cause, grace_days, at)
            for lot in account.lots:
                _push_end(account, lot, now, due)
        elif what == _MATURING:
            mature(account, subject, cause, at)
            repay(account, cause, at)
            _push_end(account, subject, now, due)
        elif subject.remaining:
            _note_moved(cause, expire(account, subject, cause, at).seq, subject)
    account.next_due_at = next_due(account)


def next_due(account: OpenAccount) -> datetime | None:
    """Tell when something falls due next, of all lots and holds that were read."""
    return min((found[0] for found in _all_due(account)), default=None)


def _all_due(account: OpenAccount) -> list[_Due]:
    due: list[_Due] = [
        (held.expires_at, _TIME_OUT, number, held) for number, held in enumerate(account.holds) if held.state == "open"
    ]
    for lot in account.lots:
        at = lot.matures_at if lot.pending else end_of(account, lot)
        if lot.remaining and at is not None:
            due.append((at, _MATURING if lot.pending else _EXPIRY, lot.seq, lot))
    return due


def _push_end(account: OpenAccount, lot: OpenLot, now: datetime, due: list[_Due]) -> None:
    """Have a lot end too, if it does by now; twice is no harm, since then nothing remains."""
    end = end_of(account, lot)
    if lot.remaining and not lot.pending and end is not None and end <= now:
        heappush(due, (end, _EXPIRY, lot.seq, lot))


def mature(account: OpenAccount, lot: OpenLot, cause: Cause, at: datetime) -> None:
    """Make the points of a lot available."""
    entry = enter(account, "mature", "pending", "available", lot.remaining, cause, at)
    lot.pending = False
    _note_moved(cause, entry.seq, lot)


def _time_out(account: OpenAccount, held: OpenHold, cause: Cause, grace_days: int, at: datetime) -> None:
    first = len(account.entries)
    release(account, held, "timed_out", cause, grace_days, at)
    lots = {lot.seq: lot for lot in account.lots}
    for entry in account.entries[first:]:
        if entry.kind == "expire":
            _note_moved(cause, entry.seq, lots[next(lot for seq, lot, _ in account.uses if seq == entry.seq)])
    cause.notes.setdefault("timed_out", []).append(str(held.hold_id))


def _note_moved(cause: Cause, seq: int, lot: OpenLot) -> None:
    cause.notes.setdefault("moved", {})[str(seq)] = lot.seq
