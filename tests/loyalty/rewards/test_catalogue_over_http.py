"""The catalogue over HTTP: rewards of every kind, what a member is told of them, edits, and pools of codes."""

from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.actions import keep_segment, set_members

MUG = {"kind": "gift", "name": "Mug", "price_points": 50}
TIERS = {
    "counts": "points_earned",
    "window": {"kind": "lifetime"},
    "tiers": [
        {"key": "silver", "name": {"en": "Silver"}, "threshold": "100"},
        {"key": "gold", "name": {"en": "Gold"}, "threshold": "1000"},
    ],
}


class Counter:
    """A storefront at work; every write has a key of its own."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self.api = api

    async def send(self, method: str, path: str, key: str | None = None, **body: object) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return await self.api.request(method, f"/v1/{path}", json=body or None, headers=headers)

    async def offers(self, **reward: object) -> dict[str, Any]:
        answer = await self.send("POST", "rewards", **reward)
        assert answer.status_code == HTTPStatus.CREATED, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def segment(self, key: str) -> None:
        """Define a segment; nobody is in it until it is counted."""
        told = {"key": key, "name": key, "conditions": [{"kind": "member"}]}
        made = await self.api.post("/v1/segments", json=told, headers={"Idempotency-Key": str(uuid4())})
        assert made.is_success, made.text

    async def redeems(self, reward: dict[str, Any], customer: str = "ann", **more: object) -> httpx.Response:
        return await self.send("POST", "redemptions", customer_id=customer, reward_id=reward["reward_id"], **more)

    async def sees(self, customer: str | None = "ann") -> list[dict[str, Any]]:
        told = (await self.api.get("/v1/rewards", params={"customer_id": customer} if customer else {})).json()
        found: list[dict[str, Any]] = told["data"]
        return found


@pytest.fixture
async def counter(api: httpx.AsyncClient) -> Counter:
    """Give a counter at which Ann has 200 points."""
    counter = Counter(api)
    joined = await api.post("/v1/members", json={"customer_id": "ann", "joined_at": "2026-03-01T00:00:00Z"})
    assert joined.is_success
    order = {"order_id": "1", "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR", "goods": "200.00"}
    assert (await api.post("/v1/purchases", json={**order, "customer_id": "ann"})).is_success
    return counter


async def test_a_reward_of_each_kind_is_offered_and_redeemed(counter: Counter) -> None:
    priced = {"name": "It", "price_points": 10}
    for kind, settings, more, value in (
        ("fixed_discount", {"amount": "5.00"}, {"basket": "3.20"}, "3.20"),
        ("percentage_discount", {"percent": "12.5", "most": "2.00"}, {"basket": "10.00"}, "1.25"),
        ("percentage_discount", {"percent": "12.5"}, {}, None),
        ("free_product", {"sku": "mug", "worth": "9.90"}, {}, "9.90"),
        ("gift", {}, {}, None),
        ("voucher_code", {"prefix": "GIFT-", "worth": "10.00"}, {}, "10.00"),
    ):
        reward = await counter.offers(kind=kind, settings=settings, **priced)
        assert settings.items() <= reward["settings"].items()
        answer = (await counter.redeems(reward, capture=True, **more)).json()
        assert (answer["points"], answer["value"]) == (10, value), kind
        assert (answer["code"] or "").startswith("GIFT-") == (kind == "voucher_code")
    payment = await counter.offers(
        kind="points_payment", name="Pay", settings={"points_per_step": 10, "step": "1.00", "most_share": "50"}
    )
    answer = (await counter.redeems(payment, points=45, basket="9.00")).json()
    assert (answer["points"], answer["value"]) == (45, "4.50")


async def test_a_price_is_never_the_callers(counter: Counter) -> None:
    mug = await counter.offers(**MUG)
    for more in ({"points": 1}, {"price": 1}, {"price_points": 1}):
        refused = await counter.redeems(mug, **more)
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert refused.json()["errors"][0]["pointer"] == f"/{next(iter(more))}"
    payment = await counter.offers(
        kind="points_payment", name="Pay", settings={"points_per_step": 10, "step": "1.00", "most_points": 100}
    )
    for points in (None, 0, 101, 10**13):
        refused = await counter.redeems(payment, **({} if points is None else {"points": points}))
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, points
    # A basket may only lower what is spent.
    refused = await counter.redeems(payment, points=100, basket="5.00")
    assert "At most 50" in refused.json()["detail"]
    assert (await counter.redeems(payment, points=100, basket="5000.00")).json()["value"] == "10.00"


async def test_a_member_is_told_every_reason_with_its_numbers(counter: Counter) -> None:
    assert (await counter.send("PUT", "tiers", **TIERS)).is_success
    await counter.segment("vip")
    await counter.offers(**MUG, position=1)
    await counter.offers(**MUG | {"price_points": 260}, position=2, stock=0, starts_on="2999-01-01")
    await counter.offers(**MUG, position=3, ends_on="2026-03-31", minimum_tier="gold", segments=["vip"])
    told = await counter.sees()
    assert [reward["redeemable"] for reward in told] == [True, False, False]
    assert told[1]["left"] == 0
    assert told[1]["reasons"] == [
        {"code": "not_started", "on": "2999-01-01"},
        {"code": "out_of_stock"},
        {"code": "not_enough_points", "missing": 60},
    ]
    assert told[2]["reasons"] == [
        {"code": "ended", "on": "2026-03-31"},
        {"code": "tier_too_low", "needs": "gold"},
        {"code": "not_in_segment"},
    ]
    assert told[1]["reason"] == "not_started"
    refused = await counter.redeems(told[2])
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (HTTPStatus.CONFLICT, "ended")
    assert problem["why"] == {"code": "ended", "on": "2026-03-31"}


async def test_tiers_and_segments_open_rewards_and_set_prices(
    counter: Counter, database: Database, program: ProgramFacts
) -> None:
    assert (await counter.send("PUT", "tiers", **TIERS)).is_success
    order = {"order_id": "2", "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR", "goods": "1.00"}
    assert (await counter.api.post("/v1/purchases", json={**order, "customer_id": "ann"})).is_success
    async with database.writer() as connection, connection.transaction():
        await keep_segment(connection, program.program_id, "vip", "The dearest", "test")
    await counter.segment("friends")
    await counter.offers(**MUG, position=1, tier_prices={"silver": 40, "gold": 30})
    await counter.offers(**MUG, position=2, minimum_tier="gold")
    await counter.offers(**MUG, position=3, minimum_tier="silver", segments=["vip", "friends"])
    told = await counter.sees()
    assert [(reward["price_points"], reward["price_for_member"], reward["reason"]) for reward in told] == [
        (50, 40, None),
        (50, 50, "tier_too_low"),
        (50, 50, "not_in_segment"),
    ]
    async with database.writer() as connection, connection.transaction():
        ids = [row[0] for row in await connection.fetch("SELECT customer_id FROM customer")]
        await set_members(connection, program.program_id, "vip", ids)
    assert [reward["reason"] for reward in await counter.sees()] == [None, "tier_too_low", None]
    assert (await counter.redeems(told[0], capture=True)).json()["points"] == 40
    assert (await counter.redeems(told[2])).status_code == HTTPStatus.CREATED
    assert (await counter.redeems(told[1])).json()["why"] == {"code": "tier_too_low", "needs": "gold"}


async def test_a_reward_is_edited_retired_and_offered_again(counter: Counter) -> None:
    mug = await counter.offers(**MUG, description={"en": "A mug.", "fr": "Une tasse."})
    path = f"rewards/{mug['reward_id']}"
    bowl = {**MUG, "name": "Bowl", "stock": 3, "edition": 1}
    edited = await counter.send("PUT", path, "edit", **bowl)
    assert (edited.status_code, edited.json()["edition"], edited.json()["name"]) == (HTTPStatus.OK, 2, "Bowl")
    again = await counter.send("PUT", path, "edit", **bowl)
    assert (again.content, again.headers["idempotency-replayed"]) == (edited.content, "true")
    stale = await counter.send("PUT", path, **bowl)
    assert (stale.status_code, stale.json()["code"]) == (HTTPStatus.CONFLICT, "edited_meanwhile")
    held = (await counter.redeems(edited.json())).json()
    assert (await counter.send("PUT", path, **bowl | {"stock": 0, "edition": 2})).json()["code"] == "stock_below_taken"

    assert (await counter.send("POST", f"{path}/retire")).json()["active"] is False
    assert await counter.sees() == []
    shown = (await counter.api.get(f"/v1/{path}", params={"customer_id": "ann"})).json()
    assert (shown["active"], shown["left"], shown["reason"]) == (False, 2, "retired")
    assert (await counter.redeems(mug)).json()["code"] == "retired"
    assert (await counter.send("POST", f"redemptions/{held['redemption_id']}/capture")).json()["name"] == "Bowl"
    assert (await counter.send("POST", f"{path}/offer")).json()["active"] is True
    assert (await counter.redeems(mug)).status_code == HTTPStatus.CREATED


async def test_codes_are_uploaded_and_each_is_handed_out_once(counter: Counter) -> None:
    reward = await counter.offers(kind="voucher_code", name="Cinema", price_points=10, settings={"source": "uploaded"})
    path = f"rewards/{reward['reward_id']}/codes"
    first = await counter.send("POST", path, "up", codes=["A", "B", "B"])
    assert (first.status_code, first.json()) == (HTTPStatus.CREATED, {"added": 2, "duplicates": ["B"], "left": 2})
    assert (await counter.send("POST", path, "up", codes=["A", "B", "B"])).content == first.content
    more = await counter.send("POST", path, csv="code,note\nC,1\nA,2\n")
    assert more.json() == {"added": 1, "duplicates": ["A"], "left": 3}
    held = (await counter.redeems(reward)).json()
    assert held["code"] is None
    captured = await counter.send("POST", f"redemptions/{held['redemption_id']}/capture")
    assert captured.json()["code"] == "A"
    again = await counter.send("POST", f"redemptions/{held['redemption_id']}/capture")
    assert again.json()["code"] == "A"
    codes = [(await counter.redeems(reward, capture=True)).json()["code"] for _ in range(2)]
    assert codes == ["B", "C"]
    refused = await counter.redeems(reward)
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.CONFLICT, "out_of_stock")
    assert (await counter.sees())[0]["left"] == 0
    found = (await counter.api.get("/v1/customers/ann/export")).json()
    assert '"A"' in str(found).replace("'", '"')


async def test_ten_thousand_codes_fit_in_one_call(counter: Counter) -> None:
    reward = await counter.offers(kind="voucher_code", name="Cinema", price_points=10, settings={"source": "uploaded"})
    path = f"rewards/{reward['reward_id']}/codes"
    many = [f"{n:0128}" for n in range(10_000)]
    assert (await counter.send("POST", path, codes=many)).json()["left"] == 10_000
    assert (await counter.send("POST", path, codes=[*many, "x"])).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "elephant"}, "/kind"),
        ({"settings": {"colour": "red"}}, "/settings/colour"),
        ({"amount": "5.00"}, "/amount"),
        ({"price_points": None}, "/price_points"),
        ({"stock": -1}, "/stock"),
        ({"limit_per": "week"}, "/limit_per"),
        ({"tier_prices": {"gold": 0}}, None),
        ({"starts_on": "2026-02-02", "ends_on": "2026-02-01"}, None),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_terms_that_cannot_be_are_refused(
    counter: Counter, wrong: dict[str, object], pointer: str | None
) -> None:
    refused = await counter.send("POST", "rewards", **MUG | wrong)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, refused.text
    assert pointer is None or refused.json()["errors"][0]["pointer"] == pointer
    assert await counter.sees(None) == []


async def test_what_nobody_offered_is_not_found(counter: Counter) -> None:
    path = f"rewards/{UUID(int=9)}"
    assert (await counter.api.get(f"/v1/{path}")).status_code == HTTPStatus.NOT_FOUND
    assert (await counter.send("PUT", path, **MUG, edition=1)).status_code == HTTPStatus.NOT_FOUND
    assert (await counter.send("POST", f"{path}/retire")).status_code == HTTPStatus.NOT_FOUND
    assert (await counter.send("POST", f"{path}/codes", codes=["A"])).status_code == HTTPStatus.NOT_FOUND
    mug = await counter.offers(**MUG)
    assert (await counter.send("POST", f"rewards/{mug['reward_id']}/codes", codes=["A"])).status_code == 422
