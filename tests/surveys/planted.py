"""Answers by the dozen, planted as they would lie there: what the verbs write is tested where they are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.ids import new_id
from tests.surveys.conftest import Poll


class Planted(msgspec.Struct):
    """One customer who was asked then, and (`score`) answered a minute later."""

    score: int | None
    asked_at: datetime
    member: bool = True
    customer_id: UUID | None = None
    reason: str | None = None


_PLANT = """
WITH told AS (SELECT * FROM jsonb_to_recordset($2::jsonb) AS t (invitation_id uuid, customer_id uuid, score int,
  asked_at timestamptz, member boolean, reason text)),
people AS (
  INSERT INTO customer (program_id, customer_id, recorded_at) SELECT DISTINCT $1::int, customer_id, now() FROM told
  ON CONFLICT DO NOTHING),
asked AS (
  INSERT INTO survey_invitation (program_id, invitation_id, survey_id, edition, customer_id, respondent_id, occasion,
    channel, state, reason, member, due_at, next_at, planned_at, sent_at, ends_at)
  SELECT $1, invitation_id, $3, 1, customer_id, customer_id, 'planted/' || invitation_id, 'mail',
    CASE WHEN reason IS NULL THEN 'sent' ELSE 'skipped' END, reason, member, asked_at, asked_at, asked_at,
    CASE WHEN reason IS NULL THEN asked_at END, CASE WHEN reason IS NULL THEN asked_at + interval '30 days' END
  FROM told RETURNING invitation_id)
INSERT INTO survey_response (program_id, invitation_id, score, first_scored_at, score_at, member, language)
SELECT $1, t.invitation_id, t.score, t.asked_at + interval '1 minute', t.asked_at + interval '1 minute', t.member, 'fr'
FROM told t JOIN asked a USING (invitation_id) WHERE t.score IS NOT NULL
"""


async def plant(poll: Poll, survey_id: UUID, planted: Sequence[Planted]) -> list[UUID]:
    """Plant answers; gives the invitations."""
    told = [
        {**msgspec.to_builtins(one), "invitation_id": str(new_id()), "customer_id": str(one.customer_id or new_id())}
        for one in planted
    ]
    # What the response hangs on must be there when its keys are looked at, so they are looked at last.
    async with poll.owner.transaction():
        await poll.owner.execute("SET LOCAL session_replication_role = replica")
        await poll.owner.execute(_PLANT, poll.program, msgspec.json.encode(told).decode(), survey_id)
    return [UUID(one["invitation_id"]) for one in told]
