"""Deciding an erasure: a person is forgotten, the totals stay exact. Pure but for new ids."""

from msgspec.structs import replace

from loyalty.errors import NotFound
from loyalty.ids import new_id
from loyalty.members.decisions import NewMembership, decide_anew, fingerprint, supersede
from loyalty.points.facts import OpenAccount, RecordedAward
from loyalty.points.holds import release
from loyalty.points.rules import empty, enter
from loyalty.purchases.batch import Batch


def erase_customer(batch: Batch, external_id: str) -> RecordedAward | None:
    """End memberships, release holds, post what is left to `adjusted`; None when the person was erased already."""
    customer_id = batch.aliases.get(external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    if customer_id in batch.erased:
        return None
    account = batch.account(customer_id)
    batch.touch(account)
    ended = _end_memberships(batch, account)
    changed, points = decide_anew(batch, account, None)
    posted = batch.cause()
    for held in account.holds:
        if held.state == "open":
            release(account, held, "released", posted, batch.source.program.policies.restore_grace_days)
    empty(account, "erase", "adjusted", posted)
    if account.debt:
        enter(account, "erase", "adjusted", "debt", account.debt, posted)
    account.next_due_at = None
    facts = {"memberships": ended, "purchases": changed, "points": points}
    award = batch.decided(account, "erased", posted, facts)
    batch.climbs.forget(account.customer_id)
    batch.tell("customer.erased", f"customer/{account.customer_id}", award)
    return award


def _end_memberships(batch: Batch, account: OpenAccount) -> list[str]:
    ended = []
    for membership in list(batch.memberships.get(account.customer_id, ())):
        if membership.superseded_at is None and (membership.left_at is None or membership.left_at > batch.now):
            supersede(batch, membership)
            left_at = max(batch.now, membership.joined_at + membership.joined_at.resolution)
            new = NewMembership(account.customer_id.hex, membership.joined_at, left_at)
            closed = replace(
                membership, membership_id=new_id(), left_at=left_at, fingerprint=fingerprint(new), recorded_at=batch.now
            )
            batch.memberships[account.customer_id].append(closed)
            batch.new_memberships.append((closed, None))
            ended.append(closed.membership_id.hex)
    return ended
