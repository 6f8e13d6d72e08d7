"""What of a refused call is kept. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from msgspec import DecodeError, Struct, json

KEEP = timedelta(days=30)
LARGEST_BODY = 64 * 1024
# Of one key in an hour, and of a programme at all: a storefront gone wild tells its story in sixty calls.
PER_HOUR = 60
MOST = 5000
_REFUSED = range(400, 500)
# Who nobody knows, and who asks too often, is not written down: that is how floods come.
_NOT_KEPT = frozenset({401, 429})
# A refusal because somebody was erased must not keep what it says of them.
_ERASED = frozenset({"customer_erased", "answer_erased"})
_NAMING = frozenset({"customer_id", "email", "name"})


class Body(Struct, frozen=True):
    """What is kept of a body: itself, or why not (`gone`); and whom it names, in lower case."""

    text: str | None
    gone: str | None
    names: list[str]
    order_id: str | None = None


def is_kept(status: int) -> bool:
    """Tell whether a refusal is worth keeping: what the caller could have told otherwise."""
    return status in _REFUSED and status not in _NOT_KEPT


def kept_body(body: bytes | None, status: int, code: str) -> Body:
    """Decide what is kept of a body: JSON of no more than 64 KiB that is not about somebody erased."""
    too_large = 413
    if body is None or not body.strip():
        return Body(None, "too_large" if status == too_large else "none", [])
    if len(body) > LARGEST_BODY:
        return Body(None, "too_large", [])
    try:
        told = json.decode(body)
        text = body.decode()
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return Body(None, "not_json", [])
    if code in _ERASED:
        return Body(None, "erased", [])
    order = told.get("order_id") if isinstance(told, dict) else None
    if "\\u0000" in text or "\x00" in text:
        return Body(None, "not_json", [])
    return Body(text, None, sorted(set(_names(told))), order if isinstance(order, str) else None)


def _names(told: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from (str(value).lower() for name, value in one.items() if name in _NAMING and value)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
