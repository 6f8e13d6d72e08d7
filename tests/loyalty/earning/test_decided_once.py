"""What is looked up when a purchase is first decided, and used again ever after: docs/rules.md, "Decided once"."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.members.merging import merge_customers
from loyalty.programs.policies import AfterMonths, OnDelivery, Policies
from tests.paper import PER_EURO, Paper, local, version
from tests.stories import cancellation, joining, purchase, refund

MONTH = {"kind": "cap", "id": "month", "points": 100, "per": "month"}
FIRST = {"kind": "first_purchase", "id": "first", "points": 200}


def paper(*rules: dict[str, Any], **more: Any) -> Paper:  # noqa: ANN401
    """Give a ledger under a point per euro and these rules, of which Ann is a member."""
    made = Paper(version(1, PER_EURO, *rules), **more)
    made.join(joining("ann"))
    return made


def due(ledger: Paper, *orders: str) -> list[int]:
    return [ledger.order(order).due for order in orders]


def test_item_n_of_a_batch_has_the_room_that_item_n_minus_1_left() -> None:
    ledger = paper(MONTH)
    ledger.buy(*(purchase(f"o{n}", 4000, "ann") for n in range(4)))
    assert due(ledger, "o0", "o1", "o2", "o3") == [40, 40, 20, 0]
    assert [ledger.seen(f"o{n}")["caps"]["month"]["room"] for n in range(4)] == [100, 60, 20, 0]


def test_a_refund_frees_room_for_later_recordings_only() -> None:
    ledger = paper(MONTH)
    ledger.buy(purchase("o1", 8000, "ann"), purchase("o2", 8000, "ann"))
    ledger.take_back(refund("o1", "r", 5000))
    assert due(ledger, "o1", "o2") == [30, 20]
    # The second has the room that it was given, not the room there would be now.
    ledger.take_back(refund("o2", "r", 100))
    assert due(ledger, "o1", "o2") == [30, 20]
    ledger.buy(purchase("o3", 8000, "ann"))
    assert due(ledger, "o1", "o2", "o3") == [30, 20, 50]


def test_a_purchase_that_becomes_worth_more_keeps_to_what_others_left() -> None:
    """Below its minimum the rule that silenced the others speaks no more; but the month is full by then."""
    ledger = paper({"kind": "fixed_bonus", "points": 2, "exclusive": True, "minimum_minor": 30_000}, MONTH)
    ledger.buy(purchase("o1", 35_000, "ann"), purchase("o2", 9800, "ann"))
    ledger.take_back(refund("o1", "r", 10_000))
    assert due(ledger, "o1", "o2") == [2, 98]
    assert ledger.seen("o1")["caps"]["month"] == {"period": "2025-03", "room": 2, "use": 2}


def test_an_edit_looks_the_room_up_again_and_nothing_else() -> None:
    ledger = paper(MONTH, FIRST | {"points": 5})
    ledger.buy(purchase("o1", 8000, "ann"), purchase("o2", 8000, "ann"))
    ledger.take_back(cancellation("o1"))
    ledger.edit(purchase("o2", 7000, "ann", source_updated_at=ledger.now))
    assert due(ledger, "o1", "o2") == [0, 70]
    assert ledger.seen("o2")["first"] is False


def test_a_purchase_that_is_edited_into_another_month_takes_its_room_there() -> None:
    ledger = paper(MONTH)
    ledger.buy(purchase("o1", 8000, "ann"), purchase("o2", 9000, "ann", on=40))
    ledger.edit(purchase("o1", 8000, "ann", on=41, source_updated_at=ledger.now))
    assert due(ledger, "o1", "o2") == [10, 90]
    assert {key[2]: n for key, n in ledger.cap_uses.items()} == {"2025-03": 0, "2025-04": 100}


def test_the_period_is_the_local_one_of_the_purchase() -> None:
    ledger = paper(MONTH)
    ledger.buy(
        replace(purchase("o1", 8000, "ann"), placed_at=local("2025-04-30T23:59:59")),
        replace(purchase("o2", 8000, "ann"), placed_at=local("2025-05-01T00:00:00")),
    )
    assert due(ledger, "o1", "o2") == [80, 80]


def test_the_first_purchase_stays_the_first() -> None:
    ledger = paper(FIRST)
    ledger.buy(purchase("o1", 1000, "ann", on=5), purchase("o2", 1000, "ann", on=6))
    assert due(ledger, "o1", "o2") == [210, 10]
    ledger.take_back(cancellation("o1"))
    ledger.buy(purchase("o3", 1000, "ann", on=2))
    assert due(ledger, "o1", "o2", "o3") == [0, 10, 10]


def test_a_purchase_that_could_not_earn_is_not_the_first() -> None:
    ledger = Paper(version(1, PER_EURO, FIRST))
    ledger.buy(purchase("before", 1000, "ann", on=-5), purchase("test", 1000, "ann", on=5, test=True))
    ledger.join(joining("ann"))
    ledger.buy(purchase("o1", 1000, "ann"))
    assert due(ledger, "before", "test", "o1") == [0, 0, 210]


def test_what_was_bought_before_there_was_a_rule_for_it_was_the_first() -> None:
    ledger = paper()
    ledger.buy(purchase("o1", 1000, "ann"))
    ledger.versions.append(version(2, PER_EURO, FIRST, since=ledger.now))
    ledger.at(ledger.now + timedelta(days=1)).buy(replace(purchase("o2", 1000, "ann"), placed_at=ledger.now))
    assert due(ledger, "o2") == [10]


def test_a_later_joining_finds_what_is_known_then() -> None:
    ledger = Paper(version(1, PER_EURO, FIRST, MONTH))
    ledger.buy(purchase("o1", 6000, "ann", on=1), purchase("o2", 6000, "ann", on=2))
    ledger.join(joining("ann"))
    assert due(ledger, "o1", "o2") == [100, 0]
    assert ledger.seen("o1")["first"]


def test_who_leaves_frees_room_and_who_comes_back_gets_what_is_left() -> None:
    ledger = paper(MONTH)
    ledger.buy(purchase("o1", 8000, "ann", on=5))
    ledger.join(joining("ann", left=3))
    assert due(ledger, "o1") == [0]
    ledger.buy(purchase("o2", 7000, "ann", on=2))
    ledger.join(joining("ann", on=4))
    assert due(ledger, "o1", "o2") == [30, 70]


def test_a_claim_is_the_first_decision_with_an_account() -> None:
    ledger = paper(FIRST, MONTH)
    ledger.buy(purchase("o1", 8000))
    assert ledger.seen("o1") == {}
    ledger.edit(purchase("o1", 8000, "ann", source_updated_at=ledger.now))
    assert due(ledger, "o1") == [100]
    assert ledger.seen("o1")["caps"]["month"] == {"period": "2025-03", "room": 100, "use": 100}


def test_the_tier_is_the_one_held_when_it_was_placed_as_known_when_it_was_first_decided() -> None:
    ledger = paper({"kind": "fixed_bonus", "points": 30, "tiers": ["gold"]})
    ledger.hold_tier("ann", "gold", "1.5", since=3)
    ledger.buy(purchase("o1", 1000, "ann", on=2), purchase("o2", 1000, "ann", on=3))
    assert due(ledger, "o1", "o2") == [10, 45]
    ledger.hold_tier("ann", "gold", "3", since=0)
    ledger.take_back(refund("o1", "r", 500), refund("o2", "r", 500))
    assert due(ledger, "o1", "o2") == [5, 37]


def test_what_was_decided_before_there_were_tiers_is_decided_again_without_them() -> None:
    ledger = paper()
    ledger.buy(purchase("o1", 1000, "ann", on=2))
    ledger.hold_tier("ann", "gold", "3")
    ledger.take_back(refund("o1", "r", 500))
    assert due(ledger, "o1") == [5]


def test_the_segments_are_those_of_the_first_decision() -> None:
    ledger = paper({"kind": "fixed_bonus", "points": 30, "segments": ["vip"]})
    ledger.segments = {("ann", "vip"), ("ann", "other")}
    ledger.buy(purchase("o1", 1000, "ann"))
    ledger.segments = set()
    ledger.buy(purchase("o2", 1000, "ann"))
    ledger.take_back(refund("o1", "r", 500))
    assert due(ledger, "o1", "o2") == [35, 10]
    assert ledger.seen("o1") == {"segments": ["vip"]}


def test_a_merge_adds_up_what_both_hold_and_bears_the_mark() -> None:
    ledger = paper(MONTH, FIRST | {"points": 1})
    ledger.join(joining("bob"))
    ledger.buy(purchase("o1", 5000, "ann"), purchase("o2", 2000, "bob"))
    ledger.write(lambda batch, _: merge_customers(batch, "ann", "bob"), [None])
    ledger.aliases["ann"] = ledger.aliases["bob"]
    ledger.buy(purchase("o3", 8000, "ann"))
    assert due(ledger, "o3") == [100 - 51 - 21]
    assert ledger.seen("o3")["first"] is False


@pytest.mark.parametrize("maturity", [None, OnDelivery()])
def test_a_bonus_with_dates_of_its_own_is_a_lot_of_its_own(maturity: OnDelivery | None) -> None:
    bonus = {"kind": "fixed_bonus", "id": "gift", "points": 30, "expires_after_days": 900}
    policies = Policies(expiry=AfterMonths(30)) if maturity is None else Policies(maturity=maturity)
    ledger = paper(bonus | {"minimum_minor": 2000}, policies=policies)
    ledger.buy(purchase("o1", 1000, "ann"))
    assert ledger.left("ann") == [10]
    ledger.edit(purchase("o1", 3000, "ann", source_updated_at=ledger.now))
    assert ledger.left("ann") == [10, 20, 30]
    rest, own = ledger.lots_of("ann")[1:]
    assert (own.expires_at, own.matures_at is None) == (local("2027-08-19T00:00:00"), False)
    assert (rest.expires_at != own.expires_at, rest.matures_at is None) == (True, maturity is not None)
    ledger.take_back(cancellation("o1"))
    assert sum(ledger.left("ann")) == 0
