"""The clock of test mode over HTTP."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta, Struct

from loyalty.auth.scopes import of_room
from loyalty.database import Tx
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.programs.clock import ProgramTime, set_clock, time_of
from loyalty.web.bounds import Instant
from loyalty.web.openapi import ALWAYS, KEYED, problems


class ClockIn(Struct, forbid_unknown_fields=True):
    """What time it is to be in the test programme."""

    now: Annotated[Instant, Meta(examples=["2027-03-01T09:00:00Z"])]


class ClockOut(Struct):
    """What time it is in the test programme, and by how many seconds that is ahead of the world."""

    now: Annotated[datetime, Meta(examples=["2027-03-01T09:00:00Z"])]
    ahead_seconds: Annotated[int, Meta(examples=[86_400])]

    @classmethod
    def of(cls, time: ProgramTime) -> "ClockOut":
        """Show a programme's time."""
        return cls(time.now, int(time.ahead.total_seconds()))


@get("/test-clock", operation_id="get_test_clock", summary="Show the test clock", responses=problems(*ALWAYS))
async def show(caller: Calling, connection: Reading) -> ClockOut:
    """Show what time it is in test mode. A live key gets a 403."""
    return ClockOut.of(await time_of(connection, caller.program))


@post(
    "/test-clock",
    operation_id="set_test_clock",
    summary="Set the test clock",
    status_code=200,
    responses=problems(*KEYED),
)
async def move(
    data: JSONBody[ClockIn], state: State, caller: Calling, source: Writing, idempotency_key: Keyed
) -> Response[ClockOut]:
    """Set the clock of test mode forward: points mature and expire, and nightly work is done, as if it were then.

    Only the test programme's time moves. A live key gets a 403; an instant that is over there, a 409.
    """

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        body = msgspec.json.encode(ClockOut.of(await set_clock(tx.connection, caller.program, data.now)))
        await pin_alone(tx.connection, keyed, 200, body, None)
        return 200, body

    keyed = once(source, idempotency_key, "test-clock/1", data)
    return respond_once(await write_once(state.database, keyed, verb, whole=True))


router = Router(path="/v1", tags=["test mode"], opt=of_room("clock"), route_handlers=[show, move])
