"""What staff do with earning rules, on a real database: a scheduled version is withdrawn, and a draft raced for."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from loyalty.database import Database
from loyalty.earning.facts import DraftTold
from loyalty.earning.queries import RulesCache
from loyalty.errors import DraftEdited, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.calculating import CalculationIn
from loyalty.purchases.staff import RuleStaff, StaffRules

MAYA = RuleStaff(UUID(int=7), "req_staff")
DOUBLE = {"kind": "multiplier", "id": "double", "factor": "2"}


def rules_of(database: Database) -> StaffRules:
    cache = RulesCache()
    return StaffRules(lambda: database, lambda: cache)


async def test_a_version_that_has_not_begun_is_withdrawn_and_what_is_in_force_stays(
    database: Database, program: ProgramFacts
) -> None:
    rules = rules_of(database)
    first = (await rules.seen(program)).versions[0]
    draft = await rules.create(program, MAYA, DraftTold("Winter", [*first.rules, DOUBLE]))
    begins = (await rules.seen(program)).now + timedelta(days=3)
    to_come = await rules.publish(program, MAYA, draft.draft_id, version=1, begins=begins, allow_empty=False)
    assert (to_come.state, to_come.published_by) == ("scheduled", f"user:{MAYA.user_id}")

    again = await rules.withdraw(program, MAYA, to_come.version)
    assert (again.rules, again.state) == (first.rules, "in_force")
    later = await rules.tried(program, CalculationIn("10.00", placed_at=begins + timedelta(days=1)))
    assert later.points.target == 10
    seen = await rules.seen(program)
    assert [(version.version, version.state) for version in seen.versions] == [
        (3, "in_force"),
        (2, "withdrawn"),
        (1, "retired"),
    ]
    assert seen.drafts == []
    for version in (again, to_come):
        with pytest.raises(NotFound):
            await rules.withdraw(program, MAYA, version.version)


async def test_of_two_edits_of_a_draft_the_second_is_refused_and_changes_nothing(
    database: Database, program: ProgramFacts
) -> None:
    rules = rules_of(database)
    draft = await rules.create(program, MAYA, DraftTold("Winter", [DOUBLE]))
    await rules.edit(program, MAYA, draft.draft_id, DraftTold("Mine", [DOUBLE]), 1)
    with pytest.raises(DraftEdited):
        await rules.edit(program, MAYA, draft.draft_id, DraftTold("Theirs", []), 1)
    [found] = (await rules.seen(program)).drafts
    assert (found.name, found.rules, found.version) == ("Mine", [DOUBLE], 2)
    await rules.delete(program, draft.draft_id)
    await rules.delete(program, draft.draft_id)
    assert (await rules.seen(program)).drafts == []


async def test_a_basket_of_nobody_there_is_refused(database: Database, program: ProgramFacts) -> None:
    with pytest.raises(NotFound):
        await rules_of(database).tried(program, CalculationIn("10.00"), uuid4())
