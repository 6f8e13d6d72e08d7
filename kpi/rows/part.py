"""What a reader of a part is: a registered question to the rows, about all the periods of one reading."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kpi import periods
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
# Further periods of which a part is made: whatever the reading is, it reads what is `Around`, and the part's reader
# asks it for that.
Windows = Callable[[ProgramFacts, Days], Iterable[Days]]
WINDOWS: Registry[Windows] = Registry("windows of a part", "kpi.rows.readers")


def boundaries_of(asked: Asked) -> list[datetime]:
    """Give where the periods asked for begin and end, ascending."""
    return sorted({periods.instant(day, asked.program.zone) for days in asked.wanted for day in days})


def cells_of(asked: Asked, boundaries: Sequence[datetime], days: Days) -> tuple[int, int]:
    """Give the first cell of a period, and the one after its last."""
    zone = asked.program.zone
    start, end = (boundaries.index(periods.instant(day, zone)) for day in days)
    return start + 1, end + 1


def windows(program: ProgramFacts, wanted: Iterable[Days], needs: Iterable[str]) -> list[Days]:
    """Give the further periods that the needed parts are made of."""
    asking = [WINDOWS.all()[need] for need in sorted(set(needs) & set(WINDOWS.all()))]
    return [window for asks in asking for days in wanted for window in asks(program, days)]


async def read_parts(asked: Asked, needs: Iterable[str]) -> dict[Days, PeriodFacts]:
    """Give the facts of all periods, with the parts that are needed: from the reading if it has them, else the rows."""
    parts: dict[Days, dict[str, Any]] = {days: {} for days in asked.wanted}
    readers = READERS.all()
    for need in sorted(set(needs) & set(readers)):
        told = asked.reading.part(need)
        found = await readers[need](asked) if told is None else told
        # A reading has parts of the windows as well.
        for days, own in parts.items():
            own[need] = found[days]
    return {days: replace(asked.reading.facts_of(days), parts=parts[days]) for days in asked.wanted}
