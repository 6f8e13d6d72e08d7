"""The SQL of links and what was answered by them."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection
from loyalty.ids import new_id
from loyalty.statements import Part
from surveys.invitations.people import PERSONS
from surveys.plans.content import Content

# Whether whoever the customer has become, or anybody who has become that person, unsubscribed.
_BY_LINK = f"""
SELECT json_build_object('invitation_id', i.invitation_id, 'customer_id', i.customer_id, 'sent_at', i.sent_at,
  'ends_at', i.ends_at, 'content', e.content, 'language', c.language, 'asked_as_member', i.member,
  'bought_at', (SELECT p.placed_at FROM purchase p WHERE p.program_id = $1 AND p.purchase_id = i.purchase_id),
  'unsubscribed', EXISTS (WITH RECURSIVE asked AS (SELECT i.customer_id), {PERSONS}
    SELECT FROM family f CROSS JOIN unnest(f.ids) AS m (id) JOIN survey_suppression x
      ON x.program_id = $1 AND x.customer_id = m.id AND x.why = 'unsubscribed'),
  'answer', (SELECT json_build_object('score', r.score, 'first_scored_at', r.first_scored_at, 'comment', r.comment,
      'publish', r.publish_at IS NOT NULL)
    FROM survey_response r WHERE r.program_id = $1 AND r.invitation_id = i.invitation_id))::text
FROM survey_invitation i JOIN customer c ON c.program_id = $1 AND c.customer_id = i.customer_id
JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = i.survey_id AND e.edition = i.edition
WHERE i.program_id = $1 AND i.token_sha256 = $2
"""  # noqa: S608 - our own parts
_BY_LINK_TO_ANSWER = f"{_BY_LINK} FOR UPDATE OF i"
_SCORE = """
INSERT INTO survey_response (program_id, invitation_id, score, first_scored_at, score_at, member, language, rewarded)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
"""
_RESCORE = "UPDATE survey_response SET score = $3, score_at = $4 WHERE program_id = $1 AND invitation_id = $2"
_COMMENT = """
UPDATE survey_response SET comment = $3, commented_at = CASE WHEN $3::text IS NULL THEN NULL ELSE $4::timestamptz END,
  publish_at = CASE WHEN $5 THEN coalesce(publish_at, $4::timestamptz) END
WHERE program_id = $1 AND invitation_id = $2
"""
_REWARDED = """
UPDATE survey_response SET award_id = {0}
WHERE program_id = $1 AND invitation_id = {1} AND rewarded AND award_id IS NULL RETURNING 1
"""
_CHANGE = """
INSERT INTO survey_change (program_id, change_id, invitation_id, kind, score, actor, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_OPEN_CASE = """
INSERT INTO survey_case (program_id, case_id, invitation_id, opened_at, due_on) VALUES ($1, $2, $3, $4, $5)
"""
_CLOSE_CASE = """
UPDATE survey_case SET outcome = $3, closed_at = $4, closed_by = $5
WHERE program_id = $1 AND invitation_id = $2 AND closed_at IS NULL
"""
_NO_REMINDER = "UPDATE survey_invitation SET remind_at = NULL WHERE program_id = $1 AND invitation_id = $2"


class Given(Struct, frozen=True):
    """An answer as it stands."""

    score: int
    first_scored_at: datetime
    comment: str | None = None
    publish: bool = False


class Opened(Struct, frozen=True):
    """What a link leads to. It has a customer: the links of the forgotten lead nowhere."""

    invitation_id: UUID
    customer_id: UUID
    sent_at: datetime
    ends_at: datetime
    content: Content
    unsubscribed: bool
    asked_as_member: bool
    language: str | None = None
    bought_at: datetime | None = None
    answer: Given | None = None

    @property
    def promised_points(self) -> int | None:
        """What an answer was promised, whatever it says; only members can spend points."""
        return self.content.reward_points if self.asked_as_member else None

    @property
    def first_scored_at(self) -> datetime | None:
        """When it was answered first."""
        return self.answer.first_scored_at if self.answer else None


_decode = msgspec.json.Decoder(Opened).decode


async def by_link(connection: Connection, program_id: int, sha256: bytes, *, to_answer: bool = False) -> Opened | None:
    """Find what a link leads to; `to_answer` keeps others from answering until the transaction ends."""
    found = await connection.fetchval(_BY_LINK, program_id, sha256)
    if found is not None and to_answer:
        # Read again under the lock, and as a statement of its own: what others wrote meanwhile is in it.
        await connection.fetchval(_BY_LINK_TO_ANSWER, program_id, sha256)
        found = await connection.fetchval(_BY_LINK, program_id, sha256)
    return None if found is None else _decode(found)


async def add_score(
    connection: Connection, program_id: int, invitation_id: UUID, score: int, at: datetime, of: tuple[bool, str, bool]
) -> None:
    """Add the response; `of`: member or not, the language of the page, and whether points were promised."""
    await connection.execute(_SCORE, program_id, invitation_id, score, at, *of)


def rewarded(award_id: UUID, invitation_id: UUID) -> Part:
    """Link what was given for a response: once."""
    return Part("survey_rewarded", _REWARDED, [award_id, invitation_id], guards=1)


async def change_score(connection: Connection, program_id: int, invitation_id: UUID, score: int, at: datetime) -> None:
    """Change the score."""
    await connection.execute(_RESCORE, program_id, invitation_id, score, at)


async def change_comment(
    connection: Connection, program_id: int, invitation_id: UUID, comment: str | None, at: datetime, *, publish: bool
) -> None:
    """Change the comment, and whether it may be published."""
    await connection.execute(_COMMENT, program_id, invitation_id, comment, at, publish)


async def note_change(
    connection: Connection,
    program_id: int,
    invitation_id: UUID,
    kind: str,
    at: datetime,
    score: int | None = None,
    actor: str = "customer",
) -> None:
    """Note a change of an answer for ever."""
    await connection.execute(_CHANGE, program_id, new_id(), invitation_id, kind, score, actor, at)


async def open_case(connection: Connection, program_id: int, invitation_id: UUID, at: datetime, due_on: date) -> UUID:
    """Open a case."""
    case_id = new_id()
    await connection.execute(_OPEN_CASE, program_id, case_id, invitation_id, at, due_on)
    return case_id


async def close_case(
    connection: Connection, program_id: int, invitation_id: UUID, outcome: str, at: datetime, actor: str
) -> None:
    """Close the case that is open, if one is."""
    await connection.execute(_CLOSE_CASE, program_id, invitation_id, outcome, at, actor)


async def no_reminder(connection: Connection, program_id: int, invitation_id: UUID) -> None:
    """Have no reminder sent."""
    await connection.execute(_NO_REMINDER, program_id, invitation_id)
