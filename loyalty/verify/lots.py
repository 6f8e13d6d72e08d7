"""The promises about lots: points lie in them from the entry that issued them until entries have taken them."""

from collections import defaultdict

from loyalty.verify.checks import Found, entries, of_account, one
from loyalty.verify.facts import AccountHistory


def _lots(history: AccountHistory) -> int:
    return len(history.lots)


@of_account(one)
def points_lie_in_live_lots(history: AccountHistory) -> Found:
    """Available is what remains in matured lots that live, pending in those to come, as of the last settling."""
    settled = history.account.settled_at
    live = [lot for lot in history.lots if lot.expires_at is None or lot.expires_at > settled]
    matured = sum(lot.remaining for lot in live if lot.matures_at <= settled)
    to_come = sum(lot.remaining for lot in live if lot.matures_at > settled)
    account = history.account
    if (matured, to_come) != (account.available, account.pending):
        told = f"{account.available} available and {account.pending} pending"
        yield "", f"lots hold {matured} available and {to_come} pending, the account says {told}"


@of_account(_lots)
def lots_shrink_by_what_is_taken(history: AccountHistory) -> Found:
    """What a lot no longer has is what entries took of it, and there is never less than none."""
    taken: dict[int, int] = defaultdict(int)
    for use in history.uses:
        taken[use.lot_seq] += use.amount
    for lot in history.lots:
        gone = taken.pop(lot.seq, 0)
        if lot.original - lot.remaining != gone or not 0 <= lot.remaining <= lot.original:
            yield f"lot {lot.seq}", f"{lot.remaining} of {lot.original} remain, and {gone} were taken"
    for seq, gone in taken.items():
        yield f"lot {seq}", f"{gone} were taken from it, and it is not there"


@of_account(_lots)
def lots_are_issued_by_entries(history: AccountHistory) -> Found:
    """Every lot is issued by an entry of its amount for the same purchase, and every issue fills its lot."""
    issues = {entry.seq: entry for entry in history.entries if entry.debit_code == "issued"}
    purchases = {award.award_id: award.purchase_id for award in history.awards}
    for lot in history.lots:
        entry = issues.pop(lot.seq, None)
        if entry is None or entry.amount != lot.original:
            yield f"lot {lot.seq}", f"it holds {lot.original}, its entry issued {entry.amount if entry else 'nothing'}"
        elif purchases.get(entry.award_id, lot.purchase_id) != lot.purchase_id:
            yield f"lot {lot.seq}", f"it is of purchase {lot.purchase_id}, its award of {purchases[entry.award_id]}"
    for seq, entry in issues.items():
        yield f"entry {seq}", f"it issued {entry.amount}, and there is no lot of it"


@of_account(entries)
def entries_take_from_lots(history: AccountHistory) -> Found:
    """What leaves available is taken from lots that were there, and nothing else is."""
    taken: dict[int, int] = defaultdict(int)
    for use in history.uses:
        taken[use.seq] += use.amount
        if use.lot_seq >= use.seq:
            yield f"entry {use.seq}", f"it takes from lot {use.lot_seq}, which was not there yet"
    for entry in history.entries:
        left = entry.amount if entry.debit_code == "available" else 0
        if taken.pop(entry.seq, 0) != left:
            yield f"entry {entry.seq}", f"{left} left available, and not as much was taken from lots"
    for seq, gone in taken.items():
        yield f"entry {seq}", f"{gone} were taken from lots by an entry that is not there"
