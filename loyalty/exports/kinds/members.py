"""Members: when somebody joined, and perhaps left."""

from collections.abc import Sequence
from typing import ClassVar

from asyncpg import Record

from loyalty.exports.kind import CUSTOMER, IN_SEGMENT, KINDS, SURVIVORS, WITHIN, told
from loyalty.programs.facts import ProgramFacts
from loyalty.spreadsheets import Cell

_WHO = "m.customer_id"


@KINDS.register("members")
class Members:
    """One row a membership, as imports take them; of those who were erased there is none."""

    summary: ClassVar[str] = "Memberships with what is known of the person; days are those of joining."
    columns: ClassVar[tuple[str, ...]] = ("customer_id", "joined_at", "left_at", "email", "name", "language")
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "members:read"
    sql: ClassVar[str] = f"""
{SURVIVORS}
SELECT {CUSTOMER.format(_WHO)} AS customer, m.joined_at, m.left_at, c.email, c.name, c.language
FROM membership m LEFT JOIN survivor s ON s.customer_id = m.customer_id
  JOIN customer c ON c.program_id = $1 AND c.customer_id = coalesce(s.kept, m.customer_id)
WHERE m.program_id = $1 AND m.superseded_at IS NULL AND c.erased_at IS NULL AND $3::int IS NULL
  AND {WITHIN.format("m.joined_at")} AND {IN_SEGMENT.format(_WHO)}
ORDER BY m.joined_at, m.membership_id
"""  # noqa: S608 - our own parts

    @staticmethod
    def cells(row: Record, _program: ProgramFacts) -> Sequence[Cell]:
        """Write a membership."""
        return [
            row["customer"],
            told(row["joined_at"]),
            told(row["left_at"]),
            row["email"],
            row["name"],
            row["language"],
        ]
