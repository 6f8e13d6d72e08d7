"""Views that staff saved: filters of a list under a name, one's own or everybody's."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from msgspec import Struct

from loyalty.database import Database
from loyalty.errors import Invalid, NotFound
from loyalty.ids import new_id

MOST = 30
LONGEST_NAME = 60
_LIST = """
SELECT v.view_id, v.user_id, v.page, v.name, v.said, v.shared, u.email AS owner
FROM saved_view v JOIN "user" u USING (user_id)
WHERE v.program_id = $1 AND v.page = $2 AND (v.user_id = $3 OR v.shared) ORDER BY lower(v.name), v.view_id
"""
_SAVE = """
INSERT INTO saved_view (program_id, view_id, user_id, page, name, said, shared)
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE (SELECT count(*) FROM saved_view WHERE program_id = $1 AND user_id = $3 AND page = $4) < $8 RETURNING true
"""
# One's own, or with `leads` what is everybody's.
_MINE = "program_id = $1 AND view_id = $2 AND (user_id = $3 OR ($4 AND shared))"
_RENAME = f"UPDATE saved_view SET name = $5 WHERE {_MINE} RETURNING page, said"  # noqa: S608 - a constant
_DELETE = f"DELETE FROM saved_view WHERE {_MINE} RETURNING page, said"  # noqa: S608 - a constant


class SavedViewFacts(Struct, frozen=True):
    """A view. `said`: what the address of the list says, without its question mark."""

    view_id: UUID
    user_id: UUID
    page: str
    name: str
    said: str
    shared: bool
    owner: str


class NewView(Struct, frozen=True):
    """A view to be saved."""

    page: str
    name: str
    said: str
    shared: bool


@dataclass(frozen=True, slots=True)
class StaffViews:
    """The verbs, over this process's pools. What is not there, or somebody else's, is `NotFound`."""

    database: Callable[[], Database]

    async def listed(self, program_id: int, page: str, user_id: UUID) -> list[SavedViewFacts]:
        """List somebody's views of a page, and everybody's, by name."""
        async with self.database().reader() as connection:
            return [SavedViewFacts(**dict(row)) for row in await connection.fetch(_LIST, program_id, page, user_id)]

    async def save(self, program_id: int, user_id: UUID, new: NewView) -> None:
        """Save one; `Invalid` where somebody has enough of a page."""
        async with self.database().writer() as connection:
            told = (program_id, new_id(), user_id, new.page, new.name, new.said, new.shared, MOST)
            if not await connection.fetchval(_SAVE, *told):
                msg = f"{MOST} views of a page are enough; delete one."
                raise Invalid(msg)

    async def rename(self, program_id: int, user_id: UUID, view_id: UUID, name: str, *, leads: bool) -> tuple[str, str]:
        """Call one otherwise; gives its page and what it says."""
        return await self._changed(_RENAME, program_id, view_id, user_id, leads, name)

    async def delete(self, program_id: int, user_id: UUID, view_id: UUID, *, leads: bool) -> tuple[str, str]:
        """Delete one; gives its page and what it said."""
        return await self._changed(_DELETE, program_id, view_id, user_id, leads)

    async def _changed(self, sql: str, *told: object) -> tuple[str, str]:
        async with self.database().writer() as connection:
            row = await connection.fetchrow(sql, *told)
        if row is None:
            msg = "There is no such view of yours."
            raise NotFound(msg)
        return row["page"], row["said"]
