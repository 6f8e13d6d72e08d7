"""Cases of detractors: taken, noted, closed once, with points that are the case's own."""

import asyncio
from uuid import UUID, uuid4

import pytest

from loyalty.database import one
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.verify import verify
from surveys.answers import actions as answers
from surveys.answers.cases import CaseClosed, close_case, close_with_points, edit_case, open_cases
from tests.surveys.conftest import Poll


@pytest.fixture
async def case_id(poll: Poll) -> UUID:
    """Have Ann, a member, give a 2."""
    await poll.publishes({"kind": "after_purchase", "days": 0})
    await poll.joins("ann")
    await poll.buys("o1")
    await poll.works()
    link = poll.link()
    await poll.verb(lambda tx: answers.score(tx, link, 2, "fr"))
    await poll.verb(lambda tx: answers.comment(tx, link, "Too late", publish=False))
    [case] = await open_cases(poll.owner, poll.program, 10)
    assert (case.score, case.comment, case.owner) == (2, "Too late", None)
    return case.case_id


async def test_a_case_is_taken_noted_and_closed_once(poll: Poll, case_id: UUID) -> None:
    taken = await poll.verb(lambda tx: edit_case(tx, poll.program, case_id, "user:boss", "called her"))
    assert (taken.owner, taken.note) == ("user:boss", "called her")
    for _ in range(2):
        closed = await poll.verb(lambda tx: close_case(tx, poll.program, case_id, "solved", "user:boss"))
        assert closed.outcome == "solved"
    with pytest.raises(CaseClosed):
        await poll.verb(lambda tx: close_case(tx, poll.program, case_id, "no_answer", "user:boss"))
    with pytest.raises(CaseClosed):
        await poll.verb(lambda tx: edit_case(tx, poll.program, case_id, None, None))
    with pytest.raises(NotFound):
        await poll.verb(lambda tx: close_case(tx, poll.program, uuid4(), "solved", "user:boss"))
    assert await open_cases(poll.owner, poll.program, 10) == []


async def test_a_gesture_gives_its_points_once_and_is_linked_to_them(
    poll: Poll, program: ProgramFacts, case_id: UUID
) -> None:
    source = Source(program, None, "default", "user:boss", "req_case")
    before = (await poll.call("GET", "members/ann/balance"))["available"]

    async def gives() -> bool:
        try:
            await one(poll.database, lambda tx: close_with_points(tx, source, case_id, 100, "Sorry"))
        except CaseClosed:
            return False
        return True

    assert sorted(await asyncio.gather(*(gives() for _ in range(4)))) == [False, False, False, True]
    assert (await poll.call("GET", "members/ann/balance"))["available"] == before + 100
    linked = "SELECT a.cause FROM survey_case c JOIN award a USING (program_id, award_id) WHERE c.outcome = 'gesture'"
    assert await poll.owner.fetchval(linked) == "adjusted"
    report = await verify(poll.owner)
    assert not report.faults, report.faults
