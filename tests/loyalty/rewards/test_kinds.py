"""What each kind of reward is worth, what it costs, and which settings it refuses."""

from inspect import isabstract
from typing import Any

import pytest

from loyalty.errors import Invalid
from loyalty.rewards.kind import KINDS, Asked, RewardKind, Spent, load
from loyalty.rewards.kinds.voucher_code import ALPHABET
from loyalty.rewards.settings_wire import settings_in, settings_out

# One of each, as it is told over the wire. A new kind needs a line here.
EXAMPLES: dict[str, dict[str, Any]] = {
    "fixed_discount": {"amount": "5.00"},
    "percentage_discount": {"percent": "12.5", "most": "20.00"},
    "free_product": {"sku": "mug", "worth": "9.90"},
    "voucher_code": {"source": "generated", "prefix": "GIFT-", "length": 8, "worth": "10.00"},
    "gift": {"worth": "3.00"},
    "points_payment": {"points_per_step": 100, "step": "1.00", "least_points": 50, "most_points": 5000},
}


def test_every_kind_has_its_example() -> None:
    assert set(EXAMPLES) == set(KINDS.all())


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_kind_keeps_the_promises_of_all_kinds(kind: str) -> None:
    stored = settings_in(kind, EXAMPLES[kind], 2)
    assert EXAMPLES[kind].items() <= settings_out(stored, 2).items()
    reward = load(kind, stored)
    worth = [reward.value_minor(Spent(captured, 1000, 8000)) for captured in range(1, 1001, 37)]
    # More points are never worth less, and nothing is worth less than nothing.
    assert all(minor is not None and minor >= 0 for minor in worth)
    assert worth == sorted(worth, key=lambda minor: minor or 0)
    # It makes up codes, or it does not.
    assert (reward.new_code() is not None) is (reward.codes == "generated")
    with pytest.raises(Invalid):
        load(kind, stored | {"colour": "red"})


def test_a_kind_that_does_not_say_what_it_is_worth_is_none() -> None:
    class Smile(RewardKind, frozen=True):
        """It forgot."""

    with pytest.raises(TypeError, match="value_minor"):
        Smile()  # type: ignore[abstract]
    assert [name for name, kind in KINDS.all().items() if isabstract(kind)] == []


@pytest.mark.parametrize(
    ("kind", "settings", "captured", "price", "basket", "value"),
    [
        ("fixed_discount", {"amount_minor": 500}, 100, 100, None, 500),
        ("fixed_discount", {"amount_minor": 500}, 33, 100, None, 165),
        ("fixed_discount", {"amount_minor": 100}, 1, 3, None, 33),
        # Never more off than there is in the basket.
        ("fixed_discount", {"amount_minor": 500}, 100, 100, 320, 320),
        ("fixed_discount", {"amount_minor": 500}, 50, 100, 320, 160),
        ("percentage_discount", {"percent": "10"}, 100, 100, 4999, 499),
        ("percentage_discount", {"percent": "0.0001"}, 100, 100, 1_000_000, 1),
        ("percentage_discount", {"percent": "33.3333"}, 100, 100, 3000, 999),
        ("percentage_discount", {"percent": "100"}, 100, 100, 4999, 4999),
        ("percentage_discount", {"percent": "50", "most_minor": 1000}, 100, 100, 4999, 1000),
        ("percentage_discount", {"percent": "50", "most_minor": 1000}, 50, 100, 4999, 500),
        # What was not told cannot be known.
        ("percentage_discount", {"percent": "10"}, 100, 100, None, None),
        ("free_product", {"sku": "mug"}, 100, 100, None, None),
        ("free_product", {"sku": "mug", "worth_minor": 990}, 100, 100, 100, 990),
        ("gift", {}, 100, 100, None, None),
        ("gift", {"worth_minor": 300}, 50, 100, None, 150),
        ("voucher_code", {}, 100, 100, None, None),
        ("voucher_code", {"worth_minor": 1000}, 100, 100, None, 1000),
        ("points_payment", {"points_per_step": 100, "step_minor": 100}, 250, 250, None, 250),
        ("points_payment", {"points_per_step": 3, "step_minor": 1}, 8, 8, None, 2),
        ("points_payment", {"points_per_step": 3, "step_minor": 100}, 7, 7, None, 233),
    ],
)
def test_what_a_reward_is_worth(
    kind: str, settings: dict[str, Any], captured: int, price: int, basket: int | None, value: int | None
) -> None:
    assert load(kind, settings).value_minor(Spent(captured, price, basket)) == value


PAYMENT = {"points_per_step": 3, "step_minor": 1, "least_points": 30, "most_points": 900}


@pytest.mark.parametrize(
    ("settings", "points", "basket", "refused"),
    [
        ({}, 30, None, None),
        ({}, 29, None, "At least 30 points"),
        ({}, 900, None, None),
        ({}, 901, None, "At most 900 points"),
        # 1.00: 300 points pay it, and 302 are worth no more when rounded down.
        ({}, 302, 100, None),
        ({}, 303, 100, "At most 302 points"),
        ({"most_share": "50"}, 152, 100, None),
        ({"most_share": "50"}, 153, 100, "At most 152 points"),
        ({"most_share": "33.3333"}, 101, 100, None),
        ({"most_share": "33.3333"}, 102, 100, "At most 101 points"),
        ({"most_share": "50"}, 100, None, "Say in `basket`"),
        ({"least_points": 1}, 2, None, "2 points are worth nothing"),
        ({}, None, None, "Say in `points`"),
    ],
)
def test_points_pay_within_their_caps(
    settings: dict[str, Any], points: int | None, basket: int | None, refused: str | None
) -> None:
    reward = load("points_payment", PAYMENT | settings)
    if refused is None:
        assert reward.price(reward.listed(None), Asked(points, basket)) == points
    else:
        with pytest.raises(Invalid, match=refused):
            reward.price(reward.listed(None), Asked(points, basket))


@pytest.mark.parametrize("kind", sorted(set(EXAMPLES) - {"points_payment"}))
def test_only_of_a_payment_the_caller_says_how_many_points(kind: str) -> None:
    reward = load(kind, settings_in(kind, EXAMPLES[kind], 2))
    assert (reward.listed(70), reward.price(70, Asked(None, 100))) == (70, 70)
    with pytest.raises(Invalid, match="not the caller's"):
        reward.price(70, Asked(1))
    with pytest.raises(Invalid, match="price"):
        reward.listed(None)


def test_points_as_a_payment_have_no_price() -> None:
    with pytest.raises(Invalid, match="no price"):
        load("points_payment", PAYMENT).listed(70)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("fixed_discount", {}),
        ("fixed_discount", {"amount_minor": 0}),
        ("percentage_discount", {"percent": "0"}),
        ("percentage_discount", {"percent": "100.0001"}),
        ("percentage_discount", {"percent": "12.34567"}),
        ("percentage_discount", {"percent": 12.5}),
        ("free_product", {"sku": ""}),
        ("voucher_code", {"length": 7}),
        ("voucher_code", {"prefix": "lower"}),
        ("voucher_code", {"source": "elsewhere"}),
        ("points_payment", {"points_per_step": 0, "step_minor": 1}),
        ("points_payment", PAYMENT | {"most_points": 29}),
        ("points_payment", PAYMENT | {"most_share": "101"}),
        ("elephant", {}),
    ],
)
def test_settings_that_cannot_be_are_refused(kind: str, settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        load(kind, settings)


@pytest.mark.parametrize(
    ("kind", "told", "pointer"),
    [
        ("fixed_discount", {"amount": "5.005"}, "/settings/amount"),
        ("fixed_discount", {"amount": 5}, "/settings/amount"),
        ("fixed_discount", {"amount_minor": 500}, "/settings/amount_minor"),
        ("gift", {"price": "1.00"}, "/settings/price"),
        ("free_product", {}, "/settings"),
    ],
)
def test_settings_of_the_wire_name_what_is_wrong(kind: str, told: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        settings_in(kind, told, 2)
    assert refused.value.pointer == pointer
    assert "_minor" not in refused.value.detail.replace("'amount_minor'", "")


def test_made_up_codes_have_no_characters_that_look_alike() -> None:
    voucher = load("voucher_code", {"prefix": "OIL-01-", "length": 32})
    codes = {voucher.new_code() or "" for _ in range(200)}
    assert len(codes) == 200
    assert all(code.startswith("OIL-01-") and len(code) == 39 for code in codes)
    drawn = set("".join(code.removeprefix("OIL-01-") for code in codes))
    assert drawn == set(ALPHABET)
    assert load("voucher_code", {"source": "uploaded"}).new_code() is None
    assert not drawn & set("0O1IL")
