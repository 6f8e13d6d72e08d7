"""What customers answer by their link: once, changed within a day, forgotten on demand."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from loyalty.database import Tx
from loyalty.errors import NotFound
from surveys.answers import actions as answers
from surveys.answers.actions import AnswerLocked, LinkEnded, NotScored
from surveys.answers.cases import edit_case, exclude_answer
from surveys.invitations import bounces
from surveys.plans.policy import Policy
from surveys.results.voices import voices
from tests.surveys.conftest import Poll

AT_ONCE = {"kind": "after_purchase", "days": 0}


@pytest.fixture
async def asked(poll: Poll) -> Poll:
    """Ask Ann about a purchase; her link was posted."""
    await poll.publishes(AT_ONCE)
    await poll.buys("o1")
    await poll.works()
    return poll


async def scores(poll: Poll, value: int, link: str | None = None) -> Any:  # noqa: ANN401 - what the verb gives
    told = link or poll.link()
    return await poll.verb(lambda tx: answers.score(tx, told, value, "fr"))


async def says(poll: Poll, text: str, *, publish: bool = False) -> Any:  # noqa: ANN401 - what the verb gives
    told = poll.link()
    return await poll.verb(lambda tx: answers.comment(tx, told, text, publish=publish))


async def changes(poll: Poll) -> list[tuple[str, int | None]]:
    rows = await poll.owner.fetch("SELECT kind, score FROM survey_change ORDER BY change_id")
    return [(row["kind"], row["score"]) for row in rows]


async def cases(poll: Poll) -> list[str | None]:
    return [row["outcome"] for row in await poll.owner.fetch("SELECT outcome FROM survey_case ORDER BY case_id")]


async def test_one_invitation_has_one_response_by_the_database(asked: Poll) -> None:
    await scores(asked, 9)
    with pytest.raises(asyncpg.UniqueViolationError):
        await asked.owner.execute("INSERT INTO survey_response SELECT * FROM survey_response")


@pytest.mark.parametrize(("seconds", "kept"), [(-30, True), (0, False), (1, False)])
async def test_an_answer_is_locked_24_hours_after_its_first_score(asked: Poll, seconds: int, kept: bool) -> None:  # noqa: FBT001
    await scores(asked, 9)
    first = await asked.owner.fetchval("SELECT first_scored_at FROM survey_response")
    moment = first + timedelta(hours=24, seconds=seconds)
    await asked.owner.execute("UPDATE program SET clock_offset = $1 - clock_timestamp()", moment)
    if kept:
        assert (await scores(asked, 2)).answer.score == 2
        return
    for locked in (scores(asked, 2), says(asked, "too late")):
        with pytest.raises(AnswerLocked):
            await locked
    # The same again is no change, so a double click on the last second is no error.
    assert (await scores(asked, 9)).answer.score == 9


async def test_a_changed_score_closes_the_case_and_changed_back_opens_another(asked: Poll) -> None:
    for value in (6, 5, 9, 0):
        await scores(asked, value)
    assert await cases(asked) == ["score_changed", None]
    assert await changes(asked) == [("scored", 6), ("rescored", 5), ("rescored", 9), ("rescored", 0)]


async def test_a_case_is_due_within_its_days(asked: Poll) -> None:
    await scores(asked, 0)
    assert str(await asked.owner.fetchval("SELECT due_on FROM survey_case")) == "2026-03-06"


async def test_a_comment_needs_a_score_and_may_be_published_only_with_a_tick_that_is_taken_back_any_time(
    asked: Poll,
) -> None:
    with pytest.raises(NotScored):
        await says(asked, "Lovely")
    await scores(asked, 10)
    assert (await says(asked, "  ", publish=True)).answer.publish is False
    given = (await says(asked, " Lovely\r\nshop ", publish=True)).answer
    assert (given.comment, given.publish) == ("Lovely\nshop", True)
    await asked.at("2026-03-06T09:00")
    assert (await says(asked, "Lovely\nshop")).answer.publish is False
    with pytest.raises(AnswerLocked):
        await says(asked, "Lovely\nshop", publish=True)
    assert [kind for kind, _ in await changes(asked)] == ["scored", "commented", "published", "unpublished"]


async def test_who_answered_gets_no_reminder(asked: Poll) -> None:
    await scores(asked, 9)
    await asked.at("2026-03-08T12:00")
    assert await asked.sends() == []


async def test_who_unsubscribed_gets_no_reminder_and_no_other_survey(asked: Poll) -> None:
    link = asked.link()
    for _ in range(2):
        await asked.verb(lambda tx: answers.unsubscribe(tx, link))
    await asked.at("2026-03-08T12:00")
    assert await asked.sends() == []
    await asked.at("2026-07-01T12:00")
    await asked.buys("o2")
    assert await asked.works() == []
    assert ("skipped", "suppressed") in await asked.asked()
    told = "SELECT count(*) FROM event WHERE type = 'survey.unsubscribed'"
    assert await asked.owner.fetchval(told) == 1


async def test_mail_that_came_back_stops_mail_to_where_it_went_and_nowhere_else(poll: Poll) -> None:
    await poll.publishes(AT_ONCE, Policy(quarantine_days=0))
    await poll.buys("o1", customer={"email": "Ann@Example.org"})
    await poll.works()
    [asked] = poll.box.letters
    # The address changed after the letter had left; to whom the letter went is not told by who has the address now.
    await poll.call("PATCH", "customers/ann", email="ann@example.net")
    await poll.verb(lambda tx: bounces.bounce(tx, poll.program, asked.invitation.invitation_id))
    await poll.buys("o2", customer={"email": None})
    assert await poll.works() == ["ann@example.net"]
    await poll.call("PATCH", "customers/ann", email="ann@example.org")
    await poll.buys("o3")
    await poll.buys("o4", "anna", customer={"email": "ann@example.org"})
    assert await poll.works() == []
    await poll.at("2026-03-08T12:00")
    assert await poll.sends() == []
    await poll.call("POST", "customers/ann/erase")
    assert await poll.owner.fetchval("SELECT count(*) FROM survey_bounce") == 0


async def test_links_that_are_none_are_all_alike_and_ended_ones_say_so(asked: Poll) -> None:
    number, _, secret = asked.link().partition(".")
    for wrong in (f"{number}.{secret[:-1]}", f"{number}.{'a' * 43}", f"{int(number) + 1}.{secret}", "nothing"):
        with pytest.raises(NotFound) as refused:
            await scores(asked, 9, wrong)
        assert refused.value.detail == "This link leads nowhere."
    await asked.at("2026-04-02T10:00:01")
    with pytest.raises(LinkEnded):
        await scores(asked, 9)


async def test_the_secret_of_a_link_is_nowhere_in_the_database(asked: Poll) -> None:
    await scores(asked, 3)
    secret = asked.link().partition(".")[2]
    tables = await asked.owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    for row in tables:
        table = row["relname"]
        found = await asked.owner.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE $1", f"%{secret}%")
        assert found == 0, table


async def test_member_or_not_is_decided_at_the_first_score(asked: Poll) -> None:
    await asked.joins("ann")
    await scores(asked, 9)
    assert await asked.owner.fetchval("SELECT member FROM survey_response") is True


async def test_erasure_takes_words_link_and_person_and_leaves_every_total(asked: Poll) -> None:
    await scores(asked, 3)
    await says(asked, "My name is Ann", publish=True)
    await asked.at("2026-06-15T09:00")
    await asked.buys("o2")
    await asked.works()
    await scores(asked, 10)
    totals = "SELECT count(*), sum(r.score), count(DISTINCT i.respondent_id) FROM survey_response r JOIN survey_invitation i USING (program_id, invitation_id)"  # noqa: E501
    before = await asked.owner.fetchrow(totals)
    invitation_id = asked.box.letters[0].invitation.invitation_id
    await asked.verb(lambda tx: exclude_answer(tx, asked.program, invitation_id, "Ann is my sister", "user:boss"))
    case_id = await asked.owner.fetchval("SELECT case_id FROM survey_case")
    await asked.verb(lambda tx: edit_case(tx, asked.program, case_id, None, "Called Ann"))
    exported = await asked.call("GET", "customers/ann/export")
    assert [one["score"] for one in exported["surveys"]] == [3, 10]
    first = exported["surveys"][0]
    assert (first["simulated"], first["known_then"]["orders"], first["comment"]) == (False, 1, "My name is Ann")
    assert (first["left_out_because"], first["cases"][0]["note"]) == ("Ann is my sister", "Called Ann")
    assert [one["what"] for one in first["changes"]] == ["scored", "commented", "published", "excluded"]
    assert exported["survey_contact"]["last_asked_at"] is not None
    link = asked.link()
    await asked.call("POST", "customers/ann/erase")
    assert await asked.owner.fetchrow(totals) == before
    left = await asked.owner.fetchrow("SELECT count(comment), count(publish_at) FROM survey_response")
    assert tuple(left) == (0, 0)
    # It stays out of the score, without the words of why.
    why = await asked.owner.fetch("SELECT DISTINCT excluded_because FROM survey_response WHERE excluded_by IS NOT NULL")
    assert [row[0] for row in why] == ["forgotten"]
    assert await asked.owner.fetchval("SELECT count(note) FROM survey_case") == 0
    of_them = (
        "SELECT count(customer_id) + count(snapshot) + count(purchase_id) + count(token_sha256) FROM survey_invitation"
    )
    assert await asked.owner.fetchval(of_them) == 0
    assert await asked.owner.fetchval("SELECT count(*) FROM survey_clock") == 0
    with pytest.raises(NotFound):
        await scores(asked, 9, link)


async def test_the_service_cannot_change_what_was_published_or_logged(asked: Poll) -> None:
    await scores(asked, 3)
    for table in ("survey_edition", "survey_policy", "survey_change"):

        async def change(tx: Tx, table: str = table) -> None:
            await tx.connection.execute(f"DELETE FROM {table}")

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asked.verb(change)


async def test_what_may_be_published_has_a_first_name_and_ends_with_the_consent(asked: Poll) -> None:
    async def told() -> list[tuple[str, str | None]]:
        async with asked.database.reader() as connection:
            return [(voice.comment, voice.first_name) for voice in await voices(connection, asked.program, 10)]

    await asked.call("PATCH", "customers/ann", name="Ann Martin")
    await scores(asked, 10)
    await says(asked, "Lovely")
    assert await told() == []
    await says(asked, "Lovely", publish=True)
    assert await told() == [("Lovely", "Ann")]
    await asked.call("POST", "customers/ann/erase")
    assert await told() == []
