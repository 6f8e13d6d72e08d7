"""What shops may tell about purchases: explicit types, bounded, unknown fields refused."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from loyalty.customers.facts import Profile
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.purchases.rules import EARNING_KINDS
from loyalty.web.bounds import (
    Currency,
    Email,
    Instant,
    Language,
    Metadata,
    Money,
    PersonName,
    Quantity,
    ShopId,
    Word,
    checked_metadata,
    minor_units,
)

LineKind = Literal["goods", "service", "gift_card", "shipping"]


class LineIn(Struct, forbid_unknown_fields=True):
    """A line of a purchase. Goods and service lines add up to the purchase's `goods`."""

    line_id: ShopId
    amount: Money
    kind: LineKind = "goods"
    sku: Word | None = None
    category: Word | None = None
    quantity: Quantity = 1
    unit_cost: Money | None = None


class PaymentsIn(Struct, forbid_unknown_fields=True):
    """What was paid with means that are payment, not discount."""

    gift_card: Money | None = None
    store_credit: Money | None = None
    points: Money | None = None
    fingerprint: Annotated[
        Word | None, Meta(description="The shop's own hash of the means of payment; what referrals are checked by.")
    ] = None


class PersonIn(Struct, forbid_unknown_fields=True):
    """What the shop knows of the customer; fills in what the programme does not know yet."""

    email: Email | None = None
    name: PersonName | None = None
    language: Language | None = None
    consent: Annotated[dict[str, bool], Meta(max_length=32)] | None = None
    address_hash: Annotated[
        Word | None, Meta(description="The shop's own hash of the address; what referrals are checked by.")
    ] = None

    def profile(self) -> Profile:
        """Hand it to the customers."""
        return Profile(self.email, self.name, self.language, None, self.consent)


class PurchaseIn(Struct, forbid_unknown_fields=True):
    """A purchase. `{order_id, placed_at, currency, goods}` is enough."""

    order_id: ShopId
    placed_at: Instant
    currency: Currency
    goods: Annotated[
        Money, Meta(description="Goods and services after discounts, before reward_discount, tax and shipping.")
    ]
    customer_id: ShopId | None = None
    customer: PersonIn | None = None
    discount: Money = "0"
    tax: Money = "0"
    shipping: Money = "0"
    reward_discount: Annotated[Money, Meta(description="The part of goods paid with a reward.")] = "0"
    delivered_at: Instant | None = None
    payments: PaymentsIn | None = None
    lines: Annotated[list[LineIn], Meta(max_length=1000)] | None = None
    referral_code: Word | None = None
    redemption_ids: Annotated[list[Word], Meta(max_length=50)] | None = None
    channel: Word | None = None
    test: bool = False
    source_updated_at: Instant | None = None
    metadata: Metadata | None = None


class PurchaseBatch(Struct, forbid_unknown_fields=True):
    """Up to 1,000 purchases; each is recorded or refused by itself."""

    # Read one by one, so that a bad one is refused alone; documented as what they are.
    purchases: Annotated[
        list[dict[str, Any]],
        Meta(min_length=1, max_length=1000, extra_json_schema={"items": {"$ref": "#/components/schemas/PurchaseIn"}}),
    ]


class RefundLineIn(Struct, forbid_unknown_fields=True):
    """Goods taken back of one line."""

    line_id: ShopId
    amount: Money
    kind: LineKind = "goods"
    quantity: Quantity = 1


class RefundIn(Struct, forbid_unknown_fields=True):
    """Goods taken back: an amount in the measure of the purchase's `goods`, or by line."""

    refund_id: ShopId
    refunded_at: Instant
    goods: Money | None = None
    lines: Annotated[list[RefundLineIn], Meta(min_length=1, max_length=1000)] | None = None


class CancellationIn(Struct, forbid_unknown_fields=True):
    """The cancellation of a purchase; now, unless it says when."""

    cancelled_at: Instant | None = None


def purchase_from(told: PurchaseIn, program: ProgramFacts) -> NewPurchase:
    """Read a purchase off the wire into exact minor units; `Invalid` names the field."""

    def minor(name: str) -> int:
        return minor_units(getattr(told, name), program.digits, f"/{name}")

    goods, reward = minor("goods"), minor("reward_discount")
    if reward > goods:
        msg = "reward_discount is at most goods."
        raise Invalid(msg, pointer="/reward_discount")
    lines = None if told.lines is None else [_line(line, n, program.digits) for n, line in enumerate(told.lines)]
    if lines is not None and sum(line["amount_minor"] for line in lines if line["kind"] in EARNING_KINDS) != goods:
        msg = "The goods and service lines must add up to goods."
        raise Invalid(msg, pointer="/lines")
    return NewPurchase(
        order_id=told.order_id,
        placed_at=told.placed_at,
        currency=told.currency,
        goods_minor=goods,
        external_id=told.customer_id,
        discount_minor=minor("discount"),
        tax_minor=minor("tax"),
        shipping_minor=minor("shipping"),
        reward_discount_minor=reward,
        delivered_at=told.delivered_at,
        payments=_payments(told.payments, program.digits),
        lines=lines,
        referral_code=told.referral_code,
        redemption_ids=told.redemption_ids,
        channel=told.channel,
        test=told.test,
        source_updated_at=told.source_updated_at,
        metadata=checked_metadata(told.metadata),
        profile=told.customer.profile() if told.customer else None,
        traces=_traces(told),
    )


def _traces(told: PurchaseIn) -> dict[str, str] | None:
    address = told.customer.address_hash if told.customer else None
    payment = told.payments.fingerprint if told.payments else None
    return {kind: trace for kind, trace in (("address", address), ("payment", payment)) if trace} or None


def _line(line: LineIn | RefundLineIn, place: int, digits: int) -> dict[str, Any]:
    stored: dict[str, Any] = {
        "line_id": line.line_id,
        "kind": line.kind,
        "quantity": line.quantity,
        "amount_minor": minor_units(line.amount, digits, f"/lines/{place}/amount"),
    }
    if isinstance(line, LineIn):
        stored |= {"sku": line.sku, "category": line.category}
        if line.unit_cost is not None:
            stored["unit_cost_minor"] = minor_units(line.unit_cost, digits, f"/lines/{place}/unit_cost")
    return stored


def _payments(payments: PaymentsIn | None, digits: int) -> dict[str, int] | None:
    if payments is None:
        return None
    told = {name: getattr(payments, name) for name in ("gift_card", "store_credit", "points")}
    stored = {
        name: minor_units(amount, digits, f"/payments/{name}") for name, amount in told.items() if amount is not None
    }
    # A fingerprint is no payment: the purchase is the same one with and without it.
    return None if payments.fingerprint and not stored else stored


def refund_from(told: RefundIn, order_id: str, program: ProgramFacts) -> NewRefund:
    """Read a refund off the wire: `goods`, or the sum of its goods and service lines, or both if they agree."""
    lines = None if told.lines is None else [_line(line, n, program.digits) for n, line in enumerate(told.lines)]
    if told.goods is None and lines is None:
        msg = "A refund has goods, or lines, or both."
        raise Invalid(msg, pointer="/goods")
    summed = sum(line["amount_minor"] for line in lines or [] if line["kind"] in EARNING_KINDS)
    goods = summed if told.goods is None else minor_units(told.goods, program.digits, "/goods")
    if lines is not None and goods != summed:
        msg = "The goods and service lines must add up to goods."
        raise Invalid(msg, pointer="/lines")
    return NewRefund(order_id, told.refund_id, told.refunded_at, goods, lines)
