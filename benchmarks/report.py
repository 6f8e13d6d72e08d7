"""A figure, what it is held against, and the tables of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

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
    aim: float | None = None

    @property
    def ratios(self) -> list[float]:
        """Ours in parts of the peer's, round by round."""
        return [mine / other for mine, other in zip(self.ours, self.peer, strict=True)]


@dataclass(frozen=True)
class Figure:
    """Something counted, and the limit that it is to keep."""

    name: str
    told: str
    limit: str = ""
    kept: bool | None = None


async def compare(
    name: str,
    unit: str,
    against: str,
    ours: Callable[[int], Awaitable[float]],
    peer: Callable[[int], Awaitable[float]],
    *,
    rounds: int = 5,
    aim: float | None = None,
) -> Comparison:
    """Run both in turn; each tells its units per second in a round. Round 0 warms up, and does not count."""
    measured: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for runs, work in zip(measured, (ours, peer), strict=True):
            rate = await work(number)
            if number:
                runs.append(rate)
    return Comparison(name, unit, against, *measured, aim)


def show(comparisons: list[Comparison], figures: list[Figure]) -> None:
    """Print the tables."""
    console = Console(width=170)
    table = Table("what", "ours, a second", "against", "that, a second", "ratio: median (min to max)", "aim")
    for c in comparisons:
        ratios = sorted(c.ratios)
        table.add_row(
            c.name,
            f"{median(c.ours):,.0f} {c.unit}",
            c.against,
            f"{median(c.peer):,.0f} {c.unit}",
            f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            "" if c.aim is None else f"≥ {c.aim:g}: {_word(median(ratios) >= c.aim)}",
        )
    console.print(table)
    table = Table("what", "figure", "limit")
    for f in figures:
        table.add_row(f.name, f.told, f.limit if f.kept is None else f"{f.limit}: {_word(f.kept)}")
    console.print(table)


def _word(kept: bool) -> str:  # noqa: FBT001
    return "kept" if kept else "MISSED"
