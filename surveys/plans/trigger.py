"""What triggers a survey: a frozen struct of settings, registered under a lasting name, with one method.

A new kind is one file in `triggers/`. Its settings are the fields of the struct, stored as JSONB under `kind`.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Protocol
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.registry import Registry
from surveys.plans.times import FRESH

Days = Annotated[
    int,
    Meta(ge=0, le=365, title=mark("Days after"), description=mark("Local days after it happened; 0: at once.")),
]
Direction = Literal["up", "down"]


class News(Struct, frozen=True):
    """What happened to a customer, as it is known when the news is handed over.

    `at` is when it happened, not when it was told. `rank`: the purchase's place among those that were kept, from 1.
    `direction`: whether a change of tier was to a higher one.
    """

    event_id: UUID
    type: str
    customer_id: UUID
    at: datetime
    recorded_at: datetime
    occasion: str
    origin: str = "live"
    test: bool = False
    rank: int = 0
    direction: Direction | None = None
    purchase_id: UUID | None = None

    @property
    def fresh(self) -> bool:
        """Whether it was told as it happened: a shop that moves in asks nobody."""
        return self.origin == "live" and not self.test and self.recorded_at - self.at <= FRESH


class Trigger(Protocol):
    """A kind of trigger. `events`: the types of events that it looks at; none: it is asked for."""

    title: ClassVar[str]
    events: ClassVar[frozenset[str]]
    days: int

    def holds(self, news: News) -> bool:
        """Tell whether that is what the survey asks about. It is fresh, and of one of `events`."""


TRIGGERS: Registry[type[Any]] = Registry("trigger", "surveys.plans.triggers")


def load(told: dict[str, Any]) -> Trigger:
    """Make a trigger of its stored settings; `Invalid` names the kinds there are, or what is wrong."""
    settings = dict(told)
    kind = settings.pop("kind", None)
    found = TRIGGERS.find(kind) if isinstance(kind, str) else None
    if found is None:
        msg = f"There is no trigger of kind {kind!r}; the kinds are: {', '.join(TRIGGERS.all())}."
        raise Invalid(msg, pointer="/trigger/kind")
    try:
        made: Trigger = msgspec.convert(settings, found)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer="/trigger") from error
    return made


def triggered(trigger: Trigger, news: News) -> bool:
    """Tell whether news triggers a survey."""
    return news.type in trigger.events and news.fresh and trigger.holds(news)


def events_looked_at() -> frozenset[str]:
    """Name the events that any kind looks at."""
    return frozenset().union(*(kind.events for kind in TRIGGERS))
