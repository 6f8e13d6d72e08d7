"""The verbs of the points themselves: bring accounts up to now, whether or not anybody writes about them."""

from datetime import timedelta
from uuid import UUID

from loyalty.database import Connection, Tx
from loyalty.points.facts import RecordedAward
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source

_DUE = """
SELECT customer_id FROM account a JOIN program g USING (program_id)
WHERE a.program_id = $1 AND a.next_due_at <= clock_timestamp() + g.clock_offset + $2::interval AND a.customer_id > $3
ORDER BY a.customer_id LIMIT $4
"""


async def accounts_due(
    connection: Connection, program_id: int, ahead: timedelta, after: UUID, limit: int
) -> list[UUID]:
    """Name accounts in which something falls due by `ahead` of now, in the order of their ids, after one of them."""
    return [row[0] for row in await connection.fetch(_DUE, program_id, ahead, after, limit)]


async def settle_accounts(tx: Tx, source: Source, customer_ids: list[UUID]) -> list[RecordedAward | None]:
    """Post what fell due in accounts, though nobody wrote about them; one award each, None where nothing did."""
    if not customer_ids:
        return []
    book = await open_book(tx, source, ids=customer_ids)
    settled: list[RecordedAward | None] = []
    for customer_id in customer_ids:
        account = book.accounts[customer_id]
        settled.append(account.settling)
        # Where points slide, what was to fall due may have moved on: then the account learns the new date.
        book.touch(account)
    await append(tx, appended(book))
    return settled
