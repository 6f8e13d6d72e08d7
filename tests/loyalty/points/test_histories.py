"""Random histories through the real verbs and a real database, against a plain model that shares no arithmetic."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty.database import Database
from loyalty.earning.actions import publish
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.members.decisions import Joined, NewMembership
from loyalty.programs.actions import create_program, ensure_storefront, program_facts
from loyalty.programs.facts import Source
from loyalty.purchases.decisions import Parked
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.purchases.rules import net
from loyalty.verify import verify
from tests.plain_model import RULES, Fact, PlainModel
from tests.stories import Outcome, Shop, cancellation, joining, purchase, refund

CUSTOMERS = ["ann", "bob", "cid"]
orders = st.sampled_from(["o1", "o2", "o3", "o4", "o5"])
# Days on which something begins or ends, so that boundaries are met.
days = st.sampled_from([0, 1, 5, 5.5, 10, 20, 30])
goods = st.sampled_from([0, 1, 99, 100, 299, 300, 1999, 33333])
purchases = st.builds(
    lambda order_id, goods, customer, on, part, test: purchase(
        order_id, goods, customer, on, reward_discount_minor=goods * part // 7, test=test
    ),
    orders,
    goods,
    st.sampled_from([*CUSTOMERS, *CUSTOMERS, None]),
    days,
    st.sampled_from([0, 0, 1, 5, 7]),
    st.sampled_from([False] * 7 + [True]),
)
refunds = st.builds(refund, orders, st.sampled_from(["a", "b", "c"]), goods, days)
cancellations = st.builds(cancellation, orders, days)
memberships = st.builds(
    lambda customer, on, lasting: joining(customer, on, None if lasting is None else on + lasting),
    st.sampled_from(CUSTOMERS),
    days,
    st.sampled_from([None, None, 0.5, 5, 10]),
)
histories = st.lists(st.one_of(purchases, purchases, refunds, memberships, cancellations), min_size=1, max_size=30)
# A quarter of what the profile gives to a pure test: a database is slower.
with_database = settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def fresh_shop(database: Database) -> Shop:
    """Give a new programme with the model's rules, in the same database."""
    async with database.session() as session:
        made = await create_program(session, f"Programme {uuid4()}", timezone="Europe/Paris", currency="EUR")
        program = program_facts(made)
        await publish(session, program.program_id, RULES)
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    assert storefront.storefront_id is not None
    return Shop(database, Source(program, storefront.storefront_id, "default", "key/1", "req"), RulesCache())


async def tell(shop: Shop, facts: Sequence[Fact], *, batched: bool) -> list[Outcome]:
    """Tell facts one by one, or what is of one kind together."""
    if not batched:
        return [await shop.tell(fact) for fact in facts]
    outcomes: list[Outcome] = []
    verbs: dict[Any, Any] = {NewPurchase: shop.buy, NewRefund: shop.take_back, NewMembership: shop.join}
    for kind, group in groupby(facts, type):
        outcomes += await verbs[kind](*group)
    return outcomes


def word(outcome: Outcome) -> str:
    """Give the model's word for an outcome."""
    if isinstance(outcome, LoyaltyError):
        return outcome.code
    if isinstance(outcome, Parked):
        return "parked again" if outcome.replayed else "parked"
    return "replayed" if outcome.replayed else "recorded"


def substance(outcome: Outcome) -> object:
    """Give what is answered, without the mark of a replay."""
    if isinstance(outcome, LoyaltyError):
        return outcome.code
    if isinstance(outcome, Parked):
        return outcome.refund
    return outcome.award if isinstance(outcome, Joined) else outcome.awards


async def rows(shop: Shop) -> dict[str, object]:
    """Count and sum everything that a write could change."""
    program = shop.source.program.program_id
    found = {}
    for table in (
        "customer",
        "account",
        "membership",
        "purchase",
        "refund",
        "award",
        "entry",
        "lot",
        "lot_use",
        "event",
    ):
        sql = f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t WHERE program_id = $1"
        found[table] = await shop.value(sql, program)
    return found


async def agrees(shop: Shop, model: PlainModel) -> None:
    """Compare balances and the worth of every purchase; and verify."""
    program = shop.source.program.program_id
    async with shop.database.reader() as connection:
        accounts = await connection.fetch(
            "SELECT external_id, available, pending, held, debt FROM account"
            " JOIN customer_alias USING (program_id, customer_id) WHERE program_id = $1",
            program,
        )
        bought = await connection.fetch(
            "SELECT order_id, p.member, p.goods_minor, p.reward_discount_minor, sum(a.due)::bigint AS due,"
            " (array_agg(a.basis ORDER BY a.recorded_at DESC, a.award_id DESC))[1] AS basis"
            " FROM purchase p JOIN award a USING (program_id, purchase_id) WHERE program_id = $1 GROUP BY p.program_id,"
            " p.purchase_id",
            program,
        )
        report = await verify(connection, program)
    assert {row["external_id"]: tuple(row)[1:] for row in accounts} == {
        customer: (model.balance(customer), 0, 0, 0) for customer in model.customers()
    }
    assert {row["order_id"]: (row["due"], row["member"]) for row in bought} == {
        key: (model.due(key), model.member(key)) for key in model.purchases
    }
    assert {row["order_id"]: Fraction(row["basis"]) for row in bought} == {
        key: Fraction(*model.basis(key)) for key in model.purchases
    }
    for key, told in model.purchases.items():
        assert net(told.goods_minor, model.kept(key), told.reward_discount_minor) == model.net(key)
    assert not report.faults, report.faults


@with_database
@given(facts=histories, batched=st.booleans(), data=st.data())
async def test_histories_end_as_the_plain_model_says_in_any_order_and_retries_change_nothing(
    database: Database, facts: list[Fact], *, batched: bool, data: st.DataObject
) -> None:
    model, shop = PlainModel(), await fresh_shop(database)
    outcomes = await tell(shop, facts, batched=batched)
    assert [word(outcome) for outcome in outcomes] == [model.tell(fact) for fact in facts]
    await agrees(shop, model)

    before = await rows(shop)
    for fact, outcome in zip(facts, outcomes, strict=True):
        again = await shop.tell(fact)
        if not isinstance(outcome, LoyaltyError):
            assert substance(again) == substance(outcome)
            assert getattr(again, "replayed", False)
    if not any(isinstance(outcome, LoyaltyError) for outcome in outcomes):
        assert await rows(shop) == before

    other = await fresh_shop(database)
    shuffled = data.draw(st.permutations(model.facts()))
    for outcome in await tell(other, shuffled, batched=batched):
        assert not isinstance(outcome, LoyaltyError)
    await agrees(other, model)
