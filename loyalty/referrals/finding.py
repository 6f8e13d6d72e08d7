"""Looking for members' codes by how they begin."""

from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection
from loyalty.referrals.codes import key_of

_CODES = """
SELECT r.code, r.customer_id, c.name, c.email FROM referral_code r
JOIN customer c ON c.program_id = $1 AND c.customer_id = r.customer_id
WHERE r.program_id = $1 AND (r.code_key = $2 OR (r.code_key >= $2 AND r.code_key < $2 || chr(1114111)
  AND starts_with(r.code_key, $2)))
ORDER BY r.code_key <> $2, r.code_key LIMIT $3
"""


class CodeFound(Struct, frozen=True):
    """A code that was found, and whose it is."""

    code: str
    customer_id: UUID
    name: str | None
    email: str | None


async def find_codes(connection: Connection, program_id: int, text: str, most: int) -> list[CodeFound]:
    """Find codes that begin so, however they are written."""
    key = key_of(text)
    return [CodeFound(**dict(row)) for row in await connection.fetch(_CODES, program_id, key, most)] if key else []
