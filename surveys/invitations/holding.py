"""Taking hold of a batch before it is decided: nothing that the decisions rest on changes until their commit.

Locks are statements of their own, and what is decided by is read after them. In the order in which an erasure takes
them: the persons, their invitations, their clocks.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection, MissedGuard
from surveys.invitations import clocks
from surveys.invitations import queries as invitations
from surveys.invitations.deciding import Asked
from surveys.invitations.people import hold_persons, now_of, persons


class Held(Struct, frozen=True):
    """What is decided on, the longest due first, and the time."""

    batch: list[Asked]
    now: datetime


async def hold(
    connection: Connection, program_id: int, ids: Sequence[UUID], *, reminders: bool = False, wait: bool = False
) -> Held:
    """Take hold of those invitations that are still to be sent, or (`reminders`) reminded of. Needs a transaction.

    What others hold just now is left to the next look, or (`wait`) waited for: a worker that waits for an import, which
    waits for a batch, could wait for ever.
    """
    held = await hold_persons(connection, program_id, ids, wait=wait)
    open_ones = await invitations.hold_open(connection, program_id, ids, reminders=reminders, wait=wait)
    if len(open_ones) < len(ids):
        # No clock of those whom another worker holds: it would be waited for.
        held = await hold_persons(connection, program_id, open_ones, wait=wait)
    await clocks.hold_clocks(connection, program_id, sorted(one for one, erased in held.items() if not erased))
    # After the locks: who waited for them is not to decide by what was before.
    now = await now_of(connection, program_id)
    found = await invitations.to_decide(connection, program_id, open_ones)
    known = await persons(connection, program_id, sorted(set(map(_asked, found))), now)
    batch = [(one, known[_asked(one)]) for one in found if known[_asked(one)].customer_id in held]
    if wait and len(batch) < len(found):
        # They were merged in the same moment: into somebody whom we do not hold.
        raise MissedGuard
    return Held(sorted(batch, key=_since), now)


def _asked(found: invitations.Invitation) -> UUID:
    if found.customer_id is None:  # pragma: no cover - an erasure skips what was planned, and what it reminds of
        raise AssertionError
    return found.customer_id


def _since(asked: Asked) -> tuple[datetime, UUID]:
    found, _ = asked
    return found.due_at, found.invitation_id
