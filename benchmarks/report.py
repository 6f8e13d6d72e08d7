"""A figure, what it is held against, and the table of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Comparison:
    """Rounds of ours and of the peer in turn, in units per second; the ratio is taken round by round."""

    name: str
    unit: str
    against: str
    ours: list[float]
    peer: list[float]

    @property
    def ratios(self) -> list[float]:
        """Ours in parts of the peer's, round by round."""
        return [mine / other for mine, other in zip(self.ours, self.peer, strict=True)]


async def compare(
    name: str,
    unit: str,
    against: str,
    ours: Callable[[], Awaitable[int]],
    peer: Callable[[], Awaitable[int]],
    *,
    rounds: int = 5,
) -> Comparison:
    """Run both in turn, one uncounted round first; each tells how many units it did."""
    measured: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for runs, work in zip(measured, (ours, peer), strict=True):
            began = perf_counter()
            done = await work()
            if number:
                runs.append(done / (perf_counter() - began))
    return Comparison(name, unit, against, *measured)


def show(comparisons: list[Comparison]) -> None:
    """Print the table."""
    table = Table("what", "ours, a second", "against", "that, a second", "ratio: median (min to max)")
    for c in comparisons:
        ratios = sorted(c.ratios)
        table.add_row(
            c.name,
            f"{median(c.ours):,.0f} {c.unit}",
            c.against,
            f"{median(c.peer):,.0f} {c.unit}",
            f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        )
    Console(width=160).print(table)
