"""Keys over HTTP: the header that a keyed operation needs, and the first answer as a response."""

from typing import Annotated, Any

from litestar import MediaType, Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation

from loyalty.idempotency.facts import Answered
from loyalty.idempotency.rules import KEY_PATTERN, checked_key
from loyalty.web.problems import PROBLEM_JSON

KEY_HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
_FIRST_REFUSAL = 400
_Header = Annotated[
    str,
    HeaderParameter(
        name=KEY_HEADER,
        description=(
            "Names this one request of yours, for ever: new for each thing to be done, the same with every retry. "
            "A retry gets the first answer with `Idempotency-Replayed: true`; the same key with another request is a "
            "422. 1 to 255 visible ASCII characters; a UUID does."
        ),
        schema_extra={"pattern": KEY_PATTERN, "minLength": 1, "maxLength": 255},
    ),
]

# What a handler asks for, under the name `idempotency_key`: it then requires and documents the header.
Keyed = NamedDependency[SkipValidation[str]]


async def provide_key(request: Request[Any, Any, State], idempotency_key_header: _Header) -> str:  # noqa: ARG001 - documents it
    """Give the key of a request; `KeyMalformed` when it cannot be one."""
    return checked_key(request.headers.getall(KEY_HEADER.lower(), []))


def respond_once(answered: Answered) -> Response[Any]:
    """Send the first answer, byte for byte, also when it was a refusal. Today's request id is in `X-Request-Id`."""
    first = answered.pinned
    media_type = PROBLEM_JSON if first.status >= _FIRST_REFUSAL else MediaType.JSON
    headers = REPLAYED if answered.replayed else None
    return Response(first.body, status_code=first.status, media_type=media_type, headers=headers)
