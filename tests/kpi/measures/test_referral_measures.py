"""Referrals in key figures, by hand: who invites, what invitations win, and what friends are worth."""

import asyncpg
import pytest

from kpi.measure import Ratio
from tests.kpi.measures.test_money import APRIL, figure, figures, why
from tests.kpi.shop import Shop
from tests.kpi.till import Till


@pytest.fixture
async def till(owner: asyncpg.Connection) -> Till:
    return Till(await Shop.open(owner))


def told(ratio: Ratio) -> tuple[int, int | None]:
    return ratio.num, ratio.den


async def test_who_invited_is_a_share_of_all_who_were_members_in_the_period(till: Till) -> None:
    ada, bob, cleo, dan, eve, fay = await till.shop.customers(6)
    await till.shop.joins(ada, "2026-01-01")
    await till.shop.joins(bob, "2026-01-01", left="2026-03-01 00:00:01")
    await till.shop.joins(cleo, "2026-03-31")
    await till.shop.joins(dan, "2026-01-01", left="2026-02-28")
    # Two shares are one who shares; Dan is a member no more, and Eve shared in April.
    for at in ("2026-03-02", "2026-03-03"):
        await till.shares(ada, at)
    await till.shares(dan, "2026-03-02")
    await till.shop.joins(eve, "2026-01-01")
    await till.shares(eve, "2026-04-01")
    # Nobody told of Cleo's share, but somebody had her code.
    await till.claims(fay, cleo, "2026-03-31 12:00")
    assert told(await figure(till, "referral_participation")) == (2, 4)
    assert told(await figure(till, "referral_participation", APRIL)) == (1, 3)


async def test_an_invitation_is_won_by_a_first_purchase_within_30_days_of_signing_up(till: Till) -> None:
    ada, *friends = await till.shop.customers(6)
    in_time, too_late, never, before, refused = friends
    for at in ("2026-03-01", "2026-03-02"):
        await till.shares(ada, at)
    # The first two answer the shares; the other three are invitations of their own.
    for day, friend in enumerate(friends, 5):
        reason = "same_address" if friend == refused else None
        await till.claims(friend, ada, f"2026-03-0{day} 10:00", refused=reason)
    await till.shop.buys(in_time, "2026-04-04 11:00")
    await till.shop.buys(too_late, "2026-04-05 11:00:01")
    await till.shop.buys(before, "2026-02-01")
    await till.shop.buys(before, "2026-03-10")
    await till.shop.buys(refused, "2026-03-10")
    await till.shop.cancels(await till.shop.buys(never, "2026-03-10"))
    found = await figures(till, "referral_conversion")
    assert told(found.segments["all"]) == (1, 5)
    assert (found.counts["signed_up"], found.counts["immature"]) == (5, 0)


async def test_a_share_that_nobody_answers_is_an_invitation_and_an_old_one_is_answered_first(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.shares(ada, "2026-03-01")
    await till.shares(ada, "2026-04-02")
    await till.claims(bob, ada, "2026-04-03")
    await till.shop.buys(bob, "2026-04-04")
    assert told(await figure(till, "referral_conversion")) == (1, 1)
    assert told(await figure(till, "referral_conversion", APRIL)) == (0, 1)


async def test_an_invitation_is_asked_after_30_days(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    assert await why(till, "referral_conversion") == "no_invitations"
    await till.claims(bob, ada, "2026-03-20")
    await till.shop.buys(bob, "2026-03-21", recorded="2026-03-21")
    assert await why(till, "referral_conversion", known="2026-04-10") == "invitations_too_young"
    assert told(await figure(till, "referral_conversion", known="2026-04-20")) == (1, 1)


async def test_new_customers_are_shared_into_brought_and_others_by_status(till: Till) -> None:
    ada, member, guest, capped, refused, alone, old = await till.shop.customers(7)
    await till.shop.joins(member, "2026-03-05")
    for friend in (member, guest, old):
        await till.claims(friend, ada, "2026-03-05")
    await till.claims(capped, ada, "2026-03-05", refused="over_cap", ended="2026-03-20")
    await till.claims(refused, ada, "2026-03-05", refused="by_staff", ended="2026-03-20")
    await till.shop.buys(old, "2026-02-05")
    for customer in (member, guest, capped, refused, alone, old):
        await till.shop.buys(customer, "2026-03-10")
    found = await figures(till, "referred_share")
    assert {name: told(one) for name, one in found.segments.items()} == {
        "all": (3, 5),
        "member": (1, 1),
        "non_member": (2, 4),
    }


async def test_friends_are_worth_what_they_bought_since_they_came_and_whether_they_come_again(till: Till) -> None:
    ada, bob, cleo = await till.shop.customers(3)
    await till.claims(bob, ada, "2026-03-05")
    await till.claims(cleo, ada, "2026-03-05")
    await till.shop.buys(bob, "2026-03-05", 1000, reward=300)
    await till.shop.refunds(await till.shop.buys(bob, "2026-06-03", 900), 400)
    await till.shop.buys(cleo, "2026-03-10", 5000)
    await till.shop.buys(cleo, "2026-06-09", 5000)
    assert (await figure(till, "referred_revenue")).num == 700 + 5000
    assert (await figures(till, "referred_revenue")).counts["referred_purchases"] == 2
    # Bob's second came within 90 days of the first, Cleo's a day too late.
    assert told(await figure(till, "referred_second_purchase")) == (1, 2)


async def test_refused_claims_are_a_share_by_reason(till: Till) -> None:
    ada, *friends = await till.shop.customers(5)
    await till.claims(friends[0], ada, "2026-03-05")
    for friend, reason in zip(friends[1:], ["own_code", "same_email", "own_code"], strict=True):
        await till.claims(friend, ada, "2026-03-05", refused=reason, ended="2026-03-20")
    found = await figures(till, "referral_refused_share")
    assert told(found.segments["all"]) == (3, 4)
    assert {name: n for name, n in found.counts.items() if n and name.startswith("refused:")} == {
        "refused:own_code": 2,
        "refused:same_email": 1,
    }
    # What was refused later was not known before.
    assert told(await figure(till, "referral_refused_share", known="2026-03-19")) == (0, 4)


async def test_whoever_was_merged_brings_and_is_brought_as_who_is_left(till: Till) -> None:
    ada, anna, bob, rob = await till.shop.customers(4)
    await till.shop.joins(ada, "2026-01-01")
    await till.claims(rob, anna, "2026-03-05")
    await till.shop.buys(bob, "2026-03-06", 800)
    await till.shop.merges(anna, ada, at="2026-03-20")
    await till.shop.merges(rob, bob, at="2026-03-20")
    assert told(await figure(till, "referral_participation")) == (1, 1)
    assert told(await figure(till, "referred_share")) == (1, 1)
    assert (await figure(till, "referred_revenue")).num == 800
    assert told(await figure(till, "referral_conversion")) == (1, 1)
    # Who turns out to be the referrer has brought nobody.
    await till.shop.merges(bob, ada, at="2026-03-21")
    assert (await figure(till, "referred_revenue")).num == 0
