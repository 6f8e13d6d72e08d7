"""The open accounts of one batch: what was read, folded item by item, and what is to be appended. Pure but for ids.

Every account is settled when it is opened. That is written only if an item touches the account: who only looks, or is
refused, changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from loyalty.customers.facts import AliasFacts, MembershipFacts, Profile
from loyalty.errors import Erased, Invalid
from loyalty.ids import new_id
from loyalty.points.facts import (
    AccountFacts,
    Cause,
    HoldFacts,
    LotFacts,
    NewEvent,
    OpenAccount,
    OpenHold,
    OpenLot,
    RecordedAward,
)
from loyalty.points.rules import seal
from loyalty.points.settling import settle
from loyalty.programs.facts import Source

# How far ahead of the service's clock a shop's clock may run.
CLOCK_SKEW = timedelta(minutes=15)


class Book:
    """The accounts of a batch, and the awards and events that it made so far."""

    def __init__(
        self,
        source: Source,
        now: datetime,
        *,
        aliases: Iterable[AliasFacts],
        accounts: Iterable[AccountFacts],
        lots: Iterable[LotFacts],
        holds: Iterable[HoldFacts],
        memberships: Iterable[MembershipFacts],
    ) -> None:
        """Open everything that was read, settled to now."""
        self.source = source
        self.now = now
        self.awards: list[RecordedAward] = []
        self.events: list[NewEvent] = []
        self.new_customers: dict[UUID, Profile] = {}
        self.new_aliases: dict[str, UUID] = {}
        self.told_profiles: list[tuple[UUID, Profile]] = []
        self.aliases = {alias.external_id: alias.customer_id for alias in aliases}
        self.erased = {alias.customer_id for alias in aliases if alias.erased}
        self.memberships: dict[UUID, list[MembershipFacts]] = defaultdict(list)
        for membership in memberships:
            self.memberships[membership.customer_id].append(membership)
        self.accounts = self._opened(accounts, lots, holds)

    def _opened(
        self, accounts: Iterable[AccountFacts], lots: Iterable[LotFacts], holds: Iterable[HoldFacts]
    ) -> dict[UUID, OpenAccount]:
        zone = self.source.program.zone
        by_owner: dict[UUID, list[LotFacts]] = defaultdict(list)
        for lot in lots:
            by_owner[lot.customer_id].append(lot)
        found = {facts.customer_id: _open(facts, by_owner[facts.customer_id], zone) for facts in accounts}
        for held in holds:
            account = self._survivor(found, held.customer_id)
            account.holds.append(_open_hold(held))
            for taken in held.taken:
                if taken.customer_id != account.customer_id:
                    for lot in by_owner[taken.customer_id]:
                        account.foreign[taken.customer_id, lot.seq] = lot
        for account in found.values():
            if account.next_due_at is not None and account.next_due_at <= self.now:
                self._settle(account)
        return found

    @staticmethod
    def _survivor(accounts: dict[UUID, OpenAccount], customer_id: UUID) -> OpenAccount:
        account = accounts[customer_id]
        while account.merged_into is not None:
            account = accounts[account.merged_into]
        return account

    def account(self, customer_id: UUID) -> OpenAccount:
        """Give the open account of a customer, or of the one into whom he was merged."""
        return self._survivor(self.accounts, customer_id)

    def account_of(self, external_id: str, profile: Profile | None = None) -> OpenAccount:
        """Find the account of a shop's customer, or open one at first sight; an item touches it."""
        customer_id = self.aliases.get(external_id)
        if customer_id is None:
            customer_id = new_id()
            self.aliases[external_id] = self.new_aliases[external_id] = customer_id
            self.new_customers[customer_id] = profile or Profile()
            self.accounts[customer_id] = OpenAccount(customer_id, None, 0, self.source.program.zone)
        elif profile is not None and not profile.is_empty and customer_id not in self.erased:
            self.told_profiles.append((customer_id, profile))
        account = self.accounts[customer_id]
        self.touch(account)
        return account

    def present(self, external_id: str) -> UUID | None:
        """Tell whom an id names; nobody any more, once the person was erased: then nothing may lead to them."""
        customer_id = self.aliases.get(external_id)
        return None if customer_id in self.erased else customer_id

    def not_erased(self, external_id: str) -> None:
        """Refuse to begin anything anew with somebody who was erased."""
        if self.aliases.get(external_id) in self.erased:
            msg = "This customer_id belonged to a person who was erased. Use one that was never used."
            raise Erased(msg)

    def touch(self, account: OpenAccount) -> None:
        """Count one more item about an account; what fell due comes with the first."""
        if not account.touched:
            account.touched = True
            if account.settling is not None:
                self.awards.append(account.settling)
                self.tell("points.settled", f"customer/{account.customer_id}", account.settling)
        account.version += 1

    def is_member(self, customer_id: UUID | None, at: datetime) -> bool:
        """Tell whether the memberships, as they stand now, cover an instant."""
        if customer_id is None:
            return False
        known = self.memberships.get(self.account(customer_id).customer_id, ())
        return any(m.covers(at) for m in known)

    def not_ahead(self, at: datetime, what: str) -> None:
        """Refuse an instant that the shop cannot know yet."""
        if at > self.now + CLOCK_SKEW:
            msg = f"{what} is more than 15 minutes in the future (the service's clock says {self.now.isoformat()})."
            raise Invalid(msg, pointer=f"/{what}")

    def cause(self, effective_at: datetime | None = None) -> Cause:
        """Begin a decision of this request; nothing is effective before it happens."""
        at = self.now if effective_at is None else min(effective_at, self.now)
        return Cause(new_id(), self.source.actor, self.source.request_id, at, self.now)

    def decided(
        self,
        account: OpenAccount | None,
        cause: str,
        posted: Cause,
        facts: dict[str, Any],
        **more: Any,  # noqa: ANN401 - the other fields of an award
    ) -> RecordedAward:
        """End a decision: make its award, and chain its entries."""
        award = self._award(account, cause, posted, facts, **more)
        if account is not None:
            seal(self.source.program.program_id, account, award)
        self.awards.append(award)
        return award

    def _award(
        self,
        account: OpenAccount | None,
        cause: str,
        posted: Cause,
        facts: dict[str, Any],
        *,
        breakdown: list[dict[str, Any]] | None = None,
        **more: Any,  # noqa: ANN401 - the other fields of an award
    ) -> RecordedAward:
        empty = {"purchase_id": None, "refund_id": None, "membership_id": None, "rules_version": None, "basis": None}
        return RecordedAward(
            award_id=posted.award_id,
            cause=cause,
            customer_id=account.customer_id if account else None,
            account_version=account.version if account else None,
            breakdown=breakdown or [],
            facts=facts | posted.notes,
            available_after=account.available if account else None,
            pending_after=account.pending if account else None,
            held_after=account.held if account else None,
            debt_after=account.debt if account else None,
            actor=posted.actor,
            request_id=posted.request_id,
            recorded_at=self.now,
            **{**empty, "target": 0, "due": 0, "given": 0, **more},
        )

    def _settle(self, account: OpenAccount) -> None:
        posted = self.cause()
        settle(account, self.now, posted, self.source.program.policies.restore_grace_days)
        if posted.notes:
            account.version += 1
            account.settling = self._award(account, "settled", posted, {})
            seal(self.source.program.program_id, account, account.settling)

    def tell(self, event_type: str, subject: str, award: RecordedAward | None = None) -> None:
        """Note an event; with its award where there is one."""
        customer_id = award.customer_id if award else None
        version = award.account_version if award else None
        award_id = award.award_id if award else None
        self.events.append(NewEvent(new_id(), event_type, subject, customer_id, version, award_id, self.source.origin))


def _open(facts: AccountFacts, lots: list[LotFacts], zone: Any) -> OpenAccount:  # noqa: ANN401
    """Make an account that was read ready for deciding."""
    return OpenAccount(
        customer_id=facts.customer_id,
        seen=facts.version,
        version=facts.version,
        zone=zone,
        seq=facts.seq,
        available=facts.available,
        pending=facts.pending,
        held=facts.held,
        debt=facts.debt,
        head_hash=facts.head_hash,
        next_due_at=facts.next_due_at,
        active_at=facts.active_at,
        merged_into=facts.merged_into,
        lots=[_open_lot(lot, facts.settled_at) for lot in lots],
    )


def _open_lot(lot: LotFacts, settled_at: datetime) -> OpenLot:
    return OpenLot(
        lot.seq,
        lot.purchase_id,
        lot.earned_at,
        lot.matures_at,
        lot.expires_at,
        lot.slides_days,
        lot.original,
        lot.remaining,
        pending=lot.matures_at is None or lot.matures_at > settled_at,
    )


def _open_hold(facts: HoldFacts) -> OpenHold:
    told = {name: getattr(facts, name) for name in HoldFacts.__struct_fields__ if name != "customer_id"}
    return OpenHold(**told | {"taken": list(facts.taken)})
