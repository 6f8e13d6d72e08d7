"""Deciding a merge: two customers turn out to be one person. Pure but for new ids."""

from dataclasses import dataclass
from datetime import UTC, datetime

from loyalty.customers.facts import MembershipFacts
from loyalty.errors import NotFound, OpenHolds, SamePerson
from loyalty.ids import new_id
from loyalty.members.decisions import NewMembership, decide_anew, fingerprint, supersede
from loyalty.points.dates import LotDates
from loyalty.points.facts import Cause, OpenAccount, RecordedAward
from loyalty.points.rules import active, bring, enter, expire_over, repay, spending_order, take
from loyalty.points.wire import BalanceOut, balance_of
from loyalty.purchases.batch import FIRST_PURCHASE_MARK, Batch

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge came to: the survivor's award; how many purchases changed their status by it, with what points."""

    award: RecordedAward
    purchases: int
    points: int
    balance: BalanceOut


def merge_customers(batch: Batch, gone: str, kept: str) -> Merged:
    """Merge one customer (`gone`) into another (`kept`): lots with their dates, debt, memberships, purchases."""
    old, new = (_account(batch, external_id) for external_id in (gone, kept))
    if old is new:
        msg = "Both are one customer already."
        raise SamePerson(msg)
    if any(held.state == "open" for account in (old, new) for held in account.holds):
        msg = "Points are held for a redemption. Capture or release it, then merge."
        raise OpenHolds(msg)
    batch.touch(old)
    batch.touch(new)
    leaving, coming = batch.cause(), batch.cause()
    _move_points(old, new, leaving, coming)
    old.merged_into = new.customer_id
    left = batch.decided(old, "merged", leaving, {"into": new.customer_id.hex})
    batch.tell("customer.merged", f"customer/{old.customer_id}", left)
    _carry_uses(batch, old, new)
    memberships = _unite(batch, old, new)
    facts = {"from": old.customer_id.hex, "memberships": [m.membership_id.hex for m in memberships]}
    batch.climbs.merge(old.customer_id, new.customer_id)
    # Before anything is decided anew: entries are chained in the order in which they were made.
    award = batch.decided(new, "merged", coming, facts)
    batch.tell("customer.merged", f"customer/{new.customer_id}", award)
    batch.reassess(new, award, cause="merged")
    changed, points = decide_anew(batch, new, None)
    return Merged(award, changed, points, balance_of(new))


def _account(batch: Batch, external_id: str) -> OpenAccount:
    batch.not_erased(external_id)
    customer_id = batch.aliases.get(external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    return batch.account(customer_id)


def _move_points(old: OpenAccount, new: OpenAccount, leaving: Cause, coming: Cause) -> None:
    """Post each lot out of one account and into the other, as a pair of entries; then debt likewise."""
    if old.active_at is not None:
        active(new, old.active_at, coming, counts=True)
    if new.active_at is not None:
        # Both count from the later of the two: a lot that slides must not end by the move.
        active(old, new.active_at, leaving, counts=True)
    brought = []
    for lot in spending_order(old, (lot for lot in old.lots if lot.remaining)):
        points, code = lot.remaining, "pending" if lot.pending else "available"
        take(old, lot, points, enter(old, "merge", code, "adjusted", points, leaving).seq)
        dates = LotDates(lot.earned_at, lot.matures_at, lot.expires_at, lot.slides_days)
        brought.append(bring(new, "merge", "adjusted", points, dates, lot.purchase_id, coming))
    if old.debt:
        debt = old.debt
        enter(old, "merge", "adjusted", "debt", debt, leaving)
        enter(new, "merge", "debt", "adjusted", debt, coming)
    expire_over(new, brought, coming)
    repay(new, coming)
    old.next_due_at = None


def _carry_uses(batch: Batch, old: OpenAccount, new: OpenAccount) -> None:
    """Let the survivor hold what both held under caps, and bear the marks of both."""
    held = {(rule, period): n for (owner, rule, period), n in batch.uses.items() if owner == old.customer_id}
    batch.use(old, held, {})
    marks = {key for key in held if key[0].startswith("@") and batch.used(new, *key)}
    batch.use(new, {}, {key: n for key, n in held.items() if key not in marks})
    bought = (order for order in batch.purchases.values() if order.customer_id and order.earned)
    earned = any(batch.account(order.customer_id) is new for order in bought if order.customer_id)
    if earned and not batch.used(new, FIRST_PURCHASE_MARK, "ever"):
        batch.use(new, {}, {(FIRST_PURCHASE_MARK, "ever"): 1})
        batch.earned.add(new.customer_id)


def _unite(batch: Batch, old: OpenAccount, new: OpenAccount) -> list[MembershipFacts]:
    """Let the survivor's memberships be the union of both; whatever row changes is superseded."""
    standing = [
        m for account in (old, new) for m in batch.memberships.get(account.customer_id, ()) if m.superseded_at is None
    ]
    spans = _union(standing)
    kept = {(m.joined_at, m.left_at) for m in standing if m.customer_id == new.customer_id} & set(spans)
    for membership in standing:
        if membership.customer_id != new.customer_id or (membership.joined_at, membership.left_at) not in kept:
            supersede(batch, membership)
    made = []
    for joined_at, left_at in spans:
        if (joined_at, left_at) not in kept:
            print_of = fingerprint(NewMembership(new.customer_id.hex, joined_at, left_at))
            made.append(MembershipFacts(new_id(), new.customer_id, joined_at, left_at, print_of, batch.now))
    batch.memberships[new.customer_id] += made
    batch.new_memberships += [(membership, None) for membership in made]
    return made


def _union(memberships: list[MembershipFacts]) -> list[tuple[datetime, datetime | None]]:
    """Join intervals that overlap or touch."""
    spans: list[tuple[datetime, datetime | None]] = []
    for membership in sorted(memberships, key=lambda m: m.joined_at):
        if spans and (spans[-1][1] or _NEVER) >= membership.joined_at:
            joined_at, left_at = spans.pop()
            last = None if left_at is None or membership.left_at is None else max(left_at, membership.left_at)
            spans.append((joined_at, last))
        else:
            spans.append((membership.joined_at, membership.left_at))
    return spans
