"""What came of surveys, in figures that can be added up by hand."""

from datetime import date, timedelta
from uuid import UUID

from loyalty.intervals import Answers
from loyalty.programs.facts import ProgramFacts
from surveys.answers.cases import exclude_answer
from surveys.results.coming_back import CROWDS, coming_back
from surveys.results.queries import Results, results, rolling_scores
from surveys.results.scores import Rate, rounded
from tests.paper import local
from tests.surveys.conftest import Poll
from tests.surveys.planted import Planted, plant

WEEK = {"kind": "after_purchase", "days": 7}
MARCH = (date(2026, 3, 1), date(2026, 4, 1))
AT = local("2026-03-10T10:00")


def answered(promoters: int, passives: int, detractors: int, *, member: bool) -> list[Planted]:
    scores = [10] * promoters + [8] * passives + [2] * detractors
    return [Planted(score, AT + timedelta(seconds=n), member) for n, score in enumerate(scores)]


async def found(poll: Poll, program: ProgramFacts, survey_id: UUID | None = None) -> Results:
    async with poll.database.reader() as connection:
        return await results(connection, program, *MARCH, survey_id)


async def test_members_beside_others_with_what_is_not_proven(poll: Poll, program: ProgramFacts) -> None:
    survey_id = await poll.publishes(WEEK)
    silent = [Planted(None, AT, member=True) for _ in range(100)]
    await plant(poll, survey_id, answered(60, 25, 15, member=True) + silent)
    await plant(poll, survey_id, answered(22, 16, 12, member=False))

    told = await found(poll, program)

    assert told.members.answers == Answers(60, 25, 15)
    assert told.members.response == Rate(100, 200)
    assert told.others.response == Rate(50, 50)
    assert told.difference is not None
    assert f"{told.difference.value:.0f} {told.difference.z:.2f} {told.difference.p:.3f}" == "25 1.89 0.059"
    # The API leaves the rounding to whoever shows it, and says what that should be.
    answer = await poll.call("GET", "survey-results?start=2026-03-01&end=2026-04-01")
    assert (answer["all"]["score"], answer["all"]["shown"]) == (5500 / 150, 37)
    assert rounded(told.everybody.answers) == 37
    assert told.histogram == [0, 0, 27, 0, 0, 0, 0, 0, 41, 0, 82]
    assert (told.funnel.sent, told.funnel.scored, told.funnel.commented) == (250, 150, 0)
    assert told.change is None
    assert (await found(poll, program, UUID(int=1))).everybody.answers.n == 0


async def test_a_customer_counts_once_with_the_latest_answer_however_often_merged(
    poll: Poll, program: ProgramFacts
) -> None:
    survey_id = await poll.publishes(WEEK)
    ann, anna = UUID(int=1), UUID(int=2)
    await plant(
        poll, survey_id, [Planted(0, AT, customer_id=ann), Planted(9, AT + timedelta(days=1), customer_id=anna)]
    )
    assert (await found(poll, program)).everybody.answers == Answers(1, 0, 1)
    await poll.owner.execute(
        "UPDATE customer SET merged_into = $1, merged_at = now() WHERE customer_id = $2", ann, anna
    )
    assert (await found(poll, program)).everybody.answers == Answers(1, 0, 0)


async def test_answers_that_were_rewarded_or_excluded_are_in_no_score(poll: Poll, program: ProgramFacts) -> None:
    survey_id = await poll.publishes(WEEK)
    one, other, _ = await plant(poll, survey_id, answered(1, 1, 1, member=True))
    await poll.owner.execute("UPDATE survey_response SET rewarded = true WHERE invitation_id = $1", one)
    assert await poll.verb(lambda tx: exclude_answer(tx, poll.program, other, "one of us", "user:boss"))
    assert not await poll.verb(lambda tx: exclude_answer(tx, poll.program, other, "one of us", "user:boss"))
    assert (await found(poll, program)).everybody.answers == Answers(0, 0, 1)
    assert await poll.verb(lambda tx: exclude_answer(tx, poll.program, other, None, "user:boss"))
    assert (await found(poll, program)).everybody.answers == Answers(0, 1, 1)
    kinds = await poll.owner.fetch("SELECT kind FROM survey_change ORDER BY change_id")
    assert [row["kind"] for row in kinds] == ["excluded", "included"]


async def test_change_is_told_against_the_same_number_of_days_before(poll: Poll, program: ProgramFacts) -> None:
    survey_id = await poll.publishes(WEEK)
    before = [
        Planted(one.score, one.asked_at - timedelta(days=25), one.member) for one in answered(10, 10, 20, member=True)
    ]
    await plant(poll, survey_id, answered(30, 10, 0, member=True) + before)
    told = await found(poll, program)
    assert told.change is not None
    assert told.change.value == 100.0
    assert told.change.ci95[0] > 0


async def test_the_rolling_score_is_read_day_by_day_in_the_programmes_zone(poll: Poll, program: ProgramFacts) -> None:
    survey_id = await poll.publishes(WEEK)
    # A minute before midnight in Paris; the answer comes at midnight, on the day after.
    await plant(poll, survey_id, [Planted(9, local("2026-03-09T23:59")), Planted(3, local("2025-12-01T10:00"))])
    async with poll.database.reader() as connection:
        days = dict(await rolling_scores(connection, program, *MARCH))
    assert len(days) == 31
    assert days[date(2026, 3, 1)] == Answers(0, 0, 0)
    assert days[date(2026, 3, 9)] == Answers(0, 0, 0)
    assert days[date(2026, 3, 10)] == Answers(1, 0, 0)


async def test_who_comes_back_is_told_of_whole_stories_only(poll: Poll, program: ProgramFacts) -> None:
    survey_id = await poll.publishes(WEEK)
    for who in ("ann", "ben", "cat", "dan", "eve"):
        await poll.buys(f"first-{who}", who)
    ids = {row["external_id"]: row["customer_id"] for row in await poll.owner.fetch("SELECT * FROM customer_alias")}
    at = local("2026-03-04T10:00")
    stories = [(10, "ann", None), (10, "ben", None), (1, "cat", None), (None, "dan", None), (None, "eve", "held_out")]
    await plant(poll, survey_id, [Planted(score, at, customer_id=ids[who], reason=why) for score, who, why in stories])
    # The story of an answer begins a minute after it was asked for; 30 days of 24 hours later it is summer.
    for moment, who in (("2026-03-20T10:00", "eve"), ("2026-04-03T11:00", "ann"), ("2026-04-03T11:02", "ben")):
        await poll.at(moment)
        await poll.buys(f"again-{who}", who)
    await poll.at("2026-05-10T10:00")

    async with poll.database.reader() as connection:
        told = (await coming_back(connection, program, *MARCH)).by_crowd

    assert {crowd: told[crowd][30] for crowd in CROWDS} == {
        "promoter": Rate(1, 2),
        "passive": Rate(0, 0),
        "detractor": Rate(0, 1),
        "silent": Rate(0, 1),
        "never_asked": Rate(1, 1),
    }
    assert told["promoter"][60] == Rate(2, 2)
    assert told["promoter"][90] == Rate(0, 0)
