"""One rule as stored: `{"kind": …}` with the kind's own settings and what every rule may say, flat in one object."""

import re
from datetime import date, datetime, time
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from loyalty.earning.kind import KINDS, Counted, EarningKind, Line, Occasion, RuleId
from loyalty.errors import Invalid
from loyalty.i18n import mark

_Word = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]+(?!\\n)$")]
_Words = Annotated[tuple[_Word, ...], Meta(max_length=1000)]


_WEEKDAYS = {
    1: mark("Monday"),
    2: mark("Tuesday"),
    3: mark("Wednesday"),
    4: mark("Thursday"),
    5: mark("Friday"),
    6: mark("Saturday"),
    7: mark("Sunday"),
}
_ONE_A_LINE = mark("One a line.")


class Frame(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every rule may say besides its kind's settings: docs/rules.md, "A rule"."""

    id: Annotated[RuleId | None, Meta(title=mark("Id"))] = None
    name: Annotated[_Word | None, Meta(title=mark("Name"), description=mark("What the staff reads; may be empty."))] = (
        None
    )
    starts_on: Annotated[date | None, Meta(title=mark("First day"))] = None
    ends_on: Annotated[date | None, Meta(title=mark("Last day"))] = None
    weekdays: Annotated[
        tuple[Literal[1, 2, 3, 4, 5, 6, 7], ...],
        Meta(
            max_length=7, title=mark("Days of the week"), description=mark("None: all."), extra={"choices": _WEEKDAYS}
        ),
    ] = ()
    from_time: Annotated[time | None, Meta(title=mark("From, time of day"))] = None
    until_time: Annotated[time | None, Meta(title=mark("Until, time of day"))] = None
    tiers: Annotated[_Words, Meta(title=mark("Tiers"), description=mark("In one of them. None: everybody."))] = ()
    segments: Annotated[_Words, Meta(title=mark("Segments"), description=mark("In one of them. None: everybody."))] = ()
    skus: Annotated[_Words, Meta(title=mark("Only these products (SKU)"), description=_ONE_A_LINE)] = ()
    categories: Annotated[_Words, Meta(title=mark("Only these categories"), description=_ONE_A_LINE)] = ()
    except_skus: Annotated[_Words, Meta(title=mark("Not these products (SKU)"), description=_ONE_A_LINE)] = ()
    except_categories: Annotated[_Words, Meta(title=mark("Not these categories"), description=_ONE_A_LINE)] = ()
    minimum_minor: Annotated[
        int,
        Meta(
            ge=0,
            le=10**15,
            title=mark("From an amount of"),
            description=mark("What these products come to must reach it."),
        ),
    ] = 0
    priority: Annotated[
        int,
        Meta(
            ge=-1000,
            le=1000,
            title=mark("Priority"),
            description=mark("Of several rules that speak alone, the one with the highest does."),
        ),
    ] = 0
    exclusive: Annotated[
        bool,
        Meta(
            title=mark("Speaks alone"),
            description=mark("Where it gives points, no other rule does, and no tier multiplies. Limits still hold."),
        ),
    ] = False

    def __post_init__(self) -> None:
        """Refuse what could never hold; a ValueError becomes a refusal with its place."""
        if self.starts_on and self.ends_on and self.starts_on > self.ends_on:
            msg = "starts_on is not after ends_on"
            raise ValueError(msg)
        if self.from_time and self.until_time and self.from_time >= self.until_time:
            msg = "from_time is before until_time; for hours around midnight make two rules"
            raise ValueError(msg)
        if (self.from_time and self.from_time.tzinfo) or (self.until_time and self.until_time.tzinfo):
            msg = "times of day are those of the programme's zone, without an offset"
            raise ValueError(msg)


_FIELD = re.compile(r"^Object (?:missing required|contains unknown) field `(\w+)`")
_FRAME = frozenset(Frame.__struct_fields__)
_ANYTHING = Frame()


class Rule:
    """One rule, ready to be asked."""

    def __init__(self, rule_id: str, kind: str, frame: Frame, settings: EarningKind) -> None:
        """Put the parts together; `load` makes them of what is stored."""
        self.id = rule_id
        self.kind = kind
        self.frame = frame
        self.settings = settings
        self.stage = settings.stage
        self.counted: Counted | None = getattr(settings, "counted", None)
        self._products = bool(frame.skus or frame.categories)
        self._excepts = bool(frame.except_skus or frame.except_categories)

    @property
    def always(self) -> bool:
        """Tell whether it has no condition of any kind, and silences nobody."""
        return msgspec.structs.replace(self.frame, id=None, name=None, priority=0) == _ANYTHING

    @cached_property
    def dated(self) -> bool:
        """Tell whether its points have dates of their own."""
        return any(getattr(self.settings, name, None) is not None for name in ("maturity", "expiry"))

    def closed(self, occasion: Occasion) -> str | None:
        """Tell why it does not hold now or for this customer, whatever was bought."""
        frame = self.frame
        not_now = self._not_at(occasion.at) if occasion.at is not None else None
        if not_now:
            return not_now
        if frame.tiers and (occasion.tier is None or occasion.tier.key not in frame.tiers):
            return "tier"
        if frame.segments and occasion.segments.isdisjoint(frame.segments):
            return "segment"
        return None

    def _not_at(self, at: datetime) -> str | None:
        frame, clock = self.frame, at.time()
        if frame.starts_on and at.date() < frame.starts_on:
            return "not_started"
        if frame.ends_on and at.date() > frame.ends_on:
            return "ended"
        if frame.weekdays and at.isoweekday() not in frame.weekdays:
            return "weekday"
        if (frame.from_time and clock < frame.from_time) or (frame.until_time and clock >= frame.until_time):
            return "time_of_day"
        return None

    def matches(self, line: Line) -> bool:
        """Tell whether a line is one that it is about. What has no basis matches nothing."""
        if not line.basis:
            return False
        frame = self.frame
        if self._products and line.sku not in frame.skus and line.category not in frame.categories:
            return False
        return not self._excepts or (line.sku not in frame.except_skus and line.category not in frame.except_categories)

    @property
    def needs_lines(self) -> bool:
        """Tell whether it can speak of nothing but named products."""
        return self._products


def load(settings: dict[str, Any], place: int = 0) -> Rule:
    """Make the rule at a place of the list of its stored settings; `Invalid` points at what is wrong."""
    name, at = settings.get("kind"), f"/rules/{place}"
    kind = KINDS.find(str(name))
    if kind is None:
        known = ", ".join(KINDS.all())
        msg = f"There is no earning rule of kind {name!r}; the kinds are: {known}."
        raise Invalid(msg, pointer=f"{at}/kind")
    own = {key: value for key, value in settings.items() if key not in _FRAME and key != "kind"}
    framing = {key: value for key, value in settings.items() if key in _FRAME}
    try:
        frame, made = msgspec.convert(framing, Frame), msgspec.convert(own, kind)
    except msgspec.ValidationError as error:
        raise refused(error, at) from error
    return Rule(frame.id or f"rule-{place + 1}", str(name), frame, made)


def refused(error: msgspec.ValidationError, at: str) -> Invalid:
    """Point at what msgspec found wrong below a place."""
    message, _, path = str(error).partition(" - at `$")
    if field := _FIELD.search(message):
        path = f"{path.rstrip('`')}.{field[1]}"
    inner = re.sub(r"[.\[]", "/", path.rstrip("`").replace("]", "").replace("...", "0"))
    # As it goes over the wire.
    return Invalid(f"{message}.", pointer=f"{at}{inner.removesuffix('_minor')}")
