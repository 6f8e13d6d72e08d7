"""What goes over the wire about earning rules. Amounts are decimals there: `minimum` for `minimum_minor`."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from loyalty.earning.checks import MOST_RULES
from loyalty.earning.facts import DraftFacts, DraftTold, VersionFacts
from loyalty.earning.kind import KINDS
from loyalty.earning.rule import Frame
from loyalty.errors import Invalid
from loyalty.web.bounds import Instant, Money, PersonName, decimal_text, minor_units

_MINOR = "_minor"
_RULES = [
    {"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step": "1.00"},
    {"kind": "multiplier", "id": "double-friday", "factor": "2", "weekdays": [5]},
]
Rules = Annotated[
    list[dict[str, Any]],
    Meta(
        max_length=MOST_RULES,
        description="In order. `GET /v1/earning-rule-kinds` describes what each kind says; amounts are decimals.",
        examples=[_RULES],
    ),
]

Number = Annotated[int, Meta(ge=1, le=10**9)]


class DraftIn(Struct, forbid_unknown_fields=True):
    """A draft of the next version."""

    name: PersonName
    rules: Rules
    in_force_from: Instant | None = None
    based_on: Number | None = None

    def told(self, digits: int) -> DraftTold:
        """Read it off the wire."""
        return DraftTold(self.name, read_rules(self.rules, digits), self.in_force_from, self.based_on)


class DraftChange(DraftIn, forbid_unknown_fields=True, kw_only=True):
    """A draft anew. `version`: the edit that was read; if there is a newer one, nothing is changed."""

    version: Number


class PublishIn(Struct, forbid_unknown_fields=True):
    """When a draft, seen as of its edit `version`, is to be in force: from an instant to come, or at once."""

    version: Number
    in_force_from: Instant | None = None
    allow_empty: Annotated[bool, Meta(description="Publish also without a rule: then nothing is earned.")] = False


class DraftOut(Struct):
    """A draft as it stands."""

    draft_id: UUID
    name: str
    rules: list[dict[str, Any]]
    in_force_from: datetime | None
    based_on: int | None
    version: int
    updated_at: datetime

    @classmethod
    def of(cls, draft: DraftFacts, digits: int) -> "DraftOut":
        """Show a draft."""
        return cls(
            draft.draft_id,
            draft.name,
            told_rules(draft.rules, digits),
            draft.in_force_from,
            draft.based_on,
            draft.version,
            draft.updated_at,
        )


class DraftList(Struct):
    """The drafts, the latest edited first."""

    data: list[DraftOut]
    next_cursor: str | None = None


class VersionOut(Struct):
    """A published version. `in_force_from` null: since ever. `withdrawn`: another took its place before it began."""

    version: int
    name: str | None
    state: Literal["in_force", "scheduled", "retired", "withdrawn"]
    in_force_from: datetime | None
    published_at: datetime
    rules: list[dict[str, Any]]

    @classmethod
    def of(cls, version: VersionFacts, digits: int) -> "VersionOut":
        """Show a version."""
        state: Any = version.state
        rules = told_rules(version.rules, digits)
        return cls(version.version, version.name, state, version.in_force_from, version.published_at, rules)


class VersionList(Struct):
    """Every version, newest first."""

    data: list[VersionOut]
    next_cursor: str | None = None


class RuleKindOut(Struct):
    """A kind of rule. `settings` is the JSON Schema of what a rule of that kind says, as it goes over the wire."""

    kind: str
    title: str
    stage: str
    on: str
    description: str
    settings: dict[str, Any]


class RuleKinds(Struct):
    """Every kind of rule there is."""

    data: list[RuleKindOut]
    next_cursor: str | None = None


def read_rules(told: list[dict[str, Any]], digits: int) -> list[dict[str, Any]]:
    """Read rules off the wire; what else is wrong with them is said when they are checked."""
    return [_read(rule, f"/rules/{place}", digits) for place, rule in enumerate(told)]


def _read(rule: dict[str, Any], place: str, digits: int) -> dict[str, Any]:
    amounts, read = _amounts(rule.get("kind")), {}
    for name, value in rule.items():
        if f"{name}{_MINOR}" in amounts and value is not None:
            read[f"{name}{_MINOR}"] = minor_units(_money(value, f"{place}/{name}"), digits, f"{place}/{name}")
        elif name in amounts:
            msg = f"There is no field {name!r}: amounts are decimals, under {name.removesuffix(_MINOR)!r}."
            raise Invalid(msg, pointer=f"{place}/{name}")
        elif value is not None:
            read[name] = value
    return read


def _amounts(kind: object) -> set[str]:
    found = KINDS.find(kind) if isinstance(kind, str) else None
    fields = (*Frame.__struct_fields__, *(getattr(found, "__struct_fields__", ())))
    return {field for field in fields if field.endswith(_MINOR)}


def _money(value: object, pointer: str) -> str:
    try:
        return msgspec.convert(value, Money)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), pointer=pointer) from None


def told_rules(rules: list[dict[str, Any]], digits: int) -> list[dict[str, Any]]:
    """Write rules as they go over the wire."""
    return [
        {
            name.removesuffix(_MINOR): decimal_text(value, digits) if name.endswith(_MINOR) else value
            for name, value in rule.items()
        }
        for rule in rules
    ]


def kinds_out() -> RuleKinds:
    """Describe every kind, each with what every rule may say besides."""
    frame = _schema(Frame)
    return RuleKinds([_kind_out(name, kind, frame) for name, kind in KINDS.all().items()])


def _kind_out(name: str, kind: Any, frame: dict[str, Any]) -> RuleKindOut:  # noqa: ANN401 - a struct
    own = _schema(kind)
    properties = {"kind": {"const": name}, **own.get("properties", {}), **frame.get("properties", {})}
    settings = {
        "type": "object",
        "properties": {field.removesuffix(_MINOR): _field(field, said) for field, said in properties.items()},
        "required": ["kind", *(field.removesuffix(_MINOR) for field in own.get("required", []))],
        "additionalProperties": False,
        "$defs": {**own.get("$defs", {}), **frame.get("$defs", {})},
    }
    return RuleKindOut(name, kind.title, kind.stage, kind.on, (kind.__doc__ or "").strip(), settings)


def _schema(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a struct
    [own], defs = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    name = own["$ref"].rsplit("/", 1)[-1]
    rest = {key: value for key, value in defs.items() if key != name}
    return {**defs[name], "$defs": rest}


def _field(name: str, said: dict[str, Any]) -> dict[str, Any]:
    if not name.endswith(_MINOR):
        return said
    return {
        "type": "string",
        "examples": ["50.00"],
        **{key: said[key] for key in ("title", "description") if key in said},
    }
