"""Two of the staff change the same thing: the second is told, unless both meant the same."""

from uuid import UUID

from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.staff import StaffReferrals
from loyalty.referrals.terms import Terms
from loyalty.segments.staff import StaffSegments, Wanted
from loyalty.tiers.scheme import Calendar, Scheme, Tier
from loyalty.tiers.staff import StaffTiers

MAYA = UUID(int=1)


def scheme(threshold: int) -> Scheme:
    return Scheme("money_spent", Calendar(), [Tier("gold", {"en": "Gold", "fr": "Or"}, threshold)])


async def test_what_another_changed_since_the_form_was_drawn_is_not_replaced(
    database: Database, program: ProgramFacts
) -> None:
    tiers, referrals = StaffTiers(lambda: database), StaffReferrals(lambda: database)
    for publish in (
        lambda n, read: tiers.publish(program, scheme(n), MAYA, read),
        lambda n, read: referrals.publish(program, Terms(on=True, referrer_points=n), MAYA, read),
    ):
        assert getattr(first := await publish(100, 0), "code", first) == ""
        assert getattr(second := await publish(200, 0), "code", second) == "edited_meanwhile"
        # The first form sent twice is one version, and who has read that goes on from it.
        assert getattr(again := await publish(100, 0), "code", again) == ""
        assert getattr(next_one := await publish(200, 1), "code", next_one) == ""

    segments, spent = StaffSegments(lambda: database), [{"kind": "spent", "at_least_minor": 100}]
    assert await segments.save(program, Wanted("vip", "VIP", spent, new=True)) == ""
    assert await segments.save(program, Wanted("vip", "Best", spent, new=False, version=1)) == ""
    assert await segments.save(program, Wanted("vip", "Best", spent, new=False, version=1)) == ""
    assert await segments.save(program, Wanted("vip", "Others", spent, new=False, version=1)) == "edited_meanwhile"
