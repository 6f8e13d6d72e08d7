"""Reading and publishing the versions of a programme's earning rules."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.earning.rules import NOTHING, Needs, RulesVersion, StoredRules

if TYPE_CHECKING:
    from loyalty.database import Connection

VERSIONS = """
SELECT jsonb_agg(jsonb_build_object('version', version, 'in_force_from', in_force_from, 'rules', rules)
  ORDER BY version)
FROM earning_rules WHERE program_id = $1
"""
_decode = msgspec.json.Decoder(list[StoredRules]).decode
# The clock of the programme: test programmes have their own.
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_PUBLISHED = """
SELECT coalesce(json_agg(json_build_object('version', v.version, 'name', v.name, 'in_force_from', v.in_force_from,
  'published_at', v.published_at, 'published_by', v.published_by, 'rules', v.rules, 'state',
  CASE WHEN EXISTS (SELECT FROM earning_rules o WHERE o.program_id = $1 AND o.version > v.version
      AND o.in_force_from <= v.in_force_from) THEN 'withdrawn'
    WHEN v.in_force_from > g.now THEN 'scheduled' WHEN v.version = g.current THEN 'in_force' ELSE 'retired' END)
  ORDER BY v.version DESC), '[]')::text
FROM earning_rules v, LATERAL (
  SELECT n.now, (SELECT max(version) FROM earning_rules WHERE program_id = $1
    AND (in_force_from IS NULL OR in_force_from <= n.now)) AS current
  FROM (SELECT clock_timestamp() + clock_offset AS now FROM program WHERE program_id = $1) n) g
WHERE v.program_id = $1
"""
_DRAFTS = """
SELECT coalesce(json_agg(d ORDER BY d.updated_at DESC, d.draft_id), '[]')::text FROM earning_draft d
WHERE d.program_id = $1 AND ($2::uuid IS NULL OR d.draft_id = $2)
"""
_LOCK_DRAFTS = "SELECT draft_id FROM earning_draft WHERE program_id = $1 ORDER BY draft_id FOR UPDATE"
_ADD_DRAFT = """
INSERT INTO earning_draft (program_id, draft_id, name, rules, in_force_from, based_on, version, updated_at, updated_by)
SELECT $1, $2, $3, $4::jsonb, $5, $6, 1, clock_timestamp() + clock_offset, $7 FROM program WHERE program_id = $1
"""
_CHANGE_DRAFT = """
UPDATE earning_draft d SET name = $3, rules = $4::jsonb, in_force_from = $5, based_on = $6, version = version + 1,
  updated_at = clock_timestamp() + p.clock_offset, updated_by = $7
FROM program p WHERE p.program_id = $1 AND d.program_id = $1 AND d.draft_id = $2 AND d.version = $8
"""
_DELETE_DRAFT = "DELETE FROM earning_draft WHERE program_id = $1 AND draft_id = $2"
_ADD_VERSION = """
INSERT INTO earning_rules (program_id, version, in_force_from, rules, published_at, name, published_by)
SELECT $1, max(version) + 1, $2, $3::jsonb, $4, $5, $6 FROM earning_rules WHERE program_id = $1 RETURNING version
"""
_decode_published = msgspec.json.Decoder(list[VersionFacts]).decode
_decode_drafts = msgspec.json.Decoder(list[DraftFacts]).decode
_json = msgspec.json.encode


class RulesCache:
    """The rules of each programme, as of the newest version seen. Published versions never change, so it cannot lie."""

    def __init__(self) -> None:
        """Start empty."""
        self._known: dict[int, list[RulesVersion]] = {}
        self._needs: dict[int, Needs] = {}

    async def versions(self, connection: "Connection", program_id: int, newest: int) -> list[RulesVersion]:
        """Give every version up to at least `newest`, loading them if that one is not known yet."""
        known = self._known.get(program_id, [])
        if not known or known[-1].version < newest:
            stored = await connection.fetchval(VERSIONS, program_id)
            known = self._known[program_id] = [RulesVersion(version) for version in _decode(stored)]
            self._needs[program_id] = reduce(or_, (version.needs for version in known), NOTHING)
        return known

    def needs(self, program_id: int) -> Needs:
        """Tell what the known versions must know of customers."""
        return self._needs.get(program_id, NOTHING)


async def now(connection: "Connection", program_id: int) -> datetime:
    """Tell the programme's time."""
    found: datetime = await connection.fetchval(_NOW, program_id)
    return found


async def published(connection: "Connection", program_id: int) -> list[VersionFacts]:
    """Give every version, newest first."""
    return _decode_published(await connection.fetchval(_PUBLISHED, program_id))


async def drafts(connection: "Connection", program_id: int, draft_id: UUID | None = None) -> list[DraftFacts]:
    """Give the drafts, the latest edited first; or one."""
    return _decode_drafts(await connection.fetchval(_DRAFTS, program_id, draft_id))


async def lock_drafts(connection: "Connection", program_id: int) -> None:
    """Let nobody else publish or edit until the transaction ends."""
    await connection.execute(_LOCK_DRAFTS, program_id)


async def add_draft(
    connection: "Connection", program_id: int, draft_id: UUID, told: DraftTold, updated_by: str
) -> None:
    """Insert a draft."""
    said = (told.name, _json(told.rules).decode(), told.in_force_from, told.based_on)
    await connection.execute(_ADD_DRAFT, program_id, draft_id, *said, updated_by)


async def change_draft(
    connection: "Connection", program_id: int, draft_id: UUID, told: DraftTold, updated_by: str, version: int
) -> bool:
    """Change a draft that is still as it was seen; tells whether it was."""
    said = (told.name, _json(told.rules).decode(), told.in_force_from, told.based_on)
    done = await connection.execute(_CHANGE_DRAFT, program_id, draft_id, *said, updated_by, version)
    return done == "UPDATE 1"


async def delete_draft(connection: "Connection", program_id: int, draft_id: UUID) -> bool:
    """Delete a draft; tells whether there was one."""
    return await connection.execute(_DELETE_DRAFT, program_id, draft_id) == "DELETE 1"


async def add_version(
    connection: "Connection", program_id: int, draft: DraftFacts, begins: datetime, at: datetime, by: str
) -> int:
    """Insert the next version; gives its number."""
    rules = _json(draft.rules).decode()
    version: int = await connection.fetchval(_ADD_VERSION, program_id, begins, rules, at, draft.name, by)
    return version
