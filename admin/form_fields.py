"""The fields of a kind's settings, as its struct declares them: what each is called, and how it is asked for.

Titles and notes are the `title` and `description` of a field's `msgspec.Meta`, in English and marked for translation
(`mark`); `extra={"choices": {"monday": mark("Monday")}}` names the choices of a `Literal`;
`extra={"shape": "decimal"}` asks for a text as for another shape. A field whose name ends in `_minor` is money of the
programme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import inspect

Shape = Literal["yes_no", "number", "money", "decimal", "text", "lines", "choice", "choices", "day", "instant", "time"]
_SHAPES: Mapping[type[inspect.Type], Shape] = {
    inspect.BoolType: "yes_no",
    inspect.IntType: "number",
    inspect.FloatType: "decimal",
    inspect.DecimalType: "decimal",
    inspect.StrType: "text",
    inspect.LiteralType: "choice",
    inspect.DateType: "day",
    inspect.DateTimeType: "instant",
    inspect.TimeType: "time",
}
_NUMBERS = (inspect.IntType, inspect.FloatType)


@dataclass(frozen=True)
class FieldSpec:
    """One field. `optional` ones may be left empty, and are no settings then. `most`: characters of a text."""

    name: str
    shape: Shape
    title: str
    note: str
    example: str
    optional: bool
    default: object
    type: Any
    choices: Sequence[tuple[Any, str]] = ()
    low: float | None = None
    high: float | None = None
    most: int | None = None


@cache
def fields_of(kind: type[msgspec.Struct]) -> Sequence[FieldSpec]:
    """Read the fields off a struct, in its order; a type that no form can ask for is a mistake of the programmer."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - what a struct is
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return [_spec(field, types[field.name]) for field in described.fields]


def _spec(field: inspect.Field, declared: object) -> FieldSpec:
    told: dict[str, Any] = {}
    core = _unwrapped(field.type, told)
    shape, core = _shape(field.name, core, told)
    default = field.default
    if default is msgspec.NODEFAULT:
        default = None if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    name = field.name.removesuffix("_minor")
    named = told.get("choices", {})
    values = sorted(core.values, key=str) if isinstance(core, inspect.LiteralType) else []
    if named:  # in the order in which they are named
        values = sorted(values, key=list(named).index)
    low, high = (core.ge, core.le) if isinstance(core, _NUMBERS) else (None, None)
    return FieldSpec(
        name=field.name,
        shape=shape,
        title=told.get("title") or name.replace("_", " ").capitalize(),
        note=told.get("description", ""),
        example=str((told.get("examples") or [""])[0]),
        optional=not field.required or told.get("nullable", False),
        default=default,
        type=declared,
        choices=[(value, named.get(value, str(value))) for value in values],
        low=low,
        high=high,
        most=core.max_length if isinstance(core, inspect.StrType) else None,
    )


def _unwrapped(kind: inspect.Type, told: dict[str, Any]) -> inspect.Type:
    """Take off what only describes a type; the outermost word counts."""
    while True:
        if isinstance(kind, inspect.Metadata):
            told |= {**(kind.extra_json_schema or {}), **(kind.extra or {}), **told}
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            inner = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            if len(inner) != 1:
                return kind
            told["nullable"] = True
            kind = inner[0]
        else:
            return kind


def _shape(name: str, core: inspect.Type, told: dict[str, Any]) -> tuple[Shape, inspect.Type]:
    if isinstance(core, inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType):
        item = _unwrapped(core.item_type, told)
        if isinstance(item, inspect.LiteralType):
            return "choices", item
        if isinstance(item, inspect.StrType):
            return "lines", item
    elif isinstance(core, inspect.IntType) and name.endswith("_minor"):
        return "money", core
    elif isinstance(core, inspect.StrType) and "shape" in told:
        return told["shape"], core
    elif type(core) in _SHAPES:
        return _SHAPES[type(core)], core
    msg = f"No form can ask for {name!r}, a {type(core).__name__}."
    raise TypeError(msg)
