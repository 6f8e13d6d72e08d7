"""Deciding a joining or a leaving. Pure but for new ids; every check comes before the first change."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from loyalty.customers.facts import MembershipFacts, Profile
from loyalty.deeds.decisions import gives_for, reward
from loyalty.errors import AlreadyMember, Invalid, LeftAlready, NotFound
from loyalty.holdouts.facts import Override
from loyalty.holdouts.refusals import NotOffered
from loyalty.ids import new_id
from loyalty.points.chain import microseconds
from loyalty.points.facts import OpenAccount, RecordedAward
from loyalty.points.rules import empty
from loyalty.purchases.awarding import decide, is_guest
from loyalty.purchases.batch import Batch


class NewMembership(msgspec.Struct, frozen=True):
    """A joining as a shop tells it; with `left_at` also the leaving."""

    external_id: str
    joined_at: datetime
    left_at: datetime | None = None
    referral_code: str | None = None
    profile: Profile | None = None
    # Why somebody may join who by lot was not to be offered the programme.
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """What a joining or leaving came to: its own award, whose facts sum up what it changed."""

    award: RecordedAward
    membership: MembershipFacts
    replayed: bool


def fingerprint(new: NewMembership) -> bytes:
    """Hash what matters of a membership: the same again is a retry."""
    left = None if new.left_at is None else microseconds(new.left_at)
    fields = ("membership/1", new.external_id, microseconds(new.joined_at), left)
    return sha256(msgspec.json.encode(fields)).digest()


def record_membership(batch: Batch, new: NewMembership) -> Joined:
    """Join, or leave where `left_at` closes the open interval; then decide anew every purchase whose status changes."""
    batch.not_erased(new.external_id)
    batch.not_ahead(new.joined_at, "joined_at")
    if new.left_at is not None:
        batch.not_ahead(new.left_at, "left_at")
        if new.left_at <= new.joined_at:
            msg = "left_at must be later than joined_at."
            raise Invalid(msg, pointer="/left_at")
    known = _known(batch, new.external_id)
    current = [m for m in known if m.superseded_at is None]
    same = next((m for m in current if m.joined_at == new.joined_at), None)
    # A merge makes one interval of several, but what was told of each is known for ever.
    heard = [same] if same is not None else [m for m in known if m.joined_at == new.joined_at]
    told = fingerprint(new)
    if any(m.fingerprint == told for m in known) or any(new.left_at in {None, m.left_at} for m in heard):
        return _same_again(batch, known, new)
    if same is not None and same.left_at is not None:
        msg = f"This membership ended at {same.left_at.isoformat()} already; the end of a membership is recorded once."
        raise LeftAlready(msg)
    held_out = None
    if same is None:
        _no_overlap(current, new)
        held_out = _held_out(batch, new)
    account = batch.account_of(new.external_id, new.profile)
    membership = MembershipFacts(new_id(), account.customer_id, new.joined_at, new.left_at, told, batch.now)
    if same is not None:
        supersede(batch, same)
    batch.memberships[account.customer_id].append(membership)
    batch.new_memberships.append((membership, new.referral_code))
    if held_out is not None and new.override_reason:
        told_why = (membership.membership_id, held_out, account.customer_id, new.override_reason)
        batch.overrides.append(Override(*told_why))
    award = _conclude(batch, account, membership, "left" if same else "joined", first=not known)
    return Joined(award, membership, replayed=False)


def _held_out(batch: Batch, new: NewMembership) -> UUID | None:
    """Give the holdout that a customer is held out of; raises `NotOffered` where no reason overrides that."""
    customer_id = batch.aliases.get(new.external_id)
    holdout_id = None if customer_id is None else batch.held_out.get(batch.account(customer_id).customer_id)
    if holdout_id is not None and not new.override_reason:
        msg = (
            "This customer is held out: by lot, the programme is not offered to them while its effect is measured. "
            "Send an override_reason if they have to join; they stay in their arm."
        )
        raise NotOffered(msg)
    return holdout_id


def _known(batch: Batch, external_id: str) -> list[MembershipFacts]:
    """Give every membership of a person, also of those who turned out to be the same one."""
    customer_id = batch.aliases.get(external_id)
    if customer_id is None:
        return []
    account = batch.account(customer_id)
    return [m for own, rows in batch.memberships.items() if batch.account(own) is account for m in rows]


def supersede(batch: Batch, same: MembershipFacts) -> None:
    """Close the recorded time of a membership; one of this very batch is stored so from the first."""
    closed = msgspec.structs.replace(same, superseded_at=batch.now)
    own = batch.memberships[same.customer_id]
    own[own.index(same)] = closed
    for number, (membership, referral_code) in enumerate(batch.new_memberships):
        if membership is same:
            batch.new_memberships[number] = (closed, referral_code)
            return
    batch.superseded.append(same.membership_id)


def _no_overlap(current: list[MembershipFacts], new: NewMembership) -> None:
    for other in current:
        if (other.left_at is None or new.joined_at < other.left_at) and (
            new.left_at is None or other.joined_at < new.left_at
        ):
            msg = f"This customer is a member since {other.joined_at.isoformat()}, and memberships cannot overlap."
            raise AlreadyMember(msg)


def _same_again(batch: Batch, known: list[MembershipFacts], new: NewMembership) -> Joined:
    """Answer a retry with what was answered first: under the same body, else under the same `joined_at`."""
    told = fingerprint(new)
    rows = [m for m in known if m.joined_at == new.joined_at]
    first = next((m for m in rows if m.fingerprint == told), min(rows, key=lambda m: (m.recorded_at, m.membership_id)))
    award = next(a for a in (*batch.pinned, *batch.awards) if _recorded(a, first))
    return Joined(award, first, replayed=True)


def _recorded(award: RecordedAward, membership: MembershipFacts) -> bool:
    """Tell whether it was this award that recorded a membership: of a joining, a leaving, or a merge."""
    if award.cause in {"joined", "left"}:
        return award.membership_id == membership.membership_id
    return membership.membership_id.hex in award.facts.get("memberships", ())


def leave(batch: Batch, external_id: str, left_at: datetime | None) -> Joined:
    """End the membership that is open; the same again gets the first answer."""
    known = batch.memberships.get(batch.aliases.get(external_id) or UUID(int=0), [])
    standing = [m for m in known if m.superseded_at is None]
    if not standing:
        msg = "This customer is not, and was never, a member."
        raise NotFound(msg)
    last = max(standing, key=lambda m: m.joined_at)
    left_at = left_at or last.left_at or batch.now
    return record_membership(batch, NewMembership(external_id, last.joined_at, left_at))


def decide_anew(batch: Batch, account: OpenAccount, membership_id: UUID | None) -> tuple[int, int]:
    """Award or claw back every purchase whose status changed, by the rules of its date; tells how many, and points."""
    changed = points = 0
    for order in batch.purchases.values():
        if order.placed_at is None or order.customer_id is None:
            continue
        if batch.account(order.customer_id) is not account:
            continue
        member = batch.is_member(account.customer_id, order.placed_at)
        if member == order.member and order.guest == (not member and is_guest(batch, order, account)):
            continue
        order.member, order.changed = member, True
        order.version += 1
        award = decide(batch, order, account, "membership", order.placed_at, membership_id=membership_id)
        batch.tell("purchase.reassessed", f"purchase/{order.purchase_id}", award)
        changed += 1
        points += award.given
    return changed, points


def _conclude(
    batch: Batch, account: OpenAccount, membership: MembershipFacts, cause: str, *, first: bool
) -> RecordedAward:
    """Decide anew what was bought, and write the award of the joining or leaving itself.

    The `first` joining of a life may be rewarded, by an award of its own.
    """
    changed, points = decide_anew(batch, account, membership.membership_id)
    welcome = first and gives_for(batch, "joining", membership.joined_at)
    bonus = reward(batch, account, "joining", membership.joined_at).given if welcome else 0
    posted = batch.cause(membership.left_at)
    if cause == "left" and _forfeits(batch, account):
        empty(account, "forfeit", "expired", posted)
    facts = {"purchases": changed, "points": points} | ({"bonus": bonus} if bonus else {})
    award = batch.decided(account, cause, posted, facts, membership_id=membership.membership_id)
    batch.tell(f"member.{cause}", f"membership/{membership.membership_id}", award)
    return award


def _forfeits(batch: Batch, account: OpenAccount) -> bool:
    """Tell whether somebody who leaves loses the points: where the policy says so, and he is no member any more."""
    return batch.source.program.policies.on_leaving == "forfeit" and not batch.is_member(account.customer_id, batch.now)
