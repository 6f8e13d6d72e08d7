"""Holdouts over HTTP: start one, see it, stop it. What it measured is read among the key figures."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from loyalty.auth.scopes import needs
from loyalty.database import Connection, Tx
from loyalty.holdouts.actions import find_holdout, latest, start_holdout, stop_holdout
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.holdouts.facts import State as HoldoutState
from loyalty.holdouts.rules import BASIS_POINTS
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Reading, Writing, once
from loyalty.web.openapi import KEYED, READING, problems

_HOLDOUT = "/holdouts/{holdout_id:uuid}"
SHARE_PATTERN = r"^0\.(?!0+$)[0-9]{1,4}(?!\n)$"
HoldoutShare = Annotated[
    str,
    Meta(
        pattern=SHARE_PATTERN,
        description="The share of those who are no members that is not offered the programme: above 0, below 1.",
        examples=["0.1"],
    ),
]


class HoldoutIn(Struct, forbid_unknown_fields=True):
    """A holdout to begin now. Its end is fixed by `weeks`, and never moved: it is read once, on that day."""

    holdout_share: HoldoutShare
    weeks: Annotated[int, Meta(ge=1, le=104)]


class HoldoutOut(Struct):
    """A holdout. Everybody who was no member when it began is drawn into an arm by
    `sha256(salt + customer_id) mod 10,000`, and counts in it for good.

    It begins seconds after it was asked for, and is drawn by a job: `offered` and `held_out` are null until then.
    `salt` is null until it has ended: who knows it sees through the arms while they can still be acted upon.
    `overrides`: how many joined for a reason, though they were held out.
    """

    holdout_id: UUID
    state: HoldoutState
    holdout_share: str
    weeks: int
    salt: str | None
    offered: int | None
    held_out: int | None
    overrides: int
    started_at: datetime
    ends_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, facts: HoldoutFacts) -> "HoldoutOut":
        """Show a holdout."""
        drawn = facts.drawn_at is not None
        return cls(
            holdout_id=facts.holdout_id,
            state=facts.state,
            holdout_share=share_text(facts.holdout_bp),
            weeks=facts.weeks,
            salt=None if facts.state == "running" else facts.salt,
            offered=facts.offered if drawn else None,
            held_out=facts.held_out if drawn else None,
            overrides=facts.overrides,
            started_at=facts.started_at,
            ends_at=facts.ends_at,
            ended_at=facts.ended_at,
        )


class HoldoutList(Struct):
    """The newest holdouts, at most 50."""

    data: list[HoldoutOut]


def basis_points(share: str) -> int:
    """Read a share off the wire."""
    return int(Decimal(share) * BASIS_POINTS)


def share_text(holdout_bp: int) -> str:
    """Write a share for the wire."""
    return f"{(Decimal(holdout_bp) / BASIS_POINTS).normalize():f}"


@post("/holdouts", operation_id="start_holdout", summary="Start a holdout", responses=problems(*KEYED))
async def start(
    data: JSONBody[HoldoutIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[HoldoutOut]:
    """Hold out a share of the customers by lot, to measure the programme's effect. They cannot join until it ends."""

    async def verb(connection: Connection) -> HoldoutFacts:
        told = {"holdout_bp": basis_points(data.holdout_share), "weeks": data.weeks}
        return await start_holdout(connection, source.program, source.actor, **told)

    return await _once(state, once(source, idempotency_key, "holdout/1", data), 201, verb)


@post(
    f"{_HOLDOUT}/stop",
    operation_id="stop_holdout",
    summary="Stop a holdout",
    status_code=200,
    responses=problems(*KEYED),
)
async def stop(
    holdout_id: FromPath[UUID], state: State, source: Writing, idempotency_key: Keyed
) -> Response[HoldoutOut]:
    """End a holdout before its day: it measures nothing any more, and everybody may join again."""

    async def verb(connection: Connection) -> HoldoutFacts:
        await find_holdout(connection, source.program.program_id, holdout_id)
        return await stop_holdout(connection, source.program.program_id, holdout_id, source.actor)

    return await _once(state, once(source, idempotency_key, f"holdout-stop/1/{holdout_id}", None), 200, verb)


@get(
    "/holdouts",
    operation_id="list_holdouts",
    summary="List holdouts",
    opt=needs("kpis:read"),
    responses=problems(*READING),
)
async def listed(source: Writing, connection: Reading) -> HoldoutList:
    """List the newest holdouts."""
    return HoldoutList([HoldoutOut.of(one) for one in await latest(connection, source.program.program_id)])


@get(
    _HOLDOUT,
    operation_id="get_holdout",
    summary="Show a holdout",
    opt=needs("kpis:read"),
    responses=problems(*READING),
)
async def show(holdout_id: FromPath[UUID], source: Writing, connection: Reading) -> HoldoutOut:
    """Show a holdout as it stands."""
    return HoldoutOut.of(await find_holdout(connection, source.program.program_id, holdout_id))


async def _once(
    state: State, keyed: Once, status: int, verb: Callable[[Connection], Awaitable[HoldoutFacts]]
) -> Response[Any]:
    async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        body = msgspec.json.encode(HoldoutOut.of(await verb(tx.connection)))
        await pin_alone(tx.connection, keyed, status, body, None)
        return status, body

    return respond_once(await write_once(state.database, keyed, pinned, whole=True))


router = Router(path="/v1", tags=["impact"], opt=needs("holdouts:write"), route_handlers=[start, stop, listed, show])
