"""What a holdout measured: reads what those of both arms did, and holds the arms against each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from asyncpg import Record

from kpi.impact.holdout import Adjusted, Arm, Lot, Measured, adjusted, lot_of, means, rates
from kpi.rows.known import statement
from loyalty.database import Connection
from loyalty.holdouts.facts import HoldoutFacts

# "alarm": something other than the lot decided who is in which arm.
State = Literal["running", "over", "stopped", "alarm"]
# A row a customer who was drawn, by who they are now; of two who turned out to be one, the one who goes on counts.
_ARMS = statement(
    """
WITH RECURSIVE {people}, kept AS (
  SELECT coalesce(s.survivor, p.customer_id) AS customer_id, p.placed_at, p.goods_minor, p.reward_discount_minor,
    {kept} AS kept_minor
  FROM ({purchases}) p
  LEFT JOIN refunded r ON r.purchase_id = p.purchase_id
  LEFT JOIN survivors s ON s.customer_id = p.customer_id
  WHERE p.customer_id IS NOT NULL AND p.placed_at >= $3 AND p.placed_at < $5
), bought AS (
  SELECT customer_id, placed_at >= $4 AS during, count(*) AS orders, sum({net})::bigint AS spend
  FROM kept WHERE kept_minor > 0 GROUP BY 1, 2
), drawn AS (
  SELECT DISTINCT ON (customer_id) customer_id, arm FROM (
    SELECT coalesce(s.survivor, a.customer_id) AS customer_id, a.arm, s.survivor IS NULL AS own
    FROM holdout_arm a LEFT JOIN survivors s ON s.customer_id = a.customer_id
    WHERE a.program_id = $1 AND a.holdout_id = $2) told
  ORDER BY customer_id, own DESC, arm
)
SELECT d.arm, coalesce(b.orders, 0) AS orders, coalesce(b.spend, 0) AS spend,
  coalesce(e.orders, 0) AS orders_before, coalesce(e.spend, 0) AS spend_before
FROM drawn d
LEFT JOIN bought b ON b.customer_id = d.customer_id AND b.during
LEFT JOIN bought e ON e.customer_id = d.customer_id AND NOT e.during
ORDER BY d.customer_id
""",
    k="$6",
)

_DRAWN = "SELECT arm, count(*) FROM holdout_arm WHERE program_id = $1 AND holdout_id = $2 GROUP BY arm"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome per customer: plain, and after CUPED where the past foretells something. Rates have no CUPED."""

    plain: Measured | None
    cuped: Adjusted | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A holdout and its lot; `outcomes` only when it was read on its day and the lot was sound.

    `state`: running, over, stopped, or alarm. Spend is in minor units. `as_of`: when what is known was known.
    """

    holdout: HoldoutFacts
    state: State
    lot: Lot
    outcomes: dict[str, Outcome]
    as_of: datetime


async def measure(connection: Connection, program_id: int, holdout: HoldoutFacts, as_of: datetime) -> Measurement:
    """Read a holdout as known at an instant: everybody in the arm they were drawn into, joined or not."""
    if holdout.state != "over":
        # Nothing is read of it before its day, and nothing at all once it was stopped.
        drawn = {row[0]: row[1] for row in await connection.fetch(_DRAWN, program_id, holdout.holdout_id)}
        lot = lot_of(drawn.get("offered", 0), drawn.get("held_out", 0), holdout.holdout_bp)
        return Measurement(holdout, _state(holdout, lot), lot, {}, as_of)
    length = holdout.ends_at - holdout.started_at
    between = (holdout.started_at - length, holdout.started_at, holdout.ends_at)
    rows = await _ARMS.visit(connection, as_of, program_id, holdout.holdout_id, *between)
    offered, held_out = ([row for row in rows if row["arm"] == arm] for arm in ("offered", "held_out"))
    lot = lot_of(len(offered), len(held_out), holdout.holdout_bp)
    outcomes = {} if lot.alarm else outcomes_of(offered, held_out)
    return Measurement(holdout, _state(holdout, lot), lot, outcomes, as_of)


def _state(holdout: HoldoutFacts, lot: Lot) -> State:
    return "alarm" if lot.alarm and holdout.state != "stopped" else holdout.state


def outcomes_of(offered: list[Record], held_out: list[Record]) -> dict[str, Outcome]:
    """Hold both arms against each other: whether they bought, how often, and for how much."""
    active = [sum(row["orders"] > 0 for row in arm) for arm in (offered, held_out)]
    told = {"active": Outcome(rates(active[0], len(offered), active[1], len(held_out)))}
    for name in ("orders", "spend"):
        one, other = (_arm(rows, name) for rows in (offered, held_out))
        told[name] = Outcome(means(one.during, other.during), adjusted(one, other))
    return told


def _arm(rows: list[Record], name: str) -> Arm:
    during, before = (np.array([float(row[of]) for row in rows]) for of in (name, f"{name}_before"))
    return Arm(during, before)
