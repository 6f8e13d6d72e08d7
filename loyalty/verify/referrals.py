"""The promises about referrals, asked of whole tables: what was rewarded has its points, once, and nothing else has.

Written from docs/referrals.md and docs/decisions/0020, without the code that keeps them.
"""

from loyalty.verify.checks_of_sets import SetCheck

# Each side of a referral: who, how many points, and the award that it names.
_SIDES = """(SELECT referral_id, state, 'friend' AS side, friend_id AS customer_id, friend_points AS points,
    friend_award_id AS award_id FROM referral WHERE program_id = $1
  UNION ALL SELECT referral_id, state, 'referrer', referrer_id, referrer_points, referrer_award_id
    FROM referral WHERE program_id = $1) s"""
# Whoever was merged is who is left of them.
_PERSONS = """WITH RECURSIVE up (customer_id, head) AS (
  SELECT customer_id, customer_id FROM customer WHERE program_id = $1
  UNION ALL SELECT u.customer_id, c.merged_into FROM up u JOIN customer c
    ON c.program_id = $1 AND c.customer_id = u.head AND c.merged_into IS NOT NULL),
person AS (SELECT customer_id, head FROM up u WHERE NOT EXISTS (SELECT FROM customer c
  WHERE c.program_id = $1 AND c.customer_id = u.head AND c.merged_into IS NOT NULL))"""
OF_REFERRALS = (
    SetCheck(
        "referrals_have_their_awards",
        "Each side of a referral that was given points has one award of them, and no award is of another referral.",
        "SELECT count(*) FROM award WHERE program_id = $1 AND cause = 'referral'",
        f"""
        WITH given AS (SELECT award_id, (facts ->> 'referral')::uuid AS referral_id, facts ->> 'side' AS side, due
          FROM award WHERE program_id = $1 AND cause = 'referral')
        SELECT format('referral %s, %s', s.referral_id, s.side),
          format('%s points, and awards of %s', s.points, coalesce(g.points::text, 'none'))
        FROM {_SIDES} LEFT JOIN (SELECT referral_id, side, sum(due) AS points, (array_agg(award_id))[1] AS award_id
          FROM given WHERE due > 0 GROUP BY 1, 2) g ON g.referral_id = s.referral_id AND g.side = s.side
        WHERE s.points <> coalesce(g.points, 0) OR g.award_id IS DISTINCT FROM s.award_id
        UNION ALL SELECT format('award %s', g.award_id), format('there is no referral %s', g.referral_id)
        FROM given g LEFT JOIN referral r ON r.program_id = $1 AND r.referral_id = g.referral_id
        WHERE r.referral_id IS NULL
        """,  # noqa: S608 - our own parts
    ),
    SetCheck(
        "reversed_referrals_are_taken_back",
        "The points of a reversed referral were taken back once, but from who was erased; of others, none were.",
        "SELECT count(*) FROM referral WHERE program_id = $1 AND qualified_at IS NOT NULL",
        f"""
        SELECT format('referral %s, %s', s.referral_id, s.side),
          format('it is %s, of %s points, and %s were taken back', s.state, s.points, -coalesce(t.points, 0))
        FROM {_SIDES} LEFT JOIN (SELECT (facts ->> 'referral')::uuid AS referral_id, facts ->> 'side' AS side,
            sum(due) AS points FROM award WHERE program_id = $1 AND cause = 'referral' AND due < 0 GROUP BY 1, 2) t
          ON t.referral_id = s.referral_id AND t.side = s.side
        LEFT JOIN customer c ON c.program_id = $1 AND c.customer_id = s.customer_id
        WHERE CASE WHEN s.state <> 'reversed' THEN t.points IS NOT NULL
          ELSE -coalesce(t.points, 0) <> s.points AND NOT (t.points IS NULL AND c.erased_at IS NOT NULL) END
        """,  # noqa: S608 - our own parts
    ),
    SetCheck(
        "referrals_are_where_they_may_be",
        "Only what qualified has points and an end of its window, and what is rewarded has reached that end.",
        "SELECT count(*) FROM referral WHERE program_id = $1",
        """
        SELECT format('referral %s', r.referral_id), format('a %s one is not like this', r.state)
        FROM referral r JOIN program g ON g.program_id = r.program_id
        WHERE r.program_id = $1 AND (
          (r.state = 'claimed' AND r.purchase_id IS NOT NULL)
          OR (r.state IN ('in_review', 'qualified', 'rewarded', 'reversed') AND r.purchase_id IS NULL)
          OR (r.state NOT IN ('qualified', 'rewarded', 'reversed')
            AND (r.matures_at IS NOT NULL OR r.friend_points + r.referrer_points > 0))
          OR (r.state = 'rewarded' AND r.matures_at > clock_timestamp() + g.clock_offset)
          OR (r.state <> 'refused' AND r.friend_id = r.referrer_id)
          OR NOT EXISTS (SELECT FROM referral_terms t WHERE t.program_id = $1 AND t.version = r.terms_version))
        """,
    ),
    SetCheck(
        "promised_rewards_are_redeemed_once",
        "A reward promised for a referral was redeemed by that member, for no more points than were given for it.",
        "SELECT count(*) FROM referral_gift WHERE program_id = $1",
        f"""
        {_PERSONS}
        SELECT format('referral %s, %s', g.referral_id, g.side), 'its redemption is another''s, too dear, or not there'
        FROM referral_gift g JOIN referral r ON r.program_id = $1 AND r.referral_id = g.referral_id
          LEFT JOIN redemption d ON d.program_id = $1 AND d.redemption_id = g.redemption_id
        WHERE g.program_id = $1 AND (
          g.points <> CASE g.side WHEN 'friend' THEN r.friend_points ELSE r.referrer_points END
          OR (g.redemption_id IS NOT NULL AND (d.reward_id IS DISTINCT FROM g.reward_id OR d.price_points > g.points
            OR (SELECT head FROM person p WHERE p.customer_id = d.customer_id)
              IS DISTINCT FROM (SELECT head FROM person p WHERE p.customer_id = g.customer_id))))
        UNION ALL SELECT format('redemption %s', redemption_id), 'it is of two referrals'
        FROM referral_gift WHERE program_id = $1 AND redemption_id IS NOT NULL
        GROUP BY redemption_id HAVING count(*) > 1
        """,  # noqa: S608 - our own parts
    ),
)
