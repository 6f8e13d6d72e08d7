"""Deciding what members earn by anything but buying. Pure but for new ids; every check comes before a change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loyalty.earning.kind import Occasion
from loyalty.earning.rules import Points, RulesVersion, points_for
from loyalty.errors import Invalid, NotFound, OtherFacts
from loyalty.points.chain import microseconds
from loyalty.points.dates import local_day, lot_dates
from loyalty.points.facts import Cause, OpenAccount, RecordedAward
from loyalty.points.rules import active, issue
from loyalty.points.rules import told as told_at
from loyalty.programs.policies import Immediately, Inactivity, OnDelivery
from loyalty.purchases.batch import Batch
from loyalty.purchases.seen import Seen, known, look_up, rooms, uses_of

# Told by nobody: the service does these itself.
OWN = frozenset({"joining", "birthday"})
BIRTHDAY_MARK = "@birthday"


class NewAction(Struct, frozen=True):
    """An action as a storefront tells it, by its own id of it."""

    external_id: str
    action: str
    action_id: str
    performed_at: datetime


class KnownAction(Struct, frozen=True):
    """An action as read, with the award that answered it."""

    action_id: str
    action: str
    performed_at: datetime
    external_id: str | None
    fingerprint: bytes
    award: RecordedAward

    @property
    def new(self) -> NewAction:
        """What was told first."""
        return NewAction(self.external_id or "", self.action, self.action_id, self.performed_at)


@dataclass(frozen=True, slots=True)
class Acted:
    """What an action came to."""

    new: NewAction
    award: RecordedAward
    fingerprint: bytes
    replayed: bool = False


def fingerprint(new: NewAction) -> bytes:
    """Hash what matters of an action."""
    fields = ("action/1", new.external_id, new.action, new.action_id, microseconds(new.performed_at))
    return sha256(msgspec.json.encode(fields)).digest()


def record_action(batch: Batch, recorded: Mapping[str, KnownAction | Acted], new: NewAction) -> Acted:
    """Record an action and decide its points; the same again gets the first answer."""
    told, same = fingerprint(new), recorded.get(new.action_id)
    if same is not None:
        first = Acted(same.new, same.award, same.fingerprint, replayed=True)
        if same.fingerprint != told:
            msg = f"Action {new.action_id!r} is recorded with other facts."
            raise OtherFacts(msg, first=first)
        return first
    if new.action in OWN:
        msg = f"{new.action!r} is an action of the service's own; storefronts tell others."
        raise Invalid(msg, pointer="/action")
    batch.not_ahead(new.performed_at, "performed_at")
    batch.not_erased(new.external_id)
    customer_id = batch.aliases.get(new.external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    account = batch.account(customer_id)
    batch.touch(account)
    return Acted(new, reward(batch, account, new.action, new.performed_at), told)


def reward(batch: Batch, account: OpenAccount, action: str, at: datetime) -> RecordedAward:
    """Decide what somebody earns by an action, and give it; the award says why also where that is nothing."""
    version = batch.rules_at(at)
    points, seen = _points(batch, account, action, at, version)
    reason = None if batch.is_member(account.customer_id, at) else "not_member"
    if not any(rule.stage != "cap" for rule in version.of_action(action)):
        reason = "no_rule"
    aim = 0 if reason else points.total
    posted = batch.cause(at)
    if seen is not None and not reason:
        seen = seen | {"caps": {name: {**cap, "use": points.uses.get(name, 0)} for name, cap in seen["caps"].items()}}
        batch.use(account, {}, uses_of(seen))
    if aim:
        _give(batch, account, aim, at, posted)
    facts = {"action": action, "at": told_at(at), "reason": reason} | ({} if seen is None or reason else {"seen": seen})
    award = batch.decided(
        account,
        "action",
        posted,
        facts,
        rules_version=version.version,
        breakdown=points.breakdown,
        target=aim,
        due=aim,
        given=aim,
    )
    batch.tell("action.recorded", f"customer/{account.customer_id}", award)
    batch.climbs.count(account.customer_id, local_day(posted.effective_at, account.zone), aim, 0)
    batch.reassess(account, award, at)
    return award


def _points(
    batch: Batch, account: OpenAccount, action: str, at: datetime, version: RulesVersion
) -> tuple[Points, Seen | None]:
    local = at.astimezone(batch.source.program.zone)
    if not batch.remembers(version):
        return points_for(Occasion(0, [], local, action=action), version), None
    seen = look_up(batch, account, at, version)
    seen.pop("first", None)
    seen["caps"] = rooms(batch, account, version.counting(action), local, None, again=True)
    told = known(seen, local)
    occasion = Occasion(0, [], local, told.tier, told.segments, action=action, room=told.room)
    return points_for(occasion, version), seen


def _give(batch: Batch, account: OpenAccount, points: int, at: datetime, posted: Cause) -> None:
    """Give the points as one lot with the programme's dates. There is nothing whose delivery it could wait for."""
    policies = batch.source.program.policies
    earned_at = batch.now if batch.source.dated_now else min(at, batch.now)
    active(account, earned_at, posted, counts=isinstance(policies.expiry, Inactivity))
    if isinstance(policies.maturity, OnDelivery):
        policies = replace(policies, maturity=Immediately())
    issue(account, points, None, lot_dates(policies, account.zone, earned_at, None), posted)


def gives_for(batch: Batch, action: str, at: datetime) -> bool:
    """Tell whether the rules in force at an instant know an action."""
    return any(rule.stage != "cap" for rule in batch.rules_at(at).of_action(action))


def mark_birthday(batch: Batch, account: OpenAccount, year: int) -> bool:
    """Mark that a birthday was kept in a year; tells whether it was not yet."""
    if batch.used(account, BIRTHDAY_MARK, str(year)):
        return False
    batch.use(account, {}, {(BIRTHDAY_MARK, str(year)): 1})
    return True
