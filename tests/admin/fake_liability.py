"""Points that move alike in every period, and what they come to, for the fake desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np

from admin.periods import Line
from kpi.knowledge import Knowledge
from kpi.liability.actions import Liability, Period
from kpi.liability.breakage import estimate
from kpi.liability.money import minor, value
from kpi.liability.rules import Moved, roll_forward
from kpi.parts.points import PointWorth
from loyalty.programs.facts import ProgramFacts

NOW = datetime(2026, 11, 21, 20, 40, tzinfo=UTC)
EVERY_PERIOD = (
    ("issue", "issued", "available", 1000),
    ("capture", "held", "redeemed", 200),
    ("hold", "available", "held", 250),
    ("expire", "available", "expired", 100),
    ("forfeit", "available", "expired", 10),
    ("claw_back", "available", "clawed_back", 30),
    ("claw_back", "debt", "clawed_back", 20),
    ("reverse", "redeemed", "available", 40),
    ("adjust", "adjusted", "available", 15),
    ("erase", "available", "adjusted", 5),
)


@dataclass(frozen=True)
class FakePoints:
    """What is entered, how many customers' points ended, and what moves in the periods (all of them, or none)."""

    worth: PointWorth | None = None
    ended: int = 0
    moves: Sequence[tuple[str, str, str, int]] = EVERY_PERIOD

    def told(self, program: ProgramFacts, line: Line) -> Liability:
        """Roll it forward."""
        moved = [Moved(cell, *move) for cell in range(1, len(line.slots) + 1) for move in self.moves]
        places = {days: (place, place + 1) for place, days in enumerate(line.slots, 1)}
        rolls = roll_forward(moved, line.slots, places)
        decided = np.full(self.ended, 100, dtype=np.int64)
        breakage = estimate(decided, decided // 5)
        held = rolls[-1].closing.outstanding
        return Liability(
            grain=line.grain,
            timezone=program.timezone,
            currency=program.currency,
            known=Knowledge(None, NOW, lowered=False, data_as_of=NOW),
            periods=[Period(roll, self.worth, value(roll, self.worth, self.worth), partial=False) for roll in rolls],
            breakage=breakage,
            entered_share=None if self.worth is None else float(self.worth.breakage),
            estimated_minor=None if self.worth is None else minor(held, self.worth.cost_minor * breakage.left),
        )


ENTERED = FakePoints(PointWorth(Fraction(2), Fraction(1, 10)), ended=40)
