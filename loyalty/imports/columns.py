"""What stands in a cell: text into ids, instants and exact minor units, or the reason why not.

The bounds are those of the HTTP border (`web/bounds.py`), so a file cannot bring in what the API would refuse.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from loyalty.programs.facts import ProgramFacts
from loyalty.web.bounds import Currency, Email, Language, PersonName, Reason, ShopId, Word

# Sums of a programme's whole life stay far below 2^63.
MAX_MINOR = 10**15
_SHOWN = 40
_SHORT = 128
_DECIMAL = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}

Read = Callable[[str, ProgramFacts], Any]


class BadValue(Exception):
    """A cell, or the whole row, cannot mean anything; `code` is lasting, the message is for a person."""

    def __init__(self, code: str, message: str, column: str | None = None) -> None:
        """Say what is wrong, and in which column if it is one's."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.column = column


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file. Columns with the same `field` are alternatives: a file has one of them.

    `required`: the file must have it. `empty`: a cell may say nothing, and then the field keeps its default.
    """

    name: str
    field: str
    read: Read
    required: bool = False
    empty: bool = True


def shown(text: str) -> str:
    """Quote what was found, short enough for a message."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def shop_id(text: str, _program: ProgramFacts) -> str:
    """Take an id as it is: a space too many would silently be another customer."""
    if text != text.strip():
        raise BadValue("bad_id", f"{shown(text)} begins or ends with a space, which no id should")
    # What nearly every id is, decided without a regular expression.
    if text.isascii() and text.isprintable() and len(text) <= _SHORT:
        return text
    try:
        return msgspec.convert(text, ShopId)
    except msgspec.ValidationError:
        raise BadValue("bad_id", f"{shown(text)} is no id: an id has 1 to 128 printable characters") from None


def instant(text: str, _program: ProgramFacts) -> datetime:
    """Read an RFC 3339 instant; without its offset it would be another moment on every machine."""
    text = text.strip()
    try:
        at = msgspec.convert(text, datetime)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        at = None
    if at is not None or _is_local(text):
        why = f"{shown(text)} has no offset: write the time with Z or +01:00 after it, like 2026-03-31T23:59:59Z"
        raise BadValue("no_offset", why)
    raise BadValue("bad_instant", f"{shown(text)} is no instant with its offset, like 2026-03-31T23:59:59Z")


def _is_local(text: str) -> bool:
    """Tell whether a text that RFC 3339 does not know is at least a day or a time without an offset."""
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def day(text: str, _program: ProgramFacts) -> datetime:
    """Read a day of the calendar; given as its midnight in UTC, by which rows can be put in order."""
    text = text.strip()
    try:
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise BadValue("bad_day", f"{shown(text)} is no day of the calendar, written YYYY-MM-DD")


def money(text: str, program: ProgramFacts) -> int:
    """Read a decimal amount into exact minor units of the programme's currency."""
    text = text.strip()
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise _no_amount(text, f"{shown(text)} is no amount: write digits with a point, like 1234.50")
    whole, decimals = found[1].lstrip("0"), (found[2] or "").rstrip("0")
    if len(decimals) > program.digits:
        raise BadValue(
            "too_many_decimals", f"{shown(text)} has more decimals than {program.currency}, which has {program.digits}"
        )
    return _bounded(whole + decimals.ljust(program.digits, "0"), text)


def minor(text: str, _program: ProgramFacts) -> int:
    """Read an amount that is in minor units already."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        raise _no_amount(text, f"{shown(text)} is no amount in minor units: write digits only, like 123450")
    return _bounded(text.lstrip("0"), text)


def _no_amount(text: str, otherwise: str) -> BadValue:
    if text.startswith("-") and _DECIMAL.fullmatch(text[1:]):
        return BadValue("negative_amount", f"{shown(text)} is negative; what was taken back comes as a refund")
    return BadValue("bad_amount", otherwise)


def _bounded(digits: str, text: str) -> int:
    if len(digits) <= len(str(MAX_MINOR)) and (amount := int(digits or 0)) <= MAX_MINOR:
        return amount
    raise BadValue("amount_too_large", f"{shown(text)} is more than {MAX_MINOR} minor units")


def flag(text: str, _program: ProgramFacts) -> bool:
    """Read true, false, 1 or 0."""
    word = text.strip().lower()
    if word in _TRUE | _FALSE:
        return word in _TRUE
    raise BadValue("bad_flag", f"{shown(text)} is neither true nor false")


def one_of(*words: str) -> Read:
    """Read one of some words, as they are written."""

    def read(text: str, _program: ProgramFacts) -> str:
        if text.strip() in words:
            return text.strip()
        raise BadValue("bad_word", f"{shown(text)} is none of {', '.join(words)}")

    return read


def _text(kind: Any, code: str, wanted: str) -> Read:  # noqa: ANN401 - an annotated type has no type
    def read(text: str, _program: ProgramFacts) -> str:
        try:
            return str(msgspec.convert(text.strip(), kind))
        except msgspec.ValidationError:
            raise BadValue(code, f"{shown(text)} is no {wanted}") from None

    return read


word = _text(Word, "bad_text", "text of 1 to 128 printable characters")
person_name = _text(PersonName, "bad_name", "name of 1 to 256 printable characters")
reason = _text(Reason, "bad_reason", "reason of 1 to 500 characters")
email = _text(Email, "bad_email", "e-mail address")
language = _text(Language, "bad_language", "language like fr or fr-CH")
currency = _text(Currency, "bad_currency", "ISO 4217 currency like EUR")
