"""The verb of the post: send a letter."""

from uuid import UUID

from loyalty.database import Tx
from loyalty.ids import new_id
from loyalty.mail import queries
from loyalty.mail.facts import Letter


async def send(tx: Tx, program_id: int, letter: Letter) -> UUID:
    """Have a letter sent by the worker, within seconds. In the caller's commit: no commit, no letter."""
    mail_id = new_id()
    await queries.add(tx.connection, program_id, mail_id, letter)
    return mail_id
