"""What fell due and nobody has posted yet: the entries that settling would write now. Only reads."""

from datetime import datetime

from loyalty.database import Connection, Tx
from loyalty.points.facts import NewEntry
from loyalty.points.reading import open_book
from loyalty.programs.facts import ProgramFacts, Source

# What was to fall due may have moved on; then opening the account finds nothing.
_DUE = "SELECT customer_id FROM account WHERE program_id = $1 AND next_due_at <= $2"
_AT_ONCE = 500


async def unposted(connection: Connection, program: ProgramFacts, until: datetime) -> list[NewEntry]:
    """Settle the accounts virtually: give the entries effective by `until`, each at its own instant.

    Every write settles the account first, so what was due by an instant of the past and not posted by then is either
    here, or was posted since under an award `settled`. In a transaction of one snapshot, this is of the same moment as
    all else that is read in it. The worker posts within a minute, so there is little of it, unless none runs.
    """
    reader = Source(program, None, "", "", "")
    due = [row[0] for row in await connection.fetch(_DUE, program.program_id, until)]
    found: list[NewEntry] = []
    for first in range(0, len(due), _AT_ONCE):
        book = await open_book(Tx(connection), reader, ids=due[first : first + _AT_ONCE])
        found += [entry for account in book.accounts.values() for entry in account.entries]
    return [entry for entry in found if entry.effective_at <= until]
