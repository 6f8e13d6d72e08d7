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
  AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
"""  # noqa: S608 - column names
# To ten minutes: a call should not cost a write.
_USED = """
UPDATE api_key SET last_used_at = clock_timestamp() WHERE program_id = $1 AND key_id = $2
  AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '10 minutes')
"""
_STOREFRONT = "SELECT storefront_id, namespace FROM storefront WHERE program_id = $1 AND name = $2"
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
    """Find who a key belongs to; None when it is unknown, expired or revoked."""
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


async def note_use(connection: Connection, caller: Caller) -> None:
    """Note that a key was used."""
    await connection.execute(_USED, caller.program.program_id, caller.key_id)


async def program_of(connection: Connection, program_id: int) -> ProgramFacts:
    """Give the facts of a programme that is there, as a job's is."""
    row = await connection.fetchrow(_BY_NUMBER, program_id)
    if row is None:
        msg = f"There is no programme {program_id}."
        raise NotFound(msg)
    return _program(row)


async def find_storefront(connection: Connection, program_id: int, name: str) -> tuple[int, str]:
    """Find a programme's storefront by its name; gives its number and namespace."""
    row = await connection.fetchrow(_STOREFRONT, program_id, name)
    if row is None:
        msg = f"There is no storefront {name!r}."
        raise NotFound(msg)
    return row["storefront_id"], row["namespace"]


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
