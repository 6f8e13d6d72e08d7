"""The forms that enter costs: what they were sent with, what is wrong with it, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import get_args
from uuid import UUID, uuid4, uuid5

from admin.costs.reading import day_of, decimal_of
from admin.format import Format
from kpi.inputs.facts import NewPointCost, NewSpend, SpendKind
from loyalty.programs.facts import ProgramFacts

KINDS: tuple[SpendKind, ...] = get_args(SpendKind)
LONGEST_CHANNEL = 128
LONGEST_NOTE = 256
_FINEST = 6
_FINEST_PERCENT = 4
_WHOLE = 100


@dataclass(frozen=True)
class PointCostForm:
    """The fields as they were filled in; `errors` by field."""

    from_on: str = ""
    cost: str = ""
    breakage: str = "0"
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_wrong(self) -> str:
        """Name the field that gets the focus."""
        return next((name for name in ("from_on", "cost", "breakage") if name in self.errors), "")


@dataclass(frozen=True)
class SpendForm:
    """The same of money spent. `key` is new with every form, so that sending one twice enters it once."""

    kind: str = ""
    booked_on: str = ""
    amount: str = ""
    channel: str = ""
    note: str = ""
    key: str = field(default_factory=lambda: str(uuid4()))
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_wrong(self) -> str:
        """Name the field that gets the focus."""
        fields = ("kind", "booked_on", "amount", "channel", "note")
        return next((name for name in fields if name in self.errors), "")


def read_point_cost(
    said: Mapping[str, str], program: ProgramFacts, f: Format
) -> tuple[PointCostForm, NewPointCost | None]:
    """Read the form; what it says is None when something is wrong with it."""
    from_on, cost_said, breakage = (said.get(name, "").strip() for name in ("from_on", "cost", "breakage"))
    form = PointCostForm(from_on, cost_said, breakage)
    words, errors = f.words, {}
    day, cost = day_of(form.from_on), decimal_of(form.cost, f, _FINEST)
    percent = decimal_of(form.breakage, f, _FINEST_PERCENT)
    if day is None:
        errors["from_on"] = words.gettext("Choose a day.")
    if cost is None:
        errors["cost"] = words.gettext(
            "Write an amount in %(currency)s with at most six decimals, as %(example)s.",
            currency=f.currency,
            example=f.number(0.005, 3),
        )
    if percent is None or percent > _WHOLE:
        errors["breakage"] = words.gettext("Write a number from 0 to 100 with at most four decimals.")
    if day is None or cost is None or percent is None or errors:
        return replace(form, errors=errors), None
    return form, NewPointCost(day, cost.scaleb(program.digits), percent / _WHOLE)


def read_spend(said: Mapping[str, str], program: ProgramFacts, f: Format) -> tuple[SpendForm, NewSpend | None]:
    """Read the form; what it says is None when something is wrong with it."""
    kind, booked_on, amount = (said.get(name, "").strip() for name in ("kind", "booked_on", "amount"))
    channel, note = (" ".join(said.get(name, "").split()) for name in ("channel", "note"))
    form = SpendForm(kind, booked_on, amount, channel, note, said.get("key", ""))
    words, errors = f.words, {}
    known, day = next((one for one in KINDS if one == kind), None), day_of(booked_on)
    money = decimal_of(amount, f, program.digits)
    if known is None:
        errors["kind"] = words.gettext("Choose what the money was for.")
    if day is None:
        errors["booked_on"] = words.gettext("Choose a day.")
    if money is None:
        errors["amount"] = words.gettext(
            "Write an amount in %(currency)s, as %(example)s; 0 says that nothing was spent.",
            currency=f.currency,
            example=f.number(1234.5, program.digits),
        )
    for name, text, longest in (("channel", channel, LONGEST_CHANNEL), ("note", note, LONGEST_NOTE)):
        if len(text) > longest or not text.isprintable():
            errors[name] = words.gettext("Write at most %(most)s characters.", most=f.number(longest))
    if not _is_key(form.key):
        errors[""] = words.gettext("The form was not complete. Send it again.")
    if known is None or day is None or money is None or errors:
        return replace(form, key=str(uuid4()), errors=errors), None
    minor = int(money.scaleb(program.digits))
    return form, NewSpend(_spend_id(form), known, day, minor, channel or None, note or None)


def _spend_id(form: SpendForm) -> str:
    """Name an entry by its form and what it says: sent twice it is one entry, changed and sent again it is another."""
    told = f"{form.kind}\n{form.booked_on}\n{form.amount}\n{form.channel}\n{form.note}"
    return f"panel/{uuid5(UUID(form.key), told)}"


def _is_key(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
