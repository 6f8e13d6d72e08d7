"""What a basket would earn: decided like a purchase, and never written."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from msgspec.structs import replace

from loyalty.customers.facts import MembershipFacts
from loyalty.database import Connection, Tx
from loyalty.earning.drafts import find_draft
from loyalty.earning.queries import RulesCache
from loyalty.earning.rules import RulesVersion, StoredRules
from loyalty.errors import NotFound
from loyalty.ids import new_id
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.purchases.actions import open_batch
from loyalty.purchases.answers import points_of
from loyalty.purchases.batch import Batch
from loyalty.purchases.decisions import record_purchase
from loyalty.purchases.facts import NewPurchase
from loyalty.purchases.told import LineIn, PurchaseIn, purchase_from
from loyalty.purchases.wire import PointsOut
from loyalty.web.bounds import Instant, Money, ShopId

_EVER = datetime.min.replace(tzinfo=UTC)
_NOBODY = "\x00"


class CalculationIn(Struct, forbid_unknown_fields=True):
    """A basket. Without `customer_id` it is that of a new member; without `placed_at` it is bought now.

    `draft_id`: by the rules of that draft, not by those in force.
    """

    goods: Annotated[Money, Meta(description="Goods and services after discounts, as for a purchase.")]
    customer_id: ShopId | None = None
    placed_at: Instant | None = None
    tax: Money = "0"
    shipping: Money = "0"
    reward_discount: Money = "0"
    lines: Annotated[list[LineIn], Meta(max_length=1000)] | None = None
    draft_id: UUID | None = None

    def purchase(self, program: ProgramFacts, now: datetime) -> NewPurchase:
        """Make a purchase of it."""
        told = PurchaseIn(
            order_id=_NOBODY,
            placed_at=self.placed_at or now,
            currency=program.currency,
            goods=self.goods,
            tax=self.tax,
            shipping=self.shipping,
            reward_discount=self.reward_discount,
            lines=self.lines,
        )
        return purchase_from(told, program)


class CalculationOut(Struct):
    """What the basket would earn now, and why: the points are those that the purchase would be answered with.

    `seen`: what the rules asked about the customer, as an award stores it.
    """

    customer_id: str | None
    placed_at: datetime
    member: bool
    points: PointsOut
    seen: dict[str, Any] | None


async def calculate(connection: Connection, source: Source, rules: RulesCache, told: CalculationIn) -> CalculationOut:
    """Decide on a basket by the rules in force then, or by those of a draft; `NotFound` for an unknown customer."""
    trying = None
    if told.draft_id is not None:
        draft = await find_draft(connection, source.program.program_id, told.draft_id)
        trying = RulesVersion(StoredRules(0, None, draft.rules))
    customers = [] if told.customer_id is None else [told.customer_id]
    batch = await open_batch(Tx(connection), source, rules, orders=[], customers=customers, trying=trying)
    new = told.purchase(source.program, batch.now)
    # A basket may be tried for a day to come: then that is today.
    batch.now = max(batch.now, new.placed_at)
    external_id = told.customer_id
    if external_id is None:
        external_id = _join(batch)
    elif batch.present(external_id) is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    award = record_purchase(batch, replace(new, external_id=external_id)).awards[0]
    points = points_of(award)
    return CalculationOut(told.customer_id, new.placed_at, bool(award.facts["member"]), points, award.facts.get("seen"))


def _join(batch: Batch) -> str:
    """Let there be a new member, of whom nothing is known."""
    account = batch.account_of(_NOBODY)
    batch.memberships[account.customer_id].append(
        MembershipFacts(new_id(), account.customer_id, _EVER, None, b"", batch.now)
    )
    return _NOBODY
