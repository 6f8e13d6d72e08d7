"""Back-tests over HTTP. Scopes `rules:read` and, to start or to stop one, `rules:write`."""

from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from loyalty.auth.scopes import of_room
from loyalty.backtests import actions
from loyalty.backtests.facts import BacktestFacts
from loyalty.backtests.wire import BacktestIn, BacktestList, BacktestOut
from loyalty.database import Tx, write
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.web.openapi import KEYED, READING, problems

_GET = problems(*READING, 403)
_ALL = "/earning-rules/backtests"
_ONE = f"{_ALL}/{{backtest_id:uuid}}"


@get(_ALL, operation_id="list_backtests", summary="List back-tests", responses=_GET)
async def list_backtests(caller: Calling, connection: Reading) -> BacktestList:
    """List the newest back-tests, at most fifty."""
    found = await actions.latest(connection, caller.program.program_id)
    return BacktestList([BacktestOut.of(facts, caller.program.digits) for facts in found])


@post(_ALL, operation_id="start_backtest", summary="Back-test rules", status_code=202, responses=problems(*KEYED, 403))
async def start(
    data: JSONBody[BacktestIn], state: State, caller: Calling, source: Writing, idempotency_key: Keyed
) -> Response[BacktestOut]:
    """Find out what rules would have given for the purchases of some days, had they been in force since ever.

    The worker does it; ask for it again to see how far it is. Nothing is earned or taken by it. Of purchases alone:
    actions, joinings and birthdays are not tried, and fill no cap.
    """

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        new = await data.read(tx.connection, caller.program)
        facts = await actions.start(tx.connection, source, new)
        body = msgspec.json.encode(BacktestOut.of(facts, caller.program.digits))
        await pin_alone(tx.connection, keyed, 202, body, None)
        return 202, body

    keyed = once(source, idempotency_key, "backtest/1", data)
    answered = await write_once(state.database, keyed, verb, whole=True)
    state.doorbell.ring_soon()
    return respond_once(answered)


@get(_ONE, operation_id="get_backtest", summary="Show a back-test", responses=_GET)
async def show(backtest_id: FromPath[UUID], caller: Calling, connection: Reading) -> BacktestOut:
    """Show how far a back-test is, and once it is done what it came to."""
    found = await actions.find(connection, caller.program.program_id, backtest_id)
    return BacktestOut.of(found, caller.program.digits)


@post(f"{_ONE}/cancel", operation_id="cancel_backtest", summary="Cancel a back-test", status_code=200, responses=_GET)
async def cancel(backtest_id: FromPath[UUID], state: State, caller: Calling) -> BacktestOut:
    """Stop a back-test; one that has ended stays as it is."""

    async def verb(tx: Tx, _: object) -> list[BacktestFacts]:
        return [await actions.cancel(tx.connection, caller.program.program_id, backtest_id)]

    [facts] = await write(state.database, verb, [None], whole=True)
    return BacktestOut.of(facts, caller.program.digits)


router = Router(
    path="/v1", tags=["earning rules"], opt=of_room("rules"), route_handlers=[list_backtests, start, show, cancel]
)
