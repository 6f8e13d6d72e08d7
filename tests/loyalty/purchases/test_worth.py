"""What a purchase is worth: kept, basis, net, excess, target, as tables. Money in minor units."""

from fractions import Fraction
from itertools import permutations
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.programs.policies import Basis
from loyalty.purchases.batch import OpenOrder
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.purchases.rules import basis, excess, kept, net, purchase_fingerprint, refund_fingerprint, target
from tests.paper import PER_EURO, version
from tests.stories import cancellation, day, purchase, refund

CANCELLED = None


def order(goods: int, reward: int = 0, lines: list[dict[str, Any]] | None = None) -> OpenOrder:
    """Give an order of `goods` cents, `reward` of them paid with points."""
    return OpenOrder(
        UUID(int=1), "o", None, 1, "recorded", day(1), goods_minor=goods, reward_discount_minor=reward, lines=lines
    )


@pytest.mark.parametrize(
    ("goods", "refunds", "left", "too_much"),
    [
        (1000, [], 1000, 0),
        (1000, [0], 1000, 0),
        (1000, [400], 600, 0),
        (1000, [400, 600], 0, 0),
        (1000, [400, 601], 0, 1),
        (1000, [5000, 1], 0, 4001),
        (1000, [CANCELLED], 0, 0),
        (1000, [400, CANCELLED], 0, 0),
        (1000, [CANCELLED, 400], 0, 0),
        (0, [], 0, 0),
        (0, [5], 0, 5),
    ],
)
def test_what_is_kept_is_what_was_not_taken_back(
    goods: int, refunds: list[int | None], left: int, too_much: int
) -> None:
    for told in permutations(refunds):
        assert kept(goods, told) == left
        assert excess(goods, told) == too_much


@pytest.mark.parametrize(
    ("goods", "left", "reward", "earning", "counted"),
    [
        (1000, 1000, 0, "1000", 1000),
        (1000, 600, 0, "600", 600),
        (1000, 1000, 200, "800", 800),
        (1000, 500, 200, "400", 400),
        (1000, 0, 200, "0", 0),
        (1000, 1000, 1000, "0", 0),
        # A third of the order was paid with points; of what is kept it is a third, too.
        (3000, 1000, 1000, "2000/3", 667),
        (3000, 2000, 1000, "4000/3", 1333),
        # Exactly half a cent goes up.
        (1000, 1, 500, "1/2", 1),
        (1000, 3, 500, "3/2", 2),
        (0, 0, 0, "0", 0),
    ],
)
def test_the_reward_paid_with_points_lowers_basis_and_net_by_its_share(
    goods: int, left: int, reward: int, earning: str, counted: int
) -> None:
    assert basis(order(goods, reward), left) == Fraction(earning)
    assert net(goods, left, reward) == counted


EVERYTHING = Basis(basis_includes_tax=True, basis_includes_shipping=True, reward_lowers_basis=False)
COUNTED = [
    # goods 60.00 of which half is kept; tax 12.00, shipping 5.00, reward 10.00
    (Basis(), "2500"),
    (Basis(reward_lowers_basis=False), "3000"),
    (Basis(basis_includes_tax=True), "3100"),
    (Basis(basis_includes_shipping=True), "2750"),
    (Basis(basis_includes_tax=True, basis_includes_shipping=True), "3350"),
    (EVERYTHING, "3850"),
]


@pytest.mark.parametrize(("counts", "earning"), COUNTED)
def test_tax_shipping_and_reward_count_by_the_part_that_is_kept(counts: Basis, earning: str) -> None:
    told = order(6000, 1000)
    told.tax_minor, told.shipping_minor, told.basis = 1200, 500, counts
    assert basis(told, 3000) == Fraction(earning)
    assert basis(told, 0) == 0


def test_the_part_of_tax_and_shipping_is_exact() -> None:
    told = order(3000)
    told.tax_minor, told.shipping_minor, told.basis = 100, 100, EVERYTHING
    assert basis(told, 1000) == Fraction(3200, 3)


@given(st.integers(1, 10**12), st.data())
def test_the_net_is_the_basis_rounded_half_up(goods: int, data: st.DataObject) -> None:
    left, reward = data.draw(st.integers(0, goods)), data.draw(st.integers(0, goods))
    exact = basis(order(goods, reward), left)
    assert 0 <= exact <= left
    assert Fraction(-1, 2) < net(goods, left, reward) - exact <= Fraction(1, 2)


def line(line_id: str, amount: int, kind: str = "goods") -> dict[str, Any]:
    """Give a line of an order."""
    return {"line_id": line_id, "kind": kind, "amount_minor": amount}


def test_the_target_is_worth_the_basis_of_what_is_kept() -> None:
    whole, points = target(order(3000, 1000), 2000, version(1, PER_EURO))
    assert (whole, points.total) == (Fraction(4000, 3), 13)
    assert "lines" not in points.breakdown[0]


def test_lines_share_the_basis_and_those_that_do_not_earn_say_why() -> None:
    lines = [line("shirt", 1000), line("fitting", 500, "service"), line("card", 700, "gift_card")]
    lines.append(line("post", 300, "shipping"))
    whole, points = target(order(1500, lines=lines), 750, version(1, PER_EURO))
    assert (whole, points.total) == (Fraction(750), 7)
    assert points.breakdown[0]["lines"] == [
        {"line_id": "shirt", "basis": "500", "points": "14/3"},
        {"line_id": "fitting", "basis": "250", "points": "7/3"},
        {"line_id": "card", "basis": "0", "points": "0", "reason": "gift_card"},
        {"line_id": "post", "basis": "0", "points": "0", "reason": "shipping"},
    ]


def test_lines_of_an_order_without_goods_share_nothing() -> None:
    whole, points = target(order(0, lines=[line("card", 700, "gift_card")]), 0, version(1, PER_EURO))
    assert (whole, points.total) == (Fraction(0), 0)


PURCHASE = purchase("o", 1000, "ann", lines=[line("shirt", 1000)], payments={"gift_card": 1})
MATTERS = {
    "external_id": "bob", "placed_at": day(1), "currency": "USD", "goods_minor": 1001, "discount_minor": 1,
    "tax_minor": 1, "shipping_minor": 1, "reward_discount_minor": 1, "delivered_at": day(2), "payments": None,
    "lines": None, "referral_code": "X", "redemption_ids": ["x"], "test": True,
}  # fmt: skip
TOLD_ONLY = {
    "order_id": "p", "channel": "till", "source_updated_at": day(3), "metadata": {"a": 1}, "profile": None,
    "traces": {"address": "here"},
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), MATTERS.items(), ids=MATTERS)
def test_what_matters_for_money_makes_another_purchase(field: str, value: object) -> None:
    assert purchase_fingerprint(msgspec.structs.replace(PURCHASE, **{field: value})) != purchase_fingerprint(PURCHASE)


@pytest.mark.parametrize(("field", "value"), TOLD_ONLY.items(), ids=TOLD_ONLY)
def test_what_does_not_matter_for_money_makes_the_same_purchase(field: str, value: object) -> None:
    assert purchase_fingerprint(msgspec.structs.replace(PURCHASE, **{field: value})) == purchase_fingerprint(PURCHASE)


def test_every_field_of_a_purchase_either_matters_or_does_not() -> None:
    assert set(NewPurchase.__struct_fields__) == {*MATTERS, *TOLD_ONLY}


def test_the_same_instant_in_another_zone_is_the_same_purchase() -> None:
    paris = msgspec.structs.replace(PURCHASE, placed_at=PURCHASE.placed_at.fromisoformat("2025-03-01T13:00:00+01:00"))
    assert purchase_fingerprint(paris) == purchase_fingerprint(PURCHASE)


def test_a_refund_is_another_by_its_number_date_goods_or_lines() -> None:
    first = refund("o", "r", 100)
    others = [
        refund("o", "s", 100),
        refund("o", "r", 101),
        refund("o", "r", 100, on=101),
        msgspec.structs.replace(first, refunded_at=None),
        msgspec.structs.replace(first, lines=[line("shirt", 100)]),
        cancellation("o"),
    ]
    assert len({refund_fingerprint(told) for told in (first, *others)}) == 7
    assert refund_fingerprint(NewRefund("o", "r", day(100), 100)) == refund_fingerprint(first)
