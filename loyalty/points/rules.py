"""How points move: brought as lots, expired, clawed back, adjusted, debt repaid first. Pure; tested as tables.

Each function changes the open account of one batch and leaves the entries on it; what the award must tell of it goes
into the cause's notes. The hash chain is closed by `seal`, when the award (whose digest the entries carry) is complete.
docs/decisions/0008-how-points-move.md is the same in words.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from loyalty.errors import NotEnoughPoints
from loyalty.points.chain import award_digest, entry_hash
from loyalty.points.dates import LotDates, slid_end
from loyalty.points.facts import Cause, NewEntry, OpenAccount, OpenLot, RecordedAward

_NEVER = datetime.max.replace(tzinfo=UTC)
_BALANCES = frozenset({"available", "pending", "held"})


def enter(
    account: OpenAccount, kind: str, debit: str, credit: str, amount: int, cause: Cause, at: datetime | None = None
) -> NewEntry:
    """Write one entry, effective `at` (or when its cause is): the debit code gives, the credit code gets.

    Debt is what an account owes, so it grows when it gives and shrinks when it gets.
    """
    for code, sign in ((debit, -1), (credit, 1)):
        if code in _BALANCES:
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
        at or cause.effective_at,
        cause.recorded_at,
    )
    account.entries.append(entry)
    return entry


def take(account: OpenAccount, lot: OpenLot, amount: int, entry_seq: int) -> None:
    """Take points of a lot; a negative amount gives them back to it."""
    lot.remaining -= amount
    lot.touched = True
    account.uses.append((entry_seq, lot.seq, amount))


def end_of(account: OpenAccount, lot: OpenLot) -> datetime | None:
    """Tell when a lot ends; None: never, or not known before it matures."""
    if lot.slides_days is None or lot.matures_at is None:
        return lot.expires_at
    return slid_end(lot.matures_at, account.active_at, lot.slides_days, account.zone)


def spending_order(account: OpenAccount, lots: Iterable[OpenLot]) -> list[OpenLot]:
    """Soonest end, then oldest, then lowest number; never-ending last."""
    return sorted(lots, key=lambda lot: (end_of(account, lot) or _NEVER, lot.earned_at, lot.seq))


def spendable(account: OpenAccount) -> list[OpenLot]:
    """Give the lots that available points lie in, in spending order."""
    return spending_order(account, (lot for lot in account.lots if lot.remaining and not lot.pending))


def bring(
    account: OpenAccount,
    kind: str,
    debit: str,
    amount: int,
    dates: LotDates,
    purchase_id: UUID | None,
    cause: Cause,
    at: datetime | None = None,
) -> OpenLot:
    """Bring points into the account as a lot of their own, pending or available."""
    pending = dates.matures_at is None or dates.matures_at > cause.recorded_at
    entry = enter(account, kind, debit, "pending" if pending else "available", amount, cause, at)
    lot = OpenLot(entry.seq, purchase_id, *dates, original=amount, remaining=amount, pending=pending, fresh=True)
    account.lots.append(lot)
    if not dates.earned_at == dates.matures_at == entry.effective_at or dates.expires_at or dates.slides_days:
        note_dates(lot, cause)
    expect(account, dates.matures_at if pending else end_of(account, lot))
    return lot


def note_dates(lot: OpenLot, cause: Cause) -> None:
    """Have the award say when a lot matures and ends."""
    said: dict[str, Any] = {
        "lot": lot.seq,
        "earned_at": told(lot.earned_at),
        "matures_at": told(lot.matures_at),
        "expires_at": told(lot.expires_at),
        "slides_days": lot.slides_days,
    }
    cause.notes.setdefault("lots", []).append(said)


def told(at: datetime | None) -> str | None:
    """Write an instant as facts hold it: RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def expect(account: OpenAccount, at: datetime | None) -> None:
    """Have the account settled at an instant, or sooner."""
    if at is not None and (account.next_due_at is None or at < account.next_due_at):
        account.next_due_at = at


def issue(account: OpenAccount, amount: int, purchase_id: UUID | None, dates: LotDates, cause: Cause) -> None:
    """Give earned points as one lot. What is over already ends at once; then debt is repaid."""
    lot = bring(account, "issue", "issued", amount, dates, purchase_id, cause)
    expire_over(account, [lot], cause)
    repay(account, cause)


def expire_over(account: OpenAccount, lots: Iterable[OpenLot], cause: Cause, at: datetime | None = None) -> None:
    """End what is over (`at` an instant, or now), each lot at its own end, or later if it came back only then."""
    for lot in lots:
        end = end_of(account, lot)
        if lot.remaining and not lot.pending and end is not None and end <= (at or cause.recorded_at):
            expire(account, lot, cause, max(end, at or cause.effective_at))


def expire(account: OpenAccount, lot: OpenLot, cause: Cause, at: datetime) -> NewEntry:
    """End the points of a lot."""
    entry = enter(account, "expire", "available", "expired", lot.remaining, cause, at)
    take(account, lot, lot.remaining, entry.seq)
    return entry


def repay(account: OpenAccount, cause: Cause, at: datetime | None = None) -> None:
    """Repay debt out of available points: nobody has points to spend while he owes some."""
    amount = min(account.debt, account.available)
    if amount:
        spend(account, "repay", "debt", amount, spendable(account), cause, at)


def spend(
    account: OpenAccount,
    kind: str,
    credit: str,
    amount: int,
    lots: Iterable[OpenLot],
    cause: Cause,
    at: datetime | None = None,
) -> list[tuple[OpenLot, int]]:
    """Take available points from lots in their order; tells how much of which."""
    entry = enter(account, kind, "available", credit, amount, cause, at)
    taken: list[tuple[OpenLot, int]] = []
    for lot in lots:
        part = min(amount, lot.remaining)
        if part:
            take(account, lot, part, entry.seq)
            taken.append((lot, part))
            amount -= part
    if amount:
        msg = f"{amount} available points of {account.customer_id} lie in no lot that was read"
        raise AssertionError(msg)
    return taken


def claw_back(account: OpenAccount, amount: int, purchase_id: UUID, cause: Cause, *, clamp: bool = False) -> int:
    """Take earned points back, as many as there are, then as debt (or nothing more, `clamp`); tells how many.

    From the purchase's own lots first, what is pending before what is available; then from others in spending order.
    """
    return _claw_back(account, amount, lambda lot: lot.purchase_id == purchase_id, cause, clamp=clamp)


def claw_back_lot(account: OpenAccount, amount: int, lot_seq: int | None, cause: Cause, *, clamp: bool = False) -> int:
    """Take points back that came as one lot and for no purchase; else as `claw_back`. None: it is not here any more."""
    return _claw_back(account, amount, lambda lot: lot.seq == lot_seq, cause, clamp=clamp)


def _claw_back(account: OpenAccount, amount: int, own: Callable[[OpenLot], bool], cause: Cause, *, clamp: bool) -> int:
    left = amount
    for lot in spending_order(account, (lot for lot in account.lots if lot.pending and own(lot))):
        part = min(left, lot.remaining)
        if part:
            entry = enter(account, "claw_back", "pending", "clawed_back", part, cause)
            take(account, lot, part, entry.seq)
            left -= part
    part = min(left, account.available)
    if part:
        lots = sorted(spendable(account), key=lambda lot: not own(lot))
        spend(account, "claw_back", "clawed_back", part, lots, cause)
        left -= part
    if left and clamp:
        cause.notes["clamped"] = left
        return amount - left
    if left:
        enter(account, "claw_back", "debt", "clawed_back", left, cause)
    return amount


def adjust(account: OpenAccount, points: int, dates: LotDates, cause: Cause) -> None:
    """Give points for a reason of the staff's, or take available ones; `NotEnoughPoints` rather than debt."""
    if points > 0:
        lot = bring(account, "adjust", "adjusted", points, dates, None, cause)
        expire_over(account, [lot], cause)
        repay(account, cause)
    elif account.available < -points:
        raise not_enough(account, -points)
    else:
        spend(account, "adjust", "adjusted", -points, spendable(account), cause)


def not_enough(account: OpenAccount, price: int) -> NotEnoughPoints:
    """Refuse a price, with the balance as it is now."""
    return NotEnoughPoints(
        available=account.available, price=price, pending=account.pending, held=account.held, debt=account.debt
    )


def empty(account: OpenAccount, kind: str, credit: str, cause: Cause) -> None:
    """Take everything that is available or pending out of the account, under one code: forfeited, or erased."""
    for code, pending in (("available", False), ("pending", True)):
        amount = getattr(account, code)
        if amount:
            entry = enter(account, kind, code, credit, amount, cause)
            for lot in spending_order(
                account, (lot for lot in account.lots if lot.remaining and lot.pending == pending)
            ):
                take(account, lot, lot.remaining, entry.seq)


def active(account: OpenAccount, at: datetime, cause: Cause, *, counts: bool) -> None:
    """Note an earning or a redemption, where points expire on inactivity (`counts`) or once did."""
    if (counts or account.active_at is not None) and (account.active_at is None or at > account.active_at):
        account.active_at = at
        cause.notes["active_at"] = told(at)


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
