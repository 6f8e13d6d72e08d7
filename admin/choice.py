"""Which period a page is about, as its address says it: every filter is in the address, and only there."""

from dataclasses import dataclass

from admin.pages import AnyRequest
from admin.periods import Against, Calendar, CalendarPeriod, Opening
from loyalty.programs.facts import ProgramFacts


@dataclass(frozen=True)
class Choice:
    """What the address asks for, understood. `opening` is there when it asks for no period, so the page chose one."""

    period: CalendarPeriod
    against: Against
    opening: Opening | None


@dataclass(frozen=True)
class Asked:
    """What the address says."""

    period: str | None
    grain: str | None
    against: str | None

    @classmethod
    def of(cls, request: AnyRequest) -> "Asked":
        """Read it; of what is said twice, the last counts."""
        said = said_in(request)
        return cls(said.get("period"), said.get("grain"), said.get("against"))

    def understood(self, calendar: Calendar, program: ProgramFacts) -> Choice:
        """Find the period with data that is meant."""
        against = Against.LAST_YEAR if self.against == Against.LAST_YEAR else Against.PREVIOUS
        by_itself = self.period is None and self.grain is None
        opening = calendar.opening(program.default_period) if by_itself else None
        return Choice(calendar.choose(self.period, self.grain, program.default_period), against, opening)

    def is_canonical(self, choice: Choice) -> bool:
        """Tell whether it is the one form of this choice, so that equal pages have equal addresses."""
        default = self.against is None or (self.against == choice.against and choice.against is not Against.PREVIOUS)
        return self.grain is None and self.period in {None, choice.period.key} and default


def said_in(request: AnyRequest) -> dict[str, str]:
    """Read what an address says; of what is said twice, the last counts."""
    return {name: values[-1] for name, values in request.query_params.dict().items() if values}
