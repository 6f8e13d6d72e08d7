"""The SQL of what staff see of answers and cases. Real and simulated ones are never told together."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from loyalty.database import Connection
from surveys.staff.facts import AnswerSeen, CaseSeen, CaseState, Owner

# A customer as they are by now; of the forgotten, nothing.
_PERSON = """LEFT JOIN LATERAL (
    WITH RECURSIVE up (id, n) AS (SELECT i.customer_id, 0 UNION ALL SELECT c.merged_into, n + 1 FROM up JOIN customer c
      ON c.program_id = $1 AND c.customer_id = up.id AND c.merged_into IS NOT NULL)
    SELECT c.customer_id, c.name, c.email, (SELECT min(a.external_id) FROM customer_alias a
      WHERE a.program_id = $1 AND a.customer_id = c.customer_id) AS shop_id
    FROM customer c WHERE c.program_id = $1
      AND c.customer_id = (SELECT id FROM up ORDER BY n DESC LIMIT 1)) w ON true"""
_ANSWER = """json_build_object('invitation_id', r.invitation_id, 'survey', e.content ->> 'name', 'score', r.score,
  'first_scored_at', r.first_scored_at, 'member', r.member, 'simulated', s.simulated, 'comment', r.comment,
  'publish', r.publish_at IS NOT NULL, 'rewarded', r.rewarded,
  'excluded_because', CASE WHEN NOT s.simulated THEN r.excluded_because END, 'tier', i.snapshot ->> 'tier',
  'customer_id', w.customer_id, 'name', w.name, 'email', w.email, 'shop_id', w.shop_id, 'purchase_id', i.purchase_id,
  'order_id', p.order_id, 'bought_at', p.placed_at, 'case_id', k.case_id, 'case_open', coalesce(k.is_open, false))"""
_FROM = f"""
FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
JOIN survey s ON s.program_id = $1 AND s.survey_id = i.survey_id
JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = i.survey_id AND e.edition = i.edition
LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = i.purchase_id
LEFT JOIN LATERAL (SELECT x.case_id, x.closed_at IS NULL AS is_open FROM survey_case x
  WHERE x.program_id = $1 AND x.invitation_id = r.invitation_id ORDER BY x.opened_at DESC LIMIT 1) k ON true
{_PERSON}
"""  # noqa: S608 - our own parts
_ANSWERS = f"""
SELECT {_ANSWER}::text {_FROM}
WHERE r.program_id = $1 AND r.first_scored_at >= $2 AND r.first_scored_at < $3 AND s.simulated = $4
  AND ($5::uuid IS NULL OR i.survey_id = $5) AND r.score BETWEEN $6 AND $7
  AND ($8::boolean IS NULL OR r.member = $8) AND (NOT $9::boolean OR r.comment IS NOT NULL)
  AND (NOT $10::boolean OR k.is_open) AND (NOT $11::boolean OR r.publish_at IS NOT NULL)
  AND ($12::uuid IS NULL OR (r.first_scored_at, r.invitation_id) < (SELECT o.first_scored_at, o.invitation_id
    FROM survey_response o WHERE o.program_id = $1 AND o.invitation_id = $12))
ORDER BY r.first_scored_at DESC, r.invitation_id DESC LIMIT $13
"""  # noqa: S608 - our own parts
_OF_PERSON = f"""
WITH RECURSIVE family (id) AS (SELECT $2::uuid UNION SELECT c.customer_id FROM family f JOIN customer c
  ON c.program_id = $1 AND c.merged_into = f.id)
SELECT {_ANSWER}::text {_FROM}
WHERE r.program_id = $1 AND i.customer_id IN (SELECT id FROM family) ORDER BY r.first_scored_at DESC LIMIT 500
"""  # noqa: S608 - our own parts
_CASE = f"""json_build_object('case_id', c.case_id, 'opened_at', c.opened_at, 'due_on', c.due_on, 'owner', u.email,
  'owner_id', u.user_id, 'note', c.note, 'outcome', c.outcome, 'award_id', c.award_id,
  'points', (a.facts ->> 'points')::bigint,
  'closed_at', c.closed_at, 'closed_by', coalesce(b.email, c.closed_by), 'answer', {_ANSWER})::text"""
_CASES_FROM = f"""{_FROM}
JOIN survey_case c ON c.program_id = $1 AND c.invitation_id = r.invitation_id
LEFT JOIN "user" u ON c.owner = 'user:' || u.user_id LEFT JOIN "user" b ON c.closed_by = 'user:' || b.user_id
LEFT JOIN award a ON a.program_id = $1 AND a.award_id = c.award_id
"""
# A page of them in an index's order, then what each needs: of so many tables the planner keeps the order written here,
# so their answers are named as an array, each looked up by key.
_CASES = f"""
WITH page AS MATERIALIZED (
  SELECT c.* FROM survey_case c JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = c.invitation_id
  JOIN survey s ON s.program_id = $1 AND s.survey_id = i.survey_id
  WHERE c.program_id = $1 AND s.simulated = $2 AND ($3::text IS NULL OR c.owner = $3) AND {{which}}
  ORDER BY {{order}} LIMIT $5)
SELECT {_CASE} {_CASES_FROM.replace("survey_case c", "page c")}
WHERE r.program_id = $1 AND r.invitation_id = ANY(ARRAY(SELECT invitation_id FROM page)) ORDER BY {{order}}
"""  # noqa: S608 - our own parts
_BEHIND = "(SELECT o.{0}, o.case_id FROM survey_case o WHERE o.program_id = $1 AND o.case_id = $4)"
_CASES_OF: dict[CaseState, str] = {
    "open": _CASES.format(
        which="c.closed_at IS NULL AND ($4::uuid IS NULL OR (c.due_on, c.opened_at, c.case_id) >"
        f" {_BEHIND.format('due_on, o.opened_at')})",
        order="c.due_on, c.opened_at, c.case_id",
    ),
    "closed": _CASES.format(
        which="c.closed_at IS NOT NULL AND ($4::uuid IS NULL OR (c.closed_at, c.case_id) <"
        f" {_BEHIND.format('closed_at')})",
        order="c.closed_at DESC, c.case_id DESC",
    ),
}
_ONE_CASE = f"""
SELECT {_CASE} {_CASES_FROM} WHERE c.program_id = $1 AND c.case_id = $2
  AND r.invitation_id = (SELECT invitation_id FROM survey_case WHERE program_id = $1 AND case_id = $2)
"""  # noqa: S608 - our own parts
_COUNTS = """
SELECT count(*) FILTER (WHERE c.closed_at IS NULL) AS open, count(*) FILTER (WHERE c.closed_at IS NOT NULL) AS closed,
  count(*) FILTER (WHERE c.closed_at IS NULL AND c.due_on < $3) AS overdue,
  count(*) FILTER (WHERE c.closed_at IS NULL AND c.owner = $4) AS mine
FROM survey_case c JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = c.invitation_id
JOIN survey s ON s.program_id = $1 AND s.survey_id = i.survey_id
WHERE c.program_id = $1 AND s.simulated = $2
"""
# Of the invitations only an index is read: these numbers stand on every page about surveys.
_NUMBERS = """
SELECT s.survey_id, s.simulated, coalesce(n.sent, 0) AS sent, coalesce(n.answers, 0) AS answers, n.last_at
FROM survey s LEFT JOIN (
  SELECT i.survey_id, count(*) AS sent, count(r.invitation_id) AS answers, max(i.sent_at) AS last_at
  FROM survey_invitation i LEFT JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = i.invitation_id
  WHERE i.program_id = $1 AND i.sent_at IS NOT NULL AND ($2::uuid IS NULL OR i.survey_id = $2) GROUP BY i.survey_id
) n ON n.survey_id = s.survey_id
WHERE s.program_id = $1 AND ($2::uuid IS NULL OR s.survey_id = $2)
"""
_NAMESPACE = f"""
SELECT (SELECT a.namespace FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = w.customer_id
  ORDER BY a.namespace LIMIT 1) AS namespace, s.simulated
FROM survey_case c JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = c.invitation_id
JOIN survey s ON s.program_id = $1 AND s.survey_id = i.survey_id
{_PERSON}
WHERE c.program_id = $1 AND c.case_id = $2
"""  # noqa: S608 - our own parts
_OWNERS = """
SELECT user_id, email FROM "user" WHERE role IN ('owner', 'manager') AND ended_at IS NULL ORDER BY email
"""
_VOICES = f"""
SELECT {_ANSWER}::text {_FROM}
WHERE r.program_id = $1 AND r.publish_at IS NOT NULL AND s.simulated = $2
  AND (s.simulated OR r.excluded_because IS NULL)
ORDER BY r.publish_at DESC, r.invitation_id DESC LIMIT $3
"""

_decode_answer = msgspec.json.Decoder(AnswerSeen).decode
_decode_case = msgspec.json.Decoder(CaseSeen).decode


async def answers(connection: Connection, program_id: int, *told: Any) -> list[AnswerSeen]:  # noqa: ANN401 - as bound
    """List answers: since, until, simulated, survey, lowest and highest score, member, and so on; the limit last."""
    return [_decode_answer(row[0]) for row in await connection.fetch(_ANSWERS, program_id, *told)]


async def answers_of(connection: Connection, program_id: int, customer_id: UUID) -> list[AnswerSeen]:
    """List what somebody answered, and whoever was merged into them."""
    return [_decode_answer(row[0]) for row in await connection.fetch(_OF_PERSON, program_id, customer_id)]


async def voices(connection: Connection, program_id: int, limit: int, *, simulated: bool) -> list[AnswerSeen]:
    """List what may be published now, those allowed last first."""
    return [_decode_answer(row[0]) for row in await connection.fetch(_VOICES, program_id, simulated, limit)]


async def cases(
    connection: Connection,
    program_id: int,
    state: CaseState,
    owner: str | None,
    after: UUID | None,
    limit: int,
    *,
    simulated: bool,
) -> list[CaseSeen]:
    """List cases after one of them: open ones by the day they are due, or closed ones, the last closed first."""
    rows = await connection.fetch(_CASES_OF[state], program_id, simulated, owner, after, limit)
    return [_decode_case(row[0]) for row in rows]


async def case(connection: Connection, program_id: int, case_id: UUID) -> CaseSeen | None:
    """Find a case."""
    found = await connection.fetchval(_ONE_CASE, program_id, case_id)
    return None if found is None else _decode_case(found)


async def counts(
    connection: Connection, program_id: int, today: date, owner: str | None, *, simulated: bool
) -> dict[str, int]:
    """Count cases: open, overdue, closed, and those of an owner that are open."""
    return dict(await connection.fetchrow(_COUNTS, program_id, simulated, today, owner) or {})


async def numbers(
    connection: Connection, program_id: int, survey_id: UUID | None = None
) -> dict[UUID, tuple[bool, int, int, datetime | None]]:
    """Tell of each survey whether it is simulated, how many were sent and answered, and when one was sent last."""
    rows = await connection.fetch(_NUMBERS, program_id, survey_id)
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


async def namespace_of(connection: Connection, program_id: int, case_id: UUID) -> tuple[str, bool] | None:
    """Tell under whose names the customer of a case is known, and whether the case is simulated."""
    row = await connection.fetchrow(_NAMESPACE, program_id, case_id)
    return None if row is None else (row["namespace"] or "default", row["simulated"])


async def owners(connection: Connection) -> list[Owner]:
    """Name those who may take care of a case."""
    return [Owner(row["user_id"], row["email"]) for row in await connection.fetch(_OWNERS)]
