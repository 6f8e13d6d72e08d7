"""The open accounts of a batch: whom it finds, whom it opens, whom it refuses."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from loyalty.customers.facts import AliasFacts, MembershipFacts, Profile
from loyalty.errors import Erased, Invalid
from loyalty.points.book import CLOCK_SKEW, Book
from loyalty.points.facts import AccountFacts
from tests.paper import SOURCE
from tests.stories import day

NOW = day(50)
ANN, BEA, CID = UUID(int=1), UUID(int=2), UUID(int=3)
TELLING = Profile(name="Ann")


def account(customer_id: UUID, merged_into: UUID | None = None) -> AccountFacts:
    """Give an account as it was read."""
    return AccountFacts(customer_id, 7, 0, 0, 0, 0, 0, NOW, b"h" * 32, merged_into=merged_into)


def book(*accounts: AccountFacts, erased: bool = False) -> Book:
    """Open a book in which Ann is known, or was erased, and has been a member from day 0 to day 10."""
    member = MembershipFacts(UUID(int=9), ANN, day(0), day(10), b"", NOW)
    return Book(
        SOURCE,
        NOW,
        aliases=[AliasFacts("ann", ANN, erased=erased)],
        accounts=accounts or [account(ANN)],
        lots=[],
        holds=[],
        memberships=[member],
    )


def test_somebody_unknown_is_opened_at_first_sight() -> None:
    opened = book()
    bob = opened.account_of("bob", TELLING)
    assert (bob.seen, bob.version, bob.touched) == (None, 1, True)
    assert opened.new_aliases == {"bob": bob.customer_id}
    assert opened.new_customers == {bob.customer_id: TELLING}
    assert opened.account_of("bob") is bob
    assert bob.version == 2


def test_what_is_told_of_somebody_known_is_kept_unless_it_says_nothing() -> None:
    opened = book()
    opened.account_of("ann", TELLING)
    opened.account_of("ann", Profile())
    opened.account_of("ann")
    assert opened.told_profiles == [(ANN, TELLING)]
    assert not opened.new_customers


def test_nothing_more_is_kept_of_somebody_who_was_erased() -> None:
    opened = book(erased=True)
    opened.account_of("ann", TELLING)
    assert opened.told_profiles == []
    with pytest.raises(Erased, match="was erased"):
        opened.not_erased("ann")
    opened.not_erased("bob")


def test_who_was_merged_is_found_in_the_survivor_of_the_survivor() -> None:
    opened = book(account(ANN, BEA), account(BEA, CID), account(CID))
    assert opened.account(ANN) is opened.account(BEA) is opened.accounts[CID]


def test_membership_is_asked_for_an_instant() -> None:
    opened = book()
    assert [opened.is_member(ANN, day(on)) for on in (-0.001, 0, 9.999, 10)] == [False, True, True, False]
    assert not opened.is_member(None, day(5))


def test_a_clock_may_run_a_quarter_of_an_hour_ahead() -> None:
    opened = book()
    opened.not_ahead(NOW + CLOCK_SKEW, "placed_at")
    with pytest.raises(Invalid) as refused:
        opened.not_ahead(NOW + CLOCK_SKEW + timedelta(microseconds=1), "placed_at")
    assert refused.value.pointer == "/placed_at"


def test_nothing_is_effective_before_it_happens() -> None:
    opened = book()
    assert [opened.cause(at).effective_at for at in (None, day(49), day(51))] == [NOW, day(49), NOW]


def test_the_award_counts_the_version_of_its_account() -> None:
    opened = book()
    ann = opened.account_of("ann")
    award = opened.decided(ann, "adjusted", opened.cause(), {"points": 1})
    assert (award.account_version, award.available_after, award.facts) == (8, 0, {"points": 1})
    opened.tell("points.adjusted", "customer/1", award)
    opened.tell("something.else", "customer/1")
    assert [(event.award_id, event.account_version) for event in opened.events] == [(award.award_id, 8), (None, None)]
    assert replace(award, facts={}) == replace(opened.awards[-1], facts={})
