"""The SQL of what is known of customers when they are asked: as the persons that they have become by merging."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection

# For WITH RECURSIVE, after `asked` (customer_id): whom each has become, and everybody who has become that person.
# `LATERAL … OFFSET 0` keeps every look-up one by key, whatever the planner believes of a table that was empty lately.
PERSONS = """
up (asked, person, merged_into) AS (
  SELECT a.customer_id, c.customer_id, c.merged_into FROM asked a, LATERAL (SELECT customer_id, merged_into
    FROM customer WHERE program_id = $1 AND customer_id = a.customer_id OFFSET 0) c
  UNION
  SELECT u.asked, c.customer_id, c.merged_into FROM up u, LATERAL (SELECT customer_id, merged_into
    FROM customer WHERE program_id = $1 AND customer_id = u.merged_into OFFSET 0) c
), survivor AS MATERIALIZED (
  SELECT asked, person FROM up WHERE merged_into IS NULL
), down (person, customer_id) AS (
  SELECT person, person FROM survivor
  UNION
  SELECT d.person, c.customer_id FROM down d, LATERAL (SELECT customer_id
    FROM customer WHERE program_id = $1 AND merged_into = d.customer_id OFFSET 0) c
), family AS MATERIALIZED (
  SELECT person, array_agg(customer_id) AS ids FROM down GROUP BY person
)"""
# The purchases of a `family` f, as p.
BOUGHT = """unnest(f.ids) AS m (id), LATERAL (SELECT * FROM purchase
    WHERE program_id = $1 AND customer_id = m.id AND state = 'recorded' AND NOT test OFFSET 0) p"""
# What is left of a purchase `p`; nothing after a cancellation.
KEPT = """(SELECT CASE WHEN coalesce(bool_or(r.goods_minor IS NULL), false) THEN 0
    ELSE greatest(0, p.goods_minor - coalesce(sum(r.goods_minor), 0)) END AS minor
  FROM refund r WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id)"""
_PERSONS = f"""
WITH RECURSIVE asked AS (SELECT DISTINCT unnest($2::uuid[]) AS customer_id), {PERSONS}
SELECT s.asked, json_build_object('customer_id', s.person, 'erased', c.erased_at IS NOT NULL, 'name', c.name,
  'email', c.email, 'language', c.language, 'consent', c.consent, 'tier', t.tier, 'orders', b.orders,
  'spend_minor', b.spend_minor, 'member', EXISTS (SELECT FROM unnest(f.ids) AS m (id), LATERAL (SELECT FROM membership
    WHERE program_id = $1 AND customer_id = m.id AND superseded_at IS NULL AND joined_at <= $3
      AND (left_at IS NULL OR $3 < left_at) OFFSET 0) x),
  'suppressed', EXISTS (SELECT FROM unnest(f.ids) AS m (id), LATERAL (SELECT FROM survey_suppression
    WHERE program_id = $1 AND customer_id = m.id AND why = 'unsubscribed' OFFSET 0) x) OR EXISTS (SELECT
    FROM survey_bounce WHERE program_id = $1 AND email_sha256 = sha256(convert_to(lower(c.email), 'UTF8'))),
  'held_out_at', (SELECT max(x.due_at) FROM unnest(f.ids) AS m (id), LATERAL (SELECT due_at FROM survey_invitation i
    WHERE program_id = $1 AND customer_id = m.id AND reason = 'held_out'
      AND NOT (SELECT v.simulated FROM survey v WHERE v.program_id = $1 AND v.survey_id = i.survey_id) OFFSET 0) x),
  'sent_at', (SELECT max(x.sent_at) FROM unnest(f.ids) AS m (id), LATERAL (SELECT sent_at FROM survey_clock
    WHERE program_id = $1 AND customer_id = m.id OFFSET 0) x))::text
FROM survivor s JOIN family f ON f.person = s.person
CROSS JOIN LATERAL (SELECT * FROM customer WHERE program_id = $1 AND customer_id = s.person OFFSET 0) c
LEFT JOIN LATERAL (SELECT tier FROM tier_standing WHERE program_id = $1 AND customer_id = s.person OFFSET 0) t ON true
CROSS JOIN LATERAL (
  SELECT count(*) AS orders,
    coalesce(sum(k.minor) FILTER (WHERE p.placed_at > $3::timestamptz - interval '365 days'), 0)::bigint AS spend_minor
  FROM {BOUGHT} CROSS JOIN LATERAL {KEPT} k WHERE p.placed_at <= $3 AND k.minor > 0) b
"""  # noqa: S608 - our own parts
_SURVIVOR = f"""
WITH RECURSIVE asked AS (SELECT $2::uuid AS customer_id), {PERSONS}
SELECT person FROM survivor
"""  # noqa: S608 - our own parts
# Whom invitations ask, as long as neither a merge nor an erasure of them can be committed. An array, so that each is
# looked up by key.
_HOLD = f"""
WITH RECURSIVE asked AS (SELECT DISTINCT i.customer_id FROM unnest($2::uuid[]) AS n (id), LATERAL (SELECT customer_id
    FROM survey_invitation WHERE program_id = $1 AND invitation_id = n.id AND customer_id IS NOT NULL OFFSET 0) i),
{PERSONS}
SELECT customer_id, erased_at IS NOT NULL FROM customer
WHERE program_id = $1 AND customer_id = ANY(ARRAY(SELECT person FROM survivor)) ORDER BY customer_id FOR SHARE
"""  # noqa: S608 - our own parts
_PASSING = " SKIP LOCKED"
_KNOWN_AS = """
SELECT customer_id FROM customer_alias WHERE program_id = $1 AND namespace = $2 AND external_id = $3
"""
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"


class PersonKnown(Struct, frozen=True):
    """A customer as known now. `orders` are those of which something is kept; `spend_minor` of the last 365 days.

    `sent_at`: when a survey was sent last, `held_out_at`: when one would have been. `suppressed`: unsubscribed, or the
    present address bounced.
    """

    customer_id: UUID
    erased: bool
    member: bool
    suppressed: bool
    orders: int
    spend_minor: int
    name: str | None = None
    email: str | None = None
    language: str | None = None
    consent: dict[str, Any] | None = None
    tier: str | None = None
    sent_at: datetime | None = None
    held_out_at: datetime | None = None

    @property
    def snapshot(self) -> dict[str, Any]:
        """What is frozen with an invitation."""
        return {name: getattr(self, name) for name in ("member", "tier", "orders", "spend_minor", "language")}

    def consents(self, purpose: str | None) -> bool:
        """Tell whether that consent was given; who was never asked gave none. Without a purpose none is needed."""
        return purpose is None or (self.consent or {}).get(purpose) is True


_decode = msgspec.json.Decoder(PersonKnown).decode


async def persons(
    connection: Connection, program_id: int, customer_ids: Sequence[UUID], now: datetime
) -> dict[UUID, PersonKnown]:
    """Tell what is known of customers, each under the id that was asked for."""
    rows = await connection.fetch(_PERSONS, program_id, list(customer_ids), now)
    return {row[0]: _decode(row[1]) for row in rows}


async def survivor_of(connection: Connection, program_id: int, customer_id: UUID) -> UUID | None:
    """Name whom a customer has become; None: there is no such customer."""
    found: UUID | None = await connection.fetchval(_SURVIVOR, program_id, customer_id)
    return found


async def hold_persons(
    connection: Connection, program_id: int, invitation_ids: Sequence[UUID], *, wait: bool
) -> dict[UUID, bool]:
    """Keep those whom invitations ask from being merged or erased; tells of each whether that was done before.

    Without `wait`, whoever is being changed just now is left out.
    """
    rows = await connection.fetch(_HOLD if wait else _HOLD + _PASSING, program_id, list(invitation_ids))
    return {row[0]: row[1] for row in rows}


async def known_as(connection: Connection, program_id: int, namespace: str, external_id: str) -> UUID | None:
    """Find the customer that a shop calls so."""
    found: UUID | None = await connection.fetchval(_KNOWN_AS, program_id, namespace, external_id)
    return found


async def now_of(connection: Connection, program_id: int) -> datetime:
    """Tell the time of a programme."""
    found: datetime = await connection.fetchval(_NOW, program_id)
    return found
