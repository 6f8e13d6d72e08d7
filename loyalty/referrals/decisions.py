"""Deciding one referral: claim, qualify, mature, reverse. Pure but for new ids; each step leaves its events."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.ids import new_id
from loyalty.points.book import Book
from loyalty.points.dates import ending
from loyalty.points.facts import Cause, NewEvent, OpenAccount, RecordedAward
from loyalty.points.rules import claw_back_lot, issue
from loyalty.referrals.rules import Bought, Friend, Owner, Signs, Verdict, claimed, enough, matures_at, qualified
from loyalty.referrals.terms import StoredTerms, Terms


class ReferralFacts(Struct, frozen=True):
    """A referral as stored."""

    referral_id: UUID
    friend_id: UUID
    referrer_id: UUID | None
    told_key: str | None
    state: str
    reason: str | None
    version: int
    terms_version: int
    claimed_at: datetime
    purchase_id: UUID | None = None
    qualified_at: datetime | None = None
    matures_at: datetime | None = None
    friend_points: int = 0
    referrer_points: int = 0
    friend_award_id: UUID | None = None
    referrer_award_id: UUID | None = None
    friend_lot: int | None = None
    referrer_lot: int | None = None
    ended_at: datetime | None = None
    decided_by: str | None = None


FIELDS = ReferralFacts.__struct_fields__


@dataclass(slots=True)
class OpenReferral:
    """A referral while it is decided. `seen` is the version that was read; None: it is new."""

    facts: ReferralFacts
    seen: int | None
    # Rewards promised by this decision: (side, customer, reward, points it cost, storefront).
    gifts: list[tuple[str, UUID, UUID, int, int]] = field(default_factory=list)

    def become(self, verdict: Verdict, **more: object) -> None:
        """Change the state, and say why."""
        told = {name: getattr(self.facts, name) for name in FIELDS}
        told |= {"state": verdict.state, "reason": verdict.reason, "version": (self.seen or 0) + 1, **more}
        self.facts = ReferralFacts(**told)


class Told(Struct, frozen=True):
    """A code as it was told: on joining at an instant, or with a purchase placed then."""

    key: str
    at: datetime
    purchase_id: UUID | None = None


class Promise(Struct, frozen=True):
    """The terms of a claim, and the points that each side would get: of a reward, those it costs now."""

    terms: Terms
    points: dict[str, int]


def claim(book: Book, terms: StoredTerms, told: Told, owner: Owner | None, friend: Friend) -> OpenReferral:
    """Begin a referral, or refuse the code."""
    verdict = claimed(terms.terms, owner, friend, told.at, told.purchase_id)
    facts = ReferralFacts(
        referral_id=new_id(),
        friend_id=friend.customer_id,
        referrer_id=owner.customer_id if owner else None,
        told_key=told.key,
        state=verdict.state,
        reason=verdict.reason,
        version=1,
        terms_version=terms.version,
        claimed_at=told.at,
    )
    referral = OpenReferral(facts, None)
    _tell(book, referral, "claimed")
    if verdict.state == "refused":
        _tell(book, referral, "refused")
    return referral


def decide_first(book: Book, promise: Promise, referral: OpenReferral, first: Bought, signs: Signs) -> None:
    """Decide on the friend's first purchase."""
    verdict = qualified(promise.terms, first, signs)
    if not first.fresh:
        # A shop that moves in, or tells late: nothing is given for that, and it was the first purchase all the same.
        verdict = Verdict("refused", "not_first_purchase")
    if _account(book, referral, "friend") is _account(book, referral, "referrer"):
        # The two turned out to be one person since the code was claimed.
        verdict = Verdict("refused", "own_code")
    if not _referrer_is_member(book, referral):
        verdict = Verdict("refused", "referrer_left")
    _settle_on(book, promise, referral, verdict, first)


def release(book: Book, promise: Promise, referral: OpenReferral, first: Bought, signs: Signs) -> None:
    """Let a suspicious one through, as staff say; what is too little or too much by now is refused all the same."""
    terms_alone = Signs(this_month=signs.this_month, ever=signs.ever)
    verdict = qualified(promise.terms, first, terms_alone)
    if not _referrer_is_member(book, referral):
        verdict = Verdict("refused", "referrer_left")
    _settle_on(book, promise, referral, verdict, first, decided_by=book.source.actor)


def refuse(book: Book, referral: OpenReferral) -> None:
    """Refuse one, as staff say."""
    referral.become(Verdict("refused", "by_staff"), decided_by=book.source.actor, ended_at=book.now)
    _tell(book, referral, "refused")


def reassess(book: Book, terms: StoredTerms, referral: OpenReferral, first: Bought, gone: set[UUID]) -> bool:
    """Look at the purchase again, after a refund or edit; tells whether that changed anything. `gone`: were erased."""
    if enough(terms.terms, first):
        return False
    if referral.facts.state == "in_review":
        referral.become(Verdict("refused", "below_minimum"), ended_at=book.now)
        _tell(book, referral, "refused")
        return True
    if referral.facts.state not in {"qualified", "rewarded"}:
        return False
    for side in ("friend", "referrer"):
        points = getattr(referral.facts, f"{side}_points")
        if points and getattr(referral.facts, f"{side}_id") not in gone:
            _take_back(book, referral, side, points)
    referral.become(Verdict("reversed", "refunded"), ended_at=book.now)
    _tell(book, referral, "reversed")
    return True


def finish(book: Book, referral: OpenReferral) -> None:
    """Note that the return window is over: the points are theirs."""
    referral.become(Verdict("rewarded"))
    _tell(book, referral, "rewarded")


def _settle_on(
    book: Book,
    promise: Promise,
    referral: OpenReferral,
    verdict: Verdict,
    first: Bought,
    decided_by: str | None = None,
) -> None:
    more: dict[str, object] = {"purchase_id": first.purchase_id, "decided_by": decided_by}
    if verdict.state == "qualified":
        more |= {
            "qualified_at": book.now,
            "matures_at": matures_at(promise.terms, first.placed_at, book.source.program.zone),
        }
    if verdict.state == "refused":
        more |= {"ended_at": book.now}
    referral.become(verdict, **more)
    if verdict.state != "qualified":
        _tell(book, referral, "refused" if verdict.state == "refused" else "held_for_review")
        return
    given: dict[str, object] = {}
    for side, points in promise.points.items():
        account = _account(book, referral, side)
        if points and book.is_member(account.customer_id, book.now):
            award, lot = _give(book, referral, side, points, first)
            given |= {f"{side}_points": points, f"{side}_award_id": award.award_id, f"{side}_lot": lot}
            if reward_id := promise.terms.rewards.get(side):
                referral.gifts.append((side, account.customer_id, reward_id, points, first.storefront_id))
    referral.become(verdict, **given)
    _tell(book, referral, "qualified")


def _give(book: Book, referral: OpenReferral, side: str, points: int, first: Bought) -> tuple[RecordedAward, int]:
    """Give one side its points as a lot of its own, pending to the end of the return window."""
    account, posted = _account(book, referral, side), book.cause()
    matures = referral.facts.matures_at
    earned_at = min(first.placed_at, book.now)
    dates = ending(book.source.program.policies, account.zone, earned_at, max(matures or earned_at, earned_at))
    issue(account, points, None, dates, posted)
    lot = account.lots[-1].seq
    return _awarded(book, referral, side, account, posted, points, points), lot


def _take_back(book: Book, referral: OpenReferral, side: str, points: int) -> None:
    account, posted = _account(book, referral, side), book.cause()
    clamp = book.source.program.policies.debt == "clamp"
    taken = claw_back_lot(account, points, _lot_of(account, referral, side), posted, clamp=clamp)
    _awarded(book, referral, side, account, posted, -points, -taken)


def _lot_of(account: OpenAccount, referral: OpenReferral, side: str) -> int | None:
    """Find the lot of one side; after a merge it is in another account, perhaps under another number, by its dates."""
    seq: int | None = getattr(referral.facts, f"{side}_lot")
    if account.customer_id == getattr(referral.facts, f"{side}_id"):
        return seq
    dated = referral.facts.matures_at
    like = [lot.seq for lot in account.lots if lot.purchase_id is None and lot.matures_at == dated]
    return seq if seq in like else next(iter(like), None)


def _awarded(
    book: Book,
    referral: OpenReferral,
    side: str,
    account: OpenAccount,
    posted: Cause,
    due: int,
    given: int,
) -> RecordedAward:
    facts = {"referral": str(referral.facts.referral_id), "side": side}
    award = book.decided(account, "referral", posted, facts, target=max(due, 0), due=due, given=given)
    book.tell("referral.points", f"referral/{referral.facts.referral_id}", award)
    return award


def _account(book: Book, referral: OpenReferral, side: str) -> OpenAccount:
    customer_id: UUID | None = getattr(referral.facts, f"{side}_id")
    if customer_id is None:  # pragma: no cover - only refused ones lead nowhere
        raise AssertionError
    return book.account(customer_id)


def _referrer_is_member(book: Book, referral: OpenReferral) -> bool:
    return book.is_member(_account(book, referral, "referrer").customer_id, book.now)


def _tell(book: Book, referral: OpenReferral, what: str) -> None:
    """Tell the world, in the order of the friend's account."""
    account = book.account(referral.facts.friend_id)
    subject = f"referral/{referral.facts.referral_id}"
    book.events.append(
        NewEvent(new_id(), f"referral.{what}", subject, account.customer_id, account.version, None, book.source.origin)
    )
