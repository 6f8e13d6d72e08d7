"""What a merchant may decide otherwise: the policies of a programme, checked on the way in, with their defaults.

Stored as JSON in `program.policies`. docs/decisions/0008-how-points-move.md says what each does.
"""

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

from loyalty.errors import Invalid
from loyalty.i18n import mark

Days = Annotated[int, Meta(ge=1, le=36_500)]
Delay = Annotated[int, Meta(ge=0, le=36_500)]
Months = Annotated[int, Meta(ge=0, le=1_200)]
Years = Annotated[int, Meta(ge=0, le=100)]


class _Kind(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """One choice of a policy, with its settings."""


class Immediately(_Kind, frozen=True, tag="immediately"):
    """Points can be spent when they are earned."""

    title: ClassVar[str] = mark("at once")


class AfterDays(_Kind, frozen=True, tag="days"):
    """At the midnight after so many days."""

    title: ClassVar[str] = mark("after so many days")
    days: Days


class OnDelivery(_Kind, frozen=True, tag="on_delivery"):
    """When the purchase is delivered, or at the midnight after so many days from then."""

    title: ClassVar[str] = mark("so many days after delivery")
    days: Delay = 0


class Never(_Kind, frozen=True, tag="never"):
    """Points do not expire."""

    title: ClassVar[str] = mark("never")


class AfterMonths(_Kind, frozen=True, tag="months"):
    """At the midnight after the same day so many months later, or the last day there is."""

    title: ClassVar[str] = mark("after so many months")
    months: Annotated[int, Meta(ge=1, le=1_200)]


class EndOfMonth(_Kind, frozen=True, tag="end_of_month"):
    """At the end of the n-th month after that of maturing; 0: of that month."""

    title: ClassVar[str] = mark("at the end of the month, so many months later")
    months: Months = 0


class EndOfYear(_Kind, frozen=True, tag="end_of_year"):
    """At the end of the n-th year after that of maturing; 0: of that year."""

    title: ClassVar[str] = mark("at the end of the year, so many years later")
    years: Years = 0


class Inactivity(_Kind, frozen=True, tag="inactivity"):
    """At the midnight after so many days without an earning or a redemption."""

    title: ClassVar[str] = mark("after so many days without activity")
    days: Days


Maturity = Immediately | AfterDays | OnDelivery
Expiry = Never | AfterDays | AfterMonths | EndOfMonth | EndOfYear | Inactivity
GuestWindow = Literal["none", "month", "three_months", "all"]


class Policies(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, dict=True):
    """Every policy of a programme."""

    maturity: Maturity = Immediately()
    expiry: Expiry = Never()
    debt: Literal["allow", "clamp"] = "allow"
    spent_points: Literal["prorated", "full", "none"] = "prorated"
    restore_grace_days: Delay = 0
    on_leaving: Literal["keep", "forfeit"] = "keep"
    guest_window: GuestWindow = "none"
    basis_includes_tax: bool = False
    basis_includes_shipping: bool = False
    reward_lowers_basis: bool = True
    hold_minutes: Annotated[int, Meta(ge=1, le=43_200)] = 30
    parked_alert_hours: Annotated[int, Meta(ge=1, le=8_760)] = 24
    expiry_warning_days: Annotated[int, Meta(ge=1, le=365)] = 30
    # A key figure's: for how many days after a purchase a customer counts as active.
    activity_window_days: Annotated[int, Meta(ge=1, le=3_650)] = 365

    @cached_property
    def told(self) -> dict[str, Any]:
        """The policies that differ from the defaults, JSON-ready; as awards store them."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told


class Basis(Struct, frozen=True):
    """What the earning basis of a purchase counts; that of its first award, for ever."""

    basis_includes_tax: bool = False
    basis_includes_shipping: bool = False
    reward_lowers_basis: bool = True


def policies_from(stored: dict[str, Any]) -> Policies:
    """Read policies; `Invalid` names the field that is wrong."""
    try:
        return msgspec.convert(stored, Policies)
    except msgspec.ValidationError as error:
        raise Invalid(f"These policies cannot be: {error}.", pointer="/policies") from error


def basis_of(told: dict[str, Any] | Policies | None) -> Basis:
    """Take what decides the basis from policies, or from those that an award stored."""
    if isinstance(told, Policies):
        return Basis(told.basis_includes_tax, told.basis_includes_shipping, told.reward_lowers_basis)
    return (
        msgspec.convert({name: told[name] for name in Basis.__struct_fields__ if name in told}, Basis)
        if told
        else Basis()
    )
