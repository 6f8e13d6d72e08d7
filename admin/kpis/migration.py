"""The matrix of the moves between tiers: from which tier, by rows, to which, by columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from admin.format import Format
from admin.tiers.listing import name_of
from kpi.measures.tier_migration import LEFT, NONE, TO
from loyalty.tiers.staff import TiersSeen

KEY = "tier_migration"


@dataclass(frozen=True)
class Cell:
    """How many went from a row's tier to a column's. `way`: up, down, same, or gone."""

    n: str
    way: str


@dataclass(frozen=True)
class Row:
    """Everybody who held one tier at the start."""

    name: str
    cells: Sequence[Cell]
    total: str


@dataclass(frozen=True)
class Migration:
    """The matrix, highest tier first. No rows: nobody was a member at the start."""

    columns: Sequence[str]
    rows: Sequence[Row]


def make_migration(counts: Mapping[str, int], seen: TiersSeen, f: Format) -> Migration:
    """Put the moves into a table; a tier that is no more keeps its key for a name."""
    moves = {tuple(key.split(TO, 1)): n for key, n in counts.items() if TO in key}
    tiers = seen.scheme.scheme.tiers if seen.scheme else []
    names = {tier.key: name_of(tier, f) for tier in reversed(tiers)}
    gone = sorted({key for move in moves for key in move} - names.keys() - {NONE, LEFT})
    order = [*names, *gone, NONE]
    names |= {key: key for key in gone} | {NONE: f.words.gettext("No tier"), LEFT: f.words.gettext("Left since")}
    columns = [*order, LEFT] if any(two == LEFT for _, two in moves) else order
    rows = []
    for place, one in enumerate(order):
        row = [(two, moves.get((one, two), 0)) for two in columns]
        total = sum(n for _, n in row)
        if total:
            cells = [Cell(f.number(n) if n else "–", _way(place, columns.index(two), two)) for two, n in row]
            rows.append(Row(names[one], cells, f.number(total)))
    return Migration([names[key] for key in columns], rows)


def _way(one: int, two: int, key: str) -> str:
    if key == LEFT:
        return "gone"
    return "same" if one == two else "up" if two < one else "down"
