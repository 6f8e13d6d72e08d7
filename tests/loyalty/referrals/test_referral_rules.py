"""The tables of docs/referrals.md, case by case."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from loyalty.errors import Invalid
from loyalty.referrals.codes import ALPHABET, custom, key_of, link_of, new_code
from loyalty.referrals.rules import REASONS, Bought, Friend, Owner, Signs, claimed, mailbox, matures_at, qualified
from loyalty.referrals.terms import Terms, checked

ANN, FAY, ORDER, LATER = (UUID(int=n) for n in range(4))
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TERMS = Terms(on=True, referrer_points=500, friend_points=500, minimum_minor=5000, per_month=2, ever=3, return_days=14)
ANNA = Owner(ANN, None, member=True, email="ann@gmail.com")
F = Friend(FAY, "fay@example.org")


def bought(minor: int, purchase_id: UUID = ORDER) -> Bought:
    return Bought(purchase_id, NOW, NOW, minor)


@pytest.mark.parametrize(
    ("terms", "owner", "friend", "purchase", "reason"),
    [
        pytest.param(replace(TERMS, on=False), ANNA, F, None, "switched_off", id="C1"),
        pytest.param(TERMS, None, F, None, "unknown_code", id="C2"),
        pytest.param(TERMS, replace(ANNA, ends_at=NOW), F, None, "expired_code", id="C3"),
        pytest.param(TERMS, replace(ANNA, ends_at=NOW + timedelta.resolution), F, None, None, id="C3-before"),
        pytest.param(TERMS, ANNA, Friend(ANN, "ann@gmail.com"), None, "own_code", id="C4"),
        pytest.param(TERMS, replace(ANNA, member=False), F, None, "referrer_left", id="C5"),
        pytest.param(TERMS, ANNA, Friend(FAY, "A.n.n+shop@googlemail.com"), None, "same_email", id="C6"),
        pytest.param(
            TERMS, replace(ANNA, email="ann@example.org"), Friend(FAY, "a.n.n@example.org"), None, None, id="C7"
        ),
        pytest.param(TERMS, ANNA, replace(F, known_before=True), None, "existing_customer", id="C8"),
        pytest.param(
            TERMS,
            ANNA,
            replace(F, first=replace(bought(1), placed_at=NOW - timedelta.resolution)),
            LATER,
            "not_first_purchase",
            id="C9",
        ),
        pytest.param(TERMS, ANNA, replace(F, first=bought(1), known_before=True), ORDER, None, id="C10"),
    ],
)
def test_a_claim_is_refused_for_the_first_reason_that_stands(
    terms: Terms, owner: Owner | None, friend: Friend, purchase: UUID | None, reason: str | None
) -> None:
    verdict = claimed(terms, owner, friend, NOW, purchase)
    assert (verdict.state, verdict.reason) == ("refused" if reason else "claimed", reason)


@pytest.mark.parametrize(
    ("minor", "signs", "state", "reason"),
    [
        pytest.param(5000, Signs(), "qualified", None, id="Q1"),
        pytest.param(4999, Signs(), "refused", "below_minimum", id="Q2"),
        pytest.param(8000, Signs(same_address=True), "refused", "same_address", id="Q4"),
        pytest.param(8000, Signs(same_payment=True), "refused", "same_payment", id="Q5"),
        pytest.param(8000, Signs(this_month=2, ever=2), "refused", "over_cap", id="Q6"),
        pytest.param(8000, Signs(this_month=1, ever=2), "qualified", None, id="Q6-before"),
        pytest.param(8000, Signs(ever=3), "refused", "over_cap", id="Q7"),
        pytest.param(8000, Signs(friends=2), "in_review", "shared_trace", id="Q8"),
    ],
)
def test_the_first_purchase_decides(minor: int, signs: Signs, state: str, reason: str | None) -> None:
    verdict = qualified(TERMS, bought(minor), signs)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_the_page_names_every_reason_there_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "referrals.md").read_text()
    assert [reason for reason in REASONS if f"`{reason}`" not in page] == []


def test_nothing_kept_is_never_enough() -> None:
    assert qualified(replace(TERMS, minimum_minor=0), bought(0), Signs()).reason == "below_minimum"
    assert qualified(TERMS, replace(bought(9000), test=True), Signs()).reason == "below_minimum"


def test_only_what_was_told_as_it_happened_is_fresh() -> None:
    late = replace(bought(1), recorded_at=NOW + timedelta(hours=72))
    assert late.fresh
    assert not replace(late, recorded_at=late.recorded_at + timedelta.resolution).fresh
    assert not replace(late, origin="import").fresh
    assert not replace(late, test=True).fresh


def test_the_window_ends_at_the_midnight_after_its_last_day() -> None:
    paris = ZoneInfo("Europe/Paris")
    at = datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert matures_at(TERMS, at, paris) == datetime(2026, 3, 17, 23, tzinfo=UTC)
    # Summer time begins inside this one.
    assert matures_at(replace(TERMS, return_days=30), at, paris) == datetime(2026, 4, 2, 22, tzinfo=UTC)
    assert matures_at(replace(TERMS, return_days=0), at, paris) == at


def test_a_mailbox_is_told_by_what_its_host_sees() -> None:
    assert mailbox(" Ann+x@Outlook.com") == "ann@outlook.com"
    assert mailbox("a.nn@outlook.com") == "a.nn@outlook.com"
    assert mailbox("ann+x@example.org") == "ann+x@example.org"
    assert mailbox(None) is None


def test_codes_are_the_same_however_they_are_typed() -> None:
    assert key_of("ann-a 10") == key_of("ANNA1O") == key_of("annaIo") == key_of("ANNAl0")
    made = {new_code() for _ in range(200)}
    assert len(made) == 200
    assert all(len(code) == 7 and set(code) <= set(ALPHABET) and key_of(code) == code for code in made)
    assert not set("0O1ILU") & set(ALPHABET)


def test_a_code_of_staff_is_checked() -> None:
    assert custom(" Marie-10 ") == "MARIE-10"
    for wrong in ("abc", "a-b-c", "café10", "AB CD", "x" * 25):
        with pytest.raises(Invalid):
            custom(wrong)


def test_a_link_carries_the_code_beside_what_it_had() -> None:
    assert link_of("https://shop.example/in?a=b#top", "ANNA") == "https://shop.example/in?a=b&ref=ANNA#top"
    assert link_of("https://shop.example", "ANNA") == "https://shop.example?ref=ANNA"
    assert link_of(None, "ANNA") is None


def test_terms_that_cannot_be_meant_are_refused() -> None:
    assert checked(TERMS) == TERMS
    links = ("javascript:x", "https://", "https://shop.example/in?code={code}")
    wrong_links = [replace(TERMS, link=link) for link in links]
    for wrong in (Terms(on=True), *wrong_links, replace(TERMS, per_month=4)):
        with pytest.raises(Invalid):
            checked(wrong)
