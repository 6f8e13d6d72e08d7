"""What goes over the wire about tiers. Thresholds and sums are text: whole points, or a decimal of the currency."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.actions import Held, NewFloor
from loyalty.tiers.climbs import Climbs
from loyalty.tiers.rules import progress
from loyalty.tiers.scheme import (
    MOST_TIERS,
    Calendar,
    Factor,
    Key,
    Lifetime,
    Rolling,
    Scheme,
    StoredScheme,
    Tier,
    Tongue,
    Window,
    Words,
)
from loyalty.web.bounds import Money, ShopId, decimal_text, minor_units

What = Literal["points_earned", "money_spent"]
Amount = Annotated[
    Money, Meta(description="Whole points, or money with no more decimals than the currency has, as `counts` says.")
]
_Months = Annotated[int, Meta(ge=1, le=120, description="Of a rolling window; 12 where nothing is said.")]


class WindowShown(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Which days count: so many months back, this calendar year or the one before, or all of them."""

    kind: Literal["rolling", "calendar", "lifetime"]
    months: _Months | None = None


class TierIn(Struct, forbid_unknown_fields=True):
    """One tier. `factor` multiplies what its holders' purchases earn."""

    key: Key
    name: dict[Tongue, Words]
    threshold: Amount
    factor: Factor = "1"
    benefits: dict[Tongue, Annotated[list[Words], Meta(max_length=20)]] = {}


class SchemeIn(Struct, forbid_unknown_fields=True):
    """A programme's tiers, in any order. Down only at the end of a period and `grace_days` after it."""

    counts: What
    window: WindowShown
    tiers: Annotated[list[TierIn], Meta(max_length=MOST_TIERS)]
    grace_days: Annotated[int, Meta(ge=0, le=3_650)] = 0

    def scheme(self, digits: int) -> Scheme:
        """Hand it to the rules, with amounts in minor units."""
        places = digits if self.counts == "money_spent" else 0
        tiers = [
            Tier(
                key=one.key,
                name=one.name,
                threshold=minor_units(one.threshold, places, f"/tiers/{place}/threshold"),
                factor=one.factor,
                benefits=one.benefits,
            )
            for place, one in enumerate(self.tiers)
        ]
        rolling = Rolling(self.window.months or 12)
        window: dict[str, Window] = {"rolling": rolling, "calendar": Calendar(), "lifetime": Lifetime()}
        return Scheme(self.counts, window[self.window.kind], tiers, self.grace_days)


class TierOut(Struct):
    """A tier; `rank` counts from 1 for the lowest."""

    key: str
    rank: int
    name: dict[Tongue, str]
    threshold: str
    factor: str
    benefits: dict[Tongue, list[str]]


class SchemeOut(Struct):
    """A programme's tiers, lowest first; `version` 0: it never had any."""

    version: int
    counts: What
    window: WindowShown
    grace_days: int
    tiers: list[TierOut]


class NextTier(Struct):
    """How far it is to the next tier: so much more, by the end of that day if there is one."""

    key: str
    name: dict[Tongue, str]
    missing: str
    by: date | None


class MemberTier(Struct):
    """Where a member stands. `key` null: below the lowest tier. Kept to the end of `kept_until`; null: for ever."""

    key: str | None
    name: dict[Tongue, str] | None
    since: datetime | None
    counts: What
    total: str
    in_grace: bool
    kept_until: date | None
    floor: str | None
    next: NextTier | None


class FloorIn(Struct, forbid_unknown_fields=True):
    """Hold a member at a tier at least: to the end of a local day, or for ever."""

    tier: Key
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    until: date | None = None

    def floor(self, customer_id: str) -> NewFloor:
        """Hand it to the verb."""
        return NewFloor(customer_id, self.tier, self.until, self.reason)


class FloorRecorded(Struct):
    """The answer to holding a member at a tier, or no more; a retry gets the same. `tier`: what is held now."""

    customer_id: ShopId
    tier: str | None
    floor: str | None
    until: date | None
    recorded_at: datetime
    request_id: str


def amount_text(scheme: Scheme, amount: int, digits: int) -> str:
    """Write an amount that counts, whichever it is."""
    return decimal_text(amount, digits if scheme.counts == "money_spent" else 0)


def scheme_out(stored: StoredScheme | None, digits: int) -> SchemeOut:
    """Show a programme's tiers."""
    if stored is None:
        return SchemeOut(0, "points_earned", WindowShown("lifetime"), 0, [])
    scheme = stored.scheme
    tiers = [
        TierOut(one.key, rank, one.name, amount_text(scheme, one.threshold, digits), one.factor, one.benefits)
        for rank, one in enumerate(scheme.tiers, 1)
    ]
    match scheme.window:
        case Rolling(months):
            window = WindowShown("rolling", months)
        case Calendar():
            window = WindowShown("calendar")
        case Lifetime():  # pragma: no branch - there is no other
            window = WindowShown("lifetime")
    return SchemeOut(stored.version, scheme.counts, window, scheme.grace_days, tiers)


def member_tier(climbs: Climbs, customer_id: UUID, program: ProgramFacts) -> MemberTier | None:
    """Show where a member stands; None where the programme has no tiers."""
    if climbs.scheme is None or not climbs.scheme.scheme.tiers:
        return None
    scheme, climb = climbs.scheme.scheme, climbs.climb(customer_id)
    found = progress(scheme, climb.days, climb.standing, climbs.today)
    named = {tier.key: tier.name for tier in scheme.tiers}
    floor = climb.standing.floor
    following = None
    if found.next_tier is not None and found.missing is not None:
        missing = amount_text(scheme, found.missing, program.digits)
        following = NextTier(found.next_tier, named[found.next_tier], missing, found.by)
    return MemberTier(
        key=found.tier,
        name=named.get(found.tier) if found.tier else None,
        since=climb.standing.since,
        counts=scheme.counts,
        total=amount_text(scheme, found.total, program.digits),
        in_grace=found.in_grace,
        kept_until=found.kept_until,
        floor=floor.tier if floor else None,
        next=following,
    )


def floor_answer(external_id: str, request_id: str, held: Held) -> FloorRecorded:
    """Tell what came of holding a member at a tier."""
    key, until = (held.floor.tier, held.floor.until) if held.floor else (None, None)
    return FloorRecorded(external_id, held.tier, key, until, held.recorded_at, request_id)
