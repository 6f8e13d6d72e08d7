"""`make bench-impact`: the estimate of a big shop made up, against the same sums in DuckDB, with the same results.

`--purchases N` (1,000,000), `--customers N` (100,000), `--rounds N` (3). The peer makes only the headline, the effect
on spend with its interval; ours all outcomes, the naive gap, the placebo, the rise, and the self-test of 200 splits.
They are compared on a tenth of the shop: the peer's pairs of a day and a customer would fill a small machine's memory.
"""

import argparse
import asyncio
import resource
from collections.abc import Callable
from math import isclose, sqrt
from time import perf_counter, process_time

import duckdb
import numpy as np

from benchmarks.report import Comparison, Figure, compare, show
from kpi.impact.comparison import Comparing, days_of_joining
from kpi.impact.halves import Testing
from kpi.impact.matching import Effect
from kpi.impact.shop import NEVER, Shop
from kpi.impact.strata import fixed_cuts
from loyalty.intervals import Z95

_DAYS = 730
_MEMBERS = 0.4
_MOST_SECONDS = 30.0
_MEGABYTE = 1024
_CUTS = fixed_cuts("EUR") or ()
_SPEND = "CASE " + " ".join(f"WHEN spend < {cut} THEN {n}" for n, cut in enumerate(_CUTS)) + " ELSE 6 END"
_ORDERS = "CASE " + " ".join(f"WHEN orders < {2 ** (n + 1)} THEN {n}" for n in range(5)) + " ELSE 5 END"
_PEER = f"""
WITH days AS (SELECT DISTINCT joined AS a FROM customers WHERE joined <= $until - 90),
seen AS (
  SELECT d.a, p.customer, any_value(c.joined) = d.a AS member,
    count(*) FILTER (p.day < d.a) AS orders, sum(p.net) FILTER (p.day < d.a) AS spend,
    max(p.day) FILTER (p.day < d.a) >= d.a - 30 AS lately,
    coalesce(sum(p.net) FILTER (p.day > d.a), 0) - coalesce(sum(p.net) FILTER (p.day < d.a), 0) AS delta
  FROM days d JOIN purchases p ON p.day >= d.a - 90 AND p.day < d.a + 90 JOIN customers c ON c.customer = p.customer
  WHERE c.joined = d.a OR c.joined >= d.a + 90 GROUP BY d.a, p.customer HAVING count(*) FILTER (p.day < d.a) > 0),
placed AS (SELECT *, ({_ORDERS}) * 100 + ({_SPEND}) * 10 + lately::int AS stratum FROM seen),
sides AS (SELECT a, stratum, member, count(*) AS n, avg(delta) AS mean FROM placed GROUP BY ALL),
pairs AS (
  SELECT t.a, t.stratum, t.n AS members, o.n AS others, t.mean AS of_members, o.mean AS of_others
  FROM sides t JOIN sides o ON t.a = o.a AND t.stratum = o.stratum AND t.member AND NOT o.member),
terms AS (
  SELECT p.customer, sum(CASE WHEN p.member THEN p.delta - q.of_members
    ELSE -(q.members / q.others) * (p.delta - q.of_others) END) AS term
  FROM placed p JOIN pairs q ON p.a = q.a AND p.stratum = q.stratum GROUP BY p.customer)
SELECT (SELECT sum(members) FROM pairs), (SELECT sum(members * (of_members - of_others)) FROM pairs),
  (SELECT sum(term * term) FROM terms)
"""  # noqa: S608 - constants of this file


def made_up(purchases: int, customers: int) -> Shop:
    """Make up a shop of two years, in which two of five join on some day."""
    rng = np.random.default_rng(1)
    rate = rng.gamma(1.2, 1.0, customers)
    who = rng.choice(customers, purchases, p=rate / rate.sum())
    joined = np.where(rng.random(customers) < _MEMBERS, rng.integers(120, _DAYS - 90, customers), NEVER)
    return Shop(
        customer=who.astype(np.int64),
        day=np.sort(rng.integers(0, _DAYS, purchases)),
        net=rng.gamma(3, 1000, purchases).astype(np.int64) + 1,
        joined=joined.astype(np.int64),
        keys=rng.integers(0, 2**64, customers, dtype=np.uint64),
        until=_DAYS,
    )


class Bench:
    """A shop, and both ways to make its estimate."""

    def __init__(self, shop: Shop) -> None:
        """Hand the rows to the peer."""
        self._shop = shop
        self.found: Effect | None = None
        self.slowest_step = 0.0
        self._duck = duckdb.connect()
        tables = {
            "purchases": {"customer": shop.customer, "day": shop.day, "net": shop.net},
            "customers": {"customer": np.arange(shop.customers), "joined": shop.joined},
        }
        for name, columns in tables.items():
            self._duck.register("handed_over", columns)
            self._duck.execute(f"CREATE TABLE {name} AS FROM handed_over")

    async def ours(self, _: int) -> float:
        """Make the whole estimate, a step after the other as the worker does."""
        begins_at = perf_counter()
        comparing = Comparing(self._shop, _CUTS)
        self._step(comparing.step)
        self._step(Testing(self._shop, _CUTS).step)
        seconds = perf_counter() - begins_at
        self.found = comparing.result().outcomes["spend"].effect
        return 1 / seconds

    def _step(self, step: Callable[[], bool]) -> None:
        while True:
            begins_at = perf_counter()
            if not step():
                return
            self.slowest_step = max(self.slowest_step, perf_counter() - begins_at)

    async def peer(self, _: int) -> float:
        """Make the headline in DuckDB, and hold ours against it."""
        begins_at = perf_counter()
        row = self._duck.execute(_PEER, {"until": self._shop.until}).fetchone()
        seconds = perf_counter() - begins_at
        if row is None or self.found is None:
            msg = "One of the two made no estimate."
            raise RuntimeError(msg)
        matched, total, squares = row
        value, margin = total / matched, Z95 * sqrt(squares) / matched
        if not isclose(self.found.value, value, rel_tol=1e-6) or not isclose(
            self.found.ci95[1], value + margin, rel_tol=1e-6
        ):
            msg = f"Ours is {self.found}, the peer's {value} ± {margin}."
            raise RuntimeError(msg)
        return 1 / seconds


async def run(purchases: int, customers: int, rounds: int) -> tuple[Comparison, list[Figure]]:
    """Compare, and say how long an estimate of the whole shop takes."""
    tenth = Bench(made_up(purchases // 10, customers // 10))
    compared = await compare("estimate", "estimates", "DuckDB, headline only", tenth.ours, tenth.peer, rounds=rounds)
    shop = made_up(purchases, customers)
    bench = Bench(shop)
    processor = process_time()
    seconds = 1 / await bench.ours(0)
    processor = process_time() - processor
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE
    size = f"{purchases:,} purchases, {customers:,} customers, {len(days_of_joining(shop)):,} days"
    limit, kept = f"≤ {_MOST_SECONDS:g} s", seconds <= _MOST_SECONDS
    return compared, [
        Figure("shop", size),
        Figure("an estimate, with its self-test", f"{seconds:.1f} s", limit, kept),
        # On a busy machine, this is what the estimate itself takes.
        Figure("of it, on a processor", f"{processor:.1f} s"),
        Figure("longest between two words of progress", f"{bench.slowest_step * 1000:.0f} ms"),
        Figure("memory, the peer's included", f"{memory:,.0f} MB"),
    ]


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.impact")
    parser.add_argument("--purchases", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    compared, figures = asyncio.run(run(told.purchases, told.customers, told.rounds))
    show([compared], figures)


if __name__ == "__main__":
    main()
