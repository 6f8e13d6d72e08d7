"""What a holdout measured: reads what those of both arms did, and holds the arms against each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asyncpg import Record
from msgspec import Struct

from kpi.facts import Counts
from kpi.impact.holdout import Adjusted, Arm, Lot, Measured, adjusted, lot_of, means, rates
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from loyalty.database import Connection
from loyalty.holdouts.facts import HoldoutFacts

# "running": nothing is read yet; "alarm": something other than the lot decided who is in which arm.
State = Literal["running", "over", "stopped", "alarm"]
# Counts up when the same rows would give another measurement.
METHOD = 1
# Whoever was drawn, by who they are now: of several who turned out to be one, the arm of the id that goes on counts,
# else held out. Who turned out to have been a member when it began could not be drawn.
_DRAWN = """standing AS (
  SELECT DISTINCT coalesce(s.survivor, m.customer_id) AS customer_id
  FROM membership m LEFT JOIN survivors s ON s.customer_id = m.customer_id
  WHERE m.program_id = $1 AND m.recorded_at <= $3 AND (m.superseded_at IS NULL OR m.superseded_at > $3)
    AND (m.left_at IS NULL OR m.left_at > $3)
), drawn AS (
  SELECT DISTINCT ON (customer_id) customer_id, arm FROM (
    SELECT coalesce(s.survivor, a.customer_id) AS customer_id, a.arm, s.survivor IS NULL AS own
    FROM holdout_arm a LEFT JOIN survivors s ON s.customer_id = a.customer_id
    WHERE a.program_id = $1 AND a.holdout_id = $2) told
  WHERE NOT EXISTS (SELECT FROM standing n WHERE n.customer_id = told.customer_id)
  ORDER BY customer_id, own DESC, arm
)"""
_SIZES = statement(
    f"""
WITH RECURSIVE {{people}}, {_DRAWN}
SELECT count(*) FILTER (WHERE arm = 'offered') AS offered, count(*) FILTER (WHERE arm = 'held_out') AS held_out
FROM drawn
""",  # noqa: S608 - a constant of this file
    k="$4",
)
# A row an arm; what each customer did, one after another.
_ARMS = statement(
    f"""
WITH RECURSIVE {{people}}, kept AS (
  SELECT coalesce(s.survivor, p.customer_id) AS customer_id, p.placed_at, p.goods_minor, p.reward_discount_minor,
    {{kept}} AS kept_minor
  FROM ({{purchases}}) p
  LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  LEFT JOIN survivors s ON s.customer_id = p.customer_id
  WHERE p.customer_id IS NOT NULL AND p.placed_at >= $4 AND p.placed_at < $5
), bought AS (
  SELECT customer_id, placed_at >= $3 AS during, count(*) AS orders, sum({{net}})::bigint AS spend
  FROM kept WHERE kept_minor > 0 GROUP BY 1, 2
), {_DRAWN}, told AS (
  SELECT d.arm, coalesce(b.orders, 0) AS orders, coalesce(b.spend, 0) AS spend,
    coalesce(e.orders, 0) AS orders_before, coalesce(e.spend, 0) AS spend_before
  FROM drawn d
  LEFT JOIN bought b ON b.customer_id = d.customer_id AND b.during
  LEFT JOIN bought e ON e.customer_id = d.customer_id AND NOT e.during
  ORDER BY d.customer_id
)
SELECT arm, string_agg(int8send(orders), '') AS orders, string_agg(int8send(spend), '') AS spend,
  string_agg(int8send(orders_before), '') AS orders_before, string_agg(int8send(spend_before), '') AS spend_before
FROM told GROUP BY arm
""",  # noqa: S608 - as above
    k="$6",
)


class Outcome(Struct, frozen=True):
    """One outcome per customer: plain, and after CUPED where the past foretells something. Rates have no CUPED."""

    plain: Measured | None
    cuped: Adjusted | None = None


class Reading(Struct, frozen=True):
    """What was read of a holdout: its lot, and the outcomes if it was over and the lot was sound."""

    lot: Lot
    outcomes: dict[str, Outcome]


class Kept(Struct, frozen=True):
    """A reading as it is kept: known at `as_of`, made by `method`; `final` when the holdout's day had come."""

    as_of: datetime
    method: int
    final: bool
    reading: Reading


@dataclass(frozen=True, slots=True)
class Measurement:
    """A holdout and its lot; `outcomes` only when it was read on its day and the lot was sound.

    `state`: running (also until the job has read it), over, stopped, or alarm. Spend is in minor units. `as_of`: when
    what is known was known.
    """

    holdout: HoldoutFacts
    state: State
    lot: Lot
    outcomes: dict[str, Outcome]
    as_of: datetime


def measurement_of(holdout: HoldoutFacts, kept: Kept | None) -> Measurement:
    """Tell what is known of a holdout: nothing but the lot until it was read, and never more once it was stopped."""
    lot = kept.reading.lot if kept else lot_of(holdout.offered, holdout.held_out, holdout.holdout_bp)
    as_of = kept.as_of if kept else holdout.drawn_at or holdout.started_at
    if holdout.state == "stopped" or lot.alarm:
        return Measurement(holdout, "stopped" if holdout.state == "stopped" else "alarm", lot, {}, as_of)
    if kept is None or not kept.final:
        return Measurement(holdout, "running", lot, {}, as_of)
    return Measurement(holdout, "over", lot, kept.reading.outcomes, as_of)


async def read_lot(connection: Connection, program_id: int, holdout: HoldoutFacts, as_of: datetime) -> Lot:
    """Read who is in which arm, as known at an instant: two may have turned out to be one."""
    [row] = await _SIZES.visit(connection, as_of, program_id, holdout.holdout_id, holdout.started_at)
    return lot_of(row["offered"], row["held_out"], holdout.holdout_bp)


async def read_arms(
    connection: Connection, program_id: int, holdout: HoldoutFacts, as_of: datetime
) -> dict[str, dict[str, Counts]]:
    """Read what everybody did, as known at an instant, in the arm they were drawn into, joined or not."""
    earlier = holdout.started_at - (holdout.ends_at - holdout.started_at)
    between = (holdout.started_at, earlier, holdout.ends_at)
    rows = await _ARMS.visit(connection, as_of, program_id, holdout.holdout_id, *between)
    return {row["arm"]: _unpacked(row) for row in rows}


def reading_of(arms: dict[str, dict[str, Counts]], holdout_bp: int) -> Reading:
    """Hold both arms against each other, if the lot was sound: whether they bought, how often, and for how much."""
    nobody = dict.fromkeys(("orders", "spend", "orders_before", "spend_before"), unpacked(None))
    offered, held_out = (arms.get(arm, nobody) for arm in ("offered", "held_out"))
    sizes = [len(arm["orders"]) for arm in (offered, held_out)]
    lot = lot_of(sizes[0], sizes[1], holdout_bp)
    if lot.alarm:
        return Reading(lot, {})
    active = [int((arm["orders"] > 0).sum()) for arm in (offered, held_out)]
    told = {"active": Outcome(rates(active[0], sizes[0], active[1], sizes[1]))}
    for name in ("orders", "spend"):
        one, other = (_arm(arm, name) for arm in (offered, held_out))
        told[name] = Outcome(means(one.during, other.during), adjusted(one, other))
    return Reading(lot, told)


def _unpacked(row: Record) -> dict[str, Counts]:
    return {name: unpacked(row[name]) for name in ("orders", "spend", "orders_before", "spend_before")}


def _arm(did: dict[str, Counts], name: str) -> Arm:
    return Arm(did[name].astype(float), did[f"{name}_before"].astype(float))
