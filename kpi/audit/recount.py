"""Counting again: the definitions as DuckDB SQL over the exported files, from the page of definitions alone.

`facts.py` makes tables of the files, and `purchases.py`, `members.py`, `points.py`, `money.py`, `rewards.py`,
`tiers.py`, `referrals.py` and `opinions.py` hold a recount of each measure over them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from kpi.audit import facts, members, money, opinions, points, purchases, referrals, rewards, tiers
from kpi.audit.purchases import COUNTS
from kpi.periods import FIRST_DAY, Days, Grain, instant, previous
from loyalty.programs.facts import ProgramFacts

# Beside the service, on its machine: the audit has time.
_MODEST = "SET threads = 1; SET memory_limit = '1GB'; SET autoinstall_known_extensions = false"
# The last day that has a midnight in every zone.
_LAST_DAY = date(9999, 12, 30)
_YEAR_DAYS = 365
_FIRST_DAYS = timedelta(days=30)

RECOUNTS = {
    **purchases.COUNTINGS,
    **members.COUNTINGS,
    **points.COUNTINGS,
    **money.COUNTINGS,
    **rewards.COUNTINGS,
    **tiers.COUNTINGS,
    **referrals.COUNTINGS,
    **opinions.COUNTINGS,
}


class Slot(NamedTuple):
    """A period of a grain, as the audit asks for it."""

    grain: Grain
    days: Days


class Recount(NamedTuple):
    """What the files come to, by measure: (slot, segment) to (num, den), and slot to whole numbers by name."""

    figures: Mapping[str, Mapping[tuple[Slot, str], tuple[int, int | None]]]
    counts: Mapping[str, Mapping[Slot, Mapping[str, int]]]


def recount(
    folder: Path, program: ProgramFacts, slots: Mapping[Slot, datetime], keys: Sequence[str], known_at: datetime | None
) -> Recount:
    """Count all measures of `keys` again for every slot, as known at an instant or with all that was exported.

    With each slot comes the instant at which its figures were answered: what must be so many days old is, or is not.
    """
    import duckdb

    with duckdb.connect(":memory:") as engine:
        engine.execute(_MODEST)
        engine.execute(f"SET temp_directory = '{folder / 'spill'}'; SET file_search_path = '{folder}'")
        _know(engine, known_at)
        engine.execute(facts.FACTS)
        engine.register("slot", _slot_table(program, slots))
        engine.register("due", _due_table(engine, program.zone))
        engine.register("midnight", _midnight_table(engine, program.zone))
        engine.execute(facts.SETS)
        for room in (purchases, members, points, money, rewards, tiers, referrals, opinions):
            engine.execute(room.VIEWS)
        places = list(slots)
        shared = engine.execute(COUNTS).fetchall()
        figures, counts = {}, {}
        for key in keys:
            counting = RECOUNTS[key]
            rows = engine.execute(counting.figures).fetchall()
            figures[key] = {(places[n], side): _figure(num, den) for n, side, num, den in rows if n >= 0}
            own = engine.execute(counting.counts).fetchall() if counting.counts else []
            counts[key] = _by_slot(places, [*shared, *own])
    return Recount(figures, counts)


def _figure(num: int | None, den: int | None) -> tuple[int, int | None]:
    """Nothing is divided by 0: then there is neither."""
    return (0, 0) if den == 0 else (int(num or 0), None if den is None else int(den))


def _by_slot(places: Sequence[Slot], rows: Sequence[tuple[int, str, int]]) -> dict[Slot, dict[str, int]]:
    """Sort whole numbers by slot; of two with one name the last stands, so a measure may mean its own by it."""
    told: dict[Slot, dict[str, int]] = {slot: {} for slot in places}
    for n, name, number in rows:
        if n >= 0:
            told[places[n]][name] = int(number)
    return told


def _know(engine: Any, known_at: datetime | None) -> None:  # noqa: ANN401 - a module that is there or not
    limit = "infinity" if known_at is None else _naive(known_at).isoformat(sep=" ")
    engine.execute(f"SET VARIABLE known_at = '{limit}'::TIMESTAMP")


def _slot_table(program: ProgramFacts, slots: Mapping[Slot, datetime]) -> object:
    """Number the slots by their places; the period before the first of a grain gets a number below 0.

    Besides its own ends a slot has those of the windows before it, in which who bought is active. `active_known_by`
    and `year_known_by`: what is known of purchases goes back far enough if one lies before.
    """
    places = {slot: place for place, slot in enumerate(slots)}
    leads = {slot._replace(days=previous(slot.days)): None for slot in slots}.keys() - places.keys()
    places |= {slot: -1 - place for place, slot in enumerate(leads)}
    window = timedelta(days=program.policies.activity_window_days)
    rows = []
    for slot, place in places.items():
        start, end = slot.days
        near = (start, end, start - window, end - window, _after(start - window), _after(start, -_YEAR_DAYS))
        instants = [instant(day, program.zone) for day in near]
        before = places.get(slot._replace(days=previous(slot.days)))
        rows.append((place, before, start, end, *instants, slots.get(slot, instants[1])))
    return _table(rows, _SLOT)


_SLOT = {
    **dict.fromkeys(("slot", "before"), "int32"),
    **dict.fromkeys(("start_on", "end_on"), "date32"),
    **dict.fromkeys(
        ("start_at", "end_at", "active_from", "still_active_from", "active_known_by", "year_known_by", "as_of"), "us"
    ),
}


def _after(day: date, days: int = 0) -> date:
    """Give the day that follows the one so many days on."""
    return day + timedelta(days=days + 1)


def _due_table(engine: Any, zone: ZoneInfo) -> object:  # noqa: ANN401 - as above
    """Give for each instant of joining the same hour of the clock 30 days later.

    Where the clock shows that hour twice it is the later one, and where never, as much after as it would have been.
    """
    rows = []
    for (joined_at,) in engine.execute("SELECT DISTINCT joined_at FROM stay").fetchall():
        local = joined_at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) + _FIRST_DAYS
        readings = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        rows.append((joined_at, max(readings)))
    return _table(rows, {"joined_at": "us", "due_at": "us"})


def _midnight_table(engine: Any, zone: ZoneInfo) -> object:  # noqa: ANN401 - as above
    """Give the instants at which the days begin from which costs count."""
    days = [day for (day,) in engine.execute("SELECT DISTINCT from_on FROM 'unit_costs.parquet'").fetchall()]
    rows = [(day, instant(min(max(day, FIRST_DAY), _LAST_DAY), zone)) for day in days]
    return _table(rows, {"from_on": "date32", "begin_at": "us"})


def _table(rows: Sequence[Sequence[object]], columns: Mapping[str, str]) -> object:
    """Hand rows to the engine; `us` are instants, in UTC without a mark."""
    import pyarrow as pa

    types = [pa.timestamp("us") if kind == "us" else getattr(pa, kind)() for kind in columns.values()]
    told = [[_naive(cell) if isinstance(cell, datetime) else cell for cell in row] for row in rows]
    arrays = [pa.array([row[place] for row in told], kind) for place, kind in enumerate(types)]
    return pa.table(arrays, names=list(columns))


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
