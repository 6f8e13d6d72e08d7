"""What staff see of surveys over the real tables: drafts, answers, cases, and that real and simulated never mix."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from loyalty.programs.facts import ProgramFacts
from surveys.answers import actions
from surveys.answers.cases import open_cases
from surveys.plans.content import Content
from surveys.plans.policy import Policy
from surveys.results.voices import voices
from surveys.simulation.actions import NAME, simulate_answers
from surveys.simulation.rules import Occasion, simulate
from surveys.staff.desk import StaffSurveys
from surveys.staff.facts import AnswersAsked, BySurveyForm, CaseState
from tests.surveys.conftest import Poll

MARCH = AnswersAsked(date(2026, 3, 1), date(2026, 4, 1))
MAYA = "maya@example.com"
ME = BySurveyForm(UUID(int=1), "req_staff", "0190aaaa-0000-7000-8000-000000000001")
DRAFT = Content("How was it?", {"kind": "after_purchase", "days": 0})


@pytest.fixture
def staff(poll: Poll) -> StaffSurveys:
    """Give the verbs of the panel over the shop's database."""
    return StaffSurveys(lambda: poll.database)


async def _ann_says(poll: Poll, score: int, words: str, *, publish: bool = False) -> None:
    await poll.joins("ann", name="Ann Weber")
    await poll.buys("o1")
    await poll.works()
    link = poll.link()
    await poll.verb(lambda tx: actions.score(tx, link, score, "fr"))
    await poll.verb(lambda tx: actions.comment(tx, link, words, publish=publish))


async def test_what_publishing_comes_to_is_what_the_week_before_would_have_been(
    poll: Poll, program: ProgramFacts, staff: StaffSurveys
) -> None:
    done = await staff.draft(program, ME, replace(DRAFT, trigger={"kind": "after_purchase", "days": 2}))
    assert done.survey_id is not None
    seen = await staff.seen(program, done.survey_id)
    assert seen is not None
    await poll.buys("o0", "zoe")
    # Nobody is asked before there is a policy; nor is anything that is more than a week ago looked at.
    assert (await staff.foreseen(program, seen)).skipped == {"switched_off": 1}
    await poll.at("2026-03-12T09:00")
    await staff.publish_policy(program, ME, Policy(quarantine_days=90))
    for order, who in (("o1", "ann"), ("o2", "ann"), ("o3", "ben")):
        await poll.buys(order, who)
    await poll.buys("o4", "cid", customer={"consent": {"surveys": False}})
    foreseen = await staff.foreseen(program, seen)
    assert (foreseen.occasions, foreseen.asked, foreseen.planned) == (4, 2, 0)
    assert foreseen.skipped == {"throttled": 1, "no_consent": 1}
    assert foreseen.first_at == datetime(2026, 3, 14, 9, tzinfo=UTC)
    assert await poll.asked() == []
    by_request = replace(seen, survey=replace(seen.survey, draft=replace(DRAFT, trigger={"kind": "on_request"})))
    assert (await staff.foreseen(program, by_request)).first_at is None


async def test_a_survey_goes_from_its_form_to_its_customers_and_ends(
    poll: Poll, program: ProgramFacts, staff: StaffSurveys
) -> None:
    assert await staff.publish_policy(program, ME, Policy()) == ""
    first, again = [await staff.draft(program, ME, DRAFT) for _ in range(2)]
    assert first == again
    assert first.survey_id is not None
    assert (await staff.draft(program, ME, replace(DRAFT, name="Other"))).code == "idempotency_key_reused"
    assert await staff.publish(program, ME, first.survey_id) == ""
    published = await staff.seen(program, first.survey_id)
    assert published is not None
    assert (published.survey.state, published.in_force, published.sent) == ("open", DRAFT, 0)
    edited = replace(DRAFT, name="How was it now?")
    assert await staff.edit(program, first.survey_id, published.survey.version, edited) == ""
    assert await staff.edit(program, first.survey_id, published.survey.version, DRAFT) == "edited_meanwhile"
    # Nor is it published, or the policy replaced, by who has not seen what stands; the same again is no other.
    assert await staff.publish(program, ME, first.survey_id, published.survey.version) == "edited_meanwhile"
    assert await staff.publish_policy(program, ME, Policy(60), 0) == "edited_meanwhile"
    assert await staff.publish_policy(program, ME, Policy(), 0) == ""
    await poll.buys("o1")
    await poll.works()
    [seen] = (await staff.listed(program)).surveys
    assert (seen.sent, seen.answers, seen.in_force) == (1, 0, None)
    assert await staff.close(program, first.survey_id) == ""
    assert await staff.close(program, uuid4()) == "not_found"


async def test_an_answer_leads_to_its_customer_purchase_and_case(
    poll: Poll, program: ProgramFacts, staff: StaffSurveys
) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0})
    await _ann_says(poll, 3, "Too slow")
    [answer] = (await staff.answers(program, MARCH)).answers
    assert (answer.score, answer.comment, answer.name, answer.order_id) == (3, "Too slow", "Ann Weber", "o1")
    assert answer.case_open
    for asked in (
        replace(MARCH, score=3), replace(MARCH, nps_class="detractor"), replace(MARCH, member=True),
        replace(MARCH, commented=True), replace(MARCH, open_case=True),
    ):  # fmt: skip
        assert len((await staff.answers(program, asked)).answers) == 1
    for asked in (
        replace(MARCH, score=4), replace(MARCH, nps_class="passive"), replace(MARCH, member=False),
        replace(MARCH, published=True), replace(MARCH, survey_id=uuid4()), replace(MARCH, simulated=True),
        replace(MARCH, after=answer.invitation_id), replace(MARCH, end=date(2026, 3, 3)),
    ):  # fmt: skip
        assert (await staff.answers(program, asked)).answers == []
    assert answer.customer_id is not None
    assert await staff.of_person(program, answer.customer_id) == [answer]
    told = await staff.results(program, MARCH)
    assert (told.results.everybody.answers.detractors, told.cases["open"], told.feed.answers) == (1, 1, [answer])
    assert await staff.exclude(program, ME, answer.invitation_id, "staff") == ""
    told = await staff.results(program, MARCH)
    assert (told.results.everybody.answers.n, told.feed.answers[0].excluded_because) == (0, "staff")


async def test_a_case_is_taken_and_ends_with_points(poll: Poll, program: ProgramFacts, staff: StaffSurveys) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0})
    await _ann_says(poll, 2, "Too late")
    await poll.owner.execute("""INSERT INTO "user" (user_id, email, role) VALUES ($1, $2, 'owner')""", ME.user_id, MAYA)
    [owner] = await staff.owners()
    [case] = await open_cases(poll.owner, poll.program, 10)
    assert await staff.edit_case(program, case.case_id, owner.user_id, "called her") == ""
    assert await staff.edit_case(program, case.case_id, None, "wrote", (None, None)) == "edited_meanwhile"
    again = await staff.edit_case(program, case.case_id, owner.user_id, "called her", (None, None))
    assert again == ""
    mine = await staff.cases(program, "open", None, ME.user_id, mine=True)
    assert [(one.owner, one.note) for one in mine.cases] == [(MAYA, "called her")]
    assert (mine.counts["mine"], mine.counts["overdue"]) == (1, 0)
    assert await staff.gesture(program, ME, case.case_id, 100, "Sorry") == ""
    assert await staff.gesture(program, ME, case.case_id, 100, "Sorry") == "case_closed"
    assert (await staff.cases(program, "open", None, ME.user_id)).cases == []
    [closed] = (await staff.cases(program, "closed", None, ME.user_id)).cases
    assert (closed.outcome, closed.points, closed.closed_by) == ("gesture", 100, MAYA)
    assert await staff.close_case(program, ME, case.case_id, "solved") == "case_closed"
    assert await staff.gesture(program, ME, uuid4(), 100, "Sorry") == "not_found"


async def test_cases_are_paged_through_in_their_order(
    poll: Poll, program: ProgramFacts, staff: StaffSurveys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surveys.staff.desk.PAGE", 2)
    await poll.publishes({"kind": "after_purchase", "days": 0})
    people = ["ann", "ben", "cid", "dan", "eve"]
    for day, who in enumerate(people, 3):
        await poll.at(f"2026-03-{day:02}T09:00")
        await poll.buys(f"o-{who}", who)
        await poll.works()
        link = poll.link()
        await poll.verb(lambda tx, link=link: actions.score(tx, link, 2, "fr"))

    async def walked(state: CaseState) -> list[str]:
        told, after, more = [], None, True
        while more:
            page = await staff.cases(program, state, after, ME.user_id)
            told += [(one.answer.email or "")[:3] for one in page.cases]
            after, more = page.cases[-1].case_id if page.cases else None, page.more
        return told

    assert await walked("open") == people
    for case in (await staff.cases(program, "open", None, ME.user_id)).cases:
        assert await staff.close_case(program, ME, case.case_id, "solved") == ""
    assert (await walked("open"), await walked("closed")) == (["cid", "dan", "eve"], ["ben", "ann"])


async def test_what_may_be_published_is_a_testimonial(poll: Poll, program: ProgramFacts, staff: StaffSurveys) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0})
    await _ann_says(poll, 10, "Lovely", publish=True)
    assert [one.comment for one in await staff.voices(program)] == ["Lovely"]
    assert await staff.voices(program, simulated=True) == []


async def test_simulated_answers_are_never_among_real_ones(
    poll: Poll, program: ProgramFacts, staff: StaffSurveys
) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0})
    await _ann_says(poll, 2, "Too late")
    await poll.owner.execute("UPDATE purchase SET origin = 'import'")
    await poll.owner.execute("UPDATE customer_alias SET external_id = 'bea'")
    # Lots are drawn by names: of these, some are in the sample, were asked, and answered.
    copy = """INSERT INTO purchase SELECT (jsonb_populate_record(p, jsonb_build_object('purchase_id', gen_random_uuid(),
      'order_id', 'many' || n, 'placed_at', p.placed_at - n * interval '1 hour'))).*
      FROM purchase p, generate_series(1, 40000, 100) n"""
    async with poll.owner.transaction():
        await poll.owner.execute("SET LOCAL session_replication_role = replica")
        await poll.owner.execute(copy)
    storefront = await poll.owner.fetchval("SELECT storefront_id FROM storefront")
    before = await staff.results(program, MARCH)
    made = await simulate_answers(poll.database, program, storefront, date(2026, 3, 31))
    assert made is not None
    assert made.asked > 0
    assert await simulate_answers(poll.database, program, storefront, date(2026, 3, 31)) is None
    after = await staff.results(program, MARCH)
    assert dataclasses.replace(after, afterwards=before.afterwards) == before
    assert dataclasses.replace(after.afterwards, now=before.afterwards.now) == before.afterwards
    whole = AnswersAsked(date(2015, 1, 1), date(2026, 4, 1), simulated=True)
    told = await staff.results(program, whole)
    assert told.results.funnel.sent == made.asked
    assert sum(told.results.histogram) <= made.answers
    assert all(one.simulated for one in told.feed.answers)
    # Nor does anybody let one in, where it would be told as what a customer said.
    await poll.owner.execute(
        "UPDATE survey_response SET comment = 'Ripe', commented_at = first_scored_at, publish_at = first_scored_at"
        " WHERE invitation_id = ANY($1)",
        [one.invitation_id for one in told.feed.answers],
    )
    for one in told.feed.answers:
        await staff.exclude(program, ME, one.invitation_id, None)
    assert await voices(poll.owner, poll.program, 50) == []
    [simulated] = [one for one in (await staff.listed(program)).surveys if one.simulated]
    assert (simulated.survey.draft.name, simulated.survey.state) == (NAME, "closed")
    assert await staff.publish(program, ME, simulated.survey.survey_id) == "not_found"


def test_what_is_made_up_is_the_same_on_every_run_and_spares_whom_was_asked() -> None:
    began = datetime(2017, 1, 2, 12, tzinfo=UTC)
    occasions = [
        Occasion(str(n), str(n % 200), f"c{n % 200}", f"o{n}", began + timedelta(hours=5 * n), member=bool(n % 2))
        for n in range(1_500)
    ]
    told = simulate(occasions, ZoneInfo("America/New_York"))
    assert told == simulate(occasions[::-1], ZoneInfo("America/New_York"))
    sent = [one for one in told if one.reason is None]
    answered = [one.answer for one in sent if one.answer]
    assert 0.2 < len(answered) / len(sent) < 0.4
    assert {one.reason for one in told} == {None, "held_out", "no_consent", "throttled"}
    last: dict[str, datetime] = {}
    for one in sent:
        before = last.get(one.occasion.customer)
        assert before is None or one.due_at - before >= timedelta(days=90)
        last[one.occasion.customer] = one.due_at
