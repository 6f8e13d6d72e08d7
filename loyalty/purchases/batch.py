"""A batch while it is decided: what was read, folded item by item, and what is to be appended.

Item n sees what item n - 1 did. Nothing here does I/O.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from loyalty.customers.facts import MembershipFacts
from loyalty.earning.kind import Standing
from loyalty.earning.rules import RulesVersion, in_force
from loyalty.holdouts.facts import Override
from loyalty.points.book import Book
from loyalty.points.facts import OpenAccount, RecordedAward
from loyalty.programs.facts import Source
from loyalty.programs.policies import Basis, basis_of
from loyalty.purchases.counts import Counts, counts
from loyalty.purchases.facts import NewPurchase, PurchaseFacts, Read, RefundFacts
from loyalty.tiers.climbs import Climbs

# In the place of a rule's id: whose purchases could earn before, where another account has the awards.
FIRST_PURCHASE_MARK = "@first_purchase"


@dataclass(slots=True)
class OpenOrder:
    """A purchase while a batch is decided. `seen` is the version read; None: the row is to be inserted."""

    purchase_id: UUID
    order_id: str
    seen: int | None
    version: int
    state: str
    recorded_at: datetime
    customer_id: UUID | None = None
    placed_at: datetime | None = None
    delivered_at: datetime | None = None
    source_updated_at: datetime | None = None
    goods_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    reward_discount_minor: int = 0
    lines: list[dict[str, Any]] | None = None
    redemption_ids: list[str] | None = None
    test: bool = False
    member: bool = False
    guest: bool = False
    fingerprint: bytes | None = None
    edit_fingerprint: bytes | None = None
    # Sums over all decisions so far, and what the first of them fixed for ever.
    due: int = 0
    restored: int = 0
    rules_version: int | None = None
    basis: Basis | None = None
    # What the newest decision stored of what was seen, and whether one of them could earn.
    noted: dict[str, Any] | None = None
    earned: bool = False
    refunds: list[RefundFacts] = field(default_factory=list)
    # What is to be written of it: the facts that fill it, or only a new version or member flag.
    told: NewPurchase | None = None
    changed: bool = False
    # Told anew: the former facts are to be kept.
    edited: bool = False
    # What it counted towards tiers when it was read, or decided last.
    counted: Counts | None = None

    @property
    def counts(self) -> Basis:
        """What its earning basis is made of."""
        return self.basis or Basis()

    @property
    def taken_back(self) -> list[int | None]:
        """The goods of every refund; None for a cancellation."""
        return [refund.goods_minor for refund in self.refunds]


def _open_order(facts: PurchaseFacts) -> OpenOrder:
    return OpenOrder(
        purchase_id=facts.purchase_id,
        order_id=facts.order_id,
        seen=facts.version,
        version=facts.version,
        state=facts.state,
        recorded_at=facts.recorded_at,
        customer_id=facts.customer_id,
        placed_at=facts.placed_at,
        delivered_at=facts.delivered_at,
        source_updated_at=facts.source_updated_at,
        goods_minor=facts.goods_minor or 0,
        tax_minor=facts.tax_minor or 0,
        shipping_minor=facts.shipping_minor or 0,
        reward_discount_minor=facts.reward_discount_minor or 0,
        lines=facts.lines,
        redemption_ids=facts.redemption_ids,
        test=facts.test,
        member=facts.member,
        guest=facts.guest,
        fingerprint=facts.fingerprint,
        edit_fingerprint=facts.edit_fingerprint,
        due=facts.due,
        restored=facts.restored,
        rules_version=facts.rules_version,
        basis=None if facts.rules_version is None else basis_of(facts.first_policy),
        noted=facts.noted,
        earned=facts.earned,
    )


class Batch(Book):
    """The open accounts, and the open orders of one storefront's batch."""

    def __init__(self, source: Source, read: Read, versions: list[RulesVersion], climbs: Climbs | None = None) -> None:
        """Open everything that was read."""
        super().__init__(
            source,
            read.now,
            aliases=read.aliases,
            accounts=read.accounts,
            lots=read.lots,
            holds=read.holds,
            memberships=read.memberships,
        )
        self._versions = versions
        self.purchases = {facts.purchase_id: _open_order(facts) for facts in read.purchases}
        self.orders = {
            self.purchases[facts.purchase_id].order_id: self.purchases[facts.purchase_id]
            for facts in read.purchases
            if facts.storefront_id == source.storefront_id
        }
        for refund in read.refunds:
            self.purchases[refund.purchase_id].refunds.append(refund)
        self.climbs = climbs or Climbs(source.program.zone, read.now)
        if self.climbs.scheme is not None:
            for order in self.purchases.values():
                order.counted = self.counts(order)
        self.pinned = list(read.pinned)
        self.new_refunds: list[tuple[RefundFacts, list[dict[str, Any]] | None]] = []
        self.new_memberships: list[tuple[MembershipFacts, str | None]] = []
        self.superseded: list[UUID] = []
        # Who may not be offered the programme, by which holdout; and who joined all the same.
        self.held_out: dict[UUID, UUID] = {}
        self.overrides: list[Override] = []
        self.has_tiers = self.climbs.scheme is not None
        self.segments: dict[UUID, set[str]] = defaultdict(set)
        for segment in read.segments:
            self.segments[segment.customer_id].add(segment.key)
        # Customers of whom some purchase could earn already, and what they hold under rules that count.
        self.earned = set(read.earned)
        self.uses = {(use.customer_id, use.rule_id, use.period): use.points for use in read.uses}
        self.changed_uses: set[tuple[UUID, str, str]] = set()

    def remembers(self, version: RulesVersion) -> bool:
        """Tell whether deciding by these rules looks anything up, or leaves anything to remember."""
        return self.has_tiers or version.remembers

    def tier_at(self, account: OpenAccount, at: datetime) -> Standing | None:
        """Give the tier that a customer held at an instant, as known now."""
        tier = self.climbs.tier_at(account.customer_id, at)
        return None if tier is None else Standing(tier.key, tier.factor)

    def segments_of(self, account: OpenAccount) -> set[str]:
        """Give the segments that a customer is in now."""
        return self.segments.get(account.customer_id, set())

    def used(self, account: OpenAccount, rule_id: str, period: str) -> int:
        """Give what a customer holds under a rule in a period."""
        return self.uses.get((account.customer_id, rule_id, period), 0)

    def use(self, account: OpenAccount, before: dict[tuple[str, str], int], now: dict[tuple[str, str], int]) -> None:
        """Count what a decision held before, and holds now, by rule and period."""
        for rule_id, period in {**before, **now}:
            more = now.get((rule_id, period), 0) - before.get((rule_id, period), 0)
            if more:
                key = (account.customer_id, rule_id, period)
                self.uses[key] = self.uses.get(key, 0) + more
                self.changed_uses.add(key)

    def counts(self, order: OpenOrder) -> Counts | None:
        """Tell what a purchase counts towards the tier of who bought it, or of whom that one was merged into."""
        if order.customer_id is None:
            return None
        return counts(order, self.account(order.customer_id).customer_id, self.source.program.zone)

    def reassess(
        self, account: OpenAccount, award: RecordedAward, at: datetime | None = None, cause: str = "reached"
    ) -> None:
        """Decide somebody's tier anew after a decision, and tell of what changed. `at`: when that happened."""
        for _ in self.climbs.reassess(account.customer_id, at, award.award_id, cause):
            self.tell("tier.changed", f"customer/{account.customer_id}", award)

    def rules(self, order: OpenOrder) -> RulesVersion:
        """Give a purchase's rules: those of its first decision for ever, else those in force when it was placed."""
        if order.rules_version is not None:
            return next(version for version in self._versions if version.version == order.rules_version)
        return self.rules_at(order.placed_at or self.now)

    def rules_at(self, at: datetime) -> RulesVersion:
        """Give the rules in force at an instant."""
        return in_force(self._versions, at)
