"""What a reader of a part is: a registered question to the rows, about all the periods of one reading."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kpi.facts import PeriodFacts
from kpi.periods import Days
from kpi.reading import Reading
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts
from loyalty.registry import Registry


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader is asked: the periods, and the reading whose customers and knowledge time it shares."""

    connection: Connection
    program: ProgramFacts
    wanted: Sequence[Days]
    reading: Reading


Read = Callable[[Asked], Awaitable[Mapping[Days, Any]]]
READERS: Registry[Read] = Registry("reader of a part", "kpi.rows.readers")
# Further periods whose facts a part is made of: whatever the reading is, it reads them along, and the part's reader
# asks it for them.
Windows = Callable[[ProgramFacts, Days], Iterable[Days]]
WINDOWS: Registry[Windows] = Registry("windows of a part", "kpi.rows.readers")


# The parts whose readers look customers up by their ids: a reading that has no ids at hand gets them for these.
LOOKING_UP = frozenset({"points", "tiers"})


def windows(program: ProgramFacts, wanted: Iterable[Days], needs: Iterable[str]) -> list[Days]:
    """Give the further periods that the needed parts are made of."""
    asking = [WINDOWS.all()[need] for need in sorted(set(needs) & set(WINDOWS.all()))]
    return [window for asks in asking for days in wanted for window in asks(program, days)]


async def read_parts(asked: Asked, needs: Iterable[str]) -> dict[Days, PeriodFacts]:
    """Give the facts of all periods, with the parts that are needed: from the reading if it has them, else the rows."""
    parts: dict[Days, dict[str, Any]] = {days: {} for days in asked.wanted}
    for need in sorted(set(needs) & set(READERS.all())):
        told = asked.reading.part(need)
        for days, part in (await READERS.all()[need](asked) if told is None else told).items():
            parts[days][need] = part
    return {days: replace(asked.reading.facts_of(days), parts=parts[days]) for days in asked.wanted}
