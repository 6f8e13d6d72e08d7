"""Every error as RFC 9457 `application/problem+json`. Only here does a refusal become an HTTP status."""

import re
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from loyalty.errors import (
    Conflict,
    DraftEdited,
    Forbidden,
    Gone,
    InFlight,
    Invalid,
    LoyaltyError,
    Malformed,
    NotEnoughPoints,
    NotFound,
    OtherFacts,
    PreconditionFailed,
    RewardUnavailable,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)

PROBLEM_JSON = "application/problem+json"
_STATUS: dict[type[LoyaltyError], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Gone: HTTPStatus.GONE,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_PATH = re.compile(r"\s*-? ?at `\$?\.?([^`]*)`")
_FIELD = re.compile(r"(?:missing required|unknown) field `([^`]+)`")
# Litestar's words for a header that is required and not there, and ours for what to do about it.
_NO_HEADER = re.compile(r"Missing required header parameter '([\w-]+)'")
_SEND = {
    "Idempotency-Key": "Send an `Idempotency-Key` header: a new one for each thing to be done (a UUID does), the same "
    "one with every retry of it."
}
BUSY = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    # What asyncpg says of a connection that went away in the middle of something, when it is given back to its pool.
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
)
# One refusal of each status, as the documentation shows it.
_SHOWN = {
    400: ("malformed", "The body is not JSON: trailing comma at byte 41."),
    401: ("unauthorized", "This key is unknown or revoked."),
    403: ("forbidden", "This key lacks the scope `kpis:read`."),
    404: ("not_found", "There is no purchase '1001' in this programme."),
    409: ("other_facts", "The purchase '1001' is recorded already, with other facts: `first` shows them."),
    410: ("gone", "The answer was about a customer who has been erased since."),
    412: ("precondition_failed", "It was changed since. Read it again, and send the change with its new `ETag`."),
    413: ("too_large", "Request Entity Too Large"),
    415: ("unsupported_media_type", "Send the body as `Content-Type: application/json`."),
    422: ("invalid", "/goods: 84.901 has more decimals than the currency, which has 2."),
    429: ("rate_limited", "This key may send 30000 requests a minute. Send this one again in 7 s."),
    503: ("unavailable", "The database cannot answer now. Send the same request again: a retry never counts twice."),
}
_SHOWN_REQUEST = "019ea5a8-7c11-7d32-8f27-6f2f2d0c1a55"
log = structlog.get_logger("loyalty.web")


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong in one place of the request."""

    pointer: str
    message: str
    code: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `code` is lasting; `detail` says what to do.

    `first` is what stands, where other facts came; `balance` the points there are, where more were asked for; `why`
    the reason that a reward cannot be had, with its numbers.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str = ""
    errors: list[FieldProblem] = []
    first: Any = None
    balance: dict[str, int] | None = None
    why: Any = None


def problem_of(error: LoyaltyError, request_id: str, first: object = None) -> Problem:
    """Describe a refusal."""
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    places = error.problems if isinstance(error, Invalid) else []
    errors = [FieldProblem(place.pointer, place.detail, place.code) for place in places]
    problem = _problem(status, error.code, error.detail, request_id, errors, first)
    if isinstance(error, RewardUnavailable):
        return msgspec.structs.replace(problem, why=error.why)
    return msgspec.structs.replace(problem, balance=error.balance) if isinstance(error, NotEnoughPoints) else problem


def _problem(
    status: int, code: str, detail: str, request_id: str, errors: list[FieldProblem] | None = None, first: object = None
) -> Problem:
    title = HTTPStatus(status).phrase
    return Problem(f"urn:loyalty:problem:{code}", title, status, code, detail, request_id, errors or [], first)


def example_of(status: int) -> dict[str, Any]:
    """Show a refusal of a status, for the documentation."""
    code, detail = _SHOWN.get(status, ("error", HTTPStatus(status).phrase))
    pointer, _, message = detail.partition(": ")
    errors = [FieldProblem(pointer, message, code)] if pointer.startswith("/") else []
    shown: dict[str, Any] = msgspec.to_builtins(
        _problem(status, code, detail, "019ea5a8-7c11-7d32-8f27-6f2f2d0c1a55", errors)
    )
    return shown


def request_id(request: Request[Any, Any, Any]) -> str:
    """Give the id of a request, as set by the middleware."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response[Problem]:
    """Send a problem."""
    extra = dict(headers or {})
    if problem.status == HTTPStatus.UNAUTHORIZED:
        extra["WWW-Authenticate"] = 'Bearer realm="loyalty"'
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        extra["Retry-After"] = "1"
    return Response(problem, status_code=problem.status, media_type=PROBLEM_JSON, headers=extra)


def refusal(error: LoyaltyError, request_id: str) -> Problem:
    """Describe a refusal with what it shows by itself."""
    first = error.first if isinstance(error, OtherFacts | DraftEdited) else None
    return problem_of(error, request_id, first if isinstance(first, msgspec.Struct) else None)


def on_refusal(request: Request[Any, Any, Any], error: LoyaltyError) -> Response[Problem]:
    """Answer a refusal of the business."""
    later = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, InFlight | TooManyRequests) else None
    return respond(refusal(error, request_id(request)), later)


def on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer what the framework refused: no route, wrong method, unreadable body, wrong types."""
    if isinstance(error, ValidationException):
        return on_validation(request, error)
    codes = {
        400: "malformed",
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
        415: "unsupported_media_type",
    }
    code = codes.get(error.status_code, "error")
    allow = {key: value for key, value in (error.headers or {}).items() if key.lower() == "allow"}
    return respond(_problem(error.status_code, code, str(error.detail), request_id(request)), allow)


def on_validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    """Answer a request whose values do not fit, each with its pointer."""
    errors = []
    places = error.extra if isinstance(error.extra, list) else []
    if any(place.get("message") == "'data'" for place in places):  # Litestar's word for a body that is not there
        return respond(_problem(400, "malformed", "Send a JSON body.", request_id(request)))
    if missing := _NO_HEADER.match(str(error.detail)):
        name = missing[1]
        code = f"{name.lower().replace('-', '_')}_missing"
        return respond(_problem(400, code, _SEND.get(name, f"Send the header `{name}`."), request_id(request)))
    for place in places:
        key, message = str(place.get("key", "")), str(place.get("message", ""))
        errors.append(FieldProblem(_pointer(key, message), _PATH.sub("", message) or "does not fit", "invalid"))
    detail = "; ".join(f"{e.pointer or 'body'}: {e.message}" for e in errors) or str(error.detail)
    return respond(_problem(422, "invalid", detail, request_id(request), errors))


def _pointer(key: str, message: str = "") -> str:
    found = _PATH.search(message)
    path = found[1] if found else key.removeprefix("data").lstrip(".")
    parts = [part for part in re.split(r"[.\[\]]+", path) if part and part != "..."]
    if field := _FIELD.search(message):
        parts.append(field[1])
    return "".join(f"/{part}" for part in parts)


def invalid_from(error: msgspec.ValidationError) -> Invalid:
    """Turn msgspec's complaint about an item into ours."""
    message = str(error)
    return Invalid(_PATH.sub("", message), pointer=_pointer("", message) or "/")


def on_failure(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer a failure of ours: without a word about its inside, with the id under which the log has it."""
    found = request_id(request)
    if isinstance(error, BUSY):
        log.warning("database busy or away", error=repr(error), request_id=found)
        detail = "The database cannot answer now. Send the same request again: a retry never counts twice."
        return respond(_problem(503, "unavailable", detail, found))
    if isinstance(error, RecursionError):
        return respond(_problem(400, "malformed", "The body is nested too deeply.", found))
    log.error("request failed", exc_info=error, request_id=found)
    return respond(_problem(500, "internal", "Something of ours failed. Give this request_id to the operator.", found))
