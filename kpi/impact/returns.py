"""The return on the programme: only from an effect that was estimated or measured, never from a gap. Pure."""

from dataclasses import dataclass
from typing import Literal

# None: observed only, inconclusive, or nothing at all.
Level = Literal["estimated", "measured"] | None


@dataclass(frozen=True, slots=True)
class Costs:
    """What the programme cost in the same days, in minor units; `liability` is by how much it grew, or shrank."""

    rewards: int
    liability: int
    running: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.rewards + self.liability + self.running


def return_of(level: Level, margin_per_member: float, members: int, costs: Costs) -> float | None:
    """Give (margin won - cost) / cost; None without an effect that may be told, and where nothing was spent."""
    if level is None or costs.total <= 0:
        return None
    return (margin_per_member * members - costs.total) / costs.total
