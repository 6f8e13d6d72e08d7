"""What the verbs cannot bring about yet (debt, pending points) or a story seldom has: verified on histories by hand."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.earning.rules import RulesVersion, in_force
from loyalty.earning.rules import StoredRules as Published
from loyalty.points.dates import LotDates
from loyalty.points.facts import Cause, NewEntry, OpenAccount, RecordedAward
from loyalty.points.rules import claw_back, issue, seal
from loyalty.purchases.batch import OpenOrder
from loyalty.purchases.rules import kept, target
from loyalty.verify.accounts import moved
from loyalty.verify.checks import ACCOUNT_CHECKS
from loyalty.verify.facts import (
    AccountRow,
    AwardRow,
    Balances,
    EntryRow,
    LotRow,
    MembershipRow,
    PurchaseRow,
    RefundRow,
    Report,
    StoredRules,
    UseRow,
)
from loyalty.verify.histories import AccountHistory, Programme, PurchaseHistory
from loyalty.verify.worth import rules_in_force, worth
from tests.paper import PROGRAM
from tests.stories import day

ANN, BOOK = UUID(int=1), UUID(int=2)
NOW = day(50)
PROGRAMME = Programme(1, day(-1), {})


def indebted() -> AccountHistory:
    """Give the history of an account that got 10, gave back 25, and got 40: it owed 15 in between."""
    account = OpenAccount(ANN, None, 0, PROGRAM.zone)
    awards = []
    for number, (due, cause) in enumerate([(10, "purchase"), (-25, "refund"), (40, "purchase")], 1):
        account.version = number
        why = Cause(UUID(int=100 + number), "key/1", "req", NOW, NOW)
        if due > 0:
            issue(account, due, BOOK, LotDates(NOW, NOW, None, None), why)
        else:
            claw_back(account, -due, BOOK, why)
        award = RecordedAward(
            why.award_id, cause, ANN, number, BOOK, None, None, 1, "0", [], {}, due, due, due, account.available,
            0, 0, account.debt, "key/1", "req", NOW,
        )  # fmt: skip
        seal(1, account, award)
        fields = {name: getattr(award, name) for name in RecordedAward.__struct_fields__}
        awards.append(AwardRow(**(fields | {"breakdown": "[]", "facts": "{}"}), told=True))
    return AccountHistory(
        PROGRAMME,
        AccountRow(
            ANN, account.available, 0, 0, account.debt, 3, account.seq, NOW, None, None, None, account.head_hash
        ),
        entries=[EntryRow(**{name: getattr(entry, name) for name in NewEntry.__slots__}) for entry in account.entries],
        awards=awards,
        lots=[LotRow(ANN, o.seq, BOOK, NOW, o.matures_at, None, None, o.original, o.remaining) for o in account.lots],
        uses=[UseRow(ANN, *use) for use in account.uses],
        purchases=[PurchaseHistory(PROGRAMME, bought(0))],
    )


def bought(goods: int, reward: int = 0) -> PurchaseRow:
    """Give a purchase of Ann's on day 1."""
    return PurchaseRow(
        ANN, BOOK, "o", "recorded", 1, day(1), goods, 0, 0, reward, None, test=False, member=True, recorded_at=NOW
    )


def faults(history: AccountHistory) -> dict[str, str]:
    """Verify an account's own rows; gives the first message of each check."""
    report = Report()
    for check in ACCOUNT_CHECKS:
        check.run([history], report)
    return {fault.check: f"{fault.where}: {fault.message}" for fault in reversed(report.faults)}


def test_debt_that_was_repaid_is_clean() -> None:
    history = indebted()
    assert [tuple(entry.after) for entry in history.entries] == [
        (10, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 15), (40, 0, 0, 15), (25, 0, 0, 0),
    ]  # fmt: skip
    assert faults(history) == {}


def test_a_debt_that_was_forgotten_is_found() -> None:
    history = indebted()
    history.entries[2] = history.entries[2]._replace(debt_after=0)
    found = faults(history)
    assert "debt 15, the entry says" in found["balances_after_form_a_chain"]
    assert "entry 3" in found["hash_chain_is_whole"]


def test_a_repayment_that_did_not_happen_is_found() -> None:
    history = indebted()
    history.entries.pop()
    assert "debt 15" in faults(history)["balances_are_the_sums_of_entries"]


@pytest.mark.parametrize(
    ("debit", "credit", "after"),
    [
        ("issued", "available", (17, 5, 3, 2)),
        ("issued", "pending", (10, 12, 3, 2)),
        ("pending", "available", (17, -2, 3, 2)),
        ("available", "held", (3, 5, 10, 2)),
        ("held", "redeemed", (10, 5, -4, 2)),
        ("available", "expired", (3, 5, 3, 2)),
        ("available", "clawed_back", (3, 5, 3, 2)),
        ("debt", "clawed_back", (10, 5, 3, 9)),
        ("available", "debt", (3, 5, 3, -5)),
        ("adjusted", "available", (17, 5, 3, 2)),
    ],
)
def test_an_entry_moves_its_amount_from_one_code_to_the_other(debit: str, credit: str, after: tuple[int, ...]) -> None:
    entry = indebted().entries[0]._replace(debit_code=debit, credit_code=credit, amount=7)
    assert moved(Balances(10, 5, 3, 2), entry) == after


rules = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.just("points_per_amount"),
            "points_per_step": st.integers(1, 50),
            "step_minor": st.integers(1, 2000),
        },
        optional={"whole_steps": st.booleans()},
    ),
    max_size=3,
)


@given(st.integers(0, 10**7), st.integers(0, 100), st.lists(st.integers(0, 5 * 10**6) | st.none(), max_size=4), rules)
def test_both_implementations_count_the_same_worth(
    goods: int, reward: int, refunds: list[int | None], settings: list[dict[str, object]]
) -> None:
    reward = goods * reward // 100
    history = PurchaseHistory(PROGRAMME, bought(goods, reward), memberships=[member(0)])
    history.refunds = [
        RefundRow(ANN, BOOK, "cancellation" if taken is None else "refund", str(n), taken, None, NOW)
        for n, taken in enumerate(refunds)
    ]
    published = RulesVersion(Published(1, None, settings))
    order = OpenOrder(BOOK, "o", None, 1, "recorded", NOW, goods_minor=goods, reward_discount_minor=reward)
    _, points = target(order, kept(goods, refunds), published)
    assert worth(history, StoredRules(1, None, NOW, settings)).points == points.total


def member(joined: float, left: float | None = None, superseded: datetime | None = None) -> MembershipRow:
    """Give a membership."""
    return MembershipRow(ANN, UUID(int=7), day(joined), None if left is None else day(left), NOW, superseded)


@pytest.mark.parametrize(
    ("memberships", "points"),
    [
        ([], 0),
        ([member(0)], 10),
        ([member(1)], 10),
        ([member(1.001)], 0),
        ([member(0, left=1)], 0),
        ([member(0, left=1.001)], 10),
        ([member(0, superseded=NOW)], 0),
        ([member(0, superseded=NOW), member(0, left=1)], 0),
        ([member(-5, left=-1), member(0.5)], 10),
    ],
)
def test_only_a_members_purchase_is_worth_something(memberships: list[MembershipRow], points: int) -> None:
    per_euro = StoredRules(1, None, NOW, [{"kind": "points_per_amount", "points_per_step": 1, "step_minor": 100}])
    history = PurchaseHistory(PROGRAMME, bought(1000), memberships=memberships)
    assert worth(history, per_euro).points == points
    history.purchase = history.purchase._replace(test=True)
    assert worth(history, per_euro).points == 0
    history.purchase = history.purchase._replace(test=False, customer_id=None)
    assert worth(history, per_euro).points == 0


@given(st.lists(st.integers(0, 40), max_size=5, unique=True).map(sorted), st.integers(-5, 45))
def test_both_implementations_find_the_same_version(starts: list[int], placed: int) -> None:
    published = [RulesVersion(Published(1, None, []))]
    published += [RulesVersion(Published(n, day(start), [])) for n, start in enumerate(starts, 2)]
    stored = {v.version: StoredRules(v.version, v.in_force_from, v.in_force_from or day(-99), []) for v in published}
    assert rules_in_force(stored, day(placed), day(99)) == in_force(published, day(placed)).version


def test_a_version_published_after_the_decision_was_not_in_force_for_it() -> None:
    stored = {1: StoredRules(1, None, day(-9), []), 2: StoredRules(2, day(5), day(4), [])}
    assert rules_in_force(stored, day(5), known_at=day(4)) == 2
    assert rules_in_force(stored, day(5), known_at=day(4) - timedelta(microseconds=1)) == 1


def test_a_stored_programme_is_read_as_it_was_published() -> None:
    text = b'[[2,"2026-01-01T00:00:00+00:00","2025-12-01T00:00:00+00:00",[{"kind":"k"}]]]'
    [found] = msgspec.json.decode(text, type=list[StoredRules])
    assert (found.version, found.rules) == (2, [{"kind": "k"}])
