"""Who comes back, goes quiet, buys on and brings friends: the tables of docs/surveys.md, and one shop told by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest

from loyalty.background import register_consumers
from loyalty.customers.persons import FORGETTERS, Person
from loyalty.intervals import Answers
from loyalty.statements import joined
from surveys.results.lives import (
    Life,
    Rate,
    buying_detractors,
    by_occurrence,
    quiet_promoters,
    rate_within,
    recommended,
)
from surveys.results.lives_read import afterwards, crowd
from tests.kpi.pollster import Pollster
from tests.kpi.shop import Shop
from tests.kpi.till import Till
from tests.surveys.conftest import Poll
from tests.surveys.planted import Planted, plant
from tests.surveys.surveys_page import instant, rows

NOBODY = UUID(int=1)
MARCH = (date(2026, 3, 1), date(2026, 4, 1))
WITHIN = ("30", "60", "90")
STORIES = rows("no", "since", "bought next", "now", *WITHIN)
LIVES = rows("no", "score", "answered", "bought last", "now", "is")
FRIENDS = rows("no", "score", "member", "answered", "link used", "now", *WITHIN)
AFTER = rows("no", "answered", "first redemption", "points expired", "under")


def at(told: str) -> datetime | None:
    return None if told == "–" else instant(told)


def said(rate: Rate) -> str:
    return "–" if not rate.den else "yes" if rate.num else "no"


@pytest.mark.parametrize("row", [pytest.param(row, id=row["no"]) for row in STORIES])
def test_who_comes_back_in_time_is_as_the_page_says(row: dict[str, str]) -> None:
    story = ("silent", instant(row["since"]), at(row["bought next"]))
    now = instant(row["now"])
    for days in WITHIN:
        assert said(rate_within([story], "silent", int(days), now)) == row[days], days
        assert rate_within([story], "promoter", int(days), now) == Rate(0, 0)


@pytest.mark.parametrize("row", [pytest.param(row, id=row["no"]) for row in LIVES])
def test_who_has_gone_quiet_and_who_buys_on_is_as_the_page_says(row: dict[str, str]) -> None:
    life = Life(NOBODY, int(row["score"]), True, instant(row["answered"]), at(row["bought last"]))  # noqa: FBT003
    now = instant(row["now"])
    assert life.gone_quiet(now) == (row["is"] == "gone quiet")
    assert life.buys_on(now) == (row["is"] == "buys on")
    assert quiet_promoters([life], now) == Rate(int(life.gone_quiet(now)), int(life.score >= 9))
    assert buying_detractors([life], now) == Rate(int(life.buys_on(now)), int(life.score <= 6))


@pytest.mark.parametrize("row", [pytest.param(row, id=row["no"]) for row in FRIENDS])
def test_whether_the_link_was_used_is_as_the_page_says(row: dict[str, str]) -> None:
    life = Life(NOBODY, int(row["score"]), row["member"] == "yes", instant(row["answered"]))
    shared = Life(life.person, life.score, life.member, life.at, invited_at=at(row["link used"]))
    used = Life(life.person, life.score, life.member, life.at, brought_at=at(row["link used"]))
    for days in WITHIN:
        told = [recommended([one], instant(row["now"]))[int(days)] for one in (shared, used)]
        assert (said(told[0].invited), said(told[1].brought)) == (row[days], row[days]), days
        assert told[0].brought.num == told[1].invited.num == 0


@pytest.mark.parametrize("row", [pytest.param(row, id=row["no"]) for row in AFTER])
def test_what_an_answer_came_shortly_after_is_as_the_page_says(row: dict[str, str]) -> None:
    happened = {"first_redemption": at(row["first redemption"]), "points_expired": at(row["points expired"])}
    told = {what: when for what, when in happened.items() if when}
    life = Life(NOBODY, 9, True, instant(row["answered"]), happened=told)  # type: ignore[arg-type]  # noqa: FBT003
    under = [what or "nothing" for what, answers in by_occurrence([life]).items() if answers.n]
    assert ", ".join(under) == row["under"]


async def test_lives_are_read_of_persons_as_they_are_now(owner: asyncpg.Connection) -> None:
    register_consumers()
    shop = await Shop.open(owner)
    till, poll = Till(shop), Pollster(shop)
    ann, anna, ben, cat, dan, eve, fay = await shop.customers(7)
    await owner.execute("UPDATE program SET clock_offset = $1 - clock_timestamp()", datetime(2026, 9, 1, tzinfo=UTC))
    scheme = '{"tiers": [{"key": "silver"}, {"key": "before"}, {"key": "gold"}]}'
    await owner.execute(
        "INSERT INTO tier_scheme (program_id, version, scheme, actor, published_at) VALUES ($1, 1, $2, '', now())",
        shop.program.program_id,
        scheme,
    )
    # Ann, who was also Anna, promotes: she redeemed, climbed, and a friend came; she has not bought since June.
    await poll.says(ann, 2, "2026-03-05 10:00", member=True)
    await poll.says(anna, 9, "2026-03-20 10:00", member=True)
    await shop.merges(anna, ann, at="2026-04-01")
    await till.redeems(anna, 50, "2026-03-10")
    await till.redeems(ann, 50, "2026-03-19")
    await till.climbs(ann, 1, "silver", "2026-02-01", recorded="2026-02-01")
    await till.climbs(ann, 2, "gold", "2026-03-15", recorded="2026-03-15")
    await till.claims(eve, anna, "2026-04-01")
    await till.claims(fay, anna, "2026-03-21", refused="same_address")
    await shop.buys(anna, "2026-06-01")
    await shop.cancels(await shop.buys(ann, "2026-08-01"))
    # Ben promotes as a guest; Cat would not, lost points and her tier, and still comes; Dan's answer was rewarded.
    await poll.says(ben, 10, "2026-03-20")
    await shop.buys(ben, "2026-08-01")
    await poll.says(cat, 0, "2026-03-20", member=True)
    await till.moves(cat, "issue", 9, "2025-01-01")
    await till.moves(cat, "expire", 9, "2026-03-01")
    await till.climbs(cat, 1, None, "2026-03-02", recorded="2026-03-02")
    await shop.buys(cat, "2026-08-01")
    await poll.rewards(await poll.says(dan, 10, "2026-03-20", member=True))

    told = await afterwards(owner, shop.program, *MARCH)

    assert told.quiet_promoters == Rate(1, 2)
    assert told.buying_detractors == Rate(1, 1)
    assert {days: (one.invited, one.brought) for days, one in told.recommended.items()} == {
        days: (Rate(1, 1), Rate(1, 1)) for days in (30, 60, 90)
    }
    assert told.by_occurrence == {
        "first_redemption": Answers(1, 0, 0),
        "points_expired": Answers(0, 0, 1),
        "tier_up": Answers(1, 0, 0),
        "tier_down": Answers(0, 0, 1),
        None: Answers(1, 0, 0),
    }
    assert told.returns.by_crowd["promoter"][90] == Rate(1, 2)
    assert [life.person for life in (await crowd(owner, shop.program, *MARCH, "quiet_promoters")).lives] == [ann]
    assert [life.person for life in (await crowd(owner, shop.program, *MARCH, "buying_detractors")).lives] == [cat]

    # Who is forgotten takes no figure along: not those of today, nor those of half a year later.
    await poll.asks(eve, "2026-03-05 10:00")
    await shop.buys(eve, "2026-04-20")
    await poll.holds_out(fay, "2026-03-06 10:00")
    await shop.buys(fay, "2026-03-30")
    before = await afterwards(owner, shop.program, *MARCH)
    assert before.returns.by_crowd["silent"][60] == before.returns.by_crowd["never_asked"][30] == Rate(1, 1)
    for persons in ([ann, anna], [ben], [cat], [dan], [eve], [fay]):
        await forgets(owner, shop, persons)
        assert replace(await afterwards(owner, shop.program, *MARCH), now=before.now) == before
    assert await owner.fetchval("SELECT count(customer_id) FROM survey_invitation") == 0
    await owner.execute("UPDATE program SET clock_offset = clock_offset + interval '180 days'")
    later = await afterwards(owner, shop.program, *MARCH)
    assert (later.quiet_promoters, later.buying_detractors) == (Rate(2, 2), Rate(0, 1))
    assert (await crowd(owner, shop.program, *MARCH, "quiet_promoters")).lives == []


async def forgets(owner: asyncpg.Connection, shop: Shop, persons: list[UUID]) -> None:
    """Forget a person as the one statement of an erasure does."""
    parts = [part for forget in FORGETTERS for part in forget(Person(shop.program.program_id, persons, []))]
    sql, arguments = joined(parts, [shop.program.program_id], ["true"])
    await owner.execute(sql, *arguments)


async def test_who_went_quiet_is_listed_page_by_page_and_as_a_file(poll: Poll) -> None:
    survey_id = await poll.publishes({"kind": "after_purchase", "days": 7})
    answered = [Planted(score, instant("2026-03-02T10:00")) for score in (9, 10, 10, 8, 3)]
    await plant(poll, survey_id, answered)
    days = {"start": "2026-03-01", "end": "2026-04-01"}

    first = (await poll.api.get("/v1/survey-returns/customers", params={**days, "limit": 2})).json()
    rest = {**days, "limit": 2, "cursor": first["next_cursor"]}
    last = (await poll.api.get("/v1/survey-returns/customers", params=rest)).json()
    assert (first["count"], len(first["data"]), len(last["data"]), last["next_cursor"]) == (3, 2, 1, None)
    assert sorted(one["score"] for one in (*first["data"], *last["data"])) == [9, 10, 10]
    told = await poll.api.get("/v1/survey-returns/customers.csv", params=days)
    assert told.text.splitlines()[0].removeprefix("\ufeff").startswith("id,customer_ids,score")
    assert len(told.text.splitlines()) == 4

    figures = await poll.api.get("/v1/survey-returns.csv", params=days)
    assert "quiet_promoters,promoter,,3,3,1.0," in figures.text
    refused = await poll.api.get("/v1/survey-returns/customers", params={**days, "group": "everybody"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/group")
