"""The policies of a programme: checked on the way in, told where they differ, read back as they were."""

from typing import Any

import msgspec
import pytest

from loyalty.errors import Invalid
from loyalty.programs.policies import (
    AfterDays,
    AfterMonths,
    Basis,
    EndOfMonth,
    EndOfYear,
    Inactivity,
    OnDelivery,
    Policies,
    basis_of,
    policies_from,
)

CHANGED = [
    Policies(maturity=AfterDays(14), expiry=AfterDays(30)),
    Policies(maturity=OnDelivery(), expiry=AfterMonths(12)),
    Policies(maturity=OnDelivery(3), expiry=EndOfMonth(1)),
    Policies(expiry=EndOfYear(2)),
    Policies(expiry=Inactivity(365), restore_grace_days=7),
    Policies(debt="clamp", spent_points="full", on_leaving="forfeit", guest_window="three_months"),
    Policies(activity_window_days=90),
    Policies(basis_includes_tax=True, basis_includes_shipping=True, reward_lowers_basis=False),
]


@pytest.mark.parametrize("policies", CHANGED)
def test_policies_are_read_as_they_were_told(policies: Policies) -> None:
    told = msgspec.json.decode(msgspec.json.encode(policies.told))
    assert policies_from(told) == policies
    assert len(told) > 0


def test_only_what_differs_is_told() -> None:
    assert Policies().told == {}
    assert Policies(expiry=AfterDays(30), debt="allow").told == {"expiry": {"kind": "days", "days": 30}}
    assert policies_from({}) == Policies()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"expiries": {}}, "expiries"),
    ({"expiry": {"kind": "weeks", "weeks": 1}}, "weeks"),
    ({"expiry": {"kind": "days", "days": 0}}, r"\$\.expiry\.days"),
    ({"expiry": {"kind": "days", "days": 30, "months": 1}}, "months"),
    ({"expiry": {"kind": "days"}}, "days"),
    ({"maturity": {"kind": "never"}}, "never"),
    ({"debt": "forgive"}, "forgive"),
    ({"restore_grace_days": -1}, "restore_grace_days"),
    ({"guest_window": 30}, "guest_window"),
    ({"activity_window_days": 0}, "activity_window_days"),
    ({"activity_window_days": 3651}, "activity_window_days"),
]


@pytest.mark.parametrize(("stored", "named"), WRONG)
def test_policies_that_cannot_be_are_refused_by_name(stored: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid, match=named) as refused:
        policies_from(stored)
    assert refused.value.pointer == "/policies"


@pytest.mark.parametrize(
    ("told", "basis"),
    [
        (None, Basis()),
        ({}, Basis()),
        ({"debt": "clamp"}, Basis()),
        ({"basis_includes_tax": True, "debt": "clamp"}, Basis(basis_includes_tax=True)),
        ({"reward_lowers_basis": False}, Basis(reward_lowers_basis=False)),
        (Policies(basis_includes_shipping=True), Basis(basis_includes_shipping=True)),
    ],
)
def test_the_basis_is_taken_from_what_an_award_stored(told: dict[str, Any] | Policies | None, basis: Basis) -> None:
    assert basis_of(told) == basis
