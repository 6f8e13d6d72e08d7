"""What staff do about refused calls: look at them, and have one done again by the verb that refused it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Database, write
from loyalty.deeds.actions import record_actions
from loyalty.deeds.api import ActionIn
from loyalty.deeds.decisions import NewAction
from loyalty.earning.queries import RulesCache
from loyalty.errors import Invalid, LoyaltyError, NotFound
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.queries import find_storefront
from loyalty.purchases.actions import edit_purchases, record_purchases, record_refunds
from loyalty.purchases.facts import NewRefund
from loyalty.purchases.told import CancellationIn, PurchaseIn, RefundIn, purchase_from, refund_from
from loyalty.refusals import queries
from loyalty.refusals.queries import RefusalsAsked, RefusalSeen
from loyalty.web.bounds import shop_id, without_nul
from loyalty.web.problems import invalid_from, problem_of
from loyalty.web.requests import without_twins

_DONE = "201"


class Replayed(Struct, frozen=True):
    """What came of doing a call again: done, or refused by its lasting code, with the reason in the API's English."""

    done: bool
    code: str = ""
    detail: str = ""


class RefusalsSeen(Struct, frozen=True):
    """A page of refused calls."""

    refusals: list[RefusalSeen]
    more: bool


def can_be_done(seen: RefusalSeen) -> bool:
    """Tell whether there is enough of it left to do it again."""
    if seen.operation == "record_purchases":
        return seen.place is not None and seen.body is not None
    if seen.operation.startswith("cancel"):
        return seen.body is not None or seen.body_gone == "none"
    return seen.body is not None and seen.operation in _VERBS


@dataclass(frozen=True, slots=True)
class StaffRefusals:
    """The verbs behind the pages of refused calls, over this process's pools. `ring` wakes the worker."""

    database: Callable[[], Database]
    rules: Callable[[], RulesCache]
    ring: Callable[[], None]

    async def seen(self, program: ProgramFacts, asked: RefusalsAsked) -> RefusalsSeen:
        """Read a page of refused calls."""
        async with self.database().reader() as connection:
            return RefusalsSeen(*await queries.find_refusals(connection, program.program_id, asked))

    async def opened(self, program: ProgramFacts, refusal_id: UUID) -> RefusalSeen | None:
        """Read one; None when there is none, or no more."""
        async with self.database().reader() as connection:
            return await queries.find_refusal(connection, program.program_id, refusal_id)

    async def replay(self, program: ProgramFacts, user_id: UUID, request_id: str, refusal_id: UUID) -> Replayed:
        """Do a call again, as it was told, in the name of staff; `NotFound` where too little of it is left.

        What was done meanwhile by another call is not done twice: the verbs know an order again.
        """
        found = await self.opened(program, refusal_id)
        if found is None or not can_be_done(found):
            msg = "There is no such call, or too little of it is left."
            raise NotFound(msg)
        source = Source(program, found.storefront_id, found.namespace, f"user:{user_id}", request_id)
        try:
            await _VERBS[found.operation](self, await self._elsewhere(source, found), found)
            replayed = Replayed(done=True)
        except msgspec.ValidationError as error:
            replayed = _refused(invalid_from(error))
        except LoyaltyError as error:
            replayed = _refused(error)
        async with self.database().writer() as connection:
            outcome = _DONE if replayed.done else replayed.code
            await queries.note_replay(connection, program.program_id, refusal_id, user_id, outcome)
        self.ring()
        return replayed

    async def _elsewhere(self, source: Source, found: RefusalSeen) -> Source:
        """A refund may be of an order of another storefront, which the address named."""
        [name] = parse_qs(urlsplit(found.path).query).get("storefront", [""])
        if not name:
            return source
        async with self.database().reader() as connection:
            number, namespace = await find_storefront(connection, source.program.program_id, name)
        return msgspec.structs.replace(source, storefront_id=number, namespace=namespace)

    async def record(self, source: Source, found: RefusalSeen) -> None:
        """Record the purchase."""
        new = purchase_from(_read(found, PurchaseIn), source.program)
        await self._write(lambda tx, some: record_purchases(tx, source, self.rules(), some), new)

    async def edit(self, source: Source, found: RefusalSeen) -> None:
        """Tell the purchase anew."""
        new = purchase_from(_read(found, PurchaseIn), source.program)
        if new.order_id != found.order_id:
            msg = "order_id is not the one of the path."
            raise Invalid(msg, pointer="/order_id")
        await self._write(lambda tx, some: edit_purchases(tx, source, self.rules(), some), new)

    async def refund(self, source: Source, found: RefusalSeen) -> None:
        """Take goods back."""
        new = refund_from(_read(found, RefundIn), shop_id(found.order_id or "", "order_id"), source.program)
        await self._write(lambda tx, some: record_refunds(tx, source, self.rules(), some), new)

    async def cancel(self, source: Source, found: RefusalSeen) -> None:
        """Take back all that is left."""
        told = _read(found, CancellationIn) if found.body else CancellationIn()
        new = NewRefund(shop_id(found.order_id or "", "order_id"), "", told.cancelled_at, None)
        await self._write(lambda tx, some: record_refunds(tx, source, self.rules(), some), new)

    async def act(self, source: Source, found: RefusalSeen) -> None:
        """Tell what a member did."""
        told, member = _read(found, ActionIn), unquote(found.path.removesuffix("/actions").rpartition("/")[2])
        new = NewAction(shop_id(member, "customer_id"), told.action, told.action_id, told.performed_at)
        await self._write(lambda tx, some: record_actions(tx, source, self.rules(), some), new)

    async def _write(self, verb: Callable[..., Awaitable[list[Any]]], new: object) -> None:
        [result] = await write(self.database(), verb, [new])
        if isinstance(result, LoyaltyError):
            raise result


_VERBS: dict[str, Callable[[StaffRefusals, Source, RefusalSeen], Awaitable[None]]] = {
    "record_purchase": StaffRefusals.record,
    "record_purchases": StaffRefusals.record,
    "edit_purchase": StaffRefusals.edit,
    "record_refund": StaffRefusals.refund,
    "record_refund_by_query": StaffRefusals.refund,
    "cancel_purchase": StaffRefusals.cancel,
    "cancel_purchase_by_query": StaffRefusals.cancel,
    "record_action": StaffRefusals.act,
}


def _read(found: RefusalSeen, kind: Any) -> Any:  # noqa: ANN401 - one of the bodies of the API
    text = found.body or ""
    without_twins(text)
    without_nul(msgspec.json.decode(text))
    return msgspec.json.decode(text, type=kind)


def _refused(error: LoyaltyError) -> Replayed:
    problem = problem_of(error, "")
    places = "; ".join(f"{place.pointer}: {place.message}" for place in problem.errors if place.pointer)
    return Replayed(done=False, code=problem.code, detail=places or problem.detail)
