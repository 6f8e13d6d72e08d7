"""What staff did: written before it is done, so that nothing is done without; what came of it is added."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct, json

from loyalty.database import Database
from loyalty.ids import new_id

PAGE = 100
_MOST = 100_000

_WRITE = """
INSERT INTO staff_action (action_id, user_id, program_id, name, address, details, request_id)
SELECT $1, $2, (SELECT program_id FROM program WHERE program_id = $3), $4, $5, $6::jsonb, $7
"""
_CAME = "UPDATE staff_action SET status = $2 WHERE action_id = $1"
_READ = """
SELECT a.action_id, a.at, u.email, a.name, a.address, a.details::text AS details, a.status, a.request_id
FROM staff_action a JOIN "user" u USING (user_id)
WHERE (a.program_id = $1 OR a.program_id IS NULL) AND ($2::text IS NULL OR u.email = $2)
  AND ($3::text[] IS NULL OR a.name = ANY($3)) AND ($4::timestamptz IS NULL OR a.at >= $4)
  AND ($5::timestamptz IS NULL OR a.at < $5)
  AND ($6::uuid IS NULL OR (a.at, a.action_id) < (SELECT at, action_id FROM staff_action WHERE action_id = $6))
ORDER BY a.at DESC, a.action_id DESC LIMIT $7
"""
_WHO = """SELECT email FROM "user" ORDER BY email"""


class NewAction(Struct, frozen=True):
    """What somebody sets out to do. `name`: of the form, for ever. `program_id` None: to the whole installation."""

    user_id: UUID
    program_id: int | None
    name: str
    address: str
    details: Mapping[str, str]
    request_id: str


class ActionFacts(Struct, frozen=True):
    """What somebody did. `status` as HTTP tells it; None: the service ended before it was done."""

    action_id: UUID
    at: datetime
    email: str
    name: str
    address: str
    details: dict[str, str]
    status: int | None
    request_id: str


class Asked(Struct, frozen=True):
    """Which actions are looked for, newest first, from `after` on. None: whatever it is."""

    email: str | None = None
    names: list[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None


class Journal(Struct, frozen=True):
    """A page of actions, and everybody that there ever was."""

    actions: list[ActionFacts]
    more: bool
    people: list[str]


@dataclass(frozen=True, slots=True)
class StaffJournal:
    """The verbs behind the page of what staff did."""

    database: Callable[[], Database]

    async def write(self, new: NewAction) -> UUID:
        """Write down what somebody sets out to do."""
        action_id = new_id()
        told = json.encode(dict(new.details)).decode()
        async with self.database().writer() as connection:
            await connection.execute(
                _WRITE, action_id, new.user_id, new.program_id, new.name, new.address, told, new.request_id
            )
        return action_id

    async def came(self, action_id: UUID, status: int) -> None:
        """Add what came of it."""
        async with self.database().writer() as connection:
            await connection.execute(_CAME, action_id, status)

    async def read(self, program_id: int, asked: Asked, *, whole: bool = False) -> Journal:
        """Read a page of what was done to a programme, and to the installation; or all of it."""
        most = _MOST if whole else PAGE
        async with self.database().reader() as connection:
            rows = await connection.fetch(
                _READ, program_id, asked.email, asked.names, asked.since, asked.until, asked.after, most + 1
            )
            people = [row["email"] for row in await connection.fetch(_WHO)]
        actions = [ActionFacts(**{**dict(row), "details": json.decode(row["details"])}) for row in rows[:most]]
        return Journal(actions, len(rows) > most, people)
