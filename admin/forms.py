"""Forms drawn from the fields of a kind (of condition, rule, reward): blank, filled with settings, and read back.

    form = draw("orders", Orders, {"at_least": 2}, f, program, prefix="c0-")     # to show
    form, settings = read("orders", Orders, said, f, program, prefix="c0-")      # what was posted

`settings` is what is stored (JSON-ready, checked by the struct), None while something is wrong: then `form` has what
was written, with the errors beside the fields. `parts/kind_form.html` draws one: `{{ kind_fields(form) }}`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from admin.form_fields import FieldSpec, Shape, fields_of
from admin.format import Format
from loyalty.programs.facts import ProgramFacts

# Of fields whose choices are not in the code, (value, label) of each: the segments that there are.
Offered = Mapping[str, Sequence[tuple[str, str]]]
# What a form says: of each name every value, since boxes share one.
Said = Mapping[str, Sequence[str]]
_PLAIN = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


class Wrong(Exception):
    """What is written in a field cannot be; the message says what to write."""


@dataclass(frozen=True)
class Input:
    """A field to draw. `value` is as written, or `chosen` of `options`; `options` are (value, label).

    Where a choice takes a number, `count` is what is written there.
    """

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
    count: str = ""


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
            elif one.shape == "counted":
                values = [*values, *([one.count] if one.count else [])]
            if values:
                text = ", ".join(values).replace("\n", ", ")
                said.append((one.label, f"{text} {one.unit}".strip()))
        return said


def said_in(form: Any) -> dict[str, list[str]]:  # noqa: ANN401 - Litestar's form data
    """Read what was posted, without white space around it."""
    said: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        said.setdefault(name, []).append(str(value).replace("\r\n", "\n").strip())
    return said


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
        inputs.append(_input(spec, _written(spec, value, program, f), f, program, prefix))
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
        count = (said.get(f"{prefix}{spec.name}-n") or [""])[-1] if spec.shape == "counted" else ""
        error = ""
        try:
            value = _counted(spec, texts, count, f) if spec.shape == "counted" else _read(spec, texts, f, program)
            if value is not None:
                settings[spec.name] = value
        except Wrong as wrong:
            error = str(wrong)
        inputs.append(replace(empty, value=texts[-1] if texts else "", chosen=texts, error=error, count=count))
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
        value=texts[0] if texts else "",
        chosen=texts[:1] if spec.shape == "counted" else texts,
        count="".join(texts[1:]) if spec.shape == "counted" else "",
    )


def _written(spec: FieldSpec, value: Any, program: ProgramFacts, f: Format) -> list[str]:  # noqa: ANN401 - JSON
    """Write a stored value as its field shows it."""
    if value is None or value is False:
        return []
    if spec.shape in {"lines", "choices"}:
        items = [str(item) for item in value]
        return items if spec.shape == "choices" or not items else ["\n".join(items)]
    if spec.shape == "counted":
        said = msgspec.to_builtins(value)
        return [str(said["kind"]), *(str(said[name]) for name in [spec.counts.get(said["kind"])] if name in said)]
    text = "on" if value is True else str(value)
    if spec.shape == "money":
        text = f"{Decimal(text).scaleb(-program.digits):.{program.digits}f}"
    if spec.shape in {"money", "decimal"}:
        text = _with_mark(text, f)
    elif spec.shape == "instant":
        text = datetime.fromisoformat(text).astimezone(program.zone).strftime("%Y-%m-%dT%H:%M")
    elif spec.shape == "time":
        text = text.removesuffix(":00")
    return [text]


def _read(spec: FieldSpec, texts: list[str], f: Format, program: ProgramFacts) -> Any:  # noqa: ANN401 - JSON
    """Read what is written in a field; None: nothing is, and nothing has to be."""
    if spec.shape == "yes_no":
        return bool(texts)
    if spec.shape not in {"choices", "lines"} and not texts:
        if spec.optional:
            return None
        raise Wrong(f.words.gettext("This is needed."))
    value: object
    if spec.shape == "choices":
        value = [choice for choice, _ in spec.choices if str(choice) in texts]
    elif spec.shape == "choice":
        value = next((choice for choice, _ in spec.choices if str(choice) == texts[-1]), texts[-1])
    elif spec.shape == "lines":
        value = list(dict.fromkeys(line.strip() for line in "\n".join(texts).split("\n") if line.strip()))
    else:
        value = _value(spec.shape, texts[-1], program)
    try:
        if value is None:
            raise Wrong(_what_to_write(spec, f, program))
        msgspec.convert(value, spec.type, strict=False)
    except msgspec.ValidationError:
        raise Wrong(_what_to_write(spec, f, program)) from None
    return value


def _counted(spec: FieldSpec, texts: list[str], count: str, f: Format) -> Any:  # noqa: ANN401 - JSON
    """Read a choice and the number beside it."""
    if not texts and spec.optional:
        return None
    chosen = texts[-1] if texts else ""
    if chosen not in {value for value, _ in spec.choices}:
        raise Wrong(f.words.gettext("Choose what is offered."))
    value: dict[str, object] = {"kind": chosen}
    if chosen in spec.counts:
        number = _whole(count)
        if number is None:
            raise Wrong(f.words.gettext("Write a whole number."))
        value[spec.counts[chosen]] = number
    try:
        msgspec.convert(value, spec.type)
    except msgspec.ValidationError:
        raise Wrong(f.words.gettext("Write a whole number.")) from None
    return value


def _value(shape: Shape, text: str, program: ProgramFacts) -> object:
    """Read a number, an amount, a date; None when it is none."""
    readers: dict[Shape, Callable[[], object]] = {
        "number": lambda: _whole(text),
        "money": lambda: _exact(text, program.digits),
        "decimal": lambda: _exact(text, None),
        "day": lambda: date.fromisoformat(text).isoformat(),
        "time": lambda: time.fromisoformat(text).isoformat(),
        "instant": lambda: _instant(text, program.zone),
    }
    try:
        return readers[shape]() if shape in readers else text
    except (ValueError, OverflowError):
        return None


def _whole(text: str) -> int | None:
    plain = "".join(text.split())
    return int(plain) if _PLAIN.fullmatch(plain) and "." not in plain else None


def _exact(text: str, digits: int | None) -> object:
    """Read a decimal, with a comma or a point; of money in minor units, and no more decimals than the currency has."""
    plain = "".join(text.split()).replace(",", ".")
    if not _PLAIN.fullmatch(plain):
        return None
    if digits is None:
        return str(Decimal(plain))
    minor = Decimal(plain).scaleb(digits)
    return None if minor % 1 else int(minor)


def _instant(text: str, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC).isoformat()


def _with_mark(text: str, f: Format) -> str:
    return text.replace(".", ",") if f.language == "fr" else text


def _what_to_write(spec: FieldSpec, f: Format, program: ProgramFacts) -> str:
    """Say what a field takes."""
    words = f.words
    if spec.shape == "number" and spec.low is not None and spec.high is not None:
        low, high = f.number(spec.low), f.number(spec.high)
        return words.gettext("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
    if spec.shape in {"money", "decimal"}:
        example = "1.5" if spec.shape == "decimal" else f"{84:.{program.digits}f}"
        return words.gettext("Write an amount, as %(example)s.", example=_with_mark(example, f))
    said: dict[Shape, str] = {
        "number": words.gettext("Write a whole number."),
        "choice": words.gettext("Choose what is offered."),
        "choices": words.gettext("Choose what is offered."),
        "day": words.gettext("Write a date or time that there is."),
        "instant": words.gettext("Write a date or time that there is."),
        "time": words.gettext("Write a date or time that there is."),
    }
    if spec.shape in said:
        return said[spec.shape]
    if spec.note or spec.most is None:
        return words.gettext("Write it as the note says.")
    return words.gettext("Write at most %(most)s characters.", most=f.number(spec.most))
