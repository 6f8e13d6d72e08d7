"""What goes over the wire about segments. Money in conditions is a decimal there, and stored in minor units."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from loyalty.errors import Invalid
from loyalty.segments.condition import CONDITIONS, MOST_CONDITIONS
from loyalty.segments.facts import InSegment, SegmentFacts
from loyalty.web.bounds import Money, Word, decimal_text, minor_units

_EXAMPLE = [{"kind": "orders", "at_least": 3, "days": 365}, {"kind": "last_purchase_before", "days": 90}]
Conditions = Annotated[
    list[dict[str, Any]],
    Meta(
        min_length=1,
        max_length=MOST_CONDITIONS,
        description="All must hold. Each is a `kind` with its settings; `GET /v1/segment-conditions` lists them.",
        examples=[_EXAMPLE],
    ),
]
Slug = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*(?!\\n)$",
        max_length=64,
        description="For ever: it is not given again, also after the segment is deleted.",
        examples=["at-risk"],
    ),
]
_MINOR = "_minor"


class SegmentIn(Struct, forbid_unknown_fields=True):
    """A segment to define."""

    key: Slug
    name: Word
    conditions: Conditions


class SegmentChange(Struct, forbid_unknown_fields=True):
    """A segment as it is to be. One that is `kept_by` something has no conditions: only its name changes."""

    name: Word
    conditions: Conditions | None = None


class PreviewIn(Struct, forbid_unknown_fields=True):
    """Conditions to try."""

    conditions: Conditions


class SegmentOut(Struct):
    """A segment. `customers` counts those in it as of `refreshed_at`; `refreshing`: it is about to be counted anew.

    `kept_by`: what says who is in it, where that is not conditions.
    """

    key: str
    name: str
    conditions: list[dict[str, Any]] | None
    kept_by: str | None
    customers: int
    refreshed_at: datetime | None
    refreshing: bool
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, segment: SegmentFacts, digits: int) -> "SegmentOut":
        """Show a segment."""
        conditions = None if segment.conditions is None else told_conditions(segment.conditions, digits)
        asked = segment.asked_at is not None
        stood = (segment.kept_by, segment.customers, segment.refreshed_at, asked)
        return cls(segment.key, segment.name, conditions, *stood, segment.created_at, segment.changed_at)


class SegmentList(Struct):
    """A page of segments, by key."""

    data: list[SegmentOut]
    next_cursor: str | None


class SegmentMemberOut(Struct):
    """Somebody in a segment.

    `id` is the service's own; `customer_ids` are this storefront's, none for those whom only others know.
    """

    id: UUID
    customer_ids: list[str]
    since: datetime | None

    @classmethod
    def of(cls, one: InSegment) -> "SegmentMemberOut":
        """Show somebody."""
        return cls(one.customer_id, one.ids, one.since)


class SegmentMembers(Struct):
    """A page of those in a segment, in the order of `id`. `customers` counts all, as of `refreshed_at`."""

    key: str
    customers: int
    refreshed_at: datetime | None
    data: list[SegmentMemberOut]
    next_cursor: str | None


class ExampleOut(Struct):
    """Somebody for whom the conditions hold."""

    id: UUID
    customer_ids: list[str]


class PreviewOut(Struct):
    """For how many customers the conditions hold now, and the first ten of them by id."""

    customers: int
    examples: list[ExampleOut]


class ConditionKindOut(Struct):
    """A kind of condition. `settings` is the JSON Schema of its fields, as they go over the wire."""

    kind: str
    title: str
    description: str
    settings: dict[str, Any]


class ConditionKinds(Struct):
    """Every kind of condition there is."""

    data: list[ConditionKindOut]
    next_cursor: str | None = None


def read_conditions(told: list[dict[str, Any]], digits: int) -> list[dict[str, Any]]:
    """Read conditions off the wire; what else is wrong with them is said when they are loaded."""
    return [_read(condition, f"/conditions/{place}", digits) for place, condition in enumerate(told)]


def _read(condition: dict[str, Any], place: str, digits: int) -> dict[str, Any]:
    amounts = _amounts(condition)
    read = {}
    for name, value in condition.items():
        if name + _MINOR in amounts and value is not None:
            read[name + _MINOR] = minor_units(_money(value, f"{place}/{name}"), digits, f"{place}/{name}")
        elif name in amounts:
            msg = f"Object contains unknown field `{name}`: amounts are decimals, under {name.removesuffix(_MINOR)!r}."
            raise Invalid(msg, pointer=place)
        elif name + _MINOR not in amounts:
            read[name] = value
    return read


def told_conditions(conditions: list[dict[str, Any]], digits: int) -> list[dict[str, Any]]:
    """Write conditions as they go over the wire."""
    return [
        {
            name.removesuffix(_MINOR): decimal_text(value, digits) if name.endswith(_MINOR) else value
            for name, value in condition.items()
        }
        for condition in conditions
    ]


def kinds_out() -> ConditionKinds:
    """Describe every kind."""
    return ConditionKinds([_kind_out(name, kind) for name, kind in CONDITIONS.all().items()])


def _kind_out(name: str, kind: Any) -> ConditionKindOut:  # noqa: ANN401 - a struct with a title
    _, described = msgspec.json.schema_components([kind])
    schema = dict(next(iter(described.values())))
    fields = {}
    for field, about in schema.get("properties", {}).items():
        money = {"title": about.get("title", field), "type": ["string", "null"], "examples": ["84.00"]}
        fields[field.removesuffix(_MINOR)] = money if field.endswith(_MINOR) else about
    settings = {
        "type": "object",
        "properties": fields,
        "required": [field.removesuffix(_MINOR) for field in schema.get("required", [])],
        "additionalProperties": False,
    }
    return ConditionKindOut(name, kind.title, (kind.__doc__ or "").strip(), settings)


def _amounts(condition: dict[str, Any]) -> set[str]:
    name = condition.get("kind")
    kind = CONDITIONS.find(name) if isinstance(name, str) else None
    if kind is None:
        return set()
    return {field for field in kind.__struct_fields__ if field.endswith(_MINOR)}  # type: ignore[attr-defined]


def _money(value: object, pointer: str) -> str:
    try:
        return msgspec.convert(value, Money)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer=pointer) from None
