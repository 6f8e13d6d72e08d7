"""What a condition of a segment is: a frozen struct of settings, registered under a lasting name, with one method.

A new kind is one file in a package of the room whose facts it reads: `loyalty/segments/conditions/` for persons,
`loyalty/points/conditions/`, `loyalty/purchases/conditions/`; `loyalty/background.py` names those of rooms above.
Its settings are the fields of the struct: stored as JSONB under `kind`, checked by msgspec on the way in, drawn as a
form in the panel. A field that ends in `_minor` is money: over the wire a decimal, without that ending.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.registry import Registry

Days = Annotated[int, Meta(ge=1, le=3_650, title=mark("Days"))]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Amount = Annotated[int, Meta(ge=0, le=10**15)]
# What fields of several kinds say of themselves in the panel.
AT_LEAST = Meta(title=mark("At least"))
AT_MOST = Meta(title=mark("At most"))
EVER = Meta(title=mark("Over the last (days)"), description=mark("Empty: ever."))

MOST_CONDITIONS = 20
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")


class Moment(msgspec.Struct, frozen=True):
    """When a condition is asked: the programme's clock and its zone."""

    now: datetime
    zone: ZoneInfo

    def days_ago(self, days: int) -> datetime:
        """Give the local midnight so many days before today: "the last n days" are today and the n days before."""
        day = self.now.astimezone(self.zone).date() - timedelta(days=days)
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    @property
    def month(self) -> int:
        """The local month, 1 to 12."""
        return self.now.astimezone(self.zone).month


class Query(msgspec.Struct, frozen=True):
    """SQL of `customer_id`s: `$1` is the programme, `{0}`, `{1}`, … are its own arguments, never put in as text.

    `needs` are table expressions by name, which conditions share. Who was merged or erased may be among the ids.
    """

    sql: str
    args: list[Any] = []
    needs: dict[str, str] = {}


class ConditionKind(Protocol):
    """The settings of one condition. `title` names the kind in the panel."""

    title: ClassVar[str]

    def query(self, at: Moment) -> Query:
        """Give the query of those for whom it holds."""
        ...


CONDITIONS: Registry[type[ConditionKind]] = Registry("condition", "loyalty.segments.conditions")

_HOLDS = """
WITH RECURSIVE {tables}
SELECT c.customer_id FROM customer c
WHERE c.program_id = $1 AND c.merged_into IS NULL AND c.erased_at IS NULL AND {all}
"""


def check_range(at_least: int | None, at_most: int | None) -> None:
    """Refuse a range without ends, or the wrong way round: a `ValueError`, as msgspec wants it of a struct."""
    if at_least is None and at_most is None:
        msg = mark("Give at least one of the two limits.")
        raise ValueError(msg)
    if at_least is not None and at_most is not None and at_least > at_most:
        msg = mark("The lower limit may not be above the upper one.")
        raise ValueError(msg)


def load(settings: dict[str, Any]) -> ConditionKind:
    """Make a condition of its stored settings; `Invalid` names the kinds there are, or the field that is wrong."""
    name = settings.get("kind")
    kind = CONDITIONS.find(name) if isinstance(name, str) else None
    if kind is None:
        known = ", ".join(CONDITIONS.all())
        msg = f"There is no condition of kind {name!r}; the kinds are: {known}."
        raise Invalid(msg, pointer="/kind")
    fields = {key: value for key, value in settings.items() if key != "kind"}
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        message = str(error)
        found = _PATH.search(message)
        path = found[1].replace("[", ".").replace("]", "") if found else ""
        place = "".join(f"/{part}" for part in path.split(".") if part)
        raise Invalid(_PATH.sub("", message), pointer=place or "/") from error


def load_all(conditions: list[dict[str, Any]]) -> list[ConditionKind]:
    """Make the conditions of a segment; `Invalid` tells what is wrong with each."""
    if not 1 <= len(conditions) <= MOST_CONDITIONS:
        msg = f"A segment has 1 to {MOST_CONDITIONS} conditions."
        raise Invalid(msg, pointer="/conditions")
    loaded, problems = [], []
    for place, settings in enumerate(conditions):
        try:
            loaded.append(load(settings))
        except Invalid as error:
            where = f"/conditions/{place}{error.pointer.rstrip('/')}"
            problems.append(Invalid(error.detail, pointer=where))
    if problems:
        raise Invalid("; ".join(f"{p.pointer}: {p.detail}" for p in problems), problems=problems)
    return loaded


def holding(conditions: list[ConditionKind], at: Moment) -> tuple[str, list[Any]]:
    """Put conditions together: the SQL of the ids of living customers for whom all hold, and `$2`, `$3`, …."""
    tables: dict[str, str] = {}
    args: list[Any] = []
    for number, condition in enumerate(conditions):
        query = condition.query(at)
        tables |= query.needs
        places = [f"${n}" for n in range(len(args) + 2, len(args) + len(query.args) + 2)]
        tables[f"condition_{number}"] = query.sql.format(*places)
        args += query.args
    held = " AND ".join(
        f"c.customer_id IN (SELECT customer_id FROM condition_{number})"  # noqa: S608 - a number of ours
        for number in range(len(conditions))
    )
    return _HOLDS.format(tables=", ".join(f"{name} AS ({sql})" for name, sql in tables.items()), all=held), args
