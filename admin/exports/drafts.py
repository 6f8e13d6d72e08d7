"""An export while it is asked for: the fields of the form, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from admin.format import Format
from admin.forms import Said
from loyalty.exports.facts import FIRST_DAY, LAST_DAY, NewExport
from loyalty.exports.kind import KINDS
from loyalty.programs.staff import StorefrontFacts
from loyalty.segments.facts import SegmentFacts


@dataclass(frozen=True)
class Draft:
    """The fields as they were filled in; `errors` by field, `""` for the whole. `wanted`: what to ask for."""

    kind: str = "members"
    storefront: str = ""
    form: str = "csv"
    from_on: str = ""
    to_on: str = ""
    segment: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    wanted: NewExport | None = None


def draft_from(
    said: Said, storefronts: Sequence[StorefrontFacts], segments: Sequence[SegmentFacts], f: Format
) -> Draft:
    """Read the form, and tell what is wrong with it."""
    words, errors = f.words, dict[str, str]()
    kind = KINDS.find(_last(said, "kind"))
    chosen = next((one.name for one in storefronts if one.name == _last(said, "storefront")), "")
    segment = next((one.key for one in segments if one.key == _last(said, "segment")), "")
    days: dict[str, date | None] = {}
    for name in ("from_on", "to_on"):
        text = _last(said, name)
        try:
            days[name] = _day(text) if text else None
        except ValueError:
            days[name] = None
            errors[name] = words.gettext("Choose a day.")
    if kind is None:
        errors["kind"] = words.gettext("Choose what is offered.")
    elif kind.of_storefront and not chosen:
        errors["storefront"] = words.gettext("Choose the storefront of these rows.")
    if days["from_on"] and days["to_on"] and days["from_on"] > days["to_on"]:
        errors["to_on"] = words.gettext("This day lies before the first one.")
    name, form = _last(said, "kind") if kind else "", "ndjson" if _last(said, "form") == "ndjson" else "csv"
    wanted = None
    if not errors:
        wanted = NewExport(name, "ndjson" if form == "ndjson" else "csv", **days, segment=segment or None)
    return Draft(name, chosen, form, _last(said, "from_on"), _last(said, "to_on"), segment, errors, wanted)


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(text)
    return day


def _last(said: Said, name: str) -> str:
    return (said.get(name) or [""])[-1]
