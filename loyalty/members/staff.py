"""What staff see and do with one person, each as one edge: the page of a member, and an adjustment done once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.customers.queries import aliases_of
from loyalty.database import Connection, Database, Tx
from loyalty.errors import Invalid, NotEnoughPoints, NotFound
from loyalty.idempotency.facts import Once
from loyalty.idempotency.rules import fingerprint
from loyalty.members.actions import adjust_points
from loyalty.members.adjustments import MOST_BY_STAFF, NewAdjustment, adjust_account
from loyalty.members.people import reading_source
from loyalty.members.person import PersonFacts, Purse, find_person, find_purse
from loyalty.members.timeline import Place, Timeline, find_timeline
from loyalty.members.why import Why, find_why
from loyalty.points.facts import RecordedAward
from loyalty.points.keyed import Pinning, do_once
from loyalty.points.reading import open_book
from loyalty.points.rules import end_of
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.segments.facts import SegmentName
from loyalty.segments.people import named_segments_of
from loyalty.tiers.queries import open_climbs
from loyalty.tiers.staff import PersonTier, person_tier


class Seen(msgspec.Struct, frozen=True):
    """Everything that the page of a member shows, of one moment."""

    person: PersonFacts
    purse: Purse
    timeline: Timeline
    why: Why | None
    tier: PersonTier | None = None
    segments: Sequence[SegmentName] = ()


class ByStaff(msgspec.Struct, frozen=True):
    """An adjustment that somebody of the staff asks for. `key`: of the form, so that sending it twice does it once."""

    user_id: UUID
    request_id: str
    customer_id: UUID
    points: int
    reason: str
    key: str


class Adjusted(msgspec.Struct, frozen=True):
    """What came of it: the award, or the lasting code of the refusal. The same form again gets the same."""

    award_id: UUID | None = None
    code: str = ""


class TriedAdjustment(msgspec.Struct, frozen=True):
    """What an adjustment would leave: available and owed points as (before, after); `after` None: it is refused.

    `ends_at`: when what is added ends; None: never, or nothing of it is left once debt is repaid.
    """

    available: tuple[int, int | None]
    debt: tuple[int, int]
    ends_at: datetime | None = None


_decode = msgspec.json.Decoder(Adjusted).decode


async def see_person(
    connection: Connection, program: ProgramFacts, customer_id: UUID, after: Place | None, why: UUID | None
) -> Seen | PersonFacts | None:
    """Read the page of a member at one moment; only who it was, when merged into another; None when unknown."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        person = await find_person(connection, program.program_id, customer_id)
        if person is None or person.merged_into is not None:
            return person
        purse = await find_purse(connection, program, customer_id)
        climbs = await open_climbs(connection, program, purse.now, [customer_id])
        changes = climbs.climb(customer_id).changes
        timeline = await find_timeline(connection, program.program_id, customer_id, purse, changes, after)
        found = await find_why(connection, program.program_id, customer_id, why) if why else None
        segments = await named_segments_of(connection, program.program_id, customer_id)
        return Seen(person, purse, timeline, found, person_tier(climbs, customer_id), segments)


async def try_adjustment(
    connection: Connection, program: ProgramFacts, customer_id: UUID, points: int
) -> TriedAdjustment | None:
    """Adjust in memory only, by the same rules, so that the form can say what would come of it; None: of nobody."""
    person = await find_person(connection, program.program_id, customer_id)
    if person is None or person.merged_into is not None or not person.ids:
        return None
    book = await open_book(Tx(connection), reading_source(program), ids=[customer_id])
    account = book.account(customer_id)
    available, debt = account.available, account.debt
    try:
        adjust_account(book, customer_id, points)
    except NotEnoughPoints:
        return TriedAdjustment((available, None), (debt, debt))
    brought = account.lots[-1] if points > 0 else None
    ends_at = end_of(account, brought) if brought and brought.remaining else None
    return TriedAdjustment((available, account.available), (debt, account.debt), ends_at)


async def adjust_by_staff(database: Database, program: ProgramFacts, asked: ByStaff) -> Adjusted:
    """Give or take points once under the form's key."""
    if abs(asked.points) > MOST_BY_STAFF:
        msg = f"Staff give or take at most {MOST_BY_STAFF} points at once."
        raise Invalid(msg, pointer="/points")
    told = (asked.customer_id, asked.points, asked.reason)
    once = Once(
        program.program_id,
        f"user/{asked.user_id}",
        asked.key,
        fingerprint("panel-adjustment/1", told),
        asked.request_id,
    )

    async def verb(tx: Tx, pinning: Pinning) -> RecordedAward:
        aliases = await aliases_of(tx.connection, program.program_id, [asked.customer_id])
        if not aliases:
            msg = "There is no such customer, or the person was erased."
            raise NotFound(msg)
        namespace, external_id = aliases[0]
        source = Source(program, None, namespace, f"user:{asked.user_id}", asked.request_id)
        return await adjust_points(tx, source, NewAdjustment(external_id, asked.points, asked.reason), pinning)

    answered = await do_once(database, once, verb, lambda award: Adjusted(award.award_id))
    return _decode(answered.pinned.body)
