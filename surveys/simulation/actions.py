"""Write a simulated survey down: closed from the start, so that it never asks anybody, and marked for ever.

Its answers are besides left out of every score (`excluded_because`), so a query that does not know of simulation still
counts none of them.
"""

from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from loyalty.database import Connection, Database
from loyalty.ids import new_id
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts
from surveys.answers.tables import SIMULATED
from surveys.plans.classes import class_of
from surveys.plans.content import Content
from surveys.plans.times import ends_at
from surveys.simulation.rules import CASE_DAYS, DAYS_AFTER, SEND_AT, Asked, Occasion, followed, simulate

NAME = "After a purchase (simulated)"
BY = "simulation"
_IS_THERE = "SELECT EXISTS (SELECT FROM survey WHERE program_id = $1 AND simulated)"
# One purchase of twenty, chosen by the sample's own name of it.
_OCCASIONS = """
SELECT json_build_object('purchase_id', p.purchase_id, 'customer_id', p.customer_id, 'customer', a.external_id,
  'order', p.order_id, 'placed_at', p.placed_at, 'member', EXISTS (SELECT FROM membership m
    WHERE m.program_id = $1 AND m.customer_id = p.customer_id AND m.superseded_at IS NULL AND m.joined_at <= p.placed_at
      AND (m.left_at IS NULL OR p.placed_at < m.left_at)))::text
FROM purchase p CROSS JOIN LATERAL (SELECT min(a.external_id) AS external_id FROM customer_alias a
  WHERE a.program_id = $1 AND a.customer_id = p.customer_id) a
WHERE p.program_id = $1 AND p.storefront_id = $2 AND p.origin = 'import' AND p.state = 'recorded' AND NOT p.test
  AND a.external_id IS NOT NULL AND ('x' || substr(md5(p.order_id), 1, 7))::bit(28)::int % 20 = 0
"""
_SURVEY = """
INSERT INTO survey (program_id, survey_id, state, draft, edition, version, actor, made_at, changed_at, closed_at,
  simulated)
VALUES ($1, $2, 'closed', $3, 1, 1, $4, $5, $5, $6, true)
"""
_EDITION = """
INSERT INTO survey_edition (program_id, survey_id, edition, content, actor, published_at) VALUES ($1, $2, 1, $3, $4, $5)
"""
_INVITATIONS = """
INSERT INTO survey_invitation (program_id, invitation_id, survey_id, edition, customer_id, respondent_id, occasion,
  purchase_id, channel, state, reason, member, snapshot, due_at, next_at, planned_at, sent_at, ends_at, bounced_at)
SELECT $1, invitation_id, $2, 1, customer_id, customer_id, 'simulated/' || "order", purchase_id, 'mail',
  CASE WHEN reason IS NULL THEN 'sent' ELSE 'skipped' END, reason, member, jsonb_build_object('member', member),
  due_at, due_at, due_at, CASE WHEN reason IS NULL THEN due_at END, ends_at, CASE WHEN bounced THEN due_at END
FROM jsonb_to_recordset($3::jsonb) AS t (invitation_id uuid, customer_id uuid, "order" text, purchase_id uuid,
  reason text, member boolean, due_at timestamptz, ends_at timestamptz, bounced boolean)
"""
_RESPONSES = """
INSERT INTO survey_response (program_id, invitation_id, score, first_scored_at, score_at, member, language, comment,
  commented_at, publish_at, excluded_because, excluded_by)
SELECT $1, invitation_id, score, at, at, member, 'en', comment, CASE WHEN comment IS NOT NULL THEN at END,
  CASE WHEN publish THEN at END, $3, $4
FROM jsonb_to_recordset($2::jsonb) AS t (invitation_id uuid, score int, at timestamptz, member boolean, comment text,
  publish boolean)
"""
_CASES = """
INSERT INTO survey_case (program_id, case_id, invitation_id, opened_at, due_on, outcome, closed_at, closed_by)
SELECT $1, case_id, invitation_id, opened_at, due_on, outcome, closed_at, CASE WHEN outcome IS NOT NULL THEN $3 END
FROM jsonb_to_recordset($2::jsonb) AS t (case_id uuid, invitation_id uuid, opened_at timestamptz, due_on date,
  outcome text, closed_at timestamptz)
"""


class Simulated(Struct, frozen=True):
    """How much was made up."""

    asked: int
    answers: int


_decode = msgspec.json.Decoder(Occasion).decode


async def simulate_answers(
    database: Database, program: ProgramFacts, storefront_id: int, end: date
) -> Simulated | None:
    """Make up one survey over the imported purchases of a storefront, to the end of a local day; None: it is there."""
    async with database.writer() as connection, connection.transaction():
        if await connection.fetchval(_IS_THERE, program.program_id):
            return None
        rows = await connection.fetch(_OCCASIONS, program.program_id, storefront_id)
        occasions = [_decode(row[0]) for row in rows]
        until = midnight_after(end, program.zone)
        asked = [one for one in simulate(occasions, program.zone) if one.due_at < until]
        if not asked:
            return None
        return await _write(connection, program, asked, until)


async def _write(connection: Connection, program: ProgramFacts, asked: list[Asked], until: datetime) -> Simulated:
    program_id, survey_id = program.program_id, new_id()
    trigger = {"kind": "after_purchase", "days": DAYS_AFTER}
    content = _json(Content(NAME, trigger, reminder=False, send_at=SEND_AT, case_days=CASE_DAYS))
    began = min(one.due_at for one in asked)
    await connection.execute(_SURVEY, program_id, survey_id, content, BY, began, until)
    await connection.execute(_EDITION, program_id, survey_id, content, BY, began)
    told = [(new_id(), one) for one in asked]
    invitations = [
        {
            "invitation_id": invitation_id,
            "customer_id": one.occasion.customer_id,
            "order": one.occasion.order,
            "purchase_id": one.occasion.purchase_id,
            "reason": one.reason,
            "member": one.occasion.member,
            "due_at": one.due_at,
            "ends_at": ends_at(one.due_at) if one.reason is None else None,
            "bounced": one.bounced,
        }
        for invitation_id, one in told
    ]
    await connection.execute(_INVITATIONS, program_id, survey_id, _json(invitations))
    answers, cases = list[dict[str, Any]](), list[dict[str, Any]]()
    for invitation_id, one in told:
        if one.answer is None or one.answer.at >= until:
            continue
        answer = msgspec.to_builtins(one.answer)
        answers.append({**answer, "invitation_id": invitation_id, "member": one.occasion.member})
        if class_of(one.answer.score) == "detractor":
            case = msgspec.to_builtins(followed(one.answer, one.occasion.order, program.zone, until))
            opened = {"case_id": new_id(), "invitation_id": invitation_id, "opened_at": one.answer.at}
            cases.append({**case, **opened})
    await connection.execute(_RESPONSES, program_id, _json(answers), SIMULATED, BY)
    await connection.execute(_CASES, program_id, _json(cases), BY)
    return Simulated(sum(one.reason is None for one in asked), len(answers))


def _json(told: object) -> str:
    return msgspec.json.encode(told).decode()
