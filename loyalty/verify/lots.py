"""The promises about lots: points lie in them from the entry that brought them until entries have taken them."""

from collections import defaultdict

from loyalty.verify.accounts import CHANGES
from loyalty.verify.checks import Found, entries, of_account, one
from loyalty.verify.histories import AccountHistory
from loyalty.verify.told import Dates, end_of, told_lots

# Kinds that fill a lot of their own, and those that may, where points cannot go back.
_BRINGS, _MAY_BRING = {"issue", "adjust", "merge"}, {"release", "reverse"}


def _lots(history: AccountHistory) -> int:
    return len(history.lots)


@of_account(one)
def points_lie_in_live_lots(history: AccountHistory) -> Found:
    """Available is what remains in matured lots that live, pending in those to come, as of the last settling."""
    account, zone = history.account, history.programme.timezone
    settled, matured, to_come = account.settled_at, 0, 0
    for lot in history.lots:
        if not lot.remaining:
            continue
        end = end_of(lot, account.active_at, zone)
        if lot.matures_at is None or lot.matures_at > settled:
            to_come += lot.remaining
        elif end is None or end > settled:
            matured += lot.remaining
        else:
            yield f"lot {lot.seq}", f"it ended at {end}, and {lot.remaining} are still in it at {settled}"
    if (matured, to_come) != (account.available, account.pending):
        told = f"{account.available} available and {account.pending} pending"
        yield "", f"lots hold {matured} available and {to_come} pending, the account says {told}"


@of_account(_lots)
def lots_shrink_by_what_is_taken(history: AccountHistory) -> Found:
    """What a lot no longer has is what entries took of it less what they gave back, and never more than it had."""
    taken: dict[int, int] = defaultdict(int)
    for use in history.uses:
        taken[use.lot_seq] += use.amount
    for lot in history.lots:
        gone = taken.pop(lot.seq, 0) if taken else 0
        if lot.original - lot.remaining != gone or not 0 <= lot.remaining <= lot.original:
            yield f"lot {lot.seq}", f"{lot.remaining} of {lot.original} remain, and {gone} were taken"
    for seq, gone in taken.items():
        yield f"lot {seq}", f"{gone} were taken from it, and it is not there"


@of_account(_lots)
def lots_are_brought_by_entries(history: AccountHistory) -> Found:
    """Every lot is brought by an entry, an issue for the same purchase; every issue brings a lot of its amount."""
    lots = {lot.seq: lot for lot in history.lots}
    awards = history.award_of
    for entry in history.entries:
        lot = lots.pop(entry.seq, None)
        adds = entry.credit_code in {"available", "pending"}
        if entry.kind in _BRINGS and adds:
            if lot is None or lot.original != entry.amount:
                held = f"lot {entry.seq} of {lot.original}" if lot else "no lot of it"
                yield f"entry {entry.seq}", f"it brought {entry.amount}, and there is {held}"
        elif lot and not (entry.kind in _MAY_BRING and adds):
            yield f"lot {lot.seq}", f"its entry, of kind {entry.kind!r}, brings none"
        award = awards.get(entry.award_id)
        if lot and entry.kind in {"issue", "adjust"} and award and award.purchase_id != lot.purchase_id:
            yield f"lot {lot.seq}", f"it is of purchase {lot.purchase_id}, its award of {award.purchase_id}"
    for seq in lots:
        yield f"lot {seq}", "there is no entry that brought it"


@of_account(entries)
def entries_take_from_lots(history: AccountHistory) -> Found:
    """What leaves or reaches available and pending leaves or reaches lots, of which there is never too little."""
    lots = {lot.seq: lot for lot in history.lots}
    uses: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for _, seq, lot_seq, amount in history.uses:
        uses[seq].append((lot_seq, amount))
    remaining: dict[int, int] = {}
    for entry in history.entries:
        seq, amount = entry.seq, entry.amount
        if seq in lots:
            remaining[seq] = lots[seq].original
        change = CHANGES[entry.debit_code, entry.credit_code]
        reached = remaining.get(seq, 0)
        for lot_seq, taken in uses.pop(seq, ()) if uses else ():
            reached -= taken
            if lot_seq == seq or lot_seq not in remaining:
                yield f"entry {seq}", f"it takes from lot {lot_seq}, which was not there yet"
                continue
            remaining[lot_seq] -= taken
            if not 0 <= remaining[lot_seq] <= lots[lot_seq].original:
                yield f"entry {seq}", f"{taken} taken of lot {lot_seq} leave {remaining[lot_seq]} in it"
        expected = amount * (change[0] + change[1])
        if reached != expected:
            yield f"entry {seq}", f"available and pending changed by {expected}, what lies in lots by {reached}"
    for seq in uses:
        yield f"entry {seq}", "lots were taken from by an entry that is not there"


@of_account(_lots)
def lots_have_the_dates_of_their_award(history: AccountHistory) -> Found:
    """A lot is earned, matures and ends when the award says that brought it or gave it other dates last."""
    told: dict[int, Dates] = {}
    for award in history.awards:
        told |= told_lots(award)
    entry_of = {entry.seq: entry for entry in history.entries} if history.lots else {}
    for lot in history.lots:
        entry = entry_of.get(lot.seq)
        dates = told.pop(lot.seq, None) if told else None
        if dates is None and entry:
            dates = Dates(entry.effective_at, entry.effective_at, None, None)
        if dates and dates != lot[3:7]:
            yield f"lot {lot.seq}", f"its dates are {_told(Dates(*lot[3:7]))}, its award says {_told(dates)}"
    for seq in told:
        yield f"lot {seq}", "an award tells its dates, and it is not there"


def _told(dates: Dates) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(Dates._fields, dates, strict=True))
