"""Programmes as the doors look them up: by key, by number, all of them."""

from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct

from loyalty.auth.rules import digest, program_of_key
from loyalty.database import Connection
from loyalty.errors import Forbidden, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import policies_from

_PROGRAM = """p.program_id, p.name, p.mode, p.currency, p.timezone, p.clock_offset, p.default_period,
  p.data_origin::text, p.policies::text, p.created_at"""
_BY_KEY = f"""
SELECT k.key_id, k.scopes, s.storefront_id, s.name AS storefront, s.namespace, {_PROGRAM}
FROM api_key k JOIN storefront s USING (program_id, storefront_id) JOIN program p USING (program_id)
WHERE k.program_id = $1 AND k.sha256 = $2 AND k.revoked_at IS NULL
"""  # noqa: S608 - column names
_BY_NUMBER = f"SELECT {_PROGRAM} FROM program p WHERE p.program_id = $1"  # noqa: S608 - column names
_ALL = f"SELECT {_PROGRAM} FROM program p ORDER BY p.program_id"  # noqa: S608 - column names


class Caller(Struct, frozen=True):
    """A storefront that calls: programme and storefront come from its key alone."""

    program: ProgramFacts
    storefront_id: int
    storefront: str
    namespace: str
    key_id: UUID
    scopes: frozenset[str]

    def require(self, *scopes: str) -> None:
        """Refuse unless the key has all of these scopes; `*` has every one."""
        lacking = [scope for scope in scopes if not self.scopes & {scope, "*"}]
        if lacking:
            msg = f"This key lacks the scope {' and '.join(lacking)}."
            raise Forbidden(msg)


async def caller_of(connection: Connection, key: str) -> Caller | None:
    """Find who a key belongs to; None when it is unknown or revoked."""
    program_id = program_of_key(key)
    if program_id is None:
        return None
    row = await connection.fetchrow(_BY_KEY, program_id, digest(key))
    if row is None:
        return None
    return Caller(
        _program(row),
        row["storefront_id"],
        row["storefront"],
        row["namespace"],
        row["key_id"],
        frozenset(row["scopes"]),
    )


async def program_of(connection: Connection, program_id: int) -> ProgramFacts:
    """Give the facts of a programme that is there, as a job's is."""
    row = await connection.fetchrow(_BY_NUMBER, program_id)
    if row is None:
        msg = f"There is no programme {program_id}."
        raise NotFound(msg)
    return _program(row)


async def all_programs(connection: Connection) -> list[ProgramFacts]:
    """List every programme of the installation."""
    return [_program(row) for row in await connection.fetch(_ALL)]


def _program(row: Record) -> ProgramFacts:
    origin = row["data_origin"]
    return ProgramFacts(
        program_id=row["program_id"],
        name=row["name"],
        mode=row["mode"],
        currency=row["currency"],
        timezone=row["timezone"],
        clock_offset=row["clock_offset"],
        default_period=row["default_period"],
        data_origin=msgspec.json.decode(origin) if origin else None,
        policies=policies_from(msgspec.json.decode(row["policies"])),
        created_at=row["created_at"],
    )
