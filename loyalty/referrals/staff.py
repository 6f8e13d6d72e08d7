"""What staff see of referrals and do with them, each as one edge."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Database, Tx, one, write
from loyalty.errors import Conflict, Invalid, NotFound
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.staff import as_read
from loyalty.referrals.actions import decide_as_staff, publish_terms
from loyalty.referrals.queries import terms_of
from loyalty.referrals.terms import StoredTerms, Terms

PAGE = 50
_PERSON = """(WITH RECURSIVE up (id, n) AS (
    SELECT r.{side}_id, 0 UNION ALL SELECT c.merged_into, n + 1 FROM up JOIN customer c
      ON c.program_id = $1 AND c.customer_id = up.id AND c.merged_into IS NOT NULL)
  SELECT json_build_object('customer_id', p.customer_id, 'name', p.name, 'email', p.email, 'shop_id',
    (SELECT min(a.external_id) FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = p.customer_id))
  FROM customer p WHERE p.program_id = $1 AND p.customer_id = (SELECT id FROM up ORDER BY n DESC LIMIT 1))"""
# What makes one suspicious: the kinds of traces that other friends have left as well.
_SHARED = """CASE WHEN r.state = 'in_review' THEN (
    SELECT json_agg(DISTINCT m.kind) FROM referral_trace m JOIN referral_trace t
      ON t.program_id = $1 AND t.kind = m.kind AND t.trace = m.trace AND t.customer_id <> m.customer_id
      JOIN referral o ON o.program_id = $1 AND o.friend_id = t.customer_id
    WHERE m.program_id = $1 AND m.customer_id = r.friend_id) END"""
_LIST = f"""
SELECT coalesce(json_agg(t ORDER BY t.claimed_at DESC, t.referral_id DESC), '[]')::text FROM (
  SELECT r.referral_id, r.state, r.reason, r.claimed_at, r.matures_at, r.friend_points, r.referrer_points,
    {_PERSON.format(side="friend")} AS friend, {_PERSON.format(side="referrer")} AS referrer,
    (SELECT v.terms FROM referral_terms v WHERE v.program_id = $1 AND v.version = r.terms_version) AS terms,
    {_SHARED} AS shared
  FROM referral r WHERE r.program_id = $1 AND {{which}}
    AND ($3::uuid IS NULL OR (r.claimed_at, r.referral_id) < (SELECT o.claimed_at, o.referral_id FROM referral o
      WHERE o.program_id = $1 AND o.referral_id = $3))
  ORDER BY r.claimed_at DESC, r.referral_id DESC LIMIT $4) t
"""  # noqa: S608 - our own parts
# Of those of a state the index has the order; of one that may be any it could not be used.
_ALL, _OF_STATE = (_LIST.format(which=which) for which in ("$2::text IS NULL", "r.state = $2"))
_COUNTS = "SELECT state, count(*) AS n FROM referral WHERE program_id = $1 GROUP BY state"


class Person(Struct, frozen=True):
    """Somebody as staff call them."""

    customer_id: UUID
    name: str | None = None
    email: str | None = None
    shop_id: str | None = None


class ReferralSeen(Struct, frozen=True):
    """A referral, with the terms it was claimed under. `shared`: of a suspicious one, the traces others left too."""

    referral_id: UUID
    state: str
    reason: str | None
    claimed_at: datetime
    friend: Person | None
    referrer: Person | None
    terms: Terms
    matures_at: datetime | None = None
    friend_points: int = 0
    referrer_points: int = 0
    shared: list[str] | None = None


class ReferralsSeen(Struct, frozen=True):
    """The terms in force, how many there are by state, those that wait, and a page of all; `more`: others follow."""

    terms: StoredTerms
    counts: dict[str, int]
    waiting: list[ReferralSeen]
    listed: list[ReferralSeen]
    more: bool


_decode = msgspec.json.Decoder(list[ReferralSeen]).decode


@dataclass(frozen=True, slots=True)
class StaffReferrals:
    """The verbs behind the panel's pages. A refusal is told by its lasting code; "" is none."""

    database: Callable[[], Database]

    async def seen(self, program: ProgramFacts, state: str | None = None, after: UUID | None = None) -> ReferralsSeen:
        """Read a page of referrals, newest first, and those that wait for staff."""
        program_id = program.program_id
        async with self.database().reader() as connection:
            waiting = _decode(await connection.fetchval(_OF_STATE, program_id, "in_review", None, PAGE))
            listed = _decode(
                await connection.fetchval(_OF_STATE if state else _ALL, program_id, state, after, PAGE + 1)
            )
            counts = {row["state"]: row["n"] for row in await connection.fetch(_COUNTS, program_id)}
            terms = await terms_of(connection, program_id)
        return ReferralsSeen(terms, counts, waiting, listed[:PAGE], len(listed) > PAGE)

    async def decide(
        self, program: ProgramFacts, user_id: UUID, request_id: str, referral_id: UUID, *, let_through: bool
    ) -> str:
        """Release a suspicious referral, or refuse it."""
        source = Source(program, None, "default", f"user:{user_id}", request_id)

        async def verb(tx: Tx) -> object:
            return await decide_as_staff(tx, source, referral_id, let_through=let_through)

        return await _refused(one(self.database(), verb))

    async def publish(self, program: ProgramFacts, terms: Terms, user_id: UUID, version: int | None = None) -> str:
        """Publish the next version after `version` of the terms; the same form sent twice is one version."""

        async def verb(tx: Tx, _: object) -> list[StoredTerms]:
            actor = f"user:{user_id}"
            return [await publish_terms(tx.connection, program.program_id, terms, actor, as_read(version))]

        return await _refused(write(self.database(), verb, [None], whole=True))


async def _refused(doing: Awaitable[Any]) -> str:
    try:
        await doing
    except (Conflict, NotFound, Invalid) as refusal:
        return refusal.code
    return ""
