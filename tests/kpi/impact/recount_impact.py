"""An independent recount of the estimate: the definitions in plain dictionaries and loops."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

Purchase = tuple[int, int]
# Who, Δ, what they did after, and what they were like before.
Row = tuple[str, float, float, dict[str, float]]
Z95 = 1.959963984540054
CUTS = (5000, 10_000, 20_000, 40_000, 80_000, 160_000)
ORDERS = (1, 3, 7, 15, 31)
Outcome = Callable[[list[Purchase]], float]
OUTCOMES: dict[str, Outcome] = {
    "active": lambda bought: float(bool(bought)),
    "orders": lambda bought: float(len(bought)),
    "spend": lambda bought: float(sum(net for _, net in bought)),
}


@dataclass
class Recount:
    """What one estimate came to."""

    eligible: int
    matched: int
    effect: float
    ci95: tuple[float, float]
    without: float
    differences: dict[str, float]
    cautious: tuple[float, float]


def recounted(
    bought: dict[str, list[Purchase]],
    joined: dict[str, int],
    until: int,
    outcome: str,
    *,
    back: int = 0,
    length: int = 90,
    with_day: bool = False,
    alike: bool = True,
    before: bool = False,
) -> Recount:
    """Estimate from each customer's (day, net) and day of joining; `length` days are held against as many before."""
    tell = OUTCOMES[outcome]
    terms: dict[str, float] = defaultdict(float)
    careful: dict[str, float] = defaultdict(float)
    lone, total, after_total, eligible, matched = [], 0.0, 0.0, 0, 0
    weighted: list[tuple[bool, float, dict[str, float]]] = []
    for day in sorted({day for day in joined.values() if day + 90 <= until}):
        start, strata = day - back, defaultdict(lambda: ([], []))
        for who, purchases in bought.items():
            member = joined.get(who) == day
            earlier = [one for one in purchases if start - 90 <= one[0] < start]
            if not earlier or not (member or joined.get(who, 10**9) >= day + 90):
                continue
            eligible += member
            traits = {
                "spend": float(sum(net for _, net in earlier)),
                "orders": float(len(earlier)),
                "recency": float(start - max(one[0] for one in earlier)),
            }
            stratum = (
                sum(traits["orders"] > limit for limit in ORDERS),
                sum(traits["spend"] >= limit for limit in CUTS),
                traits["recency"] <= 30,
            )
            first = start if with_day or back else start + 1
            after = tell([one for one in purchases if first <= one[0] < start + length])
            base = tell([one for one in purchases if start - length <= one[0] < start])
            after = base if before else after
            strata[stratum if alike else None][member].append((who, after - base if alike else after, after, traits))
        for others, members in strata.values():
            if not others or not members:
                continue
            matched += len(members)
            total += len(members) * (_mean(members) - _mean(others))
            after_total += sum(row[2] for row in members)
            weighted += [(True, 1.0, row[3]) for row in members]
            weighted += [(False, len(members) / len(others), row[3]) for row in others]
            lone += [members[0][0]] if len(members) == 1 else []
            for sign, rows in ((1.0, members), (-len(members) / len(others), others)):
                for who, delta, _, _ in rows:
                    terms[who] += sign * (delta - _mean(rows))
            _add_careful(careful, others, members)
    effect = total / matched
    for who in lone:
        careful[who] -= effect
    margin, wide = (Z95 * sqrt(sum(term**2 for term in of.values())) / matched for of in (terms, careful))
    without = after_total / matched - effect
    both = ((effect - margin, effect + margin), (effect - wide, effect + wide))
    return Recount(eligible, matched, effect, both[0], without, _differences(weighted), both[1])


def _add_careful(terms: dict[str, float], others: list[Row], members: list[Row]) -> None:
    for who, delta, _, _ in members:
        if len(members) == 1:
            terms[who] += delta - _mean(others)
        else:
            terms[who] += (delta - _mean(members)) * sqrt(len(members) / (len(members) - 1))
    for who, delta, _, _ in others if len(others) > 1 else []:
        terms[who] -= len(members) / len(others) * (delta - _mean(others)) * sqrt(len(others) / (len(others) - 1))


def _mean(rows: list[Row]) -> float:
    return sum(row[1] for row in rows) / len(rows)


def _differences(weighted: list[tuple[bool, float, dict[str, float]]]) -> dict[str, float]:
    told = {}
    for name in ("spend", "orders", "recency"):
        spread = []
        for side in (True, False):
            rows = [(weight, traits[name]) for is_member, weight, traits in weighted if is_member == side]
            mass = sum(weight for weight, _ in rows)
            mean = sum(weight * value for weight, value in rows) / mass
            spread.append((mean, sum(weight * (value - mean) ** 2 for weight, value in rows) / mass))
        (one, variance), (two, other_variance) = spread
        told[name] = (one - two) / sqrt((variance + other_variance) / 2)
    return told
