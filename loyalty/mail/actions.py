"""The verb of the post: send letters."""

from collections.abc import Sequence
from uuid import UUID

from loyalty.database import Tx
from loyalty.ids import new_id
from loyalty.mail import queries
from loyalty.mail.facts import Letter


async def send(tx: Tx, program_id: int, letter: Letter) -> UUID:
    """Have a letter sent by the worker, within seconds. In the caller's commit: no commit, no letter."""
    [mail_id] = await send_all(tx, program_id, [letter])
    return mail_id


async def send_all(tx: Tx, program_id: int, letters: Sequence[Letter]) -> list[UUID]:
    """Have many letters sent, in one statement."""
    queued = {new_id(): letter for letter in letters}
    if queued:
        await queries.add(tx.connection, program_id, queued)
    return list(queued)
