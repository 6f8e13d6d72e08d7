"""The definitions as DuckDB SQL over the exported files, from the page of definitions alone.

Who somebody is follows the merges, whether a purchase is a member's follows the intervals themselves, and what was kept
of it follows the refunds: neither the flags nor the sums that the service stores for speed are looked at.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from kpi.periods import Days, Grain, instant, previous
from loyalty.programs.facts import ProgramFacts

# Beside the service, on its machine: the audit has time.
_MODEST = "SET threads = 1; SET memory_limit = '1GB'; SET autoinstall_known_extensions = false"

# `$known_at` is the knowledge time, or infinity.
_FACTS = """
CREATE VIEW merge AS SELECT * FROM 'merges.parquet' WHERE merged_at <= getvariable('known_at');
CREATE TABLE person AS
  WITH RECURSIVE step(customer_id, who) AS (
    SELECT customer_id, customer_id FROM 'customers.parquet'
    UNION ALL
    SELECT s.customer_id, m.merged_into FROM step s JOIN merge m ON m.customer_id = s.who)
  SELECT customer_id, dense_rank() OVER (ORDER BY who) AS who FROM step
  WHERE who NOT IN (SELECT customer_id FROM merge);

CREATE TABLE stay AS
  SELECT who, joined_at, coalesce(left_at, 'infinity'::TIMESTAMP) AS left_at
  FROM 'memberships.parquet' JOIN person USING (customer_id)
  WHERE recorded_at <= getvariable('known_at')
    AND (superseded_at IS NULL OR superseded_at > getvariable('known_at'));

CREATE TABLE taken AS
  SELECT purchase_id, coalesce(sum(goods_minor), 0) AS goods, count(*) FILTER (kind = 'cancellation') AS cancellations
  FROM 'refunds.parquet' WHERE recorded_at <= getvariable('known_at') GROUP BY purchase_id;

CREATE TABLE qualifying AS
  WITH told AS (
    SELECT *, NULL::TIMESTAMP AS superseded_at FROM 'purchases.parquet'
    UNION ALL BY NAME
    SELECT * FROM 'formers.parquet'
  ), kept AS (
    SELECT purchase_id, order_id, customer_id, placed_at, goods_minor::HUGEINT AS goods,
      reward_discount_minor::HUGEINT AS reward,
      CASE WHEN coalesce(cancellations, 0) > 0 THEN 0 ELSE goods_minor::HUGEINT - coalesce(t.goods, 0) END AS kept
    FROM told LEFT JOIN taken t USING (purchase_id)
    WHERE NOT test AND recorded_at <= getvariable('known_at')
      AND (superseded_at IS NULL OR superseded_at > getvariable('known_at'))
  ), known AS (
    -- net = kept - reward * kept / goods, rounded half up.
    SELECT who, placed_at, order_id, purchase_id,
      (2 * goods * kept - 2 * reward * kept + goods) // (2 * goods) AS net
    FROM kept LEFT JOIN person USING (customer_id) WHERE kept > 0)
  SELECT who, placed_at, net, row_number() OVER (PARTITION BY who ORDER BY placed_at, order_id, purchase_id) AS rank,
    EXISTS (SELECT 1 FROM stay s WHERE s.who = k.who AND s.joined_at <= k.placed_at AND k.placed_at < s.left_at)
      AS member
  FROM known k;
"""
_SETS = """
CREATE TABLE bought AS
  SELECT slot, who, member, count(*) AS orders, sum(net) AS net, count(*) FILTER (rank >= 2) AS later
  FROM qualifying JOIN slot ON placed_at >= start_at AND placed_at < end_at GROUP BY ALL;
-- By the status of each purchase; without a customer it is a non-member's.
CREATE TABLE side AS
  SELECT slot, 'all' AS segment, who, sum(orders) AS orders, sum(net) AS net, sum(later) AS later
  FROM bought GROUP BY slot, who
  UNION ALL
  SELECT slot, CASE WHEN member THEN 'member' ELSE 'non_member' END, who, orders, net, later FROM bought;
CREATE VIEW buyer AS SELECT * FROM side WHERE who IS NOT NULL;
CREATE VIEW anybody AS SELECT slot, who FROM buyer WHERE segment = 'all';
CREATE TABLE debut AS SELECT who, min(placed_at) AS first_at FROM qualifying WHERE who IS NOT NULL GROUP BY who;
CREATE TABLE known_at_start AS SELECT slot, who FROM slot JOIN debut ON first_at < start_at;
CREATE TABLE member_at_start AS
  SELECT DISTINCT slot, who FROM slot JOIN stay ON joined_at < start_at AND left_at >= start_at;
CREATE VIEW bought_before AS SELECT s.slot, who FROM slot s JOIN anybody b ON b.slot = s.before;
"""


def _rate(asked: str, did: str) -> str:
    """Count who did it among those asked, by status at the start."""
    return f"""
WITH one AS (
  SELECT slot, m.who IS NOT NULL AS member, count(*) FILTER ({did}) AS num, count(*) AS den
  FROM ({asked}) a LEFT JOIN anybody b USING (slot, who) LEFT JOIN member_at_start m USING (slot, who) GROUP BY ALL)
SELECT slot, 'all' AS segment, sum(num) AS num, sum(den) AS den FROM one GROUP BY slot
UNION ALL
SELECT slot, CASE WHEN member THEN 'member' ELSE 'non_member' END, num, den FROM one
"""  # noqa: S608 - our own words


# What each measure comes to: slot, segment, num, den. No row is 0 of 0; den is null where nothing is divided.
RECOUNTS = {
    "retention_rate": _rate("SELECT * FROM bought_before", "b.who IS NOT NULL"),
    "churn_rate": _rate("SELECT * FROM bought_before", "b.who IS NULL"),
    "loyal_conversion": _rate("SELECT * FROM member_at_start UNION SELECT * FROM known_at_start", "b.who IS NOT NULL"),
    "repeat_purchase_rate": "SELECT slot, segment, count(*) FILTER (orders >= 2) AS num, count(*) AS den"
    " FROM buyer GROUP BY ALL",
    "returning_customer_rate": "SELECT slot, segment, count(*) FILTER (later >= 1) AS num, count(*) AS den"
    " FROM buyer GROUP BY ALL",
    "aov": "SELECT slot, segment, sum(net) AS num, sum(orders) AS den FROM side GROUP BY ALL",
    "orders_per_active": "SELECT slot, segment, sum(orders) AS num, count(*) AS den FROM buyer GROUP BY ALL",
    "active_customers": "SELECT slot, segment, count(*) AS num, NULL AS den FROM buyer GROUP BY ALL",
    "new_customers": "SELECT slot, segment, count(*) AS num, NULL AS den FROM buyer JOIN debut USING (who)"
    " JOIN slot USING (slot) WHERE first_at >= start_at GROUP BY ALL",
    "orders": "SELECT slot, segment, sum(orders) AS num, NULL AS den FROM side GROUP BY ALL",
    "revenue": "SELECT slot, segment, sum(net) AS num, NULL AS den FROM side GROUP BY ALL",
}
# What stands beside every measure's figures, and where one of them means its own customers by it.
COUNTS = {
    "joiners": "SELECT slot, count(DISTINCT who) FROM slot JOIN stay ON joined_at >= start_at AND joined_at < end_at"
    " GROUP BY slot",
    "overlap": "SELECT slot, count(*) FROM (SELECT slot, who FROM bought WHERE who IS NOT NULL GROUP BY slot, who"
    " HAVING count(DISTINCT member) = 2) GROUP BY slot",
}
OWN_COUNTS = {
    "new_customers": {
        "overlap": "SELECT slot, count(*) FROM (SELECT slot, who FROM bought JOIN slot USING (slot) JOIN debut"
        " USING (who) WHERE first_at >= start_at GROUP BY slot, who HAVING count(DISTINCT member) = 2) GROUP BY slot"
    }
}


class Slot(NamedTuple):
    """A period of a grain, as the audit asks for it."""

    grain: Grain
    days: Days


class Recount(NamedTuple):
    """What the files come to, by measure: (slot, segment) to (num, den), and (slot, count) to a whole number."""

    figures: Mapping[str, Mapping[tuple[Slot, str], tuple[int, int | None]]]
    counts: Mapping[str, Mapping[tuple[Slot, str], int]]


def recount(
    folder: Path, program: ProgramFacts, slots: Sequence[Slot], keys: Sequence[str], known_at: datetime | None
) -> Recount:
    """Count all measures of `keys` again for every slot, as known at an instant or with all that was exported."""
    import duckdb

    with duckdb.connect(":memory:") as engine:
        engine.execute(_MODEST)
        engine.execute(f"SET temp_directory = '{folder / 'spill'}'; SET file_search_path = '{folder}'")
        _know(engine, known_at)
        engine.execute(_FACTS)
        engine.register("slot", _slot_table(program, slots))
        engine.execute(_SETS)
        figures, counts = {}, {}
        for key in keys:
            rows = engine.execute(RECOUNTS[key]).fetchall()
            figures[key] = {(slots[n], side): (int(num), _whole(den)) for n, side, num, den in rows if n >= 0}
            counts[key] = {
                (slots[n], name): int(number)
                for name, sql in {**COUNTS, **OWN_COUNTS.get(key, {})}.items()
                for n, number in engine.execute(sql).fetchall()
                if n >= 0
            }
    return Recount(figures, counts)


def _know(engine: Any, known_at: datetime | None) -> None:  # noqa: ANN401 - a module that is there or not
    limit = "infinity" if known_at is None else _naive(known_at).isoformat(sep=" ")
    engine.execute(f"SET VARIABLE known_at = '{limit}'::TIMESTAMP")


def _slot_table(program: ProgramFacts, slots: Sequence[Slot]) -> object:
    """Number the slots by their places; the period before the first of a grain gets a number below 0."""
    import pyarrow as pa

    places = {slot: place for place, slot in enumerate(slots)}
    leads = {slot._replace(days=previous(slot.days)): None for slot in slots}.keys() - places.keys()
    places |= {slot: -1 - place for place, slot in enumerate(leads)}
    rows = [
        (place, places.get(slot._replace(days=previous(slot.days))), *(instant(day, program.zone) for day in slot.days))
        for slot, place in places.items()
    ]
    types = (pa.int32(), pa.int32(), pa.timestamp("us"), pa.timestamp("us"))
    columns = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
    return pa.table(columns, names=["slot", "before", "start_at", "end_at"])


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _whole(number: int | None) -> int | None:
    return None if number is None else int(number)
