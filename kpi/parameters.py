"""What a request about figures may say, in the words of the address: the measure, the days, the knowledge time."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Protocol

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation

from kpi.knowledge import BadInstant
from kpi.periods import BadPeriod, Days
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Caller(Protocol):
    """Who asks, and in which programme."""

    @property
    def program(self) -> ProgramFacts:
        """The programme that the key belongs to."""
        ...

    @property
    def namespace(self) -> str:
        """Whose ids of customers the storefront uses."""
        ...


class Want(Protocol):
    """How somebody waits for intervals that are still to come."""

    async def __call__(self, program_id: int, pending: Sequence[Days]) -> None:
        """Have them counted soon."""


# All three are the application's own objects, not something that came over the wire: they are not validated.
Calling = NamedDependency[SkipValidation[Caller]]
Lent = NamedDependency[SkipValidation[Connection]]
Waiting = NamedDependency[SkipValidation[Want]]
Key = Annotated[str, PathParameter(description="The lasting name of a measure, as `GET /v1/kpis` lists it.")]
Start = Annotated[
    str, QueryParameter(description="First local day of the programme's zone.", schema_extra={"format": "date"})
]
End = Annotated[
    str, QueryParameter(description="The local day after the last: exclusive.", schema_extra={"format": "date"})
]
AsOf = Annotated[
    str | None,
    QueryParameter(
        description="Answer as it was known then (RFC 3339, with an offset); later than `data_as_of` is lowered to it.",
        schema_extra={"format": "date-time"},
    ),
]
Compare = Annotated[
    str | None,
    QueryParameter(
        description="Answer the period before as well, or the same one a year earlier.",
        schema_extra={"enum": ["previous", "last_year"]},
    ),
]
Grain = Annotated[
    str,
    QueryParameter(
        description="What to cut the range into; `start` and `end` must each begin one.",
        schema_extra={"enum": ["day", "week", "month", "quarter", "year"]},
    ),
]


def day(text: str, name: str) -> date:
    """Read a local day, written YYYY-MM-DD and in no other way."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    msg = f"{name} must be a day of the calendar, written YYYY-MM-DD; {text[:40]!r} is none."
    raise BadPeriod(msg, pointer=f"/{name}")


def instant(text: str | None) -> datetime | None:
    """Read an instant by RFC 3339; without an offset it would mean another instant on every machine."""
    if text is None:
        return None
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text.upper())
    except ValueError:
        pass
    msg = (
        f"as_of must be an instant with its offset, like 2026-03-31T23:59:59Z; {text[:40]!r} is none."
        " In an address, a + is written %2B."
    )
    raise BadInstant(msg, pointer="/as_of")
