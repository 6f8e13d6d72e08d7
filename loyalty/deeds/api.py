"""Actions over HTTP."""

from datetime import datetime

from litestar import Response, Router, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from loyalty.auth.scopes import of_room
from loyalty.database import write
from loyalty.deeds.actions import record_actions
from loyalty.deeds.decisions import Acted, NewAction
from loyalty.earning.kind import ActionName
from loyalty.errors import LoyaltyError, OtherFacts
from loyalty.idempotency.api import REPLAYED
from loyalty.points.wire import BalanceOut, balance_after
from loyalty.programs.api import Writing
from loyalty.purchases.answers import points_of
from loyalty.purchases.wire import PointsOut
from loyalty.web.bounds import Instant, ShopId, shop_id
from loyalty.web.openapi import WRITING, problems


class ActionIn(Struct, forbid_unknown_fields=True):
    """Something that a member did, which the rules may reward: a review, a visit."""

    action: ActionName
    action_id: ShopId
    performed_at: Instant


class ActionRecorded(Struct):
    """The answer to an action; a retry gets the same. Its `points` say why there are none, where there are none."""

    customer_id: str
    action: str
    action_id: str
    performed_at: datetime
    points: PointsOut
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


@post(
    "/members/{customer_id:str}/actions",
    operation_id="record_action",
    summary="Tell an action",
    responses=problems(*WRITING, 404),
)
async def record(
    customer_id: FromPath[str], data: JSONBody[ActionIn], state: State, source: Writing
) -> Response[ActionRecorded]:
    """Tell what a member did, and award its points; 0 where no rule rewards it. The same `action_id` is a retry."""
    new = NewAction(shop_id(customer_id, "customer_id"), data.action, data.action_id, data.performed_at)
    [result] = await write(state.database, lambda tx, some: record_actions(tx, source, state.rules, some), [new])
    if isinstance(result, OtherFacts) and isinstance(result.first, Acted):
        raise OtherFacts(result.detail, first=_answer(result.first.new, result.first))
    if isinstance(result, LoyaltyError):
        raise result
    return Response(_answer(new, result), headers=REPLAYED if result.replayed else None)


def _answer(new: NewAction, acted: Acted) -> ActionRecorded:
    award = acted.award
    return ActionRecorded(
        new.external_id,
        new.action,
        new.action_id,
        new.performed_at,
        points_of(award),
        balance_after(award),
        award.recorded_at,
        award.request_id,
    )


router = Router(path="/v1", tags=["members"], opt=of_room("members"), route_handlers=[record])
