"""A ledger with a little of everything, and what may be done to it behind its back: each must be found, and named.

`{ann}` and the like are the customers' ids, `{o1}` the purchases'. The database's owner plants: the service cannot.
"""

from typing import NamedTuple

from tests.stories import Shop, cancellation, joining, purchase, refund

CUSTOMERS = ("ann", "bob", "cid")
ORDERS = ("o1", "o2", "o3", "tested", "came_late", "of_bob", "of_nobody", "awaited")


async def tell_a_story(shop: Shop) -> None:
    """Tell of members, refunds before and after, joining and leaving back-dated, nobody, and a test."""
    lines = [
        {"line_id": "shirt", "kind": "goods", "amount_minor": 4000},
        {"line_id": "fitting", "kind": "service", "amount_minor": 1000},
        {"line_id": "card", "kind": "gift_card", "amount_minor": 2000},
    ]
    await shop.join(joining("ann", on=0))
    await shop.buy(
        purchase("o1", 1999, "ann", on=1),
        purchase("o2", 5000, "ann", on=2, reward_discount_minor=1000, lines=lines),
        purchase("tested", 5000, "ann", on=3, test=True),
    )
    await shop.take_back(refund("o2", "r1", 1234), refund("o2", "r2", 1), refund("came_late", "early", 500))
    await shop.take_back(cancellation("came_late"), refund("awaited", "r", 100))
    await shop.buy(purchase("came_late", 3000, "ann", on=4), purchase("o3", 700, "ann", on=5))
    await shop.take_back(cancellation("o1"))
    await shop.buy(purchase("of_bob", 2500, "bob", on=5), purchase("of_nobody", 800))
    await shop.join(joining("bob", on=0))
    await shop.join(joining("bob", on=0, left=3))
    await shop.join(joining("bob", on=4))
    await shop.take_back(refund("of_nobody", "r", 100))
    await shop.buy(purchase("of_cid", 100, "cid"))


class Planted(NamedTuple):
    """What is done, which checks find it (others may, too), and what the first of them names."""

    done: str
    found_by: str
    names: str
    sql: tuple[str, ...]


ENTRY = "customer_id = {ann} AND seq"
PLANTED = [
    Planted("an entry's amount", "balances_after_form_a_chain hash_chain_is_whole", "entry 1",
        (f"UPDATE entry SET amount = amount + 1 WHERE {ENTRY} = 1",)),
    Planted("an entry's balance after", "balances_after_form_a_chain hash_chain_is_whole", "entry 2",
        (f"UPDATE entry SET available_after = available_after + 1 WHERE {ENTRY} = 2",)),
    Planted("an entry's hash", "hash_chain_is_whole", "entry 2",
        (f"UPDATE entry SET hash = sha256('x') WHERE {ENTRY} = 2",)),
    Planted("an entry's actor", "entries_name_their_cause hash_chain_is_whole", "entry 2",
        (f"UPDATE entry SET actor = 'nobody' WHERE {ENTRY} = 2",)),
    Planted("an entry's effective time", "hash_chain_is_whole", "entry 2",
        (f"UPDATE entry SET effective_at = effective_at + interval '1 microsecond' WHERE {ENTRY} = 2",)),
    Planted("an entry's kind", "entries_move_what_their_kind_says", "entry 1",
        (f"UPDATE entry SET kind = 'repay' WHERE {ENTRY} = 1",)),
    Planted("an entry's award", "awards_have_their_entries hash_chain_is_whole", "award",
        (f"UPDATE entry SET award_id = (SELECT award_id FROM entry WHERE {ENTRY} = 1) WHERE {ENTRY} = 2",)),
    Planted("an entry's time before the last one's", "recorded_time_is_monotone entries_name_their_cause", "entry 3",
        (f"UPDATE entry SET recorded_at = recorded_at - interval '1 day' WHERE {ENTRY} = 3",)),
    Planted("the last entry is gone", "sequence_has_no_gap balances_are_the_sums_of_entries", "the last entry is",
        ("DELETE FROM entry WHERE customer_id = {ann} AND seq = (SELECT seq FROM account WHERE customer_id = {ann})",)),
    Planted("an entry is gone", "sequence_has_no_gap hash_chain_is_whole", "entry 2 is missing",
        (f"DELETE FROM entry WHERE {ENTRY} = 2",)),
    Planted("two entries are swapped", "hash_chain_is_whole balances_after_form_a_chain", "entry 1",
        (f"UPDATE entry SET seq = -1 WHERE {ENTRY} = 1", f"UPDATE entry SET seq = 1 WHERE {ENTRY} = 2",
         f"UPDATE entry SET seq = 2 WHERE {ENTRY} = -1")),
    Planted("an entry without an account", "rows_belong_together", "table entry",
        ("UPDATE entry SET customer_id = gen_random_uuid() WHERE customer_id = {bob}",)),
    Planted("a lot's remaining", "points_lie_in_live_lots lots_shrink_by_what_is_taken", "",
        ("UPDATE lot SET remaining = remaining - 1 WHERE customer_id = {ann} AND remaining > 0",)),
    Planted("a lot's size", "lots_are_brought_by_entries", "lot 1",
        (f"UPDATE lot SET original = original + 1 WHERE {ENTRY} = 1",)),
    Planted("a lot's date of expiry", "points_lie_in_live_lots", "account",
        ("UPDATE lot SET expires_at = earned_at WHERE customer_id = {ann} AND remaining > 0",)),
    Planted("a lot's maturity", "points_lie_in_live_lots", "account",
        ("UPDATE lot SET matures_at = now() + interval '1 day' WHERE customer_id = {ann} AND remaining > 0",)),
    Planted("a lot's purchase", "lots_are_brought_by_entries", "lot 1",
        (f"UPDATE lot SET purchase_id = {{o3}} WHERE {ENTRY} = 1",)),
    Planted("a lot is gone", "lots_are_brought_by_entries lots_shrink_by_what_is_taken", "entry 1",
        (f"DELETE FROM lot WHERE {ENTRY} = 1",)),
    Planted("a lot use", "lots_shrink_by_what_is_taken entries_take_from_lots", "lot",
        ("UPDATE lot_use SET amount = amount + 1 WHERE customer_id = {ann}",)),
    Planted("a lot use is gone", "lots_shrink_by_what_is_taken entries_take_from_lots", "lot",
        ("DELETE FROM lot_use WHERE customer_id = {ann} AND lot_seq = 1",)),
    Planted("a lot use of an entry that gave", "entries_take_from_lots", "entry 1",
        ("INSERT INTO lot_use SELECT program_id, customer_id, 1, 1, 1 FROM account WHERE customer_id = {ann}",)),
    Planted("a lot use of an entry that never was", "entries_take_from_lots", "entry 99",
        ("INSERT INTO lot_use SELECT program_id, customer_id, 99, 1, 1 FROM account WHERE customer_id = {ann}",)),
    Planted("an award's target", "awards_reach_their_target hash_chain_is_whole", "award",
        ("UPDATE award SET target = target + 1 WHERE purchase_id = {o2} AND cause = 'purchase'",)),
    Planted("the target of an award that gave nothing", "awards_reach_their_target", "award",
        ("UPDATE award SET target = target + 1 WHERE purchase_id = {tested}",)),
    Planted("what an award says was due", "awards_have_their_entries purchases_gave_what_they_are_worth", "award",
        ("UPDATE award SET due = due + 1 WHERE purchase_id = {o3}",)),
    Planted("what an award says it gave", "awards_have_their_entries", "award",
        ("UPDATE award SET given = given + 1 WHERE purchase_id = {o3}",)),
    Planted("an award's balance after", "awards_tell_the_balances_after hash_chain_is_whole", "award",
        ("UPDATE award SET available_after = available_after + 1 WHERE purchase_id = {o3}",)),
    Planted("the balance after an award that moved nothing", "awards_tell_the_balances_after", "award",
        ("UPDATE award SET available_after = available_after + 1 WHERE purchase_id = {tested}",)),
    Planted("an award that owes and has", "balances_are_possible", "award",
        ("UPDATE award SET debt_after = 1 WHERE purchase_id = {o3}",)),
    Planted("an award's why", "hash_chain_is_whole", "entry",
        ("UPDATE award SET breakdown = '[]' WHERE purchase_id = {o3}",)),
    Planted("an award's basis", "hash_chain_is_whole", "entry",
        ("UPDATE award SET basis = '1' WHERE purchase_id = {o3}",)),
    Planted("an award's rules", "awards_use_the_rules_in_force", "version 2",
        ("UPDATE award SET rules_version = 2 WHERE purchase_id = {of_nobody} AND cause = 'purchase'",)),
    Planted("a later award's rules", "awards_use_the_rules_in_force", "version 2 instead of the first one's 1",
        ("UPDATE award SET rules_version = 2 WHERE purchase_id = {of_nobody} AND cause = 'refund'",)),
    Planted("an award's version of the account", "awards_count_the_account_on", "version 99",
        ("UPDATE award SET account_version = 99 WHERE purchase_id = {o3}",)),
    Planted("an award's place among the others", "awards_count_the_account_on recorded_time_is_monotone", "",
        ("UPDATE award SET account_version = 2 WHERE purchase_id = {o3}",)),
    Planted("an award's purchase", "awards_belong_to_their_purchases recorded_purchases_are_awarded", "award",
        ("UPDATE award SET purchase_id = {of_bob} WHERE purchase_id = {o3}",)),
    Planted("a joining with points of its own", "awards_belong_to_their_purchases awards_have_their_entries", "award",
        ("UPDATE award SET due = 5 WHERE cause = 'joined' AND customer_id = {ann}",)),
    Planted("an award is gone", "entries_name_their_cause recorded_purchases_are_awarded", "entry",
        ("DELETE FROM award WHERE purchase_id = {o3}",)),
    Planted("nobody's award is gone", "recorded_purchases_are_awarded", "'of_nobody'",
        ("DELETE FROM award WHERE purchase_id = {of_nobody} AND cause = 'purchase'",)),
    Planted("nobody's award gives", "anonymous_awards_give_nothing purchases_gave_what_they_are_worth", "award",
        ("UPDATE award SET target = 8, due = 8, given = 8 WHERE purchase_id = {of_nobody} AND cause = 'purchase'",)),
    Planted("nobody's award of a customer's order", "anonymous_awards_give_nothing refunds_have_their_award", "award",
        ("UPDATE award SET purchase_id = {o3} WHERE purchase_id = {of_nobody} AND cause = 'refund'",)),
    Planted("available points", "balances_are_the_sums_of_entries points_lie_in_live_lots programme_sum_is_zero", "",
        ("UPDATE account SET available = available + 1 WHERE customer_id = {ann}",)),
    Planted("pending points", "balances_are_the_sums_of_entries points_lie_in_live_lots programme_sum_is_zero", "",
        ("UPDATE account SET pending = 1 WHERE customer_id = {ann}",)),
    Planted("held points", "balances_are_the_sums_of_entries programme_sum_is_zero", "held 1",
        ("UPDATE account SET held = 1 WHERE customer_id = {ann}",)),
    Planted("a debt", "balances_are_the_sums_of_entries programme_sum_is_zero", "debt 1",
        ("UPDATE account SET debt = 1 WHERE customer_id = {cid}",)),
    Planted("points beside a debt", "balances_are_possible", "debt 1",
        ("ALTER TABLE account DROP CONSTRAINT account_debt_is_repaid_first",
         "UPDATE account SET debt = 1 WHERE customer_id = {ann}")),
    Planted("an account's sequence", "sequence_has_no_gap", "the account says",
        ("UPDATE account SET seq = seq + 1 WHERE customer_id = {ann}",)),
    Planted("an account's head", "hash_chain_is_whole", "the chain ends in",
        ("UPDATE account SET head_hash = sha256('x') WHERE customer_id = {ann}",)),
    Planted("an account's version", "awards_count_the_account_on", "of an account at 1",
        ("UPDATE account SET version = 1 WHERE customer_id = {ann}",)),
    Planted("an account's last settling", "recorded_time_is_monotone", "before its last award",
        ("UPDATE account SET settled_at = settled_at - interval '1 day' WHERE customer_id = {ann}",)),
    Planted("an account is gone", "customers_have_their_account rows_belong_together", "",
        ("DELETE FROM account WHERE customer_id = {cid}",)),
    Planted("a purchase's goods", "purchases_gave_what_they_are_worth", "'o3'",
        ("UPDATE purchase SET goods_minor = goods_minor + 100 WHERE purchase_id = {o3}",)),
    Planted("a purchase's reward", "purchases_gave_what_they_are_worth", "'o3'",
        ("UPDATE purchase SET reward_discount_minor = 100 WHERE purchase_id = {o3}",)),
    Planted("a purchase is no test any more", "purchases_gave_what_they_are_worth", "'tested'",
        ("UPDATE purchase SET test = false WHERE purchase_id = {tested}",)),
    Planted("a member's flag", "member_flag_is_what_memberships_say", "'o3'",
        ("UPDATE purchase SET member = false WHERE purchase_id = {o3}",)),
    Planted("a non-member's flag", "member_flag_is_what_memberships_say", "'of_nobody'",
        ("UPDATE purchase SET member = true WHERE purchase_id = {of_nobody}",)),
    Planted("a purchase's date", "member_flag_is_what_memberships_say purchases_gave_what_they_are_worth", "'o3'",
        ("UPDATE purchase SET placed_at = placed_at - interval '1 year' WHERE purchase_id = {o3}",)),
    Planted("a purchase is awaited again", "recorded_purchases_are_awarded", "'of_nobody'",
        ("UPDATE purchase SET state = 'awaited' WHERE purchase_id = {of_nobody}",)),
    Planted("a purchase's time of recording", "recorded_purchases_are_awarded", "'o3'",
        ("UPDATE purchase SET recorded_at = recorded_at - interval '1 day' WHERE purchase_id = {o3}",)),
    Planted("a refund's goods", "purchases_gave_what_they_are_worth", "'o2'",
        ("UPDATE refund SET goods_minor = goods_minor + 500 WHERE purchase_id = {o2} AND refund_id = 'r1'",)),
    Planted("a refund is gone", "refunds_have_their_award purchases_gave_what_they_are_worth", "refund 'r1'",
        ("DELETE FROM refund WHERE purchase_id = {o2} AND refund_id = 'r1'",)),
    Planted("a refund's award", "refunds_have_their_award", "refund 'r1'",
        ("UPDATE refund SET award_id = (SELECT award_id FROM refund WHERE refund_id = 'r2') WHERE refund_id = 'r1'",)),
    Planted("a refund as if it had been parked", "refunds_have_their_award", "refund 'r1'",
        ("UPDATE refund SET award_id = NULL WHERE purchase_id = {o2} AND refund_id = 'r1'",)),
    Planted("a parked refund that did take effect", "refunds_have_their_award", "refund 'early'",
        ("DELETE FROM award WHERE purchase_id = {came_late} AND refund_id = 'early'",)),
    Planted("a refund's purchase is gone", "rows_belong_together", "table refund",
        ("DELETE FROM purchase WHERE purchase_id = {awaited}",)),
    Planted("a membership's begin", "member_flag_is_what_memberships_say", "purchase",
        ("UPDATE membership SET joined_at = now() WHERE customer_id = {ann}",)),
    Planted("a membership that overlaps", "memberships_do_not_overlap", "overlaps",
        ("UPDATE membership SET left_at = NULL WHERE customer_id = {bob} AND superseded_at IS NULL",)),
    Planted("a membership that ends before it begins", "memberships_do_not_overlap", "before it begins",
        ("ALTER TABLE membership DROP CONSTRAINT membership_leaves_after_joining",
         "UPDATE membership SET left_at = joined_at WHERE customer_id = {ann}")),
    Planted("a membership is gone", "memberships_are_corrected_by_adding", "it is not there",
        ("DELETE FROM membership WHERE customer_id = {ann}",)),
    Planted("a membership that nothing recorded", "memberships_are_corrected_by_adding", "0 awards recorded it",
        ("DELETE FROM award WHERE cause = 'joined' AND customer_id = {ann}",)),
    Planted("a membership is superseded by nothing", "memberships_are_corrected_by_adding", "nothing came in its place",
        ("UPDATE membership SET superseded_at = now() WHERE customer_id = {ann}",)),
    Planted("an event is gone", "awards_have_their_event", "no event tells of it",
        ("DELETE FROM event WHERE award_id IN (SELECT award_id FROM award WHERE purchase_id = {o3})",)),
    Planted("nobody's event is gone", "awards_have_their_event", "'of_nobody'",
        ("DELETE FROM event WHERE award_id IN (SELECT award_id FROM award WHERE purchase_id = {of_nobody})",)),
    Planted("an event of another version", "events_tell_of_awards_as_they_are", "event",
        ("UPDATE event SET account_version = 99 WHERE customer_id = {ann}",)),
    Planted("an event of an award that never was", "events_tell_of_awards_as_they_are", "event",
        ("UPDATE event SET award_id = gen_random_uuid() WHERE customer_id = {cid}",)),
    Planted("the stored rules", "purchases_gave_what_they_are_worth", "it is worth",
        ("""UPDATE earning_rules SET rules = jsonb_set(rules, '{{0,points_per_step}}', '2')""",)),
    Planted("the stored rules are gone", "purchases_gave_what_they_are_worth", "not stored",
        ("DELETE FROM earning_rules",)),
    Planted("the right to change", "service_only_adds_to_the_ledger", "table award",
        ("GRANT UPDATE (actor) ON award TO loyalty_app",)),
    Planted("the right to delete", "service_only_adds_to_the_ledger", "table event",
        ("GRANT DELETE ON event TO loyalty_app",)),
    Planted("a missing constraint", "database_keeps_the_promises_too", "purchase_recorded_once",
        ("ALTER TABLE purchase DROP CONSTRAINT purchase_recorded_once",)),
    Planted("a constraint that was never checked", "database_keeps_the_promises_too", "odd",
        ("ALTER TABLE entry ADD CONSTRAINT odd CHECK (amount < 0) NOT VALID",)),
    Planted("triggers that sleep", "database_keeps_the_promises_too", "table entry",
        ("ALTER TABLE entry DISABLE TRIGGER ALL",)),
]  # fmt: skip
