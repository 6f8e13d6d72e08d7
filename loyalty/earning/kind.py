"""What an earning rule is: a frozen struct of settings, registered under a lasting name, with one method.

A new kind is one file in `kinds/`. Its settings are the fields of the struct: stored as JSONB under `kind`, checked by
msgspec on the way in, drawn as a form. What every rule may say besides is its frame (`rule.py`).
"""

from datetime import datetime
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Protocol

from msgspec import Meta, Struct

from loyalty.i18n import mark
from loyalty.registry import Registry

# Never a float. Mostly a whole number, which is ten times as fast: only a division needs a fraction.
Exact = int | Fraction

RuleId = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}(?!\n)$", description="How awards and caps refer to the rule, for ever."),
]
# A word of the programme, no free text: it stands in rows that cannot be blanked.
ActionName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_.-]{0,63}(?!\n)$", examples=["review"])]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Stage = Literal["base", "multiplier", "bonus", "cap"]
On = Literal["purchase", "action"]
Per = Literal["day", "week", "month", "quarter", "year", "ever"]
# What fields of several kinds say of themselves in the panel.
POINTS = Meta(title=mark("Points"))
PERIODS = {
    "day": mark("day"),
    "week": mark("week"),
    "month": mark("month"),
    "quarter": mark("quarter"),
    "year": mark("year"),
    "ever": mark("lifetime"),
}


class Line(Struct, frozen=True):
    """A line as the rules see it: its share of the basis, in exact minor units, and why it has none."""

    line_id: str
    basis: Exact
    reason: str | None = None
    sku: str | None = None
    category: str | None = None


class Standing(Struct, frozen=True):
    """A tier that somebody held; `factor`, a decimal, multiplies what his purchases earn."""

    key: str
    factor: str = "1"


class Occasion(Struct, frozen=True):
    """What the rules may look at: a purchase, or (`action`) something else that a member did.

    `basis` is the earning basis in exact minor units. `at` is in the programme's zone. `room`: what is left under each
    rule that counts within a period; one that is not named has all of it.
    """

    basis: Exact
    lines: list[Line]
    at: datetime | None = None
    tier: Standing | None = None
    segments: frozenset[str] = frozenset()
    first: bool = False
    action: str | None = None
    room: dict[str, int] = {}


class Asked(Struct, frozen=True):
    """What a rule is asked about: the basis of its matching lines, and the points that they have so far.

    Of a cap: the points of all its rules. `room`: what is left of what it counts within a period.
    """

    occasion: Occasion
    basis: Exact
    points: Exact
    room: int


class Earned(Struct, frozen=True):
    """What one rule gives (a cap: takes, below 0), exactly and unrounded; or the reason why it does not speak."""

    points: Exact
    steps: Exact | None = None
    reason: str | None = None


class Counted(Struct, frozen=True):
    """What a rule counts within each period: at most so many."""

    per: Per
    limit: int


class EarningKind(Protocol):
    """The settings of one rule.

    `title` and `about`, marked for translation, are what the panel offers the kind by. `stage` and `on` say where in
    the order of the arithmetic it is asked, and about what. A bonus may have properties `maturity` and `expiry`, a cap
    a field `rules`, and whoever counts a property `counted`.
    """

    stage: ClassVar[Stage]
    on: ClassVar[On]
    title: ClassVar[str]
    about: ClassVar[str]

    def earned(self, asked: Asked) -> Earned:
        """Give the exact points of this rule; rounding comes once, later."""
        ...


KINDS: Registry[type[EarningKind]] = Registry("earning rule", "loyalty.earning.kinds")
