"""A big batch in lanes: parts of it written side by side, so that PostgreSQL writes one while another is decided."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar, cast

from loyalty.database import Database, Tx, write
from loyalty.errors import LoyaltyError, Unavailable

I = TypeVar("I")  # noqa: E741 - items in, results out
R = TypeVar("R")

# More hardly overlap better, and each lane has a read and a commit of its own.
_LANES = 4
_FEWEST_ITEMS = 50


async def write_apart(
    database: Database,
    verb: Callable[[Tx, Sequence[I]], Awaitable[list[R]]],
    items: Sequence[I],
    *,
    key: Callable[[I], Hashable],
) -> list[R]:
    """Commit a money verb over a batch as `write` does, in lanes that are each a commit of their own; one result each.

    Items of one key are in one lane, in their order. Keys that nevertheless meet in the database (two ids of one
    person) miss a guard, and one lane is read again under locks. All lanes end before this does. When one fails, so
    does the batch: what the others wrote is a replay when it is sent again, as when a batch is split in halves.
    """
    # A lane never waits holding a connection, and no batch takes more than half of those that are free.
    count = min(_LANES, len(items) // _FEWEST_ITEMS, database.money.get_idle_size() // 2)
    lanes = deal([key(item) for item in items], count) if count > 1 else []
    if len(lanes) < 2:  # noqa: PLR2004 - it takes two
        return await write(database, verb, items)
    # Each is shielded by `write`: whoever hangs up cancels none.
    written = [write(database, verb, [items[place] for place in lane]) for lane in lanes]
    ended = await asyncio.gather(*written, return_exceptions=True)
    failures = [end for end in ended if isinstance(end, BaseException)]
    if failures:
        raise _told(failures, len(lanes))
    results: dict[int, R] = {}
    for lane, end in zip(lanes, ended, strict=True):
        results |= zip(lane, cast("list[R]", end), strict=True)
    return [results[place] for place in range(len(items))]


def deal(keys: Sequence[Hashable], count: int) -> list[list[int]]:
    """Deal the places of items to at most `count` lanes, those of one key to one lane; empty lanes are left out."""
    lanes: list[list[int]] = [[] for _ in range(count)]
    lane_of: dict[Hashable, list[int]] = {}
    for place, key in enumerate(keys):
        if key not in lane_of:
            lane_of[key] = min(lanes, key=len)
        lane_of[key].append(place)
    return [lane for lane in lanes if lane]


def _told(failures: list[BaseException], lanes: int) -> BaseException:
    """Choose what to raise: a bug before a refusal; and nobody is told that nothing was written when something was."""
    worst = next((end for end in failures if not isinstance(end, LoyaltyError)), failures[0])
    if isinstance(worst, Unavailable) and len(failures) < lanes:
        msg = "Part of the batch is written, part is not. Send the same request again: what is written is replayed."
        return Unavailable(msg)
    return worst
