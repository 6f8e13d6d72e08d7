"""All the SQL of actions: which are recorded already, the rows of new ones, and whose birthday it is."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from loyalty.customers.persons import exporter
from loyalty.database import Connection
from loyalty.deeds.decisions import Acted, KnownAction
from loyalty.deeds.tables import Action
from loyalty.programs.facts import Source
from loyalty.statements import Part, insert

_KNOWN = """
SELECT json_build_object('action_id', n.action_id, 'action', n.action, 'performed_at', n.performed_at,
  'fingerprint', encode(n.fingerprint, 'base64'), 'award', w, 'external_id', (SELECT min(external_id)
    FROM customer_alias WHERE program_id = $1 AND namespace = $4 AND customer_id = n.customer_id))::text
FROM unnest($3::text[]) AS a(action_id), LATERAL (
  SELECT * FROM action WHERE program_id = $1 AND storefront_id = $2 AND action_id = a.action_id OFFSET 0) n, LATERAL (
  SELECT * FROM award WHERE program_id = $1 AND award_id = n.award_id OFFSET 0) w
"""
# Members of that instant with a birthday on one of these days of the year, not marked for it yet; by pages.
_BORN = """
SELECT c.customer_id FROM customer c
WHERE c.program_id = $1 AND c.customer_id > $2 AND c.birthday_on IS NOT NULL AND c.merged_into IS NULL
  AND to_char(c.birthday_on, 'MM-DD') = ANY($3::text[]) AND c.birthday_on < $6::date
  AND EXISTS (SELECT FROM membership m WHERE m.program_id = $1 AND m.customer_id = c.customer_id
    AND m.superseded_at IS NULL AND m.joined_at <= $4 AND (m.left_at IS NULL OR m.left_at > $4))
  AND NOT EXISTS (SELECT FROM cap_use u WHERE u.program_id = $1 AND u.customer_id = c.customer_id
    AND u.rule_id = '@birthday' AND u.period = $5)
ORDER BY c.customer_id LIMIT $7
"""
_ROW = [
    "action_id", "customer_id", "action", "performed_at", "award_id", "fingerprint", "request_id", "recorded_at",
]  # fmt: skip
_decode = msgspec.json.Decoder(KnownAction).decode


async def known_actions(connection: Connection, source: Source, action_ids: list[str]) -> dict[str, KnownAction]:
    """Find which actions are recorded, with their awards. Read after the accounts: then nothing can be missed."""
    rows = await connection.fetch(_KNOWN, source.program.program_id, source.storefront_id, action_ids, source.namespace)
    return {found.action_id: found for found in (_decode(row[0]) for row in rows)}


async def born_on(
    connection: Connection, program_id: int, days: Sequence[str], at: datetime, day: date, after: UUID, limit: int
) -> list[UUID]:
    """Name members of an instant who were born on a day of the year (`02-29`), and whose birthday is not kept yet."""
    rows = await connection.fetch(_BORN, program_id, after, list(days), at, str(day.year), day, limit)
    return [row[0] for row in rows]


def new_actions(source: Source, acted: Sequence[Acted]) -> list[Part]:
    """Insert actions that were decided."""
    rows = [
        (
            a.new.action_id,
            a.award.customer_id,
            a.new.action,
            a.new.performed_at,
            a.award.award_id,
            a.fingerprint,
            a.award.request_id,
            a.award.recorded_at,
        )
        for a in acted
    ]
    return [insert(Action, _ROW, rows, storefront_id=source.storefront_id)] if rows else []


exporter(
    "actions",
    "SELECT json_agg(json_build_object('action', action, 'action_id', action_id, 'performed_at', performed_at)"
    " ORDER BY performed_at) FROM action WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
