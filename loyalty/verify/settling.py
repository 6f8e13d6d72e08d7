"""The promises about time: what falls due is posted, once, at its own instant, and what is over is never spent."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from loyalty.verify.checks import Found, entries, of_account, one
from loyalty.verify.facts import AwardRow, EntryRow, HoldRow, LotRow
from loyalty.verify.histories import AccountHistory
from loyalty.verify.told import active_at, end_of, instant, moved_lots, timed_out

# Of one instant: expiries, then maturings, then time-outs.
_ORDER = {"expire": 0, "mature": 1, "release": 2}
_SPENDS = {"hold", "repay", "adjust"}


def _settled(history: AccountHistory) -> int:
    return sum(award.cause == "settled" for award in history.awards)


def _lots(history: AccountHistory) -> int:
    return len(history.lots)


@of_account(_settled)
def settling_goes_in_order_of_time(history: AccountHistory) -> Found:
    """What falls due is posted in the order of time, each at its own instant and none in the future."""
    if not _settled(history):
        return
    lots = {lot.seq: lot for lot in history.lots}
    taken = _taken(history)
    holds = {hold.hold_id: hold for hold in history.holds}
    active: datetime | None = None
    for award in history.awards:
        if award.cause == "settled":
            yield from _settling(history, award, lots, taken, holds, active)
        if '"active_at"' in award.facts:
            active = instant(award.told_facts["active_at"])


def _settling(
    history: AccountHistory,
    award: AwardRow,
    lots: dict[int, LotRow],
    taken: dict[int, list[int]],
    holds: dict[UUID, HoldRow],
    active: datetime | None,
) -> Found:
    moved = moved_lots(award)
    time_outs = {holds[hold].expires_at for hold in timed_out(award) if hold in holds}
    last: tuple[datetime, int] | None = None
    for entry in history.entries_of.get(award.award_id, ()):
        place = f"entry {entry.seq}"
        if entry.kind == "repay":
            if last and entry.effective_at != last[0]:
                yield place, f"debt is repaid at {entry.effective_at}, its points came at {last[0]}"
            continue
        if entry.kind not in _ORDER:
            yield place, f"{entry.kind!r} is nothing that time brings about"
            continue
        due = _due(history, entry, lots, moved, taken, active, time_outs)
        if entry.effective_at not in due:
            told = " or ".join(str(at) for at in due) or "never"
            yield place, f"effective at {entry.effective_at}, its points fell due at {told}"
        reached = (entry.effective_at, _ORDER[entry.kind])
        if entry.kind == "expire" and last == (entry.effective_at, _ORDER["release"]):
            reached = last  # what a time-out gave back was over, and ended there
        if entry.effective_at > award.recorded_at or (last and reached < last):
            yield place, f"{entry.kind!r} of {entry.effective_at} is not in its place"
        last = reached


def _due(
    history: AccountHistory,
    entry: EntryRow,
    lots: dict[int, LotRow],
    moved: dict[int, int],
    taken: dict[int, list[int]],
    active: datetime | None,
    time_outs: set[datetime],
) -> set[datetime | None]:
    """Give when an entry of a settling may have fallen due."""
    if entry.kind == "release":
        return set(time_outs)
    lot = lots.get(moved.get(entry.seq, 0))
    if lot is None or (entry.kind == "expire" and taken.get(entry.seq) != [lot.seq]):
        return set()
    if entry.kind == "mature":
        return {lot.matures_at}
    end = end_of(lot, active, history.programme.timezone)
    # Came back to a lot that was over: it ends where it came back.
    return {end} | {at for at in time_outs if end and end <= at}


def _taken(history: AccountHistory) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for use in history.uses:
        found[use.seq].append(use.lot_seq)
    return found


@of_account(_lots)
def pending_points_mature_once(history: AccountHistory) -> Found:
    """A lot's points are pending until the one entry that matures all that is left of them."""
    pending = {entry.seq for entry in history.entries if entry.credit_code == "pending"}
    if pending or any(entry.kind == "mature" for entry in history.entries):
        yield from _maturing(history, pending)
    for lot in history.lots:
        to_come = lot.matures_at is None or lot.matures_at > history.account.settled_at
        if lot.remaining and to_come != (lot.seq in pending):
            yield f"lot {lot.seq}", f"it matures at {lot.matures_at}, and its points were not moved accordingly"


def _maturing(history: AccountHistory, pending: set[int]) -> Found:
    """Replay maturings; leaves in `pending` the lots that have not matured yet."""
    left = {lot.seq: lot.original for lot in history.lots}
    uses: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for use in history.uses:
        uses[use.seq].append((use.lot_seq, use.amount))
    moved: dict[int, int] = {}
    for award in history.awards:
        moved |= moved_lots(award)
    for entry in history.entries:
        if entry.kind == "mature":
            lot = moved.get(entry.seq, 0)
            if lot not in pending or left.get(lot) != entry.amount:
                yield (
                    f"entry {entry.seq}",
                    f"{entry.amount} mature, lot {lot} has {left.get(lot, 0)} left or is matured",
                )
            pending.discard(lot)
        for lot, amount in uses.get(entry.seq, ()):
            left[lot] = left.get(lot, 0) - amount
            if amount > 0 and (entry.debit_code == "pending") != (lot in pending):
                yield f"entry {entry.seq}", f"it takes from {entry.debit_code}, and lot {lot} lies elsewhere"


@of_account(one)
def nothing_due_is_left(history: AccountHistory) -> Found:
    """No hold is open beyond its time, and the account comes up before the next thing falls due."""
    account, zone = history.account, history.programme.timezone
    due = [(hold.expires_at, f"hold {hold.hold_id}") for hold in history.holds if hold.state == "open"]
    for lot in history.lots:
        if lot.remaining:
            to_come = lot.matures_at is None or lot.matures_at > account.settled_at
            at = lot.matures_at if to_come else end_of(lot, account.active_at, zone)
            if at:
                due.append((at, f"lot {lot.seq}"))
    for at, place in due:
        if at <= account.settled_at:
            yield place, f"it fell due at {at}, and the account was settled at {account.settled_at}"
        elif account.next_due_at is None or account.next_due_at > at:
            yield place, f"it falls due at {at}, the account comes up at {account.next_due_at}"


@of_account(one)
def activity_is_told_by_awards(history: AccountHistory) -> Found:
    """The last earning or redemption of an account is the one that its awards tell."""
    told = active_at(history)
    if history.account.active_at != told:
        yield "", f"last active at {history.account.active_at}, its awards say {told}"


@of_account(entries)
def expired_points_are_never_spent(history: AccountHistory) -> Found:
    """Nothing is spent of a lot that is over; of one that slides, nothing at its end or later."""
    ends = {lot.seq: lot.expires_at for lot in history.lots if lot.expires_at}
    if not ends:
        return
    entry_of = {entry.seq: entry for entry in history.entries}
    settled = {award.award_id for award in history.awards if award.cause == "settled"}
    for use in history.uses:
        entry = entry_of.get(use.seq)
        if entry is None or entry.kind not in _SPENDS or use.amount <= 0 or use.lot_seq not in ends:
            continue
        at = entry.effective_at if entry.award_id in settled else entry.recorded_at
        if ends[use.lot_seq] <= at:
            yield f"entry {entry.seq}", f"it spends of lot {use.lot_seq} at {at}, which ended at {ends[use.lot_seq]}"
