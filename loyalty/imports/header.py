"""The header of a file: which column is which, which are missing, which mean nothing to us."""

from dataclasses import dataclass

from loyalty.errors import Invalid
from loyalty.imports.columns import Column, shown
from loyalty.imports.files import Row
from loyalty.imports.kind import ImportKind

# The same bound as the HTTP border puts on a key of metadata.
_MAX_KEY = 128
# What we put before the columns of a file of refused rows: when that comes back, repaired, they say nothing.
ERROR_COLUMNS = ("error_row", "error_code", "error_message")
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


class BadHeader(Invalid):
    """The file as a whole cannot be read: its columns are not those of its kind."""

    code = "bad_header"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one file stand."""

    width: int
    known: list[tuple[int, Column]]
    # By place and name: what becomes metadata.
    kept: list[tuple[int, str]]
    # The columns that name a row in the file of errors.
    ids: list[int]
    ignored: list[str]
    names: list[str]
    # A file of refused rows that came back: its cells were guarded against spreadsheets.
    repaired: bool = False
    # Rows are objects: what has no column is in `Row.more`, and whether it is kept.
    keeps_more: bool = False


def layout_of_objects(kind: type[ImportKind]) -> Layout:
    """Lay out the rows of a file of objects: a field for every column."""
    names = [column.name for column in kind.columns]
    known = list(enumerate(kind.columns))
    ids = [names.index(name) for name in kind.ids]
    return Layout(len(names), known, [], ids, [], names, keeps_more=kind.keeps_unknown)


def layout_of(header: Row | None, kind: type[ImportKind]) -> Layout:
    """Check a header; `BadHeader` names everything that is missing, and what was found instead."""
    names = _names(header)
    known = {column.name: column for column in kind.columns}
    places = {name: place for place, name in enumerate(names) if name}
    _check_needed(names, kind)
    repaired = names[: len(ERROR_COLUMNS)] == list(ERROR_COLUMNS)
    ours = ERROR_COLUMNS if repaired else ()
    kept = [(place, name) for name, place in places.items() if name not in known and name not in ours and is_key(name)]
    if not kind.keeps_unknown:
        kept = []
    used = {places[name] for name in (*known, *ours) if name in places} | {place for place, _ in kept}
    return Layout(
        width=len(names),
        known=[(places[name], column) for name, column in known.items() if name in places],
        kept=kept,
        ids=[places[name] for name in kind.ids],
        ignored=[name or f"(column {n + 1}, without a name)" for n, name in enumerate(names) if n not in used],
        names=names[len(ours) :],
        repaired=repaired,
    )


def _names(header: Row | None) -> list[str]:
    if header is None:
        msg = "The file is empty; its first row has the names of the columns."
        raise BadHeader(msg)
    text = "".join(header.fields)
    if header.problem is not None or not text.isprintable():
        why = header.problem.message if header.problem else f"it reads {shown(text)}"
        msg = f"The first row cannot be the names of columns ({why}). Save the file as CSV in UTF-8."
        raise BadHeader(msg)
    names = [name.strip() for name in header.fields]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        msg = f"The file has more than one column named {', '.join(twice)}."
        raise BadHeader(msg)
    return names


def _check_needed(names: list[str], kind: type[ImportKind]) -> None:
    missing = []
    for field in dict.fromkeys(column.field for column in kind.columns):
        choices = [column.name for column in kind.columns if column.field == field]
        found = [name for name in choices if name in names]
        if len(found) > 1:
            msg = f"The file has both {' and '.join(found)}, which say the same; leave one out."
            raise BadHeader(msg)
        if not found and any(column.required for column in kind.columns if column.field == field):
            missing.append(" or ".join(choices))
    if missing:
        listed = ", ".join(name or "(no name)" for name in names)
        msg = f"Missing columns: {', '.join(missing)}. Found: {listed}.{_separator(names)}"
        raise BadHeader(msg)


def _separator(names: list[str]) -> str:
    for sign, word in _OTHER_SEPARATORS.items():
        if len(names) == 1 and sign in names[0]:
            return f" The columns seem to be separated by {word}; they must be by commas."
    return ""


def is_key(name: str) -> bool:
    """Tell whether a name can be one of metadata."""
    return 1 <= len(name) <= _MAX_KEY and name.isprintable()
