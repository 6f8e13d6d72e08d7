"""The promises about rewards, asked of whole tables: nothing is given that is not there, nor one code to two.

Written from docs/decisions/0017, without the code that keeps them.
"""

from loyalty.verify.checks_of_sets import SetCheck

# Held and not run out, or captured and not wholly back.
_OUT = """(h.state = 'captured' AND h.returned < h.captured OR h.state = 'open' AND h.expires_at >
    (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1))"""
# What may not be had without a code: it was shown, or is still kept for somebody.
_KEPT = """(h.state = 'captured' OR h.state = 'open' AND h.expires_at >
    (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1))"""
OF_REWARDS = (
    SetCheck(
        "stock_is_not_exceeded",
        "Of a reward with a stock no more are out than there are.",
        "SELECT count(*) FROM reward WHERE program_id = $1 AND stock IS NOT NULL",
        f"""
        SELECT format('reward %s', reward_id), format('%s are out, of a stock of %s', n, stock)
        FROM (SELECT r.reward_id, r.stock, (SELECT count(*) FROM redemption d JOIN hold h
            ON h.program_id = $1 AND h.hold_id = d.redemption_id
            WHERE d.program_id = $1 AND d.reward_id = r.reward_id AND {_OUT}) AS n
          FROM reward r WHERE r.program_id = $1 AND r.stock IS NOT NULL) c
        WHERE n > stock
        """,  # noqa: S608 - our own parts
    ),
    SetCheck(
        "codes_are_handed_out_once",
        "Every voucher that is held or captured has one code of its reward, and no code has two.",
        "SELECT count(*) FROM voucher_code WHERE program_id = $1",
        f"""
        SELECT format('account %s, redemption %s', d.customer_id, d.redemption_id), format('it has %s codes', n)
        FROM redemption d JOIN hold h ON h.program_id = $1 AND h.hold_id = d.redemption_id
          CROSS JOIN LATERAL (SELECT count(*) AS n FROM voucher_code v
            WHERE v.program_id = $1 AND v.redemption_id = d.redemption_id) c
        WHERE d.program_id = $1 AND d.reward ->> 'kind' = 'voucher_code' AND {_KEPT} AND n <> 1
        UNION ALL SELECT format('code %s', left(code, 4) || '…'), format('it is there %s times', count(*))
        FROM voucher_code WHERE program_id = $1 GROUP BY code HAVING count(*) > 1
        UNION ALL SELECT format('redemption %s', v.redemption_id), 'its code is of another reward, or it is not there'
        FROM voucher_code v LEFT JOIN redemption d ON d.program_id = $1 AND d.redemption_id = v.redemption_id
        WHERE v.program_id = $1 AND v.redemption_id IS NOT NULL AND d.reward_id IS DISTINCT FROM v.reward_id
        """,  # noqa: S608 - our own parts
    ),
    SetCheck(
        "redemptions_are_as_offered",
        "What a redemption promised, and its price, is what the edition of the reward offered that it names.",
        "SELECT count(*) FROM redemption WHERE program_id = $1",
        """
        SELECT format('account %s, redemption %s', d.customer_id, d.redemption_id),
          format('edition %s offered something else, or for another price', d.edition)
        FROM (SELECT *, coalesce((reward ->> 'edition')::int, 1) AS edition FROM redemption WHERE program_id = $1) d
          LEFT JOIN reward_edition e
            ON e.program_id = $1 AND e.reward_id = d.reward_id AND e.edition = d.edition
        WHERE e.offer IS NULL
          OR (d.reward -> 'kind', d.reward -> 'name', d.reward -> 'settings')
            IS DISTINCT FROM (e.offer -> 'kind', e.offer -> 'name', e.offer -> 'settings')
          OR (d.price_points <> (e.offer ->> 'price_points')::bigint AND e.offer ->> 'kind' <> 'points_payment'
            AND NOT EXISTS (SELECT FROM jsonb_each_text(e.offer -> 'terms' -> 'tier_prices') t
              WHERE t.value::bigint = d.price_points))
        """,
    ),
    SetCheck(
        "rewards_are_their_newest_edition",
        "A reward is what its newest edition says, and no edition is missing.",
        "SELECT count(*) FROM reward WHERE program_id = $1",
        """
        SELECT format('reward %s', r.reward_id), format('it is not as its edition %s says', r.edition)
        FROM reward r LEFT JOIN reward_edition e
          ON e.program_id = $1 AND e.reward_id = r.reward_id AND e.edition = r.edition
        WHERE r.program_id = $1 AND ((r.name, r.kind, r.price_points, r.settings, r.active) IS DISTINCT FROM
            (e.offer ->> 'name', e.offer ->> 'kind', (e.offer ->> 'price_points')::bigint, e.offer -> 'settings',
              (e.offer ->> 'active')::boolean)
          OR r.stock IS DISTINCT FROM (e.offer -> 'terms' ->> 'stock')::int
          OR (SELECT count(*) FROM reward_edition x WHERE x.program_id = $1 AND x.reward_id = r.reward_id) <> r.edition)
        """,
    ),
)
