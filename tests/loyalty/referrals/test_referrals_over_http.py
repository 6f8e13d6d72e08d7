"""The journey of docs/referrals.md over HTTP, and every way in which a referral ends otherwise."""

import asyncio
from http import HTTPStatus
from uuid import UUID

import asyncpg
import httpx
import pytest

from loyalty.referrals.pictures import qr_svg
from tests.loyalty.referrals.conftest import TERMS, Town


async def test_the_journey_of_the_page(town: Town) -> None:
    code = await town.code()
    await town.at("2026-03-02T10:00")
    await town.joins("fay", code)
    await town.works()
    assert await town.referrals() == [("claimed", None)]
    await town.at("2026-03-03T11:00")
    await town.buys("1", "80.00", "fay")
    await town.works()
    assert await town.referrals() == [("qualified", None)]
    assert (await town.points("ann"), await town.points("fay")) == ((0, 500, 0), (80, 500, 0))
    await town.at("2026-03-17T23:59")
    await town.works()
    assert await town.referrals() == [("qualified", None)]
    assert (await town.points("ann"), await town.points("fay")) == ((0, 500, 0), (80, 500, 0))
    await town.at("2026-03-18T00:00")
    assert (await town.points("ann"), await town.points("fay")) == ((500, 0, 0), (580, 0, 0))
    await town.works()
    assert await town.referrals() == [("rewarded", None)]
    await town.at("2026-03-20T12:00")
    await town.takes_back("1", "30.00")
    await town.works()
    assert (await town.points("ann"), await town.points("fay")) == ((500, 0, 0), (550, 0, 0))
    await town.at("2026-03-21T12:00")
    await town.call("POST", "members/ann/adjustments", HTTPStatus.CREATED, points=-400, reason="spent")
    await town.at("2026-03-22T12:00")
    await town.takes_back("1", "0.01")
    await town.works()
    assert await town.referrals() == [("reversed", "refunded")]
    assert (await town.points("ann"), await town.points("fay")) == ((0, 0, 400), (49, 0, 0))
    await town.verified()


async def test_a_refund_inside_the_window_leaves_no_reward(town: Town) -> None:
    await town.joins("fay", await town.code())
    await town.buys("1", "80.00", "fay")
    await town.works()
    assert await town.points("ann") == (0, 500, 0)
    await town.takes_back("1", "30.01")
    await town.works()
    assert await town.referrals() == [("reversed", "refunded")]
    assert (await town.points("ann"), await town.points("fay")) == ((0, 0, 0), (49, 0, 0))
    await town.at("2026-04-10T12:00")
    await town.works()
    assert await town.points("ann") == (0, 0, 0)
    await town.verified()


async def test_the_first_purchase_may_bring_the_code_itself(town: Town) -> None:
    code = await town.code()
    await town.joins("fay")
    await town.buys("1", "80.00", "fay", referral_code=code.lower())
    await town.works()
    assert await town.referrals() == [("qualified", None)]
    await town.buys("2", "80.00", "fay", referral_code=code)
    await town.works()
    assert await town.referrals() == [("qualified", None)]
    assert await town.points("ann") == (0, 500, 0)


async def test_a_friend_who_is_no_member_gets_nothing_and_the_referrer_does(town: Town) -> None:
    await town.buys("1", "80.00", "guest", referral_code=await town.code())
    await town.works()
    assert await town.referrals() == [("qualified", None)]
    assert await town.points("ann") == (0, 500, 0)
    await town.verified()


async def test_every_claim_is_refused_with_its_reason(town: Town) -> None:
    code = await town.code()
    await town.joins("typo", "NOBODY")
    await town.works()
    assert await town.referrals(customer_id="typo") == [("refused", "unknown_code")]
    await town.buys("a1", "60.00", "ann", referral_code=code)
    await town.works()
    assert await town.referrals(state="refused", customer_id="ann") == [("refused", "own_code")]
    await town.joins("twin", code, email="A.N.N+2@googlemail.com")
    await town.works()
    assert await town.referrals(customer_id="twin") == [("refused", "same_email")]
    await town.buys("o1", "60.00", "old")
    await town.at("2026-03-02T09:00")
    await town.joins("old", code)
    await town.works()
    assert await town.referrals(customer_id="old") == [("refused", "existing_customer")]
    await town.joins("late")
    await town.buys("l1", "60.00", "late")
    await town.buys("l2", "60.00", "late", referral_code=code)
    await town.works()
    assert await town.referrals(customer_id="late") == [("refused", "not_first_purchase")]
    await town.joins("poor", code)
    await town.buys("p1", "49.99", "poor")
    await town.works()
    assert await town.referrals(customer_id="poor") == [("refused", "below_minimum")]
    await town.publishes(on=False)
    await town.joins("off", code)
    await town.works()
    assert await town.referrals(customer_id="off") == [("refused", "switched_off")]
    await town.publishes()
    await town.call("DELETE", "members/ann")
    await town.joins("orphan", code)
    await town.works()
    assert await town.referrals(customer_id="orphan") == [("refused", "referrer_left")]
    await town.verified()


async def test_a_code_ends_when_the_terms_say_so(town: Town) -> None:
    await town.publishes(code_days=10)
    code = await town.code()
    await town.at("2026-03-11T08:59")
    assert await town.call("GET", f"referral-codes/{code}") == {"code": code, "valid": True, "reason": None}
    await town.at("2026-03-11T09:01")
    assert (await town.call("GET", f"referral-codes/{code}"))["reason"] == "expired_code"
    await town.joins("fay", code)
    await town.works()
    assert await town.referrals() == [("refused", "expired_code")]


async def test_nobody_is_rewarded_beyond_the_caps(town: Town) -> None:
    code = await town.code()
    for number, moment in enumerate(["03-02", "03-03", "03-04", "04-02", "04-03"]):
        await town.at(f"2026-{moment}T12:00")
        await town.joins(f"f{number}", code)
        await town.buys(f"o{number}", "60.00", f"f{number}")
        await town.works()
    assert list(reversed([reason or state for state, reason in await town.referrals()])) == [
        "rewarded",
        "rewarded",
        "over_cap",
        "qualified",
        "over_cap",
    ]


async def test_a_refused_claim_leaves_room_for_another_code(town: Town) -> None:
    await town.joins("fay", "NOBODY")
    await town.works()
    await town.buys("1", "60.00", "fay", referral_code=await town.code())
    await town.works()
    assert await town.referrals(customer_id="fay") == [("qualified", None), ("refused", "unknown_code")]


async def test_twenty_claims_at_once_make_one(town: Town) -> None:
    code = await town.code()
    await town.joins("fay")
    now = await town.now()
    await asyncio.gather(*(town.buys(f"o{n}", "60.00", "fay", referral_code=code, placed_at=now) for n in range(20)))
    # More than one worker at it, which leases do not allow: the guards alone must hold.
    await town.hears()
    await asyncio.gather(*(town.decides() for _ in range(3)))
    await town.works()
    assert await town.referrals() == [("qualified", None)]
    assert await town.points("ann") == (0, 500, 0)
    await town.verified()


async def test_twenty_askings_at_once_make_one_code(town: Town) -> None:
    assert len(set(await asyncio.gather(*(town.code() for _ in range(20))))) == 1


async def test_points_of_referrals_are_not_counted_for_tiers(town: Town) -> None:
    tier = {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "100"}
    await town.call("PUT", "tiers", counts="points_earned", window={"kind": "lifetime"}, tiers=[tier])
    await town.joins("fay", await town.code())
    await town.buys("1", "60.00", "fay")
    await town.works()
    await town.at("2026-03-20T12:00")
    assert await town.points("fay") == (560, 0, 0)
    assert (await town.call("GET", "members/fay"))["tier"]["total"] == "60"


async def test_what_was_told_late_rewards_nobody(town: Town) -> None:
    code = await town.code()
    await town.at("2026-03-10T12:00")
    told = {"order_id": "1", "goods": "60.00", "currency": "EUR", "customer_id": "fay", "referral_code": code}
    await town.call("POST", "purchases", HTTPStatus.CREATED, **told, placed_at="2026-03-05T12:00:00Z")
    await town.works()
    assert await town.referrals() == []
    assert await town.points("ann") == (0, 0, 0)


async def test_codes_of_staff_work_beside_the_one_before(town: Town) -> None:
    first = await town.code()
    told = await town.call("PUT", "members/ann/referral-code", code="Marie-10")
    assert (told["code"], told["link"]) == ("MARIE-10", "https://shop.example/welcome?ref=MARIE-10")
    assert await town.code() == "MARIE-10"
    for code in (first, "marie10", "MARIE-1O"):
        assert (await town.call("GET", f"referral-codes/{code}"))["valid"]
    await town.joins("bob")
    await town.call("PUT", "members/bob/referral-code", HTTPStatus.CONFLICT, code="MARIE1O")
    await town.call("PUT", "members/ann/referral-code", code="marie-10")


async def test_the_link_is_drawn_for_a_camera(town: Town) -> None:
    answer = await town.api.get("/v1/members/ann/referral-code/qr")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg ")
    assert answer.text == qr_svg(f"https://shop.example/welcome?ref={await town.code()}").decode()
    assert qr_svg("ANNA") != qr_svg("ANNB")


async def test_only_members_have_codes_and_share_them(town: Town) -> None:
    await town.buys("1", "60.00", "guest")
    await town.call("GET", "members/guest/referral-code", HTTPStatus.CONFLICT)
    await town.call("GET", "members/nobody/referral-code", HTTPStatus.NOT_FOUND)
    share = await town.call("POST", "members/ann/referral-invitations", HTTPStatus.CREATED, channel="email")
    assert share["channel"] == "email"
    await town.call("POST", "members/guest/referral-invitations", HTTPStatus.CONFLICT, channel="email")


async def test_an_erased_person_s_code_leads_nowhere(town: Town) -> None:
    code = await town.code()
    await town.joins("fay", code)
    await town.buys("1", "60.00", "fay")
    await town.works()
    answer = await town.api.post("/v1/customers/ann/erase")
    assert answer.is_success, answer.text
    assert (await town.call("GET", f"referral-codes/{code}"))["reason"] == "unknown_code"
    await town.takes_back("1", "60.00")
    await town.works()
    assert await town.referrals() == [("reversed", "refunded")]
    assert await town.points("fay") == (0, 0, 0)
    await town.verified()


def sent_to(address: str) -> dict[str, object]:
    return {"customer": {"address_hash": address}}


def paid_with(card: str) -> dict[str, object]:
    return {"payments": {"fingerprint": card}}


async def test_a_friend_at_the_referrer_s_address_or_card_is_refused(town: Town) -> None:
    code = await town.code()
    await town.buys("a1", "60.00", "ann", **sent_to("here"), **paid_with("visa"))
    await town.joins("home", code)
    await town.buys("h1", "60.00", "home", **sent_to("here"))
    await town.joins("card", code)
    await town.buys("c1", "60.00", "card", **paid_with("visa"))
    await town.joins("fine", code)
    # The same word as another kind of trace says nothing.
    await town.buys("f1", "60.00", "fine", **sent_to("visa"))
    await town.works()
    assert await town.referrals(customer_id="home") == [("refused", "same_address")]
    assert await town.referrals(customer_id="card") == [("refused", "same_payment")]
    assert await town.referrals(customer_id="fine") == [("qualified", None)]


async def test_a_retry_may_leave_the_fingerprints_out(town: Town) -> None:
    now = await town.now()
    await town.buys("a1", "60.00", "ann", placed_at=now, **sent_to("here"), **paid_with("visa"))
    told = {"order_id": "a1", "goods": "60.00", "placed_at": now, "currency": "EUR", "customer_id": "ann"}
    again = await town.api.post("/v1/purchases", json=told)
    assert (again.is_success, again.headers["idempotency-replayed"]) == (True, "true")


async def test_suspicious_ones_wait_until_staff_decide(town: Town) -> None:
    await town.publishes(per_month=None, ever=None)
    code = await town.code()
    for friend in ("fay", "gus", "hal", "ivy"):
        await town.joins(friend, code)
        await town.buys(friend, "60.00", friend, **sent_to("there"))
    await town.works()
    assert await town.referrals(state="in_review") == [("in_review", "shared_trace")] * 3
    assert await town.points("ann") == (0, 500, 0)
    queue = (await town.call("GET", "referrals?state=in_review"))["data"]
    found = {one["friend"]: one["referral_id"] for one in queue}
    assert set(found) == {"gus", "hal", "ivy"}
    await town.at("2026-03-02T12:00")
    released = await town.call("POST", f"referrals/{found['gus']}/release")
    assert (released["state"], released["friend_points"], released["referrer"]) == ("qualified", 500, "ann")
    assert await town.call("POST", f"referrals/{found['gus']}/release") == released
    assert await town.points("ann") == (0, 1000, 0)
    refused = await town.call("POST", f"referrals/{found['hal']}/refuse")
    assert (refused["state"], refused["reason"]) == ("refused", "by_staff")
    await town.call("POST", f"referrals/{found['hal']}/release", HTTPStatus.CONFLICT)
    await town.call("POST", f"referrals/{found['gus']}/refuse", HTTPStatus.CONFLICT)
    await town.takes_back("ivy", "60.00")
    await town.works()
    assert await town.referrals(customer_id="ivy") == [("refused", "below_minimum")]
    await town.call("POST", f"referrals/{found['ivy']}/release", HTTPStatus.CONFLICT)
    await town.call("POST", f"referrals/{released['referral_id'][:-4]}0000/release", HTTPStatus.NOT_FOUND)
    await town.at("2026-03-20T12:00")
    assert await town.points("ann") == (1000, 0, 0)
    await town.verified()


async def test_codes_and_claims_follow_who_is_left_after_a_merge(town: Town) -> None:
    code = await town.code()
    await town.joins("bea")
    for number, (gone, kept) in enumerate([("ann", "bob"), ("bob", "bea")]):
        if number == 0:
            await town.joins("bob")
        await town.call("POST", f"customers/{gone}/merge", HTTPStatus.CREATED, into=kept)
    assert await town.code("bea") == code
    await town.joins("fay", code)
    await town.works()
    await town.joins("fae")
    await town.call("POST", "customers/fay/merge", HTTPStatus.CREATED, into="fae")
    await town.buys("1", "60.00", "fae")
    await town.works()
    [found] = (await town.call("GET", "referrals?customer_id=bea"))["data"]
    # Whoever was merged has several ids; the first by name is shown.
    assert (found["friend"], found["referrer"], found["state"]) == ("fae", "ann", "qualified")
    assert (await town.points("bea"), await town.points("fae")) == ((0, 500, 0), (60, 500, 0))
    await town.takes_back("1", "60.00")
    await town.works()
    assert await town.referrals() == [("reversed", "refunded")]
    assert (await town.points("bea"), await town.points("fae")) == ((0, 0, 0), (0, 0, 0))
    await town.verified()


async def test_who_turns_out_to_be_the_referrer_brings_nobody(town: Town) -> None:
    await town.joins("fay", await town.code())
    await town.works()
    await town.call("POST", "customers/fay/merge", HTTPStatus.CREATED, into="ann")
    await town.buys("1", "60.00", "ann")
    await town.works()
    assert await town.referrals() == [("refused", "own_code")]
    assert await town.points("ann") == (60, 0, 0)
    await town.verified()


async def test_an_erased_friend_leaves_the_count_and_no_name(town: Town) -> None:
    await town.joins("fay", await town.code())
    await town.buys("1", "60.00", "fay")
    await town.works()
    answer = await town.api.post("/v1/customers/fay/erase")
    assert answer.is_success, answer.text
    await town.at("2026-03-20T12:00")
    await town.works()
    [found] = (await town.call("GET", "referrals"))["data"]
    assert (found["friend"], found["referrer"], found["state"]) == (None, "ann", "rewarded")
    assert await town.owner.fetchval("SELECT count(*) FROM referral WHERE told_key IS NOT NULL") == 0
    assert await town.points("ann") == (500, 0, 0)
    await town.verified()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "referral-terms", None),
        ("GET", "referrals", None),
        ("PUT", "referral-terms", TERMS),
        ("PUT", "members/ann/referral-code", {"code": "MARIE"}),
        ("POST", f"referrals/{UUID(int=1)}/release", None),
        ("POST", f"referrals/{UUID(int=1)}/refuse", None),
    ],
    ids=["see terms", "list", "publish", "give a code", "release", "refuse"],
)
async def test_who_may_not_is_told_the_scope(
    api: httpx.AsyncClient, owner: asyncpg.Connection, method: str, path: str, body: object
) -> None:
    await owner.execute("UPDATE api_key SET scopes = '{members:read}'")
    answer = await api.request(method, f"/v1/{path}", json=body, headers={"Idempotency-Key": "k"})
    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text
    assert "referrals:" in answer.json()["detail"]


async def test_traces_and_codes_go_with_the_person(town: Town) -> None:
    await town.code()
    await town.buys("a1", "60.00", "ann", **sent_to("here"), **paid_with("visa"))
    assert await town.owner.fetchval("SELECT count(*) FROM referral_trace") == 2
    await town.api.post("/v1/customers/ann/erase")
    assert await town.owner.fetchval("SELECT count(*) FROM referral_trace") == 0
    assert await town.owner.fetchval("SELECT count(*) FROM referral_code") == 0
