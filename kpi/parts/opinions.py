"""What customers say when they are asked whether they would recommend the shop."""

from dataclasses import dataclass

from kpi.facts import NOBODY, Customers
from loyalty.intervals import Answers

_NO_ANSWERS = Answers(0, 0, 0)


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """What some of them said. `asked` invitations were sent, of which `replied` got an answer, whenever that was.

    `answered`, and `promoters` among them, are those who can be named: neither who was forgotten nor who never bought
    or joined; of several periods at once, nobody.
    """

    answers: Answers = _NO_ANSWERS
    answered: Customers = NOBODY
    promoters: Customers = NOBODY
    asked: int = 0
    replied: int = 0

    def __or__(self, other: "Said") -> "Said":
        """Lay two together that nobody is in both of."""
        one, two = self.answers, other.answers
        return Said(
            Answers(one.promoters + two.promoters, one.passives + two.passives, one.detractors + two.detractors),
            self.answered | other.answered,
            self.promoters | other.promoters,
            self.asked + other.asked,
            self.replied + other.replied,
        )


@dataclass(frozen=True, eq=False, slots=True)
class Opinions:
    """The latest answer of each customer in a period, by the status at its first score.

    `left_out`: answers for which something was promised, and those that staff excluded.
    """

    member: Said = Said()
    other: Said = Said()
    left_out: int = 0

    @property
    def everybody(self) -> Said:
        """All of them; who answered as a member and later not, or the other way round, is where the latest is."""
        return self.member | self.other
