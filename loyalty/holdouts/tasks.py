"""What the worker does: it draws the lot once a holdout has begun, slice by slice."""

import asyncio
from collections import Counter
from uuid import UUID

from loyalty.holdouts.lot import Undrawn, close_draw, draw, slice_of, undrawn
from loyalty.holdouts.rules import DRAWN_AFTER, Arm, arm_of
from loyalty.jobs.job import Desk

# Of customers looked at; hashing them takes the event loop some hundredths of a second.
_SLICE = 5000
_LOOK_SECONDS = 1.0


async def draw_lots(desk: Desk) -> None:
    """Write down the arms of the holdout that has begun. One that was stopped meanwhile is left as it is."""
    new = await _begun(desk)
    after, sizes = UUID(int=0), Counter[Arm]()
    while new is not None:
        async with desk.database.writer() as connection:
            looked_at = await slice_of(connection, desk.program_id, new.started_at, after, _SLICE)
            arms = [(who, arm_of(new.salt, who, new.holdout_bp)) for who, drawn in looked_at if drawn]
            sizes.update(arm for _, arm in arms)
            await draw(connection, desk.program_id, new.holdout_id, arms)
            if len(looked_at) < _SLICE:
                told = (sizes["offered"], sizes["held_out"])
                await close_draw(connection, desk.program_id, new.holdout_id, *told)
                return
            after = looked_at[-1][0]
            still = await undrawn(connection, desk.program_id)
            new = still if still is not None and still.holdout_id == new.holdout_id else None


async def _begun(desk: Desk) -> Undrawn | None:
    """Find what is to be drawn, once everything that was recorded by its beginning is there."""
    while True:
        async with desk.database.writer() as connection:
            found = await undrawn(connection, desk.program_id)
        if found is None or found.now >= found.started_at + DRAWN_AFTER:
            return found
        await asyncio.sleep(_LOOK_SECONDS)
