"""The ledger on paper: what the real rules decide is kept in memory instead of a database, to be read again.

So decisions are tested as tables, without I/O. It also gives the rows that `loyalty verify` reads.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from loyalty.customers.facts import AliasFacts, MembershipFacts
from loyalty.earning.rules import RulesVersion, StoredRules
from loyalty.errors import LoyaltyError
from loyalty.members.decisions import Joined, NewMembership, record_membership
from loyalty.points.facts import AccountFacts, HoldFacts, LotFacts, NewEntry, OpenAccount, RecordedAward
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.policies import Policies
from loyalty.purchases.actions import decide_each
from loyalty.purchases.batch import Batch
from loyalty.purchases.decisions import Parked, Recorded, record_purchase, record_refund
from loyalty.purchases.edits import Edited, edit_purchase
from loyalty.purchases.facts import (
    NewPurchase,
    NewRefund,
    PurchaseFacts,
    Read,
    RefundFacts,
    SegmentFacts,
    UseFacts,
)
from loyalty.tiers.climbs import Climbs
from loyalty.tiers.facts import Change, ChangeOf, Floor, Standing, StandingOf, TierRead
from loyalty.tiers.scheme import Lifetime, Scheme, StoredScheme, Tier
from loyalty.verify import facts
from tests.stories import day

I = TypeVar("I")  # noqa: E741 - items in, results out
R = TypeVar("R")

PER_EURO = {"kind": "points_per_amount", "points_per_step": 1, "step_minor": 100}
PROGRAM = ProgramFacts(1, "Paper", "live", "EUR", "Europe/Paris", timedelta(), None, None, Policies(), day(-900))
SOURCE = Source(PROGRAM, 1, "default", "key/paper", "req_paper")


def version(number: int, *rules: dict[str, Any], since: datetime | None = None) -> RulesVersion:
    """Publish rules."""
    return RulesVersion(StoredRules(number, since, [*rules]))


class Paper:
    """One programme's ledger, and the clock on the wall."""

    def __init__(self, *versions: RulesVersion, policies: Policies | None = None, zone: str = "Europe/Paris") -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.versions = list(versions) or [version(1, PER_EURO)]
        self.source = SOURCE
        self.follow(policies or Policies(), zone)
        self.accounts: dict[UUID, AccountFacts] = {}
        self.aliases: dict[str, UUID] = {}
        self.lots: dict[tuple[UUID, int], LotFacts] = {}
        self.holds: dict[UUID, HoldFacts] = {}
        self.memberships: dict[UUID, MembershipFacts] = {}
        self.purchases: dict[UUID, PurchaseFacts] = {}
        self.refunds: dict[tuple[UUID, str, str], RefundFacts] = {}
        self.awards: list[RecordedAward] = []
        self.entries: list[NewEntry] = []
        self.uses: list[facts.UseRow] = []
        self.told: set[UUID | None] = set()
        self.cap_uses: dict[tuple[UUID, str, str], int] = {}
        self.tiers: TierRead | None = None
        self.segments: set[tuple[str, str]] = set()

    def follow(self, policies: Policies, zone: str = "Europe/Paris") -> None:
        """Have other policies from now on."""
        program = msgspec.structs.replace(PROGRAM, policies=policies, timezone=zone)
        self.source = msgspec.structs.replace(self.source, program=program)

    def at(self, moment: datetime) -> "Paper":
        """Have the next write happen at that very moment; time never goes back."""
        assert moment > self.now
        self.now = moment - timedelta(seconds=1)
        return self

    def buy(self, *items: NewPurchase) -> list[Recorded | LoyaltyError]:
        """Record purchases in one batch."""
        return self.write(record_purchase, items)

    def take_back(self, *items: NewRefund) -> list[Recorded | Parked | LoyaltyError]:
        """Record refunds in one batch."""
        return self.write(record_refund, items)

    def join(self, *items: NewMembership) -> list[Joined | LoyaltyError]:
        """Record memberships in one batch."""
        return self.write(record_membership, items)

    def edit(self, *items: NewPurchase) -> list[Edited | Recorded | LoyaltyError]:
        """Edit purchases in one batch."""
        return self.write(edit_purchase, items)

    def sweep(self) -> None:
        """Settle every account for which something fell due, and do nothing else."""
        self.now += timedelta(seconds=1)
        batch = self.open()
        for account in batch.accounts.values():
            if account.settling is not None:
                batch.touch(account)
        self.append(batch)

    def write(self, decide: Callable[[Batch, I], R], items: Sequence[I]) -> list[R | LoyaltyError]:
        """Read, decide, append."""
        self.now += timedelta(seconds=1)
        batch = self.open()
        results = decide_each(batch, decide, items)
        self.append(batch)
        return results

    def open(self) -> Batch:
        """Begin a batch. Whoever holds a tier here was put there, and climbs no further."""
        climbs = Climbs(self.source.program.zone, self.now, self.tiers)
        return Batch(self.source, self.read(), self.versions, climbs)

    def read(self) -> Read:
        """Give everything there is; the batch finds its own."""
        return Read(
            now=self.now,
            newest_rules=self.versions[-1].version,
            aliases=[AliasFacts(external_id, customer_id) for external_id, customer_id in self.aliases.items()],
            accounts=list(self.accounts.values()),
            lots=list(self.lots.values()),
            holds=list(self.holds.values()),
            memberships=list(self.memberships.values()),
            purchases=list(self.purchases.values()),
            refunds=list(self.refunds.values()),
            pinned=list(self.awards),
            uses=[UseFacts(*key, points) for key, points in self.cap_uses.items()],
            earned=[p.customer_id for p in self.purchases.values() if p.earned and p.customer_id],
            segments=[SegmentFacts(self.aliases[name], key) for name, key in self.segments if name in self.aliases],
        )

    def append(self, batch: Batch) -> None:
        """Keep what was decided."""
        self.aliases |= batch.new_aliases
        self.awards += batch.awards
        self.told |= {event.award_id for event in batch.events}
        for key in batch.superseded:
            self.memberships[key] = msgspec.structs.replace(self.memberships[key], superseded_at=self.now)
        self.memberships |= {membership.membership_id: membership for membership, _ in batch.new_memberships}
        self.refunds |= {(r.purchase_id, r.kind, r.refund_id): r for r, _ in batch.new_refunds}
        self.cap_uses |= {key: batch.uses[key] for key in batch.changed_uses}
        for account in batch.accounts.values():
            if account.touched:
                self._keep(account)
        for order in batch.purchases.values():
            known = {name: getattr(order, name) for name in PurchaseFacts.__struct_fields__ if hasattr(order, name)}
            first = next((a for a in self.awards if a.purchase_id == order.purchase_id), None)
            policy = first.facts.get("policy") if first else None
            self.purchases[order.purchase_id] = PurchaseFacts(**known, storefront_id=1, first_policy=policy)

    def _keep(self, account: OpenAccount) -> None:
        key = account.customer_id
        self.accounts[key] = AccountFacts(
            key, account.version, account.seq, account.available, account.pending, account.held, account.debt,
            self.now, account.head_hash, account.next_due_at, account.active_at, account.merged_into,
        )  # fmt: skip
        self.entries += account.entries
        self.uses += [facts.UseRow(key, *use) for use in account.uses]
        for lot in account.lots:
            values = [getattr(lot, name) for name in LotFacts.__struct_fields__[1:]]
            self.lots[key, lot.seq] = LotFacts(key, *values)
        for held in account.holds:
            told = {name: getattr(held, name) for name in HoldFacts.__struct_fields__ if name != "customer_id"}
            self.holds[held.hold_id] = HoldFacts(customer_id=key, **told)

    def hold_tier(self, customer: str, key: str, factor: str = "1", since: float = -900) -> None:
        """Let one customer be known to be held at the one tier that there is, since a day of the story."""
        one, at = self.aliases[customer], day(since)
        scheme = StoredScheme(1, Scheme("points_earned", Lifetime(), [Tier(key, {"en": key}, 10**15, factor)]))
        standing = Standing(key, since=at, floor=Floor(key, None, "", "", at), scheme_version=1, changes=1)
        change = Change(1, None, key, at, self.now, "floor", 1)
        self.tiers = TierRead(scheme, [], [StandingOf(one, standing)], [ChangeOf(one, change)], [])

    def seen(self, order_id: str) -> dict[str, Any]:
        """Give what the newest decision on an order stores of what was seen."""
        found: dict[str, Any] = self.order(order_id).noted or {}
        return found

    def account(self, customer: str) -> AccountFacts:
        """Give a customer's account."""
        return self.accounts[self.aliases[customer]]

    def balance(self, customer: str) -> tuple[int, int]:
        """Give what a customer has available, and owes."""
        account = self.account(customer)
        return account.available, account.debt

    def order(self, order_id: str) -> PurchaseFacts:
        """Give an order."""
        return next(purchase for purchase in self.purchases.values() if purchase.order_id == order_id)

    def lots_of(self, customer: str) -> list[LotFacts]:
        """Give a customer's lots in the order in which they came."""
        key = self.aliases[customer]
        return sorted((lot for owner, lot in self.lots.items() if owner[0] == key), key=lambda lot: lot.seq)

    def left(self, customer: str) -> list[int]:
        """Give what remains in a customer's lots."""
        return [lot.remaining for lot in self.lots_of(customer)]

    def moves(self, customer: str) -> list[tuple[str, int]]:
        """Give kind and amount of a customer's entries."""
        key = self.aliases[customer]
        return [(entry.kind, entry.amount) for entry in self.entries if entry.customer_id == key]


def local(text: str, zone: str = "Europe/Paris") -> datetime:
    """Read a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
