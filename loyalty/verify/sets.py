"""The promises that are asked of whole tables, each by one query: it gives the places where the promise is broken."""

from typing import TYPE_CHECKING

from loyalty.verify.checks_of_sets import SetCheck
from loyalty.verify.facts import Report
from loyalty.verify.referrals import OF_REFERRALS
from loyalty.verify.rewards import OF_REWARDS

if TYPE_CHECKING:
    from loyalty.database import Connection


# $1 is the programme. Debit from outside brings points into accounts, credit to outside takes them away.
OF_PROGRAMME = (
    SetCheck(
        "programme_sum_is_zero",
        "Issued less clawed back, redeemed, expired and adjusted is what all accounts have, less what they owe.",
        "SELECT count(*) FROM account WHERE program_id = $1",
        """
        WITH moved AS (SELECT coalesce(sum(amount * (
            (debit_code IN ('issued', 'redeemed', 'expired', 'clawed_back', 'adjusted'))::int
            - (credit_code IN ('issued', 'redeemed', 'expired', 'clawed_back', 'adjusted'))::int)), 0) AS points
          FROM entry WHERE program_id = $1),
        kept AS (SELECT coalesce(sum(available + pending + held - debt), 0) AS points
          FROM account WHERE program_id = $1)
        SELECT '', format('the entries brought %s points into accounts, which have %s', moved.points, kept.points)
        FROM moved, kept WHERE moved.points <> kept.points
        """,
    ),
    SetCheck(
        "customers_have_their_account",
        "Every customer has an account, from first sight on.",
        "SELECT count(*) FROM customer WHERE program_id = $1",
        """
        SELECT format('customer %s', customer_id), 'there is no account' FROM customer c WHERE program_id = $1
        AND NOT EXISTS (SELECT FROM account a WHERE a.program_id = $1 AND a.customer_id = c.customer_id)
        """,
    ),
    SetCheck(
        "events_tell_of_awards_as_they_are",
        "An event that names an award names one that is there, with its customer and version.",
        "SELECT count(*) FROM event WHERE program_id = $1 AND award_id IS NOT NULL",
        """
        SELECT format('event %s', e.event_id),
          format('award %s is not there, or of another account or version', e.award_id)
        FROM event e LEFT JOIN award a ON a.program_id = $1 AND a.award_id = e.award_id
        WHERE e.program_id = $1 AND e.award_id IS NOT NULL AND (a.award_id IS NULL
          OR (a.customer_id, a.account_version) IS DISTINCT FROM (e.customer_id, e.account_version))
        """,
    ),
    SetCheck(
        "adjustments_have_their_award",
        "Every adjustment has its award, which moved its points, and every such award its adjustment.",
        "SELECT count(*) FROM adjustment WHERE program_id = $1",
        """
        SELECT format('account %s, award %s', coalesce(j.customer_id, a.customer_id), coalesce(j.award_id, a.award_id)),
          format('the adjustment has %s points, its entries moved %s', coalesce(j.points, 0), coalesce(a.points, 0))
        FROM (SELECT * FROM adjustment WHERE program_id = $1) j FULL JOIN (
          SELECT a.customer_id, a.award_id,
            (SELECT coalesce(sum(amount * CASE debit_code WHEN 'adjusted' THEN 1 ELSE -1 END), 0)
            FROM entry e WHERE e.program_id = $1 AND e.customer_id = a.customer_id AND e.award_id = a.award_id
              AND kind = 'adjust') AS points
          FROM award a WHERE a.program_id = $1 AND a.cause = 'adjusted') a USING (award_id)
        WHERE (j.customer_id, j.points) IS DISTINCT FROM (a.customer_id, a.points)
        """,
    ),
    SetCheck(
        "actions_have_their_award",
        "Every action has its award, of the same customer, and every award of an action told or of a birthday its row.",
        "SELECT count(*) FROM action WHERE program_id = $1",
        """
        SELECT format('action %s, award %s', n.action_id, coalesce(n.award_id, w.award_id)),
          'the action and its award are not of one customer, action and time, or one of them is not there'
        FROM (SELECT * FROM action WHERE program_id = $1) n FULL JOIN (
          SELECT award_id, customer_id, facts ->> 'action' AS action, recorded_at FROM award
          WHERE program_id = $1 AND cause = 'action' AND facts ->> 'action' <> 'joining') w USING (award_id)
        WHERE (n.customer_id, n.action, n.recorded_at) IS DISTINCT FROM (w.customer_id, w.action, w.recorded_at)
        """,
    ),
    SetCheck(
        "redemptions_have_their_hold",
        "Every redemption has the hold of its id, of the same customer, for its price, made with it.",
        "SELECT count(*) FROM redemption WHERE program_id = $1",
        """
        SELECT format('account %s, redemption %s', r.customer_id, redemption_id),
          format('its price is %s; its hold took %s of %s at %s', price_points, h.points, h.customer_id, h.opened_at)
        FROM redemption r LEFT JOIN hold h ON h.program_id = $1 AND h.hold_id = r.redemption_id
        WHERE r.program_id = $1 AND (h.customer_id, h.points, h.opened_at)
          IS DISTINCT FROM (r.customer_id, r.price_points, r.recorded_at)
        """,
    ),
    SetCheck(
        "merged_points_arrive",
        "What a merge takes of one account reaches the other, and nothing is lost or made on the way.",
        "SELECT count(*) FROM award WHERE program_id = $1 AND cause = 'merged'",
        """
        SELECT format('account %s, entry %s', min(customer_id::text), min(seq)),
          format('the merge of %s made %s points', recorded_at, sum(points))
        FROM (SELECT *, amount * ((debit_code = 'adjusted')::int - (credit_code = 'adjusted')::int) AS points
          FROM entry WHERE program_id = $1 AND kind = 'merge') e
        GROUP BY recorded_at, request_id, actor HAVING sum(points) <> 0
        """,
    ),
    SetCheck(
        "merged_customers_are_closed",
        "Whoever was merged leads to who is left, and his account does too and has nothing.",
        "SELECT count(*) FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL",
        """
        SELECT format('account %s', customer_id),
          format('the customer was merged into %s, the account into %s', c.merged_into, a.merged_into)
        FROM customer c JOIN account a USING (program_id, customer_id)
        WHERE program_id = $1 AND (c.merged_into IS DISTINCT FROM a.merged_into
          OR (a.merged_into IS NOT NULL AND a.available + a.pending + a.held + a.debt <> 0))
        """,
    ),
    SetCheck(
        "erased_persons_are_forgotten",
        "Of who was erased no name, address, id, reason or pinned answer is left, and no points.",
        "SELECT count(*) FROM customer WHERE program_id = $1 AND erased_at IS NOT NULL",
        """
        SELECT format('customer %s', customer_id), format('%s is still there', word)
        FROM customer c CROSS JOIN LATERAL (
          SELECT 'a profile' WHERE (c.email, c.name, c.language, c.birthday_on, c.consent) IS DISTINCT FROM
            (NULL, NULL, NULL, NULL, NULL)
          UNION ALL SELECT 'an id' FROM customer_alias x WHERE x.program_id = $1 AND x.customer_id = c.customer_id
          UNION ALL SELECT 'a reason' FROM adjustment x WHERE x.program_id = $1 AND x.customer_id = c.customer_id
            AND reason IS NOT NULL
          UNION ALL SELECT 'an answer' FROM idempotency x WHERE x.program_id = $1 AND x.customer_id = c.customer_id
            AND body IS NOT NULL) AS left_over (word)
        WHERE program_id = $1 AND erased_at IS NOT NULL
        UNION ALL SELECT format('customer %s', a.customer_id), 'the award that erased him is not there' FROM customer a
        WHERE program_id = $1 AND erased_at IS NOT NULL AND merged_into IS NULL AND NOT EXISTS (SELECT FROM award w
          WHERE w.program_id = $1 AND w.customer_id = a.customer_id AND w.cause = 'erased')
        """,
    ),
    *OF_REWARDS,
    *OF_REFERRALS,
)
OF_DATABASE = (
    SetCheck(
        "service_only_adds_to_the_ledger",
        "The role of the service may insert and read what was decided, and nothing else.",
        "SELECT 13",
        """
        SELECT format('table %s', t), format('%s has the right to change or delete', rolname)
        FROM unnest('{action,award,earning_rules,entry,event,lot_use,purchase_former,redemption,
          referral_share,referral_terms,refund,reward_edition,seal}'::text[]) t
          JOIN pg_roles ON rolname = 'loyalty_app'
        WHERE has_any_column_privilege(rolname, t, 'UPDATE') OR has_table_privilege(rolname, t, 'DELETE, TRUNCATE')
        """,
    ),
    SetCheck(
        "database_keeps_the_promises_too",
        "The keys and checks of the tables are there, valid, and enforced.",
        "SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        """
        SELECT format('constraint %s', name), 'it is missing' FROM unnest('{account_never_below_zero,
          account_debt_is_repaid_first,entry_amount_is_positive,entry_moves_between_codes,entry_pk,refund_pk,
          hold_captured_is_within_points,lot_remaining_is_within_original,lot_use_lot_fk,award_account_fk,
          purchase_recorded_once,voucher_code_one_a_redemption,voucher_code_pk}'::text[]) name
        WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = name AND connamespace = 'public'::regnamespace)
        UNION ALL SELECT format('constraint %s', conname), 'it is not valid, or not enforced' FROM pg_constraint c
        WHERE connamespace = 'public'::regnamespace
          AND (NOT convalidated OR to_jsonb(c) ->> 'conenforced' = 'false')
        UNION ALL SELECT format('table %s', tgrelid::regclass), 'its triggers are disabled, foreign keys with them'
        FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND tgenabled = 'D' GROUP BY tgrelid
        """,
    ),
)
STRAYS = "rows_belong_together"
PROMISES = {check.name: check.promise for check in (*OF_PROGRAMME, *OF_DATABASE)} | {
    STRAYS: "Every row of the ledger belongs to an account or purchase of the same programme."
}


async def check_programme(connection: "Connection", program_id: int, report: Report) -> None:
    """Ask the promises about a programme's tables."""
    for check in OF_PROGRAMME:
        await check.run(connection, report, f"program {program_id}", program_id)


async def check_database(connection: "Connection", report: Report) -> None:
    """Ask the promises about the database that holds them all."""
    for check in OF_DATABASE:
        await check.run(connection, report, "database")
