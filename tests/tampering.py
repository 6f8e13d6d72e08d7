"""A ledger in which everything has happened, sealed; and what somebody who owns the database may do to it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace as replace_range
from typing import NamedTuple

import asyncpg
import msgspec
from msgspec.structs import replace

from loyalty.database import Connection, Tx
from loyalty.points.seals import seal_ledger
from loyalty.referrals.actions import end_window, publish_terms, work_on
from loyalty.referrals.gifts import gifts_due, hand_over
from loyalty.referrals.members_codes import code_of
from loyalty.referrals.terms import Terms
from loyalty.referrals.work import matured, next_work
from loyalty.tiers.actions import publish_scheme
from loyalty.tiers.scheme import scheme_from
from loyalty.verify import queries
from loyalty.verify.canonical import NOTHING_BEFORE, award_digest, entry_hash, seal_hash
from loyalty.verify.facts import AwardRow, EntryRow
from loyalty.verify.parts import replay
from loyalty.verify.ranges import HIGHEST, LOWEST, Keys, Range
from loyalty.verify.seals import Sealed
from tests.histories import Town
from tests.stories import day, joining, purchase, refund

POLICIES = {"maturity": {"kind": "days", "days": 3}, "expiry": {"kind": "days", "days": 20}}
RULES = [
    {"kind": "points_per_amount", "points_per_step": 1, "step_minor": 100},
    {"kind": "first_purchase", "points": 20},
    {"kind": "custom_action", "action": "review", "points": 5},
    {"kind": "cap", "id": "year", "points": 100, "per": "year", "rules": ["rule-1"]},
]
TIERS = {
    "counts": "points_earned",
    "window": {"kind": "lifetime"},
    "tiers": [{"key": "gold", "name": {"en": "Gold"}, "threshold": 100}],
}
CUSTOMERS = ("ann", "bob", "cid", "fay", "gil", "hal")


async def tell_everything(town: Town) -> None:
    """Tell of earning, maturing, spending, refunds, debt, edits, merging, erasing, expiry; sealed twice."""
    shop = town.shop
    await shop.join(*(joining(name, on=20) for name in ("ann", "cid", "dan", "eve", "fay")))
    await shop.buy(purchase("a1", 5000, "ann", on=30), purchase("b1", 900, "bob", on=30), purchase("n1", 700, on=30))
    await shop.buy(purchase("f1", 9000, "fay", on=30))
    for name, points in (("ann", 400), ("dan", 70), ("eve", 30)):
        await town.adjust(name, points)
    spent = await town.redeem("ann", 1, at_once=True)
    await town.redeem("ann", 0)
    released = await town.redeem("ann", 0)
    assert spent
    assert released
    await town.release(released)
    await town.wait(days=5)
    await town.settle()
    await _seal(town)
    await town.redeem("fay", 1, at_once=True)
    await shop.take_back(refund("f1", "all", 9000, on=35), refund("n1", "r", 100, on=35))
    await shop.buy(purchase("a2", 4000, "ann", on=35, redemption_ids=[str(spent)]))
    await shop.take_back(refund("a2", "r1", 1000, on=35))
    await town.edit(replace(purchase("a1", 6000, "ann", on=30), source_updated_at=day(35)))
    partly = await town.redeem("ann", 1)
    assert partly
    await town.capture(partly, 60)
    await town.reverse(partly)
    await town.adjust("ann", -15)
    await town.merge("dan", "cid")
    await town.erase("eve")
    await town.wait(days=16)
    await town.settle()
    await shop.buy(purchase("a3", 2500, "ann", on=51), purchase("b2", 800, "bob", on=51), purchase("n2", 500, on=51))
    await shop.buy(purchase("c3", 600, "cid", on=51))
    await town.wait(days=4)
    await town.redeem("ann", 0)
    assert await town.redeem("cid", 2, at_once=True)
    await _under_other_rules(town)
    await _referral(town)
    await _seal(town)


async def _under_other_rules(town: Town) -> None:
    """Tell of somebody's first purchase, of more than a cap lets through, of an action, and of a tier."""
    program_id = town.shop.source.program.program_id
    rules = msgspec.json.encode(RULES).decode()
    await town.owner.execute(
        "INSERT INTO earning_rules SELECT $1, 2, $2, $3, $2",
        program_id,
        day(52),
        rules,
    )
    async with town.shop.database.writer() as connection, connection.transaction():
        await publish_scheme(connection, town.shop.source.program, scheme_from(TIERS), "test")
    await town.shop.join(joining("gil", on=53))
    await town.shop.buy(purchase("g1", 6000, "gil", on=53), purchase("g2", 6000, "gil", on=54))
    await town.act("gil", "review", "review 1", day(54))


async def _referral(town: Town) -> None:
    """Tell of a friend whom Gil brings: he gets a reward, and the friend points."""
    source, database = town.shop.source, town.shop.database
    program_id = source.program.program_id
    terms = Terms(on=True, friend_points=30, referrer_reward=town.rewards[0], return_days=0)
    async with database.writer() as connection, connection.transaction():
        await publish_terms(connection, program_id, terms, "test")
    code = await town.do(lambda tx: code_of(tx, source, "gil"))
    await town.shop.join(joining("hal", on=town.today - 0.02))
    await town.shop.buy(purchase("h1", 6000, "hal", on=town.today - 0.01, referral_code=code.code))
    await town.owner.execute("""INSERT INTO referral_work
      SELECT e.program_id, e.event_id, e.customer_id, e.type, e.subject, e.origin, e.recorded_at FROM event e
      JOIN customer_alias a USING (program_id, customer_id) WHERE external_id = 'hal' AND type = 'purchase.recorded'""")
    [work] = await next_work(town.owner, program_id, 9)
    assert await town.do(lambda tx: work_on(tx, source, work)) is True
    [over] = await matured(town.owner, program_id, 9)
    await town.do(lambda tx: end_window(tx, source, over))
    [gift] = await gifts_due(town.owner, program_id, 9)
    await town.do(lambda tx: hand_over(tx, source, gift))
    assert not await gifts_due(town.owner, program_id, 9)


async def _seal(town: Town) -> None:
    await town.wait(seconds=11)

    async def seal(tx: Tx) -> object:
        return await seal_ledger(tx, town.shop.source.program.program_id)

    async with town.shop.database.writer() as connection, connection.transaction():
        assert await seal(Tx(connection))


async def rehash(connection: Connection, program_id: int = 1) -> None:
    """Make every hash of every account anew, so that each chain is whole again."""
    everybody = (program_id, LOWEST, HIGHEST)
    asked = await connection.fetch(queries.AWARDS.format(wanted=queries.IN_RANGE), *everybody)
    awards = {row[1]: AwardRow._make(row) for row in asked}
    rows = await connection.fetch(queries.ENTRIES.format(wanted=queries.IN_RANGE), *everybody)
    before, last = NOTHING_BEFORE, None
    for entry in map(EntryRow._make, rows):
        before = NOTHING_BEFORE if entry.customer_id != last else before
        digest = award_digest(program_id, awards[entry.award_id])
        before, last = entry_hash(program_id, before, digest, entry), entry.customer_id
        await connection.execute(
            "UPDATE entry SET hash = $1 WHERE customer_id = $2 AND seq = $3", before, entry.customer_id, entry.seq
        )
        await connection.execute("UPDATE account SET head_hash = $1 WHERE customer_id = $2", before, last)


async def reseal(connection: Connection, program_id: int = 1) -> None:
    """Make every seal anew over what is there now."""
    seals = await queries.seals(connection, program_id)
    sealed = Sealed(program_id, seals)
    [found] = await queries.programmes(connection, program_id)
    everything = Range(found.programme, Keys(LOWEST, HIGHEST), cuts=sealed.cuts)
    for part in (everything, replace_range(everything, of_nobody=True)):
        sealed.add((await replay(connection, part)).covered)
    before = NOTHING_BEFORE
    for seal, (accounts, awards, root) in zip(seals, sealed.found(), strict=True):
        told = (seal.number, seal.cut_at, accounts, awards, root)
        made = seal_hash(program_id, before, *told)
        await connection.execute(
            "UPDATE seal SET accounts = $2, awards = $3, root = $4, previous = $5, hash = $6 WHERE number = $1",
            seal.number, accounts, awards, root, before, made,
        )  # fmt: skip
        before = made


class Tampering(NamedTuple):
    """What is done, which check finds it (others may, too), and what its place must name; `{ann}` is an account."""

    done: str
    found_by: str
    where: str
    sql: tuple[str, ...]
    then: tuple[Callable[[asyncpg.Connection], Awaitable[None]], ...] = ()


def _gone(customer: str) -> tuple[str, ...]:
    """Remove a customer as if nobody of the kind had ever been."""
    tables = ("redemption", "hold", "adjustment", "lot_use", "lot", "entry", "event", "award", "membership")
    return (
        f"DELETE FROM refund WHERE purchase_id IN (SELECT purchase_id FROM purchase WHERE customer_id = {customer})",
        *(f"DELETE FROM {table} WHERE customer_id = {customer}" for table in tables),
        *(f"DELETE FROM {table} WHERE customer_id = {customer}" for table in ("purchase", "account", "customer")),
    )


LAST = "(SELECT seq FROM account WHERE customer_id = {ann})"
OF_ANN = "customer_id = {ann} AND seq"
HELD = "(SELECT hold_id FROM hold WHERE customer_id = {ann} AND state = 'open')"
ALL_ANEW = (rehash, reseal)
TAMPERED = [
    Tampering("an entry's amount", "hash_chain_is_whole", "account {ann}, entry 2",
        (f"UPDATE entry SET amount = amount + 1 WHERE {OF_ANN} = 2",)),
    Tampering("an entry's kind", "entries_move_what_their_kind_says", "account {ann}, entry 3",
        (f"UPDATE entry SET kind = 'mature' WHERE {OF_ANN} = 3",)),
    Tampering("an entry's codes", "hash_chain_is_whole", "account {ann}, entry 3",
        (f"UPDATE entry SET credit_code = 'expired' WHERE {OF_ANN} = 3",)),
    Tampering("an entry's time", "hash_chain_is_whole", "account {ann}, entry 2",
        (f"UPDATE entry SET effective_at = effective_at - interval '1 hour' WHERE {OF_ANN} = 2",)),
    Tampering("an entry is removed", "sequence_has_no_gap", "account {ann}, entry 3",
        (f"DELETE FROM entry WHERE {OF_ANN} = 2",)),
    Tampering("two entries are swapped", "hash_chain_is_whole", "account {ann}, entry 1",
        (f"UPDATE entry SET seq = -1 WHERE {OF_ANN} = 1", f"UPDATE entry SET seq = 1 WHERE {OF_ANN} = 2",
         f"UPDATE entry SET seq = 2 WHERE {OF_ANN} = -1")),
    Tampering("entries are swapped between accounts", "entries_name_their_cause", "account {fay}, entry 1",
        ("UPDATE entry SET customer_id = gen_random_uuid(), seq = -7 WHERE customer_id = {ann} AND seq = 1",
         "UPDATE entry SET customer_id = {ann} WHERE customer_id = {fay} AND seq = 1",
         "UPDATE entry SET customer_id = {fay}, seq = 1 WHERE seq = -7")),
    Tampering("the last entry is cut off, and the account moved back", "accounts_are_those_of_the_file",
        "account {ann}",
        (("UPDATE account a SET seq = a.seq - 1, head_hash = e.hash, available = e.available_after,"
         " held = e.held_after FROM entry e WHERE a.customer_id = {ann} AND e.customer_id = a.customer_id"
         " AND e.seq = a.seq - 1"),
         ("UPDATE lot l SET remaining = remaining + amount FROM lot_use u WHERE l.customer_id = {ann}"
         f" AND u.customer_id = l.customer_id AND u.lot_seq = l.seq AND u.seq = {LAST} + 1"),
         f"DELETE FROM lot_use WHERE customer_id = {{ann}} AND seq = {LAST} + 1",
         f"DELETE FROM redemption WHERE redemption_id = {HELD}",
         ("DELETE FROM event WHERE award_id = (SELECT award_id FROM entry WHERE customer_id = {ann}"
         f" AND seq = {LAST} + 1)"),
         ("DELETE FROM award WHERE award_id = (SELECT award_id FROM entry WHERE customer_id = {ann}"
         f" AND seq = {LAST} + 1)"),
         f"DELETE FROM hold WHERE hold_id = {HELD}",
         f"DELETE FROM entry WHERE customer_id = {{ann}} AND seq = {LAST} + 1")),
    Tampering("a whole account is removed", "accounts_are_those_of_the_file", "account {fay}", _gone("{fay}")),
    Tampering("a customer without points is removed", "accounts_are_those_of_the_file", "account {bob}",
        _gone("{bob}")),
    Tampering("an account is removed from under its entries", "customers_have_their_account", "customer {cid}",
        ("DELETE FROM account WHERE customer_id = {cid}",)),
    Tampering("an account that never was", "accounts_are_those_of_the_file", "account 00000000",
        ("INSERT INTO customer (program_id, customer_id, recorded_at) VALUES (1, '{new}', '2025-04-02')",
         ("INSERT INTO account (program_id, customer_id, version, settled_at, head_hash)"
         " VALUES (1, '{new}', 1, '2025-04-02', decode(repeat('00', 32), 'hex'))"),
         ("INSERT INTO membership SELECT program_id, gen_random_uuid(), '{new}', joined_at, left_at, referral_code,"
         " fingerprint, request_id, recorded_at, superseded_at FROM membership WHERE customer_id = {ann}"),
         ("INSERT INTO award SELECT program_id, gen_random_uuid(), cause, '{new}', 1, purchase_id, refund_id,"
         " (SELECT membership_id FROM membership WHERE customer_id = '{new}'), rules_version, basis, breakdown, facts,"
         " target, due, given, available_after, pending_after, held_after, debt_after, actor, request_id, recorded_at"
         " FROM award WHERE customer_id = {ann} AND cause = 'joined'"),
         ("INSERT INTO event SELECT program_id, gen_random_uuid(), type, subject, '{new}', 1, (SELECT award_id"
         " FROM award WHERE customer_id = '{new}'), origin, recorded_at FROM event WHERE award_id ="
         " (SELECT award_id FROM award WHERE customer_id = {ann} AND cause = 'joined')"))),
    Tampering("points for nothing", "balances_are_the_sums_of_entries", "account {ann}",
        ("UPDATE account SET available = available + 100 WHERE customer_id = {ann}",)),
    Tampering("points for nothing, in a lot", "lots_shrink_by_what_is_taken", "account {ann}, lot",
        ("UPDATE account SET available = available + 1 WHERE customer_id = {ann}",
         ("UPDATE lot SET remaining = remaining + 1 WHERE customer_id = {ann} AND seq = (SELECT max(seq) FROM lot"
         " WHERE customer_id = {ann} AND remaining < original)"))),
    Tampering("a debt is forgotten", "balances_are_the_sums_of_entries", "account {fay}",
        ("UPDATE account SET debt = 0 WHERE customer_id = {fay}",)),
    Tampering("a lot is larger", "lots_are_brought_by_entries", "account {ann}, entry 1",
        (f"UPDATE lot SET original = original + 9, remaining = remaining + 9 WHERE {OF_ANN} = 1",)),
    Tampering("a lot lives longer", "lots_have_the_dates_of_their_award", "account {ann}, lot 1",
        (f"UPDATE lot SET expires_at = expires_at + interval '1 year' WHERE {OF_ANN} = 1",)),
    Tampering("a lot never ends", "lots_have_the_dates_of_their_award", "account {ann}, lot 1",
        (f"UPDATE lot SET expires_at = NULL WHERE {OF_ANN} = 1",)),
    Tampering("a lot's maturing", "lots_have_the_dates_of_their_award", "account {ann}, lot 1",
        (f"UPDATE lot SET matures_at = matures_at - interval '1 day' WHERE {OF_ANN} = 1",)),
    Tampering("a lot's earning", "lots_have_the_dates_of_their_award", "account {ann}, lot 1",
        (f"UPDATE lot SET earned_at = earned_at + interval '1 second' WHERE {OF_ANN} = 1",)),
    Tampering("a lot of another purchase", "lots_are_brought_by_entries", "account {ann}, lot 1",
        (f"UPDATE lot SET purchase_id = gen_random_uuid() WHERE {OF_ANN} = 1",)),
    Tampering("a lot is gone", "lots_are_brought_by_entries", "account {ann}, entry 1",
        (f"DELETE FROM lot WHERE {OF_ANN} = 1",)),
    Tampering("a lot that slides", "lots_have_the_dates_of_their_award", "account {ann}, lot 1",
        (f"UPDATE lot SET expires_at = NULL, slides_days = 9 WHERE {OF_ANN} = 1",)),
    Tampering("a use of a lot", "lots_shrink_by_what_is_taken", "account {ann}, lot",
        ("UPDATE lot_use SET amount = amount + 1 WHERE customer_id = {ann} AND seq = 3",)),
    Tampering("a use of another lot", "entries_take_from_lots", "account {ann}, entry 3",
        ("UPDATE lot_use SET lot_seq = 3 WHERE customer_id = {ann} AND seq = 3",)),
    Tampering("a hold's points", "holds_count_their_points", "account {ann}, hold",
        (f"UPDATE hold SET points = points - 1 WHERE hold_id = {HELD}",)),
    Tampering("a hold's state", "holds_end_once", "account {ann}, hold",
        ("UPDATE hold SET state = 'released' WHERE customer_id = {ann} AND state = 'timed_out'",)),
    Tampering("what a hold captured", "holds_count_their_points", "account {ann}, hold",
        ("UPDATE hold SET captured = captured - 1 WHERE customer_id = {ann} AND captured = 90",)),
    Tampering("what came back to a hold", "holds_count_their_points", "account {ann}, hold",
        ("UPDATE hold SET returned = 0 WHERE customer_id = {ann} AND returned > 0",)),
    Tampering("what a hold took", "holds_know_their_lots", "account {ann}, hold",
        (f"UPDATE hold SET taken = jsonb_set(taken, '{{{{0,1}}}}', '77') WHERE hold_id = {HELD}",)),
    Tampering("a hold's time", "nothing_due_is_left", "account {ann}, hold",
        (f"UPDATE hold SET expires_at = opened_at WHERE hold_id = {HELD}",)),
    Tampering("a hold is gone", "held_points_are_in_open_holds", "account {ann}",
        (f"DELETE FROM redemption WHERE redemption_id = {HELD}", f"DELETE FROM hold WHERE hold_id = {HELD}")),
    Tampering("a redemption's price", "redemptions_have_their_hold", "account {ann}, redemption",
        (f"UPDATE redemption SET price_points = 1 WHERE redemption_id = {HELD}",)),
    Tampering("what was promised", "redemptions_are_as_offered", "account {ann}, redemption",
        (f"UPDATE redemption SET reward = reward || '{{{{\"name\": \"Gold\"}}}}' WHERE redemption_id = {HELD}",)),
    Tampering("what is offered", "rewards_are_their_newest_edition", "reward",
        ("UPDATE reward SET price_points = 1 WHERE kind = 'voucher_code'",)),
    Tampering("a stock", "stock_is_not_exceeded", "reward",
        ("UPDATE reward SET stock = 0 WHERE stock IS NOT NULL",)),
    Tampering("who has a code", "codes_are_handed_out_once", "account {cid}, redemption",
        ("UPDATE voucher_code SET redemption_id = NULL, taken_at = NULL WHERE redemption_id IS NOT NULL",)),
    Tampering("points of a referral", "referrals_have_their_awards", "referral",
        ("UPDATE referral SET friend_points = 31",)),
    Tampering("a referral is gone", "referrals_have_their_awards", "award", ("DELETE FROM referral",)),
    Tampering("what became of a referral", "reversed_referrals_are_taken_back", "referral",
        ("UPDATE referral SET state = 'reversed', reason = 'refunded'",)),
    Tampering("when a window ends", "referrals_are_where_they_may_be", "referral",
        ("UPDATE referral SET matures_at = now() + interval '100 years'",)),
    Tampering("whose a promised reward is", "promised_rewards_are_redeemed_once", "referral",
        ("UPDATE referral_gift SET customer_id = {hal}",)),
    Tampering("an adjustment's points", "adjustments_have_their_award", "account {ann}, award",
        ("UPDATE adjustment SET points = 500 WHERE customer_id = {ann} AND points = 400",)),
    Tampering("an adjustment is gone", "adjustments_have_their_award", "account {ann}, award",
        ("DELETE FROM adjustment WHERE customer_id = {ann} AND points = 400",)),
    Tampering("why an award was given", "hash_chain_is_whole", "account {ann}, entry",
        ("""UPDATE award SET facts = facts || '{{"member": false}}' WHERE customer_id = {ann} AND due > 0""",)),
    Tampering("why an award gave nothing", "accounts_are_those_of_the_file", "account {bob}",
        ("""UPDATE award SET facts = facts || '{{"reason": "test"}}' WHERE customer_id = {bob}""",)),
    Tampering("an award of zero points is gone", "recorded_purchases_are_awarded", "order 'b2'",
        ("DELETE FROM award WHERE customer_id = {bob} AND account_version = 2",)),
    Tampering("an award of zero points is gone, with its purchase and event", "accounts_are_those_of_the_file",
        "account {bob}",
        ("DELETE FROM event WHERE customer_id = {bob} AND account_version = 2",
         "DELETE FROM award WHERE customer_id = {bob} AND account_version = 2",
         "DELETE FROM purchase WHERE order_id = 'b2'", "UPDATE account SET version = 1 WHERE customer_id = {bob}")),
    Tampering("nobody's purchase is gone, with all that was of it", "seals_cover_what_was_recorded", "seal 2",
        (("DELETE FROM event WHERE award_id IN (SELECT award_id FROM award"
         " JOIN purchase USING (program_id, purchase_id) WHERE order_id = 'n2')"),
         "DELETE FROM award WHERE purchase_id = (SELECT purchase_id FROM purchase WHERE order_id = 'n2')",
         "DELETE FROM purchase WHERE order_id = 'n2'")),
    Tampering("a merge that kept something", "merged_customers_are_closed", "account",
        ("UPDATE account SET merged_into = NULL WHERE merged_into IS NOT NULL",)),
    Tampering("what a merge moved", "merged_points_arrive", "account",
        ("UPDATE entry SET amount = amount + 1 WHERE customer_id = {cid} AND kind = 'merge'",)),
    Tampering("a person comes back", "erased_persons_are_forgotten", "customer",
        ("UPDATE customer SET email = 'eve@shop.example' WHERE erased_at IS NOT NULL",)),
    Tampering("the former facts of a purchase", "former_facts_join_up", "order 'a1'",
        ("DELETE FROM purchase_former",)),
    Tampering("a lot's expiry, told by its award, and all hashes made anew", "accounts_are_those_of_the_file",
        "account {ann}",
        ("UPDATE award SET facts = replace(facts::text, '2025-04', '2035-04')::jsonb WHERE customer_id = {ann}",),
        ALL_ANEW),
    Tampering("an actor, and all hashes made anew", "accounts_are_those_of_the_file", "account {ann}",
        ("UPDATE award SET actor = 'user/9' WHERE customer_id = {ann}",
         "UPDATE entry SET actor = 'user/9' WHERE customer_id = {ann}"), ALL_ANEW),
    Tampering("an actor, and all hashes but the seals' made anew", "seals_cover_what_was_recorded", "seal 1",
        ("UPDATE award SET actor = 'user/9' WHERE customer_id = {ann}",
         "UPDATE entry SET actor = 'user/9' WHERE customer_id = {ann}"), (rehash,)),
    Tampering("a whole account, and all seals made anew", "accounts_are_those_of_the_file", "account {fay}",
        _gone("{fay}"), ALL_ANEW),
    Tampering("nobody's award, and all seals made anew", "seals_are_those_of_the_file", "seal 2",
        ("""UPDATE award SET facts = facts || '{{"kept": 1}}' WHERE customer_id IS NULL""",), (reseal,)),
    Tampering("when points matured", "settling_goes_in_order_of_time", "account {ann}, entry",
        (("UPDATE entry SET effective_at = effective_at - interval '1 hour' WHERE customer_id = {ann}"
         " AND kind = 'mature'"),), ALL_ANEW),
    Tampering("which points matured", "pending_points_mature_once", "account {ann}, entry",
        ("""UPDATE award SET facts = facts - 'moved' WHERE customer_id = {ann} AND cause = 'settled'""",), ALL_ANEW),
    Tampering("what an award was about", "awards_move_what_their_cause_says", "account {ann}, entry",
        ("UPDATE award SET cause = 'captured' WHERE customer_id = {ann} AND cause = 'adjusted'",), ALL_ANEW),
    Tampering("what came back of spent points", "restored_points_were_spent", "account {ann}, award",
        ("""UPDATE award SET facts = facts || '{{"restored": 1}}' WHERE customer_id = {ann} AND cause = 'refund'""",),
        ALL_ANEW),
    Tampering("points that were over were spent", "expired_points_are_never_spent", "account {ann}, entry",
        ("UPDATE lot SET expires_at = matures_at WHERE customer_id = {ann}",)),
    Tampering("the last activity", "activity_is_told_by_awards", "account {ann}",
        ("UPDATE account SET active_at = now() WHERE customer_id = {ann}",)),
    Tampering("what is held under a cap", "what_is_held_under_caps_is_what_awards_say", "account {gil}, rule 'year'",
        ("UPDATE cap_use SET points = points - 1 WHERE customer_id = {gil}",)),
    Tampering("a cap", "caps_hold", "account {gil}, rule 'year'",
        ("UPDATE earning_rules SET rules = jsonb_set(rules, '{{3,points}}', '99') WHERE version = 2",)),
    Tampering("what a purchase holds under a cap", "purchases_hold_what_they_earn", "account {gil}, purchase",
        (("UPDATE award SET facts = jsonb_set(facts, '{{seen,caps,year,use}}', '39') WHERE customer_id = {gil}"
         " AND facts #>> '{{seen,caps,year,use}}' = '40'"),
         "UPDATE cap_use SET points = points - 1 WHERE customer_id = {gil}")),
    Tampering("a second first purchase", "first_purchases_are_one", "account {gil}",
        (("UPDATE award SET facts = jsonb_set(facts, '{{seen,first}}', 'true') WHERE customer_id = {gil}"
         " AND cause = 'purchase'"),)),
    Tampering("what an action gives", "actions_gave_what_they_are_worth", "account {gil}, award",
        ("UPDATE earning_rules SET rules = jsonb_set(rules, '{{2,points}}', '6') WHERE version = 2",)),
    Tampering("an action is gone", "actions_have_their_award", "action",
        ("DELETE FROM action WHERE customer_id = {gil}",)),
    Tampering("a seal's count", "seals_form_a_chain", "seal 1", ("UPDATE seal SET awards = 1 WHERE number = 1",)),
    Tampering("a seal's root", "seals_form_a_chain", "seal 1",
        ("UPDATE seal SET root = sha256('x') WHERE number = 1",)),
    Tampering("a seal's cut", "seals_form_a_chain", "seal 2",
        ("UPDATE seal SET cut_at = cut_at + interval '1 second' WHERE number = 2",)),
    Tampering("the first seal is gone", "seals_form_a_chain", "seal 2", ("DELETE FROM seal WHERE number = 1",)),
    Tampering("the last seal is gone", "seals_are_those_of_the_file", "seal 2",
        ("DELETE FROM seal WHERE number = 2",)),
]  # fmt: skip
