"""What is verified at once: an account, or a purchase, with all its rows."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from loyalty.verify.canonical import award_digest
from loyalty.verify.facts import (
    AccountRow,
    AwardRow,
    EntryRow,
    FormerRow,
    HoldRow,
    LotRow,
    MembershipRow,
    PurchaseRow,
    RefundRow,
    StoredRules,
    UseRow,
)
from loyalty.verify.tier_facts import TierChangeRow, TierDayRow, TierScheme, TierStandingRow


class CapUseRow(NamedTuple):
    """What a customer holds under a rule that counts within a period."""

    customer_id: UUID
    rule_id: str
    period: str
    points: int


@dataclass(frozen=True, slots=True)
class Programme:
    """What is verified of a programme at one moment: its rules, and since when every award must have its event."""

    program_id: int
    events_since: datetime
    rules: dict[int, StoredRules]
    timezone: str = "UTC"
    tiers: TierScheme | None = None

    @property
    def of_products(self) -> bool:
        """Tell whether some rule looks at products: then the lines of purchases are read."""
        names = ("skus", "categories", "except_skus", "except_categories")
        return any(rule.get(name) for stored in self.rules.values() for rule in stored.rules for name in names)


@dataclass(slots=True)
class PurchaseHistory:
    """One purchase with everything that was decided on it. `memberships` are all that its customer ever had.

    Who was merged with others has their memberships too.
    """

    programme: Programme
    purchase: PurchaseRow
    awards: list[AwardRow] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    memberships: list[MembershipRow] = field(default_factory=list)
    former: list[FormerRow] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Name it for a person."""
        purchase = self.purchase
        return f"program {self.programme.program_id}, order {purchase.order_id!r}, purchase {purchase.purchase_id}"

    @property
    def decided(self) -> list[AwardRow]:
        """The awards in the order in which they were decided; ids rise inside one commit."""
        if len(self.awards) < 2:  # noqa: PLR2004 - one needs no order
            return self.awards
        return sorted(self.awards, key=lambda award: (award.recorded_at, award.award_id))

    @property
    def rules(self) -> StoredRules | None:
        """The rules of the first decision, which are those of all later ones."""
        decided = self.decided
        return self.programme.rules.get(decided[0].rules_version or 0) if decided else None


@dataclass
class AccountHistory:
    """One account with all its rows, in the order of their keys; awards in the order of `account_version`."""

    programme: Programme
    account: AccountRow
    entries: list[EntryRow] = field(default_factory=list)
    awards: list[AwardRow] = field(default_factory=list)
    lots: list[LotRow] = field(default_factory=list)
    uses: list[UseRow] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)
    memberships: list[MembershipRow] = field(default_factory=list)
    purchases: list[PurchaseHistory] = field(default_factory=list)
    # Awards of its purchases from when they were nobody's.
    claimed: list[AwardRow] = field(default_factory=list)
    tier_days: list[TierDayRow] = field(default_factory=list)
    # None or one.
    standings: list[TierStandingRow] = field(default_factory=list)
    tier_changes: list[TierChangeRow] = field(default_factory=list)
    cap_uses: list[CapUseRow] = field(default_factory=list)
    # Itself and whoever was merged with it.
    household: list["AccountHistory"] = field(default_factory=list, repr=False)
    _digests: dict[UUID, str] = field(default_factory=dict, repr=False)

    @property
    def where(self) -> str:
        """Name it for a person."""
        return f"program {self.programme.program_id}, account {self.account.customer_id}"

    @cached_property
    def award_of(self) -> dict[UUID, AwardRow]:
        """The awards by their ids."""
        return {award.award_id: award for award in self.awards}

    @cached_property
    def entries_of(self) -> dict[UUID, list[EntryRow]]:
        """The entries by their awards."""
        found: dict[UUID, list[EntryRow]] = {}
        for entry in self.entries:
            found.setdefault(entry.award_id, []).append(entry)
        return found

    @cached_property
    def remembers(self) -> bool:
        """Tell whether anything was looked up for its awards, or earned by actions; not in plain programmes."""
        return any('"seen"' in award.facts or award.cause == "action" for award in (*self.awards, *self.claimed))

    def digest(self, award: AwardRow) -> str:
        """Give an award's digest, computed once."""
        found = self._digests.get(award.award_id)
        if found is None:
            found = self._digests[award.award_id] = award_digest(self.programme.program_id, award)
        return found
