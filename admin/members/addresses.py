"""What the addresses of these pages say, and how it is written there: who is looked for, and where a page begins."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from admin.pages import AnyRequest
from loyalty.errors import Invalid
from loyalty.members.people import Found, Search, State
from loyalty.members.timeline import Place

STATES: tuple[State, ...] = ("member", "left", "all")
LONGEST = 128
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def asked(request: AnyRequest) -> dict[str, str]:
    """Read an address; of what is said twice, the last counts."""
    return {name: values[-1] for name, values in request.query_params.dict().items() if values}


def with_query(path: str, said: Mapping[str, str]) -> str:
    """Write an address without what is empty."""
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{path}?{query}" if query else path


def search_of(said: Mapping[str, str]) -> Search:
    """Understand who is looked for; a state that there is not means members."""
    text = "".join(c for c in said.get("q", "") if c.isprintable()).strip()[:LONGEST]
    state = next((state for state in STATES if state == said.get("state")), STATES[0])
    after = said.get("after", "")
    return Search(text, state, _after(after) if after else None)


def search_said(search: Search) -> dict[str, str]:
    """Write a search as `search_of` reads it; what goes without saying is not said."""
    after = f"{int(search.after[0])}.{search.after[1].hex}" if search.after else ""
    return {"q": search.text, "state": "" if search.state == STATES[0] else search.state, "after": after}


def following(search: Search, last: Found) -> Search:
    """Look on behind the last one of a page."""
    return Search(search.text, search.state, (last.exact, last.customer_id))


def place_of(text: str) -> Place:
    """Understand where a page of a timeline begins."""
    at, _, rest = text.partition(".")
    award_id, _, part = rest.partition(".")
    try:
        return Place(_EPOCH + int(at) * _MICROSECOND, UUID(award_id), part)
    except (ValueError, OverflowError):
        raise _unclear() from None


def place_said(place: Place) -> str:
    """Write it."""
    return f"{(place.at - _EPOCH) // _MICROSECOND}.{place.award_id.hex}.{place.part}"


def id_of(text: str) -> UUID | None:
    """Read an id; None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _after(text: str) -> tuple[bool, UUID]:
    exact, _, customer_id = text.partition(".")
    try:
        return exact == "1", UUID(customer_id)
    except ValueError:
        raise _unclear() from None


def _unclear() -> Invalid:
    return Invalid("This address names no place in the list.")
