"""ETags of what several people edit: which version was read, and a change of that version only."""

from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter

from loyalty.errors import PreconditionFailed

_FIRST_REFUSAL = 400

# What a handler that changes such a thing asks for; nothing has to be sent.
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description=(
            "The `ETag` of the version that you read. When there is a newer one, nothing is changed, and the answer is "
            "a 412. Without it the change is made to whatever stands."
        ),
    ),
]

ETAG = [ResponseHeader(name="ETag", documentation_only=True, description="Names this version; send it as `If-Match`.")]


def etag(version: int) -> str:
    """Name a version. It names what can be edited; counts that are shown beside it may change without it."""
    return f'"{version}"'


def check_match(if_match: str | None, version: int) -> None:
    """Refuse a change of another version than the one that stands; to be asked where nobody can change it any more."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag(version) not in (tag.strip() for tag in if_match.split(",")):
        msg = f"It changed since you read it: its ETag is {etag(version)} now. Read it, and edit again."
        raise PreconditionFailed(msg)


def tagged(body: Any, version: int) -> Response[Any]:  # noqa: ANN401 - whatever the operation answers
    """Answer with the version that it is."""
    return Response(body, headers={"ETag": etag(version)})


def tagged_once(answered: Response[Any], field: str) -> Response[Any]:
    """Give a keyed answer, which is bytes already, the ETag of the version in it; refusals have none."""
    if answered.status_code is not None and answered.status_code < _FIRST_REFUSAL:
        answered.headers["ETag"] = etag(msgspec.json.decode(answered.content)[field])
    return answered
