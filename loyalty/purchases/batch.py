"""A batch while it is decided: what was read, folded item by item, and what is to be appended.

Item n sees what item n - 1 did. Nothing here does I/O; ids come from `uuid7`, the time from the read.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from loyalty.customers.facts import MembershipFacts, Profile
from loyalty.earning.rules import RulesVersion, in_force
from loyalty.errors import Invalid
from loyalty.points.facts import NewEvent, OpenAccount, RecordedAward
from loyalty.points.rules import open_account
from loyalty.programs.facts import Source
from loyalty.purchases.facts import NewPurchase, PurchaseFacts, Read, RefundFacts

# How far ahead of the service's clock a shop's clock may run.
CLOCK_SKEW = timedelta(minutes=15)


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
    goods_minor: int = 0
    reward_discount_minor: int = 0
    lines: list[dict[str, Any]] | None = None
    test: bool = False
    member: bool = False
    fingerprint: bytes | None = None
    due: int = 0
    rules_version: int | None = None
    refunds: list[RefundFacts] = field(default_factory=list)
    # What is to be written of it: the facts that fill it, or only a new version or member flag.
    told: NewPurchase | None = None
    changed: bool = False

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
        goods_minor=facts.goods_minor or 0,
        reward_discount_minor=facts.reward_discount_minor or 0,
        lines=facts.lines,
        test=facts.test,
        member=facts.member,
        fingerprint=facts.fingerprint,
        due=facts.due,
        rules_version=facts.rules_version,
    )


class Batch:
    """The open state of one batch."""

    def __init__(self, source: Source, read: Read, versions: list[RulesVersion]) -> None:
        """Open everything that was read."""
        self.source = source
        self.now = read.now
        self._versions = versions
        lots = defaultdict(list)
        for lot in read.lots:
            lots[lot.customer_id].append(lot)
        self.accounts = {facts.customer_id: open_account(facts, lots[facts.customer_id]) for facts in read.accounts}
        self.aliases = {alias.external_id: alias.customer_id for alias in read.aliases}
        self.memberships: dict[UUID, list[MembershipFacts]] = defaultdict(list)
        for membership in read.memberships:
            self.memberships[membership.customer_id].append(membership)
        self.purchases = {facts.purchase_id: _open_order(facts) for facts in read.purchases}
        self.orders = {
            self.purchases[facts.purchase_id].order_id: self.purchases[facts.purchase_id]
            for facts in read.purchases
            if facts.storefront_id == source.storefront_id
        }
        for refund in read.refunds:
            self.purchases[refund.purchase_id].refunds.append(refund)
        self.pinned = list(read.pinned)
        self.awards: list[RecordedAward] = []
        self.events: list[NewEvent] = []
        self.new_customers: dict[UUID, Profile] = {}
        self.new_aliases: dict[str, UUID] = {}
        self.told_profiles: list[tuple[UUID, Profile]] = []
        self.new_refunds: list[tuple[RefundFacts, list[dict[str, Any]] | None]] = []
        self.new_memberships: list[tuple[MembershipFacts, str | None]] = []
        self.superseded: list[UUID] = []

    def account_of(self, external_id: str, profile: Profile | None) -> OpenAccount:
        """Find the account of a shop's customer, or open one at first sight; its version rises by one."""
        customer_id = self.aliases.get(external_id)
        if customer_id is None:
            customer_id = uuid7()
            self.aliases[external_id] = self.new_aliases[external_id] = customer_id
            self.new_customers[customer_id] = profile or Profile()
            self.accounts[customer_id] = OpenAccount(customer_id, seen=None, version=0)
        elif profile is not None and not profile.is_empty:
            self.told_profiles.append((customer_id, profile))
        account = self.accounts[customer_id]
        account.version += 1
        return account

    def is_member(self, customer_id: UUID | None, at: datetime) -> bool:
        """Tell whether the memberships, as they stand now, cover an instant."""
        return customer_id is not None and any(m.covers(at) for m in self.memberships.get(customer_id, ()))

    def rules(self, order: OpenOrder) -> RulesVersion:
        """Give a purchase's rules: those of its first decision for ever, else those in force when it was placed."""
        if order.rules_version is not None:
            return next(version for version in self._versions if version.version == order.rules_version)
        return in_force(self._versions, order.placed_at or self.now)

    def not_ahead(self, at: datetime, what: str) -> None:
        """Refuse an instant that the shop cannot know yet."""
        if at > self.now + CLOCK_SKEW:
            msg = f"{what} is more than 15 minutes in the future (the service's clock says {self.now.isoformat()})."
            raise Invalid(msg, pointer=f"/{what}")

    def tell(self, event_type: str, subject: str, award: RecordedAward | None = None) -> None:
        """Note an event; with its award where there is one."""
        customer_id = award.customer_id if award else None
        version = award.account_version if award else None
        award_id = award.award_id if award else None
        self.events.append(NewEvent(uuid7(), event_type, subject, customer_id, version, award_id, self.source.origin))
