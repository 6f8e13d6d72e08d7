"""Forms drawn from the fields of a kind (of condition, rule, reward): blank, filled with settings, and read back.

    form = draw("orders", Orders, {"at_least": 2}, f, program, prefix="c0-")     # to show
    form, settings = read("orders", Orders, said, f, program, prefix="c0-")      # what was posted

`settings` is what is stored (JSON-ready, checked by the struct), None while something is wrong: then `form` has what
was written, with the errors beside the fields. `parts/kind_form.html` draws one: `{{ kind_fields(form) }}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import msgspec

from admin.form_fields import FieldSpec, Shape, fields_of
from admin.form_values import Wrong, read_value, written
from admin.format import Format
from loyalty.programs.facts import ProgramFacts

# As many as every version has.
_DIGITS = 9
# Of fields whose choices are not in the code, (value, label) of each: the segments that there are.
Offered = Mapping[str, Sequence[tuple[str, str]]]
# What a form says: of each name every value, since boxes share one.
Said = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Input:
    """A field to draw. `value` is as written, or `chosen` of `options`; `options` are (value, label)."""

    name: str
    shape: Shape
    label: str
    note: str
    example: str
    required: bool
    unit: str
    options: Sequence[tuple[str, str]]
    value: str = ""
    chosen: Sequence[str] = ()
    error: str = ""


@dataclass(frozen=True)
class KindForm:
    """The form of one kind. `error` is about the whole of it; `title` names the kind."""

    kind: str
    title: str
    prefix: str
    inputs: Sequence[Input] = field(default_factory=list)
    error: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether anything in it cannot be."""
        return bool(self.error) or any(one.error for one in self.inputs)

    def placed(self, prefix: str, *, calm: bool = False) -> "KindForm":
        """Give the same form under another prefix; `calm` says nothing about what is wrong so far."""
        inputs = [
            replace(one, name=prefix + one.name.removeprefix(self.prefix), error="" if calm else one.error)
            for one in self.inputs
        ]
        return replace(self, prefix=prefix, inputs=inputs, error="" if calm else self.error)

    def summary(self, yes: str, no: str) -> list[tuple[str, str]]:
        """Say (label, value) of all that is filled in."""
        said = []
        for one in self.inputs:
            names = dict(one.options)
            values = [names.get(value, value) for value in one.chosen]
            if one.shape == "yes_no":
                values = [yes if one.value else no]
            if values:
                text = ", ".join(values).replace("\n", ", ")
                said.append((one.label, f"{text} {one.unit}".strip()))
        return said


def said_in(form: Any) -> dict[str, list[str]]:  # noqa: ANN401 - Litestar's form data
    """Read what was posted, without white space around it, and without NUL, which PostgreSQL does not take."""
    said: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        said.setdefault(name, []).append(str(value).replace("\0", "").replace("\r\n", "\n").strip())
    return said


def key_in(said: Said) -> str:
    """Read the key under which a form is done once; one that no form of ours had is as good as none: a new one."""
    told = (said.get("key") or [""])[-1]
    return told if is_key(told) else str(uuid4())


def version_in(said: Said) -> int | None:
    """Read which version a form was drawn from; None where it does not say."""
    told = (said.get("version") or [""])[-1]
    return int(told) if told.isascii() and told.isdecimal() and len(told) <= _DIGITS else None


def is_key(text: str) -> bool:
    """Tell whether a form of ours can have had this key."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def draw(
    name: str,
    kind: type[msgspec.Struct],
    settings: Mapping[str, Any],
    f: Format,
    program: ProgramFacts,
    prefix: str = "",
    offered: Offered | None = None,
) -> KindForm:
    """Draw the form of a kind, filled with settings; `{}` gives a new one with the defaults."""
    title = f.words.gettext(getattr(kind, "title", name))
    inputs = []
    for spec in _specs(kind, offered):
        value = settings.get(spec.name, spec.default)
        inputs.append(_input(spec, written(spec, value, program, f), f, program, prefix))
    return KindForm(name, title, prefix, inputs)


def read(
    name: str,
    kind: type[msgspec.Struct],
    said: Said,
    f: Format,
    program: ProgramFacts,
    prefix: str = "",
    offered: Offered | None = None,
) -> tuple[KindForm, dict[str, Any] | None]:
    """Read a form that was posted: as it was written with what is wrong, and the settings when nothing is."""
    blank = draw(name, kind, {}, f, program, prefix, offered)
    settings: dict[str, Any] = {}
    inputs = []
    for spec, empty in zip(_specs(kind, offered), blank.inputs, strict=True):
        texts = [text for text in said.get(prefix + spec.name, []) if text]
        error = ""
        try:
            value = read_value(spec, texts, f, program)
            if value is not None:
                settings[spec.name] = value
        except Wrong as wrong:
            error = str(wrong)
        inputs.append(replace(empty, value=texts[-1] if texts else "", chosen=texts, error=error))
    form = replace(blank, inputs=inputs)
    if form.is_wrong:
        return form, None
    try:
        msgspec.convert(settings, kind)
    except msgspec.ValidationError as error:
        return replace(form, error=f.words.unfilled((str(error),))), None
    return form, settings


def _specs(kind: type[msgspec.Struct], offered: Offered | None) -> Sequence[FieldSpec]:
    """Give the fields, those that are offered something as boxes of it."""
    return [
        replace(spec, shape="choices", choices=(offered or {})[spec.name]) if spec.name in (offered or {}) else spec
        for spec in fields_of(kind)
    ]


def _input(spec: FieldSpec, texts: list[str], f: Format, program: ProgramFacts, prefix: str) -> Input:
    words = f.words
    return Input(
        name=prefix + spec.name,
        shape=spec.shape,
        label=words.gettext(spec.title),
        note=words.gettext(spec.note) if spec.note else "",
        example=spec.example,
        required=not spec.optional and spec.shape not in {"yes_no", "choices"},
        unit=program.currency if spec.shape == "money" else "",
        options=[(str(value), words.gettext(label)) for value, label in spec.choices],
        value=texts[-1] if texts else "",
        chosen=texts,
    )
