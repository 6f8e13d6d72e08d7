"""The policies while they are changed: the fields as they were written, and what is wrong with them.

Two policies are a choice with a number of its own, as `expiry` is `after … months`; the others are a number, a choice,
or yes or no. Bounds are those of the policies themselves, which have the last word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from admin.format import Format
from admin.forms import Said
from loyalty.errors import Invalid
from loyalty.programs.policies import Policies, policies_from

# Of each choice that has a number: the number's field.
NUMBERED: dict[str, dict[str, str]] = {
    "maturity": {"immediately": "", "days": "days", "on_delivery": "days"},
    "expiry": {
        "never": "",
        "days": "days",
        "months": "months",
        "end_of_month": "months",
        "end_of_year": "years",
        "inactivity": "days",
    },
}
CHOICES: dict[str, tuple[str, ...]] = {
    "debt": ("allow", "clamp"),
    "spent_points": ("prorated", "full", "none"),
    "on_leaving": ("keep", "forfeit"),
    "guest_window": ("none", "month", "three_months", "all"),
}
NUMBERS: dict[str, tuple[int, int]] = {
    "restore_grace_days": (0, 36_500),
    "hold_minutes": (1, 43_200),
    "parked_alert_hours": (1, 8_760),
    "expiry_warning_days": (1, 365),
    "activity_window_days": (1, 3_650),
}
YES_NO = ("basis_includes_tax", "basis_includes_shipping", "reward_lowers_basis")
_MOST_DIGITS = 6
_MOST = 36_500


@dataclass(frozen=True)
class Draft:
    """The fields as they were written. `wanted`: the policies that they mean, None while something is wrong."""

    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    wanted: Policies | None = None

    @property
    def first_wrong(self) -> str:
        """The first field that is wrong, in the order of the form."""
        return next((name for name in (*NUMBERED, *CHOICES, *NUMBERS) if name in self.errors), "")


def opening(policies: Policies) -> Draft:
    """Fill the form with what holds."""
    values: dict[str, str] = {}
    for name in NUMBERED:
        told = msgspec.to_builtins(getattr(policies, name))
        number = getattr(getattr(policies, name), NUMBERED[name][told["kind"]] or "kind", "")
        values |= {name: told["kind"], f"{name}_number": str(number)}
    values |= {name: str(getattr(policies, name)) for name in (*CHOICES, *NUMBERS)}
    values |= {name: "on" if getattr(policies, name) else "" for name in YES_NO}
    return Draft(values, wanted=policies)


def draft_from(said: Said, f: Format) -> Draft:
    """Read the form, and tell what is wrong with it."""
    values = {name: (said.get(name) or [""])[-1] for name in (*CHOICES, *NUMBERS, *YES_NO)}
    told: dict[str, Any] = {name: bool(values[name]) for name in YES_NO}
    errors: dict[str, str] = {}
    for name, kinds in NUMBERED.items():
        kind, number = (said.get(name) or [""])[-1], (said.get(f"{name}_number") or [""])[-1]
        values |= {name: kind, f"{name}_number": number}
        if kind not in kinds:
            errors[name] = f.words.gettext("Choose what is offered.")
            continue
        least = 0 if kind in {"on_delivery", "end_of_month", "end_of_year"} else 1
        most = {"months": 1_200, "years": 100}.get(kinds[kind], _MOST)
        found = _whole(number, least, most) if kinds[kind] else 0
        if found is None:
            errors[name] = _between(least, most, f)
        told[name] = {"kind": kind, kinds[kind]: found} if kinds[kind] else {"kind": kind}
    for name, choices in CHOICES.items():
        told[name] = values[name]
        if values[name] not in choices:
            errors[name] = f.words.gettext("Choose what is offered.")
    for name, (least, most) in NUMBERS.items():
        told[name] = _whole(values[name], least, most)
        if told[name] is None:
            errors[name] = _between(least, most, f)
    if errors:
        return Draft(values, errors)
    try:
        return Draft(values, wanted=policies_from(told))
    except Invalid:  # pragma: no cover - the bounds are the same
        return Draft(values, {"": f.words.gettext("These settings cannot be.")})


def was_said(policies: Policies) -> str:
    """Write what held when the form was drawn, for the form to bring back."""
    return msgspec.json.encode(policies.told).decode()


def was_of(said: Said) -> Policies | None:
    """Read it; None when it is not what we wrote."""
    try:
        return policies_from(msgspec.json.decode((said.get("was") or [""])[-1]))
    except (msgspec.DecodeError, Invalid):
        return None


def _whole(text: str, least: int, most: int) -> int | None:
    """Read a whole number; None when it is none, or beyond its bounds."""
    text = "".join(text.split())
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    return int(text) if least <= int(text) <= most else None


def _between(least: int, most: int, f: Format) -> str:
    return f.words.gettext(
        "Write a whole number from %(least)s to %(most)s.", least=f.number(least), most=f.number(most)
    )
