"""Replaying one range: what a process does, and what it hands back."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from loyalty.verify import reading
from loyalty.verify.facts import Report
from loyalty.verify.histories import AccountHistory
from loyalty.verify.households import gathered
from loyalty.verify.ranges import Range
from loyalty.verify.rules import check_accounts, check_purchases
from loyalty.verify.seals import Covered, Covering
from loyalty.verify.seals_file import State, state_at

if TYPE_CHECKING:
    from loyalty.database import Connection


@dataclass
class Part:
    """What was found in a range, and what is compared in the order of all ranges: what seals and their files cover."""

    report: Report = field(default_factory=Report)
    # Accounts, or purchases of nobody.
    subjects: int = 0
    strays: reading.Strays = field(default_factory=reading.Strays)
    covered: dict[int, Covered] = field(default_factory=dict)
    # Customers, each with its state for the file to write and for the file to compare with.
    states: list[tuple[str, State | None, State | None]] = field(default_factory=list)


async def replay(connection: "Connection", part: Range) -> Part:
    """Read a range and check it."""
    done = Part()
    covering = Covering(part.programme.program_id, part.cuts)
    with _uncollected():
        if part.of_nobody:
            purchases = await reading.of_nobody(connection, part, done.strays, covering.anonymous)
            done.subjects = len(purchases)
            check_purchases(purchases, done.report)
        else:
            _check(await reading.of_accounts(connection, part, done.strays), part, done, covering)
    done.covered = covering.found()
    return done


def _check(histories: list[AccountHistory], part: Range, done: Part, covering: Covering) -> None:
    beyond = frozenset(part.families)
    households: dict[UUID, list[AccountHistory]] = {}
    for history in histories:
        customer_id = history.account.customer_id
        if part.keys.first <= customer_id <= part.keys.last:
            done.subjects += 1
            covering.account(history)
            if any(part.states_at):
                to_write, to_compare = (None if cut is None else state_at(history, cut) for cut in part.states_at)
                done.states.append((customer_id.hex, to_write, to_compare))
        if customer_id in beyond:
            households.setdefault(part.families[customer_id], []).append(history)
        elif customer_id not in part.elsewhere:
            households[customer_id] = [history]
    for household in households.values():
        gathered(sorted(household, key=lambda member: member.account.customer_id))
    check_accounts([member for household in households.values() for member in household], done.report)
    for household in households.values():
        # A circle, which nobody would collect.
        household.clear()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage meanwhile: nothing here is any before all of it is."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
