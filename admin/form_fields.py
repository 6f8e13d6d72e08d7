"""The fields of a kind's settings, as its struct declares them: what each is called, and how it is asked for.

Titles and notes are the `title` and `description` of a field's `msgspec.Meta`, in English and marked for translation
(`mark`); `extra={"choices": {"monday": mark("Monday")}}` names the choices of a `Literal`, or of whole numbers in a
list; `extra={"shape": "decimal"}` asks for a text as for another shape. A field whose name ends in `_minor` is money of
the programme. One of several structs, each with at most one whole number, is a choice with a number beside it: each has
a `title`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import inspect

Shape = Literal[
    "yes_no", "number", "money", "decimal", "text", "lines", "choice", "choices", "counted", "day", "instant", "time"
]
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
    """One field. `optional` ones may be left empty, and are no settings then. `most`: characters of a text.

    `counts`: of each choice that takes a number, the name of the field that has it.
    """

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
    counts: Mapping[str, str] = field(default_factory=dict)


@cache
def fields_of(kind: type[msgspec.Struct]) -> Sequence[FieldSpec]:
    """Read the fields off a struct, in its order; a type that no form can ask for is a mistake of the programmer."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)  # noqa: S101 - what a struct is
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return [_spec(field, types[field.name]) for field in described.fields]


def _spec(told_field: inspect.Field, declared: object) -> FieldSpec:
    told: dict[str, Any] = {}
    core = _unwrapped(told_field.type, told)
    shape, core = _shape(told_field.name, core, told)
    default = told_field.default
    if default is msgspec.NODEFAULT:
        default = None if told_field.default_factory is msgspec.NODEFAULT else told_field.default_factory()
    name = told_field.name.removesuffix("_minor")
    choices, counts = _choices(core, told.get("choices", {}), shape)
    low, high = (core.ge, core.le) if isinstance(core, _NUMBERS) else (None, None)
    return FieldSpec(
        name=told_field.name,
        shape=shape,
        title=told.get("title") or name.replace("_", " ").capitalize(),
        note=told.get("description", ""),
        example=str((told.get("examples") or [""])[0]),
        optional=not told_field.required or told.get("nullable", False),
        default=default,
        type=declared,
        choices=choices,
        low=low,
        high=high,
        most=core.max_length if isinstance(core, inspect.StrType) else None,
        counts=counts,
    )


def _choices(
    core: inspect.Type, named: Mapping[Any, str], shape: Shape
) -> tuple[list[tuple[Any, str]], Mapping[str, str]]:
    """Give (value, title) of what can be chosen, and which of it takes a number under which name."""
    if isinstance(core, inspect.UnionType):
        structs = [one for one in core.types if isinstance(one, inspect.StructType)]
        counts = {str(one.tag): one.fields[0].name for one in structs if one.fields}
        return [(str(one.tag), getattr(one.cls, "title", str(one.tag))) for one in structs], counts
    if shape == "choices" and isinstance(core, inspect.IntType):
        return list(named.items()), {}
    values = sorted(core.values, key=str) if isinstance(core, inspect.LiteralType) else []
    if named:  # in the order in which they are named
        values = sorted(values, key=list(named).index)
    return [(value, named.get(value, str(value))) for value in values], {}


def _unwrapped(kind: inspect.Type, told: dict[str, Any]) -> inspect.Type:
    """Take off what only describes a type; the outermost word counts."""
    while True:
        if isinstance(kind, inspect.Metadata):
            told |= {**(kind.extra_json_schema or {}), **(kind.extra or {}), **told}
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            inner = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            told |= {"nullable": True} if len(inner) < len(kind.types) else {}
            literals = [value for one in inner if isinstance(one, inspect.LiteralType) for value in one.values]
            if len(inner) != 1:
                whole = all(isinstance(one, inspect.LiteralType) for one in inner)
                return inspect.LiteralType(tuple(literals)) if whole else inspect.UnionType(tuple(inner))
            kind = inner[0]
        else:
            return kind


def _shape(name: str, core: inspect.Type, told: dict[str, Any]) -> tuple[Shape, inspect.Type]:
    if isinstance(core, inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType):
        item = _unwrapped(core.item_type, told)
        if isinstance(item, inspect.LiteralType) or (isinstance(item, inspect.IntType) and "choices" in told):
            return "choices", item
        if isinstance(item, inspect.StrType):
            return "lines", item
    elif isinstance(core, inspect.UnionType) and all(_counts(one) for one in core.types):
        return "counted", core
    elif isinstance(core, inspect.IntType) and name.endswith("_minor"):
        return "money", core
    elif isinstance(core, inspect.StrType) and "shape" in told:
        return told["shape"], core
    elif type(core) in _SHAPES:
        return _SHAPES[type(core)], core
    msg = f"No form can ask for {name!r}, a {type(core).__name__}."
    raise TypeError(msg)


def _counts(kind: inspect.Type) -> bool:
    """Tell whether a struct is a choice that takes one whole number, or none."""
    return (
        isinstance(kind, inspect.StructType)
        and kind.tag is not None
        and [type(_unwrapped(one.type, {})) for one in kind.fields] in ([], [inspect.IntType])
    )
