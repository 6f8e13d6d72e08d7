"""From what happened to a letter, or a reason why there is none; told over HTTP, worked off by the real worker."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from loyalty.database import Tx
from loyalty.errors import NotFound
from loyalty.programs.facts import Source
from loyalty.programs.queries import program_of
from surveys.answers import actions as answers
from surveys.invitations.letters import by_mail
from surveys.invitations.links import ask_for_link, link_again
from surveys.invitations.sending import Asking, send
from surveys.invitations.tasks import work_off
from surveys.invitations.tokens import written
from surveys.plans import actions
from surveys.plans.content import Content
from surveys.plans.policy import Policy
from tests.paper import local
from tests.surveys.conftest import RING, Poll

WEEK = {"kind": "after_purchase", "days": 7}
AT_ONCE = {"kind": "after_purchase", "days": 0}


async def test_a_purchase_is_asked_about_a_week_later_once(poll: Poll) -> None:
    await poll.publishes(WEEK)
    await poll.buys("o1")
    await poll.hears()
    await poll.at("2026-03-10T09:59:58")
    assert await poll.sends() == []
    await poll.at("2026-03-10T10:00")
    assert await poll.sends() == ["ann@example.org"]
    assert await poll.sends() == []
    assert await poll.asked() == [("sent", None)]


async def test_the_same_news_twice_plans_once(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.buys("o1")
    await poll.hears()
    await poll.owner.execute("INSERT INTO outbox SELECT program_id, 'surveys', event_id FROM event")
    await poll.works()
    assert await poll.asked() == [("sent", None)]


async def test_a_delivery_is_asked_about_days_after_it_also_when_it_is_told_with_its_purchase(poll: Poll) -> None:
    await poll.publishes({"kind": "after_delivery", "days": 3})
    # Bought a week before it came, and told in one go; another is still on its way.
    await poll.buys("o1", placed_at="2026-02-23T09:00:00Z", delivered_at="2026-03-02T15:00:00Z")
    await poll.buys("o2", "ben", placed_at="2026-03-01T09:00:00Z")
    await poll.works()
    due = await poll.owner.fetch("SELECT due_at FROM survey_invitation")
    assert [row["due_at"] for row in due] == [local("2026-03-05T10:00")]


async def test_old_purchases_and_purchases_told_late_ask_nobody(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.buys("late", placed_at="2026-02-28T07:59:00Z")
    await poll.buys("test", test=True)
    await poll.buys("o1", "ben")
    # As an import records it: what it is about is history.
    await poll.owner.execute(
        "UPDATE event SET origin = 'import' WHERE origin = 'live' AND customer_id IN"
        " (SELECT customer_id FROM customer_alias WHERE external_id = 'ben')"
    )
    assert await poll.works() == []
    assert await poll.asked() == []


async def test_without_a_policy_or_a_survey_nobody_is_asked(poll: Poll) -> None:
    await poll.buys("o1")
    assert await poll.works() == []
    await poll.publishes(AT_ONCE)
    assert await poll.works() == []
    assert await poll.asked() == []


@pytest.mark.parametrize(
    ("customer", "reason"),
    [
        pytest.param({"consent": {"surveys": False}}, "no_consent", id="refused"),
        pytest.param({"consent": {}}, "no_consent", id="never-asked"),
        pytest.param({"email": None}, "no_address", id="no-address"),
    ],
)
async def test_who_may_not_be_written_to_is_skipped(poll: Poll, customer: dict[str, object], reason: str) -> None:
    await poll.publishes(AT_ONCE)
    await poll.buys("o1", customer=customer)
    assert await poll.works() == []
    assert await poll.asked() == [("skipped", reason)]


async def test_what_happens_between_planning_and_sending_is_seen_at_the_sending(poll: Poll, source: Source) -> None:
    await poll.publishes(WEEK)
    shown = await poll.publishes({"kind": "on_request"})
    for order, who in (("o1", "ann"), ("o2", "ben"), ("o3", "cat"), ("o4", "dan"), ("o5", "eve")):
        await poll.buys(order, who)
    await poll.hears()
    await poll.call("POST", "purchases/o1/cancel", 201, cancelled_at=await poll.now())
    await poll.call("PATCH", "customers/ben", consent={"surveys": False})
    await poll.call("POST", "customers/cat/erase")
    await poll.verb(lambda tx: ask_for_link(tx, source, shown, "eve", "k", RING))
    link = await link_again(poll.owner, source, shown, "k", RING)
    await poll.verb(lambda tx: answers.unsubscribe(tx, written(poll.program, str(link))))
    await poll.at("2026-03-10T10:00")
    assert await poll.sends() == ["dan@example.org"]
    found = sorted(reason or state for state, reason in await poll.asked())
    assert found == ["erased", "no_consent", "refunded", "sent", "sent", "suppressed"]


async def test_one_quarantine_runs_across_surveys_and_through_merges(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.publishes({"kind": "nth_purchase", "n": 2})
    await poll.buys("o1")
    assert await poll.works() == ["ann@example.org"]
    sent = await poll.owner.fetchval("SELECT sent_at FROM survey_clock")
    await poll.buys("o2", "anna")
    await poll.call("POST", "customers/anna/merge", 201, into="ann")
    await poll.works()
    assert sorted(str(reason) for _, reason in await poll.asked()) == ["None", "throttled", "throttled"]
    await poll.buys("o3", "ann")
    await poll.owner.execute("UPDATE program SET clock_offset = $1 - clock_timestamp() + interval '90 days'", sent)
    await poll.buys("o4", "ann")
    assert len(await poll.works()) == 1


async def test_two_workers_at_once_send_one_letter_and_two_surveys_at_once_ask_once(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.publishes(AT_ONCE)
    await poll.buys("o1")
    await poll.hears()
    await asyncio.gather(*(poll.sends() for _ in range(4)))
    assert len(poll.box.letters) == 1
    assert sorted(str(reason) for _, reason in await poll.asked()) == ["None", "throttled"]


async def test_the_cap_lets_the_longest_due_through_and_the_others_wait_for_the_morning(poll: Poll) -> None:
    await poll.publishes(AT_ONCE, Policy(daily_cap=2))
    for n in range(5):
        await poll.buys(f"o{n}", f"c{n}")
    assert await poll.works() == ["c0@example.org", "c1@example.org"]
    assert await poll.sends() == []
    # Somebody who is due in the night does not overtake them.
    await poll.at("2026-03-04T03:00")
    await poll.buys("night", "c9")
    assert await poll.works() == []
    for moment, expected in (
        ("2026-03-04T09:59", []),
        ("2026-03-04T10:00", ["c2@example.org", "c3@example.org"]),
        ("2026-03-05T10:00", ["c4@example.org", "c9@example.org"]),
    ):
        await poll.at(moment)
        assert await poll.sends() == expected


async def test_held_out_is_only_who_would_have_been_asked_and_as_often_as_that(poll: Poll) -> None:
    await poll.publishes(AT_ONCE, Policy(holdout_bp=10_000))
    await poll.buys("o1")
    await poll.buys("o2", "ben", customer={"consent": {}})
    await poll.buys("o3", "cat", customer={"email": None})
    await poll.works()
    await poll.at("2026-05-01T09:00")
    await poll.buys("o4")
    await poll.works()
    await poll.at("2026-06-01T10:01")
    await poll.buys("o5")
    await poll.works()
    await poll.publishes(AT_ONCE, Policy(), sample_bp=1)
    await poll.buys("o6", "dan")
    await poll.works()
    found = await poll.owner.fetch(
        "SELECT order_id, reason FROM survey_invitation JOIN purchase USING (program_id, purchase_id) ORDER BY 1, 2"
    )
    assert [tuple(row) for row in found] == [
        ("o1", "held_out"), ("o2", "no_consent"), ("o3", "no_address"), ("o4", "throttled"), ("o5", "held_out"),
        ("o6", "sampled_out"), ("o6", None),
    ]  # fmt: skip


async def test_what_was_known_at_the_planning_is_frozen(poll: Poll) -> None:
    await poll.publishes(WEEK)
    await poll.joins("ann", language="fr")
    await poll.buys("o1")
    await poll.buys("o2", goods="25.50")
    await poll.hears()
    await poll.buys("o3")
    found = await poll.owner.fetchval(
        "SELECT snapshot ->> 'orders' || ' ' || (snapshot ->> 'spend_minor') || ' '"
        " || (snapshot ->> 'member') FROM survey_invitation LIMIT 1"
    )
    assert found == "2 7550 true"


async def test_one_reminder_with_the_same_link_after_five_days(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.buys("o1")
    await poll.works()
    await poll.at("2026-03-08T08:00")
    assert await poll.sends() == []
    await poll.at("2026-03-08T12:00")
    assert await poll.sends() == ["again ann@example.org"]
    assert poll.link(0) == poll.link(1)
    await poll.at("2026-03-14T12:00")
    assert await poll.sends() == []


async def test_a_closed_survey_asks_nobody_any_more(poll: Poll) -> None:
    survey_id = await poll.publishes(WEEK)
    await poll.buys("o1")
    await poll.hears()
    await poll.verb(lambda tx: actions.close_survey(tx.connection, poll.program, survey_id))
    await poll.buys("o2", "ben")
    await poll.at("2026-03-10T12:00")
    assert await poll.works() == []
    assert await poll.asked() == [("skipped", "closed")]


async def test_a_published_edition_never_changes_and_the_same_draft_is_published_once(poll: Poll) -> None:
    survey_id = await poll.publishes(WEEK)
    changed = Content("Better words", WEEK)

    async def edited(tx: object) -> int:
        connection = tx.connection  # type: ignore[attr-defined]
        again = await actions.publish_survey(connection, poll.program, survey_id, "user:boss")
        assert again.edition == 1
        await actions.edit_survey(connection, poll.program, survey_id, changed)
        return (await actions.publish_survey(connection, poll.program, survey_id, "user:boss")).edition

    assert await poll.verb(edited) == 2
    names = await poll.owner.fetch("SELECT content ->> 'name' AS name FROM survey_edition ORDER BY edition")
    assert [row["name"] for row in names] == ["How was it?", "Better words"]
    with pytest.raises(NotFound):
        await poll.verb(lambda tx: actions.close_survey(tx.connection, poll.program + 1, survey_id))


async def test_the_salt_of_the_hold_out_stays_when_the_policy_changes(poll: Poll) -> None:
    await poll.publishes(WEEK)
    await poll.publishes(WEEK, Policy(holdout_bp=500))
    rows = await poll.owner.fetch("SELECT version, salt FROM survey_policy ORDER BY version")
    assert [row["version"] for row in rows] == [1, 2]
    assert rows[0]["salt"] == rows[1]["salt"] != ""


async def test_nothing_is_sent_that_is_rolled_back(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.buys("o1")
    await poll.hears()
    [row] = await poll.owner.fetch("SELECT i.*, p.name FROM survey_invitation i JOIN program p USING (program_id)")

    async def fails(*_: object) -> list[None]:
        raise RuntimeError

    program = await program_of(poll.owner, poll.program)
    with pytest.raises(RuntimeError):
        await poll.verb(lambda tx: send(tx, program, row["invitation_id"], RING, fails))
    assert await poll.asked() == [("planned", None)]
    assert await poll.owner.fetchval("SELECT count(*) FROM survey_clock") == 0
    assert await poll.sends() == ["ann@example.org"]


async def test_a_worker_that_dies_in_the_middle_of_a_batch_sends_nothing_twice(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    for n in range(5):
        await poll.buys(f"o{n}", f"c{n}")
    await poll.hears()
    put = by_mail("https://shop.example")

    async def dies(tx: Tx, askings: Sequence[Asking]) -> Sequence[UUID | None]:
        letters = await put(tx, askings)
        if any(one.person.email == "c3@example.org" for one in askings):
            raise ConnectionError
        return letters

    for moment, sent in (("2026-03-03T10:00", 1), ("2026-03-08T12:00", 2)):
        await poll.at(moment)
        with pytest.raises(ConnectionError):
            await work_off(poll.desk, RING, dies, at_once=2)
        assert await letters(poll) == {f"c{n}@example.org": sent for n in (0, 1)} | {
            f"c{n}@example.org": sent - 1 for n in (2, 3, 4) if sent > 1
        }
        await work_off(poll.desk, RING, put, at_once=2)
        await work_off(poll.desk, RING, put)
        assert await letters(poll) == {f"c{n}@example.org": sent for n in range(5)}


async def letters(poll: Poll) -> dict[str, int]:
    """Count the letters in the queue by their addresses."""
    rows = await poll.owner.fetch("SELECT letter::json ->> 'to' AS address, count(*) AS many FROM mail GROUP BY 1")
    return {row["address"]: row["many"] for row in rows}


async def test_in_one_batch_a_customer_is_asked_once_and_the_cap_counts_each(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    await poll.publishes(AT_ONCE, Policy(daily_cap=3))
    for n in range(4):
        await poll.buys(f"o{n}", f"c{n}")
    await poll.buys("o4", "twin")
    await poll.call("POST", "customers/twin/merge", 201, into="c0")
    assert await poll.works() == [f"c{n}@example.org" for n in range(3)]
    # Two surveys of each of the three who were asked, and what was planned of the twin.
    reasons = [reason or state for state, reason in await poll.asked()]
    assert sorted(reasons) == ["planned"] * 2 + ["sent"] * 3 + ["throttled"] * 5
    assert await poll.owner.fetchval("SELECT sent FROM survey_day") == 3


async def test_one_that_cannot_be_decided_is_put_off_and_holds_up_nobody(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    for n in range(4):
        await poll.buys(f"o{n}", f"c{n}")
    await poll.hears()

    async def chokes(tx: Tx, askings: Sequence[Asking]) -> list[None]:
        if any(one.person.email == "c1@example.org" for one in askings):
            raise ValueError
        return await poll.box.put(tx, askings)

    for moment, again in (("2026-03-03T10:00", False), ("2026-03-08T13:00", True)):
        await poll.at(moment)
        poll.box.letters.clear()
        assert await work_off(poll.desk, RING, chokes, at_once=4) == 4
        assert await work_off(poll.desk, RING, chokes) == 0
        assert [one.person.email for one in poll.box.letters] == [f"c{n}@example.org" for n in (0, 2, 3)]
        await poll.at(f"{moment[:11]}{int(moment[11:13]) + 1}:30")
        assert await poll.sends() == [f"{'again ' if again else ''}c1@example.org"]


async def test_workers_at_once_send_one_letter_to_each_of_many(poll: Poll) -> None:
    await poll.publishes(AT_ONCE)
    for n in range(9):
        await poll.buys(f"o{n}", f"c{n}")
    await poll.hears()

    async def slowly(tx: Tx, askings: Sequence[Asking]) -> list[None]:
        await asyncio.sleep(0.01)
        return await poll.box.put(tx, askings)

    await asyncio.gather(*(work_off(poll.desk, RING, slowly, at_once) for at_once in (2, 3, 4)))
    await poll.sends()
    assert sorted(one.person.email or "" for one in poll.box.letters) == [f"c{n}@example.org" for n in range(9)]
    assert await poll.owner.fetchval("SELECT count(*) FROM event WHERE type = 'survey.sent'") == 9


@pytest.mark.parametrize("at_once", ["erase", "merge"])
async def test_an_erasure_or_a_merge_of_the_same_moment_comes_before_the_sending_or_after(
    poll: Poll, at_once: str
) -> None:
    await poll.publishes(AT_ONCE)
    await poll.buys("o1")
    await poll.buys("o2", "ben")
    await poll.hears()
    put, changing, held = by_mail("https://shop.example"), [], []
    change = {
        "erase": lambda: poll.call("POST", "customers/ann/erase"),
        "merge": lambda: poll.call("POST", "customers/ann/merge", 201, into="ben"),
    }[at_once]

    async def meanwhile(tx: Tx, askings: Sequence[Asking]) -> Sequence[UUID | None]:
        changing.append(asyncio.ensure_future(change()))
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        while not changing[0].done() and not held:
            await asyncio.sleep(0.01)
            held.extend([True] * await tx.connection.fetchval(waits))
        return await put(tx, askings)

    await work_off(poll.desk, RING, meanwhile)
    await asyncio.gather(*changing)
    assert held
    assert sorted(await poll.asked()) == [("sent", None)] * 2
    erased = "(SELECT customer_id FROM customer WHERE erased_at IS NOT NULL)"
    for table in ("mail", "survey_clock", "survey_invitation"):
        assert await poll.owner.fetchval(f"SELECT count(*) FROM {table} WHERE customer_id IN {erased}") == 0
    assert len(await letters(poll)) == (1 if at_once == "erase" else 2)
