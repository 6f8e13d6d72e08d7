"""The verbs of tiers: publish a scheme, hold somebody at a tier at least, and look at customers whose day has come."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from loyalty.clock import LAST_DAY
from loyalty.database import Connection, Tx
from loyalty.earning.drafts import known_keys, rules_naming
from loyalty.errors import Invalid, LoyaltyError, NotAMember, NotFound, TierInUse
from loyalty.ids import new_id
from loyalty.jobs.actions import schedule
from loyalty.points.book import Book
from loyalty.points.facts import NewEvent
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.statements import Part
from loyalty.tiers.climbs import Climbs
from loyalty.tiers.facts import Floor
from loyalty.tiers.queries import add_scheme, climbed, open_climbs, scheme_of, tier_keys
from loyalty.tiers.scheme import Scheme, StoredScheme, checked

REVIEW = "tiers.review"
CHANGED, FLOOR_CHANGED = "tier.changed", "tier.floor_changed"


class NewFloor(Struct, frozen=True):
    """Hold a member at a tier at least, to the end of `until` or for ever; without `tier`: hold no more."""

    external_id: str
    tier: str | None
    until: date | None = None
    reason: str = ""


class Held(Struct, frozen=True):
    """What came of it: the tier held now, and the floor beneath it."""

    customer_id: UUID
    tier: str | None
    floor: Floor | None
    recorded_at: datetime


known_keys("tiers", tier_keys)
# Tells what names a tier, as `InUse` has it; the rooms that let a tier be named register one.
Uses = Callable[[Connection, int, str], Awaitable[list[tuple[str, str]]]]
_USES: list[Uses] = []
# Makes the parts that share the commit: a pinned answer.
Besides = Callable[[Held], list[Part]]


def _nothing(_: Held) -> list[Part]:
    return []


def tier_user(uses: Uses) -> Uses:
    """Register who names tiers: a tier that somebody names stays in the scheme."""
    if uses not in _USES:
        _USES.append(uses)
    return uses


@tier_user
async def _rules_naming(connection: Connection, program_id: int, key: str) -> list[tuple[str, str]]:
    return await rules_naming(connection, program_id, "tiers", key)


async def publish_scheme(
    connection: Connection,
    program: ProgramFacts,
    scheme: Scheme,
    actor: str,
    check: Callable[[int], None] | None = None,
) -> StoredScheme:
    """Publish the next version of a programme's tiers, in force at once; the same again is the version there is.

    Whoever reaches a tier by it gets it with the next purchase, or by the job that this asks for. `TierInUse` when a
    tier that something names is no more. `check` may refuse to replace the version that it is told. Needs a
    transaction.
    """
    scheme = checked(scheme)
    newest = await scheme_of(connection, program.program_id)
    if check is not None:
        check(newest.version if newest else 0)
    if newest is not None and newest.scheme == scheme:
        return newest
    if newest is not None:
        await _keep_named(connection, program.program_id, newest.scheme, scheme)
    published = StoredScheme(newest.version + 1 if newest else 1, scheme)
    await add_scheme(connection, program.program_id, published, actor)
    await schedule(Tx(connection), REVIEW, program.program_id)
    return published


async def _keep_named(connection: Connection, program_id: int, old: Scheme, new: Scheme) -> None:
    """Refuse to let tiers go that something names."""
    for tier in old.tiers:
        if not new.rank(tier.key):
            users = [user for uses in _USES for user in await uses(connection, program_id, tier.key)]
            if users:
                raise TierInUse(tier.key, users)


async def hold_at_least(tx: Tx, source: Source, new: NewFloor, besides: Besides = _nothing) -> Held:
    """Put a floor under a member's tier, or take it away; what is earned goes on above it as before."""
    book = await open_book(tx, source, customers=[new.external_id])
    customer_id = book.present(new.external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    account = book.account(customer_id)
    climbs = await open_climbs(tx.connection, source.program, book.now, [account.customer_id])
    try:
        floor = _floor(book, climbs, account.customer_id, new)
    except LoyaltyError as refusal:
        refusal.customer_id = account.customer_id
        raise
    book.touch(account)
    changes = climbs.hold_at_least(account.customer_id, floor)
    _tell(book, account.customer_id, [FLOOR_CHANGED, *(CHANGED for _ in changes)])
    held = Held(account.customer_id, climbs.climb(account.customer_id).standing.tier, floor, book.now)
    await append(tx, appended(book, after=[*climbed(climbs, {account.customer_id}), *besides(held)]))
    return held


def _floor(book: Book, climbs: Climbs, customer_id: UUID, new: NewFloor) -> Floor | None:
    """Make the floor that is asked for; None to take it away."""
    if climbs.scheme is None:
        msg = "This programme has no tiers yet. `PUT /v1/tiers` publishes them."
        raise NotFound(msg)
    if new.tier is None:
        return None
    if not book.is_member(customer_id, book.now):
        msg = "Only a member holds a tier, and this customer is none now."
        raise NotAMember(msg)
    if not climbs.scheme.scheme.rank(new.tier):
        known = ", ".join(tier.key for tier in climbs.scheme.scheme.tiers) or "none"
        msg = f"There is no tier {new.tier!r}; the tiers are: {known}."
        raise Invalid(msg, pointer="/tier")
    if new.until is not None and new.until < climbs.today:
        msg = "until is a day that is not over yet."
        raise Invalid(msg, pointer="/until")
    if new.until is not None and new.until > LAST_DAY:
        msg = f"until is {LAST_DAY} at the latest; leave it out to hold for ever."
        raise Invalid(msg, pointer="/until")
    return Floor(new.tier, new.until, new.reason, book.source.actor, book.now)


async def review_customers(tx: Tx, source: Source, customer_ids: Sequence[UUID]) -> int:
    """Write what the time, or a newer scheme, did to the tiers of customers; gives how many tiers changed."""
    book = await open_book(tx, source, ids=list(customer_ids))
    climbs = await open_climbs(tx.connection, source.program, book.now, list(book.accounts))
    changed = 0
    for customer_id in customer_ids:
        changes = climbs.reassess(customer_id, cause="scheme")
        climb = climbs.climb(customer_id)
        if climb.standing != climb.seen or climb.dirty:
            book.touch(book.accounts[customer_id])
            _tell(book, customer_id, [CHANGED for _ in changes])
            changed += len(changes)
    touched = {account.customer_id for account in book.accounts.values() if account.touched}
    if touched:
        await append(tx, appended(book, after=climbed(climbs, touched)))
    return changed


def _tell(book: Book, customer_id: UUID, types: Sequence[str]) -> None:
    """Tell the world of a tier that no award is about."""
    version, origin = book.accounts[customer_id].version, book.source.origin
    subject = f"customer/{customer_id}"
    book.events += [NewEvent(new_id(), kind, subject, customer_id, version, None, origin) for kind in types]
