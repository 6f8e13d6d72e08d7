"""Everything that a member's own page shows, read at one moment. Nothing is written."""

from msgspec import Struct

from loyalty.account_page.actions import Followed
from loyalty.database import Connection
from loyalty.members.person import PersonFacts, Purse, find_person, find_purse
from loyalty.members.timeline import Place, Timeline, find_timeline
from loyalty.rewards.catalogue import catalogue
from loyalty.rewards.wire import RewardOut
from loyalty.tiers.queries import open_climbs
from loyalty.tiers.staff import PersonTier, person_tier


class OwnPage(Struct, frozen=True):
    """What a member sees of himself."""

    followed: Followed
    person: PersonFacts
    purse: Purse
    timeline: Timeline
    tier: PersonTier | None
    rewards: list[RewardOut]


class OwnHistory(Struct, frozen=True):
    """A page of what happened to a member's points."""

    followed: Followed
    person: PersonFacts
    timeline: Timeline
    tier: PersonTier | None


async def read_page(connection: Connection, followed: Followed) -> OwnPage:
    """Read the page of a member."""
    program, customer_id = followed.program, followed.customer_id
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        person = await read_person(connection, followed)
        purse = await find_purse(connection, program, customer_id)
        climbs = await open_climbs(connection, program, purse.now, [customer_id])
        changes = climbs.climb(customer_id).changes
        timeline = await find_timeline(connection, program.program_id, customer_id, purse, changes, None)
        tier = person_tier(climbs, customer_id)
        offered = await catalogue(connection, followed.source(), followed.external_id)
        return OwnPage(followed, person, purse, timeline, tier, offered.data)


async def read_history(connection: Connection, followed: Followed, after: Place | None) -> OwnHistory:
    """Read a page of what happened before `after`."""
    program, customer_id = followed.program, followed.customer_id
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        person = await read_person(connection, followed)
        purse = await find_purse(connection, program, customer_id)
        climbs = await open_climbs(connection, program, purse.now, [customer_id])
        changes = climbs.climb(customer_id).changes
        timeline = await find_timeline(connection, program.program_id, customer_id, purse, changes, after)
        return OwnHistory(followed, person, timeline, person_tier(climbs, customer_id))


async def read_person(connection: Connection, followed: Followed) -> PersonFacts:
    """Read who somebody is."""
    person = await find_person(connection, followed.program.program_id, followed.customer_id)
    if person is None:  # pragma: no cover - links lead to customers
        raise AssertionError
    return person
