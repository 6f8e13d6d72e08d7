"""A shop that asks its customers, its clock, and a worker that is called when something is to be done."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from loyalty.background import register_consumers
from loyalty.database import Database, Tx, write
from loyalty.jobs.job import Desk
from loyalty.outbox.consumer import registered
from loyalty.outbox.tasks import drain
from loyalty.programs.facts import ProgramFacts
from surveys.invitations import tokens
from surveys.invitations.planning import CONSUMER
from surveys.invitations.sending import Asking
from surveys.invitations.tasks import work_off
from surveys.plans import actions
from surveys.plans.content import Content
from surveys.plans.policy import Policy
from tests.paper import local

RING = tokens.Keyring([sha256(b"a key of tests").digest()])


class Postbox:
    """What was handed to the post: it keeps each asking."""

    def __init__(self) -> None:
        self.letters: list[Asking] = []

    async def put(self, _: Tx, askings: Sequence[Asking]) -> list[None]:
        self.letters += askings
        return [None] * len(askings)


class Poll:
    """A shop's client, the clock on its wall, its worker, and what the worker posted."""

    def __init__(self, api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: int) -> None:
        self.api, self.owner, self.database, self.program = api, owner, database, program
        self.box = Postbox()
        self._told = 0

    async def at(self, moment: str) -> None:
        """Have it be that local time in Paris."""
        await self.owner.execute(
            "UPDATE program SET mode = 'test', clock_offset = $1 - clock_timestamp()", local(moment)
        )

    async def now(self) -> str:
        found = await self.owner.fetchval("SELECT clock_timestamp() + clock_offset FROM program")
        return str(found.isoformat())

    async def call(self, method: str, path: str, expected: int = HTTPStatus.OK, **body: object) -> dict[str, Any]:
        self._told += 1
        headers = {"Idempotency-Key": f"k{self._told}"}
        answer = await self.api.request(method, f"/v1/{path}", json=body or None, headers=headers)
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def joins(self, customer: str, **more: object) -> None:
        told = {"customer_id": customer, "joined_at": await self.now(), "email": f"{customer}@example.org", **more}
        await self.call("POST", "members", HTTPStatus.CREATED, **{"consent": {"surveys": True}} | told)

    async def buys(self, order_id: str, who: str = "ann", **more: Any) -> None:  # noqa: ANN401 - as the wire has it
        customer = {"email": f"{who}@example.org", "consent": {"surveys": True}} | more.pop("customer", {})
        told = {
            "order_id": order_id,
            "goods": "50.00",
            "placed_at": await self.now(),
            "currency": "EUR",
            "customer_id": who,
            "customer": {key: value for key, value in customer.items() if value is not None},
        }
        await self.call("POST", "purchases", HTTPStatus.CREATED, **told | more)

    async def verb(self, verb: Callable[[Tx], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever the verb gives
        """Commit a verb in a transaction."""

        async def alone(tx: Tx, _: object) -> list[Any]:
            return [await verb(tx)]

        [result] = await write(self.database, alone, [None], whole=True)
        return result

    async def publishes(self, trigger: dict[str, Any], policy: Policy | None = None, **more: Any) -> UUID:  # noqa: ANN401
        """Publish the policy and a survey; gives its id."""

        async def verb(tx: Tx) -> UUID:
            await actions.publish_policy(tx.connection, self.program, policy or Policy(), "user:boss")
            survey = await actions.draft_survey(
                tx.connection, self.program, Content("How was it?", trigger, **more), "user:boss"
            )
            await actions.publish_survey(tx.connection, self.program, survey.survey_id, "user:boss")
            return survey.survey_id

        found: UUID = await self.verb(verb)
        return found

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.program, uuid4(), 1, datetime(2026, 1, 1, tzinfo=UTC))

    async def hears(self) -> None:
        """Let the worker hand over what happened."""
        [consumer] = [one for one in registered() if one.name == CONSUMER]
        await drain(consumer, self.desk)

    async def sends(self) -> list[str]:
        """Let the worker send what is due; gives to whom, and whether as a reminder."""
        before = len(self.box.letters)
        await work_off(self.desk, RING, self.box.put)
        return [f"{'again ' if one.reminder else ''}{one.person.email}" for one in self.box.letters[before:]]

    async def works(self) -> list[str]:
        """Let the worker plan and send."""
        await self.hears()
        return await self.sends()

    async def asked(self) -> list[tuple[str, str | None]]:
        """Tell what became of each invitation, in the order of planning."""
        rows = await self.owner.fetch("SELECT state, reason FROM survey_invitation ORDER BY due_at, invitation_id")
        return [(row["state"], row["reason"]) for row in rows]

    def link(self, which: int = -1) -> str:
        """Give the secret part of a link that was posted."""
        return tokens.written(self.program, self.box.letters[which].token.secret)


@pytest.fixture
async def poll(api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts) -> Poll:
    register_consumers()
    poll = Poll(api, owner, database, program.program_id)
    await poll.at("2026-03-03T09:00")
    return poll
