"""The value of one field of a form: written as its input shows it, and read back as it is stored."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from admin.form_fields import FieldSpec, Shape
from admin.format import Format
from loyalty.clock import LAST_DAY
from loyalty.programs.facts import ProgramFacts

_FIRST_DAY = date(1, 1, 3)
_PLAIN = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


class Wrong(Exception):
    """What is written in a field cannot be; the message says what to write."""


def written(spec: FieldSpec, value: Any, program: ProgramFacts, f: Format) -> list[str]:  # noqa: ANN401 - JSON
    """Write a stored value as its field shows it."""
    if value is None or value is False:
        return []
    if spec.shape in {"lines", "choices"}:
        items = [str(item) for item in value]
        return items if spec.shape == "choices" or not items else ["\n".join(items)]
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


def read_value(spec: FieldSpec, texts: list[str], f: Format, program: ProgramFacts) -> Any:  # noqa: ANN401 - JSON
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


def _value(shape: Shape, text: str, program: ProgramFacts) -> object:
    """Read a number, an amount, a date; None when it is none."""
    readers: dict[Shape, Callable[[], object]] = {
        "number": lambda: _whole(text),
        "money": lambda: _exact(text, program.digits),
        "decimal": lambda: _exact(text, None),
        "day": lambda: _near(date.fromisoformat(text)).isoformat(),
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
    _near(at.date())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC).isoformat()


def is_near(day: date) -> bool:
    """Tell whether a day is none at the ends of time: of those, other zones and the days beside cannot be told."""
    return _FIRST_DAY <= day <= LAST_DAY


def _near(day: date) -> date:
    if not is_near(day):
        raise ValueError(day)
    return day


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
