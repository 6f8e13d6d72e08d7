"""The SQL of what happened to customers, as triggers look at it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from loyalty.database import Connection
from loyalty.outbox.facts import Event
from surveys.invitations.people import BOUGHT, KEPT, PERSONS
from surveys.plans.trigger import Direction, News

# `rank`: its place among those of the person that are kept, 0 when nothing of it is.
_PURCHASES = f"""
WITH RECURSIVE told AS MATERIALIZED (
  SELECT p.* FROM unnest($2::uuid[]) AS n (id), LATERAL (
    SELECT purchase_id, customer_id, placed_at, delivered_at, origin, test FROM purchase
    WHERE program_id = $1 AND purchase_id = n.id AND state = 'recorded' AND customer_id IS NOT NULL OFFSET 0) p
), asked AS (SELECT DISTINCT customer_id FROM told), {PERSONS}
SELECT t.purchase_id, json_build_object('purchase_id', t.purchase_id, 'customer_id', t.customer_id,
  'placed_at', t.placed_at, 'delivered_at', t.delivered_at, 'origin', t.origin, 'test', t.test,
  'rank', CASE WHEN n.itself THEN n.rank ELSE 0 END)::text
FROM told t JOIN survivor s ON s.asked = t.customer_id JOIN family f ON f.person = s.person
CROSS JOIN LATERAL (
  SELECT count(*) AS rank, coalesce(bool_or(p.purchase_id = t.purchase_id), false) AS itself
  FROM {BOUGHT} CROSS JOIN LATERAL {KEPT} k
  WHERE k.minor > 0 AND (p.placed_at, p.purchase_id) <= (t.placed_at, t.purchase_id)) n
"""  # noqa: S608 - our own parts
_JOININGS = """
SELECT m.* FROM unnest($2::uuid[]) AS n (id), LATERAL (SELECT membership_id, joined_at FROM membership
  WHERE program_id = $1 AND membership_id = n.id OFFSET 0) m
"""
_CLIMBS = """
SELECT n.event_id, c.effective_at,
  coalesce(array_position(k.keys, c.tier_to), 0) - coalesce(array_position(k.keys, c.tier_from), 0) AS steps
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) AS n (event_id, customer_id, recorded_at)
CROSS JOIN LATERAL (SELECT * FROM tier_change c WHERE c.program_id = $1 AND c.customer_id = n.customer_id
  AND c.recorded_at <= n.recorded_at ORDER BY c.seq DESC LIMIT 1) c
CROSS JOIN LATERAL (SELECT array_agg(t.tier ->> 'key' ORDER BY t.place) AS keys FROM tier_scheme x
  CROSS JOIN LATERAL jsonb_array_elements(x.scheme -> 'tiers') WITH ORDINALITY AS t (tier, place)
  WHERE x.program_id = $1 AND x.version = c.scheme_version) k
"""


class _Bought(Struct, frozen=True):
    purchase_id: UUID
    customer_id: UUID
    placed_at: datetime
    origin: str
    test: bool
    rank: int
    delivered_at: datetime | None = None


_decode = msgspec.json.Decoder(_Bought).decode


async def news_of(connection: Connection, program_id: int, events: Sequence[Event]) -> list[News]:
    """Tell what events are about, in their order; those about nobody are left out."""
    bought = await _purchases(connection, program_id, events)
    joined = await _joinings(connection, program_id, events)
    climbed = await _climbs(connection, program_id, events)
    found = []
    for event in events:
        if event.type.startswith("purchase.") and (purchase := bought.get(about(event))):
            found += _of_purchase(event, purchase)
        elif event.customer_id is not None:
            found.append(_of_event(event, event.customer_id, joined, climbed))
    return found


def about(event: Event) -> UUID:
    """Give the id in an event's subject."""
    return UUID(event.subject.partition("/")[2])


def _of_purchase(event: Event, bought: _Bought) -> list[News]:
    """Tell of a purchase, and of a delivery: one that was told together with its purchase is news of its own."""
    happened = {"purchase.recorded": bought.placed_at, "purchase.delivered": bought.delivered_at}
    return [
        News(
            event_id=event.event_id,
            type=kind,
            customer_id=bought.customer_id,
            at=at,
            recorded_at=event.recorded_at,
            occasion=f"purchase/{bought.purchase_id}",
            origin=event.origin if bought.origin == "live" else bought.origin,
            test=bought.test,
            rank=bought.rank,
            purchase_id=bought.purchase_id,
        )
        for kind in dict.fromkeys((event.type, "purchase.delivered"))
        if (at := happened.get(kind)) is not None
    ]


def _of_event(
    event: Event,
    customer_id: UUID,
    joined: dict[UUID, datetime],
    climbed: dict[UUID, tuple[datetime, Direction | None]],
) -> News:
    news = News(
        event.event_id, event.type, customer_id, event.recorded_at, event.recorded_at, event.subject, event.origin
    )
    if event.type == "member.joined":
        return replace(news, at=joined.get(about(event), event.recorded_at))
    if event.type == "tier.changed":
        at, direction = climbed.get(event.event_id, (event.recorded_at, None))
        # Its subject is the customer, who may climb again.
        return replace(news, at=at, direction=direction, occasion=f"tier/{event.event_id}")
    return news


async def _purchases(connection: Connection, program_id: int, events: Sequence[Event]) -> dict[UUID, _Bought]:
    ids = {about(event) for event in events if event.type.startswith("purchase.")}
    rows = await connection.fetch(_PURCHASES, program_id, sorted(ids)) if ids else []
    return {row[0]: _decode(row[1]) for row in rows}


async def _joinings(connection: Connection, program_id: int, events: Sequence[Event]) -> dict[UUID, datetime]:
    ids = {about(event) for event in events if event.type == "member.joined"}
    rows = await connection.fetch(_JOININGS, program_id, sorted(ids)) if ids else []
    return {row[0]: row[1] for row in rows}


async def _climbs(
    connection: Connection, program_id: int, events: Sequence[Event]
) -> dict[UUID, tuple[datetime, Direction | None]]:
    of_tiers = [e for e in events if e.type == "tier.changed" and e.customer_id is not None]
    if not of_tiers:
        return {}
    told = zip(*((e.event_id, e.customer_id, e.recorded_at) for e in of_tiers), strict=True)
    rows = await connection.fetch(_CLIMBS, program_id, *(list(column) for column in told))
    return {row[0]: (row[1], _direction(row[2])) for row in rows}


def _direction(steps: int) -> Direction | None:
    return None if not steps else ("up" if steps > 0 else "down")
