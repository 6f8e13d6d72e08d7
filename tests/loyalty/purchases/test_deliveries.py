"""Points that wait for a delivery: told with the purchase or by an edit, they mature and end from then. On paper."""

from typing import Any

from msgspec.structs import replace

from loyalty.programs.policies import AfterDays, Inactivity, OnDelivery, Policies
from loyalty.purchases.facts import NewPurchase
from tests.paper import Paper, local
from tests.paper_holds import spend
from tests.stories import cancellation, joining, purchase, refund


def waiting(maturity: OnDelivery, **more: Any) -> Paper:  # noqa: ANN401
    """Give the ledger of Ann, with an order of 1 February whose points wait for its delivery."""
    paper = Paper(policies=Policies(maturity=maturity, **more))
    paper.join(joining("ann"))
    paper.at(local("2026-02-01 13:00")).buy(delivery(None))
    account = paper.account("ann")
    assert (account.available, account.pending, account.next_due_at) == (0, 50, None)
    return paper


def delivery(at: str | None, updated: str = "2026-02-01 12:30", goods: int = 5000) -> NewPurchase:
    """Tell the order of 1 February, and when it was delivered."""
    placed, delivered = local("2026-02-01 12:00"), None if at is None else local(at)
    bare = purchase("o", goods, "ann", delivered_at=delivered, source_updated_at=local(updated))
    return replace(bare, placed_at=placed)


def test_the_delivery_matures_the_points() -> None:
    paper = waiting(OnDelivery(), expiry=AfterDays(30))
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    assert (paper.account("ann").available, paper.account("ann").pending) == (50, 0)
    [lot] = paper.lots_of("ann")
    assert (lot.matures_at, lot.expires_at) == (local("2026-02-05 12:00"), local("2026-03-08 00:00"))
    matured = paper.entries[-1]
    assert (matured.kind, matured.amount, matured.effective_at) == ("mature", 50, local("2026-02-05 12:00"))
    facts = paper.awards[-1].facts
    assert facts["moved"] == {"2": 1}
    assert facts["lots"][0]["expires_at"] == "2026-03-07T23:00:00Z"
    assert paper.account("ann").next_due_at == local("2026-03-08 00:00")


def test_the_days_of_maturing_count_from_the_delivery() -> None:
    paper = waiting(OnDelivery(14), expiry=AfterDays(30))
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    assert (paper.account("ann").available, paper.account("ann").pending) == (0, 50)
    assert paper.account("ann").next_due_at == local("2026-02-20 00:00")
    paper.at(local("2026-02-20 00:00")).sweep()
    assert (paper.account("ann").available, paper.account("ann").pending) == (50, 0)
    assert paper.lots_of("ann")[0].expires_at == local("2026-03-23 00:00")


def test_a_delivery_that_is_told_late_may_find_its_points_over() -> None:
    paper = waiting(OnDelivery(), expiry=AfterDays(30))
    paper.at(local("2026-06-01 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    assert paper.moves("ann") == [("issue", 50), ("mature", 50), ("expire", 50)]
    assert paper.balance("ann") == (0, 0)


def test_points_that_mature_with_the_delivery_repay_debt() -> None:
    paper = waiting(OnDelivery())
    paper.follow(Policies())
    paper.buy(purchase("gift", 2000, "ann"))
    spend(paper, "ann", 20)
    paper.take_back(refund("gift", "r", 2000))
    assert paper.balance("ann") == (0, 20)
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    assert paper.balance("ann") == (30, 0)
    assert paper.moves("ann")[-2:] == [("mature", 50), ("repay", 20)]


def test_the_delivery_of_one_purchase_leaves_the_points_of_others() -> None:
    paper = waiting(OnDelivery())
    paper.buy(replace(delivery(None), order_id="other"))
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    assert (paper.account("ann").available, paper.account("ann").pending) == (50, 50)


def test_a_delivery_is_told_once() -> None:
    paper = waiting(OnDelivery())
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    paper.edit(delivery("2026-02-06 09:00", "2026-02-06 10:00", goods=7000))
    assert paper.balance("ann") == (70, 0)
    assert [lot.matures_at for lot in paper.lots_of("ann")] == [local("2026-02-05 12:00"), local("2026-02-06 09:00")]


def test_a_delivery_after_a_full_refund_matures_nothing() -> None:
    paper = waiting(OnDelivery())
    paper.take_back(cancellation("o"))
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    assert paper.moves("ann") == [("issue", 50), ("claw_back", 50)]
    assert paper.lots_of("ann")[0].matures_at is None


def test_points_that_waited_mature_with_their_delivery_also_when_the_policy_has_changed() -> None:
    paper = waiting(OnDelivery(14), expiry=Inactivity(30))
    paper.follow(Policies(expiry=AfterDays(30)))
    paper.at(local("2026-02-06 12:00")).edit(delivery("2026-02-05 12:00", "2026-02-05 13:00"))
    [lot] = paper.lots_of("ann")
    assert (lot.matures_at, lot.expires_at, lot.slides_days) == (
        local("2026-02-05 12:00"), local("2026-03-08 00:00"), None,
    )  # fmt: skip
    assert paper.balance("ann") == (50, 0)


def test_a_delivery_before_the_purchase_is_told_dates_its_points() -> None:
    paper = Paper(policies=Policies(maturity=OnDelivery(14)))
    paper.join(joining("ann"))
    paper.at(local("2026-02-06 12:00")).buy(delivery("2026-02-05 12:00"))
    assert (paper.account("ann").pending, paper.account("ann").next_due_at) == (50, local("2026-02-20 00:00"))
