"""Tells how long each period is; it needs no rows."""

from collections.abc import Mapping

from kpi import periods
from kpi.parts.length import Length
from kpi.periods import Days
from kpi.rows.part import READERS, Asked


@READERS.register("length")
async def read(asked: Asked) -> Mapping[Days, Length]:
    """Measure the periods in months."""
    return {days: Length(periods.months(days)) for days in asked.wanted}
