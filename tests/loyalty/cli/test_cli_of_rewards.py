"""The commands about rewards: one of each kind, and those that cannot be."""

import asyncio

import pytest
from litestar import Litestar

from tests.loyalty.cli.commands import Run, asked


@pytest.mark.parametrize(
    ("options", "kind", "settings"),
    [
        (["--price", "500", "--amount", "5.00"], "fixed_discount", {"amount": "5.00"}),
        (["--price", "9", "--kind", "gift", "--set", 'worth="9.90"'], "gift", {"worth": "9.90"}),
        (["--price", "9", "--kind", "free_product", "--set", 'sku="mug"'], "free_product", {"sku": "mug"}),
        (["--price", "9", "--kind", "voucher_code", "--set", "length=12"], "voucher_code", {"length": 12}),
        (
            ["--price", "9", "--kind", "percentage_discount", "--set", 'percent="5"'],
            "percentage_discount",
            {"percent": "5"},
        ),
        (
            ["--kind", "points_payment", "--set", "points_per_step=10", "--set", 'step="1.00"'],
            "points_payment",
            {"points_per_step": 10, "step": "1.00"},
        ),
    ],
)
async def test_a_reward_of_any_kind_is_offered_on_its_terms(
    shop: Run, app: Litestar, options: list[str], kind: str, settings: dict[str, object]
) -> None:
    terms = ["--term", "stock=7", "--term", 'starts_on="2026-03-01"']
    made = await asyncio.to_thread(shop, "rewards", "create", "It", "--program", "Shop", *options, *terms)
    assert made.exit_code == 0, made.stderr
    created = await asyncio.to_thread(shop, "keys", "create", "--program", "Shop", "--storefront", "web")
    key = created.stdout.splitlines()[-1]
    told = (await asked(app, key, f"/v1/rewards/{made.stdout.strip()}")).json()
    assert (told["kind"], told["name"], told["stock"], told["starts_on"]) == (kind, "It", 7, "2026-03-01")
    assert settings.items() <= told["settings"].items()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--price", "9", "--amount", "five"], "amount"),
        (["--price", "9", "--kind", "cake"], "There is no reward of kind 'cake'"),
        (["--price", "9", "--kind", "gift", "--set", "colour=1"], "has no setting 'colour'; it has: worth"),
        (["--price", "9", "--kind", "gift", "--set", "worth"], "'worth' is not NAME=JSON"),
        (["--price", "9", "--kind", "gift", "--term", "shelf=1"], "unknown field `shelf`"),
        (["--kind", "gift"], "needs a price in points"),
    ],
)
def test_a_reward_that_cannot_be_is_refused(shop: Run, options: list[str], part: str) -> None:
    refused = shop("rewards", "create", "It", "--program", "Shop", *options)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert part in refused.stderr
