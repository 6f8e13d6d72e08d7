"""Reads a shop for the estimate: every qualifying purchase of a known customer, and when each first joined."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from kpi import periods
from kpi.facts import Counts
from kpi.impact.shop import NEVER, Shop
from kpi.impact.strata import septiles
from kpi.impact.windows import BEFORE_DAYS
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

# Instants travel as they are, and become days here: by the instants at which the programme's days begin.
_SHOP = statement(
    """
WITH RECURSIVE {people}, kept AS (
  SELECT coalesce(s.survivor, p.customer_id) AS customer_id, p.placed_at, p.goods_minor, p.reward_discount_minor,
    {kept} AS kept_minor
  FROM ({purchases}) p
  LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  LEFT JOIN survivors s ON s.customer_id = p.customer_id
  WHERE p.customer_id IS NOT NULL
)
SELECT * FROM (
  SELECT string_agg(uuid_send(customer_id), '') AS buyer, string_agg(timestamptz_send(placed_at), '') AS placed_at,
    string_agg(int8send({net}), '') AS net
  FROM kept WHERE kept_minor > 0
), (
  SELECT string_agg(uuid_send(customer_id), '') AS joiner, string_agg(timestamptz_send(joined_at), '') AS joined_at,
    string_agg(timestamptz_send(left_at), '') AS left_at
  FROM (SELECT customer_id, min(joined_at) AS joined_at, max(coalesce(left_at, 'infinity')) AS left_at
    FROM memberships GROUP BY customer_id)
), (
  SELECT string_agg(timestamptz_send(recorded_at), '') AS idle FROM customer c
  WHERE program_id = $1 AND recorded_at <= {k} AND (merged_at IS NULL OR merged_at > {k})
    AND (erased_at IS NULL OR erased_at > {k})
    AND NOT EXISTS (SELECT FROM kept k WHERE k.customer_id = c.customer_id AND kept_minor > 0)
    AND NOT EXISTS (SELECT FROM memberships m WHERE m.customer_id = c.customer_id)
)
""",
    k="$2",
)
# Of PostgreSQL, on the wire.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_INFINITY = np.iinfo(np.int64).max
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, eq=False, slots=True)
class Rows:
    """What was read, as it came: ids of 16 bytes each, instants in microseconds."""

    people: bytes
    buyers: int
    placed_at: Counts
    net: Counts
    joined_at: Counts
    left_at: Counts
    idle_since: Counts


async def read_rows(connection: Connection, program_id: int, known: datetime) -> Rows:
    """Read everything as it was known at an instant."""
    [row] = await _SHOP.visit(connection, known, program_id)
    buyers, joiners = row["buyer"] or b"", row["joiner"] or b""
    placed_at, joined_at = unpacked(row["placed_at"]), unpacked(row["joined_at"])
    by_joiner = (joined_at, unpacked(row["left_at"]), unpacked(row["idle"]))
    return Rows(buyers + joiners, len(buyers) // 16, placed_at, unpacked(row["net"]), *by_joiner)


def shop_of(rows: Rows, program: ProgramFacts, known: datetime) -> Shop:
    """Put a shop together. What happens in it ends with the last purchase, or with the day before `known`.

    A shop that sent nothing since is not known to have sold nothing.
    """
    ids, number = np.unique(np.frombuffer(rows.people, dtype="S16"), return_inverse=True)
    day, joined_day = (_days(instants, program.zone) for instants in (rows.placed_at, rows.joined_at))
    joined, left = np.full((2, len(ids)), NEVER, dtype=np.int64)
    joiners, over = number[rows.buyers :], rows.left_at != _INFINITY
    joined[joiners] = joined_day
    left[joiners[over]] = _days(rows.left_at[over], program.zone)
    order = np.argsort(day, kind="stable")
    today = periods.day_of(known, program.zone).toordinal()
    return Shop(
        customer=number[: rows.buyers][order].astype(np.int64),
        day=day[order],
        net=rows.net[order],
        joined=joined,
        keys=_keys(rows.people, number, len(ids)),
        until=min(today, int(day.max()) + 1) if len(day) else today,
        left=left,
        idle=_days(rows.idle_since, program.zone),
    )


def cuts_of(shop: Shop) -> tuple[int, ...]:
    """Compute where this shop's classes of spend begin: by what its customers spent in the last 90 days it knows."""
    spend = np.zeros(shop.customers, dtype=np.int64)
    rows = slice(*np.searchsorted(shop.day, [shop.until - BEFORE_DAYS, shop.until]))
    np.add.at(spend, shop.customer[rows], shop.net[rows])
    return septiles(spend[np.unique(shop.customer[rows])])


def _days(instants: Counts, zone: ZoneInfo) -> Counts:
    """Give the local day of each instant, as an ordinal."""
    if not len(instants):
        return instants
    first, last = (_day(int(end), zone) for end in (instants.min(), instants.max()))
    ordinals = np.arange(first, last + 1)
    begins = [(periods.instant(date.fromordinal(int(day)), zone) - _EPOCH) // _MICROSECOND for day in ordinals]
    told: Counts = ordinals[np.searchsorted(np.array(begins), instants, side="right") - 1]
    return told


def _day(instant: int, zone: ZoneInfo) -> int:
    return periods.day_of(_EPOCH + instant * _MICROSECOND, zone).toordinal()


def _keys(people: bytes, number: Counts, customers: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Give the last 8 bytes of each id, which is where ids differ at random."""
    keys = np.zeros(customers, dtype=np.uint64)
    keys[number] = np.frombuffer(people, dtype=">u8")[1::2]
    return keys
