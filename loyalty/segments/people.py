"""Who is in a segment, a page at a time, with the ids by which shops call them; and in which ones somebody is."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from loyalty.database import Connection
from loyalty.segments.facts import InSegment, SegmentName

_ONE = """
SELECT json_build_object('customer_id', c.customer_id, 'name', c.name, 'email', c.email, 'since', m.since,
  'ids', (SELECT coalesce(json_agg(a.external_id ORDER BY a.namespace, a.external_id), '[]') FROM customer_alias a
    WHERE a.program_id = $1 AND a.customer_id = c.customer_id AND ($2::text IS NULL OR a.namespace = $2)))::text
"""
_IN = f"""{_ONE}
FROM segment_member m JOIN customer c ON c.program_id = $1 AND c.customer_id = m.customer_id
WHERE m.program_id = $1 AND m.segment_key = $3 AND ($4::uuid IS NULL OR m.customer_id > $4)
  AND c.merged_into IS NULL AND c.erased_at IS NULL ORDER BY m.customer_id LIMIT $5
"""
_THESE = f"""{_ONE}
FROM (SELECT customer_id, NULL::timestamptz AS since FROM unnest($3::uuid[]) AS t(customer_id)) m
JOIN customer c ON c.program_id = $1 AND c.customer_id = m.customer_id ORDER BY c.customer_id
"""  # noqa: S608 - our own pieces
_OF = """
SELECT json_build_object('key', s.segment_key, 'name', s.name)::text FROM segment_member m JOIN segment s
  ON s.program_id = $1 AND s.segment_key = m.segment_key AND s.deleted_at IS NULL
WHERE m.program_id = $1 AND m.customer_id = $2 ORDER BY s.name, s.segment_key
"""
_decode = msgspec.json.Decoder(InSegment).decode
_decode_name = msgspec.json.Decoder(SegmentName).decode
_MOST = 1_000_000_000


async def people_in(
    connection: Connection,
    program_id: int,
    key: str,
    *,
    namespace: str | None = None,
    after: UUID | None = None,
    limit: int = _MOST,
) -> list[InSegment]:
    """List who is in a segment, in the order of ids, from after one of them. `namespace`: only those ids of theirs.

    Who was merged since the last refresh is left out.
    """
    rows = await connection.fetch(_IN, program_id, namespace, key, after, limit)
    return [_decode(row[0]) for row in rows]


async def people_named(
    connection: Connection, program_id: int, ids: Sequence[UUID], *, namespace: str | None = None
) -> list[InSegment]:
    """Name some customers, in the order of their ids."""
    rows = await connection.fetch(_THESE, program_id, namespace, list(ids))
    return [_decode(row[0]) for row in rows]


async def named_segments_of(connection: Connection, program_id: int, customer_id: UUID) -> list[SegmentName]:
    """Name the segments in which a customer is now, by name."""
    return [_decode_name(row[0]) for row in await connection.fetch(_OF, program_id, customer_id)]
