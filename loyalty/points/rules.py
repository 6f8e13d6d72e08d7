"""How points move: issued into lots, clawed back from them, debt repaid first. Pure; tested as tables.

Each function changes the open account of one batch and leaves the entries on it. The hash chain is closed by `seal`,
when the award (whose digest the entries carry) is complete.
"""

from datetime import UTC, datetime
from uuid import UUID

from loyalty.points.chain import award_digest, entry_hash
from loyalty.points.facts import AccountFacts, Cause, LotFacts, NewEntry, OpenAccount, OpenLot, RecordedAward

_NEVER = datetime.max.replace(tzinfo=UTC)


def open_account(facts: AccountFacts, lots: list[LotFacts]) -> OpenAccount:
    """Make an account that was read ready for deciding."""
    return OpenAccount(
        customer_id=facts.customer_id,
        seen=facts.version,
        version=facts.version,
        seq=facts.seq,
        available=facts.available,
        pending=facts.pending,
        held=facts.held,
        debt=facts.debt,
        head_hash=facts.head_hash,
        lots=[
            OpenLot(
                lot.seq, lot.purchase_id, lot.earned_at, lot.matures_at, lot.expires_at, lot.original, lot.remaining
            )
            for lot in lots
        ],
    )


def move(account: OpenAccount, due: int, purchase_id: UUID, earned_at: datetime, cause: Cause) -> int:
    """Give (`due` > 0) or take (< 0) points of a purchase; tells what it did, with its sign."""
    if due > 0:
        issue(account, due, purchase_id, earned_at, cause)
    elif due < 0:
        claw_back(account, -due, purchase_id, cause)
    return due


def issue(account: OpenAccount, amount: int, purchase_id: UUID | None, earned_at: datetime, cause: Cause) -> None:
    """Give points as one lot, available at once and for ever; what is owed is repaid from it at once."""
    entry = _enter(account, "issue", "issued", "available", amount, cause)
    lot = OpenLot(entry.seq, purchase_id, earned_at, earned_at, None, amount, amount, fresh=True)
    account.lots.append(lot)
    _repay(account, lot, cause)


def _repay(account: OpenAccount, lot: OpenLot, cause: Cause) -> None:
    """Repay debt from a credit to available: nobody has points to spend while he owes some."""
    amount = min(account.debt, lot.remaining)
    if amount:
        entry = _enter(account, "repay", "available", "debt", amount, cause)
        _take(account, lot, amount, entry.seq)


def claw_back(account: OpenAccount, amount: int, purchase_id: UUID, cause: Cause) -> None:
    """Take points back: from the purchase's own lots, then from the others in spending order, then as debt."""
    taken = min(amount, account.available)
    if taken:
        entry = _enter(account, "claw_back", "available", "clawed_back", taken, cause)
        left = taken
        for lot in _clawback_order(account, purchase_id):
            part = min(left, lot.remaining)
            if part:
                _take(account, lot, part, entry.seq)
                left -= part
        if left:
            msg = f"{left} available points of {account.customer_id} lie in no lot that was read"
            raise AssertionError(msg)
    if amount > taken:
        _enter(account, "claw_back", "debt", "clawed_back", amount - taken, cause)


def _clawback_order(account: OpenAccount, purchase_id: UUID) -> list[OpenLot]:
    """Own lots first; then soonest expiry, then oldest, never-expiring last."""
    return sorted(
        account.lots, key=lambda lot: (lot.purchase_id != purchase_id, lot.expires_at or _NEVER, lot.earned_at, lot.seq)
    )


def _take(account: OpenAccount, lot: OpenLot, amount: int, entry_seq: int) -> None:
    lot.remaining -= amount
    lot.touched = True
    account.uses.append((entry_seq, lot.seq, amount))


def _enter(account: OpenAccount, kind: str, debit: str, credit: str, amount: int, cause: Cause) -> NewEntry:
    """Write one entry: the debit code gives, the credit code gets.

    Debt is what an account owes, so it grows when it gives and shrinks when it gets.
    """
    for code, sign in ((debit, -1), (credit, 1)):
        if code in {"available", "pending", "held"}:
            setattr(account, code, getattr(account, code) + sign * amount)
        elif code == "debt":
            account.debt -= sign * amount
    account.seq += 1
    entry = NewEntry(
        account.customer_id,
        account.seq,
        cause.award_id,
        kind,
        debit,
        credit,
        amount,
        account.available,
        account.pending,
        account.held,
        account.debt,
        cause.actor,
        cause.request_id,
        cause.effective_at,
        cause.recorded_at,
    )
    account.entries.append(entry)
    return entry


def seal(program_id: int, account: OpenAccount, award: RecordedAward) -> None:
    """Chain the entries that the award made onto the account's head."""
    first = len(account.entries)
    while first and account.entries[first - 1].award_id == award.award_id:
        first -= 1
    if first == len(account.entries):
        return
    digest = award_digest(program_id, award)
    for entry in account.entries[first:]:
        account.head_hash = entry.hash = entry_hash(program_id, account.head_hash, digest, entry)
