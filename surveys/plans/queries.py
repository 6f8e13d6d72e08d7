"""The SQL of policies, surveys and editions; that of whom they ask, and of answers, is in the files of these names."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection
from surveys.plans.content import Content
from surveys.plans.policy import NEVER_PUBLISHED, Policy, StoredPolicy

_NOW = "(SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)"
_POLICY = """
SELECT json_build_object('version', version, 'policy', policy, 'salt', salt)::text FROM survey_policy
WHERE program_id = $1 ORDER BY version DESC LIMIT 1
"""
_ADD_POLICY = f"""
INSERT INTO survey_policy (program_id, version, policy, salt, actor, published_at)
VALUES ($1, $2, $3, $4, $5, {_NOW})
"""  # noqa: S608 - our own parts
_SURVEY = """json_build_object('survey_id', s.survey_id, 'state', s.state, 'edition', s.edition, 'version', s.version,
  'draft', s.draft, 'made_at', s.made_at, 'changed_at', s.changed_at, 'closed_at', s.closed_at)"""
_FIND = f"SELECT {_SURVEY}::text FROM survey s WHERE program_id = $1 AND survey_id = $2"  # noqa: S608 - our own parts
# Simulated ones stay as they are.
_FIND_TO_CHANGE = f"{_FIND} AND NOT simulated FOR UPDATE"
_LIST = f"""
SELECT coalesce(json_agg({_SURVEY} ORDER BY s.made_at, s.survey_id), '[]')::text FROM survey s WHERE program_id = $1
"""  # noqa: S608 - our own parts
_ADD = f"""
INSERT INTO survey (program_id, survey_id, state, draft, edition, version, actor, made_at, changed_at)
VALUES ($1, $2, 'draft', $3, 0, 1, $4, {_NOW}, {_NOW})
"""  # noqa: S608 - our own parts
_CHANGE = f"""
UPDATE survey SET state = $3, draft = $4, edition = $5, version = version + 1, changed_at = {_NOW},
  closed_at = CASE WHEN $3 = 'closed' THEN coalesce(closed_at, {_NOW}) END
WHERE program_id = $1 AND survey_id = $2
"""  # noqa: S608 - our own parts
_ADD_EDITION = f"""
INSERT INTO survey_edition (program_id, survey_id, edition, content, actor, published_at)
VALUES ($1, $2, $3, $4, $5, {_NOW})
"""  # noqa: S608 - our own parts
_OPEN = """
SELECT json_build_object('survey_id', e.survey_id, 'edition', e.edition, 'content', e.content)::text
FROM survey s JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = s.survey_id AND e.edition = s.edition
WHERE s.program_id = $1 AND s.state = 'open' ORDER BY s.made_at, s.survey_id
"""


class SurveyFacts(Struct, frozen=True):
    """A survey as it stands. `edition`: the newest that was published; 0: none. `version` rises with every change."""

    survey_id: UUID
    state: str
    edition: int
    version: int
    draft: Content
    made_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None


class Edition(Struct, frozen=True):
    """A published edition of a survey that is open."""

    survey_id: UUID
    edition: int
    content: Content


_decode_policy = msgspec.json.Decoder(StoredPolicy).decode
_decode_survey = msgspec.json.Decoder(SurveyFacts).decode
_decode_surveys = msgspec.json.Decoder(list[SurveyFacts]).decode
_decode_edition = msgspec.json.Decoder(Edition).decode


def _json(told: object) -> str:
    return msgspec.json.encode(told).decode()


async def policy_of(connection: Connection, program_id: int) -> StoredPolicy:
    """Give the policy in force."""
    found = await connection.fetchval(_POLICY, program_id)
    return NEVER_PUBLISHED if found is None else _decode_policy(found)


async def add_policy(connection: Connection, program_id: int, stored: StoredPolicy, actor: str) -> None:
    """Insert a version; a unique violation means that somebody else was faster."""
    told: Policy = stored.policy
    await connection.execute(_ADD_POLICY, program_id, stored.version, _json(told), stored.salt, actor)


async def find_survey(
    connection: Connection, program_id: int, survey_id: UUID, *, to_change: bool = False
) -> SurveyFacts | None:
    """Find a survey; `to_change` keeps others from changing it until the transaction ends."""
    found = await connection.fetchval(_FIND_TO_CHANGE if to_change else _FIND, program_id, survey_id)
    return None if found is None else _decode_survey(found)


async def list_surveys(connection: Connection, program_id: int) -> list[SurveyFacts]:
    """List surveys, oldest first."""
    return _decode_surveys(await connection.fetchval(_LIST, program_id))


async def add_survey(connection: Connection, program_id: int, survey_id: UUID, draft: Content, actor: str) -> None:
    """Insert a draft."""
    await connection.execute(_ADD, program_id, survey_id, _json(draft), actor)


async def change_survey(
    connection: Connection, program_id: int, survey_id: UUID, state: str, draft: Content, edition: int
) -> None:
    """Change a survey that was found `to_change`."""
    await connection.execute(_CHANGE, program_id, survey_id, state, _json(draft), edition)


async def add_edition(
    connection: Connection, program_id: int, survey_id: UUID, edition: int, content: Content, actor: str
) -> None:
    """Insert an edition."""
    await connection.execute(_ADD_EDITION, program_id, survey_id, edition, _json(content), actor)


async def open_editions(connection: Connection, program_id: int) -> list[Edition]:
    """Give the newest edition of each survey that is open."""
    return [_decode_edition(row[0]) for row in await connection.fetch(_OPEN, program_id)]
